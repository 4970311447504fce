/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirm - what the printer did with our checks, or the trustee with our rollovers: CSV with a header
 *
 * Option `of` says which.  A row whose every check holds becomes a CHECK_STATUS or a ROLLOVER record; the status must be
 * one of the words below, and a reprint must say the new serial number.  An optional last row TRAILER,count[,amount] is
 * compared with all rows, the faulty ones included.
 */
#include <inttypes.h>
#include "formats/core/layout.h"
#include "formats/core/money.h"
#include "formats/lib/seen.h"
#include "formats/lib/sheet.h"
#include "formats/lib/values.h"

#define WORD_MAX 64
#define SERIAL_MAX 20

enum { REFERENCE, CHECK_NUMBER, STATUS, NEW_CHECK_NUMBER, STATUS_DATE, AMOUNT, REASON, PERSON, COLUMNS };

static const struct sheet_column columns[COLUMNS] = {
	[REFERENCE] = { "column_reference", "reference", "Reference", false },
	[CHECK_NUMBER] = { "column_check_number", "check_number", "Check Number", false },
	[STATUS] = { "column_status", "status", "Status", true },
	[NEW_CHECK_NUMBER] = { "column_new_check_number", "new_check_number", "New Check Number", false },
	[STATUS_DATE] = { "column_status_date", "status_date", "Status Date", false },
	[AMOUNT] = { "column_amount", "amount", "Amount", false },
	[REASON] = { "column_reason", "reason", "Reason", false },
	[PERSON] = { "column_person", "person", "Person Id", false },
};

enum { CONFIRM_STATUS = SHEET_CODES, CONFIRM_NO_NAME, CONFIRM_SERIAL, CONFIRM_NEW_SERIAL, CONFIRM_DATE, CONFIRM_NOT_POSITIVE,
	CONFIRM_TWICE, CONFIRM_MANY, CONFIRM_TRAILER, CONFIRM_TRAILER_MISSING, CONFIRM_AFTER_TRAILER, CONFIRM_CODES };

#define VENDOR "have the printer or trustee correct the file and send it again"
#define LAYOUT_OF "the confirmation layout agreed with the printer or trustee"

