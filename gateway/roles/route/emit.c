/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit - streams an artifact's records to a distribute worker, and knows what the finished bytes must say
 *
 * The order is FILE, then per batch BATCH and its records in the order of their traces or check numbers.  Frames leave only within the worker's credit.
 * What was allotted (dates, modifier, traces) is read from the ledger, so a second rendering gives the same bytes.
 */
#include "gateway/roles/route/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/proto.h"
#include "gateway/roles/route/artifact.h"
#include "gateway/roles/route/run.h"

#define FRAME_RECORDS_MAX 400			/* about 64 KiB */

int emit_batch_read(struct route *r, int64_t batch, struct emit_batch *b, struct err *err)
{
	char channel[140];
	struct rows rows;

	*b = (struct emit_batch){ .id = batch };
	if (ledger_query(&rows, r->ledger, err, "SELECT kind, ifnull(reference,''), ifnull(effective,0), partner||'/'||outbound, trace_first, trace_item, trace_next IS NOT NULL FROM batch WHERE id=?", "i", batch) != 0)
		return -1;
	if (rows_next(&rows) != 1)
		return err_set(err, -1, "there is no B%lld", (long long)batch);
	snprintf(b->kind, sizeof(b->kind), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	snprintf(b->reference, sizeof(b->reference), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
	b->effective = rows_int(&rows, 2);
	snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 3)));
	b->trace_first = rows_int(&rows, 6) ? rows_int(&rows, 4) : 0;
	b->trace_item = rows_int(&rows, 5);
	rows_end(&rows);
	b->way = strcmp(b->kind, "check") == 0 ? WAY_CHECK : strcmp(b->kind, "rollover") == 0 ? WAY_ROLLOVER : strcmp(b->kind, "void") == 0 ? WAY_POSPAY : WAY_ACH;
	b->out = config_outbound(r->config, view_of(channel), NULL);
	return 0;
}

/* Fifteen digits, leading zeros and all. */
static struct view trace_text(int64_t trace, char text[EMIT_TEXT])
{
	for (int i = 15; i-- > 0; trace /= 10)
		text[i] = (char)('0' + trace % 10);
	return (struct view){ text, 15 };
}

static void payment(const struct emit_batch *b, struct rows *rows, struct record *rec, char text[EMIT_TEXT])
{
	struct view code = rows_text(rows, 6);

	record_init(rec, RECORD_PAYMENT, 0);
	record_set_text(rec, F_INDIVIDUAL_ID, rows_text(rows, 1));
	record_set_text(rec, F_PARTY, rows_text(rows, 2));
	record_set_text(rec, F_ROUTING, rows_text(rows, 3));
	record_set_text(rec, F_ACCOUNT, rows_text(rows, 4));
	record_set_num(rec, F_AMOUNT, code.n == 2 && code.p[1] > '4' ? -rows_int(rows, 5) : rows_int(rows, 5));	/* a reversal collects */
	record_set_text(rec, F_CURRENCY, VIEW("USD"));
	record_set_text(rec, F_TRANSACTION_CODE, code);
	if (!rows_null(rows, 7))
		record_set_text(rec, F_TRACE, trace_text(rows_int(rows, 7), text));
	else if (b->trace_first != 0)
		record_set_text(rec, F_TRACE, trace_text(b->trace_first + (rows_int(rows, 0) - b->trace_item) / RUN_LEGS_MAX, text));
}

static void copy_fields(struct record *to, const struct record *from, const enum record_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		record_set_text(to, fields[i], record_text(from, fields[i]));
}

static void check(const struct emit_batch *b, struct rows *rows, const struct record *leg, struct record *rec, char text[EMIT_TEXT])
{
	static const enum record_field kept[] = { F_PAYEE, F_ADDRESS1, F_ADDRESS2, F_CITY, F_REGION, F_POSTAL_CODE, F_COUNTRY, F_MEMO, F_INDIVIDUAL_ID };

	record_init(rec, RECORD_CHECK_ISSUE, 0);
	copy_fields(rec, leg, kept, sizeof(kept) / sizeof(kept[0]));
	record_set_text(rec, F_STATUS, VIEW("issue"));
	record_set_text(rec, F_ACCOUNT, view_of(b->out != NULL ? b->out->check_account : ""));
	record_set_text(rec, F_ROUTING, view_of(b->out != NULL ? b->out->check_routing : ""));
	record_set_num(rec, F_AMOUNT, rows_int(rows, 5));
	record_set_text(rec, F_CURRENCY, VIEW("USD"));
	record_set_num(rec, F_ISSUE_DATE, b->effective);
	if (!rows_null(rows, 8)) {
		snprintf(text, EMIT_TEXT, "%lld", (long long)rows_int(rows, 8));
		record_set_text(rec, F_CHECK_NUMBER, view_of(text));
	}
}

