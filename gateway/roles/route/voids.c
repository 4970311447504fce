/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voids - a number that must not be paid any more: the bank is told by a batch of kind void
 *
 * A check that was spoiled goes out as void and new issue; checks that will not be printed although the bank was told of them, as void
 * alone; checks of which the bank rejected the list, as issue once more.  Such a batch pays nothing; it is proposed and approved by its
 * totals and leaves by positive pay.  A void number stays used for ever: a check that goes out again gets another one.
 */
#include "gateway/roles/route/voids.h"

#include <stdio.h>
#include "gateway/log.h"
#include "gateway/roles/route/emit.h"
#include "gateway/roles/route/funding.h"
#include "gateway/roles/route/run.h"

struct spoiled { int64_t item, batch, serial, seq, line, amount; char channel[140], why[120]; const struct outbound *checks, *told; const struct partner *bank; };

/* 1 it may be replaced, 0 refused, -1. */
static int read_spoiled(struct route *r, int64_t item, int64_t new_serial, struct spoiled *s, struct err *err)
{
	char kind[12] = "";
	int64_t used = 0;
	struct rows rows;
	int state, rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.kind, b.partner||'/'||b.outbound, ifnull(i.serial,0), i.seq, i.line, i.amount_minor FROM item i JOIN batch b ON b.id=i.batch"
			 " WHERE i.id=?", "i", item) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*s = (struct spoiled){ .item = item, .batch = rows_int(&rows, 0), .serial = rows_int(&rows, 3), .seq = rows_int(&rows, 4), .line = rows_int(&rows, 5),
			.amount = rows_int(&rows, 6) };
		snprintf(kind, sizeof(kind), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		snprintf(s->channel, sizeof(s->channel), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
	}
	rows_end(&rows);
	if (rc < 0)
		return -1;
	if (rc == 0 || strcmp(kind, "check") != 0 || s->serial == 0)
		return err_set(err, -1, "I%lld is no check that has a number", (long long)item), 0;
	if (ledger_item_state(r->ledger, item, &state, err) != 1)
		return -1;
	if (state != ITEM_WRITTEN && state != ITEM_DELIVERED && state != ITEM_PRINTED && state != ITEM_MAILED && state != ITEM_STOPPED && state != ITEM_STALE)
		return err_set(err, -1, "check %lld of I%lld is %s, and its number cannot be taken back", (long long)s->serial, (long long)item, state_name(THING_ITEM, state)), 0;
	s->checks = config_outbound(r->config, view_of(s->channel), NULL);
	if (s->checks == NULL || config_way(r->config, s->checks) != WAY_CHECK)
		return err_set(err, -1, "the channel '%s' writes no checks any more", s->channel), 0;
	if (s->checks->positive_pay != NULL && s->checks->positive_pay[0] != '\0')
		s->told = config_outbound(r->config, view_of(s->checks->positive_pay), &s->bank);
	if (new_serial < 0 || new_serial > SERIAL_LAST)
		return err_set(err, -1, "%lld is no number of a check", (long long)new_serial), 0;
	if (new_serial != 0 && ledger_int(r->ledger, &used, err, "SELECT 1 FROM check_serial WHERE account=? AND serial=?", "ti", s->checks->check_account, new_serial) < 0)
		return -1;
	return used == 0 ? 1 : (err_set(err, -1, "the number %lld was used for another check before", (long long)new_serial), 0);
}

/* Who decides this makes it; the printer's word is its channel's. */
static const char *person(const struct route *r)
{
	const char *actor = ledger_now(r->ledger)->actor;

	return config_operator(r->config, view_of(actor)) != NULL ? actor : NULL;
}

/*
 * The batch that tells the bank what one file made void: a confirmation file once, a run's own file as often as its checks are taken back
 * (`more`).  Its first record's issue date is its date.
 */
