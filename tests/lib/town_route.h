/* SPDX-License-Identifier: Apache-2.0 */
/*
 * town_route - route with everybody around it played in one process, without faults: for tests of what it decides
 *
 * Real: route, ledger, segments, spool, the allotment of distribute.  Played at once and in order: intake, parse (the test says which
 * records a file holds), distribute, sign, deliver and report.  tests/gateway/route_life_test.c is where messages get lost.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channels/digest.h"
#include "channels/spool.h"
#include "formats/core/date.h"
#include "gateway/proto.h"
#include "gateway/roles/distribute_allot.h"
#include "gateway/roles/route/people.h"
#include "gateway/roles/route/query.h"
#include "gateway/roles/route/whole.h"
#include "gateway/seal.h"
#include "gateway/statement.h"
#include "tests/lib/tap.h"

#define TOWN_UNUSED __attribute__((unused))
#define TOWN_LETTERS 4096
#define TOWN_FILES 32

struct town_letter { enum route_pair pair; char peer[BUS_PEER]; struct buf bytes; };
struct town_file { char sha[65]; struct buf records, findings; uint64_t n; int64_t sum, errors; };

static struct town {
	int64_t now;
	char home[80], pem[3][1000], key[3][100];
	struct config config;
	struct operator people[3];			/* bob, alice, carol */
	struct route *route;
	struct town_letter letters[TOWN_LETTERS];
	size_t first, last;
	struct town_file files[TOWN_FILES];
	size_t n_files;
	struct buf emitting, answer, paper;		/* paper: what report was told to write, as JSON pages */
	char delivered[64][128];
	size_t n_delivered;
	int64_t serial, answered;
	const char *away;			/* whoever gets files whose names begin so cannot be reached */
	void (*meanwhile)(void);		/* what happens between a person's look and his signature */
} t;

static int64_t town_ms(void *ctx)
{
	(void)ctx;
	return t.now;
}

static int64_t town_utc(void *ctx)
{
	(void)ctx;
	return 1762693200;
}

static enum bus_sent town_send(void *ctx, enum route_pair pair, const char *peer, struct view message)
{
	struct town_letter *l = &t.letters[t.last++ % TOWN_LETTERS];

	(void)ctx;
	l->pair = pair;
	snprintf(l->peer, sizeof(l->peer), "%s", peer);
	buf_clear(&l->bytes);
	buf_view(&l->bytes, message);
	return BUS_SENT;
}

static const struct route_ops town_ops = { NULL, town_ms, town_utc, town_send };

static void town_tell(enum route_pair pair, const char *peer, struct buf *m)
{
	struct err e = { 0 };

	if (route_event(t.route, pair, peer, buf_as_view(m), &e) != 0) {
		printf("Bail out! route failed: %s\n", e.text);
		exit(1);
	}
	buf_release(m);
}

static int64_t figure(const char *sql)
{
	int64_t n = 0;
	struct err e = { 0 };

	if (ledger_int(t.route->ledger, &n, &e, sql, "") < 0)
		printf("# %s\n", e.text);
	return n;
}

