/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank - statements come in, their lines meet what we expect: SETTLED only by a matched bank line
 *
 * Provisional lines (intraday) inform and never match; the booked statement of that account and day supersedes them.  BAI2 group status
 * 2 wipes the account's day, 3 wipes and posts again, 4 is never posted.  A worker proposes pairs; route re-checks amount, account,
 * currency and date before it believes one, and each line and each expected item is used once (UNIQUE in the schema).
 */
#include "gateway/roles/route/route.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "gateway/ledger_schema.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/segment.h"
#include "rules/calendar.h"

#define PAGE 1000
#define LINES_A_JOB 240			/* an answer holds one element a line, at most MSG_ELEMENTS */
#define CANDIDATES_A_JOB 4000
#define MATCH_WINDOW 3			/* banking days after the effective date that a settlement may be posted */
#define OVERDUE_DAYS 2

struct posting {
	int64_t parcel, statement, statements, lines;
	bool posted;
	char partner[64];
};

/* BAI2 group status; a format without one posts (1). */
static int64_t group_status(struct view text)
{
	return text.n == 1 && text.p[0] >= '1' && text.p[0] <= '4' ? text.p[0] - '0' : 1;
}

static int on_statement(struct route *r, struct posting *p, const struct record *rec, struct err *err)
{
	int64_t status = group_status(record_text(rec, F_STATUS)), as_of = record_num(rec, F_AS_OF_DATE, DATE_NONE), provisional = record_num(rec, F_PROVISIONAL, 0);
	struct view account = record_text(rec, F_ACCOUNT);

	p->posted = status != 4 && status != 2;
	if ((status == 2 || status == 3) && ledger_do(r->ledger, err, "UPDATE bank_line SET state=4 WHERE account=?1 AND state<>2 AND statement IN (SELECT id FROM bank_statement"
						       " WHERE account=?1 AND as_of=?2 AND partner=?3)", "vit", account, as_of, p->partner) < 0)
		return -1;
	if ((status == 2 || status == 3) && ledger_do(r->ledger, err, "UPDATE bank_statement SET posted=0 WHERE account=? AND as_of=? AND partner=?", "vit", account, as_of, p->partner) < 0)
		return -1;
	if (!provisional && p->posted && ledger_do(r->ledger, err, "UPDATE bank_line SET state=4 WHERE account=? AND provisional=1 AND state<>2 AND statement IN"
						    " (SELECT id FROM bank_statement WHERE account=? AND as_of=?)", "vvi", account, account, as_of) < 0)
		return -1;
	if (ledger_do(r->ledger, err, "INSERT INTO bank_statement(parcel, n, partner, account, ccy, as_of, provisional, posted, lines, net_minor) VALUES(?,?,?,?,?,?,?,?,0,0)", "iitvviii",
		      p->parcel, ++p->statements, p->partner, account, record_text(rec, F_CURRENCY), as_of, provisional, (int64_t)p->posted) < 0)
		return -1;
	p->statement = ledger_last_id(r->ledger);
	return 0;
}

/* BAI2 010/015 and the words of other formats. */
static int on_balance(struct route *r, struct posting *p, const struct record *rec, struct err *err)
{
	struct view type = record_text(rec, F_TYPE);

	if (view_eq(type, VIEW("010")) || view_eq(type, VIEW("opening")))
		return ledger_do(r->ledger, err, "UPDATE bank_statement SET opening_minor=? WHERE id=?", "ii", record_num(rec, F_AMOUNT, 0), p->statement) < 0 ? -1 : 0;
	if (view_eq(type, VIEW("015")) || view_eq(type, VIEW("closing")))
		return ledger_do(r->ledger, err, "UPDATE bank_statement SET closing_minor=? WHERE id=?", "ii", record_num(rec, F_AMOUNT, 0), p->statement) < 0 ? -1 : 0;
	return 0;
}

