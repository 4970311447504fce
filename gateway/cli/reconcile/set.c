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

/* Pass one counts, pass two fills: each account and statement of a file knows its place in its partition. */
struct filling { struct rc *rc; struct rc_file **files; atomic_uint_fast64_t again; bool failed; };

static int count_file(void *ctx, uint32_t i, int worker)
{
	const struct filling *l = ctx;
	struct rc_file *f = l->files[i];

	(void)worker;
	for (uint32_t s = 0; s < f->n_statements; s++)
		f->statements[s].partition = (uint32_t)rc_part_of(l->rc, f->statements[s].account, f->statements[s].currency);
	for (uint32_t a = 0; a < f->n_accounts; a++)
		f->accounts[a].partition = (uint32_t)rc_part_of(l->rc, f->accounts[a].account, f->accounts[a].currency);
	for (uint32_t k = 0; k < f->n_rows && !f->bank; k++) {
		struct recon_row *r = &f->rows[k];

		r->closed = !f->carried && rc_print_has(&l->rc->closed_items, rc_print_of(recon_text(r, K_ID)));
		f->accounts[r->n].rows += !r->closed;
	}
	return 0;
}

static bool counts(const struct rc_statement *st)
{
	return !st->known && !st->wiped;
}

static void place_file(struct rc *rc, struct rc_file *f)
{
	for (uint32_t s = 0; s < f->n_statements; s++) {
		struct rc_statement *st = &f->statements[s];
		struct rc_part *p = &rc->parts[st->partition];

		st->place = p->recon.n_lines;
		p->recon.n_lines += counts(st) ? st->n : 0;
	}
	for (uint32_t a = 0; a < f->n_accounts; a++) {
		struct rc_part *p = &rc->parts[f->accounts[a].partition];

		f->accounts[a].place = p->recon.n_items;
		p->recon.n_items += f->accounts[a].rows;
	}
}

