/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_find - what can be wrong in a BAI2 file, and how it is told
 *
 * The table is what `tallygate explain` prints.  TRM = BAI Cash Management Balance Reporting Specifications Version 2,
 * Technical Reference Manual, 10/2005.  A finding's text never shows an account number.  When the host says stop,
 * nothing more is told.
 */
#include <stdarg.h>
#include <stdio.h>
#include "formats/lib/bai2.h"

#define ROW(id, severity, title, action, source) [id] = { #id, FINDING_ ## severity, title, action, source }
#define ASK "ask the bank for a corrected file"
#define PROFILE "if this bank always writes so, the file is usable; set the channel's option to accept it"

const struct tally_code bai2_findings[BAI2_CODES + 1] = {
	ROW(BAI2_EMPTY, ERROR, "the file is empty", ASK, "TRM, file structure"),
	ROW(BAI2_NO_FILE_HEADER, ERROR, "there is no file header (01)",
		ASK ", its beginning is missing or it is no BAI2 file", "TRM, 01"),
	ROW(BAI2_NO_GROUP_HEADER, ERROR, "an account or a group trailer stands outside a group (02)", ASK, "TRM, 02"),
	ROW(BAI2_NO_ACCOUNT_HEADER, ERROR, "a detail or an account trailer stands outside an account (03)",
		ASK, "TRM, 03"),
	ROW(BAI2_NO_ACCOUNT_TRAILER, ERROR, "an account is not closed by a 49",
		ASK ", a part may be missing", "TRM, 49"),
	ROW(BAI2_NO_GROUP_TRAILER, ERROR, "a group is not closed by a 98", ASK ", a part may be missing", "TRM, 98"),
	ROW(BAI2_NO_FILE_TRAILER, ERROR, "the file ends without its trailer (99)",
		"the transmission was cut short; fetch the file again or ask the bank to send it again", "TRM, 99"),
	ROW(BAI2_AFTER_TRAILER, ERROR, "there is something after the file trailer (99) that is no new file header",
		"find out whether two files were joined; " ASK, "TRM, 99"),
	ROW(BAI2_RECORD_CODE, ERROR, "a record code is none of 01 02 03 16 49 88 98 99", ASK, "TRM, record codes"),
	ROW(BAI2_CONTINUATION, ERROR, "an 88 has no record that it could continue", ASK, "TRM, 88"),
	ROW(BAI2_FIELD_MISSING, ERROR, "a required field is empty or missing", ASK, "TRM, record layouts"),
	ROW(BAI2_FIELD_EXTRA, WARNING, "a record has more fields than its layout",
		"compare with the bank's own description", "TRM, record layouts"),
	ROW(BAI2_FIELD_LONG, ERROR, "a field is longer than any real one",
		ASK ", the file may be damaged", "limit of this program"),
	ROW(BAI2_SHORT_RECORD, WARNING, "a record ends before its last field",
		"nothing, when the amounts are right; " PROFILE, "TRM, delimiters"),
	ROW(BAI2_NO_SLASH, WARNING, "a record is not ended by a slash",
		"see that the record is whole; " PROFILE, "TRM, delimiters"),
	ROW(BAI2_RECORDS_ON_LINE, NOTE, "several records stand on one line",
		"nothing, they are read one by one", "TRM, physical records"),
	ROW(BAI2_TEXT_BROKEN, WARNING, "a text goes on in a line without 88",
		"nothing, the line is added to the text", "TRM, 88"),
	ROW(BAI2_TEXT_SLASH, WARNING, "a text begins with a slash",
		"look whether a field is missing before it", "TRM, text"),
	ROW(BAI2_TEXT_LONG, WARNING, "a text is longer than 65,536 bytes and is cut",
		"read the rest in the file itself", "limit of this program"),
	ROW(BAI2_CODE_COLON, WARNING, "an 88 is followed by a colon instead of a comma",
		"nothing, it is read as an 88", "seen in files"),
	ROW(BAI2_ENVELOPE, WARNING, "there are lines before the file header (01)",
		"nothing, when they are the transmission's envelope", "seen in files"),
	ROW(BAI2_BOM, NOTE, "the file begins with a byte order mark", "nothing", "seen in files"),
	ROW(BAI2_CR_ONLY, NOTE, "lines end with a carriage return alone", "nothing", "seen in files"),
	ROW(BAI2_NUL, ERROR, "there are NUL bytes in the file",
		"the file is damaged or in another coding; " ASK, "TRM, character set"),
	ROW(BAI2_LINE_LONG, ERROR, "a line is longer than 1 MiB and is skipped", ASK, "limit of this program"),
	ROW(BAI2_VERSION, ERROR, "the version is not 2",
		"BTRS (version 3) reuses codes: set versions = any only when the bank's guide says so",
			"TRM, 01; X9.121"),
	ROW(BAI2_DATE, ERROR, "a date is no date of the form YYMMDD", ASK, "TRM, dates"),
	ROW(BAI2_TIME, ERROR, "a time is no time of the form HHMM (0000 to 2400, or 9999)", ASK, "TRM, times"),
	ROW(BAI2_GROUP_STATUS, ERROR, "the group status is none of 1 update, 2 deletion, 3 correction, 4 test",
		ASK, "TRM, 02"),
	ROW(BAI2_AS_OF_MODIFIER, ERROR, "the as-of-date modifier is none of 1, 2, 3, 4",
		ASK ", it says whether the lines are provisional", "TRM, 02"),
	ROW(BAI2_CURRENCY, ERROR, "a currency is not three letters", ASK, "TRM, 02 and 03; ISO 4217"),
	ROW(BAI2_CURRENCY_CASE, WARNING, "a currency is written in small letters", "nothing", "ISO 4217"),
	ROW(BAI2_TYPE_CODE, ERROR, "a type code is not three digits", ASK, "TRM, Appendix A"),
	ROW(BAI2_TYPE_UNKNOWN, WARNING, "a type code stands in no list",
		"ask the bank what it means; its direction is taken from its range", "TRM, Appendix A; X9"),
	ROW(BAI2_TYPE_LEVEL, WARNING, "a type code is used at the wrong level",
		"look whether the line is a transaction or a balance", "TRM, Appendix A"),
	ROW(BAI2_NO_DIRECTION, WARNING, "a detail's type code is neither credit nor debit",
		"the line has no amount for the reconciliation; ask the bank for a proper code", "TRM, Appendix A"),
	ROW(BAI2_AMOUNT, ERROR, "an amount is not a whole number",
		ASK ", BAI2 amounts have no decimal point", "TRM, amounts"),
	ROW(BAI2_AMOUNT_SIGN, ERROR, "a detail or summary amount is negative",
		ASK ", the direction stands in the type code", "TRM, amounts"),
	ROW(BAI2_AMOUNT_MISSING, WARNING, "a detail has no amount",
		"ask the bank whether an amount was left out", "TRM, 16"),
	ROW(BAI2_ITEM_COUNT, ERROR, "an item count is not a number", ASK, "TRM, 03"),
	ROW(BAI2_FUNDS_TYPE, ERROR, "a funds type or one of its parts is wrong", ASK, "TRM, funds type"),
	ROW(BAI2_FUNDS_CASE, WARNING, "a funds type is a small letter", "nothing", "TRM, funds type"),
	ROW(BAI2_FUNDS_SUM, WARNING, "the parts of a funds type do not add up to the amount",
		"the amount is taken; the availability may be wrong", "TRM, funds type"),
	ROW(BAI2_VALUE_DATE, WARNING, "a value date lies before the as-of date",
		"nothing, the as-of date is taken", "TRM, funds type V"),
	ROW(BAI2_REF_SLASH, WARNING, "a reference holds a slash", "nothing, the reference is kept whole", "TRM, 16"),
	ROW(BAI2_ACCOUNT_TOTAL, ERROR, "an account's control total (49) is not the sum of its amounts",
		ASK "; a bank whose totals never agree can be read with totals = warn", "TRM, 49"),
	ROW(BAI2_GROUP_TOTAL, ERROR, "a group's control total (98) is not the sum of its accounts",
		ASK "; a bank whose totals never agree can be read with totals = warn", "TRM, 98"),
	ROW(BAI2_FILE_TOTAL, ERROR, "the file's control total (99) is not the sum of its groups",
		ASK "; a bank whose totals never agree can be read with totals = warn", "TRM, 99"),
	ROW(BAI2_ACCOUNT_COUNT, ERROR, "an account trailer (49) counts other records than were read",
		"records are missing or doubled; " ASK "; counts = warn for a bank that leaves out 88s", "TRM, 49"),
	ROW(BAI2_GROUP_COUNT, ERROR, "a group trailer (98) counts other accounts or records than were read",
		"records are missing or doubled; " ASK "; counts = warn for a bank that leaves out 88s", "TRM, 98"),
	ROW(BAI2_FILE_COUNT, ERROR, "the file trailer (99) counts other groups or records than were read",
		"records are missing or doubled; " ASK "; counts = warn for a bank that leaves out 88s", "TRM, 99"),
	ROW(BAI2_RECORD_LENGTH, WARNING, "the record length or block size of the file header is no number above zero",
		"nothing, lines are read as they end; tell the bank", "TRM, 01, physical record length"),
	ROW(BAI2_RECORD_LONG, WARNING, "a record is longer than the file header declares",
		"see that no two records ran together; the line is read whole", "TRM, 01, physical record length"),
	ROW(BAI2_COUNT_LEVEL, WARNING, "an item count stands beside a balance, where none belongs",
		"look whether a field is missing or too many in this record", "TRM, 03, item count"),
	ROW(BAI2_OVERFLOW, ERROR, "amounts are too large to be added up", ASK, "limit of this program: 64 bits"),
	ROW(BAI2_NO_LINE_ENDS, NOTE, "records follow each other without line ends",
		"nothing, they are cut at the length that the file header declares", "TRM, 01, physical record length"),
	ROW(BAI2_ITEMS, NOTE, "items of a deposit stand beside the deposit itself",
		"if the items repeat the deposit's money, set the channel's option items = details", "TRM, Appendix A"),
	ROW(BAI2_TEST_GROUP, NOTE, "a group is marked as a test",
		"nothing, its lines are read and never posted", "TRM, 02, group status 4"),
	ROW(BAI2_DUPLICATE_FILE_ID, WARNING, "sender, receiver, creation date and file number were seen before in this "
		"file",
		"find out whether one file was joined twice", "TRM, 01"),
	ROW(BAI2_OPTION, ERROR, "an option of the channel has a value that is not known",
		"correct the configuration; the strictest value is used", "tallygate formats"),
	{ NULL, 0, NULL, NULL, NULL },
};

