/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet - a feed of rows whose columns are known by name: CSV with a header, or lines with fixed positions
 *
 * A module has a table of columns; each is found by its standard name, or by the name that the channel's option gives
 * (in a fixed layout the option gives positions, "1-20").  sheet_next() gives one row after the other with its values in
 * the order of the table, without blanks around; a row that is no row is told and passed over.  What a value means is the
 * module's business; the checks that all share are here, each tells its own finding and sets `bad`.
 *
 * Findings never hold a value: it may be an account number.  Values live until the next sheet_next().
 */
#pragma once

#include "formats/core/date.h"
#include "formats/lib/csv.h"
#include "formats/lib/lines.h"
#include "formats/lib/strict.h"

#define SHEET_COLUMNS 32
#define SHEET_LINE_MAX ((size_t)4096)		/* of a fixed layout */

struct sheet_column { const char *option, *standard, *title; bool required; };

/* The codes that every sheet has; a module's table begins with them and may go on. */
enum sheet_code {
	SHEET_EMPTY, SHEET_NO_ROWS, SHEET_BOM, SHEET_COLUMN_MISSING, SHEET_COLUMN_TWICE, SHEET_CSV, SHEET_FIELDS,
	SHEET_VALUE_MISSING, SHEET_VALUE_LONG, SHEET_CHARACTER, SHEET_AMOUNT, SHEET_OPTION,
	SHEET_CODES
};

#define SHEET_ROW(prefix, id, severity, title, action, source) \
	[SHEET_ ## id] = { prefix "_" #id, FINDING_ ## severity, title, action, source }
#define SHEET_TABLE(prefix, resend, source) \
	SHEET_ROW(prefix, EMPTY, ERROR, "the file is empty", "ask the sender whether anything was to come", source), \
	SHEET_ROW(prefix, NO_ROWS, WARNING, "the file has a header and no rows", "ask the sender whether that is meant", source), \
	SHEET_ROW(prefix, BOM, NOTE, "the file begins with a byte order mark", "nothing, it is skipped", "RFC 4180"), \
	SHEET_ROW(prefix, COLUMN_MISSING, ERROR, "a column is missing in the header", \
		"name it by the channel's column_* option when it is called otherwise; else " resend, source), \
	SHEET_ROW(prefix, COLUMN_TWICE, ERROR, "a column stands twice in the header", resend, source), \
	SHEET_ROW(prefix, CSV, ERROR, "a row cannot be cut into columns: a quotation mark is not closed, or it is too long", \
		resend, "RFC 4180"), \
	SHEET_ROW(prefix, FIELDS, ERROR, "a row has more or fewer columns than the header", \
		"the transmission may have been cut short: fetch the file again; else " resend, "RFC 4180"), \
	SHEET_ROW(prefix, VALUE_MISSING, ERROR, "a value is empty", resend, source), \
	SHEET_ROW(prefix, VALUE_LONG, ERROR, "a value is longer than it may be", "nothing was cut, the row is not read: " resend, source), \
	SHEET_ROW(prefix, CHARACTER, ERROR, "a value holds characters that cannot be printed, such as a tab or a line end", \
		resend, source), \
	SHEET_ROW(prefix, AMOUNT, ERROR, "an amount is not written as 1234.56, without separators and currency sign", resend, \
		source), \
	SHEET_ROW(prefix, OPTION, ERROR, "an option of the channel has a value that is not known", \
		"correct the configuration", "tallygate formats")

#define SHEET_DELIMITER { "delimiter", "comma|semicolon|tab|bar", "comma", "what stands between two values" }
#define SHEET_DATES { "dates", "iso|us|compact|eu", "iso", "2026-11-23, 11/23/2026, 20261123 or 23.11.2026" }

struct sheet {
	const struct tally_host *host;
	const struct tally_code *findings;
	struct strict strict;		/* every error stays one, unless the module says otherwise after sheet_init() */
	const struct sheet_column *columns;
	size_t n_columns;
	bool fixed;			/* set it before sheet_open() */
	struct view only;		/* fixed: lines that begin otherwise are passed over */
	bool any;			/* set it and rows are given as they are, whatever they hold: behind a trailer */
	bool stopped, bad;		/* bad: this row, or the header, has an error */
	int dates;
	int64_t rows;			/* behind the header, the faulty ones too; a TRAILER is none */
	struct view value[SHEET_COLUMNS];
	struct csv_row row;		/* of a fixed layout: line and raw only */
	/* inside */
	struct csv_reader *csv;
	struct lines lines;
	bool headed;
	size_t header_n;
	int at[SHEET_COLUMNS];		/* index of each column, of a fixed layout its first byte; -1 = not there */
	size_t len[SHEET_COLUMNS];
};

void sheet_init(struct sheet *, const struct tally_host *, const struct sheet_column *, size_t n_columns,
	const struct tally_code *findings);
struct view sheet_option(const struct sheet *, const char *name);
int sheet_choose(struct sheet *, const char *option, const char *const *words);	/* index of its value, 0 when not set */
int sheet_open(struct sheet *);				/* 0 or -1 */
int sheet_skip(struct sheet *, unsigned rows);		/* CSV: rows before the header; 0 or -1 */
int sheet_header(struct sheet *);			/* CSV: the header alone is read, it is s->row; 1, 0 = empty, -1; may be left out */
int sheet_next(struct sheet *);				/* 1 = a row, 0 = the end, -1 = stop */
void sheet_close(struct sheet *);

bool sheet_has(const struct sheet *, int column);	/* the file has it */
bool sheet_is_other(const struct sheet *, size_t field);	/* this field of the row is of no column of ours */

int sheet_known(struct view head, const struct sheet_column *, size_t n);	/* for a probe: how many of our names its first line has */

/* About a column of this row; column -1: about the row; line 0 after the end. */
void sheet_say(struct sheet *, unsigned code, int column, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool sheet_text(struct sheet *, int column, size_t max, bool needed);
bool sheet_read_amount(struct view, const char *currency, int64_t *minor);	/* [-]digits[.digits], nothing else */
bool sheet_amount(struct sheet *, int column, const char *currency, bool needed, int64_t *minor);
bool sheet_date(struct sheet *, int column, unsigned code, bool needed, date_t *out);	/* DATE_NONE when there is none */
void sheet_record(struct sheet *, const struct record *);
bool sheet_trailer(const struct sheet *);		/* the row begins with TRAILER */
