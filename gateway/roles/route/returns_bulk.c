/* SPDX-License-Identifier: Apache-2.0 */
/*
 * returns_bulk - a return file of thousands: stored and linked in one pass, as many at a time as one transaction should hold
 *
 * A return whose original trace names exactly one payment, of that bank, account, amount and direction, delivered within return_days and
 * still at the bank, is that payment's: by its key alone, so no worker need propose it.  Every other one is stored open and goes the
 * way of a small file.  Item, return and what the bank must show are written together; how far a file is stands in the ledger, so a
 * crash costs the transaction under way.
 *
 * One audit entry for each batch and state of such a transaction (count, sum, hash over the sorted ids), and one expected line for each
 * day that the bank settles: of 5,000 credits no bank books each, and the matcher adds the lines of a file up.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include "gateway/segment.h"

#define LOT_BYTES ((size_t)48 << 20)

size_t returns_lot = 250000;		/* records of a lot, or as many as LOT_BYTES hold */

/* A return that is one payment's. */
struct linked { int64_t batch, from, item, minor, settled, row; bool debits; char account[64]; };

/* A return or change of the page at hand; its texts borrow from the page. */
struct back {
	int64_t seq, line, trace, amount, settled;	/* trace -1: not a number */
	struct view code, original_trace, rdfi, trace_text, account, corrected, transaction_code, company;
	bool change, disputed;
	int hits;					/* items of its trace */
	struct linked to;				/* item 0: nobody's by this key alone */
};

/* A return of the lot: where it stands there. */
struct slip { int64_t trace, seq; size_t at; };

/*
 * The lot, some 250,000 records in the order of their traces: a bank gives returns in an order of its own, and payments that lie anywhere in
 * the ledger would cost a page of it each.  The page, and what the piece has linked so far: what the bank must show is one line for each day
 * that it settles.
 */
struct desk {
	struct buf lot;			/* wire records, of what is needed only */
	struct slip *slips;
	size_t n_slips;
	int64_t read_to;		/* the lot's records come before this one */
	bool sorted;
	struct back backs[BULK_PAGE], *order[BULK_PAGE];
	size_t n_backs, n_links, cap_links;
	struct linked *links;
};

static void release(void *room)
{
	struct desk *d = room;

	free(d->links);
	free(d->slips);
	buf_release(&d->lot);
	free(d);
}

static int set_up(struct bulk *b, struct err *err)
{
	struct desk *d = b->room = calloc(1, sizeof(struct desk));

	if (d != NULL) {
		d->lot.max = LOT_BYTES + WIRE_RECORD_MAX;
		d->slips = calloc(returns_lot, sizeof(*d->slips));
	}
	return d != NULL && d->slips != NULL ? 0 : err_set(err, -1, "no memory for the returns of F%lld", (long long)b->parcel);
}

static int64_t number(struct view digits)
{
	int64_t n = 0;

	if (digits.n == 0 || digits.n > 15)
		return -1;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return -1;
		n = n * 10 + (digits.p[i] - '0');
	}
	return n;
}

/* x2 x3 x4 are returned as x1, x7 x8 x9 as x6, of the same family of accounts. */
static bool came_back_as(struct view sent, struct view code)
{
	return sent.n == 2 && code.n == 2 && sent.p[0] == code.p[0] && ((code.p[1] == '1' && sent.p[1] >= '2' && sent.p[1] <= '4') || (code.p[1] == '6' && sent.p[1] >= '7'));
}

/* The item of this row is what the return names, but for its state and its batch. */
static bool fits(const struct back *k, struct rows *item)
{
	int64_t minor = rows_int(item, 4);
	struct view routing = rows_text(item, 5);

	return !k->change && !k->disputed && (k->amount == minor || k->amount == -minor) && routing.n >= 8 && view_eq(view_sub(routing, 0, 8), k->rdfi)
	       && view_eq(rows_text(item, 6), k->account) && came_back_as(rows_text(item, 7), k->transaction_code) && rows_int(item, 8) == 0;	/* reversals and what they ask back: returns.c */
}

