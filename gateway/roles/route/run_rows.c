/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_rows - the rows of a payroll range and the legs a worker made of them
 *
 * Overlays: a notification of change (NOC) corrects the bank data of a payee for the next runs; it is keyed by feed and person and
 * applies only while the feed still sends the data that the bank corrected: newer data from the feed wins over it.
 * Failure: a leg that does not add up, or pays to another account than its row, is named in words and nothing is stored.
 */
#include "gateway/roles/route/run.h"

#include <stdio.h>
#include "rules/allot.h"

static int overlay(struct route *r, const char *feed, struct record *rec, struct buf *keep, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT routing, account, account_code FROM overlay WHERE feed=? AND person=? AND superseded=0"
			 " AND old_routing=? AND old_account=? ORDER BY id DESC LIMIT 1", "tvvv", feed, record_text(rec, F_PERSON), record_text(rec, F_ROUTING),
			 record_text(rec, F_ACCOUNT)) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		struct view code;

		buf_clear(keep);		/* the record's texts must outlive the row set */
		buf_view(keep, rows_text(&rows, 0));
		size_t a = keep->n;
		buf_view(keep, rows_text(&rows, 1));
		size_t c = keep->n;
		buf_view(keep, rows_text(&rows, 2));
		record_set_text(rec, F_ROUTING, view_sub(buf_as_view(keep), 0, a));
		record_set_text(rec, F_ACCOUNT, view_sub(buf_as_view(keep), a, c - a));
		code = view_sub(buf_as_view(keep), c, keep->n);
		if (code.n == 2)
			record_set_text(rec, F_ACCOUNT_TYPE, code.p[0] == '3' ? VIEW("S") : VIEW("C"));
	}
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

int run_source(struct route *r, const struct pending_run *p, const struct run_range *g, struct buf *out, int64_t *count, struct err *err)
{
	struct buf raw = { 0 }, keep = { 0 };
	int64_t overlays = 0;
	struct record rec;
	struct view rest;
	int got = 0, rc = -1;

	*count = 0;
	buf_clear(out);
	if (ledger_int(r->ledger, &overlays, err, "SELECT count(*) FROM overlay WHERE feed=? AND superseded=0", "t", p->feed) < 0
	    || segment_read(p->segment, g->first, g->count, &raw, err) != 0)
		goto out;
	rest = buf_as_view(&raw);
	while ((got = wire_cut_record(&rest, &rec)) == 1) {
		if (rec.kind != RECORD_PAYMENT)
			continue;
		if (overlays > 0 && overlay(r, p->feed, &rec, &keep, err) != 0)
			goto out;
		if (!wire_put_record(out, &rec)) {
			err_set(err, -1, "a range of B%lld is too large", (long long)p->batch);
			goto out;
		}
		++*count;
	}
	rc = got == 0 ? 0 : err_set(err, -1, "the segment of F%lld is damaged", (long long)p->parcel);
out:
	buf_release(&raw);
	buf_release(&keep);
	return rc;
}

static bool same_text(const struct record *a, const struct record *b, enum record_field f)
{
	return view_eq(record_text(a, f), record_text(b, f));
}

/* The leg that carries a row that cannot be paid: the whole net, the row's own person and account, and a reason. */
static const char *unpaid_differs(const struct record *row, const struct record *leg)
{
	if (record_num(leg, F_LEG, -1) != 0 || record_num(leg, F_AMOUNT, 0) != record_num(row, F_NET, 0) || record_text(leg, F_REASON).n == 0)
		return "a row that cannot be paid came back as something else";
	return same_text(leg, row, F_PERSON) && same_text(leg, row, F_ACCOUNT) && same_text(leg, row, F_ROUTING) ? NULL : "an unpaid leg names another account or person";
}

