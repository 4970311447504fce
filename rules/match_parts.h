/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_parts - what match.c (decides) and match_words.c (compares words, explains) share; nobody else includes it
 */
#pragma once

#include "rules/match.h"

enum match_why {
	WHY_MATCHED,
	WHY_NONE,		/* no item has this key */
	WHY_DATE,		/* some have, on other days */
	WHY_COMPANY,		/* the company id contradicts */
	WHY_REFERENCE,		/* the text names another item */
	WHY_TAKEN,		/* what fits belongs to a line that names it */
	WHY_SEVERAL,		/* several items fit */
	WHY_CONTESTED,		/* one item fits, and other lines fit it too */
	WHY_CROWD,
	WHY_PROVISIONAL,
	WHY_INCOMPLETE,		/* the subject lacks a part of the key, or its date */
};

enum match_level { LEVEL_NO, LEVEL_FITS, LEVEL_COMPANY, LEVEL_REFERENCE };

struct match_decision {
	enum match_why why;
	enum match_level level;
	bool company_too;	/* the reference and the company id are in the text */
	bool rest;		/* others fitted too and are taken */
	size_t item;		/* matched, or the nearest one for the explanation; SIZE_MAX: none */
	size_t fits;		/* items or lines that fit */
};

struct words { struct view *v; size_t n; };	/* sorted, without case */

int words_compare(struct view a, struct view b);		/* ASCII letters without case */
bool words_telling(struct view);				/* long enough, and with a digit: no everyday word */
bool words_known(const struct words *, const struct match_line *);	/* is a word of the line's text in the list? */
bool words_sibling(const struct match_line *, struct view word);	/* is there one that differs in digits only? */
bool words_named(const struct match_line *, struct view word);	/* does the line's text hold this word, whole? */

void match_explain(struct match_result *, const struct match_line *subject, const struct match_line *item,
		   const struct match_decision *, const struct match_options *);	/* item NULL: none */
