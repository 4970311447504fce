/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match - see match.h.  Lines and items are sorted by key and walked together; a group of equal keys is decided by
 * itself
 *
 * In a group every line-item pair gets a level: no, fits, company id named, reference named.  From the strictest
 * level down, a pair is made where it is the only one at that level or above for its line AND for its item among
 * what is still undecided.  So a pair never depends on which came first, and naming one item never frees a line for
 * another.
 *
 * Failure: -1 when memory is short, before anything is answered.
 */
#include <stdlib.h>

#include "rules/match_parts.h"

#define WINDOW_MAX 366

struct run {
	const struct match_line *s, *m;
	size_t ns, nm;
	const struct match_options *o;
	size_t *by_key_s, *by_key_m, *by_trace;	/* indexes into s, m, m */
	date_t *until;				/* settle: the last day on which item i may be booked */
	uint8_t *level;				/* of the group at hand: line * items + item */
	bool *taken;				/* of items */
	struct match_decision *d;		/* of subjects */
	struct words references, companies;
};

static char direction(struct view code, bool subject)
{
	char last = code.n == 2 ? code.p[1] : '\0';

	if (subject)			/* returns and changes: x1 of a credit, x6 of a debit */
		return last == '1' ? 'C' : last == '6' ? 'D' : '\0';
	return last >= '1' && last <= '4' ? 'C' : last >= '5' && last <= '9' ? 'D' : '\0';
}

static date_t date_of(const struct record *r, enum record_field first, enum record_field second)
{
	int64_t d = record_num(r, first, record_num(r, second, DATE_NONE));

	return d < INT32_MIN || d > INT32_MAX ? DATE_NONE : (date_t)d;
}

static void init_payment(struct match_line *l, const struct record *r, bool subject)
{
	l->trace = view_trim(record_text(r, subject ? F_ORIGINAL_TRACE : F_TRACE));
	l->rdfi = view_sub(view_trim(record_text(r, subject ? F_ORIGINAL_RDFI : F_ROUTING)), 0, 8);
	l->direction = direction(view_trim(record_text(r, F_TRANSACTION_CODE)), subject);
	l->date = date_of(r, F_BOOKING_DATE, F_BOOKING_DATE);
	if (l->amount < 0)
		l->amount = l->amount == INT64_MIN ? INT64_MAX : -l->amount;
}

void match_line_init(struct match_line *l, const struct record *r, const struct match_options *o, bool subject)
{
	memset(l, 0, sizeof(*l));
	l->seq = r->seq;
	l->account = view_trim(record_text(r, F_ACCOUNT));
	l->currency = record_text(r, F_CURRENCY);
	l->company_id = view_trim(record_text(r, F_COMPANY_ID));
	l->reference = view_trim(record_text(r, F_REFERENCE));
	l->has_amount = record_has(r, F_AMOUNT);
	l->amount = record_num(r, F_AMOUNT, 0);
	l->provisional = record_num(r, F_PROVISIONAL, 0) != 0;
	if (o->kind != MATCH_SETTLE) {
		init_payment(l, r, subject);
		if (subject && l->date == DATE_NONE)
			l->date = o->as_of;
		return;
	}
	l->date = subject ? date_of(r, F_BOOKING_DATE, F_VALUE_DATE) : date_of(r, F_EFFECTIVE_DATE, F_EFFECTIVE_DATE);
	l->text[0] = record_text(r, F_TEXT);
	l->text[1] = record_text(r, F_CUSTOMER_REF);
	l->text[2] = record_text(r, F_BANK_REF);
	l->text[3] = record_text(r, F_REFERENCE);
}

