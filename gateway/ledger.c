/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - SQLite behind a dozen verbs; the only file that knows sqlite3.h
 *
 * Statements are prepared once and cached by the address of their text, so that text is always a literal and every value is
 * bound.  A statement that failed is reset at once; a row set is released at its end or by rows_end().
 * Rows that C gives to one statement are a virtual table, `given`: no binding, no statement and no way down a tree for each of them.
 * Failure: -1 and *err with SQLite's own words and the first words of the statement.
 */
#include "gateway/ledger.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/audit.h"
#include "gateway/ledger_schema.h"

#define CACHE 1024			/* a power of two, well above the number of texts */
#define CHECKPOINT_PAGES 8192		/* 32 MiB of log between two checkpoints: a large run writes each page once or twice, not at every commit */
#define BUDGET_STEP 1000		/* virtual machine steps between two looks at the budget */

struct ledger {
	sqlite3 *db;
	struct { const char *sql; sqlite3_stmt *stmt; bool busy; } cache[CACHE];	/* open addressing by the text's address */
	size_t n_cache;
	struct ledger_now now;
	struct audit_tree tree;
	const struct given *given;	/* of the statement that runs now */
	int64_t budget;			/* in BUDGET_STEPs; -1 = none */
	bool over;
};

static int fail(struct ledger *l, struct err *err, const char *sql)
{
	int code = sqlite3_errcode(l->db);

	if (l->over) {
		l->over = false;
		return err_set(err, LEDGER_BUDGET, "the query '%.40s...' takes too many steps; narrow it", sql);
	}
	return err_set(err, code, "ledger: %s (at '%.60s')", sqlite3_errmsg(l->db), sql);
}

static int on_progress(void *p)
{
	struct ledger *l = p;

	if (l->budget < 0)
		return 0;
	if (l->budget-- > 0)
		return 0;
	l->over = true;
	return 1;
}

static int exec(struct ledger *l, const char *sql, struct err *err)
{
	return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(l, err, sql);
}

static int migrate(struct ledger *l, const char *path, struct err *err)
{
	int64_t version = 0;
	char set[64];

	if (ledger_int(l, &version, err, "PRAGMA user_version", "") < 0)
		return -1;
	if (version > ledger_version)
		return err_set(err, -1, "the ledger '%s' has schema version %lld, this program knows %d; install the newer program",
			       path, (long long)version, ledger_version);
	for (; version < ledger_version; version++) {
		snprintf(set, sizeof(set), "PRAGMA user_version=%d", (int)version + 1);
		if (exec(l, "BEGIN IMMEDIATE", err) != 0 || exec(l, ledger_migrations[version], err) != 0 || exec(l, set, err) != 0
		    || exec(l, "COMMIT", err) != 0) {
			ledger_rollback(l);
			return err_wrap(err, "cannot bring '%s' to schema version %d", path, (int)version + 1);
		}
	}
	return 0;
}

/* The table `given`: one cursor over what ledger_give() or ledger_query_given() was called with. */

struct given_table { sqlite3_vtab base; struct ledger *ledger; };
struct given_cursor { sqlite3_vtab_cursor base; const struct given *given; bool end; int64_t row; struct cell cells[GIVEN_COLUMNS]; };

static int given_connect(sqlite3 *db, void *ledger, int argc, const char *const *argv, sqlite3_vtab **out, char **why)
{
	struct given_table *t = sqlite3_malloc(sizeof(*t));

	(void)argc, (void)argv, (void)why;
	if (t == NULL)
		return SQLITE_NOMEM;
	*t = (struct given_table){ .ledger = ledger };
	*out = &t->base;
	return sqlite3_declare_vtab(db, "CREATE TABLE x(c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15,c16,c17,c18,c19)");
}

static int given_disconnect(sqlite3_vtab *t)
{
	sqlite3_free(t);
	return SQLITE_OK;
}

static int given_plan(sqlite3_vtab *t, sqlite3_index_info *plan)
{
	(void)t;
	plan->estimatedCost = 1000;
	plan->estimatedRows = 1000;
	return SQLITE_OK;
}

