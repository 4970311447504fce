/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbound - FETCHED -> PARSED -> ROUTED: what parse said of a file, added up again, judged, and handed to its purpose
 *
 * Records go to the segment as they come, within the credit that route grants; counts and sums are re-added here from the bytes.
 * Only when the child ended well, the counts agree and policy allows does ONE transaction make the parcel ROUTED; until
 * then no worker has seen a record.  Error findings hold the file (FINDINGS) unless a person released it; the findings are stored
 * masked.  A child that died, lied or was refused holds the parcel with that reason; nothing else stops.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/persons.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/finding.h"
#include "formats/core/mask.h"
#include "formats/core/money.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/segment.h"

#define PARSE_AT_ONCE 4
#define PARSE_CREDIT ((int64_t)4 << 20)
#define FINDINGS_KEPT 1000

struct inbound_work {
	struct segment_writer *segment;
	int64_t count, sum, kinds[RECORD_KINDS];
	struct buf findings;			/* wire messages of one T_FINDING each, with u32 lengths */
	int64_t kept, total, errors, warnings;
	char key[256];				/* business key, "" until a FILE record came */
	bool timed;				/* the creation time is part of the key */
	bool broken;				/* its bytes did not add up: held at the verdict */
};

static void work_free(void *p)
{
	struct inbound_work *w = p;

	segment_abort(w->segment);
	buf_release(&w->findings);
	free(w);
}

static int segment_path(struct route *r, int64_t parcel, char *out, size_t cap)
{
	return snprintf(out, cap, "%s/F%lld", r->rec_dir, (long long)parcel);
}

static void put_options(struct buf *m, const struct inbound *in)
{
	char text[300];

	for (size_t i = 0; i < in->n_options; i++) {
		int n = snprintf(text, sizeof(text), "%s=%s", in->options[i].name, in->options[i].value);

		if (n > 0 && (size_t)n < sizeof(text))
			wire_text(m, T_OPTION, text);
	}
}

static int start_parse(struct route *r, int64_t parcel, struct view sha, const struct inbound *in, struct err *err)
{
	struct job *j = job_start(r, JOB_PARSE, parcel, route_peer(r, PAIR_PARSE));
	struct inbound_work *w;
	struct buf m = { 0 };
	char path[600];

	if (j == NULL)
		return 0;			/* nobody there now: the next HELLO pumps again */
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return err_set(err, -1, "no memory to take in F%lld", (long long)parcel);
	j->work = w;
	j->work_free = work_free;
	w->timed = strcmp(in->purpose, "return") == 0;
	segment_path(r, parcel, path, sizeof(path));
	if (segment_begin(&w->segment, path, err) != 0)
		return -1;
	wire_begin(&m, M_PARSE);
	wire_num(&m, T_JOB, j->id);
	wire_view(&m, T_SHA256, sha);
	wire_num(&m, T_SPOOL, 0);
	wire_text(&m, T_FORMAT, in->format);
	put_options(&m, in);
	wire_num(&m, T_CREDIT, PARSE_CREDIT);
	route_send(r, PAIR_PARSE, j->peer, &m);
	buf_release(&m);
	return 0;
}

static int hold(struct route *r, int64_t parcel, const char *why, const char *text, struct err *err)
{
	char object[24];

	log_step(LOG_WARNING, "parcel.held", "parcel", id_text('F', parcel, object).p, "why", why, "text", text, NULL);
	if (ledger_do(r->ledger, err, "UPDATE parcel SET text=? WHERE id=?", "ti", text, parcel) < 0)
		return -1;
	return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_HELD, why, err);
}

