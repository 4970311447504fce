/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step - events in, a transaction, messages out: the frame in which every room of route works
 *
 * route_event(): find the handler, open a transaction where its row says so, run it, pump while something is dirty, commit, and only
 * then let the queued messages go.  A group of events shares transaction, pump and commit.  A handler that fails rolls everything
 * back, queue included, and route ends: what the others of its group had told is told again.
 * Peers are known by name; a new epoch under an old name means that its unfinished jobs are lost and are made again by the pump.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/bulk.h"
#include "gateway/roles/route/notices.h"
#include "gateway/roles/route/query.h"
#include "gateway/roles/route/ways.h"

#include <stdio.h>
#include <stdlib.h>
#include "gateway/audit.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/segment.h"

#define PEER_SILENT_MS 5000		/* five missed HELLOs */
#define JOB_SILENT_MS 120000		/* no sign of a job for that long: give it to somebody again */
#define EMIT_SILENT_MS 300000		/* above what distribute gives a child by the clock */
#define LONG_SILENT_MS 7200000		/* a large file over a slow line, or one whose module loops until parse has ended it twice */
#define PUMP_ROUNDS 64
#define NOTICE_AGAIN_MS 1000

typedef int (*peer_fn)(struct route *, const char *peer, const struct msg *, struct err *);
typedef int (*job_fn)(struct route *, struct job *, const struct msg *, struct err *);

static int on_hello(struct route *, const char *peer, const struct msg *, struct err *);
static int on_parse_records(struct route *, struct job *, const struct msg *, struct err *);
static int on_parse_findings(struct route *, struct job *, const struct msg *, struct err *);
static int on_parsed(struct route *, struct job *, const struct msg *, struct err *);
static int on_matched(struct route *, struct job *, const struct msg *, struct err *);
static int on_command(struct route *, const char *peer, const struct msg *, struct err *);
static int on_report_command(struct route *, const char *peer, const struct msg *, struct err *);
static int on_reported(struct route *, struct job *, const struct msg *, struct err *);
static int on_job_failed(struct route *, struct job *, const struct msg *, struct err *);
static int on_distribute_failed(struct route *, const char *peer, const struct msg *, struct err *);

static const struct {
	enum route_pair pair;
	uint16_t type;
	bool ledger;			/* runs in a transaction */
	peer_fn by_peer;
	job_fn by_job;			/* only for a job this peer was given */
} handlers[] = {
	{ PAIR_INTAKE, M_SEEN, true, watch_seen, NULL },
	{ PAIR_INTAKE, M_FETCHED, true, watch_fetched, NULL },
	{ PAIR_INTAKE, M_FETCH_FAILED, true, watch_failed, NULL },
	{ PAIR_INTAKE, M_ORIGINAL_DONE, true, watch_original, NULL },
	{ PAIR_PARSE, M_RECORDS, false, NULL, on_parse_records },
	{ PAIR_PARSE, M_FINDINGS, false, NULL, on_parse_findings },
	{ PAIR_PARSE, M_PARSED, true, NULL, on_parsed },
	{ PAIR_DISTRIBUTE, M_ALLOTTED, true, run_allotted, NULL },
	{ PAIR_DISTRIBUTE, M_BYTES, false, NULL, artifact_bytes },
	{ PAIR_DISTRIBUTE, M_CREDIT, true, NULL, artifact_credit },
	{ PAIR_DISTRIBUTE, M_EMITTED, true, NULL, artifact_emitted },
	{ PAIR_DISTRIBUTE, M_JOB_FAILED, true, on_distribute_failed, NULL },
	{ PAIR_RECONCILE, M_MATCHED, true, NULL, on_matched },
	{ PAIR_RECONCILE, M_SETTLED, true, NULL, bank_settled },
	{ PAIR_RECONCILE, M_JOB_FAILED, true, NULL, on_job_failed },
	{ PAIR_SIGN, M_SIGNED, true, NULL, signing_signed },
	{ PAIR_SIGN, M_REFUSED, true, NULL, signing_refused },
	{ PAIR_DELIVER, M_DELIVER_RESULT, true, NULL, delivery_result },
	{ PAIR_REPORT, M_COMMAND, true, on_report_command, NULL },
	{ PAIR_REPORT, M_REPORTED, true, NULL, on_reported },
	{ PAIR_REPORT, M_JOB_FAILED, true, NULL, on_job_failed },
	{ PAIR_CONTROL, M_COMMAND, true, on_command, NULL },
};

