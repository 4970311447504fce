/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar - on which days a bank is open; no clock, any year
 *
 * federal-reserve: Monday to Friday without the federal holidays; one that falls on a Sunday is kept on Monday, one
 *                  that falls on a Saturday is not made up for (the Reserve Banks are open on that Friday).
 * target:          Monday to Friday without 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December (since
 *                  2002).
 * weekdays:        Monday to Friday.
 * Days closed besides (a bank's own list, a day of mourning) are added with calendar_close().
 *
 * A banking day = a day the calendar is open.  DATE_NONE in gives DATE_NONE out; so does an answer outside 1900 to
 * 9999.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "formats/core/date.h"

#define CALENDAR_CLOSED 512

enum calendar_kind { CALENDAR_FEDERAL_RESERVE, CALENDAR_TARGET, CALENDAR_WEEKDAYS };

struct calendar {
	enum calendar_kind kind;
	size_t n_closed;
	date_t closed[CALENDAR_CLOSED];
};

bool calendar_init(struct calendar *, struct view name);	/* a name from above; false: unknown */
void calendar_for_currency(struct calendar *, struct view ccy);	/* USD: federal-reserve, EUR: target, else weekdays */
const char *calendar_name(const struct calendar *);
bool calendar_close(struct calendar *, date_t);			/* one closed day more; false when the list is full */

bool calendar_open(const struct calendar *, date_t);

/* The day itself when open, else the first open day after it. */
date_t calendar_next_open(const struct calendar *, date_t);

/* The n-th banking day after it, before it when n < 0; for 0 the day itself, open or not. */
date_t calendar_add(const struct calendar *, date_t, int n);

/* Banking days after `from` up to and with `to`; negative backwards. */
int calendar_count(const struct calendar *, date_t from, date_t to);
date_t calendar_easter(int year);				/* Easter Sunday, Gregorian */
