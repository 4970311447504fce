/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checks - the bank has paid a check: which one, and was it for this amount?
 *
 * A debit with a check number is tied to a check by account and serial number, ours (check_serial) or the book's (type CHECK), and by
 * nothing else: a check may be paid any day within half a year, and two of one amount are common.  Right number and amount: PRESENTED and
 * SETTLED.  Anything else is an alarm with the time until which the bank takes the check back, noon of its next banking day, and the
 * check stays as it is: another amount, a check that was voided or stopped, one that is too old, one that is paid already, one
 * whose print file has not left, a number that nobody issued.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "formats/core/money.h"
#include "gateway/ledger_schema.h"
#include "gateway/zone.h"
#include "rules/calendar.h"

#define CHECKS_A_ROUND 500
#define NOON (12 * 60)

struct check { int64_t item, expected, amount, issued; int state; bool ours, void_serial; };

static bool to_serial(const char *text, int64_t *serial)
{
	size_t n = strlen(text);

	*serial = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || n > 18)
			return false;
		*serial = *serial * 10 + (text[i] - '0');
	}
	return n > 0;
}

/* Noon of the bank's next banking day, in UTC for the record and in the bank's own time for people. */
static void take_back_until(struct route *r, const struct bank_line *l, char utc[24], char words[40])
{
	const struct partner *p = config_partner(r->config, view_of(l->partner));
	struct calendar c;
	char day[DATE_TEXT];
	date_t next;

	utc[0] = words[0] = '\0';
	if (p == NULL)
		return;
	clock_calendar(r, p, &c);
	next = calendar_add(&c, (date_t)l->date, 1);
	if (next == DATE_NONE)
		return;
	clock_text(zone_utc(p->timezone, next, NOON), utc);
	snprintf(words, 40, "%s 12:00, the bank's time", date_print(next, day));
}

static int alarm_line(struct route *r, const struct bank_line *l, const struct check *k, const char *reason, const char *words, struct err *err)
{
	char source[40], utc[24], until[40], text[400];
	struct exception x = { .source = source, .reason = reason, .partner = l->partner, .detail = text, .alarm = true, .parcel = l->parcel, .line = l->line, .bank_line = l->id,
		.item = k->item, .account = view_of(l->account), .ccy = view_of(l->ccy), .date = l->date, .amount = l->amount, .deadline = utc };

	snprintf(source, sizeof(source), "line:L%lld", (long long)l->id);
	take_back_until(r, l, utc, until);
	snprintf(text, sizeof(text), "check %s: %s; the bank takes it back until %s", l->check_number, words, until);
	if (ledger_do(r->ledger, err, "UPDATE bank_line SET state=3, reason=?2, detail=?3 WHERE id=?1 AND state IN (1,3)", "itt", l->id, reason, text) < 0)
		return -1;
	return exception_raise(r, &x, err);
}

/* A check file and a statement may write one account with zeros in front, or without. */
static const char *no_zeros(const char *account)
{
	return account + strspn(account, "0");
}

/* Our own check of that account and number.  1, 0, -1. */
static int find_ours(struct route *r, const struct bank_line *l, int64_t serial, struct check *k, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT c.item, c.state, i.amount_minor, ifnull(e.id,0), b.effective FROM check_serial c JOIN item i ON i.id=c.item JOIN batch b ON b.id=i.batch"
			 " LEFT JOIN expected e ON e.kind='check' AND e.item=i.id AND e.state IN (1,2) WHERE c.serial=?2 AND ltrim(c.account,'0')=ltrim(?1,'0') ORDER BY e.state LIMIT 1", "ti", l->account, serial) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		*k = (struct check){ .item = rows_int(&rows, 0), .void_serial = rows_int(&rows, 1) != 1, .amount = rows_int(&rows, 2), .expected = rows_int(&rows, 3),
			.issued = rows_int(&rows, 4), .ours = true };
	rows_end(&rows);
	if (rc != 1)
		return rc;
	return ledger_item_state(r->ledger, k->item, &k->state, err) == 1 ? 1 : -1;
}

