/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_weak - near references, lone amounts and totals of declared groups: only where nothing else fits on either side
 *
 * Rivals are counted over a window wider than the one in which a pair is accepted; whatever does not contradict is a
 * rival, and no pair accepted here makes another one unique: all are judged by the same picture.  A line without a
 * reference takes an item only when no name, type or count speaks against it, and never when it says that it is a part
 * of something or bears somebody's number in its text.
 */
#include <stdlib.h>

#include "rules/recon_parts.h"

#define ACCEPT_EARLY 1
#define ACCEPT_LATE 5			/* lone amounts, one edit */
#define TOTAL_LATE 3

static bool is_group(const struct work *w, uint32_t item)
{
	return item >= w->r->n_items;
}

static const struct group *group_at(const struct work *w, uint32_t item)
{
	return &w->groups[item - w->r->n_items];
}

static void add_amount(struct work *w, int64_t amount, uint8_t sign, uint32_t value)
{
	uint64_t key = amount_key(amount, sign);

	if (sieve_has(&w->amounts, key))
		map_add(&w->by_amount, key, value);
}

static bool build_amounts(struct work *w)
{
	if (!map_open(&w->by_amount, w->r->n_items + w->n_groups))
		return false;
	for (uint32_t g = w->n_groups; g-- > 0;) {
		struct group *to = &w->groups[g];
		bool lost = false;

		to->open = 0;
		for (uint32_t i = to->first; i != NOBODY; i = w->next_member[i])
			to->open += row_open(work_item(w, i)) && work_item(w, i)->status == RECON_OPEN;
		to->net = group_net(w, to, &lost);
		if (to->open > 1 && !lost && to->net != 0 && !to->closed)
			add_amount(w, to->net < 0 ? -to->net : to->net, to->net < 0 ? RECON_DB : RECON_CR, w->r->n_items + g);
	}
	for (uint32_t i = w->r->n_items; i-- > 0;) {
		const struct recon_row *k = work_item(w, i);

		if (row_open(k) && k->status == RECON_OPEN)
			add_amount(w, k->amount, k->sign, i);
	}
	return true;
}

/* Is what the line reads exactly the reference of another item? */
static bool foreign(const struct work *w, uint64_t key, uint32_t item)
{
	for (uint32_t at = map_first(&w->by_ref, key); at != NOBODY; at = map_next(&w->by_ref, at))
		if (w->by_ref.e[at].value != item)
			return true;
	return false;
}

static void add_item(struct work *w, const struct said *said, uint32_t line, uint32_t i)
{
	const struct recon_row *l = work_line(w, line), *k = work_item(w, i);
	const struct recon_options *o = w->r->options;
	bool check = l->type == RECON_CHECK || k->type == RECON_CHECK;
	int days = row_days(l, k), window = check ? o->weak_check : o->weak, where;
	struct edge e = { .line = line, .item = i, .days = (int16_t)days };
	uint64_t key;

	if (k->whole || k->amount != l->amount || k->sign != l->sign || days > window || days < -window)
		return;
	e.op = (uint8_t)said_relation(said, recon_text(k, K_REF), &where, &key);
	e.where = (uint8_t)where;
	e.party = (uint8_t)said_party(said, recon_text(k, K_PARTY));
	e.foreign = e.op > OP_EXACT && e.op < OP_OTHER && foreign(w, key, i);
	edge_add(w, &w->weak, e);
}

static void add_group(struct work *w, const struct said *said, uint32_t line, uint32_t item)
{
	const struct group *g = group_at(w, item);
	const struct recon_row *l = work_line(w, line);
	struct edge e = { .line = line, .item = item };
	int days = l->day - g->day, where;
	uint64_t key;

	if (g->net != row_signed(l) || days > w->r->options->weak || days < -w->r->options->weak)
		return;
	e.days = (int16_t)days;
	e.op = (uint8_t)said_relation(said, recon_text(work_item(w, g->first), K_GROUP), &where, &key);
	e.where = (uint8_t)where;
	edge_add(w, &w->weak, e);
}

/*
 * An amount with more pairs of lines and items than this is not tried; all its lines and items are a person's.  The first of
 * these bounds that keeps all amounts together below ALL_PAIRS holds for the partition.
 */
static const uint32_t pairs_most[] = { 60000, 10000, 2500, 400, 100 };

#define BOUNDS (sizeof(pairs_most) / sizeof(pairs_most[0]))
#define ALL_PAIRS 20000000u

struct amount { uint32_t lines, items; };	/* open ones of it, by the first place in its chain */

