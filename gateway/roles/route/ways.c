/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ways - a run's items go to the batches of their ways, and what is no ACH file gets its numbers
 *
 * A run is opened and allotted as one batch.  Once nothing of it is held, its checks and rollovers move to batches of their own, in the
 * order ach, check, rollover; what a rollover file moves is funded by a batch of kind funding, which leaves by ACH and goes first
 * (funding.c).  Each is proposed and approved like any batch.
 *
 * A check's number comes from one counter for each account, in item order, in the transaction that makes its files: the print file for
 * the printer, and the positive-pay file for the bank, which is delivered first.  A number that was used once is remembered for ever.
 */
#include "gateway/roles/route/ways.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/log.h"
#include "gateway/roles/route/artifact.h"
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/emit.h"
#include "gateway/roles/route/funding.h"
#include "gateway/roles/route/run.h"

/* Dividing a run */

struct run_row { int64_t parcel; char feed[200], kind[12]; };

static int read_run(struct route *r, int64_t batch, struct run_row *out, struct err *err)
{
	struct rows rows;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.parcel, b.kind, p.channel FROM batch b JOIN parcel p ON p.id=b.parcel WHERE b.id=?", "i", batch) != 0 || rows_next(&rows) != 1)
		return -1;
	out->parcel = rows_int(&rows, 0);
	snprintf(out->kind, sizeof(out->kind), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
	snprintf(out->feed, sizeof(out->feed), "%.*s", VIEW_FMT(rows_text(&rows, 2)));
	rows_end(&rows);
	return 0;
}

/* A batch beside this one: the same run, source, dates and makers. */
int ways_add_batch(struct route *r, int64_t like, const char *kind, const char *channel, int64_t *id, struct err *err)
{
	const struct partner *partner;
	const struct outbound *o = config_outbound(r->config, view_of(channel), &partner);
	char object[24];

	if (o == NULL)
		return err_set(err, -1, "the channel '%s' is not in the configuration", channel);
	if (ledger_do(r->ledger, err, "INSERT INTO batch(parcel, kind, partner, outbound, format, ccy, effective, pay_date, run, source_sha256, state, items_state, maker, first_item,"
		      " changed_at) SELECT parcel, ?2, ?3, ?4, ?5, ccy, effective, pay_date, run, source_sha256, ?6, ?7, maker, first_item, ?8 FROM batch WHERE id=?1", "ittttiit",
		      like, kind, partner->name, o->name, o->format, (int64_t)BATCH_OPEN, (int64_t)ITEM_BATCHED, ledger_now(r->ledger)->utc) < 0)
		return -1;
	*id = ledger_last_id(r->ledger);
	return route_audit(r, id_text('B', *id, object).p, "", "OPEN", kind, err);
}

int ways_set_reference(struct route *r, int64_t batch, const char *prefix, int64_t number, struct err *err)
{
	char reference[24];

	snprintf(reference, sizeof(reference), "%s%lld", prefix, (long long)number);
	return ledger_do(r->ledger, err, "UPDATE batch SET reference=? WHERE id=?", "ti", reference, batch) == 1 ? 0 : -1;
}

/* The run's batch itself when it has no ACH payment: it becomes the batch of its first other way. */
static int turn_into(struct route *r, int64_t batch, const char *kind, const char *channel, struct err *err)
{
	const struct partner *partner;
	const struct outbound *o = config_outbound(r->config, view_of(channel), &partner);
	char object[24];

	if (ledger_do(r->ledger, err, "UPDATE batch SET kind=?2, partner=?3, outbound=?4, format=?5 WHERE id=?1", "itttt", batch, kind, partner->name, o->name, o->format) != 1)
		return -1;
	return route_audit(r, id_text('B', batch, object).p, "ach", kind, NULL, err);
}

/* The payable items of one way into the batch that leaves by it. */
static int divide(struct route *r, int64_t batch, const char *method, const char *channel, bool *own, int64_t ids[WAYS_MAX], size_t *n, struct err *err)
{
	bool rollover = strcmp(method, "rollover") == 0;
	int64_t id = batch, funding;

	if (!*own && turn_into(r, batch, method, channel, err) != 0)
		return -1;
	if (*own && (ways_add_batch(r, batch, method, channel, &id, err) != 0
		     || ledger_do(r->ledger, err, "UPDATE item SET batch=?3 WHERE batch=?1 AND method=?2 AND state=0", "iti", batch, method, id) < 0))
		return -1;
	if (*own)
		ids[(*n)++] = id;
	*own = true;
	if (ways_set_reference(r, id, rollover ? "RO" : "CHK", id, err) != 0)
		return -1;
	if (!rollover)
		return 0;
	if (funding_make(r, id, config_outbound(r->config, view_of(channel), NULL), &funding, err) != 0)
		return -1;
	ids[(*n)++] = funding;
	return 0;
}

int ways_divide(struct route *r, int64_t batch, int64_t ids[WAYS_MAX], size_t *n, struct err *err)
{
	static const char *const methods[] = { "check", "rollover" };
	const struct inbound *in;
	const struct outbound *o;
	int64_t there, ach = 0;
	struct run_row run;
	bool own;

	if (read_run(r, batch, &run, err) != 0)
		return -1;
	if (strcmp(run.kind, "ach") != 0)
		return 0;
	in = config_inbound(r->config, view_of(run.feed), NULL);
	if (ledger_int(r->ledger, &ach, err, "SELECT 1 FROM item WHERE batch=? AND state=0 AND method IS NULL LIMIT 1", "i", batch) < 0)
		return -1;
	own = ach == 1;
	for (size_t i = 0; i < 2; i++) {
		const char *channel = in == NULL ? NULL : i == 0 ? in->check_by : in->rollover_by;

		if (ledger_int(r->ledger, &there, err, "SELECT count(*) FROM item WHERE batch=? AND method=? AND state=0", "it", batch, methods[i]) != 1)
			return -1;
		if (there == 0)
			continue;
		o = channel != NULL ? config_outbound(r->config, view_of(channel), NULL) : NULL;
		if (o == NULL || config_way(r->config, o) != (i == 0 ? WAY_CHECK : WAY_ROLLOVER)) {	/* the configuration has changed since it was allotted */
			*n = 0;
			return ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, "NO_ROUTE", err);
		}
		if (divide(r, batch, methods[i], channel, &own, ids, n, err) != 0)
			return -1;
	}
	return 0;
}

