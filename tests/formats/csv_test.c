/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv_test - rows as RFC 4180 has them, faults with their lines, flat memory, the same answer for windows of any size
 */
#include "formats/lib/csv.h"
#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

/* All rows as text: "1:a|b;" a row from line 1, "3!2;" a row of line 3 with fault 2. */
static const char *read_all(struct buf *out, struct mhost *h, struct view in, char delimiter)
{
	struct tally_host host = mhost_host(h);
	struct csv_reader *r;
	struct csv_row row;
	int got;

	mhost_clear(h);
	h->input = in;
	buf_clear(out);
	if (csv_open(&r, &host, delimiter) == -1)
		return "no memory";
	while ((got = csv_next(r, &row)) == 1) {
		buf_int(out, (int64_t)row.line);
		if (row.fault != ROW_GOOD) {
			buf_fmt(out, "!%d;", (int)row.fault);
			continue;
		}
		for (size_t i = 0; i < row.n; i++) {
			buf_char(out, i == 0 ? ':' : '|');
			buf_view(out, row.fields[i]);
		}
		buf_char(out, ';');
	}
	if (got < 0)
		buf_text(out, "stop");
	csv_close(r);
	return buf_cstr(out);
}

static const struct { const char *what; struct view in; const char *want; } cases[] = {
	{ "two rows", VIEW_INIT("a,b\nc,d\n"), "1:a|b;2:c|d;" },
	{ "the last line may lack its end", VIEW_INIT("a,b\nc,d"), "1:a|b;2:c|d;" },
	{ "CRLF", VIEW_INIT("a,b\r\nc,d\r\n"), "1:a|b;2:c|d;" },
	{ "CR alone", VIEW_INIT("a,b\rc,d\r"), "1:a|b;2:c|d;" },
	{ "CR alone, the last line without end", VIEW_INIT("a,b\rc,d"), "1:a|b;2:c|d;" },
	{ "line ends of all kinds in one file", VIEW_INIT("a\rb\nc\r\nd\n"), "1:a;2:b;3:c;4:d;" },
	{ "a quoted comma", VIEW_INIT("\"a,b\",c\n"), "1:a,b|c;" },
	{ "a doubled quote", VIEW_INIT("\"a\"\"b\",c\n"), "1:a\"b|c;" },
	{ "a line end inside quotes", VIEW_INIT("\"a\nb\",c\nd,e\n"), "1:a\nb|c;3:d|e;" },
	{ "a CRLF inside quotes", VIEW_INIT("\"a\r\nb\",c\r\nd,e\r\n"), "1:a\r\nb|c;3:d|e;" },
	{ "a blank line inside quotes", VIEW_INIT("\"a\n\nb\"\nd\n"), "1:a\n\nb;4:d;" },
	{ "blank lines are no rows but count", VIEW_INIT("\na\n \n\r\nb\n"), "2:a;5:b;" },
	{ "empty fields", VIEW_INIT(",,\n\"\",x,\n"), "1:||;2:|x|;" },
	{ "blanks belong to the field", VIEW_INIT(" a , b\n"), "1: a | b;" },
	{ "a byte order mark is skipped", VIEW_INIT("\xef\xbb\xbf" "a,b\n"), "1:a|b;" },
	{ "a byte order mark alone is an empty file", VIEW_INIT("\xef\xbb\xbf"), "" },
	{ "an empty file has no rows", VIEW_INIT(""), "" },
	{ "one byte", VIEW_INIT("a"), "1:a;" },
	{ "a quote inside a bare field is a fault", VIEW_INIT("a\"b,c\nd,e\n"), "1!1;2:d|e;" },
	{ "text behind a closing quote is a fault", VIEW_INIT("\"a\"b,c\nd,e\n"), "1!1;2:d|e;" },
	{ "an open quote costs one row", VIEW_INIT("a,\"b\nc,d\ne,f\n"), "1!2;2:c|d;3:e|f;" },
	{ "an open quote in the last line", VIEW_INIT("c,d\na,\"b"), "1:c|d;2!2;" },
	{ "a NUL costs one row", VIEW_INIT("a,b\0\nc,d\n"), "1!3;2:c|d;" },
};

