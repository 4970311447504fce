/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print - tables that fit a terminal, sections that show everything
 *
 * Keys that end in "_minor" are money and print with a point; null and empty values are left out of sections.
 */
#include "gateway/cli/print.h"

#include <stdio.h>
#include <string.h>
#include "formats/core/mask.h"
#include "formats/core/money.h"

static void value_text(const struct doc_value *v, bool money, struct buf *out)
{
	const char *text = doc_text(v);
	int64_t n;

	if (text != NULL)
		escape_text(out, view_of(text));
	else if (doc_int(v, &n) && money)
		money_print_grouped(out, n, "USD");
	else if (doc_int(v, &n))
		buf_int(out, n);
	else if (!doc_is_null(v))
		doc_print(v, out);
}

void print_cell(const struct doc_value *row, const struct print_column *c, bool last)
{
	struct buf b = { 0 };

	value_text(doc_member(row, c->key), c->how == PRINT_MONEY, &b);
	if (c->how != PRINT_TEXT)
		printf("%*s", c->width, buf_cstr(&b));
	else if (last)
		printf("%s", buf_cstr(&b));
	else
		printf("%-*.*s", c->width, c->width, buf_cstr(&b));
	printf(last ? "\n" : "  ");
	buf_release(&b);
}

void print_table(const struct doc_value *rows, const struct print_column *columns, bool heading)
{
	if (heading) {
		for (const struct print_column *c = columns; c->title != NULL; c++)
			printf(c->how == PRINT_TEXT ? "%-*s%s" : "%*s%s", c->width, c->title, c[1].title ? "  " : "\n");
	}
	for (size_t i = 0; i < doc_count(rows); i++)
		for (const struct print_column *c = columns; c->title != NULL; c++)
			print_cell(doc_item(rows, i), c, c[1].title == NULL);
}

static bool is_money(const char *key)
{
	size_t n = strlen(key);

	return n > 6 && strcmp(key + n - 6, "_minor") == 0;
}

static void print_object(const struct doc_value *object)
{
	const struct doc_value *v;
	const char *key;

	for (size_t i = 0; (key = doc_key(object, i, &v)) != NULL; i++) {
		struct buf b = { 0 };
		size_t n = strlen(key);

		value_text(v, is_money(key), &b);
		if (b.n > 0)
			printf("  %-18.*s %s\n", (int)(is_money(key) ? n - 6 : n), key, buf_cstr(&b));
		buf_release(&b);
	}
}

void print_sections(const struct doc_value *object)
{
	const struct doc_value *v;
	const char *key;

	for (size_t i = 0; (key = doc_key(object, i, &v)) != NULL; i++) {
		if (!doc_is_array(v) || doc_count(v) == 0)
			continue;
		printf("%s\n", key);
		for (size_t k = 0; k < doc_count(v); k++) {
			print_object(doc_item(v, k));
			if (k + 1 < doc_count(v))
				putchar('\n');
		}
	}
}

void print_money(int64_t minor)
{
	struct buf b = { 0 };

	money_print_grouped(&b, minor, "USD");
	printf("%s", buf_cstr(&b));
	buf_release(&b);
}
