/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse - files to records: one caged child a file, its bytes checked again here, sent to route within its credit
 *
 * The parent opens the spool object and passes the open fd to the zygote; the child's frames are hostile input: every record is cut and
 * counted here, sums are added again.  A child that died is tried once more from the start (FIRST is 1 again), then the job ends with
 * JOB_DIED and the reason in words.  What was read back from spool/out is kept (the last READBACKS, by hash) for sign, which asks on a
 * socket of its own.
 * Failure: a job's failure is its verdict; the role ends only when the bus or the zygote fails.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channels/spool.h"
#include "formats/core/money.h"
#include "formats/core/wire.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/readback.h"
#include "gateway/role.h"
#include "gateway/zygote.h"

#define OPTIONS 32
#define READBACKS 64
#define FINDINGS_KEPT 2000
#define FINDINGS_A_MESSAGE 100
#define HELLO_MS 1000
#define DEADLINE_MS 300000
#define MEMORY ((uint64_t)256 << 20)
#define TRIES 2

struct task {
	int64_t job;				/* 0: free */
	bool out;				/* from spool/out: a read-back */
	char sha256[DIGEST_HEX], format[32], name[32], version[32], text[ERR_TEXT];
	struct config_pair options[OPTIONS];
	size_t n_options;
	int file, pipe, tries;
	uint32_t child;
	int64_t credit, records, sum;
	bool closed, exited, well, ended, broken;
	struct zygote_end end;
	struct buf in, findings;		/* findings: u32 length, bytes; FINDINGS_KEPT at most */
	int64_t kept;
	struct readback back;
};

struct kept_readback { char sha256[DIGEST_HEX], format[32]; struct readback sum; };

struct parse {
	struct role_env *env;
	struct bus *bus;
	struct bus_socket *route, *sign;
	struct zygote *zygote;
	struct spool *spools[2];		/* new, out */
	struct task tasks[ZYGOTE_JOBS];
	struct kept_readback kept[READBACKS];
	size_t next_kept;
	int64_t hello_ms;
};

static void send_to(struct bus_socket *s, const char *peer, struct buf *m)
{
	enum bus_sent sent = BUS_GONE;
	struct err err = { 0 };

	if (bus_send(&sent, s, peer, buf_as_view(m), &err) != 0 || sent != BUS_SENT)
		log_step(LOG_WARNING, "bus.lost", "why", err.text[0] ? err.text : "the peer is not there", NULL);
	buf_release(m);
}

static void task_clear_try(struct task *t)
{
	if (t->pipe != -1)
		close(t->pipe);
	t->pipe = -1;
	buf_release(&t->in);
	buf_release(&t->findings);
	readback_release(&t->back);
	t->back = (struct readback){ 0 };
	t->records = t->sum = t->kept = 0;
	t->closed = t->exited = t->well = t->ended = t->broken = false;
	t->text[0] = t->name[0] = t->version[0] = '\0';
}

static void task_free(struct task *t)
{
	task_clear_try(t);
	if (t->file != -1)
		close(t->file);
	for (size_t i = 0; i < t->n_options; i++)
		free(t->options[i].name);
	*t = (struct task){ .file = -1, .pipe = -1 };
}

static struct task *task_of(struct parse *p, int64_t job)
{
	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		if (p->tasks[i].job == job)
			return &p->tasks[i];
	return NULL;
}

static void parsed(struct parse *p, int64_t job, const struct task *t, enum job_verdict verdict, const char *text)
{
	struct buf m = { 0 };

	wire_begin(&m, M_PARSED);
	wire_num(&m, T_JOB, job);
	wire_num(&m, T_VERDICT, verdict);
	wire_text(&m, T_FORMAT, t ? t->name : "");
	wire_text(&m, T_VERSION, t ? t->version : "");
	wire_num(&m, T_COUNT, t ? t->records : 0);
	wire_num(&m, T_SUM, t ? t->sum : 0);
	wire_num(&m, T_ERRORS, t && t->ended ? (int64_t)t->end.errors : 0);
	wire_text(&m, T_TEXT, text);
	send_to(p->route, NULL, &m);
}

