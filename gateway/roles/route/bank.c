/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank - the lines of statements meet what we expect: SETTLED only by a matched bank line
 *
 * Provisional lines (intraday) inform and never match.  A worker proposes pairs, by the calendar of the line's own bank; route re-checks
 * amount, account, currency, date and references before it believes one, and each line and each expected item is used once.  What no
 * single item explains may be one sum for a keyed group (groups.c); the rest are exceptions with their reason (exceptions.c).
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "gateway/ledger_schema.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "rules/calendar.h"

#define LINES_A_JOB 240			/* an answer holds one element a line, at most MSG_ELEMENTS */
#define CANDIDATES_A_JOB 4000
#define CANDIDATES_A_KEY 501		/* one more than the matcher tries: it then leaves all of them to a person */
#define CLOSED_DAYS 200
#define OVERDUE_DAYS 2

void bank_from_the_start(struct route *r)
{
	r->match_dirty = true;
	r->match_partner[0] = r->match_account[0] = '\0';
	r->match_amount = r->match_id = INT64_MIN;
	r->match_split = false;
	r->checks_dirty = true;
	r->checks_from = 0;
}

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

#define LINE_ROW "id, line, account, ccy, date, value_date, amount_minor, type, bank_ref, customer_ref, text, end_to_end, party, partner"

static void put_line(struct rows *rows, struct buf *out)
{
	static const enum record_field texts[] = { F_TYPE, F_BANK_REF, F_CUSTOMER_REF, F_TEXT, F_REFERENCE, F_PARTY };
	struct record rec;

	record_init(&rec, RECORD_ENTRY, (uint64_t)rows_int(rows, 1));
	rec.seq = (uint64_t)rows_int(rows, 0);
	record_set_text(&rec, F_ACCOUNT, rows_text(rows, 2));
	record_set_text(&rec, F_CURRENCY, rows_text(rows, 3));
	record_set_num(&rec, F_BOOKING_DATE, rows_int(rows, 4));
	record_set_num(&rec, F_VALUE_DATE, rows_int(rows, 5));
	record_set_num(&rec, F_AMOUNT, rows_int(rows, 6));
	for (int i = 0; i < 6; i++)
		record_set_text(&rec, texts[i], rows_text(rows, 7 + i));
	wire_put_record(out, &rec);
}

#define EXPECTED_ROW "id, account, ccy, amount_minor, effective, company_id, description, reference"

static void put_expected(struct rows *rows, struct buf *out)
{
	struct record rec;

	record_init(&rec, RECORD_EXPECTED, 0);
	rec.seq = (uint64_t)rows_int(rows, 0);
	record_set_text(&rec, F_ACCOUNT, rows_text(rows, 1));
	record_set_text(&rec, F_CURRENCY, rows_text(rows, 2));
	record_set_num(&rec, F_AMOUNT, rows_int(rows, 3));
	record_set_num(&rec, F_EFFECTIVE_DATE, rows_int(rows, 4));
	record_set_text(&rec, F_COMPANY_ID, rows_text(rows, 5));
	record_set_text(&rec, F_DESCRIPTION, rows_text(rows, 6));
	record_set_text(&rec, F_REFERENCE, rows_text(rows, 7));
	wire_put_record(out, &rec);
}

/* A key: bank, account and amount.  A page holds the lines of whole keys and what may be theirs; of one bank, since it has its own calendar. */
struct page {
	struct buf lines, candidates;
	int64_t n, n_candidates;
	char partner[64], account[64];
	int64_t amount, id;			/* the last line that is in it */
	bool crowd;				/* more items of this key are open than the matcher tries */
	bool more, split;			/* there is another page; it begins within this key */
	bool alone;				/* of one key that no page holds whole: only a reference ties its lines */
};

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

/* What may be one of that key's lines; of a crowd none here: each line brings what it names. */
static int put_key(struct route *r, struct page *g, struct err *err)
{
	struct rows rows;
	int64_t n = 0;
	int rc;

	if (ledger_int(r->ledger, &n, err, "SELECT count(*) FROM (SELECT 1 FROM expected WHERE state=1 AND partner=? AND account=? AND amount_minor=? AND ifnull(type,'')<>'CHECK'"
		       " AND kind<>'check' LIMIT ?)", "ttii", g->partner, g->account, g->amount, (int64_t)CANDIDATES_A_KEY) < 0)
		return -1;
	g->crowd = n >= CANDIDATES_A_KEY;
	if (g->crowd)
		return 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT " EXPECTED_ROW " FROM expected WHERE state=1 AND partner=? AND account=? AND amount_minor=? AND ifnull(type,'')<>'CHECK'"
			 " AND kind<>'check' ORDER BY id", "tti", g->partner, g->account, g->amount) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		put_expected(&rows, &g->candidates);
		g->n_candidates++;
	}
	return rc;
}

