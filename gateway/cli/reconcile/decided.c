/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/decided - see decided.h
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/core/money.h"
#include "gateway/cli/casebook/folder.h"
#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/prior.h"

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "memory is short");
}

static struct rc_decision *more(struct rc_decided *d)
{
	struct rc_decision *p;

	if (d->n == d->cap) {
		p = realloc(d->all, (d->cap * 2 + 32) * sizeof(*p));
		if (p == NULL)
			return NULL;
		d->all = p;
		d->cap = d->cap * 2 + 32;
	}
	p = &d->all[d->n++];
	*p = (struct rc_decision){ .part = UINT32_MAX };
	return p;
}

bool rc_note_add(struct rc_decided *d, bool book, uint64_t print, struct view owner, struct view comment)
{
	struct rc_note *p;

	if (d->n_notes == d->cap_notes) {
		p = realloc(d->notes, (d->cap_notes * 2 + 64) * sizeof(*p));
		if (p == NULL)
			return false;
		d->notes = p;
		d->cap_notes = d->cap_notes * 2 + 64;
	}
	d->notes[d->n_notes] = (struct rc_note){ print, owner, comment, d->n_notes, book };
	d->n_notes++;
	return true;
}

/* The run before: what it carried itself */

enum { D_KIND, D_ACCOUNT, D_CURRENCY, D_BANK, D_BOOK, D_AMOUNT, D_BY, D_SECOND, D_AT, D_REASON, D_COLUMNS };
static const char *const names[] = { "kind", "account", "currency", "bank_ids", "book_ids", "written_off", "by", "second", "at", "reason", NULL };

static bool is_no(const struct rc_decision *d)
{
	return view_eq(d->kind, VIEW("refuse")) || view_eq(d->kind, VIEW("unmatch"));
}

static int read_old(struct rc *rc, struct err *err)
{
	struct rc_decided *d = rc->decided;
	struct view v[D_COLUMNS];
	char path[600];
	int got;

	if (rc_path_in(path, rc->prior, RC_DECIDED, err) != 0)
		return -1;
	if (access(path, F_OK) != 0)
		return 0;
	if (rc_table_open(&d->old, path, names, err) != 0)
		return -1;
	while ((got = rc_table_next(&d->old, v)) == 1) {
		struct rc_decision one = { .kind = v[D_KIND], .account = v[D_ACCOUNT], .bank = v[D_BANK], .book = v[D_BOOK], .by = v[D_BY],
			.second = v[D_SECOND], .at = v[D_AT], .reason = v[D_REASON], .part = UINT32_MAX }, *to;
		struct money m = { 0 };

		memcpy(one.currency, v[D_CURRENCY].p, v[D_CURRENCY].n < 3 ? v[D_CURRENCY].n : 3);
		if (v[D_AMOUNT].n > 0 && money_parse_decimal(&m, v[D_AMOUNT], one.currency) != MONEY_OK)
			break;
		one.amount = m.minor;
		if (!is_no(&one) && one.amount == 0)
			continue;
		to = more(d);
		if (to == NULL)
			return no_memory(err);
		*to = one;
	}
	return got == 0 ? 0 : err_set(err, -1, "'%s', line %llu is not what an earlier run wrote", path, d->old.line);
}

/* ... and its journal */

static int ids_of(struct rc_decided *d, const struct casebook *c, size_t at, uint32_t n, bool book, struct view *to)
{
	struct buf b = { 0 };
	char **p = realloc(d->texts, (d->n_texts + 1) * sizeof(*p));

	if (p == NULL)
		return -1;
	d->texts = p;
	put_ids(&b, c, at, n, book);
	if (b.failed)
		return -1;
	*to = buf_as_view(&b);
	d->texts[d->n_texts++] = b.p;
	return 0;
}

