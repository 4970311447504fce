/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - see layout.h.  One loop over the rows for each of the four uses; a row's type decides what is done
 *
 * Which form a value has in the record (text or number) is the record's own table's business, so a row does not repeat
 * it: a row of digits may feed a text field (leading zeros kept) or a number.
 */
#include <string.h>

#include "formats/core/date.h"
#include "formats/core/layout.h"

bool layout_is_digits(struct view v)
{
	unsigned bad = 0;

	for (size_t i = 0; i < v.n; i++)
		bad |= (unsigned)((unsigned char)(v.p[i] - '0') > 9);
	return v.n > 0 && bad == 0;
}

bool layout_is_blank(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != ' ')
			return false;
	return true;
}

bool layout_is_nothing(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != ' ' && v.p[i] != '0')
			return false;
	return true;
}

bool layout_number(int64_t *out, struct view v)
{
	int64_t n = 0;

	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		unsigned d = (unsigned char)(v.p[i] - '0');

		if (d > 9 || __builtin_mul_overflow(n, (int64_t)10, &n) || __builtin_add_overflow(n, (int64_t)d, &n))
			return false;
	}
	*out = n;
	return true;
}

static void read_row(struct record *r, const struct layout_row *row, struct view v)
{
	enum record_field f = (enum record_field)row->field;
	date_t day;
	int64_t n;

	switch (row->type) {
	case LAYOUT_TEXT:
		record_set_text(r, f, view_rtrim(v));
		break;
	case LAYOUT_RIGHT:
		record_set_text(r, f, view_trim(v));
		break;
	case LAYOUT_DATE:
		if (date_parse_yymmdd(&day, v))
			record_set_num(r, f, day);
		break;
	default:
		if (record_field_rows[f].type == FIELD_TEXT) {
			if (!layout_is_blank(v))
				record_set_text(r, f, v);
		} else if (layout_number(&n, v)) {
			record_set_num(r, f, n);
		}
	}
}

void layout_read(struct record *r, const struct layout *l, const char *line)
{
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++)
		if (row->field != LAYOUT_NONE)
			read_row(r, row, layout_at(row, line));
}

static enum layout_fault verify_row(const struct layout_row *row, struct view v)
{
	date_t day;

	switch (row->type) {
	case LAYOUT_CONST:
		return memcmp(v.p, row->fixed, v.n) == 0 ? LAYOUT_GOOD : LAYOUT_DIFFERS;
	case LAYOUT_DIGITS:
	case LAYOUT_NUMBER:
	case LAYOUT_MONEY:
		if (layout_is_digits(v))
			return LAYOUT_GOOD;
		return row->inclusion == LAYOUT_O && layout_is_blank(v) ? LAYOUT_GOOD : LAYOUT_NOT_DIGITS;
	case LAYOUT_DATE:
		if (date_parse_yymmdd(&day, v))
			return LAYOUT_GOOD;
		if (layout_is_nothing(v))
			return row->inclusion == LAYOUT_O ? LAYOUT_GOOD : LAYOUT_BLANK;
		return LAYOUT_NO_DATE;
	case LAYOUT_TEXT:
	case LAYOUT_RIGHT:
		return row->inclusion != LAYOUT_O && layout_is_blank(v) ? LAYOUT_BLANK : LAYOUT_GOOD;
	default:
		return LAYOUT_GOOD;
	}
}

void layout_verify(const struct layout *l, const char *line, layout_fault_fn *say, void *ctx)
{
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		enum layout_fault fault = verify_row(row, layout_at(row, line));

		if (fault != LAYOUT_GOOD)
			say(ctx, row, fault);
	}
}

static enum layout_fault put_text(char *out, const struct layout_row *row, struct view v)
{
	char *at = out + row->pos - 1;

	if (v.n > row->len)
		return LAYOUT_TOO_LONG;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return LAYOUT_BAD_BYTE;
	if (row->type == LAYOUT_DIGITS && (v.n != row->len || !layout_is_digits(v)))
		return LAYOUT_NOT_DIGITS;
	memset(at, ' ', row->len);
	if (v.n > 0)
		memcpy(row->type == LAYOUT_RIGHT ? at + row->len - v.n : at, v.p, v.n);
	return LAYOUT_GOOD;
}

