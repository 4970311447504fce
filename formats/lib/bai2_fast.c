/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_fast - plain details at the speed of memory, where only sums are wanted (host->sum)
 *
 * Most lines of a large file are 16s without a fault and the 88s that go on with their text.  Such a group is taken whole
 * when every rule of bai2_detail.c would pass it without a finding: a listed detail code with a direction, a plain amount,
 * a funds type without amounts of its own, references without a slash, no second record on the line.  Any other group is
 * left to them, untouched; tests/formats hold one against the other over mutated files.
 */
#include "formats/lib/bai2.h"

#define AMOUNT_DIGITS 18		/* always fit 64 bits */
#define TEXT_PLAIN ((size_t)32 << 10)	/* well below BAI2_TEXT_MAX */
#define RUN_GROUPS 100000u

void bai2_fast_begin(struct bai2 *b)
{
	b->fast = TALLY_HOST_HAS(b->host, sum) && !b->text_slash_drop;
	for (int code = 0; b->fast && code < 1000; code++) {
		const struct bai2_type *t = bai2_type(b, code);

		if (bai2_listed(b, code) && (t->level == 'D' || t->level == '*') && !bai2_is_item(code) &&
		    (t->direction == 'C' || t->direction == 'D'))
			b->plain[code] = t->direction;
	}
}

void bai2_tell_sum(struct bai2 *b)
{
	if (b->pending.records == 0)
		return;
	b->pending.size = sizeof(b->pending);
	b->pending.kind = RECORD_ENTRY;
	if (!b->stopped && b->host->sum(b->host->ctx, &b->pending) != 0)
		b->stopped = true;
	b->pending = (struct tally_sum){ 0 };
}

struct group { int64_t amount; char direction; size_t bytes, text; unsigned lines; };

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/* No record begins behind a slash: only a slash that ends the line has blanks behind it. */
static bool one_record(const char *p, const char *end)
{
	const char *slash = p;

	while (slash < end && (slash = memchr(slash, '/', (size_t)(end - slash))) != NULL) {
		slash++;
		if (slash < end && *slash == ' ')
			return view_rtrim((struct view){ slash, (size_t)(end - slash) }).n == 0;
	}
	return true;
}

/* The end of the line at p without its line end, and where the next one begins; false when it is not whole. */
static inline bool line_of(const char *p, const char *stop, const char **end, const char **next)
{
	const char *nl = memchr(p, '\n', (size_t)(stop - p));

	if (nl == NULL)
		return false;
	*next = nl + 1;
	*end = nl > p && nl[-1] == '\r' ? nl - 1 : nl;
	return true;
}

/* Behind "16,165,": digits and a comma. */
static inline const char *take_amount(const char *p, const char *end, int64_t *amount)
{
	const char *from = p;
	int64_t n = 0;

	while (p < end && is_digit(*p) && p - from < AMOUNT_DIGITS)
		n = n * 10 + (*p++ - '0');
	*amount = n;
	return p > from && p < end && *p == ',' ? p + 1 : NULL;
}

/* A value date that is one and not before the as-of date, and its time. */
static const char *take_value_date(const struct bai2 *b, const char *p, const char *end)
{
	const char *comma = memchr(p, ',', (size_t)(end - p)), *second;
	date_t day = DATE_NONE;

	if (comma == NULL || (comma > p && !date_parse_yymmdd(&day, (struct view){ p, (size_t)(comma - p) })) ||
	    (day != DATE_NONE && b->as_of != DATE_NONE && day < b->as_of))
		return NULL;
	second = memchr(comma + 1, ',', (size_t)(end - comma - 1));
	if (second == NULL || (second > comma + 1 && !bai2_time((struct view){ comma + 1, (size_t)(second - comma - 1) })))
		return NULL;
	return second + 1;
}

static inline const char *take_funds(const struct bai2 *b, const char *p, const char *end)
{
	if (p < end && *p == ',')
		return p + 1;
	if (end - p < 2 || p[1] != ',')
		return NULL;
	if (*p == '0' || *p == '1' || *p == '2' || *p == 'Z')
		return p + 2;
	return *p == 'V' ? take_value_date(b, p + 2, end) : NULL;
}

static inline const char *take_ref(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && *p != ',' && *p != '/')
		p++;
	return p < end && *p == ',' && p - from <= BAI2_REF_MAX ? p + 1 : NULL;
}

