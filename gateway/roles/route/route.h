/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - owner of the ledger and of every state machine; what its rooms share
 *
 * The data walks: watch.c (a file is seen and fetched) -> inbound.c (parsed, judged, routed) -> run.c (payroll rows become items of a
 * batch, approved) -> numbers.c, artifact.c (numbers allotted, rendered, read back) -> signing.c -> delivery.c -> bank.c (statements, matches)
 * and returns.c; people.c and query.c answer operators, report.c asks for paper.
 *
 * route_event() and route_tick() are the step: what happens depends on the ledger, the event and `struct route_ops` only, so a
 * test drives a whole life by a seed in one process (tests/gateway/route_life_test.c).  The state that counts lies in the
 * ledger; what is in memory (jobs, pools) is lost in a crash and made again by route_pump() from the ledger alone.
 *
 * A handler runs in one transaction that route_event() opens and commits, or between route_group() and route_commit() together with
 * others: then one commit, one fsync and one round of the pumps serve them all.  Messages are queued and leave after the commit, so
 * nobody hears of a state that is not on disk.  Failure of the ledger: -1, the transaction is rolled back, route ends and the
 * supervisor starts it again.  A malformed message is dropped with a log line and changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "channels/bus.h"
#include "channels/spool.h"
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/wire.h"
#include "gateway/config.h"
#include "gateway/ledger.h"
#include "gateway/readback.h"
#include "rules/cutoff.h"

enum route_pair { PAIR_INTAKE, PAIR_PARSE, PAIR_DISTRIBUTE, PAIR_RECONCILE, PAIR_SIGN, PAIR_DELIVER, PAIR_REPORT, PAIR_CONTROL, PAIRS };

struct route_ops {
	void *ctx;
	int64_t (*monotonic_ms)(void *ctx);
	int64_t (*utc_seconds)(void *ctx);		/* the machine's clock */
	enum bus_sent (*send)(void *ctx, enum route_pair, const char *peer, struct view message);
};

#define ROUTE_PEERS 64
#define ROUTE_JOBS 128

struct peer {
	char name[BUS_PEER];
	enum route_pair pair;
	uint64_t epoch;
	int64_t heard_ms, credit;
	bool alive;
};

enum job_kind { JOB_NONE, JOB_PARSE, JOB_READBACK, JOB_EMIT, JOB_SIGN, JOB_DELIVER, JOB_SETTLE, JOB_LINK, JOB_REPORT, JOB_NOTICE };

struct job {
	int64_t id;
	enum job_kind kind;
	int64_t object;			/* parcel, artifact, delivery ... */
	char peer[BUS_PEER];
	int64_t touched_ms;
	void *work;			/* of the kind; freed by work_free */
	void (*work_free)(void *);
};

struct outgoing { enum route_pair pair; char peer[BUS_PEER]; struct buf bytes; };

struct settle {
	char partner[64], account[64], ccy[4];
	int phase;
	int64_t part, cursor, second, recent, rows, retry_ms;	/* retry: an account that the worker could not hold is tried again then */
	struct settle_mark { bool all; uint8_t n; char partner[8][64]; } now, next;	/* the banks of which something came: of this round, of one more */
	bool stale;				/* something of this bank came since the account was begun */
};

struct route {
	const struct config *config;
	const struct route_ops *ops;
	struct ledger *ledger;
	struct spool *out;			/* spool/out, writable */
	char rec_dir[512];			/* spool/rec */
	bool rec_unsettled;			/* it has names that are not on disk yet: the commit that relies on them waits for it */
	int64_t boot;				/* counter of starts; job numbers are boot << 24 | n */
	int64_t last_job;
	struct peer peers[ROUTE_PEERS];
	size_t n_peers;
	struct job jobs[ROUTE_JOBS];
	struct outgoing *queue;
	size_t n_queue, queue_cap;
	struct feed *feed;			/* allotment ranges for the distribute pool (run.c) */
	struct pending_run *runs;		/* batches being allotted (run.c) */
	bool dirty;				/* something changed: pump again */
	bool grouped, open;			/* events share a transaction; it is open */
	struct bulk *bulk;			/* the large file under way (bulk.c) */
	bool piece_done, more;			/* its piece of this transaction is done; more waits for nobody: turn again at once */
	bool told_piece;			/* the same of the traces that items are told (numbers.c) */
	int told_late;				/* groups that somebody had a word in since the last of these pieces */
	int group_events;			/* of the group at hand, or of the last one */
	bool match_dirty, link_dirty, report_wanted;
	int64_t notice_tried, notice_wait_ms;	/* the notice whose turn it was last; after a failure none is tried before (notices.c) */
	struct settle settle;			/* the account whose lines are being matched (partition.c) */
	int64_t confirmed_to;			/* how far the confirmations that wait are looked at (confirmations.c) */
	int64_t confirm_judged;			/* and how many of this pass could be judged */
	bool confirm_stands;			/* none of the last pass, which took several rounds */
	enum { CONFIRM_ALL_SEEN, CONFIRM_GOES_ON, CONFIRM_STANDS } confirm_pass;
	int64_t late_day;			/* the UTC day for which book.c has looked at what is late; 0: not yet */
	int64_t started_ms;			/* monotonic */
	bool adopted;				/* the spool was looked through for objects without a row (watch.c) */
	uint64_t parse_epoch_readback;		/* parse's epoch under which it knows the read-backs of this life */
	int64_t wait_until_ms[THINGS];		/* backoff per kind of thing after a safe failure */
	struct buf scratch;
	struct msg msg;				/* the one being handled */
};