static int void_batch(struct route *r, int64_t parcel, const struct spoiled *s, bool more, int64_t *id, struct err *err)
{
	int64_t first, state = 0;
	char object[24];
	int found = ledger_int(r->ledger, id, err, "SELECT id FROM batch WHERE parcel=? AND kind='void' AND outbound=? AND partner=? ORDER BY part DESC LIMIT 1", "itt", parcel, s->told->name,
			       s->bank->name);

	if (found < 0)
		return -1;
	if (found == 1) {
		if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", *id) != 1)
			return -1;
		if (state == BATCH_OPEN || !more)
			return state == BATCH_OPEN ? 1 : (err_set(err, -1, "B%lld of that file is under way already", (long long)*id), 0);
	}
	if (counter_take(r, "item", 1, 0, &first, err) != 0
	    || ledger_do(r->ledger, err, "INSERT INTO batch(parcel, kind, partner, outbound, format, ccy, effective, pay_date, run, source_sha256, state, items_state, maker, first_item,"
			 " changed_at, part) SELECT p.id, 'void', ?3, ?4, ?5, 'USD', c.effective, c.pay_date, c.run, p.sha256, ?6, ?7, p.channel||ifnull(','||p.toucher,'')||ifnull(','||?10,''), ?8, ?9,"
			 " (SELECT ifnull(max(v.part),0)+1 FROM batch v WHERE v.parcel=?1 AND v.kind='void' AND v.outbound=?4) FROM parcel p, batch c WHERE p.id=?1 AND c.id=?2", "iitttiiitt", parcel,
			 s->batch, s->bank->name, s->told->name, s->told->format, (int64_t)BATCH_OPEN, (int64_t)ITEM_BATCHED, first, ledger_now(r->ledger)->utc, person(r)) != 1)
		return -1;
	*id = ledger_last_id(r->ledger);
	return ways_set_reference(r, *id, "VOID", *id, err) == 0 && route_audit(r, id_text('B', *id, object).p, "", "OPEN", "void", err) == 0 ? 1 : -1;
}

static int put_void(struct route *r, const struct spoiled *s, int64_t batch, const char *status, int64_t serial, struct err *err)
{
	char text[EMIT_TEXT], number[24];
	struct buf form = { 0 };
	struct emit_batch of;
	struct record rec;
	struct rows rows;
	int64_t id;
	int rc = -1;

	snprintf(number, sizeof(number), "%lld", (long long)serial);
	if (emit_batch_read(r, s->batch, &of, err) != 0 || counter_take(r, "item", 1, 1, &id, err) != 0 || ledger_query(&rows, r->ledger, err, EMIT_ITEM, "i", s->item) != 0)
		return -1;
	if (rows_next(&rows) == 1 && emit_item(&of, &rows, &rec, text)) {
		record_set_text(&rec, F_STATUS, view_of(status));
		record_set_text(&rec, F_CHECK_NUMBER, view_of(number));
		rc = wire_put_record(&form, &rec) ? 0 : err_set(err, -1, "no memory for a void");
	} else {
		err_set(err, -1, "the record of I%lld is damaged", (long long)s->item);
	}
	rows_end(&rows);
	if (rc == 0 && ledger_do(r->ledger, err, "INSERT INTO item(id, batch, seq, line, leg, person, individual_id, party, amount_minor, state, method, serial, record)"
				 " SELECT ?1, ?2, seq, line, leg, person, individual_id, party, amount_minor, 0, ?4, ?5, ?6 FROM item WHERE id=?3", "iiitib", id, batch, s->item, status, serial,
				 buf_as_view(&form)) != 1)
		rc = -1;
	buf_release(&form);
	return rc;
}

