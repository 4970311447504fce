/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirmations - what the printer did with each check, and the trustee with each rollover
 *
 * Every item that was sent comes back: PRINTED, MAILED, CONFIRMED move it, once.  A check that was spoiled and printed anew has another
 * number: the bank is told that the old one is void and the new one issued (ways_reissue), and the new number must be one that this
 * printer may use.  Spoiled or voided without a new one, or rejected: the number is void and nobody is paid, so the item is MANUAL and a
 * person decides.  An unknown number, another amount or person, a word that contradicts the one before: alarms, and nothing moves.
 * A row is written down first and judged when its file is DELIVERED; a fast printer may answer before our rename is committed.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/bulk.h"
#include "gateway/roles/route/ways.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/money.h"
#include "gateway/log.h"

#define ROWS_A_ROUND 1000
#define AHEAD 1000			/* our own numbers: from first_serial to so many beyond the highest one used */

enum { ROW_WAITS = 1, ROW_DONE, ROW_EXCEPTION };

struct row {
	int64_t id, parcel, line, serial, new_serial, amount;		/* -1: not said */
	bool rollover;
	char partner[64], reference[64], person[64], verdict[16], reason[120];
	/* what it is about */
	int64_t item, item_amount, replaced_by;
	int state;
	bool void_serial, delivered, left, waits;
	char channel[140], item_person[64];
};

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

int64_t confirmation_number(struct view v)
{
	int64_t n = 0;

	if (v.n == 0 || v.n > 18)
		return -1;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -1;
		n = n * 10 + (v.p[i] - '0');
	}
	return n;
}

struct arrival { int64_t parcel; char partner[64]; };

static int store_page(struct route *r, void *ctx, struct view records, struct err *err)
{
	const struct arrival *a = ctx;
	struct record rec;

	while (wire_cut_record(&records, &rec) == 1)
		if ((rec.kind == RECORD_CHECK_STATUS || rec.kind == RECORD_ROLLOVER)
		    && ledger_do(r->ledger, err, "INSERT INTO confirmation(parcel, seq, line, partner, rollover, reference, serial, new_serial, person, amount_minor, verdict, reason, state, at)"
				 " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,1,?)", "iiitiviivivvt", a->parcel, (int64_t)rec.seq, (int64_t)rec.line, a->partner, (int64_t)(rec.kind == RECORD_ROLLOVER),
				 record_text(&rec, F_REFERENCE), confirmation_number(record_text(&rec, F_CHECK_NUMBER)), confirmation_number(record_text(&rec, F_NEW_CHECK_NUMBER)), record_text(&rec, F_PERSON),
				 record_num(&rec, F_AMOUNT, -1), record_has(&rec, F_STATUS) ? record_text(&rec, F_STATUS) : VIEW(""), record_text(&rec, F_REASON),
				 ledger_now(r->ledger)->business) < 0)
			return -1;
	return 0;
}

int confirmations_route(struct route *r, int64_t parcel, struct err *err)
{
	struct arrival a = { .parcel = parcel };
	int64_t records = 0;

	if (ledger_int(r->ledger, &records, err, "SELECT records FROM parcel WHERE id=?", "i", parcel) < 0)
		return -1;
	if (records > BULK_LEAST)
		return 0;			/* stays ROUTED until its last piece is stored (confirmations_bulk.c) */
	if (parcel_partner(r, parcel, a.partner, err) != 0 || segment_walk(r, parcel, store_page, &a, err) != 0)
		return -1;
	r->report_wanted = r->dirty = true;
	return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err);
}

/* Judging */

static int end(struct route *r, const struct row *c, int state, struct err *err)
{
	return ledger_do(r->ledger, err, "UPDATE confirmation SET state=?2, item=nullif(?3,0) WHERE id=?1", "iii", c->id, (int64_t)state, c->item) == 1 ? 0 : -1;
}

static int raise(struct route *r, const struct row *c, const char *reason, const char *text, struct err *err)
{
	char source[40], detail[400];
	struct exception x = { .source = source, .reason = reason, .partner = c->partner, .detail = detail, .alarm = true, .parcel = c->parcel, .line = c->line, .item = c->item,
		.amount = c->item != 0 ? c->item_amount : c->amount > 0 ? c->amount : 0, .ccy = VIEW("USD"), .date = clock_utc(r) / 86400 };

	snprintf(source, sizeof(source), "confirmation:%lld", (long long)c->id);
	if (c->rollover)
		snprintf(detail, sizeof(detail), "rollover %s: %s", c->reference, text);
	else
		snprintf(detail, sizeof(detail), "check %lld: %s", (long long)c->serial, text);
	return exception_raise(r, &x, err);
}

static int exception(struct route *r, const struct row *c, const char *reason, const char *text, struct err *err)
{
	return raise(r, c, reason, text, err) == 0 ? end(r, c, ROW_EXCEPTION, err) : -1;
}

