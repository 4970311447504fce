/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_peer - the C side of 30-wire.py: prints the tables, writes records, reads them back, plays the hub to a worker
 *
 *   wire_peer tables             "F id name type" and "K id name" lines, from the tables in formats/core
 *   wire_peer records SEED N     "hex kind seq line name=value ..." a record; texts as hex behind a colon
 *   wire_peer echo               wire records on stdin, cut and written again to stdout; exit 1 when one is malformed
 *   wire_peer verdicts           u16 length and bytes, again and again, on stdin; '1' for whole records, else '0'
 *   wire_peer hub PATH SEED      a ROUTER: waits for one worker, prints "ok SENTENCE" or "not ok SENTENCE" lines
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channels/bus.h"
#include "formats/core/wire.h"
#include "gateway/allot_ways.h"
#include "gateway/proto.h"
#include "rules/allot.h"

#define PATIENCE_MS 20000
#define JOBS 40
#define ROWS 100

static uint64_t seed;
static struct err e;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % below;
}

/* --- tables, records, echo --- */

static int tables(void)
{
	static const char letters[] = {
		[FIELD_TEXT] = 't', [FIELD_MONEY] = 'm', [FIELD_DATE] = 'd', [FIELD_NUMBER] = 'n'
	};

	for (int f = 0; f < RECORD_FIELDS; f++)
		printf("F %d %s %c\n", f, record_field_rows[f].name, letters[record_field_rows[f].type]);
	for (uint32_t k = 1; k < RECORD_KINDS; k++)
		printf("K %u %s\n", k, record_kind_name(k));
	return 0;
}

static void random_record(struct record *r, char text[RECORD_FIELDS][40])
{
	record_init(r, (enum record_kind)(1 + draw(RECORD_KINDS - 1)), draw(UINT64_MAX));
	r->seq = draw(UINT64_MAX);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		size_t n = 1 + draw(39);

		if (draw(3) > 0)
			continue;
		if (record_field_rows[f].type != FIELD_TEXT) {
			record_set_num(r, (enum record_field)f, (int64_t)(draw(UINT64_MAX) << 11 ^ draw(UINT64_MAX)));
			continue;
		}
		for (size_t i = 0; i < n; i++)
			text[f][i] = (char)draw(256);
		record_set_text(r, (enum record_field)f, (struct view){ text[f], n });
	}
}

static void print_record(const struct record *r, struct view bytes)
{
	struct buf line = { 0 };

	buf_hex(&line, bytes);
	buf_fmt(&line, " %s %" PRIu64 " %" PRIu64, record_kind_name(r->kind), r->seq, r->line);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(r, (enum record_field)f))
			continue;
		buf_fmt(&line, " %s=", record_field_rows[f].name);
		if (record_field_rows[f].type == FIELD_TEXT) {
			buf_char(&line, ':');
			buf_hex(&line, r->v[f].s);
		} else {
			buf_int(&line, r->v[f].n);
		}
	}
	puts(buf_cstr(&line));
	buf_release(&line);
}

static int records(long n)
{
	static char text[RECORD_FIELDS][40];
	struct buf b = { 0 };
	struct record r;

	for (; n > 0; n--) {
		random_record(&r, text);
		buf_clear(&b);
		if (!wire_put_record(&b, &r))
			return 1;
		print_record(&r, buf_as_view(&b));
	}
	buf_release(&b);
	return 0;
}

static void read_all(struct buf *in)
{
	char piece[65536];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0)
		buf_put(in, piece, n);
}

/* Cuts all records of v and writes them again; false when one is malformed or cut short. */
static bool again(struct view v, struct buf *out)
{
	struct record r;
	int rc;

	buf_clear(out);
	while ((rc = wire_cut_record(&v, &r)) == 1)
		if (!wire_put_record(out, &r))
			return false;
	return rc == 0 && v.n == 0 && !out->failed;
}

