/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_entry - Ntry and TxDtls, as ENTRY and DETAIL records
 *
 * The sign is CdtDbtInd alone: RvslInd says what a line is and never turns it.  The entry's own amount counts, in the
 * account's currency; a transaction's may be in another one.  An entry with one TxDtls takes over what that one says
 * (references, the other side, text); one with several is a batch, and each says its own.  The other side is the one
 * whose account is not ours; without accounts it is the payer of what came in and the payee of what went out, and the
 * other way round for a reversal, which names the parties of what it takes back.
 */
#include <inttypes.h>
#include "formats/core/wire.h"
#include "formats/lib/camt.h"

/* Items */

static void reset(struct camt_item *i, uint64_t line)
{
	memset(i, 0, offsetof(struct camt_item, store));
	i->line = line;
	i->booked = i->value = DATE_NONE;
}

static bool goes_on(enum camt_slot slot)
{
	return slot == S_REMITTANCE || slot == S_STRUCTURED || slot == S_INFORMATION || slot == S_RETURN_TEXT || slot == S_DOCUMENT;
}

static bool room(struct camt *c, struct camt_item *i, size_t n)
{
	if (n <= sizeof(i->store) - i->n)
		return true;
	if (!i->cut)
		camt_find(c, CAMT_TEXT_LONG, NULL, "the texts of this entry are too long; what follows is left out");
	i->cut = true;
	return false;
}

/* A text that may come several times goes on in a new line; of the others the first one counts. */
static void take_text(struct camt *c, enum camt_slot slot, struct view v)
{
	struct camt_item *i = c->item;
	struct view *old = &i->text[slot];

	if (v.n == 0 || (old->n > 0 && !goes_on(slot)))
		return;
	if (old->n > 0 && old->p + old->n == i->store + i->n) {
		if (!room(c, i, v.n + 1))
			return;
		i->store[i->n++] = '\n';
		old->n += v.n + 1;
	} else {
		if (!room(c, i, old->n + v.n + 1))
			return;
		if (old->n > 0) {
			memcpy(i->store + i->n, old->p, old->n);
			i->store[i->n + old->n] = '\n';
		}
		*old = (struct view){ i->store + i->n, old->n == 0 ? v.n : old->n + 1 + v.n };
		i->n += old->n - v.n;
	}
	memcpy(i->store + i->n, v.p, v.n);
	i->n += v.n;
}

static void take_amount(struct camt *c, struct camt_money *m, struct view text, const char *name)
{
	bool own = c->amount_has_currency;

	m->there = true;
	m->line = c->line;
	memcpy(m->currency, own ? c->amount_currency : c->st.currency, 4);
	m->good = camt_amount(c, text, m->currency, name, &m->minor);
}

/* An amount that stands once. */
static void take_own_amount(struct camt *c, struct view text)
{
	if (c->item->amount.there) {
		camt_find(c, CAMT_REPEATED_ELEMENT, "Amt", "the amount stands twice; the first one is taken");
		return;
	}
	if (!c->amount_has_currency)
		camt_find(c, CAMT_NO_CURRENCY, "Amt", "the amount has no currency of three capitals; the account's is taken");
	take_amount(c, &c->item->amount, text, "Amt");
}

static void take_charge(struct camt *c, struct view text, bool total)
{
	struct camt_item *i = c->item;
	struct camt_money m = { 0 };

	if (!total && i->has_total_charges)
		return;
	take_amount(c, &m, text, "Chrgs");
	if (!m.good || (i->amount.there && memcmp(m.currency, i->amount.currency, 3) != 0))
		return;
	if (total)
		i->charges = m.minor;
	else if (__builtin_add_overflow(i->charges, m.minor, &i->charges))
		return;
	i->has_charges = true;
	i->has_total_charges = i->has_total_charges || total;
}

static void take_sign(struct camt *c, struct view text)
{
	if (c->item->sign != 0)
		camt_find(c, CAMT_REPEATED_ELEMENT, "CdtDbtInd", "the indicator stands twice; the first one is taken");
	else
		c->item->sign = camt_sign(c, text, "CdtDbtInd");
}

/* Capitals or not. */
static bool same_letters(struct view text, struct view capitals)
{
	if (text.n != capitals.n)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] >= 'a' && text.p[i] <= 'z' ? text.p[i] - 'a' + 'A' : text.p[i]) != capitals.p[i])
			return false;
	return true;
}

