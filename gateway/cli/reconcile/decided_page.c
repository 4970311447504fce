/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/decided_page - what people decided, in report.html and summary.json: what, who, when and why
 *
 * Names and reasons are people's texts: escaped and cut where they stand.  The report shows the latest run's decisions
 * and how many older ones still count; decided.csv has all.
 */
#include <stdlib.h>

#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/page.h"

#define SHOWN 200
#define IN_SUMMARY 500
#define OWNERS 200			/* told; more are an odd house */

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

/* Open rows by their owner */

struct owned { struct view owner; uint64_t n[2]; };
struct owners { struct owned *o; size_t n, cap; };

static bool count_owner(struct owners *all, struct view owner, int side)
{
	size_t i = 0;

	while (i < all->n && !view_eq(all->o[i].owner, owner))
		i++;
	if (i == OWNERS)
		return true;
	if (i == all->cap) {
		struct owned *p = realloc(all->o, (all->cap * 2 + 8) * sizeof(*p));

		if (p == NULL)
			return false;
		all->o = p;
		all->cap = all->cap * 2 + 8;
	}
	if (i == all->n)
		all->o[all->n++] = (struct owned){ .owner = owner };
	all->o[i].n[side]++;
	return true;
}

static int by_name(const void *pa, const void *pb)
{
	const struct owned *a = pa, *b = pb;
	size_t n = a->owner.n < b->owner.n ? a->owner.n : b->owner.n;
	int c = memcmp(a->owner.p, b->owner.p, n);

	return c != 0 ? c : (a->owner.n > b->owner.n) - (a->owner.n < b->owner.n);
}

/* False: memory is short.  The caller frees all->o. */
static bool count_owners(struct owners *all, const struct rc *rc)
{
	*all = (struct owners){ NULL, 0, 0 };
	for (uint32_t i = 0; rc->decided != NULL && rc->decided->n_notes > 0 && i < rc->n_parts; i++)
		for (int side = 0; side < 2; side++) {
			const struct recon *r = &rc->parts[i].recon;
			const struct recon_row *rows = side == 0 ? r->lines : r->items;

			for (uint32_t k = 0; k < (side == 0 ? r->n_lines : r->n_items); k++) {
				const struct rc_note *note = rows[k].closed ? NULL : rc_note_of(rc, &rows[k], side == 0);

				if (note != NULL && note->owner.n > 0 && !count_owner(all, note->owner, side))
					return false;
			}
		}
	if (all->n > 1)
		qsort(all->o, all->n, sizeof(*all->o), by_name);
	return true;
}

void page_owners(struct page *p)
{
	static const char *const heads[] = { "Owner", "#Bank lines", "#Book items", NULL };
	struct owners all;

	p->b.failed |= !count_owners(&all, p->rc);
	if (all.n > 0) {
		page_table(p, "Open by owner", heads);
		for (size_t i = 0; i < all.n; i++) {
			page_put(p, "<tr>");
			page_cell(p, "t", "Owner");
			page_text(p, all.o[i].owner);
			page_put(p, "</td>");
			page_cell_number(p, "Bank lines", all.o[i].n[0]);
			page_cell_number(p, "Book items", all.o[i].n[1]);
			page_put(p, "</tr>\n");
		}
		page_table_end(p);
	}
	free(all.o);
}

static void put_owners(struct json *j, const struct rc *rc)
{
	struct owners all;

	j->out->failed |= !count_owners(&all, rc);
	if (all.n > 0) {
		json_array(j, "owners");
		for (size_t i = 0; i < all.n; i++) {
			json_object(j, NULL);
			json_text(j, "owner", all.o[i].owner);
			json_int(j, "open_lines", (int64_t)all.o[i].n[0]);
			json_int(j, "open_items", (int64_t)all.o[i].n[1]);
			json_object_end(j);
		}
		json_array_end(j);
	}
	free(all.o);
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

	put_owners(j, rc);
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
