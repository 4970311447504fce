/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distribute - payments to outbound bytes: allots ranges itself, renders files in a caged child of its zygote
 *
 * Stateless: what is lost here is asked again by route.  An allotment is a pure rule over the records in the message.  A rendering
 * collects its records in memory that the child reads (a memfd), and sends the child's bytes on as they come, hashed.  Input is
 * granted by credit: route sends no more than this role has room for.
 * A child that dies or overruns ends its job with JOB_DIED and the reason in words; every other job goes on.
 * Failure: the role ends only when the bus or the zygote fails; the supervisor starts it again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "channels/digest.h"
#include "formats/core/wire.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/role.h"
#include "gateway/roles/distribute_allot.h"
#include "gateway/zygote.h"

#define TASKS 4
#define OPTIONS 16
#define CREDIT ((int64_t)8 << 20)
#define HELLO_MS 1000
#define DEADLINE_MS 120000
#define MEMORY ((uint64_t)256 << 20)
#define RECORDS_MAX ((int64_t)1 << 31)		/* bytes of one file's records */

struct task {
	int64_t job;				/* 0: free */
	int mem, pipe;
	char format[32], version[32], text[300];
	struct config_pair options[OPTIONS];
	size_t n_options;
	int64_t records, bytes, sent;
	uint32_t child;
	bool running, closed, exited, well, ended;
	struct zygote_end end;
	struct buf in;
	struct digest *hash;
};

struct distribute {
	struct role_env *env;
	struct bus *bus;
	struct bus_socket *route;
	struct zygote *zygote;
	struct task tasks[TASKS];
	int64_t hello_ms;
};

static void send_route(struct distribute *d, struct buf *m)
{
	enum bus_sent sent = BUS_GONE;
	struct err err = { 0 };

	if (bus_send(&sent, d->route, NULL, buf_as_view(m), &err) != 0 || sent != BUS_SENT)
		log_step(LOG_WARNING, "bus.lost", "why", err.text[0] ? err.text : "route is not there", NULL);
	buf_release(m);
}

static void task_free(struct task *t)
{
	int mem = t->mem;

	if (ftruncate(mem, 0) != 0 || lseek(mem, 0, SEEK_SET) != 0)
		log_step(LOG_ERR, "memory.stuck", "why", strerror(errno), NULL);
	if (t->pipe != -1)
		close(t->pipe);
	for (size_t i = 0; i < t->n_options; i++)
		free(t->options[i].name);
	buf_release(&t->in);
	digest_free(t->hash);
	*t = (struct task){ .mem = mem, .pipe = -1 };
}

static struct task *task_of(struct distribute *d, int64_t job)
{
	for (size_t i = 0; i < TASKS; i++)
		if (d->tasks[i].job == job)
			return &d->tasks[i];
	return NULL;
}

static void failed(struct distribute *d, int64_t job, const char *reason, const char *text)
{
	struct buf m = { 0 };

	wire_begin(&m, M_JOB_FAILED);
	wire_num(&m, T_JOB, job);
	wire_text(&m, T_REASON, reason);
	wire_text(&m, T_TEXT, text);
	send_route(d, &m);
}

static void emitted(struct distribute *d, struct task *t, enum job_verdict verdict)
{
	char hex[DIGEST_HEX] = "", object[24];
	struct buf m = { 0 };

	digest_final_hex(t->hash, hex);
	t->hash = NULL;
	wire_begin(&m, M_EMITTED);
	wire_num(&m, T_JOB, t->job);
	wire_num(&m, T_VERDICT, verdict);
	wire_num(&m, T_SIZE, t->sent);
	wire_text(&m, T_SHA256, hex);
	wire_text(&m, T_VERSION, t->version);
	wire_text(&m, T_TEXT, t->text);
	send_route(d, &m);
	snprintf(object, sizeof(object), "%lld", (long long)t->job);
	log_step(verdict == JOB_DONE ? LOG_INFO : LOG_ERR, "file.emitted", "job", object, "format", t->format, "why", t->text[0] ? t->text : "-", NULL);
	task_free(t);
}

/* Rendering: collect */

static void take_options(struct task *t, const struct msg *m)
{
	for (uint16_t i = 0; i < m->n && t->n_options < OPTIONS; i++) {
		struct view v = m->e[i].v;
		const char *eq = m->e[i].tag == T_OPTION && v.n > 0 ? memchr(v.p, '=', v.n) : NULL;
		char *copy = eq != NULL && memchr(v.p, '\0', v.n) == NULL ? malloc(v.n + 1) : NULL;

		if (copy == NULL)
			continue;
		memcpy(copy, v.p, v.n);
		copy[v.n] = '\0';
		copy[eq - v.p] = '\0';
		t->options[t->n_options++] = (struct config_pair){ copy, copy + (eq - v.p) + 1 };
	}
}

