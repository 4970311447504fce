/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match - which bank line is which item: proposals only, and never a guess
 *
 * settle: an ENTRY against EXPECTED items.  They fit when account, currency and signed amount are equal, the line's
 *         date lies between the effective date and `window` banking days after it, and neither a company id nor a
 *         reference contradicts (the text names another item, or a sibling: RUN-12 contradicts RUN-13).  A pair is
 *         made where line and item fit each other and nothing else; where several fit, only by an item's reference
 *         or company id in the line's own text, and only when that singles out one on both sides.
 * return: a RETURN against PAYMENT items: original trace, original RDFI (first 8 of the item's routing number),
 *         amount, account and direction are equal, and the item was delivered (its BOOKING_DATE) at most
 *         return_days before.  Of several returns of one item the lowest id is linked: the item is in no doubt; the
 *         others are a person's.
 * change: a CHANGE against PAYMENT items: the same without the amount.  Several changes may name one item.
 *
 * Otherwise a line and an item stand in at most one pair; two equal lines for one item are left to a person.
 * Provisional entries never match.  The answer does not depend on the order of lines or items.  Texts name what
 * differs, never the digits of an account.  Work is bounded: where more than MATCH_CROWD lines or items share one
 * key, nothing is tried and all are left to a person.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/record.h"
#include "rules/calendar.h"

#define MATCH_CROWD 500
#define MATCH_TEXT 400

enum match_kind { MATCH_SETTLE, MATCH_RETURN, MATCH_CHANGE };

struct match_options {
	enum match_kind kind;
	int window;			/* settle: banking days after the effective date */
	int return_days;		/* return, change: calendar days after delivery */
	date_t as_of;			/* the day of a return or change that says none itself */
	const struct calendar *calendar;
};

struct match_line {			/* what the matcher looks at in a record; texts borrow from it */
	uint64_t seq;
	struct view account, currency, company_id, reference, text[4], trace, rdfi;
	int64_t amount;			/* signed for settle, its magnitude for return and change */
	date_t date;			/* booked | expected | returned | delivered; or DATE_NONE */
	char direction;			/* 'C' 'D' of the original payment, or 0 */
	bool has_amount, provisional;
};

struct match_result {
	uint64_t subject, item;		/* seq of both; item 0: no match */
	/* COMPANY_REFERENCE REFERENCE COMPANY_ID ONLY_ONE RETURN_LINKED CHANGE_LINKED; NULL: no match */
	const char *rule;
	/* NO_COUNTERPART_BOOK AMBIGUOUS REF_CONFLICT PROVISIONAL RETURN_UNLINKED CHANGE_UNLINKED; NULL: a match */
	const char *reason;
	int score;			/* 0..10000 */
	char text[MATCH_TEXT];
};

void match_line_init(struct match_line *, const struct record *, const struct match_options *, bool subject);

/* Answers each subject, in their order, by `each`.  0, or -1 when memory is short (nothing was answered). */
int match_run(const struct match_line *subjects, size_t n, const struct match_line *items, size_t m,
	      const struct match_options *, void (*each)(void *ctx, const struct match_result *), void *ctx);
