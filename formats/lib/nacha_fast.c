/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_fast - plain entries at the speed of memory, where only sums are wanted (host->sum), and nearly so where not
 *
 * Most lines of a large file are forward entries without a fault, or returns, each with its addenda 99.  For the class and service class of a batch the tables of
 * nacha_tables.c and nacha_codes.c are expanded once into what every byte of such a line may be, what every transaction
 * code may carry and which fields may not be blank.  A line that passes has no finding by the rules of nacha_entry.c; any
 * other line is left to them, untouched.  So nothing is judged here that is not judged there, and tests/formats hold one
 * against the other over mutated files.
 */
#include <string.h>

#include "formats/lib/nacha_read.h"

typedef signed char bytes16 __attribute__((vector_size(16)));
typedef unsigned long long words2 __attribute__((vector_size(16)));

enum { CODE_CREDIT = 1, CODE_DEBIT = 2, CODE_ZERO = 4 };

/* What bytes a position may hold, for a signed compare of sixteen at once: (byte + bias) <= top. */
static void may_be(struct nacha_mask *m, unsigned at, unsigned char low, unsigned char high)
{
	m->bias[at] = (signed char)(unsigned char)(0x80u - low);
	m->top[at] = (signed char)((int)(high - low) - 128);
}

static void expand(struct nacha_mask *m, const struct layout *l)
{
	for (unsigned i = 0; i < NACHA_WIDTH; i++)
		may_be(m, i, 0x20, 0x7e);
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++) {
		for (unsigned i = 0; i < row->len; i++) {
			unsigned at = row->pos - 1u + i;

			if (row->type == LAYOUT_CONST)
				may_be(m, at, (unsigned char)row->fixed[i], (unsigned char)row->fixed[i]);
			else if (row->type == LAYOUT_DIGITS || row->type == LAYOUT_NUMBER || row->type == LAYOUT_MONEY)
				may_be(m, at, '0', '9');
		}
	}
}

static inline bool passes(const struct nacha_mask *m, const char *p)
{
	bytes16 bad = { 0 }, v, bias, top;
	words2 any;

	for (unsigned i = 0; i < 6; i++) {
		unsigned at = i == 5 ? NACHA_WIDTH - 16 : i * 16;	/* the last step overlaps */

		memcpy(&v, p + at, 16);
		memcpy(&bias, m->bias + at, 16);
		memcpy(&top, m->top + at, 16);
		bad |= (v + bias) > top;
	}
	any = (words2)bad;
	return (any[0] | any[1]) == 0;
}

/* A row that may not be blanks and zeros (nothing), or not blanks. */
static bool must_hold(struct nacha_fast *f, const struct layout_row *row, bool zeros_too)
{
	if (row == NULL || f->n_must == NACHA_FAST_MUST)
		return false;
	f->must[f->n_must].at = (uint8_t)(row->pos - 1);
	f->must[f->n_must].n = (uint8_t)row->len;
	f->must[f->n_must++].zero = zeros_too ? '0' : ' ';
	return true;
}

static const struct layout_row *row_of(const struct layout *l, enum record_field field)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->rows[i].field == (int)field)
			return &l->rows[i];
	return NULL;
}

/* The fields that mandatory_check() and layout_verify() want; false: a class with more rules than are known here. */
static bool take_musts(struct nacha_fast *f, const struct nacha_sec *sec)
{
	const unsigned plain = SEC_CREDIT | SEC_DEBIT | SEC_ZERO_CODES | SEC_NAME | SEC_ID | SEC_SERIAL | SEC_NO_NAME;

	f->n_must = 0;
	if ((sec->flags & ~plain) || sec->least > 0 || (sec->addenda != 5 && sec->addenda != 0))
		return false;
	for (const struct layout_row *row = sec->entry->rows; row < sec->entry->rows + sec->entry->n; row++)
		if (row->type == LAYOUT_DATE || ((row->type == LAYOUT_TEXT || row->type == LAYOUT_RIGHT) &&
						 row->inclusion != LAYOUT_O && !must_hold(f, row, false)))
			return false;
	return must_hold(f, row_of(sec->entry, F_ACCOUNT), false) &&
		((sec->flags & SEC_NO_NAME) || must_hold(f, row_of(sec->entry, F_PARTY), true)) &&
		(!(sec->flags & SEC_ID) || must_hold(f, row_of(sec->entry, F_INDIVIDUAL_ID), true)) &&
		(!(sec->flags & SEC_SERIAL) || must_hold(f, row_of(sec->entry, F_CHECK_NUMBER), true));
}

