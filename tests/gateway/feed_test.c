/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed_test - the pool's books against a model of the pool, 10,000 random stories; then the plain cases one by one
 *
 * The model knows what each worker really holds.  A story is a seed: ranges come, workers answer, fail, hang, fall
 * silent, die of a range that kills, start anew; messages are lost; jobs are cancelled.  FEED_SEED=N replays one story.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/feed.h"
#include "tests/lib/tap.h"

#define STORIES 10000
#define STEPS 160
#define WORKERS 4
#define RANGES 64
#define HELD 64
#define SILENT_MS 1000
#define OVERRUN_MS 3000
#define CREDIT_MIN FEED_RANGE_MAX

enum state { UNBORN, WAITS, AT_WORKER, ACKED, FAILED, CANCELLED };

struct range { enum state state; int worker, attempts; int64_t job, since; uint64_t bytes; bool kills; };
struct held {
	int range;
	int64_t stale_since;
	bool suspect, stale, lost;		/* lost: the message never arrived, yet it is on the bill */
};

struct worker {
	char name[16];
	uint64_t epoch, credit;
	bool known, running, hangs;		/* known: the feed counts it as alive */
	int64_t said;
	struct held held[HELD];
	int n;
};

struct story {
	uint64_t seed;
	int64_t now;
	struct feed feed;
	struct worker w[WORKERS];
	struct range r[RANGES];
	int ranges;
	const char *wrong;
};

static uint64_t draw(struct story *s, uint64_t below)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return (s->seed >> 11) % below;
}

static void wrong(struct story *s, bool bad, const char *what)
{
	if (bad && s->wrong == NULL)
		s->wrong = what;
}

/* --- what the model expects of the books --- */

static void back(struct story *s, int range)
{
	s->r[range].state = s->r[range].attempts >= FEED_ATTEMPTS ? FAILED : WAITS;
}

static void drop_held(struct worker *w, int i)
{
	w->held[i] = w->held[--w->n];
}

static void model_lost(struct story *s, struct worker *w)
{
	w->known = false;
	for (int i = 0; i < w->n; i++) {
		if (w->held[i].stale)
			continue;
		w->held[i].stale = true;
		w->held[i].stale_since = s->now;
		back(s, w->held[i].range);
	}
}

static void model_tick(struct story *s)
{
	for (struct worker *w = s->w; w < s->w + WORKERS; w++) {
		if (w->known && s->now - w->said > SILENT_MS)
			model_lost(s, w);
		for (int i = 0; i < w->n;) {
			struct held *h = &w->held[i];
			struct range *r = &s->r[h->range];

			if (h->stale && s->now - h->stale_since > OVERRUN_MS) {
				drop_held(w, i);
				continue;
			}
			if (!h->stale && s->now - r->since > OVERRUN_MS) {
				h->stale = true;
				h->stale_since = s->now;
				back(s, h->range);
			}
			i++;
		}
	}
}

static void check_books(struct story *s)
{
	size_t waiting = 0, at = 0;

	for (struct worker *w = s->w; w < s->w + WORKERS; w++) {
		uint64_t bytes = 0;

		for (int i = 0; i < w->n; i++)
			bytes += s->r[w->held[i].range].bytes;
		wrong(s, bytes > w->credit, "a worker holds more than its credit");
	}
	for (int i = 0; i < s->ranges; i++) {
		waiting += s->r[i].state == WAITS;
		at += s->r[i].state == AT_WORKER;
	}
	wrong(s, waiting != feed_waiting(&s->feed), "the number of waiting ranges is wrong");
	wrong(s, at != feed_assigned(&s->feed), "the number of assigned ranges is wrong");
}

/* --- what happens --- */

static void hello(struct story *s, struct worker *w)
{
	bool known = feed_hello(&s->feed, w->name, w->epoch, w->credit, s->now);

	wrong(s, !known, "a hello was refused");
	w->known = true;
	w->said = s->now;
}

static void start(struct story *s, struct worker *w)
{
	model_lost(s, w);
	w->n = 0;
	w->epoch++;
	w->running = true;
	w->hangs = false;
	w->credit = CREDIT_MIN + draw(s, 3 * CREDIT_MIN);
	hello(s, w);
}

static void add(struct story *s)
{
	struct range *r = &s->r[s->ranges];

	if (s->ranges == RANGES)
		return;
	*r = (struct range){ .state = WAITS,
			     .job = (int64_t)draw(s, 3),
			     .bytes = draw(s, FEED_RANGE_MAX) + 1,
			     .kills = draw(s, 20) == 0 };
	wrong(s, !feed_add(&s->feed, r->job, (uint64_t)s->ranges, 1, r->bytes), "a range was refused");
	s->ranges++;
}

