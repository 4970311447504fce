/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_verify - see sign_verify.h
 *
 * The order is the cheap and the certain first: form, configuration, name, bytes; then the read-back; then people; then
 * the sum without people; then the clock.  A decision is made whole before anything is remembered, and remembered
 * before anything is published.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channels/digest.h"
#include "channels/spool.h"
#include "formats/core/wire.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/seal.h"
#include "gateway/sign_publish.h"
#include "gateway/sign_request.h"
#include "gateway/sign_state.h"
#include "gateway/sign_verify.h"
#include "gateway/sign_ways.h"
#include "gateway/zone.h"
#include "rules/cutoff.h"

#define CLOCK_SLACK_S 600
#define APPROVERS_MAX 16

struct pending { bool used; struct sign_request request; int64_t first_ms, asked_ms; };

struct sign {
	const struct config *config;
	struct seal_signer *signer;
	struct spool *spool;
	struct sign_state *state;
	int manifests;
	struct pending pending[SIGN_PENDING];
};

struct refusal { char reason[32]; char text[400]; };

__attribute__((format(printf, 3, 4)))
static bool refuse(struct refusal *r, const char *reason, const char *fmt, ...)
{
	va_list ap;

	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	return false;
}

/* ---- answers ---- */

static void answer_refused(struct buf *reply, const struct sign_request *q, const struct refusal *r)
{
	wire_begin(reply, M_REFUSED);
	wire_num(reply, T_JOB, q->job);
	wire_text(reply, T_ARTIFACT, q->artifact);
	wire_text(reply, T_REASON, r->reason);
	wire_text(reply, T_TEXT, r->text);
	log_step(LOG_WARNING, "artifact.refused", "artifact", q->artifact, "reason", r->reason, "why", r->text, NULL);
}

static void answer_signed(struct buf *reply, const struct sign *s, const struct sign_request *q, const char *sha256)
{
	char name[SIGN_NAME + 20];

	snprintf(name, sizeof(name), "%s.manifest.json", q->name);
	wire_begin(reply, M_SIGNED);
	wire_num(reply, T_JOB, q->job);
	wire_text(reply, T_ARTIFACT, q->artifact);
	wire_text(reply, T_SHA256, sha256);
	wire_text(reply, T_NAME, name);
	wire_text(reply, T_SIGNER, seal_signer_name(s->signer));
	log_step(LOG_NOTICE, "artifact.signed", "artifact", q->artifact, "partner", q->partner, "manifest", sha256,
		NULL);
}

static void ask_readback(struct buf *reply, struct pending *p, int64_t now_ms)
{
	p->asked_ms = now_ms;
	wire_begin(reply, M_READBACK_ASK);
	wire_num(reply, T_JOB, p->request.job);
	wire_text(reply, T_SHA256, p->request.sha256);
}

/* ---- what can be seen from here ---- */

static const struct outbound *outbound_of(const struct sign *s, const struct sign_request *q,
	const struct partner **partner)
{
	const struct outbound *o = NULL;

	*partner = config_partner(s->config, view_of(q->partner));
	for (size_t i = 0; *partner != NULL && i < (*partner)->n_out; i++)
		if (strcmp((*partner)->out[i].name, q->outbound) == 0)
			o = &(*partner)->out[i];
	return o;
}

/* The batches are the artifact, to the cent. */
static bool adds_up(const struct sign_request *q)
{
	int64_t count = 0, debit = 0, credit = 0;

	for (size_t i = 0; i < q->n_batches; i++)
		if (!money_add_minor(&count, q->batches[i].count) || !money_add_minor(&debit, q->batches[i].debit) ||
		    !money_add_minor(&credit, q->batches[i].credit))
			return false;
	return count == q->count && debit == q->debit && credit == q->credit;
}

