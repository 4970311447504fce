/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - a payroll file becomes a batch of items: allotted by workers, added up here, proposed, approved
 *
 * The segment is fed to the distribute pool in ranges; a range's legs are taken only if, row by row, they add up to the row's net and
 * pay to the row's own account (a worker that is taken over cannot redirect money).  Each range is one transaction, so a
 * crash loses no more than the ranges in flight; item ids follow from the row's place in the file, whatever order they come in.
 * A range whose worker died or overran twice holds the batch (WORKER_DIED).
 *
 * Approval is of the batch's totals, before rendering: PROPOSED waits until as many distinct persons as the rules ask have signed
 * these very totals; then the cut-off is checked, and APPROVED or HELD(MISSED_CUTOFF) it is.
 */
#include "gateway/roles/route/run.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/allot_ways.h"
#include "gateway/feed.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/roles/route/artifact.h"

#define RANGE_BYTES ((size_t)128 << 10)
#define WORKER_OVERRUN_MS 30000

void run_free(struct route *r)
{
	while (r->runs != NULL) {
		struct pending_run *p = r->runs;

		r->runs = p->next;
		segment_free(p->segment);
		free(p->ranges);
		free(p);
	}
	if (r->feed != NULL)
		feed_release(r->feed);
	free(r->feed);
	r->feed = NULL;
}

static int feed_ready(struct route *r, struct err *err)
{
	if (r->feed != NULL)
		return 0;
	r->feed = calloc(1, sizeof(*r->feed));
	if (r->feed == NULL)
		return err_set(err, -1, "no memory for the worker pool");
	feed_init(r->feed, 5000, WORKER_OVERRUN_MS);
	return 0;
}

int run_hello(struct route *r, const struct peer *p, struct err *err)
{
	if (feed_ready(r, err) != 0)
		return -1;
	if (!feed_hello(r->feed, p->name, p->epoch, (uint64_t)p->credit, route_ms(r)))
		log_step(LOG_WARNING, "worker.refused", "peer", p->name, "why", "its name or its credit is out of bounds", NULL);
	r->dirty = true;
	return 0;
}

