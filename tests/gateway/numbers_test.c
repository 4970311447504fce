/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbers_test - what is numbered is numbered once: 200 runs at once, 40 days, the end of the modifiers and of the traces, large runs
 *
 * Whole days of route in one process; the files' numbers are read again from the bytes that were "sent".
 */
#include "tests/lib/route_play.h"

#define NOV9 20766			/* Monday 2026-11-09 */

static uint32_t roll(uint32_t n)
{
	static uint64_t state = 20261109;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

static void at_once(void)
{
	char name[40];

	play_begin("2026-11-09T13:00:00Z", 100000000000);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "run%d", i);
		play_drop(name, 1 + i % 7, 1000 + i, NOV9 + 1);
	}
	ok(play_until("SELECT count(*)=200 FROM batch WHERE items_state=8"), "200 runs dropped at once are delivered");
	ok(play_figure("SELECT count(*) FROM artifact") <= 4, "in at most four files");
	ok(play_figure("SELECT count(DISTINCT trace)=count(*) AND count(*)=sum(trace IS NOT NULL) FROM item"), "every payment has a trace of its own");
	ok(play_figure("SELECT max(c)=1 FROM (SELECT count(*) AS c FROM batch GROUP BY artifact, number)"), "no two runs have one number in a file");
	play_end();
}

/* One of each day's files is read again: batch numbers 1, 2 ..., traces of one batch ascending. */
static bool ascending(const char *sha)
{
	struct buf bytes = { 0 };
	struct view rest;
	int64_t number = 0, last = 0;
	struct record rec;
	bool good = true;

	play_spooled(sha, &bytes);
	for (rest = buf_as_view(&bytes); wire_cut_record(&rest, &rec) == 1;) {
		if (rec.kind == RECORD_BATCH) {
			good = good && record_num(&rec, F_BATCH_NUMBER, 0) == ++number;
			last = 0;
		} else if (rec.kind == RECORD_PAYMENT) {
			int64_t trace = strtoll(record_text(&rec, F_TRACE).p, NULL, 10);

			good = good && trace > last && trace / 10000000 == 12345678;
			last = trace;
		}
	}
	buf_release(&bytes);
	return good && number > 0;
}

/* 40 banking days: a few runs each, at all hours, a restart now and then; the counter of traces comes to its end on the way. */
static void forty_days(void)
{
	struct calendar c;
	date_t day = NOV9;
	int runs = 0, wrong = 0;
	char name[40], text[24];

	play_begin("2026-11-09T13:00:00Z", 100000000000);
	calendar_init(&c, VIEW("federal-reserve"));
	ledger_do(play.route->ledger, NULL, "INSERT INTO counter(name, value) VALUES('trace:12345678', 9999000)", "");
	for (int d = 0; d < 40; d++, day = calendar_add(&c, day, 1)) {
		int files = 1 + (int)roll(9);

		clock_text((int64_t)day * 86400 + 12 * 3600 + roll(8 * 3600), text);
		play_clock(text);
		for (int i = 0; i < files; i++) {
			snprintf(name, sizeof(name), "d%dr%d", d, i);
			play_drop(name, 1 + (int)roll(9), 100 + roll(9000), calendar_add(&c, day, 1 + (int)roll(3)));
			runs++;
			if (roll(2))
				for (int k = 0; k < 12; k++)
					play_turn();		/* longer than the quiet time: another file */
			if (roll(12) == 0)
				play_restart();
		}
		wrong += !play_reaches("SELECT count(*) FROM batch b JOIN delivery d ON d.artifact=b.artifact WHERE d.state=5", runs);
	}
	is_int(wrong, 0, "on each of 40 banking days every run is delivered");
	ok(play_figure("SELECT count(DISTINCT final_name)=count(*) FROM delivery") && play.n_sent == play_figure("SELECT count(*) FROM artifact"), "every file has a name of its own");
	ok(play_figure("SELECT count(DISTINCT business_key)=count(*) FROM artifact"), "and an origin, date, time and modifier of its own");
	ok(play_figure("SELECT max(c)=1 FROM (SELECT count(*) AS c FROM artifact GROUP BY created_date, modifier)"), "no modifier comes twice on one creation date");
	ok(play_figure("SELECT count(*)=sum(b.effective>=a.created_date) FROM batch b JOIN artifact a ON a.id=b.artifact"), "no file is effective before its day");
	ok(play_figure("SELECT count(DISTINCT trace)=count(*) FROM item"), "no trace comes twice, though the counter began again");
	ok(play_figure("SELECT max(trace%10000000)<=9999999 AND min(trace%10000000)=1 FROM item"), "it began again at 1 when the next file no longer fitted below the last number");
	wrong = 0;
	for (int i = 0; i < play.n_sent; i++)
		wrong += !ascending(play.sent[i].sha);
	is_int(wrong, 0, "in every file batches count from 1 and traces ascend in each batch");
	play_end();
}

