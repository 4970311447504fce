/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_mutate_test - 100,000 good MT940 files with one byte changed; see tests/lib/mutants.h
 *
 * What the proof of a statement covers where both balances are there: the amount, sign and currency of every line, and the
 * two balances themselves.  Available balances (64, 65), announced lines (EC, ED) and everything that is words is covered by
 * nothing.
 */
#include "tests/lib/mutants.h"

static void covered(struct buf *out, const struct mhost *h)
{
	struct view rest = buf_as_view(&h->wire);
	struct record r;

	while (wire_cut_record(&rest, &r) == 1) {
		struct view type = record_text(&r, F_TYPE), currency = record_text(&r, F_CURRENCY);
		bool balance = r.kind == RECORD_BALANCE && type.n == 3 && *type.p == '6';

		if (balance || (r.kind == RECORD_ENTRY && !record_has(&r, F_STATUS)))
			buf_fmt(out, "%u %lld %.*s\n", r.kind, (long long)record_num(&r, F_AMOUNT, INT64_MIN), VIEW_FMT(currency));
	}
}

int main(int argc, char **argv)
{
	static const char *const files[] = { "ok-two-pages", "ok-dialects", "ok-mt950", "ok-cr-only", NULL };
	static const char *const unheard[] = { "MT940_PROOF", NULL };
	struct mutants m = { .format = mhost_module(argv[0], "mt940"), .name = "mt940", .covered = covered, .seed = 9 };

	(void)argc;
	mutants_samples(&m, ".sta", files, 25000, unheard);
	return done_testing();
}
