/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_codes - the code tables of the NACHA rules as data: entry classes, return reasons, change codes, transaction
 * codes
 *
 * Codes come and go with the rules' yearly books, so reasons and changes carry the days between which they are valid;
 * the day to judge by is the file's creation date (no clock is read).  Dates are yyyymmdd; 0 = always.
 *
 * nacha_findings[] begins with our own codes, NC_* being their places; behind them stand the rules' codes for
 * `explain`.
 */
#pragma once

#include "formats/core/format.h"
#include "formats/core/layout.h"

enum nacha_code {
	/* the file as bytes and lines */
	NC_EMPTY, NC_BOM, NC_NO_SEPARATORS, NC_LINE_SHORT, NC_LINE_LONG, NC_LINE_OVERFLOW, NC_BLANK_LINE, NC_CHARACTERS,
	NC_PADDING, NC_SEVERAL_FILES, NC_AFTER_TRAILER, NC_RECORD_TYPE, NC_ORDER,
	/* file header and control */
	NC_NO_FILE_HEADER, NC_NO_FILE_CONTROL, NC_PRIORITY, NC_DESTINATION, NC_DESTINATION_DIGIT, NC_ORIGIN,
	NC_CREATION_DATE, NC_CREATION_TIME, NC_FILE_ID, NC_RECORD_SIZE, NC_BLOCKING, NC_FORMAT_CODE, NC_BATCH_COUNT,
	NC_BLOCK_COUNT, NC_FILE_ENTRY_COUNT, NC_FILE_ENTRY_HASH, NC_FILE_DEBIT, NC_FILE_CREDIT,
	/* batch header and control */
	NC_NO_BATCH_CONTROL, NC_SERVICE_CLASS, NC_COMPANY_NAME, NC_COMPANY_ID, NC_SEC, NC_ENTRY_DESCRIPTION,
	NC_DESCRIPTION_CASE, NC_DESCRIPTION_SEC, NC_EFFECTIVE_DATE, NC_ORIGINATOR_STATUS, NC_ODFI, NC_NOT_NUMERIC,
	NC_CONTROL_CLASS, NC_CONTROL_COMPANY_ID, NC_CONTROL_ODFI, NC_BATCH_NUMBER, NC_ENTRY_COUNT, NC_ENTRY_HASH,
	NC_DEBIT, NC_CREDIT, NC_EMPTY_BATCH, NC_MIXED_BATCH, NC_PAYROLL_DESCRIPTION, NC_MICRO_ENTRY, NC_SAME_DAY_LIMIT,
	NC_IAT_FX, NC_IAT_COUNTRY, NC_IAT_CURRENCY,
	/* entries */
	NC_TRANSACTION_CODE, NC_CODE_CLASS, NC_CODE_SEC, NC_DIRECTION, NC_ROUTING, NC_CHECK_DIGIT, NC_ACCOUNT,
	NC_AMOUNT, NC_AMOUNT_ZERO, NC_AMOUNT_NOT_ZERO, NC_AMOUNT_LIMIT, NC_NAME, NC_NAME_REQUIRED, NC_ID_REQUIRED,
	NC_CHECK_SERIAL, NC_TERMINAL, NC_CARD_TYPE, NC_PAYMENT_TYPE, NC_TRACE, NC_TRACE_CUT, NC_TRACE_ORDER,
	NC_TRACE_ODFI, NC_SUM,
	/* addenda */
	NC_ADDENDA_INDICATOR, NC_ADDENDA_MISSING, NC_ADDENDA_TYPE, NC_ADDENDA_COUNT, NC_ADDENDA_SEQUENCE,
	NC_ADDENDA_TRACE, NC_FIELD_MISSING, NC_IAT_ADDENDA, NC_IAT_ADDRESS, NC_IAT_TYPE, NC_DNE,
	/* returns and changes */
	NC_RETURN_REASON, NC_RETURN_REASON_SEC, NC_RETURN_REASON_SIDE, NC_RETURN_CODE, NC_RETURN_TRACE,
	NC_ORIGINAL_TRACE, NC_ORIGINAL_RDFI, NC_DATE_OF_DEATH, NC_FIELD_ERRORS, NC_CONTESTED_DATES, NC_IAT_DISHONORED,
	NC_CHANGE_CODE, NC_CHANGE_IAT, NC_CORRECTED_BLANK, NC_CORRECTED_DATA, NC_REFUSED_FIELDS,
	/* writing */
	NC_EMIT_VALUE, NC_EMIT_ORDER, NC_EMIT_KIND,
	NC_CODES
};

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
};

struct nacha_sec {
	char code[4];
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
struct nacha_reason { char code[4]; uint8_t kind, flags; int from, until; const char *secs; };

enum nacha_change_kind { CHANGE_NOTIFIED, CHANGE_REFUSED };
enum { CHANGE_IAT_ONLY = 1, CHANGE_NOT_IAT = 2 };

struct nacha_change { char code[4]; uint8_t kind, flags; int until; };

extern const struct tally_code nacha_findings[];

const struct nacha_sec *nacha_sec_find(const char code[3]);			/* NULL: no such class */
/* NULL: unknown, or not valid on that day */
const struct nacha_reason *nacha_reason_find(const char code[3], int day);
const struct nacha_change *nacha_change_find(const char code[3], int day);
bool nacha_transaction_code(int code);						/* assigned by the rules */
bool nacha_is_credit(int code);							/* direction of an assigned code */
bool nacha_secs_have(const char *secs, const char code[3]);