static struct worker *by_name(struct story *s, const char *name)
{
	for (int i = 0; i < WORKERS; i++)
		if (strcmp(s->w[i].name, name) == 0)
			return &s->w[i];
	return NULL;
}

static void hand_out(struct story *s)
{
	struct feed_range got;
	char name[BUS_PEER];
	struct worker *w;
	struct range *r;

	if (!feed_next(&s->feed, s->now, name, &got))
		return;
	w = by_name(s, name);
	wrong(s, w == NULL || !w->known || got.first >= (uint64_t)s->ranges, "a range went to nobody");
	if (s->wrong != NULL)
		return;
	r = &s->r[got.first];
	wrong(s, r->state != WAITS, "a range was handed out that does not wait");
	wrong(s, r->job != got.job || r->bytes != got.bytes, "a range changed");
	if (draw(s, 10) == 0) {
		feed_undo(&s->feed, name, got.job, got.first);
		return;
	}
	wrong(s, ++r->attempts != (int)got.attempts || r->attempts > FEED_ATTEMPTS, "attempts are miscounted");
	wrong(s, r->attempts > 1 && w->n > 0, "a suspect went to a busy worker");
	for (int i = 0; i < w->n; i++)
		wrong(s, w->held[i].suspect, "a range went to a worker that has a suspect");
	r->state = AT_WORKER;
	r->worker = (int)(w - s->w);
	r->since = s->now;
	w->held[w->n++] = (struct held){ .range = (int)got.first,
					 .suspect = r->attempts > 1,
					 .lost = !w->running || draw(s, 50) == 0 };
}

static void die(struct worker *w)
{
	w->running = false;			/* its books stay open until somebody notices */
	for (int i = 0; i < w->n; i++)
		w->held[i].lost = true;
}

/* One answer of one worker: an ack, a failure, or its death by a range that kills. */
static void answer(struct story *s, struct worker *w, bool fails)
{
	int at = w->n == 0 ? 0 : (int)draw(s, (uint64_t)w->n);
	enum feed_answer got, want;
	struct held h;
	struct range *r;

	if (!w->running || w->hangs || w->n == 0 || w->held[at].lost)
		return;
	h = w->held[at];
	r = &s->r[h.range];
	if (r->kills) {
		die(w);
		return;
	}
	want = h.stale ? FEED_STALE : FEED_ACKED;
	got = fails ? feed_fail(&s->feed, w->name, r->job, (uint64_t)h.range, s->now)
		    : feed_ack(&s->feed, w->name, r->job, (uint64_t)h.range, s->now);
	wrong(s, got != want, "an answer was judged wrongly");
	wrong(s, !h.stale && r->state != AT_WORKER, "a range was acked twice");
	w->said = s->now;
	drop_held(w, at);
	if (h.stale)
		return;
	if (fails)
		back(s, h.range);
	else
		r->state = ACKED;
}

static void cancel(struct story *s)
{
	int64_t job = (int64_t)draw(s, 3);
	size_t n = 0;

	for (int i = 0; i < s->ranges; i++) {
		struct range *r = &s->r[i];

		if (r->job != job || r->state == ACKED || r->state == CANCELLED)
			continue;
		if (r->state == AT_WORKER)
			for (struct worker *w = s->w; w < s->w + WORKERS; w++)
				for (int k = 0; k < w->n; k++)
					if (w->held[k].range == i && !w->held[k].stale) {
						w->held[k].stale = true;
						w->held[k].stale_since = r->since;
					}
		r->state = CANCELLED;
		n++;
	}
	wrong(s, feed_cancel(&s->feed, job) != n, "a cancelled job had another number of ranges");
}

static void collect_failed(struct story *s)
{
	struct feed_range got;

	while (feed_failed(&s->feed, &got)) {
		struct range *r = &s->r[got.first];

		wrong(s, r->state != FAILED || got.attempts != FEED_ATTEMPTS,
		      "a range was reported failed that is not");
		r->job = -1;			/* out of the feed's hands: a later cancel must not count it */
	}
}

