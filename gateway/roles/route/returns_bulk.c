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
 * day that the bank settles: of 5,000 credits no bank books each, and groups.c adds the lines of a file up.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include <stdlib.h>
#include "channels/digest.h"
#include "formats/core/date.h"
#include "gateway/audit.h"
#include "gateway/log.h"
#include "gateway/segment.h"

#define PIECE 16000			/* records a transaction: some 100 ms */
#define PAGE 4000
#define BATCHES 64
#define SEEK_AGAIN 8			/* items passed over for nothing: then the next one is sought by its trace */

struct origin { int64_t batch, state, delivered; char account[64]; };	/* what the items of a batch share; delivered DATE_NONE: never */
struct linked { int64_t batch, from, item, minor, settled, row; char account[64]; };

/* A return or change of the page at hand; its texts borrow from the page. */
struct back {
	int64_t seq, line, trace, amount, settled;	/* trace -1: not a number */
	struct view code, original_trace, rdfi, trace_text, account, corrected, transaction_code, company;
	bool change, comes_back;
	int hits;					/* items of its trace */
	struct linked to;				/* item 0: nobody's by this key alone */
};

struct bulk {
	int64_t parcel, next;
	char partner[64];
	struct segment *segment;
	struct origin origins[BATCHES];
	size_t n_origins;
	struct linked *links;
	struct back *backs, **order;
	size_t n_links, n_backs;
	date_t today;
};

void returns_bulk_free(struct route *r)
{
	if (r->bulk == NULL)
		return;
	segment_free(r->bulk->segment);
	free(r->bulk->links);
	free(r->bulk->backs);
	free(r->bulk->order);
	free(r->bulk);
	r->bulk = NULL;
}

static int open_file(struct route *r, int64_t parcel, struct err *err)
{
	struct bulk *b = calloc(1, sizeof(*b));
	char path[600];

	if (b == NULL)
		return err_set(err, -1, "no memory for the returns of F%lld", (long long)parcel);
	r->bulk = b;
	b->parcel = parcel;
	b->links = calloc(PIECE, sizeof(*b->links));
	b->backs = calloc(PAGE, sizeof(*b->backs));
	b->order = calloc(PAGE, sizeof(struct back *));
	if (b->links == NULL || b->backs == NULL || b->order == NULL)
		return err_set(err, -1, "no memory for the returns of F%lld", (long long)parcel);
	segment_path(r, parcel, path, sizeof(path));
	if (parcel_partner(r, parcel, b->partner, err) != 0 || segment_open(&b->segment, path, err) != 0)
		return -1;
	b->next = 1;
	return ledger_int(r->ledger, &b->next, err, "SELECT next FROM bulk WHERE parcel=?", "i", parcel) < 0 ? -1 : 0;
}

