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

	is_int(allot_row(leg, &n, &row, NULL), ALLOT_GOOD, "a good row is paid");
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
	allot_row(leg, &n, &row, NULL);
	is_view(record_text(&leg[0].r, F_TRANSACTION_CODE), VIEW("22"), "checking is 22");
}

static const struct {
	const char *what;
	enum record_field f;
	struct view text;
	int64_t n;
	enum allot_reason want;
} bad[] = {
	{ "a check where there is no way", F_METHOD, VIEW_INIT("check"), 0, ALLOT_NO_WAY },
	{ "a wire", F_METHOD, VIEW_INIT("wire"), 0, ALLOT_NOT_ACH },
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

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* ---- ways ---- */

static const struct allot_ways all_ways = { .check = true, .rollover = true, .trustee = VIEW_INIT("Summit Trust, N.A."),
	.plan = VIEW_INIT("ACME PSP"), .memo = VIEW_INIT("payroll") };

static struct record full_row(void)
{
	struct record r = good_row();

	record_set_text(&r, F_SSN, VIEW("900112233"));
	record_set_text(&r, F_ADDRESS1, VIEW(" 1 Rue de l'\xc3\x89glise "));
	record_set_text(&r, F_CITY, VIEW("Springfield"));
	record_set_text(&r, F_TRUSTEE, VIEW("SUMMIT TRUST, n.a."));
	record_set_text(&r, F_TRUSTEE_ACCOUNT, VIEW("IRA-778899"));
	record_set_text(&r, F_DISTRIBUTION, VIEW("G"));
	record_set_num(&r, F_ROLLOVER, 0);
	return r;
}

static int64_t sum_of(const struct allot_leg *leg, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += record_num(&leg[i].r, F_AMOUNT, 0);
	return sum;
}

static void by_check(void)
{
	struct record row = full_row();
	struct allot_leg leg[ALLOT_LEGS];
	struct allot_ways ways = all_ways;
	size_t n;

	record_set_text(&row, F_METHOD, VIEW(" Check "));
	ok(allot_row(leg, &n, &row, &ways) == ALLOT_GOOD && n == 1, "a row that says check goes by check, although its account is good");
	is_view(record_text(&leg[0].r, F_METHOD), VIEW("CHECK"), "its leg says so");
	is_view(record_text(&leg[0].r, F_PAYEE), VIEW("Jurgen O'Neil-Strasser von der Aue"), "its payee is ASCII and keeps its case");
	is_view(record_text(&leg[0].r, F_ADDRESS1), VIEW("1 Rue de l'Eglise"), "its address comes along");
	is_view(record_text(&leg[0].r, F_MEMO), VIEW("payroll"), "its memo is the way's where the row has none");
	ok(!record_has(&leg[0].r, F_ACCOUNT) && !record_has(&leg[0].r, F_REASON) && record_num(&leg[0].r, F_AMOUNT, 0) == 123456,
		"it shows no account, no reason, and the whole net");
	ways.payee_length = 20;
	allot_row(leg, &n, &row, &ways);
	is_view(record_text(&leg[0].r, F_PAYEE), VIEW("Jurgen O'Neil-Strass"), "a payee is cut to what the bank's layout holds");
	record_set_text(&row, F_PARTY, VIEW("Smith, \"Jo\" | Ann"));
	allot_row(leg, &n, &row, &all_ways);
	is_view(record_text(&leg[0].r, F_PAYEE), VIEW("Smith Jo Ann"), "a payee has no character that a bank's layout may end a field with");
	record_set_text(&row, F_CITY, VIEW("Llanfairpwllgwyngyllgogerychwyrndrobwll"));
	ok(allot_row(leg, &n, &row, &all_ways) == ALLOT_BAD_ADDRESS && n == 0, "an address that does not fit is refused and not cut");
	row = full_row();
	record_set_text(&row, F_METHOD, VIEW(" "));
	record_set_text(&row, F_ACCOUNT, VIEW(" "));
	ok(allot_row(leg, &n, &row, &all_ways) == ALLOT_GOOD && n == 1 && view_eq(record_text(&leg[0].r, F_REASON), VIEW("NO_ACCOUNT")),
		"a row without an account goes by check, and says why");
	record_set_text(&row, F_METHOD, VIEW("ACH"));
	record_set_text(&row, F_ACCOUNT, VIEW("1234"));
	record_set_text(&row, F_ROUTING, VIEW("076401252"));
	ok(allot_row(leg, &n, &row, &all_ways) == ALLOT_GOOD && view_eq(record_text(&leg[0].r, F_REASON), VIEW("BAD_ROUTING")) &&
		view_eq(record_text(&leg[0].r, F_METHOD), VIEW("CHECK")), "so does one whose routing number is no bank's");
	ways.check = false;
	ok(allot_row(leg, &n, &row, &ways) == ALLOT_BAD_ROUTING && n == 0, "where there is no way for checks it is held for that");
}

static const struct {
	const char *what;
	int64_t rollover;			/* -1 absent */
	struct view trustee, account;
	int percent;
	bool way;
	enum allot_reason want;
	int64_t legs[2];
} rollovers[] = {
	{ "a part for the trustee", 50000, VIEW_INIT("Summit Trust, N.A."), VIEW_INIT("1"), 0, true, ALLOT_GOOD, { 50000, 73456 } },
	{ "all of it", 123456, VIEW_INIT(""), VIEW_INIT("1"), 0, true, ALLOT_GOOD, { 123456, 0 } },
	{ "nothing of it", 0, VIEW_INIT("Summit Trust, N.A."), VIEW_INIT("1"), 0, true, ALLOT_GOOD, { 123456, 0 } },
	{ "more than the net", 123457, VIEW_INIT(""), VIEW_INIT("1"), 0, true, ALLOT_BAD_ROLLOVER, { 0, 0 } },
	{ "less than nothing", -1, VIEW_INIT("Summit Trust, N.A."), VIEW_INIT("1"), 0, true, ALLOT_BAD_ROLLOVER, { 0, 0 } },
	{ "an unknown part", INT64_MIN, VIEW_INIT("Summit Trust, N.A."), VIEW_INIT("1"), 0, true, ALLOT_BAD_ROLLOVER, { 0, 0 } },
	{ "a third by rule", INT64_MIN, VIEW_INIT("Summit Trust, N.A."), VIEW_INIT("1"), 33, true, ALLOT_GOOD, { 40740, 82716 } },
	{ "a rule and no trustee", INT64_MIN, VIEW_INIT(""), VIEW_INIT("1"), 33, true, ALLOT_GOOD, { 123456, 0 } },
	{ "another trustee", 50000, VIEW_INIT("Valley Trust"), VIEW_INIT("1"), 0, true, ALLOT_OTHER_TRUSTEE, { 0, 0 } },
	{ "no account there", 50000, VIEW_INIT(""), VIEW_INIT(" "), 0, true, ALLOT_NO_TRUSTEE, { 0, 0 } },
	{ "no way for rollovers", 50000, VIEW_INIT(""), VIEW_INIT("1"), 0, false, ALLOT_NO_WAY, { 0, 0 } },
};

static void by_trustee(void)
{
	struct allot_leg leg[ALLOT_LEGS];
	size_t n;

	for (size_t i = 0; i < sizeof(rollovers) / sizeof(rollovers[0]); i++) {
		struct record row = full_row();
		struct allot_ways ways = all_ways;
		enum allot_reason got;

		ways.rollover = rollovers[i].way;
		ways.rollover_percent = rollovers[i].percent;
		row.present[F_TRUSTEE / 64] &= ~((uint64_t)1 << F_TRUSTEE % 64);
		row.present[F_ROLLOVER / 64] &= ~((uint64_t)1 << F_ROLLOVER % 64);
		record_set_text(&row, F_TRUSTEE, rollovers[i].trustee);
		record_set_text(&row, F_TRUSTEE_ACCOUNT, rollovers[i].account);
		if (rollovers[i].rollover != INT64_MIN)
			record_set_num(&row, F_ROLLOVER, rollovers[i].rollover);
		got = allot_row(leg, &n, &row, &ways);
		ok(got == rollovers[i].want && n == (got != ALLOT_GOOD ? 0u : rollovers[i].legs[1] != 0 ? 2u : 1u), "rollover, %s: %s, %zu legs",
			rollovers[i].what, allot_reason_words(got), n);
		for (size_t k = 0; k < n; k++)
			is_int(record_num(&leg[k].r, F_AMOUNT, 0), rollovers[i].legs[k], "rollover, %s: leg %zu", rollovers[i].what, k + 1);
	}
	{
		struct record row = full_row();

		record_set_num(&row, F_ROLLOVER, 100);
		allot_row(leg, &n, &row, &all_ways);
		record_set_text(&row, F_SSN, VIEW("900-11-2233"));
		allot_row(leg, &n, &row, &all_ways);
		is_view(record_text(&leg[0].r, F_SSN), VIEW("900112233"), "a social security number loses its dashes");
		record_set_text(&row, F_SSN, VIEW("90011223"));
		ok(allot_row(leg, &n, &row, &all_ways) == ALLOT_NO_SSN && n == 0, "one of eight digits is none");
		record_set_text(&row, F_SSN, VIEW("900112233"));
		allot_row(leg, &n, &row, &all_ways);
		is_view(record_text(&leg[0].r, F_PAYEE), VIEW("Summit Trust N.A. FBO Jurgen O'Neil-Strasser von der Aue"),
			"a rollover is payable to the trustee for the benefit of the person");
		ok(view_eq(record_text(&leg[0].r, F_SSN), VIEW("900112233")) && view_eq(record_text(&leg[0].r, F_PLAN), VIEW("ACME PSP")) &&
			view_eq(record_text(&leg[0].r, F_TRUSTEE_ACCOUNT), VIEW("IRA-778899")) && record_num(&leg[0].r, F_LEG, 0) == 1 &&
			record_num(&leg[1].r, F_LEG, 0) == 2, "it names the person, the plan and the account at the trustee");
		ok(view_eq(record_text(&leg[1].r, F_TRANSACTION_CODE), VIEW("32")) && !record_has(&leg[1].r, F_METHOD), "the rest is an ACH leg like any other");
	}
}

static void by_parts(void)
{
	struct record row = full_row();
	struct allot_leg leg[ALLOT_LEGS];
	struct allot_ways ways = all_ways;
	int wrong = 0;
	size_t n;

	ways.ach_most = 50000;
	ok(allot_row(leg, &n, &row, &ways) == ALLOT_GOOD && n == 3 && record_num(&leg[0].r, F_AMOUNT, 0) == 41152, "a payment above its bound leaves in equal legs");
	record_set_num(&row, F_NET, 100001);
	allot_row(leg, &n, &row, &ways);
	ok(n == 3 && record_num(&leg[0].r, F_AMOUNT, 0) == 33334 && record_num(&leg[1].r, F_AMOUNT, 0) == 33334 &&
		record_num(&leg[2].r, F_AMOUNT, 0) == 33333, "left-over cents go one each to the first");
	record_set_num(&row, F_NET, 200001);
	ok(allot_row(leg, &n, &row, &ways) == ALLOT_TOO_MANY_LEGS && n == 0, "a payment that needs five legs is held");
	record_set_num(&row, F_NET, ALLOT_AMOUNT_MAX + 1);
	ways.ach_most = ALLOT_AMOUNT_MAX;
	ok(allot_row(leg, &n, &row, &ways) == ALLOT_GOOD && n == 2, "an amount of eleven digits is paid where a bound divides it");
	ok(allot_row(leg, &n, &row, &all_ways) == ALLOT_AMOUNT_TOO_LARGE && n == 0, "and held where none does");
	for (int i = 0; i < 20000; i++) {
		int64_t net = 1 + (int64_t)rnd(1000000);

		row = full_row();
		ways.rollover_percent = (int)rnd(101);
		ways.ach_most = rnd(2) ? 1 + (int64_t)rnd(1000000) : 0;
		ways.check_most = rnd(2) ? 1 + (int64_t)rnd(1000000) : 0;
		record_set_num(&row, F_NET, net);
		if (rnd(2))
			record_set_num(&row, F_ROLLOVER, (int64_t)rnd((uint64_t)net + 2));
		else
			row.present[F_ROLLOVER / 64] &= ~((uint64_t)1 << F_ROLLOVER % 64);
		if (rnd(3) == 0)
			record_set_text(&row, F_METHOD, VIEW("CHECK"));
		if (rnd(3) == 0)
			record_set_text(&row, F_ACCOUNT, VIEW("bad\n"));
		if (allot_row(leg, &n, &row, &ways) == ALLOT_GOOD) {
			wrong += sum_of(leg, n) != net || n == 0 || n > ALLOT_LEGS;
			for (size_t k = 0; k < n; k++)
				wrong += record_num(&leg[k].r, F_AMOUNT, 0) <= 0 || record_num(&leg[k].r, F_LEG, 0) != (int64_t)k + 1;
		} else {
			wrong += n != 0;
		}
	}
	is_int(wrong, 0, "twenty thousand random rows are paid to the cent, each leg above zero, or not at all");
}

static const struct { const char *what; struct view in; const char *out; } names[] = {
	{ "UTF-8", VIEW_INIT("\xc3\x85ke \xc3\x98sterg\xc3\xa5rd"), "AKE OSTERGARD" },
	{ "ISO 8859-1", VIEW_INIT("Nu\xf1" "ez"), "NUNEZ" },
	{ "a combining accent", VIEW_INIT("Jose\xcc\x81"), "JOSE" },
	{ "central European letters", VIEW_INIT("\xc5\x81ukasz \xc4\x8c" "apek"), "LUKASZ CAPEK" },
	{ "controls", VIEW_INIT("A\tB\r\nC\0D"), "A B C D" },
	{ "ends of the table", VIEW_INIT("\xc3\x80\xc5\xbf"), "AS" },
};

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
		got = allot_row(leg, &n, &row, NULL);
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
	by_check();
	by_trustee();
	by_parts();
	return done_testing();
}
