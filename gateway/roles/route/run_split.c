/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_split - a run that is larger than one ACH batch can be becomes several, before anybody is asked to approve it
 *
 * A batch's control record counts six digits of entries and addenda and twelve of cents (ref: NACHA, record 8); a bank may allow fewer
 * entries (batch_entries).  The items are cut in the order of the file they came in, so the parts are the same whenever they are made.
 * Each part has totals, an approval and a number of its own; how many persons must approve follows from the sum of the whole run,
 * not of the part.
 */
#include "gateway/roles/route/run.h"

#include <stdio.h>
#include <stdlib.h>
#include "gateway/log.h"

static int add(struct run_parts *p, int64_t id, struct err *err)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		int64_t *more = realloc(p->ids, cap * sizeof(*more));

		if (more == NULL)
			return err_set(err, -1, "no memory to divide a run");
		p->ids = more;
		p->cap = cap;
	}
	p->ids[p->n++] = id;
	return 0;
}

/* The first item of each part after the first. */
static int find_cuts(struct route *r, int64_t batch, int64_t most, struct run_parts *cuts, struct err *err)
{
	int64_t side[2] = { 0, 0 }, entries = 0;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, amount_minor, substr(code,2)>'4' FROM item WHERE batch=? AND state=0 ORDER BY id", "i", batch) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t minor = rows_int(&rows, 1), *sum = &side[rows_int(&rows, 2) != 0];

		if (entries > 0 && (entries == most || *sum > BATCH_MINOR_MAX - minor)) {
			if (add(cuts, rows_int(&rows, 0), err) != 0) {
				rows_end(&rows);
				return -1;
			}
			side[0] = side[1] = entries = 0;
		}
		entries++;
		*sum += minor;
	}
	return rc;
}

/* The same where the sums fit whatever the cut: only entries are counted. */
static int count_cuts(struct route *r, int64_t batch, int64_t most, struct run_parts *cuts, struct err *err)
{
	int64_t from = 0;
	int found;

	while ((found = ledger_int(r->ledger, &from, err, "SELECT id FROM item WHERE batch=? AND state=0 AND id>=? ORDER BY id LIMIT 1 OFFSET ?", "iii", batch, from, most)) == 1)
		if (add(cuts, from, err) != 0)
			return -1;
	return found;
}

static int make_part(struct route *r, int64_t batch, int64_t part, int64_t from, int64_t to, struct run_parts *out, struct err *err)
{
	char object[24], detail[40];
	int64_t id;

	if (ledger_do(r->ledger, err, "INSERT INTO batch(parcel, partner, outbound, format, ccy, effective, pay_date, run, source_sha256, state, items_state, maker, first_item, kind,"
		      " reference, part, changed_at) SELECT parcel, partner, outbound, format, ccy, effective, pay_date, run, source_sha256, ?4, ?5, maker, first_item, kind,"
		      " reference, ?2, ?3 FROM batch WHERE id=?1", "iitii", batch, part, ledger_now(r->ledger)->utc, (int64_t)BATCH_OPEN, (int64_t)ITEM_BATCHED) < 0)
		return -1;
	id = ledger_last_id(r->ledger);
	if (ledger_do(r->ledger, err, "UPDATE item SET batch=?2 WHERE batch=?1 AND id>=?3 AND id<?4", "iiii", batch, id, from, to) < 0)
		return -1;
	snprintf(detail, sizeof(detail), "part %lld of B%lld", (long long)part, (long long)batch);
	log_step(LOG_NOTICE, "batch.divided", "batch", id_text('B', id, object).p, "what", detail, NULL);
	return route_audit(r, object, "", "OPEN", detail, err) == 0 ? add(out, id, err) : -1;
}

/* Most runs are small enough by what the workers' ranges say; only another is looked at item by item.  *sums: its cents need no look. */
static int may_be_large(struct route *r, int64_t batch, int64_t *most, int64_t *sums, struct err *err)
{
	const struct outbound *o = NULL;
	int64_t few = 1;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT partner||'/'||outbound FROM batch WHERE id=?", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		o = config_outbound(r->config, rows_text(&rows, 0), NULL);
	rows_end(&rows);
	if (rc < 0 || o == NULL || config_way(r->config, o) != WAY_ACH)
		return rc < 0 ? -1 : 0;
	*most = o->batch_entries > 0 ? o->batch_entries : BATCH_ENTRIES_MAX;
	*sums = 1;
	if (ledger_int(r->ledger, &few, err, "SELECT ifnull(sum(count),0)<=? FROM allotted WHERE batch=?", "ii", *most, batch) < 0
	    || ledger_int(r->ledger, sums, err, "SELECT ifnull(sum(sum_minor),0)<=? FROM allotted WHERE batch=?", "ii", (int64_t)BATCH_MINOR_MAX, batch) < 0)
		return -1;
	return !few || !*sums;
}

int run_split(struct route *r, int64_t batch, bool may_cut, struct run_parts *out, struct err *err)
{
	struct run_parts cuts = { 0 };
	int64_t most = 0, sums = 0;
	int rc = add(out, batch, err);

	if (rc == 0 && may_cut)
		rc = may_be_large(r, batch, &most, &sums, err);
	if (rc == 1)
		rc = sums ? count_cuts(r, batch, most, &cuts, err) : find_cuts(r, batch, most, &cuts, err);
	for (size_t i = 0; rc == 0 && i < cuts.n; i++)
		rc = make_part(r, batch, (int64_t)i + 2, cuts.ids[i], i + 1 < cuts.n ? cuts.ids[i + 1] : INT64_MAX, out, err);
	free(cuts.ids);
	return rc;
}
