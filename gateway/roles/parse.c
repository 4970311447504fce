/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse - files to records: one caged child a file, its bytes checked again here, sent to route within its credit
 *
 * The parent opens the spool object and passes the open fd to the zygote; what comes back is hostile input
 * (parse/task.h).  A child that died is tried once more, from the start of the file (FIRST is 1 again), then the job
 * ends as JOB_DIED.  A PARSE for a job that runs already begins it anew: route was restarted and knows nothing of what
 * it got.  What was read back from spool/out is kept for sign (parse/kept.h).
 *
 * Failure: a job's failure is its verdict; the role ends only when the bus or the zygote fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/spool.h"
#include "gateway/log.h"
#include "gateway/role.h"
#include "gateway/roles/parse/kept.h"
#include "gateway/roles/parse/task.h"

#define WAITING 256			/* PARSE messages beyond the children that may run; a further one is refused */
#define MESSAGE_MOST ((size_t)64 << 10)
#define TRIES 2
#define HELLO_MS 1000

struct parse {
	struct role_env *env;
	struct bus *bus;
	struct bus_socket *sign;
	struct outbox route;
	struct zygote *zygote;
	struct spool *spools[2];		/* new, out */
	struct task tasks[ZYGOTE_JOBS];
	struct buf waiting[WAITING];
	size_t n_waiting;
	struct kept kept;
	int64_t hello_ms;
};

static struct task *task_of(struct parse *p, int64_t job)
{
	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		if (p->tasks[i].job == job)
			return &p->tasks[i];
	return NULL;
}

static void begin(struct parse *p, struct task *t, const struct msg *m)
{
	struct err err = { 0 };

	if (!task_take(t, m))
		err_set(&err, -1, "the request names no object");
	else if (spool_object(p->spools[t->out], t->sha256, &t->file, &t->size, &err) == 0 &&
		task_start(t, p->zygote, &err) == 0)
		return;
	snprintf(t->why, sizeof(t->why), "%.190s", err.text);
	task_parsed(t, JOB_DIED, &p->route);
	task_release(t);
}

static void refuse(struct parse *p, const struct msg *m, const char *why)
{
	struct task t;

	task_take(&t, m);
	snprintf(t.why, sizeof(t.why), "%s", why);
	task_parsed(&t, JOB_DIED, &p->route);
	task_release(&t);
}

static void on_parse(struct parse *p, const struct msg *m, struct view bytes, int64_t job)
{
	struct task *running = task_of(p, job);
	struct buf *w = &p->waiting[p->n_waiting];

	if (running != NULL && !running->abandoned) {
		running->abandoned = running->closed = true;
		zygote_kill(p->zygote, running->child);
	}
	if (running == NULL && p->n_waiting == 0 && task_of(p, 0) != NULL) {
		begin(p, task_of(p, 0), m);
	} else if (p->n_waiting == WAITING) {
		refuse(p, m, "too many files wait to be parsed");
	} else {
		w->max = MESSAGE_MOST;
		buf_view(w, bytes);
		if (w->failed)
			refuse(p, m, "the request is too long to wait");
		p->n_waiting += !w->failed;
		w->failed = false;
	}
}

/* What waited, as far as there is room; a job whose old child still ends keeps its place. */
static void begin_waiting(struct parse *p)
{
	static struct msg m;
	size_t i = 0;

	while (i < p->n_waiting && task_of(p, 0) != NULL) {
		int64_t job = 0;

		if (msg_parse(&m, buf_as_view(&p->waiting[i])) && msg_num(&m, T_JOB, &job) && task_of(p, job) != NULL) {
			i++;
			continue;
		}
		begin(p, task_of(p, 0), &m);
		buf_release(&p->waiting[i]);
		memmove(&p->waiting[i], &p->waiting[i + 1], (p->n_waiting - i - 1) * sizeof(p->waiting[0]));
		p->waiting[--p->n_waiting] = (struct buf){ 0 };
	}
}

static int take_messages(struct parse *p, struct err *err)
{
	static struct msg m;
	char peer[BUS_PEER];
	struct view bytes;
	struct task *t;
	int64_t job;
	int got;

	while ((got = bus_recv(p->route.socket, peer, &bytes, err)) == 1) {
		if (!msg_parse(&m, bytes) || !msg_num(&m, T_JOB, &job) || job <= 0) {
			log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
			continue;
		}
		t = task_of(p, job);
		if (m.type == M_PARSE)
			on_parse(p, &m, bytes, job);
		else if (m.type == M_CREDIT && t != NULL &&
			__builtin_add_overflow(t->credit, msg_num_or(&m, T_CREDIT, 0), &t->credit))
			t->credit = INT64_MAX;
	}
	return got;
}

static void finish(struct parse *p, struct task *t)
{
	enum job_verdict verdict = task_verdict(t);
	struct err err = { 0 };

	if (t->abandoned) {
		task_release(t);
		return;
	}
	if (verdict == JOB_DIED && t->tries < TRIES) {
		log_step(LOG_WARNING, "parse.again", "sha256", t->sha256, "why", t->why, NULL);
		if (task_start(t, p->zygote, &err) == 0)
			return;
		snprintf(t->why, sizeof(t->why), "%.190s", err.text);
	}
	if (verdict == JOB_DONE && t->out && readback_end(&t->back))
		kept_add(&p->kept, t->sha256, t->name, &t->back);
	if (t->why[0] == '\0' && verdict == JOB_MODULE_FAILED)
		snprintf(t->why, sizeof(t->why), "the module stopped before the end of the file");
	if (verdict != JOB_DONE)
		log_step(LOG_WARNING, "parse.failed", "sha256", t->sha256, "format", t->name, "why", t->why, NULL);
	task_findings(t, &p->route);
	task_parsed(t, verdict, &p->route);
	task_release(t);
}

