/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readback - what a payment file says when it is read again: totals of the file and of each batch, from its records
 * alone
 *
 * parse adds up what it reads back for sign; route adds up what it sent to be written and what the batch was approved
 * for: the same function, so that the three can be compared member by member.
 *
 * Counted are PAYMENT, CHECK_ISSUE and ROLLOVER records; RETURN and CHANGE never stand in an outbound file.  Amounts
 * count without their sign; debit or credit is said by the ACH transaction code (last digit above 4: debit), and by the
 * sign where there is none.  entry_hash is the sum of the first eight digits of the routing numbers, modulo 10^10.
 * items_sha256 of a batch is over its items in the order given, one line each:
 * "individual_id|routing|account|amount_minor|transaction_code|party\n" (the payee for a check), bytes as they are.  A BATCH record
 * opens a batch; records before the first one are of batch 0.
 *
 * Failure: readback_add returns false once a sum overflows, memory is short, or there are more than READBACK_BATCHES
 * batches; the totals are then worthless.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "channels/digest.h"
#include "formats/core/date.h"
#include "formats/core/record.h"

#define READBACK_BATCHES 200		/* all of them fit one message */

struct readback_batch {
	int64_t number, count, debit, credit;
	date_t effective;
	char items_sha256[DIGEST_HEX];
};

struct readback {
	int64_t count, debit, credit, entry_hash;
	struct readback_batch *batches;		/* ours */
	size_t n_batches;
	struct digest *items;			/* of the batch that is open */
	bool failed;
};

bool readback_add(struct readback *, const struct record *);	/* `struct readback r = { 0 };` is ready */
bool readback_end(struct readback *);				/* closes the last batch; false: see above */
void readback_release(struct readback *);
