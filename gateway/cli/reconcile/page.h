/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - the parts of report.html: texts escaped and cut, numbers grouped, tables whose cells carry their label
 */
#pragma once

#include "gateway/cli/reconcile/stats.h"

struct page { struct buf b, s; const struct rc *rc; const struct rc_stats *stats; };

void page_put(struct page *p, const char *html);
void page_number(struct page *p, uint64_t n);
void page_text(struct page *p, struct view v);
void page_account(struct page *p, struct view account);
void page_amount(struct page *p, int64_t minor, const char *currency);
void page_date(struct page *p, date_t d);
void page_table(struct page *p, const char *caption, const char *const *heads);
void page_table_end(struct page *p);
void page_cell(struct page *p, const char *classes, const char *label);
void page_cell_number(struct page *p, const char *label, uint64_t n);
void page_cell_amount(struct page *p, const char *label, int64_t minor, const char *currency);
void page_cell_account(struct page *p, const struct rc_part *);		/* by its last four, and the currency */
void page_cell_share(struct page *p, const char *label, uint64_t part, uint64_t whole);
void page_cell_id(struct page *p, const char *label, const struct recon_row *r, bool bank);
void page_share(struct page *p, uint64_t part, uint64_t whole);
void page_section(struct page *p, const char *id, const char *title, const char *intro);
void page_note(struct page *p, const struct recon_row *, bool bank);	/* owner and comment, small */
void page_decisions(struct page *p);
void page_owners(struct page *p);
