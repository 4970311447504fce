/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date - banking dates as days since 1970-01-01 (proleptic Gregorian); no clock is read here
 *
 * DATE_NONE stands for "no date".  Years 1900 to 9999.  Two-digit years: 00-69 = 2000-2069, 70-99 = 1970-1999.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/view.h"

#define DATE_NONE INT32_MIN
#define DATE_TEXT 11			/* "2026-11-23" and its NUL */

typedef int32_t date_t;

bool date_make(date_t *out, int year, int month, int day);	/* false when there is no such day */
void date_split(date_t, int *year, int *month, int *day);
int date_weekday(date_t);					/* 0 = Monday .. 6 = Sunday */
bool date_parse_iso(date_t *out, struct view);			/* YYYY-MM-DD */
bool date_parse_yymmdd(date_t *out, struct view);
bool date_parse_yyyymmdd(date_t *out, struct view);
bool date_parse_us(date_t *out, struct view);			/* MM/DD/YYYY */
const char *date_print(date_t, char out[DATE_TEXT]);		/* ISO; "" for DATE_NONE */
