/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone - UTC to a partner's wall clock and back, by the system's tz data
 *
 * libc's zone functions know one zone for the process, so it is switched for the call: for roles with one thread only.  "" is UTC.
 * A wall-clock minute that a spring change skips is the moment the clocks jump; one that an autumn change repeats is its first
 * passing: a cut-off computed by it is never later than what the bank may mean.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/date.h"

bool zone_local(const char *zone, int64_t utc, date_t *day, int *minutes);	/* minutes since local midnight; false: no such day */
int64_t zone_utc(const char *zone, date_t day, int minutes);			/* the moment that day and minute begin there */
