/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acks - the bank's verdict on a file of ours: accepted, or rejected with its reason
 *
 * An acknowledgement names our file by its final name or by a business reference.  It is written down first and judged when the file it
 * names is DELIVERED: a fast bank may answer before our own rename is committed, and one that answers a file whose fate is UNCERTAIN
 * waits for a person.  Accepted: the payments are ACKED.  Rejected: they are BANK_REJECTED, the run is held, nothing of it is
 * expected at the bank any more, and it is an alarm; resend.c is the way on.
 * An unknown file, one that never left, an acceptance of other totals than the file's, a second verdict that contradicts the first, a verdict after the settlement: exceptions, and
 * nothing moves.  A verdict that repeats the first is noted.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/funding.h"

#include <stdio.h>
#include "gateway/log.h"

enum { ACK_WAITS = 1, ACK_DONE, ACK_EXCEPTION };

struct ack {
	int64_t id, parcel, line, artifact, before, delivery;	/* before: the row of the verdict that counted */
	bool accepted, delivered, left, settled, uncertain;
	char partner[64], name[128], reference[160], reason[40], text[200], file[128];
};

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

struct arrival { int64_t parcel; char partner[64]; };

static int store_page(struct route *r, void *ctx, struct view records, struct err *err)
{
	const struct arrival *a = ctx;
	struct record rec;

	while (wire_cut_record(&records, &rec) == 1)
		if (rec.kind == RECORD_ACK && ledger_do(r->ledger, err, "INSERT INTO ack(parcel, seq, line, partner, file_name, reference, verdict, reason, text, count,"
							 " amount_minor, state, at) VALUES(?,?,?,?,?,?,?,?,?,nullif(?,-1),nullif(?,-1),1,?)", "iiitvvvvviit", a->parcel, (int64_t)rec.seq, (int64_t)rec.line, a->partner,
							 record_text(&rec, F_FILE_NAME), record_text(&rec, F_REFERENCE), record_has(&rec, F_STATUS) ? record_text(&rec, F_STATUS) : VIEW(""),
							 record_text(&rec, F_REASON), record_text(&rec, F_TEXT), record_num(&rec, F_COUNT, -1), record_num(&rec, F_AMOUNT, -1), ledger_now(r->ledger)->business) < 0)
			return -1;
	return 0;
}

int acks_route(struct route *r, int64_t parcel, struct err *err)
{
	struct arrival a = { .parcel = parcel };

	if (parcel_partner(r, parcel, a.partner, err) != 0 || segment_walk(r, parcel, store_page, &a, err) != 0)
		return -1;
	r->report_wanted = r->dirty = true;
	return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err);
}

static int end(struct route *r, const struct ack *a, int state, struct err *err)
{
	return ledger_do(r->ledger, err, "UPDATE ack SET state=?2, artifact=nullif(?3,0) WHERE id=?1", "iii", a->id, (int64_t)state, a->artifact) == 1 ? 0 : -1;
}

static int exception(struct route *r, const struct ack *a, const char *reason, bool alarm, const char *text, struct err *err)
{
	char source[40];
	struct exception x = { .source = source, .reason = reason, .partner = a->partner, .detail = text, .alarm = alarm, .parcel = a->parcel, .line = a->line, .artifact = a->artifact };

	snprintf(source, sizeof(source), "ack:%lld", (long long)a->id);
	return exception_raise(r, &x, err) != 0 ? -1 : end(r, a, ACK_EXCEPTION, err);
}

