/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_csv - the report's sections and columns, and its rows as CSV
 *
 * The CSV is for programs and spreadsheets: plain decimals, CRLF, and an apostrophe before what a spreadsheet would run
 * as a formula.
 */
#include <string.h>

#include "formats/core/money.h"
#include "gateway/report_page.h"

#define TEXT(key, title)   { key, title, REPORT_TEXT }
#define MONEY(key, title)  { key, title, REPORT_MONEY }
#define NUMBER(key, title) { key, title, REPORT_NUMBER }

const struct report_section report_sections[] = {
	[REPORT_ACCOUNTS] = {
		"report.accounts", "accounts.csv", "Accounts", "No statement has come in yet.", "One row an account at a bank.", NULL, NULL,
		{ TEXT("account", "Account"), TEXT("currency", "Currency"), NUMBER("matched_count", "Lines matched"),
		  MONEY("matched_minor", "Matched amount"), NUMBER("exceptions", "Exceptions"), NUMBER("open_count", "Open items"),
		  MONEY("open_minor", "Open amount") } },
	[REPORT_PROOF] = {
		"report.proof", "proof.csv", "Proof", "No booked statement has come in yet.",
		"Opening balance and lines must make the closing balance; a residual other than zero is a break. "
		"In transit: we expect the bank to credit; outstanding: to charge.", "account", NULL,
		{ TEXT("account", "Account"), TEXT("date", "As of"), MONEY("opening_minor", "Opening"), MONEY("lines_minor", "Lines"),
		  MONEY("closing_minor", "Closing"), MONEY("residual_minor", "Residual"), MONEY("in_transit_minor", "In transit"),
		  MONEY("outstanding_minor", "Outstanding"), TEXT("currency", "Currency"), TEXT("statement", "Statement") } },
	[REPORT_EXCEPTIONS] = {
		"report.exceptions", "exceptions.csv", "Exceptions", "Nothing needs a person.",
		"Each waits for a person: find out, then <code>tallygate resolve</code>.", "reason", "amount_minor",
		{ TEXT("reason", "Reason"), TEXT("side", "Side"), TEXT("id", "Where"), TEXT("account", "Account"), TEXT("date", "Date"),
		  MONEY("amount_minor", "Amount"), TEXT("currency", "Currency"), TEXT("detail", "What is known"), TEXT("urgency", "Urgency"),
		  TEXT("may_be", "May be") } },
	[REPORT_OPEN] = {
		"report.open", "open_items.csv", "Open items", "Nothing is open.", "Expected at the bank and not yet seen, the oldest first.",
		"age_days", "amount_minor",
		{ NUMBER("age_days", "Age, days"), TEXT("kind", "Kind"), TEXT("id", "Item"), TEXT("state", "State"),
		  TEXT("account", "Account"), TEXT("date", "Expected"), MONEY("amount_minor", "Amount"), TEXT("currency", "Currency"),
		  TEXT("reference", "Reference") } },
	[REPORT_PROVISIONAL] = {
		"report.provisional", "provisional.csv", "Announced during the day", "No bank has announced anything during the day.",
		"Intraday lines inform: they settle nothing and stand in no proof. Each waits for the booked line that takes its place; what was announced "
		"and is not booked, or is booked with another amount, is an exception.", "state", "amount_minor",
		{ TEXT("state", "State"), TEXT("id", "Line"), TEXT("account", "Account"), TEXT("date", "Date"), MONEY("amount_minor", "Amount"),
		  TEXT("currency", "Currency"), TEXT("superseded_by", "Superseded by"), MONEY("difference_minor", "Difference"), TEXT("text", "Bank's text") } },
	[REPORT_MATCHES] = {
		"report.matches", "matches.csv", "Matches", "Nothing has been matched yet.", "What belongs together, by which rule, and why.",
		"account", "bank_amount_minor",
		{ TEXT("match_id", "Match"), TEXT("status", "Status"), TEXT("rule", "Rule"), { "score", "Score", REPORT_SCORE },
		  TEXT("bank_line", "Bank line"), TEXT("bank_date", "Date"), MONEY("bank_amount_minor", "Bank amount"), TEXT("item", "Item"),
		  MONEY("item_amount_minor", "Item amount"), TEXT("currency", "Currency"), TEXT("account", "Account"),
		  TEXT("bank_text", "Bank's text"), TEXT("item_ref", "Reference"), TEXT("explanation", "Why") } },
	[REPORT_DECISIONS] = {
		"report.decisions", "decisions.csv", "Decisions by hand", "Nobody has decided anything by hand.",
		"What analysts decided about lines and items, each signed; none is ever changed.", "state", NULL,
		{ TEXT("id", "Decision"), TEXT("act", "Act"), TEXT("state", "State"), TEXT("lines", "Lines"), TEXT("items", "Items"), TEXT("match", "Match"),
		  TEXT("owner", "To"), TEXT("operator", "By"), TEXT("second", "And"), TEXT("at", "At"), TEXT("reason", "Why") } },
	[REPORT_FILES] = {
		"report.files", "files.csv", "Files", "No file yet.", "What came in and what went out.", NULL, NULL,
		{ TEXT("id", "File"), TEXT("direction", "Way"), TEXT("partner", "Partner"), TEXT("name", "Name"), TEXT("state", "State"),
		  NUMBER("records", "Records"), TEXT("why", "Why") } },
	[REPORT_SECTIONS] = { 0 }
};

