/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon - see recon.h.  The tables that all passes use, and their order
 */
#include <stdlib.h>

#include "rules/recon_parts.h"

#define MAP_BLOCK 64u
#define FEW_LINES 4			/* items for each line, from which on sieves are worth their making */

const struct recon_options recon_defaults = {
	.as_of = DATE_NONE, .early = 5, .late = 35, .late_check = 135, .weak = 10, .weak_check = 45, .stale_days = 180,
};

static const char *const reasons[RECON_REASONS] = {
	"", "NO_COUNTERPART_BOOK", "NO_COUNTERPART_BANK", "AMOUNT_DIFF", "DATE_OUT_OF_WINDOW", "REF_CONFLICT", "AMBIGUOUS", "DUP_LINE",
	"DUP_PAYMENT", "SIGN_FLIP", "TRANSPOSED_AMOUNT", "WRONG_ACCOUNT", "RETURN_UNLINKED", "FEE_UNEXPLAINED", "GROUP_SHORT",
	"GROUP_OVER", "STALE_CHECK", "VOID_PRESENTED", "STOP_PRESENTED", "CCY_MISMATCH", "BALANCE_BREAK",
};

static const char *const types[RECON_TYPES] = { "OTHER", "ACH", "CHECK", "WIRE", "DEPOSIT", "CARD", "FEE", "INTEREST", "RETURN", "LUMP" };

const struct recon_rule_row recon_rules[RECON_RULES] = {
	[RULE_REFERENCE] = { "reference", "1", "the line bears the item's reference; amount, sign and days agree" },
	[RULE_REFERENCE_OWN] = { "reference-bank-field", "1", "the bank's own number is the item's reference; amount, sign and days agree" },
	[RULE_REFERENCE_TEXT] = { "reference-text", "1", "the line's text names the item's reference; amount, sign and days agree" },
	[RULE_REFERENCE_NEAR] = { "reference-near", "1", "the line's reference is one slip away from the item's; nothing else fits either" },
	[RULE_AMOUNT_DATE] = { "amount-date", "1", "no reference on one side; amount, sign and days fit each other and nothing else" },
	[RULE_GROUP_KEY] = { "group-key", "1", "the line names the group and its sum proves" },
	[RULE_GROUP_FEE_TEXT] = { "group-key-fee", "1", "the line names the group, states gross and fee, and gross is the sum" },
	[RULE_GROUP_TOTAL] = { "group-total", "1", "the line bears no reference; one declared group has this total and nothing else fits" },
	[RULE_PARTS] = { "parts", "1", "several lines bear the item's reference and add up to it" },
	[RULE_PARTS_REST] = { "parts-rest", "1", "lines with the item's reference and one without add up to it" },
	[RULE_AMOUNT_OFF] = { "amount-off", "1", "the references agree, the amounts do not" },
	[RULE_LUMP] = { "lump", "1", "items of one party add up to the line" },
	[RULE_GROUP_LESS] = { "group-less", "1", "the line names the group; without the items left out the sum proves" },
	[RULE_CONFLICT] = { "amount-conflict", "1", "amount, sign and days agree, the references do not" },
};

const char *const recon_operator_names[RECON_OPERATORS] = {
	"no reference", "equal", "cut short", "look-alike characters", "one edit", "two edits", "another reference",
};

const char *recon_reason_name(enum recon_reason r)
{
	return reasons[r];
}

const char *recon_type_name(enum recon_type t)
{
	return types[t];
}

/* Maps */

bool map_open(struct map *m, uint32_t cap)
{
	uint32_t size = 16;

	*m = (struct map){ .cap = cap };
	while (size < cap && size < (uint32_t)1 << 30)
		size *= 2;
	m->mask = size - 1;
	m->head = malloc(size * sizeof(*m->head));
	m->e = malloc((size_t)cap * sizeof(*m->e) + 1);
	if (m->head == NULL || m->e == NULL)
		return false;
	memset(m->head, 0xff, size * sizeof(*m->head));
	return true;
}

void map_add(struct map *m, uint64_t key, uint32_t value)
{
	uint32_t *head = &m->head[key & m->mask];

	if (key == 0 || m->n == m->cap)
		return;
	m->e[m->n] = (struct map_entry){ key, *head, value };
	*head = m->n++;
}

static uint32_t map_seek(const struct map *m, uint32_t at, uint64_t key)
{
	while (at != NOBODY && m->e[at].key != key)
		at = m->e[at].next;
	return at;
}

uint32_t map_first(const struct map *m, uint64_t key)
{
	return key == 0 || m->n == 0 ? NOBODY : map_seek(m, m->head[key & m->mask], key);
}