/* 1 good, 0 refused, -1. */
static int own_look(const struct sign *s, const struct sign_request *q, struct refusal *r, struct err *e)
{
	struct publish publish = { s->manifests, s->signer, s->config->demo };
	const struct partner *partner;
	const struct outbound *o = outbound_of(s, q, &partner);
	char hex[DIGEST_HEX];
	uint64_t size = 0;
	long long read = 0;
	bool taken;
	int fd = -1, rc;

	if (o == NULL)
		return refuse(r, "NOT_CONFIGURED", "sign's configuration has no outbound '%s/%s'", q->partner,
			q->outbound);
	if (strcmp(o->format, q->format) != 0)
		return refuse(r, "NOT_CONFIGURED", "outbound '%s/%s' is of format '%s', the file of '%s'", q->partner,
			q->outbound, o->format, q->format);
	if (!adds_up(q))
		return refuse(r, "TOTALS_DIFFER", "the batches of %s do not add up to its totals", q->artifact);
	if (publish_taken(&publish, q, &taken, e) == -1)
		return -1;
	if (taken)
		return refuse(r, "NAME_TAKEN", "another file was signed under the name '%s'", q->name);
	if (spool_object(s->spool, q->sha256, &fd, &size, e) == -1)
		return e->code == ENOENT ? refuse(r, "HASH_DIFFERS", "the spool holds no file of %s's hash",
			q->artifact) : -1;
	rc = digest_fd_hex(fd, hex, &read, e);
	close(fd);
	if (rc == -1)
		return -1;
	if (strcmp(hex, q->sha256) != 0)
		return refuse(r, "HASH_DIFFERS", "the bytes of %s do not have the hash it was written down with",
			q->artifact);
	if (read != q->size)
		return refuse(r, "HASH_DIFFERS", "%s has %lld bytes, not %lld", q->artifact, read, (long long)q->size);
	return 1;
}

/* ---- the read-back ---- */

static const struct sign_batch *batch_numbered(const struct sign_readback *b, int64_t number)
{
	for (size_t i = 0; i < b->n_batches; i++)
		if (b->batches[i].number == number)
			return &b->batches[i];
	return NULL;
}

static bool batch_agrees(const struct sign_batch *want, const struct sign_batch *got, struct refusal *r)
{
	if (got == NULL)
		return refuse(r, "READBACK_DIFFERS", "the file has no batch number %lld, where %s should stand",
			(long long)want->number, want->id);
	if (got->count != want->count)
		return refuse(r, "READBACK_DIFFERS", "%s has %lld items, and %lld were read back", want->id,
			(long long)want->count, (long long)got->count);
	if (got->debit != want->debit || got->credit != want->credit)
		return refuse(r, "READBACK_DIFFERS", "the amounts of %s are not those that were read back", want->id);
	if (got->effective != want->effective)
		return refuse(r, "READBACK_DIFFERS", "the effective date of %s is not the one that was read back",
			want->id);
	if (strcmp(got->items_sha256, want->items_sha256) != 0)
		return refuse(r, "READBACK_DIFFERS", "the payees or accounts of %s are not those that were read back",
			want->id);
	if (strcmp(got->numbers_sha256, want->numbers_sha256) != 0)
		return refuse(r, "READBACK_DIFFERS", "the check numbers of %s are not those that were read back", want->id);
	return true;
}

static bool readback_agrees(const struct sign_request *q, const struct sign_readback *b, struct refusal *r)
{
	if (!b->known)
		return refuse(r, "READBACK_UNKNOWN", "parse has not read %s back", q->artifact);
	if (b->format[0] != '\0' && strcmp(b->format, q->format) != 0)
		return refuse(r, "READBACK_DIFFERS", "%s was read back as '%s', not as '%s'", q->artifact, b->format,
			q->format);
	if (b->count != q->count || b->debit != q->debit || b->credit != q->credit || b->hash != q->hash)
		return refuse(r, "READBACK_DIFFERS", "the totals of %s are not those that were read back", q->artifact);
	if (b->n_batches != q->n_batches)
		return refuse(r, "READBACK_DIFFERS", "%s has %zu batches, and %zu were read back", q->artifact,
			q->n_batches, b->n_batches);
	for (size_t i = 0; i < q->n_batches; i++)
		if (!batch_agrees(&q->batches[i], batch_numbered(b, q->batches[i].number), r))
			return false;
	return true;
}

