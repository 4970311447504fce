/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: what goes in comes out, and what arrives broken, cut or hostile is refused without a byte read too far
 *
 * Every hostile input is copied to memory of exactly its size, so that a sanitizer sees one byte too far.
 */
#include "formats/core/wire.h"
#include "tests/lib/tap.h"

static uint64_t bytes_seen, seed = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static void fill(struct record *r, const char *text)
{
	record_init(r, (enum record_kind)(1 + rnd(RECORD_KINDS - 1)), rnd(UINT64_MAX));
	r->seq = rnd(UINT64_MAX);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (rnd(2))
			continue;
		if (record_field_rows[f].type == FIELD_TEXT)
			record_set_text(r, (enum record_field)f, (struct view){ text + rnd(50), rnd(40) });
		else
			record_set_num(r, (enum record_field)f, (int64_t)rnd(UINT64_MAX));
	}
}

static bool same(const struct record *a, const struct record *b)
{
	if (a->kind != b->kind || a->seq != b->seq || a->line != b->line ||
	    memcmp(a->present, b->present, sizeof(a->present)) != 0)
		return false;
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(a, (enum record_field)f))
			continue;
		if (record_field_rows[f].type == FIELD_TEXT ? !view_eq(a->v[f].s, b->v[f].s) : a->v[f].n != b->v[f].n)
			return false;
	}
	return true;
}

static int cut_exact(struct view in, struct record *r, struct view *rest)
{
	char *p = malloc(in.n == 0 ? 1 : in.n);
	int rc;

	if (p == NULL)
		abort();
	memcpy(p, in.p, in.n);
	*rest = (struct view){ p, in.n };
	rc = wire_cut_record(rest, r);
	if (rc == 1) {			/* touch what was returned: it must lie inside */
		for (int f = 0; f < RECORD_FIELDS; f++)
			if (record_has(r, (enum record_field)f) && record_field_rows[f].type == FIELD_TEXT)
				for (size_t i = 0; i < r->v[f].s.n; i++)
					bytes_seen += r->v[f].s.p[i] != 0;
	}
	free(p);
	return rc;
}

static void round_trips(void)
{
	static char text[100];
	struct buf b = { 0 }, again = { 0 };
	struct record in, out;
	struct view rest;
	int bad = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	for (int i = 0; i < 5000; i++) {
		fill(&in, text);
		buf_clear(&b);
		buf_clear(&again);
		bad += !wire_put_record(&b, &in);
		rest = buf_as_view(&b);
		bad += wire_cut_record(&rest, &out) != 1 || rest.n != 0 || !same(&in, &out);
		bad += !wire_put_record(&again, &out) || !view_eq(buf_as_view(&b), buf_as_view(&again));
	}
	is_int(bad, 0, "five thousand random records come back equal and are written again with equal bytes");
	buf_release(&b);
	buf_release(&again);
}

static void sample(struct buf *b, struct record *r)
{
	record_init(r, RECORD_ENTRY, 12);
	r->seq = 3;
	record_set_text(r, F_ACCOUNT, VIEW("000123456789"));
	record_set_num(r, F_AMOUNT, -1234);
	record_set_text(r, F_TEXT, VIEW("PAYROLL"));
	record_set_text(r, F_NOTE, VIEW("last"));
	buf_clear(b);
	wire_put_record(b, r);
}

static void truncated(void)
{
	struct buf b = { 0 };
	struct record r;
	struct view rest;
	int one = 0, other = 0;

	sample(&b, &r);
	for (size_t n = 0; n < b.n; n++)
		other += cut_exact((struct view){ b.p, n }, &r, &rest) != 0 || rest.n != n;
	is_int(other, 0, "a record cut at any byte is no whole record yet, and nothing is taken");
	for (size_t n = 5; n < b.n; n++) {		/* the same cuts with a length that claims to be whole */
		struct buf t = { 0 };

		buf_u32(&t, (uint32_t)(n - 4));
		buf_put(&t, b.p + 4, n - 4);
		one += cut_exact(buf_as_view(&t), &r, &rest) != -1;
		buf_release(&t);
	}
	is_int(one, 0, "a record cut at any byte whose length agrees is refused");
	buf_release(&b);
}

static void poke(struct view good, size_t at, const void *bytes, size_t n, const char *what)
{
	struct record r;
	struct view rest;
	char copy[256];

	memcpy(copy, good.p, good.n);
	memcpy(copy + at, bytes, n);
	is_int(cut_exact((struct view){ copy, good.n }, &r, &rest), -1, "%s", what);
}

