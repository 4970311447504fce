/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvstmt - a bank statement as CSV, as many banks' web pages give it: one row a line
 *
 * Every bank has its own columns, so the channel names them; account and currency may be options where the file has none.
 * The amount is one signed column, or one with a column that says CR or DB, or a column for each side.  Rows of one
 * account and booking day that follow each other are one STATEMENT, with its ENTRYs; where the file has a running balance,
 * the BALANCE records opening and closing come from it, and each row must follow from the one before it.
 *
 * A row with a fault becomes its findings and no ENTRY; the balance then shows what is missing.
 */
#include "formats/core/buf.h"
#include "formats/core/money.h"
#include "formats/lib/sheet.h"
#include "formats/lib/values.h"

#define TEXT_MAX 1000
#define AMOUNT_MAX 40

enum { ACCOUNT, CURRENCY, DATE, VALUE_DATE, AMOUNT, SIGN, DEBIT, CREDIT, BALANCE, TYPE, BANK_REF, CUSTOMER_REF, CHECK_NUMBER,
	PARTY, PARTY_ACCOUNT, TEXT, STATUS, COLUMNS };

static const struct sheet_column columns[COLUMNS] = {
	[ACCOUNT] = { "column_account", "account", "Account", false },
	[CURRENCY] = { "column_currency", "currency", "Currency", false },
	[DATE] = { "column_date", "date", "Date", true },
	[VALUE_DATE] = { "column_value_date", "value_date", "Value Date", false },
	[AMOUNT] = { "column_amount", "amount", "Amount", false },
	[SIGN] = { "column_sign", "sign", "Sign", false },
	[DEBIT] = { "column_debit", "debit", "Debit", false },
	[CREDIT] = { "column_credit", "credit", "Credit", false },
	[BALANCE] = { "column_balance", "balance", "Balance", false },
	[TYPE] = { "column_type", "type", "Type", false },
	[BANK_REF] = { "column_bank_ref", "bank_ref", "Bank Reference", false },
	[CUSTOMER_REF] = { "column_customer_ref", "customer_ref", "Customer Reference", false },
	[CHECK_NUMBER] = { "column_check_number", "check_number", "Check Number", false },
	[PARTY] = { "column_party", "party", "Party", false },
	[PARTY_ACCOUNT] = { "column_party_account", "party_account", "Party Account", false },
	[TEXT] = { "column_text", "text", "Text", false },
	[STATUS] = { "column_status", "status", "Status", false },
};

enum { CSVSTMT_NO_AMOUNT = SHEET_CODES, CSVSTMT_NO_ACCOUNT, CSVSTMT_CURRENCY, CSVSTMT_DATE, CSVSTMT_SIDE, CSVSTMT_BALANCE,
	CSVSTMT_ORDER, CSVSTMT_STATUS, CSVSTMT_CODES };

#define BANK "compare with the bank's own page; when the file is right, correct the channel's options"

