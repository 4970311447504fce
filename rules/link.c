/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link - see link.h.  Items are sorted by their key and found by search; who else names one is asked of the sorted subjects
 *
 * Failure: -1 when memory is short, before anything is answered.
 */
#include "rules/link.h"

#include <stdlib.h>

#include "formats/core/buf.h"
#include "formats/core/mask.h"
#include "formats/core/money.h"

#define SHOWN 40

struct sorted { const struct link_row **p; size_t n; };

enum why { LINKED, NOBODYS, DAYS, SEVERAL, CONTESTED, CROWD, PROVISIONAL, INCOMPLETE };

static char direction(struct view code, bool subject)
{
	char last = code.n == 2 ? code.p[1] : '\0';

	if (subject)			/* returns and changes: x1 of a credit, x6 of a debit */
		return last == '1' ? 'C' : last == '6' ? 'D' : '\0';
	return last >= '1' && last <= '4' ? 'C' : last >= '5' && last <= '9' ? 'D' : '\0';
}

void link_row_init(struct link_row *l, const struct record *r, const struct link_options *o, bool subject)
{
	int64_t day = record_num(r, F_BOOKING_DATE, DATE_NONE);

	*l = (struct link_row){ .seq = r->seq, .currency = record_text(r, F_CURRENCY), .account = view_trim(record_text(r, F_ACCOUNT)),
		.trace = view_trim(record_text(r, subject ? F_ORIGINAL_TRACE : F_TRACE)), .amount = record_num(r, F_AMOUNT, 0),
		.has_amount = record_has(r, F_AMOUNT), .provisional = record_num(r, F_PROVISIONAL, 0) != 0 };
	l->rdfi = view_sub(view_trim(record_text(r, subject ? F_ORIGINAL_RDFI : F_ROUTING)), 0, 8);
	l->direction = direction(view_trim(record_text(r, F_TRANSACTION_CODE)), subject);
	l->date = day < INT32_MIN || day > INT32_MAX ? DATE_NONE : (date_t)day;
	if (l->amount < 0)
		l->amount = l->amount == INT64_MIN ? INT64_MAX : -l->amount;
	if (subject && l->date == DATE_NONE)
		l->date = o->as_of;
}

static int by_view(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_key(const struct link_row *a, const struct link_row *b, bool change)
{
	int c = by_view(a->trace, b->trace);

	c = c != 0 ? c : by_view(a->rdfi, b->rdfi);
	c = c != 0 ? c : by_view(a->account, b->account);
	c = c != 0 ? c : a->direction - b->direction;
	return c != 0 || change ? c : (a->amount > b->amount) - (a->amount < b->amount);
}

/* By key and then by id: nothing may depend on the order in which they came. */
static int compare(const void *pa, const void *pb, void *change)
{
	const struct link_row *a = *(const struct link_row *const *)pa, *b = *(const struct link_row *const *)pb;
	int c = by_key(a, b, *(bool *)change);

	return c != 0 ? c : (a->seq > b->seq) - (a->seq < b->seq);
}

static bool complete(const struct link_row *l, bool change)
{
	return l->trace.n > 0 && l->rdfi.n == 8 && l->account.n > 0 && l->direction != '\0' && (change || l->has_amount) && l->date != DATE_NONE;
}

static bool sort(struct sorted *to, const struct link_row *rows, size_t n, bool change)
{
	to->p = malloc((n + 1) * sizeof(*to->p));
	to->n = 0;
	for (size_t i = 0; i < n && to->p != NULL; i++)
		if (complete(&rows[i], change) && !rows[i].provisional)
			to->p[to->n++] = &rows[i];
	if (to->n > 1)
		qsort_r(to->p, to->n, sizeof(*to->p), compare, &change);
	return to->p != NULL;
}

/* The run of rows with this key: its first; *n of them. */
static size_t find(const struct sorted *s, const struct link_row *key, bool change, size_t *n)
{
	size_t lo = 0, hi = s->n, end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_key(s->p[mid], key, change) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < s->n && by_key(s->p[end], key, change) == 0 && end - lo <= LINK_CROWD; end++)
		;
	*n = end - lo;
	return lo;
}

static bool in_days(const struct link_row *s, const struct link_row *item, const struct link_options *o)
{
	return s->date >= item->date && (int64_t)s->date - item->date <= o->return_days;
}

static enum why decide(const struct link_row *s, const struct sorted *subjects, const struct sorted *items, const struct link_options *o,
	const struct link_row **item, size_t *fits)
{
	size_t n, m, at = find(items, s, o->change, &n), by = find(subjects, s, o->change, &m);

	*item = NULL;
	*fits = n;
	if (n == 0)
		return NOBODYS;
	if (n > LINK_CROWD || m > LINK_CROWD)
		return CROWD;
	*fits = 0;
	for (size_t i = at; i < at + n; i++) {
		if (!in_days(s, items->p[i], o))
			continue;
		*item = items->p[i];
		++*fits;
	}
	if (*fits == 0)
		*item = items->p[at];
	if (*fits != 1)
		return *fits == 0 ? DAYS : SEVERAL;
	for (size_t i = by; i < by + m && !o->change; i++)	/* an earlier return of it, or one of the same id */
		if (subjects->p[i] != s && subjects->p[i]->seq <= s->seq && in_days(subjects->p[i], *item, o))
			return CONTESTED;
	return LINKED;
}

