/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/prior_open - open_items.csv of an earlier run, read by all threads at once
 *
 * The file is read whole and cut where a row begins: a newline with an even number of quotes before it.  That is a guess
 * about a file that a person may have edited, so each piece must end exactly where the next one begins; if one does not, or
 * any row is wrong, the file is read again in one piece, and what that says is said.  Texts stay where they were read.
 *
 * Failure: -1 and *err.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/money.h"
#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/pool.h"
#include "gateway/cli/reconcile/prior.h"

#define FILE_MOST ((off_t)1 << 36)
#define ROW_LEAST 64			/* a shorter row costs a larger array, no more */
#define PIECE_LEAST ((size_t)1 << 20)

enum { O_SIDE, O_ID, O_ACCOUNT, O_CURRENCY, O_DATE, O_AMOUNT, O_SIGN, O_TYPE, O_STATUS, O_STATUS_DATE, O_ISSUED, O_REFERENCE, O_PARTY,
	O_GROUP, O_NOTE, O_E2E, O_NUMBER, O_OWN, O_TEXT, O_EXTRA, O_HELD, O_FIRST, O_OWNER, O_COMMENT, O_COLUMNS };

static const char *const open_names[] = { "side", "id", "account", "currency", "date", "amount", "sign", "type", "status", "status_date",
	"issued", "reference", "party", "group", "note", "end_to_end", "number", "bank_ref", "text", "extra", "held", "first_seen", "owner", "comment", NULL };

struct piece {
	size_t from, to;		/* of the file; then where its first row begins and where the last one ended */
	size_t quotes;
	struct rc_file book;		/* items stand in a book of their own, read before all others */
	struct rc_carried *carried;
	uint32_t n_carried, cap_carried;
	struct rc_decided notes;	/* owners and comments, and nothing else of it */
	unsigned long long line;
	int code;			/* 0, 1 = a row is wrong, -1 = memory is short */
	/* what the row before it said, and what was made of that */
	char type_text[12];
	uint8_t type_n, type;
};

struct reading { struct rc *rc; struct rc_table table; int fd; struct piece *pieces; uint32_t n; atomic_int failed; };

/* Bytes */

static int load_piece(void *ctx, uint32_t i, int worker)
{
	struct reading *r = ctx;
	struct piece *p = &r->pieces[i];
	char *at = r->table.p + p->from, *end = r->table.p + p->to;

	(void)worker;
	while (at < end) {
		ssize_t got = pread(r->fd, at, (size_t)(end - at), at - r->table.p);

		if (got <= 0 && !(got < 0 && errno == EINTR)) {
			atomic_store(&r->failed, got < 0 ? errno : EIO);
			return -1;
		}
		at += got > 0 ? got : 0;
	}
	at = r->table.p + p->from;
	while (at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
		p->quotes++;
		at++;
	}
	return 0;
}

static void cut_evenly(struct reading *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		r->pieces[i] = (struct piece){ .from = r->table.n / r->n * i, .to = i + 1 == r->n ? r->table.n : r->table.n / r->n * (i + 1),
			.book = { .path = r->rc->prior, .base = "", .carried = true } };
}

/* Each piece from the first row that begins in it. */
static void begin_at_rows(struct reading *r)
{
	size_t quotes = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct piece *p = &r->pieces[i];
		size_t odd = quotes & 1;

		quotes += p->quotes;
		if (i == 0) {
			p->from = r->table.at;
			continue;
		}
		for (; p->from < r->table.n; p->from++) {
			odd ^= r->table.p[p->from] == '"';
			if (r->table.p[p->from] == '\n' && odd == 0)
				break;
		}
		p->from += p->from < r->table.n;
		r->pieces[i - 1].to = p->from;
	}
	r->pieces[r->n - 1].to = r->table.n;
}

/* Rows */

static bool date_or_none(date_t *to, struct view v)
{
	*to = DATE_NONE;
	return v.n == 0 || date_parse_iso(to, v);
}