static int given_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
	struct given_cursor *c = sqlite3_malloc(sizeof(*c));

	if (c == NULL)
		return SQLITE_NOMEM;
	memset(c, 0, sizeof(*c));
	c->given = ((struct given_table *)t)->ledger->given;
	*out = &c->base;
	return SQLITE_OK;
}

static int given_close(sqlite3_vtab_cursor *c)
{
	sqlite3_free(c);
	return SQLITE_OK;
}

static int given_next(sqlite3_vtab_cursor *at)
{
	struct given_cursor *c = (struct given_cursor *)at;
	struct err err = { 0 };
	int rc = c->given == NULL ? 0 : c->given->next(c->given->ctx, c->cells, &err);

	c->end = rc != 1;
	c->row++;
	if (rc >= 0)
		return SQLITE_OK;
	sqlite3_free(at->pVtab->zErrMsg);
	at->pVtab->zErrMsg = sqlite3_mprintf("%s", err.text);
	return SQLITE_ERROR;
}

static int given_filter(sqlite3_vtab_cursor *c, int plan, const char *text, int argc, sqlite3_value **argv)
{
	(void)plan, (void)text, (void)argc, (void)argv;
	return given_next(c);
}

static int given_end(sqlite3_vtab_cursor *c)
{
	return ((struct given_cursor *)c)->end;
}

static int given_column(sqlite3_vtab_cursor *c, sqlite3_context *to, int col)
{
	const struct cell *cell = &((struct given_cursor *)c)->cells[col];

	if (cell->type == 'i')
		sqlite3_result_int64(to, cell->n);
	else if (cell->type == 'v' && cell->v.p != NULL)
		sqlite3_result_text(to, cell->v.p, (int)cell->v.n, SQLITE_STATIC);
	else if (cell->type == 'b' && cell->v.p != NULL)
		sqlite3_result_blob(to, cell->v.p, (int)cell->v.n, SQLITE_STATIC);
	return SQLITE_OK;		/* else null */
}

static int given_row(sqlite3_vtab_cursor *c, sqlite3_int64 *row)
{
	*row = ((struct given_cursor *)c)->row;
	return SQLITE_OK;
}

static const sqlite3_module given_module = {
	.xConnect = given_connect, .xBestIndex = given_plan, .xDisconnect = given_disconnect, .xOpen = given_open, .xClose = given_close,
	.xFilter = given_filter, .xNext = given_next, .xEof = given_end, .xColumn = given_column, .xRowid = given_row,
};

int ledger_open(struct ledger **out, const char *path, struct err *err)
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return err_set(err, -1, "no memory for the ledger");
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);		/* nobody asks for the figures, and each allocation took a lock for them */
	l->budget = -1;
	if (sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		err_set(err, -1, "cannot open the ledger '%s': %s", path, l->db ? sqlite3_errmsg(l->db) : "no memory");
		goto bad;
	}
	sqlite3_extended_result_codes(l->db, 1);
	if (sqlite3_create_module(l->db, "given", &given_module, l) != SQLITE_OK) {
		err_set(err, -1, "cannot give rows to the ledger '%s': %s", path, sqlite3_errmsg(l->db));
		goto bad;
	}
	if (exec(l, "PRAGMA locking_mode=EXCLUSIVE", err) != 0 || exec(l, "PRAGMA journal_mode=WAL", err) != 0
	    || exec(l, "PRAGMA synchronous=FULL", err) != 0 || exec(l, "PRAGMA foreign_keys=ON", err) != 0
	    || exec(l, "PRAGMA temp_store=MEMORY", err) != 0 || exec(l, "PRAGMA cache_size=-65536", err) != 0
	    || sqlite3_wal_autocheckpoint(l->db, CHECKPOINT_PAGES) != SQLITE_OK || migrate(l, path, err) != 0) {
		err_wrap(err, "ledger '%s'", path);
		goto bad;
	}
	sqlite3_progress_handler(l->db, BUDGET_STEP, on_progress, l);
	*out = l;
	return 0;
