/* SPDX-License-Identifier: Apache-2.0 */
/*
 * funding - the money of a rollover file, and the rule that the file never leaves before it
 *
 * What a rollover file moves is funded by one CCD credit to its trustee, a batch of kind funding with the same reference.  Neither leaves
 * before both are approved.  Then the money goes first: the rollover's numbers are allotted once the bank has the file that carries it, and
 * has accepted it where it answers our files (an inbound of purpose ack, or ack_within_minutes), or has booked it.  Until then the run is
 * APPROVED(AWAITS_FUNDING).  Asked again before the first byte leaves, since money can come back.
 *
 * Money that the bank rejects, or that comes back, holds the rollover (FUNDING_REJECTED); of a file that the trustee has it is an alarm.  Sent again, it takes the rollover along: both are proposed for the new
 * day and approved anew.  Rejected by a person, it takes the rollover with it (ways_cancelled).
 */
#include "gateway/roles/route/funding.h"

#include <stdio.h>
#include <stdlib.h>
#include "gateway/log.h"
#include "gateway/roles/route/artifact.h"
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/ways.h"
#include "rules/allot.h"

/* Making it */

static int put_credit(struct route *r, const struct outbound *o, int64_t batch, int64_t id, int64_t n, int64_t minor, struct err *err)
{
	char party[23];
	struct rows rows;
	char reference[24];

	allot_ascii(party, sizeof(party), view_of(o->trustee), true);
	if (ledger_query(&rows, r->ledger, err, "SELECT reference FROM batch WHERE id=?", "i", batch) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(reference, sizeof(reference), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	return ledger_do(r->ledger, err, "INSERT INTO item(id, batch, seq, line, leg, individual_id, party, routing, account, amount_minor, code, state) VALUES(?,?,?,0,1,?,?,?,?,?,?,0)",
			 "iiittttit", id, batch, n, reference, party, o->trustee_routing, o->trustee_account, minor, o->trustee_type == ACCOUNT_SAVINGS ? "32" : "22") < 0 ? -1 : 0;
}

/* One credit with the file's reference, or several equal ones when ten digits do not hold it. */
int funding_make(struct route *r, int64_t rollover, const struct outbound *o, int64_t *id, struct err *err)
{
	int64_t total = 0, first, n, rest;

	if (ways_add_batch(r, rollover, "funding", o->funded_by, id, err) != 0 || ways_set_reference(r, *id, "RO", rollover, err) != 0
	    || ledger_int(r->ledger, &total, err, "SELECT sum(amount_minor) FROM item WHERE batch=? AND state=0", "i", rollover) != 1)
		return -1;
	n = (total - 1) / ALLOT_AMOUNT_MAX + 1;
	if (counter_take(r, "item", 1, n, &first, err) != 0)
		return -1;
	rest = total % n;
	for (int64_t i = 0; i < n; i++)
		if (put_credit(r, o, *id, first + i, i + 1, total / n + (i < rest), err) != 0)
			return -1;
	return 0;
}

/* Is it there? */

bool funding_acknowledged(const struct route *r, const struct outbound *rollovers)
{
	const struct partner *bank = NULL;
	const struct outbound *o = rollovers->funded_by == NULL ? NULL : config_outbound(r->config, view_of(rollovers->funded_by), &bank);

	for (size_t i = 0; o != NULL && i < bank->n_in; i++)
		if (strcmp(bank->in[i].purpose, "ack") == 0)
			return true;
	return o != NULL && o->ack_within_minutes > 0;
}

int funding_there(struct route *r, int64_t artifact, bool *there, struct err *err)
{
	const struct outbound *o = NULL;
	int64_t good = 0, batch = 0;
	struct rows rows;
	int rc;

	*there = true;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, partner||'/'||outbound FROM batch WHERE artifact=? AND kind='rollover' LIMIT 1", "i", artifact) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		batch = rows_int(&rows, 0);
		o = config_outbound(r->config, rows_text(&rows, 1), NULL);
	}
	rows_end(&rows);
	if (rc != 1)
		return rc;
	if (ledger_int(r->ledger, &good, err, "SELECT 1 FROM batch b WHERE b.id=?1 AND " FUNDED("?2"), "ii", batch, (int64_t)(o == NULL || funding_acknowledged(r, o))) < 0)
		return -1;
	*there = good == 1;
	return 0;
}

/* It failed */

struct twin { int64_t id, state, items, artifact, artifact_state, delivery, delivery_state; char why[48], reference[24], partner[64]; };

/* The rollover of that money.  1, 0 none, -1. */
static int find_twin(struct route *r, int64_t funding, struct twin *w, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.state, b.items_state, ifnull(b.artifact,0), ifnull(a.state,0), ifnull(d.id,0), ifnull(d.state,0), ifnull(b.why,''), b.reference, b.partner"
			 " FROM batch t JOIN batch b ON b.parcel=t.parcel AND b.reference=t.reference AND b.kind='rollover' LEFT JOIN artifact a ON a.id=b.artifact LEFT JOIN delivery d"
			 " ON d.artifact=a.id WHERE t.id=? AND t.kind='funding'", "i", funding) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*w = (struct twin){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 4), rows_int(&rows, 5), rows_int(&rows, 6), "", "", "" };
		snprintf(w->why, sizeof(w->why), "%.*s", VIEW_FMT(rows_text(&rows, 7)));
		snprintf(w->reference, sizeof(w->reference), "%.*s", VIEW_FMT(rows_text(&rows, 8)));
		snprintf(w->partner, sizeof(w->partner), "%.*s", VIEW_FMT(rows_text(&rows, 9)));
	}
	rows_end(&rows);
	return rc;
}