uint32_t map_next(const struct map *m, uint32_t at)
{
	return map_seek(m, m->e[at].next, m->e[at].key);
}

void map_close(struct map *m)
{
	free(m->head);
	free(m->e);
	*m = (struct map){ 0 };
}

/* Edges and matches */

static void *grown(struct work *w, void *p, uint32_t *cap, uint32_t need, size_t size)
{
	uint32_t want = *cap < 64 ? 64 : *cap;
	void *q;

	if (need <= *cap)
		return p;
	while (want < need)
		want += want / 2;
	q = realloc(p, want * size);
	if (q == NULL) {
		w->failed = true;
		return p;
	}
	*cap = want;
	return q;
}

void edge_add(struct work *w, struct edges *to, struct edge e)
{
	to->e = grown(w, to->e, &to->cap, to->n + 1, sizeof(e));
	if (!w->failed)
		to->e[to->n++] = e;
}

int edge_by_item(const void *pa, const void *pb)
{
	const struct edge *a = pa, *b = pb;

	if (a->item != b->item)
		return a->item < b->item ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

int edge_by_line(const void *pa, const void *pb)
{
	const struct edge *a = pa, *b = pb;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->item > b->item) - (a->item < b->item);
}

int row_days(const struct recon_row *line, const struct recon_row *item)
{
	int32_t d = line->day - item->day;

	return d > 9999 ? 9999 : d < -9999 ? -9999 : d;
}

void mark(struct recon_row *r, enum recon_reason reason, const struct recon_row *with)
{
	if (r->reason != RECON_NO_REASON)
		return;
	r->reason = reason;
	r->with = with;
}

static int64_t total_of(const struct recon_row *rows, const uint32_t *at, uint32_t n, bool *lost)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		*lost |= __builtin_add_overflow(sum, row_signed(&rows[at[i]]), &sum);
	return sum;
}

/* Refusals: few, and looked at for marked lines only. */

static bool among(const uint32_t *all, uint32_t n, uint32_t one)
{
	for (uint32_t i = 0; i < n; i++)
		if (all[i] == one)
			return true;
	return false;
}

bool pair_refused(const struct work *w, uint32_t line, uint32_t item)
{
	for (uint32_t i = 0; w->r->lines[line].refused && i < w->r->n_refusals; i++) {
		const struct recon_refusal *f = &w->r->refusals[i];

		if (among(f->lines, f->n_lines, line) && among(f->items, f->n_items, item))
			return true;
	}
	return false;
}

static bool refused(const struct work *w, bool automatic, const uint32_t *lines, uint32_t n, const uint32_t *items, uint32_t m)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!w->r->lines[lines[i]].refused)
			continue;
		for (uint32_t k = 0; automatic && k < m; k++)
			if (pair_refused(w, lines[i], items[k]))
				return true;
		for (uint32_t k = 0; !automatic && k < w->r->n_refusals; k++) {
			const struct recon_refusal *f = &w->r->refusals[k];

			if (f->n_lines == n && f->n_items == m && memcmp(f->lines, lines, n * sizeof(*lines)) == 0 &&
			    memcmp(f->items, items, m * sizeof(*items)) == 0)
				return true;
		}
	}
	return false;
}

/* NULL when a person refused it, memory is short or a sum does not fit. */
struct recon_match *match_add(struct work *w, bool automatic, const uint32_t *lines, uint32_t n, const uint32_t *items, uint32_t m)
{
	struct recon *r = w->r;
	struct recon_match *to;
	bool lost = false;
	int64_t bank = total_of(r->lines, lines, n, &lost), book = total_of(r->items, items, m, &lost);

	r->matches = grown(w, r->matches, &r->cap_matches, r->n_matches + 1, sizeof(*to));
	r->ids = grown(w, r->ids, &r->cap_ids, r->n_ids + n + m, sizeof(*r->ids));
	if (w->failed || lost || refused(w, automatic, lines, n, items, m))
		return NULL;
	to = &r->matches[r->n_matches++];
	*to = (struct recon_match){ .bank_at = r->n_ids, .n_bank = n, .book_at = r->n_ids + n, .n_book = m, .bank_total = bank,
		.book_total = book, .automatic = automatic };
	memcpy(r->ids + r->n_ids, lines, n * sizeof(*lines));
	memcpy(r->ids + r->n_ids + n, items, m * sizeof(*items));
	r->n_ids += n + m;
	for (uint32_t i = 0; automatic && i < n; i++)
		r->lines[lines[i]].closed = 1;
	for (uint32_t i = 0; automatic && i < m; i++) {
		r->items[items[i]].closed = 1;
		r->items[items[i]].with = &r->lines[lines[0]];
	}
	return to;
}

