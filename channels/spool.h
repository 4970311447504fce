/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool - the bytes of parcels, named by their SHA-256
 *
 * An object is written under tmp/, fsynced, renamed to its hash and its directory fsynced, in that order; it is never changed
 * afterwards.  Which state a parcel is in stands in the ledger, not here: an object without a row is re-adopted.
 * A spool is one directory DIR with DIR/tmp; new/, out/ are two spools with different owners.
 *
 * Failure: functions return -1 and fill *err; a half-written object stays in tmp/ and is swept at start by its owner.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "channels/digest.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

struct spool;
struct spool_writer;

int spool_open(struct spool **out, const char *dir, bool writable, struct err *);	/* dir exists; writable makes dir/tmp */
void spool_free(struct spool *);
int spool_sweep(struct spool *, struct err *);			/* removes what lies in tmp/; the owner calls it at start */

int spool_begin(struct spool_writer **out, struct spool *, struct err *);
int spool_write(struct spool_writer *, struct view, struct err *);
int spool_commit(struct spool_writer *, char hex[DIGEST_HEX], uint64_t *size, struct err *);	/* fsync, publish; frees the writer, also on failure */

/* The same in three steps, for several objects at once: each sealed, then each published, then one settle for all of them. */
void spool_hurry(struct spool_writer *);			/* its bytes start for the disk; spool_seal() waits for them */
int spool_seal(struct spool_writer *, char hex[DIGEST_HEX], uint64_t *size, struct err *);	/* fsync, under tmp/ still */
int spool_publish(struct spool_writer *, const char hex[DIGEST_HEX], struct err *);	/* rename; frees the writer, also on failure */
int spool_settle(struct spool *, struct err *);			/* fsync of the directory: from here what was published counts */
void spool_abort(struct spool_writer *);			/* NULL is fine */

int spool_object(struct spool *, const char *hex, int *fd, uint64_t *size, struct err *);	/* opens read-only; hex is verified to be 64 hex digits; code ENOENT: not there */
int spool_each(struct spool *, int (*each)(void *ctx, const char *hex), void *ctx, struct err *);	/* a non-zero answer stops it and is returned */
