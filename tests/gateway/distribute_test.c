/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distribute_test - what the distribute worker answers, without a bus: ranges allotted, files rendered by real caged
 * children
 *
 * Messages are made as route makes them and handed to the two message handlers; what they send is collected.  The
 * modules are those of the build beside this test (nacha) and the one that attacks on request
 * (tests/modules/hostile.c).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/digest.h"
#include "formats/core/date.h"
#include "gateway/proto.h"
#include "gateway/roles/distribute_allot.h"
#include "gateway/roles/distribute_render.h"
#include "tests/lib/tap.h"

#define KEPT 64

struct mailbox { struct buf m[KEPT]; size_t n; };

static struct mailbox box;

static void take(void *ctx, struct buf *m)
{
	struct mailbox *b = ctx;

	if (b->n < KEPT)
		b->m[b->n++] = *m;
	else
		buf_release(m);
	*m = (struct buf){ 0 };
}

static void empty(void)
{
	for (size_t i = 0; i < box.n; i++)
		buf_release(&box.m[i]);
	box.n = 0;
}

/* The last answer of that type to that job (0: to any); an empty message when there is none. */
static const struct msg *answer_to(uint16_t type, int64_t job)
{
	static struct msg m;

	for (size_t i = box.n; i-- > 0;)
		if (msg_parse(&m, buf_as_view(&box.m[i])) && m.type == type &&
		    (job == 0 || msg_num_or(&m, T_JOB, 0) == job))
			return &m;
	m = (struct msg){ 0 };
	return &m;
}

static const struct msg *answer(uint16_t type)
{
	return answer_to(type, 0);
}