static struct amount *count_amounts(struct work *w)
{
	struct amount *a = calloc((size_t)w->by_amount.n + 1, sizeof(*a));

	for (uint32_t i = 0; i < w->r->n_lines && a != NULL; i++) {
		const struct recon_row *l = work_line(w, i);
		uint32_t at = row_open(l) ? map_first(&w->by_amount, amount_key(l->amount, l->sign)) : NOBODY;

		if (at != NOBODY && a[at].lines++ == 0)
			for (uint32_t k = at; k != NOBODY; k = map_next(&w->by_amount, k))
				a[at].items++;
	}
	return a;
}

static bool crowded(const struct amount *a, uint32_t most)
{
	return (uint64_t)a->lines * a->items > most || a->items > 4 * CROWD;
}

static uint32_t bound_of(const struct amount *a, uint32_t n)
{
	for (size_t b = 0; b < BOUNDS; b++) {
		uint64_t all = 0;

		for (uint32_t i = 0; i < n; i++)
			all += crowded(&a[i], pairs_most[b]) ? 0 : (uint64_t)a[i].lines * a[i].items;
		if (all <= ALL_PAIRS)
			return pairs_most[b];
	}
	return pairs_most[BOUNDS - 1];
}

/* Its items are told with the first line that comes here; `items` is 0 then. */
static void leave_crowd(struct work *w, uint32_t line, struct amount *a, uint32_t at)
{
	mark(work_line(w, line), AMBIGUOUS, NULL);
	for (; at != NOBODY && a->items > 0; at = map_next(&w->by_amount, at))
		if (!is_group(w, w->by_amount.e[at].value))
			mark(work_item(w, w->by_amount.e[at].value), AMBIGUOUS, NULL);
	a->items = 0;
	a->lines = UINT32_MAX;
}

static void find_candidates(struct work *w)
{
	struct said *said = malloc(sizeof(*said));
	struct amount *amounts = count_amounts(w);
	uint32_t most = amounts == NULL ? 0 : bound_of(amounts, w->by_amount.n);

	if (said == NULL || amounts == NULL)
		w->failed = true;
	for (uint32_t i = 0; i < w->r->n_lines && !w->failed; i++) {
		const struct recon_row *l = work_line(w, i);
		uint32_t at;

		if (!row_open(l) || (at = map_first(&w->by_amount, amount_key(l->amount, l->sign))) == NOBODY)
			continue;
		if (amounts[at].lines == UINT32_MAX || crowded(&amounts[at], most)) {
			leave_crowd(w, i, &amounts[at], at);
			continue;
		}
		said_read(said, l);
		for (; at != NOBODY; at = map_next(&w->by_amount, at)) {
			if (is_group(w, w->by_amount.e[at].value))
				add_group(w, said, i, w->by_amount.e[at].value);
			else
				add_item(w, said, i, w->by_amount.e[at].value);
		}
	}
	free(amounts);
	free(said);
}

/* A rival: it does not contradict, by reference or by name. */
static bool rival(const struct edge *e)
{
	return e->op != OP_OTHER && !(e->op == OP_NONE && e->party == PARTY_OTHER);
}

static void count_degrees(struct work *w)
{
	memset(w->degree_line, 0, (w->r->n_lines + 1) * sizeof(*w->degree_line));
	memset(w->degree_item, 0, (w->r->n_items + w->n_groups + 1) * sizeof(*w->degree_item));
	for (uint32_t i = 0; i < w->weak.n; i++) {
		const struct edge *e = &w->weak.e[i];

		if (!rival(e))
			continue;
		if (w->degree_line[e->line] < UINT16_MAX)
			w->degree_line[e->line]++;
		if (w->degree_item[e->item] < UINT16_MAX)
			w->degree_item[e->item]++;
	}
	/* a group's total and its members are one money: a line that may take a member is a rival of the group */
	for (uint32_t i = 0; i < w->weak.n; i++) {
		const struct edge *e = &w->weak.e[i];
		uint32_t g = is_group(w, e->item) ? NOBODY : w->group_of[e->item];

		if (g != NOBODY && rival(e) && w->degree_item[w->r->n_items + g] < UINT16_MAX)
			w->degree_item[w->r->n_items + g] += 2;
	}
}

static bool near_accepted(const struct work *w, const struct edge *e)
{
	const struct recon_row *k = work_item(w, e->item);
	const struct recon_options *o = w->r->options;
	bool check = k->type == RECON_CHECK;
	int late = check ? o->weak_check : e->op == OP_EDIT && e->party != PARTY_AGREES ? ACCEPT_LATE + 1 : o->weak;

	return !e->foreign && e->party != PARTY_OTHER && e->days >= -3 && e->days <= late;
}

