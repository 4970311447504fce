/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_mutate_test - 100,000 good camt files with one byte changed; see tests/lib/mutants.h
 *
 * What the proof of a statement covers where both balances are there: the amount, sign and currency of every booked entry,
 * and the two balances themselves.  Pending entries, other balances, details and everything that is words is covered by
 * nothing but the XML around it.
 */
#include "tests/lib/mutants.h"

static bool of_the_proof(const struct record *r)
{
	struct view type = record_text(r, F_TYPE);

	if (r->kind == RECORD_BALANCE)
		return view_eq(type, VIEW("OPBD")) || view_eq(type, VIEW("PRCD")) || view_eq(type, VIEW("CLBD"));
	return r->kind == RECORD_ENTRY && !view_eq(record_text(r, F_STATUS), VIEW("PDNG"));
}

static void covered(struct buf *out, const struct mhost *h)
{
	struct view rest = buf_as_view(&h->wire);
	struct record r;

	while (wire_cut_record(&rest, &r) == 1) {
		struct view currency = record_text(&r, F_CURRENCY);

		if (of_the_proof(&r))
			buf_fmt(out, "%u %lld %.*s\n", r.kind, (long long)record_num(&r, F_AMOUNT, INT64_MIN), VIEW_FMT(currency));
	}
}

int main(int argc, char **argv)
{
	static const char *const files[] = { "ok-statement", "ok-envelope-v02", NULL };
	static const char *const unheard[] = { "CAMT_PROOF", NULL };
	struct mutants m = { .format = mhost_module(argv[0], "camt"), .name = "camt", .covered = covered, .seed = 10 };

	(void)argc;
	mutants_samples(&m, ".xml", files, 50000, unheard);
	return done_testing();
}
