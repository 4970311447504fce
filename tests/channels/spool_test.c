/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_test - objects, their names, and what is left when the process or the disk ends in the middle
 *
 * fsync() and renameat2() of this program stand in front of libc's: they write down the order, and at call N they fail
 * or end the process.  The disk that is full is a real tmpfs in a mount namespace of its own; that part needs root.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channels/spool.h"
#include "tests/lib/tap.h"

#define HELLO_SHA256 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static char root[64] = "/tmp/tg-spool-XXXXXX";
static struct err e;

/* --- the two calls that matter, watched --- */

static char order[64];			/* "f" fsync of a file, "d" of a directory, "r" rename */
static int die_at, fail_at, calls;

static void step(char what)
{
	size_t n = strlen(order);

	if (n + 1 < sizeof(order))
		order[n] = what;
	if (++calls == die_at)
		_exit(9);
}

int fsync(int fd)
{
	struct stat st;

	step(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 'd' : 'f');
	if (calls == fail_at) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	step('r');
	if (calls == fail_at) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, old, to, new, flags);
}

static void watch(int die, int fail)
{
	memset(order, 0, sizeof(order));
	calls = 0;
	die_at = die;
	fail_at = fail;
}

/* --- helpers --- */

static int put(struct spool *s, struct view bytes, char hex[DIGEST_HEX])
{
	struct spool_writer *w;
	uint64_t size = 0;

	if (spool_begin(&w, s, &e) == -1)
		return -1;
	if (spool_write(w, bytes, &e) == -1) {
		spool_abort(w);
		return -1;
	}
	return spool_commit(w, hex, &size, &e) == 0 && size == bytes.n ? 0 : -1;
}

static int count_one(void *ctx, const char *hex)
{
	(void)hex;
	++*(int *)ctx;
	return 0;
}

static int objects(struct spool *s)
{
	int n = 0;

	return spool_each(s, count_one, &n, &e) == 0 ? n : -1;
}