static void on_emit(struct distribute *d, const struct msg *m, int64_t job)
{
	struct task *t = task_of(d, job) == NULL ? task_of(d, 0) : NULL;
	struct err err;

	if (t == NULL) {
		failed(d, job, "BUSY", "no room for another file now");
		return;
	}
	t->job = job;
	if (!msg_cstr(m, T_FORMAT, t->format, sizeof(t->format)) || digest_open(&t->hash, &err) != 0) {
		failed(d, job, "REFUSED", "no format is named");
		task_free(t);
		return;
	}
	take_options(t, m);
}

static bool keep(struct task *t, struct view bytes)
{
	if (t->bytes + (int64_t)bytes.n > RECORDS_MAX)
		return false;
	t->bytes += (int64_t)bytes.n;
	while (bytes.n > 0) {
		ssize_t n = write(t->mem, bytes.p, bytes.n);

		if (n <= 0)
			return false;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return true;
}

static void on_records(struct distribute *d, const struct msg *m, int64_t job)
{
	struct task *t = task_of(d, job);
	struct view bytes = msg_text(m, T_BYTES);
	struct buf reply = { 0 };

	if (t == NULL || t->running)
		return;
	if (msg_num_or(m, T_FIRST, 0) != t->records + 1 || msg_num_or(m, T_COUNT, 0) <= 0 || !keep(t, bytes)) {
		failed(d, job, "INPUT", "the records have a gap or are too many");
		task_free(t);
		return;
	}
	t->records += msg_num_or(m, T_COUNT, 0);
	wire_begin(&reply, M_CREDIT);
	wire_num(&reply, T_JOB, job);
	wire_num(&reply, T_CREDIT, (int64_t)bytes.n);
	send_route(d, &reply);
}

static void on_emit_end(struct distribute *d, const struct msg *m, int64_t job)
{
	struct zygote_job z = { .what = ZYGOTE_EMIT, .limits = { .memory_bytes = MEMORY, .cpu_seconds = 60 }, .deadline_ms = DEADLINE_MS };
	struct task *t = task_of(d, job);
	struct err err = { 0 };

	if (t == NULL || t->running)
		return;
	snprintf(z.format, sizeof(z.format), "%s", t->format);
	z.options = t->options;
	z.n_options = t->n_options;
	if (msg_num_or(m, T_COUNT, -1) != t->records || lseek(t->mem, 0, SEEK_SET) != 0 || zygote_submit(d->zygote, t->mem, &z, &t->pipe, &t->child, &err) != 0) {
		failed(d, job, "REFUSED", err.text[0] ? err.text : "the number of records differs");
		task_free(t);
		return;
	}
	t->running = true;
}

/* Rendering: the child's frames */

static void on_bytes(struct distribute *d, struct task *t, struct view bytes)
{
	struct buf m = { 0 };

	digest_update(t->hash, bytes);
	wire_begin(&m, M_BYTES);
	wire_num(&m, T_JOB, t->job);
	wire_num(&m, T_FIRST, t->sent);
	wire_view(&m, T_BYTES, bytes);
	send_route(d, &m);
	t->sent += (int64_t)bytes.n;
}

static void on_finding(struct task *t, struct view payload)
{
	struct finding f;
	char code[64];

	if (t->text[0] == '\0' && wire_get_finding(payload, &f, code) && f.severity == FINDING_ERROR)
		snprintf(t->text, sizeof(t->text), "%s: %.*s", code, (int)(f.text.n > 200 ? 200 : f.text.n), f.text.p ? f.text.p : "");
}

static bool on_frame(struct distribute *d, struct task *t, uint8_t kind, struct view payload)
{
	char name[32];

	switch (kind) {
	case FRAME_BYTES:
		on_bytes(d, t, payload);
		return true;
	case FRAME_FINDING:
		on_finding(t, payload);
		return true;
	case FRAME_FORMAT:
		return zygote_get_format(payload, name, t->version);
	case FRAME_END:
		t->ended = zygote_get_end(payload, &t->end);
		return t->ended;
	default:
		return false;
	}
}

static void read_child(struct distribute *d, struct task *t)
{
	char chunk[65536];
	struct view rest, payload;
	uint8_t kind;
	ssize_t n;
	int got = 0;

	while ((n = read(t->pipe, chunk, sizeof(chunk))) > 0) {
		buf_put(&t->in, chunk, (size_t)n);
		rest = buf_as_view(&t->in);
		while ((got = zygote_cut_frame(&rest, &kind, &payload)) == 1)
			if (!on_frame(d, t, kind, payload))
				got = -1;
		if (got < 0 || t->in.failed) {
			snprintf(t->text, sizeof(t->text), "the module's process sent what is no frame");
			t->ended = false;
			zygote_kill(d->zygote, t->child);
			break;
		}
		memmove(t->in.p, t->in.p + (t->in.n - rest.n), rest.n);
		t->in.n = rest.n;
	}
	if (n == 0 || got < 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		t->closed = true;
}

static enum job_verdict verdict_of(struct task *t)
{
	if (!t->well || !t->ended)
		return JOB_DIED;
	switch (t->end.rc) {
	case ZYGOTE_GOOD:
		return t->end.errors == 0 ? JOB_DONE : JOB_MODULE_FAILED;
	case ZYGOTE_NO_MODULE:
	case ZYGOTE_NOBODYS:
		return JOB_REFUSED;
	default:
		return JOB_MODULE_FAILED;
	}
}

static int reap(struct distribute *d, struct err *err)
{
	uint32_t child;
	char why[200];
	int status, got;

	while ((got = zygote_exit_next(d->zygote, &child, &status)) == 1)
		for (size_t i = 0; i < TASKS; i++) {
			struct task *t = &d->tasks[i];

			if (t->job == 0 || !t->running || t->child != child)
				continue;
			t->exited = true;
			t->well = zygote_ended_well(status, why, sizeof(why));
			if (!t->well)
				snprintf(t->text, sizeof(t->text), "the module '%s' was %s", t->format, why);
		}
	if (got < 0)
		return err_set(err, -1, "the zygote is gone");
	for (size_t i = 0; i < TASKS; i++)
		if (d->tasks[i].exited && d->tasks[i].closed)
			emitted(d, &d->tasks[i], verdict_of(&d->tasks[i]));
	return 0;
}

static void on_allot(struct distribute *d, const struct msg *m, int64_t job)
{
	struct buf reply = { 0 };

	if (distribute_allot(m, &reply)) {
		send_route(d, &reply);
	} else {
		buf_release(&reply);
		failed(d, job, "INPUT", "the range does not hold what its message says");
	}
}

static int take_messages(struct distribute *d, struct err *err)
{
	static struct msg m;
	char peer[BUS_PEER];
	struct view bytes;
	int64_t job;
	int got;

	while ((got = bus_recv(d->route, peer, &bytes, err)) == 1) {
		if (!msg_parse(&m, bytes) || !msg_num(&m, T_JOB, &job) || job <= 0) {
			log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
			continue;
		}
		if (m.type == M_ALLOT)
			on_allot(d, &m, job);
		else if (m.type == M_EMIT)
			on_emit(d, &m, job);
		else if (m.type == M_RECORDS)
			on_records(d, &m, job);
		else if (m.type == M_EMIT_END)
			on_emit_end(d, &m, job);
	}
	return got;
}

static void hello(struct distribute *d)
{
	struct buf m = { 0 };

	if (role_monotonic_ms() < d->hello_ms)
		return;
	d->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, d->env->identity);
	wire_num(&m, T_EPOCH, (int64_t)role_epoch());
	wire_num(&m, T_CREDIT, CREDIT);
	send_route(d, &m);
}

static int turn(struct distribute *d, struct err *err)
{
	struct bus_wait wait[TASKS + 3];
	size_t slot[TASKS], n;

	for (;;) {
		hello(d);
		wait[0] = (struct bus_wait){ .fd = d->env->stop_fd };
		wait[1] = (struct bus_wait){ .socket = d->route, .fd = -1 };
		wait[2] = (struct bus_wait){ .fd = zygote_fd(d->zygote) };
		n = 3;
		for (size_t i = 0; i < TASKS; i++)
			if (d->tasks[i].running && !d->tasks[i].closed) {
				slot[n - 3] = i;
				wait[n++] = (struct bus_wait){ .fd = d->tasks[i].pipe };
			}
		if (bus_poll(d->bus, wait, n, 200, err) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		for (size_t w = 3; w < n; w++)
			if (wait[w].readable)
				read_child(d, &d->tasks[slot[w - 3]]);
		if (take_messages(d, err) < 0 || reap(d, err) != 0)
			return -1;
	}
}

int role_distribute(struct role_env *env, struct err *err)
{
	struct distribute d = { .env = env };
	int rc = -1;

	if (zygote_start(&d.zygote, env->config->modules, err) != 0)
		return -1;
	for (size_t i = 0; i < TASKS; i++) {		/* made before the seal, which knows no memfd */
		d.tasks[i] = (struct task){ .mem = memfd_create("records", MFD_CLOEXEC), .pipe = -1 };
		if (d.tasks[i].mem == -1) {
			zygote_free(d.zygote);
			return err_set(err, errno, "cannot make memory for records: %s", strerror(errno));
		}
	}
	if (bus_open(&d.bus, err) != 0 || role_bus_connect(&d.route, d.bus, env, "route-distribute", err) != 0 || role_ready(env, err) != 0)
		goto out;
	rc = turn(&d, err);
out:
	for (size_t i = 0; i < TASKS; i++) {
		task_free(&d.tasks[i]);
		close(d.tasks[i].mem);
	}
	bus_socket_free(d.route);
	bus_free(d.bus);
	zygote_free(d.zygote);
	return rc;
}
