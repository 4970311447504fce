/* SPDX-License-Identifier: Apache-2.0 */
/*
 * artifact - approved batches become one file: numbers allotted, rendered by a worker, read back by parse, compared
 *
 * Creation date and time, file ID modifier, traces and file name are allotted in business-key order in one transaction before the
 * first byte is rendered; a re-render reads them, so the bytes are the same whenever they are made.  Batches of one partner coalesce
 * for the outbound's quiet time.  At most 36 modifiers a creation date, then HELD(MODIFIERS_USED).
 * What parse read back must equal, member by member, what the ledger says (READBACK_DIFFERS is an alarm and holds).
 */
#include "gateway/roles/route/artifact.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/roles/route/emit.h"

#define TRACE_LAST 9999999
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
	if (ledger_query(&rows, r->ledger, err, "SELECT id, number, count, debit_minor, credit_minor, effective, items_sha256, source_sha256, maker, persons"
			 " FROM batch WHERE artifact=? ORDER BY number LIMIT ?", "ii", a->id, (int64_t)BATCHES_MAX) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct artifact_batch *b = &a->batches[a->n_batches++];

		*b = (struct artifact_batch){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 4), rows_int(&rows, 5),
			.persons = rows_int(&rows, 9) };
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
			 " outbound, format, business_key, file_name, modifier, ccy, sha256, module_version FROM artifact WHERE id=?", "i", id) != 0)
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

/* Allotting numbers */

/* "{date}" 20261109, "{time}" 0800, "{modifier}" A, "{partner}". */
static void file_name(const struct outbound *o, const struct artifact_row *a, char *out, size_t cap)
{
	struct buf b = { .max = cap - 1 };
	char day[DATE_TEXT];

	date_print((date_t)a->created_date, day);
	for (const char *p = o->file_name; *p != '\0';) {
		size_t n = strcspn(p, "{");

		buf_put(&b, p, n);
		p += n;
		if (strncmp(p, "{date}", 6) == 0)
			buf_fmt(&b, "%.4s%.2s%.2s", day, day + 5, day + 8);
		else if (strncmp(p, "{time}", 6) == 0)
			buf_fmt(&b, "%04d", (int)a->created_time);
		else if (strncmp(p, "{modifier}", 10) == 0)
			buf_text(&b, a->modifier);
		else if (strncmp(p, "{partner}", 9) == 0)
			buf_text(&b, a->partner);
		else if (strncmp(p, "{artifact}", 10) == 0)
			buf_fmt(&b, "%lld", (long long)a->id);
		else if (*p == '{')
			buf_char(&b, '{');
		p += *p == '{' && strchr(p, '}') != NULL ? (size_t)(strchr(p, '}') - p) + 1 : *p != '\0';
	}
	snprintf(out, cap, "%s", buf_cstr(&b));
	buf_release(&b);
}

static int take_modifier(struct route *r, const struct outbound *o, struct artifact_row *a, bool *used_up, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char name[160];
	int64_t n;

	snprintf(name, sizeof(name), "modifier:%s:%lld", o->immediate_origin, (long long)a->created_date);
	if (counter_take(r, name, 0, 1, &n, err) != 0)
		return -1;
	*used_up = n >= 36;
	snprintf(a->modifier, sizeof(a->modifier), "%c", *used_up ? '?' : letters[n]);
	return 0;
}

/* `count` traces in a row; the counter starts again at 1 when they no longer fit below the last. */
static int take_traces(struct route *r, const struct outbound *o, int64_t count, int64_t *first, struct err *err)
{
	char name[80];
	int64_t n;

	snprintf(name, sizeof(name), "trace:%s", o->odfi);
	if (counter_take(r, name, 1, count, &n, err) != 0)
		return -1;
	if (n + count - 1 > TRACE_LAST) {
		n = 1;
		if (ledger_do(r->ledger, err, "UPDATE counter SET value=? WHERE name=?", "it", n + count, name) < 0)
			return -1;
	}
	*first = n;
	return 0;
}

