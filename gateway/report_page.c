/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_page - how an analyst reads the day: what needs a person, does it prove, what is open, what matched and why
 *
 * Order is that of the work.  Exceptions are gathered by their reason, with one line on what to do; open items by age;
 * proof and matches by account.  On a narrow screen a row becomes a card with its labels. Failure: a buffer that failed
 * stays failed; the role does not publish such a page.
 */
#include "gateway/report_page.h"

#include <stdlib.h>
#include <string.h>
#include "formats/core/money.h"

#define CELL_MAX 400			/* bytes of one value; the CSV has all of it */

/* A cell: its label, the value in it, and up to two more in small letters under it. */
struct cell { const char *label, *key, *small[2]; };

static const struct cell cells[REPORT_SECTIONS][10] = {
	[REPORT_ACCOUNTS] = { { "Account", "account", { 0 } }, { "Currency", "currency", { 0 } }, { "Lines matched",
		"matched_count", { 0 } },
		{ "Matched amount", "matched_minor", { 0 } }, { "Exceptions", "exceptions", { 0 } }, { "Open items",
			"open_count", { 0 } },
		{ "Open amount", "open_minor", { 0 } } },
	[REPORT_PROOF] = { { "As of", "date", { 0 } }, { "Opening", "opening_minor", { 0 } }, { "+ Lines",
		"lines_minor", { 0 } },
		{ "= Closing", "closing_minor", { 0 } }, { "Residual", "residual_minor", { 0 } }, { "In transit",
			"in_transit_minor", { 0 } },
		{ "Outstanding", "outstanding_minor", { 0 } }, { "Statement", "statement", { 0 } } },
	[REPORT_EXCEPTIONS] = { { "Where", "id", { "side", "urgency" } }, { "Account", "account", { 0 } }, { "Date", "date",
		{ 0 } },
		{ "Amount", "amount_minor", { 0 } }, { "What is known", "detail", { 0 } }, { "May be", "may_be", { 0 } } },
	[REPORT_OPEN] = { { "Item", "id", { "kind", NULL } }, { "Reference", "reference", { 0 } }, { "State", "state",
		{ 0 } },
		{ "Account", "account", { 0 } }, { "Expected", "date", { 0 } }, { "Age, days", "age_days", { 0 } },
			{ "Amount", "amount_minor", { 0 } } },
	[REPORT_PROVISIONAL] = { { "Line", "id", { "text", NULL } }, { "Account", "account", { 0 } }, { "Date", "date", { 0 } },
		{ "Announced", "amount_minor", { 0 } }, { "Superseded by", "superseded_by", { 0 } }, { "Difference", "difference_minor", { 0 } } },
	[REPORT_MATCHES] = { { "Date", "bank_date", { 0 } }, { "Bank line", "bank_text", { "bank_line", NULL } },
		{ "Bank amount", "bank_amount_minor", { 0 } }, { "Item", "item", { "item_ref", NULL } },
			{ "Item amount", "item_amount_minor", { 0 } },
		{ "Score", "score", { "status", NULL } }, { "Why", "explanation", { "rule", "match_id" } } },
	[REPORT_DECISIONS] = { { "Decision", "act", { "id", NULL } }, { "Lines", "lines", { 0 } }, { "Items", "items", { "match", NULL } }, { "By", "operator", { "second", "owner" } },
		{ "At", "at", { 0 } }, { "Why", "reason", { 0 } } },
	[REPORT_FILES] = { { "File", "id", { "direction", NULL } }, { "Partner", "partner", { 0 } }, { "Name", "name",
		{ 0 } },
		{ "State", "state", { 0 } }, { "Records", "records", { 0 } }, { "Why", "why", { 0 } } },
};

static const char *const anchors[REPORT_SECTIONS] = { "accounts", "proof", "exceptions", "open", "provisional", "matches", "decisions", "files" };

/* Text */

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
		case '\'':
			buf_text(out, "&#39;");
			break;
		default:
			buf_char(out, (unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f ? ' ' : v.p[i]);
		}
}

/* Cut at a character's edge: the texts are UTF-8. */
static void escape_cut(struct buf *out, struct view v)
{
	size_t n = v.n;

	if (n > CELL_MAX) {
		n = CELL_MAX;
		while (n > 0 && ((unsigned char)v.p[n] & 0xc0) == 0x80)
			n--;
	}
	escape(out, view_sub(v, 0, n));
	if (n < v.n)
		buf_text(out, " …");
}

static const char *text_of(const struct doc_value *row, const char *key)
{
	const char *text = doc_text(doc_member(row, key));

	return text == NULL ? "" : text;
}

static const struct report_column *column_of(const struct report_section *s, const char *key)
{
	for (const struct report_column *c = s->columns; c->key != NULL; c++)
		if (strcmp(c->key, key) == 0)
			return c;
	return NULL;
}

