/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups - one bank line that pays several items: only where a key says that they belong together, and only to the cent
 *
 * A bank may post one credit for the returns of a day, or one debit for a deposit slip or an ACH company's day.  The keys are the return
 * file, the book's group, and (returns) the company and settlement day.  Every open item of the key must be in the sum; no subset is
 * tried: of many amounts some subset fits anything.  Exactly one key and exactly one line, no other reference in the line's text; the
 * explanation shows the arithmetic.  Only settlements may differ in sign: a bank that nets a company's day nets its reversals too.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/money.h"

#define MEMBERS_MAX 5000
#define MEMBERS_SHOWN 12

struct group { char key[100], kind[24]; int64_t count, first, last; };

/* A return's second key: our company in the return's batch, and the day the bank settles it. */
#define COMPANY_DAY "(SELECT x.company_id FROM ach_return x WHERE x.id=e.ach_return)||' of '||date(e.effective*86400,'unixepoch')"
#define KEYS(key) "SELECT kind, " key " AS k, count(*), min(effective), max(effective) FROM expected e WHERE state=1 AND partner=?1 AND account=?2 AND ccy=?3 AND grp IS NOT NULL" \
	" AND k IS NOT NULL GROUP BY kind, k HAVING sum(amount_minor)=?4 AND count(*)>1 AND (kind='settlement' OR min(sign(amount_minor))=max(sign(amount_minor))) ORDER BY kind, k"
#define MEMBERS(key) "SELECT id, amount_minor FROM expected e WHERE state=1 AND partner=? AND account=? AND ccy=? AND kind=? AND " key "=? ORDER BY id LIMIT ?"

#define SUMS(key) "SELECT sum(amount_minor), " key " AS k FROM expected e WHERE state=1 AND partner=? AND account=? AND ccy=? AND grp IS NOT NULL AND k IS NOT NULL" \
	" GROUP BY kind, k HAVING count(*)>1"

static const struct by { const char *keys, *members, *sums, *words; } by[] = {
	{ KEYS("grp"), MEMBERS("grp"), SUMS("grp"), "the key" },
	{ KEYS(COMPANY_DAY), MEMBERS(COMPANY_DAY), SUMS(COMPANY_DAY), "the company and day" },
};

/*
 * The sums of an account's keys, added up once for the lines of one answer: most lines are no sum at all, and a day of returns is large.
 * It only says no: what it does not hold is no key's sum; what it holds is looked up.
 */
static struct { char partner[64], account[64], ccy[4]; int64_t *sums; size_t n, cap; bool valid; } known;

void groups_forget(void)
{
	known.valid = false;
}

static int add_sums(struct route *r, const struct bank_line *l, const char *sql, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, sql, "ttt", l->partner, l->account, l->ccy) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		if (known.n == known.cap) {
			size_t cap = known.cap ? 2 * known.cap : 256;
			int64_t *sums = realloc(known.sums, cap * sizeof(*sums));

			if (sums == NULL) {
				rows_end(&rows);
				return err_set(err, -1, "no memory for the sums of an account");
			}
			known.sums = sums;
			known.cap = cap;
		}
		known.sums[known.n++] = rows_int(&rows, 0);
	}
	return rc;
}

/* 1: some key may have this sum; 0: none has; -1. */
static int may_be_sum(struct route *r, const struct bank_line *l, struct err *err)
{
	if (!known.valid || strcmp(known.partner, l->partner) != 0 || strcmp(known.account, l->account) != 0 || strcmp(known.ccy, l->ccy) != 0) {
		known.n = 0;
		snprintf(known.partner, sizeof(known.partner), "%s", l->partner);
		snprintf(known.account, sizeof(known.account), "%s", l->account);
		snprintf(known.ccy, sizeof(known.ccy), "%s", l->ccy);
		known.valid = add_sums(r, l, by[0].sums, err) == 0 && add_sums(r, l, by[1].sums, err) == 0;
		if (!known.valid)
			return -1;
	}
	for (size_t i = 0; i < known.n; i++)
		if (known.sums[i] == l->amount)
			return 1;
	return 0;
}

