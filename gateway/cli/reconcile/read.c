/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read - files into rows: each file by one caged child, as `tallygate parse` reads it
 *
 * Each thread has a zygote of its own and takes the next file that nobody has; what it reads hangs on the file, so the
 * order of reading shows nowhere.  The n-th ENTRY of a file is its n-th transaction.  DETAILs of an entry complete it
 * (a single one's references, name and text) and are never lines.
 *
 * Failure: a file that cannot be read to its end is said on stderr and ends the run before anything is written.
 */
#include <fnmatch.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/money.h"
#include "gateway/cli/offline.h"
#include "gateway/cli/reconcile/reconcile.h"

struct reader {
	struct rc *rc;
	struct rc_store *store;
	struct zygote *zygote;
	atomic_uint *next;
	pthread_t thread;
	bool failed;			/* memory, or the zygote is gone: err says so */
	struct err err;
	/* the file that is being read */
	struct rc_file *file;
	struct offline_result result;
	bool short_memory;
	/* the entry that DETAILs may complete */
	bool pending, pending_provisional;
	struct recon_row row;
	struct buf text[RECON_TEXTS];
	char type[80];
	unsigned details;
	size_t alone[RECON_TEXTS];	/* what the entry itself says of each text */
};

/* Another piece of the same text, unless it stands there already. */
static void put_more(struct buf *b, struct view v)
{
	struct view have = buf_as_view(b);

	if (v.n == 0 || b->n > 1900)
		return;
	if (have.n > 0 && memmem(have.p, have.n, v.p, v.n) != NULL)
		return;
	if (b->n > 0)
		buf_char(b, '\n');
	buf_view(b, v);
}

static void put_first(struct buf *b, struct view v)
{
	if (b->n == 0)
		buf_view(b, v);
}

static void read_texts(struct reader *r, const struct record *rec, bool detail)
{
	struct buf *t = r->text;

	put_first(&t[B_REF], record_text(rec, F_CUSTOMER_REF));
	put_first(&t[B_REF], record_text(rec, F_REFERENCE));
	put_first(&t[B_E2E], record_text(rec, F_END_TO_END));
	put_first(&t[B_NUMBER], record_text(rec, F_CHECK_NUMBER));
	put_first(&t[B_NUMBER], record_text(rec, F_TRACE));
	if (!detail)
		put_first(&t[B_OWN], record_text(rec, F_BANK_REF));
	put_first(&t[B_PARTY], record_text(rec, F_PARTY));
	put_more(&t[B_TEXT], record_text(rec, F_TEXT));
	put_more(&t[B_TEXT], record_text(rec, F_REASON));
}

static struct rc_statement *statement(struct reader *r)
{
	struct rc_file *f = r->file;

	return f->n_statements == 0 ? NULL : &f->statements[f->n_statements - 1];
}

/* What the rules find in the text goes into the first field that is empty. */
static void extract_reference(struct reader *r, const struct rc_statement *s)
{
	struct view found;
	int t = B_REF;

	while (t <= B_NUMBER && r->text[t].n > 0)
		t++;
	if (s != NULL && t <= B_NUMBER &&
	    match_rules_reference(r->rc->taught, s->account, view_of(r->type), r->row.date, buf_as_view(&r->text[B_TEXT]), &found))
		put_first(&r->text[t], found);
}

/* The line is complete: the next record is no DETAIL of it. */
static void finish(struct reader *r)
{
	struct rc_file *f = r->file;
	struct recon_row *to;
	struct rc_texts t;

	if (!r->pending)
		return;
	r->pending = false;
	extract_reference(r, statement(r));
	to = r->pending_provisional ? rc_row(&f->prov, &f->n_prov, &f->cap_prov) : rc_row(&f->rows, &f->n_rows, &f->cap_rows);
	for (int i = 0; i < RECON_TEXTS; i++)
		t.t[i] = buf_as_view(&r->text[i]);
	r->row.type = (uint8_t)recon_bank_type(view_of(f->format), view_of(r->type), t.t[B_TEXT]);
	if (to == NULL || !rc_pack(r->store, &r->row, &t)) {
		r->short_memory = true;
		return;
	}
	*to = r->row;
	to->day = (int32_t)f->n_statements - 1;		/* rc_set() numbers the days */
}

static void begin_statement(struct reader *r, const struct record *rec)
{
	struct rc_file *f = r->file;
	struct view status = record_text(rec, F_STATUS), currency = record_text(rec, F_CURRENCY);
	struct rc_statement *s;

	if (f->n_statements == f->cap_statements) {
		s = realloc(f->statements, (f->cap_statements * 2 + 8) * sizeof(*s));
		if (s == NULL) {
			r->short_memory = true;
			return;
		}
		f->statements = s;
		f->cap_statements = f->cap_statements * 2 + 8;
	}
	s = &f->statements[f->n_statements];
	*s = (struct rc_statement){ .date = (date_t)record_num(rec, F_AS_OF_DATE, DATE_NONE), .first = f->n_rows,
		.number = f->n_statements, .provisional = record_num(rec, F_PROVISIONAL, 0) != 0,
		.status = status.n == 1 ? status.p[0] : '\0' };
	if (currency.n == 3)
		memcpy(s->currency, currency.p, 3);
	r->short_memory |= !rc_keep(r->store, record_text(rec, F_ACCOUNT), &s->account);
	f->n_statements++;
}

static bool one_of(struct view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (view_eq(v, view_of(*words)))
			return true;
	return false;
}

static void take_balance(struct reader *r, const struct record *rec)
{
	static const char *const opening[] = { "opening", "010", "60F", "60M", "OPBD", "PRCD", NULL };
	static const char *const closing[] = { "closing", "015", "62F", "62M", "CLBD", NULL };
	struct rc_statement *s = statement(r);
	struct view type = record_text(rec, F_TYPE), currency = record_text(rec, F_CURRENCY);

	if (s == NULL || !record_has(rec, F_AMOUNT))
		return;
	if (s->currency[0] == '\0' && currency.n == 3)
		memcpy(s->currency, currency.p, 3);
	if (one_of(type, opening) && !s->has_opening) {
		s->opening = record_num(rec, F_AMOUNT, 0);
		s->has_opening = true;
	} else if (one_of(type, closing) && !s->has_closing) {
		s->closing = record_num(rec, F_AMOUNT, 0);
		s->has_closing = true;
		s->date = (date_t)record_num(rec, F_AS_OF_DATE, s->date);
	}
}

static void begin_entry(struct reader *r, const struct record *rec)
{
	struct rc_statement *s = statement(r);
	struct view status = record_text(rec, F_STATUS), type = record_text(rec, F_TYPE), currency = record_text(rec, F_CURRENCY);
	int64_t amount = record_num(rec, F_AMOUNT, 0);
	static const char *const not_booked[] = { "PDNG", "INFO", "FUTR", NULL };

	if (s == NULL) {
		begin_statement(r, rec);
		s = statement(r);
	}
	if (s == NULL)
		return;
	if (s->currency[0] == '\0' && currency.n == 3)
		memcpy(s->currency, currency.p, 3);
	r->row = (struct recon_row){ .amount = amount < 0 ? -amount : amount, .sign = amount < 0 ? RECON_DB : RECON_CR, .file = r->file->rank,
		.n = ++r->file->entries, .status_date = DATE_NONE, .first_seen = DATE_NONE };
	r->row.other = (date_t)record_num(rec, F_VALUE_DATE, DATE_NONE);
	r->row.date = (date_t)record_num(rec, F_BOOKING_DATE, r->row.other != DATE_NONE ? r->row.other : s->date);
	r->pending = true;
	r->pending_provisional = s->provisional || record_num(rec, F_PROVISIONAL, 0) != 0 || one_of(status, not_booked) || s->status == '4';
	r->details = 0;
	snprintf(r->type, sizeof(r->type), "%.*s", VIEW_FMT(view_sub(type, 0, 79)));
	for (int i = 0; i < RECON_TEXTS; i++)
		buf_clear(&r->text[i]);
	read_texts(r, rec, false);
	if (!r->pending_provisional) {
		s->n++;
		s->lost |= !money_add_minor(&s->net, amount);
	}
}

static void take_detail(struct reader *r, const struct record *rec)
{
	if (!r->pending)
		return;
	r->details++;
	for (int i = 0; i < RECON_TEXTS; i++)
		if (r->details == 1)
			r->alone[i] = r->text[i].n;
		else
			r->text[i].n = r->alone[i];	/* several members: none of them speaks for the line */
	if (r->details == 1)
		read_texts(r, rec, true);
}

static void take_item(struct reader *r, const struct record *rec)
{
	struct rc_file *f = r->file;
	struct recon_row *k = rc_row(&f->rows, &f->n_rows, &f->cap_rows);
	struct view status = record_text(rec, F_STATUS);
	int64_t amount = record_num(rec, F_AMOUNT, 0);
	struct rc_texts t = { .t = { [K_ID] = record_text(rec, F_ITEM), [K_REF] = record_text(rec, F_REFERENCE),
		[K_GROUP] = record_text(rec, F_GROUP), [K_PARTY] = record_text(rec, F_PARTY), [K_NOTE] = record_text(rec, F_NOTE),
		[K_EXTRA] = record_text(rec, F_EXTRA) } };

	if (k == NULL) {
		r->short_memory = true;
		return;
	}
	k->amount = amount < 0 ? -amount : amount;
	k->sign = amount < 0 ? RECON_DB : RECON_CR;
	k->date = (date_t)record_num(rec, F_EFFECTIVE_DATE, DATE_NONE);
	k->other = (date_t)record_num(rec, F_ISSUE_DATE, DATE_NONE);
	k->status_date = (date_t)record_num(rec, F_STATUS_DATE, DATE_NONE);
	k->status = view_eq(status, VIEW("VOID")) ? RECON_VOID : view_eq(status, VIEW("STOPPED")) ? RECON_STOPPED : RECON_OPEN;
	k->type = (uint8_t)recon_book_type(record_text(rec, F_TYPE));
	r->short_memory |= !rc_account_of(f, r->store, record_text(rec, F_ACCOUNT), record_text(rec, F_CURRENCY), &k->n) ||
		!rc_pack(r->store, k, &t);
}

static void on_record(void *ctx, const struct record *rec)
{
	struct reader *r = ctx;

	if (r->short_memory)
		return;
	if (r->file->format[0] == '\0')
		snprintf(r->file->format, sizeof(r->file->format), "%s", r->result.format);
	if (!r->file->bank) {
		if (rec->kind == RECORD_EXPECTED)
			take_item(r, rec);
		return;
	}
	if (rec->kind == RECORD_DETAIL) {
		take_detail(r, rec);
		return;
	}
	finish(r);
	if (rec->kind == RECORD_STATEMENT)
		begin_statement(r, rec);
	else if (rec->kind == RECORD_BALANCE)
		take_balance(r, rec);
	else if (rec->kind == RECORD_ENTRY)
		begin_entry(r, rec);
}

static void on_finding(void *ctx, const struct finding *f)
{
	struct reader *r = ctx;

	r->file->findings++;
	if (f->severity != FINDING_ERROR)
		return;
	if (r->file->errors++ == 0)
		snprintf(r->file->why, sizeof(r->file->why), "line %llu: %.*s [%s]", (unsigned long long)f->line,
			VIEW_FMT(view_sub(f->text, 0, 250)), f->code);
}

/* What kind of file it must be: a book that is a statement, or the other way round, is wrong use. */
static int kind_fault(const struct rc_file *f)
{
	static const char *const banks[] = { "bai2", "mt940", "camt", "csvstmt", NULL };
	bool bank = one_of(view_of(f->format), banks);

	return f->format[0] != '\0' && bank != f->bank ? 2 : 0;
}

/* A statement that does not say by itself what it is: the first row of the rules whose pattern fits its name. */
static void apply_statement_rule(const struct rc *rc, const struct rc_file *f, struct offline *o)
{
	for (size_t i = 0; rc->config != NULL && f->bank && i < rc->config->n_statements; i++) {
		const struct statement_rule *s = &rc->config->statements[i];

		if (fnmatch(s->files, f->base, 0) != 0)
			continue;
		o->format = s->format;
		for (o->n_options = 0; o->n_options < s->n_options && o->n_options < OFFLINE_OPTIONS; o->n_options++)
			o->options[o->n_options] = s->options[o->n_options];
		return;
	}
}

static void read_file(struct reader *r, struct rc_file *f)
{
	struct offline o = { .format = f->bank ? "" : "book" };
	struct offline_sink sink = { r, on_record, on_finding, NULL };

	apply_statement_rule(r->rc, f, &o);
	r->file = f;
	r->pending = false;
	if (offline_file(r->zygote, &o, f->path, &sink, &r->result, &r->err) != 0) {
		f->fault = 2;
		snprintf(f->why, sizeof(f->why), "%.300s", r->err.text);
		return;
	}
	finish(r);
	snprintf(f->format, sizeof(f->format), "%s", r->result.format);
	f->fault = r->result.errors > 0;
	if (r->result.end != OFFLINE_DONE) {
		f->fault = 2;
		if (r->result.end == OFFLINE_FAILED)
			snprintf(f->why, sizeof(f->why), "the process of module '%s' ended: %s", r->result.format, r->result.why);
	} else if (kind_fault(f) != 0) {
		f->fault = 2;
		snprintf(f->why, sizeof(f->why), "it is a %s file, given as %s", f->format, f->bank ? "--bank" : "--book");
	}
}

static void *run(void *ctx)
{
	struct reader *r = ctx;
	unsigned i;

	while ((i = atomic_fetch_add(r->next, 1)) < r->rc->n_files && !r->short_memory)
		if (!r->rc->files[i].carried)
			read_file(r, &r->rc->files[i]);
	r->failed |= r->short_memory;
	return NULL;
}

static int tell(const struct rc *rc)
{
	int highest = 0;

	for (uint32_t i = 0; i < rc->n_files; i++) {
		const struct rc_file *f = &rc->files[i];

		if (f->fault == 2)
			fprintf(stderr, "tallygate: cannot use '%s': %s\n", f->path, f->why);
		else if (f->errors > 0)
			fprintf(stderr, "tallygate: '%s' has %llu errors; the first: %s\n", f->path, (unsigned long long)f->errors, f->why);
		highest = f->fault > highest ? f->fault : highest;
	}
	return highest;
}

static void free_reader(struct reader *r)
{
	zygote_free(r->zygote);
	for (int i = 0; i < RECON_TEXTS; i++)
		buf_release(&r->text[i]);
}

/* The zygotes first: nothing forks beside a thread, and a small process forks faster than one that holds a prior run. */
int rc_read_begin(struct rc *rc, struct err *err)
{
	rc->n_readers = (uint32_t)rc->threads > rc->n_files ? (int)rc->n_files : rc->threads;
	rc->readers = calloc((size_t)rc->n_readers + 1, sizeof(*rc->readers));
	if (rc->readers == NULL)
		return err_set(err, -1, "memory is short");
	for (int i = 0; i < rc->n_readers; i++) {
		rc->readers[i] = (struct reader){ .rc = rc, .store = &rc->store[i] };
		if (zygote_start(&rc->readers[i].zygote, offline_modules(), err) != 0)
			return -1;
	}
	return 0;
}

void rc_read_end(struct rc *rc)
{
	for (int i = 0; rc->readers != NULL && i < rc->n_readers; i++)
		free_reader(&rc->readers[i]);
	free(rc->readers);
	rc->readers = NULL;
}

int rc_read(struct rc *rc, struct err *err)
{
	int started = 0, rc_code;
	atomic_uint next = 0;

	for (int i = 0; i < rc->n_readers; i++)
		rc->readers[i].next = &next;
	for (; started < rc->n_readers; started++)
		if (pthread_create(&rc->readers[started].thread, NULL, run, &rc->readers[started]) != 0)
			break;
	if (started == 0)
		run(&rc->readers[0]);
	for (int i = 0; i < started; i++)
		pthread_join(rc->readers[i].thread, NULL);
	rc_code = tell(rc);
	for (int i = 0; i < rc->n_readers; i++)
		if (rc->readers[i].failed)
			rc_code = (err_set(err, -1, "memory is short"), 2);
	rc_read_end(rc);
	return rc_code;
}
