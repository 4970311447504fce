/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing - VERIFIED -> SIGNED: everything that sign needs to judge for itself, in one message
 *
 * route can neither sign nor invent what sign looks at: sign hashes the artifact, asks parse for the read-back on a socket of its own and
 * verifies the approvals with its own copy of the keys.  Artifacts of one partner are signed in the order of their numbers, since
 * each manifest names the one before it.  When parse was restarted it knows no read-backs: the file is read back again first.
 * A refusal holds the artifact with sign's reason.
 */
#include "gateway/roles/route/artifact.h"

#include <stdio.h>
#include <stdlib.h>
#include "gateway/audit.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/statement.h"

static void put_batch(struct buf *m, const struct artifact_row *a, const struct artifact_batch *b)
{
	struct buf e = { 0 };
	char id[24], n[24];

	snprintf(n, sizeof(n), "%lld", (long long)b->persons);
	wire_begin(&e, 0);
	wire_view(&e, T_ARTIFACT, id_text('B', b->id, id));
	wire_num(&e, T_BATCH_NUMBER, b->number);
	wire_num(&e, T_COUNT, b->count);
	wire_num(&e, T_DEBIT, b->debit);
	wire_num(&e, T_CREDIT_SUM, b->credit);
	wire_num(&e, T_EFFECTIVE, b->effective);
	wire_text(&e, T_ITEMS_SHA256, b->items_sha256);
	wire_text(&e, T_SHA256, b->source_sha256);
	wire_text(&e, T_OPERATOR, b->maker);
	wire_text(&e, T_NAME, n);
	wire_num(&e, T_SUM, b->whole);
	wire_text(&e, T_NUMBERS_SHA256, a->numbers_sha256[0] != '\0' ? a->numbers_sha256 : NULL);
	wire_view(m, T_BATCH, buf_as_view(&e));
	buf_release(&e);
}

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

static int put_statements(struct route *r, struct buf *m, int64_t batch, struct err *err)
{
	struct statement s;
	struct rows rows;
	char object[24];
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT act, object, operator, reason, sha256, time, statement.nonce, signature, ifnull(run,''), ifnull(run_nonce,''), l.list FROM statement"
			 " LEFT JOIN run_list l ON l.nonce=run_nonce WHERE object=?1 AND act='approve' AND spent=0"
			 " AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.id=?2 AND instr(','||b.maker||',', ','||operator||',')>0) ORDER BY operator LIMIT 16", "ti", id_text('B', batch, object).p, batch) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		copy(s.act, sizeof(s.act), rows_text(&rows, 0));
		copy(s.object, sizeof(s.object), rows_text(&rows, 1));
		copy(s.operator_name, sizeof(s.operator_name), rows_text(&rows, 2));
		copy(s.reason, sizeof(s.reason), rows_text(&rows, 3));
		copy(s.sha256, sizeof(s.sha256), rows_text(&rows, 4));
		copy(s.time, sizeof(s.time), rows_text(&rows, 5));
		copy(s.nonce, sizeof(s.nonce), rows_text(&rows, 6));
		copy(s.signature, sizeof(s.signature), rows_text(&rows, 7));
		copy(s.run, sizeof(s.run), rows_text(&rows, 8));
		copy(s.run_nonce, sizeof(s.run_nonce), rows_text(&rows, 9));
		s.run_list = rows_text(&rows, 10);
		statement_put(m, T_STATEMENT, &s);
	}
	return rc;
}

static int put_source(struct route *r, struct buf *m, const struct artifact_batch *b, struct err *err)
{
	struct buf e = { 0 };
	int64_t records = 0;

	if (ledger_int(r->ledger, &records, err, "SELECT p.records FROM parcel p JOIN batch b ON b.parcel=p.id WHERE b.id=?", "i", b->id) < 0)
		return -1;
	wire_begin(&e, 0);
	wire_text(&e, T_SHA256, b->source_sha256);
	wire_num(&e, T_FIRST, 1);
	wire_num(&e, T_COUNT, records);
	wire_view(m, T_SOURCE, buf_as_view(&e));
	buf_release(&e);
	return 0;
}

