/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_exact - the first pass: lines that stand twice, and references that agree to the letter
 *
 * A pair is made when line and item have the same reference, amount and sign and neither fits anything else, first
 * within the usual days, then within the wide window.  Where one item has several such lines, the bank posted it more
 * than once: the earliest is its own, the others are duplicates.  A void or stopped check that was paid is held on both
 * sides, unless it was paid first.
 */
#include <stdlib.h>

#include "rules/recon_parts.h"

#define TIGHT_EARLY 2
#define TIGHT_LATE 7
#define TWICE_DAYS 10			/* the same reference and amount again within these days is the same payment */

/* Lines that stand twice */

static uint64_t line_key(const struct recon_row *l)
{
	struct view all = { l->texts, l->end[RECON_TEXTS - 1] };
	uint64_t h = amount_key(l->amount, l->sign) ^ (uint64_t)(uint32_t)l->date, v;

	for (size_t i = 0; i < all.n; i += 8) {
		v = 0;
		memcpy(&v, all.p + i, all.n - i < 8 ? all.n - i : 8);
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 31;
	}
	return h == 0 ? 1 : h;
}

static bool same_line(const struct recon_row *a, const struct recon_row *b)
{
	return a->amount == b->amount && a->sign == b->sign && a->date == b->date && memcmp(a->end, b->end, sizeof(a->end)) == 0 &&
		memcmp(a->texts, b->texts, a->end[RECON_TEXTS - 1]) == 0;
}

/* The same bank reference, date and text again: the first one counts. */
static void look_twice(struct work *w, struct map *seen, uint32_t i, uint64_t key)
{
	struct recon_row *l = work_line(w, i);
	uint32_t at;

	for (at = map_first(seen, key); at != NOBODY; at = map_next(seen, at))
		if (same_line(work_line(w, seen->e[at].value), l))
			break;
	if (at == NOBODY) {
		map_add(seen, key, i);
		return;
	}
	if (l->closed)
		return;
	mark(l, DUP_LINE, work_line(w, seen->e[at].value));
	l->held = 1;
}

/* Keys of a block first, so that the map's places are there when they are looked at. */
#define BLOCK 64u

static void find_twice(struct work *w)
{
	struct map seen;
	uint64_t keys[BLOCK];

	if (!map_open(&seen, w->r->n_lines))
		w->failed = true;
	for (uint32_t from = 0; from < w->r->n_lines && !w->failed; from += BLOCK) {
		uint32_t n = w->r->n_lines - from < BLOCK ? w->r->n_lines - from : BLOCK;

		for (uint32_t i = 0; i < n; i++) {
			const struct recon_row *l = work_line(w, from + i);

			if (i + 4 < n)
				__builtin_prefetch(l[4].texts);
			keys[i] = l->held || recon_text(l, B_OWN).n == 0 ? 0 : line_key(l);
			map_ahead(&seen, keys[i]);
		}
		for (uint32_t i = 0; i < n; i++)
			if (keys[i] != 0)
				look_twice(w, &seen, from + i, keys[i]);
	}
	map_close(&seen);
}

/* Edges */

struct search { struct work *w; const struct said *said; uint32_t line; uint64_t amount; uint8_t where; uint32_t found; bool contested; };

static bool same_reference(const struct recon_row *item, const char *p, unsigned n)
{
	struct norm own;

	norm_of(&own, recon_text(item, K_REF));
	return own.n == n && memcmp(own.p, p, n) == 0;
}

/*
 * More than CROWD items of one reference and amount: whatever a pair of them would be, another fits as well.  All of them
 * and the line are a person's; the first item's reason says that they were told already.
 */
static bool exact_crowd(struct work *w, uint32_t line, uint32_t first)
{
	uint32_t n = 0;

	if (work_item(w, w->by_exact.e[first].value)->reason != AMBIGUOUS) {
		for (uint32_t at = first; at != NOBODY && n <= CROWD; at = map_next(&w->by_exact, at))
			n++;
		if (n <= CROWD)
			return false;
		for (uint32_t at = first; at != NOBODY; at = map_next(&w->by_exact, at))
			mark(work_item(w, w->by_exact.e[at].value), AMBIGUOUS, NULL);
	}
	mark(work_line(w, line), AMBIGUOUS, NULL);
	return true;
}

static bool add_exact(void *ctx, uint64_t key, const char *p, unsigned n)
{
	struct search *s = ctx;
	struct work *w = s->w;
	uint32_t at = map_first(&w->by_exact, key_mix(key, s->amount));

	if (at == NOBODY || exact_crowd(w, s->line, at))
		return true;
	for (; at != NOBODY; at = map_next(&w->by_exact, at)) {
		uint32_t i = w->by_exact.e[at].value;
		const struct recon_row *item = work_item(w, i), *line = work_line(w, s->line);

		if (item->whole || item->amount != line->amount || item->sign != line->sign || !same_reference(item, p, n))
			continue;
		edge_add(w, &w->exact, (struct edge){ .line = s->line, .item = i, .days = (int16_t)row_days(line, item), .op = OP_EXACT,
			.where = s->where, .contested = s->contested });
		s->found++;
	}
	return true;
}

