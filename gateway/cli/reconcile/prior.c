/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prior - an earlier run's results carried forward, and what this run leaves for the next
 *
 * open_items.csv (prior_open.c) brings the lines and items that were open, under the ids that they had; matches.csv and closed.csv say
 * what is closed: a book row that comes again is left out.  statements.csv knows every statement by its print: one that
 * comes again under the same file name is left out, under another name its lines are duplicates; the last closing
 * balance of each account is where the next opening must begin.
 *
 * Failure: -1 and *err: a prior result that cannot be read ends the run, it is never taken as empty.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/money.h"
#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/prior.h"
#include "gateway/cli/reconcile/provisional.h"

#define KEEP_DAYS 400			/* statements and closed items are remembered so long */

/* A set of 64-bit prints: open addressing, 0 = empty. */

static bool set_grow(struct rc_prints *s)
{
	struct rc_prints big = { .mask = s->mask == 0 ? 1023 : s->mask * 2 + 1 };

	big.p = calloc(big.mask + 1, sizeof(*big.p));
	if (big.p == NULL)
		return false;
	for (size_t i = 0; s->p != NULL && i <= s->mask; i++)
		if (s->p[i] != 0)
			rc_print_add(&big, s->p[i]);
	free(s->p);
	*s = big;
	return true;
}

bool rc_print_room(struct rc_prints *s, size_t more)
{
	while ((s->n + more) * 2 >= s->mask)
		if (!set_grow(s))
			return false;
	return true;
}

bool rc_print_add(struct rc_prints *s, uint64_t print)
{
	size_t at;

	if (s->n * 2 >= s->mask && !set_grow(s))
		return false;
	for (at = print & s->mask; s->p[at] != 0; at = (at + 1) & s->mask)
		if (s->p[at] == print)
			return true;
	s->p[at] = print;
	s->n++;
	return true;
}

bool rc_print_has(const struct rc_prints *s, uint64_t print)
{
	for (size_t at = print & s->mask; s->n > 0 && s->p[at] != 0; at = (at + 1) & s->mask)
		if (s->p[at] == print)
			return true;
	return false;
}

uint64_t rc_print_of(struct view v)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ v.n, x;

	for (size_t i = 0; i < v.n; i += 8) {
		x = 0;
		memcpy(&x, v.p + i, v.n - i < 8 ? v.n - i : 8);
		h = (h ^ x) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h == 0 ? 1 : h;
}

/* Reading */

int rc_path_in(char out[600], const char *dir, const char *name, struct err *err)
{
	if ((size_t)snprintf(out, 600, "%s/%s", dir, name) >= 600)
		return err_set(err, ENAMETOOLONG, "the name '%s' is too long", dir);
	return 0;
}

static int bad_row(struct err *err, const char *path, const struct rc_table *t)
{
	return err_set(err, -1, "'%s', line %llu is not what an earlier run wrote", path, t->line);
}

/* What a person took apart is not closed. */
static int add_ids(struct rc *rc, struct rc_prints *to, bool book, struct view ids, struct err *err)
{
	struct view id;

	while (view_cut(&ids, ' ', &id))
		if (id.n > 0 && !rc_decided_reopened(rc, book, id) && !rc_print_add(to, rc_print_of(id)))
			return err_set(err, -1, "memory is short");
	return 0;
}

static int read_matches(struct rc *rc, struct err *err)
{
	static const char *const names[] = { "status", "bank_ids", "book_ids", NULL };
	struct view v[3];
	struct rc_table t;
	char path[600];
	int got, rc_code = 0;

	if (rc_path_in(path, rc->prior, "matches.csv", err) != 0 || rc_table_open(&t, path, names, err) != 0)
		return -1;
	while (rc_code == 0 && (got = rc_table_next(&t, v)) != 0) {
		if (got < 0)
			rc_code = bad_row(err, path, &t);
		else if (view_eq(v[0], VIEW("auto")))
			rc_code = add_ids(rc, &rc->carried_ids, false, v[1], err) != 0 || add_ids(rc, &rc->closed_items, true, v[2], err) != 0 ? -1 : 0;
	}
	rc_table_close(&t);
	return rc_code;
}