/* Literals only: the ledger knows a statement by the address of its text. */
static const char *text_for(const char *sql, const char *arg)
{
	static char out[8][400];
	static int turn;
	struct rows rows;
	struct err e = { 0 };
	char *to = out[turn++ % 8];

	to[0] = '\0';
	if (ledger_query(&rows, t.route->ledger, &e, sql, arg == NULL ? "" : "t", arg) != 0) {
		printf("# %s\n", e.text);
		return to;
	}
	if (rows_next(&rows) == 1)
		snprintf(to, sizeof(out[0]), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	return to;
}

static const char *text_of(const char *sql)
{
	return text_for(sql, NULL);
}

/* ---- the roles ---- */

static void town_records(const char *peer, int64_t job, struct view rest, int64_t *count, int64_t *sum)
{
	struct buf m = { 0 };
	struct record r;

	while (rest.n > 0) {
		struct view start = rest;
		int64_t n = 0, part = 0;

		while (n < 300 && wire_cut_record(&rest, &r) == 1) {
			n++;
			part += record_num(&r, F_AMOUNT, 0);
		}
		if (n == 0)
			break;
		wire_begin(&m, M_RECORDS);
		wire_num(&m, T_JOB, job);
		wire_num(&m, T_FIRST, *count + 1);
		wire_num(&m, T_COUNT, n);
		wire_num(&m, T_SUM, part);
		wire_view(&m, T_BYTES, view_sub(start, 0, start.n - rest.n));
		town_tell(PAIR_PARSE, peer, &m);
		*count += n;
		*sum += part;
	}
}

static void town_findings(const char *peer, int64_t job, struct view rest)
{
	struct buf m = { 0 };
	uint16_t tag;
	struct view v;
	int got = 1;

	while (got == 1 && rest.n > 0) {
		wire_begin(&m, M_FINDINGS);
		wire_num(&m, T_JOB, job);
		for (int i = 0; i < 100 && (got = wire_cut_element(&rest, &tag, &v)) == 1; i++)
			wire_view(&m, tag, v);
		town_tell(PAIR_PARSE, peer, &m);
	}
}

static void town_parse(const char *peer, const struct msg *m)
{
	int64_t job = msg_num_or(m, T_JOB, 0), count = 0, sum = 0, errors = 0;
	struct buf reply = { 0 }, bytes = { 0 };
	char sha[65] = "";

	msg_cstr(m, T_SHA256, sha, sizeof(sha));
	if (msg_num_or(m, T_SPOOL, 0) == 1) {
		char chunk[65536];
		uint64_t size;
		ssize_t n;
		int fd;

		if (spool_object(t.route->out, sha, &fd, &size, NULL) != 0)
			return;
		while ((n = read(fd, chunk, sizeof(chunk))) > 0)
			buf_put(&bytes, chunk, (size_t)n);
		close(fd);
		town_records(peer, job, buf_as_view(&bytes), &count, &sum);
		buf_release(&bytes);
	}
	for (size_t i = 0; i < t.n_files; i++) {
		if (strcmp(t.files[i].sha, sha) != 0)
			continue;
		town_records(peer, job, buf_as_view(&t.files[i].records), &count, &sum);
		errors = t.files[i].errors;
		town_findings(peer, job, buf_as_view(&t.files[i].findings));
	}
	wire_begin(&reply, M_PARSED);
	wire_num(&reply, T_JOB, job);
	wire_num(&reply, T_VERDICT, JOB_DONE);
	wire_text(&reply, T_FORMAT, "any");
	wire_text(&reply, T_VERSION, "1");
	wire_num(&reply, T_COUNT, count);
	wire_num(&reply, T_SUM, sum);
	wire_num(&reply, T_ERRORS, errors);
	town_tell(PAIR_PARSE, peer, &reply);
}

static void town_distribute(const char *peer, const struct msg *m)
{
	struct buf reply = { 0 };
	int64_t job = msg_num_or(m, T_JOB, 0);
	char sha[65];

	if (m->type == M_ALLOT && distribute_allot(m, &reply)) {
		town_tell(PAIR_DISTRIBUTE, peer, &reply);
	} else if (m->type == M_EMIT) {
		buf_clear(&t.emitting);
	} else if (m->type == M_RECORDS) {
		buf_view(&t.emitting, msg_text(m, T_BYTES));
		wire_begin(&reply, M_CREDIT);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_CREDIT, (int64_t)msg_text(m, T_BYTES).n);
		town_tell(PAIR_DISTRIBUTE, peer, &reply);
	} else if (m->type == M_EMIT_END) {
		wire_begin(&reply, M_BYTES);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_FIRST, 0);
		wire_view(&reply, T_BYTES, buf_as_view(&t.emitting));
		town_tell(PAIR_DISTRIBUTE, peer, &reply);
		digest_hex(buf_as_view(&t.emitting), sha);
		wire_begin(&reply, M_EMITTED);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_VERDICT, JOB_DONE);
		wire_num(&reply, T_SIZE, (int64_t)t.emitting.n);
		wire_text(&reply, T_SHA256, sha);
		wire_text(&reply, T_VERSION, "1");
		town_tell(PAIR_DISTRIBUTE, peer, &reply);
	}
	buf_release(&reply);
}

