/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notices - what a feed hears of its files, by the outbound that it is answered by
 *
 *   receipt-F12.csv     whenever the verdict on a file is new: accepted, held, duplicate, rejected, and why (receipt-F12-2.csv ...)
 *   reject-F12.csv      the rows that were left out by a person's decision
 *   status-F12-3.csv    every leg of the run as it stands, after each change that has come to rest
 *
 * What changed is read from the audit, each entry once: its position and the runs that are due lie in the ledger, so a crash loses no
 * notice and makes none twice.  report asks for the rows and writes the file; its hash is noted here in one transaction with the
 * delivery, and from then on the file is never written again.  Until then it may be: when the run has changed while it was
 * written, it is written anew, so a file never shows half of a change.  Delivery is that of every file, without approval and manifest.
 */
#include "gateway/roles/route/notices.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "formats/core/json.h"
#include "gateway/audit.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/reasons.h"
#include "gateway/roles/route/query.h"

#define PAGE 1000
#define PAGE_BYTES ((size_t)256 << 10)	/* a page of rows that a hostile file blew up ends earlier */
#define RECEIPTS_A_ROUND 64
#define FEEDS_OWN "kind IN ('ach','check','rollover')"		/* not what a run makes besides: fundings, voids, reversals */

static bool any_answers(const struct config *c)
{
	for (size_t i = 0; i < c->n_partners; i++)
		for (size_t k = 0; k < c->partners[i].n_in; k++)
			if (c->partners[i].in[k].answer_to != NULL && c->partners[i].in[k].answer_to[0] != '\0')
				return true;
	return false;
}

/* By which outbound that file's feed is answered; NULL: by none. */
static const struct outbound *answers(struct route *r, struct view channel, const struct partner **partner)
{
	const struct inbound *in = config_inbound(r->config, channel, NULL);

	return in == NULL || in->answer_to == NULL || in->answer_to[0] == '\0' ? NULL : config_outbound(r->config, view_of(in->answer_to), partner);
}

static int channel_of(struct route *r, int64_t parcel, char out[200], struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT channel FROM parcel WHERE id=?", "i", parcel) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		snprintf(out, 200, "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	return rc == 1 ? 0 : -1;
}

struct notice { const char *kind, *about, *verdict, *why, *text; int64_t parcel; };

/* One file more for that feed, numbered within its kind.  1: *name; 0: the feed gets no answers; -1. */
static int make(struct route *r, const struct notice *what, char name[64], struct err *err)
{
	const struct partner *partner;
	const struct outbound *out;
	char channel[200], object[24];
	int64_t n = 1;

	name[0] = '\0';
	if (channel_of(r, what->parcel, channel, err) != 0)
		return -1;
	out = answers(r, view_of(channel), &partner);
	if (out == NULL)
		return 0;
	if (ledger_int(r->ledger, &n, err, "SELECT max(n)+1 FROM notice WHERE kind=? AND parcel=?", "ti", what->kind, what->parcel) < 0)
		return -1;
	if (n == 1 && strcmp(what->kind, "status") != 0)
		snprintf(name, 64, "%s-F%lld.csv", what->kind, (long long)what->parcel);
	else
		snprintf(name, 64, "%s-F%lld-%lld.csv", what->kind, (long long)what->parcel, (long long)n);
	if (ledger_do(r->ledger, err, "INSERT INTO notice(kind, parcel, n, partner, outbound, name, about, verdict, why, text, at) VALUES(?,?,?,?,?,?,?,?,?,?,?)", "tiitttttttt",
		      what->kind, what->parcel, n, partner->name, out->name, name, what->about, what->verdict, what->why, what->text, ledger_now(r->ledger)->business) < 0)
		return -1;
	r->dirty = true;
	return route_audit(r, id_text('N', ledger_last_id(r->ledger), object).p, "", "WANTED", name, err) == 0 ? 1 : -1;
}

int notices_reject(struct route *r, int64_t parcel, const char *about, char name[64], struct err *err)
{
	struct notice n = { .kind = "reject", .about = about, .parcel = parcel };

	return make(r, &n, name, err) < 0 ? -1 : 0;
}

/* Receipts */

