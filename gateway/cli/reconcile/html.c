/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html - report.html: one page that works from a file, without a script, a font or a picture from anywhere
 *
 * It stays below REPORT_PAGE_MAX at any size: totals, the 500 gravest exceptions, the best proposals, the oldest open
 * items, and links to the CSV that hold all.  Every foreign text is escaped, account numbers are shown by their last
 * four.  The look is that of the gateway's match report.
 */
#include <stdlib.h>

#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/page.h"
#include "gateway/report_page.h"

#define EXCEPTIONS_SHOWN 500
#define PROPOSALS_SHOWN 200
#define OPEN_SHOWN 100
#define BREAKS_SHOWN 200
#define DAYS_SHOWN 10			/* of each account */
#define SECTION_BYTES ((size_t)400 << 10)

static const char look[] = ".bar{display:inline-block;height:10px;border-radius:2px;background:var(--mark);vertical-align:middle;min-width:2px}"
	".bar.bank{background:var(--warn)}.skip{position:absolute;left:-9999px}.skip:focus{left:8px;top:8px;background:var(--paper);padding:8px}"
	"caption{text-align:left;color:var(--soft);font-size:12.5px;padding:4px 0}td.why{min-width:16em}"
	"@media(max-width:720px){caption{display:block}}"
	"@media print{.bar{border:1px solid #000}details>*{display:block}}";

/* Head */

static void card(struct page *p, const char *anchor, uint64_t n, const char *title, const char *mood)
{
	buf_fmt(&p->b, "<a class=\"card %s\" href=\"#%s\"><b>", mood, anchor);
	page_number(p, n);
	buf_fmt(&p->b, "</b><span>%s</span></a>\n", title);
}

static void head(struct page *p)
{
	const struct rc_part_stats *all = &p->stats->all;
	bool warn = all->breaks > 0 || all->exceptions > 0;

	page_put(p, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		"<title>Reconciliation ");
	page_date(p, p->rc->as_of);
	page_put(p, "</title><style>");
	page_put(p, report_style);
	page_put(p, look);
	page_put(p, "</style></head><body><a class=\"skip\" href=\"#exceptions\">To the exceptions</a><main>\n<header><h1>Reconciliation</h1><p>as of ");
	page_date(p, p->rc->as_of);
	page_put(p, "; bank statements against the book</p></header>\n");
	buf_fmt(&p->b, "<p class=\"verdict%s\">", warn ? " warn" : "");
	if (all->breaks > 0) {
		page_number(p, all->breaks);
		page_put(p, all->breaks == 1 ? " statement does not prove. " : " statements do not prove. ");
	} else {
		page_put(p, "✓ Every statement that bears balances proves. ");
	}
	page_share(p, all->lines_auto, all->lines);
	page_put(p, " of the bank's lines were matched without a person; ");
	page_number(p, all->exceptions);
	page_put(p, " exceptions on both sides need one.</p>\n<nav class=\"cards\" aria-label=\"Sections\">");
	card(p, "exceptions", all->exceptions, "exceptions", all->exceptions > 0 ? "warn" : "fine");
	card(p, "proof", all->breaks, "statements off", all->breaks > 0 ? "warn" : "fine");
	card(p, "matches", all->lines_auto, "bank lines matched", "fine");
	card(p, "proposals", all->lines_proposed, "lines with a proposal", "");
	card(p, "open", all->open[0] + all->open[1], "open on both sides", "");
	page_put(p, "</nav>\n");
}

static void accounts(struct page *p)
{
	static const char *const heads[] = { "Account", "#Bank lines", "#Matched", "#Rate", "#Value matched", "#Book items", "#Matched", "#Exceptions",
		"#Statements", "#Off", NULL };
	size_t from = p->b.n;

	page_section(p, "accounts", "Accounts", "One row for each account and currency; account numbers by their last four.");
	page_table(p, "What was matched, account by account", heads);
	for (uint32_t i = 0; i < p->rc->n_parts && p->b.n - from < SECTION_BYTES; i++) {
		const struct rc_part *a = &p->rc->parts[i];
		const struct rc_part_stats *s = &p->stats->parts[i];

		page_put(p, "<tr>");
		page_cell_account(p, a);
		page_cell_number(p, "Bank lines", s->lines);
		page_cell_number(p, "Matched", s->lines_auto);
		page_cell_share(p, "Rate", s->lines_auto, s->lines);
		page_cell_amount(p, "Value matched", s->matched, a->currency);
		page_cell_number(p, "Book items", s->items);
		page_cell_number(p, "Items matched", s->items_auto);
		page_cell_number(p, "Exceptions", s->exceptions);
		page_cell_number(p, "Statements", s->proofs);
		page_cell_number(p, "Off", s->breaks);
		page_put(p, "</tr>\n");
	}
	page_table_end(p);
	page_put(p, "</section>\n");
}