/* From the item that *at names on, in the order of the traces, until they lie far apart: *at is where to seek next. */
static int walk_items(struct route *r, struct back **at, struct back **end, struct back ***next, struct err *err)
{
	struct rows rows;
	int rc, passed = 0;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.trace, i.id, i.batch, i.state, i.amount_minor, i.routing, i.account, i.code, i.reverses IS NOT NULL OR i.person IS NULL OR EXISTS"
			 " (SELECT 1 FROM item x WHERE x.reverses=i.id) FROM item i WHERE i.trace>=? ORDER BY i.trace", "i", (*at)->trace) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t trace = rows_int(&rows, 0);

		while (at < end && (*at)->trace < trace)
			at++;
		if (at == end || ((*at)->trace > trace && ++passed > BULK_SEEK_AGAIN))
			break;
		for (struct back **k = at; k < end && (*k)->trace == trace; k++) {
			passed = 0;
			if ((*k)->hits++ == 0 && fits(*k, &rows))
				(*k)->to = (struct linked){ .item = rows_int(&rows, 1), .batch = rows_int(&rows, 2), .from = rows_int(&rows, 3), .minor = rows_int(&rows, 4),
					.debits = return_debits(rows_text(&rows, 7)) };
		}
	}
	rows_end(&rows);
	*next = rc == 0 ? end : at;
	return rc < 0 ? -1 : 0;
}

/* Its batch was delivered not long ago, and it can still come back. */
static int can_return(struct route *r, struct linked *k, struct err *err)
{
	const struct bulk_origin *o = bulk_origin(r, k->batch, err);

	if (o == NULL)
		return -1;
	if (k->from == ITEM_SHARED)
		k->from = o->state;
	snprintf(k->account, sizeof(k->account), "%s", o->account);
	return o->delivered != DATE_NONE && r->bulk->today - o->delivered <= r->config->return_days && state_allowed(THING_ITEM, (int)k->from, ITEM_RETURNED);
}

