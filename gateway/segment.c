/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment - the records of one parcel on disk, in the order they came: written once, read again by range
 *
 *   block = u32 length of the body | u32 crc32c of the body | u16 version | u16 type | u32 count | u64 first | u32 0
 *           | u32 crc32c of these 28 bytes | body                                      all little endian
 *   type RECORDS: body = `count` wire records, the first of them number `first`
 *   type END: the last block; count 0, first = records + 1, body = u64 bytes of all bodies before it; nothing follows
 *
 * The head has a CRC of its own, so that opening reads heads only and still believes no damaged length.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/crc32c.h"
#include "gateway/segment.h"

#define HEAD 32u
#define HEAD_CHECKED 28u
#define VERSION 1u
#define END_BODY 8u

enum block_type { BLOCK_RECORDS = 1, BLOCK_END };

struct head { uint32_t length, crc, count; uint16_t version, type; uint64_t first; };
struct block { uint64_t at, first; uint32_t length, crc, count; };

struct segment_writer {
	char *path, *part;
	int fd;				/* -1: small so far, *held has it */
	struct buf held;
	uint64_t at, count, bytes;
	bool failed;
};

struct segment {
	char *path;
	int fd;				/* -1: *mem has it */
	struct buf mem;
	struct block *blocks;
	size_t n, cap;
	uint64_t count, bytes;
};

