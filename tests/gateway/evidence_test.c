/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_test - a worker that lies: whatever it says belongs together is proved from the ledger before anything is settled
 *
 * The worker is away; its answers are written here, one true and many that differ from the truth in one respect.
 */
#include "tests/lib/bank_play.h"

/* One answer of a worker, true as it stands; a case changes a part of it. */
struct lie { int64_t lines[3], items[4]; size_t n_lines, n_items; const char *rule, *version; int64_t field, from, size, reading; };

static void put_ids(struct buf *m, uint16_t tag, const int64_t *ids, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_u64(&b, (uint64_t)ids[i]);
	wire_view(m, tag, buf_as_view(&b));
	buf_release(&b);
}

static int64_t job(void)
{
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (play.route->jobs[i].kind == JOB_SETTLE)
			return play.route->jobs[i].id;
	return 0;
}

static void say(const struct lie *k)
{
	struct buf m = { 0 }, one = { 0 };

	wire_begin(&one, 0);
	wire_num(&one, T_GO, 1);
	put_ids(&one, T_BYTES, k->lines, k->n_lines);
	put_ids(&one, T_CANDIDATES, k->items, k->n_items);
	wire_text(&one, T_RULE, k->rule);
	wire_text(&one, T_VERSION, k->version);
	wire_num(&one, T_SCORE, 9999);
	if (k->field >= 0) {
		wire_num(&one, T_FIELD, k->field);
		wire_num(&one, T_FIRST, k->from);
		wire_num(&one, T_SIZE, k->size);
		wire_num(&one, T_READING, k->reading);
	}
	wire_text(&one, T_TEXT, "believe me");
	wire_begin(&m, M_SETTLED);
	wire_num(&m, T_JOB, job());
	wire_num(&m, T_FIRST, play.route->settle.part);
	wire_num(&m, T_READY, 0);
	wire_view(&m, T_MATCH, buf_as_view(&one));
	buf_release(&one);
	play_say(PAIR_RECONCILE, &m);
}

#define REF(at, n) .rule = "reference-text", .version = "1", .field = 5, .from = at, .size = n, .reading = 1

/*
 * Items 1 INV-100001 -100.00, 2 INV-100002 -100.00, 3 and 4 SLIP-2026 -30.00 and -20.00, 5 INV-100005 +100.00, 6 another account, 7 no
 * reference -70.00, 8 INV-1OOO08 -80.00, 9 far away in time, 10 INV-100010 and 11 void.
 */
static void items(void)
{
	begin("2026-11-09T08:00:00Z");
	book_item("K1", "DE777", "EUR", -10000, NOV(10), "INV-100001", "", "");
	book_item("K2", "DE777", "EUR", -10000, NOV(10), "INV-100002", "", "");
	book_item("K3", "DE777", "EUR", -3000, NOV(10), "", "SLIP-2026", "");
	book_item("K4", "DE777", "EUR", -2000, NOV(10), "", "SLIP-2026", "");
	book_item("K5", "DE777", "EUR", 10000, NOV(10), "INV-100005", "", "");
	book_item("K6", "777", "USD", -10000, NOV(10), "INV-100006", "", "");
	book_item("K7", "DE777", "EUR", -7000, NOV(10), "", "", "");
	book_item("K8", "DE777", "EUR", -8000, NOV(10), "INV-1OOO08", "", "");
	book_item("K9", "DE777", "EUR", -9000, NOV(10) - 200, "INV-100009", "", "");
	book_item("K10", "DE777", "EUR", -11000, NOV(10), "INV-100010", "", "");
	book_item("K11", "DE777", "EUR", -12000, NOV(10), "INV-100011", "", "VOID");
	book_done("book.csv");
	play.away[PAIR_RECONCILE] = true;
	sheet("DE777", "EUR", NOV(11), false, "");
	line(-10000, "NTRF", "B1", "FOR INV-100001");		/* L1 */
	line(-5000, "NTRF", "B2", "DEPOSIT SLIP-2026");		/* L2 */
	line(-7000, "NTRF", "B3", "");				/* L3 */
	line(-8000, "NTRF", "B4", "FOR INV-100008");		/* L4: letters for digits */
	line(-9000, "NTRF", "B5", "FOR INV-100009");		/* L5 */
	line(-11000, "NTRF", "B6", "FOR INV-100011");		/* L6: a digit more is another one */
	line(-12000, "NTRF", "B7", "FOR INV-100011");		/* L7 */
	sheet_done("eurobank/statements", "d11.sta");
}