/* ---- people ---- */

static const struct sign_batch *batch_called(const struct sign_request *q, const char *id)
{
	for (size_t i = 0; i < q->n_batches; i++)
		if (strcmp(q->batches[i].id, id) == 0)
			return &q->batches[i];
	return NULL;
}

static bool is_maker(const struct sign_batch *b, const char *name)
{
	struct view rest = view_of(b->makers), one;

	while (view_cut(&rest, ',', &one))
		if (view_eq(view_trim(one), view_of(name)))
			return true;
	return false;
}

static bool is_nonce(const char *t)
{
	return strlen(t) == 32 && t[strspn(t, "0123456789abcdef")] == '\0';
}

/* The person: known, not root, not the maker. */
static bool person_good(const struct sign_batch *b, const struct statement *st, const struct operator *o,
	struct refusal *r)
{
	if (o->uid == 0)
		return refuse(r, "ROOT_APPROVAL", "'%s' has uid 0, and root never approves", st->operator_name);
	if (is_maker(b, st->operator_name))
		return refuse(r, "SELF_APPROVAL", "'%s' made or touched %s and cannot approve it", st->operator_name,
			b->id);
	return true;
}

/* 1 good, 0 refused, -1.  The signature first: what a forger wrote into the other parts is not worth a sentence. */
static int statement_good(const struct sign *s, const struct sign_request *q, const struct sign_way *w, const struct statement *st,
	struct refusal *r, struct err *e)
{
	const struct operator *o = config_operator(s->config, view_of(st->operator_name));
	const struct sign_batch *b = batch_called(q, st->object);
	struct buf text = { .max = 8192 };
	enum seal_verdict verdict = SEAL_BAD;
	int rc = 0;

	if (o == NULL)
		return refuse(r, "UNKNOWN_OPERATOR", "an approval names an operator that sign's configuration does not "
			"know");
	if (statement_text(st, &text))
		rc = seal_verify_statement(&verdict, buf_as_view(&text), view_of(st->signature), o->public_key, e);
	buf_release(&text);
	if (rc == -1)
		return -1;
	if (verdict != SEAL_GOOD)
		return refuse(r, "FORGED_STATEMENT", "an approval in the name of '%s' does not carry that person's "
			"signature", o->name);
	if (strcmp(st->act, "approve") != 0)
		return refuse(r, "STATEMENT_ACT", "the statement of '%s' says '%s', not 'approve'", o->name, st->act);
	if (b == NULL)
		return refuse(r, "STATEMENT_OBJECT", "the approval of '%s' is about another object than the batches of "
			"%s", o->name, q->artifact);
	if (!sign_way_totals(w, s->config, q, b, st->sha256))
		return refuse(r, "TOTALS_DIFFER", "'%s' approved other totals of %s than the file holds", o->name,
			b->id);
	if (!is_nonce(st->nonce) || sign_state_nonce_used(s->state, st, q->sha256, w->way == WAY_POSPAY))
		return refuse(r, "REPLAYED_NONCE", "the approval of '%s' repeats the nonce of another one", o->name);
	return person_good(b, st, o, r);
}

/* A nonce may stand twice in one request only for one and the same approval. */
static bool nonces_differ(const struct sign_request *q, struct refusal *r)
{
	for (size_t i = 0; i < q->n_statements; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(q->statements[i].nonce, q->statements[k].nonce) == 0 &&
			    (strcmp(q->statements[i].object, q->statements[k].object) != 0 ||
			     strcmp(q->statements[i].operator_name, q->statements[k].operator_name) != 0))
				return refuse(r, "REPLAYED_NONCE", "two approvals carry one nonce");
	return true;
}

static bool distinct(const struct config *c, const struct operator *a, const struct operator *b)
{
	if (strcmp(a->name, b->name) == 0 || strcmp(a->public_key, b->public_key) == 0 ||
	    (a->key_id[0] != '\0' && strcmp(a->key_id, b->key_id) == 0))
		return false;
	return a->uid != b->uid || (c->demo && c->same_uid_ok);
}

