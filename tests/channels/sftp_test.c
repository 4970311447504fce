/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_test - the SFTP client against a real OpenSSH server; tests/scenario/40-sftp.py starts that and sets the
 * environment
 *
 * TALLY_SFTP_PORT, _USER, _HOST_KEY, _KEY: the server.  _OTHER_HOST_KEY, _OTHER_KEY: keys it does not have or know.
 * _CUT_PORT, _CUTS: a proxy that breaks each of so many connections somewhere; _STALL_PORT: one that goes silent.
 * _NAMES: a directory "names" with so many names lies there.  Without _PORT everything is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "channels/digest.h"
#include "channels/sftp.h"
#include "tests/lib/tap.h"

#define STALL_DEADLINE_MS 800

struct sink { struct digest *digest; uint64_t n; };

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v == NULL ? "" : v;
}

static struct sftp_target target(const char *port_name)
{
	return (struct sftp_target){
		.host = "127.0.0.1", .user = env("TALLY_SFTP_USER"), .host_key = env("TALLY_SFTP_HOST_KEY"),
		.client_key = env("TALLY_SFTP_KEY"), .port = (int)strtol(env(port_name), NULL, 10), .timeout_ms = 15000,
	};
}

static struct sftp *must_connect(void)
{
	struct sftp_target t = target("TALLY_SFTP_PORT");
	struct sftp *s = NULL;
	struct err e = { 0 };

	if (sftp_connect(&s, &t, &e) != 0) {
		printf("Bail out! cannot connect: %s\n", e.text);
		exit(1);
	}
	return s;
}

/* A memory file of n bytes that differ everywhere (xorshift by seed), and their hash. */
static int content(uint64_t n, uint64_t seed, char hex[DIGEST_HEX])
{
	int fd = memfd_create("content", MFD_CLOEXEC);
	static uint64_t block[8192];
	struct err e = { 0 };
	long long size = 0;

	seed = seed * 2654435761u + 88172645463325252u;
	for (uint64_t at = 0; at < n; at += sizeof(block)) {
		size_t take = n - at < sizeof(block) ? (size_t)(n - at) : sizeof(block);

		for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			block[i] = seed;
		}
		if (pwrite(fd, block, take, (off_t)at) != (ssize_t)take)
			abort();
	}
	if (digest_fd_hex(fd, hex, &size, &e) != 0)
		abort();
	return fd;
}

static int hash_sink(void *ctx, struct view bytes, struct err *e)
{
	struct sink *s = ctx;

	(void)e;
	digest_update(s->digest, bytes);
	s->n += bytes.n;
	return 0;
}

static int get_hex(struct sftp *s, const char *path, char hex[DIGEST_HEX], uint64_t *size, struct err *e)
{
	struct sink sink = { 0 };
	int rc;

	hex[0] = '\0';
	if (digest_open(&sink.digest, e) != 0)
		return -1;
	rc = sftp_get(s, path, hash_sink, &sink, size, e);
	if (rc == 0 && *size != sink.n)
		abort();
	digest_final_hex(sink.digest, hex);
	return rc;
}

static void test_content(struct sftp *s, uint64_t n)
{
	char want[DIGEST_HEX], got[DIGEST_HEX], path[64];
	enum far_found found = FAR_NOT_THERE;
	struct far_attrs attrs = { 0 };
	bool synced = false;
	uint64_t size = 0;
	struct err e = { 0 };
	int fd = content(n, n + 1, want), rc;

	snprintf(path, sizeof(path), "content-%llu", (unsigned long long)n);
	ok(sftp_put(s, path, fd, n, &synced, &e) == 0 && synced, "%llu bytes are put and synced (%s)",
	   (unsigned long long)n, e.text);
	ok(sftp_stat_path(s, path, &found, &attrs, &e) == 0 && found == FAR_THERE && attrs.size == n && attrs.regular
		   && !attrs.is_dir,
	   "%llu bytes are there, as a regular file", (unsigned long long)n);
	rc = get_hex(s, path, got, &size, &e);
	ok(rc == 0 && size == n && strcmp(got, want) == 0, "%llu bytes come back equal (%s)", (unsigned long long)n,
	   e.text);
	close(fd);
}

