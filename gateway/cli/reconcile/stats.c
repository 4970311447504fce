/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats - see stats.h; and summary.json, which is nothing but these figures
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "formats/core/money.h"
#include "gateway/cli/reconcile/csv.h"
#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/stats.h"

const char *const rc_age_names[RC_AGES] = { "0 to 2", "3 to 5", "6 to 10", "11 to 20", "21 to 60", "61 to 125", "more than 125" };

static int bucket(int days)
{
	static const int most[RC_AGES - 1] = { 2, 5, 10, 20, 60, 125 };
	int b = 0;

	while (b < RC_AGES - 1 && days > most[b])
		b++;
	return b;
}

static void count_side(struct rc_stats *s, const struct rc *rc, struct rc_part_stats *p, const struct rc_part *part, int side)
{
	const struct recon_row *rows = side == 0 ? part->recon.lines : part->recon.items;

	for (uint32_t i = 0; i < (side == 0 ? part->recon.n_lines : part->recon.n_items); i++) {
		const struct recon_row *r = &rows[i];
		struct rc_count *age;

		if (r->closed) {
			if (side == 0) {
				p->lines_auto++;
				p->matched += r->amount;
			} else {
				p->items_auto++;
			}
			continue;
		}
		p->quiet += r->reason == RECON_NO_REASON;
		p->exceptions += r->reason != RECON_NO_REASON;
		s->reason[side][r->reason]++;
		p->open[side]++;
		age = &p->age[side][bucket(rc_age(rc, part, r->date))];
		age->n++;
		age->minor += r->amount;
	}
}

static void count_proofs(struct rc_stats *s, const struct rc *rc)
{
	for (uint32_t i = 0; i < rc->n_proofs; i++) {
		const struct rc_proof *p = &rc->proofs[i];
		int part = rc_part_of(rc, p->account, p->currency);

		s->parts[part].proofs++;
		s->parts[part].breaks += (p->proves && p->residual != 0) || p->gap != 0;
	}
}

/* Days: lines come in the order of their files, so the same day is near: looked for from the last one back. */

static struct rc_day *day_of(struct rc_stats *s, size_t from, uint32_t part, date_t date)
{
	size_t at = s->n_days;

	while (at > from && s->days[at - 1].date > date)
		at--;
	if (at > from && s->days[at - 1].date == date)
		return &s->days[at - 1];
	if (s->n_days == s->cap_days) {
		size_t cap = s->cap_days == 0 ? 64 : s->cap_days * 2;
		struct rc_day *p = realloc(s->days, cap * sizeof(*p));

		if (p == NULL)
			return NULL;
		s->days = p;
		s->cap_days = cap;
	}
	memmove(&s->days[at + 1], &s->days[at], (s->n_days - at) * sizeof(*s->days));
	s->days[at] = (struct rc_day){ .part = part, .date = date };
	s->n_days++;
	return &s->days[at];
}

static bool count_days(struct rc_stats *s, const struct rc_part *part, uint32_t number)
{
	size_t from = s->n_days;
	struct rc_day *d = NULL;

	for (uint32_t i = 0; i < part->recon.n_lines; i++) {
		const struct recon_row *r = &part->recon.lines[i];

		if (d == NULL || d->date != r->date)
			d = day_of(s, from, number, r->date);
		if (d == NULL)
			return false;
		d->lines++;
		d->moved += r->amount;
		d->lines_auto += r->closed;
		d->matched += r->closed ? r->amount : 0;
	}
	return true;
}

