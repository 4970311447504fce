/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - rows of a CSV file as views, pulled from a host's windows; RFC 4180, by libcsv (csv.c alone includes it)
 *
 * Quotes, doubled quotes and line ends inside quotes are understood; LF, CRLF and CR alone end a row; a byte order mark
 * and blank lines are skipped; blanks around a field are the field's own.  Memory is flat: a row is at most CSV_ROW_MAX
 * bytes.
 *
 * A row that is no good has `fault` set and no fields; reading goes on behind it.  After a quote that is never closed
 * it goes on in the line below the one where the row began, so that one stray quote costs one row and not the rest of
 * the file. Views live until the next csv_next().  Failure: -1 when the host said stop or memory is short.
 */
#pragma once

#include "formats/core/format.h"

#define CSV_ROW_MAX ((size_t)64 << 10)
#define CSV_FIELD_MAX ((size_t)4096)
#define CSV_COLUMNS 256

enum csv_fault { ROW_GOOD, ROW_QUOTE, ROW_UNTERMINATED, ROW_NUL, ROW_FIELD_LONG, ROW_LONG, ROW_COLUMNS };

struct csv_row {
	uint64_t line;			/* physical line on which the row begins, from 1 */
	enum csv_fault fault;
	size_t n;
	const struct view *fields;
	struct view raw;		/* the row's first physical line, as it stands in the file */
	char delimiter;
};

struct csv_reader;
int csv_open(struct csv_reader **out, const struct tally_host *, char delimiter);
int csv_next(struct csv_reader *, struct csv_row *);		/* 1 = a row, 0 = the end, -1 */
bool csv_had_bom(const struct csv_reader *);
void csv_close(struct csv_reader *);				/* NULL is fine */

uint32_t csv_column(const struct csv_row *, size_t field);	/* byte in the line from 1; 0 when it is not on the row's first line */
int csv_named(const struct csv_row *header, struct view name);	/* index of the column with that name (case and blanks aside), -1 */
const char *csv_fault_text(enum csv_fault);
