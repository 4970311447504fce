/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reverse - a run or one payment that should not have been made is asked back from the banks of its payees
 *
 * A NACHA reversal: company, SEC class and amounts as they were, transaction codes mirrored, description REVERSAL, the original's trace as
 * the individual's id, effective on the next banking day that can be made, sent within five banking days of the original's settlement.
 * It is a batch of kind `reversal` that a second person approves and that leaves like any other, in a file of its own: a bank books
 * what it collects apart from what it pays.  What was returned already, or is being reversed, is left out.
 *
 * The original is REVERSED when the bank line of its reversal is here, not before: a payee's bank may return a reversal.  It may return it
 * later as well; then the original is SETTLED again, by that evidence.
 * Refused: 0 and words; nothing has changed.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/people.h"
#include "gateway/roles/route/run.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "gateway/log.h"
#include "rules/calendar.h"

#define REVERSAL_DAYS 5

/* The original's items that can be asked back: at the bank or settled, mirrored code known, no live reversal of theirs. */
#define CAN_GO_BACK "i.batch=?1 AND (?2=0 OR i.id=?2) AND CASE i.state WHEN 0 THEN b.items_state ELSE i.state END IN (8,9,11,12,16) AND i.trace IS NOT NULL" \
	" AND i.code IN ('22','32','42','52','27','37','47') AND NOT EXISTS (SELECT 1 FROM item x JOIN batch y ON y.id=x.batch WHERE x.reverses=i.id AND y.state<>5" \
	" AND CASE x.state WHEN 0 THEN y.items_state ELSE x.state END NOT IN (10,15))"
#define MIRRORED "CASE i.code WHEN '52' THEN '55' ELSE substr(i.code,1,1)||CASE substr(i.code,2) WHEN '2' THEN '7' ELSE '2' END END"

struct original { int64_t batch, item, state; date_t settled; char channel[140], kind[12]; };

static int look(struct route *r, const struct decision *d, struct original *k, struct err *err)
{
	struct rows rows;
	int rc;

	k->item = d->letter == 'I' ? d->id : 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.items_state, b.effective, b.partner||'/'||b.outbound, b.kind FROM batch b WHERE b.id=CASE ?2 WHEN 0 THEN ?1"
			 " ELSE (SELECT batch FROM item WHERE id=?2) END", "ii", d->id, k->item) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		k->batch = rows_int(&rows, 0);
		k->state = rows_int(&rows, 1);
		k->settled = (date_t)rows_int(&rows, 2);
		snprintf(k->channel, sizeof(k->channel), "%.*s", VIEW_FMT(rows_text(&rows, 3)));
		snprintf(k->kind, sizeof(k->kind), "%.*s", VIEW_FMT(rows_text(&rows, 4)));
	}
	rows_end(&rows);
	return rc;
}

/* Sent by then at the latest; the same day is asked again at the approval and before the first byte (run_cutoff). */
bool reverse_in_time(struct route *r, const struct partner *p, int32_t settled)
{
	struct calendar c;
	date_t today;

	clock_calendar(r, p, &c);
	clock_local(p, clock_utc(r), &today, NULL);
	return calendar_count(&c, settled, today) <= REVERSAL_DAYS;
}

static int may(struct route *r, const struct decision *d, const struct original *k, const struct partner **p, date_t *effective, struct err *err)
{
	const struct outbound *o = config_outbound(r->config, view_of(k->channel), p);
	char day[DATE_TEXT];

	if (o == NULL)
		return err_set(err, -1, "the channel '%s' is not in the configuration any more", k->channel), 0;
	if (config_way(r->config, o) != WAY_ACH)
		return err_set(err, -1, "'%s' did not leave by ACH; only ACH payments are reversed", d->statement->object), 0;
	if (strcmp(k->kind, "reversal") == 0)
		return err_set(err, -1, "'%s' is a reversal itself", d->statement->object), 0;
	if (!reverse_in_time(r, *p, k->settled))
		return err_set(err, -1, "'%s' settled on %s; a reversal must be sent within %d banking days of that", d->statement->object, date_print(k->settled, day), REVERSAL_DAYS), 0;
	clock_judge(r, *p, o, DATE_NONE, effective);
	return *effective != DATE_NONE ? 1 : (err_set(err, -1, "there is no banking day to reverse it on"), 0);
}

