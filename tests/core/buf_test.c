/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: bounds hold to the byte, failure sticks, and what was there stays
 */
#include "formats/core/buf.h"
#include "tests/lib/tap.h"

static void numbers(void)
{
	struct buf b = { 0 };

	buf_int(&b, INT64_MIN);
	is_view(buf_as_view(&b), VIEW("-9223372036854775808"), "the least int64 is printed whole");
	buf_clear(&b);
	buf_int(&b, INT64_MAX);
	buf_char(&b, ' ');
	buf_int(&b, 0);
	is_view(buf_as_view(&b), VIEW("9223372036854775807 0"), "the greatest int64 and zero are printed");
	buf_clear(&b);
	buf_u16(&b, 0x0102);
	buf_u32(&b, 0x03040506);
	buf_u64(&b, 0x0708090a0b0c0d0e);
	is_view(buf_as_view(&b), VIEW("\2\1\6\5\4\3\x0e\x0d\x0c\x0b\x0a\x09\x08\x07"),
		"binary integers are little endian");
	buf_clear(&b);
	buf_hex(&b, VIEW("\x00\xff\x1a"));
	is_view(buf_as_view(&b), VIEW("00ff1a"), "hex is lower case");
	buf_release(&b);
}

static void bounds(void)
{
	struct buf b = { .max = 10 };
	char big[600];

	buf_text(&b, "0123456789");
	ok(!b.failed && b.n == 10, "ten bytes fit a bound of ten");
	is_str(buf_cstr(&b), "0123456789", "the NUL has its place beside the bound");
	buf_put(&b, "", 0);
	ok(!b.failed, "nothing more fits always");
	buf_char(&b, 'x');
	ok(b.failed, "the eleventh byte fails");
	is_view(buf_as_view(&b), VIEW("0123456789"), "what was there stays after a failure");
	is_str(buf_cstr(&b), "", "a failed buffer's text is empty");
	b.n = 0;
	buf_char(&b, 'y');
	is_int(b.n, 0, "after a failure every append does nothing");
	ok(buf_reserve(&b, 1) == NULL, "after a failure there is no room");
	buf_clear(&b);
	ok(buf_reserve(&b, SIZE_MAX) == NULL && b.failed, "a size that wraps around is refused");
	buf_clear(&b);
	buf_fmt(&b, "%s", "0123456789x");
	ok(b.failed && b.n == 0, "a formatted text over the bound adds nothing");
	buf_release(&b);

	memset(big, 'f', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	buf_fmt(&b, "%s", "");
	is_int(b.n, 0, "an empty format adds nothing");
	b.max = 0;
	buf_fmt(&b, "[%s]", big);
	is_int(b.n, sizeof(big) + 1, "a formatted text longer than the first try is whole");
	ok(b.p[0] == '[' && b.p[b.n - 1] == ']', "and ends where it should");
	buf_release(&b);
	buf_release(&b);
	is_str(buf_cstr(&b), "", "a released buffer is an empty text");
	is_view(buf_as_view(&b), VIEW(""), "and an empty view");
}

static void growth(void)
{
	struct buf b = { .max = 100000 };
	bool same = true;

	for (int i = 0; i < 100000; i++)
		buf_char(&b, (char)(i % 251));
	for (size_t i = 0; i < b.n; i++)
		same = same && b.p[i] == (char)(i % 251);
	ok(!b.failed && b.n == 100000 && same, "a hundred thousand single bytes come out as they went in");
	ok(b.cap <= 100000, "the capacity stays below the bound");
	buf_fill(&b, 'z', 1);
	ok(b.failed, "one byte more fails");
	buf_release(&b);
	buf_fill(&b, '9', 94);
	is_int(b.n, 94, "fill adds so many bytes");
	buf_release(&b);
}

int main(void)
{
	numbers();
	bounds();
	growth();
	return done_testing();
}
