/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain - which statement of an account stood last in this file, and which statements stood in it at all
 *
 * Flat memory: the last statement of CHAIN_ACCOUNTS accounts and the identities of CHAIN_SEEN statements are kept, the
 * oldest of a neighbourhood give way.  What is forgotten is not compared; nothing is ever told that is not so.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/view.h"

#define CHAIN_ACCOUNTS 1024
#define CHAIN_SEEN 8192
#define CHAIN_START 14695981039346656037u

struct chain_link {
	uint64_t account;		/* a hash; 0 = free */
	int64_t opening, closing, sequence, page;	/* sequence, page: -1 = none */
	bool final, readable;		/* final: its last page; readable: both balances are */
	uint64_t line;
};

struct chain {
	uint64_t n;
	struct chain_link links[CHAIN_ACCOUNTS];
	uint64_t seen[CHAIN_SEEN];
};

uint64_t chain_hash(uint64_t h, const void *p, size_t n);	/* begin with CHAIN_START; the parts stay apart */
bool chain_again(struct chain *, uint64_t identity);		/* was it told before?  It is now */
struct chain_link *chain_link(struct chain *, uint64_t account);	/* its last statement's; account differs: there is none */
