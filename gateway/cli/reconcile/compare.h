/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - what another set of rules would do to the same files: matches gained, lost, made otherwise
 *
 * Both runs must have read the same files.  Only what is accepted without a person is compared; a proposal is no decision.
 */
#pragma once

#include "gateway/cli/reconcile/reconcile.h"

enum change_kind { CHANGE_GAINED, CHANGE_LOST, CHANGE_OTHERWISE, CHANGES };

struct change {
	enum change_kind kind;
	uint32_t part;
	const struct recon_match *now, *then;	/* NULL: there is none */
};

struct comparison {
	struct change *changes;			/* by partition, then by the rows' place */
	size_t n, cap;
	uint64_t same, count[CHANGES], now, then;
	uint64_t reasons[2][RECON_REASONS];	/* rows on both sides without a match; [0] now, [1] then */
};

int compare_runs(struct comparison *, const struct rc *now, const struct rc *then, struct err *);	/* 0; -1: not of the same files, or memory */
void compare_release(struct comparison *);
