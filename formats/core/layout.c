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
#include "formats/core/money.h"

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

static bool is_date(const struct layout_row *row)
{
	return row->type == LAYOUT_DATE || row->type == LAYOUT_YYYYMMDD || row->type == LAYOUT_MMDDYYYY ||
		row->type == LAYOUT_MMDDYY;
}

static bool parse_date(date_t *day, const struct layout_row *row, struct view v)
{
	char turned[8];

	switch (row->type) {
	case LAYOUT_YYYYMMDD:
		return date_parse_yyyymmdd(day, v);
	case LAYOUT_MMDDYYYY:
		if (v.n != 8)
			return false;
		memcpy(turned, v.p + 4, 4);
		memcpy(turned + 4, v.p, 4);
		return date_parse_yyyymmdd(day, (struct view){ turned, 8 });
	case LAYOUT_MMDDYY:
		if (v.n != 6)
			return false;
		memcpy(turned, v.p + 4, 2);
		memcpy(turned + 2, v.p, 4);
		return date_parse_yymmdd(day, (struct view){ turned, 6 });
	default:
		return date_parse_yymmdd(day, v);
	}
}

/* "225.50": digits, a point, two digits; blanks in front only. */
static bool parse_point(int64_t *out, struct view v)
{
	struct money m;

	v = view_trim(v);
	if (v.n < 4 || v.p[v.n - 3] != '.' || !layout_is_digits(view_sub(v, 0, v.n - 3)) ||
	    money_parse_decimal(&m, v, "USD") != MONEY_OK)
		return false;
	*out = m.minor;
	return true;
}

static struct view skip_zeros(struct view v)
{
	while (v.n > 0 && *v.p == '0')
		v = view_sub(v, 1, v.n);
	return v;
}

/* The word of a code, or the code of a word. */
static bool find_word(const struct layout_row *row, struct view given, bool by_code, struct view *out)
{
	struct view rest = view_of(row->fixed), pair, code;

	given = view_trim(given);
	while (view_cut(&rest, ' ', &pair)) {
		view_cut(&pair, '=', &code);
		if (!view_eq(given, by_code ? code : pair))
			continue;
		*out = by_code ? pair : code;
		return true;
	}
	return false;
}

