/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset: the strictest rule that applies counts, and nothing unknown passes unseen
 */
#include "rules/ruleset.h"
#include "tests/lib/tap.h"

int main(void)
{
	static const struct ruleset_rule rules[] = {
		{ { "", 0 }, VIEW_INIT("USD"), 100000, 1 },
		{ { "", 0 }, VIEW_INIT("USD"), 5000000, 2 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("USD"), 0, 2 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("EUR"), 100, 3 },
	};
	static const struct { struct view partner, ccy; int64_t total; int persons; } cases[] = {
		{ VIEW_INIT("other"), VIEW_INIT("USD"), 99999, 0 },
		{ VIEW_INIT("other"), VIEW_INIT("USD"), 100000, 0 },
		{ VIEW_INIT("other"), VIEW_INIT("USD"), 100001, 1 },
		{ VIEW_INIT("other"), VIEW_INIT("USD"), 5000001, 2 },
		{ VIEW_INIT("other"), VIEW_INIT("USD"), INT64_MAX, 2 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("USD"), 1, 2 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("USD"), 0, 0 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("EUR"), 101, 3 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("EUR"), 100, 0 },
		{ VIEW_INIT("other"), VIEW_INIT("EUR"), 1, 1 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("GBP"), 1, 1 },
		{ VIEW_INIT("firstbank"), VIEW_INIT("usd"), 1, 1 },
		{ VIEW_INIT("other"), VIEW_INIT("USD"), -1, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ruleset_batch b = { cases[i].partner, cases[i].ccy, cases[i].total };

		is_int(ruleset_persons(rules, sizeof(rules) / sizeof(rules[0]), &b), cases[i].persons,
		       "%s %s %lld needs %d", cases[i].partner.p, cases[i].ccy.p, (long long)cases[i].total,
		       cases[i].persons);
	}
	is_int(ruleset_persons(NULL, 0, &(struct ruleset_batch){ VIEW("x"), VIEW("USD"), 1 }), 1,
	       "without any rule one person looks");
	return done_testing();
}
