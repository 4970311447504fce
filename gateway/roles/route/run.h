/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - what run.c (allotment), run_rows.c (rows and legs) and run_batch.c (totals, approval) share
 */
#pragma once

#include "gateway/roles/route/persons.h"
#include "gateway/segment.h"
#include "rules/allot.h"

struct run_range { int64_t job; uint64_t first, count; bool done; };

struct pending_run {
	struct pending_run *next;
	int64_t batch, parcel, first_item;
	int64_t room;				/* as wide as the traces of its outbound; 0: none of this run's legs gets one */
	char feed[200];				/* "hr/register": the channel the run came by */
	struct allot_ways ways;			/* of that feed */
	struct persons_of people;
	struct segment *segment;
	struct run_range *ranges;
	size_t n_ranges, left;
};

#define RUN_LEGS_MAX ALLOT_LEGS			/* item id = first_item + (seq - 1) * RUN_LEGS_MAX + leg - 1 */

/* What is known of the persons of a range: a mark a row, in the order of seq, and the rows that nobody can be paid for. */
struct run_marks { struct persons_mark *marks; size_t n; struct buf strangers; };
void run_marks_release(struct run_marks *);

/*
 * The PAYMENT records of a range that can be allotted: the person in force laid over them (people = feed), then changes of bank data (NOC
 * overlays).  With marks, which a caller that stores the range gives, each row's version is noted and judged.
 */
int run_source(struct route *, struct pending_run *, const struct run_range *, struct buf *out, int64_t *count, struct run_marks *, struct err *);
/* Why these legs are not an allotment of these rows; NULL: they are. */
const char *run_legs_differ(const struct allot_ways *, struct view rows, struct view legs);
/* Items, and the people's bank data as versions; how many legs, and their sum. */
int run_store(struct route *, const struct pending_run *, const struct run_marks *, struct view legs, int64_t *count, int64_t *sum, struct err *);
int run_propose_one(struct route *, int64_t batch, struct err *);	/* made by a person's act, so no rows wait and nothing is divided */
int run_sum(struct route *, int64_t batch, struct err *);		/* its totals, as its items stand */
int run_again(struct route *, int64_t batch, struct err *);		/* checks that are taken back and go out again: their totals, and for how much persons answer */
bool reverse_in_time(struct route *, const struct partner *, int32_t settled);	/* reverse.c */
int run_propose(struct route *, int64_t batch, struct err *);

#define BATCH_ENTRIES_MAX 999999			/* six digits of entries and addenda */
#define BATCH_MINOR_MAX ((int64_t)999999999999)	/* twelve digits of cents, of a batch's and of a file's side */	/* its totals; then PROPOSED, or HELD where rows of the run wait */

/* The batches a run is proposed as: itself, and what is cut off where one ACH batch cannot hold it (run_split.c).  The caller frees ids. */
struct run_parts { int64_t *ids; size_t n, cap; };
int run_split(struct route *, int64_t batch, bool may_cut, struct run_parts *, struct err *);
int run_pending(struct route *, struct pending_run *, int64_t batch, struct err *);	/* what its rows are read by; the caller frees the segment */