/* Files that are no ACH files */

struct paper { int64_t batch, count, debit, credit, effective; char kind[12], reference[24]; };

static int next_paper(struct route *r, const struct partner *p, const struct outbound *o, struct paper *out, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.count, b.debit_minor, b.credit_minor, ifnull(b.effective,0), b.kind, ifnull(b.reference,'') FROM batch b"
			 " JOIN parcel f ON f.id=b.parcel WHERE b.state=?1 AND b.artifact IS NULL AND b.partner=?2 AND b.outbound=?3 AND (b.kind<>'rollover' OR (" FUNDED("?4") "))"
			 " ORDER BY b.effective, f.business_key, b.id LIMIT 1", "itti", (int64_t)BATCH_APPROVED, p->name, o->name, (int64_t)funding_acknowledged(r, o)) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*out = (struct paper){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 4), "", "" };
		snprintf(out->kind, sizeof(out->kind), "%.*s", VIEW_FMT(rows_text(&rows, 5)));
		snprintf(out->reference, sizeof(out->reference), "%.*s", VIEW_FMT(rows_text(&rows, 6)));
	}
	rows_end(&rows);
	return rc;
}

/* Date, time, number of the day and name, by the zone of whoever gets the file. */
static int number_file(struct route *r, const struct partner *p, const struct outbound *o, struct artifact_row *a, struct err *err)
{
	char counter[200];
	int minutes;
	int32_t day;
	int64_t n;

	clock_local(p, clock_utc(r), &day, &minutes);
	a->created_date = day;
	a->created_time = minutes / 60 * 100 + minutes % 60;
	snprintf(counter, sizeof(counter), "file:%s/%s:%lld", p->name, o->name, (long long)day);
	if (counter_take(r, counter, 1, 1, &n, err) != 0 || ledger_int(r->ledger, &a->id, err, "SELECT ifnull(max(id),0)+1 FROM artifact", "") != 1)
		return -1;
	snprintf(a->modifier, sizeof(a->modifier), "%lld", (long long)n);
	snprintf(a->partner, sizeof(a->partner), "%s", p->name);
	numbers_file_name(o, a, a->file_name, sizeof(a->file_name));
	return 0;
}

