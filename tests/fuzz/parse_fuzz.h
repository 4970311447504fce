/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_fuzz - one fuzz target for the parse of any format module; a target is this file and the module's objects
 *
 * The first byte chooses the size of the windows.  The records are printed and put on the wire, so that every view a
 * module hands out is read to its end; then the same input is read in one window and must give the same number of
 * records and findings. With -fsanitize=fuzzer the engine feeds it; with -DFUZZ_REPLAY the same code reads the files it
 * is given.
 */
#pragma once

#include "tests/lib/module_host.h"

extern const struct tally_format tally_format;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mhost h = { 0 }, whole = { 0 };
	struct view in;
	char *copy;

	if (size == 0 || (copy = malloc(size)) == NULL)
		return 0;
	memcpy(copy, data + 1, size - 1);
	in = (struct view){ copy, size - 1 };
	h.step = (size_t)data[0] + 1;
	if (tally_format.probe != NULL)
		tally_format.probe(view_sub(in, 0, 4096));
	if (mhost_parse(&h, &tally_format, in) != 0 || mhost_parse(&whole, &tally_format, in) != 0 || h.broken ||
		whole.broken)
		abort();
	if (h.n_records != whole.n_records || h.n_findings != whole.n_findings)
		abort();
	free(copy);
	mhost_release(&h);
	mhost_release(&whole);
	return 0;
}

#ifdef FUZZ_REPLAY
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct view in = mhost_file(argv[i]);

		if (in.p == NULL) {
			fprintf(stderr, "cannot read '%s'\n", argv[i]);
			return 2;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)in.p, in.n);
		free((char *)in.p);
	}
	printf("%d inputs replayed\n", argc - 1);
	return 0;
}
#endif
