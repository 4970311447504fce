/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_test - the parse role as route and sign see it: a caged process on a real bus, played against
 *
 * The role runs in a child, entered by its own row; this test binds route's socket, asks, gives credit, and looks at
 * every message.  Its module is tests/modules/hostile.c, which attacks on request.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channels/spool.h"
#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "gateway/role.h"
#include "tests/lib/tap.h"

#define PATIENCE_MS 60000

static char home[] = "/tmp/tallygate-parse-XXXXXX";
static char modules[512];
static struct config config;
static struct bus *bus;
static struct bus_socket *route, *sign;
static char parse_peer[BUS_PEER], heard_peer[BUS_PEER];

static const char *path_of(const char *below)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/%s", home, below);
	return path;
}

static void make_tree(void)
{
	static const char *const dirs[] = { "spool", "spool/new", "spool/out", "run", "run/route-parse",
		"run/parse-sign" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(path_of(dirs[i]), 0755);
}

static int spool_put(const char *dir, struct view bytes, char hex[DIGEST_HEX])
{
	struct spool_writer *w;
	struct err e = { 0 };
	struct spool *s;
	uint64_t size;
	int rc = -1;

	if (spool_open(&s, path_of(dir), true, &e) == 0 && spool_begin(&w, s, &e) == 0 &&
		spool_write(w, bytes, &e) == 0)
		rc = spool_commit(w, hex, &size, &e);
	spool_free(s);
	return rc;
}

/* What one job answered. */
struct answer {
	int64_t verdict, count, sum, errors, findings, records, first_once_more;
	char format[32], text[300], code[64];
	size_t largest, overdrawn;
	int64_t credit;
	bool gaps, ended;
};

static void say(struct bus_socket *s, const char *peer, struct buf *m)
{
	enum bus_sent sent = BUS_GONE;
	struct err e = { 0 };

	for (int i = 0; i < 500 && (bus_send(&sent, s, peer, buf_as_view(m), &e) != 0 || sent != BUS_SENT); i++)
		poll(NULL, 0, 10);	/* the peer's connection may not be there yet */
	buf_release(m);
}

static void ask(int64_t job, int spool, const char *hex, const char *format, const char *option, int64_t credit)
{
	struct buf m = { 0 };

	wire_begin(&m, M_PARSE);
	wire_num(&m, T_JOB, job);
	wire_text(&m, T_SHA256, hex);
	wire_num(&m, T_SPOOL, spool);
	wire_text(&m, T_FORMAT, format);
	wire_text(&m, T_OPTION, option);
	wire_num(&m, T_CREDIT, credit);
	say(route, parse_peer, &m);
}

static void give(int64_t job, int64_t credit)
{
	struct buf m = { 0 };

	wire_begin(&m, M_CREDIT);
	wire_num(&m, T_JOB, job);
	wire_num(&m, T_CREDIT, credit);
	say(route, parse_peer, &m);
}

static void take_records(struct answer *a, const struct msg *m)
{
	struct view bytes = msg_text(m, T_BYTES);
	int64_t first = msg_num_or(m, T_FIRST, 0), sum = 0, count = 0;
	size_t n = bytes.n;
	struct record r;

	if (first == 1 && a->records > 0) {
		a->first_once_more++;
		a->records = 0;
	}
	a->gaps |= first != a->records + 1;
	a->largest = n > a->largest ? n : a->largest;
	a->overdrawn += (int64_t)n > a->credit;
	a->credit -= (int64_t)n;
	while (wire_cut_record(&bytes, &r) == 1) {
		count++;
		sum += record_num(&r, F_AMOUNT, 0);
	}
	a->gaps |= count != msg_num_or(m, T_COUNT, -1) || sum != msg_num_or(m, T_SUM, -1) || bytes.n != 0;
	a->records += count;
}

static void take(struct answer *a, const struct msg *m)
{
	struct finding f;

	if (m->type == M_RECORDS)
		take_records(a, m);
	for (uint16_t i = 0; m->type == M_FINDINGS && i < m->n; i++)
		if (m->e[i].tag == T_FINDING)
			a->findings += wire_get_finding(m->e[i].v, &f, a->code);
	if (m->type != M_PARSED)
		return;
	a->ended = true;
	a->verdict = msg_num_or(m, T_VERDICT, -1);
	a->count = msg_num_or(m, T_COUNT, -1);
	a->sum = msg_num_or(m, T_SUM, -1);
	a->errors = msg_num_or(m, T_ERRORS, -1);
	msg_cstr(m, T_FORMAT, a->format, sizeof(a->format));
	msg_cstr(m, T_TEXT, a->text, sizeof(a->text));
}

/* Messages until `until(a)`; each RECORDS is answered with `back` bytes of credit (0: none). */
static void hear(struct answer *a, int64_t job, int64_t back, bool (*until)(const struct answer *))
{
	static struct msg m;
	int64_t end = role_monotonic_ms() + PATIENCE_MS;
	struct view bytes;
	struct err e = { 0 };

	while (!until(a) && role_monotonic_ms() < end) {
		struct bus_wait w = { .socket = route, .fd = -1 };

		bus_poll(bus, &w, 1, 1000, &e);
		while (!until(a) && bus_recv(route, heard_peer, &bytes, &e) == 1) {
			if (parse_peer[0] == '\0')
				snprintf(parse_peer, sizeof(parse_peer), "%s", heard_peer);
			if (!msg_parse(&m, bytes) || (m.type != M_HELLO && msg_num_or(&m, T_JOB, 0) != job))
				continue;
			take(a, &m);
			if (m.type == M_RECORDS && back > 0) {
				a->credit += back;
				give(job, back);
			}
		}
	}
}

static bool has_ended(const struct answer *a)
{
	return a->ended;
}

static bool has_records(const struct answer *a)
{
	return a->records > 0;
}

static struct answer job_answer(int64_t job, int spool, const char *hex, const char *format, const char *option)
{
	struct answer a = { .verdict = -1, .credit = (int64_t)4 << 20 };

	ask(job, spool, hex, format, option, a.credit);
	hear(&a, job, (int64_t)1 << 20, has_ended);
	return a;
}

static void files(void)
{
	struct buf many = { .max = (size_t)64 << 20 };
	char hex[DIGEST_HEX], big[DIGEST_HEX], foreign[DIGEST_HEX];
	struct answer a;

	spool_put("spool/new", VIEW("line 1\nline two\n"), hex);
	spool_put("spool/new", VIEW("nobody knows me\n"), foreign);
	for (int i = 0; i < 60000; i++)
		buf_fmt(&many, "line %d with some text behind it\n", i);
	spool_put("spool/new", buf_as_view(&many), big);
	a = job_answer(1, 0, hex, "", NULL);
	ok(a.verdict == JOB_DONE && a.records == 2 && a.count == 2 && strcmp(a.format, "hostile") == 0,
		"a file becomes records, and the verdict names its module (%s)", a.text);
	ok(a.sum == 14 && !a.gaps, "counts and sums are those of the records");
	a = job_answer(2, 0, foreign, "", NULL);
	ok(a.verdict == JOB_UNKNOWN_FORMAT && a.findings == 1 && strcmp(a.code, "UNKNOWN_FORMAT") == 0,
		"a file that nobody knows says so, with a finding");
	a = job_answer(3, 0, hex, "nosuch", NULL);
	ok(a.verdict == JOB_REFUSED && a.findings == 1, "a format without a module is refused, with a finding");
	a = job_answer(4, 0, "0000000000000000000000000000000000000000000000000000000000000000", "", NULL);
	ok(a.verdict == JOB_DIED && a.text[0] != '\0', "an object that is not there is told: %s", a.text);
	a = job_answer(5, 0, "../../etc/passwd", "", NULL);
	ok(a.verdict == JOB_DIED, "a name that is no hash is refused: %s", a.text);
	a = job_answer(6, 0, big, "", NULL);
	ok(a.verdict == JOB_DONE && a.records == 60000 && !a.gaps && a.first_once_more == 0,
		"a file of many frames arrives whole and in order");
	ok(a.largest <= (size_t)128 << 10, "no message holds more than 128 KiB of records (%zu)", a.largest);
	a = (struct answer){ .credit = 200000 };
	ask(7, 0, big, "", NULL, a.credit);
	hear(&a, 7, 150000, has_ended);
	ok(a.verdict == JOB_DONE && a.records == 60000 && a.overdrawn == 0,
		"with little credit it all comes, and never more than the credit");
	a = (struct answer){ .credit = 200000 };
	ask(8, 0, big, "", NULL, a.credit);
	hear(&a, 8, 0, has_records);
	ask(8, 0, big, "", NULL, (int64_t)64 << 20);
	a.credit = (int64_t)64 << 20;
	hear(&a, 8, 0, has_ended);
	ok(a.verdict == JOB_DONE && a.first_once_more == 1 && a.records == 60000,
		"a job that is asked for again begins again");
	buf_release(&many);
}

static void attacks(void)
{
	static const struct { const char *option, *why; } cases[] = {
		{ "parse=crash", "" }, { "parse=exit", "without a word" }, { "parse=garbage", "no frame" },
#ifndef TALLY_SANITIZED
		{ "parse=exec", "may not do" }, { "parse=fork", "may not do" }, { "parse=memory", "" },
#endif
	};
	char hex[DIGEST_HEX];
	struct answer a;

	spool_put("spool/new", VIEW("line 1\nline two\n"), hex);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = job_answer(20 + (int64_t)i, 0, hex, "hostile", cases[i].option);
		ok(a.verdict == JOB_DIED && strstr(a.text, cases[i].why) != NULL, "'%s' ends as DIED: %s",
			cases[i].option, a.text);
	}
	a = job_answer(40, 0, hex, "hostile", "parse=minus");
	ok(a.verdict == JOB_MODULE_FAILED && a.findings == 1, "a module that gives up ends as FAILED, with a finding");
	a = job_answer(41, 0, hex, "hostile", "parse=flood");
	ok(a.verdict == JOB_DONE && a.findings == 2000, "findings are capped on their way to route (%lld)",
		(long long)a.findings);
	a = job_answer(42, 0, hex, "", NULL);
	ok(a.verdict == JOB_DONE && a.records == 2, "after all attacks the next file is read");
}

