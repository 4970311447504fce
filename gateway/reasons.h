/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reasons - the codes the gateway itself gives: why a thing is held, waits or is an exception, and what a person does
 *
 * The modules explain their findings; these are the rest.  `source` says what carries the code: file, batch, payment,
 * outbound file, delivery, bank line or return.  tests/scenario/03-reasons.sh proves that every code in use has its
 * row, and that docs/operations.md shows the rows.
 */
#pragma once

#include "formats/core/format.h"

extern const struct tally_code gateway_reasons[];	/* a NULL code ends it */
const struct tally_code *reason_find(const char *code);	/* NULL: not one of ours */
