/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_propose - what a person may want to look at, ranked: never accepted here
 *
 * For each open line: the items and groups of its amount, items that it names with another amount, items whose other
 * parts are there, items of one party that add up to it, and the group it names less some items.  At most PROPOSALS of
 * them, the best first.  The search for sums is bounded by steps, not by time.
 */
#include <stdlib.h>

#include "rules/recon_parts.h"

#define LUMP_ITEMS 20
#define LUMP_EARLY 1			/* banking days */
#define LUMP_LATE 5
#define LUMP_MOST 8
#define LUMP_STEPS 60000
#define ALL_STEPS 60000000		/* of a partition: the lines behind get no sums */
#define NAME_STEPS 20			/* a name compared costs as much */
#define LESS_MEMBERS 300
#define PARTS_MOST 12

struct idea {				/* one proposal for one line */
	uint32_t lines[PARTS_MOST], n, items[LUMP_MOST], m;
	uint32_t group, without[2];	/* all open members of it but these, when not NOBODY */
	int64_t extra;
	uint32_t odds;
	int16_t days;
	uint16_t score;
	uint8_t rule, op, where, party;
};

struct ideas { struct idea i[PROPOSALS]; unsigned n; };

struct desk {
	struct work *w;
	struct said *said;
	struct map line_amount, party, read_item;	/* open lines by amount, open items by party, edges of `read` by item */
	uint32_t found[LUMP_ITEMS * (LUMP_EARLY + LUMP_LATE + 1)];
	uint32_t *weak_at, *exact_at, *read_at;		/* first edge of each line; n_lines + 1 of them */
	struct ideas ideas;
	uint32_t steps;			/* left for sums, of all lines together */
};

static bool same_idea(const struct idea *a, const struct idea *b)
{
	return a->n == b->n && a->m == b->m && a->group == b->group && a->without[0] == b->without[0] && a->without[1] == b->without[1] &&
		memcmp(a->lines, b->lines, a->n * sizeof(a->lines[0])) == 0 && memcmp(a->items, b->items, a->m * sizeof(a->items[0])) == 0;
}

/* Keeps the best ones, the first of equals first. */
static void think(struct ideas *all, const struct idea *i)
{
	unsigned at = all->n;

	for (unsigned k = 0; k < all->n; k++)
		if (same_idea(&all->i[k], i))
			return;
	while (at > 0 && all->i[at - 1].score < i->score)
		at--;
	if (at == PROPOSALS)
		return;
	if (all->n < PROPOSALS)
		all->n++;
	memmove(&all->i[at + 1], &all->i[at], (all->n - at - 1) * sizeof(*i));
	all->i[at] = *i;
}

static struct idea idea_of(uint32_t line, enum recon_rule rule, unsigned score)
{
	return (struct idea){ .lines = { line }, .n = 1, .group = NOBODY, .without = { NOBODY, NOBODY }, .rule = (uint8_t)rule,
		.score = (uint16_t)score };
}

/* Same amount */

/* A reference that agrees outside the days in which one counts. */
static bool far_off(const struct work *w, const struct edge *e)
{
	const struct recon_options *o = w->r->options;

	return e->days < -o->early || e->days > (work_item(w, e->item)->type == RECON_CHECK ? o->late_check : o->late);
}

