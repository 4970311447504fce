/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flat - see flat.h.  Here is what reading and writing share: findings, options, the rules of a detail, the sums
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "formats/core/money.h"
#include "formats/lib/flat.h"
#include "formats/lib/values.h"

__attribute__((format(printf, 5, 0)))
static void tell(struct flat *f, unsigned code, const struct layout_row *row, const char *name, const char *fmt, va_list ap)
{
	const struct tally_code *c = &f->format->findings[code];
	char text[300];
	struct finding found = { .size = sizeof(found), .severity = c->severity, .code = c->code,
		.line = f->line.number + f->writing,		/* written: where the line would stand */
		.field = view_of(row != NULL ? row->name : name) };
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (!strict_apply(&f->strict, code, &found.severity))
		return;
	f->errors += found.severity == FINDING_ERROR;
	f->bad = f->bad || found.severity == FINDING_ERROR;
	if (f->stopped)
		return;
	found.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (!f->writing)
		found.excerpt = view_sub(f->line.text, 0, FINDING_EXCERPT);
	if (row != NULL && !f->writing && !f->layout->commas)
		found.column = row->pos;
	if (f->host->finding(f->host->ctx, &found) != 0)
		f->stopped = true;
}

void flat_say(struct flat *f, unsigned code, const struct layout_row *row, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(f, code, row, NULL, fmt, ap);
	va_end(ap);
}

void flat_bad(struct flat *f, unsigned code, enum record_field field, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(f, f->writing && code < FLAT_CODES ? FLAT_EMIT_VALUE : code, flat_row(f->layout->detail, field),
		record_field_rows[field].name, fmt, ap);
	va_end(ap);
}

const struct layout_row *flat_row(const struct layout *l, enum record_field field)
{
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++)
		if (row->field == (int16_t)field)
			return row;
	return NULL;
}

