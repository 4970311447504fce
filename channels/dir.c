/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dir - see dir.h
 *
 * Every verb opens its directory anew: a watched directory may be unmounted and come back, and what is meant is always
 * what stands at the path now.  O_NONBLOCK keeps a fifo under a hostile name from holding us.
 *
 * Failure: -1 and *err with errno; what a failed put has written is removed again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/dir.h"

#define BLOCK ((size_t)256 << 10)

static int open_dir(int *fd, const char *dir, struct err *e)
{
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd != -1 ? 0 : err_set(e, errno, "cannot open directory '%s': %s", dir, strerror(errno));
}

static bool sane_name(const char *name, struct err *e)
{
	if (name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return true;
	err_set(e, EINVAL, "name is empty or holds a '/'");
	return false;
}

static void to_attrs(const struct stat *st, struct far_attrs *a)
{
	*a = (struct far_attrs){
		.size = (uint64_t)st->st_size, .mtime = st->st_mtim.tv_sec, .mtime_ns = st->st_mtim.tv_nsec,
		.regular = S_ISREG(st->st_mode), .is_dir = S_ISDIR(st->st_mode),
	};
}

int dir_list(const char *dir, far_each *each, void *ctx, struct err *e)
{
	struct far_attrs attrs;
	struct dirent *entry;
	struct stat st;
	size_t seen = 0;
	int fd, rc = -1;
	DIR *d;

	if (open_dir(&fd, dir, e) != 0)
		return -1;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return err_set(e, errno, "cannot list '%s': %s", dir, strerror(errno));
	}
	while ((errno = 0, entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++seen > FAR_LIST_MAX) {
			err_set(e, E2BIG, "'%s' holds over %d names", dir, FAR_LIST_MAX);
			goto out;
		}
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;		/* gone since: the next list tells */
		to_attrs(&st, &attrs);
		if (each(ctx, view_of(entry->d_name), &attrs) != 0) {
			err_set(e, ECANCELED, "listing of '%s' ended by its caller", dir);
			goto out;
		}
	}
	rc = errno == 0 ? 0 : err_set(e, errno, "cannot list '%s': %s", dir, strerror(errno));
out:
	closedir(d);
	return rc;
}

int dir_stat(const char *dir, const char *name, enum far_found *found, struct far_attrs *attrs, struct err *e)
{
	struct stat st;
	int fd, rc;

	*attrs = (struct far_attrs){ 0 };
	*found = FAR_NOT_THERE;
	if (!sane_name(name, e) || open_dir(&fd, dir, e) != 0)
		return -1;
	rc = fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW);
	if (rc == 0) {
		to_attrs(&st, attrs);
		*found = FAR_THERE;
	} else if (errno == ENOENT) {
		rc = 0;
	} else {
		err_set(e, errno, "cannot stat '%s': %s", name, strerror(errno));
	}
	close(fd);
	return rc;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec
	       && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int read_through(int fd, const char *name, far_sink *sink, void *ctx, uint64_t *size, struct err *e)
{
	char *block = malloc(BLOCK);
	ssize_t n = -1;
	int rc = -1;

	if (block == NULL)
		return err_set(e, ENOMEM, "no memory to read '%s'", name);
	while ((n = read(fd, block, BLOCK)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_set(e, errno, "cannot read '%s': %s", name, strerror(errno));
			goto out;
		}
		if (sink(ctx, (struct view){ block, (size_t)n }, e) != 0)
			goto out;
		*size += (uint64_t)n;
	}
	rc = 0;
out:
	free(block);
	return rc;
}

int dir_get(const char *dir, const char *name, far_sink *sink, void *ctx, uint64_t *size, struct err *e)
{
	struct stat before, after;
	int dirfd, fd = -1, rc = -1;

	*size = 0;
	if (!sane_name(name, e) || open_dir(&dirfd, dir, e) != 0)
		return -1;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &before) == -1) {
		err_set(e, errno, "cannot open '%s': %s", name, strerror(errno));
		goto out;
	}
	if (!S_ISREG(before.st_mode)) {
		err_set(e, EINVAL, "'%s' is not a regular file", name);
		goto out;
	}
	if (read_through(fd, name, sink, ctx, size, e) != 0)
		goto out;
	if (fstat(fd, &after) == -1 || !same(&before, &after) || *size != (uint64_t)after.st_size) {
		err_set(e, EAGAIN, "'%s' changed while it was read", name);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	close(dirfd);
	return rc;
}

