/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt - ISO 20022 account reports, statements and notifications: camt.052, camt.053 and camt.054, versions 01 to 10
 *
 * Elements are found by their local names, whatever namespace or envelope stands around them.  Order of records: FILE for
 * each message, then for each Stmt, Rpt or Ntfctn STATEMENT, its BALANCEs, a TOTAL for each line of its summary, an ENTRY
 * for every Ntry (also for one that cannot be read: it has no amount) and a DETAIL for each of its TxDtls.  The Ntry of a
 * camt.054 is a part of a 053's entry: it is a DETAIL too.  Memory does not grow with the file.
 */
#include <stdio.h>

#include "formats/core/money.h"
#include "formats/lib/camt.h"

/* Values */

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

static struct view trimmed(struct view v)
{
	while (v.n > 0 && (unsigned char)*v.p <= ' ') {
		v.p++;
		v.n--;
	}
	while (v.n > 0 && (unsigned char)v.p[v.n - 1] <= ' ')
		v.n--;
	return v;
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

static int64_t number(struct view v)
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

/* Messages */

static void tell_file(struct camt *c)
{
	struct record *r = &c->rec;

	if (c->said_file)
		return;
	c->said_file = true;
	record_init(r, RECORD_FILE, c->line);
	record_set_text(r, F_TYPE, view_of(c->version));
	record_set_text(r, F_RECEIVER, camt_view(&c->receiver));
	record_set_text(r, F_FILE_ID, camt_view(&c->message_id));
	if (c->message_date != DATE_NONE)
		record_set_num(r, F_CREATED_DATE, c->message_date);
	record_set_text(r, F_CREATED_TIME, view_of(c->message_time));
	if (c->message_page >= 0)
		record_set_num(r, F_PAGE, c->message_page);
	camt_emit(c, r);
}

/* "...:camt.053.001.08", and of some countries with more behind it */
static void read_version(struct camt *c, struct view uri)
{
	const char *camt = uri.n == 0 ? NULL : memmem(uri.p, uri.n, "camt.", 5);
	struct view v = camt == NULL ? (struct view){ NULL, 0 } : view_sub(uri, (size_t)(camt - uri.p), 15);
	int64_t kind = v.n == 0 || !view_starts(v, VIEW("camt.")) ? -1 : number(view_sub(v, 5, 3));
	int64_t version = kind < 0 || v.n < 15 ? -1 : number(view_sub(v, 13, 2));

	snprintf(c->version, sizeof(c->version), "camt.%03d", (int)c->kind);
	if (kind >= 0 && version >= 0)
		snprintf(c->version, sizeof(c->version), "%.*s", VIEW_FMT(v));
	if (uri.n == 0)
		return;
	if (kind < 0 || version < 1 || version > 13)
		camt_find(c, CAMT_VERSION, "xmlns", "the namespace is none of a known camt version; the file is read by its element names");
	else if (kind != (int64_t)c->kind)
		camt_find(c, CAMT_VERSION, "xmlns", "the namespace is of another message than the root element; the element is believed");
}

static bool message_kind(struct view name, enum camt_kind *kind)
{
	static const struct { struct view name; enum camt_kind kind; } rows[] = {
		{ VIEW_INIT("BkToCstmrStmt"), CAMT_053 }, { VIEW_INIT("BkToCstmrAcctRpt"), CAMT_052 }, { VIEW_INIT("BkToCstmrDbtCdtNtfctn"), CAMT_054 },
	};

	for (size_t i = 0; i < 3; i++) {
		struct view rest = view_sub(name, rows[i].name.n, name.n);

		/* of version 01 the names end with V01 */
		if (view_starts(name, rows[i].name) && (rest.n == 0 || *rest.p == 'V')) {
			*kind = rows[i].kind;
			return true;
		}
	}
	return false;
}

static void begin_message(struct camt *c, struct view uri)
{
	c->messages++;
	c->in_message = 0;
	c->message_id.n = c->receiver.n = 0;
	c->message_date = DATE_NONE;
	c->message_time[0] = '\0';
	c->message_page = -1;
	c->message_last = true;
	c->said_file = false;
	read_version(c, uri);
}

static void end_message(struct camt *c)
{
	tell_file(c);
	if (c->in_message == 0)
		camt_find(c, CAMT_NO_STATEMENT, NULL, "the message has no statement, report or notification in it");
	if (!c->message_last || c->message_page > 1)
		camt_find(c, CAMT_PAGE, "MsgPgntn", "the message is one page of several");
}

static void take_time(struct camt *c, struct view v)
{
	c->message_date = camt_date(c, v, "CreDtTm");
	if (v.n >= 19)
		memcpy(c->message_time, v.p + 11, 8);
	c->message_time[8] = '\0';
}

/* Statements */

static void begin_statement(struct camt *c)
{
	tell_file(c);
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
	sequence = number(camt_view(&st->electronic));
	if (sequence < 0)
		sequence = number(camt_view(&st->legal));
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

static void begin_balance(struct camt *c)
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
	claim->count = number(v);
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

/* Elements */

static void take_currency(char out[4], struct view v)
{
	if (v.n == 3 && v.p[0] >= 'A' && v.p[0] <= 'Z' && v.p[1] >= 'A' && v.p[1] <= 'Z' && v.p[2] >= 'A' && v.p[2] <= 'Z')
		memcpy(out, v.p, 3);
}

static void read_amount_currency(struct camt *c, const struct xml_element *e)
{
	memset(c->amount_currency, 0, sizeof(c->amount_currency));
	for (unsigned i = 0; i < e->n_attributes; i++)
		if (view_eq(e->attributes[i].name, VIEW("Ccy")))
			take_currency(c->amount_currency, trimmed(e->attributes[i].value));
	c->amount_has_currency = c->amount_currency[0] != '\0';
}

#define OUTSIDE UINT16_MAX		/* of every message: envelopes */
#define PASSED_OVER 0

static uint32_t node_of(camt_place_t p)
{
	return p >> 16;
}

static enum camt_is what_is(camt_place_t p)
{
	return (enum camt_is)(p >> 8 & 0xff);
}

static camt_place_t place_of(const struct camt *c, uint32_t node)
{
	return node << 16 | (node == OUTSIDE ? 0 : (uint32_t)c->grammar->is[node] << 8 | c->grammar->begins[node]);
}

/* What few elements ask for stands out of line, so that the others save no registers for it. */

__attribute__((noinline))
static camt_place_t outside(struct camt *c, const struct xml_element *e)
{
	if (!message_kind(view_of(e->name), &c->kind))
		return place_of(c, OUTSIDE);
	begin_message(c, e->uri);
	return place_of(c, 1);
}

__attribute__((noinline))
static camt_place_t look_up(struct camt *c, uint32_t from, const char *name, size_t at)
{
	struct camt_step *s = &c->steps[at];

	for (size_t i = 1; i < 4 && s->name != NULL; i++) {
		s = &c->steps[at ^ i];
		if (s->name == name && s->from == from)
			return s->to;
	}
	*s = (struct camt_step){ name, from, place_of(c, c->grammar->next[from][camt_name(c->grammar, view_of(name))]) };
	return s->to;
}

/* Its place was looked up once; up to four that fall together lie in one line of the cache. */
static camt_place_t step(struct camt *c, uint32_t from, const char *name)
{
	size_t at = (((uintptr_t)name + from) * 0x9e3779b97f4a7c15u >> 48) % CAMT_STEPS;
	const struct camt_step *s = &c->steps[at];

	return s->name == name && s->from == from ? s->to : look_up(c, from, name, at);
}

__attribute__((noinline))
static int begin(struct camt *c, enum camt_is is, const struct xml_element *e)
{
	switch (is) {
	case IS_MESSAGE: break;
	case IS_STATEMENT: begin_statement(c); break;
	case IS_BALANCE: begin_balance(c); break;
	case IS_ENTRY: camt_entry_begin(c); break;
	case IS_DETAILS: camt_details_begin(c); break;
	case IS_TRANSACTION: camt_tx_begin(c); break;
	default:
		read_amount_currency(c, e);
	}
	return c->stopped ? -1 : 0;
}

static int on_start(void *ctx, const struct xml_element *e)
{
	struct camt *c = ctx;
	uint32_t from = node_of(c->at[e->depth]);
	camt_place_t to;

	c->line = e->line;
	if (from == OUTSIDE)
		to = outside(c, e);
	else if (from == PASSED_OVER)
		to = PASSED_OVER;
	else
		to = step(c, from, e->name);
	c->at[e->depth + 1] = to;
	return (to & 1) != 0 ? begin(c, what_is(to), e) : 0;
}

static void on_statement_value(struct camt *c, enum camt_is is, struct view v)
{
	struct camt_statement *st = &c->st;

	switch (is) {
	case IS_STATEMENT_ID: camt_keep(&st->id, v); break;
	case IS_ELECTRONIC: camt_keep(&st->electronic, v); break;
	case IS_LEGAL: camt_keep(&st->legal, v); break;
	case IS_COPY: camt_keep(&st->copy, v); break;
	case IS_PAGE: st->page = number(v); break;
	case IS_LAST: st->last = !view_eq(v, VIEW("false")) && !view_eq(v, VIEW("0")); break;
	case IS_TO: st->to = camt_date(c, v, "ToDtTm"); break;
	case IS_CREATED: st->created = camt_date(c, v, "CreDtTm"); break;
	case IS_ACCOUNT:
		if (st->account.n == 0)
			camt_keep(&st->account, v);
		break;
	case IS_ACCOUNT_CURRENCY: take_currency(st->currency, v); break;
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

static int on_end(void *ctx, const struct xml_element *e, struct view text)
{
	struct camt *c = ctx;
	enum camt_is is = what_is(c->at[e->depth + 1]);

	if (is == IS_NOTHING)
		return 0;
	c->line = e->line;
	text = trimmed(text);
	switch (is) {
	case IS_NOTHING: break;
	case IS_MESSAGE: end_message(c); break;
	case IS_MESSAGE_ID: camt_keep(&c->message_id, text); break;
	case IS_MESSAGE_TIME: take_time(c, text); break;
	case IS_MESSAGE_PAGE: c->message_page = number(text); break;
	case IS_MESSAGE_LAST: c->message_last = !view_eq(text, VIEW("false")) && !view_eq(text, VIEW("0")); break;
	case IS_RECEIVER: camt_keep(&c->receiver, text); break;
	case IS_ENTRY: camt_entry_end(c); break;
	case IS_DETAILS: camt_details_end(c); break;
	case IS_TRANSACTION: camt_tx_end(c); break;
	default:
		if (is < IS_ENTRY)
			on_statement_value(c, is, text);
		else if (c->item != NULL)
			camt_item_value(c, is, text);
	}
	return c->stopped ? -1 : 0;
}

/* Options */

static int choose(struct camt *c, const char *name, int otherwise)
{
	static const char *const words[] = { "reject", "warn", "ignore", NULL };
	struct view v = c->host->option == NULL ? (struct view){ NULL, 0 } : c->host->option(c->host->ctx, name);

	if (v.p == NULL)
		return otherwise;
	for (int i = 0; words[i] != NULL; i++)
		if (view_eq(v, view_of(words[i])))
			return i;
	camt_find_at(c, CAMT_OPTION, FINDING_ERROR, 0, NULL, "option %s has a value that is not known", name);
	return 0;
}

static const struct tally_option camt_options[] = {
	{ "proof", "reject|warn|ignore", "reject", "statements that do not add up" },
	{ "totals", "reject|warn|ignore", "reject", "counts and sums of the summary (TxsSummry) that do not agree" },
	{ "chain", "reject|warn|ignore", "warn", "a statement that does not begin where the account's last one ended" },
	STRICT_OPTION("CAMT", STRICT_OF_STATEMENTS),
	{ NULL, NULL, NULL, NULL },
};

/* Without these nothing was read, or the file not to its end. */
static const uint64_t must_be_errors = STRICT(CAMT_EMPTY) | STRICT(CAMT_XML) | STRICT(CAMT_DOCTYPE) | STRICT(CAMT_LIMIT) | STRICT(CAMT_NO_MESSAGE) |
	STRICT(CAMT_OVERFLOW) | STRICT(CAMT_OPTION);
/* Something is not read, or its meaning is doubtful. */
static const uint64_t must_be_told = STRICT(CAMT_ENCODING) | STRICT(CAMT_NO_ACCOUNT) | STRICT(CAMT_BALANCE) | STRICT(CAMT_BALANCE_SIGN) |
	STRICT(CAMT_BALANCE_REPEATED) | STRICT(CAMT_AMOUNT) | STRICT(CAMT_NO_AMOUNT) | STRICT(CAMT_SIGN) | STRICT(CAMT_NO_CURRENCY) |
	STRICT(CAMT_CURRENCY) | STRICT(CAMT_STATUS) | STRICT(CAMT_DATE) | STRICT(CAMT_REPEATED_ELEMENT) | STRICT(CAMT_REPEATED) | STRICT(CAMT_TEXT_LONG);
_Static_assert(CAMT_CODES <= 64, "strict.h has a bit a code");

static void read_options(struct camt *c)
{
	const char *code;

	strict_init(&c->strict, c->host, camt_findings, must_be_told, must_be_errors);
	for (unsigned at = 0; (code = strict_unknown(&c->strict, &at)) != NULL;)
		camt_find_at(c, CAMT_OPTION, FINDING_ERROR, 0, NULL, "option %s is none of error, warning, note, off", code);
	c->proof = (enum camt_policy)choose(c, "proof", POLICY_REJECT);
	c->totals = (enum camt_policy)choose(c, "totals", POLICY_REJECT);
	c->chain_policy = (enum camt_policy)choose(c, "chain", POLICY_WARN);
}

/* The module */

static const struct { enum xml_fault_kind kind; enum camt_code code; } faults[] = {
	{ XML_EMPTY, CAMT_EMPTY }, { XML_BROKEN, CAMT_XML }, { XML_DOCTYPE, CAMT_DOCTYPE }, { XML_LIMIT, CAMT_LIMIT },
};

static void tell_fault(struct camt *c, const struct xml_fault *fault)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].kind == fault->kind)
			camt_find_at(c, faults[i].code, FINDING_ERROR, fault->line, NULL, "%s", fault->text);
}

static int on_repaired(void *ctx, enum xml_repair what, uint64_t line, const char *text)
{
	struct camt *c = ctx;
	enum camt_code code = what == XML_ENCODING ? CAMT_ENCODING : CAMT_XML;

	camt_find_at(c, code, camt_findings[code].severity, line, NULL, "%s", text);
	return c->stopped ? -1 : 0;
}

static int camt_parse(const struct tally_host *host, void *state)
{
	static const struct xml_handler handler = { on_start, on_end, on_repaired };
	struct camt *c = state;
	struct xml_fault fault;
	int rc;

	c->host = host;
	c->grammar = camt_grammar();
	c->at[0] = place_of(c, OUTSIDE);
	c->sums = TALLY_HOST_HAS(host, sum);
	c->sum = (struct tally_sum){ .size = sizeof(c->sum), .kind = RECORD_ENTRY };
	c->details = (struct tally_sum){ .size = sizeof(c->details), .kind = RECORD_DETAIL };
	c->held.max = CAMT_HELD * 8;
	read_options(c);
	rc = xml_parse(host, &handler, c, &fault);
	camt_emit_sums(c);
	if (rc == 1)
		tell_fault(c, &fault);
	else if (rc == 0 && c->messages == 0)
		camt_find_at(c, CAMT_NO_MESSAGE, FINDING_ERROR, 0, NULL, "there is no camt.052, camt.053 or camt.054 message in the file");
	if (c->held.failed)
		c->stopped = true;
	buf_release(&c->held);
	return rc < 0 || c->stopped ? -1 : 0;
}

/* The name of a camt namespace or of one of the three roots, in XML. */
static int camt_probe(struct view head)
{
	static const char *const roots[] = { "BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn" };
	static const char *const spaces[] = { "camt.052.", "camt.053.", "camt.054." };
	char plain[XML_HEAD];

	head = xml_narrow(head, plain);
	if (!xml_looks_so(head))
		return 0;
	for (size_t i = 0; i < 3; i++)
		if (memmem(head.p, head.n, roots[i], strlen(roots[i])) != NULL)
			return 100;
	for (size_t i = 0; i < 3; i++)
		if (memmem(head.p, head.n, spaces[i], strlen(spaces[i])) != NULL)
			return 90;
	return 0;
}

static int camt_document(const struct tally_host *host)
{
	struct buf text = { .max = 0 };
	int rc;

	camt_document_paths(&text);
	rc = text.failed ? -1 : host->write(host->ctx, buf_as_view(&text));
	buf_release(&text);
	return rc;
}

TALLY_FORMAT(.name = "camt", .version = "1.0", .state_size = sizeof(struct camt), .probe = camt_probe, .parse = camt_parse,
	.options = camt_options, .findings = camt_findings, .document = camt_document);
