/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment_test - records come back by any range; every truncation and every flipped bit is found
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/wire.h"
#include "gateway/crc32c.h"
#include "gateway/segment.h"
#include "tests/lib/tap.h"

#define RECORDS 40

static char dir[64] = "/tmp/tg-segment-XXXXXX", path[96], part[104], other[96];
static struct err e;
static size_t at[RECORDS + 2]; /* where record i begins in the bytes of all; at[RECORDS + 1] is their end */
static struct buf all;

static void make_records(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

	for (uint64_t i = 1; i <= RECORDS; i++) {
		struct record r;

		record_init(&r, RECORD_PAYMENT, i + 1);
		r.seq = i;
		record_set_num(&r, F_NET, (int64_t)i * 100);
		record_set_text(&r, F_PARTY, (struct view){ letters, i });
		at[i] = all.n;
		wire_put_record(&all, &r);
	}
	at[RECORDS + 1] = all.n;
}

static struct view range(uint64_t first, uint64_t count)
{
	return (struct view){ all.p + at[first], at[first + count] - at[first] };
}

static int write_file(const char *name, struct view v)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600),
	    rc = fd != -1 && write(fd, v.p, v.n) == (ssize_t)v.n ? 0 : -1;

	close(fd);
	return rc;
}

static int read_file(const char *name, struct buf *out)
{
	int fd = open(name, O_RDONLY);
	char piece[4096];
	ssize_t n;

	buf_clear(out);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_put(out, piece, (size_t)n);
	close(fd);
	return n == 0 ? 0 : -1;
}

/* Blocks of 1, 2, 3, ... records until all are in. */
static int write_segment(const char *name)
{
	struct segment_writer *w;

	if (segment_create(&w, name, &e) == -1)
		return -1;
	for (uint64_t first = 1, n = 1; first <= RECORDS; first += n, n++) {
		uint64_t count = n < RECORDS + 1 - first ? n : RECORDS + 1 - first;

		if (segment_append(w, range(first, count), count, &e) == -1) {
			segment_abort(w);
			return -1;
		}
	}
	return segment_finish(&w, &e);
}

static void writes(void)
{
	struct segment_writer *w = NULL;
	struct segment *s = NULL;

	ok(segment_create(&w, path, &e) == 0 && access(part, F_OK) == 0 && access(path, F_OK) == -1,
	   "what is being written is PATH.part");
	ok(segment_append(w, range(1, 2), 2, &e) == 0, "whole records are taken");
	segment_abort(w);
	ok(access(part, F_OK) == -1 && segment_open(&s, path, &e) == -1 && e.code == ENOENT,
	   "an aborted segment leaves nothing");
	segment_create(&w, path, &e);
	ok(segment_append(w, range(1, 2), 3, &e) == -1, "a count that is not theirs is refused");
	ok(segment_append(w, range(1, 2), 2, &e) == -1 && segment_finish(&w, &e) == -1 && w == NULL &&
		   access(path, F_OK) == -1,
	   "after a refusal nothing can be finished");
	segment_create(&w, path, &e);
	ok(segment_append(w, (struct view){ all.p, at[3] - 1 }, 2, &e) == -1, "a record that is cut short is refused");
	segment_abort(w);
	ok(write_segment(path) == 0 && access(part, F_OK) == -1, "a finished segment is PATH");
	ok(write_segment(path) == 0, "and may be written over by a second try");
	ok(segment_open(&s, path, &e) == 0 && segment_count(s) == RECORDS && segment_bytes(s) == all.n,
	   "it knows its count and its bytes");
	segment_free(s);
	segment_create(&w, other, &e);
	ok(segment_finish(&w, &e) == 0 && segment_open(&s, other, &e) == 0 && segment_count(s) == 0,
	   "a segment without a record is one");
	segment_free(s);
	ok(segment_remove(other, &e) == 0 && segment_remove(other, &e) == 0 && access(other, F_OK) == -1,
	   "removing twice is fine");
	ok(segment_create(&w, "/nonexistent/x", &e) == -1 && w == NULL, "a directory that is not there is an error: %s",
	   e.text);
}

/* What opens and reads as the first n records, all of them. */
static bool reads(struct view bytes, uint64_t n)
{
	struct segment *s = NULL;
	struct buf got = { 0 };
	bool good = segment_open_bytes(&s, bytes, &e) == 0 && segment_count(s) == n && segment_read(s, 1, n, &got, &e) == 0 && view_eq(buf_as_view(&got), range(1, n));

	buf_release(&got);
	if (s != NULL)
		segment_free(s);
	return good;
}

static void small_ones(void)
{
	struct segment_writer *w = NULL;
	struct buf small = { 0 };
	struct segment *s = NULL;
	size_t believed = 0;
	uint64_t n = 0;

	unlink(path);
	ok(segment_begin(&w, path, &e) == 0 && segment_append(w, range(1, 3), 3, &e) == 0 && segment_append(w, range(4, 2), 2, &e) == 0 && segment_end(&w, &small, &e) == 0
	   && w == NULL && access(part, F_OK) == -1 && access(path, F_OK) == -1 && small.n > 0, "of a small segment no file is made");
	ok(reads(buf_as_view(&small), 5), "its bytes open and read as a file's do");
	for (size_t i = 0; i < small.n; i++) {
		small.p[i] ^= 4;
		believed += reads(buf_as_view(&small), 5);
		small.p[i] ^= 4;
		believed += reads(view_sub(buf_as_view(&small), 0, i), 5);
	}
	ok(believed == 0, "a changed byte or a lost end of them is never believed");
	segment_begin(&w, path, &e);
	ok(segment_append(w, range(1, 2), 3, &e) == -1 && segment_end(&w, &small, &e) == -1 && w == NULL && small.n == 0, "after a refusal a small one cannot be ended either");
	segment_begin(&w, path, &e);
	while (access(part, F_OK) == -1 && n < 1000000 && segment_append(w, range(1, RECORDS), RECORDS, &e) == 0)
		n += RECORDS;
	ok(segment_end(&w, &small, &e) == 0 && small.n == 0 && segment_settle(dir, &e) == 0 && segment_open(&s, path, &e) == 0 && segment_count(s) == n && segment_bytes(s) > SEGMENT_SMALL / 2,
	   "one that outgrows its room becomes a file, whole");
	segment_free(s);
	unlink(path);
	buf_release(&small);
}