static void many_at_once(void)
{
	enum { JOBS = 20 };
	static struct msg m;
	int64_t end = role_monotonic_ms() + PATIENCE_MS;
	char hex[DIGEST_HEX];
	struct view bytes;
	struct err e = { 0 };
	int done = 0, records = 0;

	spool_put("spool/new", VIEW("line 1\nline two\n"), hex);
	for (int i = 0; i < JOBS; i++)
		ask(100 + i, 0, hex, "", NULL, 1 << 20);
	while (done < JOBS && role_monotonic_ms() < end) {
		struct bus_wait w = { .socket = route, .fd = -1 };

		bus_poll(bus, &w, 1, 1000, &e);
		while (bus_recv(route, heard_peer, &bytes, &e) == 1)
			if (msg_parse(&m, bytes)) {
				done += m.type == M_PARSED && msg_num_or(&m, T_VERDICT, -1) == JOB_DONE;
				records += m.type == M_RECORDS ? (int)msg_num_or(&m, T_COUNT, 0) : 0;
			}
	}
	ok(done == JOBS && records == 2 * JOBS, "%d jobs asked for at once are all done (%d)", JOBS, done);
}

static const struct msg *ask_readback(const char *hex)
{
	static struct msg m;
	int64_t end = role_monotonic_ms() + PATIENCE_MS;
	struct buf q = { 0 };
	struct view bytes;
	struct err e = { 0 };
	char peer[BUS_PEER];

	wire_begin(&q, M_READBACK_ASK);
	wire_num(&q, T_JOB, 7);
	wire_text(&q, T_SHA256, hex);
	say(sign, NULL, &q);
	while (role_monotonic_ms() < end) {
		struct bus_wait w = { .socket = sign, .fd = -1 };

		bus_poll(bus, &w, 1, 1000, &e);
		if (bus_recv(sign, peer, &bytes, &e) == 1 && msg_parse(&m, bytes))
			return &m;
	}
	m = (struct msg){ 0 };
	return &m;
}