static bool says(struct view text, const char *part)
{
	return text.n > 0 && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* --- messages as route makes them --- */

static void say(struct render *r, struct buf *m, int64_t job, int64_t now)
{
	static struct msg parsed;

	msg_parse(&parsed, buf_as_view(m));
	render_message(r, &parsed, job, now);
	buf_release(m);
}

static void say_emit(struct render *r, int64_t job, const char *format, const char *option)
{
	struct buf m = { 0 };

	wire_begin(&m, M_EMIT);
	wire_num(&m, T_JOB, job);
	wire_text(&m, T_FORMAT, format);
	wire_text(&m, T_OPTION, option);
	say(r, &m, job, 1000);
}

static void say_records(struct render *r, int64_t job, int64_t first, int64_t count, struct view bytes)
{
	struct buf m = { 0 };

	wire_begin(&m, M_RECORDS);
	wire_num(&m, T_JOB, job);
	wire_num(&m, T_FIRST, first);
	wire_num(&m, T_COUNT, count);
	wire_view(&m, T_BYTES, bytes);
	say(r, &m, job, 1000);
}

static void say_end(struct render *r, int64_t job, int64_t count)
{
	struct buf m = { 0 };

	wire_begin(&m, M_EMIT_END);
	wire_num(&m, T_JOB, job);
	wire_num(&m, T_COUNT, count);
	say(r, &m, job, 1000);
}

/* Until `job` has its EMITTED; the child's own deadline bounds the wait. */
static const struct msg *wait_emitted(struct render *r, struct zygote *z, int64_t job)
{
	struct pollfd p[RENDER_TASKS + 1];
	struct err err = { 0 };

	while (answer_to(M_EMITTED, job)->type == 0) {
		for (size_t i = 0; i < RENDER_TASKS; i++)
			p[i] = (struct pollfd){ .fd = render_fd(r, i), .events = POLLIN };
		p[RENDER_TASKS] = (struct pollfd){ .fd = zygote_fd(z), .events = POLLIN };
		poll(p, RENDER_TASKS + 1, -1);
		for (size_t i = 0; i < RENDER_TASKS; i++)
			if (p[i].revents != 0)
				render_read(r, i);
		if (render_reap(r, &err) != 0)
			break;
	}
	return answer_to(M_EMITTED, job);
}

/* --- a file's records --- */

static void put(struct buf *b, struct record *r, int64_t *n)
{
	r->seq = (uint64_t)++*n;
	wire_put_record(b, r);
}

static int64_t file_records(struct buf *b, int payments)
{
	struct record r;
	date_t day;
	int64_t n = 0;
	char trace[24];

	date_make(&day, 2026, 11, 24);
	record_init(&r, RECORD_FILE, 0);
	record_set_text(&r, F_SENDER, VIEW("1210428820"));
	record_set_text(&r, F_RECEIVER, VIEW("091000019"));
	record_set_num(&r, F_CREATED_DATE, day);
	record_set_text(&r, F_CREATED_TIME, VIEW("0915"));
	record_set_text(&r, F_FILE_ID, VIEW("A"));
	put(b, &r, &n);
	record_init(&r, RECORD_BATCH, 0);
	record_set_text(&r, F_SERVICE_CLASS, VIEW("220"));
	record_set_text(&r, F_COMPANY_NAME, VIEW("TALLY TEST CO"));
	record_set_text(&r, F_COMPANY_ID, VIEW("1234567890"));
	record_set_text(&r, F_SEC, VIEW("PPD"));
	record_set_text(&r, F_DESCRIPTION, VIEW("PAYROLL"));
	record_set_num(&r, F_EFFECTIVE_DATE, day);
	record_set_text(&r, F_ODFI, VIEW("12104288"));
	record_set_num(&r, F_BATCH_NUMBER, 1);
	put(b, &r, &n);
	for (int i = 1; i <= payments; i++) {
		record_init(&r, RECORD_PAYMENT, 0);
		record_set_text(&r, F_TRANSACTION_CODE, VIEW("22"));
		record_set_text(&r, F_ROUTING, VIEW("091000019"));
		record_set_text(&r, F_ACCOUNT, VIEW("1000200030"));
		record_set_num(&r, F_AMOUNT, 100);
		record_set_text(&r, F_PARTY, VIEW("ADA LOVELACE"));
		snprintf(trace, sizeof(trace), "12104288%07d", i);
		record_set_text(&r, F_TRACE, view_of(trace));
		put(b, &r, &n);
	}
	return n;
}

static void collect(struct buf *out)
{
	static struct msg m;

	for (size_t i = 0; i < box.n; i++)
		if (msg_parse(&m, buf_as_view(&box.m[i])) && m.type == M_BYTES &&
		    msg_num_or(&m, T_FIRST, -1) == (int64_t)out->n)
			buf_view(out, msg_text(&m, T_BYTES));
}

static void test_render(struct render *r, struct zygote *z, int payments)
{
	struct buf b = { 0 }, out = { 0 };
	int64_t n = file_records(&b, payments), lines = payments + 4, padded = (lines + 9) / 10 * 10;
	const struct msg *m;
	char hex[DIGEST_HEX];

	empty();
	say_emit(r, 7, "nacha", "line_end=lf");
	say_records(r, 7, 1, n, buf_as_view(&b));
	is_int(msg_num_or(answer(M_CREDIT), T_CREDIT, 0), b.n, "%d payments: the credit of the records comes back",
	       payments);
	say_end(r, 7, n);
	m = wait_emitted(r, z, 7);
	is_int(msg_num_or(m, T_VERDICT, -1), JOB_DONE, "%d payments: the file is made", payments);
	is_int(msg_num_or(m, T_SIZE, -1), padded * 95, "%d payments: it has its lines and its fill", payments);
	collect(&out);
	is_int(out.n, padded * 95, "%d payments: the pieces stand one behind the other", payments);
	digest_hex(buf_as_view(&out), hex);
	is_view(msg_text(answer(M_EMITTED), T_SHA256), view_of(hex), "%d payments: the hash is that of the pieces",
		payments);
	buf_release(&b);
	buf_release(&out);
}

static void test_refused(struct render *r, struct zygote *z)
{
	struct buf b = { 0 };
	int64_t n = file_records(&b, 2);
	const struct msg *m;

	empty();
	say_emit(r, 8, "nacha", NULL);
	say_records(r, 8, 1, n, buf_as_view(&b));
	say_records(r, 8, n + 1, n, buf_as_view(&b));		/* the whole file again: a second header */
	say_end(r, 8, 2 * n);
	m = wait_emitted(r, z, 8);
	ok(msg_num_or(m, T_VERDICT, -1) == JOB_MODULE_FAILED && says(msg_text(m, T_TEXT), "NACHA_EMIT_ORDER"),
	   "a file that the module refuses ends with the module's own words");
	empty();
	say_emit(r, 9, "nosuch", NULL);
	say_records(r, 9, 1, n, buf_as_view(&b));
	say_end(r, 9, n);
	is_int(msg_num_or(wait_emitted(r, z, 9), T_VERDICT, -1), JOB_REFUSED, "a format that is not there is refused");
	empty();
	say_emit(r, 10, "nacha", NULL);
	say_records(r, 10, 1, 1, VIEW("this is no record at all"));
	say_end(r, 10, 1);
	is_int(msg_num_or(wait_emitted(r, z, 10), T_VERDICT, -1), JOB_MODULE_FAILED,
	       "bytes that are no records make no file");
	buf_release(&b);
}

static void test_input(struct render *r)
{
	struct buf b = { 0 };
	int64_t n = file_records(&b, 1);

	empty();
	say_emit(r, 11, "nacha", NULL);
	say_records(r, 11, 2, n, buf_as_view(&b));
	ok(says(msg_text(answer(M_JOB_FAILED), T_REASON), "INPUT"),
	   "records that do not begin with the first are refused");
	empty();
	say_records(r, 11, 1, n, buf_as_view(&b));
	is_int(box.n, 0, "records of a job that has failed are ignored");
	say_emit(r, 12, "nacha", NULL);
	say_records(r, 12, 1, n, buf_as_view(&b));
	say_end(r, 12, n + 1);
	ok(says(msg_text(answer(M_JOB_FAILED), T_REASON), "INPUT"),
	   "another number of records than was sent is refused");
	empty();
	say_emit(r, 13, "nacha", "no equals sign");
	ok(says(msg_text(answer(M_JOB_FAILED), T_REASON), "REFUSED"), "a malformed option is refused, not left out");
	empty();
	say_emit(r, 14, NULL, NULL);
	ok(says(msg_text(answer(M_JOB_FAILED), T_REASON), "REFUSED"), "a job without a format is refused");
	buf_release(&b);
}

static void test_room(struct render *r)
{
	empty();
	for (int64_t job = 20; job < 20 + RENDER_TASKS; job++)
		say_emit(r, job, "nacha", NULL);
	is_int(box.n, 0, "as many files as there is room for are begun");
	say_emit(r, 30, "nacha", NULL);
	ok(says(msg_text(answer(M_JOB_FAILED), T_REASON), "BUSY"), "one more is refused as busy");
	empty();
	render_tick(r, 60000);
	is_int(box.n, 0, "a collection that waits for a minute is kept");
	render_tick(r, 61001);
	is_int(box.n, RENDER_TASKS, "a collection that route forgot is dropped after a minute");
	empty();
	say_emit(r, 31, "nacha", NULL);
	is_int(box.n, 0, "its room can be had again");
	render_tick(r, 200000);
	empty();
}

static void test_hostile(struct render *r, struct zygote *z)
{
	static const char *const attacks[] = { "crash", "exit", "garbage", "open", "socket" };
	struct buf b = { 0 };
	int64_t n = file_records(&b, 1);
	char option[40];

	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		const struct msg *m;

		empty();
		snprintf(option, sizeof(option), "emit=%s", attacks[i]);
		say_emit(r, 40, "hostile", option);
		say_emit(r, 41, "hostile", NULL);
		say_records(r, 40, 1, n, buf_as_view(&b));
		say_records(r, 41, 1, n, buf_as_view(&b));
		say_end(r, 40, n);
		say_end(r, 41, n);
		m = wait_emitted(r, z, 40);
#ifndef TALLY_SANITIZED
		ok(msg_num_or(m, T_VERDICT, -1) == JOB_DIED && says(msg_text(m, T_TEXT), "hostile"),
		   "emit=%s: the job died, and says why", attacks[i]);
#else
		ok(m->type == M_EMITTED, "emit=%s: the job ends", attacks[i]);
#endif
		is_int(msg_num_or(wait_emitted(r, z, 41), T_VERDICT, -1), JOB_DONE,
		       "emit=%s: the job beside it is done", attacks[i]);
	}
	buf_release(&b);
}

