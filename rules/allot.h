/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allot - from a payroll row to the legs it is paid by, and an amount into shares that always add up
 *
 * A row is a PAYMENT record as a feed gives it (NET, ROUTING, ACCOUNT, ACCOUNT_TYPE, METHOD, PARTY, PERSON, RUN, COMPANY,
 * and ROLLOVER, TRUSTEE, TRUSTEE_ACCOUNT, PLAN, DISTRIBUTION, SSN, the address).  What goes to a trustee is a rollover leg; the
 * rest is paid by ACH where there is a valid account, by check otherwise or where METHOD says so; a part above its bound is
 * divided into equal legs.  Every leg is a PAYMENT record with AMOUNT, CURRENCY, INDIVIDUAL_ID (the person's id cut to 15),
 * LEG from 1, PERSON, RUN, COMPANY, PAY_DATE; seq and line are the row's.  Besides it has
 *   ACH       PARTY (upper-case ASCII, at most 22), ROUTING, ACCOUNT (at most 17, never cut), TRANSACTION_CODE (22 checking,
 *             also when the row has no type; 32 savings)
 *   CHECK     METHOD, PAYEE (ASCII), the address, MEMO, and REASON: why it is not ACH, where the row did not ask for a check
 *   ROLLOVER  METHOD, PARTY and PAYEE (trustee FBO party), SSN, TRUSTEE, TRUSTEE_ACCOUNT, PLAN, DISTRIBUTION
 * The legs of a row add up to its net exactly.
 *
 * A row that cannot be paid whole gives no leg and a reason: data, not an error.  Nothing is guessed: an account number or
 * an address that does not fit is refused and not cut, since a cut one is another person's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/record.h"

#define ALLOT_LEGS 4
#define ALLOT_AMOUNT_MAX INT64_C(9999999999)	/* ten digits of cents in an entry, on a check, in a positive-pay file */
#define ALLOT_PAYEE 40			/* characters of a payee, unless the bank's layout holds fewer */

/* What a feed has ways for, and its bounds; a member that is 0 or empty: no such way, no bound. */
struct allot_ways {
	bool check, rollover;
	int64_t ach_most, check_most;	/* a part above it leaves in equal legs */
	int rollover_percent;		/* of the net of a row that names a trustee and no amount */
	int payee_length;		/* of a check */
	struct view trustee, plan;	/* of the rollovers: a row that names another trustee is not for them */
	struct view memo;		/* of a check whose row has none */
};

enum allot_reason {
	ALLOT_GOOD,
	ALLOT_NOT_ACH,			/* METHOD says neither ACH nor check */
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
	ALLOT_NO_WAY,			/* it asks for a check or a rollover, and its feed has none */
	ALLOT_BAD_ROLLOVER,		/* more than the net, negative, or a trustee and no amount */
	ALLOT_NO_TRUSTEE,		/* a rollover without the account at the trustee */
	ALLOT_NO_SSN,			/* a rollover without the nine digits that the trustee reports by */
	ALLOT_NO_PLAN,			/* a rollover out of no plan */
	ALLOT_OTHER_TRUSTEE,		/* not the one its feed's rollovers go to */
	ALLOT_BAD_ADDRESS,		/* a check's, too long for it or not in ASCII */
	ALLOT_TOO_MANY_LEGS,
	ALLOT_REASONS
};

struct allot_leg {			/* the record's texts lie here or in the row: keep both */
	struct record r;
	char party[81], individual[16], payee[128], address[6][51], memo[71], trustee[41], plan[41], ssn[10];
};

/* ways NULL: by ACH, whole, or not at all */
enum allot_reason allot_row(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row, const struct allot_ways *);
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