#define ABOUT "SELECT i.id, i.amount_minor, ifnull(c.state,1)<>1, ifnull(c.replaced_by,0), b.partner||'/'||b.outbound, ifnull(i.person,''), ifnull(d.state,0)=5, ifnull(d.renamed,0)"

/* The check of that number at this printer, or the rollover of that reference.  1 one, 0 none, 2 several, -1. */
static int find_item(struct route *r, struct row *c, struct err *err)
{
	struct rows rows;
	char letter = '\0';
	int64_t id = 0;
	int rc, n = 0;

	id_parse(view_of(c->reference), &letter, &id);
	if ((c->rollover || c->serial < 0
	     ? ledger_query(&rows, r->ledger, err, ABOUT " FROM item i JOIN batch b ON b.id=i.batch LEFT JOIN check_serial c ON c.item=i.id AND c.serial=i.serial LEFT JOIN delivery d"
			    " ON d.artifact=b.artifact WHERE i.id=? AND b.partner=? AND b.kind=?", "itt", letter == 'I' ? id : (int64_t)0, c->partner, c->rollover ? "rollover" : "check")
	     : ledger_query(&rows, r->ledger, err, ABOUT " FROM check_serial c JOIN item i ON i.id=c.item JOIN batch b ON b.id=i.batch LEFT JOIN delivery d ON d.artifact=b.artifact"
			    " WHERE c.serial=? AND b.partner=? AND b.kind='check' LIMIT 2", "it", c->serial, c->partner)) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		n++;
		c->item = rows_int(&rows, 0);
		c->item_amount = rows_int(&rows, 1);
		c->void_serial = rows_int(&rows, 2) != 0;
		c->replaced_by = rows_int(&rows, 3);
		copy(c->channel, sizeof(c->channel), rows_text(&rows, 4));
		copy(c->item_person, sizeof(c->item_person), rows_text(&rows, 5));
		c->delivered = rows_int(&rows, 6) != 0;
		c->left = rows_int(&rows, 7) != 0;
	}
	if (rc < 0)
		return -1;
	if (n != 1) {
		c->item = 0;
		return n;
	}
	if (letter == 'I' && id != c->item && !c->void_serial)
		return 2;			/* its number is one item's, its reference another's */
	return ledger_item_state(r->ledger, c->item, &c->state, err);
}

static int advance(struct route *r, const struct row *c, const int *steps, size_t n, struct err *err)
{
	char why[80];
	int from = c->state;

	snprintf(why, sizeof(why), "F%lld line %lld", (long long)c->parcel, (long long)c->line);
	for (size_t i = 0; i < n; i++) {
		if (!state_allowed(THING_ITEM, from, steps[i]))
			continue;
		if (ledger_move(r->ledger, THING_ITEM, c->item, steps[i], why, err) != 0)
			return -1;
		from = steps[i];
	}
	return end(r, c, ROW_DONE, err);
}

static bool paid(int state)
{
	return state == ITEM_PRESENTED || state == ITEM_SETTLED || state == ITEM_RETURNED;
}

/* PRINTED or MAILED.  A check that the bank has paid already was printed: the word comes late and moves nothing. */
static int printed(struct route *r, const struct row *c, int to, struct err *err)
{
	static const int steps[] = { ITEM_PRINTED, ITEM_MAILED };

	if (c->void_serial)
		return exception(r, c, "CONFIRM_CONTRADICTS", "the printer has printed a number that is void", err);
	if (paid(c->state))
		return end(r, c, ROW_DONE, err);
	if (c->state == ITEM_DELIVERED || (c->state == ITEM_PRINTED && to == ITEM_MAILED))
		return advance(r, c, steps, to == ITEM_MAILED ? 2 : 1, err);
	if (c->state == ITEM_PRINTED || c->state == ITEM_MAILED)
		return exception(r, c, "CONFIRM_AGAIN", "the printer says so a second time", err);
	return exception(r, c, "CONFIRM_CONTRADICTS", "it is neither at the printer nor printed", err);
}

bool reprint_range(const struct outbound *o, int64_t *first, int64_t *last)
{
	if (o->reprint_first == NULL || o->reprint_first[0] == '\0')
		return false;
	*first = strtoll(o->reprint_first, NULL, 10);
	*last = strtoll(o->reprint_last, NULL, 10);
	return true;
}

