/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book - the book's own items (EXPECTED records) become what the bank must show for their account
 *
 * An item is known by its feed and id: the same again changes nothing; the same with status VOID or STOPPED takes the item back, so that
 * a line which pays it is an exception; the same with other figures is an exception (BOOK_CHANGED) and what stood stays.  The bank is
 * the partner whose `accounts` list the account in that currency; an item of an account that is nobody's is an exception
 * (UNKNOWN_ACCOUNT) and asks for nothing at the bank.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "gateway/ledger_schema.h"
#include "gateway/log.h"
#include "rules/calendar.h"

struct book { int64_t parcel, n; char feed[200]; };

struct known { int64_t id, state, amount, effective; bool same; char status[16]; };

/* The bank that keeps this account in this currency; NULL and why. */
static const struct partner *bank_of(const struct route *r, struct view account, struct view ccy, const char **why)
{
	*why = "UNKNOWN_ACCOUNT";
	for (size_t i = 0; i < r->config->n_partners; i++)
		for (size_t k = 0; k < r->config->partners[i].n_accounts; k++) {
			const struct config_pair *a = &r->config->partners[i].accounts[k];

			if (!view_eq(account, view_of(a->name)))
				continue;
			if (view_eq(ccy, view_of(a->value)))
				return &r->config->partners[i];
			*why = "CCY_MISMATCH";
		}
	return NULL;
}

static int raise(struct route *r, const struct book *b, const struct record *rec, const char *reason, bool alarm, const char *detail, struct err *err)
{
	char source[300];
	struct exception x = { .source = source, .reason = reason, .partner = "", .detail = detail, .alarm = alarm, .parcel = b->parcel, .line = (int64_t)rec->line,
		.account = record_text(rec, F_ACCOUNT), .ccy = record_text(rec, F_CURRENCY), .date = record_num(rec, F_EFFECTIVE_DATE, DATE_NONE),
		.amount = record_num(rec, F_AMOUNT, 0) };

	snprintf(source, sizeof(source), "book:F%lld:%llu", (long long)b->parcel, (unsigned long long)rec->seq);
	return exception_raise(r, &x, err);
}

/* Banks and books write a check's number with zeros in front, or without. */
static struct view reference_of(const struct record *rec)
{
	struct view v = record_text(rec, F_REFERENCE);

	while (view_eq(record_text(rec, F_TYPE), VIEW("CHECK")) && v.n > 1 && v.p[0] == '0')
		v = view_sub(v, 1, v.n);
	return v;
}

static int find(struct route *r, const struct book *b, const struct record *rec, struct known *k, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, state, amount_minor, effective, ifnull(status,'OPEN'), account=?3 AND ccy=?4 AND amount_minor=?5 AND effective=?6"
			 " AND reference IS ?7 FROM expected WHERE kind='book' AND feed=?1 AND book_item=?2", "tvvviiv", b->feed, record_text(rec, F_ITEM), record_text(rec, F_ACCOUNT),
			 record_text(rec, F_CURRENCY), record_num(rec, F_AMOUNT, 0), record_num(rec, F_EFFECTIVE_DATE, DATE_NONE), reference_of(rec)) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*k = (struct known){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 5) != 0, "" };
		snprintf(k->status, sizeof(k->status), "%.*s", VIEW_FMT(rows_text(&rows, 4)));
	}
	rows_end(&rows);
	return rc;
}

static bool taken_back(struct view status)
{
	return view_eq(status, VIEW("VOID")) || view_eq(status, VIEW("STOPPED"));
}

static int add(struct route *r, struct book *b, const struct record *rec, struct err *err)
{
	struct view account = record_text(rec, F_ACCOUNT), ccy = record_text(rec, F_CURRENCY), status = record_text(rec, F_STATUS);
	const char *why;
	const struct partner *bank = bank_of(r, account, ccy, &why);
	int64_t state = bank == NULL ? OPEN_EXCEPTION : taken_back(status) ? OPEN_SUPERSEDED : OPEN_OPEN, effective = record_num(rec, F_EFFECTIVE_DATE, DATE_NONE);

	if (ledger_do(r->ledger, err, "INSERT INTO expected(kind, feed, book_item, parcel, line, partner, account, ccy, amount_minor, effective, reference, type, party, grp, issued, status, state,"
		      " reason, first_seen) VALUES('book',?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "tviitvviivvvviviti", b->feed, record_text(rec, F_ITEM), b->parcel, (int64_t)rec->line,
		      bank ? bank->name : "", account, ccy, record_num(rec, F_AMOUNT, 0), effective, reference_of(rec), record_text(rec, F_TYPE), record_text(rec, F_PARTY),
		      record_text(rec, F_GROUP), record_num(rec, F_ISSUE_DATE, effective), status, state, bank ? NULL : why, (int64_t)(clock_utc(r) / 86400)) < 0)
		return -1;
	b->n++;
	if (bank != NULL)
		return 0;
	return raise(r, b, rec, why, false, why[0] == 'U' ? "no bank of the configuration keeps this account" : "the account is kept in another currency", err);
}

