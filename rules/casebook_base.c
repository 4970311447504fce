/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook_base - the base of a casebook: rows sorted by side and id, groups over them; and all that was changed, in bytes
 */
#include <stdlib.h>

#include "rules/casebook.h"

static int compare_views(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int row_order(const void *pa, const void *pb)
{
	const struct case_row *a = pa, *b = pb;

	return a->book != b->book ? (a->book ? 1 : -1) : compare_views(a->id, b->id);
}

static void *room(void *p, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t want = *cap * 2 + 64;

	if (n < *cap)
		return p;
	p = realloc(p, want * size);
	if (p != NULL)
		*cap = want;
	return p;
}

int casebook_part(struct casebook *c, struct view account, const char *currency, uint32_t *part)
{
	struct case_part *p;

	for (uint32_t i = c->n_parts; i-- > 0;)
		if (view_eq(c->parts[i].account, account) && strcmp(c->parts[i].currency, currency) == 0) {
			*part = i;
			return 0;
		}
	p = room(c->parts, c->n_parts, &c->cap_parts, sizeof(*p));
	if (p == NULL)
		return -1;
	c->parts = p;
	*part = c->n_parts++;
	p[*part] = (struct case_part){ .account = account };
	memcpy(p[*part].currency, currency, strlen(currency) < 3 ? strlen(currency) : 3);
	return 0;
}

int casebook_row(struct casebook *c, const struct case_row *row)
{
	struct case_row *r = room(c->rows, c->n_rows, &c->cap_rows, sizeof(*r));

	if (r == NULL)
		return -1;
	c->rows = r;
	r = &c->rows[c->n_rows++];
	*r = *row;
	r->base_owner = r->owner;
	r->base_comment = r->comment;
	r->group = CASE_NOBODY;
	r->touched = 0;
	return 0;
}

const struct case_row *casebook_seal(struct casebook *c)
{
	if (c->n_rows > 1)
		qsort(c->rows, c->n_rows, sizeof(*c->rows), row_order);
	for (uint32_t i = 1; i < c->n_rows; i++)
		if (row_order(&c->rows[i - 1], &c->rows[i]) == 0)
			return &c->rows[i];
	return NULL;
}

uint32_t casebook_find_row(const struct casebook *c, bool book, struct view id)
{
	struct case_row key = { .id = id, .book = book };
	const struct case_row *hit = c->n_rows == 0 ? NULL : bsearch(&key, c->rows, c->n_rows, sizeof(key), row_order);

	return hit == NULL ? CASE_NOBODY : (uint32_t)(hit - c->rows);
}

static bool member(struct casebook *c, uint32_t row)
{
	if (c->n_members == c->cap_members) {
		size_t want = c->cap_members * 2 + 256;
		uint32_t *p = realloc(c->members, want * sizeof(*p));

		if (p == NULL)
			return false;
		c->members = p;
		c->cap_members = want;
	}
	c->members[c->n_members++] = row;
	return true;
}

static int by_number(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static int add_members(struct casebook *c, bool book, struct view ids, uint32_t *n)
{
	struct view id;

	while (view_cut(&ids, ' ', &id)) {
		uint32_t row = id.n == 0 ? CASE_NOBODY : casebook_find_row(c, book, id);

		if (id.n == 0)
			continue;
		if (row == CASE_NOBODY)
			return 1;
		if (!member(c, row))
			return -1;
		(*n)++;
	}
	return 0;
}

int casebook_group(struct casebook *c, struct view id, bool automatic, struct view bank_ids, struct view book_ids)
{
	struct case_group *g = room(c->groups, c->n_groups, &c->cap_groups, sizeof(*g));
	int rc;

	if (g == NULL)
		return -1;
	c->groups = g;
	g = &c->groups[c->n_groups];
	*g = (struct case_group){ .id = id, .at = (uint32_t)c->n_members, .state = automatic ? CASE_AUTO : CASE_PROPOSED };
	g->base = g->state;
	rc = add_members(c, false, bank_ids, &g->n_bank);
	if (rc == 0)
		rc = add_members(c, true, book_ids, &g->n_book);
	if (rc != 0 || g->n_bank + g->n_book == 0)
		return rc == 0 ? 1 : rc;
	qsort(c->members + g->at, g->n_bank + g->n_book, sizeof(*c->members), by_number);
	for (uint32_t i = 0; automatic && i < g->n_bank + g->n_book; i++) {
		struct case_row *r = &c->rows[c->members[g->at + i]];

		if (r->group != CASE_NOBODY)
			return 1;
		r->group = c->n_groups;
	}
	c->n_base = ++c->n_groups;
	return 0;
}

void casebook_release(struct casebook *c)
{
	free(c->rows);
	free(c->groups);
	free(c->parts);
	free(c->decisions);
	free(c->members);
	*c = (struct casebook){ 0 };
}

/* What was changed, in bytes */

struct feeding { void (*feed)(void *, const void *, size_t); void *ctx; };

static void put_number(const struct feeding *f, uint64_t n)
{
	unsigned char b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (unsigned char)(n >> (8 * i));
	f->feed(f->ctx, b, sizeof(b));
}

static void put_view(const struct feeding *f, struct view v)
{
	put_number(f, v.n);
	if (v.n > 0)
		f->feed(f->ctx, v.p, v.n);
}

static void put_rows(const struct feeding *f, const struct casebook *c, size_t at, uint32_t n)
{
	put_number(f, n);
	for (uint32_t i = 0; i < n; i++) {
		put_number(f, c->rows[c->members[at + i]].book);
		put_view(f, c->rows[c->members[at + i]].id);
	}
}

/* A difference that was written off is part of what holds. */
static int64_t written_off(const struct casebook *c, const struct case_group *g)
{
	uint32_t n = g->maker != 0 ? g->maker : g->decision;
	const struct case_decision *d = n == 0 ? NULL : &c->decisions[n - 1];

	if (d != NULL && d->act == CASE_SECOND)
		d = &c->decisions[d->about - 1];
	return d == NULL ? 0 : d->amount;
}

static void put_group(const struct feeding *f, const struct casebook *c, const struct case_group *g)
{
	put_number(f, 'g');
	put_number(f, g->state);
	put_view(f, g->id);
	put_rows(f, c, g->at, g->n_bank + g->n_book);
	put_number(f, (uint64_t)written_off(c, g));
}

void casebook_feed(const struct casebook *c, void (*feed)(void *ctx, const void *p, size_t n), void *ctx)
{
	struct feeding f = { feed, ctx };

	for (uint32_t i = 0; i < c->n_base; i++)
		if (c->groups[i].state != c->groups[i].base)
			put_group(&f, c, &c->groups[i]);
	for (uint32_t i = 0; i < c->n_rows; i++) {
		const struct case_row *r = &c->rows[i];

		if (r->group != CASE_NOBODY && r->group >= c->n_base && c->members[c->groups[r->group].at] == i)
			put_group(&f, c, &c->groups[r->group]);
		if (view_eq(r->owner, r->base_owner))
			continue;
		put_number(&f, 'o');
		put_number(&f, r->book);
		put_view(&f, r->id);
		put_view(&f, r->owner);
	}
	for (uint32_t i = 0; i < c->n_decisions; i++) {
		const struct case_decision *d = &c->decisions[i];

		if (d->stage != CASE_STAGE_WAITS && !(d->stage == CASE_STAGE_DONE && d->act == CASE_COMMENT))
			continue;
		put_number(&f, d->stage == CASE_STAGE_WAITS ? 'w' : 'c');
		put_number(&f, d->act);
		put_number(&f, d->write_off);
		put_rows(&f, c, d->at_rows, d->n_rows);
		if (d->made != CASE_NOBODY)
			put_group(&f, c, &c->groups[d->made]);
		put_view(&f, d->owner);
		put_view(&f, d->reason);
		put_view(&f, d->by.name);
	}
}
