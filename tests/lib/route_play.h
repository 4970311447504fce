/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route_play - route in one process with everybody else played in turn, without faults: for whole days in milliseconds
 *
 * Real: route, ledger, segments, spool.  Played by the protocol of proto.h: intake, parse, distribute, reconcile, sign, deliver, report,
 * and the clocks.  A "file" that goes out is the wire form of its records, so its numbers can be read again from the bytes.
 * route_life_test.c has the harness that loses, repeats and kills; this one is for what the calendar and the numbers do.
 */
#pragma once
#pragma GCC diagnostic ignored "-Wunused-function"	/* each test plays its part of it */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/ledger_schema.h"
#include "gateway/proto.h"
#include "gateway/roles/reconcile_answer.h"
#include "gateway/roles/reconcile_desk.h"
#include "gateway/roles/route/handwork.h"
#include "gateway/roles/route/people.h"
#include "gateway/seal.h"
#include "gateway/statement.h"
#include "rules/allot.h"
#include "tests/lib/tap.h"

#define PLAY_RUNS 512
#define PLAY_FILES 512

struct play_run { char name[40]; int rows; date_t pay_date; int64_t cents, parcel; bool taken; };

static struct {
	struct config config;
	struct partner partners[2];
	struct inbound in[3];
	struct outbound out;
	struct approval_rule rule;
	struct operator people[2];
	char home[80], key[2][120], pem[2][1000];
	struct route *route;
	int64_t now_ms, hello_ms, seq;
	bool away[PAIRS];
	const char *refuse;			/* sign's reason */
	struct play_run runs[PLAY_RUNS];
	int n_runs;
	struct { struct buf bytes; } emitting;
	struct { char name[120], sha[65]; } sent[PLAY_FILES];	/* at the bank, in the order they came */
	int n_sent;
	struct { enum route_pair pair; char peer[BUS_PEER]; struct buf bytes; } *box;
	size_t n_box, cap_box;
	struct buf statement;			/* records of the next bank statement */
	int64_t statement_n;
	struct { char channel[80], name[80]; struct buf bytes; } files[PLAY_FILES];	/* what play_file() dropped */
	int n_files;
} play;

static int64_t play_ms(void *ctx) { (void)ctx; return play.now_ms; }
static int64_t play_utc(void *ctx) { (void)ctx; return 1794200000 + play.now_ms / 1000; }

static enum bus_sent play_send(void *ctx, enum route_pair pair, const char *peer, struct view message)
{
	(void)ctx;
	if (play.n_box == play.cap_box) {
		play.cap_box = play.cap_box ? play.cap_box * 2 : 256;
		play.box = realloc(play.box, play.cap_box * sizeof(*play.box));
		if (play.box == NULL)
			exit(1);
	}
	memset(&play.box[play.n_box], 0, sizeof(*play.box));
	play.box[play.n_box].pair = pair;
	snprintf(play.box[play.n_box].peer, BUS_PEER, "%s", peer);
	buf_view(&play.box[play.n_box++].bytes, message);
	return BUS_SENT;
}

static const struct route_ops play_ops = { NULL, play_ms, play_utc, play_send };
static const char *const play_peer[PAIRS] = { "intake.1", "parse.1", "distribute.1", "reconcile.1", "sign.1", "deliver.1", "report.1", "control.1" };

static void play_say(enum route_pair pair, struct buf *m)
{
	struct err e = { 0 };

	if (route_event(play.route, pair, play_peer[pair], buf_as_view(m), &e) != 0) {
		printf("Bail out! route failed: %s\n", e.text);
		exit(1);
	}
	buf_release(m);
}

static int64_t play_figure(const char *sql)
{
	int64_t n = -1;

	ledger_int(play.route->ledger, &n, NULL, sql, "");
	return n;
}

/* parse */

