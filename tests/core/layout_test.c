/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout_test - each type of a layout's row: what is read, what is refused, what is written, and that both are one
 */
#include "formats/core/date.h"
#include "formats/core/layout.h"
#include "tests/lib/tap.h"

#define ROW(type, len, inclusion, field, fixed) { "X", 1, len, type, inclusion, field, fixed }

/* One row, the bytes of its field, and what they are: "!" = refused. */
static const struct { const char *what; struct layout_row row; const char *bytes; const char *text; int64_t number; } fields[] = {
	{ "text is left-justified", ROW(LAYOUT_TEXT, 6, LAYOUT_M, F_PARTY, NULL), "Ada   ", "Ada", 0 },
	{ "text that must be there", ROW(LAYOUT_TEXT, 6, LAYOUT_M, F_PARTY, NULL), "      ", "!", 0 },
	{ "text on the right", ROW(LAYOUT_RIGHT, 6, LAYOUT_M, F_PARTY, NULL), "   Ada", "Ada", 0 },
	{ "digits that are a name", ROW(LAYOUT_DIGITS, 6, LAYOUT_M, F_ROUTING, NULL), "001200", "001200", 0 },
	{ "digits with a letter", ROW(LAYOUT_DIGITS, 6, LAYOUT_M, F_ROUTING, NULL), "00120A", "!", 0 },
	{ "a number", ROW(LAYOUT_NUMBER, 6, LAYOUT_M, F_COUNT, NULL), "000120", NULL, 120 },
	{ "money", ROW(LAYOUT_MONEY, 6, LAYOUT_M, F_AMOUNT, NULL), "001234", NULL, 1234 },
	{ "money with a blank", ROW(LAYOUT_MONEY, 6, LAYOUT_M, F_AMOUNT, NULL), " 01234", "!", 0 },
	{ "money with its point", ROW(LAYOUT_POINT, 8, LAYOUT_M, F_AMOUNT, NULL), "   12.34", NULL, 1234 },
	{ "less than a dollar with its point", ROW(LAYOUT_POINT, 8, LAYOUT_M, F_AMOUNT, NULL), "    0.05", NULL, 5 },
	{ "a point and one decimal", ROW(LAYOUT_POINT, 8, LAYOUT_M, F_AMOUNT, NULL), "    12.3", "!", 0 },
	{ "a minus with a point", ROW(LAYOUT_POINT, 8, LAYOUT_M, F_AMOUNT, NULL), "  -12.34", "!", 0 },
	{ "no point at all", ROW(LAYOUT_POINT, 8, LAYOUT_M, F_AMOUNT, NULL), "    1234", "!", 0 },
	{ "a point without dollars", ROW(LAYOUT_POINT, 8, LAYOUT_M, F_AMOUNT, NULL), "     .34", "!", 0 },
	{ "YYMMDD", ROW(LAYOUT_DATE, 6, LAYOUT_M, F_ISSUE_DATE, NULL), "261110", NULL, 20767 },
	{ "YYYYMMDD", ROW(LAYOUT_YYYYMMDD, 8, LAYOUT_M, F_ISSUE_DATE, NULL), "20261110", NULL, 20767 },
	{ "MMDDYYYY", ROW(LAYOUT_MMDDYYYY, 8, LAYOUT_M, F_ISSUE_DATE, NULL), "11102026", NULL, 20767 },
	{ "MMDDYY", ROW(LAYOUT_MMDDYY, 6, LAYOUT_M, F_ISSUE_DATE, NULL), "111026", NULL, 20767 },
	{ "a day before the year in a field of the other form", ROW(LAYOUT_YYYYMMDD, 8, LAYOUT_M, F_ISSUE_DATE, NULL), "11102026", "!", 0 },
	{ "the thirteenth month", ROW(LAYOUT_MMDDYY, 6, LAYOUT_M, F_ISSUE_DATE, NULL), "131026", "!", 0 },
	{ "no day where one must be", ROW(LAYOUT_MMDDYYYY, 8, LAYOUT_M, F_ISSUE_DATE, NULL), "        ", "!", 0 },
	{ "a serial number", ROW(LAYOUT_SERIAL, 8, LAYOUT_M, F_CHECK_NUMBER, NULL), "00001234", "1234", 0 },
	{ "a serial number with a blank", ROW(LAYOUT_SERIAL, 8, LAYOUT_M, F_CHECK_NUMBER, NULL), "    1234", "!", 0 },
	{ "a code", ROW(LAYOUT_WORD, 1, LAYOUT_M, F_STATUS, "I=issue V=void"), "V", "void", 0 },
	{ "a code that is none", ROW(LAYOUT_WORD, 1, LAYOUT_M, F_STATUS, "I=issue V=void"), "X", "!", 0 },
	{ "a blank code", ROW(LAYOUT_WORD, 1, LAYOUT_M, F_STATUS, "=issue 2=void"), " ", "issue", 0 },
	{ "a blank where no code is blank", ROW(LAYOUT_WORD, 1, LAYOUT_M, F_STATUS, "I=issue V=void"), " ", "!", 0 },
	{ "what always stands there", ROW(LAYOUT_CONST, 2, LAYOUT_M, LAYOUT_NONE, "RA"), "RA", "", 0 },
	{ "what must not stand there", ROW(LAYOUT_CONST, 2, LAYOUT_M, LAYOUT_NONE, "RA"), "RB", "!", 0 },
};

