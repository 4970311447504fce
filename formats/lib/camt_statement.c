/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_statement - Stmt, Rpt and Ntfctn with their balances and summary, as STATEMENT, BALANCE and TOTAL records
 *
 * The STATEMENT record leaves with the first thing that needs it: by then account and currency are known.
 */
#include "formats/lib/camt.h"

/* Statements */

void camt_statement_begin(struct camt *c)
{
	c->st = (struct camt_statement){ .line = c->line, .created = DATE_NONE, .to = DATE_NONE, .page = -1, .last = true };
	c->in_message++;
	c->statements++;
}

void camt_tell_statement(struct camt *c)
{
	struct camt_statement *st = &c->st;
	struct record r;
	int64_t sequence;

	if (st->told)
		return;
	st->told = true;
	record_init(&r, RECORD_STATEMENT, st->line);
	record_set_text(&r, F_ACCOUNT, camt_view(&st->account));
	record_set_text(&r, F_CURRENCY, view_of(st->currency));
	record_set_text(&r, F_TYPE, view_of(c->version));
	record_set_text(&r, F_STATEMENT, camt_view(&st->id));
	sequence = camt_number(camt_view(&st->electronic));
	if (sequence < 0)
		sequence = camt_number(camt_view(&st->legal));
	if (sequence >= 0)
		record_set_num(&r, F_PAGE, sequence);
	record_set_text(&r, F_PARTY_BANK, camt_view(&st->bank));
	if (st->to != DATE_NONE)
		record_set_num(&r, F_AS_OF_DATE, st->to);
	if (st->created != DATE_NONE)
		record_set_num(&r, F_CREATED_DATE, st->created);
	if (c->kind != CAMT_053)
		record_set_num(&r, F_PROVISIONAL, 1);
	camt_emit(c, &r);
}

static void end_statement(struct camt *c)
{
	struct camt_statement *st = &c->st;

	camt_tell_statement(c);
	if (st->id.n == 0)
		camt_find_at(c, CAMT_NO_ID, FINDING_WARNING, st->line, "Id", "the statement has no identification");
	if (st->account.n == 0)
		camt_find_at(c, CAMT_NO_ACCOUNT, FINDING_ERROR, st->line, "Acct", "the statement does not say its account");
	if (c->kind == CAMT_053 && !camt_opening(c)->there)
		camt_find_at(c, CAMT_NO_OPENING, FINDING_WARNING, st->line, "Bal", "the statement has no opening balance (OPBD or PRCD)");
	if (c->kind == CAMT_053 && !camt_closing(c)->there)
		camt_find_at(c, CAMT_NO_CLOSING, FINDING_WARNING, st->line, "Bal", "the statement has no closing balance (CLBD)");
	if (st->copy.n > 0)
		camt_find_at(c, CAMT_DUPLICATE, FINDING_WARNING, st->line, "CpyDplctInd", "the statement says that it is a copy or a duplicate (%.*s)",
			st->copy.n > 4 ? 4 : st->copy.n, st->copy.p);
	if (!st->last || st->page > 1)
		camt_find_at(c, CAMT_PAGE, FINDING_WARNING, st->line, "StmtPgntn", "the statement is one page of several");
	camt_prove(c);
}

/* Balances */

void camt_balance_begin(struct camt *c)
{
	memset(&c->bal, 0, sizeof(c->bal));
	c->bal.line = c->line;
	c->bal.date = DATE_NONE;
}

static bool known_balance(struct view type)
{
	static const char *const types[] = { "OPBD", "CLBD", "PRCD", "ITBD", "OPAV", "CLAV", "ITAV", "FWAV", "INFO", "XPCD", NULL };

	for (size_t i = 0; types[i] != NULL; i++)
		if (view_eq(type, view_of(types[i])))
			return true;
	return false;
}

static struct camt_balance balance_read(const struct camt *c)
{
	struct camt_balance b = { .there = true, .readable = c->bal.amount.good && (c->bal.sign == 'C' || c->bal.sign == 'D'),
		.minor = c->bal.sign == 'D' ? -c->bal.amount.minor : c->bal.amount.minor, .date = c->bal.date, .line = c->bal.line };

	memcpy(b.currency, c->bal.amount.currency, 4);
	return b;
}

/* ITBD: there may be one where a page begins and one where it ends. */
static void keep_page(struct camt *c)
{
	struct camt_statement *st = &c->st;

	st->page_to = balance_read(c);
	if (!st->page_to.readable)
		return;
	if (st->pages++ == 0)
		st->page_from = st->page_to;
}

