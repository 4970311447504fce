/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll_values - judges each value of a payroll row, alone and together
 *
 * Strict on purpose: an amount is a plain decimal, or it is a finding that says what is odd about it; a routing
 * number's check digit must hold; gross less deductions is net to the cent.  A person twice in one run is found by
 * hash: equal hashes of different ids (about one run in ten million) would be told as twice, never paid twice.
 */
#include "formats/core/buf.h"
#include "formats/core/layout.h"
#include "formats/core/money.h"
#include "formats/lib/payroll.h"

#define TRUSTEE_ACCOUNT_MAX 30		/* as a rollover file holds */

/* Values */

/* A row paid by check, or of a person whose bank data come from another feed. */
static bool needs_account(const struct payroll *p)
{
	return !p->by_check && !p->no_bank_data;
}

static bool has_column(const struct payroll *p, enum payroll_column c)
{
	return sheet_has(&p->sheet, (int)c);
}

static struct view value(const struct payroll *p, enum payroll_column c)
{
	return p->sheet.value[c];
}

static bool check_amount(struct payroll *p, enum payroll_column c, int64_t *out)
{
	return sheet_amount(&p->sheet, (int)c, "USD", true, out);
}

static void add_up(struct payroll *p)
{
	if (p->sums_lost || (money_add_minor(&p->sums.gross, p->gross) && money_add_minor(&p->sums.deductions,
		p->deductions) &&
			     money_add_minor(&p->sums.net, p->net)))
		return;
	p->sums_lost = true;
	sheet_say(&p->sheet, PAYROLL_OVERFLOW, -1, "the amounts up to this row are too large to be added up");
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
		sheet_say(&p->sheet, PAYROLL_NET, NET, "%s net", buf_cstr(&b));
		buf_release(&b);
	}
	if (net && p->net < 0)
		sheet_say(&p->sheet, PAYROLL_NET_NEGATIVE, NET, "net pay is negative; nothing can be paid");
	else if (net && p->net == 0)
		sheet_say(&p->sheet, PAYROLL_NET_ZERO, NET, "net pay is zero; there is nothing to pay");
}

static void check_routing(struct payroll *p)
{
	struct view v = value(p, ROUTING);

	if (!has_column(p, ROUTING) || (v.n == 0 && !needs_account(p)))
		return;
	if (v.n == 0)
		sheet_say(&p->sheet, SHEET_VALUE_MISSING, ROUTING, "the value is empty");
	else if (v.n == 8 && layout_is_digits(v))
		sheet_say(&p->sheet, PAYROLL_ROUTING, ROUTING,
			"the routing number has eight digits; a leading zero may have been lost");
	else if (v.n != 9 || !layout_is_digits(v))
		sheet_say(&p->sheet, PAYROLL_ROUTING, ROUTING, "the routing number is not nine digits");
	else if (!value_routing(v))
		sheet_say(&p->sheet, PAYROLL_ROUTING, ROUTING, "the routing number's check digit is wrong");
}

static void check_account(struct payroll *p)
{
	struct view v = value(p, ACCOUNT);

	if (!has_column(p, ACCOUNT) || (v.n == 0 && !needs_account(p)))
		return;
	if (v.n == 0)
		sheet_say(&p->sheet, SHEET_VALUE_MISSING, ACCOUNT, "the value is empty");
	else if (v.n > 17)
		sheet_say(&p->sheet, PAYROLL_ACCOUNT, ACCOUNT, "the account number is longer than 17 characters");
	else
		for (size_t i = 0; i < v.n; i++)
			if (v.p[i] < 0x20 || v.p[i] > 0x7e) {
				sheet_say(&p->sheet, PAYROLL_ACCOUNT, ACCOUNT,
					"the account number holds characters that are not printable ASCII");
				return;
			}
}

static void check_account_type(struct payroll *p)
{
	struct view v = value(p, ACCOUNT_TYPE);

	p->account_type = value_account_type(v);
	if (!has_column(p, ACCOUNT_TYPE) || p->account_type != 0 || (v.n == 0 && !needs_account(p)))
		return;
	if (v.n == 0)
		sheet_say(&p->sheet, SHEET_VALUE_MISSING, ACCOUNT_TYPE, "the value is empty");
	else
		sheet_say(&p->sheet, PAYROLL_ACCOUNT_TYPE, ACCOUNT_TYPE,
			"the account type is none of C, S, checking, savings");
}