static int give_traces(struct route *r, const struct outbound *o, const struct artifact_batch *b, int64_t first, struct err *err)
{
	int64_t prefix = 0;

	for (const char *p = o->odfi; *p >= '0' && *p <= '9'; p++)
		prefix = prefix * 10 + (*p - '0');
	return ledger_do(r->ledger, err, "UPDATE item SET trace=s.n FROM (SELECT id AS i, ?2 + row_number() OVER (ORDER BY id) - 1 AS n FROM item WHERE batch=?1 AND state=0) s"
			 " WHERE item.id=s.i", "ii", b->id, prefix * 10000000 + first) < 0 ? -1 : 0;
}

static int insert(struct route *r, const struct outbound *o, struct artifact_row *a, struct err *err)
{
	char object[24];
	int64_t first = a->first_trace;

	if (ledger_do(r->ledger, err, "INSERT INTO artifact(partner, outbound, format, state, business_key, file_name, created_date, created_time, modifier, first_trace,"
		      " effective, ccy, count, debit_minor, credit_minor, business_at, changed_at) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "tttittiitiitiiitt", a->partner,
		      a->outbound, a->format, (int64_t)ARTIFACT_ALLOTTED, a->business_key, a->file_name, a->created_date, a->created_time, a->modifier, a->first_trace,
		      a->effective, a->ccy, a->count, a->debit, a->credit, ledger_now(r->ledger)->business, ledger_now(r->ledger)->utc) < 0)
		return -1;
	a->id = ledger_last_id(r->ledger);
	for (size_t i = 0; i < a->n_batches; i++) {
		if (ledger_do(r->ledger, err, "UPDATE batch SET artifact=?2, number=?3 WHERE id=?1", "iii", a->batches[i].id, a->id, (int64_t)i + 1) < 0
		    || give_traces(r, o, &a->batches[i], first, err) != 0)
			return -1;
		first += a->batches[i].count;
	}
	log_step(LOG_NOTICE, "artifact.allotted", "artifact", id_text('A', a->id, object).p, "partner", a->partner, "file", a->file_name, NULL);
	return route_audit(r, object, "", "ALLOTTED", a->business_key, err);
}

static int make(struct route *r, const struct partner *p, const struct outbound *o, struct artifact_row *a, struct err *err)
{
	int32_t day;
	int minutes;
	bool used_up;

	clock_local(p, clock_utc(r), &day, &minutes);
	a->created_date = day;
	a->created_time = minutes / 60 * 100 + minutes % 60;
	snprintf(a->partner, sizeof(a->partner), "%s", p->name);
	snprintf(a->outbound, sizeof(a->outbound), "%s", o->name);
	snprintf(a->format, sizeof(a->format), "%s", o->format);
	snprintf(a->ccy, sizeof(a->ccy), "USD");
	if (take_modifier(r, o, a, &used_up, err) != 0)
		return -1;
	if (used_up) {
		for (size_t i = 0; i < a->n_batches; i++)
			if (ledger_move(r->ledger, THING_BATCH, a->batches[i].id, BATCH_HELD, "MODIFIERS_USED", err) != 0)
				return -1;
		return 0;
	}
	if (take_traces(r, o, a->count, &a->first_trace, err) != 0)
		return -1;
	if (ledger_int(r->ledger, &a->id, err, "SELECT ifnull(max(id),0)+1 FROM artifact", "") != 1)
		return -1;
	file_name(o, a, a->file_name, sizeof(a->file_name));
	snprintf(a->business_key, sizeof(a->business_key), "%s|%s|%lld|%04lld|%s", o->format, o->immediate_origin, (long long)a->created_date, (long long)a->created_time, a->modifier);
	return insert(r, o, a, err);
}

