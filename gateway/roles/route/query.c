/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query - what operators and reports may ask: one table of verbs and their SQL, paged, under a step budget
 *
 * A column's alias says how it is shown: "F:id" a number with its letter, "=F:state" a state's name, "@:date" a day as ISO text,
 * "*:account" masked to its last four, "!:x" a boolean; anything else as it is.  Every query takes ?1 = rows a page, ?2 = rows to
 * skip; ?3 is the object's number or the command's argument.  An account number leaves the ledger by no other way than masked.
 * Failure: a query over its budget is refused with a sentence and stalls nothing.
 */
#include "gateway/roles/route/notices.h"
#include "gateway/roles/route/query.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "formats/core/money.h"

#define BUDGET 20000000			/* virtual machine steps: about a second */

static bool alias(const char *name, char *how, char *letter, const char **key)
{
	*how = '\0';
	*letter = '\0';
	*key = name;
	if (name[0] == '=' && name[1] != '\0' && name[2] == ':') {
		*how = '=';
		*letter = name[1];
		*key = name + 3;
	} else if (name[0] != '\0' && name[1] == ':') {
		*how = name[0] >= 'A' && name[0] <= 'Z' ? 'i' : name[0];
		*letter = name[0];
		*key = name + 2;
	}
	return *how != '\0';
}

static enum thing thing_of(char letter)
{
	for (int t = 0; t < THINGS; t++)
		if (thing_letter((enum thing)t) == letter)
			return (enum thing)t;
	return THINGS;
}

static void put_masked(struct json *j, const char *key, struct view v)
{
	struct buf b = { .max = 256 };

	if (v.n > 0)
		mask_last4(&b, v);		/* nothing has no last four */
	json_text(j, key, buf_as_view(&b));
	buf_release(&b);
}

static void put_column(struct json *j, struct rows *rows, int col)
{
	char how, letter, id[24], day[DATE_TEXT];
	const char *key;

	alias(rows_col_name(rows, col), &how, &letter, &key);
	if (rows_null(rows, col)) {
		json_null(j, key);
		return;
	}
	switch (how) {
	case 'i':
		json_text(j, key, id_text(letter, rows_int(rows, col), id));
		return;
	case '=':
		json_cstr(j, key, state_name(thing_of(letter), (int)rows_int(rows, col)));
		return;
	case '@':
		json_cstr(j, key, date_print((date_t)rows_int(rows, col), day));
		return;
	case '*':
		put_masked(j, key, rows_text(rows, col));
		return;
	case '!':
		json_bool(j, key, rows_int(rows, col) != 0);
		return;
	case '#':
		json_int(j, key, rows_int(rows, col));
		return;
	default:
		json_text(j, key, rows_text(rows, col));
	}
}

static int put_rows(struct json *j, struct rows *rows, int64_t *n)
{
	int rc;

	*n = 0;
	while ((rc = rows_next(rows)) == 1) {
		json_object(j, NULL);
		for (int c = 0; c < rows_cols(rows); c++)
			put_column(j, rows, c);
		json_object_end(j);
		++*n;
	}
	return rc;
}

static int run_sql(struct route *r, struct json *j, const char *sql, int64_t skip, int64_t number, const char *text, int64_t *n, struct err *err)
{
	struct rows rows;
	int rc;

	ledger_budget(r->ledger, BUDGET);
	rc = text != NULL ? ledger_query(&rows, r->ledger, err, sql, "iit", (int64_t)QUERY_PAGE, skip, text)
		: ledger_query(&rows, r->ledger, err, sql, "iii", (int64_t)QUERY_PAGE, skip, number);
	if (rc == 0)
		rc = put_rows(j, &rows, n);
	ledger_budget(r->ledger, 0);
	return rc;
}

bool command_arg(const struct command *c, const char *key, char *out, size_t cap)
{
	size_t k = strlen(key);

	for (uint16_t i = 0; i < c->msg->n; i++) {
		struct view v = c->msg->e[i].v;

		if (c->msg->e[i].tag != T_ARG || v.n <= k || memcmp(v.p, key, k) != 0 || v.p[k] != '=' || v.n - k - 1 >= cap)
			continue;
		memcpy(out, v.p + k + 1, v.n - k - 1);
		out[v.n - k - 1] = '\0';
		return memchr(out, '\0', v.n - k - 1) == NULL;
	}
	return false;
}

/* status: a few figures and who is there */
static int status(struct route *r, struct json *j, struct err *err)
{
	struct audit_head head;
	char when[24];
	int64_t n;

	if (audit_head(r->ledger, &head, err) != 0)
		return -1;
	clock_text(clock_utc(r), when);
	json_object(j, NULL);
	json_bool(j, "demo", r->config->demo);
	json_cstr(j, "business_time", when);
	json_cstr(j, "configuration", r->config->sha256);
	json_int(j, "audit_size", head.size);
	json_cstr(j, "audit_root", head.root);
	json_array(j, "roles");
	for (size_t i = 0; i < r->n_peers; i++) {
		json_object(j, NULL);
		json_cstr(j, "name", r->peers[i].name);
		json_bool(j, "alive", r->peers[i].alive);
		json_object_end(j);
	}
	json_array_end(j);
	for (size_t i = 0; status_sections[i].name != NULL; i++) {
		json_array(j, status_sections[i].name);
		if (run_sql(r, j, status_sections[i].sql, 0, 0, NULL, &n, err) != 0)
			return err->code == LEDGER_BUDGET ? 2 : -1;
		json_array_end(j);
	}
	json_int(j, "jobs", (int64_t)route_jobs(r));
	json_object_end(j);
	return 1;
}

