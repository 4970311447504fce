/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn - what confirmed matches have in common: where a bank's texts bear the book's references
 *
 * An example is a line's text and the reference of the item that a person joined with it.  Where the reference stands in
 * the text behind the same words in several examples of the same shape, these words and that shape make a pattern.  Fewer
 * than `least` different references teach nothing: the same customer three times is one example.
 *
 * Pure, and the answer does not depend on the order of the examples.  What comes out is a suggestion for a person; that no
 * other line contradicts it is the caller's to check.  The sample is made up from the shape: nothing of a customer is in it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "formats/core/view.h"

#define LEARN_TEXT 160

struct learn_example { struct view text, reference; };

struct learn_pattern {
	char pattern[LEARN_TEXT];	/* PCRE2 with one capture, as `extract` takes it */
	char sample[LEARN_TEXT], gives[LEARN_TEXT];
	uint32_t references;		/* different ones behind it */
	uint32_t example;		/* one of them */
};

/* 0: *out has *n patterns, those with most references first; free() it.  -1: memory is short. */
int learn_patterns(struct learn_pattern **out, size_t *n, const struct learn_example *, size_t n_examples, uint32_t least);