/* The batch and its items, in the order of the originals. */
static int make(struct route *r, const struct decision *d, const struct original *k, date_t effective, int64_t n, int64_t *id, struct err *err)
{
	char maker[100], reference[24], object[24], detail[60];
	int64_t first;

	snprintf(maker, sizeof(maker), "reverse,%s", d->statement->operator_name);
	snprintf(reference, sizeof(reference), "REV%.20s", d->statement->object);
	if (counter_take(r, "item", 1, n, &first, err) != 0
	    || ledger_do(r->ledger, err, "INSERT INTO batch(parcel, kind, partner, outbound, format, ccy, effective, pay_date, run, source_sha256, state, items_state, maker, first_item, reference,"
			 " changed_at) SELECT parcel, 'reversal', partner, outbound, format, ccy, ?2, effective, run, source_sha256, ?3, ?4, ?5, ?6, ?7, ?8 FROM batch WHERE id=?1", "iiiititt",
			 k->batch, (int64_t)effective, (int64_t)BATCH_OPEN, (int64_t)ITEM_BATCHED, maker, first, reference, ledger_now(r->ledger)->utc) != 1)
		return -1;
	*id = ledger_last_id(r->ledger);
	snprintf(detail, sizeof(detail), "reversal of %s", d->statement->object);
	if (route_audit(r, id_text('B', *id, object).p, "", "OPEN", detail, err) != 0)
		return -1;
	return ledger_do(r->ledger, err, "INSERT INTO item(id, batch, seq, line, leg, person, individual_id, party, routing, account, amount_minor, code, state, reverses)"
			 " SELECT ?3 + row_number() OVER (ORDER BY i.id) - 1, ?4, i.seq, i.line, i.leg, i.person, printf('%015d', i.trace), i.party, i.routing, i.account, i.amount_minor, " MIRRORED
			 ", 0, i.id FROM item i JOIN batch b ON b.id=i.batch WHERE " CAN_GO_BACK, "iiii", k->batch, k->item, first, *id) == n ? 0 : -1;
}

int reverse_payments(struct route *r, const struct decision *d, struct err *err)
{
	const struct partner *p = NULL;
	struct original k = { 0 };
	char id_words[24], day[DATE_TEXT];
	date_t effective = DATE_NONE;
	int64_t n = 0, id = 0;
	int rc = look(r, d, &k, err);

	if (rc == 1)
		rc = may(r, d, &k, &p, &effective, err);
	if (rc != 1)
		return rc;
	if (ledger_int(r->ledger, &n, err, "SELECT count(*) FROM item i JOIN batch b ON b.id=i.batch WHERE " CAN_GO_BACK, "ii", k.batch, k.item) < 0)
		return -1;
	if (n == 0)
		return err_set(err, -1, "'%s' has no payment that could be reversed: it has not left, is returned, or is reversed already", d->statement->object), 0;
	if (people_keep(r, d->command, d->statement, err) != 0 || make(r, d, &k, effective, n, &id, err) != 0 || run_propose_one(r, id, err) != 0)
		return err->code != 0 ? -1 : err_set(err, -1, "the reversal of '%s' cannot be written", d->statement->object);
	snprintf(d->done, d->done_cap, "%s reverses %lld payment%s on %s; another person must approve it", id_text('B', id, id_words).p, (long long)n, n == 1 ? "" : "s", date_print(effective, day));
	return 1;
}

/* All that a batch still shares becomes REVERSED by one statement; otherwise item by item. */
static int whole_batch(struct route *r, int64_t reversal, int64_t *original, struct err *err)
{
	return ledger_int(r->ledger, original, err, "SELECT min(o.batch) FROM item i JOIN item o ON o.id=i.reverses WHERE i.batch=?1 AND i.state=0 HAVING min(o.batch)=max(o.batch)"
			  " AND max(o.state)=0 AND count(*)=(SELECT count(*) FROM item s WHERE s.batch=(SELECT x.batch FROM item x JOIN item y ON y.reverses=x.id WHERE y.batch=?1 LIMIT 1) AND s.state=0)", "i",
			  reversal);
}