static void play_register(const struct play_run *run, struct buf *out, uint64_t *n, int64_t *sum)
{
	char text[3][40];
	struct record r;

	record_init(&r, RECORD_FILE, 1);
	r.seq = ++*n;
	record_set_text(&r, F_COMPANY, VIEW("ACME"));
	record_set_text(&r, F_RUN, view_of(run->name));
	record_set_num(&r, F_PAY_DATE, run->pay_date);
	wire_put_record(out, &r);
	for (int i = 0; i < run->rows; i++) {
		record_init(&r, RECORD_PAYMENT, (uint64_t)i + 2);
		r.seq = ++*n;
		snprintf(text[0], 40, "E%d", 1000 + i);
		snprintf(text[1], 40, "Person %d", i);
		snprintf(text[2], 40, "%d", 40000000 + i);
		record_set_text(&r, F_PERSON, view_of(text[0]));
		record_set_text(&r, F_PARTY, view_of(text[1]));
		record_set_text(&r, F_ACCOUNT, view_of(text[2]));
		record_set_text(&r, F_ROUTING, VIEW("231380104"));
		record_set_text(&r, F_ACCOUNT_TYPE, VIEW("C"));
		record_set_text(&r, F_METHOD, VIEW("ACH"));
		record_set_text(&r, F_CURRENCY, VIEW("USD"));
		record_set_num(&r, F_NET, run->cents);
		record_set_num(&r, F_AMOUNT, run->cents);
		*sum += run->cents;
		wire_put_record(out, &r);
	}
}

static void play_spooled(const char *sha, struct buf *out)
{
	struct err e;
	uint64_t size;
	char chunk[65536];
	ssize_t n;
	int fd;

	if (spool_object(play.route->out, sha, &fd, &size, &e) != 0)
		return;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_put(out, chunk, (size_t)n);
	close(fd);
}

static void play_parse(const struct msg *m)
{
	struct buf records = { 0 }, reply = { 0 };
	int64_t sum = 0, job = msg_num_or(m, T_JOB, 0);
	uint64_t n = 0, first = 1;
	char sha[65] = "";
	struct view rest;
	struct record r;

	if (m->type != M_PARSE || !msg_cstr(m, T_SHA256, sha, sizeof(sha)))
		return;
	if (msg_num_or(m, T_SPOOL, 0) == 1) {
		play_spooled(sha, &records);
		for (rest = buf_as_view(&records); wire_cut_record(&rest, &r) == 1; n++)
			sum += record_num(&r, F_AMOUNT, 0);
	} else if (sha[0] == 'f') {
		buf_view(&records, buf_as_view(&play.files[strtol(sha + 50, NULL, 16)].bytes));
		for (rest = buf_as_view(&records); wire_cut_record(&rest, &r) == 1; n++)
			sum += record_num(&r, F_AMOUNT, 0);
	} else if (sha[0] == 'b' || sha[0] == 'c') {
		buf_view(&records, buf_as_view(&play.statement));
		for (rest = buf_as_view(&records); wire_cut_record(&rest, &r) == 1; n++)
			sum += record_num(&r, F_AMOUNT, 0);
	} else {
		play_register(&play.runs[strtol(sha + 60, NULL, 16)], &records, &n, &sum);
	}
	for (rest = buf_as_view(&records); rest.n > 0;) {
		struct view start = rest;
		int64_t part = 0, k = 0;

		while (k < 300 && wire_cut_record(&rest, &r) == 1) {
			k++;
			part += record_num(&r, F_AMOUNT, 0);
		}
		wire_begin(&reply, M_RECORDS);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_FIRST, (int64_t)first);
		wire_num(&reply, T_COUNT, k);
		wire_num(&reply, T_SUM, part);
		wire_view(&reply, T_BYTES, view_sub(start, 0, start.n - rest.n));
		play_say(PAIR_PARSE, &reply);
		first += (uint64_t)k;
	}
	wire_begin(&reply, M_PARSED);
	wire_num(&reply, T_JOB, job);
	wire_num(&reply, T_VERDICT, JOB_DONE);
	wire_text(&reply, T_FORMAT, "any");
	wire_text(&reply, T_VERSION, "1");
	wire_num(&reply, T_COUNT, (int64_t)n);
	wire_num(&reply, T_SUM, sum);
	wire_num(&reply, T_ERRORS, 0);
	play_say(PAIR_PARSE, &reply);
	buf_release(&records);
}

