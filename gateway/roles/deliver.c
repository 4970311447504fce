/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver - puts signed parcels and notices where route says, one step at a time, and answers with what the far side
 * showed
 *
 * The role itself only queues: each partner's steps are done by that partner's courier (deliver/steps.c), so a slow
 * bank holds nobody else up.  A step may be asked twice (route lost the answer): while it waits or runs it is ignored,
 * afterwards it is done again, which the steps bear: an upload meets its own name, a rename meets the final name, a
 * look looks.
 *
 * The fence: before STEP_RENAME leaves for a courier its attempt must be the highest that was seen for that delivery.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/crew.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/roles/deliver/steps.h"

#define QUEUE_MAX 1024
#define FENCES 16384			/* deliveries whose highest attempt is remembered; the oldest makes room */
#define TURN_MS 1000

struct work {
	struct work *next;
	struct crew_member *member;
	int64_t job, delivery, attempt, step;
	bool running;
	struct buf bytes;
};

struct fence { int64_t delivery, attempt; };

struct deliver {
	struct crew crew;
	struct work *first;
	size_t n_work;
	struct fence *fences;
	size_t n_fences, oldest;
};

static bool wants(const struct partner *p)
{
	return p->n_out > 0;
}

/* The highest attempt seen for that delivery, after taking this one in. */
static int64_t fence_raise(struct deliver *d, int64_t delivery, int64_t attempt)
{
	for (size_t i = 0; i < d->n_fences; i++) {
		if (d->fences[i].delivery != delivery)
			continue;
		if (attempt > d->fences[i].attempt)
			d->fences[i].attempt = attempt;
		return d->fences[i].attempt;
	}
	if (d->n_fences < FENCES) {
		d->fences[d->n_fences++] = (struct fence){ delivery, attempt };
	} else {
		d->fences[d->oldest] = (struct fence){ delivery, attempt };
		d->oldest = (d->oldest + 1) % FENCES;
	}
	return attempt;
}

static int answer_unsent(struct deliver *d, const struct work *w, enum deliver_result result, const char *text,
			 struct err *e)
{
	struct buf b = { .max = 4096 };
	int rc;

	wire_begin(&b, M_DELIVER_RESULT);
	wire_num(&b, T_JOB, w->job);
	wire_num(&b, T_DELIVERY, w->delivery);
	wire_num(&b, T_ATTEMPT, w->attempt);
	wire_num(&b, T_STEP, w->step);
	wire_num(&b, T_RESULT, result);
	wire_text(&b, T_EVIDENCE, "");
	wire_text(&b, T_TEXT, text);
	rc = crew_tell(&d->crew, &b, e);
	buf_release(&b);
	return rc;
}

static void forget(struct deliver *d, struct work **at)
{
	struct work *w = *at;

	*at = w->next;
	d->n_work--;
	buf_release(&w->bytes);
	free(w);
}

/* Gives every idle courier the oldest step that waits for it. */
static int dispatch(struct deliver *d, struct err *e)
{
	for (struct work **at = &d->first; *at != NULL;) {
		struct work *w = *at;

		if (w->running || w->member->busy) {
			at = &w->next;
			continue;
		}
		if (w->step == STEP_RENAME && fence_raise(d, w->delivery, w->attempt) != w->attempt) {
			if (answer_unsent(d, w, RESULT_SAFE_FAIL, "fenced off: a higher attempt is known", e) != 0)
				return -1;
			forget(d, at);
			continue;
		}
		if (crew_job(w->member, &w->bytes, e) != 0)
			return -1;
		w->running = true;
		at = &w->next;
	}
	return 0;
}

/* The message again as bytes for the courier: only the elements that a step knows. */
static void copy_job(struct buf *b, const struct msg *m)
{
	wire_begin(b, M_DELIVER);
	for (size_t i = 0; i < m->n; i++)
		wire_view(b, m->e[i].tag, m->e[i].v);
	if (b->n > COURIER_MESSAGE)
		b->failed = true;
}

static bool known(const struct deliver *d, const struct work *w)
{
	for (const struct work *o = d->first; o != NULL; o = o->next)
		if (o->delivery == w->delivery && o->attempt == w->attempt && o->step == w->step && o->job == w->job)
			return true;
	return false;
}