int rc_stats(struct rc_stats *s, const struct rc *rc)
{
	bool bad;

	*s = (struct rc_stats){ .parts = calloc(rc->n_parts + 1, sizeof(*s->parts)) };
	if (s->parts == NULL)
		return -1;
	bad = false;
	count_proofs(s, rc);
	for (uint32_t i = 0; i < rc->n_parts; i++) {
		struct rc_part_stats *p = &s->parts[i];
		const struct rc_part *part = &rc->parts[i];

		p->lines = part->recon.n_lines;
		p->items = part->recon.n_items;
		count_side(s, rc, p, part, 0);
		count_side(s, rc, p, part, 1);
		bad |= !count_days(s, part, i);
		for (uint32_t m = 0; m < part->recon.n_matches; m++)
			s->rule[part->recon.matches[m].automatic][part->recon.matches[m].rule]++;
		p->lines_proposed = 0;
		for (uint32_t m = part->recon.n_auto; m < part->recon.n_matches; m++)
			p->lines_proposed += m == part->recon.n_auto || part->recon.ids[part->recon.matches[m].bank_at] !=
				part->recon.ids[part->recon.matches[m - 1].bank_at];
		s->all.lines += p->lines;
		s->all.items += p->items;
		s->all.lines_auto += p->lines_auto;
		s->all.items_auto += p->items_auto;
		s->all.lines_proposed += p->lines_proposed;
		s->all.exceptions += p->exceptions;
		s->all.quiet += p->quiet;
		s->all.open[0] += p->open[0];
		s->all.open[1] += p->open[1];
		s->all.proofs += p->proofs;
		s->all.breaks += p->breaks;
	}
	for (uint32_t i = 0; i < rc->n_bank; i++)
		s->provisional += rc->bank[i]->n_prov;
	return bad ? -1 : 0;
}

void rc_stats_release(struct rc_stats *s)
{
	free(s->parts);
	free(s->days);
	*s = (struct rc_stats){ 0 };
}

/* summary.json */

static void put_part(struct json *j, const struct rc *rc, const struct rc_part *part, const struct rc_part_stats *p)
{
	struct buf last4 = { 0 };

	mask_last4(&last4, part->account);
	json_object(j, NULL);
	json_text(j, "account", buf_as_view(&last4));
	buf_release(&last4);
	json_cstr(j, "currency", part->currency);
	json_int(j, "lines", (int64_t)p->lines);
	json_int(j, "lines_auto", (int64_t)p->lines_auto);
	json_int(j, "lines_proposed", (int64_t)p->lines_proposed);
	json_int(j, "items", (int64_t)p->items);
	json_int(j, "items_auto", (int64_t)p->items_auto);
	json_int(j, "matched_minor", p->matched);
	json_int(j, "exceptions", (int64_t)p->exceptions);
	json_int(j, "open_lines", (int64_t)p->open[0]);
	json_int(j, "open_items", (int64_t)p->open[1]);
	json_int(j, "statements", (int64_t)p->proofs);
	json_int(j, "breaks", (int64_t)p->breaks);
	if (rc_written_off(rc, part->account, part->currency) != 0)
		json_int(j, "written_off_minor", rc_written_off(rc, part->account, part->currency));
	json_object_end(j);
}

static void put_days(struct json *j, const struct rc *rc, const struct rc_stats *s)
{
	char date[DATE_TEXT];

	json_array(j, "days");
	for (size_t i = 0; i < s->n_days; i++) {
		const struct rc_day *d = &s->days[i];
		struct buf last4 = { 0 };

		mask_last4(&last4, rc->parts[d->part].account);
		json_object(j, NULL);
		json_text(j, "account", buf_as_view(&last4));
		json_cstr(j, "currency", rc->parts[d->part].currency);
		json_cstr(j, "date", date_print(d->date, date));
		json_int(j, "lines", (int64_t)d->lines);
		json_int(j, "lines_auto", (int64_t)d->lines_auto);
		json_int(j, "moved_minor", d->moved);
		json_int(j, "matched_minor", d->matched);
		json_object_end(j);
		buf_release(&last4);
	}
	json_array_end(j);
}

static void put_lists(struct json *j, const struct rc_stats *s)
{
	json_array(j, "rules");
	for (int i = 0; i < RECON_RULES; i++) {
		if (s->rule[0][i] + s->rule[1][i] == 0)
			continue;
		json_object(j, NULL);
		json_cstr(j, "rule", recon_rules[i].name);
		json_cstr(j, "version", recon_rules[i].version);
		json_int(j, "auto", (int64_t)s->rule[1][i]);
		json_int(j, "proposed", (int64_t)s->rule[0][i]);
		json_object_end(j);
	}
	json_array_end(j);
	json_array(j, "reasons");
	for (int i = 1; i < RECON_REASONS; i++) {
		if (s->reason[0][i] + s->reason[1][i] == 0)
			continue;
		json_object(j, NULL);
		json_cstr(j, "reason", recon_reason_name((enum recon_reason)i));
		json_int(j, "bank", (int64_t)s->reason[0][i]);
		json_int(j, "book", (int64_t)s->reason[1][i]);
		json_object_end(j);
	}
	json_array_end(j);
}

