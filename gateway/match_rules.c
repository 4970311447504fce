/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_rules - see match_rules.h.  Patterns and dates are read once, not for each line
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/extract.h"
#include "gateway/match_rules.h"

struct match_rule { struct extract *x; struct view account, type; date_t from, to; };
struct match_rules { size_t n; struct match_rule rule[]; };

/* Empty: open.  A day that is none (the configuration's reader refuses it) is never reached. */
static date_t day_of(const char *text, date_t open, date_t never)
{
	date_t day;

	return *text == '\0' ? open : date_parse_iso(&day, view_of(text)) ? day : never;
}

int match_rules_new(struct match_rules **out, const struct config *c, struct err *err)
{
	size_t n = c == NULL ? 0 : c->n_extracts;
	struct match_rules *r = calloc(1, sizeof(*r) + n * sizeof(r->rule[0]));

	*out = NULL;
	if (r == NULL)
		return err_set(err, ENOMEM, "memory is short");
	for (; r->n < n; r->n++) {
		const struct extract_rule *from = &c->extracts[r->n];
		struct match_rule *to = &r->rule[r->n];

		*to = (struct match_rule){ .account = view_of(from->account), .type = view_of(from->type),
			.from = day_of(from->valid_from, INT32_MIN, INT32_MAX), .to = day_of(from->valid_to, INT32_MAX, INT32_MIN) };
		if (extract_new(&to->x, from->pattern, err) != 0) {
			match_rules_free(r);
			return -1;
		}
	}
	*out = r;
	return 0;
}

void match_rules_free(struct match_rules *r)
{
	for (size_t i = 0; r != NULL && i < r->n; i++)
		extract_free(r->rule[i].x);
	free(r);
}

static bool is_meant(const struct match_rule *m, struct view account, struct view type, date_t booked)
{
	return (m->account.n == 0 || view_eq(m->account, account)) && (m->type.n == 0 || view_eq(m->type, type)) && booked >= m->from && booked <= m->to;
}

bool match_rules_reference(const struct match_rules *r, struct view account, struct view type, date_t booked, struct view text, struct view *found)
{
	for (size_t i = 0; r != NULL && i < r->n; i++)
		if (is_meant(&r->rule[i], account, type, booked) && extract_first(r->rule[i].x, text, found))
			return true;
	return false;
}

bool match_rules_know(const struct match_rules *r, struct view text, struct view reference)
{
	struct view found;

	for (size_t i = 0; r != NULL && i < r->n; i++)
		if (extract_first(r->rule[i].x, text, &found) && view_eq(found, reference))
			return true;
	return false;
}

void match_rules_days(struct recon_options *o, const struct config *c, const char *currency)
{
	const struct match_days *d = NULL;

	for (size_t i = 0; c != NULL && i < c->n_match_days; i++) {
		const struct match_days *m = &c->match_days[i];

		if ((strcmp(m->currency, currency) == 0 && (d == NULL || *d->currency == '\0')) || (*m->currency == '\0' && d == NULL))
			d = m;
	}
	if (d == NULL)
		return;
	o->early = d->early;
	o->late = d->late;
	o->late_check = d->late_check;
	o->weak = d->rivals;
	o->weak_check = d->rivals_check;
	o->stale_days = d->stale_days;
}
