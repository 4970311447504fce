/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook_test - every cell of both tables, every refusal, and random walks that come back to the same bytes
 *
 * TALLY_LONG=1 walks a thousand steps a hundred times instead of once.
 */
#include <stdlib.h>

#include "rules/casebook.h"
#include "tests/lib/tap.h"

#define ROWS 40

/* FNV over what is fed: the test's own; the machine takes any. */
static void feed(void *ctx, const void *p, size_t n)
{
	uint64_t *h = ctx;

	for (size_t i = 0; i < n; i++)
		*h = (*h ^ ((const unsigned char *)p)[i]) * 0x100000001b3u;
}

static uint64_t state(const struct casebook *c)
{
	uint64_t h = 0xcbf29ce484222325u;

	casebook_feed(c, feed, &h);
	return h;
}

static const struct case_limit limits[] = { { "USD", 10000, 1000 }, { "JPY", 500, 500 } };
static const struct case_policy policy = { .limits = limits, .n_limits = 2 };
static const struct case_person ann = { VIEW_INIT("ann"), 1001 }, bob = { VIEW_INIT("bob"), 1002 };

static char names[2][ROWS][8];

/*
 * Lines L0..L39 and items K0..K39 of 100 * (i + 1); L0-K0 to L3-K3 are automatic (M1..M4), L4-K4 to L7-K7 proposed
 * (M5..M8), L8-K9 proposed though they differ (M9); the last four of each side are of another account.
 */
static void base(struct casebook *c)
{
	uint32_t usd, other, jpy;
	static const char *const groups[][3] = { { "M1", "L0", "K0" }, { "M2", "L1", "K1" }, { "M3", "L2", "K2" }, { "M4", "L3", "K3" },
		{ "M5", "L4", "K4" }, { "M6", "L5", "K5" }, { "M7", "L6", "K6" }, { "M8", "L7", "K7" }, { "M9", "L8", "K9" } };

	*c = (struct casebook){ 0 };
	casebook_part(c, VIEW("1234567890"), "USD", &usd);
	casebook_part(c, VIEW("77-1234"), "USD", &other);
	casebook_part(c, VIEW("1234567890"), "JPY", &jpy);
	for (int book = 0; book < 2; book++)
		for (int i = ROWS; i-- > 0;) {
			struct case_row r = { .amount = 100 * (i + 1), .part = i == ROWS - 1 ? jpy : i >= ROWS - 4 ? other : usd, .book = book, .known = true };

			snprintf(names[book][i], sizeof(names[book][i]), "%c%d", book ? 'K' : 'L', i);
			r.id = view_of(names[book][i]);
			casebook_row(c, &r);
		}
	if (casebook_seal(c) != NULL)
		abort();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (casebook_group(c, view_of(groups[i][0]), i < 4, view_of(groups[i][1]), view_of(groups[i][2])) != 0)
			abort();
}

static struct case_answer said;

static enum case_verdict make(struct casebook *c, struct case_decision d)
{
	if (d.by.name.p == NULL)
		d.by = ann;
	if (d.reason.p == NULL)
		d.reason = VIEW("seen on paper");
	if (d.against == 0)
		d.against = CASE_NOW;
	return casebook_decide(c, &d, &policy, &said);
}

/* At most four of a side, by number; -1 ends. */
static enum case_verdict on_rows(struct casebook *c, enum case_act act, const int *lines, const int *items, bool write_off)
{
	struct view bank[4], book[4];
	struct case_decision d = { .act = (uint8_t)act, .bank = bank, .book = book, .write_off = write_off, .owner = VIEW("carl") };

	if (act != CASE_ASSIGN)
		d.owner = VIEW("");
	while (lines != NULL && lines[d.n_bank] >= 0) {
		bank[d.n_bank] = view_of(names[0][lines[d.n_bank]]);
		d.n_bank++;
	}
	while (items != NULL && items[d.n_book] >= 0) {
		book[d.n_book] = view_of(names[1][items[d.n_book]]);
		d.n_book++;
	}
	return make(c, d);
}

static enum case_verdict on_group(struct casebook *c, enum case_act act, const char *group)
{
	return make(c, (struct case_decision){ .act = (uint8_t)act, .group = view_of(group) });
}