static int by_view(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_number(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_key(const struct match_line *a, const struct match_line *b, enum match_kind kind)
{
	int c;

	if (kind == MATCH_SETTLE) {
		if ((c = by_number(a->amount, b->amount)) != 0 || (c = by_view(a->currency, b->currency)) != 0)
			return c;
		return by_view(a->account, b->account);
	}
	if ((c = by_view(a->trace, b->trace)) != 0 || (c = by_view(a->rdfi, b->rdfi)) != 0 ||
	    (c = by_view(a->account, b->account)) != 0 || (c = by_number(a->direction, b->direction)) != 0)
		return c;
	return kind == MATCH_RETURN ? by_number(a->amount, b->amount) : 0;
}

struct order { const struct match_line *l; enum match_kind kind; };

static int compare_key(const void *a, const void *b, void *ctx)
{
	const struct order *o = ctx;

	return by_key(&o->l[*(const size_t *)a], &o->l[*(const size_t *)b], o->kind);
}

/* By trace and then by id: the explanation of a near miss must not depend on the order of the items. */
static int compare_trace(const void *a, const void *b, void *ctx)
{
	const struct order *o = ctx;
	const struct match_line *x = &o->l[*(const size_t *)a], *y = &o->l[*(const size_t *)b];
	int c = by_view(x->trace, y->trace);

	return c != 0 ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

static int compare_word(const void *a, const void *b)
{
	return words_compare(*(const struct view *)a, *(const struct view *)b);
}

static bool complete(const struct match_line *l, enum match_kind kind)
{
	if (kind == MATCH_SETTLE)
		return l->has_amount && l->account.n > 0 && l->currency.n > 0 && l->date != DATE_NONE;
	return l->trace.n > 0 && l->rdfi.n == 8 && l->account.n > 0 && l->direction != '\0' &&
	       (kind == MATCH_CHANGE || l->has_amount) && l->date != DATE_NONE;
}

/* The level of one pair of equal keys; LEVEL_NO and *why when it does not fit. */
static enum match_level settle_level(const struct run *r, const struct match_line *s, size_t item, bool knows_reference,
				     bool knows_company, enum match_why *why)
{
	const struct match_line *m = &r->m[item];
	bool reference = words_named(s, m->reference);
	bool company = words_named(s, m->company_id) || (m->company_id.n > 0 && view_eq(s->company_id, m->company_id));

	*why = WHY_DATE;
	if (s->date < m->date || s->date > r->until[item])
		return LEVEL_NO;
	*why = WHY_COMPANY;
	if (m->company_id.n > 0 && !company && (s->company_id.n > 0 || knows_company))
		return LEVEL_NO;
	*why = WHY_REFERENCE;
	if (!reference && (knows_reference || words_sibling(s, m->reference)))
		return LEVEL_NO;
	return reference ? LEVEL_REFERENCE : company ? LEVEL_COMPANY : LEVEL_FITS;
}

static enum match_level return_level(const struct run *r, const struct match_line *s, size_t item, enum match_why *why)
{
	date_t sent = r->m[item].date;

	*why = WHY_DATE;
	return s->date >= sent && (int64_t)s->date - sent <= r->o->return_days ? LEVEL_FITS : LEVEL_NO;
}

/* Fills the levels of one line of a group, and what a miss would say: the gravest reason, at the lowest id. */
static void fill_levels(struct run *r, size_t subject, const size_t *items, size_t n, uint8_t *level)
{
	const struct match_line *s = &r->s[subject];
	struct match_decision *d = &r->d[subject];
	bool settle = r->o->kind == MATCH_SETTLE;
	bool knows_reference = settle && words_known(&r->references, s);
	bool knows_company = settle && words_known(&r->companies, s);

	d->why = WHY_NONE;
	for (size_t i = 0; i < n; i++) {
		enum match_why why;

		level[i] = (uint8_t)(settle ? settle_level(r, s, items[i], knows_reference, knows_company, &why)
					    : return_level(r, s, items[i], &why));
		if (level[i] != LEVEL_NO) {
			d->fits++;
			continue;
		}
		if (why > d->why || (why == d->why && r->m[items[i]].seq < r->m[d->item].seq)) {
			d->why = why;
			d->item = items[i];
		}
	}
}

/* Edges at `least` or above, of line a or item b, among what is undecided; *last = the other end of one of them. */
static size_t count_line(const struct run *r, const size_t *items, size_t ni, size_t a, uint8_t least, size_t *last)
{
	size_t n = 0;

	for (size_t i = 0; i < ni; i++)
		if (r->level[a * ni + i] >= least && !r->taken[items[i]]) {
			n++;
			*last = i;
		}
	return n;
}

static size_t count_item(const struct run *r, const size_t *lines, size_t nl, size_t ni, size_t b, uint8_t least)
{
	size_t n = 0;

	for (size_t a = 0; a < nl; a++)
		n += r->level[a * ni + b] >= least && r->d[lines[a]].why != WHY_MATCHED;
	return n;
}

static void pair(struct run *r, size_t subject, size_t item, enum match_level level)
{
	struct match_decision *d = &r->d[subject];

	d->why = WHY_MATCHED;
	d->level = level;
	d->rest = d->fits > 1;
	d->item = item;
	d->company_too = level == LEVEL_REFERENCE && words_named(&r->s[subject], r->m[item].company_id);
	if (r->o->kind != MATCH_CHANGE)		/* several changes may name one payment */
		r->taken[item] = true;
}

/* Of several returns that name one payment the lowest id counts: the money came back, and the item is in no doubt. */
static bool first_return(const struct run *r, const size_t *lines, size_t nl, size_t ni, size_t a, size_t item)
{
	for (size_t k = 0; k < nl; k++)
		if (k != a && r->level[k * ni + item] != LEVEL_NO && r->s[lines[k]].seq <= r->s[lines[a]].seq)
			return false;
	return true;
}

static bool single(const struct run *r, const size_t *lines, size_t nl, size_t ni, size_t a, size_t item,
		   enum match_level level)
{
	switch (r->o->kind) {
	case MATCH_CHANGE:
		return true;
	case MATCH_RETURN:
		return first_return(r, lines, nl, ni, a, item);
	case MATCH_SETTLE:
		break;
	}
	return count_item(r, lines, nl, ni, item, (uint8_t)level) == 1;
}

static void pair_level(struct run *r, const size_t *lines, size_t nl, const size_t *items, size_t ni,
		       enum match_level level)
{
	for (size_t a = 0; a < nl; a++) {
		size_t i = 0;

		if (r->d[lines[a]].why != WHY_MATCHED && count_line(r, items, ni, a, (uint8_t)level, &i) == 1 &&
		    single(r, lines, nl, ni, a, i, level))
			pair(r, lines[a], items[i], level);
	}
}

static void decide_group(struct run *r, const size_t *lines, size_t nl, const size_t *items, size_t ni)
{
	if (ni == 0)
		return;
	if (nl > MATCH_CROWD || ni > MATCH_CROWD) {
		for (size_t a = 0; a < nl; a++) {
			r->d[lines[a]].why = WHY_CROWD;
			r->d[lines[a]].fits = ni > nl ? ni : nl;
		}
		return;
	}
	for (size_t a = 0; a < nl; a++)
		fill_levels(r, lines[a], items, ni, r->level + a * ni);
	for (enum match_level l = LEVEL_REFERENCE; l >= LEVEL_FITS; l--)
		pair_level(r, lines, nl, items, ni, l);
	for (size_t a = 0; a < nl; a++) {
		struct match_decision *d = &r->d[lines[a]];
		size_t last = 0, left;

		if (d->why == WHY_MATCHED || d->fits == 0)
			continue;
		left = count_line(r, items, ni, a, LEVEL_FITS, &last);
		d->why = left == 0 ? WHY_TAKEN : left == 1 ? WHY_CONTESTED : WHY_SEVERAL;
		d->item = left == 1 ? items[last] : SIZE_MAX;
		d->fits = left == 1 ? count_item(r, lines, nl, ni, last, LEVEL_FITS) : left;
	}
}

/* Both orders side by side: a run of equal subjects and the run of items with their key. */
static void decide(struct run *r, size_t n_ready)
{
	for (size_t a = 0, b = 0, ea, eb; a < n_ready; a = ea, b = eb) {
		const struct match_line *key = &r->s[r->by_key_s[a]];

		for (ea = a + 1; ea < n_ready && by_key(&r->s[r->by_key_s[ea]], key, r->o->kind) == 0;)
			ea++;
		while (b < r->nm && by_key(&r->m[r->by_key_m[b]], key, r->o->kind) < 0)
			b++;
		for (eb = b; eb < r->nm && by_key(&r->m[r->by_key_m[eb]], key, r->o->kind) == 0;)
			eb++;
		decide_group(r, r->by_key_s + a, ea - a, r->by_key_m + b, eb - b);
	}
}

static void known_words(struct words *w, const struct match_line *m, size_t n, bool company)
{
	w->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct view v = company ? m[i].company_id : m[i].reference;

		if (words_telling(v))
			w->v[w->n++] = v;
	}
	qsort(w->v, w->n, sizeof(*w->v), compare_word);
}

static int alike(const struct match_line *a, const struct match_line *b)
{
	return 4 * (a->rdfi.n == b->rdfi.n && view_eq(a->rdfi, b->rdfi)) + 2 * view_eq(a->account, b->account) +
	       (a->direction == b->direction) + (a->amount == b->amount);
}

/* For a return whose key nobody has: the item of that trace which is most alike, for the words. */
static void nearest(struct run *r, size_t subject)
{
	struct match_decision *d = &r->d[subject];
	const struct match_line *s = &r->s[subject];
	size_t lo = 0, hi = r->nm;
	int best = -1;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_view(r->m[r->by_trace[mid]].trace, s->trace) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i < r->nm && i - lo < MATCH_CROWD && view_eq(r->m[r->by_trace[i]].trace, s->trace); i++) {
		int score = alike(s, &r->m[r->by_trace[i]]);

		if (score > best) {
			best = score;
			d->item = r->by_trace[i];
		}
	}
}

static size_t prepare(struct run *r)
{
	struct order s = { r->s, r->o->kind }, m = { r->m, r->o->kind };
	int window = r->o->window < 0 ? 0 : r->o->window > WINDOW_MAX ? WINDOW_MAX : r->o->window;
	size_t ready = 0, items = 0;

	for (size_t i = 0; i < r->ns; i++) {
		r->d[i] = (struct match_decision){ .why = WHY_NONE, .item = SIZE_MAX };
		if (r->s[i].provisional)
			r->d[i].why = WHY_PROVISIONAL;
		else if (!complete(&r->s[i], r->o->kind))
			r->d[i].why = WHY_INCOMPLETE;
		else
			r->by_key_s[ready++] = i;
	}
	for (size_t i = 0; i < r->nm; i++) {
		r->by_trace[i] = i;
		if (complete(&r->m[i], r->o->kind))
			r->by_key_m[items++] = i;
		if (r->o->kind == MATCH_SETTLE && r->m[i].date != DATE_NONE)
			r->until[i] =
				calendar_add(r->o->calendar, calendar_next_open(r->o->calendar, r->m[i].date), window);
	}
	qsort_r(r->by_key_s, ready, sizeof(size_t), compare_key, &s);
	qsort_r(r->by_key_m, items, sizeof(size_t), compare_key, &m);
	if (r->o->kind == MATCH_SETTLE) {
		known_words(&r->references, r->m, r->nm, false);
		known_words(&r->companies, r->m, r->nm, true);
	} else {
		qsort_r(r->by_trace, r->nm, sizeof(size_t), compare_trace, &m);
	}
	r->nm = items;
	return ready;
}

static void answer(struct run *r, size_t nm, void (*each)(void *ctx, const struct match_result *), void *ctx)
{
	for (size_t i = 0; i < r->ns; i++) {
		struct match_decision *d = &r->d[i];
		struct match_result res = { .subject = r->s[i].seq };

		r->nm = nm;			/* the trace order holds all items, incomplete ones too */
		if (d->why == WHY_NONE && r->o->kind != MATCH_SETTLE)
			nearest(r, i);
		match_explain(&res, &r->s[i], d->item == SIZE_MAX ? NULL : &r->m[d->item], d, r->o);
		each(ctx, &res);
	}
}

static void *room(size_t n, size_t size)
{
	return calloc(n == 0 ? 1 : n, size);
}

int match_run(const struct match_line *subjects, size_t n, const struct match_line *items, size_t m,
	      const struct match_options *o, void (*each)(void *ctx, const struct match_result *), void *ctx)
{
	struct run r = { .s = subjects, .m = items, .ns = n, .nm = m, .o = o };
	int rc = -1;

	r.by_key_s = room(n, sizeof(size_t));
	r.by_key_m = room(m, sizeof(size_t));
	r.by_trace = room(m, sizeof(size_t));
	r.until = room(m, sizeof(date_t));
	r.level = room((size_t)MATCH_CROWD * MATCH_CROWD, 1);
	r.taken = room(m, sizeof(bool));
	r.d = room(n, sizeof(*r.d));
	r.references.v = room(m, sizeof(struct view));
	r.companies.v = room(m, sizeof(struct view));
	if (r.by_key_s == NULL || r.by_key_m == NULL || r.by_trace == NULL || r.until == NULL || r.level == NULL ||
	    r.taken == NULL || r.d == NULL || r.references.v == NULL || r.companies.v == NULL)
		goto out;
	decide(&r, prepare(&r));
	answer(&r, m, each, ctx);
	rc = 0;
out:
	free(r.by_key_s);
	free(r.by_key_m);
	free(r.by_trace);
	free(r.until);
	free(r.level);
	free(r.taken);
	free(r.d);
	free(r.references.v);
	free(r.companies.v);
	return rc;
}