static void send_findings(struct parse *p, const struct task *t)
{
	struct view rest = buf_as_view(&t->findings);
	struct buf m = { 0 };
	uint32_t n;
	int in_message = 0;

	while (rest.n >= 4) {
		memcpy(&n, rest.p, 4);
		if (in_message == 0) {
			wire_begin(&m, M_FINDINGS);
			wire_num(&m, T_JOB, t->job);
		}
		wire_view(&m, T_FINDING, view_sub(rest, 4, n));
		rest = view_sub(rest, 4 + (size_t)n, rest.n);
		if (++in_message == FINDINGS_A_MESSAGE || rest.n < 4) {
			send_to(p->route, NULL, &m);
			in_message = 0;
		}
	}
	buf_release(&m);
}

/* Starting */

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

static int start_child(struct parse *p, struct task *t, struct err *err)
{
	struct zygote_job z = { .what = ZYGOTE_PARSE, .options = t->options, .n_options = t->n_options,
		.limits = { .memory_bytes = MEMORY, .cpu_seconds = 120 }, .deadline_ms = DEADLINE_MS };

	snprintf(z.format, sizeof(z.format), "%s", t->format);
	if (lseek(t->file, 0, SEEK_SET) != 0)
		return err_set(err, errno, "cannot read the object: %s", strerror(errno));
	t->tries++;
	return zygote_submit(p->zygote, t->file, &z, &t->pipe, &t->child, err);
}

static void on_parse(struct parse *p, const struct msg *m, int64_t job)
{
	struct task *t = task_of(p, job) == NULL ? task_of(p, 0) : NULL;
	struct err err = { 0 };
	uint64_t size;

	if (t == NULL)
		return;				/* route asks again when it hears nothing of it */
	t->job = job;
	t->out = msg_num_or(m, T_SPOOL, 0) == 1;
	t->credit = msg_num_or(m, T_CREDIT, 0);
	take_options(t, m);
	if (!msg_cstr(m, T_SHA256, t->sha256, sizeof(t->sha256)) || (msg_text(m, T_FORMAT).n > 0 && !msg_cstr(m, T_FORMAT, t->format, sizeof(t->format))))
		err_set(&err, EINVAL, "the request names no object");
	else if (spool_object(p->spools[t->out], t->sha256, &t->file, &size, &err) == 0 && start_child(p, t, &err) == 0)
		return;
	parsed(p, job, NULL, JOB_DIED, err.text);
	task_free(t);
}

/* The child's frames */

static bool on_records(struct parse *p, struct task *t, struct view payload)
{
	struct view rest = payload;
	int64_t count = 0, sum = 0;
	struct record rec;
	struct buf m = { 0 };
	int got;

	while ((got = wire_cut_record(&rest, &rec)) == 1) {
		count++;
		if ((int64_t)rec.seq != t->records + count || !money_add_minor(&sum, record_num(&rec, F_AMOUNT, 0)) || (t->out && !readback_add(&t->back, &rec)))
			return false;
	}
	if (got != 0 || rest.n != 0 || count == 0 || !money_add_minor(&t->sum, sum))
		return false;
	wire_begin(&m, M_RECORDS);
	wire_num(&m, T_JOB, t->job);
	wire_num(&m, T_FIRST, t->records + 1);
	wire_num(&m, T_COUNT, count);
	wire_num(&m, T_SUM, sum);
	wire_view(&m, T_BYTES, payload);
	send_to(p->route, NULL, &m);
	t->records += count;
	t->credit -= (int64_t)payload.n;
	return true;
}

static void on_finding(struct task *t, struct view payload)
{
	struct finding f;
	char code[64];

	if (t->kept >= FINDINGS_KEPT || !wire_get_finding(payload, &f, code))
		return;
	t->kept++;
	buf_u32(&t->findings, (uint32_t)payload.n);
	buf_view(&t->findings, payload);
}

static bool on_frame(struct parse *p, struct task *t, uint8_t kind, struct view payload)
{
	switch (kind) {
	case FRAME_RECORDS:
		return on_records(p, t, payload);
	case FRAME_FINDING:
		on_finding(t, payload);
		return true;
	case FRAME_FORMAT:
		return zygote_get_format(payload, t->name, t->version);
	case FRAME_END:
		t->ended = zygote_get_end(payload, &t->end);
		return t->ended;
	default:
		return false;
	}
}

