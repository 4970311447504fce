/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_write - records in, a NACHA file out: FILE, then for each batch BATCH and its PAYMENTs, RETURNs or CHANGEs
 *
 * Counts, hash, totals, block count and fill are computed; every other value comes allotted in the records.  Each line
 * that is written is read back at once by the reader of nacha_read.h, so that a file that breaks a rule ends as a
 * finding and -1 and not at the bank.  Nothing is ever cut to fit.  TOTAL records are taken and not believed.
 *
 * A record with `sec` says itself which batch it belongs to: where its class, company, description or effective date is
 * another than the open batch's, a batch of its own begins for it, with the next number.
 * International entries take what has no key of its own from the record's `extra` (nacha_extra.c); so does their batch.
 */
#pragma once

#include "formats/lib/nacha_read.h"

#define NACHA_OUT ((size_t)32 << 10)

struct nacha_writer {
	struct nacha n;				/* reads back what is written */
	const struct tally_host *host;		/* of the running call */
	struct tally_host shim;			/* what the reader speaks to */
	uint64_t errors, lines;
	const struct nacha_sec *sec;		/* of the current batch; NULL outside */
	bool begun, stopped;
	struct { bool on; char family; struct view routing, account; } balance;	/* nacha_balance.c */
	char control_code[19];			/* of the open batch, from the TOTAL that ends it */
	size_t n_control_code;
	struct view line_end;
	size_t n_out;
	char out[NACHA_OUT];
};

int nacha_write_begin(struct nacha_writer *, const struct tally_host *);
int nacha_write_record(struct nacha_writer *, const struct tally_host *, const struct record *);
int nacha_write_end(struct nacha_writer *, const struct tally_host *);

/* Between the writer's files. */
void nacha_put_line(struct nacha_writer *, const char line[NACHA_WIDTH]);
bool nacha_fill_line(struct nacha_writer *, char *line, const struct layout *, const struct record *);	/* false: refused */
/* A finding about what could not be written; its line is where it would have stood. */
void nacha_refuse(struct nacha_writer *, enum nacha_code, const struct layout_row *, const char *why);
uint64_t nacha_iat_count(const struct record *, unsigned notes);	/* addenda of the entry, its 98 or 99 with them */
bool nacha_iat_extra(struct nacha_writer *, char *line, const char *tag, const struct layout *, const struct record *);
void nacha_iat_put(struct nacha_writer *, const struct record *, const char *entry, unsigned notes);
void nacha_balance_begin(struct nacha_writer *);		/* reads the options */
void nacha_balance_batch(struct nacha_writer *);		/* the open batch is about to be closed */
