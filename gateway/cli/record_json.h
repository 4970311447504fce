/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json - a normalised record as one JSON object, keys as docs/records.md; account numbers and SSNs masked unless told
 */
#pragma once

#include <stdbool.h>
#include "formats/core/buf.h"
#include "formats/core/record.h"

void record_json(struct buf *, const struct record *, bool unmask);		/* one line */
void record_words(struct buf *, const struct record *, bool unmask);		/* the same for people: KIND line N key=value ... */
