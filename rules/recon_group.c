/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_group - one line for many items, and one item in many lines: only by a key that the line bears
 *
 * A line that names a group of the book closes it when the sum of the group's open items, returns and fees included, is
 * the line to the cent; or when the line states gross and fee, gross is that sum and the line is gross less fee.  Several
 * lines that name one group close it together when they add up to it.  A sum that does not prove is GROUP_SHORT or
 * GROUP_OVER.  Lines that all bear one item's reference and add up to it are its parts.
 *
 * What a line reads as an item's reference with another amount is kept (work.read) for the proposals and reasons.
 */
#include <stdlib.h>

#include "rules/recon_parts.h"

#define GROUP_EARLY 4
#define GROUP_LATE 12
#define PART_DAYS 12
#define PARTS_MOST 12
#define SHORT_KEY 4

struct named { uint32_t group, line; uint8_t where; };
struct names { struct named *n; uint32_t count, cap; };

struct look { struct work *w; struct names *names; uint32_t line; uint8_t where; unsigned least; };

static void name_add(struct work *w, struct names *to, struct named n)
{
	struct named *grown;

	for (uint32_t i = to->count; i-- > 0 && to->n[i].line == n.line;)
		if (to->n[i].group == n.group)
			return;
	if (to->count == to->cap) {
		grown = realloc(to->n, (to->cap + to->cap / 2 + 64) * sizeof(n));
		if (grown == NULL) {
			w->failed = true;
			return;
		}
		to->n = grown;
		to->cap += to->cap / 2 + 64;
	}
	to->n[to->count++] = n;
}

static bool same_key(const struct recon_row *item, int text, const char *p, unsigned n)
{
	struct norm own;

	norm_of(&own, recon_text(item, text));
	return own.n == n && memcmp(own.p, p, n) == 0;
}

/* A short key names a group only when the sum says so too. */
static bool sum_says(const struct work *w, uint32_t group, uint32_t line)
{
	const struct group *g = &w->groups[group];

	return !g->lost && g->net == row_signed(work_line(w, line));
}

/* Groups, and items of any amount, by what the line reads. */
static bool look_up(void *ctx, uint64_t key, const char *p, unsigned n)
{
	struct look *l = ctx;
	struct work *w = l->w;
	uint32_t at = map_first(&w->by_group, key), tried = 0;

	if (at != NOBODY && same_key(work_item(w, w->groups[w->by_group.e[at].value].first), K_GROUP, p, n) &&
	    (n >= l->least || sum_says(w, w->by_group.e[at].value, l->line)))
		name_add(w, l->names, (struct named){ w->by_group.e[at].value, l->line, l->where });
	at = n < l->least ? NOBODY : map_first(&w->by_ref, key);
	for (; at != NOBODY && tried < 16; at = map_next(&w->by_ref, at), tried++) {
		uint32_t i = w->by_ref.e[at].value;

		if (!work_item(w, i)->whole && same_key(work_item(w, i), K_REF, p, n))
			edge_add(w, &w->read, (struct edge){ .line = l->line, .item = i, .op = OP_EXACT, .where = l->where,
				.days = (int16_t)row_days(work_line(w, l->line), work_item(w, i)) });
	}
	return true;
}

static void read_line(struct work *w, struct names *names, uint32_t i, struct said *said)
{
	struct look l = { .w = w, .names = names, .line = i, .least = 3 };

	said_read(said, work_line(w, i));
	for (int t = 0; t < 3; t++) {
		l.where = (uint8_t)t;
		if (said->field[t].n >= 3)
			look_up(&l, norm_key(&said->field[t]), said->field[t].p, said->field[t].n);
	}
	l.least = 5;
	l.where = B_OWN;
	if (said->own.n >= SHORT_KEY)
		look_up(&l, norm_key(&said->own), said->own.p, said->own.n);
	l.where = B_TEXT;
	l.least = 6;
	words_runs(&said->words, SHORT_KEY, look_up, &l);
}

/* Groups */

static bool group_days(const struct work *w, const struct group *g, uint32_t line)
{
	int days = work_line(w, line)->day - g->day;

	return days >= -GROUP_EARLY && days <= GROUP_LATE;
}

