/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cancel - checks that are written and not printed end here: the bank is told that their numbers are void
 *
 * A batch that has no file is rejected, a file that is held is rejected whole.  In between lies the run of checks whose print file waits
 * for the printer, or for the bank's list, while somebody finds that it must not be printed.  `cancel B2` ends it as long as not a byte of
 * the print file has left: the file goes nowhere, the payments are CANCELLED, every number is used up; a list that the bank has is taken
 * back by a batch of kind void, which another person approves, and one that it has not got does not leave.
 * Refused: 0 and words; nothing has changed.
 */
#include "gateway/roles/route/people.h"
#include "gateway/roles/route/voids.h"

#include <stdio.h>
#include "gateway/log.h"

struct print { int64_t state, items, artifact, artifact_state, delivery, way, renamed; char kind[12]; };

static int look(struct route *r, int64_t batch, struct print *p, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.state, b.items_state, ifnull(b.artifact,0), ifnull(a.state,0), ifnull(d.id,0), ifnull(d.state,0), ifnull(d.renamed,0), b.kind FROM batch b"
			 " LEFT JOIN artifact a ON a.id=b.artifact LEFT JOIN delivery d ON d.artifact=a.id WHERE b.id=?", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*p = (struct print){ rows_int(&rows, 0), rows_int(&rows, 1), rows_int(&rows, 2), rows_int(&rows, 3), rows_int(&rows, 4), rows_int(&rows, 5), rows_int(&rows, 6), "" };
		snprintf(p->kind, sizeof(p->kind), "%.*s", VIEW_FMT(rows_text(&rows, 7)));
	}
	rows_end(&rows);
	return rc;
}

static int may(const struct decision *d, const struct print *p, struct err *err)
{
	const char *object = d->statement->object;

	if (strcmp(p->kind, "check") != 0)
		return err_set(err, -1, "'%s' holds no checks; reject it while it is not written, or its file while that is held", object), 0;
	if (p->artifact == 0 || p->state != BATCH_APPROVED)
		return err_set(err, -1, "'%s' is %s and has no file that waits; reject it", object, state_name(THING_BATCH, (int)p->state)), 0;
	if (p->delivery == 0 || p->way == DELIVERY_INTENT || p->way == DELIVERY_FAILED_SAFE || (p->way == DELIVERY_HELD && p->renamed == 0))
		return 1;
	if (p->way == DELIVERY_DELIVERED)
		return err_set(err, -1, "the printer has the checks of '%s'; have it void them: what it confirms as VOIDED is taken back at the bank", object), 0;
	return err_set(err, -1, "the print file of '%s' is on its way (D%lld is %s); ask again once that is decided", object, (long long)p->delivery, state_name(THING_DELIVERY, (int)p->way)), 0;
}

/* The print file goes nowhere. */
static int stop(struct route *r, const struct print *p, struct err *err)
{
	if (p->delivery != 0)
		return p->way == DELIVERY_HELD ? ledger_do(r->ledger, err, "UPDATE delivery SET why='REJECTED' WHERE id=?", "i", p->delivery) < 0 ? -1 : 0
			: ledger_move(r->ledger, THING_DELIVERY, p->delivery, DELIVERY_HELD, "REJECTED", err);
	return p->artifact_state == ARTIFACT_HELD ? ledger_do(r->ledger, err, "UPDATE artifact SET why='REJECTED' WHERE id=?", "i", p->artifact) < 0 ? -1 : 0
		: ledger_move(r->ledger, THING_ARTIFACT, p->artifact, ARTIFACT_HELD, "REJECTED", err);
}

int cancel_checks(struct route *r, const struct decision *d, struct err *err)
{
	int64_t before = 0, voids = 0;
	struct print p;
	char object[24];
	int rc = look(r, d->id, &p, err);

	if (rc == 1)
		rc = may(d, &p, err);
	if (rc == 1 && ledger_int(r->ledger, &before, err, "SELECT max(id) FROM batch WHERE kind='void'", "") < 0)
		return -1;
	if (rc == 1)
		rc = voids_withdraw(r, d->id, err);
	if (rc != 1)
		return rc;
	if (people_keep(r, d->command, d->statement, err) != 0 || stop(r, &p, err) != 0 || ledger_move(r->ledger, THING_BATCH, d->id, BATCH_HELD, "BY_OPERATOR", err) != 0
	    || ledger_move(r->ledger, THING_BATCH, d->id, BATCH_REJECTED, "BY_OPERATOR", err) != 0 || ledger_move_items(r->ledger, d->id, ITEM_CANCELLED, "cancelled", err) != 0
	    || ledger_int(r->ledger, &voids, err, "SELECT max(id) FROM batch WHERE kind='void'", "") < 0)
		return -1;
	log_step(LOG_WARNING, "batch.cancelled", "batch", d->statement->object, "by", d->statement->operator_name, NULL);
	if (voids > before)
		snprintf(d->done, d->done_cap, "%s is cancelled; %s tells the bank that its numbers are void, once another person has approved it", d->statement->object, id_text('B', voids, object).p);
	else
		snprintf(d->done, d->done_cap, "%s is cancelled; the bank was not told of its numbers, which are used up", d->statement->object);
	return 1;
}
