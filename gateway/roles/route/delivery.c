/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery - at most once, proved: INTENT -> UPLOADING -> UPLOADED -> RENAMING -> DELIVERED, each committed before its network byte
 *
 * UPLOADING and UPLOADED may fail safely and are tried again under the next attempt number.  RENAMING is the irreversible step: once it
 * is committed, a cut means UNCERTAIN, and only a look at both names on a new connection decides (DESIGN "Outbound" 5).  Neither
 * name there: UNCERTAIN stays, and a person decides.  A payment file is never sent again automatically from there.
 * DELIVERED writes down what the bank must show for it (expected), then the manifest goes to its place.
 */
#include "gateway/roles/route/artifact.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/roles/route/emit.h"
#include "gateway/roles/route/funding.h"
#include "gateway/roles/route/ways.h"

#define RETRY_MS 1000

struct delivery_row {
	int64_t id, artifact, state, attempt, manifest_done, size;
	char partner[64], outbound[64], path[256], final_name[128], sha256[DIGEST_HEX], why[48];
};

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

static void read_row(struct rows *rows, struct delivery_row *d)
{
	d->id = rows_int(rows, 0);
	d->artifact = rows_int(rows, 1);
	d->state = rows_int(rows, 2);
	d->attempt = rows_int(rows, 3);
	d->manifest_done = rows_int(rows, 4);
	d->size = rows_int(rows, 5);
	copy(d->partner, sizeof(d->partner), rows_text(rows, 6));
	copy(d->outbound, sizeof(d->outbound), rows_text(rows, 7));
	copy(d->path, sizeof(d->path), rows_text(rows, 8));
	copy(d->final_name, sizeof(d->final_name), rows_text(rows, 9));
	copy(d->sha256, sizeof(d->sha256), rows_text(rows, 10));
	copy(d->why, sizeof(d->why), rows_text(rows, 11));
}

/* A notice is delivered as a payload is; artifact is below zero then, nothing of money follows from it, and it has no manifest. */
#define DELIVERY_COLUMNS "d.id, d.artifact, d.state, d.attempt, d.manifest_done, ifnull(a.size, n.size), d.partner, ifnull(a.outbound, n.outbound), d.path, d.final_name," \
	" ifnull(a.sha256, n.sha256), d.why FROM delivery d LEFT JOIN artifact a ON a.id=d.artifact LEFT JOIN notice n ON n.id=d.notice "

static int send_step(struct route *r, const struct delivery_row *d, enum deliver_step step)
{
	struct job *j = job_start(r, JOB_DELIVER, d->id, route_peer(r, PAIR_DELIVER));
	const struct partner *partner;
	const struct outbound *out;
	char channel[140];
	struct buf m = { 0 };

	if (j == NULL)
		return 0;
	snprintf(channel, sizeof(channel), "%s/%s", d->partner, d->outbound);
	out = config_outbound(r->config, view_of(channel), &partner);
	wire_begin(&m, M_DELIVER);
	wire_num(&m, T_JOB, j->id);
	wire_num(&m, T_DELIVERY, d->id);
	wire_num(&m, T_ATTEMPT, d->attempt);
	wire_num(&m, T_STEP, step);
	wire_text(&m, T_PARTNER, d->partner);
	wire_text(&m, T_PATH, d->path);
	wire_text(&m, T_NAME, d->final_name);
	wire_text(&m, T_SHA256, d->sha256);
	wire_num(&m, T_SIZE, d->size);
	wire_text(&m, T_MANIFEST_PATH, out != NULL && out->manifest == MANIFEST_DIR ? out->manifest_path : d->path);
	wire_text(&m, T_MANIFEST_NAME, d->final_name);
	route_send(r, PAIR_DELIVER, j->peer, &m);
	buf_release(&m);
	return 0;
}

