/* SPDX-License-Identifier: Apache-2.0 */
/*
 * artifact - approved batches become one file: numbers allotted (numbers.c), rendered by a worker, read back by parse, compared
 *
 * What parse read back must equal, member by member, what the ledger says (READBACK_DIFFERS is an alarm and holds).
 */
#include "gateway/roles/route/artifact.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/roles/route/emit.h"

#define RENDERS_MAX 3
#define BATCHES_MAX READBACK_BATCHES

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

void artifact_release(struct artifact_row *a)
{
	free(a->batches);
	a->batches = NULL;
	a->n_batches = 0;
}

static int read_batches(struct route *r, struct artifact_row *a, struct err *err)
{
	struct rows rows;
	int rc;

	a->batches = calloc(BATCHES_MAX, sizeof(*a->batches));
	if (a->batches == NULL)
		return err_set(err, -1, "no memory for the batches of A%lld", (long long)a->id);
	if (ledger_query(&rows, r->ledger, err, "SELECT id, number, count, debit_minor, credit_minor, effective, items_sha256, source_sha256, maker, persons,"
			 " whole_minor, kind FROM batch WHERE artifact=?1 OR id=?3 ORDER BY number LIMIT ?2", "iii", a->id, (int64_t)BATCHES_MAX, a->issues != 0 ? a->issues : (int64_t)-1) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct artifact_batch *b = &a->batches[a->n_batches++];

		*b = (struct artifact_batch){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 4), rows_int(&rows, 5),
			.persons = rows_int(&rows, 9), .whole = rows_int(&rows, 10) };
		if (a->issues != 0)
			b->number = 1;			/* its own number is the one in the print file */
		a->way = view_eq(rows_text(&rows, 11), VIEW("check")) ? WAY_CHECK : view_eq(rows_text(&rows, 11), VIEW("rollover")) ? WAY_ROLLOVER
			: view_eq(rows_text(&rows, 11), VIEW("void")) ? WAY_POSPAY : WAY_ACH;
		copy(b->items_sha256, sizeof(b->items_sha256), rows_text(&rows, 6));
		copy(b->source_sha256, sizeof(b->source_sha256), rows_text(&rows, 7));
		copy(b->maker, sizeof(b->maker), rows_text(&rows, 8));
	}
	return rc;
}

