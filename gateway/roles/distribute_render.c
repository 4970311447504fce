/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distribute_render - see distribute_render.h
 *
 * A task goes through three phases: collecting records (no child), running (a child writes frames to its pipe), and
 * done (the pipe has closed and the exit has arrived).  Small pieces of a child are put together before they are sent,
 * so a child that writes single bytes makes no flood of messages.
 */
#include "gateway/roles/distribute_render.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "channels/digest.h"
#include "gateway/log.h"
#include "gateway/proto.h"

#define OPTIONS 16
#define DEADLINE_MS 120000
#define FORGOTTEN_MS 60000			/* route goes on within its own 30 s, or never */
#define CPU_SECONDS 60
#define MEMORY ((uint64_t)256 << 20)
#define RECORDS_MAX ((int64_t)1 << 31)
#define OUTPUT_TIMES 16				/* no format of ours writes so much for its records */
#define OUTPUT_LEAST ((int64_t)1 << 20)
#define CHUNK ((size_t)64 << 10)

struct task {
	int64_t job;				/* 0: free */
	int mem, pipe;
	char format[32], version[32], text[300];
	struct config_pair options[OPTIONS];
	size_t n_options;
	int64_t records, bytes, made, sent, touched_ms;
	uint32_t child;
	bool running, closed, exited, well, ended;
	struct zygote_end end;
	struct buf in, piece;
	struct digest *hash;
};

struct render {
	struct zygote *zygote;
	render_send *send;
	void *ctx;
	struct task tasks[RENDER_TASKS];
};

static void task_free(struct task *t)
{
	int mem = t->mem;

	if (mem != -1 && (ftruncate(mem, 0) != 0 || lseek(mem, 0, SEEK_SET) != 0))
		log_step(LOG_ERR, "memory.stuck", "why", strerror(errno), NULL);
	if (t->pipe != -1)
		close(t->pipe);
	for (size_t i = 0; i < t->n_options; i++)
		free(t->options[i].name);
	buf_release(&t->in);
	buf_release(&t->piece);
	digest_free(t->hash);
	*t = (struct task){ .mem = mem, .pipe = -1 };
}

static struct task *task_of(struct render *r, int64_t job)
{
	for (size_t i = 0; i < RENDER_TASKS; i++)
		if (r->tasks[i].job == job)
			return &r->tasks[i];
	return NULL;
}

static void failed(struct render *r, int64_t job, const char *reason, const char *text)
{
	struct buf m = { 0 };

	wire_begin(&m, M_JOB_FAILED);
	wire_num(&m, T_JOB, job);
	wire_text(&m, T_REASON, reason);
	wire_text(&m, T_TEXT, text);
	r->send(r->ctx, &m);
}

/* Why a file cannot be made, for people; the first reason stands. */
static void explain(struct task *t, const char *what)
{
	char name[sizeof(t->format)];

	memcpy(name, t->format, sizeof(name));
	if (t->text[0] == '\0')
		snprintf(t->text, sizeof(t->text), "the module '%s' %s", name, what);
}

static void give_up(struct render *r, struct task *t, const char *reason, const char *text)
{
	failed(r, t->job, reason, text);
	task_free(t);
}

/* --- collecting --- */

static bool take_option(struct task *t, struct view v)
{
	const char *eq = v.n > 0 ? memchr(v.p, '=', v.n) : NULL;
	char *copy;

	if (eq == NULL || t->n_options == OPTIONS || memchr(v.p, '\0', v.n) != NULL || (copy = malloc(v.n + 1)) == NULL)
		return false;
	memcpy(copy, v.p, v.n);
	copy[v.n] = '\0';
	copy[eq - v.p] = '\0';
	t->options[t->n_options++] = (struct config_pair){ copy, copy + (eq - v.p) + 1 };
	return true;
}

static bool take_options(struct task *t, const struct msg *m)
{
	for (uint16_t i = 0; i < m->n; i++)
		if (m->e[i].tag == T_OPTION && !take_option(t, m->e[i].v))
			return false;
	return true;
}

static void on_emit(struct render *r, const struct msg *m, int64_t job, int64_t now_ms)
{
	struct task *t = task_of(r, job) == NULL ? task_of(r, 0) : NULL;
	struct err err = { 0 };

	if (t == NULL) {
		failed(r, job, "BUSY", "no room for another file now");
		return;
	}
	t->job = job;
	t->touched_ms = now_ms;
	if (!msg_cstr(m, T_FORMAT, t->format, sizeof(t->format)) || t->format[0] == '\0')
		give_up(r, t, "REFUSED", "no format is named");
	else if (!take_options(t, m))
		give_up(r, t, "REFUSED", "an option is malformed, or there are too many");
	else if (digest_open(&t->hash, &err) != 0)
		give_up(r, t, "REFUSED", err.text);
}

