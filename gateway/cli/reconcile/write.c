/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write - the CSV files of a run, each whole or not there
 *
 * Order: partitions by account and currency; matches as the engine ranks them; exceptions and open items by their place.
 * Nothing of the order of reading or of threads is in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/money.h"
#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/matched.h"
#include "gateway/cli/reconcile/pool.h"
#include "gateway/cli/reconcile/provisional.h"
#include "gateway/cli/reconcile/sheet.h"
#include "gateway/cli/reconcile/stats.h"

#define CANDIDATES 3
#define LARGE_RUN 200000u		/* rows of both sides */

static void field(struct csv_out *o, struct buf *scratch)
{
	csv_text(o, buf_as_view(scratch));
	buf_clear(scratch);
}

static void id_list(struct csv_out *o, struct buf *s, const struct rc *rc, const struct recon_row *rows, const uint32_t *ids, uint32_t n, bool bank)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_char(s, ' ');
		put_id(s, rc, &rows[ids[i]], bank);
	}
	field(o, s);
}

static void match_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_part *p, const struct recon_match *m, uint64_t number)
{
	const struct recon *r = &p->recon;

	buf_char(s, 'M');
	put_int(s, (int64_t)number);
	field(o, s);
	csv_word(o, m->automatic ? "auto" : "proposed");
	csv_word(o, "auto");
	csv_word(o, recon_rules[m->rule].name);
	csv_money(o, m->score, 2);
	id_list(o, s, rc, r->lines, r->ids + m->bank_at, m->n_bank, true);
	id_list(o, s, rc, r->items, r->ids + m->book_at, m->n_book, false);
	csv_money(o, m->bank_total, p->digits);
	csv_money(o, m->book_total, p->digits);
	csv_money(o, m->bank_total - m->book_total, p->digits);
	recon_explain(s, &p->recon, m);
	field(o, s);
	csv_row(o);
}

static void put_matches(const struct rc_sheet *sheet, const struct rc *rc, const struct rc_span *span, struct csv_out *o, struct buf *s)
{
	const struct rc_part *p = &rc->parts[span->part];

	(void)sheet;
	for (uint32_t m = span->from; m < span->to; m++)
		match_row(o, s, rc, p, &p->recon.matches[m], span->number + 1 + m - span->from);
}

/* Automatic ones first, over all partitions; the engine has them in front. */
static int cut_matches(const struct rc *rc, struct rc_sheet *sheet)
{
	uint64_t number = 0;
	int bad = 0;

	for (int automatic = 1; automatic >= 0; automatic--)
		for (uint32_t i = 0; i < rc->n_parts; i++) {
			const struct recon *r = &rc->parts[i].recon;
			struct rc_span span = { .part = i, .from = automatic ? 0 : r->n_auto, .to = automatic ? r->n_auto : r->n_matches, .number = number };

			bad |= rc_sheet_add(sheet, span);
			number += span.to - span.from;
		}
	return bad;
}

/* Exceptions */

struct near { uint32_t *first, *next, *match; uint32_t n; };	/* proposals of each row, by its index */

/* For one side: which proposals a row stands in, the best first. */
static int near_open(struct near *c, const struct recon *r, bool bank)
{
	uint32_t rows = bank ? r->n_lines : r->n_items, places = 0;

	for (uint32_t m = r->n_auto; m < r->n_matches; m++)
		places += bank ? r->matches[m].n_bank : r->matches[m].n_book;
	*c = (struct near){ .first = malloc((rows + 1) * sizeof(*c->first)), .next = malloc((places + 1) * sizeof(*c->next)),
		.match = malloc((places + 1) * sizeof(*c->match)) };
	if (c->first == NULL || c->next == NULL || c->match == NULL)
		return -1;
	memset(c->first, 0xff, (rows + 1) * sizeof(*c->first));
	for (uint32_t m = r->n_matches; m-- > r->n_auto;) {
		const struct recon_match *x = &r->matches[m];
		const uint32_t *ids = r->ids + (bank ? x->bank_at : x->book_at);

		for (uint32_t i = 0; i < (bank ? x->n_bank : x->n_book); i++) {
			c->match[c->n] = m;
			c->next[c->n] = c->first[ids[i]];
			c->first[ids[i]] = c->n++;
		}
	}
	return 0;
}

