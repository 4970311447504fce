/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cutoff - can a file that leaves now still make its effective date?
 *
 * All is local to the partner: the caller turns the clock into a date and minutes since midnight there.  The file
 * counts as delivered today when the partner is open and it is before the cut-off minute, else on the next open
 * day; the effective date must be an open day at least lead_days banking days after that.
 */
#pragma once

#include <stdbool.h>
#include "rules/calendar.h"

enum cutoff_verdict { CUTOFF_OK, CUTOFF_MISSED, CUTOFF_CLOSED_DAY };	/* CLOSED_DAY: in time, but no banking day */

#define CUTOFF_END_OF_DAY (24 * 60 - 1)		/* of a partner without a cut-off */

struct cutoff_ask {
	const struct calendar *calendar;
	date_t today;
	int minutes;			/* since midnight, at the partner */
	int cut_off_minutes;
	int lead_days;
	date_t effective;
};

/* *earliest: the first effective date that can be made; for CLOSED_DAY the first open day after the asked one. */
enum cutoff_verdict cutoff_verify(const struct cutoff_ask *, date_t *earliest);
bool cutoff_parse(int *minutes, struct view text);	/* "17:00"; false: no time of day */
