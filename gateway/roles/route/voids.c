/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voids - a number that must not be paid any more: the bank is told by a batch of kind void
 *
 * A check that was spoiled goes out as void and new issue; checks whose run is rejected after the bank was told of them, as void alone.
 * Such a batch pays nothing; it is proposed and approved by its totals and leaves by positive pay.  A void number stays used for ever.
 */
#include "gateway/roles/route/ways.h"

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

/* The batch that tells the bank what one confirmation file spoiled; its first record's issue date is its date. */
static int void_batch(struct route *r, int64_t parcel, const struct spoiled *s, int64_t *id, struct err *err)
{
	int64_t first, state = 0;
	char object[24];
	int found = ledger_int(r->ledger, id, err, "SELECT id FROM batch WHERE parcel=? AND kind='void' AND outbound=? AND partner=?", "itt", parcel, s->told->name, s->bank->name);

	if (found < 0)
		return -1;
	if (found == 1) {
		if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", *id) != 1)
			return -1;
		return state == BATCH_OPEN ? 1 : (err_set(err, -1, "B%lld of that file is under way already", (long long)*id), 0);
	}
	if (counter_take(r, "item", 1, 0, &first, err) != 0
	    || ledger_do(r->ledger, err, "INSERT INTO batch(parcel, kind, partner, outbound, format, ccy, effective, pay_date, run, source_sha256, state, items_state, maker, first_item,"
			 " changed_at) SELECT p.id, 'void', ?3, ?4, ?5, 'USD', c.effective, c.pay_date, c.run, p.sha256, ?6, ?7, p.channel||ifnull(','||p.toucher,''), ?8, ?9 FROM parcel p, batch c"
			 " WHERE p.id=?1 AND c.id=?2", "iitttiiit", parcel, s->batch, s->bank->name, s->told->name, s->told->format, (int64_t)BATCH_OPEN, (int64_t)ITEM_BATCHED, first,
			 ledger_now(r->ledger)->utc) != 1)
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
		rc = void_batch(r, parcel, &s, &batch, err);
	if (rc != 1)
		return rc;
	if (batch != 0 && (put_void(r, &s, batch, "void", s.serial, err) != 0 || (new_serial != 0 && put_void(r, &s, batch, "issue", new_serial, err) != 0)))
		return -1;
	r->dirty = true;
	return renumber(r, &s, new_serial, err) == 0 ? 1 : -1;
}

/* Not printed, or not any more: no number of the batch may be paid. */
static int void_all(struct route *r, int64_t batch, struct err *err)
{
	struct spoiled s = { .batch = batch };
	int64_t parcel = 0, id = 0;
	char kind[12] = "";
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT parcel, kind, partner||'/'||outbound FROM batch WHERE id=?", "i", batch) != 0 || rows_next(&rows) != 1)
		return -1;
	parcel = rows_int(&rows, 0);
	snprintf(kind, sizeof(kind), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
	snprintf(s.channel, sizeof(s.channel), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
	rows_end(&rows);
	s.checks = config_outbound(r->config, view_of(s.channel), NULL);
	if (strcmp(kind, "check") != 0 || s.checks == NULL || s.checks->positive_pay == NULL
	    || (s.told = config_outbound(r->config, view_of(s.checks->positive_pay), &s.bank)) == NULL)
		return 0;
	rc = void_batch(r, parcel, &s, &id, err);
	if (rc != 1)
		return rc;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, serial FROM item WHERE batch=? AND serial IS NOT NULL ORDER BY id", "i", batch) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		s.item = rows_int(&rows, 0);
		s.serial = rows_int(&rows, 1);
		if (put_void(r, &s, id, "void", s.serial, err) != 0 || renumber(r, &s, 0, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	r->dirty = true;
	return rc;
}

int ways_cancelled(struct route *r, int64_t batch, struct err *err)
{
	int64_t told = 0;
	char object[24];

	if (funding_ended(r, batch, err) != 0
	    || ledger_int(r->ledger, &told, err, "SELECT id FROM artifact WHERE issues=? ORDER BY id DESC LIMIT 1", "i", batch) < 0)
		return -1;
	if (told == 0)
		return 0;
	/* the print file that waits for the bank's goes nowhere; a file that is signed may have been sent */
	if (ledger_int(r->ledger, &told, err, "SELECT state=4 FROM artifact WHERE id=?", "i", told) < 0)
		return -1;
	if (told != 0)
		return void_all(r, batch, err);
	if (ledger_int(r->ledger, &told, err, "SELECT a.id FROM artifact a JOIN batch b ON b.artifact=a.id WHERE b.id=? AND a.state IN (1,2,3)", "i", batch) < 0)
		return -1;
	if (told == 0)
		return 0;
	log_step(LOG_WARNING, "artifact.held", "artifact", id_text('A', told, object).p, "why", "REJECTED", NULL);
	return ledger_move(r->ledger, THING_ARTIFACT, told, ARTIFACT_HELD, "REJECTED", err);
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
