/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand - what a courier of intake is sent for: list a directory, list old claims, fetch a file, touch its original
 *
 * Several files that are fetched at once go step by step together: all are claimed, then the directories are written to disk; all
 * are copied, then their bytes are; all get their names, then the spool's directory is.  Nobody is told of one before the last of these.
 *
 * Messages between intake and its couriers only; types and tags are theirs.  A claim is the original renamed to
 * PATH/.tallygate/<parcel>.<name> (directories of this machine only), so that a crash finds what it was at. An
 * original is touched only when it is provably ours: it is a claim, or it still has the size and time it was fetched
 * with, or its bytes lie in the spool.
 */
#pragma once

#include "gateway/courier.h"

enum errand {
	ERRAND_LIST = 200,	/* WATCH PATH -> NAMES*, DONE */
	ERRAND_CLAIMS,		/* WATCH PATH -> NAMES*, DONE: what stands in PATH/.tallygate */
	ERRAND_FETCH,		/* WATCH PATH CLAIM(0|1) (NAME PARCEL)* -> DONE with SHA256 SIZE MTIME EVIDENCE, one a name */
	ERRAND_TOUCH,
		/* WATCH PATH NAME PARCEL CLAIM MOVE(0|1) DONE_PATH MARKER(0|1) SIZE MTIME (or neither) -> DONE */
	ERRAND_NAMES,		/* WATCH (NAME SIZE MTIME REGULAR)* */
	ERRAND_DONE,		/* WATCH NAME PARCEL OUTCOME TEXT ... */
};

enum errand_tag {
	E_WATCH = 1, E_PATH, E_NAME, E_PARCEL, E_CLAIM, E_MOVE, E_DONE_PATH, E_MARKER, E_SIZE, E_MTIME, E_REGULAR, E_OUTCOME,
	E_TEXT, E_SHA256, E_EVIDENCE,
};

enum errand_outcome {
	OUTCOME_OK,
	OUTCOME_FAILED,		/* try again later */
	OUTCOME_GONE,		/* no such name */
	OUTCOME_CHANGED,
		/* it changed while it was read (the claim is given back), or it is not the file that was fetched */
};

#define FETCHES_AT_ONCE 16		/* small files share the waits for the disk */

#define MARKER_TAIL ".done"

int errand_prepare(void **ctx, const struct config *, struct err *);	/* opens {home}/spool/new */
int errand_work(struct courier_self *, void *ctx, const struct msg *job, struct err *);

/* Nanoseconds, as everywhere between intake and route. */
static inline int64_t errand_mtime(const struct far_attrs *a)
{
	return a->mtime > INT64_MAX / 1000000000 || a->mtime < 0 ? 0 : a->mtime * 1000000000 + a->mtime_ns;
}