int inbound_pump(struct route *r, struct err *err)
{
	const struct partner *partner;
	const struct inbound *in;
	struct rows rows;
	int rc, running = 0;

	for (size_t i = 0; i < ROUTE_JOBS; i++)
		running += r->jobs[i].kind == JOB_PARSE;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, sha256, channel FROM parcel WHERE state=? ORDER BY id LIMIT 64", "i", (int64_t)PARCEL_FETCHED) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1 && running < PARSE_AT_ONCE) {
		int64_t id = rows_int(&rows, 0);

		if (job_of(r, JOB_PARSE, id) != NULL)
			continue;
		in = config_inbound(r->config, rows_text(&rows, 2), &partner);
		if (in == NULL) {		/* its channel left the configuration */
			if (hold(r, id, "NO_ROUTE", "its channel is not in the configuration any more", err) != 0) {
				rows_end(&rows);
				return -1;
			}
			continue;
		}
		if (start_parse(r, id, rows_text(&rows, 1), in, err) != 0) {
			rows_end(&rows);
			return -1;
		}
		running++;
	}
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

static void key_part(struct inbound_work *w, size_t *n, const struct record *rec, enum record_field f)
{
	int k;

	if (*n >= sizeof(w->key))
		return;
	if (record_field_rows[f].type == FIELD_TEXT)
		k = snprintf(w->key + *n, sizeof(w->key) - *n, "|%.*s", VIEW_FMT(record_text(rec, f)));
	else
		k = snprintf(w->key + *n, sizeof(w->key) - *n, "|%lld", (long long)record_num(rec, f, -1));
	*n += k > 0 ? (size_t)k : 0;
}

/*
 * DESIGN "Business keys": what names a file besides its bytes.  An ACH file's modifier is unique only with its time.  Without a number
 * of its own a file has none: a bank that answers twice a day is not repeating itself.
 */
static void note_key(struct inbound_work *w, const struct record *rec)
{
	static const enum record_field parts[] = { F_SENDER, F_RECEIVER, F_CREATED_DATE, F_FILE_ID, F_COMPANY, F_RUN, F_PAY_DATE };
	size_t n = 0;

	if (!record_has(rec, F_FILE_ID) && !record_has(rec, F_RUN))
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		key_part(w, &n, rec, parts[i]);
	if (w->timed)
		key_part(w, &n, rec, F_CREATED_TIME);
}

/* Counts and sums what is there; false: these bytes are not whole records. */
static bool add_up(struct inbound_work *w, struct view bytes, int64_t *count, int64_t *sum)
{
	struct record rec;
	int got;

	*count = *sum = 0;
	while ((got = wire_cut_record(&bytes, &rec)) == 1) {
		if ((int64_t)rec.seq != w->count + *count + 1 || !money_add_minor(sum, record_num(&rec, F_AMOUNT, 0)))
			return false;
		++*count;
		w->kinds[rec.kind < RECORD_KINDS ? rec.kind : 0]++;
		if (rec.kind == RECORD_FILE && w->key[0] == '\0')
			note_key(w, &rec);
	}
	return got == 0 && bytes.n == 0;
}

/* Parse starts a file over when its child died once: FIRST is 1 again. */
static int start_over(struct route *r, struct job *j, struct err *err)
{
	struct inbound_work *w = j->work;
	char path[600];

	segment_path(r, j->object, path, sizeof(path));
	segment_abort(w->segment);
	w->segment = NULL;
	buf_release(&w->findings);
	*w = (struct inbound_work){ .timed = w->timed };
	return segment_begin(&w->segment, path, err);
}

int inbound_records(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct inbound_work *w = j->work;
	struct view bytes = msg_text(m, T_BYTES);
	int64_t first = msg_num_or(m, T_FIRST, 0), count, sum;
	struct buf reply = { 0 };

	if (first == 1 && w->count > 0 && start_over(r, j, err) != 0)
		return -1;
	if (first != w->count + 1 || !add_up(w, bytes, &count, &sum) || count != msg_num_or(m, T_COUNT, -1) || sum != msg_num_or(m, T_SUM, count + 1)
	    || !money_add_minor(&w->sum, sum)) {
		w->broken = true;
		return 0;
	}
	w->count += count;
	if (!w->broken && segment_append(w->segment, bytes, (uint64_t)count, err) != 0)
		return -1;
	wire_begin(&reply, M_CREDIT);
	wire_num(&reply, T_JOB, j->id);
	wire_num(&reply, T_CREDIT, (int64_t)bytes.n);
	route_send(r, PAIR_PARSE, j->peer, &reply);
	buf_release(&reply);
	return 0;
}

