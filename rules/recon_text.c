/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_text - see recon_text.h.  Bytes above 127 count as letters, so that names in any charset are compared whole
 *
 * Work is bounded: a text is read up to the size of struct words, a run has at most RUN_WORDS words.
 */
#include "rules/recon_text.h"

static inline char letter(char c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
		return c;
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : '\0';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

void norm_of_first(struct norm *o, struct view v, unsigned most)
{
	size_t i = 0;
	unsigned n = 0;

	while (i < v.n && (v.p[i] == '0' || letter(v.p[i]) == '\0'))
		i++;
	for (; i < v.n && n < most; i++) {
		char c = letter(v.p[i]);

		o->p[n] = c;
		n += c != '\0';
	}
	o->n = n;
}

void norm_of(struct norm *o, struct view v)
{
	norm_of_first(o, v, NORM_MAX);
}

#define KEY_START 0xcbf29ce484222325u

static inline uint64_t key_add(uint64_t h, char c)
{
	return (h ^ (unsigned char)c) * 0x100000001b3u;
}

static inline uint64_t key_end(uint64_t h)
{
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15u;
	h ^= h >> 29;
	return h == 0 ? 1 : h;
}

uint64_t key_mix(uint64_t a, uint64_t b)
{
	return key_end((a ^ (b * 0xff51afd7ed558ccdu)) + (a << 7));
}

uint64_t norm_key(const struct norm *o)
{
	uint64_t h = KEY_START;

	if (o->n < 3)
		return 0;
	for (unsigned i = 0; i < o->n; i++)
		h = key_add(h, o->p[i]);
	return key_end(h);
}

uint64_t key_of(struct view v)
{
	struct norm o;

	norm_of(&o, v);
	return norm_key(&o);
}

static char fold(char c)
{
	switch (c) {
	case 'O': return '0';
	case 'I': return '1';
	case 'S': return '5';
	case 'B': return '8';
	default: return c;
	}
}

/* Same but for look-alike characters; a leading O that is a zero is dropped as one. */
static unsigned folded(char out[NORM_MAX], const char *p, unsigned n)
{
	unsigned m = 0;

	for (unsigned i = 0; i < n && m < NORM_MAX; i++)
		if (m > 0 || fold(p[i]) != '0')
			out[m++] = fold(p[i]);
	return m;
}

/* Edits and swaps of neighbours between a and b, cap + 1 when there are more than `cap` (at most 2). */
static unsigned distance(const char *a, unsigned na, const char *b, unsigned nb, unsigned cap)
{
	unsigned rows[3][NORM_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2], *spare;

	if ((na > nb ? na - nb : nb - na) > cap)
		return cap + 1;
	for (unsigned j = 0; j <= nb; j++)
		last[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned least = row[0] = i;

		for (unsigned j = 1; j <= nb; j++) {
			unsigned d = last[j - 1] + (a[i - 1] != b[j - 1]);

			d = last[j] + 1 < d ? last[j] + 1 : d;
			d = row[j - 1] + 1 < d ? row[j - 1] + 1 : d;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			row[j] = d;
			least = d < least ? d : least;
		}
		if (least > cap)
			return cap + 1;
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[nb];
}

enum recon_operator norm_compare(const char *a, unsigned na, const char *b, unsigned nb)
{
	unsigned least = na < nb ? na : nb, fa, fb, cut;
	char x[NORM_MAX], y[NORM_MAX];

	if (na == 0 || nb == 0)
		return OP_NONE;
	if (na == nb && memcmp(a, b, na) == 0)
		return OP_EXACT;
	if (least >= 8 && memcmp(a, b, least) == 0)
		return OP_PREFIX;
	if (least < 6)
		return OP_OTHER;
	fa = folded(x, a, na);
	fb = folded(y, b, nb);
	if (fa == fb && memcmp(x, y, fa) == 0)
		return OP_OCR;
	if (distance(a, na, b, nb, 1) <= 1)
		return OP_EDIT;
	if (distance(x, fa, y, fb, 2) <= 2)
		return OP_LOOSE;
	cut = (fa < fb ? fa : fb) - 1;
	return distance(x, cut, y, cut, 1) <= 1 ? OP_LOOSE : OP_OTHER;
}

/* Words */

static bool word_is(const struct words *w, unsigned i, const char *text)
{
	size_t n = strlen(text);

	return i < w->n && (size_t)(w->at[i + 1] - w->at[i]) == n && memcmp(w->p + w->at[i], text, n) == 0;
}

/* The number a word is, or -1. */
static long word_number(const struct words *w, unsigned i)
{
	long n = 0;

	if (i >= w->n || w->at[i + 1] - w->at[i] > 9)
		return -1;
	for (unsigned k = w->at[i]; k < w->at[i + 1]; k++) {
		if (!digit(w->p[k]))
			return -1;
		n = n * 10 + (w->p[k] - '0');
	}
	return n;
}

/* Four digits or more, and neither an amount nor a count: "1234.56", "FEE 1200". */
static bool looks_like_reference(const struct words *w, unsigned i, struct view text, size_t end)
{
	unsigned digits = 0, n = w->at[i + 1] - w->at[i];
	static const char *const counts[] = { "ITEMS", "GROSS", "FEE", "FEES", "AMOUNT", "TOTAL", "CHARGES", NULL };

	for (unsigned k = w->at[i]; k < w->at[i + 1]; k++)
		digits += digit(w->p[k]);
	if (digits < 4)
		return false;
	if (digits == n && end + 2 < text.n && (text.p[end] == '.' || text.p[end] == ',') && digit(text.p[end + 1]) &&
	    digit(text.p[end + 2]) && (end + 3 == text.n || !letter(text.p[end + 3])))
		return false;
	for (int k = 0; i > 0 && counts[k] != NULL; k++)
		if (word_is(w, i - 1, counts[k]))
			return false;
	return true;
}

void words_of(struct words *w, struct view v)
{
	size_t i = 0;
	unsigned at = 0;

	w->n = 0;
	w->at[0] = 0;
	w->reference = w->part = false;
	w->items = 0;
	while (i < v.n && w->n < WORDS_MAX && at < sizeof(w->p)) {
		while (i < v.n && letter(v.p[i]) == '\0')
			i++;
		if (i == v.n)
			break;
		for (; i < v.n && at < sizeof(w->p) && letter(v.p[i]) != '\0'; i++)
			w->p[at++] = letter(v.p[i]);
		w->at[++w->n] = (uint16_t)at;
		if (!w->reference)
			w->reference = looks_like_reference(w, w->n - 1u, v, i);
	}
	for (unsigned k = 0; k + 1 < w->n; k++) {
		if (word_is(w, k, "ITEMS") && word_number(w, k + 1) > 0)
			w->items = word_number(w, k + 1);
		if (word_is(w, k, "PART") && word_number(w, k + 1) > 0 && word_is(w, k + 2, "OF"))
			w->part = true;
	}
}

void words_runs(const struct words *w, unsigned least, bool (*each)(void *ctx, uint64_t key, const char *p, unsigned n), void *ctx)
{
	for (unsigned i = 0; i < w->n; i++) {
		uint64_t h = KEY_START;
		unsigned from = w->at[i], k;

		while (from < w->at[i + 1] && w->p[from] == '0')
			from++;
		k = from;
		for (unsigned j = i; j < w->n && j < i + RUN_WORDS && w->at[j + 1] - from <= RUN_MAX; j++) {
			for (; k < w->at[j + 1]; k++)
				h = key_add(h, w->p[k]);
			if (k - from >= least && !each(ctx, key_end(h), w->p + from, k - from))
				return;
		}
	}
}

bool words_find(struct view text, uint64_t key, size_t *from, size_t *n)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned words = 0;

		if (letter(text.p[i]) == '\0' || (i > 0 && letter(text.p[i - 1]) != '\0'))
			continue;
		for (size_t k = i + 1; k <= text.n && words < RUN_WORDS && k - i <= 2 * RUN_MAX; k++) {
			if (letter(text.p[k - 1]) == '\0' || (k < text.n && letter(text.p[k]) != '\0'))
				continue;
			words++;
			if (key_of((struct view){ text.p + i, k - i }) != key)
				continue;
			*from = i;
			*n = k - i;
			return true;
		}
	}
	return false;
}

