/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain - one statement after the other: what must follow from what, looked at when a file's lines are posted
 *
 *  - a statement that is already there (same account, day, number, balances and lines) is not posted twice: DUPLICATE_STATEMENT;
 *  - its balances and lines agree, and it opens with what the one before closed with; else BALANCE_BREAK, which closes by itself when the
 *    statement that was missing comes;
 *  - the booked statement of an account and day supersedes its provisional lines.  Each is looked for among the booked ones: by the
 *    bank's reference, by the customer's, by amount where neither is given.  What was announced and not booked, or booked with
 *    another amount, is PROVISIONAL_DIFFERS; it closes by itself when a later statement books it.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "formats/core/money.h"

struct sheet { int64_t id, parcel, as_of, opening, closing, net, lines; bool has_opening, has_closing; char partner[64], account[64], ccy[4]; };

#define SHEET "s.id, s.parcel, s.as_of, s.opening_minor, s.closing_minor, s.net_minor, s.lines, s.partner, s.account, s.ccy"
#define BOOKED "s.posted=1 AND s.provisional=0"

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

static void read_sheet(struct rows *rows, struct sheet *s)
{
	*s = (struct sheet){ rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3), rows_int(rows, 4), rows_int(rows, 5), rows_int(rows, 6),
		!rows_null(rows, 3), !rows_null(rows, 4), "", "", "" };
	copy(s->partner, sizeof(s->partner), rows_text(rows, 7));
	copy(s->account, sizeof(s->account), rows_text(rows, 8));
	copy(s->ccy, sizeof(s->ccy), rows_text(rows, 9));
}

static int raise(struct route *r, const struct sheet *s, const char *source, const char *reason, int64_t amount, struct buf *text, struct err *err)
{
	struct exception x = { .source = source, .reason = reason, .partner = s->partner, .detail = buf_cstr(text), .alarm = true, .parcel = s->parcel, .account = view_of(s->account),
		.ccy = view_of(s->ccy), .date = s->as_of, .amount = amount };

	return exception_raise(r, &x, err);
}

static void put_money(struct buf *b, const char *words, int64_t minor, const char *ccy)
{
	buf_text(b, words);
	money_print_grouped(b, minor, ccy);
}

/* Opening and lines make the closing balance.  A statement of balances alone says nothing about lines. */
static int prove(struct route *r, const struct sheet *s, struct err *err)
{
	struct buf text = { .max = 400 };
	char source[40];
	int64_t sum = s->opening;
	int rc = 0;

	snprintf(source, sizeof(source), "proof:%lld", (long long)s->id);
	if (s->has_opening && s->has_closing && s->lines > 0 && money_add_minor(&sum, s->net) && sum != s->closing) {
		put_money(&text, "opening and lines make ", sum, s->ccy);
		put_money(&text, ", the statement closes with ", s->closing, s->ccy);
		put_money(&text, "; difference ", s->closing - sum, s->ccy);
		rc = raise(r, s, source, "BALANCE_BREAK", s->closing - sum, &text, err);
	}
	buf_release(&text);
	return rc;
}