static enum case_verdict on_decision(struct casebook *c, enum case_act act, uint32_t about, struct case_person by)
{
	return make(c, (struct case_decision){ .act = (uint8_t)act, .about = about, .by = by });
}

#define R(...) ((const int[]){ __VA_ARGS__, -1 })

/* A group in each state, by its name. */
static const char *bring(struct casebook *c, enum case_state to)
{
	base(c);
	switch (to) {
	case CASE_GONE: on_rows(c, CASE_MATCH, R(10), R(10), false); on_group(c, CASE_UNMATCH, "H1"); return "H1";
	case CASE_PROPOSED: return "M5";
	case CASE_REFUSED: on_group(c, CASE_REFUSE, "M5"); return "M5";
	case CASE_CONFIRMED: on_group(c, CASE_CONFIRM, "M5"); return "M5";
	case CASE_AUTO: return "M1";
	case CASE_APART: on_group(c, CASE_UNMATCH, "M1"); return "M1";
	case CASE_HAND: on_rows(c, CASE_MATCH, R(10), R(10), false); return "H1";
	case CASE_WRITTEN_OFF: on_rows(c, CASE_WRITE_OFF, R(0 + 9), NULL, false); return "W1";
	default: return "";
	}
}

/* The table as the page prints it, written a second time: state, act, what comes of it. */
static const struct { enum case_state from; enum case_act act; enum case_state to; } steps[] = {
	{ CASE_PROPOSED, CASE_CONFIRM, CASE_CONFIRMED }, { CASE_PROPOSED, CASE_REFUSE, CASE_REFUSED }, { CASE_CONFIRMED, CASE_UNMATCH, CASE_PROPOSED },
	{ CASE_AUTO, CASE_UNMATCH, CASE_APART }, { CASE_APART, CASE_CONFIRM, CASE_AUTO }, { CASE_HAND, CASE_UNMATCH, CASE_GONE },
	{ CASE_WRITTEN_OFF, CASE_UNMATCH, CASE_GONE },
};

static void cells(void)
{
	struct casebook c;

	for (int s = CASE_GONE; s < CASE_STATES; s++)
		for (int a = CASE_UNMATCH; a <= CASE_REFUSE; a++) {
			const char *name = bring(&c, (enum case_state)s);
			uint32_t g = casebook_find_group(&c, view_of(name)), decisions = c.n_decisions;
			int want = -1;
			uint64_t before = state(&c);
			enum case_verdict v;

			for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
				if ((int)steps[i].from == s && (int)steps[i].act == a)
					want = (int)steps[i].to;
			ok(g != CASE_NOBODY && (int)c.groups[g].state == s, "a group that is %s", case_state_name((enum case_state)s));
			v = on_group(&c, (enum case_act)a, name);
			if (want >= 0)
				ok(v == CASE_DONE && (int)c.groups[g].state == want, "%s, %s: %s", case_state_name((enum case_state)s),
					case_act_name((enum case_act)a), case_state_name((enum case_state)want));
			else
				ok(v == CASE_STEP && (int)c.groups[g].state == s && c.n_decisions == decisions && state(&c) == before,
					"%s, %s: refused, and nothing changes", case_state_name((enum case_state)s), case_act_name((enum case_act)a));
			casebook_release(&c);
		}
}

/* Rows: open, and closed in each of the four ways. */
static void row_cells(void)
{
	static const struct { enum case_state state; int row; } closed[] = { { CASE_AUTO, 0 }, { CASE_CONFIRMED, 4 }, { CASE_HAND, 10 }, { CASE_WRITTEN_OFF, 9 } };
	static const enum case_act acts[] = { CASE_MATCH, CASE_WRITE_OFF, CASE_ASSIGN, CASE_COMMENT };
	struct casebook c;

	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		for (size_t a = 0; a < sizeof(acts) / sizeof(acts[0]); a++) {
			enum case_verdict v;

			bring(&c, closed[i].state);
			v = on_rows(&c, acts[a], R(closed[i].row), acts[a] == CASE_MATCH ? R(closed[i].row + 20) : NULL, false);
			ok(v == (acts[a] == CASE_COMMENT ? CASE_DONE : CASE_CLOSED), "a row that is %s: %s %s", case_state_name(closed[i].state),
				case_act_name(acts[a]), v == CASE_DONE ? "holds" : "is refused");
			casebook_release(&c);
		}
	for (size_t a = 0; a < sizeof(acts) / sizeof(acts[0]); a++) {
		base(&c);
		ok(on_rows(&c, acts[a], R(9), acts[a] == CASE_MATCH ? R(9) : NULL, false) == CASE_DONE, "an open row: %s holds", case_act_name(acts[a]));
		casebook_release(&c);
	}
}

