/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - see compare.h.  Rows are compared by their places: the same files sort into the same places under any rules
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/reconcile/compare.h"

#define NOWHERE UINT32_MAX

struct places { uint32_t *line, *item; };	/* the accepted match that each row stands in */

static void mark(uint32_t *of, const uint32_t *ids, uint32_t n, uint32_t match)
{
	for (uint32_t i = 0; i < n; i++)
		of[ids[i]] = match;
}

static bool places_open(struct places *p, const struct recon *r)
{
	*p = (struct places){ malloc((r->n_lines + 1) * sizeof(uint32_t)), malloc((r->n_items + 1) * sizeof(uint32_t)) };
	if (p->line == NULL || p->item == NULL)
		return false;
	memset(p->line, 0xff, (r->n_lines + 1) * sizeof(uint32_t));
	memset(p->item, 0xff, (r->n_items + 1) * sizeof(uint32_t));
	for (uint32_t m = 0; m < r->n_auto; m++) {
		mark(p->line, r->ids + r->matches[m].bank_at, r->matches[m].n_bank, m);
		mark(p->item, r->ids + r->matches[m].book_at, r->matches[m].n_book, m);
	}
	return true;
}

static void places_close(struct places *p)
{
	free(p->line);
	free(p->item);
}

/* The first match over there that has a row of m. */
static uint32_t partner(const struct places *there, const struct recon *here, const struct recon_match *m)
{
	for (uint32_t i = 0; i < m->n_bank; i++)
		if (there->line[here->ids[m->bank_at + i]] != NOWHERE)
			return there->line[here->ids[m->bank_at + i]];
	for (uint32_t i = 0; i < m->n_book; i++)
		if (there->item[here->ids[m->book_at + i]] != NOWHERE)
			return there->item[here->ids[m->book_at + i]];
	return NOWHERE;
}

static bool same_rows(const struct recon *a, const struct recon_match *m, const struct recon *b, const struct recon_match *n)
{
	return m->n_bank == n->n_bank && m->n_book == n->n_book &&
		memcmp(a->ids + m->bank_at, b->ids + n->bank_at, m->n_bank * sizeof(uint32_t)) == 0 &&
		memcmp(a->ids + m->book_at, b->ids + n->book_at, m->n_book * sizeof(uint32_t)) == 0;
}

static bool add(struct comparison *c, struct change change)
{
	if (c->n == c->cap) {
		size_t cap = c->cap == 0 ? 64 : c->cap * 2;
		struct change *p = realloc(c->changes, cap * sizeof(*p));

		if (p == NULL)
			return false;
		c->changes = p;
		c->cap = cap;
	}
	c->changes[c->n++] = change;
	c->count[change.kind]++;
	return true;
}

static bool compare_part(struct comparison *c, uint32_t part, const struct recon *now, const struct recon *then)
{
	struct places a = { 0 }, b = { 0 };
	bool good = places_open(&a, now) && places_open(&b, then);

	for (uint32_t m = 0; good && m < now->n_auto; m++) {
		uint32_t n = partner(&b, now, &now->matches[m]);

		if (n == NOWHERE)
			good = add(c, (struct change){ CHANGE_LOST, part, &now->matches[m], NULL });
		else if (same_rows(now, &now->matches[m], then, &then->matches[n]))
			c->same++;
		else
			good = add(c, (struct change){ CHANGE_OTHERWISE, part, &now->matches[m], &then->matches[n] });
	}
	for (uint32_t n = 0; good && n < then->n_auto; n++) {
		uint32_t m = partner(&a, then, &then->matches[n]);

		if (m == NOWHERE)
			good = add(c, (struct change){ CHANGE_GAINED, part, NULL, &then->matches[n] });
		else if (partner(&b, now, &now->matches[m]) != n)	/* it breaks up a match that another one stands for */
			good = add(c, (struct change){ CHANGE_OTHERWISE, part, &now->matches[m], &then->matches[n] });
	}
	places_close(&a);
	places_close(&b);
	return good;
}

static void count_reasons(uint64_t *reasons, const struct recon *r)
{
	for (uint32_t i = 0; i < r->n_lines; i++)
		reasons[r->lines[i].reason] += !r->lines[i].closed;
	for (uint32_t i = 0; i < r->n_items; i++)
		reasons[r->items[i].reason] += !r->items[i].closed;
}

int compare_runs(struct comparison *c, const struct rc *now, const struct rc *then, struct err *err)
{
	*c = (struct comparison){ 0 };
	if (now->n_parts != then->n_parts)
		return err_set(err, -1, "the files changed between the two runs: run it again");
	for (uint32_t i = 0; i < now->n_parts; i++) {
		const struct recon *a = &now->parts[i].recon, *b = &then->parts[i].recon;

		if (a->n_lines != b->n_lines || a->n_items != b->n_items)
			return err_set(err, -1, "the files changed between the two runs: run it again");
		if (!compare_part(c, i, a, b))
			return err_set(err, ENOMEM, "memory is short");
		c->now += a->n_auto;
		c->then += b->n_auto;
		count_reasons(c->reasons[0], a);
		count_reasons(c->reasons[1], b);
	}
	return 0;
}

void compare_release(struct comparison *c)
{
	free(c->changes);
	c->changes = NULL;
}
