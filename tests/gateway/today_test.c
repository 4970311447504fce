/* SPDX-License-Identifier: Apache-2.0 */
/*
 * today_test - what `tallygate today` says at each hour of a run's life: by when it must leave, what it waits for, what has not come
 */
#include "tests/lib/route_play.h"

#define NOV9 20766			/* Monday 2026-11-09 */

static bool says(const char *words)
{
	bool there;

	play_ask("today", NULL);
	there = strstr(play_answer, words) != NULL;
	if (!there)
		printf("# it says: %.1500s\n", play_answer);
	return there;
}

static void to_leave(void)
{
	play_begin("2026-11-09T13:00:00Z", 1000);
	ok(says("\"to_leave\":[]"), "on an empty day nothing must leave");
	play_drop("run1", 20, 5000, NOV9 + 1);
	play_until("SELECT count(*) FROM batch WHERE state=2");
	ok(says("\"by\":\"2026-11-09 17:00 America/New_York\",\"minutes_left\":540"), "a run for Tuesday must leave on Monday by 17:00 there: nine hours are left");
	ok(says("\"waits_for\":\"1 more approval, not by hr/register\""), "it waits for one person, and not for its maker");
	play_clock("2026-11-09T21:59:30Z");
	ok(says("\"minutes_left\":0"), "half a minute before it no minute is left");
	play_clock("2026-11-09T22:30:00Z");
	ok(says("\"minutes_left\":-30"), "half an hour later it is missed by thirty minutes");
	play_decide("approve", 'B', 1, 0, NULL);
	ok(says("\"waits_for\":\"a person: held, MISSED_CUTOFF\""), "approved too late it is held, and today says why");
	play_decide("redate", 'B', 1, 1, "effective=2026-11-12");
	ok(says("\"by\":\"2026-11-10 17:00 America/New_York\""), "for Thursday it must leave on Tuesday: Wednesday is Veterans Day");
	play.away[PAIR_SIGN] = true;
	play_decide("approve", 'B', 1, 0, NULL);
	play_until("SELECT count(*) FROM artifact WHERE state=3");
	ok(says("\"waits_for\":\"its file A1, VERIFIED\""), "written, it waits for its signature");
	play.away[PAIR_SIGN] = false;
	play.away[PAIR_DELIVER] = true;
	play_until("SELECT count(*) FROM delivery WHERE state=1");
	ok(says("\"waits_for\":\"its delivery D1, INTENT\""), "signed, it waits for the link");
	play.away[PAIR_DELIVER] = false;
	play_until("SELECT count(*) FROM batch WHERE items_state=8");
	ok(says("\"to_leave\":[]") && says("\"kind\":\"settlement\""), "delivered, it need not leave any more, and its settlement is awaited");
	play_end();
}

/* The clocks go forward on Sunday 2026-03-08: Friday's 17:00 is 22:00Z, Monday's is 21:00Z. */
static void over_the_change(void)
{
	date_t tuesday, monday;

	date_parse_iso(&monday, VIEW("2026-03-09"));
	tuesday = monday + 1;
	play_begin("2026-03-06T20:00:00Z", 1000);
	play_drop("run1", 2, 5000, monday);
	play_until("SELECT count(*) FROM batch WHERE state=2");
	ok(says("\"by\":\"2026-03-06 17:00 America/New_York\",\"minutes_left\":120"), "on Friday 15:00 in winter time two hours are left for Monday");
	play_clock("2026-03-06T21:00:00Z");
	play_drop("run2", 2, 5000, tuesday);
	play_until("SELECT count(*)=2 FROM batch WHERE state=2");
	ok(says("\"by\":\"2026-03-09 17:00 America/New_York\",\"minutes_left\":4320"), "until Monday 17:00 in summer time it is an hour less than three days and an hour");
	play_end();
}

