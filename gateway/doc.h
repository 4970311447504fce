/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doc - reading JSON, by jansson; the only file of the floor that knows it
 *
 * Used where people's tools and reports read answers and manifests; never in route or sign.  Bounded by jansson's own depth limit
 * and by the caller's size.  Values are borrowed and live as long as their doc.  A NULL value may be asked anything: it
 * answers NULL, 0 or false, so that a chain of members needs one check at its end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

struct doc;			/* a whole document, ours to free */
struct doc_value;		/* a value inside it */

int doc_read(struct doc **out, struct view json, struct err *);	/* duplicate keys are refused */
void doc_free(struct doc *);
const struct doc_value *doc_root(const struct doc *);
const struct doc_value *doc_member(const struct doc_value *, const char *key);
const struct doc_value *doc_item(const struct doc_value *, size_t i);
size_t doc_count(const struct doc_value *);			/* of an array or object */
const char *doc_key(const struct doc_value *, size_t i, const struct doc_value **value);	/* the i-th member, in its order */
const char *doc_text(const struct doc_value *);			/* NULL: not a string */
bool doc_int(const struct doc_value *, int64_t *);
bool doc_is_true(const struct doc_value *);
bool doc_is_array(const struct doc_value *);
bool doc_is_null(const struct doc_value *);			/* absent or null */
void doc_print(const struct doc_value *, struct buf *);		/* compact JSON again */
