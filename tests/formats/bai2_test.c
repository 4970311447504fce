/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_test - the BAI2 module against the rules: fields, continuations, funds types, totals, dialects, damage
 *
 * The corpus (TALLY_SHARED) is judged by its rule_verdict; where the file's note says that the totals do not agree,
 * only the totals may be what is wrong.
 */
#include "tests/lib/samples.h"

static const struct tally_format *bai2;

#define HEAD "01,122099999,123456789,260105,0800,1,,,2/\n02,031001234,122099999,1,260105,2359,USD,2/\n"
#define ACCT HEAD "03,0123456789,USD,010,10000,,,015,15000,,,100,5000,1,/\n"
#define TAIL "49,35000,3/\n98,35000,1,5/\n99,35000,1,7/\n"

static const char *text_of(struct buf *b)
{
	return buf_cstr(b);
}

/* Parses and keeps the texts in h; true when `want` stands in the records or the findings. */
static bool has(struct mhost *h, const char *want)
{
	return strstr(text_of(&h->records), want) != NULL || strstr(text_of(&h->findings), want) != NULL;
}

static void run(struct mhost *h, const char *text)
{
	mhost_parse(h, bai2, view_of(text));
}

/* one 16 in a file whose totals agree: what it must give */
static const struct { const char *what, *line, *want; } details[] = {
	{ "an ACH credit is positive", "16,165,5000,0,BREF1,CREF1,ACME",
		"amount_minor=5000 value_date=2026-01-05 booking_date=2026-01-05 type=165 bank_ref=BREF1 "
		"customer_ref=CREF1 text=ACME" },
	{ "a debit is negative by its type code", "16,455,5000,,B,C,X", "amount_minor=-5000 " },
	{ "a plus sign is no sign", "16,165,+5000,0,,,X", "amount_minor=5000 " },
	{ "a check's number comes from the customer reference", "16,475,5000,,77,000123,CHECK",
		"customer_ref=000123 check_number=000123" },
	{ "a slash inside text stays", "16,165,5000,0,B,C,PAY 01/05/26 ACME", "text=PAY\\x2001/05/26\\x20ACME" },
	{ "commas inside text stay", "16,165,5000,0,B,C,ACME, INC, NY", "text=ACME,\\x20INC,\\x20NY" },
	{ "a text that looks like a record behind a slash stays text", "16,165,5000,0,B,C,SIZE 4/ 16,000 PIECES",
		"text=SIZE\\x204/\\x2016,000\\x20PIECES" },
	{ "a record without text ends with comma and slash", "16,165,5000,0,B,C,/", "customer_ref=C status=1" },
	{ "trailing blanks of a text are fill", "16,165,5000,0,B,C,ACME      ", "text=ACME " },
	{ "a value date of funds type V is taken", "16,165,5000,V,260107,1200,B,C,X",
		"value_date=2026-01-07 booking_date=2026-01-05" },
	{ "the time of funds type V may be empty", "16,165,5000,V,260107,,B,C,X",
		"value_date=2026-01-07 booking_date=2026-01-05 type=165 bank_ref=B" },
	{ "a value date before the as-of date is the as-of date", "16,165,5000,V,260101,,B,C,X",
		"value_date=2026-01-05 booking_date=2026-01-05" },
	{ "a value date before the as-of date is told", "16,165,5000,V,260101,,B,C,X", "warning BAI2_VALUE_DATE 4:15" },
	{ "funds type S has three amounts", "16,165,5000,S,1000,2000,2000,B,C,X", "bank_ref=B customer_ref=C" },
	{ "defaulted amounts of funds type S are legal", "16,165,5000,S,,2000,3000,B,C,X",
		"bank_ref=B customer_ref=C" },
	{ "amounts of funds type S that do not add up are told", "16,165,5000,S,1,2000,3000,B,C,X",
		"warning BAI2_FUNDS_SUM" },
	{ "funds type D has a number of pairs", "16,165,5000,D,2,0,2000,1,3000,B,C,X", "bank_ref=B customer_ref=C" },
	{ "a small z is read as Z with a warning", "16,165,5000,z,B,C,X", "warning BAI2_FUNDS_CASE" },
	{ "funds type X is an error", "16,165,5000,X,B,C,PAY", "error BAI2_FUNDS_TYPE 4:13" },
	{ "what follows a bad funds type is kept as text", "16,165,5000,X,B,C,PAY", "text=B,C,PAY" },
	{ "fewer pairs than funds type D announces are an error", "16,165,5000,D,3,0,2000,1,3000,BREF,C,X",
		"error BAI2_FUNDS_TYPE" },
	{ "a type code with a letter is an error", "16,16A,5000,0,B,C,X", "error BAI2_TYPE_CODE 4:4 Type\x20" "Code" },
	{ "an unlisted type code is a warning", "16,111,5000,0,B,C,X", "warning BAI2_TYPE_UNKNOWN" },
	{ "an unlisted type code takes its direction from its range", "16,440,5000,0,B,C,X", "amount_minor=-5000 " },
	{ "a custom code from 960 on is a debit", "16,960,5000,0,B,C,X", "amount_minor=-5000 " },
	{ "a custom code from 920 on is a credit", "16,959,5000,0,B,C,X", "amount_minor=5000 " },
	{ "a status code in a detail is told", "16,015,5000,0,B,C,X", "warning BAI2_NO_DIRECTION" },
	{ "a decimal amount is an error", "16,165,50.00,0,B,C,X", "error BAI2_AMOUNT 4:8" },
	{ "a negative detail is an error", "16,165,-5000,0,B,C,X", "error BAI2_AMOUNT_SIGN 4:8" },
	{ "an amount of twenty digits is an error", "16,165,99999999999999999999,0,B,C,X", "error BAI2_AMOUNT 4:8" },
	{ "the largest amount is read", "16,165,9223372036854775807,0,B,C,X", "amount_minor=9223372036854775807" },
	{ "a sum that does not fit is an error", "16,165,9223372036854775807,0,B,C,X", "error BAI2_OVERFLOW" },
	{ "a detail without amount is told", "16,165,,0,B,C,X", "warning BAI2_AMOUNT_MISSING" },
	{ "a message is an entry without amount", "16,890,,,,,HELLO, WORLD",
		"currency=USD value_date=2026-01-05 booking_date=2026-01-05 type=890 text=HELLO,\\x20WORLD" },
	{ "a slash in a reference is told", "16,165,5000,0,AB/GS/1,C,X", "warning BAI2_REF_SLASH" },
	{ "a slash in a reference is kept", "16,165,5000,0,AB/GS/1,C,X", "bank_ref=AB/GS/1" },
	{ "a short record is told", "16,165,5000/", "warning BAI2_SHORT_RECORD" },
	{ "a reference that ends the record loses the slash", "16,165,5000,0,B,CREF/", "customer_ref=CREF" },
	{ "a text that begins with a slash is told", "16,165,5000,0,B,C,/X", "warning BAI2_TEXT_SLASH" },
	{ "a record inside funds type V is an error", "16,165,5000,V,260105/", "error BAI2_FUNDS_TYPE" },
	{ "a text broken without 88 is put together", "16,165,5000,0,B,C,ONE\nTWO", "text=ONE\\x0aTWO" },
	{ "a text broken without 88 is told", "16,165,5000,0,B,C,ONE\nTWO", "warning BAI2_TEXT_BROKEN 5:1" },
	{ "an 88 with a colon is read", "16,165,5000,0,B,C,ONE\n88:TWO", "text=ONE\\x0aTWO" },
	{ "an 88 adds a line to the text", "16,165,5000,0,B,C,ONE\n88,TWO, AND/OR", "text=ONE\\x0aTWO,\\x20AND/OR" },
	{ "an 88 gives the text of a record that had none", "16,165,5000,0,B,C,/\n88,TWO", "text=TWO" },
	{ "an 88 goes on with the next field", "16,165,5000,0/\n88,BREF/\n88,CREF,TEXT",
		"bank_ref=BREF customer_ref=CREF text=TEXT" },
	{ "an 88 goes on inside a funds type", "16,165,5000,V/\n88,260107,1200/\n88,B,C,T", "value_date=2026-01-07" },
	{ "an 88 after a short record is text when it is no funds type", "16,165,5000/\n88,INVOICE 42",
		"text=INVOICE\\x2042" },
	{ "an unknown record code is an error, also behind a text", "16,165,5000,0,B,C,ONE\n17,5000/",
		"error BAI2_RECORD_CODE 5:1" },
};

