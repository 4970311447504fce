/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_batch - a batch's totals, its proposal, its approval
 *
 * The totals are taken from the items as they stand, by the same function that reads them back from the file (readback.h); their
 * SHA-256 is what a person signs.  An approval counts only for the totals it names, from a person who is not the maker, and each
 * person once; sign verifies the same with its own copy of the keys and rules.
 */
#include "gateway/roles/route/run.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "formats/core/money.h"
#include "gateway/log.h"
#include "gateway/roles/route/emit.h"
#include "gateway/roles/route/held.h"
#include "gateway/statement.h"
#include "rules/ruleset.h"

#define PAGE 2000
#define RULES_MAX 256

/* Adds up what the batch would pay now. */
static int add_items(struct route *r, int64_t batch, struct readback *out, struct err *err)
{
	char trace[EMIT_TRACE];
	struct record rec;
	struct rows rows;
	int64_t last = 0;
	int rc, n;

	record_init(&rec, RECORD_BATCH, 0);
	record_set_num(&rec, F_BATCH_NUMBER, 1);
	if (!readback_add(out, &rec))
		return err_set(err, -1, "cannot add up B%lld", (long long)batch);
	do {
		if (ledger_query(&rows, r->ledger, err, EMIT_ITEMS, "iii", batch, last, (int64_t)PAGE) != 0)
			return -1;
		for (n = 0; (rc = rows_next(&rows)) == 1; n++) {
			last = rows_int(&rows, 0);
			emit_item(&rows, &rec, trace);
			if (!readback_add(out, &rec)) {
				rows_end(&rows);
				return err_set(err, -1, "the sum of B%lld does not fit", (long long)batch);
			}
		}
	} while (rc == 0 && n == PAGE);
	if (rc == 0 && !readback_end(out))
		return err_set(err, -1, "cannot add up B%lld", (long long)batch);
	return rc;
}

static int persons_needed(const struct route *r, const char *partner, int64_t total)
{
	struct ruleset_batch batch = { .partner = view_of(partner), .ccy = VIEW("USD"), .total_minor = total };
	struct ruleset_rule rules[RULES_MAX];
	size_t n = 0;

	for (; n < r->config->n_rules && n < RULES_MAX; n++) {
		const struct approval_rule *a = &r->config->rules[n];

		rules[n] = (struct ruleset_rule){ view_of(a->partner), view_of(a->ccy), a->limit_minor, a->persons };
	}
	return ruleset_persons(rules, n, &batch);
}

/* One row that waits holds the run, until a person has decided about it. */
static int wait_for_rows(struct route *r, int64_t batch, int64_t held, struct err *err)
{
	char object[24], count[24];
	int64_t state = 0;

	if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", batch) < 0)
		return -1;
	snprintf(count, sizeof(count), "%lld", (long long)held);
	log_step(LOG_WARNING, "batch.held", "batch", id_text('B', batch, object).p, "why", "HELD_ROWS", "items", count, NULL);
	return state == BATCH_HELD ? 0 : ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, "HELD_ROWS", err);
}

int run_propose(struct route *r, int64_t batch, struct err *err)
{
	struct readback sum = { 0 };
	char partner[64], object[24], count[24];
	struct rows rows;
	int64_t parcel, parcel_state = 0, held;
	int rc = -1, persons;
	bool touched;

	if (ledger_query(&rows, r->ledger, err, "SELECT partner, parcel, instr(maker, ',')>0 FROM batch WHERE id=?", "i", batch) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(partner, sizeof(partner), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	parcel = rows_int(&rows, 1);
	touched = rows_int(&rows, 2) != 0;
	rows_end(&rows);
	if (add_items(r, batch, &sum, err) != 0)
		goto out;
	persons = persons_needed(r, partner, sum.credit + sum.debit);
	if (touched && persons == 0)
		persons = 1;			/* a person let it go on with its faults: another one looks, whatever the sum */
	if (ledger_do(r->ledger, err, "UPDATE batch SET count=?2, debit_minor=?3, credit_minor=?4, items_sha256=?5, persons=?6 WHERE id=?1", "iiiiti", batch, sum.count, sum.debit,
		      sum.credit, sum.n_batches == 1 ? sum.batches[0].items_sha256 : "", (int64_t)persons) < 0)
		goto out;
	if (ledger_int(r->ledger, &parcel_state, err, "SELECT state FROM parcel WHERE id=?", "i", parcel) < 0
	    || (parcel_state == PARCEL_ROUTED && ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err) != 0)
	    || held_rows(r, parcel, &held, err) != 0)
		goto out;
	if (held > 0) {
		rc = wait_for_rows(r, batch, held, err);
		goto out;
	}
	snprintf(count, sizeof(count), "%lld", (long long)sum.count);
	log_step(LOG_NOTICE, "batch.proposed", "batch", id_text('B', batch, object).p, "partner", partner, "items", count, "persons", persons ? "1 or more" : "0", NULL);
	if (sum.count == 0) {
		rc = ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, "NOTHING_TO_PAY", err);
		goto out;
	}
	if (ledger_move(r->ledger, THING_BATCH, batch, BATCH_PROPOSED, persons ? "NEEDS_APPROVAL" : NULL, err) != 0)
		goto out;
	rc = run_approve_check(r, batch, "rules", err);
out:
	readback_release(&sum);
	return rc;
}

