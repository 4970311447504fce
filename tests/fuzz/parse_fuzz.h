/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_fuzz - one fuzz target for any format module; a target is this file and the module's objects
 *
 * The first byte chooses the size of the windows.  The records are printed and put on the wire, so that every view a
 * module hands out is read to its end; then the same input is read in one window, which must give the same records and
 * findings in words, and with sums (host->sum), which must give as many.  What was read is written where the module
 * writes.  With -fsanitize=fuzzer the engine feeds it; with -DFUZZ_REPLAY and replay.c the same code reads the files and
 * directories it is given (make check).
 *
 * A format whose totals guard deep states brings a mutator of its own (nacha_fuzz.c, bai2_fuzz.c): it changes records
 * where they stand and puts the totals right again, so that the engine gets past them.
 */
#pragma once

#include "tests/lib/module_host.h"

extern const struct tally_format tally_format;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static inline void fuzz_write(const struct buf *wire)
{
	struct mhost out = { 0 };

	if (tally_format.emit_record != NULL)
		mhost_emit(&out, &tally_format, buf_as_view(wire));
	mhost_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mhost h = { 0 }, whole = { 0 }, sums = { .sums = true };
	struct view in;
	char *copy;

	if (size == 0 || (copy = malloc(size)) == NULL)
		return 0;
	memcpy(copy, data + 1, size - 1);
	in = (struct view){ copy, size - 1 };
	h.step = (size_t)data[0] + 1;
	if (tally_format.probe != NULL)
		tally_format.probe(view_sub(in, 0, 4096));
	if (mhost_parse(&h, &tally_format, in) != 0 || mhost_parse(&whole, &tally_format, in) != 0 ||
		mhost_parse(&sums, &tally_format, in) != 0 || h.broken || whole.broken || sums.broken)
		abort();
	if (h.n_records != whole.n_records || h.n_findings != whole.n_findings || sums.n_records != whole.n_records ||
		sums.n_findings != whole.n_findings)
		abort();
	if (!view_eq(buf_as_view(&h.records), buf_as_view(&whole.records)) || !view_eq(buf_as_view(&h.findings), buf_as_view(&whole.findings)))
		abort();
	fuzz_write(&h.wire);
	free(copy);
	mhost_release(&h);
	mhost_release(&whole);
	mhost_release(&sums);
	return 0;
}