/* Every statement here is good already; how many different persons stand behind those of one batch? */
static int persons_behind(const struct sign *s, const struct sign_request *q, const struct sign_batch *b)
{
	const struct operator *seen[APPROVERS_MAX];
	int n = 0;

	for (size_t i = 0; i < q->n_statements && n < APPROVERS_MAX; i++) {
		const struct operator *o = config_operator(s->config, view_of(q->statements[i].operator_name));
		bool new_one = o != NULL && strcmp(q->statements[i].object, b->id) == 0;

		for (int k = 0; k < n && new_one; k++)
			new_one = distinct(s->config, o, seen[k]);
		if (new_one)
			seen[n++] = o;
	}
	return n;
}

/* *alone: what no person saw, to be held against the limit. */
static bool enough_persons(const struct sign *s, const struct sign_request *q, const struct sign_way *w, int64_t *alone,
	struct refusal *r)
{
	*alone = 0;
	for (size_t i = 0; i < q->n_batches; i++) {
		const struct sign_batch *b = &q->batches[i];
		int have = persons_behind(s, q, b), need = sign_way_persons(w, s->config, s->state, q, b);

		if (have < need)
			return refuse(r, "NO_APPROVAL", "%s needs %d person%s and has the approval of %d", b->id, need,
				need == 1 ? "" : "s", have);
		if (have == 0 && (!money_add_minor(alone, b->debit) || !money_add_minor(alone, b->credit)))
			return refuse(r, "UNSIGNED_LIMIT", "the amounts without an approval are too large to be added");
	}
	return true;
}

/* ---- time ---- */

static bool clock_agrees(const struct sign *s, const struct sign_request *q, const struct sign_clock *now,
	struct refusal *r)
{
	int64_t utc = 0, apart;

	if (s->config->demo || !sign_time(q->time, &utc))
		return true;
	apart = utc > now->utc_seconds ? utc - now->utc_seconds : now->utc_seconds - utc;
	if (apart > CLOCK_SLACK_S)
		return refuse(r, "CLOCK_DIFFERS", "route says it is %s, which is %lld minutes off sign's own clock",
			q->time, (long long)apart / 60);
	return true;
}

/* Every batch for itself: the earliest may be in time while a later one falls on a closed day. */
static bool date_good(const struct sign *s, const struct outbound *o, const struct partner *partner, const struct sign_request *q,
	date_t effective, struct refusal *r)
{
	struct calendar calendar;
	struct cutoff_ask ask = { .calendar = &calendar, .effective = effective };
	enum cutoff_verdict verdict;
	date_t earliest;
	int64_t utc = 0;
	char text[DATE_TEXT];

	if (!config_cut_off(s->config, o, &ask.cut_off_minutes, &ask.lead_days) || effective == DATE_NONE)
		return true;
	config_calendar(s->config, partner, &calendar);
	if (!sign_time(q->time, &utc) || !zone_local(partner->timezone, utc, &ask.today, &ask.minutes))
		return refuse(r, "BAD_REQUEST", "the business time '%s' has no date at the partner", q->time);
	verdict = cutoff_verify(&ask, &earliest);
	if (verdict == CUTOFF_OK || (verdict == CUTOFF_CLOSED_DAY && config_way(s->config, o) != WAY_ACH))
		return true;
	return refuse(r, "MISSED_CUTOFF", "a file that leaves now cannot make the effective date; the earliest is %s",
		date_print(earliest, text));
}

static bool in_time(const struct sign *s, const struct sign_request *q, struct refusal *r)
{
	const struct partner *partner;
	const struct outbound *o = outbound_of(s, q, &partner);

	if (!date_good(s, o, partner, q, q->effective, r))
		return false;
	for (size_t i = 0; i < q->n_batches; i++)
		if (!date_good(s, o, partner, q, q->batches[i].effective, r))
			return false;
	return true;
}

/* ---- the decision ---- */

