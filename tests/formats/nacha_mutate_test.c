/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_mutate_test - 112,500 good ACH files with one byte changed; see tests/lib/mutants.h
 *
 * What the controls of a file cover: the amount of every entry and its side (debit or credit), the receiving bank, how many
 * entries and addenda there are, and what the control records say of all that.
 */
#include <string.h>

#include "tests/lib/mutants.h"

static void covered(struct buf *out, const struct mhost *h)
{
	struct view rest = buf_as_view(&h->wire);
	struct record r;

	while (wire_cut_record(&rest, &r) == 1) {
		if (r.kind == RECORD_BATCH || r.kind == RECORD_FILE)
			buf_fmt(out, "%u\n", r.kind);
		else if (r.kind == RECORD_TOTAL)
			buf_fmt(out, "%u %lld %lld %lld %.*s\n", r.kind, (long long)record_num(&r, F_COUNT, -1),
				(long long)record_num(&r, F_DEBIT, -1), (long long)record_num(&r, F_CREDIT, -1),
				VIEW_FMT(record_text(&r, F_HASH)));
		else
			buf_fmt(out, "%u %lld %.*s %lld\n", r.kind, (long long)record_num(&r, F_AMOUNT, INT64_MIN),
				VIEW_FMT(view_sub(record_text(&r, F_ROUTING), 0, 8)),
				(long long)record_num(&r, F_ADDENDA_COUNT, -1));
	}
}

int main(int argc, char **argv)
{
	static const char *const files[] = { "ok-payroll", "ok-ctx", "ok-returns", "ok-changes", "ok-contested", "ok-iat",
		"ok-mixed", "ok-terminal", "ok-crlf-no-fill", "ok-run-together", "ok-adv", "ok-notices", "ok-refused",
		"ok-iat-back", "ok-iat-full", NULL };
	static const char *const unheard[] = { "NACHA_CREDIT", "NACHA_FILE_CREDIT", "NACHA_DEBIT", "NACHA_FILE_DEBIT", NULL };
	struct mutants m = { .format = mhost_module(argv[0], "nacha"), .name = "nacha", .covered = covered, .seed = 4 };

	(void)argc;
	mutants_samples(&m, ".ach", files, 7500, unheard);
	return done_testing();
}