/* The book's: its number may have zeros in front, here and there. */
static int find_books(struct route *r, const struct bank_line *l, struct check *k, int64_t *state, char status[16], struct err *err)
{
	const char *number = l->check_number + strspn(l->check_number, "0");
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, state, abs(amount_minor), ifnull(issued,effective), ifnull(status,'') FROM expected WHERE kind='book' AND type='CHECK' AND partner=? AND account=?"
			 " AND reference=? COLLATE NOCASE ORDER BY state LIMIT 1", "ttt", l->partner, l->account, number) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*k = (struct check){ .expected = rows_int(&rows, 0), .amount = rows_int(&rows, 2), .issued = rows_int(&rows, 3) };
		*state = rows_int(&rows, 1);
		snprintf(status, 16, "%.*s", VIEW_FMT(rows_text(&rows, 4)));
	}
	rows_end(&rows);
	return rc;
}

static int another_amount(struct route *r, const struct bank_line *l, const struct check *k, struct err *err)
{
	struct buf b = { .max = 200 };
	int rc;

	buf_text(&b, "paid with ");
	money_print_grouped(&b, -l->amount, l->ccy);
	buf_text(&b, ", issued for ");
	money_print_grouped(&b, k->amount, l->ccy);
	rc = alarm_line(r, l, k, "CHECK_AMOUNT_DIFFERS", buf_cstr(&b), err);
	buf_release(&b);
	return rc;
}

static bool too_old(const struct bank_line *l, const struct check *k)
{
	return l->date - k->issued > CHECK_STALE_DAYS;
}

