/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone - see zone.h
 *
 * Back to UTC without mktime's guesses at a doubled or skipped hour: the offsets a day before and a day after bracket any single
 * change, and of the moments they give the earliest is taken that reads back as what was asked.
 */
#include "gateway/zone.h"

#include <stdlib.h>
#include <time.h>

#define DAY_S 86400

static void switch_to(const char *zone)
{
	setenv("TZ", zone != NULL && *zone != '\0' ? zone : "UTC", 1);
	tzset();
}

static bool local(int64_t utc, date_t *day, int *minutes, int64_t *offset)
{
	time_t t = (time_t)utc;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return false;
	*minutes = tm.tm_hour * 60 + tm.tm_min;
	*offset = tm.tm_gmtoff;
	return date_make(day, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

bool zone_local(const char *zone, int64_t utc, date_t *day, int *minutes)
{
	int64_t offset;

	switch_to(zone);
	return local(utc, day, minutes, &offset);
}

int64_t zone_utc(const char *zone, date_t day, int minutes)
{
	int64_t wall = (int64_t)day * DAY_S + (int64_t)minutes * 60, before = 0, after = 0, unused, first, second;
	date_t d;
	int m;

	switch_to(zone);
	if (!local(wall - DAY_S, &d, &m, &before) || !local(wall + DAY_S, &d, &m, &after))
		return wall;
	first = wall - (before > after ? before : after);
	second = wall - (before > after ? after : before);
	if (local(first, &d, &m, &unused) && d == day && m == minutes)
		return first;
	if (local(second, &d, &m, &unused) && d == day && m == minutes)
		return second;
	/* Skipped: the clocks jump between the two; find the first moment that reads as later than what was asked. */
	for (int64_t low = first, high = second; ;) {
		int64_t middle = low + (high - low) / 2;

		if (high - low <= 1)
			return high;
		if (local(middle, &d, &m, &unused) && (d > day || (d == day && m > minutes)))
			high = middle;
		else
			low = middle;
	}
}
