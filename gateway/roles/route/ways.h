/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ways - a run leaves by several ways: what route's rooms ask for when a batch is no ACH batch
 */
#pragma once

#include "gateway/roles/route/route.h"

#define SERIAL_LAST INT64_C(9999999999)		/* ten digits in a positive-pay file */

#define WAYS_MAX 4			/* batches of a run: ach, check, rollover, funding */

/*
 * The items of a run that is whole (nothing held) go to the batches of their ways; ids[0] is the batch itself, which keeps its first way.
 * The others are new and OPEN.  A batch that is divided already stays alone.
 */
int ways_divide(struct route *, int64_t batch, int64_t ids[WAYS_MAX], size_t *n, struct err *);

/* A batch beside this one: the same run, source, dates and makers; and the key that two batches of a run share. */
int ways_add_batch(struct route *, int64_t like, const char *kind, const char *channel, int64_t *id, struct err *);
int ways_set_reference(struct route *, int64_t batch, const char *prefix, int64_t number, struct err *);

/* The next approved batch of an outbound of checks, positive pay or rollovers gets its numbers and its file, or two. */
int ways_allot(struct route *, const struct partner *, const struct outbound *, struct err *);

/* A check file was delivered: one line a check is what the bank must show. */
int ways_expect(struct route *, int64_t batch, int64_t item, struct err *);	/* item 0: all of the batch */

/*
 * The printer says that the check of this item was spoiled: its number is void, and the same payment has the number new_serial (0: none,
 * it is void only).  The bank is told both by one positive-pay file for each confirmation file `parcel`: a batch of kind void, proposed
 * when the transaction's pump runs and approved by its totals.  1 done, 0 refused (words in *err, nothing has changed), -1.
 * The caller moves the item's own state.
 */
int ways_reissue(struct route *, int64_t parcel, int64_t item, int64_t new_serial, struct err *);
int ways_pump(struct route *, struct err *);

/*
 * A batch was rejected, its items are CANCELLED.  A rollover without its money, or money without its rollover, goes nowhere: the one is
 * rejected with the other.  Checks that a bank was told of are void: it is told that too, by a batch of kind void.
 */
int ways_cancelled(struct route *, int64_t batch, struct err *);
