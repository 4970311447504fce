/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view - borrowed bytes: a pointer and a length, passed by value
 *
 * Input is never changed, never NUL-terminated and never copied to look at it.  A view owns nothing; it lives as long as
 * the memory it looks into.  { NULL, 0 } means "nothing here", { p, 0 } means "here, and empty".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct view { const char *p; size_t n; };

#define VIEW(lit) ((struct view){ "" lit, sizeof(lit) - 1 })
#define VIEW_INIT(lit) { "" lit, sizeof(lit) - 1 }		/* the same, for static tables */
#define VIEW_FMT(v) (int)(v).n, (v).p == NULL ? "" : (v).p	/* for "%.*s", after escaping only */

static inline struct view view_of(const char *text)
{
	return (struct view){ text, text == NULL ? 0 : strlen(text) };
}

static inline bool view_eq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool view_starts(struct view v, struct view prefix)
{
	return v.n >= prefix.n && (prefix.n == 0 || memcmp(v.p, prefix.p, prefix.n) == 0);
}

/* Bytes [from, from + n) of v, cut to what is there. */
static inline struct view view_sub(struct view v, size_t from, size_t n)
{
	if (from > v.n)
		from = v.n;
	if (n > v.n - from)
		n = v.n - from;
	return (struct view){ v.p == NULL ? NULL : v.p + from, n };
}

static inline struct view view_rtrim(struct view v)
{
	while (v.n > 0 && v.p[v.n - 1] == ' ')
		v.n--;
	return v;
}

static inline struct view view_trim(struct view v)
{
	while (v.n > 0 && *v.p == ' ') {
		v.p++;
		v.n--;
	}
	return view_rtrim(v);
}

/*
 * Cut the text before the first `sep` off *rest.  False when nothing is left; a missing final separator still yields the
 * last piece.
 */
static inline bool view_cut(struct view *rest, char sep, struct view *piece)
{
	const char *hit;

	if (rest->p == NULL)
		return false;
	hit = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	*piece = (struct view){ rest->p, hit ? (size_t)(hit - rest->p) : rest->n };
	if (hit)
		*rest = (struct view){ hit + 1, rest->n - piece->n - 1 };
	else
		*rest = (struct view){ NULL, 0 };
	return true;
}
