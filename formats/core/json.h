/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - a writer of JSON text: strings, 64-bit integers, booleans, null; no numbers with a point, so no rounding
 *
 * Two uses: answers for people's tools, and the canonical form of what is signed.  Canonical = keys in ascending byte order
 * (asserted when `canonical` is set), no white space, strings escaped as RFC 8785 does, UTF-8 (bytes that are not UTF-8
 * are taken as ISO 8859-1).  Reading JSON is not done here: a library does that, in the processes that may.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/buf.h"

#define JSON_DEPTH 16
#define JSON_KEY 64

struct json {
	struct buf *out;
	bool canonical;
	int depth;
	bool some[JSON_DEPTH];			/* the level has a member already */
	char last[JSON_DEPTH][JSON_KEY];	/* the last key, for the order */
};

void json_init(struct json *, struct buf *out, bool canonical);
void json_object(struct json *, const char *key);	/* key NULL: top level, or inside an array */
void json_object_end(struct json *);
void json_array(struct json *, const char *key);
void json_array_end(struct json *);
void json_text(struct json *, const char *key, struct view);
void json_cstr(struct json *, const char *key, const char *);	/* NULL writes null */
void json_int(struct json *, const char *key, int64_t);
void json_bool(struct json *, const char *key, bool);
void json_null(struct json *, const char *key);
void json_raw(struct json *, const char *key, struct view);	/* text that is JSON already */