static int sections(struct route *r, struct json *j, const struct query_section *s, int64_t id, struct err *err)
{
	int64_t n;

	for (; s->name != NULL; s++) {
		json_array(j, s->name);
		if (run_sql(r, j, s->sql, 0, id, NULL, &n, err) != 0)
			return err->code == LEDGER_BUDGET ? 2 : -1;
		json_array_end(j);
	}
	return 1;
}

static int show(struct route *r, const struct command *c, struct json *j, struct err *err)
{
	char text[40], letter;
	int64_t id, there;
	int rc;

	if (!command_arg(c, "id", text, sizeof(text)) || !id_parse(view_of(text), &letter, &id)) {
		err_set(err, -1, "show needs an id such as F7, B2, A1, D1, I12, M3, N5, R4 or X1");
		return 2;
	}
	for (size_t i = 0; show_things[i].letter != '\0'; i++) {
		if (show_things[i].letter != letter)
			continue;
		if (ledger_int(r->ledger, &there, err, show_things[i].exists, "i", id) < 0)
			return -1;
		if (there == 0)
			break;
		json_object(j, NULL);
		json_cstr(j, "id", text);
		rc = sections(r, j, show_things[i].sections, id, err);
		json_object_end(j);
		return rc;
	}
	err_set(err, -1, "there is no '%s'; `tallygate files` and `tallygate find` list what there is", text);
	return 2;
}

static int verify_audit(struct route *r, struct json *j, struct err *err)
{
	struct audit_head head;
	int64_t bad;
	int rc = audit_verify(r->ledger, &head, &bad, err);

	if (rc < 0)
		return -1;
	json_object(j, NULL);
	json_bool(j, "holds", rc == 1);
	json_int(j, "size", head.size);
	json_cstr(j, "root", head.root);
	json_int(j, "first_bad", bad);
	json_object_end(j);
	return 1;
}

static int prove_audit(struct route *r, const struct command *c, struct json *j, struct err *err)
{
	char text[24];
	struct money n;

	if (!command_arg(c, "n", text, sizeof(text)) || money_parse(&n, view_of(text), "JPY") != MONEY_OK) {
		err_set(err, -1, "audit prove needs the number of an entry");
		return 2;
	}
	return audit_prove(r->ledger, n.minor, j, err) == 0 ? 1 : 2;
}

static int paged(struct route *r, const struct command *c, const struct query_verb *q, struct json *j, int64_t *next, struct err *err)
{
	char text[128] = "", letter;
	int64_t number = 0, n;

	if (q->arg != NULL && !command_arg(c, q->arg, text, sizeof(text))) {
		err_set(err, -1, "'%s' needs %s", q->verb, q->arg);
		return 2;
	}
	if (q->how == QUERY_ID && !id_parse(view_of(text), &letter, &number)) {
		err_set(err, -1, "'%s' is not an id such as F7", text);
		return 2;
	}
	if (q->how == QUERY_MONEY) {
		struct money m;

		if (money_parse_decimal(&m, view_of(text), "USD") != MONEY_OK) {
			err_set(err, -1, "'%s' is not an amount such as 1234.56", text);
			return 2;
		}
		number = m.minor;
	}
	if (q->how == QUERY_DATE) {
		date_t d;

		if (!date_parse_iso(&d, view_of(text))) {
			err_set(err, -1, "'%s' is not a date such as 2026-11-09", text);
			return 2;
		}
		number = d;
	}
	json_object(j, NULL);
	json_array(j, "rows");
	if (run_sql(r, j, q->sql, c->cursor, number, q->how == QUERY_TEXT ? text : NULL, &n, err) != 0)
		return err->code == LEDGER_BUDGET ? 2 : -1;
	json_array_end(j);
	*next = n == QUERY_PAGE ? c->cursor + n : 0;
	json_int(j, "next", *next);
	json_object_end(j);
	return 1;
}

int query_run(struct route *r, const struct command *c, struct json *j, int64_t *next, struct err *err)
{
	int rc;

	*next = 0;
	if (strcmp(c->verb, "notice.rows") == 0)
		return notices_rows(r, c, j, next, err);
	if (strcmp(c->verb, "status") == 0)
		return status(r, j, err);
	if (strcmp(c->verb, "show") == 0)
		return show(r, c, j, err);
	if (strcmp(c->verb, "audit.verify") == 0)
		return verify_audit(r, j, err);
	if (strcmp(c->verb, "audit.prove") == 0)
		return prove_audit(r, c, j, err);
	if (strcmp(c->verb, "today") == 0) {
		json_object(j, NULL);
		rc = today_put(r, j, err);
		if (rc == 0)
			rc = sections(r, j, today_sections, clock_utc(r) / 86400, err);
		json_object_end(j);
		return rc;
	}
	for (size_t i = 0; query_verbs[i].verb != NULL; i++)
		if (strcmp(c->verb, query_verbs[i].verb) == 0)
			return paged(r, c, &query_verbs[i], j, next, err);
	return 0;
}
