/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutate - one byte of a good file is changed: a finding, or every field that a control of the file covers is unchanged
 *
 *   struct mutate m = { .module = mt940, .covered = table, .n_covered = 3 };
 *   mutate_run(&m, file, 100000);		prints one TAP line; the first mutants that got through as comments
 *   mutate_report(&m, "mt940");		comments: the fields that changed without a word, and how often
 * A covered row is a field of a kind of record, read when its other field `only` (if any) is one of `types`.  The file
 * must have no finding.  Bytes are replaced by any other byte, half of them by a digit, a letter or a sign of the format:
 * that is where the damage is that looks right.  The numbers are the same in each run.
 */
#pragma once

#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

#define MUTATE_SHOWN 5

struct mutate_row { uint32_t kind; enum record_field field; };

struct mutate {
	struct mhost h;				/* first: its ctx is ours */
	const struct tally_format *module;
	const struct mutate_row *covered;
	size_t n_covered;
	bool (*takes)(const struct record *);	/* NULL: all records of the kind */
	struct buf now, was, plain_now, plain_was;
	uint32_t seed;
	uint64_t changed[RECORD_FIELDS], silent, told;
};

static inline void mutate_line(struct buf *b, const struct mutate *m, const struct record *r)
{
	for (size_t i = 0; i < m->n_covered; i++) {
		if (m->covered[i].kind != r->kind || (m->takes != NULL && !m->takes(r)))
			continue;
		buf_fmt(b, "%s.%s=", record_kind_name(r->kind), record_field_rows[m->covered[i].field].name);
		if (!record_has(r, m->covered[i].field))
			buf_text(b, "none");
		else if (record_field_rows[m->covered[i].field].type == FIELD_TEXT)
			mhost_text(b, r->v[m->covered[i].field].s);
		else
			buf_int(b, r->v[m->covered[i].field].n);
		buf_char(b, '\n');
	}
}

static inline int mutate_record(void *ctx, const struct record *r)
{
	struct mutate *m = ctx;

	mutate_line(&m->now, m, r);
	mhost_print_record(&m->plain_now, r);
	return 0;
}

static inline void mutate_parse(struct mutate *m, struct view in)
{
	struct tally_host host = mhost_host(&m->h);
	void *state = calloc(1, m->module->state_size);

	m->h.quiet = true;
	host.record = mutate_record;
	mhost_clear(&m->h);
	buf_clear(&m->now);
	buf_clear(&m->plain_now);
	m->h.input = in;
	m->module->parse(&host, state);
	free(state);
}

static inline uint32_t mutate_next(struct mutate *m)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return m->seed >> 8;
}

/* Which fields of two records' texts differ: by name, in the order of the lines; a record more or less is all of it. */
static inline void mutate_compare(struct mutate *m)
{
	struct view a = buf_as_view(&m->plain_was), b = buf_as_view(&m->plain_now), x, y, word;

	while (view_cut(&a, '\n', &x) && view_cut(&b, '\n', &y)) {
		if (view_eq(x, y))
			continue;
		for (int f = 0; f < RECORD_FIELDS; f++) {
			char name[64];
			struct view rest = x, in_x = { NULL, 0 }, in_y = { NULL, 0 };
			size_t n = (size_t)snprintf(name, sizeof(name), "%s=", record_field_rows[f].name);

			while (view_cut(&rest, ' ', &word))
				if (view_starts(word, (struct view){ name, n }))
					in_x = word;
			rest = y;
			while (view_cut(&rest, ' ', &word))
				if (view_starts(word, (struct view){ name, n }))
					in_y = word;
			m->changed[f] += !view_eq(in_x, in_y);
		}
	}
}

static inline void mutate_run(struct mutate *m, struct view file, unsigned times, const char *name)
{
	static const char likely[] = "0123456789CDRFMECXN,.-+/:\r\n <>\"'?AZaz";
	char *copy = malloc(file.n > 0 ? file.n : 1);
	unsigned through = 0;
	struct buf swap;

	if (copy == NULL || file.n == 0)
		exit(2);
	memcpy(copy, file.p, file.n);
	mutate_parse(m, file);
	ok(m->h.n_findings == 0, "%s has no finding before it is changed", name);
	swap = m->was; m->was = m->now; m->now = swap;
	swap = m->plain_was; m->plain_was = m->plain_now; m->plain_now = swap;
	for (unsigned i = 0; i < times; i++) {
		size_t at = mutate_next(m) % file.n;
		char old = copy[at], new = mutate_next(m) % 2 == 0 ? (char)mutate_next(m) : likely[mutate_next(m) % (sizeof(likely) - 1)];

		if (new == old)
			continue;
		copy[at] = new;
		mutate_parse(m, (struct view){ copy, file.n });
		copy[at] = old;
		m->told += m->h.n_findings > 0;
		if (m->h.n_findings > 0)
			continue;
		m->silent++;
		mutate_compare(m);
		if (view_eq(buf_as_view(&m->now), buf_as_view(&m->was)))
			continue;
		if (through++ < MUTATE_SHOWN)
			printf("# byte %zu: 0x%02x became 0x%02x and nothing was found\n", at, (unsigned char)old, (unsigned char)new);
	}
	ok(through == 0, "%s: %u changed bytes, no covered field differs without a finding (%u did)", name, times, through);
	free(copy);
}

static inline void mutate_report(struct mutate *m, const char *format)
{
	printf("# %s: %llu mutants were found out, %llu changed nothing that is covered; fields that changed without a word:\n", format,
		(unsigned long long)m->told, (unsigned long long)m->silent);
	for (int f = 0; f < RECORD_FIELDS; f++)
		if (m->changed[f] > 0)
			printf("#   %s %llu\n", record_field_rows[f].name, (unsigned long long)m->changed[f]);
	mhost_release(&m->h);
	buf_release(&m->now);
	buf_release(&m->was);
	buf_release(&m->plain_now);
	buf_release(&m->plain_was);
}
