/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holiday - the holidays of the Federal Reserve Banks, in any year, and banking days between them
 *
 * One that falls on a Sunday is kept on Monday; one that falls on a Saturday is not made up for (the Reserve Banks are open
 * on that Friday).  rules/calendar.h knows other calendars and a partner's own closed days; a format module, which has no
 * configuration of days, judges by these alone.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/date.h"

bool holiday_federal(date_t);				/* a weekday that is one */
bool holiday_bank_open(date_t);				/* Monday to Friday, no federal holiday */
date_t holiday_bank_day(date_t, int n);			/* the n-th banking day after it; for 0 the day itself */