/* distribute */

static void play_allot(const struct msg *m)
{
	struct view rest = msg_text(m, T_BYTES);
	struct buf legs = { 0 }, reply = { 0 };
	int64_t n = 0, sum = 0;
	struct record r;

	while (wire_cut_record(&rest, &r) == 1) {
		struct allot_leg leg[ALLOT_LEGS];
		size_t k;

		if (allot_row(leg, &k, &r, NULL) != ALLOT_GOOD)
			continue;
		for (size_t i = 0; i < k; i++) {
			wire_put_record(&legs, &leg[i].r);
			sum += record_num(&leg[i].r, F_AMOUNT, 0);
			n++;
		}
	}
	wire_begin(&reply, M_ALLOTTED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_num(&reply, T_COUNT, n);
	wire_num(&reply, T_SUM, sum);
	wire_view(&reply, T_BYTES, buf_as_view(&legs));
	play_say(PAIR_DISTRIBUTE, &reply);
	buf_release(&legs);
}

static struct { int64_t job; struct buf bytes; } play_emits[64];

static void play_distribute(const struct msg *m)
{
	int64_t job = msg_num_or(m, T_JOB, 0);
	struct buf reply = { 0 }, *bytes = NULL;
	char sha[65];
	size_t slot = 0;

	if (m->type == M_ALLOT) {
		play_allot(m);
		return;
	}
	for (size_t i = 0; i < 64; i++)
		if (play_emits[i].job == (m->type == M_EMIT ? 0 : job)) {
			slot = i;
			bytes = &play_emits[i].bytes;
			break;
		}
	if (bytes == NULL)
		return;
	if (m->type == M_EMIT) {
		play_emits[slot].job = job;
		buf_clear(bytes);
	} else if (m->type == M_RECORDS) {
		buf_view(bytes, msg_text(m, T_BYTES));
		wire_begin(&reply, M_CREDIT);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_CREDIT, (int64_t)msg_text(m, T_BYTES).n);
		play_say(PAIR_DISTRIBUTE, &reply);
	} else if (m->type == M_EMIT_END) {
		wire_begin(&reply, M_BYTES);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_FIRST, 0);
		wire_view(&reply, T_BYTES, buf_as_view(bytes));
		play_say(PAIR_DISTRIBUTE, &reply);
		digest_hex(buf_as_view(bytes), sha);
		wire_begin(&reply, M_EMITTED);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_VERDICT, JOB_DONE);
		wire_num(&reply, T_SIZE, (int64_t)bytes->n);
		wire_text(&reply, T_SHA256, sha);
		wire_text(&reply, T_VERSION, "1");
		play_emits[slot].job = 0;
		play_say(PAIR_DISTRIBUTE, &reply);
	}
}

/* reconcile, sign, deliver, report, intake */

static struct view play_message;		/* the one at hand, as bytes */

/* The worker's own answer: it knows nothing but the message, and the account on its desk. */
static struct desk *play_desk;

static void play_reconcile(const struct msg *m)
{
	struct buf reply = { .max = BUS_MESSAGE_MAX };

	if ((m->type == M_MATCH && reconcile_answer(play_message, &reply) == 0) ||
	    (m->type == M_SETTLE && desk_answer(&play_desk, &play.config, play_message, &reply) == 0))
		play_say(PAIR_RECONCILE, &reply);
	buf_release(&reply);
}