static bool keep(struct task *t, struct view bytes)
{
	if ((int64_t)bytes.n > RECORDS_MAX - t->bytes)
		return false;
	t->bytes += (int64_t)bytes.n;
	while (bytes.n > 0) {
		ssize_t n = write(t->mem, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return true;
}

static void on_records(struct render *r, struct task *t, const struct msg *m)
{
	struct view bytes = msg_text(m, T_BYTES);
	int64_t count = msg_num_or(m, T_COUNT, 0);
	struct buf reply = { 0 };

	if (msg_num_or(m, T_FIRST, 0) != t->records + 1 || count <= 0 || count > (int64_t)bytes.n || !keep(t, bytes)) {
		give_up(r, t, "INPUT", "the records have a gap or are too many");
		return;
	}
	t->records += count;
	wire_begin(&reply, M_CREDIT);
	wire_num(&reply, T_JOB, t->job);
	wire_num(&reply, T_CREDIT, (int64_t)bytes.n);
	r->send(r->ctx, &reply);
}

static void on_emit_end(struct render *r, struct task *t, const struct msg *m)
{
	struct zygote_job z = {
		.what = ZYGOTE_EMIT, .limits = { .memory_bytes = MEMORY, .cpu_seconds = CPU_SECONDS },
			.deadline_ms = DEADLINE_MS,
		.options = t->options, .n_options = t->n_options,
	};
	struct err err = { 0 };

	if (msg_num_or(m, T_COUNT, -1) != t->records) {
		give_up(r, t, "INPUT", "the number of records differs");
		return;
	}
	memcpy(z.format, t->format, sizeof(z.format));
	if (lseek(t->mem, 0, SEEK_SET) != 0)
		give_up(r, t, "REFUSED", "the records cannot be read again");
	else if (zygote_submit(r->zygote, t->mem, &z, &t->pipe, &t->child, &err) != 0)
		give_up(r, t, err.code == EAGAIN ? "BUSY" : "REFUSED", err.text);
	else
		t->running = true;
}

void render_message(struct render *r, const struct msg *m, int64_t job, int64_t now_ms)
{
	struct task *t;

	if (job <= 0)
		return;
	if (m->type == M_EMIT) {
		on_emit(r, m, job, now_ms);
		return;
	}
	t = task_of(r, job);
	if (t == NULL || t->running)			/* of a job that has failed, or was forgotten */
		return;
	t->touched_ms = now_ms;
	if (m->type == M_RECORDS)
		on_records(r, t, m);
	else if (m->type == M_EMIT_END)
		on_emit_end(r, t, m);
}

/* --- the child's frames --- */

static void send_piece(struct render *r, struct task *t)
{
	struct view piece = buf_as_view(&t->piece);
	struct buf m = { 0 };

	if (piece.n == 0)
		return;
	digest_update(t->hash, piece);
	wire_begin(&m, M_BYTES);
	wire_num(&m, T_JOB, t->job);
	wire_num(&m, T_FIRST, t->sent);
	wire_view(&m, T_BYTES, piece);
	r->send(r->ctx, &m);
	t->sent += (int64_t)piece.n;
	buf_clear(&t->piece);
}

static bool on_bytes(struct render *r, struct task *t, struct view bytes)
{
	t->made += (int64_t)bytes.n;
	if (bytes.n > RENDER_PIECE || t->made > OUTPUT_LEAST + OUTPUT_TIMES * t->bytes) {
		explain(t, "wrote more than its records can be");
		return false;
	}
	if (t->piece.n + bytes.n > RENDER_PIECE)
		send_piece(r, t);
	buf_view(&t->piece, bytes);
	return !t->piece.failed;
}

static void on_finding(struct task *t, struct view payload)
{
	struct finding f;
	char code[64];

	if (t->text[0] == '\0' && wire_get_finding(payload, &f, code) && f.severity == FINDING_ERROR)
		snprintf(t->text, sizeof(t->text), "%s: %.*s", code, VIEW_FMT(view_sub(f.text, 0, 200)));
}

static bool on_frame(struct render *r, struct task *t, uint8_t kind, struct view payload)
{
	char name[32];

	switch (kind) {
	case FRAME_BYTES:
		return !t->ended && on_bytes(r, t, payload);
	case FRAME_FINDING:
		on_finding(t, payload);
		return true;
	case FRAME_FORMAT:
		return zygote_get_format(payload, name, t->version);
	case FRAME_END:
		t->ended = !t->ended && zygote_get_end(payload, &t->end);
		return t->ended;
	default:
		return false;
	}
}

static void kill_task(struct render *r, struct task *t)
{
	explain(t, "sent what is no frame");
	t->ended = false;
	t->closed = true;
	close(t->pipe);
	t->pipe = -1;
	zygote_kill(r->zygote, t->child);
}

int render_fd(const struct render *r, size_t task)
{
	return r->tasks[task].running && !r->tasks[task].closed ? r->tasks[task].pipe : -1;
}

void render_read(struct render *r, size_t task)
{
	struct task *t = &r->tasks[task];
	struct view rest, payload;
	char chunk[CHUNK];
	uint8_t kind;
	ssize_t n;
	int got;

	if (render_fd(r, task) == -1)
		return;
	n = read(t->pipe, chunk, sizeof(chunk));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		t->closed = true;
		return;
	}
	buf_put(&t->in, chunk, (size_t)n);
	rest = buf_as_view(&t->in);
	while ((got = zygote_cut_frame(&rest, &kind, &payload)) == 1)
		if (!on_frame(r, t, kind, payload))
			break;
	if (got != 0 || t->in.failed) {
		kill_task(r, t);
		return;
	}
	memmove(t->in.p, rest.p, rest.n);
	t->in.n = rest.n;
}

/* --- the end --- */

static enum job_verdict verdict_of(const struct task *t)
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

static void emitted(struct render *r, struct task *t)
{
	enum job_verdict verdict = verdict_of(t);
	char hex[DIGEST_HEX] = "", object[24];
	struct buf m = { 0 };

	if (verdict == JOB_DONE)
		send_piece(r, t);
	else
		explain(t, t->ended ? "stopped before its end" : "ended without a word");
	digest_final_hex(t->hash, hex);
	t->hash = NULL;
	wire_begin(&m, M_EMITTED);
	wire_num(&m, T_JOB, t->job);
	wire_num(&m, T_VERDICT, verdict);
	wire_num(&m, T_SIZE, t->sent);
	wire_text(&m, T_SHA256, hex);
	wire_text(&m, T_VERSION, t->version);
	wire_text(&m, T_TEXT, t->text);
	r->send(r->ctx, &m);
	snprintf(object, sizeof(object), "%lld", (long long)t->job);
	log_step(verdict == JOB_DONE ? LOG_INFO : LOG_ERR, "file.emitted", "job", object, "format", t->format, "why",
		 t->text[0] ? t->text : "-", NULL);
	task_free(t);
}

static void take_exit(struct render *r, uint32_t child, int status)
{
	char why[200], what[220];

	for (size_t i = 0; i < RENDER_TASKS; i++) {
		struct task *t = &r->tasks[i];

		if (!t->running || t->child != child)
			continue;
		t->exited = true;
		t->well = zygote_ended_well(status, why, sizeof(why));
		snprintf(what, sizeof(what), "ended badly: %s", why);
		if (!t->well)
			explain(t, what);
	}
}

int render_reap(struct render *r, struct err *err)
{
	uint32_t child;
	int status, got;

	while ((got = zygote_exit_next(r->zygote, &child, &status)) == 1)
		take_exit(r, child, status);
	if (got < 0)
		return err_set(err, -1, "the zygote is gone");
	for (size_t i = 0; i < RENDER_TASKS; i++)
		if (r->tasks[i].exited && r->tasks[i].closed)
			emitted(r, &r->tasks[i]);
	return 0;
}

void render_tick(struct render *r, int64_t now_ms)
{
	for (size_t i = 0; i < RENDER_TASKS; i++) {
		struct task *t = &r->tasks[i];

		if (t->job != 0 && !t->running && now_ms - t->touched_ms > FORGOTTEN_MS)
			give_up(r, t, "FORGOTTEN", "no records came for a minute");
	}
}

int render_open(struct render **out, struct zygote *zygote, render_send *send, void *ctx, struct err *err)
{
	struct render *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return err_set(err, ENOMEM, "no memory to render files");
	r->zygote = zygote;
	r->send = send;
	r->ctx = ctx;
	for (size_t i = 0; i < RENDER_TASKS; i++)
		r->tasks[i] = (struct task){ .mem = -1, .pipe = -1 };
	for (size_t i = 0; i < RENDER_TASKS; i++) {
		r->tasks[i].mem = memfd_create("records", MFD_CLOEXEC);
		if (r->tasks[i].mem == -1) {
			err_set(err, errno, "cannot make memory for records: %s", strerror(errno));
			render_free(r);
			return -1;
		}
	}
	*out = r;
	return 0;
}

void render_free(struct render *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < RENDER_TASKS; i++) {
		task_free(&r->tasks[i]);
		if (r->tasks[i].mem != -1)
			close(r->tasks[i].mem);
	}
	free(r);
}