static void one(const char *what, const struct lie *k, bool taken)
{
	items();
	ok(job() != 0, "the account is out to be matched");
	say(k);
	is_int(play_figure("SELECT count(*) FROM match") > 0, taken, "%s", what);
	if (!taken && k->n_lines > 0 && k->lines[0] < 8 && k->rule[0] != '?' && strcmp(k->version, "1") == 0 && k->n_items > 0)
		is_int(play_figure("SELECT count(*) FROM bank_line WHERE state=3 AND reason IN ('AMBIGUOUS','REF_CONFLICT')") > 0, true, "and the line is left to a person");
	is_int(play_figure("SELECT count(*) FROM expected WHERE state=2"), taken ? (int64_t)k->n_items : 0, "no item moves but by a match");
	play.away[PAIR_RECONCILE] = false;
	play_end();
}

static void lies(void)
{
	static const struct { const char *what; bool taken; struct lie k; } cases[] = {
		{ "the truth is taken", true, { { 1 }, { 1 }, 1, 1, REF(4, 10) } },
		{ "the item of another reference is not", false, { { 1 }, { 2 }, 1, 1, REF(4, 10) } },
		{ "nor bytes that say something else", false, { { 1 }, { 1 }, 1, 1, REF(0, 10) } },
		{ "nor bytes behind the text", false, { { 1 }, { 1 }, 1, 1, REF(400, 10) } },
		{ "nor bytes before it", false, { { 1 }, { 1 }, 1, 1, REF(-4, 10) } },
		{ "nor an item of the other sign", false, { { 1 }, { 5 }, 1, 1, REF(4, 10) } },
		{ "nor one of another account and currency", false, { { 1 }, { 6 }, 1, 1, REF(4, 10) } },
		{ "nor one of another amount", false, { { 1 }, { 7 }, 1, 1, REF(4, 10) } },
		{ "nor one that is not there", false, { { 1 }, { 99 }, 1, 1, REF(4, 10) } },
		{ "nor a line that is not there", false, { { 99 }, { 1 }, 1, 1, REF(4, 10) } },
		{ "nor one item twice", false, { { 1 }, { 1, 1 }, 1, 2, REF(4, 10) } },
		{ "nor two items by a rule of one", false, { { 2 }, { 3, 4 }, 1, 2, REF(8, 9) } },
		{ "nor a rule that nobody has", false, { { 1 }, { 1 }, 1, 1, .rule = "?trust", .version = "1", .field = -1 } },
		{ "nor a rule of another version", false, { { 1 }, { 1 }, 1, 1, .rule = "reference-text", .version = "2", .field = 5, .from = 4, .size = 10, .reading = 1 } },
		{ "nor a rule that only proposes", false, { { 1 }, { 1 }, 1, 1, .rule = "lump", .version = "1", .field = -1 } },
		{ "nor a near reference called equal", false, { { 4 }, { 8 }, 1, 1, REF(4, 10) } },
		{ "a near one by look-alike letters is taken", true, { { 4 }, { 8 }, 1, 1, .rule = "reference-near", .version = "1", .field = 5, .from = 4, .size = 10, .reading = 3 } },
		{ "one with another digit is not", false, { { 6 }, { 10 }, 1, 1, .rule = "reference-near", .version = "1", .field = 5, .from = 4, .size = 10, .reading = 4 } },
		{ "nor what is far away in time", false, { { 5 }, { 9 }, 1, 1, REF(4, 10) } },
		{ "nor what the book has voided", false, { { 7 }, { 11 }, 1, 1, REF(4, 10) } },
		{ "amount and day alone are taken where the line names nothing", true, { { 3 }, { 7 }, 1, 1, .rule = "amount-date", .version = "1", .field = -1 } },
		{ "and not where it names another item", false, { { 1 }, { 2 }, 1, 1, .rule = "amount-date", .version = "1", .field = -1 } },
		{ "a group by its key is taken", true, { { 2 }, { 3, 4 }, 1, 2, .rule = "group-key", .version = "1", .field = 5, .from = 8, .size = 9, .reading = 1 } },
		{ "without one of its items it is not", false, { { 2 }, { 3 }, 1, 1, .rule = "group-key", .version = "1", .field = 5, .from = 8, .size = 9, .reading = 1 } },
		{ "nor with an item of no group", false, { { 2 }, { 3, 4, 7 }, 1, 3, .rule = "group-key", .version = "1", .field = 5, .from = 8, .size = 9, .reading = 1 } },
		{ "nor as a sum with a fee that is none", false, { { 2 }, { 3, 4 }, 1, 2, .rule = "group-key-fee", .version = "1", .field = 5, .from = 8, .size = 9, .reading = 1 } },
		{ "nor items that add up and share no key", false, { { 1, 2 }, { 2, 3, 4 }, 2, 3, .rule = "group-total", .version = "1", .field = -1 } },
		{ "nor parts that do not add up", false, { { 1, 3 }, { 1 }, 2, 1, .rule = "parts", .version = "1", .field = 5, .from = 4, .size = 10, .reading = 1 } },
		{ "nor one line twice", false, { { 2, 2 }, { 1 }, 2, 1, .rule = "parts", .version = "1", .field = 5, .from = 8, .size = 9, .reading = 1 } },
		{ "nor nothing at all", false, { { 1 }, { 0 }, 1, 0, REF(4, 10) } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		one(cases[i].what, &cases[i].k, cases[i].taken);
}

/* What is kept with a match, and what came meanwhile. */
static void kept(void)
{
	static const struct lie truth = { { 2 }, { 3, 4 }, 1, 2, .rule = "group-key", .version = "1", .field = 5, .from = 8, .size = 9, .reading = 1 },
		lone = { { 3 }, { 7 }, 1, 1, .rule = "amount-date", .version = "1", .field = -1 };

	items();
	say(&truth);
	is_int(play_figure("SELECT count(*) FROM match WHERE rule='group-key' AND version='1' AND evidence='bank: text, bytes 9 to 17 ''SLIP-2026''; book: ''SLIP-2026''; equal; 9999 points'"), 1,
	       "a match keeps rule, version and the bytes that prove it");
	is_int(play_figure("SELECT count(*) FROM match WHERE arithmetic='-30.00 - 20.00 = -50.00 = -50.00 EUR' OR arithmetic='-30.00 - 20.00 = -50.00 EUR'"), 1, "and its arithmetic");
	say(&truth);
	is_int(play_figure("SELECT count(*) FROM match"), 1, "said again it changes nothing");
	book_item("K12", "DE777", "EUR", -7000, NOV(11), "", "", "");
	book_done("book2.csv");
	say(&lone);
	is_int(play_figure("SELECT count(*) FROM match"), 1, "a second item of that amount came meanwhile: what rests on nobody else being there is not taken");
	is_int(play_figure("SELECT count(*) FROM bank_line WHERE id=3 AND state=1"), 1, "and the line waits for the next round");
	play.away[PAIR_RECONCILE] = false;
	play_restart();
	for (int i = 0; i < 8; i++)
		play_turn();
	is_int(play_figure("SELECT count(*) FROM bank_line WHERE id=3 AND state=3 AND reason='AMBIGUOUS'"), 1, "which sees both");
	play_end();
}

/* A worker that has no room for an account holds up no other one, and is asked again later. */
static void no_room(void)
{
	struct buf m = { 0 };

	items();
	wire_begin(&m, M_JOB_FAILED);
	wire_num(&m, T_JOB, job());
	wire_text(&m, T_REASON, "NO_MEMORY");
	play_say(PAIR_RECONCILE, &m);
	play.away[PAIR_RECONCILE] = false;
	settle_down();
	is("SELECT count(*) FROM bank_line WHERE state=1", 7, "the lines of an account that finds no room wait");
	sheet("777", "USD", NOV(11), false, "");
	line(-10000, "455", "B1", "FOR INV-100006");
	sheet_done("bank/statements", "d11.bai");
	is("SELECT count(*) FROM match WHERE account='777'", 1, "another account's do not");
	play_end();
}

int main(void)
{
	no_room();
	lies();
	kept();
	return done_testing();
}