static uint32_t get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static uint64_t get64(const char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* --- writing --- */

static int damaged(struct err *e, const char *path, uint64_t at, const char *what)
{
	return err_set(e, EBADMSG, "cannot use the segment '%s': %s at byte %" PRIu64, path, what, at);
}

int segment_begin(struct segment_writer **out, const char *path, struct err *e)
{
	struct segment_writer *w = calloc(1, sizeof(*w));
	size_t n = strlen(path);

	*out = NULL;
	if (w == NULL || (w->path = strdup(path)) == NULL || (w->part = malloc(n + 6)) == NULL) {
		if (w != NULL)
			free(w->path);
		free(w);
		return err_set(e, ENOMEM, "cannot create the segment '%s': out of memory", path);
	}
	w->fd = -1;
	memcpy(w->part, path, n);
	memcpy(w->part + n, ".part", 6);
	*out = w;
	return 0;
}

static int make_file(struct segment_writer *w, struct err *e)
{
	w->fd = open(w->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	return w->fd != -1 ? 0 : err_set(e, errno, "cannot create the segment '%s': %s", w->part, strerror(errno));
}

int segment_create(struct segment_writer **out, const char *path, struct err *e)
{
	if (segment_begin(out, path, e) == -1)
		return -1;
	if (make_file(*out, e) == 0)
		return 0;
	segment_abort(*out);
	*out = NULL;
	return -1;
}

static int write_file(struct segment_writer *w, struct view v, struct err *e)
{
	while (v.n > 0) {
		ssize_t n = pwrite(w->fd, v.p, v.n, (off_t)w->at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, n == 0 ? EIO : errno, "cannot write the segment '%s' at byte %" PRIu64 ": %s",
				       w->part, w->at, strerror(n == 0 ? EIO : errno));
		v = (struct view){ v.p + n, v.n - (size_t)n };
		w->at += (uint64_t)n;
	}
	return 0;
}

static int write_at_end(struct segment_writer *w, struct view v, struct err *e)
{
	if (w->fd == -1 && w->held.n + v.n <= SEGMENT_SMALL) {
		buf_view(&w->held, v);
		return w->held.failed ? err_set(e, ENOMEM, "cannot write the segment '%s': out of memory", w->part) : 0;
	}
	if (w->fd == -1) {
		if (make_file(w, e) == -1 || write_file(w, buf_as_view(&w->held), e) == -1)
			return -1;
		buf_release(&w->held);
	}
	return write_file(w, v, e);
}

static int write_block(struct segment_writer *w, enum block_type type, uint32_t count, struct view body, struct err *e)
{
	struct buf head = { .max = HEAD };
	int rc;

	buf_u32(&head, (uint32_t)body.n);
	buf_u32(&head, crc32c(body));
	buf_u16(&head, VERSION);
	buf_u16(&head, (uint16_t)type);
	buf_u32(&head, count);
	buf_u64(&head, w->count + 1);
	buf_u32(&head, 0);
	buf_u32(&head, crc32c(buf_as_view(&head)));
	rc = head.failed ? err_set(e, ENOMEM, "cannot write the segment '%s': out of memory", w->part) : 0;
	if (rc == 0)
		rc = write_at_end(w, buf_as_view(&head), e);
	if (rc == 0)
		rc = write_at_end(w, body, e);
	buf_release(&head);
	if (rc == -1)
		w->failed = true;
	return rc;
}

/* The length of the record in front, 0 when *rest does not hold one whole. */
static size_t record_length(struct view rest)
{
	uint32_t n;

	if (rest.n < 4 || (n = get32(rest.p)) > rest.n - 4)
		return 0;
	return 4 + (size_t)n;
}

static bool holds(struct view records, uint64_t count)
{
	size_t n;

	for (; count > 0 && (n = record_length(records)) > 0; count--)
		records = (struct view){ records.p + n, records.n - n };
	return count == 0 && records.n == 0;
}

int segment_append(struct segment_writer *w, struct view records, uint64_t count, struct err *e)
{
	if (w->failed)
		return err_set(e, EIO, "cannot write the segment '%s': an earlier write failed", w->part);
	if (count == 0 && records.n == 0)
		return 0;
	if (records.n > SEGMENT_BLOCK_MAX || !holds(records, count)) {
		w->failed = true;
		return err_set(e, EINVAL, "cannot write the segment '%s': %zu bytes are not %" PRIu64 " whole records",
			       w->part, records.n, count);
	}
	if (write_block(w, BLOCK_RECORDS, (uint32_t)count, records, e) == -1)
		return -1;
	w->count += count;
	w->bytes += records.n;
	return 0;
}

int segment_settle(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || fsync(fd) == -1)
		rc = err_set(e, errno, "cannot fsync the directory '%s': %s", dir, strerror(errno));
	if (fd != -1)
		close(fd);
	return rc;
}

static int settle_directory_of(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	int rc = dir == NULL ? err_set(e, ENOMEM, "cannot fsync the directory of '%s': out of memory", path) : segment_settle(dir, e);

	free(dir);
	return rc;
}

static int write_end(struct segment_writer *w, struct err *e)
{
	struct buf end = { .max = END_BODY };
	int rc;

	if (w->failed)
		return err_set(e, EIO, "cannot finish the segment '%s': an earlier write failed", w->part);
	buf_u64(&end, w->bytes);
	rc = end.failed ? err_set(e, ENOMEM, "cannot finish the segment '%s': out of memory", w->part)
			: write_block(w, BLOCK_END, 0, buf_as_view(&end), e);
	buf_release(&end);
	return rc;
}

static int publish(struct segment_writer *w, struct err *e)
{
	if (fsync(w->fd) == -1)
		return err_set(e, errno, "cannot fsync the segment '%s': %s", w->part, strerror(errno));
	if (rename(w->part, w->path) == -1)
		return err_set(e, errno, "cannot publish the segment '%s': %s", w->path, strerror(errno));
	w->part[0] = '\0';			/* nothing is left to remove */
	return 0;
}

int segment_end(struct segment_writer **at, struct buf *small, struct err *e)
{
	struct segment_writer *w = *at;
	int rc = write_end(w, e);

	buf_clear(small);
	if (rc == 0 && w->fd == -1) {
		buf_view(small, buf_as_view(&w->held));
		rc = small->failed ? err_set(e, ENOMEM, "cannot finish the segment '%s': out of memory", w->path) : 0;
	} else if (rc == 0) {
		rc = publish(w, e);
	}
	segment_abort(w);
	*at = NULL;
	return rc;
}

int segment_finish(struct segment_writer **w, struct err *e)
{
	int rc = write_end(*w, e);

	if (rc == 0)
		rc = publish(*w, e);
	if (rc == 0)
		rc = settle_directory_of((*w)->path, e);
	segment_abort(*w);
	*w = NULL;
	return rc;
}

void segment_abort(struct segment_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1) {
		close(w->fd);
		if (w->part[0] != '\0')
			unlink(w->part);
	}
	buf_release(&w->held);
	free(w->path);
	free(w->part);
	free(w);
}

