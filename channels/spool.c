/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool - the bytes of parcels, named by their SHA-256
 *
 * The order that makes a name a promise: write under tmp/, fsync the file, rename it to its hash without replacement,
 * fsync the directory.  An object of that hash that is there already holds the same bytes: ours is dropped and the
 * directory is fsynced all the same, since the one that renamed it may have died before its own fsync.
 *
 * Failure: -1 and *err (code = errno; ENOENT from spool_object means "no such object").  A half-written object stays in
 * tmp/ only when the process dies; spool_sweep() removes it at the next start.
 * Ownership: a writer belongs to its caller until spool_commit() or spool_abort(); an object's fd is the caller's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/spool.h"

#define TMP_NAME 48
#define TMP_TRIES 100

struct spool {
	char *dir;			/* as given, for messages */
	int fd, tmp_fd;			/* tmp_fd -1: read-only */
	unsigned long serial;
};

struct spool_writer {
	struct spool *spool;
	struct digest *digest;
	int fd;
	uint64_t size;
	char name[TMP_NAME];
};

static bool is_hash(const char *name)
{
	return strlen(name) == DIGEST_HEX - 1 && strspn(name, "0123456789abcdef") == DIGEST_HEX - 1;
}

static int open_tmp(struct spool *s, struct err *e)
{
	if (mkdirat(s->fd, "tmp", 0750) == -1 && errno != EEXIST)
		return err_set(e, errno, "cannot make '%s/tmp': %s", s->dir, strerror(errno));
	s->tmp_fd = openat(s->fd, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->tmp_fd == -1)
		return err_set(e, errno, "cannot open '%s/tmp': %s", s->dir, strerror(errno));
	return 0;
}

int spool_open(struct spool **out, const char *dir, bool writable, struct err *e)
{
	struct spool *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL || (s->dir = strdup(dir)) == NULL) {
		free(s);
		return err_set(e, ENOMEM, "cannot open '%s': out of memory", dir);
	}
	s->tmp_fd = -1;
	s->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1) {
		err_set(e, errno, "cannot open the spool '%s': %s", dir, strerror(errno));
		goto out;
	}
	if (writable && open_tmp(s, e) == -1)
		goto out;
	*out = s;
	return 0;
out:
	spool_free(s);
	return -1;
}

void spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	if (s->tmp_fd != -1)
		close(s->tmp_fd);
	free(s->dir);
	free(s);
}

/* A stream of its own over dirfd: closing it leaves dirfd open, and reading starts at the first name. */
static DIR *list(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (dir == NULL && fd != -1)
		close(fd);
	return dir;
}

