/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk - see bulk.h.  The frame around the pages of a large file
 *
 * One large file at a time, the first that came.  A piece is at most four pages: some 50 to 100 ms in which route hears nobody.
 */
#include "gateway/roles/route/bulk.h"
#include "gateway/roles/route/bank.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "channels/digest.h"
#include "gateway/audit.h"
#include "gateway/log.h"
#include "gateway/segment.h"

#define PAGES 4
#define ORIGINS 64
#define STEPS 4096			/* to begin with */

static const struct bulk_room *const rooms[] = { &returns_bulk, &confirmations_bulk };

void bulk_free(struct route *r)
{
	struct bulk *b = r->bulk;

	if (b == NULL)
		return;
	if (b->room != NULL)
		b->kind->free(b->room);
	segment_free(b->segment);
	free(b->origins);
	free(b->steps);
	free(b);
	r->bulk = NULL;
}

static int open_file(struct route *r, int64_t parcel, const struct bulk_room *kind, struct err *err)
{
	struct bulk *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return err_set(err, -1, "no memory for F%lld", (long long)parcel);
	r->bulk = b;
	b->kind = kind;
	b->parcel = parcel;
	b->next = 1;
	b->cap_steps = STEPS;
	b->origins = calloc(ORIGINS, sizeof(*b->origins));
	b->steps = calloc(STEPS, sizeof(*b->steps));
	if (b->origins == NULL || b->steps == NULL)
		return err_set(err, -1, "no memory for F%lld", (long long)parcel);
	if (kind->open(b, err) != 0 || parcel_partner(r, parcel, b->partner, err) != 0 || segment_of(r, parcel, &b->segment, err) != 0)
		return -1;
	if (ledger_int(r->ledger, &b->next, err, "SELECT next FROM bulk WHERE parcel=?", "i", parcel) < 0)
		return -1;
	return ledger_int(r->ledger, &b->done, err, "SELECT done FROM bulk WHERE parcel=?", "i", parcel) < 0 ? -1 : 0;
}

static int read_origin(struct route *r, int64_t batch, struct bulk_origin *o, struct err *err)
{
	char channel[140] = "";
	const struct outbound *out;
	struct rows rows;
	int rc;

	*o = (struct bulk_origin){ .batch = batch, .delivered = DATE_NONE };
	if (ledger_query(&rows, r->ledger, err, "SELECT b.items_state, b.partner, b.kind, b.partner||'/'||b.outbound, (SELECT d.delivered_date FROM delivery d WHERE d.artifact=b.artifact AND d.state=5),"
			 " EXISTS (SELECT 1 FROM batch f WHERE f.parcel=b.parcel AND f.reference=b.reference AND f.kind='funding' AND f.items_state=12) FROM batch b WHERE b.id=?", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		o->state = rows_int(&rows, 0);
		snprintf(o->partner, sizeof(o->partner), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		snprintf(o->kind, sizeof(o->kind), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
		snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 3)));
		o->delivered = rows_null(&rows, 4) ? DATE_NONE : (date_t)rows_int(&rows, 4);
		o->funded = rows_int(&rows, 5) != 0;
	}
	rows_end(&rows);
	out = config_outbound(r->config, view_of(channel), NULL);
	snprintf(o->account, sizeof(o->account), "%s", out != NULL && out->offset_account != NULL ? out->offset_account : "");
	return rc < 0 ? -1 : 0;
}

const struct bulk_origin *bulk_origin(struct route *r, int64_t batch, struct err *err)
{
	struct bulk *b = r->bulk;
	struct bulk_origin *o;

	for (size_t i = 0; i < b->n_origins; i++)
		if (b->origins[i].batch == batch)
			return &b->origins[i];
	o = &b->origins[b->n_origins < ORIGINS ? b->n_origins++ : ORIGINS - 1];
	return read_origin(r, batch, o, err) == 0 ? o : NULL;
}

int bulk_step(struct bulk *b, const struct bulk_step *s, struct err *err)
{
	struct bulk_step *more;

	if (b->n_steps == b->cap_steps) {
		more = realloc(b->steps, 2 * b->cap_steps * sizeof(*more));
		if (more == NULL)
			return err_set(err, -1, "no memory for F%lld", (long long)b->parcel);
		b->steps = more;
		b->cap_steps *= 2;
	}
	b->steps[b->n_steps++] = *s;
	return 0;
}

