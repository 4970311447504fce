/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch - what a courier of intake does: list a watched directory, fetch one file into the spool, put the original aside
 *
 * Jobs and answers are wire messages between intake and its couriers only; CHANNEL is the inbound's index.
 *   LIST     SPOOL(1 = what is claimed)      -> ENTRIES { NAME SIZE MTIME }*, the last one with COUNT; or FAILED
 *   FETCH    NAME PARCEL                     -> FETCHED SHA256 SIZE EVIDENCE; or FAILED (REASON "gone" when it is not there)
 *   ASIDE    NAME PARCEL                     -> DONE; or FAILED
 * A file of a directory here is claimed first, by a rename into .tallygate/PARCEL.NAME, so that a crash finds what it was at.  The
 * bytes are in spool/new, fsynced, before FETCHED is said; a file that changed while it was read is FAILED.
 */
#pragma once

#include "gateway/courier.h"

enum fetch_type { FETCH_LIST = 1, FETCH_FETCH, FETCH_ASIDE, FETCH_ENTRIES, FETCH_FETCHED, FETCH_DONE, FETCH_FAILED };

#define FETCH_NAMES 60			/* a message */

int fetch_prepare(void **ctx, const struct config *, struct err *);
int fetch_work(struct courier_self *, void *ctx, const struct msg *job, struct err *);
