/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dir_test - names that are plain, temporary or hostile, and the verbs of far.h on a directory of this machine
 *
 * Everything happens below a fresh directory that goes with the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/dir.h"
#include "channels/far.h"
#include "tests/lib/tap.h"

static const struct { struct view name; enum far_name want; const char *what; } names[] = {
	{ VIEW_INIT("BAI2-20261109.txt"), FAR_PLAIN, "a bank's name is plain" },
	{ VIEW_INIT("a b;$(rm -rf).csv"), FAR_PLAIN, "what a shell would trip over is plain: no shell sees it" },
	{ VIEW_INIT("M\303\274ller.csv"), FAR_PLAIN, "UTF-8 is plain" },
	{ VIEW_INIT(".hidden"),           FAR_TEMPORARY, "a leading dot is temporary" },
	{ VIEW_INIT(".."),                FAR_TEMPORARY, "two dots are never plain" },
	{ VIEW_INIT("a.part"),            FAR_TEMPORARY, "*.part is temporary" },
	{ VIEW_INIT("a.tmp"),             FAR_TEMPORARY, "*.tmp is temporary" },
	{ VIEW_INIT("a.filepart"),        FAR_TEMPORARY, "*.filepart is temporary" },
	{ VIEW_INIT("a.swp"),             FAR_TEMPORARY, "*.swp is temporary" },
	{ VIEW_INIT("a~"),                FAR_TEMPORARY, "*~ is temporary" },
	{ VIEW_INIT(""),                  FAR_HOSTILE, "no name is hostile" },
	{ VIEW_INIT("a/b"),               FAR_HOSTILE, "a slash is hostile" },
	{ VIEW_INIT("a\nb"),              FAR_HOSTILE, "a line feed is hostile" },
	{ VIEW_INIT("a\0b"),              FAR_HOSTILE, "a NUL is hostile" },
	{ VIEW_INIT("a\033[2Jb"),         FAR_HOSTILE, "an escape is hostile" },
	{ VIEW_INIT("a\177b"),            FAR_HOSTILE, "DEL is hostile" },
	{ VIEW_INIT("a\302\233b"),        FAR_HOSTILE, "a C1 control in UTF-8 is hostile" },
	{ VIEW_INIT("a\377b"),            FAR_HOSTILE, "a byte that is not UTF-8 is hostile" },
	{ VIEW_INIT("a\303"),             FAR_HOSTILE, "UTF-8 cut short is hostile" },
	{ VIEW_INIT(".a\nb"),             FAR_HOSTILE, "a hostile name with a dot in front stays hostile" },
};

