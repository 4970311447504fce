/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table - a CSV of our own making read back: whole in memory, columns by name
 *
 * RFC 4180.  Views live until rc_table_close().  A column that is not there reads as empty; the first of `names` must be.
 */
#pragma once

#include "formats/core/err.h"
#include "formats/core/view.h"

#define RC_TABLE_COLUMNS 64

struct rc_table {
	char *p;			/* n bytes and a newline more */
	size_t n, at, stop;		/* rows that begin before `stop` */
	unsigned long long line;
	int8_t to[RC_TABLE_COLUMNS];	/* by column of the file: which of the wanted it is, or -1 */
	int columns, wanted;
	bool foreign;			/* set before rc_table_head(): a spreadsheet program wrote it; separator and empty fields may differ */
	char separator;
};

int rc_table_open(struct rc_table *, const char *path, const char *const *names, struct err *);	/* 0, -1 */
int rc_table_slurp(struct rc_table *, const char *path, struct err *);		/* p and n alone; p is freed by rc_table_close() */
int rc_table_head(struct rc_table *, const char *path, const char *const *names, struct err *);	/* p and n are there; reads the first row */
int rc_table_next(struct rc_table *, struct view *values);	/* 1 = a row, 0 = the end, -1 = not CSV */
void rc_table_close(struct rc_table *);