static int beside(struct route *r, const struct sheet *s, bool before, struct sheet *out, struct err *err)
{
	struct rows rows;
	int rc;

	if ((before ? ledger_query(&rows, r->ledger, err, "SELECT " SHEET " FROM bank_statement s JOIN bank_statement me ON me.id=? WHERE " BOOKED " AND s.partner=me.partner"
				   " AND s.account=me.account AND s.ccy=me.ccy AND (s.as_of, length(ifnull(s.number,'')), ifnull(s.number,''), s.id) < (me.as_of, length(ifnull(me.number,'')),"
				   " ifnull(me.number,''), me.id) ORDER BY s.as_of DESC, length(ifnull(s.number,'')) DESC, ifnull(s.number,'') DESC, s.id DESC LIMIT 1", "i", s->id)
		    : ledger_query(&rows, r->ledger, err, "SELECT " SHEET " FROM bank_statement s JOIN bank_statement me ON me.id=? WHERE " BOOKED " AND s.partner=me.partner"
				   " AND s.account=me.account AND s.ccy=me.ccy AND (s.as_of, length(ifnull(s.number,'')), ifnull(s.number,''), s.id) > (me.as_of, length(ifnull(me.number,'')),"
				   " ifnull(me.number,''), me.id) ORDER BY s.as_of, length(ifnull(s.number,'')), ifnull(s.number,''), s.id LIMIT 1", "i", s->id)) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		read_sheet(&rows, out);
	rows_end(&rows);
	return rc;
}

static int follows(struct route *r, const struct sheet *s, struct err *err)
{
	struct buf text = { .max = 400 };
	char source[40], day[DATE_TEXT];
	struct sheet before;
	int rc = beside(r, s, true, &before, err);

	if (rc < 0)
		return -1;
	snprintf(source, sizeof(source), "chain:%lld", (long long)s->id);
	if (rc == 0 || !s->has_opening || !before.has_closing || s->opening == before.closing)
		return exception_close(r, source, "the statement that was missing came", err);
	put_money(&text, "it opens with ", s->opening, s->ccy);
	buf_fmt(&text, "; the statement before, as of %s,", date_print((date_t)before.as_of, day));
	put_money(&text, " closed with ", before.closing, s->ccy);
	put_money(&text, "; difference ", s->opening - before.closing, s->ccy);
	buf_text(&text, ": a statement between them is missing, or one of them was changed");
	rc = raise(r, s, source, "BALANCE_BREAK", s->opening - before.closing, &text, err);
	buf_release(&text);
	return rc;
}

/* 1: this very statement is there already, and now is not posted a second time; 0, -1. */
static int repeated(struct route *r, const struct sheet *s, struct err *err)
{
	struct buf text = { .max = 200 };
	char source[40];
	int64_t first;
	int rc = ledger_int(r->ledger, &first, err, "SELECT o.parcel FROM bank_statement o JOIN bank_statement s ON s.id=? WHERE o.id<s.id AND o.posted=1 AND o.partner=s.partner"
			    " AND o.account=s.account AND o.ccy=s.ccy AND o.as_of=s.as_of AND o.number IS s.number AND o.provisional=s.provisional AND o.opening_minor IS s.opening_minor"
			    " AND o.closing_minor IS s.closing_minor AND o.lines=s.lines AND o.net_minor=s.net_minor AND s.provisional=0 AND (s.lines>0 OR s.closing_minor IS NOT NULL)"
			    " ORDER BY o.id LIMIT 1", "i", s->id);

	if (rc <= 0)
		return rc;
	buf_fmt(&text, "F%lld brought the same statement before; its lines are not counted again", (long long)first);
	snprintf(source, sizeof(source), "again:%lld", (long long)s->id);
	rc = raise(r, s, source, "DUPLICATE_STATEMENT", s->net, &text, err);
	buf_release(&text);
	if (rc != 0 || ledger_do(r->ledger, err, "UPDATE bank_statement SET posted=0 WHERE id=?", "i", s->id) < 0
	    || ledger_do(r->ledger, err, "UPDATE bank_line SET state=4, reason='DUP_LINE' WHERE statement=? AND state<>2", "i", s->id) < 0)
		return -1;
	return 1;
}

/* Provisional lines */

struct announced { int64_t id, parcel, line, amount; char bank_ref[80], customer_ref[80]; };

/* The booked line that this one became; each is used once a day of announcements.  1 *booked and its amount, 0, -1. */
static int find_booked(struct route *r, const struct sheet *s, const struct announced *a, int64_t *booked, int64_t *amount, struct err *err)
{
	static const char *const by[] = {
#define OF_THE_DAY "SELECT l.id FROM bank_line l JOIN bank_statement s ON s.id=l.statement WHERE s.partner=?1 AND l.account=?2 AND s.as_of>=?3 AND " BOOKED \
	" AND NOT EXISTS (SELECT 1 FROM bank_line p JOIN bank_statement d ON d.id=p.statement WHERE p.superseded_by=l.id AND d.as_of=?3) AND "
		OF_THE_DAY "l.amount_minor=?4 AND l.bank_ref=?5 AND ?5<>'' AND ?6 IS NOT NULL ORDER BY s.as_of, l.id LIMIT 1",
		OF_THE_DAY "s.as_of=?3 AND l.amount_minor=?4 AND l.customer_ref=?6 AND ?6<>'' AND ?5 IS NOT NULL ORDER BY l.id LIMIT 1",
		OF_THE_DAY "s.as_of=?3 AND l.amount_minor=?4 AND (ifnull(l.bank_ref,'')='' OR ?5='') AND (ifnull(l.customer_ref,'')='' OR ?6='') ORDER BY l.id LIMIT 1",
		OF_THE_DAY "s.as_of=?3 AND ?4 IS NOT NULL AND ((l.bank_ref=?5 AND ?5<>'') OR (l.customer_ref=?6 AND ?6<>'')) ORDER BY l.id LIMIT 1",
	};

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		int rc = ledger_int(r->ledger, booked, err, by[i], "ttiitt", s->partner, s->account, s->as_of, a->amount, a->bank_ref, a->customer_ref);

		if (rc < 0)
			return -1;
		if (rc == 1)
			return ledger_int(r->ledger, amount, err, "SELECT amount_minor FROM bank_line WHERE id=?", "i", *booked);
	}
	return 0;
}

