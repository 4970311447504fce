/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_page - how an analyst reads the day: accounts, proof, exceptions with what to do, open items, matches with why, files
 *
 * Order is that of the work: first what needs a person.  On a narrow screen a row becomes a card with its labels.
 * Failure: a buffer that failed stays failed; the role does not publish it.
 */
#include "gateway/report_page.h"

#include <string.h>
#include "formats/core/money.h"

const struct report_section report_sections[] = {
	{ "report.accounts", "accounts.csv", "Accounts", "No statement has come in yet.", "One row an account at a bank.",
	  { { "account", "Account", REPORT_TEXT }, { "currency", "Currency", REPORT_TEXT }, { "matched_count", "Lines matched", REPORT_NUMBER },
	    { "matched_minor", "Matched amount", REPORT_MONEY }, { "exceptions", "Exceptions", REPORT_NUMBER }, { "open_count", "Open items", REPORT_NUMBER },
	    { "open_minor", "Open amount", REPORT_MONEY }, { 0 } } },
	{ "report.proof", "proof.csv", "Proof", "No booked statement has come in yet.",
	  "Opening balance and lines must make the closing balance; a residual other than zero is a break. In transit: we expect the bank to credit; outstanding: to charge.",
	  { { "account", "Account", REPORT_TEXT }, { "date", "As of", REPORT_TEXT }, { "opening_minor", "Opening", REPORT_MONEY }, { "lines_minor", "Lines", REPORT_MONEY },
	    { "closing_minor", "Closing", REPORT_MONEY }, { "residual_minor", "Residual", REPORT_MONEY }, { "in_transit_minor", "In transit", REPORT_MONEY },
	    { "outstanding_minor", "Outstanding", REPORT_MONEY }, { "currency", "Currency", REPORT_TEXT }, { "statement", "Statement", REPORT_TEXT }, { 0 } } },
	{ "report.exceptions", "exceptions.csv", "Exceptions", "Nothing needs a person.", "Each waits for a person: find the reason, then <code>tallygate resolve</code>.",
	  { { "reason", "Reason", REPORT_TEXT }, { "side", "Side", REPORT_TEXT }, { "id", "Where", REPORT_TEXT }, { "account", "Account", REPORT_TEXT }, { "date", "Date", REPORT_TEXT },
	    { "amount_minor", "Amount", REPORT_MONEY }, { "currency", "Currency", REPORT_TEXT }, { "detail", "What is known", REPORT_TEXT }, { 0 } } },
	{ "report.open", "open_items.csv", "Open items", "Nothing is open.", "Expected at the bank and not yet seen, the oldest first.",
	  { { "age_days", "Age, days", REPORT_NUMBER }, { "kind", "Kind", REPORT_TEXT }, { "id", "Item", REPORT_TEXT }, { "state", "State", REPORT_TEXT }, { "account", "Account", REPORT_TEXT },
	    { "date", "Expected", REPORT_TEXT }, { "amount_minor", "Amount", REPORT_MONEY }, { "currency", "Currency", REPORT_TEXT }, { "reference", "Reference", REPORT_TEXT }, { 0 } } },
	{ "report.matches", "matches.csv", "Matches", "Nothing has been matched yet.", "What belongs together, by which rule, and why.",
	  { { "match_id", "Match", REPORT_TEXT }, { "status", "Status", REPORT_TEXT }, { "rule", "Rule", REPORT_TEXT }, { "score", "Score", REPORT_SCORE }, { "bank_line", "Bank line", REPORT_TEXT },
	    { "bank_date", "Date", REPORT_TEXT }, { "bank_amount_minor", "Bank amount", REPORT_MONEY }, { "item", "Item", REPORT_TEXT }, { "item_amount_minor", "Item amount", REPORT_MONEY },
	    { "currency", "Currency", REPORT_TEXT }, { "account", "Account", REPORT_TEXT }, { "bank_text", "Bank's text", REPORT_TEXT }, { "item_ref", "Reference", REPORT_TEXT },
	    { "explanation", "Why", REPORT_TEXT }, { 0 } } },
	{ "report.files", "files.csv", "Files", "No file yet.", "What came in and what went out.",
	  { { "id", "File", REPORT_TEXT }, { "direction", "Way", REPORT_TEXT }, { "partner", "Partner", REPORT_TEXT }, { "name", "Name", REPORT_TEXT }, { "state", "State", REPORT_TEXT },
	    { "records", "Records", REPORT_NUMBER }, { "why", "Why", REPORT_TEXT }, { 0 } } },
	{ 0 }
};