static void test_names(void)
{
	char longest[FAR_NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		is_int(far_name(names[i].name), names[i].want, "%s", names[i].what);
	memset(longest, 'n', sizeof(longest));
	is_int(far_name((struct view){ longest, FAR_NAME_MAX }), FAR_PLAIN, "a name of %d bytes is plain", FAR_NAME_MAX);
	is_int(far_name((struct view){ longest, FAR_NAME_MAX + 1 }), FAR_HOSTILE, "one byte more is hostile");
}

static int source(const char *text)
{
	int fd = memfd_create("source", MFD_CLOEXEC);

	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	return fd;
}

static int collect(void *ctx, struct view bytes, struct err *e)
{
	(void)e;
	buf_view(ctx, bytes);
	return 0;
}

static bool holds(const char *dir, const char *name, const char *want)
{
	struct buf b = { .max = 1 << 20 };
	uint64_t size = 0;
	bool same = dir_get(dir, name, collect, &b, &size, NULL) == 0 && size == strlen(want) && strcmp(buf_cstr(&b), want) == 0;

	buf_release(&b);
	return same;
}

static bool exists(const char *dir, const char *name)
{
	enum far_found found = FAR_NOT_THERE;
	struct far_attrs a;

	return dir_stat(dir, name, &found, &a, NULL) == 0 && found == FAR_THERE;
}

static void test_put_and_move(const char *dir, const char *other)
{
	struct err e = { 0 };
	int one = source("one"), two = source("two!");

	ok(dir_put(dir, "a", one, 3, &e) == 0 && holds(dir, "a", "one"), "what is put is there (%s)", e.text);
	ok(dir_put(dir, "a", two, 4, &e) != 0 && e.code == EEXIST && holds(dir, "a", "one"), "a put never replaces");
	ok(dir_put(dir, "short", one, 4, &e) != 0 && !exists(dir, "short"), "a source shorter than told leaves nothing behind");
	ok(dir_put(dir, "../a", one, 3, &e) != 0 && e.code == EINVAL, "a name with a slash is no name");
	ok(dir_put(dir, "b", two, 4, &e) == 0 && dir_move(dir, "b", dir, "a", &e) != 0 && e.code == EEXIST,
	   "a move onto an existing name is EEXIST");
	ok(holds(dir, "a", "one") && holds(dir, "b", "two!"), "and both are as they were");
	ok(dir_make(other, &e) == 0 && dir_make(other, &e) == 0, "a directory may be there already");
	ok(dir_move(dir, "b", other, "c", &e) == 0 && holds(other, "c", "two!") && !exists(dir, "b"), "a move goes to another directory");
	ok(dir_move(dir, "b", other, "d", &e) != 0 && e.code == ENOENT, "what is not there is ENOENT");
	ok(dir_remove(other, "c", &e) == 0 && dir_remove(other, "c", &e) != 0 && e.code == ENOENT, "a name is removed once");
	close(one);
	close(two);
}

static void test_links_and_pipes(const char *dir, const char *outside)
{
	char path[512], link[512];
	struct err e = { 0 };
	struct buf b = { .max = 4096 };
	uint64_t size = 0;

	snprintf(path, sizeof(path), "%s/pipe", dir);
	ok(mkfifo(path, 0600) == 0 && dir_get(dir, "pipe", collect, &b, &size, &e) != 0 && b.n == 0, "a fifo is not read, and does not hold us (%s)",
	   e.text);
	snprintf(path, sizeof(path), "%s/link", dir);
	ok(symlink("/etc/hostname", path) == 0 && dir_get(dir, "link", collect, &b, &size, &e) != 0 && b.n == 0, "a symbolic link is not followed");
	snprintf(link, sizeof(link), "%s/%s", dir, DIR_CLAIMS);
	ok(symlink(outside, link) == 0 && dir_make(link, &e) != 0, "a directory that is a link to another place is refused");
	ok(dir_move(dir, "a", link, "1.a", &e) != 0 && exists(dir, "a"), "nothing is moved through it");
	buf_release(&b);
}

struct grower { int fd; };

static int grow(void *ctx, struct view bytes, struct err *e)
{
	struct grower *g = ctx;

	(void)bytes;
	(void)e;
	if (g->fd != -1 && write(g->fd, "x", 1) == 1) {
		close(g->fd);
		g->fd = -1;
	}
	return 0;
}

static void test_changes(const char *dir)
{
	struct err e = { 0 };
	struct grower g;
	char path[512];
	uint64_t size = 0;

	snprintf(path, sizeof(path), "%s/a", dir);
	g.fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ok(dir_get(dir, "a", grow, &g, &size, &e) != 0 && e.code == EAGAIN, "a file that grows while it is read is not ready (%s)", e.text);
	ok(dir_get(dir, "none", grow, &g, &size, &e) != 0 && e.code == ENOENT, "a file that is not there is ENOENT");
}

struct seen { unsigned n; bool hostile; };

static int count(void *ctx, struct view name, const struct far_attrs *a)
{
	struct seen *s = ctx;

	(void)a;
	s->n++;
	s->hostile |= far_name(name) == FAR_HOSTILE;
	return 0;
}

static void test_list(const char *dir)
{
	struct seen s = { 0 };
	struct err e = { 0 };
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/bad\nname", dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	ok(dir_list(dir, count, &s, &e) == 0 && s.hostile, "a hostile name is listed and known as one");
	is_int(s.n, 5, "a list shows each name once, and neither . nor ..");
	ok(dir_list("/nonexistent/dir", count, &s, &e) != 0 && e.code == ENOENT, "a list of no directory is ENOENT");
}

int main(void)
{
	char base[] = "/tmp/tally-dir-XXXXXX", dir[64], other[64], path[128];

	if (mkdtemp(base) == NULL)
		skip_all("no temporary directory");
	snprintf(dir, sizeof(dir), "%s/watched", base);
	snprintf(other, sizeof(other), "%s/done", base);
	if (mkdir(dir, 0700) != 0)
		skip_all("no temporary directory");
	test_names();
	test_put_and_move(dir, other);
	test_links_and_pipes(dir, other);
	test_changes(dir);
	test_list(dir);
	static const char *const left[] = { "a", "pipe", "link", DIR_CLAIMS, "bad\nname" };
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, left[i]);
		unlink(path);
	}
	ok(rmdir(dir) == 0 && rmdir(other) == 0 && rmdir(base) == 0, "nothing is left but what this test knows of");
	return done_testing();
}
