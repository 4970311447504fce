/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof - statements added up, day by day, against each other and against the book's balances
 *
 * Opening and lines must make the closing balance; the opening must be the closing before it.  A break that the
 * statement before explains (its closing is what is wrong) is told once, there.  With a book balance: it must be the
 * bank's closing, plus what the book expects in and the bank has not, less what it expects out, less what only the bank
 * has; the rest is unexplained.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/money.h"
#include "gateway/cli/reconcile/reconcile.h"
#include "gateway/cli/reconcile/table.h"

struct place { const struct rc_statement *s; int part; };

static int by_day(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->s->date != b->s->date)
		return a->s->date < b->s->date ? -1 : 1;
	if (a->s->file != b->s->file)
		return a->s->file < b->s->file ? -1 : 1;
	return (a->s->number > b->s->number) - (a->s->number < b->s->number);
}

static bool counts(const struct rc_statement *s)
{
	return !s->provisional && !s->again && !s->known && !s->wiped && (s->has_opening || s->has_closing || s->n > 0);
}

static struct place *places(const struct rc *rc, uint32_t *n)
{
	uint32_t all = 0;
	struct place *p;

	for (uint32_t i = 0; i < rc->n_files; i++)
		all += rc->files[i].n_statements;
	p = malloc((all + 1) * sizeof(*p));
	*n = 0;
	for (uint32_t i = 0; i < rc->n_files && p != NULL; i++)
		for (uint32_t s = 0; s < rc->files[i].n_statements; s++) {
			const struct rc_statement *st = &rc->files[i].statements[s];

			if (counts(st))
				p[(*n)++] = (struct place){ st, rc_part_of(rc, st->account, st->currency) };
		}
	if (p != NULL)
		qsort(p, *n, sizeof(*p), by_day);
	return p;
}

/* Several statements of one day stand in the order in which their balances chain. */
static void chain_day(struct place *p, uint32_t n, const struct place *before)
{
	const struct rc_statement *last = before == NULL ? NULL : before->s;

	for (uint32_t i = 0; i + 1 < n; i++) {
		for (uint32_t k = i; last != NULL && k < n; k++)
			if (p[k].s->has_opening && last->has_closing && p[k].s->opening == last->closing) {
				struct place swap = p[i];

				p[i] = p[k];
				p[k] = swap;
				break;
			}
		last = p[i].s;
	}
}

/* What earlier runs closed with, by account, currency and day. */

static int by_account_day(const void *pa, const void *pb)
{
	const struct rc_known *a = *(const struct rc_known *const *)pa, *b = *(const struct rc_known *const *)pb;
	size_t n = a->account.n < b->account.n ? a->account.n : b->account.n;
	int c = n == 0 ? 0 : memcmp(a->account.p, b->account.p, n);

	if (c == 0)
		c = (a->account.n > b->account.n) - (a->account.n < b->account.n);
	if (c == 0)
		c = memcmp(a->currency, b->currency, 4);
	if (c == 0)
		c = (a->date > b->date) - (a->date < b->date);
	return c != 0 ? c : (a->order > b->order) - (a->order < b->order);	/* as they chained: the day ends with the last */
}

struct closings { const struct rc_known **k; uint32_t n; };

static bool closings_of(struct closings *c, const struct rc *rc)
{
	*c = (struct closings){ .k = malloc(((size_t)rc->n_known + 1) * sizeof(*c->k)) };
	for (uint32_t i = 0; c->k != NULL && i < rc->n_known; i++)
		if (rc->known[i].has_closing)
			c->k[c->n++] = &rc->known[i];
	if (c->k != NULL)
		qsort(c->k, c->n, sizeof(*c->k), by_account_day);
	return c->k != NULL;
}

/* The last closing balance that an earlier run saw before that day. */
static const struct rc_known *known_before(const struct closings *c, const struct rc_statement *s)
{
	struct rc_known key = { .account = s->account, .date = s->date };
	const struct rc_known *k = &key;
	uint32_t lo = 0, hi = c->n;

	memcpy(key.currency, s->currency, 4);
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (by_account_day(&c->k[mid], &k) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || !view_eq(c->k[lo - 1]->account, s->account) || memcmp(c->k[lo - 1]->currency, s->currency, 4) != 0)
		return NULL;
	return c->k[lo - 1];
}

static void prove_one(struct rc_proof *to, const struct rc_statement *s, const struct rc_proof *before)
{
	int64_t end = 0;

	*to = (struct rc_proof){ .account = s->account, .date = s->date, .statement = s, .opening = s->opening, .lines = s->net, .closing = s->closing };
	memcpy(to->currency, s->currency, 4);
	to->proves = s->has_opening && s->has_closing;
	if (to->proves && (s->lost || __builtin_add_overflow(s->opening, s->net, &end) || __builtin_sub_overflow(s->closing, end, &to->residual)))
		to->residual = INT64_MAX;
	if (before == NULL || !before->statement->has_closing || !s->has_opening)
		return;
	to->chained = true;
	if (__builtin_sub_overflow(s->opening, before->closing, &to->gap))
		to->gap = INT64_MAX;
	if (before->proves && before->residual != 0 && to->gap == -before->residual)
		to->gap = 0;			/* the closing before it is what is wrong, and is told there */
}

