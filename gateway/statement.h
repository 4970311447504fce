/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement - what a person signs: { act, object, sha256 of its totals, reason, time, nonce }, in canonical form
 *
 * The text that is signed is canonical JSON (keys ascending, no white space):
 *   {"act":"approve","nonce":"<32 hex>","object":"B12","operator":"alice","reason":"...",
 *    "sha256":"<64 hex>","time":"2026-11-09T10:00:00Z"}
 * It is always rebuilt from its parts, never parsed: the operator's command, route and sign each build it and compare.
 * `sha256` is over the canonical totals of the object (totals_text): a batch that changes loses its approvals.
 */
#pragma once

#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

struct statement {
	char act[16];			/* approve reject release release-rest hold resolve redate reverse writeoff hostkey */
	char object[32];		/* "B12", "F7", "I99" */
	char operator_name[64];
	char reason[256];
	char sha256[65];
	char time[24];			/* UTC, seconds */
	char nonce[33];
	char signature[320];		/* hex of the DER */
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

/* What a person signs who sends a rejected file again: its SHA-256 and the new effective date, a blank between them, hashed. */
void resend_sha256(const char *artifact_sha256, const char *effective_date, char hex[65]);

/* A statement as an element of a message, and back (false: malformed or a part too long). */
void statement_put(struct buf *, uint16_t tag, const struct statement *);
bool statement_get(struct view bytes, struct statement *);