static void test_details(void)
{
	struct mhost h = { 0 };
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		buf_clear(&b);
		buf_fmt(&b, "%s%s\n%s", ACCT, details[i].line, TAIL);
		run(&h, text_of(&b));
		if (!ok(has(&h, details[i].want), "%s", details[i].what))
			printf("# want %s\n# records %s# findings %s", details[i].want, text_of(&h.records),
				text_of(&h.findings));
	}
	buf_release(&b);
	mhost_release(&h);
}

/* a whole file: the finding that must be there; "" = none of severity error */
static const struct { const char *what, *text, *want; } files[] = {
	{ "an 88 may begin the currency of a 03", HEAD "03,55/\n88,USD,010,100,,/\n49,100,3/\n98,100,1,5/\n99,100,1,7/\n", "" },
	{ "an 88 may begin the amount of a 16", ACCT "16,165/\n88,5000,0,B,C,T\n49,35000,4/\n98,35000,1,6/\n99,35000,1,8/\n", "" },
	{ "an 88 may begin the item count of a quad", HEAD "03,55,USD,100,500/\n88,2,/\n49,500,3/\n98,500,1,5/\n99,500,1,7/\n", "" },
	{ "an 88 may go on inside funds type S of a quad",
		HEAD "03,55,USD,100,500,2,S/\n88,100,200/\n88,200/\n49,500,4/\n98,500,1,6/\n99,500,1,8/\n", "" },
	{ "a funds type alone on a filled 88 is one", ACCT "16,165,5000/    \n88,0/    \n88,B,C,T\n49,35000,5/\n98,35000,1,7/\n"
		"99,35000,1,9/\n", "bank_ref=B customer_ref=C text=T" },
	{ "an 88 may go on inside funds type D", ACCT "16,165,5000,D,2,0,2000/\n88,1,3000,B,C,T\n49,35000,4/\n98,35000,1,6/\n"
		"99,35000,1,8/\n", "" },
	{ "a group header may go on in an 88", "01,1,2,260105,0800,1,,,2/\n02,1,2,1,260105/\n88,,USD,2/\n03,55,,,,,/\n49,0,2/\n"
		"98,0,1,5/\n99,0,1,7/\n", "" },
	{ "an account trailer may go on in an 88", ACCT "16,165,5000,0,B,C,X\n49,35000/\n88,4/\n98,35000,1,6/\n99,35000,1,8/\n",
		"" },
	{ "an amount that goes on in an 88 is not one amount", ACCT "16,165,50/\n88,00,0,B,C,X\n" TAIL, "error BAI2_ACCOUNT_TOTAL" },
	{ "a plain file has no finding", ACCT "16,165,5000,0,B,C,X\n" TAIL, "" },
	{ "an empty file is told", "", "error BAI2_EMPTY 0:0" },
	{ "blank lines alone are an empty file", "\n \r\n\n", "error BAI2_EMPTY" },
	{ "a file without 99 is told", ACCT "49,30000,2/\n98,30000,1,4/\n", "error BAI2_NO_FILE_TRAILER" },
	{ "a file that ends inside an account is told", ACCT "16,165,5000,0,B,C,X\n", "error BAI2_NO_FILE_TRAILER" },
	{ "a second file may follow", ACCT "16,165,5000,0,B,C,X\n" TAIL
		"01,122099999,123456789,260106,0800,2,,,2/\n99,0,0,2/\n", "" },
	{ "the same file number twice is told", ACCT "16,165,5000,0,B,C,X\n" TAIL
		"01,122099999,123456789,260105,0800,1,,,2/\n99,0,0,2/\n", "warning BAI2_DUPLICATE_FILE_ID" },
	{ "a record after 99 is told", ACCT "16,165,5000,0,B,C,X\n" TAIL
		"02,031001234,122099999,1,260105,2359,USD,2/\n", "error BAI2_AFTER_TRAILER 8:1" },
	{ "text after 99 is told", ACCT "16,165,5000,0,B,C,X\n" TAIL "END OF FILE\n", "error BAI2_AFTER_TRAILER" },
	{ "blank lines and a control-Z after 99 are fill", ACCT "16,165,5000,0,B,C,X\n" TAIL "\n\x1a", "" },
	{ "envelope lines before 01 are told, not refused", "$$ADD ID=BANK\n//HEADER\n" ACCT
		"16,165,5000,0,B,C,X\n" TAIL, "warning BAI2_ENVELOPE 1:1" },
	{ "a byte order mark is told", "\xef\xbb\xbf" ACCT "16,165,5000,0,B,C,X\n" TAIL, "note BAI2_BOM" },
	{ "a time of 2400 is legal", "01,1,2,260105,2400,1,,,2/\n99,0,0,2/\n", "" },
	{ "a time of 9999 is legal", "01,1,2,260105,9999,1,,,2/\n99,0,0,2/\n", "" },
	{ "a time of 2401 is not", "01,1,2,260105,2401,1,,,2/\n99,0,0,2/\n", "error BAI2_TIME 1:15" },
	{ "a header over two lines is read", "01,1,2,260105/\n88,0800,1,,,2/\n99,0,0,3/\n", "" },
	{ "a trailer over two lines is read", "01,1,2,260105,0800,1,,,2/\n99,0,0/\n88,3/\n", "" },
	{ "an 88 behind a complete header is told", "01,1,2,260105,0800,1,,,2/\n88,X/\n99,0,0,3/\n",
		"error BAI2_CONTINUATION 2:1" },
	{ "a missing sender is told", "01,,2,260105,0800,1,,,2/\n99,0,0,2/\n",
		"error BAI2_FIELD_MISSING 1:4 Sender Identification" },
	{ "a record without slash is told", "01,1,2,260105,0800,1,,,2\n99,0,0,2/\n", "warning BAI2_NO_SLASH" },
	{ "a bare 99 misses its totals", "01,1,2,260105,0800,1,,,2/\n99/\n", "error BAI2_FILE_TOTAL" },
	{ "a control total of twenty digits is told", "01,1,2,260105,0800,1,,,2/\n99,99999999999999999999,0,2/\n",
		"error BAI2_FILE_TOTAL" },
	{ "a NUL is told with its line", "01,1,2,260105,0800,1,,,2/\n99,0,0,2/\n", "" },
	{ "an account of a deletion group may stand alone",
		"01,1,2,260105,0800,1,,,2/\n02,1,2,2,260105,,,2/\n03,55/\n49,0,2/\n98,0,1,4/\n99,0,1,6/\n", "" },
	{ "an account alone is told "
		"elsewhere", "01,1,2,260105,0800,1,,,2/\n02,1,2,1,260105,,,2/\n03,55/\n49,0,2/\n98,0,1,4/\n99,0,1,6/\n",
		"warning BAI2_SHORT_RECORD" },
	{ "a test group is "
		"noted",
		"01,1,2,260105,0800,1,,,2/\n02,1,2,4,260105,,,2/\n03,55,,,,,/\n49,0,2/\n98,0,1,4/\n99,0,1,6/\n",
		"note BAI2_TEST_GROUP" },
	{ "a quad may be split over an "
		"88", HEAD "03,55,USD,010,100,,,045/\n88,200,,/\n49,300,3/\n98,300,1,5/\n99,300,1,7/\n", "" },
	{ "a summary that is negative is an "
		"error", HEAD "03,55,USD,100,-100,,/\n49,-100,2/\n98,-100,1,4/\n99,-100,1,6/\n",
		"error BAI2_AMOUNT_SIGN 3:15" },
	{ "a status that is negative is not", HEAD "03,55,USD,015,-100,,/\n49,-100,2/\n98,-100,1,4/\n99,-100,1,6/\n",
		"" },
	{ "a detail code in a 03 is told", HEAD "03,55,USD,165,100,,/\n49,100,2/\n98,100,1,4/\n99,100,1,6/\n",
		"warning BAI2_TYPE_LEVEL" },
	{ "empty quads are skipped", HEAD "03,55,,,,,,060,500,,/\n49,500,2/\n98,500,1,4/\n99,500,1,6/\n", "" },
	{ "an item count with a letter is an error", HEAD "03,55,,100,500,x,/\n49,500,2/\n98,500,1,4/\n99,500,1,6/\n",
		"error BAI2_ITEM_COUNT 3:16" },
	{ "a count that leaves out the 88s is told so",
		ACCT "16,165,5000,0,B,C,X\n88,Y\n49,35000,3/\n98,35000,1,6/\n99,35000,1,8/\n",
		"it seems to leave out the 88 records" },
	{ "a wrong 49 alone is told once: 98 and 99 agree with what was read",
		ACCT "16,165,5000,0,B,C,X\n49,35001,3/\n98,35000,1,5/\n99,35000,1,7/\n",
		"error BAI2_ACCOUNT_TOTAL 5:4 Account Control Total: the control total is 35001, the amounts add up to "
		"35000 (difference 1)" },
};

