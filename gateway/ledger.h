/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - the truth: one SQLite database with one owner, route
 *
 * locking_mode=EXCLUSIVE before journal_mode=WAL (no -shm file: a nearly full disk gives a clean error instead of SIGBUS),
 * synchronous=FULL.  Every value is bound: `sql` must be a string literal (statements are cached by its address).  The schema
 * has a version; ledger_open() migrates step by step, one transaction a step, and refuses a ledger that is newer than itself.
 * Queries for people run under a step budget: one that exceeds it fails with LEDGER_BUDGET and stalls nothing.
 *
 * types: one letter a bound value: i int64_t, t const char * (NULL binds null), v struct view (text), b struct view (bytes), n nothing (null).
 * Failure: -1 and *err.  SQLITE_FULL and the like leave the open transaction to be rolled back by its owner.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "channels/digest.h"
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"
#include "gateway/state.h"

#define LEDGER_BUDGET 7001		/* err.code: the query did more steps than it may */

struct ledger;
int ledger_open(struct ledger **out, const char *path, struct err *);
void ledger_close(struct ledger *);

int ledger_begin(struct ledger *, struct err *);
int ledger_commit(struct ledger *, struct err *);
void ledger_rollback(struct ledger *);

int ledger_do(struct ledger *, struct err *, const char *sql, const char *types, ...);	/* rows changed, or -1 */
int64_t ledger_last_id(struct ledger *);
int ledger_int(struct ledger *, int64_t *out, struct err *, const char *sql, const char *types, ...);	/* 1 found, 0 no row or null, -1 */

struct given;
struct rows { struct ledger *ledger; void *stmt; const char *sql; struct err *err; const struct given *given; };
int ledger_query(struct rows *, struct ledger *, struct err *, const char *sql, const char *types, ...);
int rows_next(struct rows *);				/* 1 a row, 0 the end (and released), -1 (and released) */
int64_t rows_int(struct rows *, int col);
struct view rows_text(struct rows *, int col);		/* borrowed until the next rows_next */
bool rows_null(struct rows *, int col);
int rows_cols(struct rows *);
const char *rows_col_name(struct rows *, int col);
void rows_end(struct rows *);				/* early end; harmless twice */

/*
 * Many rows for one statement: its SQL reads them FROM given, columns c0, c1 ... (an INSERT ... SELECT, or the left side of a join).  next() fills
 * the cells of the next row, all of those that the SQL names: 1, 0 = there is none, -1 and *err.  Its bytes must last until the next call, and
 * it may not give rows to another statement.  At a million rows that is half the price of a statement for each.
 */
#define GIVEN_COLUMNS 20
struct cell { char type; int64_t n; struct view v; };	/* as in types: i, v, b, n */
struct given { int (*next)(void *ctx, struct cell *cells, struct err *); void *ctx; };
int ledger_give(struct ledger *, struct err *, const char *sql, const struct given *, const char *types, ...);	/* rows changed, or -1 */
int ledger_query_given(struct rows *, struct ledger *, struct err *, const char *sql, const struct given *, const char *types, ...);

static inline struct cell cell_int(int64_t n)
{
	return (struct cell){ .type = 'i', .n = n };
}

static inline struct cell cell_view(struct view v)	/* text; NULL is null */
{
	return (struct cell){ .type = 'v', .v = v };
}

void ledger_budget(struct ledger *, int64_t steps);	/* for what follows; 0 = none */

/* Who acts and when, for the audit entries of this transaction.  Texts are copied. */
struct ledger_now { char actor[64]; char utc[24], business[24]; };
void ledger_set_now(struct ledger *, const struct ledger_now *);
const struct ledger_now *ledger_now(struct ledger *);

/*
 * The one way a state changes: reads the state that is there, refuses what the table does not allow (-1, both names in *err),
 * updates the row and appends the audit entry, in the caller's transaction.  `why` may be NULL.
 */
int ledger_move(struct ledger *, enum thing, int64_t id, int to, const char *why, struct err *);
/* All items of a batch that have no state of their own: one update on the batch, one audit entry (from, to, count, sum, hash of ids). */
int ledger_shared_changed(struct ledger *, int64_t batch, struct err *);	/* items came to it or left its shared state by other ways than ledger_move() */
/* What is kept of them on the batch, for who reads them all anyway: begin, each in ascending order, keep (or free). */
struct shared_ids { struct digest *digest; struct buf text; int64_t count, sum_minor; char hex[DIGEST_HEX]; };
int shared_ids_begin(struct shared_ids *, struct err *);
void shared_ids_add(struct shared_ids *, int64_t id, int64_t amount_minor);
int shared_ids_keep(struct shared_ids *, struct ledger *, int64_t batch, struct err *);
void shared_ids_free(struct shared_ids *);
int ledger_move_items(struct ledger *, int64_t batch, int to, const char *why, struct err *);
/* The items of a batch whose own state is `from`, all at once: one update, one audit entry as above.  None of them: nothing is done. */
int ledger_move_own(struct ledger *, int64_t batch, int from, int to, const char *why, struct err *);
/* A held item goes back into its batch (HELD -> VALID -> BATCHED, and then what the batch says). */
int ledger_item_back(struct ledger *, int64_t item, const char *why, struct err *);
int ledger_item_state(struct ledger *, int64_t item, int *state, struct err *);	/* the effective one; 1 found, 0 none, -1 */
