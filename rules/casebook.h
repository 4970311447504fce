/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook - what people decide about the matcher's answer: a state machine over rows and groups, and nothing else
 *
 * Rows (bank lines, book items) and the engine's groups (automatic matches, proposals) are the base; it never changes.
 * Decisions come one behind the other, each with its number, who, when and why; none is taken away or altered.  A
 * decision that needs two persons waits and changes nothing until another person seconds it.  What undoes a decision
 * brings back exactly the state that was there before it: casebook_feed() then gives the same bytes again.
 *
 * The maker saw the book as it was after decision `against`: where a row or group was touched since, the decision is
 * refused.  The same decision against the same number again (a file that is read twice) changes nothing: CASE_TWICE.
 *
 * Pure: no clock, no file, no hash of its own.  Texts are borrowed and must outlive the casebook
 * (a decision's ids need not).  Failure: CASE_MEMORY; anything else but CASE_DONE, CASE_PENDING, CASE_TWICE and
 * CASE_SAME refused the decision.  Only DONE and PENDING change anything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/view.h"

#define CASE_REASON_MOST 300
#define CASE_NAME_MOST 64
#define CASE_ROWS_MOST 10000		/* in one decision */
#define CASE_NOW UINT32_MAX		/* against the book as it is */
#define CASE_NOBODY UINT32_MAX

enum case_act { CASE_MATCH, CASE_UNMATCH, CASE_CONFIRM, CASE_REFUSE, CASE_WRITE_OFF, CASE_ASSIGN, CASE_COMMENT, CASE_SECOND, CASE_WITHDRAW,
	CASE_ACTS };

/* A group: what the engine joined or proposed, what a person joined or wrote off. */
enum case_state { CASE_GONE, CASE_PROPOSED, CASE_REFUSED, CASE_CONFIRMED, CASE_AUTO, CASE_APART, CASE_HAND, CASE_WRITTEN_OFF, CASE_STATES };

/* A decision: where it stands now. */
enum case_stage { CASE_STAGE_NEW, CASE_STAGE_WAITS, CASE_STAGE_DONE, CASE_STAGE_BACK, CASE_STAGES };

enum case_verdict {
	CASE_DONE,			/* it holds */
	CASE_PENDING,			/* it waits for a second person */
	CASE_TWICE,			/* it stands in the book already */
	CASE_SAME,			/* it would change nothing */
	CASE_NO_ROW, CASE_NO_GROUP, CASE_NO_DECISION,
	CASE_CLOSED,			/* a row stands in another group */
	CASE_STEP,			/* not from this state */
	CASE_STALE,			/* touched since `against` */
	CASE_UNEQUAL, CASE_ACCOUNTS, CASE_FEW, CASE_MANY, CASE_REPEATED, CASE_TOO_BIG, CASE_UNKNOWN_AMOUNT,
	CASE_NO_LIMIT, CASE_OVER_LIMIT,
	CASE_REASON, CASE_NAME, CASE_SAME_PERSON,
	CASE_MEMORY, CASE_VERDICTS
};

struct case_row {
	struct view id;
	int64_t amount;			/* signed, minor units, CR positive */
	uint32_t part;			/* account and currency */
	bool book;
	bool known;			/* the amount is known; an open row without it cannot be joined by hand */
	struct view owner, comment;	/* as the base has them; then as they are */
	/* set by the casebook */
	struct view base_owner, base_comment;
	uint32_t group;			/* that closes it, or CASE_NOBODY */
	uint32_t touched;		/* number of the last decision about it */
};

struct case_group {
	struct view id;			/* empty for one made by hand: "H7" or "W7" after its decision */
	uint32_t at, n_bank, n_book;	/* into casebook.members: lines, then items, ascending */
	uint8_t state, base;		/* enum case_state */
	uint32_t maker;			/* the decision that made it; 0 = the engine */
	uint32_t decision;		/* the one by which it stands where it stands; 0 = the engine */
	uint32_t touched;
};

struct case_person { struct view name; uint32_t uid; };

struct case_decision {
	uint8_t act;			/* enum case_act */
	uint8_t persons;		/* 1, 2; 0 = as the policy says */
	bool write_off;			/* MATCH, CONFIRM: the difference is written off */
	struct view group;		/* UNMATCH, CONFIRM, REFUSE: "M12", "H7", "W7"; empty in the casebook's own copy */
	uint32_t about;			/* SECOND, WITHDRAW: the number of a decision */
	const struct view *bank, *book;	/* MATCH, WRITE_OFF, ASSIGN, COMMENT: ids; NULL in the casebook's own copy */
	uint32_t n_bank, n_book;
	struct view owner;		/* ASSIGN; empty = nobody */
	struct case_person by;
	struct view at, reason;		/* COMMENT: the reason is the comment */
	uint32_t against;
	uint32_t batch;			/* decisions from this number on came with it: what they touch was no secret to its maker; 0 = none did */
	/* set by the casebook */
	uint8_t stage;			/* enum case_stage */
	uint32_t second;		/* the decision that seconded it, or 0 */
	uint32_t made;			/* the group that it made or moves, or CASE_NOBODY */
	uint32_t at_rows, n_rows;	/* its rows, into casebook.members */
	int64_t amount;			/* written off: WRITE_OFF the sum, else the difference; bank less book */
};

struct case_limit { char currency[4]; int64_t most, second; };	/* a write-off up to `most`; above `second` by two persons */

struct case_policy {
	const struct case_limit *limits;
	size_t n_limits;
	uint32_t second_for;		/* 1 << act: always two persons */
	bool same_uid_ok;		/* two names are two persons, even of one uid */
};

struct case_part { struct view account; char currency[4]; };

struct casebook {
	struct case_row *rows;
	struct case_group *groups;
	struct case_part *parts;
	struct case_decision *decisions;	/* number n stands at n - 1 */
	uint32_t *members;
	uint32_t n_rows, cap_rows, n_groups, cap_groups, n_base, n_parts, cap_parts, n_decisions, cap_decisions;
	size_t n_members, cap_members;
};

struct case_answer {
	enum case_verdict verdict;
	uint32_t number;		/* DONE, PENDING: of this decision; TWICE: of the one that is there */
	char text[480];			/* what was refused and why, ids in quotes (foreign bytes: escape before showing) */
};

/* The base: parts, then rows, then seal, then groups. */
int casebook_part(struct casebook *, struct view account, const char *currency, uint32_t *part);	/* -1: memory is short */
int casebook_row(struct casebook *, const struct case_row *);
const struct case_row *casebook_seal(struct casebook *);	/* sorts; a row whose id comes twice, or NULL */
int casebook_group(struct casebook *, struct view id, bool automatic, struct view bank_ids, struct view book_ids);
	/* ids: one space between; 1: an id that is no row, or a row that two automatic matches claim */

/* Judges and, where it holds or waits, appends it. */
enum case_verdict casebook_decide(struct casebook *, const struct case_decision *, const struct case_policy *, struct case_answer *);
/* The same for a decision of the journal: `persons` is what it was made under; limits and `against` are not asked again. */
enum case_verdict casebook_replay(struct casebook *, const struct case_decision *, struct case_answer *);
void casebook_release(struct casebook *);

uint32_t casebook_find_row(const struct casebook *, bool book, struct view id);		/* CASE_NOBODY */
uint32_t casebook_find_group(const struct casebook *, struct view id);
size_t casebook_group_id(const struct casebook *, uint32_t group, char out[CASE_NAME_MOST + 1]);
const char *case_act_name(enum case_act);		/* "match", "write-off" */
bool case_act_of(struct view name, enum case_act *);
const char *case_state_name(enum case_state);
const char *case_stage_name(enum case_stage);

/* All that people changed, in an order of its own: equal states give equal bytes, however they were reached. */
void casebook_feed(const struct casebook *, void (*feed)(void *ctx, const void *p, size_t n), void *ctx);

/* The tables, for tests and pages. */
enum case_state casebook_next(enum case_state, enum case_act);		/* CASE_STATES: refused */
enum case_stage casebook_next_stage(enum case_stage, enum case_act event);	/* SECOND, WITHDRAW; CASE_STAGES: refused */
/* Three to 300 characters of UTF-8 without control characters, no nine digits in a row, no account of these rows.  NULL: good. */
const char *casebook_reason_fault(const struct casebook *, struct view reason);
