/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines - the physical lines of a text file as views, pulled from a host's windows
 *
 * LF, CRLF and CR end a line; a byte order mark is skipped; blank lines are lines.  Memory is flat: of a line that is
 * longer than `max` the first `max` bytes are given and the rest is dropped, with `cut` set.  A view lives until the
 * next lines_next().  `struct lines l = { .host = host, .max = 512 };` is ready.
 */
#pragma once

#include "formats/core/format.h"

struct lines {
	const struct tally_host *host;
	size_t max;			/* at most TALLY_KEEP_MAX - 2 */
	bool bom;			/* out: the file begins with one */
	/* inside */
	bool began, ended, skipping, skip_lf;
	struct view window;
	size_t pos;
	uint64_t number;
};

struct line {
	struct view text;
	uint64_t number;		/* from 1 */
	bool cut;			/* it goes on behind what is given */
	bool open;			/* the file ended before the line did */
};

int lines_next(struct lines *, struct line *);		/* 1 = a line, 0 = the end, -1 = the host said stop */