static void test_files(void)
{
	struct mhost h = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		run(&h, files[i].text);
		if (!ok(files[i].want[0] == '\0' ? h.n_errors == 0 : has(&h, files[i].want), "%s", files[i].what))
			printf("# records %s# findings %s", text_of(&h.records), text_of(&h.findings));
	}
	run(&h, ACCT "16,165,5000,0,B,C,X\n49,35001,3/\n98,35000,1,5/\n99,35000,1,7/\n");
	is_int(h.n_errors, 1, "a wrong account total is one error, not three");
	mhost_release(&h);
}

static void test_records(void)
{
	struct mhost h = { 0 };

	run(&h, "01,122099999,123456789,260105,0800,7,,,2/\n02,031001234,122099999,3,260105,2359,,3/\n"
		"03,0123456789,CAD,010,-10000,,,400,5000,2,V,260106,/\n16,455,5000,0,B,C,X\n49,0,3/\n98,0,1,5/\n99,0,1,7/\n");
	ok(has(&h, "FILE 1 sender=122099999 receiver=123456789 file_id=7 created_date=2026-01-05 created_time=0800"),
		"the file record holds the header");
	ok(has(&h, "STATEMENT 3 account=0123456789 currency=CAD as_of_date=2026-01-05 status=3 provisional=1"),
		"a statement of an interim group is provisional");
	ok(has(&h, "BALANCE 3 account=0123456789 currency=CAD amount_minor=-10000 type=010 text=Opening\\x20Ledger"),
		"a status amount keeps its sign");
	ok(has(&h, "amount_minor=-5000 type=400 text=Total\\x20"
		"Debits as_of_date=2026-01-05 status=3 provisional=1 count=2"),
		"a debit summary is negative and has its item count");
	ok(has(&h, "ENTRY 4 account=0123456789 currency=CAD amount_minor=-5000"),
		"an entry repeats account and currency");
	ok(has(&h, "TOTAL 5 account=0123456789 type=49 count=3 hash=0"), "a trailer is passed on as claimed");
	run(&h, HEAD "03,1,,010,5,,/\n49,5,2/\n98,5,1,4/\n99,5,1,6/\n");
	ok(has(&h, "currency=USD"), "without a currency of its own an account has the group's");
	ok(!has(&h, "provisional"), "a final statement is not provisional");
	mhost_release(&h);
}