static int on_entry(struct route *r, struct posting *p, const struct record *rec, struct err *err)
{
	int64_t amount = record_num(rec, F_AMOUNT, 0), date = record_num(rec, F_BOOKING_DATE, record_num(rec, F_VALUE_DATE, DATE_NONE));

	p->lines++;
	if (!record_has(rec, F_AMOUNT))
		return 0;			/* a message without money */
	if (ledger_do(r->ledger, err, "INSERT INTO bank_line(parcel, statement, n, seq, line, account, ccy, date, value_date, amount_minor, type, bank_ref, customer_ref, text,"
		      " provisional, state) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "iiiiivviiivvvvii", p->parcel, p->statement, p->lines, (int64_t)rec->seq, (int64_t)rec->line,
		      record_text(rec, F_ACCOUNT), record_text(rec, F_CURRENCY), date, record_num(rec, F_VALUE_DATE, date), amount, record_text(rec, F_TYPE),
		      record_text(rec, F_BANK_REF), record_text(rec, F_CUSTOMER_REF), record_text(rec, F_TEXT), record_num(rec, F_PROVISIONAL, 0),
		      (int64_t)(p->posted ? OPEN_OPEN : OPEN_SUPERSEDED)) < 0)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE bank_statement SET lines=lines+1, net_minor=net_minor+? WHERE id=?", "ii", amount, p->statement) < 0 ? -1 : 0;
}

static int post(struct route *r, struct posting *p, struct view bytes, struct err *err)
{
	struct record rec;
	int got, rc = 0;

	while (rc == 0 && (got = wire_cut_record(&bytes, &rec)) == 1)
		if (rec.kind == RECORD_STATEMENT)
			rc = on_statement(r, p, &rec, err);
		else if (rec.kind == RECORD_BALANCE && p->statement != 0)
			rc = on_balance(r, p, &rec, err);
		else if (rec.kind == RECORD_ENTRY && p->statement != 0)
			rc = on_entry(r, p, &rec, err);
	return rc;
}

int segment_walk(struct route *r, int64_t parcel, int (*each)(struct route *, void *ctx, struct view records, struct err *), void *ctx, struct err *err)
{
	struct segment *s = NULL;
	struct buf page = { 0 };
	char path[600];
	int rc = -1;

	segment_path(r, parcel, path, sizeof(path));
	if (segment_open(&s, path, err) != 0)
		return -1;
	for (uint64_t first = 1; first <= segment_count(s); first += PAGE) {
		buf_clear(&page);
		if (segment_read(s, first, PAGE, &page, err) != 0 || each(r, ctx, buf_as_view(&page), err) != 0)
			goto out;
	}
	rc = 0;
out:
	segment_free(s);
	buf_release(&page);
	return rc;
}

static int post_page(struct route *r, void *ctx, struct view records, struct err *err)
{
	return post(r, ctx, records, err);
}

int parcel_partner(struct route *r, int64_t parcel, char out[64], struct err *err)
{
	struct rows rows;

	if (ledger_query(&rows, r->ledger, err, "SELECT partner FROM parcel WHERE id=?", "i", parcel) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(out, 64, "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	return 0;
}

/* A correction or deletion of a day of which lines are matched already: no machine unpicks that. */
static int corrects_matched(struct route *r, void *ctx, struct view records, struct err *err)
{
	struct posting *p = ctx;
	struct record rec;
	int64_t n;

	while (wire_cut_record(&records, &rec) == 1) {
		int64_t status = rec.kind == RECORD_STATEMENT ? group_status(record_text(&rec, F_STATUS)) : 1;

		if (status != 2 && status != 3)
			continue;
		if (ledger_int(r->ledger, &n, err, "SELECT count(*) FROM bank_line l JOIN bank_statement s ON s.id=l.statement WHERE l.state=2 AND s.account=? AND s.as_of=? AND s.partner=?", "vit",
			       record_text(&rec, F_ACCOUNT), record_num(&rec, F_AS_OF_DATE, DATE_NONE), p->partner) != 1)
			return -1;
		p->lines += n;
	}
	return 0;
}

int bank_route(struct route *r, int64_t parcel, struct err *err)
{
	struct posting p = { .parcel = parcel };

	if (parcel_partner(r, parcel, p.partner, err) != 0 || segment_walk(r, parcel, corrects_matched, &p, err) != 0)
		return -1;
	if (p.lines > 0)
		return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_HELD, "CORRECTS_MATCHED", err);
	if (segment_walk(r, parcel, post_page, &p, err) != 0)
		return -1;
	bank_from_the_start(r);
	r->report_wanted = r->dirty = true;
	return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err);
}

