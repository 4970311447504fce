/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_schema - the steps from an empty file to today's schema; see ledger_schema.c
 */
#pragma once

extern const char *const ledger_migrations[];
extern const int ledger_version;		/* how many steps; PRAGMA user_version of a current ledger */

/* State of a bank line, an expected line and an ACH return: */
enum open_state { OPEN_OPEN = 1, OPEN_MATCHED, OPEN_EXCEPTION, OPEN_SUPERSEDED };
