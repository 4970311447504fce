/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - see page.h.  Foreign text is escaped here and nowhere else
 */
#include "formats/core/mask.h"
#include "formats/core/money.h"
#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/page.h"

#define TEXT_SHOWN 160

void page_put(struct page *p, const char *html)
{
	buf_text(&p->b, html);
}

void page_number(struct page *p, uint64_t n)
{
	char t[24], out[32];
	int at = 0, k = 0, digits = 0;

	do
		t[at++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (at > 0) {
		out[k++] = t[--at];
		digits = at;
		if (digits > 0 && digits % 3 == 0)
			out[k++] = ',';
	}
	buf_put(&p->b, out, (size_t)k);
}

/* Foreign text: control bytes named, markup escaped, cut where it grows long. */
void page_text(struct page *p, struct view v)
{
	struct buf clean = { 0 };
	struct view t = view_sub(v, 0, TEXT_SHOWN);

	while (t.n < v.n && t.n > 0 && ((unsigned char)v.p[t.n] & 0xc0) == 0x80)
		t.n--;			/* not in the middle of a character */
	escape_text(&clean, t);
	for (size_t i = 0; i < clean.n; i++)
		switch (clean.p[i]) {
		case '&': page_put(p, "&amp;"); break;
		case '<': page_put(p, "&lt;"); break;
		case '>': page_put(p, "&gt;"); break;
		case '"': page_put(p, "&quot;"); break;
		default: buf_char(&p->b, clean.p[i]);
		}
	if (t.n < v.n)
		page_put(p, "…");
	buf_release(&clean);
}

void page_account(struct page *p, struct view account)
{
	buf_clear(&p->s);
	mask_last4(&p->s, account);
	page_text(p, buf_as_view(&p->s));
}

void page_amount(struct page *p, int64_t minor, const char *currency)
{
	money_print_grouped(&p->b, minor, currency);
	page_put(p, " <i>");
	page_text(p, view_of(currency));
	page_put(p, "</i>");
}

void page_date(struct page *p, date_t d)
{
	char t[DATE_TEXT];

	page_put(p, date_print(d, t));
}

/* Tables: a head, rows of cells that carry their label for the telephone. */

void page_table(struct page *p, const char *caption, const char *const *heads)
{
	page_put(p, "<div class=\"wide\"><table><caption>");
	page_put(p, caption);
	page_put(p, "</caption><thead><tr>");
	for (; *heads != NULL; heads++) {
		bool number = **heads == '#';

		buf_fmt(&p->b, "<th scope=\"col\"%s>%s</th>", number ? " class=\"n\"" : "", *heads + number);
	}
	page_put(p, "</tr></thead><tbody>\n");
}

void page_table_end(struct page *p)
{
	page_put(p, "</tbody></table></div>\n");
}

void page_cell(struct page *p, const char *classes, const char *label)
{
	buf_fmt(&p->b, "<td class=\"%s\" data-l=\"%s\">", classes, label);
}

void page_cell_number(struct page *p, const char *label, uint64_t n)
{
	page_cell(p, "n", label);
	page_number(p, n);
	page_put(p, "</td>");
}

void page_cell_amount(struct page *p, const char *label, int64_t minor, const char *currency)
{
	page_cell(p, "n", label);
	page_amount(p, minor, currency);
	page_put(p, "</td>");
}

void page_cell_account(struct page *p, const struct rc_part *part)
{
	page_cell(p, "", "Account");
	page_account(p, part->account);
	buf_char(&p->b, ' ');
	page_text(p, view_of(part->currency));
	page_put(p, "</td>");
}

void page_cell_share(struct page *p, const char *label, uint64_t part, uint64_t whole)
{
	page_cell(p, "n", label);
	page_share(p, part, whole);
	page_put(p, "</td>");
}

void page_cell_id(struct page *p, const char *label, const struct recon_row *r, bool bank)
{
	struct buf id = { 0 };

	page_cell(p, "", label);
	put_id(&id, p->rc, r, bank);
	page_put(p, "<code>");
	page_text(p, buf_as_view(&id));
	page_put(p, "</code></td>");
	buf_release(&id);
}

/* A share in hundredths of a per cent, cut and never rounded up. */
void page_share(struct page *p, uint64_t part, uint64_t whole)
{
	uint64_t n = whole == 0 ? 10000 : part * 10000 / whole;

	buf_fmt(&p->b, "%llu.%02llu %%", (unsigned long long)(n / 100), (unsigned long long)(n % 100));
}

void page_section(struct page *p, const char *id, const char *title, const char *intro)
{
	buf_fmt(&p->b, "<section id=\"%s\"><h2>%s</h2>\n<p class=\"intro\">%s</p>\n", id, title, intro);
}