static void stages(void)
{
	struct casebook c;

	base(&c);
	is_int(on_rows(&c, CASE_WRITE_OFF, R(14), NULL, false), CASE_PENDING, "a write-off above the second limit waits");
	ok(c.rows[casebook_find_row(&c, false, VIEW("L14"))].group == CASE_NOBODY, "and changes nothing");
	is_int(on_decision(&c, CASE_SECOND, 1, ann), CASE_SAME_PERSON, "who made it cannot be the second");
	is_int(on_decision(&c, CASE_SECOND, 1, (struct case_person){ VIEW("bob"), 1001 }), CASE_SAME_PERSON, "nor the same user under another name");
	is_int(on_decision(&c, CASE_SECOND, 1, (struct case_person){ VIEW("ann"), 1002 }), CASE_SAME_PERSON, "nor another user under the same name");
	is_int(on_decision(&c, CASE_SECOND, 1, bob), CASE_DONE, "another person seconds it");
	ok(c.rows[casebook_find_row(&c, false, VIEW("L14"))].group != CASE_NOBODY, "and it holds");
	is_int(on_decision(&c, CASE_SECOND, 1, bob), CASE_STEP, "what holds is not seconded again");
	is_int(on_decision(&c, CASE_WITHDRAW, 1, bob), CASE_STEP, "a write-off that holds is undone by unmatch, not by withdraw");
	is_int(on_group(&c, CASE_UNMATCH, "W1"), CASE_DONE, "and unmatch undoes it");
	is_int(on_rows(&c, CASE_WRITE_OFF, R(14), NULL, false), CASE_PENDING, "written off anew it waits anew");
	is_int(on_decision(&c, CASE_WITHDRAW, 4, bob), CASE_DONE, "what waits is withdrawn by anybody");
	is_int(on_decision(&c, CASE_WITHDRAW, 4, bob), CASE_STEP, "what was taken back is not taken back again");
	is_int(on_decision(&c, CASE_SECOND, 4, bob), CASE_STEP, "nor seconded");
	is_int(on_decision(&c, CASE_SECOND, 99, bob), CASE_NO_DECISION, "a decision that is not there is not seconded");
	is_int(on_decision(&c, CASE_WITHDRAW, 0, bob), CASE_NO_DECISION, "nor withdrawn");
	is_int(on_rows(&c, CASE_WRITE_OFF, R(14), NULL, false), CASE_PENDING, "one that waits");
	is_int(on_rows(&c, CASE_MATCH, R(14), R(14), false), CASE_DONE, "keeps nobody from matching the row");
	is_int(on_decision(&c, CASE_SECOND, 6, bob), CASE_CLOSED, "and is judged again when it is seconded");
	for (int from = 0; from < CASE_STAGES; from++)
		for (int a = 0; a < CASE_ACTS; a++) {
			int want = from == CASE_STAGE_WAITS && a == CASE_SECOND ? CASE_STAGE_DONE :
				(from == CASE_STAGE_WAITS || from == CASE_STAGE_DONE) && a == CASE_WITHDRAW ? CASE_STAGE_BACK : CASE_STAGES;

			is_int(casebook_next_stage((enum case_stage)from, (enum case_act)a), want, "a decision that %s, %s", case_stage_name((enum case_stage)from),
				case_act_name((enum case_act)a));
		}
	casebook_release(&c);
}

