/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ack - a bank's verdicts on files of ours: CSV, or lines with fixed positions, as each bank has them
 *
 * No two banks agree on a layout, so the channel says where what stands: the columns by name (column_file = "FileName") or,
 * with layout = fixed, by position (column_file = "1-20"), and which words are a yes and which a no.  A word that is
 * neither is an error and no ACK: to guess is to send a payment twice or never.
 *
 * FILE comes first, an ACK for each row that names a file or a reference of ours and a verdict that is known.
 */
#include "formats/core/layout.h"
#include "formats/core/money.h"
#include "formats/lib/seen.h"
#include "formats/lib/sheet.h"
#include "formats/lib/values.h"

#define NAME_MAX_BYTES 255

enum { FILE_NAME, REFERENCE, VERDICT, REASON, TEXT, COUNT, AMOUNT, COLUMNS };

static const struct sheet_column columns[COLUMNS] = {
	[FILE_NAME] = { "column_file", "file", "File Name", false },
	[REFERENCE] = { "column_reference", "reference", "Reference", false },
	[VERDICT] = { "column_verdict", "verdict", "Verdict", true },
	[REASON] = { "column_reason", "reason", "Reason", false },
	[TEXT] = { "column_text", "text", "Text", false },
	[COUNT] = { "column_count", "count", "Count", false },
	[AMOUNT] = { "column_amount", "amount", "Amount", false },
};

enum { ACK_VERDICT = SHEET_CODES, ACK_NO_NAME, ACK_COUNT, ACK_CONTRADICTS, ACK_CODES };

#define BANK "ask the bank for a right acknowledgement, and by telephone what became of the file"

