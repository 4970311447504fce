/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared_test - what several feeds share below formats/lib: physical lines, what stood in a file already, small values
 */
#include "formats/lib/lines.h"
#include "formats/lib/seen.h"
#include "formats/lib/values.h"
#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

/* The lines as "number:text" with a bar between; '+' behind a text that was cut, '-' behind one that the end left open. */
static void put_lines(struct buf *out, struct mhost *h, struct view in, size_t max)
{
	struct tally_host host = mhost_host(h);
	struct lines lines = { .host = &host, .max = max };
	struct line line;
	int got;

	mhost_clear(h);
	h->input = in;
	buf_clear(out);
	while ((got = lines_next(&lines, &line)) == 1)
		buf_fmt(out, "%llu:%.*s%s%s|", (unsigned long long)line.number, VIEW_FMT(line.text), line.cut ? "+" : "", line.open ? "-" : "");
	buf_text(out, got == 0 ? lines.bom ? "bom" : "" : "stop");
}

static const struct { const char *what; struct view in; const char *want; } texts[] = {
	{ "LF", VIEW_INIT("a\nb\n"), "1:a|2:b|" },
	{ "CRLF", VIEW_INIT("a\r\nb\r\n"), "1:a|2:b|" },
	{ "CR alone", VIEW_INIT("a\rb\r"), "1:a|2:b|" },
	{ "a blank line between", VIEW_INIT("a\n\nb\n"), "1:a|2:|3:b|" },
	{ "blank lines of CRLF", VIEW_INIT("a\r\n\r\nb"), "1:a|2:|3:b-|" },
	{ "blank lines of CR", VIEW_INIT("a\r\rb"), "1:a|2:|3:b-|" },
	{ "no end behind the last line", VIEW_INIT("a\nb"), "1:a|2:b-|" },
	{ "nothing", VIEW_INIT(""), "" },
	{ "a byte order mark", VIEW_INIT("\xef\xbb\xbf" "a\n"), "1:a|bom" },
	{ "half of one", VIEW_INIT("\xef\xbb"), "1:\xef\xbb-|" },
	{ "a line as long as may be", VIEW_INIT("12345678\nb\n"), "1:12345678|2:b|" },
	{ "one longer", VIEW_INIT("123456789\nb\n"), "1:12345678+|2:b|" },
	{ "much longer, and the last", VIEW_INIT("1234567890123456789012345"), "1:12345678+|" },
	{ "longer, then CRLF", VIEW_INIT("1234567890\r\nb\r\n"), "1:12345678+|2:b|" },
	{ "longer, then a blank one", VIEW_INIT("1234567890\n\nb\n"), "1:12345678+|2:|3:b|" },
};

static void test_lines(void)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		unsigned wrong = 0;

		for (size_t step = 0; step < 14; step++) {
			struct mhost h = { .step = step };

			put_lines(&out, &h, texts[i].in, 8);
			wrong += strcmp(buf_cstr(&out), texts[i].want) != 0 || h.broken;
			mhost_release(&h);
		}
		if (!ok(wrong == 0, "%s, in windows of every size", texts[i].what))
			printf("# want %s\n# last %s\n", texts[i].want, buf_cstr(&out));
	}
	{
		struct mhost h = { .step = 1, .stop_after = 2 };

		put_lines(&out, &h, VIEW("a\nb\n"), 8);
		ok(strstr(buf_cstr(&out), "stop") != NULL, "a host that says stop is heard");
		mhost_release(&h);
	}
	buf_release(&out);
}

static void test_seen(void)
{
	struct seen s = { 0 };
	unsigned wrong = 0;
	char text[16];

	for (int i = 0; i < 200000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		wrong += seen_put(&s, &(struct view){ text, strlen(text) }, 1) != SEEN_NEW;
	}
	ok(wrong == 0, "200,000 different texts are new (%u were not)", wrong);
	for (int i = 0; i < 200000; i += 7) {
		snprintf(text, sizeof(text), "%d", i);
		wrong += seen_put(&s, &(struct view){ text, strlen(text) }, 1) != SEEN_AGAIN || !seen_has(&s, &(struct view){ text, strlen(text) }, 1);
	}
	ok(wrong == 0, "each of them is known again");
	ok(!seen_has(&s, &VIEW("other"), 1), "another is not");
	seen_release(&s);
	ok(seen_put(&s, (const struct view[]){ VIEW("ab"), VIEW("c") }, 2) == SEEN_NEW && seen_put(&s, (const struct view[]){ VIEW("a"), VIEW("bc") }, 2) == SEEN_NEW,
		"where one part ends and the next begins matters");
	seen_release(&s);
	ok(!seen_has(&s, &VIEW("ab"), 1), "an empty set has nothing");
}

static void test_values(void)
{
	char ssn[9];

	ok(value_routing(VIEW("091000019")) && value_routing(VIEW("021000021")), "routing numbers whose check digit holds");
	ok(!value_routing(VIEW("091000018")) && !value_routing(VIEW("000000000")) && !value_routing(VIEW("09100001")) && !value_routing(VIEW("09100001X")) &&
		!value_routing(VIEW("")), "and those that are none");
	ok(value_ssn(VIEW("123-45-6789"), ssn) == SSN_GOOD && memcmp(ssn, "123456789", 9) == 0, "an SSN without its dashes");
	ok(value_ssn(VIEW("12345678"), ssn) == SSN_EIGHT && value_ssn(VIEW("1234567890"), ssn) == SSN_NOT_DIGITS && value_ssn(VIEW("12-345-6789"), ssn) == SSN_NOT_DIGITS,
		"eight digits, ten, and dashes in other places");
	ok(value_ssn(VIEW("000121234"), ssn) == SSN_IMPOSSIBLE && value_ssn(VIEW("666121234"), ssn) == SSN_IMPOSSIBLE && value_ssn(VIEW("912121234"), ssn) == SSN_IMPOSSIBLE &&
		value_ssn(VIEW("123001234"), ssn) == SSN_IMPOSSIBLE && value_ssn(VIEW("123120000"), ssn) == SSN_IMPOSSIBLE, "numbers that were never given out");
	ok(value_account_type(VIEW("Checking")) == 'C' && value_account_type(VIEW("s")) == 'S' && value_account_type(VIEW("x")) == 0 && value_account_type(VIEW("")) == 0,
		"account types in letters and words");
	ok(value_in(VIEW("OK, ACK"), VIEW("ack")) && !value_in(VIEW("OK, ACK"), VIEW("")) && !value_in(VIEW("OK,,ACK"), VIEW("AC")) && !value_in(VIEW(""), VIEW("OK")),
		"a word in a list, whole or not at all");
	ok(value_is(VIEW("Ach"), "ach") && !value_is(VIEW("a{h"), "a[h"), "capitals do not matter, other bytes do");
	ok(value_has_control(VIEW("a\x07")) && value_has_control(VIEW("a\x7f")) && !value_has_control(VIEW("J\xc3\xb6rg")), "control characters are told from letters");
}

int main(void)
{
	test_lines();
	test_seen();
	test_values();
	return done_testing();
}
