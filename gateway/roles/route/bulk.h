/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk - a file of thousands that route takes by itself: a page of records after the other, as many a transaction as that should hold
 *
 * The rooms (returns_bulk.c, confirmations_bulk.c) say what a page is; here is what they share: whose turn it is, how far the file is (it
 * stands in the ledger, so a crash costs the transaction under way), what the items of a batch have in common, and the audit: one entry
 * for each batch and step of a piece (from, to, count, sum, hash over the sorted ids) instead of one an item.
 */
#pragma once

#include "gateway/roles/route/route.h"
#include "formats/core/date.h"

#define BULK_LEAST 5000			/* records; a smaller file is stored whole and looked at row by row */
#define BULK_PAGE 4000
#define BULK_SEEK_AGAIN 8		/* rows passed over for nothing: then the next one is sought by its key */

/* What the items of a batch share.  The batches of one transaction do not change but by us. */
struct bulk_origin {
	int64_t batch, state;
	date_t delivered;		/* DATE_NONE: never */
	bool funded;			/* a rollover batch: our account was charged with its money */
	char partner[64], kind[12], account[64];
};

struct bulk_room {
	const char *purpose, *said;	/* of its files; what the log calls a piece */
	int (*open)(struct bulk *, struct err *);
	void (*free)(void *room);
	/* Takes some records and says how far it is (next, done).  *more false: the rest of the file is for another transaction. */
	int (*page)(struct route *, bool *more, struct err *);
	int (*piece)(struct route *, struct err *);	/* its last page is stored */
	void (*done)(struct route *);			/* the whole file is */
};
extern const struct bulk_room returns_bulk, confirmations_bulk;
extern size_t returns_lot;		/* a test makes it smaller */

struct bulk_step { int64_t batch, from, to, item, minor; };

struct bulk {
	const struct bulk_room *kind;
	void *room;
	int64_t parcel, next, done;	/* the first record that is not through; of those from it on, in the room's order, so many are */
	char partner[64];
	struct segment *segment;
	struct bulk_origin *origins;
	struct bulk_step *steps;
	size_t n_origins, n_steps, cap_steps, moved;	/* moved: items of this piece */
	date_t today;
};

const struct bulk_origin *bulk_origin(struct route *, int64_t batch, struct err *);	/* NULL: the ledger failed */
int bulk_step(struct bulk *, const struct bulk_step *, struct err *);			/* an item has gone from one state to another: for the audit */
int bulk_read(struct route *, int64_t first, int64_t *n, struct err *);		/* a page of records, from that one on, into r->scratch */
int bulk_pump(struct route *, struct err *);						/* the next piece, one a transaction */
void bulk_free(struct route *);
