/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_extra - the fields of international records that the normalised record has no key for, in its key `extra`
 *
 * A line each: "12 City and State or Province=SPRINGFIELD*IL\".  In front stands the addenda's type (5: batch header, 6:
 * entry, 18.2: the second of that type), then the name that the field's row has in nacha_tables.c, so the table alone says
 * what is read and what may be written.
 */
#include <string.h>

#include "formats/lib/nacha_read.h"

static bool is_extra(const struct layout_row *row)
{
	return row->field == LAYOUT_NONE && row->type == LAYOUT_TEXT;
}

void nacha_extra_read(struct buf *out, const char *tag, const struct layout *l, const char *line)
{
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		struct view v = view_rtrim(layout_at(row, line));

		if (!is_extra(row) || v.n == 0)
			continue;
		buf_fmt(out, "%s %s=", tag, row->name);
		buf_view(out, v);
		buf_char(out, '\n');
	}
}

/* What stands behind "TAG NAME=" in one of the lines; NULL: no such line. */
static struct view find(struct view extra, const char *tag, const char *name)
{
	size_t n = strlen(tag), m = strlen(name);
	struct view line;

	while (view_cut(&extra, '\n', &line))
		if (line.n > n + m + 1 && memcmp(line.p, tag, n) == 0 && line.p[n] == ' ' && memcmp(line.p + n + 1, name, m) == 0 &&
		    line.p[n + 1 + m] == '=')
			return view_sub(line, n + m + 2, line.n);
	return (struct view){ NULL, 0 };
}

bool nacha_extra_has(struct view extra, const char *tag)
{
	size_t n = strlen(tag);
	struct view line;

	while (view_cut(&extra, '\n', &line))
		if (line.n > n && memcmp(line.p, tag, n) == 0 && line.p[n] == ' ')
			return true;
	return false;
}

bool nacha_extra_write(char *line, const char *tag, const struct layout *l, struct view extra, const struct layout_row **bad)
{
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		struct view v = is_extra(row) ? find(extra, tag, row->name) : (struct view){ NULL, 0 };

		*bad = row;
		if (v.p != NULL && !layout_put_text(line, row, v))
			return false;
	}
	return true;
}
