/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutate - what the mutators of text formats share: a generator, lines and pieces of a text that is changed in place
 *
 * A text is p[0..n) with room up to max; each call returns its new length, the old one where there is no room.
 */
#pragma once

#include "tests/fuzz/parse_fuzz.h"

static uint64_t mutate_state;

static inline unsigned draw(unsigned below)
{
	mutate_state = mutate_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(mutate_state >> 33) % below;
}

/* `from` of `text`, `cut` bytes of it, give way to `with`. */
static inline size_t replace(char *p, size_t n, size_t max, size_t from, size_t cut, struct view with)
{
	if (n - cut + with.n > max)
		return n;
	memmove(p + from + with.n, p + from + cut, n - from - cut);
	if (with.n > 0)
		memcpy(p + from, with.p, with.n);
	return n - cut + with.n;
}

static inline size_t insert(char *p, size_t n, size_t max, size_t at, struct view text)
{
	return replace(p, n, max, at, 0, text);
}

/* The piece from..to once more at `at`. */
static inline size_t copy_piece(char *p, size_t n, size_t max, size_t from, size_t to, size_t at)
{
	struct buf piece = { 0 };

	buf_put(&piece, p + from, to - from);
	n = piece.failed ? n : insert(p, n, max, at, buf_as_view(&piece));
	buf_release(&piece);
	return n;
}

static inline size_t drop_piece(char *p, size_t n, size_t from, size_t to)
{
	return replace(p, n, n, from, to - from, (struct view){ NULL, 0 });
}

static inline size_t line_start(const char *p, size_t at)
{
	while (at > 0 && p[at - 1] != '\n')
		at--;
	return at;
}

static inline size_t line_end(const char *p, size_t n, size_t at)
{
	while (at < n && p[at] != '\n')
		at++;
	return at < n ? at + 1 : n;
}

static inline size_t any_line(const char *p, size_t n)
{
	return line_start(p, draw((unsigned)n + 1));
}

/* Where `text` stands for the k-th time, counted around; n: nowhere. */
static inline size_t find_some(const char *p, size_t n, struct view text, unsigned k)
{
	const char *hit = n == 0 ? NULL : memmem(p, n, text.p, text.n), *last = hit;

	for (; hit != NULL && k > 0; k--) {
		last = hit;
		hit = memmem(hit + 1, n - (size_t)(hit + 1 - p), text.p, text.n);
	}
	return hit != NULL ? (size_t)(hit - p) : last != NULL ? (size_t)(last - p) : n;
}
