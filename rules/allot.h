/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allot - from a payroll row to the legs that the ACH file will show, and an amount into shares that always add up
 *
 * A row is a PAYMENT record as a feed gives it (NET, ROUTING, ACCOUNT, ACCOUNT_TYPE, METHOD, PARTY, PERSON, RUN,
 * COMPANY).  A leg is a PAYMENT record with AMOUNT, CURRENCY, PARTY (upper-case ASCII, at most 22), INDIVIDUAL_ID
 * (the person's id cut to 15), ROUTING, ACCOUNT (at most 17, never cut), TRANSACTION_CODE (22 checking, also when
 * the row has no type; 32 savings), LEG from 1, PERSON, RUN, COMPANY, PAY_DATE; seq and line are the row's.  The
 * legs of a row add up to its net exactly.
 *
 * A row that cannot be paid gives no leg and a reason: data, not an error.  Nothing is guessed: an account number
 * that does not fit is refused and not cut, since a cut one is another person's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/record.h"

#define ALLOT_LEGS 1
#define ALLOT_AMOUNT_MAX INT64_C(9999999999)	/* ten digits of cents in an entry */

enum allot_reason {
	ALLOT_GOOD,
	ALLOT_NOT_ACH,			/* METHOD says something else: a check run takes it */
	ALLOT_NO_AMOUNT,		/* absent, zero or negative */
	ALLOT_AMOUNT_TOO_LARGE,
	ALLOT_NOT_USD,
	ALLOT_NO_NAME,			/* or none that can be written in ASCII */
	ALLOT_NO_PERSON,
	ALLOT_NO_ACCOUNT,
	ALLOT_BAD_ACCOUNT,		/* more than 17 characters, or some that a file cannot hold */
	ALLOT_BAD_ACCOUNT_TYPE,
	ALLOT_NO_ROUTING,
	ALLOT_BAD_ROUTING,
	ALLOT_REASONS
};

struct allot_leg {			/* the record's texts lie here or in the row: keep both */
	struct record r;
	char party[23], individual[16];
};

enum allot_reason allot_row(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row);
const char *allot_reason_code(enum allot_reason);	/* "BAD_ROUTING" */
const char *allot_reason_words(enum allot_reason);	/* "the routing number is not that of a bank" */

/* ASCII of a name: accents are dropped (Muller for Müller), blanks run together; bytes written, cap - 1 at most. */
size_t allot_ascii(char *out, size_t cap, struct view in, bool upper);

/*
 * total in n shares by weight (each >= 0, some > 0): rounded towards zero, then the left-over units one each to the
 * largest remainders, among equals to the lower index.  False, and nothing written: no weights or more than 4096, a
 * negative one, or their sum too large.
 */
bool allot_share(int64_t *shares, int64_t total, const int64_t *weights, size_t n);