static void search_field(struct search *s, const struct norm *o, uint8_t where)
{
	s->where = where;
	if (o->n >= 3)
		add_exact(s, norm_key(o), o->p, o->n);
}

/*
 * Its own fields first; then where the bank puts its number; then the text.  What the text names while a field names
 * something else is contested, and a person's.
 */
static void search_line(struct work *w, uint32_t i, struct said *said)
{
	const struct recon_row *l = work_line(w, i);
	struct search s = { .w = w, .said = said, .line = i, .amount = amount_key(l->amount, l->sign) };

	for (int t = 0; t < 3; t++) {
		struct norm *o = &said->field[t];

		norm_of(o, recon_text(l, t));
		if (t > 0 && o->n == said->field[0].n && memcmp(o->p, said->field[0].p, o->n) == 0)
			continue;
		search_field(&s, o, (uint8_t)t);
	}
	if (s.found > 0)
		return;
	said_read(said, l);
	s.contested = said->has_field;
	if (said->own.n >= 4)
		search_field(&s, &said->own, B_OWN);
	if (s.found > 0)
		return;
	s.where = B_TEXT;
	words_runs(&said->words, 4, add_exact, &s);
}

/* The same pair by two runs of one text, or by two fields, is one edge; the first way stays. */
static void edges_unique(struct edges *e)
{
	uint32_t n = 0;

	sort_some(e->e, e->n, sizeof(*e->e), edge_by_item);
	for (uint32_t i = 0; i < e->n; i++)
		if (n == 0 || e->e[n - 1].item != e->e[i].item || e->e[n - 1].line != e->e[i].line)
			e->e[n++] = e->e[i];
		else if (e->e[n - 1].contested && !e->e[i].contested)
			e->e[n - 1] = e->e[i];
	e->n = n;
}

/* A field that is one slip away from the item's reference does not contest what the text spells out. */
static void settle_contested(struct work *w)
{
	struct said *said = malloc(sizeof(*said));
	int where;
	uint64_t key;

	if (said == NULL) {
		w->failed = true;
		return;
	}
	for (uint32_t i = 0; i < w->exact.n; i++) {
		struct edge *e = &w->exact.e[i];
		enum recon_operator op;

		if (!e->contested)
			continue;
		said_read(said, work_line(w, e->line));
		said->words.n = 0;
		said->own.n = 0;
		op = said_relation(said, recon_text(work_item(w, e->item), K_REF), &where, &key);
		e->contested = op >= OP_LOOSE;
	}
	free(said);
}

/* Who fits whom */

static bool in_days(const struct work *w, const struct edge *e, bool tight)
{
	const struct recon_options *o = w->r->options;
	bool check = work_item(w, e->item)->type == RECON_CHECK;
	int early = o->early, late = check ? o->late_check : o->late, tight_late = check ? o->weak_check : TIGHT_LATE;

	if (tight) {		/* never wider than what the rules allow */
		early = early < TIGHT_EARLY ? early : TIGHT_EARLY;
		late = late < tight_late ? late : tight_late;
	}
	return e->days >= -early && e->days <= late;
}

static bool live(const struct work *w, const struct edge *e, bool tight)
{
	return !e->contested && row_open(work_line(w, e->line)) && row_open(work_item(w, e->item)) &&
		work_item(w, e->item)->status == RECON_OPEN && in_days(w, e, tight);
}

static enum recon_rule rule_of(const struct edge *e)
{
	return e->where == B_OWN ? RULE_REFERENCE_OWN : e->where == B_TEXT ? RULE_REFERENCE_TEXT : RULE_REFERENCE;
}

static unsigned exact_score(const struct edge *e)
{
	return score_of(OP_EXACT, e->days, PARTY_AGREES, 0) - (e->where == B_TEXT ? 100 : e->where == B_OWN ? 50 : 0);
}

static bool earlier(const struct work *w, const struct edge *a, const struct edge *b)
{
	const struct recon_row *x = work_line(w, a->line), *y = work_line(w, b->line);
	bool fa = a->where < B_OWN, fb = b->where < B_OWN;

	if (fa != fb)
		return fa;
	return x->date != y->date ? x->date < y->date : a->line < b->line;
}

static void hold_twice(struct work *w, const struct edge *own, const struct edge *again)
{
	struct recon_row *l = work_line(w, again->line), *first = work_line(w, own->line);
	struct view a = recon_text(l, B_OWN), b = recon_text(first, B_OWN);
	bool same = l->date == first->date && view_eq(a, b);
	int days = l->day - first->day;

	if (days > TWICE_DAYS || days < -TWICE_DAYS || (again->where == B_TEXT && own->where != B_TEXT))
		return;
	mark(l, same ? DUP_LINE : DUP_PAYMENT, first);
	l->held = 1;
}