static bool number_behind(struct view id, struct view *base, uint32_t *n)
{
	const char *mark = id.n == 0 ? NULL : memrchr(id.p, '#', id.n);
	uint64_t v = 0;

	if (mark == NULL || mark + 1 == id.p + id.n)
		return false;
	for (const char *p = mark + 1; p < id.p + id.n; p++) {
		if (*p < '0' || *p > '9' || v > 100000000)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	*base = (struct view){ id.p, (size_t)(mark - id.p) };
	*n = (uint32_t)v;
	return true;
}

static uint8_t type_of(struct piece *p, struct view v)
{
	if (v.n == p->type_n && v.n > 0 && memcmp(v.p, p->type_text, v.n) == 0)
		return p->type;
	p->type = (uint8_t)recon_book_type(v);
	p->type_n = v.n <= sizeof(p->type_text) ? (uint8_t)v.n : 0;
	memcpy(p->type_text, v.p, p->type_n);
	return p->type;
}

static bool common_fields(struct piece *p, struct recon_row *r, const struct view *v)
{
	char currency[4] = "";
	struct money m;

	if (v[O_CURRENCY].n == 3)
		memcpy(currency, v[O_CURRENCY].p, 3);
	if (money_parse_decimal(&m, v[O_AMOUNT], currency) != MONEY_OK || m.minor < 0 || !date_or_none(&r->date, v[O_DATE]) ||
	    !date_or_none(&r->other, v[O_ISSUED]) || !date_or_none(&r->status_date, v[O_STATUS_DATE]) || !date_or_none(&r->first_seen, v[O_FIRST]))
		return false;
	r->amount = m.minor;
	r->sign = view_eq(v[O_SIGN], VIEW("DB")) ? RECON_DB : RECON_CR;
	r->type = type_of(p, v[O_TYPE]);
	r->status = view_eq(v[O_STATUS], VIEW("VOID")) ? RECON_VOID : view_eq(v[O_STATUS], VIEW("STOPPED")) ? RECON_STOPPED : RECON_OPEN;
	for (int why = 1; why < RECON_REASONS && v[O_HELD].n > 0; why++)
		if (view_eq(v[O_HELD], view_of(recon_reason_name((enum recon_reason)why)))) {
			r->reason = (uint8_t)why;
			r->held = 1;
		}
	return true;
}

/* Into the row's own bytes, when nothing else of it is needed any more: its texts are not longer than the row was. */
static void pack_in_place(struct recon_row *row, char *to, const struct rc_texts *t)
{
	char packed[RECON_TEXTS * RC_TEXT_MOST];
	size_t all = 0;

	for (int i = 0; i < RECON_TEXTS; i++) {
		size_t n = t->t[i].n < RC_TEXT_MOST ? t->t[i].n : RC_TEXT_MOST;

		if (n > 0)
			memcpy(packed + all, t->t[i].p, n);
		all += n;
		row->end[i] = (uint16_t)all;
	}
	memcpy(to, packed, all);
	row->texts = to;
}

/* A line, with its file and account: they get their places when all pieces are there. */
static int carry_line(struct rc *rc, struct piece *p, char *at, const struct view *v, int worker)
{
	struct rc_texts t = { .t = { [B_REF] = v[O_REFERENCE], [B_E2E] = v[O_E2E], [B_NUMBER] = v[O_NUMBER], [B_OWN] = v[O_OWN],
		[B_PARTY] = v[O_PARTY], [B_TEXT] = v[O_TEXT] } };
	struct recon_row row = { .closed = 0 };
	struct rc_carried *c;
	struct view base;

	if (!number_behind(v[O_ID], &base, &row.n) || !common_fields(p, &row, v))
		return 1;
	if (p->n_carried == p->cap_carried) {
		c = realloc(p->carried, ((size_t)p->cap_carried * 2 + 64) * sizeof(*c));
		if (c == NULL)
			return -1;
		p->carried = c;
		p->cap_carried = p->cap_carried * 2 + 64;
	}
	c = &p->carried[p->n_carried];
	*c = (struct rc_carried){ .row = row, .print = rc_print_of(v[O_ID]) };
	if (v[O_CURRENCY].n == 3)
		memcpy(c->currency, v[O_CURRENCY].p, 3);
	if (p->n_carried > 0 && view_eq(c[-1].account, v[O_ACCOUNT]))
		c->account = c[-1].account;
	else if (!rc_keep(&rc->store[worker], v[O_ACCOUNT], &c->account))
		return -1;
	if (p->n_carried > 0 && view_eq(c[-1].base, base))
		c->base = c[-1].base;
	else if (!rc_keep(&rc->store[worker], base, &c->base) || !rc_keep(&rc->store[worker], (struct view){ "", 1 }, &(struct view){ NULL, 0 }))
		return -1;
	p->n_carried++;
	pack_in_place(&c->row, at, &t);
	return 0;
}

static int carry_item(struct rc *rc, struct piece *p, char *at, const struct view *v, int worker)
{
	struct rc_texts t = { .t = { [K_ID] = v[O_ID], [K_REF] = v[O_REFERENCE], [K_GROUP] = v[O_GROUP], [K_PARTY] = v[O_PARTY],
		[K_NOTE] = v[O_NOTE], [K_EXTRA] = v[O_EXTRA] } };
	struct recon_row *k = rc_row(&p->book.rows, &p->book.n_rows, &p->book.cap_rows);

	if (k == NULL)
		return -1;
	if (!common_fields(p, k, v))
		return 1;
	if (!rc_account_of(&p->book, &rc->store[worker], v[O_ACCOUNT], v[O_CURRENCY], &k->n))
		return -1;
	pack_in_place(k, at, &t);
	return 0;
}

/* Before the row's bytes are used for its own texts. */
static bool carry_note(struct rc *rc, struct piece *p, const struct view *v, int worker)
{
	struct view owner, comment;

	if (v[O_OWNER].n == 0 && v[O_COMMENT].n == 0)
		return true;
	return rc_keep(&rc->store[worker], v[O_OWNER], &owner) && rc_keep(&rc->store[worker], v[O_COMMENT], &comment) &&
		rc_note_add(&p->notes, view_eq(v[O_SIDE], VIEW("book")), rc_print_of(v[O_ID]), owner, comment);
}

static int parse_piece(void *ctx, uint32_t i, int worker)
{
	struct reading *r = ctx;
	struct piece *p = &r->pieces[i];
	struct rc_table t = r->table;
	struct view v[O_COLUMNS];
	int got = 1;

	t.at = p->from;
	t.stop = p->to;
	p->book.rows = rc_rows((p->to - p->from) / ROW_LEAST);		/* what no row is put into takes no memory */
	p->book.cap_rows = p->book.rows == NULL ? 0 : (uint32_t)((p->to - p->from) / ROW_LEAST);
	while (p->code == 0) {
		char *at = t.p + t.at;

		got = rc_table_next(&t, v);
		if (got == 0)
			break;
		p->code = got < 0 ? 1 : !carry_note(r->rc, p, v, worker) ? -1 : view_eq(v[O_SIDE], VIEW("bank")) ? carry_line(r->rc, p, at, v, worker) : carry_item(r->rc, p, at, v, worker);
	}
	p->line = t.line;
	if (p->code == 0 && t.at != p->to)	/* this row ends where another piece has begun: the cut was wrong */
		p->code = 1;
	return p->code;
}

/* All pieces are there */

/* The file that a carried line stood in; made when this run has not got it. */
struct rc_file *rc_file_named(struct rc *rc, struct view base)
{
	struct rc_file *f;

	for (uint32_t i = rc->n_files; i-- > 0;)
		if (rc->files[i].bank && view_eq(view_of(rc->files[i].base), base))
			return &rc->files[i];
	f = realloc(rc->files, (rc->n_files + 1) * sizeof(*f));
	if (f == NULL)
		return NULL;
	rc->files = f;
	f = &rc->files[rc->n_files++];
	*f = (struct rc_file){ .path = base.p, .base = base.p, .bank = true, .carried = true };	/* rc_keep() put a NUL behind it */
	return f;
}

static int take_lines(struct rc *rc, const struct reading *r)
{
	size_t all = 0;

	for (uint32_t i = 0; i < r->n; i++)
		all += r->pieces[i].n_carried;
	if (all >= UINT32_MAX || !rc_print_room(&rc->carried_ids, all) || (rc->carried = malloc((all + 1) * sizeof(*rc->carried))) == NULL)
		return -1;
	for (uint32_t i = 0; i < r->n; i++)
		for (uint32_t k = 0; k < r->pieces[i].n_carried; k++) {
			struct rc_carried *c = &rc->carried[rc->n_carried];

			*c = r->pieces[i].carried[k];
			if ((rc->n_carried == 0 || c[-1].base.p != c->base.p) && rc_file_named(rc, c->base) == NULL)
				return -1;
			rc->n_carried++;
			if (!rc_print_add(&rc->carried_ids, c->print))
				return -1;
		}
	return 0;
}

static int take_notes(struct rc *rc, const struct reading *r)
{
	bool good = true;

	for (uint32_t i = 0; i < r->n; i++)
		for (uint32_t k = 0; k < r->pieces[i].notes.n_notes && good; k++) {
			const struct rc_note *n = &r->pieces[i].notes.notes[k];

			good = rc_note_add(rc->decided, n->book, n->print, n->owner, n->comment);
		}
	return good ? 0 : -1;
}

static int take_books(struct rc *rc, struct reading *r)
{
	struct rc_file *f = realloc(rc->files, (rc->n_files + r->n) * sizeof(*f));

	if (f == NULL)
		return -1;
	rc->files = f;
	for (uint32_t i = 0; i < r->n; i++) {
		rc->files[rc->n_files++] = r->pieces[i].book;
		r->pieces[i].book = (struct rc_file){ .rows = NULL };
	}
	return 0;
}

static void release(struct reading *r)
{
	for (uint32_t i = 0; r->pieces != NULL && i < r->n; i++) {
		free(r->pieces[i].book.rows);
		free(r->pieces[i].book.accounts);
		free(r->pieces[i].carried);
		free(r->pieces[i].notes.notes);
	}
	free(r->pieces);
	r->pieces = NULL;
}

/* 0; 1 = a row is wrong, or the pieces do not join; -1 and *err. */
static int read_in(struct reading *r, uint32_t n, const char *path, struct err *err)
{
	r->n = n;
	r->pieces = calloc(n, sizeof(*r->pieces));
	if (r->pieces == NULL)
		return err_set(err, -1, "memory is short");
	cut_evenly(r);
	if (rc_each(r->rc, n, load_piece, r) != 0)
		return err_set(err, r->failed, "cannot read '%s': %s", path, strerror(r->failed));
	r->table.wanted = 0;
	if (rc_table_head(&r->table, path, open_names, err) != 0)
		return -1;
	begin_at_rows(r);
	rc_each(r->rc, n, parse_piece, r);
	for (uint32_t i = 0; i < n; i++)
		if (r->pieces[i].code != 0)
			return r->pieces[i].code == 1 ? 1 : err_set(err, -1, "memory is short");
	return 0;
}

static int read_whole(struct reading *r, const char *path, struct err *err)
{
	uint32_t n = (uint32_t)r->rc->threads * 4;
	int got;

	if (r->table.n / PIECE_LEAST + 1 < n)
		n = (uint32_t)(r->table.n / PIECE_LEAST + 1);
	got = read_in(r, n, path, err);
	if (got == 1 && n > 1) {
		release(r);
		got = read_in(r, 1, path, err);
	}
	if (got == 1)
		got = err_set(err, -1, "'%s', line %llu is not what an earlier run wrote", path, r->pieces[0].line);
	if (got == 0 && (take_lines(r->rc, r) != 0 || take_notes(r->rc, r) != 0 || take_books(r->rc, r) != 0))
		got = err_set(err, -1, "memory is short");
	return got;
}

int rc_prior_open(struct rc *rc, struct err *err)
{
	struct reading r = { .rc = rc, .fd = -1 };
	struct stat st;
	char path[600];
	int rc_code = -1;

	if (rc_path_in(path, rc->prior, "open_items.csv", err) != 0)
		return -1;
	r.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r.fd == -1 || fstat(r.fd, &st) == -1)
		return err_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MOST) {
		err_set(err, -1, "cannot read '%s': it is no file of a size that can be read", path);
	} else if ((rc->open_items = r.table.p = rc_large((size_t)st.st_size + 1)) == NULL) {
		err_set(err, -1, "memory is short");
	} else {
		r.table.n = (size_t)st.st_size;
		r.table.p[r.table.n] = '\n';
		rc_code = read_whole(&r, path, err);
	}
	release(&r);
	close(r.fd);
	return rc_code;
}
