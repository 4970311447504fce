/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_iat_write - international entries written: addenda 10 to 16, then 17 from `addenda`, then 18 from `extra`
 *
 * The fields with a key of their own come from it, the others from the record's `extra` (nacha_extra.c).  What is missing
 * is not made up: the reader that reads every written line back says what an entry lacks, and nothing leaves.
 */
#include <stdio.h>
#include <string.h>

#include "formats/lib/nacha_write.h"

#define FIXED_ADDENDA 7u			/* 10 to 16 */

static const struct layout *const fixed[FIXED_ADDENDA] = {
	&nacha_addenda_10, &nacha_addenda_11, &nacha_addenda_12, &nacha_addenda_13, &nacha_addenda_14, &nacha_addenda_15,
	&nacha_addenda_16,
};

static const char *correspondent(char tag[8], unsigned nth)
{
	if (nth == 0)
		return "18";
	snprintf(tag, 8, "18.%u", nth + 1);
	return tag;
}

static unsigned correspondents(struct view extra)
{
	unsigned n = 0;
	char tag[8];

	while (n < NACHA_ADDENDA_MAX && nacha_extra_has(extra, correspondent(tag, n)))
		n++;
	return n;
}

/* A blank text leaves no trace in the record but in its count. */
static unsigned remittances(const struct record *r, unsigned notes)
{
	struct view text = record_text(r, F_ADDENDA);
	int64_t other = FIXED_ADDENDA + correspondents(record_text(r, F_EXTRA)) + notes,
		asked = record_num(r, F_ADDENDA_COUNT, 0) - other, there = (int64_t)((text.n + NACHA_TEXT_BYTES - 1) / NACHA_TEXT_BYTES);

	return (unsigned)(asked > there && asked < NACHA_ADDENDA_MAX ? asked : there);
}

uint64_t nacha_iat_count(const struct record *r, unsigned notes)
{
	return FIXED_ADDENDA + remittances(r, notes) + correspondents(record_text(r, F_EXTRA)) + notes;
}

bool nacha_iat_extra(struct nacha_writer *w, char *line, const char *tag, const struct layout *l, const struct record *r)
{
	const struct layout_row *bad;

	if (nacha_extra_write(line, tag, l, record_text(r, F_EXTRA), &bad))
		return true;
	nacha_refuse(w, NC_EMIT_VALUE, bad, "does not fit, or holds a character that the format does not allow");
	return false;
}

static void finish(struct nacha_writer *w, char *line, const char *entry)
{
	memcpy(line + nacha_addenda_05.rows[A05_ENTRY].pos - 1, entry + nacha_entry.rows[E_TRACE].pos - 1 + 8,
	       nacha_addenda_05.rows[A05_ENTRY].len);
	nacha_put_line(w, line);
}

static void put_text(struct nacha_writer *w, const char *entry, struct view text, unsigned n)
{
	const struct layout_row *rows = nacha_addenda_17.rows;
	char line[NACHA_WIDTH];

	for (unsigned i = 0; i < n && w->errors == 0; i++) {
		memset(line, ' ', sizeof(line));
		memcpy(line, "717", 3);
		layout_put_number(line, &rows[A05_SEQUENCE], i + 1);
		if (layout_put_text(line, &rows[A05_TEXT], view_sub(text, (size_t)i * NACHA_TEXT_BYTES, NACHA_TEXT_BYTES)))
			finish(w, line, entry);
		else
			nacha_refuse(w, NC_EMIT_VALUE, &rows[A05_TEXT], layout_fault_text(LAYOUT_BAD_BYTE));
	}
}

static void put_one(struct nacha_writer *w, const struct record *r, const char *entry, const struct layout *l, const char *tag,
		    unsigned sequence)
{
	char line[NACHA_WIDTH];

	if (w->errors > 0 || !nacha_fill_line(w, line, l, r) || !nacha_iat_extra(w, line, tag, l, r))
		return;
	if (sequence > 0)
		layout_put_number(line, &nacha_addenda_05.rows[A05_SEQUENCE], sequence);
	finish(w, line, entry);
}

void nacha_iat_put(struct nacha_writer *w, const struct record *r, const char *entry, unsigned notes)
{
	char tag[8];

	for (unsigned i = 0; i < FIXED_ADDENDA; i++) {
		snprintf(tag, sizeof(tag), "%u", i + 10);
		put_one(w, r, entry, fixed[i], tag, 0);
	}
	put_text(w, entry, record_text(r, F_ADDENDA), remittances(r, notes));
	for (unsigned i = 0; i < correspondents(record_text(r, F_EXTRA)); i++)
		put_one(w, r, entry, &nacha_addenda_18, correspondent(tag, i), i + 1);
}
