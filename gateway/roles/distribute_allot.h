/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distribute_allot - one range of payroll rows into legs: M_ALLOT in, M_ALLOTTED out, no bus
 *
 * A row that cannot be paid comes back as a leg 0 with its REASON; docs/wire.md fixes its form.  False: the message does not hold
 * what it says (malformed records, another COUNT, a kind that is no PAYMENT), or the answer is too long.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/buf.h"
#include "formats/core/wire.h"

bool distribute_allot(const struct msg *, struct buf *reply);