/* In time for every batch of the file, now?  Checked at INTENT. */
static int in_time(struct route *r, int64_t artifact, bool *good, struct err *err)
{
	struct rows rows;
	bool missed;
	int rc;

	*good = true;
	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE artifact=?", "i", artifact) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		if (run_cutoff(r, rows_int(&rows, 0), &missed, err) != 0) {
			rows_end(&rows);
			return -1;
		}
		*good = *good && !missed;
	}
	return rc;
}

static int hold(struct route *r, const struct delivery_row *d, const char *why, struct err *err)
{
	char object[24];

	log_step(LOG_ERR, "delivery.held", "delivery", id_text('D', d->id, object).p, "file", d->final_name, "why", why, NULL);
	return ledger_move(r->ledger, THING_DELIVERY, d->id, DELIVERY_HELD, why, err);
}

static int move(struct route *r, const struct delivery_row *d, int to, const char *why, struct err *err)
{
	char object[24];

	log_step(to == DELIVERY_UNCERTAIN ? LOG_ERR : LOG_INFO, "delivery.step", "delivery", id_text('D', d->id, object).p, "state", state_name(THING_DELIVERY, to), "file",
		 d->final_name, "why", why ? why : "-", NULL);
	r->dirty = true;
	return ledger_move(r->ledger, THING_DELIVERY, d->id, to, why, err);
}

/* The bank has the positive-pay file before the printer gets the checks, and the money before the trustee gets the rollovers. */
static int told_first(struct route *r, int64_t artifact, bool *told, struct err *err)
{
	int64_t waits = 0;		/* a notice has no artifact and waits for nothing */

	if (ledger_int(r->ledger, &waits, err, "SELECT waits_for IS NOT NULL AND NOT EXISTS (SELECT 1 FROM delivery w JOIN artifact p ON p.id=w.artifact WHERE p.id=a.waits_for"
		       " AND w.state=5 AND NOT EXISTS (SELECT 1 FROM ack k WHERE k.id=p.ack AND k.verdict='rejected')) FROM artifact a WHERE id=?", "i", artifact) < 0)
		return -1;
	*told = waits == 0;
	return *told ? funding_there(r, artifact, told, err) : 0;
}

static int begin(struct route *r, const struct delivery_row *d, struct err *err)
{
	bool good, told;

	if (!job_room(r, PAIR_DELIVER))
		return 0;
	if (told_first(r, d->artifact, &told, err) != 0)
		return -1;
	if (!told)
		return 0;
	if (in_time(r, d->artifact, &good, err) != 0)
		return -1;
	if (!good)
		return hold(r, d, "MISSED_CUTOFF", err);
	if (move(r, d, DELIVERY_UPLOADING, NULL, err) != 0)
		return -1;
	return send_step(r, d, STEP_UPLOAD);
}

/* The irreversible step is committed before it is asked for, and that it was begun is never forgotten. */
static int rename_now(struct route *r, const struct delivery_row *d, const char *why, struct err *err)
{
	if (ledger_do(r->ledger, err, "UPDATE delivery SET renamed=1 WHERE id=?", "i", d->id) != 1 || move(r, d, DELIVERY_RENAMING, why, err) != 0)
		return -1;
	return send_step(r, d, STEP_RENAME);
}

static int next_step(struct route *r, const struct delivery_row *d, struct err *err)
{
	bool wait = route_ms(r) < r->wait_until_ms[THING_DELIVERY];

	if (job_of(r, JOB_DELIVER, d->id) != NULL)
		return 0;
	switch (d->state) {
	case DELIVERY_INTENT:
		return wait ? 0 : begin(r, d, err);
	case DELIVERY_UPLOADED:
		return job_room(r, PAIR_DELIVER) ? rename_now(r, d, NULL, err) : 0;
	case DELIVERY_UNCERTAIN:
		return wait || strcmp(d->why, "NEITHER_NAME") == 0 ? 0 : send_step(r, d, STEP_LOOK);
	case DELIVERY_FAILED_SAFE:
		if (wait)
			return 0;
		if (ledger_do(r->ledger, err, "UPDATE delivery SET attempt=attempt+1 WHERE id=?", "i", d->id) < 0)
			return -1;
		return move(r, d, DELIVERY_INTENT, NULL, err);
	case DELIVERY_DELIVERED:
		return wait || d->manifest_done ? 0 : send_step(r, d, STEP_MANIFEST);
	default:
		return 0;
	}
}

