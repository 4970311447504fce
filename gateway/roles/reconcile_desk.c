/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_desk - see reconcile_desk.h.  The message comes from route, and is input all the same: whatever is not as it says refuses the
 * whole of it.  Memory grows with the account and is freed with the last answer; where it is short, the job has failed.
 */
#include "gateway/roles/reconcile_desk.h"

#include <stdio.h>
#include <stdlib.h>

#include "formats/core/date.h"
#include "formats/core/wire.h"
#include "gateway/config.h"
#include "gateway/match_rules.h"
#include "gateway/proto.h"
#include "gateway/recon_words.h"
#include "rules/recon_text.h"

#define TEXTS_MAX ((size_t)2 << 30)
#define PIECES 120			/* decisions a message; each is one element */
#define REPLY_FULL ((size_t)512 << 10)
#define IDS_MOST 100000u		/* a match of more rows is no message: it is a person's */

void desk_free(struct desk *d)
{
	if (d == NULL)
		return;
	recon_release(&d->recon);
	match_rules_free(d->taught);
	free(d->recon.lines);
	free(d->recon.items);
	free(d->line);
	free(d->item);
	free(d->hidden);
	arena_clear(&d->texts);
	free(d);
}

/* Options */

static bool set_number(int *out, struct view v)
{
	int n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || n > 999)
			return false;
		n = n * 10 + (v.p[i] - '0');
	}
	*out = n;
	return v.n > 0;
}

static bool set_calendar(struct desk *d, struct view v)
{
	struct calendar named;

	if (!calendar_init(&named, v))
		return false;
	d->calendar.kind = named.kind;		/* closed days may have come before the name */
	return true;
}

static bool option(struct desk *d, struct view v)
{
	static const struct { struct view key; size_t at; } numbers[] = {
		{ VIEW_INIT("early"), offsetof(struct recon_options, early) }, { VIEW_INIT("late"), offsetof(struct recon_options, late) },
		{ VIEW_INIT("late_check"), offsetof(struct recon_options, late_check) }, { VIEW_INIT("rivals"), offsetof(struct recon_options, weak) },
		{ VIEW_INIT("rivals_check"), offsetof(struct recon_options, weak_check) }, { VIEW_INIT("stale_days"), offsetof(struct recon_options, stale_days) },
	};
	struct view key;
	date_t day;

	if (!view_cut(&v, '=', &key) || v.p == NULL)
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (view_eq(key, numbers[i].key))
			return set_number((int *)((char *)&d->options + numbers[i].at), v);
	if (view_eq(key, VIEW("as_of")))
		return date_parse_iso(&d->options.as_of, v);
	if (view_eq(key, VIEW("calendar")))
		return set_calendar(d, v);
	if (view_eq(key, VIEW("closed")))
		return date_parse_iso(&day, v) && calendar_close(&d->calendar, day);
	if (!view_eq(key, VIEW("currency")) || v.n != 3)
		return false;
	memcpy(d->ccy, v.p, 3);
	return true;
}

static struct desk *begin(const struct config *config, const struct msg *m)
{
	struct desk *d = calloc(1, sizeof(*d));
	struct err e = { 0 };

	if (d == NULL)
		return NULL;
	d->options = recon_defaults;
	d->calendar = (struct calendar){ .kind = CALENDAR_FEDERAL_RESERVE };
	d->texts.max = TEXTS_MAX;
	for (size_t i = 0; i < m->n; i++)
		if (m->e[i].tag == T_OPTION && !option(d, m->e[i].v))
			goto bad;
	if (d->options.as_of == DATE_NONE || d->ccy[0] == '\0')
		goto bad;
	if (match_rules_new(&d->taught, config, &e) != 0)
		goto bad;		/* the configuration was verified: memory */
	return d;
bad:
	desk_free(d);
	return NULL;
}

/* Telling */

static void put_ids(struct buf *to, uint16_t tag, const struct desk *d, const uint32_t *at, uint32_t n, bool lines)
{
	struct buf ids = { 0 };

	for (uint32_t i = 0; i < n; i++)
		buf_u64(&ids, (uint64_t)desk_id(d, lines ? &d->recon.lines[at[i]] : &d->recon.items[at[i]], lines));
	to->failed |= ids.failed;
	wire_view(to, tag, buf_as_view(&ids));
	buf_release(&ids);
}

static bool by_group(const struct recon_match *m)
{
	return m->rule == RULE_GROUP_KEY || m->rule == RULE_GROUP_FEE_TEXT || m->rule == RULE_GROUP_TOTAL || m->rule == RULE_GROUP_LESS;
}