/* What an analyst does about a reason. */
static const struct { const char *reason, *action; } advice[] = {
	{ "NO_COUNTERPART_BOOK", "The book knows nothing of this line: find out what it pays, then resolve it." },
	{ "NO_COUNTERPART_BANK", "The bank has not shown it: ask the bank, with the file's name and the effective date." },
	{ "AMBIGUOUS", "Several items fit equally: compare references with the bank, then resolve." },
	{ "REF_CONFLICT", "The amount fits, the reference contradicts: do not match by amount alone." },
	{ "RETURN_UNLINKED", "The return names no payment of ours: check trace, amount and account with the bank." },
	{ "CHANGE_UNLINKED", "The change names no payment of ours: check its trace with the bank." },
	{ "CHANGE_UNREADABLE", "The corrected data does not fit its code: ask the payee." },
};

static void escape(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		switch (v.p[i]) {
		case '&':
			buf_text(out, "&amp;");
			break;
		case '<':
			buf_text(out, "&lt;");
			break;
		case '>':
			buf_text(out, "&gt;");
			break;
		case '"':
			buf_text(out, "&quot;");
			break;
		default:
			buf_char(out, (unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f ? ' ' : v.p[i]);
		}
}

static void score(struct buf *out, int64_t n)
{
	buf_fmt(out, "%lld.%02lld", (long long)(n / 100), (long long)(n % 100));
}

static void plain(struct buf *out, const struct doc_value *row, const struct report_column *c, bool grouped)
{
	const struct doc_value *v = doc_member(row, c->key);
	const char *text = doc_text(v), *ccy = doc_text(doc_member(row, "currency"));
	int64_t n;

	if (text != NULL)
		buf_text(out, text);
	else if (!doc_int(v, &n))
		return;
	else if (c->how == REPORT_MONEY && grouped)
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
		plain(&value, row, c, false);
		csv_value(out, c, &value);
		buf_text(out, c[1].key ? "," : "\r\n");
	}
	buf_release(&value);
}

static const char *advice_of(const struct doc_value *row)
{
	const char *reason = doc_text(doc_member(row, "reason"));

	for (size_t i = 0; reason != NULL && i < sizeof(advice) / sizeof(advice[0]); i++)
		if (strcmp(advice[i].reason, reason) == 0)
			return advice[i].action;
	return NULL;
}

static const char *class_of(const struct report_column *c, const struct buf *value)
{
	static const char *const good[] = { "auto", "DONE", "MATCHED", NULL }, *const bad[] = { "HELD", "REJECTED", "OVERDUE", NULL };

	if (strcmp(c->key, "residual_minor") == 0)
		return value->n == 4 && memcmp(value->p, "0.00", 4) == 0 ? "n good" : "n bad";
	if (c->how != REPORT_TEXT)
		return value->n > 0 && value->p[0] == '-' ? "n minus" : "n";
	for (int i = 0; good[i] != NULL; i++)
		if (view_eq(buf_as_view(value), view_of(good[i])))
			return "good";
	for (int i = 0; bad[i] != NULL; i++)
		if (view_eq(buf_as_view(value), view_of(bad[i])))
			return "bad";
	return strcmp(c->key, "reason") == 0 ? "reason" : "";
}

void report_html_row(struct report_html *h, const struct report_section *s, const struct doc_value *row)
{
	const char *action = advice_of(row);
	struct buf value = { 0 };

	if (h->rows++ >= REPORT_ROWS)
		return;
	buf_text(&h->body, "<tr>");
	for (const struct report_column *c = s->columns; c->key != NULL; c++) {
		buf_clear(&value);
		plain(&value, row, c, true);
		buf_fmt(&h->body, "<td data-l=\"%s\" class=\"%s%s\">", c->title, class_of(c, &value), value.n ? "" : " none");
		escape(&h->body, view_sub(buf_as_view(&value), 0, 600));
		if (action != NULL && strcmp(c->key, "detail") == 0)
			buf_fmt(&h->body, "<em>%s</em>", action);
		buf_text(&h->body, "</td>");
	}
	buf_text(&h->body, "</tr>\n");
	buf_release(&value);
}

