/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen - see seen.h.  Open addressing, 0 = free, at most half full
 */
#include <stdlib.h>
#include "formats/lib/seen.h"

static uint64_t hash_view(uint64_t h, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		h = (h ^ (unsigned char)v.p[i]) * 1099511628211u;
	return (h ^ 0x1ff) * 1099511628211u;
}

static uint64_t hash_parts(const struct view *parts, size_t n)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < n; i++)
		h = hash_view(h, parts[i]);
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	h ^= h >> 33;
	return h == 0 ? 1 : h;
}

static bool put_hash(uint64_t *set, size_t cap, uint64_t h)
{
	size_t i = h & (cap - 1);

	while (set[i] != 0 && set[i] != h)
		i = (i + 1) & (cap - 1);
	if (set[i] == h)
		return false;
	set[i] = h;
	return true;
}

static bool grow(struct seen *s)
{
	size_t cap = s->cap == 0 ? 4096 : s->cap * 2;
	uint64_t *set = calloc(cap, sizeof(*set));

	if (set == NULL)
		return false;
	for (size_t i = 0; i < s->cap; i++)
		if (s->set[i] != 0)
			put_hash(set, cap, s->set[i]);
	free(s->set);
	s->set = set;
	s->cap = cap;
	return true;
}

enum seen_answer seen_put(struct seen *s, const struct view *parts, size_t n)
{
	if (s->n == SEEN_MAX || (s->n * 2 >= s->cap && !grow(s)))
		return SEEN_FULL;
	if (!put_hash(s->set, s->cap, hash_parts(parts, n)))
		return SEEN_AGAIN;
	s->n++;
	return SEEN_NEW;
}

bool seen_has(const struct seen *s, const struct view *parts, size_t n)
{
	uint64_t h = hash_parts(parts, n);

	for (size_t i = h & (s->cap - 1); s->cap > 0 && s->set[i] != 0; i = (i + 1) & (s->cap - 1))
		if (s->set[i] == h)
			return true;
	return false;
}

void seen_release(struct seen *s)
{
	free(s->set);
	*s = (struct seen){ 0 };
}
