/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar: the holidays of known years as the Reserve Banks and the ECB published them, and laws that hold in
 * every year
 */
#include "rules/calendar.h"
#include "tests/lib/tap.h"

/* The weekdays that were or will be closed, a year a line: what the Reserve Banks and the ECB publish for 2016 to 2031. */
static const char *const fed[] = {
	"2016 0101 0118 0215 0530 0704 0905 1010 1111 1124 1226",
	"2017 0102 0116 0220 0529 0704 0904 1009 1123 1225",
	"2018 0101 0115 0219 0528 0704 0903 1008 1112 1122 1225",
	"2019 0101 0121 0218 0527 0704 0902 1014 1111 1128 1225",
	"2020 0101 0120 0217 0525 0907 1012 1111 1126 1225",
	"2021 0101 0118 0215 0531 0705 0906 1011 1111 1125",
	"2022 0117 0221 0530 0620 0704 0905 1010 1111 1124 1226",
	"2023 0102 0116 0220 0529 0619 0704 0904 1009 1123 1225",
	"2024 0101 0115 0219 0527 0619 0704 0902 1014 1111 1128 1225",
	"2025 0101 0120 0217 0526 0619 0704 0901 1013 1111 1127 1225",
	"2026 0101 0119 0216 0525 0619 0907 1012 1111 1126 1225",
	"2027 0101 0118 0215 0531 0705 0906 1011 1111 1125",
	"2028 0117 0221 0529 0619 0704 0904 1009 1123 1225",
	"2029 0101 0115 0219 0528 0619 0704 0903 1008 1112 1122 1225",
	"2030 0101 0121 0218 0527 0619 0704 0902 1014 1111 1128 1225",
	"2031 0101 0120 0217 0526 0619 0704 0901 1013 1111 1127 1225",
};

static const char *const target[] = {
	"2016 0101 0325 0328 1226",
	"2017 0414 0417 0501 1225 1226",
	"2018 0101 0330 0402 0501 1225 1226",
	"2019 0101 0419 0422 0501 1225 1226",
	"2020 0101 0410 0413 0501 1225",
	"2021 0101 0402 0405",
	"2022 0415 0418 1226",
	"2023 0407 0410 0501 1225 1226",
	"2024 0101 0329 0401 0501 1225 1226",
	"2025 0101 0418 0421 0501 1225 1226",
	"2026 0101 0403 0406 0501 1225",
	"2027 0101 0326 0329",
	"2028 0414 0417 0501 1225 1226",
	"2029 0101 0330 0402 0501 1225 1226",
	"2030 0101 0419 0422 0501 1225 1226",
	"2031 0101 0411 0414 0501 1225 1226",
};

static const struct { int year; const char *easter; } easters[] = {
	{ 1961, "1961-04-02" }, { 2000, "2000-04-23" }, { 2008, "2008-03-23" },
	{ 2011, "2011-04-24" }, { 2024, "2024-03-31" }, { 2025, "2025-04-20" },
	{ 2026, "2026-04-05" }, { 2038, "2038-04-25" }, { 2285, "2285-03-22" },
};

static date_t day(const char *iso)
{
	date_t d;

	if (!date_parse_iso(&d, view_of(iso)))
		abort();
	return d;
}

static struct calendar make(const char *name)
{
	struct calendar c;

	if (!calendar_init(&c, view_of(name)))
		abort();
	return c;
}

static bool listed(const char *year, date_t d)
{
	int y, m, day_of;

	date_split(d, &y, &m, &day_of);
	for (const char *p = year + 4; *p == ' '; p += 5)
		if (m == (p[1] - '0') * 10 + p[2] - '0' && day_of == (p[3] - '0') * 10 + p[4] - '0')
			return true;
	return false;
}

static void year(const struct calendar *c, const char *line)
{
	int y = (int)strtol(line, NULL, 10), wrong = 0;
	date_t d, end;

	if (!date_make(&d, y, 1, 1) || !date_make(&end, y, 12, 31))
		abort();
	for (; d <= end; d++)
		wrong += calendar_open(c, d) != (date_weekday(d) < 5 && !listed(line, d));
	is_int(wrong, 0, "%s is open in %d on exactly the days it should be", calendar_name(c), y);
}

