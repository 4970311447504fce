/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask: never more than four digits of an account number or SSN, and no byte of a partner moves a terminal
 */
#include "formats/core/mask.h"
#include "tests/lib/tap.h"

static const struct { struct view in, out; } last4[] = {
	{ VIEW_INIT("123456789"), VIEW_INIT("*6789") },
	{ VIEW_INIT("12345"), VIEW_INIT("*2345") },
	{ VIEW_INIT("1234"), VIEW_INIT("*") },
	{ VIEW_INIT(""), VIEW_INIT("*") },
};

static const struct { const char *what; struct view in, out; } digits[] = {
	{ "an account number in a line", VIEW_INIT("acct 123456789 ok"), VIEW_INIT("acct *****6789 ok") },
	{ "four digits", VIEW_INIT("year 2026"), VIEW_INIT("year 2026") },
	{ "five digits", VIEW_INIT("12345"), VIEW_INIT("*2345") },
	{ "an SSN with dashes", VIEW_INIT("ssn 123-45-6789."), VIEW_INIT("ssn ***-**-6789.") },
	{ "an SSN with blanks", VIEW_INIT("123 45 6789"), VIEW_INIT("*** ** 6789") },
	{ "an SSN at the end", VIEW_INIT("x123-45-6789"), VIEW_INIT("x***-**-6789") },
	{ "two SSNs side by side", VIEW_INIT("123-45-6789 987-65-4321"), VIEW_INIT("***-**-6789 ***-**-4321") },
	{ "too many digits behind for an SSN", VIEW_INIT("123-45-67890"), VIEW_INIT("123-45-*7890") },
	{ "a digit in front of an SSN's shape", VIEW_INIT("0123-45-6789"), VIEW_INIT("0123-45-6789") },
	{ "an ISO date", VIEW_INIT("2026-11-23"), VIEW_INIT("2026-11-23") },
	{ "digits beside letters", VIEW_INIT("DE89370400440532013000"), VIEW_INIT("DE****************3000") },
	{ "bytes above 127", VIEW_INIT("\xff" "123456" "\xff"), VIEW_INIT("\xff" "**3456" "\xff") },
	{ "nothing", VIEW_INIT(""), VIEW_INIT("") },
};

static const struct { const char *what; struct view in, out; } escapes[] = {
	{ "plain text", VIEW_INIT("a b\"c\\"), VIEW_INIT("a b\"c\\") },
	{ "a line end", VIEW_INIT("a\nb\r\t"), VIEW_INIT("a\\x0ab\\x0d\\x09") },
	{ "a terminal's escape", VIEW_INIT("\x1b[2J"), VIEW_INIT("\\x1b[2J") },
	{ "NUL and DEL", VIEW_INIT("\0\x7f"), VIEW_INIT("\\x00\\x7f") },
	{ "good UTF-8", VIEW_INIT("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x92\xb6"),
	  VIEW_INIT("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x92\xb6") },
	{ "ISO 8859-1", VIEW_INIT("M\xfcller"), VIEW_INIT("M\\xfcller") },
	{ "UTF-8 cut short", VIEW_INIT("\xe2\x82"), VIEW_INIT("\\xe2\\x82") },
	{ "overlong NUL", VIEW_INIT("\xc0\x80"), VIEW_INIT("\\xc0\\x80") },
	{ "overlong slash of three bytes", VIEW_INIT("\xe0\x80\xaf"), VIEW_INIT("\\xe0\\x80\\xaf") },
	{ "a surrogate", VIEW_INIT("\xed\xa0\x80"), VIEW_INIT("\\xed\\xa0\\x80") },
	{ "above U+10FFFF", VIEW_INIT("\xf4\x90\x80\x80"), VIEW_INIT("\\xf4\\x90\\x80\\x80") },
	{ "a C1 control as UTF-8", VIEW_INIT("\xc2\x9b"), VIEW_INIT("\\xc2\\x9b") },
	{ "text turned right to left", VIEW_INIT("\xe2\x80\xae"), VIEW_INIT("\\xe2\\x80\\xae") },
};

int main(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(last4) / sizeof(last4[0]); i++) {
		buf_clear(&b);
		mask_last4(&b, last4[i].in);
		is_view(buf_as_view(&b), last4[i].out, "%zu characters show as '%s'", last4[i].in.n, last4[i].out.p);
	}
	for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
		buf_clear(&b);
		mask_digits(&b, digits[i].in);
		is_view(buf_as_view(&b), digits[i].out, "%s is masked right", digits[i].what);
		is_int(b.n, digits[i].in.n, "%s keeps its length", digits[i].what);
	}
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		buf_clear(&b);
		escape_text(&b, escapes[i].in);
		is_view(buf_as_view(&b), escapes[i].out, "%s is escaped right", escapes[i].what);
	}
	buf_release(&b);
	return done_testing();
}
