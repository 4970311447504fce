/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corpus - statements as a module read them, held against the rows of corpus/FORMAT/expected.tsv (TALLY_SHARED)
 *
 * A test gives the columns' numbers and the code of its proof; what an expected value that contradicts the standard is
 * argued with stands in the test.
 */
#pragma once

#include "formats/core/money.h"
#include "tests/lib/samples.h"

struct corpus_statement {
	char account[600], number[200], currency[4];
	bool has_opening, has_closing, is_previous;
	int64_t opening, closing, entries, details, net, reversals;
};

/* The field, or nothing where it says None. */
static inline struct view corpus_column(struct view row, int want)
{
	struct view f = { NULL, 0 };

	for (int i = 0; i <= want; i++)
		if (!view_cut(&row, '\t', &f))
			return (struct view){ NULL, 0 };
	return view_eq(f, VIEW("None")) ? (struct view){ NULL, 0 } : f;
}

static inline int64_t corpus_minor(struct view v, const char *currency)
{
	struct money money = { 0 };
	char text[64];
	size_t n = 0;

	for (size_t i = 0; i < v.n && n < sizeof(text); i++)
		if (v.p[i] != '+')
			text[n++] = v.p[i];
	money_parse_decimal(&money, (struct view){ text, n }, currency[0] == '\0' ? "EUR" : currency);
	return money.minor;
}

static inline int64_t corpus_count(struct view v)
{
	return corpus_minor(v, "JPY");
}

static inline bool corpus_amount(struct view want, bool there, int64_t got, const char *currency)
{
	return want.p == NULL ? !there : there && corpus_minor(want, currency) == got;
}

static inline bool corpus_text(struct view want, const char *got)
{
	return view_eq(view_of(got), want.p == NULL ? VIEW("") : want);
}

static inline bool corpus_is(struct view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (view_eq(v, view_of(*words)))
			return true;
	return false;
}

/* The first opening balance with an amount; a previous day's gives way to it. */
static inline void corpus_balance(struct corpus_statement *st, const struct record *r)
{
	static const char *const opening[] = { "60F", "60M", "OPBD", NULL }, *const closing[] = { "62F", "62M", "CLBD", NULL };
	struct view type = record_text(r, F_TYPE);
	bool previous = view_eq(type, VIEW("PRCD"));

	if (!record_has(r, F_AMOUNT))
		return;
	if ((previous && !st->has_opening) || (corpus_is(type, opening) && (!st->has_opening || st->is_previous))) {
		st->has_opening = true;
		st->is_previous = previous;
		st->opening = record_num(r, F_AMOUNT, 0);
	} else if (corpus_is(type, closing) && !st->has_closing) {
		st->has_closing = true;
		st->closing = record_num(r, F_AMOUNT, 0);
	}
}

/* An entry of a notification is a detail without a parent. */
static inline void corpus_entry(struct corpus_statement *st, const struct record *r)
{
	static const char *const not_booked[] = { "PDNG", "INFO", "FUTR", NULL };

	if (r->kind == RECORD_DETAIL && record_has(r, F_PARENT)) {
		st->details++;
		return;
	}
	st->entries++;
	st->reversals += record_num(r, F_REVERSAL, 0);
	if (!corpus_is(record_text(r, F_STATUS), not_booked))
		st->net += record_num(r, F_AMOUNT, 0);
}

/* The n-th statement of the records on the wire, from 1. */
static inline bool corpus_statement(struct view wire, int n, struct corpus_statement *st)
{
	struct record r;
	int at = 0;

	memset(st, 0, sizeof(*st));
	while (wire_cut_record(&wire, &r) == 1) {
		struct view currency = record_text(&r, F_CURRENCY);

		at += r.kind == RECORD_STATEMENT;
		if (at != n)
			continue;
		if (currency.n == 3 && st->currency[0] == '\0')
			memcpy(st->currency, currency.p, 3);
		if (r.kind == RECORD_STATEMENT) {
			snprintf(st->account, sizeof(st->account), "%.*s", VIEW_FMT(record_text(&r, F_ACCOUNT)));
			snprintf(st->number, sizeof(st->number), "%.*s", VIEW_FMT(record_text(&r, F_STATEMENT)));
		} else if (r.kind == RECORD_BALANCE) {
			corpus_balance(st, &r);
		} else if (r.kind == RECORD_ENTRY || r.kind == RECORD_DETAIL) {
			corpus_entry(st, &r);
		}
	}
	return at >= n;
}

/* "proves", "off by 1.00" or "no-balances"; what is off is told by `finding`. */
static inline void corpus_proof(struct mhost *h, const struct corpus_statement *st, struct view proof, const char *finding, const char *name)
{
	int64_t off = st->closing - st->opening - st->net;
	bool pair = st->has_opening && st->has_closing;

	if (view_starts(proof, VIEW("off by ")))
		ok(pair && off == corpus_minor(view_sub(proof, 7, proof.n), st->currency) && mhost_count(&h->findings, finding) > 0,
			"%s is off by what is expected, and told", name);
	else if (view_eq(proof, VIEW("proves")))
		ok(pair && off == 0, "%s proves", name);
	else
		ok(!pair, "%s has no pair of balances", name);
}

static inline void corpus_show(const struct corpus_statement *st)
{
	printf("# account %s number %s opening %lld closing %lld entries %lld details %lld net %lld reversals %lld\n", st->account, st->number,
		(long long)st->opening, (long long)st->closing, (long long)st->entries, (long long)st->details, (long long)st->net, (long long)st->reversals);
}

/* Each row of the list: its file is read, and its statement judged; n: which one of the file's. */
static inline void corpus_run(const struct tally_format *module, const char *format,
	void (*judge)(struct mhost *, const struct corpus_statement *, struct view row, const char *name))
{
	const char *shared = getenv("TALLY_SHARED");
	struct view rows, rest, row, last = { NULL, 0 };
	char path[1200], name[400];
	bool first = true;
	int n = 0;

	if (shared == NULL) {
		printf("# the corpus is skipped: TALLY_SHARED is not set\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/corpus/%s/expected.tsv", shared, format);
	rest = rows = mhost_file(path);
	ok(rows.p != NULL, "the list of the corpus is there");
	while (view_cut(&rest, '\n', &row)) {
		struct view file = corpus_column(row, 0), in;
		struct mhost h = { 0 };
		struct corpus_statement st;

		if (first || row.n == 0) {
			first = false;
			continue;
		}
		n = view_eq(file, last) ? n + 1 : 1;
		last = file;
		snprintf(path, sizeof(path), "%s/corpus/%s/%.*s", shared, format, VIEW_FMT(file));
		snprintf(name, sizeof(name), "%.*s #%d", VIEW_FMT(file), n);
		in = mhost_file(path);
		if (in.p != NULL && mhost_parse(&h, module, in) == 0 && corpus_statement(buf_as_view(&h.wire), n, &st))
			judge(&h, &st, row, name);
		else
			ok(false, "%s is read", name);
		free((char *)in.p);
		mhost_release(&h);
	}
	free((char *)rows.p);
}