static int renumber(struct route *r, const struct spoiled *s, int64_t serial, struct err *err)
{
	char object[24], from[24], to[24];

	if (ledger_do(r->ledger, err, "UPDATE check_serial SET state=2, replaced_by=nullif(?3,0) WHERE account=?1 AND serial=?2", "tii", s->checks->check_account, s->serial, serial) != 1
	    || ledger_do(r->ledger, err, "UPDATE expected SET state=4, status='VOID' WHERE kind='check' AND item=? AND state IN (1,3)", "i", s->item) < 0)
		return -1;
	snprintf(from, sizeof(from), "%lld", (long long)s->serial);
	snprintf(to, sizeof(to), "%lld", (long long)serial);
	if (serial == 0)
		return route_audit(r, id_text('I', s->item, object).p, from, "VOID", "number", err);
	if (ledger_do(r->ledger, err, "INSERT INTO check_serial(account, serial, item, batch, state) VALUES(?,?,?,?,1)", "tiii", s->checks->check_account, serial, s->item, s->batch) < 0
	    || ledger_do(r->ledger, err, "UPDATE item SET serial=? WHERE id=?", "ii", serial, s->item) != 1 || ways_expect(r, s->batch, s->item, err) != 0)
		return -1;
	return route_audit(r, id_text('I', s->item, object).p, from, to, "number", err);
}

int ways_reissue(struct route *r, int64_t parcel, int64_t item, int64_t new_serial, struct err *err)
{
	struct spoiled s;
	int64_t batch = 0;
	int rc = read_spoiled(r, item, new_serial, &s, err);

	if (rc == 1 && s.told != NULL)
		rc = void_batch(r, parcel, &s, false, &batch, err);
	if (rc != 1)
		return rc;
	if (batch != 0 && (put_void(r, &s, batch, "void", s.serial, err) != 0 || (new_serial != 0 && put_void(r, &s, batch, "issue", new_serial, err) != 0)))
		return -1;
	r->dirty = true;
	return renumber(r, &s, new_serial, err) == 0 ? 1 : -1;
}

/* Numbers of a whole batch */

/* Where its checks are drawn and which bank hears of them.  1; 0: nobody does; -1. */
static int read_batch(struct route *r, int64_t batch, struct spoiled *s, int64_t *parcel, struct err *err)
{
	struct rows rows;
	int rc;

	*s = (struct spoiled){ .batch = batch };
	if (ledger_query(&rows, r->ledger, err, "SELECT parcel, partner||'/'||outbound FROM batch WHERE id=? AND kind='check'", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*parcel = rows_int(&rows, 0);
		snprintf(s->channel, sizeof(s->channel), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
	}
	rows_end(&rows);
	if (rc != 1)
		return rc;
	s->checks = config_outbound(r->config, view_of(s->channel), NULL);
	if (s->checks == NULL || s->checks->positive_pay == NULL || s->checks->positive_pay[0] == '\0')
		return 0;
	s->told = config_outbound(r->config, view_of(s->checks->positive_pay), &s->bank);
	return s->told != NULL;
}

/* What still shares the batch's state is taken back; a check that the printer or the bank has spoken of goes its own way. */
#define LIVE "SELECT i.id, i.serial FROM item i JOIN check_serial c ON c.item=i.id AND c.serial=i.serial AND c.state=1 WHERE i.batch=?"
#define UNPAID LIVE " AND i.state NOT IN (12,13,15,19,22,24)"
static const char shared_ones[] = LIVE " AND i.state=0 ORDER BY i.id", unpaid_ones[] = UNPAID " ORDER BY i.id";

/* status "void": each number of them is void from now on; "issue": the bank is told of it once more. */
static int tell(struct route *r, struct spoiled *s, int64_t id, const char *status, struct err *err)
{
	bool ends = strcmp(status, "void") == 0;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, ends ? shared_ones : unpaid_ones, "i", s->batch) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		s->item = rows_int(&rows, 0);
		s->serial = rows_int(&rows, 1);
		if (put_void(r, s, id, status, s->serial, err) != 0 || (ends && renumber(r, s, 0, err) != 0)) {
			rows_end(&rows);
			return -1;
		}
	}
	r->dirty = true;
	return rc;
}