static void readbacks(void)
{
	char hex[DIGEST_HEX];
	const struct msg *m;
	struct answer a;

	spool_put("spool/out", VIEW("line paid\nline also\n"), hex);
	m = ask_readback(hex);
	ok(m->type == M_READBACK && msg_num_or(m, T_KNOWN, -1) == 0, "what was never read back is not known");
	a = job_answer(60, 1, hex, "", NULL);
	is_int(a.verdict, JOB_DONE, "an outbound file is read back");
	m = ask_readback(hex);
	ok(msg_num_or(m, T_KNOWN, -1) == 1 && view_eq(msg_text(m, T_FORMAT), VIEW("hostile")) &&
		msg_num_or(m, T_JOB, 0) == 7,
	   "sign is told what was read back, under its job");
	ok(msg_num_or(m, T_COUNT, -1) == 0, "lines that are no payments count for nothing");
	spool_put("spool/new", VIEW("line in\n"), hex);
	job_answer(61, 0, hex, "", NULL);
	m = ask_readback(hex);
	is_int(msg_num_or(m, T_KNOWN, -1), 0, "an inbound file is no read-back");
}

static pid_t start_role(const int pair[2])
{
	static struct role_env env;
	struct err e = { 0 };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(pair[0]);
	if (role_enter(&env, &config, role_find(VIEW("parse")), 1, pair[1], &e) == 0 && role_parse(&env, &e) == 0)
		_exit(0);
	fprintf(stderr, "# the role: %s\n", e.text);
	_exit(1);
}