static void statements(void)
{
	struct config_pair account = { (char *)(uintptr_t)"777", (char *)(uintptr_t)"USD" };
	int64_t line = -100;

	play_begin("2026-11-10T13:00:00Z", 1000);
	play.partners[1].accounts = &account;
	play.partners[1].n_accounts = 1;
	ok(says("\"statements_awaited\":[{\"from\":\"bank\"") && says("\"as_of\":\"2026-11-09\",\"last\":null"), "on Tuesday the statement as of Monday is awaited");
	play_statement(NOV9, &line, 1);
	play_until("SELECT count(*) FROM bank_statement");
	ok(says("\"statements_awaited\":[]"), "it came: none is awaited");
	play_clock("2026-11-11T13:00:00Z");
	ok(says("\"statements_awaited\":[]"), "on Veterans Day none is awaited");
	play_clock("2026-11-12T13:00:00Z");
	ok(says("\"as_of\":\"2026-11-10\",\"last\":\"2026-11-09\""), "on Thursday the one as of Tuesday is");
	play_end();
}

/* A hundred runs that wait for one person are one line; what is different is told by itself. */
static void many(void)
{
	char name[40];

	play_begin("2026-11-09T13:00:00Z", 1000);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "run%d", i);
		play_drop(name, 1, 5000, NOV9 + (i == 50 ? 2 : 1) + (i == 50));
	}
	play_until("SELECT count(*)=100 FROM batch WHERE state=2");
	ok(says("\"count\":99,\"amount_minor\":495000,\"effective_date\":\"2026-11-10\"") && says("\"batches\":99}"), "ninety-nine runs alike are one line with their payments and sum");
	ok(says("\"count\":1,\"amount_minor\":5000,\"effective_date\":\"2026-11-12\"") && says("\"batches\":1}"), "one of another day stands by itself");
	play_end();
}

/* A thousand outstanding checks and forty alarms are no thousand and forty lines. */
static void grown(void)
{
	struct err e = { 0, "" };

	play_begin("2026-11-12T13:00:00Z", 1000);
	ledger_begin(play.route->ledger, &e);
	ledger_do(play.route->ledger, &e, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1000) INSERT INTO expected(kind, item, book_item, partner, account, ccy,"
		  " amount_minor, effective, reference, state, first_seen) SELECT 'check', i, i, 'bank', '00777', 'USD', -100, 20760+i%7, i, 1, 20766 FROM n", "");
	ledger_do(play.route->ledger, &e, "INSERT INTO expected(kind, artifact, partner, account, ccy, amount_minor, effective, reference, state, first_seen)"
		  " VALUES('settlement',1,'bank','00777','USD',-500,20767,'A',1,1),('settlement',2,'bank','00777','USD',-600,20767,'B',1,1),('settlement',3,'bank','00777','USD',-700,20769,'C',1,1)", "");
	ledger_do(play.route->ledger, &e, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<40) INSERT INTO exception(source, reason, alarm, partner, detail, deadline, state)"
		  " SELECT 'x'||i, 'UNKNOWN_SERIAL', 1, 'bank', 'number '||i, CASE i WHEN 17 THEN '2026-11-13T17:00:00Z' END, 3 FROM n", "");
	ledger_do(play.route->ledger, &e, "INSERT INTO exception(source, reason, alarm, partner, detail, state) VALUES('y1','VOID_PRESENTED',1,'bank','one',3),('y2','VOID_PRESENTED',1,'bank','two',3)", "");
	ledger_commit(play.route->ledger, &e);
	ok(says("{\"id\":null,\"kind\":\"check\",\"partner\":\"bank\",\"account\":\"*0777\",\"currency\":\"USD\",\"count\":1000,\"amount_minor\":-100000,\"effective_date\":\"2026-11-03\",\"days_since\":9"),
	   "a thousand outstanding checks are one line of their account: how many, their sum, the oldest: %s", e.text);
	ok(says("\"kind\":\"settlement\",\"partner\":\"bank\",\"account\":\"*0777\",\"currency\":\"USD\",\"count\":2,\"amount_minor\":-1100"), "two settlements of a day are one");
	ok(says("\"count\":1,\"amount_minor\":-700,\"effective_date\":\"2026-11-12\",\"days_since\":0,\"reference\":\"C\""), "one alone is named");
	ok(says("\"detail\":\"number 17\",\"deadline\":\"2026-11-13T17:00:00Z\"") && says("\"count\":40") && strstr(play_answer, "number 18") == NULL,
	   "forty alarms of a kind are one line that names the most urgent");
	ok(says("\"detail\":\"one\"") && says("\"detail\":\"two\""), "two are told one by one");
	play_end();
}

int main(void)
{
	to_leave();
	over_the_change();
	statements();
	grown();
	many();
	return done_testing();
}