/* The bank has never heard of them: they are used up, and that is all. */
static int spend(struct route *r, int64_t batch, struct err *err)
{
	char object[24];
	int n = ledger_do(r->ledger, err, "UPDATE check_serial SET state=2 WHERE batch=?1 AND state=1 AND item IN (SELECT id FROM item WHERE batch=?1 AND state=0)", "i", batch);

	if (n < 0 || ledger_do(r->ledger, err, "UPDATE expected SET state=4, status='VOID' WHERE kind='check' AND state IN (1,3) AND item IN (SELECT id FROM item WHERE batch=? AND state=0)", "i", batch) < 0)
		return -1;
	return n == 0 ? 0 : route_audit(r, id_text('B', batch, object).p, "", "SPENT", "numbers", err);
}

/* A bank that no channel leads to any more cannot be told; the numbers are void here, and paid ones are alarms. */
static int void_all(struct route *r, int64_t batch, struct err *err)
{
	int64_t parcel = 0, id = 0;
	struct spoiled s;
	int rc = read_batch(r, batch, &s, &parcel, err);

	if (rc == 0)
		return spend(r, batch, err);
	if (rc == 1)
		rc = void_batch(r, parcel, &s, true, &id, err);
	return rc == 1 ? tell(r, &s, id, "void", err) : -1;
}

struct told { int64_t artifact, state, delivery, way, renamed; bool rejected; };

static int read_told(struct route *r, int64_t batch, struct told *t, struct err *err)
{
	struct rows rows;
	int rc;

	*t = (struct told){ .artifact = 0 };
	if (ledger_query(&rows, r->ledger, err, "SELECT a.id, a.state, ifnull(d.id,0), ifnull(d.state,0), ifnull(d.renamed,0), EXISTS (SELECT 1 FROM ack k WHERE k.id=a.ack AND k.verdict='rejected')"
			 " FROM artifact a LEFT JOIN delivery d ON d.artifact=a.id WHERE a.issues=? ORDER BY a.id DESC LIMIT 1", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		*t = (struct told){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 4), rows_int(&rows, 5) != 0 };
	rows_end(&rows);
	if (t->state != ARTIFACT_SIGNED)
		t->delivery = t->way = 0;
	return rc < 0 ? -1 : 0;
}

/* The bank's list has not left: it will not. */
static int keep_back(struct route *r, const struct told *t, struct err *err)
{
	if (t->delivery != 0)
		return t->way == DELIVERY_HELD ? ledger_do(r->ledger, err, "UPDATE delivery SET why='REJECTED' WHERE id=?", "i", t->delivery) < 0 ? -1 : 0
			: ledger_move(r->ledger, THING_DELIVERY, t->delivery, DELIVERY_HELD, "REJECTED", err);
	return t->state == ARTIFACT_HELD ? ledger_do(r->ledger, err, "UPDATE artifact SET why='REJECTED' WHERE id=?", "i", t->artifact) < 0 ? -1 : 0
		: ledger_move(r->ledger, THING_ARTIFACT, t->artifact, ARTIFACT_HELD, "REJECTED", err);
}

int voids_withdraw(struct route *r, int64_t batch, struct err *err)
{
	int64_t again = 0;
	struct told t;

	if (read_told(r, batch, &t, err) != 0)
		return -1;
	if (t.artifact == 0)
		return spend(r, batch, err) == 0 ? 1 : -1;
	if (t.delivery == 0 || t.way == DELIVERY_INTENT || t.way == DELIVERY_FAILED_SAFE || (t.way == DELIVERY_HELD && t.renamed == 0))
		return keep_back(r, &t, err) == 0 && spend(r, batch, err) == 0 ? 1 : -1;
	if (t.way != DELIVERY_DELIVERED && t.way != DELIVERY_HELD)
		return err_set(err, -1, "the bank's list of these checks, A%lld, is on its way (D%lld is %s); ask again once it is there", (long long)t.artifact, (long long)t.delivery,
			       state_name(THING_DELIVERY, (int)t.way)), 0;
	if (t.rejected && ledger_int(r->ledger, &again, err, "SELECT max(id) FROM batch WHERE kind='void' AND resent_from=? AND state<>5", "i", t.artifact) < 0)
		return -1;
	if (again != 0)
		return err_set(err, -1, "the bank's list of these checks is being sent again, B%lld; reject that first, or wait until the bank has it and has the printer void them", (long long)again), 0;
	return (t.rejected ? spend(r, batch, err) : void_all(r, batch, err)) == 0 ? 1 : -1;
}

int voids_issue_again(struct route *r, int64_t batch, int64_t artifact, int64_t *id, struct err *err)
{
	int64_t parcel = 0, n = 0, state = 0, again = 0;
	struct spoiled s;
	int rc;

	if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", batch) < 0
	    || ledger_int(r->ledger, &again, err, "SELECT max(id) FROM batch WHERE kind='void' AND resent_from=? AND state<>5", "i", artifact) < 0)
		return -1;
	if (again != 0)
		return err_set(err, -1, "it is sent again by B%lld", (long long)again), 0;
	if (state != BATCH_APPROVED)
		return err_set(err, -1, "B%lld is %s: its checks are not issued any more", (long long)batch, state_name(THING_BATCH, (int)state)), 0;
	if (ledger_int(r->ledger, &n, err, "SELECT count(*) FROM (" UNPAID ")", "i", batch) < 0)
		return -1;
	if (n == 0)
		return err_set(err, -1, "no check of B%lld is outstanding", (long long)batch), 0;
	rc = read_batch(r, batch, &s, &parcel, err);
	if (rc == 0)
		return err_set(err, -1, "the channel '%s' tells no bank of its checks any more", s.channel), 0;
	if (rc == 1)
		rc = void_batch(r, parcel, &s, true, id, err);
	if (rc != 1)
		return rc;
	if (tell(r, &s, *id, "issue", err) != 0)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE batch SET resent_from=?2 WHERE id=?1", "ii", *id, artifact) == 1 ? 1 : -1;
}