static const char *const pair_actor[PAIRS] = { "intake", "parse", "distribute", "reconcile", "sign", "deliver", "report", "control" };

int64_t route_ms(struct route *r)
{
	return r->ops->monotonic_ms(r->ops->ctx);
}

struct view id_text(char letter, int64_t id, char out[24])
{
	int n = snprintf(out, 24, "%c%lld", letter, (long long)id);

	return (struct view){ out, (size_t)n };
}

bool id_parse(struct view v, char *letter, int64_t *id)
{
	int64_t n = 0;

	if (v.n < 2 || v.n > 18 || v.p[0] < 'A' || v.p[0] > 'Z')
		return false;
	for (size_t i = 1; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		n = n * 10 + (v.p[i] - '0');
	}
	*letter = v.p[0];
	*id = n;
	return true;
}

int route_audit(struct route *r, const char *object, const char *from, const char *to, const char *detail, struct err *err)
{
	struct audit_entry e = { .object = object, .from = from, .to = to, .count = 1, .detail = detail };

	return audit_append(r->ledger, &e, err);
}

int64_t counter_take(struct route *r, const char *name, int64_t start, int64_t n, int64_t *first, struct err *err)
{
	int64_t value = start;
	int found = ledger_int(r->ledger, &value, err, "SELECT value FROM counter WHERE name=?", "t", name);

	if (found < 0)
		return -1;
	*first = value;
	return ledger_do(r->ledger, err, "INSERT INTO counter(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value=?2", "ti", name, value + n) < 0
		? -1 : 0;
}

/* Messages */

void route_send(struct route *r, enum route_pair pair, const char *peer, const struct buf *message)
{
	struct outgoing *o;

	if (r->n_queue == r->queue_cap) {
		size_t cap = r->queue_cap ? r->queue_cap * 2 : 64;
		struct outgoing *q = realloc(r->queue, cap * sizeof(*q));

		if (q == NULL)
			return;			/* lost in flight, as the bus may: the pump asks again */
		r->queue = q;
		r->queue_cap = cap;
	}
	o = &r->queue[r->n_queue++];
	*o = (struct outgoing){ .pair = pair };
	snprintf(o->peer, sizeof(o->peer), "%s", peer);
	buf_view(&o->bytes, buf_as_view(message));
}

static void queue_clear(struct route *r)
{
	for (size_t i = 0; i < r->n_queue; i++)
		buf_release(&r->queue[i].bytes);
	r->n_queue = 0;
}

void route_flush(struct route *r)
{
	size_t left = 0;

	for (size_t i = 0; i < r->n_queue; i++) {
		struct outgoing *o = &r->queue[i];
		enum bus_sent sent = o->bytes.failed ? BUS_GONE : r->ops->send(r->ops->ctx, o->pair, o->peer, buf_as_view(&o->bytes));

		if (sent == BUS_FULL) {
			r->queue[left++] = *o;		/* stays, in order, until there is room */
			continue;
		}
		if (sent == BUS_GONE && o->pair == PAIR_DISTRIBUTE)
			run_lost(r, o->peer);
		buf_release(&o->bytes);
	}
	r->n_queue = left;
}

/* Peers and jobs */

static size_t jobs_at(const struct route *r, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < ROUTE_JOBS; i++)
		n += r->jobs[i].kind != JOB_NONE && strcmp(r->jobs[i].peer, name) == 0;
	return n;
}

struct peer *route_peer(struct route *r, enum route_pair pair)
{
	struct peer *best = NULL;

	for (size_t i = 0; i < r->n_peers; i++) {
		struct peer *p = &r->peers[i];

		if (p->pair == pair && p->alive && (best == NULL || jobs_at(r, p->name) < jobs_at(r, best->name)))
			best = p;
	}
	return best;
}

bool job_room(struct route *r, enum route_pair pair)
{
	return route_peer(r, pair) != NULL && route_jobs(r) < ROUTE_JOBS;
}