/* Types that speak against each other: a check-paid line for a transfer, a return or a fee for anything else. */
static bool types_fit(const struct recon_row *l, const struct recon_row *k)
{
	if (l->type == RECON_CHECK || l->type == RECON_FEE || l->type == RECON_INTEREST)
		return k->type == l->type || k->type == RECON_OTHER;
	if (l->type == RECON_RETURN)
		return k->type == RECON_RETURN;
	return k->type != RECON_CHECK || l->type == RECON_OTHER;
}

static bool lone_accepted(const struct work *w, const struct edge *e, const struct said *said)
{
	const struct recon_row *l = work_line(w, e->line), *k = work_item(w, e->item);
	int late = k->type == RECON_CHECK ? 2 * ACCEPT_LATE : ACCEPT_LATE;

	return !said->reference && !said->words.part && said->words.items <= 1 && types_fit(l, k) &&
		(e->party == PARTY_UNKNOWN || e->party == PARTY_AGREES) && e->days >= -ACCEPT_EARLY && e->days <= late;
}

/* A line that bears a name takes a group only when it is the name of all of it. */
static bool whole_party(const struct work *w, const struct group *g, const struct said *said)
{
	for (uint32_t i = g->first; i != NOBODY && said->party.n > 0; i = w->next_member[i])
		if (row_open(work_item(w, i)) && work_item(w, i)->status == RECON_OPEN &&
		    said_party(said, recon_text(work_item(w, i), K_PARTY)) != PARTY_AGREES)
			return false;
	return true;
}

static bool total_accepted(const struct work *w, const struct edge *e, const struct said *said)
{
	const struct group *g = group_at(w, e->item);
	const struct recon_row *l = work_line(w, e->line);

	return !said->reference && !said->words.part && whole_party(w, g, said) && l->type != RECON_CHECK &&
		(l->type != RECON_RETURN || g->type == RECON_RETURN) &&
		(said->words.items == 0 || (uint32_t)said->words.items == g->open) && e->days >= -ACCEPT_EARLY && e->days <= TOTAL_LATE;
}

static void take_total(struct work *w, const struct edge *e)
{
	struct group *g = &w->groups[e->item - w->r->n_items];
	uint32_t *members, m = group_members(w, g, &members);
	struct recon_match *made = members == NULL ? NULL : match_add(w, true, &e->line, 1, members, m);

	if (members == NULL)
		w->failed = true;
	if (made != NULL) {
		made->rule = RULE_GROUP_TOTAL;
		made->op = OP_NONE;
		made->where = B_TEXT;
		made->days = e->days;
		made->score = (uint16_t)(score_of(OP_NONE, e->days, PARTY_UNKNOWN, 0) + 1200);
		g->closed = true;
	}
	free(members);
}

static void accept(struct work *w)
{
	struct said *said = malloc(sizeof(*said));

	if (said == NULL)
		w->failed = true;
	for (uint32_t i = 0; i < w->weak.n && !w->failed; i++) {
		const struct edge *e = &w->weak.e[i];

		if (!rival(e) || w->degree_line[e->line] != 1 || w->degree_item[e->item] != 1 || !row_open(work_line(w, e->line)))
			continue;
		said_read(said, work_line(w, e->line));
		if (is_group(w, e->item)) {
			if (e->op == OP_NONE && total_accepted(w, e, said))
				take_total(w, e);
		} else if (!row_open(work_item(w, e->item))) {
			continue;
		} else if (e->op >= OP_PREFIX && e->op <= OP_EDIT) {
			if (near_accepted(w, e))
				match_pair(w, e, RULE_REFERENCE_NEAR, score_of((enum recon_operator)e->op, e->days, (enum recon_party)e->party, 0), true);
		} else if (e->op == OP_NONE && lone_accepted(w, e, said)) {
			match_pair(w, e, RULE_AMOUNT_DATE, score_of(OP_NONE, e->days, (enum recon_party)e->party, 0) + 1500, true);
		}
	}
	free(said);
}

void recon_weak(struct work *w)
{
	if (!build_amounts(w)) {
		w->failed = true;
		return;
	}
	find_candidates(w);
	if (w->failed)
		return;
	sort_some(w->weak.e, w->weak.n, sizeof(*w->weak.e), edge_by_line);
	count_degrees(w);
	accept(w);
}