/* Lines */

static bool placeholder(const struct norm *o)
{
	static const char *const none[] = { "NONREF", "NOTPROVIDED", "NONE", "NOREF", "UNKNOWN", NULL };

	for (int i = 0; none[i] != NULL; i++)
		if (o->n == strlen(none[i]) && memcmp(o->p, none[i], o->n) == 0)
			return true;
	return o->n < 3;
}

/* The name behind "ORIG", "TO", "ORD", "BEN" or "FROM", up to the next label. */
static void party_in_text(struct said *s)
{
	static const char *const before[] = { "ORIG", "TO", "ORD", "BEN", "FROM", NULL };
	static const char *const behind[] = { "ITEMS", "ENTRY", "REF", "SEC", "PART", "GROSS", "FEE", NULL };
	const struct words *w = &s->words;

	for (unsigned i = 0; i + 1 < w->n; i++) {
		bool label = false;

		for (int k = 0; before[k] != NULL; k++)
			label |= word_is(w, i, before[k]);
		if (!label)
			continue;
		for (unsigned j = i + 1; j < w->n && j < i + 9; j++) {
			unsigned n = w->at[j + 1] - w->at[j];

			for (int k = 0; behind[k] != NULL; k++)
				if (word_is(w, j, behind[k]))
					return;
			if (s->party.n + n > NORM_MAX)
				return;
			memcpy(s->party.p + s->party.n, w->p + w->at[j], n);
			s->party.n += n;
		}
		return;
	}
}

