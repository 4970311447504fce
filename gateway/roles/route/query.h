/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query - the tables of what may be asked (query_sql.c) and their shape
 */
#pragma once

#include "gateway/audit.h"
#include "gateway/proto.h"
#include "gateway/roles/route/route.h"

#define QUERY_PAGE 200

enum query_how { QUERY_ALL, QUERY_ID, QUERY_MONEY, QUERY_DATE, QUERY_TEXT };	/* what ?3 is */

struct query_verb { const char *verb, *arg; enum query_how how; const char *sql; };
struct query_section { const char *name, *sql; };
struct query_thing { char letter; const char *exists; const struct query_section *sections; };

extern const struct query_verb query_verbs[];		/* a NULL verb ends it */
extern const struct query_section status_sections[], today_sections[];
extern const struct query_thing show_things[];

int today_put(struct route *, struct json *, struct err *);	/* today.c: what a query alone cannot say */
size_t route_jobs(const struct route *);
