/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll_values - judges each value of a payroll row, alone and together
 *
 * Strict on purpose: an amount is a plain decimal, or it is a finding that says what is odd about it; a routing
 * number's check digit must hold; gross less deductions is net to the cent.  A person twice in one run is found by
 * hash: equal hashes of different ids (about one run in ten million) would be told as twice, never paid twice.
 */
#include "formats/core/buf.h"
#include "formats/core/money.h"
#include "formats/lib/payroll.h"

#define TRUSTEE_ACCOUNT_MAX 30		/* as a rollover file holds */

/* Values */

static bool has_column(const struct payroll *p, enum payroll_column c)
{
	return p->at[c] >= 0;
}

bool payroll_all_digits(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return true;
}

bool payroll_needs(const struct payroll *p, enum payroll_column c)
{
	return c < ROUTING || (c < SSN && !p->no_bank_data);
}

/* A row paid by check, or of a person whose bank data come from another feed. */
static bool needs_account(const struct payroll *p)
{
	return !p->by_check && !p->no_bank_data;
}

static void check_word(struct payroll *p, enum payroll_column c, size_t max)
{
	struct view v = p->value[c];

	if (!has_column(p, c))
		return;
	if (v.n == 0)
		payroll_find(p, PAYROLL_VALUE_MISSING, c, "the value is empty");
	else if (v.n > max)
		payroll_find(p, PAYROLL_VALUE_LONG, c, "the value has %zu bytes, %zu are allowed", v.n, max);
	else if (value_has_control(v))
		payroll_find(p, PAYROLL_CHARACTER, c, "the value holds control characters");
}

static bool parse_date(struct payroll *p, struct view v, date_t *out)
{
	return p->dates == 0 ? date_parse_iso(out, v) : p->dates == 1 ? date_parse_us(out, v) : date_parse_yyyymmdd(out,
		v);
}

static void check_date(struct payroll *p)
{
	static const char *const form[] = { "YYYY-MM-DD", "MM/DD/YYYY", "YYYYMMDD" };
	struct view v = p->value[PAY_DATE];

	p->pay_date = DATE_NONE;
	if (!has_column(p, PAY_DATE))
		return;
	if (v.n == 0) {
		payroll_find(p, PAYROLL_VALUE_MISSING, PAY_DATE, "the value is empty");
	} else if (!parse_date(p, v, &p->pay_date)) {
		p->pay_date = DATE_NONE;
		payroll_find(p, PAYROLL_DATE, PAY_DATE, "the value is no date of the form %s", form[p->dates]);
	}
}

static const char *why_no_amount(struct view v)
{
	size_t point = v.n;

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
	if (point < v.n && v.n - point > 3)
		return "the amount has more than two decimals";
	return "the amount is no plain decimal such as 1234.56 that fits";
}

/* [-]digits[.d|.dd], nothing else. */
bool payroll_read_amount(struct view v, int64_t *out)
{
	struct money m;

	if (v.n == 0 || *v.p == '.' || *v.p == '+' || v.p[v.n - 1] == '.' || (*v.p == '-' && (v.n == 1 ||
		v.p[1] == '.')))
		return false;
	if (money_parse_decimal(&m, v, "USD") != MONEY_OK)
		return false;
	*out = m.minor;
	return true;
}

static bool check_amount(struct payroll *p, enum payroll_column c, int64_t *out)
{
	struct view v = p->value[c];

	*out = 0;
	if (!has_column(p, c))
		return false;
	if (v.n == 0) {
		payroll_find(p, PAYROLL_VALUE_MISSING, c, "the value is empty");
		return false;
	}
	if (payroll_read_amount(v, out))
		return true;
	payroll_find(p, PAYROLL_AMOUNT, c, "%s", why_no_amount(v));
	return false;
}

static void add_up(struct payroll *p)
{
	if (p->sums_lost || (money_add_minor(&p->sums.gross, p->gross) && money_add_minor(&p->sums.deductions,
		p->deductions) &&
			     money_add_minor(&p->sums.net, p->net)))
		return;
	p->sums_lost = true;
	payroll_find_row(p, PAYROLL_OVERFLOW, "the amounts up to this row are too large to be added up");
}