/* The bank hears of a check before it is printed. */
static bool announced(const struct sign *s, const struct sign_request *q, const struct sign_way *w, struct refusal *r)
{
	for (size_t i = 0; w->announced && i < q->n_batches; i++)
		if (q->batches[i].numbers_sha256[0] == '\0' || !sign_state_issued(s->state, q->batches[i].numbers_sha256))
			return refuse(r, "NO_POSITIVE_PAY", "no positive-pay file with the checks of %s was signed", q->batches[i].id);
	return true;
}

static bool below_limit(const struct sign *s, const struct sign_request *q, int64_t alone, struct sign_sum *row,
	struct refusal *r)
{
	const struct partner *partner;
	int64_t utc = 0, sum;
	int minutes;

	memset(row, 0, sizeof(*row));
	row->minor = alone;
	memcpy(row->partner, q->partner, sizeof(row->partner));
	memcpy(row->ccy, q->ccy, sizeof(row->ccy));
	memcpy(row->artifact, q->sha256, sizeof(row->artifact));
	outbound_of(s, q, &partner);
	if (!sign_time(q->time, &utc) || !zone_local(partner->timezone, utc, &row->day, &minutes))
		return refuse(r, "BAD_REQUEST", "the business time '%s' has no date at the partner", q->time);
	if (alone == 0)
		return true;
	sum = sign_state_sum(s->state, row);
	if (strcmp(q->ccy, s->config->unsigned_ccy) != 0 || !money_add_minor(&sum, alone) ||
	    sum >= s->config->unsigned_limit_minor)
		return refuse(r, "UNSIGNED_LIMIT", "without an approval, this and what left for '%s' that day would "
			"reach the limit", q->partner);
	return true;
}

/* 1 go on, 0 refused, -1. */
static int decide(const struct sign *s, const struct sign_request *q, const struct sign_way *w, const struct sign_readback *b,
	const struct sign_clock *now, struct sign_sum *sum, struct refusal *r, struct err *e)
{
	int64_t alone;

	if (!readback_agrees(q, b, r) || !nonces_differ(q, r))
		return 0;
	for (size_t i = 0; i < q->n_statements; i++) {
		int good = statement_good(s, q, w, &q->statements[i], r, e);

		if (good != 1)
			return good;
	}
	return enough_persons(s, q, w, &alone, r) && announced(s, q, w, r) && below_limit(s, q, alone, sum, r) &&
		clock_agrees(s, q, now, r) && in_time(s, q, r);
}

static int remember(struct sign *s, const struct sign_request *q, const struct sign_way *w, const struct sign_sum *sum, struct err *e)
{
	sign_state_forget(s->state);
	if (sum->minor > 0)
		sign_state_add_sum(s->state, sum);
	for (size_t i = 0; i < q->n_statements; i++)
		sign_state_add_nonce(s->state, &q->statements[i], q->sha256, w->way == WAY_POSPAY);
	sign_way_remember(w, s->state, q);
	return sign_state_commit(s->state, e);
}

static void end_pending(struct pending *p)
{
	sign_request_release(&p->request);
	memset(p, 0, sizeof(*p));
}

static int finish(struct sign *s, struct pending *p, const struct sign_readback *b, const struct sign_clock *now,
	struct buf *reply, struct err *e)
{
	struct publish publish = { s->manifests, s->signer, s->config->demo };
	const struct sign_request *q = &p->request;
	enum publish_result result = PUBLISHED;
	struct refusal r = { "", "" };
	const struct partner *partner;
	const struct outbound *o = outbound_of(s, q, &partner);	/* there: own_look has seen it */
	struct sign_way w;
	struct sign_sum sum;
	char sha256[65];
	int good;

	sign_way_of(&w, s->config, o, partner);
	good = decide(s, q, &w, b, now, &sum, &r, e);

