/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_codes - the code tables of the NACHA rules as data: entry classes, return reasons, change codes, transaction
 * codes
 *
 * Codes come and go with the rules' yearly books, so every table carries the days between which its rows are valid
 * (struct nacha_days); the day to judge by is the file's creation date (no clock is read).
 *
 * nacha_findings[] begins with our own codes, NC_* being their places; behind them stand the rules' codes for
 * `explain`.
 */
#pragma once

#include "formats/core/format.h"
#include "formats/core/layout.h"
#include "formats/lib/nacha_rules.h"

#define NACHA_ID(id, severity, least, level, r, title, action, source) NC_##id,
enum nacha_code { NACHA_RULES(NACHA_ID) NC_CODES };
#undef NACHA_ID

enum { NACHA_LEVEL_NONE, NACHA_LEVEL_FILE, NACHA_LEVEL_BATCH, NACHA_LEVEL_ENTRY };
#define NACHA_SEVERITY_OFF (-1)			/* below FINDING_NOTE: not told at all */

struct nacha_level { uint8_t level; int8_t least; const char *r; };	/* see nacha_rules.h */

enum {
	SEC_CREDIT = 1, SEC_DEBIT = 2,		/* directions that are allowed */
	SEC_ZERO_CODES = 4,			/* x4 and x9: zero-dollar entries with remittance */
	SEC_ZERO_ONLY = 8,			/* only x4 (ACK ATX) */
	SEC_PRENOTE_ONLY = 16,			/* only x3 (DNE ENR) */
	SEC_NAME = 32, SEC_ID = 64, SEC_SERIAL = 128,		/* mandatory for the operator (R26) */
	SEC_COUNT = 256,			/* number of addenda in 55-58 */
	SEC_PAYMENT_TYPE = 512, SEC_CARD = 1024, SEC_TERMINAL = 2048,
	SEC_NO_NAME = 4096,			/* the form has no name field */
	SEC_IAT = 8192, SEC_ADV = 16384, SEC_COR = 32768,
	SEC_PAYMENT_BLANK = 65536,		/* payment type R, S or blank (TEL) */
};

struct nacha_days { int from, until; };		/* yyyymmdd, both inclusive; 0 = since ever, for ever */

struct nacha_sec {
	char code[4];
	struct nacha_days days;
	const struct layout *entry;
	unsigned flags;
	uint8_t addenda;			/* 5, 2 or 0: the type a forward entry may carry */
	uint16_t least, most;			/* and how many */
	int64_t limit;				/* cents, inclusive; 0 = none */
	const char *description;		/* what 54-63 must say; NULL = free */
};

enum nacha_reason_kind { REASON_RETURN, REASON_DISHONORED, REASON_CONTESTED };
/* only for debits, only for credits, wants a date of death */
enum { REASON_DEBIT = 1, REASON_CREDIT = 2, REASON_DEATH = 4 };

/* secs NULL: all */
struct nacha_reason { char code[4]; uint8_t kind, flags; struct nacha_days days; const char *secs; };

enum nacha_change_kind { CHANGE_NOTIFIED, CHANGE_REFUSED };
enum { CHANGE_IAT_ONLY = 1, CHANGE_NOT_IAT = 2 };

struct nacha_change { char code[4]; uint8_t kind, flags; struct nacha_days days; };

/* Words of the entry description that the rules want in capitals. */
struct nacha_word { const char *word; struct nacha_days days; const char *secs; };		/* secs NULL: in all */

extern const struct tally_code nacha_findings[];
extern const struct nacha_level nacha_levels[NC_CODES];

const struct nacha_sec *nacha_sec_find(const char code[3]);			/* NULL: no such class */
/* NULL: unknown, or not valid on that day */
const struct nacha_reason *nacha_reason_find(const char code[3], int day);
const struct nacha_change *nacha_change_find(const char code[3], int day);
const struct nacha_word *nacha_word_find(struct view description, int day);	/* that begins with it, in any case */
int64_t nacha_same_day_limit(int day);					/* cents an entry; 0 = there was no same day */
bool nacha_valid(struct nacha_days, int day);
bool nacha_transaction_code(int code);						/* assigned by the rules */
bool nacha_is_credit(int code);							/* direction of an assigned code */
bool nacha_secs_have(const char *secs, const char code[3]);
