/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resend - a file that the bank rejected is sent again, corrected: another file, other numbers, another approval
 *
 * The evidence is the bank's own acknowledgement; the two persons are whoever re-sends (he signs the rejected file's hash and the new
 * effective date, and becomes one of the run's makers) and whoever approves the run anew.  Every approval that was given for the
 * rejected file is spent: route counts it no more and shows it to sign no more, and sign refuses it by the effective date in
 * its totals and by its nonce.  The rejected file keeps its name, numbers, manifest and delivery.  Checks that the printer rejected get
 * other numbers, their old ones are void; a list of checks that the bank rejected is sent again with the same numbers, which may be in the
 * mail, and has no date of its own.
 * Refused: 0 and words; nothing has changed.
 */
#include "gateway/roles/route/bank.h"
#include "gateway/roles/route/funding.h"
#include "gateway/roles/route/run.h"
#include "gateway/roles/route/voids.h"

#include <stdio.h>
#include "formats/core/date.h"

int resend_digest(struct route *r, const struct command *c, int64_t artifact, char hex[DIGEST_HEX], struct err *err)
{
	char day[16] = "", sha[DIGEST_HEX] = "";
	date_t date;
	int rc;

	if (command_arg(c, "effective", day, sizeof(day)) && !date_parse_iso(&date, view_of(day)))
		return err_set(err, -1, "'%s' is no date; write --effective YYYY-MM-DD", day), 0;
	rc = people_digest(r, 'A', artifact, sha, err);
	if (rc == 1)
		resend_sha256(sha, day, hex);
	return rc;
}

/* How many runs of it the bank has rejected, whether they are checks; the channel they leave by. */
static int look(struct route *r, const struct decision *d, int64_t *runs, bool *checks, char channel[140], struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT count(b.id), a.partner||'/'||a.outbound, ifnull(max(b.kind='check'),0) FROM artifact a LEFT JOIN batch b ON b.artifact=a.id AND b.state=4 AND b.why='BANK_REJECTED'"
			 " AND b.items_state=10 WHERE a.id=?", "i", d->id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*runs = rows_int(&rows, 0);
		snprintf(channel, 140, "%.*s", VIEW_FMT(rows_text(&rows, 1)));
		*checks = rows_int(&rows, 2) != 0;
	}
	rows_end(&rows);
	return rc;
}

static int take_back(struct route *r, const struct decision *d, int64_t batch, date_t effective, bool checks, struct err *err)
{
	char object[24];

	id_text('B', batch, object);
	if (ledger_move_items(r->ledger, batch, ITEM_BATCHED, d->statement->object, err) != 0
	    || ledger_do(r->ledger, err, "UPDATE item SET trace=NULL, serial=NULL WHERE batch=? AND state=0", "i", batch) < 0
	    || ledger_do(r->ledger, err, "UPDATE statement SET spent=1 WHERE object=? AND act='approve'", "t", object) < 0
	    || ledger_do(r->ledger, err, "UPDATE batch SET resent_from=artifact, artifact=NULL, number=NULL, trace_next=NULL, approved_at=NULL, approved_ms=NULL, effective=?2, maker=maker||','||?3,"
			 " persons=max(persons,1) WHERE id=?1", "iit", batch, (int64_t)effective, d->statement->operator_name) != 1 || (checks && run_again(r, batch, err) != 0))
		return -1;
	return ledger_move(r->ledger, THING_BATCH, batch, BATCH_PROPOSED, "RESENT", err) != 0 ? -1 : funding_resent(r, d, batch, effective, err);
}

static int take_all_back(struct route *r, const struct decision *d, date_t effective, bool checks, struct err *err)
{
	int64_t ids[READBACK_BATCHES];
	struct rows rows;
	int n = 0, rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE artifact=? AND state=4 AND why='BANK_REJECTED' AND items_state=10 ORDER BY id LIMIT ?", "ii", d->id,
			 (int64_t)READBACK_BATCHES) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		ids[n++] = rows_int(&rows, 0);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = take_back(r, d, ids[i], effective, checks, err);
	return rc;
}

/* Checks that the printer rejected are printed under other numbers: their old ones are void, and the bank hears of both before the printer does. */
static int withdraw(struct route *r, const struct decision *d, struct err *err)
{
	int64_t batch = 0;

	return ledger_int(r->ledger, &batch, err, "SELECT id FROM batch WHERE artifact=? AND kind='check'", "i", d->id) != 1 ? -1 : voids_withdraw(r, batch, err);
}

/* The bank rejected the list of checks that may be at the printer, or in the mail: the same numbers once more, in another file. */
static int tell_again(struct route *r, const struct decision *d, int64_t checks, struct err *err)
{
	char source[60], object[24];
	int64_t id = 0;
	int rc = voids_issue_again(r, checks, d->id, &id, err);

	if (rc != 1)
		return rc;
	snprintf(source, sizeof(source), "rejected:%s", d->statement->object);
	if (people_keep(r, d->command, d->statement, err) != 0 || exception_close(r, source, "it is sent again", err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s tells the bank of the same checks again; another person must approve it", id_text('B', id, object).p);
	return 1;
}

int resend_artifact(struct route *r, const struct decision *d, struct err *err)
{
	const struct partner *partner;
	const struct outbound *out;
	char day[16] = "", channel[140], source[60];
	date_t effective = DATE_NONE;
	int64_t runs = 0, issues = 0;
	bool checks = false;
	int rc = look(r, d, &runs, &checks, channel, err);

	if (rc <= 0)
		return rc;
	if (runs == 0 && ledger_int(r->ledger, &issues, err, "SELECT issues FROM artifact a WHERE id=? AND EXISTS (SELECT 1 FROM ack k WHERE k.id=a.ack AND k.verdict='rejected')", "i", d->id) < 0)
		return -1;
	if (issues != 0)
		return tell_again(r, d, issues, err);
	if (runs == 0)
		return err_set(err, -1, "'%s' was not rejected by the bank; only such a file is sent again", d->statement->object), 0;
	out = config_outbound(r->config, view_of(channel), &partner);
	if (out == NULL)
		return err_set(err, -1, "the channel '%s' is not in the configuration any more", channel), 0;
	if (!command_arg(d->command, "effective", day, sizeof(day)) || !date_parse_iso(&effective, view_of(day)))
		return err_set(err, -1, "resend needs --effective YYYY-MM-DD"), 0;
	rc = redate_date_good(r, partner, out, effective, err);
	if (rc == 1 && checks)
		rc = withdraw(r, d, err);
	if (rc != 1)
		return rc;
	snprintf(source, sizeof(source), "rejected:%s", d->statement->object);
	if (people_keep(r, d->command, d->statement, err) != 0 || take_all_back(r, d, effective, checks, err) != 0 || exception_close(r, source, "it is sent again", err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%lld run%s of %s %s PROPOSED for %s; another person must approve", (long long)runs, runs == 1 ? "" : "s", d->statement->object,
		 runs == 1 ? "is" : "are", day);
	return 1;
}
