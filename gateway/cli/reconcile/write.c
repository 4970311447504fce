/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write - the CSV files of a run, each whole or not there
 *
 * Order: partitions by account and currency; matches as the engine ranks them; exceptions and open items by their place.
 * Nothing of the order of reading or of threads is in it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/money.h"
#include "gateway/cli/reconcile/csv.h"

#define CANDIDATES 3

static void field(struct csv_out *o, struct buf *scratch)
{
	csv_text(o, buf_as_view(scratch));
	buf_clear(scratch);
}

static void id_list(struct csv_out *o, struct buf *s, const struct rc *rc, const struct recon_row *rows, const uint32_t *ids, uint32_t n, bool bank)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_char(s, ' ');
		put_id(s, rc, &rows[ids[i]], bank);
	}
	field(o, s);
}

static void match_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_part *p, const struct recon_match *m, uint64_t number)
{
	const struct recon *r = &p->recon;

	buf_char(s, 'M');
	put_int(s, (int64_t)number);
	field(o, s);
	csv_word(o, m->automatic ? "auto" : "proposed");
	csv_word(o, "auto");
	csv_word(o, recon_rules[m->rule].name);
	csv_money(o, m->score, 2);
	id_list(o, s, rc, r->lines, r->ids + m->bank_at, m->n_bank, true);
	id_list(o, s, rc, r->items, r->ids + m->book_at, m->n_book, false);
	csv_money(o, m->bank_total, p->digits);
	csv_money(o, m->book_total, p->digits);
	csv_money(o, m->bank_total - m->book_total, p->digits);
	recon_explain(s, &p->recon, m);
	field(o, s);
	csv_row(o);
}

static int write_matches(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	struct buf s = { .max = (size_t)64 << 20 };
	uint64_t number = 0;

	if (csv_begin(&o, rc->out, "matches.csv", "match_id,status,method,rule,score,bank_ids,book_ids,bank_total,book_total,difference,explanation",
		err) != 0)
		return -1;
	for (int automatic = 1; automatic >= 0; automatic--)
		for (uint32_t i = 0; i < rc->n_parts; i++)
			for (uint32_t m = 0; m < rc->parts[i].recon.n_matches; m++)
				if (rc->parts[i].recon.matches[m].automatic == automatic)
					match_row(&o, &s, rc, &rc->parts[i], &rc->parts[i].recon.matches[m], ++number);
	o.failed |= s.failed;
	buf_release(&s);
	return csv_finish(&o, err);
}

/* Exceptions */

struct near { uint32_t *first, *next, *match; uint32_t n; };	/* proposals of each row, by its index */

/* For one side: which proposals a row stands in, the best first. */
static int near_open(struct near *c, const struct recon *r, bool bank)
{
	uint32_t rows = bank ? r->n_lines : r->n_items, places = 0;

	for (uint32_t m = r->n_auto; m < r->n_matches; m++)
		places += bank ? r->matches[m].n_bank : r->matches[m].n_book;
	*c = (struct near){ .first = malloc((rows + 1) * sizeof(*c->first)), .next = malloc((places + 1) * sizeof(*c->next)),
		.match = malloc((places + 1) * sizeof(*c->match)) };
	if (c->first == NULL || c->next == NULL || c->match == NULL)
		return -1;
	memset(c->first, 0xff, (rows + 1) * sizeof(*c->first));
	for (uint32_t m = r->n_matches; m-- > r->n_auto;) {
		const struct recon_match *x = &r->matches[m];
		const uint32_t *ids = r->ids + (bank ? x->bank_at : x->book_at);

		for (uint32_t i = 0; i < (bank ? x->n_bank : x->n_book); i++) {
			c->match[c->n] = m;
			c->next[c->n] = c->first[ids[i]];
			c->first[ids[i]] = c->n++;
		}
	}
	return 0;
}

static void near_close(struct near *c)
{
	free(c->first);
	free(c->next);
	free(c->match);
}

