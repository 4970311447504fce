/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flat_mutate_test - good print, positive-pay and rollover files with one byte changed, 100,000 times each; see tests/lib/mutants.h
 *
 * What the controls of such a file cover: the amount of every line, its serial number where there is a sum of them, and how
 * many lines there are.
 */
#include <string.h>

#include "tests/lib/mutants.h"

static void covered(struct buf *out, const struct mhost *h)
{
	struct view rest = buf_as_view(&h->wire);
	struct record r;

	while (wire_cut_record(&rest, &r) == 1)
		buf_fmt(out, "%u %lld %lld %.*s %.*s\n", r.kind, (long long)record_num(&r, F_AMOUNT, INT64_MIN), (long long)record_num(&r, F_COUNT, -1),
			VIEW_FMT(record_text(&r, F_CHECK_NUMBER)), VIEW_FMT(record_text(&r, F_HASH)));
}

static void mutate(const char *argv0, const char *name, const char *const *files, const char *const *unheard)
{
	struct mutants m = { .format = mhost_module(argv0, name), .name = name, .covered = covered, .seed = 7 };

	mutants_samples(&m, "", files, 50000, unheard);
}

int main(int argc, char **argv)
{
	(void)argc;
	mutate(argv[0], "check", (const char *const[]){ "ok-three.chk", "ok-crlf.chk", NULL }, (const char *const[]){ "CHECK_AMOUNT", "CHECK_HASH", NULL });
	mutate(argv[0], "pospay", (const char *const[]){ "ok-published.pos", "ok-crlf-trimmed.pos", NULL },
		(const char *const[]){ "POSPAY_AMOUNT", "POSPAY_HASH", NULL });
	mutate(argv[0], "rollover", (const char *const[]){ "ok-two.rol", "ok-crlf-trimmed.rol", NULL }, (const char *const[]){ "ROLLOVER_AMOUNT", NULL });
	return done_testing();
}
