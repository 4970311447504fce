/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redate - a run that missed its cut-off gets another effective date, and waits for new approvals
 *
 * What a person signs is the totals with the new date in them: neither control nor route can put another one in.  Whoever re-dates has
 * touched the run, so another person approves it.  When the run is written in a file already (held by sign, or at INTENT), that file is
 * given up whole: its numbers stay used, its runs come out of it, and every approval that was given for it is spent: none is
 * shown to sign again.  Checks of such a file get other numbers; the bank hears that the old ones are void.  Runs of that file whose own date is still good are held too (FILE_REDATED) and go on by a release.
 * Refused: 0 and words; nothing has changed.
 */
#include "gateway/roles/route/people.h"
#include "gateway/roles/route/run.h"
#include "gateway/roles/route/voids.h"

#include <stdio.h>
#include "formats/core/date.h"

#define DAYS_AHEAD 60			/* a later date is a typing error more often than a plan */

struct redate { date_t effective, before; int64_t artifact, delivery, state; bool checks; const struct partner *partner; const struct outbound *out; };

int redate_digest(struct route *r, const struct command *c, int64_t batch, char hex[DIGEST_HEX], struct err *err)
{
	char text[16] = "";
	struct batch_totals t;
	date_t day;
	int rc;

	if (!command_arg(c, "effective", text, sizeof(text)) || !date_parse_iso(&day, view_of(text)))
		return err_set(err, -1, "redate needs --effective YYYY-MM-DD"), 0;
	rc = run_totals(r, batch, &t, err);
	if (rc != 1)
		return rc;
	date_print(day, t.effective_date);
	totals_sha256(&t, hex);
	return 1;
}

/* 1: *k says where it stands and that it missed its cut-off; 0: refused. */
static int look(struct route *r, const struct decision *d, struct redate *k, struct err *err)
{
	char channel[140], text[16] = "";
	bool missed = false;
	struct rows rows;
	int rc;

	if (!command_arg(d->command, "effective", text, sizeof(text)) || !date_parse_iso(&k->effective, view_of(text)))
		return err_set(err, -1, "redate needs --effective YYYY-MM-DD"), 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT b.state, ifnull(b.artifact,0), b.effective, ifnull(d.id,0), b.partner||'/'||b.outbound,"
			 " CASE WHEN b.artifact IS NULL THEN b.state=4 AND b.why='MISSED_CUTOFF' WHEN d.id IS NULL THEN a.state=5 AND a.why='MISSED_CUTOFF'"
			 " ELSE d.state=8 AND d.why='MISSED_CUTOFF' AND d.renamed=0 END, b.kind='check'"
			 " FROM batch b LEFT JOIN artifact a ON a.id=b.artifact LEFT JOIN delivery d ON d.artifact=a.id WHERE b.id=?", "i", d->id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		k->state = rows_int(&rows, 0);
		k->artifact = rows_int(&rows, 1);
		k->before = (date_t)rows_int(&rows, 2);
		k->delivery = rows_int(&rows, 3);
		snprintf(channel, sizeof(channel), "%.*s", VIEW_FMT(rows_text(&rows, 4)));
		missed = rows_int(&rows, 5) != 0;
		k->checks = rows_int(&rows, 6) != 0;
	}
	rows_end(&rows);
	if (rc != 1)
		return rc;
	if (!missed)
		return err_set(err, -1, "'%s' is not held for MISSED_CUTOFF; only such a run gets another date", d->statement->object), 0;
	k->out = config_outbound(r->config, view_of(channel), &k->partner);
	if (k->out == NULL)
		return err_set(err, -1, "the channel '%s' is not in the configuration any more", channel), 0;
	return 1;
}

int redate_date_good(struct route *r, const struct partner *partner, const struct outbound *out, int32_t effective, struct err *err)
{
	date_t earliest = DATE_NONE, today;
	char day[DATE_TEXT], text[DATE_TEXT];
	enum cutoff_verdict verdict = clock_judge(r, partner, out, effective, &earliest);

	date_print(effective, day);
	if (verdict == CUTOFF_MISSED)
		return err_set(err, -1, "%s cannot be made any more; the earliest effective date is %s", day, date_print(earliest, text)), 0;
	if (verdict == CUTOFF_CLOSED_DAY)
		return err_set(err, -1, "%s is no banking day; the next one is %s", day, date_print(earliest, text)), 0;
	clock_local(partner, clock_utc(r), &today, NULL);
	if (effective > today + DAYS_AHEAD)
		return err_set(err, -1, "%s is more than %d days away", day, DAYS_AHEAD), 0;
	return 1;
}

