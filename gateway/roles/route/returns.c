/* SPDX-License-Identifier: Apache-2.0 */
/*
 * returns - returns and changes of the bank meet the items they name: RETURNED only by a linked return
 *
 * Candidates are the items of the original trace; the worker links by trace, RDFI, amount, account and direction (a change without the
 * amount), delivered within return_days.  route re-checks the pair.  No hit or several: an exception for that entry, the other
 * entries go on.  A return makes the bank owe us its amount (expected, kind return); a change becomes an overlay on the payee's bank
 * data, keyed by feed and person, for the next run; the item itself is never sent again.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/funding.h"
#include "gateway/roles/route/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/ledger_schema.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "rules/change.h"

#define LINKS_A_JOB 200

struct arrival { int64_t parcel; char partner[64]; };

/* A dishonored or contested return, a refused change: banks dispute an earlier one, and no payment moves by that. */
bool return_disputed(const struct record *rec)
{
	struct view type = record_has(rec, F_TYPE) ? record_text(rec, F_TYPE) : VIEW("");

	return view_eq(type, VIEW("dishonored")) || view_eq(type, VIEW("contested")) || view_eq(type, VIEW("refused"));
}

static int store(struct route *r, const struct arrival *a, const struct record *rec, struct err *err)
{
	int64_t settled = record_num(rec, F_EFFECTIVE_DATE, DATE_NONE);
	bool disputed = return_disputed(rec);

	return ledger_do(r->ledger, err, "INSERT INTO ach_return(parcel, seq, line, partner, change, code, original_trace, original_rdfi, trace, account, amount_minor, corrected,"
			 " transaction_code, company_id, settled, state, reason, detail) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "iiitivvvvvivvviitt", a->parcel, (int64_t)rec->seq,
			 (int64_t)rec->line, a->partner, (int64_t)(rec->kind == RECORD_CHANGE), record_text(rec, F_REASON), record_text(rec, F_ORIGINAL_TRACE),
			 record_text(rec, F_ORIGINAL_RDFI), record_text(rec, F_TRACE), record_text(rec, F_ACCOUNT), record_num(rec, F_AMOUNT, 0),
			 record_text(rec, F_CORRECTED), record_text(rec, F_TRANSACTION_CODE), record_text(rec, F_COMPANY_ID), settled, (int64_t)(disputed ? 3 : 1),
			 disputed ? "RETURN_DISPUTED" : NULL, disputed ? RETURN_DISPUTED_TEXT : NULL) < 0 ? -1 : 0;
}

static int store_page(struct route *r, void *ctx, struct view records, struct err *err)
{
	struct record rec;

	while (wire_cut_record(&records, &rec) == 1)
		if ((rec.kind == RECORD_RETURN || rec.kind == RECORD_CHANGE) && store(r, ctx, &rec, err) != 0)
			return -1;
	return 0;
}

bool return_debits(struct view code)
{
	return code.n == 2 && code.p[1] >= '5';
}

int returns_route(struct route *r, int64_t parcel, struct err *err)
{
	struct arrival a = { .parcel = parcel };
	int64_t records = 0;

	if (ledger_int(r->ledger, &records, err, "SELECT records FROM parcel WHERE id=?", "i", parcel) < 0)
		return -1;
	if (records > BULK_LEAST)
		return 0;			/* stays ROUTED until its last piece is linked (returns_bulk.c) */
	if (parcel_partner(r, parcel, a.partner, err) != 0 || segment_walk(r, parcel, store_page, &a, err) != 0)
		return -1;
	r->link_dirty = r->report_wanted = r->dirty = true;
	return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err);
}

static int64_t number(struct view digits)
{
	int64_t n = 0;

	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9' || i >= 15)
			return -1;
		n = n * 10 + (digits.p[i] - '0');
	}
	return digits.n > 0 ? n : -1;
}