int inbound_findings(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	struct inbound_work *w = j->work;
	struct finding f;
	char code[64];

	(void)r, (void)err;
	for (uint16_t i = 0; i < m->n; i++) {
		if (m->e[i].tag != T_FINDING || !wire_get_finding(m->e[i].v, &f, code))
			continue;
		w->total++;
		w->errors += f.severity == FINDING_ERROR;
		w->warnings += f.severity == FINDING_WARNING;
		if (w->kept >= FINDINGS_KEPT)
			continue;
		w->kept++;
		buf_u32(&w->findings, (uint32_t)m->e[i].v.n);
		buf_view(&w->findings, m->e[i].v);
	}
	return 0;
}

static int store_finding(struct route *r, int64_t parcel, int64_t n, const struct finding *f, struct err *err)
{
	struct buf excerpt = { 0 }, text = { 0 };
	int rc;

	mask_digits(&excerpt, view_sub(f->excerpt, 0, FINDING_EXCERPT));
	escape_text(&text, view_sub(f->text, 0, 500));
	rc = ledger_do(r->ledger, err, "INSERT OR REPLACE INTO finding(parcel, n, severity, code, line, col, field, text, excerpt) VALUES(?,?,?,?,?,?,?,?,?)", "iiitiivvv",
		       parcel, n, (int64_t)f->severity, f->code, (int64_t)f->line, (int64_t)f->column, f->field, buf_as_view(&text), buf_as_view(&excerpt));
	buf_release(&excerpt);
	buf_release(&text);
	return rc < 0 ? -1 : 0;
}

static int store_findings(struct route *r, int64_t parcel, const struct inbound_work *w, struct err *err)
{
	struct view rest = buf_as_view(&w->findings);
	struct finding f;
	char code[64];
	uint32_t n;

	if (ledger_do(r->ledger, err, "DELETE FROM finding WHERE parcel=?", "i", parcel) < 0)
		return -1;
	for (int64_t i = 1; rest.n >= 4; i++) {
		memcpy(&n, rest.p, 4);
		if (n > rest.n - 4)
			break;
		if (wire_get_finding(view_sub(rest, 4, n), &f, code) && store_finding(r, parcel, i, &f, err) != 0)
			return -1;
		rest = view_sub(rest, 4 + (size_t)n, rest.n);
	}
	return 0;
}

/* Why the parse itself does not count; NULL: it does. */
static const char *parse_failed(const struct inbound_work *w, const struct msg *m)
{
	switch (msg_num_or(m, T_VERDICT, JOB_DIED)) {
	case JOB_DONE:
		break;
	case JOB_UNKNOWN_FORMAT:
		return "UNKNOWN_FORMAT";
	case JOB_REFUSED:
		return "MODULE_REFUSED";
	case JOB_MODULE_FAILED:
		return "PARSER_FAILED";
	default:
		return "PARSER_DIED";
	}
	if (w->broken || w->count != msg_num_or(m, T_COUNT, -1) || w->sum != msg_num_or(m, T_SUM, w->sum + 1))
		return "COUNTS_DIFFER";
	return NULL;
}

/* What a channel is for: the records it must hold, and the room that they go to. */
static const struct purpose {
	const char *name;
	enum record_kind kinds[3];
	int (*route)(struct route *, int64_t parcel, struct err *);
} purposes[] = {
	{ "payroll", { RECORD_PAYMENT }, run_open },
	{ "people", { RECORD_PERSON }, persons_route },
	{ "statement", { RECORD_STATEMENT }, bank_route },
	{ "return", { RECORD_RETURN, RECORD_CHANGE }, returns_route },
	{ "expected", { RECORD_EXPECTED }, book_route },
	{ "ack", { RECORD_ACK }, acks_route },
	{ "confirmation", { RECORD_CHECK_STATUS, RECORD_ROLLOVER }, confirmations_route },
};