static void take_status(struct camt *c, struct view text)
{
	static const struct view known[] = { VIEW_INIT("BOOK"), VIEW_INIT("PDNG"), VIEW_INIT("INFO"), VIEW_INIT("FUTR") };

	if (text.n == 0 || c->entry.status.n > 0)
		return;			/* <Sts> that holds a <Cd> has no text of its own */
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (same_letters(text, known[i])) {
			camt_keep(&c->entry.status, known[i]);
			if (!view_eq(text, known[i]))
				camt_find(c, CAMT_STATUS, "Sts", "the status is not written in capitals; it is read as if it were");
			return;
		}
	camt_keep(&c->entry.status, text);
	camt_find(c, CAMT_STATUS, "Sts", "the status is none of BOOK, PDNG, INFO and FUTR; the entry is taken as booked");
}

static void take_reversal(struct camt *c, struct view text)
{
	if (view_eq(text, VIEW("true")) || view_eq(text, VIEW("1")))
		c->item->reversal = true;
	else if (!view_eq(text, VIEW("false")) && !view_eq(text, VIEW("0")))
		camt_find(c, CAMT_REVERSAL, "RvslInd", "the reversal indicator is neither true nor false");
}

static void take_batch_count(struct camt *c, struct view text)
{
	int64_t n = 0;

	for (size_t i = 0; i < text.n && i < 15; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return;
		n = n * 10 + text.p[i] - '0';
	}
	c->batch_count = n;
}

void camt_item_value(struct camt *c, enum camt_is is, struct view text)
{
	switch (is) {
	case IS_AMOUNT: take_own_amount(c, text); break;
	case IS_SIGN: take_sign(c, text); break;
	case IS_REVERSAL: take_reversal(c, text); break;
	case IS_STATUS: take_status(c, text); break;
	case IS_BOOKED:
		if (c->item->booked == DATE_NONE)
			c->item->booked = camt_date(c, text, "BookgDt");
		break;
	case IS_VALUE:
		if (c->item->value == DATE_NONE)
			c->item->value = camt_date(c, text, "ValDt");
		break;
	case IS_TX_AMOUNT:
		if (!c->item->tx_amount.there)
			take_amount(c, &c->item->tx_amount, text, "TxAmt");
		break;
	case IS_ORIGINAL:
		if (!c->item->original.there)
			take_amount(c, &c->item->original, text, "InstdAmt");
		break;
	case IS_COUNTER:
		if (!c->item->counter.there)
			take_amount(c, &c->item->counter, text, "CntrValAmt");
		break;
	case IS_CHARGES: take_charge(c, text, true); break;
	case IS_CHARGE: take_charge(c, text, false); break;
	case IS_BATCH_COUNT: take_batch_count(c, text); break;
	default:
		if (is >= IS_TEXT && is < IS_TEXT + S_SLOTS)
			take_text(c, (enum camt_slot)(is - IS_TEXT), text);
	}
}

bool camt_is_booked(const struct camt_item *i)
{
	struct view s = camt_view(&i->status);

	return !view_eq(s, VIEW("PDNG")) && !view_eq(s, VIEW("INFO")) && !view_eq(s, VIEW("FUTR"));
}

/* Records */

static void set_once(struct record *r, enum record_field f, struct view v)
{
	if (!record_has(r, f))
		record_set_text(r, f, v);
}

static bool is_given(struct view v)
{
	return v.n > 0 && !view_eq(v, VIEW("NOTPROVIDED")) && !view_eq(v, VIEW("NONREF")) && !view_eq(v, VIEW("NOTPROVIDED."));
}

static void set_given(struct record *r, enum record_field f, struct view v)
{
	if (is_given(v))
		set_once(r, f, v);
}

/* PMNT-RCDT-ESCT, else the bank's own code; that one stands in CODE as well. */
static void set_type(struct camt *c, struct record *r, const struct camt_item *i)
{
	static const enum camt_slot parts[] = { S_DOMAIN, S_FAMILY, S_SUBFAMILY };
	size_t n = 0;

	set_once(r, F_CODE, i->text[S_PROPRIETARY]);
	if (record_has(r, F_TYPE))
		return;
	for (size_t k = 0; k < 3; k++) {
		struct view v = view_sub(i->text[parts[k]], 0, 16);

		if (v.n == 0)
			continue;
		if (n > 0)
			c->type[n++] = '-';
		memcpy(c->type + n, v.p, v.n);
		n += v.n;
	}
	record_set_text(r, F_TYPE, n > 0 ? (struct view){ c->type, n } : i->text[S_PROPRIETARY]);
}