/* The other side's ids of up to three proposals, " | " between them; else what the reason speaks of. */
static void candidates(struct buf *s, const struct rc *rc, const struct recon *r, const struct near *c, uint32_t row, bool bank)
{
	const struct recon_row *rows = bank ? r->items : r->lines, *self = bank ? &r->lines[row] : &r->items[row];
	unsigned n = 0;

	for (uint32_t at = c->first[row]; at != UINT32_MAX && n < CANDIDATES; at = c->next[at], n++) {
		const struct recon_match *m = &r->matches[c->match[at]];
		const uint32_t *ids = r->ids + (bank ? m->book_at : m->bank_at);
		uint32_t count = bank ? m->n_book : m->n_bank;

		buf_text(s, n > 0 ? " | " : "");
		for (uint32_t i = 0; i < count && i < 12; i++) {
			buf_text(s, i > 0 ? " " : "");
			put_id(s, rc, &rows[ids[i]], !bank);
		}
		if (count > 12)
			buf_text(s, " ...");
	}
	if (n == 0 && self->with != NULL)
		put_id(s, rc, self->with, (self->reason == DUP_LINE || self->reason == DUP_PAYMENT) ? bank : !bank);
}

static void exception_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_part *p, const struct near *c, uint32_t i, bool bank)
{
	const struct recon_row *r = bank ? &p->recon.lines[i] : &p->recon.items[i];

	csv_word(o, bank ? "bank" : "book");
	put_id(s, rc, r, bank);
	field(o, s);
	csv_text(o, p->account);
	csv_date(o, r->date);
	csv_money(o, r->amount, p->digits);
	csv_word(o, r->sign == RECON_CR ? "CR" : "DB");
	csv_word(o, recon_reason_name((enum recon_reason)r->reason));
	recon_detail(s, &p->recon, r, bank);
	field(o, s);
	candidates(s, rc, &p->recon, c, i, bank);
	field(o, s);
	csv_row(o);
}

static void break_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_proof *p)
{
	int digits = money_digits(p->currency) < 0 ? 2 : money_digits(p->currency);

	for (int kind = 0; kind < 2; kind++) {
		int64_t by = kind == 0 ? p->residual : p->gap;

		if (by == 0 || (kind == 0 && !p->proves) || (kind == 1 && !p->chained))
			continue;
		csv_word(o, "bank");
		csv_text(o, view_of(rc->bank[p->statement->file]->base));
		csv_text(o, p->account);
		csv_date(o, p->date);
		csv_money(o, by < 0 ? -by : by, digits);
		csv_word(o, by < 0 ? "DB" : "CR");
		csv_word(o, "BALANCE_BREAK");
		buf_text(s, kind == 0 ? "opening and lines do not make the closing balance; off by " :
			"the opening balance is not the closing balance before it; off by ");
		put_money(s, by, digits);
		field(o, s);
		csv_word(o, "");
		csv_row(o);
	}
}

static int write_exceptions(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	struct buf s = { 0 };
	struct near c;
	int bad = 0;

	if (csv_begin(&o, rc->out, "exceptions.csv", "side,id,account,date,amount,sign,reason,detail,candidates", err) != 0)
		return -1;
	for (uint32_t i = 0; i < rc->n_proofs; i++)
		break_row(&o, &s, rc, &rc->proofs[i]);
	for (uint32_t i = 0; i < rc->n_parts && bad == 0; i++)
		for (int side = 0; side < 2 && bad == 0; side++) {
			const struct recon *r = &rc->parts[i].recon;
			const struct recon_row *rows = side == 0 ? r->lines : r->items;

			bad = near_open(&c, r, side == 0);
			for (uint32_t k = 0; k < (side == 0 ? r->n_lines : r->n_items) && bad == 0; k++)
				if (!rows[k].closed && rows[k].reason != RECON_NO_REASON)
					exception_row(&o, &s, rc, &rc->parts[i], &c, k, side == 0);
			near_close(&c);
		}
	o.failed |= s.failed || bad != 0;
	buf_release(&s);
	return csv_finish(&o, err);
}

/* Open items: all that a later run needs of them */

static const char *const statuses[] = { "OPEN", "VOID", "STOPPED" };