/* Rows */

static bool is_word(struct view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (view_eq(v, view_of(*words)))
			return true;
	return false;
}

static const char *mood_of(struct view state)
{
	static const char *const good[] = { "DONE", "ROUTED", "SIGNED", "DELIVERED", "SETTLED", NULL };
	static const char *const bad[] = { "HELD", "REJECTED", "OVERDUE", "UNCERTAIN", "DUPLICATE", NULL };

	return is_word(state, bad) ? " bad" : is_word(state, good) ? " good" : "";
}

static void residual_cell(struct buf *out, const struct doc_value *row, struct view value)
{
	int64_t n;

	if (!doc_int(doc_member(row, "residual_minor"), &n)) {
		buf_text(out, "<td data-l=\"Residual\" class=\"n\">no balances</td>");
		return;
	}
	buf_fmt(out, "<td data-l=\"Residual\" class=\"n %s\">%s", n == 0 ? "good" : "bad", n == 0 ? "✓ " : "off by ");
	escape(out, value);
	buf_text(out, "</td>");
}

static void small_text(struct buf *out, const struct report_section *s, const struct doc_value *row,
	const struct cell *cell)
{
	struct buf value = { 0 };
	bool some = false;

	for (int i = 0; i < 2 && cell->small[i] != NULL; i++) {
		const struct report_column *c = column_of(s, cell->small[i]);

		buf_clear(&value);
		if (c != NULL)
			report_value(&value, row, c, true);
		if (value.n == 0)
			continue;
		buf_text(out, some ? " · " : "<small>");
		escape_cut(out, buf_as_view(&value));
		some = true;
	}
	if (some)
		buf_text(out, "</small>");
	buf_release(&value);
}

static void put_cell(struct buf *out, const struct report_section *s, const struct doc_value *row,
	const struct cell *cell)
{
	const struct report_column *c = column_of(s, cell->key);
	struct buf value = { 0 };

	if (c == NULL)
		return;
	report_value(&value, row, c, true);
	if (strcmp(cell->key, "residual_minor") == 0) {
		residual_cell(out, row, buf_as_view(&value));
	} else {
		bool text = c->how == REPORT_TEXT, date = strstr(cell->key, "date") != NULL;
		bool is_long = strcmp(cell->key, "detail") == 0 || strcmp(cell->key, "explanation") == 0 ||
			strcmp(cell->key, "why") == 0 ||
			strcmp(cell->key, "bank_text") == 0 || strcmp(cell->key, "may_be") == 0;

		buf_fmt(out, "<td data-l=\"%s\" class=\"%s%s%s\"><span>", cell->label, !text ? "n" : date ? "d" :
			is_long ? "t" : "",
			strcmp(cell->key, "state") == 0 ? mood_of(buf_as_view(&value)) : "", value.n == 0 &&
				cell->small[0] == NULL ? " none" : "");
		escape_cut(out, buf_as_view(&value));
		if (c->how == REPORT_MONEY && value.n > 0) {
			buf_text(out, " <i>");
			escape(out, view_sub(view_of(text_of(row, "currency")), 0, 3));
			buf_text(out, "</i>");
		}
		small_text(out, s, row, cell);
		buf_text(out, "</span></td>");
	}
	buf_release(&value);
}

/* Groups */

static void group_key(char key[80], const struct report_section *s, const struct doc_value *row)
{
	static const struct { int64_t up_to; const char *words; } ages[] = {
		{ 1, "Today and yesterday" }, { 5, "2 to 5 days" }, { 30, "6 to 30 days" }, { INT64_MAX,
			"More than 30 days" },
	};
	int64_t age;
	size_t i = 0;

	key[0] = '\0';
	if (s->group == NULL)
		return;
	if (strcmp(s->group, "age_days") == 0 && doc_int(doc_member(row, s->group), &age)) {
		while (age > ages[i].up_to)
			i++;
		memcpy(key, ages[i].words, strlen(ages[i].words) + 1);
		return;
	}
	i = strnlen(text_of(row, s->group), 80);
	if (i == 80)
		for (i = 79; i > 0 && ((unsigned char)text_of(row, s->group)[i] & 0xc0) == 0x80;)
			i--;			/* cut at a character's edge */
	memcpy(key, text_of(row, s->group), i);
	key[i] = '\0';
}

static struct report_group *group_of(struct report_html *h, const struct report_section *s, const struct doc_value *row)
{
	char key[80];
	struct report_group *grown;