static void hostile(void)
{
	struct buf b = { 0 };
	struct record r;
	struct view g, rest;
	int bad = 0;

	sample(&b, &r);
	g = buf_as_view(&b);
	poke(g, 0, "\xff\xff\xff\xff", 4, "a length of four thousand million is refused at once");
	poke(g, 0, "\0\0\x10\0", 4, "a length over the bound is refused at once");
	poke(g, 0, "\0\0\0\0", 4, "a length of zero is refused");
	poke(g, 0, "\x11\0\0\0", 4, "a length shorter than the head is refused");
	poke(g, 4, "\0", 1, "kind 0 is refused");
	poke(g, 4, (const char[]){ RECORD_KINDS }, 1, "the first unknown kind is refused");
	poke(g, 4, "\xff", 1, "kind 255 is refused");
	poke(g, 5, "\3", 1, "a field fewer than there is, is refused");
	poke(g, 5, "\5", 1, "a field more than there is, is refused");
	poke(g, 22, "\x7f", 1, "an unknown field id is refused");
	poke(g, 22, "\xff", 1, "field id 255 is refused");
	poke(g, 22, "\2", 1, "a number where the text stands is refused");
	poke(g, 23, "\xff\xff\xff\xff", 4, "a text of four thousand million bytes is refused");
	poke(g, 23, "\0\0\0\0", 4, "an empty text is refused");
	poke(g, 39, "\0", 1, "an id that comes again is refused");
	is_int(cut_exact((struct view){ "\x40\0\0\0\xff", 5 }, &r, &rest), -1,
	       "a bad kind is refused before the rest has come");
	for (int i = 0; i < 200000; i++) {
		char copy[256];
		int rc;

		memcpy(copy, g.p, g.n);
		for (uint64_t k = 1 + rnd(3); k > 0; k--)
			copy[rnd(g.n)] = (char)rnd(256);
		rc = cut_exact((struct view){ copy, g.n }, &r, &rest);
		if (rc == 1) {		/* what is taken must be written back as it came */
			struct buf again = { 0 };

			rest = (struct view){ copy, g.n };
			if (wire_cut_record(&rest, &r) != 1 || !wire_put_record(&again, &r) ||
			    !view_eq(buf_as_view(&again), (struct view){ copy, g.n - rest.n }))
				bad++;
			buf_release(&again);
		}
	}
	is_int(bad, 0, "two hundred thousand changed records are refused or are the one form of what they say");
	buf_release(&b);
}

static void bounds(void)
{
	static char big[WIRE_RECORD_MAX];
	struct buf b = { 0 }, small = { .max = 30 };
	struct record r;
	struct view rest;

	memset(big, 'x', sizeof(big));
	record_init(&r, RECORD_ENTRY, 1);
	record_set_text(&r, F_TEXT, (struct view){ big, WIRE_RECORD_MAX - 27 });
	ok(wire_put_record(&b, &r) && b.n == WIRE_RECORD_MAX, "the largest record is written");
	rest = buf_as_view(&b);
	ok(wire_cut_record(&rest, &r) == 1 && rest.n == 0, "and read");
	buf_clear(&b);
	buf_text(&b, "kept");
	record_set_text(&r, F_TEXT, (struct view){ big, WIRE_RECORD_MAX - 26 });
	ok(!wire_put_record(&b, &r) && !b.failed && view_eq(buf_as_view(&b), VIEW("kept")),
	   "one byte more is refused and nothing is appended");
	record_init(&r, RECORD_ENTRY, 1);
	record_set_text(&r, F_TEXT, VIEW("123456789"));
	ok(!wire_put_record(&small, &r) && small.n == 0, "a buffer too small gets nothing");
	record_init(&r, RECORD_NONE, 1);
	ok(!wire_put_record(&b, &r), "a record of no kind is not written");
	record_init(&r, RECORD_ENTRY, 1);
	r.present[1] = (uint64_t)1 << 63;
	ok(!wire_put_record(&b, &r), "a field that does not exist is not written");
	record_init(&r, RECORD_ENTRY, 1);
	ok(wire_put_record(&b, &r), "a record without a field is written");
	buf_release(&b);
	buf_release(&small);
}

