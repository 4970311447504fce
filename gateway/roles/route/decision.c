/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision - what each act does to each kind of object: a table, and one function a cell
 *
 * approve needs another person than the maker and never uid 0; whoever releases a file or a batch becomes one of its makers, so that
 * nobody passes his own touch.  A final state is left by evidence or two persons only: such a cell does not exist here.
 * Refused: 0 and words that say what stands in the way and what to do; nothing has changed.
 */
#include "gateway/roles/route/handwork.h"
#include "gateway/roles/route/held.h"
#include "gateway/roles/route/ways.h"
#include "gateway/roles/route/whole.h"

#include <stdio.h>
#include <stdlib.h>

typedef int (*act_fn)(struct route *, const struct decision *, struct err *);

static int state_of(struct route *r, const struct decision *d, const char *sql, int64_t *state, struct err *err)
{
	int found = ledger_int(r->ledger, state, err, sql, "i", d->id);

	return found < 0 ? -1 : found;
}

static int refuse(struct err *err, const struct decision *d, enum thing t, int64_t state, const char *need)
{
	err_set(err, -1, "'%s' is %s; %s works on one that is %s", d->statement->object, state_name(t, (int)state), d->statement->act, need);
	return 0;
}

static bool is_maker(struct route *r, const struct decision *d, struct err *err)
{
	char pattern[80];
	int64_t n = 0;

	snprintf(pattern, sizeof(pattern), ",%s,", d->statement->operator_name);
	return ledger_int(r->ledger, &n, err, "SELECT instr(','||maker||',', ?2)>0 FROM batch WHERE id=?1", "it", d->id, pattern) == 1 && n == 1;
}

