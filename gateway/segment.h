/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment - the records of one parcel on disk, in the order they came: written once, read again by range
 *
 * A segment is a file of blocks, each with its length, its CRC-32C and a version, and a last block that says how many records
 * there are.  It is written as PATH.part; segment_finish() writes the last block, fsyncs, renames it to PATH (over an older
 * one) and fsyncs the directory: PATH is always whole.  A parser that starts over: abort and create again.
 *
 * Failure: -1 and *err.  A file that is cut short, damaged in a block's head or without its end does not open; damage
 * inside a block is found by the read that meets it.  Records are counted from 1.
 * Ownership: a writer or segment belongs to its caller until finish, abort or free.
 */
#pragma once

#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

#define SEGMENT_BLOCK_MAX ((size_t)2 << 20)
#define SEGMENT_SMALL ((size_t)32 << 10)	/* a file of its own, with its waits for the disk, pays from here on */
#define SEGMENT_BLOCKS ((size_t)1 << 24)

struct segment_writer;
struct segment;

int segment_create(struct segment_writer **out, const char *path, struct err *);	/* an old PATH.part is replaced */
int segment_begin(struct segment_writer **out, const char *path, struct err *);	/* no file is made before it is larger than SEGMENT_SMALL */
int segment_append(struct segment_writer *, struct view records, uint64_t count, struct err *);
	/* whole wire records, `count` of them, SEGMENT_BLOCK_MAX bytes at most; after -1 only abort is left */
int segment_finish(struct segment_writer **, struct err *);	/* *w is freed and NULL, also on failure */
int segment_end(struct segment_writer **, struct buf *small, struct err *);
	/* as finish, but of a small one no file is made: *small has its bytes, for who keeps them.  Else it is empty, and segment_settle() is still to come */
int segment_settle(const char *dir, struct err *);
void segment_abort(struct segment_writer *);			/* removes PATH.part; NULL is fine */

int segment_open(struct segment **out, const char *path, struct err *);
int segment_open_bytes(struct segment **out, struct view bytes, struct err *);	/* a small one; the bytes are copied */
uint64_t segment_count(const struct segment *);
uint64_t segment_bytes(const struct segment *);			/* of all records */
int segment_read(struct segment *, uint64_t first, uint64_t count, struct buf *out, struct err *);
	/* appends records first .. first + count - 1 to *out, cut to what is there */
void segment_free(struct segment *);				/* NULL is fine */
int segment_remove(const char *path, struct err *);		/* one that is not there is fine */