struct job *job_start(struct route *r, enum job_kind kind, int64_t object, const struct peer *peer)
{
	if (peer == NULL)
		return NULL;
	for (size_t i = 0; i < ROUTE_JOBS; i++) {
		struct job *j = &r->jobs[i];

		if (j->kind != JOB_NONE)
			continue;
		*j = (struct job){ .id = r->boot << 24 | ++r->last_job, .kind = kind, .object = object, .touched_ms = route_ms(r) };
		snprintf(j->peer, sizeof(j->peer), "%s", peer->name);
		return j;
	}
	return NULL;
}

struct job *job_find(struct route *r, int64_t id, enum job_kind kind)
{
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind != JOB_NONE && r->jobs[i].id == id && (kind == JOB_NONE || r->jobs[i].kind == kind))
			return &r->jobs[i];
	return NULL;
}

struct job *job_of(struct route *r, enum job_kind kind, int64_t object)
{
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind == kind && r->jobs[i].object == object)
			return &r->jobs[i];
	return NULL;
}

void job_end(struct route *r, struct job *j)
{
	if (j->work != NULL && j->work_free != NULL)
		j->work_free(j->work);
	*j = (struct job){ .kind = JOB_NONE };
	r->dirty = true;
}

/* What a job's loss means: most are simply made again by the pump; a delivery asks its state. */
static int job_lost(struct route *r, struct job *j, struct err *err)
{
	enum job_kind kind = j->kind;
	int64_t object = j->object;

	job_end(r, j);
	if (kind == JOB_SETTLE)
		bank_from_the_start(r);
	if (kind == JOB_LINK)
		r->link_dirty = true;
	if (kind == JOB_REPORT)
		r->report_wanted = true;
	if (kind == JOB_NOTICE)
		r->notice_wait_ms = route_ms(r) + NOTICE_AGAIN_MS;
	return kind == JOB_DELIVER ? delivery_lost(r, object, err) : 0;
}

static int peer_lost(struct route *r, const char *name, struct err *err)
{
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind != JOB_NONE && strcmp(r->jobs[i].peer, name) == 0 && job_lost(r, &r->jobs[i], err) != 0)
			return -1;
	return 0;
}

static struct peer *peer_by_name(struct route *r, enum route_pair pair, const char *name)
{
	for (size_t i = 0; i < r->n_peers; i++)
		if (r->peers[i].pair == pair && strcmp(r->peers[i].name, name) == 0)
			return &r->peers[i];
	if (r->n_peers == ROUTE_PEERS)
		return NULL;
	r->peers[r->n_peers] = (struct peer){ .pair = pair };
	snprintf(r->peers[r->n_peers].name, BUS_PEER, "%s", name);
	return &r->peers[r->n_peers++];
}

/* Whoever says anything is there: one that is busy with our work may not come to its HELLO. */
static void heard(struct route *r, enum route_pair pair, const char *name)
{
	for (size_t i = 0; i < r->n_peers; i++)
		if (r->peers[i].pair == pair && strcmp(r->peers[i].name, name) == 0)
			r->peers[i].heard_ms = route_ms(r);
}

static enum route_pair hello_pair;		/* set by route_event for on_hello, whose row is every pair's */

static int on_hello(struct route *r, const char *name, const struct msg *m, struct err *err)
{
	struct peer *p = peer_by_name(r, hello_pair, name);
	uint64_t epoch = (uint64_t)msg_num_or(m, T_EPOCH, 0);
	bool fresh;

	if (p == NULL)
		return 0;
	fresh = p->epoch != epoch;
	p->heard_ms = route_ms(r);
	p->credit = msg_num_or(m, T_CREDIT, 0);
	if (fresh || !p->alive)
		r->dirty = true;
	p->alive = true;
	if (fresh) {
		p->epoch = epoch;
		log_step(LOG_INFO, "peer.hello", "peer", name, NULL);
		if (peer_lost(r, name, err) != 0)
			return -1;
	}
	return hello_pair == PAIR_DISTRIBUTE ? run_hello(r, p, err) : 0;
}

/* Dispatch */

static int on_parse_records(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	return j->kind == JOB_PARSE ? inbound_records(r, j, m, err) : artifact_readback_records(r, j, m, err);
}

static int on_parse_findings(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	return j->kind == JOB_PARSE ? inbound_findings(r, j, m, err) : artifact_readback_findings(r, j, m, err);
}