bad:
	ledger_close(l);
	return -1;
}

void ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < CACHE; i++)
		sqlite3_finalize(l->cache[i].stmt);
	sqlite3_close(l->db);
	free(l);
}

int ledger_begin(struct ledger *l, struct err *err)
{
	return exec(l, "BEGIN IMMEDIATE", err);
}

int ledger_commit(struct ledger *l, struct err *err)
{
	if (exec(l, "COMMIT", err) == 0)
		return 0;
	ledger_rollback(l);
	return -1;
}

void ledger_rollback(struct ledger *l)
{
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	audit_forget(l);
}

static size_t slot_of(const char *sql)
{
	return (size_t)((uintptr_t)sql * 0x9e3779b97f4a7c15u >> 40) % CACHE;
}

/* A cached statement that is free now; nested use of one text takes a second one. */
static sqlite3_stmt *prepare(struct ledger *l, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	size_t i = slot_of(sql);

	for (; l->cache[i].sql != NULL; i = (i + 1) % CACHE)
		if (l->cache[i].sql == sql && !l->cache[i].busy) {
			l->cache[i].busy = true;
			return l->cache[i].stmt;
		}
	if (sqlite3_prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
		fail(l, err, sql);
		return NULL;
	}
	if (l->n_cache < CACHE / 2) {			/* an empty slot always ends the search */
		l->cache[i].sql = sql;
		l->cache[i].busy = true;
		l->cache[i].stmt = stmt;
		l->n_cache++;
	}
	return stmt;
}

static void give_back(struct ledger *l, const char *sql, sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	for (size_t i = slot_of(sql); l->cache[i].sql != NULL; i = (i + 1) % CACHE)
		if (l->cache[i].stmt == stmt) {
			l->cache[i].busy = false;
			return;
		}
	sqlite3_finalize(stmt);
}

/* keep: SQLITE_STATIC where the statement is done before the caller goes on, so that nothing need be copied. */
static int bind_all(sqlite3_stmt *stmt, sqlite3_destructor_type keep, const char *types, va_list ap)
{
	struct view v;
	const char *t;
	int rc = SQLITE_OK;

	for (int i = 1; *types != '\0' && rc == SQLITE_OK; types++, i++)
		switch (*types) {
		case 'i':
			rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 't':
			t = va_arg(ap, const char *);
			rc = t == NULL ? sqlite3_bind_null(stmt, i) : sqlite3_bind_text(stmt, i, t, -1, keep);
			break;
		case 'v':
			v = va_arg(ap, struct view);
			rc = v.p == NULL ? sqlite3_bind_null(stmt, i) : sqlite3_bind_text(stmt, i, v.p, (int)v.n, keep);
			break;
		case 'b':
			v = va_arg(ap, struct view);
			rc = sqlite3_bind_blob(stmt, i, v.p, (int)v.n, keep);
			break;
		default:
			rc = sqlite3_bind_null(stmt, i);
			break;
		}
	return rc;
}

static sqlite3_stmt *bound(struct ledger *l, struct err *err, const char *sql, sqlite3_destructor_type keep, const char *types, va_list ap)
{
	sqlite3_stmt *stmt = prepare(l, sql, err);

	if (stmt == NULL)
		return NULL;
	if (bind_all(stmt, keep, types, ap) == SQLITE_OK)
		return stmt;
	fail(l, err, sql);
	give_back(l, sql, stmt);
	return NULL;
}

int ledger_do(struct ledger *l, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;
	int rc;

	va_start(ap, types);
	stmt = bound(l, err, sql, SQLITE_STATIC, types, ap);
	va_end(ap);
	if (stmt == NULL)
		return -1;
	rc = sqlite3_step(stmt);
	rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? sqlite3_changes(l->db) : fail(l, err, sql);
	give_back(l, sql, stmt);
	return rc;
}

/* The statement that is stepped next reads these; one inside its next() would read the same, so it is refused. */
static int begin_given(struct ledger *l, const struct given *g, const char *sql, struct err *err)
{
	if (l->given != NULL)
		return err_set(err, -1, "ledger: rows are given already (at '%.60s')", sql);
	l->given = g;
	return 0;
}

