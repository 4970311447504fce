/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flat_write - records in, a flat file out; see flat.h
 *
 * The header waits for the first detail, which may give it what FILE and BATCH do not (the account); where it holds the
 * total it waits for the end.  A call that returns -1 has released what it held; the host does not call again.
 */
#include <inttypes.h>
#include <stdio.h>
#include "formats/lib/flat.h"

#define DIGITS_MAX 19

static int answer(struct flat *f)
{
	if (f->errors == 0 && !f->stopped)
		return 0;
	buf_release(&f->out);
	seen_release(&f->seen);
	return -1;
}

static void flush(struct flat *f)
{
	if (f->out.failed) {
		flat_say(f, FLAT_OVERFLOW, NULL, "the file is too large to be held back for its header");
	} else if (f->errors == 0 && !f->stopped && f->out.n > 0 &&
		   f->host->write(f->host->ctx, buf_as_view(&f->out)) != 0) {
		f->stopped = true;
	}
	buf_clear(&f->out);
}

/* The line as it leaves: blanks at the end stay, in a layout with commas the fixed form is joined. */
static void put_line(struct flat *f, const struct layout *l, const char *line)
{
	bool first = true;

	if (!f->layout->commas)
		buf_put(&f->out, line, l->width);
	for (const struct layout_row *row = l->rows; f->layout->commas && row < l->rows + l->n; row++) {
		if (row->type == LAYOUT_FILL)
			continue;
		if (!first)
			buf_char(&f->out, ',');
		first = false;
		buf_view(&f->out, view_trim(layout_at(row, line)));
	}
	buf_view(&f->out, f->line_end);
	f->line.number++;
	if (!f->layout->header_total && f->out.n >= FLAT_OUT)
		flush(f);
}

static bool fill_line(struct flat *f, char *line, const struct layout *l, const struct record *r)
{
	const struct layout_row *bad;
	enum layout_fault fault;

	if (layout_write(line, l, r, &bad, &fault) == 0)
		return true;
	flat_say(f, FLAT_EMIT_VALUE, bad, "the field \"%s\" %s", bad->name, layout_fault_text(fault));
	return false;
}

/* FILE and BATCH: their texts are copied, the views live for the call only. */
static void keep(struct flat *f, const struct record *r)
{
	for (int i = 0; i < RECORD_FIELDS; i++) {
		enum record_field field = (enum record_field)i;
		struct view v = record_text(r, field);

		if (!record_has(r, field))
			continue;
		if (record_field_rows[field].type != FIELD_TEXT) {
			record_set_num(&f->head, field, r->v[field].n);
			continue;
		}
		if (v.n > sizeof(f->pool) - f->pool_n) {
			flat_say(f, FLAT_EMIT_VALUE, NULL, "the header's values are longer than a header may be");
			return;
		}
		memcpy(f->pool + f->pool_n, v.p, v.n);
		record_set_text(&f->head, field, (struct view){ f->pool + f->pool_n, v.n });
		f->pool_n += v.n;
	}
}

static void put_header(struct flat *f, const struct record *first)
{
	const struct layout *l = f->layout->header;
	char line[LAYOUT_WIDTH_MAX];

	if (l == NULL || f->begun)
		return;
	f->begun = true;
	if (first != NULL && f->layout->one_account && record_has(first, F_ACCOUNT))
		record_set_text(&f->head, F_ACCOUNT, record_text(first, F_ACCOUNT));
	if (f->bank_id[0] != '\0')
		record_set_text(&f->head, F_RECEIVER, view_of(f->bank_id));
	else if (first != NULL && flat_named(l, "Bank Identifier") != NULL)
		record_set_text(&f->head, F_RECEIVER, view_sub(record_text(first, F_ROUTING), 0, 8));
	if (fill_line(f, line, l, &f->head))
		put_line(f, l, line);
}

/* Every value that the layout has a place for comes back as it was given. */
static bool same(struct flat *f, const struct record *given, const struct record *back)
{
	const struct layout *l = f->layout->detail;

	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		enum record_field field = (enum record_field)row->field;

		if (row->field == LAYOUT_NONE || !record_has(given, field))
			continue;
		if (record_has(back, field) && (record_field_rows[field].type == FIELD_TEXT ?
		    view_eq(given->v[field].s, back->v[field].s) : given->v[field].n == back->v[field].n))
			continue;
		flat_say(f, FLAT_EMIT_VALUE, row, "the field \"%s\" would not read back as it was given: blanks around it, "
			"zeros in front of it, or digits that the field has no place for", row->name);
		return false;
	}
	return true;
}

static void cut_payee(struct flat *f, struct record *r)
{
	const struct layout_row *row = flat_row(f->layout->detail, F_PAYEE);
	struct view v = record_text(r, F_PAYEE);

	if (row == NULL || !f->layout->cut_payee || v.n <= row->len)
		return;
	record_set_text(r, F_PAYEE, view_rtrim(view_sub(v, 0, row->len)));
	flat_say(f, f->format->cut_payee, row, "the payee has %zu characters, the field %u; the rest is left out", v.n,
		(unsigned)row->len);
}

static bool has_comma(struct flat *f, const struct record *r)
{
	const struct layout *l = f->layout->detail;

	for (const struct layout_row *row = l->rows; f->layout->commas && row < l->rows + l->n; row++) {
		struct view v = row->field == LAYOUT_NONE ? VIEW("") : record_field_rows[row->field].type == FIELD_TEXT ?
			record_text(r, (enum record_field)row->field) : VIEW("");

		if (v.n > 0 && (memchr(v.p, ',', v.n) != NULL || memchr(v.p, '"', v.n) != NULL)) {
			flat_say(f, FLAT_EMIT_VALUE, row,
				"the field \"%s\" holds a comma or a quote, which this layout cannot carry", row->name);
			return true;
		}
	}
	return false;
}