/* Matching */

void bank_from_the_start(struct route *r)
{
	r->match_dirty = true;
	r->match_account[0] = '\0';
	r->match_amount = INT64_MIN;
}

/*
 * A page of open lines in the order of account and amount, cut between two amounts: lines that could compete for one item are always in
 * one page.  More equal lines than a page holds are nobody's to guess: they stay AMBIGUOUS.
 */
static int put_lines(struct route *r, struct buf *out, int64_t *n, bool *more, struct err *err)
{
	char account[64] = "";
	int64_t amount = 0;
	size_t group_at = 0;
	int64_t group_n = 0;
	struct record rec;
	struct rows rows;
	int rc;

	*n = 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, line, account, ccy, date, value_date, amount_minor, type, bank_ref, customer_ref, text FROM bank_line"
			 " WHERE state IN (1,3) AND provisional=0 AND (account, amount_minor) > (?,?) ORDER BY account, amount_minor, id LIMIT ?", "tii", r->match_account,
			 r->match_amount, (int64_t)LINES_A_JOB) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		if (*n == 0 || !view_eq(rows_text(&rows, 2), view_of(account)) || rows_int(&rows, 6) != amount) {
			group_at = out->n;
			group_n = *n;
			snprintf(account, sizeof(account), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
			amount = rows_int(&rows, 6);
		}
		record_init(&rec, RECORD_ENTRY, (uint64_t)rows_int(&rows, 1));
		rec.seq = (uint64_t)rows_int(&rows, 0);
		record_set_text(&rec, F_ACCOUNT, rows_text(&rows, 2));
		record_set_text(&rec, F_CURRENCY, rows_text(&rows, 3));
		record_set_num(&rec, F_BOOKING_DATE, rows_int(&rows, 4));
		record_set_num(&rec, F_VALUE_DATE, rows_int(&rows, 5));
		record_set_num(&rec, F_AMOUNT, rows_int(&rows, 6));
		record_set_text(&rec, F_TYPE, rows_text(&rows, 7));
		record_set_text(&rec, F_BANK_REF, rows_text(&rows, 8));
		record_set_text(&rec, F_CUSTOMER_REF, rows_text(&rows, 9));
		record_set_text(&rec, F_TEXT, rows_text(&rows, 10));
		wire_put_record(out, &rec);
		++*n;
	}
	*more = *n == LINES_A_JOB;
	if (*more) {
		snprintf(r->match_account, sizeof(r->match_account), "%s", account);
		r->match_amount = group_n > 0 ? amount - 1 : amount;	/* this last amount begins the next page, unless it fills this one */
		if (group_n > 0) {
			out->n = group_at;
			*n = group_n;
		}
	}
	return rc;
}