static void test_options(void)
{
	struct mhost h = { 0 };
	const char *bad = ACCT "16,165,5000,0,B,C,X/\n49,1,9/\n98,2,9,9/\n99,3,9,9/\n";

	run(&h, bad);
	is_int(h.n_errors, 8, "wrong totals and counts are errors by default");
	mhost_option(&h, "totals", "warn");
	mhost_option(&h, "counts", "ignore");
	run(&h, bad);
	ok(h.n_errors == 0 && h.n_warnings == 3, "totals = warn, counts = ignore leaves three warnings");
	mhost_option(&h, "totals_98", "reject");
	run(&h, bad);
	ok(h.n_errors == 1 && has(&h, "error BAI2_GROUP_TOTAL"), "totals_98 = reject stands against totals = warn");
	mhost_option(&h, "text_slash", "drop");
	run(&h, bad);
	ok(has(&h, "text=X "), "text_slash = drop takes the bank's end mark off");
	h.n_options = 0;
	mhost_option(&h, "totals", "maybe");
	run(&h, bad);
	ok(has(&h, "error BAI2_OPTION") && has(&h, "error BAI2_FILE_TOTAL"),
		"an unknown value is told and the strictest is used");
	h.n_options = 0;
	mhost_option(&h, "versions", "any");
	run(&h, "01,1,2,260105,0800,1,,,3/\n99,0,0,2/\n");
	is_int(h.n_errors, 0, "versions = any reads a version 3");
	mhost_release(&h);
}