static int put_file(struct route *r, const struct partner *p, const struct outbound *o, const struct paper *b, struct artifact_row *a, struct err *err)
{
	char object[24];

	if (number_file(r, p, o, a, err) != 0
	    || ledger_do(r->ledger, err, "INSERT INTO artifact(partner, outbound, format, state, business_key, file_name, created_date, created_time, modifier, first_trace, effective, ccy,"
			 " count, debit_minor, credit_minor, business_at, changed_at, issues, waits_for, reference) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,'USD',?12,?13,?14,?15,?16,"
			 "nullif(?17,0),nullif(?18,0),?19)", "tttittiitiiiiittiit", p->name, o->name, o->format, (int64_t)ARTIFACT_ALLOTTED, a->business_key, a->file_name,
			 a->created_date, a->created_time, a->modifier, a->first_trace, b->effective, b->count, b->debit, b->credit, ledger_now(r->ledger)->business,
			 ledger_now(r->ledger)->utc, a->issues, a->waits_for, b->reference) < 0)
		return -1;
	a->id = ledger_last_id(r->ledger);
	if (a->issues == 0 && ledger_do(r->ledger, err, "UPDATE batch SET artifact=?2, number=1, why=NULL WHERE id=?1", "ii", b->batch, a->id) != 1)
		return -1;
	log_step(LOG_NOTICE, "artifact.allotted", "artifact", id_text('A', a->id, object).p, "partner", p->name, "file", a->file_name, NULL);
	return route_audit(r, object, "", "ALLOTTED", a->business_key, err);
}

/* `count` numbers in a row that were never used; 0 in *first: there are none left. */
static int take_serials(struct route *r, const struct outbound *o, int64_t count, int64_t *first, struct err *err)
{
	int64_t start = strtoll(o->first_serial, NULL, 10), used = 0, next = 0, low = 0, high = -1;
	char counter[64];

	snprintf(counter, sizeof(counter), "serial:%s", o->check_account);
	reprint_range(o, &low, &high);
	if (ledger_int(r->ledger, &used, err, "SELECT max(serial) FROM check_serial WHERE account=? AND serial NOT BETWEEN ? AND ?", "tii", o->check_account, low, high) < 0
	    || ledger_int(r->ledger, &next, err, "SELECT value FROM counter WHERE name=?", "t", counter) < 0)
		return -1;
	*first = next > start ? next : start;
	if (used >= *first)			/* a reprint may have taken a number ahead */
		*first = used + 1;
	if (*first <= high && *first + count - 1 >= low)
		*first = high + 1;		/* the printer's own numbers are not ours */
	if (*first + count - 1 > SERIAL_LAST) {
		*first = 0;
		return 0;
	}
	return ledger_do(r->ledger, err, "INSERT INTO counter(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value=?2", "ti", counter, *first + count) < 0 ? -1 : 0;
}

static int give_serials(struct route *r, const struct outbound *o, const struct paper *b, int64_t first, struct err *err)
{
	if (ledger_do(r->ledger, err, "UPDATE item SET serial=s.n FROM (SELECT id AS i, ?2 + row_number() OVER (ORDER BY id) - 1 AS n FROM item WHERE batch=?1 AND state=0) s"
		      " WHERE item.id=s.i", "ii", b->batch, first) < 0)
		return -1;
	return ledger_do(r->ledger, err, "INSERT INTO check_serial(account, serial, item, batch, state) SELECT ?2, serial, id, batch, 1 FROM item WHERE batch=?1 AND state=0 ORDER BY id", "it",
			 b->batch, o->check_account) < 0 ? -1 : 0;
}

static int allot_checks(struct route *r, const struct partner *p, const struct outbound *o, const struct paper *b, struct err *err)
{
	struct artifact_row told = { .issues = b->batch }, print = { .id = 0 };
	const struct partner *bank = NULL;
	const struct outbound *to = o->positive_pay != NULL && o->positive_pay[0] != '\0' ? config_outbound(r->config, view_of(o->positive_pay), &bank) : NULL;
	int64_t first;

	if (take_serials(r, o, b->count, &first, err) != 0)
		return -1;
	if (first == 0)
		return ledger_move(r->ledger, THING_BATCH, b->batch, BATCH_HELD, "SERIALS_USED", err);
	if (give_serials(r, o, b, first, err) != 0)
		return -1;
	told.first_trace = print.first_trace = first;
	if (to != NULL) {
		snprintf(told.business_key, sizeof(told.business_key), "%s|%s/%s|%s|%lld", to->format, bank->name, to->name, o->check_account, (long long)first);
		if (put_file(r, bank, to, b, &told, err) != 0)
			return -1;
		print.waits_for = told.id;
	}
	snprintf(print.business_key, sizeof(print.business_key), "%s|%s/%s|%s|%lld", o->format, p->name, o->name, o->check_account, (long long)first);
	return put_file(r, p, o, b, &print, err);
}

