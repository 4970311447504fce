/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain - see chain.h.  FNV-1a, and eight neighbours for each place
 */
#include "formats/lib/chain.h"

#define NEIGHBOURS 8

uint64_t chain_hash(uint64_t h, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const unsigned char *)p)[i]) * 1099511628211u;
	return (h ^ 0x100) * 1099511628211u;
}

bool chain_again(struct chain *c, uint64_t identity)
{
	uint64_t h = identity == 0 ? 1 : identity;

	for (size_t i = 0; i < NEIGHBOURS; i++) {
		uint64_t *slot = &c->seen[(h + i) % CHAIN_SEEN];

		if (*slot == h)
			return true;
		if (*slot == 0) {
			*slot = h;
			return false;
		}
	}
	c->seen[(h + c->n++ % NEIGHBOURS) % CHAIN_SEEN] = h;
	return false;
}

struct chain_link *chain_link(struct chain *c, uint64_t account)
{
	for (size_t i = 0; i < NEIGHBOURS; i++) {
		struct chain_link *l = &c->links[(account + i) % CHAIN_ACCOUNTS];

		if (l->account == account || l->account == 0)
			return l;
	}
	return &c->links[(account + c->n++ % NEIGHBOURS) % CHAIN_ACCOUNTS];
}