static int echo(void)
{
	struct buf in = { 0 }, out = { 0 };
	bool good;

	read_all(&in);
	good = !in.failed && again(buf_as_view(&in), &out);
	if (good)
		fwrite(out.p, 1, out.n, stdout);
	buf_release(&in);
	buf_release(&out);
	return !good;
}

static int verdicts(void)
{
	struct buf in = { 0 }, out = { 0 };
	struct view rest;

	read_all(&in);
	for (rest = buf_as_view(&in); rest.n >= 2;) {
		const unsigned char *p = (const unsigned char *)rest.p;
		struct view one = view_sub(rest, 2, (size_t)p[0] | (size_t)p[1] << 8);

		putchar(again(one, &out) && view_eq(buf_as_view(&out), one) ? '1' : '0');
		rest = view_sub(rest, 2 + one.n, rest.n);
	}
	buf_release(&in);
	buf_release(&out);
	return 0;
}

/* --- the hub --- */

static struct bus *bus;
static struct bus_socket *hub;
static char worker[BUS_PEER];
static int failed;

static void say(bool good, const char *sentence)
{
	printf("%s %s\n", good ? "ok" : "not ok", sentence);
	fflush(stdout);
	failed += !good;
}

static bool hear(struct view *m)
{
	struct bus_wait w = { .socket = hub };
	int rc = 0;

	for (int waited = 0; waited < PATIENCE_MS && rc == 0; waited += 50) {
		rc = bus_recv(hub, worker, m, &e);
		if (rc == 0)
			bus_poll(bus, &w, 1, 50, &e);
	}
	return rc == 1;
}

/* The next message that is no HELLO. */
static bool hear_answer(struct msg *m)
{
	struct view bytes;

	while (hear(&bytes))
		if (msg_parse(m, bytes) && m->type != M_HELLO)
			return true;
	return false;
}

static void send(struct view v)
{
	enum bus_sent sent;

	if (bus_send(&sent, hub, worker, v, &e) == -1 || sent != BUS_SENT)
		say(false, "the hub can send");
}

static struct view one_of(const struct view *choice, size_t n)
{
	return choice[draw(n)];
}

#define ONE_OF(table) one_of(table, sizeof(table) / sizeof(table[0]))

/* What checks and rollovers take from a row; most of it good. */
static void more_of_row(struct record *r)
{
	static const struct view trustees[] = { VIEW_INIT("Summit Trust"), VIEW_INIT(" SUMMIT  trust"), VIEW_INIT("Valley"), VIEW_INIT(" ") };
	static const struct view accounts[] = { VIEW_INIT("IRA-1"), VIEW_INIT(" IRA-22 "), VIEW_INIT("1234567890123456789012345678901"), VIEW_INIT("1\n2") };
	static const struct view ssns[] = { VIEW_INIT("900112233"), VIEW_INIT("900-11-2233"), VIEW_INIT("90011223"), VIEW_INIT("90011223x") };
	static const struct view cities[] = { VIEW_INIT("Springfield"), VIEW_INIT("S\303\243o Paulo"), VIEW_INIT("Llanfairpwllgwyngyllgogerychwyrndrobwll"),
					      VIEW_INIT("\346\227\245") };

	if (draw(3) == 0)
		record_set_text(r, F_TRUSTEE, trustees[draw(3) ? draw(2) : draw(4)]);
	if (draw(3) == 0)
		record_set_num(r, F_ROLLOVER, draw(4) ? (int64_t)draw(100000) : draw(2) ? -5 : INT64_C(10000000000));
	record_set_text(r, F_TRUSTEE_ACCOUNT, accounts[draw(4) ? draw(2) : draw(4)]);
	record_set_text(r, F_SSN, ssns[draw(4) ? draw(2) : draw(4)]);
	if (draw(2))
		record_set_text(r, F_CITY, cities[draw(4) ? draw(2) : draw(4)]);
	if (draw(4) == 0)
		record_set_text(r, F_COUNTRY, draw(4) ? VIEW("US") : VIEW("USA"));
	if (draw(4) == 0)
		record_set_text(r, F_MEMO, VIEW("bonus, 2026"));
	if (draw(4) == 0)
		record_set_text(r, F_PLAN, VIEW("Plan \303\204"));
	if (draw(4) == 0)
		record_set_text(r, F_DISTRIBUTION, draw(4) ? VIEW("G") : VIEW("G12"));
}

