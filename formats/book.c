/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book - what the book expects at the bank, as CSV: one row an item, one EXPECTED record each
 *
 * The columns are those of the reconciliation contract: id account currency date amount sign, and optional type reference
 * party group note status status_date issued; their order is free and each may be called otherwise by an option.  Columns
 * that nobody knows are kept and shown: name=value, one a line, in `extra`.
 *
 * `amount` is above zero in the file; in the record a debit is negative, as on a statement.  A row with a fault becomes its
 * findings and no record.
 */
#include "formats/core/buf.h"
#include "formats/core/money.h"
#include "formats/lib/seen.h"
#include "formats/lib/sheet.h"
#include "formats/lib/values.h"

#define ID_MAX 64
#define ACCOUNT_MAX 64
#define TEXT_MAX 1000

enum { ID, ACCOUNT, CURRENCY, DATE, AMOUNT, SIGN, TYPE, REFERENCE, PARTY, GROUP, NOTE, STATUS, STATUS_DATE, ISSUED, COLUMNS };

static const struct sheet_column columns[COLUMNS] = {
	[ID] = { "column_id", "id", "Id", true },
	[ACCOUNT] = { "column_account", "account", "Account", true },
	[CURRENCY] = { "column_currency", "currency", "Currency", true },
	[DATE] = { "column_date", "date", "Date", true },
	[AMOUNT] = { "column_amount", "amount", "Amount", true },
	[SIGN] = { "column_sign", "sign", "Sign", true },
	[TYPE] = { "column_type", "type", "Type", false },
	[REFERENCE] = { "column_reference", "reference", "Reference", false },
	[PARTY] = { "column_party", "party", "Party", false },
	[GROUP] = { "column_group", "group", "Group", false },
	[NOTE] = { "column_note", "note", "Note", false },
	[STATUS] = { "column_status", "status", "Status", false },
	[STATUS_DATE] = { "column_status_date", "status_date", "Status Date", false },
	[ISSUED] = { "column_issued", "issued", "Issued", false },
};

enum { BOOK_ID = SHEET_CODES, BOOK_TWICE, BOOK_MANY, BOOK_CURRENCY, BOOK_DATE, BOOK_NOT_POSITIVE, BOOK_SIGN, BOOK_TYPE,
	BOOK_STATUS, BOOK_EXTRA, BOOK_CODES };

#define FEED "have the book's system correct the file and send it again"
#define CONTRACT "book file of the reconciliation contract"