static void town_sign(const char *peer, const struct msg *m)
{
	struct buf reply = { 0 };
	char sha[65];

	digest_hex(msg_text(m, T_SHA256), sha);
	wire_begin(&reply, M_SIGNED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_text(&reply, T_SHA256, sha);
	wire_text(&reply, T_SIGNER, "test");
	town_tell(PAIR_SIGN, peer, &reply);
}

static void town_deliver(const char *peer, const struct msg *m)
{
	struct buf reply = { 0 };
	char name[128] = "";
	bool away;

	msg_cstr(m, T_NAME, name, sizeof(name));
	away = t.away != NULL && strncmp(name, t.away, strlen(t.away)) == 0;
	if (msg_num_or(m, T_STEP, -1) == STEP_RENAME && t.n_delivered < 64 && !away)
		memcpy(t.delivered[t.n_delivered++], name, sizeof(t.delivered[0]));
	wire_begin(&reply, M_DELIVER_RESULT);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_num(&reply, T_DELIVERY, msg_num_or(m, T_DELIVERY, 0));
	wire_num(&reply, T_ATTEMPT, msg_num_or(m, T_ATTEMPT, 0));
	wire_num(&reply, T_STEP, msg_num_or(m, T_STEP, 0));
	wire_num(&reply, T_RESULT, away ? RESULT_SAFE_FAIL : RESULT_OK);
	wire_text(&reply, T_EVIDENCE, "seen");
	town_tell(PAIR_DELIVER, peer, &reply);
}

static void town_report(const char *peer, const struct msg *m);		/* the test's own: it knows which papers there are */

static void town_control(const struct msg *m)
{
	buf_clear(&t.answer);
	buf_view(&t.answer, msg_text(m, T_JSON));
	t.answered = msg_num_or(m, T_STATUS, -1);
}

static void town_letters(void)
{
	static struct msg m;

	while (t.first < t.last) {
		struct town_letter *l = &t.letters[t.first++ % TOWN_LETTERS];
		struct buf bytes = { 0 };
		enum route_pair pair = l->pair;
		char peer[BUS_PEER];

		buf_view(&bytes, buf_as_view(&l->bytes));
		memcpy(peer, l->peer, sizeof(peer));
		if (msg_parse(&m, buf_as_view(&bytes))) {
			struct msg own = m;

			if (pair == PAIR_PARSE && own.type == M_PARSE)
				town_parse(peer, &own);
			else if (pair == PAIR_DISTRIBUTE)
				town_distribute(peer, &own);
			else if (pair == PAIR_SIGN)
				town_sign(peer, &own);
			else if (pair == PAIR_DELIVER)
				town_deliver(peer, &own);
			else if (pair == PAIR_REPORT)
				town_report(peer, &own);
			else if (pair == PAIR_CONTROL)
				town_control(&own);
		}
		buf_release(&bytes);
	}
}

static void town_hellos(void)
{
	static const struct { enum route_pair pair; const char *name; } who[] = {
		{ PAIR_INTAKE, "intake.1" }, { PAIR_PARSE, "parse.1" }, { PAIR_DISTRIBUTE, "distribute.1" }, { PAIR_RECONCILE, "reconcile.1" }, { PAIR_SIGN, "sign.1" },
		{ PAIR_DELIVER, "deliver.1" }, { PAIR_REPORT, "report.1" },
	};

	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		struct buf m = { 0 };

		wire_begin(&m, M_HELLO);
		wire_text(&m, T_ROLE, who[i].name);
		wire_num(&m, T_EPOCH, 7);
		wire_num(&m, T_CREDIT, (int64_t)4 << 20);
		town_tell(who[i].pair, who[i].name, &m);
	}
}