static int on_parsed(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	return j->kind == JOB_PARSE ? inbound_parsed(r, j, m, err) : artifact_readback_done(r, j, m, err);
}

static int on_matched(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	return returns_matched(r, j, m, err);
}

static int on_reported(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	return j->kind == JOB_NOTICE ? notices_written(r, j, m, err) : report_done(r, j, m, err);
}

static int on_command(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	return people_command(r, peer, PAIR_CONTROL, m, err);
}

static int on_report_command(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	return people_command(r, peer, PAIR_REPORT, m, err);
}

static int on_job_failed(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	char text[200];

	if (!msg_cstr(m, T_TEXT, text, sizeof(text)))
		snprintf(text, sizeof(text), "no reason given");
	log_step(LOG_WARNING, "job.failed", "peer", j->peer, "why", text, NULL);
	if (j->kind == JOB_SETTLE) {
		partition_failed(r, j);
		return 0;
	}
	return job_lost(r, j, err);
}

/* A rendering is a job; an allotment is a range of the pool. */
static int on_distribute_failed(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	struct job *j = job_find(r, msg_num_or(m, T_JOB, -1), JOB_EMIT);

	if (j == NULL)
		return run_failed(r, peer, m, err);
	return strcmp(j->peer, peer) == 0 ? on_job_failed(r, j, m, err) : 0;
}