/* A text that begins with a slash is told, unless it is the slash that means "no text". */
static inline bool text_good(const char *p, const char *end, size_t have)
{
	return have > 0 || p == end || *p != '/' || view_rtrim((struct view){ p, (size_t)(end - p) }).n == 1;
}

/* What it adds to the text; blanks alone are fill. */
static inline size_t text_bytes(const char *p, const char *end)
{
	if (p == end || *p == '/' || (*p == ' ' && view_rtrim((struct view){ p, (size_t)(end - p) }).n == 0))
		return 0;
	return (size_t)(end - p);
}

/* The 16 at p. */
static inline bool take_detail(const struct bai2 *b, struct group *g, const char *p, const char *stop)
{
	const char *end, *next, *q;

	if (!line_of(p, stop, &end, &next) || end - p < 12 || (size_t)(end - p) > b->longest || p[6] != ',' || !is_digit(p[3]) || !is_digit(p[4]) ||
	    !is_digit(p[5]))
		return false;
	g->direction = b->plain[(p[3] - '0') * 100 + (p[4] - '0') * 10 + p[5] - '0'];
	if (g->direction == 0 || (q = take_amount(p + 7, end, &g->amount)) == NULL || (q = take_funds(b, q, end)) == NULL ||
	    (q = take_ref(q, end)) == NULL || (q = take_ref(q, end)) == NULL || !text_good(q, end, 0) ||
	    !one_record(q, end))
		return false;
	g->text = text_bytes(q, end);
	g->lines = 1;
	g->bytes = (size_t)(next - p);
	return g->text <= TEXT_PLAIN;
}

/* A group of one 16 and its 88s, behind which a 16 or 49 begins. */
static inline bool take_group(const struct bai2 *b, struct group *g, const char *p, const char *stop)
{
	const char *end, *next;

	if (!take_detail(b, g, p, stop))
		return false;
	for (p += g->bytes; stop - p >= 3 && p[2] == ','; p = next) {
		if ((p[0] == '1' && p[1] == '6') || (p[0] == '4' && p[1] == '9'))
			return true;
		if (p[0] != '8' || p[1] != '8' || !line_of(p, stop, &end, &next) || end - p < 3 || (size_t)(end - p) > b->longest ||
		    !text_good(p + 3, end, g->text) || !one_record(p + 3, end) ||
		    (g->text += text_bytes(p + 3, end)) > TEXT_PLAIN)
			return false;
		g->lines++;
		g->bytes += (size_t)(next - p);
	}
	return false;
}

static void take_run(struct bai2 *b, const struct tally_sum *run, int64_t lines)
{
	struct tally_sum *s = &b->pending;

	for (int i = 0; i < RINGS; i++)
		if (b->sums[i].open) {
			b->sums[i].records += lines;
			b->sums[i].continuations += lines - (int64_t)run->records;
		}
	b->line += (uint64_t)lines;
	b->emitted += run->records;
	b->lump = b->emitted;
	b->has_lump = b->any = true;
	if (INT64_MAX - s->debit < run->debit || INT64_MAX - s->credit < run->credit)
		bai2_tell_sum(b);
	s->records += run->records;
	s->debit += run->debit;
	s->credit += run->credit;
}

size_t bai2_fast_run(struct bai2 *b, struct view w)
{
	struct bai2_sums *account = &b->sums[RING_ACCOUNT];
	const char *p = w.p, *stop = w.p + w.n;
	struct tally_sum run = { 0 };
	int64_t lines = 0, computed = account->computed;
	struct group g;

	/* a trailer that is not complete yet may close the account */
	if (b->level != IN_ACCOUNT || (b->open != REC_NONE && b->open != REC_03 && b->open != REC_16))
		return 0;
	while (stop - p > 12 && p[0] == '1' && p[1] == '6' && p[2] == ',' && run.records < RUN_GROUPS &&
	       take_group(b, &g, p, stop)) {
		int64_t *side = g.direction == 'D' ? &run.debit : &run.credit;

		if (INT64_MAX - *side < g.amount || (!account->lost && __builtin_add_overflow(computed, g.amount, &computed)))
			break;
		*side += g.amount;
		run.records++;
		lines += g.lines;
		p += g.bytes;
	}
	if (run.records == 0)
		return 0;
	bai2_finish_open(b);		/* what came before; it may have findings of its own */
	if (!account->lost)
		account->computed = computed;
	take_run(b, &run, lines);
	return (size_t)(p - w.p);
}