static void rollover(struct rows *rows, const struct record *leg, struct record *rec, char text[EMIT_TEXT])
{
	static const enum record_field kept[] = { F_PARTY, F_SSN, F_PERSON, F_PLAN, F_TRUSTEE, F_TRUSTEE_ACCOUNT, F_PAYEE, F_DISTRIBUTION };

	record_init(rec, RECORD_ROLLOVER, 0);
	copy_fields(rec, leg, kept, sizeof(kept) / sizeof(kept[0]));
	record_set_num(rec, F_AMOUNT, rows_int(rows, 5));
	record_set_text(rec, F_CURRENCY, VIEW("USD"));
	record_set_text(rec, F_REFERENCE, id_text('I', rows_int(rows, 0), text));
}

bool emit_item(const struct emit_batch *b, struct rows *rows, struct record *rec, char text[EMIT_TEXT])
{
	struct view bytes = rows_text(rows, 9);
	struct record leg;

	if (b->way == WAY_ACH) {
		payment(b, rows, rec, text);
		return true;
	}
	if (wire_cut_record(&bytes, &leg) != 1 || bytes.n != 0)
		return false;
	if (b->way == WAY_CHECK)
		check(b, rows, &leg, rec, text);
	else if (b->way == WAY_ROLLOVER)
		rollover(rows, &leg, rec, text);
	else
		*rec = leg;
	return true;
}

static void file_record(const struct outbound *o, const struct artifact_row *a, struct record *rec, char hhmm[8])
{
	snprintf(hhmm, 8, "%04d", (int)(a->created_time % 10000));
	record_init(rec, RECORD_FILE, 0);
	record_set_num(rec, F_CREATED_DATE, a->created_date);
	record_set_text(rec, F_CREATED_TIME, view_of(hhmm));
	record_set_text(rec, F_FILE_ID, view_of(a->modifier));
	record_set_text(rec, F_REFERENCE, view_of(a->reference));
	if (a->way != WAY_ACH)
		return;
	record_set_text(rec, F_SENDER, view_of(o->immediate_origin));
	record_set_text(rec, F_RECEIVER, view_of(o->immediate_destination));
	record_set_text(rec, F_DESTINATION_NAME, view_of(o->destination_name));
	record_set_text(rec, F_ORIGIN_NAME, view_of(o->origin_name));
}

/*
 * Service class 220: credits only, 225: debits only (a reversal), else 200.  The money of a rollover goes from company to company: CCD,
 * and its name says what it is for.
 */
static void batch_record(const struct outbound *o, const struct artifact_batch *b, const struct emit_batch *of, struct record *rec)
{
	bool funding = strcmp(of->kind, "funding") == 0, reversal = strcmp(of->kind, "reversal") == 0;

	record_init(rec, RECORD_BATCH, 0);
	record_set_num(rec, F_EFFECTIVE_DATE, b->effective);
	record_set_num(rec, F_BATCH_NUMBER, b->number);
	if (of->way != WAY_ACH)
		return;
	record_set_text(rec, F_SERVICE_CLASS, b->debit == 0 ? VIEW("220") : b->credit == 0 ? VIEW("225") : VIEW("200"));
	record_set_text(rec, F_COMPANY_NAME, view_of(o->company_name));
	record_set_text(rec, F_COMPANY_ID, view_of(o->company_id));
	record_set_text(rec, F_SEC, funding ? VIEW("CCD") : view_of(o->sec));
	record_set_text(rec, F_DESCRIPTION, funding ? VIEW("ROLLOVER") : reversal ? VIEW("REVERSAL") : view_of(o->entry_description));
	record_set_text(rec, F_ODFI, view_of(o->odfi));
}

struct emit {					/* one rendering under way */
	struct artifact_row artifact;
	const struct outbound *out;
	size_t batch;				/* the one being streamed */
	struct emit_batch of;
	int64_t last_item, sent, credit;
	bool begun, in_batch, ended;
	struct spool_writer *writer;
	int64_t written;
};

static void emit_free(void *p)
{
	struct emit *e = p;

	spool_abort(e->writer);
	artifact_release(&e->artifact);
	free(e);
}

