/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date: every day from 1900 to 9999 there and back, leap years, and texts that are no dates
 */
#include "formats/core/date.h"
#include "tests/lib/tap.h"

static void every_day(void)
{
	date_t first = 0, last = 0, d, again;
	int y, m, day, py = 1899, pm = 12, pd = 31, bad = 0;
	char text[DATE_TEXT];

	ok(date_make(&first, 1900, 1, 1) && date_make(&last, 9999, 12, 31), "the first and the last day exist");
	for (d = first; d <= last && bad == 0; d++) {
		bool next;

		date_split(d, &y, &m, &day);
		next = (y == py && m == pm && day == pd + 1) || (y == py && m == pm + 1 && day == 1) ||
		       (y == py + 1 && m == 1 && day == 1);
		if (!next || !date_make(&again, y, m, day) || again != d)
			bad = d;
		if (d % 97 == 0 && (!date_parse_iso(&again, view_of(date_print(d, text))) || again != d))
			bad = d;
		py = y, pm = m, pd = day;
	}
	is_int(bad, 0, "every day comes after the one before and survives split, make, print and parse");
	is_int(last - first + 1, 8100 * 365 + 1964, "8100 years hold 1964 leap days");
}

static const struct { const char *what, *text; bool good; } isos[] = {
	{ "a plain day", "2026-11-23", true },
	{ "29 February of a leap year", "2028-02-29", true },
	{ "29 February of another year", "2026-02-29", false },
	{ "29 February 1900, not a leap year", "1900-02-29", false },
	{ "29 February 2000, a leap year", "2000-02-29", true },
	{ "29 February 2100, not a leap year", "2100-02-29", false },
	{ "31 April", "2026-04-31", false },
	{ "month 13", "2026-13-01", false },
	{ "month 0", "2026-00-10", false },
	{ "day 0", "2026-01-00", false },
	{ "year 1899", "1899-12-31", false },
	{ "one byte short", "2026-11-2", false },
	{ "one byte long", "2026-11-233", false },
	{ "other separators", "2026/11/23", false },
	{ "a letter", "2026-1x-23", false },
	{ "blanks for zeros", "2026- 1-23", false },
	{ "a sign", "+026-11-23", false },
	{ "nothing", "", false },
};

int main(void)
{
	date_t d = 5;
	char text[DATE_TEXT];
	int y, m, day;

	every_day();
	for (size_t i = 0; i < sizeof(isos) / sizeof(isos[0]); i++)
		ok(date_parse_iso(&d, view_of(isos[i].text)) == isos[i].good, "%s is %s", isos[i].what,
		   isos[i].good ? "a date" : "no date");
	ok(date_make(&d, 1970, 1, 1) && d == 0, "1970-01-01 is day 0");
	is_int(date_weekday(0), 3, "1970-01-01 was a Thursday");
	is_int(date_weekday(-4), 6, "1969-12-28 was a Sunday");
	ok(date_make(&d, 2026, 11, 23) && date_weekday(d) == 0, "2026-11-23 is a Monday");
	ok(date_parse_yymmdd(&d, VIEW("691231")), "two-digit year 69 is read");
	is_str(date_print(d, text), "2069-12-31", "69 is 2069");
	ok(date_parse_yymmdd(&d, VIEW("700101")) && d == 0, "70 is 1970");
	ok(!date_parse_yymmdd(&d, VIEW("26112")) && !date_parse_yymmdd(&d, VIEW("26112x")) &&
		   !date_parse_yymmdd(&d, VIEW("261131")),
	   "short, lettered and impossible YYMMDD are refused");
	is_int(d, 0, "a refused text leaves the date as it was");
	ok(date_parse_yyyymmdd(&d, VIEW("20280229")) && !date_parse_yyyymmdd(&d, VIEW("20270229")),
	   "YYYYMMDD knows leap years");
	ok(!date_parse_yyyymmdd(&d, VIEW("2026 123")), "a blank in YYYYMMDD is refused");
	ok(date_parse_us(&d, VIEW("02/29/2028")), "MM/DD/YYYY is read");
	is_str(date_print(d, text), "2028-02-29", "month first, then day");
	ok(!date_parse_us(&d, VIEW("29/02/2028")) && !date_parse_us(&d, VIEW("2/29/2028")),
	   "day first and short months are refused");
	is_str(date_print(DATE_NONE, text), "", "no date prints as nothing");
	is_str(date_print(INT32_MAX, text), "", "a number that is no date of ours prints as nothing");
	date_split(INT32_MAX, &y, &m, &day);
	date_split(INT32_MIN, &y, &m, &day);
	ok(date_weekday(INT32_MAX) >= 0 && date_weekday(INT32_MIN) >= 0, "the ends of the number range do no harm");
	ok(!date_make(&d, 10000, 1, 1) && !date_make(&d, -1, 1, 1) && !date_make(&d, 2026, -1, 1),
	   "years and months outside are refused");
	return done_testing();
}