/* The last days; all of them are in summary.json and the workbook. */
static void days(struct page *p)
{
	static const char *const heads[] = { "Account", "Date", "#Bank lines", "#Matched", "#Rate", "#Value", "#Value matched", NULL };
	const struct rc_stats *s = p->stats;
	size_t shown = 0, from = p->b.n;

	page_section(p, "days", "Days", "The bank's lines by account and booking date: each account's last days.");
	page_table(p, "What was matched, day by day", heads);
	for (size_t i = 0; i < s->n_days && p->b.n - from < SECTION_BYTES; i++) {
		const struct rc_day *d = &s->days[i];
		const struct rc_part *a = &p->rc->parts[d->part];

		if (i + DAYS_SHOWN < s->n_days && s->days[i + DAYS_SHOWN].part == d->part)
			continue;
		shown++;
		page_put(p, "<tr>");
		page_cell_account(p, a);
		page_cell(p, "d", "Date");
		page_date(p, d->date);
		page_put(p, "</td>");
		page_cell_number(p, "Bank lines", d->lines);
		page_cell_number(p, "Matched", d->lines_auto);
		page_cell_share(p, "Rate", d->lines_auto, d->lines);
		page_cell_amount(p, "Value", d->moved, a->currency);
		page_cell_amount(p, "Value matched", d->matched, a->currency);
		page_put(p, "</tr>\n");
	}
	page_table_end(p);
	page_put(p, "<p class=\"foot\">");
	page_number(p, shown);
	page_put(p, " of ");
	page_number(p, s->n_days);
	page_put(p, p->rc->xlsx_rows > 0 ? "; all of them: <a href=\"report.xlsx\">report.xlsx</a>, sheet Days</p></section>\n" :
		"; all of them: <a href=\"summary.json\">summary.json</a></p></section>\n");
}

/* Exceptions */

struct grave { const struct rc_part *part; const struct recon_row *row; uint32_t at; uint8_t weight; bool bank; };

/* Money that may be lost comes first; what only waits comes last. */
static const uint8_t grave_order[] = { VOID_PRESENTED, STOP_PRESENTED, DUP_PAYMENT, SIGN_FLIP, WRONG_ACCOUNT, CCY_MISMATCH, TRANSPOSED_AMOUNT,
	AMOUNT_DIFF, GROUP_OVER, GROUP_SHORT, RETURN_UNLINKED, REF_CONFLICT, DUP_LINE, AMBIGUOUS, DATE_OUT_OF_WINDOW, NO_COUNTERPART_BOOK,
	FEE_UNEXPLAINED, STALE_CHECK, NO_COUNTERPART_BANK };

static uint8_t gravity(uint8_t reason)
{
	uint8_t i = 0;

	while (i < sizeof(grave_order) && grave_order[i] != reason)
		i++;
	return i;
}

static int by_gravity(const void *pa, const void *pb)
{
	const struct grave *a = pa, *b = pb;

	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	if (a->row->amount != b->row->amount)
		return a->row->amount > b->row->amount ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->bank != b->bank)
		return a->bank ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* The first `most` rows in an order that has no equals; room for twice as many, sorted whenever it is full. */
struct firsts { struct grave *g; size_t n, most, all; bool full; int (*order)(const void *, const void *); };

static void cut(struct firsts *f)
{
	qsort(f->g, f->n, sizeof(*f->g), f->order);
	f->full = f->n >= f->most;
	f->n = f->n < f->most ? f->n : f->most;
}

static void take(struct firsts *f, const struct grave *g)
{
	f->all++;
	if (f->full && f->order(g, &f->g[f->most - 1]) > 0)
		return;
	f->g[f->n++] = *g;
	if (f->n == 2 * f->most)
		cut(f);
}

