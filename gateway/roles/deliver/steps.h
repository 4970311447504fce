/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps - what a courier of deliver does with one M_DELIVER, and its answer, M_DELIVER_RESULT
 *
 * The only irreversible act is the rename in STEP_RENAME.  Everything before it answers RESULT_SAFE_FAIL when it
 * fails; a link that dies around it answers RESULT_UNCERTAIN, and STEP_LOOK decides on a new connection.
 */
#pragma once

#include "gateway/courier.h"

int steps_prepare(void **ctx, const struct config *, struct err *);	/* opens {home}/spool/out */
int steps_work(struct courier_self *, void *ctx, const struct msg *job, struct err *);
