/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/decided - what people decided about an earlier run's results, honoured in this one
 *
 * What a person matched, confirmed or wrote off is closed; what he took apart is open again, with all its columns; what
 * he refused or took apart is neither joined nor proposed again; owners and comments go along.  decided.csv carries
 * what still counts: refusals as long as one of their rows is open, write-offs for good.
 *
 * Failure: -1 and *err; a journal that was changed, was cut or is torn ends the run.
 */
#pragma once

#include "gateway/cli/reconcile/reconcile.h"
#include "gateway/cli/reconcile/table.h"

#define RC_DECIDED "decided.csv"

struct rc_decision {
	struct view kind;		/* match confirm unmatch refuse write-off; waits: it was not seconded, and holds nothing */
	struct view account, bank, book, by, second, at, reason;
	char currency[4];
	int64_t amount;			/* written off, bank less book */
	bool fresh;			/* of the run before this one */
	uint32_t part, refusal;		/* where its refusal stands; part UINT32_MAX: none of its rows is here */
};

struct rc_note { uint64_t print; struct view owner, comment; uint32_t turn; bool book; };	/* the later turn counts */

struct folder;
struct json;
struct rc_decided {
	struct rc_decision *all;
	uint32_t n, cap, waiting;
	struct rc_table old;		/* decided.csv of the run before; views stay in it */
	struct folder *folder;
	struct rc_note *notes;		/* by print and side once sorted */
	uint32_t n_notes, cap_notes;
	struct rc_prints closed[2], reopened[2];	/* bank, book */
	char **texts;			/* id lists that were made */
	uint32_t n_texts;
};

int rc_decided_read(struct rc *, struct err *);		/* before the open items are read */
int rc_decided_apply(struct rc *, struct err *);	/* behind that, before matches are */
bool rc_decided_reopened(const struct rc *, bool book, struct view id);
int rc_decided_refusals(struct rc *, struct err *);	/* behind rc_set() */
int rc_decided_write(const struct rc *, struct err *);
int64_t rc_written_off(const struct rc *, struct view account, const char *currency);
bool rc_note_add(struct rc_decided *, bool book, uint64_t print, struct view owner, struct view comment);
const struct rc_note *rc_note_of(const struct rc *, const struct recon_row *, bool bank);	/* or NULL */
bool rc_refusal_counts(const struct rc *, const struct rc_decision *);	/* a row of it is open */
void rc_put_decisions(struct json *, const struct rc *);	/* summary.json's part */
void rc_decided_release(struct rc *);