static int by_rank(const void *pa, const void *pb)
{
	const struct rc_file *a = *(const struct rc_file *const *)pa, *b = *(const struct rc_file *const *)pb;

	return a->bank != b->bank ? (a->bank ? -1 : 1) : strcmp(a->base, b->base);
}

/* Files whose reading found faults, by name: the order of the command line is nobody's business. */
static int put_files(struct json *j, const struct rc *rc)
{
	const struct rc_file **files = malloc((rc->n_files + 1) * sizeof(*files));

	if (files == NULL)
		return -1;
	for (uint32_t i = 0; i < rc->n_files; i++)
		files[i] = &rc->files[i];
	qsort(files, rc->n_files, sizeof(*files), by_rank);
	json_array(j, "faulty_files");
	for (uint32_t i = 0; i < rc->n_files; i++) {
		if (files[i]->errors == 0)
			continue;
		json_object(j, NULL);
		json_cstr(j, "file", files[i]->base);
		json_int(j, "errors", (int64_t)files[i]->errors);
		json_cstr(j, "first", files[i]->why);
		json_object_end(j);
	}
	json_array_end(j);
	free(files);
	return 0;
}

int rc_put_file(const struct rc *rc, const char *name, struct buf *b, struct err *err)
{
	struct csv_out o;

	if (b->failed)
		return err_set(err, -1, "memory is short");
	if (csv_begin(&o, rc->out, name, NULL, err) != 0)
		return -1;
	o.b.max = BUF_MAX_DEFAULT;
	buf_view(&o.b, buf_as_view(b));
	return csv_finish(&o, err);
}

int rc_write_summary(const struct rc *rc, const struct rc_stats *stats, struct err *err)
{
	const struct rc_stats s = *stats;
	struct buf b = { 0 };
	struct json j;
	char date[DATE_TEXT];
	int rc_code;

	json_init(&j, &b, false);
	json_object(&j, NULL);
	json_cstr(&j, "as_of", date_print(rc->as_of, date));
	if (rc->config != NULL)
		json_cstr(&j, "rules_sha256", rc->config->rules_sha256);
	json_int(&j, "lines", (int64_t)s.all.lines);
	json_int(&j, "lines_auto", (int64_t)s.all.lines_auto);
	json_int(&j, "lines_proposed", (int64_t)s.all.lines_proposed);
	json_int(&j, "items", (int64_t)s.all.items);
	json_int(&j, "items_auto", (int64_t)s.all.items_auto);
	json_int(&j, "exceptions", (int64_t)s.all.exceptions);
	json_int(&j, "void_or_stopped_and_not_shown", (int64_t)s.all.quiet);
	json_int(&j, "provisional_lines", (int64_t)s.provisional);
	json_int(&j, "lines_of_statements_that_came_twice", (int64_t)rc->again_lines);
	json_int(&j, "book_rows_that_came_twice", (int64_t)rc->dropped_items);
	json_int(&j, "statements", (int64_t)s.all.proofs);
	json_int(&j, "breaks", (int64_t)s.all.breaks);
	json_array(&j, "accounts");
	for (uint32_t i = 0; i < rc->n_parts; i++)
		put_part(&j, rc, &rc->parts[i], &s.parts[i]);
	json_array_end(&j);
	rc_put_decisions(&j, rc);
	put_days(&j, rc, &s);
	put_lists(&j, &s);
	rc_code = put_files(&j, rc);
	json_object_end(&j);
	buf_char(&b, '\n');
	if (rc_code == 0)
		rc_code = rc_put_file(rc, "summary.json", &b, err);
	if (rc_code == 0 && rc->json)
		fwrite(b.p, 1, b.n, stdout);
	buf_release(&b);
	return rc_code;
}