static void set_party(struct camt *c, struct record *r, const struct camt_item *i, char sign)
{
	struct view own = camt_view(&c->st.account);
	bool debtor = (sign == 'C') != (c->entry.reversal || i->reversal);
	bool has[2] = { i->text[S_CREDITOR].n > 0 || i->text[S_CREDITOR_ACCOUNT].n > 0, i->text[S_DEBTOR].n > 0 || i->text[S_DEBTOR_ACCOUNT].n > 0 };
	bool ours[2] = { view_eq(i->text[S_CREDITOR_ACCOUNT], own), view_eq(i->text[S_DEBTOR_ACCOUNT], own) };

	if (own.n > 0 && ours[debtor] && !ours[!debtor])
		debtor = !debtor;
	else if (!has[debtor] && has[!debtor] && !(own.n > 0 && ours[!debtor]))
		debtor = !debtor;
	set_given(r, F_PARTY, i->text[debtor ? S_DEBTOR : S_CREDITOR]);
	set_given(r, F_PARTY, i->text[debtor ? S_ULTIMATE_DEBTOR : S_ULTIMATE_CREDITOR]);
	set_given(r, F_PARTY_ACCOUNT, i->text[debtor ? S_DEBTOR_ACCOUNT : S_CREDITOR_ACCOUNT]);
	set_given(r, F_PARTY_BANK, i->text[debtor ? S_DEBTOR_BANK : S_CREDITOR_BANK]);
}

/* What was instructed, in another currency or, of a return with its fees, another amount; else what it was before exchange. */
static void set_original(struct record *r, const struct camt_item *i, const struct camt_money *own)
{
	const struct camt_money *from[] = { &i->original, &i->tx_amount, &i->counter };

	for (size_t k = 0; k < 3 && !record_has(r, F_ORIGINAL_AMOUNT); k++)
		if (from[k]->good && from[k]->currency[0] != '\0' && (memcmp(from[k]->currency, own->currency, 3) != 0 || (k == 0 && own->good && from[k]->minor != own->minor))) {
			record_set_num(r, F_ORIGINAL_AMOUNT, from[k]->minor);
			record_set_text(r, F_ORIGINAL_CURRENCY, (struct view){ from[k]->currency, 3 });
		}
	if (i->has_charges && !record_has(r, F_CHARGES))
		record_set_num(r, F_CHARGES, i->charges);
}

static void set_references(struct record *r, const struct camt_item *i)
{
	static const enum camt_slot customer[] = { S_END_TO_END, S_REFERENCE, S_PAYMENT, S_INSTRUCTION, S_CHECK };

	set_given(r, F_BANK_REF, i->text[S_BANK_REF]);
	set_given(r, F_BANK_REF, i->text[S_ENTRY_REF]);
	set_given(r, F_END_TO_END, i->text[S_END_TO_END]);
	for (size_t k = 0; k < sizeof(customer) / sizeof(customer[0]); k++)
		set_given(r, F_CUSTOMER_REF, i->text[customer[k]]);
	set_given(r, F_MANDATE, i->text[S_MANDATE]);
	set_given(r, F_CHECK_NUMBER, i->text[S_CHECK]);
	set_given(r, F_TRACE, i->text[S_CLEARING]);
	set_given(r, F_REFERENCE, i->text[S_REFERENCE]);
	set_given(r, F_REFERENCE, i->text[S_DOCUMENT]);
	set_given(r, F_GROUP, i->text[S_PAYMENT]);
	set_given(r, F_REASON, i->text[S_RETURN]);
}

static size_t append(char *to, size_t n, size_t max, struct view v)
{
	v = view_sub(v, 0, max - n);
	if (v.n > 0)
		memcpy(to + n, v.p, v.n);
	return n + v.n;
}

static size_t add_line(char *to, size_t n, size_t max, struct view v)
{
	if (v.n > 0 && n > 0)
		n = append(to, n, max, VIEW("\n"));
	return append(to, n, max, v);
}

