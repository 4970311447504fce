/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus_leg - the leg route -> worker -> ack, in separate processes over real ipc, with the books of gateway/feed.c
 *
 * The hub reads nothing from disk: it has one frame of records ready and sends it as many ranges, as credit allows. The
 * worker cuts every record out of every frame, adds up NET, and answers with count and sum; the hub verifies both.
 * Printed for frames of 16 to 128 KiB: records/s and MB/s.  Goal: 1,000,000 records/s.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channels/bus.h"
#include "formats/core/wire.h"
#include "gateway/feed.h"
#include "gateway/proto.h"
#include "tests/bench/payroll.h"

#define RECORDS 4000000u
#define CREDIT ((uint64_t)4 << 20)

static struct err e;

static int die(const char *where)
{
	fprintf(stderr, "bus_leg: %s: %s\n", where, e.text);
	return 1;
}

/* --- the worker --- */

static void answer(struct bus_socket *s, struct buf *reply, struct view message)
{
	struct record r;
	enum bus_sent sent;
	struct view rest;
	int64_t n = 0, sum = 0;
	struct msg m;

	if (!msg_parse(&m, message) || m.type != M_ALLOT)
		return;
	for (rest = msg_text(&m, T_BYTES); wire_cut_record(&rest, &r) == 1; n++)
		sum += record_num(&r, F_NET, 0);
	wire_begin(reply, M_ALLOTTED);
	wire_num(reply, T_JOB, msg_num_or(&m, T_JOB, 0));
	wire_num(reply, T_COUNT, n);
	wire_num(reply, T_SUM, sum);
	bus_send(&sent, s, NULL, buf_as_view(reply), &e);
}

static int work(const char *path, const char *name)
{
	struct buf reply = { 0 };
	struct bus_socket *s;
	enum bus_sent sent;
	struct bus *b;

	if (bus_open(&b, &e) == -1 || bus_connect(&s, b, path, name, &e) == -1)
		return die("worker");
	wire_begin(&reply, M_HELLO);
	wire_text(&reply, T_ROLE, name);
	wire_num(&reply, T_EPOCH, getpid());
	wire_num(&reply, T_CREDIT, (int64_t)CREDIT);
	bus_send(&sent, s, NULL, buf_as_view(&reply), &e);
	for (;;) {
		struct bus_wait w = { .socket = s };
		char peer[BUS_PEER];
		struct view m;

		while (bus_recv(s, peer, &m, &e) == 1)
			answer(s, &reply, m);
		bus_poll(b, &w, 1, -1, &e);
	}
}

/* --- the hub --- */

struct frame { struct buf bytes; uint64_t count; int64_t sum; };

static void make_frame(struct frame *f, size_t size)
{
	struct payroll_row row;

	for (f->count = 0, f->sum = 0; f->bytes.n < size; f->count++) {
		payroll_row(&row, f->count);
		wire_put_record(&f->bytes, &row.r);
		f->sum += record_num(&row.r, F_NET, 0);
	}
}

/* Sends what credit and the bus allow. */
static int pump(struct feed *feed, struct bus_socket *s, const struct frame *f, struct buf *m)
{
	struct feed_range range;
	char peer[BUS_PEER];
	enum bus_sent sent;

	while (feed_next(feed, 0, peer, &range)) {
		wire_begin(m, M_ALLOT);
		wire_num(m, T_JOB, range.job);
		wire_num(m, T_FIRST, (int64_t)range.first);
		wire_num(m, T_COUNT, (int64_t)range.count);
		wire_view(m, T_BYTES, buf_as_view(&f->bytes));
		if (bus_send(&sent, s, peer, buf_as_view(m), &e) == -1)
			return -1;
		if (sent != BUS_SENT) {
			feed_undo(feed, peer, range.job, range.first);
			return 0;
		}
	}
	return 0;
}

/* One message from a worker; adds to *done. */
static int take(struct feed *feed, const char *peer, const struct frame *f, struct view bytes, uint64_t *done)
{
	struct msg m;
	int64_t job;

	if (!msg_parse(&m, bytes))
		return -1;
	if (m.type == M_HELLO)
		return feed_hello(feed, peer, (uint64_t)msg_num_or(&m, T_EPOCH, 0), (uint64_t)msg_num_or(&m, T_CREDIT, 0), 0) - 1;
	job = msg_num_or(&m, T_JOB, 0);
	if (msg_num_or(&m, T_COUNT, 0) != (int64_t)f->count || msg_num_or(&m, T_SUM, 0) != f->sum ||
	    feed_ack(feed, peer, job, 1, 0) != FEED_ACKED)
		return err_set(&e, -1, "range %" PRId64 " came back wrong", job);
	*done += f->count;
	return 0;
}

static int hub(struct bus *b, struct bus_socket *s, const struct frame *f, struct feed *feed, int64_t *us)
{
	struct buf m = { 0 };
	uint64_t done = 0, ranges = RECORDS / f->count;
	int64_t start = bench_us();
	char peer[BUS_PEER];
	struct view bytes;
	int rc = 0;

	for (uint64_t i = 1; i <= ranges; i++)
		if (!feed_add(feed, (int64_t)i, 1, f->count, f->bytes.n))
			return -1;
	while (rc == 0 && done < ranges * f->count) {
		struct bus_wait w = { .socket = s };

		while (rc == 0 && bus_recv(s, peer, &bytes, &e) == 1)
			rc = take(feed, peer, f, bytes, &done);
		if (rc == 0)
			rc = pump(feed, s, f, &m);
		if (rc == 0 && done < ranges * f->count)
			bus_poll(b, &w, 1, 1000, &e);
	}
	*us = bench_us() - start;
	buf_release(&m);
	return rc;
}

static int measure(const char *path, size_t size)
{
	struct frame f = { .count = 0 };
	struct bus_socket *s;
	struct feed feed;
	struct bus *b;
	int64_t us = 1, rate;
	pid_t pid;
	int fd, rc;

	make_frame(&f, size);
	if (bus_listen_fd(path, &fd, &e) == -1)
		return die("hub");
	pid = fork();			/* before there is a context */
	if (pid == 0)
		_exit(work(path, "distribute.1"));
	if (bus_open(&b, &e) == -1 || bus_bind(&s, b, fd, path, &e) == -1)
		return die("hub");
	feed_init(&feed, 1000000, 1000000);
	rc = hub(b, s, &f, &feed, &us);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	rate = (int64_t)(RECORDS / f.count * f.count) * 1000000 / us;
	if (rc == 0)
		printf("| %zu KiB | %" PRIu64 " | %" PRId64 " | %" PRId64 " |\n", size >> 10, f.count, rate,
		       rate * (int64_t)f.bytes.n / (int64_t)f.count / 1000000);
	fflush(stdout);
	feed_release(&feed);
	bus_socket_free(s);
	bus_free(b);
	buf_release(&f.bytes);
	unlink(path);
	return rc == 0 ? 0 : die("hub");
}

int main(void)
{
	char dir[] = "/tmp/tg-bench-XXXXXX", path[64];
	int rc = 0;

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/bus", dir);
	printf("| frame | records in it | records/s, sent and acked | MB/s |\n| --- | --- | --- | --- |\n");
	fflush(stdout);
	for (size_t size = 16 << 10; size <= 128 << 10 && rc == 0; size *= 2)
		rc = measure(path, size);
	rmdir(dir);
	return rc;
}
