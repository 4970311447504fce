/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_fuzz - the BAI2 reader under a fuzzer; see parse_fuzz.h
 *
 * The mutator changes records where they stand, doubles, drops and breaks them into 88s, puts type codes and funds types
 * where they belong, and then writes trailers (49 98 99) whose totals and counts agree.
 */
#include "tests/fuzz/mutate.h"

#ifndef FUZZ_REPLAY
#define MOST ((size_t)64 << 10)

struct ring { int64_t sum, children, records; };

static int64_t amount_of(struct view v)
{
	int64_t n = 0;
	bool minus = v.n > 0 && *v.p == '-';

	for (size_t i = 0; i < v.n && i < 15; i++)
		if (v.p[i] >= '0' && v.p[i] <= '9')
			n = n * 10 + (v.p[i] - '0');
	return minus ? -n : n;
}

/* The amounts of a 03, of its 88s, or of a 16: roughly, as a bank would write them. */
static int64_t amounts(struct view line, bool detail)
{
	struct view f = { NULL, 0 };
	int64_t sum = 0;
	int at = 0;

	view_cut(&line, ',', &f);
	if (detail) {
		view_cut(&line, ',', &f);
		return view_cut(&line, ',', &f) ? amount_of(f) : 0;
	}
	for (; view_cut(&line, ',', &f); at++)
		if (at >= 2 && (at - 2) % 4 == 1)
			sum += amount_of(f);
	return sum;
}

static void trailer(struct buf *out, const char *code, struct ring *r, struct ring *up, bool children)
{
	buf_fmt(out, "%s,%lld,", code, (long long)r->sum);
	if (children)
		buf_fmt(out, "%lld,", (long long)r->children);
	buf_fmt(out, "%lld/", (long long)r->records);
	if (up != NULL) {
		up->sum += r->sum;
		up->children++;
	}
	*r = (struct ring){ 0 };
}

static size_t repair(char *p, size_t n, size_t max)
{
	struct view rest = { p, n }, line;
	struct ring account = { 0 }, group = { 0 }, file = { 0 };
	struct buf out = { .max = MOST };

	while (view_cut(&rest, '\n', &line)) {
		account.records++;
		group.records++;
		file.records++;
		if (view_starts(line, VIEW("03,")))
			account = (struct ring){ amounts(line, false), 0, 1 };
		else if (view_starts(line, VIEW("02,")))
			group = (struct ring){ 0, 0, 1 };
		else if (view_starts(line, VIEW("16,")))
			account.sum += amounts(line, true);
		if (view_starts(line, VIEW("49,")))
			trailer(&out, "49", &account, &group, false);
		else if (view_starts(line, VIEW("98,")))
			trailer(&out, "98", &group, &file, true);
		else if (view_starts(line, VIEW("99,")))
			trailer(&out, "99", &file, NULL, true);
		else
			buf_view(&out, line);
		if (rest.p != NULL)
			buf_char(&out, '\n');
	}
	if (!out.failed && out.n > 0 && out.n <= max) {
		memcpy(p, out.p, out.n);
		n = out.n;
	}
	buf_release(&out);
	return n;
}

static size_t place_word(char *p, size_t n, size_t max, size_t from)
{
	static const struct view funds[] = { VIEW_INIT("0"), VIEW_INIT("Z"), VIEW_INIT("S,1,2,3"), VIEW_INIT("V,261107,1200"),
		VIEW_INIT("V,,"), VIEW_INIT("D,2,0,5,1,6"), VIEW_INIT("D,0"), VIEW_INIT("") };
	static const char codes[] = "010015045100110115116142165195400415445451455475495555575890900921961";
	const char *comma;

	if (view_starts((struct view){ p + from, n - from }, VIEW("16,")) && n - from > 7 && draw(2)) {
		memcpy(p + from + 3, codes + 3 * draw(sizeof(codes) / 3), 3);
		return n;
	}
	comma = memchr(p + from, ',', n - from);
	for (unsigned i = draw(6); i > 0 && comma != NULL; i--)
		comma = memchr(comma + 1, ',', n - (size_t)(comma + 1 - p));
	return comma == NULL ? n : insert(p, n, max, (size_t)(comma + 1 - p), funds[draw(8)]);
}

static size_t change_records(char *p, size_t n, size_t max)
{
	static const struct view breaks[] = { VIEW_INIT("/\n88,"), VIEW_INIT("\n88,"), VIEW_INIT("/ "), VIEW_INIT("\r"), VIEW_INIT(",") };
	size_t at = draw((unsigned)n), from = line_start(p, at), to = line_end(p, n, at);
	struct buf copy = { 0 };

	switch (draw(7)) {
	case 0:
		buf_put(&copy, p + from, to - from);
		n = insert(p, n, max, line_start(p, draw((unsigned)n)), buf_as_view(&copy));
		buf_release(&copy);
		return n;
	case 1:
		memmove(p + from, p + to, n - to);
		return n - (to - from);
	case 2:
		return insert(p, n, max, at, breaks[draw(5)]);
	case 3:
	case 4:
		return place_word(p, n, max, from);
	default:
		p[at] = "0123456789,,//-+ SVDZ\n"[draw(22)];
		return n;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	char *p = (char *)data + 1;
	size_t n;

	mutate_state = seed;
	if (size < 20 || draw(8) == 0)
		return LLVMFuzzerMutate(data, size, max);
	n = change_records(p, size - 1, max - 1);
	if (n > 0 && draw(4) != 0)
		n = repair(p, n, max - 1);
	return 1 + n;
}
#endif