static const struct tally_code findings[ACK_CODES + 1] = {
	SHEET_TABLE("ACK", BANK, "the bank's acknowledgement layout"),
	[ACK_VERDICT] = { "ACK_VERDICT", FINDING_ERROR, "a verdict is none of the words that the channel knows",
		"ask the bank what the word means and add it to the option accepted or rejected; never guess",
		"options accepted and rejected" },
	[ACK_NO_NAME] = { "ACK_NO_NAME", FINDING_ERROR, "a verdict says neither a file nor a reference of ours", BANK,
		"the bank's acknowledgement layout" },
	[ACK_COUNT] = { "ACK_COUNT", FINDING_ERROR, "a count is no number", BANK, "the bank's acknowledgement layout" },
	[ACK_CONTRADICTS] = { "ACK_CONTRADICTS", FINDING_ERROR, "one file is accepted and rejected", BANK,
		"one verdict a file" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct tally_option options[] = {
	{ "layout", "csv|fixed", "csv", "fixed: the column_* options are positions such as 1-20, and there is no header" },
	{ "column_file", "a column's name, or positions", "file", "the name of our file; this or the next one must be there" },
	{ "column_reference", "a column's name, or positions", "reference", "our reference: the file's id, or its business key" },
	{ "column_verdict", "a column's name, or positions", "verdict", "the bank's word" },
	{ "column_reason", "a column's name, or positions", "reason", "the bank's reason code" },
	{ "column_text", "a column's name, or positions", "text", "the reason in words" },
	{ "column_count", "a column's name, or positions", "count", "how many entries the bank counted" },
	{ "column_amount", "a column's name, or positions", "amount", "their sum" },
	{ "accepted", "words with commas between", "ACCEPTED", "the words that are a yes; capitals do not matter" },
	{ "rejected", "words with commas between", "REJECTED", "the words that are a no" },
	{ "amounts", "decimal|cents", "decimal", "1234.56, or 123456 for the same" },
	{ "currency", "a code", "USD", "the currency of amount" },
	{ "lines", "how they begin", "all", "fixed: only lines that begin so are verdicts, the others are passed over" },
	SHEET_DELIMITER,
	STRICT_OPTION("ACK", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

struct ack {
	struct sheet sheet;
	struct view accepted, rejected;
	bool cents;
	char currency[4];
	struct seen yes, no;
};

static void read_options(struct ack *a)
{
	static const char *const layouts[] = { "csv", "fixed", NULL };
	static const char *const amounts[] = { "decimal", "cents", NULL };
	struct view currency = sheet_option(&a->sheet, "currency");

	a->sheet.fixed = sheet_choose(&a->sheet, "layout", layouts) == 1;
	a->cents = sheet_choose(&a->sheet, "amounts", amounts) == 1;
	a->accepted = sheet_option(&a->sheet, "accepted");
	a->rejected = sheet_option(&a->sheet, "rejected");
	a->sheet.only = sheet_option(&a->sheet, "lines");
	if (a->accepted.n == 0)
		a->accepted = VIEW("ACCEPTED");
	if (a->rejected.n == 0)
		a->rejected = VIEW("REJECTED");
	memcpy(a->currency, currency.n == 3 ? currency.p : "USD", 3);
	if ((currency.n > 0 && currency.n != 3) || money_digits(a->currency) < 0)
		sheet_say(&a->sheet, SHEET_OPTION, -1, "option currency is no currency code");
}

static void take_numbers(struct ack *a, struct record *r)
{
	struct sheet *s = &a->sheet;
	struct view amount = s->value[AMOUNT];
	int64_t n;

	if (s->value[COUNT].n > 0) {
		if (layout_number(&n, s->value[COUNT]))
			record_set_num(r, F_COUNT, n);
		else
			sheet_say(s, ACK_COUNT, COUNT, "the count is no number");
	}
	if (amount.n == 0)
		return;
	if (!a->cents) {
		if (sheet_amount(s, AMOUNT, a->currency, false, &n))
			record_set_num(r, F_AMOUNT, n);
	} else if (layout_number(&n, amount)) {
		record_set_num(r, F_AMOUNT, n);
	} else {
		sheet_say(s, SHEET_AMOUNT, AMOUNT, "the amount is not digits");
	}
	record_set_text(r, F_CURRENCY, (struct view){ a->currency, 3 });
}

/* A file that this acknowledgement accepts and rejects: no row of it is to be believed blindly. */
static void check_once(struct ack *a, bool yes)
{
	const struct view who[] = { a->sheet.value[FILE_NAME], a->sheet.value[REFERENCE] };

	if (seen_put(yes ? &a->yes : &a->no, who, 2) == SEEN_FULL)
		return;
	if (seen_has(yes ? &a->no : &a->yes, who, 2))
		sheet_say(&a->sheet, ACK_CONTRADICTS, VERDICT,
			"the same file or reference has the other verdict in a line above");
}

static void on_row(struct ack *a)
{
	struct sheet *s = &a->sheet;
	bool yes = value_in(a->accepted, s->value[VERDICT]), no = value_in(a->rejected, s->value[VERDICT]);
	struct record r;

	record_init(&r, RECORD_ACK, s->row.line);
	sheet_text(s, FILE_NAME, NAME_MAX_BYTES, false);
	sheet_text(s, REFERENCE, NAME_MAX_BYTES, false);
	sheet_text(s, REASON, NAME_MAX_BYTES, false);
	sheet_text(s, TEXT, 1000, false);
	if (s->value[FILE_NAME].n == 0 && s->value[REFERENCE].n == 0)
		sheet_say(s, ACK_NO_NAME, -1, "the line says neither a file's name nor a reference");
	if (s->value[VERDICT].n == 0 && sheet_has(s, VERDICT))
		sheet_say(s, SHEET_VALUE_MISSING, VERDICT, "there is no verdict");
	else if (yes == no)
		sheet_say(s, ACK_VERDICT, VERDICT, yes ? "the word stands in both lists of the channel" : "the word is in none of the channel's lists");
	else
		check_once(a, yes);
	take_numbers(a, &r);
	if (s->bad)
		return;
	record_set_text(&r, F_FILE_NAME, s->value[FILE_NAME]);
	record_set_text(&r, F_REFERENCE, s->value[REFERENCE]);
	record_set_text(&r, F_STATUS, yes ? VIEW("accepted") : VIEW("rejected"));
	record_set_text(&r, F_REASON, s->value[REASON]);
	record_set_text(&r, F_TEXT, s->value[TEXT]);
	sheet_record(s, &r);
}

static int ack_parse(const struct tally_host *host, void *state)
{
	struct ack *a = state;
	bool told = false;
	struct record r;
	int got = -1;

	sheet_init(&a->sheet, host, columns, COLUMNS, findings);
	read_options(a);
	if (sheet_open(&a->sheet) == 0)
		while ((got = sheet_next(&a->sheet)) == 1) {
			record_init(&r, RECORD_FILE, a->sheet.row.line);
			if (!told)
				sheet_record(&a->sheet, &r);
			told = true;
			on_row(a);
		}
	sheet_close(&a->sheet);
	seen_release(&a->yes);
	seen_release(&a->no);
	return got < 0 || a->sheet.stopped ? -1 : 0;
}

/* A header with our own names; every other layout must be named by its channel. */
static int ack_probe(struct view head)
{
	return sheet_known(head, &columns[VERDICT], 1) == 1 && sheet_known(head, columns, VERDICT) > 0 ? 70 : 0;
}

TALLY_FORMAT(.name = "ack", .version = "1.0", .state_size = sizeof(struct ack), .probe = ack_probe, .parse = ack_parse,
	.options = options, .findings = findings);