/* May this printer use that number?  The declared numbers for reprints, or ours: up to a little beyond the highest that was used. */
static int number_good(struct route *r, const struct row *c, bool *good, struct err *err)
{
	const struct outbound *o = config_outbound(r->config, view_of(c->channel), NULL);
	int64_t highest = 0, first, low, high;

	*good = false;
	if (o == NULL || o->check_account == NULL)
		return 0;
	if (reprint_range(o, &low, &high)) {
		*good = c->new_serial >= low && c->new_serial <= high;
		return 0;
	}
	first = strtoll(o->first_serial, NULL, 10);
	if (ledger_int(r->ledger, &highest, err, "SELECT max(serial) FROM check_serial WHERE account=?", "t", o->check_account) < 0)
		return -1;
	*good = c->new_serial >= first && c->new_serial <= (highest > first ? highest : first) + AHEAD;
	return 0;
}

/* Nobody is paid by it now, and its number is void at the bank: a person decides. */
static int to_person(struct route *r, const struct row *c, const char *reason, const char *words, struct err *err)
{
	static const int steps[] = { ITEM_MANUAL };
	char text[300];

	snprintf(text, sizeof(text), "%s%s%s; the payment waits for a person", words, c->reason[0] ? ": " : "", c->reason);
	return raise(r, c, reason, text, err) == 0 ? advance(r, c, steps, 1, err) : -1;
}

static int spoiled(struct route *r, const struct row *c, struct err *err)
{
	static const int steps[] = { ITEM_PRINTED };
	struct err why = { 0 };
	bool good = true;
	int rc;

	if (c->void_serial)
		return c->new_serial > 0 && c->new_serial != c->replaced_by ? exception(r, c, "CONFIRM_CONTRADICTS", "its number is void already and has another one in its place", err)
			: exception(r, c, "CONFIRM_AGAIN", "the printer says so a second time", err);
	if (c->state != ITEM_DELIVERED && c->state != ITEM_PRINTED)
		return exception(r, c, "CONFIRM_CONTRADICTS", "it is mailed, paid or stopped, and the printer spoils it", err);
	if (c->new_serial > 0 && number_good(r, c, &good, err) != 0)
		return -1;
	if (!good)
		return exception(r, c, "NUMBER_OUT_OF_RANGE", "it was printed anew under a number that this printer may not use; the bank will refuse it", err);
	rc = ways_reissue(r, c->parcel, c->item, c->new_serial > 0 ? c->new_serial : 0, &why);
	if (rc < 0) {
		*err = why;
		return -1;
	}
	if (rc == 0)
		return exception(r, c, "REISSUE_REFUSED", why.text, err);
	if (c->new_serial > 0)
		return advance(r, c, steps, 1, err);
	return strcmp(c->verdict, "REJECTED") == 0 ? to_person(r, c, "PRINTER_REJECTED", "the printer rejects it", err)
		: to_person(r, c, "NOT_PRINTED", "spoiled or voided, and not printed anew", err);
}

static int judge_check(struct route *r, const struct row *c, struct err *err)
{
	if (strcmp(c->verdict, "PRINTED") == 0 || strcmp(c->verdict, "MAILED") == 0)
		return printed(r, c, c->verdict[0] == 'P' ? ITEM_PRINTED : ITEM_MAILED, err);
	if (strcmp(c->verdict, "SPOILED") == 0)
		return spoiled(r, c, err);
	if (strcmp(c->verdict, "VOIDED") == 0)
		return c->void_serial ? end(r, c, ROW_DONE, err) : spoiled(r, c, err);
	if (strcmp(c->verdict, "REJECTED") == 0)
		return c->state == ITEM_DELIVERED && !c->void_serial ? spoiled(r, c, err)
			: exception(r, c, "CONFIRM_CONTRADICTS", "the printer rejects what is printed, paid or a person's already", err);
	return exception(r, c, "CONFIRM_UNREADABLE", "the word is none that is known", err);
}

/* A rollover is settled when the trustee has confirmed it and our account was charged with its file's money, whichever comes last. */
int rollovers_settle(struct route *r, int64_t funding, const char *why, struct err *err)
{
	int64_t batch = 0;
	int found;

	while ((found = ledger_int(r->ledger, &batch, err, "SELECT min(b.id) FROM batch f JOIN batch b ON b.parcel=f.parcel AND b.reference=f.reference AND b.kind='rollover'"
				   " WHERE f.id=? AND f.kind='funding' AND f.items_state=12 AND b.id>?", "ii", funding, batch)) == 1)
		if (ledger_move_own(r->ledger, batch, ITEM_CONFIRMED, ITEM_SETTLED, why, err) != 0)
			return -1;
	return found;
}

static int confirmed(struct route *r, const struct row *c, struct err *err)
{
	static const int steps[] = { ITEM_CONFIRMED };
	int64_t funding = 0;
	char why[80];
	int found;

	if (advance(r, c, steps, 1, err) != 0)
		return -1;
	found = ledger_int(r->ledger, &funding, err, "SELECT f.id FROM item i JOIN batch b ON b.id=i.batch JOIN batch f ON f.parcel=b.parcel AND f.reference=b.reference AND f.kind='funding'"
			   " WHERE i.id=? AND f.items_state=12", "i", c->item);
	snprintf(why, sizeof(why), "F%lld line %lld", (long long)c->parcel, (long long)c->line);
	return found <= 0 ? found : rollovers_settle(r, funding, why, err);
}