/* Keys whose open items add up to the line; `n` counts them, the first is kept. */
static int find_keys(struct route *r, const struct bank_line *l, const struct by *b, struct group *g, int *n, struct err *err)
{
	struct rows rows;
	int rc;

	*n = 0;
	if (ledger_query(&rows, r->ledger, err, b->keys, "ttti", l->partner, l->account, l->ccy, l->amount) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct group one = { .count = rows_int(&rows, 2), .first = rows_int(&rows, 3), .last = rows_int(&rows, 4) };

		if (one.count > MEMBERS_MAX || l->date < one.last || !bank_in_window(r, l->partner, one.first, l->date))
			continue;
		snprintf(one.kind, sizeof(one.kind), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
		snprintf(one.key, sizeof(one.key), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		if ((*n)++ == 0)
			*g = one;
	}
	return rc;
}

static int read_members(struct route *r, const struct bank_line *l, const struct by *b, const struct group *g, int64_t *ids, size_t *n, struct buf *text, struct err *err)
{
	struct rows rows;
	int rc;

	*n = 0;
	if (ledger_query(&rows, r->ledger, err, b->members, "ttttti", l->partner, l->account, l->ccy, g->kind, g->key, (int64_t)MEMBERS_MAX) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		ids[(*n)++] = rows_int(&rows, 0);
		if (*n > MEMBERS_SHOWN)
			continue;
		buf_text(text, *n > 1 ? " + " : "");
		money_print_grouped(text, rows_int(&rows, 1), l->ccy);
	}
	if (*n > MEMBERS_SHOWN)
		buf_fmt(text, " + %zu more", *n - MEMBERS_SHOWN);
	buf_text(text, " = ");
	money_print_grouped(text, l->amount, l->ccy);
	buf_fmt(text, " %s: all %zu open items (%s) of ", l->ccy, *n, g->kind);
	buf_text(text, b->words);
	buf_fmt(text, " '%s'", g->key);
	return rc;
}

static int take(struct route *r, const struct bank_line *l, const struct by *b, const struct group *g, struct err *err)
{
	static int64_t ids[MEMBERS_MAX];
	struct buf text = { .max = 2000 };
	struct match m = { .line = l->id, .rule = VIEW("GROUP_SUM"), .score = 9700 };
	size_t n;
	int rc = read_members(r, l, b, g, ids, &n, &text, err);

	m.text = buf_as_view(&text);
	if (rc == 0)
		rc = (int64_t)n == g->count ? bank_match(r, &m, ids, n, err) : err_set(err, -1, "the group '%s' changed while it was read", g->key);
	buf_release(&text);
	return rc;
}

static void put_difference(char text[300], const struct bank_line *l, struct view key, int64_t n, int64_t sum)
{
	struct buf b = { .max = 290 };

	buf_fmt(&b, "the line names the group '%.*s', whose %lld open items are ", (int)(key.n > 60 ? 60 : key.n), key.p, (long long)n);
	money_print_grouped(&b, sum, l->ccy);
	buf_text(&b, "; the line is ");
	money_print_grouped(&b, l->amount, l->ccy);
	buf_text(&b, ", difference ");
	money_print_grouped(&b, l->amount - sum, l->ccy);
	snprintf(text, 300, "%s", buf_cstr(&b));
	buf_release(&b);
}

int group_named(struct route *r, const struct bank_line *l, const char **reason, char text[300], struct err *err)
{
	struct rows rows;
	struct view word;
	int rc = 0;

	for (int i = 0; rc == 0 && i < 4; i++) {
		const char *at = l->text[i];

		while (rc == 0 && bank_next_reference(&at, &word)) {
			if (ledger_query(&rows, r->ledger, err, "SELECT count(*), sum(amount_minor) FROM expected WHERE state=1 AND kind='book' AND partner=? AND account=? AND ccy=? AND grp=?"
					 " HAVING count(*)>1 AND min(sign(amount_minor))=max(sign(amount_minor)) AND sign(sum(amount_minor))=sign(?)", "tttvi", l->partner, l->account, l->ccy, word,
					 l->amount) != 0)
				return -1;
			rc = rows_next(&rows);
			if (rc == 1) {
				int64_t sum = rows_int(&rows, 1);

				*reason = (sum > 0 ? l->amount < sum : l->amount > sum) ? "GROUP_SHORT" : "GROUP_OVER";
				put_difference(text, l, word, rows_int(&rows, 0), sum);
				rc = l->amount == sum ? 0 : 1;		/* equal: another reason kept it from being matched */
				rows_end(&rows);
				return rc;
			}
		}
	}
	return rc;
}

int group_find(struct route *r, const struct bank_line *l, bool *matched, struct err *err)
{
	const struct by *b = by;
	int64_t lines = 0;
	struct group g;
	char other[64];
	int n = 0, rc = may_be_sum(r, l, err);

	*matched = false;
	if (rc <= 0)
		return rc;
	rc = find_keys(r, l, b, &g, &n, err);
	if (rc == 0 && n == 0)
		rc = find_keys(r, l, ++b, &g, &n, err);
	if (rc != 0 || n != 1)
		return rc;
	if (ledger_int(r->ledger, &lines, err, "SELECT count(*) FROM bank_line WHERE state IN (1,3) AND provisional=0 AND partner=? AND account=? AND amount_minor=?", "tti", l->partner,
		       l->account, l->amount) < 0)
		return -1;
	if (lines != 1)
		return 0;
	rc = bank_names_another(r, l, 0, 0, other, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;		/* it names one item: nobody's sum */
	*matched = true;
	return take(r, l, b, &g, err);
}
