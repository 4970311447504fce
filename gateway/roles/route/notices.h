/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notices - what a feed hears of its files: receipts, reject files, status files
 */
#pragma once

#include "gateway/roles/route/route.h"

int notices_pump(struct route *, struct err *);		/* which are due; one at a time is written by report */
int notices_written(struct route *, struct job *, const struct msg *, struct err *);	/* its hash is noted, and it is delivered */
/* What was left out goes back: `about` is "findings" or "items".  *name is the file's, "" where the feed gets no answers. */
int notices_reject(struct route *, int64_t parcel, const char *about, char name[64], struct err *);

struct command;
struct json;
int notices_rows(struct route *, const struct command *, struct json *, int64_t *next, struct err *);	/* a page of one: 1, 2 refused, -1 */
