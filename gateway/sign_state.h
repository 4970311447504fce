/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_state - what sign must remember over a restart: sums without a statement, nonces, the last audit head
 *
 * One file, manifests/.sums, append-only, one row a line, fsynced before anything it counts is published: a crash
 * counts too much, never too little.  A last line without its newline was never relied on and is cut off; any other
 * line that is not a row means that somebody else wrote there, and sign does not start.  At start the file is written
 * anew without what is old.
 *
 *   sum 2026-11-09 firstbank USD 150000 <sha256 of the artifact>
 *   nonce <nonce> <operator> <object> <artifact: sha256 of the file it paid>
 *   told <nonce> <operator> <object> <artifact: sha256 of the positive-pay file it stood for>
 *   run <sha256 of the source> <batch> <its items' sha256> USD 150000
 *   issue <numbers_sha256 of the checks a signed positive-pay file announced>
 *   head <size> <root>
 *
 * Failure: -1 and *err; nothing of a failed commit is remembered.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/date.h"
#include "formats/core/err.h"
#include "gateway/statement.h"

struct sign_sum { date_t day; char partner[64], ccy[4], artifact[65]; int64_t minor; };

struct sign_state;

int sign_state_open(struct sign_state **out, int dirfd, struct err *);
void sign_state_free(struct sign_state *);

/*
 * What was signed without a statement for that partner and day, without this artifact itself; INT64_MAX when it does
 * not fit.
 */
int64_t sign_state_sum(const struct sign_state *, const struct sign_sum *like);
/*
 * For another object or other bytes, or by another operator: one approval pays one file, whatever its name.  `told`: the
 * file is a positive-pay file, which pays nothing: the approval of its checks stands for one such file too.
 */
bool sign_state_nonce_used(const struct sign_state *, const struct statement *, const char *artifact, bool told);
/*
 * What was signed of that source in other batches than `like`, or in the same batch with other items; INT64_MAX when it
 * does not fit.
 */
struct sign_run { char source[65], batch[32], items[65], ccy[4]; int64_t minor; };
int64_t sign_state_run(const struct sign_state *, const struct sign_run *like, size_t n);
bool sign_state_issued(const struct sign_state *, const char *numbers_sha256);
/* not smaller than the last, nor another root of its size */
bool sign_state_head_fits(const struct sign_state *, int64_t size, const char *root);

/* Rows are gathered, then committed together; a row that is there already is not added again. */
void sign_state_add_sum(struct sign_state *, const struct sign_sum *);
void sign_state_add_nonce(struct sign_state *, const struct statement *, const char *artifact, bool told);
void sign_state_add_run(struct sign_state *, const struct sign_run *);
void sign_state_add_issue(struct sign_state *, const char *numbers_sha256);
void sign_state_add_head(struct sign_state *, int64_t size, const char *root);
int sign_state_commit(struct sign_state *, struct err *);
void sign_state_forget(struct sign_state *);			/* what was gathered and not committed */
