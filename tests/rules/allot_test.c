/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allot: a leg is the row as the file will show it, a row that cannot be paid says why, shares always add up
 */
#include "rules/allot.h"
#include "tests/lib/tap.h"

static struct record good_row(void)
{
	struct record r;

	record_init(&r, RECORD_PAYMENT, 12);
	r.seq = 11;
	record_set_num(&r, F_NET, 123456);
	record_set_text(&r, F_ROUTING, VIEW("076401251"));
	record_set_text(&r, F_ACCOUNT, VIEW(" 0001-234 "));
	record_set_text(&r, F_ACCOUNT_TYPE, VIEW("Savings"));
	record_set_text(&r, F_METHOD, VIEW("ACH"));
	record_set_text(&r, F_PARTY, VIEW("J\xc3\xbcrgen  O\xe2\x80\x99Neil-Stra\xc3\x9f" "er von der Aue"));
	record_set_text(&r, F_PERSON, VIEW("E-0001234567890123"));
	record_set_text(&r, F_RUN, VIEW("R1"));
	record_set_text(&r, F_COMPANY, VIEW("ACME"));
	record_set_num(&r, F_PAY_DATE, 20000);
	return r;
}

static void legs(void)
{
	struct record row = good_row();
	struct allot_leg leg[ALLOT_LEGS];
	size_t n = 9;

	is_int(allot_row(leg, &n, &row), ALLOT_GOOD, "a good row is paid");
	is_int(n, 1, "by one leg");
	ok(leg[0].r.kind == RECORD_PAYMENT && leg[0].r.seq == 11 && leg[0].r.line == 12,
	   "which keeps sequence and line");
	is_int(record_num(&leg[0].r, F_AMOUNT, 0), 123456, "its amount is the net");
	is_view(record_text(&leg[0].r, F_PARTY), VIEW("JURGEN O'NEIL-STRASSER"), "its name is upper-case ASCII of 22");
	is_view(record_text(&leg[0].r, F_INDIVIDUAL_ID), VIEW("E-0001234567890"), "its individual id is cut to 15");
	is_view(record_text(&leg[0].r, F_PERSON), VIEW("E-0001234567890123"), "the person's id is whole");
	is_view(record_text(&leg[0].r, F_ACCOUNT), VIEW("0001-234"), "its account has no blanks around");
	is_view(record_text(&leg[0].r, F_TRANSACTION_CODE), VIEW("32"), "savings are 32");
	ok(record_num(&leg[0].r, F_LEG, 0) == 1 && record_num(&leg[0].r, F_PAY_DATE, 0) == 20000,
	   "it is leg 1 of that pay date");
	record_set_text(&row, F_ACCOUNT_TYPE, VIEW("checking"));
	allot_row(leg, &n, &row);
	is_view(record_text(&leg[0].r, F_TRANSACTION_CODE), VIEW("22"), "checking is 22");
}

static const struct {
	const char *what;
	enum record_field f;
	struct view text;
	int64_t n;
	enum allot_reason want;
} bad[] = {
	{ "a check", F_METHOD, VIEW_INIT("check"), 0, ALLOT_NOT_ACH },
	{ "nothing to pay", F_NET, { NULL, 0 }, 0, ALLOT_NO_AMOUNT },
	{ "a negative net", F_NET, { NULL, 0 }, -5, ALLOT_NO_AMOUNT },
	{ "the largest amount", F_NET, { NULL, 0 }, ALLOT_AMOUNT_MAX, ALLOT_GOOD },
	{ "eleven digits of cents", F_NET, { NULL, 0 }, ALLOT_AMOUNT_MAX + 1, ALLOT_AMOUNT_TOO_LARGE },
	{ "euros", F_CURRENCY, VIEW_INIT("EUR"), 0, ALLOT_NOT_USD },
	{ "a blank name", F_PARTY, VIEW_INIT("   "), 0, ALLOT_NO_NAME },
	{ "a name in another script", F_PARTY, VIEW_INIT("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd"), 0, ALLOT_NO_NAME },
	{ "a blank person", F_PERSON, VIEW_INIT(" "), 0, ALLOT_NO_PERSON },
	{ "a blank account", F_ACCOUNT, VIEW_INIT("  "), 0, ALLOT_NO_ACCOUNT },
	{ "an account of 17", F_ACCOUNT, VIEW_INIT("12345678901234567"), 0, ALLOT_GOOD },
	{ "an account of 18", F_ACCOUNT, VIEW_INIT("123456789012345678"), 0, ALLOT_BAD_ACCOUNT },
	{ "a line end in the account", F_ACCOUNT, VIEW_INIT("12\n34"), 0, ALLOT_BAD_ACCOUNT },
	{ "an account with an accent", F_ACCOUNT, VIEW_INIT("12\xc3\xbc"), 0, ALLOT_BAD_ACCOUNT },
	{ "a loan account", F_ACCOUNT_TYPE, VIEW_INIT("loan"), 0, ALLOT_BAD_ACCOUNT_TYPE },
	{ "a blank routing number", F_ROUTING, VIEW_INIT("  "), 0, ALLOT_NO_ROUTING },
	{ "a routing number with a wrong check digit", F_ROUTING, VIEW_INIT("076401252"), 0, ALLOT_BAD_ROUTING },
	{ "a short routing number", F_ROUTING, VIEW_INIT("76401251"), 0, ALLOT_BAD_ROUTING },
};

