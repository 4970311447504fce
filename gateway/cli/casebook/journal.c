/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/journal - see journal.h
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/casebook/journal.h"
#include "gateway/cli/reconcile/csv.h"

#define BYTES_MOST ((off_t)1 << 30)

static const char header[] = "number,left,act,match,bank_ids,book_ids,write_off,owner,about,by,uid,at,persons,against,reason,previous";
static const char *const names[] = { "number", "left", "act", "match", "bank_ids", "book_ids", "write_off", "owner", "about", "by", "uid", "at",
	"persons", "against", "reason", "previous", NULL };

static int slurp(struct journal *j, struct err *err)
{
	struct stat st;
	ssize_t got = 1;

	if (fstat(j->fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > BYTES_MOST)
		return err_set(err, EINVAL, "cannot read '%s': it is no file of a size that can be read", j->path);
	j->raw = malloc((size_t)st.st_size + 1);
	while (j->raw != NULL && j->n < (size_t)st.st_size && (got = pread(j->fd, j->raw + j->n, (size_t)st.st_size - j->n, (off_t)j->n)) > 0)
		j->n += (size_t)got;
	return j->raw == NULL || got < 0 ? err_set(err, errno, "cannot read '%s': %s", j->path, strerror(errno)) : 0;
}

static uint64_t number_of(struct view v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.n && i < 18; i++)
		n = v.p[i] < '0' || v.p[i] > '9' ? UINT64_MAX : n == UINT64_MAX ? n : n * 10 + (uint64_t)(v.p[i] - '0');
	return v.n == 0 || v.n > 18 ? UINT64_MAX : n;
}

