/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll_find - what can be wrong in a payroll register, and how it is told
 *
 * The table is what `tallygate explain` prints.  A finding's column is computed only when there is a finding.
 */
#include <stdarg.h>
#include <stdio.h>
#include "formats/lib/payroll.h"

const struct payroll_column_row payroll_columns[COLUMNS] = {
	[COMPANY] = { "column_company", "company", "Company" },
	[RUN] = { "column_run_id", "run_id", "Run Id" },
	[PERSON] = { "column_person_id", "person_id", "Person Id" },
	[NAME] = { "column_name", "name", "Name" },
	[PAY_DATE] = { "column_pay_date", "pay_date", "Pay Date" },
	[GROSS] = { "column_gross", "gross", "Gross" },
	[DEDUCTIONS] = { "column_deductions", "deductions", "Deductions" },
	[NET] = { "column_net", "net", "Net" },
	[ROUTING] = { "column_routing", "routing", "Routing Number" },
	[ACCOUNT] = { "column_account", "account", "Account Number" },
	[ACCOUNT_TYPE] = { "column_account_type", "account_type", "Account Type" },
	[METHOD] = { "column_method", "method", "Method" },
	[SSN] = { "column_ssn", "ssn", "SSN" },
	[BADGE] = { "column_badge", "badge", "Badge" },
	[HCM_ID] = { "column_hcm_id", "hcm_id", "HCM Id" },
	[ROLLOVER] = { "column_rollover", "rollover", "Rollover" },
	[TRUSTEE] = { "column_trustee", "trustee", "Trustee" },
	[TRUSTEE_ACCOUNT] = { "column_trustee_account", "trustee_account", "Trustee Account" },
	[PLAN] = { "column_plan", "plan", "Plan" },
	[DISTRIBUTION] = { "column_distribution", "distribution", "Distribution Code" },
	[FEDERAL_TAX] = { "column_federal_tax", "federal_tax", "Federal Tax" },
	[STATE_TAX] = { "column_state_tax", "state_tax", "State Tax" },
	[ADDRESS1] = { "column_address1", "address1", "Address Line 1" },
	[ADDRESS2] = { "column_address2", "address2", "Address Line 2" },
	[CITY] = { "column_city", "city", "City" },
	[REGION] = { "column_region", "region", "Region" },
	[POSTAL_CODE] = { "column_postal_code", "postal_code", "Postal Code" },
	[COUNTRY] = { "column_country", "country", "Country" },
};

#define ROW(id, severity, title, action, source) [id] = { #id, FINDING_ ## severity, title, action, source }
#define FEED "have payroll correct the register and send it again"

