/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt - the inside of the camt module: one file's state, and what its parts give each other
 *
 * camt_paths.c is the grammar: a table of element paths and what each is, made into a tree of nodes when a file begins;
 * camt.c walks it with the elements that xml.c tells, and keeps messages; camt_statement.c makes STATEMENT, BALANCE and TOTAL
 * records, camt_entry.c ENTRY and DETAIL of Ntry and TxDtls; camt_values.c reads amounts and dates; camt_prove.c adds up and
 * follows the chain; camt_find.c is the table of findings.
 *
 * A batch is one ENTRY and a DETAIL for each TxDtls: only the ENTRY counts.  An ENTRY waits for the end of its Ntry, since
 * its text may stand behind the details; so many bytes of details wait with it (CAMT_HELD), then it leaves without.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/date.h"
#include "formats/core/format.h"
#include "formats/lib/chain.h"
#include "formats/lib/strict.h"
#include "formats/lib/xml.h"

#define CAMT_NODES 384
#define CAMT_NAMES 128
#define CAMT_STORE ((size_t)96 << 10)		/* texts of one Ntry, and of one TxDtls */
#define CAMT_HELD ((size_t)512 << 10)
#define CAMT_DETAIL 256				/* a detail beside its texts */
#define CAMT_SHORT 144			/* an identification: Max35Text, Max70Text or Max140Text */
#define CAMT_STEPS 1024
#define CAMT_ENTRIES_SEEN 4096			/* the last entries, to find repeated ones */

/* Findings: index into camt_findings[]. */
enum camt_code {
	CAMT_EMPTY, CAMT_XML, CAMT_DOCTYPE, CAMT_LIMIT, CAMT_ENCODING, CAMT_NO_MESSAGE, CAMT_VERSION, CAMT_NO_STATEMENT, CAMT_NO_ID,
	CAMT_NO_ACCOUNT, CAMT_NO_OPENING, CAMT_NO_CLOSING, CAMT_BALANCE, CAMT_BALANCE_SIGN, CAMT_BALANCE_TYPE, CAMT_BALANCE_REPEATED, CAMT_AMOUNT,
	CAMT_NO_AMOUNT, CAMT_SIGN, CAMT_NO_CURRENCY, CAMT_CURRENCY, CAMT_STATUS, CAMT_REVERSAL, CAMT_DATE, CAMT_NO_DATE, CAMT_REPEATED_ELEMENT,
	CAMT_PROOF, CAMT_OVERFLOW, CAMT_TOTALS, CAMT_BATCH_COUNT, CAMT_BATCH_SUM, CAMT_DUPLICATE, CAMT_PAGE, CAMT_CHAIN, CAMT_REVERSED,
	CAMT_REPEATED, CAMT_ENTRY_REPEATED, CAMT_TEXT_LONG, CAMT_OPTION,
	CAMT_CODES
};
extern const struct tally_code camt_findings[CAMT_CODES + 1];

enum camt_kind { CAMT_052 = 52, CAMT_053 = 53, CAMT_054 = 54 };
enum camt_policy { POLICY_REJECT, POLICY_WARN, POLICY_IGNORE };

/* What an element is.  From IS_TEXT on: a text of the item, its slot is the rest. */
enum camt_is {
	IS_NOTHING, IS_MESSAGE, IS_MESSAGE_ID, IS_MESSAGE_TIME, IS_MESSAGE_PAGE, IS_MESSAGE_LAST, IS_RECEIVER,
	IS_STATEMENT, IS_STATEMENT_ID, IS_ELECTRONIC, IS_LEGAL, IS_COPY, IS_PAGE, IS_LAST, IS_TO, IS_CREATED, IS_ACCOUNT, IS_ACCOUNT_CURRENCY,
	IS_BANK, IS_INFORMATION,
	IS_BALANCE, IS_BALANCE_TYPE, IS_BALANCE_OWN, IS_BALANCE_SUBTYPE, IS_BALANCE_AMOUNT, IS_BALANCE_SIGN, IS_BALANCE_DATE,
	IS_TOTAL_COUNT, IS_TOTAL_SUM, IS_TOTAL_NET, IS_TOTAL_NET_SIGN, IS_CREDIT_COUNT, IS_CREDIT_SUM, IS_DEBIT_COUNT, IS_DEBIT_SUM, IS_TOTALS,
	IS_ENTRY, IS_DETAILS, IS_TRANSACTION, IS_BATCH_COUNT,
	IS_AMOUNT, IS_SIGN, IS_REVERSAL, IS_STATUS, IS_BOOKED, IS_VALUE, IS_TX_AMOUNT, IS_ORIGINAL, IS_COUNTER, IS_CHARGES, IS_CHARGE,
	IS_TEXT
};

