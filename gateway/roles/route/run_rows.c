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
#include <stdlib.h>
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

void run_marks_release(struct run_marks *m)
{
	free(m->marks);
	buf_release(&m->strangers);
	*m = (struct run_marks){ .marks = NULL };
}

/* One for each PAYMENT record, in their order. */
static int make_marks(struct run_marks *m, struct view rows, struct err *err)
{
	struct view rest = rows;
	struct record rec;
	size_t n = 0;

	while (wire_cut_record(&rest, &rec) == 1)
		n += rec.kind == RECORD_PAYMENT;
	m->marks = calloc(n > 0 ? n : 1, sizeof(*m->marks));
	if (m->marks == NULL)
		return err_set(err, -1, "no memory for the persons of a range");
	while (wire_cut_record(&rows, &rec) == 1)
		if (rec.kind == RECORD_PAYMENT)
			m->marks[m->n++].seq = rec.seq;
	return 0;
}

/* The item of a row whose payee nobody knows: the whole net, held, as allotment does it with a row that cannot be paid. */
static bool put_stranger(struct run_marks *m, const struct record *row, const char *why)
{
	struct record leg = *row;

	record_set_num(&leg, F_AMOUNT, record_num(row, F_NET, 0));
	record_set_num(&leg, F_LEG, 0);
	record_set_text(&leg, F_REASON, view_of(why));
	return wire_put_record(&m->strangers, &leg);
}

/* Whose row it is.  1: it can be allotted; 0: nobody's, and that is noted; -1.  Judged before any overlay: that is the bank's word. */
static int person_of_row(struct route *r, const struct pending_run *p, struct record *rec, struct buf *keep, struct run_marks *marks, size_t row, struct err *err)
{
	struct persons_mark none = { .seq = rec->seq }, *m = marks != NULL ? &marks->marks[row] : &none;
	int rc = 1;

	if (p->people.joined)
		rc = persons_join(r, &p->people, rec, keep, m, err);
	if (rc == 0 && marks != NULL && !put_stranger(marks, rec, m->why))
		return err_set(err, -1, "a range of B%lld is too large", (long long)p->batch);
	if (rc != 1 || marks == NULL)
		return rc;
	if (!p->people.joined && !m->noted && persons_note(r, &p->people, rec, m, err) != 0)
		return -1;
	return persons_judge(r, &p->people, m, err) == 0 ? 1 : -1;
}