static void modifiers(void)
{
	char name[40];

	play_begin("2026-11-09T13:00:00Z", 100000000000);
	for (int i = 0; i < 37; i++) {
		snprintf(name, sizeof(name), "run%d", i);
		play_drop(name, 1, 1000, NOV9 + 1);
		if (i < 36)
			play_reaches("SELECT count(*) FROM delivery WHERE state=5", i + 1);
		else
			play_until("SELECT count(*) FROM batch WHERE why='MODIFIERS_USED'");
	}
	ok(play_figure("SELECT count(DISTINCT modifier)=36 AND min(modifier)='0' AND max(modifier)='Z' FROM artifact"), "36 files of one day have the modifiers A to Z and 0 to 9");
	ok(play_figure("SELECT count(*) FROM batch WHERE state=4 AND why='MODIFIERS_USED'") == 1, "the 37th is held: MODIFIERS_USED");
	play_decide("release", 'B', 37, 0, NULL);
	for (int i = 0; i < 20; i++)
		play_turn();
	ok(play_figure("SELECT count(*) FROM batch WHERE state=4 AND why='MODIFIERS_USED'") == 1, "released on the same day it is held again");
	play_clock("2026-11-10T05:30:00Z");			/* half an hour after midnight there */
	play_decide("redate", 'B', 37, 0, "effective=2026-11-12");
	play_decide("release", 'B', 37, 0, NULL);
	ok(play_until("SELECT count(*) FROM batch WHERE id=37 AND state=4 AND why='MISSED_CUTOFF'"), "on the next day its date cannot be made any more");
	play_decide("redate", 'B', 37, 0, "effective=2026-11-12");
	play_decide("approve", 'B', 37, 1, NULL);
	ok(play_until("SELECT (SELECT count(*) FROM delivery WHERE state=5)=37") && strcmp(play.sent[36].name, "PAY20261110A.ach") == 0, "re-dated and approved it leaves as file A of that day");
	play_end();
}

static void large(void)
{
	play_begin("2026-11-09T13:00:00Z", 100000);
	play.out.batch_entries = 100;
	play_drop("big", 250, 1000, NOV9 + 1);
	ok(play_until("SELECT count(*)=3 FROM batch WHERE state=2"), "a run of 250 where a batch holds 100 is proposed in three parts");
	ok(play_figure("SELECT count(*)=2 FROM batch WHERE count=100") && play_figure("SELECT count(*) FROM batch WHERE count=50 AND part=3") == 1, "of 100, 100 and 50");
	ok(play_figure("SELECT min(persons)=1 FROM batch") == 1, "each waits for a person, though the last part alone is below the limit");
	ok(play_figure("SELECT sum(credit_minor)=250000 FROM batch") && play_figure("SELECT count(DISTINCT items_sha256)=3 FROM batch"), "they add up to the run");
	play_decide("approve", 'B', 1, 0, NULL);
	play_decide("approve", 'B', 2, 0, NULL);
	play_decide("approve", 'B', 3, 0, NULL);
	ok(play_until("SELECT count(*)=3 FROM batch WHERE items_state=8"), "approved, all of it is delivered");
	ok(play_figure("SELECT count(*) FROM artifact") == 1 && ascending(play.sent[0].sha), "as three batches of one file");
	ok(play_figure("SELECT count(*)=3 FROM (SELECT i.batch FROM item i GROUP BY i.batch HAVING max(i.id)-min(i.id)=4*(count(*)-1))"), "cut in the order of the run");
	play_end();

	play_begin("2026-11-09T13:00:00Z", INT64_MAX);
	play_drop("rich", 250, 9999999999, NOV9 + 1);		/* 100 of them are 999,999,999,900 cents */
	ok(play_until("SELECT count(*)=3 FROM batch WHERE items_state=8"), "a run of more cents than twelve digits hold is divided as well");
	ok(play_figure("SELECT max(credit_minor)<=999999999999 FROM batch") == 1, "no batch has more");
	ok(play_figure("SELECT max(credit_minor)<=999999999999 FROM artifact") == 1 && play_figure("SELECT count(*) FROM artifact") == 3, "nor a file: there are three");
	play_end();
}

/* How many of the file's payments in a row have the traces from `first` on. */
static int64_t in_a_row(const char *sha, int64_t first)
{
	struct buf bytes = { 0 };
	struct view rest;
	struct record rec;
	int64_t n = 0;

	play_spooled(sha, &bytes);
	for (rest = buf_as_view(&bytes); wire_cut_record(&rest, &rec) == 1;)
		if (rec.kind == RECORD_PAYMENT && strtoll(record_text(&rec, F_TRACE).p, NULL, 10) == first + n)
			n++;
	buf_release(&bytes);
	return n;
}

