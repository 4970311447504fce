/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_commands - the questions: status, today, files, batches ..., find, show, findings, report, audit, clock
 *
 * Each is a verb of the gateway and a table of columns; --json prints the gateway's own answer, a line a page.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/online.h"
#include "gateway/cli/print.h"

struct printing { const struct online *o; const struct print_column *columns; int pages, status; bool whole; };

static void show_answer(void *ctx, struct view json, const struct doc_value *root)
{
	struct printing *p = ctx;
	const char *error = doc_text(doc_member(root, "error"));

	if (p->o->json)
		printf("%.*s\n", VIEW_FMT(json));
	else if (error != NULL)
		fprintf(stderr, "tallygate: %s\n", error);
	else if (p->columns != NULL)
		print_table(doc_member(root, "rows"), p->columns, p->pages == 0);
	else if (doc_text(doc_member(root, "done")) != NULL)
		printf("%s\n", doc_text(doc_member(root, "done")));
	else
		print_sections(root);
	p->pages++;
}

static int run(struct online *o, const char *verb, const char *const *args, size_t n, const struct print_column *columns)
{
	struct printing p = { .o = o, .columns = columns };
	struct err err = { 0 };
	int status = 2;

	if (online_open(o, &err) != 0 || online_ask(o, verb, args, n, NULL, &status, show_answer, &p, &err) != 0) {
		fprintf(stderr, "tallygate: %s\n", err.text);
		status = 1;
	}
	online_close(o);
	return status;
}

static const struct print_column file_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 9, PRINT_TEXT }, { "PARTNER", "partner", 12, PRINT_TEXT }, { "NAME", "name", 34, PRINT_TEXT },
	{ "RECORDS", "records", 8, PRINT_NUMBER }, { "ERRORS", "errors", 6, PRINT_NUMBER }, { "WHY", "why", 24, PRINT_TEXT }, { 0 }
};
static const struct print_column batch_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 9, PRINT_TEXT }, { "ITEMS", "items_state", 10, PRINT_TEXT }, { "KIND", "kind", 8, PRINT_TEXT }, { "RUN", "run", 12, PRINT_TEXT },
	{ "COUNT", "count", 8, PRINT_NUMBER }, { "CREDIT", "credit_minor", 16, PRINT_MONEY }, { "EFFECTIVE", "effective_date", 10, PRINT_TEXT },
	{ "SIGNED", "persons_signed", 6, PRINT_NUMBER }, { "OF", "persons_needed", 3, PRINT_NUMBER }, { "WHY", "why", 20, PRINT_TEXT }, { 0 }
};
static const struct print_column artifact_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 9, PRINT_TEXT }, { "PARTNER", "partner", 12, PRINT_TEXT }, { "NAME", "name", 34, PRINT_TEXT },
	{ "COUNT", "count", 8, PRINT_NUMBER }, { "CREDIT", "credit_minor", 16, PRINT_MONEY }, { "WHY", "why", 20, PRINT_TEXT }, { 0 }
};
static const struct print_column delivery_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 11, PRINT_TEXT }, { "PARTNER", "partner", 12, PRINT_TEXT }, { "NAME", "name", 34, PRINT_TEXT },
	{ "TRY", "attempt", 3, PRINT_NUMBER }, { "EVIDENCE", "evidence", 20, PRINT_TEXT }, { 0 }
};
static const struct print_column notice_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 11, PRINT_TEXT }, { "FEED", "partner", 12, PRINT_TEXT }, { "NAME", "name", 28, PRINT_TEXT },
	{ "ABOUT", "about", 6, PRINT_TEXT }, { "VERDICT", "verdict", 9, PRINT_TEXT }, { "WHY", "why", 20, PRINT_TEXT }, { 0 }
};
static const struct print_column return_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "KIND", "kind", 6, PRINT_TEXT }, { "CODE", "code", 4, PRINT_TEXT }, { "STATE", "state", 9, PRINT_TEXT },
	{ "TRACE", "original_trace", 15, PRINT_TEXT }, { "AMOUNT", "amount_minor", 14, PRINT_MONEY }, { "ITEM", "item", 6, PRINT_TEXT }, { "WHY", "detail", 20, PRINT_TEXT }, { 0 }
};
static const struct print_column line_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 10, PRINT_TEXT }, { "DATE", "date", 10, PRINT_TEXT }, { "AMOUNT", "amount_minor", 16, PRINT_MONEY },
	{ "TYPE", "type", 4, PRINT_TEXT }, { "TEXT", "text", 40, PRINT_TEXT }, { "REASON", "reason", 20, PRINT_TEXT }, { 0 }
};
static const struct print_column exception_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 6, PRINT_TEXT }, { "REASON", "reason", 22, PRINT_TEXT }, { "DATE", "date", 10, PRINT_TEXT },
	{ "AMOUNT", "amount_minor", 14, PRINT_MONEY }, { "UNTIL", "deadline", 20, PRINT_TEXT }, { "WHAT", "detail", 60, PRINT_TEXT }, { 0 }
};
static const struct print_column proposal_columns[] = {
	{ "LINE", "line", 6, PRINT_TEXT }, { "AMOUNT", "amount_minor", 14, PRINT_MONEY }, { "REASON", "reason", 20, PRINT_TEXT }, { "NO", "rank", 2, PRINT_NUMBER },
	{ "SCORE", "score", 5, PRINT_NUMBER }, { "AHEAD", "ahead_of_next", 5, PRINT_NUMBER }, { "ITEMS", "items", 16, PRINT_TEXT }, { "RULE", "rule", 16, PRINT_TEXT },
	{ "WHY", "explanation", 60, PRINT_TEXT }, { 0 }
};
static const struct print_column decision_columns[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "STATE", "state", 10, PRINT_TEXT }, { "ACT", "act", 9, PRINT_TEXT }, { "LINES", "lines", 10, PRINT_TEXT }, { "ITEMS", "items", 10, PRINT_TEXT },
	{ "BY", "operator", 10, PRINT_TEXT }, { "AND", "second", 10, PRINT_TEXT }, { "AT", "at", 20, PRINT_TEXT }, { "WHY", "reason", 40, PRINT_TEXT }, { 0 }
};
static const struct print_column item_columns[] = {
	{ "ID", "id", 6, PRINT_TEXT }, { "STATE", "state", 10, PRINT_TEXT }, { "PERSON", "person", 10, PRINT_TEXT }, { "PAYEE", "party", 22, PRINT_TEXT },
	{ "AMOUNT", "amount_minor", 14, PRINT_MONEY }, { "ACCOUNT", "account", 7, PRINT_TEXT }, { "BY", "method", 8, PRINT_TEXT }, { "TRACE", "trace", 15, PRINT_TEXT }, { "CHECK", "check_number", 10, PRINT_NUMBER },
	{ "WHY", "why", 18, PRINT_TEXT }, { "DETAIL", "detail", 40, PRINT_TEXT },
	{ 0 }
};
static const struct print_column finding_columns[] = {
	{ "SEVERITY", "severity", 8, PRINT_TEXT }, { "LINE", "line", 5, PRINT_NUMBER }, { "COL", "column", 4, PRINT_NUMBER }, { "CODE", "code", 22, PRINT_TEXT },
	{ "FIELD", "field", 16, PRINT_TEXT }, { "WHAT", "text", 60, PRINT_TEXT }, { 0 }
};