/* One option, one detail line in a file whose totals agree: what must be found or read then. */
static const struct { const char *option, *value, *line, *want, *what; } option_cases[] = {
	{ "BAI2_REF_SLASH", "error", "16,165,5000,0,A/B,C,X", "error BAI2_REF_SLASH", "a warning can be made an error" },
	{ "BAI2_ACCOUNT_TOTAL", "note", "16,165,5001,0,B,C,X", "note BAI2_ACCOUNT_TOTAL", "an error can be made a note" },
	{ "BAI2_REF_SLASH", "off", "16,165,5000,0,A/B,C,X", "!BAI2_REF_SLASH", "a warning can be silenced" },
	{ "BAI2_RECORD_CODE", "off", "16,165,5000,0,B,C,/\n17,1/", "warning BAI2_RECORD_CODE",
		"what is not read is always told" },
	{ "BAI2_DATE", "never", "16,165,5000,0,B,C,X", "error BAI2_OPTION", "a severity that is none is told" },
	{ "codes", "871=debit", "16,871,5000,0,B,C,X", "amount_minor=-5000 ", "a code of the bank gets its direction" },
	{ "codes", "871=debit", "16,871,5000,0,B,C,X", "!BAI2_TYPE_UNKNOWN", "and is known" },
	{ "codes", "921=debit, 871=credit:detail", "16,921,5000,0,B,C,X", "amount_minor=-5000 ",
		"a code of the custom range may be given another direction" },
	{ "codes", "165=none", "16,165,5000,0,B,C,X", "warning BAI2_NO_DIRECTION", "a listed code too" },
	{ "codes", "871=sideways", "16,165,5000,0,B,C,X", "error BAI2_OPTION", "a direction that is none is told" },
	{ "codes", "87=debit", "16,165,5000,0,B,C,X", "error BAI2_OPTION", "a code of two digits is told" },
	{ "items", "details", "16,115,3000,0,B,C,X\n16,116,2000,0,B,C,Y", "DETAIL 5 ", "an item is a part of its deposit" },
	{ "items", "details", "16,115,3000,0,B,C,X\n16,116,2000,0,B,C,Y", "parent=6", "and names its record" },
	{ "items", "details", "16,116,5000,0,B,C,Y", "ENTRY 4 ", "an item without a deposit is a line" },
	{ "items", "entries", "16,115,3000,0,B,C,X\n16,116,2000,0,B,C,Y", "note BAI2_ITEMS 5:0",
		"items beside their deposit are told" },
};