static void from_edge(struct desk *d, const struct edge *e, bool exact)
{
	struct work *w = d->w;
	unsigned rivals = 0, far = (unsigned)(e->days < 0 ? -e->days : e->days);
	struct idea i = idea_of(e->line, RULE_AMOUNT_DATE, 0);
	bool conflict = e->op == OP_OTHER || (e->op == OP_NONE && e->party == PARTY_OTHER) || e->contested;

	if (conflict && far > 7 && !e->contested)
		return;
	if (!exact)
		rivals = (w->degree_line[e->line] > 1 ? w->degree_line[e->line] - 1u : 0) + (w->degree_item[e->item] > 1 ? w->degree_item[e->item] - 1u : 0);
	i.rule = conflict ? RULE_CONFLICT : e->op == OP_EXACT ? RULE_REFERENCE : e->op != OP_NONE ? RULE_REFERENCE_NEAR : RULE_AMOUNT_DATE;
	i.score = (uint16_t)score_of((enum recon_operator)e->op, e->days, (enum recon_party)e->party, rivals);
	if (conflict)
		i.score /= 2;
	if (exact && !conflict && far_off(w, e))
		i.score = (uint16_t)(2900 - (far < 400 ? far : 400));
	i.op = e->op;
	i.where = e->where;
	i.party = e->party;
	i.days = e->days;
	i.extra = rivals;
	if (e->item >= w->r->n_items) {
		i.group = e->item - w->r->n_items;
		i.rule = RULE_GROUP_TOTAL;
		if (w->groups[i.group].closed)
			return;
	} else {
		if (!row_open(work_item(w, e->item)) || work_item(w, e->item)->status != RECON_OPEN)
			return;
		i.items[0] = e->item;
		i.m = 1;
	}
	think(&d->ideas, &i);
}

static uint64_t item_key(uint32_t item)
{
	return key_mix(item + 1u, 0x2545f4914f6cdd1du);
}

/* Named with another amount; parts of it that are there, and one line that fits into the gap */

static void fill_gap(struct desk *d, const struct edge *e)
{
	struct work *w = d->w;
	const struct recon_row *k = work_item(w, e->item);
	struct idea i = idea_of(e->line, RULE_PARTS_REST, 0);
	int64_t gap = k->amount;
	uint32_t at;

	i.n = 0;
	for (uint32_t x = map_first(&d->read_item, item_key(e->item)); x != NOBODY && i.n < PARTS_MOST - 1; x = map_next(&d->read_item, x)) {
		const struct edge *o = &w->read.e[d->read_item.e[x].value];

		if (row_open(work_line(w, o->line)) && work_line(w, o->line)->sign == k->sign) {
			i.lines[i.n++] = o->line;
			gap -= work_line(w, o->line)->amount;
		}
	}
	if (gap <= 0 || i.n == 0 || i.lines[0] != e->line)		/* told once, by the first of them */
		return;
	for (at = map_first(&d->line_amount, amount_key(gap, k->sign)); at != NOBODY; at = map_next(&d->line_amount, at)) {
		uint32_t other = d->line_amount.e[at].value;
		const struct recon_row *l = work_line(w, other);
		int days = l->day - work_line(w, i.lines[0])->day;
		struct idea found = i;
		uint32_t to = found.n;
		bool known = false;

		for (uint32_t x = 0; x < i.n; x++)
			known |= i.lines[x] == other;
		if (known || l->amount != gap || l->sign != k->sign || days > 4 || days < -4)
			continue;
		said_read(d->said, l);
		if (d->said->reference || said_party(d->said, recon_text(k, K_PARTY)) == PARTY_OTHER)
			continue;
		while (to > 0 && found.lines[to - 1] > other) {
			found.lines[to] = found.lines[to - 1];
			to--;
		}
		found.lines[to] = other;
		found.n++;
		found.items[0] = e->item;
		found.m = 1;
		found.op = OP_EXACT;
		found.where = e->where;
		found.days = e->days;
		found.score = (uint16_t)(7400 + (d->said->words.part ? 400 : 0) + (days == 0 ? 60 : days == 1 || days == -1 ? 30 : 0));
		think(&d->ideas, &found);
	}
}

static void named(struct desk *d, const struct edge *e)
{
	struct work *w = d->w;
	const struct recon_row *l = work_line(w, e->line), *k = work_item(w, e->item);
	struct idea i = idea_of(e->line, RULE_AMOUNT_OFF, 0);
	int64_t off = l->amount - k->amount;

	if (!row_open(k) || k->status != RECON_OPEN || k->sign != l->sign || off == 0)
		return;
	if (off < 0)
		fill_gap(d, e);
	i.items[0] = e->item;
	i.m = 1;
	i.op = e->op;
	i.where = e->where;
	i.days = e->days;
	i.score = off >= -1 && off <= 1 ? 8500 : e->days >= -2 && e->days <= 7 ? 4200 : 3000;
	think(&d->ideas, &i);
}

