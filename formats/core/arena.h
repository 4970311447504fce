/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - one bounded block of memory for one file or one window: taken in pieces, freed at once
 *
 * `struct arena a = { .max = N };` is ready.  arena_take() returns zeroed memory aligned for any type, or NULL when the bound
 * is reached or memory is short; it never moves what it gave before.
 */
#pragma once

#include <stddef.h>
#include "formats/core/view.h"

struct arena_chunk;
struct arena { struct arena_chunk *head; size_t used, max; };

void *arena_take(struct arena *, size_t n);
bool arena_copy(struct arena *, struct view from, struct view *to);	/* false: no room */
void arena_clear(struct arena *);		/* frees all pieces at once; the bound stays */