static int walk(struct route *r, struct rows *rows, struct err *err)
{
	struct delivery_row d;
	int rc;

	while ((rc = rows_next(rows)) == 1) {
		read_row(rows, &d);
		if (next_step(r, &d, err) != 0) {
			rows_end(rows);
			return -1;
		}
	}
	return rc;
}

/* Manifests have a queue of their own: one that is refused for ever holds no payload up. */
int delivery_pump(struct route *r, struct err *err)
{
	struct rows rows;

	/* Nothing leaves before each of its payments knows its trace: what comes back is asked for by it. */
	if (ledger_query(&rows, r->ledger, err, "SELECT " DELIVERY_COLUMNS "WHERE d.state IN (3,7) OR (d.state=1 AND (a.waits_for IS NULL OR EXISTS"
			 " (SELECT 1 FROM delivery w WHERE w.artifact=a.waits_for AND w.state=5)) AND NOT EXISTS (SELECT 1 FROM batch t WHERE t.artifact=d.artifact AND t.trace_next IS NOT NULL)) OR (d.state=6 AND ifnull(d.why,'')<>'NEITHER_NAME') ORDER BY d.id LIMIT 64", "") != 0
	    || walk(r, &rows, err) != 0)
		return -1;
	if (ledger_query(&rows, r->ledger, err, "SELECT " DELIVERY_COLUMNS "WHERE d.state=5 AND d.manifest_done=0 ORDER BY d.id LIMIT 16", "") != 0)
		return -1;
	return walk(r, &rows, err);
}

/* What the bank must show of the batches `from` stands for: itself, or all of its file that are effective on its day. */
static int expect_line(struct route *r, const struct artifact_row *a, const struct outbound *o, size_t from, struct err *err)
{
	int64_t minor = 0, effective = a->batches[from].effective;
	bool alone = o->settles == SETTLES_BATCH;
	char key[80] = "", day[DATE_TEXT];
	struct emit_batch of;

	for (size_t i = 0; i < a->n_batches; i++) {
		if (alone ? i != from : a->batches[i].effective != effective)
			continue;
		if (!alone && i < from)
			return 0;			/* told with the first of that day */
		minor += a->batches[i].debit - a->batches[i].credit;
	}
	if (o->settles == SETTLES_COMPANY_DAY)		/* the bank shows one line, the net of all open ones of this key */
		snprintf(key, sizeof(key), "%s of %s", o->company_id, date_print((date_t)effective, day));
	if (emit_batch_read(r, a->batches[from].id, &of, err) != 0)
		return -1;
	return ledger_do(r->ledger, err, "INSERT INTO expected(kind, artifact, batch, partner, account, ccy, amount_minor, effective, company_id, description, reference, grp, state,"
			 " first_seen) VALUES('settlement',?,?,?,?,?,?,?,?,?,?,?,1,?)", "iitttiitttti", a->id, alone ? a->batches[from].id : (int64_t)0, a->partner,
			 o->offset_account, a->ccy, minor, effective, o->company_id, strcmp(of.kind, "funding") == 0 ? "ROLLOVER" : strcmp(of.kind, "reversal") == 0 ? "REVERSAL" : o->entry_description,
			 alone && of.reference[0] != '\0' ? of.reference : a->file_name, key[0] ? key : NULL, a->created_date) < 0 ? -1 : 0;
}

