/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json - the field table of record.c, printed
 *
 * Absent fields are left out; dates are ISO; money is minor units; texts that are not UTF-8 are taken as ISO 8859-1 by
 * the writer.
 */
#include "gateway/cli/record_json.h"

#include "formats/core/date.h"
#include "formats/core/mask.h"

/* Where banks and payers put account numbers and SSNs although a field of their own is there. */
static bool free_text(enum record_field f)
{
	return f == F_TEXT || f == F_ADDENDA || f == F_NOTE || f == F_INDIVIDUAL_ID || f == F_DISCRETIONARY;
}

static void text_of(struct buf *out, const struct record *r, enum record_field f, bool unmask)
{
	char day[DATE_TEXT];

	buf_clear(out);
	if (record_field_rows[f].type == FIELD_DATE)
		buf_text(out, date_print((date_t)r->v[f].n, day));
	else if (record_field_rows[f].type != FIELD_TEXT)
		buf_int(out, r->v[f].n);
	else if (record_field_rows[f].secrecy == FIELD_LAST4 && !unmask)
		mask_last4(out, r->v[f].s);
	else if (!unmask && free_text(f))
		mask_digits(out, r->v[f].s);
	else
		buf_view(out, r->v[f].s);
}

void record_json(struct json *j, const struct record *r, bool unmask)
{
	struct buf text = { 0 };

	json_object(j, NULL);
	json_int(j, "seq", (int64_t)r->seq);
	json_cstr(j, "kind", record_kind_name(r->kind));
	json_int(j, "line", (int64_t)r->line);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(r, (enum record_field)f))
			continue;
		if (record_field_rows[f].type == FIELD_MONEY || record_field_rows[f].type == FIELD_NUMBER) {
			json_int(j, record_field_rows[f].name, r->v[f].n);
			continue;
		}
		text_of(&text, r, (enum record_field)f, unmask);
		json_text(j, record_field_rows[f].name, buf_as_view(&text));
	}
	json_object_end(j);
	buf_release(&text);
}

void record_words(struct buf *out, const struct record *r, bool unmask)
{
	struct buf text = { 0 };

	buf_fmt(out, "%-9s line %llu", record_kind_name(r->kind), (unsigned long long)r->line);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(r, (enum record_field)f))
			continue;
		text_of(&text, r, (enum record_field)f, unmask);
		buf_fmt(out, " %s=", record_field_rows[f].name);
		escape_text(out, buf_as_view(&text));
	}
	buf_char(out, '\n');
	buf_release(&text);
}