/* route_step.c */
int route_open(struct route **out, const struct config *, const struct route_ops *, struct err *);
void route_free(struct route *);
int route_event(struct route *, enum route_pair, const char *peer, struct view message, struct err *);
void route_group(struct route *);				/* from here events share a transaction, opened by the first that needs one */
int route_commit(struct route *, struct err *);			/* ends the group: pumps, commits, sends */
int route_tick(struct route *, struct err *);			/* clocks, lost peers, then the pump */
void route_flush(struct route *);				/* sends what the last commit released */

/* For the rooms (route_step.c): */
void route_send(struct route *, enum route_pair, const char *peer, const struct buf *message);	/* queued until the commit */
struct peer *route_peer(struct route *, enum route_pair);	/* the live one (pools: the one with the fewest jobs); NULL: none */
bool job_room(struct route *, enum route_pair);			/* a live peer and a free row: a job can be started now */
struct job *job_start(struct route *, enum job_kind, int64_t object, const struct peer *);	/* NULL: no room now */
struct job *job_find(struct route *, int64_t id, enum job_kind);	/* kind JOB_NONE = any; NULL: unknown, to be ignored */
struct job *job_of(struct route *, enum job_kind, int64_t object);
void job_end(struct route *, struct job *);
int64_t route_ms(struct route *);
int64_t counter_take(struct route *, const char *name, int64_t start, int64_t n, int64_t *first, struct err *);	/* 0, -1: *first..*first+n-1 are yours */
int route_audit(struct route *, const char *object, const char *from, const char *to, const char *detail, struct err *);
struct view id_text(char letter, int64_t id, char out[24]);
bool id_parse(struct view, char *letter, int64_t *id);		/* "F7" */

/* clock.c: the business clock */
int64_t clock_utc(struct route *);				/* seconds since 1970 */
void clock_text(int64_t utc, char out[24]);			/* 2026-11-09T08:00:00Z */
int clock_set(struct route *, struct view text, struct err *);	/* demo only */
void clock_local(const struct partner *, int64_t utc, int32_t *date, int *minutes);
void clock_actor(struct route *, const char *actor);		/* who acts in the audit from now on */
struct calendar;
enum cutoff_verdict clock_judge(struct route *, const struct partner *, const struct outbound *, int32_t effective, int32_t *earliest);	/* a file that leaves now */
void clock_calendar(const struct route *, const struct partner *, struct calendar *);
bool clock_in_time(struct route *, const struct partner *, const struct outbound *, int32_t effective);	/* cut-off, lead time, banking day: now */

/* one handler per message type; 0, or -1 when the ledger failed */
int watch_adopt(struct route *, struct err *);	/* at route's start, and until it is done */
int watch_seen(struct route *, const char *peer, const struct msg *, struct err *);
int watch_fetched(struct route *, const char *peer, const struct msg *, struct err *);
int watch_failed(struct route *, const char *peer, const struct msg *, struct err *);
int watch_original(struct route *, const char *peer, const struct msg *, struct err *);

int inbound_pump(struct route *, struct err *);
int inbound_records(struct route *, struct job *, const struct msg *, struct err *);
int inbound_findings(struct route *, struct job *, const struct msg *, struct err *);
int inbound_parsed(struct route *, struct job *, const struct msg *, struct err *);
int inbound_route(struct route *, int64_t parcel, struct err *);	/* PARSED -> ROUTED: also after a release */
struct segment;
int segment_of(struct route *, int64_t parcel, struct segment **out, struct err *);	/* the records of a parcel, wherever they are kept */