static int note_decision(struct rc *rc, const struct casebook *c, const struct case_decision *made, struct view kind, size_t at, uint32_t n)
{
	struct rc_decision *d = more(rc->decided);

	if (d == NULL)
		return -1;
	d->kind = kind;
	d->by = made->by.name;
	d->at = made->at;
	d->reason = made->reason;
	d->fresh = true;
	d->amount = made->stage == CASE_STAGE_DONE ? made->amount : 0;
	if (made->second != 0)
		d->second = c->decisions[made->second - 1].by.name;
	for (uint32_t i = 0; i < n && d->account.n == 0; i++)
		if (c->rows[c->members[at + i]].known) {
			d->account = c->parts[c->rows[c->members[at + i]].part].account;
			memcpy(d->currency, c->parts[c->rows[c->members[at + i]].part].currency, 4);
		}
	return ids_of(rc->decided, c, at, n, false, &d->bank) | ids_of(rc->decided, c, at, n, true, &d->book);
}

/* What each group came to, in the order of the decisions that brought it there. */
static int note_decisions(struct rc *rc, const struct casebook *c)
{
	static const char *const kinds[CASE_STATES] = { [CASE_REFUSED] = "refuse", [CASE_CONFIRMED] = "confirm", [CASE_APART] = "unmatch",
		[CASE_HAND] = "match", [CASE_WRITTEN_OFF] = "write-off" };
	int bad = 0;

	for (uint32_t i = 0; i < c->n_decisions; i++) {
		const struct case_decision *d = &c->decisions[i];
		const struct case_group *g = d->made == CASE_NOBODY ? NULL : &c->groups[d->made];

		if (d->stage == CASE_STAGE_WAITS) {
			rc->decided->waiting++;
			bad |= note_decision(rc, c, d, VIEW("waits"), g == NULL ? d->at_rows : g->at, g == NULL ? d->n_rows : g->n_bank + g->n_book);
		} else if (d->stage == CASE_STAGE_DONE && g != NULL && kinds[g->state] != NULL && g->decision == (d->second != 0 ? d->second : i + 1)) {
			bad |= note_decision(rc, c, d, view_of(kinds[g->state]), g->at, g->n_bank + g->n_book);
		}
	}
	return bad;
}

static int note_rows(struct rc *rc, const struct casebook *c)
{
	struct rc_decided *d = rc->decided;
	bool good = true;

	for (uint32_t i = 0; i < c->n_rows && good; i++) {
		const struct case_row *r = &c->rows[i];

		if (r->group != CASE_NOBODY && r->known)	/* one that was open, or was opened */
			good = rc_print_add(&d->closed[r->book], rc_print_of(r->id));
	}
	for (uint32_t i = 0; i < d->folder->n_reopened && good; i++) {
		const struct rc_matched *m = &d->folder->reopened[i];

		if (c->rows[casebook_find_row(c, m->book, m->id)].group == CASE_NOBODY)
			good = rc_print_add(&d->reopened[m->book], rc_print_of(m->id));
	}
	return good ? 0 : -1;
}

/* What the journal changed; behind those of open_items.csv, so that they count. */
static int note_owners(struct rc *rc, const struct casebook *c)
{
	bool good = true;

	for (uint32_t i = 0; i < c->n_rows && good; i++) {
		const struct case_row *r = &c->rows[i];

		if (!view_eq(r->owner, r->base_owner) || !view_eq(r->comment, r->base_comment))
			good = rc_note_add(rc->decided, r->book, rc_print_of(r->id), r->owner, r->comment);
	}
	return good ? 0 : -1;
}

int rc_decided_read(struct rc *rc, struct err *err)
{
	struct rc_decided *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return no_memory(err);
	rc->decided = d;
	if (read_old(rc, err) != 0)
		return -1;
	if (!folder_decided(rc->prior))
		return 0;
	d->folder = calloc(1, sizeof(*d->folder));
	if (d->folder == NULL)
		return no_memory(err);
	if (folder_open(d->folder, rc->prior, false, err) != 0)
		return -1;
	if (journal_torn(&d->folder->journal))
		return err_set(err, -1, "'%s' ends in the middle of decision %u, which was never confirmed; `tallygate decisions %s --mend` puts that end "
			"aside", d->folder->journal.path, d->folder->journal.rows + 1, rc->prior);
	return note_decisions(rc, &d->folder->book) != 0 || note_rows(rc, &d->folder->book) != 0 ? no_memory(err) : 0;
}

/* Rows */