static void test_option_cases(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(option_cases) / sizeof(option_cases[0]); i++) {
		const char *want = option_cases[i].want;
		struct mhost h = { 0 };

		buf_clear(&b);
		buf_fmt(&b, "%s%s\n%s", ACCT, option_cases[i].line, TAIL);
		mhost_option(&h, option_cases[i].option, option_cases[i].value);
		run(&h, text_of(&b));
		ok(*want == '!' ? !has(&h, want + 1) : has(&h, want), "%s", option_cases[i].what);
		mhost_release(&h);
	}
	buf_release(&b);
}

/* The samples' plain file as 80-byte records without line ends. */
static void test_fixed(void)
{
	struct view in = mhost_file("samples/bai2/codes/BAI2_NO_LINE_ENDS.bai");
	struct mhost whole = { 0 }, small = { .step = 1 };
	struct buf blocks = { 0 };
	bool same = true;

	mhost_parse(&whole, bai2, in);
	ok(whole.n_errors == 0 && has(&whole, "ENTRY 4 ") && has(&whole, "text=ACME "),
		"records of the declared length without line ends are read");
	for (small.step = 1; small.step < 200; small.step++) {
		mhost_parse(&small, bai2, in);
		same = same && view_eq(buf_as_view(&whole.records), buf_as_view(&small.records));
	}
	ok(same, "in windows of any size");
	buf_view(&blocks, view_sub(in, 0, 240));
	buf_text(&blocks, "\r\n");
	buf_view(&blocks, view_sub(in, 240, in.n));
	mhost_parse(&small, bai2, buf_as_view(&blocks));
	ok(view_eq(buf_as_view(&whole.records), buf_as_view(&small.records)), "line ends between blocks are passed over");
	mhost_parse(&small, bai2, view_sub(in, 0, in.n - 80));
	ok(small.n_errors > 0, "without its last record the file is held");
	free((char *)in.p);
	buf_release(&blocks);
	mhost_release(&whole);
	mhost_release(&small);
}

