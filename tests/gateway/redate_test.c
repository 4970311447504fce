/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redate_test - a cut-off missed at the approval, at the signature and before the first byte, and what gets a run going again
 *
 * Whatever was signed for the old date counts no more; the file of the old date never leaves; the new one is paid once.
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

static void at_approval(void)
{
	play_begin("2026-11-09T21:00:00Z", 1000);		/* 16:00 in New York */
	play_drop("run1", 20, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play_decide("redate", 'B', 1, 0, "effective=2026-11-12");
	ok(says("is not held for MISSED_CUTOFF"), "a run that has not missed its cut-off keeps its date");
	play_clock("2026-11-09T22:00:00Z");			/* 17:00 */
	play_decide("approve", 'B', 1, 0, NULL);
	ok(play_figure("SELECT count(*) FROM batch WHERE state=4 AND why='MISSED_CUTOFF'") == 1, "approved at the cut-off minute it is held for MISSED_CUTOFF");
	play_decide("redate", 'B', 1, 0, "effective=2026-11-10");
	ok(says("the earliest effective date is 2026-11-12"), "a date that cannot be made is refused, and the earliest one is named");
	play_decide("redate", 'B', 1, 0, "effective=2026-11-14");
	ok(says("no banking day; the next one is 2026-11-16"), "a Saturday is refused");
	play_decide("redate", 'B', 1, 0, "effective=2027-11-12");
	ok(says("more than 60 days away"), "a year later is refused");
	play_decide("redate", 'B', 1, 0, "effective=soon");
	ok(says("needs --effective"), "a date that is none is refused");
	play_decide("redate", 'B', 1, 0, NULL);
	ok(says("needs --effective"), "no date at all is refused");
	ok(play_figure("SELECT count(*) FROM statement WHERE act='redate'") == 0, "and nothing of it is kept");
	play_decide("redate", 'B', 1, 0, "effective=2026-11-12");
	ok(says("is PROPOSED for 2026-11-12") && play_figure("SELECT count(*) FROM batch WHERE state=2 AND effective=20769") == 1, "with a good date it is PROPOSED again");
	ok(play_figure("SELECT count(*) FROM statement WHERE act='approve' AND spent=1") == 1, "the approval of the old date is spent");
	play_decide("approve", 'B', 1, 0, NULL);
	ok(says("touched this run"), "who re-dated it cannot approve it");
	for (int i = 0; i < 20; i++)
		play_turn();
	ok(play.n_sent == 0, "nothing leaves without a new approval");
	play_decide("approve", 'B', 1, 1, NULL);
	ok(play_until("SELECT count(*) FROM batch WHERE items_state=8") && play.n_sent == 1, "another person approves, and it is delivered");
	ok(play_figure("SELECT effective FROM expected") == NOV(12), "the bank is expected to book it on the new date");
	play_end();
}

/* Two runs share a file; one of them can still make its date. */
static void at_sign(void)
{
	play_begin("2026-11-09T21:00:00Z", 1000);
	play.away[PAIR_SIGN] = true;
	play_drop("run1", 20, 5000, NOV(10));
	play_drop("run2", 10, 7000, NOV(16));
	play_until("SELECT count(*)=2 FROM batch WHERE state=2");
	play_decide("approve", 'B', 1, 0, NULL);
	play_decide("approve", 'B', 2, 0, NULL);
	play_until("SELECT count(*) FROM artifact WHERE state=3");
	play_clock("2026-11-09T22:30:00Z");
	play.away[PAIR_SIGN] = false;
	play.refuse = "MISSED_CUTOFF";
	ok(play_until("SELECT count(*) FROM artifact WHERE state=5 AND why='MISSED_CUTOFF'"), "sign refuses a file that is late; it is held");
	play.refuse = NULL;
	play_decide("redate", 'B', 1, 1, "effective=2026-11-12");
	ok(says("is PROPOSED for 2026-11-12"), "a run in a held file gets another date");
	ok(play_figure("SELECT count(*) FROM batch WHERE id=2 AND state=4 AND why='FILE_REDATED' AND artifact IS NULL"), "its neighbour, in time by itself, comes out of the file and is held");
	play_decide("release", 'A', 1, 0, NULL);
	ok(says("neither rejected nor re-dated"), "the old file cannot be released");
	play_decide("approve", 'B', 1, 0, NULL);
	play_decide("release", 'B', 2, 1, NULL);
	ok(play_figure("SELECT count(*) FROM batch WHERE id=2 AND state=2"), "released, the neighbour waits for a new approval: the old one is spent");
	play_decide("approve", 'B', 2, 0, NULL);
	ok(play_until("SELECT count(*)=2 FROM batch WHERE items_state=8"), "both are delivered");
	ok(play_figure("SELECT count(*) FROM delivery WHERE state=5 AND artifact=1") == 0, "the old file never left");
	ok(play_figure("SELECT count(DISTINCT trace)=30 AND min(trace)=123456780000031 FROM item"), "its traces are not used a second time");
	ok(play_figure("SELECT count(*)=sum(modifier<>'A') FROM artifact WHERE id>1"), "nor its modifier");
	play_end();
}

static void at_intent(void)
{
	play_begin("2026-11-09T21:00:00Z", 1000);
	play.away[PAIR_DELIVER] = true;
	play_drop("run1", 20, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play_decide("approve", 'B', 1, 0, NULL);
	ok(play_until("SELECT count(*) FROM delivery WHERE state=1"), "a signed file waits for the link");
	play_clock("2026-11-09T22:00:01Z");
	play.away[PAIR_DELIVER] = false;
	ok(play_until("SELECT count(*) FROM delivery WHERE state=8 AND why='MISSED_CUTOFF'"), "the link is back after the cut-off: held before its first byte");
	play_decide("redate", 'B', 1, 1, "effective=2026-11-12");
	play_restart();
	play_decide("release", 'D', 1, 0, NULL);
	ok(says("neither rejected nor re-dated"), "after a re-dating the old delivery cannot be released, not after a restart either");
	play_decide("approve", 'B', 1, 0, NULL);
	ok(play_until("SELECT count(*) FROM batch WHERE items_state=8") && play.n_sent == 1, "the new file is delivered, the old one never");
	play_end();
}

int main(void)
{
	at_approval();
	at_sign();
	at_intent();
	return done_testing();
}