static const struct purpose *purpose_called(const char *name)
{
	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (strcmp(purposes[i].name, name) == 0)
			return &purposes[i];
	return NULL;
}

static bool fits_purpose(const struct inbound_work *w, const char *name)
{
	const struct purpose *p = purpose_called(name);
	int64_t n = 0;

	for (size_t i = 0; p != NULL && i < sizeof(p->kinds) / sizeof(p->kinds[0]) && p->kinds[i] != RECORD_NONE; i++)
		n += w->kinds[p->kinds[i]];
	return n > 0 && !(w->kinds[RECORD_BATCH] > 0 && p->kinds[0] == RECORD_PAYMENT);	/* an ACH file is no register */
}

/* The first error in a sentence, for `status` and the log. */
static int first_error(struct route *r, int64_t parcel, const struct inbound_work *w, struct buf *out, struct err *err)
{
	struct rows rows;
	int rc;

	buf_fmt(out, "%lld error%s", (long long)w->errors, w->errors == 1 ? "" : "s");
	if (ledger_query(&rows, r->ledger, err, "SELECT line, field, text, code FROM finding WHERE parcel=? AND severity=2 ORDER BY n LIMIT 1", "i", parcel) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		buf_fmt(out, ", the first: line %lld, %.*s: %.*s [%.*s]", (long long)rows_int(&rows, 0), VIEW_FMT(rows_text(&rows, 1)), VIEW_FMT(rows_text(&rows, 2)),
			VIEW_FMT(rows_text(&rows, 3)));
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

/* The rules between PARSED and ROUTED; *why NULL: none stands in the way.  The key is claimed here and taken by inbound_route(). */
static int judge(struct route *r, int64_t parcel, const struct inbound_work *w, const char **why, struct buf *text, struct err *err)
{
	char purpose[32] = "", key[360];
	int64_t released = 0;
	struct rows rows;

	*why = NULL;
	if (ledger_query(&rows, r->ledger, err, "SELECT purpose, released, format FROM parcel WHERE id=?", "i", parcel) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(purpose, sizeof(purpose), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	released = rows_int(&rows, 1);
	snprintf(key, sizeof(key), "%.*s%s", VIEW_FMT(rows_text(&rows, 2)), w->key);
	rows_end(&rows);
	if (ledger_do(r->ledger, err, "UPDATE parcel SET claimed_key=? WHERE id=?", "ti", w->key[0] != '\0' ? key : NULL, parcel) < 0)
		return -1;
	if (w->errors > 0 && !released) {
		*why = "FINDINGS";
		return first_error(r, parcel, w, text, err);
	}
	if (!fits_purpose(w, purpose)) {
		*why = "NOTHING_FOR_PURPOSE";
		buf_fmt(text, "the channel expects a %s; the file holds no such records", purpose);
	}
	return 0;
}

/* A small segment shares the ledger's write to disk; a file has to be there before the ledger speaks of it. */
static int keep_records(struct route *r, int64_t parcel, struct inbound_work *w, struct err *err)
{
	struct buf small = { 0 };
	int rc = segment_end(&w->segment, &small, err);

	r->rec_unsettled |= rc == 0 && small.n == 0;
	if (rc == 0 && small.n > 0)
		rc = ledger_do(r->ledger, err, "INSERT OR REPLACE INTO segment(parcel, bytes) VALUES(?,?)", "ib", parcel, buf_as_view(&small)) < 0 ? -1 : 0;
	else if (rc == 0)			/* of an earlier reading */
		rc = ledger_do(r->ledger, err, "DELETE FROM segment WHERE parcel=?", "i", parcel) < 0 ? -1 : 0;
	buf_release(&small);
	return rc;
}

int segment_of(struct route *r, int64_t parcel, struct segment **out, struct err *err)
{
	char path[600];
	struct rows rows;
	int rc;

	*out = NULL;
	if (ledger_query(&rows, r->ledger, err, "SELECT bytes FROM segment WHERE parcel=?", "i", parcel) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1 && segment_open_bytes(out, rows_text(&rows, 0), err) != 0)
		rc = -1;
	rows_end(&rows);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	segment_path(r, parcel, path, sizeof(path));
	return segment_open(out, path, err);
}

static int parsed(struct route *r, int64_t parcel, struct inbound_work *w, const struct msg *m, struct err *err)
{
	const char *failed = parse_failed(w, m), *why;
	struct buf text = { 0 };
	int rc = -1;

	if (msg_num_or(m, T_ERRORS, 0) > w->errors)
		w->errors = msg_num_or(m, T_ERRORS, 0);		/* more were found than are kept */
	if (store_findings(r, parcel, w, err) != 0)
		goto out;
	if (ledger_do(r->ledger, err, "UPDATE parcel SET format=?2, module_version=?3, records=?4, sum_minor=?5, errors=?6, warnings=?7 WHERE id=?1", "ivviiii", parcel,
		      msg_text(m, T_FORMAT), msg_text(m, T_VERSION), w->count, w->sum, w->errors, w->warnings) < 0)
		goto out;
	if (failed != NULL) {
		buf_view(&text, msg_text(m, T_TEXT));
		rc = hold(r, parcel, failed, buf_cstr(&text), err);
		goto out;
	}
	if (keep_records(r, parcel, w, err) != 0 || ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_PARSED, NULL, err) != 0
	    || judge(r, parcel, w, &why, &text, err) != 0)
		goto out;
	rc = why != NULL ? hold(r, parcel, why, buf_cstr(&text), err) : inbound_route(r, parcel, err);
out:
	buf_release(&text);
	return rc;
}

int inbound_parsed(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t state = 0, parcel = j->object;
	char object[24], count[24];
	int rc;

	if (ledger_int(r->ledger, &state, err, "SELECT state FROM parcel WHERE id=?", "i", parcel) < 0)
		return -1;
	snprintf(count, sizeof(count), "%lld", (long long)((struct inbound_work *)j->work)->count);
	log_step(LOG_INFO, "parcel.parsed", "parcel", id_text('F', parcel, object).p, "records", count, NULL);
	rc = state == PARCEL_FETCHED ? parsed(r, parcel, j->work, m, err) : 0;
	job_end(r, j);
	return rc;
}

/* Is this file number taken?  1: by *other; 0: no, and it is this parcel's now. */
static int take_key(struct route *r, int64_t parcel, int64_t *other, struct err *err)
{
	int found = ledger_int(r->ledger, other, err, "SELECT o.id FROM parcel o JOIN parcel p ON o.business_key=p.claimed_key WHERE p.id=?1 AND o.id<>?1", "i", parcel);

	if (found != 0)
		return found;
	return ledger_do(r->ledger, err, "UPDATE parcel SET business_key=claimed_key WHERE id=?", "i", parcel) < 0 ? -1 : 0;
}

/* PARSED -> ROUTED, and on to what the channel is for.  Also the way of a released file. */
int inbound_route(struct route *r, int64_t parcel, struct err *err)
{
	struct rows rows;
	char purpose[32], object[24], text[80];
	const struct purpose *to;
	int64_t other;
	int taken;

	if (ledger_query(&rows, r->ledger, err, "SELECT purpose FROM parcel WHERE id=?", "i", parcel) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(purpose, sizeof(purpose), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	to = purpose_called(purpose);
	if (to == NULL)
		return hold(r, parcel, "NO_ROUTE", "nothing here works on files of its purpose", err);
	taken = take_key(r, parcel, &other, err);
	if (taken < 0)
		return -1;
	if (taken == 1) {
		snprintf(text, sizeof(text), "the same file number and date as F%lld", (long long)other);
		return hold(r, parcel, "DUPLICATE_KEY", text, err);
	}
	if (ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_ROUTED, NULL, err) != 0)
		return -1;
	log_step(LOG_INFO, "parcel.routed", "parcel", id_text('F', parcel, object).p, "purpose", purpose, NULL);
	r->dirty = true;
	return to->route(r, parcel, err);
}
