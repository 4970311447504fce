/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hdl_find - what can be wrong in an HCM Data Loader file, and what a clerk does about it
 *
 * Values and versions are judged by the hcm module's own code (hcm_values.c, hcm_versions.c); hdl_places says which of our
 * findings is meant.
 */
#include <stdarg.h>
#include <stdio.h>

#include "formats/lib/hdl.h"

#define ROW(id, severity, title, action, source) [HDL_ ## id] = { "HDL_" #id, FINDING_ ## severity, title, action, source }
#define FEED "have HCM correct the data and send the file again"
#define ORACLE "Oracle, HCM Data Loader"

const struct tally_code hdl_findings[HDL_CODES + 1] = {
	ROW(EMPTY, ERROR, "the file is empty", "ask HCM whether anything was to come", ORACLE),
	ROW(LINE, ERROR, "a line begins with none of METADATA, MERGE, DELETE, SET and COMMENT",
		"the file may be cut, or a value holds a line end that is not escaped; " FEED, ORACLE ", file format"),
	ROW(LINE_LONG, ERROR, "a line is longer than 64 KiB and is not read", FEED, "limit of this program"),
	ROW(CUT, WARNING, "the last line of the file has no end", "compare the file's size with HCM's: it may have been cut in its last value",
		ORACLE ", file format"),
	ROW(METADATA, ERROR, "data stands before the METADATA line that names its columns, or that line cannot be used",
		"no column can be told from another: " FEED, ORACLE ", METADATA"),
	ROW(FIELDS, ERROR, "a line has another number of values than its METADATA line has columns",
		"every value behind the missing one would stand in the wrong column, so the line is not read; " FEED, ORACLE ", MERGE"),
	ROW(SET, WARNING, "a SET line cannot be used, or stands behind the first METADATA line",
		"look whether the file's delimiter is the one that it says; " FEED, ORACLE ", SET"),
	ROW(DELETE, WARNING, "there are DELETE lines", "they are not taken: nobody is forgotten because a file says so; end the person "
		"by his effective end date", ORACLE ", DELETE"),
	ROW(UNKNOWN, NOTE, "there are components that nobody asked for", "nothing, they are not used; or name them in option map",
		ORACLE),
	ROW(NO_KEY, ERROR, "a line does not say whose it is", FEED, ORACLE ", keys"),
	ROW(NO_WORKER, ERROR, "a person has lines but none of component Worker",
		"the file may be cut or in parts; nothing of this person is taken; " FEED, ORACLE ", Worker.dat"),
	ROW(TOO_MANY, ERROR, "the file holds more people than are kept", "split the file", "limit of this program"),
	ROW(NO_PEOPLE, WARNING, "the file holds no person", "look whether it is the Worker.dat", ORACLE),
	ROW(VALUE_MISSING, ERROR, "a value is missing", FEED, ORACLE ", Worker"),
	ROW(VALUE_LONG, ERROR, "a value is longer than 200 bytes", FEED, "limit of this program"),
	ROW(CHARACTER, ERROR, "a value holds characters that cannot be printed, such as a tab or a line end", FEED, ORACLE),
	ROW(DATE, ERROR, "a date is no date", FEED ", or set the channel's option dates", ORACLE ", dates YYYY/MM/DD"),
	ROW(DATES_ORDER, ERROR, "a row ends before it begins", FEED, "effective dates"),
	ROW(SSN, WARNING, "an SSN cannot be one", "have HCM correct it at its source; until then the person is known without it", "SSA, number ranges"),
	ROW(ROUTING, ERROR, "a routing number is not nine digits with the right check digit", "ask the person for a void check; " FEED,
		"ABA routing number policy"),
	ROW(ACCOUNT, ERROR, "an account number is not 1 to 17 printable characters", "ask the person for a void check; " FEED,
		"Nacha Operating Rules, entry detail"),
	ROW(ACCOUNT_TYPE, ERROR, "an account type is none of C, S, checking, savings", FEED, "the channel's option map"),
	ROW(METHOD, ERROR, "a payment method is none of ACH, CHECK", FEED, "the channel's option map"),
	ROW(BANK_DATA, WARNING, "a person is to be paid by ACH and has no whole bank data",
		"ask the person; until then a run holds the row", "the channel's option map"),
	ROW(PERSON_TWICE, ERROR, "a component stands twice for one person with the same first day",
		"two primary addresses, names or SSNs: find out which one is right; " FEED, "one row a day"),
	ROW(OVERLAP, ERROR, "two rows of one component hold for one person on the same day", "find out which one is right; " FEED,
		"effective dates"),
	ROW(GAP, WARNING, "between two rows of one component there are days without one",
		"right after a leave or a new hire; else " FEED, "effective dates"),
	ROW(OPTION, ERROR, "an option of the channel has a value that is not known", "correct the configuration", "tallygate formats"),
	{ NULL, 0, NULL, NULL, NULL },
};

/* Codes of hcm that cannot come here are told as HDL_LINE; none is asked for. */
const uint8_t hdl_places[HCM_CODES] = {
	[HCM_EMPTY] = HDL_EMPTY, [HCM_XML] = HDL_LINE, [HCM_DOCTYPE] = HDL_LINE, [HCM_LIMIT] = HDL_TOO_MANY,
	[HCM_NO_PEOPLE] = HDL_NO_PEOPLE, [HCM_NO_FILE_ID] = HDL_LINE, [HCM_LATE] = HDL_LINE, [HCM_UNKNOWN] = HDL_UNKNOWN,
	[HCM_TWICE] = HDL_LINE, [HCM_VALUE_MISSING] = HDL_VALUE_MISSING, [HCM_VALUE_LONG] = HDL_VALUE_LONG,
	[HCM_CHARACTER] = HDL_CHARACTER, [HCM_DATE] = HDL_DATE, [HCM_DATES_ORDER] = HDL_DATES_ORDER, [HCM_SSN] = HDL_SSN,
	[HCM_ROUTING] = HDL_ROUTING, [HCM_ACCOUNT] = HDL_ACCOUNT, [HCM_ACCOUNT_TYPE] = HDL_ACCOUNT_TYPE,
	[HCM_METHOD] = HDL_METHOD, [HCM_BANK_DATA] = HDL_BANK_DATA, [HCM_PERSON_TWICE] = HDL_PERSON_TWICE,
	[HCM_OVERLAP] = HDL_OVERLAP, [HCM_GAP] = HDL_GAP, [HCM_MANY] = HDL_TOO_MANY, [HCM_COUNT] = HDL_LINE,
	[HCM_OPTION] = HDL_OPTION,
};

void hdl_say(struct hdl *d, enum hdl_code code, const char *fmt, ...)
{
	struct hcm *h = &d->hcm;
	struct finding f = { .size = sizeof(f), .severity = hdl_findings[code].severity, .code = hdl_findings[code].code,
		.line = h->line };
	char text[300];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!strict_apply(&h->strict, code, &f.severity) || h->stopped)
		return;
	f.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (h->host->finding(h->host->ctx, &f) != 0)
		h->stopped = true;
}