int ways_cancelled(struct route *r, int64_t batch, struct err *err)
{
	struct err flying = { 0 };
	int64_t print = 0;
	char object[24];
	struct told t;
	int rc;

	if (funding_ended(r, batch, err) != 0 || read_told(r, batch, &t, err) != 0)
		return -1;
	if (t.artifact == 0)
		return 0;
	rc = voids_withdraw(r, batch, &flying);
	if (rc == 0)
		rc = void_all(r, batch, err) == 0 ? 1 : -1;	/* on its way: what takes it back follows */
	else if (rc < 0)
		*err = flying;
	/* the print file that waits for the bank's goes nowhere; a file that is signed may have been sent */
	if (rc != 1 || ledger_int(r->ledger, &print, err, "SELECT a.id FROM artifact a JOIN batch b ON b.artifact=a.id WHERE b.id=? AND a.state IN (1,2,3)", "i", batch) < 0)
		return -1;
	if (print == 0)
		return 0;
	log_step(LOG_WARNING, "artifact.held", "artifact", id_text('A', print, object).p, "why", "REJECTED", NULL);
	return ledger_move(r->ledger, THING_ARTIFACT, print, ARTIFACT_HELD, "REJECTED", err);
}

int ways_pump(struct route *r, struct err *err)
{
	int64_t ids[16];
	struct rows rows;
	int n = 0, rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch b WHERE state=? AND kind='void'"
			 " AND NOT EXISTS (SELECT 1 FROM confirmation c WHERE c.parcel=b.parcel AND c.state=1)"
			 " AND NOT EXISTS (SELECT 1 FROM parcel p WHERE p.id=b.parcel AND p.purpose='confirmation' AND p.state=5) ORDER BY id LIMIT 16", "i", (int64_t)BATCH_OPEN) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		ids[n++] = rows_int(&rows, 0);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = run_propose(r, ids[i], err);
	return rc;
}