static int put_items(struct route *r, int64_t trace, struct buf *out, struct err *err)
{
	struct record rec;
	struct rows rows;
	char text[24];
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.id, i.routing, i.account, i.amount_minor, i.code, d.delivered_date FROM item i JOIN batch b ON b.id=i.batch"
			 " JOIN delivery d ON d.artifact=b.artifact WHERE i.trace=? AND d.state=5 LIMIT 8", "i", trace) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		record_init(&rec, RECORD_PAYMENT, 0);
		rec.seq = (uint64_t)rows_int(&rows, 0);
		snprintf(text, sizeof(text), "%015lld", (long long)trace);
		record_set_text(&rec, F_TRACE, view_of(text));
		record_set_text(&rec, F_ROUTING, rows_text(&rows, 1));
		record_set_text(&rec, F_ACCOUNT, rows_text(&rows, 2));
		record_set_num(&rec, F_AMOUNT, rows_int(&rows, 3));
		record_set_text(&rec, F_CURRENCY, VIEW("USD"));
		record_set_text(&rec, F_TRANSACTION_CODE, rows_text(&rows, 4));
		record_set_num(&rec, F_BOOKING_DATE, rows_int(&rows, 5));
		wire_put_record(out, &rec);
	}
	return rc;
}

static void put_return(struct rows *rows, struct buf *out, bool change)
{
	struct record rec;

	record_init(&rec, change ? RECORD_CHANGE : RECORD_RETURN, (uint64_t)rows_int(rows, 1));
	rec.seq = (uint64_t)rows_int(rows, 0);
	record_set_text(&rec, F_REASON, rows_text(rows, 2));
	record_set_text(&rec, F_ORIGINAL_TRACE, rows_text(rows, 3));
	record_set_text(&rec, F_ORIGINAL_RDFI, rows_text(rows, 4));
	record_set_text(&rec, F_TRACE, rows_text(rows, 5));
	record_set_text(&rec, F_ACCOUNT, rows_text(rows, 6));
	record_set_num(&rec, F_AMOUNT, rows_int(rows, 7));
	record_set_text(&rec, F_CORRECTED, rows_text(rows, 8));
	record_set_text(&rec, F_TRANSACTION_CODE, rows_text(rows, 9));
	record_set_text(&rec, F_CURRENCY, VIEW("USD"));
	wire_put_record(out, &rec);
}

static int put_page(struct route *r, bool change, struct buf *subjects, struct buf *candidates, int64_t *n, struct err *err)
{
	struct rows rows;
	int rc;

	*n = 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, line, code, original_trace, original_rdfi, trace, account, amount_minor, corrected, transaction_code FROM ach_return"
			 " WHERE state=1 AND change=? ORDER BY id LIMIT ?", "ii", (int64_t)change, (int64_t)LINKS_A_JOB) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		put_return(&rows, subjects, change);
		++*n;
		if (put_items(r, number(rows_text(&rows, 3)), candidates, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

int returns_pump(struct route *r, struct err *err)
{
	struct buf subjects = { 0 }, candidates = { 0 };
	int64_t n[2] = { 0, 0 };
	struct job *j;
	int rc = 0;

	for (int change = 0; rc == 0 && r->link_dirty && change < 2; change++) {
		if (route_peer(r, PAIR_RECONCILE) == NULL)
			break;
		if (job_of(r, JOB_LINK, change) != NULL)
			continue;
		buf_clear(&subjects);
		buf_clear(&candidates);
		rc = put_page(r, change == 1, &subjects, &candidates, &n[change], err);
		if (rc == 0 && n[change] > 0 && (j = job_start(r, JOB_LINK, change, route_peer(r, PAIR_RECONCILE))) != NULL)
			match_send(r, j, &subjects, &candidates, change ? "change" : "return", clock_utc(r) / 86400);
	}
	if (rc == 0 && job_of(r, JOB_LINK, 0) == NULL && job_of(r, JOB_LINK, 1) == NULL && route_peer(r, PAIR_RECONCILE) != NULL)
		r->link_dirty = false;
	buf_release(&subjects);
	buf_release(&candidates);
	return rc;
}

static int exception(struct route *r, int64_t id, struct view reason, struct view detail, struct err *err)
{
	char number_text[24];

	snprintf(number_text, sizeof(number_text), "R%lld", (long long)id);
	log_step(LOG_WARNING, "return.unlinked", "return", number_text, NULL);
	return ledger_do(r->ledger, err, "UPDATE ach_return SET state=3, reason=?2, detail=?3 WHERE id=?1 AND state=1", "ivv", id, reason, detail) < 0 ? -1 : 0;
}

/* What route knows of a proposed pair, read again from the ledger. */
struct link {
	int64_t id, item, change, settled, amount;
	char code[8], corrected[64], partner[64], feed[200], person[64], routing[16], account[40], account_code[4], offset[64], trace[24];
	char old_routing[16], old_account[40], old_code[4];
};

static int read_link(struct route *r, struct link *k, struct err *err)
{
	char *const texts[] = { k->code, k->corrected, k->partner, k->feed, k->person, k->routing, k->account, k->account_code, k->trace };
	const size_t caps[] = { sizeof(k->code), sizeof(k->corrected), sizeof(k->partner), sizeof(k->feed), sizeof(k->person), sizeof(k->routing), sizeof(k->account),
		sizeof(k->account_code), sizeof(k->trace) };
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT x.code, x.corrected, x.partner, p.channel, i.person, i.routing, i.account, i.code, x.original_trace, x.change, x.settled,"
			 " i.amount_minor, b.outbound FROM ach_return x, item i, batch b, parcel p WHERE x.id=?1 AND i.id=?2 AND b.id=i.batch AND p.id=b.parcel AND x.state=1"
			 " AND CAST(x.original_trace AS INTEGER)=i.trace AND x.original_rdfi=substr(i.routing,1,8) AND x.account=i.account"
			 " AND (x.change=1 OR abs(x.amount_minor)=abs(i.amount_minor))", "ii", k->id, k->item) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		const struct partner *partner;
		const struct outbound *o;
		char channel[140];

		for (int i = 0; i < 9; i++)
			snprintf(texts[i], caps[i], "%.*s", VIEW_FMT(rows_text(&rows, i)));
		k->change = rows_int(&rows, 9);
		k->settled = rows_int(&rows, 10);
		k->amount = rows_int(&rows, 11);
		snprintf(channel, sizeof(channel), "%s/%.*s", k->partner, VIEW_FMT(rows_text(&rows, 12)));
		o = config_outbound(r->config, view_of(channel), &partner);
		snprintf(k->offset, sizeof(k->offset), "%s", o ? o->offset_account : "");
	}
	rows_end(&rows);
	return rc;
}