static void test_hostile(void)
{
	struct mhost h = { 0 }, one = { 0 };
	const char *good = "\xef\xbb\xbf" ACCT "16,165,5000,V,260107,,BREF,CREF,ACME\n88,INVOICE\n"
		"49,35000,4/\n98,35000,1,6/\n99,35000,1,8/\n";
	size_t n = strlen(good);
	unsigned missed = 0, different = 0, failed = 0;
	struct view cut;
	char *big, *p;

	for (size_t i = 0; i + 2 < n; i++) {		/* the last two: the slash of the 99 and the line's end */
		cut = (struct view){ good, i };
		failed += mhost_parse(&h, bai2, cut) != 0 || h.broken;
		missed += h.n_errors == 0;
	}
	ok(missed == 0, "a file cut at any byte is held (%u cuts were not)", missed);
	ok(failed == 0, "no cut makes the module give up");
	mhost_parse(&h, bai2, view_of(good));
	one.step = 1;
	mhost_parse(&one, bai2, view_of(good));
	ok(view_eq(buf_as_view(&h.records), buf_as_view(&one.records)) && view_eq(buf_as_view(&h.findings),
		buf_as_view(&one.findings)),
		"windows of one byte give the same records and findings");
	for (size_t i = 2; i < 70; i++) {
		one.step = i;
		mhost_parse(&one, bai2, view_of(good));
		different += !view_eq(buf_as_view(&h.records), buf_as_view(&one.records));
	}
	ok(different == 0, "windows of 2 to 69 bytes give the same records");
	one.step = 0;
	mhost_parse(&one, bai2, view_of(good));
	for (uint64_t i = 1, calls = one.callbacks; i <= calls; i++) {
		one.stop_after = i;
		different += mhost_parse(&one, bai2, view_of(good)) != -1;
	}
	ok(different == 0, "the module stops when the host says stop, at each of its calls");
	mhost_parse(&h, bai2, VIEW("01,1,2,260105,0800,1,,,2/\n99,0,0,\0" "2/\n"));
	ok(has(&h, "error BAI2_NUL 2:0"), "a NUL is an error with its line");
	run(&h, "01,1,2,260105,0800,1,,,2/\r99,0,0,2/\r");
	ok(h.n_errors == 0 && has(&h, "note BAI2_CR_ONLY"), "lines that end with CR alone are read");

	n = (size_t)10 << 20;
	big = malloc(n + 200);
	if (big == NULL)
		exit(2);
	p = big + snprintf(big, 200, "%s16,165,5000,0,B,C,", ACCT);
	memset(p, 'x', n);
	memcpy(p + n, "\n", 1);
	memcpy(p + n + 1, TAIL, sizeof(TAIL) - 1);
	h.step = 65536;
	mhost_parse(&h, bai2, (struct view){ big, (size_t)(p - big) + n + 1 + sizeof(TAIL) - 1 });
	ok(has(&h, "error BAI2_LINE_LONG 4:0") && has(&h, "TOTAL 5 "),
		"a line of 10 MB is told and skipped, the next one is line 5");
	memset(p, 'x', 100000);
	memcpy(p + 100000, "\n" TAIL, sizeof(TAIL));
	mhost_parse(&h, bai2, (struct view){ big, (size_t)(p - big) + 100000 + sizeof(TAIL) });
	ok(has(&h, "warning BAI2_TEXT_LONG") && h.n_errors == 0, "a text of 100 KB is cut with a warning");
	free(big);
	mhost_release(&h);
	mhost_release(&one);
}

static void test_probe(void)
{
	ok(bai2->probe(VIEW("01,1,2,260105,0800,1,,,2/\n02")) > 90, "a file header is nearly certain");
	ok(bai2->probe(VIEW("\xef\xbb\xbf$$ADD\n01,1,2,260105,0800,1,,,2/")) > 90,
		"also behind a byte order mark and an envelope");
	ok(bai2->probe(VIEW("02,1,2,1,260105,2359,USD,2/\n")) > 0, "a file without header may be ours");
	ok(bai2->probe(VIEW("101 122099999 1234567892601050800A094101\n")) == 0, "an ACH file is not ours");
	ok(bai2->probe(VIEW(":20:STMT\n:25:1234\n")) == 0, "an MT940 is not ours");
	ok(bai2->probe(VIEW("company,run_id,person_id\n01,02,03\n")) == 0, "a CSV is not ours");
	ok(bai2->probe(VIEW("")) == 0, "an empty file is nobody's");
	for (const struct tally_code *c = bai2->findings; c->code != NULL; c++)
		if (c->title == NULL || c->action == NULL || c->source == NULL)
			ok(false, "%s has title, action and source", c->code);
}

/* The corpus */

static struct view column(struct view row, int want)
{
	struct view f = { NULL, 0 };

	for (int i = 0; i <= want; i++)
		if (!view_cut(&row, '\t', &f))
			return (struct view){ NULL, 0 };
	return f;
}

static int64_t number(struct view v)
{
	int64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n = n * 10 + (v.p[i] - '0');
	return n;
}

/* An error beside those about totals and counts. */
static bool only_totals(struct mhost *h)
{
	unsigned about = mhost_count(&h->findings, "_TOTAL ") + mhost_count(&h->findings, "_COUNT ");

	return h->n_errors == about;
}

