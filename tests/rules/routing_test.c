/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing: one wrong digit or two exchanged neighbours that the weights can see are refused, and every real prefix
 * is known
 */
#include "rules/routing.h"
#include "tests/lib/tap.h"

static const struct { const char *number; enum routing_verdict want; } cases[] = {
	{ "076401251", ROUTING_GOOD },		/* the rules' own example */
	{ "021000021", ROUTING_GOOD },
	{ "011401533", ROUTING_GOOD },
	{ "121042882", ROUTING_GOOD },
	{ "076401252", ROUTING_CHECK_DIGIT },
	{ "070641251", ROUTING_CHECK_DIGIT },
	{ "000000000", ROUTING_PREFIX },
	{ "130000006", ROUTING_PREFIX },
	{ "990000001", ROUTING_PREFIX },
	{ "07640125", ROUTING_LENGTH },
	{ "0764012510", ROUTING_LENGTH },
	{ "", ROUTING_LENGTH },
	{ "07640125 ", ROUTING_NOT_DIGIT },
	{ "O76401251", ROUTING_NOT_DIGIT },
};

int main(void)
{
	int caught = 0, tried = 0, wrong = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(routing_verify(view_of(cases[i].number)), cases[i].want, "'%s': %s", cases[i].number,
		       routing_words(cases[i].want));
	for (int pos = 0; pos < 9; pos++) {
		for (char c = '0'; c <= '9'; c++) {
			char n[] = "076401251";

			if (n[pos] == c)
				continue;
			n[pos] = c;
			tried++;
			caught += routing_verify(view_of(n)) != ROUTING_GOOD;
		}
	}
	is_int(caught, tried, "every single wrong digit is caught");
	for (int prefix = 0; prefix < 100; prefix++) {
		bool known = prefix <= 12 || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) ||
			     prefix == 80;
		char n[10] = "000000100";

		n[0] = (char)('0' + prefix / 10);
		n[1] = (char)('0' + prefix % 10);
		n[8] = routing_check_digit((struct view){ n, 8 });
		wrong += routing_verify(view_of(n)) != (known ? ROUTING_GOOD : ROUTING_PREFIX);
	}
	is_int(wrong, 0, "of the hundred prefixes exactly the assigned ones are taken");
	is_int(routing_check_digit(VIEW("07640125")), '1', "the check digit of 07640125 is 1");
	is_int(routing_check_digit(VIEW("0764012x")), 0, "what is no number has no check digit");
	return done_testing();
}
