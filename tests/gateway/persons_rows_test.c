/* SPDX-License-Identifier: Apache-2.0 */
/*
 * persons_rows_test - what rows say of their persons, noted a range at a time, is what it is row by row
 *
 * Random runs of few people with few accounts, so that a range holds the same person several times, changed, changed back, held and
 * without an account; the same rows go through persons_note_rows() for one feed and through persons_note() for another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/roles/route/persons.h"
#include "tests/lib/tap.h"

#define ROWS 12
#define RUNS 5
#define SEEDS 300

static char home[64];
static struct route *r;
static uint32_t seed;

static uint32_t draw(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static int64_t no_time(void *ctx)
{
	(void)ctx;
	return 1762693200;
}

static enum bus_sent nobody(void *ctx, enum route_pair pair, const char *peer, struct view message)
{
	(void)ctx, (void)pair, (void)peer, (void)message;
	return BUS_SENT;
}

static void open_route(void)
{
	static const char *const dirs[] = { "", "/spool", "/spool/out", "/spool/out/tmp", "/spool/new", "/spool/new/tmp", "/spool/rec", "/ledger" };
	static struct inbound in[2] = { { .name = "whole", .people = PEOPLE_ROW }, { .name = "single", .people = PEOPLE_ROW } };
	static struct partner hr = { .name = "hr", .timezone = "America/New_York", .calendar = "federal-reserve", .in = in, .n_in = 2 };
	static struct config config = { .demo = true, .demo_start = "2026-11-09T13:00:00Z", .partners = &hr, .n_partners = 1, .change_quarantine_days = 5 };
	static const struct route_ops ops = { NULL, no_time, no_time, nobody };
	struct err e = { 0 };
	char path[128];

	snprintf(home, sizeof(home), "%s/tally-rows-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(home) == NULL)
		exit(1);
	for (size_t i = 1; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", home, dirs[i]);
		mkdir(path, 0700);
	}
	config.home = home;
	if (route_open(&r, &config, &ops, &e) != 0) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
}

static void close_route(void)
{
	char *argv[] = { "rm", "-rf", home, NULL };
	pid_t pid;

	route_free(r);
	pid = fork();
	if (pid == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) == -1)
		;
}

static bool put_rows(struct buf *out, uint32_t persons)
{
	static const char *const accounts[] = { "111", "222", "333", NULL };
	char person[8];
	struct record rec;
	bool good = true;

	buf_clear(out);
	for (uint64_t seq = 1; seq <= ROWS; seq++) {
		const char *account = accounts[draw(draw(4) == 0 ? 4 : 2)];

		record_init(&rec, draw(9) == 0 ? RECORD_TOTAL : RECORD_PAYMENT, seq);
		rec.seq = seq;
		snprintf(person, sizeof(person), "E%u", draw(persons));
		record_set_text(&rec, F_PERSON, view_of(person));
		record_set_text(&rec, F_ACCOUNT, view_of(account));
		record_set_text(&rec, F_ROUTING, account != NULL ? VIEW("231380104") : VIEW(""));
		good = wire_put_record(out, &rec) && good;
	}
	return good;
}

/* 1 when every mark is the same but for its version's number, which is compared by what the versions say. */
static bool take_run(const struct buf *bytes, int64_t parcel, struct err *err)
{
	struct persons_mark marks[2][ROWS] = { { { 0 } } };
	struct persons_of whole, single;
	struct view rest = buf_as_view(bytes);
	struct record rec;
	size_t n = 0;

	if (persons_of_run(r, &whole, parcel, "hr/whole", 0, 20402, err) != 0 || persons_of_run(r, &single, parcel, "hr/single", 0, 20402, err) != 0)
		return false;
	while (wire_cut_record(&rest, &rec) == 1)
		if (rec.kind == RECORD_PAYMENT)
			marks[0][n++].seq = rec.seq;
	if (persons_note_rows(r, &whole, buf_as_view(bytes), marks[0], n, err) != 0)
		return false;
	rest = buf_as_view(bytes);
	for (size_t i = 0; wire_cut_record(&rest, &rec) == 1;) {
		struct persons_mark *a = &marks[0][i], *b = &marks[1][i];

		if (rec.kind != RECORD_PAYMENT)
			continue;
		if ((!a->noted && persons_note(r, &whole, &rec, a, err) != 0) || persons_judge(r, &whole, a, err) != 0
		    || persons_note(r, &single, &rec, b, err) != 0 || persons_judge(r, &single, b, err) != 0)
			return false;
		if (a->version == 0 || a->open != b->open || strcmp(a->why, b->why) != 0 || strcmp(a->detail, b->detail) != 0) {
			err_set(err, -1, "row %zu: '%s' and '%s'", i, a->why, b->why);
			return false;
		}
		i++;
	}
	return true;
}

/* All versions of a feed, as text. */
static void dump(const char *feed, struct buf *out)
{
	struct rows rows;

	buf_clear(out);
	if (ledger_query(&rows, r->ledger, NULL, "SELECT person||'/'||version||'/'||ifnull(account,'-')||'/'||ifnull(changed_on,'-')||'/'||quarantined||'/'||parcel||' ' FROM person"
			 " WHERE feed=? ORDER BY person, version", "t", feed) == 0)
		while (rows_next(&rows) == 1)
			buf_view(out, rows_text(&rows, 0));
}

static void compare(void)
{
	struct buf bytes = { 0 }, whole = { 0 }, single = { 0 };
	struct err err = { 0 };
	bool same = true;

	for (uint32_t s = 1; s <= SEEDS && same; s++) {
		seed = s;
		ledger_begin(r->ledger, &err);
		for (int64_t run = 1; run <= RUNS && same; run++)
			same = put_rows(&bytes, 3 + s % 9) && take_run(&bytes, run, &err);
		dump("hr/whole", &whole);
		dump("hr/single", &single);
		same = same && whole.n > 0 && view_eq(buf_as_view(&whole), buf_as_view(&single));
		if (!same)
			printf("# seed %u: %s\n# whole  %s\n# single %s\n", s, err.text, buf_cstr(&whole), buf_cstr(&single));
		ledger_rollback(r->ledger);
	}
	ok(same, "a range noted at once says of %d random runs what its rows say one by one", SEEDS * RUNS);
	buf_release(&bytes);
	buf_release(&whole);
	buf_release(&single);
}

int main(void)
{
	open_route();
	compare();
	close_route();
	return done_testing();
}