struct spool_writer **emit_writer(struct job *j, int64_t **written)
{
	struct emit *e = j->work;

	*written = &e->written;
	return &e->writer;
}

static int damaged(struct rows *rows, struct err *err)
{
	err_set(err, -1, "the record of I%lld is damaged", (long long)rows_int(rows, 0));
	rows_end(rows);
	return -1;
}

/* Records of the next frame, numbered on from `sent`; *n 0 = all are out. */
static int next_frame(struct route *r, struct emit *e, struct buf *out, int64_t *n, int64_t *sum, struct err *err)
{
	char text[EMIT_TEXT], hhmm[8];
	struct record rec;
	struct rows rows;
	int rc = 0;

	*n = *sum = 0;
	buf_clear(out);
	if (!e->begun) {
		file_record(e->out, &e->artifact, &rec, hhmm);
		e->begun = true;
	} else if (e->batch == e->artifact.n_batches) {
		return 0;
	} else if (!e->in_batch) {
		if (emit_batch_read(r, e->artifact.batches[e->batch].id, &e->of, err) != 0)
			return -1;
		batch_record(e->out, &e->artifact.batches[e->batch], &e->of, &rec);
		e->in_batch = true;
		e->last_item = 0;
	} else {
		if (ledger_query(&rows, r->ledger, err, EMIT_ITEMS, "iii", e->artifact.batches[e->batch].id, e->last_item, (int64_t)FRAME_RECORDS_MAX) != 0)
			return -1;
		while ((rc = rows_next(&rows)) == 1) {
			if (!emit_item(&e->of, &rows, &rec, text))
				return damaged(&rows, err);
			e->last_item = rows_int(&rows, 0);
			rec.seq = (uint64_t)(e->sent + ++*n);
			*sum += record_num(&rec, F_AMOUNT, 0);
			wire_put_record(out, &rec);
		}
		if (*n < FRAME_RECORDS_MAX) {
			e->batch++;
			e->in_batch = false;
		}
		return rc < 0 ? -1 : *n > 0 ? 0 : next_frame(r, e, out, n, sum, err);
	}
	rec.seq = (uint64_t)(e->sent + 1);
	*n = 1;
	wire_put_record(out, &rec);
	return 0;
}

bool emit_feeding(const struct route *r)
{
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind == JOB_EMIT && r->jobs[i].work != NULL && !((const struct emit *)r->jobs[i].work)->ended)
			return true;
	return false;
}

int emit_feed(struct route *r, struct job *j, struct err *err)
{
	struct emit *e = j->work;
	struct buf m = { 0 };
	int64_t n, sum;

	while (!e->ended && e->credit > 0) {
		if (next_frame(r, e, &r->scratch, &n, &sum, err) != 0) {
			buf_release(&m);
			return -1;
		}
		e->ended = n == 0;
		r->dirty |= e->ended;
		wire_begin(&m, e->ended ? M_EMIT_END : M_RECORDS);
		wire_num(&m, T_JOB, j->id);
		if (!e->ended) {
			wire_num(&m, T_FIRST, e->sent + 1);
			wire_num(&m, T_SUM, sum);
			wire_view(&m, T_BYTES, buf_as_view(&r->scratch));
			e->credit -= (int64_t)r->scratch.n;
		}
		e->sent += n;
		wire_num(&m, T_COUNT, e->ended ? e->sent : n);
		route_send(r, PAIR_DISTRIBUTE, j->peer, &m);
	}
	buf_release(&m);
	return 0;
}

int artifact_credit(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct emit *e = j->work;
	int64_t more = msg_num_or(m, T_CREDIT, 0);

	if (j->kind != JOB_EMIT || more <= 0 || more > (int64_t)64 << 20)
		return 0;
	e->credit += more;
	return emit_feed(r, j, err);
}

void emit_options(struct buf *m, const struct outbound *o)
{
	char text[300];

	for (size_t i = 0; i < o->n_options; i++) {
		int n = snprintf(text, sizeof(text), "%s=%s", o->options[i].name, o->options[i].value);

		if (n > 0 && (size_t)n < sizeof(text))
			wire_text(m, T_OPTION, text);
	}
}