/* Each act that holds: what undoes it, and that it brings the same bytes back. */
static void withdrawals(void)
{
	struct casebook c;
	uint64_t start, refused;

	base(&c);
	start = state(&c);
	on_group(&c, CASE_REFUSE, "M5");
	refused = state(&c);
	ok(refused != start, "a refused proposal is another state");
	is_int(on_decision(&c, CASE_WITHDRAW, 1, ann), CASE_DONE, "a refusal is withdrawn");
	ok(state(&c) == start, "and the state is the one before it");
	on_group(&c, CASE_REFUSE, "M5");
	ok(state(&c) == refused, "refused again it is the state of the first refusal");
	is_int(on_decision(&c, CASE_WITHDRAW, 1, ann), CASE_STEP, "a refusal that was withdrawn does not undo a later one");
	on_rows(&c, CASE_COMMENT, R(9), NULL, false);
	is_int(on_decision(&c, CASE_WITHDRAW, 4, ann), CASE_DONE, "a comment is withdrawn");
	ok(state(&c) == refused, "and the state is the one before it");
	on_rows(&c, CASE_ASSIGN, R(9), R(11), false);
	ok(state(&c) != refused && view_eq(c.rows[casebook_find_row(&c, true, VIEW("K11"))].owner, VIEW("carl")), "rows get an owner");
	is_int(on_rows(&c, CASE_ASSIGN, R(9), R(11), false), CASE_SAME, "the same owner again is no decision");
	is_int(on_decision(&c, CASE_WITHDRAW, 6, ann), CASE_STEP, "an owner is changed by assigning another");
	is_int(make(&c, (struct case_decision){ .act = CASE_ASSIGN, .bank = (struct view[]){ VIEW("L9") }, .n_bank = 1, .book = (struct view[]){ VIEW("K11") },
		.n_book = 1, .owner = VIEW("") }), CASE_DONE, "or nobody");
	ok(state(&c) == refused, "which is the state before there was one");
	on_group(&c, CASE_UNMATCH, "M1");
	is_int(on_decision(&c, CASE_WITHDRAW, c.n_decisions, ann), CASE_STEP, "an unmatched pair is joined again by confirm, not by withdraw");
	is_int(on_group(&c, CASE_CONFIRM, "M1"), CASE_DONE, "and confirm joins it");
	ok(state(&c) == refused, "which is the state before");
	on_rows(&c, CASE_COMMENT, R(20), NULL, false);
	make(&c, (struct case_decision){ .act = CASE_COMMENT, .bank = (struct view[]){ VIEW("L20") }, .n_bank = 1, .reason = VIEW("the second word") });
	on_decision(&c, CASE_WITHDRAW, c.n_decisions, ann);
	ok(view_eq(c.rows[casebook_find_row(&c, false, VIEW("L20"))].comment, VIEW("seen on paper")), "with the last comment withdrawn the one before it stands");
	casebook_release(&c);
}

