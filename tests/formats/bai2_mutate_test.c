/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_mutate_test - 100,000 good BAI2 files with one byte changed; see tests/lib/mutants.h
 *
 * What the totals and counts of a file cover: the size of every amount, and how many groups, accounts, lines and records
 * there are.  The side of a line is said by its type code and covered only where the account has an opening and a closing
 * balance: a statement that proved then proves no more.
 */
#include <string.h>

#include "tests/lib/mutants.h"

static void covered(struct buf *out, const struct mhost *h)
{
	struct view rest = buf_as_view(&h->wire);
	struct record r;

	while (wire_cut_record(&rest, &r) == 1) {
		int64_t n = record_num(&r, F_AMOUNT, 0);

		buf_fmt(out, "%u %lld %lld\n", r.kind, (long long)(n < 0 ? -n : n),
			r.kind == RECORD_TOTAL ? (long long)record_num(&r, F_COUNT, -1) : 0);
	}
}

struct account { bool opening, closing; int64_t first, last, net; };

static void take(struct account *a, const struct record *r)
{
	struct view type = record_text(r, F_TYPE);
	int64_t n = record_num(r, F_AMOUNT, 0);

	if (r->kind == RECORD_STATEMENT) {
		*a = (struct account){ 0 };
	} else if (r->kind == RECORD_ENTRY) {
		a->net += n;
	} else if (r->kind == RECORD_BALANCE && view_eq(type, VIEW("010"))) {
		a->first = n;
		a->opening = true;
	} else if (r->kind == RECORD_BALANCE && view_eq(type, VIEW("015"))) {
		a->last = n;
		a->closing = true;
	}
}

/* A statement does not prove: so the gateway and `tallygate validate` say it, with the difference. */
static bool off(const struct mhost *h)
{
	struct view rest = buf_as_view(&h->wire);
	struct account a = { 0 };
	bool some = false;
	struct record r;

	while (wire_cut_record(&rest, &r) == 1) {
		take(&a, &r);
		if (r.kind == RECORD_TOTAL && a.opening && a.closing)
			some = some || a.first + a.net != a.last;
	}
	return some;
}

int main(int argc, char **argv)
{
	static const char *const files[] = { "ok-two-accounts", "ok-proves", "ok-correction-currencies", "ok-crlf-fixed-80",
		"ok-intraday", NULL };
	static const char *const unheard[] = { "BAI2_ACCOUNT_TOTAL", "BAI2_GROUP_TOTAL", NULL };
	struct mutants m = { .format = mhost_module(argv[0], "bai2"), .name = "bai2", .covered = covered,
		.told_too = off, .seed = 5 };

	(void)argc;
	mutants_samples(&m, ".bai", files, 20000, unheard);
	return done_testing();
}