/* Of the rows that are not closed, of both sides.  False: memory is short.  The caller frees f->g. */
static bool gather(struct firsts *f, const struct rc *rc, bool reasons_only)
{
	uint8_t weight[RECON_REASONS];

	for (int i = 0; i < RECON_REASONS; i++)
		weight[i] = gravity((uint8_t)i);
	f->g = malloc(2 * f->most * sizeof(*f->g));
	for (uint32_t i = 0; f->g != NULL && i < rc->n_parts; i++)
		for (int side = 0; side < 2; side++) {
			const struct recon *r = &rc->parts[i].recon;
			const struct recon_row *rows = side == 0 ? r->lines : r->items;

			for (uint32_t k = 0; k < (side == 0 ? r->n_lines : r->n_items); k++)
				if (!rows[k].closed && !(reasons_only && rows[k].reason == RECON_NO_REASON))
					take(f, &(struct grave){ &rc->parts[i], &rows[k], k, weight[rows[k].reason], side == 0 });
		}
	if (f->g != NULL)
		cut(f);
	return f->g != NULL;
}

static void grave_row(struct page *p, const struct grave *g)
{
	struct buf why = { 0 };

	page_put(p, "<tr>");
	page_cell(p, "", "Side");
	page_put(p, g->bank ? "bank" : "book");
	page_put(p, "</td>");
	page_cell_id(p, "Id", g->row, g->bank);
	page_cell(p, "", "Account");
	page_account(p, g->part->account);
	page_put(p, "</td>");
	page_cell(p, "d", "Date");
	page_date(p, g->row->date);
	page_put(p, "</td>");
	page_cell_amount(p, "Amount", g->row->sign == RECON_CR ? g->row->amount : -g->row->amount, g->part->currency);
	page_cell(p, "t why", "What is known");
	recon_detail(&why, &g->part->recon, g->row, g->bank);
	page_text(p, buf_as_view(&why));
	if (g->row->with != NULL) {
		bool same_side = g->row->reason == DUP_LINE || g->row->reason == DUP_PAYMENT;

		page_put(p, "<small>see <code>");
		buf_clear(&why);
		put_id(&why, p->rc, g->row->with, same_side ? g->bank : !g->bank);
		page_text(p, buf_as_view(&why));
		page_put(p, "</code></small>");
	}
	page_note(p, g->row, g->bank);
	page_put(p, "</td></tr>\n");
	buf_release(&why);
}

static void reasons(struct page *p)
{
	static const char *const heads[] = { "Reason", "#Bank", "#Book", "What to do", NULL };

	page_table(p, "All exceptions by reason", heads);
	for (size_t k = 0; k < sizeof(grave_order); k++) {
		enum recon_reason i = (enum recon_reason)grave_order[k];
		const char *name = recon_reason_name(i);

		if (p->stats->reason[0][i] + p->stats->reason[1][i] == 0)
			continue;
		page_put(p, "<tr>");
		page_cell(p, "t", "Reason");
		buf_fmt(&p->b, "<a href=\"#%s\">%s</a><small>%s</small></td>", name, report_reason(name), name);
		page_cell_number(p, "Bank", p->stats->reason[0][i]);
		page_cell_number(p, "Book", p->stats->reason[1][i]);
		page_cell(p, "t why", "What to do");
		page_put(p, report_advice(name) == NULL ? "" : report_advice(name));
		page_put(p, "</td></tr>\n");
	}
	page_table_end(p);
}

static void exceptions(struct page *p)
{
	static const char *const heads[] = { "Side", "Id", "Account", "Date", "#Amount", "What is known", NULL };
	struct firsts f = { .most = EXCEPTIONS_SHOWN, .order = by_gravity };
	size_t n, shown, from = p->b.n, to;
	struct grave *g;

	page_section(p, "exceptions", "Exceptions", "Each waits for a person. The gravest reasons come first, within them the largest amounts.");
	reasons(p);
	p->b.failed |= !gather(&f, p->rc, true);
	g = f.g;
	n = f.all;
	shown = f.n;
	for (size_t i = 0; g != NULL && i < shown && p->b.n - from < SECTION_BYTES; i = to) {
		const char *name = recon_reason_name((enum recon_reason)g[i].row->reason);

		for (to = i; to < shown && g[to].row->reason == g[i].row->reason; to++)
			;
		buf_fmt(&p->b, "<details open id=\"%s\"><summary><h3>%s</h3> <span class=\"sum\">%zu shown</span></summary>\n", name, report_reason(name),
			to - i);
		page_table(p, name, heads);
		for (size_t k = i; k < to && p->b.n - from < SECTION_BYTES; k++)
			grave_row(p, &g[k]);
		page_table_end(p);
		page_put(p, "</details>\n");
	}
	page_put(p, "<p class=\"foot\">");
	if (n > shown) {
		page_put(p, "The gravest ");
		page_number(p, shown);
		page_put(p, " of ");
		page_number(p, n);
		page_put(p, "; ");
	}
	page_put(p, "all of them: <a href=\"exceptions.csv\">exceptions.csv</a></p></section>\n");
	free(g);
}

