/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_ways - see sign_ways.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/core/money.h"
#include "gateway/sign_ways.h"
#include "rules/ruleset.h"

#define RULES_MAX 512
#define PARTNERS_MAX 256
#define PERSONS_MOST 9			/* where something cannot be judged */

void sign_way_of(struct sign_way *w, const struct config *c, const struct outbound *o, const struct partner *p)
{
	*w = (struct sign_way){ config_way(c, o), o, p, false };
	w->announced = w->way == WAY_CHECK && o->positive_pay != NULL && o->positive_pay[0] != '\0';
}

static void text(char *out, size_t cap, const char *in)
{
	snprintf(out, cap, "%s", in);
}

static bool totals_are(const struct sign_request *q, const struct sign_batch *b, const char *partner, const struct outbound *o,
	const char *sha256)
{
	struct batch_totals t = { .count = b->count, .debit_minor = b->debit, .credit_minor = b->credit };
	char hex[65];

	text(t.batch, sizeof(t.batch), b->id);
	text(t.partner, sizeof(t.partner), partner);
	text(t.outbound, sizeof(t.outbound), o->name);
	text(t.format, sizeof(t.format), o->format);
	text(t.ccy, sizeof(t.ccy), q->ccy);
	text(t.items_sha256, sizeof(t.items_sha256), b->items_sha256);
	text(t.source_sha256, sizeof(t.source_sha256), b->source_sha256);
	date_print(b->effective, t.effective_date);
	totals_sha256(&t, hex);
	return hex[0] != '\0' && strcmp(hex, sha256) == 0;
}

bool sign_way_totals(const struct sign_way *w, const struct config *c, const struct sign_request *q, const struct sign_batch *b,
	const char *sha256)
{
	const struct outbound *checks;
	const struct partner *p;

	if (totals_are(q, b, w->partner->name, w->out, sha256))
		return true;
	for (size_t i = 0; w->way == WAY_POSPAY && (checks = config_checks_of(c, w->out, i, &p)) != NULL; i++)
		if (totals_are(q, b, p->name, checks, sha256))
			return true;
	return false;
}

/* ---- how many persons ---- */

static bool moves_money(const struct sign_way *w)
{
	return w->way == WAY_ACH || w->way == WAY_CHECK;
}

static struct sign_run run_of(const struct sign_request *q, const struct sign_batch *b)
{
	struct sign_run run = { .minor = b->debit };

	text(run.source, sizeof(run.source), b->source_sha256);
	text(run.batch, sizeof(run.batch), b->id);
	text(run.items, sizeof(run.items), b->items_sha256);
	text(run.ccy, sizeof(run.ccy), q->ccy);
	if (!money_add_minor(&run.minor, b->credit))
		run.minor = INT64_MAX;
	return run;
}

/* What the source pays with this file and all that was signed of it; INT64_MAX when it cannot be told. */
static int64_t paid_of(const struct sign_way *w, const struct sign_state *s, const struct sign_request *q, const struct sign_batch *b)
{
	struct sign_run *like = calloc(q->n_batches, sizeof(*like));
	int64_t sum = 0, before;
	size_t n = 0;

	if (like == NULL)
		return INT64_MAX;
	for (size_t i = 0; i < q->n_batches; i++) {
		if (strcmp(q->batches[i].source_sha256, b->source_sha256) != 0)
			continue;
		like[n] = run_of(q, &q->batches[i]);
		if (!money_add_minor(&sum, like[n++].minor))
			sum = INT64_MAX;
	}
	before = sign_state_run(s, like, n);
	free(like);
	if (!moves_money(w))			/* its money leaves by another file, which is counted there */
		return before > sum ? before : sum;
	return money_add_minor(&sum, before) ? sum : INT64_MAX;
}

int sign_way_persons(const struct sign_way *w, const struct config *c, const struct sign_state *s, const struct sign_request *q,
	const struct sign_batch *b)
{
	const struct partner *partners[PARTNERS_MAX];
	struct ruleset_rule rules[RULES_MAX];
	struct ruleset_batch batch = { .ccy = view_of(q->ccy), .total_minor = paid_of(w, s, q, b) };
	size_t n = 0, n_partners = config_run_partners(c, w->out, partners, PARTNERS_MAX);
	int persons = (int)b->persons;

	if (c->n_rules > RULES_MAX || n_partners == 0 || n_partners == PARTNERS_MAX)
		return PERSONS_MOST;
	if (b->whole > batch.total_minor)
		batch.total_minor = b->whole;
	for (; n < c->n_rules; n++) {
		const struct approval_rule *a = &c->rules[n];

		rules[n] = (struct ruleset_rule){ view_of(a->partner), view_of(a->ccy), a->limit_minor, a->persons };
	}
	for (size_t i = 0; i < n_partners; i++) {
		int own;

		batch.partner = view_of(partners[i]->name);
		own = ruleset_persons(rules, n, &batch);
		persons = own > persons ? own : persons;
	}
	return persons;
}

void sign_way_remember(const struct sign_way *w, struct sign_state *s, const struct sign_request *q)
{
	for (size_t i = 0; i < q->n_batches; i++) {
		struct sign_run run = run_of(q, &q->batches[i]);

		if (moves_money(w))
			sign_state_add_run(s, &run);
		if (w->way == WAY_POSPAY && q->batches[i].numbers_sha256[0] != '\0')
			sign_state_add_issue(s, q->batches[i].numbers_sha256);
	}
}
