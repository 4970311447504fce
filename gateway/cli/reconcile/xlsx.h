/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xlsx - a spreadsheet file (XLSX) being filled: sheets, rows, cells of a kind
 *
 * Texts are texts: nothing in a cell is ever a formula.  Money goes in with its currency's digits and reads back to the
 * cent; what a spreadsheet's number cannot hold exactly (more than fifteen digits) is written as text.  A sheet holds as
 * many rows as the caller allows and says below them where all are.  Equal contents give equal bytes.
 *
 * A NULL sheet takes everything and keeps nothing: who writes a CSV file may write a sheet beside it or not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/date.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

struct xlsx;
struct xlsx_sheet;

int xlsx_new(struct xlsx **, const char *dir, const char *name, date_t made, struct err *);	/* 0, -1 */
int xlsx_finish(struct xlsx *, struct err *);	/* written whole and renamed, or -1; frees it in any case; NULL is fine */

void xlsx_drop(struct xlsx *);				/* nothing is written; NULL is fine */

int xlsx_remove(const char *dir, const char *name, struct err *);	/* one of an earlier run: it would tell of another day */

/* heads: comma between; '#' before a column of numbers, '*' before one of account numbers, which show their last four.
 * rest: where all rows are, or NULL.  NULL in, NULL out. */
struct xlsx_sheet *xlsx_sheet(struct xlsx *, const char *name, const char *heads, uint32_t most, const char *rest);
bool sheet_full(const struct xlsx_sheet *);		/* more rows than it takes; a NULL one is */
void sheet_heads(struct xlsx_sheet *, const char *heads);	/* another table below */
void sheet_title(struct xlsx_sheet *, const char *text);
void sheet_text(struct xlsx_sheet *, struct view);
void sheet_int(struct xlsx_sheet *, int64_t);
void sheet_money(struct xlsx_sheet *, int64_t minor, int digits);
void sheet_date(struct xlsx_sheet *, date_t);		/* DATE_NONE: an empty cell */
void sheet_row(struct xlsx_sheet *);				/* ends the row */
void sheet_chart(struct xlsx_sheet *, const char *title, int rows, int series);	/* of the last `rows` rows: names, then columns */