int run_totals(struct route *r, int64_t batch, struct batch_totals *out, struct err *err)
{
	struct rows rows;
	int rc;

	memset(out, 0, sizeof(*out));
	if (ledger_query(&rows, r->ledger, err, "SELECT partner, outbound, format, effective, ccy, count, debit_minor, credit_minor, items_sha256, source_sha256"
			 " FROM batch WHERE id=?", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		id_text('B', batch, out->batch);
		snprintf(out->partner, sizeof(out->partner), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
		snprintf(out->outbound, sizeof(out->outbound), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		snprintf(out->format, sizeof(out->format), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
		date_print((date_t)rows_int(&rows, 3), out->effective_date);
		snprintf(out->ccy, sizeof(out->ccy), "%.*s", VIEW_FMT(rows_text(&rows, 4)));
		out->count = rows_int(&rows, 5);
		out->debit_minor = rows_int(&rows, 6);
		out->credit_minor = rows_int(&rows, 7);
		snprintf(out->items_sha256, sizeof(out->items_sha256), "%.*s", VIEW_FMT(rows_text(&rows, 8)));
		snprintf(out->source_sha256, sizeof(out->source_sha256), "%.*s", VIEW_FMT(rows_text(&rows, 9)));
	}
	rows_end(&rows);
	return rc;
}

int run_cutoff(struct route *r, int64_t batch, bool *missed, struct err *err)
{
	struct batch_totals t;
	const struct partner *partner;
	const struct outbound *out;
	char channel[140];
	date_t effective = DATE_NONE;
	int found = run_totals(r, batch, &t, err);

	if (found <= 0)
		return -1;
	snprintf(channel, sizeof(channel), "%s/%s", t.partner, t.outbound);
	out = config_outbound(r->config, view_of(channel), &partner);
	*missed = out == NULL || !date_parse_iso(&effective, view_of(t.effective_date)) || !clock_in_time(r, partner, out, effective);
	return 0;
}

int run_approve_check(struct route *r, int64_t batch, const char *actor, struct err *err)
{
	int64_t needed = 0, have = 0, state = 0;
	struct batch_totals t;
	char sha[DIGEST_HEX], object[24];
	bool missed;

	if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", batch) < 0)
		return -1;
	if (state != BATCH_PROPOSED)
		return 0;
	if (run_totals(r, batch, &t, err) != 1)
		return -1;
	totals_sha256(&t, sha);
	if (ledger_int(r->ledger, &needed, err, "SELECT persons FROM batch WHERE id=?", "i", batch) < 0
	    || ledger_int(r->ledger, &have, err, "SELECT count(DISTINCT s.operator) FROM statement s, batch b WHERE s.object=?1 AND s.act='approve' AND s.spent=0 AND s.sha256=?2 AND b.id=?3"
			  " AND instr(','||b.maker||',', ','||s.operator||',')=0", "tti", t.batch, sha, batch) < 0)
		return -1;
	if (have < needed)
		return 0;
	if (run_cutoff(r, batch, &missed, err) != 0)
		return -1;
	if (missed) {
		log_step(LOG_WARNING, "batch.held", "batch", id_text('B', batch, object).p, "why", "MISSED_CUTOFF", NULL);
		return ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, "MISSED_CUTOFF", err);
	}
	log_step(LOG_NOTICE, "batch.approved", "batch", id_text('B', batch, object).p, "by", actor, NULL);
	r->dirty = true;
	if (ledger_do(r->ledger, err, "UPDATE batch SET approved_at=?2, approved_ms=?3 WHERE id=?1", "iti", batch, ledger_now(r->ledger)->business, route_ms(r)) < 0
	    || ledger_move(r->ledger, THING_BATCH, batch, BATCH_APPROVED, NULL, err) != 0)
		return -1;
	return ledger_move_items(r->ledger, batch, ITEM_APPROVED, NULL, err);
}
