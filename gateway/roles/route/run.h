/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - what run.c (allotment), run_rows.c (rows and legs) and run_batch.c (totals, approval) share
 */
#pragma once

#include "gateway/roles/route/route.h"
#include "gateway/segment.h"
#include "rules/allot.h"

struct run_range { int64_t job; uint64_t first, count; bool done; };

struct pending_run {
	struct pending_run *next;
	int64_t batch, parcel, first_item;
	char feed[200];				/* "hr/register": the channel the run came by */
	struct allot_ways ways;			/* of that feed */
	struct segment *segment;
	struct run_range *ranges;
	size_t n_ranges, left;
};

#define RUN_LEGS_MAX ALLOT_LEGS			/* item id = first_item + (seq - 1) * RUN_LEGS_MAX + leg - 1 */

/* The PAYMENT records of a range, changes of bank data (NOC overlays) laid over them. */
int run_source(struct route *, const struct pending_run *, const struct run_range *, struct buf *out, int64_t *count, struct err *);
/* Why these legs are not an allotment of these rows; NULL: they are. */
const char *run_legs_differ(const struct allot_ways *, struct view rows, struct view legs);
/* Items, and the people's bank data as versions. */
int run_store(struct route *, const struct pending_run *, struct view rows, struct view legs, int64_t *sum, struct err *);
int run_propose(struct route *, int64_t batch, struct err *);
