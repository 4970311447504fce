/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_fast_test - what is read many lines at once says what it says line by line, for returns of every reason, class and direction
 *
 * Windows of 60 bytes never hold two lines, so nothing is quick there (nacha_fast.c); the whole file in one window is.  Records and findings
 * must be equal as text.
 */
#include <string.h>

#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

#define LINE 94

static const struct tally_format *nacha;
static uint64_t seed = 99;

static unsigned draw(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static void line(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct buf *b, const char *fmt, ...)
{
	char text[LINE + 60];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_fmt(b, "%-94.94s\n", text);
}

static void header(struct buf *b, const char *created)
{
	line(b, "101 2313801041234567890%.6s1200A094101%-23s%-23s", created, "FIRST BANK", "ACME WIDGETS");
}

static void batch(struct buf *b, const char *sec, int class, const char *effective, int n)
{
	line(b, "5%03d%-16s%-20s1234567890%.3s%-10s%6s%.6s3161%08d%07d", class, "ACME WIDGETS", "", sec, "ADJUSTMENT", "", effective, 23138010, n);
}

/* An entry and its 99; `how` breaks one thing. */
static void entry(struct buf *b, int n, const char *code, int reason, int how)
{
	char e[2][LINE + 60], trace[20];

	snprintf(trace, sizeof(trace), "%08d%07d", how == 1 ? 23138011 : 23138010, how == 2 ? 1 : n);
	snprintf(e[0], sizeof(e[0]), "6%.2s12345678%c%-17s%010d%-15s%-22s  %c%s", code, how == 3 ? '1' : '0', how == 4 ? " 12" : how == 5 ? "" : "4085", how == 6 ? 0 : 10000 + n, how == 7 ? "" : "ID1",
		 how == 8 ? "" : "PAYEE", how == 9 ? '0' : '1', trace);
	snprintf(e[1], sizeof(e[1]), "7%sR%02d%-15s%-6s%-8s%-44s%s", how == 10 ? "05" : "99", reason, how == 11 ? "12345" : how == 12 ? "000000000000000" : "123456780000001",
		 how == 13 ? "261101" : how == 14 ? "000000" : how == 15 ? "2 1101" : "", how == 16 ? "" : how == 17 ? "2313801x" : how == 18 ? "00000000" : "12345678", how == 19 ? "WHY\x01" : "WHY",
		 how == 20 ? "231380109999999" : trace);
	line(b, "%s", e[0]);
	if (how != 21)
		line(b, "%s", e[1]);
	if (how == 22)
		line(b, "%s", e[1]);
	if (how == 23)
		line(b, "%s", "");
}

static void same(const struct buf *file, const char *what)
{
	struct mhost slow = { .step = 60 }, whole = { 0 }, sums = { .sums = true };
	bool good = mhost_parse(&slow, nacha, buf_as_view(file)) == 0 && mhost_parse(&whole, nacha, buf_as_view(file)) == 0 && mhost_parse(&sums, nacha, buf_as_view(file)) == 0;

	ok(good && slow.n_records > 10, "%s: %llu records, %llu findings", what, (unsigned long long)slow.n_records, (unsigned long long)slow.n_findings);
	ok(view_eq(buf_as_view(&slow.records), buf_as_view(&whole.records)), "%s: the records are the same at once", what);
	ok(view_eq(buf_as_view(&slow.findings), buf_as_view(&whole.findings)), "%s: and the findings", what);
	ok(view_eq(buf_as_view(&slow.findings), buf_as_view(&sums.findings)) && slow.n_records == sums.n_records, "%s: with sums too", what);
	mhost_release(&slow);
	mhost_release(&whole);
	mhost_release(&sums);
}

/* Every reason with every code, in batches of these classes and days. */
static void every_reason(const char *created, const char *effective)
{
	static const char *const codes[] = { "21", "26", "31", "36", "41", "46", "51", "56", "22", "27", "23", "71" };
	static const char *const secs[] = { "PPD", "CCD", "WEB", "TEL", "ARC", "RCK", "CTX", "POP", "CIE", "XXX" };
	static const int classes[] = { 200, 220, 225 };
	struct buf file = { 0 };
	char what[80];
	int n = 0, batches = 0;

	header(&file, created);
	for (size_t s = 0; s < sizeof(secs) / sizeof(secs[0]); s++)
		for (size_t c = 0; c < 3; c++) {
			batch(&file, secs[s], classes[c], effective, ++batches);
			for (int reason = 0; reason < 100; reason++)
				for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
					entry(&file, ++n, codes[k], reason, 0);
			line(&file, "8%03d", classes[c]);
		}
	snprintf(what, sizeof(what), "every reason, effective %s, created %s", effective, created);
	same(&file, what);
	buf_release(&file);
}

static void broken_lines(void)
{
	static const char *const codes[] = { "21", "26", "31", "36" };
	static const int reasons[] = { 1, 2, 3, 10, 14, 15, 29, 61, 71, 99 };
	struct buf file = { 0 };
	int n = 0;

	header(&file, "261112");
	for (int b = 1; b <= 60; b++) {
		batch(&file, b % 3 == 0 ? "CCD" : "PPD", b % 2 ? 220 : 200, "261110", b);
		for (int i = 0; i < 200; i++)
			entry(&file, ++n, codes[draw(b % 2 ? 2 : 4)], reasons[draw(draw(4) == 0 ? 10 : 3)], draw(6) == 0 ? (int)draw(24) : 0);
		line(&file, "8%03d", b % 2 ? 220 : 200);
	}
	same(&file, "broken lines among good ones");
	buf_release(&file);
}

/* Forward entries, returns and both in one batch. */
static void mixed(void)
{
	struct buf file = { 0 };
	int n = 0;

	header(&file, "261112");
	for (int b = 1; b <= 40; b++) {
		batch(&file, "PPD", 200, "261112", b);
		for (int i = 0; i < 50; i++)
			if (b % 4 == 0 ? draw(2) == 1 : b % 2 == 1) {
				line(&file, "622123456780%-17s%010d%-15s%-22s  0%08d%07d", "4085", 100 + i, "ID1", "PAYEE", 23138010, ++n);
			} else {
				entry(&file, ++n, "21", 3, 0);
			}
		line(&file, "8200");
	}
	same(&file, "returns and forward entries");
	buf_release(&file);
}

int main(int argc, char **argv)
{
	nacha = mhost_module(argv[0], "nacha");
	(void)argc;
	if (nacha == NULL)
		skip_all("the module nacha is not built");
	every_reason("261112", "261110");
	every_reason("261112", "260801");		/* most are late */
	every_reason("261112", "      ");
	every_reason("990101", "990101");		/* other reasons were valid then */
	every_reason("      ", "261110");
	broken_lines();
	mixed();
	return done_testing();
}
