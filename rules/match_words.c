/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_words - words in a bank's text, and the sentences that explain a decision
 *
 * A word stands whole when the byte on either side is not of the same class (letter, digit) as the word's own end:
 * banks glue labels to numbers ("ID1234567890"), and "123456" must not be found inside "91234567".  Sentences hold
 * amounts, dates and references, never the digits of an account.
 */
#include "formats/core/mask.h"
#include "formats/core/money.h"
#include "rules/match_parts.h"

#define NAMED_MIN 4			/* a shorter reference is found in any text */
#define TELLING_MIN 6
#define SHOWN 40

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	c = upper(c);
	return c >= 'A' && c <= 'Z';
}

int words_compare(struct view a, struct view b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		unsigned char x = (unsigned char)upper(a.p[i]), y = (unsigned char)upper(b.p[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.n > b.n) - (a.n < b.n);
}

bool words_telling(struct view v)
{
	bool digit = false;

	for (size_t i = 0; i < v.n; i++)
		digit = digit || is_digit(v.p[i]);
	return digit && v.n >= TELLING_MIN;
}

static bool in_list(const struct words *w, struct view v)
{
	size_t lo = 0, hi = w->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = words_compare(w->v[mid], v);

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool joins(char c)
{
	return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '/' || c == '.';
}

/* The next word of *rest, without dashes and points at its ends; false when there is none. */
static bool next_word(struct view *rest, struct view *word)
{
	size_t from = 0, n = 0;

	while (from < rest->n && !is_digit(rest->p[from]) && !is_letter(rest->p[from]))
		from++;
	while (from + n < rest->n && joins(rest->p[from + n]))
		n++;
	*word = view_sub(*rest, from, n);
	*rest = view_sub(*rest, from + n, SIZE_MAX);
	while (word->n > 0 && !is_digit(word->p[word->n - 1]) && !is_letter(word->p[word->n - 1]))
		word->n--;
	return word->n > 0;
}

bool words_known(const struct words *w, const struct match_line *l)
{
	for (size_t i = 0; w->n > 0 && i < sizeof(l->text) / sizeof(l->text[0]); i++) {
		struct view rest = l->text[i], word;

		while (next_word(&rest, &word))
			if (words_telling(word) && in_list(w, word))
				return true;
	}
	return false;
}

static size_t digits_at(struct view v, size_t i)
{
	size_t n = 0;

	while (i + n < v.n && is_digit(v.p[i + n]))
		n++;
	return n;
}

/* Equal but for the digits: RUN-7 and RUN-12. */
static bool same_shape(struct view a, struct view b)
{
	size_t i = 0, k = 0, da, db;

	while (i < a.n && k < b.n) {
		da = digits_at(a, i);
		db = digits_at(b, k);
		if ((da > 0) != (db > 0) || (da == 0 && upper(a.p[i]) != upper(b.p[k])))
			return false;
		i += da > 0 ? da : 1;
		k += db > 0 ? db : 1;
	}
	return i == a.n && k == b.n;
}

bool words_sibling(const struct match_line *l, struct view reference)
{
	size_t letters = 0;

	for (size_t i = 0; i < reference.n; i++)
		letters += is_letter(reference.p[i]);
	if (letters < 2 || !words_telling(reference))	/* a bare number has no shape that would tell */
		return false;
	for (size_t i = 0; i < sizeof(l->text) / sizeof(l->text[0]); i++) {
		struct view rest = l->text[i], word;

		while (next_word(&rest, &word))
			if (same_shape(word, reference) && words_compare(word, reference) != 0)
				return true;
	}
	return false;
}

static bool same_class(char a, char b)
{
	return (is_digit(a) && is_digit(b)) || (is_letter(a) && is_letter(b));
}

static bool named_in(struct view text, struct view word)
{
	for (size_t i = 0; word.n <= text.n && i <= text.n - word.n; i++) {
		if (upper(text.p[i]) != upper(word.p[0]) || words_compare(view_sub(text, i, word.n), word) != 0)
			continue;
		if (i > 0 && same_class(text.p[i - 1], word.p[0]))
			continue;
		if (i + word.n < text.n && same_class(text.p[i + word.n], word.p[word.n - 1]))
			continue;
		return true;
	}
	return false;
}

bool words_named(const struct match_line *l, struct view word)
{
	if (word.n < NAMED_MIN)
		return false;
	for (size_t i = 0; i < sizeof(l->text) / sizeof(l->text[0]); i++)
		if (named_in(l->text[i], word))
			return true;
	return false;
}

static void put_amount(struct buf *b, const struct match_line *l, struct view ccy)
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

static void explain_days(struct buf *b, const struct match_line *s, const struct match_line *m,
			 const struct match_options *o)
{
	int days = calendar_count(o->calendar, m->date, s->date);

	buf_text(b, "booked ");
	put_date(b, s->date);
	if (s->date == m->date)
		buf_text(b, ", on its effective date");
	else
		buf_fmt(b, ", %d banking day%s after its effective date ", days, days == 1 ? "" : "s");
	if (s->date != m->date)
		put_date(b, m->date);
}

static void explain_settled(struct buf *b, const struct match_line *s, const struct match_line *m,
			    const struct match_decision *d, const struct match_options *o)
{
	buf_text(b, "amount ");
	put_amount(b, s, s->currency);
	buf_text(b, " and account are equal; ");
	explain_days(b, s, m, o);
	if (d->level == LEVEL_REFERENCE) {
		buf_text(b, "; its reference ");
		put_word(b, m->reference);
		buf_text(b, d->company_too ? " and company id are in the line's text" : " is in the line's text");
	} else if (d->level == LEVEL_COMPANY) {
		buf_text(b, "; its company id ");
		put_word(b, m->company_id);
		buf_text(b, " is the line's");
	}
	if (d->rest)
		buf_fmt(b, "; %zu items fitted, the others %s", d->fits,
			d->level == LEVEL_FITS ? "are taken by lines that name them" : "are not named");
	else
		buf_text(b, "; no other item fits");
}

static const char *settle_missed(struct buf *b, const struct match_line *s, const struct match_line *m,
				 const struct match_decision *d, const struct match_options *o)
{
	switch (d->why) {
	case WHY_SEVERAL:
	case WHY_CROWD:
		buf_fmt(b, "%zu items or lines of ", d->fits);
		put_amount(b, s, s->currency);
		buf_text(b, " fit, and the text does not single out one");
		return "AMBIGUOUS";
	case WHY_CONTESTED:
		buf_text(b, "one item of ");
		put_amount(b, s, s->currency);
		buf_fmt(b, " fits, but %zu bank lines fit it equally", d->fits);
		return "AMBIGUOUS";
	case WHY_REFERENCE:
		buf_text(b, "an item of ");
		put_amount(b, s, s->currency);
		buf_text(b, " fits, but the line's text gives another reference");
		if (m != NULL) {
			buf_text(b, " than its ");
			put_word(b, m->reference);
		}
		return "REF_CONFLICT";
	case WHY_PROVISIONAL:
		buf_text(b, "a provisional line informs only; the booked line settles");
		return "PROVISIONAL";
	case WHY_INCOMPLETE:
		buf_text(b, "the line lacks its account, currency, amount or date");
		return "NO_COUNTERPART_BOOK";
	default:
		break;
	}
	buf_text(b, "nothing that fits ");
	put_amount(b, s, s->currency);
	buf_text(b, " booked ");
	put_date(b, s->date);
	buf_text(b, " is expected in this account");
	if (d->why == WHY_TAKEN)
		buf_text(b, "; what fits is taken by a line that names it");
	if (m != NULL && d->why == WHY_DATE) {
		buf_text(b, "; an item of this amount is expected ");
		put_date(b, m->date);
		buf_fmt(b, ", and %d banking day%s later at most", o->window, o->window == 1 ? "" : "s");
	}
	if (d->why == WHY_COMPANY)
		buf_text(b, "; an item of this amount has another company id");
	return "NO_COUNTERPART_BOOK";
}

static const char *direction_words(char d)
{
	return d == 'C' ? "a credit" : d == 'D' ? "a debit" : "neither a credit nor a debit";
}

/* The item has the trace; what else differs? */
static void explain_difference(struct buf *b, const struct match_line *s, const struct match_line *m, bool amount)
{
	const char *and = "; ";

	buf_text(b, "a payment has the original trace");
	if (!view_eq(s->rdfi, m->rdfi)) {
		buf_fmt(b, "%sthe original bank differs: ", and);
		put_word(b, s->rdfi);
		buf_text(b, " came back, ");
		put_word(b, m->rdfi);
		buf_text(b, " was paid");
	}
	if (amount && s->amount != m->amount) {
		buf_fmt(b, "%sthe amount differs: ", and);
		put_amount(b, s, m->currency);
		buf_text(b, " came back, ");
		put_amount(b, m, m->currency);
		buf_text(b, " was paid");
	}
	if (!view_eq(s->account, m->account))
		buf_fmt(b, "%sthe account number differs", and);
	if (s->direction != m->direction)
		buf_fmt(b, "%sthe direction differs: %s came back, %s was paid", and, direction_words(s->direction),
			direction_words(m->direction));
	if (m->date == DATE_NONE)
		buf_fmt(b, "%sit was not delivered", and);
}

static void return_missed(struct buf *b, const struct match_line *s, const struct match_line *m,
			  const struct match_decision *d, const struct match_options *o)
{
	bool change = o->kind == MATCH_CHANGE;

	if (d->why == WHY_INCOMPLETE) {
		buf_fmt(b, "the %s lacks its original trace, original bank, account, %sdirection or date",
			change ? "change" : "return", change ? "" : "amount, ");
	} else if (d->why == WHY_PROVISIONAL) {
		buf_text(b, "a provisional record informs only");
	} else if (d->why == WHY_SEVERAL || d->why == WHY_CROWD) {
		buf_fmt(b, "%zu payments have the same trace, bank, account%s and direction", d->fits,
			change ? "" : ", amount");
	} else if (d->why == WHY_CONTESTED || d->why == WHY_TAKEN) {
		buf_text(b, "another return names this payment already: the bank may have returned it twice (R67)");
	} else if (m == NULL) {
		buf_text(b, "no payment has the original trace ");
		put_word(b, s->trace);
	} else if (d->why == WHY_DATE && s->date < m->date) {
		buf_text(b, "the payment was delivered ");
		put_date(b, m->date);
		buf_text(b, ", after this came back ");
		put_date(b, s->date);
	} else if (d->why == WHY_DATE) {
		buf_text(b, "the payment was delivered ");
		put_date(b, m->date);
		buf_fmt(b, ", %d days before; more than %d", s->date - m->date, o->return_days);
	} else {
		explain_difference(b, s, m, !change);
	}
}

static int settled_score(const struct match_line *s, const struct match_line *m, const struct match_decision *d,
			 const struct match_options *o)
{
	int late = calendar_count(o->calendar, m->date, s->date);

	if (d->level == LEVEL_REFERENCE)
		return d->company_too ? 10000 : 9800;
	return (d->level == LEVEL_COMPANY ? 9500 : d->rest ? 8500 : 9000) - 50 * (late > 8 ? 8 : late);
}

static void explain_match(struct match_result *res, struct buf *b, const struct match_line *s,
			  const struct match_line *m, const struct match_decision *d, const struct match_options *o)
{
	static const char *const rules[] = {
		[LEVEL_FITS] = "ONLY_ONE", [LEVEL_COMPANY] = "COMPANY_ID", [LEVEL_REFERENCE] = "REFERENCE",
	};

	res->item = m->seq;
	if (o->kind == MATCH_SETTLE) {
		res->rule = d->company_too ? "COMPANY_REFERENCE" : rules[d->level];
		res->score = settled_score(s, m, d, o);
		explain_settled(b, s, m, d, o);
		return;
	}
	res->rule = o->kind == MATCH_RETURN ? "RETURN_LINKED" : "CHANGE_LINKED";
	res->score = 10000;
	buf_fmt(b, "original trace, original bank, account%s and direction are those of one payment, delivered ",
		o->kind == MATCH_RETURN ? ", amount" : "");
	put_date(b, m->date);
	if (o->kind == MATCH_RETURN) {
		buf_text(b, ": ");
		put_amount(b, m, m->currency);
	}
}

void match_explain(struct match_result *res, const struct match_line *s, const struct match_line *m,
		   const struct match_decision *d, const struct match_options *o)
{
	struct buf b = { .max = 2048 };
	struct view text;

	if (d->why == WHY_MATCHED && m != NULL) {
		explain_match(res, &b, s, m, d, o);
	} else if (o->kind == MATCH_SETTLE) {
		res->reason = settle_missed(&b, s, m, d, o);
	} else {
		res->reason = o->kind == MATCH_RETURN ? "RETURN_UNLINKED" : "CHANGE_UNLINKED";
		return_missed(&b, s, m, d, o);
	}
	text = view_sub(buf_as_view(&b), 0, sizeof(res->text) - 1);
	memcpy(res->text, text.p, text.n);
	res->text[text.n] = '\0';
	buf_release(&b);
}