static void near_close(struct near *c)
{
	free(c->first);
	free(c->next);
	free(c->match);
}

/* The other side's ids of up to three proposals, " | " between them; else what the reason speaks of. */
static void candidates(struct buf *s, const struct rc *rc, const struct recon *r, const struct near *c, uint32_t row, bool bank)
{
	const struct recon_row *rows = bank ? r->items : r->lines, *self = bank ? &r->lines[row] : &r->items[row];
	unsigned n = 0;

	for (uint32_t at = c->first[row]; at != UINT32_MAX && n < CANDIDATES; at = c->next[at], n++) {
		const struct recon_match *m = &r->matches[c->match[at]];
		const uint32_t *ids = r->ids + (bank ? m->book_at : m->bank_at);
		uint32_t count = bank ? m->n_book : m->n_bank;

		buf_text(s, n > 0 ? " | " : "");
		for (uint32_t i = 0; i < count && i < 12; i++) {
			buf_text(s, i > 0 ? " " : "");
			put_id(s, rc, &rows[ids[i]], !bank);
		}
		if (count > 12)
			buf_text(s, " ...");
	}
	if (n == 0 && self->with != NULL)
		put_id(s, rc, self->with, (self->reason == DUP_LINE || self->reason == DUP_PAYMENT) ? bank : !bank);
}

static void id_field(struct csv_out *o, struct buf *s, const struct rc *rc, const struct recon_row *r, bool bank)
{
	if (!bank) {
		csv_text(o, recon_text(r, K_ID));
		return;
	}
	put_bank_id(s, rc, r);
	field(o, s);
}

static void exception_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_part *p, const struct near *c, uint32_t i, bool bank)
{
	const struct recon_row *r = bank ? &p->recon.lines[i] : &p->recon.items[i];

	csv_word(o, bank ? "bank" : "book");
	id_field(o, s, rc, r, bank);
	csv_text(o, p->account);
	csv_date(o, r->date);
	csv_money(o, r->amount, p->digits);
	csv_word(o, r->sign == RECON_CR ? "CR" : "DB");
	csv_word(o, recon_reason_name((enum recon_reason)r->reason));
	recon_detail(s, &p->recon, r, bank);
	field(o, s);
	candidates(s, rc, &p->recon, c, i, bank);
	field(o, s);
	csv_row(o);
}

static void break_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_proof *p)
{
	int digits = money_digits(p->currency) < 0 ? 2 : money_digits(p->currency);

	for (int kind = 0; kind < 2; kind++) {
		int64_t by = kind == 0 ? p->residual : p->gap;

		if (by == 0 || (kind == 0 && !p->proves) || (kind == 1 && !p->chained))
			continue;
		csv_word(o, "bank");
		csv_text(o, view_of(rc->bank[p->statement->file]->base));
		csv_text(o, p->account);
		csv_date(o, p->date);
		csv_money(o, by < 0 ? -by : by, digits);
		csv_word(o, by < 0 ? "DB" : "CR");
		csv_word(o, "BALANCE_BREAK");
		buf_text(s, kind == 0 ? "opening and lines do not make the closing balance; off by " :
			"the opening balance is not the closing balance before it; off by ");
		put_money(s, by, digits);
		field(o, s);
		csv_word(o, "");
		csv_row(o);
	}
}

/* Statements that are off stand in front of all rows. */
static void put_exceptions(const struct rc_sheet *sheet, const struct rc *rc, const struct rc_span *span, struct csv_out *o, struct buf *s)
{
	const struct near *all = sheet->more;

	if (span->part == rc->n_parts) {
		for (uint32_t i = span->from; i < span->to; i++)
			break_row(o, s, rc, &rc->proofs[i]);
		return;
	}
	for (uint32_t k = span->from; k < span->to; k++) {
		const struct rc_part *p = &rc->parts[span->part];
		const struct recon_row *r = span->side == 0 ? &p->recon.lines[k] : &p->recon.items[k];

		if (!r->closed && r->reason != RECON_NO_REASON)
			exception_row(o, s, rc, p, &all[span->part * 2 + span->side], k, span->side == 0);
	}
}

