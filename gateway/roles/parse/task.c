/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task - see task.h
 */
#include "gateway/roles/parse/task.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/core/money.h"
#include "gateway/role.h"

#define FINDINGS_KEPT 2000
#define FINDINGS_A_MESSAGE 100
#define MEMORY ((uint64_t)256 << 20)
#define CPU_SECONDS 10
#define CPU_BYTES ((uint64_t)1 << 20)		/* a second more for each MiB of the file */
/* longer without a byte than the processor time of a small file allows */
#define STILL_MS 90000
#define STARVED_MS 120000
#define OUTPUT_LEAST ((int64_t)64 << 20)	/* records of a file: at most this and OUTPUT_TIMES its size */
#define OUTPUT_TIMES 64

void task_init(struct task *t)
{
	*t = (struct task){ .file = -1, .pipe = -1 };
}

static void clear_try(struct task *t)
{
	if (t->pipe != -1)
		close(t->pipe);
	t->pipe = -1;
	buf_release(&t->in);
	buf_release(&t->findings);
	readback_release(&t->back);
	t->records = t->sum = t->kept = t->bytes = 0;
	t->closed = t->exited = t->well = t->ended = t->broken = t->starving = false;
	t->why[0] = t->name[0] = t->version[0] = '\0';
}

void task_release(struct task *t)
{
	clear_try(t);
	if (t->file != -1)
		close(t->file);
	for (size_t i = 0; i < t->n_options; i++)
		free(t->options[i].name);
	task_init(t);
}

static void take_option(struct task *t, struct view v)
{
	const char *eq = v.n > 0 ? memchr(v.p, '=', v.n) : NULL;
	char *copy;

	if (eq == NULL || memchr(v.p, '\0', v.n) != NULL || t->n_options == TASK_OPTIONS)
		return;
	copy = malloc(v.n + 1);
	if (copy == NULL)
		return;
	memcpy(copy, v.p, v.n);
	copy[v.n] = copy[eq - v.p] = '\0';
	t->options[t->n_options++] = (struct config_pair){ copy, copy + (eq - v.p) + 1 };
}

bool task_take(struct task *t, const struct msg *m)
{
	struct view format = msg_text(m, T_FORMAT);

	task_init(t);
	t->job = msg_num_or(m, T_JOB, 0);
	t->out = msg_num_or(m, T_SPOOL, 0) == 1;
	t->credit = msg_num_or(m, T_CREDIT, 0);
	for (uint16_t i = 0; i < m->n; i++)
		if (m->e[i].tag == T_OPTION)
			take_option(t, m->e[i].v);
	return msg_cstr(m, T_SHA256, t->sha256, sizeof(t->sha256)) &&
		(format.n == 0 || msg_cstr(m, T_FORMAT, t->format, sizeof(t->format)));
}

int task_start(struct task *t, struct zygote *z, struct err *err)
{
	struct zygote_job job = {
		.what = ZYGOTE_PARSE, .options = t->options, .n_options = t->n_options,
		.limits = { .memory_bytes = MEMORY, .cpu_seconds = CPU_SECONDS + t->size / CPU_BYTES },
	};

	clear_try(t);
	snprintf(job.format, sizeof(job.format), "%s", t->format);
	if (lseek(t->file, 0, SEEK_SET) != 0)
		return err_set(err, errno, "cannot read the object: %s", strerror(errno));
	t->tries++;
	t->moved_ms = role_monotonic_ms();
	return zygote_submit(z, t->file, &job, &t->pipe, &t->child, err);
}

/* The child's frames */

static bool refuse(struct task *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct task *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	t->broken = true;
	return false;
}

static bool add_up(struct task *t, struct view rest, int64_t *count, int64_t *sum)
{
	struct record rec;
	int got;

	*count = *sum = 0;
	while ((got = wire_cut_record(&rest, &rec)) == 1) {
		if ((int64_t)rec.seq != t->records + ++*count)
			return refuse(t, "the module's process sent records out of order");
		if (!money_add_minor(sum, record_num(&rec, F_AMOUNT, 0)))
			return refuse(t, "the sum of the amounts does not fit 64 bits");
		if (t->out && !readback_add(&t->back, &rec))
			return refuse(t, "the totals of the file cannot be added up, or it has more than %d batches",
				READBACK_BATCHES);
	}
	if (got != 0 || rest.n != 0 || *count == 0)
		return refuse(t, "the module's process sent what are no records");
	return true;
}

static bool on_records(struct task *t, struct view payload, struct outbox *route)
{
	int64_t count, sum;
	struct buf m = { 0 };

	if (!add_up(t, payload, &count, &sum))
		return false;
	if (!money_add_minor(&t->sum, sum))
		return refuse(t, "the sum of the amounts does not fit 64 bits");
	if (payload.n > ZYGOTE_BATCH && count > 1)
		return refuse(t, "the module's process sent a frame of %zu bytes", payload.n);
	t->bytes += (int64_t)payload.n;
	if (t->bytes > OUTPUT_LEAST && (uint64_t)t->bytes / OUTPUT_TIMES > t->size)
		return refuse(t, "the module's process sent more records than the file can hold");
	wire_begin(&m, M_RECORDS);
	wire_num(&m, T_JOB, t->job);
	wire_num(&m, T_FIRST, t->records + 1);
	wire_num(&m, T_COUNT, count);
	wire_num(&m, T_SUM, sum);
	wire_view(&m, T_BYTES, payload);
	outbox_put(route, &m);
	t->records += count;
	t->credit -= (int64_t)payload.n;
	return true;
}

static bool on_finding(struct task *t, struct view payload)
{
	struct finding f;
	char code[64];

	if (!wire_get_finding(payload, &f, code))
		return refuse(t, "the module's process sent what is no finding");
	if (t->kept++ >= FINDINGS_KEPT)
		return true;
	buf_u32(&t->findings, (uint32_t)payload.n);
	buf_view(&t->findings, payload);
	return true;
}

