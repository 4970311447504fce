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
	if (mount("tally", path, "tmpfs", 0, "size=700k") != 0) {
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