const struct layout_row *flat_named(const struct layout *l, const char *name)
{
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static struct view option(const struct flat *f, const char *name)
{
	return f->host->option == NULL ? (struct view){ NULL, 0 } : f->host->option(f->host->ctx, name);
}

static void read_options(struct flat *f)
{
	struct view layout = option(f, "layout"), digits = option(f, "account_digits"), bank = option(f, "bank_id"),
		end = option(f, "line_end");
	const char *code;
	int64_t n;

	for (unsigned at = 0; (code = strict_unknown(&f->strict, &at)) != NULL;)
		flat_say(f, FLAT_OPTION, NULL, "option %s is none of error, warning, note, off", code);
	f->layout = f->format->layouts;
	while (layout.n > 0 && f->layout->name != NULL && !view_eq(layout, view_of(f->layout->name)))
		f->layout++;
	if (f->layout->name == NULL) {
		f->layout = f->format->layouts;
		flat_say(f, FLAT_OPTION, NULL, "option layout names no layout that is known");
	}
	if (digits.n > 0 && layout_number(&n, digits) && n > 0 && n < (int64_t)sizeof(f->account))
		f->account_digits = (size_t)n;
	else if (digits.n > 0)
		flat_say(f, FLAT_OPTION, NULL, "option account_digits is no number from 1 to 31");
	if (bank.n < sizeof(f->bank_id))
		memcpy(f->bank_id, bank.n > 0 ? bank.p : "", bank.n);
	else
		flat_say(f, FLAT_OPTION, NULL, "option bank_id is longer than 8 characters");
	f->line_end = view_eq(end, VIEW("crlf")) ? VIEW("\r\n") : VIEW("\n");
	if (end.n > 0 && !view_eq(end, VIEW("crlf")) && !view_eq(end, VIEW("lf")))
		flat_say(f, FLAT_OPTION, NULL, "option line_end is none of lf, crlf");
}

void flat_init(struct flat *f, const struct flat_format *format, const struct tally_host *host)
{
	f->format = format;
	f->host = host;
	f->header_total = -1;
	f->layout = format->layouts;
	strict_rows(&f->strict, host, format->findings);
	f->strict.told = STRICT(FLAT_MANY) | STRICT(FLAT_SHORT) | (format->cut_payee == 0 ? 0 : STRICT(format->cut_payee));
	read_options(f);
}

static void judge_once(struct flat *f, const struct record *r)
{
	struct view parts[FLAT_KEY];
	size_t n = f->format->key(r, parts);

	if (n == 0 || f->told_many)
		return;
	switch (seen_put(&f->seen, parts, n)) {
	case SEEN_NEW:
		break;
	case SEEN_AGAIN:
		flat_say(f, FLAT_TWICE, NULL, "this stands twice in the file: one of the %s would be double", f->format->unit);
		break;
	case SEEN_FULL:
		f->told_many = true;
		flat_say(f, FLAT_MANY, NULL, "from here on what stands twice is not noticed");
	}
}

static bool same_as_first(char *kept, size_t cap, struct view v)
{
	if (kept[0] == '\0' && v.n < cap) {
		memcpy(kept, v.p == NULL ? "" : v.p, v.n);
		return true;
	}
	return view_eq(view_of(kept), v);
}

void flat_judge(struct flat *f, const struct record *r)
{
	struct view currency = record_text(r, F_CURRENCY);

	if (record_has(r, F_AMOUNT) && record_num(r, F_AMOUNT, 0) <= 0)
		flat_bad(f, FLAT_VALUE, F_AMOUNT, "the amount is not above zero");
	if (currency.n > 0 && !view_eq(currency, VIEW("USD")))
		flat_bad(f, FLAT_VALUE, F_CURRENCY, "the currency is not USD");
	if (record_has(r, F_ROUTING) && !value_routing(record_text(r, F_ROUTING)))
		flat_bad(f, FLAT_VALUE, F_ROUTING, "the routing number is not nine digits with the right check digit");
	if (f->layout->one_account && record_has(r, F_ACCOUNT) &&
	    !same_as_first(f->account, sizeof(f->account), record_text(r, F_ACCOUNT)))
		flat_bad(f, FLAT_VALUE, F_ACCOUNT, "the account is another than the file's: this layout is for one account");
	f->format->judge(f, r);
	judge_once(f, r);
}

bool flat_add(struct flat *f, const struct record *r)
{
	int64_t serial = 0;

	f->sums.count++;
	if (f->format->serial != RECORD_FIELDS && record_has(r, f->format->serial))
		layout_number(&serial, record_text(r, f->format->serial));
	if (money_add_minor(&f->sums.amount, record_num(r, F_AMOUNT, 0)) && money_add_minor(&f->sums.serials, serial))
		return true;
	if (!f->sums.lost)
		flat_say(f, FLAT_OVERFLOW, NULL, "the figures up to this line are too large to be added up");
	f->sums.lost = true;
	return false;
}

/* The layouts that fill an account number with zeros do not say how many belong to it: the option does. */
void flat_account(const struct flat *f, struct record *r)
{
	const struct layout_row *row = flat_row(f->layout->detail, F_ACCOUNT);
	struct view v = record_text(r, F_ACCOUNT);

	if (f->account_digits == 0 || row == NULL || row->type != LAYOUT_SERIAL || v.n == 0 || v.n > f->account_digits)
		return;
	/* the zeros stand in front of it, in the line */
	if (f->account_digits <= row->len)
		record_set_text(r, F_ACCOUNT, (struct view){ v.p + v.n - f->account_digits, f->account_digits });
}

size_t flat_check_key(const struct record *r, struct view parts[FLAT_KEY])
{
	parts[0] = record_text(r, F_ACCOUNT);
	parts[1] = record_text(r, F_CHECK_NUMBER);
	parts[2] = record_text(r, F_STATUS);
	return 3;
}

int flat_document(const struct flat_format *format, const struct tally_host *host)
{
	struct buf text = { 0 };
	int rc;

	for (const struct flat_layout *l = format->layouts; l->name != NULL; l++) {
		const struct layout *const tables[] = { l->header, l->detail, l->trailer };

		buf_fmt(&text, "### %s: %s\n\n", l->name, l->title);
		if (l->commas)
			buf_text(&text, "Fields with commas between, in this order; a field's length is its longest value.\n");
		buf_fmt(&text, "%s %s\n\n", l->voids ? "Voids can be said." : "There is no place for a void.", l->cut_payee ?
			"A payee that is too long is cut." : "Nothing is cut.");
		for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
			if (tables[i] != NULL)
				layout_document(&text, tables[i]);
	}
	rc = text.failed || host->write(host->ctx, buf_as_view(&text)) != 0 ? -1 : 0;
	buf_release(&text);
	return rc;
}