/* Until nothing moves any more: a few seconds of the town's time. */
static void town_settle(void)
{
	struct err e = { 0 };

	for (int i = 0; i < 60; i++) {
		if (i % 20 == 0)
			town_hellos();
		t.now += 50;
		if (route_tick(t.route, &e) != 0) {
			printf("Bail out! route's tick failed: %s\n", e.text);
			exit(1);
		}
		town_letters();
	}
}

/* ---- files ---- */

static struct town_file *town_file(const char *name)
{
	struct town_file *f = &t.files[t.n_files++];

	digest_hex(view_of(name), f->sha);
	return f;
}

static void town_put(struct town_file *f, struct record *r)
{
	r->seq = ++f->n;
	if (r->line == 0)
		r->line = f->n;
	wire_put_record(&f->records, r);
}

TOWN_UNUSED static void town_find(struct town_file *f, uint64_t line, const char *code, const char *text)
{
	struct finding x = { .size = sizeof(x), .severity = FINDING_ERROR, .code = code, .line = line, .field = VIEW("net"), .text = view_of(text) };

	wire_put_finding(&f->findings, T_FINDING, &x);
	f->errors++;
}

/* It lies in the watched directory and is fetched.  Its parcel's number. */
static int64_t town_fetch(const struct town_file *f, const char *channel, const char *name)
{
	struct buf m = { 0 };
	int64_t id;

	wire_begin(&m, M_SEEN);
	wire_text(&m, T_CHANNEL, channel);
	wire_text(&m, T_NAME, name);
	wire_num(&m, T_SIZE, 100);
	wire_num(&m, T_MTIME, ++t.serial);
	wire_num(&m, T_READY, 1);
	town_tell(PAIR_INTAKE, "intake.1", &m);
	id = figure("SELECT max(id) FROM parcel");
	wire_begin(&m, M_FETCHED);
	wire_num(&m, T_PARCEL, id);
	wire_text(&m, T_CHANNEL, channel);
	wire_text(&m, T_NAME, name);
	wire_text(&m, T_SHA256, f->sha);
	wire_num(&m, T_SIZE, 100);
	town_tell(PAIR_INTAKE, "intake.1", &m);
	return id;
}

/* The same, and everything that follows happens. */
TOWN_UNUSED static int64_t town_drop(const struct town_file *f, const char *channel, const char *name)
{
	int64_t id = town_fetch(f, channel, name);
	struct buf m = { 0 };

	wire_begin(&m, M_ORIGINAL_DONE);
	wire_num(&m, T_PARCEL, id);
	town_tell(PAIR_INTAKE, "intake.1", &m);
	town_settle();
	return id;
}

/* ---- people ---- */

TOWN_UNUSED static void town_clock(int64_t seconds)
{
	char text[24];
	struct err e;

	ledger_begin(t.route->ledger, &e);
	clock_actor(t.route, "test");
	clock_text(seconds, text);
	clock_set(t.route, view_of(text), &e);
	ledger_commit(t.route->ledger, &e);
	town_settle();
}

/* What person `who` says of an object: who, which nonce; act, digest, reason and time are the caller's. */
static struct statement town_statement(const char *act, char letter, int64_t id, int who)
{
	struct statement s = { .reason = "looked at it", .time = "2026-11-09T08:00:00Z" };

	snprintf(s.act, sizeof(s.act), "%s", act);
	snprintf(s.object, sizeof(s.object), "%s", id_text(letter, id, (char[24]){ 0 }).p);
	snprintf(s.operator_name, sizeof(s.operator_name), "%s", t.people[who].name);
	snprintf(s.nonce, sizeof(s.nonce), "%032llx", (unsigned long long)++t.serial);
	return s;
}