static int by_trace(const void *a, const void *b)
{
	const struct back *x = *(struct back *const *)a, *y = *(struct back *const *)b;

	return x->trace != y->trace ? (x->trace > y->trace) - (x->trace < y->trace) : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Which payment each of the page is: one item of its trace, and of several returns that fit it the first. */
static int link_page(struct route *r, struct err *err)
{
	struct desk *d = r->bulk->room;
	struct back **end = d->order + d->n_backs, **next;
	int64_t taken = 0;
	int rc;

	for (size_t i = 0; i < d->n_backs; i++)
		d->order[i] = &d->backs[i];
	qsort(d->order, d->n_backs, sizeof(*d->order), by_trace);
	for (struct back **at = d->order; at < end; at = next) {
		next = at + 1;
		if ((*at)->trace >= 0 && walk_items(r, at, end, &next, err) != 0)
			return -1;
	}
	for (struct back **at = d->order; at < end; at++) {
		struct linked *to = &(*at)->to;

		rc = (*at)->hits == 1 && to->item != 0 && to->item != taken ? can_return(r, to, err) : 0;
		if (rc < 0)
			return -1;
		if (rc == 0)
			to->item = 0;
		else
			taken = to->item;
	}
	return 0;
}

/* The rows of the page, one after the other. */
struct giving { const struct bulk *bulk; const struct back *at, *end; int64_t id; };

static int give_return(void *ctx, struct cell *c, struct err *err)
{
	struct giving *g = ctx;
	const struct back *k = g->at;
	const struct view nothing = { NULL, 0 };
	int n = 0;

	(void)err;
	if (k == g->end)
		return 0;
	g->at++;
	c[n++] = cell_int(g->id++);
	c[n++] = cell_int(k->seq);
	c[n++] = cell_int(k->line);
	c[n++] = cell_int(k->change);
	c[n++] = cell_view(k->code);
	c[n++] = cell_view(k->original_trace);
	c[n++] = cell_view(k->rdfi);
	c[n++] = cell_view(k->trace_text);
	c[n++] = cell_view(k->account);
	c[n++] = cell_int(k->amount);
	c[n++] = cell_view(k->corrected);
	c[n++] = cell_view(k->transaction_code);
	c[n++] = cell_view(k->company);
	c[n++] = cell_int(k->settled);
	c[n++] = cell_int(k->to.item ? 2 : k->disputed ? 3 : 1);
	c[n++] = k->to.item ? cell_int(k->to.item) : cell_view(nothing);
	c[n++] = cell_view(k->to.item ? VIEW("RETURN_LINKED") : nothing);
	c[n++] = cell_view(k->disputed ? VIEW("RETURN_DISPUTED") : nothing);
	c[n] = cell_view(k->disputed ? VIEW(RETURN_DISPUTED_TEXT) : nothing);
	return 1;
}

static int give_linked(void *ctx, struct cell *c, struct err *err)
{
	struct giving *g = ctx;

	(void)err;
	while (g->at < g->end && g->at->to.item == 0)
		g->at++;
	if (g->at == g->end)
		return 0;
	c[0] = cell_int(g->at->to.item);
	c[1] = cell_view(g->at->code);
	g->at++;
	return 1;
}

static int keep_link(struct bulk *b, const struct linked *k, struct err *err)
{
	struct bulk_step step = { k->batch, k->from, ITEM_RETURNED, k->item, k->minor };
	struct desk *d = b->room;

	if (d->n_links == d->cap_links) {
		size_t cap = d->cap_links ? 2 * d->cap_links : BULK_PAGE;
		struct linked *more = realloc(d->links, cap * sizeof(*more));

		if (more == NULL)
			return err_set(err, -1, "no memory for the returns of F%lld", (long long)b->parcel);
		d->links = more;
		d->cap_links = cap;
	}
	d->links[d->n_links++] = *k;
	b->moved++;
	return bulk_step(b, &step, err);
}

/* The page's returns become rows, and the items of those that are linked RETURNED: a statement each. */
static int store_page(struct route *r, struct err *err)
{
	struct bulk *b = r->bulk;
	struct desk *d = b->room;
	struct back *end = d->backs + d->n_backs;
	struct giving all = { .bulk = b, .at = d->backs, .end = end }, linked = all;
	struct given rows = { give_return, &all }, items = { give_linked, &linked };
	size_t before = d->n_links;

	if (ledger_int(r->ledger, &all.id, err, "SELECT ifnull(max(id),0)+1 FROM ach_return", "") != 1)
		return -1;
	for (struct back *k = d->backs; k < end; k++) {
		if (k->to.item == 0)
			continue;
		k->to.row = all.id + (k - d->backs);
		k->to.settled = k->settled == DATE_NONE ? b->today : k->settled;
		if (keep_link(b, &k->to, err) != 0)
			return -1;
	}
	if (ledger_give(r->ledger, err, "INSERT INTO ach_return(id, parcel, seq, line, partner, change, code, original_trace, original_rdfi, trace, account, amount_minor, corrected,"
			" transaction_code, company_id, settled, state, item, rule, reason, detail) SELECT c0, ?1, c1, c2, ?2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18 FROM given", &rows, "it",
			b->parcel, b->partner) != (int)d->n_backs
	    || ledger_give(r->ledger, err, "UPDATE item SET state=13, why=g.c1 FROM given g WHERE item.id=g.c0", &items, "") != (int)(d->n_links - before))
		return err->code != 0 ? -1 : err_set(err, -1, "F%lld: not each of its returns is one row and one item", (long long)b->parcel);
	return 0;
}

static void take(struct desk *d, const struct record *rec)
{
	d->backs[d->n_backs++] = (struct back){ .seq = (int64_t)rec->seq, .line = (int64_t)rec->line, .change = rec->kind == RECORD_CHANGE,
		.disputed = return_disputed(rec), .trace = number(record_text(rec, F_ORIGINAL_TRACE)), .amount = record_num(rec, F_AMOUNT, 0),
		.settled = record_num(rec, F_EFFECTIVE_DATE, DATE_NONE), .code = record_text(rec, F_REASON), .original_trace = record_text(rec, F_ORIGINAL_TRACE),
		.rdfi = record_text(rec, F_ORIGINAL_RDFI), .trace_text = record_text(rec, F_TRACE), .account = record_text(rec, F_ACCOUNT),
		.corrected = record_text(rec, F_CORRECTED), .transaction_code = record_text(rec, F_TRANSACTION_CODE), .company = record_text(rec, F_COMPANY_ID) };
}

static int by_slip(const void *a, const void *b)
{
	const struct slip *x = a, *y = b;

	return x->trace != y->trace ? (x->trace > y->trace) - (x->trace < y->trace) : (x->seq > y->seq) - (x->seq < y->seq);
}

/* What take() asks for; a long text of another field stays where it is. */
static void put_slip(struct desk *d, const struct record *rec)
{
	static const enum record_field fields[] = { F_TYPE, F_REASON, F_ORIGINAL_TRACE, F_ORIGINAL_RDFI, F_TRACE, F_ACCOUNT, F_AMOUNT, F_CORRECTED, F_TRANSACTION_CODE, F_COMPANY_ID,
		F_EFFECTIVE_DATE };
	struct record slim;

	record_init(&slim, rec->kind, rec->line);
	slim.seq = rec->seq;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!record_has(rec, fields[i]))
			continue;
		slim.v[fields[i]] = rec->v[fields[i]];
		slim.present[fields[i] / 64] |= (uint64_t)1 << (fields[i] % 64);
	}
	d->slips[d->n_slips++] = (struct slip){ number(record_text(rec, F_ORIGINAL_TRACE)), (int64_t)rec->seq, d->lot.n };
	wire_put_record(&d->lot, &slim);
}