static bool cut_frames(struct parse *p, struct task *t)
{
	struct view rest = buf_as_view(&t->in), payload;
	uint8_t kind;
	int got = 0;

	while (t->credit > 0 && (got = zygote_cut_frame(&rest, &kind, &payload)) == 1)
		if (!on_frame(p, t, kind, payload))
			return false;
	memmove(t->in.p, t->in.p + (t->in.n - rest.n), rest.n);
	t->in.n = rest.n;
	return got >= 0;
}

static void read_child(struct parse *p, struct task *t)
{
	char chunk[65536];
	ssize_t n = 0;
	bool good = t->in.n == 0 || cut_frames(p, t);

	while (good && t->credit > 0 && (n = read(t->pipe, chunk, sizeof(chunk))) > 0) {
		buf_put(&t->in, chunk, (size_t)n);
		good = !t->in.failed && cut_frames(p, t);
	}
	if (!good) {
		t->broken = true;
		snprintf(t->text, sizeof(t->text), "the module's process sent what are no records");
		zygote_kill(p->zygote, t->child);
	}
	if (!good || (t->credit > 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))))
		t->closed = true;
}

/* Ends */

static void keep_readback(struct parse *p, struct task *t)
{
	struct kept_readback *k = &p->kept[p->next_kept++ % READBACKS];

	readback_release(&k->sum);
	*k = (struct kept_readback){ .sum = t->back };
	snprintf(k->sha256, sizeof(k->sha256), "%s", t->sha256);
	snprintf(k->format, sizeof(k->format), "%s", t->name);
	t->back = (struct readback){ 0 };
}

static enum job_verdict verdict_of(struct task *t)
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

static void finish(struct parse *p, struct task *t)
{
	enum job_verdict verdict = verdict_of(t);
	struct err err = { 0 };

	if (verdict == JOB_DIED && t->tries < TRIES) {
		log_step(LOG_WARNING, "parse.again", "sha256", t->sha256, "why", t->text, NULL);
		task_clear_try(t);
		if (start_child(p, t, &err) == 0)
			return;
		snprintf(t->text, sizeof(t->text), "%s", err.text);
	}
	if (verdict == JOB_DONE && t->out) {
		if (readback_end(&t->back))
			keep_readback(p, t);
		else
			verdict = JOB_MODULE_FAILED;
	}
	send_findings(p, t);
	parsed(p, t->job, t, verdict, t->text);
	task_free(t);
}

static int reap(struct parse *p, struct err *err)
{
	char why[200];
	uint32_t child;
	int status, got;

	while ((got = zygote_exit_next(p->zygote, &child, &status)) == 1)
		for (size_t i = 0; i < ZYGOTE_JOBS; i++) {
			struct task *t = &p->tasks[i];

			if (t->job == 0 || t->pipe == -1 || t->exited || t->child != child)
				continue;
			t->exited = true;
			t->well = zygote_ended_well(status, why, sizeof(why));
			if (!t->well && t->text[0] == '\0')
				snprintf(t->text, sizeof(t->text), "the module '%s' was %s", t->name[0] ? t->name : t->format, why);
		}
	if (got < 0)
		return err_set(err, -1, "the zygote is gone");
	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		if (p->tasks[i].exited && p->tasks[i].closed)
			finish(p, &p->tasks[i]);
	return 0;
}

/* sign asks */

static void put_readback(struct buf *m, const struct kept_readback *k)
{
	wire_text(m, T_FORMAT, k->format);
	wire_num(m, T_COUNT, k->sum.count);
	wire_num(m, T_DEBIT, k->sum.debit);
	wire_num(m, T_CREDIT_SUM, k->sum.credit);
	wire_num(m, T_HASH, k->sum.entry_hash);
	for (size_t i = 0; i < k->sum.n_batches; i++) {
		const struct readback_batch *b = &k->sum.batches[i];
		struct buf e = { 0 };

		wire_begin(&e, 0);
		wire_num(&e, T_BATCH_NUMBER, b->number);
		wire_num(&e, T_COUNT, b->count);
		wire_num(&e, T_DEBIT, b->debit);
		wire_num(&e, T_CREDIT_SUM, b->credit);
		wire_text(&e, T_ITEMS_SHA256, b->items_sha256);
		wire_num(&e, T_EFFECTIVE, b->effective);
		wire_view(m, T_BATCH, buf_as_view(&e));
		buf_release(&e);
	}
}