static int reap(struct parse *p, struct err *err)
{
	uint32_t child;
	int status, got;

	while ((got = zygote_exit_next(p->zygote, &child, &status)) == 1)
		for (size_t i = 0; i < ZYGOTE_JOBS; i++)
			if (p->tasks[i].job != 0 && !p->tasks[i].exited && p->tasks[i].child == child)
				task_exited(&p->tasks[i], status);
	if (got < 0)
		return err_set(err, -1, "the zygote is gone");
	for (size_t i = 0; i < ZYGOTE_JOBS; i++) {
		task_watch(&p->tasks[i], p->zygote);
		if (p->tasks[i].job != 0 && p->tasks[i].exited && p->tasks[i].closed)
			finish(p, &p->tasks[i]);
	}
	begin_waiting(p);
	return 0;
}

static void hello(struct parse *p)
{
	struct buf m = { 0 };

	if (role_monotonic_ms() < p->hello_ms || p->route.n > 0)
		return;
	p->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, p->env->identity);
	wire_num(&m, T_EPOCH, (int64_t)role_epoch());
	outbox_put(&p->route, &m);
}

/* A task waits for its pipe, or for credit; with frames in hand and credit again it goes on at once. */
static size_t watch_pipes(struct parse *p, struct bus_wait *wait, size_t slot[ZYGOTE_JOBS])
{
	size_t n = 0;

	for (size_t i = 0; i < ZYGOTE_JOBS && p->route.n == 0; i++) {
		struct task *t = &p->tasks[i];

		if (t->job == 0 || t->closed)
			continue;
		if (t->starving)
			task_read(t, p->zygote, &p->route);
		if (t->starving || t->closed)
			continue;
		slot[n] = i;
		wait[n++] = (struct bus_wait){ .fd = t->pipe };
	}
	return n;
}

static int loop(struct parse *p, struct err *err)
{
	struct bus_wait wait[ZYGOTE_JOBS + 4];
	size_t slot[ZYGOTE_JOBS], n;

	for (;;) {
		bool sent = outbox_flush(&p->route);

		hello(p);
		wait[0] = (struct bus_wait){ .fd = p->env->stop_fd };
		wait[1] = (struct bus_wait){ .socket = p->route.socket, .fd = -1 };
		wait[2] = (struct bus_wait){ .socket = p->sign, .fd = -1 };
		wait[3] = (struct bus_wait){ .fd = zygote_fd(p->zygote) };
		n = watch_pipes(p, wait + 4, slot);
		if (bus_poll(p->bus, wait, n + 4, sent ? 200 : 10, err) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		for (size_t w = 0; w < n; w++)
			if (wait[w + 4].readable)
				task_read(&p->tasks[slot[w]], p->zygote, &p->route);
		if (take_messages(p, err) < 0 || kept_answer(&p->kept, p->sign, err) < 0 || reap(p, err) != 0)
			return -1;
	}
}

static int open_spools(struct parse *p, struct err *err)
{
	static const char *const names[2] = { "new", "out" };
	char path[500];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/spool/%s", p->env->config->home, names[i]);
		if (spool_open(&p->spools[i], path, false, err) != 0)
			return -1;
	}
	return 0;
}

static void log_modules(const struct zygote *z)
{
	const struct zygote_module *m;

	for (size_t i = 0; (m = zygote_module_at(z, i)) != NULL; i++)
		if (m->refused[0] != '\0')
			log_step(LOG_ERR, "module.refused", "module", m->name, "why", m->refused, NULL);
		else
			log_step(LOG_INFO, "module.loaded", "module", m->name, "version", m->version, NULL);
}

static void release(struct parse *p)
{
	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		task_release(&p->tasks[i]);
	for (size_t i = 0; i < p->n_waiting; i++)
		buf_release(&p->waiting[i]);
	kept_release(&p->kept);
	spool_free(p->spools[0]);
	spool_free(p->spools[1]);
	bus_socket_free(p->sign);
	bus_socket_free(p->route.socket);
	outbox_release(&p->route);
	bus_free(p->bus);
	zygote_free(p->zygote);
	free(p);
}

int role_parse(struct role_env *env, struct err *err)
{
	struct parse *p = calloc(1, sizeof(*p));
	int rc = -1;

	if (p == NULL)
		return err_set(err, -1, "no memory for the role");
	p->env = env;
	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		task_init(&p->tasks[i]);
	if (zygote_start(&p->zygote, env->config->modules, err) != 0)
		goto out;
	log_modules(p->zygote);
	if (open_spools(p, err) != 0 || bus_open(&p->bus, err) != 0 ||
		role_bus_bind(&p->sign, p->bus, env, "parse-sign", err) != 0 ||
	    role_bus_connect(&p->route.socket, p->bus, env, "route-parse", err) != 0 || role_ready(env, err) != 0)
		goto out;
	rc = loop(p, err);
out:
	release(p);
	return rc;
}