static int differs(struct route *r, const struct sheet *s, const struct announced *a, int found, int64_t booked, struct err *err)
{
	struct buf text = { .max = 400 };
	char source[40], day[DATE_TEXT];
	struct exception x = { .source = source, .reason = "PROVISIONAL_DIFFERS", .partner = s->partner, .parcel = a->parcel, .line = a->line, .bank_line = a->id,
		.account = view_of(s->account), .ccy = view_of(s->ccy), .date = s->as_of, .amount = a->amount };
	int rc;

	snprintf(source, sizeof(source), "provisional:%lld", (long long)a->id);
	if (found == 1 && booked == a->amount)
		return exception_close(r, source, "a later statement books it", err);
	put_money(&text, "announced during the day as ", a->amount, s->ccy);
	buf_fmt(&text, ", and in the booked statement of %s ", date_print((date_t)s->as_of, day));
	if (found == 1)
		put_money(&text, "it is ", booked, s->ccy);
	else
		buf_text(&text, "it is not");
	x.detail = buf_cstr(&text);
	rc = exception_raise(r, &x, err);
	buf_release(&text);
	return rc;
}

static int supersede(struct route *r, const struct sheet *s, struct rows *rows, struct err *err)
{
	struct announced a = { .id = rows_int(rows, 0), .parcel = rows_int(rows, 1), .line = rows_int(rows, 2), .amount = rows_int(rows, 3) };
	struct sheet day = *s;
	int64_t booked = 0, amount = 0;
	int found;

	copy(a.bank_ref, sizeof(a.bank_ref), rows_text(rows, 4));
	copy(a.customer_ref, sizeof(a.customer_ref), rows_text(rows, 5));
	day.as_of = rows_int(rows, 6);
	found = find_booked(r, &day, &a, &booked, &amount, err);
	if (found < 0 || differs(r, &day, &a, found, amount, err) != 0)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE bank_line SET state=4, superseded_by=nullif(?2,0) WHERE id=?1", "ii", a.id, found == 1 ? booked : (int64_t)0) < 0 ? -1 : 0;
}

/*
 * Once the day is booked: its announced lines that have not found their booked one, those of earlier days too, since a bank may book
 * tomorrow what it announced today.
 */
static int provisional_day(struct route *r, const struct sheet *s, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT l.id, l.parcel, l.line, l.amount_minor, ifnull(l.bank_ref,''), ifnull(l.customer_ref,''), d.as_of FROM bank_statement d"
			 " JOIN bank_line l ON l.statement=d.id WHERE d.account=?2 AND d.partner=?1 AND d.provisional=1 AND d.posted=1 AND d.as_of<=?3 AND l.superseded_by IS NULL"
			 " AND l.reason IS NOT 'REPEATED' AND (l.state=1 OR EXISTS (SELECT 1 FROM exception x WHERE x.source='provisional:'||l.id AND x.state=3))"
			 " AND EXISTS (SELECT 1 FROM bank_statement s WHERE s.account=?2 AND s.partner=?1 AND s.as_of=d.as_of AND " BOOKED ") ORDER BY d.as_of, l.id", "tti", s->partner,
			 s->account, s->as_of) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (supersede(r, s, &rows, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

static int look(struct route *r, const struct sheet *s, bool booked, struct err *err)
{
	struct sheet after;
	int rc = booked ? repeated(r, s, err) : 0;

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (booked && (prove(r, s, err) != 0 || follows(r, s, err) != 0))
		return -1;
	rc = booked ? beside(r, s, false, &after, err) : 0;
	if (rc < 0 || (rc == 1 && follows(r, &after, err) != 0))
		return -1;
	return provisional_day(r, s, err);
}

int chain_look(struct route *r, int64_t parcel, struct err *err)
{
	struct rows rows;
	struct sheet s;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT " SHEET ", s.provisional FROM bank_statement s WHERE s.parcel=? AND s.posted=1 ORDER BY s.as_of, s.n", "i", parcel) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		read_sheet(&rows, &s);
		if (look(r, &s, rows_int(&rows, 10) == 0, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}
