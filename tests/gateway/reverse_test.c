/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reverse_test - money is asked back once, in time, by two persons, and only what is still there
 */
#include "tests/lib/route_play.h"

#define NOV(d) (20757 + (d))		/* 20758 = 2026-11-01 */

static bool says(const char *words)
{
	bool there = strstr(play_answer, words) != NULL;

	if (!there)
		printf("# it says: %s\n", play_answer);
	return there;
}

/* A run of ten, effective on Tuesday the 10th, delivered and settled. */
static void settled_run(void)
{
	int64_t line = -50000;

	play_begin("2026-11-09T13:00:00Z", 100000000);
	play_drop("run1", 10, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE items_state=8");
	play_clock("2026-11-11T01:00:00Z");
	play_statement(NOV(10), &line, 1);
	play_until("SELECT count(*) FROM batch WHERE items_state=12");
}

static int64_t item(int64_t nth)
{
	int64_t id = 0;

	ledger_int(play.route->ledger, &id, NULL, "SELECT id FROM item WHERE batch=1 ORDER BY id LIMIT 1 OFFSET ?", "i", nth);
	return id;
}

static void return_one(int64_t nth)
{
	struct err e = { 0 };
	int64_t id = item(nth);

	ledger_begin(play.route->ledger, &e);
	if (ledger_move(play.route->ledger, THING_ITEM, id, ITEM_RETURNED, "R03", &e) != 0)
		printf("# %s\n", e.text);
	ledger_commit(play.route->ledger, &e);
}

static bool record_says(const char *sha, enum record_kind kind, enum record_field f, const char *want)
{
	struct buf bytes = { 0 };
	struct view rest;
	struct record rec;
	bool good = false;

	play_spooled(sha, &bytes);
	for (rest = buf_as_view(&bytes); !good && wire_cut_record(&rest, &rec) == 1;)
		good = rec.kind == kind && view_eq(record_text(&rec, f), view_of(want));
	buf_release(&bytes);
	return good;
}

static void a_run(void)
{
	int64_t line = 40000;

	settled_run();
	return_one(2);
	return_one(7);
	play_clock("2026-11-12T13:00:00Z");
	play_decide("reverse", 'B', 1, 0, NULL);
	ok(says("B2 reverses 8 payments on 2026-11-13; another person must approve it"), "a settled run of ten, two returned, is reversed for eight on the next banking day");
	ok(play_figure("SELECT count(*) FROM batch WHERE id=2 AND kind='reversal' AND state=2 AND debit_minor=40000 AND credit_minor=0 AND persons=1") == 1, "the same amounts the other way round, waiting for a person though below every limit");
	ok(play_figure("SELECT count(*)=8 FROM item x JOIN item i ON i.id=x.reverses WHERE x.batch=2 AND x.code='27' AND i.code='22' AND x.amount_minor=i.amount_minor AND x.account=i.account"
		       " AND x.routing=i.routing AND CAST(x.individual_id AS INTEGER)=i.trace AND length(x.individual_id)=15"), "each names its original's trace, pays from its account and mirrors its code");
	play_decide("reverse", 'B', 1, 1, NULL);
	ok(says("has no payment that could be reversed"), "a second reversal of it is refused");
	play_decide("reverse", 'I', item(0), 1, NULL);
	ok(says("has no payment that could be reversed"), "and one of a single payment of it");
	play_decide("approve", 'B', 2, 0, NULL);
	ok(says("touched this run"), "who asked for it cannot approve it");
	play_decide("approve", 'B', 2, 1, NULL);
	ok(play_until("SELECT count(*) FROM batch WHERE id=2 AND items_state=8"), "another person approves, and it is delivered");
	ok(record_says(play.sent[1].sha, RECORD_BATCH, F_DESCRIPTION, "REVERSAL") && record_says(play.sent[1].sha, RECORD_BATCH, F_SERVICE_CLASS, "225") &&
	   record_says(play.sent[1].sha, RECORD_BATCH, F_COMPANY_ID, "1234567890") && record_says(play.sent[1].sha, RECORD_BATCH, F_SEC, "PPD"), "as REVERSAL, debits only, of the same company and class");
	ok(play_figure("SELECT items_state FROM batch WHERE id=1") == ITEM_SETTLED, "delivered is not reversed: the originals are still SETTLED");
	play_decide("reverse", 'B', 2, 1, NULL);
	ok(says("is a reversal itself"), "a reversal is not reversed");
	play_clock("2026-11-14T01:00:00Z");
	play_statement(NOV(13), &line, 1);
	ok(play_until("SELECT count(*) FROM batch WHERE id=2 AND items_state=12") && play_figure("SELECT items_state FROM batch WHERE id=1") == ITEM_REVERSED, "when the bank has booked it they are REVERSED");
	ok(play_figure("SELECT count(*)=2 FROM item WHERE batch=1 AND state=13"), "and what was returned stays RETURNED");
	play_end();
}

static void one_payment(void)
{
	int64_t line = 5000;

	settled_run();
	play_decide("reverse", 'I', item(0), 0, NULL);
	ok(says("reverses 1 payment on 2026-11-13"), "on a holiday the next banking day but one is the first that can be made");
	play_decide("reject", 'B', 2, 0, NULL);
	play_decide("reverse", 'I', item(0), 0, NULL);
	ok(says("B3 reverses 1 payment"), "after its reversal was rejected a payment can be reversed again");
	play_decide("reverse", 'B', 1, 0, NULL);
	ok(says("B4 reverses 9 payments"), "the rest of its run as well, without it");
	play_decide("approve", 'B', 3, 1, NULL);
	play_until("SELECT count(*) FROM batch WHERE id=3 AND items_state=8");
	play_clock("2026-11-16T13:00:00Z");
	play_statement(NOV(13), &line, 1);
	ok(play_until("SELECT count(*) FROM item WHERE state=14 AND id=(SELECT min(id) FROM item)") && play_figure("SELECT items_state FROM batch WHERE id=1") == ITEM_SETTLED, "its bank line makes that payment REVERSED, and no other");
	play_clock("2026-11-18T01:00:00Z");
	play_end();
}

static void late(void)
{
	settled_run();
	play_clock("2026-11-18T15:00:00Z");		/* Wednesday: 12, 13, 16, 17, 18 are five banking days after the 10th */
	play_decide("reverse", 'I', item(1), 0, NULL);
	ok(says("B2 reverses 1 payment on 2026-11-19"), "on the fifth banking day after the settlement it is still possible");
	play_clock("2026-11-19T15:00:00Z");
	play_decide("approve", 'B', 2, 1, NULL);
	ok(play_figure("SELECT count(*) FROM batch WHERE id=2 AND state=4 AND why='MISSED_CUTOFF'") == 1, "approved on the sixth it is held");
	play_decide("redate", 'B', 2, 0, "effective=2026-11-23");
	play_decide("approve", 'B', 2, 1, NULL);
	ok(play_figure("SELECT count(*) FROM batch WHERE id=2 AND state=4 AND why='MISSED_CUTOFF'") == 1, "no other date makes it good");
	play_decide("reverse", 'I', item(2), 0, NULL);
	ok(says("a reversal must be sent within 5 banking days"), "on the sixth day it is refused");
	play_end();

	play_begin("2026-11-09T13:00:00Z", 1000);
	play_drop("run1", 3, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play_decide("reverse", 'B', 1, 0, NULL);
	ok(says("has no payment that could be reversed"), "what has not left is not reversed");
	play_end();
}

int main(void)
{
	a_run();
	one_payment();
	late();
	return done_testing();
}