/* 1 it has moved, 0 an exception, -1.  What comes back of a credit is a credit on our account, of a debit (a reversal) a debit. */
static int returned(struct route *r, const struct link *k, struct err *err)
{
	char reference[32], text[100];
	int32_t today = (int32_t)(clock_utc(r) / 86400);
	int state;

	if (ledger_item_state(r->ledger, k->item, &state, err) != 1)
		return -1;
	if (!state_allowed(THING_ITEM, state, ITEM_RETURNED)) {
		snprintf(text, sizeof(text), "the payment it names, I%lld, is %s and cannot come back", (long long)k->item, state_name(THING_ITEM, state));
		return exception(r, k->id, VIEW("RETURN_UNLINKED"), view_of(text), err);
	}
	snprintf(reference, sizeof(reference), "R%lld %s", (long long)k->id, k->code);
	if (ledger_move(r->ledger, THING_ITEM, k->item, ITEM_RETURNED, k->code, err) != 0 || reverse_returned(r, k->item, k->code, err) != 0 || funding_returned(r, k->item, err) != 0)
		return -1;
	/* The bank may post one sum for the returns of a file: grp. */
	return ledger_do(r->ledger, err, "INSERT INTO expected(kind, ach_return, partner, account, ccy, amount_minor, effective, company_id, description, reference, grp, state, first_seen)"
			 " SELECT 'return',?1,?2,?3,'USD',?4,?5,NULL,'RETURN',?6,'F'||parcel,1,?7 FROM ach_return WHERE id=?1", "ittiiti", k->id, k->partner, k->offset,
			 return_debits(view_of(k->account_code)) ? -k->amount : k->amount, k->settled == DATE_NONE ? (int64_t)today : k->settled, reference, (int64_t)today) < 0 ? -1 : 1;
}