/* Of a crowd: the items that this line names. */
static int put_named(struct route *r, struct page *g, struct rows *line, struct err *err)
{
	struct rows rows;
	struct view word;
	char text[400];
	int rc = 0;

	for (int i = 8; rc == 0 && i <= 11; i++) {
		const char *at = text;

		copy(text, sizeof(text), rows_text(line, i));
		while (rc == 0 && bank_next_reference(&at, &word)) {
			if (ledger_query(&rows, r->ledger, err, "SELECT " EXPECTED_ROW " FROM expected WHERE state=1 AND partner=? AND account=? AND amount_minor=? AND reference=? COLLATE NOCASE"
					 " AND ifnull(type,'')<>'CHECK' AND kind<>'check' ORDER BY id LIMIT 3", "ttiv", g->partner, g->account, g->amount, word) != 0)
				return -1;
			while ((rc = rows_next(&rows)) == 1) {
				put_expected(&rows, &g->candidates);
				g->n_candidates++;
			}
		}
	}
	return rc;
}

/* Where the key at hand began, so that a page can be cut there. */
struct mark { size_t lines, candidates; int64_t n; char account[64]; int64_t amount; };

static void cut(struct page *g, const struct mark *m)
{
	g->lines.n = m->lines;
	g->candidates.n = m->candidates;
	g->n = m->n;
	copy(g->account, sizeof(g->account), view_of(m->account));
	g->amount = m->amount;
	g->id = INT64_MAX;
}

/* One line more; false in *fits: it is the next page's. */
static int put_row(struct route *r, struct page *g, struct mark *m, struct rows *rows, bool *fits, struct err *err)
{
	bool new_key = g->n == 0 || !view_eq(rows_text(rows, 2), view_of(g->account)) || rows_int(rows, 6) != g->amount;

	*fits = true;
	if (new_key && g->n == 0)
		g->alone = r->match_split;
	if (new_key) {
		*m = (struct mark){ .lines = g->lines.n, .candidates = g->candidates.n, .n = g->n, .amount = g->amount };
		copy(m->account, sizeof(m->account), view_of(g->account));
		copy(g->partner, sizeof(g->partner), rows_text(rows, 13));
		copy(g->account, sizeof(g->account), rows_text(rows, 2));
		g->amount = rows_int(rows, 6);
		if (put_key(r, g, err) != 0)
			return -1;
		*fits = m->n == 0 || !(g->alone || g->crowd);
		g->alone |= g->crowd && m->n == 0;
		if (!*fits)
			return 0;
	}
	if (g->crowd && put_named(r, g, rows, err) != 0)
		return -1;
	if (g->n_candidates > CANDIDATES_A_JOB && m->n > 0) {
		*fits = false;
		return 0;
	}
	put_line(rows, &g->lines);
	g->id = rows_int(rows, 0);
	g->n++;
	return 0;
}

/*
 * A page of open lines in the order of bank, account and amount, cut between two keys: lines that could compete for one item are in one
 * page.  More lines or items of one key than a page holds have pages alone: there only a reference ties (one()).
 */
static int put_page(struct route *r, struct page *g, struct err *err)
{
	struct mark m = { 0 };
	struct rows rows;
	bool fits = true, next_bank = false;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT " LINE_ROW " FROM bank_line WHERE state IN (1,3) AND provisional=0 AND (partner, account, amount_minor, id) > (?,?,?,?)"
			 " AND NOT (check_number IS NOT NULL AND amount_minor<0) ORDER BY partner, account, amount_minor, id LIMIT ?", "ttiii", r->match_partner, r->match_account,
			 r->match_amount, r->match_id, (int64_t)LINES_A_JOB) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		next_bank = g->n > 0 && !view_eq(rows_text(&rows, 13), view_of(g->partner));
		if (next_bank)
			break;
		if (put_row(r, g, &m, &rows, &fits, err) != 0) {
			rows_end(&rows);
			return -1;
		}
		if (!fits)
			break;
	}
	rows_end(&rows);
	g->more = next_bank || !fits || g->n == LINES_A_JOB;
	if (g->more && !next_bank && m.n > 0)
		cut(g, &m);			/* the last key may go on: it begins the next page */
	else
		g->split = g->more && !next_bank;
	g->alone |= g->split;
	return rc < 0 ? -1 : 0;
}

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

int match_send(struct route *r, struct job *j, const struct buf *subjects, const struct buf *candidates, const char *kind, const struct partner *partner, int64_t as_of)
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
	put_calendar(r, &m, partner, as_of);
	route_send(r, PAIR_RECONCILE, j->peer, &m);
	buf_release(&m);
	return 0;
}

int bank_pump(struct route *r, struct err *err)
{
	struct page g = { 0 };
	struct job *j;
	int rc;

	if (!r->match_dirty || job_of(r, JOB_SETTLE, 0) != NULL || !job_room(r, PAIR_RECONCILE))
		return 0;
	rc = put_page(r, &g, err);
	if (rc == 0) {
		copy(r->match_partner, sizeof(r->match_partner), view_of(g.more ? g.partner : ""));
		copy(r->match_account, sizeof(r->match_account), view_of(g.more ? g.account : ""));
		r->match_amount = g.more ? g.amount : INT64_MIN;
		r->match_id = g.more ? g.id : INT64_MIN;
		r->match_split = g.split;
		r->match_alone = g.alone;
		r->match_dirty = g.more;
	}
	if (rc == 0 && g.n > 0 && (j = job_start(r, JOB_SETTLE, 0, route_peer(r, PAIR_RECONCILE))) != NULL)
		match_send(r, j, &g.lines, &g.candidates, "settle", config_partner(r->config, view_of(g.partner)), clock_utc(r) / 86400);
	buf_release(&g.lines);
	buf_release(&g.candidates);
	return rc;
}

/* What came back */

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