static void step(struct story *s)
{
	struct worker *w = &s->w[draw(s, WORKERS)];

	switch (draw(s, 16)) {
	case 0: case 1: case 2:
		add(s);
		break;
	case 3: case 4: case 5: case 6:
		hand_out(s);
		break;
	case 7: case 8: case 9:
		answer(s, w, false);
		break;
	case 10:
		answer(s, w, draw(s, 4) == 0);
		break;
	case 11:
		if (w->running && !w->hangs)
			hello(s, w);
		break;
	case 12:
		s->now += (int64_t)draw(s, 700);
		model_tick(s);
		feed_tick(&s->feed, s->now);
		break;
	case 13:
		if (!w->running || draw(s, 4) == 0)
			start(s, w);
		break;
	case 14:
		if (draw(s, 6) == 0)
			w->hangs = !w->hangs;
		else if (draw(s, 6) == 0)
			die(w);
		else if (draw(s, 4) == 0) {
			model_lost(s, w);
			feed_lost(&s->feed, w->name, s->now);
		}
		break;
	default:
		if (draw(s, 25) == 0)
			cancel(s);
		collect_failed(s);
	}
}

/* Everybody is well again: whatever is left must come to its end. */
static void finish(struct story *s)
{
	for (int round = 0; round < 4000 && feed_waiting(&s->feed) + feed_assigned(&s->feed) > 0 && s->wrong == NULL;
	     round++) {
		for (struct worker *w = s->w; w < s->w + WORKERS; w++) {
			if (!w->running || w->hangs)
				start(s, w);
			hand_out(s);
			answer(s, w, false);
			if (w->running)
				hello(s, w);
			check_books(s);
		}
		s->now += 100;
		model_tick(s);
		feed_tick(&s->feed, s->now);
	}
	collect_failed(s);
	for (int i = 0; i < s->ranges; i++)
		wrong(s, s->r[i].state < ACKED, "a range was neither acked nor reported");
}

static const char *tell(uint64_t seed, int count[CANCELLED + 1])
{
	struct story s = { .seed = seed * 0x9e3779b97f4a7c15u + 1 };

	feed_init(&s.feed, SILENT_MS, OVERRUN_MS);
	for (int i = 0; i < WORKERS; i++) {
		snprintf(s.w[i].name, sizeof(s.w[i].name), "w.%d", i);
		start(&s, &s.w[i]);
	}
	for (int i = 0; i < STEPS && s.wrong == NULL; i++) {
		step(&s);
		check_books(&s);
	}
	if (s.wrong == NULL)
		finish(&s);
	for (int i = 0; i < s.ranges; i++)
		count[s.r[i].state]++;
	feed_release(&s.feed);
	return s.wrong;
}

static void stories(void)
{
	const char *one = getenv("FEED_SEED");
	uint64_t from = one == NULL ? 1 : strtoull(one, NULL, 10), n = one == NULL ? STORIES : 1;
	int count[CANCELLED + 1] = { 0 };
	const char *why = NULL;

	for (uint64_t seed = from; seed < from + n && why == NULL; seed++)
		if ((why = tell(seed, count)) != NULL)
			printf("# FEED_SEED=%llu\n", (unsigned long long)seed);
	ok(why == NULL,
	   "10,000 stories: every range acked once or reported, one worker at a time, within its credit%s%s",
	   why == NULL ? "" : ": ", why == NULL ? "" : why);
	ok(one != NULL || (count[ACKED] > 100000 && count[FAILED] > 1000 && count[CANCELLED] > 1000),
	   "and they are stories: %d acked, %d failed, %d cancelled", count[ACKED], count[FAILED], count[CANCELLED]);
}

/* --- the plain cases --- */

static void plain(void)
{
	struct feed_range r;
	struct feed f;
	char peer[BUS_PEER];

	feed_init(&f, SILENT_MS, OVERRUN_MS);
	ok(!feed_hello(&f, "a b", 1, CREDIT_MIN, 0) && !feed_hello(&f, "", 1, CREDIT_MIN, 0),
	   "a worker without a proper name is refused");
	ok(!feed_hello(&f, "w.1", 1, CREDIT_MIN - 1, 0), "a worker that cannot take one range is refused");
	ok(!feed_add(&f, 1, 1, 1, FEED_RANGE_MAX + 1), "a range that no worker could take is refused");
	ok(feed_add(&f, 1, 1, 10, 100) && !feed_next(&f, 0, peer, &r), "a range waits while there is no worker");
	ok(feed_hello(&f, "w.1", 1, CREDIT_MIN, 0) && feed_next(&f, 0, peer, &r) && strcmp(peer, "w.1") == 0 &&
		   r.first == 1 && r.count == 10 && r.attempts == 1,
	   "it goes to the first worker that comes");
	ok(feed_ack(&f, "w.2", 1, 1, 0) == FEED_STALE, "an answer from another is refused");
	ok(feed_ack(&f, "w.1", 2, 1, 0) == FEED_STALE, "an answer to another job is refused");
	ok(feed_ack(&f, "w.1", 1, 1, 0) == FEED_ACKED && feed_ack(&f, "w.1", 1, 1, 0) == FEED_STALE,
	   "an answer counts once");
	feed_release(&f);
}

