/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain - see chain.h.  Eight bytes a step, and eight neighbours for each place
 */
#include "formats/lib/chain.h"

#define NEIGHBOURS 8

uint64_t chain_hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *bytes = p;
	uint64_t word;

	for (; n >= 8; n -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * 1099511628211u;
	h = (h ^ 0x100) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
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