/* Matches and proposals */

static void matches(struct page *p)
{
	static const char *const heads[] = { "Rule", "#Accepted", "#Proposed", "What it says", NULL };

	page_section(p, "matches", "What matched, and why", "A match is accepted without a person only where line and item fit each other and nothing else, "
		"and no reference contradicts. Each stands in the CSV with its evidence and its sum.");
	page_table(p, "Matches by rule", heads);
	for (int i = 0; i < RECON_RULES; i++) {
		if (p->stats->rule[0][i] + p->stats->rule[1][i] == 0)
			continue;
		page_put(p, "<tr>");
		page_cell(p, "", "Rule");
		page_put(p, recon_rules[i].name);
		page_put(p, "</td>");
		page_cell_number(p, "Accepted", p->stats->rule[1][i]);
		page_cell_number(p, "Proposed", p->stats->rule[0][i]);
		page_cell(p, "t why", "What it says");
		page_put(p, recon_rules[i].says);
		page_put(p, "</td></tr>\n");
	}
	page_table_end(p);
	page_put(p, "<p class=\"foot\">All of them: <a href=\"matches.csv\">matches.csv</a></p></section>\n");
}

static void proposal_row(struct page *p, const struct rc_part *part, const struct recon_match *m)
{
	struct buf why = { 0 };
	const struct recon *r = &part->recon;

	page_put(p, "<tr>");
	page_cell(p, "n", "Score");
	put_money(&p->b, m->score, 2);
	page_put(p, "</td>");
	page_cell_id(p, "Bank line", &r->lines[r->ids[m->bank_at]], true);
	page_cell_id(p, "Book item", &r->items[r->ids[m->book_at]], false);
	page_cell_amount(p, "Bank", m->bank_total, part->currency);
	page_cell_amount(p, "Book", m->book_total, part->currency);
	page_cell(p, "t why", "Why");
	if (m->n_bank > 1 || m->n_book > 1)
		buf_fmt(&p->b, "%u : %u; ", m->n_bank, m->n_book);
	recon_explain(&why, &part->recon, m);
	page_text(p, buf_as_view(&why));
	page_put(p, "</td></tr>\n");
	buf_release(&why);
}

static void proposals(struct page *p)
{
	static const char *const heads[] = { "#Score", "Bank line", "Book item", "#Bank", "#Book", "Why", NULL };
	size_t from = p->b.n, shown = 0, all = 0;

	page_section(p, "proposals", "Proposals", "The best proposal of each line; nothing here is accepted before a person says so.");
	page_table(p, "Best proposals, account by account", heads);
	for (uint32_t i = 0; i < p->rc->n_parts; i++) {
		const struct recon *r = &p->rc->parts[i].recon;

		for (uint32_t m = r->n_auto; m < r->n_matches; m++) {
			if (m > r->n_auto && r->ids[r->matches[m].bank_at] == r->ids[r->matches[m - 1].bank_at])
				continue;
			all++;
			if (shown >= PROPOSALS_SHOWN || p->b.n - from > SECTION_BYTES)
				continue;
			shown++;
			proposal_row(p, &p->rc->parts[i], &r->matches[m]);
		}
	}
	page_table_end(p);
	page_put(p, "<p class=\"foot\">");
	page_number(p, shown);
	page_put(p, " of ");
	page_number(p, all);
	page_put(p, " lines with a proposal; all, with their runners-up: <a href=\"matches.csv\">matches.csv</a></p></section>\n");
}

/* Open items */

static int by_age(const void *pa, const void *pb)
{
	const struct grave *a = pa, *b = pb;

	if (a->row->date != b->row->date)
		return a->row->date < b->row->date ? -1 : 1;
	if (a->row->amount != b->row->amount)
		return a->row->amount > b->row->amount ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->bank != b->bank)
		return a->bank ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static void bar(struct page *p, const char *label, const char *classes, uint64_t n, uint64_t most)
{
	page_cell(p, "", label);
	buf_fmt(&p->b, "<span class=\"bar %s\" style=\"width:%llu%%\" aria-hidden=\"true\"></span> ", classes,
		(unsigned long long)(most == 0 ? 0 : n * 70 / most));
	page_number(p, n);
	page_put(p, "</td>");
}