/* The book's side: what is on its way on each day */

struct event { date_t date; int64_t in, out, bank; };

struct flow { struct event *e; uint32_t n, cap; };

static bool flow_add(struct flow *f, struct event e)
{
	struct event *p;

	if (f->n == f->cap) {
		p = realloc(f->e, (f->cap * 2 + 64) * sizeof(e));
		if (p == NULL)
			return false;
		f->e = p;
		f->cap = f->cap * 2 + 64;
	}
	f->e[f->n++] = e;
	return true;
}

static struct event item_event(const struct recon_row *k, date_t on, int64_t sign)
{
	return (struct event){ on, k->sign == RECON_CR ? sign * k->amount : 0, k->sign == RECON_DB ? sign * k->amount : 0, 0 };
}

static struct event line_event(const struct recon_row *l, date_t on, int64_t sign)
{
	return (struct event){ on, 0, 0, sign * (l->sign == RECON_CR ? l->amount : -l->amount) };
}

/* From its own date until all of the match is there; what the totals differ by stays the bank's alone. */
static bool flow_match(struct flow *f, const struct recon *r, const struct recon_match *m)
{
	date_t last = DATE_NONE;
	bool ok = true;

	for (uint32_t i = 0; i < m->n_bank; i++)
		last = r->lines[r->ids[m->bank_at + i]].date > last ? r->lines[r->ids[m->bank_at + i]].date : last;
	for (uint32_t i = 0; i < m->n_book; i++)
		last = r->items[r->ids[m->book_at + i]].date > last ? r->items[r->ids[m->book_at + i]].date : last;
	for (uint32_t i = 0; i < m->n_bank; i++)
		ok = ok && flow_add(f, line_event(&r->lines[r->ids[m->bank_at + i]], last, -1));
	for (uint32_t i = 0; i < m->n_book; i++)
		ok = ok && flow_add(f, item_event(&r->items[r->ids[m->book_at + i]], last, -1));
	if (m->bank_total != m->book_total)
		ok = ok && flow_add(f, (struct event){ last, 0, 0, m->bank_total - m->book_total });
	return ok;
}

static int event_order(const void *pa, const void *pb)
{
	const struct event *a = pa, *b = pb;

	return (a->date > b->date) - (a->date < b->date);
}

static bool flow_of(struct flow *f, const struct recon *r)
{
	bool ok = true;

	for (uint32_t i = 0; i < r->n_lines && ok; i++)
		if (r->lines[i].reason != DUP_LINE || r->lines[i].with != NULL)		/* a statement that came twice is no money */
			ok = flow_add(f, line_event(&r->lines[i], r->lines[i].date, 1));
	for (uint32_t i = 0; i < r->n_items && ok; i++) {
		const struct recon_row *k = &r->items[i];

		ok = flow_add(f, item_event(k, k->date, 1));
		if (ok && !k->closed && k->status != RECON_OPEN && k->status_date != DATE_NONE)
			ok = flow_add(f, item_event(k, k->status_date > k->date ? k->status_date : k->date, -1));
	}
	for (uint32_t i = 0; i < r->n_auto && ok; i++)
		ok = flow_match(f, r, &r->matches[i]);
	if (f->n > 0)
		qsort(f->e, f->n, sizeof(*f->e), event_order);
	return ok;
}

struct balance { int part; date_t date; int64_t amount; };

static int by_balance(const void *pa, const void *pb)
{
	const struct balance *a = pa, *b = pb;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return (a->date > b->date) - (a->date < b->date);
}

static int read_balances(const struct rc *rc, struct balance **out, uint32_t *n, struct err *err)
{
	static const char *const names[] = { "account", "currency", "date", "amount", NULL };
	struct rc_table t;
	struct view v[4];
	int got, rc_code = 0;
	uint32_t cap = 0;

	*out = NULL;
	*n = 0;
	if (rc_table_open(&t, rc->balances, names, err) != 0)
		return -1;
	while ((got = rc_table_next(&t, v)) == 1 && rc_code == 0) {
		char currency[4] = "";
		struct money m;
		struct balance b = { .date = DATE_NONE };

		if (v[1].n == 3)
			memcpy(currency, v[1].p, 3);
		if (money_parse_decimal(&m, v[3], currency) != MONEY_OK || !date_parse_iso(&b.date, v[2])) {
			rc_code = err_set(err, -1, "'%s', line %llu: no date or no amount", rc->balances, (unsigned long long)t.line);
			break;
		}
		b.part = rc_part_of(rc, v[0], currency);
		b.amount = m.minor;
		if (*n == cap) {
			struct balance *p = realloc(*out, (cap * 2 + 64) * sizeof(b));

			if (p == NULL) {
				rc_code = err_set(err, -1, "memory is short");
				break;
			}
			*out = p;
			cap = cap * 2 + 64;
		}
		(*out)[(*n)++] = b;
	}
	if (rc_code == 0 && got < 0)
		rc_code = err_set(err, -1, "'%s', line %llu: not CSV", rc->balances, (unsigned long long)t.line);
	rc_table_close(&t);
	return rc_code;
}