int emit_start(struct route *r, int64_t artifact, struct err *err)
{
	struct peer *peer = route_peer(r, PAIR_DISTRIBUTE);
	struct job *j = job_start(r, JOB_EMIT, artifact, peer);
	const struct partner *partner;
	struct buf m = { 0 };
	char channel[140];
	struct emit *e;

	if (j == NULL)
		return 0;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return err_set(err, -1, "no memory to render A%lld", (long long)artifact);
	j->work = e;
	j->work_free = emit_free;
	if (artifact_read(r, artifact, &e->artifact, err) != 1 || spool_begin(&e->writer, r->out, err) != 0)
		return -1;
	snprintf(channel, sizeof(channel), "%s/%s", e->artifact.partner, e->artifact.outbound);
	e->out = config_outbound(r->config, view_of(channel), &partner);
	if (e->out == NULL) {
		job_end(r, j);
		return artifact_hold(r, artifact, "NO_CHANNEL", view_of(channel), err);
	}
	e->credit = peer->credit;
	wire_begin(&m, M_EMIT);
	wire_num(&m, T_JOB, j->id);
	wire_text(&m, T_FORMAT, e->artifact.format);
	emit_options(&m, e->out);
	route_send(r, PAIR_DISTRIBUTE, j->peer, &m);
	buf_release(&m);
	return emit_feed(r, j, err);
}

static int expect_batch(struct route *r, const struct outbound *o, const struct artifact_batch *b, struct readback *out, struct err *err)
{
	char text[EMIT_TEXT];
	struct emit_batch of;
	struct record rec;
	struct rows rows;
	int64_t last = 0;
	int rc, n;

	if (emit_batch_read(r, b->id, &of, err) != 0)
		return -1;
	batch_record(o, b, &of, &rec);
	if (!readback_add(out, &rec))
		return err_set(err, -1, "cannot add up B%lld", (long long)b->id);
	do {
		if (ledger_query(&rows, r->ledger, err, EMIT_ITEMS, "iii", b->id, last, (int64_t)FRAME_RECORDS_MAX) != 0)
			return -1;
		for (n = 0; (rc = rows_next(&rows)) == 1; n++) {
			last = rows_int(&rows, 0);
			if (!emit_item(&of, &rows, &rec, text))
				return damaged(&rows, err);
			if (!readback_add(out, &rec)) {
				rows_end(&rows);
				return err_set(err, -1, "the sum of B%lld does not fit", (long long)b->id);
			}
		}
	} while (rc == 0 && n == FRAME_RECORDS_MAX);
	return rc;
}

/*
 * Of payments: what was approved, batch by batch.  It is stricter than adding the items up again, and at a million of them cheaper; the
 * entry hash follows from the routing numbers, over which items_sha256 stands, so the caller takes what was read.
 */
static int expect_approved(const struct artifact_row *a, struct readback *out, struct err *err)
{
	out->batches = calloc(a->n_batches > 0 ? a->n_batches : 1, sizeof(*out->batches));
	if (out->batches == NULL)
		return err_set(err, -1, "no memory to compare A%lld", (long long)a->id);
	for (size_t i = 0; i < a->n_batches; i++) {
		const struct artifact_batch *b = &a->batches[i];
		struct readback_batch *w = &out->batches[out->n_batches++];

		*w = (struct readback_batch){ .number = b->number, .count = b->count, .debit = b->debit, .credit = b->credit, .effective = (date_t)b->effective };
		memcpy(w->items_sha256, b->items_sha256, sizeof(w->items_sha256));
		out->count += b->count;
		out->debit += b->debit;
		out->credit += b->credit;
	}
	out->entry_hash = -1;
	return 0;
}

int emit_expected(struct route *r, int64_t artifact, struct readback *out, struct err *err)
{
	struct artifact_row a;
	const struct partner *partner;
	const struct outbound *o;
	char channel[140];
	int rc = -1;

	if (artifact_read(r, artifact, &a, err) != 1)
		return -1;
	snprintf(channel, sizeof(channel), "%s/%s", a.partner, a.outbound);
	o = config_outbound(r->config, view_of(channel), &partner);
	if (o == NULL) {
		err_set(err, -1, "the channel '%s' is not in the configuration", channel);
		goto out;
	}
	if (a.way == WAY_ACH) {
		rc = expect_approved(&a, out, err);
		goto out;
	}
	for (size_t i = 0; i < a.n_batches; i++)
		if (expect_batch(r, o, &a.batches[i], out, err) != 0)
			goto out;
	rc = readback_end(out) ? 0 : err_set(err, -1, "cannot add up A%lld", (long long)artifact);
out:
	artifact_release(&a);
	return rc;
}
