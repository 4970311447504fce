/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit - an item's row as the record that is written, read back and compared: one query, one function
 *
 * What kind of record it is says the batch it leaves in: ach, funding and reversal are payments, check a check drawn on the
 * outbound's account with the batch's effective date, rollover a rollover under the item's own reference ("I12"), void a
 * record that stands in the item whole.
 */
#pragma once

#include "formats/core/record.h"
#include "gateway/roles/route/route.h"

#define EMIT_COLUMNS "SELECT id, individual_id, party, routing, account, amount_minor, code, trace, serial, record FROM item "
#define EMIT_ITEMS EMIT_COLUMNS "WHERE batch=? AND state=0 AND id>? ORDER BY id LIMIT ?"
#define EMIT_ITEM EMIT_COLUMNS "WHERE id=?"
#define EMIT_TEXT 24

struct emit_batch {
	int64_t id, effective;
	int64_t trace_first, trace_item;	/* where its items do not know their traces yet; else 0 */
	char kind[12], reference[24];
	enum outbound_way way;
	const struct outbound *out;		/* by which the batch leaves, whatever file announces it; NULL: not configured any more */
};

void emit_options(struct buf *message, const struct outbound *);	/* for the module that writes or reads it */
bool emit_feeding(const struct route *);		/* records of a file are still to be sent to the worker that writes it */
int emit_batch_read(struct route *, int64_t batch, struct emit_batch *, struct err *);	/* 0, -1 */

/* Texts borrow from the row, the batch and text.  false: the record that is kept with the item is damaged. */
bool emit_item(const struct emit_batch *, struct rows *, struct record *, char text[EMIT_TEXT]);