static int pay(struct route *r, const struct bank_line *l, const struct check *k, struct err *err)
{
	static const int steps[] = { ITEM_PRINTED, ITEM_PRESENTED, ITEM_SETTLED };
	struct match m = { .line = l->id, .rule = VIEW("CHECK_NUMBER"), .score = 10000 };
	char why[40];
	struct buf b = { .max = 200 };
	int rc = 0;

	buf_fmt(&b, "check %s of this account, issued for ", l->check_number);
	money_print_grouped(&b, k->amount, l->ccy);
	buf_fmt(&b, " %s, paid with the same amount", l->ccy);
	m.text = buf_as_view(&b);
	snprintf(why, sizeof(why), "L%lld", (long long)l->id);
	/* Paid before the printer's word came: it was printed. */
	for (size_t i = k->state == ITEM_DELIVERED ? 0 : 1; rc == 0 && k->ours && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = ledger_move(r->ledger, THING_ITEM, k->item, steps[i], why, err);
	if (rc == 0)
		rc = bank_match(r, &m, &k->expected, k->expected != 0, err);
	buf_release(&b);
	return rc;
}

static int judge_ours(struct route *r, const struct bank_line *l, const struct check *k, struct err *err)
{
	if (k->void_serial || k->state == ITEM_VOID)
		return alarm_line(r, l, k, "VOID_PRESENTED", "it was voided", err);
	switch (k->state) {
	case ITEM_STOPPED:
		return alarm_line(r, l, k, "STOP_PRESENTED", "its payment was stopped", err);
	case ITEM_PRESENTED:
	case ITEM_SETTLED:
	case ITEM_RETURNED:
		return alarm_line(r, l, k, "CHECK_PAID_TWICE", "it is paid already", err);
	case ITEM_STALE:
		return alarm_line(r, l, k, "STALE_CHECK", "it is older than 180 days", err);
	case ITEM_DELIVERED:
	case ITEM_PRINTED:
	case ITEM_MAILED:
		break;
	default:
		return alarm_line(r, l, k, "CHECK_NOT_ISSUED", "it was never sent to the printer, or is held", err);
	}
	if (too_old(l, k))
		return alarm_line(r, l, k, "STALE_CHECK", "it is older than 180 days", err);
	return -l->amount != k->amount ? another_amount(r, l, k, err) : pay(r, l, k, err);
}

static int judge_books(struct route *r, const struct bank_line *l, const struct check *k, int64_t state, const char *status, struct err *err)
{
	if (state == OPEN_SUPERSEDED)
		return alarm_line(r, l, k, strcmp(status, "STOPPED") == 0 ? "STOP_PRESENTED" : "VOID_PRESENTED", strcmp(status, "STOPPED") == 0 ? "the book has stopped it" :
				  "the book has voided it", err);
	if (state == OPEN_MATCHED)
		return alarm_line(r, l, k, "CHECK_PAID_TWICE", "it is paid already", err);
	if (too_old(l, k))
		return alarm_line(r, l, k, "STALE_CHECK", "it is older than 180 days", err);
	return -l->amount != k->amount ? another_amount(r, l, k, err) : pay(r, l, k, err);
}

/* Are checks drawn on this account at all?  If not, a number in a line is only a number. */
static int draws_checks(struct route *r, const struct bank_line *l, struct err *err)
{
	int64_t n = 0;

	if (ledger_int(r->ledger, &n, err, "SELECT EXISTS (SELECT 1 FROM check_serial WHERE account IN (?2, ltrim(?2,'0'))) OR EXISTS (SELECT 1 FROM expected WHERE kind='book' AND type='CHECK' AND partner=?1"
		       " AND account=?2)", "tt", l->partner, l->account) < 0)
		return -1;
	for (size_t i = 0; n == 0 && i < r->config->n_partners; i++)
		for (size_t o = 0; o < r->config->partners[i].n_out; o++) {
			const char *account = r->config->partners[i].out[o].check_account;

			n |= account != NULL && account[0] != '\0' && strcmp(no_zeros(account), no_zeros(l->account)) == 0;
		}
	return n != 0;
}

static int judge(struct route *r, const struct bank_line *l, struct err *err)
{
	struct check k = { 0 };
	int64_t serial, state = 0;
	char status[16];
	int rc = to_serial(l->check_number, &serial) ? find_ours(r, l, serial, &k, err) : 0;

	if (rc != 0)
		return rc < 0 ? -1 : judge_ours(r, l, &k, err);
	rc = find_books(r, l, &k, &state, status, err);
	if (rc != 0)
		return rc < 0 ? -1 : judge_books(r, l, &k, state, status, err);
	k = (struct check){ 0 };
	rc = draws_checks(r, l, err);
	if (rc < 0)
		return -1;
	return rc == 1 ? alarm_line(r, l, &k, "UNKNOWN_SERIAL", "nobody here issued a check of this number", err)
		: bank_line_miss(r, l, VIEW("NO_COUNTERPART_BOOK"), VIEW("a check on an account on which nothing here draws checks"), err);
}

int checks_pump(struct route *r, struct err *err)
{
	static struct bank_line l;		/* too large for the stack */
	int64_t ids[CHECKS_A_ROUND];
	struct rows rows;
	int n = 0, rc;

	if (!r->checks_dirty)
		return 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM bank_line WHERE state IN (1,3) AND provisional=0 AND check_number IS NOT NULL AND amount_minor<0 AND id>? ORDER BY id LIMIT ?", "ii",
			 r->checks_from, (int64_t)CHECKS_A_ROUND) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		ids[n++] = rows_int(&rows, 0);
	for (int i = 0; rc == 0 && i < n; i++) {
		rc = bank_line_read(r, ids[i], &l, err);
		rc = rc == 1 ? judge(r, &l, err) : rc;
	}
	r->checks_dirty = n == CHECKS_A_ROUND;
	r->checks_from = r->checks_dirty ? ids[n - 1] : 0;
	r->dirty |= r->checks_dirty;
	r->report_wanted |= n > 0;
	return rc;
}

/* Once a day: a check that nobody has cashed for half a year is the bank's to refuse. */
int checks_clock(struct route *r, int64_t today, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.id FROM batch b JOIN item i ON i.batch=b.id WHERE b.kind='check' AND b.effective<? AND (CASE i.state WHEN 0 THEN b.items_state ELSE i.state END)"
			 " IN (17,18) ORDER BY i.id", "i", today - CHECK_STALE_DAYS) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		int64_t item = rows_int(&rows, 0);

		if (ledger_move(r->ledger, THING_ITEM, item, ITEM_STALE, "STALE_CHECK", err) != 0
		    || ledger_do(r->ledger, err, "UPDATE expected SET reason='STALE_CHECK' WHERE kind='check' AND item=? AND state=1", "i", item) < 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}
