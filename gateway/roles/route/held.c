/* SPDX-License-Identifier: Apache-2.0 */
/*
 * held - rows of a run that cannot be paid as they are, and the ways out of it
 *
 * One held row holds its whole run: every batch is HELD(HELD_ROWS) until a person decides.  A single item is released (its person is
 * there by now, or another person has looked at changed bank data) and is paid in the same run; or the run is released without its held
 * rows, which are REJECTED then and go back to the feed.  Whoever decides is a person who has not made or touched the run, and has
 * touched it from then on: another one approves what is paid, by its totals.
 * Refused: 0 and words; nothing has changed.
 */
#include "gateway/roles/route/held.h"

#include <stdio.h>
#include <stdlib.h>
#include "gateway/log.h"
#include "gateway/reasons.h"
#include "gateway/roles/route/notices.h"
#include "gateway/roles/route/run.h"

#define RUN_BATCHES 16

struct held_run { int64_t parcel, batches[RUN_BATCHES]; size_t n; };

int held_rows(struct route *r, int64_t parcel, int64_t *n, struct err *err)
{
	*n = 0;
	return ledger_int(r->ledger, n, err, "SELECT count(*) FROM batch b JOIN item i ON i.batch=b.id WHERE b.parcel=? AND i.state=4", "i", parcel) < 0 ? -1 : 0;
}