static void check_amounts(struct payroll *p)
{
	bool gross = check_amount(p, GROSS, &p->gross), deductions = check_amount(p, DEDUCTIONS, &p->deductions);
	bool net = check_amount(p, NET, &p->net);
	int64_t difference;

	add_up(p);
	if (gross && deductions && net && (__builtin_sub_overflow(p->gross, p->deductions, &difference) ||
		difference != p->net)) {
		struct buf b = { .max = 200 };

		money_print(&b, p->gross, "USD");
		buf_text(&b, " gross less ");
		money_print(&b, p->deductions, "USD");
		buf_text(&b, " deductions is not ");
		money_print(&b, p->net, "USD");
		payroll_find(p, PAYROLL_NET, NET, "%s net", buf_cstr(&b));
		buf_release(&b);
	}
	if (net && p->net < 0)
		payroll_find(p, PAYROLL_NET_NEGATIVE, NET, "net pay is negative; nothing can be paid");
	else if (net && p->net == 0)
		payroll_find(p, PAYROLL_NET_ZERO, NET, "net pay is zero; there is nothing to pay");
}

static void check_routing(struct payroll *p)
{
	struct view v = p->value[ROUTING];

	if (!has_column(p, ROUTING) || (v.n == 0 && !needs_account(p)))
		return;
	if (v.n == 0)
		payroll_find(p, PAYROLL_VALUE_MISSING, ROUTING, "the value is empty");
	else if (v.n == 8 && payroll_all_digits(v))
		payroll_find(p, PAYROLL_ROUTING, ROUTING,
			"the routing number has eight digits; a leading zero may have been lost");
	else if (v.n != 9 || !payroll_all_digits(v))
		payroll_find(p, PAYROLL_ROUTING, ROUTING, "the routing number is not nine digits");
	else if (!value_routing(v))
		payroll_find(p, PAYROLL_ROUTING, ROUTING, "the routing number's check digit is wrong");
}

static void check_account(struct payroll *p)
{
	struct view v = p->value[ACCOUNT];

	if (!has_column(p, ACCOUNT) || (v.n == 0 && !needs_account(p)))
		return;
	if (v.n == 0)
		payroll_find(p, PAYROLL_VALUE_MISSING, ACCOUNT, "the value is empty");
	else if (v.n > 17)
		payroll_find(p, PAYROLL_ACCOUNT, ACCOUNT, "the account number is longer than 17 characters");
	else
		for (size_t i = 0; i < v.n; i++)
			if (v.p[i] < 0x20 || v.p[i] > 0x7e) {
				payroll_find(p, PAYROLL_ACCOUNT, ACCOUNT,
					"the account number holds characters that are not printable ASCII");
				return;
			}
}

static void check_account_type(struct payroll *p)
{
	struct view v = p->value[ACCOUNT_TYPE];

	p->account_type = value_account_type(v);
	if (!has_column(p, ACCOUNT_TYPE) || p->account_type != 0 || (v.n == 0 && !needs_account(p)))
		return;
	if (v.n == 0)
		payroll_find(p, PAYROLL_VALUE_MISSING, ACCOUNT_TYPE, "the value is empty");
	else
		payroll_find(p, PAYROLL_ACCOUNT_TYPE, ACCOUNT_TYPE,
			"the account type is none of C, S, checking, savings");
}

static void check_method(struct payroll *p)
{
	struct view v = p->value[METHOD];

	p->by_check = value_is(v, "check");
	if (!has_column(p, METHOD) || p->by_check || value_is(v, "ach") || (v.n == 0 && p->no_bank_data))
		return;
	if (v.n == 0)
		payroll_find(p, PAYROLL_VALUE_MISSING, METHOD, "the value is empty");
	else
		payroll_find(p, PAYROLL_METHOD, METHOD, "the method is none of ACH, CHECK");
}

static void check_ssn(struct payroll *p)
{
	static const char *const why[] = {
		[SSN_NOT_DIGITS] = "the SSN is not nine digits; it is left out",
		[SSN_EIGHT] = "the SSN has eight digits, a leading zero may have been lost; it is left out",
		[SSN_IMPOSSIBLE] = "no such SSN was ever given out",
	};
	enum value_ssn kind;

	p->ssn[0] = '\0';
	if (!has_column(p, SSN) || p->value[SSN].n == 0)
		return;
	kind = value_ssn(p->value[SSN], p->ssn);
	if (kind == SSN_NOT_DIGITS || kind == SSN_EIGHT)
		p->ssn[0] = '\0';
	if (kind != SSN_GOOD)
		payroll_find(p, PAYROLL_SSN, SSN, "%s", why[kind]);
}

/* Distributions */

