/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement - what a person signs: { act, object, sha256 of its totals, reason, time, nonce }, in canonical form
 *
 * The text that is signed is canonical JSON (keys ascending, no white space):
 *   {"act":"approve","nonce":"<32 hex>","object":"B12","operator":"alice","reason":"...",
 *    "sha256":"<64 hex>","time":"2026-11-09T10:00:00Z"}
 * It is always rebuilt from its parts, never parsed: the operator's command, route and sign each build it and compare.
 * `sha256` is over the canonical totals of the object (totals_text): a batch that changes loses its approvals.
 *
 * A whole run is decided by one statement: object is the run's file, "F3", and sha256 that of its list, which names each batch with its
 * count, its sums and the hash of its totals.  For every batch of the list it counts like a statement about that batch alone (struct
 * statement with `run`): object the batch, sha256 its totals', nonce derived from the run's nonce and the batch, so that whatever holds
 * for a batch's statement (one file, one person, these totals) holds for it.  The text that was signed is made again from the run's parts.
 */
#pragma once

#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

struct statement {
	char act[16];			/* approve reject release release-rest hold resolve redate reverse resend cancel */
	char object[32];		/* "B12", "F7", "I99" */
	char operator_name[64];
	char reason[256];
	char sha256[65];
	char time[24];			/* UTC, seconds */
	char nonce[33];
	char signature[320];		/* hex of the DER */
	char run[32], run_nonce[33];	/* "" but of a run's statement as it stands for the batch `object` */
	struct view run_list;		/* borrowed */
};

/* false: a part is empty or holds a control character */
bool statement_is_act(struct view verb);			/* a command that only a signed statement can give */
bool statement_text(const struct statement *, struct buf *out);

/* The totals of a batch as a person approves them: canonical JSON, then its SHA-256 as hex. */
struct batch_totals {
	char batch[32];			/* "B12" */
	char partner[64], outbound[64];
	char format[16];
	char effective_date[11], ccy[4];
	int64_t count, debit_minor, credit_minor;
	char items_sha256[65];		/* over the items in file order, a line each: readback.h */
	char source_sha256[65];		/* the inbound file */
};
bool totals_text(const struct batch_totals *, struct buf *out);
void totals_sha256(const struct batch_totals *, char hex[65]);

/*
 * The list of a whole run: "B1 3 0 170000 USD <sha256 of its totals>;B2 ...;", batches ascending: count, debits, credits.  At most
 * RUN_LIST_BATCHES, so that the approvals of a file with many runs fit its manifest.
 */
#define RUN_LIST_BATCHES 32
void run_list_add(struct buf *list, const struct batch_totals *);
void run_list_part(struct statement *run, const char *batch, const char *sha256, struct view list);	/* makes it that of one of its batches */

/* What a person signs who sends a rejected file again: its SHA-256 and the new effective date, a blank between them, hashed. */
void resend_sha256(const char *artifact_sha256, const char *effective_date, char hex[65]);

/*
 * A statement as an element of a message, and back (false: malformed, a part too long, or a run's list that does not bear it out; run_list is
 * borrowed from `bytes`).
 */
void statement_put(struct buf *, uint16_t tag, const struct statement *);
bool statement_get(struct view bytes, struct statement *);
