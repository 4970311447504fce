/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charset - bytes of the character sets that banks use, as UTF-8
 *
 * CHARSET_AUTO takes what is well-formed UTF-8 as it is and every other byte as ISO 8859-1, so that nothing is lost; the
 * others are what a channel may name.  A byte that a set does not define becomes the ISO 8859-1 character of its number.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/view.h"

enum charset { CHARSET_AUTO, CHARSET_UTF8, CHARSET_ISO_8859_1, CHARSET_ISO_8859_2, CHARSET_ISO_8859_15, CHARSET_CP1250, CHARSET_CP1252,
	CHARSET_CP850, CHARSET_CP852, CHARSET_ISO_8859_5, CHARSET_ISO_8859_7, CHARSET_ISO_8859_9, CHARSET_ISO_8859_13, CHARSET_CP1251,
	CHARSET_CP1253, CHARSET_CP1254, CHARSET_CP1257, CHARSET_KOI8_R, CHARSETS };

extern const char *const charset_names[CHARSETS + 1];	/* by number; ends with NULL */
bool charset_ascii(struct view);			/* no byte above 0x7f */
/* Writes at most 3 bytes a byte of v; returns how many, cut at a character when `max` is reached. */
size_t charset_utf8(enum charset, struct view v, char *out, size_t max);
size_t charset_put(char *out, uint32_t character);	/* one character, at most 4 bytes */
