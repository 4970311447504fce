/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract - references out of a bank's free text, by patterns that the rules configure (PCRE2; extract.c alone includes it)
 *
 * A pattern has one capture: the reference.  Matching is bounded by steps, not by time, so that the same text always gives
 * the same answer; a text that exceeds the bound gives none.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/err.h"
#include "formats/core/view.h"

struct extract;
int extract_new(struct extract **out, const char *pattern, struct err *);	/* -1: not a pattern, or not exactly one capture */
bool extract_first(const struct extract *, struct view text, struct view *reference);	/* borrowed from text; may be called by several threads */
void extract_free(struct extract *);		/* NULL is fine */
