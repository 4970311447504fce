/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date - see date.h.  Days are counted with years that begin in March, so that the leap day is a year's last
 */
#include "formats/core/date.h"

#define YEAR_MIN 1900
#define YEAR_MAX 9999
#define DAYS_TO_1970 719468		/* 0000-03-01 to 1970-01-01 */
#define DAYS_OF_400Y 146097

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

bool date_make(date_t *out, int year, int month, int day)
{
	int y, era, yoe, doy;

	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return false;
	y = year - (month <= 2);
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	*out = era * DAYS_OF_400Y + yoe * 365 + yoe / 4 - yoe / 100 + doy - DAYS_TO_1970;
	return true;
}

void date_split(date_t d, int *year, int *month, int *day)
{
	int64_t z = (int64_t)d + DAYS_TO_1970;
	int64_t era = (z >= 0 ? z : z - DAYS_OF_400Y + 1) / DAYS_OF_400Y;
	int doe = (int)(z - era * DAYS_OF_400Y);
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (int)(yoe + era * 400) + (*month <= 2);
}

int date_weekday(date_t d)
{
	int w = (int)(((int64_t)d + 3) % 7);		/* 1970-01-01 was a Thursday */

	return w < 0 ? w + 7 : w;
}

/* n digits at p; -1 when one is none. */
static int digits(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

bool date_parse_iso(date_t *out, struct view v)
{
	if (v.n != 10 || v.p[4] != '-' || v.p[7] != '-')
		return false;
	return date_make(out, digits(v.p, 4), digits(v.p + 5, 2), digits(v.p + 8, 2));
}

bool date_parse_yymmdd(date_t *out, struct view v)
{
	int yy;

	if (v.n != 6 || (yy = digits(v.p, 2)) < 0)
		return false;
	return date_make(out, yy < 70 ? 2000 + yy : 1900 + yy, digits(v.p + 2, 2), digits(v.p + 4, 2));
}

bool date_parse_yyyymmdd(date_t *out, struct view v)
{
	if (v.n != 8)
		return false;
	return date_make(out, digits(v.p, 4), digits(v.p + 4, 2), digits(v.p + 6, 2));
}

bool date_parse_us(date_t *out, struct view v)
{
	if (v.n != 10 || v.p[2] != '/' || v.p[5] != '/')
		return false;
	return date_make(out, digits(v.p + 6, 4), digits(v.p, 2), digits(v.p + 3, 2));
}

static void put_digits(char *p, int n, int v)
{
	while (n-- > 0) {
		p[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

static bool split_known(date_t d, int *y, int *m, int *day)
{
	if (d == DATE_NONE)
		return false;
	date_split(d, y, m, day);
	return *y >= YEAR_MIN && *y <= YEAR_MAX;	/* a number from outside may be no date of ours */
}

const char *date_print(date_t d, char out[DATE_TEXT])
{
	int y, m, day;

	out[0] = '\0';
	if (!split_known(d, &y, &m, &day))
		return out;
	put_digits(out, 4, y);
	out[4] = out[7] = '-';
	put_digits(out + 5, 2, m);
	put_digits(out + 8, 2, day);
	out[10] = '\0';
	return out;
}