/* A register that was taken in is told by its run: one that waits for rows is not accepted yet. */
static int run_waits(struct route *r, int64_t parcel, char why[48], struct err *err)
{
	struct rows rows;
	int rc;

	why[0] = '\0';
	if (ledger_query(&rows, r->ledger, err, "SELECT ifnull(why,'') FROM batch WHERE parcel=? AND state=4 ORDER BY id LIMIT 1", "i", parcel) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		snprintf(why, 48, "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	return rc;
}

static int receipt(struct route *r, int64_t parcel, int64_t state, struct view why, struct view text, struct err *err)
{
	static const char *const verdicts[PARCEL_STATES] = {
		[PARCEL_DONE] = "accepted", [PARCEL_DUPLICATE] = "duplicate", [PARCEL_HELD] = "held", [PARCEL_REJECTED] = "rejected",
	};
	char reason[48], words[400], name[64];
	struct notice n = { .kind = "receipt", .verdict = verdicts[state], .why = reason, .text = words, .parcel = parcel };
	int waits = 0;

	snprintf(reason, sizeof(reason), "%.*s", VIEW_FMT(why));
	snprintf(words, sizeof(words), "%.*s", (int)(text.n > 390 ? 390 : text.n), text.p ? text.p : "");
	if (state == PARCEL_DONE)
		waits = run_waits(r, parcel, reason, err);
	if (waits < 0)
		return -1;
	if (waits == 1)
		n.verdict = "held";
	return make(r, &n, name, err) < 0 ? -1 : 0;
}

/* Files whose verdict their feed has not heard of. */
static int receipts(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, state, why, text FROM parcel WHERE answered<>state AND state IN (6,7,8,9) ORDER BY id LIMIT ?", "i",
			 (int64_t)RECEIPTS_A_ROUND) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t id = rows_int(&rows, 0), state = rows_int(&rows, 1);

		if (receipt(r, id, state, rows_text(&rows, 2), rows_text(&rows, 3), err) != 0
		    || ledger_do(r->ledger, err, "UPDATE parcel SET answered=?2 WHERE id=?1", "ii", id, state) < 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

/* Status */

/* How far the audit is read, and how far it goes.  1: there are new entries; 0; -1. */
static int audit_news(struct route *r, int64_t *last, int64_t *size, struct err *err)
{
	struct audit_head head;

	*last = 0;
	if (audit_head(r->ledger, &head, err) != 0 || ledger_int(r->ledger, last, err, "SELECT CAST(value AS INTEGER) FROM meta WHERE key='notice_audit'", "") < 0)
		return -1;
	*size = head.size;
	return head.size != *last;
}

static int audit_read_to(struct route *r, int64_t size, struct err *err)
{
	return ledger_do(r->ledger, err, "INSERT INTO meta(key, value) VALUES('notice_audit', ?1) ON CONFLICT(key) DO UPDATE SET value=?1", "i", size) < 0 ? -1 : 0;
}

/* The runs that the audit's new entries are about. */
static int note_changes(struct route *r, struct err *err)
{
	int64_t last, size;
	int news = audit_news(r, &last, &size, err);

	if (news != 1)
		return news;
	if (ledger_do(r->ledger, err, "INSERT OR IGNORE INTO notice_due(parcel) SELECT b.parcel FROM audit a JOIN batch b ON b.id=CAST(substr(a.object, 2) AS INTEGER)"
		      " WHERE a.n>?1 AND a.object GLOB 'B[0-9]*'", "i", last) < 0
	    || ledger_do(r->ledger, err, "INSERT OR IGNORE INTO notice_due(parcel) SELECT b.parcel FROM audit a JOIN item i ON i.id=CAST(substr(a.object, 2) AS INTEGER)"
			 " JOIN batch b ON b.id=i.batch WHERE a.n>?1 AND a.object GLOB 'I[0-9]*'", "i", last) < 0)
		return -1;
	return audit_read_to(r, size, err);
}

/* Nobody is answered: what happens now is not told later either, when a feed is. */
static int forget_changes(struct route *r, struct err *err)
{
	int64_t last, size;
	int news = audit_news(r, &last, &size, err);

	if (news != 1)
		return news;
	return ledger_do(r->ledger, err, "UPDATE parcel SET answered=state WHERE answered<>state", "") < 0 ? -1 : audit_read_to(r, size, err);
}

/* At rest: allotted, and neither on its way to the bank nor about to be matched; a rollover file that waits for its money may wait for days. */
static int statuses(struct route *r, struct err *err)
{
	struct rows rows;
	char name[64];
	int rc;

	if (!report_at_rest(r))
		return 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT parcel FROM notice_due d WHERE NOT EXISTS (SELECT 1 FROM batch b WHERE b.parcel=d.parcel AND b." FEEDS_OWN
			 " AND (b.state=1 OR (b.state=3 AND b.items_state IN (6,7) AND ifnull(b.why,'')<>'AWAITS_FUNDING'))) AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.parcel=d.parcel AND n.kind='status' AND n.sha256 IS NULL) LIMIT 64", "") != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct notice n = { .kind = "status", .parcel = rows_int(&rows, 0) };

		if (make(r, &n, name, err) < 0 || ledger_do(r->ledger, err, "DELETE FROM notice_due WHERE parcel=?", "i", n.parcel) < 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

/* Writing */

static bool report_busy(const struct route *r)
{
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind == JOB_REPORT || r->jobs[i].kind == JOB_NOTICE)
			return true;
	return false;
}

static int write_next(struct route *r, struct err *err)
{
	struct buf m = { 0 };
	struct rows rows;
	char object[24];
	struct job *j;
	int rc;

	if (report_busy(r) || !job_room(r, PAIR_REPORT) || route_ms(r) < r->notice_wait_ms)
		return 0;
	/* One that could not be written takes its turn behind the others. */
	if (ledger_query(&rows, r->ledger, err, "SELECT id, kind, name FROM notice WHERE sha256 IS NULL ORDER BY id<=?, id LIMIT 1", "i", r->notice_tried) != 0)
		return -1;
	rc = rows_next(&rows);
	r->notice_tried = rc == 1 ? rows_int(&rows, 0) : 0;
	if (rc == 1 && (j = job_start(r, JOB_NOTICE, rows_int(&rows, 0), route_peer(r, PAIR_REPORT))) != NULL) {
		wire_begin(&m, M_NOTICE);
		wire_num(&m, T_JOB, j->id);
		wire_view(&m, T_VERB, rows_text(&rows, 1));
		wire_view(&m, T_NAME, rows_text(&rows, 2));
		wire_view(&m, T_ARG, id_text('N', j->object, object));
		route_send(r, PAIR_REPORT, j->peer, &m);
		buf_release(&m);
	}
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

int notices_pump(struct route *r, struct err *err)
{
	if (!any_answers(r->config))
		return forget_changes(r, err);
	return note_changes(r, err) != 0 || receipts(r, err) != 0 || statuses(r, err) != 0 || write_next(r, err) != 0 ? -1 : 0;
}

static int deliver(struct route *r, int64_t notice, struct err *err)
{
	const struct outbound *out = NULL;
	char channel[140] = "", partner[64] = "", name[64] = "", object[24];
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT partner, outbound, name FROM notice WHERE id=?", "i", notice) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		snprintf(partner, sizeof(partner), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
		snprintf(channel, sizeof(channel), "%s/%.*s", partner, VIEW_FMT(rows_text(&rows, 1)));
		snprintf(name, sizeof(name), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
		out = config_outbound(r->config, view_of(channel), NULL);
	}
	rows_end(&rows);
	if (rc != 1 || ledger_do(r->ledger, err, "INSERT INTO delivery(artifact, notice, partner, path, final_name, state, why, attempt, manifest_done, changed_at)"
				 " VALUES(?,?,?,?,?,?,?,1,1,?)", "iitttitt", -notice, notice, partner, out != NULL ? out->path : "", name, (int64_t)(out != NULL ? DELIVERY_INTENT : DELIVERY_HELD),
				 out != NULL ? NULL : "NO_CHANNEL", ledger_now(r->ledger)->utc) < 0)
		return -1;
	r->dirty = true;
	return route_audit(r, id_text('D', ledger_last_id(r->ledger), object).p, "", out != NULL ? "INTENT" : "HELD", name, err);
}

/* Something of the run changed while the rows were read: what was written may hold half of it. */
static int changed_meanwhile(struct route *r, int64_t notice, struct err *err)
{
	int64_t due = 0;

	if (note_changes(r, err) != 0
	    || ledger_int(r->ledger, &due, err, "SELECT count(*) FROM notice n JOIN notice_due d ON d.parcel=n.parcel WHERE n.id=? AND n.kind='status'", "i", notice) < 0)
		return -1;
	if (due == 0)
		return 0;
	return ledger_do(r->ledger, err, "DELETE FROM notice_due WHERE parcel=(SELECT parcel FROM notice WHERE id=?)", "i", notice) < 0 ? -1 : 1;
}

int notices_written(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t notice = j->object, size = msg_num_or(m, T_SIZE, -1);
	char sha[DIGEST_HEX], object[24];
	int again, rc = 0;

	if (!msg_cstr(m, T_SHA256, sha, sizeof(sha)) || strlen(sha) != 64 || strspn(sha, "0123456789abcdef") != 64 || size < 0) {
		job_end(r, j);
		return 0;
	}
	again = changed_meanwhile(r, notice, err);
	if (again == 0) {
		rc = ledger_do(r->ledger, err, "UPDATE notice SET sha256=?2, size=?3 WHERE id=?1 AND sha256 IS NULL", "iti", notice, sha, size);
		if (rc == 1)
			rc = route_audit(r, id_text('N', notice, object).p, "WANTED", "WRITTEN", sha, err) != 0 || deliver(r, notice, err) != 0 ? -1 : 0;
		log_step(LOG_INFO, "notice.written", "notice", id_text('N', notice, object).p, "sha256", sha, NULL);
	}
	job_end(r, j);
	return rc < 0 || again < 0 ? -1 : 0;
}

/* Rows: keys are those of notice_sections[] (report_notice.c) */

static void put_reason(struct json *j, struct view why)
{
	const struct tally_code *code;
	char text[48];

	snprintf(text, sizeof(text), "%.*s", VIEW_FMT(why));
	code = text[0] != '\0' ? reason_find(text) : NULL;
	json_cstr(j, "reason", text);
	json_cstr(j, "in_words", code != NULL ? code->title : "");
}

static void put_day(struct json *j, const char *key, struct rows *rows, int col)
{
	char day[DATE_TEXT];

	if (!rows_null(rows, col))
		json_cstr(j, key, date_print((date_t)rows_int(rows, col), day));
}

static void put_figure(struct json *j, const char *key, struct rows *rows, int col)
{
	if (!rows_null(rows, col))
		json_int(j, key, rows_int(rows, col));
}

/* The verdict first, then a row for each fault that holds the file. */
static void put_receipt(struct json *j, struct rows *rows)
{
	char id[24];

	json_text(j, "file", id_text('F', rows_int(rows, 1), id));
	json_text(j, "name", rows_text(rows, 2));
	if (rows_null(rows, 5)) {
		json_text(j, "reason", rows_text(rows, 6));
		json_text(j, "in_words", rows_text(rows, 7));
		put_figure(j, "line", rows, 11);
		json_text(j, "row", rows_text(rows, 12));
		return;
	}
	json_text(j, "sha256", rows_text(rows, 3));
	json_text(j, "received", rows_text(rows, 4));
	json_text(j, "verdict", rows_text(rows, 5));
	put_reason(j, rows_text(rows, 6));
	json_text(j, "detail", rows_text(rows, 7));
	put_figure(j, "records", rows, 8);
	put_figure(j, "amount_minor", rows, 9);
	json_cstr(j, "currency", "USD");
	put_figure(j, "errors", rows, 10);
}

static void put_finding(struct json *j, struct rows *rows)
{
	char id[24];

	json_text(j, "file", id_text('F', rows_int(rows, 0), id));
	json_int(j, "line", rows_int(rows, 1));
	json_text(j, "reason", rows_text(rows, 2));
	json_text(j, "in_words", rows_text(rows, 3));
	json_text(j, "row", rows_text(rows, 4));
}

static void put_rejected(struct json *j, struct rows *rows)
{
	char id[24];

	json_text(j, "file", id_text('F', rows_int(rows, 0), id));
	json_int(j, "line", rows_int(rows, 1));
	json_text(j, "person", rows_text(rows, 2));
	json_int(j, "net_minor", rows_int(rows, 3));
	json_text(j, "currency", rows_text(rows, 4));
	put_reason(j, rows_text(rows, 5));
}

static void put_leg(struct json *j, struct rows *rows)
{
	char id[24];

	json_text(j, "file", id_text('F', rows_int(rows, 1), id));
	json_text(j, "batch", id_text('B', rows_int(rows, 2), id));
	json_text(j, "item", id_text('I', rows_int(rows, 0), id));
	json_int(j, "line", rows_int(rows, 3));
	json_text(j, "person", rows_text(rows, 4));
	json_int(j, "leg", rows_int(rows, 5));
	json_text(j, "method", rows_text(rows, 6));
	json_int(j, "amount_minor", rows_int(rows, 7));
	json_text(j, "currency", rows_text(rows, 8));
	json_cstr(j, "state", state_name(THING_ITEM, (int)rows_int(rows, 9)));
	put_reason(j, rows_text(rows, 10));
	put_day(j, "effective_date", rows, 11);
}

/* ?1 the parcel, ?2 where the page begins, ?3 rows a page, ?4 the notice.  `keyed`: the cursor is the last row's first column, else rows. */
static const struct sheet { const char *kind, *about, *sql; bool keyed; void (*put)(struct json *, struct rows *); } sheets[] = {
	{ "receipt", NULL, "SELECT 0, p.id, p.name, p.sha256, n.at, n.verdict, n.why, n.text, p.records, p.sum_minor, p.errors, NULL, NULL FROM notice n JOIN parcel p ON p.id=n.parcel"
		" WHERE p.id=?1 AND n.id=?4 AND ?2=0 UNION ALL SELECT * FROM (SELECT f.n, p.id, p.name, NULL, NULL, NULL, f.code, f.text, NULL, NULL, NULL, f.line, f.excerpt FROM notice n"
		" JOIN parcel p ON p.id=n.parcel JOIN finding f ON f.parcel=p.id WHERE n.id=?4 AND n.verdict='held' AND n.why='FINDINGS' AND f.severity=2 AND f.n>?2 ORDER BY f.n LIMIT ?3)",
		true, put_receipt },
	{ "reject", "findings", "SELECT parcel, line, code, text, excerpt FROM finding WHERE parcel=?1 AND severity=2 AND line>0 AND ?4>0 ORDER BY line, n LIMIT ?3 OFFSET ?2", false,
		put_finding },
	{ "reject", "items", "SELECT b.parcel, min(i.line), i.person, sum(i.amount_minor), b.ccy, max(i.why) FROM batch b JOIN item i ON i.batch=b.id WHERE b.parcel=?1 AND i.state=3 AND ?4>0"
		" GROUP BY i.seq ORDER BY i.seq LIMIT ?3 OFFSET ?2", false, put_rejected },
	{ "status", NULL, "SELECT i.id, b.parcel, b.id, i.line, i.person, i.leg, CASE WHEN i.leg=0 THEN '' ELSE upper(ifnull(i.method, 'ach')) END, i.amount_minor, b.ccy,"
		" CASE WHEN i.state=0 THEN b.items_state ELSE i.state END, ifnull(i.why, CASE WHEN b.state IN (2,4,5) THEN b.why END), b.effective"
		" FROM item i CROSS JOIN batch b ON b.id=i.batch WHERE i.id>max(?2, (SELECT min(first_item)-1 FROM batch WHERE parcel=?1 AND " FEEDS_OWN "))"
		" AND i.id<(SELECT min(s.first_item)+f.records*4 FROM batch s JOIN parcel f ON f.id=s.parcel WHERE s.parcel=?1 AND s." FEEDS_OWN ") AND b.parcel=?1 AND b." FEEDS_OWN
		" AND ?4>0 ORDER BY i.id LIMIT ?3", true, put_leg },
};

static const struct sheet *sheet_of(struct view kind, struct view about)
{
	for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++)
		if (view_eq(kind, view_of(sheets[i].kind)) && (sheets[i].about == NULL || view_eq(about, view_of(sheets[i].about))))
			return &sheets[i];
	return NULL;
}

static int put_page(struct route *r, const struct sheet *s, int64_t notice, int64_t parcel, int64_t cursor, struct json *j, int64_t *next, struct err *err)
{
	int64_t n = 0, last = cursor;
	struct rows rows;
	bool more;
	int rc = 0;

	json_object(j, NULL);
	json_array(j, "rows");
	if (ledger_query(&rows, r->ledger, err, s->sql, "iiii", parcel, cursor, (int64_t)PAGE, notice) != 0)
		return -1;
	while (j->out->n < PAGE_BYTES && (rc = rows_next(&rows)) == 1) {
		json_object(j, NULL);
		s->put(j, &rows);
		json_object_end(j);
		last = s->keyed ? rows_int(&rows, 0) : last + 1;
		n++;
	}
	more = j->out->n >= PAGE_BYTES || n >= PAGE;
	rows_end(&rows);
	json_array_end(j);
	*next = more ? last : 0;
	json_int(j, "next", *next);
	json_object_end(j);
	return rc < 0 ? -1 : 1;
}

int notices_rows(struct route *r, const struct command *c, struct json *j, int64_t *next, struct err *err)
{
	const struct sheet *s = NULL;
	char text[40], letter = ' ';
	int64_t id = 0, parcel = 0;
	struct rows rows;
	int rc = 0;

	*next = 0;
	if (command_arg(c, "id", text, sizeof(text)) && id_parse(view_of(text), &letter, &id) && letter == 'N') {
		if (ledger_query(&rows, r->ledger, err, "SELECT kind, ifnull(about,''), parcel FROM notice WHERE id=?", "i", id) != 0)
			return -1;
		rc = rows_next(&rows);
		if (rc == 1) {
			s = sheet_of(rows_text(&rows, 0), rows_text(&rows, 1));
			parcel = rows_int(&rows, 2);
		}
		rows_end(&rows);
	}
	if (rc < 0)
		return -1;
	if (s == NULL) {
		err_set(err, -1, "there is no such notice");
		return 2;
	}
	return put_page(r, s, id, parcel, c->cursor, j, next, err);
}
