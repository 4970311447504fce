/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulate - `tallygate rules simulate`: past days once with the rules of today and once with those of tomorrow
 *
 * Says what a change of rules.d would gain, lose and match otherwise, before it is switched on; it writes nothing.
 * Exit: 0 nothing is lost and nothing matched otherwise; 1 something is: look at it; 2 wrong use, or a file or rules that cannot be read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/reconcile/compare.h"
#include "gateway/cli/reconcile/csv.h"

#define USAGE "usage: tallygate rules simulate --with DIR [--rules DIR] --as-of YYYY-MM-DD --book FILE... --bank FILE...\n" \
	"                                [--prior DIR] [--threads N] [--json]\n"
#define SHOWN 20			/* of each kind, for people */
#define LISTED 10000			/* of each kind, for programs */
#define IDS_SHOWN 12

static const char *const kinds[CHANGES] = { "gained", "lost", "otherwise" };

static const char *rules_of(const struct rc *rc)
{
	return rc->config == NULL ? "built in" : rc->config->rules_sha256;
}

static void ids(struct buf *b, const struct rc *rc, const struct recon *r, const struct recon_match *m, bool bank)
{
	const uint32_t *at = r->ids + (bank ? m->bank_at : m->book_at);
	uint32_t n = bank ? m->n_bank : m->n_book;

	for (uint32_t i = 0; i < n && i < IDS_SHOWN; i++) {
		buf_text(b, i > 0 ? " " : "");
		put_id(b, rc, bank ? &r->lines[at[i]] : &r->items[at[i]], bank);
	}
	if (n > IDS_SHOWN)
		buf_fmt(b, " and %u more", n - IDS_SHOWN);
}

static void say_match(struct buf *b, const struct rc *rc, uint32_t part, const struct recon_match *m)
{
	const struct rc_part *p = &rc->parts[part];

	ids(b, rc, &p->recon, m, true);
	buf_text(b, " = ");
	ids(b, rc, &p->recon, m, false);
	buf_text(b, ", ");
	put_money(b, m->bank_total, p->digits);
	buf_fmt(b, " %s by %s: ", p->currency, recon_rules[m->rule].name);
	recon_explain(b, &p->recon, m);
	buf_char(b, '\n');
}

static void say_changes(struct buf *b, const struct comparison *c, const struct rc *now, const struct rc *then, enum change_kind kind)
{
	uint64_t shown = 0;

	if (c->count[kind] == 0)
		return;
	buf_fmt(b, "\n%s:\n", kinds[kind]);
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];

		if (x->kind != kind || shown++ >= SHOWN)
			continue;
		buf_text(b, "  ");
		mask_last4(b, now->parts[x->part].account);
		buf_text(b, x->now != NULL && x->then != NULL ? "  now  " : "  ");
		if (x->now != NULL)
			say_match(b, now, x->part, x->now);
		if (x->now != NULL && x->then != NULL)
			buf_text(b, "         then ");
		if (x->then != NULL)
			say_match(b, then, x->part, x->then);
	}
	if (shown > SHOWN)
		buf_fmt(b, "  and %llu more (--json lists them)\n", (unsigned long long)(shown - SHOWN));
}

static void say(struct buf *b, const struct comparison *c, const struct rc *now, const struct rc *then)
{
	buf_fmt(b, "rules now   %s\nrules then  %s\n", rules_of(now), rules_of(then));
	buf_fmt(b, "accepted without a person: %llu groups now, %llu then\n", (unsigned long long)c->now, (unsigned long long)c->then);
	buf_fmt(b, "  %-10s %10llu\n", "same", (unsigned long long)c->same);
	for (int i = 0; i < CHANGES; i++)
		buf_fmt(b, "  %-10s %10llu\n", kinds[i], (unsigned long long)c->count[i]);
	for (int i = 1, some = 0; i < RECON_REASONS; i++)
		if (c->reasons[0][i] != c->reasons[1][i]) {
			buf_text(b, some++ > 0 ? "" : "rows that wait for a person, where their number changes:\n");
			buf_fmt(b, "  %-22s %10llu now, %llu then\n", recon_reason_name((enum recon_reason)i), (unsigned long long)c->reasons[0][i],
				(unsigned long long)c->reasons[1][i]);
		}
	for (int i = 0; i < CHANGES; i++)
		say_changes(b, c, now, then, (enum change_kind)i);
}

/* The same for programs */

