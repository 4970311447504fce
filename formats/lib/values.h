/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values - what several feeds ask of one value: a routing number, an SSN, an account type
 */
#pragma once

#include "formats/core/view.h"

enum value_ssn { SSN_GOOD, SSN_NOT_DIGITS, SSN_EIGHT, SSN_IMPOSSIBLE };

bool value_routing(struct view);			/* nine digits, not all zero, and the check digit holds */
enum value_ssn value_ssn(struct view, char out[9]);	/* nine digits, or ddd-dd-dddd; out is filled but for NOT_DIGITS and EIGHT */
char value_account_type(struct view);			/* 'C', 'S', or 0: C, checking, S, savings, capitals aside */
bool value_is(struct view, const char *word);		/* capitals aside */
bool value_in(struct view list, struct view word);	/* "ONE, TWO": one of them, capitals aside; at most 63 bytes */
bool value_has_control(struct view);
