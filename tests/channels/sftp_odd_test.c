/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_odd_test - the SFTP client against tests/lib/oddsftp.py: short answers, any order, lies; 43-oddsftp.py starts both
 *
 * What a server may do must come out right to the byte; what it must not do must be an error, never a success and never a wait
 * without end.  TALLY_SFTP_PORT, _USER, _HOST_KEY, _KEY name the server; without them everything is skipped.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "channels/sftp.h"
#include "tests/lib/tap.h"

#define SIZE ((uint64_t)3 * 1024 * 1024 + 12345)

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v == NULL ? "" : v;
}

static struct sftp *must_connect(int timeout_ms)
{
	struct sftp_target t = {
		.host = "127.0.0.1", .user = env("TALLY_SFTP_USER"), .host_key = env("TALLY_SFTP_HOST_KEY"),
		.client_key = env("TALLY_SFTP_KEY"), .port = (int)strtol(env("TALLY_SFTP_PORT"), NULL, 10),
		.timeout_ms = timeout_ms,
	};
	struct sftp *s = NULL;
	struct err e = { 0 };

	if (sftp_connect(&s, &t, &e) != 0) {
		printf("Bail out! cannot connect: %s\n", e.text);
		exit(1);
	}
	return s;
}

static unsigned char byte_at(uint64_t i)
{
	return (unsigned char)((i * 31 + (i >> 8)) & 0xff);
}

struct check { uint64_t at; bool wrong; };

static int check_sink(void *ctx, struct view bytes, struct err *e)
{
	struct check *c = ctx;

	(void)e;
	for (size_t i = 0; i < bytes.n; i++)
		c->wrong |= (unsigned char)bytes.p[i] != byte_at(c->at + i);
	c->at += bytes.n;
	return 0;
}

static const struct { const char *name; bool good, dies; const char *what; } gets[] = {
	{ "ok",            true,  false, "a server that behaves gives its file" },
	{ "short",         true,  false, "short answers are asked on to the byte" },
	{ "reorder",       true,  false, "answers out of order are put in order" },
	{ "short-reorder", true,  false, "short answers out of order too" },
	{ "early-eof",     false, false, "an end before the size it had is an error" },
	{ "hole",          false, false, "an end in the middle is an error" },
	{ "grow",          false, false, "bytes behind the size it had are an error" },
	{ "no-size",       false, false, "a file without a size is an error" },
	{ "fail-middle",   false, false, "a failed read in the middle is an error" },
	{ "status-ok",     false, true,  "a good status instead of data ends the session" },
	{ "wrong-id",      false, true,  "an answer to no question ends the session" },
	{ "too-much",      false, true,  "more data than asked for ends the session" },
	{ "zero",          false, true,  "data of no bytes ends the session" },
	{ "lying-length",  false, true,  "data longer than its packet ends the session" },
	{ "huge-packet",   false, true,  "a packet of 2 GiB ends the session" },
	{ "long-handle",   false, true,  "a handle over 256 bytes ends the session" },
	{ "close-fails",   true,  false, "a refused close after reading changes nothing" },
};

static void test_gets(void)
{
	struct sftp *s = NULL;

	for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
		struct check c = { 0 };
		struct err e = { 0 };
		uint64_t size = 0;
		bool good;

		if (s == NULL)
			s = must_connect(5000);
		good = sftp_get(s, gets[i].name, check_sink, &c, &size, &e) == 0;
		ok(good == gets[i].good && !c.wrong && (!good || (size == SIZE && c.at == SIZE)), "%s", gets[i].what);
		ok(sftp_dead(s) == gets[i].dies, "%s: the session %s (%s)", gets[i].name, gets[i].dies ? "is dead" : "goes on", e.text);
		if (sftp_dead(s)) {
			sftp_close(s);
			s = NULL;
		}
	}
	sftp_close(s);
}

static const struct { const char *name; bool good, dies; const char *what; } puts_[] = {
	{ "ok",          true,  false, "a server that behaves takes a file" },
	{ "reorder",     true,  false, "answers to writes may come in any order" },
	{ "write-fails", false, false, "one failed write is an error" },
	{ "fsync-fails", false, false, "a failed fsync is an error" },
	{ "close-fails", false, false, "a failed close after writing is an error" },
	{ "write-lost",  false, true,  "a write that is never answered ends by the deadline" },
};

static int make_source(void)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	static unsigned char block[65536];

	for (uint64_t at = 0; at < SIZE; at += sizeof(block)) {
		size_t n = SIZE - at < sizeof(block) ? (size_t)(SIZE - at) : sizeof(block);

		for (size_t i = 0; i < n; i++)
			block[i] = byte_at(at + i);
		if (pwrite(fd, block, n, (off_t)at) != (ssize_t)n)
			abort();
	}
	return fd;
}

static void test_puts(void)
{
	struct sftp *s = must_connect(2000);
	int fd = make_source();

	for (size_t i = 0; i < sizeof(puts_) / sizeof(puts_[0]); i++) {
		struct err e = { 0 };
		bool synced;
		int rc = sftp_put(s, puts_[i].name, fd, SIZE, &synced, &e);

		ok((rc == 0) == puts_[i].good && synced == (rc == 0 || strcmp(puts_[i].name, "close-fails") == 0), "%s (%s)", puts_[i].what, e.text);
		ok(sftp_dead(s) == puts_[i].dies, "%s: the session %s", puts_[i].name, puts_[i].dies ? "is dead" : "goes on");
	}
	sftp_close(s);
	close(fd);
}

struct names { unsigned n, hostile; };

static int count(void *ctx, struct view name, const struct far_attrs *a)
{
	struct names *c = ctx;

	(void)a;
	c->n++;
	c->hostile += far_name(name) == FAR_HOSTILE;
	return 0;
}

static void test_lists(void)
{
	struct sftp *s = must_connect(5000);
	struct names c = { 0 };
	struct err e = { 0 };

	ok(sftp_list(s, "evil", count, &c, &e) == 0 && c.n == 6, "a list passes hostile names on, without . and ..");
	is_int(c.hostile, 5, "and each of them is known as hostile");
	c.n = 0;
	ok(sftp_list(s, "endless", count, &c, &e) != 0 && e.code == E2BIG && c.n == FAR_LIST_MAX, "a list without end is cut off (%s)", e.text);
	ok(sftp_list(s, "empty-list", count, &c, &e) != 0 && sftp_dead(s), "a list of nothing that is not the end ends the session");
	sftp_close(s);
	s = must_connect(5000);
	ok(sftp_list(s, "count-lies", count, &c, &e) != 0 && sftp_dead(s), "a count of names that cannot be ends the session");
	sftp_close(s);
}

static void test_trickle(void)
{
	struct sftp *s = must_connect(800);
	struct check c = { 0 };
	struct err e = { 0 };
	uint64_t size = 0;

	ok(sftp_get(s, "trickle", check_sink, &c, &size, &e) != 0 && e.code == ETIMEDOUT, "a server that trickles does not hold us for ever");
	sftp_close(s);
}

int main(void)
{
	if (*env("TALLY_SFTP_PORT") == '\0')
		skip_all("no odd SFTP server here: tests/scenario/43-oddsftp.py starts one and runs this");
	test_gets();
	test_puts();
	test_lists();
	test_trickle();
	return done_testing();
}
