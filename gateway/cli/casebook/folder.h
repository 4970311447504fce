/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/folder - a folder of `tallygate reconcile` as a casebook: its rows and groups, and the decisions made on them
 *
 * Rows are those of open_items.csv, the ids of automatic matches, and whole (from matched_rows.bin) the rows of matches
 * that a person took apart.  All texts live until folder_close().
 *
 * Failure: -1 and *err; nothing was changed.
 */
#pragma once

#include "formats/core/date.h"
#include "gateway/cli/casebook/journal.h"
#include "gateway/cli/reconcile/matched.h"
#include "gateway/config.h"
#include "rules/casebook.h"

struct folder {
	const char *dir;
	char results[DIGEST_HEX];	/* of matches.csv, exceptions.csv, open_items.csv and matched_rows.bin */
	struct journal journal;
	struct casebook book;
	struct rc_table matches, open;
	struct rc_matched_file apart;
	struct rc_matched *reopened;	/* rows of matches taken apart; ids stand in `store` */
	uint32_t n_reopened;
	struct rc_store store;
};

int folder_open(struct folder *, const char *dir, bool write, struct err *);
bool folder_decided(const char *dir);		/* there is a journal, or what is left of one */
void folder_close(struct folder *);
/* "v3-1a2b3c4d5e6f": the number of the last decision, and a print of these results, the row and that number */
void folder_version(const struct folder *, const struct case_row *, uint32_t number, char out[32]);
/* Appends decisions [from, n_decisions) of the casebook as one batch. */
int folder_save(struct folder *, uint32_t from, struct err *);

/* What `--rules DIR`, else the configuration's rules.d, says of decisions.  NULL config: nothing is said. */
int folder_rules(struct config **, const char *rules, struct err *);
void folder_policy(const struct config *, enum case_act about, struct case_policy *, struct case_limit **limits);	/* limits: the caller frees */

void put_ids(struct buf *, const struct casebook *, size_t at, uint32_t n, bool book);	/* one blank between */