static uint8_t kind_of_code(const struct nacha *n, int code)
{
	int end = code % 10;

	if (!nacha_transaction_code(code) || end == 1 || end == 6 || nacha_code_fault(n, code) != NC_CODES ||
	    end == 4 || end == 9)			/* zero-dollar entries need addenda: not plain */
		return 0;
	return (uint8_t)((nacha_is_credit(code) ? CODE_CREDIT : CODE_DEBIT) | (end == 3 || end == 8 ? CODE_ZERO : 0));
}

/* May an entry that comes back carry this code in this batch?  Its amount and its name are nobody's business any more. */
static uint8_t kind_of_return(const struct nacha *n, int code)
{
	int end = code % 10;

	if (!nacha_transaction_code(code) || (end != 1 && end != 6) || !nacha_code_in_class(n, code) ||
	    nacha_back_fault(n, code) != NC_CODES)
		return 0;
	return nacha_is_credit(code) ? CODE_CREDIT : CODE_DEBIT;
}

/* For which directions the reason needs no word on these days: R14 and R15 want a date, disputes are others' business. */
static uint8_t sides_of_reason(const struct nacha *n, int number)
{
	const char code[4] = { 'R', (char)('0' + number / 10), (char)('0' + number % 10), '\0' };
	const struct nacha_reason *reason = nacha_reason_find(code, n->day);

	if (reason == NULL || reason->kind != REASON_RETURN || (reason->flags & REASON_DEATH) || nacha_return_late(n, reason) ||
	    (reason->secs != NULL && !nacha_secs_have(reason->secs, n->batch.sec->code)))
		return 0;
	return (uint8_t)((reason->flags & REASON_DEBIT ? 0 : CODE_CREDIT) | (reason->flags & REASON_CREDIT ? 0 : CODE_DEBIT));
}

void nacha_fast_begin(struct nacha *n)
{
	struct nacha_fast *f = &n->fast;
	const struct nacha_batch *b = &n->batch;
	const struct nacha_sec *sec = b->sec;

	f->on = false;
	if (!b->known || b->iat || b->class == 0 || b->account_verify ||
	    nacha_wages_unmarked(n) || !layout_is_digits(layout_at(&nacha_batch_header.rows[BH_ODFI], b->line)))
		return;
	f->on = f->known;
	if (f->sec == sec && f->class == b->class && f->reversal == b->reversal && f->same_day == b->same_day &&
	    f->day == n->day && f->created == n->created &&
	    f->effective == b->effective)
		return;			/* made for the batch before */
	f->sec = sec;
	f->class = b->class;
	f->reversal = b->reversal;
	f->same_day = b->same_day;
	f->day = n->day;
	f->created = n->created;
	f->effective = b->effective;
	f->known = take_musts(f, sec);
	f->on = f->known;
	f->most = sec->limit > 0 ? sec->limit : INT64_MAX;
	if (b->same_day && nacha_same_day_limit(n->day) < f->most)
		f->most = nacha_same_day_limit(n->day);
	for (int code = 0; code < 100; code++) {
		f->code[code] = kind_of_code(n, code);
		f->back[code] = kind_of_return(n, code);
		f->reason[code] = sides_of_reason(n, code);
	}
	expand(&f->entry, sec->entry);
	expand(&f->addenda, &nacha_addenda_05);
	expand(&f->note, &nacha_return);
	for (unsigned i = 0; i < 4 + 7; i++)		/* sequence and entry: their rows are FILL, judged by name */
		may_be(&f->addenda, nacha_addenda_05.rows[A05_SEQUENCE].pos - 1u + i, '0', '9');
}

