/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - THE normalised line: one kind, a set of fields, and the source line it came from
 *
 * Every format module reads into this and writes from it; docs/records.md is generated from the table in record.c.  A record is
 * flat: `present` says which fields are set, `v` holds them by their id.  Numbers (money in minor units, dates as days since
 * 1970-01-01, counts) are int64; texts are borrowed views that live for the call only.
 *
 * Crosses the module ABI: size first; new fields go at the end of the enum (and so of v), new kinds at the end of theirs.
 * Ids are on the wire and in stored segments: never renumber.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/view.h"

enum record_kind {
	RECORD_NONE,
	RECORD_FILE,		/* a file's header: who, to whom, when, which number */
	RECORD_BATCH,		/* ACH batch header; the PAYMENT, RETURN and CHANGE records that follow are in it */
	RECORD_STATEMENT,	/* a bank statement begins: account, currency, as-of date, provisional or not */
	RECORD_BALANCE,		/* a balance of that statement: TYPE says which (opening, closing, or the bank's code) */
	RECORD_ENTRY,		/* a booked or provisional line of that statement */
	RECORD_RETURN,		/* an ACH return */
	RECORD_CHANGE,		/* a notification of change (NOC) */
	RECORD_PAYMENT,		/* money to pay to one payee */
	RECORD_PERSON,
	RECORD_CHECK_ISSUE,
	RECORD_CHECK_STATUS,
	RECORD_ROLLOVER,
	RECORD_EXPECTED,	/* something the book expects at the bank */
	RECORD_TOTAL,		/* a trailer's own figures, as claimed: COUNT, DEBIT, CREDIT, HASH; TYPE says of what */
	RECORD_ACK,		/* the far side's verdict on a file of ours, or on one line of it */
	RECORD_DETAIL,		/* a part of the ENTRY before it (TxDtls, a batch's member): informs, never a bank line */
	RECORD_KINDS
};

enum record_field {
	F_ACCOUNT, F_CURRENCY, F_AMOUNT, F_VALUE_DATE, F_BOOKING_DATE, F_TYPE, F_BANK_REF, F_CUSTOMER_REF, F_TRACE,
	F_CHECK_NUMBER, F_PARTY, F_TEXT,
	/* files and statements */
	F_SENDER, F_RECEIVER, F_FILE_ID, F_CREATED_DATE, F_CREATED_TIME, F_STATEMENT, F_AS_OF_DATE, F_STATUS, F_PROVISIONAL,
	F_COUNT, F_DEBIT, F_CREDIT, F_HASH,
	/* ACH */
	F_DESTINATION_NAME, F_ORIGIN_NAME, F_REFERENCE, F_COMPANY_NAME, F_COMPANY_ID, F_DISCRETIONARY, F_SEC, F_DESCRIPTION,
	F_DESCRIPTIVE_DATE, F_EFFECTIVE_DATE, F_SETTLEMENT_DAY, F_SERVICE_CLASS, F_ODFI, F_BATCH_NUMBER, F_TRANSACTION_CODE,
	F_ROUTING, F_INDIVIDUAL_ID, F_ADDENDA_COUNT, F_ADDENDA, F_REASON, F_ORIGINAL_TRACE, F_ORIGINAL_RDFI, F_CORRECTED,
	F_DATE_OF_DEATH, F_RETURN_TRACE,
	/* payroll */
	F_COMPANY, F_RUN, F_PERSON, F_PAY_DATE, F_GROSS, F_DEDUCTIONS, F_NET, F_ACCOUNT_TYPE, F_METHOD, F_SSN, F_LEG,
	/* checks, rollovers, book items */
	F_PAYEE, F_ISSUE_DATE, F_GROUP, F_NOTE,
	/* statement lines, beyond the common ones */
	F_PARTY_ACCOUNT, F_PARTY_BANK, F_END_TO_END, F_MANDATE, F_REVERSAL, F_PARENT, F_PAGE, F_CODE, F_ORIGINAL_AMOUNT,
	F_ORIGINAL_CURRENCY, F_CHARGES,
	/* people */
	F_HCM_ID, F_BADGE, F_FIRST_NAME, F_LAST_NAME, F_VALID_FROM, F_VALID_TO, F_ADDRESS1, F_ADDRESS2, F_CITY, F_REGION,
	F_POSTAL_CODE, F_COUNTRY, F_BIRTH_DATE,
	/* distributions and rollovers */
	F_ROLLOVER, F_TRUSTEE, F_TRUSTEE_ACCOUNT, F_PLAN, F_DISTRIBUTION, F_FEDERAL_TAX, F_STATE_TAX,
	/* checks, book items, acknowledgements */
	F_MEMO, F_NEW_CHECK_NUMBER, F_DELIVERY, F_ITEM, F_STATUS_DATE, F_EXTRA, F_FILE_NAME,
	RECORD_FIELDS
};

union record_value { int64_t n; struct view s; };

struct record {
	uint32_t size;			/* sizeof(struct record) of the writer */
	uint32_t kind;
	uint64_t seq;			/* from 1 in its file; filled by the host */
	uint64_t line;			/* physical source line from 1; for a file without lines the record's number */
	uint64_t present[2];		/* bit f % 64 of word f / 64 */
	union record_value v[RECORD_FIELDS];
};

enum field_type { FIELD_TEXT, FIELD_MONEY, FIELD_DATE, FIELD_NUMBER };
enum field_secrecy { FIELD_OPEN, FIELD_LAST4 };		/* LAST4: account numbers and SSNs; shown by their last four */

struct field_row { const char *name; uint8_t type, secrecy; const char *meaning; };	/* name = JSON key, "amount_minor" */

extern const struct field_row record_field_rows[RECORD_FIELDS];
const char *record_kind_name(uint32_t kind);		/* "ENTRY"; "?" when unknown */
int record_kind_by_name(struct view);			/* -1 when unknown */

static inline void record_init(struct record *r, enum record_kind kind, uint64_t line)
{
	r->size = sizeof(*r);
	r->kind = kind;
	r->seq = 0;
	r->line = line;
	r->present[0] = r->present[1] = 0;
}

static inline bool record_has(const struct record *r, enum record_field f)
{
	return r->present[f / 64] >> (f % 64) & 1;
}

static inline void record_set_num(struct record *r, enum record_field f, int64_t n)
{
	r->v[f].n = n;
	r->present[f / 64] |= (uint64_t)1 << (f % 64);
}

/* An empty text is not set: absent fields are left out everywhere. */
static inline void record_set_text(struct record *r, enum record_field f, struct view s)
{
	if (s.n == 0)
		return;
	r->v[f].s = s;
	r->present[f / 64] |= (uint64_t)1 << (f % 64);
}

static inline struct view record_text(const struct record *r, enum record_field f)
{
	return record_has(r, f) ? r->v[f].s : (struct view){ NULL, 0 };
}

static inline int64_t record_num(const struct record *r, enum record_field f, int64_t otherwise)
{
	return record_has(r, f) ? r->v[f].n : otherwise;
}
