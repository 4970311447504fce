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
#include "gateway/roles/route/ways.h"
#include "gateway/roles/route/held.h"
#include "gateway/statement.h"
#include "rules/ruleset.h"

#define PAGE 2000
#define RULES_MAX 256
#define PARTNERS_MAX 256

/* Adds up what the batch would pay now, and the ids of it. */
static int add_items(struct route *r, int64_t batch, struct readback *out, struct shared_ids *ids, struct err *err)
{
	struct emit_batch of;
	char text[EMIT_TEXT];
	struct record rec;
	struct rows rows;
	int64_t last = 0;
	int rc, n;

	if (emit_batch_read(r, batch, &of, err) != 0)
		return -1;
	record_init(&rec, RECORD_BATCH, 0);
	record_set_num(&rec, F_BATCH_NUMBER, 1);
	if (!readback_add(out, &rec))
		return err_set(err, -1, "cannot add up B%lld", (long long)batch);
	do {
		if (ledger_query(&rows, r->ledger, err, EMIT_ITEMS, "iii", batch, last, (int64_t)PAGE) != 0)
			return -1;
		for (n = 0; (rc = rows_next(&rows)) == 1; n++) {
			last = rows_int(&rows, 0);
			if (!emit_item(&of, &rows, &rec, text) || !readback_add(out, &rec)) {
				rows_end(&rows);
				return err_set(err, -1, "the sum of B%lld does not fit", (long long)batch);
			}
			shared_ids_add(ids, last, rows_int(&rows, 5));
		}
	} while (rc == 0 && n == PAGE);
	if (rc == 0 && !readback_end(out))
		return err_set(err, -1, "cannot add up B%lld", (long long)batch);
	return rc;
}

/* By the rules of every partner that such a run may leave by, as sign does it. */
static int persons_needed(const struct route *r, const struct outbound *o, const char *own, int64_t total)
{
	struct ruleset_batch batch = { .ccy = VIEW("USD"), .total_minor = total };
	const struct partner *partners[PARTNERS_MAX];
	struct ruleset_rule rules[RULES_MAX] = { { .persons = 0 } };
	size_t n = 0, n_partners = o != NULL ? config_run_partners(r->config, o, partners, PARTNERS_MAX) : 0;
	int persons;

	for (; n < r->config->n_rules && n < RULES_MAX; n++) {
		const struct approval_rule *a = &r->config->rules[n];

		rules[n] = (struct ruleset_rule){ view_of(a->partner), view_of(a->ccy), a->limit_minor, a->persons };
	}
	batch.partner = view_of(own);
	persons = ruleset_persons(rules, n, &batch);
	for (size_t i = 0; i < n_partners; i++) {
		int more;

		batch.partner = view_of(partners[i]->name);
		more = ruleset_persons(rules, n, &batch);
		persons = more > persons ? more : persons;
	}
	return persons;
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

/* What it would pay now, written down. */
int run_sum(struct route *r, int64_t batch, struct err *err)
{
	struct readback sum = { 0 };
	struct shared_ids ids;
	int rc = shared_ids_begin(&ids, err);

	if (rc == 0)
		rc = add_items(r, batch, &sum, &ids, err);
	if (rc == 0)
		rc = shared_ids_keep(&ids, r->ledger, batch, err);
	if (rc == 0)
		rc = ledger_do(r->ledger, err, "UPDATE batch SET count=?2, debit_minor=?3, credit_minor=?4, items_sha256=?5 WHERE id=?1", "iiiit", batch, sum.count, sum.debit,
			       sum.credit, sum.n_batches == 1 ? sum.batches[0].items_sha256 : "") == 1 ? 0 : -1;
	shared_ids_free(&ids);
	readback_release(&sum);
	return rc;
}

/*
 * All that leaves for one source: a rollover's money is its funding, a void pays nothing.  What a run is divided into is judged by it, so
 * that dividing lowers nothing.
 */
static int whole_of(struct route *r, int64_t batch, int64_t *whole, struct err *err)
{
	int64_t before = 0;

	*whole = 0;
	if (ledger_int(r->ledger, whole, err, "SELECT sum(w.credit_minor + w.debit_minor) FROM batch w JOIN batch b ON b.source_sha256=w.source_sha256 AND b.ccy=w.ccy WHERE b.id=?1"
			  " AND w.kind NOT IN ('rollover','void') AND (w.state<>5 OR w.artifact IS NOT NULL)", "i", batch) < 0
	    || ledger_int(r->ledger, &before, err, "SELECT max(w.whole_minor) FROM batch w JOIN batch b ON b.source_sha256=w.source_sha256 AND b.ccy=w.ccy WHERE b.id=?1", "i", batch) < 0)
		return -1;
	*whole = before > *whole ? before : *whole;
	return 0;
}

static int judge(struct route *r, int64_t batch, struct err *err)
{
	char channel[140], partner[64], object[24], count[24];
	const struct outbound *o;
	struct rows rows;
	int64_t total, whole, items;
	bool touched;
	int persons;

	if (ledger_query(&rows, r->ledger, err, "SELECT partner, instr(maker, ',')>0, count, debit_minor+credit_minor, partner||'/'||outbound FROM batch WHERE id=?", "i", batch) != 0
	    || rows_next(&rows) != 1)
		return -1;
	snprintf(partner, sizeof(partner), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	touched = rows_int(&rows, 1) != 0;
	items = rows_int(&rows, 2);
	total = rows_int(&rows, 3);
	snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 4)));
	rows_end(&rows);
	if (whole_of(r, batch, &whole, err) != 0)
		return -1;
	whole = whole > total ? whole : total;
	o = config_outbound(r->config, view_of(channel), NULL);
	persons = persons_needed(r, o, partner, whole);
	if (touched && persons == 0)
		persons = 1;			/* a person let it go on with its faults: another one looks, whatever the sum */
	if (ledger_do(r->ledger, err, "UPDATE batch SET persons=?2, whole_minor=?3 WHERE id=?1", "iii", batch, (int64_t)persons, whole) != 1)
		return -1;
	snprintf(count, sizeof(count), "%lld", (long long)items);
	log_step(LOG_NOTICE, "batch.proposed", "batch", id_text('B', batch, object).p, "partner", partner, "items", count, "persons", persons ? "1 or more" : "0", NULL);
	if (items == 0)
		return ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, "NOTHING_TO_PAY", err);
	if (ledger_move(r->ledger, THING_BATCH, batch, BATCH_PROPOSED, persons ? "NEEDS_APPROVAL" : NULL, err) != 0)
		return -1;
	return run_approve_check(r, batch, "rules", err);
}

