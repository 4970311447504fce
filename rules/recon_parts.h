/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_parts - the inside of the engine: one partition's tables, and the passes that share them
 *
 * All memory hangs on struct work and is freed at its end; where it is short, `failed` is set and the passes end.
 */
#pragma once

#include <stdlib.h>

#include "rules/recon_sieve.h"

#define CROWD 400			/* more rows of one key than this are not tried pair by pair */
#define PROPOSALS 5			/* kept for a line */
#define NOBODY UINT32_MAX

struct map_entry { uint64_t key; uint32_t next, value; };
struct map { uint32_t *head; struct map_entry *e; uint32_t n, cap, mask; };
bool map_open(struct map *, uint32_t cap);
void map_add(struct map *, uint64_t key, uint32_t value);	/* later ones are found first; key 0 is left out */
uint32_t map_first(const struct map *, uint64_t key);		/* NOBODY at the end */
uint32_t map_next(const struct map *, uint32_t at);
void map_close(struct map *);

/* What map_first() will read, asked for ahead of time; the second one when the first has come. */
static inline void map_ahead(const struct map *m, uint64_t key)
{
	__builtin_prefetch(&m->head[key & m->mask]);
}

static inline void map_ahead_entry(const struct map *m, uint64_t key)
{
	uint32_t at = m->head[key & m->mask];

	if (at != NOBODY)
		__builtin_prefetch(&m->e[at]);
}

struct edge {				/* a line and what it may be: an item, or a group when `item` >= n_items */
	uint32_t line, item;
	int16_t days;
	uint8_t op, where, party;
	bool contested;			/* the text names it, a field names another */
	bool foreign;			/* what the line bears is exactly another item's reference */
};
struct edges { struct edge *e; uint32_t n, cap; };

struct group {
	uint64_t key;
	uint32_t first, n, open;	/* members: first, then by `next_member` */
	int64_t net;			/* signed, of the open ones */
	int32_t day;			/* the latest of theirs */
	uint8_t type;
	bool closed, lost;		/* lost: its sum does not fit */
};

struct work {
	struct recon *r;
	bool failed;
	struct sieve refs, amounts;	/* what lines may look up */
	struct map by_ref;		/* item by key of its reference; all items that pass `refs` */
	struct map by_exact;		/* item by reference, amount and sign; that pass both */
	struct map by_amount;		/* open item or group by amount and sign; that pass `amounts`; from recon_weak on */
	struct map by_group;		/* group by key */
	struct group *groups;
	uint32_t n_groups, *next_member, *group_of;
	struct edges exact, weak, read;	/* read: exact reference, whatever the amount */
	uint16_t *degree_line, *degree_item;
	uint32_t n_proposals_at;
};

/* qsort() of what may be nothing at all: it must not be given NULL. */
static inline void sort_some(void *p, size_t n, size_t size, int (*order)(const void *, const void *))
{
	if (n > 1)
		qsort(p, n, size, order);
}

static inline struct recon_row *work_line(const struct work *w, uint32_t i)
{
	return &w->r->lines[i];
}

static inline struct recon_row *work_item(const struct work *w, uint32_t i)
{
	return &w->r->items[i];
}

static inline bool row_open(const struct recon_row *r)
{
	return !r->closed && !r->held;
}

static inline int64_t row_signed(const struct recon_row *r)
{
	return r->sign == RECON_CR ? r->amount : -r->amount;
}

static inline uint64_t amount_key(int64_t amount, uint8_t sign)
{
	return key_mix((uint64_t)amount * 2 + sign + 1, 0x5851f42d4c957f2du);
}

void edge_add(struct work *, struct edges *, struct edge);
int edge_by_item(const void *, const void *);		/* for qsort: item, then line */
int edge_by_line(const void *, const void *);
int row_days(const struct recon_row *line, const struct recon_row *item);	/* banking days from item to line */
void mark(struct recon_row *, enum recon_reason, const struct recon_row *with);	/* the first reason stays */

bool pair_refused(const struct work *, uint32_t line, uint32_t item);	/* by a person */

/* A match of these lines and items (ascending); it closes them when automatic.  NULL: a person refused it, or it cannot be. */
struct recon_match *match_add(struct work *, bool automatic, const uint32_t *lines, uint32_t n, const uint32_t *items, uint32_t m);
void match_pair(struct work *, const struct edge *, enum recon_rule, unsigned score, bool automatic);
unsigned score_of(enum recon_operator, int days, enum recon_party, unsigned rivals);

int64_t group_net(const struct work *, const struct group *, bool *overflow);
uint32_t group_members(const struct work *, const struct group *, uint32_t **out);	/* open ones, ascending; malloc */

void recon_exact(struct work *);	/* duplicates, references that agree, void checks */
void recon_groups(struct work *);	/* keyed groups, parts of one item */
void recon_weak(struct work *);		/* near references, lone amounts, totals */
void recon_propose(struct work *);
void recon_reasons_of(struct work *);
