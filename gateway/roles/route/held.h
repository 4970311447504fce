/* SPDX-License-Identifier: Apache-2.0 */
/*
 * held - rows of a run that wait, and what persons decide about them
 */
#pragma once

#include "gateway/roles/route/people.h"

int held_rows(struct route *, int64_t parcel, int64_t *n, struct err *);	/* items of that run that are HELD */
int held_cancel(struct route *, int64_t batch, struct err *);			/* those of a batch that is rejected */

/* Acts: 1 done, 0 refused (words in *err), -1. */
int held_release_batch(struct route *, const struct decision *, struct err *);	/* release B1 --without-held-rows */
int held_release_file(struct route *, const struct decision *, struct err *);	/* release F1 --without-held-rows */
int held_release_item(struct route *, const struct decision *, struct err *);	/* release I1 */
