/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checks - the bank has paid a check: may it be, and what is wrong when no item is it?
 *
 * The worker ties a paid check to its item by account, number and amount.  Before it is believed, the check must be one that may be paid: ours
 * (check_serial) is with the printer and neither void, stopped, stale nor paid already.  Right: PRESENTED and SETTLED.  Anything else, and
 * each check that the worker could not tie, is an alarm with the time until which the bank takes it back, noon of its next banking day,
 * and the check stays as it is.  What is known of the number says why: another amount, void, stopped, too old, paid before, not sent to
 * the printer, issued by nobody.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "formats/core/money.h"
#include "gateway/ledger_schema.h"
#include "gateway/zone.h"
#include "rules/calendar.h"

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
	char utc[24], until[40], text[400];

	take_back_until(r, l, utc, until);
	snprintf(text, sizeof(text), "check %s: %.280s; the bank takes it back until %s", l->check_number, words, until);
	if (ledger_do(r->ledger, err, "UPDATE bank_line SET state=3, reason=?2, detail=?3 WHERE id=?1 AND state IN (1,3) AND (state=1 OR reason IS NOT ?2 OR detail IS NOT ?3)", "itt", l->id, reason,
		      text) < 0)
		return -1;
	return bank_alarm(r, l, reason, text, k->item, utc, err);
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

static int another_amount(struct route *r, const struct bank_line *l, const struct check *k, bool swapped, struct err *err)
{
	struct buf b = { .max = 200 };
	int rc;

	buf_text(&b, "paid with ");
	money_print_grouped(&b, -l->amount, l->ccy);
	buf_text(&b, ", issued for ");
	money_print_grouped(&b, k->amount, l->ccy);
	if (swapped)
		buf_text(&b, ", two neighbouring digits are swapped");
	rc = alarm_line(r, l, k, swapped ? "TRANSPOSED_AMOUNT" : "AMOUNT_DIFF", buf_cstr(&b), err);
	buf_release(&b);
	return rc;
}

static bool too_old(const struct bank_line *l, const struct check *k)
{
	return l->date - k->issued > CHECK_STALE_DAYS;
}

/* Paid before the printer's word came: it was printed. */
static int pay_ours(struct route *r, const struct bank_line *l, const struct check *k, struct err *err)
{
	static const int steps[] = { ITEM_PRINTED, ITEM_PRESENTED, ITEM_SETTLED };
	char why[40];
	int rc = 0;

	snprintf(why, sizeof(why), "L%lld", (long long)l->id);
	for (size_t i = k->state == ITEM_DELIVERED ? 0 : 1; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = ledger_move(r->ledger, THING_ITEM, k->item, steps[i], why, err);
	return rc;
}

/* What keeps a check of ours from being paid; NULL: nothing. */
static const char *fault_of_ours(const struct bank_line *l, const struct check *k, const char **words)
{
	if (k->void_serial || k->state == ITEM_VOID)
		return *words = "it was voided", "VOID_PRESENTED";
	switch (k->state) {
	case ITEM_STOPPED:
		return *words = "its payment was stopped", "STOP_PRESENTED";
	case ITEM_PRESENTED:
	case ITEM_SETTLED:
	case ITEM_RETURNED:
		return *words = "it is paid already", "DUP_PAYMENT";
	case ITEM_STALE:
		return *words = "it is older than 180 days", "STALE_CHECK";
	case ITEM_DELIVERED:
	case ITEM_PRINTED:
	case ITEM_MAILED:
		break;
	default:
		return *words = "the number is ours, but it was never sent to the printer, or is held", "NO_COUNTERPART_BOOK";
	}
	*words = "it is older than 180 days";
	return too_old(l, k) ? "STALE_CHECK" : NULL;
}

static const char *fault_of_books(const struct bank_line *l, const struct check *k, int64_t state, const char *status, const char **words)
{
	bool stopped = strcmp(status, "STOPPED") == 0;

	if (state == OPEN_SUPERSEDED)
		return *words = stopped ? "the book has stopped it" : "the book has voided it", stopped ? "STOP_PRESENTED" : "VOID_PRESENTED";
	if (state == OPEN_MATCHED)
		return *words = "it is paid already", "DUP_PAYMENT";
	*words = "it is older than 180 days";
	return too_old(l, k) ? "STALE_CHECK" : NULL;
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

/* Whose check it is, and what keeps it from being paid (*fault NULL: nothing).  1, 0 nobody's, -1. */
static int look(struct route *r, const struct bank_line *l, struct check *k, const char **fault, const char **words, struct err *err)
{
	int64_t serial, state = 0;
	char status[16];
	int rc = to_serial(l->check_number, &serial) ? find_ours(r, l, serial, k, err) : 0;

	if (rc == 1)
		*fault = fault_of_ours(l, k, words);
	if (rc != 0)
		return rc;
	rc = find_books(r, l, k, &state, status, err);
	if (rc == 1)
		*fault = fault_of_books(l, k, state, status, words);
	return rc;
}

static bool is_check_line(const struct bank_line *l)
{
	return l->check_number[0] != '\0' && l->amount < 0;
}

int check_paid(struct route *r, const struct bank_line *l, int64_t expected, bool *good, struct err *err)
{
	const char *fault = NULL, *words = NULL;
	struct check k = { 0 };
	int64_t ours = 0;
	int rc = is_check_line(l) ? look(r, l, &k, &fault, &words, err) : 0;

	*good = true;
	if (rc < 0 || ledger_int(r->ledger, &ours, err, "SELECT kind='check' FROM expected WHERE id=?", "i", expected) < 0)
		return -1;
	if (rc == 1 && fault == NULL && k.expected != expected) {
		fault = "REF_CONFLICT";
		words = "the number is another check's";
	}
	*good = fault == NULL && (rc == 1 || !ours);
	if (fault != NULL)
		return alarm_line(r, l, &k, fault, words, err);
	if (!*good)
		return bank_line_miss(r, l, VIEW("AMBIGUOUS"), VIEW("it may be a check of ours, but the line does not bear its number"), err);
	return k.ours ? pay_ours(r, l, &k, err) : 0;
}

int check_left(struct route *r, const struct bank_line *l, struct view reason, struct view text, struct err *err)
{
	const char *fault = NULL, *words = NULL;
	struct check k = { 0 };
	char why[40], detail[300];
	int rc;

	if (!is_check_line(l))
		return 0;
	rc = look(r, l, &k, &fault, &words, err);
	if (rc < 0)
		return -1;
	if (rc == 0 && (rc = draws_checks(r, l, err)) <= 0)
		return rc;			/* on this account a number is only a number */
	if (fault != NULL)
		return alarm_line(r, l, &k, fault, words, err) != 0 ? -1 : 1;
	if (k.amount != 0 && -l->amount != k.amount)
		return another_amount(r, l, &k, view_eq(reason, VIEW("TRANSPOSED_AMOUNT")), err) != 0 ? -1 : 1;
	snprintf(why, sizeof(why), "%.*s", VIEW_FMT(reason));
	snprintf(detail, sizeof(detail), "%.*s", VIEW_FMT(view_sub(text, 0, 250)));
	if (k.amount == 0) {			/* whatever else it may be: a number that nobody issued */
		snprintf(why, sizeof(why), "NO_COUNTERPART_BOOK");
		snprintf(detail, sizeof(detail), "nobody here issued a check of this number");
	}
	return alarm_line(r, l, &k, why, detail, err) != 0 ? -1 : 1;
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