/* The approved batches of one outbound that have waited out their quiet time, in business-key order. */
static int collect(struct route *r, const struct partner *p, const struct outbound *o, struct artifact_row *a, bool *ripe, struct err *err)
{
	int64_t newest = 0, oldest = INT64_MAX, now = route_ms(r);
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.count, b.debit_minor, b.credit_minor, b.effective, b.approved_ms FROM batch b JOIN parcel f ON f.id=b.parcel"
			 " WHERE b.state=? AND b.artifact IS NULL AND b.partner=? AND b.outbound=? ORDER BY b.effective, f.business_key, b.id LIMIT ?", "itti",
			 (int64_t)BATCH_APPROVED, p->name, o->name, (int64_t)BATCHES_MAX) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct artifact_batch *b = &a->batches[a->n_batches++];
		int64_t at = rows_int(&rows, 5) > now ? 0 : rows_int(&rows, 5);	/* of an earlier boot: long ago */

		*b = (struct artifact_batch){ .id = rows_int(&rows, 0), .count = rows_int(&rows, 1), .debit = rows_int(&rows, 2), .credit = rows_int(&rows, 3),
			.effective = rows_int(&rows, 4) };
		a->count += b->count;
		a->debit += b->debit;
		a->credit += b->credit;
		a->effective = a->effective == 0 || b->effective < a->effective ? b->effective : a->effective;
		newest = at > newest ? at : newest;
		oldest = at < oldest ? at : oldest;
	}
	*ripe = a->n_batches > 0 && (now - newest >= o->coalesce_ms || now - oldest >= o->coalesce_max_ms);
	return rc;
}

static int allot(struct route *r, const struct partner *p, const struct outbound *o, struct err *err)
{
	struct artifact_row a = { 0 };
	bool ripe;
	int rc;

	a.batches = calloc(BATCHES_MAX, sizeof(*a.batches));
	if (a.batches == NULL)
		return err_set(err, -1, "no memory to allot a file");
	rc = collect(r, p, o, &a, &ripe, err);
	if (rc == 0 && ripe) {
		rc = make(r, p, o, &a, err);
		r->dirty = true;
	}
	artifact_release(&a);
	return rc;
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

static int readback_start(struct route *r, int64_t artifact, struct view sha, struct view format, struct err *err)
{
	struct job *j = job_start(r, JOB_READBACK, artifact, route_peer(r, PAIR_PARSE));
	struct buf m = { 0 };

	if (j == NULL)
		return 0;
	j->work = calloc(1, sizeof(struct readback_work));
	j->work_free = readback_free;
	if (j->work == NULL)
		return err_set(err, -1, "no memory to read A%lld back", (long long)artifact);
	wire_begin(&m, M_PARSE);
	wire_num(&m, T_JOB, j->id);
	wire_view(&m, T_SHA256, sha);
	wire_num(&m, T_SPOOL, 1);
	wire_view(&m, T_FORMAT, format);
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
static const char *readback_differs(const struct readback *want, const struct readback *got)
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
			return "an effective entry date";
		if (strcmp(w->items_sha256, g->items_sha256) != 0)
			return "an entry";
	}
	return NULL;
}

static int compare(struct route *r, int64_t artifact, struct readback_work *w, const struct msg *m, struct err *err)
{
	struct readback want = { 0 };
	const char *differs;
	char text[120], object[24];
	int rc = -1;

	if (msg_num_or(m, T_VERDICT, JOB_DIED) != JOB_DONE)
		return artifact_hold(r, artifact, "READBACK_FAILED", msg_text(m, T_TEXT), err);
	if (w->errors > 0 || w->broken || !readback_end(&w->sum))
		return artifact_hold(r, artifact, "READBACK_FINDINGS", VIEW("our own file does not pass its validation"), err);
	if (emit_expected(r, artifact, &want, err) != 0)
		goto out;
	differs = readback_differs(&want, &w->sum);
	if (differs != NULL) {
		snprintf(text, sizeof(text), "%s read back is not what was approved", differs);
		rc = artifact_hold(r, artifact, "READBACK_DIFFERS", view_of(text), err);
		goto out;
	}
	if (ledger_do(r->ledger, err, "UPDATE artifact SET entry_hash=? WHERE id=?", "ii", want.entry_hash, artifact) < 0)
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
	rc = readback_start(r, artifact, view_of(a.sha256), view_of(a.format), err);
	artifact_release(&a);
	return rc;
}

int artifact_pump(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	for (size_t i = 0; i < r->config->n_partners; i++)
		for (size_t k = 0; k < r->config->partners[i].n_out; k++)
			if (allot(r, &r->config->partners[i], &r->config->partners[i].out[k], err) != 0)
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