static const char style[] =
	":root{--ink:#1d2733;--soft:#5b6b7c;--line:#dde3ea;--good:#17663a;--bad:#a4262c;--paper:#fff;--back:#f4f6f8}"
	"*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
	"main{max-width:1240px;margin:0 auto;padding:24px}h1{font-size:26px;margin:0}h2{font-size:18px;margin:0 0 4px}"
	"header p,section>p{color:var(--soft);margin:2px 0 12px}section{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:18px 20px;margin:18px 0}"
	".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:18px 0}.card{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:12px 16px}"
	".card b{display:block;font-size:24px;font-variant-numeric:tabular-nums}.card span{color:var(--soft)}.card.warn b{color:var(--bad)}.card.fine b{color:var(--good)}"
	".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}th{color:var(--soft);font-weight:600;text-align:left;border-bottom:2px solid var(--line);padding:6px 10px 6px 0;white-space:nowrap}"
	"td{border-bottom:1px solid var(--line);padding:7px 10px 7px 0;vertical-align:top;overflow-wrap:anywhere;min-width:3.2em}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
	".good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.reason{font-weight:600;white-space:nowrap}td em{display:block;color:var(--soft);font-style:normal;margin-top:2px}code{font-size:.92em}"
	"@media(max-width:720px){main{padding:12px}section{padding:14px}thead{display:none}tr{display:block;border-bottom:2px solid var(--line);padding:8px 0}td{display:flex;justify-content:space-between;gap:14px;border:0;padding:3px 0;text-align:right}"
	"td.n{white-space:normal}td::before{content:attr(data-l);color:var(--soft);text-align:left;flex:0 0 38%}td.none{display:none}td em{text-align:right}td[data-l='What is known'],td[data-l='Why']{display:block;text-align:left}td[data-l='What is known']::before,td[data-l='Why']::before{display:block}td[data-l='What is known'] em{text-align:left}.reason{white-space:normal}}"
	"@media print{body{background:#fff}section,.card{border-color:#bbb;break-inside:avoid}}";

static void card(struct buf *out, const char *title, int64_t n, const char *mood)
{
	buf_fmt(out, "<div class=\"card %s\"><b>%lld</b><span>%s</span></div>\n", mood, (long long)n, title);
}

static void section(struct buf *out, const struct report_section *s, const struct report_html *h)
{
	buf_fmt(out, "<section id=\"%s\"><h2>%s</h2>\n<p>%s</p>\n", s->verb + 7, s->title, s->intro);
	if (h->rows == 0) {
		buf_fmt(out, "<p>%s</p></section>\n", s->empty);
		return;
	}
	buf_text(out, "<div class=\"wide\"><table><thead><tr>");
	for (const struct report_column *c = s->columns; c->key != NULL; c++)
		buf_fmt(out, "<th class=\"%s\">%s</th>", c->how == REPORT_TEXT ? "" : "n", c->title);
	buf_text(out, "</tr></thead><tbody>\n");
	buf_view(out, buf_as_view(&h->body));
	buf_text(out, "</tbody></table></div>\n");
	if (h->rows > REPORT_ROWS)
		buf_fmt(out, "<p>The first %d of %lld; <a href=\"%s\">%s</a> holds all.</p>", REPORT_ROWS, (long long)h->rows, s->csv, s->csv);
	else
		buf_fmt(out, "<p>As data: <a href=\"%s\">%s</a></p>", s->csv, s->csv);
	buf_text(out, "</section>\n");
}

void report_page(struct buf *out, const char *name, const char *date, const struct report_html *h)
{
	buf_fmt(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		"<title>%s %s</title><style>%s</style></head><body><main>\n<header><h1>Match report</h1><p>%s, business date %s</p></header>\n<div class=\"cards\">", name, date, style, name, date);
	for (size_t i = 0; report_sections[i].verb != NULL; i++) {
		if (strcmp(report_sections[i].verb, "report.matches") == 0)
			card(out, "matches", h[i].rows, "fine");
		else if (strcmp(report_sections[i].verb, "report.exceptions") == 0)
			card(out, "exceptions for a person", h[i].rows, h[i].rows ? "warn" : "fine");
		else if (strcmp(report_sections[i].verb, "report.open") == 0)
			card(out, "open items", h[i].rows, "");
		else if (strcmp(report_sections[i].verb, "report.proof") == 0)
			card(out, "statements in the proof", h[i].rows, "");
		else if (strcmp(report_sections[i].verb, "report.files") == 0)
			card(out, "files", h[i].rows, "");
	}
	buf_text(out, "</div>\n");
	for (size_t i = 0; report_sections[i].verb != NULL; i++)
		section(out, &report_sections[i], &h[i]);
	buf_text(out, "</main></body></html>\n");
}