/* One line a file and effective date, or one a batch, or one a company and day (DESIGN "Payments"). */
static int expect(struct route *r, const struct delivery_row *d, struct err *err)
{
	const struct partner *partner;
	const struct outbound *o;
	struct artifact_row a;
	char channel[140];
	int rc = 0;

	if (artifact_read(r, d->artifact, &a, err) != 1)
		return -1;
	snprintf(channel, sizeof(channel), "%s/%s", a.partner, a.outbound);
	o = config_outbound(r->config, view_of(channel), &partner);
	if (o == NULL || a.way != WAY_ACH)
		rc = o != NULL && a.way == WAY_CHECK && a.issues == 0 ? ways_expect(r, a.batches[0].id, 0, err) : 0;
	else
		for (size_t i = 0; rc == 0 && i < a.n_batches; i++)
			rc = expect_line(r, &a, o, i, err);
	if (o != NULL && a.way == WAY_ACH)
		bank_changed(r, a.partner);
	else if (o != NULL && a.way == WAY_CHECK)
		bank_from_the_start(r);		/* the checks' bank is another than the printer */
	artifact_release(&a);
	return rc;
}

/* By when the partner must have said what it thinks of the file. */
static int await_ack(struct route *r, const struct delivery_row *d, struct err *err)
{
	const struct outbound *o;
	char channel[140];

	snprintf(channel, sizeof(channel), "%s/%s", d->partner, d->outbound);
	o = config_outbound(r->config, view_of(channel), NULL);
	if (o == NULL || o->ack_within_minutes == 0)
		return 0;
	return ledger_do(r->ledger, err, "UPDATE delivery SET ack_due=? WHERE id=?", "ii", clock_utc(r) + (int64_t)o->ack_within_minutes * 60, d->id) < 0 ? -1 : 0;
}

