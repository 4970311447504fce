/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages - the open bank lines go out to be matched, a page at a time, each with what may be theirs
 *
 * A page is of one bank, by whose own calendar the worker counts, and of whole keys (account and amount), so that lines which could
 * compete for one item are in one page.  A key that no page holds whole has pages alone: its lines bring the items that they name, and
 * only a reference ties them.  What comes back is bank.c's.  How far the pages are is memory alone: a start begins again.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "gateway/proto.h"
#include "rules/calendar.h"

#define LINES_A_JOB 240			/* an answer holds one element a line, at most MSG_ELEMENTS */
#define CANDIDATES_A_JOB 4000
#define CANDIDATES_A_KEY 501		/* one more than the matcher tries: it then leaves all of them to a person */
#define CLOSED_DAYS 200

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
