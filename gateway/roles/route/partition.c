/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition - the open lines and items of an account go out to be matched: all of them, in parts of a bounded size
 *
 * Who is the only one is judged by what could compete, so nothing that is open in an account and currency is left out: the parts of one
 * job bring every open line and every open item, what was taken back (a voided check may still be paid), and what was matched lately
 * (who comes a second time must not look like the first).  The worker decides when it has them all.  A part is one message; the next one
 * leaves when the last was taken, so neither queue grows with the account.  How far it is stands in memory alone: a start begins again.
 *
 * Accounts take turns.  Something that changes while a round is under way asks for one more round, not for a new beginning.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "gateway/log.h"
#include "gateway/match_rules.h"
#include "gateway/proto.h"
#include "rules/calendar.h"
#include "rules/recon.h"

#define ROWS_A_PART 500
#define CLOSED_DAYS 200
#define LATELY 30			/* days in which what was matched shows who comes again: more than ten banking days */
#define HELD_AFTER 14			/* a second line is kept out for good before its first leaves the picture */
#define TAKEN_BACK_DAYS 400
#define ROWS_MOST 3500000		/* an account with more is not asked about: the worker refuses four million of a kind */
#define RETRY_MS (10 * 60 * 1000)

enum phase { LINES_OPEN, LINES_CLOSED, ITEMS_OPEN, ITEMS_BACK, ITEMS_CLOSED, PHASES };

static void mark(struct settle_mark *m, const char *partner)
{
	for (uint8_t i = 0; partner != NULL && i < m->n; i++)
		if (strcmp(m->partner[i], partner) == 0)
			return;
	if (partner == NULL || m->n == sizeof(m->partner) / sizeof(m->partner[0]))
		m->all = true;
	else
		snprintf(m->partner[m->n++], sizeof(m->partner[0]), "%s", partner);
}

static bool marked(const struct settle_mark *m, const char *partner)
{
	bool is = m->all;

	for (uint8_t i = 0; i < m->n; i++)
		is |= strcmp(m->partner[i], partner) == 0;
	return is;
}

void bank_changed(struct route *r, const char *partner)
{
	struct settle *s = &r->settle;
	bool begun = r->match_dirty && s->partner[0] != '\0';

	if (!r->match_dirty) {
		memset(&s->now, 0, sizeof(s->now));
		s->partner[0] = s->account[0] = s->ccy[0] = '\0';
	}
	mark(begun ? &s->next : &s->now, partner);
	s->stale |= partner == NULL || strcmp(partner, s->partner) == 0;
	r->match_dirty = true;
}

void bank_from_the_start(struct route *r)
{
	bank_changed(r, NULL);
}

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

/* Rows as records */

static void put_line(struct rows *rows, struct buf *out)
{
	static const enum record_field texts[] = { F_TYPE, F_BANK_REF, F_CUSTOMER_REF, F_TEXT, F_END_TO_END, F_PARTY, F_CHECK_NUMBER, F_NOTE, F_STATUS };
	struct record rec;

	record_init(&rec, RECORD_ENTRY, (uint64_t)rows_int(rows, 1));
	rec.seq = (uint64_t)rows_int(rows, 0);
	record_set_text(&rec, F_ACCOUNT, rows_text(rows, 2));
	record_set_text(&rec, F_CURRENCY, rows_text(rows, 3));
	if (!rows_null(rows, 4))
		record_set_num(&rec, F_BOOKING_DATE, rows_int(rows, 4));
	if (!rows_null(rows, 5))
		record_set_num(&rec, F_VALUE_DATE, rows_int(rows, 5));
	record_set_num(&rec, F_AMOUNT, rows_int(rows, 6));
	for (int i = 0; i < 9; i++)
		record_set_text(&rec, texts[i], rows_text(rows, 7 + i));
	wire_put_record(out, &rec);
}

static void put_item(struct rows *rows, struct buf *out)
{
	static const enum record_field texts[] = { F_TYPE, F_REFERENCE, F_GROUP, F_NOTE, F_PARTY, F_COMPANY_ID, F_STATUS };
	struct record rec;

	record_init(&rec, RECORD_EXPECTED, 0);
	rec.seq = (uint64_t)rows_int(rows, 0);
	record_set_num(&rec, F_AMOUNT, rows_int(rows, 1));
	record_set_num(&rec, F_EFFECTIVE_DATE, rows_int(rows, 2));
	if (!rows_null(rows, 3))
		record_set_num(&rec, F_ISSUE_DATE, rows_int(rows, 3));
	for (int i = 0; i < 7; i++)
		record_set_text(&rec, texts[i], rows_text(rows, 4 + i));
	if (rows_int(rows, 11) != 0)
		record_set_num(&rec, F_PARENT, rows_int(rows, 11));
	wire_put_record(out, &rec);
}