static void credit(void)
{
	struct feed_range r;
	struct feed f;
	char peer[BUS_PEER];
	int n = 0;

	feed_init(&f, SILENT_MS, OVERRUN_MS);
	feed_hello(&f, "w.1", 1, CREDIT_MIN, 0);
	for (uint64_t i = 0; i < 10; i++)
		feed_add(&f, 1, i, 1, CREDIT_MIN / 4);
	while (feed_next(&f, 0, peer, &r))
		n++;
	is_int(n, 4, "four quarters of the credit go out, the fifth waits");
	feed_ack(&f, "w.1", 1, 0, 0);
	ok(feed_next(&f, 0, peer, &r) && r.first == 4 && !feed_next(&f, 0, peer, &r),
	   "one ack makes room for one, in order");
	feed_hello(&f, "w.2", 1, CREDIT_MIN, 0);
	ok(feed_next(&f, 0, peer, &r) && strcmp(peer, "w.2") == 0, "a second worker takes the next");
	feed_undo(&f, "w.2", 1, 5);
	ok(feed_next(&f, 0, peer, &r) && r.first == 5 && r.attempts == 1,
	   "what the bus did not take is next again, as if never sent");
	feed_release(&f);
}

/* Range 3 kills whoever has it; its neighbours on the same worker must live. */
static void killer(void)
{
	struct feed_range r;
	struct feed f;
	char peer[BUS_PEER];
	uint64_t epoch = 1;
	int acked = 0;

	feed_init(&f, SILENT_MS, OVERRUN_MS);
	feed_hello(&f, "w.1", epoch, CREDIT_MIN, 0);
	for (uint64_t i = 0; i < 8; i++)
		feed_add(&f, 1, i, 1, 1000);
	while (feed_next(&f, 0, peer, &r))
		;
	feed_hello(&f, "w.1", ++epoch, CREDIT_MIN, 1);
	while (feed_next(&f, 1, peer, &r)) {
		if (r.first == 3)
			feed_hello(&f, "w.1", ++epoch, CREDIT_MIN, 1);
		else
			acked += feed_ack(&f, "w.1", 1, r.first, 1) == FEED_ACKED;
	}
	ok(acked == 7, "the seven neighbours of a range that kills are acked");
	ok(feed_failed(&f, &r) && r.first == 3 && r.attempts == 2 && !feed_failed(&f, &r),
	   "the one that kills is reported, after two deaths");
	feed_release(&f);
}

static void silence(void)
{
	struct feed_range r;
	struct feed f;
	char peer[BUS_PEER];

	feed_init(&f, SILENT_MS, OVERRUN_MS);
	feed_hello(&f, "w.1", 1, CREDIT_MIN, 0);
	feed_add(&f, 1, 1, 1, CREDIT_MIN);
	feed_next(&f, 0, peer, &r);
	feed_hello(&f, "w.2", 1, CREDIT_MIN, 900);
	feed_tick(&f, SILENT_MS);
	ok(!feed_next(&f, SILENT_MS, peer, &r), "a worker that is silent for just the limit keeps its range");
	feed_tick(&f, SILENT_MS + 1);
	ok(feed_next(&f, SILENT_MS + 1, peer, &r) && strcmp(peer, "w.2") == 0 && r.attempts == 2,
	   "one millisecond more and another has it");
	ok(feed_ack(&f, "w.1", 1, 1, 1100) == FEED_STALE && feed_ack(&f, "w.2", 1, 1, 1100) == FEED_ACKED,
	   "the late answer is refused, the other's is taken");
	feed_add(&f, 1, 2, 1, 1);
	ok(feed_next(&f, 1200, peer, &r) && strcmp(peer, "w.2") == 0, "a lost worker gets nothing");
	feed_tick(&f, 1201 + OVERRUN_MS);
	feed_hello(&f, "w.1", 1, CREDIT_MIN, 5000);
	ok(feed_next(&f, 5000, peer, &r) && strcmp(peer, "w.1") == 0,
	   "until it says hello again; an overrun range goes to it");
	feed_release(&f);
}

int main(void)
{
	plain();
	credit();
	killer();
	silence();
	stories();
	return done_testing();
}
