/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire - records and messages as bytes: on pipes, on the bus, in segments.  docs/wire.md is its description
 *
 * All integers little endian.
 *   record  = u32 length of what follows | u8 kind | u8 fields | u64 seq | u64 line | field...
 *   field   = u8 id | (number: i64) or (text: u32 length, bytes)          ids ascending, each at most once
 *   message = u16 type | u16 0 | element...        element = u16 tag | u32 length | bytes    (a number is 8 bytes)
 * What arrives is input, also from our own processes: every length is checked before it is used, unknown field ids and kinds
 * refuse the record, nothing is allocated by a length.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/finding.h"
#include "formats/core/record.h"
#include "formats/core/view.h"

#define WIRE_RECORD_MAX ((size_t)1 << 20)

/* Appends one record; false when it is larger than WIRE_RECORD_MAX or the buffer failed (nothing is appended then). */
bool wire_put_record(struct buf *, const struct record *);

/*
 * Cuts the first record off *rest; its texts borrow from *rest.  1 = one record, 0 = *rest holds no whole record yet,
 * -1 = not a record (the peer is broken or hostile: close it).
 */
int wire_cut_record(struct view *rest, struct record *);

/* Messages: begin, elements, then send the buffer whole. */
void wire_begin(struct buf *, uint16_t type);			/* clears the buffer first */
void wire_num(struct buf *, uint16_t tag, int64_t);
void wire_view(struct buf *, uint16_t tag, struct view);
void wire_text(struct buf *, uint16_t tag, const char *);	/* NULL is left out */

#define MSG_ELEMENTS 256		/* more elements than this refuse the message */

struct msg {
	uint16_t type, n;
	struct { uint16_t tag; struct view v; } e[MSG_ELEMENTS];
};

bool msg_parse(struct msg *, struct view bytes);		/* false: malformed */
bool msg_view(const struct msg *, uint16_t tag, struct view *);	/* the first with that tag; false when absent */
bool msg_num(const struct msg *, uint16_t tag, int64_t *);	/* false when absent or not 8 bytes */
struct view msg_text(const struct msg *, uint16_t tag);		/* { NULL, 0 } when absent */
int64_t msg_num_or(const struct msg *, uint16_t tag, int64_t otherwise);
bool msg_cstr(const struct msg *, uint16_t tag, char *out, size_t cap);	/* false when absent, too long, or a NUL inside */

/* A finding as an element's bytes, and back (its texts borrow; code needs `codebuf`). */
void wire_put_finding(struct buf *, uint16_t tag, const struct finding *);
bool wire_get_finding(struct view bytes, struct finding *, char codebuf[64]);

/* For messages with more elements than struct msg holds: *type, and *rest at the first element; then one element after the other. */
bool wire_open(struct view bytes, uint16_t *type, struct view *rest);			/* false: not a message */
int wire_cut_element(struct view *rest, uint16_t *tag, struct view *v);		/* 1, 0 = the end, -1 = malformed */
