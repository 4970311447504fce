/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank - what the worker proposes for a line: SETTLED only by a matched bank line
 *
 * A proposal is input: route re-checks amount, account, currency, date and references before it believes one, and each line and each
 * expected item is used once.  What no single item explains may be one sum for a keyed group (groups.c); the rest are exceptions with
 * their reason (exceptions.c).  Provisional lines (intraday) inform and never match.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
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

bool bank_in_window(struct route *r, const char *partner, int64_t effective, int64_t date)
{
	const struct partner *p = config_partner(r->config, view_of(partner));
	struct calendar c;

	if (p == NULL || date < effective)
		return false;
	clock_calendar(r, p, &c);
	return calendar_count(&c, (date_t)effective, (date_t)date) <= MATCH_WINDOW;
}

int bank_names_another(struct route *r, const struct bank_line *l, int64_t match, int64_t expected, char reference[64], struct err *err)
{
	struct rows rows;
	struct view word;
	int rc = 0;

	for (int i = 0; rc == 0 && i < 4; i++) {
		const char *at = l->text[i];

		while (rc == 0 && bank_next_reference(&at, &word)) {
			if (ledger_query(&rows, r->ledger, err, "SELECT reference FROM expected e WHERE partner=?1 AND account=?2 AND reference=?3 COLLATE NOCASE AND id<>?4 AND ifnull(match,0)<>?5"
					 " AND NOT EXISTS (SELECT 1 FROM expected o WHERE o.reference=e.reference AND (o.id=?4 OR (?5<>0 AND o.match=?5))) LIMIT 1", "ttvii", l->partner,
					 l->account, word, expected, match == 0 ? (int64_t)-1 : match) != 0)
				return -1;
			rc = rows_next(&rows);
			if (rc == 1)
				copy(reference, 64, rows_text(&rows, 0));
			rows_end(&rows);
		}
	}
	return rc;
}

/* A proposal is input: both are open, money, account, currency and day agree, and the line names no other item.  1, 0 not (in *why),
 * 2 not alone (in *why), -1. */
static int pair_good(struct route *r, const struct bank_line *l, int64_t expected, char why[200], struct err *err)
{
	struct rows rows;
	char other[64];
	bool netted;
	int rc;

	why[0] = '\0';
	if (ledger_query(&rows, r->ledger, err, "SELECT effective, kind='settlement' AND EXISTS (SELECT 1 FROM expected o WHERE o.grp=e.grp AND o.partner=e.partner AND o.account=e.account"
			 " AND o.kind=e.kind AND o.state=1 AND o.id<>e.id) FROM expected e WHERE id=? AND state=1 AND partner=? AND account=? AND ccy=? AND amount_minor=?", "ittti", expected,
			 l->partner, l->account, l->ccy, l->amount) != 0)
		return -1;
	rc = rows_next(&rows);
	netted = rc == 1 && rows_int(&rows, 1) != 0;
	if (rc == 1 && !bank_in_window(r, l->partner, rows_int(&rows, 0), l->date))
		rc = 0;
	rows_end(&rows);
	if (rc != 1)
		return rc;
	if (netted) {			/* where the bank nets a company's day, one file of several is no line */
		snprintf(why, 200, "the bank books one net for that day, and other files of it are open too");
		return 2;
	}
	rc = bank_names_another(r, l, 0, expected, other, err);
	if (rc == 1)
		snprintf(why, 200, "one of this amount is expected, but the line names '%s', which is another one", other);
	return rc == 0 ? 1 : rc < 0 ? -1 : 0;
}

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

int bank_match(struct route *r, const struct match *m, const int64_t *expected, size_t n, struct err *err)
{
	char source[40];
	int64_t id;

	if (ledger_do(r->ledger, err, "INSERT INTO match(bank_line, expected, rule, score, explanation, at) VALUES(?,nullif(?,0),?,?,?,?)", "iivivt", m->line, n == 1 ? expected[0] : (int64_t)0,
		      m->rule, m->score, m->text, ledger_now(r->ledger)->business) < 0)
		return -1;
	id = ledger_last_id(r->ledger);
	groups_forget();
	snprintf(source, sizeof(source), "line:L%lld", (long long)m->line);
	if (exception_close(r, source, "the line was matched", err) != 0)
		return -1;
	if (ledger_do(r->ledger, err, "UPDATE bank_line SET state=2, reason=NULL, detail=NULL WHERE id=?", "i", m->line) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (take_expected(r, id, expected[i], err) != 0)
			return -1;
	return 0;
}

static int one(struct route *r, const struct msg *answer, struct err *err)
{
	struct match m = { .line = msg_num_or(answer, T_SUBJECT, 0), .rule = msg_text(answer, T_RULE), .text = msg_text(answer, T_TEXT), .score = msg_num_or(answer, T_SCORE, 0) };
	static struct bank_line l;		/* too large for the stack */
	char why[200];
	int64_t expected;
	bool matched;
	int rc = bank_line_read(r, m.line, &l, err);

	if (rc != 1)
		return rc;
	if (r->match_alone && !view_eq(m.rule, VIEW("REFERENCE")) && !view_eq(m.rule, VIEW("COMPANY_REFERENCE")))
		return bank_line_miss(r, &l, VIEW("AMBIGUOUS"), VIEW("too many lines or items of this amount, and the line names none of them"), err);
	if (msg_num(answer, T_ITEM, &expected)) {
		rc = pair_good(r, &l, expected, why, err);
		if (rc == 1)
			return bank_match(r, &m, &expected, 1, err);
		if (rc == 2 && group_find(r, &l, &matched, err) != 0)
			return -1;
		if (rc == 2 && matched)
			return 0;
		return rc < 0 || why[0] == '\0' ? rc : bank_line_miss(r, &l, VIEW("REF_CONFLICT"), view_of(why), err);
	}
	if (group_find(r, &l, &matched, err) != 0)
		return -1;
	return matched ? 0 : bank_line_miss(r, &l, msg_text(answer, T_REASON), m.text, err);
}

int match_each(struct route *r, const struct msg *m, int (*each)(struct route *, const struct msg *, struct err *), struct err *err)
{
	static struct msg match;		/* too large for the stack; route is single-threaded */

	for (uint16_t i = 0; i < m->n; i++)
		if (m->e[i].tag == T_MATCH && msg_parse(&match, m->e[i].v) && each(r, &match, err) != 0)
			return -1;
	return 0;
}

int bank_matched(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int rc;

	if (j->kind != JOB_SETTLE)
		return 0;
	groups_forget();
	rc = match_each(r, m, one, err);
	r->report_wanted = true;
	job_end(r, j);
	return rc;
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
