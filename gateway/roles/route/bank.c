/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank - what the worker decided of an account's lines is written down: SETTLED only by a matched bank line
 *
 * A decision is input: evidence.c proves it anew from the ledger, and each line and each expected item is used once.  What is left has a
 * reason (exceptions.c, checks.c) and proposals for a person, the best first.  A decision that rests on nobody else being there is not
 * taken when something came since the account was begun: the round that follows sees it.  Provisional lines inform and never match.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/handwork.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "formats/core/money.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "rules/calendar.h"

#define OVERDUE_DAYS 2

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

int bank_line_read(struct route *r, int64_t id, struct bank_line *l, struct err *err)
{
	struct rows rows;
	int rc;

	memset(l, 0, sizeof(*l));
	l->id = id;
	if (ledger_query(&rows, r->ledger, err, "SELECT parcel, line, date, amount_minor, partner, account, ccy, type, check_number, text, customer_ref, bank_ref, end_to_end FROM bank_line"
			 " WHERE id=? AND state IN (1,3) AND provisional=0", "i", id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		l->parcel = rows_int(&rows, 0);
		l->line = rows_int(&rows, 1);
		l->date = rows_int(&rows, 2);
		l->amount = rows_int(&rows, 3);
		copy(l->partner, sizeof(l->partner), rows_text(&rows, 4));
		copy(l->account, sizeof(l->account), rows_text(&rows, 5));
		copy(l->ccy, sizeof(l->ccy), rows_text(&rows, 6));
		copy(l->type, sizeof(l->type), rows_text(&rows, 7));
		copy(l->check_number, sizeof(l->check_number), rows_text(&rows, 8));
		for (int i = 0; i < 4; i++)
			copy(l->text[i], sizeof(l->text[i]), rows_text(&rows, 9 + i));
	}
	rows_end(&rows);
	return rc;
}

static bool word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '/' || c == '.';
}

/* The next word of a bank's text that could be a reference: six characters, one of them a digit. */
bool bank_next_reference(const char **at, struct view *word)
{
	bool digit;

	for (const char *p = *at; *p != '\0';) {
		while (*p != '\0' && !word_char(*p))
			p++;
		word->p = p;
		for (digit = false; word_char(*p); p++)
			digit = digit || (*p >= '0' && *p <= '9');
		word->n = (size_t)(p - word->p);
		while (word->n > 0 && strchr("-_/.", word->p[word->n - 1]) != NULL)
			word->n--;
		if (digit && word->n >= 6) {
			*at = p;
			return true;
		}
	}
	return false;
}

int bank_names_another(struct route *r, const struct bank_line *l, int64_t expected, char reference[64], struct err *err)
{
	struct rows rows;
	struct view word;
	int rc = 0;

	for (int i = 0; rc == 0 && i < 4; i++) {
		const char *at = l->text[i];

		while (rc == 0 && bank_next_reference(&at, &word)) {
			if (ledger_query(&rows, r->ledger, err, "SELECT reference FROM expected e WHERE partner=?1 AND account=?2 AND reference=?3 COLLATE NOCASE AND id<>?4"
					 " AND NOT EXISTS (SELECT 1 FROM expected o WHERE o.id=?4 AND o.reference=e.reference) LIMIT 1", "ttvi", l->partner, l->account, word, expected) != 0)
				return -1;
			rc = rows_next(&rows);
			if (rc == 1)
				copy(reference, 64, rows_text(&rows, 0));
			rows_end(&rows);
		}
	}
	return rc;
}

/* A match and what it settles */

