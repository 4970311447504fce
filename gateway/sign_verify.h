/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_verify - what sign decides, without a bus: messages in, messages out
 *
 * route asks for a signature (M_SIGN) and says what the file holds and who approved it.  Nothing of that is believed:
 * the bytes are hashed here, their totals come from parse on a socket of its own (M_READBACK), the statements are
 * verified with the public keys of sign's own configuration, and how many persons are needed is decided by its own
 * rules.  A refusal has a stable code and a sentence; the first thing that is wrong is said.  No JSON is read.
 *
 *   HASH_DIFFERS READBACK_UNKNOWN READBACK_DIFFERS TOTALS_DIFFER NO_APPROVAL FORGED_STATEMENT UNKNOWN_OPERATOR
 *   STATEMENT_OBJECT STATEMENT_ACT ROOT_APPROVAL SELF_APPROVAL REPLAYED_NONCE UNSIGNED_LIMIT MISSED_CUTOFF
 *   CLOCK_DIFFERS NO_POSITIVE_PAY NAME_TAKEN NOT_CONFIGURED BAD_REQUEST BUSY AUDIT_SHRANK
 *
 * Failure: -1 and *err when this machine cannot (disk full); the work stays pending and is tried again by
 * sign_overdue().
 * Ownership: the caller owns *reply; a struct sign owns the key, the state file and what is pending.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"
#include "gateway/config.h"

#define SIGN_PENDING 16			/* artifacts that wait for their read-back; more are refused as BUSY */
#define SIGN_ASK_AGAIN_MS 2000
#define SIGN_GIVE_UP_MS 30000

enum sign_to { SIGN_NOBODY, SIGN_ROUTE, SIGN_PARSE };

struct sign_clock { int64_t utc_seconds, monotonic_ms; };

struct sign;

int sign_open(struct sign **out, const struct config *, struct err *);
void sign_free(struct sign *);
const char *sign_name(const struct sign *);		/* the signer's, for the log */

/*
 * One message; *to says where *reply goes.  A malformed one that names its JOB is refused, another is dropped
 * (SIGN_NOBODY).
 */
int sign_from_route(struct sign *, struct view message, const struct sign_clock *, enum sign_to *to, struct buf *reply,
	struct err *);
int sign_from_parse(struct sign *, struct view message, const struct sign_clock *, enum sign_to *to, struct buf *reply,
	struct err *);

/* Asks parse again, or gives an artifact up.  Call until it says SIGN_NOBODY; at least once in SIGN_ASK_AGAIN_MS. */
int sign_overdue(struct sign *, const struct sign_clock *, enum sign_to *to, struct buf *reply);