static void count_fault(void *ctx, const struct layout_row *row, enum layout_fault fault)
{
	(void)row;
	*(enum layout_fault *)ctx = fault;
}

static void test_fields(void)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct layout_row *row = &fields[i].row, *bad;
		const struct layout l = { "test", row, 1, row->len };
		bool refused = fields[i].text != NULL && fields[i].text[0] == '!';
		enum layout_fault fault = LAYOUT_GOOD;
		struct record r;
		char out[16];

		layout_verify(&l, fields[i].bytes, count_fault, &fault);
		ok((fault != LAYOUT_GOOD) == refused, "%s is %s", fields[i].what, refused ? "refused" : "good");
		if (refused)
			continue;
		record_init(&r, RECORD_CHECK_ISSUE, 1);
		layout_read(&r, &l, fields[i].bytes);
		if (row->field != LAYOUT_NONE && fields[i].text != NULL)
			is_view(record_text(&r, (enum record_field)row->field), view_of(fields[i].text), "%s: the value", fields[i].what);
		else if (row->field != LAYOUT_NONE)
			is_int(record_num(&r, (enum record_field)row->field, -1), fields[i].number, "%s: the number", fields[i].what);
		ok(layout_write(out, &l, &r, &bad, &fault) == 0 && memcmp(out, fields[i].bytes, row->len) == 0, "%s: written as read",
			fields[i].what);
	}
}

/* What does not fit is named, never cut. */
static const struct { const char *what; struct layout_row row; const char *text; int64_t number; enum layout_fault want; } misfits[] = {
	{ "a text that is too long", ROW(LAYOUT_TEXT, 3, LAYOUT_M, F_PARTY, NULL), "Adam", 0, LAYOUT_TOO_LONG },
	{ "a text with a line end", ROW(LAYOUT_TEXT, 3, LAYOUT_M, F_PARTY, NULL), "A\n", 0, LAYOUT_BAD_BYTE },
	{ "money that is too large", ROW(LAYOUT_MONEY, 3, LAYOUT_M, F_AMOUNT, NULL), NULL, 1000, LAYOUT_TOO_LONG },
	{ "money with a point that is too large", ROW(LAYOUT_POINT, 4, LAYOUT_M, F_AMOUNT, NULL), NULL, 1000, LAYOUT_TOO_LONG },
	{ "a debit with a point", ROW(LAYOUT_POINT, 8, LAYOUT_M, F_AMOUNT, NULL), NULL, -5, LAYOUT_NOT_DIGITS },
	{ "a serial that is too long", ROW(LAYOUT_SERIAL, 3, LAYOUT_M, F_CHECK_NUMBER, NULL), "1234", 0, LAYOUT_TOO_LONG },
	{ "a serial with a letter", ROW(LAYOUT_SERIAL, 3, LAYOUT_M, F_CHECK_NUMBER, NULL), "1A", 0, LAYOUT_NOT_DIGITS },
	{ "a word without a code", ROW(LAYOUT_WORD, 1, LAYOUT_M, F_STATUS, "I=issue"), "void", 0, LAYOUT_DIFFERS },
	{ "a year that two digits cannot say", ROW(LAYOUT_MMDDYY, 6, LAYOUT_M, F_ISSUE_DATE, NULL), NULL, 40000, LAYOUT_NO_DATE },
	{ "a year before the calendar", ROW(LAYOUT_YYYYMMDD, 8, LAYOUT_M, F_ISSUE_DATE, NULL), NULL, -900000, LAYOUT_NO_DATE },
};

static void test_misfits(void)
{
	for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++) {
		const struct layout_row *row = &misfits[i].row, *bad = NULL;
		const struct layout l = { "test", row, 1, row->len };
		enum layout_fault fault = LAYOUT_GOOD;
		struct record r;
		char out[16];

		record_init(&r, RECORD_CHECK_ISSUE, 1);
		if (misfits[i].text != NULL)
			record_set_text(&r, (enum record_field)row->field, view_of(misfits[i].text));
		else
			record_set_num(&r, (enum record_field)row->field, misfits[i].number);
		ok(layout_write(out, &l, &r, &bad, &fault) == -1 && bad == row && fault == misfits[i].want, "%s is not written, and named",
			misfits[i].what);
		r.present[0] = r.present[1] = 0;
		ok(layout_write(out, &l, &r, &bad, &fault) == -1 && fault == LAYOUT_BLANK, "%s: without a value neither", misfits[i].what);
	}
}

int main(void)
{
	test_fields();
	test_misfits();
	return done_testing();
}