/* The edges [from, to) of one item. */
static void resolve_item(struct work *w, uint32_t from, uint32_t to, bool tight)
{
	const struct edge *best = NULL;
	uint32_t n = 0;

	for (uint32_t i = from; i < to; i++) {
		const struct edge *e = &w->exact.e[i];

		if (!live(w, e, tight))
			continue;
		if (w->degree_line[e->line] != 1 || pair_refused(w, e->line, e->item))
			return;			/* a person's no singles nobody else out */
		n++;
		if (best == NULL || earlier(w, e, best))
			best = e;
	}
	if (n == 0 || (n > 1 && !tight))
		return;
	for (uint32_t i = from; i < to && n > 1; i++)
		if (&w->exact.e[i] != best && live(w, &w->exact.e[i], tight))
			hold_twice(w, best, &w->exact.e[i]);
	match_pair(w, best, rule_of(best), exact_score(best), true);
}

static void resolve(struct work *w, bool tight)
{
	const struct edges *x = &w->exact;

	memset(w->degree_line, 0, (w->r->n_lines + 1) * sizeof(*w->degree_line));
	for (uint32_t i = 0; i < x->n; i++)
		if (live(w, &x->e[i], tight) && w->degree_line[x->e[i].line] < UINT16_MAX)
			w->degree_line[x->e[i].line]++;
	for (uint32_t from = 0, to; from < x->n && !w->failed; from = to) {
		for (to = from + 1; to < x->n && x->e[to].item == x->e[from].item; to++)
			;
		resolve_item(w, from, to, tight);
	}
}

/* Void and stopped checks that the bank paid. */
static void presented(struct work *w)
{
	for (uint32_t i = 0; i < w->exact.n; i++) {
		const struct edge *e = &w->exact.e[i];
		struct recon_row *l = work_line(w, e->line), *k = work_item(w, e->item);
		enum recon_reason why = k->status == RECON_VOID ? VOID_PRESENTED : STOP_PRESENTED;

		if (k->status == RECON_OPEN || e->contested || !row_open(l) || !row_open(k))
			continue;
		if (k->status_date != DATE_NONE && l->date < k->status_date) {
			match_pair(w, e, rule_of(e), exact_score(e), true);	/* paid first */
			continue;
		}
		mark(l, why, k);
		mark(k, why, l);
		l->held = k->held = 1;
	}
}

/*
 * A line's search touches five places that nobody has touched lately.  They are asked for in steps while the lines before it
 * are searched: the map's head, its entry, the item, the item's texts.
 */
#define AHEAD 32u			/* a power of two */
#define TO_ENTRY 10u
#define TO_ITEM 18u
#define TO_TEXTS 26u

static uint64_t likely_key(const struct recon_row *l, struct norm *scratch)
{
	for (int t = 0; t < 3; t++) {
		struct view v = recon_text(l, t);

		if (v.n == 0)
			continue;
		norm_of(scratch, v);
		return norm_key(scratch) == 0 ? 0 : key_mix(norm_key(scratch), amount_key(l->amount, l->sign));
	}
	return 0;
}

static const struct recon_row *likely_item(const struct work *w, uint64_t key)
{
	uint32_t at = key == 0 ? NOBODY : w->by_exact.head[key & w->by_exact.mask];

	return at == NOBODY ? NULL : work_item(w, w->by_exact.e[at].value);
}

static void search_lines(struct work *w, struct said *said)
{
	uint64_t keys[AHEAD] = { 0 };
	const struct recon_row *item;

	for (uint32_t i = 0; i < w->r->n_lines + AHEAD && !w->failed; i++) {
		if (i >= AHEAD && row_open(work_line(w, i - AHEAD)))
			search_line(w, i - AHEAD, said);
		keys[i % AHEAD] = 0;
		if (i < w->r->n_lines && row_open(work_line(w, i))) {
			if (i + 4 < w->r->n_lines)
				__builtin_prefetch(work_line(w, i + 4)->texts);
			keys[i % AHEAD] = likely_key(work_line(w, i), &said->own);
			map_ahead(&w->by_exact, keys[i % AHEAD]);
		}
		if (i >= TO_ENTRY)
			map_ahead_entry(&w->by_exact, keys[(i - TO_ENTRY) % AHEAD]);
		if (i >= TO_ITEM && (item = likely_item(w, keys[(i - TO_ITEM) % AHEAD])) != NULL) {
			__builtin_prefetch(item);
			__builtin_prefetch((const char *)item + 64);
		}
		if (i >= TO_TEXTS && (item = likely_item(w, keys[(i - TO_TEXTS) % AHEAD])) != NULL)
			__builtin_prefetch(item->texts);
	}
}

void recon_exact(struct work *w)
{
	struct said *said = malloc(sizeof(*said));

	if (said == NULL)
		w->failed = true;
	find_twice(w);
	if (!w->failed)
		search_lines(w, said);
	free(said);
	if (w->failed)
		return;
	edges_unique(&w->exact);
	settle_contested(w);
	resolve(w, true);
	resolve(w, false);
	presented(w);
}
