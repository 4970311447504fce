/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readback - what a payment file says when it is read again: totals of the file and of each batch, from its records
 * alone
 *
 * parse adds up what it reads back for sign; route adds up what it sent to be written and what the batch was approved
 * for: the same function, so that the three can be compared member by member.
 *
 * Counted are PAYMENT, CHECK_ISSUE and ROLLOVER records; RETURN and CHANGE never stand in an outbound file.  Amounts
 * count without their sign; debit or credit is said by the ACH transaction code (last digit above 4: debit), by the status
 * of a check (void: debit), and by the sign where there is neither.  entry_hash is the sum of the first eight digits of the
 * routing numbers, or of the check numbers, modulo 10^10.  items_sha256 of a batch is over its items in the order given, one
 * line each, bytes as they are:
 *   a payment   "individual_id|routing|account|amount_minor|transaction_code|party\n"
 *   a check     "status|account|amount_minor|issue_date|payee\n", from the first void of a batch on "|check_number" before
 *               the end: a person approves checks before they have numbers, but a void only with its number
 *   a rollover  "person|party|trustee|trustee_account|amount_minor|plan|payee|ssn|distribution|reference\n"
 * numbers_sha256 of a batch of checks is over the same lines with every check_number, rest_sha256 over what only a printer
 * needs: "routing|individual_id|memo|address1|address2|city|region|postal_code|country\n"; of others they are empty.  A check file
 * says its issue date with each check: the first one's is the batch's effective date.  A BATCH record opens a batch; records
 * before the first one are of batch 0.
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
	char items_sha256[DIGEST_HEX], numbers_sha256[DIGEST_HEX], rest_sha256[DIGEST_HEX];
};

struct readback {
	int64_t count, debit, credit, entry_hash;
	struct readback_batch *batches;		/* ours */
	size_t n_batches;
	struct digest *items, *numbers, *rest;	/* of the batch that is open; numbers and rest: once it has a check */
	bool voids;				/* it has a void */
	bool failed;
};

bool readback_add(struct readback *, const struct record *);	/* `struct readback r = { 0 };` is ready */
bool readback_end(struct readback *);				/* closes the last batch; false: see above */
void readback_release(struct readback *);