void said_read(struct said *s, const struct recon_row *line)
{
	s->row = line;
	s->has_field = false;
	for (int t = 0; t < 3; t++) {
		norm_of(&s->field[t], recon_text(line, t));
		if (placeholder(&s->field[t]))
			s->field[t].n = 0;
		s->has_field |= s->field[t].n > 0;
	}
	norm_of(&s->own, recon_text(line, B_OWN));
	words_of(&s->words, recon_text(line, B_TEXT));
	norm_of(&s->party, recon_text(line, B_PARTY));
	if (s->party.n == 0)
		party_in_text(s);
	s->reference = s->has_field || s->words.reference;
}

struct hunt { const struct norm *want; enum recon_operator best; uint64_t key; };

static bool hunt_run(void *ctx, uint64_t key, const char *p, unsigned n)
{
	struct hunt *h = ctx;
	enum recon_operator op;

	if (n == h->want->n && memcmp(p, h->want->p, n) == 0) {
		h->best = OP_EXACT;
		h->key = key;
		return false;
	}
	if (h->want->n < 8 || n < 6 || n > h->want->n + 2 || (n + 2 < h->want->n && n < 12))
		return true;
	op = norm_compare(p, n, h->want->p, h->want->n);
	if (op == OP_PREFIX && n < 12 && n + 2 < h->want->n)
		op = OP_LOOSE;
	if (op != OP_NONE && (h->best == OP_NONE || op < h->best)) {
		h->best = op;
		h->key = key;
	}
	return true;
}

enum recon_operator said_relation(const struct said *s, struct view ref, int *where, uint64_t *key)
{
	struct norm want;
	struct hunt h = { .want = &want, .best = OP_NONE };
	enum recon_operator best = OP_NONE, op;

	*where = B_REF;
	*key = 0;
	norm_of(&want, ref);
	if (want.n < 3)
		return OP_NONE;
	for (int t = 0; t < 3; t++) {
		op = norm_compare(s->field[t].p, s->field[t].n, want.p, want.n);
		if (op != OP_NONE && (best == OP_NONE || op < best)) {
			best = op;
			*where = t;
			*key = norm_key(&s->field[t]);
		}
	}
	if (best == OP_EXACT)
		return best;
	if (s->own.n >= 4 && s->own.n == want.n && memcmp(s->own.p, want.p, want.n) == 0) {
		*where = B_OWN;
		return OP_EXACT;
	}
	words_runs(&s->words, 4, hunt_run, &h);
	if (h.best != OP_NONE && h.best < OP_OTHER && (best == OP_NONE || h.best < best)) {
		*where = B_TEXT;
		*key = h.key;
		best = h.best;
	}
	return best == OP_NONE && s->reference ? OP_OTHER : best;
}

/* Names */

static bool prefix_of(const struct norm *a, const struct norm *b)
{
	unsigned n = a->n < b->n ? a->n : b->n;

	return n >= 5 && memcmp(a->p, b->p, n) == 0;
}

static bool shares_word(struct view a, const struct norm *whole)
{
	struct words w;

	words_of(&w, a);
	for (unsigned i = 0; i < w.n; i++) {
		unsigned n = w.at[i + 1] - w.at[i];

		if (n < 4)
			continue;
		for (unsigned k = 0; k + n <= whole->n; k++)
			if (memcmp(whole->p + k, w.p + w.at[i], n) == 0)
				return true;
	}
	return false;
}

enum recon_party said_party(const struct said *s, struct view party)
{
	struct norm name;
	unsigned n;

	norm_of(&name, party);
	if (name.n == 0)
		return PARTY_UNKNOWN;
	if (s->party.n > 0 && prefix_of(&s->party, &name))
		return PARTY_AGREES;
	n = name.n < 18 ? name.n : 18;
	for (unsigned k = 0; n >= 8 && k + n <= s->words.at[s->words.n]; k++)
		if (memcmp(s->words.p + k, name.p, n) == 0)
			return PARTY_AGREES;
	if (s->party.n == 0)
		return PARTY_UNKNOWN;
	return shares_word(party, &s->party) ? PARTY_DOUBT : PARTY_OTHER;
}

/* Reads digits, a point or comma, and exactly `digits` more, behind `word` in the raw text. */
bool said_amount(const struct said *s, const char *word, int digits, int64_t *minor)
{
	struct view t = recon_text(s->row, B_TEXT);
	size_t n = strlen(word);

	for (size_t i = 0; i + n < t.n; i++) {
		size_t k = i + n;
		int64_t v = 0;
		int after = -1;

		if ((i > 0 && letter(t.p[i - 1])) || memcmp(t.p + i, word, n) != 0 || letter(t.p[k]))
			continue;
		while (k < t.n && (t.p[k] == ' ' || t.p[k] == '\n'))
			k++;
		for (; k < t.n && after < digits; k++) {
			if (digit(t.p[k]) && v < INT64_MAX / 100) {
				v = v * 10 + (t.p[k] - '0');
				after += after >= 0;
			} else if (digits > 0 && after < 0 && (t.p[k] == '.' || t.p[k] == ',')) {
				after = 0;
			} else {
				break;
			}
		}
		if (digits == 0 ? v > 0 : after == digits) {
			*minor = v;
			return true;
		}
	}
	return false;
}
