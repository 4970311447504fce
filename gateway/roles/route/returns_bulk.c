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
#define PAGE 2000
#define BATCHES 64

struct origin { int64_t batch, state, delivered; char account[64]; };	/* what the items of a batch share; delivered DATE_NONE: never */
struct linked { int64_t batch, from, item, minor, settled, row; char account[64]; };

struct bulk {
	int64_t parcel, next;
	char partner[64];
	struct segment *segment;
	struct origin origins[BATCHES];
	size_t n_origins;
	struct linked *links;
	size_t n_links;
	date_t today;
};

void returns_bulk_free(struct route *r)
{
	if (r->bulk == NULL)
		return;
	segment_free(r->bulk->segment);
	free(r->bulk->links);
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
	if (b->links == NULL)
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

/* The one payment it is; 1 *k is filled, 0 nobody's by this key alone, -1. */
static int find(struct route *r, const struct record *rec, struct linked *k, struct err *err)
{
	int64_t trace = number(record_text(rec, F_ORIGINAL_TRACE)), amount = record_num(rec, F_AMOUNT, 0);
	const struct origin *o;
	struct rows rows;
	bool same = false;
	int rc, n = 0;

	if (trace < 0 || ledger_query(&rows, r->ledger, err, "SELECT id, batch, state, amount_minor, routing, account, code, reverses FROM item WHERE trace=? LIMIT 2", "i", trace) != 0)
		return trace < 0 ? 0 : -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct view routing = rows_text(&rows, 4);

		n++;
		*k = (struct linked){ .item = rows_int(&rows, 0), .batch = rows_int(&rows, 1), .from = rows_int(&rows, 2), .minor = rows_int(&rows, 3) };
		same = (amount == k->minor || amount == -k->minor) && routing.n >= 8 && view_eq(view_sub(routing, 0, 8), record_text(rec, F_ORIGINAL_RDFI))
		       && view_eq(rows_text(&rows, 5), record_text(rec, F_ACCOUNT)) && came_back_as(rows_text(&rows, 6), record_text(rec, F_TRANSACTION_CODE)) && rows_null(&rows, 7);
	}
	if (rc < 0 || n != 1 || !same)
		return rc < 0 ? -1 : 0;
	o = origin_of(r, k->batch, err);
	if (o == NULL)
		return -1;
	if (k->from == ITEM_SHARED)
		k->from = o->state;
	snprintf(k->account, sizeof(k->account), "%s", o->account);
	return o->delivered != DATE_NONE && r->bulk->today - o->delivered <= r->config->return_days && state_allowed(THING_ITEM, (int)k->from, ITEM_RETURNED);
}

static int store(struct route *r, const struct record *rec, const struct linked *k, struct err *err)
{
	const struct bulk *b = r->bulk;

	return ledger_do(r->ledger, err, "INSERT INTO ach_return(parcel, seq, line, partner, change, code, original_trace, original_rdfi, trace, account, amount_minor, corrected,"
			 " transaction_code, company_id, settled, state, item, rule, detail) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,nullif(?,0),?,?)", "iiitivvvvvivvviiitt", b->parcel, (int64_t)rec->seq,
			 (int64_t)rec->line, b->partner, (int64_t)(rec->kind == RECORD_CHANGE), record_text(rec, F_REASON), record_text(rec, F_ORIGINAL_TRACE),
			 record_text(rec, F_ORIGINAL_RDFI), record_text(rec, F_TRACE), record_text(rec, F_ACCOUNT), record_num(rec, F_AMOUNT, 0), record_text(rec, F_CORRECTED),
			 record_text(rec, F_TRANSACTION_CODE), record_text(rec, F_COMPANY_ID), record_num(rec, F_EFFECTIVE_DATE, DATE_NONE), (int64_t)(k ? 2 : 1), k ? k->item : (int64_t)0,
			 k ? "RETURN_LINKED" : NULL, k ? "original trace, bank, account, amount and direction are those of one payment" : NULL) < 0 ? -1 : 0;
}

static int take(struct route *r, const struct record *rec, struct err *err)
{
	struct bulk *b = r->bulk;
	struct linked *k = &b->links[b->n_links];
	int64_t settled = record_num(rec, F_EFFECTIVE_DATE, DATE_NONE);
	int rc = rec->kind == RECORD_RETURN ? find(r, rec, k, err) : 0;

	if (rc < 0 || store(r, rec, rc == 1 ? k : NULL, err) != 0)
		return -1;
	if (rc == 0)
		return 0;
	k->settled = settled == DATE_NONE ? b->today : settled;
	k->row = ledger_last_id(r->ledger);
	b->n_links++;
	return ledger_do(r->ledger, err, "UPDATE item SET state=13, why=? WHERE id=?", "vi", record_text(rec, F_REASON), k->item) == 1 ? 0 : -1;
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
		buf_clear(&r->scratch);
		if (segment_read(b->segment, (uint64_t)b->next, PAGE, &r->scratch, err) != 0)
			return -1;
		for (rest = buf_as_view(&r->scratch); wire_cut_record(&rest, &rec) == 1;)
			if ((rec.kind == RECORD_RETURN || rec.kind == RECORD_CHANGE) && take(r, &rec, err) != 0)
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
