/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print - answers of the gateway for people: tables and sections; every foreign text escaped
 */
#pragma once

#include "gateway/doc.h"

struct print_column { const char *title, *key; int width; enum { PRINT_TEXT, PRINT_MONEY, PRINT_NUMBER } how; };	/* a NULL title ends a table */

void print_table(const struct doc_value *rows, const struct print_column *, bool heading);
void print_cell(const struct doc_value *row, const struct print_column *, bool last);
void print_sections(const struct doc_value *object);		/* each member: an array of objects, printed as key: value blocks */
void print_money(int64_t minor);