static bool setup(int line[2], pid_t *pid)
{
	struct err e = { 0 };
	struct pollfd p;
	char run[64], ready = 0;
	int fd;

	snprintf(run, sizeof(run), "%s/run", home);
	config.home = home;
	config.run = run;
	config.modules = modules;
	config.dir = config.demo_start = config.signer_key = config.signer_cert = config.ca = (char[]){ "" };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) == -1)
		return false;
	*pid = start_role(line);
	close(line[1]);
	p = (struct pollfd){ .fd = line[0], .events = POLLIN };
	if (poll(&p, 1, PATIENCE_MS) != 1 || read(line[0], &ready, 1) != 1 || ready != 'R')
		return false;
	if (bus_open(&bus, &e) != 0 || bus_listen_fd(path_of("run/route-parse/bus"), &fd, &e) != 0 ||
	    bus_bind(&route, bus, fd, path_of("run/route-parse/bus"), &e) != 0)
		return false;
	return bus_connect(&sign, bus, path_of("run/parse-sign/bus"), "sign.1", &e) == 0;
}

static void wipe(void)
{
	char command[80];
	pid_t pid = fork();
	int status;

	snprintf(command, sizeof(command), "%s", home);
	if (pid == 0) {
		execlp("rm", "rm", "-rf", command, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
}

static bool heard_hello(const struct answer *a)
{
	(void)a;
	return parse_peer[0] != '\0';
}

int main(void)
{
	ssize_t n = readlink("/proc/self/exe", modules, sizeof(modules) - 32);
	struct answer a = { 0 };
	int line[2], status = -1;
	char *slash;
	pid_t pid = -1;

	modules[n < 0 ? 0 : n] = '\0';
	for (int i = 0; i < 2; i++)
		if ((slash = strrchr(modules, '/')) != NULL)
			*slash = '\0';
	strncat(modules, "/modules/good", 16);
	if (mkdtemp(home) == NULL)
		return 1;
	make_tree();
	if (ok(setup(line, &pid), "the role takes its place and says READY")) {
		hear(&a, 0, 0, heard_hello);
		is_str(parse_peer, "parse.1", "it says HELLO under its name");
		files();
		attacks();
		many_at_once();
		readbacks();
	}
	close(line[0]);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it stops when its supervisor's line closes");
	bus_socket_free(route);
	bus_socket_free(sign);
	bus_free(bus);
	wipe();
	return done_testing();
}
