/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toy - the smallest whole format module: it reads and writes a file of payments, one a line
 *
 *   TOY1|ACME|2026-23|2026-11-10		company | run | pay date
 *   100|E1|021000021|12345|Ann Example		amount in cents | person | routing | account | name
 *   end|1|100					number of payments, sum
 *
 * It needs the headers formats/core/ alone, no library and no symbol of the gateway.  docs/module.md explains it step
 * by step.
 *
 * Failure: a fault in the file is a finding, and reading goes on; -1 only when the host says stop, or for what this
 * format has no room for.
 */
#include <stdlib.h>

#include "formats/core/format.h"

enum { COMPANY = 1, RUN, PAY_DATE, HEADER_PARTS };
enum { AMOUNT, PERSON, ROUTING, ACCOUNT, NAME, PARTS };

struct toy {				/* state_size zeroed bytes, ours for this file */
	const struct tally_host *host;
	uint64_t line, count;
	int64_t sum, pay_date;
	bool header, trailer, skipping;
};

static const struct tally_option options[] = {
	{ "currency", "ISO 4217 code", "USD", "currency of the amounts, since the file does not say" },
	{ NULL, NULL, NULL, NULL }
};

static const struct tally_code codes[] = {
	{ "TOY_HEADER", FINDING_ERROR, "the first line is no header of this format",
		"Ask the sender for a file of this format.", "docs/module.md" },
	{ "TOY_FIELDS", FINDING_ERROR, "a payment has not five fields", "Ask the sender for a corrected file.",
		"docs/module.md" },
	{ "TOY_AMOUNT", FINDING_ERROR, "an amount is not a number of cents", "Ask the sender for a corrected file.",
		"docs/module.md" },
	{ "TOY_TOTAL", FINDING_ERROR, "the trailer differs from the payments", "Ask the sender for a corrected file.",
		"docs/module.md" },
	{ "TOY_CUT", FINDING_ERROR, "the trailer is missing", "The file was cut short; ask for it again.",
		"docs/module.md" },
	{ "TOY_LONG", FINDING_ERROR, "a line is longer than 1 MiB", "The line was skipped; ask for a corrected file.",
		"docs/module.md" },
	{ NULL, 0, NULL, NULL, NULL }
};

static int say(struct toy *t, const char *code, struct view line, struct view at, struct view text)
{
	struct finding f = { .size = sizeof(f), .severity = FINDING_ERROR, .code = code, .line = t->line,
		.text = text };

	f.column = at.p == NULL || line.p == NULL ? 0 : (uint32_t)(at.p - line.p) + 1;
	f.excerpt = view_sub(line, 0, FINDING_EXCERPT);
	return t->host->finding(t->host->ctx, &f);
}

/* Digits only, and a sum that fits: no atoi, no rounding. */
static bool number(struct view digits, int64_t *out)
{
	int64_t v = 0;

	if (digits.n == 0)
		return false;
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, digits.p[i] - '0', &v))
			return false;
	*out = v;
	return true;
}

/* Days since 1970-01-01 of a YYYY-MM-DD; a year of March to February makes the leap day the last one. */
static bool days_of(struct view text, int64_t *out)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t y, m, d;
	bool leap;

	if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' || !number(view_sub(text, 0, 4), &y) ||
	    !number(view_sub(text, 5, 2), &m) || !number(view_sub(text, 8, 2), &d) || y < 1970 || m < 1 || m > 12)
		return false;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d < 1 || d > lengths[m - 1] + (m == 2 && leap))
		return false;
	y -= m <= 2;
	m += m <= 2 ? 9 : -3;
	*out = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 1 - 719468;
	return true;
}

static int read_header(struct toy *t, struct view line, struct view part[PARTS], size_t n)
{
	struct record r;

	if (n != HEADER_PARTS || !view_eq(part[0], VIEW("TOY1")) || part[COMPANY].n == 0 || part[RUN].n == 0 ||
	    !days_of(part[PAY_DATE], &t->pay_date))
		return say(t, "TOY_HEADER", line, line, VIEW("the first line must be TOY1|company|run|YYYY-MM-DD"));
	t->header = true;
	record_init(&r, RECORD_FILE, t->line);
	record_set_text(&r, F_COMPANY, part[COMPANY]);
	record_set_text(&r, F_RUN, part[RUN]);
	record_set_num(&r, F_PAY_DATE, t->pay_date);
	return t->host->record(t->host->ctx, &r);
}

static int read_trailer(struct toy *t, struct view line, struct view part[PARTS], size_t n)
{
	int64_t count, sum;

	t->trailer = true;
	if (n != 3 || !number(part[1], &count) || !number(part[2], &sum) || (uint64_t)count != t->count ||
		sum != t->sum)
		return say(t, "TOY_TOTAL", line, line,
			VIEW("the trailer's number or sum differs from the payments above it"));
	return 0;
}

static int read_payment(struct toy *t, struct view line, struct view part[PARTS], size_t n)
{
	struct view currency = t->host->option(t->host->ctx, "currency");
	struct record r;
	int64_t amount;

	if (n != PARTS)
		return say(t, "TOY_FIELDS", line, line,
			VIEW("a payment has five fields: amount, person, routing, account, name"));
	if (!number(part[AMOUNT], &amount) || __builtin_add_overflow(t->sum, amount, &t->sum))
		return say(t, "TOY_AMOUNT", line, part[AMOUNT], VIEW("the amount is not a number of cents"));
	t->count++;
	record_init(&r, RECORD_PAYMENT, t->line);
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_NET, amount);
	if (t->header)
		record_set_num(&r, F_PAY_DATE, t->pay_date);
	record_set_text(&r, F_CURRENCY, currency.n == 3 ? currency : VIEW("USD"));
	record_set_text(&r, F_PERSON, part[PERSON]);
	record_set_text(&r, F_ROUTING, part[ROUTING]);
	record_set_text(&r, F_ACCOUNT, part[ACCOUNT]);
	record_set_text(&r, F_PARTY, part[NAME]);
	return t->host->record(t->host->ctx, &r);
}

