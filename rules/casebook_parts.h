/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook_parts - the inside of the casebook: one decision while it is judged, and the words for it
 */
#pragma once

#include "formats/core/view.h"
#include "rules/casebook.h"

struct case_work {
	struct casebook *c;
	const struct case_decision *d;
	const struct case_policy *policy;	/* NULL: limits are not asked (replay, or a second person's yes) */
	struct case_answer *answer;
	bool replay;
	uint32_t *rows, n_rows, group;
	int persons;
	int64_t amount;			/* written off */
	char money[2][48];
};

/* Fills the answer's text; gives the verdict back. */
enum case_verdict case_no(struct case_work *, enum case_verdict, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *case_money(struct case_work *, int64_t minor, const char *currency, int slot);
const char *case_done_name(enum case_act);		/* "confirmed" */
const char *case_name_fault(struct view);		/* NULL: a name of 1 to 64 characters without control characters */