static void ranges(void)
{
	struct segment *s;
	struct buf got = { 0 };
	uint64_t wrong = 0;

	segment_open(&s, path, &e);
	for (uint64_t first = 1; first <= RECORDS; first++)
		for (uint64_t n = 1; first + n <= RECORDS + 1; n++) {
			buf_clear(&got);
			wrong += segment_read(s, first, n, &got, &e) != 0 ||
				 !view_eq(buf_as_view(&got), range(first, n));
		}
	is_int(wrong, 0, "every range of the forty records reads back byte for byte");
	buf_clear(&got);
	ok(segment_read(s, 39, 1000, &got, &e) == 0 && view_eq(buf_as_view(&got), range(39, 2)),
	   "a range past the end is cut to what is there");
	buf_clear(&got);
	ok(segment_read(s, RECORDS + 1, 1, &got, &e) == 0 && got.n == 0, "behind the end there is nothing");
	ok(segment_read(s, 1, UINT64_MAX, &got, &e) == 0 && got.n == all.n,
	   "a range of 2^64 - 1 records is all there are");
	ok(segment_read(s, 0, 1, &got, &e) == -1, "record 0 does not exist");
	buf_clear(&got);
	buf_text(&got, "kept");
	segment_read(s, 1, 1, &got, &e);
	ok(got.n == 4 + at[2] && memcmp(got.p, "kept", 4) == 0, "what the buffer held before stays in front");
	buf_release(&got);
	got = (struct buf){ .max = 100 };
	ok(segment_read(s, 1, RECORDS, &got, &e) == -1, "a buffer that is too small is an error, not a cut range");
	buf_release(&got);
	segment_free(s);
}

/* Does `other` open and give all its records?  1 yes, 0 refused somewhere, -1 gave other bytes than were written. */
static int verdict(void)
{
	struct buf got = { 0 };
	struct segment *s;
	int rc = 0;

	if (segment_open(&s, other, &e) == -1)
		return 0;
	if (segment_read(s, 1, UINT64_MAX, &got, &e) == 0)
		rc = segment_count(s) == RECORDS && view_eq(buf_as_view(&got), range(1, RECORDS)) ? 1 : -1;
	buf_release(&got);
	segment_free(s);
	return rc;
}

static void damage(void)
{
	struct buf file = { 0 };
	int found = 0, flips, cuts = 0;
	int fd;

	read_file(path, &file);
	ok(write_file(other, buf_as_view(&file)) == 0 && verdict() == 1, "a copy of a segment is a segment");
	for (size_t n = file.n; n-- > 0;) {
		if (truncate(other, (off_t)n) == -1)
			break;
		cuts += verdict() == 0;
	}
	is_int(cuts, (int64_t)file.n, "every truncation is found");
	write_file(other, buf_as_view(&file));
	fd = open(other, O_WRONLY);
	flips = (int)file.n * 8;
	for (int bit = 0; bit < flips; bit++) {
		char flipped = (char)(file.p[bit / 8] ^ 1 << bit % 8);

		if (pwrite(fd, &flipped, 1, bit / 8) != 1)
			break;
		found += verdict() == 0;
		if (pwrite(fd, &file.p[bit / 8], 1, bit / 8) != 1)
			break;
	}
	close(fd);
	is_int(found, flips, "every flipped bit is found");
	buf_char(&file, '\0');
	ok(write_file(other, buf_as_view(&file)) == 0 && verdict() == 0, "a byte behind the end is found");
	file.n--;
	buf_reserve(&file, file.n);		/* it is appended to itself: it must not move */
	buf_put(&file, file.p, file.n);
	ok(write_file(other, buf_as_view(&file)) == 0 && verdict() == 0, "so is a second segment behind the first");
	ok(write_file(other, VIEW("")) == 0 && verdict() == 0, "an empty file is no segment: %s", e.text);
	unlink(other);
	ok(symlink(path, other) == 0 && verdict() == 0, "a symbolic link is not followed");
	unlink(other);
	buf_release(&file);
}

int main(void)
{
	char any[200];
	bool same = true;

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/F1", dir);
	snprintf(part, sizeof(part), "%s.part", path);
	snprintf(other, sizeof(other), "%s/F2", dir);
	is_int(crc32c(VIEW("123456789")), 0xe3069283, "the check value of CRC-32C is right");
	for (size_t n = 0; n < sizeof(any); n++) {
		any[n] = (char)(n * 131 + 7);
		same = same && crc32c((struct view){ any + n / 3, n - n / 3 }) == crc32c_tables((struct view){ any + n / 3, n - n / 3 });
	}
	ok(same, "the processor's instruction and the tables agree at every length and place");
	make_records();
	small_ones();
	writes();
	ranges();
	damage();
	segment_remove(path, &e);
	ok(rmdir(dir) == 0, "nothing is left in the directory");
	buf_release(&all);
	return done_testing();
}
