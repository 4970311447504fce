/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_test - one owner, migrations, refused steps, change and audit entry in one transaction, budgets, and a full disk
 *
 * Real SQLite on a real directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/audit.h"
#include "gateway/ledger.h"
#include "gateway/ledger_schema.h"
#include "tests/lib/tap.h"

static char dir[64] = "/tmp/tally-ledger-XXXXXX", path[128];
static const struct ledger_now now = { "tester", "2026-11-09T08:00:00Z", "2026-11-09T08:00:00Z" };

static struct ledger *open_it(void)
{
	struct ledger *l = NULL;
	struct err e = { 0 };

	if (ledger_open(&l, path, &e) != 0)
		printf("# %s\n", e.text);
	else
		ledger_set_now(l, &now);
	return l;
}

static int64_t one(struct ledger *l, const char *sql)
{
	int64_t n = -1;

	ledger_int(l, &n, NULL, sql, "");
	return n;
}

static int64_t parcel(struct ledger *l, struct err *e)
{
	if (ledger_do(l, e, "INSERT INTO parcel(partner, channel, name, purpose, state) VALUES('p','p/c','n','payroll',1)", "") != 1)
		return -1;
	return ledger_last_id(l);
}

static void opens_and_migrates(void)
{
	struct ledger *l = open_it(), *second = NULL;
	struct err e = { 0 };

	ok(l != NULL, "a new ledger opens");
	ok(one(l, "PRAGMA user_version") == ledger_version, "it has the newest schema version");
	ok(one(l, "PRAGMA synchronous") == 2, "synchronous is FULL");
	ok(ledger_open(&second, path, &e) != 0, "a second owner is refused: %s", e.text);
	ledger_close(second);
	ledger_do(l, &e, "PRAGMA user_version=9999", "");
	ledger_close(l);
	ok(ledger_open(&l, path, &e) != 0 && strstr(e.text, "install the newer program") != NULL, "a ledger newer than the program is refused: %s", e.text);
}

static void refuses_steps(void)
{
	struct ledger *l;
	struct err e = { 0 };
	int64_t id, before;

	unlink(path);
	l = open_it();
	ledger_begin(l, &e);
	id = parcel(l, &e);
	ok(ledger_move(l, THING_PARCEL, id, PARCEL_CLAIMED, NULL, &e) == 0, "an allowed step is taken");
	before = one(l, "SELECT count(*) FROM audit");
	ok(ledger_move(l, THING_PARCEL, id, PARCEL_DONE, NULL, &e) == -1 && strstr(e.text, "cannot go from CLAIMED to DONE") != NULL, "a step that is not in the table names both states: %s", e.text);
	ok(one(l, "SELECT count(*) FROM audit") == before && one(l, "SELECT state FROM parcel") == PARCEL_CLAIMED, "a refused step changes nothing");
	ok(ledger_move(l, THING_PARCEL, 999, PARCEL_CLAIMED, NULL, &e) == -1, "a thing that is not there has no state: %s", e.text);
	ok(ledger_commit(l, &e) == 0, "the transaction commits");
	ledger_begin(l, &e);
	ledger_move(l, THING_PARCEL, id, PARCEL_FETCHED, NULL, &e);
	ledger_rollback(l);
	ok(one(l, "SELECT state FROM parcel") == PARCEL_CLAIMED && one(l, "SELECT count(*) FROM audit") == before, "a rolled back change takes its audit entry with it");
	ledger_begin(l, &e);
	ok(ledger_move(l, THING_PARCEL, id, PARCEL_FETCHED, NULL, &e) == 0 && ledger_commit(l, &e) == 0, "after a rollback the chain goes on");
	ledger_close(l);
}

static void audit_holds(void)
{
	struct ledger *l = open_it();
	struct audit_head head, again;
	struct err e = { 0 };
	struct buf b = { 0 };
	struct json j;
	int64_t bad;

	ledger_begin(l, &e);
	for (int i = 0; i < 20; i++) {
		struct audit_entry entry = { .object = "F1", .from = "A", .to = "B", .count = 1 };

		audit_append(l, &entry, &e);
	}
	ledger_commit(l, &e);
	ok(audit_verify(l, &head, &bad, &e) == 1, "a whole audit verifies");
	ok(audit_head(l, &again, &e) == 0 && strcmp(head.root, again.root) == 0 && head.size == again.size, "the running head equals the recomputed one");
	json_init(&j, &b, false);
	ok(audit_prove(l, 7, &j, &e) == 0 && !b.failed, "an entry has an inclusion proof");
	buf_release(&b);
	ledger_close(l);
	l = open_it();
	ok(audit_head(l, &again, &e) == 0 && strcmp(head.root, again.root) == 0, "the head is the same after a restart");
	ledger_do(l, &e, "UPDATE audit SET text=replace(text, '\"to\":\"B\"', '\"to\":\"C\"') WHERE n=9", "");
	ok(audit_verify(l, &again, &bad, &e) == 0 && bad == 9, "an entry that was changed is found: %lld", (long long)bad);
	ledger_close(l);
}

