/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - growing bytes with a bound
 *
 * `struct buf b = { .max = N };` is ready to use; max 0 means BUF_MAX_DEFAULT.  A failed append (over the bound, no memory)
 * sets `failed` and every later append does nothing, so that a writer checks once, at its end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/view.h"

#define BUF_MAX_DEFAULT ((size_t)64 << 20)

struct buf { char *p; size_t n, cap, max; bool failed; };

void buf_put(struct buf *, const void *p, size_t n);
void buf_view(struct buf *, struct view);
void buf_text(struct buf *, const char *text);
void buf_char(struct buf *, char);
void buf_fill(struct buf *, char, size_t n);
void buf_fmt(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_int(struct buf *, int64_t);			/* decimal */
void buf_u16(struct buf *, uint16_t);			/* little endian, as all binary forms of the house */
void buf_u32(struct buf *, uint32_t);
void buf_u64(struct buf *, uint64_t);
void buf_hex(struct buf *, struct view);		/* lower case */
char *buf_reserve(struct buf *, size_t n);		/* room for n more bytes behind p + n; NULL and failed when there is none */
const char *buf_cstr(struct buf *);			/* NUL-terminated view of what is there, "" when failed or empty */
void buf_clear(struct buf *);				/* n = 0, failed = false; keeps the memory */
void buf_release(struct buf *);

static inline struct view buf_as_view(const struct buf *b)
{
	return (struct view){ b->p == NULL ? "" : b->p, b->n };
}
