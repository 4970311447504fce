/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route_life_test - whole lives of route in one process, driven by a seed
 *
 * Real: route, ledger, segments, spool.  Played: the clock, the bus and every other role, by the protocol of proto.h alone.  The
 * bus loses, repeats and delays messages; roles forget everything and come back under a new epoch; the link to the bank is cut before
 * and after the rename; route itself is killed (its memory is dropped, an open transaction with it) and opened again.
 * Whatever happens, the end is the same: one file at the bank, delivered once, its bytes equal, settled by one bank line, the return
 * linked, the books equal.  A failing seed is printed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/core/date.h"
#include "gateway/allot_ways.h"
#include "gateway/audit.h"
#include "gateway/ledger_schema.h"
#include "gateway/proto.h"
#include "gateway/roles/reconcile_answer.h"
#include "gateway/roles/reconcile_desk.h"
#include "gateway/seal.h"
#include "gateway/roles/route/people.h"
#include "gateway/roles/route/query.h"
#include "gateway/segment.h"
#include "gateway/statement.h"
#include "rules/allot.h"
#include "tests/lib/tap.h"

#define LIVES 24
#define WAYS_LIVES 12
#define PEOPLE 400
#define FLIGHT 512
#define NAMES 64
#define FILES 6

struct letter { bool used, to_route; enum route_pair pair; char peer[BUS_PEER]; struct buf bytes; int64_t at, serial; };

struct world {
	uint64_t random;
	int64_t now;				/* ms */
	struct letter flight[FLIGHT];
	int64_t serial;
	struct config config;
	struct partner partners[4];
	struct inbound in[4], printer_in;
	struct outbound out[2], paper[2];
	struct approval_rule rule;
	char home[80], key[2][100], pem[2][1000];
	struct operator people[2];		/* bob, alice */
	bool vanishes;				/* the bank takes what is renamed away before anybody can look */
	struct route *route;
	uint64_t epoch[PAIRS][3];
	int64_t hello_at;
	bool faults;
	/* the bank's directory */
	struct { char name[80]; char sha[65]; int renames; } there[NAMES];
	int n_there;
	char sha_register[65], sha_statement[65], sha_return[65];
	int stage, more;			/* files below stage are there, and those of the bits of more */
	int64_t parcels[FILES];			/* ids route gave to our files */
	bool taken[FILES];
	struct buf emitting[3];
	char emitted_sha[65];
	int forged, deliveries_done;
	bool ways;				/* checks and rollovers too */
	int early;				/* bytes of checks that were on their way before the bank was told */
};

static struct world *w;				/* one life at a time */

static uint32_t roll(uint32_t n)
{
	w->random = w->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->random >> 33) % n;
}

static int64_t monotonic(void *ctx)
{
	(void)ctx;
	return w->now;
}

static int64_t utc(void *ctx)
{
	(void)ctx;
	return 1762693200 + w->now / 1000;
}

static void post(bool to_route, enum route_pair pair, const char *peer, struct view bytes)
{
	for (int copies = w->faults && roll(40) == 0 ? 2 : 1; copies > 0; copies--)
		for (size_t i = 0; i < FLIGHT; i++) {
			struct letter *l = &w->flight[i];

			if (l->used)
				continue;
			*l = (struct letter){ true, to_route, pair, "", { 0 }, w->now + 1 + (copies > 1 ? roll(300) : 0), ++w->serial };
			snprintf(l->peer, sizeof(l->peer), "%s", peer);
			buf_view(&l->bytes, bytes);
			break;
		}
}

static enum bus_sent send_out(void *ctx, enum route_pair pair, const char *peer, struct view message)
{
	(void)ctx;
	post(false, pair, peer, message);
	return BUS_SENT;
}

static const struct route_ops ops = { NULL, monotonic, utc, send_out };

/* The roles, by the protocol alone. */

static void answer(enum route_pair pair, const char *peer, struct buf *m)
{
	post(true, pair, peer, buf_as_view(m));
	buf_release(m);
}

static void person(struct record *r, int i, char text[6][40], int64_t *net)
{
	*net = 100000 + i * 37 % 5000;
	record_init(r, RECORD_PAYMENT, (uint64_t)i + 2);
	r->seq = (uint64_t)i + 2;
	snprintf(text[0], 40, "E%d", 1000 + i);
	snprintf(text[1], 40, "Person %d", i);
	snprintf(text[2], 40, "%d", 40000000 + i);
	record_set_text(r, F_PERSON, view_of(text[0]));
	record_set_text(r, F_PARTY, view_of(text[1]));
	record_set_text(r, F_ACCOUNT, view_of(text[2]));
	record_set_text(r, F_ROUTING, VIEW("231380104"));
	record_set_text(r, F_ACCOUNT_TYPE, VIEW("C"));
	record_set_text(r, F_METHOD, VIEW("ACH"));
	record_set_text(r, F_CURRENCY, VIEW("USD"));
	record_set_num(r, F_NET, *net);
	record_set_num(r, F_AMOUNT, *net);
	if (w->ways && i % 10 == 3)
		record_set_text(r, F_METHOD, VIEW("CHECK"));
	if (w->ways && i % 50 == 9)
		record_set_text(r, F_ROUTING, VIEW("1"));
	if (w->ways && i % 10 == 7) {
		record_set_num(r, F_ROLLOVER, *net / 3);
		record_set_text(r, F_SSN, VIEW("900112233"));
		record_set_text(r, F_TRUSTEE_ACCOUNT, VIEW("IRA-1"));
	}
}

static void put(struct buf *out, struct record *r, uint64_t *n, int64_t *sum)
{
	r->seq = ++*n;
	*sum += record_num(r, F_AMOUNT, 0);
	wire_put_record(out, r);
}

static void write_register(struct buf *out, uint64_t *n, int64_t *sum)
{
	char text[6][40];
	struct record r;
	int64_t net;

	record_init(&r, RECORD_FILE, 1);
	record_set_text(&r, F_COMPANY, VIEW("ACME"));
	record_set_text(&r, F_RUN, VIEW("2026-23"));
	record_set_num(&r, F_PAY_DATE, 20767);		/* Tuesday 2026-11-10 */
	put(out, &r, n, sum);
	for (int i = 0; i < PEOPLE; i++) {
		person(&r, i, text, &net);
		put(out, &r, n, sum);
	}
}

