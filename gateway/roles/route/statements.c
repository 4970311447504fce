/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statements - a bank's statement comes in: its balances and lines are written down, and what it replaces gives way
 *
 * BAI2 group status 2 wipes the account's day, 3 wipes and posts again, 4 is never posted.  A correction of a day of which lines are
 * matched already holds the file (CORRECTS_MATCHED): no machine unpicks that.  When the whole file is posted, chain.c looks at the
 * balances, at repeated statements and at the provisional lines of those days; then bank.c matches.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "gateway/ledger_schema.h"
#include "gateway/segment.h"

#define PAGE 1000

struct posting {
	int64_t parcel, statement, statements, lines, as_of;
	bool posted, provisional;
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
	p->provisional = provisional != 0;
	p->as_of = as_of;
	if ((status == 2 || status == 3) && ledger_do(r->ledger, err, "UPDATE bank_line SET state=4 WHERE account=?1 AND state<>2 AND statement IN (SELECT id FROM bank_statement"
						       " WHERE account=?1 AND as_of=?2 AND partner=?3)", "vit", account, as_of, p->partner) < 0)
		return -1;
	if ((status == 2 || status == 3) && ledger_do(r->ledger, err, "UPDATE bank_statement SET posted=0 WHERE account=? AND as_of=? AND partner=?", "vit", account, as_of, p->partner) < 0)
		return -1;
	if (ledger_do(r->ledger, err, "INSERT INTO bank_statement(parcel, n, partner, account, ccy, as_of, number, provisional, posted, lines, net_minor)"
		      " VALUES(?,?,?,?,?,?,?,?,?,0,0)", "iitvvivii", p->parcel, ++p->statements, p->partner, account, record_text(rec, F_CURRENCY), as_of,
		      record_text(rec, F_STATEMENT), provisional, (int64_t)p->posted) < 0)
		return -1;
	p->statement = ledger_last_id(r->ledger);
	return 0;
}

/* The words of BAI2, of MT940 and of camt.053, whose PRCD (what the day before closed with) gives way to an OPBD. */
enum side { SIDE_NONE, SIDE_OPENING, SIDE_PREVIOUS, SIDE_CLOSING };
static const struct { const char *word; enum side side; } balance_words[] = {
	{ "010", SIDE_OPENING }, { "60F", SIDE_OPENING }, { "60M", SIDE_OPENING }, { "OPBD", SIDE_OPENING }, { "opening", SIDE_OPENING },
	{ "PRCD", SIDE_PREVIOUS },
	{ "015", SIDE_CLOSING }, { "62F", SIDE_CLOSING }, { "62M", SIDE_CLOSING }, { "CLBD", SIDE_CLOSING }, { "closing", SIDE_CLOSING },
};

static enum side balance_side(struct view type)
{
	for (size_t i = 0; i < sizeof(balance_words) / sizeof(balance_words[0]); i++)
		if (view_eq(type, view_of(balance_words[i].word)))
			return balance_words[i].side;
	return SIDE_NONE;
}

/* A day that a statement does not say itself is that of its closing balance. */
static int on_balance(struct route *r, struct posting *p, const struct record *rec, struct err *err)
{
	enum side side = balance_side(record_text(rec, F_TYPE));
	int64_t amount = record_num(rec, F_AMOUNT, 0), day = record_num(rec, F_AS_OF_DATE, record_num(rec, F_BOOKING_DATE, record_num(rec, F_VALUE_DATE, DATE_NONE)));

	if (!record_has(rec, F_AMOUNT))
		return 0;
	if (side == SIDE_OPENING || side == SIDE_PREVIOUS)
		return ledger_do(r->ledger, err, "UPDATE bank_statement SET opening_minor=?1 WHERE id=?2 AND (?3 OR opening_minor IS NULL)", "iii", amount, p->statement,
				 (int64_t)(side == SIDE_OPENING)) < 0 ? -1 : 0;
	if (side == SIDE_CLOSING)
		return ledger_do(r->ledger, err, "UPDATE bank_statement SET closing_minor=?1, as_of=CASE WHEN as_of=?3 THEN ?4 ELSE as_of END WHERE id=?2", "iiii", amount, p->statement,
				 (int64_t)DATE_NONE, day) < 0 ? -1 : 0;
	return 0;
}

