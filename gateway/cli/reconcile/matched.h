/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/matched - the rows that automatic matches closed, kept whole for the day when a person takes one apart
 *
 * open_items.csv has all that a later run needs of an open row; of a closed one matches.csv has the id alone.
 * matched_rows.bin keeps the rest in as few bytes as it takes: it is written in every run and read after an unmatch.
 */
#pragma once

#include "gateway/cli/reconcile/sheet.h"

#define RC_MATCHED "matched_rows.bin"
#define RC_MATCHED_HEADER "tallygate matched rows 1"

void rc_put_matched(const struct rc_sheet *, const struct rc *, const struct rc_span *, struct csv_out *, struct buf *scratch);

struct rc_matched {
	struct recon_row row;		/* texts borrow from the file; file is not set */
	bool book;
	struct view id, base;		/* base: of a bank line's file */
	struct view account;
	char currency[4];
};

struct rc_matched_file { char *p; size_t n, at; struct view account, base; char currency[4]; struct buf id; const char *path; };
int rc_matched_open(struct rc_matched_file *, const char *path, struct err *);	/* the path must stay */
int rc_matched_next(struct rc_matched_file *, struct rc_matched *, struct err *);	/* 1 = a row (its id until the next call), 0 = the end, -1 */
void rc_matched_close(struct rc_matched_file *);
