/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_page - the match report: its sections and columns as one table, its rows as CSV and as one self-contained HTML
 * page
 *
 * Rows come as JSON objects; the keys that route fills are the columns' keys in report_sections[] (report_csv.c),
 * `currency` beside every amount.  Amounts (*_minor) are integers of the minor unit, dates ISO texts, score 0..10000,
 * account numbers masked before they come here.  A key that is absent or null is an empty cell; keys that no column
 * names are not shown.
 *
 * The CSV hold every row.  The page holds at most REPORT_ROWS rows and REPORT_BYTES bytes a section, says when there
 * are more, and stays below 2 MiB.  It works from a file: no script, no font, no picture from anywhere; every foreign
 * text is escaped. Within a section rows are gathered by its `group` column (account, reason, or age); more than
 * REPORT_GROUPS share the last one.
 */
#pragma once

#include "formats/core/buf.h"
#include "gateway/doc.h"

#define REPORT_ROWS 500
#define REPORT_BYTES ((size_t)220 << 10)
#define REPORT_GROUPS 40
#define REPORT_PAGE_MAX ((size_t)2 << 20)

enum report_how { REPORT_TEXT, REPORT_MONEY, REPORT_NUMBER, REPORT_SCORE };
struct report_column { const char *key, *title; enum report_how how; };	/* a NULL key ends a section's columns */

struct report_section {
	const char *verb, *csv, *title, *empty;		/* what route is asked; the CSV's name; heading; what to say when there is nothing */
	const char *intro;
	const char *group;				/* the column its rows are gathered by on the page, NULL = none */
	const char *sum;				/* the amount that a group adds up, NULL = none */
	struct report_column columns[16];
};

enum report_place { REPORT_ACCOUNTS, REPORT_PROOF, REPORT_EXCEPTIONS, REPORT_OPEN, REPORT_PROVISIONAL, REPORT_MATCHES, REPORT_DECISIONS, REPORT_FILES,
	REPORT_SECTIONS };
extern const struct report_section notice_sections[];	/* what feeds are told (report_notice.c); `csv` is the kind, a NULL verb ends them */
extern const struct report_section report_sections[];	/* in the order of enum report_place; a NULL verb ends them */

struct report_group {
	char key[80], ccy[4];
	int64_t rows, sum;
	bool no_sum;				/* several currencies, or a sum that does not fit */
	struct buf body;
};

struct report_html {				/* one section being built; zeroed = ready */
	struct report_group *groups;
	size_t n_groups, bytes;
	int64_t rows, shown, off;		/* off: statements that do not prove, files that are held */
	bool failed;
};

void report_csv_head(struct buf *, const struct report_section *);
void report_csv_row(struct buf *, const struct report_section *, const struct doc_value *row);
void report_value(struct buf *, const struct doc_value *row, const struct report_column *, bool for_people);

void report_html_row(struct report_html *, const struct report_section *, const struct doc_value *row);
void report_html_release(struct report_html *);
void report_page(struct buf *out, const char *name, const char *date, const struct report_html *sections);	/* parallel to report_sections */

extern const char report_style[];		/* report_style.c */
const char *report_advice(const char *reason);	/* what an analyst does about a reason; NULL when it is not known */
const char *report_reason(const char *reason);	/* the reason in words; itself when it is not known */