static void open_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_part *p, const struct recon_row *r, bool bank)
{
	static const int bank_texts[] = { B_REF, B_PARTY, -1, -1, B_E2E, B_NUMBER, B_OWN, B_TEXT, -1 };
	static const int book_texts[] = { K_REF, K_PARTY, K_GROUP, K_NOTE, -1, -1, -1, -1, K_EXTRA };
	const int *t = bank ? bank_texts : book_texts;
	int age;

	csv_word(o, bank ? "bank" : "book");
	put_id(s, rc, r, bank);
	field(o, s);
	csv_text(o, p->account);
	csv_word(o, p->currency);
	csv_date(o, r->date);
	csv_money(o, r->amount, p->digits);
	csv_word(o, r->sign == RECON_CR ? "CR" : "DB");
	csv_word(o, recon_type_name((enum recon_type)r->type));
	csv_word(o, bank ? "" : statuses[r->status]);
	csv_date(o, r->status_date);
	csv_date(o, r->other);
	for (int i = 0; i < 9; i++)
		csv_text(o, t[i] < 0 ? VIEW("") : recon_text(r, t[i]));
	csv_word(o, r->held ? recon_reason_name((enum recon_reason)r->reason) : "");
	csv_date(o, r->first_seen == DATE_NONE ? rc->as_of : r->first_seen);
	age = calendar_count(&p->calendar, r->date, rc->as_of);
	csv_int(o, age < 0 ? 0 : age);
	csv_row(o);
}

#define OPEN_HEADER "side,id,account,currency,date,amount,sign,type,status,status_date,issued,reference,party,group,note,end_to_end,number," \
	"bank_ref,text,extra,held,first_seen,age"

static int write_open(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	struct buf s = { 0 };

	if (csv_begin(&o, rc->out, "open_items.csv", OPEN_HEADER, err) != 0)
		return -1;
	for (uint32_t i = 0; i < rc->n_parts; i++)
		for (int side = 0; side < 2; side++) {
			const struct recon *r = &rc->parts[i].recon;
			const struct recon_row *rows = side == 0 ? r->lines : r->items;

			for (uint32_t k = 0; k < (side == 0 ? r->n_lines : r->n_items); k++)
				if (!rows[k].closed)
					open_row(&o, &s, rc, &rc->parts[i], &rows[k], side == 0);
		}
	o.failed |= s.failed;
	buf_release(&s);
	return csv_finish(&o, err);
}

static int write_proof(const struct rc *rc, struct err *err)
{
	struct csv_out o;

	if (csv_begin(&o, rc->out, "proof.csv", "account,currency,date,bank_opening,bank_lines,bank_closing,residual,book_balance,in_transit,outstanding,"
		"unexplained,note", err) != 0)
		return -1;
	for (uint32_t i = 0; i < rc->n_proofs; i++) {
		const struct rc_proof *p = &rc->proofs[i];
		int d = money_digits(p->currency) < 0 ? 2 : money_digits(p->currency);

		csv_text(&o, p->account);
		csv_word(&o, p->currency);
		csv_date(&o, p->date);
		if (p->statement->has_opening)
			csv_money(&o, p->opening, d);
		else
			csv_word(&o, "");
		csv_money(&o, p->lines, d);
		if (p->statement->has_closing)
			csv_money(&o, p->closing, d);
		else
			csv_word(&o, "");
		if (p->proves)
			csv_money(&o, p->residual, d);
		else
			csv_word(&o, "");
		if (p->has_book) {
			csv_money(&o, p->book, d);
			csv_money(&o, p->in_transit, d);
			csv_money(&o, p->outstanding, d);
			csv_money(&o, p->unexplained, d);
		} else {
			for (int k = 0; k < 4; k++)
				csv_word(&o, "");
		}
		csv_word(&o, !p->proves ? "no balances" : !p->has_book ? "bank side only" : "");
		csv_row(&o);
	}
	return csv_finish(&o, err);
}

/* Provisional lines, and the booked line that took their place */