static const struct { const char *verb; const struct print_column *columns; bool needs_id; } lists[] = {
	{ "files", file_columns, false }, { "batches", batch_columns, false }, { "artifacts", artifact_columns, false }, { "deliveries", delivery_columns, false },
	{ "notices", notice_columns, false }, { "returns", return_columns, false }, { "lines", line_columns, false }, { "exceptions", exception_columns, false },
	{ "proposals", proposal_columns, false }, { "decisions", decision_columns, false },
	{ "items", item_columns, true }, { "findings", finding_columns, true },
};

int cli_list(int argc, char **argv)
{
	struct online o;
	char id[64];
	const char *args[1] = { id };
	int rc = online_options(&o, argc, argv, "files|batches|artifacts|deliveries|notices|returns|lines|exceptions|proposals|decisions | items B1 | findings F1   [--json]");

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(argv[0], lists[i].verb) != 0)
			continue;
		if (lists[i].needs_id && o.n_args != 1) {
			fprintf(stderr, "usage: tallygate %s ID\n", argv[0]);
			return 2;
		}
		snprintf(id, sizeof(id), "id=%s", lists[i].needs_id ? o.args[0] : "");
		return run(&o, lists[i].verb, args, lists[i].needs_id ? 1 : 0, lists[i].columns);
	}
	return 2;
}

int cli_find(int argc, char **argv)
{
	struct online o;
	char verb[32];
	int rc = online_options(&o, argc, argv, "find --amount 1234.56 | --name TEXT | --trace N | --check N | --last4 NNNN | --date YYYY-MM-DD   [--json]");

	if (rc != 0)
		return rc;
	if (o.n_filters != 1 || o.n_args != 0) {
		fprintf(stderr, "usage: tallygate find --amount 1234.56 | --name TEXT | --trace N | --check N | --last4 NNNN | --date YYYY-MM-DD\n");
		return 2;
	}
	snprintf(verb, sizeof(verb), "find.%.*s", (int)strcspn(o.filters[0], "="), o.filters[0]);
	return run(&o, verb, o.filters, 1, item_columns);
}

int cli_show(int argc, char **argv)
{
	struct online o;
	char id[64];
	const char *args[1] = { id };
	int rc = online_options(&o, argc, argv, "show ID [--json]");

	if (rc != 0)
		return rc;
	if (o.n_args != 1) {
		fprintf(stderr, "usage: tallygate show ID      (F7 a file, B1 a batch, A1 an outbound file, D1 its delivery, I5 a payment, M1 a match, R1 a return)\n");
		return 2;
	}
	snprintf(id, sizeof(id), "id=%s", o.args[0]);
	return run(&o, "show", args, 1, NULL);
}

