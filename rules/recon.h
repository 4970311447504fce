/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon - which bank lines and which book items belong together: one partition in, decisions out
 *
 * A partition is all lines and items of one account and currency, lines in the order of their files and numbers, items
 * in the order of their ids (the caller sorts: the answer then depends on nothing but the data).  The engine keeps
 * nothing between two calls, reads no clock and bounds its work by counts, so the caller may run one partition a thread.
 *
 * Passes, strongest evidence first; each takes away what it closes: exact references (unique both ways), group keys
 * whose sum proves, parts of one item, near references and lone amounts.  Three rules hold in all of them: a pair must
 * be the only one on both sides; a reference that is there and contradicts vetoes; no lump without a key that the book
 * or the line declares.  What is left gets proposals (ranked) and one reason.
 *
 * Amounts are magnitudes with a sign beside them; scores are integers, 0 to 10000.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/date.h"
#include "formats/core/view.h"

enum recon_sign { RECON_CR, RECON_DB };
enum recon_type { RECON_OTHER, RECON_ACH, RECON_CHECK, RECON_WIRE, RECON_DEPOSIT, RECON_CARD, RECON_FEE, RECON_INTEREST,
	RECON_RETURN, RECON_LUMP, RECON_TYPES };
enum recon_status { RECON_OPEN, RECON_VOID, RECON_STOPPED };

/* The texts of a row.  Bank: references of ours first, then the bank's own number.  Book: id first. */
enum { B_REF, B_E2E, B_NUMBER, B_OWN, B_PARTY, B_TEXT, K_ID = 0, K_REF, K_GROUP, K_PARTY, K_NOTE, K_EXTRA, RECON_TEXTS };

enum recon_reason {
	RECON_NO_REASON, NO_COUNTERPART_BOOK, NO_COUNTERPART_BANK, AMOUNT_DIFF, DATE_OUT_OF_WINDOW, REF_CONFLICT, AMBIGUOUS,
	DUP_LINE, DUP_PAYMENT, SIGN_FLIP, TRANSPOSED_AMOUNT, WRONG_ACCOUNT, RETURN_UNLINKED, FEE_UNEXPLAINED, GROUP_SHORT,
	GROUP_OVER, STALE_CHECK, VOID_PRESENTED, STOP_PRESENTED, CCY_MISMATCH, BALANCE_BREAK, RECON_REASONS
};
const char *recon_reason_name(enum recon_reason);
const char *recon_type_name(enum recon_type);
enum recon_type recon_bank_type(struct view format, struct view type, struct view text);	/* format: the module's name */
enum recon_type recon_book_type(struct view);

struct recon_row {
	const char *texts;		/* all texts, one behind the other */
	const struct recon_row *with;	/* out: what the reason speaks of; or NULL */
	int64_t amount;			/* magnitude, minor units */
	date_t date;			/* booked | expected */
	int32_t day;			/* banking days since some day, of `date` (a closed day counts as the next open one) */
	date_t other;			/* value date | date of issue; DATE_NONE */
	date_t status_date;		/* book: since when void or stopped */
	date_t first_seen;		/* the run that saw it first; for the caller */
	uint32_t file, n;		/* bank: the caller's file and the number in it; book: n is the caller's */
	uint16_t end[RECON_TEXTS];	/* where each text ends in `texts` */
	uint8_t sign, type, status;
	uint8_t whole;			/* book: no line pays it alone; only its group, and all of that */
	uint8_t closed;			/* out: stands in an automatic match */
	uint8_t reason;			/* out: enum recon_reason */
	uint8_t held;			/* out: a duplicate or a void check presented: takes no further part */
	uint8_t refused;		/* in: stands in one of the refusals */
};

static inline struct view recon_text(const struct recon_row *r, int t)
{
	uint16_t from = t == 0 ? 0 : r->end[t - 1];

	return (struct view){ r->texts + from, (size_t)r->end[t] - from };
}

