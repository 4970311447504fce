/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change - what a notification of change (NOC) says should be different, from its code and its Corrected Data
 *
 * Positions by the Nacha Operating Rules, Appendix Five (2013), 1-based in the 29 characters: C01 account 1-17; C02 routing 1-9; C03
 * routing 1-9, account 13-29; C05 transaction code 1-2; C06 account 1-17, code 21-22; C07 routing 1-9, account 10-26, code
 * 27-28.  Some senders right-align the last part: where the place is blank the trailing word is taken.  Accounts may hold inner
 * blanks: they are cut by position, never split.
 * False: the code is none of these, or its data is not whole (a routing number must pass its check digit): a person decides.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/view.h"

struct change { struct view routing, account, transaction_code; };	/* empty = unchanged; borrowed from `corrected` */

bool change_read(struct change *out, struct view code, struct view corrected);