static int read_origin(struct route *r, int64_t batch, struct origin *o, struct err *err)
{
	char channel[140] = "";
	const struct outbound *out;
	struct rows rows;
	int rc;

	*o = (struct origin){ .batch = batch, .delivered = DATE_NONE };
	if (ledger_query(&rows, r->ledger, err, "SELECT b.items_state, b.partner||'/'||b.outbound, (SELECT d.delivered_date FROM delivery d WHERE d.artifact=b.artifact AND d.state=5)"
			 " FROM batch b WHERE b.id=?", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		o->state = rows_int(&rows, 0);
		snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		o->delivered = rows_null(&rows, 2) ? DATE_NONE : rows_int(&rows, 2);
	}
	rows_end(&rows);
	out = config_outbound(r->config, view_of(channel), NULL);
	snprintf(o->account, sizeof(o->account), "%s", out != NULL && out->offset_account != NULL ? out->offset_account : "");
	return rc < 0 ? -1 : 0;
}

/* The batches of one transaction do not change but by us. */
static const struct origin *origin_of(struct route *r, int64_t batch, struct err *err)
{
	struct bulk *b = r->bulk;
	struct origin *o;

	for (size_t i = 0; i < b->n_origins; i++)
		if (b->origins[i].batch == batch)
			return &b->origins[i];
	o = &b->origins[b->n_origins < BATCHES ? b->n_origins++ : BATCHES - 1];
	return read_origin(r, batch, o, err) == 0 ? o : NULL;
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

	return k->comes_back && (k->amount == minor || k->amount == -minor) && routing.n >= 8 && view_eq(view_sub(routing, 0, 8), k->rdfi)
	       && view_eq(rows_text(item, 6), k->account) && came_back_as(rows_text(item, 7), k->transaction_code) && rows_null(item, 8);
}

/* From the item that *at names on, in the order of the traces, until they lie far apart: *at is where to seek next. */
static int walk_items(struct route *r, struct back **at, struct back **end, struct back ***next, struct err *err)
{
	struct rows rows;
	int rc, passed = 0;

	if (ledger_query(&rows, r->ledger, err, "SELECT trace, id, batch, state, amount_minor, routing, account, code, reverses FROM item WHERE trace>=? ORDER BY trace", "i", (*at)->trace) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t trace = rows_int(&rows, 0);

		while (at < end && (*at)->trace < trace)
			at++;
		if (at == end || ((*at)->trace > trace && ++passed > SEEK_AGAIN))
			break;
		for (struct back **k = at; k < end && (*k)->trace == trace; k++) {
			passed = 0;
			if ((*k)->hits++ == 0 && fits(*k, &rows))
				(*k)->to = (struct linked){ .item = rows_int(&rows, 1), .batch = rows_int(&rows, 2), .from = rows_int(&rows, 3), .minor = rows_int(&rows, 4) };
		}
	}
	rows_end(&rows);
	*next = rc == 0 ? end : at;
	return rc < 0 ? -1 : 0;
}

/* Its batch was delivered not long ago, and it can still come back. */
static int can_return(struct route *r, struct linked *k, struct err *err)
{
	const struct origin *o = origin_of(r, k->batch, err);

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
	struct bulk *b = r->bulk;
	struct back **end = b->order + b->n_backs, **next;
	int64_t taken = 0;
	int rc;

	for (size_t i = 0; i < b->n_backs; i++)
		b->order[i] = &b->backs[i];
	qsort(b->order, b->n_backs, sizeof(*b->order), by_trace);
	for (struct back **at = b->order; at < end; at = next) {
		next = at + 1;
		if ((*at)->trace >= 0 && walk_items(r, at, end, &next, err) != 0)
			return -1;
	}
	for (struct back **at = b->order; at < end; at++) {
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

static int store(struct route *r, const struct back *k, struct err *err)
{
	const struct bulk *b = r->bulk;

	return ledger_do(r->ledger, err, "INSERT INTO ach_return(parcel, seq, line, partner, change, code, original_trace, original_rdfi, trace, account, amount_minor, corrected,"
			 " transaction_code, company_id, settled, state, item, rule) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,nullif(?,0),?)", "iiitivvvvvivvviiit", b->parcel, k->seq, k->line,
			 b->partner, (int64_t)k->change, k->code, k->original_trace, k->rdfi, k->trace_text, k->account, k->amount, k->corrected, k->transaction_code, k->company, k->settled,
			 (int64_t)(k->to.item ? 2 : 1), k->to.item, k->to.item ? "RETURN_LINKED" : NULL) < 0 ? -1 : 0;
}

/* The page's returns become rows, and the items of those that are linked RETURNED by one statement. */
static int store_page(struct route *r, struct err *err)
{
	struct bulk *b = r->bulk;
	size_t before = b->n_links;
	int64_t first = 0, last = 0;

	for (struct back *k = b->backs; k < b->backs + b->n_backs; k++) {
		if (store(r, k, err) != 0)
			return -1;
		last = ledger_last_id(r->ledger);
		if (k == b->backs)
			first = last;
		if (k->to.item == 0)
			continue;
		k->to.row = last;
		k->to.settled = k->settled == DATE_NONE ? b->today : k->settled;
		b->links[b->n_links++] = k->to;
	}
	if (b->n_links == before)
		return 0;
	if (ledger_do(r->ledger, err, "UPDATE item SET state=13, why=x.code FROM ach_return x WHERE x.id BETWEEN ?1 AND ?2 AND +x.state=2 AND item.id=x.item", "ii", first, last)
	    == (int)(b->n_links - before))
		return 0;
	return err->code != 0 ? -1 : err_set(err, -1, "F%lld: not each of its returns is one item's", (long long)b->parcel);
}

static void take(struct bulk *b, const struct record *rec)
{
	b->backs[b->n_backs++] = (struct back){ .seq = (int64_t)rec->seq, .line = (int64_t)rec->line, .change = rec->kind == RECORD_CHANGE,
		.comes_back = rec->kind == RECORD_RETURN && (!record_has(rec, F_TYPE) || view_eq(record_text(rec, F_TYPE), VIEW("return"))), .trace = number(record_text(rec, F_ORIGINAL_TRACE)), .amount = record_num(rec, F_AMOUNT, 0),
		.settled = record_num(rec, F_EFFECTIVE_DATE, DATE_NONE), .code = record_text(rec, F_REASON), .original_trace = record_text(rec, F_ORIGINAL_TRACE),
		.rdfi = record_text(rec, F_ORIGINAL_RDFI), .trace_text = record_text(rec, F_TRACE), .account = record_text(rec, F_ACCOUNT),
		.corrected = record_text(rec, F_CORRECTED), .transaction_code = record_text(rec, F_TRANSACTION_CODE), .company = record_text(rec, F_COMPANY_ID) };
}

static int by_batch(const void *a, const void *b)
{
	const struct linked *x = a, *y = b;

	if (x->batch != y->batch)
		return x->batch < y->batch ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

static int by_day(const void *a, const void *b)
{
	const struct linked *x = a, *y = b;
	int account = strcmp(x->account, y->account);

	if (account != 0)
		return account;
	if (x->settled != y->settled)
		return x->settled < y->settled ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* links[from..to) are of one batch and state, ascending. */
static int audit_some(struct route *r, const struct linked *links, size_t n, struct err *err)
{
	struct audit_entry e = { .from = state_name(THING_ITEM, (int)links->from), .to = state_name(THING_ITEM, ITEM_RETURNED) };
	char object[40], hex[DIGEST_HEX], detail[160], id[24];
	struct digest *digest = NULL;

	if (ledger_shared_changed(r->ledger, links->batch, err) != 0 || digest_open(&digest, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		digest_update(digest, (struct view){ id, (size_t)snprintf(id, sizeof(id), "%lld\n", (long long)links[i].item) });
		e.count++;
		e.sum_minor += links[i].minor;
	}
	digest_final_hex(digest, hex);
	snprintf(object, sizeof(object), "B%lld.items", (long long)links->batch);
	snprintf(detail, sizeof(detail), "F%lld, ids %s", (long long)r->bulk->parcel, hex);
	e.object = object;
	e.detail = detail;
	return audit_append(r->ledger, &e, err);
}

static int expect_some(struct route *r, const struct linked *links, size_t n, struct err *err)
{
	int64_t sum = 0;
	char reference[60];

	for (size_t i = 0; i < n; i++)
		sum += links[i].minor;
	snprintf(reference, sizeof(reference), "F%lld %zu returns from R%lld", (long long)r->bulk->parcel, n, (long long)links->row);
	return ledger_do(r->ledger, err, "INSERT INTO expected(kind, ach_return, partner, account, ccy, amount_minor, effective, description, reference, grp, state, first_seen)"
			 " VALUES('return',?1,?2,?3,'USD',?4,?5,'RETURN',?6,'F'||?7,1,?8)", "ittiitii", links->row, r->bulk->partner, links->account, sum, links->settled, reference,
			 r->bulk->parcel, (int64_t)r->bulk->today) < 0 ? -1 : 0;
}

static int each_run(struct route *r, int (*order)(const void *, const void *), bool (*same)(const struct linked *, const struct linked *),
		    int (*act)(struct route *, const struct linked *, size_t, struct err *), struct err *err)
{
	struct bulk *b = r->bulk;

	qsort(b->links, b->n_links, sizeof(*b->links), order);
	for (size_t i = 0, k; i < b->n_links; i = k) {
		for (k = i + 1; k < b->n_links && same(&b->links[i], &b->links[k]);)
			k++;
		if (act(r, &b->links[i], k - i, err) != 0)
			return -1;
	}
	return 0;
}

static bool same_batch(const struct linked *a, const struct linked *b)
{
	return a->batch == b->batch && a->from == b->from;
}

static bool same_day(const struct linked *a, const struct linked *b)
{
	return a->settled == b->settled && strcmp(a->account, b->account) == 0;
}

static int finish(struct route *r, struct err *err)
{
	int64_t parcel = r->bulk->parcel;

	if (ledger_do(r->ledger, err, "DELETE FROM bulk WHERE parcel=?", "i", parcel) < 0 || ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err) != 0)
		return -1;
	returns_bulk_free(r);
	bank_from_the_start(r);
	r->link_dirty = r->report_wanted = r->dirty = true;
	return 0;
}

static int piece(struct route *r, struct err *err)
{
	const struct partner *partner = config_partner(r->config, view_of(r->bulk->partner));
	struct bulk *b = r->bulk;
	char parcel[24], linked[24];
	struct record rec;
	struct view rest;

	b->n_links = b->n_origins = 0;
	b->today = (date_t)(clock_utc(r) / 86400);
	if (partner != NULL)
		clock_local(partner, clock_utc(r), &b->today, NULL);
	for (int64_t end = b->next + PIECE; b->next < end; b->next += PAGE) {
		b->n_backs = 0;
		buf_clear(&r->scratch);
		if (segment_read(b->segment, (uint64_t)b->next, PAGE, &r->scratch, err) != 0)
			return -1;
		for (rest = buf_as_view(&r->scratch); wire_cut_record(&rest, &rec) == 1;)
			if (rec.kind == RECORD_RETURN || rec.kind == RECORD_CHANGE)
				take(b, &rec);
		if (link_page(r, err) != 0 || store_page(r, err) != 0)
			return -1;
	}
	if (each_run(r, by_batch, same_batch, audit_some, err) != 0 || each_run(r, by_day, same_day, expect_some, err) != 0)
		return -1;
	snprintf(linked, sizeof(linked), "%zu", b->n_links);
	log_step(LOG_NOTICE, "returns.linked", "parcel", id_text('F', b->parcel, parcel).p, "count", linked, NULL);
	if (b->next > (int64_t)segment_count(b->segment))
		return finish(r, err);
	return ledger_do(r->ledger, err, "INSERT INTO bulk(parcel, next) VALUES(?1,?2) ON CONFLICT(parcel) DO UPDATE SET next=?2", "ii", b->parcel, b->next) < 0 ? -1 : 0;
}

int returns_bulk_pump(struct route *r, struct err *err)
{
	int64_t parcel = 0;
	int found;

	if (r->piece_done)
		return 0;			/* one a transaction */
	if (r->bulk == NULL) {
		found = ledger_int(r->ledger, &parcel, err, "SELECT id FROM parcel WHERE state=? AND purpose='return' ORDER BY id LIMIT 1", "i", (int64_t)PARCEL_ROUTED);
		if (found <= 0)
			return found;
		if (open_file(r, parcel, err) != 0)
			return -1;
	}
	r->piece_done = r->more = true;
	return piece(r, err);
}