static void check_optional_words(struct payroll *p)
{
	static const struct { enum payroll_column column; size_t max; } words[] = {
		{ BADGE, PAYROLL_WORD_MAX }, { HCM_ID, PAYROLL_WORD_MAX }, { TRUSTEE, PAYROLL_NAME_MAX }, { TRUSTEE_ACCOUNT, TRUSTEE_ACCOUNT_MAX },
		{ PLAN, PAYROLL_WORD_MAX }, { ADDRESS1, PAYROLL_NAME_MAX }, { ADDRESS2, PAYROLL_NAME_MAX }, { CITY, PAYROLL_NAME_MAX },
		{ REGION, PAYROLL_WORD_MAX }, { POSTAL_CODE, PAYROLL_WORD_MAX }, { COUNTRY, PAYROLL_WORD_MAX },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (p->value[words[i].column].n > 0)
			check_word(p, words[i].column, words[i].max);
}

static bool optional_amount(struct payroll *p, enum payroll_column c, int64_t *out)
{
	*out = 0;
	return p->value[c].n > 0 && check_amount(p, c, out);
}

static void check_rollover(struct payroll *p)
{
	int64_t net;

	if (!optional_amount(p, ROLLOVER, &p->rollover) || !payroll_read_amount(p->value[NET], &net))
		return;
	if (p->rollover < 0 || p->rollover > net)
		payroll_find(p, PAYROLL_ROLLOVER, ROLLOVER, p->rollover < 0 ? "the rollover is negative" :
			"the rollover is more than the net, and it is a part of it");
	else if (p->rollover > 0 && p->value[TRUSTEE_ACCOUNT].n == 0)
		payroll_find(p, PAYROLL_TRUSTEE, TRUSTEE_ACCOUNT, "there is a rollover and no account at the trustee");
}

static void check_taxes(struct payroll *p)
{
	bool federal = optional_amount(p, FEDERAL_TAX, &p->federal), state = optional_amount(p, STATE_TAX, &p->state);
	int64_t both, deductions;

	if ((!federal && !state) || !payroll_read_amount(p->value[DEDUCTIONS], &deductions))
		return;
	if (p->federal < 0 || p->state < 0 || __builtin_add_overflow(p->federal, p->state, &both) || both > deductions)
		payroll_find(p, PAYROLL_TAX, federal ? FEDERAL_TAX : STATE_TAX, p->federal < 0 || p->state < 0 ? "a tax is negative" :
			"the taxes are more than the deductions, and they are a part of them");
}

/* One or two of box 7: digits 1 to 9, letters but I, O, V, X, Z. */
static void check_distribution(struct payroll *p)
{
	struct view v = p->value[DISTRIBUTION];
	bool good = v.n <= 2;

	for (size_t i = 0; i < v.n; i++)
		good = good && v.p[i] != '\0' && strchr("123456789ABCDEFGHJKLMNPQRSTUWY", v.p[i]) != NULL;
	if (!good)
		payroll_find(p, PAYROLL_DISTRIBUTION, DISTRIBUTION, "the code is not one or two of 1099-R box 7");
}

/* A person is one in a company's run. */
static void check_person_once(struct payroll *p)
{
	const struct view who[] = { p->value[COMPANY], p->value[RUN], p->value[PERSON] };

	if (!has_column(p, PERSON) || p->value[PERSON].n == 0 || p->said_many)
		return;
	switch (seen_put(&p->persons, who, sizeof(who) / sizeof(who[0]))) {
	case SEEN_NEW:
		break;
	case SEEN_AGAIN:
		payroll_find(p, PAYROLL_PERSON_TWICE, PERSON, "the person stands twice in this run");
		break;
	case SEEN_FULL:
		p->said_many = true;
		payroll_find_row(p, PAYROLL_PERSONS_MANY, "from here on a person who stands twice is not noticed");
	}
}

void payroll_check_values(struct payroll *p)
{
	check_word(p, COMPANY, PAYROLL_WORD_MAX);
	check_word(p, RUN, PAYROLL_WORD_MAX);
	check_word(p, PERSON, PAYROLL_WORD_MAX);
	check_word(p, NAME, PAYROLL_NAME_MAX);
	check_date(p);
	check_amounts(p);
	check_method(p);
	check_routing(p);
	check_account(p);
	check_account_type(p);
	check_ssn(p);
	check_optional_words(p);
	check_rollover(p);
	check_taxes(p);
	check_distribution(p);
	check_person_once(p);
}
