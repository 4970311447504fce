/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs_tables - prints, from the program's own tables, the tables that stand in docs/
 *
 *   docs_tables records|kinds		formats/core/record.c, for docs/records.md
 *   docs_tables states|roles		gateway/state.c and gateway/role_table.c, for docs/architecture.md
 *   docs_tables reasons		gateway/reasons.c, for docs/operations.md
 *   docs_tables codes			the codes of gateway/reasons.c, a line each
 *
 * Exit: 0 printed; 2 no such table.  tests/lib/docs.sh holds the documents against it.
 */
#include <stdio.h>
#include <string.h>

#include "formats/core/record.h"
#include "gateway/reasons.h"
#include "gateway/role.h"
#include "gateway/state.h"

/* The role table names the roles' functions; here nobody runs. */
#define NOBODY(role) int role_##role(struct role_env *env, struct err *e) { return (void)env, (void)e, -1; }
NOBODY(intake)
NOBODY(parse)
NOBODY(route)
NOBODY(reconcile)
NOBODY(distribute)
NOBODY(sign)
NOBODY(deliver)
NOBODY(report)
NOBODY(control)

static void print_records(void)
{
	static const char *const types[] = { "text", "money", "date", "number" };

	puts("| id | name | type | shown | meaning |\n| ---: | --- | --- | --- | --- |");
	for (int i = 0; i < RECORD_FIELDS; i++) {
		const struct field_row *f = &record_field_rows[i];

		printf("| %d | `%s` | %s | %s | %s |\n", i, f->name, types[f->type],
			f->secrecy == FIELD_LAST4 ? "last four" : "whole", f->meaning);
	}
}

static void print_kinds(void)
{
	puts("| number | kind |\n| ---: | --- |");
	for (uint32_t i = 1; i < RECORD_KINDS; i++)
		printf("| %u | `%s` |\n", i, record_kind_name(i));
}

static void print_machine(enum thing t)
{
	printf("**%s** (`%c1`)\n\n| from | to |\n| --- | --- |\n", thing_name(t), thing_letter(t));
	for (int from = 0; from < state_count(t); from++) {
		const char *name = from != 0 ? state_name(t, from) : t == THING_ITEM ? "made" : "new";

		printf("| %s |", name);
		for (int to = 1; to < state_count(t); to++)
			if (state_allowed(t, from, to))
				printf(" %s", state_name(t, to));
		printf("%s |\n", state_final(t, from) ? " *(final)*" : "");
	}
}

static void print_states(void)
{
	for (int t = 0; t < THINGS; t++) {
		if (t > 0)
			puts("");
		print_machine((enum thing)t);
	}
}

static const char *access_word(unsigned access)
{
	return access & CAGE_WRITE ? "rw" : "r";
}

static void print_roles(void)
{
	puts("| role | uid | files | network | forks | secret |\n| --- | --- | --- | --- | --- | --- |");
	for (int i = 0; roles[i].name != NULL; i++) {
		const struct role *r = &roles[i];

		printf("| %s | base + %d |", r->name, i + 1);
		for (int k = 0; r->paths[k].path != NULL; k++)
			printf("%s %s `%s`", k > 0 ? "," : "", access_word(r->paths[k].access), r->paths[k].path);
		printf("%s | %s | %s | %s |\n", r->paths[0].path == NULL ? " none" : "", r->inet ? "TCP out" : "none",
			!r->forks ? "no" : r->inet ? "couriers" : "zygote", r->secret != NULL ? r->secret : "none");
	}
}

static void print_reasons(void)
{
	static const char *const words[] = { "note", "exception", "held" };

	puts("| code | of | | means | do |\n| --- | --- | --- | --- | --- |");
	for (const struct tally_code *c = gateway_reasons; c->code != NULL; c++)
		printf("| `%s` | %s | %s | %s | %s |\n", c->code, c->source, words[c->severity], c->title, c->action);
}

static void print_codes(void)
{
	for (const struct tally_code *c = gateway_reasons; c->code != NULL; c++)
		puts(c->code);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*print)(void); } tables[] = {
		{ "records", print_records }, { "kinds", print_kinds }, { "states", print_states },
		{ "roles", print_roles }, { "reasons", print_reasons }, { "codes", print_codes },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(argv[1], tables[i].name) == 0) {
			tables[i].print();
			return 0;
		}
	fputs("usage: docs_tables records|kinds|states|roles|reasons|codes\n", stderr);
	return 2;
}