static inline uint64_t load64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/* Eight digits, already known to be digits, as a number. */
static inline uint64_t number8(uint64_t v)
{
	v = (v & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
	v = (v & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
	return (v & 0x0000ffff0000ffffu) * 42949672960001u >> 32;
}

/* Weights 3 7 1 3 7 1 3 7 over the eight digits, 1 over the ninth: a multiple of ten. */
static inline bool check_digit(uint64_t v, char ninth)
{
	const uint64_t lanes = 0x00ff00ff00ff00ffu;
	uint64_t even, odd;

	v &= 0x0f0f0f0f0f0f0f0fu;
	even = (v & lanes) * 0x0003000100070003u >> 48;
	odd = (v >> 8 & lanes) * 0x0007000300010007u >> 48;
	return (even + odd + (uint64_t)(ninth & 0x0f)) % 10 == 0;
}

static inline bool no_such_bank(const char *routing)
{
	unsigned front = (unsigned)(routing[0] - '0') * 10 + (unsigned)(routing[1] - '0');

	return front > 80 || (front > 12 && front < 21) || (front > 32 && front < 61) || (front > 72 && front < 80);
}

static inline bool run_of_zeros(const char *routing)
{
	return load64(routing) == 0x3030303030303030u;
}

static inline bool holds_all(const struct nacha_fast *f, const char *p)
{
	for (unsigned i = 0; i < f->n_must; i++) {
		const char *q = p + f->must[i].at, *end = q + f->must[i].n;

		while (q < end && (*q == ' ' || *q == f->must[i].zero))
			q++;
		if (q == end)
			return false;
	}
	return true;
}

/* What ends a record in this file stands behind this one too; without line ends none may stand there. */
static inline bool line_ends(const char *p, size_t stride)
{
	if (stride == NACHA_WIDTH)
		return p[94] != '\n' && p[94] != '\r';
	return stride == NACHA_WIDTH + 1 ? p[94] == '\n' : p[94] == '\r' && p[95] == '\n';
}

struct run {				/* what a run of plain lines of one kind adds up to */
	unsigned kind;			/* KIND_FORWARD, KIND_RETURN; 0: not known yet */
	uint64_t entries, addenda, hash;
	int64_t debit, credit;
	uint64_t trace;			/* the last one, as a number that compares as its digits do */
	const char *last;
};

static inline bool all_same(const char *p, unsigned n, char c)
{
	while (n > 0 && *p == c)
		p++, n--;
	return n == 0;
}

/* The addenda 99 at a of the entry at p, which goes to that side. */
static inline bool plain_note(const struct nacha_fast *f, const char *p, const char *a, size_t stride, uint8_t side)
{
	const struct layout_row *rows = nacha_return.rows;
	const char *reason = a + rows[A99_REASON].pos - 1, *died = a + rows[A99_DEATH].pos - 1;
	unsigned number = (unsigned)(reason[1] - '0') * 10 + (unsigned)(reason[2] - '0');

	return line_ends(a, stride) && passes(&f->note, a) && *reason == 'R' && (unsigned)(reason[1] - '0') <= 9 &&
		(unsigned)(reason[2] - '0') <= 9 && (f->reason[number] & side) && memcmp(a + 79, p + 79, 15) == 0 &&
		(all_same(died, rows[A99_DEATH].len, ' ') || all_same(died, rows[A99_DEATH].len, '0')) &&
		layout_is_digits(layout_at(&rows[A99_TRACE], a)) && !layout_is_nothing(layout_at(&rows[A99_TRACE], a)) &&
		layout_is_digits(layout_at(&rows[A99_RDFI], a)) && !layout_is_nothing(layout_at(&rows[A99_RDFI], a));
}

/* A forward entry's amount and addenda; its length in lines, 0: not a plain one. */
static inline unsigned forward_lines(const struct nacha_fast *f, const char *p, size_t stride, uint8_t kind, int64_t amount)
{
	const char *a = p + stride;

	if (kind & CODE_ZERO ? amount != 0 : amount == 0 || amount > f->most)
		return 0;
	if (p[78] != '1')
		return p[78] == '0';
	return f->sec->addenda == 5 && line_ends(a, stride) && passes(&f->addenda, a) && memcmp(a + 83, "0001", 4) == 0 &&
		memcmp(a + 87, p + 87, 7) == 0 ? 2 : 0;
}

/* The entry at p; its length with its addenda in lines, 0: not a plain one.  2 * stride + 1 bytes are there. */
static inline unsigned plain_entry(const struct nacha_fast *f, struct run *run, const char *p, size_t stride, uint64_t odfi)
{
	uint64_t routing, trace;
	int64_t amount;
	unsigned lines, code;
	uint8_t kind, back;

	if (*p != '6' || !line_ends(p, stride) || !passes(&f->entry, p))
		return 0;
	code = (unsigned)(p[1] - '0') * 10 + (unsigned)(p[2] - '0');
	kind = f->code[code];
	back = f->back[code];
	routing = load64(p + 3);
	trace = __builtin_bswap64(load64(p + 86));
	if ((kind | back) == 0 || no_such_bank(p + 3) || run_of_zeros(p + 3) || p[12] == ' ' || !check_digit(routing, p[11]) || load64(p + 79) != odfi ||
	    trace <= run->trace || !holds_all(f, p))
		return 0;
	amount = (int64_t)number8(load64(p + 31)) + (p[29] - '0') * INT64_C(1000000000) + (p[30] - '0') * INT64_C(100000000);
	lines = kind != 0 ? forward_lines(f, p, stride, kind, amount) : p[78] == '1' && plain_note(f, p, p + stride, stride, back) ? 2 : 0;
	if (lines == 0 || (run->kind != 0 && (run->kind == KIND_RETURN) != (kind == 0)))
		return 0;
	if (p[lines * stride] != '6' && p[lines * stride] != '8')	/* an addenda, or a blank line in front of one */
		return 0;
	run->kind = kind != 0 ? KIND_FORWARD : KIND_RETURN;
	run->trace = trace;
	run->hash += number8(routing);
	run->debit += (kind | back) & CODE_DEBIT ? amount : 0;
	run->credit += (kind | back) & CODE_CREDIT ? amount : 0;
	run->entries++;
	run->addenda += lines - 1;
	run->last = p;
	return lines;
}

static void take_run(struct nacha *n, const struct run *run)
{
	struct nacha_totals *both[] = { &n->batch.sum, &n->sum };
	struct tally_sum *s = &n->pending;

	for (int i = 0; i < 2; i++) {
		both[i]->items += run->entries + run->addenda;
		both[i]->hash = (both[i]->hash + run->hash) % NACHA_HASH_MOD;
	}
	n->sum.records += run->entries + run->addenda;
	n->batch.entries += run->entries;
	n->batch.kinds |= run->kind;
	n->batch.traced = true;
	memcpy(n->batch.last_trace, run->last + 79, 15);
	nacha_add_up(n, &n->batch.sum.debit, &n->sum.debit, run->debit);
	nacha_add_up(n, &n->batch.sum.credit, &n->sum.credit, run->credit);
	if (!n->sums || run->kind != KIND_FORWARD)
		return;
	if (INT64_MAX - s->debit < run->debit || INT64_MAX - s->credit < run->credit)
		nacha_tell_sum(n);
	s->records += run->entries;
	s->addenda += run->addenda;
	s->hash = (s->hash + run->hash) % NACHA_HASH_MOD;
	s->debit += run->debit;
	s->credit += run->credit;
}

/* The one entry of the run as a record. */
static void tell_entry(struct nacha *n, const struct run *run, uint64_t line, size_t stride)
{
	struct nacha_entry *e = &n->entry;

	memcpy(e->line, run->last, NACHA_WIDTH);
	e->at = line;
	e->code = (run->last[1] - '0') * 10 + run->last[2] - '0';
	e->addenda = (unsigned)run->addenda;
	buf_clear(&n->text);
	if (run->kind == KIND_RETURN) {
		memcpy(e->note, run->last + stride, NACHA_WIDTH);
		nacha_tell_return(n);
		return;
	}
	if (run->addenda > 0)
		buf_put(&n->text, run->last + stride + nacha_addenda_05.rows[A05_TEXT].pos - 1, NACHA_TEXT_BYTES);
	nacha_tell_forward(n);
}

size_t nacha_fast_run(struct nacha *n, struct view rest, size_t stride, uint64_t line)
{
	const struct nacha_fast *f = &n->fast;
	const char *p = rest.p, *end = rest.p + rest.n, *header = n->batch.line + nacha_batch_header.rows[BH_ODFI].pos - 1;
	struct run run = { 0 };
	unsigned lines;

	if (!f->on || n->phase != PHASE_BATCH || rest.n == 0 || *p != '6')
		return 0;
	nacha_close_entry(n);			/* the one before has no more addenda; now its kind is known */
	if (n->stopped || (n->batch.kinds != 0 && n->batch.kinds != KIND_FORWARD && n->batch.kinds != KIND_RETURN))
		return 0;
	run.kind = n->batch.kinds;
	if (n->batch.traced) {
		if (memcmp(n->batch.last_trace, header, 8) != 0 ||
		    !layout_is_digits((struct view){ n->batch.last_trace, 15 }))
			return 0;
		run.trace = __builtin_bswap64(load64(n->batch.last_trace + 7));
	}
	/* 100,000 entries of ten digits at a time cannot overflow */
	while ((size_t)(end - p) > 2 * stride && run.entries < 100000 && !n->stopped &&
	       (lines = plain_entry(f, &run, p, stride, load64(header))) > 0) {
		p += lines * stride;
		if (n->sums && run.kind == KIND_FORWARD)
			continue;
		take_run(n, &run);
		tell_entry(n, &run, line, stride);
		line += lines;
		run = (struct run){ .kind = run.kind, .trace = run.trace };
	}
	if (run.entries > 0)
		take_run(n, &run);
	return (size_t)(p - rest.p);
}
