/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn - see learn.h
 *
 * An example is read into a key: the words in front of the reference and the reference's shape (the letters it begins
 * with, then digits).  Examples of one key stand together after sorting.  An example whose reference has no word in front
 * of it, has digits on either side of it, or is no letters-then-digits has no key.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/core/buf.h"
#include "rules/learn.h"

#define KEY 64
#define DIGITS_LEAST 4
#define DIGITS_MOST 30
#define WORD_SHORT 3			/* a word in front that is shorter takes the one before it along */

struct reading {
	char words[KEY], letters[KEY];	/* in capitals; words: one blank for any white space */
	char digits[KEY];
	uint32_t example;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
static char capital(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }

static size_t find(struct view text, struct view what)
{
	for (size_t at = 0; what.n > 0 && at + what.n <= text.n; at++) {
		size_t i = 0;

		while (i < what.n && capital(text.p[at + i]) == capital(what.p[i]))
			i++;
		if (i == what.n)
			return at;
	}
	return SIZE_MAX;
}

/* Letters (with - . / behind them), then digits alone. */
static bool read_shape(struct reading *r, struct view reference)
{
	size_t at = 0, n = 0;

	while (at < reference.n && n + 1 < KEY && !is_digit(reference.p[at])) {
		char c = reference.p[at++];

		if (!is_letter(c) && c != '-' && c != '.' && c != '/')
			return false;
		r->letters[n++] = capital(c);
	}
	r->letters[n] = '\0';
	for (n = 0; at < reference.n && n + 1 < KEY && is_digit(reference.p[at]); n++)
		r->digits[n] = reference.p[at++];
	r->digits[n] = '\0';
	return at == reference.n && n >= DIGITS_LEAST && n <= DIGITS_MOST;
}

/* One word of letters that ends at `at`, what lies between it and `at` included; where it begins. */
static size_t word_before(struct view text, size_t at, size_t *letters)
{
	size_t from = at;

	while (from > 0 && !is_letter(text.p[from - 1]) && !is_digit(text.p[from - 1]) && at - from < 4)
		from--;
	*letters = 0;
	while (from > 0 && is_letter(text.p[from - 1])) {
		from--;
		(*letters)++;
	}
	return *letters == 0 || (from > 0 && is_digit(text.p[from - 1])) ? at : from;
}

static bool read_words(struct reading *r, struct view text, size_t at)
{
	size_t letters, more, from = word_before(text, at, &letters), n = 0;

	if (from == at)
		return false;
	if (letters < WORD_SHORT)
		from = word_before(text, from, &more);
	for (size_t i = from; i < at; i++) {
		char c = is_blank(text.p[i]) ? ' ' : capital(text.p[i]);

		if ((unsigned char)c < ' ' || (unsigned char)c > '~' || n + 1 >= KEY / 2)
			return false;
		if (c != ' ' || n == 0 || r->words[n - 1] != ' ')
			r->words[n++] = c;
	}
	r->words[n] = '\0';
	return true;
}

static bool read_example(struct reading *r, const struct learn_example *e)
{
	size_t at = find(e->text, e->reference), end = at + e->reference.n;

	if (at == SIZE_MAX || !read_shape(r, e->reference))
		return false;
	if ((end < e->text.n && is_digit(e->text.p[end])) || (at > 0 && is_digit(e->text.p[at - 1])))
		return false;
	return read_words(r, e->text, at);
}

static int by_key(const void *pa, const void *pb)
{
	const struct reading *a = pa, *b = pb;
	int c = strcmp(a->words, b->words);

	c = c != 0 ? c : strcmp(a->letters, b->letters);
	return c != 0 ? c : strcmp(a->digits, b->digits);
}

static bool same_key(const struct reading *a, const struct reading *b)
{
	return strcmp(a->words, b->words) == 0 && strcmp(a->letters, b->letters) == 0;
}

static void literal(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == ' ') {
			buf_text(b, "\\s+");
			continue;
		}
		if (!is_letter(*text))
			buf_char(b, '\\');
		buf_char(b, *text);
	}
}

static bool keep(char out[LEARN_TEXT], struct buf *b)
{
	bool good = !b->failed && b->n < LEARN_TEXT;

	if (good) {
		memcpy(out, b->p, b->n);
		out[b->n] = '\0';
	}
	buf_clear(b);
	return good;
}

static bool compose(struct learn_pattern *p, const struct reading *first, const struct reading *last, uint32_t references)
{
	size_t least = DIGITS_MOST, most = 0;
	struct buf b = { 0 };
	bool good;

	for (const struct reading *r = first; r <= last; r++) {
		size_t n = strlen(r->digits);

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	*p = (struct learn_pattern){ .references = references, .example = first->example };
	buf_text(&b, "(?i)\\b");
	literal(&b, first->words);
	buf_char(&b, '(');
	literal(&b, first->letters);
	buf_fmt(&b, "[0-9]{%zu,%zu})(?![0-9])", least, most);
	good = keep(p->pattern, &b);
	buf_text(&b, first->letters);
	for (size_t i = 0; i < least; i++)
		buf_char(&b, (char)('1' + i % 9));
	good = good && keep(p->gives, &b);
	buf_fmt(&b, "%s%s", first->words, p->gives);
	good = good && keep(p->sample, &b);
	buf_release(&b);
	return good;
}

static int by_references(const void *pa, const void *pb)
{
	const struct learn_pattern *a = pa, *b = pb;

	return a->references != b->references ? (a->references > b->references ? -1 : 1) : strcmp(a->pattern, b->pattern);
}

int learn_patterns(struct learn_pattern **out, size_t *n, const struct learn_example *examples, size_t n_examples, uint32_t least)
{
	struct reading *r = malloc((n_examples + 1) * sizeof(*r));
	size_t count = 0;

	*n = 0;
	*out = malloc((n_examples + 1) * sizeof(**out));
	if (r == NULL || *out == NULL) {
		free(r);
		free(*out);
		*out = NULL;
		return -1;
	}
	for (size_t i = 0; i < n_examples; i++)
		if (read_example(&r[count], &examples[i]))
			r[count++].example = (uint32_t)i;
	qsort(r, count, sizeof(*r), by_key);
	for (size_t i = 0, to; i < count; i = to) {
		uint32_t different = 1;

		for (to = i + 1; to < count && same_key(&r[i], &r[to]); to++)
			different += strcmp(r[to].digits, r[to - 1].digits) != 0;
		if (different >= least && compose(&(*out)[*n], &r[i], &r[to - 1], different))
			(*n)++;
	}
	qsort(*out, *n, sizeof(**out), by_references);
	free(r);
	return 0;
}