/* The batch row of a payroll parcel: one run, one batch. */
int run_open(struct route *r, int64_t parcel, struct err *err)
{
	char channel[200], maker[300], sha[DIGEST_HEX], object[24], run[64] = "";
	const struct partner *feed, *bank;
	const struct inbound *in;
	const struct outbound *to;
	struct segment *s = NULL;
	struct record rec;
	struct rows rows;
	int64_t pay_date = DATE_NONE, first_item, records;
	int rc = -1;

	if (ledger_query(&rows, r->ledger, err, "SELECT channel, sha256, toucher FROM parcel WHERE id=?", "i", parcel) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	snprintf(sha, sizeof(sha), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
	snprintf(maker, sizeof(maker), "%s%s%.*s", channel, rows_null(&rows, 2) ? "" : ",", VIEW_FMT(rows_text(&rows, 2)));
	rows_end(&rows);
	in = config_inbound(r->config, view_of(channel), &feed);
	to = in ? config_outbound(r->config, view_of(in->pay_by), &bank) : NULL;
	if (to == NULL)
		return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_HELD, "NO_ROUTE", err);
	if (segment_of(r, parcel, &s, err) != 0)
		return -1;
	records = (int64_t)segment_count(s);
	buf_clear(&r->scratch);
	if (segment_read(s, 1, 1, &r->scratch, err) != 0)
		goto out;
	struct view bytes = buf_as_view(&r->scratch);
	if (wire_cut_record(&bytes, &rec) == 1) {
		pay_date = record_num(&rec, F_PAY_DATE, DATE_NONE);
		snprintf(run, sizeof(run), "%.*s", VIEW_FMT(record_text(&rec, F_RUN)));
	}
	if (counter_take(r, "item", 1, records * RUN_LEGS_MAX, &first_item, err) != 0
	    || ledger_do(r->ledger, err, "UPDATE parcel SET person_mark=(SELECT ifnull(max(id),0) FROM person) WHERE id=?", "i", parcel) < 0
	    || ledger_do(r->ledger, err, "INSERT INTO batch(parcel, partner, outbound, format, ccy, effective, pay_date, run, source_sha256, state, items_state, maker,"
			 " first_item, changed_at) VALUES(?,?,?,?,'USD',?,?,?,?,?,?,?,?,?)", "itttiittiitit", parcel, bank->name, to->name, to->format, pay_date, pay_date,
			 run, sha, (int64_t)BATCH_OPEN, (int64_t)ITEM_BATCHED, maker, first_item, ledger_now(r->ledger)->utc) < 0)
		goto out;
	id_text('B', ledger_last_id(r->ledger), object);
	rc = route_audit(r, object, "", "OPEN", NULL, err);
out:
	segment_free(s);
	return rc;
}

/* Allotment */

static struct pending_run *pending(struct route *r, int64_t batch)
{
	struct pending_run *p = r->runs;

	while (p != NULL && p->batch != batch)
		p = p->next;
	return p;
}

static int add_ranges(struct route *r, struct pending_run *p, struct err *err)
{
	uint64_t records = segment_count(p->segment), bytes = segment_bytes(p->segment);
	uint64_t step = bytes > 0 ? records * RANGE_BYTES / bytes : 1;
	int64_t have;

	step = step == 0 ? 1 : step;
	p->ranges = calloc(records / step + 1, sizeof(*p->ranges));
	if (p->ranges == NULL)
		return err_set(err, -1, "no memory for the ranges of B%lld", (long long)p->batch);
	for (uint64_t first = 1; first <= records; first += step) {
		struct run_range g = { .first = first, .count = first + step - 1 > records ? records - first + 1 : step };
		int found = ledger_int(r->ledger, &have, err, "SELECT 1 FROM allotted WHERE batch=? AND first=?", "ii", p->batch, (int64_t)first);

		if (found < 0)
			return -1;
		if (found == 1)
			continue;
		g.job = r->boot << 24 | ++r->last_job;
		p->ranges[p->n_ranges++] = g;
		p->left++;
		if (!feed_add(r->feed, g.job, g.first, g.count, 2 * RANGE_BYTES))
			return err_set(err, -1, "no room for the ranges of B%lld", (long long)p->batch);
	}
	return 0;
}

int run_pending(struct route *r, struct pending_run *p, int64_t batch, struct err *err)
{
	const struct outbound *out;
	int64_t mark, pay_date;
	struct rows rows;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.parcel, b.first_item, f.channel, f.person_mark, b.pay_date, b.partner||'/'||b.outbound FROM batch b JOIN parcel f ON f.id=b.parcel WHERE b.id=?", "i",
			 batch) != 0 || rows_next(&rows) != 1)
		return -1;
	p->batch = rows_int(&rows, 0);
	p->parcel = rows_int(&rows, 1);
	p->first_item = rows_int(&rows, 2);
	snprintf(p->feed, sizeof(p->feed), "%.*s", VIEW_FMT(rows_text(&rows, 3)));
	mark = rows_int(&rows, 4);
	pay_date = rows_int(&rows, 5);
	out = config_outbound(r->config, rows_text(&rows, 6), NULL);
	p->room = out != NULL && config_way(r->config, out) == WAY_ACH ? numbers_trace_base(out) : 0;
	rows_end(&rows);
	allot_ways_of(&p->ways, r->config, view_of(p->feed));
	return persons_of_run(r, &p->people, p->parcel, p->feed, mark, pay_date, err) != 0 || segment_of(r, p->parcel, &p->segment, err) != 0 ? -1 : 0;
}

static int begin_allotment(struct route *r, int64_t batch, struct err *err)
{
	struct pending_run *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(err, -1, "no memory to allot a run");
	p->next = r->runs;
	r->runs = p;
	return run_pending(r, p, batch, err) == 0 ? add_ranges(r, p, err) : -1;
}

static struct run_range *range_of(struct route *r, int64_t job, struct pending_run **out)
{
	for (struct pending_run *p = r->runs; p != NULL; p = p->next)
		for (size_t i = 0; i < p->n_ranges; i++)
			if (p->ranges[i].job == job && !p->ranges[i].done) {
				*out = p;
				return &p->ranges[i];
			}
	return NULL;
}

static int send_range(struct route *r, struct pending_run *p, const struct run_range *g, const char *peer, struct err *err)
{
	struct buf m = { 0 };
	int64_t count;
	int rc = run_source(r, p, g, &r->scratch, &count, NULL, err);

	if (rc == 0) {
		wire_begin(&m, M_ALLOT);
		wire_num(&m, T_JOB, g->job);
		wire_num(&m, T_PARCEL, p->parcel);
		wire_num(&m, T_FIRST, (int64_t)g->first);
		wire_num(&m, T_COUNT, count);
		wire_view(&m, T_BYTES, buf_as_view(&r->scratch));
		allot_ways_put(&m, &p->ways);
		route_send(r, PAIR_DISTRIBUTE, peer, &m);
	}
	buf_release(&m);
	return rc;
}