#define OF_ACCOUNT(t) t ".partner=?1 AND " t ".account=?2 AND " t ".ccy=?3"
#define LINE_ROW "l.id, l.line, l.account, l.ccy, l.date, l.value_date, l.amount_minor, l.type, l.bank_ref, l.customer_ref, l.text, l.end_to_end, l.party, l.check_number, p.format"
/* A return is known by the trace of the payment; its sums may be posted by the file it came by or by the company's day. */
#define ITEM_ROW "e.id, e.amount_minor, e.effective, e.issued, CASE e.kind WHEN 'settlement' THEN 'ACH' WHEN 'return' THEN 'RETURN' WHEN 'check' THEN 'CHECK' ELSE e.type END," \
	" CASE WHEN abs(x.amount_minor)=abs(e.amount_minor) THEN x.original_trace ELSE e.reference END, CASE e.kind WHEN 'return' THEN " RETURN_FILE_KEY " ELSE e.grp END, CASE e.kind WHEN 'return' THEN " RETURN_DAY_KEY " END, e.party, e.company_id"
#define ITEM_FROM " FROM expected e LEFT JOIN ach_return x ON x.id=e.ach_return"

/* The next page of a phase behind (cursor, second); ?7 is the phase's own bound. */
static int query(struct rows *rows, struct route *r, int64_t bound, struct err *err)
{
	static const char *const sql[PHASES] = {
		[LINES_OPEN] = "SELECT " LINE_ROW ", CASE WHEN l.by_hand IS NOT NULL OR (l.reason IN ('DUP_LINE','DUP_PAYMENT') AND l.date<?7 AND ?5=?5) THEN 'HELD' END, l.id, 0 FROM bank_line l JOIN parcel p ON p.id=l.parcel"
			" WHERE l.state IN (1,3) AND l.provisional=0 AND " OF_ACCOUNT("l") " AND l.id>?4 ORDER BY l.id LIMIT ?6",
		[LINES_CLOSED] = "SELECT " LINE_ROW ", 'CLOSED', m.id, l.id FROM match m JOIN bank_line l ON l.match=m.id JOIN parcel p ON p.id=l.parcel WHERE " OF_ACCOUNT("m")
			" AND m.undone IS NULL AND m.id>=max(?4,?7) AND (m.id>?4 OR l.id>?5) ORDER BY m.id, l.id LIMIT ?6",
		[ITEMS_OPEN] = "SELECT " ITEM_ROW ", 'OPEN', 0, e.id, 0" ITEM_FROM " WHERE e.state=1 AND " OF_ACCOUNT("e") " AND e.id>?4 AND ?5=?5 AND ?7=?7 ORDER BY e.id LIMIT ?6",
		[ITEMS_BACK] = "SELECT " ITEM_ROW ", e.status, 0, e.id, 0" ITEM_FROM " WHERE e.state=4 AND " OF_ACCOUNT("e") " AND e.status IN ('VOID','STOPPED') AND e.effective>=?7 AND e.id>?4"
			" AND ?5=?5 ORDER BY e.id LIMIT ?6",
		[ITEMS_CLOSED] = "SELECT " ITEM_ROW ", 'CLOSED', m.bank_line, m.id, e.id FROM match m JOIN expected e ON e.match=m.id LEFT JOIN ach_return x ON x.id=e.ach_return WHERE " OF_ACCOUNT("m")
			" AND m.undone IS NULL AND m.id>=max(?4,?7) AND (m.id>?4 OR e.id>?5) ORDER BY m.id, e.id LIMIT ?6",
	};
	const struct settle *s = &r->settle;

	return ledger_query(rows, r->ledger, err, sql[s->phase], "tttiiii", s->partner, s->account, s->ccy, s->cursor, s->second, (int64_t)ROWS_A_PART, bound);
}