static int read_line(struct toy *t, struct view line)
{
	struct view rest = line, part[PARTS], piece;
	size_t n = 0;

	t->line++;
	while (view_cut(&rest, '|', &piece)) {
		if (n == PARTS)
			return say(t, "TOY_FIELDS", line, piece,
				VIEW("no line has more than five fields, and here begins a sixth"));
		part[n++] = piece;
	}
	if (t->line == 1)
		return read_header(t, line, part, n);
	if (n > 0 && view_eq(part[0], VIEW("end")))
		return read_trailer(t, line, part, n);
	return read_payment(t, line, part, n);
}

/* All whole lines of the window; what is left behind the last one is kept for the next window. */
static int read_window(struct toy *t, struct view window, size_t *keep)
{
	struct view line;

	while (window.n > 0 && memchr(window.p, '\n', window.n) != NULL) {
		view_cut(&window, '\n', &line);
		if (t->skipping) {
			t->skipping = false;
			continue;
		}
		if (read_line(t, line) != 0)
			return -1;
	}
	*keep = window.p == NULL ? 0 : window.n;
	if (t->skipping)
		*keep = 0;
	if (*keep < TALLY_KEEP_MAX)
		return 0;
	t->line++;
	t->skipping = true;
	*keep = 0;
	return say(t, "TOY_LONG", (struct view){ NULL, 0 }, (struct view){ NULL, 0 },
		VIEW("this line is longer than 1 MiB and is skipped"));
}

static int toy_parse(const struct tally_host *host, void *state)
{
	struct toy *t = state;
	struct view window = { NULL, 0 }, none = { NULL, 0 };
	size_t keep = 0;

	t->host = host;
	while (host->more(host->ctx, keep, &window) > 0)
		if (read_window(t, window, &keep) != 0)
			return -1;
	if (keep > 0 && read_line(t, window) != 0)
		return -1;
	if (!t->trailer)			/* also what an empty file gets */
		return say(t, "TOY_CUT", none, none, VIEW("the file ends without its trailer"));
	return 0;
}

static int toy_probe(struct view head)
{
	return view_starts(head, VIEW("TOY1|")) ? 100 : 0;
}

/* Writing: FILE tells nothing that this format has room for, BATCH becomes the header, each PAYMENT a line. */

static int put(const struct tally_host *host, struct view v)
{
	return v.n == 0 ? 0 : host->write(host->ctx, v);
}

static int put_number(const struct tally_host *host, int64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	return put(host, (struct view){ digits + at, sizeof(digits) - at });
}

static int put_date(const struct tally_host *host, int64_t days)
{
	int64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t day = of_era - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;
	int64_t d = day - (153 * month + 2) / 5 + 1, m = month < 10 ? month + 3 : month - 9,
		y = year + era * 400 + (m <= 2);

	return put_number(host, y) != 0 ||
	       put(host, m < 10 ? VIEW("-0") : VIEW("-")) != 0 || put_number(host, m) != 0 ||
		put(host, d < 10 ? VIEW("-0") : VIEW("-")) != 0 || put_number(host, d) != 0 ? -1 : 0;
}

static int toy_begin(const struct tally_host *host, void *state)
{
	struct toy *t = state;

	t->host = host;
	return 0;
}

static int write_header(struct toy *t, const struct record *r)
{
	int64_t date = record_num(r, F_EFFECTIVE_DATE, -1);

	if (t->header || date < 0)		/* one run a file */
		return -1;
	t->header = true;
	if (put(t->host, VIEW("TOY1|")) != 0 || put(t->host, record_text(r, F_COMPANY_NAME)) != 0 ||
	    put(t->host, VIEW("|")) != 0 || put(t->host, record_text(r, F_DESCRIPTION)) != 0 ||
	    put(t->host, VIEW("|")) != 0 || put_date(t->host, date) != 0)
		return -1;
	return put(t->host, VIEW("\n"));
}

static int write_payment(struct toy *t, const struct record *r)
{
	static const enum record_field order[] = { F_INDIVIDUAL_ID, F_ROUTING, F_ACCOUNT, F_PARTY };
	int64_t amount = record_num(r, F_AMOUNT, -1);

	if (!t->header || amount < 0 || __builtin_add_overflow(t->sum, amount, &t->sum) ||
		put_number(t->host, amount) != 0)
		return -1;
	t->count++;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (put(t->host, VIEW("|")) != 0 || put(t->host, record_text(r, order[i])) != 0)
			return -1;
	return put(t->host, VIEW("\n"));
}

static int toy_record(const struct tally_host *host, void *state, const struct record *r)
{
	(void)host;
	switch (r->kind) {
	case RECORD_FILE:
		return 0;
	case RECORD_BATCH:
		return write_header(state, r);
	case RECORD_PAYMENT:
		return write_payment(state, r);
	default:
		return -1;
	}
}

static int toy_end(const struct tally_host *host, void *state)
{
	struct toy *t = state;

	if (put(host, VIEW("end|")) != 0 || put_number(host, (int64_t)t->count) != 0 || put(host, VIEW("|")) != 0 ||
	    put_number(host, t->sum) != 0)
		return -1;
	return put(host, VIEW("\n"));
}

TALLY_FORMAT(.name = "toy", .version = "1.0", .state_size = sizeof(struct toy), .probe = toy_probe, .parse = toy_parse,
	.emit_begin = toy_begin, .emit_record = toy_record, .emit_end = toy_end, .options = options, .findings = codes);