static int64_t total(void)
{
	char text[6][40];
	struct record r;
	int64_t net, sum = 0;

	for (int i = 0; i < PEOPLE; i++) {
		person(&r, i, text, &net);
		sum += net;
	}
	return sum;
}

static void write_statement(struct buf *out, uint64_t *n, int64_t *sum)
{
	struct record r;

	record_init(&r, RECORD_STATEMENT, 1);
	record_set_text(&r, F_ACCOUNT, VIEW("777"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_AS_OF_DATE, 20767);
	put(out, &r, n, sum);
	for (int i = 0; i < 2; i++) {			/* the settlement, and a fee that nobody expects */
		record_init(&r, RECORD_ENTRY, (uint64_t)i + 2);
		record_set_text(&r, F_ACCOUNT, VIEW("777"));
		record_set_text(&r, F_CURRENCY, VIEW("USD"));
		record_set_num(&r, F_BOOKING_DATE, 20767);
		record_set_num(&r, F_VALUE_DATE, 20767);
		record_set_num(&r, F_AMOUNT, i == 0 ? -total() : -1500);
		record_set_text(&r, F_TYPE, i == 0 ? VIEW("455") : VIEW("698"));
		put(out, &r, n, sum);
	}
}

static void write_return(struct buf *out, uint64_t *n, int64_t *sum)
{
	char text[6][40];
	struct record r;
	int64_t net;

	person(&r, 5, text, &net);
	record_init(&r, RECORD_RETURN, 3);
	record_set_text(&r, F_REASON, VIEW("R03"));
	record_set_text(&r, F_ORIGINAL_TRACE, VIEW("123456780000006"));
	record_set_text(&r, F_ORIGINAL_RDFI, VIEW("23138010"));
	record_set_text(&r, F_TRACE, VIEW("231380100000001"));
	record_set_text(&r, F_ACCOUNT, view_of(text[2]));
	record_set_text(&r, F_TRANSACTION_CODE, VIEW("21"));
	record_set_num(&r, F_AMOUNT, net);
	put(out, &r, n, sum);
	r.line = 9;
	record_set_text(&r, F_ORIGINAL_TRACE, VIEW("123456789999999"));		/* nobody's */
	put(out, &r, n, sum);
}

/* The bank's verdict on each ACH file, the printer's on each check, and the checks that the bank paid: two as issued, two not. */
static void write_acks(struct buf *out, uint64_t *n, int64_t *sum)
{
	struct rows rows;
	struct record r;

	ledger_query(&rows, w->route->ledger, NULL, "SELECT file_name FROM artifact WHERE outbound='ach' ORDER BY id", "");
	while (rows_next(&rows) == 1) {
		record_init(&r, RECORD_ACK, *n + 2);
		record_set_text(&r, F_FILE_NAME, rows_text(&rows, 0));
		record_set_text(&r, F_STATUS, VIEW("accepted"));
		put(out, &r, n, sum);
	}
}

static void write_printed(struct buf *out, uint64_t *n, int64_t *sum)
{
	struct rows rows;
	struct record r;
	char text[24];

	ledger_query(&rows, w->route->ledger, NULL, "SELECT serial FROM check_serial WHERE serial<6000 ORDER BY serial", "");
	while (rows_next(&rows) == 1) {
		record_init(&r, RECORD_CHECK_STATUS, *n + 2);
		snprintf(text, sizeof(text), "%d", (int)rows_int(&rows, 0));
		record_set_text(&r, F_CHECK_NUMBER, view_of(text));
		record_set_text(&r, F_STATUS, rows_int(&rows, 0) == 5003 ? VIEW("SPOILED") : VIEW("PRINTED"));
		if (rows_int(&rows, 0) == 5003)
			record_set_text(&r, F_NEW_CHECK_NUMBER, VIEW("6001"));
		put(out, &r, n, sum);
	}
}

static void write_paid(struct buf *out, uint64_t *n, int64_t *sum)
{
	static const int paid[4] = { 5001, 5002, 5003, 6001 };
	struct record r;
	char text[24];

	record_init(&r, RECORD_STATEMENT, 1);
	record_set_text(&r, F_ACCOUNT, VIEW("777"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_AS_OF_DATE, 20769);
	put(out, &r, n, sum);
	for (int i = 0; i < 4; i++) {
		int64_t amount = 0;

		ledger_int(w->route->ledger, &amount, NULL, "SELECT i.amount_minor FROM item i JOIN check_serial c ON c.item=i.id WHERE c.serial=?", "i", (int64_t)paid[i]);
		record_init(&r, RECORD_ENTRY, (uint64_t)i + 2);
		snprintf(text, sizeof(text), "%d", paid[i]);
		record_set_text(&r, F_ACCOUNT, VIEW("777"));
		record_set_text(&r, F_CURRENCY, VIEW("USD"));
		record_set_num(&r, F_BOOKING_DATE, 20769);
		record_set_num(&r, F_AMOUNT, -amount - (i == 1));
		record_set_text(&r, F_TYPE, VIEW("475"));
		record_set_text(&r, F_CHECK_NUMBER, view_of(text));
		put(out, &r, n, sum);
	}
}

static void send_records(const char *peer, int64_t job, struct buf *records, uint64_t count, int64_t sum, const char *format)
{
	struct view rest = buf_as_view(records);
	struct buf m = { 0 };
	uint64_t first = 1;
	struct record r;

	while (rest.n > 0) {
		struct view start = rest;
		uint64_t n = 0;
		int64_t part = 0;

		while (n < 300 && wire_cut_record(&rest, &r) == 1) {
			n++;
			part += record_num(&r, F_AMOUNT, 0);
		}
		wire_begin(&m, M_RECORDS);
		wire_num(&m, T_JOB, job);
		wire_num(&m, T_FIRST, (int64_t)first);
		wire_num(&m, T_COUNT, (int64_t)n);
		wire_num(&m, T_SUM, part);
		wire_view(&m, T_BYTES, view_sub(start, 0, start.n - rest.n));
		answer(PAIR_PARSE, peer, &m);
		first += n;
	}
	wire_begin(&m, M_PARSED);
	wire_num(&m, T_JOB, job);
	wire_num(&m, T_VERDICT, JOB_DONE);
	wire_text(&m, T_FORMAT, format);
	wire_text(&m, T_VERSION, "1");
	wire_num(&m, T_COUNT, (int64_t)count);
	wire_num(&m, T_SUM, sum);
	wire_num(&m, T_ERRORS, 0);
	answer(PAIR_PARSE, peer, &m);
}

static void read_spool(const char *sha, struct buf *out)
{
	struct err e;
	uint64_t size;
	int fd;
	ssize_t n;
	char chunk[65536];

	if (spool_object(w->route->out, sha, &fd, &size, &e) != 0)
		return;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_put(out, chunk, (size_t)n);
	close(fd);
}

static void play_parse(const char *peer, const struct msg *m)
{
	struct buf records = { 0 };
	uint64_t n = 0;
	int64_t sum = 0, job = msg_num_or(m, T_JOB, 0);
	char sha[65] = "";

	if (m->type != M_PARSE || !msg_cstr(m, T_SHA256, sha, sizeof(sha)))
		return;
	if (msg_num_or(m, T_SPOOL, 0) == 1) {
		struct view rest;
		struct record r;

		read_spool(sha, &records);
		for (rest = buf_as_view(&records); wire_cut_record(&rest, &r) == 1; n++)
			sum += record_num(&r, F_AMOUNT, 0);
	} else if (strcmp(sha, w->sha_register) == 0) {
		write_register(&records, &n, &sum);
	} else if (strcmp(sha, w->sha_statement) == 0) {
		write_statement(&records, &n, &sum);
	} else if (strcmp(sha, w->sha_return) == 0) {
		write_return(&records, &n, &sum);
	} else {
		(sha[0] == 'd' ? write_acks : sha[0] == 'e' ? write_printed : write_paid)(&records, &n, &sum);
	}
	send_records(peer, job, &records, n, sum, "any");
	buf_release(&records);
}

static void allot_range(const char *peer, const struct msg *m)
{
	struct view rest = msg_text(m, T_BYTES);
	struct buf legs = { 0 }, reply = { 0 };
	int64_t n = 0, sum = 0;
	struct allot_ways ways;
	struct record r;

	allot_ways_get(&ways, m);
	while (wire_cut_record(&rest, &r) == 1) {
		struct allot_leg leg[ALLOT_LEGS];
		size_t k;

		if (allot_row(leg, &k, &r, &ways) != ALLOT_GOOD)
			continue;
		if (w->faults && w->forged == 0 && roll(3000) == 0) {		/* a worker that is taken over redirects a payment */
			record_set_text(&leg[0].r, F_ACCOUNT, VIEW("666"));
			w->forged++;
		}
		for (size_t i = 0; i < k; i++) {
			wire_put_record(&legs, &leg[i].r);
			sum += record_num(&leg[i].r, F_AMOUNT, 0);
			n++;
		}
	}
	wire_begin(&reply, M_ALLOTTED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_num(&reply, T_COUNT, n);
	wire_num(&reply, T_SUM, sum);
	wire_view(&reply, T_BYTES, buf_as_view(&legs));
	answer(PAIR_DISTRIBUTE, peer, &reply);
	buf_release(&legs);
}

/* The "file" is the wire form of its records: what matters here is that it is read back and compared. */
static void play_distribute(const char *peer, const struct msg *m)
{
	struct buf *bytes = &w->emitting[peer[11] - '0'], reply = { 0 };
	int64_t job = msg_num_or(m, T_JOB, 0);
	char sha[65];

	if (m->type == M_ALLOT) {
		allot_range(peer, m);
	} else if (m->type == M_EMIT) {
		buf_clear(bytes);
	} else if (m->type == M_RECORDS) {
		buf_view(bytes, msg_text(m, T_BYTES));
		wire_begin(&reply, M_CREDIT);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_CREDIT, (int64_t)msg_text(m, T_BYTES).n);
		answer(PAIR_DISTRIBUTE, peer, &reply);
	} else if (m->type == M_EMIT_END) {
		wire_begin(&reply, M_BYTES);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_FIRST, 0);
		wire_view(&reply, T_BYTES, buf_as_view(bytes));
		answer(PAIR_DISTRIBUTE, peer, &reply);
		digest_hex(buf_as_view(bytes), sha);
		wire_begin(&reply, M_EMITTED);
		wire_num(&reply, T_JOB, job);
		wire_num(&reply, T_VERDICT, JOB_DONE);
		wire_num(&reply, T_SIZE, (int64_t)bytes->n);
		wire_text(&reply, T_SHA256, sha);
		wire_text(&reply, T_VERSION, "1");
		answer(PAIR_DISTRIBUTE, peer, &reply);
	}
}

/* The worker's own answer: it knows nothing but the message, and the account on its desk; that dies with it. */
static struct desk *desk;

static void play_reconcile(const char *peer, const struct msg *m, struct view bytes)
{
	struct buf reply = { .max = BUS_MESSAGE_MAX };

	if ((m->type == M_MATCH && reconcile_answer(bytes, &reply) == 0) || (m->type == M_SETTLE && desk_answer(&desk, NULL, bytes, &reply) == 0))
		answer(PAIR_RECONCILE, peer, &reply);
	else
		buf_release(&reply);
}

static void play_sign(const char *peer, const struct msg *m)
{
	struct buf reply = { 0 };
	char sha[65];

	if (m->type != M_SIGN)
		return;
	digest_hex(msg_text(m, T_SHA256), sha);
	wire_begin(&reply, M_SIGNED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_text(&reply, T_SHA256, sha);
	wire_text(&reply, T_SIGNER, "test");
	answer(PAIR_SIGN, peer, &reply);
}

static int at_bank(const char *name)
{
	for (int i = 0; i < w->n_there; i++)
		if (strcmp(w->there[i].name, name) == 0)
			return i;
	return -1;
}

static void bank_put(const char *name, const char *sha)
{
	if (at_bank(name) >= 0 || w->n_there == NAMES)
		return;
	snprintf(w->there[w->n_there].name, sizeof(w->there[0].name), "%s", name);
	snprintf(w->there[w->n_there++].sha, sizeof(w->there[0].sha), "%s", sha);
}

static int deliver_step(const struct msg *m, const char *temporary, const char *final, const char *sha)
{
	int t = at_bank(temporary), f = at_bank(final);

	switch (msg_num_or(m, T_STEP, -1)) {
	case STEP_UPLOAD:
		w->early += strncmp(final, "CHK", 3) == 0 && at_bank("PP20261109-1.txt") < 0;
		if (w->faults && roll(6) == 0)
			return RESULT_SAFE_FAIL;
		bank_put(temporary, sha);
		return RESULT_OK;
	case STEP_RENAME:
		if (w->faults && roll(6) == 0)
			return RESULT_UNCERTAIN;		/* cut before the server did it */
		if (f >= 0)
			return RESULT_EXISTS;
		if (t < 0)
			return RESULT_UNCERTAIN;
		snprintf(w->there[t].name, sizeof(w->there[t].name), "%s", w->vanishes ? "taken" : final);
		w->there[t].renames++;
		if (w->vanishes)
			return RESULT_UNCERTAIN;
		return w->faults && roll(3) == 0 ? RESULT_UNCERTAIN : RESULT_OK;	/* the server renamed, the reply was lost */
	case STEP_LOOK:
		if (w->faults && roll(6) == 0)
			return RESULT_SAFE_FAIL;
		if (f >= 0)
			return strcmp(w->there[f].sha, sha) == 0 ? (t >= 0 ? LOOK_BOTH_EQUAL : LOOK_FINAL_EQUAL) : LOOK_FINAL_DIFFERS;
		return t >= 0 ? LOOK_TEMPORARY_ONLY : LOOK_NEITHER;
	default:
		return RESULT_OK;
	}
}

static void play_deliver(const char *peer, const struct msg *m)
{
	char temporary[80], final[80], sha[65];
	struct buf reply = { 0 };
	int64_t attempt = msg_num_or(m, T_ATTEMPT, 0), delivery = msg_num_or(m, T_DELIVERY, 0);

	if (m->type != M_DELIVER || !msg_cstr(m, T_NAME, final, sizeof(final)) || !msg_cstr(m, T_SHA256, sha, sizeof(sha)))
		return;
	snprintf(temporary, sizeof(temporary), ".tg-%lld-%lld.part", (long long)delivery, (long long)attempt);
	wire_begin(&reply, M_DELIVER_RESULT);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_num(&reply, T_DELIVERY, delivery);
	wire_num(&reply, T_ATTEMPT, attempt);
	wire_num(&reply, T_STEP, msg_num_or(m, T_STEP, 0));
	wire_num(&reply, T_RESULT, deliver_step(m, temporary, final, sha));
	wire_text(&reply, T_EVIDENCE, "seen");
	answer(PAIR_DELIVER, peer, &reply);
}

static const struct { const char *channel, *name; } files[FILES] = {
	{ "hr/register", "register.csv" }, { "bank/statements", "d1.bai" }, { "bank/returns", "d1.ret" }, { "bank/acks", "acks.csv" }, { "printer/confirmed", "printed.csv" },
	{ "bank/statements", "d3.bai" },
};

static void say_seen(int i)
{
	struct buf m = { 0 };

	wire_begin(&m, M_SEEN);
	wire_text(&m, T_CHANNEL, files[i].channel);
	wire_text(&m, T_NAME, files[i].name);
	wire_num(&m, T_SIZE, 100);
	wire_num(&m, T_READY, 1);
	answer(PAIR_INTAKE, "intake.1", &m);
}

static void say_fetched(int i)
{
	struct buf m = { 0 };
	char sha[65] = "";

	wire_begin(&m, M_FETCHED);
	wire_num(&m, T_PARCEL, w->parcels[i]);
	wire_text(&m, T_CHANNEL, files[i].channel);
	wire_text(&m, T_NAME, files[i].name);
	memset(sha, "abcdef"[i], 64);
	wire_text(&m, T_SHA256, i == 0 ? w->sha_register : sha);
	wire_num(&m, T_SIZE, 100);
	answer(PAIR_INTAKE, "intake.1", &m);
}

static void play_intake(const struct msg *m)
{
	char name[80];

	if (!msg_cstr(m, T_NAME, name, sizeof(name)))
		return;
	for (int i = 0; i < FILES; i++) {
		if (strcmp(name, files[i].name) != 0)
			continue;
		if (m->type == M_PARCEL && msg_num_or(m, T_GO, 0) == 1)
			w->parcels[i] = msg_num_or(m, T_PARCEL, 0);
		if (m->type == M_TAKEN)
			w->taken[i] = true;
	}
}

static void play_report(const char *peer, const struct msg *m)
{
	struct buf reply = { 0 };

	if (m->type != M_REPORT)
		return;
	wire_begin(&reply, M_REPORTED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_text(&reply, T_NAME, "r");
	answer(PAIR_REPORT, peer, &reply);
}

static void arrive(struct letter *l)
{
	static struct msg m;

	if (!msg_parse(&m, buf_as_view(&l->bytes)))
		return;
	switch (l->pair) {
	case PAIR_PARSE:
		play_parse(l->peer, &m);
		break;
	case PAIR_DISTRIBUTE:
		play_distribute(l->peer, &m);
		break;
	case PAIR_RECONCILE:
		play_reconcile(l->peer, &m, buf_as_view(&l->bytes));
		break;
	case PAIR_SIGN:
		play_sign(l->peer, &m);
		break;
	case PAIR_DELIVER:
		play_deliver(l->peer, &m);
		break;
	case PAIR_INTAKE:
		play_intake(&m);
		break;
	case PAIR_REPORT:
		play_report(l->peer, &m);
		break;
	default:
		break;
	}
}

/* Time */

static void hellos(void)
{
	static const struct { enum route_pair pair; const char *name; } who[] = {
		{ PAIR_INTAKE, "intake.1" }, { PAIR_PARSE, "parse.1" }, { PAIR_DISTRIBUTE, "distribute.1" }, { PAIR_DISTRIBUTE, "distribute.2" },
		{ PAIR_RECONCILE, "reconcile.1" }, { PAIR_SIGN, "sign.1" }, { PAIR_DELIVER, "deliver.1" }, { PAIR_REPORT, "report.1" },
	};

	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		uint64_t *epoch = &w->epoch[who[i].pair][who[i].name[strlen(who[i].name) - 1] - '0'];
		struct buf m = { 0 };

		if (*epoch == 0 || (w->faults && roll(60) == 0)) {	/* killed and back: what was under way at it is gone */
			*epoch = roll(1u << 30) + 1;
			if (who[i].pair == PAIR_RECONCILE) {
				desk_free(desk);
				desk = NULL;
			}
			for (size_t k = 0; k < FLIGHT; k++)
				if (w->flight[k].used && strcmp(w->flight[k].peer, who[i].name) == 0) {
					buf_release(&w->flight[k].bytes);
					w->flight[k].used = false;
				}
		}
		wire_begin(&m, M_HELLO);
		wire_text(&m, T_ROLE, who[i].name);
		wire_num(&m, T_EPOCH, (int64_t)*epoch);
		wire_num(&m, T_CREDIT, (int64_t)4 << 20);
		answer(who[i].pair, who[i].name, &m);
	}
}

static void kill_route(void)
{
	struct err e = { 0 };

	route_free(w->route);
	w->route = NULL;
	if (route_open(&w->route, &w->config, &ops, &e) != 0) {
		printf("Bail out! route does not open again: %s\n", e.text);
		exit(1);
	}
}

static int64_t figure(const char *sql)
{
	int64_t n = 0;

	ledger_int(w->route->ledger, &n, NULL, sql, "");
	return n;
}

/* The oldest letter that is due: a peer's letters arrive in the order they were sent, as on ZeroMQ. */
static struct letter *next_letter(void)
{
	struct letter *best = NULL;

	for (size_t i = 0; i < FLIGHT; i++) {
		struct letter *l = &w->flight[i];

		if (l->used && l->at <= w->now && (best == NULL || l->serial < best->serial))
			best = l;
	}
	return best;
}

static void turn(void)
{
	struct err e = { 0 };
	struct letter *l;

	w->now += 5;
	if (w->now >= w->hello_at) {
		w->hello_at = w->now + 1000;
		hellos();
		for (int i = 0; i < FILES; i++)
			if ((i < w->stage || w->more >> i & 1) && !w->taken[i])
				w->parcels[i] == 0 ? say_seen(i) : say_fetched(i);
	}
	while ((l = next_letter()) != NULL) {
		struct letter got = *l;
		int rc = 0;

		*l = (struct letter){ .used = false };
		if (got.to_route)
			rc = route_event(w->route, got.pair, got.peer, buf_as_view(&got.bytes), &e);
		else
			arrive(&got);
		buf_release(&got.bytes);
		if (rc != 0) {
			printf("Bail out! route failed: %s\n", e.text);
			exit(1);
		}
	}
	if (route_tick(w->route, &e) != 0) {
		printf("Bail out! route's tick failed: %s\n", e.text);
		exit(1);
	}
	if (w->faults && roll(150) == 0)
		kill_route();
}

static bool until(const char *sql)
{
	for (int i = 0; i < 60000; i++) {
		turn();
		if (figure(sql) == 1)
			return true;
	}
	return false;
}

static void clock_to(int64_t seconds)
{
	char text[24];
	struct err e;

	ledger_begin(w->route->ledger, &e);
	clock_actor(w->route, "test");
	clock_text(seconds, text);
	clock_set(w->route, view_of(text), &e);
	ledger_commit(w->route->ledger, &e);
}

/* A person's signed decision; the answer arrives as a letter to control and is not read: the ledger shows what it did. */
static void decide(const char *act, char letter, int64_t id, const struct operator *who, const char *key, bool forged)
{
	struct statement s = { .reason = "looked at it", .time = "2026-11-09T08:00:00Z" };
	struct err e = { 0 };
	struct buf m = { 0 }, text = { 0 }, hex = { 0 };
	char object[24];

	snprintf(s.act, sizeof(s.act), "%s", act);
	id_text(letter, id, object);
	snprintf(s.object, sizeof(s.object), "%s", object);
	snprintf(s.operator_name, sizeof(s.operator_name), "%s", who->name);
	snprintf(s.nonce, sizeof(s.nonce), "%016llx%016llx", (unsigned long long)w->random, (unsigned long long)++w->serial);
	if (people_digest(w->route, letter, id, s.sha256, &e) != 1 || !statement_text(&s, &text) || seal_sign_statement(&hex, buf_as_view(&text), key, &e) != 0)
		printf("# %s\n", e.text);
	snprintf(s.signature, sizeof(s.signature), "%s", forged ? "3006020101020101" : buf_cstr(&hex));
	wire_begin(&m, M_COMMAND);
	wire_num(&m, T_JOB, 1);
	wire_text(&m, T_VERB, act);
	wire_num(&m, T_UID, (int64_t)who->uid);
	wire_text(&m, T_OPERATOR, who->name);
	statement_put(&m, T_STATEMENT, &s);
	if (route_event(w->route, PAIR_CONTROL, "control.1", buf_as_view(&m), &e) != 0)
		printf("# %s\n", e.text);
	buf_release(&m);
	buf_release(&text);
	buf_release(&hex);
}

static void read_pem(const char *path, char pem[1000])
{
	FILE *f = fopen(path, "r");

	if (f != NULL) {
		pem[fread(pem, 1, 999, f)] = '\0';
		fclose(f);
	}
}

static void make_ways(void)
{
	w->in[0].check_by = "printer/checks";
	w->in[0].rollover_by = "trustee/rollovers";
	w->out[1] = (struct outbound){ .name = "pospay", .path = "pp", .format = "any", .file_name = "PP{date}-{modifier}.txt" };
	w->paper[0] = (struct outbound){ .name = "checks", .path = "in", .format = "any", .file_name = "CHK{date}-{modifier}.csv", .check_account = "777",
		.check_routing = "123456780", .first_serial = "5001", .positive_pay = "bank/pospay", .memo = "" };
	w->paper[1] = (struct outbound){ .name = "rollovers", .path = "in", .format = "any", .file_name = "RO{date}-{modifier}.csv", .funded_by = "bank/ach", .trustee = "Summit",
		.plan = "PSP", .trustee_routing = "231380104", .trustee_account = "998877" };
	w->partners[1].n_out = 2;
	w->printer_in = (struct inbound){ .name = "confirmed", .purpose = "confirmation", .format = "" };
	w->partners[2] = (struct partner){ .name = "printer", .timezone = "America/New_York", .calendar = "federal-reserve", .in = &w->printer_in, .n_in = 1, .out = &w->paper[0], .n_out = 1 };
	w->partners[3] = (struct partner){ .name = "trustee", .timezone = "America/New_York", .calendar = "federal-reserve", .out = &w->paper[1], .n_out = 1 };
	w->config.n_partners = 4;
}

static void make_world(uint64_t seed, bool faults)
{
	static const char *const dirs[] = { "", "/spool", "/spool/new", "/spool/new/tmp", "/spool/out", "/spool/out/tmp", "/spool/rec", "/ledger" };
	char path[160];

	w->random = seed * 7919 + 1;
	w->faults = faults;
	snprintf(w->home, sizeof(w->home), "%s/tally-life-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(w->home) == NULL)
		exit(1);
	for (size_t i = 1; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", w->home, dirs[i]);
		mkdir(path, 0700);
	}
	w->in[0] = (struct inbound){ .name = "register", .purpose = "payroll", .format = "", .pay_by = "bank/ach", .names = NAMES_UNIQUE };
	w->in[1] = (struct inbound){ .name = "statements", .purpose = "statement", .format = "" };
	w->in[2] = (struct inbound){ .name = "returns", .purpose = "return", .format = "" };
	w->in[3] = (struct inbound){ .name = "acks", .purpose = "ack", .format = "" };
	w->out[0] = (struct outbound){ .name = "ach", .path = "inbox", .format = "any", .file_name = "PAY{date}{modifier}.ach", .immediate_destination = "123456780", .immediate_origin = "1234567890",
		.destination_name = "", .origin_name = "", .company_name = "ACME", .company_id = "1234567890", .odfi = "12345678", .entry_description = "PAYROLL", .sec = "PPD",
		.offset_account = "777", .cut_off = "17:00", .lead_days = 1, .coalesce_ms = 20, .coalesce_max_ms = 40 };
	w->partners[0] = (struct partner){ .name = "hr", .timezone = "America/New_York", .calendar = "federal-reserve", .in = &w->in[0], .n_in = 1 };
	w->partners[1] = (struct partner){ .name = "bank", .timezone = "America/New_York", .calendar = "federal-reserve", .in = &w->in[1], .n_in = 3, .out = w->out, .n_out = 1 };
	w->rule = (struct approval_rule){ .partner = "", .ccy = "USD", .limit_minor = 1000, .persons = 1 };
	w->config = (struct config){ .home = w->home, .demo = true, .demo_start = "2026-11-09T13:00:00Z", .return_days = 90, .partners = w->partners, .n_partners = 2, .rules = &w->rule, .n_rules = 1 };
	if (w->ways)
		make_ways();
	for (int i = 0; i < 2; i++) {
		snprintf(w->key[i], sizeof(w->key[0]), "%s/%d.key", w->home, i);
		snprintf(path, sizeof(path), "%s/%d.pem", w->home, i);
		if (seal_make_operator_key(w->key[i], path, NULL) == 0)
			read_pem(path, w->pem[i]);
		w->people[i] = (struct operator){ .name = (char *)(uintptr_t)(i ? "alice" : "bob"), .uid = 1002 + (uid_t)i, .public_key = w->pem[i] };
	}
	w->config.operators = w->people;
	w->config.n_operators = 2;
	memset(w->sha_register, 'a', 64);
	memset(w->sha_statement, 'b', 64);
	memset(w->sha_return, 'c', 64);
}

static void remove_tree(const char *path)
{
	char *argv[] = { "rm", "-rf", (char *)(uintptr_t)path, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) == -1)
		;
}

static void end_world(void)
{
	route_free(w->route);
	for (size_t i = 0; i < FLIGHT; i++)
		buf_release(&w->flight[i].bytes);
	for (size_t i = 0; i < 3; i++)
		buf_release(&w->emitting[i]);
	remove_tree(w->home);
}

struct end { char sha[65]; int64_t books[4]; };

static bool live(uint64_t seed, bool faults, struct end *out)
{
	struct err e = { 0 };
	bool good;
	int finals = 0, renames = 0;

	memset(w, 0, sizeof(*w));
	make_world(seed, faults);
	if (route_open(&w->route, &w->config, &ops, &e) != 0) {
		printf("# %s\n", e.text);
		return false;
	}
	w->stage = 1;
	good = until("SELECT count(*) FROM batch WHERE state=2");
	ok(good, "life %d: the run is proposed", (int)seed);
	decide("approve", 'B', 1, &w->people[0], w->key[0], true);
	ok(figure("SELECT count(*) FROM batch WHERE state=2") == 1, "life %d: a statement that control invented approves nothing", (int)seed);
	decide("approve", 'B', 1, &w->people[0], w->key[0], false);
	good = good && until("SELECT count(*) FROM batch WHERE items_state=8");
	ok(good, "life %d: the run is delivered", (int)seed);
	clock_to(1794488400);				/* 2026-11-12T13:00:00Z */
	w->stage = 3;
	good = good && until("SELECT (SELECT count(*) FROM batch WHERE items_state=12)=1 AND (SELECT count(*) FROM ach_return WHERE state=2)=1 AND"
			     " (SELECT count(*) FROM ach_return WHERE state=3)=1 AND (SELECT count(*) FROM bank_line WHERE state=3)=1 AND (SELECT count(*) FROM report)=1");
	ok(good, "life %d: the run is settled, one return linked, one a stranger, one fee unexplained, and there is a report", (int)seed);
	for (int i = 0; i < w->n_there; i++) {
		if (w->there[i].name[0] == '.')
			continue;
		finals++;
		renames += w->there[i].renames;
		snprintf(out->sha, sizeof(out->sha), "%s", w->there[i].sha);
	}
	ok(finals == 1 && renames == 1, "life %d: the bank has one file, renamed into place once", (int)seed);
	out->books[0] = figure("SELECT sum(amount_minor) FROM item");
	out->books[1] = figure("SELECT sum(amount_minor) FROM item WHERE state=13");
	out->books[2] = figure("SELECT count(*) FROM item");
	out->books[3] = figure("SELECT count(DISTINCT trace) FROM item");
	{
		struct audit_head head;
		int64_t bad;

		ok(audit_verify(w->route->ledger, &head, &bad, &e) == 1, "life %d: the audit holds from its first entry to its last", (int)seed);
	}
	if (!good)
		printf("# parcels %lld batches %lld artifacts %lld deliveries: state %lld, forged legs %d\n", (long long)figure("SELECT group_concat(state) FROM parcel"),
		       (long long)figure("SELECT state FROM batch"), (long long)figure("SELECT state FROM artifact"), (long long)figure("SELECT state FROM delivery"), w->forged);
	end_world();
	return good;
}

/* The link dies in the rename and the bank has taken the file: nobody can see what happened, so persons decide, and two to send again. */
static void uncertain_life(void)
{
	struct err e = { 0 };

	memset(w, 0, sizeof(*w));
	make_world(4711, false);
	if (!ok(route_open(&w->route, &w->config, &ops, &e) == 0, "a life begins whose file vanishes: %s", e.text))
		return;
	w->stage = 1;
	w->vanishes = true;
	until("SELECT count(*) FROM batch WHERE state=2");
	decide("approve", 'B', 1, &w->people[0], w->key[0], false);
	ok(until("SELECT count(*) FROM delivery WHERE state=6 AND why='NEITHER_NAME'"), "neither name is there after the cut: the delivery stays UNCERTAIN");
	for (int i = 0; i < 2000; i++)
		turn();
	ok(figure("SELECT count(*) FROM delivery WHERE state=6 AND attempt=1") == 1 && w->n_there == 1, "nothing is sent again by itself");
	decide("reject", 'D', 1, &w->people[0], w->key[0], false);
	ok(figure("SELECT count(*) FROM delivery WHERE state=6") == 1 && figure("SELECT items_state FROM batch") == ITEM_WRITTEN, "a file that may be at the bank cannot be cancelled");
	decide("hold", 'D', 1, &w->people[0], w->key[0], false);
	ok(figure("SELECT state FROM delivery") == DELIVERY_HELD, "a person whom the bank told that nothing came holds it");
	decide("reject", 'D', 1, &w->people[1], w->key[1], false);
	ok(figure("SELECT items_state FROM batch") == ITEM_WRITTEN, "held or not, its payments are not cancelled");
	w->vanishes = false;
	decide("release", 'D', 1, &w->people[0], w->key[0], false);
	ok(figure("SELECT state FROM delivery") == DELIVERY_HELD, "the same person cannot send it again alone");
	decide("release", 'D', 1, &w->people[1], w->key[1], false);
	ok(until("SELECT count(*) FROM delivery WHERE state=5 AND attempt=2"), "a second person can: it is delivered under the next attempt");
	end_world();
	memset(w, 0, sizeof(*w));
	make_world(4712, false);
	route_open(&w->route, &w->config, &ops, &e);
	w->stage = 1;
	w->vanishes = true;
	until("SELECT count(*) FROM batch WHERE state=2");
	decide("approve", 'B', 1, &w->people[0], w->key[0], false);
	until("SELECT count(*) FROM delivery WHERE state=6 AND why='NEITHER_NAME'");
	decide("resolve", 'D', 1, &w->people[0], w->key[0], true);
	ok(figure("SELECT state FROM delivery") == DELIVERY_UNCERTAIN, "a statement that nobody signed resolves nothing");
	decide("resolve", 'D', 1, &w->people[0], w->key[0], false);
	ok(figure("SELECT state FROM delivery") == DELIVERY_DELIVERED && figure("SELECT count(*) FROM expected") == 1 && w->n_there == 1,
	   "the bank's word, signed by a person, makes it DELIVERED and its bank line expected");
	end_world();
}

#define WAYS_FILES 5

struct ways_end { char name[WAYS_FILES][80], sha[WAYS_FILES][65]; int files, renames; int64_t books[8]; };

static int by_name(const void *a, const void *b)
{
	return strcmp((const char *)a, (const char *)b);
}

static void look_at_bank(struct ways_end *out)
{
	char names[NAMES][80];
	int n = 0;

	for (int i = 0; i < w->n_there; i++)
		if (w->there[i].name[0] != '.')
			snprintf(names[n++], sizeof(names[0]), "%s", w->there[i].name);
	qsort(names, (size_t)n, sizeof(names[0]), by_name);
	out->files = n;
	for (int i = 0; i < n && i < WAYS_FILES; i++) {
		snprintf(out->name[i], sizeof(out->name[0]), "%s", names[i]);
		snprintf(out->sha[i], sizeof(out->sha[0]), "%s", w->there[at_bank(names[i])].sha);
		out->renames += w->there[at_bank(names[i])].renames;
	}
}

/* A run by all ways, one check spoiled: whatever is lost, killed or cut, each file is there once, and the bank's before the printer's. */
static bool ways_life(uint64_t seed, bool faults, struct ways_end *out)
{
	struct err e = { 0 };
	bool good;

	memset(w, 0, sizeof(*w));
	memset(out, 0, sizeof(*out));
	w->ways = true;
	make_world(seed, faults);
	if (route_open(&w->route, &w->config, &ops, &e) != 0) {
		printf("# %s\n", e.text);
		return false;
	}
	w->stage = 1;
	good = until("SELECT count(*)=4 FROM batch WHERE state=2");
	ok(good, "life %d by all ways: four batches are proposed", (int)seed);
	for (int64_t i = 1; i <= 4; i++)
		decide("approve", 'B', i, &w->people[0], w->key[0], false);
	good = good && until("SELECT count(*)=3 FROM batch WHERE items_state=8 AND kind<>'rollover'");
	ok(good, "life %d by all ways: all of them are delivered but the rollovers, which wait for the bank's word on their money", (int)seed);
	is_int(figure("SELECT count(*) FROM artifact WHERE outbound='rollovers'"), 0, "life %d by all ways: there is no rollover file yet", (int)seed);
	w->more = 1 << 3 | 1 << 4;
	good = good && until("SELECT (SELECT count(*)=1 FROM batch WHERE kind='void' AND state=2) AND (SELECT count(*)=0 FROM batch WHERE kind IN ('ach','funding') AND items_state<>9)"
			     " AND (SELECT count(*)=0 FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind='check' AND i.state NOT IN (4,17))");
	ok(good, "life %d by all ways: the bank accepts, the printer prints all checks, one under a new number", (int)seed);
	good = good && until("SELECT count(*)=1 FROM batch WHERE items_state=8 AND kind='rollover'");
	ok(good, "life %d by all ways: the money is accepted, and the rollovers are delivered", (int)seed);
	decide("approve", 'B', 5, &w->people[1], w->key[1], false);
	good = good && until("SELECT count(*)=5 FROM delivery WHERE state=5");
	ok(good, "life %d by all ways: the bank is told of a spoiled check", (int)seed);
	out->books[5] = figure("SELECT sum(amount_minor) FROM expected WHERE state=1");
	w->more |= 1 << 5;
	good = good && until("SELECT (SELECT count(*) FROM bank_line WHERE state=2)=2 AND (SELECT count(*) FROM bank_line WHERE state=3)=2 AND (SELECT count(*) FROM exception WHERE state=3)=2");
	ok(good, "life %d by all ways: two checks are settled as issued; another amount and a void number are alarms", (int)seed);
	out->books[6] = figure("SELECT sum(amount_minor) FROM item WHERE state=12");
	out->books[7] = figure("SELECT count(*) FROM exception");
	look_at_bank(out);
	ok(out->files == WAYS_FILES && out->renames == WAYS_FILES, "life %d by all ways: five files are there, each renamed into place once", (int)seed);
	is_int(w->early, 0, "life %d by all ways: not a byte of a check was on its way before the bank had been told", (int)seed);
	out->books[0] = figure("SELECT sum(i.amount_minor) FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind IN ('ach','check','rollover')");
	out->books[1] = figure("SELECT sum(i.amount_minor) FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind='funding'");
	out->books[2] = figure("SELECT sum(i.amount_minor) FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind='rollover'");
	out->books[3] = figure("SELECT sum(serial) FROM check_serial");
	out->books[4] = figure("SELECT count(*) FROM check_serial");
	{
		struct audit_head head;
		int64_t bad;

		ok(audit_verify(w->route->ledger, &head, &bad, &e) == 1, "life %d by all ways: the audit holds", (int)seed);
	}
	end_world();
	return good;
}

static void ways_lives(void)
{
	struct ways_end plain, end;

	ways_life(100, false, &plain);
	ok(plain.books[0] == total() && plain.books[1] == plain.books[2] && plain.books[1] > 0, "by all ways everybody is paid once, and rollovers are funded to the cent");
	ok(plain.books[5] == -total(), "the bank must show what was paid, and no more");
	for (uint64_t seed = 101; seed <= 100 + WAYS_LIVES; seed++) {
		if (!ways_life(seed, true, &end))
			break;
		ok(memcmp(end.name, plain.name, sizeof(end.name)) == 0 && memcmp(end.sha, plain.sha, sizeof(end.sha)) == 0,
		   "life %d by all ways: every payload is byte-equal to that of a life without faults", (int)seed);
		ok(memcmp(end.books, plain.books, sizeof(end.books)) == 0, "life %d by all ways: the books are equal", (int)seed);
	}
}

static const char *path_of(char *path, size_t cap)
{
	snprintf(path, cap, "%s/spool/new", w->home);
	return path;
}

/* A ledger restored from a backup knows less than the spool: what lies there is taken in by its hash and waits for a person. */
static void restored_life(void)
{
	char path[160], hex[DIGEST_HEX];
	struct spool_writer *sw = NULL;
	struct spool *s = NULL;
	struct err e = { 0 };
	uint64_t size;

	memset(w, 0, sizeof(*w));
	make_world(4713, false);
	if (spool_open(&s, path_of(path, sizeof(path)), true, &e) != 0 || spool_begin(&sw, s, &e) != 0 || spool_write(sw, VIEW("a register"), &e) != 0 || spool_commit(sw, hex, &size, &e) != 0)
		printf("# %s\n", e.text);
	spool_free(s);
	route_open(&w->route, &w->config, &ops, &e);
	ok(figure("SELECT count(*) FROM parcel WHERE state=8 AND why='ORPHAN'") == 1, "an object without a row is taken in at the start, and held");
	kill_route();
	ok(figure("SELECT count(*) FROM parcel") == 1, "a second start takes it in no second time");
	snprintf(w->sha_register, sizeof(w->sha_register), "%s", hex);
	w->stage = 1;
	ok(until("SELECT count(*) FROM batch WHERE state=2") && figure("SELECT count(*) FROM parcel WHERE state=7 AND why='ADOPTED'") == 1,
	   "when its file is told after all it goes its way, and the orphan's row is done");
	end_world();

	/* route dies between the spool's rename and the word that the file is fetched */
	memset(w, 0, sizeof(*w));
	make_world(4714, false);
	if (spool_open(&s, path_of(path, sizeof(path)), true, &e) != 0 || spool_begin(&sw, s, &e) != 0 || spool_write(sw, VIEW("a register"), &e) != 0 || spool_commit(sw, hex, &size, &e) != 0)
		printf("# %s\n", e.text);
	spool_free(s);
	route_open(&w->route, &w->config, &ops, &e);
	ledger_begin(w->route->ledger, &e);
	ledger_do(w->route->ledger, &e, "DELETE FROM parcel", "");
	ledger_do(w->route->ledger, &e, "INSERT INTO parcel(id, partner, channel, name, purpose, state) VALUES(1,'hr','hr/register','other.csv','payroll',2)", "");
	ledger_commit(w->route->ledger, &e);
	kill_route();
	turn();
	ok(figure("SELECT count(*) FROM parcel") == 1, "while a file is claimed an object may be its own: it takes no number of another");
	ok(until("SELECT count(*) FROM parcel WHERE state=8 AND why='ORPHAN'"), "a claim that nobody ever tells of does not keep it for ever");
	end_world();
}

int main(void)
{
	struct end plain = { "", { 0 } }, end;

	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return 1;
	live(0, false, &plain);
	ok(plain.books[0] == total() && plain.books[2] == PEOPLE && plain.books[3] == PEOPLE, "without faults every person is paid once, under a trace of his own");
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		memset(&end, 0, sizeof(end));
		if (!live(seed, true, &end))
			break;
		ok(strcmp(end.sha, plain.sha) == 0, "life %d: the payload is byte-equal to that of a life without faults", (int)seed);
		ok(memcmp(end.books, plain.books, sizeof(end.books)) == 0, "life %d: the books are equal", (int)seed);
	}
	uncertain_life();
	restored_life();
	ways_lives();
	free(w);
	return done_testing();
}