static void judge(const char *dir, struct view row, bool has_rule)
{
	struct mhost h = { 0 };
	char path[600];
	struct view name = column(row, 0), rule = has_rule ? column(row, 2) : (struct view){ NULL, 0 }, file,
		note = column(row, 7);
	int shift = has_rule ? 3 : 2;

	snprintf(path, sizeof(path), "%s/%.*s", dir, (int)name.n, name.p);
	file = mhost_file(path);
	if (file.p == NULL) {
		ok(false, "%s can be read", path);
		return;
	}
	ok(mhost_parse(&h, bai2, file) == 0, "%.*s is read to its end", (int)name.n, name.p);
	if (view_eq(rule, VIEW("reject")) || (!has_rule && view_starts(column(row, 1), VIEW("invalid"))))
		ok(h.n_errors > 0, "%.*s is refused", (int)name.n, name.p);
	else if (has_rule && note.n > 0 && memmem(note.p, note.n, "mismatch", 8) != NULL)
		ok(h.n_errors > 0 && only_totals(&h), "%.*s: the totals are what is wrong", (int)name.n, name.p);
	else if (has_rule)
		ok(h.n_errors == 0, "%.*s has no error", (int)name.n, name.p);
	/*
	 * sample3 has several records on one line.  The peer's library takes some of them for text and finds 13 accounts; read
	 * one by one they are the 15 that its 98 counts, and every total and count agrees (test_sample3).
	 */
	if (view_eq(name, VIEW("sample3.txt")))
		goto out;
	if (!has_rule || (!view_eq(rule, VIEW("reject")) && view_eq(column(row, 1), VIEW("valid")))) {
		is_int(mhost_count(&h.records, "type=98"), number(column(row, shift)), "%.*s: groups", (int)name.n,
			name.p);
		is_int(mhost_count(&h.records, "STATEMENT "), number(column(row, shift + 1)), "%.*s: accounts",
			(int)name.n, name.p);
		is_int(mhost_count(&h.records, "ENTRY "), number(column(row, shift + 2)), "%.*s: details", (int)name.n,
			name.p);
	}
out:
	free((char *)file.p);
	mhost_release(&h);
}

static void judge_all(const char *shared, const char *dir, bool has_rule)
{
	char path[500], list[560];
	struct view rows, rest, row;
	bool first = true;

	snprintf(path, sizeof(path), "%s/corpus/bai2/%s", shared, dir);
	snprintf(list, sizeof(list), "%s/expected.tsv", path);
	rest = rows = mhost_file(list);
	while (view_cut(&rest, '\n', &row)) {
		if (!first && row.n > 0)
			judge(path, row, has_rule);
		first = false;
	}
	ok(rows.p != NULL, "the list of %s is there", dir);
	free((char *)rows.p);
}

static void test_sample3(const char *shared)
{
	struct mhost h = { 0 };
	char path[500];
	struct view file;

	snprintf(path, sizeof(path), "%s/corpus/bai2/valid/sample3.txt", shared);
	file = mhost_file(path);
	mhost_parse(&h, bai2, file);
	is_int(h.n_errors, 0, "sample3: read record by record, all totals and counts agree");
	is_int(mhost_count(&h.records, "STATEMENT "), 15, "sample3 has the 15 accounts its 98 counts");
	is_int(mhost_count(&h.records, "ENTRY "), 26, "sample3 has 26 details");
	ok(has(&h, "note BAI2_RECORDS_ON_LINE 1:45") && has(&h, "warning BAI2_TEXT_BROKEN 19:1"),
		"sample3's two peculiarities are told");
	mhost_option(&h, "totals", "warn");
	mhost_option(&h, "counts", "warn");
	mhost_parse(&h, bai2, file);
	is_int(h.n_errors, 0, "sample3 passes with totals and counts at warn");
	free((char *)file.p);
	snprintf(path, sizeof(path), "%s/corpus/bai2/valid/sample1.txt", shared);
	file = mhost_file(path);
	h.n_options = 0;
	mhost_parse(&h, bai2, file);
	is_int(h.n_errors, 0, "sample1: all totals and counts agree");
	free((char *)file.p);
	mhost_release(&h);
}

int main(int argc, char **argv)
{
	const char *shared = getenv("TALLY_SHARED");

	(void)argc;
	bai2 = mhost_module(argv[0], "bai2");
	if (!ok(bai2 != NULL, "the module loads"))
		return done_testing();
	test_details();
	test_files();
	test_records();
	test_options();
	test_option_cases();
	test_fixed();
	test_hostile();
	test_probe();
	samples_run(bai2, "bai2");
	samples_codes(bai2, "bai2", "BAI2_", NULL);
	if (shared == NULL) {
		printf("# the corpus is skipped: TALLY_SHARED is not set\n");
		return done_testing();
	}
	judge_all(shared, "mutants", true);
	judge_all(shared, "valid", false);
	judge_all(shared, "invalid", false);
	test_sample3(shared);
	return done_testing();
}
