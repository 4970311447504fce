/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock_test - banking dates and cut-offs in the partner's zone, over both changes of the clocks, with the days of holidays/ closed
 *
 * The business clock is the one route has; nothing here waits for a real one.
 */
#include <string.h>

#include "gateway/roles/route/route.h"
#include "gateway/zone.h"
#include "rules/calendar.h"
#include "tests/lib/tap.h"

static int64_t now_s;

static int64_t utc_seconds(void *ctx)
{
	(void)ctx;
	return now_s;
}

static date_t day(const char *iso)
{
	date_t d;

	if (!date_parse_iso(&d, view_of(iso)))
		abort();
	return d;
}

static int64_t at(const char *iso, int hour, int minute)
{
	return (int64_t)day(iso) * 86400 + hour * 3600 + minute * 60;
}

static const struct { const char *zone, *day; int hour, minute; const char *there; int minutes; } walls[] = {
	/* New York: 2026-03-08 02:00 -> 03:00, 2026-11-01 02:00 -> 01:00 */
	{ "America/New_York", "2026-03-08", 6, 59, "2026-03-08", 119 }, { "America/New_York", "2026-03-08", 7, 0, "2026-03-08", 180 },
	{ "America/New_York", "2026-11-01", 5, 59, "2026-11-01", 119 }, { "America/New_York", "2026-11-01", 6, 0, "2026-11-01", 60 },
	{ "America/New_York", "2026-07-01", 3, 30, "2026-06-30", 1410 }, { "America/New_York", "2026-12-01", 4, 30, "2026-11-30", 1410 },
	/* Frankfurt: 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00 */
	{ "Europe/Berlin", "2026-03-29", 0, 59, "2026-03-29", 119 }, { "Europe/Berlin", "2026-03-29", 1, 0, "2026-03-29", 180 },
	{ "Europe/Berlin", "2026-10-25", 0, 59, "2026-10-25", 179 }, { "Europe/Berlin", "2026-10-25", 1, 0, "2026-10-25", 120 },
	{ "", "2026-03-08", 7, 0, "2026-03-08", 420 },
};

static const struct { const char *zone, *day; int minutes; const char *utc_day; int hour, minute; const char *what; } moments[] = {
	{ "America/New_York", "2026-03-06", 1020, "2026-03-06", 22, 0, "17:00 on the Friday before the clocks go forward" },
	{ "America/New_York", "2026-03-09", 1020, "2026-03-09", 21, 0, "17:00 on the Monday after" },
	{ "America/New_York", "2026-10-30", 1020, "2026-10-30", 21, 0, "17:00 on the Friday before they go back" },
	{ "America/New_York", "2026-11-02", 1020, "2026-11-02", 22, 0, "17:00 on the Monday after that" },
	{ "America/New_York", "2026-03-08", 150, "2026-03-08", 7, 0, "02:30 of the night that has none: the moment of the change" },
	{ "America/New_York", "2026-11-01", 90, "2026-11-01", 5, 30, "01:30 of the night that has two: the first" },
	{ "Europe/Berlin", "2026-10-25", 150, "2026-10-25", 0, 30, "02:30 in Frankfurt's long night: the first" },
	{ "", "2026-03-08", 0, "2026-03-08", 0, 0, "midnight in UTC" },
};

static void zones(void)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
		date_t d = 0;
		int m = 0;

		ok(zone_local(walls[i].zone, at(walls[i].day, walls[i].hour, walls[i].minute), &d, &m) && d == day(walls[i].there) && m == walls[i].minutes,
		   "%s %02d:%02dZ is %s %02d:%02d in '%s'", walls[i].day, walls[i].hour, walls[i].minute, walls[i].there, walls[i].minutes / 60, walls[i].minutes % 60,
		   walls[i].zone);
	}
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		ok(zone_utc(moments[i].zone, day(moments[i].day), moments[i].minutes) == at(moments[i].utc_day, moments[i].hour, moments[i].minute), "%s", moments[i].what);
	for (int64_t t = at("2026-01-01", 0, 0); t < at("2027-01-01", 0, 0); t += 1800) {
		date_t d;
		int m;
		int64_t back;

		zone_local("America/New_York", t, &d, &m);
		back = zone_utc("America/New_York", d, m);
		wrong += back != t && back != t - 3600;		/* the repeated hour reads back as its first passing */
	}
	is_int(wrong, 0, "there and back again is the same moment in every half hour of a year");
}