/* Everything that is words: of the transaction, then of the entry. */
static void set_words(struct camt *c, struct record *r, const struct camt_item *tx, const struct camt_item *entry)
{
	static const enum camt_slot words[] = { S_REMITTANCE, S_STRUCTURED, S_RETURN_TEXT, S_INFORMATION };
	static const struct { enum camt_slot slot; struct view name; } more[] = {
		{ S_TRANSACTION, VIEW_INIT("TxId=") }, { S_UETR, VIEW_INIT("UETR=") }, { S_INSTRUCTION, VIEW_INIT("InstrId=") },
		{ S_MESSAGE, VIEW_INIT("MsgId=") }, { S_PURPOSE, VIEW_INIT("Purp=") }, { S_OWN_REF, VIEW_INIT("Ref=") }, { S_RATE, VIEW_INIT("XchgRate=") }, { S_CREDITOR_ID, VIEW_INIT("CdtrId=") },
		{ S_ULTIMATE_DEBTOR, VIEW_INIT("UltmtDbtr=") }, { S_ULTIMATE_CREDITOR, VIEW_INIT("UltmtCdtr=") },
	};
	const struct camt_item *items[] = { tx, entry };
	size_t n = 0, k = 0;

	for (size_t i = 0; i < 2; i++) {
		if (items[i] == NULL)
			continue;
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
			n = add_line(c->out, n, sizeof(c->out), items[i]->text[words[w]]);
		for (size_t m = 0; m < sizeof(more) / sizeof(more[0]); m++) {
			if (!is_given(items[i]->text[more[m].slot]))
				continue;
			k = add_line(c->extra, k, sizeof(c->extra), more[m].name);
			k = append(c->extra, k, sizeof(c->extra), items[i]->text[more[m].slot]);
		}
		set_once(r, F_DESCRIPTION, items[i]->text[S_REMITTANCE]);
	}
	record_set_text(r, F_TEXT, (struct view){ c->out, n });
	record_set_text(r, F_EXTRA, (struct view){ c->extra, k });
}

static void set_head(struct camt *c, struct record *r, enum record_kind kind, uint64_t line, const struct camt_money *money, char sign)
{
	const char *currency = money->there && money->currency[0] != '\0' ? money->currency : c->st.currency;

	record_init(r, kind, line);
	record_set_text(r, F_ACCOUNT, camt_view(&c->st.account));
	record_set_text(r, F_CURRENCY, view_of(currency));
	if (money->good && (sign == 'C' || sign == 'D'))
		record_set_num(r, F_AMOUNT, sign == 'C' ? money->minor : -money->minor);
	if (c->entry.value != DATE_NONE)
		record_set_num(r, F_VALUE_DATE, c->entry.value);
	if (c->entry.booked != DATE_NONE)
		record_set_num(r, F_BOOKING_DATE, c->entry.booked);
	record_set_text(r, F_STATUS, camt_view(&c->entry.status));
	if (c->kind != CAMT_053 || !camt_is_booked(&c->entry))
		record_set_num(r, F_PROVISIONAL, 1);
}

/* Statement and number of the entry's record: before anything of it leaves. */
static void prepare(struct camt *c)
{
	if (c->entry_seq != 0)
		return;
	if (c->st.currency[0] == '\0')
		memcpy(c->st.currency, c->entry.amount.currency, 4);
	camt_tell_statement(c);
	c->entry_seq = c->seq + 1;
}

/* An entry that counts and is not told. */
static void sum_entry(struct camt *c)
{
	const struct camt_item *e = &c->entry;
	int64_t *side = e->sign == 'C' ? &c->sum.credit : &c->sum.debit;

	if (e->amount.good && (e->sign == 'C' || e->sign == 'D') && __builtin_add_overflow(*side, e->amount.minor, side)) {
		camt_emit_sums(c);
		*side = e->amount.minor;
	}
	c->sum.records++;
	c->entry_told = true;
}

static void tell_entry(struct camt *c, const struct camt_item *only)
{
	struct record *r = &c->rec;
	struct camt_item *e = &c->entry;

	prepare(c);
	if (c->sums && c->kind != CAMT_054 && camt_is_booked(e) && c->st.currency[0] != '\0') {
		sum_entry(c);
		return;
	}
	set_head(c, r, c->kind == CAMT_054 ? RECORD_DETAIL : RECORD_ENTRY, e->line, &e->amount, e->sign);
	if (e->reversal)
		record_set_num(r, F_REVERSAL, 1);
	set_type(c, r, e);
	set_references(r, e);
	set_original(r, e, &e->amount);
	if (only != NULL) {
		set_type(c, r, only);
		set_references(r, only);
		set_party(c, r, only, e->sign);
		set_original(r, only, &e->amount);
	}
	set_words(c, r, only, e);
	if (c->n_tx > 1)
		record_set_num(r, F_COUNT, (int64_t)c->n_tx);
	camt_emit(c, r);
	c->entry_told = true;
}

