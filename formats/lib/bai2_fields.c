/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_fields - amounts, times, currencies and funds types of BAI2
 *
 * A funds type is one field or several: S and three amounts, V with a date and a time, D with a number of (days,
 * amount) pairs. bai2_funds_begin() takes the type, bai2_funds_next() each field after it until it answers FUNDS_DONE;
 * the fields may stand on different physical records.
 */
#include "formats/lib/bai2.h"

bool bai2_integer(int64_t *out, struct view v, bool *is_signed)
{
	bool minus = v.n > 0 && *v.p == '-';
	int64_t n = 0;

	*is_signed = minus;
	if (v.n > 0 && (*v.p == '-' || *v.p == '+'))
		v = view_sub(v, 1, v.n);
	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, v.p[i] - '0', &n))
			return false;
	}
	if (!minus && n == INT64_MIN)
		return false;
	*out = minus ? n : -n;
	return true;
}

/* 0000 to 2400, and 9999 for "end of day". */
bool bai2_time(struct view v)
{
	int hour, minute;

	if (v.n != 4)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	hour = (v.p[0] - '0') * 10 + v.p[1] - '0';
	minute = (v.p[2] - '0') * 10 + v.p[3] - '0';
	return (hour < 24 && minute < 60) || (hour == 24 && minute == 0) || (hour == 99 && minute == 99);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool bai2_currency(struct bai2 *b, struct view v, uint64_t line, uint32_t column, char out[4])
{
	bool lower = false;
	char code[4] = "";

	for (size_t i = 0; i < v.n && i < 3; i++) {
		code[i] = upper(v.p[i]);
		lower = lower || code[i] != v.p[i];
	}
	if (v.n != 3 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' || code[2] < 'A' ||
		code[2] > 'Z') {
		bai2_find_at(b, BAI2_CURRENCY, FINDING_ERROR, line, column, "Currency Code",
			"the currency is not three letters; %.3s is assumed", out);
		return false;
	}
	if (lower)
		bai2_find_at(b, BAI2_CURRENCY_CASE, FINDING_WARNING, line, column, "Currency Code",
			"the currency is written in small letters; it is read as %s", code);
	memcpy(out, code, 4);
	return true;
}

enum funds_answer bai2_funds_begin(struct bai2 *b, struct view v)
{
	struct bai2_funds *f = &b->funds;

	*f = (struct bai2_funds){ .value = DATE_NONE };
	if (v.n == 0)
		return FUNDS_DONE;
	f->type = upper(*v.p);
	if (v.n != 1 || memchr("012SVDZ", f->type, 7) == NULL) {
		bai2_find(b, BAI2_FUNDS_TYPE, v, "Funds Type", "the funds type is none of 0, 1, 2, S, V, D and Z");
		f->type = 0;
		return FUNDS_BAD;
	}
	if (f->type != *v.p)
		bai2_find(b, BAI2_FUNDS_CASE, v, "Funds Type",
			"the funds type is written as a small letter; it is read as %c", f->type);
	if (f->type == 'S')
		f->left = 3;
	else if (f->type == 'V')
		f->left = 2;
	else if (f->type == 'D')
		f->left = 1;		/* the number of pairs, then the pairs */
	f->summed = true;
	return f->left > 0 ? FUNDS_MORE : FUNDS_DONE;
}

static enum funds_answer part_is_bad(struct bai2 *b, struct view v, const char *what)
{
	bai2_find(b, BAI2_FUNDS_TYPE, v, "Funds Type", "funds type %c: %s", b->funds.type, what);
	return FUNDS_BAD;
}

/* An amount inside a funds type; a defaulted one is legal and makes the sum unknown. */
static bool part_amount(struct bai2 *b, struct view v)
{
	struct bai2_funds *f = &b->funds;
	bool is_signed;
	int64_t n;

	if (v.n == 0)
		return true;
	if (!bai2_integer(&n, v, &is_signed))
		return false;
	if (f->summed)
		f->summed = !__builtin_add_overflow(f->sum, n, &f->sum);
	return true;
}

static enum funds_answer value_dated(struct bai2 *b, struct view v)
{
	struct bai2_funds *f = &b->funds;

	if (f->step == 1) {
		if (v.n > 0 && !date_parse_yymmdd(&f->value, v)) {
			f->value = DATE_NONE;
			return part_is_bad(b, v, "the value date is no date of the form YYMMDD");
		}
		if (f->value != DATE_NONE && b->as_of != DATE_NONE && f->value < b->as_of) {
			bai2_find(b, BAI2_VALUE_DATE, v, "Value Date",
				"the value date lies before the as-of date; the as-of date is taken");
			f->value = b->as_of;
		}
		return FUNDS_MORE;
	}
	if (v.n > 0 && !bai2_time(v))
		return part_is_bad(b, v, "the value time is no time of the form HHMM");
	return FUNDS_DONE;
}

static enum funds_answer distributed(struct bai2 *b, struct view v)
{
	struct bai2_funds *f = &b->funds;
	bool is_signed;
	int64_t n;

	if (f->step == 1) {
		if (v.n == 0 || v.n > 4 || !bai2_integer(&n, v, &is_signed) || n < 0)
			return part_is_bad(b, v, "the number of distributions is not a number");
		f->left = 2 * n;
		return n > 0 ? FUNDS_MORE : FUNDS_DONE;
	}
	if (f->step % 2 == 0) {
		if (v.n > 0 && (v.n > 4 || !bai2_integer(&n, v, &is_signed) || n < 0))
			return part_is_bad(b, v, "fewer distributions than announced, or the number of days is not a "
				"number");
	} else if (!part_amount(b, v)) {
		return part_is_bad(b, v, "fewer distributions than announced, or an amount is not a number");
	}
	return f->left > 0 ? FUNDS_MORE : FUNDS_DONE;
}

enum funds_answer bai2_funds_next(struct bai2 *b, struct view v)
{
	struct bai2_funds *f = &b->funds;

	f->step++;
	f->left--;
	v = view_trim(v);
	if (f->type == 'V')
		return value_dated(b, v);
	if (f->type == 'D')
		return distributed(b, v);
	if (!part_amount(b, v))
		return part_is_bad(b, v, "an amount is not a number");
	return f->left > 0 ? FUNDS_MORE : FUNDS_DONE;
}

void bai2_add(struct bai2 *b, int64_t amount)
{
	struct bai2_sums *s = &b->sums[RING_ACCOUNT];

	if (s->lost || !__builtin_add_overflow(s->computed, amount, &s->computed))
		return;
	s->lost = true;
	bai2_find(b, BAI2_OVERFLOW, (struct view){ NULL, 0 }, "Amount",
		"the amounts of this account are too large to be added up");
}
