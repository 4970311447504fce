/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet - see sheet.h
 */
#include <stdarg.h>
#include <stdio.h>
#include "formats/core/layout.h"
#include "formats/core/money.h"
#include "formats/lib/sheet.h"
#include "formats/lib/values.h"

/* Findings and options */

void sheet_say(struct sheet *s, unsigned code, int column, const char *fmt, ...)
{
	const struct tally_code *c = &s->findings[code];
	struct finding f = { .size = sizeof(f), .severity = c->severity, .code = c->code, .line = s->row.line };
	char text[300];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!strict_apply(&s->strict, code, &f.severity))
		return;
	s->bad = s->bad || f.severity == FINDING_ERROR;
	if (s->stopped)
		return;
	f.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (column >= 0) {
		f.field = view_of(s->columns[column].title);
		if (s->at[column] >= 0)
			f.column = s->fixed ? (uint32_t)s->at[column] + 1 : csv_column(&s->row, (size_t)s->at[column]);
	}
	if (f.line != 0)
		f.excerpt = view_sub(s->row.raw, 0, FINDING_EXCERPT);
	if (s->host->finding(s->host->ctx, &f) != 0)
		s->stopped = true;
}

void sheet_record(struct sheet *s, const struct record *r)
{
	if (!s->stopped && s->host->record(s->host->ctx, r) != 0)
		s->stopped = true;
}

struct view sheet_option(const struct sheet *s, const char *name)
{
	return s->host->option == NULL ? (struct view){ NULL, 0 } : s->host->option(s->host->ctx, name);
}

int sheet_choose(struct sheet *s, const char *name, const char *const *words)
{
	struct view v = sheet_option(s, name);

	if (v.n == 0)
		return 0;
	for (int i = 0; words[i] != NULL; i++)
		if (view_eq(v, view_of(words[i])))
			return i;
	sheet_say(s, SHEET_OPTION, -1, "option %s has a value that is not known", name);
	return 0;
}

void sheet_init(struct sheet *s, const struct tally_host *host, const struct sheet_column *columns, size_t n,
	const struct tally_code *findings)
{
	s->host = host;
	s->columns = columns;
	s->n_columns = n;
	s->findings = findings;
	strict_rows(&s->strict, host, findings);
	for (size_t c = 0; c < n; c++)
		s->at[c] = -1;
}

/* Columns */

static struct view name_of(const struct sheet *s, size_t c)
{
	struct view name = sheet_option(s, s->columns[c].option);

	return name.n > 0 ? name : view_of(s->columns[c].standard);
}

/* "1-20": bytes from 1, the last one is in it. */
static bool read_place(struct sheet *s, size_t c, struct view v)
{
	struct view from;
	int64_t first, last;

	if (!view_cut(&v, '-', &from) || !layout_number(&first, from) || !layout_number(&last, v) || first < 1 || last < first ||
	    last > (int64_t)SHEET_LINE_MAX)
		return false;
	s->at[c] = (int)first - 1;
	s->len[c] = (size_t)(last - first) + 1;
	return true;
}

static void place_columns(struct sheet *s)
{
	for (size_t c = 0; c < s->n_columns; c++) {
		struct view place = sheet_option(s, s->columns[c].option);

		if (place.n == 0 && s->columns[c].required)
			sheet_say(s, SHEET_OPTION, -1, "option %s must say the positions of a fixed layout, such as 1-20",
				s->columns[c].option);
		else if (place.n > 0 && !read_place(s, c, place))
			sheet_say(s, SHEET_OPTION, -1, "option %s is no positions such as 1-20", s->columns[c].option);
	}
}

static void find_columns(struct sheet *s)
{
	for (size_t c = 0; c < s->n_columns; c++) {
		struct view name = name_of(s, c);
		struct csv_row rest = s->row;

		s->at[c] = csv_named(&s->row, name);
		if (s->at[c] < 0) {
			if (s->columns[c].required)
				sheet_say(s, SHEET_COLUMN_MISSING, (int)c, "the column %.*s is not in the header",
					(int)(name.n < 40 ? name.n : 40), name.p);
			continue;
		}
		rest.fields += s->at[c] + 1;
		rest.n -= (size_t)s->at[c] + 1;
		if (csv_named(&rest, name) >= 0)
			sheet_say(s, SHEET_COLUMN_TWICE, (int)c, "the column %.*s stands twice in the header",
				(int)(name.n < 40 ? name.n : 40), name.p);
	}
	s->header_n = s->row.n;
}

bool sheet_has(const struct sheet *s, int column)
{
	return s->at[column] >= 0;
}

bool sheet_is_other(const struct sheet *s, size_t field)
{
	for (size_t c = 0; c < s->n_columns; c++)
		if (s->at[c] == (int)field)
			return false;
	return true;
}