static int pump(struct route *r, struct err *err)
{
	static int (*const rooms[])(struct route *, struct err *) = {
		inbound_pump, run_pump, confirmations_pump, bulk_pump, ways_pump, artifact_pump, numbers_pump, signing_pump, delivery_pump, acks_pump, bank_pump, returns_pump, report_pump, notices_pump,
	};

	for (int round = 0; r->dirty && round < PUMP_ROUNDS; round++) {
		r->dirty = false;
		for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
			clock_actor(r, "route");
			if (rooms[i](r, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int dispatch(struct route *r, enum route_pair pair, const char *peer, const struct msg *m, size_t row, struct err *err)
{
	struct job *j;

	if (handlers[row].by_peer != NULL)
		return handlers[row].by_peer(r, peer, m, err);
	j = job_find(r, msg_num_or(m, T_JOB, -1), JOB_NONE);
	if (j == NULL || strcmp(j->peer, peer) != 0)
		return 0;			/* of an earlier life, or answered twice */
	j->touched_ms = route_ms(r);
	(void)pair;
	return handlers[row].by_job(r, j, m, err);
}

static int open_transaction(struct route *r, struct err *err)
{
	if (r->open)
		return 0;
	if (ledger_begin(r->ledger, err) != 0)
		return -1;
	r->open = true;
	return 0;
}

static int give_up(struct route *r)
{
	if (r->open)
		ledger_rollback(r->ledger);
	r->open = r->grouped = false;
	queue_clear(r);
	return -1;
}

/* Segments that were published in this transaction: one write of their directory for all of them, before the ledger speaks of them. */
static int settle_segments(struct route *r, struct err *err)
{
	if (!r->rec_unsettled)
		return 0;
	r->rec_unsettled = false;
	return segment_settle(r->rec_dir, err);
}

int route_commit(struct route *r, struct err *err)
{
	r->grouped = false;
	if (r->open)
		r->piece_done = r->told_piece = r->more = false;
	if (r->open && (pump(r, err) != 0 || settle_segments(r, err) != 0 || ledger_commit(r->ledger, err) != 0))
		return give_up(r);
	r->open = false;
	route_flush(r);
	return 0;
}

void route_group(struct route *r)
{
	r->grouped = true;
	r->group_events = 0;
}

static int in_transaction(struct route *r, enum route_pair pair, const char *peer, const struct msg *m, int row, struct err *err)
{
	if (open_transaction(r, err) != 0)
		return give_up(r);
	clock_actor(r, pair_actor[pair]);
	hello_pair = pair;
	if ((row < 0 ? on_hello(r, peer, m, err) : dispatch(r, pair, peer, m, (size_t)row, err)) != 0)
		return give_up(r);
	return r->grouped ? 0 : route_commit(r, err);
}

int route_event(struct route *r, enum route_pair pair, const char *peer, struct view message, struct err *err)
{
	int row = -2;

	if (!msg_parse(&r->msg, message)) {
		log_step(LOG_WARNING, "message.malformed", "peer", peer, NULL);
		return 0;
	}
	heard(r, pair, peer);
	r->group_events += r->grouped;
	if (r->msg.type == M_HELLO)
		row = -1;
	for (size_t i = 0; row == -2 && i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].pair == pair && handlers[i].type == r->msg.type)
			row = (int)i;
	if (row == -2) {
		log_step(LOG_WARNING, "message.unexpected", "peer", peer, NULL);
		return 0;
	}
	if (row < 0 || handlers[row].ledger)
		return in_transaction(r, pair, peer, &r->msg, row, err);
	if (dispatch(r, pair, peer, &r->msg, (size_t)row, err) != 0)
		return give_up(r);
	if (!r->open)
		route_flush(r);
	return 0;
}

/* Longer than the role that works at it may take, or a job that kills would be given out again and again instead of being held. */
static int64_t silence_of(enum job_kind kind)
{
	switch (kind) {
	case JOB_DELIVER:
	case JOB_PARSE:
	case JOB_READBACK:
		return LONG_SILENT_MS;
	case JOB_EMIT:
		return EMIT_SILENT_MS;
	default:
		return JOB_SILENT_MS;
	}
}

static int look_at_peers(struct route *r, struct err *err)
{
	int64_t now = route_ms(r);

	for (size_t i = 0; i < r->n_peers; i++) {
		struct peer *p = &r->peers[i];

		if (p->alive && now - p->heard_ms > PEER_SILENT_MS) {
			p->alive = false;
			log_step(LOG_WARNING, "peer.silent", "peer", p->name, NULL);
			if (peer_lost(r, p->name, err) != 0)
				return -1;
		}
	}
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind != JOB_NONE && now - r->jobs[i].touched_ms > silence_of(r->jobs[i].kind) && job_lost(r, &r->jobs[i], err) != 0)
			return -1;
	return 0;
}

int route_tick(struct route *r, struct err *err)
{
	if (open_transaction(r, err) != 0)
		return give_up(r);
	clock_actor(r, "route");
	r->dirty = true;
	if (watch_adopt(r, err) != 0 || look_at_peers(r, err) != 0 || bank_clock(r, err) != 0 || book_clock(r, err) != 0 || acks_clock(r, err) != 0)
		return give_up(r);
	return route_commit(r, err);
}

static int start(struct route *r, struct err *err)
{
	char path[600];

	snprintf(r->rec_dir, sizeof(r->rec_dir), "%s/spool/rec", r->config->home);
	snprintf(path, sizeof(path), "%s/ledger/tallygate.db", r->config->home);
	if (ledger_open(&r->ledger, path, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/spool/out", r->config->home);
	if (spool_open(&r->out, path, true, err) != 0 || spool_sweep(r->out, err) != 0)
		return -1;
	if (ledger_begin(r->ledger, err) != 0)
		return -1;
	clock_actor(r, "route");
	if (counter_take(r, "boot", 1, 1, &r->boot, err) != 0 || watch_adopt(r, err) != 0 || delivery_restart(r, err) != 0 || ledger_commit(r->ledger, err) != 0) {
		ledger_rollback(r->ledger);
		return -1;
	}
	r->dirty = r->link_dirty = true;
	bank_from_the_start(r);
	return 0;
}

int route_open(struct route **out, const struct config *config, const struct route_ops *ops, struct err *err)
{
	struct route *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return err_set(err, -1, "no memory for route");
	r->config = config;
	r->ops = ops;
	r->scratch.max = (size_t)4 << 20;
	r->started_ms = route_ms(r);
	if (start(r, err) != 0) {
		route_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void route_free(struct route *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind != JOB_NONE)
			job_end(r, &r->jobs[i]);
	run_free(r);
	bulk_free(r);
	queue_clear(r);
	free(r->queue);
	buf_release(&r->scratch);
	spool_free(r->out);
	ledger_close(r->ledger);
	free(r);
}

size_t route_jobs(const struct route *r)
{
	size_t n = 0;

	for (size_t i = 0; i < ROUTE_JOBS; i++)
		n += r->jobs[i].kind != JOB_NONE;
	return n;
}