static char sign_of(const struct camt *c, const struct camt_item *tx)
{
	return tx->sign != 0 ? tx->sign : c->entry.sign;
}

static const struct camt_money *money_of(const struct camt_item *tx)
{
	return tx->amount.there ? &tx->amount : &tx->tx_amount;
}

static void fill_detail(struct camt *c)
{
	struct record *r = &c->rec;
	struct camt_item *tx = &c->tx;

	set_head(c, r, RECORD_DETAIL, tx->line, money_of(tx), sign_of(c, tx));
	record_set_num(r, F_PARENT, (int64_t)c->entry_seq);
	if (c->entry.reversal || tx->reversal)
		record_set_num(r, F_REVERSAL, 1);
	set_type(c, r, tx);
	set_references(r, tx);
	set_party(c, r, tx, sign_of(c, tx));
	set_original(r, tx, money_of(tx));
	set_words(c, r, tx, NULL);
}

static void tell_held(struct camt *c)
{
	struct view rest = buf_as_view(&c->held);

	while (!c->stopped && wire_cut_record(&rest, &c->rec) == 1)
		camt_emit(c, &c->rec);
	buf_clear(&c->held);
	c->details.records += c->held_details;
	c->held_details = 0;
}

/* A detail waits for its entry, which waits for its text; not for ever. */
static void hold_detail(struct camt *c)
{
	prepare(c);
	if (c->sums) {
		*(c->entry_told ? &c->details.records : &c->held_details) += 1;
	} else {
		fill_detail(c);
		if (c->entry_told)
			camt_emit(c, &c->rec);
		else
			wire_put_record(&c->held, &c->rec);
	}
	c->held_bytes += c->tx.n + CAMT_DETAIL;
	if (!c->entry_told && c->held_bytes > CAMT_HELD) {
		tell_entry(c, NULL);
		tell_held(c);
	}
}

/* Sums */

static void add_tx(struct camt *c)
{
	const struct camt_money *m = money_of(&c->tx);
	bool same = m->good && memcmp(m->currency, c->entry.amount.currency, 3) == 0 && (c->tx.amount.there || !c->tx.has_charges);
	int64_t minor = sign_of(c, &c->tx) == c->entry.sign ? m->minor : -m->minor;

	if (!same || c->entry.sign == 0 || __builtin_add_overflow(c->tx_sum, minor, &c->tx_sum))
		c->tx_sum_known = false;
}

static void add_side(struct camt_sum *s, int64_t minor, bool booked, bool *lost)
{
	s->count++;
	s->booked_count += booked;
	if (__builtin_add_overflow(s->sum, minor, &s->sum) || (booked && __builtin_add_overflow(s->booked_sum, minor, &s->booked_sum)))
		*lost = true;
}

static void add_entry(struct camt *c)
{
	struct camt_statement *st = &c->st;
	struct camt_item *e = &c->entry;
	bool booked = camt_is_booked(e), lost = st->lost;

	if (!e->amount.good || (e->sign != 'C' && e->sign != 'D')) {
		st->unread++;
		return;
	}
	add_side(e->sign == 'C' ? &st->credit : &st->debit, e->amount.minor, booked, &lost);
	if (booked && __builtin_add_overflow(st->net, e->sign == 'C' ? e->amount.minor : -e->amount.minor, &st->net))
		lost = true;
	if (lost && !st->lost)
		camt_find(c, CAMT_OVERFLOW, "Amt", "the amounts of this statement are too large to be added up");
	st->lost = lost;
}

static void check_again(struct camt *c)
{
	struct camt_item *e = &c->entry;
	uint64_t h = chain_hash(CHAIN_START, c->st.account.p, c->st.account.n);

	if (e->text[S_BANK_REF].n == 0 || !is_given(e->text[S_BANK_REF]))
		return;
	h = chain_hash(h, e->text[S_BANK_REF].p, e->text[S_BANK_REF].n);
	h = chain_hash(h, e->text[S_ENTRY_REF].p, e->text[S_ENTRY_REF].n);
	h = chain_hash(h, &e->amount.minor, sizeof(e->amount.minor));
	h = chain_hash(h, &e->booked, sizeof(e->booked));
	h = chain_hash(h, &e->sign, 1);
	h = chain_hash(h, e->status.p, e->status.n);
	if (c->entries_seen[h % CAMT_ENTRIES_SEEN] == h)
		camt_find_at(c, CAMT_ENTRY_REPEATED, FINDING_WARNING, e->line, "AcctSvcrRef",
			"an entry with the same bank reference, date and amount stood before");
	c->entries_seen[h % CAMT_ENTRIES_SEEN] = h;
}

