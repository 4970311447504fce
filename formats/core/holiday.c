/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holiday - see holiday.h.  Holidays are rules, not lists: a table row says "the third Monday of January", so
 * that no year runs out.  A holiday is looked for only on a weekday, which is what makes a Saturday holiday vanish
 * by itself.
 */
#include "formats/core/holiday.h"

#define MONDAY 0
#define THURSDAY 3
#define SATURDAY 5
#define LAST 5				/* "the last Monday" of a month */

static const struct { int month, day, since; } fixed_federal[] = {
	{ 1, 1, 0 },			/* New Year's Day */
	{ 6, 19, 2021 },		/* Juneteenth National Independence Day */
	{ 7, 4, 0 },			/* Independence Day */
	{ 11, 11, 0 },			/* Veterans Day */
	{ 12, 25, 0 },			/* Christmas Day */
};

static const struct { int month, weekday, nth, since; } nth_federal[] = {
	{ 1, MONDAY, 3, 1986 },		/* Birthday of Martin Luther King, Jr. */
	{ 2, MONDAY, 3, 0 },		/* Washington's Birthday */
	{ 5, MONDAY, LAST, 0 },		/* Memorial Day */
	{ 9, MONDAY, 1, 0 },		/* Labor Day */
	{ 10, MONDAY, 2, 0 },		/* Columbus Day */
	{ 11, THURSDAY, 4, 0 },		/* Thanksgiving Day */
};

bool holiday_federal(date_t d)
{
	int weekday = date_weekday(d), y, m, day;

	if (weekday == MONDAY) {		/* yesterday's Sunday holiday is kept today */
		date_split(d - 1, &y, &m, &day);
		for (size_t i = 0; i < sizeof(fixed_federal) / sizeof(fixed_federal[0]); i++)
			if (fixed_federal[i].month == m && fixed_federal[i].day == day && y >= fixed_federal[i].since)
				return true;
	}
	date_split(d, &y, &m, &day);
	for (size_t i = 0; i < sizeof(fixed_federal) / sizeof(fixed_federal[0]); i++)
		if (fixed_federal[i].month == m && fixed_federal[i].day == day && y >= fixed_federal[i].since)
			return true;
	for (size_t i = 0; i < sizeof(nth_federal) / sizeof(nth_federal[0]); i++) {
		if (nth_federal[i].month != m || nth_federal[i].weekday != weekday || y < nth_federal[i].since)
			continue;
		if (nth_federal[i].nth == LAST && day > 31 - 7)		/* May has 31 days */
			return true;
		if (nth_federal[i].nth != LAST && (day - 1) / 7 + 1 == nth_federal[i].nth)
			return true;
	}
	return false;
}

bool holiday_bank_open(date_t d)
{
	return date_weekday(d) < SATURDAY && !holiday_federal(d);
}

date_t holiday_bank_day(date_t d, int n)
{
	while (n > 0)
		n -= holiday_bank_open(++d);
	return d;
}
