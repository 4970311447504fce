/* SPDX-License-Identifier: Apache-2.0 */
/*
 * summary - what a file holds, added up from its records as they are read; never copied from the file's own trailers
 *
 *   nacha          batches entries addenda debit_minor credit_minor entry_hash sec returns changes
 *   bai2           groups accounts transactions statements
 *   mt940, camt    statements
 *   others         one member a kind of record: its count and the sums of its amounts; amounts of several currencies stand in
 *                  the list amounts, a sum each, and are never added to each other
 * A statement proves when opening + net = closing; net is the sum of its booked lines (pending and informative ones of
 * a booked statement and the details of a line, which carry LEG or PARENT, are left out).  A sum that does not fit 64 bits
 * is null.
 *
 * Memory does not grow with the file: statements, returns and changes are written as JSON when they are complete, and
 * what is more than a MiB of them goes into a temporary file without a name.  Failure: summary_add() answers -1 when that
 * cannot be written, and summary_write() then too: a list that is not whole is not taken for one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "formats/core/buf.h"
#include "formats/core/date.h"
#include "formats/core/format.h"
#include "formats/core/json.h"
#include "formats/core/record.h"

#define SUMMARY_SEC 64

struct summary_sum { int64_t minor; bool there, lost; };

struct summary_statement {
	char currency[4];
	struct summary_sum opening, closing, net;
	bool opening_is_previous;	/* camt's PRCD: gives way to an OPBD */
	date_t opening_date, closing_date, as_of;
	struct summary_sum page_from, page_to;		/* camt's ITBD, the first and the last one: pages begin and end with them */
	date_t page_from_date, page_to_date;
	int64_t pages, entries;
	bool provisional;
};

/* Objects of a JSON array, one behind the other. */
struct summary_list { struct buf text; FILE *rest; bool some, failed; };

#define SUMMARY_CURRENCIES 16

struct summary_currency { char code[4]; struct summary_sum sum; };

struct summary_kind {
	int64_t count;
	struct summary_sum amount, gross, deductions, net;
	struct summary_currency by[SUMMARY_CURRENCIES];		/* of amount */
	size_t n_by;
	bool more;				/* currencies than there is room for */
};

struct summary {
	struct view format;
	int64_t addenda, groups;
	uint64_t entry_hash;
	struct summary_sum debit, credit;
	char sec[SUMMARY_SEC][4];
	size_t n_sec;
	struct summary_kind kinds[RECORD_KINDS];
	struct summary_list statements, returns, changes;
	struct summary_statement statement;	/* the last one, while it is open */
	struct buf account, number;		/* its texts */
	bool open;
	bool masked;			/* set it right after init: account numbers are written by their last four */
};

enum summary_proof { PROOF_PROVES, PROOF_OFF, PROOF_NO_BALANCES };

void summary_init(struct summary *, struct view format);	/* the format's name is borrowed */
int summary_add(struct summary *, const struct record *);	/* in the order of the file; 0 or -1 */
void summary_add_sum(struct summary *, const struct tally_sum *);	/* many PAYMENTs, or ENTRYs of the last statement */
/*
 * The member "summary" of the object that is open; once.  `more` empties j's buffer when it likes; NULL: all is kept there.
 * -1: a list is not whole.
 */
typedef void summary_more(void *ctx, struct buf *out);
int summary_write(struct summary *, struct json *, summary_more *more, void *ctx);
enum summary_proof summary_proof(const struct summary_statement *, struct summary_sum *difference);	/* closing - (opening + net) */
void summary_release(struct summary *);
