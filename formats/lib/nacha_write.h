/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_write - records in, a NACHA file out: FILE, then for each batch BATCH and its PAYMENTs
 *
 * Counts, hash, totals, block count and fill are computed; every other value comes allotted in the records.  Each line
 * that is written is read back at once by the reader of nacha_read.h, so that a file that breaks a rule ends as a
 * finding and -1 and not at the bank.  Nothing is ever cut to fit.  TOTAL records are taken and not believed.
 */
#pragma once

#include "formats/lib/nacha_read.h"

#define NACHA_OUT ((size_t)32 << 10)

struct nacha_writer {
	struct nacha n;				/* reads back what is written */
	const struct tally_host *host;		/* of the running call */
	struct tally_host shim;			/* what the reader speaks to */
	uint64_t errors, lines;
	const struct layout *entry;		/* of the current batch; NULL outside */
	bool begun, stopped;
	struct view line_end;
	size_t n_out;
	char out[NACHA_OUT];
};

int nacha_write_begin(struct nacha_writer *, const struct tally_host *);
int nacha_write_record(struct nacha_writer *, const struct tally_host *, const struct record *);
int nacha_write_end(struct nacha_writer *, const struct tally_host *);
