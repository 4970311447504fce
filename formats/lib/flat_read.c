/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flat_read - a flat file being read: lines in, records and findings out; see flat.h
 *
 * A detail with a fault becomes its findings and no record; it still counts in the sums that the trailer is compared
 * with, as far as its figures can be read.
 */
#include <inttypes.h>
#include "formats/core/money.h"
#include "formats/lib/flat.h"

static const enum record_field of_batch[] = { F_COMPANY_NAME, F_COMPANY_ID, F_DESCRIPTION, F_EFFECTIVE_DATE };

static void emit(struct flat *f, const struct record *r)
{
	if (!f->stopped && f->host->record(f->host->ctx, r) != 0)
		f->stopped = true;
}

static bool is_of_batch(enum record_field field)
{
	for (size_t i = 0; i < sizeof(of_batch) / sizeof(of_batch[0]); i++)
		if (of_batch[i] == field)
			return true;
	return false;
}

static void move_fields(struct record *to, const struct record *from, bool batch)
{
	for (int i = 0; i < RECORD_FIELDS; i++) {
		enum record_field field = (enum record_field)i;

		if (!record_has(from, field) || is_of_batch(field) != batch)
			continue;
		if (record_field_rows[field].type == FIELD_TEXT)
			record_set_text(to, field, from->v[field].s);
		else
			record_set_num(to, field, from->v[field].n);
	}
}

/* FILE and BATCH, from the header line or, in a layout without one, from an empty record. */
static void begin_file(struct flat *f, const struct record *header)
{
	struct record r;

	f->begun = true;
	record_init(&r, RECORD_FILE, f->line.number);
	move_fields(&r, header, false);
	emit(f, &r);
	record_init(&r, RECORD_BATCH, f->line.number);
	move_fields(&r, header, true);
	record_set_num(&r, F_BATCH_NUMBER, 1);
	emit(f, &r);
}

static void on_fault(void *ctx, const struct layout_row *row, enum layout_fault fault)
{
	struct flat *f = ctx;

	flat_say(f, FLAT_FIELD, row, "the field \"%s\" %s", row->name, layout_fault_text(fault));
}

static void keep_text(char *to, size_t cap, struct view v)
{
	if (v.n < cap && v.n > 0)
		memcpy(to, v.p, v.n);
}

static void on_header(struct flat *f, const char *line)
{
	struct record r;

	layout_verify(f->layout->header, line, on_fault, f);
	record_init(&r, RECORD_FILE, f->line.number);
	layout_read(&r, f->layout->header, line);
	flat_account(f, &r);
	if (f->layout->header_total)
		f->header_total = record_num(&r, F_AMOUNT, -1);
	keep_text(f->plan, sizeof(f->plan), record_text(&r, F_PLAN));
	if (f->layout->one_account)
		keep_text(f->account, sizeof(f->account), record_text(&r, F_ACCOUNT));
	begin_file(f, &r);
}

static void begin_without_header(struct flat *f)
{
	struct record nothing;

	if (f->layout->header != NULL)
		flat_say(f, FLAT_NO_HEADER, NULL, "the file begins without its header line");
	record_init(&nothing, RECORD_FILE, f->line.number);
	begin_file(f, &nothing);
	f->bad = false;
}

static void check_sequence(struct flat *f, const char *line)
{
	const struct layout_row *row = flat_named(f->layout->detail, "Sequence");
	int64_t n;

	if (row == NULL || !layout_number(&n, layout_at(row, line)))
		return;
	if (n != f->number + 1)
		flat_say(f, f->format->sequence, row, "the line is numbered %" PRId64 ", the one before it %" PRId64, n,
			f->number);
	f->number = n;
}