/* closed.csv: prints of book ids that older runs closed; it is there from the second run on. */
static int read_closed(struct rc *rc, struct err *err)
{
	static const char *const names[] = { "print", NULL };
	struct view v[1];
	struct rc_table t;
	char path[600];
	int got;

	if (rc_path_in(path, rc->prior, "closed.csv", err) != 0)
		return -1;
	if (access(path, F_OK) != 0)
		return 0;
	if (rc_table_open(&t, path, names, err) != 0)
		return -1;
	while ((got = rc_table_next(&t, v)) == 1) {
		uint64_t print = 0;

		for (size_t i = 0; i < v[0].n && i < 20; i++)
			print = print * 10 + (uint64_t)(v[0].p[i] - '0');
		if (print != 0 && !rc_print_add(&rc->closed_items, print))
			got = -1;
	}
	rc_table_close(&t);
	return got < 0 ? bad_row(err, path, &t) : 0;
}

static int read_statements(struct rc *rc, struct err *err)
{
	static const char *const names[] = { "file", "account", "currency", "date", "print", "closing", NULL };
	struct view v[6];
	struct rc_table t;
	char path[600];
	int got, rc_code = 0;
	uint32_t cap = 0;

	if (rc_path_in(path, rc->prior, "statements.csv", err) != 0 || rc_table_open(&t, path, names, err) != 0)
		return -1;
	while (rc_code == 0 && (got = rc_table_next(&t, v)) != 0) {
		struct rc_known k = { .date = DATE_NONE };
		struct money m = { 0 };

		if (v[2].n == 3)
			memcpy(k.currency, v[2].p, 3);
		for (size_t i = 0; i < v[4].n && i < 20; i++)
			k.print = k.print * 10 + (uint64_t)(v[4].p[i] - '0');
		k.has_closing = v[5].n > 0;
		if (got < 0 || !date_parse_iso(&k.date, v[3]) || (k.has_closing && money_parse_decimal(&m, v[5], k.currency) != MONEY_OK)) {
			rc_code = bad_row(err, path, &t);
			break;
		}
		k.closing = m.minor;
		k.order = rc->n_known;
		if (rc->n_known == cap) {
			struct rc_known *p = realloc(rc->known, (cap * 2 + 64) * sizeof(k));

			if (p == NULL)
				rc_code = err_set(err, -1, "memory is short");
			else
				rc->known = p;
			cap = cap * 2 + 64;
		}
		if (rc_code == 0 && (!rc_keep(&rc->store[0], v[0], &k.file) || !rc_keep(&rc->store[0], v[1], &k.account)))
			rc_code = err_set(err, -1, "memory is short");
		if (rc_code == 0)
			rc->known[rc->n_known++] = k;
	}
	rc_table_close(&t);
	return rc_code;
}

static int check_size(const char *dir, const struct view *v, const struct rc_table *t, struct err *err)
{
	char path[600], name[64];
	uint64_t bytes = 0;
	struct stat st;

	for (size_t i = 0; i < v[1].n && i < 18; i++)
		bytes = bytes * 10 + (uint64_t)(v[1].p[i] - '0');
	if (v[0].n == 0 || v[0].n >= sizeof(name) || memchr(v[0].p, '/', v[0].n) != NULL)
		return err_set(err, -1, "'%s/%s', line %llu is not what an earlier run wrote", dir, RC_MARK, t->line);
	snprintf(name, sizeof(name), "%.*s", VIEW_FMT(v[0]));
	if (rc_path_in(path, dir, name, err) != 0)
		return -1;
	if (stat(path, &st) == -1)
		return err_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	if ((uint64_t)st.st_size < bytes)
		return err_set(err, -1, "'%s' is shorter than the run wrote it: %lld of %llu bytes", path, (long long)st.st_size,
			(unsigned long long)bytes);
	return 0;
}

/* A run that was killed has no mark; a file that lost its end in a power cut is shorter than the mark says. */
int rc_check_whole(const char *dir, struct err *err)
{
	static const char *const names[] = { "file", "bytes", NULL };
	struct view v[2];
	struct rc_table t;
	char path[600];
	int got, rc_code = 0;

	if (rc_path_in(path, dir, RC_MARK, err) != 0)
		return -1;
	if (access(path, F_OK) != 0)
		return err_set(err, errno, "the run into '%s' did not end: it has no '%s'", dir, RC_MARK);
	if (rc_table_open(&t, path, names, err) != 0)
		return -1;
	while (rc_code == 0 && (got = rc_table_next(&t, v)) != 0)
		rc_code = got < 0 ? bad_row(err, path, &t) : check_size(dir, v, &t, err);
	rc_table_close(&t);
	return rc_code;
}