static void test_refusals(struct sftp *s)
{
	char hex[DIGEST_HEX], got[DIGEST_HEX];
	enum far_found found = FAR_THERE;
	struct far_attrs attrs;
	struct err e = { 0 };
	uint64_t size = 0;
	bool synced;
	int one = content(1000, 5, hex), other = content(1000, 6, got);

	ok(sftp_put(s, "first", one, 1000, &synced, &e) == 0 && sftp_put(s, "second", other, 1000, &synced, &e) == 0,
	   "two files are put");
	ok(sftp_put(s, "first", other, 1000, &synced, &e) != 0 && !sftp_dead(s),
	   "a put onto an existing name is refused (%s)", e.text);
	ok(get_hex(s, "first", got, &size, &e) == 0 && strcmp(got, hex) == 0,
	   "the file it would have replaced is as it was");
	ok(sftp_move(s, "second", "first", &e) != 0 && !sftp_dead(s), "a rename onto an existing name is refused (%s)",
	   e.text);
	ok(get_hex(s, "first", got, &size, &e) == 0 && strcmp(got, hex) == 0,
	   "the file a rename would have replaced is as it was");
	ok(sftp_move(s, "second", "third", &e) == 0, "a rename to a free name is done");
	ok(sftp_stat_path(s, "second", &found, &attrs, &e) == 0 && found == FAR_NOT_THERE, "the old name is gone");
	ok(sftp_get(s, "second", hash_sink, NULL, &size, &e) != 0 && e.code == ENOENT,
	   "a get of it says that there is no such file");
	ok(sftp_remove_path(s, "third", &e) == 0 && sftp_remove_path(s, "third", &e) != 0 && e.code == ENOENT,
	   "a name is removed once");
	ok(sftp_put(s, "longer", one, 1001, &synced, &e) != 0 && !sftp_dead(s),
	   "a source shorter than told is an error (%s)", e.text);
	ok(sftp_put(s, "nodir/x", one, 1000, &synced, &e) != 0 && e.code == ENOENT, "a put into no directory says so");
	ok(sftp_make_dir(s, "made", &e) == 0 && sftp_make_dir(s, "made", &e) != 0, "a directory is made once");
	ok(sftp_get(s, "made", hash_sink, NULL, &size, &e) != 0, "a directory is not read as a file (%s)", e.text);
	ok(sftp_stat_path(s, "", &found, &attrs, &e) != 0, "an empty path is refused here");
	close(one);
	close(other);
}

struct names { unsigned n, right; };

static int count_name(void *ctx, struct view name, const struct far_attrs *a)
{
	struct names *c = ctx;

	c->n++;
	c->right += name.n == 9 && memcmp(name.p, "name-", 5) == 0 && a->regular && a->size == 3;
	return 0;
}

static int stop_at_ten(void *ctx, struct view name, const struct far_attrs *a)
{
	(void)name;
	(void)a;
	return ++*(int *)ctx == 10;
}

static void test_list(struct sftp *s)
{
	unsigned want = (unsigned)strtoul(env("TALLY_SFTP_NAMES"), NULL, 10);
	struct names c = { 0 };
	struct err e = { 0 };
	int seen = 0;

	ok(sftp_list(s, "names", count_name, &c, &e) == 0 && c.n == want && c.right == want,
	   "all %u names are listed with their sizes", want);
	ok(sftp_list(s, "names", stop_at_ten, &seen, &e) != 0 && seen == 10 && !sftp_dead(s),
	   "a list ends when its reader says so");
	ok(sftp_list(s, "no-such-directory", count_name, &c, &e) != 0 && e.code == ENOENT,
	   "a list of no directory says so");
	ok(sftp_list(s, ".", stop_at_ten, &(int){ -1000 }, &e) == 0, "the session still answers after that");
}

static int refuse_sink(void *ctx, struct view bytes, struct err *e)
{
	uint64_t *left = ctx;

	if (bytes.n <= *left) {
		*left -= bytes.n;
		return 0;
	}
	return err_set(e, ENOSPC, "no room");
}

static void test_sink_refuses(struct sftp *s)
{
	char hex[DIGEST_HEX], got[DIGEST_HEX];
	struct err e = { 0 };
	uint64_t room = 3 << 20, size = 0;
	int fd = content((uint64_t)8 << 20, ((uint64_t)8 << 20) + 1, hex);

	ok(sftp_get(s, "content-8388608", refuse_sink, &room, &size, &e) != 0 && e.code == ENOSPC,
	   "a sink that is full ends the get");
	ok(get_hex(s, "content-8388608", got, &size, &e) == 0 && strcmp(got, hex) == 0,
	   "the same session then gets the whole file");
	close(fd);
}