/* Items of one party that add up to the line */

struct sum { const int64_t *amount; uint32_t n, steps, hits; uint32_t pick[LUMP_MOST], best[3][LUMP_MOST], best_n[3]; };

static void sums(struct sum *s, uint32_t from, uint32_t depth, int64_t left)
{
	if (left == 0 && depth >= 2) {
		if (s->hits < 3) {
			memcpy(s->best[s->hits], s->pick, sizeof(s->pick));
			s->best_n[s->hits] = depth;
		}
		s->hits++;
		return;
	}
	for (uint32_t i = from; i < s->n && depth < LUMP_MOST && left > 0 && s->steps > 0; i++) {
		s->steps--;
		if (s->amount[i] > left)
			continue;
		s->pick[depth] = i;
		sums(s, i + 1, depth + 1, left - s->amount[i]);
	}
}

/* How often n amounts would add up to a given one by accident, in a million lines: subsets over the range of sums. */
static uint32_t odds(uint32_t n, uint32_t k, int64_t amount)
{
	uint64_t ways = 1;

	for (uint32_t i = 0; i < k; i++)
		ways = ways * (n - i) / (i + 1);
	if (amount <= 0 || ways * 1000000u / (uint64_t)amount > 1000000u)
		return 1000000u;
	return (uint32_t)(ways * 1000000u / (uint64_t)amount) + 1;
}

/* Five letters of a name, or eight where it has them; 0 for what is shorter. */
static uint64_t party_key(const struct norm *o)
{
	struct norm cut;

	if (o->n < 5)
		return 0;
	cut.n = o->n < 8 ? 5 : 8;
	memcpy(cut.p, o->p, cut.n);
	return norm_key(&cut);
}

static uint64_t party_day(uint64_t party, int32_t day)
{
	return party == 0 ? 0 : key_mix(party, (uint64_t)(uint32_t)day + 1);
}