static void refusals(void)
{
	const struct { const char *what; const int *lines, *items; bool write_off; enum case_verdict want; } cases[] = {
		{ "sums that differ by a cent's worth", R(10), R(11), false, CASE_UNEQUAL },
		{ "the same with the difference written off", R(10), R(11), true, CASE_DONE },
		{ "two accounts", R(20), R(36), false, CASE_ACCOUNTS },
		{ "two currencies", R(20), R(39), true, CASE_ACCOUNTS },
		{ "one row alone", R(20), NULL, false, CASE_FEW },
		{ "two lines that do not net to zero", R(20, 21), NULL, true, CASE_UNEQUAL },
		{ "a row named twice", R(20, 20), R(21), false, CASE_REPEATED },
		{ "one line for two items", R(22), R(12, 9), false, CASE_DONE },	/* 23.00 = 13.00 + 10.00 */
	};
	struct casebook c;
	struct case_decision d = { .act = CASE_COMMENT, .bank = (struct view[]){ VIEW("L9") }, .n_bank = 1 };
	static char big[CASE_REASON_MOST + 2];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		base(&c);
		is_int(on_rows(&c, CASE_MATCH, cases[i].lines, cases[i].items, cases[i].write_off), cases[i].want, "%s", cases[i].what);
		casebook_release(&c);
	}
	base(&c);
	c.rows[casebook_find_row(&c, false, VIEW("L30"))].amount = 900000;
	is_int(on_rows(&c, CASE_MATCH, R(30), R(10), true), CASE_OVER_LIMIT, "a difference above the limit is nobody's to write off");
	is_int(on_rows(&c, CASE_WRITE_OFF, R(30), NULL, false), CASE_OVER_LIMIT, "nor a row above it");
	c.rows[casebook_find_row(&c, false, VIEW("L30"))].amount = INT64_MAX;
	is_int(on_rows(&c, CASE_MATCH, R(30, 31), R(10), true), CASE_TOO_BIG, "a sum that does not fit is refused");
	c.rows[casebook_find_row(&c, false, VIEW("L30"))].amount = INT64_MIN;
	is_int(on_rows(&c, CASE_WRITE_OFF, R(30), NULL, false), CASE_TOO_BIG, "so is the one number without a counterpart");
	c.rows[casebook_find_row(&c, false, VIEW("L31"))].known = false;
	is_int(on_rows(&c, CASE_MATCH, R(31), R(31), false), CASE_UNKNOWN_AMOUNT, "a row without an amount is joined with nothing");
	is_int(on_rows(&c, CASE_WRITE_OFF, R(10), NULL, false), CASE_PENDING, "11.00 is above 10.00 and needs two");
	is_int(on_rows(&c, CASE_WRITE_OFF, R(9), NULL, false), CASE_DONE, "10.00 is not");
	is_int(on_group(&c, CASE_CONFIRM, "M9"), CASE_UNEQUAL, "a proposal that differs is not confirmed as it is");
	is_int(make(&c, (struct case_decision){ .act = CASE_CONFIRM, .group = VIEW("M9"), .write_off = true }), CASE_DONE,
		"but with the difference written off");
	on_group(&c, CASE_UNMATCH, "M9");
	on_rows(&c, CASE_WRITE_OFF, R(8), NULL, false);
	is_int(make(&c, (struct case_decision){ .act = CASE_CONFIRM, .group = VIEW("M9"), .write_off = true }), CASE_CLOSED,
		"but not when one of its rows is closed by now");
	is_int(on_group(&c, CASE_CONFIRM, "M77"), CASE_NO_GROUP, "a match that is not there is not confirmed");
	is_int(on_group(&c, CASE_UNMATCH, "H1"), CASE_NO_GROUP, "nor one by hand unmatched whose decision made none");
	casebook_release(&c);

	base(&c);
	d.by = ann;
	d.against = CASE_NOW;
	static const struct { const char *what; struct view reason; enum case_verdict want; } reasons[] = {
		{ "no reason", VIEW_INIT(""), CASE_REASON }, { "two letters", VIEW_INIT("ok"), CASE_REASON }, { "a line break", VIEW_INIT("a\nb c"), CASE_REASON },
		{ "bytes that are no text", VIEW_INIT("abc\xff"), CASE_REASON }, { "an account", VIEW_INIT("paid from 1234567890 by mistake"), CASE_REASON },
		{ "an account in pieces", VIEW_INIT("paid from 1234 567-890"), CASE_REASON }, { "another account", VIEW_INIT("see 77-1234"), CASE_REASON },
		{ "nine digits", VIEW_INIT("see 987654321"), CASE_REASON }, { "a blank at its end", VIEW_INIT("said so "), CASE_REASON },
		{ "an invoice's number", VIEW_INIT("invoice 20481599, said by phone on 2026-03-03"), CASE_DONE },
		{ "an account's last four", VIEW_INIT("paid from *7890"), CASE_DONE }, { "other tongues", VIEW_INIT("g\xc3\xbcltig laut Beleg"), CASE_DONE },
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		d.reason = reasons[i].reason;
		is_int(casebook_decide(&c, &d, &policy, &said), reasons[i].want, "a reason: %s", reasons[i].what);
	}
	memset(big, 'x', sizeof(big));
	d.reason = (struct view){ big, CASE_REASON_MOST };
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_DONE, "300 bytes are a reason");
	d.reason.n++;
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_REASON, "301 are none");
	d.reason = VIEW("seen");
	d.by.name = VIEW("");
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_NAME, "nobody decides nothing");
	d.by = ann;
	d.bank = (struct view[]){ VIEW("L99") };
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_NO_ROW, "a row that is not there");
	ok(strstr(said.text, "'L99'") != NULL, "is named");
	d.n_bank = 0;
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_FEW, "no row at all");
	d.n_bank = CASE_ROWS_MOST + 1;
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_MANY, "too many rows are refused before they are looked at");
	d = (struct case_decision){ .act = CASE_WRITE_OFF, .bank = (struct view[]){ VIEW("L9") }, .n_bank = 1, .by = ann, .reason = VIEW("seen"), .against = CASE_NOW };
	is_int(casebook_decide(&c, &d, NULL, &said), CASE_NO_LIMIT, "without a limit nothing is written off");
	d.act = CASE_ACTS;
	is_int(casebook_decide(&c, &d, NULL, &said), CASE_STEP, "there is no tenth act");
	casebook_release(&c);
}

