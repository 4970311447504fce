/* SPDX-License-Identifier: Apache-2.0 */
/*
 * persons - who is paid, and to which account: versions of people, and the join of a payroll row to the one in force
 *
 * A version is what one feed said of one person from one day on (valid_from).  Later data for the same day supersede it; data that
 * say the same make none.  A run sees the versions that were known when its batch was opened (`mark`), so a range gives the same rows
 * whenever it is read.
 */
#pragma once

#include "formats/core/record.h"
#include "gateway/roles/route/route.h"

/* Whose data a run pays by: the HCM channel of people = feed, else the payroll channel itself. */
struct persons_of {
	char feed[200], channel[200];
	bool joined;				/* people = feed: rows are joined; else each row brings its own data */
	int64_t mark;				/* the last version known to the run */
	int64_t parcel;
	int32_t pay_date, today, last_run;	/* last_run: business day of the feed's last approved run, DATE_NONE = none */
	int quarantine_days;
	bool strangers;				/* people = row: of the last range nobody was known, so nobody is looked for (persons_rows.c) */
};

/* What is known of one row: its version, and why it waits ("" = it does not). */
struct persons_mark {
	uint64_t seq;
	int64_t version;
	bool noted;				/* by persons_note_rows(): nothing is left for persons_note() */
	bool open;				/* its bank data changed, and no person has looked at that yet */
	char why[24], detail[160];
};

struct bank_data { bool known, open; int64_t changed_on; char routing[32], account[64]; };	/* open: a change nobody has cleared */
bool persons_same(const struct bank_data *, struct view routing, struct view account);
void persons_copy(struct bank_data *out, struct view routing, struct view account);
int32_t persons_today(struct route *, const char *channel);		/* the day it is where that feed is */

int persons_route(struct route *, int64_t parcel, struct err *);	/* a people file becomes versions: ROUTED -> DONE */
int persons_of_run(struct route *, struct persons_of *, int64_t parcel, const char *channel, int64_t mark, int64_t pay_date, struct err *);

/*
 * Lays the version in force over the row; the texts borrow from *keep, which the caller clears no sooner than the row is done with.
 * 1 = the mark's version is laid over; 0 = nobody, or nobody in force: the mark's why says it; -1.
 */
int persons_join(struct route *, const struct persons_of *, struct record *row, struct buf *keep, struct persons_mark *, struct err *);
/* The row's own data as a version of its person (people = row): made when it differs from the last one. */
int persons_note(struct route *, const struct persons_of *, const struct record *row, struct persons_mark *, struct err *);
/* The same for the PAYMENT records of a range, a mark each, at once; what is not `noted` then is left to persons_note(), in their order. */
int persons_note_rows(struct route *, struct persons_of *, struct view rows, struct persons_mark *, size_t n, struct err *);
/* Did the feed change that person's bank data so shortly before the run that another person must look?  Fills why and detail. */
int persons_judge(struct route *, const struct persons_of *, struct persons_mark *, struct err *);
int persons_clear(struct route *, int64_t version, const char *operator_name, struct err *);	/* a person has looked: it may be paid */
