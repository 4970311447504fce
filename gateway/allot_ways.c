/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allot_ways - see allot_ways.h
 *
 * One table says each option's name and place, so that what is written is what is read.
 */
#include <stdio.h>
#include <stddef.h>

#include "formats/core/money.h"
#include "gateway/allot_ways.h"
#include "gateway/proto.h"

enum kind { FLAG, COUNT, AMOUNT, TEXT };

static const struct { const char *name; enum kind kind; size_t at; } options[] = {
	{ "check", FLAG, offsetof(struct allot_ways, check) },
	{ "rollover", FLAG, offsetof(struct allot_ways, rollover) },
	{ "ach_most", AMOUNT, offsetof(struct allot_ways, ach_most) },
	{ "check_most", AMOUNT, offsetof(struct allot_ways, check_most) },
	{ "rollover_percent", COUNT, offsetof(struct allot_ways, rollover_percent) },
	{ "payee_length", COUNT, offsetof(struct allot_ways, payee_length) },
	{ "trustee", TEXT, offsetof(struct allot_ways, trustee) },
	{ "plan", TEXT, offsetof(struct allot_ways, plan) },
	{ "memo", TEXT, offsetof(struct allot_ways, memo) },
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

void allot_ways_of(struct allot_ways *out, const struct config *c, struct view feed)
{
	const struct inbound *in = config_inbound(c, feed, NULL);
	const struct way_rule *rule = config_way_rule(c, feed);
	const struct outbound *checks = in != NULL && in->check_by != NULL ? config_outbound(c, view_of(in->check_by), NULL) : NULL;
	const struct outbound *rollovers = in != NULL && in->rollover_by != NULL ? config_outbound(c, view_of(in->rollover_by), NULL) : NULL;

	*out = (struct allot_ways){ .check = checks != NULL, .rollover = rollovers != NULL };
	if (rule != NULL) {
		out->ach_most = rule->ach_most_minor;
		out->check_most = rule->check_most_minor;
		out->rollover_percent = rule->rollover_percent;
	}
	if (checks != NULL) {
		out->payee_length = checks->payee_length;
		out->memo = view_of(checks->memo);
	}
	if (rollovers != NULL) {
		out->trustee = view_of(rollovers->trustee);
		out->plan = view_of(rollovers->plan);
	}
}

void allot_ways_put(struct buf *m, const struct allot_ways *w)
{
	char text[200];

	for (size_t i = 0; i < OPTIONS; i++) {
		const char *at = (const char *)w + options[i].at;
		long long n = options[i].kind == FLAG ? *(const bool *)at : options[i].kind == COUNT ? *(const int *)at
			: options[i].kind == AMOUNT ? *(const int64_t *)at : 0;
		struct view v = options[i].kind == TEXT ? *(const struct view *)(const void *)at : (struct view){ NULL, 0 };

		if (n == 0 && v.n == 0)
			continue;
		if (options[i].kind == TEXT)
			snprintf(text, sizeof(text), "%s=%.*s", options[i].name, VIEW_FMT(view_sub(v, 0, 128)));
		else
			snprintf(text, sizeof(text), "%s=%lld", options[i].name, n);
		wire_text(m, T_OPTION, text);
	}
}

static bool take(struct allot_ways *w, size_t i, struct view v)
{
	char *at = (char *)w + options[i].at;
	struct money n;

	if (options[i].kind == TEXT) {
		*(struct view *)(void *)at = v;
		return true;
	}
	if (money_parse(&n, v, "JPY") != MONEY_OK || n.minor < 0 || (options[i].kind != AMOUNT && n.minor > 1000))
		return false;
	if (options[i].kind == FLAG)
		*(bool *)at = n.minor != 0;
	else if (options[i].kind == COUNT)
		*(int *)(void *)at = (int)n.minor;
	else
		*(int64_t *)(void *)at = n.minor;
	return true;
}

bool allot_ways_get(struct allot_ways *out, const struct msg *m)
{
	*out = (struct allot_ways){ .check = false };
	for (uint16_t k = 0; k < m->n; k++) {
		struct view v = m->e[k].v, name;
		size_t i = 0;

		if (m->e[k].tag != T_OPTION)
			continue;
		if (!view_cut(&v, '=', &name) || v.p == NULL)
			return false;
		while (i < OPTIONS && !view_eq(name, view_of(options[i].name)))
			i++;
		if (i == OPTIONS || !take(out, i, v))
			return false;		/* one that is not known would be obeyed by route alone */
	}
	return true;
}