/* The live correction that this payment was made by, or that stands beside it: it is carried on, not lost.  1 there, 0 none, -1. */
static int standing(struct route *r, struct link *k, int64_t *id, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, old_routing, old_account, old_code, routing, account, account_code FROM overlay WHERE feed=?1 AND person=?2 AND superseded=0"
			 " AND ((routing=?3 AND account=?4) OR (old_routing=?3 AND old_account=?4)) ORDER BY id DESC LIMIT 1", "tttt", k->feed, k->person, k->routing, k->account) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*id = rows_int(&rows, 0);
		snprintf(k->old_routing, sizeof(k->old_routing), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		snprintf(k->old_account, sizeof(k->old_account), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
		snprintf(k->old_code, sizeof(k->old_code), "%.*s", VIEW_FMT(rows_text(&rows, 3)));
		snprintf(k->routing, sizeof(k->routing), "%.*s", VIEW_FMT(rows_text(&rows, 4)));
		snprintf(k->account, sizeof(k->account), "%.*s", VIEW_FMT(rows_text(&rows, 5)));
		snprintf(k->account_code, sizeof(k->account_code), "%.*s", VIEW_FMT(rows_text(&rows, 6)));
	}
	rows_end(&rows);
	return rc;
}

/* The overlay is keyed by what the feed still sends (old_*); a second change of the same payee builds on the first.  1, 0 an exception, -1. */
static int changed(struct route *r, struct link *k, struct err *err)
{
	struct change c;
	char object[40];
	int64_t before = 0;
	int rc;

	if (!change_read(&c, view_of(k->code), view_of(k->corrected)))
		return exception(r, k->id, VIEW("CHANGE_UNREADABLE"), VIEW("the corrected data does not fit its change code; ask the payee and enter it with the feed"), err);
	memcpy(k->old_routing, k->routing, sizeof(k->old_routing));
	memcpy(k->old_account, k->account, sizeof(k->old_account));
	memcpy(k->old_code, k->account_code, sizeof(k->old_code));
	rc = standing(r, k, &before, err);
	if (rc < 0 || (rc == 1 && ledger_do(r->ledger, err, "UPDATE overlay SET superseded=1 WHERE id=?", "i", before) != 1))
		return -1;
	if (ledger_do(r->ledger, err, "INSERT INTO overlay(feed, person, code, old_routing, old_account, old_code, routing, account, account_code, source, at)"
		      " VALUES(?,?,?,?,?,?,?,?,?,?,?)", "ttttttvvvit", k->feed, k->person, k->code, k->old_routing, k->old_account, k->old_code,
		      c.routing.n ? c.routing : view_of(k->routing), c.account.n ? c.account : view_of(k->account),
		      c.transaction_code.n ? c.transaction_code : view_of(k->account_code), k->id, ledger_now(r->ledger)->business) < 0)
		return -1;
	snprintf(object, sizeof(object), "I%lld.overlay", (long long)k->item);
	return route_audit(r, object, "", "OVERLAY", k->code, err) == 0 ? 1 : -1;
}

static int one(struct route *r, const struct msg *match, struct err *err)
{
	struct link k = { .id = msg_num_or(match, T_SUBJECT, 0) };
	char number_text[24], item[24];
	int rc;

	if (!msg_num(match, T_ITEM, &k.item))
		return exception(r, k.id, msg_text(match, T_REASON), msg_text(match, T_TEXT), err);
	rc = read_link(r, &k, err);
	if (rc != 1)
		return rc < 0 ? -1 : exception(r, k.id, VIEW("RETURN_UNLINKED"), VIEW("the proposed pair does not agree with the ledger"), err);
	rc = k.change ? changed(r, &k, err) : returned(r, &k, err);
	if (rc != 1)
		return rc;
	snprintf(number_text, sizeof(number_text), "R%lld", (long long)k.id);
	log_step(LOG_NOTICE, k.change ? "change.linked" : "return.linked", "return", number_text, "item", id_text('I', k.item, item).p, "code", k.code, NULL);
	return ledger_do(r->ledger, err, "UPDATE ach_return SET state=2, item=?2, rule=?3, detail=?4 WHERE id=?1 AND state=1", "iivv", k.id, k.item, msg_text(match, T_RULE),
			 msg_text(match, T_TEXT)) < 0 ? -1 : 0;
}

int returns_matched(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t open = 0;
	int rc;

	if (j->kind != JOB_LINK)
		return 0;
	rc = match_each(r, m, one, err);
	if (rc == 0 && ledger_int(r->ledger, &open, err, "SELECT EXISTS (SELECT 1 FROM ach_return WHERE state=1)", "") < 0)
		rc = -1;
	if (open == 0)
		bank_from_the_start(r);		/* once, when all are linked: their credits may be expected now */
	r->link_dirty = r->report_wanted = true;
	job_end(r, j);
	return rc;
}