/* Half of the rows are good, the others odd in one or more ways. */
static void random_row(struct record *r, uint64_t seq, char number[12])
{
	static const struct view names[] = { VIEW_INIT("Ann Lee"),
					     VIEW_INIT("J\303\274rgen M\303\274ller-L\303\274denscheidt"),
					     VIEW_INIT("O\342\200\231Neil, \305\201ukasz"),
					     VIEW_INIT("  two   blanks  "),
					     VIEW_INIT("caf\351 latin-1"),
					     VIEW_INIT("e\314\201 combining"),
					     VIEW_INIT("\303\237\303\206\303\236\305\211\304\262"),
					     VIEW_INIT("\346\227\245\346\234\254"),
					     VIEW_INIT("\342\202"),
					     VIEW_INIT("abcdefghijklmnopqrstu \303\206"),
					     VIEW_INIT("\303\227"),
					     VIEW_INIT("tab\tand\0nul"),
					     VIEW_INIT("\355\240\200 surrogate \360\237\230\200") };
	static const struct view routings[] = { VIEW_INIT("021000021"), VIEW_INIT("011401533"),
						VIEW_INIT("091000019"), VIEW_INIT(" 021000021 "),
						VIEW_INIT("021000022"), VIEW_INIT("000000000"),
						VIEW_INIT("990000000"), VIEW_INIT("02100002"),
						VIEW_INIT("02100002x"), VIEW_INIT("   ") };
	static const struct view types[] = { VIEW_INIT("checking"), VIEW_INIT("Savings"), VIEW_INIT(" S "),
					     VIEW_INIT("c"),        VIEW_INIT("loan"),    VIEW_INIT(" ") };
	static const struct view methods[] = { VIEW_INIT("ach"), VIEW_INIT("ACH "), VIEW_INIT("check"),
					       VIEW_INIT(" ") };
	static const struct view accounts[] = { VIEW_INIT("123456789"),          VIEW_INIT(" 12345678901234567 "),
						VIEW_INIT("123456789012345678"), VIEW_INIT("12\n34"),
						VIEW_INIT("\303\251"),           VIEW_INIT("  ") };
	static const struct view currencies[] = { VIEW_INIT("USD"), VIEW_INIT("EUR"), VIEW_INIT(" ") };
	static const int64_t nets[] = { 0, -1, 1, 9999999999, 10000000000, INT64_MIN / 1000 };
	bool odd = draw(2) == 0;

	record_init(r, RECORD_PAYMENT, seq + 1);
	r->seq = seq;
	snprintf(number, 12, "E%" PRIu64, seq);
	record_set_text(r, F_PERSON, odd && draw(8) == 0 ? VIEW("") : draw(4) == 0 ? ONE_OF(names) : view_of(number));
	record_set_text(r, F_PARTY, odd && draw(8) == 0 ? VIEW("") : ONE_OF(names));
	record_set_text(r, F_ROUTING, odd ? ONE_OF(routings) : routings[draw(3)]);
	record_set_text(r, F_ACCOUNT, odd ? ONE_OF(accounts) : accounts[0]);
	record_set_text(r, F_ACCOUNT_TYPE, odd ? ONE_OF(types) : types[draw(2)]);
	record_set_text(r, F_METHOD, odd ? ONE_OF(methods) : methods[draw(2)]);
	record_set_text(r, F_CURRENCY, odd ? ONE_OF(currencies) : currencies[0]);
	if (!odd || draw(8) > 0)
		record_set_num(r, F_NET, odd && draw(4) == 0 ? nets[draw(6)] : 1 + (int64_t)draw(1000000));
	record_set_text(r, F_RUN, VIEW("R77"));
	if (draw(2) == 0)
		record_set_num(r, F_PAY_DATE, 20000);
	more_of_row(r);
}