static void on_detail(struct flat *f, const char *line)
{
	struct record r;

	if (!f->begun)
		begin_without_header(f);
	layout_verify(f->layout->detail, line, on_fault, f);
	record_init(&r, f->format->kind, f->line.number);
	layout_read(&r, f->layout->detail, line);
	flat_account(f, &r);
	record_set_text(&r, F_CURRENCY, record_has(&r, F_CURRENCY) ? record_text(&r, F_CURRENCY) : VIEW("USD"));
	if (f->format->kind == RECORD_CHECK_ISSUE && flat_row(f->layout->detail, F_STATUS) == NULL)
		record_set_text(&r, F_STATUS, VIEW("issue"));
	flat_add(f, &r);
	check_sequence(f, line);
	flat_judge(f, &r);
	if (!f->bad)
		emit(f, &r);
}

static void compare(struct flat *f, unsigned code, enum record_field field, const struct record *r, int64_t read)
{
	const struct layout_row *row = flat_row(f->layout->trailer, field);
	int64_t claimed = record_num(r, field, 0);
	struct buf b = { .max = 120 };

	if (row == NULL || f->sums.lost || (field == F_HASH && !layout_number(&claimed, record_text(r, F_HASH))))
		return;
	if (claimed == read)
		return;
	if (field == F_AMOUNT) {
		money_print_grouped(&b, claimed, "USD");
		buf_text(&b, ", the lines give ");
		money_print_grouped(&b, read, "USD");
	} else {
		buf_fmt(&b, "%" PRId64 ", the lines give %" PRId64, claimed, read);
	}
	flat_say(f, code, row, "the trailer says %s", buf_cstr(&b));
	buf_release(&b);
}

static void tell_total(struct flat *f, const char *line)
{
	struct record r;

	record_init(&r, RECORD_TOTAL, f->line.number);
	record_set_text(&r, F_TYPE, line == NULL ? VIEW("counted") : VIEW("trailer"));
	if (line != NULL) {
		layout_read(&r, f->layout->trailer, line);
		compare(f, FLAT_COUNT, F_COUNT, &r, f->sums.count);
		compare(f, FLAT_AMOUNT, F_AMOUNT, &r, f->sums.amount);
		compare(f, f->format->hash, F_HASH, &r, f->sums.serials);
	} else {
		record_set_num(&r, F_COUNT, f->sums.count);
		record_set_num(&r, F_AMOUNT, f->sums.amount);
	}
	emit(f, &r);
}

static void on_trailer(struct flat *f, const char *line)
{
	if (!f->begun)
		begin_without_header(f);
	f->trailed = true;
	layout_verify(f->layout->trailer, line, on_fault, f);
	if (f->header_total >= 0 && !f->sums.lost && f->header_total != f->sums.amount) {
		struct buf b = { .max = 120 };

		money_print_grouped(&b, f->header_total, "USD");
		buf_text(&b, ", the lines give ");
		money_print_grouped(&b, f->sums.amount, "USD");
		flat_say(f, FLAT_AMOUNT, flat_row(f->layout->header, F_AMOUNT), "the header's total is %s", buf_cstr(&b));
		buf_release(&b);
	}
	tell_total(f, line);
}

/* Lines */

static void tell_characters(struct flat *f, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e) {
			flat_say(f, FLAT_CHARACTERS, NULL, "the character at position %zu is not printable ASCII", i + 1);
			return;
		}
}

static bool is_column(const struct layout_row *row)
{
	return row->type != LAYOUT_FILL;
}

static size_t next_column(const struct layout *l, size_t at)
{
	while (at < l->n && !is_column(&l->rows[at]))
		at++;
	return at;
}

/* "I,123,..." into the fixed form of the same table. */
static bool spread(struct flat *f, const struct layout *l, struct view v, char *line)
{
	struct view rest = v, piece;
	size_t at = next_column(l, 0);

	memset(line, ' ', l->width);
	while (view_cut(&rest, ',', &piece)) {
		const struct layout_row *row = &l->rows[at];

		if (at == l->n || piece.n > row->len) {
			flat_say(f, FLAT_LINE, at == l->n ? NULL : row, at == l->n ?
				"the line has more columns than the layout" :
				"the value is longer than the layout allows");
			return false;
		}
		if (piece.n > 0)
			memcpy(line + row->pos - 1 + (row->type == LAYOUT_POINT ? row->len - piece.n : 0), piece.p, piece.n);
		at = next_column(l, at + 1);
	}
	if (at == l->n)
		return true;
	flat_say(f, FLAT_LINE, NULL, "the line has fewer columns than the layout");
	return false;
}