/* The hash of this partner's manifest before this one; "" for the first. */
static int previous(struct route *r, const struct artifact_row *a, char out[DIGEST_HEX], struct err *err)
{
	struct rows rows;
	int rc;

	out[0] = '\0';
	if (ledger_query(&rows, r->ledger, err, "SELECT manifest_sha256 FROM artifact WHERE partner=? AND state=? AND id<>? ORDER BY signed_n DESC LIMIT 1", "tii", a->partner,
			 (int64_t)ARTIFACT_SIGNED, a->id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		copy(out, DIGEST_HEX, rows_text(&rows, 0));
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

/* The rules a batch was judged by, whatever else the configuration says. */
static void rules_sha256(const struct config *c, char hex[DIGEST_HEX])
{
	struct buf text = { 0 };

	for (size_t i = 0; i < c->n_rules; i++)
		buf_fmt(&text, "%s|%s|%lld|%d\n", c->rules[i].partner, c->rules[i].ccy, (long long)c->rules[i].limit_minor, c->rules[i].persons);
	digest_hex(buf_as_view(&text), hex);
	buf_release(&text);
}

static int put_all(struct route *r, struct buf *m, const struct job *j, const struct artifact_row *a, struct err *err)
{
	struct audit_head head;
	char before[DIGEST_HEX], rules[DIGEST_HEX], id[24];

	if (audit_head(r->ledger, &head, err) != 0 || previous(r, a, before, err) != 0)
		return -1;
	wire_begin(m, M_SIGN);
	wire_num(m, T_JOB, j->id);
	wire_view(m, T_ARTIFACT, id_text('A', a->id, id));
	wire_text(m, T_NAME, a->file_name);
	wire_text(m, T_PARTNER, a->partner);
	wire_text(m, T_OUTBOUND, a->outbound);
	wire_text(m, T_FORMAT, a->format);
	wire_text(m, T_VERSION, a->version);
	wire_text(m, T_SHA256, a->sha256);
	wire_num(m, T_SIZE, a->size);
	wire_num(m, T_COUNT, a->count);
	wire_num(m, T_DEBIT, a->debit);
	wire_num(m, T_CREDIT_SUM, a->credit);
	wire_num(m, T_HASH, a->entry_hash);
	wire_text(m, T_CCY, a->ccy);
	wire_num(m, T_EFFECTIVE, a->effective);
	wire_text(m, T_BUSINESS_KEY, a->business_key);
	wire_text(m, T_PREVIOUS, before);
	wire_num(m, T_AUDIT_SIZE, head.size);
	wire_text(m, T_AUDIT_ROOT, head.root);
	wire_text(m, T_CONFIG_SHA256, r->config->sha256);
	rules_sha256(r->config, rules);
	wire_text(m, T_RULES_SHA256, rules);
	wire_text(m, T_TIME, ledger_now(r->ledger)->business);
	wire_num(m, T_DEMO, r->config->demo);
	for (size_t i = 0; i < a->n_batches; i++) {
		put_batch(m, a, &a->batches[i]);
		if (put_statements(r, m, a->batches[i].id, err) != 0 || put_source(r, m, &a->batches[i], err) != 0)
			return -1;
	}
	return 0;
}

static int sign(struct route *r, int64_t artifact, struct err *err)
{
	struct job *j = job_start(r, JOB_SIGN, artifact, route_peer(r, PAIR_SIGN));
	struct artifact_row a;
	struct buf m = { 0 };
	int rc;

	if (j == NULL)
		return 0;
	if (artifact_read(r, artifact, &a, err) != 1)
		return -1;
	rc = put_all(r, &m, j, &a, err);
	if (rc == 0)
		route_send(r, PAIR_SIGN, j->peer, &m);
	buf_release(&m);
	artifact_release(&a);
	return rc;
}

int signing_pump(struct route *r, struct err *err)
{
	struct rows rows;
	int rc;

	/*
	 * The lowest verified one of each partner that has nothing earlier on its way to a signature, and whose checks the bank's file names.
	 * What waits for a file that is held is not on its way.
	 */
	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM artifact a WHERE state=? AND NOT EXISTS (SELECT 1 FROM artifact b WHERE b.partner=a.partner AND b.id<a.id"
			 " AND b.state IN (1,2,3) AND NOT EXISTS (SELECT 1 FROM artifact h WHERE h.id=b.waits_for AND h.state=5)) AND (waits_for IS NULL OR EXISTS (SELECT 1 FROM artifact w WHERE w.id=a.waits_for AND w.state=4)) ORDER BY id LIMIT 16", "i", (int64_t)ARTIFACT_VERIFIED) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t id = rows_int(&rows, 0);

		if (job_of(r, JOB_SIGN, id) == NULL && job_of(r, JOB_READBACK, id) == NULL && sign(r, id, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

static int make_delivery(struct route *r, int64_t artifact, struct err *err)
{
	const struct partner *partner;
	const struct outbound *out;
	struct artifact_row a;
	char channel[140], object[24];
	int rc = -1;

	if (artifact_read(r, artifact, &a, err) != 1)
		return -1;
	snprintf(channel, sizeof(channel), "%s/%s", a.partner, a.outbound);
	out = config_outbound(r->config, view_of(channel), &partner);
	if (ledger_do(r->ledger, err, "INSERT INTO delivery(artifact, partner, path, final_name, state, attempt, manifest_done, changed_at) VALUES(?,?,?,?,?,1,?,?)", "itttiit",
		      artifact, a.partner, out ? out->path : "", a.file_name, (int64_t)(out ? DELIVERY_INTENT : DELIVERY_HELD),
		      (int64_t)(out == NULL || out->manifest == MANIFEST_NONE), ledger_now(r->ledger)->utc) < 0)
		goto out;
	rc = route_audit(r, id_text('D', ledger_last_id(r->ledger), object).p, "", out ? "INTENT" : "HELD", a.file_name, err);
out:
	artifact_release(&a);
	return rc;
}

int signing_signed(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t state = 0, artifact = j->object, n;
	char sha[DIGEST_HEX], object[24];
	int rc = 0;

	if (j->kind != JOB_SIGN || !msg_cstr(m, T_SHA256, sha, sizeof(sha)))
		return 0;
	if (ledger_int(r->ledger, &state, err, "SELECT state FROM artifact WHERE id=?", "i", artifact) < 0)
		return -1;
	if (state == ARTIFACT_VERIFIED) {
		log_step(LOG_NOTICE, "artifact.signed", "artifact", id_text('A', artifact, object).p, "manifest", sha, NULL);
		rc = counter_take(r, "signed", 1, 1, &n, err) != 0
		     || ledger_do(r->ledger, err, "UPDATE artifact SET manifest_sha256=?2, signer=?3, signed_n=?4 WHERE id=?1", "itvi", artifact, sha, msg_text(m, T_SIGNER), n) < 0
		     || ledger_move(r->ledger, THING_ARTIFACT, artifact, ARTIFACT_SIGNED, NULL, err) != 0 || make_delivery(r, artifact, err) != 0 ? -1 : 0;
	}
	job_end(r, j);
	return rc;
}

int signing_refused(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t state = 0, artifact = j->object;
	char reason[48] = "REFUSED";
	int rc = 0;

	if (j->kind != JOB_SIGN)
		return 0;
	msg_cstr(m, T_REASON, reason, sizeof(reason));
	if (ledger_int(r->ledger, &state, err, "SELECT state FROM artifact WHERE id=?", "i", artifact) < 0)
		return -1;
	if (state == ARTIFACT_VERIFIED)
		rc = strcmp(reason, "NO_READBACK") == 0 || strcmp(reason, "READBACK_UNKNOWN") == 0 ? artifact_reread(r, artifact, err)
			: artifact_hold(r, artifact, reason, msg_text(m, T_TEXT), err);
	job_end(r, j);
	return rc;
}
