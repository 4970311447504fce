/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: aligned, zeroed, never moved, bounded
 */
#include <stddef.h>

#include "formats/core/arena.h"
#include "tests/lib/tap.h"

int main(void)
{
	struct arena a = { .max = 100000 };
	char *first, *p;
	struct view v;
	size_t took = 0;
	bool aligned = true, zeroed = true;

	first = arena_take(&a, 3);
	ok(first != NULL, "a piece is given");
	memcpy(first, "abc", 3);
	for (size_t n = 0; n < 200; n++) {
		p = arena_take(&a, n);
		if (p == NULL)
			break;
		aligned = aligned && (uintptr_t)p % _Alignof(max_align_t) == 0;
		for (size_t i = 0; i < n; i++)
			zeroed = zeroed && p[i] == 0;
		memset(p, 0xff, n);
	}
	ok(aligned, "every piece is aligned for any type");
	ok(zeroed, "every piece is zeroed");
	p = arena_take(&a, 50000);
	ok(p != NULL, "a piece larger than a chunk is given");
	memset(p, 1, 50000);
	ok(arena_copy(&a, VIEW("text"), &v) && view_eq(v, VIEW("text")), "a copy is equal");
	is_int(v.p[4], 0, "a copy has a NUL behind");
	ok(memcmp(first, "abc", 3) == 0, "the first piece has neither moved nor changed");
	ok(arena_take(&a, 50000) == NULL, "a piece over the bound is refused");
	ok(arena_take(&a, SIZE_MAX) == NULL, "a size that wraps around is refused");
	ok(!arena_copy(&a, (struct view){ "x", SIZE_MAX }, &v), "a copy of an impossible length is refused");
	ok(arena_take(&a, 8) != NULL, "a refusal does not spoil the arena");
	arena_clear(&a);
	is_int(a.used, 0, "a cleared arena has used nothing");
	while (took < 1000 && arena_take(&a, 1000) != NULL)
		took++;
	ok(took >= 99 && took <= 100, "after clearing the whole bound is there again");
	arena_clear(&a);
	a = (struct arena){ .max = SIZE_MAX };
	ok(arena_take(&a, SIZE_MAX - 3) == NULL, "an arena without a bound refuses what cannot be");
	arena_clear(&a);
	a = (struct arena){ 0 };
	ok(arena_take(&a, 1) == NULL, "an arena with bound 0 gives nothing");
	arena_clear(&a);
	return done_testing();
}
