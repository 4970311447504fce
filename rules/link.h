/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link - which payment of ours a return or a change names: by its original trace, and never a guess
 *
 * return: original trace, original RDFI (the first 8 of the item's routing number), amount, account and direction are those of exactly one
 *         payment, which was delivered (its BOOKING_DATE) at most return_days before.  Of several returns of one payment the lowest id is
 *         linked: the payment is in no doubt; the others are a person's.
 * change: the same without the amount.  Several changes may name one payment.
 *
 * The answer does not depend on the order of subjects or items.  Texts name what differs, never the digits of an account.  Where more than
 * LINK_CROWD of either share one key, all are left to a person.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "formats/core/date.h"
#include "formats/core/record.h"

#define LINK_CROWD 500
#define LINK_TEXT 400

struct link_options {
	bool change;
	int return_days;		/* calendar days after delivery */
	date_t as_of;			/* the day of a return or change that says none itself */
};

struct link_row {			/* what is looked at in a record; texts borrow from it */
	uint64_t seq;
	struct view trace, rdfi, account, currency;
	int64_t amount;			/* its magnitude */
	date_t date;			/* came back | delivered; or DATE_NONE */
	char direction;			/* 'C' 'D' of the original payment, or 0 */
	bool has_amount, provisional;
};

struct link_result {
	uint64_t subject, item;		/* seq of both; item 0: not linked */
	const char *rule;		/* RETURN_LINKED CHANGE_LINKED; NULL: not linked */
	const char *reason;		/* RETURN_UNLINKED CHANGE_UNLINKED; NULL: linked */
	char text[LINK_TEXT];
};

void link_row_init(struct link_row *, const struct record *, const struct link_options *, bool subject);

/* Answers each subject, in their order, by `each`.  0, or -1 when memory is short (nothing was answered). */
int link_run(const struct link_row *subjects, size_t n, const struct link_row *items, size_t m, const struct link_options *,
	     void (*each)(void *ctx, const struct link_result *), void *ctx);
