/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - the print file for the printer of paper checks: lines of 480 characters, H, then C for each check, then T
 *
 * There is no published layout that printers share; this one is ours and versioned, and says everything a check needs:
 * account and routing number for the MICR line, serial, date, amount, payee, mailing address, memo, how it travels.
 * Nothing is ever cut: what is printed is what the positive-pay file tells the bank.
 */
#include "formats/lib/flat.h"

enum { CHECK_SEQUENCE = FLAT_CODES, CHECK_HASH, CHECK_CODES };

static const struct layout_row header_rows[] = {
	{ "Record Type", 1, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "H" },
	{ "File Kind", 2, 10, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "TALLYCHECK" },
	{ "Version", 12, 2, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "01" },
	{ "Creation Date", 14, 8, LAYOUT_YYYYMMDD, LAYOUT_M, F_CREATED_DATE, NULL },
	{ "Creation Time", 22, 6, LAYOUT_TEXT, LAYOUT_O, F_CREATED_TIME, NULL },
	{ "File Id", 28, 32, LAYOUT_TEXT, LAYOUT_O, F_FILE_ID, NULL },
	{ "Reference", 60, 40, LAYOUT_TEXT, LAYOUT_O, F_REFERENCE, NULL },
	{ "Sender", 100, 40, LAYOUT_TEXT, LAYOUT_O, F_SENDER, NULL },
	{ "Receiver", 140, 40, LAYOUT_TEXT, LAYOUT_O, F_RECEIVER, NULL },
	{ "Company Name", 180, 40, LAYOUT_TEXT, LAYOUT_O, F_COMPANY_NAME, NULL },
	{ "Company Id", 220, 20, LAYOUT_TEXT, LAYOUT_O, F_COMPANY_ID, NULL },
	{ "Description", 240, 20, LAYOUT_TEXT, LAYOUT_O, F_DESCRIPTION, NULL },
	{ "Effective Date", 260, 8, LAYOUT_YYYYMMDD, LAYOUT_O, F_EFFECTIVE_DATE, NULL },
	{ "Reserved", 268, 213, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

static const struct layout_row check_rows[] = {
	{ "Record Type", 1, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "C" },
	{ "Sequence", 2, 7, LAYOUT_NUMBER, LAYOUT_M, LAYOUT_NONE, "0000000" },
	{ "Status", 9, 1, LAYOUT_WORD, LAYOUT_M, F_STATUS, "I=issue V=void" },
	{ "Serial Number", 10, 15, LAYOUT_RIGHT, LAYOUT_M, F_CHECK_NUMBER, NULL },
	{ "Amount", 25, 12, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Currency", 37, 3, LAYOUT_TEXT, LAYOUT_M, F_CURRENCY, NULL },
	{ "Issue Date", 40, 8, LAYOUT_YYYYMMDD, LAYOUT_M, F_ISSUE_DATE, NULL },
	{ "Routing Number", 48, 9, LAYOUT_DIGITS, LAYOUT_M, F_ROUTING, NULL },
	{ "Account Number", 57, 20, LAYOUT_TEXT, LAYOUT_M, F_ACCOUNT, NULL },
	{ "Payee", 77, 80, LAYOUT_TEXT, LAYOUT_M, F_PAYEE, NULL },
	{ "Address Line 1", 157, 50, LAYOUT_TEXT, LAYOUT_O, F_ADDRESS1, NULL },
	{ "Address Line 2", 207, 50, LAYOUT_TEXT, LAYOUT_O, F_ADDRESS2, NULL },
	{ "City", 257, 30, LAYOUT_TEXT, LAYOUT_O, F_CITY, NULL },
	{ "Region", 287, 20, LAYOUT_TEXT, LAYOUT_O, F_REGION, NULL },
	{ "Postal Code", 307, 10, LAYOUT_TEXT, LAYOUT_O, F_POSTAL_CODE, NULL },
	{ "Country", 317, 2, LAYOUT_TEXT, LAYOUT_O, F_COUNTRY, NULL },
	{ "Memo", 319, 70, LAYOUT_TEXT, LAYOUT_O, F_MEMO, NULL },
	{ "Delivery", 389, 12, LAYOUT_TEXT, LAYOUT_O, F_DELIVERY, NULL },
	{ "Individual Id", 401, 22, LAYOUT_TEXT, LAYOUT_O, F_INDIVIDUAL_ID, NULL },
	{ "Person Id", 423, 50, LAYOUT_TEXT, LAYOUT_O, F_PERSON, NULL },
	{ "Reserved", 473, 8, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

static const struct layout_row trailer_rows[] = {
	{ "Record Type", 1, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "T" },
	{ "Count", 2, 7, LAYOUT_NUMBER, LAYOUT_M, F_COUNT, NULL },
	{ "Total Amount", 9, 15, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Sum of Serials", 24, 19, LAYOUT_NUMBER, LAYOUT_M, F_HASH, NULL },
	{ "Reserved", 43, 438, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

static const struct layout header = LAYOUT("Check print header", header_rows, 480);
static const struct layout detail = LAYOUT("Check", check_rows, 480);
static const struct layout trailer = LAYOUT("Check print trailer", trailer_rows, 480);

static const struct flat_layout layouts[] = {
	{ .name = "tally01", .title = "this program's check print file, version 01", .header = &header, .detail = &detail,
		.trailer = &trailer, .header_mark = VIEW_INIT("H"), .detail_mark = VIEW_INIT("C"),
		.trailer_mark = VIEW_INIT("T"), .voids = true },
	{ .name = NULL },
};

#define SOURCE "docs/formats/check.md"

static const struct tally_code findings[CHECK_CODES + 1] = {
	FLAT_TABLE("CHECK", SOURCE),
	[CHECK_SEQUENCE] = FLAT_SEQUENCE_ROW("CHECK_SEQUENCE", SOURCE),
	[CHECK_HASH] = FLAT_HASH_ROW("CHECK_HASH", SOURCE),
	{ NULL, 0, NULL, NULL, NULL },
};

static void judge(struct flat *f, const struct record *r)
{
	struct view serial = record_text(r, F_CHECK_NUMBER);

	if (!layout_is_digits(serial) || *serial.p == '0')
		flat_bad(f, FLAT_VALUE, F_CHECK_NUMBER, "the serial number is not digits that begin with 1 to 9");
}

static const struct flat_format format = {
	.findings = findings, .sequence = CHECK_SEQUENCE, .hash = CHECK_HASH, .layouts = layouts,
	.kind = RECORD_CHECK_ISSUE, .serial = F_CHECK_NUMBER, .unit = "checks",
	.judge = judge, .key = flat_check_key,
};

FLAT_CALLS(&format)

static int check_probe(struct view head)
{
	return view_starts(head, VIEW("HTALLYCHECK01")) ? 100 : 0;
}

static const struct tally_option options[] = {
	{ "line_end", "lf crlf", "lf", "what ends a line of a file that is written" },
	STRICT_OPTION("CHECK", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

TALLY_FORMAT(.name = "check", .version = "1.0", .probe = check_probe, .options = options, .findings = findings, FLAT_MEMBERS);
