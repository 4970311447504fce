/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit - the hash-chained record of every state change: ids, never values
 *
 * An entry is canonical JSON {"actor","at","business","count","detail","from","n","object","sum","to"}; hash_n = SHA-256(hash_n-1 || text),
 * 32 zero bytes before the first.  Its Merkle leaf is SHA-256(0x00 || text), nodes SHA-256(0x01 || left || right), tree shape
 * and root as RFC 6962 section 2.1; the head (size, root) goes into each manifest and into the journal.
 * Entries are appended in the caller's transaction: a change and its entry live or die together.
 */
#pragma once

#include <stdint.h>
#include "formats/core/err.h"
#include "formats/core/json.h"
#include "gateway/ledger.h"

struct audit_entry {
	const char *object;		/* "F7" */
	const char *from, *to;		/* state names; "" where none */
	int64_t count, sum_minor;	/* of a change of many; 1 and 0 else */
	const char *detail;		/* reason code or short text without values; may be NULL */
};

struct audit_head { int64_t size; char root[65]; };

int audit_append(struct ledger *, const struct audit_entry *, struct err *);
int audit_head(struct ledger *, struct audit_head *, struct err *);

/* Recomputes everything from the stored texts.  1 = holds, 0 = *bad is the first entry that does not fit, -1 = *err. */
int audit_verify(struct ledger *, struct audit_head *, int64_t *bad, struct err *);
/* The inclusion proof of entry n (RFC 6962 2.1.1) as JSON: leaf, index, size, path, root. */
int audit_prove(struct ledger *, int64_t n, struct json *, struct err *);

/* For ledger.c: the running tree lives with the connection. */
struct audit_tree { int64_t size; unsigned char peak[64][32]; unsigned char chain[32]; bool loaded; };
struct audit_tree *ledger_audit_tree(struct ledger *);
void audit_forget(struct ledger *);		/* after a rollback: reload from the rows */