/* Proofs [from, to) are one partition's. */
static int book_side(struct rc *rc, uint32_t from, uint32_t to, int part, const struct balance *b, uint32_t n)
{
	struct flow f = { 0 };
	struct event sum = { 0 };
	uint32_t at = 0;

	if (!flow_of(&f, &rc->parts[part].recon)) {
		free(f.e);
		return -1;
	}
	for (uint32_t i = from; i < to; i++) {
		struct rc_proof *p = &rc->proofs[i];
		struct balance key = { part, p->date, 0 };
		const struct balance *hit = n == 0 ? NULL : bsearch(&key, b, n, sizeof(*b), by_balance);

		for (; at < f.n && f.e[at].date <= p->date; at++) {
			sum.in += f.e[at].in;
			sum.out += f.e[at].out;
			sum.bank += f.e[at].bank;
		}
		if (hit == NULL || (i + 1 < to && rc->proofs[i + 1].date == p->date))
			continue;		/* the last statement of a day bears the day's balance */
		p->has_book = true;
		p->book = hit->amount;
		p->in_transit = sum.in;
		p->outstanding = sum.out;
		p->unknown = sum.bank;
		p->unexplained = p->book - (p->closing + sum.in - sum.out - sum.bank);
		rc->breaks |= p->unexplained != 0;
	}
	free(f.e);
	return 0;
}

static int all_books(struct rc *rc, struct err *err)
{
	struct balance *b;
	uint32_t n, to;
	int rc_code = read_balances(rc, &b, &n, err);

	if (rc_code == 0 && n > 0)
		qsort(b, n, sizeof(*b), by_balance);
	for (uint32_t from = 0; from < rc->n_proofs && rc_code == 0; from = to) {
		int part = rc_part_of(rc, rc->proofs[from].account, rc->proofs[from].currency);

		for (to = from; to < rc->n_proofs && rc_part_of(rc, rc->proofs[to].account, rc->proofs[to].currency) == part; to++)
			;
		if (book_side(rc, from, to, part, b, n) != 0)
			rc_code = err_set(err, -1, "memory is short");
	}
	free(b);
	return rc_code;
}

static int by_order(const void *pa, const void *pb)
{
	const struct rc_known *a = pa, *b = pb;

	return (a->order > b->order) - (a->order < b->order);
}

int rc_prove(struct rc *rc, struct err *err)
{
	uint32_t n, to;
	struct place *p = places(rc, &n);
	const struct rc_known *old;
	struct closings closings;

	rc->proofs = malloc((n + 1) * sizeof(*rc->proofs));
	if (!closings_of(&closings, rc) || p == NULL || rc->proofs == NULL) {
		free(closings.k);
		free(p);
		return err_set(err, -1, "memory is short");
	}
	for (uint32_t from = 0; from < n; from = to) {
		const struct place *before = from > 0 && p[from - 1].part == p[from].part ? &p[from - 1] : NULL;

		for (to = from + 1; to < n && p[to].part == p[from].part && p[to].s->date == p[from].s->date; to++)
			;
		chain_day(p + from, to - from, before);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct rc_proof *before = i > 0 && p[i - 1].part == p[i].part ? &rc->proofs[i - 1] : NULL;

		prove_one(&rc->proofs[rc->n_proofs++], p[i].s, before);
		if (before == NULL && p[i].s->has_opening && (old = known_before(&closings, p[i].s)) != NULL) {
			rc->proofs[i].chained = true;
			if (__builtin_sub_overflow(p[i].s->opening, old->closing, &rc->proofs[i].gap))
				rc->proofs[i].gap = INT64_MAX;
		}
		rc->breaks |= rc->proofs[i].residual != 0 || rc->proofs[i].gap != 0;
	}
	free(closings.k);
	free(p);
	if (rc->n_known > 0)		/* statements.csv keeps them as they came */
		qsort(rc->known, rc->n_known, sizeof(*rc->known), by_order);
	return rc->balances == NULL ? 0 : all_books(rc, err);
}