static const struct tally_code findings[BOOK_CODES + 1] = {
	SHEET_TABLE("BOOK", FEED, CONTRACT),
	[BOOK_ID] = { "BOOK_ID", FINDING_ERROR, "an id holds a blank or a comma", FEED, CONTRACT },
	[BOOK_TWICE] = { "BOOK_TWICE", FINDING_ERROR, "an id stands twice", "find out whether the item is double; " FEED, CONTRACT },
	[BOOK_MANY] = { "BOOK_MANY", FINDING_WARNING, "more than 2,000,000 items: later ids are not compared", "split the file",
		"limit of this program" },
	[BOOK_CURRENCY] = { "BOOK_CURRENCY", FINDING_ERROR, "a currency is not three capitals", FEED, "ISO 4217" },
	[BOOK_DATE] = { "BOOK_DATE", FINDING_ERROR, "a date is no date", FEED ", or set the channel's option dates", CONTRACT },
	[BOOK_NOT_POSITIVE] = { "BOOK_NOT_POSITIVE", FINDING_ERROR, "an amount is not above zero",
		"the column sign says the direction; " FEED, CONTRACT },
	[BOOK_SIGN] = { "BOOK_SIGN", FINDING_ERROR, "a sign is neither CR nor DB", FEED, CONTRACT },
	[BOOK_TYPE] = { "BOOK_TYPE", FINDING_ERROR, "a type is none of ACH, CHECK, WIRE, DEPOSIT, CARD, FEE, OTHER", FEED, CONTRACT },
	[BOOK_STATUS] = { "BOOK_STATUS", FINDING_ERROR, "a status is none of OPEN, VOID, STOPPED", FEED, CONTRACT },
	[BOOK_EXTRA] = { "BOOK_EXTRA", FINDING_WARNING, "the columns that nobody knows are too long to be kept",
		"shorten them; the item itself is kept", "limit of this program" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct tally_option options[] = {
	{ "column_id", "a column's name", "id", "the item's id: no blanks, no commas, at most 64 bytes" },
	{ "column_account", "a column's name", "account", "our account, as it stands in the statements" },
	{ "column_currency", "a column's name", "currency", "three capitals" },
	{ "column_date", "a column's name", "date", "when it is expected at the bank" },
	{ "column_amount", "a column's name", "amount", "above zero, with the currency's decimals at most" },
	{ "column_sign", "a column's name", "sign", "CR: money comes in; DB: it goes out" },
	{ "column_type", "a column's name", "type", "ACH CHECK WIRE DEPOSIT CARD FEE OTHER" },
	{ "column_reference", "a column's name", "reference", "trace, check number, end-to-end id ..." },
	{ "column_party", "a column's name", "party", "the other side's name" },
	{ "column_group", "a column's name", "group", "key of items that the bank may post as one line" },
	{ "column_note", "a column's name", "note", "free text" },
	{ "column_status", "a column's name", "status", "OPEN, VOID or STOPPED; empty: OPEN" },
	{ "column_status_date", "a column's name", "status_date", "since when" },
	{ "column_issued", "a column's name", "issued", "the day a check was issued" },
	SHEET_DELIMITER, SHEET_DATES,
	STRICT_OPTION("BOOK", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

struct book {
	struct sheet sheet;
	struct seen ids;
	bool told, told_many;
	size_t n_others;
	uint16_t others[CSV_COLUMNS];		/* the columns that are none of ours */
	struct buf names;			/* theirs, each with its NUL, in that order */
	struct buf extra;
};

static bool one_of(struct view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (view_eq(v, view_of(*words)))
			return true;
	return false;
}

static void check_id(struct book *b)
{
	struct sheet *s = &b->sheet;
	struct view id = s->value[ID];

	if (!sheet_text(s, ID, ID_MAX, true) || id.n == 0)
		return;
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] == ' ' || id.p[i] == ',') {
			sheet_say(s, BOOK_ID, ID, "the id holds a blank or a comma");
			return;
		}
	if (b->told_many)
		return;
	switch (seen_put(&b->ids, &id, 1)) {
	case SEEN_NEW:
		break;
	case SEEN_AGAIN:
		sheet_say(s, BOOK_TWICE, ID, "the id stands in a row above");
		break;
	case SEEN_FULL:
		b->told_many = true;
		sheet_say(s, BOOK_MANY, -1, "from here on an id that stands twice is not noticed");
	}
}

static void check_money(struct book *b, struct record *r)
{
	struct sheet *s = &b->sheet;
	struct view currency = s->value[CURRENCY], sign = s->value[SIGN];
	bool credit = view_eq(sign, VIEW("CR"));
	char code[4] = "";
	int64_t minor;

	if (currency.n == 3)
		memcpy(code, currency.p, 3);
	if (currency.n == 0) {
		sheet_text(s, CURRENCY, 3, true);
	} else if (money_digits(code) < 0) {
		sheet_say(s, BOOK_CURRENCY, CURRENCY, "the currency is not three capitals");
		return;
	}
	if (sheet_has(s, SIGN) && !credit && !view_eq(sign, VIEW("DB")))
		sheet_say(s, BOOK_SIGN, SIGN, "the sign is neither CR nor DB");
	if (currency.n == 0 || !sheet_amount(s, AMOUNT, code, true, &minor))
		return;
	if (minor <= 0)
		sheet_say(s, BOOK_NOT_POSITIVE, AMOUNT, "the amount is not above zero");
	record_set_num(r, F_AMOUNT, credit ? minor : -minor);
	record_set_text(r, F_CURRENCY, currency);
}

static void take_date(struct book *b, struct record *r, int column, enum record_field field, bool needed)
{
	date_t day;

	if (sheet_date(&b->sheet, column, BOOK_DATE, needed, &day) && day != DATE_NONE)
		record_set_num(r, field, day);
}

static void check_words(struct book *b, struct record *r)
{
	static const char *const types[] = { "ACH", "CHECK", "WIRE", "DEPOSIT", "CARD", "FEE", "OTHER", NULL };
	static const char *const states[] = { "OPEN", "VOID", "STOPPED", NULL };
	struct sheet *s = &b->sheet;

	if (s->value[TYPE].n > 0 && !one_of(s->value[TYPE], types))
		sheet_say(s, BOOK_TYPE, TYPE, "the type is none of ACH, CHECK, WIRE, DEPOSIT, CARD, FEE, OTHER");
	record_set_text(r, F_TYPE, s->value[TYPE]);
	if (s->value[STATUS].n > 0 && !one_of(s->value[STATUS], states))
		sheet_say(s, BOOK_STATUS, STATUS, "the status is none of OPEN, VOID, STOPPED");
	record_set_text(r, F_STATUS, s->value[STATUS].n > 0 ? s->value[STATUS] : VIEW("OPEN"));
}

/* The header's names are gone when the second row comes: kept once. */
static void keep_names(struct book *b)
{
	const struct csv_row *header = &b->sheet.row;

	for (size_t i = 0; i < header->n; i++) {
		if (!sheet_is_other(&b->sheet, i))
			continue;
		b->others[b->n_others++] = (uint16_t)i;
		buf_view(&b->names, view_trim(header->fields[i]));
		buf_char(&b->names, '\0');
	}
}

static void take_extra(struct book *b, struct record *r)
{
	const struct csv_row *row = &b->sheet.row;
	struct view names = buf_as_view(&b->names), name;

	buf_clear(&b->extra);
	for (size_t i = 0; i < b->n_others; i++) {
		struct view v = view_trim(row->fields[b->others[i]]);

		view_cut(&names, '\0', &name);
		if (v.n == 0)
			continue;
		if (value_has_control(v) || value_has_control(name)) {
			sheet_say(&b->sheet, SHEET_CHARACTER, -1, "a column that is none of ours holds control characters");
			return;
		}
		if (b->extra.n > 0)
			buf_char(&b->extra, '\n');
		buf_view(&b->extra, name);
		buf_char(&b->extra, '=');
		buf_view(&b->extra, v);
	}
	if (b->extra.failed)
		sheet_say(&b->sheet, BOOK_EXTRA, -1, "the columns that nobody knows are longer than %zu bytes; they are left out", b->extra.max);
	else
		record_set_text(r, F_EXTRA, buf_as_view(&b->extra));
}

static void on_row(struct book *b)
{
	static const struct { int column; enum record_field field; size_t max; bool needed; } texts[] = {
		{ ACCOUNT, F_ACCOUNT, ACCOUNT_MAX, true }, { REFERENCE, F_REFERENCE, TEXT_MAX, false }, { PARTY, F_PARTY, TEXT_MAX, false },
		{ GROUP, F_GROUP, TEXT_MAX, false }, { NOTE, F_NOTE, TEXT_MAX, false },
	};
	struct sheet *s = &b->sheet;
	struct record r;

	record_init(&r, RECORD_EXPECTED, s->row.line);
	check_id(b);
	record_set_text(&r, F_ITEM, s->value[ID]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		sheet_text(s, texts[i].column, texts[i].max, texts[i].needed);
		record_set_text(&r, texts[i].field, s->value[texts[i].column]);
	}
	take_date(b, &r, DATE, F_EFFECTIVE_DATE, true);
	take_date(b, &r, STATUS_DATE, F_STATUS_DATE, false);
	take_date(b, &r, ISSUED, F_ISSUE_DATE, false);
	check_money(b, &r);
	check_words(b, &r);
	if (b->n_others > 0)
		take_extra(b, &r);
	for (int c = 0; c <= SIGN; c++)
		s->bad = s->bad || !sheet_has(s, c);
	if (!s->bad)
		sheet_record(s, &r);
}

static int book_parse(const struct tally_host *host, void *state)
{
	struct book *b = state;
	struct record r;
	int got = -1;

	sheet_init(&b->sheet, host, columns, COLUMNS, findings);
	b->sheet.strict.told = STRICT(BOOK_MANY) | STRICT(BOOK_EXTRA);
	b->names.max = b->extra.max = (size_t)16 << 10;
	if (sheet_open(&b->sheet) == 0 && sheet_header(&b->sheet) == 1)
		keep_names(b);
	while ((got = sheet_next(&b->sheet)) == 1) {
		record_init(&r, RECORD_FILE, b->sheet.row.line);
		if (!b->told)
			sheet_record(&b->sheet, &r);
		b->told = true;
		on_row(b);
	}
	sheet_close(&b->sheet);
	seen_release(&b->ids);
	buf_release(&b->names);
	buf_release(&b->extra);
	return got < 0 || b->sheet.stopped ? -1 : 0;
}

static int book_probe(struct view head)
{
	int known = sheet_known(head, columns, COLUMNS);

	return known >= 8 ? 85 : known >= 6 ? 60 : 0;
}

TALLY_FORMAT(.name = "book", .version = "1.0", .state_size = sizeof(struct book), .probe = book_probe, .parse = book_parse,
	.options = options, .findings = findings);
