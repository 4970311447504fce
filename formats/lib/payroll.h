/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll - the inside of the payroll module: one file's state, and what its parts give each other
 *
 * payroll.c reads header, rows and trailer and writes the records; payroll_values.c judges each value of a row and
 * whether a person stands twice; payroll_find.c is the table of findings.  Account numbers and SSNs never stand in a
 * finding's text.
 */
#pragma once

#include "formats/core/date.h"
#include "formats/lib/csv.h"
#include "formats/lib/seen.h"
#include "formats/lib/values.h"

#define PAYROLL_WORD_MAX 64		/* bytes of company, run and person id */
#define PAYROLL_NAME_MAX 128

enum payroll_column { COMPANY, RUN, PERSON, NAME, PAY_DATE, GROSS, DEDUCTIONS, NET, ROUTING, ACCOUNT, ACCOUNT_TYPE,
	METHOD, SSN,
	/* of distributions, and of people whose bank data come elsewhere */
	BADGE, HCM_ID, ROLLOVER, TRUSTEE, TRUSTEE_ACCOUNT, PLAN, DISTRIBUTION, FEDERAL_TAX, STATE_TAX, ADDRESS1, ADDRESS2, CITY,
	REGION, POSTAL_CODE, COUNTRY, COLUMNS };

struct payroll_column_row { const char *option, *standard, *title; };
extern const struct payroll_column_row payroll_columns[COLUMNS];

enum payroll_code {
	PAYROLL_EMPTY, PAYROLL_COLUMN_MISSING, PAYROLL_COLUMN_TWICE, PAYROLL_COLUMN_UNKNOWN, PAYROLL_NO_ROWS,
		PAYROLL_CSV, PAYROLL_BOM,
	PAYROLL_FIELDS, PAYROLL_VALUE_MISSING, PAYROLL_VALUE_LONG, PAYROLL_CHARACTER, PAYROLL_DATE, PAYROLL_AMOUNT,
		PAYROLL_NET,
	PAYROLL_NET_NEGATIVE, PAYROLL_NET_ZERO, PAYROLL_ROUTING, PAYROLL_ACCOUNT, PAYROLL_ACCOUNT_TYPE, PAYROLL_METHOD,
		PAYROLL_SSN,
	PAYROLL_PERSON_TWICE, PAYROLL_PERSONS_MANY, PAYROLL_MIXED, PAYROLL_TRAILER, PAYROLL_TRAILER_MISSING,
		PAYROLL_AFTER_TRAILER,
	PAYROLL_OVERFLOW, PAYROLL_OPTION, PAYROLL_ROLLOVER, PAYROLL_TRUSTEE, PAYROLL_TAX, PAYROLL_DISTRIBUTION,
	CODES
};

extern const struct tally_code payroll_findings[CODES + 1];

struct money_sums { int64_t gross, deductions, net; };

struct payroll {
	const struct tally_host *host;
	bool stopped;
	struct csv_row row;
	size_t header_n;
	int at[COLUMNS];		/* index of each column, -1 = not there */
	int dates;
	bool trailer_required, many_runs;
	bool no_bank_data;		/* option bank_data = none: a row needs no method and no account */
	/* the row */
	bool bad;
	struct view value[COLUMNS];
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
	int64_t rows;
	struct money_sums sums;
	struct seen persons;
};

bool payroll_needs(const struct payroll *, enum payroll_column);	/* the column must be in the header */

/* About a column of the row that is read, about the row, about the file. */
void payroll_find(struct payroll *, enum payroll_code, enum payroll_column, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
void payroll_find_row(struct payroll *, enum payroll_code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void payroll_find_file(struct payroll *, enum payroll_code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Judges p->value[]: sets p->bad, and the numbers and dates that could be read. */
void payroll_check_values(struct payroll *);
bool payroll_read_amount(struct view, int64_t *out);		/* [-]digits[.d|.dd], nothing else */
bool payroll_all_digits(struct view);