enum recon_rule {
	RULE_REFERENCE,			/* our reference in one of the line's fields */
	RULE_REFERENCE_OWN,		/* our reference where the bank puts its own number */
	RULE_REFERENCE_TEXT,		/* our reference in the line's text */
	RULE_REFERENCE_NEAR,		/* one operator away */
	RULE_AMOUNT_DATE,		/* no reference on one side; amount and date are nobody else's */
	RULE_GROUP_KEY,			/* the line bears the group's key and the sum proves */
	RULE_GROUP_FEE_TEXT,		/* the same less a fee that the line states together with the gross */
	RULE_GROUP_TOTAL,		/* the line bears nothing; one group of the book has this total */
	RULE_PARTS,			/* several lines bear one item's reference and add up to it */
	RULE_PARTS_REST,		/* proposal: the same, with a line that lost the reference */
	RULE_AMOUNT_OFF,		/* proposal: exact reference, another amount */
	RULE_LUMP,			/* proposal: items of one party that add up to the line */
	RULE_GROUP_LESS,		/* proposal: a keyed group without some of its items */
	RULE_CONFLICT,			/* proposal: same amount and days, the references contradict */
	RECON_RULES
};
extern const struct recon_rule_row { const char *name, *version, *says; } recon_rules[RECON_RULES];

/* How a reference was read. */
enum recon_operator { OP_NONE, OP_EXACT, OP_PREFIX, OP_OCR, OP_EDIT, OP_LOOSE, OP_OTHER, RECON_OPERATORS };
extern const char *const recon_operator_names[RECON_OPERATORS];

struct recon_match {
	uint32_t bank_at, n_bank, book_at, n_book;	/* into struct recon's ids: indices of lines and items, ascending */
	int64_t bank_total, book_total;			/* signed, CR positive */
	int64_t extra;			/* a fee; how many other candidates; how many sums were possible */
	uint32_t odds;			/* RULE_LUMP: accidental hits to expect in a million lines */
	int16_t days;			/* banking days from item to line */
	uint16_t score;			/* 0..10000 */
	uint16_t margin;		/* to the runner-up of the same line */
	uint8_t rule, op, where, party;	/* where: the bank text that held it; party: enum recon_party */
	bool automatic;
};

enum recon_party { PARTY_UNKNOWN, PARTY_AGREES, PARTY_DOUBT, PARTY_OTHER };

struct recon_options {
	date_t as_of;
	int early, late, late_check;	/* banking days in which an exact reference counts */
	int weak, weak_check;		/* banking days in which a rival is a rival */
	int stale_days;			/* calendar days */
};
extern const struct recon_options recon_defaults;	/* as_of aside */

/* A person said that these do not belong together: none of the pairs is joined automatically, the whole is not proposed. */
struct recon_refusal { const uint32_t *lines, *items; uint32_t n_lines, n_items; };	/* ascending */

struct recon {
	/* in */
	struct recon_row *lines, *items;
	uint32_t n_lines, n_items;
	int digits;			/* minor digits of the currency */
	const struct recon_options *options;
	const struct recon_refusal *refusals;
	uint32_t n_refusals;
	bool unsieved;			/* all items into all maps, however few the lines are: for tests, the answer is the same */
	/* out */
	struct recon_match *matches;	/* automatic ones by their first line, then proposals by line and score */
	uint32_t n_matches, n_auto;
	uint32_t *ids, n_ids;
	uint32_t cap_matches, cap_ids;
	bool failed;			/* memory was short: nothing of it may be used */
};

int recon_run(struct recon *);		/* 0, or -1 when memory is short */
void recon_release(struct recon *);

/* What is left of all partitions: the same reference and amount in another account or currency. */
struct recon_left { struct recon_row *row; uint32_t account, currency; };
static inline bool recon_left(const struct recon_row *r)	/* the only rows that recon_across() looks at */
{
	return !r->closed && !r->held && (r->reason == NO_COUNTERPART_BOOK || r->reason == NO_COUNTERPART_BANK || r->reason == STALE_CHECK);
}
int recon_across(struct recon_left *lines, size_t n, struct recon_left *items, size_t m);
