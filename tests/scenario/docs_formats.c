/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs_formats - prints, from a module's own tables, the tables that stand in docs/formats/
 *
 *   docs_formats NAME-options		the options of module NAME
 *   docs_formats NAME-findings		what it finds, with severity and what to do
 *   docs_formats NAME-codes		codes that stand in the data and that `tallygate explain` knows
 *   docs_formats NAME-fields		its field tables: what its member `document` prints
 *   docs_formats			the names of the modules
 *
 * Modules are those of $TALLY_BUILD/modules.  Exit: 0 printed; 2 no such module or table.
 */
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/core/format.h"

static int print_bytes(void *ctx, struct view bytes)
{
	(void)ctx;
	return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n ? 0 : -1;
}

/* A cell: no bar in it, and nothing that markdown takes for more than text. */
static void cell(const char *text)
{
	putchar(' ');
	for (const char *p = text == NULL ? "" : text; *p != '\0'; p++) {
		if (*p == '|' || *p == '*' || *p == '<')
			putchar('\\');
		putchar(*p);
	}
	fputs(" |", stdout);
}

static void print_options(const struct tally_format *f)
{
	puts("| option | values | standard | meaning |\n| --- | --- | --- | --- |");
	for (const struct tally_option *o = f->options; o != NULL && o->name != NULL; o++) {
		printf("| `%s` |", o->name);
		cell(o->values == NULL ? "text" : o->values);
		cell(o->standard == NULL ? "none" : o->standard);
		cell(o->meaning);
		puts("");
	}
}

/* A module's own findings begin with its name; all others are codes of the rules, as they stand in the data. */
static bool is_own(const struct tally_format *f, const char *code)
{
	size_t n = strlen(f->name);

	for (size_t i = 0; i < n; i++)
		if (toupper((unsigned char)f->name[i]) != code[i])
			return false;
	return code[n] == '_';
}

static void print_codes(const struct tally_format *f, bool own)
{
	static const char *const words[] = { "note", "warning", "error" };

	puts(own ? "| code | severity | means | do | source |\n| --- | --- | --- | --- | --- |" :
	     "| code | means | do |\n| --- | --- | --- |");
	for (const struct tally_code *c = f->findings; c != NULL && c->code != NULL; c++) {
		if (is_own(f, c->code) != own)
			continue;
		printf("| `%s` |", c->code);
		if (own)
			printf(" %s |", c->severity < 3 ? words[c->severity] : "?");
		cell(c->title);
		cell(c->action);
		if (own)
			cell(c->source);
		puts("");
	}
}

static int print_fields(const struct tally_format *f)
{
	struct tally_host host = { .abi = TALLY_FORMAT_ABI, .size = sizeof(host), .write = print_bytes };

	if (f->size < offsetof(struct tally_format, document) + sizeof(f->document) || f->document == NULL)
		return 0;
	return f->document(&host) == 0 ? 0 : 2;
}

static int print_table(const struct tally_format *f, const char *table)
{
	if (strcmp(table, "options") == 0)
		print_options(f);
	else if (strcmp(table, "findings") == 0)
		print_codes(f, true);
	else if (strcmp(table, "codes") == 0)
		print_codes(f, false);
	else if (strcmp(table, "fields") == 0)
		return print_fields(f);
	else
		return 2;
	return 0;
}

static int print_names(const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		size_t len = strlen(list[i]->d_name);

		if (len > 3 && strcmp(list[i]->d_name + len - 3, ".so") == 0)
			printf("%.*s\n", (int)len - 3, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return n < 0 ? 2 : 0;
}

int main(int argc, char **argv)
{
	const char *build = getenv("TALLY_BUILD"), *table = argc == 2 ? strrchr(argv[1], '-') : NULL;
	const struct tally_format *f;
	char path[600];
	void *so;

	snprintf(path, sizeof(path), "%s/modules", build == NULL ? "build" : build);
	if (argc == 1)
		return print_names(path);
	if (table == NULL) {
		fputs("usage: docs_formats [NAME-options|NAME-findings|NAME-codes|NAME-fields]\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/modules/%.*s.so", build == NULL ? "build" : build, (int)(table - argv[1]), argv[1]);
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	f = so == NULL ? NULL : dlsym(so, "tally_format");
	if (f == NULL) {
		fprintf(stderr, "docs_formats: %s\n", dlerror());
		return 2;
	}
	return print_table(f, table + 1);
}
