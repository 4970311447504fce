/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset - how many persons must approve a batch
 *
 * A rule applies when its partner is empty or equal, its currency is equal and the total is above its limit; the
 * strictest that applies counts.  A currency that no rule of that partner knows needs one person: nothing unknown
 * leaves unseen.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "formats/core/view.h"

struct ruleset_rule {
	struct view partner;		/* empty: every partner */
	struct view ccy;
	int64_t limit_minor;		/* applies above, not at, the limit */
	int persons;
};

struct ruleset_batch { struct view partner, ccy; int64_t total_minor; };	/* total: of magnitudes */

int ruleset_persons(const struct ruleset_rule *rules, size_t n, const struct ruleset_batch *);