	if (good == 1)			/* the bytes once more: they lay open while parse was asked */
		good = own_look(s, q, &r, e);
	if (good == -1 || (good == 1 && (remember(s, q, &w, &sum, e) == -1 ||
	    publish_manifest(&result, sha256, &publish, q, e) == -1)))
		return -1;
	if (good == 1 && result == PUBLISH_NAME_TAKEN)
		good = refuse(&r, "NAME_TAKEN", "another file was signed under the name '%s'", q->name);
	if (good == 1 && result == PUBLISH_MALFORMED)
		good = refuse(&r, "BAD_REQUEST", "no manifest can be written about %s: a part is missing or too long",
			q->artifact);
	if (good == 1)
		answer_signed(reply, s, q, sha256);
	else
		answer_refused(reply, q, &r);
	end_pending(p);
	return 0;
}

/* ---- messages ---- */

static struct pending *place_for(struct sign *s, int64_t job)
{
	struct pending *empty = NULL;

	for (size_t i = 0; i < SIGN_PENDING; i++) {
		if (s->pending[i].used && s->pending[i].request.job == job) {
			end_pending(&s->pending[i]);	/* asked again: the newer message counts */
			return &s->pending[i];
		}
		if (!s->pending[i].used && empty == NULL)
			empty = &s->pending[i];
	}
	return empty;
}

static int take_request(struct sign *s, struct view message, const struct sign_clock *now, enum sign_to *to,
	struct buf *reply, struct err *e)
{
	struct sign_request q;
	struct refusal r = { "", "" };
	struct pending *p;
	const char *why;
	int good;

	*to = SIGN_ROUTE;
	if (!sign_request_read(&q, message, &why)) {
		refuse(&r, "BAD_REQUEST", "the request's element %s is missing or malformed", why);
		if (q.job >= 0)
			answer_refused(reply, &q, &r);
		else
			*to = SIGN_NOBODY;
		sign_request_release(&q);
		return 0;
	}
	p = place_for(s, q.job);
	good = p == NULL ? refuse(&r, "BUSY", "too many files wait for their read-back") : own_look(s, &q, &r, e);
	if (good == 1) {
		p->used = true;
		p->request = q;
		p->first_ms = now->monotonic_ms;
		ask_readback(reply, p, now->monotonic_ms);
		*to = SIGN_PARSE;
		return 0;
	}
	if (good == 0)
		answer_refused(reply, &q, &r);
	sign_request_release(&q);
	return good;
}

/* A head is signed only when it goes on from the last one: nobody gets two histories with one signature each. */
static int take_checkpoint(struct sign *s, const struct msg *m, enum sign_to *to, struct buf *reply, struct err *e)
{
	struct sign_request q = { .job = msg_num_or(m, T_JOB, -1) };
	struct refusal r = { "", "" };
	struct buf note = { .max = 4096 };
	unsigned char root[32];
	char hex[65];
	int64_t size = msg_num_or(m, T_SIZE, -1);
	int rc = -1;

	if (q.job < 0) {
		*to = SIGN_NOBODY;
		return 0;
	}
	*to = SIGN_ROUTE;
	if (size < 0 || !msg_cstr(m, T_ROOT, hex, sizeof(hex)) || !sign_is_sha256(hex))
		refuse(&r, "BAD_REQUEST", "a checkpoint needs SIZE and ROOT");
	else if (!sign_state_head_fits(s->state, size, hex))
		refuse(&r, "AUDIT_SHRANK", "the audit has %lld entries, and another head of it was signed before",
			(long long)size);
	if (r.reason[0] != '\0') {
		answer_refused(reply, &q, &r);
		return 0;
	}
	for (int i = 0; i < 32; i++) {
		const char *digits = "0123456789abcdef";

		root[i] = (unsigned char)((strchr(digits, hex[2 * i]) - digits) << 4 | (strchr(digits,
			hex[2 * i + 1]) - digits));
	}
	sign_state_forget(s->state);
	sign_state_add_head(s->state, size, hex);
	if (sign_state_commit(s->state, e) == -1 || seal_sign_note(s->signer, size, root, &note, e) == -1)
		goto out;
	wire_begin(reply, M_CHECKPOINTED);
	wire_num(reply, T_JOB, q.job);
	wire_view(reply, T_TEXT, buf_as_view(&note));
	rc = 0;
out:
	buf_release(&note);
	return rc;
}