static int in_tmp(const char *dir)
{
	char path[160];
	DIR *d;
	int n = -2;			/* "." and ".." */

	snprintf(path, sizeof(path), "%s/tmp", dir);
	d = opendir(path);
	if (d == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static struct spool *fresh(const char *name, char dir[96])
{
	struct spool *s = NULL;

	snprintf(dir, 96, "%s/%s", root, name);
	mkdir(dir, 0750);
	if (spool_open(&s, dir, true, &e) == -1)
		printf("# %s\n", e.text);
	return s;
}

/* --- tests --- */

static void good_days(void)
{
	char dir[96], hex[DIGEST_HEX], again[DIGEST_HEX], bytes[16] = "";
	struct spool *s = fresh("good", dir), *reader = NULL;
	struct spool_writer *w = NULL;
	struct stat st;
	uint64_t size = 0;
	long long hashed = 0;
	int fd;

	watch(0, 0);
	ok(put(s, VIEW("hello"), hex) == 0 && strcmp(hex, HELLO_SHA256) == 0,
	   "an object's name is the SHA-256 of its bytes");
	is_str(order, "frd", "the file is fsynced, then renamed, then the directory fsynced");
	ok(spool_object(s, hex, &fd, &size, &e) == 0 && size == 5 && read(fd, bytes, sizeof(bytes)) == 5 &&
		   memcmp(bytes, "hello", 5) == 0,
	   "the object holds the bytes");
	ok(fstat(fd, &st) == 0 && (st.st_mode & 07777 & ~(mode_t)0640) == 0, "its mode is 0640 or less");
	ok(digest_fd_hex(fd, again, &hashed, &e) == 0 && strcmp(again, hex) == 0 && hashed == 5 &&
		   lseek(fd, 0, SEEK_CUR) == 5,
	   "hashing an open file gives the name and leaves the offset alone");
	close(fd);
	watch(0, 0);
	ok(put(s, VIEW("hello"), hex) == 0 && objects(s) == 1 && in_tmp(dir) == 0,
	   "the same bytes again are one object and no rest");
	is_str(order, "frd", "and the directory is fsynced for them too: the first may have died before its own");
	ok(put(s, VIEW(""), hex) == 0 && strcmp(hex, EMPTY_SHA256) == 0, "an empty file is an object");
	ok(spool_begin(&w, s, &e) == 0 && spool_write(w, VIEW("half"), &e) == 0 && in_tmp(dir) == 1,
	   "what is being written lies in tmp");
	spool_abort(w);
	ok(in_tmp(dir) == 0 && objects(s) == 2, "an aborted object leaves nothing");
	ok(spool_open(&reader, dir, false, &e) == 0 && objects(reader) == 2, "a reader sees the objects");
	ok(spool_begin(&w, reader, &e) == -1 && w == NULL && spool_sweep(reader, &e) == -1,
	   "a reader neither writes nor sweeps");
	spool_free(reader);
	spool_free(s);
}

static void names(void)
{
	static const char *const bad[] = { "", ".", "..", "tmp", "../../etc/passwd", "2cf2",
		"2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824",
		"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b98240",
		"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e7304336293/../xx" };
	char dir[96], path[200];
	struct spool *s = fresh("names", dir);
	int fd;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(spool_object(s, bad[i], &fd, NULL, &e) == -1 && fd == -1 && e.code == EINVAL,
		   "'%s' is no object's name", bad[i]);
	ok(spool_object(s, HELLO_SHA256, &fd, NULL, &e) == -1 && e.code == ENOENT,
	   "an object that is not there is ENOENT");
	snprintf(path, sizeof(path), "%s/%s", dir, HELLO_SHA256);
	ok(symlink("/etc/passwd", path) == 0 && spool_object(s, HELLO_SHA256, &fd, NULL, &e) == -1,
	   "a symbolic link is not followed");
	unlink(path);
	ok(mkfifo(path, 0600) == 0 && spool_object(s, HELLO_SHA256, &fd, NULL, &e) == -1,
	   "a FIFO is refused, and not waited for");
	unlink(path);
	ok(spool_open(&(struct spool *){ NULL }, "/nonexistent/spool", true, &e) == -1,
	   "a spool without a directory does not open: %s", e.text);
	spool_free(s);
}

static int stop_at_second(void *ctx, const char *hex)
{
	(void)hex;
	return ++*(int *)ctx == 2 ? 7 : 0;
}

static void walks(void)
{
	char dir[96], hex[DIGEST_HEX];
	struct spool *s = fresh("walks", dir);
	int n = 0;

	put(s, VIEW("a"), hex);
	put(s, VIEW("b"), hex);
	put(s, VIEW("c"), hex);
	ok(spool_each(s, stop_at_second, &n, &e) == 7 && n == 2,
	   "a walk ends where its visitor says so, with its answer");
	ok(objects(s) == 3 && objects(s) == 3, "every walk starts at the first object");
	spool_free(s);
}

/* Runs put() in a child that ends at its n-th call of fsync or rename; then what a restart finds. */
static void crash(int n, const char *where, int want_objects)
{
	char dir[96], name[16], hex[DIGEST_HEX];
	struct spool *s;
	pid_t pid;
	int status = 0;

	snprintf(name, sizeof(name), "crash%d", n);
	s = fresh(name, dir);
	pid = fork();
	if (pid == 0) {
		watch(n, 0);
		put(s, VIEW("hello"), hex);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 9, "the process ends %s", where);
	ok(objects(s) == want_objects && in_tmp(dir) == 1 - want_objects, "%s there %s an object", where,
	   want_objects ? "is" : "is not yet");
	ok(spool_sweep(s, &e) == 0 && in_tmp(dir) == 0 && objects(s) == want_objects,
	   "the sweep takes tmp's rest and no object");
	watch(0, 0);
	ok(put(s, VIEW("hello"), hex) == 0 && objects(s) == 1 && strcmp(order, "frd") == 0,
	   "the second try makes the object durable");
	spool_free(s);
}

static void refusals(void)
{
	static const char *const where[] = { "the file's fsync", "the rename", "the directory's fsync" };

	for (int n = 1; n <= 3; n++) {
		char dir[96], name[16], hex[DIGEST_HEX];
		struct spool *s;

		snprintf(name, sizeof(name), "refuse%d", n);
		s = fresh(name, dir);
		watch(0, n);
		ok(put(s, VIEW("hello"), hex) == -1, "%s fails: nothing is promised (%s)", where[n - 1], e.text);
		ok(in_tmp(dir) == 0, "and tmp is empty");
		watch(0, 0);
		ok(put(s, VIEW("hello"), hex) == 0 && objects(s) == 1, "trying again succeeds");
		spool_free(s);
	}
}

/* A child killed in mid-write: its bytes are in tmp and nowhere else. */
static void half_written(void)
{
	char dir[96];
	struct spool *s = fresh("half", dir);
	int go[2];
	pid_t pid;

	if (pipe(go) == -1)
		return;
	pid = fork();
	if (pid == 0) {
		struct spool_writer *w;

		if (spool_begin(&w, s, &e) == 0 && spool_write(w, VIEW("half of it"), &e) == 0 &&
		    write(go[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ok(read(go[0], &(char){ 0 }, 1) == 1 && kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid,
	   "a writer is killed in the middle");
	ok(in_tmp(dir) == 1 && objects(s) == 0, "its half lies in tmp and is no object");
	ok(spool_sweep(s, &e) == 0 && in_tmp(dir) == 0, "the sweep removes it");
	close(go[0]);
	close(go[1]);
	spool_free(s);
}

/* In a child: 64 KiB of disk, 128 KiB of bytes.  Exit status: 0 good, 77 no tmpfs here, else which step was wrong. */
static int full_disk(const char *dir)
{
	static char bytes[128 << 10];
	char hex[DIGEST_HEX];
	struct spool_writer *w;
	struct spool *s;

	if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=64k") == -1)
		return 77;
	if (spool_open(&s, dir, true, &e) == -1 || spool_begin(&w, s, &e) == -1)
		return 1;
	if (spool_write(w, (struct view){ bytes, sizeof(bytes) }, &e) != -1 || e.code != ENOSPC)
		return 2;
	spool_abort(w);
	if (in_tmp(dir) != 0 || objects(s) != 0)
		return 3;
	return put(s, VIEW("fits"), hex) == 0 && objects(s) == 1 ? 0 : 4;
}

static void disk_full(void)
{
	char dir[96];
	int status = 0;
	pid_t pid;

	snprintf(dir, sizeof(dir), "%s/full", root);
	mkdir(dir, 0750);
	pid = fork();
	if (pid == 0)
		_exit(full_disk(dir));
	waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (status == 77) {
		printf("ok %u - a full disk # SKIP mounting a tmpfs needs root\n", ++tap_count);
		return;
	}
	ok(status == 0, "on a full disk nothing is promised, nothing is left, and what fits goes on (step %d)", status);
}

static void digests(void)
{
	struct digest *d;
	char hex[DIGEST_HEX];
	unsigned char raw[32];

	digest_hex(VIEW("hello"), hex);
	is_str(hex, HELLO_SHA256, "the hash of a text is the known one");
	ok(digest_open(&d, &e) == 0, "a running hash opens");
	digest_update(d, VIEW("hel"));
	digest_update(d, (struct view){ NULL, 0 });
	digest_update(d, VIEW("lo"));
	digest_final_hex(d, hex);
	is_str(hex, HELLO_SHA256, "and is the same in pieces");
	digest_raw(VIEW("hello"), raw);
	ok(raw[0] == 0x2c && raw[31] == 0x24, "the raw form has the same bytes");
	ok(digest_fd_hex(-1, hex, NULL, &e) == -1 && e.code == EBADF, "a file that cannot be read is an error: %s",
	   e.text);
	digest_free(NULL);
}

int main(void)
{
	if (mkdtemp(root) == NULL)
		return 1;
	digests();
	good_days();
	names();
	walks();
	crash(1, "before the file's fsync", 0);
	crash(2, "between fsync and rename", 0);
	crash(3, "between rename and the directory's fsync", 1);
	refusals();
	half_written();
	disk_full();
	ok(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, "the test leaves nothing behind");
	return done_testing();
}
