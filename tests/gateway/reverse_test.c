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

/* The payee's bank sends an item back; a large file of returns nobody knows around it takes the other way through route. */
static void comes_back(const char *which, int64_t minor, const char *type, bool large)
{
	char account[24], name[24];
	int64_t trace = 0, id = 0;
	uint64_t seq = 0;
	struct rows rows;
	struct record r;

	play.partners[1].n_in = 2;
	buf_clear(&play.statement);
	ledger_int(play.route->ledger, &id, NULL, which, "");
	if (ledger_query(&rows, play.route->ledger, NULL, "SELECT trace, account, code FROM item WHERE id=?", "i", id) == 0 && rows_next(&rows) == 1) {
		trace = rows_int(&rows, 0);
		snprintf(account, sizeof(account), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		play_return(&seq, trace, account, minor, NOV(16));
		for (struct view rest = buf_as_view(&play.statement); wire_cut_record(&rest, &r) == 1;) {
			struct buf again = { 0 };

			record_set_text(&r, F_TRANSACTION_CODE, rows_text(&rows, 2).p[1] >= '5' ? VIEW("26") : VIEW("21"));
			if (type != NULL)
				record_set_text(&r, F_TYPE, view_of(type));
			wire_put_record(&again, &r);
			buf_release(&play.statement);
			play.statement = again;
			break;
		}
		rows_end(&rows);
	}
	for (int i = 0; large && i < 6000; i++)
		play_return(&seq, INT64_C(555555550000000) + i, "1", 100, NOV(16));
	snprintf(name, sizeof(name), "ret%lld.ach", (long long)++play.statement_n);
	play_seen("bank/returns", name);
	play_until("SELECT (SELECT count(*) FROM parcel WHERE purpose='return' AND state<>6)=0 AND (SELECT count(*) FROM ach_return WHERE state=1)=0");
}

#define REVERSAL "SELECT min(id) FROM item WHERE batch=2"

/* A run of ten, two of them asked back, delivered on the 12th for the 13th. */
static void reversed(void)
{
	settled_run();
	play_decide("reverse", 'I', item(0), 0, NULL);
	play_decide("reverse", 'I', item(1), 0, NULL);
	play_decide("approve", 'B', 2, 1, NULL);
	play_decide("approve", 'B', 3, 1, NULL);
	play_until("SELECT count(*)=2 FROM batch WHERE kind='reversal' AND items_state=8");		/* in one file */
}

static void booked(date_t day, int64_t minor)
{
	play_statement(day, &minor, 1);
	play_until("SELECT count(*)=0 FROM expected WHERE kind='settlement' AND state=1");
}

static void reversal_returned(bool large)
{
	reversed();
	play_clock("2026-11-14T01:00:00Z");
	booked(NOV(13), 10000);
	ok(play_figure("SELECT count(*)=2 FROM item WHERE batch=1 AND state=14"), "two payments of the run are REVERSED, their money is here%s", large ? " (large files)" : "");
	play_clock("2026-11-16T15:00:00Z");
	comes_back(REVERSAL, -5000, "return", large);
	ok(play_figure("SELECT state FROM item WHERE batch=2") == ITEM_RETURNED, "when the payee's bank sends one reversal back, it is RETURNED");
	ok(play_figure("SELECT state FROM item WHERE id=(SELECT reverses FROM item WHERE batch=2)") == ITEM_SETTLED && play_figure("SELECT count(*)=1 FROM item WHERE batch=1 AND state=14"),
	   "its payment is SETTLED again, and the other one stays REVERSED");
	ok(play_figure("SELECT count(*) FROM exception WHERE reason='REVERSAL_RETURNED' AND alarm=1 AND state=3 AND item=(SELECT reverses FROM item WHERE batch=2) AND amount_minor=5000") == 1,
	   "a person must ask for that money: an alarm names the payment");
	ok(play_figure("SELECT count(*) FROM expected WHERE kind='return' AND state=1 AND amount_minor=-5000 AND effective=20773") == 1, "and the bank will take the money of the reversal from our account");
	booked(NOV(16), -5000);
	ok(play_until("SELECT count(*) FROM expected WHERE kind='return' AND state=2 AND amount_minor=-5000"), "which its statement shows");
	comes_back(REVERSAL, -5000, "return", large);
	ok(play_figure("SELECT count(*) FROM ach_return WHERE state=3 AND reason='RETURN_UNLINKED' AND item IS NULL AND detail LIKE '%is RETURNED and cannot come back'") == 1
	   && play_figure("SELECT count(*) FROM expected WHERE kind='return'") == 1, "the same return once more is an exception that says so, and nothing is expected of it");
	play_decide("reverse", 'I', item(0), 1, NULL);
	ok(says("has no payment that could be reversed") || says("banking days"), "what was returned once is not asked back a second time");
	comes_back("SELECT reverses FROM item WHERE batch=2", 5000, "return", large);
	ok(play_figure("SELECT state FROM item WHERE id=(SELECT reverses FROM item WHERE batch=2)") == ITEM_RETURNED && play_figure("SELECT count(*) FROM exception WHERE reason='REVERSAL_RETURNED' AND state=3") == 0,
	   "when the payment itself comes back after all, the alarm ends");
	comes_back("SELECT reverses FROM item WHERE batch=3", 5000, "return", large);
	ok(play_figure("SELECT state FROM item WHERE id=(SELECT reverses FROM item WHERE batch=3)") == ITEM_REVERSED
	   && play_figure("SELECT count(*) FROM ach_return WHERE state=3 AND detail LIKE '%is REVERSED and cannot come back'") == 1, "a payment whose reversal is booked does not come back by itself as well: a person looks");
	play_end();
}

static void not_booked_yet(bool large)
{
	reversed();
	comes_back(REVERSAL, -5000, "return", large);
	ok(play_figure("SELECT state FROM item WHERE batch=2") == ITEM_RETURNED && play_figure("SELECT items_state FROM batch WHERE id=1") == ITEM_SETTLED
	   && play_figure("SELECT count(*) FROM exception WHERE reason='REVERSAL_RETURNED' AND state=3") == 1, "a reversal may come back before the bank has booked it%s", large ? " (large files)" : "");
	play_clock("2026-11-14T01:00:00Z");
	booked(NOV(13), 10000);
	ok(play_figure("SELECT count(*)=1 FROM item WHERE batch=1 AND state=14") && play_figure("SELECT count(*) FROM item WHERE batch=1 AND state=14 AND id=(SELECT reverses FROM item WHERE batch=3)") == 1,
	   "when its file is booked, only the payment whose reversal stayed is REVERSED");
	play_end();
}

static void came_back_twice(bool large)
{
	reversed();
	comes_back("SELECT reverses FROM item WHERE batch=2", 5000, "return", large);
	ok(play_figure("SELECT count(*)=1 FROM item WHERE batch=1 AND state=13") && play_figure("SELECT count(*) FROM exception WHERE state=3") == 0, "a payment comes back by itself while its reversal is under way%s",
	   large ? " (large files)" : "");
	play_clock("2026-11-14T01:00:00Z");
	booked(NOV(13), 10000);
	ok(play_figure("SELECT count(*) FROM exception WHERE reason='CAME_BACK_TWICE' AND alarm=1 AND state=3 AND item=(SELECT reverses FROM item WHERE batch=2)") == 1
	   && play_figure("SELECT count(*)=1 FROM item WHERE batch=1 AND state=13"), "when the reversal is booked too, its money is here twice: an alarm, and it stays RETURNED");
	comes_back(REVERSAL, -5000, "return", large);
	ok(play_figure("SELECT state FROM item WHERE batch=2") == ITEM_RETURNED && play_figure("SELECT count(*) FROM exception WHERE state=3") == 0 && play_figure("SELECT sum(amount_minor)=0 FROM expected WHERE kind='return'"),
	   "and ends when the reversal is returned: once here, once there");
	play_end();
}

/* Not of a reversal, but as odd: nothing moves twice, nothing by a dispute, nothing that never left. */
static void odd_returns(bool large)
{
	play_begin("2026-11-09T13:00:00Z", 100000000);
	play_drop("run1", 10, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE items_state=8");
	comes_back("SELECT min(id) FROM item", 5000, "contested", large);
	comes_back("SELECT min(id) FROM item", 5000, "dishonored", large);
	ok(play_figure("SELECT count(*) FROM ach_return WHERE state=3 AND reason='RETURN_DISPUTED'") == 2 && play_figure("SELECT count(*) FROM item WHERE state<>0") == 0
	   && play_figure("SELECT count(*) FROM expected WHERE kind='return'") == 0, "a dishonored or contested return moves nothing: a person looks%s", large ? " (large files)" : "");
	comes_back("SELECT min(id) FROM item", 5000, "return", large);
	ok(play_figure("SELECT count(*) FROM item WHERE state=13") == 1 && play_figure("SELECT items_state FROM batch") == ITEM_DELIVERED && play_figure("SELECT count(*) FROM expected WHERE kind='return' AND amount_minor=5000") == 1,
	   "a payment that the bank has not booked yet can come back");
	comes_back("SELECT min(id) FROM item", 5000, "contested", large);
	ok(play_figure("SELECT count(*) FROM ach_return WHERE state=3 AND reason='RETURN_DISPUTED'") == 3 && play_figure("SELECT count(*) FROM expected WHERE kind='return'") == 1, "nor does a dispute of what has come back");
	comes_back("SELECT min(id) FROM item", 5000, "return", large);
	ok(play_figure("SELECT count(*) FROM ach_return WHERE state=3 AND reason='RETURN_UNLINKED' AND account<>'1'") == 1 && play_figure("SELECT count(*) FROM expected WHERE kind='return'") == 1, "a payment comes back once");
	play_clock("2026-11-11T01:00:00Z");
	booked(NOV(10), -50000);
	ok(play_figure("SELECT items_state FROM batch") == ITEM_SETTLED && play_figure("SELECT count(*) FROM item WHERE state=13") == 1, "the file is settled as a whole, and what came back before stays RETURNED");
	play_drop("run2", 3, 5000, NOV(13));
	play_until("SELECT count(*) FROM batch WHERE id=2 AND items_state=8");
	ledger_do(play.route->ledger, NULL, "UPDATE delivery SET state=4 WHERE artifact=(SELECT artifact FROM batch WHERE id=2)", "");
	comes_back("SELECT min(id) FROM item WHERE batch=2", 5000, "return", large);
	ok(play_figure("SELECT count(*) FROM item WHERE batch=2 AND state<>0") == 0 && play_figure("SELECT count(*) FROM ach_return WHERE state=3 AND account<>'1'") == 5, "what is not known to have arrived does not come back");
	play_end();
}

int main(void)
{
	a_run();
	one_payment();
	late();
	for (int large = 0; large < 2; large++) {
		reversal_returned(large);
		not_booked_yet(large);
		came_back_twice(large);
		odd_returns(large);
	}
	return done_testing();
}