const struct tally_code payroll_findings[CODES + 1] = {
	ROW(PAYROLL_EMPTY, ERROR, "the register is empty", FEED, "register layout"),
	ROW(PAYROLL_COLUMN_MISSING, ERROR, "a column is missing in the header",
		"add the column, or name it by the channel's column_* option when it is called otherwise",
			"register layout"),
	ROW(PAYROLL_COLUMN_TWICE, ERROR, "a column stands twice in the header", FEED, "register layout"),
	ROW(PAYROLL_COLUMN_UNKNOWN, NOTE, "there are columns that nobody asked for", "nothing, they are not used",
		"register layout"),
	ROW(PAYROLL_NO_ROWS, WARNING, "the register has a header and no payments",
		"ask payroll whether the run is really empty", "register layout"),
	ROW(PAYROLL_CSV, ERROR, "a row is no CSV", FEED, "RFC 4180"),
	ROW(PAYROLL_BOM, NOTE, "the file begins with a byte order mark", "nothing", "RFC 4180"),
	ROW(PAYROLL_FIELDS, ERROR, "a row has other columns than the header",
		FEED "; the transmission may have been cut short", "RFC 4180"),
	ROW(PAYROLL_VALUE_MISSING, ERROR, "a value is empty", FEED, "register layout"),
	ROW(PAYROLL_VALUE_LONG, ERROR, "a value is longer than it may be", FEED, "register layout"),
	ROW(PAYROLL_CHARACTER, ERROR, "a value holds control characters", FEED, "register layout"),
	ROW(PAYROLL_DATE, ERROR, "a pay date is no date", FEED ", or set the channel's option dates",
		"register layout"),
	ROW(PAYROLL_AMOUNT, ERROR, "an amount is no plain decimal with at most two decimals",
		FEED ": 1234.56, no separators, no currency sign",
		"register layout"),
	ROW(PAYROLL_NET, ERROR, "gross less deductions is not net", FEED ", one of the three is wrong",
		"register layout"),
	ROW(PAYROLL_NET_NEGATIVE, ERROR, "net pay is negative",
		"a debit of a person's account needs their consent: settle it in the next run",
		"Nacha Operating Rules, 2.5"),
	ROW(PAYROLL_NET_ZERO, WARNING, "net pay is zero",
		"nothing is paid for this row; ask payroll when that is not meant", "register layout"),
	ROW(PAYROLL_ROUTING, ERROR, "a routing number is not nine digits with the right check digit",
		"ask the person for a void check; " FEED,
		"ABA routing number policy"),
	ROW(PAYROLL_ACCOUNT, ERROR, "an account number is not 1 to 17 printable characters",
		"ask the person for a void check; " FEED,
		"Nacha Operating Rules, entry detail"),
	ROW(PAYROLL_ACCOUNT_TYPE, ERROR, "an account type is none of C, S, checking, savings", FEED, "register layout"),
	ROW(PAYROLL_METHOD, ERROR, "a method is none of ACH, CHECK", FEED, "register layout"),
	ROW(PAYROLL_SSN, WARNING, "an SSN cannot be one",
		"a spreadsheet may have cut leading zeros; correct the source", "SSA, number ranges"),
	ROW(PAYROLL_PERSON_TWICE, ERROR, "a person stands twice in one run", "find out which row is right; " FEED,
		"one payment a person and run"),
	ROW(PAYROLL_PERSONS_MANY, WARNING, "more than 2,000,000 persons: later ones are not compared",
		"split the run by company", "limit of this program"),
	ROW(PAYROLL_MIXED, ERROR, "rows of several companies, runs or pay dates are in one file",
		"split the file, or set runs = many", "register layout"),
	ROW(PAYROLL_TRAILER, ERROR, "the trailer does not agree with the rows",
		"rows are missing, doubled or changed; " FEED, "register layout"),
	ROW(PAYROLL_TRAILER_MISSING, ERROR, "there is no trailer row",
		"the transmission may have been cut short; fetch the file again", "option trailer = required"),
	ROW(PAYROLL_AFTER_TRAILER, ERROR, "there are rows after the trailer", FEED, "register layout"),
	ROW(PAYROLL_OVERFLOW, ERROR, "amounts are too large to be added up", FEED, "limit of this program: 64 bits"),
	ROW(PAYROLL_OPTION, ERROR, "an option of the channel has a value that is not known",
		"correct the configuration", "tallygate formats"),
	ROW(PAYROLL_ROLLOVER, ERROR, "a rollover is negative, or more than the net",
		"net is what is paid in all, the trustee's part is in it; " FEED, "register layout"),
	ROW(PAYROLL_TRUSTEE, ERROR, "a rollover has no account at the trustee", "ask the person for the account; " FEED,
		"Treas. Reg. 1.401(a)(31)-1, Q&A-4"),
	ROW(PAYROLL_TAX, ERROR, "taxes are negative, or more than the deductions", "taxes are a part of the deductions; " FEED,
		"register layout"),
	ROW(PAYROLL_DISTRIBUTION, ERROR, "a distribution code is not one or two of 1099-R box 7", FEED,
		"IRS instructions for Form 1099-R, box 7"),
	{ NULL, 0, NULL, NULL, NULL },
};

/* Findings */

__attribute__((format(printf, 6, 0)))
static void tell(struct payroll *p, enum payroll_code code, uint64_t line, uint32_t column, const char *field,
	const char *fmt, va_list ap)
{
	char text[300];
	struct finding f = { .size = sizeof(f), .severity = payroll_findings[code].severity,
		.code = payroll_findings[code].code,
		.line = line, .column = column, .field = view_of(field) };
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	p->bad = p->bad || f.severity == FINDING_ERROR;
	if (p->stopped)
		return;
	f.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (line != 0)
		f.excerpt = view_sub(p->row.raw, 0, FINDING_EXCERPT);
	if (p->host->finding(p->host->ctx, &f) != 0)
		p->stopped = true;
}

/* About a column of the row that is read. */
void payroll_find(struct payroll *p, enum payroll_code code, enum payroll_column c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, code, p->row.line, p->at[c] < 0 ? 0 : csv_column(&p->row, (size_t)p->at[c]), payroll_columns[c].title,
		fmt, ap);
	va_end(ap);
}

void payroll_find_row(struct payroll *p, enum payroll_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, code, p->row.line, 0, NULL, fmt, ap);
	va_end(ap);
}

void payroll_find_file(struct payroll *p, enum payroll_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, code, 0, 0, NULL, fmt, ap);
	va_end(ap);
}