/* Signed by his key and sent as a command; arg or NULL.  The gateway's answer stands in t.answer, its status is returned. */
static int64_t town_command(struct statement *s, int who, const char *arg)
{
	struct buf m = { 0 }, text = { 0 }, hex = { 0 };
	struct err e = { 0 };

	if (!statement_text(s, &text) || seal_sign_statement(&hex, buf_as_view(&text), t.key[who], &e) != 0)
		printf("# %s\n", e.text);
	snprintf(s->signature, sizeof(s->signature), "%s", buf_cstr(&hex));
	wire_begin(&m, M_COMMAND);
	wire_num(&m, T_JOB, 1);
	wire_text(&m, T_VERB, s->act);
	wire_num(&m, T_UID, (int64_t)t.people[who].uid);
	wire_text(&m, T_OPERATOR, t.people[who].name);
	wire_text(&m, T_ARG, arg);
	statement_put(&m, T_STATEMENT, s);
	t.answered = -1;
	town_tell(PAIR_CONTROL, "control.1", &m);
	town_letters();
	town_settle();
	buf_release(&text);
	buf_release(&hex);
	return t.answered;
}

/* A signed decision of person `who`. */
TOWN_UNUSED static int64_t town_decide(const char *act, char letter, int64_t id, int who)
{
	struct statement s = town_statement(act, letter, id, who);
	struct err e = { 0 };

	if ((letter == 'F' && whole_is(t.route, act, id, &e) == 1 ? whole_digest(t.route, act, id, s.operator_name, s.sha256, &e) : people_digest(t.route, letter, id, s.sha256, &e)) != 1)
		memset(s.sha256, '0', sizeof(s.sha256) - 1);		/* signs blindly what he cannot see */
	if (t.meanwhile != NULL)
		t.meanwhile();
	return town_command(&s, who, NULL);
}

static void town_key(int i, const char *name)
{
	char path[160];
	FILE *f;

	snprintf(t.key[i], sizeof(t.key[0]), "%s/%d.key", t.home, i);
	snprintf(path, sizeof(path), "%s/%d.pem", t.home, i);
	if (seal_make_operator_key(t.key[i], path, NULL) != 0 || (f = fopen(path, "r")) == NULL)
		return;
	t.pem[i][fread(t.pem[i], 1, 999, f)] = '\0';
	fclose(f);
	t.people[i] = (struct operator){ .name = (char *)(uintptr_t)name, .uid = 1002 + (uid_t)i, .public_key = t.pem[i] };
}

/* The test has filled t.config's partners and rules. */
static void town_open(void)
{
	static const char *const dirs[] = { "/spool", "/spool/new", "/spool/new/tmp", "/spool/out", "/spool/out/tmp", "/spool/rec", "/ledger" };
	struct err e = { 0 };
	char path[160];

	snprintf(t.home, sizeof(t.home), "%s/tally-town-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(t.home) == NULL)
		exit(1);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", t.home, dirs[i]);
		mkdir(path, 0700);
	}
	town_key(0, "bob");
	town_key(1, "alice");
	town_key(2, "carol");
	t.config.home = t.home;
	t.config.operators = t.people;
	t.config.n_operators = 3;
	if (route_open(&t.route, &t.config, &town_ops, &e) != 0) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	town_settle();
}

static void town_close(void)
{
	char *argv[] = { "rm", "-rf", t.home, NULL };
	pid_t pid;

	route_free(t.route);
	for (size_t i = 0; i < TOWN_LETTERS; i++)
		buf_release(&t.letters[i].bytes);
	for (size_t i = 0; i < t.n_files; i++) {
		buf_release(&t.files[i].records);
		buf_release(&t.files[i].findings);
	}
	buf_release(&t.emitting);
	buf_release(&t.answer);
	buf_release(&t.paper);
	pid = fork();
	if (pid == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) == -1)
		;
	memset(&t, 0, sizeof(t));
}
