/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_fuzz - any bytes through the NACHA reader in windows of random small size, and what it read through the writer
 *
 * A crash, a sanitizer's word or a broken promise of the ABI (too much kept, a call after "stop") is the only failure.
 */
#include <assert.h>

#include "tests/lib/module_host.h"

extern const struct tally_format tally_format;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct mhost h = { .step = 200, .random = (uint32_t)(n * 2654435761u) | 1u }, out = { .step = 0 };

	mhost_parse(&h, &tally_format, (struct view){ (const char *)data, n });
	assert(!h.broken);
	mhost_emit(&out, &tally_format, buf_as_view(&h.wire));
	mhost_release(&h);
	mhost_release(&out);
	return 0;
}