/* The book takes it back, or says again that it counts. */
static int change_status(struct route *r, const struct book *b, const struct record *rec, const struct known *k, struct view status, struct err *err)
{
	char object[24], text[200];
	bool back = taken_back(status);

	if (k->state == OPEN_MATCHED && back) {
		snprintf(text, sizeof(text), "the book makes it %.*s after the bank has paid it", VIEW_FMT(status));
		return raise(r, b, rec, "BOOK_CHANGED", true, text, err);
	}
	if (ledger_do(r->ledger, err, "UPDATE expected SET status=?2, state=?3 WHERE id=?1 AND state IN (1,4)", "ivi", k->id, status, (int64_t)(back ? OPEN_SUPERSEDED : OPEN_OPEN)) < 0)
		return -1;
	snprintf(text, sizeof(text), "%.*s", VIEW_FMT(status));
	return route_audit(r, id_text('E', k->id, object).p, k->status, text, NULL, err);
}

static int take(struct route *r, struct book *b, const struct record *rec, struct err *err)
{
	struct view status = record_text(rec, F_STATUS);
	struct known k;
	char text[160];
	int found;

	if (status.n == 0)
		status = VIEW("OPEN");
	if (!record_has(rec, F_ITEM) || !record_has(rec, F_AMOUNT))
		return raise(r, b, rec, "BOOK_INCOMPLETE", false, "the item has no id or no amount", err);
	found = find(r, b, rec, &k, err);
	if (found <= 0)
		return found < 0 ? -1 : add(r, b, rec, err);
	if (!k.same) {
		snprintf(text, sizeof(text), "the item '%.*s' came before with another account, amount, date or reference; what came first stands", VIEW_FMT(view_sub(record_text(rec, F_ITEM), 0, 64)));
		return raise(r, b, rec, "BOOK_CHANGED", false, text, err);
	}
	if (strcmp(k.status, "WRITTEN_OFF") == 0)
		return 0;			/* a person's word stands */
	return view_eq(status, view_of(k.status)) ? 0 : change_status(r, b, rec, &k, status, err);
}

static int take_page(struct route *r, void *ctx, struct view records, struct err *err)
{
	struct record rec;

	while (wire_cut_record(&records, &rec) == 1)
		if (rec.kind == RECORD_EXPECTED && take(r, ctx, &rec, err) != 0)
			return -1;
	return 0;
}

int book_route(struct route *r, int64_t parcel, struct err *err)
{
	struct book b = { .parcel = parcel };
	char object[24], n[24];
	struct rows rows;

	if (ledger_query(&rows, r->ledger, err, "SELECT channel FROM parcel WHERE id=?", "i", parcel) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(b.feed, sizeof(b.feed), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	if (segment_walk(r, parcel, take_page, &b, err) != 0)
		return -1;
	snprintf(n, sizeof(n), "%lld", (long long)b.n);
	log_step(LOG_NOTICE, "book.taken", "parcel", id_text('F', parcel, object).p, "items", n, NULL);
	bank_from_the_start(r);
	r->report_wanted = r->dirty = true;
	return ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err);
}

/* Why this item is late, by its bank's calendar; NULL: it is not.  A check may be paid for half a year. */
static const char *late(struct route *r, struct rows *rows)
{
	const struct partner *p = config_partner(r->config, rows_text(rows, 1));
	struct calendar c;
	int32_t today;

	if (p == NULL)
		return NULL;
	clock_local(p, clock_utc(r), &today, NULL);
	if (rows_int(rows, 3))
		return today - rows_int(rows, 4) > CHECK_STALE_DAYS ? "STALE_CHECK" : NULL;
	clock_calendar(r, p, &c);
	return today > rows_int(rows, 2) && calendar_count(&c, (date_t)rows_int(rows, 2), today) > LATE_DAYS ? "NO_COUNTERPART_BANK" : NULL;
}

/* Once a day: what the bank has not shown in time.  A file's own settlement is said by its batch, which is OVERDUE then. */
int book_clock(struct route *r, struct err *err)
{
	int64_t today = clock_utc(r) / 86400;
	struct rows rows;
	int rc;

	if (r->late_day == today)
		return 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT id, partner, effective, ifnull(type,'')='CHECK', ifnull(issued, effective) FROM expected WHERE state=1 AND kind NOT IN ('settlement','check')"
			 " AND effective<? AND reason IS NULL", "i", today) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		const char *why = late(r, &rows);

		if (why != NULL && ledger_do(r->ledger, err, "UPDATE expected SET reason=? WHERE id=?", "ti", why, rows_int(&rows, 0)) < 0) {
			rows_end(&rows);
			return -1;
		}
		r->report_wanted |= why != NULL;
	}
	if (rc != 0 || checks_clock(r, today, err) != 0)
		return -1;
	r->late_day = today;
	return 0;
}