/* Whatever stands between the names. */
int sheet_known(struct view head, const struct sheet_column *columns, size_t n)
{
	struct view line, name;
	int known = 0;

	if (view_starts(head, VIEW("\xef\xbb\xbf")))
		head = view_sub(head, 3, head.n);
	if (head.n == 0 || !view_cut(&head, '\n', &line))
		return 0;
	while (line.n > 0) {
		size_t len = 0;

		while (len < line.n && line.p[len] != ',' && line.p[len] != ';' && line.p[len] != '\t' && line.p[len] != '|' &&
		       line.p[len] != '\r')
			len++;
		name = view_trim(view_sub(line, 0, len));
		line = view_sub(line, len + 1, line.n);
		if (name.n >= 2 && *name.p == '"' && name.p[name.n - 1] == '"')
			name = view_sub(name, 1, name.n - 2);
		for (size_t c = 0; c < n; c++)
			known += value_is(name, columns[c].standard);
	}
	return known;
}

/* Rows */

int sheet_open(struct sheet *s)
{
	static const char *const delimiters[] = { "comma", "semicolon", "tab", "bar", NULL };
	static const char *const dates[] = { "iso", "us", "compact", "eu", NULL };
	char delimiter = ",;\t|"[sheet_choose(s, "delimiter", delimiters)];
	const char *code;

	for (unsigned at = 0; (code = strict_unknown(&s->strict, &at)) != NULL;)
		sheet_say(s, SHEET_OPTION, -1, "option %s is none of error, warning, note, off", code);
	s->dates = sheet_choose(s, "dates", dates);
	if (!s->fixed)
		return csv_open(&s->csv, s->host, delimiter);
	s->lines = (struct lines){ .host = s->host, .max = SHEET_LINE_MAX };
	place_columns(s);
	return 0;
}

void sheet_close(struct sheet *s)
{
	csv_close(s->csv);
	s->csv = NULL;
}

static bool take_fields(struct sheet *s)
{
	if (s->row.fault != ROW_GOOD) {
		sheet_say(s, SHEET_CSV, -1, "%s", csv_fault_text(s->row.fault));
		return false;
	}
	for (size_t c = 0; c < s->n_columns; c++)
		s->value[c] = s->at[c] >= 0 && (size_t)s->at[c] < s->row.n ? view_trim(s->row.fields[s->at[c]]) :
			(struct view){ NULL, 0 };
	if (s->row.n == s->header_n || sheet_trailer(s))
		return true;
	sheet_say(s, SHEET_FIELDS, -1, "the row has %zu columns, the header has %zu", s->row.n, s->header_n);
	return false;
}

int sheet_skip(struct sheet *s, unsigned rows)
{
	int got = 1;

	while (rows-- > 0 && got == 1)
		got = csv_next(s->csv, &s->row);
	return got < 0 ? -1 : 0;
}

int sheet_header(struct sheet *s)
{
	int got = csv_next(s->csv, &s->row);

	if (got != 1)
		return got;
	s->headed = true;
	if (csv_had_bom(s->csv))
		sheet_say(s, SHEET_BOM, -1, "the file begins with a byte order mark; it is skipped");
	if (s->row.fault != ROW_GOOD)
		sheet_say(s, SHEET_CSV, -1, "%s", csv_fault_text(s->row.fault));
	find_columns(s);
	return s->stopped ? -1 : 1;
}

static int next_csv(struct sheet *s)
{
	int got = s->headed ? 1 : sheet_header(s);

	while (got == 1 && (got = csv_next(s->csv, &s->row)) == 1) {
		s->bad = false;
		s->rows += !sheet_trailer(s);
		if (s->any || take_fields(s))
			return 1;
		if (s->stopped)
			return -1;
	}
	return got;
}

/* The fields of a line that may be blank at its end; one that ends before its last needed field is cut. */
static bool cut_line(struct sheet *s, const struct line *line)
{
	for (size_t c = 0; c < s->n_columns; c++) {
		s->value[c] = (struct view){ NULL, 0 };
		if (s->at[c] < 0)
			continue;
		if (s->columns[c].required && line->text.n <= (size_t)s->at[c]) {
			sheet_say(s, SHEET_FIELDS, (int)c, "the line ends at position %zu, before this field", line->text.n);
			return false;
		}
		s->value[c] = view_trim(view_sub(line->text, (size_t)s->at[c], s->len[c]));
	}
	return true;
}

static int next_fixed(struct sheet *s)
{
	struct line line;
	int got;

	while ((got = lines_next(&s->lines, &line)) == 1) {
		s->bad = false;
		s->row = (struct csv_row){ .line = line.number, .raw = line.text };
		if (s->lines.bom && line.number == 1)
			sheet_say(s, SHEET_BOM, -1, "the file begins with a byte order mark; it is skipped");
		if (view_trim(line.text).n == 0)
			continue;
		s->headed = true;
		if (!view_starts(line.text, s->only))
			continue;
		s->rows++;
		if (line.cut)
			sheet_say(s, SHEET_CSV, -1, "the line is longer than %zu bytes; it is not read", SHEET_LINE_MAX);
		else if (cut_line(s, &line))
			return 1;
		if (s->stopped)
			return -1;
	}
	return got;
}