static void messages(void)
{
	struct buf b = { 0 };
	struct msg m;
	struct view v;
	int64_t n = 0;
	char text[8];
	int bad = 0;

	wire_begin(&b, 42);
	wire_num(&b, 1, INT64_MIN);
	wire_text(&b, 2, "seven77");
	wire_text(&b, 3, NULL);
	wire_view(&b, 2, VIEW("second"));
	wire_view(&b, 4, VIEW(""));
	wire_view(&b, 5, VIEW("a\0b"));
	ok(msg_parse(&m, buf_as_view(&b)) && m.type == 42 && m.n == 5,
	   "a message comes back with its type and elements");
	ok(msg_num(&m, 1, &n) && n == INT64_MIN, "a number comes back");
	is_view(msg_text(&m, 2), VIEW("seven77"), "of two equal tags the first is meant");
	ok(msg_text(&m, 3).p == NULL && !msg_view(&m, 3, &v), "a NULL text was left out");
	ok(msg_view(&m, 4, &v) && v.n == 0, "an empty element is there and empty");
	ok(msg_cstr(&m, 2, text, 8) && strcmp(text, "seven77") == 0, "a text of seven fits eight bytes");
	ok(!msg_cstr(&m, 2, text, 7) && text[0] == '\0', "and does not fit seven");
	ok(!msg_cstr(&m, 5, text, 8), "a text with a NUL is no C string");
	ok(!msg_num(&m, 2, &n) && msg_num_or(&m, 2, 9) == 9, "a text is not a number");
	for (size_t i = 0; i < b.n; i++) {
		char *exact = malloc(i + 1);
		bool whole;

		if (exact == NULL)
			abort();
		memcpy(exact + 1, b.p, i);
		whole = msg_parse(&m, (struct view){ exact + 1, i });
		bad += whole && i != 4 && i != 18 && i != 31 && i != 43 && i != 49;
		free(exact);
	}
	is_int(bad, 0, "a message cut anywhere but between two elements is refused");
	buf_clear(&b);
	buf_put(&b, "\1\0\1\0", 4);
	ok(!msg_parse(&m, buf_as_view(&b)), "a message whose second word is not zero is refused");
	wire_begin(&b, 1);
	buf_put(&b, "\1\0\xff\xff\xff\xff", 6);
	ok(!msg_parse(&m, buf_as_view(&b)), "an element of four thousand million bytes is refused");
	wire_begin(&b, 1);
	for (int i = 0; i < MSG_ELEMENTS; i++)
		wire_num(&b, 1, i);
	ok(msg_parse(&m, buf_as_view(&b)), "as many elements as are allowed are taken");
	wire_num(&b, 1, 0);
	ok(!msg_parse(&m, buf_as_view(&b)), "one more refuses the message");
	ok(!msg_parse(&m, (struct view){ NULL, 0 }), "nothing is no message");
	buf_release(&b);
}

static void findings(void)
{
	struct finding f = { .size = sizeof(f),
			     .severity = FINDING_WARNING,
			     .code = "NACHA_ENTRY_HASH",
			     .line = 12,
			     .column = 11,
			     .field = VIEW("Entry Hash"),
			     .text = VIEW("the hash differs"),
			     .excerpt = VIEW("8220\0x") },
		       g;
	char code[64], longest[FINDING_EXCERPT + 50] = "";
	struct buf b = { 0 };
	struct msg m;
	struct view v = { NULL, 0 };
	int bad = 0;

	wire_begin(&b, 1);
	wire_put_finding(&b, 7, &f);
	ok(msg_parse(&m, buf_as_view(&b)) && msg_view(&m, 7, &v) && wire_get_finding(v, &g, code),
	   "a finding comes back");
	ok(g.severity == f.severity && strcmp(g.code, f.code) == 0 && g.line == 12 && g.column == 11 &&
		   view_eq(g.field, f.field) && view_eq(g.text, f.text) && view_eq(g.excerpt, f.excerpt),
	   "with all it said");
	for (size_t i = 0; i < v.n; i++) {
		char *exact = malloc(i + 1);

		if (exact == NULL)
			abort();
		memcpy(exact + 1, v.p, i);
		bad += wire_get_finding((struct view){ exact + 1, i }, &g, code);
		free(exact);
	}
	is_int(bad, 0, "a finding cut at any byte is refused");
	f.excerpt = (struct view){ longest, sizeof(longest) };
	wire_begin(&b, 1);
	wire_put_finding(&b, 7, &f);
	ok(msg_parse(&m, buf_as_view(&b)) && msg_view(&m, 7, &v) && wire_get_finding(v, &g, code) &&
		   g.excerpt.n == FINDING_EXCERPT,
	   "an excerpt is cut at its bound");
	b.p[10] = 9;			/* severity: message head 4, element head 6 */
	ok(msg_view(&m, 7, &v) && !wire_get_finding(v, &g, code), "an unknown severity is refused");
	f.code = "";
	wire_begin(&b, 1);
	wire_put_finding(&b, 7, &f);
	ok(msg_parse(&m, buf_as_view(&b)) && msg_view(&m, 7, &v) && !wire_get_finding(v, &g, code),
	   "a finding without a code is refused");
	buf_release(&b);
}

int main(void)
{
	round_trips();
	truncated();
	hostile();
	bounds();
	messages();
	findings();
	ok(bytes_seen > 0, "every text of a record that was taken could be read");
	return done_testing();
}