static int cut_rows(const struct rc *rc, struct rc_sheet *sheet)
{
	int bad = 0;

	for (uint32_t i = 0; i < rc->n_parts; i++)
		for (uint8_t side = 0; side < 2; side++)
			bad |= rc_sheet_add(sheet, (struct rc_span){ .part = i, .side = side,
				.to = side == 0 ? rc->parts[i].recon.n_lines : rc->parts[i].recon.n_items });
	return bad;
}

struct nears { const struct rc *rc; struct near *all; };

static int near_one(void *ctx, uint32_t i, int worker)
{
	const struct nears *n = ctx;

	(void)worker;
	return near_open(&n->all[i], &n->rc->parts[i / 2].recon, i % 2 == 0);
}

/* Open items: all that a later run needs of them */

static const char *const statuses[] = { "OPEN", "VOID", "STOPPED" };

static void open_row(struct csv_out *o, struct buf *s, const struct rc *rc, const struct rc_part *p, const struct recon_row *r, bool bank)
{
	static const int bank_texts[] = { B_REF, B_PARTY, -1, -1, B_E2E, B_NUMBER, B_OWN, B_TEXT, -1 };
	static const int book_texts[] = { K_REF, K_PARTY, K_GROUP, K_NOTE, -1, -1, -1, -1, K_EXTRA };
	const int *t = bank ? bank_texts : book_texts;
	const struct rc_note *note = rc_note_of(rc, r, bank);

	csv_word(o, bank ? "bank" : "book");
	id_field(o, s, rc, r, bank);
	csv_text(o, p->account);
	csv_word(o, p->currency);
	csv_date(o, r->date);
	csv_money(o, r->amount, p->digits);
	csv_word(o, r->sign == RECON_CR ? "CR" : "DB");
	csv_word(o, recon_type_name((enum recon_type)r->type));
	csv_word(o, bank ? "" : statuses[r->status]);
	csv_date(o, r->status_date);
	csv_date(o, r->other);
	for (int i = 0; i < 9; i++)
		csv_text(o, t[i] < 0 ? VIEW("") : recon_text(r, t[i]));
	csv_word(o, r->held ? recon_reason_name((enum recon_reason)r->reason) : "");
	csv_date(o, r->first_seen == DATE_NONE ? rc->as_of : r->first_seen);
	csv_int(o, rc_age(rc, p, r->date));
	csv_text(o, note == NULL ? VIEW("") : note->owner);
	csv_text(o, note == NULL ? VIEW("") : note->comment);
	csv_row(o);
}

#define OPEN_HEADER "side,id,*account,currency,date,#amount,sign,type,status,status_date,issued,reference,party,group,note,end_to_end,number," \
	"bank_ref,text,extra,held,first_seen,#age,owner,comment"

static void put_open(const struct rc_sheet *sheet, const struct rc *rc, const struct rc_span *span, struct csv_out *o, struct buf *s)
{
	const struct rc_part *p = &rc->parts[span->part];
	const struct recon_row *rows = span->side == 0 ? p->recon.lines : p->recon.items;

	(void)sheet;
	for (uint32_t k = span->from; k < span->to; k++)
		if (!rows[k].closed)
			open_row(o, s, rc, p, &rows[k], span->side == 0);
}

#define PROOF_HEADER "*account,currency,date,#bank_opening,#bank_lines,#bank_closing,#residual,#book_balance,#in_transit,#outstanding,#unexplained,note,#written_off"

static void proof_row(struct csv_out *o, const struct rc *rc, const struct rc_proof *p)
{
	int64_t off = rc_written_off(rc, p->account, p->currency);
	int d = money_digits(p->currency) < 0 ? 2 : money_digits(p->currency);

	csv_text(o, p->account);
	csv_word(o, p->currency);
	csv_date(o, p->date);
	if (p->statement->has_opening)
		csv_money(o, p->opening, d);
	else
		csv_word(o, "");
	csv_money(o, p->lines, d);
	if (p->statement->has_closing)
		csv_money(o, p->closing, d);
	else
		csv_word(o, "");
	if (p->proves)
		csv_money(o, p->residual, d);
	else
		csv_word(o, "");
	if (p->has_book) {
		csv_money(o, p->book, d);
		csv_money(o, p->in_transit, d);
		csv_money(o, p->outstanding, d);
		csv_money(o, p->unexplained, d);
	} else {
		for (int k = 0; k < 4; k++)
			csv_word(o, "");
	}
	csv_word(o, !p->proves ? "no balances" : !p->has_book ? "bank side only" : off != 0 && p->unexplained == -off ? "as much as was written off" : "");
	if (off != 0)
		csv_money(o, off, d);
	else
		csv_word(o, "");
	csv_row(o);
}