static void copy_text(struct record *to, const struct record *from, enum record_field f)
{
	if (record_has(from, f))
		record_set_text(to, f, record_text(from, f));
}

/* What docs/wire.md wants for one row. */
static void put_legs(struct buf *out, const struct record *row, const struct allot_ways *ways, int64_t *sum, int64_t *n_legs)
{
	struct allot_leg legs[ALLOT_LEGS];
	struct record held;
	size_t n;
	enum allot_reason why = allot_row(legs, &n, row, ways);

	*n_legs += why == ALLOT_GOOD ? (int64_t)n : 1;
	for (size_t i = 0; why == ALLOT_GOOD && i < n; i++) {
		*sum += record_num(&legs[i].r, F_AMOUNT, 0);
		wire_put_record(out, &legs[i].r);
	}
	if (why == ALLOT_GOOD)
		return;
	record_init(&held, RECORD_PAYMENT, row->line);
	held.seq = row->seq;
	record_set_num(&held, F_AMOUNT, record_num(row, F_NET, 0));
	record_set_num(&held, F_LEG, 0);
	record_set_text(&held, F_REASON, view_of(allot_reason_code(why)));
	copy_text(&held, row, F_PARTY);
	copy_text(&held, row, F_PERSON);
	copy_text(&held, row, F_ACCOUNT);
	copy_text(&held, row, F_ROUTING);
	*sum += record_num(row, F_NET, 0);
	wire_put_record(out, &held);
}

static int64_t legs_made;		/* of the last range */

static void make_allot(struct buf *m, struct buf *want, int64_t *sum, int64_t job, uint64_t first, int64_t count)
{
	struct allot_ways ways = { .check = draw(2), .rollover = draw(2), .trustee = VIEW("Summit Trust"), .plan = draw(2) ? VIEW("PSP") : VIEW(""),
		.memo = draw(2) ? VIEW("wages") : VIEW(""), .rollover_percent = draw(2) ? (int)draw(101) : 0, .payee_length = draw(2) ? 10 + (int)draw(31) : 0,
		.ach_most = draw(2) ? 300000 : 0, .check_most = draw(2) ? 400000 : 0 };
	struct buf rows = { 0 };

	if (job == 1)
		ways = (struct allot_ways){ .check = false };	/* the plain case */
	buf_clear(want);
	*sum = legs_made = 0;
	for (uint64_t i = 0; i < ROWS; i++) {
		char number[12];
		struct record row;

		random_row(&row, first + i, number);
		wire_put_record(&rows, &row);
		put_legs(want, &row, &ways, sum, &legs_made);
	}
	wire_begin(m, M_ALLOT);
	wire_num(m, T_JOB, job);
	wire_num(m, T_PARCEL, 1);
	wire_num(m, T_FIRST, (int64_t)first);
	wire_num(m, T_COUNT, count);
	wire_view(m, T_BYTES, buf_as_view(&rows));
	allot_ways_put(m, &ways);
	buf_release(&rows);
}

static bool answers_well(int64_t job, const struct buf *want, int64_t sum)
{
	struct msg m;

	return hear_answer(&m) && m.type == M_ALLOTTED && msg_num_or(&m, T_JOB, -1) == job &&
	       msg_num_or(&m, T_COUNT, -1) == legs_made && msg_num_or(&m, T_SUM, sum + 1) == sum &&
	       view_eq(msg_text(&m, T_BYTES), buf_as_view(want));
}

static void greets(void)
{
	struct view bytes;
	int64_t epoch = 0;
	struct msg m;
	bool good = hear(&bytes) && msg_parse(&m, bytes) && m.type == M_HELLO;

	say(good && view_eq(msg_text(&m, T_ROLE), view_of(worker)), "the worker says hello under its routing id");
	say(good && msg_num(&m, T_EPOCH, &epoch) && epoch != 0, "its hello has an epoch");
	say(good && msg_num_or(&m, T_CREDIT, 0) >= (int64_t)BUS_MESSAGE_MAX, "and the credit that a worker must have");
	say(hear(&bytes) && msg_parse(&m, bytes) && m.type == M_HELLO && msg_num_or(&m, T_EPOCH, 0) == epoch,
	    "it says hello again, of the same epoch");
}