/* By batch, then in the order in which items go through the states. */
static int by_batch(const void *a, const void *b)
{
	const struct bulk_step *x = a, *y = b;

	if (x->batch != y->batch)
		return x->batch < y->batch ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

/* n steps of one batch from one state to another, ascending. */
static int audit_some(struct route *r, const struct bulk_step *s, size_t n, struct err *err)
{
	struct audit_entry e = { .from = state_name(THING_ITEM, (int)s->from), .to = state_name(THING_ITEM, (int)s->to) };
	char object[40], hex[DIGEST_HEX], detail[160], id[24];
	struct digest *digest = NULL;

	if (ledger_shared_changed(r->ledger, s->batch, err) != 0 || digest_open(&digest, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		digest_update(digest, (struct view){ id, (size_t)snprintf(id, sizeof(id), "%lld\n", (long long)s[i].item) });
		e.count++;
		e.sum_minor += s[i].minor;
	}
	digest_final_hex(digest, hex);
	snprintf(object, sizeof(object), "B%lld.items", (long long)s->batch);
	snprintf(detail, sizeof(detail), "F%lld, ids %s", (long long)r->bulk->parcel, hex);
	e.object = object;
	e.detail = detail;
	return audit_append(r->ledger, &e, err);
}

static int audit_all(struct route *r, struct err *err)
{
	struct bulk *b = r->bulk;

	qsort(b->steps, b->n_steps, sizeof(*b->steps), by_batch);
	for (size_t i = 0, k; i < b->n_steps; i = k) {
		for (k = i + 1; k < b->n_steps && b->steps[i].batch == b->steps[k].batch && b->steps[i].from == b->steps[k].from && b->steps[i].to == b->steps[k].to;)
			k++;
		if (audit_some(r, &b->steps[i], k - i, err) != 0)
			return -1;
	}
	return 0;
}

static int finish(struct route *r, struct err *err)
{
	int64_t parcel = r->bulk->parcel;
	void (*done)(struct route *) = r->bulk->kind->done;

	if (ledger_do(r->ledger, err, "DELETE FROM bulk WHERE parcel=?", "i", parcel) < 0 || ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err) != 0)
		return -1;
	bulk_free(r);
	done(r);
	r->report_wanted = r->dirty = true;
	return 0;
}

/* Large records make a small page. */
int bulk_read(struct route *r, int64_t first, int64_t *n, struct err *err)
{
	for (*n = BULK_PAGE;; *n /= 2) {
		buf_clear(&r->scratch);
		if (segment_read(r->bulk->segment, (uint64_t)first, (uint64_t)*n, &r->scratch, err) == 0)
			break;
		if (err->code != ENOMEM || *n == 1)
			return -1;
	}
	*err = (struct err){ 0 };
	return 0;
}

static int piece(struct route *r, struct err *err)
{
	const struct partner *partner = config_partner(r->config, view_of(r->bulk->partner));
	struct bulk *b = r->bulk;
	int64_t next = b->next, done = b->done;
	char parcel[24], moved[24];
	bool more = true;

	b->n_steps = b->n_origins = b->moved = 0;
	b->today = (date_t)(clock_utc(r) / 86400);
	if (partner != NULL)
		clock_local(partner, clock_utc(r), &b->today, NULL);
	for (int i = 0; more && i < PAGES && b->next <= (int64_t)segment_count(b->segment); i++)
		if (b->kind->page(r, &more, err) != 0)
			return -1;
	if (audit_all(r, err) != 0 || b->kind->piece(r, err) != 0)
		return -1;
	snprintf(moved, sizeof(moved), "%zu", b->moved);
	if (b->moved > 0)
		log_step(LOG_NOTICE, b->kind->said, "parcel", id_text('F', b->parcel, parcel).p, "count", moved, NULL);
	if (b->next > (int64_t)segment_count(b->segment))
		return finish(r, err);
	if (b->next == next && b->done == done)
		return 0;			/* only read */
	return ledger_do(r->ledger, err, "INSERT INTO bulk(parcel, next, done) VALUES(?1,?2,?3) ON CONFLICT(parcel) DO UPDATE SET next=?2, done=?3", "iii", b->parcel, b->next, b->done) < 0 ? -1 : 0;
}

/* The first large file that waits; r->bulk NULL: none. */
static int look(struct route *r, struct err *err)
{
	int64_t parcel = 0, which = 0;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, purpose='confirmation' FROM parcel WHERE state=? AND purpose IN ('return','confirmation') ORDER BY id LIMIT 1", "i",
			 (int64_t)PARCEL_ROUTED) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		parcel = rows_int(&rows, 0);
		which = rows_int(&rows, 1);
	}
	rows_end(&rows);
	return rc != 1 ? rc : open_file(r, parcel, rooms[which], err);
}

int bulk_pump(struct route *r, struct err *err)
{
	if (r->piece_done || (r->bulk == NULL && look(r, err) != 0))
		return r->piece_done ? 0 : -1;
	if (r->bulk == NULL)
		return 0;
	if (r->bulk->kind == &confirmations_bulk && r->confirm_pass == CONFIRM_GOES_ON) {
		r->more = true;
		return 0;
	}
	r->piece_done = r->more = true;
	return piece(r, err);
}