static int put_page(struct route *r, struct buf *lines, struct buf *items, struct err *err)
{
	struct settle *s = &r->settle;
	bool line = s->phase == LINES_OPEN || s->phase == LINES_CLOSED;
	int64_t today = clock_utc(r) / 86400, n = 0;
	int64_t bound = s->phase == LINES_OPEN ? today - HELD_AFTER : s->phase == ITEMS_BACK ? today - TAKEN_BACK_DAYS : s->recent;
	struct rows rows;
	int rc;

	if (query(&rows, r, bound, err) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		if (line)
			put_line(&rows, lines);
		else
			put_item(&rows, items);
		s->cursor = rows_int(&rows, line ? 16 : 12);
		s->second = rows_int(&rows, line ? 17 : 13);
		s->rows++;
		n++;
	}
	if (n < ROWS_A_PART) {
		s->phase++;
		s->cursor = s->second = 0;
	}
	return rc;
}

/* Options */

/* The calendar by which the worker counts: the partner's own, with the days that are closed there besides. */
static void put_calendar(struct route *r, struct buf *m, const struct partner *partner, int64_t as_of)
{
	struct calendar c;
	char text[64], day[DATE_TEXT];
	int n = 0;

	if (partner == NULL)
		calendar_init(&c, VIEW("federal-reserve"));
	else
		clock_calendar(r, partner, &c);
	snprintf(text, sizeof(text), "calendar=%s", calendar_name(&c));
	wire_text(m, T_OPTION, text);
	for (size_t i = c.n_closed; i > 0 && n < CLOSED_DAYS; i--) {		/* the latest are the nearest */
		if (c.closed[i - 1] > as_of + 366 || c.closed[i - 1] < as_of - 3660)
			continue;
		snprintf(text, sizeof(text), "closed=%s", date_print(c.closed[i - 1], day));
		wire_text(m, T_OPTION, text);
		n++;
	}
}

static void put_as_of(struct buf *m, int64_t as_of)
{
	char text[64], day[DATE_TEXT];

	snprintf(text, sizeof(text), "as_of=%s", date_print((date_t)as_of, day));
	wire_text(m, T_OPTION, text);
}

/* In which days lines and items may belong together: what rules.d say of the currency, or of every one, else the engine's own. */
void match_days_of(const struct route *r, const char *ccy, struct recon_options *o)
{
	*o = recon_defaults;
	match_rules_days(o, r->config, ccy);
}

static void put_options(struct route *r, struct buf *m)
{
	const struct settle *s = &r->settle;
	struct recon_options o;
	char text[64];

	match_days_of(r, s->ccy, &o);
	const struct { const char *name; int n; } numbers[] = { { "early", o.early }, { "late", o.late }, { "late_check", o.late_check }, { "rivals", o.weak },
		{ "rivals_check", o.weak_check }, { "stale_days", o.stale_days } };

	put_as_of(m, clock_utc(r) / 86400);
	snprintf(text, sizeof(text), "currency=%s", s->ccy);
	wire_text(m, T_OPTION, text);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(text, sizeof(text), "%s=%d", numbers[i].name, numbers[i].n);
		wire_text(m, T_OPTION, text);
	}
	put_calendar(r, m, config_partner(r->config, view_of(s->partner)), clock_utc(r) / 86400);
}

/* Parts */

void partition_failed(struct route *r, struct job *j)
{
	log_step(LOG_ERR, "account.too.large", "partner", r->settle.partner, "text", "the lines of one of its accounts wait; they are tried again in ten minutes", NULL);
	r->settle.retry_ms = route_ms(r) + RETRY_MS;
	job_end(r, j);
}

/* The next part; behind the last one it is empty and asks for what was decided. */
int partition_send(struct route *r, struct job *j, struct err *err)
{
	struct settle *s = &r->settle;
	struct buf lines = { 0 }, items = { 0 }, m = { 0 };
	int rc = 0;

	for (int page = 0; rc == 0 && s->phase < PHASES && lines.n + items.n < BUS_MESSAGE_MAX / 8 && page < 2 * PHASES; page++)
		rc = put_page(r, &lines, &items, err);
	if (rc == 0 && s->rows > ROWS_MOST)
		partition_failed(r, j);
	else if (rc == 0) {
		wire_begin(&m, M_SETTLE);
		wire_num(&m, T_JOB, j->id);
		wire_num(&m, T_FIRST, ++s->part);
		wire_num(&m, T_READY, s->phase == PHASES);
		wire_view(&m, T_BYTES, buf_as_view(&lines));
		wire_view(&m, T_CANDIDATES, buf_as_view(&items));
		if (s->part == 1)
			put_options(r, &m);
		m.failed |= lines.failed || items.failed;
		rc = m.failed ? err_set(err, -1, "no memory for the rows of an account") : 0;
		if (rc == 0)
			route_send(r, PAIR_RECONCILE, j->peer, &m);
	}
	buf_release(&lines);
	buf_release(&items);
	buf_release(&m);
	return rc;
}