static void versions(void)
{
	struct casebook c;
	struct view l[] = { VIEW("L10") }, k[] = { VIEW("K10") };
	struct case_decision d = { .act = CASE_MATCH, .bank = l, .n_bank = 1, .book = k, .n_book = 1, .by = ann, .reason = VIEW("seen on paper"), .against = 1 };
	uint64_t after;

	base(&c);
	on_rows(&c, CASE_COMMENT, R(20), NULL, false);
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_DONE, "a decision against the book as it was after decision 1");
	after = state(&c);
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_TWICE, "is known when it comes again");
	ok(said.number == 2 && state(&c) == after && c.n_decisions == 2, "and changes nothing");
	on_group(&c, CASE_UNMATCH, "H2");
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_TWICE, "also when it was undone since");
	d.reason = VIEW("seen on other paper");
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_TWICE, "also with another reason, which changes nothing of what it does");
	k[0] = VIEW("K11");
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_STALE, "another decision against that book is stale: its rows were touched");
	k[0] = VIEW("K10");
	d.against = 3;
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_DONE, "against the book as it is it holds");
	l[0] = VIEW("L22");
	k[0] = VIEW("K22");
	d.against = 4;
	on_rows(&c, CASE_COMMENT, R(22), NULL, false);
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_STALE, "a comment is a change as well");
	d.batch = 5;
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_DONE, "but not one that came in the same batch");
	d = (struct case_decision){ .act = CASE_CONFIRM, .group = VIEW("M5"), .by = ann, .reason = VIEW("seen"), .against = 6 };
	on_rows(&c, CASE_COMMENT, R(4), NULL, false);
	is_int(casebook_decide(&c, &d, &policy, &said), CASE_STALE, "a proposal is stale when one of its rows was touched");
	casebook_release(&c);
}

static void second_always(void)
{
	struct case_policy strict = { .limits = limits, .n_limits = 2, .second_for = 1u << CASE_UNMATCH | 1u << CASE_REFUSE | 1u << CASE_COMMENT };
	struct case_decision d = { .act = CASE_UNMATCH, .group = VIEW("M1"), .by = ann, .reason = VIEW("not theirs"), .against = CASE_NOW };
	struct case_decision yes = { .act = CASE_SECOND, .about = 1, .by = { VIEW("bob"), 1001 }, .reason = VIEW("seen too"), .against = CASE_NOW };
	struct casebook c, r;
	uint64_t start;

	base(&c);
	start = state(&c);
	is_int(casebook_decide(&c, &d, &strict, &said), CASE_PENDING, "where the rules want two for an unmatch, it waits");
	strict.same_uid_ok = true;
	is_int(casebook_decide(&c, &yes, &strict, &said), CASE_DONE, "where they allow it, two names of one uid are two");
	is_int(c.groups[0].state, CASE_APART, "and the pair is apart");
	d.act = CASE_REFUSE;
	d.group = VIEW("M5");
	casebook_decide(&c, &d, &strict, &said);
	yes.about = 3;
	casebook_decide(&c, &yes, &strict, &said);
	is_int(c.groups[4].state, CASE_REFUSED, "a refusal by two");
	is_int(on_decision(&c, CASE_WITHDRAW, 3, ann), CASE_DONE, "is withdrawn");
	is_int(on_group(&c, CASE_CONFIRM, "M1"), CASE_DONE, "the pair joined again");
	ok(state(&c) == start, "and all is as it was");

	base(&r);
	for (uint32_t i = 0; i < c.n_decisions; i++) {
		struct case_decision again = c.decisions[i];
		char id[CASE_NAME_MOST + 1] = "";

		if (again.made != CASE_NOBODY)
			casebook_group_id(&c, again.made, id);
		again.group = view_of(id);
		if (casebook_replay(&r, &again, &said) != (again.persons > 1 ? CASE_PENDING : CASE_DONE))
			break;
	}
	ok(r.n_decisions == c.n_decisions && state(&r) == state(&c), "read again from its beginning the book is the same");
	casebook_release(&r);
	casebook_release(&c);
}

