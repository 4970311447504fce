/* SPDX-License-Identifier: Apache-2.0 */
/*
 * returns_bulk_test - a return file too large for one transaction: each payment is returned once, whatever comes between the pieces
 *
 * 40,000 payments, all returned but for a few returns that are wrong: these go the way of a small file and become exceptions.  The first
 * half comes back in the order that it left, the second in none.  Lots of 15,000, sorted by themselves; a crash in the first and in the second.
 */
#include "gateway/audit.h"
#include "gateway/roles/route/bulk.h"
#include "tests/lib/route_play.h"

#define NOV(d) (20757 + (d))
#define PEOPLE 40000

static void write_returns(void)
{
	uint64_t seq = 0;
	char account[24];

	buf_clear(&play.statement);
	for (int n = 0; n < PEOPLE; n++) {
		int i = n < PEOPLE / 2 ? n : PEOPLE / 2 + (n - PEOPLE / 2) * 9973 % (PEOPLE / 2);
		int64_t trace = INT64_C(123456780000001) + i;

		snprintf(account, sizeof(account), "%d", 40000000 + i);
		if (i == 10)
			play_return(&seq, trace, account, 501, NOV(12));		/* a cent too much */
		else if (i == 20)
			play_return(&seq, trace, "66", 500, NOV(12));			/* another account */
		else if (i == 30)
			play_return(&seq, INT64_C(123456789999999), account, 500, NOV(12));	/* nobody's trace */
		else if (i == 40 || i == 30040)
			play_return(&seq, trace, account, 499, NOV(12));		/* and then as it should be */
		if (i != 10 && i != 20 && i != 30)
			play_return(&seq, trace, account, 500, i < 1000 ? NOV(13) : NOV(12));
		if (i == 15000 || i == 25000)
			play_return(&seq, trace, account, 500, NOV(12));		/* twice */
	}
	play.statement_n++;
	play_seen("bank/returns", "ret1.ach");
}

int main(void)
{
	struct audit_head head;
	struct err e = { 0 };
	int64_t before, bad;

	returns_lot = 15000;
	play_begin("2026-11-09T13:00:00Z", 100000000000);
	play.partners[1].n_in = 2;
	play_drop("run1", PEOPLE, 500, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE items_state=8");
	play_clock("2026-11-12T13:00:00Z");
	before = play_figure("SELECT count(*) FROM audit");
	write_returns();
	for (int i = 0; i < 200 && play_figure("SELECT count(*) FROM bulk") != 1; i++)
		play_turn();
	ok(play_figure("SELECT count(*) FROM bulk") == 1 && play_figure("SELECT count(*) FROM parcel WHERE purpose='return' AND state=5") == 1, "a large return file is taken piece by piece");
	ok(play_figure("SELECT count(*) FROM item WHERE state=13") > 0 && play_figure("SELECT count(*) FROM item WHERE state=13") < PEOPLE - 3, "after a piece a part of it is linked");
	play_restart();
	for (int i = 0; i < 200 && play_figure("SELECT max(next) FROM bulk") < 15000; i++)
		play_turn();
	ok(play_figure("SELECT count(*) FROM bulk WHERE next>15000") == 1, "after a crash it goes on where it was, and comes to the second lot");
	play_restart();
	ok(play_until("SELECT count(*) FROM parcel WHERE purpose='return' AND state=6"), "after another one it comes to its end");
	ok(play_until("SELECT count(*)=7 FROM ach_return WHERE state=3"), "seven returns are exceptions: three amounts, an account, a trace, and the two that came twice");
	is_int(play_figure("SELECT count(*) FROM item WHERE state=13"), PEOPLE - 3, "every other payment is RETURNED");
	ok(play_figure("SELECT count(*)=2 FROM ach_return w JOIN ach_return x ON x.original_trace=w.original_trace AND x.seq=w.seq+1 WHERE w.state=3 AND w.amount_minor IN (-499,499) AND x.state=2"),
	   "a return of another amount does not keep the right one behind it from its payment");
	ok(play_figure("SELECT count(*)=2 FROM ach_return w JOIN ach_return x ON x.original_trace=w.original_trace AND x.seq=w.seq+1 WHERE w.state=2 AND x.state=3"), "of two that fit the first one counts");
	ok(play_figure("SELECT count(*)=0 FROM ach_return x JOIN item i ON i.id=x.item WHERE x.state=2 AND (x.account<>i.account OR CAST(x.original_trace AS INTEGER)<>i.trace OR x.code<>i.why)"),
	   "and every payment has the reason and the account of its own return");
	ok(play_figure("SELECT count(*)=count(DISTINCT item) FROM ach_return WHERE state=2") && play_figure("SELECT count(*) FROM ach_return WHERE state=2") == PEOPLE - 3, "each by one return");
	ok(play_figure("SELECT sum(amount_minor)=500*(40000-3) FROM expected WHERE kind='return'") && play_figure("SELECT count(*) FROM expected WHERE kind='return' AND effective=20770") == 1, "the bank must show the sum of each day that it settles");
	ok(play_figure("SELECT count(*) FROM expected WHERE kind='return'") < 10, "in a few lines, not one for each");
	ok(play_figure("SELECT count(*) FROM audit") - before < 60, "with a few audit entries, each over count, sum and ids");
	ok(audit_verify(play.route->ledger, &head, &bad, &e) == 1, "and the audit holds");
	play_ask("status", NULL);
	ok(strstr(play_answer, "{\"state\":\"RETURNED\",\"count\":39997,\"amount_minor\":19998500}") != NULL && strstr(play_answer, "\"count\":3,\"amount_minor\":1500}") != NULL,
	   "status counts what is returned and what is not");
	play_end();
	return done_testing();
}
