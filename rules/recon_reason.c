/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_reason - one reason for each line and item that is left, the most telling first
 *
 * A reference that agrees says most: then it is known what is wrong (the day, the sign, two digits, the amount).  Next
 * comes an amount that fits several, or fits and contradicts; then what the line itself is (a return, a fee); last that
 * nobody is there.  recon_across() looks over the partitions' borders at what would otherwise be nobody's.
 */
#include <stdlib.h>

#include "rules/recon_parts.h"

#define CONFLICT_EARLY 3
#define CONFLICT_LATE 7
#define ACROSS_LEAST 6

static void both(struct recon_row *a, struct recon_row *b, enum recon_reason why)
{
	mark(a, why, b);
	mark(b, why, a);
}

static bool unmarked(const struct recon_row *r)
{
	return row_open(r) && r->reason == RECON_NO_REASON;
}

/* Two neighbouring digits swapped. */
static bool transposed(int64_t a, int64_t b)
{
	int64_t unit = 1;

	if (a == b)
		return false;
	for (int i = 0; i < 17; i++, unit *= 10) {
		int64_t x = a / unit % 10, y = a / (unit * 10) % 10;

		if (a / (unit * 10) == 0)
			return false;
		if (x != y && a + (x - y) * 9 * unit == b)
			return b / unit / 10 > 0;
	}
	return false;
}

static void from_exact(struct work *w)
{
	for (uint32_t x = 0; x < w->exact.n; x++) {
		const struct edge *e = &w->exact.e[x];
		struct recon_row *l = work_line(w, e->line), *k = work_item(w, e->item);

		if (!unmarked(l))
			continue;
		if (e->contested && unmarked(k))
			both(l, k, REF_CONFLICT);
		else if (e->contested)
			mark(l, REF_CONFLICT, k);
		else if (k->closed)
			mark(l, DUP_PAYMENT, k->with);
		else if (k->held)
			mark(l, (enum recon_reason)k->reason, k);
	}
	/* both are open: several fit, or none within the days */
	for (uint32_t x = 0; x < w->exact.n; x++) {
		const struct edge *e = &w->exact.e[x];
		struct recon_row *l = work_line(w, e->line), *k = work_item(w, e->item);
		const struct recon_options *o = w->r->options;
		int late = k->type == RECON_CHECK ? o->late_check : o->late;

		if (!e->contested && unmarked(l) && unmarked(k) && !pair_refused(w, e->line, e->item))
			both(l, k, e->days < -o->early || e->days > late ? DATE_OUT_OF_WINDOW : AMBIGUOUS);
	}
}

static bool stale(const struct recon_row *k, const struct recon_options *o)
{
	date_t from = k->other != DATE_NONE ? k->other : k->date;

	return k->type == RECON_CHECK && o->as_of != DATE_NONE && from != DATE_NONE && o->as_of - from > o->stale_days;
}

/*
 * The reference agrees and the amount or the sign does not.  A stale check stays one: a line of another amount bears its
 * number months later, which the line says; that the check was never paid is what its own row must say.
 */
static void from_read(struct work *w, enum recon_reason why)
{
	for (uint32_t x = 0; x < w->read.n; x++) {
		const struct edge *e = &w->read.e[x];
		struct recon_row *l = work_line(w, e->line), *k = work_item(w, e->item);
		bool is;

		if (!unmarked(l) || !unmarked(k) || k->status != RECON_OPEN)
			continue;
		if (why == SIGN_FLIP)
			is = l->sign != k->sign && l->amount == k->amount;
		else
			is = l->sign == k->sign && l->amount != k->amount && e->days >= -w->r->options->early &&
				(why == AMOUNT_DIFF || transposed(k->amount, l->amount));
		if (is && why == AMOUNT_DIFF && e->days > w->r->options->weak_check && stale(k, w->r->options))
			mark(l, why, k);
		else if (is)
			both(l, k, why);
	}
}

static struct recon_row *edge_other(struct work *w, const struct edge *e)
{
	return e->item < w->r->n_items ? work_item(w, e->item) : work_item(w, w->groups[e->item - w->r->n_items].first);
}

static void mark_edge(struct work *w, const struct edge *e, enum recon_reason why)
{
	struct recon_row *l = work_line(w, e->line), *k = edge_other(w, e);

	if (row_open(l))
		mark(l, why, k);
	if (e->item < w->r->n_items) {
		if (row_open(k))
			mark(k, why, l);
		return;
	}
	for (uint32_t i = w->groups[e->item - w->r->n_items].first; i != NOBODY; i = w->next_member[i])
		if (row_open(work_item(w, i)) && work_item(w, i)->status == RECON_OPEN)
			mark(work_item(w, i), why, l);
}

