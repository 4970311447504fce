/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handwork - an analyst's decisions about lines and items: match, unmatch, confirm, refuse, write-off, assign, comment, second, withdraw
 */
#pragma once

#include "gateway/roles/route/people.h"

bool handwork_is(struct view act);
/* What the person signs: the rows as they stand now, in words, and their SHA-256.  1, 0 no such thing (words in *err), -1. */
int handwork_digest(struct route *, const struct command *, const char *act, char letter, int64_t id, char hex[DIGEST_HEX], struct buf *text, struct err *);
int handwork_decide(struct route *, const struct decision *, struct err *);
int handwork_refused(struct route *, struct view lines, struct view items, struct err *);	/* did a person refuse this very pair?  1, 0, -1 */
