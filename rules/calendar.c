/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar - see calendar.h.  Holidays are rules, not lists, so that no year runs out; the federal ones stand in
 * formats/core/holiday.c, since the ACH module judges by them too.
 */
#include "formats/core/holiday.h"
#include "rules/calendar.h"

#define SATURDAY 5

static const struct { int month, day; } fixed_target[] = { { 1, 1 }, { 5, 1 }, { 12, 25 }, { 12, 26 } };

static const struct { struct view name; } kinds[] = {
	[CALENDAR_FEDERAL_RESERVE] = { VIEW_INIT("federal-reserve") },
	[CALENDAR_TARGET] = { VIEW_INIT("target") },
	[CALENDAR_WEEKDAYS] = { VIEW_INIT("weekdays") },
};

bool calendar_init(struct calendar *c, struct view name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!view_eq(kinds[i].name, name))
			continue;
		c->kind = (enum calendar_kind)i;
		c->n_closed = 0;
		return true;
	}
	return false;
}

void calendar_for_currency(struct calendar *c, struct view ccy)
{
	c->kind = CALENDAR_WEEKDAYS;
	if (view_eq(ccy, VIEW("USD")))
		c->kind = CALENDAR_FEDERAL_RESERVE;
	else if (view_eq(ccy, VIEW("EUR")))
		c->kind = CALENDAR_TARGET;
	c->n_closed = 0;
}

const char *calendar_name(const struct calendar *c)
{
	return kinds[c->kind].name.p;
}

bool calendar_close(struct calendar *c, date_t d)
{
	if (c->n_closed == CALENDAR_CLOSED)
		return false;
	c->closed[c->n_closed++] = d;
	return true;
}

date_t calendar_easter(int year)
{
	/* Meeus, Jones and Butcher's form of the Gregorian computus. */
	int a = year % 19, b = year / 100, c = year % 100;
	int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
	int m = (a + 11 * h + 22 * l) / 451;
	int n = h + l - 7 * m + 114;
	date_t d;

	return date_make(&d, year, n / 31, n % 31 + 1) ? d : DATE_NONE;
}

static bool target_holiday(date_t d)
{
	date_t easter;
	int y, m, day;

	date_split(d, &y, &m, &day);
	for (size_t i = 0; i < sizeof(fixed_target) / sizeof(fixed_target[0]); i++)
		if (fixed_target[i].month == m && fixed_target[i].day == day)
			return true;
	if (m != 3 && m != 4)
		return false;
	easter = calendar_easter(y);
	return d == easter - 2 || d == easter + 1;
}

static bool in_range(date_t d)
{
	const date_t first = -25567, last = 2932896;	/* 1900-01-01, 9999-12-31 */

	return d >= first && d <= last;
}

bool calendar_open(const struct calendar *c, date_t d)
{
	if (!in_range(d) || date_weekday(d) >= SATURDAY)
		return false;
	if (c->kind == CALENDAR_FEDERAL_RESERVE && holiday_federal(d))
		return false;
	if (c->kind == CALENDAR_TARGET && target_holiday(d))
		return false;
	for (size_t i = 0; i < c->n_closed; i++)
		if (c->closed[i] == d)
			return false;
	return true;
}

date_t calendar_next_open(const struct calendar *c, date_t d)
{
	for (; in_range(d); d++)
		if (calendar_open(c, d))
			return d;
	return DATE_NONE;
}

date_t calendar_add(const struct calendar *c, date_t d, int n)
{
	int step = n < 0 ? -1 : 1;

	while (n != 0 && in_range(d)) {
		d += step;
		if (calendar_open(c, d))
			n -= step;
	}
	return in_range(d) ? d : DATE_NONE;
}

int calendar_count(const struct calendar *c, date_t from, date_t to)
{
	int n = 0;

	if (!in_range(from) || !in_range(to))
		return 0;
	if (to < from)
		return -calendar_count(c, to, from);
	while (from < to)
		n += calendar_open(c, ++from);
	return n;
}