static int answer_sign(struct parse *p, struct err *err)
{
	static struct msg m;
	char peer[BUS_PEER], sha[DIGEST_HEX];
	struct view bytes;
	int got;

	while ((got = bus_recv(p->sign, peer, &bytes, err)) == 1) {
		const struct kept_readback *found = NULL;
		struct buf reply = { 0 };

		if (!msg_parse(&m, bytes) || m.type != M_READBACK_ASK || !msg_cstr(&m, T_SHA256, sha, sizeof(sha)))
			continue;
		for (size_t i = 0; i < READBACKS && found == NULL; i++)
			if (strcmp(p->kept[i].sha256, sha) == 0)
				found = &p->kept[i];
		wire_begin(&reply, M_READBACK);
		wire_num(&reply, T_JOB, msg_num_or(&m, T_JOB, 0));
		wire_text(&reply, T_SHA256, sha);
		wire_num(&reply, T_KNOWN, found != NULL);
		if (found != NULL)
			put_readback(&reply, found);
		send_to(p->sign, peer, &reply);
	}
	return got;
}

static int take_messages(struct parse *p, struct err *err)
{
	static struct msg m;
	char peer[BUS_PEER];
	struct view bytes;
	struct task *t;
	int64_t job;
	int got;

	while ((got = bus_recv(p->route, peer, &bytes, err)) == 1) {
		if (!msg_parse(&m, bytes) || !msg_num(&m, T_JOB, &job) || job <= 0) {
			log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
			continue;
		}
		if (m.type == M_PARSE)
			on_parse(p, &m, job);
		if (m.type == M_CREDIT && (t = task_of(p, job)) != NULL)
			t->credit += msg_num_or(&m, T_CREDIT, 0);
	}
	return got;
}

static void hello(struct parse *p)
{
	struct buf m = { 0 };

	if (role_monotonic_ms() < p->hello_ms)
		return;
	p->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, p->env->identity);
	wire_num(&m, T_EPOCH, (int64_t)role_epoch());
	send_to(p->route, NULL, &m);
}

static int turn(struct parse *p, struct err *err)
{
	struct bus_wait wait[ZYGOTE_JOBS + 4];
	size_t slot[ZYGOTE_JOBS], n;

	for (;;) {
		hello(p);
		wait[0] = (struct bus_wait){ .fd = p->env->stop_fd };
		wait[1] = (struct bus_wait){ .socket = p->route, .fd = -1 };
		wait[2] = (struct bus_wait){ .socket = p->sign, .fd = -1 };
		wait[3] = (struct bus_wait){ .fd = zygote_fd(p->zygote) };
		n = 4;
		for (size_t i = 0; i < ZYGOTE_JOBS; i++)
			if (p->tasks[i].pipe != -1 && !p->tasks[i].closed && p->tasks[i].credit > 0) {
				slot[n - 4] = i;
				wait[n++] = (struct bus_wait){ .fd = p->tasks[i].pipe };
			}
		if (bus_poll(p->bus, wait, n, 200, err) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		for (size_t w = 4; w < n; w++)
			if (wait[w].readable)
				read_child(p, &p->tasks[slot[w - 4]]);
		if (take_messages(p, err) < 0 || answer_sign(p, err) < 0 || reap(p, err) != 0)
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

int role_parse(struct role_env *env, struct err *err)
{
	struct parse p = { .env = env };
	int rc = -1;

	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		p.tasks[i] = (struct task){ .file = -1, .pipe = -1 };
	if (zygote_start(&p.zygote, env->config->modules, err) != 0)
		return -1;
	if (open_spools(&p, err) != 0 || bus_open(&p.bus, err) != 0 || role_bus_bind(&p.sign, p.bus, env, "parse-sign", err) != 0
	    || role_bus_connect(&p.route, p.bus, env, "route-parse", err) != 0 || role_ready(env, err) != 0)
		goto out;
	rc = turn(&p, err);
out:
	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		task_free(&p.tasks[i]);
	for (size_t i = 0; i < READBACKS; i++)
		readback_release(&p.kept[i].sum);
	spool_free(p.spools[0]);
	spool_free(p.spools[1]);
	bus_socket_free(p.sign);
	bus_socket_free(p.route);
	bus_free(p.bus);
	zygote_free(p.zygote);
	return rc;
}