/* Too late by now, as a rollover whose money took its time: no number is used for a file that cannot leave. */
static int too_late(struct route *r, const struct paper *b, struct err *err)
{
	char object[24];

	log_step(LOG_WARNING, "batch.held", "batch", id_text('B', b->batch, object).p, "why", "MISSED_CUTOFF", NULL);
	return ledger_move(r->ledger, THING_BATCH, b->batch, BATCH_HELD, "MISSED_CUTOFF", err) != 0 || ledger_move_items(r->ledger, b->batch, ITEM_BATCHED, "MISSED_CUTOFF", err) != 0 ? -1 : 0;
}

int ways_allot(struct route *r, const struct partner *p, const struct outbound *o, struct err *err)
{
	struct artifact_row a = { .id = 0 };
	int64_t before = 0;
	struct paper b;
	bool missed;
	int rc = next_paper(r, p, o, &b, err);

	if (rc <= 0)
		return rc;
	r->dirty = true;
	if (run_cutoff(r, b.batch, &missed, err) != 0)
		return -1;
	if (missed)
		return too_late(r, &b, err);
	if (strcmp(b.kind, "check") == 0)
		return allot_checks(r, p, o, &b, err);
	snprintf(a.business_key, sizeof(a.business_key), "%s|%s/%s|B%lld", o->format, p->name, o->name, (long long)b.batch);
	if (ledger_int(r->ledger, &before, err, "SELECT count(*) FROM artifact WHERE business_key=?1 OR substr(business_key,1,length(?1)+1)=?1||'/'", "t", a.business_key) < 0)
		return -1;
	if (before > 0)				/* sent again, or re-dated: another file of the same batch */
		snprintf(a.business_key, sizeof(a.business_key), "%s|%s/%s|B%lld/%lld", o->format, p->name, o->name, (long long)b.batch, (long long)before + 1);
	if (put_file(r, p, o, &b, &a, err) != 0)
		return -1;
	/* a print file that waits for a list which the bank rejected waits for the one in its place */
	return ledger_do(r->ledger, err, "UPDATE artifact SET waits_for=?2 WHERE waits_for=(SELECT resent_from FROM batch WHERE id=?1)"
			 " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.artifact=artifact.id AND d.state=5)", "ii", b.batch, a.id) < 0 ? -1 : 0;
}

/* Whose statements will show it: the bank that is told of the checks, else the one that has the account, else nobody's. */
static const struct partner *bank_of(const struct route *r, const struct outbound *o, const struct partner *own)
{
	const struct partner *bank = NULL;

	if (o->positive_pay != NULL && o->positive_pay[0] != '\0' && config_outbound(r->config, view_of(o->positive_pay), &bank) != NULL)
		return bank;
	for (size_t i = 0; i < r->config->n_partners; i++)
		for (size_t k = 0; k < r->config->partners[i].n_accounts; k++)
			if (strcmp(r->config->partners[i].accounts[k].name, o->check_account) == 0)
				return &r->config->partners[i];
	return own;
}

/* As the bank's statements write it: a check file leaves out the zeros in front. */
static const char *account_at(const struct partner *bank, const char *account)
{
	for (size_t k = 0; k < bank->n_accounts; k++) {
		const char *name = bank->accounts[k].name;

		if (strcmp(name + strspn(name, "0"), account + strspn(account, "0")) == 0)
			return name;
	}
	return account;
}

int ways_expect(struct route *r, int64_t batch, int64_t item, struct err *err)
{
	const struct partner *own = NULL, *bank;
	const struct outbound *o;
	char channel[140];
	struct rows rows;
	int32_t today;

	if (ledger_query(&rows, r->ledger, err, "SELECT partner||'/'||outbound FROM batch WHERE id=?", "i", batch) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	o = config_outbound(r->config, view_of(channel), &own);
	if (o == NULL)
		return 0;
	bank = bank_of(r, o, own);
	clock_local(bank, clock_utc(r), &today, NULL);
	return ledger_do(r->ledger, err, "INSERT INTO expected(kind, item, book_item, partner, account, ccy, amount_minor, effective, issued, type, party, reference, description, state, first_seen)"
			 " SELECT 'check', i.id, i.serial, ?2, ?3, b.ccy, -i.amount_minor, b.effective, b.effective, 'CHECK', i.party, i.serial, 'CHECK', 1, ?4 FROM item i"
			 " JOIN batch b ON b.id=i.batch WHERE i.batch=?1 AND ((?5=0 AND i.state=0) OR i.id=?5)", "ittii", batch, bank->name, account_at(bank, o->check_account),
			 (int64_t)today, item) < 0 ? -1 : 0;
}