/* What a check is when nothing is said, and on which day a void is one. */
static void complete(struct flat *f, struct record *r)
{
	bool voided;

	if (f->format->kind != RECORD_CHECK_ISSUE)
		return;
	if (!record_has(r, F_STATUS))
		record_set_text(r, F_STATUS, VIEW("issue"));
	voided = view_eq(record_text(r, F_STATUS), VIEW("void"));
	if (f->layout->void_date && voided && !record_has(r, F_STATUS_DATE) && record_has(&f->head, F_CREATED_DATE))
		record_set_num(r, F_STATUS_DATE, f->head.v[F_CREATED_DATE].n);
	if (voided && !f->layout->voids)
		flat_bad(f, FLAT_EMIT_VALUE, F_STATUS, "the layout %s has no place for a void: tell the bank by its own "
			"means, or choose another layout", f->layout->name);
	else if (!voided && !view_eq(record_text(r, F_STATUS), VIEW("issue")))
		flat_bad(f, FLAT_EMIT_VALUE, F_STATUS, "the status is none of issue, void");
}

static void put_detail(struct flat *f, const struct record *given)
{
	const struct layout *l = f->layout->detail;
	const struct layout_row *sequence = flat_named(l, "Sequence");
	struct record r = *given, back;
	char line[LAYOUT_WIDTH_MAX];

	if (!f->batch_seen) {
		flat_say(f, FLAT_EMIT_ORDER, NULL, "a line was given before FILE and BATCH");
		return;
	}
	complete(f, &r);
	cut_payee(f, &r);
	put_header(f, &r);
	flat_judge(f, &r);
	if (has_comma(f, &r) || !fill_line(f, line, l, &r) || !flat_add(f, &r))
		return;
	if (sequence != NULL && !layout_put_number(line, sequence, f->sums.count))
		flat_say(f, FLAT_EMIT_VALUE, sequence, "the file has more lines than its numbers have digits");
	record_init(&back, f->format->kind, 0);
	layout_read(&back, l, line);
	flat_account(f, &back);
	if (same(f, &r, &back))
		put_line(f, l, line);
}

static void put_trailer(struct flat *f)
{
	const struct layout *l = f->layout->trailer;
	const struct layout_row *hash;
	char line[LAYOUT_WIDTH_MAX], digits[DIGITS_MAX + 1];
	struct record r;

	if (l == NULL)
		return;
	record_init(&r, RECORD_TOTAL, 0);
	record_set_num(&r, F_COUNT, f->sums.count);
	record_set_num(&r, F_AMOUNT, f->sums.amount);
	hash = flat_row(l, F_HASH);
	if (hash != NULL) {
		snprintf(digits, sizeof(digits), "%0*" PRId64, (int)hash->len, f->sums.serials);
		record_set_text(&r, F_HASH, view_of(digits));
	}
	if (fill_line(f, line, l, &r))
		put_line(f, l, line);
}

/* The header, now that its total is known, goes in front of what was held back. */
static void put_held(struct flat *f)
{
	struct buf held = f->out;

	f->out = (struct buf){ .max = FLAT_HELD_MAX };
	record_set_num(&f->head, F_AMOUNT, f->sums.amount);
	if (!f->plan_differs && f->plan[0] != '\0')
		record_set_text(&f->head, F_PLAN, view_of(f->plan));
	f->begun = false;
	put_header(f, NULL);
	flush(f);
	buf_release(&f->out);
	f->out = held;
}

int flat_emit_begin(struct flat *f)
{
	f->writing = true;
	f->begun = f->layout->header_total;		/* such a header is not written before the end */
	f->out.max = FLAT_HELD_MAX;
	record_init(&f->head, RECORD_FILE, 0);
	return answer(f);
}

int flat_emit_record(struct flat *f, const struct tally_host *host, const struct record *r)
{
	f->host = f->strict.host = host;
	switch (r->kind) {
	case RECORD_FILE:
		if (f->head.line != 0)
			flat_say(f, FLAT_EMIT_ORDER, NULL, "a second FILE was given");
		f->head.line = 1;
		keep(f, r);
		break;
	case RECORD_BATCH:
		if (f->head.line == 0 || f->batch_seen)
			flat_say(f, FLAT_EMIT_ORDER, NULL, f->batch_seen ? "a second BATCH was given; such a file is one batch" :
				"BATCH was given before FILE");
		f->batch_seen = true;
		keep(f, r);
		break;
	case RECORD_TOTAL:
		break;
	default:
		if (r->kind == (uint32_t)f->format->kind)
			put_detail(f, r);
		else
			flat_say(f, FLAT_EMIT_KIND, NULL, "a record of this kind is none of the %s", f->format->unit);
	}
	return answer(f);
}

int flat_emit_end(struct flat *f, const struct tally_host *host)
{
	f->host = f->strict.host = host;
	if (!f->batch_seen)
		flat_say(f, FLAT_EMIT_ORDER, NULL, "FILE and BATCH were not given");
	else if (f->sums.count == 0)
		flat_say(f, FLAT_EMIT_ORDER, NULL, "the file would hold none of the %s", f->format->unit);
	if (f->errors == 0)
		put_trailer(f);
	if (f->errors == 0 && f->layout->header_total)
		put_held(f);
	flush(f);
	if (answer(f) != 0)
		return -1;
	buf_release(&f->out);
	seen_release(&f->seen);
	return 0;
}
