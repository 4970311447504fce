/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook_words - names of acts and states, the words of a refusal, and what a reason may hold
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/buf.h"
#include "formats/core/money.h"
#include "formats/core/utf8.h"
#include "rules/casebook_parts.h"

#define DIGITS_MOST 8			/* in a row, in a reason */

static const struct { const char *name, *done; } act_names[CASE_ACTS] = {
	[CASE_MATCH] = { "match", "matched" }, [CASE_UNMATCH] = { "unmatch", "unmatched" }, [CASE_CONFIRM] = { "confirm", "confirmed" },
	[CASE_REFUSE] = { "refuse", "refused" }, [CASE_WRITE_OFF] = { "write-off", "written off" }, [CASE_ASSIGN] = { "assign", "assigned" },
	[CASE_COMMENT] = { "comment", "commented" }, [CASE_SECOND] = { "second", "seconded" }, [CASE_WITHDRAW] = { "withdraw", "withdrawn" },
};
static const char *const state_names[CASE_STATES] = { "gone", "proposed", "refused", "confirmed", "matched automatically", "unmatched by a person",
	"matched by hand", "written off" };
static const char *const stage_names[CASE_STAGES] = { "is new", "waits for a second person", "holds", "was taken back" };

const char *case_act_name(enum case_act act)
{
	return act < CASE_ACTS ? act_names[act].name : "?";
}

const char *case_done_name(enum case_act act)
{
	return act < CASE_ACTS ? act_names[act].done : "?";
}

const char *case_state_name(enum case_state state)
{
	return state < CASE_STATES ? state_names[state] : "?";
}

const char *case_stage_name(enum case_stage stage)
{
	return stage < CASE_STAGES ? stage_names[stage] : "?";
}

bool case_act_of(struct view name, enum case_act *act)
{
	for (int i = 0; i < CASE_ACTS; i++)
		if (view_eq(name, view_of(act_names[i].name))) {
			*act = (enum case_act)i;
			return true;
		}
	return false;
}

enum case_verdict case_no(struct case_work *w, enum case_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->answer->text, sizeof(w->answer->text), fmt, ap);
	va_end(ap);
	return verdict;
}

const char *case_money(struct case_work *w, int64_t minor, const char *currency, int slot)
{
	struct buf b = { 0 };

	money_print_grouped(&b, minor, currency);
	snprintf(w->money[slot], sizeof(w->money[slot]), "%s %s", buf_cstr(&b), currency);
	buf_release(&b);
	return w->money[slot];
}

/* Groups */

/* The number behind a group's letter. */
static bool number_behind(struct view id, uint32_t *n)
{
	uint64_t v = 0;

	if (id.n < 2 || id.n > 10)
		return false;
	for (size_t i = 1; i < id.n; i++) {
		if (id.p[i] < '0' || id.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(id.p[i] - '0');
	}
	*n = (uint32_t)v;
	return true;
}

uint32_t casebook_find_group(const struct casebook *c, struct view id)
{
	bool numbered;
	uint32_t n;

	numbered = number_behind(id, &n) && n > 0;
	if (numbered && n <= c->n_base && view_eq(c->groups[n - 1].id, id))	/* the engine's "M12" is its twelfth */
		return n - 1;
	for (uint32_t i = 0; i < c->n_base; i++)
		if (view_eq(c->groups[i].id, id))
			return i;
	if (!numbered || n > c->n_decisions || (id.p[0] != 'H' && id.p[0] != 'W') ||
	    c->decisions[n - 1].act != (id.p[0] == 'H' ? CASE_MATCH : CASE_WRITE_OFF))
		return CASE_NOBODY;
	return c->decisions[n - 1].made;
}

size_t casebook_group_id(const struct casebook *c, uint32_t group, char out[CASE_NAME_MOST + 1])
{
	const struct case_group *g = &c->groups[group];

	if (g->maker == 0)
		return (size_t)snprintf(out, CASE_NAME_MOST + 1, "%.*s", VIEW_FMT(view_sub(g->id, 0, CASE_NAME_MOST)));
	return (size_t)snprintf(out, CASE_NAME_MOST + 1, "%c%u", c->decisions[g->maker - 1].act == CASE_WRITE_OFF ? 'W' : 'H', g->maker);
}

/* Texts of people */

static const char *text_fault(struct view v, size_t least, size_t most)
{
	if (v.n < least)
		return least > 1 ? "is missing or too short; say why in a few words" : "is missing";
	if (v.n > most)
		return "is too long";
	for (size_t i = 0, n; i < v.n; i += n) {
		n = utf8_length(v.p + i, v.n - i);
		if (n == 0)
			return "is not UTF-8";
		if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
			return "holds control characters";
	}
	return v.p[0] == ' ' || v.p[v.n - 1] == ' ' ? "begins or ends with a blank" : NULL;
}

const char *case_name_fault(struct view v)
{
	return text_fault(v, 1, CASE_NAME_MOST);
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool alnum(char c)
{
	return digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The account's letters and digits at this place, whatever blanks and dashes stand between. */
static bool account_at(struct view text, size_t at, struct view account)
{
	size_t k = 0;

	for (size_t i = at; k < account.n; i++) {
		if (i < text.n && text.p[i] == account.p[k])
			k++;
		else if (i >= text.n || i == at || (text.p[i] != ' ' && text.p[i] != '-' && text.p[i] != '.'))
			return false;
	}
	return true;
}

const char *casebook_reason_fault(const struct casebook *c, struct view reason)
{
	const char *fault = text_fault(reason, 3, CASE_REASON_MOST);
	size_t run = 0;

	for (size_t i = 0; fault == NULL && i < reason.n; i++) {
		run = digit(reason.p[i]) ? run + 1 : 0;
		if (run > DIGITS_MOST)
			return "holds a long number that may be an account's; write its last four";
		for (uint32_t p = 0; p < c->n_parts && (i == 0 || !alnum(reason.p[i - 1])); p++)
			if (c->parts[p].account.n > 4 && account_at(reason, i, c->parts[p].account))
				return "holds an account number; write its last four";
	}
	return fault;
}
