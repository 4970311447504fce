/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen - what stood in this file already: a set of 64-bit hashes over texts
 *
 * It grows to SEEN_MAX members (32 MiB) and then says SEEN_FULL: later ones are not compared.  Equal hashes of different
 * texts (about one file of a million rows in thirty million) would be told as seen, never passed as new.
 * `struct seen s = { 0 };` is ready.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "formats/core/view.h"

#define SEEN_MAX 2000000u

struct seen { uint64_t *set; size_t n, cap; };

enum seen_answer { SEEN_NEW, SEEN_AGAIN, SEEN_FULL };

enum seen_answer seen_put(struct seen *, const struct view *parts, size_t n);	/* the parts together are one member */
bool seen_has(const struct seen *, const struct view *parts, size_t n);
void seen_release(struct seen *);