static const struct { const char *what, *day; int hour, minute; const char *effective; enum cutoff_verdict want; } asks[] = {
	{ "16:30 in winter is before the cut-off", "2026-03-06", 21, 30, "2026-03-09", CUTOFF_OK },
	{ "17:30 in summer, at the same minute in UTC, is after it", "2026-03-09", 21, 30, "2026-03-10", CUTOFF_MISSED },
	{ "17:30 on the last Friday of summer time is after it", "2026-10-30", 21, 30, "2026-11-02", CUTOFF_MISSED },
	{ "16:30 on the first Monday of winter time is before it", "2026-11-02", 21, 30, "2026-11-03", CUTOFF_OK },
	{ "16:59 is in time", "2026-11-09", 21, 59, "2026-11-10", CUTOFF_OK },
	{ "17:00 is not", "2026-11-09", 22, 0, "2026-11-10", CUTOFF_MISSED },
	{ "23:30 in New York is still today there, though tomorrow in UTC", "2026-11-10", 4, 30, "2026-11-12", CUTOFF_OK },
	{ "Veterans Day is closed", "2026-11-09", 15, 0, "2026-11-11", CUTOFF_CLOSED_DAY },
	{ "a day of holidays/federal-reserve.txt is closed", "2026-11-16", 15, 0, "2026-11-18", CUTOFF_CLOSED_DAY },
	{ "a day of holidays/bank.txt is closed", "2026-11-16", 15, 0, "2026-11-19", CUTOFF_CLOSED_DAY },
	{ "another partner's day is open", "2026-11-16", 15, 0, "2026-11-20", CUTOFF_OK },
	{ "on a day of holidays/ nothing is in time for the next", "2026-11-18", 15, 0, "2026-11-20", CUTOFF_MISSED },
};

static void cutoffs(void)
{
	static const struct route_ops ops = { .utc_seconds = utc_seconds };
	date_t fed = day("2026-11-18"), own = day("2026-11-19"), other = day("2026-11-20");
	struct holidays closed[] = { { "federal-reserve", &fed, 1 }, { "bank", &own, 1 }, { "otherbank", &other, 1 } };
	struct config config = { .holidays = closed, .n_holidays = 3 };
	struct partner bank = { .name = "bank", .timezone = "America/New_York", .calendar = "federal-reserve" };
	struct outbound ach = { .name = "ach", .cut_off = "17:00", .lead_days = 1 }, late = { .name = "late", .cut_off = "", .lead_days = 0 };
	struct route r = { .config = &config, .ops = &ops };
	date_t earliest;

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		now_s = at(asks[i].day, asks[i].hour, asks[i].minute);
		is_int(clock_judge(&r, &bank, &ach, day(asks[i].effective), &earliest), asks[i].want, "%s", asks[i].what);
	}
	now_s = at("2026-11-17", 15, 0);
	clock_judge(&r, &bank, &ach, day("2026-11-17"), &earliest);
	is_int(earliest, day("2026-11-20"), "over two closed days the earliest date is the day after them");
	now_s = at("2026-11-10", 4, 58);		/* 23:58 on the 9th there */
	ok(clock_in_time(&r, &bank, &late, day("2026-11-09")), "without a cut-off the day lasts to its end");
}

int main(void)
{
	zones();
	cutoffs();
	return done_testing();
}