static enum layout_fault put_number(char *out, const struct layout_row *row, int64_t n)
{
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	if (n < 0 && row->type != LAYOUT_MONEY)
		return LAYOUT_NOT_DIGITS;
	for (size_t i = row->len; i-- > 0; left /= 10)
		out[row->pos - 1 + i] = (char)('0' + left % 10);
	return left == 0 ? LAYOUT_GOOD : LAYOUT_TOO_LONG;
}

bool layout_put_text(char *out, const struct layout_row *row, struct view v)
{
	return put_text(out, row, v) == LAYOUT_GOOD;
}

bool layout_put_number(char *out, const struct layout_row *row, int64_t n)
{
	return put_number(out, row, n) == LAYOUT_GOOD;
}

static enum layout_fault put_date(char *out, const struct layout_row *row, int64_t day)
{
	int year, month, dom;
	char text[7];

	if (day < INT32_MIN + 1 || day > INT32_MAX)
		return LAYOUT_NO_DATE;
	date_split((date_t)day, &year, &month, &dom);
	if (year < 1970 || year > 2069)			/* the years that two digits can say */
		return LAYOUT_NO_DATE;
	date_print_yymmdd((date_t)day, text);
	memcpy(out + row->pos - 1, text, 6);
	return LAYOUT_GOOD;
}

static enum layout_fault put_missing(char *out, const struct layout_row *row)
{
	if (row->fixed != NULL)
		return put_text(out, row, view_of(row->fixed));
	if (row->field != LAYOUT_NONE && row->inclusion == LAYOUT_M)
		return LAYOUT_BLANK;
	memset(out + row->pos - 1, row->type == LAYOUT_NUMBER || row->type == LAYOUT_MONEY ? '0' : ' ', row->len);
	return LAYOUT_GOOD;
}

static enum layout_fault write_row(char *out, const struct layout_row *row, const struct record *r)
{
	enum record_field f = (enum record_field)row->field;

	if (row->type == LAYOUT_CONST || row->field == LAYOUT_NONE || !record_has(r, f))
		return put_missing(out, row);
	if (record_field_rows[f].type == FIELD_TEXT)
		return put_text(out, row, r->v[f].s);
	if (row->type == LAYOUT_DATE)
		return put_date(out, row, r->v[f].n);
	return put_number(out, row, r->v[f].n);
}

int layout_write(char *out, const struct layout *l, const struct record *r, const struct layout_row **bad,
		 enum layout_fault *fault)
{
	memset(out, ' ', l->width);
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		*fault = write_row(out, row, r);
		if (*fault != LAYOUT_GOOD) {
			*bad = row;
			return -1;
		}
	}
	*bad = NULL;
	return 0;
}

const char *layout_fault_text(enum layout_fault fault)
{
	switch (fault) {
	case LAYOUT_GOOD:
		return "is good";
	case LAYOUT_DIFFERS:
		return "is not what it must be";
	case LAYOUT_NOT_DIGITS:
		return "holds something that is not a digit, or has not as many digits as the field";
	case LAYOUT_NO_DATE:
		return "is not a date";
	case LAYOUT_BLANK:
		return "is missing";
	case LAYOUT_TOO_LONG:
		return "is longer than its field";
	case LAYOUT_BAD_BYTE:
		return "holds a character that the format does not allow";
	}
	return "is bad";
}

void layout_document(struct buf *b, const struct layout *l)
{
	static const char *const types[] = {
		"text", "text, right", "digits", "number", "money", "YYMMDD", "constant", "reserved",
	};
	static const char *const inclusions[] = { "M", "R", "O" };

	buf_fmt(b, "### %s\n\n| position | length | field | type | inclusion | record key |\n", l->name);
	buf_text(b, "| --- | --- | --- | --- | --- | --- |\n");
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		buf_fmt(b, "| %u-%u | %u | %s | %s", (unsigned)row->pos, (unsigned)(row->pos + row->len - 1),
			(unsigned)row->len, row->name,
			types[row->type]);
		if (row->type == LAYOUT_CONST)
			buf_fmt(b, " `%s`", row->fixed);
		buf_fmt(b, " | %s | %s |\n", inclusions[row->inclusion],
			row->field == LAYOUT_NONE ? "" : record_field_rows[row->field].name);
	}
	buf_char(b, '\n');
}