/* The same amount: first what does not contradict, then what does. */
static void from_weak(struct work *w, bool conflicts)
{
	for (uint32_t x = 0; x < w->weak.n; x++) {
		const struct edge *e = &w->weak.e[x];
		bool conflict = e->op == OP_OTHER || e->op == OP_LOOSE || (e->op == OP_NONE && e->party >= PARTY_DOUBT);

		if (!row_open(work_line(w, e->line)) || !row_open(edge_other(w, e)) || conflict != conflicts)
			continue;
		if (e->item < w->r->n_items && pair_refused(w, e->line, e->item))
			continue;
		if (conflict && (e->days < -CONFLICT_EARLY || e->days > CONFLICT_LATE))
			continue;
		mark_edge(w, e, conflict ? REF_CONFLICT : AMBIGUOUS);
	}
}

static void from_line(struct recon_row *l)
{
	mark(l, l->type == RECON_RETURN ? RETURN_UNLINKED : l->type == RECON_FEE ? FEE_UNEXPLAINED : NO_COUNTERPART_BOOK, NULL);
}

void recon_reasons_of(struct work *w)
{
	from_exact(w);
	from_read(w, SIGN_FLIP);
	from_read(w, TRANSPOSED_AMOUNT);
	from_read(w, AMOUNT_DIFF);
	from_weak(w, false);
	from_weak(w, true);
	for (uint32_t i = 0; i < w->r->n_lines; i++)
		if (unmarked(work_line(w, i)))
			from_line(work_line(w, i));
	for (uint32_t i = 0; i < w->r->n_items; i++) {
		struct recon_row *k = work_item(w, i);

		if (unmarked(k) && k->status == RECON_OPEN)	/* a void check that nobody presents asks for nothing */
			mark(k, stale(k, w->r->options) ? STALE_CHECK : NO_COUNTERPART_BANK, NULL);
	}
}

/* Across partitions */

struct border { struct recon_left *items; struct map map; const struct recon_left *line; struct recon_left *found; enum recon_reason why; };

static bool across_key(void *ctx, uint64_t key, const char *p, unsigned n)
{
	struct border *b = ctx;
	struct norm own;

	for (uint32_t at = map_first(&b->map, key); at != NOBODY; at = map_next(&b->map, at)) {
		struct recon_left *k = &b->items[b->map.e[at].value];
		bool account = k->account == b->line->account, currency = k->currency == b->line->currency;

		norm_of(&own, recon_text(k->row, K_REF));
		if (own.n != n || memcmp(own.p, p, n) != 0 || account == currency || !recon_left(k->row) ||
		    k->row->amount != b->line->row->amount || k->row->sign != b->line->row->sign || k->row->type == RECON_CHECK)
			continue;
		b->found = k;
		b->why = account ? CCY_MISMATCH : WRONG_ACCOUNT;
		return false;
	}
	return true;
}

static void cross(struct border *b, struct said *said)
{
	said_read(said, b->line->row);
	for (int t = 0; t < 3 && b->found == NULL; t++)
		if (said->field[t].n >= ACROSS_LEAST)
			across_key(b, norm_key(&said->field[t]), said->field[t].p, said->field[t].n);
	if (b->found == NULL && said->own.n >= ACROSS_LEAST)
		across_key(b, norm_key(&said->own), said->own.p, said->own.n);
	if (b->found == NULL)
		words_runs(&said->words, ACROSS_LEAST, across_key, b);
}

static void remark(struct recon_row *r, enum recon_reason why, const struct recon_row *with)
{
	r->reason = (uint8_t)why;
	r->with = with;
}

int recon_across(struct recon_left *lines, size_t n, struct recon_left *items, size_t m)
{
	struct border b = { .items = items };
	struct said *said = malloc(sizeof(*said));
	struct sieve keys;
	int rc = -1;

	if (!sieve_open(&keys, n * 8) || said == NULL || m > UINT32_MAX - 1 || !map_open(&b.map, (uint32_t)m))
		goto out;
	for (size_t i = 0; i < n; i++)
		if (recon_left(lines[i].row))
			sieve_add_line(&keys, lines[i].row, said);
	for (size_t i = m; i-- > 0;) {
		uint64_t key = recon_left(items[i].row) ? key_of(recon_text(items[i].row, K_REF)) : 0;

		if (key != 0 && sieve_has(&keys, key))
			map_add(&b.map, key, (uint32_t)i);
	}
	for (size_t i = 0; i < n; i++) {
		b.line = &lines[i];
		b.found = NULL;
		if (!recon_left(lines[i].row))
			continue;
		cross(&b, said);
		if (b.found != NULL) {
			remark(lines[i].row, b.why, b.found->row);
			remark(b.found->row, b.why, lines[i].row);
		}
	}
	rc = 0;
out:
	map_close(&b.map);
	sieve_close(&keys);
	free(said);
	return rc;
}