static int judge_rollover(struct route *r, const struct row *c, struct err *err)
{
	if (c->person[0] != '\0' && c->item_person[0] != '\0' && strcmp(c->person, c->item_person) != 0)
		return exception(r, c, "CONFIRM_PERSON_DIFFERS", "the trustee says it of another person", err);
	if (c->state == ITEM_CONFIRMED || c->state == ITEM_SETTLED)
		return exception(r, c, strcmp(c->verdict, "CONFIRMED") == 0 ? "CONFIRM_AGAIN" : "CONFIRM_CONTRADICTS", "the trustee has confirmed it before", err);
	if (c->state != ITEM_DELIVERED)
		return exception(r, c, "CONFIRM_CONTRADICTS", "it is a person's already, or was never sent", err);
	if (strcmp(c->verdict, "CONFIRMED") == 0)
		return confirmed(r, c, err);
	if (strcmp(c->verdict, "REJECTED") == 0)
		return to_person(r, c, "ROLLOVER_REJECTED", "the trustee rejects it", err);
	return exception(r, c, "CONFIRM_UNREADABLE", "the word is none that is known", err);
}

static int judge(struct route *r, struct row *c, struct err *err)
{
	struct buf b = { .max = 200 };
	int rc = find_item(r, c, err);

	if (rc < 0)
		return -1;
	if (rc != 1)
		return exception(r, c, c->rollover ? "UNKNOWN_ITEM" : "UNKNOWN_SERIAL", rc == 0 ? "nothing of that number or reference was sent to this partner"
				 : "its number and reference are not those of one item", err);
	if (!c->delivered)
		return c->left ? (c->waits = true, 0) : exception(r, c, "CONFIRM_CONTRADICTS", "its file has not left", err);
	if (c->amount >= 0 && c->amount != c->item_amount) {
		buf_text(&b, "confirmed with ");
		money_print_grouped(&b, c->amount, "USD");
		buf_text(&b, ", sent with ");
		money_print_grouped(&b, c->item_amount, "USD");
		rc = exception(r, c, "CONFIRM_AMOUNT_DIFFERS", buf_cstr(&b), err);
		buf_release(&b);
		return rc;
	}
	return c->rollover ? judge_rollover(r, c, err) : judge_check(r, c, err);
}

static void read_row(struct rows *rows, struct row *c)
{
	*c = (struct row){ .id = rows_int(rows, 0), .parcel = rows_int(rows, 1), .line = rows_int(rows, 2), .rollover = rows_int(rows, 3) != 0, .serial = rows_int(rows, 4),
		.new_serial = rows_int(rows, 5), .amount = rows_int(rows, 6) };
	copy(c->partner, sizeof(c->partner), rows_text(rows, 7));
	copy(c->reference, sizeof(c->reference), rows_text(rows, 8));
	copy(c->person, sizeof(c->person), rows_text(rows, 9));
	copy(c->verdict, sizeof(c->verdict), rows_text(rows, 10));
	copy(c->reason, sizeof(c->reason), rows_text(rows, 11));
}

/*
 * The rows that wait, a round of them.  Where none of a round can be judged yet (their file is being renamed) the rest has time until the
 * next tick: a large file that waits for a delivery stalls nobody.
 */
int confirmations_pump(struct route *r, struct err *err)
{
	int64_t from = r->confirmed_to, last = from;
	struct rows rows;
	int rc, n = 0, judged = 0;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, parcel, line, rollover, serial, new_serial, amount_minor, partner, ifnull(reference,''), ifnull(person,''), verdict, ifnull(reason,'')"
			 " FROM confirmation WHERE state=1 AND id>? ORDER BY id LIMIT ?", "ii", from, (int64_t)ROWS_A_ROUND) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct row c;

		read_row(&rows, &c);
		last = c.id;
		n++;
		if (judge(r, &c, err) != 0) {
			rows_end(&rows);
			return -1;
		}
		judged += !c.waits;
	}
	r->confirmed_to = n == ROWS_A_ROUND ? last : 0;
	r->confirm_judged = from == 0 ? judged : r->confirm_judged + judged;
	if (n < ROWS_A_ROUND)
		r->confirm_stands = from != 0 && r->confirm_judged == 0;	/* the whole of them waits, and they are many */
	r->confirm_pass = from == 0 && n < ROWS_A_ROUND ? CONFIRM_ALL_SEEN : r->confirm_stands && judged == 0 ? CONFIRM_STANDS : CONFIRM_GOES_ON;
	r->dirty |= n == ROWS_A_ROUND && judged > 0;
	return rc;
}