static const struct recon_row *booked(const struct rc_part *p, const struct recon_row *r, const uint32_t *by_own, uint32_t n)
{
	const struct recon_row *best = NULL;
	uint32_t lo = 0, hi = n;
	struct view own = recon_text(r, B_OWN);

	while (lo < hi) {		/* the first line of that day */
		uint32_t mid = lo + (hi - lo) / 2;

		if (p->recon.lines[by_own[mid]].date < r->date)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && p->recon.lines[by_own[lo]].date == r->date; lo++) {
		const struct recon_row *l = &p->recon.lines[by_own[lo]];

		if (l->sign != r->sign || !view_eq(recon_text(l, B_OWN), own) || (own.n == 0 && l->amount != r->amount))
			continue;
		if (best == NULL || (l->amount == r->amount && best->amount != r->amount))
			best = l;
	}
	return best;
}

static const struct recon_row *sort_rows(const struct recon_row *set)
{
	static const struct recon_row *rows;

	if (set != NULL)
		rows = set;
	return rows;
}

static int by_date(const void *pa, const void *pb)
{
	const struct recon_row *a = sort_rows(NULL) + *(const uint32_t *)pa, *b = sort_rows(NULL) + *(const uint32_t *)pb;

	return a->date != b->date ? (a->date < b->date ? -1 : 1) : (a > b) - (a < b);
}

static uint32_t *days_index(const struct rc_part *p)
{
	uint32_t *at = malloc((p->recon.n_lines + 1) * sizeof(*at));

	for (uint32_t i = 0; at != NULL && i < p->recon.n_lines; i++)
		at[i] = i;
	if (at != NULL && p->recon.n_lines > 0) {
		sort_rows(p->recon.lines);
		qsort(at, p->recon.n_lines, sizeof(*at), by_date);
	}
	return at;
}

static void provisional_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_part *p, const struct recon_row *r,
	const uint32_t *index)
{
	const struct recon_row *l = booked(p, r, index, p->recon.n_lines);

	put_bank_id(s, rc, r);
	field(o, s);
	csv_text(o, p->account);
	csv_date(o, r->date);
	csv_money(o, r->amount, p->digits);
	csv_word(o, r->sign == RECON_CR ? "CR" : "DB");
	if (l != NULL)
		put_bank_id(s, rc, l);
	field(o, s);
	if (l != NULL)
		csv_money(o, l->amount - r->amount, p->digits);
	else
		csv_word(o, "");
	csv_row(o);
}

static int write_provisional(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	struct buf s = { 0 };
	uint32_t **index = calloc(rc->n_parts + 1, sizeof(*index));
	bool bad = index == NULL;

	if (bad || csv_begin(&o, rc->out, "provisional.csv", "id,account,date,amount,sign,superseded_by,difference", err) != 0) {
		free(index);
		return -1;
	}
	for (uint32_t i = 0; i < rc->n_bank && !bad; i++)
		for (uint32_t k = 0; k < rc->bank[i]->n_prov && !bad; k++) {
			const struct rc_file *f = rc->bank[i];
			const struct rc_statement *st = &f->statements[f->prov[k].day];
			int part = rc_part_of(rc, st->account, st->currency);

			if (index[part] == NULL)
				index[part] = days_index(&rc->parts[part]);
			bad = index[part] == NULL;
			if (!bad)
				provisional_row(&o, &s, rc, &rc->parts[part], &f->prov[k], index[part]);
		}
	for (uint32_t i = 0; i < rc->n_parts; i++)
		free(index[i]);
	free(index);
	o.failed |= s.failed || bad;
	buf_release(&s);
	return csv_finish(&o, err);
}

/* The folder and those above it. */
static int make_folder(const char *dir, struct err *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s", dir) >= sizeof(path))
		return err_set(err, ENAMETOOLONG, "the name '%s' is too long", dir);
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0750);
		*p = '/';
	}
	if (mkdir(path, 0750) == -1 && (errno != EEXIST || access(path, W_OK) != 0))
		return err_set(err, errno, "cannot make '%s': %s", dir, strerror(errno));
	return 0;
}

int rc_write(struct rc *rc, struct err *err)
{
	static int (*const files[])(const struct rc *, struct err *) = { write_matches, write_exceptions, write_open, write_proof, write_provisional };

	if (make_folder(rc->out, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i](rc, err) != 0)
			return err->code != 0 ? -1 : err_set(err, -1, "memory is short");
	return 0;
}
