/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset - see ruleset.h
 */
#include <stdbool.h>

#include "rules/ruleset.h"

int ruleset_persons(const struct ruleset_rule *rules, size_t n, const struct ruleset_batch *b)
{
	bool known = false;
	int persons = 0;

	for (size_t i = 0; i < n; i++) {
		if ((rules[i].partner.n > 0 && !view_eq(rules[i].partner, b->partner)) ||
		    !view_eq(rules[i].ccy, b->ccy))
			continue;
		known = true;
		if ((b->total_minor > rules[i].limit_minor || b->total_minor < 0) && rules[i].persons > persons)
			persons = rules[i].persons;	/* below zero is no sum of magnitudes: every limit applies */
	}
	return known ? persons : 1;
}