static int alarm_of(struct route *r, const struct twin *w, struct err *err)
{
	char source[40], text[200];
	struct exception x = { .source = source, .reason = "FUNDING_REJECTED", .partner = w->partner, .detail = text, .alarm = true, .artifact = w->artifact };

	snprintf(source, sizeof(source), "unfunded:A%lld", (long long)w->artifact);
	snprintf(text, sizeof(text), "the trustee has the rollover file %s, and its money was rejected or came back", w->reference);
	return exception_raise(r, &x, err);
}

int funding_failed(struct route *r, int64_t funding, struct err *err)
{
	struct twin w;
	char object[24];
	int rc = find_twin(r, funding, &w, err);

	if (rc != 1 || w.state == BATCH_REJECTED || w.state == BATCH_HELD)
		return rc < 0 ? -1 : 0;
	log_step(LOG_ERR, "batch.held", "batch", id_text('B', w.id, object).p, "why", "FUNDING_REJECTED", NULL);
	if (w.artifact == 0)
		return ledger_move(r->ledger, THING_BATCH, w.id, BATCH_HELD, "FUNDING_REJECTED", err);
	if (w.delivery == 0)
		return w.artifact_state == ARTIFACT_HELD ? 0 : artifact_hold(r, w.artifact, "FUNDING_REJECTED", VIEW("the bank has rejected its money"), err);
	if (w.delivery_state == DELIVERY_INTENT || w.delivery_state == DELIVERY_FAILED_SAFE)
		return ledger_move(r->ledger, THING_DELIVERY, w.delivery, DELIVERY_HELD, "FUNDING_REJECTED", err);
	return w.delivery_state == DELIVERY_HELD ? 0 : alarm_of(r, &w, err);
}

int funding_returned(struct route *r, int64_t item, struct err *err)
{
	int64_t batch;
	int found = ledger_int(r->ledger, &batch, err, "SELECT b.id FROM item i JOIN batch b ON b.id=i.batch WHERE i.id=? AND b.kind='funding'", "i", item);

	return found == 1 ? funding_failed(r, batch, err) : found;
}

int funding_resent(struct route *r, const struct decision *d, int64_t funding, int32_t effective, struct err *err)
{
	char object[24];
	struct twin w;
	int rc = find_twin(r, funding, &w, err);

	if (rc != 1 || w.artifact != 0 || (w.state == BATCH_HELD && strcmp(w.why, "FUNDING_REJECTED") != 0) || w.state == BATCH_REJECTED)
		return rc < 0 ? -1 : 0;
	if ((w.state == BATCH_APPROVED && ledger_move(r->ledger, THING_BATCH, w.id, BATCH_HELD, "RESENT", err) != 0)
	    || (w.items == ITEM_APPROVED && ledger_move_items(r->ledger, w.id, ITEM_BATCHED, d->statement->object, err) != 0)
	    || ledger_do(r->ledger, err, "UPDATE statement SET spent=1 WHERE object=? AND act='approve'", "t", id_text('B', w.id, object).p) < 0
	    || ledger_do(r->ledger, err, "UPDATE batch SET approved_at=NULL, approved_ms=NULL, effective=?2, maker=maker||','||?3, persons=max(persons,1) WHERE id=?1", "iit", w.id,
			 (int64_t)effective, d->statement->operator_name) != 1)
		return -1;
	return w.state == BATCH_PROPOSED ? 0 : ledger_move(r->ledger, THING_BATCH, w.id, BATCH_PROPOSED, "RESENT", err);
}

/* The one is rejected with the other. */
int funding_ended(struct route *r, int64_t batch, struct err *err)
{
	static const char why[] = "TWIN_REJECTED";
	int64_t twin = 0, state = 0, items = 0;
	int found = ledger_int(r->ledger, &twin, err, "SELECT t.id FROM batch b JOIN batch t ON t.parcel=b.parcel AND t.reference=b.reference AND t.id<>b.id WHERE b.id=?1"
			       " AND b.kind IN ('rollover','funding') AND t.kind IN ('rollover','funding') AND t.artifact IS NULL AND t.state<>5", "i", batch);

	if (found <= 0)
		return found;
	if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", twin) != 1 || ledger_int(r->ledger, &items, err, "SELECT items_state FROM batch WHERE id=?", "i", twin) != 1
	    || (state == BATCH_APPROVED && ledger_move(r->ledger, THING_BATCH, twin, BATCH_HELD, why, err) != 0)
	    || ledger_move(r->ledger, THING_BATCH, twin, BATCH_REJECTED, why, err) != 0)
		return -1;
	return items == ITEM_CANCELLED ? 0 : ledger_move_items(r->ledger, twin, ITEM_CANCELLED, why, err);
}