static void forget_run(struct route *r, struct pending_run *p)
{
	struct pending_run **at = &r->runs;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	for (size_t i = 0; i < p->n_ranges; i++)
		feed_cancel(r->feed, p->ranges[i].job);
	segment_free(p->segment);
	free(p->ranges);
	free(p);
}

static int hold_batch(struct route *r, int64_t batch, const char *why, struct err *err)
{
	char object[24];

	log_step(LOG_WARNING, "batch.held", "batch", id_text('B', batch, object).p, "why", why, NULL);
	return ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, why, err);
}

static int feed_workers(struct route *r, struct err *err)
{
	struct feed_range f;
	struct pending_run *p;
	struct run_range *g;
	char peer[BUS_PEER];

	feed_tick(r->feed, route_ms(r));
	while (feed_next(r->feed, route_ms(r), peer, &f)) {
		g = range_of(r, f.job, &p);
		if (g == NULL)
			feed_cancel(r->feed, f.job);
		else if (send_range(r, p, g, peer, err) != 0)
			return -1;
	}
	while (feed_failed(r->feed, &f)) {
		g = range_of(r, f.job, &p);
		if (g == NULL)
			continue;
		if (hold_batch(r, p->batch, "WORKER_DIED", err) != 0)
			return -1;
		forget_run(r, p);
	}
	return 0;
}

int run_pump(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	if (feed_ready(r, err) != 0)
		return -1;
	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE state=? AND kind<>'void' ORDER BY id LIMIT 16", "i", (int64_t)BATCH_OPEN) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct pending_run *p = pending(r, rows_int(&rows, 0));

		if (p == NULL && begin_allotment(r, rows_int(&rows, 0), err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	if (rc < 0)
		return -1;
	for (struct pending_run *p = r->runs, *next; p != NULL; p = next) {
		next = p->next;
		if (p->left > 0)
			continue;
		if (run_propose(r, p->batch, err) != 0)
			return -1;
		forget_run(r, p);
	}
	return feed_workers(r, err);
}

/* A range that is taken: its legs, and the persons of its rows. */
static int take_range(struct route *r, struct pending_run *p, struct run_range *g, const char *peer, struct view legs, struct err *err)
{
	struct run_marks marks = { .marks = NULL };
	int64_t count, sum = 0;
	const char *lie;
	int rc = -1;

	if (run_source(r, p, g, &r->scratch, &count, &marks, err) != 0)
		goto out;
	lie = run_legs_differ(&p->ways, buf_as_view(&r->scratch), legs);
	if (lie != NULL) {
		log_step(LOG_ERR, "worker.lied", "peer", peer, "why", lie, NULL);
		feed_fail(r->feed, peer, g->job, g->first, route_ms(r));
		r->dirty = true;
		rc = 0;
		goto out;
	}
	rc = 0;
	if (feed_ack(r->feed, peer, g->job, g->first, route_ms(r)) != FEED_ACKED)
		goto out;
	rc = -1;
	if (run_store(r, p, &marks, legs, &count, &sum, err) != 0
	    || ledger_do(r->ledger, err, "INSERT INTO allotted(batch, first, count, sum_minor) VALUES(?,?,?,?)", "iiii", p->batch, (int64_t)g->first, count, sum) < 0)
		goto out;
	g->done = true;
	p->left--;
	r->dirty = true;
	rc = 0;
out:
	run_marks_release(&marks);
	return rc;
}

int run_allotted(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	struct pending_run *p;
	struct run_range *g = range_of(r, msg_num_or(m, T_JOB, -1), &p);

	return g == NULL || r->feed == NULL ? 0 : take_range(r, p, g, peer, msg_text(m, T_BYTES), err);
}

/* The worker is not there, or says that it could not: the range goes to another, twice at most. */
void run_lost(struct route *r, const char *peer)
{
	if (r->feed != NULL)
		feed_lost(r->feed, peer, route_ms(r));
}

int run_failed(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	struct pending_run *p;
	struct run_range *g = range_of(r, msg_num_or(m, T_JOB, -1), &p);

	(void)err;
	if (g != NULL && r->feed != NULL)
		feed_fail(r->feed, peer, g->job, g->first, route_ms(r));
	r->dirty = true;
	return 0;
}