__attribute__((format(printf, 7, 0)))
static void tell(struct bai2 *b, enum bai2_code code, enum severity severity, uint64_t line, uint32_t column,
	const char *name,
	const char *fmt, va_list ap)
{
	char text[300];
	struct finding f = { .size = sizeof(f), .severity = severity, .code = bai2_findings[code].code, .line = line,
		.column = column };
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (b->severity[code] != BAI2_SEVERITY_UNSET)
		f.severity = (uint32_t)b->severity[code];
	if (b->stopped || b->severity[code] == BAI2_SEVERITY_OFF)
		return;
	f.field = view_of(name);
	f.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (line != 0 && line == b->line)
		f.excerpt = view_sub(b->raw, 0, FINDING_EXCERPT);
	else if (line != 0 && line == b->held.line)
		f.excerpt = (struct view){ b->held.p, b->held.n };
	if (b->host->finding(b->host->ctx, &f) != 0)
		b->stopped = true;
}

void bai2_find(struct bai2 *b, enum bai2_code code, struct view field, const char *name, const char *fmt, ...)
{
	uint32_t column = 0;
	va_list ap;

	if (field.p != NULL && b->raw.p != NULL && field.p >= b->raw.p && field.p <= b->raw.p + b->raw.n)
		column = (uint32_t)(field.p - b->raw.p) + 1;
	va_start(ap, fmt);
	tell(b, code, (enum severity)bai2_findings[code].severity, b->line, column, name, fmt, ap);
	va_end(ap);
}

void bai2_find_at(struct bai2 *b, enum bai2_code code, enum severity severity, uint64_t line, uint32_t column,
	const char *name,
	const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(b, code, severity, line, column, name, fmt, ap);
	va_end(ap);
}

void bai2_emit(struct bai2 *b)
{
	bai2_tell_sum(b);
	b->emitted++;
	if (!b->stopped && b->host->record(b->host->ctx, &b->rec) != 0)
		b->stopped = true;
}