static int delivered(struct route *r, const struct delivery_row *d, struct view evidence, struct err *err)
{
	const struct partner *partner = config_partner(r->config, view_of(d->partner));
	int32_t today = 0;
	struct rows rows;
	int rc;

	if (partner != NULL)
		clock_local(partner, clock_utc(r), &today, NULL);
	if (ledger_do(r->ledger, err, "UPDATE delivery SET evidence=?2, delivered_date=?3, delivered_at=?4 WHERE id=?1", "ivit", d->id, evidence, (int64_t)today,
		      ledger_now(r->ledger)->business) < 0 || move(r, d, DELIVERY_DELIVERED, NULL, err) != 0)
		return -1;
	if (d->artifact < 0)
		return 0;
	if (await_ack(r, d, err) != 0 || expect(r, d, err) != 0)
		return -1;
	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE artifact=? AND items_state=?", "ii", d->artifact, (int64_t)ITEM_WRITTEN) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (ledger_move_items(r->ledger, rows_int(&rows, 0), ITEM_DELIVERED, NULL, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

static void back_off(struct route *r)
{
	r->wait_until_ms[THING_DELIVERY] = route_ms(r) + RETRY_MS;
}

/* A notice that its feed has taken away, or that got lost: the same bytes under the same name again do no harm, as no payment would. */
static int put_again(struct route *r, const struct delivery_row *d, struct err *err)
{
	if (move(r, d, DELIVERY_HELD, "NEITHER_NAME", err) != 0 || ledger_do(r->ledger, err, "UPDATE delivery SET attempt=attempt+1 WHERE id=?", "i", d->id) < 0)
		return -1;
	return move(r, d, DELIVERY_INTENT, NULL, err);
}

static int looked(struct route *r, const struct delivery_row *d, int64_t result, const struct msg *m, struct err *err)
{
	switch (result) {
	case LOOK_FINAL_EQUAL:
	case LOOK_BOTH_EQUAL:
		return delivered(r, d, msg_text(m, T_EVIDENCE), err);
	case LOOK_FINAL_DIFFERS:
		return hold(r, d, "FINAL_NAME_TAKEN", err);
	case LOOK_TEMPORARY_ONLY:
		return job_room(r, PAIR_DELIVER) ? rename_now(r, d, "TEMPORARY_ONLY", err) : 0;
	case LOOK_NEITHER:
		if (d->artifact < 0)
			return put_again(r, d, err);
		log_step(LOG_CRIT, "delivery.uncertain", "file", d->final_name, "partner", d->partner, "do",
			 "ask the partner whether the file arrived, then tallygate resolve", NULL);
		return ledger_do(r->ledger, err, "UPDATE delivery SET why='NEITHER_NAME' WHERE id=?", "i", d->id) < 0 ? -1 : 0;
	default:
		back_off(r);
		return 0;
	}
}

static int judged(struct route *r, const struct delivery_row *d, int64_t step, int64_t result, const struct msg *m, struct err *err)
{
	if (step == STEP_MANIFEST) {
		if (result == RESULT_OK)
			return ledger_do(r->ledger, err, "UPDATE delivery SET manifest_done=1 WHERE id=?", "i", d->id) < 0 ? -1 : 0;
		if (result == RESULT_EXISTS) {		/* another file has its name: a person looks, nothing is overwritten */
			log_step(LOG_ERR, "manifest.refused", "file", d->final_name, "partner", d->partner, NULL);
			return ledger_do(r->ledger, err, "UPDATE delivery SET manifest_done=2 WHERE id=?", "i", d->id) < 0 ? -1 : 0;
		}
		back_off(r);
		return 0;
	}
	if (step == STEP_LOOK && d->state == DELIVERY_UNCERTAIN)
		return looked(r, d, result, m, err);
	if (step == STEP_UPLOAD && d->state == DELIVERY_UPLOADING) {
		if (result == RESULT_OK)
			return move(r, d, DELIVERY_UPLOADED, NULL, err);
		back_off(r);
		return move(r, d, DELIVERY_FAILED_SAFE, "UPLOAD_FAILED", err);
	}
	if (step == STEP_RENAME && d->state == DELIVERY_RENAMING) {
		if (result == RESULT_OK)
			return delivered(r, d, msg_text(m, T_EVIDENCE), err);
		if (result != RESULT_EXISTS)
			back_off(r);
		return move(r, d, DELIVERY_UNCERTAIN, result == RESULT_EXISTS ? "NAME_EXISTS" : "LINK_CUT", err);
	}
	return 0;
}

static int read_delivery(struct route *r, int64_t id, struct delivery_row *d, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT " DELIVERY_COLUMNS "WHERE d.id=?", "i", id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		read_row(&rows, d);
	rows_end(&rows);
	return rc;
}

int delivery_result(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct delivery_row d;
	int rc = j->kind == JOB_DELIVER ? read_delivery(r, j->object, &d, err) : 0;

	if (rc != 1)
		return rc;
	if (msg_text(m, T_TEXT).n > 0 && ledger_do(r->ledger, err, "UPDATE delivery SET text=? WHERE id=?", "vi", msg_text(m, T_TEXT), d.id) < 0)
		return -1;
	rc = msg_num_or(m, T_ATTEMPT, -1) == d.attempt ? judged(r, &d, msg_num_or(m, T_STEP, -1), msg_num_or(m, T_RESULT, -1), m, err) : 0;
	job_end(r, j);
	return rc;
}

/* The worker that had it is gone: before RENAMING nothing irreversible happened, in it nobody knows. */
int delivery_lost(struct route *r, int64_t delivery, struct err *err)
{
	struct delivery_row d;
	int rc = read_delivery(r, delivery, &d, err);

	if (rc != 1)
		return rc;
	if (d.state == DELIVERY_UPLOADING)
		return move(r, &d, DELIVERY_FAILED_SAFE, "WORKER_LOST", err);
	return d.state == DELIVERY_RENAMING ? move(r, &d, DELIVERY_UNCERTAIN, "WORKER_LOST", err) : 0;
}

int delivery_restart(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM delivery WHERE state IN (2,4)", "") != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (delivery_lost(r, rows_int(&rows, 0), err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

int delivery_confirmed(struct route *r, int64_t delivery, const char *evidence, struct err *err)
{
	struct delivery_row d;

	return read_delivery(r, delivery, &d, err) == 1 ? delivered(r, &d, view_of(evidence), err) : -1;
}
