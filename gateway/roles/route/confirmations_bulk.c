/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirmations_bulk - a confirmation file of thousands: the plain words of a page move their items by one statement
 *
 * Plain is: PRINTED or MAILED of a check, CONFIRMED of a rollover, whose number or reference names one live item of this partner that was
 * delivered, with its amount and its person if any is said, and that may go there.  Every other row is stored as in a small file and judged by
 * confirmations.c.  What is said of one item is heard in its order: behind a row that waits to be judged none of the same item is plain, so
 * of a page the first row of an item counts, a page with such rows is the last of its piece, and the next piece begins when all were judged.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/bulk.h"

#include <stdlib.h>

/* A row of the page; its texts borrow from the page. */
struct word {
	int64_t seq, line, serial, new_serial, amount, named;	/* -1: not said; named: the item of its reference, 0: none */
	bool rollover;
	struct view reference, person, verdict, reason;
	int to, ends;					/* the state that it says (ITEM_SHARED: nothing plain), and where its item ends by it */
	/* what is found: items of that key, and the one */
	int hits;
	int64_t key, item, batch, from, minor;
	bool fits, plain;
};

struct desk { struct word words[BULK_PAGE], *order[BULK_PAGE]; size_t n; };

static int set_up(struct bulk *b, struct err *err)
{
	b->room = calloc(1, sizeof(struct desk));
	return b->room != NULL ? 0 : err_set(err, -1, "no memory for the confirmations of F%lld", (long long)b->parcel);
}

static int said(const struct record *rec)
{
	struct view verdict = record_has(rec, F_STATUS) ? record_text(rec, F_STATUS) : VIEW("");

	if (rec->kind == RECORD_ROLLOVER)
		return view_eq(verdict, VIEW("CONFIRMED")) ? ITEM_CONFIRMED : ITEM_SHARED;
	return record_has(rec, F_NEW_CHECK_NUMBER) ? ITEM_SHARED : view_eq(verdict, VIEW("PRINTED")) ? ITEM_PRINTED : view_eq(verdict, VIEW("MAILED")) ? ITEM_MAILED : ITEM_SHARED;
}

static void take(struct desk *d, const struct record *rec)
{
	struct word *w = &d->words[d->n++];
	char letter = '\0';

	*w = (struct word){ .seq = (int64_t)rec->seq, .line = (int64_t)rec->line, .serial = confirmation_number(record_text(rec, F_CHECK_NUMBER)),
		.new_serial = confirmation_number(record_text(rec, F_NEW_CHECK_NUMBER)), .amount = record_num(rec, F_AMOUNT, -1), .rollover = rec->kind == RECORD_ROLLOVER,
		.reference = record_text(rec, F_REFERENCE), .person = record_text(rec, F_PERSON), .verdict = record_has(rec, F_STATUS) ? record_text(rec, F_STATUS) : VIEW(""),
		.reason = record_text(rec, F_REASON), .to = said(rec) };
	if (!id_parse(w->reference, &letter, &w->named) || letter != 'I')
		w->named = 0;
	w->key = !w->rollover && w->serial >= 0 ? w->serial : w->named;
}

static bool by_serial(const struct word *w)
{
	return !w->rollover && w->serial >= 0;
}