unsigned score_of(enum recon_operator op, int days, enum recon_party party, unsigned rivals)
{
	static const uint16_t by_op[RECON_OPERATORS] = { [OP_NONE] = 4500, [OP_EXACT] = 9000, [OP_PREFIX] = 7900, [OP_OCR] = 7800, [OP_EDIT] = 7600,
		[OP_LOOSE] = 5500, [OP_OTHER] = 1500 };
	unsigned s = by_op[op], far = (unsigned)(days < 0 ? -days : days);

	s += days >= 0 && days <= 2 ? 600 : days >= -1 && days <= 5 ? 400 : far <= 10 ? 200 : 0;
	s += party == PARTY_AGREES ? 400 : party == PARTY_UNKNOWN ? 200 : 0;
	s -= far < 60 ? far : 60;
	if (rivals > 0)
		s = s * 6 / (6 + (rivals > 6 ? 6 : rivals));
	return s > 10000 ? 10000 : s;
}

void match_pair(struct work *w, const struct edge *e, enum recon_rule rule, unsigned score, bool automatic)
{
	struct recon_match *m = match_add(w, automatic, &e->line, 1, &e->item, 1);

	if (m == NULL)
		return;
	m->rule = (uint8_t)rule;
	m->op = e->op;
	m->where = e->where;
	m->party = e->party;
	m->days = e->days;
	m->score = (uint16_t)score;
}

/* Groups of the book */

static bool add_group_member(struct work *w, uint32_t i, uint64_t key)
{
	const struct recon_row *item = work_item(w, i);
	uint32_t at = map_first(&w->by_group, key), g;

	if (at == NOBODY) {
		g = w->n_groups++;
		w->groups[g] = (struct group){ .key = key, .first = NOBODY, .day = INT32_MIN, .type = item->type };
		map_add(&w->by_group, key, g);
	} else {
		g = w->by_group.e[at].value;
	}
	w->group_of[i] = g;
	w->next_member[i] = w->groups[g].first;
	w->groups[g].first = i;
	w->groups[g].n++;
	if (item->day > w->groups[g].day)
		w->groups[g].day = item->day;
	return true;
}

int64_t group_net(const struct work *w, const struct group *g, bool *overflow)
{
	int64_t sum = 0;

	for (uint32_t i = g->first; i != NOBODY; i = w->next_member[i])
		if (row_open(work_item(w, i)) && work_item(w, i)->status == RECON_OPEN)
			*overflow |= __builtin_add_overflow(sum, row_signed(work_item(w, i)), &sum);
	return sum;
}