static void keep_balance(struct camt *c, struct camt_balance *b)
{
	struct camt_balance new = balance_read(c);

	if (!b->there)
		*b = new;
	else if (b->minor != new.minor || memcmp(b->currency, new.currency, 4) != 0)
		camt_find_at(c, CAMT_BALANCE_REPEATED, FINDING_ERROR, c->bal.line, "Bal", "a balance of this type stands twice with different amounts; the first one is taken");
	if (memcmp(new.currency, c->st.currency, 3) != 0 && new.currency[0] != '\0')
		camt_find_at(c, CAMT_CURRENCY, FINDING_ERROR, c->bal.line, "Bal", "the balance is in %s, the account in %s", new.currency, c->st.currency);
}

static void end_balance(struct camt *c)
{
	struct record *r = &c->rec;
	struct view type = camt_view(&c->bal.type);

	if (c->st.currency[0] == '\0')
		memcpy(c->st.currency, c->bal.amount.currency, 4);
	camt_tell_statement(c);
	if (c->bal.sign == 0)
		camt_find_at(c, CAMT_BALANCE_SIGN, FINDING_WARNING, c->bal.line, "Bal", "the balance does not say whether it is a credit or a debit; it is read as a credit");
	c->bal.sign = c->bal.sign == 0 ? 'C' : c->bal.sign;
	if (type.n == 0 || !c->bal.amount.there)
		camt_find_at(c, CAMT_BALANCE, FINDING_ERROR, c->bal.line, "Bal", "the balance has no %s", type.n == 0 ? "type" : "amount");
	else if (!c->bal.own && !known_balance(type))
		camt_find_at(c, CAMT_BALANCE_TYPE, FINDING_WARNING, c->bal.line, "Bal", "the balance's type is none of the code list");
	if (view_eq(type, VIEW("OPBD")))
		keep_balance(c, &c->st.opening);
	else if (view_eq(type, VIEW("PRCD")))
		keep_balance(c, &c->st.previous);
	else if (view_eq(type, VIEW("CLBD")))
		keep_balance(c, &c->st.closing);
	else if (view_eq(type, VIEW("ITBD")))
		keep_page(c);
	record_init(r, RECORD_BALANCE, c->bal.line);
	record_set_text(r, F_ACCOUNT, camt_view(&c->st.account));
	record_set_text(r, F_CURRENCY, view_of(c->bal.amount.currency));
	if (c->bal.amount.good && (c->bal.sign == 'C' || c->bal.sign == 'D'))
		record_set_num(r, F_AMOUNT, c->bal.sign == 'C' ? c->bal.amount.minor : -c->bal.amount.minor);
	record_set_text(r, F_TYPE, type);
	record_set_text(r, F_TEXT, camt_view(&c->bal.subtype));
	if (c->bal.date != DATE_NONE)
		record_set_num(r, F_AS_OF_DATE, c->bal.date);
	if (c->kind != CAMT_053)
		record_set_num(r, F_PROVISIONAL, 1);
	camt_emit(c, r);
}

static void take_balance_amount(struct camt *c, struct view v)
{
	struct camt_money *m = &c->bal.amount;

	if (m->there) {
		camt_find(c, CAMT_REPEATED_ELEMENT, "Amt", "the amount stands twice; the first one is taken");
		return;
	}
	if (!c->amount_has_currency)
		camt_find(c, CAMT_NO_CURRENCY, "Amt", "the balance has no currency of three capitals; the account's is taken");
	m->there = true;
	memcpy(m->currency, c->amount_has_currency ? c->amount_currency : c->st.currency, 4);
	m->good = camt_amount(c, v, m->currency, "Bal/Amt", &m->minor);
}

/* Summary */

static void take_count(struct camt *c, struct camt_claim *claim, struct view v)
{
	claim->there = true;
	claim->line = c->line;
	claim->count = camt_number(v);
	if (claim->count < 0)
		camt_find(c, CAMT_TOTALS, "NbOfNtries", "the number of entries is not a number");
}

/* The summary has no currency of its own: it is the account's; a sum may have more decimals (xs:decimal). */
static void take_sum(struct camt *c, struct camt_claim *claim, struct view v)
{
	if (!claim->there)
		*claim = (struct camt_claim){ .there = true, .count = -1, .line = c->line };
	claim->has_sum = camt_amount(c, v, c->st.currency, "Sum", &claim->sum);
}