int artifact_read(struct route *r, int64_t id, struct artifact_row *a, struct err *err)
{
	struct rows rows;
	int rc;

	memset(a, 0, sizeof(*a));
	a->id = id;
	if (ledger_query(&rows, r->ledger, err, "SELECT state, created_date, created_time, first_trace, effective, count, debit_minor, credit_minor, entry_hash, size, partner,"
			 " outbound, format, business_key, file_name, modifier, ccy, sha256, module_version, ifnull(reference,''), ifnull(numbers_sha256,''), ifnull(issues,0),"
			 " ifnull(waits_for,0) FROM artifact WHERE id=?", "i", id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		int64_t *const numbers[] = { &a->state, &a->created_date, &a->created_time, &a->first_trace, &a->effective, &a->count, &a->debit, &a->credit,
			&a->entry_hash, &a->size };

		for (int i = 0; i < 10; i++)
			*numbers[i] = rows_int(&rows, i);
		copy(a->partner, sizeof(a->partner), rows_text(&rows, 10));
		copy(a->outbound, sizeof(a->outbound), rows_text(&rows, 11));
		copy(a->format, sizeof(a->format), rows_text(&rows, 12));
		copy(a->business_key, sizeof(a->business_key), rows_text(&rows, 13));
		copy(a->file_name, sizeof(a->file_name), rows_text(&rows, 14));
		copy(a->modifier, sizeof(a->modifier), rows_text(&rows, 15));
		copy(a->ccy, sizeof(a->ccy), rows_text(&rows, 16));
		copy(a->sha256, sizeof(a->sha256), rows_text(&rows, 17));
		copy(a->version, sizeof(a->version), rows_text(&rows, 18));
		copy(a->reference, sizeof(a->reference), rows_text(&rows, 19));
		copy(a->numbers_sha256, sizeof(a->numbers_sha256), rows_text(&rows, 20));
		a->issues = rows_int(&rows, 21);
		a->waits_for = rows_int(&rows, 22);
	}
	rows_end(&rows);
	if (rc != 1)
		return rc;
	if (read_batches(r, a, err) == 0)
		return 1;
	artifact_release(a);
	return -1;
}

int artifact_hold(struct route *r, int64_t artifact, const char *reason, struct view text, struct err *err)
{
	char object[24], words[400];

	snprintf(words, sizeof(words), "%.*s", (int)(text.n > 390 ? 390 : text.n), text.p ? text.p : "");
	log_step(LOG_ERR, "artifact.held", "artifact", id_text('A', artifact, object).p, "why", reason, "text", words, NULL);
	if (ledger_do(r->ledger, err, "UPDATE artifact SET text=? WHERE id=?", "ti", words, artifact) < 0)
		return -1;
	return ledger_move(r->ledger, THING_ARTIFACT, artifact, ARTIFACT_HELD, reason, err);
}

/* Rendering */

int artifact_bytes(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct view bytes = msg_text(m, T_BYTES);
	struct spool_writer **writer;
	int64_t *written;

	(void)r;
	if (j->kind != JOB_EMIT)
		return 0;
	writer = emit_writer(j, &written);
	if (msg_num_or(m, T_FIRST, -1) != *written || *writer == NULL) {
		*written = -1;			/* out of order: the hash at the end cannot agree */
		return 0;
	}
	*written += (int64_t)bytes.n;
	return spool_write(*writer, bytes, err);
}

static int rendered(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct spool_writer **writer;
	char hex[DIGEST_HEX], theirs[DIGEST_HEX], object[24];
	int64_t *written, artifact = j->object;
	uint64_t size = 0;
	struct rows rows;
	int rc;

	writer = emit_writer(j, &written);
	if (*written <= 0 || !msg_cstr(m, T_SHA256, theirs, sizeof(theirs)))
		return artifact_hold(r, artifact, "RENDER_INCOMPLETE", VIEW("the worker's bytes have gaps"), err);
	rc = spool_commit(*writer, hex, &size, err);
	*writer = NULL;
	if (rc != 0)
		return -1;
	if (strcmp(hex, theirs) != 0)
		return artifact_hold(r, artifact, "RENDER_DIFFERS", VIEW("the worker's hash is not that of its bytes"), err);
	if (ledger_do(r->ledger, err, "UPDATE artifact SET sha256=?2, size=?3, module_version=?4 WHERE id=?1", "itiv", artifact, hex, (int64_t)size, msg_text(m, T_VERSION)) < 0
	    || ledger_move(r->ledger, THING_ARTIFACT, artifact, ARTIFACT_RENDERED, NULL, err) != 0)
		return -1;
	log_step(LOG_NOTICE, "artifact.rendered", "artifact", id_text('A', artifact, object).p, "sha256", hex, NULL);
	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE artifact=? AND items_state=?", "ii", artifact, (int64_t)ITEM_APPROVED) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (ledger_move_items(r->ledger, rows_int(&rows, 0), ITEM_WRITTEN, NULL, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

/* The emitter's child died: once more with another child, then the artifact is held. */
static int render_failed(struct route *r, int64_t artifact, const struct msg *m, struct err *err)
{
	int64_t attempts = 0, verdict = msg_num_or(m, T_VERDICT, JOB_DIED);

	if (ledger_do(r->ledger, err, "UPDATE artifact SET attempts=attempts+1 WHERE id=?", "i", artifact) < 0
	    || ledger_int(r->ledger, &attempts, err, "SELECT attempts FROM artifact WHERE id=?", "i", artifact) < 0)
		return -1;
	if (verdict == JOB_DIED && attempts < RENDERS_MAX - 1)
		return 0;
	return artifact_hold(r, artifact, verdict == JOB_REFUSED ? "MODULE_REFUSED" : verdict == JOB_DIED ? "EMITTER_DIED" : "EMITTER_FAILED", msg_text(m, T_TEXT), err);
}

int artifact_emitted(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t state = 0;
	int rc = 0;

	if (j->kind != JOB_EMIT)
		return 0;
	if (ledger_int(r->ledger, &state, err, "SELECT state FROM artifact WHERE id=?", "i", j->object) < 0)
		return -1;
	if (state == ARTIFACT_ALLOTTED)
		rc = msg_num_or(m, T_VERDICT, JOB_DIED) == JOB_DONE ? rendered(r, j, m, err) : render_failed(r, j->object, m, err);
	job_end(r, j);
	return rc;
}

/* Reading back */

struct readback_work { struct readback sum; int64_t errors, records; bool broken; };

static void readback_free(void *p)
{
	struct readback_work *w = p;

	readback_release(&w->sum);
	free(w);
}

/* Read with the options it was written with: a bank's layout is one. */
static int readback_start(struct route *r, const struct artifact_row *a, struct err *err)
{
	struct job *j = job_start(r, JOB_READBACK, a->id, route_peer(r, PAIR_PARSE));
	const struct outbound *o;
	struct buf m = { 0 };
	char channel[140];

	if (j == NULL)
		return 0;
	j->work = calloc(1, sizeof(struct readback_work));
	j->work_free = readback_free;
	if (j->work == NULL)
		return err_set(err, -1, "no memory to read A%lld back", (long long)a->id);
	snprintf(channel, sizeof(channel), "%s/%s", a->partner, a->outbound);
	o = config_outbound(r->config, view_of(channel), NULL);
	wire_begin(&m, M_PARSE);
	wire_num(&m, T_JOB, j->id);
	wire_text(&m, T_SHA256, a->sha256);
	wire_num(&m, T_SPOOL, 1);
	wire_text(&m, T_FORMAT, a->format);
	if (o != NULL)
		emit_options(&m, o);
	wire_num(&m, T_CREDIT, (int64_t)4 << 20);
	route_send(r, PAIR_PARSE, j->peer, &m);
	buf_release(&m);
	return 0;
}

int artifact_readback_records(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct readback_work *w = j->work;
	struct view bytes = msg_text(m, T_BYTES);
	struct buf reply = { 0 };
	struct record rec;
	int got;

	(void)err;
	if (j->kind != JOB_READBACK)
		return 0;
	if (msg_num_or(m, T_FIRST, 0) == 1 && w->records > 0) {		/* parse began again */
		readback_release(&w->sum);
		*w = (struct readback_work){ 0 };
	}
	wire_begin(&reply, M_CREDIT);
	wire_num(&reply, T_JOB, j->id);
	wire_num(&reply, T_CREDIT, (int64_t)bytes.n);
	while ((got = wire_cut_record(&bytes, &rec)) == 1) {
		w->records++;
		w->broken |= !readback_add(&w->sum, &rec);
	}
	w->broken |= got != 0 || bytes.n != 0;
	route_send(r, PAIR_PARSE, j->peer, &reply);
	buf_release(&reply);
	return 0;
}

int artifact_readback_findings(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct readback_work *w = j->work;
	struct finding f;
	char code[64];

	(void)r, (void)err;
	for (uint16_t i = 0; j->kind == JOB_READBACK && i < m->n; i++)
		if (m->e[i].tag == T_FINDING && wire_get_finding(m->e[i].v, &f, code))
			w->errors += f.severity == FINDING_ERROR;
	return 0;
}

/* What differs between what was meant and what was read; NULL: nothing. */
static const char *readback_differs(const struct readback *want, const struct readback *got, bool printed)
{
	if (want->count != got->count)
		return "the number of entries";
	if (want->debit != got->debit || want->credit != got->credit)
		return "the totals";
	if (want->entry_hash != got->entry_hash)
		return "the entry hash";
	if (want->n_batches != got->n_batches)
		return "the number of batches";
	for (size_t i = 0; i < want->n_batches; i++) {
		const struct readback_batch *w = &want->batches[i], *g = &got->batches[i];

		if (w->number != g->number || w->count != g->count || w->debit != g->debit || w->credit != g->credit)
			return "a batch's totals";
		if (w->effective != g->effective)
			return "an effective date";
		if (strcmp(w->items_sha256, g->items_sha256) != 0)
			return "an entry";
		if (strcmp(w->numbers_sha256, g->numbers_sha256) != 0)
			return "a check's number";
		if (printed && strcmp(w->rest_sha256, g->rest_sha256) != 0)
			return "the address or memo of a check";
	}
	return NULL;
}

static int compare(struct route *r, int64_t artifact, struct readback_work *w, const struct msg *m, struct err *err)
{
	struct readback want = { 0 };
	int64_t printed = 0;
	const char *differs;
	char text[120], object[24];
	int rc = -1;

	if (msg_num_or(m, T_VERDICT, JOB_DIED) != JOB_DONE)
		return artifact_hold(r, artifact, "READBACK_FAILED", msg_text(m, T_TEXT), err);
	if (w->errors > 0 || w->broken || !readback_end(&w->sum))
		return artifact_hold(r, artifact, "READBACK_FINDINGS", VIEW("our own file does not pass its validation"), err);
	/* a bank's positive-pay layout has no place for an address */
	if (emit_expected(r, artifact, &want, err) != 0
	    || ledger_int(r->ledger, &printed, err, "SELECT count(*) FROM batch WHERE artifact=? AND kind='check'", "i", artifact) < 0)
		goto out;
	if (want.entry_hash == -1)		/* payments: it is held by the hash over the items */
		want.entry_hash = w->sum.entry_hash;
	differs = readback_differs(&want, &w->sum, printed > 0);
	if (differs != NULL) {
		snprintf(text, sizeof(text), "%s read back is not what was approved", differs);
		rc = artifact_hold(r, artifact, "READBACK_DIFFERS", view_of(text), err);
		goto out;
	}
	if (ledger_do(r->ledger, err, "UPDATE artifact SET entry_hash=?2, numbers_sha256=?3 WHERE id=?1", "iit", artifact, want.entry_hash,
		      want.n_batches == 1 && want.batches[0].numbers_sha256[0] != '\0' ? want.batches[0].numbers_sha256 : NULL) < 0)
		goto out;
	log_step(LOG_NOTICE, "artifact.verified", "artifact", id_text('A', artifact, object).p, NULL);
	rc = ledger_move(r->ledger, THING_ARTIFACT, artifact, ARTIFACT_VERIFIED, NULL, err);
out:
	readback_release(&want);
	return rc;
}

int artifact_readback_done(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t state = 0;
	int rc = 0;

	if (j->kind != JOB_READBACK)
		return 0;
	if (ledger_int(r->ledger, &state, err, "SELECT state FROM artifact WHERE id=?", "i", j->object) < 0)
		return -1;
	if (state == ARTIFACT_RENDERED)
		rc = compare(r, j->object, j->work, m, err);
	job_end(r, j);
	return rc;
}

int artifact_reread(struct route *r, int64_t artifact, struct err *err)
{
	struct artifact_row a;
	int rc;

	if (job_of(r, JOB_READBACK, artifact) != NULL)
		return 0;
	if (artifact_read(r, artifact, &a, err) != 1)
		return -1;
	rc = readback_start(r, &a, err);
	artifact_release(&a);
	return rc;
}

int artifact_pump(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	for (size_t i = 0; i < r->config->n_partners; i++)
		for (size_t k = 0; k < r->config->partners[i].n_out; k++)
			if (numbers_allot(r, &r->config->partners[i], &r->config->partners[i].out[k], err) != 0)
				return -1;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, state FROM artifact WHERE state IN (?,?) ORDER BY id LIMIT 16", "ii", (int64_t)ARTIFACT_ALLOTTED,
			 (int64_t)ARTIFACT_RENDERED) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t id = rows_int(&rows, 0);

		if ((rows_int(&rows, 1) == ARTIFACT_ALLOTTED ? job_of(r, JOB_EMIT, id) != NULL ? 0 : emit_start(r, id, err) : artifact_reread(r, id, err)) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}
