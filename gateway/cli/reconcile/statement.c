/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement - which statements count: each once, and none that was taken back
 *
 * A statement's print is made of its account, day, balances and lines.  The same print again, in another file of this run or
 * of an earlier one, is the same statement; a BAI2 group that deletes (2) or corrects (3) takes back what others say of that
 * account and day; a test group (4) is never posted.
 */
#include <stdlib.h>

#include "gateway/cli/reconcile/reconcile.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static uint64_t mix_bytes(uint64_t h, const char *p, size_t n)
{
	uint64_t v;

	for (size_t i = 0; i < n; i += 8) {
		v = 0;
		memcpy(&v, p + i, n - i < 8 ? n - i : 8);
		h = mix(h, v);
	}
	return mix(h, n);
}

static uint64_t print_of(const struct rc_file *f, const struct rc_statement *s)
{
	uint64_t h = mix_bytes(1, s->account.p, s->account.n);

	h = mix_bytes(h, s->currency, 4);
	h = mix(mix(mix(h, (uint64_t)(uint32_t)s->date), (uint64_t)s->opening), (uint64_t)s->closing);
	h = mix(h, (uint64_t)s->has_opening * 2 + s->has_closing);
	for (uint32_t i = s->first; i < s->first + s->n; i++) {
		const struct recon_row *r = &f->rows[i];

		h = mix(mix(h, (uint64_t)r->amount * 2 + r->sign), (uint64_t)(uint32_t)r->date);
		h = mix_bytes(h, r->texts, r->end[RECON_TEXTS - 1]);
	}
	return h == 0 ? 1 : h;
}

static int by_print(const void *pa, const void *pb)
{
	const struct rc_statement *a = *(struct rc_statement *const *)pa, *b = *(struct rc_statement *const *)pb;

	if (a->print != b->print)
		return a->print < b->print ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static struct rc_statement **all_statements(struct rc *rc, uint32_t *n)
{
	struct rc_statement **all;

	*n = 0;
	for (uint32_t i = 0; i < rc->n_files; i++)
		*n += rc->files[i].n_statements;
	all = malloc((*n + 1) * sizeof(*all));
	*n = 0;
	for (uint32_t i = 0; i < rc->n_files && all != NULL; i++)
		for (uint32_t s = 0; s < rc->files[i].n_statements; s++) {
			struct rc_statement *to = &rc->files[i].statements[s];

			to->file = rc->files[i].rank;
			to->print = to->provisional ? 0 : print_of(&rc->files[i], to);
			all[(*n)++] = to;
		}
	return all;
}

/* A statement of a group with status 2 or 3 takes back what others say of that account and day. */
static void wipe(struct rc_statement **all, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (all[i]->status != '2' && all[i]->status != '3')
			continue;
		for (uint32_t k = 0; k < n; k++)
			if (all[k]->status != '2' && all[k]->status != '3' && all[k]->date == all[i]->date &&
			    view_eq(all[k]->account, all[i]->account) && memcmp(all[k]->currency, all[i]->currency, 4) == 0)
				all[k]->wiped = true;
		all[i]->wiped |= all[i]->status == '2';
	}
	for (uint32_t i = 0; i < n; i++)
		all[i]->wiped |= all[i]->status == '4';
}

static int known_by_print(const void *pa, const void *pb)
{
	const struct rc_known *a = pa, *b = pb;

	return (a->print > b->print) - (a->print < b->print);
}

/* What an earlier run had: from the same file it is left out, from another it came twice. */
static void known(struct rc *rc, struct rc_statement **all, uint32_t n)
{
	if (rc->n_known > 0)
		qsort(rc->known, rc->n_known, sizeof(*rc->known), known_by_print);
	for (uint32_t i = 0; i < n; i++) {
		struct rc_known key = { .print = all[i]->print };
		const struct rc_known *hit = rc->n_known == 0 ? NULL : bsearch(&key, rc->known, rc->n_known, sizeof(key), known_by_print);

		if (hit == NULL)
			continue;
		if (view_eq(hit->file, view_of(rc->bank[all[i]->file]->base)))
			all[i]->known = true;
		else
			all[i]->again = true;
	}
}

int rc_judge_statements(struct rc *rc)
{
	uint32_t n;
	struct rc_statement **all = all_statements(rc, &n);

	if (all == NULL)
		return -1;
	qsort(all, n, sizeof(*all), by_print);
	for (uint32_t i = 1; i < n; i++)
		if (all[i]->print != 0 && all[i]->print == all[i - 1]->print)
			all[i]->again = true;
	wipe(all, n);
	known(rc, all, n);
	free(all);
	return 0;
}
