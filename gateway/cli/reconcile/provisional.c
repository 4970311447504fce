/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/provisional - lines that only inform, and the booked line that took each one's place
 *
 * A booked line of the day, sign and bank's reference supersedes the announced one, of the same amount where there are
 * several; without a reference the amount must agree.  Within one file a booked line takes the place of one announced line
 * only: the second of two equal ones is money that did not come.  What waits for its day's statement is carried to the next
 * run (bank_ref and currency stand in the file for that) and told there.
 */
#include <stdlib.h>

#include "formats/core/money.h"
#include "gateway/cli/reconcile/prior.h"
#include "gateway/cli/reconcile/provisional.h"

#define SCAN 2000			/* equal lines of a day that are looked at */
#define WAIT_DAYS 60

struct index { uint32_t *at, *taken; };	/* lines by day, reference, sign and amount; by line: the last file that took it */

struct desk { const struct rc *rc; struct csv_out *o; struct buf s; struct index *index; uint32_t file; bool failed; };

static int compare_text(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Day, reference and sign. */
static int compare_line(const struct recon_row *a, const struct recon_row *b)
{
	int c;

	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	c = compare_text(recon_text(a, B_OWN), recon_text(b, B_OWN));
	return c != 0 ? c : (a->sign > b->sign) - (a->sign < b->sign);
}

static int compare_amount(const struct recon_row *a, const struct recon_row *b)
{
	int c = compare_line(a, b);

	return c != 0 ? c : (a->amount > b->amount) - (a->amount < b->amount);
}

static int by_line(const void *pa, const void *pb, void *rows)
{
	const struct recon_row *a = (const struct recon_row *)rows + *(const uint32_t *)pa, *b = (const struct recon_row *)rows + *(const uint32_t *)pb;
	int c = compare_amount(a, b);

	return c != 0 ? c : (a > b) - (a < b);
}

static bool index_open(struct index *x, const struct recon *r)
{
	x->at = malloc(((size_t)r->n_lines + 1) * sizeof(*x->at));
	x->taken = calloc((size_t)r->n_lines + 1, sizeof(*x->taken));
	for (uint32_t i = 0; x->at != NULL && i < r->n_lines; i++)
		x->at[i] = i;
	if (x->at != NULL && r->n_lines > 0)
		qsort_r(x->at, r->n_lines, sizeof(*x->at), by_line, r->lines);
	return x->at != NULL && x->taken != NULL;
}

/* The first that no line of this file has taken, of those that compare equal; the last of them when all are taken beyond SCAN. */
static const struct recon_row *first_free(const struct desk *d, const struct recon *r, struct index *x, const struct recon_row *row,
	int (*compare)(const struct recon_row *, const struct recon_row *))
{
	uint32_t lo = 0, hi = r->n_lines;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (compare(&r->lines[x->at[mid]], row) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (uint32_t n = 0; lo < r->n_lines && compare(&r->lines[x->at[lo]], row) == 0; lo++, n++)
		if (x->taken[x->at[lo]] != d->file || n == SCAN) {
			x->taken[x->at[lo]] = d->file;
			return &r->lines[x->at[lo]];
		}
	return NULL;
}

/* Has a statement of that day or a later one said what was booked?  An earlier run's lines are not here to be asked. */
static const char *state_of(const struct rc *rc, struct view account, const char *currency, date_t day)
{
	bool later = false;

	for (uint32_t i = 0; i < rc->n_known; i++) {
		const struct rc_known *k = &rc->known[i];

		if (k->date < day || !view_eq(k->account, account) || memcmp(k->currency, currency, 4) != 0)
			continue;
		if (k->date == day)
			return "booked earlier";
		later = true;
	}
	for (uint32_t i = 0; i < rc->n_proofs; i++)
		if (rc->proofs[i].date >= day && view_eq(rc->proofs[i].account, account) && memcmp(rc->proofs[i].currency, currency, 4) == 0)
			return "not booked";
	return later ? "booked earlier" : "waiting";
}

static void put_row(struct desk *d, struct view id, struct view account, const char *currency, const struct recon_row *row)
{
	int part = rc_part_of(d->rc, account, currency), digits = money_digits(currency) < 0 ? 2 : money_digits(currency);
	const struct recon *r = part < 0 ? NULL : &d->rc->parts[part].recon;
	const struct recon_row *l = NULL;

	if (r != NULL && d->index[part].at == NULL && !index_open(&d->index[part], r)) {
		d->failed = true;
		return;
	}
	if (r != NULL)
		l = first_free(d, r, &d->index[part], row, compare_amount);
	if (r != NULL && l == NULL && recon_text(row, B_OWN).n > 0)
		l = first_free(d, r, &d->index[part], row, compare_line);
	csv_text(d->o, id);
	csv_text(d->o, account);
	csv_date(d->o, row->date);
	csv_money(d->o, row->amount, digits);
	csv_word(d->o, row->sign == RECON_CR ? "CR" : "DB");
	buf_clear(&d->s);
	if (l != NULL)
		put_bank_id(&d->s, d->rc, l);
	csv_text(d->o, buf_as_view(&d->s));
	if (l != NULL)
		csv_money(d->o, l->amount - row->amount, digits);
	else
		csv_word(d->o, "");
	csv_word(d->o, currency);
	csv_text(d->o, recon_text(row, B_OWN));
	csv_word(d->o, l != NULL ? "booked" : state_of(d->rc, account, currency, row->date));
	csv_row(d->o);
}

static bool in_this_run(const struct rc *rc, struct view base)
{
	for (uint32_t i = 0; i < rc->n_bank; i++)
		if (!rc->bank[i]->carried && view_eq(view_of(rc->bank[i]->base), base))
			return true;
	return false;
}

bool rc_provisional_rows(const struct rc *rc, struct csv_out *o)
{
	struct desk d = { .rc = rc, .o = o, .index = calloc(rc->n_parts + 1, sizeof(*d.index)) };
	struct view base = { NULL, 0 };
	struct buf id = { 0 };
	bool here = false;

	d.failed = d.index == NULL;
	for (uint32_t i = 0; i < rc->n_waiting && !d.failed; i++) {
		const struct rc_waiting *w = &rc->waiting[i];

		if (i == 0 || !view_eq(base, w->base)) {
			base = w->base;
			here = in_this_run(rc, base);
			d.file++;
		}
		if (!here && w->row.date > rc->as_of - WAIT_DAYS)
			put_row(&d, w->id, w->account, w->currency, &w->row);
	}
	for (uint32_t i = 0; i < rc->n_bank; i++) {
		const struct rc_file *f = rc->bank[i];

		d.file++;
		for (uint32_t k = 0; k < f->n_prov && !d.failed; k++) {
			const struct rc_statement *st = &f->statements[f->prov[k].day];

			buf_clear(&id);
			put_bank_id(&id, rc, &f->prov[k]);
			put_row(&d, buf_as_view(&id), st->account, st->currency, &f->prov[k]);
		}
	}
	for (uint32_t i = 0; d.index != NULL && i < rc->n_parts; i++) {
		free(d.index[i].at);
		free(d.index[i].taken);
	}
	free(d.index);
	d.failed |= d.s.failed || id.failed;
	buf_release(&d.s);
	buf_release(&id);
	return !d.failed;
}

/* Reading: rows of an earlier run that wait; a file of before they were carried has none. */

enum { P_ID, P_ACCOUNT, P_CURRENCY, P_DATE, P_AMOUNT, P_SIGN, P_OWN, P_STATE, P_COLUMNS };

static int take_waiting(struct rc *rc, const struct view *v, uint32_t *cap)
{
	struct rc_texts t = { .t = { [B_OWN] = v[P_OWN] } };
	const char *mark = v[P_ID].n == 0 ? NULL : memrchr(v[P_ID].p, '#', v[P_ID].n);
	struct rc_waiting *w, one = { .row = { .closed = 0 } };
	struct money m;

	if (v[P_CURRENCY].n == 3)
		memcpy(one.currency, v[P_CURRENCY].p, 3);
	if (mark == NULL || money_parse_decimal(&m, v[P_AMOUNT], one.currency) != MONEY_OK || m.minor < 0 || !date_parse_iso(&one.row.date, v[P_DATE]))
		return 1;
	if (rc->n_waiting == *cap) {
		w = realloc(rc->waiting, ((size_t)*cap * 2 + 64) * sizeof(*w));
		if (w == NULL)
			return -1;
		rc->waiting = w;
		*cap = *cap * 2 + 64;
	}
	one.row.amount = m.minor;
	one.row.sign = view_eq(v[P_SIGN], VIEW("DB")) ? RECON_DB : RECON_CR;
	if (!rc_keep(&rc->store[0], v[P_ID], &one.id) || !rc_keep(&rc->store[0], v[P_ACCOUNT], &one.account) || !rc_pack(&rc->store[0], &one.row, &t))
		return -1;
	one.base = view_sub(one.id, 0, (size_t)(mark - v[P_ID].p));
	rc->waiting[rc->n_waiting++] = one;
	return 0;
}

int rc_prior_provisional(struct rc *rc, struct err *err)
{
	static const char *const names[] = { "id", "account", "currency", "date", "amount", "sign", "bank_ref", "state", NULL };
	struct view v[P_COLUMNS];
	struct rc_table t;
	char path[600];
	int got, rc_code = 0;
	uint32_t cap = 0;

	if (rc_path_in(path, rc->prior, "provisional.csv", err) != 0 || rc_table_open(&t, path, names, err) != 0)
		return -1;
	while (rc_code == 0 && (got = rc_table_next(&t, v)) != 0)
		if (got < 0 || view_eq(v[P_STATE], VIEW("waiting")))
			rc_code = got < 0 ? 1 : take_waiting(rc, v, &cap);
	if (rc_code == 1)
		rc_code = err_set(err, -1, "'%s', line %llu is not what an earlier run wrote", path, t.line);
	else if (rc_code != 0)
		rc_code = err_set(err, -1, "memory is short");
	rc_table_close(&t);
	return rc_code;
}