static void ageing(struct page *p)
{
	static const char *const heads[] = { "Age in business days", "Bank lines", "Book items", NULL };
	uint64_t n[2][RC_AGES] = { { 0 } }, most = 0;

	for (int side = 0; side < 2; side++)
		for (int a = 0; a < RC_AGES; a++) {
			for (uint32_t i = 0; i < p->rc->n_parts; i++)
				n[side][a] += p->stats->parts[i].age[side][a].n;
			most = n[side][a] > most ? n[side][a] : most;
		}
	page_table(p, "Open by age", heads);
	for (int a = 0; a < RC_AGES; a++) {
		page_put(p, "<tr>");
		page_cell(p, "", "Age");
		page_put(p, rc_age_names[a]);
		page_put(p, "</td>");
		bar(p, "Bank lines", "bank", n[0][a], most);
		bar(p, "Book items", "", n[1][a], most);
		page_put(p, "</tr>\n");
	}
	page_table_end(p);
}

static void open_row(struct page *p, const struct grave *g)
{
	page_put(p, "<tr>");
	page_cell_number(p, "Age", (uint64_t)rc_age(p->rc, g->part, g->row->date));
	page_cell(p, "", "Side");
	page_put(p, g->bank ? "bank" : "book");
	page_put(p, "</td>");
	page_cell_id(p, "Id", g->row, g->bank);
	page_cell(p, "d", "Date");
	page_date(p, g->row->date);
	page_put(p, "</td>");
	page_cell_amount(p, "Amount", g->row->sign == RECON_CR ? g->row->amount : -g->row->amount, g->part->currency);
	page_cell(p, "t", "Reference, name");
	page_text(p, recon_text(g->row, g->bank ? B_REF : K_REF));
	page_put(p, "<small>");
	page_text(p, recon_text(g->row, g->bank ? B_PARTY : K_PARTY));
	page_put(p, "</small></td>");
	page_cell(p, "", "State");
	page_put(p, g->row->reason == RECON_NO_REASON ? (g->row->status == RECON_VOID ? "void, not shown" : "stopped, not shown") :
		recon_reason_name((enum recon_reason)g->row->reason));
	page_note(p, g->row, g->bank);
	page_put(p, "</td></tr>\n");
}

static void open_items(struct page *p)
{
	static const char *const heads[] = { "#Age", "Side", "Id", "Date", "#Amount", "Reference, name", "State", NULL };
	struct firsts f = { .most = OPEN_SHOWN, .order = by_age };
	size_t from;

	page_section(p, "open", "Open items", "What is carried to the next run, by its age in business days of the account's calendar.");
	ageing(p);
	page_owners(p);
	if (!gather(&f, p->rc, false)) {
		p->b.failed = true;
		return;
	}
	page_table(p, "The oldest", heads);
	from = p->b.n;
	for (size_t i = 0; i < f.n && p->b.n - from < SECTION_BYTES; i++)
		open_row(p, &f.g[i]);
	page_table_end(p);
	page_put(p, "<p class=\"foot\">The oldest ");
	page_number(p, f.n);
	page_put(p, " of ");
	page_number(p, f.all);
	page_put(p, "; all of them: <a href=\"open_items.csv\">open_items.csv</a></p></section>\n");
	free(f.g);
}

/* Proof */

static void proof_row(struct page *p, const struct rc_proof *f)
{
	bool off = (f->proves && f->residual != 0) || f->gap != 0;

	page_put(p, "<tr>");
	page_cell(p, "", "Account");
	page_account(p, f->account);
	page_put(p, "</td>");
	page_cell(p, "d", "Date");
	page_date(p, f->date);
	page_put(p, "</td>");
	page_cell_amount(p, "Opening", f->opening, f->currency);
	page_cell_amount(p, "Lines", f->lines, f->currency);
	page_cell_amount(p, "Closing", f->closing, f->currency);
	page_cell_amount(p, "Residual", f->residual, f->currency);
	page_cell(p, "t", "Verdict");
	if (!f->proves)
		page_put(p, "no balances: it cannot be proved");
	else if (f->residual != 0)
		page_put(p, "<span class=\"bad\">✗ opening and lines do not make the closing balance</span>");
	else if (!off)
		page_put(p, "<span class=\"good\">✓ proves</span>");
	if (f->gap != 0) {
		page_put(p, "<span class=\"bad\">✗ the opening is not the closing before it; off by ");
		page_amount(p, f->gap, f->currency);
		page_put(p, "</span>");
	}
	if (f->has_book) {
		page_put(p, "<small>book ");
		page_amount(p, f->book, f->currency);
		page_put(p, ", in transit ");
		page_amount(p, f->in_transit, f->currency);
		page_put(p, ", outstanding ");
		page_amount(p, f->outstanding, f->currency);
		page_put(p, ", only at the bank ");
		page_amount(p, f->unknown, f->currency);
		page_put(p, ", unexplained ");
		page_amount(p, f->unexplained, f->currency);
		page_put(p, "</small>");
	} else {
		page_put(p, "<small>bank side only</small>");
	}
	page_put(p, "</td></tr>\n");
}