int sign_from_route(struct sign *s, struct view message, const struct sign_clock *now, enum sign_to *to,
	struct buf *reply, struct err *e)
{
	struct view rest;
	struct msg m;
	uint16_t type = 0;

	*to = SIGN_NOBODY;
	if (wire_open(message, &type, &rest) && type == M_SIGN)
		return take_request(s, message, now, to, reply, e);
	if (type == M_CHECKPOINT && msg_parse(&m, message))
		return take_checkpoint(s, &m, to, reply, e);
	log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
	return 0;
}

int sign_from_parse(struct sign *s, struct view message, const struct sign_clock *now, enum sign_to *to,
	struct buf *reply, struct err *e)
{
	struct sign_readback b;
	const char *why;
	int rc = 0;

	*to = SIGN_NOBODY;
	if (!sign_readback_read(&b, message, &why)) {
		log_step(LOG_WARNING, "message.malformed", "peer", "parse", "element", why, NULL);
		sign_readback_release(&b);
		return 0;
	}
	for (size_t i = 0; i < SIGN_PENDING; i++) {
		struct pending *p = &s->pending[i];

		if (!p->used || p->request.job != b.job || strcmp(p->request.sha256, b.sha256) != 0)
			continue;
		rc = finish(s, p, &b, now, reply, e);
		*to = rc == 0 ? SIGN_ROUTE : SIGN_NOBODY;
		break;
	}
	sign_readback_release(&b);
	return rc;
}

int sign_overdue(struct sign *s, const struct sign_clock *now, enum sign_to *to, struct buf *reply)
{
	struct refusal r = { "", "" };

	*to = SIGN_NOBODY;
	for (size_t i = 0; i < SIGN_PENDING; i++) {
		struct pending *p = &s->pending[i];

		if (!p->used || now->monotonic_ms - p->asked_ms < SIGN_ASK_AGAIN_MS)
			continue;
		if (now->monotonic_ms - p->first_ms < SIGN_GIVE_UP_MS) {
			ask_readback(reply, p, now->monotonic_ms);
			*to = SIGN_PARSE;
			return 0;
		}
		refuse(&r, "READBACK_UNKNOWN", "parse gave no usable answer about %s", p->request.artifact);
		answer_refused(reply, &p->request, &r);
		end_pending(p);
		*to = SIGN_ROUTE;
		return 0;
	}
	return 0;
}

/* ---- open and close ---- */

int sign_open(struct sign **out, const struct config *c, struct err *e)
{
	struct sign *s = calloc(1, sizeof(*s));
	struct buf path = { .max = 8192 };
	int rc = -1;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ENOMEM, "out of memory");
	s->config = c;
	s->manifests = -1;
	if (seal_signer_open(&s->signer, c->signer_key, c->signer_cert, e) == -1)
		goto out;
	buf_fmt(&path, "%s/spool/out", c->home);
	if (spool_open(&s->spool, buf_cstr(&path), false, e) == -1)
		goto out;
	buf_clear(&path);
	buf_fmt(&path, "%s/manifests", c->home);
	s->manifests = open(buf_cstr(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->manifests == -1) {
		err_set(e, errno, "cannot open '%s': %s", buf_cstr(&path), strerror(errno));
		goto out;
	}
	if (publish_prepare(s->manifests, e) == -1 || sign_state_open(&s->state, s->manifests, e) == -1)
		goto out;
	*out = s;
	rc = 0;
out:
	buf_release(&path);
	if (rc != 0)
		sign_free(s);
	return rc;
}

void sign_free(struct sign *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < SIGN_PENDING; i++)
		end_pending(&s->pending[i]);
	sign_state_free(s->state);
	spool_free(s->spool);
	seal_signer_free(s->signer);
	if (s->manifests != -1)
		close(s->manifests);
	free(s);
}

const char *sign_name(const struct sign *s)
{
	return seal_signer_name(s->signer);
}
