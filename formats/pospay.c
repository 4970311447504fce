/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pospay - positive-pay files: which checks we issued, told to the bank that is to pay them
 *
 * Every bank has its own layout; each one here is a table, with the page it was published on.  Which of them can say a
 * void, and which may cut a payee, stands beside the tables.  What a layout has no place for (most have none for the
 * routing number) does not come back when the file is read.
 *
 * A value that is confirmed nowhere is not made up: a void in a layout without a published mark for it is refused.
 */
#include "formats/lib/flat.h"

enum { POSPAY_HASH = FLAT_CODES, POSPAY_PAYEE_CUT, POSPAY_CODES };

/* Bank of America, fixed 80 (STORIS help, Bank Check File Format - Bank of America) */
static const struct layout_row bofa80_header[] = {
	{ "Bank Identifier", 1, 8, LAYOUT_TEXT, LAYOUT_M, F_RECEIVER, NULL },
	{ "Account Number", 9, 10, LAYOUT_SERIAL, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Process Date", 19, 8, LAYOUT_YYYYMMDD, LAYOUT_M, F_CREATED_DATE, NULL },
	{ "Reserved", 27, 54, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

static const struct layout_row bofa80_detail[] = {
	{ "Check Number", 1, 10, LAYOUT_SERIAL, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Check Amount", 11, 10, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Account Number", 21, 10, LAYOUT_SERIAL, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Check Date", 31, 6, LAYOUT_MMDDYY, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Filler", 37, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, " " },
	{ "Payee", 38, 43, LAYOUT_TEXT, LAYOUT_M, F_PAYEE, NULL },
};

static const struct layout_row bofa80_trailer[] = {
	{ "Trailer Mark", 1, 4, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "1EOF" },
	{ "Filler", 5, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, " " },
	{ "Count of Checks", 6, 5, LAYOUT_NUMBER, LAYOUT_M, F_COUNT, NULL },
	{ "Filler", 11, 20, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
	{ "Sum of Check Numbers", 31, 10, LAYOUT_NUMBER, LAYOUT_M, F_HASH, NULL },
	{ "Sum of Check Amounts", 41, 10, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Filler", 51, 30, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

/* PNC, fixed 139 (Ascender help, PNC Bank Positive Pay File Layout) */
static const struct layout_row pnc_detail[] = {
	{ "Account Number", 1, 10, LAYOUT_SERIAL, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Check Serial Number", 11, 10, LAYOUT_SERIAL, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Check Amount", 21, 11, LAYOUT_POINT, LAYOUT_M, F_AMOUNT, NULL },
	{ "Issue Date", 32, 8, LAYOUT_MMDDYYYY, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Payee Line 1", 40, 50, LAYOUT_TEXT, LAYOUT_M, F_PAYEE, NULL },
	{ "Payee Line 2", 90, 50, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

/* JPMorgan Chase, Business Online CSV (positivepaymaker.com/formats.md, from the bank's file upload guide) */
static const struct layout_row jpmorgan_detail[] = {
	{ "Issue or Void Code", 1, 1, LAYOUT_WORD, LAYOUT_M, F_STATUS, "I=issue C=void" },
	{ "Account Number", 2, 20, LAYOUT_TEXT, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Check Number", 22, 15, LAYOUT_TEXT, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Issue Date", 37, 6, LAYOUT_MMDDYY, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Amount", 43, 15, LAYOUT_POINT, LAYOUT_M, F_AMOUNT, NULL },
	{ "Payee Name", 58, 40, LAYOUT_TEXT, LAYOUT_M, F_PAYEE, NULL },
};

/* Generic 100 (Ascender help, Positive Pay File Layout) */
static const struct layout_row generic100_detail[] = {
	{ "Account Number", 1, 12, LAYOUT_SERIAL, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Void Indicator", 13, 1, LAYOUT_WORD, LAYOUT_M, F_STATUS, "=issue 2=void" },
	{ "Blank", 14, 2, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "  " },
	{ "Serial Number", 16, 10, LAYOUT_SERIAL, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Amount", 26, 12, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Issue Date", 38, 8, LAYOUT_YYYYMMDD, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Blank", 46, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, " " },
	{ "Payee Name", 47, 54, LAYOUT_TEXT, LAYOUT_O, F_PAYEE, NULL },
};

/* First American Bank (Illinois), fixed 79 (positivepaymaker.com, from the bank's positive-pay.pdf) */
static const struct layout_row firstamerican79_detail[] = {
	{ "Account Number", 1, 11, LAYOUT_SERIAL, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Check Number", 12, 10, LAYOUT_SERIAL, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Issue Date", 22, 8, LAYOUT_MMDDYYYY, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Amount", 30, 10, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Payee", 40, 30, LAYOUT_TEXT, LAYOUT_M, F_PAYEE, NULL },
	{ "Blank", 70, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, " " },
	{ "Void Mark", 71, 1, LAYOUT_WORD, LAYOUT_M, F_STATUS, "=issue V=void" },
	{ "Void Date", 72, 8, LAYOUT_MMDDYYYY, LAYOUT_O, F_STATUS_DATE, NULL },
};

/* First Ambank, fixed 109 (firstamb.net, ASCII Text Fixed Column Length) */
static const struct layout_row firstambank109_detail[] = {
	{ "Account Number", 1, 19, LAYOUT_SERIAL, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Check Issue Date", 20, 8, LAYOUT_MMDDYYYY, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Check Serial Number", 28, 10, LAYOUT_SERIAL, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Check Amount", 38, 10, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Payee", 48, 40, LAYOUT_TEXT, LAYOUT_O, F_PAYEE, NULL },
	{ "User Data", 88, 20, LAYOUT_TEXT, LAYOUT_O, F_INDIVIDUAL_ID, NULL },
	{ "Transaction Type", 108, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "R" },
	{ "Action Indicator", 109, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "A" },
};

/* Cougar Mountain, fixed 60 (cougarmtnservice.com, AP Positive Pay Formats) */
static const struct layout_row cougar60_detail[] = {
	{ "Account Number", 1, 12, LAYOUT_SERIAL, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Stop Indicator", 13, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "0" },
	{ "Void Indicator", 14, 1, LAYOUT_WORD, LAYOUT_M, F_STATUS, "0=issue V=void" },
	{ "Check Number", 15, 10, LAYOUT_SERIAL, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Check Amount", 25, 10, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Issue Date", 35, 6, LAYOUT_MMDDYY, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Payee", 41, 20, LAYOUT_TEXT, LAYOUT_O, F_PAYEE, NULL },
};

static const struct layout header_bofa80 = LAYOUT("bofa80 header", bofa80_header, 80);
static const struct layout detail_bofa80 = LAYOUT("bofa80 check", bofa80_detail, 80);
static const struct layout trailer_bofa80 = LAYOUT("bofa80 trailer", bofa80_trailer, 80);
static const struct layout detail_pnc = LAYOUT("pnc check", pnc_detail, 139);
static const struct layout detail_jpmorgan = LAYOUT("jpmorgan check", jpmorgan_detail, 97);
static const struct layout detail_generic100 = LAYOUT("generic100 check", generic100_detail, 100);
static const struct layout detail_firstamerican79 = LAYOUT("firstamerican79 check", firstamerican79_detail, 79);
static const struct layout detail_firstambank109 = LAYOUT("firstambank109 check", firstambank109_detail, 109);
static const struct layout detail_cougar60 = LAYOUT("cougar60 check", cougar60_detail, 60);

static const struct flat_layout layouts[] = {
	{ .name = "bofa80", .title = "Bank of America style, fixed 80", .header = &header_bofa80, .detail = &detail_bofa80,
		.trailer = &trailer_bofa80, .trailer_mark = VIEW_INIT("1EOF"), .cut_payee = true, .one_account = true },
	{ .name = "pnc", .title = "PNC, fixed 139", .detail = &detail_pnc },
	{ .name = "jpmorgan", .title = "JPMorgan Chase, Business Online CSV", .detail = &detail_jpmorgan, .commas = true,
		.cut_payee = true, .voids = true, .one_account = true },
	{ .name = "generic100", .title = "generic, fixed 100", .detail = &detail_generic100, .cut_payee = true, .voids = true },
	{ .name = "firstamerican79", .title = "First American Bank (Illinois), fixed 79", .detail = &detail_firstamerican79,
		.cut_payee = true, .voids = true, .void_date = true },
	{ .name = "firstambank109", .title = "First Ambank, fixed 109", .detail = &detail_firstambank109, .cut_payee = true },
	{ .name = "cougar60", .title = "Cougar Mountain, fixed 60", .detail = &detail_cougar60, .cut_payee = true,
		.voids = true },
	{ .name = NULL },
};

#define SOURCE "the bank's positive-pay layout"

static const struct tally_code findings[POSPAY_CODES + 1] = {
	FLAT_TABLE("POSPAY", SOURCE),
	[POSPAY_HASH] = FLAT_HASH_ROW("POSPAY_HASH", SOURCE),
	[POSPAY_PAYEE_CUT] = FLAT_CUT_PAYEE_ROW("POSPAY_PAYEE_CUT", SOURCE),
	{ NULL, 0, NULL, NULL, NULL },
};

static void judge(struct flat *f, const struct record *r)
{
	if (!layout_is_digits(record_text(r, F_CHECK_NUMBER)))
		flat_bad(f, FLAT_VALUE, F_CHECK_NUMBER, "the check number is not digits");
	if (f->layout->void_date && record_has(r, F_STATUS_DATE) != view_eq(record_text(r, F_STATUS), VIEW("void")))
		flat_bad(f, FLAT_VALUE, F_STATUS_DATE, "a void needs its date, and nothing else has one");
}

static const struct flat_format format = {
	.findings = findings, .hash = POSPAY_HASH, .cut_payee = POSPAY_PAYEE_CUT, .layouts = layouts,
	.kind = RECORD_CHECK_ISSUE, .serial = F_CHECK_NUMBER, .unit = "checks",
	.judge = judge, .key = flat_check_key,
};

FLAT_CALLS(&format)

/* Only the standard layout has a line to know it by: account and date in its header. */
static int pospay_probe(struct view head)
{
	struct view first;

	if (!view_cut(&head, '\n', &first))
		return 0;
	first = view_sub(first, 0, 80);
	if (first.n < 26 || !layout_is_digits(view_sub(first, 8, 18)) ||
	    !layout_is_blank(view_sub(view_rtrim(first), 26, 80)))
		return 0;
	if (!view_starts(view_sub(first, 18, 2), VIEW("20")) || head.n < 36)
		return 0;
	return layout_is_digits(view_sub(head, 0, 36)) ? 60 : 0;
}

static const struct tally_option options[] = {
	{ "layout", "bofa80 pnc jpmorgan generic100 firstamerican79 firstambank109 cougar60", "bofa80",
		"the bank's layout; a void can be said in jpmorgan, generic100, firstamerican79 and cougar60" },
	{ "account_digits", "a number", "none",
		"how many digits our account number has, where the layout fills it up with zeros and the number begins with one" },
	{ "bank_id", "up to 8 characters", "the first 8 digits of the checks' routing number", "bofa80: the bank's identifier" },
	{ "line_end", "lf crlf", "lf", "what ends a line of a file that is written" },
	STRICT_OPTION("POSPAY", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

TALLY_FORMAT(.name = "pospay", .version = "1.0", .probe = pospay_probe, .options = options, .findings = findings, FLAT_MEMBERS);
