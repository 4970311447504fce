/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8 - how many bytes of well-formed UTF-8 stand here (RFC 3629): 1 to 4, or 0 when what stands here is not UTF-8
 *
 * Overlong forms, surrogates, what is above U+10FFFF and what is cut short are not UTF-8.  `left` is at least 1.
 */
#pragma once

#include <stddef.h>

static inline size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||		/* overlong, surrogates */
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))		/* overlong, above U+10FFFF */
		return 0;
	return n;
}
