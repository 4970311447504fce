/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pospay_fuzz - any bytes through the positive-pay reader in each of its layouts, and what it read through the writer
 *
 * The first byte chooses layout and windows.  What was read without a finding must be written, and read again to the same
 * records.
 */
#include "tests/lib/module_host.h"

extern const struct tally_format tally_format;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const layouts[] = { "bofa80", "pnc", "jpmorgan", "generic100", "firstamerican79", "firstambank109",
		"cougar60" };
	struct mhost in = { 0 }, out = { 0 }, again = { 0 };
	struct mhost *all[] = { &in, &out, &again };

	if (size == 0)
		return 0;
	for (size_t i = 0; i < 3; i++)
		mhost_option(all[i], "layout", layouts[data[0] % 7]);
	in.step = (size_t)data[0] + 1;
	if (mhost_parse(&in, &tally_format, (struct view){ (const char *)data + 1, size - 1 }) != 0 || in.broken)
		abort();
	if (mhost_emit(&out, &tally_format, buf_as_view(&in.wire)) == 0 && in.n_findings == 0) {
		mhost_parse(&again, &tally_format, buf_as_view(&out.out));
		if (again.n_findings != 0 || !view_eq(buf_as_view(&again.wire), buf_as_view(&in.wire)))
			abort();
	}
	for (size_t i = 0; i < 3; i++)
		mhost_release(all[i]);
	return 0;
}