static bool on_end(struct task *t, struct view payload)
{
	if (!zygote_get_end(payload, &t->end) || (int64_t)t->end.records != t->records ||
		(int64_t)t->end.findings < t->kept)
		return refuse(t, "the module's process miscounts what it sent");
	t->ended = true;
	return true;
}

static bool on_frame(struct task *t, uint8_t kind, struct view payload, struct outbox *route)
{
	if (t->ended)
		return refuse(t, "the module's process went on behind its end");
	switch (kind) {
	case FRAME_RECORDS:
		return on_records(t, payload, route);
	case FRAME_FINDING:
		return on_finding(t, payload);
	case FRAME_FORMAT:
		return zygote_get_format(payload, t->name, t->version) ||
			refuse(t, "the module's process named no format");
	case FRAME_END:
		return on_end(t, payload);
	default:
		return refuse(t, "the module's process sent bytes instead of records");
	}
}

static bool within_credit(const struct task *t, uint8_t kind, struct view payload)
{
	if (kind != FRAME_RECORDS)
		return true;
	return t->credit >= (int64_t)payload.n || (t->credit > 0 && payload.n > ZYGOTE_BATCH);
}

static bool cut_frames(struct task *t, struct outbox *route)
{
	struct view rest = buf_as_view(&t->in), before, payload;
	uint8_t kind;
	int got;

	t->starving = false;
	for (before = rest; (got = zygote_cut_frame(&rest, &kind, &payload)) == 1; before = rest) {
		t->starving = !within_credit(t, kind, payload);
		if (t->starving)
			break;
		if (!on_frame(t, kind, payload, route))
			return false;
	}
	if (got == -1)
		return refuse(t, "the module's process sent what is no frame");
	if (before.n > 0)
		memmove(t->in.p, before.p, before.n);
	t->in.n = before.n;
	return true;
}

void task_read(struct task *t, struct zygote *z, struct outbox *route)
{
	char chunk[65536];
	bool good = cut_frames(t, route);
	ssize_t n = 1;

	while (good && !t->starving && route->n == 0 && (n = read(t->pipe, chunk, sizeof(chunk))) > 0) {
		t->moved_ms = role_monotonic_ms();
		buf_put(&t->in, chunk, (size_t)n);
		good = t->in.failed ? refuse(t, "there is no memory for its answer") : cut_frames(t, route);
	}
	if (!good)
		zygote_kill(z, t->child);
	if (good && n == 0 && t->in.n > 0 && !t->starving)
		refuse(t, "the module's process stopped inside a frame");
	if (good && n == 0 && !t->ended && t->why[0] == '\0')
		snprintf(t->why, sizeof(t->why), "the module's process ended without a word");
	if (!good || n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		t->closed = true;
}

void task_watch(struct task *t, struct zygote *z)
{
	int64_t still = role_monotonic_ms() - t->moved_ms;
	int64_t patience = t->starving ? STARVED_MS : STILL_MS + (int64_t)(t->size / CPU_BYTES) * 1000;

	if (t->job == 0 || t->closed || still < patience)
		return;
	if (t->starving)
		refuse(t, "route took no more records for %d seconds", (int)(still / 1000));
	else
		refuse(t, "the module's process stood still for %d seconds", (int)(still / 1000));
	t->closed = true;
	zygote_kill(z, t->child);
}

/* Ends */

void task_exited(struct task *t, int wait_status)
{
	char why[120];

	t->exited = true;
	t->well = zygote_ended_well(wait_status, why, sizeof(why));
	if (!t->well && !t->broken)
		snprintf(t->why, sizeof(t->why), "the process of module '%s' ended: %s",
			t->name[0] != '\0' ? t->name : t->format, why);
}

enum job_verdict task_verdict(const struct task *t)
{
	if (!t->well || !t->ended || t->broken)
		return JOB_DIED;
	switch (t->end.rc) {
	case ZYGOTE_GOOD:
		return JOB_DONE;
	case ZYGOTE_NOBODYS:
		return JOB_UNKNOWN_FORMAT;
	case ZYGOTE_NO_MODULE:
		return JOB_REFUSED;
	default:
		return JOB_MODULE_FAILED;
	}
}

void task_findings(struct task *t, struct outbox *route)
{
	struct view rest = buf_as_view(&t->findings);
	struct buf m = { 0 };
	uint32_t n;

	for (int k = 1; rest.n >= sizeof(n); k++) {
		memcpy(&n, rest.p, sizeof(n));
		if (k == 1) {
			wire_begin(&m, M_FINDINGS);
			wire_num(&m, T_JOB, t->job);
		}
		wire_view(&m, T_FINDING, view_sub(rest, sizeof(n), n));
		rest = view_sub(rest, sizeof(n) + (size_t)n, rest.n);
		if (k == FINDINGS_A_MESSAGE || rest.n < sizeof(n)) {
			outbox_put(route, &m);
			k = 0;
		}
	}
}

void task_parsed(const struct task *t, enum job_verdict verdict, struct outbox *route)
{
	struct buf m = { 0 };

	wire_begin(&m, M_PARSED);
	wire_num(&m, T_JOB, t->job);
	wire_num(&m, T_VERDICT, verdict);
	wire_text(&m, T_FORMAT, t->name);
	wire_text(&m, T_VERSION, t->version);
	wire_num(&m, T_COUNT, t->records);
	wire_num(&m, T_SUM, t->sum);
	wire_num(&m, T_ERRORS, t->ended ? (int64_t)t->end.errors : 0);
	wire_text(&m, T_TEXT, t->why);
	outbox_put(route, &m);
}