/* --- allotting --- */

static void test_allot(void)
{
	static struct msg m, reply;
	struct buf rows = { 0 }, question = { 0 }, out = { 0 };
	struct record r;
	struct view rest;

	for (int i = 1; i <= 2; i++) {
		record_init(&r, RECORD_PAYMENT, (uint64_t)i + 1);
		r.seq = (uint64_t)i;
		record_set_num(&r, F_NET, 12345 * i);
		record_set_text(&r, F_PARTY, VIEW("Ada Lovelace"));
		record_set_text(&r, F_PERSON, VIEW("E-1"));
		record_set_text(&r, F_ACCOUNT, VIEW("1000200030"));
		record_set_text(&r, F_ROUTING, i == 1 ? VIEW("091000019") : VIEW("091000018"));
		wire_put_record(&rows, &r);
	}
	wire_begin(&question, M_ALLOT);
	wire_num(&question, T_JOB, 5);
	wire_num(&question, T_COUNT, 2);
	wire_view(&question, T_BYTES, buf_as_view(&rows));
	msg_parse(&m, buf_as_view(&question));
	ok(distribute_allot(&m, &out) && msg_parse(&reply, buf_as_view(&out)), "a range of two rows is allotted");
	is_int(msg_num_or(&reply, T_SUM, 0), 12345 * 3,
	       "the legs add up to the rows, with the one that cannot be paid");
	rest = msg_text(&reply, T_BYTES);
	ok(wire_cut_record(&rest, &r) == 1 && record_num(&r, F_LEG, -1) == 1 && r.seq == 1,
	   "the first row has a leg with its seq");
	ok(wire_cut_record(&rest, &r) == 1 && record_num(&r, F_LEG, -1) == 0,
	   "a row that cannot be paid comes back as leg 0");
	is_view(record_text(&r, F_REASON), VIEW("BAD_ROUTING"), "with its reason");
	wire_begin(&question, M_ALLOT);
	wire_num(&question, T_COUNT, 3);
	wire_view(&question, T_BYTES, buf_as_view(&rows));
	msg_parse(&m, buf_as_view(&question));
	ok(!distribute_allot(&m, &out), "a range with another count than it says is refused");
	buf_release(&rows);
	buf_release(&question);
	buf_release(&out);
}

static bool start(struct zygote **z, struct render **r, const char *argv0, const char *dir)
{
	const char *slash = strrchr(argv0, '/');
	struct err err = { 0 };
	char path[1024];

	snprintf(path, sizeof(path), "%.*s/%s", slash == NULL ? 1 : (int)(slash - argv0), slash == NULL ? "." : argv0,
		 dir);
	*z = NULL;
	*r = NULL;
	if (zygote_start(z, path, &err) == 0 && render_open(r, *z, take, &box, &err) == 0)
		return true;
	fprintf(stderr, "# %s\n", err.text);
	return false;
}

int main(int argc, char **argv)
{
	struct zygote *z;
	struct render *r;

	(void)argc;
	test_allot();
	if (ok(start(&z, &r, argv[0], "../../modules"), "the zygote of the build's modules starts")) {
		test_render(r, z, 1);
		test_render(r, z, 20000);
		test_refused(r, z);
		test_input(r);
		test_room(r);
	}
	render_free(r);
	zygote_free(z);
	if (ok(start(&z, &r, argv[0], "../modules/good"), "the zygote of the hostile module starts"))
		test_hostile(r, z);
	render_free(r);
	zygote_free(z);
	empty();
	return done_testing();
}
