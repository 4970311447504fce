/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - see arena.h.  Chunks in a list, the newest first; a piece larger than a chunk gets one of its own.
 * `used` counts what was handed out (rounded to the alignment), and that is what `max` bounds; max 0 means no piece
 * at all.
 */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "formats/core/arena.h"

#define CHUNK ((size_t)16 << 10)
#define ALIGN alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct arena_chunk *chunk_new(struct arena *a, size_t n)
{
	size_t size = n > CHUNK ? n : CHUNK;
	struct arena_chunk *c = calloc(1, sizeof(*c) + size);

	if (c == NULL)
		return NULL;
	c->size = size;
	if (n > CHUNK && a->head != NULL) {	/* the newest chunk may have room left: keep it in front */
		c->next = a->head->next;
		a->head->next = c;
	} else {
		c->next = a->head;
		a->head = c;
	}
	return c;
}

void *arena_take(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->head;
	void *p;

	if (n > a->max || n > SIZE_MAX / 2)
		return NULL;
	n = n == 0 ? ALIGN : (n + ALIGN - 1) / ALIGN * ALIGN;
	if (n > a->max || a->used > a->max - n)
		return NULL;
	if ((c == NULL || c->size - c->used < n) && (c = chunk_new(a, n)) == NULL)
		return NULL;
	p = c->bytes + c->used;
	c->used += n;
	a->used += n;
	return p;
}

bool arena_copy(struct arena *a, struct view from, struct view *to)
{
	char *p;

	if (from.n == SIZE_MAX || (p = arena_take(a, from.n + 1)) == NULL)	/* + 1: a NUL behind, for C callers */
		return false;
	if (from.n > 0)
		memcpy(p, from.p, from.n);
	*to = (struct view){ p, from.n };
	return true;
}

void arena_clear(struct arena *a)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->head; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	a->head = NULL;
	a->used = 0;
}