static int take_job(struct deliver *d, const struct msg *m, struct err *e)
{
	struct work in = {
		.member = crew_find(&d->crew, msg_text(m, T_PARTNER)), .job = msg_num_or(m, T_JOB, -1),
		.delivery = msg_num_or(m, T_DELIVERY, -1), .attempt = msg_num_or(m, T_ATTEMPT, -1), .step = msg_num_or(m, T_STEP, -1),
		.bytes = { .max = COURIER_MESSAGE },
	}, *w, **at = &d->first;

	if (in.job < 0 || in.delivery < 0 || in.attempt < 0 || in.step < 0) {
		log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
		return 0;
	}
	fence_raise(d, in.delivery, in.attempt);
	if (in.member == NULL)
		return answer_unsent(d, &in, RESULT_SAFE_FAIL, "no such partner, or nothing is delivered there", e);
	if (known(d, &in) || d->n_work >= QUEUE_MAX)
		return 0;
	copy_job(&in.bytes, m);
	w = in.bytes.failed ? NULL : malloc(sizeof(*w));
	if (w == NULL) {
		buf_release(&in.bytes);
		return answer_unsent(d, &in, RESULT_SAFE_FAIL, "the step is too large, or memory is short", e);
	}
	*w = in;
	while (*at != NULL)
		at = &(*at)->next;
	*at = w;
	d->n_work++;
	return 0;
}

static int on_route(void *ctx, const struct msg *m, struct err *e)
{
	struct deliver *d = ctx;

	if (m->type != M_DELIVER)
		return 0;
	return take_job(d, m, e) != 0 ? -1 : dispatch(d, e);
}

static void log_answer(const struct work *w, const struct msg *m)
{
	static const char *const steps[] = { "upload", "rename", "look", "manifest" };
	static const char *const results[] = {
		"ok", "safe-fail", "uncertain", "exists", "final-equal", "final-differs", "temporary-only", "both-equal",
		"neither",
	};
	int64_t result = msg_num_or(m, T_RESULT, -1);
	char delivery[24], attempt[24], text[512];

	snprintf(delivery, sizeof(delivery), "D%" PRId64, w->delivery);
	snprintf(attempt, sizeof(attempt), "%" PRId64, w->attempt);
	if (!msg_cstr(m, T_TEXT, text, sizeof(text)))
		text[0] = '\0';
	log_step(result == RESULT_OK ? LOG_INFO : LOG_NOTICE, "deliver.step", "delivery", delivery, "attempt", attempt,
		 "partner", w->member->partner->name, "step", w->step >= 0 && w->step < 4 ? steps[w->step] : "none",
		 "result", result >= 0 && result < 9 ? results[result] : "none", "why", text[0] != '\0' ? text : "-",
		 NULL);
}

/* A courier's answer goes to route as it is, when it answers what that courier was given. */
static int on_courier(void *ctx, struct crew_member *member, const struct msg *m, struct err *e)
{
	struct deliver *d = ctx;
	struct work **at = &d->first;
	struct buf b = { .max = COURIER_MESSAGE };
	int rc;

	while (*at != NULL && !((*at)->running && (*at)->member == member))
		at = &(*at)->next;
	if (*at == NULL || m->type != M_DELIVER_RESULT || msg_num_or(m, T_JOB, -1) != (*at)->job)
		return err_set(e, -1, "the courier of '%s' answered what it was not asked", member->partner->name);
	log_answer(*at, m);
	wire_begin(&b, M_DELIVER_RESULT);
	for (size_t i = 0; i < m->n; i++)
		wire_view(&b, m->e[i].tag, m->e[i].v);
	rc = crew_tell(&d->crew, &b, e);
	buf_release(&b);
	forget(d, at);
	member->busy = false;
	return rc != 0 ? -1 : dispatch(d, e);
}

int role_deliver(struct role_env *env, struct err *e)
{
	static const struct crew_plan plan = {
		.pair = "route-deliver",
		.wants = wants,
		.prepare = steps_prepare,
		.work = steps_work,
		.on_route = on_route,
		.on_courier = on_courier,
	};
	struct deliver d = { .fences = calloc(FENCES, sizeof(struct fence)) };
	int rc = -1;

	if (d.fences == NULL)
		return err_set(e, -1, "no memory to remember attempts");
	if (crew_open(&d.crew, env, &plan, e) == 0)
		while ((rc = crew_turn(&d.crew, &d, TURN_MS, e)) == 0)
			;
	while (d.first != NULL)
		forget(&d, &d.first);
	crew_release(&d.crew);
	free(d.fences);
	return rc == 1 ? 0 : -1;
}
