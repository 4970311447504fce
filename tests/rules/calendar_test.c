/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar: the holidays of known years as the Reserve Banks and the ECB published them, and laws that hold in
 * every year
 */
#include "rules/calendar.h"
#include "tests/lib/tap.h"

/* Closed weekdays of three years. */
static const char *const fed[] = {
	"2021-01-01", "2021-01-18", "2021-02-15", "2021-05-31", "2021-07-05", "2021-09-06", "2021-10-11",
	"2021-11-11", "2021-11-25", "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19",
	"2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25", "2027-01-01", "2027-01-18",
	"2027-02-15", "2027-05-31", "2027-07-05", "2027-09-06", "2027-10-11", "2027-11-11", "2027-11-25",
};

static const char *const target[] = {
	"2025-01-01", "2025-04-18", "2025-04-21", "2025-05-01", "2025-12-25", "2025-12-26",
	"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25",
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

static void year(const struct calendar *c, int y, const char *const *closed, size_t n)
{
	date_t d, end;
	int wrong = 0;

	if (!date_make(&d, y, 1, 1) || !date_make(&end, y, 12, 31))
		abort();
	for (; d <= end; d++) {
		bool want = date_weekday(d) < 5;

		for (size_t i = 0; i < n; i++)
			want = want && day(closed[i]) != d;
		wrong += calendar_open(c, d) != want;
	}
	is_int(wrong, 0, "%s is open in %d on exactly the days it should be", calendar_name(c), y);
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

	year(&f, 2021, fed, sizeof(fed) / sizeof(fed[0]));
	year(&f, 2026, fed, sizeof(fed) / sizeof(fed[0]));
	year(&f, 2027, fed, sizeof(fed) / sizeof(fed[0]));
	year(&t, 2025, target, sizeof(target) / sizeof(target[0]));
	year(&t, 2026, target, sizeof(target) / sizeof(target[0]));
	year(&w, 2026, NULL, 0);
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