/* For a return whose key nobody has: the item of that trace which is most alike, for the words; the lowest id of equals. */
static const struct link_row *nearest(const struct link_row *s, const struct link_row *items, size_t n)
{
	const struct link_row *best = NULL;
	int most = -1;

	for (size_t i = 0; i < n; i++) {
		const struct link_row *m = &items[i];
		int score = 4 * view_eq(m->rdfi, s->rdfi) + 2 * view_eq(m->account, s->account) + (m->direction == s->direction) + (m->amount == s->amount);

		if (!view_eq(m->trace, s->trace) || score < most || (score == most && m->seq > best->seq))
			continue;
		most = score;
		best = m;
	}
	return best;
}

/* Words */

static void put_amount(struct buf *b, const struct link_row *l, struct view ccy)
{
	char code[4] = "";

	if (ccy.n == 3)
		memcpy(code, ccy.p, 3);
	money_print_grouped(b, l->amount, code);
	if (money_digits(code) >= 0)
		buf_fmt(b, " %s", code);
}

static void put_date(struct buf *b, date_t d)
{
	char text[DATE_TEXT];

	buf_text(b, d == DATE_NONE ? "an unknown day" : date_print(d, text));
}

static void put_word(struct buf *b, struct view v)
{
	buf_char(b, '\'');
	escape_text(b, view_sub(v, 0, SHOWN));
	buf_char(b, '\'');
}

static const char *direction_words(char d)
{
	return d == 'C' ? "a credit" : d == 'D' ? "a debit" : "neither a credit nor a debit";
}

/* The item has the trace; what else differs? */
static void put_difference(struct buf *b, const struct link_row *s, const struct link_row *m, bool amount)
{
	buf_text(b, "a payment has the original trace");
	if (!view_eq(s->rdfi, m->rdfi)) {
		buf_text(b, "; the original bank differs: ");
		put_word(b, s->rdfi);
		buf_text(b, " came back, ");
		put_word(b, m->rdfi);
		buf_text(b, " was paid");
	}
	if (amount && s->amount != m->amount) {
		buf_text(b, "; the amount differs: ");
		put_amount(b, s, m->currency);
		buf_text(b, " came back, ");
		put_amount(b, m, m->currency);
		buf_text(b, " was paid");
	}
	if (!view_eq(s->account, m->account))
		buf_text(b, "; the account number differs");
	if (s->direction != m->direction)
		buf_fmt(b, "; the direction differs: %s came back, %s was paid", direction_words(s->direction), direction_words(m->direction));
	if (m->date == DATE_NONE)
		buf_text(b, "; it was not delivered");
}

static void put_missed(struct buf *b, enum why why, const struct link_row *s, const struct link_row *m, size_t fits, const struct link_options *o)
{
	switch (why) {
	case INCOMPLETE:
		buf_fmt(b, "the %s lacks its original trace, original bank, account, %sdirection or date", o->change ? "change" : "return", o->change ? "" : "amount, ");
		return;
	case PROVISIONAL:
		buf_text(b, "a provisional record informs only");
		return;
	case SEVERAL:
	case CROWD:
		buf_fmt(b, "%zu payments have the same trace, bank, account%s and direction", fits, o->change ? "" : ", amount");
		return;
	case CONTESTED:
		buf_text(b, "another return names this payment already: the bank may have returned it twice (R67)");
		return;
	case DAYS:
		buf_text(b, "the payment was delivered ");
		put_date(b, m->date);
		if (s->date >= m->date) {
			buf_fmt(b, ", %d days before; more than %d", s->date - m->date, o->return_days);
			return;
		}
		buf_text(b, ", after this came back ");
		put_date(b, s->date);
		return;
	default:
		break;
	}
	if (m != NULL) {
		put_difference(b, s, m, !o->change);
		return;
	}
	buf_text(b, "no payment has the original trace ");
	put_word(b, s->trace);
}

static void put_linked(struct buf *b, const struct link_row *m, bool change)
{
	buf_fmt(b, "original trace, original bank, account%s and direction are those of one payment, delivered ", change ? "" : ", amount");
	put_date(b, m->date);
	if (change)
		return;
	buf_text(b, ": ");
	put_amount(b, m, m->currency);
}

static void say(struct link_result *res, const struct buf *b)
{
	struct view text = view_sub(buf_as_view(b), 0, sizeof(res->text) - 1);

	memcpy(res->text, text.p, text.n);
	res->text[text.n] = '\0';
}

int link_run(const struct link_row *subjects, size_t n, const struct link_row *items, size_t m, const struct link_options *o,
	     void (*each)(void *ctx, const struct link_result *), void *ctx)
{
	struct sorted s = { 0 }, k = { 0 };
	bool good = sort(&s, subjects, n, o->change) && sort(&k, items, m, o->change);

	for (size_t i = 0; i < n && good; i++) {
		const struct link_row *item = NULL;
		size_t fits = 0;
		struct link_result res = { .subject = subjects[i].seq };
		struct buf b = { .max = 2048 };
		enum why why = subjects[i].provisional ? PROVISIONAL : !complete(&subjects[i], o->change) ? INCOMPLETE
			: decide(&subjects[i], &s, &k, o, &item, &fits);

		if (why == LINKED) {
			res.item = item->seq;
			res.rule = o->change ? "CHANGE_LINKED" : "RETURN_LINKED";
			put_linked(&b, item, o->change);
		} else {
			res.reason = o->change ? "CHANGE_UNLINKED" : "RETURN_UNLINKED";
			put_missed(&b, why, &subjects[i], why == NOBODYS ? nearest(&subjects[i], items, m) : item, fits, o);
		}
		say(&res, &b);
		buf_release(&b);
		each(ctx, &res);
	}
	free(s.p);
	free(k.p);
	return good ? 0 : -1;
}