/* Its reversal is booked, and it had come back by itself: we have its money twice. */
static int twice(struct route *r, int64_t item, const char *evidence, struct err *err)
{
	char source[40], detail[160], partner[64] = "";
	int64_t minor = 0;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.amount_minor, b.partner FROM item i JOIN batch b ON b.id=i.batch WHERE i.id=?", "i", item) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		minor = rows_int(&rows, 0);
		snprintf(partner, sizeof(partner), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
	}
	rows_end(&rows);
	snprintf(source, sizeof(source), "twice:I%lld", (long long)item);
	snprintf(detail, sizeof(detail), "I%lld was returned, and its reversal is booked as well (%s): its money came back twice", (long long)item, evidence);
	return rc != 1 ? rc : exception_raise(r, &(struct exception){ .source = source, .reason = "CAME_BACK_TWICE", .partner = partner, .detail = detail, .alarm = true, .item = item,
					      .ccy = VIEW("USD"), .amount = minor, .date = DATE_NONE }, err);
}

static int one_settled(struct route *r, int64_t item, const char *evidence, struct err *err)
{
	int state;

	if (ledger_item_state(r->ledger, item, &state, err) != 1)
		return -1;
	if (state_allowed(THING_ITEM, state, ITEM_REVERSED))
		return ledger_move(r->ledger, THING_ITEM, item, ITEM_REVERSED, evidence, err);
	return state == ITEM_RETURNED ? twice(r, item, evidence, err) : 0;
}

int reverse_settled(struct route *r, int64_t reversal, const char *evidence, struct err *err)
{
	int64_t original = 0, state = 0;
	struct rows rows;
	int rc = whole_batch(r, reversal, &original, err);

	if (rc < 0 || (rc == 1 && ledger_int(r->ledger, &state, err, "SELECT items_state FROM batch WHERE id=?", "i", original) < 0))
		return -1;
	if (rc == 1 && state_allowed(THING_ITEM, (int)state, ITEM_REVERSED))
		return ledger_move_items(r->ledger, original, ITEM_REVERSED, evidence, err);
	if (ledger_query(&rows, r->ledger, err, "SELECT reverses FROM item WHERE batch=? AND state=0 ORDER BY id", "i", reversal) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (one_settled(r, rows_int(&rows, 0), evidence, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

/* A payment came back by itself: that its reversal was returned matters no more. */
static int original_returned(struct route *r, int64_t item, struct err *err)
{
	char source[40];
	int64_t reversal = 0;
	int found = ledger_int(r->ledger, &reversal, err, "SELECT max(id) FROM item WHERE reverses=? AND state=13", "i", item);

	snprintf(source, sizeof(source), "reversal:I%lld", (long long)reversal);
	return found <= 0 ? found : exception_close(r, source, "the payment itself came back", err);
}

static int reversal_returned(struct route *r, int64_t item, int64_t original, int64_t minor, const char *partner, const char *code, struct err *err)
{
	char source[40], detail[160];
	int state;

	if (ledger_item_state(r->ledger, original, &state, err) != 1)
		return -1;
	snprintf(source, sizeof(source), "twice:I%lld", (long long)original);
	if (state == ITEM_RETURNED)
		return exception_close(r, source, "its reversal was returned", err);
	snprintf(source, sizeof(source), "reversal:I%lld", (long long)item);
	snprintf(detail, sizeof(detail), "the reversal of I%lld came back with %s: its money is still at the payee's bank", (long long)original, code);
	if (state == ITEM_REVERSED && ledger_move(r->ledger, THING_ITEM, original, ITEM_SETTLED, "REVERSAL_RETURNED", err) != 0)
		return -1;
	return exception_raise(r, &(struct exception){ .source = source, .reason = "REVERSAL_RETURNED", .partner = partner, .detail = detail, .alarm = true, .item = original, .ccy = VIEW("USD"),
			       .amount = minor, .date = DATE_NONE }, err);
}

/*
 * The payee's bank sends a reversal back: the money stays there, and a person must ask for it.  Had the bank booked the reversal before, the
 * payment is not REVERSED any more: it is where it was, SETTLED.
 */
int reverse_returned(struct route *r, int64_t item, const char *code, struct err *err)
{
	int64_t original = 0, minor = 0;
	char partner[64] = "";
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.reverses, i.amount_minor, b.partner FROM item i JOIN batch b ON b.id=i.batch WHERE i.id=? AND i.reverses IS NOT NULL", "i", item) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		original = rows_int(&rows, 0);
		minor = rows_int(&rows, 1);
		snprintf(partner, sizeof(partner), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
	}
	rows_end(&rows);
	if (rc < 0)
		return -1;
	return rc == 0 ? original_returned(r, item, err) : reversal_returned(r, item, original, minor, partner, code, err);
}
