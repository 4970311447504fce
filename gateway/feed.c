/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed - which worker of a pool has which range of which job: credit in bytes, acks, redelivery.  Pure bookkeeping
 *
 * A slot is one range: it waits in a queue (fresh, suspects, failed) or is assigned; the worker's debts point to it.  A
 * debt without a slot is on the bill only: its range went to another, or its job was cancelled.  Slots are numbers into
 * one array, so that the array may move.  Lookups walk one worker's debts: credit keeps them few.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/feed.h"

#define NONE (-1)

struct feed_slot { struct feed_range range; int next; bool assigned; };

/* --- slots and queues --- */

static int slot_new(struct feed *f)
{
	int i = f->free_slot, n;
	struct feed_slot *p;

	if (i != NONE) {
		f->free_slot = f->slots[i].next;
		return i;
	}
	if (f->n_slots >= INT32_MAX / 2)
		return NONE;
	n = f->n_slots == 0 ? 64 : 2 * f->n_slots;
	p = realloc(f->slots, (size_t)n * sizeof(*p));
	if (p == NULL)
		return NONE;
	f->slots = p;
	for (i = n - 1; i >= f->n_slots; i--) {
		p[i] = (struct feed_slot){ .next = f->free_slot };
		f->free_slot = i;
	}
	f->n_slots = n;
	return slot_new(f);
}

static void slot_free(struct feed *f, int i)
{
	f->slots[i] = (struct feed_slot){ .next = f->free_slot };
	f->free_slot = i;
}

static void push(struct feed *f, struct feed_queue *q, int i)
{
	f->slots[i].next = NONE;
	if (q->tail == NONE)
		q->head = i;
	else
		f->slots[q->tail].next = i;
	q->tail = i;
	q->n++;
}

static void push_front(struct feed *f, struct feed_queue *q, int i)
{
	f->slots[i].next = q->head;
	q->head = i;
	if (q->tail == NONE)
		q->tail = i;
	q->n++;
}

static int pop(struct feed *f, struct feed_queue *q)
{
	int i = q->head;

	if (i == NONE)
		return NONE;
	q->head = f->slots[i].next;
	if (q->head == NONE)
		q->tail = NONE;
	q->n--;
	return i;
}

/* A range came back from its worker: another try, or the end. */
static void came_back(struct feed *f, int i)
{
	f->slots[i].assigned = false;
	f->assigned--;
	push(f, f->slots[i].range.attempts >= FEED_ATTEMPTS ? &f->failed : &f->suspects, i);
}

/* --- workers and their debts --- */

static struct feed_peer *peer_find(struct feed *f, const char *name)
{
	for (size_t i = 0; i < f->n_peers; i++)
		if (strcmp(f->peers[i].name, name) == 0)
			return &f->peers[i];
	return NULL;
}

/* A worker that is gone and owes nothing gives its place to the next. */
static struct feed_peer *peer_new(struct feed *f, const char *name)
{
	struct feed_peer *p = NULL;
	size_t n = strlen(name);

	for (size_t i = 0; i < f->n_peers && p == NULL; i++)
		if (!f->peers[i].live && f->peers[i].n_debts == 0)
			p = &f->peers[i];
	if (p == NULL && f->n_peers < FEED_PEERS)
		p = &f->peers[f->n_peers++];
	if (p == NULL)
		return NULL;
	free(p->debts);
	*p = (struct feed_peer){ .live = false };
	memcpy(p->name, name, n + 1);
	return p;
}

/* The live one before one that is on the bill only. */
static struct feed_debt *debt_find(struct feed_peer *p, int64_t job, uint64_t first)
{
	struct feed_debt *found = NULL;

	for (size_t i = 0; p != NULL && i < p->n_debts; i++) {
		if (p->debts[i].job != job || p->debts[i].first != first)
			continue;
		found = &p->debts[i];
		if (found->slot != NONE)
			break;
	}
	return found;
}

static void debt_pay(struct feed_peer *p, struct feed_debt *d)
{
	p->owed -= d->bytes;
	p->n_debts--;
	memmove(d, d + 1, (size_t)(p->debts + p->n_debts - d) * sizeof(*d));
	if (p->n_debts == 0)
		p->alone = false;
}