static int settle_batches(struct route *r, int64_t expected, const char *object, struct err *err)
{
	struct rows rows;
	int64_t state;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.items_state, b.kind='reversal' FROM expected e JOIN batch b ON b.artifact=e.artifact WHERE e.id=? AND e.item IS NULL AND (CASE ifnull(e.batch,0) WHEN 0 THEN b.effective=e.effective"
			 " ELSE b.id=e.batch END)", "i", expected) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		state = rows_int(&rows, 1);
		if (state_allowed(THING_ITEM, (int)state, ITEM_SETTLED) && (ledger_move_items(r->ledger, rows_int(&rows, 0), ITEM_SETTLED, object, err) != 0
									    || rollovers_settle(r, rows_int(&rows, 0), object, err) != 0
									    || (rows_int(&rows, 2) != 0 && reverse_settled(r, rows_int(&rows, 0), object, err) != 0))) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

static int take_expected(struct route *r, int64_t match, int64_t expected, struct err *err)
{
	char object[24], id[24];

	id_text('M', match, object);
	if (ledger_do(r->ledger, err, "UPDATE expected SET state=2, match=?2, reason=NULL, detail=NULL WHERE id=?1 AND state=1", "ii", expected, match) != 1)
		return err->code != 0 ? -1 : err_set(err, -1, "E%lld is not open any more", (long long)expected);
	if (route_audit(r, object, "", "MATCHED", id_text('E', expected, id).p, err) != 0)
		return -1;
	log_step(LOG_NOTICE, "line.matched", "match", object, "expected", id, NULL);
	return settle_batches(r, expected, object, err);
}

static int take_line(struct route *r, int64_t match, int64_t line, struct err *err)
{
	char source[40];

	snprintf(source, sizeof(source), "line:L%lld", (long long)line);
	if (exception_close(r, source, "the line was matched", err) != 0 || ledger_do(r->ledger, err, "DELETE FROM proposal WHERE line=?", "i", line) < 0)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE bank_line SET state=2, match=?2, reason=NULL, detail=NULL WHERE id=?1 AND state IN (1,3)", "ii", line, match) == 1 ? 0 : -1;
}

static int write_match(struct route *r, const struct match *m, const struct bank_line *l, const char *rule, const char *version, struct view evidence, struct view sum, struct err *err)
{
	int64_t id;

	if (ledger_do(r->ledger, err, "INSERT INTO match(bank_line, expected, partner, account, ccy, rule, version, score, explanation, evidence, arithmetic, at) VALUES(?,nullif(?,0),?,?,?,?,?,?,?,?,?,?)",
		      "iitttttivvvt", m->lines[0], m->n_items == 1 ? m->items[0] : (int64_t)0, l->partner, l->account, l->ccy, rule, version, m->score, m->text, evidence, sum,
		      ledger_now(r->ledger)->business) < 0)
		return -1;
	id = ledger_last_id(r->ledger);
	for (size_t i = 0; i < m->n_lines; i++)
		if (take_line(r, id, m->lines[i], err) != 0)
			return err->code != 0 ? -1 : err_set(err, -1, "L%lld is not open any more", (long long)m->lines[i]);
	for (size_t i = 0; i < m->n_items; i++)
		if (take_expected(r, id, m->items[i], err) != 0)
			return -1;
	return 0;
}

static int put_amounts(struct route *r, struct buf *b, const int64_t *ids, size_t n, bool line, const char *ccy, struct err *err)
{
	int64_t amount;

	for (size_t i = 0; i < n; i++) {
		if (ledger_int(r->ledger, &amount, err, line ? "SELECT amount_minor FROM bank_line WHERE id=?" : "SELECT amount_minor FROM expected WHERE id=?", "i", ids[i]) != 1)
			return -1;
		if (i < 12) {
			buf_text(b, i == 0 ? "" : amount < 0 ? " - " : " + ");
			money_print_grouped(b, i > 0 && amount < 0 ? -amount : amount, ccy);
		}
	}
	if (n > 12)
		buf_fmt(b, " + %zu more", n - 12);
	return 0;
}

int bank_match_by_hand(struct route *r, const int64_t *lines, size_t n, const int64_t *items, size_t m, struct view why, int64_t decision, struct err *err)
{
	struct match k = { .lines = lines, .n_lines = n, .items = items, .n_items = m, .score = 10000, .text = why };
	struct buf sum = { .max = 1500 };
	static struct bank_line l;		/* too large for the stack */
	char evidence[60];
	int rc = bank_line_read(r, lines[0], &l, err);

	if (rc != 1)
		return rc < 0 ? -1 : err_set(err, -1, "L%lld is not open any more", (long long)lines[0]);
	snprintf(evidence, sizeof(evidence), "a person's signed decision, C%lld", (long long)decision);
	rc = put_amounts(r, &sum, items, m, false, l.ccy, err);
	buf_text(&sum, " = ");
	rc = rc != 0 || put_amounts(r, &sum, lines, n, true, l.ccy, err) != 0 ? -1 : 0;
	buf_fmt(&sum, " %s", l.ccy);
	if (rc == 0)
		rc = write_match(r, &k, &l, "person", "1", view_of(evidence), buf_as_view(&sum), err);
	buf_release(&sum);
	return rc;
}

/* What rests on nobody else being there. */
static bool by_elimination(enum recon_rule rule)
{
	return rule == RULE_REFERENCE_NEAR || rule == RULE_AMOUNT_DATE || rule == RULE_GROUP_TOTAL;
}

static void put_list(struct buf *b, char letter, const int64_t *v, size_t n)
{
	for (size_t i = 0; i < n && i < 200; i++)
		buf_fmt(b, "%s%c%lld", i > 0 ? " " : "", letter, (long long)v[i]);
	if (n > 200)
		buf_fmt(b, " and %zu more", n - 200);
}

/* What a person may want to look at; nothing of it moves anything. */
static int write_proposal(struct route *r, const struct match *m, int64_t line, int64_t rank, struct err *err)
{
	struct buf lines = { 0 }, items = { 0 };
	int rc;

	put_list(&lines, 'L', m->lines, m->n_lines);
	put_list(&items, 'E', m->items, m->n_items);
	rc = handwork_refused(r, buf_as_view(&lines), buf_as_view(&items), err);
	if (rc == 0)
		rc = ledger_do(r->ledger, err, "INSERT INTO proposal(line, rank, lines, items, rule, version, score, margin, explanation, at) VALUES(?,?,?,?,?,?,?,?,?,?)", "iivvttiivt", line, rank,
		       buf_as_view(&lines), buf_as_view(&items), recon_rules[m->rule].name, recon_rules[m->rule].version, m->score, m->margin, m->text,
		       ledger_now(r->ledger)->business) < 0 ? -1 : 0;
	buf_release(&lines);
	buf_release(&items);
	return rc;			/* 1: a person refused it before */
}

static int refused(struct route *r, const struct match *m, struct err *err)
{
	struct buf lines = { 0 }, items = { 0 };
	int rc;

	put_list(&lines, 'L', m->lines, m->n_lines);
	put_list(&items, 'E', m->items, m->n_items);
	rc = handwork_refused(r, buf_as_view(&lines), buf_as_view(&items), err);
	buf_release(&lines);
	buf_release(&items);
	return rc;
}

/* Not taken: a person sees it as the one proposal, and why. */
static int leave(struct route *r, const struct match *m, const char *why, struct err *err)
{
	bool other = strstr(why, "another one") != NULL;
	static struct bank_line l;		/* too large for the stack */

	for (size_t i = 0; i < m->n_lines; i++) {
		int rc = bank_line_read(r, m->lines[i], &l, err);

		if (rc < 0 || (rc == 1 && (ledger_do(r->ledger, err, "DELETE FROM proposal WHERE line=?", "i", l.id) < 0 || write_proposal(r, m, l.id, 1, err) < 0
					   || bank_line_miss(r, &l, other ? VIEW("REF_CONFLICT") : VIEW("AMBIGUOUS"), view_of(why), err) != 0)))
			return -1;
	}
	return 0;
}

static int take(struct route *r, const struct match *m, struct err *err)
{
	struct buf evidence = { .max = 800 }, sum = { .max = 1500 };
	static struct bank_line l;		/* too large for the stack */
	char why[200];
	bool good = true;
	int rc;

	if (r->settle.stale && by_elimination(m->rule))
		return 0;
	rc = bank_line_read(r, m->lines[0], &l, err);
	if (rc != 1)
		return rc;
	rc = evidence_prove(r, m, &l, &evidence, &sum, why, err);
	if (rc == 1 && (rc = refused(r, m, err)) >= 0)
		rc = rc == 1 ? (snprintf(why, sizeof(why), "a person refused it before"), 0) : 1;
	if (rc == 1 && m->n_items == 1 && check_paid(r, &l, m->items[0], &good, err) != 0)
		rc = -1;
	if (rc == 1 && good)
		rc = write_match(r, m, &l, recon_rules[m->rule].name, recon_rules[m->rule].version, buf_as_view(&evidence), buf_as_view(&sum), err);
	else if (rc == 0)
		rc = leave(r, m, why, err);
	buf_release(&evidence);
	buf_release(&sum);
	return rc < 0 ? -1 : 0;
}

/* Decisions of the worker */

struct ids { int64_t *v; size_t n; };

static bool read_ids(struct ids *out, struct view bytes)
{
	out->n = bytes.n / 8;
	out->v = malloc(bytes.n + 8);
	if (out->v == NULL || bytes.n % 8 != 0)
		return false;
	for (size_t i = 0; i < out->n; i++) {
		uint64_t v = 0;

		for (int k = 7; k >= 0; k--)
			v = v << 8 | (unsigned char)bytes.p[i * 8 + (size_t)k];
		out->v[i] = (int64_t)v;
	}
	return out->n > 0;
}

static bool read_match(struct match *m, const struct msg *d, struct ids *lines, struct ids *items)
{
	struct view rule = msg_text(d, T_RULE);
	int64_t reading = msg_num_or(d, T_READING, OP_NONE);

	*m = (struct match){ .score = msg_num_or(d, T_SCORE, 0), .margin = msg_num_or(d, T_MARGIN, 0), .field = (int)msg_num_or(d, T_FIELD, -1), .from = msg_num_or(d, T_FIRST, 0),
		.size = msg_num_or(d, T_SIZE, 0), .text = view_sub(msg_text(d, T_TEXT), 0, 1000), .rule = RECON_RULES };
	for (int i = 0; i < RECON_RULES; i++)
		if (view_eq(rule, view_of(recon_rules[i].name)) && view_eq(msg_text(d, T_VERSION), view_of(recon_rules[i].version)))
			m->rule = (enum recon_rule)i;
	if (m->rule == RECON_RULES || reading < 0 || reading >= RECON_OPERATORS || !read_ids(lines, msg_text(d, T_BYTES)) || !read_ids(items, msg_text(d, T_CANDIDATES)))
		return false;
	m->reading = (enum recon_operator)reading;
	m->lines = lines->v;
	m->n_lines = lines->n;
	m->items = items->v;
	m->n_items = items->n;
	return true;
}

static int keep_proposal(struct route *r, int64_t line, int64_t rank, const struct msg *d, struct err *err)
{
	struct ids lines = { 0 }, items = { 0 };
	struct match m;
	int rc = read_match(&m, d, &lines, &items) ? write_proposal(r, &m, line, rank, err) : 0;

	free(lines.v);
	free(items.v);
	return rc;
}

static int left(struct route *r, int64_t line, const struct msg *d, struct err *err)
{
	static struct bank_line l;		/* too large for the stack; so is a message */
	static struct msg p;
	int64_t rank = 0;
	int rc = bank_line_read(r, line, &l, err);

	if (rc != 1)
		return rc;
	if (ledger_do(r->ledger, err, "DELETE FROM proposal WHERE line=?", "i", line) < 0)
		return -1;
	for (uint16_t i = 0; i < d->n; i++)
		if (d->e[i].tag == T_MATCH && rank < 5 && msg_parse(&p, d->e[i].v)) {
			rc = keep_proposal(r, line, rank + 1, &p, err);
			if (rc < 0)
				return -1;
			rank += rc == 0;
		}
	rc = check_left(r, &l, msg_text(d, T_REASON), msg_text(d, T_TEXT), err);
	return rc != 0 ? (rc < 0 ? -1 : 0) : bank_line_miss(r, &l, msg_text(d, T_REASON), msg_text(d, T_TEXT), err);
}

static int one(struct route *r, const struct msg *d, struct err *err)
{
	struct ids lines = { 0 }, items = { 0 };
	struct match m;
	int64_t id;
	int rc = 0;

	if (msg_num(d, T_SUBJECT, &id))
		return left(r, id, d, err);
	if (msg_num(d, T_ITEM, &id))
		return ledger_do(r->ledger, err, "UPDATE expected SET reason=?2, detail=?3 WHERE id=?1 AND state=1", "ivv", id, msg_text(d, T_REASON), view_sub(msg_text(d, T_TEXT), 0, 400)) < 0 ? -1 : 0;
	if (msg_num_or(d, T_GO, 0) == 1 && read_match(&m, d, &lines, &items))
		rc = take(r, &m, err);
	free(lines.v);
	free(items.v);
	return rc;
}

int match_each(struct route *r, const struct msg *m, int (*each)(struct route *, const struct msg *, struct err *), struct err *err)
{
	static struct msg match;		/* too large for the stack; route is single-threaded */

	for (uint16_t i = 0; i < m->n; i++)
		if (m->e[i].tag == T_MATCH && msg_parse(&match, m->e[i].v) && each(r, &match, err) != 0)
			return -1;
	return 0;
}

int bank_settled(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	if (j->kind != JOB_SETTLE || msg_num_or(m, T_FIRST, 0) != r->settle.part)
		return 0;
	if (match_each(r, m, one, err) != 0)
		return -1;
	if (msg_num_or(m, T_READY, 0) == 0)
		return partition_send(r, j, err);
	r->report_wanted = true;
	job_end(r, j);
	return 0;
}

/* The day has come, or has passed without a bank line. */
int bank_clock(struct route *r, struct err *err)
{
	struct calendar calendar;
	struct rows rows;
	int32_t today;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, items_state, effective, partner FROM batch WHERE items_state IN (8,9,11) AND state=3 AND kind NOT IN ('check','rollover','void')", "") != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		const struct partner *partner = config_partner(r->config, rows_text(&rows, 3));
		date_t effective = (date_t)rows_int(&rows, 2);
		int to = ITEM_SHARED;

		if (partner == NULL)
			continue;
		clock_local(partner, clock_utc(r), &today, NULL);
		clock_calendar(r, partner, &calendar);
		if (rows_int(&rows, 1) != ITEM_DUE && today >= effective)
			to = ITEM_DUE;
		else if (rows_int(&rows, 1) == ITEM_DUE && calendar_count(&calendar, effective, today) > OVERDUE_DAYS)
			to = ITEM_OVERDUE;
		if (to != ITEM_SHARED && ledger_move_items(r->ledger, rows_int(&rows, 0), to, NULL, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}