static int put_expected(struct route *r, struct view lines, struct buf *out, struct err *err)
{
	struct record rec, first = { 0 }, last = { 0 };
	struct rows rows;
	int rc;

	if (wire_cut_record(&lines, &first) != 1)
		return 0;
	for (last = first; wire_cut_record(&lines, &rec) == 1;)
		last = rec;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, account, ccy, amount_minor, effective, company_id, description, reference FROM expected WHERE state=1"
			 " AND (account, amount_minor) >= (?,?) AND (account, amount_minor) <= (?,?) ORDER BY id LIMIT ?", "vivii", record_text(&first, F_ACCOUNT),
			 record_num(&first, F_AMOUNT, 0), record_text(&last, F_ACCOUNT), record_num(&last, F_AMOUNT, 0), (int64_t)CANDIDATES_A_JOB) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		record_init(&rec, RECORD_EXPECTED, 0);
		rec.seq = (uint64_t)rows_int(&rows, 0);
		record_set_text(&rec, F_ACCOUNT, rows_text(&rows, 1));
		record_set_text(&rec, F_CURRENCY, rows_text(&rows, 2));
		record_set_num(&rec, F_AMOUNT, rows_int(&rows, 3));
		record_set_num(&rec, F_EFFECTIVE_DATE, rows_int(&rows, 4));
		record_set_text(&rec, F_COMPANY_ID, rows_text(&rows, 5));
		record_set_text(&rec, F_DESCRIPTION, rows_text(&rows, 6));
		record_set_text(&rec, F_REFERENCE, rows_text(&rows, 7));
		wire_put_record(out, &rec);
	}
	return rc;
}

int match_send(struct route *r, struct job *j, const struct buf *subjects, const struct buf *candidates, const char *kind, int64_t as_of)
{
	struct buf m = { 0 };
	char text[64], day[DATE_TEXT];

	wire_begin(&m, M_MATCH);
	wire_num(&m, T_JOB, j->id);
	wire_view(&m, T_BYTES, buf_as_view(subjects));
	wire_view(&m, T_CANDIDATES, buf_as_view(candidates));
	snprintf(text, sizeof(text), "kind=%s", kind);
	wire_text(&m, T_OPTION, text);
	snprintf(text, sizeof(text), "window=%d", MATCH_WINDOW);
	wire_text(&m, T_OPTION, text);
	snprintf(text, sizeof(text), "return_days=%d", r->config->return_days);
	wire_text(&m, T_OPTION, text);
	snprintf(text, sizeof(text), "as_of=%s", date_print((date_t)as_of, day));
	wire_text(&m, T_OPTION, text);
	wire_text(&m, T_OPTION, "calendar=federal-reserve");
	route_send(r, PAIR_RECONCILE, j->peer, &m);
	buf_release(&m);
	return 0;
}

int bank_pump(struct route *r, struct err *err)
{
	struct buf lines = { 0 }, candidates = { 0 };
	struct job *j;
	int64_t n;
	bool more;
	int rc = 0;

	if (!r->match_dirty || job_of(r, JOB_SETTLE, 0) != NULL)
		return 0;
	if (!job_room(r, PAIR_RECONCILE))
		return 0;
	if (put_lines(r, &lines, &n, &more, err) != 0 || put_expected(r, buf_as_view(&lines), &candidates, err) != 0) {
		rc = -1;
	} else {
		r->match_dirty = more;
		if (!more)
			r->match_account[0] = '\0';
		if (!more)
			r->match_amount = INT64_MIN;
	}
	if (rc == 0 && n > 0 && (j = job_start(r, JOB_SETTLE, 0, route_peer(r, PAIR_RECONCILE))) != NULL) {
		match_send(r, j, &lines, &candidates, "settle", clock_utc(r) / 86400);
	}
	buf_release(&lines);
	buf_release(&candidates);
	return rc;
}

struct pair { int64_t line, expected, artifact, batch, return_item; char object[24]; };