/*
 * Some more records for the lot.  Where it ends follows from the file alone, so after a crash it is the same.  Reading takes turns as linking
 * does: route hears others between them.
 */
static int gather(struct route *r, struct err *err)
{
	struct desk *d = r->bulk->room;
	struct view records;
	struct record rec;
	int64_t n;

	if (d->read_to < r->bulk->next)
		d->read_to = r->bulk->next;
	if (bulk_read(r, d->read_to, &n, err) != 0)
		return -1;
	for (records = buf_as_view(&r->scratch); d->n_slips < returns_lot && d->lot.n < LOT_BYTES && wire_cut_record(&records, &rec) == 1; d->read_to = (int64_t)rec.seq + 1)
		if (rec.kind == RECORD_RETURN || rec.kind == RECORD_CHANGE)
			put_slip(d, &rec);
	if (d->lot.failed)
		return err_set(err, -1, "no memory for the returns of F%lld", (long long)r->bulk->parcel);
	d->sorted = d->n_slips == returns_lot || d->lot.n >= LOT_BYTES || d->read_to > (int64_t)segment_count(r->bulk->segment);
	if (d->sorted)
		qsort(d->slips, d->n_slips, sizeof(*d->slips), by_slip);
	return 0;
}

static int page(struct route *r, bool *more, struct err *err)
{
	struct bulk *b = r->bulk;
	struct desk *d = b->room;
	struct record rec;

	(void)more;
	if (!d->sorted)
		return gather(r, err);
	for (d->n_backs = 0; d->n_backs < BULK_PAGE && b->done < (int64_t)d->n_slips; b->done++) {
		struct view at = view_sub(buf_as_view(&d->lot), d->slips[b->done].at, d->lot.n);

		if (wire_cut_record(&at, &rec) != 1)
			return err_set(err, -1, "the returns of F%lld cannot be read again", (long long)b->parcel);
		take(d, &rec);
	}
	if (link_page(r, err) != 0 || store_page(r, err) != 0)
		return -1;
	if (b->done < (int64_t)d->n_slips)
		return 0;
	b->next = d->read_to;
	b->done = 0;
	d->n_slips = 0;
	d->sorted = false;
	buf_clear(&d->lot);
	return 0;
}

static int by_day(const void *a, const void *b)
{
	const struct linked *x = a, *y = b;
	int account = strcmp(x->account, y->account);

	if (account != 0)
		return account;
	if (x->settled != y->settled)
		return x->settled < y->settled ? -1 : 1;
	if (x->debits != y->debits)
		return y->debits ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int expect_some(struct route *r, const struct linked *links, size_t n, struct err *err)
{
	int64_t sum = 0;
	char reference[60];

	for (size_t i = 0; i < n; i++)
		sum += links[i].debits ? -links[i].minor : links[i].minor;
	snprintf(reference, sizeof(reference), "F%lld %zu returns from R%lld", (long long)r->bulk->parcel, n, (long long)links->row);
	return ledger_do(r->ledger, err, "INSERT INTO expected(kind, ach_return, partner, account, ccy, amount_minor, effective, description, reference, grp, state, first_seen)"
			 " VALUES('return',?1,?2,?3,'USD',?4,?5,'RETURN',?6,'F'||?7,1,?8)", "ittiitii", links->row, r->bulk->partner, links->account, sum, links->settled, reference,
			 r->bulk->parcel, (int64_t)r->bulk->today) < 0 ? -1 : 0;
}

static int piece(struct route *r, struct err *err)
{
	struct desk *d = r->bulk->room;

	qsort(d->links, d->n_links, sizeof(*d->links), by_day);
	for (size_t i = 0, k; i < d->n_links; i = k) {
		for (k = i + 1; k < d->n_links && d->links[i].settled == d->links[k].settled && d->links[i].debits == d->links[k].debits && strcmp(d->links[i].account, d->links[k].account) == 0;)
			k++;
		if (expect_some(r, &d->links[i], k - i, err) != 0)
			return -1;
	}
	d->n_links = 0;
	return 0;
}

static void done(struct route *r)
{
	bank_from_the_start(r);
	r->link_dirty = true;
}

const struct bulk_room returns_bulk = { "return", "returns.linked", set_up, release, page, piece, done };
