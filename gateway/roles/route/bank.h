/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank - what the rooms of the bank's side share: statements.c posts, chain.c compares statements, pages.c asks and
 * bank.c answers what a line is, groups.c sums, book.c brings the book's items, exceptions.c keeps what a person must look at
 */
#pragma once

#include "gateway/roles/route/route.h"

#define CHECK_STALE_DAYS 180
#define MATCH_WINDOW 3			/* banking days after the effective date that a line may be posted */

/*
 * Something that a person must look at and that is neither a bank line nor a return.  `source` names the fact ("ack:F7:3"): however
 * often it is seen, it is one exception.  Texts of `detail` hold no digits of an account.
 */
struct exception {
	const char *source, *reason, *partner, *detail;
	bool alarm;
	int64_t parcel, line, bank_line, item, artifact;	/* 0: none */
	struct view account, ccy;
	int64_t date, amount;
	const char *deadline;					/* UTC; NULL: none */
};
int exception_raise(struct route *, const struct exception *, struct err *);
int exception_close(struct route *, const char *source, const char *how, struct err *);	/* what it was about is in order now */

/* An open bank line as the ledger has it. */
struct bank_line {
	int64_t id, parcel, line, date, amount;
	char partner[64], account[64], ccy[4], type[24], check_number[40];
	char text[4][400];			/* as the matcher looks at them: text, customer's, bank's, end-to-end reference */
};
int bank_line_read(struct route *, int64_t id, struct bank_line *, struct err *);	/* 1 it is open, 0, -1 */
int bank_line_miss(struct route *, const struct bank_line *, struct view reason, struct view text, struct err *);
bool bank_in_window(struct route *, const char *partner, int64_t effective, int64_t date);
bool bank_next_reference(const char **at, struct view *word);		/* the next word of a bank's text that could be a reference */
/* Does the line name another expected item of its account than those of this match (0: than any)?  1 yes (its reference), 0, -1. */
int bank_names_another(struct route *, const struct bank_line *, int64_t match, int64_t expected, char reference[64], struct err *);

/* One line and what it pays, already looked at: writes the match and settles. */
struct match { int64_t line; struct view rule, text; int64_t score; };
int bank_match(struct route *, const struct match *, const int64_t *expected, size_t n, struct err *);

int reverse_settled(struct route *, int64_t batch, const char *evidence, struct err *);	/* reverse.c: its originals are REVERSED */
int reverse_returned(struct route *, int64_t item, const char *code, struct err *);	/* a reversal that came back: an alarm; nothing for other items */
bool return_disputed(const struct record *);						/* it disputes an earlier one: a person's */
#define RETURN_DISPUTED_TEXT "it disputes an earlier return or change; no payment moves by it"
bool return_debits(struct view code);							/* a payment of this transaction code comes back as a debit on our account */
void groups_forget(void);								/* something was matched or came: sums are added up anew */
int group_named(struct route *, const struct bank_line *, const char **reason, char text[300], struct err *);	/* 1 it names one whose sum differs, 0, -1 */
int group_find(struct route *, const struct bank_line *, bool *matched, struct err *);	/* one sum for several items of a key */
int checks_pump(struct route *, struct err *);
int checks_clock(struct route *, int64_t today, struct err *);				/* once a day: STALE */
int chain_look(struct route *, int64_t parcel, struct err *);				/* after the lines of a file are posted */
int confirmations_route(struct route *, int64_t parcel, struct err *);
int64_t confirmation_number(struct view);						/* a check's; -1: none */
int confirmations_pump(struct route *, struct err *);
int rollovers_settle(struct route *, int64_t funding, const char *why, struct err *);	/* the money of a rollover file is charged */
bool reprint_range(const struct outbound *, int64_t *first, int64_t *last);		/* the printer's own numbers; false: it has none */
int acks_route(struct route *, int64_t parcel, struct err *);
int acks_pump(struct route *, struct err *);
int acks_clock(struct route *, struct err *);						/* the verdict that is overdue */
int book_route(struct route *, int64_t parcel, struct err *);
int book_clock(struct route *, struct err *);
