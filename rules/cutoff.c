/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cutoff - see cutoff.h.  At the cut-off minute itself it is too late: a file is not at the bank the moment it leaves.
 */
#include "rules/cutoff.h"

bool cutoff_parse(int *minutes, struct view v)
{
	int part[4];

	if (v.n != 5 || v.p[2] != ':')
		return false;
	for (int i = 0; i < 4; i++) {
		part[i] = v.p[i < 2 ? i : i + 1] - '0';
		if (part[i] < 0 || part[i] > 9)
			return false;
	}
	if (part[0] * 10 + part[1] > 23 || part[2] > 5)
		return false;
	*minutes = (part[0] * 10 + part[1]) * 60 + part[2] * 10 + part[3];
	return true;
}

enum cutoff_verdict cutoff_verify(const struct cutoff_ask *a, date_t *earliest)
{
	const struct calendar *c = a->calendar;
	bool in_time = calendar_open(c, a->today) && a->minutes < a->cut_off_minutes;
	date_t at_bank = in_time ? a->today : calendar_next_open(c, a->today + 1);

	*earliest = calendar_add(c, at_bank, a->lead_days < 0 ? 0 : a->lead_days);
	if (*earliest == DATE_NONE || a->effective == DATE_NONE || a->effective < *earliest)
		return CUTOFF_MISSED;
	if (!calendar_open(c, a->effective)) {
		*earliest = calendar_next_open(c, a->effective);
		return CUTOFF_CLOSED_DAY;
	}
	return CUTOFF_OK;
}