static void tell_total(struct camt *c, const struct camt_claim *claim, const char *type, enum record_field f)
{
	struct record *r = &c->rec;

	if (!claim->there)
		return;
	record_init(r, RECORD_TOTAL, claim->line);
	record_set_text(r, F_ACCOUNT, camt_view(&c->st.account));
	record_set_text(r, F_CURRENCY, view_of(c->st.currency));
	record_set_text(r, F_TYPE, view_of(type));
	if (claim->count >= 0)
		record_set_num(r, F_COUNT, claim->count);
	if (claim->has_sum)
		record_set_num(r, f, claim->sum);
	camt_emit(c, r);
}

static void end_totals(struct camt *c)
{
	struct camt_statement *st = &c->st;

	camt_tell_statement(c);
	if (st->net_claim.there && st->net_sign == 'D')
		st->net_claim.sum = -st->net_claim.sum;
	tell_total(c, &st->total, "TtlNtries", F_AMOUNT);
	tell_total(c, &st->net_claim, "TtlNetNtry", F_AMOUNT);
	tell_total(c, &st->credits, "TtlCdtNtries", F_CREDIT);
	tell_total(c, &st->debits, "TtlDbtNtries", F_DEBIT);
}

/* Their values */

void camt_take_currency(char out[4], struct view v)
{
	if (v.n == 3 && v.p[0] >= 'A' && v.p[0] <= 'Z' && v.p[1] >= 'A' && v.p[1] <= 'Z' && v.p[2] >= 'A' && v.p[2] <= 'Z')
		memcpy(out, v.p, 3);
}

void camt_statement_value(struct camt *c, enum camt_is is, struct view v)
{
	struct camt_statement *st = &c->st;

	switch (is) {
	case IS_STATEMENT_ID: camt_keep(&st->id, v); break;
	case IS_ELECTRONIC: camt_keep(&st->electronic, v); break;
	case IS_LEGAL: camt_keep(&st->legal, v); break;
	case IS_COPY: camt_keep(&st->copy, v); break;
	case IS_PAGE: st->page = camt_number(v); break;
	case IS_LAST: st->last = !view_eq(v, VIEW("false")) && !view_eq(v, VIEW("0")); break;
	case IS_TO: st->to = camt_date(c, v, "ToDtTm"); break;
	case IS_CREATED: st->created = camt_date(c, v, "CreDtTm"); break;
	case IS_ACCOUNT:
		if (st->account.n == 0)
			camt_keep(&st->account, v);
		break;
	case IS_ACCOUNT_CURRENCY: camt_take_currency(st->currency, v); break;
	case IS_BANK: camt_keep(&st->bank, v); break;
	case IS_TOTAL_COUNT: take_count(c, &st->total, v); break;
	case IS_TOTAL_SUM: take_sum(c, &st->total, v); break;
	case IS_TOTAL_NET: take_sum(c, &st->net_claim, v); break;
	case IS_TOTAL_NET_SIGN: st->net_sign = camt_sign(c, v, "TtlNetNtry"); break;
	case IS_CREDIT_COUNT: take_count(c, &st->credits, v); break;
	case IS_CREDIT_SUM: take_sum(c, &st->credits, v); break;
	case IS_DEBIT_COUNT: take_count(c, &st->debits, v); break;
	case IS_DEBIT_SUM: take_sum(c, &st->debits, v); break;
	case IS_TOTALS: end_totals(c); break;
	case IS_BALANCE_TYPE:
	case IS_BALANCE_OWN:
		camt_keep(&c->bal.type, v);
		c->bal.own = is == IS_BALANCE_OWN;
		break;
	case IS_BALANCE_SUBTYPE: camt_keep(&c->bal.subtype, v); break;
	case IS_BALANCE_AMOUNT: take_balance_amount(c, v); break;
	case IS_BALANCE_SIGN:
		if (c->bal.sign != 0)
			camt_find(c, CAMT_REPEATED_ELEMENT, "CdtDbtInd", "the indicator stands twice; the first one is taken");
		else
			c->bal.sign = camt_sign(c, v, "CdtDbtInd");
		break;
	case IS_BALANCE_DATE: c->bal.date = camt_date(c, v, "Dt"); break;
	case IS_BALANCE: end_balance(c); break;
	case IS_STATEMENT: end_statement(c); break;
	default: break;
	}
}
