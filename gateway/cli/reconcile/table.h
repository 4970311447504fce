/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table - a CSV of our own making read back: whole in memory, columns by name
 *
 * RFC 4180.  Views live until rc_table_close().  A column that is not there reads as empty; the first of `names` must be.
 */
#pragma once

#include "formats/core/err.h"
#include "formats/core/view.h"

#define RC_TABLE_COLUMNS 32

struct rc_table { char *p; size_t n, at; unsigned long long line; int column[RC_TABLE_COLUMNS]; int columns, wanted; };

int rc_table_open(struct rc_table *, const char *path, const char *const *names, struct err *);	/* 0, -1 */
int rc_table_next(struct rc_table *, struct view *values);	/* 1 = a row, 0 = the end, -1 = not CSV */
void rc_table_close(struct rc_table *);