	group_key(key, s, row);
	for (size_t i = 0; i < h->n_groups; i++)
		if (strcmp(h->groups[i].key, key) == 0)
			return &h->groups[i];
	if (h->n_groups == REPORT_GROUPS) {
		memcpy(h->groups[REPORT_GROUPS - 1].key, "All others", sizeof("All others"));
		return &h->groups[REPORT_GROUPS - 1];
	}
	grown = realloc(h->groups, (h->n_groups + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	h->groups = grown;
	memset(&grown[h->n_groups], 0, sizeof(*grown));
	memcpy(grown[h->n_groups].key, key, sizeof(key));
	return &grown[h->n_groups++];
}

static void add_up(struct report_group *g, const struct report_section *s, const struct doc_value *row)
{
	struct view ccy = view_sub(view_of(text_of(row, "currency")), 0, 3);
	int64_t n;

	if (s->sum == NULL || !doc_int(doc_member(row, s->sum), &n))
		return;
	if (g->ccy[0] == '\0')
		memcpy(g->ccy, ccy.p, ccy.n);
	g->no_sum = g->no_sum || !view_eq(ccy, view_of(g->ccy)) || !money_add_minor(&g->sum, n);
}

static void count_off(struct report_html *h, const struct doc_value *row)
{
	const char *state = text_of(row, "state");
	int64_t residual;

	h->off += doc_int(doc_member(row, "residual_minor"), &residual) && residual != 0;
	h->off += strcmp(state, "HELD") == 0 || strcmp(state, "REJECTED") == 0;
}

void report_html_row(struct report_html *h, const struct report_section *s, const struct doc_value *row)
{
	const struct cell *cell = cells[s - report_sections];
	struct report_group *g = group_of(h, s, row);
	size_t before;

	h->rows++;
	count_off(h, row);
	if (g == NULL) {
		h->failed = true;
		return;
	}
	g->rows++;
	add_up(g, s, row);
	if (h->shown >= REPORT_ROWS || h->bytes >= REPORT_BYTES)
		return;
	before = g->body.n;
	buf_text(&g->body, "<tr>");
	for (; cell->key != NULL; cell++)
		put_cell(&g->body, s, row, cell);
	buf_text(&g->body, "</tr>\n");
	h->bytes += g->body.n - before;
	h->failed = h->failed || g->body.failed;
	h->shown++;
}

void report_html_release(struct report_html *h)
{
	for (size_t i = 0; i < h->n_groups; i++)
		buf_release(&h->groups[i].body);
	free(h->groups);
	*h = (struct report_html){ 0 };
}

/* The page */

static void put_count(struct buf *out, int64_t n, const char *one, const char *many)
{
	buf_fmt(out, "%lld %s", (long long)n, n == 1 ? one : many);
}

/* A sentence begins with a capital; the gateway's own reasons are written for the middle of one. */
static void sentence(struct buf *out, const char *text)
{
	if (*text >= 'a' && *text <= 'z')
		buf_char(out, (char)(*text++ - 'a' + 'A'));
	escape(out, view_of(text));
}

static void group_head(struct buf *out, const struct report_section *s, const struct report_group *g)
{
	bool reason = s->group != NULL && strcmp(s->group, "reason") == 0;
	const char *advice = reason ? report_advice(g->key) : NULL;

	buf_text(out, "<details open><summary><h3>");
	if (s->group != NULL && strcmp(s->group, "account") == 0)
		buf_text(out, "Account ");
	sentence(out, reason ? report_reason(g->key) : g->key[0] == '\0' ? "not named" : g->key);
	buf_text(out, "</h3> ");
	if (reason && report_reason(g->key) != g->key) {
		buf_text(out, "<code>");
		escape(out, view_of(g->key));
		buf_text(out, "</code> ");
	}
	buf_text(out, "<span class=\"sum\">");
	put_count(out, g->rows, "row", "rows");
	if (s->sum != NULL && !g->no_sum) {
		buf_text(out, ", ");
		money_print_grouped(out, g->sum, g->ccy[0] == '\0' ? "USD" : g->ccy);
		buf_text(out, " ");
		escape(out, view_of(g->ccy));
	}
	buf_text(out, "</span></summary>\n");
	if (advice != NULL) {
		buf_text(out, "<p class=\"do\">What to do: ");
		sentence(out, advice);
		buf_text(out, "</p>\n");
	}
}

static void table(struct buf *out, const struct report_section *s, const struct report_group *g)
{
	if (g->body.n == 0) {
		buf_text(out, "<p class=\"foot\">These rows stand in the CSV.</p>\n");
		return;
	}
	buf_text(out, "<div class=\"wide\"><table><thead><tr>");
	for (const struct cell *c = cells[s - report_sections]; c->key != NULL; c++) {
		const struct report_column *column = column_of(s, c->key);

		buf_fmt(out, "<th class=\"%s\">%s</th>", column == NULL || column->how == REPORT_TEXT ? "" : "n",
			c->label);
	}
	buf_text(out, "</tr></thead><tbody>\n");
	buf_view(out, buf_as_view(&g->body));
	buf_text(out, "</tbody></table></div>\n");
}

static void section(struct buf *out, enum report_place place, const struct report_html *h)
{
	const struct report_section *s = &report_sections[place];

	buf_fmt(out, "<section id=\"%s\"><h2>%s</h2>\n<p class=\"intro\">%s</p>\n", anchors[place], s->title,
		h->rows == 0 ? s->empty : s->intro);
	for (size_t i = 0; i < h->n_groups; i++) {
		if (s->group != NULL)
			group_head(out, s, &h->groups[i]);
		table(out, s, &h->groups[i]);
		if (s->group != NULL)
			buf_text(out, "</details>\n");
	}
	if (h->rows > h->shown)
		buf_fmt(out, "<p class=\"foot\">The first %lld of %lld rows; <a href=\"%s\">%s</a> holds all.</p>\n",
			(long long)h->shown,
			(long long)h->rows, s->csv, s->csv);
	else if (h->rows > 0)
		buf_fmt(out, "<p class=\"foot\">As data: <a href=\"%s\">%s</a></p>\n", s->csv, s->csv);
	buf_text(out, "</section>\n");
}

static void card(struct buf *out, enum report_place place, const char *title, int64_t n, const char *mood)
{
	buf_fmt(out, "<a class=\"card %s\" href=\"#%s\"><b>%lld</b><span>%s</span></a>\n", mood, anchors[place],
		(long long)n, title);
}

/* The day in one sentence. */
static void verdict(struct buf *out, const struct report_html *h)
{
	int64_t exceptions = h[REPORT_EXCEPTIONS].rows, off = h[REPORT_PROOF].off, held = h[REPORT_FILES].off;
	bool warn = exceptions + off + held > 0;

	buf_fmt(out, "<p class=\"verdict%s\">", warn ? " warn" : "");
	if (!warn && h[REPORT_PROOF].rows == 0 && h[REPORT_MATCHES].rows == 0)
		buf_text(out, "Nothing has come in yet.");
	else if (!warn)
		buf_text(out, "✓ Nothing needs a person, and every statement that can be proven proves.");
	if (exceptions > 0) {
		put_count(out, exceptions, "exception needs", "exceptions need");
		buf_text(out, " a person. ");
	}
	if (off > 0) {
		put_count(out, off, "statement does", "statements do");
		buf_text(out, " not prove. ");
	}
	if (held > 0) {
		put_count(out, held, "file is", "files are");
		buf_text(out, " held or rejected.");
	}
	buf_text(out, "</p>\n");
}

void report_page(struct buf *out, const char *name, const char *date, const struct report_html *h)
{
	static const enum report_place order[] = { REPORT_EXCEPTIONS, REPORT_PROOF, REPORT_ACCOUNTS, REPORT_OPEN,
		REPORT_PROVISIONAL, REPORT_MATCHES, REPORT_DECISIONS, REPORT_FILES };
	bool failed = false;

	buf_text(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
	escape(out, view_of(name));
	buf_fmt(out, " %s</title><style>%s</style></head><body><main>\n<header><h1>Match report</h1><p>", date,
		report_style);
	escape(out, view_of(name));
	buf_fmt(out, ", business date %s</p></header>\n", date);
	verdict(out, h);
	buf_text(out, "<nav class=\"cards\">");
	card(out, REPORT_EXCEPTIONS, "exceptions for a person", h[REPORT_EXCEPTIONS].rows,
		h[REPORT_EXCEPTIONS].rows > 0 ? "warn" : "fine");
	if (h[REPORT_PROOF].off > 0)
		card(out, REPORT_PROOF, "statements do not prove", h[REPORT_PROOF].off, "warn");
	else
		card(out, REPORT_PROOF, "statements, none is off", h[REPORT_PROOF].rows, "fine");
	card(out, REPORT_OPEN, "open items", h[REPORT_OPEN].rows, "");
	card(out, REPORT_MATCHES, "matches", h[REPORT_MATCHES].rows, "fine");
	if (h[REPORT_FILES].off > 0)
		card(out, REPORT_FILES, "files held or rejected", h[REPORT_FILES].off, "warn");
	else
		card(out, REPORT_FILES, "files", h[REPORT_FILES].rows, "");
	buf_text(out, "</nav>\n");
	for (size_t i = 0; i < REPORT_SECTIONS; i++) {
		section(out, order[i], &h[order[i]]);
		failed = failed || h[order[i]].failed;
	}
	buf_text(out, "</main></body></html>\n");
	if (failed || out->n > REPORT_PAGE_MAX)
		out->failed = true;
}