static const struct tally_code findings[CONFIRM_CODES + 1] = {
	SHEET_TABLE("CONFIRM", VENDOR, LAYOUT_OF),
	[CONFIRM_STATUS] = { "CONFIRM_STATUS", FINDING_ERROR, "a status is none of the known words",
		"checks: PRINTED, MAILED, SPOILED, REJECTED, VOIDED; rollovers: CONFIRMED, REJECTED; " VENDOR, LAYOUT_OF },
	[CONFIRM_NO_NAME] = { "CONFIRM_NO_NAME", FINDING_ERROR, "a row does not say which item it is about", VENDOR, LAYOUT_OF },
	[CONFIRM_SERIAL] = { "CONFIRM_SERIAL", FINDING_ERROR, "a check's serial number is not digits", VENDOR, LAYOUT_OF },
	[CONFIRM_NEW_SERIAL] = { "CONFIRM_NEW_SERIAL", FINDING_ERROR, "the new serial number does not go with the status",
		"a new number stands beside SPOILED only, and differs from the old one; " VENDOR, LAYOUT_OF },
	[CONFIRM_DATE] = { "CONFIRM_DATE", FINDING_ERROR, "a status date is no date", VENDOR ", or set the channel's option dates",
		LAYOUT_OF },
	[CONFIRM_NOT_POSITIVE] = { "CONFIRM_NOT_POSITIVE", FINDING_ERROR, "an amount is not above zero", VENDOR, LAYOUT_OF },
	[CONFIRM_TWICE] = { "CONFIRM_TWICE", FINDING_ERROR, "one item has the same status twice", VENDOR,
		"every item comes back once" },
	[CONFIRM_MANY] = { "CONFIRM_MANY", FINDING_WARNING, "more than 2,000,000 rows: later ones are not compared",
		"ask for several files", "limit of this program" },
	[CONFIRM_TRAILER] = { "CONFIRM_TRAILER", FINDING_ERROR, "the trailer does not agree with the rows",
		"rows are missing, doubled or changed; " VENDOR, LAYOUT_OF },
	[CONFIRM_TRAILER_MISSING] = { "CONFIRM_TRAILER_MISSING", FINDING_ERROR, "there is no trailer row",
		"the transmission may have been cut short; fetch the file again", "option trailer = required" },
	[CONFIRM_AFTER_TRAILER] = { "CONFIRM_AFTER_TRAILER", FINDING_ERROR, "there are rows after the trailer", VENDOR, LAYOUT_OF },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct tally_option options[] = {
	{ "of", "check|rollover", "check", "what is confirmed: the printer's checks, or the trustee's rollovers" },
	{ "column_reference", "a column's name", "reference", "our reference" },
	{ "column_check_number", "a column's name", "check_number", "the check's serial number" },
	{ "column_status", "a column's name", "status", "what became of it" },
	{ "column_new_check_number", "a column's name", "new_check_number", "the serial number it was printed under anew" },
	{ "column_status_date", "a column's name", "status_date", "the day of it" },
	{ "column_amount", "a column's name", "amount", "the amount, to be compared" },
	{ "column_reason", "a column's name", "reason", "why, when it was not done" },
	{ "column_person", "a column's name", "person", "rollovers: the person's id" },
	{ "trailer", "optional|required", "optional", "whether a TRAILER row must end the file" },
	SHEET_DELIMITER, SHEET_DATES,
	STRICT_OPTION("CONFIRM", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

struct confirm {
	struct sheet sheet;
	struct seen seen;
	bool rollovers, trailer_required, told, trailed, said_after, said_many, sum_lost;
	int64_t sum;
};

static const char *const check_words[] = { "PRINTED", "MAILED", "SPOILED", "REJECTED", "VOIDED", NULL };
static const char *const rollover_words[] = { "CONFIRMED", "REJECTED", NULL };

/* The known word, in capitals, or nothing. */
static struct view status_of(struct confirm *c)
{
	const char *const *words = c->rollovers ? rollover_words : check_words;

	for (; *words != NULL; words++)
		if (value_is(c->sheet.value[STATUS], *words))
			return view_of(*words);
	if (c->sheet.value[STATUS].n == 0 && sheet_has(&c->sheet, STATUS))
		sheet_say(&c->sheet, SHEET_VALUE_MISSING, STATUS, "there is no status");
	else
		sheet_say(&c->sheet, CONFIRM_STATUS, STATUS, "the status is none of the known words");
	return (struct view){ NULL, 0 };
}

static bool is_serial(struct view v)
{
	return v.n <= SERIAL_MAX && layout_is_digits(v);
}

static void check_serials(struct confirm *c, struct view status)
{
	struct view old = c->sheet.value[CHECK_NUMBER], new = c->sheet.value[NEW_CHECK_NUMBER];

	if (old.n > 0 && !is_serial(old))
		sheet_say(&c->sheet, CONFIRM_SERIAL, CHECK_NUMBER, "the serial number is not digits");
	if (new.n == 0)
		return;
	if (!is_serial(new))
		sheet_say(&c->sheet, CONFIRM_SERIAL, NEW_CHECK_NUMBER, "the new serial number is not digits");
	else if (!view_eq(status, VIEW("SPOILED")))
		sheet_say(&c->sheet, CONFIRM_NEW_SERIAL, NEW_CHECK_NUMBER,
			"a new serial number stands beside another status than SPOILED");
	else if (view_eq(old, new))
		sheet_say(&c->sheet, CONFIRM_NEW_SERIAL, NEW_CHECK_NUMBER, "the new serial number is the spoiled one");
}

static void check_once(struct confirm *c, struct view status)
{
	const struct view what[] = { c->sheet.value[REFERENCE], c->sheet.value[CHECK_NUMBER], status };

	if (c->said_many)
		return;
	switch (seen_put(&c->seen, what, 3)) {
	case SEEN_NEW:
		break;
	case SEEN_AGAIN:
		sheet_say(&c->sheet, CONFIRM_TWICE, -1, "the same item with the same status stands in a row above");
		break;
	case SEEN_FULL:
		c->said_many = true;
		sheet_say(&c->sheet, CONFIRM_MANY, -1, "from here on an item that stands twice is not noticed");
	}
}

static void on_row(struct confirm *c)
{
	struct sheet *s = &c->sheet;
	struct view status = status_of(c);
	struct record r;
	int64_t amount;
	date_t day;

	record_init(&r, c->rollovers ? RECORD_ROLLOVER : RECORD_CHECK_STATUS, s->row.line);
	sheet_text(s, REFERENCE, WORD_MAX, false);
	sheet_text(s, PERSON, WORD_MAX, false);
	sheet_text(s, REASON, 200, false);
	if (s->value[REFERENCE].n == 0 && (c->rollovers || s->value[CHECK_NUMBER].n == 0))
		sheet_say(s, CONFIRM_NO_NAME, -1, c->rollovers ? "there is no reference of ours" :
			"there is neither a reference of ours nor a serial number");
	else
		check_once(c, status);
	if (!c->rollovers)
		check_serials(c, status);
	if (sheet_amount(s, AMOUNT, "USD", false, &amount) && s->value[AMOUNT].n > 0) {
		if (amount <= 0)
			sheet_say(s, CONFIRM_NOT_POSITIVE, AMOUNT, "the amount is not above zero");
		c->sum_lost = c->sum_lost || !money_add_minor(&c->sum, amount);
		record_set_num(&r, F_AMOUNT, amount);
		record_set_text(&r, F_CURRENCY, VIEW("USD"));
	}
	if (sheet_date(s, STATUS_DATE, CONFIRM_DATE, false, &day) && day != DATE_NONE)
		record_set_num(&r, F_STATUS_DATE, day);
	if (s->bad)
		return;
	record_set_text(&r, F_REFERENCE, s->value[REFERENCE]);
	record_set_text(&r, F_STATUS, status);
	record_set_text(&r, F_REASON, s->value[REASON]);
	if (c->rollovers) {
		record_set_text(&r, F_PERSON, s->value[PERSON]);
	} else {
		record_set_text(&r, F_CHECK_NUMBER, s->value[CHECK_NUMBER]);
		record_set_text(&r, F_NEW_CHECK_NUMBER, s->value[NEW_CHECK_NUMBER]);
	}
	sheet_record(s, &r);
}

static struct view field(const struct sheet *s, size_t i)
{
	return i < s->row.n ? view_trim(s->row.fields[i]) : (struct view){ NULL, 0 };
}

static void on_trailer(struct confirm *c)
{
	struct sheet *s = &c->sheet;
	struct view amount = field(s, 2);
	struct money m = { 0 };
	struct record r;
	int64_t count;

	c->trailed = s->any = true;
	record_init(&r, RECORD_TOTAL, s->row.line);
	record_set_text(&r, F_TYPE, VIEW("trailer"));
	if (!layout_number(&count, field(s, 1))) {
		sheet_say(s, CONFIRM_TRAILER, -1, "the trailer's count is no number");
	} else {
		record_set_num(&r, F_COUNT, count);
		if (count != s->rows)
			sheet_say(s, CONFIRM_TRAILER, -1, "the trailer counts %" PRId64 " rows, %" PRId64 " were read", count,
				s->rows);
	}
	if (amount.n > 0 && money_parse_decimal(&m, amount, "USD") != MONEY_OK) {
		sheet_say(s, CONFIRM_TRAILER, -1, "the trailer's amount is no amount");
	} else if (amount.n > 0) {
		record_set_num(&r, F_AMOUNT, m.minor);
		if (c->sum_lost || m.minor != c->sum)
			sheet_say(s, CONFIRM_TRAILER, -1, "the trailer's amount is not the sum of the rows' amounts");
	}
	sheet_record(s, &r);
}

static void on_any_row(struct confirm *c)
{
	struct record r;

	if (c->trailed) {
		if (!c->said_after)
			sheet_say(&c->sheet, CONFIRM_AFTER_TRAILER, -1,
				"this row stands after the trailer; it and those behind it are not read");
		c->said_after = true;
		return;
	}
	if (!c->told) {
		record_init(&r, RECORD_FILE, c->sheet.row.line);
		sheet_record(&c->sheet, &r);
	}
	c->told = true;
	if (sheet_trailer(&c->sheet))
		on_trailer(c);
	else
		on_row(c);
}

static int confirm_parse(const struct tally_host *host, void *state)
{
	static const char *const of[] = { "check", "rollover", NULL };
	static const char *const trailer[] = { "optional", "required", NULL };
	struct confirm *c = state;
	int got = -1;

	sheet_init(&c->sheet, host, columns, COLUMNS, findings);
	c->sheet.strict.told = STRICT(CONFIRM_MANY);
	c->rollovers = sheet_choose(&c->sheet, "of", of) == 1;
	c->trailer_required = sheet_choose(&c->sheet, "trailer", trailer) == 1;
	if (sheet_open(&c->sheet) == 0)
		while ((got = sheet_next(&c->sheet)) == 1)
			on_any_row(c);
	if (got == 0 && c->trailer_required && !c->trailed)
		sheet_say(&c->sheet, CONFIRM_TRAILER_MISSING, -1, "the file ends without a TRAILER row");
	sheet_close(&c->sheet);
	seen_release(&c->seen);
	return got < 0 || c->sheet.stopped ? -1 : 0;
}

static int confirm_probe(struct view head)
{
	return sheet_known(head, &columns[STATUS], 1) == 1 && sheet_known(head, columns, COLUMNS) >= 4 ? 80 : 0;
}

TALLY_FORMAT(.name = "confirm", .version = "1.0", .state_size = sizeof(struct confirm), .probe = confirm_probe,
	.parse = confirm_parse, .options = options, .findings = findings);