int run_open(struct route *, int64_t parcel, struct err *);
int run_pump(struct route *, struct err *);
int run_hello(struct route *, const struct peer *, struct err *);
void run_lost(struct route *, const char *peer);
int run_failed(struct route *, const char *peer, const struct msg *, struct err *);
int run_allotted(struct route *, const char *peer, const struct msg *, struct err *);
int run_approve_check(struct route *, int64_t batch, const char *actor, struct err *);	/* enough persons and in time -> APPROVED, or HELD */
int run_cutoff(struct route *, int64_t batch, bool *missed, struct err *);
void run_free(struct route *);
struct batch_totals;
int run_totals(struct route *, int64_t batch, struct batch_totals *, struct err *);	/* 1 found, 0 none, -1 */

int artifact_pump(struct route *, struct err *);
int numbers_pump(struct route *, struct err *);		/* the items of a large batch are told their traces */
int artifact_bytes(struct route *, struct job *, const struct msg *, struct err *);
int artifact_credit(struct route *, struct job *, const struct msg *, struct err *);
int artifact_emitted(struct route *, struct job *, const struct msg *, struct err *);
int artifact_readback_records(struct route *, struct job *, const struct msg *, struct err *);
int artifact_readback_findings(struct route *, struct job *, const struct msg *, struct err *);
int artifact_readback_done(struct route *, struct job *, const struct msg *, struct err *);
int artifact_hold(struct route *, int64_t artifact, const char *reason, struct view text, struct err *);
int emit_start(struct route *, int64_t artifact, struct err *);	/* emit.c: streams an artifact's records to a worker */
int emit_expected(struct route *, int64_t artifact, struct readback *, struct err *);	/* what the bytes must say */

int signing_pump(struct route *, struct err *);
int signing_signed(struct route *, struct job *, const struct msg *, struct err *);
int signing_refused(struct route *, struct job *, const struct msg *, struct err *);

int delivery_pump(struct route *, struct err *);
int delivery_result(struct route *, struct job *, const struct msg *, struct err *);
int delivery_lost(struct route *, int64_t delivery, struct err *);	/* its worker died: what that means in this state */
int delivery_confirmed(struct route *, int64_t delivery, const char *evidence, struct err *);	/* a person says that it arrived */
int delivery_restart(struct route *, struct err *);			/* at route's own start */

int bank_route(struct route *, int64_t parcel, struct err *);
void bank_from_the_start(struct route *);			/* match again, all accounts with open lines */
void bank_changed(struct route *, const char *partner);		/* the same for the accounts of this bank */
int bank_pump(struct route *, struct err *);
void partition_failed(struct route *, struct job *);		/* the worker cannot hold the account: the others go on */
int bank_settled(struct route *, struct job *, const struct msg *, struct err *);
int bank_clock(struct route *, struct err *);				/* DUE and OVERDUE by the calendar */
int match_send(struct route *, struct job *, const struct buf *subjects, const struct buf *candidates, const char *kind, int64_t as_of);
int match_each(struct route *, const struct msg *, int (*each)(struct route *, const struct msg *match, struct err *), struct err *);
int segment_walk(struct route *, int64_t parcel, int (*each)(struct route *, void *ctx, struct view records, struct err *), void *ctx, struct err *);
int parcel_partner(struct route *, int64_t parcel, char out[64], struct err *);
int returns_route(struct route *, int64_t parcel, struct err *);
int returns_pump(struct route *, struct err *);
int returns_matched(struct route *, struct job *, const struct msg *, struct err *);

int report_pump(struct route *, struct err *);
bool report_at_rest(const struct route *);			/* nothing is being read or matched */
int report_done(struct route *, struct job *, const struct msg *, struct err *);

/* people.c, query.c: a command's answer is one JSON text */
struct command {
	char verb[32], operator_name[64];
	int64_t uid, cursor;
	const struct msg *msg;
};
int people_command(struct route *, const char *peer, enum route_pair, const struct msg *, struct err *);
struct json;
int query_run(struct route *, const struct command *, struct json *, int64_t *next, struct err *);	/* 1 done, 0 no such verb, 2 refused (text in *err), -1 */
bool command_arg(const struct command *, const char *key, char *out, size_t cap);