static void drop_closed_items(struct rc_file *f, const struct rc_decided *d, struct rc_prints *closed, bool *good)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n_rows; i++) {
		uint64_t print = rc_print_of(recon_text(&f->rows[i], K_ID));

		if (rc_print_has(&d->closed[1], print))
			*good &= rc_print_add(closed, print);
		else
			f->rows[n++] = f->rows[i];
	}
	f->n_rows = n;
}

static int reopen_line(struct rc *rc, const struct rc_matched *m)
{
	struct rc_carried *c = realloc(rc->carried, ((size_t)rc->n_carried + 1) * sizeof(*c));

	if (c == NULL)
		return -1;
	rc->carried = c;
	c = &rc->carried[rc->n_carried++];
	*c = (struct rc_carried){ .row = m->row, .account = m->account, .print = rc_print_of(m->id) };
	memcpy(c->currency, m->currency, 4);
	if (!rc_keep(&rc->store[0], m->base, &c->base) || !rc_keep(&rc->store[0], (struct view){ "", 1 }, &(struct view){ NULL, 0 }))
		return -1;
	return rc_file_named(rc, c->base) != NULL && rc_print_add(&rc->carried_ids, c->print) ? 0 : -1;
}

static int reopen_item(struct rc *rc, struct rc_file *book, const struct rc_matched *m)
{
	struct recon_row *k = rc_row(&book->rows, &book->n_rows, &book->cap_rows);

	if (k == NULL)
		return -1;
	*k = m->row;
	return rc_account_of(book, &rc->store[0], m->account, view_of(m->currency), &k->n) ? 0 : -1;
}

static int reopen(struct rc *rc)
{
	struct rc_decided *d = rc->decided;
	struct rc_file book = { .path = rc->prior, .base = "", .carried = true }, *f;
	int bad = 0;

	for (uint32_t i = 0; i < d->folder->n_reopened && bad == 0; i++) {
		const struct rc_matched *m = &d->folder->reopened[i];

		if (rc_decided_reopened(rc, m->book, m->id))
			bad = m->book ? reopen_item(rc, &book, m) : reopen_line(rc, m);
	}
	f = bad != 0 || book.n_rows == 0 ? NULL : realloc(rc->files, (rc->n_files + 1) * sizeof(*f));
	if (f != NULL) {
		rc->files = f;
		rc->files[rc->n_files++] = book;
		return 0;
	}
	bad |= book.n_rows > 0 ? -1 : 0;
	free(book.rows);
	free(book.accounts);
	return bad;
}

static int by_print(const void *pa, const void *pb)
{
	const struct rc_note *a = pa, *b = pb;

	if (a->print != b->print)
		return a->print < b->print ? -1 : 1;
	if (a->book != b->book)
		return a->book ? 1 : -1;
	return (a->turn > b->turn) - (a->turn < b->turn);
}

static void sort_notes(struct rc_decided *d)
{
	uint32_t n = 0;

	if (d->n_notes > 1)
		qsort(d->notes, d->n_notes, sizeof(*d->notes), by_print);
	for (uint32_t i = 0; i < d->n_notes; i++)
		if (i + 1 == d->n_notes || d->notes[i].print != d->notes[i + 1].print || d->notes[i].book != d->notes[i + 1].book)
			d->notes[n++] = d->notes[i];
	d->n_notes = n;
}

int rc_decided_apply(struct rc *rc, struct err *err)
{
	struct rc_decided *d = rc->decided;
	uint32_t n = 0;
	bool good = true;

	if (d->folder == NULL) {
		sort_notes(d);
		return 0;
	}
	for (uint32_t i = 0; i < rc->n_carried; i++)
		if (!rc_print_has(&d->closed[0], rc->carried[i].print))
			rc->carried[n++] = rc->carried[i];
	rc->n_carried = n;
	for (uint32_t i = 0; i < rc->n_files; i++)
		if (rc->files[i].carried && !rc->files[i].bank)
			drop_closed_items(&rc->files[i], d, &rc->closed_items, &good);
	if (!good || reopen(rc) != 0 || note_owners(rc, &d->folder->book) != 0)
		return no_memory(err);
	sort_notes(d);
	return 0;
}