static int fill_file(void *ctx, uint32_t i, int worker)
{
	struct filling *l = ctx;
	struct rc_file *f = l->files[i];
	int rc_code = 0;

	(void)worker;
	for (uint32_t s = 0; s < f->n_statements; s++) {
		const struct rc_statement *st = &f->statements[s];
		struct recon_row *to = l->rc->parts[st->partition].recon.lines + st->place;

		if (st->wiped && !st->known)
			rc_code |= to_provisional(f, st);
		if (!counts(st) || st->n == 0)
			continue;
		memcpy(to, f->rows + st->first, st->n * sizeof(*to));
		for (uint32_t k = 0; k < st->n && st->again; k++) {
			to[k].reason = DUP_LINE;
			to[k].held = 1;
		}
		atomic_fetch_add(&l->again, st->again ? st->n : 0);
	}
	for (uint32_t k = 0; k < f->n_rows && !f->bank; k++) {
		struct rc_account *a = &f->accounts[f->rows[k].n];

		if (!f->rows[k].closed)
			l->rc->parts[a->partition].recon.items[a->place++] = f->rows[k];
	}
	free(f->rows);
	f->rows = NULL;
	f->n_rows = f->cap_rows = 0;
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
static void fill_carried(struct rc *rc, bool filling)
{
	struct rc_part *p = NULL;
	const struct rc_carried *last = NULL;

	for (uint32_t i = 0; i < rc->n_carried; i++) {
		struct rc_carried *c = &rc->carried[i];

		if (last == NULL || last->account.p != c->account.p || memcmp(last->currency, c->currency, 4) != 0)
			p = &rc->parts[rc_part_of(rc, c->account, c->currency)];
		if (filling) {
			c->row.file = last != NULL && last->base.p == c->base.p ? last->row.file : rank_named(rc, c->base);
			p->recon.lines[p->at_lines] = c->row;
		}
		p->at_lines++;
		last = c;
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
	struct filling l = { .rc = rc, .files = malloc((rc->n_files + 1) * sizeof(*l.files)) };
	int rc_code = l.files == NULL ? -1 : 0;

	for (uint32_t i = 0; i < rc->n_files && rc_code == 0; i++)
		l.files[i] = &rc->files[i];
	if (rc_code == 0) {
		qsort(l.files, rc->n_files, sizeof(*l.files), by_rank);
		rc_each(rc, rc->n_files, count_file, &l);
		fill_carried(rc, false);
	}
	for (uint32_t i = 0; i < rc->n_parts && rc_code == 0; i++) {
		rc->parts[i].recon.n_lines = rc->parts[i].at_lines;
		rc->parts[i].at_lines = 0;
	}
	for (uint32_t i = 0; i < rc->n_files && rc_code == 0; i++)
		place_file(rc, l.files[i]);
	for (uint32_t i = 0; i < rc->n_parts && rc_code == 0; i++) {
		struct recon *r = &rc->parts[i].recon;

		r->lines = rc_rows(r->n_lines);
		r->items = rc_rows(r->n_items);
		if (r->lines == NULL || r->items == NULL)
			rc_code = -1;
	}
	if (rc_code == 0) {
		fill_carried(rc, true);
		rc_code = rc_each(rc, rc->n_files, fill_file, &l);
	}
	rc->again_lines += l.again;
	free(l.files);
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
	const struct recon_row *x = item_rows(NULL) + a->at, *y = item_rows(NULL) + b->at;
	int c;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	c = compare_views(recon_text(x, K_ID), recon_text(y, K_ID));
	if (c == 0)		/* one item twice: what differs decides which note stays, not which came first */
		c = compare_views((struct view){ x->texts, x->end[K_EXTRA] }, (struct view){ y->texts, y->end[K_EXTRA] });
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

/* Carried items are sorted already, and alone on most days. */
static bool sorted(const struct recon *r)
{
	for (uint32_t i = 1; i < r->n_items; i++)
		if (compare_views(recon_text(&r->items[i - 1], K_ID), recon_text(&r->items[i], K_ID)) >= 0)
			return false;
	return true;
}

/* Where they stand, each row once: keys[i].at says which row belongs at i. */
static void permute(struct recon_row *rows, struct item_key *keys, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct recon_row first = rows[i];
		uint32_t at = i, from;

		while ((from = keys[at].at) != i) {
			rows[at] = rows[from];
			keys[at].at = at;
			at = from;
		}
		rows[at] = first;
		keys[at].at = at;
	}
}

/* The same item again: the later word on its status, its earliest days. */
static void merge(struct recon_row *into, const struct recon_row *k)
{
	if (newer_status(k, into)) {
		into->status = k->status;
		into->status_date = k->status_date;
	}
	if (k->first_seen != DATE_NONE && (into->first_seen == DATE_NONE || k->first_seen < into->first_seen))
		into->first_seen = k->first_seen;
	if (k->other != DATE_NONE && (into->other == DATE_NONE || k->other < into->other))
		into->other = k->other;
}

static int sort_items(struct rc_part *p, const struct recon_row **twice, uint32_t *dropped)
{
	struct recon *r = &p->recon;
	struct item_key *keys;
	uint32_t n = 0;

	if (sorted(r))
		return 0;
	keys = rc_large((r->n_items + 1) * sizeof(*keys));
	if (keys == NULL)
		return -1;
	for (uint32_t i = 0; i < r->n_items; i++) {
		struct view id = recon_text(&r->items[i], K_ID);

		keys[i] = (struct item_key){ eight(id, 0), eight(id, 8), i };
	}
	item_rows(r->items);
	qsort(keys, r->n_items, sizeof(*keys), by_id);
	permute(r->items, keys, r->n_items);
	free(keys);
	for (uint32_t i = 0; i < r->n_items; i++) {
		struct recon_row *k = &r->items[i], *last = n == 0 ? NULL : &r->items[n - 1];

		if (last == NULL || !view_eq(recon_text(last, K_ID), recon_text(k, K_ID))) {
			if (n != i)
				r->items[n] = *k;
			n++;
		} else if (!same_item(last, k)) {
			*twice = last;
		} else {
			merge(last, k);
			(*dropped)++;
		}
	}
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

static int prepare(struct rc_pool *pool, struct rc_part *p)
{
	const struct recon_row *twice = NULL;
	uint32_t dropped = 0;
	int rc_code;

	p->digits = p->recon.digits = money_digits(p->currency) < 0 ? 2 : money_digits(p->currency);
	p->options = recon_defaults;
	p->options.as_of = pool->rc->as_of;
	match_rules_days(&p->options, pool->rc->config, p->currency);
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

/* An id is one item's over all accounts: prints by all threads, and each thread looks for doubles in its share of them. */

#define SHARES 16u

struct unique { struct rc *rc; uint64_t *prints; size_t *from, n; size_t again[SHARES]; };

static int print_part(void *ctx, uint32_t i, int worker)
{
	struct unique *u = ctx;
	const struct recon *r = &u->rc->parts[i].recon;

	(void)worker;
	for (uint32_t k = 0; k < r->n_items; k++)
		u->prints[u->from[i] + k] = rc_print_of(recon_text(&r->items[k], K_ID));
	return 0;
}

/* again: the first print of this share that was there before, or n. */
static int look_again(void *ctx, uint32_t share, int worker)
{
	struct unique *u = ctx;
	struct rc_prints seen = { 0 };
	bool room = rc_print_room(&seen, u->n / SHARES + u->n / SHARES / 8 + 64);

	(void)worker;
	u->again[share] = u->n;
	for (size_t i = 0; i < u->n && room; i++) {
		size_t before = seen.n;

		if (u->prints[i] >> 60 != share)
			continue;
		room = rc_print_add(&seen, u->prints[i]);
		if (room && seen.n == before) {
			u->again[share] = i;
			break;
		}
	}
	free(seen.p);
	return room ? 0 : -1;
}

static int ids_unique(struct rc *rc, struct err *err)
{
	struct unique u = { .rc = rc, .from = malloc(((size_t)rc->n_parts + 1) * sizeof(*u.from)) };
	size_t first;
	int rc_code = -1;

	for (uint32_t i = 0; i < rc->n_parts && u.from != NULL; i++) {
		u.from[i] = u.n;
		u.n += rc->parts[i].recon.n_items;
	}
	first = u.n;
	u.prints = u.from == NULL ? NULL : rc_large((u.n + 1) * sizeof(*u.prints));
	if (u.prints != NULL) {
		rc_each(rc, rc->n_parts, print_part, &u);
		rc_code = rc_each(rc, SHARES, look_again, &u);
	}
	for (uint32_t s = 0; s < SHARES && rc_code == 0; s++)
		first = u.again[s] < first ? u.again[s] : first;
	if (rc_code != 0)
		err_set(err, -1, "memory is short");
	for (uint32_t i = 0; i < rc->n_parts && rc_code == 0 && first < u.n; i++)
		if (first < u.from[i] + rc->parts[i].recon.n_items) {
			rc_code = err_set(err, -1, "the book item '%.*s' stands in two accounts",
				VIEW_FMT(recon_text(&rc->parts[i].recon.items[first - u.from[i]], K_ID)));
			break;
		}
	free(u.prints);
	free(u.from);
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
	if (rc_pool_over(rc, prepare, err) != 0)
		return -1;
	return rc->n_parts > 1 ? ids_unique(rc, err) : 0;
}