/* The batches of a run that wait for its held rows. */
static int read_run(struct route *r, int64_t parcel, struct held_run *out, struct err *err)
{
	struct rows rows;
	int rc;

	*out = (struct held_run){ .parcel = parcel };
	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE parcel=? AND state=4 AND why='HELD_ROWS' ORDER BY id", "i", parcel) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1 && out->n < RUN_BATCHES)
		out->batches[out->n++] = rows_int(&rows, 0);
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

/* 1: a checker who has not touched this run; 0: refused. */
static int second_person(struct route *r, const struct decision *d, int64_t parcel, struct err *err)
{
	char pattern[80];
	int64_t touched = 0;

	if (d->command->uid == 0)
		return err_set(err, -1, "uid 0 is never a checker; decide as your own user"), 0;
	snprintf(pattern, sizeof(pattern), ",%s,", d->statement->operator_name);
	if (ledger_int(r->ledger, &touched, err, "SELECT max(m) FROM (SELECT instr(','||maker||',', ?2)>0 AS m FROM batch WHERE parcel=?1"
		       " UNION ALL SELECT instr(','||ifnull(toucher,'')||',', ?2)>0 FROM parcel WHERE id=?1)", "it", parcel, pattern) < 0)
		return -1;
	return touched == 0 ? 1 : (err_set(err, -1, "'%s' touched this run; another person must look at its held rows", d->statement->operator_name), 0);
}

static int touch(struct route *r, const struct decision *d, const struct held_run *run, struct err *err)
{
	for (size_t i = 0; i < run->n; i++)
		if (ledger_do(r->ledger, err, "UPDATE batch SET maker=maker||','||?2 WHERE id=?1 AND instr(','||maker||',', ','||?2||',')=0", "it", run->batches[i],
			      d->statement->operator_name) < 0)
			return -1;
	return 0;
}

/* Added up anew; without held rows the run goes on. */
static int propose(struct route *r, const struct held_run *run, struct err *err)
{
	for (size_t i = 0; i < run->n; i++)
		if (run_propose(r, run->batches[i], err) != 0)
			return -1;
	r->dirty = true;
	return 0;
}

/* Each keeps the reason it was held for. */
static int reject_items(struct route *r, int64_t parcel, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.id, i.why FROM batch b JOIN item i ON i.batch=b.id WHERE b.parcel=? AND i.state=4 ORDER BY i.id", "i", parcel) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		char why[48];

		snprintf(why, sizeof(why), "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		if (ledger_move(r->ledger, THING_ITEM, rows_int(&rows, 0), ITEM_REJECTED, why, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	}
	return rc;
}

int held_cancel(struct route *r, int64_t batch, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM item WHERE batch=? AND state=4 ORDER BY id", "i", batch) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (ledger_move(r->ledger, THING_ITEM, rows_int(&rows, 0), ITEM_CANCELLED, "BY_OPERATOR", err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

/* The run of that parcel without its held rows. */
static int without(struct route *r, const struct decision *d, int64_t parcel, struct err *err)
{
	struct held_run run;
	int64_t held, left = 0;
	char name[64];
	int rc;

	if (read_run(r, parcel, &run, err) != 0 || held_rows(r, parcel, &held, err) != 0)
		return -1;
	if (run.n == 0)
		return err_set(err, -1, "'%s' does not wait for held rows", d->statement->object), 0;
	if (ledger_int(r->ledger, &left, err, "SELECT count(*) FROM batch b JOIN item i ON i.batch=b.id WHERE b.parcel=? AND i.state=0", "i", parcel) < 0)
		return -1;
	if (left == 0)
		return err_set(err, -1, "'%s' has no row that could be paid; reject it, or release single items", d->statement->object), 0;
	rc = second_person(r, d, parcel, err);
	if (rc != 1)
		return rc;
	if (people_keep(r, d->command, d->statement, err) != 0 || reject_items(r, parcel, err) != 0 || notices_reject(r, parcel, "items", name, err) != 0 || touch(r, d, &run, err) != 0 || propose(r, &run, err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "the run goes on without %lld held item%s%s%s; another person approves it", (long long)held, held == 1 ? "" : "s", name[0] != '\0' ? ", which the feed hears of by " : "", name);
	return 1;
}

int held_release_batch(struct route *r, const struct decision *d, struct err *err)
{
	int64_t parcel;
	int rc = ledger_int(r->ledger, &parcel, err, "SELECT parcel FROM batch WHERE id=?", "i", d->id);

	return rc <= 0 ? rc : without(r, d, parcel, err);
}

/* A register with faulty rows has no items of them: they are left out by the module and listed by the findings. */
int held_release_file(struct route *r, const struct decision *d, struct err *err)
{
	int64_t findings = 0;
	char name[64];
	int rc;

	if (ledger_int(r->ledger, &findings, err, "SELECT state=8 AND why='FINDINGS' AND purpose='payroll' FROM parcel WHERE id=?", "i", d->id) < 0)
		return -1;
	if (!findings)
		return without(r, d, d->id, err);
	rc = second_person(r, d, d->id, err);
	if (rc != 1)
		return rc;
	if (people_keep(r, d->command, d->statement, err) != 0
	    || ledger_do(r->ledger, err, "UPDATE parcel SET released=1, toucher=ifnull(toucher||',','')||?2 WHERE id=?1", "it", d->id, d->statement->operator_name) < 0
	    || ledger_move(r->ledger, THING_PARCEL, d->id, PARCEL_PARSED, "RELEASED", err) != 0 || inbound_route(r, d->id, err) != 0
	    || notices_reject(r, d->id, "findings", name, err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s goes on without its faulty rows%s%s; another person approves it", d->statement->object, name[0] != '\0' ? ", which the feed hears of by " : "", name);
	return 1;
}

/* Single items */

struct held_item { int64_t batch, parcel, seq, version, state, batch_state; char why[48], batch_why[48]; };

static int read_item(struct route *r, int64_t id, struct held_item *out, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.batch, b.parcel, i.seq, ifnull(i.person_version,0), i.state, b.state, ifnull(i.why,''), ifnull(b.why,'') FROM item i"
			 " JOIN batch b ON b.id=i.batch WHERE i.id=?", "i", id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*out = (struct held_item){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 4), rows_int(&rows, 5), "", "" };
		snprintf(out->why, sizeof(out->why), "%.*s", VIEW_FMT(rows_text(&rows, 6)));
		snprintf(out->batch_why, sizeof(out->batch_why), "%.*s", VIEW_FMT(rows_text(&rows, 7)));
	}
	rows_end(&rows);
	return rc;
}

/* A person has looked at changed bank data: every leg of the row is paid, and that version waits in no later run. */
static int let_pass(struct route *r, const struct decision *d, const struct held_item *it, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT i.id FROM batch b JOIN item i ON i.batch=b.id WHERE b.parcel=? AND i.seq=? AND i.state=4 AND i.why='BANK_DATA_CHANGED'", "ii",
			 it->parcel, it->seq) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (ledger_item_back(r->ledger, rows_int(&rows, 0), "RELEASED", err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc < 0 ? -1 : persons_clear(r, it->version, d->statement->operator_name, err) == 0 ? 1 : -1;
}

/* Why the row cannot be paid now either, in words; NULL: it can, and *legs are its legs. */
static const char *still(const struct pending_run *p, struct view rows, const struct run_marks *marks, struct buf *legs)
{
	struct allot_leg leg[ALLOT_LEGS];
	const struct tally_code *code;
	enum allot_reason reason;
	struct record row;
	size_t n;

	if (rows.n == 0) {			/* nobody's row */
		code = marks->n > 0 ? reason_find(marks->marks[0].why) : NULL;
		return code != NULL ? code->title : "its payee is not known";
	}
	if (wire_cut_record(&rows, &row) != 1)
		return "its row is damaged";
	reason = allot_row(leg, &n, &row, &p->ways);
	if (reason != ALLOT_GOOD)
		return allot_reason_words(reason);
	for (size_t i = 0; i < n; i++)
		if (!wire_put_record(legs, &leg[i].r))
			return "its legs are too large";
	return NULL;
}

/* The row is read and joined again, by what is known now, and allotted as if it came today. */
static int allot_again(struct route *r, const struct decision *d, const struct held_item *it, struct err *err)
{
	struct pending_run p = { .batch = 0 };
	struct run_range g = { .first = (uint64_t)it->seq, .count = 1 };
	struct run_marks marks = { .marks = NULL };
	struct buf rows = { 0 }, legs = { 0 };
	int64_t count, stored, sum;
	const char *why;
	int rc = -1;

	if (run_pending(r, &p, it->batch, err) != 0 || ledger_int(r->ledger, &p.people.mark, err, "SELECT ifnull(max(id),0) FROM person", "") < 0
	    || run_source(r, &p, &g, &rows, &count, &marks, err) != 0)
		goto out;
	why = still(&p, buf_as_view(&rows), &marks, &legs);
	if (why != NULL) {
		rc = 0;
		err_set(err, -1, "'%s' cannot be paid yet: %s", d->statement->object, why);
		goto out;
	}
	if (ledger_do(r->ledger, err, "DELETE FROM item WHERE id=? AND state=4", "i", d->id) != 1 || run_store(r, &p, &marks, buf_as_view(&legs), &stored, &sum, err) != 0)
		goto out;
	rc = marks.n > 0 && marks.marks[0].why[0] != '\0' ? 1		/* there is a payee now, and his bank data have changed */
		: route_audit(r, d->statement->object, "HELD", "BATCHED", "RELEASED", err) == 0 ? 1 : -1;
out:
	run_marks_release(&marks);
	segment_free(p.segment);
	buf_release(&rows);
	buf_release(&legs);
	return rc;
}

int held_release_item(struct route *r, const struct decision *d, struct err *err)
{
	struct held_item it;
	struct held_run run;
	int64_t held;
	int rc = read_item(r, d->id, &it, err);

	if (rc <= 0)
		return rc;
	if (it.state != ITEM_HELD)
		return err_set(err, -1, "'%s' is not HELD; release works on a held item", d->statement->object), 0;
	if (it.batch_state != BATCH_HELD || strcmp(it.batch_why, "HELD_ROWS") != 0)
		return err_set(err, -1, "'%s' belongs to B%lld, which is %s and goes on without it; the feed sends the row again in another run", d->statement->object,
			       (long long)it.batch, state_name(THING_BATCH, (int)it.batch_state)), 0;
	rc = second_person(r, d, it.parcel, err);
	if (rc == 1)
		rc = strcmp(it.why, "BANK_DATA_CHANGED") == 0 ? let_pass(r, d, &it, err) : allot_again(r, d, &it, err);
	if (rc != 1)
		return rc;
	if (read_run(r, it.parcel, &run, err) != 0 || people_keep(r, d->command, d->statement, err) != 0 || touch(r, d, &run, err) != 0 || propose(r, &run, err) != 0
	    || held_rows(r, it.parcel, &held, err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, held > 0 ? "%s is paid in this run, which waits for %lld more" : "%s is paid in this run, which goes on", d->statement->object, (long long)held);
	return 1;
}