static void allots(void)
{
	struct buf m = { 0 }, want = { 0 };
	int64_t sum, good = 0;
	bool twice;

	for (int64_t job = 1; job <= JOBS; job++) {
		make_allot(&m, &want, &sum, job, (uint64_t)(job - 1) * ROWS + 1, ROWS);
		send(buf_as_view(&m));
		good += answers_well(job, &want, sum);
	}
	say(good == JOBS, "four thousand rows come back as the legs that rules/allot.c gives, byte for byte");
	send(buf_as_view(&m));
	twice = answers_well(JOBS, &want, sum);
	say(twice, "a range that is sent again is answered again, with the same bytes");
	buf_release(&m);
	buf_release(&want);
}

static void refuses(void)
{
	struct buf m = { 0 }, want = { 0 };
	struct msg a;
	int64_t sum;

	make_allot(&m, &want, &sum, 900, 1, ROWS + 1);
	send(buf_as_view(&m));
	say(hear_answer(&a) && a.type == M_JOB_FAILED && msg_num_or(&a, T_JOB, -1) == 900,
	    "a count that is not that of the records fails the job");
	send(VIEW("\x32"));
	send(VIEW("\x32\0\0\1"));
	send(VIEW("\x32\0\0\0\4\0\xff\xff\xff\xff"));
	wire_begin(&m, M_ALLOT);
	wire_num(&m, T_JOB, 901);
	send(buf_as_view(&m));
	wire_begin(&m, 60000);
	send(buf_as_view(&m));
	make_allot(&m, &want, &sum, 902, 1, ROWS);
	m.p[m.n - 1] ^= 1;
	m.n--;
	send(buf_as_view(&m));
	make_allot(&m, &want, &sum, 903, 1, ROWS);
	send(buf_as_view(&m));
	say(answers_well(903, &want, sum),
	    "six malformed or unknown messages are dropped, the next good one is answered");
	wire_begin(&m, M_EMIT);
	wire_num(&m, T_JOB, 904);
	wire_text(&m, T_FORMAT, "nacha");
	send(buf_as_view(&m));
	say(hear_answer(&a) && a.type == M_JOB_FAILED && msg_num_or(&a, T_JOB, -1) == 904,
	    "what it cannot do it says it cannot");
	buf_release(&m);
	buf_release(&want);
}

static int play_hub(const char *path)
{
	int fd;

	if (bus_listen_fd(path, &fd, &e) == -1 || bus_open(&bus, &e) == -1 || bus_bind(&hub, bus, fd, path, &e) == -1) {
		fprintf(stderr, "wire_peer: %s\n", e.text);
		return 1;
	}
	greets();
	allots();
	refuses();
	bus_socket_free(hub);
	bus_free(bus);
	unlink(path);
	return failed > 0;
}

int main(int argc, char **argv)
{
	if (argc > 3)
		seed = strtoull(argv[strcmp(argv[1], "hub") == 0 ? 3 : 2], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
	if (argc == 2 && strcmp(argv[1], "tables") == 0)
		return tables();
	if (argc == 4 && strcmp(argv[1], "records") == 0)
		return records(strtol(argv[3], NULL, 10));
	if (argc == 2 && strcmp(argv[1], "echo") == 0)
		return echo();
	if (argc == 2 && strcmp(argv[1], "verdicts") == 0)
		return verdicts();
	if (argc == 4 && strcmp(argv[1], "hub") == 0)
		return play_hub(argv[2]);
	fprintf(stderr, "usage: wire_peer tables | records SEED N | echo | verdicts | hub PATH SEED\n");
	return 2;
}