int decision_approve_batch(struct route *r, const struct decision *d, struct err *err)
{
	int64_t state, n = 0;
	int rc = state_of(r, d, "SELECT state FROM batch WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != BATCH_PROPOSED)
		return refuse(err, d, THING_BATCH, state, "PROPOSED");
	if (d->command->uid == 0)
		return err_set(err, -1, "uid 0 is never a checker; approve as your own user"), 0;
	if (is_maker(r, d, err))
		return err_set(err, -1, "'%s' touched this run; another person must approve it", d->statement->operator_name), 0;
	if (ledger_int(r->ledger, &n, err, "SELECT count(*) FROM statement WHERE object=? AND act='approve' AND operator=? AND sha256=? AND spent=0", "ttt", d->statement->object,
		       d->statement->operator_name, d->statement->sha256) < 0)
		return -1;
	if (n > 0)
		return err_set(err, -1, "you have approved '%s' already; the next approval must be another person's", d->statement->object), 0;
	if (people_keep(r, d->command, d->statement, err) != 0 || run_approve_check(r, d->id, d->statement->operator_name, err) != 0
	    || ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", d->id) < 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is %s", d->statement->object, state_name(THING_BATCH, (int)state));
	return 1;
}

static int move_batch(struct route *r, const struct decision *d, int to, const char *why, const char *need, struct err *err)
{
	int64_t state, artifact = 0;
	int rc = state_of(r, d, "SELECT state FROM batch WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	/* A file that the bank rejected is not written for good: its runs may end here. */
	if (ledger_int(r->ledger, &artifact, err, to == BATCH_REJECTED ? "SELECT artifact FROM batch WHERE id=? AND ifnull(why,'')<>'BANK_REJECTED'"
		       : "SELECT artifact FROM batch WHERE id=?", "i", d->id) < 0)
		return -1;
	if (artifact != 0)
		return err_set(err, -1, "'%s' is already written in A%lld; act on that", d->statement->object, (long long)artifact), 0;
	if (!state_allowed(THING_BATCH, (int)state, to) || state == BATCH_OPEN)
		return refuse(err, d, THING_BATCH, state, need);
	if (people_keep(r, d->command, d->statement, err) != 0 || ledger_move(r->ledger, THING_BATCH, d->id, to, why, err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is %s", d->statement->object, state_name(THING_BATCH, to));
	return 1;
}

static int hold_batch(struct route *r, const struct decision *d, struct err *err)
{
	int64_t items = 0;
	int rc = move_batch(r, d, BATCH_HELD, "BY_OPERATOR", "PROPOSED or APPROVED", err);

	if (rc == 1 && (ledger_int(r->ledger, &items, err, "SELECT items_state FROM batch WHERE id=?", "i", d->id) < 0
			|| (items == ITEM_APPROVED && ledger_move_items(r->ledger, d->id, ITEM_BATCHED, "hold", err) != 0)))
		return -1;
	return rc;
}

/* What a rejected batch leaves behind. */
static int cancel(struct route *r, int64_t batch, struct err *err)
{
	return held_cancel(r, batch, err) != 0 || ledger_move_items(r->ledger, batch, ITEM_CANCELLED, "batch rejected", err) != 0 || ways_cancelled(r, batch, err) != 0 ? -1 : 0;
}

static int reject_batch(struct route *r, const struct decision *d, struct err *err)
{
	int rc = move_batch(r, d, BATCH_REJECTED, "BY_OPERATOR", "PROPOSED or HELD", err);

	return rc == 1 && cancel(r, d->id, err) != 0 ? -1 : rc;
}

int decision_end_batch(struct route *r, int64_t batch, struct err *err)
{
	return ledger_move(r->ledger, THING_BATCH, batch, BATCH_REJECTED, "BY_OPERATOR", err) != 0 ? -1 : cancel(r, batch, err);
}

/* A run whose workers died is allotted again from its first missing range; one with nothing to pay stays held. */
static int release_batch(struct route *r, const struct decision *d, struct err *err)
{
	char why[48] = "";
	int64_t items = 0;
	struct rows rows;
	bool again;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT ifnull(why,'') FROM batch WHERE id=?", "i", d->id) != 0)
		return -1;
	if (rows_next(&rows) == 1)
		snprintf(why, sizeof(why), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	if (strcmp(why, "HELD_ROWS") == 0)
		return err_set(err, -1, "'%s' waits for held rows: release single items, or the run --without-held-rows, which pays the others", d->statement->object), 0;
	if (strcmp(why, "NOTHING_TO_PAY") == 0)
		return err_set(err, -1, "'%s' has nothing that could be paid; reject it and look at its items", d->statement->object), 0;
	again = strcmp(why, "WORKER_DIED") == 0;
	rc = move_batch(r, d, again ? BATCH_OPEN : BATCH_PROPOSED, "RELEASED", "HELD", err);
	if (rc != 1)
		return rc;
	if (ledger_do(r->ledger, err, "UPDATE batch SET maker=maker||','||?2 WHERE id=?1", "it", d->id, d->statement->operator_name) < 0
	    || ledger_int(r->ledger, &items, err, "SELECT items_state FROM batch WHERE id=?", "i", d->id) < 0
	    || (items == ITEM_APPROVED && ledger_move_items(r->ledger, d->id, ITEM_BATCHED, "released", err) != 0))
		return -1;
	return again || run_approve_check(r, d->id, d->statement->operator_name, err) == 0 ? 1 : -1;
}

/* A held file: its findings are accepted (the records are there), or it is looked at again. */
/* Faulty rows are not payments that somebody may wave through: only the others can be paid, and that is said. */
static bool has_faulty_rows(struct route *r, const struct decision *d, struct err *err)
{
	int64_t n = 0;

	return ledger_int(r->ledger, &n, err, "SELECT count(*) FROM parcel p JOIN finding f ON f.parcel=p.id WHERE p.id=? AND p.purpose='payroll' AND p.why='FINDINGS'"
			  " AND f.severity=2 AND f.line>0", "i", d->id) == 1 && n > 0;
}

static int release_file(struct route *r, const struct decision *d, struct err *err)
{
	char why[48] = "";
	struct rows rows;
	int64_t state;
	int rc = state_of(r, d, "SELECT state FROM parcel WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != PARCEL_HELD)
		return refuse(err, d, THING_PARCEL, state, "HELD");
	if (ledger_query(&rows, r->ledger, err, "SELECT why FROM parcel WHERE id=?", "i", d->id) != 0 || rows_next(&rows) != 1)
		return -1;
	snprintf(why, sizeof(why), "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	if (strcmp(why, "HOSTILE_NAME") == 0 || strcmp(why, "EMPTY_FILE") == 0 || strcmp(why, "DUPLICATE_KEY") == 0
	    || strcmp(why, "ORPHAN") == 0)
		return err_set(err, -1, "'%s' is held for %s and has nothing that could be processed; reject it and ask the sender", d->statement->object, why), 0;
	if (has_faulty_rows(r, d, err))
		return err_set(err, -1, "'%s' has rows with errors, which cannot be paid: release it --without-held-rows to pay the others and send those back, or reject it",
			       d->statement->object), 0;
	if (people_keep(r, d->command, d->statement, err) != 0
	    || ledger_do(r->ledger, err, "UPDATE parcel SET released=?3, toucher=ifnull(toucher||',','')||?2 WHERE id=?1", "iti", d->id, d->statement->operator_name,
			 (int64_t)(strcmp(why, "FINDINGS") == 0)) < 0)		/* other reasons waive no finding */
		return -1;
	if (strcmp(why, "FINDINGS") == 0) {
		if (ledger_move(r->ledger, THING_PARCEL, d->id, PARCEL_PARSED, "RELEASED", err) != 0 || inbound_route(r, d->id, err) != 0)
			return -1;
	} else if (ledger_move(r->ledger, THING_PARCEL, d->id, PARCEL_FETCHED, "RELEASED", err) != 0) {
		return -1;
	}
	snprintf(d->done, d->done_cap, "%s is released", d->statement->object);
	return 1;
}

static int reject_file(struct route *r, const struct decision *d, struct err *err)
{
	int64_t state;
	int rc = whole_is(r, "reject", d->id, err);

	if (rc != 0)
		return rc < 0 ? -1 : whole_reject(r, d, err);
	rc = state_of(r, d, "SELECT state FROM parcel WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != PARCEL_HELD)
		return refuse(err, d, THING_PARCEL, state, "HELD");
	if (people_keep(r, d->command, d->statement, err) != 0 || ledger_move(r->ledger, THING_PARCEL, d->id, PARCEL_REJECTED, "BY_OPERATOR", err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is REJECTED", d->statement->object);
	return 1;
}

static bool is_rejected(struct route *r, const struct decision *d, const char *sql, struct err *err)
{
	int64_t rejected = 1;

	return ledger_int(r->ledger, &rejected, err, sql, "i", d->id) != 1 || rejected != 0;
}

/* Rendered again from the same numbers: the bytes are the same, so nothing is sent twice. */
static int release_artifact(struct route *r, const struct decision *d, struct err *err)
{
	int64_t state;
	int rc = state_of(r, d, "SELECT state FROM artifact WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != ARTIFACT_HELD || is_rejected(r, d, "SELECT why IN ('REJECTED','REDATED') FROM artifact WHERE id=?", err))
		return refuse(err, d, THING_ARTIFACT, state, "HELD and neither rejected nor re-dated");
	if (people_keep(r, d->command, d->statement, err) != 0 || ledger_do(r->ledger, err, "UPDATE artifact SET attempts=0 WHERE id=?", "i", d->id) < 0
	    || ledger_move(r->ledger, THING_ARTIFACT, d->id, ARTIFACT_ALLOTTED, "RELEASED", err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is rendered again", d->statement->object);
	return 1;
}

static int release_delivery(struct route *r, const struct decision *d, struct err *err)
{
	int64_t state, alone = 1;
	int rc = state_of(r, d, "SELECT state FROM delivery WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != DELIVERY_HELD || is_rejected(r, d, "SELECT why IN ('REJECTED','REDATED') FROM delivery WHERE id=?", err))
		return refuse(err, d, THING_DELIVERY, state, "HELD and neither rejected nor re-dated");
	if (ledger_int(r->ledger, &alone, err, "SELECT d.renamed=1 AND ?2=ifnull((SELECT s.operator FROM statement s WHERE s.object='D'||d.id AND s.act='hold'"
		       " ORDER BY s.id DESC LIMIT 1), ?2) FROM delivery d WHERE d.id=?1", "it", d->id, d->statement->operator_name) != 1)
		return -1;
	if (alone)
		return err_set(err, -1, "'%s' may have reached the partner; sending it again needs another person than the one who held it", d->statement->object), 0;
	if (people_keep(r, d->command, d->statement, err) != 0 || ledger_do(r->ledger, err, "UPDATE delivery SET attempt=attempt+1 WHERE id=?", "i", d->id) < 0
	    || ledger_move(r->ledger, THING_DELIVERY, d->id, DELIVERY_INTENT, "RELEASED", err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is tried again", d->statement->object);
	return 1;
}

/* The partner says that a file whose fate was unknown has arrived: his word, by this person's signature, is the evidence. */
static int resolve_delivery(struct route *r, const struct decision *d, struct err *err)
{
	char evidence[400];
	int64_t state;
	int rc = state_of(r, d, "SELECT state FROM delivery WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != DELIVERY_UNCERTAIN)
		return refuse(err, d, THING_DELIVERY, state, "UNCERTAIN");
	snprintf(evidence, sizeof(evidence), "confirmed by the partner to %s: %s", d->statement->operator_name, d->statement->reason);
	if (people_keep(r, d->command, d->statement, err) != 0 || delivery_confirmed(r, d->id, evidence, err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is DELIVERED by the partner's word", d->statement->object);
	return 1;
}

static bool looked_in_vain(struct route *r, const struct decision *d, struct err *err)
{
	int64_t neither = 0;

	return ledger_int(r->ledger, &neither, err, "SELECT why='NEITHER_NAME' FROM delivery WHERE id=?", "i", d->id) == 1 && neither;
}

/* It did not arrive, or must not leave: held; a release sends it anew under the next attempt. */
static int hold_delivery(struct route *r, const struct decision *d, struct err *err)
{
	int64_t state;
	int rc = state_of(r, d, "SELECT state FROM delivery WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if ((state != DELIVERY_UNCERTAIN || !looked_in_vain(r, d, err)) && state != DELIVERY_FAILED_SAFE && state != DELIVERY_INTENT)
		return refuse(err, d, THING_DELIVERY, state, "UNCERTAIN after a look that found neither name, FAILED_SAFE or INTENT");
	if (people_keep(r, d->command, d->statement, err) != 0 || ledger_move(r->ledger, THING_DELIVERY, d->id, DELIVERY_HELD, "BY_OPERATOR", err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is HELD", d->statement->object);
	return 1;
}

/* The runs of a file that will never leave (its cut-off is missed) end here; the feed sends them again under a new run. */
static int cancel_runs(struct route *r, int64_t artifact, struct err *err)
{
	int64_t ids[READBACK_BATCHES];
	struct rows rows;
	int n = 0, rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE (artifact=?1 OR id=(SELECT issues FROM artifact WHERE id=?1)) AND state=3 LIMIT ?2", "ii", artifact, (int64_t)READBACK_BATCHES) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		ids[n++] = rows_int(&rows, 0);
	for (int i = 0; rc == 0 && i < n; i++)
		if (ledger_move(r->ledger, THING_BATCH, ids[i], BATCH_HELD, "FILE_REJECTED", err) != 0
		    || ledger_move(r->ledger, THING_BATCH, ids[i], BATCH_REJECTED, "FILE_REJECTED", err) != 0
		    || ledger_move_items(r->ledger, ids[i], ITEM_CANCELLED, "file rejected", err) != 0 || ways_cancelled(r, ids[i], err) != 0)
			rc = -1;
	return rc;
}

static int reject_artifact(struct route *r, const struct decision *d, struct err *err)
{
	int64_t state;
	int rc = state_of(r, d, "SELECT state FROM artifact WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != ARTIFACT_HELD)
		return refuse(err, d, THING_ARTIFACT, state, "HELD");
	if (people_keep(r, d->command, d->statement, err) != 0 || cancel_runs(r, d->id, err) != 0
	    || ledger_do(r->ledger, err, "UPDATE artifact SET why='REJECTED' WHERE id=?", "i", d->id) < 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s will not be sent; its payments are CANCELLED", d->statement->object);
	return 1;
}

/* Only one that was held before its first byte: nobody can say of another that the bank has nothing. */
static int reject_delivery(struct route *r, const struct decision *d, struct err *err)
{
	int64_t state, artifact;
	int rc = state_of(r, d, "SELECT state FROM delivery WHERE id=?", &state, err);

	if (rc <= 0)
		return rc;
	if (state != DELIVERY_HELD || ledger_int(r->ledger, &artifact, err, "SELECT artifact FROM delivery WHERE id=? AND why='MISSED_CUTOFF' AND renamed=0", "i", d->id) != 1)
		return refuse(err, d, THING_DELIVERY, state, "HELD for MISSED_CUTOFF before its first rename");
	if (people_keep(r, d->command, d->statement, err) != 0 || cancel_runs(r, artifact, err) != 0
	    || ledger_do(r->ledger, err, "UPDATE delivery SET why='REJECTED' WHERE id=?", "i", d->id) < 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s will not be sent; its payments are CANCELLED", d->statement->object);
	return 1;
}

/* An exception that a person has cleared: it leaves the list, its reason stays. */
static int resolve_exception(struct route *r, const struct decision *d, struct err *err)
{
	static const struct { char letter; const char *open, *close; } of[] = {
		{ 'L', "SELECT count(*) FROM bank_line WHERE id=? AND state=3", "UPDATE bank_line SET state=4, detail=ifnull(detail,'')||' resolved by '||?2 WHERE id=?1 AND state=3" },
		{ 'R', "SELECT count(*) FROM ach_return WHERE id=? AND state=3", "UPDATE ach_return SET state=4, detail=ifnull(detail,'')||' resolved by '||?2 WHERE id=?1 AND state=3" },
		{ 'X', "SELECT count(*) FROM exception WHERE id=? AND state=3", "UPDATE exception SET state=4, closed='resolved by '||?2 WHERE id=?1 AND state=3" },
	};
	size_t i = 0;
	int64_t open = 0;

	while (of[i].letter != d->letter)
		i++;				/* acts[] below has no other letters */
	if (ledger_int(r->ledger, &open, err, of[i].open, "i", d->id) < 0)
		return -1;
	if (open == 0)
		return err_set(err, -1, "'%s' is no open exception; `tallygate lines`, `returns` and `exceptions` list them", d->statement->object), 0;
	if (people_keep(r, d->command, d->statement, err) != 0 || ledger_do(r->ledger, err, of[i].close, "it", d->id, d->statement->operator_name) != 1)
		return -1;
	/* A line and its alarm are one matter. */
	if (ledger_do(r->ledger, err, "UPDATE exception SET state=4, closed='resolved by '||?2 WHERE ?3='L' AND source='line:L'||?1 AND state=3", "itt", d->id, d->statement->operator_name,
		      (char[2]){ d->letter, '\0' }) < 0
	    || ledger_do(r->ledger, err, "UPDATE bank_line SET state=4, detail=ifnull(detail,'')||' resolved by '||?2 WHERE ?3='X' AND state=3 AND id=(SELECT x.bank_line FROM exception x"
			 " WHERE x.id=?1 AND x.source LIKE 'line:%')", "itt", d->id, d->statement->operator_name, (char[2]){ d->letter, '\0' }) < 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is resolved", d->statement->object);
	r->report_wanted = true;
	return 1;
}

/* A payment that nobody made: it was made in another way (resolve), or it ends (reject). */
static int end_manual(struct route *r, const struct decision *d, struct err *err)
{
	int to = strcmp(d->statement->act, "resolve") == 0 ? ITEM_CONFIRMED : ITEM_CANCELLED, state = 0;
	int found = ledger_item_state(r->ledger, d->id, &state, err);

	if (found <= 0)
		return found;
	if (state != ITEM_MANUAL)
		return refuse(err, d, THING_ITEM, state, "MANUAL");
	if (people_keep(r, d->command, d->statement, err) != 0 || ledger_move(r->ledger, THING_ITEM, d->id, to, d->statement->operator_name, err) != 0
	    || ledger_do(r->ledger, err, "UPDATE exception SET state=4, closed='resolved by '||?2 WHERE item=?1 AND state=3 AND source LIKE 'confirmation:%'", "it", d->id,
			 d->statement->operator_name) < 0)
		return -1;
	snprintf(d->done, d->done_cap, "%s is %s", d->statement->object, state_name(THING_ITEM, to));
	return 1;
}

static const struct { const char *act; char letter; act_fn run; } acts[] = {
	{ "approve", 'B', decision_approve_batch },
	{ "approve", 'F', whole_approve },
	{ "reject", 'B', reject_batch },
	{ "cancel", 'B', cancel_checks },
	{ "redate", 'B', redate_batch },
	{ "reverse", 'B', reverse_payments },
	{ "reverse", 'I', reverse_payments },
	{ "resend", 'A', resend_artifact },
	{ "hold", 'B', hold_batch },
	{ "release", 'B', release_batch },
	{ "release", 'F', release_file },
	{ "release", 'I', held_release_item },
	{ "release-rest", 'B', held_release_batch },
	{ "release-rest", 'F', held_release_file },
	{ "reject", 'F', reject_file },
	{ "release", 'A', release_artifact },
	{ "release", 'D', release_delivery },
	{ "reject", 'A', reject_artifact },
	{ "reject", 'D', reject_delivery },
	{ "hold", 'D', hold_delivery },
	{ "resolve", 'D', resolve_delivery },
	{ "resolve", 'L', resolve_exception },
	{ "resolve", 'R', resolve_exception },
	{ "resolve", 'X', resolve_exception },
	{ "resolve", 'I', end_manual },
	{ "reject", 'I', end_manual },
};

int decision_carry_out(struct route *r, const struct decision *d, struct err *err)
{
	if (handwork_is(view_of(d->statement->act)))
		return handwork_decide(r, d, err);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].act, d->statement->act) == 0 && acts[i].letter == d->letter)
			return acts[i].run(r, d, err);
	err_set(err, -1, "'%s' cannot be done to '%s'", d->statement->act, d->statement->object);
	return 0;
}