/* decisions.head: "12 HASH\n".  0 and *rows 0: there is none. */
static int read_head(struct journal *j, uint64_t *rows, char hash[DIGEST_HEX], struct err *err)
{
	char text[128];
	ssize_t got;
	struct view v, count;
	int fd = openat(j->dir, JOURNAL_HEAD, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*rows = 0;
	if (fd == -1)
		return errno == ENOENT ? 0 : err_set(err, errno, "cannot read '%s': %s", JOURNAL_HEAD, strerror(errno));
	got = read(fd, text, sizeof(text));
	close(fd);
	v = (struct view){ text, got < 0 ? 0 : (size_t)got };
	if (!view_cut(&v, ' ', &count) || v.n != DIGEST_HEX || v.p[DIGEST_HEX - 1] != '\n' || (*rows = number_of(count)) == UINT64_MAX)
		return err_set(err, -1, "'%s' beside '%s' is not what tallygate wrote", JOURNAL_HEAD, j->path);
	memcpy(hash, v.p, DIGEST_HEX - 1);
	hash[DIGEST_HEX - 1] = '\0';
	return 0;
}

/* Where a group may write the folder, it may go on with the journal, whatever the umask of who began it. */
static void share(const struct journal *j, int fd)
{
	struct stat dir, file;

	if (fstat(j->dir, &dir) == 0 && fstat(fd, &file) == 0 && file.st_uid == geteuid() && (dir.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		(void)!fchmod(fd, 0640 | (dir.st_mode & (S_IWGRP | S_IWOTH | S_IROTH)));
}

static int write_head(struct journal *j, struct err *err)
{
	static const char part[] = "." JOURNAL_HEAD ".part";
	char text[128];
	int n = snprintf(text, sizeof(text), "%u %s\n", j->rows, j->last), rc = 0;
	int fd = openat(j->dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd != -1)
		share(j, fd);
	if (fd == -1 || write_whole(fd, text, (size_t)n, -1) == -1 || fsync(fd) == -1 || renameat(j->dir, part, j->dir, JOURNAL_HEAD) == -1 ||
	    fsync(j->dir) == -1)
		rc = err_set(err, errno, "cannot write '%s': %s", JOURNAL_HEAD, strerror(errno));
	if (fd != -1)
		close(fd);
	return rc;
}

/* Rows one by one: number, chain, batches; j->whole and j->last move on with each whole batch. */
static int verify(struct journal *j, struct err *err)
{
	char previous[DIGEST_HEX], hash[DIGEST_HEX], head[DIGEST_HEX] = "", at_head[DIGEST_HEX] = "";
	struct view rest = { j->raw, j->n }, line, v[J_COLUMNS];
	uint64_t heads, left = 0, n = 0, first_batch = 0;

	if (read_head(j, &heads, head, err) != 0)
		return -1;
	memcpy(previous, j->last, sizeof(previous));
	if (j->whole == 0 && heads == 0)	/* nothing, or a first row that did not come to its end */
		return 0;
	if (j->n < sizeof(header) || memcmp(j->raw, header, sizeof(header) - 1) != 0 || j->raw[sizeof(header) - 1] != '\n')
		return err_set(err, -1, "'%s' does not begin as tallygate writes it", j->path);
	rest = view_sub(rest, sizeof(header), j->n);
	j->whole = sizeof(header);
	while (rest.n > 0 && memchr(rest.p, '\n', rest.n) != NULL && view_cut(&rest, '\n', &line)) {
		uint64_t follow;

		if (rc_table_next(&j->table, v) != 1 || number_of(v[J_NUMBER]) != n + 1)
			return err_set(err, -1, "'%s', decision %llu is not what tallygate wrote; the journal was changed there", j->path,
				(unsigned long long)n + 1);
		follow = number_of(v[J_LEFT]);
		if (!view_eq(v[J_PREVIOUS], view_of(previous)))
			return n == 0 ? err_set(err, -1, "the decisions in '%s' are about other results than those beside it", j->path) :
				err_set(err, -1, "'%s', decision %llu was changed after decision %llu was written", j->path, (unsigned long long)n,
				(unsigned long long)n + 1);
		if (follow == UINT64_MAX || (left > 0 && follow != left - 1))
			return err_set(err, -1, "'%s', decision %llu is not what tallygate wrote; the journal was changed there", j->path,
				(unsigned long long)n + 1);
		digest_hex(line, hash);
		memcpy(previous, hash, sizeof(previous));
		left = follow;
		if (++n == heads)
			memcpy(at_head, hash, sizeof(at_head));
		if (left > 0)
			continue;
		j->rows = (uint32_t)n;
		j->whole = (size_t)(line.p + line.n + 1 - j->raw);
		memcpy(j->last, hash, sizeof(j->last));
		first_batch = first_batch == 0 ? n : first_batch;
	}
	if (heads > j->rows)
		return err_set(err, -1, "'%s' was cut: it ends with decision %u, %llu were written", j->path, j->rows, (unsigned long long)heads);
	if (heads > 0 && strcmp(head, at_head) != 0)
		return err_set(err, -1, "'%s', decision %llu was changed", j->path, (unsigned long long)heads);
	if (heads == 0 && j->rows > first_batch)
		return err_set(err, -1, "'%s' lacks its '%s': whether it was cut cannot be told", j->path, JOURNAL_HEAD);
	return 0;
}

static int table_over(struct journal *j, struct err *err)
{
	rc_table_close(&j->table);
	j->table = (struct rc_table){ .p = malloc(j->whole + 1), .n = j->whole };
	if (j->table.p == NULL)
		return err_set(err, ENOMEM, "memory is short");
	memcpy(j->table.p, j->raw, j->whole);
	j->table.p[j->whole] = '\n';
	return j->whole == 0 ? 0 : rc_table_head(&j->table, j->path, names, err);
}

int journal_open(struct journal *j, const char *dir, const char results[DIGEST_HEX], bool write, struct err *err)
{
	*j = (struct journal){ .fd = -1, .dir = -1, .writes = write };
	snprintf(j->path, sizeof(j->path), "%.4000s/%s", dir, JOURNAL_NAME);
	memcpy(j->last, results, DIGEST_HEX);
	j->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir == -1)
		return err_set(err, errno, "cannot read '%s': %s", dir, strerror(errno));
	j->fd = openat(j->dir, JOURNAL_NAME, (write ? O_RDWR | O_APPEND | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (j->fd == -1 && errno == ENOENT && !write) {
		uint64_t heads = 0;
		char head[DIGEST_HEX];

		if (read_head(j, &heads, head, err) != 0)
			return -1;
		return heads == 0 ? 0 : err_set(err, -1, "'%s' is gone: %llu decisions were written", j->path, (unsigned long long)heads);
	}
	if (j->fd == -1 || flock(j->fd, write ? LOCK_EX : LOCK_SH) == -1)
		return err_set(err, errno, "cannot open '%s': %s", j->path, strerror(errno));
	if (write)
		share(j, j->fd);
	if (slurp(j, err) != 0)
		return -1;
	j->whole = j->n;
	while (j->whole > 0 && j->raw[j->whole - 1] != '\n')
		j->whole--;
	if (table_over(j, err) != 0 || verify(j, err) != 0)
		return -1;
	return table_over(j, err);
}

int journal_next(struct journal *j, struct view v[J_COLUMNS])
{
	if (j->fd == -1 || j->at >= j->rows)
		return 0;
	j->at++;
	return rc_table_next(&j->table, v);
}

/* Fields are unquoted in place, which is done once: reading on from the start needs a fresh copy. */
int journal_rewind(struct journal *j, struct err *err)
{
	j->at = 0;
	return j->fd == -1 ? 0 : table_over(j, err);
}

bool journal_torn(const struct journal *j)
{
	return j->n > j->whole;
}

static void put_row(struct csv_out *o, const struct journal_row *r, uint32_t number, uint32_t left, const char *previous)
{
	csv_int(o, number);
	csv_int(o, left);
	for (int k = J_ACT; k < J_PREVIOUS; k++)
		csv_text(o, r->v[k]);
	csv_word(o, previous);
	csv_row(o);
}

/* A line break inside a row would end it for the chain. */
static bool one_line(const struct journal_row *r)
{
	for (int k = J_ACT; k < J_PREVIOUS; k++)
		for (size_t i = 0; i < r->v[k].n; i++)
			if ((unsigned char)r->v[k].p[i] < 0x20)
				return false;
	return true;
}

/* A disk that is full leaves a piece of a row: it is ours, the lock is held, and nobody was told of it. */
static void give_up(struct journal *j, struct err *err)
{
	err_set(err, errno, "cannot write '%s': %s; nothing was decided", j->path, strerror(errno));
	if (ftruncate(j->fd, (off_t)j->n) == -1)
		err_wrap(err, "the journal ends in a piece of a row (`tallygate decisions --mend` puts it aside)");
}

int journal_append(struct journal *j, const struct journal_row *rows, uint32_t n, struct err *err)
{
	struct csv_out o = { .fd = -1 };
	char last[DIGEST_HEX];
	int rc = -1;

	memcpy(last, j->last, sizeof(last));
	if (journal_torn(j)) {
		err_set(err, -1, "'%s' ends in the middle of decision %u, which was never confirmed; `tallygate decisions --mend` puts that end aside",
			j->path, j->rows + 1);
		goto out;
	}
	if (j->whole == 0) {
		buf_text(&o.b, header);
		buf_char(&o.b, '\n');
	}
	for (uint32_t i = 0; i < n; i++) {
		size_t from = o.b.n;

		if (!one_line(&rows[i])) {
			err_set(err, -1, "an id of decision %u holds a control character; it cannot stand in '%s'", j->rows + 1 + i, j->path);
			goto out;
		}
		put_row(&o, &rows[i], j->rows + 1 + i, n - 1 - i, last);
		if (!o.b.failed)
			digest_hex((struct view){ o.b.p + from, o.b.n - from - 1 }, last);
	}
	if (o.b.failed)
		err_set(err, ENOMEM, "memory is short");
	else if (write_whole(j->fd, o.b.p, o.b.n, -1) == -1 || fsync(j->fd) == -1)
		give_up(j, err);
	else
		rc = 0;
	if (rc != 0)
		goto out;
	j->rows += n;
	j->whole = j->n += o.b.n;
	memcpy(j->last, last, sizeof(j->last));
	rc = write_head(j, err);
	if (rc != 0)
		err_wrap(err, "decision %u stands in '%s', but", j->rows, j->path);
out:
	buf_release(&o.b);
	return rc;
}

/* The torn end is kept before it is cut off: a second cure finds it again and changes nothing. */
int journal_mend(struct journal *j, struct err *err)
{
	int fd = openat(j->dir, "decisions.torn", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640), rc = 0;

	if (fd == -1 || write_whole(fd, j->raw + j->whole, j->n - j->whole, -1) == -1 || fsync(fd) == -1 || fsync(j->dir) == -1)
		rc = err_set(err, errno, "cannot write 'decisions.torn': %s", strerror(errno));
	else if (ftruncate(j->fd, (off_t)j->whole) == -1 || fsync(j->fd) == -1)
		rc = err_set(err, errno, "cannot write '%s': %s", j->path, strerror(errno));
	if (fd != -1)
		close(fd);
	if (rc == 0)
		j->n = j->whole;
	return rc;
}

void journal_unlock(struct journal *j)
{
	if (j->fd != -1 && !j->writes)
		flock(j->fd, LOCK_UN);
}

void journal_close(struct journal *j)
{
	rc_table_close(&j->table);
	free(j->raw);
	if (j->fd != -1)
		close(j->fd);
	if (j->dir != -1)
		close(j->dir);
	j->raw = NULL;
	j->fd = j->dir = -1;
}