int spool_sweep(struct spool *s, struct err *e)
{
	struct dirent *entry;
	DIR *dir;
	int rc = -1;

	if (s->tmp_fd == -1)
		return err_set(e, EROFS, "cannot sweep '%s': the spool is open for reading only", s->dir);
	dir = list(s->tmp_fd);
	if (dir == NULL)
		return err_set(e, errno, "cannot list '%s/tmp': %s", s->dir, strerror(errno));
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(s->tmp_fd, entry->d_name, 0) == -1 && errno != ENOENT) {
			err_set(e, errno, "cannot remove '%s/tmp/%s': %s", s->dir, entry->d_name, strerror(errno));
			goto out;
		}
	}
	if (errno != 0) {
		err_set(e, errno, "cannot list '%s/tmp': %s", s->dir, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	closedir(dir);
	return rc;
}

/* A name of ours that an earlier process of the same pid left behind is passed over, not reused. */
static int create_tmp(struct spool_writer *w, struct err *e)
{
	for (int i = 0; i < TMP_TRIES; i++) {
		snprintf(w->name, sizeof(w->name), "%ld-%lu", (long)getpid(), ++w->spool->serial);
		w->fd = openat(w->spool->tmp_fd, w->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
		if (w->fd != -1)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return err_set(e, errno, "cannot create '%s/tmp/%s': %s", w->spool->dir, w->name, strerror(errno));
}

int spool_begin(struct spool_writer **out, struct spool *s, struct err *e)
{
	struct spool_writer *w;

	*out = NULL;
	if (s->tmp_fd == -1)
		return err_set(e, EROFS, "cannot write to '%s': the spool is open for reading only", s->dir);
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return err_set(e, ENOMEM, "cannot write to '%s': out of memory", s->dir);
	w->spool = s;
	w->fd = -1;
	if (digest_open(&w->digest, e) == -1 || create_tmp(w, e) == -1) {
		spool_abort(w);
		return -1;
	}
	*out = w;
	return 0;
}

int spool_write(struct spool_writer *w, struct view bytes, struct err *e)
{
	struct view rest = bytes;

	while (rest.n > 0) {
		ssize_t n = write(w->fd, rest.p, rest.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, n == 0 ? EIO : errno, "cannot write '%s/tmp/%s' at byte %" PRIu64 ": %s",
				       w->spool->dir, w->name, w->size, strerror(n == 0 ? EIO : errno));
		digest_update(w->digest, (struct view){ rest.p, (size_t)n });
		rest = (struct view){ rest.p + n, rest.n - (size_t)n };
		w->size += (uint64_t)n;
	}
	return 0;
}

/* What fails here fails again in the fsync. */
void spool_hurry(struct spool_writer *w)
{
	sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int spool_seal(struct spool_writer *w, char hex[DIGEST_HEX], uint64_t *size, struct err *e)
{
	digest_final_hex(w->digest, hex);
	w->digest = NULL;
	if (fsync(w->fd) == -1)
		return err_set(e, errno, "cannot fsync '%s/tmp/%s': %s", w->spool->dir, w->name, strerror(errno));
	if (size != NULL)
		*size = w->size;
	return 0;
}

int spool_publish(struct spool_writer *w, const char hex[DIGEST_HEX], struct err *e)
{
	struct spool *s = w->spool;
	int rc = 0;

	if (renameat2(s->tmp_fd, w->name, s->fd, hex, RENAME_NOREPLACE) == 0)
		w->name[0] = '\0';
	else if (errno != EEXIST)
		rc = err_set(e, errno, "cannot publish '%s/%s': %s", s->dir, hex, strerror(errno));
	spool_abort(w);
	return rc;
}

int spool_settle(struct spool *s, struct err *e)
{
	return fsync(s->fd) == 0 ? 0 : err_set(e, errno, "cannot fsync the directory '%s': %s", s->dir, strerror(errno));
}

int spool_commit(struct spool_writer *w, char hex[DIGEST_HEX], uint64_t *size, struct err *e)
{
	struct spool *s = w->spool;

	if (spool_seal(w, hex, size, e) == -1) {
		spool_abort(w);
		return -1;
	}
	return spool_publish(w, hex, e) == -1 ? -1 : spool_settle(s, e);
}

void spool_abort(struct spool_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1) {
		close(w->fd);
		if (w->name[0] != '\0')
			unlinkat(w->spool->tmp_fd, w->name, 0);
	}
	digest_free(w->digest);
	free(w);
}

int spool_object(struct spool *s, const char *hex, int *fd, uint64_t *size, struct err *e)
{
	struct stat st;

	*fd = -1;
	if (!is_hash(hex))
		return err_set(e, EINVAL, "cannot open an object of '%s': its name is not 64 lower-case hex digits",
			       s->dir);
	*fd = openat(s->fd, hex, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd == -1)
		return err_set(e, errno, "cannot open '%s/%s': %s", s->dir, hex, strerror(errno));
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(*fd);
		*fd = -1;
		return err_set(e, EINVAL, "cannot use '%s/%s': it is not a regular file", s->dir, hex);
	}
	if (size != NULL)
		*size = (uint64_t)st.st_size;
	return 0;
}

int spool_each(struct spool *s, int (*each)(void *ctx, const char *hex), void *ctx, struct err *e)
{
	struct dirent *entry;
	DIR *dir = list(s->fd);
	int rc = 0;

	if (dir == NULL)
		return err_set(e, errno, "cannot list '%s': %s", s->dir, strerror(errno));
	while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (is_hash(entry->d_name))
			rc = each(ctx, entry->d_name);
	}
	if (rc == 0 && errno != 0)
		rc = err_set(e, errno, "cannot list '%s': %s", s->dir, strerror(errno));
	closedir(dir);
	return rc;
}