static void json_match(struct json *j, const char *key, const struct rc *rc, uint32_t part, const struct recon_match *m)
{
	const struct rc_part *p = &rc->parts[part];
	struct buf b = { 0 };

	if (m == NULL)
		return;
	json_object(j, key);
	mask_last4(&b, p->account);
	json_text(j, "account", buf_as_view(&b));
	json_cstr(j, "currency", p->currency);
	for (int side = 0; side < 2; side++) {
		const uint32_t *at = p->recon.ids + (side == 0 ? m->bank_at : m->book_at);

		json_array(j, side == 0 ? "bank_ids" : "book_ids");
		for (uint32_t i = 0; i < (side == 0 ? m->n_bank : m->n_book); i++) {
			buf_clear(&b);
			put_id(&b, rc, side == 0 ? &p->recon.lines[at[i]] : &p->recon.items[at[i]], side == 0);
			json_text(j, NULL, buf_as_view(&b));
		}
		json_array_end(j);
	}
	json_int(j, "bank_minor", m->bank_total);
	json_cstr(j, "rule", recon_rules[m->rule].name);
	json_cstr(j, "version", recon_rules[m->rule].version);
	buf_clear(&b);
	recon_explain(&b, &p->recon, m);
	json_text(j, "explanation", buf_as_view(&b));
	json_object_end(j);
	buf_release(&b);
}

static void json_changes(struct json *j, const struct comparison *c, const struct rc *now, const struct rc *then, enum change_kind kind)
{
	uint64_t listed = 0;

	json_array(j, kinds[kind]);
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];

		if (x->kind != kind || listed++ >= LISTED)
			continue;
		json_object(j, NULL);
		json_match(j, "now", now, x->part, x->now);
		json_match(j, "then", then, x->part, x->then);
		json_object_end(j);
	}
	json_array_end(j);
}

static void say_json(struct buf *b, const struct comparison *c, const struct rc *now, const struct rc *then)
{
	struct json j;

	json_init(&j, b, false);
	json_object(&j, NULL);
	json_cstr(&j, "rules_now", rules_of(now));
	json_cstr(&j, "rules_then", rules_of(then));
	json_int(&j, "groups_now", (int64_t)c->now);
	json_int(&j, "groups_then", (int64_t)c->then);
	json_int(&j, "same", (int64_t)c->same);
	for (int i = 0; i < CHANGES; i++) {
		char key[32];

		snprintf(key, sizeof(key), "n_%s", kinds[i]);
		json_int(&j, key, (int64_t)c->count[i]);
	}
	json_array(&j, "reasons");
	for (int i = 1; i < RECON_REASONS; i++) {
		if (c->reasons[0][i] + c->reasons[1][i] == 0)
			continue;
		json_object(&j, NULL);
		json_cstr(&j, "reason", recon_reason_name((enum recon_reason)i));
		json_int(&j, "now", (int64_t)c->reasons[0][i]);
		json_int(&j, "then", (int64_t)c->reasons[1][i]);
		json_object_end(&j);
	}
	json_array_end(&j);
	for (int i = 0; i < CHANGES; i++)
		json_changes(&j, c, now, then, (enum change_kind)i);
	json_object_end(&j);
	buf_char(b, '\n');
}

/* --with is ours; every other option is reconcile's. */
static const char *take_with(int *argc, char **argv)
{
	const char *with = NULL;
	int n = 0;

	for (int i = 0; i < *argc; i++)
		if (strcmp(argv[i], "--with") == 0 && i + 1 < *argc)
			with = argv[++i];
		else
			argv[n++] = argv[i];
	*argc = n;
	return with;
}

static int compare(const struct rc *now, const struct rc *then)
{
	struct comparison c;
	struct err err = { 0 };
	struct buf b = { .max = (size_t)256 << 20 };
	int status = 0;

	if (compare_runs(&c, now, then, &err) != 0) {
		compare_release(&c);
		return rc_fail(&err);
	}
	(now->json ? say_json : say)(&b, &c, now, then);
	if (b.failed)
		status = rc_fail(&(struct err){ .text = "memory is short" });
	else
		fwrite(b.p, 1, b.n, stdout);
	if (status == 0)
		status = c.count[CHANGE_LOST] + c.count[CHANGE_OTHERWISE] > 0;
	compare_release(&c);
	buf_release(&b);
	return status;
}

int rules_simulate(int argc, char **argv)
{
	struct rc *rc = calloc(2, sizeof(*rc));		/* now, then */
	const char *with = take_with(&argc, argv);
	int status = 0;

	if (rc == NULL || with == NULL) {
		fprintf(stderr, "tallygate: %s\n%s", rc == NULL ? "memory is short" : "--with is missing: the folder with the changed rules", USAGE);
		free(rc);
		return 2;
	}
	for (int i = 0; i < 2 && status < 2; i++) {
		status = rc_options(&rc[i], argc, argv, false);
		if (i == 1)
			rc[i].rules = with;
		if (status == 0)
			status = rc_run(&rc[i]);
		if (status < 2 && !rc[i].ran)
			status = 2;
	}
	if (status < 2)
		status = compare(&rc[0], &rc[1]);
	rc_release(&rc[0]);
	rc_release(&rc[1]);
	free(rc);
	return status;
}