int segment_remove(const char *path, struct err *e)
{
	if (unlink(path) == -1 && errno != ENOENT)
		return err_set(e, errno, "cannot remove the segment '%s': %s", path, strerror(errno));
	return 0;
}

/* --- reading --- */

static int read_at(const struct segment *s, uint64_t at, char *p, size_t n, struct err *e)
{
	if (s->fd == -1) {
		if (at > s->mem.n || n > s->mem.n - at)
			return damaged(e, s->path, at, "it ends");
		memcpy(p, s->mem.p + at, n);
		return 0;
	}
	while (n > 0) {
		ssize_t got = pread(s->fd, p, n, (off_t)at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return err_set(e, errno, "cannot read the segment '%s' at byte %" PRIu64 ": %s", s->path, at,
				       strerror(errno));
		if (got == 0)
			return damaged(e, s->path, at, "it ends");
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

static int read_head(const struct segment *s, uint64_t at, struct head *h, struct err *e)
{
	char p[HEAD];

	if (read_at(s, at, p, sizeof(p), e) == -1)
		return -1;
	*h = (struct head){ .length = get32(p), .crc = get32(p + 4), .version = (uint16_t)(get32(p + 8) & 0xffff),
			    .type = (uint16_t)(get32(p + 8) >> 16), .count = get32(p + 12), .first = get64(p + 16) };
	if (get32(p + HEAD_CHECKED) != crc32c((struct view){ p, HEAD_CHECKED }))
		return damaged(e, s->path, at, "the head of a block is damaged");
	if (h->version != VERSION)
		return damaged(e, s->path, at, "a block of a version we do not know");
	if (h->first != s->count + 1 || h->length > SEGMENT_BLOCK_MAX ||
	    (h->type != BLOCK_RECORDS && h->type != BLOCK_END))
		return damaged(e, s->path, at, "a block that does not follow the one before");
	return 0;
}

static int index_block(struct segment *s, uint64_t at, const struct head *h, struct err *e)
{
	size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
	struct block *p = s->blocks;

	if (s->n == s->cap) {
		p = s->n >= SEGMENT_BLOCKS ? NULL : realloc(s->blocks, cap * sizeof(*p));
		if (p == NULL)
			return err_set(e, ENOMEM, "cannot open the segment '%s': out of memory", s->path);
		s->blocks = p;
		s->cap = cap;
	}
	s->blocks[s->n++] = (struct block){ at, h->first, h->length, h->crc, h->count };
	s->count += h->count;
	s->bytes += h->length;
	return 0;
}

static int read_end(const struct segment *s, uint64_t at, const struct head *h, uint64_t size, struct err *e)
{
	char body[END_BODY];

	if (h->length != END_BODY || h->count != 0 || at + HEAD + END_BODY != size)
		return damaged(e, s->path, at, "the end is not the end");
	if (read_at(s, at + HEAD, body, sizeof(body), e) == -1)
		return -1;
	if (h->crc != crc32c((struct view){ body, sizeof(body) }) || get64(body) != s->bytes)
		return damaged(e, s->path, at, "the totals in the end are wrong");
	return 0;
}

static int build_index(struct segment *s, uint64_t size, struct err *e)
{
	struct head h;

	for (uint64_t at = 0;; at += HEAD + h.length) {
		if (read_head(s, at, &h, e) == -1)
			return -1;
		if (h.type == BLOCK_END)
			return read_end(s, at, &h, size, e);
		if (index_block(s, at, &h, e) == -1)
			return -1;
	}
}

int segment_open(struct segment **out, const char *path, struct err *e)
{
	struct segment *s = calloc(1, sizeof(*s));
	struct stat st;

	*out = NULL;
	if (s == NULL || (s->path = strdup(path)) == NULL) {
		free(s);
		return err_set(e, ENOMEM, "cannot open the segment '%s': out of memory", path);
	}
	s->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (s->fd == -1) {
		err_set(e, errno, "cannot open the segment '%s': %s", path, strerror(errno));
		goto out;
	}
	if (fstat(s->fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		err_set(e, EINVAL, "cannot use the segment '%s': it is not a regular file", s->path);
		goto out;
	}
	if (build_index(s, (uint64_t)st.st_size, e) == -1)
		goto out;
	*out = s;
	return 0;
out:
	segment_free(s);
	return -1;
}

int segment_open_bytes(struct segment **out, struct view bytes, struct err *e)
{
	struct segment *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL || (s->path = strdup("in the ledger")) == NULL) {
		free(s);
		return err_set(e, ENOMEM, "cannot open a small segment: out of memory");
	}
	s->fd = -1;
	buf_view(&s->mem, bytes);
	if (s->mem.failed)
		err_set(e, ENOMEM, "cannot open a small segment: out of memory");
	else if (build_index(s, bytes.n, e) == 0)
		*out = s;
	if (*out == NULL)
		segment_free(s);
	return *out != NULL ? 0 : -1;
}

uint64_t segment_count(const struct segment *s)
{
	return s->count;
}

uint64_t segment_bytes(const struct segment *s)
{
	return s->bytes;
}

void segment_free(struct segment *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	buf_release(&s->mem);
	free(s->blocks);
	free(s->path);
	free(s);
}

/* The block that holds record `number`, which is there. */
static size_t block_of(const struct segment *s, uint64_t number)
{
	size_t from = 0, to = s->n;

	while (to - from > 1) {
		size_t mid = from + (to - from) / 2;

		if (s->blocks[mid].first <= number)
			from = mid;
		else
			to = mid;
	}
	return from;
}

/* Reads the block behind what *out holds, verifies it, then keeps only records skip .. skip + take - 1 of it. */
static int read_part(const struct segment *s, const struct block *b, uint64_t skip, uint64_t take, struct buf *out,
		     struct err *e)
{
	char *to = buf_reserve(out, b->length);
	struct view body = { to, b->length };
	size_t from = 0, end;

	if (to == NULL)
		return err_set(e, ENOMEM, "cannot read the segment '%s': no room for %" PRIu32 " bytes", s->path,
			       b->length);
	if (read_at(s, b->at + HEAD, to, b->length, e) == -1)
		return -1;
	if (crc32c(body) != b->crc || !holds(body, b->count))
		return damaged(e, s->path, b->at, "a damaged block");
	for (; skip > 0; skip--)
		from += record_length(view_sub(body, from, body.n));
	for (end = from; take > 0; take--)
		end += record_length(view_sub(body, end, body.n));
	memmove(to, to + from, end - from);
	out->n += end - from;
	return 0;
}

int segment_read(struct segment *s, uint64_t first, uint64_t count, struct buf *out, struct err *e)
{
	size_t was = out->n;

	if (first == 0)
		return err_set(e, EINVAL, "cannot read the segment '%s': records are counted from 1", s->path);
	if (first > s->count)
		return 0;
	if (count > s->count - first + 1)
		count = s->count - first + 1;
	for (size_t i = block_of(s, first); count > 0; i++) {
		const struct block *b = &s->blocks[i];
		uint64_t skip = first - b->first, take = b->count - skip < count ? b->count - skip : count;

		if (read_part(s, b, skip, take, out, e) == -1) {
			out->n = was;
			return -1;
		}
		first += take;
		count -= take;
	}
	return 0;
}