static int write_block(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int copy(int from, int to, uint64_t size, const char *name, struct err *e)
{
	char *block = malloc(BLOCK);
	uint64_t at = 0;
	int rc = -1;

	if (block == NULL)
		return err_set(e, ENOMEM, "no memory to write '%s'", name);
	while (at < size) {
		size_t want = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
		ssize_t n = pread(from, block, want, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set(e, n == 0 ? EIO : errno, "cannot read what is to be put: %s",
				n == 0 ? "it is shorter than told" : strerror(errno));
			goto out;
		}
		if (write_block(to, block, (size_t)n) == -1) {
			err_set(e, errno, "cannot write '%s': %s", name, strerror(errno));
			goto out;
		}
		at += (uint64_t)n;
	}
	rc = fsync(to) == 0 ? 0 : err_set(e, errno, "cannot write '%s' to disk: %s", name, strerror(errno));
out:
	free(block);
	return rc;
}

int dir_put(const char *dir, const char *name, int from, uint64_t size, struct err *e)
{
	int dirfd, fd, rc = -1;

	if (!sane_name(name, e) || open_dir(&dirfd, dir, e) != 0)
		return -1;
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd == -1) {
		err_set(e, errno, "cannot create '%s': %s", name, strerror(errno));
		goto out;
	}
	rc = copy(from, fd, size, name, e);
	if (rc == 0 && fsync(dirfd) == -1)
		rc = err_set(e, errno, "cannot write '%s' to disk: %s", dir, strerror(errno));
	if (rc != 0)
		unlinkat(dirfd, name, 0);
	close(fd);
out:
	close(dirfd);
	return rc;
}

/* A file system that has no RENAME_NOREPLACE gets link and unlink, which do not replace either. */
static int rename_free(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return linkat(from_fd, from, to_fd, to, 0) == -1 ? -1 : unlinkat(from_fd, from, 0);
}

int dir_sync(const char *dir, struct err *e)
{
	int fd, rc;

	if (open_dir(&fd, dir, e) != 0)
		return -1;
	rc = fsync(fd) == 0 ? 0 : err_set(e, errno, "cannot write '%s' to disk: %s", dir, strerror(errno));
	close(fd);
	return rc;
}

int dir_move_unsynced(const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *e)
{
	int from_fd = -1, to_fd = -1, rc = -1;

	if (!sane_name(from, e) || !sane_name(to, e) || open_dir(&from_fd, from_dir, e) != 0)
		return -1;
	if (open_dir(&to_fd, to_dir, e) != 0)
		goto out;
	rc = rename_free(from_fd, from, to_fd, to);
	if (rc == -1)
		err_set(e, errno, "cannot rename '%s' to '%s': %s", from, to, strerror(errno));
out:
	if (to_fd != -1)
		close(to_fd);
	close(from_fd);
	return rc;
}

int dir_move(const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *e)
{
	return dir_move_unsynced(from_dir, from, to_dir, to, e) == 0 && dir_sync(to_dir, e) == 0 ? dir_sync(from_dir, e) : -1;
}

int dir_remove(const char *dir, const char *name, struct err *e)
{
	int fd, rc;

	if (!sane_name(name, e) || open_dir(&fd, dir, e) != 0)
		return -1;
	rc = unlinkat(fd, name, 0);
	if (rc == -1)
		err_set(e, errno, "cannot remove '%s': %s", name, strerror(errno));
	else if (fsync(fd) == -1)
		rc = err_set(e, errno, "cannot write '%s' to disk: %s", dir, strerror(errno));
	close(fd);
	return rc;
}

int dir_make(const char *dir, struct err *e)
{
	struct stat st;

	if (mkdir(dir, 0750) == 0)
		return 0;
	if (errno == EEXIST && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return err_set(e, errno, "cannot make directory '%s': %s", dir, strerror(errno));
}
