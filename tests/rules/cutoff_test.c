/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cutoff: the minute, the weekend, the holiday and the lead time
 */
#include "rules/cutoff.h"
#include "tests/lib/tap.h"

static const struct {
	const char *what, *today;
	int minutes, lead;
	const char *effective;
	enum cutoff_verdict want;
	const char *earliest;
} cases[] = {
	{ "a minute before the cut-off", "2026-11-09", 1019, 1, "2026-11-10", CUTOFF_OK, "2026-11-10" },
	{ "at the cut-off", "2026-11-09", 1020, 1, "2026-11-10", CUTOFF_MISSED, "2026-11-12" },
	{ "later than needed", "2026-11-09", 600, 1, "2026-11-20", CUTOFF_OK, "2026-11-10" },
	{ "over Veterans Day", "2026-11-10", 600, 1, "2026-11-11", CUTOFF_MISSED, "2026-11-12" },
	{ "on a holiday", "2026-11-11", 600, 1, "2026-11-13", CUTOFF_OK, "2026-11-13" },
	{ "on a Saturday", "2026-11-14", 600, 2, "2026-11-17", CUTOFF_MISSED, "2026-11-18" },
	{ "same day", "2026-11-09", 600, 0, "2026-11-09", CUTOFF_OK, "2026-11-09" },
	{ "same day, too late", "2026-11-09", 1400, 0, "2026-11-09", CUTOFF_MISSED, "2026-11-10" },
	{ "a negative lead time counts as none", "2026-11-09", 600, -3, "2026-11-09", CUTOFF_OK, "2026-11-09" },
	{ "an effective date on a Sunday", "2026-11-09", 600, 1, "2026-11-15", CUTOFF_CLOSED_DAY, "2026-11-16" },
	{ "an effective date in the past", "2026-11-09", 600, 1, "2026-11-06", CUTOFF_MISSED, "2026-11-10" },
};

int main(void)
{
	struct calendar c;
	struct cutoff_ask a = { .calendar = &c, .cut_off_minutes = 17 * 60 };
	date_t earliest;
	char text[DATE_TEXT];
	int m = 7;

	calendar_init(&c, VIEW("federal-reserve"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum cutoff_verdict v;

		if (!date_parse_iso(&a.today, view_of(cases[i].today)) ||
		    !date_parse_iso(&a.effective, view_of(cases[i].effective)))
			abort();
		a.minutes = cases[i].minutes;
		a.lead_days = cases[i].lead;
		v = cutoff_verify(&a, &earliest);
		is_int(v, cases[i].want, "%s is judged right", cases[i].what);
		is_str(date_print(earliest, text), cases[i].earliest, "%s: the earliest date is %s", cases[i].what,
		       cases[i].earliest);
	}
	a.effective = DATE_NONE;
	is_int(cutoff_verify(&a, &earliest), CUTOFF_MISSED, "no effective date can be made by nothing");
	ok(cutoff_parse(&m, VIEW("17:00")) && m == 1020, "17:00 is 1020 minutes");
	ok(cutoff_parse(&m, VIEW("00:00")) && m == 0 && cutoff_parse(&m, VIEW("23:59")) && m == 1439,
	   "the ends of the day are times");
	ok(!cutoff_parse(&m, VIEW("24:00")) && !cutoff_parse(&m, VIEW("12:60")) && !cutoff_parse(&m, VIEW("9:00")) &&
		   !cutoff_parse(&m, VIEW("0900")) && !cutoff_parse(&m, VIEW("12-00")) &&
		   !cutoff_parse(&m, VIEW("1x:00")) && !cutoff_parse(&m, VIEW("")),
	   "what is no time of day is refused");
	is_int(m, 1439, "and leaves the minutes as they were");
	return done_testing();
}