static const struct tally_code findings[CSVSTMT_CODES + 1] = {
	SHEET_TABLE("CSVSTMT", BANK, "the bank's CSV layout"),
	[CSVSTMT_NO_AMOUNT] = { "CSVSTMT_NO_AMOUNT", FINDING_ERROR, "the file has no column for amounts",
		"name column_amount, or column_debit and column_credit", "the bank's CSV layout" },
	[CSVSTMT_NO_ACCOUNT] = { "CSVSTMT_NO_ACCOUNT", FINDING_ERROR, "a row does not say its account or currency",
		"name column_account and column_currency, or set account and currency", "the bank's CSV layout" },
	[CSVSTMT_CURRENCY] = { "CSVSTMT_CURRENCY", FINDING_ERROR, "a currency is not three capitals", BANK, "ISO 4217" },
	[CSVSTMT_DATE] = { "CSVSTMT_DATE", FINDING_ERROR, "a date is no date", "set the channel's option dates; else " BANK,
		"the bank's CSV layout" },
	[CSVSTMT_SIDE] = { "CSVSTMT_SIDE", FINDING_ERROR, "a row does not say whether it is a debit or a credit", BANK,
		"options credit and debit" },
	[CSVSTMT_BALANCE] = { "CSVSTMT_BALANCE", FINDING_ERROR, "a running balance does not follow from the row before it",
		"a row is missing, doubled or changed: fetch the statement again", "balance + amount = next balance" },
	[CSVSTMT_ORDER] = { "CSVSTMT_ORDER", FINDING_WARNING, "the days are not in the order that the channel says",
		"set option order", "option order" },
	[CSVSTMT_STATUS] = { "CSVSTMT_STATUS", FINDING_NOTE, "rows are pending: they inform and are no bank lines", "nothing",
		"option pending" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct tally_option options[] = {
	{ "account", "a number", "none", "our account, where no column says it" },
	{ "currency", "a code", "none", "its currency, where no column says it" },
	{ "column_account", "a column's name", "account", "our account" },
	{ "column_currency", "a column's name", "currency", "its currency" },
	{ "column_date", "a column's name", "date", "the booking day" },
	{ "column_value_date", "a column's name", "value_date", "the value day" },
	{ "column_amount", "a column's name", "amount", "the amount; a debit is negative where there is no column sign" },
	{ "column_sign", "a column's name", "sign", "says by its words whether the amount is a debit or a credit" },
	{ "column_debit", "a column's name", "debit", "the amount of a debit, with or without a minus" },
	{ "column_credit", "a column's name", "credit", "the amount of a credit" },
	{ "column_balance", "a column's name", "balance", "the balance behind this row" },
	{ "column_type", "a column's name", "type", "the bank's code" },
	{ "column_bank_ref", "a column's name", "bank_ref", "the bank's reference" },
	{ "column_customer_ref", "a column's name", "customer_ref", "our reference" },
	{ "column_check_number", "a column's name", "check_number", "number of a check" },
	{ "column_party", "a column's name", "party", "the other side" },
	{ "column_party_account", "a column's name", "party_account", "its account" },
	{ "column_text", "a column's name", "text", "free text" },
	{ "column_status", "a column's name", "status", "says by the words of pending that a row is not booked" },
	{ "credit", "words with commas between", "CR,C,CREDIT", "the words of column sign for money in" },
	{ "debit", "words with commas between", "DB,D,DR,DEBIT", "and for money out" },
	{ "pending", "words with commas between", "PENDING,PDNG", "the words of column status for a row that is not booked" },
	{ "decimal", "point|comma", "point", "what parts the cents; the other one may part thousands" },
	{ "order", "oldest|newest", "oldest", "which day comes first" },
	{ "skip_rows", "a number", "0", "rows before the header" },
	SHEET_DELIMITER, SHEET_DATES,
	STRICT_OPTION("CSVSTMT", "an error stays one, since its row is not read; a running balance may be a warning"),
	{ NULL, NULL, NULL, NULL },
};

struct csvstmt {
	struct sheet sheet;
	struct view account, currency, credit, debit, pending;	/* options */
	bool comma, newest, told, told_pending, told_order;
	/* the statement that is open */
	bool open, balanced;			/* balanced: `balance` is the balance behind the row before */
	char of_account[64], of_currency[4];
	size_t of_account_n;
	date_t day;
	uint64_t line;				/* of its last row */
	int64_t balance, first_balance, first_amount, last_amount;
	bool has_first;
};

/* Amounts: [-+]1.234,56 or 1,234.56 or 1234.56; separators only where thousands are. */

static bool plain_amount(const struct csvstmt *c, struct view v, char out[AMOUNT_MAX], size_t *n)
{
	char point = c->comma ? ',' : '.', thousands = c->comma ? '.' : ',';
	size_t whole = 0, since = 0;
	bool parted = false, fraction = false;

	*n = 0;
	if (v.n > 0 && (*v.p == '-' || *v.p == '+')) {
		if (*v.p == '-')
			out[(*n)++] = '-';
		v = view_sub(v, 1, v.n);
	}
	for (size_t i = 0; i < v.n; i++) {
		if (*n + 1 >= AMOUNT_MAX)
			return false;
		if (v.p[i] >= '0' && v.p[i] <= '9') {
			out[(*n)++] = v.p[i];
			whole += !fraction;
			since += !fraction;
		} else if (v.p[i] == thousands && !fraction && (parted ? since == 3 : whole > 0 && whole <= 3)) {
			parted = true;
			since = 0;
		} else if (v.p[i] == point && !fraction && whole > 0 && i + 1 < v.n) {
			out[(*n)++] = '.';
			fraction = true;
		} else {
			return false;
		}
	}
	return whole > 0 && (!parted || since == 3);
}

static bool read_amount(struct csvstmt *c, int column, const char *currency, int64_t *minor)
{
	struct view v = c->sheet.value[column];
	char plain[AMOUNT_MAX];
	struct money m;
	size_t n;

	*minor = 0;
	if (plain_amount(c, v, plain, &n) && money_parse_decimal(&m, (struct view){ plain, n }, currency) == MONEY_OK) {
		*minor = m.minor;
		return true;
	}
	sheet_say(&c->sheet, SHEET_AMOUNT, column,
		"the amount is no decimal of this file's kind (option decimal), or has too many decimals");
	return false;
}

/* The signed amount of the row, by whichever columns there are. */
static bool signed_amount(struct csvstmt *c, const char *currency, int64_t *minor)
{
	struct sheet *s = &c->sheet;
	bool in = s->value[CREDIT].n > 0, out = s->value[DEBIT].n > 0;
	struct view sign = s->value[SIGN];

	if (sheet_has(s, DEBIT) || sheet_has(s, CREDIT)) {
		if (in == out) {
			sheet_say(s, CSVSTMT_SIDE, DEBIT, in ? "the row has a debit and a credit" : "the row has neither a debit nor a credit");
			return false;
		}
		if (!read_amount(c, in ? CREDIT : DEBIT, currency, minor))
			return false;
		*minor = out && *minor > 0 ? -*minor : *minor;
		return true;
	}
	if (s->value[AMOUNT].n == 0) {
		if (sheet_has(s, AMOUNT))
			sheet_say(s, SHEET_VALUE_MISSING, AMOUNT, "the value is empty");
		return false;
	}
	if (!read_amount(c, AMOUNT, currency, minor))
		return false;
	if (!sheet_has(s, SIGN))
		return true;
	in = value_in(c->credit, sign);
	out = value_in(c->debit, sign);
	if (in == out || *minor < 0) {
		sheet_say(s, CSVSTMT_SIDE, SIGN, *minor < 0 ? "the amount is negative and has a sign of its own besides" :
			"the sign is none of the words that the channel knows");
		return false;
	}
	*minor = out ? -*minor : *minor;
	return true;
}

/* Statements */

static void set_head(const struct csvstmt *c, struct record *r, enum record_kind kind)
{
	record_init(r, kind, kind == RECORD_BALANCE ? c->line : c->sheet.row.line);
	record_set_text(r, F_ACCOUNT, (struct view){ c->of_account, c->of_account_n });
	record_set_text(r, F_CURRENCY, view_of(c->of_currency));
}

static void tell_balance(struct csvstmt *c, const char *type, int64_t minor)
{
	struct record r;

	set_head(c, &r, RECORD_BALANCE);
	record_set_text(&r, F_TYPE, view_of(type));
	record_set_num(&r, F_AMOUNT, minor);
	record_set_num(&r, F_AS_OF_DATE, c->day);
	sheet_record(&c->sheet, &r);
}

/* Oldest first: the last row's balance closes.  Newest first: the first row's closes, the last row's opens behind it. */
static void end_statement(struct csvstmt *c)
{
	int64_t opening;

	if (!c->open)
		return;
	c->open = false;
	if (!c->has_first || !c->balanced)
		return;
	if (!c->newest) {
		tell_balance(c, "closing", c->balance);
	} else if (!__builtin_sub_overflow(c->balance, c->last_amount, &opening)) {
		tell_balance(c, "opening", opening);
		tell_balance(c, "closing", c->first_balance);
	}
}

static void begin_statement(struct csvstmt *c, struct view account, const char *currency, date_t day)
{
	struct record r;

	if (c->open && !c->told_order && view_eq(account, (struct view){ c->of_account, c->of_account_n }) && (c->newest ?
	    day > c->day : day < c->day)) {
		sheet_say(&c->sheet, CSVSTMT_ORDER, DATE, "this day stands behind a %s one", c->newest ? "earlier" : "later");
		c->told_order = true;
	}
	end_statement(c);
	c->open = true;
	c->has_first = false;
	memcpy(c->of_account, account.p, account.n);
	c->of_account_n = account.n;
	memcpy(c->of_currency, currency, sizeof(c->of_currency));
	c->day = day;
	set_head(c, &r, RECORD_STATEMENT);
	record_set_num(&r, F_AS_OF_DATE, day);
	sheet_record(&c->sheet, &r);
}

/* The chain of running balances, within an account over days too. */
static void follow_balance(struct csvstmt *c, int64_t amount, int64_t balance)
{
	int64_t expected = 0;
	bool fits = c->newest ? !__builtin_sub_overflow(c->balance, c->last_amount, &expected) :
		!__builtin_add_overflow(c->balance, amount, &expected);

	if (c->balanced && (!fits || expected != balance)) {
		struct buf b = { .max = 160 };

		buf_text(&b, "the balance is ");
		money_print(&b, balance, c->of_currency);
		buf_text(&b, ", it should be ");
		money_print(&b, expected, c->of_currency);
		sheet_say(&c->sheet, CSVSTMT_BALANCE, BALANCE, "%s", buf_cstr(&b));
		buf_release(&b);
	}
	c->balance = balance;
	c->last_amount = amount;
	c->balanced = true;
	if (c->has_first)
		return;
	c->has_first = true;
	c->first_balance = balance;
	if (!c->newest && !__builtin_sub_overflow(balance, amount, &expected))
		tell_balance(c, "opening", expected);
}

/* Rows */

static bool row_currency(struct csvstmt *c, char out[4])
{
	struct view v = c->sheet.value[CURRENCY].n > 0 ? c->sheet.value[CURRENCY] : c->currency;

	memset(out, 0, 4);
	if (v.n == 3)
		memcpy(out, v.p, 3);
	if (v.n == 0)
		sheet_say(&c->sheet, CSVSTMT_NO_ACCOUNT, CURRENCY, "neither a column nor an option says the currency");
	else if (money_digits(out) < 0)
		sheet_say(&c->sheet, CSVSTMT_CURRENCY, CURRENCY, "the currency is not three capitals");
	else
		return true;
	return false;
}

static bool same_statement(const struct csvstmt *c, struct view account, const char *currency, date_t day)
{
	return c->open && c->day == day && view_eq(account, (struct view){ c->of_account, c->of_account_n }) &&
		strcmp(currency, c->of_currency) == 0;
}

static void tell_entry(struct csvstmt *c, int64_t amount, date_t value_day, bool pending)
{
	static const struct { int column; enum record_field field; } texts[] = {
		{ TYPE, F_TYPE }, { BANK_REF, F_BANK_REF }, { CUSTOMER_REF, F_CUSTOMER_REF }, { CHECK_NUMBER, F_CHECK_NUMBER }, { PARTY, F_PARTY },
		{ PARTY_ACCOUNT, F_PARTY_ACCOUNT }, { TEXT, F_TEXT },
	};
	struct record r;

	set_head(c, &r, RECORD_ENTRY);
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_BOOKING_DATE, c->day);
	if (value_day != DATE_NONE)
		record_set_num(&r, F_VALUE_DATE, value_day);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		record_set_text(&r, texts[i].field, c->sheet.value[texts[i].column]);
	if (pending) {
		record_set_text(&r, F_STATUS, VIEW("PDNG"));
		record_set_num(&r, F_PROVISIONAL, 1);
	}
	sheet_record(&c->sheet, &r);
}

static void on_row(struct csvstmt *c)
{
	struct sheet *s = &c->sheet;
	struct view account = s->value[ACCOUNT].n > 0 ? s->value[ACCOUNT] : c->account;
	bool pending = value_in(c->pending, s->value[STATUS]), good, balance_good = false;
	int64_t amount = 0, balance = 0;
	date_t day, value_day;
	char currency[4];

	for (int i = TYPE; i <= TEXT; i++)
		sheet_text(s, i, TEXT_MAX, false);
	if (account.n == 0 || account.n > sizeof(c->of_account))
		sheet_say(s, CSVSTMT_NO_ACCOUNT, ACCOUNT,
			"neither a column nor an option says the account, or it is longer than 64 bytes");
	sheet_date(s, DATE, CSVSTMT_DATE, true, &day);
	sheet_date(s, VALUE_DATE, CSVSTMT_DATE, false, &value_day);
	good = row_currency(c, currency) && signed_amount(c, currency, &amount);
	if (good && s->value[BALANCE].n > 0)
		balance_good = read_amount(c, BALANCE, currency, &balance);
	if (account.n == 0 || account.n > sizeof(c->of_account) || day == DATE_NONE || currency[0] == '\0')
		return;
	if (!same_statement(c, account, currency, day)) {
		bool other = !view_eq(account, (struct view){ c->of_account, c->of_account_n }) || strcmp(currency, c->of_currency) != 0;

		begin_statement(c, account, currency, day);
		c->balanced = c->balanced && !other;
	}
	c->line = s->row.line;
	if (pending && !c->told_pending)
		sheet_say(s, CSVSTMT_STATUS, STATUS, "the row is pending, as others may be");
	c->told_pending = c->told_pending || pending;
	if (pending && good && !s->bad)
		tell_entry(c, amount, value_day, true);
	if (pending)
		return;
	if (balance_good)
		follow_balance(c, amount, balance);
	else
		c->balanced = false;
	if (good && !s->bad)
		tell_entry(c, amount, value_day, false);
}

/* Options and the module */

static struct view or_standard(struct view v, struct view standard)
{
	return v.n > 0 ? v : standard;
}

static int skip_rows(struct csvstmt *c)
{
	struct view v = sheet_option(&c->sheet, "skip_rows");
	unsigned n = 0;

	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9' || i > 2) {
			sheet_say(&c->sheet, SHEET_OPTION, -1, "option skip_rows is no number from 0 to 999");
			return 0;
		} else {
			n = n * 10 + (unsigned)(v.p[i] - '0');
		}
	return sheet_skip(&c->sheet, n);
}