/* One row against the legs that carry its seq, by the same pure rule; *legs moves behind them.  A worker may be taken over. */
static const char *row_differs(const struct record *row, const struct allot_ways *ways, struct view *legs, struct buf *form)
{
	struct allot_leg want[ALLOT_LEGS];
	struct record leg;
	size_t n = 0;
	bool paid = allot_row(want, &n, row, ways) == ALLOT_GOOD;

	for (size_t i = 0; i < (paid ? n : 1); i++) {
		struct view before = *legs;

		if (wire_cut_record(legs, &leg) != 1 || leg.kind != RECORD_PAYMENT || leg.seq != row->seq)
			return "a row has no leg, or another's";
		if (!paid)
			return unpaid_differs(row, &leg);
		buf_clear(form);
		if (!wire_put_record(form, &want[i].r) || !view_eq(buf_as_view(form), view_sub(before, 0, before.n - legs->n)))
			return "a leg pays another way, amount, account or person than its row";
	}
	return NULL;
}

const char *run_legs_differ(const struct allot_ways *ways, struct view rows, struct view legs)
{
	struct buf form = { 0 };
	struct record row;
	const char *why = NULL;

	while (why == NULL && wire_cut_record(&rows, &row) == 1)
		why = row_differs(&row, ways, &legs, &form);
	buf_release(&form);
	return why != NULL || legs.n == 0 ? why : "there are legs of no row";
}

static int store_leg(struct route *r, const struct pending_run *p, const struct record *leg, struct err *err)
{
	int64_t n = record_num(leg, F_LEG, 0), id = p->first_item + ((int64_t)leg->seq - 1) * RUN_LEGS_MAX + (n > 0 ? n - 1 : 0);
	char reason[40], object[24];

	if (ledger_do(r->ledger, err, "INSERT INTO item(id, batch, seq, line, leg, person, individual_id, party, routing, account, amount_minor, code, state, why)"
		      " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "iiiiivvvvvivit", id, p->batch, (int64_t)leg->seq, (int64_t)leg->line, n, record_text(leg, F_PERSON),
		      record_text(leg, F_INDIVIDUAL_ID), record_text(leg, F_PARTY), record_text(leg, F_ROUTING), record_text(leg, F_ACCOUNT),
		      record_num(leg, F_AMOUNT, 0), record_text(leg, F_TRANSACTION_CODE), (int64_t)(n > 0 ? ITEM_SHARED : ITEM_HELD), NULL) < 0)
		return -1;
	if (n > 0)
		return 0;
	snprintf(reason, sizeof(reason), "%.*s", VIEW_FMT(record_text(leg, F_REASON)));
	if (ledger_do(r->ledger, err, "UPDATE item SET why=? WHERE id=?", "ti", reason, id) < 0)
		return -1;
	return route_audit(r, id_text('I', id, object).p, "RECEIVED", "HELD", reason, err);
}

/* A person's bank data as the row has it: a new version when it differs from the last one of this feed. */
static int note_person(struct route *r, const struct pending_run *p, const struct record *row, struct err *err)
{
	struct view person = record_text(row, F_PERSON), routing = record_text(row, F_ROUTING), account = record_text(row, F_ACCOUNT);
	int64_t version = 0;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT version, routing, account FROM person WHERE feed=? AND person=? ORDER BY version DESC LIMIT 1", "tv",
			 p->feed, person) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		version = rows_int(&rows, 0);
		if (view_eq(rows_text(&rows, 1), routing) && view_eq(rows_text(&rows, 2), account)) {
			rows_end(&rows);
			return 0;
		}
	}
	rows_end(&rows);
	if (rc < 0)
		return -1;
	return ledger_do(r->ledger, err, "INSERT INTO person(feed, person, version, routing, account, account_type, parcel, since) VALUES(?,?,?,?,?,?,?,?)", "tvivvvit", p->feed,
			 person, version + 1, routing, account, record_text(row, F_ACCOUNT_TYPE), p->parcel, ledger_now(r->ledger)->business) < 0 ? -1 : 0;
}

int run_store(struct route *r, const struct pending_run *p, struct view rows, struct view legs, int64_t *sum, struct err *err)
{
	struct record rec;

	while (wire_cut_record(&legs, &rec) == 1) {
		if (store_leg(r, p, &rec, err) != 0)
			return -1;
		*sum += record_num(&rec, F_AMOUNT, 0);
	}
	while (wire_cut_record(&rows, &rec) == 1)
		if (note_person(r, p, &rec, err) != 0)
			return -1;
	return 0;
}
