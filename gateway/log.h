/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one line a step, keyed by the object's id, greppable, and the same as fields in the journal
 *
 *   log_step(LOG_NOTICE, "parcel.held", "parcel", "F7", "partner", "firstbank", "why", text, NULL);
 *   -> 2026-11-09T08:00:00Z parse notice parcel.held parcel=F7 partner=firstbank why="control total differs"
 *
 * Values are escaped; quotes only where a value has a blank or a quote. Never an account number, never a name with an
 * amount: callers pass ids. To stderr, or to the journal's socket when stderr is the journal (fields TALLY_PARCEL=...).
 */
#pragma once

#include <syslog.h>

void log_open(const char *role);				/* before the cage: opens what it needs */
void log_step(int priority, const char *event, ...) __attribute__((sentinel));	/* key, value pairs, then NULL */