int rc_prior(struct rc *rc, struct err *err)
{
	if (rc_check_whole(rc->prior, err) != 0 || rc_decided_read(rc, err) != 0 || rc_prior_open(rc, err) != 0 || rc_decided_apply(rc, err) != 0 ||
	    read_matches(rc, err) != 0 || read_closed(rc, err) != 0 ||
	    read_statements(rc, err) != 0 || rc_prior_provisional(rc, err) != 0)
		return -1;
	return 0;
}

/* An id is one line's for ever: a file of a known name with other content would give it to two. */
int rc_prior_ids(const struct rc *rc, struct err *err)
{
	struct buf id = { 0 };
	int rc_code = 0;

	for (uint32_t i = 0; i < rc->n_bank && rc->carried_ids.n > 0; i++) {
		const struct rc_file *f = rc->bank[i];

		for (uint32_t s = 0; s < f->n_statements && rc_code == 0; s++)
			for (uint32_t k = f->statements[s].first; k < f->statements[s].first + f->statements[s].n && rc_code == 0; k++) {
				if (f->statements[s].known || f->statements[s].again)
					break;
				buf_clear(&id);
				put_bank_id(&id, rc, &f->rows[k]);
				if (rc_print_has(&rc->carried_ids, rc_print_of(buf_as_view(&id))))
					rc_code = err_set(err, -1, "the file '%s' was read by an earlier run with other content: the id '%s' is taken", f->base,
						buf_cstr(&id));
			}
	}
	buf_release(&id);
	return rc_code;
}

/* Writing what the next run needs */

static void put_print(struct csv_out *o, struct buf *s, uint64_t print)
{
	char t[24];

	buf_clear(s);
	snprintf(t, sizeof(t), "%llu", (unsigned long long)print);
	buf_text(s, t);
	csv_text(o, buf_as_view(s));
}

static void known_row(struct csv_out *o, struct buf *s, const struct rc_known *k)
{
	int d = money_digits(k->currency) < 0 ? 2 : money_digits(k->currency);

	csv_text(o, k->file);
	csv_text(o, k->account);
	csv_word(o, k->currency);
	csv_date(o, k->date);
	put_print(o, s, k->print);
	if (k->has_closing)
		csv_money(o, k->closing, d);
	else
		csv_word(o, "");
	csv_row(o);
}

static int write_statements(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	struct buf s = { 0 };

	if (csv_begin(&o, rc->out, "statements.csv", "file,account,currency,date,print,closing", err) != 0)
		return -1;
	for (uint32_t i = 0; i < rc->n_known; i++)
		if (rc->known[i].date > rc->as_of - KEEP_DAYS)
			known_row(&o, &s, &rc->known[i]);
	for (uint32_t i = 0; i < rc->n_proofs; i++) {
		const struct rc_statement *st = rc->proofs[i].statement;
		struct rc_known k = { .file = view_of(rc->bank[st->file]->base), .account = st->account, .date = st->date, .print = st->print,
			.closing = st->closing, .has_closing = st->has_closing };

		memcpy(k.currency, st->currency, 4);
		if (st->date != DATE_NONE)
			known_row(&o, &s, &k);
	}
	buf_release(&s);
	return csv_finish(&o, err);
}

static int by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

/* The prints of what earlier runs closed; this run's own stand in its matches.csv. */
static int write_closed(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	struct buf s = { 0 };
	uint64_t *all = malloc((rc->closed_items.n + 1) * sizeof(*all));
	size_t n = 0;

	if (all == NULL || csv_begin(&o, rc->out, "closed.csv", "print", err) != 0) {
		free(all);
		return -1;
	}
	for (size_t i = 0; rc->closed_items.p != NULL && i <= rc->closed_items.mask; i++)
		if (rc->closed_items.p[i] != 0)
			all[n++] = rc->closed_items.p[i];
	qsort(all, n, sizeof(*all), by_number);
	for (size_t i = 0; i < n; i++) {
		put_print(&o, &s, all[i]);
		csv_row(&o);
	}
	free(all);
	buf_release(&s);
	return csv_finish(&o, err);
}

int rc_write_carry(const struct rc *rc, struct err *err)
{
	char path[600];

	if (write_statements(rc, err) != 0 || rc_decided_write(rc, err) != 0 || rc_path_in(path, rc->out, "closed.csv", err) != 0)
		return -1;
	if (rc->prior != NULL)
		return write_closed(rc, err);
	if (unlink(path) == -1 && errno != ENOENT)	/* of an earlier run into the same folder: it is not ours */
		return err_set(err, errno, "cannot remove '%s': %s", path, strerror(errno));
	return 0;
}
