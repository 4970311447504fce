/* SPDX-License-Identifier: Apache-2.0 */
/*
 * set - rows into partitions: one for each account and currency, in an order that no input order can change
 *
 * Lines stand by base name and number, items by id, partitions by account and currency.  The same book row twice is
 * one item; the same id with other content ends the run, unless only its status changed: then the later status holds.
 *
 * Failure: -1 and *err; everything is freed with struct rc.
 */
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/money.h"
#include "gateway/cli/reconcile/pool.h"

/* Names of partitions */

static int compare_views(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_account(const void *pa, const void *pb)
{
	const struct rc_part *a = pa, *b = pb;
	int c = compare_views(a->account, b->account);

	return c != 0 ? c : memcmp(a->currency, b->currency, 4);
}

int rc_part_of(const struct rc *rc, struct view account, const char *currency)
{
	struct rc_part key = { .account = account };
	const struct rc_part *hit;

	memcpy(key.currency, currency, 4);
	hit = rc->n_parts == 0 ? NULL : bsearch(&key, rc->parts, rc->n_parts, sizeof(key), by_account);
	return hit == NULL ? -1 : (int)(hit - rc->parts);
}

static int add_name(struct rc *rc, struct view account, const char *currency, uint32_t *cap)
{
	struct rc_part *p;

	for (uint32_t i = rc->n_parts, tried = 0; i-- > 0 && tried < 16; tried++)
		if (view_eq(rc->parts[i].account, account) && memcmp(rc->parts[i].currency, currency, 4) == 0)
			return 0;
	if (rc->n_parts == *cap) {
		p = realloc(rc->parts, (*cap * 2 + 16) * sizeof(*p));
		if (p == NULL)
			return -1;
		rc->parts = p;
		*cap = *cap * 2 + 16;
	}
	p = &rc->parts[rc->n_parts++];
	*p = (struct rc_part){ .account = account };
	memcpy(p->currency, currency, 4);
	return 0;
}

static int name_parts(struct rc *rc)
{
	uint32_t cap = 0, n = 0;
	int rc_code = 0;

	for (uint32_t i = 0; i < rc->n_files; i++) {
		const struct rc_file *f = &rc->files[i];

		for (uint32_t s = 0; s < f->n_statements; s++)
			rc_code |= add_name(rc, f->statements[s].account, f->statements[s].currency, &cap);
		for (uint32_t a = 0; a < f->n_accounts; a++)
			rc_code |= add_name(rc, f->accounts[a].account, f->accounts[a].currency, &cap);
	}
	for (uint32_t i = 0; i < rc->n_carried; i++)
		rc_code |= add_name(rc, rc->carried[i].account, rc->carried[i].currency, &cap);
	if (rc_code != 0 || rc->n_parts == 0)
		return rc_code;
	qsort(rc->parts, rc->n_parts, sizeof(*rc->parts), by_account);
	for (uint32_t i = 0; i < rc->n_parts; i++)
		if (n == 0 || by_account(&rc->parts[n - 1], &rc->parts[i]) != 0)
			rc->parts[n++] = rc->parts[i];
	rc->n_parts = n;
	return 0;
}

/* Banking days */

#define DAYS_BACK 7400			/* about twenty years around as-of */
#define DAYS_ON 3700

static int32_t *day_table(const struct calendar *c, date_t as_of)
{
	int32_t *t = malloc((DAYS_BACK + DAYS_ON) * sizeof(*t)), n = 0;

	for (int i = 0; t != NULL && i < DAYS_BACK + DAYS_ON; i++) {
		t[i] = n;
		n += calendar_open(c, as_of - DAYS_BACK + i);
	}
	return t;
}

static int32_t day_of(const int32_t *t, date_t as_of, date_t d)
{
	int64_t i = (int64_t)d - as_of + DAYS_BACK;

	if (d == DATE_NONE)
		return t[DAYS_BACK];
	return t[i < 0 ? 0 : i >= DAYS_BACK + DAYS_ON ? DAYS_BACK + DAYS_ON - 1 : i];
}

int rc_age(const struct rc *rc, const struct rc_part *p, date_t d)
{
	int64_t i = (int64_t)d - rc->as_of + DAYS_BACK;

	if (d >= rc->as_of)
		return 0;
	return i < 0 ? calendar_count(&p->calendar, d, rc->as_of) : p->days[DAYS_BACK + 1] - p->days[i + 1];
}

/* One table for each calendar that a partition has. */
static int number_calendars(struct rc *rc)
{
	for (uint32_t i = 0; i < rc->n_parts; i++) {
		struct rc_part *p = &rc->parts[i];
		int32_t **days;

		calendar_for_currency(&p->calendar, view_of(p->currency));
		days = &rc->days[p->calendar.kind];
		if (*days == NULL && (*days = day_table(&p->calendar, rc->as_of)) == NULL)
			return -1;
		p->days = *days;
	}
	return 0;
}

/* Filling */

static struct recon_row *take_rows(struct rc_part *p, bool line, uint32_t n)
{
	struct recon_row **rows = line ? &p->recon.lines : &p->recon.items;
	uint32_t *at = line ? &p->at_lines : &p->at_items;
	struct recon_row *to = *rows + *at;

	*at += n;
	return to;
}

/* A wiped statement's lines inform only. */
static int to_provisional(struct rc_file *f, const struct rc_statement *s)
{
	for (uint32_t i = s->first; i < s->first + s->n; i++) {
		struct recon_row *to = rc_row(&f->prov, &f->n_prov, &f->cap_prov);

		if (to == NULL)
			return -1;
		*to = f->rows[i];
		to->day = (int32_t)s->number;
	}
	return 0;
}

/* How many rows each partition gets, or (filling) the rows themselves. */
static int spread(struct rc *rc, struct rc_file *f, bool filling)
{
	int rc_code = 0;

	for (uint32_t s = 0; s < f->n_statements; s++) {
		const struct rc_statement *st = &f->statements[s];
		struct rc_part *p = &rc->parts[rc_part_of(rc, st->account, st->currency)];
		struct recon_row *to;

		if (st->known)
			continue;
		if (st->wiped) {
			rc_code |= filling ? to_provisional(f, st) : 0;
			continue;
		}
		if (!filling) {
			p->recon.n_lines += st->n;
			continue;
		}
		to = take_rows(p, true, st->n);
		if (st->n > 0)
			memcpy(to, f->rows + st->first, st->n * sizeof(*to));
		for (uint32_t i = 0; i < st->n && st->again; i++) {
			to[i].reason = DUP_LINE;
			to[i].held = 1;
			rc->again_lines++;
		}
	}
	for (uint32_t i = 0; i < f->n_rows && !f->bank; i++) {
		struct rc_part *p = &rc->parts[f->accounts[f->rows[i].n].partition];

		if (!f->carried && rc_print_has(&rc->closed_items, rc_print_of(recon_text(&f->rows[i], K_ID))))
			continue;
		if (filling)
			*take_rows(p, false, 1) = f->rows[i];
		else
			p->recon.n_items++;
	}
	return rc_code;
}

static int by_rank(const void *pa, const void *pb)
{
	const struct rc_file *a = *(struct rc_file *const *)pa, *b = *(struct rc_file *const *)pb;

	return a->bank != b->bank ? (a->bank ? -1 : 1) : a->bank ? (a->rank > b->rank) - (a->rank < b->rank) : 0;
}

static uint32_t rank_named(const struct rc *rc, struct view base)
{
	uint32_t lo = 0, hi = rc->n_bank;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (compare_views(view_of(rc->bank[mid]->base), base) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Lines of an earlier run; they go in front, and the sort by file and number puts them where they belong. */
static void spread_carried(struct rc *rc, bool filling)
{
	for (uint32_t i = 0; i < rc->n_carried; i++) {
		struct rc_carried *c = &rc->carried[i];
		struct rc_part *p = &rc->parts[rc_part_of(rc, c->account, c->currency)];

		if (!filling) {
			p->recon.n_lines++;
			continue;
		}
		c->row.file = rank_named(rc, c->base);
		*take_rows(p, true, 1) = c->row;
	}
}

static int by_line(const void *pa, const void *pb)
{
	const struct recon_row *a = pa, *b = pb;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->n > b->n) - (a->n < b->n);
}

static int fill(struct rc *rc)
{
	struct rc_file **files = malloc((rc->n_files + 1) * sizeof(*files));
	int rc_code = files == NULL ? -1 : 0;

	for (uint32_t i = 0; i < rc->n_files && rc_code == 0; i++) {
		files[i] = &rc->files[i];
		for (uint32_t a = 0; a < files[i]->n_accounts; a++)
			files[i]->accounts[a].partition = (uint32_t)rc_part_of(rc, files[i]->accounts[a].account, files[i]->accounts[a].currency);
		rc_code = spread(rc, files[i], false);
	}
	spread_carried(rc, false);
	for (uint32_t i = 0; i < rc->n_parts && rc_code == 0; i++) {
		struct recon *r = &rc->parts[i].recon;

		r->lines = malloc(((size_t)r->n_lines + 1) * sizeof(*r->lines));
		r->items = malloc(((size_t)r->n_items + 1) * sizeof(*r->items));
		if (r->lines == NULL || r->items == NULL)
			rc_code = -1;
	}
	if (rc_code == 0) {
		spread_carried(rc, true);
		qsort(files, rc->n_files, sizeof(*files), by_rank);
	}
	for (uint32_t i = 0; i < rc->n_files && rc_code == 0; i++) {
		rc_code = spread(rc, files[i], true);
		free(files[i]->rows);
		files[i]->rows = NULL;
		files[i]->n_rows = files[i]->cap_rows = 0;
	}
	free(files);
	return rc_code;
}

/* Items by id, each once */

struct item_key { uint64_t a, b; uint32_t at; };

static const struct recon_row *item_rows(const struct recon_row *set)
{
	static _Thread_local const struct recon_row *rows;

	if (set != NULL)
		rows = set;
	return rows;
}

static int by_id(const void *pa, const void *pb)
{
	const struct item_key *a = pa, *b = pb;
	int c;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	c = compare_views(recon_text(item_rows(NULL) + a->at, K_ID), recon_text(item_rows(NULL) + b->at, K_ID));
	return c != 0 ? c : (a->at > b->at) - (a->at < b->at);
}

static uint64_t eight(struct view v, size_t from)
{
	uint64_t n = 0;

	for (size_t i = from; i < from + 8; i++)
		n = n << 8 | (i < v.n ? (unsigned char)v.p[i] : 0);
	return n;
}

static bool same_item(const struct recon_row *a, const struct recon_row *b)
{
	for (int t = 0; t < K_NOTE; t++)
		if (!view_eq(recon_text(a, t), recon_text(b, t)))
			return false;
	return a->amount == b->amount && a->sign == b->sign && a->date == b->date && a->type == b->type;
}

/* The later word on a check's status: a date beats none, the later date the earlier, void and stopped beat open. */
static bool newer_status(const struct recon_row *now, const struct recon_row *was)
{
	if (now->status == RECON_OPEN || was->status == RECON_OPEN)
		return now->status != RECON_OPEN && was->status == RECON_OPEN;
	return now->status_date != was->status_date ? now->status_date > was->status_date : now->status > was->status;
}

static int sort_items(struct rc_part *p, const struct recon_row **twice, uint32_t *dropped)
{
	struct recon *r = &p->recon;
	struct item_key *keys = malloc((r->n_items + 1) * sizeof(*keys));
	struct recon_row *sorted = malloc(((size_t)r->n_items + 1) * sizeof(*sorted)), *last = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n_items && keys != NULL && sorted != NULL; i++) {
		struct view id = recon_text(&r->items[i], K_ID);

		keys[i] = (struct item_key){ eight(id, 0), eight(id, 8), i };
	}
	if (keys == NULL || sorted == NULL) {
		free(keys);
		free(sorted);
		return -1;
	}
	item_rows(r->items);
	qsort(keys, r->n_items, sizeof(*keys), by_id);
	for (uint32_t i = 0; i < r->n_items; i++) {
		const struct recon_row *k = &r->items[keys[i].at];

		if (last == NULL || !view_eq(recon_text(last, K_ID), recon_text(k, K_ID))) {
			last = &sorted[n++];
			*last = *k;
			continue;
		}
		if (!same_item(last, k)) {
			*twice = last;		/* `k` does not outlive this call */
			continue;
		}
		if (newer_status(k, last)) {
			last->status = k->status;
			last->status_date = k->status_date;
		}
		if (k->first_seen != DATE_NONE && (last->first_seen == DATE_NONE || k->first_seen < last->first_seen))
			last->first_seen = k->first_seen;
		if (last->other == DATE_NONE)
			last->other = k->other;
		(*dropped)++;
	}
	free(keys);
	free(r->items);
	r->items = sorted;
	r->n_items = n;
	return 0;
}

static void number_days(struct rc *rc, struct rc_part *p)
{
	for (uint32_t i = 0; i < p->recon.n_lines; i++)
		p->recon.lines[i].day = day_of(p->days, rc->as_of, p->recon.lines[i].date);
	for (uint32_t i = 0; i < p->recon.n_items; i++)
		p->recon.items[i].day = day_of(p->days, rc->as_of, p->recon.items[i].date);
}

/* The defaults, or what the rules say of the currency, or of every one. */
static struct recon_options options_of(const struct rc *rc, const char *currency)
{
	struct recon_options o = recon_defaults;
	const struct match_days *d = NULL;

	o.as_of = rc->as_of;
	for (size_t i = 0; rc->config != NULL && i < rc->config->n_match_days; i++) {
		const struct match_days *m = &rc->config->match_days[i];

		if ((strcmp(m->currency, currency) == 0 && (d == NULL || *d->currency == '\0')) || (*m->currency == '\0' && d == NULL))
			d = m;
	}
	if (d == NULL)
		return o;
	o.early = d->early;
	o.late = d->late;
	o.late_check = d->late_check;
	o.weak = d->rivals;
	o.weak_check = d->rivals_check;
	o.stale_days = d->stale_days;
	return o;
}

static int prepare(struct rc_pool *pool, struct rc_part *p)
{
	const struct recon_row *twice = NULL;
	uint32_t dropped = 0;
	int rc_code;

	p->digits = p->recon.digits = money_digits(p->currency) < 0 ? 2 : money_digits(p->currency);
	p->options = options_of(pool->rc, p->currency);
	p->recon.options = &p->options;
	if (pool->rc->n_carried > 0 && p->recon.n_lines > 0)
		qsort(p->recon.lines, p->recon.n_lines, sizeof(*p->recon.lines), by_line);
	rc_code = sort_items(p, &twice, &dropped);
	if (rc_code == 0)
		number_days(pool->rc, p);
	pthread_mutex_lock(&pool->lock);
	pool->rc->dropped_items += dropped;
	if (twice != NULL)
		rc_code = err_set(&pool->err, -1, "the book item '%.*s' comes twice with different content",
			VIEW_FMT(recon_text(twice, K_ID)));
	pthread_mutex_unlock(&pool->lock);
	return rc_code;
}

/* An id is one item's over all accounts. */
static int ids_unique(struct rc *rc, struct err *err)
{
	struct rc_prints seen = { 0 };
	int rc_code = 0;

	for (uint32_t i = 0; i < rc->n_parts && rc->n_parts > 1 && rc_code == 0; i++)
		for (uint32_t k = 0; k < rc->parts[i].recon.n_items && rc_code == 0; k++) {
			struct view id = recon_text(&rc->parts[i].recon.items[k], K_ID);
			size_t before = seen.n;

			if (!rc_print_add(&seen, rc_print_of(id)))
				rc_code = err_set(err, -1, "memory is short");
			else if (seen.n == before)
				rc_code = err_set(err, -1, "the book item '%.*s' stands in two accounts", VIEW_FMT(id));
		}
	free(seen.p);
	return rc_code;
}

int rc_set(struct rc *rc, struct err *err)
{
	if (rc_judge_statements(rc) != 0)
		return err_set(err, -1, "memory is short");
	if (rc_prior_ids(rc, err) != 0)
		return -1;
	if (name_parts(rc) != 0 || number_calendars(rc) != 0 || fill(rc) != 0)
		return err_set(err, -1, "memory is short");
	return rc_pool_over(rc, prepare, err) != 0 ? -1 : ids_unique(rc, err);
}
