/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json - the field table of record.c, printed
 *
 * Absent fields are left out; dates are ISO; money is minor units; texts that are not UTF-8 are taken as ISO 8859-1 by
 * the writer.
 */
#include "gateway/cli/record_json.h"

#include <stdio.h>
#include <string.h>

#include "formats/core/date.h"
#include "formats/core/json.h"
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

/*
 * The line is written straight into room for the worst case (every byte six bytes long): a file of a million records is
 * mostly this.  What the bytes are is json.h's business and the same as its writer's; tests/gateway/record_json_test.c
 * holds one against the other.
 */
#define HEAD_MOST 120u			/* the braces, seq, kind and line with their keys */
#define VALUE_MOST 24u			/* a number, or a date with its quotes */

static char *put(char *to, const char *text, size_t n)
{
	memcpy(to, text, n);
	return to + n;
}

static char *put_int(char *to, int64_t v)
{
	char text[24], *end = text + sizeof(text), *p = end;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	return put(to, p, (size_t)(end - p));
}

/* Eight bytes that are printable ASCII, and neither a quote nor a backslash. */
static bool plain8(uint64_t x)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t quote = x ^ ('"' * ones), slash = x ^ ('\\' * ones);

	return ((x | (x - 0x20 * ones) | (quote - ones) | (slash - ones)) & high) == 0;
}

/* Fills *room, or what the writer of json.h makes of a text that has to be escaped. */
static char *put_string(char *to, struct view v, struct buf *scratch)
{
	char *from = to;
	size_t i = 0;
	uint64_t x;
	struct json j;

	*to++ = '"';
	for (; i + 8 <= v.n; i += 8, to += 8) {
		memcpy(&x, v.p + i, 8);
		if (!plain8(x))
			break;
		memcpy(to, &x, 8);
	}
	for (; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
		*to++ = (char)c;
	}
	if (i == v.n) {
		*to++ = '"';
		return to;
	}
	buf_clear(scratch);
	json_init(&j, scratch, false);
	json_text(&j, NULL, v);
	return put(from, scratch->p, scratch->n);
}

/* Has mask_digits() anything to do?  It needs three digits in a row. */
static bool has_number(struct view v)
{
	size_t run = 0;

	for (size_t i = 0; i < v.n && run < 3; i++)
		run = v.p[i] >= '0' && v.p[i] <= '9' ? run + 1 : 0;
	return run >= 3;
}

static char *put_text(char *to, const struct record *r, enum record_field f, bool unmask, struct buf *scratch)
{
	static struct buf text;			/* kept from line to line */
	struct view v = r->v[f].s;

	if (unmask || (record_field_rows[f].secrecy != FIELD_LAST4 && !(free_text(f) && has_number(v))))
		return put_string(to, v, scratch);
	text_of(&text, r, f, unmask);
	return put_string(to, buf_as_view(&text), scratch);
}

static char *put_value(char *to, const struct record *r, enum record_field f, bool unmask, struct buf *scratch)
{
	static date_t last = DATE_NONE;
	static char day[DATE_TEXT];

	switch (record_field_rows[f].type) {
	case FIELD_TEXT:
		return put_text(to, r, f, unmask, scratch);
	case FIELD_DATE:
		if ((date_t)r->v[f].n != last)
			date_print(last = (date_t)r->v[f].n, day);
		*to++ = '"';
		to = put(to, day, strlen(day));
		*to++ = '"';
		return to;
	default:
		return put_int(to, r->v[f].n);
	}
}

/* ,"amount_minor": */
static struct view key_of(enum record_field f)
{
	static char text[RECORD_FIELDS][40];
	static uint8_t length[RECORD_FIELDS];

	if (length[f] == 0)
		length[f] = (uint8_t)snprintf(text[f], sizeof(text[f]), ",\"%s\":", record_field_rows[f].name);
	return (struct view){ text[f], length[f] };
}

static size_t room_for(const struct record *r)
{
	size_t n = HEAD_MOST;

	for (int w = 0; w < 2; w++)
		for (uint64_t bits = r->present[w]; bits != 0; bits &= bits - 1) {
			int f = 64 * w + __builtin_ctzll(bits);

			n += key_of((enum record_field)f).n + VALUE_MOST;
			if (record_field_rows[f].type == FIELD_TEXT)
				n += 6 * r->v[f].s.n;
		}
	return n;
}

void record_json(struct buf *out, const struct record *r, bool unmask)
{
	static struct buf scratch;
	char *to = buf_reserve(out, room_for(r)), *from = to;
	struct view word = view_of(record_kind_name(r->kind));

	if (to == NULL)
		return;
	to = put_int(put(to, "{\"seq\":", 7), (int64_t)r->seq);
	to = put(put(to, ",\"kind\":\"", 9), word.p, word.n);
	to = put_int(put(to, "\",\"line\":", 9), (int64_t)r->line);
	for (int w = 0; w < 2; w++)
		for (uint64_t bits = r->present[w]; bits != 0; bits &= bits - 1) {
			enum record_field f = (enum record_field)(64 * w + __builtin_ctzll(bits));

			word = key_of(f);
			to = put_value(put(to, word.p, word.n), r, f, unmask, &scratch);
		}
	to = put(to, "}\n", 2);
	out->n += (size_t)(to - from);
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
