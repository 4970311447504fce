/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_values - amounts, dates, signs and numbers of a camt file, as text and as what they mean
 *
 * An amount is read by its digits alone: never rounded, never a float.
 */
#include "formats/core/money.h"
#include "formats/lib/camt.h"

struct view camt_view(const struct camt_text *t)
{
	return (struct view){ t->p, t->n };
}

void camt_keep(struct camt_text *t, struct view v)
{
	v = view_sub(v, 0, sizeof(t->p));
	if (v.n > 0)
		memcpy(t->p, v.p, v.n);
	t->n = (uint8_t)v.n;
}

static int digits_of(struct camt *c, const char *currency)
{
	if (currency[0] == '\0')
		return 2;
	if (memcmp(c->last_currency, currency, 4) != 0) {
		memcpy(c->last_currency, currency, 4);
		c->last_digits = money_digits(currency);
	}
	return c->last_digits;
}

/* xs:decimal: digits, a point, digits; zeros behind the currency's decimals are none too many. */
bool camt_amount(struct camt *c, struct view v, const char *currency, const char *name, int64_t *minor)
{
	int want = digits_of(c, currency), have = 0;
	bool point = false, any = false;
	const char *bad = NULL;
	int64_t n = 0;

	if (v.n > 0 && *v.p == '+')
		v = view_sub(v, 1, v.n);
	for (size_t i = 0; i < v.n && bad == NULL; i++) {
		char d = v.p[i];

		if (d == '.' && !point) {
			point = true;
		} else if (d < '0' || d > '9') {
			bad = "the amount is not a decimal number";
		} else if (point && have == want) {
			bad = d == '0' ? NULL : "the amount has more decimals than its currency";
			any = true;
		} else {
			any = true;
			have += point;
			if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, d - '0', &n))
				bad = "the amount is too large";
		}
	}
	for (; bad == NULL && have < want; have++)
		if (__builtin_mul_overflow(n, 10, &n))
			bad = "the amount is too large";
	if (bad == NULL && !any)
		bad = "the amount is empty";
	*minor = n;
	if (bad != NULL)
		camt_find(c, CAMT_AMOUNT, name, "%s", bad);
	return bad == NULL;
}

/* The day of a date or of a time; a zone is not counted in: it is the day that the bank wrote. */
date_t camt_date(struct camt *c, struct view v, const char *name)
{
	date_t d;

	if (date_parse_iso(&d, view_sub(v, 0, 10)) && (v.n == 10 || v.p[10] == 'T' || v.p[10] == 'Z' || v.p[10] == '+' || v.p[10] == '-'))
		return d;
	camt_find(c, CAMT_DATE, name, "the date is no date of the form YYYY-MM-DD");
	return DATE_NONE;
}

char camt_sign(struct camt *c, struct view v, const char *name)
{
	if (view_eq(v, VIEW("CRDT")))
		return 'C';
	if (view_eq(v, VIEW("DBIT")))
		return 'D';
	camt_find(c, CAMT_SIGN, name, "the indicator is neither CRDT nor DBIT");
	return '?';
}

int64_t camt_number(struct view v)
{
	int64_t n = 0;

	if (v.n == 0 || v.n > 15)
		return -1;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -1;
		n = n * 10 + v.p[i] - '0';
	}
	return n;
}