/* The bank has it: what that means for the payments is said by their kind; a printer's or trustee's own word on each item comes later. */
static int accept_batches(struct route *r, const struct ack *a, const char *why, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE artifact=? AND items_state=? AND kind NOT IN ('check','rollover')", "ii", a->artifact,
			 (int64_t)ITEM_DELIVERED) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (ledger_move_items(r->ledger, rows_int(&rows, 0), ITEM_ACKED, why, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

static int reject_batches(struct route *r, const struct ack *a, const char *why, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, items_state FROM batch WHERE artifact=? AND state=?", "ii", a->artifact, (int64_t)BATCH_APPROVED) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t batch = rows_int(&rows, 0);

		if (!state_allowed(THING_ITEM, (int)rows_int(&rows, 1), ITEM_BANK_REJECTED))
			continue;		/* printed already: a person looks */
		if (ledger_move_items(r->ledger, batch, ITEM_BANK_REJECTED, why, err) != 0 || ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, "BANK_REJECTED", err) != 0
		    || funding_failed(r, batch, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	if (rc != 0)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE expected SET state=4, detail=?2 WHERE artifact=?1 AND state=1", "it", a->artifact, why) < 0 ? -1 : 0;
}

static int alarm_of(struct route *r, const struct ack *a, struct err *err)
{
	char source[40], text[400];
	struct exception x = { .source = source, .reason = "BANK_REJECTED", .partner = a->partner, .detail = text, .alarm = true, .parcel = a->parcel, .line = a->line,
		.artifact = a->artifact };

	snprintf(source, sizeof(source), "rejected:A%lld", (long long)a->artifact);
	snprintf(text, sizeof(text), "the bank rejects '%s': %s%s%s", a->file, a->reason[0] ? a->reason : "no reason given", a->text[0] ? ", " : "", a->text);
	return exception_raise(r, &x, err);
}

static int apply(struct route *r, const struct ack *a, struct err *err)
{
	char why[100], object[24], source[40];

	snprintf(why, sizeof(why), "F%lld line %lld%s%.30s", (long long)a->parcel, (long long)a->line, a->reason[0] ? " " : "", a->reason);
	if (ledger_do(r->ledger, err, "UPDATE artifact SET ack=? WHERE id=?", "ii", a->id, a->artifact) != 1
	    || ledger_do(r->ledger, err, "UPDATE delivery SET ack_due=NULL WHERE artifact=?", "i", a->artifact) < 0
	    || route_audit(r, id_text('A', a->artifact, object).p, "", a->accepted ? "ACCEPTED" : "REJECTED", why, err) != 0)
		return -1;
	log_step(a->accepted ? LOG_NOTICE : LOG_CRIT, a->accepted ? "file.accepted" : "file.rejected", "artifact", object, "file", a->file, "why", a->reason[0] ? a->reason : "-", NULL);
	if ((a->accepted ? accept_batches(r, a, why, err) : reject_batches(r, a, why, err)) != 0 || (!a->accepted && alarm_of(r, a, err) != 0))
		return -1;
	snprintf(source, sizeof(source), "uncertain:D%lld", (long long)a->delivery);
	if (exception_close(r, source, "a person has decided", err) != 0)
		return -1;
	snprintf(source, sizeof(source), "noack:D%lld", (long long)a->delivery);
	r->report_wanted = true;
	return exception_close(r, source, "the verdict came", err) != 0 ? -1 : end(r, a, ACK_DONE, err);
}

/* A bank that has only read the file names it by its header: origin-date-time-modifier, "1234567890-261109-0800-A". */
#define HEADER_KEY "substr(a.business_key, instr(a.business_key,'|')+1, instr(substr(a.business_key, instr(a.business_key,'|')+1),'|')-1)||'-'" \
	"||substr(strftime('%Y%m%d', a.created_date*86400, 'unixepoch'),3)||'-'||printf('%04d', a.created_time)||'-'||a.modifier"

/* The file of that name, without one of that reference: a bank's own reference beside a name says nothing to us.  1, 0, 2 several, -1. */
static int find_file(struct route *r, struct ack *a, struct err *err)
{
	struct rows rows;
	int rc, n = 0;

	if (ledger_query(&rows, r->ledger, err, "SELECT a.id, a.ack, ifnull(d.state,0)=5, ifnull(d.renamed,0), a.file_name, EXISTS (SELECT 1 FROM batch b WHERE b.artifact=a.id AND b.items_state=12)"
			 " OR EXISTS (SELECT 1 FROM expected e WHERE e.artifact=a.id AND e.state=2), ifnull(d.id,0), d.state=6 AND d.why='NEITHER_NAME' FROM artifact a LEFT JOIN delivery d ON d.artifact=a.id WHERE a.partner=?1"
			 " AND CASE WHEN ?2<>'' THEN a.file_name=?2 ELSE ?3<>'' AND ?3 IN (a.file_name, a.business_key, a.reference, " HEADER_KEY ") END LIMIT 2", "ttt", a->partner, a->name,
			 a->reference) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		a->artifact = rows_int(&rows, 0);
		a->before = rows_int(&rows, 1);
		a->delivered = rows_int(&rows, 2) != 0;
		a->left = rows_int(&rows, 3) != 0;
		copy(a->file, sizeof(a->file), rows_text(&rows, 4));
		a->settled = rows_int(&rows, 5) != 0;
		a->delivery = rows_int(&rows, 6);
		a->uncertain = rows_int(&rows, 7) != 0;
		n++;
	}
	if (n > 1)
		a->artifact = 0;
	return rc < 0 ? -1 : n;
}

static int contradicts(struct route *r, const struct ack *a, struct err *err)
{
	int64_t accepted = 0;

	if (ledger_int(r->ledger, &accepted, err, "SELECT verdict='accepted' FROM ack WHERE id=?", "i", a->before) < 0)
		return -1;
	if (accepted == a->accepted)
		return end(r, a, ACK_DONE, err);		/* said twice */
	return exception(r, a, "ACK_CONTRADICTS", true, a->accepted ? "the bank accepts a file that it rejected before; nothing is moved"
			 : "the bank rejects a file that it accepted before; nothing is moved", err);
}

/* 1: the bank counted another number of payments or another sum than the file has. */
static int counts_differ(struct route *r, const struct ack *a, struct err *err)
{
	int64_t differ = 0;

	return ledger_int(r->ledger, &differ, err, "SELECT ifnull(k.count<>a.count,0) OR ifnull(k.amount_minor NOT IN (a.credit_minor, a.debit_minor, a.credit_minor+a.debit_minor),0)"
			  " FROM ack k, artifact a WHERE k.id=? AND a.id=?", "ii", a->id, a->artifact) < 0 ? -1 : (int)differ;
}

/* It waits: that the bank answers is the word that a person needs who decides what became of the file. */
static int uncertain(struct route *r, const struct ack *a, struct err *err)
{
	char source[40], text[300];
	struct exception x = { .source = source, .reason = "ACK_FOR_UNCERTAIN", .partner = a->partner, .detail = text, .alarm = true, .parcel = a->parcel, .line = a->line,
		.artifact = a->artifact };

	snprintf(source, sizeof(source), "uncertain:D%lld", (long long)a->delivery);
	snprintf(text, sizeof(text), "the bank %s '%s', of which nobody here could see whether it arrived: it has it; `tallygate resolve D%lld`", a->accepted ? "accepts" : "rejects", a->file,
		 (long long)a->delivery);
	return exception_raise(r, &x, err);
}

static int judge(struct route *r, struct ack *a, bool known_verdict, struct err *err)
{
	int found = find_file(r, a, err);

	if (found < 0)
		return -1;
	if (!known_verdict)
		return exception(r, a, "ACK_UNREADABLE", false, "the verdict is neither 'accepted' nor 'rejected'", err);
	if (found == 0)
		return exception(r, a, "ACK_UNKNOWN_FILE", !a->accepted, "this partner was never sent a file of that name or reference", err);
	if (found > 1)
		return exception(r, a, "ACK_UNKNOWN_FILE", true, "the reference is that of several files", err);
	if (!a->delivered && a->uncertain)
		return uncertain(r, a, err);
	if (!a->delivered)
		return a->left ? 0 : exception(r, a, "ACK_UNKNOWN_FILE", true, "a file of that name is written here and has not left", err);
	if (a->before != 0)
		return contradicts(r, a, err);
	if (a->settled)
		return exception(r, a, "ACK_AFTER_SETTLEMENT", !a->accepted, "the bank has booked the file already; nothing is moved", err);
	found = a->accepted ? counts_differ(r, a, err) : 0;
	if (found != 0)
		return found < 0 ? -1 : exception(r, a, "ACK_TOTALS_DIFFER", true, "the bank accepts the file with another number of payments or another sum than it has", err);
	return apply(r, a, err);
}

int acks_pump(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, parcel, line, partner, ifnull(file_name,''), ifnull(reference,''), verdict, ifnull(reason,''), ifnull(text,'') FROM ack WHERE state=?"
			 " ORDER BY id", "i", (int64_t)ACK_WAITS) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct ack a = { .id = rows_int(&rows, 0), .parcel = rows_int(&rows, 1), .line = rows_int(&rows, 2), .accepted = view_eq(rows_text(&rows, 6), VIEW("accepted")) };

		copy(a.partner, sizeof(a.partner), rows_text(&rows, 3));
		copy(a.name, sizeof(a.name), rows_text(&rows, 4));
		copy(a.reference, sizeof(a.reference), rows_text(&rows, 5));
		copy(a.reason, sizeof(a.reason), rows_text(&rows, 7));
		copy(a.text, sizeof(a.text), rows_text(&rows, 8));
		if (judge(r, &a, a.accepted || view_eq(rows_text(&rows, 6), VIEW("rejected")), err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

/* The verdict that is overdue. */
int acks_clock(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT d.id, d.artifact, d.partner, d.final_name FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE d.ack_due<=? AND d.state=5 AND a.ack=0"
			 " AND NOT EXISTS (SELECT 1 FROM exception x WHERE x.source='noack:D'||d.id)", "i", clock_utc(r)) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		char source[40], partner[64], text[200];
		struct exception x = { .source = source, .reason = "ACK_MISSING", .partner = partner, .detail = text, .alarm = true, .artifact = rows_int(&rows, 1) };

		snprintf(source, sizeof(source), "noack:D%lld", (long long)rows_int(&rows, 0));
		copy(partner, sizeof(partner), rows_text(&rows, 2));
		snprintf(text, sizeof(text), "no acknowledgement of '%.*s' has come in time", VIEW_FMT(rows_text(&rows, 3)));
		if (exception_raise(r, &x, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}
