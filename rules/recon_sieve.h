/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_sieve - which keys may be asked for: what nobody asks for need not stand in a map
 *
 * A few lines against many items ask for few keys.  A sieve holds the keys of the lines, never misses one of them and lets
 * a few others through, so a map that is built through it answers every line as the whole map would.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/recon_text.h"

struct sieve { uint64_t *bits; unsigned shift; };	/* bits NULL: everything passes */

bool sieve_open(struct sieve *, size_t keys);
void sieve_close(struct sieve *);

static inline uint64_t sieve_mask(uint64_t key)
{
	return (uint64_t)1 << (key & 63) | (uint64_t)1 << (key >> 6 & 63);
}

static inline void sieve_add(struct sieve *s, uint64_t key)
{
	if (s->bits != NULL)
		s->bits[key >> s->shift] |= sieve_mask(key);
}

static inline bool sieve_has(const struct sieve *s, uint64_t key)
{
	return s->bits == NULL || (s->bits[key >> s->shift] & sieve_mask(key)) == sieve_mask(key);
}

/* All that the line may be asked to look up as a reference, in any pass; `said` is scratch and holds the line then. */
void sieve_add_line(struct sieve *, const struct recon_row *line, struct said *said);