static void budgets_hold(void)
{
	struct ledger *l = open_it();
	struct err e = { 0 };
	int64_t n;

	ledger_budget(l, 100000);
	ok(ledger_int(l, &n, &e, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<50000000) SELECT count(*) FROM c", "") == -1 && e.code == LEDGER_BUDGET,
	   "a query over its budget is stopped: %s", e.text);
	ledger_budget(l, 0);
	ok(ledger_int(l, &n, &e, "SELECT count(*) FROM parcel", "") == 1, "the ledger goes on after it");
	ledger_close(l);
}

static void full_disk(void)
{
	struct err e = { 0 };
	struct ledger *l = NULL;
	int rc = 0;

	if (geteuid() != 0) {
		printf("# not tested as a plain user: a full disk needs a mount of its own\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/small", dir);
	mkdir(path, 0700);
	if (mount("tally", path, "tmpfs", 0, "size=1m") != 0) {
		printf("# not tested: a tmpfs cannot be mounted here\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/small/l.db", dir);
	l = open_it();
	ok(l != NULL, "a ledger opens on a small disk");
	for (int i = 0; l != NULL && rc == 0 && i < 100000; i++) {
		rc = ledger_begin(l, &e);
		for (int k = 0; rc == 0 && k < 50; k++)
			rc = parcel(l, &e) < 0 ? -1 : 0;
		if (rc == 0)
			rc = ledger_commit(l, &e);
		else
			ledger_rollback(l);
	}
	ok(rc != 0 && strstr(e.text, "full") != NULL, "a full disk is an error in words: %s", e.text);
	ledger_close(l);
	l = open_it();
	ok(l != NULL && one(l, "SELECT count(*) % 50 FROM parcel") == 0, "what is left is whole transactions");
	ledger_close(l);
	snprintf(path, sizeof(path), "%s/small", dir);
	umount(path);
}

/* `n` rows, of which number `bad` fails. */
struct few { int n, bad, at; struct ledger *ledger; };

static int give_few(void *ctx, struct cell *c, struct err *e)
{
	struct few *f = ctx;

	if (f->at == f->n)
		return 0;
	if (++f->at == f->bad)
		return err_set(e, -1, "row %d cannot be given", f->at);
	c[0] = cell_int(f->at * 7);
	c[1] = cell_view(f->at % 2 ? VIEW("odd") : (struct view){ NULL, 0 });
	c[2] = (struct cell){ .type = 'b', .v = VIEW("\0x") };
	return 1;
}

static int give_again(void *ctx, struct cell *c, struct err *e)
{
	struct few *outer = ctx, inner = { .n = 1 };
	struct given given = { give_few, &inner };

	(void)c;
	return ledger_give(outer->ledger, e, "SELECT c0 FROM given", &given, "");
}

static void gives_rows(void)
{
	struct few f = { .n = 1000 };
	struct given given = { give_few, &f }, nested = { give_again, &f };
	struct err e = { 0 };
	struct ledger *l;
	struct rows rows;
	int n = 0, rc;

	unlink(path);
	l = f.ledger = open_it();
	ledger_do(l, &e, "CREATE TABLE few(id INTEGER PRIMARY KEY, word TEXT, bytes BLOB, kept INTEGER)", "");
	ok(ledger_give(l, &e, "INSERT INTO few SELECT c0, c1, c2, ?1 FROM given", &given, "i", (int64_t)5) == 1000, "a statement takes a thousand rows");
	ok(one(l, "SELECT count(*)=1000 AND sum(id)=7*500500 AND count(word)=500 AND sum(length(bytes))=2000 AND sum(kept)=5000 FROM few"), "numbers, texts, nulls and bytes come as they were given");
	f.at = 0;
	ledger_query_given(&rows, l, &e, "SELECT few.id, g.c0 FROM given g LEFT JOIN few ON few.id=g.c0 AND few.word='odd'", &given, "");
	while ((rc = rows_next(&rows)) == 1)
		n += rows_int(&rows, 1) == 7 * f.at && rows_null(&rows, 0) == (f.at % 2 == 0);
	ok(rc == 0 && n == 1000, "a question has an answer for each given row, in their order");
	f = (struct few){ .n = 10, .bad = 6, .ledger = l };
	rc = ledger_give(l, &e, "INSERT INTO few SELECT c0+1, c1, c2, 0 FROM given", &given, "");
	ok(rc == -1 && strstr(e.text, "row 6 cannot be given") != NULL && one(l, "SELECT count(*) FROM few") == 1000, "a row that fails leaves nothing of its statement, and says why: %s", e.text);
	f = (struct few){ .n = 1, .ledger = l };
	rc = ledger_give(l, &e, "SELECT c0 FROM given", &nested, "");
	ok(rc == -1 && strstr(e.text, "rows are given already") != NULL, "rows given while others are given are refused: %s", e.text);
	ok(one(l, "SELECT count(*) FROM given") == 0, "and where nobody gives any there are none");
	ledger_close(l);
}

int main(void)
{
	char command[128];

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/l.db", dir);
	opens_and_migrates();
	refuses_steps();
	audit_holds();
	budgets_hold();
	gives_rows();
	full_disk();
	for (size_t i = 0; i < 4; i++) {
		static const char *const ends[] = { "/l.db", "/l.db-wal", "/l.db-shm", "/small" };

		snprintf(command, sizeof(command), "%s%s", dir, ends[i]);
		if (i < 3)
			unlink(command);
		else
			rmdir(command);
	}
	rmdir(dir);
	return done_testing();
}