static int by_key(const void *a, const void *b)
{
	const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;

	if (by_serial(x) != by_serial(y))
		return by_serial(x) ? -1 : 1;
	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_item(const void *a, const void *b)
{
	const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;

	return x->item != y->item ? (x->item > y->item) - (x->item < y->item) : (x->seq > y->seq) - (x->seq < y->seq);
}

#define FOUND "i.id, i.batch, i.state, i.amount_minor, ifnull(c.state,1), ifnull(i.person,'')"

/* This item is of the word's key at this partner; is it what the word says it is? */
static int meet(struct route *r, struct word *w, struct rows *rows, struct err *err)
{
	const struct bulk_origin *o = bulk_origin(r, rows_int(rows, 2), err);
	struct view person = rows_text(rows, 6);

	if (o == NULL)
		return -1;
	if (strcmp(o->partner, r->bulk->partner) != 0 || strcmp(o->kind, w->rollover ? "rollover" : "check") != 0 || w->hits++ > 0)
		return 0;
	w->item = rows_int(rows, 1);
	w->batch = rows_int(rows, 2);
	w->from = rows_int(rows, 3) == ITEM_SHARED ? o->state : rows_int(rows, 3);
	w->minor = rows_int(rows, 4);
	w->fits = rows_int(rows, 5) == 1 && o->delivered != DATE_NONE && (w->amount < 0 || w->amount == w->minor) && (w->named == 0 || w->named == w->item)
		&& (!w->rollover || w->person.n == 0 || person.n == 0 || view_eq(w->person, person));
	return 0;
}

/* From the item that *at names on, in the order of the keys, until they lie far apart: *next is where to seek again. */
static int walk(struct route *r, struct word **at, struct word **end, struct word ***next, struct err *err)
{
	struct rows rows;
	int rc, passed = 0;

	if ((by_serial(*at)
	     ? ledger_query(&rows, r->ledger, err, "SELECT c.serial, " FOUND " FROM check_serial c CROSS JOIN item i ON i.id=c.item WHERE c.serial>=? ORDER BY c.serial", "i", (*at)->key)
	     : ledger_query(&rows, r->ledger, err, "SELECT i.id, " FOUND " FROM item i LEFT JOIN check_serial c ON c.item=i.id AND c.serial=i.serial WHERE i.id>=? ORDER BY i.id", "i",
			    (*at)->key)) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t key = rows_int(&rows, 0);

		while (at < end && (*at)->key < key)
			at++;
		if (at == end || ((*at)->key > key && ++passed > BULK_SEEK_AGAIN))
			break;
		for (struct word **w = at; w < end && (*w)->key == key; w++) {
			passed = 0;
			if (meet(r, *w, &rows, err) != 0) {
				rows_end(&rows);
				return -1;
			}
		}
	}
	rows_end(&rows);
	*next = rc == 0 ? end : at;
	return rc < 0 ? -1 : 0;
}

static int find_all(struct route *r, struct err *err)
{
	struct desk *d = r->bulk->room;
	struct word **end = d->order + d->n, **part, **next;

	for (size_t i = 0; i < d->n; i++)
		d->order[i] = &d->words[i];
	qsort(d->order, d->n, sizeof(*d->order), by_key);
	for (struct word **at = d->order; at < end; at = next) {
		next = at + 1;
		for (part = next; part < end && by_serial(*part) == by_serial(*at);)
			part++;
		if ((*at)->key > 0 && walk(r, at, part, &next, err) != 0)
			return -1;
	}
	return 0;
}

static bool may_go(const struct word *w)
{
	return w->to == ITEM_MAILED ? w->from == ITEM_DELIVERED || w->from == ITEM_PRINTED : w->to != ITEM_SHARED && w->from == ITEM_DELIVERED;
}

/* The first word of each item in this page is plain, if it is; false: some are not. */
static bool judge_all(struct route *r)
{
	struct desk *d = r->bulk->room;
	int64_t before = 0;
	size_t plain = 0;

	qsort(d->order, d->n, sizeof(*d->order), by_item);
	for (struct word **at = d->order; at < d->order + d->n; at++) {
		struct word *w = *at;

		w->plain = r->confirm_pass == CONFIRM_ALL_SEEN && w->hits == 1 && w->fits && w->item != before && may_go(w);
		before = w->item;
		plain += w->plain;
	}
	return plain == d->n;
}

static int step(struct route *r, const struct word *w, int64_t from, int to, struct err *err)
{
	return bulk_step(r->bulk, &(struct bulk_step){ w->batch, from, to, w->item, w->minor }, err);
}

/* For the audit: by which steps it went.  A rollover whose money is charged already is settled by its confirmation. */
static int note(struct route *r, struct word *w, struct err *err)
{
	const struct bulk_origin *o;

	r->bulk->moved++;
	w->ends = w->to;
	if (w->to == ITEM_MAILED && w->from == ITEM_DELIVERED)
		return step(r, w, ITEM_DELIVERED, ITEM_PRINTED, err) != 0 ? -1 : step(r, w, ITEM_PRINTED, ITEM_MAILED, err);
	if (step(r, w, w->from, w->to, err) != 0)
		return -1;
	if (w->to != ITEM_CONFIRMED)
		return 0;
	o = bulk_origin(r, w->batch, err);
	if (o == NULL || !o->funded)
		return o == NULL ? -1 : 0;
	w->ends = ITEM_SETTLED;
	return step(r, w, ITEM_CONFIRMED, ITEM_SETTLED, err);
}

/* The rows of the page, one after the other. */
struct giving { const struct bulk *bulk; const struct word *at, *end; int64_t id; };

static int give_word(void *ctx, struct cell *c, struct err *err)
{
	struct giving *g = ctx;
	const struct word *w = g->at;
	int n = 0;

	(void)err;
	if (w == g->end)
		return 0;
	g->at++;
	c[n++] = cell_int(g->id++);
	c[n++] = cell_int(w->seq);
	c[n++] = cell_int(w->line);
	c[n++] = cell_int(w->rollover);
	c[n++] = cell_view(w->reference);
	c[n++] = cell_int(w->serial);
	c[n++] = cell_int(w->new_serial);
	c[n++] = cell_view(w->person);
	c[n++] = cell_int(w->amount);
	c[n++] = cell_view(w->verdict);
	c[n++] = cell_view(w->reason);
	c[n++] = cell_int(w->plain ? 2 : 1);
	c[n] = w->plain ? cell_int(w->item) : cell_view((struct view){ NULL, 0 });
	return 1;
}

static int give_plain(void *ctx, struct cell *c, struct err *err)
{
	struct giving *g = ctx;

	(void)err;
	while (g->at < g->end && !g->at->plain)
		g->at++;
	if (g->at == g->end)
		return 0;
	c[0] = cell_int(g->at->item);
	c[1] = cell_int(g->at->ends);
	c[2] = cell_int(g->at->line);
	g->at++;
	return 1;
}

/* The page's words become rows, and the items of the plain ones what they say: a statement each. */
static int store_page(struct route *r, struct err *err)
{
	struct bulk *b = r->bulk;
	struct desk *d = b->room;
	struct word *end = d->words + d->n;
	struct giving all = { .bulk = b, .at = d->words, .end = end }, plain = all;
	struct given rows = { give_word, &all }, items = { give_plain, &plain };
	size_t before = b->moved;

	for (struct word *w = d->words; w < end; w++)
		if (w->plain && note(r, w, err) != 0)
			return -1;
	if (ledger_int(r->ledger, &all.id, err, "SELECT ifnull(max(id),0)+1 FROM confirmation", "") != 1)
		return -1;
	if (ledger_give(r->ledger, err, "INSERT INTO confirmation(id, parcel, seq, line, partner, rollover, reference, serial, new_serial, person, amount_minor, verdict, reason, state, at, item)"
			" SELECT c0, ?1, c1, c2, ?2, c3, c4, c5, c6, c7, c8, c9, c10, c11, ?3, c12 FROM given", &rows, "itt", b->parcel, b->partner, ledger_now(r->ledger)->business) != (int)d->n
	    || ledger_give(r->ledger, err, "UPDATE item SET state=g.c1, why='F'||?1||' line '||g.c2 FROM given g WHERE item.id=g.c0", &items, "i", b->parcel) != (int)(b->moved - before))
		return err->code != 0 ? -1 : err_set(err, -1, "F%lld: not each of its confirmations is one row and one item", (long long)b->parcel);
	return 0;
}

static int page(struct route *r, bool *more, struct err *err)
{
	struct desk *d = r->bulk->room;
	struct view records;
	struct record rec;
	int64_t n;

	d->n = 0;
	if (bulk_read(r, r->bulk->next, &n, err) != 0)
		return -1;
	r->bulk->next += n;
	records = buf_as_view(&r->scratch);
	while (d->n < BULK_PAGE && wire_cut_record(&records, &rec) == 1)
		if (rec.kind == RECORD_CHECK_STATUS || rec.kind == RECORD_ROLLOVER)
			take(d, &rec);
	if (find_all(r, err) != 0)
		return -1;
	*more = judge_all(r);
	r->dirty |= !*more;
	return store_page(r, err);
}

static int piece(struct route *r, struct err *err)
{
	(void)r;
	(void)err;
	return 0;
}

static void done(struct route *r)
{
	(void)r;
}

const struct bulk_room confirmations_bulk = { "confirmation", "confirmations.moved", set_up, free, page, piece, done };