static int by_place(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

/* Of the days around the line, at most CROWD of one name and day; of these the first LUMP_ITEMS. */
static uint32_t party_items(struct desk *d, uint32_t line, uint32_t items[LUMP_ITEMS])
{
	struct work *w = d->w;
	const struct recon_row *l = work_line(w, line);
	uint64_t party = party_key(&d->said->party);
	uint32_t n = 0;

	for (int32_t day = l->day - LUMP_LATE; day <= l->day + LUMP_EARLY; day++) {
		uint32_t at = map_first(&d->party, party_day(party, day));

		for (unsigned tried = 0, found = 0; at != NOBODY && tried < CROWD && found < LUMP_ITEMS; at = map_next(&d->party, at), tried++) {
			d->steps -= d->steps < NAME_STEPS ? d->steps : NAME_STEPS;
			uint32_t i = d->party.e[at].value;
			const struct recon_row *k = work_item(w, i);

			if (k->sign == l->sign && k->amount < l->amount && k->amount > 0 &&
			    said_party(d->said, recon_text(k, K_PARTY)) == PARTY_AGREES) {
				d->found[n++] = i;
				found++;
			}
		}
	}
	sort_some(d->found, n, sizeof(*d->found), by_place);
	n = n < LUMP_ITEMS ? n : LUMP_ITEMS;
	memcpy(items, d->found, n * sizeof(*items));
	return n;
}

/* A line that may be the sum of one name's items. */
static bool may_lump(const struct said *said)
{
	return !said->reference && said->party.n >= 5;
}

/* d->said holds the line. */
static void lump(struct desk *d, uint32_t line)
{
	struct work *w = d->w;
	uint32_t items[LUMP_ITEMS], n;
	int64_t amounts[LUMP_ITEMS];
	struct sum s = { .amount = amounts, .steps = LUMP_STEPS };

	if (!may_lump(d->said) || d->steps == 0)
		return;
	n = s.n = party_items(d, line, items);
	for (uint32_t i = 0; i < n; i++)
		amounts[i] = work_item(w, items[i])->amount;
	if (n >= 2)
		sums(&s, 0, 0, work_line(w, line)->amount);
	d->steps -= d->steps < LUMP_STEPS - s.steps ? d->steps : LUMP_STEPS - s.steps;
	for (uint32_t h = 0; h < s.hits && h < 3; h++) {
		struct idea i = idea_of(line, RULE_LUMP, 0);
		bool one_day = true;

		i.m = s.best_n[h];
		for (uint32_t k = 0; k < i.m; k++) {
			i.items[k] = items[s.best[h][k]];
			one_day &= work_item(w, i.items[k])->day == work_item(w, i.items[0])->day;
		}
		i.days = (int16_t)row_days(work_line(w, line), work_item(w, i.items[0]));
		i.extra = s.hits;
		i.odds = odds(n, i.m, work_line(w, line)->amount);
		i.party = PARTY_AGREES;
		i.score = (uint16_t)((one_day ? 7000 : 6500) / (s.hits > 4 ? 4 : s.hits) + 300);
		think(&d->ideas, &i);
	}
}

/* The group that the line names, without one or two items */
static void group_less(struct desk *d, uint32_t line)
{
	struct work *w = d->w;
	const struct recon_row *l = work_line(w, line);
	uint32_t g, *m, n;
	int64_t gap;

	if (l->reason != GROUP_SHORT || l->with == NULL || (g = w->group_of[l->with - w->r->items]) == NOBODY)
		return;
	gap = w->groups[g].net - row_signed(l);
	n = group_members(w, &w->groups[g], &m);
	for (uint32_t a = 0; m != NULL && a < n && n <= LESS_MEMBERS; a++)
		for (uint32_t b = a; b < n; b++) {
			int64_t out = row_signed(work_item(w, m[a])) + (b > a ? row_signed(work_item(w, m[b])) : 0);
			struct idea i = idea_of(line, RULE_GROUP_LESS, b > a ? 4500 : 6500);

			if (out != gap)
				continue;
			i.group = g;
			i.without[0] = m[a];
			i.without[1] = b > a ? m[b] : NOBODY;
			i.op = OP_EXACT;
			i.days = (int16_t)(l->day - w->groups[g].day);
			think(&d->ideas, &i);
		}
	free(m);
}

/* Writing them down */

static void put_down(struct desk *d, const struct idea *i)
{
	struct work *w = d->w;
	uint32_t *items = NULL, m = i->m;
	struct recon_match *made;

	if (i->group != NOBODY) {
		uint32_t all = group_members(w, &w->groups[i->group], &items);

		m = 0;
		for (uint32_t k = 0; items != NULL && k < all; k++)
			if (items[k] != i->without[0] && items[k] != i->without[1])
				items[m++] = items[k];
		if (items == NULL)
			w->failed = true;
	}
	if (m > 0 && !w->failed) {
		made = match_add(w, false, i->lines, i->n, items == NULL ? i->items : items, m);
		if (made != NULL) {
			made->rule = i->rule;
			made->op = i->op;
			made->where = i->where;
			made->party = i->party;
			made->days = i->days;
			made->extra = i->extra;
			made->odds = i->odds;
			made->score = i->score;
		}
	}
	free(items);
}

static void one_line(struct desk *d, uint32_t line)
{
	struct work *w = d->w;

	d->ideas.n = 0;
	for (uint32_t x = d->exact_at[line]; x < d->exact_at[line + 1]; x++)
		from_edge(d, &w->exact.e[x], true);
	for (uint32_t x = d->weak_at[line]; x < d->weak_at[line + 1]; x++)
		from_edge(d, &w->weak.e[x], false);
	for (uint32_t x = d->read_at[line]; x < d->read_at[line + 1]; x++)
		named(d, &w->read.e[x]);
	said_read(d->said, work_line(w, line));
	lump(d, line);
	group_less(d, line);
	for (unsigned i = 0; i < d->ideas.n && !w->failed; i++)
		put_down(d, &d->ideas.i[i]);
}

static uint32_t *starts(struct work *w, struct edges *x)
{
	uint32_t *at = malloc(((size_t)w->r->n_lines + 2) * sizeof(*at)), e = 0;

	if (at == NULL) {
		w->failed = true;
		return NULL;
	}
	sort_some(x->e, x->n, sizeof(*x->e), edge_by_line);
	for (uint32_t i = 0; i <= w->r->n_lines; i++) {
		while (e < x->n && x->e[e].line < i)
			e++;
		at[i] = e;
	}
	return at;
}

/* Items of the names that lines without a reference bear. */
static bool map_parties(struct desk *d, uint32_t open_lines)
{
	struct work *w = d->w;
	struct sieve names;
	struct norm party;
	uint32_t open_items = 0;

	if (!sieve_open(&names, open_lines))
		return false;
	for (uint32_t i = 0; i < w->r->n_lines; i++) {
		if (!row_open(work_line(w, i)))
			continue;
		said_read(d->said, work_line(w, i));
		if (may_lump(d->said))
			sieve_add(&names, party_key(&d->said->party));
	}
	for (uint32_t i = 0; i < w->r->n_items; i++)
		open_items += row_open(work_item(w, i)) && work_item(w, i)->status == RECON_OPEN;
	if (!map_open(&d->party, open_items)) {
		sieve_close(&names);
		return false;
	}
	for (uint32_t i = w->r->n_items; i-- > 0;) {
		const struct recon_row *k = work_item(w, i);
		uint64_t key;

		if (!row_open(k) || k->status != RECON_OPEN)
			continue;
		norm_of_first(&party, recon_text(k, K_PARTY), 8);
		key = party_key(&party);
		if (key != 0 && sieve_has(&names, key))
			map_add(&d->party, party_day(key, k->day), i);
	}
	sieve_close(&names);
	return true;
}

static bool open_maps(struct desk *d)
{
	struct work *w = d->w;
	uint32_t open_lines = 0;

	for (uint32_t i = 0; i < w->r->n_lines; i++)
		open_lines += row_open(work_line(w, i));
	if (!map_open(&d->line_amount, open_lines) || !map_open(&d->read_item, w->read.n) || !map_parties(d, open_lines))
		return false;
	for (uint32_t x = w->read.n; x-- > 0;)
		map_add(&d->read_item, item_key(w->read.e[x].item), x);
	for (uint32_t i = w->r->n_lines; i-- > 0;)
		if (row_open(work_line(w, i)))
			map_add(&d->line_amount, amount_key(work_line(w, i)->amount, work_line(w, i)->sign), i);
	return true;
}

void recon_propose(struct work *w)
{
	struct desk *d = calloc(1, sizeof(*d));
	struct said *said = malloc(sizeof(*said));

	if (d == NULL || said == NULL) {
		w->failed = true;
		goto out;
	}
	d->w = w;
	d->steps = ALL_STEPS;
	d->said = said;
	d->weak_at = starts(w, &w->weak);
	d->exact_at = starts(w, &w->exact);
	d->read_at = starts(w, &w->read);
	w->failed = w->failed || !open_maps(d);
	for (uint32_t i = 0; i < w->r->n_lines && !w->failed; i++)
		if (row_open(work_line(w, i)))
			one_line(d, i);
	free(d->weak_at);
	free(d->exact_at);
	free(d->read_at);
	map_close(&d->line_amount);
	map_close(&d->party);
	map_close(&d->read_item);
out:
	free(said);
	free(d);
}