/* One run comes out of a file that will not leave. */
static int take_out(struct route *r, int64_t batch, bool again, struct err *err)
{
	char object[24];
	int64_t items = 0;

	if (ledger_int(r->ledger, &items, err, "SELECT items_state FROM batch WHERE id=?", "i", batch) < 0
	    || (items == ITEM_WRITTEN && ledger_move_items(r->ledger, batch, ITEM_APPROVED, "REDATED", err) != 0)
	    || ledger_move_items(r->ledger, batch, ITEM_BATCHED, "REDATED", err) != 0
	    || ledger_move(r->ledger, THING_BATCH, batch, BATCH_HELD, again ? "MISSED_CUTOFF" : "FILE_REDATED", err) != 0
	    || ledger_do(r->ledger, err, "UPDATE item SET trace=NULL, serial=NULL WHERE batch=? AND state=0", "i", batch) < 0
	    || ledger_do(r->ledger, err, "UPDATE statement SET spent=1 WHERE object=? AND act='approve'", "t", id_text('B', batch, object).p) < 0)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE batch SET artifact=NULL, number=NULL, trace_next=NULL, approved_at=NULL, approved_ms=NULL WHERE id=?", "i", batch) == 1 ? 0 : -1;
}

/* The file is given up: nothing of it has left, its name, modifier and traces are not used again. */
static int give_up(struct route *r, const struct redate *k, struct err *err)
{
	int64_t ids[READBACK_BATCHES];
	char object[24];
	struct rows rows;
	int n = 0, rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE artifact=? ORDER BY id LIMIT ?", "ii", k->artifact, (int64_t)READBACK_BATCHES) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		ids[n++] = rows_int(&rows, 0);
	for (int i = 0; rc == 0 && i < n; i++) {
		bool missed;

		if (run_cutoff(r, ids[i], &missed, err) != 0 || take_out(r, ids[i], missed, err) != 0)
			rc = -1;
	}
	if (rc == 0)
		rc = ledger_do(r->ledger, err, k->delivery != 0 ? "UPDATE delivery SET why='REDATED' WHERE id=?" : "UPDATE artifact SET why='REDATED' WHERE id=?", "i",
			       k->delivery != 0 ? k->delivery : k->artifact) == 1 ? 0 : -1;
	return rc == 0 ? route_audit(r, k->delivery != 0 ? id_text('D', k->delivery, object).p : id_text('A', k->artifact, object).p, "HELD", "HELD", "REDATED", err) : -1;
}

int redate_batch(struct route *r, const struct decision *d, struct err *err)
{
	struct redate k = { 0 };
	char from[DATE_TEXT], to[DATE_TEXT];
	int rc = look(r, d, &k, err);

	if (rc == 1)
		rc = redate_date_good(r, k.partner, k.out, k.effective, err);
	if (rc == 1 && k.checks && k.artifact != 0)
		rc = voids_withdraw(r, d->id, err);		/* they get other numbers; the bank may know these */
	if (rc != 1)
		return rc;
	if (people_keep(r, d->command, d->statement, err) != 0 || (k.artifact != 0 && give_up(r, &k, err) != 0)
	    || ledger_do(r->ledger, err, "UPDATE statement SET spent=1 WHERE object=? AND act='approve'", "t", d->statement->object) < 0
	    || ledger_do(r->ledger, err, "UPDATE batch SET effective=?2, maker=maker||','||?3, persons=max(persons,1) WHERE id=?1", "iit", d->id, (int64_t)k.effective,
			 d->statement->operator_name) != 1
	    || (k.checks && (k.artifact != 0 ? run_again(r, d->id, err) : run_sum(r, d->id, err)) != 0)		/* their date is part of what is approved */
	    || route_audit(r, d->statement->object, date_print(k.before, from), date_print(k.effective, to), "effective date", err) != 0
	    || ledger_move(r->ledger, THING_BATCH, d->id, BATCH_PROPOSED, "REDATED", err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is PROPOSED for %s; another person must approve it", d->statement->object, to);
	return 1;
}
