/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_ways - how sign judges a file of a run that leaves by several ways
 *
 * A run that is divided over ACH, checks and rollovers must need as many persons as if it left whole.  Route says what all
 * batches of the source pay together; that is believed only upwards.  Besides, sign remembers what it signed of each source,
 * and judges a batch by that and its own file: whoever tells it less must show every file after the first as what it is.
 * The rules of every partner that such a run may leave by count, by sign's own configuration.
 *
 * A positive-pay file pays nothing.  Which outbound is one stands in sign's own configuration: some outbound of checks names
 * it, and no feed may be paid by it.  The approval of the checks stands for one such file besides the print file, and the
 * print file is signed only when a positive-pay file with the same checks, numbers included, was signed before.
 */
#pragma once

#include "gateway/config.h"
#include "gateway/sign_request.h"
#include "gateway/sign_state.h"

struct sign_way {
	enum outbound_way way;
	const struct outbound *out;
	const struct partner *partner;
	bool announced;			/* checks of which a bank must hear first */
};

void sign_way_of(struct sign_way *, const struct config *, const struct outbound *, const struct partner *);

/* Did the person sign these totals of the batch?  For a positive-pay file: its own, or those of the checks it announces. */
bool sign_way_totals(const struct sign_way *, const struct config *, const struct sign_request *, const struct sign_batch *, const char *sha256);

int sign_way_persons(const struct sign_way *, const struct config *, const struct sign_state *, const struct sign_request *,
	const struct sign_batch *);

/* Before the commit: what this file pays, and the checks it announces. */
void sign_way_remember(const struct sign_way *, struct sign_state *, const struct sign_request *);
