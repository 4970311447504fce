/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xlsx - see xlsx.h; the one file that includes libxlsxwriter
 *
 * The library's numbers are doubles, since a spreadsheet's are.  Fifteen significant digits, which is what a spreadsheet keeps,
 * give back the decimal that went in; tests/scenario/72-xlsx.py reads every cell.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "formats/core/buf.h"
#include "formats/core/mask.h"
#include "gateway/cli/reconcile/xlsx.h"

#define COLUMNS 32
#define SHEETS 12
#define TEXT_MAX 32000			/* bytes; a cell holds 32,767 characters */
#define EXACT 1000000000000000		/* fifteen digits */
#define DIGITS 5

enum { KIND_TEXT, KIND_NUMBER, KIND_ACCOUNT };

struct xlsx_sheet {
	struct xlsx *book;
	lxw_worksheet *w;
	const char *rest;
	uint32_t most, row, rows;	/* row: the next on the sheet; rows: of the caller */
	uint16_t col;
	uint8_t kind[COLUMNS];
};

struct xlsx {
	lxw_workbook *w;
	char part[4096], path[4096];
	lxw_format *bold, *date, *money[DIGITS], *note;
	struct xlsx_sheet sheets[SHEETS];
	int n_sheets;
	struct buf text;
	bool failed;
};

static void styles(struct xlsx *b)
{
	static const char *const formats[DIGITS] = { "#,##0", "#,##0.0", "#,##0.00", "#,##0.000", "#,##0.0000" };

	b->bold = workbook_add_format(b->w);
	b->date = workbook_add_format(b->w);
	b->note = workbook_add_format(b->w);
	if (b->bold == NULL || b->date == NULL || b->note == NULL)
		return;
	format_set_bold(b->bold);
	format_set_num_format(b->date, "yyyy-mm-dd");
	format_set_italic(b->note);
	for (int i = 0; i < DIGITS; i++)
		if ((b->money[i] = workbook_add_format(b->w)) != NULL)
			format_set_num_format(b->money[i], formats[i]);
}

int xlsx_new(struct xlsx **out, const char *dir, const char *name, date_t made, struct err *err)
{
	struct xlsx *b = calloc(1, sizeof(*b));
	int fd;

	*out = NULL;
	if (b == NULL)
		return err_set(err, ENOMEM, "memory is short");
	if ((size_t)snprintf(b->part, sizeof(b->part), "%s/.%s.part", dir, name) >= sizeof(b->part) ||
	    (size_t)snprintf(b->path, sizeof(b->path), "%s/%s", dir, name) >= sizeof(b->path)) {
		free(b);
		return err_set(err, ENAMETOOLONG, "the name '%s/%s' is too long", dir, name);
	}
	b->text.max = TEXT_MAX + 64;
	fd = open(b->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);	/* the library would take 0644 */
	if (fd == -1) {
		err_set(err, errno, "cannot create '%s': %s", b->path, strerror(errno));
		free(b);
		return -1;
	}
	close(fd);
	b->w = workbook_new_opt(b->part, &(lxw_workbook_options){ .constant_memory = LXW_FALSE });
	if (b->w == NULL) {
		free(b);
		return err_set(err, ENOMEM, "memory is short");
	}
	styles(b);
	/* The day of the run, not the clock: equal runs give equal bytes. */
	workbook_set_properties(b->w, &(lxw_doc_properties){ .title = "Reconciliation", .created = (time_t)made * 86400 });
	*out = b;
	return 0;
}

static void end_sheets(struct xlsx *b)
{
	for (int i = 0; i < b->n_sheets; i++) {
		struct xlsx_sheet *s = &b->sheets[i];
		char text[160];

		if (s->rows > s->most && s->rest != NULL) {
			snprintf(text, sizeof(text), "The first %u rows; all of them: %s", s->most, s->rest);
			worksheet_write_string(s->w, s->row, 0, text, b->note);
		}
	}
}

int xlsx_remove(const char *dir, const char *name, struct err *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return err_set(err, ENAMETOOLONG, "the name '%s/%s' is too long", dir, name);
	if (unlink(path) == -1 && errno != ENOENT)
		return err_set(err, errno, "cannot remove '%s': %s", path, strerror(errno));
	return 0;
}

void xlsx_drop(struct xlsx *b)
{
	if (b == NULL)
		return;
	lxw_workbook_free(b->w);
	unlink(b->part);
	buf_release(&b->text);
	free(b);
}

int xlsx_finish(struct xlsx *b, struct err *err)
{
	int rc = 0;
	lxw_error e;

	if (b == NULL)
		return 0;
	end_sheets(b);
	errno = 0;
	e = workbook_close(b->w);
	if (b->failed || b->text.failed)
		rc = err_set(err, ENOMEM, "cannot write '%s': memory is short", b->path);
	else if (e != LXW_NO_ERROR)
		rc = err_set(err, errno != 0 ? errno : -1, "cannot write '%s': %s", b->path, errno != 0 ? strerror(errno) : lxw_strerror(e));
	else if (rename(b->part, b->path) == -1)
		rc = err_set(err, errno, "cannot write '%s': %s", b->path, strerror(errno));
	if (rc != 0)
		unlink(b->part);
	buf_release(&b->text);
	free(b);
	return rc;
}

/* Sheets */

static int width_of(const char *head, size_t n, int kind)
{
	if (kind == KIND_NUMBER)
		return 16;
	if (n >= 4 && (memcmp(head, "expl", 4) == 0 || memcmp(head, "deta", 4) == 0 || memcmp(head, "What", 4) == 0 || memcmp(head, "text", 4) == 0))
		return 70;
	return n > 20 ? 28 : 18;
}

