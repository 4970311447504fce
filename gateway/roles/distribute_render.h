/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distribute_render - files being rendered: EMIT, RECORDS, EMIT_END in; CREDIT, BYTES, EMITTED, JOB_FAILED out; no bus
 *
 * Records are collected in memory that a caged child of the zygote reads (a memfd); its bytes are hashed and sent on in
 * pieces.  What is to be sent goes to `send`, which takes the message over or keeps it: one call of render_message,
 * render_read or render_reap makes at most RENDER_MESSAGES messages, so a caller that makes no further call while its
 * own queue is not empty has a bounded queue.
 *
 * Bounds: RENDER_TASKS files at once, RECORDS_MAX bytes of records a file, an output of at most OUTPUT_TIMES its
 * records, a deadline for the child, and for a collection that nobody goes on with.  A job that breaks one ends alone,
 * with its reason in words.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/wire.h"
#include "gateway/zygote.h"

#define RENDER_TASKS 4
#define RENDER_MESSAGES 8
#define RENDER_PIECE ((size_t)256 << 10)	/* bytes of one BYTES message at most */

/* takes the bytes over; *message is released or emptied */
typedef void render_send(void *ctx, struct buf *message);

struct render;

/* Made before the seal, which knows no memfd.  The zygote is borrowed. */
int render_open(struct render **out, struct zygote *, render_send *, void *ctx, struct err *);
void render_free(struct render *);

/* of type EMIT, RECORDS or EMIT_END */
void render_message(struct render *, const struct msg *, int64_t job, int64_t now_ms);
int render_fd(const struct render *, size_t task);		/* poll it; -1 = nothing to read there */
void render_read(struct render *, size_t task);			/* one piece of what its child wrote */
int render_reap(struct render *, struct err *);			/* ends what has ended; -1: the zygote is gone */
void render_tick(struct render *, int64_t now_ms);		/* drops collections that route forgot */