static const struct { const char *what; struct view in; const char *out; } names[] = {
	{ "UTF-8", VIEW_INIT("\xc3\x85ke \xc3\x98sterg\xc3\xa5rd"), "AKE OSTERGARD" },
	{ "ISO 8859-1", VIEW_INIT("Nu\xf1" "ez"), "NUNEZ" },
	{ "a combining accent", VIEW_INIT("Jose\xcc\x81"), "JOSE" },
	{ "central European letters", VIEW_INIT("\xc5\x81ukasz \xc4\x8c" "apek"), "LUKASZ CAPEK" },
	{ "controls", VIEW_INIT("A\tB\r\nC\0D"), "A B C D" },
	{ "ends of the table", VIEW_INIT("\xc3\x80\xc5\xbf"), "AS" },
};

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static void shares(void)
{
	static const int64_t thirds[3] = { 1, 1, 1 }, uneven[4] = { 1, 2, 3, 4 }, zero[2] = { 0, 0 },
			     minus[2] = { 1, -1 }, huge[2] = { INT64_MAX, 1 };
	int64_t out[64] = { 7 }, w[64];
	int wrong = 0;

	ok(allot_share(out, 100, thirds, 3) && out[0] == 34 && out[1] == 33 && out[2] == 33,
	   "a hundred in thirds gives the odd unit to the first");
	ok(allot_share(out, -100, thirds, 3) && out[0] == -34 && out[1] == -33 && out[2] == -33,
	   "a debit is shared like a credit");
	ok(allot_share(out, 99, uneven, 4) && out[0] == 10 && out[1] == 20 && out[2] == 30 && out[3] == 39,
	   "units go to the largest remainders");
	out[0] = 7;
	ok(!allot_share(out, 100, zero, 2) && !allot_share(out, 100, minus, 2) && !allot_share(out, 100, huge, 2) &&
		   !allot_share(out, 100, NULL, 0),
	   "no weight, a negative one and too much weight are refused");
	is_int(out[0], 7, "and nothing is written");
	ok(allot_share(out, INT64_MIN, thirds, 1) && out[0] == INT64_MIN, "the least amount is shared whole");
	for (int i = 0; i < 20000; i++) {
		size_t n = 1 + rnd(8);
		int64_t total = (int64_t)(rnd(2) ? rnd(1000) : rnd(UINT64_MAX)), sum = 0, wsum = 0;

		for (size_t k = 0; k < n; k++) {
			w[k] = (int64_t)(rnd(3) ? rnd(10) : rnd((uint64_t)INT64_MAX / 10));
			wsum += w[k];
		}
		if (!allot_share(out, total, w, n)) {
			wrong += wsum != 0;
			continue;
		}
		for (size_t k = 0; k < n; k++) {
			__int128 exact = (__int128)total * w[k];

			wrong += __builtin_add_overflow(sum, out[k], &sum);
			exact -= (__int128)out[k] * wsum;	/* within one unit of the exact share */
			wrong += exact >= wsum || exact <= -(__int128)wsum;
		}
		wrong += sum != total;
	}
	is_int(wrong, 0, "twenty thousand random shares add up and are within a unit of the exact one");
}

int main(void)
{
	struct allot_leg leg[ALLOT_LEGS];
	char out[64];
	size_t n;

	legs();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct record row = good_row();
		enum allot_reason got;

		if (bad[i].text.p != NULL)
			record_set_text(&row, bad[i].f, bad[i].text);
		else
			record_set_num(&row, bad[i].f, bad[i].n);
		got = allot_row(leg, &n, &row);
		ok(got == bad[i].want && n == (got == ALLOT_GOOD), "%s: %s", bad[i].what, allot_reason_words(got));
	}
	for (int i = 0; i < ALLOT_REASONS; i++)
		ok(allot_reason_code((enum allot_reason)i) != NULL && allot_reason_words((enum allot_reason)i) != NULL,
		   "reason %d has a code and words", i);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		allot_ascii(out, sizeof(out), names[i].in, true);
		is_str(out, names[i].out, "a name with %s is written as %s", names[i].what, names[i].out);
	}
	ok(allot_ascii(out, 3, VIEW("\xc3\x9e"), false) == 2 && strcmp(out, "TH") == 0, "a letter of two fits exactly");
	ok(allot_ascii(out, 5, VIEW("abc def"), true) == 3 && strcmp(out, "ABC") == 0,
	   "a cut name does not end in a blank");
	shares();
	return done_testing();
}