/* In any year: as many closed weekdays as holidays, less the fixed ones that fall on a Saturday; and the Friday before is open. */
static void every_year(const struct calendar *c)
{
	static const int fixed[][2] = { { 1, 1 }, { 6, 19 }, { 7, 4 }, { 11, 11 }, { 12, 25 } };
	int wrong = 0, fridays = 0, mondays = 0;
	date_t d, end;

	for (int y = 2021; y <= 2400; y++) {
		int want = 11, closed = 0;

		for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
			date_make(&d, y, fixed[i][0], fixed[i][1]);
			want -= date_weekday(d) == 5;
			fridays += date_weekday(d) == 5 && !calendar_open(c, d - 1);
			mondays += date_weekday(d) == 6 && calendar_open(c, d + 1);
		}
		date_make(&d, y, 1, 1);
		date_make(&end, y, 12, 31);
		for (; d <= end; d++)
			closed += date_weekday(d) < 5 && !calendar_open(c, d);
		wrong += closed != want;
	}
	is_int(wrong, 0, "every year from 2021 to 2400 has eleven federal holidays less those on a Saturday");
	is_int(fridays, 0, "a holiday on a Saturday closes no Friday in 380 years");
	is_int(mondays, 0, "a holiday on a Sunday closes the Monday in 380 years");
}

static void laws(const struct calendar *c)
{
	date_t first = day("1999-12-20"), last = day("2035-01-10");
	int wrong = 0;

	for (date_t d = first; d < last && wrong == 0; d++) {
		int n = (int)((d * 7919u) % 23);
		date_t later = calendar_add(c, d, n), earlier = calendar_add(c, d, -n);

		wrong += calendar_count(c, d, later) != n && n > 0;
		wrong += n > 0 && (!calendar_open(c, later) || !calendar_open(c, earlier));
		wrong += calendar_open(c, d) && calendar_add(c, later, -n) != d;
		wrong += calendar_next_open(c, d) < d || !calendar_open(c, calendar_next_open(c, d));
		wrong += calendar_count(c, later, d) != -calendar_count(c, d, later);
		wrong += calendar_next_open(c, d) - d > 5;
	}
	is_int(wrong, 0, "%s: adding, counting and going back agree on every day of 35 years", calendar_name(c));
}

int main(void)
{
	struct calendar f = make("federal-reserve"), t = make("target"), w = make("weekdays"), bad;

	for (size_t i = 0; i < sizeof(fed) / sizeof(fed[0]); i++)
		year(&f, fed[i]);
	for (size_t i = 0; i < sizeof(target) / sizeof(target[0]); i++)
		year(&t, target[i]);
	year(&w, "2026");
	every_year(&f);
	for (size_t i = 0; i < sizeof(easters) / sizeof(easters[0]); i++)
		is_int(calendar_easter(easters[i].year), day(easters[i].easter), "Easter of %d is %s", easters[i].year,
		       easters[i].easter);
	ok(calendar_open(&f, day("2026-07-03")), "the Friday before a Saturday Independence Day is open");
	ok(!calendar_open(&f, day("2027-07-05")), "the Monday after a Sunday Independence Day is closed");
	ok(calendar_open(&f, day("2020-06-19")), "Juneteenth was no holiday in 2020");
	ok(!calendar_open(&f, day("2023-01-02")), "the Monday after a Sunday New Year's Day is closed");
	ok(calendar_open(&f, day("2021-12-31")), "the Friday before a Saturday New Year's Day is open");
	laws(&f);
	laws(&t);
	laws(&w);
	is_int(calendar_add(&f, day("2026-11-25"), 1), day("2026-11-27"),
	       "the banking day after the eve of Thanksgiving is Friday");
	is_int(calendar_add(&f, day("2026-11-26"), 0), day("2026-11-26"),
	       "adding no day changes nothing, also on a closed day");
	is_int(calendar_add(&f, day("2026-11-28"), -1), day("2026-11-27"),
	       "the banking day before a Saturday is Friday");
	ok(calendar_close(&f, day("2026-11-27")) && !calendar_open(&f, day("2026-11-27")),
	   "a day added by hand is closed");
	is_int(calendar_add(&f, day("2026-11-25"), 1), day("2026-11-30"), "and is passed over");
	while (calendar_close(&f, day("2026-11-27")))
		;
	is_int(f.n_closed, CALENDAR_CLOSED, "the list of closed days has an end");
	is_int(calendar_add(&w, DATE_NONE, 3), DATE_NONE, "no date and three days is no date");
	is_int(calendar_next_open(&w, DATE_NONE), DATE_NONE, "after no date comes none");
	is_int(calendar_add(&w, day("9999-12-31"), 1), DATE_NONE, "the calendar ends with the year 9999");
	is_int(calendar_count(&w, DATE_NONE, 5), 0, "from no date nothing is counted");
	ok(!calendar_init(&bad, VIEW("lunar")), "an unknown calendar is refused");
	calendar_for_currency(&bad, VIEW("EUR"));
	is_str(calendar_name(&bad), "target", "euros go by TARGET");
	calendar_for_currency(&bad, VIEW("GBP"));
	is_str(calendar_name(&bad), "weekdays", "other currencies go by weekdays");
	return done_testing();
}