static void read_row(struct record *r, const struct layout_row *row, struct view v)
{
	enum record_field f = (enum record_field)row->field;
	struct view word;
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
	case LAYOUT_YYYYMMDD:
	case LAYOUT_MMDDYYYY:
	case LAYOUT_MMDDYY:
		if (parse_date(&day, row, v))
			record_set_num(r, f, day);
		break;
	case LAYOUT_POINT:
		if (parse_point(&n, v))
			record_set_num(r, f, n);
		break;
	case LAYOUT_SERIAL:
		record_set_text(r, f, skip_zeros(view_trim(v)));
		break;
	case LAYOUT_WORD:
		if (find_word(row, v, true, &word))
			record_set_text(r, f, word);
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
	struct view word;
	date_t day;
	int64_t n;

	switch (row->type) {
	case LAYOUT_CONST:
		return memcmp(v.p, row->fixed, v.n) == 0 ? LAYOUT_GOOD : LAYOUT_DIFFERS;
	case LAYOUT_DIGITS:
	case LAYOUT_NUMBER:
	case LAYOUT_MONEY:
	case LAYOUT_SERIAL:
		if (layout_is_digits(v))
			return LAYOUT_GOOD;
		return row->inclusion == LAYOUT_O && layout_is_blank(v) ? LAYOUT_GOOD : LAYOUT_NOT_DIGITS;
	case LAYOUT_POINT:
		if (parse_point(&n, v))
			return LAYOUT_GOOD;
		return row->inclusion == LAYOUT_O && layout_is_blank(v) ? LAYOUT_GOOD : LAYOUT_NOT_DIGITS;
	case LAYOUT_WORD:
		return find_word(row, v, true, &word) ? LAYOUT_GOOD : LAYOUT_DIFFERS;
	case LAYOUT_DATE:
	case LAYOUT_YYYYMMDD:
	case LAYOUT_MMDDYYYY:
	case LAYOUT_MMDDYY:
		if (parse_date(&day, row, v))
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

static void put_digits(char *at, size_t len, int64_t n)
{
	while (len-- > 0) {
		at[len] = (char)('0' + n % 10);
		n /= 10;
	}
}

static enum layout_fault put_date(char *out, const struct layout_row *row, int64_t day)
{
	bool long_year = row->type == LAYOUT_YYYYMMDD || row->type == LAYOUT_MMDDYYYY;
	bool year_first = row->type == LAYOUT_YYYYMMDD || row->type == LAYOUT_DATE;
	size_t years = long_year ? 4 : 2;
	char *at = out + row->pos - 1;
	int year, month, dom;

	if (day < INT32_MIN + 1 || day > INT32_MAX)
		return LAYOUT_NO_DATE;
	date_split((date_t)day, &year, &month, &dom);
	if (long_year ? year < 1900 || year > 9999 : year < 1970 || year > 2069)	/* what the digits can say */
		return LAYOUT_NO_DATE;
	put_digits(at + (year_first ? 0 : 4), years, year);
	put_digits(at + (year_first ? years : 0), 2, month);
	put_digits(at + (year_first ? years : 0) + 2, 2, dom);
	return LAYOUT_GOOD;
}

static enum layout_fault put_point(char *out, const struct layout_row *row, int64_t minor)
{
	struct buf b = { .max = 64 };
	enum layout_fault fault = LAYOUT_TOO_LONG;

	money_print(&b, minor, "USD");
	if (minor < 0)
		fault = LAYOUT_NOT_DIGITS;
	else if (!b.failed && b.n <= row->len) {
		memset(out + row->pos - 1, ' ', row->len);
		memcpy(out + row->pos - 1 + row->len - b.n, b.p, b.n);
		fault = LAYOUT_GOOD;
	}
	buf_release(&b);
	return fault;
}

static enum layout_fault put_serial(char *out, const struct layout_row *row, struct view v)
{
	char *at = out + row->pos - 1;

	if (v.n > row->len)
		return LAYOUT_TOO_LONG;
	if (!layout_is_digits(v))
		return LAYOUT_NOT_DIGITS;
	memset(at, '0', row->len);
	memcpy(at + row->len - v.n, v.p, v.n);
	return LAYOUT_GOOD;
}

static enum layout_fault put_missing(char *out, const struct layout_row *row)
{
	if (row->fixed != NULL && row->type != LAYOUT_WORD)
		return put_text(out, row, view_of(row->fixed));
	if (row->field != LAYOUT_NONE && row->inclusion == LAYOUT_M)
		return LAYOUT_BLANK;
	memset(out + row->pos - 1, row->type == LAYOUT_NUMBER || row->type == LAYOUT_MONEY ||
	       row->type == LAYOUT_SERIAL ? '0' : ' ', row->len);
	return LAYOUT_GOOD;
}

static enum layout_fault write_row(char *out, const struct layout_row *row, const struct record *r)
{
	enum record_field f = (enum record_field)row->field;
	struct view code;

	if (row->type == LAYOUT_CONST || row->field == LAYOUT_NONE || !record_has(r, f))
		return put_missing(out, row);
	if (row->type == LAYOUT_WORD)
		return find_word(row, r->v[f].s, false, &code) ? put_text(out, row, code) : LAYOUT_DIFFERS;
	if (row->type == LAYOUT_SERIAL)
		return put_serial(out, row, r->v[f].s);
	if (record_field_rows[f].type == FIELD_TEXT)
		return put_text(out, row, r->v[f].s);
	if (is_date(row))
		return put_date(out, row, r->v[f].n);
	if (row->type == LAYOUT_POINT)
		return put_point(out, row, r->v[f].n);
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
		"text", "text, right", "digits", "number", "money", "YYMMDD", "constant", "reserved", "YYYYMMDD", "MMDDYYYY",
		"MMDDYY", "money with a point", "digits, zero-filled", "code",
	};
	static const char *const inclusions[] = { "M", "R", "O" };

	buf_fmt(b, "### %s\n\n| position | length | field | type | inclusion | record key |\n", l->name);
	buf_text(b, "| --- | --- | --- | --- | --- | --- |\n");
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		buf_fmt(b, "| %u-%u | %u | %s | %s", (unsigned)row->pos, (unsigned)(row->pos + row->len - 1),
			(unsigned)row->len, row->name,
			types[row->type]);
		if (row->type == LAYOUT_CONST || row->type == LAYOUT_WORD)
			buf_fmt(b, " `%s`", row->fixed);
		buf_fmt(b, " | %s | %s |\n", inclusions[row->inclusion],
			row->field == LAYOUT_NONE ? "" : record_field_rows[row->field].name);
	}
	buf_char(b, '\n');
}
