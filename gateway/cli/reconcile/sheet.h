/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/sheet - the large CSV files of a run, each written by all threads at once
 *
 * A sheet is cut into spans of rows.  Whoever takes a span prints it into memory; its place in the file follows from
 * the spans before it, so that the file is the same with any number of threads.
 */
#pragma once

#include "gateway/cli/reconcile/csv.h"

#define RC_SPAN 4096u			/* rows */

struct rc_span {
	uint32_t part, from, to;	/* rows, or matches, of one partition */
	uint8_t side;			/* 0 = bank */
	uint64_t number;		/* matches: of the one before the first */
};

struct rc_sheet {
	const char *name, *header, *title;	/* title: of its sheet in the workbook; marks in the header as in xlsx.h */
	void (*put)(const struct rc_sheet *, const struct rc *, const struct rc_span *, struct csv_out *, struct buf *scratch);
	const void *more;		/* what `put` needs besides */
	struct rc_span *spans;
	uint32_t n_spans, cap_spans;
};

/* Rows [from, to) in spans; -1 when memory is short. */
int rc_sheet_add(struct rc_sheet *, struct rc_span);
void rc_sheet_release(struct rc_sheet *);

/* All sheets and, beside them, `others`: whole files of their own.  Every one is renamed into place when it is whole. */
typedef int (*rc_file_writer)(const struct rc *, const void *more, struct err *);
int rc_sheets_write(const struct rc *, struct rc_sheet *, uint32_t n, const rc_file_writer *others, uint32_t n_others, const void *more,
	struct err *);
