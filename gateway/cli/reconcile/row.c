/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row - rows and their texts: packed one behind the other in blocks that stay until the end
 *
 * A text longer than its bound is cut: what the engine compares lies in front, and a row stays small.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "gateway/cli/reconcile/reconcile.h"

#define BLOCK ((size_t)1 << 20)
#define LARGE ((size_t)2 << 20)

static bool more(struct rc_store *s, size_t n)
{
	char *block = malloc(BLOCK);

	if (block == NULL || n > BLOCK - sizeof(char *)) {
		free(block);
		return false;
	}
	memcpy(block, &s->block, sizeof(char *));
	s->block = block;
	s->p = block + sizeof(char *);
	s->left = BLOCK - sizeof(char *);
	return true;
}

bool rc_keep(struct rc_store *s, struct view from, struct view *to)
{
	if (from.n > s->left && !more(s, from.n))
		return false;
	if (from.n > 0)
		memcpy(s->p, from.p, from.n);
	*to = (struct view){ s->p, from.n };
	s->p += from.n;
	s->left -= from.n;
	return true;
}

bool rc_pack(struct rc_store *s, struct recon_row *r, const struct rc_texts *t)
{
	size_t all = 0;

	for (int i = 0; i < RECON_TEXTS; i++) {
		all += t->t[i].n < RC_TEXT_MOST ? t->t[i].n : RC_TEXT_MOST;
		r->end[i] = (uint16_t)all;
	}
	if (all > s->left && !more(s, all))
		return false;
	r->texts = s->p;
	for (int i = 0; i < RECON_TEXTS; i++) {
		size_t n = t->t[i].n < RC_TEXT_MOST ? t->t[i].n : RC_TEXT_MOST;

		if (n > 0)
			memcpy(s->p, t->t[i].p, n);
		s->p += n;
	}
	s->left -= all;
	return true;
}

void rc_store_release(struct rc_store *s)
{
	while (s->block != NULL) {
		char *next;

		memcpy(&next, s->block, sizeof(next));
		free(s->block);
		s->block = next;
	}
	*s = (struct rc_store){ 0 };
}

void *rc_large(size_t n)
{
	void *p;

	if (n < LARGE)
		return malloc(n);
	n = (n + LARGE - 1) / LARGE * LARGE;
	p = aligned_alloc(LARGE, n);
	if (p != NULL)
		madvise(p, n, MADV_HUGEPAGE);		/* a wish */
	return p;
}

struct recon_row *rc_rows(size_t n)
{
	return n > SIZE_MAX / sizeof(struct recon_row) / 2 ? NULL : rc_large((n + 1) * sizeof(struct recon_row));
}

struct recon_row *rc_row(struct recon_row **rows, uint32_t *n, uint32_t *cap)
{
	struct recon_row *r;

	if (*n == *cap) {
		uint32_t want = *cap < 64 ? 64 : *cap + *cap / 2;

		r = realloc(*rows, want * sizeof(*r));
		if (r == NULL)
			return NULL;
		*rows = r;
		*cap = want;
	}
	r = &(*rows)[(*n)++];
	memset(r, 0, sizeof(*r));
	r->date = r->other = r->status_date = r->first_seen = DATE_NONE;
	return r;
}

static bool account_is(const struct rc_account *a, struct view account, struct view currency)
{
	return view_eq(a->account, account) && view_eq(view_of(a->currency), currency);
}

bool rc_account_of(struct rc_file *f, struct rc_store *store, struct view account, struct view currency, uint32_t *n)
{
	struct rc_account *a;

	*n = f->last_account;
	if (*n < f->n_accounts && account_is(&f->accounts[*n], account, currency))
		return true;
	for (*n = f->n_accounts; (*n)-- > 0;)
		if (account_is(&f->accounts[*n], account, currency)) {
			f->last_account = *n;
			return true;
		}
	if (f->n_accounts == f->cap_accounts) {
		a = realloc(f->accounts, (f->cap_accounts * 2 + 8) * sizeof(*a));
		if (a == NULL)
			return false;
		f->accounts = a;
		f->cap_accounts = f->cap_accounts * 2 + 8;
	}
	*n = f->n_accounts;
	a = &f->accounts[f->n_accounts++];
	*a = (struct rc_account){ .currency = "" };
	if (currency.n == 3)
		memcpy(a->currency, currency.p, 3);
	return rc_keep(store, account, &a->account);
}
