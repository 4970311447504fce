/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_csv - the report's sections and columns, and its rows as CSV
 *
 * The CSV is for programs and spreadsheets: plain decimals, CRLF, and an apostrophe before what a spreadsheet would run as a formula.
 */
#include <string.h>

#include "formats/core/money.h"
#include "gateway/report_page.h"

const struct report_section report_sections[] = {
	{ "report.accounts", "accounts.csv", "Accounts", "No statement has come in yet.", "One row an account at a bank.",
	  NULL, NULL,
	  { { "account", "Account", REPORT_TEXT }, { "currency", "Currency", REPORT_TEXT }, { "matched_count", "Lines matched", REPORT_NUMBER },
	    { "matched_minor", "Matched amount", REPORT_MONEY }, { "exceptions", "Exceptions", REPORT_NUMBER }, { "open_count", "Open items", REPORT_NUMBER },
	    { "open_minor", "Open amount", REPORT_MONEY }, { 0 } } },
	{ "report.proof", "proof.csv", "Proof", "No booked statement has come in yet.",
	  "Opening balance and lines must make the closing balance; a residual other than zero is a break. In transit: we expect the bank to credit; outstanding: to charge.",
	  "account", NULL,
	  { { "account", "Account", REPORT_TEXT }, { "date", "As of", REPORT_TEXT }, { "opening_minor", "Opening", REPORT_MONEY }, { "lines_minor", "Lines", REPORT_MONEY },
	    { "closing_minor", "Closing", REPORT_MONEY }, { "residual_minor", "Residual", REPORT_MONEY }, { "in_transit_minor", "In transit", REPORT_MONEY },
	    { "outstanding_minor", "Outstanding", REPORT_MONEY }, { "currency", "Currency", REPORT_TEXT }, { "statement", "Statement", REPORT_TEXT }, { 0 } } },
	{ "report.exceptions", "exceptions.csv", "Exceptions", "Nothing needs a person.", "Each waits for a person: find out, then <code>tallygate resolve</code>.",
	  "reason", "amount_minor",
	  { { "reason", "Reason", REPORT_TEXT }, { "side", "Side", REPORT_TEXT }, { "id", "Where", REPORT_TEXT }, { "account", "Account", REPORT_TEXT }, { "date", "Date", REPORT_TEXT },
	    { "amount_minor", "Amount", REPORT_MONEY }, { "currency", "Currency", REPORT_TEXT }, { "detail", "What is known", REPORT_TEXT }, { 0 } } },
	{ "report.open", "open_items.csv", "Open items", "Nothing is open.", "Expected at the bank and not yet seen, the oldest first.",
	  "age_days", "amount_minor",
	  { { "age_days", "Age, days", REPORT_NUMBER }, { "kind", "Kind", REPORT_TEXT }, { "id", "Item", REPORT_TEXT }, { "state", "State", REPORT_TEXT }, { "account", "Account", REPORT_TEXT },
	    { "date", "Expected", REPORT_TEXT }, { "amount_minor", "Amount", REPORT_MONEY }, { "currency", "Currency", REPORT_TEXT }, { "reference", "Reference", REPORT_TEXT }, { 0 } } },
	{ "report.matches", "matches.csv", "Matches", "Nothing has been matched yet.", "What belongs together, by which rule, and why.",
	  "account", "bank_amount_minor",
	  { { "match_id", "Match", REPORT_TEXT }, { "status", "Status", REPORT_TEXT }, { "rule", "Rule", REPORT_TEXT }, { "score", "Score", REPORT_SCORE }, { "bank_line", "Bank line", REPORT_TEXT },
	    { "bank_date", "Date", REPORT_TEXT }, { "bank_amount_minor", "Bank amount", REPORT_MONEY }, { "item", "Item", REPORT_TEXT }, { "item_amount_minor", "Item amount", REPORT_MONEY },
	    { "currency", "Currency", REPORT_TEXT }, { "account", "Account", REPORT_TEXT }, { "bank_text", "Bank's text", REPORT_TEXT }, { "item_ref", "Reference", REPORT_TEXT },
	    { "explanation", "Why", REPORT_TEXT }, { 0 } } },
	{ "report.files", "files.csv", "Files", "No file yet.", "What came in and what went out.",
	  NULL, NULL,
	  { { "id", "File", REPORT_TEXT }, { "direction", "Way", REPORT_TEXT }, { "partner", "Partner", REPORT_TEXT }, { "name", "Name", REPORT_TEXT }, { "state", "State", REPORT_TEXT },
	    { "records", "Records", REPORT_NUMBER }, { "why", "Why", REPORT_TEXT }, { 0 } } },
	{ 0 }
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