/* Where the line says it: the field, and the bytes of it that read as the reference. */
static void put_span(struct buf *to, const struct desk *d, const struct recon_match *m)
{
	static struct said said;
	const struct recon_row *line = &d->recon.lines[d->recon.ids[m->bank_at]], *item = &d->recon.items[d->recon.ids[m->book_at]];
	size_t from = 0, n = 0;
	uint64_t key;
	int where;

	if (m->op == OP_NONE || m->op == OP_OTHER)
		return;
	said_read(&said, line);
	if (said_relation(&said, recon_text(item, by_group(m) ? K_GROUP : K_REF), &where, &key) >= OP_OTHER)
		return;
	n = recon_text(line, where).n;
	if (where == B_TEXT && !words_find(recon_text(line, B_TEXT), key, &from, &n))
		return;
	if (where == d->line[line->n].taught) {
		from = d->line[line->n].at;
		where = B_TEXT;
	}
	wire_num(to, T_FIELD, where);
	wire_num(to, T_FIRST, (int64_t)from);
	wire_num(to, T_SIZE, (int64_t)n);
	wire_num(to, T_READING, m->op);
}

static void put_match(struct buf *one, const struct desk *d, const struct recon_match *m)
{
	struct buf text = { .max = 2000 };

	wire_num(one, T_GO, m->automatic);
	put_ids(one, T_BYTES, d, d->recon.ids + m->bank_at, m->n_bank, true);
	put_ids(one, T_CANDIDATES, d, d->recon.ids + m->book_at, m->n_book, false);
	wire_text(one, T_RULE, recon_rules[m->rule].name);
	wire_text(one, T_VERSION, recon_rules[m->rule].version);
	wire_num(one, T_SCORE, m->score);
	wire_num(one, T_MARGIN, m->margin);
	put_span(one, d, m);
	recon_explain(&text, &d->recon, m);
	wire_view(one, T_TEXT, buf_as_view(&text));
	buf_release(&text);
}

static void put_reason(struct buf *one, const struct desk *d, const struct recon_row *r, bool line)
{
	struct buf text = { .max = 1000 };
	bool with_line = r->reason == DUP_LINE || r->reason == DUP_PAYMENT || !line;

	wire_text(one, T_REASON, recon_reason_name((enum recon_reason)r->reason));
	recon_detail(&text, &d->recon, r, line);
	if (r->with != NULL)
		buf_fmt(&text, " (%c%lld)", with_line ? 'L' : 'E', (long long)desk_id(d, r->with, with_line));
	wire_view(one, T_TEXT, buf_as_view(&text));
	buf_release(&text);
}

static void put(struct buf *reply, struct buf *one)
{
	reply->failed |= one->failed;
	wire_view(reply, T_MATCH, buf_as_view(one));
	buf_release(one);
}

/* A sum that the engine was not shown is as good as the row that it would have taken. */
static bool hidden(const struct desk *d, const struct recon_match *m)
{
	for (uint32_t i = 0; i < d->n_hidden; i++)
		if (d->hidden[i] == m->bank_total && m->op != OP_EXACT)
			return true;
	return false;
}

static void tell_match(struct buf *reply, const struct desk *d, const struct recon_match *m)
{
	struct buf one = { 0 };
	bool large = m->n_bank + m->n_book > IDS_MOST;

	if (!large && !hidden(d, m)) {
		wire_begin(&one, 0);
		put_match(&one, d, m);
		put(reply, &one);
		return;
	}
	for (uint32_t i = 0; i < m->n_bank && i < PIECES; i++) {
		wire_begin(&one, 0);
		wire_num(&one, T_SUBJECT, desk_id(d, &d->recon.lines[d->recon.ids[m->bank_at + i]], true));
		wire_text(&one, T_REASON, "AMBIGUOUS");
		wire_text(&one, T_TEXT, large ? "its group has too many items for one answer" : "a sum of returns by file or by day is as much: a person must choose");
		put(reply, &one);
	}
}