static void check_entry(struct camt *c)
{
	struct camt_item *e = &c->entry;

	if (!e->amount.there)
		camt_find_at(c, CAMT_NO_AMOUNT, FINDING_ERROR, e->line, "Amt", "the entry has no amount");
	if (e->sign == 0)
		camt_find_at(c, CAMT_SIGN, FINDING_ERROR, e->line, "CdtDbtInd", "the entry does not say whether it is a credit or a debit; it gets no amount");
	if (e->status.n == 0 && !c->st.said_status)
		camt_find_at(c, CAMT_STATUS, FINDING_WARNING, e->line, "Sts", "the entry has no status; it and others like it are taken as booked");
	c->st.said_status = c->st.said_status || e->status.n == 0;
	if (e->booked == DATE_NONE && e->value == DATE_NONE) {
		if (!c->st.said_date)
			camt_find_at(c, CAMT_NO_DATE, FINDING_WARNING, e->line, "BookgDt", "the entry has neither booking nor value date; others like it are not told");
		c->st.said_date = true;
	}
	if (e->amount.there && c->st.currency[0] != '\0' && e->amount.currency[0] != '\0' && memcmp(e->amount.currency, c->st.currency, 3) != 0)
		camt_find_at(c, CAMT_CURRENCY, FINDING_ERROR, e->line, "Amt", "the entry is in %s, the account in %s", e->amount.currency, c->st.currency);
	if (c->n_tx > 0 && c->tx_sum_known && e->amount.good && c->tx_sum != e->amount.minor)
		camt_find_at(c, CAMT_BATCH_SUM, FINDING_WARNING, e->line, "TxDtls",
			"the transactions of the entry do not add up to its amount: the difference is %" PRId64 " minor units", c->tx_sum - e->amount.minor);
	check_again(c);
}

/* Events */

void camt_entry_begin(struct camt *c)
{
	reset(&c->entry, c->line);
	c->item = &c->entry;
	c->entry_told = false;
	c->entry_seq = c->n_tx = 0;
	c->tx_sum = 0;
	c->tx_sum_known = true;
	c->batch_count = -1;
	c->held.n = 0;
	c->held_bytes = c->held_details = 0;
}

void camt_details_begin(struct camt *c)
{
	c->batch_count = -1;
	c->batch_from = c->n_tx;
}

/* One TxDtls for a batch is its summary: banks give it so. */
void camt_details_end(struct camt *c)
{
	uint64_t n = c->n_tx - c->batch_from;

	if (c->batch_count >= 0 && n > 0 && (n > 1 || c->batch_count < 1) && (int64_t)n != c->batch_count)
		camt_find_at(c, CAMT_BATCH_COUNT, FINDING_WARNING, c->entry.line, "NbOfTxs",
			"the batch says %" PRId64 " transactions and holds %" PRIu64, c->batch_count, n);
}

void camt_tx_begin(struct camt *c)
{
	if (c->n_tx == 1)
		hold_detail(c);		/* the first one: now it is a batch */
	c->n_tx++;
	reset(&c->tx, c->line);
	c->item = &c->tx;
}

void camt_tx_end(struct camt *c)
{
	add_tx(c);
	if (c->n_tx > 1)
		hold_detail(c);
	c->item = &c->entry;
}

/* What the entry said behind its details, when it had left before. */
static void tell_rest(struct camt *c)
{
	struct record *r = &c->rec;

	if (c->entry.text[S_INFORMATION].n == 0)
		return;
	if (c->sums) {
		c->details.records++;
		return;
	}
	record_init(r, RECORD_DETAIL, c->line);
	record_set_text(r, F_ACCOUNT, camt_view(&c->st.account));
	record_set_num(r, F_PARENT, (int64_t)c->entry_seq);
	record_set_text(r, F_TEXT, c->entry.text[S_INFORMATION]);
	camt_emit(c, r);
}

void camt_entry_end(struct camt *c)
{
	bool early = c->entry_told;

	prepare(c);
	check_entry(c);
	add_entry(c);
	if (early) {
		tell_rest(c);
	} else {
		tell_entry(c, c->n_tx == 1 ? &c->tx : NULL);
		if (c->n_tx == 1 && c->sums) {
			c->details.records++;
		} else if (c->n_tx == 1) {
			fill_detail(c);
			camt_emit(c, &c->rec);
		}
		tell_held(c);
	}
	c->item = NULL;
}