static void test_cases(void)
{
	struct mhost h = { 0 };
	struct buf out = { 0 };
	unsigned different = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		h.step = 0;
		is_str(read_all(&out, &h, cases[i].in, ','), cases[i].want, "%s", cases[i].what);
		for (h.step = 1; h.step < 9; h.step++)
			different += strcmp(read_all(&out, &h, cases[i].in, ','), cases[i].want) != 0 || h.broken;
	}
	ok(different == 0, "windows of 1 to 8 bytes give the same rows");
	h.step = 0;
	is_str(read_all(&out, &h, VIEW("a;b,c\n"), ';'), "1:a|b,c;", "the delimiter may be a semicolon");
	is_str(read_all(&out, &h, VIEW("a\tb,c\n"), '\t'), "1:a|b,c;", "the delimiter may be a tab");
	h.stop_after = 1;
	is_str(read_all(&out, &h, VIEW("a,b\n"), ','), "stop", "a host that says stop is obeyed");
	buf_release(&out);
	mhost_release(&h);
}

static void fill(struct buf *b, const char *head, char c, size_t n, const char *tail)
{
	buf_clear(b);
	buf_text(b, head);
	buf_fill(b, c, n);
	buf_text(b, tail);
}

static void test_bounds(void)
{
	struct mhost h = { .step = 65536 };
	struct buf in = { 0 }, out = { 0 };

	fill(&in, "a,", 'x', 4096, "\nc\n");
	ok(strstr(read_all(&out, &h, buf_as_view(&in), ','), "2:c;") != NULL && strstr(buf_cstr(&out), "!") == NULL,
		"a field of 4,096 bytes is read");
	fill(&in, "a,", 'x', 4097, "\nc\n");
	is_str(read_all(&out, &h, buf_as_view(&in), ','), "1!4;2:c;", "a field of 4,097 bytes is a fault");
	fill(&in, "", ',', 255, "\nc\n");
	ok(strstr(read_all(&out, &h, buf_as_view(&in), ','), "!") == NULL, "256 columns are read");
	fill(&in, "", ',', 256, "\nc\n");
	is_str(read_all(&out, &h, buf_as_view(&in), ','), "1!6;2:c;", "257 columns are a fault");
	fill(&in, "", 'x', (size_t)10 << 20, "\nc\n");
	is_str(read_all(&out, &h, buf_as_view(&in), ','), "1!5;2:c;",
		"a line of 10 MB is a fault, the next line is line 2");
	fill(&in, "a\r\n", 'x', (size_t)3 << 20, "\r\nc\r\n");
	is_str(read_all(&out, &h, buf_as_view(&in), ','), "1:a;2!5;3:c;", "a long line with CRLF is one line");
	fill(&in, "\"a\n", 'b', 1, "\n");
	for (int i = 0; i < 100000; i++)
		buf_text(&in, "b,c\n");
	ok(strncmp(read_all(&out, &h, buf_as_view(&in), ','), "1!2;2:b;3:b|c;", 14) == 0,
		"a quote that is open for 400 KB costs one row");
	ok(strstr(buf_cstr(&out), "100002:b|c;") != NULL, "and all lines behind it are read");
	buf_release(&in);
	buf_release(&out);
	mhost_release(&h);
}

static void test_places(void)
{
	struct mhost h = { .input = VIEW("Company, NET ,\"a,b\",last\n\"x\ny\",2\n") };
	struct tally_host host = mhost_host(&h);
	struct csv_reader *r;
	struct csv_row row;

	if (!ok(csv_open(&r, &host, ',') == 0 && csv_next(r, &row) == 1, "a header is read"))
		return;
	is_int(csv_named(&row, VIEW("company")), 0, "a column is found by name, capitals aside");
	is_int(csv_named(&row, VIEW("net")), 1, "blanks around a column's name do not matter");
	is_int(csv_named(&row, VIEW("gross")), -1, "a column that is not there is -1");
	is_int(csv_column(&row, 0), 1, "the first field is at byte 1");
	is_int(csv_column(&row, 2), 15, "a quoted field is at its quote");
	is_int(csv_column(&row, 3), 21, "a delimiter in quotes is none");
	is_view(row.raw, VIEW("Company, NET ,\"a,b\",last"), "raw is the line as it stands");
	ok(csv_next(r, &row) == 1, "the next row is read");
	is_view(row.raw, VIEW("\"x"), "raw of a row over two lines is its first line");
	is_int(csv_column(&row, 1), 0, "a field on the row's second line has no column");
	ok(!csv_had_bom(r), "there was no byte order mark");
	csv_close(r);
	csv_close(NULL);
	mhost_release(&h);
}

int main(void)
{
	test_cases();
	test_bounds();
	test_places();
	return done_testing();
}
