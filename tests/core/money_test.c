/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money: exact to the last unit at both ends of int64, and nothing that is not a number
 */
#include "formats/core/money.h"
#include "tests/lib/tap.h"

static const struct { const char *what; struct view in; enum money_err want; int64_t minor; } plain[] = {
	{ "leading zeros", VIEW_INIT("0000000100"), MONEY_OK, 100 },
	{ "zero", VIEW_INIT("0"), MONEY_OK, 0 },
	{ "many leading zeros", VIEW_INIT("00000000000000000000000000000000000001"), MONEY_OK, 1 },
	{ "the largest", VIEW_INIT("9223372036854775807"), MONEY_OK, INT64_MAX },
	{ "one more than fits", VIEW_INIT("9223372036854775808"), MONEY_TOO_BIG, 7 },
	{ "ten times what fits", VIEW_INIT("92233720368547758070"), MONEY_TOO_BIG, 7 },
	{ "nothing", VIEW_INIT(""), MONEY_EMPTY, 7 },
	{ "NUL inside", VIEW_INIT("12\0" "34"), MONEY_NOT_DIGIT, 7 },
	{ "a sign", VIEW_INIT("-12"), MONEY_NOT_DIGIT, 7 },
	{ "a blank in front", VIEW_INIT(" 12"), MONEY_NOT_DIGIT, 7 },
	{ "a blank behind", VIEW_INIT("12 "), MONEY_NOT_DIGIT, 7 },
	{ "a point", VIEW_INIT("1.2"), MONEY_NOT_DIGIT, 7 },
	{ "too many digits and then a letter", VIEW_INIT("99999999999999999999x"), MONEY_NOT_DIGIT, 7 },
};

static const struct { const char *in, *ccy; enum money_err want; int64_t minor; } decimals[] = {
	{ "12.34", "USD", MONEY_OK, 1234 },
	{ "12.3", "USD", MONEY_OK, 1230 },
	{ "12", "USD", MONEY_OK, 1200 },
	{ "+12.00", "USD", MONEY_OK, 1200 },
	{ "-0.05", "USD", MONEY_OK, -5 },
	{ "-0.00", "USD", MONEY_OK, 0 },
	{ "0.005", "USD", MONEY_DECIMALS, 7 },
	{ "12.340", "USD", MONEY_DECIMALS, 7 },
	{ "12.34x", "USD", MONEY_NOT_DIGIT, 7 },
	{ "12.345x", "USD", MONEY_NOT_DIGIT, 7 },
	{ "12.3.4", "USD", MONEY_NOT_DIGIT, 7 },
	{ "1,234.00", "USD", MONEY_NOT_DIGIT, 7 },
	{ "12,34", "USD", MONEY_NOT_DIGIT, 7 },
	{ "1e3", "USD", MONEY_NOT_DIGIT, 7 },
	{ ".5", "USD", MONEY_NOT_DIGIT, 7 },
	{ "5.", "USD", MONEY_NOT_DIGIT, 7 },
	{ ".", "USD", MONEY_NOT_DIGIT, 7 },
	{ "-", "USD", MONEY_NOT_DIGIT, 7 },
	{ "--1", "USD", MONEY_NOT_DIGIT, 7 },
	{ "", "USD", MONEY_EMPTY, 7 },
	{ "12.5", "JPY", MONEY_DECIMALS, 7 },
	{ "12.", "JPY", MONEY_NOT_DIGIT, 7 },
	{ "12", "JPY", MONEY_OK, 12 },
	{ "1.234", "KWD", MONEY_OK, 1234 },
	{ "92233720368547758.07", "USD", MONEY_OK, INT64_MAX },
	{ "92233720368547758.08", "USD", MONEY_TOO_BIG, 7 },
	{ "-92233720368547758.08", "USD", MONEY_OK, INT64_MIN },
	{ "-92233720368547758.09", "USD", MONEY_TOO_BIG, 7 },
	{ "92233720368547759", "USD", MONEY_TOO_BIG, 7 },
	{ "1.00", "usd", MONEY_CCY_UNKNOWN, 7 },
	{ "1.00", "US", MONEY_CCY_UNKNOWN, 7 },
	{ "1.00", "USDX", MONEY_CCY_UNKNOWN, 7 },
};

static const struct { int64_t minor; const char *ccy, *plain, *grouped; } prints[] = {
	{ 0, "USD", "0.00", "0.00" },
	{ -5, "USD", "-0.05", "-0.05" },
	{ 123450, "USD", "1234.50", "1,234.50" },
	{ 99999, "USD", "999.99", "999.99" },
	{ 100000000, "USD", "1000000.00", "1,000,000.00" },
	{ 1234567, "JPY", "1234567", "1,234,567" },
	{ -1234, "KWD", "-1.234", "-1.234" },
	{ INT64_MIN, "USD", "-92233720368547758.08", "-92,233,720,368,547,758.08" },
	{ INT64_MAX, "JPY", "9223372036854775807", "9,223,372,036,854,775,807" },
	{ 150, "??", "1.50", "1.50" },
};

static void adding(void)
{
	struct money a = { INT64_MAX, "USD" }, b = { 1, "USD" }, c = { 1, "EUR" };
	int64_t sum = INT64_MIN;

	is_int(money_add(&a, b), MONEY_TOO_BIG, "one more than the largest is too big");
	is_int(a.minor, INT64_MAX, "and leaves the sum as it was");
	is_int(money_add(&a, c), MONEY_CCY_DIFFERS, "euros are not added to dollars");
	a.minor = 4;
	ok(money_add(&a, b) == MONEY_OK && a.minor == 5, "four and one are five");
	ok(!money_add_minor(&sum, -1) && sum == INT64_MIN, "one less than the least is refused");
	ok(money_add_minor(&sum, INT64_MAX) && sum == -1, "the two ends add up to -1");
}

int main(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct money m = { 7, "" };
		enum money_err e = money_parse(&m, plain[i].in, "USD");

		ok(e == plain[i].want && m.minor == plain[i].minor, "%s: %s", plain[i].what, money_strerror(e));
	}
	for (size_t i = 0; i < sizeof(decimals) / sizeof(decimals[0]); i++) {
		struct money m = { 7, "" };
		enum money_err e = money_parse_decimal(&m, view_of(decimals[i].in), decimals[i].ccy);

		ok(e == decimals[i].want && m.minor == decimals[i].minor, "'%s' %s: %s", decimals[i].in,
		   decimals[i].ccy, money_strerror(e));
	}
	for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++) {
		buf_clear(&b);
		money_print(&b, prints[i].minor, prints[i].ccy);
		is_view(buf_as_view(&b), view_of(prints[i].plain), "%s %s is printed", prints[i].plain, prints[i].ccy);
		buf_clear(&b);
		money_print_grouped(&b, prints[i].minor, prints[i].ccy);
		is_view(buf_as_view(&b), view_of(prints[i].grouped), "%s is printed for people", prints[i].grouped);
	}
	buf_release(&b);
	adding();
	is_int(money_digits("XXX"), 2, "an unknown code has two digits");
	is_int(money_digits(NULL), -1, "no code has none");
	return done_testing();
}