static void close_group(struct work *w, struct group *g, const uint32_t *lines, uint32_t n, const struct named *by, enum recon_rule rule,
	int64_t extra)
{
	uint32_t *members, m = group_members(w, g, &members);
	struct recon_match *made;

	if (members == NULL) {
		w->failed = true;
		return;
	}
	made = match_add(w, true, lines, n, members, m);
	if (made != NULL) {
		made->rule = (uint8_t)rule;
		made->op = OP_EXACT;
		made->where = by->where;
		made->extra = extra;
		made->days = (int16_t)(work_line(w, lines[0])->day - g->day);
		made->score = (uint16_t)(score_of(OP_EXACT, made->days, PARTY_AGREES, 0) - (rule == RULE_GROUP_FEE_TEXT ? 400 : 0));
		g->closed = true;
	}
	free(members);
}

/* The line states gross and fee, gross is the sum, and the line is what is left. */
static bool fee_proves(const struct work *w, uint32_t line, int64_t net, int64_t *fee)
{
	struct said *said = malloc(sizeof(*said));
	const struct recon_row *l = work_line(w, line);
	int64_t gross = 0, sum = net < 0 ? -net : net;
	bool is = false;

	if (said == NULL)
		return false;
	said->row = l;
	is = said_amount(said, "GROSS", w->r->digits, &gross) && said_amount(said, "FEE", w->r->digits, fee) && gross == sum &&
		*fee > 0 && *fee < gross && l->amount == gross - *fee && (row_signed(l) < 0) == (net < 0);
	free(said);
	return is;
}

static void mark_group(struct work *w, struct group *g, enum recon_reason why, struct recon_row *line)
{
	for (uint32_t i = g->first; i != NOBODY; i = w->next_member[i])
		if (row_open(work_item(w, i)) && work_item(w, i)->status == RECON_OPEN)
			mark(work_item(w, i), why, line);
	mark(line, why, work_item(w, g->first));
}

static void group_does_not_prove(struct work *w, struct group *g, uint32_t line, int64_t net)
{
	struct recon_row *l = work_line(w, line);
	int64_t sum = net < 0 ? -net : net;

	if (net == 0)
		return;
	if ((row_signed(l) < 0) != (net < 0))
		mark_group(w, g, sum == l->amount ? SIGN_FLIP : REF_CONFLICT, l);
	else if (sum != l->amount)
		mark_group(w, g, l->amount < sum ? GROUP_SHORT : GROUP_OVER, l);
	else
		mark_group(w, g, DATE_OUT_OF_WINDOW, l);
}

/* All lines [by, by + n) name this group. */
static void settle_group(struct work *w, struct group *g, const struct named *by, uint32_t n)
{
	uint32_t lines[PARTS_MOST], count = 0, equal = 0, at = 0, equal_at = 0;
	bool lost = false;
	int64_t net = group_net(w, g, &lost), sum = 0, fee = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!row_open(work_line(w, by[i].line)))
			continue;
		if (count == PARTS_MOST)
			return;
		at = i;
		if (row_signed(work_line(w, by[i].line)) == net && group_days(w, g, by[i].line) && equal++ == 0)
			equal_at = i;
		lines[count++] = by[i].line;
		lost |= __builtin_add_overflow(sum, row_signed(work_line(w, by[i].line)), &sum);
	}
	if (count == 0 || lost || net == 0)
		return;
	if (equal >= 1) {		/* a second one is the same batch again */
		uint32_t own = by[equal_at].line;

		close_group(w, g, &own, 1, &by[equal_at], RULE_GROUP_KEY, 0);
		for (uint32_t i = 0; i < n; i++) {
			struct recon_row *l = work_line(w, by[i].line);

			if (!row_open(l))
				continue;
			mark(l, row_signed(l) == net ? DUP_PAYMENT : GROUP_OVER, work_line(w, own));
			l->held = row_signed(l) == net;
		}
		return;
	}
	if (count > 1 && sum == net) {
		close_group(w, g, lines, count, &by[at], RULE_GROUP_KEY, 0);
		return;
	}
	if (count == 1 && group_days(w, g, lines[0]) && fee_proves(w, lines[0], net, &fee)) {
		close_group(w, g, lines, 1, &by[at], RULE_GROUP_FEE_TEXT, fee);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		group_does_not_prove(w, g, lines[i], net);
}

