/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strict - how severe each finding is for one partner: option CODE=error|warning|note|off
 *
 * A finding's own option wins over the module's table and over a policy (proof=warn).  How low it may go is the module's
 * word: `told` are never below a warning (something is not read, or is read by a guess), `stays` keep what the table says
 * (without it a row would be lost, or nothing was read).  A value that is not known is told and counts as error.
 */
#pragma once

#include "formats/core/format.h"

#define STRICT(code) (UINT64_C(1) << (code))		/* a module's table has at most 64 codes */
#define STRICT_OPTION(prefix, lowest) { prefix "_<CODE>", "error|warning|note|off", "as `explain` says", \
	"how severe one finding is, for each code of this module; " lowest }
#define STRICT_OF_ROWS "an error stays one, since its row is not read"
#define STRICT_OF_STATEMENTS "what is not read or is doubtful is never off, and a difference stays in the summary"

struct strict {
	const struct tally_host *host;
	const struct tally_code *codes;
	uint64_t told, stays;
	bool any;				/* one of the options is set */
};

void strict_init(struct strict *, const struct tally_host *, const struct tally_code *, uint64_t told, uint64_t stays);
void strict_rows(struct strict *, const struct tally_host *, const struct tally_code *);	/* every error stays one */
bool strict_is_set(const struct strict *, unsigned code);
bool strict_apply(const struct strict *, unsigned code, uint32_t *severity);			/* false: it is not told */
/* The next code from *at on whose option has a value that is not known; *at is behind it.  NULL: there is none. */
const char *strict_unknown(const struct strict *, unsigned *at);