/* "files       DONE 3, HELD 1": one line a kind of thing. */
static void show_counts(const struct doc_value *rows, const char *title, const char *key)
{
	int64_t n, minor;

	if (doc_count(rows) == 0)
		return;
	printf("%-15s", title);
	for (size_t i = 0; i < doc_count(rows); i++) {
		const struct doc_value *row = doc_item(rows, i);
		const char *word = doc_text(doc_member(row, key)), *state = doc_text(doc_member(row, "state"));

		printf("%s%s%s%s %lld", i > 0 ? ", " : "", word ? word : "?", state != NULL && state != word ? " " : "", state != NULL && state != word ? state : "", doc_int(doc_member(row, "count"), &n) ? (long long)n : 0);
		if (doc_int(doc_member(row, "amount_minor"), &minor)) {
			printf(" (");
			print_money(minor);
			printf(")");
		}
	}
	printf("\n");
}

static void show_status(void *ctx, struct view json, const struct doc_value *root)
{
	static const struct { const char *member, *title, *key; } kinds[] = {
		{ "parcels", "files in", "state" }, { "batches", "runs", "state" }, { "items", "payments", "state" }, { "besides", "besides", "kind" }, { "artifacts", "files out", "state" },
		{ "deliveries", "deliveries", "state" }, { "exceptions", "exceptions", "kind" },
	};
	struct printing *p = ctx;
	const struct doc_value *roles = doc_member(root, "roles");
	const char *configuration = doc_text(doc_member(root, "configuration"));
	int64_t size = 0;

	if (p->o->json || doc_text(doc_member(root, "error")) != NULL) {
		show_answer(ctx, json, root);
		return;
	}
	printf("business time  %s%s\n", doc_text(doc_member(root, "business_time")), doc_is_true(doc_member(root, "demo")) ? "   DEMO: this clock is set by hand" : "");
	printf("roles         ");
	for (size_t i = 0; i < doc_count(roles); i++)
		printf(" %s%s", doc_text(doc_member(doc_item(roles, i), "name")), doc_is_true(doc_member(doc_item(roles, i), "alive")) ? "" : "(silent)");
	printf("\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		show_counts(doc_member(root, kinds[i].member), kinds[i].title, kinds[i].key);
	doc_int(doc_member(root, "audit_size"), &size);
	printf("audit          %lld entries\nconfiguration  %.12s\n", (long long)size, configuration ? configuration : "");
	p->pages++;
}

static int simple(int argc, char **argv, const char *verb, const char *usage, void (*each)(void *, struct view, const struct doc_value *))
{
	struct online o;
	struct printing p = { .o = &o };
	struct err err = { 0 };
	int status = 2, rc = online_options(&o, argc, argv, usage);

	if (rc != 0)
		return rc;
	if (online_open(&o, &err) != 0 || online_ask(&o, verb, NULL, 0, NULL, &status, each, &p, &err) != 0) {
		fprintf(stderr, "tallygate: %s\n", err.text);
		status = 1;
	}
	online_close(&o);
	return status;
}

int cli_status(int argc, char **argv)
{
	return simple(argc, argv, "status", "status [--json]", show_status);
}

int cli_report(int argc, char **argv)
{
	return simple(argc, argv, "report", "report [--json]", show_answer);
}

int cli_audit(int argc, char **argv)
{
	struct online o;
	char n[64];
	const char *args[1] = { n };
	int rc = online_options(&o, argc, argv, "audit verify | audit prove N   [--json]");

	if (rc != 0)
		return rc;
	o.json = true;				/* its answer is data for a verifier */
	if (o.n_args == 1 && strcmp(o.args[0], "verify") == 0)
		return run(&o, "audit.verify", NULL, 0, NULL);
	if (o.n_args == 2 && strcmp(o.args[0], "prove") == 0) {
		snprintf(n, sizeof(n), "n=%s", o.args[1]);
		return run(&o, "audit.prove", args, 1, NULL);
	}
	fprintf(stderr, "usage: tallygate audit verify | audit prove N\n");
	return 2;
}

int cli_clock(int argc, char **argv)
{
	struct online o;
	char time[64];
	const char *args[1] = { time };
	int rc = online_options(&o, argc, argv, "clock 2026-11-09T13:00:00Z   (demo only)");

	if (rc != 0)
		return rc;
	if (o.n_args != 1) {
		fprintf(stderr, "usage: tallygate clock 2026-11-09T13:00:00Z   (demo only)\n");
		return 2;
	}
	snprintf(time, sizeof(time), "time=%s", o.args[0]);
	return run(&o, "clock", args, 1, NULL);
}