static int by_group(const void *pa, const void *pb)
{
	const struct named *a = pa, *b = pb;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static void settle_groups(struct work *w, struct names *names)
{
	uint32_t to;

	memset(w->degree_line, 0, (w->r->n_lines + 1) * sizeof(*w->degree_line));
	for (uint32_t i = 0; i < names->count; i++)
		w->degree_line[names->n[i].line]++;
	sort_some(names->n, names->count, sizeof(*names->n), by_group);
	for (uint32_t from = 0; from < names->count && !w->failed; from = to) {
		bool alone = true;

		for (to = from; to < names->count && names->n[to].group == names->n[from].group; to++)
			alone &= w->degree_line[names->n[to].line] == 1;
		if (alone)		/* a line that names two groups is a person's */
			settle_group(w, &w->groups[names->n[from].group], names->n + from, to - from);
	}
}

/* Parts */

/* The edges [from, to) of one item: do all lines that bear its reference, and no other, add up to it? */
static void settle_parts(struct work *w, uint32_t from, uint32_t to)
{
	const struct edge *e = w->read.e;
	struct recon_row *k = work_item(w, e[from].item);
	uint32_t lines[PARTS_MOST], n = 0;
	struct recon_match *made;
	int64_t sum = 0;

	if (!row_open(k) || k->status != RECON_OPEN || to - from > PARTS_MOST)
		return;
	for (uint32_t i = from; i < to; i++) {
		const struct recon_row *l = work_line(w, e[i].line);

		if (!row_open(l) || l->sign != k->sign)
			continue;
		if (e[i].days < -2 || e[i].days > PART_DAYS || w->degree_line[e[i].line] != 1 || l->amount >= k->amount ||
		    __builtin_add_overflow(sum, l->amount, &sum))
			return;
		lines[n++] = e[i].line;
	}
	if (n < 2 || sum != k->amount)
		return;
	made = match_add(w, true, lines, n, &e[from].item, 1);
	if (made == NULL)
		return;
	made->rule = RULE_PARTS;
	made->op = OP_EXACT;
	made->where = e[from].where;
	made->days = e[from].days;
	made->score = (uint16_t)(score_of(OP_EXACT, made->days, PARTY_AGREES, 0) - 200);
}

static void settle_all_parts(struct work *w)
{
	struct edges *x = &w->read;
	uint32_t n = 0, to;

	sort_some(x->e, x->n, sizeof(*x->e), edge_by_item);
	for (uint32_t i = 0; i < x->n; i++)
		if (n == 0 || x->e[n - 1].item != x->e[i].item || x->e[n - 1].line != x->e[i].line)
			x->e[n++] = x->e[i];
	x->n = n;
	memset(w->degree_line, 0, (w->r->n_lines + 1) * sizeof(*w->degree_line));
	for (uint32_t i = 0; i < n; i++)
		if (row_open(work_item(w, x->e[i].item)))
			w->degree_line[x->e[i].line]++;
	for (uint32_t from = 0; from < n && !w->failed; from = to) {
		for (to = from + 1; to < n && x->e[to].item == x->e[from].item; to++)
			;
		settle_parts(w, from, to);
	}
}

void recon_groups(struct work *w)
{
	struct said *said = malloc(sizeof(*said));
	struct names names = { 0 };

	if (said == NULL)
		w->failed = true;
	for (uint32_t g = 0; g < w->n_groups; g++) {		/* nothing closes while lines are read */
		w->groups[g].lost = false;
		w->groups[g].net = group_net(w, &w->groups[g], &w->groups[g].lost);
	}
	for (uint32_t i = 0; i < w->r->n_lines && !w->failed; i++)
		if (row_open(work_line(w, i)))
			read_line(w, &names, i, said);
	if (!w->failed)
		settle_groups(w, &names);
	if (!w->failed)
		settle_all_parts(w);
	free(names.n);
	free(said);
}