int ledger_give(struct ledger *l, struct err *err, const char *sql, const struct given *g, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;
	int rc;

	if (begin_given(l, g, sql, err) != 0)
		return -1;
	va_start(ap, types);
	stmt = bound(l, err, sql, SQLITE_STATIC, types, ap);
	va_end(ap);
	if (stmt != NULL) {
		rc = sqlite3_step(stmt);
		rc = rc == SQLITE_DONE ? sqlite3_changes(l->db) : fail(l, err, sql);
		give_back(l, sql, stmt);
	} else {
		rc = -1;
	}
	l->given = NULL;
	return rc;
}

int64_t ledger_last_id(struct ledger *l)
{
	return sqlite3_last_insert_rowid(l->db);
}

int ledger_int(struct ledger *l, int64_t *out, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;
	int rc;

	va_start(ap, types);
	stmt = bound(l, err, sql, SQLITE_STATIC, types, ap);
	va_end(ap);
	if (stmt == NULL)
		return -1;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
		*out = sqlite3_column_int64(stmt, 0);
		rc = 1;
	} else {
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fail(l, err, sql);
	}
	give_back(l, sql, stmt);
	return rc;
}

int ledger_query(struct rows *out, struct ledger *l, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;

	va_start(ap, types);
	stmt = bound(l, err, sql, SQLITE_TRANSIENT, types, ap);
	va_end(ap);
	*out = (struct rows){ l, stmt, sql, err, NULL };
	return stmt == NULL ? -1 : 0;
}

int ledger_query_given(struct rows *out, struct ledger *l, struct err *err, const char *sql, const struct given *g, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;

	va_start(ap, types);
	stmt = bound(l, err, sql, SQLITE_TRANSIENT, types, ap);
	va_end(ap);
	*out = (struct rows){ l, stmt, sql, err, g };
	return stmt == NULL ? -1 : 0;
}

int rows_next(struct rows *r)
{
	int rc;

	if (r->stmt == NULL)
		return -1;
	if (r->given != NULL && begin_given(r->ledger, r->given, r->sql, r->err) != 0) {
		rows_end(r);
		return -1;
	}
	rc = sqlite3_step(r->stmt);
	if (r->given != NULL)
		r->ledger->given = NULL;
	if (rc == SQLITE_ROW)
		return 1;
	rc = rc == SQLITE_DONE ? 0 : fail(r->ledger, r->err, sqlite3_sql(r->stmt));
	rows_end(r);
	return rc;
}

int64_t rows_int(struct rows *r, int col)
{
	return sqlite3_column_int64(r->stmt, col);
}

struct view rows_text(struct rows *r, int col)
{
	const char *p = (const char *)sqlite3_column_blob(r->stmt, col);

	if (sqlite3_column_type(r->stmt, col) == SQLITE_NULL)
		return (struct view){ NULL, 0 };
	return (struct view){ p == NULL ? "" : p, (size_t)sqlite3_column_bytes(r->stmt, col) };
}

bool rows_null(struct rows *r, int col)
{
	return sqlite3_column_type(r->stmt, col) == SQLITE_NULL;
}

int rows_cols(struct rows *r)
{
	return sqlite3_column_count(r->stmt);
}

const char *rows_col_name(struct rows *r, int col)
{
	return sqlite3_column_name(r->stmt, col);
}

void rows_end(struct rows *r)
{
	if (r->stmt != NULL)
		give_back(r->ledger, r->sql, r->stmt);
	r->stmt = NULL;
}

void ledger_budget(struct ledger *l, int64_t steps)
{
	l->budget = steps == 0 ? -1 : steps / BUDGET_STEP;
	l->over = false;
}

void ledger_set_now(struct ledger *l, const struct ledger_now *now)
{
	l->now = *now;
}

const struct ledger_now *ledger_now(struct ledger *l)
{
	return &l->now;
}

struct audit_tree *ledger_audit_tree(struct ledger *l)
{
	return &l->tree;
}