static void bases(void)
{
	struct casebook c = { 0 };
	uint32_t part;
	struct case_row r = { .id = VIEW("A"), .known = true };

	casebook_part(&c, VIEW("1"), "USD", &part);
	casebook_row(&c, &r);
	r.book = true;
	casebook_row(&c, &r);
	ok(casebook_seal(&c) == NULL, "a line and an item may have one id");
	is_int(casebook_group(&c, VIEW("M1"), true, VIEW("A"), VIEW("B")), 1, "a group of a row that is not there is no base");
	is_int(casebook_group(&c, VIEW("M1"), true, VIEW("A"), VIEW("")), 0, "one that is there is");
	is_int(casebook_group(&c, VIEW("M2"), true, VIEW("A"), VIEW("A")), 1, "two automatic matches of one row are no base");
	is_int(casebook_group(&c, VIEW("M3"), false, VIEW(""), VIEW("")), 1, "nor is a group of nothing");
	casebook_row(&c, &r);
	ok(casebook_seal(&c) != NULL, "a row that comes twice is told");
	casebook_release(&c);
}

/* Random walks */

static uint64_t seed = 20260303;

static unsigned any(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % n);
}

struct undo { enum case_act act; uint32_t about; char group[CASE_NAME_MOST + 1]; int row; char owner[8]; uint64_t before; };

/* One step that holds, and what undoes it; false: it was refused. */
static bool step(struct casebook *c, struct undo *u)
{
	static const struct view owners[] = { VIEW_INIT(""), VIEW_INIT("ann"), VIEW_INIT("bob"), VIEW_INIT("carl") };
	enum case_verdict v;
	int a = (int)any(ROWS), b = any(3) > 0 ? a : (int)any(ROWS);
	char m[8];

	u->before = state(c);
	u->row = a;
	snprintf(m, sizeof(m), "M%u", 1 + any(9));
	snprintf(u->group, sizeof(u->group), "%s", m);
	switch (any(8)) {
	case 0:
		v = on_rows(c, CASE_MATCH, R(a), R(b), any(2));
		u->act = CASE_UNMATCH;
		break;
	case 1:
		v = on_group(c, CASE_UNMATCH, m);
		u->act = CASE_CONFIRM;
		return v == CASE_DONE;
	case 2:
		v = on_group(c, CASE_CONFIRM, m);
		u->act = CASE_UNMATCH;
		return v == CASE_DONE;
	case 3:
		v = on_group(c, CASE_REFUSE, m);
		u->act = CASE_WITHDRAW;
		break;
	case 4:
		v = on_rows(c, CASE_WRITE_OFF, R(a), NULL, false);
		u->act = CASE_UNMATCH;
		break;
	case 5:
		v = on_rows(c, CASE_COMMENT, R(a), R(b), false);
		u->act = CASE_WITHDRAW;
		break;
	case 6:
		u->act = CASE_ASSIGN;
		snprintf(u->owner, sizeof(u->owner), "%.*s", VIEW_FMT(c->rows[casebook_find_row(c, false, view_of(names[0][a]))].owner));
		v = make(c, (struct case_decision){ .act = CASE_ASSIGN, .bank = (struct view[]){ view_of(names[0][a]) }, .n_bank = 1,
			.owner = owners[any(4)] });
		return v == CASE_DONE;
	default:
		v = on_rows(c, CASE_MATCH, R(a), R(b, (int)any(ROWS)), true);
		u->act = CASE_UNMATCH;
		break;
	}
	u->about = c->n_decisions;
	if (v == CASE_PENDING) {		/* half of them by a second person */
		if (u->act != CASE_UNMATCH || any(2) == 0) {
			u->act = CASE_WITHDRAW;
			return true;
		}
		v = on_decision(c, CASE_SECOND, u->about, bob);
	}
	if (v != CASE_DONE)
		return false;
	if (u->act == CASE_UNMATCH)
		casebook_group_id(c, c->decisions[u->about - 1].made, u->group);
	return true;
}

