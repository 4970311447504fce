/* SPDX-License-Identifier: Apache-2.0 */
/*
 * figures - the sheets of report.xlsx that are figures alone: accounts, reasons, ages with their chart, days
 *
 * What stands in them is struct rc_stats, as in summary.json and report.html.
 */
#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/stats.h"
#include "gateway/report_page.h"

#define FIGURE_ROWS 100000

/* Hundredths of a per cent, cut and never rounded up. */
static void share(struct xlsx_sheet *s, uint64_t part, uint64_t whole)
{
	sheet_money(s, whole == 0 ? 10000 : (int64_t)(part * 10000 / whole), 2);
}

static void accounts(struct xlsx_sheet *s, const struct rc *rc, const struct rc_stats *n)
{
	sheet_heads(s, "*Account,Currency,#Bank lines,#Matched,#Rate %,#Value matched,#Book items,#Items matched,#Exceptions,#Statements,#Off");
	for (uint32_t i = 0; i < rc->n_parts; i++) {
		const struct rc_part *p = &rc->parts[i];
		const struct rc_part_stats *a = &n->parts[i];

		sheet_text(s, p->account);
		sheet_text(s, view_of(p->currency));
		sheet_int(s, (int64_t)a->lines);
		sheet_int(s, (int64_t)a->lines_auto);
		share(s, a->lines_auto, a->lines);
		sheet_money(s, a->matched, p->digits);
		sheet_int(s, (int64_t)a->items);
		sheet_int(s, (int64_t)a->items_auto);
		sheet_int(s, (int64_t)a->exceptions);
		sheet_int(s, (int64_t)a->proofs);
		sheet_int(s, (int64_t)a->breaks);
		sheet_row(s);
	}
}

static void reasons(struct xlsx_sheet *s, const struct rc_stats *n)
{
	sheet_heads(s, "Reason,Code,#Bank,#Book,What to do");
	for (int i = 1; i < RECON_REASONS; i++) {
		const char *name = recon_reason_name((enum recon_reason)i);

		if (n->reason[0][i] + n->reason[1][i] == 0)
			continue;
		sheet_text(s, view_of(report_reason(name)));
		sheet_text(s, view_of(name));
		sheet_int(s, (int64_t)n->reason[0][i]);
		sheet_int(s, (int64_t)n->reason[1][i]);
		sheet_text(s, view_of(report_advice(name) == NULL ? "" : report_advice(name)));
		sheet_row(s);
	}
}

static void ages(struct xlsx_sheet *s, const struct rc *rc, const struct rc_stats *n)
{
	sheet_heads(s, "Age in business days,#Bank lines,#Book items");
	for (int a = 0; a < RC_AGES; a++) {
		sheet_text(s, view_of(rc_age_names[a]));
		for (int side = 0; side < 2; side++) {
			int64_t count = 0;

			for (uint32_t i = 0; i < rc->n_parts; i++)
				count += (int64_t)n->parts[i].age[side][a].n;
			sheet_int(s, count);
		}
		sheet_row(s);
	}
	sheet_chart(s, "Open by age", RC_AGES, 2);
}

static void days(struct xlsx_sheet *s, const struct rc *rc, const struct rc_stats *n)
{
	for (size_t i = 0; i < n->n_days; i++) {
		const struct rc_day *d = &n->days[i];
		const struct rc_part *p = &rc->parts[d->part];

		sheet_text(s, p->account);
		sheet_text(s, view_of(p->currency));
		sheet_date(s, d->date);
		sheet_int(s, (int64_t)d->lines);
		sheet_int(s, (int64_t)d->lines_auto);
		share(s, d->lines_auto, d->lines);
		sheet_money(s, d->moved, p->digits);
		sheet_money(s, d->matched, p->digits);
		sheet_row(s);
	}
}

void rc_figures(struct xlsx *x, const struct rc *rc, const struct rc_stats *n)
{
	struct xlsx_sheet *s = xlsx_sheet(x, "Summary", NULL, FIGURE_ROWS, NULL);
	char title[64] = "Reconciliation as of ";

	date_print(rc->as_of, title + strlen(title));
	sheet_title(s, title);
	sheet_title(s, "");
	accounts(s, rc, n);
	sheet_title(s, "");
	reasons(s, n);
	sheet_title(s, "");
	ages(s, rc, n);
	days(xlsx_sheet(x, "Days", "*Account,Currency,Date,#Lines,#Matched,#Rate %,#Value,#Value matched", FIGURE_ROWS, "summary.json"), rc, n);
}
