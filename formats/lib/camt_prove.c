/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_prove - a statement proved by itself and followed from one to the next
 *
 * Opening (OPBD, else PRCD) + booked entries = closing (CLBD); a page of a statement has ITBD for one of them, or for both.  Pending entries and the transactions of a batch are in no
 * sum.  The summary (TxsSummry) may count all entries or the booked ones: both are good.  Reports and notifications have no
 * pair of balances as a rule; when they have one it is held against them too.
 */
#include <inttypes.h>
#include "formats/core/money.h"
#include "formats/lib/camt.h"

static uint32_t severity(enum camt_policy p)
{
	return p == POLICY_REJECT ? FINDING_ERROR : FINDING_WARNING;
}

/* By the policy, and the finding's own option does not say otherwise. */
static bool ignored(const struct camt *c, enum camt_policy p, enum camt_code code)
{
	return p == POLICY_IGNORE && !strict_is_set(&c->strict, code);
}

static const char *shown(struct buf *b, int64_t minor, const char *currency)
{
	buf_clear(b);
	money_print_grouped(b, minor, currency[0] == '\0' ? "EUR" : currency);
	return buf_cstr(b);
}

/* OPBD, else PRCD; a page begins with an ITBD where its end is known. */
const struct camt_balance *camt_opening(const struct camt *c)
{
	const struct camt_statement *st = &c->st;

	if (st->opening.there || st->previous.there)
		return st->opening.there ? &st->opening : &st->previous;
	return c->kind == CAMT_053 && st->pages > 0 && (st->closing.there || st->pages > 1) ? &st->page_from : &st->opening;
}

const struct camt_balance *camt_closing(const struct camt *c)
{
	const struct camt_statement *st = &c->st;
	bool from = st->opening.there || st->previous.there;

	return !st->closing.there && c->kind == CAMT_053 && st->pages > 0 && (from || st->pages > 1) ? &st->page_to : &st->closing;
}

static void prove_balances(struct camt *c)
{
	struct camt_statement *st = &c->st;
	const struct camt_balance *from = camt_opening(c), *to = camt_closing(c);
	struct buf net = { 0 }, off = { 0 };
	int64_t end, difference = 0;

	if (!from->readable || !to->readable || ignored(c, c->proof, CAMT_PROOF))
		return;
	if (st->lost || __builtin_add_overflow(from->minor, st->net, &end) || __builtin_sub_overflow(to->minor, end, &difference)) {
		camt_find_at(c, CAMT_OVERFLOW, FINDING_ERROR, to->line, "CLBD", "the statement is too large to be proved");
		return;
	}
	if (difference != 0)
		camt_find_at(c, CAMT_PROOF, severity(c->proof), to->line, "CLBD",
			"opening balance and booked entries do not add up to the closing balance: the entries make %s, the difference is %s %s%s",
			shown(&net, st->net, st->currency), shown(&off, difference, st->currency), st->currency,
			st->unread > 0 ? "; entries that cannot be read are not in it" : "");
	buf_release(&net);
	buf_release(&off);
}

static void wrong(struct camt *c, const struct camt_claim *claim, const char *name, int64_t count, int64_t sum)
{
	struct buf claimed = { 0 }, read = { 0 };

	camt_find_at(c, CAMT_TOTALS, severity(c->totals), claim->line, name, "the summary says %" PRId64 " entries%s%s, %" PRId64 " of %s were read",
		claim->count, claim->has_sum ? " of " : "", claim->has_sum ? shown(&claimed, claim->sum, c->st.currency) : "", count,
		shown(&read, sum, c->st.currency));
	buf_release(&claimed);
	buf_release(&read);
}

static bool agrees(const struct camt_claim *claim, int64_t count, int64_t sum)
{
	return (claim->count < 0 || claim->count == count) && (!claim->has_sum || claim->sum == sum);
}

static void compare(struct camt *c, const struct camt_claim *claim, const struct camt_sum *s, const char *name)
{
	if (claim->there && !c->st.lost && !agrees(claim, s->count, s->sum) && !agrees(claim, s->booked_count, s->booked_sum))
		wrong(c, claim, name, s->count, s->sum);
}

static void prove_totals(struct camt *c)
{
	struct camt_statement *st = &c->st;
	struct camt_sum all = { .count = st->credit.count + st->debit.count, .booked_count = st->credit.booked_count + st->debit.booked_count };

	if (ignored(c, c->totals, CAMT_TOTALS) || st->unread > 0)
		return;
	compare(c, &st->credits, &st->credit, "TtlCdtNtries");
	compare(c, &st->debits, &st->debit, "TtlDbtNtries");
	if (__builtin_add_overflow(st->credit.sum, st->debit.sum, &all.sum) ||
	    __builtin_add_overflow(st->credit.booked_sum, st->debit.booked_sum, &all.booked_sum))
		return;
	compare(c, &st->total, &all, "TtlNtries");
	if (!st->net_claim.there || st->lost)
		return;
	all.sum = st->credit.sum - st->debit.sum;
	if (st->net_claim.sum != all.sum && st->net_claim.sum != st->credit.booked_sum - st->debit.booked_sum) {
		st->net_claim.count = all.count;
		wrong(c, &st->net_claim, "TtlNetNtry", all.count, all.sum);
	}
}

/* Chain */

static void follow(struct camt *c, const struct chain_link *last, const struct camt_balance *from, const struct camt_balance *to)
{
	struct camt_statement *st = &c->st;
	struct buf was = { 0 }, is = { 0 };

	if (!last->readable || from->minor == last->closing)
		return;
	if (to->readable && to->minor == last->opening) {
		camt_find_at(c, CAMT_REVERSED, FINDING_NOTE, st->line, NULL, "the statement ends where the one before it begins");
		return;
	}
	camt_find_at(c, CAMT_CHAIN, severity(c->chain_policy), from->line, "OPBD",
		"the account's statement before it (line %" PRIu64 ") ended with %s, this one begins with %s: a statement between them is missing",
		last->line, shown(&was, last->closing, st->currency), shown(&is, from->minor, st->currency));
	buf_release(&was);
	buf_release(&is);
}

static void chain(struct camt *c)
{
	struct camt_statement *st = &c->st;
	const struct camt_balance *from = camt_opening(c), *to = camt_closing(c);
	uint64_t account = chain_hash(chain_hash(CHAIN_START, st->account.p, st->account.n), st->currency, 4), h;
	struct chain_link *l;

	account = account == 0 ? 1 : account;
	h = chain_hash(account, st->id.p, st->id.n);
	h = chain_hash(h, st->electronic.p, st->electronic.n);
	h = chain_hash(h, &st->page, sizeof(st->page));
	if (st->id.n > 0 && chain_again(&c->chain, h)) {
		camt_find_at(c, CAMT_REPEATED, FINDING_ERROR, st->line, "Id", "a statement of this account with the same identification stood before");
		return;
	}
	if (c->kind != CAMT_053 || !from->there || !to->there)
		return;
	l = chain_link(&c->chain, account);
	if (l->account == account && from->readable && !ignored(c, c->chain_policy, CAMT_CHAIN))
		follow(c, l, from, to);
	*l = (struct chain_link){ .account = account, .opening = from->minor, .closing = to->minor, .sequence = -1, .page = -1,
		.final = true, .readable = from->readable && to->readable, .line = st->line };
}

void camt_prove(struct camt *c)
{
	prove_balances(c);
	prove_totals(c);
	chain(c);
}