static void test_keys(void)
{
	struct sftp_target t = target("TALLY_SFTP_PORT");
	struct sftp *s = NULL;
	struct err e = { 0 };

	t.host_key = env("TALLY_SFTP_OTHER_HOST_KEY");
	ok(sftp_connect(&s, &t, &e) != 0 && s == NULL && e.code == EKEYREJECTED,
	   "a server with another host key is refused (%s)", e.text);
	t.host_key = "ssh-dss AAAA";
	ok(sftp_connect(&s, &t, &e) != 0 && s == NULL, "a host key of an unknown type is refused (%s)", e.text);
	t = target("TALLY_SFTP_PORT");
	t.client_key = env("TALLY_SFTP_OTHER_KEY");
	ok(sftp_connect(&s, &t, &e) != 0 && s == NULL && e.code == EACCES,
	   "a client key the server does not know is refused (%s)", e.text);
	t.client_key = "/nonexistent/key";
	ok(sftp_connect(&s, &t, &e) != 0 && s == NULL, "a missing client key is an error (%s)", e.text);
	t = target("TALLY_SFTP_PORT");
	t.port = 1;
	ok(sftp_connect(&s, &t, &e) != 0 && s == NULL && e.code == ECONNREFUSED, "a closed port is an error (%s)",
	   e.text);
}

/* One put or get over a link that breaks somewhere.  False: it was called good and was not. */
static bool honest(struct sftp *sure, unsigned i, uint64_t n, bool *good)
{
	struct sftp_target t = target("TALLY_SFTP_CUT_PORT");
	char want[DIGEST_HEX], got[DIGEST_HEX], path[64];
	struct sftp *s = NULL;
	struct err e = { 0 };
	uint64_t size = 0;
	bool synced, put = i % 2 == 0;
	int fd = content(n, put ? i : 1, want), rc;

	t.timeout_ms = STALL_DEADLINE_MS;
	snprintf(path, sizeof(path), "cut-%u", i);
	rc = sftp_connect(&s, &t, &e);
	if (rc == 0)
		rc = put ? sftp_put(s, path, fd, n, &synced, &e) : get_hex(s, "cut-source", got, &size, &e);
	*good = rc == 0;
	sftp_close(s);
	close(fd);
	if (rc != 0)
		return e.text[0] != '\0';
	if (put && get_hex(sure, path, got, &size, &e) != 0)
		return false;
	return size == n && strcmp(got, want) == 0;
}

static void test_cuts(struct sftp *sure)
{
	unsigned cuts = (unsigned)strtoul(env("TALLY_SFTP_CUTS"), NULL, 10), lies = 0, goods = 0;
	uint64_t n = (uint64_t)3 << 20;
	char hex[DIGEST_HEX];
	struct err e = { 0 };
	bool synced, good = false;
	int fd = content(n, 1, hex);

	ok(sftp_put(sure, "cut-source", fd, n, &synced, &e) == 0, "the source of the cut reads is put");
	close(fd);
	for (unsigned i = 0; i < cuts; i++) {
		lies += !honest(sure, i, n, &good);
		goods += good;
	}
	is_int(lies, 0, "of %u links cut somewhere, none was called good without its bytes", cuts);
	ok(goods < cuts / 4, "most of them were errors (%u were good)", goods);
}

static void test_stall(void)
{
	struct sftp_target t = target("TALLY_SFTP_STALL_PORT");
	struct timespec a, b;
	struct sftp *s = NULL;
	struct err e = { 0 };
	char hex[DIGEST_HEX];
	bool synced;
	int fd = content((uint64_t)32 << 20, 3, hex), rc;
	long ms;

	t.timeout_ms = STALL_DEADLINE_MS;
	rc = sftp_connect(&s, &t, &e);
	ok(rc == 0, "the link that will stall is made (%s)", e.text);
	clock_gettime(CLOCK_MONOTONIC, &a);
	rc = rc == 0 ? sftp_put(s, "stalled", fd, (uint64_t)32 << 20, &synced, &e) : 0;
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	ok(rc != 0 && e.code == ETIMEDOUT && sftp_dead(s), "a write into a silent link ends as timed out (%s)", e.text);
	ok(ms >= STALL_DEADLINE_MS / 2 && ms < 60000, "it ends by the deadline, not by the kernel's patience");
	sftp_close(s);
	close(fd);
}

int main(void)
{
	static const uint64_t sizes[] = { 0, 1, 32768, 261120, 261121, (uint64_t)8 << 20, ((uint64_t)64 << 20) + 77 };
	struct sftp *s;

	if (*env("TALLY_SFTP_PORT") == '\0')
		skip_all("no SFTP server here: tests/scenario/40-sftp.py starts one and runs this");
	s = must_connect();
	ok(strstr(sftp_evidence(s), "cipher=aes256-gcm@openssh.com") != NULL
		   && strstr(sftp_evidence(s), "hostkey=SHA256:") != NULL && strncmp(sftp_evidence(s), "kex=", 4) == 0,
	   "the evidence names kex, cipher and host key (%s)", sftp_evidence(s));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		test_content(s, sizes[i]);
	test_refusals(s);
	test_list(s);
	test_sink_refuses(s);
	test_keys();
	test_cuts(s);
	test_stall();
	ok(!sftp_dead(s), "the first session lived through all of this");
	sftp_close(s);
	return done_testing();
}
