/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_page - the match report: its sections and columns as one table, its rows as CSV and as one self-contained HTML page
 *
 * The page holds at most REPORT_ROWS rows a section and stays below 2 MiB; the CSV beside it hold everything.  No script, no font and
 * no picture from anywhere else; every foreign text is escaped; account numbers arrive masked.  Rows come as JSON objects whose
 * keys are the columns' keys.
 */
#pragma once

#include "formats/core/buf.h"
#include "gateway/doc.h"

#define REPORT_ROWS 500

enum report_how { REPORT_TEXT, REPORT_MONEY, REPORT_NUMBER, REPORT_SCORE };
struct report_column { const char *key, *title; enum report_how how; };	/* a NULL key ends a section's columns */

struct report_section {
	const char *verb, *csv, *title, *empty;		/* what route is asked; the CSV's name; heading; what to say when there is nothing */
	const char *intro;
	struct report_column columns[16];
};

extern const struct report_section report_sections[];	/* a NULL verb ends them */

struct report_html { struct buf body; int64_t rows; };	/* one section being built */

void report_csv_head(struct buf *, const struct report_section *);
void report_csv_row(struct buf *, const struct report_section *, const struct doc_value *row);
void report_html_row(struct report_html *, const struct report_section *, const struct doc_value *row);
void report_page(struct buf *out, const char *name, const char *date, const struct report_html *sections);	/* parallel to report_sections */