static void play_sign(const struct msg *m)
{
	struct buf reply = { 0 };
	char sha[65];

	if (m->type != M_SIGN)
		return;
	wire_begin(&reply, play.refuse ? M_REFUSED : M_SIGNED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	if (play.refuse != NULL) {
		wire_text(&reply, T_REASON, play.refuse);
		wire_text(&reply, T_TEXT, "refused in this play");
	} else {
		digest_hex(msg_text(m, T_SHA256), sha);
		wire_text(&reply, T_SHA256, sha);
		wire_text(&reply, T_SIGNER, "test");
	}
	play_say(PAIR_SIGN, &reply);
}

static void play_deliver(const struct msg *m)
{
	struct buf reply = { 0 };
	int result = RESULT_OK;
	char name[120] = "", sha[65] = "";

	if (m->type != M_DELIVER || !msg_cstr(m, T_NAME, name, sizeof(name)) || !msg_cstr(m, T_SHA256, sha, sizeof(sha)))
		return;
	if (msg_num_or(m, T_STEP, -1) == STEP_RENAME) {
		for (int i = 0; i < play.n_sent; i++)
			if (strcmp(play.sent[i].name, name) == 0)
				result = RESULT_EXISTS;
		if (result == RESULT_OK && play.n_sent < PLAY_FILES) {
			snprintf(play.sent[play.n_sent].name, sizeof(play.sent[0].name), "%s", name);
			snprintf(play.sent[play.n_sent++].sha, sizeof(play.sent[0].sha), "%s", sha);
		}
	}
	if (msg_num_or(m, T_STEP, -1) == STEP_LOOK) {
		result = LOOK_TEMPORARY_ONLY;
		for (int i = 0; i < play.n_sent; i++)
			if (strcmp(play.sent[i].name, name) == 0)
				result = strcmp(play.sent[i].sha, sha) == 0 ? LOOK_FINAL_EQUAL : LOOK_FINAL_DIFFERS;
	}
	wire_begin(&reply, M_DELIVER_RESULT);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_num(&reply, T_DELIVERY, msg_num_or(m, T_DELIVERY, 0));
	wire_num(&reply, T_ATTEMPT, msg_num_or(m, T_ATTEMPT, 0));
	wire_num(&reply, T_STEP, msg_num_or(m, T_STEP, 0));
	wire_num(&reply, T_RESULT, result);
	wire_text(&reply, T_EVIDENCE, "seen");
	play_say(PAIR_DELIVER, &reply);
}

static void play_fetched(int64_t parcel, const char *channel, const char *name, const char *sha)
{
	struct buf m = { 0 };

	wire_begin(&m, M_FETCHED);
	wire_num(&m, T_PARCEL, parcel);
	wire_text(&m, T_CHANNEL, channel);
	wire_text(&m, T_NAME, name);
	wire_text(&m, T_SHA256, sha);
	wire_num(&m, T_SIZE, 100);
	play_say(PAIR_INTAKE, &m);
}

static void play_intake(const struct msg *m)
{
	char name[80], sha[65];

	if (!msg_cstr(m, T_NAME, name, sizeof(name)))
		return;
	for (int i = 0; i < play.n_runs && m->type == M_TAKEN; i++)
		play.runs[i].taken = play.runs[i].taken || strcmp(play.runs[i].name, name) == 0;
	if (m->type != M_PARCEL || msg_num_or(m, T_GO, 0) != 1)
		return;
	for (int i = play.n_files - 1; i >= 0; i--)
		if (strcmp(play.files[i].name, name) == 0) {
			snprintf(sha, sizeof(sha), "f%063x", (unsigned)i);
			play_fetched(msg_num_or(m, T_PARCEL, 0), play.files[i].channel, name, sha);
			return;
		}
	if (name[0] == 'r' && name[1] == 'e' && name[2] == 't') {	/* returns */
		snprintf(sha, sizeof(sha), "c%063llx", (unsigned long long)play.statement_n);
		play_fetched(msg_num_or(m, T_PARCEL, 0), "bank/returns", name, sha);
		return;
	}
	if (name[0] == 's') {			/* a statement */
		snprintf(sha, sizeof(sha), "b%063llx", (unsigned long long)play.statement_n);
		play_fetched(msg_num_or(m, T_PARCEL, 0), "bank/statements", name, sha);
		return;
	}
	for (int i = 0; i < play.n_runs; i++)
		if (strcmp(play.runs[i].name, name) == 0) {
			snprintf(sha, sizeof(sha), "a%063x", (unsigned)i);
			play.runs[i].parcel = msg_num_or(m, T_PARCEL, 0);
			play_fetched(play.runs[i].parcel, "hr/register", name, sha);
		}
}

static void play_report(const struct msg *m)
{
	struct buf reply = { 0 };

	if (m->type != M_REPORT)
		return;
	wire_begin(&reply, M_REPORTED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_text(&reply, T_NAME, "r");
	play_say(PAIR_REPORT, &reply);
}

static char play_answer[262144];		/* of the last command */

static void play_control(const struct msg *m)
{
	msg_cstr(m, T_JSON, play_answer, sizeof(play_answer));
}

static void play_hellos(void)
{
	for (int i = 0; i < PAIRS; i++) {
		struct buf m = { 0 };

		if (play.away[i] || i == PAIR_CONTROL)
			continue;
		wire_begin(&m, M_HELLO);
		wire_text(&m, T_ROLE, play_peer[i]);
		wire_num(&m, T_EPOCH, 7);
		wire_num(&m, T_CREDIT, (int64_t)4 << 20);
		play_say((enum route_pair)i, &m);
	}
}

/* sign reads a request element by element: 200 batches and their sources are more than a struct msg holds. */
static bool first_elements(struct msg *m, struct view bytes)
{
	struct view rest, value;
	uint16_t type, tag;

	if (!wire_open(bytes, &type, &rest))
		return false;
	*m = (struct msg){ .type = type };
	while (m->n < MSG_ELEMENTS && wire_cut_element(&rest, &tag, &value) == 1) {
		m->e[m->n].tag = tag;
		m->e[m->n++].v = value;
	}
	return true;
}

static void play_seen(const char *channel, const char *name);

/* What route has not taken is told again, as intake does. */
static void play_again(void)
{
	char sha[65];

	for (int i = 0; i < play.n_runs; i++) {
		if (play.runs[i].taken)
			continue;
		snprintf(sha, sizeof(sha), "a%063x", (unsigned)i);
		if (play.runs[i].parcel == 0)
			play_seen("hr/register", play.runs[i].name);
		else
			play_fetched(play.runs[i].parcel, "hr/register", play.runs[i].name, sha);
	}
}

/* Everything that is under way, until nothing is. */
static void play_turn(void)
{
	static void (*const roles[PAIRS])(const struct msg *) = { play_intake, play_parse, play_distribute, play_reconcile, play_sign, play_deliver, play_report, play_control };
	static struct msg m;
	struct err e = { 0 };

	play.now_ms += 50;
	if (play.now_ms >= play.hello_ms) {
		play.hello_ms = play.now_ms + 1000;
		play_hellos();
		play_again();
	}
	for (size_t i = 0; i < play.n_box; i++) {
		enum route_pair pair = play.box[i].pair;
		struct buf bytes = play.box[i].bytes;

		play_message = buf_as_view(&bytes);
		if (!play.away[pair] && (msg_parse(&m, play_message) || first_elements(&m, play_message)))
			roles[pair](&m);
		buf_release(&bytes);
	}
	play.n_box = 0;
	if (route_tick(play.route, &e) != 0) {
		printf("Bail out! route's tick failed: %s\n", e.text);
		exit(1);
	}
}

/* What stands where, for a test that fails. */
static void play_states(void)
{
	static const char sql[] = "SELECT group_concat(t, ', ') FROM (SELECT 'F '||state||' '||ifnull(why,'')||' x '||count(*) AS t FROM parcel GROUP BY state, why UNION ALL"
		" SELECT 'B '||state||'/'||items_state||' '||ifnull(why,'')||' x '||count(*) FROM batch GROUP BY state, items_state, why UNION ALL"
		" SELECT 'A '||state||' '||ifnull(why,'')||' x '||count(*) FROM artifact GROUP BY state, why UNION ALL"
		" SELECT 'D '||state||' '||ifnull(why,'')||' x '||count(*) FROM delivery GROUP BY state, why)";
	struct err e = { 0 };
	struct rows rows;

	if (ledger_query(&rows, play.route->ledger, &e, sql, "") == 0 && rows_next(&rows) == 1)
		printf("#   %.*s\n", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
}

/* Until that literal text gives that number: the ledger keeps statements by the address of their text. */
static bool play_reaches(const char *sql, int64_t want)
{
	for (int i = 0; i < 4000; i++) {
		play_turn();
		if (play_figure(sql) == want)
			return true;
	}
	printf("# not reached: %lld = %s\n", (long long)want, sql);
	play_states();
	return false;
}

static bool play_until(const char *sql)
{
	return play_reaches(sql, 1);
}

static void play_clock(const char *text)
{
	struct err e = { 0 };

	ledger_begin(play.route->ledger, &e);
	clock_actor(play.route, "test");
	if (clock_set(play.route, view_of(text), &e) != 0)
		printf("# %s\n", e.text);
	ledger_commit(play.route->ledger, &e);
}

static void play_seen(const char *channel, const char *name)
{
	struct buf m = { 0 };

	wire_begin(&m, M_SEEN);
	wire_text(&m, T_CHANNEL, channel);
	wire_text(&m, T_NAME, name);
	wire_num(&m, T_SIZE, 100);
	wire_num(&m, T_READY, 1);
	play_say(PAIR_INTAKE, &m);
}

/* A register of so many people at so many cents each. */
static void play_drop(const char *name, int rows, int64_t cents, date_t pay_date)
{
	struct play_run *run = &play.runs[play.n_runs++];

	*run = (struct play_run){ .rows = rows, .cents = cents, .pay_date = pay_date };
	snprintf(run->name, sizeof(run->name), "%s", name);
	play_seen("hr/register", name);
}

/* A record of the file that is being made; its seq and line follow from its place. */
static void play_record(struct buf *file, struct record *r)
{
	struct view rest = buf_as_view(file);
	struct record before;

	r->seq = 1;
	while (wire_cut_record(&rest, &before) == 1)
		r->seq++;
	r->line = r->seq;
	wire_put_record(file, r);
}

/* A file with these records, which become the play's. */
static void play_file(const char *channel, const char *name, struct buf *records)
{
	int i = play.n_files++;

	snprintf(play.files[i].channel, sizeof(play.files[0].channel), "%s", channel);
	snprintf(play.files[i].name, sizeof(play.files[0].name), "%s", name);
	play.files[i].bytes = *records;
	*records = (struct buf){ 0 };
	play_seen(channel, name);
}

/* A statement with these amounts on our account. */
static void play_statement(date_t as_of, const int64_t *amounts, int n)
{
	uint64_t seq = 0;
	char name[40];
	struct record r;

	buf_clear(&play.statement);
	record_init(&r, RECORD_STATEMENT, 1);
	r.seq = ++seq;
	record_set_text(&r, F_ACCOUNT, VIEW("777"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_AS_OF_DATE, as_of);
	wire_put_record(&play.statement, &r);
	for (int i = 0; i < n; i++) {
		record_init(&r, RECORD_ENTRY, (uint64_t)i + 2);
		r.seq = ++seq;
		record_set_text(&r, F_ACCOUNT, VIEW("777"));
		record_set_text(&r, F_CURRENCY, VIEW("USD"));
		record_set_num(&r, F_BOOKING_DATE, as_of);
		record_set_num(&r, F_VALUE_DATE, as_of);
		record_set_num(&r, F_AMOUNT, amounts[i]);
		record_set_text(&r, F_TYPE, VIEW("455"));
		wire_put_record(&play.statement, &r);
	}
	snprintf(name, sizeof(name), "s%lld.bai", (long long)++play.statement_n);
	play_seen("bank/statements", name);
}

/* One return of an original; its record is the statement's next file. */
static void play_return(uint64_t *seq, int64_t trace, const char *account, int64_t minor, date_t settled)
{
	char text[2][24];
	struct record r;

	record_init(&r, RECORD_RETURN, *seq + 2);
	r.seq = ++*seq;
	snprintf(text[0], sizeof(text[0]), "%015lld", (long long)trace);
	snprintf(text[1], sizeof(text[1]), "2313801%08llu", (unsigned long long)*seq);
	record_set_text(&r, F_REASON, VIEW("R03"));
	record_set_text(&r, F_ORIGINAL_TRACE, view_of(text[0]));
	record_set_text(&r, F_ORIGINAL_RDFI, VIEW("23138010"));
	record_set_text(&r, F_TRACE, view_of(text[1]));
	record_set_text(&r, F_ACCOUNT, view_of(account));
	record_set_text(&r, F_TRANSACTION_CODE, VIEW("21"));
	record_set_num(&r, F_AMOUNT, minor);
	record_set_num(&r, F_EFFECTIVE_DATE, settled);
	wire_put_record(&play.statement, &r);
}

/* A person's signed act; `arg` is a further argument such as "effective=2026-11-12".  The answer is in play_answer. */
static void play_decide(const char *act, char letter, int64_t id, int who, const char *arg)
{
	struct statement s = { .reason = "looked at it", .time = "2026-11-09T08:00:00Z" };
	struct buf m = { 0 }, text = { 0 }, hex = { 0 };
	struct batch_totals t;
	struct err e = { 0 };
	char object[24];

	snprintf(s.act, sizeof(s.act), "%s", act);
	snprintf(s.object, sizeof(s.object), "%s", id_text(letter, id, object).p);
	snprintf(s.operator_name, sizeof(s.operator_name), "%s", play.people[who].name);
	snprintf(s.nonce, sizeof(s.nonce), "%032llx", (unsigned long long)++play.seq);
	if (handwork_is(view_of(act))) {
		static struct msg args;
		struct command c = { .msg = &args };

		args.n = arg != NULL;
		args.e[0].tag = T_ARG;
		args.e[0].v = view_of(arg);
		if (handwork_digest(play.route, &c, act, letter, id, s.sha256, NULL, &e) != 1)
			snprintf(s.sha256, sizeof(s.sha256), "%064d", 0);
	} else {
		people_digest(play.route, letter, id, s.sha256, &e);
	}
	if (strcmp(act, "resend") == 0) {
		char file[DIGEST_HEX];

		snprintf(file, sizeof(file), "%s", s.sha256);
		resend_sha256(file, arg != NULL ? arg + 10 : "", s.sha256);
	} else if (arg != NULL && strncmp(arg, "effective=", 10) == 0 && run_totals(play.route, id, &t, &e) == 1) {
		snprintf(t.effective_date, sizeof(t.effective_date), "%s", arg + 10);
		totals_sha256(&t, s.sha256);
	}
	if (!statement_text(&s, &text) || seal_sign_statement(&hex, buf_as_view(&text), play.key[who], &e) != 0)
		printf("# %s\n", e.text);
	snprintf(s.signature, sizeof(s.signature), "%s", buf_cstr(&hex));
	wire_begin(&m, M_COMMAND);
	wire_num(&m, T_JOB, 1);
	wire_text(&m, T_VERB, act);
	wire_num(&m, T_UID, (int64_t)play.people[who].uid);
	wire_text(&m, T_OPERATOR, play.people[who].name);
	if (arg != NULL)
		wire_text(&m, T_ARG, arg);
	statement_put(&m, T_STATEMENT, &s);
	play_answer[0] = '\0';
	play_say(PAIR_CONTROL, &m);
	play_turn();
	buf_release(&text);
	buf_release(&hex);
}

/* A question; the answer is in play_answer. */
static void play_ask(const char *verb, const char *arg)
{
	struct buf m = { 0 };

	wire_begin(&m, M_COMMAND);
	wire_num(&m, T_JOB, 1);
	wire_text(&m, T_VERB, verb);
	wire_num(&m, T_UID, 1002);
	if (arg != NULL)
		wire_text(&m, T_ARG, arg);
	play_answer[0] = '\0';
	play_say(PAIR_CONTROL, &m);
	play_turn();
}

static void play_key(int i)
{
	char path[140];
	FILE *f;

	snprintf(play.key[i], sizeof(play.key[0]), "%s/%d.key", play.home, i);
	snprintf(path, sizeof(path), "%s/%d.pem", play.home, i);
	if (seal_make_operator_key(play.key[i], path, NULL) == 0 && (f = fopen(path, "r")) != NULL) {
		play.pem[i][fread(play.pem[i], 1, 999, f)] = '\0';
		fclose(f);
	}
	play.people[i] = (struct operator){ .name = (char *)(uintptr_t)(i ? "alice" : "bob"), .uid = 1002 + (uid_t)i, .public_key = play.pem[i] };
}

/* limit: above it one person must approve.  bob is 0, alice 1. */
static void play_begin(const char *start, int64_t limit_minor)
{
	static const char *const dirs[] = { "spool", "spool/new", "spool/new/tmp", "spool/out", "spool/out/tmp", "spool/rec", "ledger" };
	struct err e = { 0 };
	char path[160];

	memset(&play, 0, sizeof(play));
	play.now_ms = 1000;
	snprintf(play.home, sizeof(play.home), "%s/tally-play-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(play.home) == NULL)
		exit(1);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", play.home, dirs[i]);
		mkdir(path, 0700);
	}
	play.in[0] = (struct inbound){ .name = "register", .purpose = "payroll", .format = "", .pay_by = "bank/ach", .names = NAMES_UNIQUE };
	play.in[1] = (struct inbound){ .name = "statements", .purpose = "statement", .format = "" };
	play.in[2] = (struct inbound){ .name = "returns", .purpose = "return", .format = "" };
	play.out = (struct outbound){ .name = "ach", .path = "inbox", .format = "any", .file_name = "PAY{date}{modifier}.ach", .immediate_destination = "123456780",
		.immediate_origin = "1234567890", .destination_name = "", .origin_name = "", .company_name = "ACME", .company_id = "1234567890", .odfi = "12345678",
		.entry_description = "PAYROLL", .sec = "PPD", .offset_account = "777", .cut_off = "17:00", .lead_days = 1, .coalesce_ms = 200, .coalesce_max_ms = 400 };
	play.partners[0] = (struct partner){ .name = "hr", .timezone = "America/New_York", .calendar = "federal-reserve", .in = &play.in[0], .n_in = 1 };
	play.partners[1] = (struct partner){ .name = "bank", .timezone = "America/New_York", .calendar = "federal-reserve", .in = &play.in[1], .n_in = 2, .out = &play.out, .n_out = 1 };
	play.rule = (struct approval_rule){ .partner = "", .ccy = "USD", .limit_minor = limit_minor, .persons = 1 };
	play_key(0);
	play_key(1);
	play.config = (struct config){ .home = play.home, .demo = true, .demo_start = (char *)(uintptr_t)start, .return_days = 90, .partners = play.partners, .n_partners = 2,
		.rules = &play.rule, .n_rules = 1, .operators = play.people, .n_operators = 2 };
	if (route_open(&play.route, &play.config, &play_ops, &e) != 0) {
		printf("Bail out! route does not open: %s\n", e.text);
		exit(1);
	}
}

/* Its memory is lost, as in a crash. */
static void play_restart(void)
{
	struct err e = { 0 };

	route_free(play.route);
	for (size_t i = 0; i < play.n_box; i++)
		buf_release(&play.box[i].bytes);
	play.n_box = 0;
	for (size_t i = 0; i < 64; i++)
		play_emits[i].job = 0;
	play.hello_ms = 0;
	if (route_open(&play.route, &play.config, &play_ops, &e) != 0) {
		printf("Bail out! route does not open again: %s\n", e.text);
		exit(1);
	}
}

static void play_end(void)
{
	pid_t pid;

	route_free(play.route);
	for (size_t i = 0; i < play.n_box; i++)
		buf_release(&play.box[i].bytes);
	free(play.box);
	buf_release(&play.statement);
	for (int i = 0; i < play.n_files; i++)
		buf_release(&play.files[i].bytes);
	for (size_t i = 0; i < 64; i++) {
		buf_release(&play_emits[i].bytes);
		play_emits[i].job = 0;
	}
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", play.home, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) == -1)
		;
}