enum camt_slot {		/* texts of an item */
	S_ENTRY_REF, S_BANK_REF, S_DOMAIN, S_FAMILY, S_SUBFAMILY, S_PROPRIETARY, S_END_TO_END, S_MANDATE, S_INSTRUCTION, S_PAYMENT, S_MESSAGE,
	S_TRANSACTION, S_UETR, S_CLEARING, S_CHECK, S_DEBTOR, S_CREDITOR, S_DEBTOR_ACCOUNT, S_CREDITOR_ACCOUNT, S_DEBTOR_BANK,
	S_CREDITOR_BANK, S_ULTIMATE_DEBTOR, S_ULTIMATE_CREDITOR, S_REMITTANCE, S_REFERENCE, S_DOCUMENT, S_STRUCTURED, S_INFORMATION,
	S_RETURN, S_RETURN_TEXT, S_PURPOSE, S_CREDITOR_ID, S_OWN_REF, S_RATE,
	S_SLOTS
};

struct camt_row { const char *path; uint8_t is; };

/* Nodes: 0 is "passed over", 1 is a message; next[node][name]. */
struct camt_grammar {
	struct view names[CAMT_NAMES];
	size_t n_names, n_nodes;
	uint8_t is[CAMT_NODES];
	bool begins[CAMT_NODES];		/* there is something to do when it begins */
	uint16_t next[CAMT_NODES][CAMT_NAMES];
};

/* Where an element stands, and with it what there is to do: beside each other, since this is looked up for every tag. */
typedef uint32_t camt_place_t;			/* node << 16 | is << 8 | begins */

/* A place that was found before: a name's bytes are the same pointer each time. */
struct camt_step { const char *name; uint32_t from; camt_place_t to; };

struct camt_text { char p[CAMT_SHORT]; uint8_t n; };
struct camt_money { bool there, good; int64_t minor; char currency[4]; uint64_t line; };

/* A Ntry or a TxDtls. */
struct camt_item {
	uint64_t line;
	struct camt_money amount, tx_amount, original, counter;
	char sign;			/* 'C', 'D', '?' unreadable, 0 missing */
	bool reversal, cut;
	struct camt_text status;
	date_t booked, value;
	int64_t charges;
	bool has_charges, has_total_charges;
	struct view text[S_SLOTS];
	size_t n;
	char store[CAMT_STORE];
};

struct camt_balance { bool there, readable; int64_t minor; char currency[4]; date_t date; uint64_t line; };
struct camt_sum { int64_t count, booked_count, sum, booked_sum; };
struct camt_claim { bool there, has_sum; int64_t count, sum; uint64_t line; };


struct camt_statement {
	uint64_t line;
	bool told, lost, said_status, said_date;
	struct camt_text id, electronic, legal, account, bank, copy;
	char currency[4];
	date_t created, to;
	int64_t page;
	bool has_page, last, has_last;
	struct camt_balance opening, previous, closing, page_from, page_to;	/* page: the first and the last ITBD */
	int64_t pages;
	int64_t net;			/* booked entries */
	int64_t unread, other_currency;
	struct camt_sum credit, debit;
	struct camt_claim total, credits, debits, net_claim;
	char net_sign;
};