static void proof(struct page *p)
{
	static const char *const heads[] = { "Account", "Date", "#Opening", "#Lines", "#Closing", "#Residual", "Verdict", NULL };
	const struct rc *rc = p->rc;
	unsigned shown = 0;

	page_section(p, "proof", "Proof", "Opening balance and lines must make the closing balance, and the closing balance the next opening. "
		"Shown: every break, "
		"and each account's last statement.");
	page_table(p, "Statements that are off, and the last of each account", heads);
	for (uint32_t i = 0; i < rc->n_proofs && shown < BREAKS_SHOWN; i++) {
		const struct rc_proof *f = &rc->proofs[i];
		bool last = i + 1 == rc->n_proofs || !view_eq(f[1].account, f->account) || memcmp(f[1].currency, f->currency, 4) != 0;

		if (!last && !(f->proves && f->residual != 0) && f->gap == 0 && !(f->has_book && f->unexplained != 0))
			continue;
		shown++;
		proof_row(p, f);
	}
	page_table_end(p);
	page_put(p, "<p class=\"foot\">");
	page_number(p, rc->n_proofs);
	page_put(p, rc->n_proofs == 1 ? " statement" : " statements");
	page_put(p, "; all of them: <a href=\"proof.csv\">proof.csv</a>. "
		"Intraday lines, in no other file: <a href=\"provisional.csv\">provisional.csv</a> (");
	page_number(p, p->stats->provisional);
	page_put(p, ").</p></section>\n");
}

/* Files */

static int by_name(const void *pa, const void *pb)
{
	const struct rc_file *a = *(const struct rc_file *const *)pa, *b = *(const struct rc_file *const *)pb;

	return a->bank != b->bank ? (a->bank ? -1 : 1) : strcmp(a->base, b->base);
}

/* What could not be read as it should be: its good rows were used, the others stand here. */
static void faulty_files(struct page *p)
{
	static const char *const heads[] = { "File", "#Errors", "The first", NULL };
	const struct rc_file **files = malloc((p->rc->n_files + 1) * sizeof(*files));
	uint32_t n = 0;

	for (uint32_t i = 0; files != NULL && i < p->rc->n_files; i++)
		if (p->rc->files[i].errors > 0)
			files[n++] = &p->rc->files[i];
	if (files == NULL)
		p->b.failed = true;
	if (n > 0) {
		qsort(files, n, sizeof(*files), by_name);
		page_section(p, "files", "Files with faults", "A row with a fault is not used; what else the file holds is. Ask for a corrected file.");
		page_table(p, "Files with faults", heads);
		for (uint32_t i = 0; i < n && i < BREAKS_SHOWN; i++) {
			page_put(p, "<tr>");
			page_cell(p, "t", "File");
			page_text(p, view_of(files[i]->base));
			page_put(p, "</td>");
			page_cell_number(p, "Errors", files[i]->errors);
			page_cell(p, "t why", "The first");
			page_text(p, view_of(files[i]->why));
			page_put(p, "</td></tr>\n");
		}
		page_table_end(p);
		page_put(p, "</section>\n");
	}
	free(files);
}

int rc_write_html(const struct rc *rc, const struct rc_stats *stats, struct err *err)
{
	struct page p = { .rc = rc, .stats = stats, .b = { .max = REPORT_PAGE_MAX } };
	int rc_code;

	head(&p);
	exceptions(&p);
	page_decisions(&p);
	faulty_files(&p);
	proof(&p);
	accounts(&p);
	days(&p);
	matches(&p);
	proposals(&p);
	open_items(&p);
	page_put(&p, "</main></body></html>\n");
	p.b.failed |= p.s.failed;
	rc_code = rc_put_file(rc, "report.html", &p.b, err);
	buf_release(&p.b);
	buf_release(&p.s);
	return rc_code;
}