static bool proof_rows(const struct rc *rc, struct csv_out *o)
{
	for (uint32_t i = 0; i < rc->n_proofs; i++)
		proof_row(o, rc, &rc->proofs[i]);
	return true;
}

/* The small files, one thread each; and the workbook, which holds what the CSV files hold. */

static const struct small { const char *name, *title, *header; bool (*rows)(const struct rc *, struct csv_out *); } smalls[] = {
	{ "proof.csv", "Proof", PROOF_HEADER, proof_rows },
	{ "provisional.csv", "Provisional", RC_PROVISIONAL_HEADER, rc_provisional_rows },
};

static int write_small(const struct rc *rc, const struct small *f, struct err *err)
{
	struct csv_out o;

	if (csv_begin(&o, rc->out, f->name, f->header, err) != 0)
		return -1;
	o.failed |= !f->rows(rc, &o);
	return csv_finish(&o, err);
}

struct written { const struct rc_stats *stats; const struct rc_sheet *sheets; };

static int write_proof(const struct rc *rc, const void *more, struct err *err)
{
	(void)more;
	return write_small(rc, &smalls[0], err);
}

static int write_provisional(const struct rc *rc, const void *more, struct err *err)
{
	(void)more;
	return write_small(rc, &smalls[1], err);
}

/* Spans are printed once more, into the void, until the sheet is full: the cells go where the CSV's fields go. */
static bool fill_sheet(struct xlsx *x, const struct rc *rc, const struct rc_sheet *sheet)
{
	struct csv_out o = { .fd = -1, .sheet = xlsx_sheet(x, sheet->title, sheet->header, rc->xlsx_rows, sheet->name) };
	struct buf scratch = { 0 };
	bool failed = false;

	for (uint32_t i = 0; i < sheet->n_spans && !sheet_full(o.sheet); i++) {
		sheet->put(sheet, rc, &sheet->spans[i], &o, &scratch);
		failed |= o.b.failed || scratch.failed;
		buf_clear(&o.b);
	}
	buf_release(&o.b);
	buf_release(&scratch);
	return !failed;
}

static int write_xlsx(const struct rc *rc, const void *more, struct err *err)
{
	const struct written *w = more;
	struct xlsx *x = NULL;
	bool good = true;

	if (rc->xlsx_rows == 0)
		return xlsx_remove(rc->out, RC_WORKBOOK, err);
	if (xlsx_new(&x, rc->out, RC_WORKBOOK, rc->as_of, err) != 0)
		return -1;
	rc_figures(x, rc, w->stats);
	for (int i = 0; i < 3; i++)
		good &= fill_sheet(x, rc, &w->sheets[i]);
	for (size_t i = 0; i < sizeof(smalls) / sizeof(smalls[0]); i++) {
		struct csv_out o = { .fd = -1, .sheet = xlsx_sheet(x, smalls[i].title, smalls[i].header, rc->xlsx_rows, smalls[i].name) };

		good &= smalls[i].rows(rc, &o) && !o.b.failed;
		buf_release(&o.b);
	}
	if (good)
		return xlsx_finish(x, err);
	xlsx_drop(x);
	return err_set(err, ENOMEM, "cannot write '%s': memory is short", RC_WORKBOOK);
}

/* The folder and those above it. */
static int make_folder(const char *dir, struct err *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s", dir) >= sizeof(path))
		return err_set(err, ENAMETOOLONG, "the name '%s' is too long", dir);
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0750);
		*p = '/';
	}
	if (mkdir(path, 0750) == -1 && (errno != EEXIST || access(path, W_OK) != 0))
		return err_set(err, errno, "cannot make '%s': %s", dir, strerror(errno));
	return 0;
}

static int write_carry(const struct rc *rc, const void *more, struct err *err)
{
	(void)more;
	return rc_write_carry(rc, err);
}