static enum case_verdict back(struct casebook *c, const struct undo *u)
{
	static const struct view all[] = { VIEW_INIT(""), VIEW_INIT("ann"), VIEW_INIT("bob"), VIEW_INIT("carl") };

	if (u->act == CASE_WITHDRAW)
		return on_decision(c, CASE_WITHDRAW, u->about, ann);
	if (u->act != CASE_ASSIGN)
		return make(c, (struct case_decision){ .act = (uint8_t)u->act, .group = view_of(u->group) });
	for (size_t i = 0; i < 4; i++)
		if (view_eq(all[i], view_of(u->owner)))
			return make(c, (struct case_decision){ .act = CASE_ASSIGN, .bank = (struct view[]){ view_of(names[0][u->row]) }, .n_bank = 1, .owner = all[i] });
	return CASE_NAME;
}

/* The decision that was made last, once more against the book that it was made against: a file that is read again. */
static bool fed_again(struct casebook *c)
{
	struct case_decision d = c->decisions[c->n_decisions - 1];
	uint64_t before = state(c);
	uint32_t n = c->n_decisions;
	struct view bank[8], book[8];
	char id[CASE_NAME_MOST + 1] = "";

	d.n_bank = d.n_book = 0;
	for (uint32_t i = 0; i < d.n_rows; i++) {
		const struct case_row *r = &c->rows[c->members[d.at_rows + i]];

		*(r->book ? &book[d.n_book++] : &bank[d.n_bank++]) = r->id;
	}
	d.bank = bank;
	d.book = book;
	if (d.made != CASE_NOBODY)
		casebook_group_id(c, d.made, id);
	d.group = view_of(id);
	return casebook_decide(c, &d, &policy, &said) == CASE_TWICE && said.number == n && c->n_decisions == n && state(c) == before;
}

static void walk(unsigned steps_wanted)
{
	static struct undo stack[200];
	struct casebook c;
	unsigned depth = 0, done = 0, differ = 0, refused = 0, changed = 0, twice = 0;
	uint64_t start;

	base(&c);
	start = state(&c);
	for (unsigned tried = 0; done < steps_wanted && tried < steps_wanted * 20; tried++) {
		if (depth == 200 || (depth > 0 && any(2) == 0)) {
			refused += back(&c, &stack[--depth]) != CASE_DONE;
			differ += state(&c) != stack[depth].before;
			done++;
			twice += !fed_again(&c);
		} else {
			uint32_t decisions = c.n_decisions;
			uint64_t before = state(&c);

			if (step(&c, &stack[depth])) {
				depth++;
				done++;
				twice += !fed_again(&c);
			} else {
				changed += state(&c) != before && c.n_decisions == decisions;
			}
		}
	}
	while (depth > 0) {
		refused += back(&c, &stack[--depth]) != CASE_DONE;
		differ += state(&c) != stack[depth].before;
	}
	ok(done >= steps_wanted, "%u steps at random and their undoing", done);
	is_int(refused, 0, "no undoing was refused");
	is_int(differ, 0, "each came back to the very state before its step");
	is_int(changed, 0, "no refused step changed anything");
	is_int(twice, 0, "each decision fed again was known and changed nothing");
	ok(state(&c) == start && c.n_decisions >= steps_wanted, "and all undone is the beginning again, with every decision kept");
	casebook_release(&c);
}

int main(void)
{
	bases();
	cells();
	row_cells();
	stages();
	withdrawals();
	refusals();
	versions();
	second_always();
	for (int i = 0; i < (getenv("TALLY_LONG") != NULL ? 100 : 1); i++)
		walk(1000);
	return done_testing();
}
