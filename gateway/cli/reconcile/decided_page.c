/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/decided_page - what people decided, in report.html and summary.json: what, who, when and why
 *
 * Names and reasons are people's texts: escaped and cut where they stand.  The report shows the latest run's decisions
 * and how many older ones still count; decided.csv has all.
 */
#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/page.h"

#define SHOWN 200
#define IN_SUMMARY 500

static const struct { const char *kind, *words; } kinds[] = {
	{ "match", "matched by hand" }, { "confirm", "proposal confirmed" }, { "unmatch", "match taken apart" }, { "refuse", "proposal refused" },
	{ "write-off", "written off" }, { "waits", "waited for a second person: holds nothing" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_of(const struct rc_decision *d)
{
	size_t k = 0;

	while (k < KINDS && !view_eq(d->kind, view_of(kinds[k].kind)))
		k++;
	return k;
}

void page_note(struct page *p, const struct recon_row *r, bool bank)
{
	const struct rc_note *n = rc_note_of(p->rc, r, bank);

	if (n == NULL || n->owner.n + n->comment.n == 0)
		return;
	page_put(p, "<small>");
	if (n->owner.n > 0) {
		page_put(p, "owner ");
		page_text(p, n->owner);
	}
	page_put(p, n->owner.n > 0 && n->comment.n > 0 ? ": " : "");
	page_text(p, n->comment);
	page_put(p, "</small>");
}

static void ids(struct page *p, struct view list)
{
	page_put(p, "<code>");
	page_text(p, list);
	page_put(p, "</code>");
}

static void decision_row(struct page *p, const struct rc_decision *d)
{
	size_t k = kind_of(d);

	page_put(p, "<tr>");
	page_cell(p, "", "Decision");
	page_put(p, k < KINDS ? kinds[k].words : "?");
	page_put(p, "</td>");
	page_cell(p, "t", "Bank lines");
	ids(p, d->bank);
	page_put(p, "</td>");
	page_cell(p, "t", "Book items");
	ids(p, d->book);
	page_put(p, "</td>");
	page_cell(p, "n", "Written off");
	if (d->amount != 0)
		page_amount(p, d->amount, d->currency);
	page_put(p, "</td>");
	page_cell(p, "", "Who, when");
	page_text(p, d->by);
	if (d->second.n > 0) {
		page_put(p, ", with ");
		page_text(p, d->second);
	}
	page_put(p, "<small>");
	page_text(p, d->at);
	page_put(p, "</small></td>");
	page_cell(p, "t why", "Why");
	page_text(p, d->reason);
	page_put(p, "</td></tr>\n");
}

void page_decisions(struct page *p)
{
	static const char *const heads[] = { "Decision", "Bank lines", "Book items", "#Written off", "Who, when", "Why", NULL };
	const struct rc_decided *d = p->rc->decided;
	uint32_t fresh = 0, older = 0, shown = 0;

	for (uint32_t i = 0; d != NULL && i < d->n; i++) {
		fresh += d->all[i].fresh;
		older += !d->all[i].fresh && (d->all[i].amount != 0 || rc_refusal_counts(p->rc, &d->all[i]));
	}
	if (fresh + older == 0)
		return;
	page_section(p, "decisions", "What people decided", "On the results of the run before this one. What they closed is not told again, what they refused or took "
		"apart is neither joined nor proposed.");
	page_table(p, "Decisions, in their order", heads);
	for (uint32_t i = 0; i < d->n && shown < SHOWN; i++)
		if (d->all[i].fresh) {
			decision_row(p, &d->all[i]);
			shown++;
		}
	page_table_end(p);
	page_put(p, "<p class=\"foot\">");
	page_number(p, shown);
	page_put(p, " of ");
	page_number(p, fresh);
	page_put(p, "; ");
	page_number(p, older);
	page_put(p, " older refusals and write-offs still count. All of them: <a href=\"decided.csv\">decided.csv</a></p></section>\n");
}

/* summary.json */

static void put_one(struct json *j, const struct rc_decision *d)
{
	json_object(j, NULL);
	json_text(j, "kind", d->kind);
	json_text(j, "bank_ids", view_sub(d->bank, 0, 400));
	json_text(j, "book_ids", view_sub(d->book, 0, 400));
	if (d->amount != 0) {
		json_cstr(j, "currency", d->currency);
		json_int(j, "written_off_minor", d->amount);
	}
	json_text(j, "by", d->by);
	if (d->second.n > 0)
		json_text(j, "second", d->second);
	json_text(j, "at", d->at);
	json_text(j, "reason", d->reason);
	json_object_end(j);
}

void rc_put_decisions(struct json *j, const struct rc *rc)
{
	const struct rc_decided *d = rc->decided;
	uint64_t n[KINDS] = { 0 };
	uint32_t shown = 0;

	if (d == NULL || d->n == 0)
		return;
	for (uint32_t i = 0; i < d->n; i++)
		if (d->all[i].fresh && kind_of(&d->all[i]) < KINDS)
			n[kind_of(&d->all[i])]++;
	json_object(j, "decisions");
	for (size_t k = 0; k < KINDS; k++)
		json_int(j, kinds[k].kind, (int64_t)n[k]);
	json_object_end(j);
	json_array(j, "decided");
	for (uint32_t i = 0; i < d->n && shown < IN_SUMMARY; i++)
		if (d->all[i].fresh) {
			put_one(j, &d->all[i]);
			shown++;
		}
	json_array_end(j);
}
