/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_chain - a statement proved by itself, and followed from one to the next
 *
 * Proof: opening + lines = closing, for every page.  Interim reports have no balances: their lines are held against the
 * counts and sums of :90D: and :90C:, where banks count reversals by the money's direction or by the mark's letter; both
 * are good.  Chain: a page ends where the next one begins, an account's statement where its next one begins.
 */
#include <inttypes.h>
#include "formats/core/money.h"
#include "formats/lib/mt940.h"

static uint32_t severity(enum mt940_policy p)
{
	return p == POLICY_REJECT ? FINDING_ERROR : FINDING_WARNING;
}

bool mt940_ignored(const struct mt940 *m, enum mt940_policy p, enum mt940_code code)
{
	return p == POLICY_IGNORE && !strict_is_set(&m->strict, code);
}

/* Proof */

static const char *shown(struct buf *b, int64_t minor, const char *currency)
{
	buf_clear(b);
	money_print_grouped(b, minor, currency[0] == '\0' ? "EUR" : currency);
	return buf_cstr(b);
}

/* A balance report (MT941) has sums in place of lines. */
static bool is_report(const struct mt940_statement *st)
{
	return st->type == 941 && !st->has_lines;
}

static void prove_balances(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;
	struct buf net = { 0 }, off = { 0 };
	int64_t end, difference = 0;

	if (is_report(st)) {
		if (!st->total_debit.there && !st->total_credit.there)
			return;
		st->lost = st->lost || __builtin_sub_overflow(st->total_credit.sum, st->total_debit.sum, &st->net);
	}
	if (!st->opening.readable || !st->closing.readable || mt940_ignored(m, m->proof, MT940_PROOF))
		return;
	if (memcmp(st->opening.currency, st->closing.currency, 4) != 0)
		return;			/* told already */
	if (st->lost || __builtin_add_overflow(st->opening.minor, st->net, &end) ||
	    __builtin_sub_overflow(st->closing.minor, end, &difference)) {
		mt940_find_at(m, MT940_OVERFLOW, FINDING_ERROR, st->closing.line, "Closing Balance", "the statement is too large to be proved");
		return;
	}
	if (difference != 0)
		mt940_find_at(m, MT940_PROOF, severity(m->proof), st->closing.line, "Closing Balance",
			"opening balance and lines do not add up to the closing balance: the lines make %s, the difference is %s %s%s",
			shown(&net, st->net, st->currency), shown(&off, difference, st->currency), st->currency,
			st->unread > 0 ? "; lines that cannot be read are not in it" : "");
	buf_release(&net);
	buf_release(&off);
}

static bool agrees(const struct mt940_total *t, const struct mt940_side *by_money, const struct mt940_side *by_letter,
	const struct mt940_side *reversed)
{
	int64_t less;

	if (t->count == by_money->count && t->sum == by_money->sum)
		return true;
	if (t->count != by_letter->count)
		return false;
	/* by letter a reversal may also be taken off: D - RD, where RD is what the letter has and the money has not */
	return t->sum == by_letter->sum || (!__builtin_sub_overflow(by_letter->sum, reversed->sum, &less) &&
		!__builtin_sub_overflow(less, reversed->sum, &less) && t->sum == less);
}

static void compare_total(struct mt940 *m, bool debit)
{
	struct mt940_statement *st = &m->st;
	const struct mt940_total *t = debit ? &st->total_debit : &st->total_credit;
	const struct mt940_side *side = debit ? st->debit : st->credit;
	struct buf claimed = { 0 }, read = { 0 };

	if (!t->there || st->lost || agrees(t, &side[0], &side[1], debit ? &st->reversed[0] : &st->reversed[1]))
		return;
	mt940_find_at(m, MT940_TOTALS, severity(m->proof), t->line, "Number and Sum",
		"the field counts %" PRId64 " lines of %s, %" PRId64 " of %s were read", t->count, shown(&claimed, t->sum, st->currency),
		side[0].count, shown(&read, side[0].sum, st->currency));
	buf_release(&claimed);
	buf_release(&read);
}

void mt940_prove(struct mt940 *m)
{
	prove_balances(m);
	if (mt940_ignored(m, m->proof, MT940_TOTALS) || is_report(&m->st))
		return;
	compare_total(m, true);
	compare_total(m, false);
}

/* Chain */

