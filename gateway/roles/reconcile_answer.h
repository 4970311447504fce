/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_answer - one MATCH message in, one MATCHED (or JOB_FAILED) message out; no bus, no clock, no state
 * between messages
 *
 * Options, each once: kind=return|change, return_days=N (0..3660), as_of=YYYY-MM-DD.  Subjects are RETURN or CHANGE
 * records by the kind, at most RECONCILE_SUBJECTS; candidates are PAYMENT records with their id, not 0, as seq; one
 * that comes twice counts once.  Each MATCH element is a message of its own: SUBJECT, then ITEM RULE
 * SCORE TEXT, or REASON TEXT.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/view.h"

#define RECONCILE_SUBJECTS 250			/* an answer holds an element a subject, and MSG_ELEMENTS at most */

/* 0 = the reply is to be sent; -1 = malformed: drop it, the reply is empty. */
int reconcile_answer(struct view message, struct buf *reply);