#define TOLD "SELECT count(*)=60000 AND count(trace)=60000 AND count(room)=0 AND min(trace)=123456780000001 AND sum(trace<>123456780000001+(id-(SELECT min(id) FROM item))/4)=0 FROM item"

/* Large enough that its items are told their traces piece by piece: never later than the file leaves, and whatever happens between. */
static void told_later(void)
{
	play_begin("2026-11-09T13:00:00Z", INT64_MAX);
	play_drop("huge", 60000, 1000, NOV9 + 1);
	ok(play_until("SELECT count(*) FROM artifact"), "a run of 60,000 has its file's numbers");
	ok(play_figure("SELECT count(*)=60000 AND count(trace)<60000 FROM item"), "before every payment was told its trace");
	ok(play_until("SELECT count(*)>=1 FROM delivery WHERE state>1") && play_figure(TOLD) == 1, "when the file begins to leave each has been told, and has given up its room");
	ok(play_until("SELECT count(*)=1 FROM batch WHERE items_state=8") && in_a_row(play.sent[0].sha, 123456780000001) == 60000, "they are the traces that stand in the file");
	play_end();

	play_begin("2026-11-09T13:00:00Z", INT64_MAX);
	play_drop("huge", 60000, 1000, NOV9 + 1);
	play_until("SELECT count(trace) BETWEEN 1 AND 59999 FROM item");
	play_restart();
	ok(play_figure("SELECT count(trace) BETWEEN 1 AND 59999 FROM item") && play_figure("SELECT count(*) FROM delivery WHERE state>1") == 0, "route ends when some have been told");
	ok(play_until("SELECT count(*)=1 FROM batch WHERE items_state=8") && play_figure(TOLD) == 1 && in_a_row(play.sent[0].sha, 123456780000001) == 60000,
	   "and the next one tells the others the same");
	play_end();
}

static void company_day(void)
{
	int64_t net, lines[1];

	play_begin("2026-11-09T13:00:00Z", 100000000000);
	play.out.settles = SETTLES_COMPANY_DAY;
	play_drop("one", 3, 1000, NOV9 + 1);
	play_until("SELECT count(*)=1 FROM batch WHERE items_state=8");
	play_drop("two", 5, 2000, NOV9 + 1);
	play_until("SELECT count(*)=2 FROM batch WHERE items_state=8");
	play_drop("later", 2, 500, NOV9 + 3);
	play_until("SELECT count(*)=3 FROM batch WHERE items_state=8");
	play_clock("2026-11-12T13:00:00Z");
	lines[0] = -3000;
	play_statement(NOV9 + 1, lines, 1);
	play_until("SELECT count(*) FROM bank_line WHERE state=3");
	ok(play_figure("SELECT count(*) FROM batch WHERE items_state=12") == 0, "a line of one file's amount settles nothing where the bank nets a company's day");
	net = -13000;
	play_statement(NOV9 + 1, &net, 1);
	ok(play_until("SELECT count(*)=2 FROM batch WHERE items_state=12"), "the net of both files of that day settles both");
	ok(play_figure("SELECT count(*) FROM batch WHERE id=3 AND items_state<>12") == 1, "and not the file of another day");
	ok(play_figure("SELECT count(*) FROM match WHERE rule='group-total' AND explanation LIKE '%1234567890 of 2026-11-10%'") == 1, "the match shows the sum and its key");
	lines[0] = -1000;
	play_statement(NOV9 + 3, lines, 1);
	ok(play_until("SELECT count(*)=3 FROM batch WHERE items_state=12"), "a day with one file settles by that file's line");
	play_end();
}

/* Two dates in one file settle on two days. */
static void two_dates(void)
{
	int64_t line = -3000;

	play_begin("2026-11-09T13:00:00Z", 100000000000);
	play_drop("one", 3, 1000, NOV9 + 1);
	play_drop("two", 5, 2000, NOV9 + 3);
	play_until("SELECT count(*)=2 FROM batch WHERE items_state=8");
	ok(play_figure("SELECT count(*) FROM artifact") == 1 && play_figure("SELECT count(*) FROM expected") == 2, "a file with two effective dates is expected as two lines");
	play_clock("2026-11-10T23:00:00Z");
	play_statement(NOV9 + 1, &line, 1);
	ok(play_until("SELECT count(*)=1 FROM batch WHERE items_state=12") && play_figure("SELECT id FROM batch WHERE items_state=12") == 1, "the first line settles the run of that day only");
	play_end();
}

int main(void)
{
	at_once();
	forty_days();
	modifiers();
	large();
	told_later();
	company_day();
	two_dates();
	return done_testing();
}
