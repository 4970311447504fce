/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/journal - DIR/decisions.csv: decisions behind one another, each bearing the SHA-256 of the row before it
 *
 * The first row bears the hash of the results that it is about.  Rows are appended by one write and an fsync under a lock
 * that readers share; decisions.head then names how many there are and the hash of the last.  A row that was changed, taken
 * out or put in breaks the chain behind it, a journal that was cut is shorter than its head says: both are refused, by
 * the number of the decision.  What a killed writer left behind the last whole batch is told and never read: nobody was
 * told that it holds.  The chain is no signature: who may write the folder can write a new one.
 */
#pragma once

#include <stdint.h>
#include "channels/digest.h"
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "gateway/cli/reconcile/table.h"

#define JOURNAL_NAME "decisions.csv"
#define JOURNAL_HEAD "decisions.head"

enum { J_NUMBER, J_LEFT, J_ACT, J_MATCH, J_BANK, J_BOOK, J_WRITE_OFF, J_OWNER, J_ABOUT, J_BY, J_UID, J_AT, J_PERSONS, J_AGAINST, J_REASON,
	J_PREVIOUS, J_COLUMNS };

struct journal {
	char path[4200];
	int dir, fd;			/* fd -1: there is none, and it was opened for reading */
	bool writes;
	char *raw;			/* the bytes */
	size_t n, whole;		/* whole: up to the end of the last whole batch */
	uint32_t rows;			/* in whole batches */
	char last[DIGEST_HEX];		/* hash of the last of them, or of the results */
	struct rc_table table;		/* over a copy; rows are handed out by journal_next() */
	uint32_t at;
};

int journal_open(struct journal *, const char *dir, const char results[DIGEST_HEX], bool write, struct err *);	/* locked until the end */
int journal_next(struct journal *, struct view v[J_COLUMNS]);	/* 1 = a row, 0 = the end */
int journal_rewind(struct journal *, struct err *);
bool journal_torn(const struct journal *);
/* Rows of one batch, without number, left and previous: those are filled in.  Nothing of it holds before this returns 0. */
struct journal_row { struct view v[J_COLUMNS]; };
int journal_append(struct journal *, const struct journal_row *, uint32_t n, struct err *);
int journal_mend(struct journal *, struct err *);		/* what is torn goes into decisions.torn */
void journal_unlock(struct journal *);		/* a reader that has read all */
void journal_close(struct journal *);
