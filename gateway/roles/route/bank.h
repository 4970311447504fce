/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank - what the rooms of the bank's side share: statements.c posts, chain.c compares statements, partition.c asks and
 * bank.c hears what a line is, evidence.c proves it anew, book.c brings the book's items, exceptions.c keeps what a person must look at
 */
#pragma once

#include "gateway/roles/route/route.h"
#include "rules/recon.h"

#define CHECK_STALE_DAYS 180
#define LATE_DAYS 3			/* banking days after the effective date: what the bank has not shown then is late */
/* What a sum of returns may be posted by. */
#define RETURN_FILE_KEY "'RETURNS '||e.grp"
#define RETURN_DAY_KEY "'RETURNS '||x.company_id||' of '||date(e.effective*86400,'unixepoch')"

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
	char text[4][400];			/* text, customer's, bank's, end-to-end reference */
};
int bank_line_read(struct route *, int64_t id, struct bank_line *, struct err *);	/* 1 it is open, 0, -1 */
int bank_line_miss(struct route *, const struct bank_line *, struct view reason, struct view text, struct err *);
int bank_alarm(struct route *, const struct bank_line *, const char *reason, const char *words, int64_t item, const char *deadline, struct err *);
bool bank_next_reference(const char **at, struct view *word);		/* the next word of a bank's text that could be a reference */
/* Does the line name another expected item of its account than this one?  1 yes (its reference), 0, -1. */
int bank_names_another(struct route *, const struct bank_line *, int64_t expected, char reference[64], struct err *);

/* What the worker decided: lines and items that belong together, and why. */
struct match {
	const int64_t *lines, *items;		/* ascending, each once */
	size_t n_lines, n_items;
	enum recon_rule rule;
	int64_t score, margin;
	int field;				/* where the line says it: a text of recon.h, -1 nowhere; its bytes */
	int64_t from, size;
	enum recon_operator reading;
	struct view text;
};
struct recon_options;
void match_days_of(const struct route *, const char *ccy, struct recon_options *);
int partition_send(struct route *, struct job *, struct err *);
/* What a person decided (handwork.c), in the words of his decision. */
int bank_match_by_hand(struct route *, const int64_t *lines, size_t n, const int64_t *items, size_t m, struct view why, int64_t decision, struct err *);
/* evidence.c: is it so, by the ledger alone?  1 yes, and then *evidence and *sum are the words that are kept; 0 no, and why; -1. */
int evidence_prove(struct route *, const struct match *, const struct bank_line *first, struct buf *evidence, struct buf *sum, char why[200], struct err *);
void evidence_put(const struct match *, struct view said, struct view reference, struct buf *out);
/* checks.c: an item that the worker took for this line: may it be paid?  What must come before the match is done; false in *good: told otherwise. */
int check_paid(struct route *, const struct bank_line *, int64_t expected, bool *good, struct err *);
int check_left(struct route *, const struct bank_line *, struct view reason, struct view text, struct err *);	/* 1 an alarm, 0 no check, -1 */

int reverse_settled(struct route *, int64_t batch, const char *evidence, struct err *);	/* reverse.c: its originals are REVERSED */
int reverse_returned(struct route *, int64_t item, const char *code, struct err *);	/* a reversal that came back: an alarm; nothing for other items */
bool return_disputed(const struct record *);						/* it disputes an earlier one: a person's */
#define RETURN_DISPUTED_TEXT "it disputes an earlier return or change; no payment moves by it"
bool return_debits(struct view code);							/* a payment of this transaction code comes back as a debit on our account */
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