int run_propose(struct route *r, int64_t batch, struct err *err)
{
	int64_t parcel, parcel_state = 0, held, ways[WAYS_MAX] = { batch };
	struct run_parts parts = { 0 };
	size_t n = 1;
	int rc = -1;

	if (ledger_int(r->ledger, &parcel, err, "SELECT parcel FROM batch WHERE id=?", "i", batch) != 1
	    || ledger_int(r->ledger, &parcel_state, err, "SELECT state FROM parcel WHERE id=?", "i", parcel) < 0
	    || (parcel_state == PARCEL_ROUTED && ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err) != 0)
	    || held_rows(r, parcel, &held, err) != 0 || (held == 0 && ways_divide(r, batch, ways, &n, err) != 0))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (run_split(r, ways[i], held == 0, &parts, err) != 0)
			goto out;
	for (size_t i = 0; i < parts.n; i++)
		if (run_sum(r, parts.ids[i], err) != 0)
			goto out;
	rc = held > 0 ? wait_for_rows(r, batch, held, err) : 0;
	for (size_t i = 0; rc == 0 && held == 0 && i < parts.n; i++)
		rc = judge(r, parts.ids[i], err);
out:
	free(parts.ids);
	return rc;
}

/* Sign counts what it signed: the file whose numbers are void now, and the one that comes. */
int run_again(struct route *r, int64_t batch, struct err *err)
{
	char channel[140], partner[64];
	int64_t whole;
	struct rows rows;
	int rc;

	if (run_sum(r, batch, err) != 0
	    || ledger_query(&rows, r->ledger, err, "SELECT partner, partner||'/'||outbound, max(whole_minor, credit_minor+debit_minor) + credit_minor+debit_minor FROM batch WHERE id=?", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		snprintf(partner, sizeof(partner), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
		snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		whole = rows_int(&rows, 2);
	}
	rows_end(&rows);
	if (rc != 1)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE batch SET whole_minor=?2, persons=max(persons,?3,1) WHERE id=?1", "iii", batch, whole,
			 (int64_t)persons_needed(r, config_outbound(r->config, view_of(channel), NULL), partner, whole)) == 1 ? 0 : -1;
}

int run_propose_one(struct route *r, int64_t batch, struct err *err)
{
	return run_sum(r, batch, err) != 0 ? -1 : judge(r, batch, err);
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
	int64_t settled = 0;
	int found = run_totals(r, batch, &t, err);

	if (found <= 0)
		return -1;
	snprintf(channel, sizeof(channel), "%s/%s", t.partner, t.outbound);
	out = config_outbound(r->config, view_of(channel), &partner);
	*missed = false;
	*missed = out == NULL || !date_parse_iso(&effective, view_of(t.effective_date)) || !clock_in_time(r, partner, out, effective);
	found = *missed ? 0 : ledger_int(r->ledger, &settled, err, "SELECT pay_date FROM batch WHERE id=? AND kind='reversal'", "i", batch);
	*missed = *missed || (found == 1 && !reverse_in_time(r, partner, (int32_t)settled));
	return found < 0 ? -1 : 0;
}

int run_approve_check(struct route *r, int64_t batch, const char *actor, struct err *err)
{
	int64_t needed = 0, have = 0, state = 0, rollover = 0;
	struct batch_totals t;
	char sha[DIGEST_HEX], object[24];
	bool missed;

	if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", batch) < 0
	    || ledger_int(r->ledger, &rollover, err, "SELECT kind='rollover' FROM batch WHERE id=?", "i", batch) < 0)
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
	    || ledger_move(r->ledger, THING_BATCH, batch, BATCH_APPROVED, rollover ? "AWAITS_FUNDING" : NULL, err) != 0)
		return -1;
	return ledger_move_items(r->ledger, batch, ITEM_APPROVED, NULL, err);
}