static void read_options(struct csvstmt *c)
{
	static const char *const decimal[] = { "point", "comma", NULL };
	static const char *const order[] = { "oldest", "newest", NULL };
	struct sheet *s = &c->sheet;

	c->account = sheet_option(s, "account");
	c->currency = sheet_option(s, "currency");
	c->credit = or_standard(sheet_option(s, "credit"), VIEW("CR,C,CREDIT"));
	c->debit = or_standard(sheet_option(s, "debit"), VIEW("DB,D,DR,DEBIT"));
	c->pending = or_standard(sheet_option(s, "pending"), VIEW("PENDING,PDNG"));
	c->comma = sheet_choose(s, "decimal", decimal) == 1;
	c->newest = sheet_choose(s, "order", order) == 1;
	c->day = DATE_NONE;
}

static int csvstmt_parse(const struct tally_host *host, void *state)
{
	struct csvstmt *c = state;
	struct record r;
	int got = -1;

	sheet_init(&c->sheet, host, columns, COLUMNS, findings);
	c->sheet.strict.told = STRICT(CSVSTMT_BALANCE);
	c->sheet.strict.stays &= ~STRICT(CSVSTMT_BALANCE);
	read_options(c);
	if (sheet_open(&c->sheet) == 0)
		got = skip_rows(c);
	if (got == 0 && sheet_header(&c->sheet) == 1 && !sheet_has(&c->sheet, AMOUNT) && !sheet_has(&c->sheet, DEBIT) &&
	    !sheet_has(&c->sheet, CREDIT))
		sheet_say(&c->sheet, CSVSTMT_NO_AMOUNT, -1, "there is neither a column amount nor columns debit and credit");
	while (got == 0 && (got = sheet_next(&c->sheet)) == 1) {
		record_init(&r, RECORD_FILE, c->sheet.row.line);
		if (!c->told)
			sheet_record(&c->sheet, &r);
		c->told = true;
		on_row(c);
		got = 0;
		if (c->sheet.stopped)
			break;
	}
	if (got == 0 && !c->sheet.stopped)
		end_statement(c);
	sheet_close(&c->sheet);
	return got < 0 || c->sheet.stopped ? -1 : 0;
}

TALLY_FORMAT(.name = "csvstmt", .version = "1.0", .state_size = sizeof(struct csvstmt), .parse = csvstmt_parse,
	.options = options, .findings = findings);
