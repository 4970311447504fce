/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed - which worker of a pool has which range of which job: credit in bytes, acks, redelivery.  Pure bookkeeping
 *
 * A range waits, is handed to one worker, and is acked exactly once or reported failed; it is never live at two workers.  A
 * worker holds at most its credit in bytes.  Ranges come back when their worker is lost, starts anew (another epoch), says
 * that it failed, or overruns; FEED_ATTEMPTS such ends and feed_failed() reports the range: HELD(EMITTER_DIED) is the caller's.
 * A range that came back is a suspect: suspects go first, each alone to an idle worker, so that the one that kills does not
 * take its neighbours with it.
 *
 * What a lost worker of the same epoch still holds stays on its bill until it answers or one more deadline has passed; its
 * late answers are refused (FEED_STALE), since the range is another's by then.
 * Failure: false = refused, nothing has changed.  No clock, no bus: `now_ms` is monotonic and given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "channels/bus.h"

#define FEED_PEERS 64
#define FEED_DEBTS 1024					/* ranges at one worker, at most */
#define FEED_ATTEMPTS 2
#define FEED_RANGE_MAX ((uint64_t)BUS_MESSAGE_MAX)	/* no range is larger, no worker's credit is smaller */

struct feed_range {
	int64_t job;
	uint64_t first, count, bytes;	/* records FIRST .. FIRST + COUNT - 1; what they weigh on the bus */
	unsigned attempts;		/* this one included */
};

struct feed_slot;

struct feed_debt { int64_t job; uint64_t first, bytes; int64_t since_ms; int slot; };	/* slot -1: no longer this worker's */

struct feed_peer {
	char name[BUS_PEER];
	uint64_t epoch, credit, owed;
	int64_t seen_ms;
	bool live, alone;		/* alone: has a suspect, gets nothing beside it */
	struct feed_debt *debts;
	size_t n_debts, cap;
};

struct feed_queue { int head, tail; size_t n; };

struct feed {
	int64_t silent_ms, overrun_ms;
	struct feed_peer peers[FEED_PEERS];
	size_t n_peers, turn;
	struct feed_slot *slots;
	int n_slots, free_slot;
	struct feed_queue fresh, suspects, failed;
	size_t assigned;
};

enum feed_answer { FEED_ACKED, FEED_STALE };

/* A worker is lost when it was silent for silent_ms; a range overruns when it was not acked for overrun_ms. */
void feed_init(struct feed *, int64_t silent_ms, int64_t overrun_ms);
void feed_release(struct feed *);

bool feed_hello(struct feed *, const char *peer, uint64_t epoch, uint64_t credit, int64_t now_ms);	/* false: bad name, credit below FEED_RANGE_MAX, too many workers */
bool feed_add(struct feed *, int64_t job, uint64_t first, uint64_t count, uint64_t bytes);	/* false: too large, no memory */
bool feed_next(struct feed *, int64_t now_ms, char peer[BUS_PEER], struct feed_range *);	/* false: nothing waits, or nobody has credit */
void feed_undo(struct feed *, const char *peer, int64_t job, uint64_t first);	/* the bus did not take it: waits again, not counted */
enum feed_answer feed_ack(struct feed *, const char *peer, int64_t job, uint64_t first, int64_t now_ms);
enum feed_answer feed_fail(struct feed *, const char *peer, int64_t job, uint64_t first, int64_t now_ms);	/* the worker says so; an end like any other */
void feed_lost(struct feed *, const char *peer, int64_t now_ms);		/* BUS_GONE, or known to be dead */
void feed_tick(struct feed *, int64_t now_ms);
bool feed_failed(struct feed *, struct feed_range *);			/* takes one off the list */
size_t feed_cancel(struct feed *, int64_t job);				/* forgets the job's ranges; how many */

static inline size_t feed_waiting(const struct feed *f) { return f->fresh.n + f->suspects.n; }
static inline size_t feed_assigned(const struct feed *f) { return f->assigned; }