struct camt {
	const struct tally_host *host;
	bool stopped;
	struct strict strict;
	enum camt_policy proof, chain_policy, totals;
	uint64_t seq;			/* of the last record */
	/* the grammar */
	const struct camt_grammar *grammar;
	struct camt_step steps[CAMT_STEPS];
	camt_place_t at[XML_DEPTH + 1];	/* [0]: outside; [d + 1]: of the element at depth d */
	/* where we are */
	uint64_t line;
	enum camt_kind kind;
	char version[20];
	uint64_t messages, statements, in_message;
	struct camt_text message_id, receiver;
	date_t message_date;
	char message_time[9];
	int64_t message_page;
	bool message_last, has_message_last, said_file, said_version;
	struct camt_statement st;
	struct { struct camt_money amount; char sign; bool own; date_t date; struct camt_text type, subtype; uint64_t line; } bal;
	char amount_currency[4];	/* of the amount whose text is awaited */
	bool amount_has_currency;
	/* the entry */
	struct camt_item *item;		/* entry or tx: what texts and amounts go to */
	bool entry_told, tx_sum_known;
	uint64_t entry_seq, n_tx, batch_from;	/* its record's number; TxDtls so far, and before this NtryDtls */
	int64_t batch_count, tx_sum;
	bool sums;			/* entries and details need not be told one by one (host->sum) */
	struct tally_sum sum, details;
	struct buf held;
	size_t held_bytes, held_details;	/* details: where only sums are wanted */
	struct record rec;
	struct chain chain;
	uint64_t entries_seen[CAMT_ENTRIES_SEEN];
	char last_currency[4];
	int last_digits;
	char type[64], extra[2048], out[CAMT_STORE];
	struct camt_item entry, tx;
};

void camt_find(struct camt *, enum camt_code, const char *name, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void camt_find_at(struct camt *, enum camt_code, uint32_t severity, uint64_t line, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
void camt_emit(struct camt *, const struct record *);		/* and the sums before it */
void camt_emit_sums(struct camt *);

const struct camt_grammar *camt_grammar(void);
void camt_document_paths(struct buf *);

/* Its text is an amount, its attribute Ccy the currency. */
static inline bool camt_is_amount(enum camt_is is)
{
	return is == IS_AMOUNT || is == IS_BALANCE_AMOUNT || is == IS_TX_AMOUNT || is == IS_ORIGINAL || is == IS_COUNTER || is == IS_CHARGES || is == IS_CHARGE;
}

uint8_t camt_name(const struct camt_grammar *, struct view);	/* 0 = none of the grammar's */

/* Values.  An amount is never negative; false after a finding. */
bool camt_amount(struct camt *, struct view text, const char *currency, const char *name, int64_t *minor);
struct view camt_view(const struct camt_text *);
void camt_keep(struct camt_text *, struct view);
date_t camt_date(struct camt *, struct view, const char *name);
char camt_sign(struct camt *, struct view, const char *name);
int64_t camt_number(struct view);		/* -1: not at most 15 digits */
void camt_take_currency(char out[4], struct view);	/* left as it was when it is no three capitals */

/* Statements. */
void camt_tell_statement(struct camt *);
void camt_statement_begin(struct camt *);
void camt_balance_begin(struct camt *);
void camt_statement_value(struct camt *, enum camt_is, struct view text);

/* Entries. */
void camt_entry_begin(struct camt *);
void camt_entry_end(struct camt *);
void camt_details_begin(struct camt *);
void camt_details_end(struct camt *);
void camt_tx_begin(struct camt *);
void camt_tx_end(struct camt *);
void camt_item_value(struct camt *, enum camt_is, struct view text);
bool camt_is_booked(const struct camt_item *);

/* Proof and chain.  The balances that a statement, or a page of one, begins and ends with. */
const struct camt_balance *camt_opening(const struct camt *);
const struct camt_balance *camt_closing(const struct camt *);
void camt_prove(struct camt *);