static int by_number(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

uint32_t group_members(const struct work *w, const struct group *g, uint32_t **out)
{
	uint32_t n = 0;

	*out = malloc((g->n + 1) * sizeof(**out));
	if (*out == NULL)
		return 0;
	for (uint32_t i = g->first; i != NOBODY; i = w->next_member[i])
		if (row_open(work_item(w, i)) && work_item(w, i)->status == RECON_OPEN)
			(*out)[n++] = i;
	sort_some(*out, n, sizeof(**out), by_number);
	return n;
}

/* Tables */

/* Many items and few lines: only what a line may ask for goes into the maps. */
static bool build_sieves(struct work *w)
{
	const struct recon *r = w->r;
	struct said *said = NULL;

	if (r->unsieved || r->n_lines > r->n_items / FEW_LINES)
		return true;
	if (!sieve_open(&w->refs, (size_t)r->n_lines * 8) || !sieve_open(&w->amounts, r->n_lines) || (said = malloc(sizeof(*said))) == NULL)
		return false;
	for (uint32_t i = 0; i < r->n_lines; i++) {
		if (!row_open(&r->lines[i]))
			continue;
		sieve_add_line(&w->refs, &r->lines[i], said);
		sieve_add(&w->amounts, amount_key(r->lines[i].amount, r->lines[i].sign));
	}
	free(said);
	return true;
}

/* Items [from, to), from the highest to the lowest: keys first, so that the maps' places are there when they are written. */
static void map_items(struct work *w, uint32_t from, uint32_t to)
{
	struct { uint64_t ref, exact; } key[MAP_BLOCK];

	for (uint32_t i = to; i-- > from;) {
		const struct recon_row *item = work_item(w, i);
		uint64_t ref = key_of(recon_text(item, K_REF)), amount = amount_key(item->amount, item->sign);

		if (i >= from + 4)
			__builtin_prefetch(work_item(w, i - 4)->texts);
		if (!sieve_has(&w->refs, ref))
			ref = 0;
		key[i - from].ref = ref;
		key[i - from].exact = ref != 0 && sieve_has(&w->amounts, amount) ? key_mix(ref, amount) : 0;
		map_ahead(&w->by_ref, ref);
		map_ahead(&w->by_exact, key[i - from].exact);
	}
	for (uint32_t i = to; i-- > from;) {
		map_add(&w->by_ref, key[i - from].ref, i);
		map_add(&w->by_exact, key[i - from].exact, i);
	}
}

static bool build(struct work *w)
{
	struct recon *r = w->r;
	uint32_t n = r->n_items, grouped = 0;

	for (uint32_t i = 0; i < n; i++)
		grouped += recon_text(&r->items[i], K_GROUP).n > 0;
	w->next_member = malloc((n + 1) * sizeof(*w->next_member));
	w->group_of = malloc((n + 1) * sizeof(*w->group_of));
	w->groups = malloc((grouped + 1) * sizeof(*w->groups));
	w->degree_line = malloc((r->n_lines + 1) * sizeof(*w->degree_line));
	w->degree_item = malloc((n + grouped + 1) * sizeof(*w->degree_item));
	if (w->next_member == NULL || w->group_of == NULL || w->groups == NULL || w->degree_line == NULL ||
	    w->degree_item == NULL || !map_open(&w->by_ref, n) || !map_open(&w->by_exact, n) || !map_open(&w->by_group, grouped) ||
	    !build_sieves(w))
		return false;
	for (uint32_t to = n; to > 0; to -= to < MAP_BLOCK ? to : MAP_BLOCK)
		map_items(w, to < MAP_BLOCK ? 0 : to - MAP_BLOCK, to);
	for (uint32_t i = n; i-- > 0;) {	/* backwards: a chain then runs from the lowest to the highest */
		struct view group = recon_text(&r->items[i], K_GROUP);
		uint64_t key = group.n == 0 ? 0 : key_of(group);

		w->group_of[i] = NOBODY;
		if (key != 0)
			add_group_member(w, i, key);
	}
	return true;
}

static void close_work(struct work *w)
{
	sieve_close(&w->refs);
	sieve_close(&w->amounts);
	free(w->next_member);
	free(w->group_of);
	free(w->groups);
	free(w->degree_line);
	free(w->degree_item);
	free(w->exact.e);
	free(w->weak.e);
	free(w->read.e);
	map_close(&w->by_ref);
	map_close(&w->by_exact);
	map_close(&w->by_amount);
	map_close(&w->by_group);
}

/* Automatic ones by their first line, then proposals by line and score; ties by what they hold. */
static const struct recon *sorting(const struct recon *set)
{
	static _Thread_local const struct recon *r;

	if (set != NULL)
		r = set;
	return r;
}

static int by_place(const void *pa, const void *pb)
{
	const struct recon_match *a = pa, *b = pb;
	const uint32_t *ids = sorting(NULL)->ids;

	if (a->automatic != b->automatic)
		return a->automatic ? -1 : 1;
	if (ids[a->bank_at] != ids[b->bank_at])
		return ids[a->bank_at] < ids[b->bank_at] ? -1 : 1;
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	for (uint32_t i = 0; i < a->n_bank + a->n_book && i < b->n_bank + b->n_book; i++)
		if (ids[a->bank_at + i] != ids[b->bank_at + i])
			return ids[a->bank_at + i] < ids[b->bank_at + i] ? -1 : 1;
	return (a->n_bank + a->n_book > b->n_bank + b->n_book) - (a->n_bank + a->n_book < b->n_bank + b->n_book);
}

static void order(struct recon *r)
{
	sorting(r);
	sort_some(r->matches, r->n_matches, sizeof(*r->matches), by_place);
	for (uint32_t i = 0; i < r->n_matches; i++) {
		struct recon_match *m = &r->matches[i], *next = i + 1 < r->n_matches ? m + 1 : NULL;

		r->n_auto += m->automatic;
		m->margin = m->score;
		if (!m->automatic && next != NULL && r->ids[next->bank_at] == r->ids[m->bank_at])
			m->margin = (uint16_t)(m->score - next->score);
	}
}

int recon_run(struct recon *r)
{
	struct work w = { .r = r };
	static void (*const passes[])(struct work *) = { recon_exact, recon_groups, recon_weak, recon_propose, recon_reasons_of };

	w.failed = !build(&w);
	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]) && !w.failed; i++)
		passes[i](&w);
	close_work(&w);
	r->failed = w.failed;
	if (!w.failed)
		order(r);
	return w.failed ? -1 : 0;
}

void recon_release(struct recon *r)
{
	free(r->matches);
	free(r->ids);
	r->matches = NULL;
	r->ids = NULL;
	r->n_matches = r->n_auto = r->n_ids = r->cap_matches = r->cap_ids = 0;
}