static void check_method(struct payroll *p)
{
	struct view v = value(p, METHOD);

	p->by_check = value_is(v, "check");
	if (!has_column(p, METHOD) || p->by_check || value_is(v, "ach") || (v.n == 0 && p->no_bank_data))
		return;
	if (v.n == 0)
		sheet_say(&p->sheet, SHEET_VALUE_MISSING, METHOD, "the value is empty");
	else
		sheet_say(&p->sheet, PAYROLL_METHOD, METHOD, "the method is none of ACH, CHECK");
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
	if (!has_column(p, SSN) || value(p, SSN).n == 0)
		return;
	kind = value_ssn(value(p, SSN), p->ssn);
	if (kind == SSN_NOT_DIGITS || kind == SSN_EIGHT)
		p->ssn[0] = '\0';
	if (kind != SSN_GOOD)
		sheet_say(&p->sheet, PAYROLL_SSN, SSN, "%s", why[kind]);
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
		if (value(p, words[i].column).n > 0)
			sheet_text(&p->sheet, words[i].column, words[i].max, true);
}

static bool optional_amount(struct payroll *p, enum payroll_column c, int64_t *out)
{
	*out = 0;
	return value(p, c).n > 0 && check_amount(p, c, out);
}

static void check_rollover(struct payroll *p)
{
	int64_t net;

	if (!optional_amount(p, ROLLOVER, &p->rollover) || !sheet_read_amount(value(p, NET), "USD", &net))
		return;
	if (p->rollover < 0 || p->rollover > net)
		sheet_say(&p->sheet, PAYROLL_ROLLOVER, ROLLOVER, p->rollover < 0 ? "the rollover is negative" :
			"the rollover is more than the net, and it is a part of it");
	else if (p->rollover > 0 && value(p, TRUSTEE_ACCOUNT).n == 0)
		sheet_say(&p->sheet, PAYROLL_TRUSTEE, TRUSTEE_ACCOUNT, "there is a rollover and no account at the trustee");
}

static void check_taxes(struct payroll *p)
{
	bool federal = optional_amount(p, FEDERAL_TAX, &p->federal), state = optional_amount(p, STATE_TAX, &p->state);
	int64_t both, deductions;

	if ((!federal && !state) || !sheet_read_amount(value(p, DEDUCTIONS), "USD", &deductions))
		return;
	if (p->federal < 0 || p->state < 0 || __builtin_add_overflow(p->federal, p->state, &both) || both > deductions)
		sheet_say(&p->sheet, PAYROLL_TAX, federal ? FEDERAL_TAX : STATE_TAX, p->federal < 0 || p->state < 0 ? "a tax is negative" :
			"the taxes are more than the deductions, and they are a part of them");
}

/* One or two of box 7: digits 1 to 9, letters but I, O, V, X, Z. */
static void check_distribution(struct payroll *p)
{
	struct view v = value(p, DISTRIBUTION);
	bool good = v.n <= 2;

	for (size_t i = 0; i < v.n; i++)
		good = good && v.p[i] != '\0' && strchr("123456789ABCDEFGHJKLMNPQRSTUWY", v.p[i]) != NULL;
	if (!good)
		sheet_say(&p->sheet, PAYROLL_DISTRIBUTION, DISTRIBUTION, "the code is not one or two of 1099-R box 7");
}

/* A person is one in a company's run. */
static void check_person_once(struct payroll *p)
{
	const struct view who[] = { value(p, COMPANY), value(p, RUN), value(p, PERSON) };

	if (!has_column(p, PERSON) || value(p, PERSON).n == 0 || p->said_many)
		return;
	switch (seen_put(&p->persons, who, sizeof(who) / sizeof(who[0]))) {
	case SEEN_NEW:
		break;
	case SEEN_AGAIN:
		sheet_say(&p->sheet, PAYROLL_PERSON_TWICE, PERSON, "the person stands twice in this run");
		break;
	case SEEN_FULL:
		p->said_many = true;
		sheet_say(&p->sheet, PAYROLL_PERSONS_MANY, -1, "from here on a person who stands twice is not noticed");
	}
}

void payroll_check_values(struct payroll *p)
{
	sheet_text(&p->sheet, COMPANY, PAYROLL_WORD_MAX, true);
	sheet_text(&p->sheet, RUN, PAYROLL_WORD_MAX, true);
	sheet_text(&p->sheet, PERSON, PAYROLL_WORD_MAX, true);
	sheet_text(&p->sheet, NAME, PAYROLL_NAME_MAX, true);
	sheet_date(&p->sheet, PAY_DATE, PAYROLL_DATE, true, &p->pay_date);
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