static bool debt_room(struct feed_peer *p)
{
	size_t cap = p->cap == 0 ? 16 : 2 * p->cap;
	struct feed_debt *d;

	if (p->n_debts < p->cap)
		return true;
	if (p->n_debts >= FEED_DEBTS)
		return false;
	d = realloc(p->debts, cap * sizeof(*d));
	if (d == NULL)
		return false;
	p->debts = d;
	p->cap = cap;
	return true;
}

/* All its ranges come back; the bytes stay on the bill, from now on for one more deadline. */
static void take_all_back(struct feed *f, struct feed_peer *p, int64_t now_ms)
{
	for (size_t i = 0; i < p->n_debts; i++) {
		if (p->debts[i].slot == NONE)
			continue;
		came_back(f, p->debts[i].slot);
		p->debts[i].slot = NONE;
		p->debts[i].since_ms = now_ms;
	}
}

static void forget_all(struct feed_peer *p)
{
	p->n_debts = 0;
	p->owed = 0;
	p->alone = false;
}

/* --- what the caller says --- */

void feed_init(struct feed *f, int64_t silent_ms, int64_t overrun_ms)
{
	*f = (struct feed){ .silent_ms = silent_ms, .overrun_ms = overrun_ms, .free_slot = NONE,
			    .fresh = { NONE, NONE, 0 }, .suspects = { NONE, NONE, 0 }, .failed = { NONE, NONE, 0 } };
}

void feed_release(struct feed *f)
{
	for (size_t i = 0; i < f->n_peers; i++)
		free(f->peers[i].debts);
	free(f->slots);
	feed_init(f, 0, 0);
}

bool feed_hello(struct feed *f, const char *name, uint64_t epoch, uint64_t credit, int64_t now_ms)
{
	struct feed_peer *p;

	if (!bus_name_ok(view_of(name)) || credit < FEED_RANGE_MAX)
		return false;
	p = peer_find(f, name);
	if (p != NULL && p->epoch != epoch) {
		take_all_back(f, p, now_ms);
		forget_all(p);			/* a new process holds nothing */
	}
	if (p == NULL)
		p = peer_new(f, name);
	if (p == NULL)
		return false;
	p->epoch = epoch;
	p->credit = credit;
	p->seen_ms = now_ms;
	p->live = true;
	return true;
}

bool feed_add(struct feed *f, int64_t job, uint64_t first, uint64_t count, uint64_t bytes)
{
	int i;

	if (bytes > FEED_RANGE_MAX)
		return false;
	i = slot_new(f);
	if (i == NONE)
		return false;
	f->slots[i].range = (struct feed_range){ .job = job, .first = first, .count = count, .bytes = bytes };
	push(f, &f->fresh, i);
	return true;
}

/* The worker with the most free credit; among equals the next in turn.  A suspect wants an idle one. */
static struct feed_peer *choose(struct feed *f, uint64_t bytes, bool suspect)
{
	struct feed_peer *best = NULL;
	uint64_t best_free = 0;

	for (size_t n = 0; n < f->n_peers; n++) {
		struct feed_peer *p = &f->peers[(f->turn + n) % f->n_peers];
		uint64_t room = p->credit > p->owed ? p->credit - p->owed : 0;

		if (!p->live || p->alone || room < bytes || (suspect && p->n_debts > 0))
			continue;
		if (best != NULL && room <= best_free)
			continue;
		best = p;
		best_free = room;
	}
	return best != NULL && debt_room(best) ? best : NULL;
}

bool feed_next(struct feed *f, int64_t now_ms, char peer[BUS_PEER], struct feed_range *out)
{
	bool suspect = f->suspects.n > 0;
	struct feed_queue *q = suspect ? &f->suspects : &f->fresh;
	struct feed_slot *s;
	struct feed_peer *p;
	int i;

	if (q->n == 0 || (p = choose(f, f->slots[q->head].range.bytes, suspect)) == NULL)
		return false;
	i = pop(f, q);
	s = &f->slots[i];
	s->assigned = true;
	s->range.attempts++;
	f->assigned++;
	p->debts[p->n_debts++] = (struct feed_debt){ s->range.job, s->range.first, s->range.bytes, now_ms, i };
	p->owed += s->range.bytes;
	p->alone = suspect;
	f->turn = (size_t)(p - f->peers) + 1;
	memcpy(peer, p->name, BUS_PEER);
	*out = s->range;
	return true;
}