static int write_html(const struct rc *rc, const void *more, struct err *err)
{
	return rc_write_html(rc, ((const struct written *)more)->stats, err);
}

static int write_all(const struct rc *rc, struct near *all, const struct rc_stats *stats, struct err *err)
{
	static const rc_file_writer others[] = { write_xlsx, write_html, write_provisional, write_carry, write_proof };
	struct rc_sheet sheets[] = {
		{ .name = "matches.csv", .title = "Matches", .put = put_matches,
		  .header = "match_id,status,method,rule,#score,bank_ids,book_ids,#bank_total,#book_total,#difference,explanation" },
		{ .name = "exceptions.csv", .title = "Exceptions", .put = put_exceptions, .more = all,
		  .header = "side,id,*account,date,#amount,sign,reason,detail,candidates" },
		{ .name = "open_items.csv", .title = "Open items", .put = put_open, .header = OPEN_HEADER },
		{ .name = RC_MATCHED, .put = rc_put_matched, .header = RC_MATCHED_HEADER },	/* not in the workbook */
	};
	const struct written written = { stats, sheets };
	int bad = cut_matches(rc, &sheets[0]);

	bad |= rc_sheet_add(&sheets[1], (struct rc_span){ .part = rc->n_parts, .to = rc->n_proofs });
	bad |= cut_rows(rc, &sheets[1]) | cut_rows(rc, &sheets[2]) | cut_rows(rc, &sheets[3]);
	bad = bad != 0 ? err_set(err, -1, "memory is short") : rc_sheets_write(rc, sheets, 4, others, 5, &written, err);
	for (int i = 0; i < 4; i++)
		rc_sheet_release(&sheets[i]);
	return bad;
}

/* complete.csv: the mark of a run that ended, with the size of each file; it goes first and comes last. */

static const char *const results[] = { "matches.csv", "exceptions.csv", "open_items.csv", "proof.csv", "provisional.csv", "statements.csv",
	"closed.csv", RC_DECIDED, RC_MATCHED, "summary.json", "report.html", RC_WORKBOOK };

static int write_mark(const struct rc *rc, struct err *err)
{
	struct csv_out o;
	struct stat st;

	if (csv_begin(&o, rc->out, RC_MARK, "file,bytes", err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (fstatat(o.dir, results[i], &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;		/* closed.csv is there from the second run on */
		csv_word(&o, results[i]);
		csv_int(&o, st.st_size);
		csv_row(&o);
	}
	return csv_finish(&o, err);
}

static int remove_mark(const struct rc *rc, struct err *err)
{
	char path[4200];

	snprintf(path, sizeof(path), "%.4000s/%s", rc->out, RC_MARK);
	if (unlink(path) == -1 && errno != ENOENT)
		return err_set(err, errno, "cannot remove '%s': %s", path, strerror(errno));
	return 0;
}

/* The CSV files hold all rows.  Of a large run the first thousand: more would take longer than the matching. */
static uint32_t rows_of_workbook(const struct rc_stats *s)
{
	return s->all.lines + s->all.items > LARGE_RUN ? 1000 : 10000;
}

int rc_write(struct rc *rc, struct err *err)
{
	struct nears nears = { rc, calloc((size_t)rc->n_parts * 2 + 1, sizeof(struct near)) };
	struct rc_stats stats;
	int bad = 0;

	if (make_folder(rc->out, err) != 0 || remove_mark(rc, err) != 0) {
		free(nears.all);
		return -1;
	}
	if (rc_stats(&stats, rc) != 0 || nears.all == NULL || rc_each(rc, rc->n_parts * 2, near_one, &nears) != 0)
		bad = err_set(err, -1, "memory is short");
	if (rc->xlsx_rows == RC_XLSX_BY_SIZE)
		rc->xlsx_rows = rows_of_workbook(&stats);
	if (bad == 0)
		bad = write_all(rc, nears.all, &stats, err);
	if (bad == 0)
		bad = rc_write_summary(rc, &stats, err);
	if (bad == 0)
		bad = write_mark(rc, err);
	for (uint32_t i = 0; nears.all != NULL && i < rc->n_parts * 2; i++)
		near_close(&nears.all[i]);
	free(nears.all);
	rc_stats_release(&stats);
	return bad;
}
