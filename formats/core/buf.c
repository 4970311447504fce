/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - see buf.h.  Capacity doubles, is never above max, and holds the NUL of buf_cstr() beside the bound: a
 * buffer with max N takes N bytes.  Once `failed`, the bytes that were there stay and nothing is added.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/buf.h"

#define BUF_FIRST ((size_t)256)

static size_t bound(const struct buf *b)
{
	return b->max == 0 ? BUF_MAX_DEFAULT : b->max;
}

static bool grow(struct buf *b, size_t need)
{
	size_t max = bound(b), cap = b->cap < BUF_FIRST ? BUF_FIRST : b->cap;
	char *p;

	while (cap < need)
		cap = cap > max / 2 ? max : cap * 2;
	if (cap == SIZE_MAX || (p = realloc(b->p, cap + 1)) == NULL)	/* + 1: the NUL of buf_cstr */
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

char *buf_reserve(struct buf *b, size_t n)
{
	size_t max = bound(b);

	if (b->failed)
		return NULL;
	if (b->n > max || n > max - b->n || ((b->p == NULL || b->n + n > b->cap) && !grow(b, b->n + n))) {
		b->failed = true;
		return NULL;
	}
	return b->p + b->n;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	char *to = buf_reserve(b, n);

	if (to == NULL)
		return;
	if (n > 0)
		memcpy(to, p, n);
	b->n += n;
}

void buf_view(struct buf *b, struct view v)
{
	buf_put(b, v.p, v.n);
}

void buf_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void buf_fill(struct buf *b, char c, size_t n)
{
	char *to = buf_reserve(b, n);

	if (to == NULL)
		return;
	memset(to, c, n);
	b->n += n;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if ((size_t)n < sizeof(small)) {
		buf_put(b, small, (size_t)n);
		return;
	}
	to = buf_reserve(b, (size_t)n);		/* cap + 1 bytes are there, so the NUL has its place */
	if (to == NULL)
		return;
	va_start(ap, fmt);
	n = vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = true;
	else
		b->n += (size_t)n;
}

void buf_int(struct buf *b, int64_t v)
{
	char text[24], *end = text + sizeof(text), *p = end;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	buf_put(b, p, (size_t)(end - p));
}

static void little(struct buf *b, uint64_t v, size_t n)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	buf_put(b, bytes, n);
}

void buf_u16(struct buf *b, uint16_t v)
{
	little(b, v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
	little(b, v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
	little(b, v, 8);
}

void buf_hex(struct buf *b, struct view v)
{
	static const char digits[] = "0123456789abcdef";
	char *to = v.n > SIZE_MAX / 2 ? NULL : buf_reserve(b, v.n * 2);

	if (to == NULL) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < v.n; i++) {
		*to++ = digits[(unsigned char)v.p[i] >> 4];
		*to++ = digits[(unsigned char)v.p[i] & 15];
	}
	b->n += v.n * 2;
}

const char *buf_cstr(struct buf *b)
{
	if (b->failed || b->n == 0 || b->p == NULL)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

void buf_release(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
	b->failed = false;
}