/* What is left of a line: its reason and its proposals, the best first. */
static void tell_line(struct buf *reply, struct desk *d, uint32_t line)
{
	const struct recon *r = &d->recon;
	struct buf one = { 0 };

	wire_begin(&one, 0);
	wire_num(&one, T_SUBJECT, desk_id(d, &r->lines[line], true));
	put_reason(&one, d, &r->lines[line], true);
	for (; d->matches < r->n_matches && r->ids[r->matches[d->matches].bank_at] <= line; d->matches++) {
		const struct recon_match *m = &r->matches[d->matches];
		struct buf more = { 0 };

		if (r->ids[m->bank_at] != line || m->n_bank + m->n_book > IDS_MOST)
			continue;
		wire_begin(&more, 0);
		put_match(&more, d, m);
		put(&one, &more);
	}
	put(reply, &one);
}

static bool tell_item(struct buf *reply, const struct desk *d, const struct recon_row *k)
{
	struct buf one = { 0 };

	if (k->closed || k->status != RECON_OPEN || k->reason == RECON_NO_REASON || k->reason == NO_COUNTERPART_BANK || k->reason == STALE_CHECK)
		return false;
	wire_begin(&one, 0);
	wire_num(&one, T_ITEM, desk_id(d, k, false));
	put_reason(&one, d, k, false);
	put(reply, &one);
	return true;
}

/* As many decisions as one message holds; true: these were the last. */
static bool tell(struct buf *reply, struct desk *d)
{
	struct recon *r = &d->recon;
	unsigned n = 0;

	for (; d->matches < r->n_auto; d->matches++, n++) {
		if (n >= PIECES || reply->n > REPLY_FULL)
			return false;
		tell_match(reply, d, &r->matches[d->matches]);
	}
	for (; d->lines < r->n_lines; d->lines++) {
		const struct recon_row *l = &r->lines[d->lines];

		if (l->closed || l->file != 0)
			continue;
		if (n >= PIECES || reply->n > REPLY_FULL)
			return false;
		tell_line(reply, d, d->lines);
		n++;
	}
	for (; d->items < r->n_items; d->items++) {
		if (n >= PIECES || reply->n > REPLY_FULL)
			return false;
		n += tell_item(reply, d, &r->items[d->items]);
	}
	return true;
}

/* Rows of `bytes`; false when one is none. */
static bool take(struct desk *d, struct view lines, struct view items)
{
	struct record rec;

	while (lines.n > 0)
		if (wire_cut_record(&lines, &rec) != 1 || !desk_take_line(d, &rec))
			return false;
	while (items.n > 0)
		if (wire_cut_record(&items, &rec) != 1 || !desk_take_item(d, &rec))
			return false;
	return true;
}

static void decide(struct desk *d)
{
	for (uint32_t i = 0; i < d->recon.n_lines; i++)
		d->recon.lines[i].file = d->recon.lines[i].closed || d->recon.lines[i].held;
	d->failed |= !desk_lay(d) || recon_run(&d->recon) != 0;
	d->ready = true;
}

static void say_failed(struct buf *reply, int64_t job)
{
	wire_begin(reply, M_JOB_FAILED);
	wire_num(reply, T_JOB, job);
	wire_text(reply, T_REASON, "NO_MEMORY");
	wire_text(reply, T_TEXT, "the reconciler is short of memory");
}

int desk_answer(struct desk **desk, const struct config *config, struct view message, struct buf *reply)
{
	static struct msg m;
	int64_t job, part, ready;
	struct desk *d;
	bool last = false;

	buf_clear(reply);
	if (!msg_parse(&m, message) || m.type != M_SETTLE || !msg_num(&m, T_JOB, &job) || !msg_num(&m, T_FIRST, &part) || !msg_num(&m, T_READY, &ready))
		return -1;
	if (part == 1) {			/* another account, or the same anew */
		desk_free(*desk);
		*desk = begin(config, &m);
		if (*desk == NULL)
			return -1;
		(*desk)->job = job;
	}
	d = *desk;
	if (d == NULL || d->job != job || part != d->part + 1)
		return -1;
	d->part = part;
	if (!d->ready && !take(d, msg_text(&m, T_BYTES), msg_text(&m, T_CANDIDATES)) && !d->failed) {
		desk_free(d);
		*desk = NULL;
		return -1;
	}
	if (!d->ready && ready != 0 && !d->failed)
		decide(d);
	wire_begin(reply, M_SETTLED);
	wire_num(reply, T_JOB, job);
	wire_num(reply, T_FIRST, part);
	if (d->ready && !d->failed)
		last = tell(reply, d);
	wire_num(reply, T_READY, last);
	if (d->failed || reply->failed) {
		say_failed(reply, job);
		last = true;
	}
	if (last) {
		desk_free(d);
		*desk = NULL;
	}
	return 0;
}