void feed_undo(struct feed *f, const char *peer, int64_t job, uint64_t first)
{
	struct feed_peer *p = peer_find(f, peer);
	struct feed_debt *d = p == NULL || p->n_debts == 0 ? NULL : &p->debts[p->n_debts - 1];
	int i;

	if (d == NULL || d->job != job || d->first != first || d->slot == NONE)
		return;				/* only what feed_next gave last can be undone */
	i = d->slot;
	debt_pay(p, d);
	f->slots[i].assigned = false;
	f->assigned--;
	f->slots[i].range.attempts--;
	push_front(f, f->slots[i].range.attempts > 0 ? &f->suspects : &f->fresh, i);
}

/* The debt is paid whoever has the range now; *slot tells whether it was still this worker's. */
static enum feed_answer answered(struct feed *f, const char *peer, int64_t job, uint64_t first, int64_t now_ms,
				 int *slot)
{
	struct feed_peer *p = peer_find(f, peer);
	struct feed_debt *d = debt_find(p, job, first);

	if (p != NULL)
		p->seen_ms = now_ms;
	if (d == NULL)
		return FEED_STALE;
	*slot = d->slot;
	debt_pay(p, d);
	return *slot == NONE ? FEED_STALE : FEED_ACKED;
}

enum feed_answer feed_ack(struct feed *f, const char *peer, int64_t job, uint64_t first, int64_t now_ms)
{
	int slot = NONE;

	if (answered(f, peer, job, first, now_ms, &slot) == FEED_STALE)
		return FEED_STALE;
	slot_free(f, slot);
	f->assigned--;
	return FEED_ACKED;
}

enum feed_answer feed_fail(struct feed *f, const char *peer, int64_t job, uint64_t first, int64_t now_ms)
{
	int slot = NONE;

	if (answered(f, peer, job, first, now_ms, &slot) == FEED_STALE)
		return FEED_STALE;
	came_back(f, slot);
	return FEED_ACKED;
}

void feed_lost(struct feed *f, const char *peer, int64_t now_ms)
{
	struct feed_peer *p = peer_find(f, peer);

	if (p == NULL)
		return;
	p->live = false;
	take_all_back(f, p, now_ms);
}

/* Overrun: the range goes back, the bytes stay on the bill for one more deadline; then they were lost on the way. */
static void tick_debts(struct feed *f, struct feed_peer *p, int64_t now_ms)
{
	for (size_t i = 0; i < p->n_debts;) {
		struct feed_debt *d = &p->debts[i];

		if (now_ms - d->since_ms <= f->overrun_ms) {
			i++;
		} else if (d->slot == NONE) {
			debt_pay(p, d);
		} else {
			came_back(f, d->slot);
			d->slot = NONE;
			d->since_ms = now_ms;
			i++;
		}
	}
}

void feed_tick(struct feed *f, int64_t now_ms)
{
	for (size_t i = 0; i < f->n_peers; i++) {
		struct feed_peer *p = &f->peers[i];

		if (p->live && now_ms - p->seen_ms > f->silent_ms)
			feed_lost(f, p->name, now_ms);
		tick_debts(f, p, now_ms);
	}
}

bool feed_failed(struct feed *f, struct feed_range *out)
{
	int i = pop(f, &f->failed);

	if (i == NONE)
		return false;
	*out = f->slots[i].range;
	slot_free(f, i);
	return true;
}

static size_t cancel_queued(struct feed *f, struct feed_queue *q, int64_t job)
{
	struct feed_queue old = *q;
	size_t n = 0;
	int i;

	*q = (struct feed_queue){ NONE, NONE, 0 };
	while ((i = pop(f, &old)) != NONE) {
		if (f->slots[i].range.job != job) {
			push(f, q, i);
			continue;
		}
		slot_free(f, i);
		n++;
	}
	return n;
}

size_t feed_cancel(struct feed *f, int64_t job)
{
	size_t n = cancel_queued(f, &f->fresh, job) + cancel_queued(f, &f->suspects, job) +
		   cancel_queued(f, &f->failed, job);

	for (size_t i = 0; i < f->n_peers; i++) {
		struct feed_peer *p = &f->peers[i];

		for (size_t k = 0; k < p->n_debts; k++) {
			if (p->debts[k].job != job || p->debts[k].slot == NONE)
				continue;
			slot_free(f, p->debts[k].slot);
			p->debts[k].slot = NONE;	/* since_ms stays: it may still be answered in time */
			f->assigned--;
			n++;
		}
	}
	return n;
}