void sheet_heads(struct xlsx_sheet *s, const char *heads)
{
	uint16_t col = 0;

	if (s == NULL)
		return;
	memset(s->kind, KIND_TEXT, sizeof(s->kind));
	while (*heads != '\0' && col < COLUMNS) {
		size_t n;

		s->kind[col] = *heads == '#' ? KIND_NUMBER : *heads == '*' ? KIND_ACCOUNT : KIND_TEXT;
		heads += s->kind[col] != KIND_TEXT;
		n = strcspn(heads, ",");
		buf_clear(&s->book->text);
		buf_put(&s->book->text, heads, n);
		worksheet_write_string(s->w, s->row, col, buf_cstr(&s->book->text), s->book->bold);
		worksheet_set_column(s->w, col, col, width_of(heads, n, s->kind[col]), NULL);
		heads += n + (heads[n] == ',');
		col++;
	}
	if (s->row == 0 && col > 0) {
		worksheet_freeze_panes(s->w, 1, 0);
		worksheet_autofilter(s->w, 0, 0, s->most, (lxw_col_t)(col - 1));
	}
	s->row++;
}

struct xlsx_sheet *xlsx_sheet(struct xlsx *b, const char *name, const char *heads, uint32_t most, const char *rest)
{
	struct xlsx_sheet *s;

	if (b == NULL || b->n_sheets == SHEETS)
		return NULL;
	s = &b->sheets[b->n_sheets];
	*s = (struct xlsx_sheet){ .book = b, .w = workbook_add_worksheet(b->w, name), .rest = rest, .most = most };
	if (s->w == NULL) {
		b->failed = true;
		return NULL;
	}
	b->n_sheets++;
	worksheet_set_landscape(s->w);
	worksheet_fit_to_pages(s->w, 1, 0);
	worksheet_repeat_rows(s->w, 0, 0);
	if (heads != NULL)
		sheet_heads(s, heads);
	return s;
}

void sheet_title(struct xlsx_sheet *s, const char *text)
{
	if (s == NULL)
		return;
	worksheet_write_string(s->w, s->row++, 0, text, s->book->bold);
	s->col = 0;
}

/* Cells */

static bool takes(struct xlsx_sheet *s)
{
	return s != NULL && s->rows < s->most && s->col < COLUMNS;
}

void sheet_text(struct xlsx_sheet *s, struct view v)
{
	struct buf *t;
	struct view cut = view_sub(v, 0, TEXT_MAX);

	if (!takes(s))
		return;
	t = &s->book->text;
	while (cut.n < v.n && cut.n > 0 && ((unsigned char)v.p[cut.n] & 0xc0) == 0x80)
		cut.n--;		/* not in the middle of a character */
	buf_clear(t);
	if (s->kind[s->col] == KIND_ACCOUNT)
		mask_last4(t, cut);
	else
		buf_view(t, cut);
	if (t->n > 0)
		worksheet_write_string(s->w, s->row, s->col, buf_cstr(t), NULL);
	s->col++;
}

void sheet_int(struct xlsx_sheet *s, int64_t n)
{
	sheet_money(s, n, 0);
}

void sheet_money(struct xlsx_sheet *s, int64_t minor, int digits)
{
	static const double units[DIGITS] = { 1, 10, 100, 1000, 10000 };
	char text[32];

	if (!takes(s))
		return;
	if (digits >= 0 && digits < DIGITS && minor < EXACT && minor > -EXACT) {
		worksheet_write_number(s->w, s->row, s->col, (double)minor / units[digits], s->book->money[digits]);
	} else {
		snprintf(text, sizeof(text), "%lld minor units", (long long)minor);
		worksheet_write_string(s->w, s->row, s->col, text, NULL);
	}
	s->col++;
}

void sheet_date(struct xlsx_sheet *s, date_t date)
{
	lxw_datetime t = { 0 };

	if (!takes(s))
		return;
	if (date != DATE_NONE) {
		date_split(date, &t.year, &t.month, &t.day);
		worksheet_write_datetime(s->w, s->row, s->col, &t, s->book->date);
	}
	s->col++;
}

bool sheet_full(const struct xlsx_sheet *s)
{
	return s == NULL || s->rows > s->most;
}

void sheet_row(struct xlsx_sheet *s)
{
	if (s == NULL)
		return;
	s->row += s->rows < s->most;
	s->rows++;
	s->col = 0;
}

void sheet_chart(struct xlsx_sheet *s, const char *title, int rows, int series)
{
	lxw_chart *chart = s == NULL ? NULL : workbook_add_chart(s->book->w, LXW_CHART_COLUMN);
	uint32_t first, last;

	if (chart == NULL)
		return;
	last = s->row - 1;
	first = s->row - (uint32_t)rows;
	for (int i = 1; i <= series; i++) {
		lxw_chart_series *c = chart_add_series(chart, NULL, NULL);

		if (c == NULL)
			return;
		chart_series_set_categories(c, s->w->name, first, 0, last, 0);
		chart_series_set_values(c, s->w->name, first, (lxw_col_t)i, last, (lxw_col_t)i);
		chart_series_set_name_range(c, s->w->name, first - 1, (lxw_col_t)i);
	}
	chart_title_set_name(chart, title);
	worksheet_insert_chart(s->w, first - 1, (lxw_col_t)(series + 2), chart);
}