/* A proposal is input: both are open, and money, account, currency and day agree. */
static int pair_good(struct route *r, struct pair *p, struct err *err)
{
	struct calendar calendar;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT l.date, e.effective, ifnull(e.artifact,0), ifnull(e.batch,0), ifnull(e.ach_return,0), e.partner FROM bank_line l, expected e"
			 " WHERE l.id=? AND e.id=? AND e.partner=(SELECT s.partner FROM bank_statement s WHERE s.id=l.statement) AND l.state IN (1,3) AND e.state=1 AND l.provisional=0 AND l.account=e.account AND l.ccy=e.ccy AND l.amount_minor=e.amount_minor", "ii",
			 p->line, p->expected) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		const struct partner *partner = config_partner(r->config, rows_text(&rows, 5));
		date_t date = (date_t)rows_int(&rows, 0), effective = (date_t)rows_int(&rows, 1);

		p->artifact = rows_int(&rows, 2);
		p->batch = rows_int(&rows, 3);
		p->return_item = rows_int(&rows, 4);
		if (partner != NULL)
			clock_calendar(r, partner, &calendar);
		if (partner == NULL || date < effective || calendar_count(&calendar, effective, date) > MATCH_WINDOW)
			rc = 0;
	}
	rows_end(&rows);
	return rc;
}

static int settle_batches(struct route *r, const struct pair *p, struct err *err)
{
	struct rows rows;
	int64_t state;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, items_state FROM batch WHERE artifact=? AND (?=0 OR id=?)", "iii", p->artifact, p->batch, p->batch) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		state = rows_int(&rows, 1);
		if (state_allowed(THING_ITEM, (int)state, ITEM_SETTLED) && ledger_move_items(r->ledger, rows_int(&rows, 0), ITEM_SETTLED, p->object, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

static int settle(struct route *r, struct pair *p, const struct msg *match, struct err *err)
{
	char expected[24];

	if (ledger_do(r->ledger, err, "INSERT INTO match(bank_line, expected, rule, score, explanation, at) VALUES(?,?,?,?,?,?)", "iivivt", p->line, p->expected, msg_text(match, T_RULE),
		      msg_num_or(match, T_SCORE, 0), msg_text(match, T_TEXT), ledger_now(r->ledger)->business) < 0)
		return -1;
	snprintf(p->object, sizeof(p->object), "M%lld", (long long)ledger_last_id(r->ledger));
	snprintf(expected, sizeof(expected), "E%lld", (long long)p->expected);
	if (ledger_do(r->ledger, err, "UPDATE bank_line SET state=2, reason=NULL, detail=NULL WHERE id=?", "i", p->line) < 0
	    || ledger_do(r->ledger, err, "UPDATE expected SET state=2 WHERE id=?", "i", p->expected) < 0 || route_audit(r, p->object, "", "MATCHED", expected, err) != 0)
		return -1;
	log_step(LOG_NOTICE, "line.matched", "match", p->object, "expected", expected, NULL);
	return p->artifact != 0 ? settle_batches(r, p, err) : 0;
}

static int one(struct route *r, const struct msg *match, struct err *err)
{
	struct pair p = { .line = msg_num_or(match, T_SUBJECT, 0) };
	int good;

	if (msg_num(match, T_ITEM, &p.expected)) {
		good = pair_good(r, &p, err);
		return good == 1 ? settle(r, &p, match, err) : good;
	}
	return ledger_do(r->ledger, err, "UPDATE bank_line SET state=3, reason=?2, detail=?3 WHERE id=?1 AND state IN (1,3)", "ivv", p.line, msg_text(match, T_REASON),
			 msg_text(match, T_TEXT)) < 0 ? -1 : 0;
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

	if (ledger_query(&rows, r->ledger, err, "SELECT id, items_state, effective, partner FROM batch WHERE items_state IN (8,11) AND state=3", "") != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		const struct partner *partner = config_partner(r->config, rows_text(&rows, 3));
		date_t effective = (date_t)rows_int(&rows, 2);
		int to = ITEM_SHARED;

		if (partner == NULL)
			continue;
		clock_local(partner, clock_utc(r), &today, NULL);
		clock_calendar(r, partner, &calendar);
		if (rows_int(&rows, 1) == ITEM_DELIVERED && today >= effective)
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
