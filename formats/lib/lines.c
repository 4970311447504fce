/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines - see lines.h
 *
 * A CR that ends a window may have its LF in the next one: the LF is skipped when it comes, so a line is given as soon
 * as its own bytes are there.
 */
#include "formats/lib/lines.h"

static int pull(struct lines *l)
{
	int got = l->host->more(l->host->ctx, l->window.n - l->pos, &l->window);

	l->pos = 0;
	l->ended = got == 0;
	return got < 0 ? -1 : 0;
}

static int begin(struct lines *l)
{
	while (l->window.n < 3 && !l->ended)
		if (pull(l) == -1)
			return -1;
	l->bom = view_starts(l->window, VIEW("\xef\xbb\xbf"));
	l->pos = l->bom ? 3 : 0;
	l->began = true;
	return 0;
}

static size_t find_end(struct view v)
{
	size_t i = 0;

	while (i < v.n && v.p[i] != '\n' && v.p[i] != '\r')
		i++;
	return i;
}

static struct view unread(const struct lines *l)
{
	return view_sub(l->window, l->pos, l->window.n - l->pos);
}

/* Steps over the bytes and the line end behind them. */
static void step(struct lines *l, size_t n)
{
	l->pos += n;
	if (l->pos == l->window.n)
		return;
	l->skip_lf = l->window.p[l->pos] == '\r';
	l->pos++;
}

/* Drops what is left of a line that was cut, and the LF of a CRLF; false while more bytes are needed. */
static bool settle(struct lines *l)
{
	struct view rest;

	if (l->skip_lf && l->pos < l->window.n) {
		l->skip_lf = false;
		l->pos += l->window.p[l->pos] == '\n';
	}
	if (!l->skipping)
		return !l->skip_lf || l->ended;
	rest = unread(l);
	if (find_end(rest) == rest.n && !l->ended) {
		l->pos = l->window.n;
		return false;
	}
	step(l, find_end(rest));
	l->skipping = false;
	return settle(l);
}

int lines_next(struct lines *l, struct line *out)
{
	struct view rest;
	size_t end;

	if (!l->began && begin(l) == -1)
		return -1;
	while (!settle(l))
		if (pull(l) == -1)
			return -1;
	for (;;) {
		rest = unread(l);
		end = find_end(view_sub(rest, 0, l->max + 1));
		if (end < rest.n || l->ended)
			break;
		if (pull(l) == -1)
			return -1;
	}
	if (rest.n == 0)
		return 0;
	*out = (struct line){ .number = ++l->number, .cut = end > l->max, .open = end == rest.n };
	if (out->cut) {
		end = l->max;
		l->skipping = true;
		out->open = false;
		l->pos += end;
	} else {
		step(l, end);
	}
	out->text = view_sub(rest, 0, end);
	return 1;
}
