/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask - see mask.h.  Masking never shows more than four digits of a run and never changes the length in mask_digits;
 * escaping is one-way: a backslash of the input stays one, since people read the result and nothing parses it.
 */
#include <stdint.h>

#include "formats/core/mask.h"
#include "formats/core/utf8.h"

#define KEEP 4
#define RUN_MIN 5

void mask_last4(struct buf *b, struct view v)
{
	buf_char(b, '*');
	if (v.n > KEEP)
		buf_view(b, view_sub(v, v.n - KEEP, KEEP));
}

static bool digit(struct view v, size_t i)
{
	return i < v.n && v.p[i] >= '0' && v.p[i] <= '9';
}

static bool dash(struct view v, size_t i)
{
	return i < v.n && (v.p[i] == '-' || v.p[i] == ' ');
}

static bool digits(struct view v, size_t i, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (!digit(v, i + k))
			return false;
	return true;
}

/* ddd-dd-dddd, with dashes or blanks, and no digit on either side. */
static bool ssn(struct view v, size_t i)
{
	return (i == 0 || !digit(v, i - 1)) && digits(v, i, 3) && dash(v, i + 3) && digits(v, i + 4, 2) &&
	       dash(v, i + 6) && digits(v, i + 7, 4) && !digit(v, i + 11);
}

static void mask_run(struct buf *b, struct view run)
{
	for (size_t i = 0; i < run.n; i++)
		buf_char(b, i + KEEP < run.n && digit(run, i) ? '*' : run.p[i]);
}

void mask_digits(struct buf *b, struct view v)
{
	for (size_t i = 0, n; i < v.n; i += n) {
		for (n = 0; digit(v, i + n);)
			n++;
		if (ssn(v, i))
			n = 11;
		if (n >= RUN_MIN) {
			mask_run(b, view_sub(v, i, n));
		} else {
			if (n == 0)
				n = 1;
			buf_view(b, view_sub(v, i, n));
		}
	}
}

/* Bytes of the UTF-8 character at v.p[i] that may be shown as they are; 0 = escape this byte. */
static size_t printable(struct view v, size_t i)
{
	const unsigned char *p = (const unsigned char *)v.p + i;
	size_t n = utf8_length(v.p + i, v.n - i);
	uint32_t c;

	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7f;
	if (n == 0)
		return 0;
	c = p[0] & (0x7fu >> n);
	for (size_t k = 1; k < n; k++)
		c = c << 6 | (p[k] & 0x3fu);
	/* C1 controls, line separators, and what turns the direction of text: a line must read as it is stored. */
	if (c < 0xa0 || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff)
		return 0;
	return n;
}

void escape_text(struct buf *b, struct view v)
{
	for (size_t i = 0, n; i < v.n; i += n) {
		n = printable(v, i);
		if (n > 0) {
			buf_view(b, view_sub(v, i, n));
			continue;
		}
		buf_text(b, "\\x");
		buf_hex(b, view_sub(v, i, 1));
		n = 1;
	}
}