static void score(struct buf *out, int64_t n)
{
	buf_fmt(out, "%lld.%02lld", (long long)(n / 100), (long long)(n % 100));
}

void report_value(struct buf *out, const struct doc_value *row, const struct report_column *c, bool for_people)
{
	const struct doc_value *v = doc_member(row, c->key);
	const char *text = doc_text(v), *ccy = doc_text(doc_member(row, "currency"));
	int64_t n;

	if (text != NULL)
		buf_text(out, text);
	else if (!doc_int(v, &n))
		return;
	else if (c->how == REPORT_MONEY && for_people)
		money_print_grouped(out, n, ccy ? ccy : "USD");
	else if (c->how == REPORT_MONEY)
		money_print(out, n, ccy ? ccy : "USD");
	else if (c->how == REPORT_SCORE)
		score(out, n);
	else
		buf_int(out, n);
}

/* A value that a spreadsheet would take for a formula is quoted with an apostrophe; amounts are left alone. */
static void csv_value(struct buf *out, const struct report_column *c, const struct buf *value)
{
	bool formula = c->how == REPORT_TEXT && value->n > 0 && strchr("=+-@\t", value->p[0]) != NULL;
	bool quote = formula;

	for (size_t i = 0; i < value->n; i++)
		quote |= strchr(",\"\r\n", value->p[i]) != NULL;
	if (!quote) {
		buf_view(out, buf_as_view(value));
		return;
	}
	buf_text(out, formula ? "\"'" : "\"");
	for (size_t i = 0; i < value->n; i++) {
		if (value->p[i] == '"')
			buf_char(out, '"');
		buf_char(out, value->p[i]);
	}
	buf_char(out, '"');
}

void report_csv_head(struct buf *out, const struct report_section *s)
{
	for (const struct report_column *c = s->columns; c->key != NULL; c++) {
		size_t n = strlen(c->key);

		buf_put(out, c->key, n > 6 && strcmp(c->key + n - 6, "_minor") == 0 ? n - 6 : n);
		buf_text(out, c[1].key ? "," : "\r\n");
	}
}

void report_csv_row(struct buf *out, const struct report_section *s, const struct doc_value *row)
{
	struct buf value = { 0 };

	for (const struct report_column *c = s->columns; c->key != NULL; c++) {
		buf_clear(&value);
		report_value(&value, row, c, false);
		csv_value(out, c, &value);
		buf_text(out, c[1].key ? "," : "\r\n");
	}
	buf_release(&value);
}
