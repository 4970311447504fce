/* SPDX-License-Identifier: Apache-2.0 */
/*
 * today - one page for the morning: what must still go out and by when, what is awaited from whom, what waits for a person
 *
 * A row with a count above one stands for so many of its kind and names the first.  Sections that are empty are left out; a day on which
 * nothing is to do says so in one line.  --json prints the gateway's own answer.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/online.h"
#include "gateway/cli/print.h"

static const struct print_column leaving[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "COUNT", "batches", 5, PRINT_NUMBER }, { "TO", "to", 18, PRINT_TEXT }, { "RUN", "run", 14, PRINT_TEXT }, { "AMOUNT", "amount_minor", 16, PRINT_MONEY },
	{ "EFFECTIVE", "effective_date", 10, PRINT_TEXT }, { "BY", "by", 33, PRINT_TEXT }, { "LEFT", "left", 9, PRINT_TEXT }, { "WAITS FOR", "waits_for", 40, PRINT_TEXT }, { 0 }
};
static const struct print_column alarms[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "COUNT", "count", 5, PRINT_NUMBER }, { "REASON", "reason", 24, PRINT_TEXT }, { "BY", "deadline", 20, PRINT_TEXT }, { "WHAT", "detail", 60, PRINT_TEXT }, { 0 }
};
static const struct print_column statements[] = {
	{ "FROM", "from", 12, PRINT_TEXT }, { "ACCOUNT", "account", 20, PRINT_TEXT }, { "AS OF", "as_of", 10, PRINT_TEXT }, { "LAST", "last", 10, PRINT_TEXT }, { 0 }
};
static const struct print_column acks[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "COUNT", "count", 5, PRINT_NUMBER }, { "FROM", "partner", 12, PRINT_TEXT }, { "FILE", "name", 34, PRINT_TEXT }, { "UNTIL", "until", 20, PRINT_TEXT }, { 0 }
};
static const struct print_column confirmations[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "FROM", "partner", 12, PRINT_TEXT }, { "KIND", "kind", 9, PRINT_TEXT }, { "COUNT", "count", 8, PRINT_NUMBER },
	{ "AMOUNT", "amount_minor", 16, PRINT_MONEY }, { "FILE", "name", 34, PRINT_TEXT }, { 0 }
};
static const struct print_column settlements[] = {
	{ "FROM", "partner", 12, PRINT_TEXT }, { "KIND", "kind", 11, PRINT_TEXT }, { "ACCOUNT", "account", 12, PRINT_TEXT }, { "COUNT", "count", 7, PRINT_NUMBER },
	{ "AMOUNT", "amount_minor", 16, PRINT_MONEY }, { "OLDEST", "effective_date", 10, PRINT_TEXT }, { "DAYS", "days_since", 4, PRINT_NUMBER },
	{ "REFERENCE", "reference", 34, PRINT_TEXT }, { 0 }
};
static const struct print_column held[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "COUNT", "count", 5, PRINT_NUMBER }, { "WHAT", "kind", 9, PRINT_TEXT }, { "NAME", "name", 34, PRINT_TEXT }, { "WHY", "why", 24, PRINT_TEXT },
	{ "TEXT", "text", 60, PRINT_TEXT }, { 0 }
};
static const struct print_column ways[] = {
	{ "ID", "id", 5, PRINT_TEXT }, { "COUNT", "count", 5, PRINT_NUMBER }, { "TO", "partner", 12, PRINT_TEXT }, { "FILE", "name", 34, PRINT_TEXT }, { "STATE", "state", 11, PRINT_TEXT },
	{ "WHY", "why", 20, PRINT_TEXT }, { 0 }
};

static const struct { const char *member, *title; const struct print_column *columns; } sections[] = {
	{ "alarms", "ALARMS", alarms },
	{ "to_leave", "MUST STILL GO OUT", leaving },
	{ "held", "HELD, waits for a person", held },
	{ "on_the_way", "ON THE WAY", ways },
	{ "acks_awaited", "AWAITED: acknowledgements", acks },
	{ "confirmations_awaited", "AWAITED: confirmations", confirmations },
	{ "statements_awaited", "AWAITED: statements that are not here", statements },
	{ "awaited", "AWAITED: what the bank must show", settlements },
};

/* "2 h 48 min", "missed" */
static void left_text(char *out, size_t cap, int64_t minutes)
{
	if (minutes < 0)
		snprintf(out, cap, "missed");
	else if (minutes >= 48 * 60)
		snprintf(out, cap, "%lld days", (long long)(minutes / 1440));
	else
		snprintf(out, cap, "%lldh %02lldm", (long long)(minutes / 60), (long long)(minutes % 60));
}

/* The column that is no member: minutes in words, so each row is printed by itself. */
static void print_leaving(const struct doc_value *rows)
{
	for (const struct print_column *c = leaving; c->title != NULL; c++)
		printf(c->how == PRINT_TEXT ? "%-*s%s" : "%*s%s", c->width, c->title, c[1].title ? "  " : "\n");
	for (size_t i = 0; i < doc_count(rows); i++) {
		const struct doc_value *row = doc_item(rows, i);
		char left[32] = "-";
		int64_t minutes;

		if (doc_int(doc_member(row, "minutes_left"), &minutes))
			left_text(left, sizeof(left), minutes);
		for (const struct print_column *c = leaving; c->title != NULL; c++)
			if (strcmp(c->key, "left") == 0)
				printf("%-*s  ", c->width, left);
			else
				print_cell(row, c, c[1].title == NULL);
	}
}

struct page { bool json; int sections; };

static void show(void *ctx, struct view json, const struct doc_value *root)
{
	const char *error = doc_text(doc_member(root, "error")), *when = doc_text(doc_member(root, "business_time"));
	struct page *p = ctx;

	if (p->json) {
		printf("%.*s\n", VIEW_FMT(json));
		return;
	}
	if (error != NULL) {
		fprintf(stderr, "tallygate: %s\n", error);
		return;
	}
	printf("today %s\n", when ? when : "");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const struct doc_value *rows = doc_member(root, sections[i].member);

		if (doc_count(rows) == 0)
			continue;
		p->sections++;
		printf("\n%s\n", sections[i].title);
		if (sections[i].columns == leaving)
			print_leaving(rows);
		else
			print_table(rows, sections[i].columns, true);
	}
	if (p->sections == 0)
		printf("nothing must go out, nothing is awaited, nothing is held\n");
}

int cli_today(int argc, char **argv)
{
	struct online o;
	struct page page = { false, 0 };
	struct err err = { 0 };
	int status = 2, rc = online_options(&o, argc, argv, "today [--json]");

	if (rc != 0)
		return rc;
	page.json = o.json;
	if (online_open(&o, &err) != 0 || online_ask(&o, "today", NULL, 0, NULL, &status, show, &page, &err) != 0) {
		fprintf(stderr, "tallygate: %s\n", err.text);
		status = 1;
	}
	online_close(&o);
	return status;
}