/* The account behind the one at hand that has an open line.  1, 0 none, -1. */
static int next_account(struct route *r, struct err *err)
{
	struct settle *s = &r->settle;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT partner, account, ccy FROM bank_line WHERE state IN (1,3) AND provisional=0 AND (partner, account, ccy) > (?,?,?)"
			 " ORDER BY partner, account, ccy LIMIT 1", "ttt", s->partner, s->account, s->ccy) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		copy(s->partner, sizeof(s->partner), rows_text(&rows, 0));
		copy(s->account, sizeof(s->account), rows_text(&rows, 1));
		copy(s->ccy, sizeof(s->ccy), rows_text(&rows, 2));
	}
	rows_end(&rows);
	return rc;
}

static int begin(struct route *r, struct err *err)
{
	struct settle *s = &r->settle;
	char since[24];
	struct job *j;

	s->phase = 0;
	s->part = s->cursor = s->second = s->rows = 0;
	s->stale = false;
	clock_text(clock_utc(r) - (int64_t)LATELY * 86400, since);
	if (ledger_int(r->ledger, &s->recent, err, "SELECT id FROM match WHERE at>=? ORDER BY at, id LIMIT 1", "t", since) < 0)
		return -1;
	/* What was said of open items is said anew; what the days say (book_clock) stays. */
	if (ledger_do(r->ledger, err, "UPDATE expected SET reason=NULL, detail=NULL WHERE state=1 AND account=?2 AND partner=?1 AND ccy=?3 AND reason IS NOT NULL"
		      " AND reason NOT IN ('NO_COUNTERPART_BANK','STALE_CHECK')", "ttt", s->partner, s->account, s->ccy) < 0)
		return -1;
	j = job_start(r, JOB_SETTLE, 0, route_peer(r, PAIR_RECONCILE));
	return j == NULL ? 0 : partition_send(r, j, err);
}

int bank_pump(struct route *r, struct err *err)
{
	struct settle *s = &r->settle;
	int rc = 1;

	if (s->retry_ms != 0 && route_ms(r) >= s->retry_ms) {
		s->retry_ms = 0;
		bank_from_the_start(r);
	}
	if (!r->match_dirty || job_of(r, JOB_SETTLE, 0) != NULL || !job_room(r, PAIR_RECONCILE))
		return 0;
	do {
		rc = next_account(r, err);
		if (rc == 0 && (s->next.all || s->next.n > 0)) {		/* one more round */
			s->now = s->next;
			memset(&s->next, 0, sizeof(s->next));
			s->partner[0] = s->account[0] = s->ccy[0] = '\0';
			rc = next_account(r, err);
		}
	} while (rc == 1 && !marked(&s->now, s->partner));
	if (rc == 0)
		r->match_dirty = false;
	return rc == 1 ? begin(r, err) : rc;
}

/* Returns and changes: one message with the subjects and the payments that they may name. */
int match_send(struct route *r, struct job *j, const struct buf *subjects, const struct buf *candidates, const char *kind, int64_t as_of)
{
	struct buf m = { 0 };
	char text[64];

	wire_begin(&m, M_MATCH);
	wire_num(&m, T_JOB, j->id);
	wire_view(&m, T_BYTES, buf_as_view(subjects));
	wire_view(&m, T_CANDIDATES, buf_as_view(candidates));
	snprintf(text, sizeof(text), "kind=%s", kind);
	wire_text(&m, T_OPTION, text);
	snprintf(text, sizeof(text), "return_days=%d", r->config->return_days);
	wire_text(&m, T_OPTION, text);
	put_as_of(&m, as_of);
	route_send(r, PAIR_RECONCILE, j->peer, &m);
	buf_release(&m);
	return 0;
}
