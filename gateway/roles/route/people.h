/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people - a decision of a person and how it is carried out (decision.c)
 */
#pragma once

#include "gateway/roles/route/route.h"
#include "gateway/statement.h"

struct decision {
	const struct command *command;
	const struct statement *statement;
	char letter;
	int64_t id;
	char *done;			/* what was done, in words, for the answer */
	size_t done_cap;
};

int decision_carry_out(struct route *, const struct decision *, struct err *);	/* 1 done, 0 refused (words in *err), -1 */
int decision_approve_batch(struct route *, const struct decision *, struct err *);	/* the statement may be a run's that stands for this batch */
int decision_end_batch(struct route *, int64_t batch, struct err *);	/* -> REJECTED, its payments CANCELLED; 0, -1 */
int people_keep(struct route *, const struct command *, const struct statement *, struct err *);
int redate_digest(struct route *, const struct command *, int64_t batch, char hex[DIGEST_HEX], struct err *);	/* the totals with the date that was asked for */
int reverse_payments(struct route *, const struct decision *, struct err *);	/* reverse.c: a batch B or an item I */
int cancel_checks(struct route *, const struct decision *, struct err *);		/* cancel.c: a batch of checks that is not printed */
int redate_batch(struct route *, const struct decision *, struct err *);
int redate_date_good(struct route *, const struct partner *, const struct outbound *, int32_t effective, struct err *);	/* 1, or 0 and words */
int resend_digest(struct route *, const struct command *, int64_t artifact, char hex[DIGEST_HEX], struct err *);
int resend_artifact(struct route *, const struct decision *, struct err *);
int people_digest(struct route *, char letter, int64_t id, char hex[DIGEST_HEX], struct err *);