bool rc_decided_reopened(const struct rc *rc, bool book, struct view id)
{
	const struct rc_prints *p = &rc->decided->reopened[book];

	return p->n > 0 && rc_print_has(p, rc_print_of(id));
}

const struct rc_note *rc_note_of(const struct rc *rc, const struct recon_row *r, bool bank)
{
	const struct rc_decided *d = rc->decided;
	struct rc_note key = { .book = !bank };
	struct buf id = { 0 };
	uint32_t lo = 0, hi = d == NULL ? 0 : d->n_notes;

	if (hi == 0)
		return NULL;
	put_id(&id, rc, r, bank);
	key.print = rc_print_of(buf_as_view(&id));
	buf_release(&id);
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct rc_note *m = &d->notes[mid];

		if (m->print == key.print && m->book == key.book)
			return m;
		if (m->print < key.print || (m->print == key.print && m->book < key.book))
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Refusals: ids to places in a partition */

static int compare(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static uint32_t find_item(const struct recon *r, struct view id)
{
	uint32_t lo = 0, hi = r->n_items;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = compare(recon_text(&r->items[mid], K_ID), id);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return UINT32_MAX;
}

static bool id_of_line(const struct rc *rc, struct view id, uint32_t *file, uint32_t *n)
{
	const char *mark = id.n == 0 ? NULL : memrchr(id.p, '#', id.n);
	struct view base = { id.p, mark == NULL ? 0 : (size_t)(mark - id.p) };

	*n = 0;
	for (const char *p = mark == NULL ? NULL : mark + 1; p != NULL && p < id.p + id.n; p++) {
		if (*p < '0' || *p > '9' || *n > 100000000)
			return false;
		*n = *n * 10 + (uint32_t)(*p - '0');
	}
	for (*file = 0; mark != NULL && *file < rc->n_bank; ++*file)
		if (view_eq(view_of(rc->bank[*file]->base), base))
			return true;
	return false;
}

static uint32_t find_line(const struct rc *rc, const struct recon *r, struct view id)
{
	uint32_t file, n, lo = 0, hi = r->n_lines;

	if (!id_of_line(rc, id, &file, &n))
		return UINT32_MAX;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct recon_row *l = &r->lines[mid];

		if (l->file == file && l->n == n)
			return mid;
		if (l->file < file || (l->file == file && l->n < n))
			lo = mid + 1;
		else
			hi = mid;
	}
	return UINT32_MAX;
}

static int by_number(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static uint32_t count_ids(struct view ids)
{
	struct view id;
	uint32_t n = 0;

	while (view_cut(&ids, ' ', &id))
		n += id.n > 0;
	return n;
}

/* 0; 1: none of one side is in this partition; -1: memory is short */
static int refuse_in(struct rc *rc, uint32_t part, struct rc_decision *d)
{
	struct rc_part *p = &rc->parts[part];
	uint32_t *ids = malloc((count_ids(d->bank) + count_ids(d->book) + 1) * sizeof(*ids)), n = 0, lines, at;
	struct recon_refusal *r = ids == NULL ? NULL : realloc(p->refusals, (p->recon.n_refusals + 1) * sizeof(*r));
	struct view id, rest = d->bank;

	if (r == NULL) {
		free(ids);
		return -1;
	}
	p->refusals = r;
	p->recon.refusals = r;
	while (view_cut(&rest, ' ', &id))
		if (id.n > 0 && (at = find_line(rc, &p->recon, id)) != UINT32_MAX)
			ids[n++] = at;
	lines = n;
	for (rest = d->book; view_cut(&rest, ' ', &id);)
		if (id.n > 0 && (at = find_item(&p->recon, id)) != UINT32_MAX)
			ids[n++] = at;
	if (lines == 0 || lines == n) {
		free(ids);
		return 1;
	}
	qsort(ids, lines, sizeof(*ids), by_number);
	qsort(ids + lines, n - lines, sizeof(*ids), by_number);
	for (uint32_t i = 0; i < n; i++)
		*(i < lines ? &p->recon.lines[ids[i]].refused : &p->recon.items[ids[i]].refused) = 1;
	d->part = part;
	d->refusal = p->recon.n_refusals;
	r[p->recon.n_refusals++] = (struct recon_refusal){ ids, ids + lines, lines, n - lines };
	return 0;
}

int rc_decided_refusals(struct rc *rc, struct err *err)
{
	for (uint32_t i = 0; rc->decided != NULL && i < rc->decided->n; i++) {
		struct rc_decision *d = &rc->decided->all[i];
		int part = is_no(d) ? rc_part_of(rc, d->account, d->currency) : -1;

		if (part >= 0 && refuse_in(rc, (uint32_t)part, d) < 0)
			return no_memory(err);
	}
	return 0;
}

bool rc_refusal_counts(const struct rc *rc, const struct rc_decision *d)
{
	const struct recon *r;
	const struct recon_refusal *f;
	bool line = false, item = false;

	if (d->part == UINT32_MAX)
		return false;
	r = &rc->parts[d->part].recon;
	f = &r->refusals[d->refusal];
	for (uint32_t i = 0; i < f->n_lines; i++)
		line |= !r->lines[f->lines[i]].closed;
	for (uint32_t i = 0; i < f->n_items; i++)
		item |= !r->items[f->items[i]].closed;
	return line && item;
}

/* Writing */

int64_t rc_written_off(const struct rc *rc, struct view account, const char *currency)
{
	int64_t sum = 0;

	for (uint32_t i = 0; rc->decided != NULL && i < rc->decided->n; i++) {
		const struct rc_decision *d = &rc->decided->all[i];

		if (view_eq(d->account, account) && memcmp(d->currency, currency, 4) == 0 && __builtin_add_overflow(sum, d->amount, &sum))
			return INT64_MAX;
	}
	return sum;
}

static void decision_row(struct csv_out *o, const struct rc_decision *d)
{
	csv_text(o, d->kind);
	csv_text(o, d->account);
	csv_word(o, d->currency);
	csv_text(o, d->bank);
	csv_text(o, d->book);
	if (d->amount != 0)
		csv_money(o, d->amount, money_digits(d->currency) < 0 ? 2 : money_digits(d->currency));
	else
		csv_word(o, "");
	csv_text(o, d->by);
	csv_text(o, d->second);
	csv_text(o, d->at);
	csv_text(o, d->reason);
	csv_row(o);
}

int rc_decided_write(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	char path[600];

	if (rc_path_in(path, rc->out, RC_DECIDED, err) != 0)
		return -1;
	if (rc->decided == NULL || rc->decided->n == 0)		/* one of an earlier run into the same folder is not ours */
		return unlink(path) == -1 && errno != ENOENT ? err_set(err, errno, "cannot remove '%s': %s", path, strerror(errno)) : 0;
	if (csv_begin(&o, rc->out, RC_DECIDED, "kind,account,currency,bank_ids,book_ids,written_off,by,second,at,reason", err) != 0)
		return -1;
	for (uint32_t i = 0; rc->decided != NULL && i < rc->decided->n; i++) {
		const struct rc_decision *d = &rc->decided->all[i];

		if (d->fresh || d->amount != 0 || rc_refusal_counts(rc, d))
			decision_row(&o, d);
	}
	return csv_finish(&o, err);
}

void rc_decided_release(struct rc *rc)
{
	struct rc_decided *d = rc->decided;

	if (d == NULL)
		return;
	for (uint32_t i = 0; i < rc->n_parts; i++) {
		for (uint32_t k = 0; k < rc->parts[i].recon.n_refusals; k++)
			free((uint32_t *)(uintptr_t)rc->parts[i].refusals[k].lines);
		free(rc->parts[i].refusals);
	}
	for (uint32_t i = 0; i < d->n_texts; i++)
		free(d->texts[i]);
	free(d->texts);
	free(d->all);
	free(d->notes);
	for (int side = 0; side < 2; side++) {
		free(d->closed[side].p);
		free(d->reopened[side].p);
	}
	rc_table_close(&d->old);
	if (d->folder != NULL)
		folder_close(d->folder);
	free(d->folder);
	free(d);
	rc->decided = NULL;
}