static uint64_t account_hash(const struct mt940_statement *st)
{
	uint64_t h = chain_hash(CHAIN_START, st->account, st->account_n);

	h = chain_hash(h, st->currency, 4);
	return h == 0 ? 1 : h;
}

/* Account, number, opening and closing balance: the same statement again. */
static bool seen_before(struct mt940 *m, uint64_t account)
{
	struct mt940_statement *st = &m->st;
	uint64_t h = chain_hash(account, st->number, st->number_n);

	h = chain_hash(h, &st->opening.hash, sizeof(h));
	h = chain_hash(h, &st->closing.hash, sizeof(h));
	return chain_again(&m->links, chain_hash(h, &st->net, sizeof(h)));
}

static void page(struct mt940 *m, const char *what)
{
	if (!mt940_ignored(m, m->pages, MT940_PAGE))
		mt940_find_at(m, MT940_PAGE, severity(m->pages), m->st.opening.line, "Statement Number", "%s", what);
}

static void follow_page(struct mt940 *m, const struct chain_link *last)
{
	struct mt940_statement *st = &m->st;

	if (st->opening.final)
		page(m, "the page before it ends with an intermediate balance, this one begins a new statement: a page is missing");
	else if (last->sequence >= 0 && st->sequence >= 0 && st->sequence != last->sequence)
		page(m, "the page has another statement number than the page before it");
	else if (last->page >= 0 && st->page >= 0 && st->page != last->page + 1)
		page(m, "the page number is not the next one");
	else if (last->readable && st->opening.readable && st->opening.minor != last->closing)
		page(m, "the page does not begin with the balance that the page before it ended with");
}

static void follow_statement(struct mt940 *m, const struct chain_link *last)
{
	struct mt940_statement *st = &m->st;
	struct buf was = { 0 }, is = { 0 };

	if (!last->readable || !st->opening.readable || mt940_ignored(m, m->chain, MT940_CHAIN))
		return;
	if (st->opening.minor == last->closing) {
		if (last->sequence > 0 && st->sequence > last->sequence + 1)
			mt940_find_at(m, MT940_NUMBER_GAP, FINDING_NOTE, st->opening.line, "Statement Number",
				"the statement's number is %" PRId64 " after %" PRId64 "; the balances agree", st->sequence, last->sequence);
		return;
	}
	if (st->closing.readable && st->closing.minor == last->opening) {
		mt940_find_at(m, MT940_REVERSED, FINDING_NOTE, st->opening.line, NULL, "the statement ends where the one before it begins");
		return;
	}
	mt940_find_at(m, MT940_CHAIN, severity(m->chain), st->opening.line, "Opening Balance",
		"the account's statement before it (line %" PRIu64 ") ended with %s, this one begins with %s: a statement between them is missing",
		last->line, shown(&was, last->closing, st->currency), shown(&is, st->opening.minor, st->currency));
	buf_release(&was);
	buf_release(&is);
}

void mt940_chain(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;
	struct chain_link *a;
	uint64_t account;

	if (!st->opening.there || !st->closing.there || st->interim)
		return;
	account = account_hash(st);
	if (seen_before(m, account)) {
		mt940_find_at(m, MT940_REPEATED, FINDING_ERROR, st->line, "Statement Number", "the same statement stood before in this file");
		return;
	}
	a = chain_link(&m->links, account);
	if (a->account == account && !a->final)
		follow_page(m, a);
	else if (!st->opening.final && !mt940_ignored(m, m->pages, MT940_PAGE_FIRST))
		mt940_find_at(m, MT940_PAGE_FIRST, FINDING_WARNING, st->opening.line, "Opening Balance",
			"the statement begins with an intermediate balance and no page before it is in the file");
	else if (a->account == account)
		follow_statement(m, a);
	*a = (struct chain_link){ .account = account, .opening = st->opening.minor, .closing = st->closing.minor,
		.sequence = st->sequence, .page = st->page, .final = st->closing.final,
		.readable = st->closing.readable && st->opening.readable, .line = st->line };
}

void mt940_chain_end(struct mt940 *m)
{
	for (size_t i = 0; i < CHAIN_ACCOUNTS && !mt940_ignored(m, m->pages, MT940_PAGE_LAST); i++)
		if (m->links.links[i].account != 0 && !m->links.links[i].final)
			mt940_find_at(m, MT940_PAGE_LAST, severity(m->pages), m->links.links[i].line, "Closing Balance",
				"the statement ends with an intermediate balance; its last page is not in the file");
}