int sheet_next(struct sheet *s)
{
	int got = s->stopped ? -1 : s->fixed ? next_fixed(s) : next_csv(s);

	if (got != 0)
		return got;
	s->row = (struct csv_row){ .line = 0 };
	if (!s->headed)
		sheet_say(s, SHEET_EMPTY, -1, "the file is empty");
	else if (s->rows == 0)
		sheet_say(s, SHEET_NO_ROWS, -1, "the file has a header and no rows");
	return s->stopped ? -1 : 0;
}

/* Values */

bool sheet_trailer(const struct sheet *s)
{
	return !s->fixed && s->row.n > 0 && value_is(view_trim(s->row.fields[0]), "TRAILER");
}

bool sheet_text(struct sheet *s, int c, size_t max, bool needed)
{
	struct view v = s->value[c];

	if (v.n == 0) {
		if (needed && sheet_has(s, c))
			sheet_say(s, SHEET_VALUE_MISSING, c, "the value is empty");
		return !needed;
	}
	if (v.n > max) {
		sheet_say(s, SHEET_VALUE_LONG, c, "the value has %zu bytes, %zu are allowed", v.n, max);
		return false;
	}
	if (!value_has_control(v))
		return true;
	sheet_say(s, SHEET_CHARACTER, c, "the value holds control characters");
	return false;
}

bool sheet_read_amount(struct view v, const char *currency, int64_t *minor)
{
	struct money m;

	if (v.n == 0 || *v.p == '.' || *v.p == '+' || v.p[v.n - 1] == '.' || (*v.p == '-' && (v.n == 1 || v.p[1] == '.')) ||
	    money_parse_decimal(&m, v, currency) != MONEY_OK)
		return false;
	*minor = m.minor;
	return true;
}

static const char *why_no_amount(struct view v, const char *currency)
{
	size_t point = v.n, decimals = (size_t)money_digits(currency);

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '$')
			return "the amount has a currency sign";
		if (v.p[i] == ',')
			return "the amount has a thousands separator or a decimal comma";
		if (v.p[i] == '(' || (v.p[i] == '-' && i > 0))
			return "the amount is written in a bookkeeper's way; a minus sign in front is meant";
		if (v.p[i] == 'E' || v.p[i] == 'e')
			return "the amount is written with an exponent, a spreadsheet did that";
		if (v.p[i] == '.')
			point = i;
	}
	if (point < v.n && v.n - point > decimals + 1)
		return "the amount has more decimals than its currency";
	return "the amount is no plain decimal such as 1234.56 that fits";
}

bool sheet_amount(struct sheet *s, int c, const char *currency, bool needed, int64_t *minor)
{
	struct view v = s->value[c];

	*minor = 0;
	if (v.n == 0) {
		if (needed && sheet_has(s, c))
			sheet_say(s, SHEET_VALUE_MISSING, c, "the value is empty");
		return !needed;
	}
	if (sheet_read_amount(v, currency, minor))
		return true;
	sheet_say(s, SHEET_AMOUNT, c, "%s", why_no_amount(v, currency));
	return false;
}

static bool parse_european(date_t *out, struct view v)
{
	char turned[8];

	if (v.n != 10 || v.p[2] != '.' || v.p[5] != '.')
		return false;
	memcpy(turned, v.p + 6, 4);
	memcpy(turned + 4, v.p + 3, 2);
	memcpy(turned + 6, v.p, 2);
	return date_parse_yyyymmdd(out, (struct view){ turned, sizeof(turned) });
}

bool sheet_date(struct sheet *s, int c, unsigned code, bool needed, date_t *out)
{
	static const char *const form[] = { "YYYY-MM-DD", "MM/DD/YYYY", "YYYYMMDD", "DD.MM.YYYY" };
	struct view v = s->value[c];
	bool good;

	*out = DATE_NONE;
	if (v.n == 0) {
		if (needed && sheet_has(s, c))
			sheet_say(s, SHEET_VALUE_MISSING, c, "the value is empty");
		return !needed;
	}
	switch (s->dates) {
	case 0:
		good = date_parse_iso(out, v);
		break;
	case 1:
		good = date_parse_us(out, v);
		break;
	case 2:
		good = date_parse_yyyymmdd(out, v);
		break;
	default:
		good = parse_european(out, v);
	}
	if (good)
		return true;
	*out = DATE_NONE;
	sheet_say(s, code, c, "the value is no date of the form %s", form[s->dates]);
	return false;
}
