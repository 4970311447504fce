/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money - see money.h.  Minor digits as in ISO 4217 List One: only the currencies that do not have two stand here
 *
 * money_parse takes plain digits only, money_parse_decimal one sign and one point; neither takes blanks, grouping or an
 * exponent, and neither rounds: one decimal too many is MONEY_DECIMALS, also when it is a zero.  On failure *out is
 * unchanged.
 */
#include "formats/core/money.h"

static const struct { char ccy[4]; int digits; } odd[] = {
	{ "BHD", 3 }, { "BIF", 0 }, { "CLF", 4 }, { "CLP", 0 }, { "DJF", 0 }, { "GNF", 0 }, { "IQD", 3 }, { "ISK", 0 },
	{ "JOD", 3 }, { "JPY", 0 }, { "KMF", 0 }, { "KRW", 0 }, { "KWD", 3 }, { "LYD", 3 }, { "OMR", 3 }, { "PYG", 0 },
	{ "RWF", 0 }, { "TND", 3 }, { "UGX", 0 }, { "UYI", 0 }, { "UYW", 4 }, { "VND", 0 }, { "VUV", 0 }, { "XAF", 0 },
	{ "XOF", 0 }, { "XPF", 0 },
};

const char *money_strerror(enum money_err e)
{
	switch (e) {
	case MONEY_OK:
		return "good";
	case MONEY_EMPTY:
		return "the amount is empty";
	case MONEY_NOT_DIGIT:
		return "the amount holds something that is not a digit";
	case MONEY_TOO_BIG:
		return "the amount is too large";
	case MONEY_DECIMALS:
		return "the amount has more decimals than its currency";
	case MONEY_CCY_DIFFERS:
		return "the currencies differ";
	case MONEY_CCY_UNKNOWN:
		return "the currency is not three capital letters";
	}
	return "the amount is bad";
}

int money_digits(const char *ccy)
{
	if (ccy == NULL)
		return -1;
	for (int i = 0; i < 3; i++)
		if (ccy[i] < 'A' || ccy[i] > 'Z')
			return -1;
	if (ccy[3] != '\0')
		return -1;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (memcmp(ccy, odd[i].ccy, 3) == 0)
			return odd[i].digits;
	return 2;
}

/* Adds one digit, towards minus infinity so that INT64_MIN can be read. */
static enum money_err push(int64_t *neg, char c)
{
	if (c < '0' || c > '9')
		return MONEY_NOT_DIGIT;
	if (__builtin_mul_overflow(*neg, (int64_t)10, neg) || __builtin_sub_overflow(*neg, (int64_t)(c - '0'), neg))
		return MONEY_TOO_BIG;
	return MONEY_OK;
}

static enum money_err finish(struct money *out, int64_t neg, bool negative, const char *ccy)
{
	if (!negative && neg == INT64_MIN)
		return MONEY_TOO_BIG;
	out->minor = negative ? neg : -neg;
	memcpy(out->ccy, ccy, 4);
	return MONEY_OK;
}

/* All of v is looked at before "too large" is said: "99999999999999999999x" is not a number at all. */
static enum money_err worse(enum money_err a, enum money_err b)
{
	return a == MONEY_NOT_DIGIT || b == MONEY_OK ? a : b;
}

enum money_err money_parse(struct money *out, struct view v, const char *ccy)
{
	enum money_err e = MONEY_OK;
	int64_t neg = 0;

	if (money_digits(ccy) < 0)
		return MONEY_CCY_UNKNOWN;
	if (v.n == 0)
		return MONEY_EMPTY;
	for (size_t i = 0; i < v.n; i++) {
		int64_t keep = neg;

		e = worse(e, push(&neg, v.p[i]));
		if (e != MONEY_OK)
			neg = keep;
	}
	return e != MONEY_OK ? e : finish(out, neg, false, ccy);
}

enum money_err money_parse_decimal(struct money *out, struct view v, const char *ccy)
{
	bool point = false, whole = false, negative;
	int want = money_digits(ccy), have = 0;
	enum money_err e = MONEY_OK;
	int64_t neg = 0;

	if (want < 0)
		return MONEY_CCY_UNKNOWN;
	if (v.n == 0)
		return MONEY_EMPTY;
	negative = v.p[0] == '-';
	for (size_t i = v.p[0] == '-' || v.p[0] == '+'; i < v.n; i++) {
		int64_t keep = neg;

		if (v.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (point && have == want && v.p[i] >= '0' && v.p[i] <= '9') {
			e = worse(e, MONEY_DECIMALS);
			continue;
		}
		e = worse(e, push(&neg, v.p[i]));
		if (e != MONEY_OK)
			neg = keep;
		else if (point)
			have++;
		else
			whole = true;
	}
	if (e != MONEY_OK)
		return e;
	if (!whole || (point && have == 0))		/* ".5", "5.", "-" */
		return MONEY_NOT_DIGIT;
	for (; have < want; have++)
		if ((e = push(&neg, '0')) != MONEY_OK)
			return e;
	return finish(out, neg, negative, ccy);
}

enum money_err money_add(struct money *sum, struct money add)
{
	if (memcmp(sum->ccy, add.ccy, sizeof(add.ccy)) != 0)
		return MONEY_CCY_DIFFERS;
	return money_add_minor(&sum->minor, add.minor) ? MONEY_OK : MONEY_TOO_BIG;
}

bool money_add_minor(int64_t *sum, int64_t add)
{
	int64_t v;

	if (__builtin_add_overflow(*sum, add, &v))
		return false;
	*sum = v;
	return true;
}

static void print(struct buf *b, int64_t minor, const char *ccy, bool grouped)
{
	uint64_t u = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
	char text[48], *end = text + sizeof(text), *p = end;
	int d = money_digits(ccy), places = 0;

	if (d < 0)
		d = 2;
	for (int i = 0; i < d; i++, u /= 10)
		*--p = (char)('0' + u % 10);
	if (d > 0)
		*--p = '.';
	do {
		if (grouped && places > 0 && places % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + u % 10);
		places++;
	} while ((u /= 10) != 0);
	if (minor < 0)
		*--p = '-';
	buf_put(b, p, (size_t)(end - p));
}

void money_print(struct buf *b, int64_t minor, const char *ccy)
{
	print(b, minor, ccy, false);
}

void money_print_grouped(struct buf *b, int64_t minor, const char *ccy)
{
	print(b, minor, ccy, true);
}
