/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voids - check numbers that are taken back, and lists of them that go to the bank once more
 */
#pragma once

#include "gateway/roles/route/ways.h"

/*
 * The checks of a batch will not be printed under their numbers: a list that the bank has not got is kept back, of one that it has the
 * numbers are void by a batch of kind void.  1; 0 and words: the list is on its way just now, nothing has changed; -1.
 */
int voids_withdraw(struct route *, int64_t batch, struct err *);

/* The bank rejected the list `artifact` of the checks of a batch: another one of the same numbers, in a batch of kind void.  1, 0 and words, -1. */
int voids_issue_again(struct route *, int64_t batch, int64_t artifact, int64_t *id, struct err *);