int run_source(struct route *r, struct pending_run *p, const struct run_range *g, struct buf *out, int64_t *count, struct run_marks *marks, struct err *err)
{
	struct buf raw = { 0 }, keep = { 0 }, version = { 0 };
	int64_t overlays = 0;
	struct record rec;
	struct view rest, before;
	int got = 0, rc = -1, payable;
	size_t row = 0;
	bool as_it_is;

	*count = 0;
	buf_clear(out);
	if (ledger_int(r->ledger, &overlays, err, "SELECT count(*) FROM overlay WHERE feed=? AND superseded=0", "t", p->feed) < 0
	    || segment_read(p->segment, g->first, g->count, &raw, err) != 0)
		goto out;
	as_it_is = !p->people.joined && overlays == 0;
	rest = buf_as_view(&raw);
	if (marks != NULL && (make_marks(marks, rest, err) != 0 || (!p->people.joined && persons_note_rows(r, &p->people, rest, marks->marks, marks->n, err) != 0)))
		goto out;
	while (before = rest, (got = wire_cut_record(&rest, &rec)) == 1) {
		if (rec.kind != RECORD_PAYMENT)
			continue;
		payable = person_of_row(r, p, &rec, &version, marks, row++, err);
		if (payable < 0 || (payable == 1 && overlays > 0 && overlay(r, p->feed, &rec, &keep, err) != 0))
			goto out;
		if (payable == 0)
			continue;
		if (as_it_is)
			buf_view(out, view_sub(before, 0, before.n - rest.n));
		if (as_it_is ? out->failed : !wire_put_record(out, &rec)) {
			err_set(err, -1, "a range of B%lld is too large", (long long)p->batch);
			goto out;
		}
		++*count;
	}
	rc = got == 0 ? 0 : err_set(err, -1, "the segment of F%lld is damaged", (long long)p->parcel);
out:
	buf_release(&raw);
	buf_release(&keep);
	buf_release(&version);
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

/* Why a leg is held: it cannot be paid at all (leg 0), or one of its row goes to an account that somebody must look at first. */
static const char *leg_waits(const struct record *leg, const struct persons_mark *m, bool to_account, char reason[40])
{
	reason[0] = '\0';
	if (record_num(leg, F_LEG, 0) == 0)
		snprintf(reason, 40, "%.*s", VIEW_FMT(record_text(leg, F_REASON)));
	else if (m != NULL && to_account)
		snprintf(reason, 40, "%s", m->why);
	return reason[0] != '\0' ? reason : NULL;
}

/* "check", "rollover", or NULL: ACH.  Such a leg is kept whole. */
static const char *method_of(const struct record *leg, struct buf *form)
{
	struct view method = record_text(leg, F_METHOD);

	if (record_num(leg, F_LEG, 0) == 0 || (!view_eq(method, VIEW("CHECK")) && !view_eq(method, VIEW("ROLLOVER"))))
		return NULL;
	wire_put_record(form, leg);
	return view_eq(method, VIEW("CHECK")) ? "check" : "rollover";
}

static const struct persons_mark *mark_of(const struct run_marks *marks, size_t *at, uint64_t seq)
{
	while (*at < marks->n && marks->marks[*at].seq < seq)
		++*at;
	return *at < marks->n && marks->marks[*at].seq == seq ? &marks->marks[*at] : NULL;
}

/* Does any leg of the row at the front of *legs go to an account?  A row is paid whole or waits whole. */
static bool goes_to_account(struct view legs, uint64_t seq)
{
	struct record leg;

	while (wire_cut_record(&legs, &leg) == 1 && leg.seq == seq)
		if (record_text(&leg, F_ACCOUNT).n > 0)
			return true;
	return false;
}

/* The legs of a range, one after the other: which item each is, and why it waits. */
struct legs {
	const struct pending_run *p;
	const struct run_marks *marks;
	struct view rest;
	struct record leg;
	const struct persons_mark *mark;
	size_t at;
	uint64_t seq;
	bool to_account;
	int64_t n, id, count, sum, held;
	const char *why;
	char reason[40];
	struct buf form;
};

static bool next_leg(struct legs *l)
{
	struct view before = l->rest;

	if (wire_cut_record(&l->rest, &l->leg) != 1)
		return false;
	if (l->leg.seq != l->seq)
		l->to_account = record_text(&l->leg, F_ACCOUNT).n > 0 || goes_to_account(before, l->leg.seq);
	l->seq = l->leg.seq;
	l->n = record_num(&l->leg, F_LEG, 0);
	l->id = l->p->first_item + ((int64_t)l->seq - 1) * RUN_LEGS_MAX + (l->n > 0 ? l->n - 1 : 0);
	l->mark = mark_of(l->marks, &l->at, l->seq);
	l->why = leg_waits(&l->leg, l->mark, l->to_account, l->reason);
	return true;
}

/* A leg that is paid, but not by ACH, says for which reason. */
static struct view words_of(const struct legs *l)
{
	struct view reason = record_text(&l->leg, F_REASON);

	return l->why != NULL ? view_of(l->why) : reason.n > 0 ? view_sub(reason, 0, sizeof(l->reason) - 1) : (struct view){ NULL, 0 };
}

static int give_leg(void *ctx, struct cell *c, struct err *err)
{
	static const struct view nothing = { NULL, 0 };
	struct legs *l = ctx;
	const struct record *leg = &l->leg;
	const char *method;
	size_t n = 0;

	if (!next_leg(l))
		return 0;
	buf_clear(&l->form);
	method = method_of(leg, &l->form);
	if (l->form.failed)
		return err_set(err, -1, "a leg of B%lld is too large", (long long)l->p->batch);
	c[n++] = cell_int(l->id);
	c[n++] = cell_int(l->p->batch);
	c[n++] = cell_int((int64_t)leg->seq);
	c[n++] = cell_int((int64_t)leg->line);
	c[n++] = cell_int(l->n);
	c[n++] = cell_view(record_text(leg, F_PERSON));
	c[n++] = cell_view(record_text(leg, F_INDIVIDUAL_ID));
	c[n++] = cell_view(record_text(leg, record_has(leg, F_PAYEE) && !record_has(leg, F_PARTY) ? F_PAYEE : F_PARTY));
	c[n++] = cell_view(record_text(leg, F_ROUTING));
	c[n++] = cell_view(record_text(leg, F_ACCOUNT));
	c[n++] = cell_int(record_num(leg, F_AMOUNT, 0));
	c[n++] = cell_view(record_text(leg, F_TRANSACTION_CODE));
	c[n++] = cell_int(l->why == NULL ? ITEM_SHARED : ITEM_HELD);
	c[n++] = cell_view(words_of(l));
	c[n++] = l->mark != NULL && l->mark->version != 0 ? cell_int(l->mark->version) : cell_view(nothing);
	c[n++] = cell_view(l->why != NULL && l->mark != NULL && l->mark->detail[0] != '\0' ? view_of(l->mark->detail) : nothing);
	c[n++] = cell_view(method != NULL ? view_of(method) : nothing);
	c[n] = cell_view(method != NULL ? buf_as_view(&l->form) : nothing);
	c[n++].type = 'b';
	c[n] = l->p->room != 0 && method == NULL && l->why == NULL ? cell_int(l->p->room) : cell_view(nothing);
	l->count++;
	l->sum += record_num(leg, F_AMOUNT, 0);
	l->held += l->why != NULL;
	return 1;
}

static int store_legs(struct route *r, const struct pending_run *p, const struct run_marks *marks, struct view legs, int64_t *count, int64_t *sum, struct err *err)
{
	struct legs all = { .p = p, .marks = marks, .rest = legs }, again = all;
	struct given given = { give_leg, &all };
	int rc = ledger_give(r->ledger, err, "INSERT INTO item(id, batch, seq, line, leg, person, individual_id, party, routing, account, amount_minor, code, state, why,"
			     " person_version, detail, method, record, room) SELECT c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15,c16,c17,c18 FROM given", &given, "");
	char object[24];

	buf_release(&all.form);
	*count += all.count;
	*sum += all.sum;
	while (rc >= 0 && all.held > 0 && next_leg(&again))
		if (again.why != NULL && route_audit(r, id_text('I', again.id, object).p, "RECEIVED", "HELD", again.why, err) != 0)
			rc = -1;
	return rc < 0 ? -1 : 0;
}

int run_store(struct route *r, const struct pending_run *p, const struct run_marks *marks, struct view legs, int64_t *count, int64_t *sum, struct err *err)
{
	*count = *sum = 0;
	return store_legs(r, p, marks, legs, count, sum, err) == 0 && store_legs(r, p, marks, buf_as_view(&marks->strangers), count, sum, err) == 0 ? 0 : -1;
}
