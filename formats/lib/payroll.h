/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll - the inside of the payroll module: one file's state, and what its parts give each other
 *
 * payroll.c reads rows and trailer and writes the records; payroll_values.c judges each value of a row and
 * whether a person stands twice; payroll_find.c has the tables of columns and findings.  Account numbers and SSNs never stand in a
 * finding's text.
 */
#pragma once

#include "formats/lib/seen.h"
#include "formats/lib/sheet.h"
#include "formats/lib/values.h"

#define PAYROLL_WORD_MAX 64		/* bytes of company, run and person id */
#define PAYROLL_NAME_MAX 128

enum payroll_column { COMPANY, RUN, PERSON, NAME, PAY_DATE, GROSS, DEDUCTIONS, NET, ROUTING, ACCOUNT, ACCOUNT_TYPE,
	METHOD, SSN,
	/* of distributions, and of people whose bank data come elsewhere */
	BADGE, HCM_ID, ROLLOVER, TRUSTEE, TRUSTEE_ACCOUNT, PLAN, DISTRIBUTION, FEDERAL_TAX, STATE_TAX, ADDRESS1, ADDRESS2, CITY,
	REGION, POSTAL_CODE, COUNTRY, COLUMNS };

extern const struct sheet_column payroll_columns[COLUMNS];

enum payroll_code {
	PAYROLL_COLUMN_UNKNOWN = SHEET_CODES, PAYROLL_DATE, PAYROLL_NET, PAYROLL_NET_NEGATIVE, PAYROLL_NET_ZERO, PAYROLL_ROUTING,
	PAYROLL_ACCOUNT, PAYROLL_ACCOUNT_TYPE, PAYROLL_METHOD, PAYROLL_SSN, PAYROLL_PERSON_TWICE, PAYROLL_PERSONS_MANY, PAYROLL_MIXED,
	PAYROLL_TRAILER, PAYROLL_TRAILER_MISSING, PAYROLL_AFTER_TRAILER, PAYROLL_OVERFLOW, PAYROLL_ROLLOVER, PAYROLL_TRUSTEE, PAYROLL_TAX,
	PAYROLL_DISTRIBUTION,
	CODES
};

extern const struct tally_code payroll_findings[CODES + 1];

struct money_sums { int64_t gross, deductions, net; };

struct payroll {
	struct sheet sheet;
	struct sheet_column columns[COLUMNS];	/* payroll_columns, as option bank_data will have them */
	bool trailer_required, many_runs;
	bool no_bank_data;		/* option bank_data = none: a row needs no method and no account */
	/* the row */
	date_t pay_date;
	int64_t gross, deductions, net, rollover, federal, state;
	char account_type;
	bool by_check;
	char ssn[9];
	/* the file */
	bool file_told, trailer_seen, said_after, said_many, sums_lost;
	char company[PAYROLL_WORD_MAX], run[PAYROLL_WORD_MAX];
	size_t company_n, run_n;
	date_t file_date;
	struct money_sums sums;
	struct seen persons;
};

/* Judges the row's values: sets sheet.bad, and the numbers and dates that could be read. */
void payroll_check_values(struct payroll *);
