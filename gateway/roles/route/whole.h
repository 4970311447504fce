/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whole - a decision about a whole run: all its batches by one signature
 */
#pragma once

#include "gateway/roles/route/people.h"

struct json;

/* Is that act, on that file, one about the run that came in it?  1, 0, -1. */
int whole_is(struct route *, const char *act, int64_t parcel, struct err *);
/* The hash of its list as it stands for that person.  1; 0 and words: there is nothing to decide; -1. */
int whole_digest(struct route *, const char *act, int64_t parcel, const char *who, char hex[DIGEST_HEX], struct err *);
/* The totals of each batch of the list, for the person who looks at it: an array of batches.  1, 0 and words, -1. */
int whole_put(struct route *, const char *act, int64_t parcel, const char *who, struct json *, struct err *);

int whole_approve(struct route *, const struct decision *, struct err *);
int whole_reject(struct route *, const struct decision *, struct err *);
