/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err - see err.h.  The text is cut at ERR_TEXT - 1 bytes; nothing here allocates or fails.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "formats/core/err.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	e->code = code;
	va_start(ap, fmt);
	if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0)
		e->text[0] = '\0';
	va_end(ap);
	return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char was[ERR_TEXT];
	size_t n, room;
	int words;
	va_list ap;

	if (e == NULL)
		return -1;
	memcpy(was, e->text, sizeof(was));
	was[sizeof(was) - 1] = '\0';
	va_start(ap, fmt);
	words = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = words < 0 ? 0 : (size_t)words;
	if (n > sizeof(e->text) - 3)		/* no room for ": " and a NUL: the words alone */
		return -1;
	memcpy(e->text + n, ": ", 2);
	n += 2;
	room = sizeof(e->text) - 1 - n;
	if (room > strlen(was))
		room = strlen(was);
	memcpy(e->text + n, was, room);
	e->text[n + room] = '\0';
	return -1;
}