/* The line as wide as its layout; false when it cannot be read. */
static bool fill_out(struct flat *f, const struct layout *l, struct view v)
{
	if (f->layout->commas)
		return spread(f, l, v, f->padded);
	if (f->line.cut || !layout_is_blank(view_sub(v, l->width, v.n))) {
		flat_say(f, FLAT_LONG, NULL, "the line goes on behind position %u", (unsigned)l->width);
		v = view_sub(v, 0, l->width);
	}
	if (v.n < l->width && f->line.open) {
		flat_say(f, FLAT_CUT, NULL, "the file ends at position %zu of a line of %u", v.n, (unsigned)l->width);
		f->told_cut = true;
	} else if (v.n < l->width && !f->told_short) {
		flat_say(f, FLAT_SHORT, NULL,
			"the line has %zu of %u characters and is read as if filled with blanks, as all such",
			v.n, (unsigned)l->width);
		f->told_short = true;
	}
	memset(f->padded, ' ', l->width);
	memcpy(f->padded, v.p, v.n < l->width ? v.n : l->width);
	return true;
}

static const struct layout *table_of(const struct flat *f, struct view v)
{
	const struct flat_layout *l = f->layout;

	if (l->trailer != NULL && view_starts(v, l->trailer_mark))
		return l->trailer;
	if (l->header != NULL && (l->header_mark.n > 0 ? view_starts(v, l->header_mark) : !f->begun))
		return l->header;
	return view_starts(v, l->detail_mark) ? l->detail : NULL;
}

static void on_line(struct flat *f)
{
	struct view v = f->line.text;

	f->bad = false;
	if (view_trim(v).n == 0) {
		if (!f->told_blank)
			flat_say(f, FLAT_BLANK, NULL, "the line is blank and skipped, as all blank lines are");
		f->told_blank = true;
		return;
	}
	if (f->trailed) {
		if (!f->told_after)
			flat_say(f, FLAT_AFTER_TRAILER, NULL,
				"this line stands after the trailer; it and those behind it are not read");
		f->told_after = true;
		return;
	}
	tell_characters(f, v);
	f->table = table_of(f, v);
	if (f->table == NULL || (f->table == f->layout->header && f->begun)) {
		flat_say(f, FLAT_LINE, NULL, f->table == NULL ? "the line is none of this layout's" : "a second header line");
		return;
	}
	if (!fill_out(f, f->table, v)) {
		f->sums.count += f->table == f->layout->detail;
		return;
	}
	if (f->table == f->layout->trailer)
		on_trailer(f, f->padded);
	else if (f->table == f->layout->header)
		on_header(f, f->padded);
	else
		on_detail(f, f->padded);
}

static void end_file(struct flat *f)
{
	f->line = (struct line){ .number = 0 };
	if (!f->begun) {
		flat_say(f, FLAT_EMPTY, NULL, "the file has no line that can be read");
		return;
	}
	if (f->layout->trailer != NULL && !f->trailed)
		flat_say(f, FLAT_NO_TRAILER, NULL, "the file ends without its trailer line");
	if (f->layout->trailer == NULL)
		tell_total(f, NULL);
}

int flat_parse(struct flat *f)
{
	struct lines lines = { .host = f->host, .max = LAYOUT_WIDTH_MAX };
	int got = 0;

	while (!f->stopped && (got = lines_next(&lines, &f->line)) == 1) {
		if (lines.bom && f->line.number == 1)
			flat_say(f, FLAT_BOM, NULL, "the file begins with a byte order mark, which is skipped");
		on_line(f);
	}
	if (got == 0 && !f->stopped)
		end_file(f);
	seen_release(&f->seen);
	return got < 0 || f->stopped ? -1 : 0;
}