/* A repeated intraday report announces again what an earlier one of that day said: such a line is counted once. */
static int repeats(struct route *r, struct posting *p, const struct record *rec, int64_t *again, struct err *err)
{
	*again = 0;
	if (!p->provisional)
		return 0;
	return ledger_int(r->ledger, again, err, "SELECT ifnull(max(n),0) > (SELECT count(*) FROM bank_line WHERE statement=?1 AND amount_minor=?2 AND bank_ref IS ?3 AND customer_ref IS ?4"
			  " AND text IS ?5 AND type IS ?6) FROM (SELECT count(*) AS n FROM bank_line l JOIN bank_statement s ON s.id=l.statement JOIN bank_statement me ON me.id=?1"
			  " WHERE s.account=me.account AND s.partner=me.partner AND s.as_of=me.as_of AND s.provisional=1 AND s.posted=1 AND s.id<>?1 AND l.amount_minor=?2"
			  " AND l.bank_ref IS ?3 AND l.customer_ref IS ?4 AND l.text IS ?5 AND l.type IS ?6 GROUP BY s.id)", "iivvvv", p->statement, record_num(rec, F_AMOUNT, 0),
			  record_text(rec, F_BANK_REF), record_text(rec, F_CUSTOMER_REF), record_text(rec, F_TEXT), record_text(rec, F_TYPE)) < 0 ? -1 : 0;
}

/* camt's status of an entry that is not booked, and MT940's expected ones. */
static bool pending(struct view status)
{
	return view_eq(status, VIEW("PDNG")) || view_eq(status, VIEW("INFO")) || view_eq(status, VIEW("FUTR"));
}

static int on_entry(struct route *r, struct posting *p, const struct record *rec, struct err *err)
{
	int64_t amount = record_num(rec, F_AMOUNT, 0), date = record_num(rec, F_BOOKING_DATE, record_num(rec, F_VALUE_DATE, DATE_NONE)), again;
	struct view reference = record_text(rec, F_END_TO_END);
	bool booked = record_num(rec, F_PROVISIONAL, 0) == 0 && !pending(record_text(rec, F_STATUS));

	if (record_has(rec, F_LEG))
		return 0;			/* a part of the line before it */
	p->lines++;
	if (!record_has(rec, F_AMOUNT))
		return 0;			/* a message without money */
	if (p->provisional && p->as_of == DATE_NONE) {		/* a report without balances is of the day of its first line */
		p->as_of = date;
		if (ledger_do(r->ledger, err, "UPDATE bank_statement SET as_of=? WHERE id=?", "ii", date, p->statement) < 0)
			return -1;
	}
	if (repeats(r, p, rec, &again, err) != 0)
		return -1;
	if (ledger_do(r->ledger, err, "INSERT INTO bank_line(parcel, statement, n, seq, line, partner, account, ccy, date, value_date, amount_minor, type, bank_ref, customer_ref, text,"
		      " check_number, end_to_end, party, provisional, state, reason) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "iiiiitvviiivvvvvvviit", p->parcel, p->statement,
		      p->lines, (int64_t)rec->seq, (int64_t)rec->line, p->partner, record_text(rec, F_ACCOUNT), record_text(rec, F_CURRENCY), date, record_num(rec, F_VALUE_DATE, date),
		      amount, record_text(rec, F_TYPE), record_text(rec, F_BANK_REF), record_text(rec, F_CUSTOMER_REF), record_text(rec, F_TEXT), record_text(rec, F_CHECK_NUMBER),
		      reference.n > 0 ? reference : record_text(rec, F_REFERENCE), record_text(rec, F_PARTY), (int64_t)!booked,
		      (int64_t)(p->posted && !again ? OPEN_OPEN : OPEN_SUPERSEDED), again ? "REPEATED" : NULL) < 0)
		return -1;
	if (!booked && !p->provisional)
		return 0;			/* announced within a booked statement: no part of its sum */
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
	int rc = -1;

	if (segment_of(r, parcel, &s, err) != 0)
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
	if (segment_walk(r, parcel, post_page, &p, err) != 0 || chain_look(r, parcel, err) != 0)
		return -1;
	bank_changed(r, p.partner);
	r->report_wanted = r->dirty = true;
	return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err);
}
