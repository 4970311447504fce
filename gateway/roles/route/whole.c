/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whole - a decision about a whole run: all its batches by one signature
 *
 * A run leaves by several ways, and each has a batch with totals of its own.  `approve F3` shows them all and signs one list that names
 * each with its count, its sums and the hash of its totals (statement.h).  The list is made again here from what stands now: a batch that
 * changed, came or went since, or was decided by somebody else, makes it another list, and nothing is approved.  What was signed stands
 * for each batch as a statement about that batch alone would: as many persons as its rules ask, not its makers, each once; and sign verifies
 * it so, list and all.  On the list of an approval are the batches that wait for this person: proposed, and not signed by him yet.
 *
 * `reject F3` ends all of a run that has not left.  Reversals and what the bank is told of check numbers are decided by themselves.
 * Refused: 0 and words; nothing has changed.
 */
#include "gateway/roles/route/whole.h"

#include <stdio.h>
#include "formats/core/json.h"

struct whole { int64_t ids[RUN_LIST_BATCHES]; char sha[RUN_LIST_BATCHES][DIGEST_HEX]; size_t n; struct buf list; };

#define WAYS "kind IN ('ach','check','rollover','funding')"

int whole_is(struct route *r, const char *act, int64_t parcel, struct err *err)
{
	int64_t is = 0;

	if (strcmp(act, "approve") == 0)
		return 1;
	if (strcmp(act, "reject") != 0)
		return 0;
	return ledger_int(r->ledger, &is, err, "SELECT state IN (5,6) AND purpose='payroll' FROM parcel WHERE id=?", "i", parcel) < 0 ? -1 : (int)is;
}

/* 1: his signature over these totals is here. */
static int signed_before(struct route *r, const struct batch_totals *t, const char *sha, const char *who, struct err *err)
{
	int64_t n = 0;

	return ledger_int(r->ledger, &n, err, "SELECT count(*) FROM statement WHERE object=? AND act='approve' AND operator=? AND sha256=? AND spent=0", "ttt", t->batch, who, sha) < 0 ? -1 : n > 0;
}

static int add(struct route *r, struct whole *w, int64_t batch, bool approve, const char *who, struct err *err)
{
	struct batch_totals t;
	char sha[DIGEST_HEX];
	int before;

	if (run_totals(r, batch, &t, err) != 1)
		return -1;
	totals_sha256(&t, sha);
	before = approve ? signed_before(r, &t, sha, who, err) : 0;
	if (before != 0)
		return before < 0 ? -1 : 0;
	memcpy(w->sha[w->n], sha, sizeof(sha));
	w->ids[w->n++] = batch;
	run_list_add(&w->list, &t);
	return 0;
}

/* 1: there is something to decide. */
static int gather(struct route *r, const char *act, int64_t parcel, const char *who, struct whole *w, struct err *err)
{
	bool approve = strcmp(act, "approve") == 0;
	int64_t ids[RUN_LIST_BATCHES];
	struct rows rows;
	char object[24];
	int n = 0, rc;

	w->n = 0;
	w->list.max = 8000;
	buf_clear(&w->list);
	if ((approve ? ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE parcel=? AND " WAYS " AND state=2 ORDER BY id", "i", parcel)
	     : ledger_query(&rows, r->ledger, err, "SELECT id FROM batch WHERE parcel=? AND " WAYS " AND state IN (2,4) AND (artifact IS NULL OR why='BANK_REJECTED') ORDER BY id", "i", parcel)) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1 && n < RUN_LIST_BATCHES)
		ids[n++] = rows_int(&rows, 0);
	rows_end(&rows);
	if (rc < 0)
		return -1;
	id_text('F', parcel, object);
	if (rc == 1)
		return err_set(err, -1, "the run of '%s' has more than %d batches; decide about each by itself", object, RUN_LIST_BATCHES), 0;
	for (int i = 0; i < n; i++)
		if (add(r, w, ids[i], approve, who, err) != 0)
			return -1;
	if (w->list.failed)
		return err_set(err, -1, "no memory for the batches of '%s'", object);
	if (w->n == 0)
		return err_set(err, -1, approve ? "'%s' has no batch that waits for your approval" : "nothing of the run of '%s' could be rejected: it is written, or ended already", object), 0;
	return 1;
}

int whole_digest(struct route *r, const char *act, int64_t parcel, const char *who, char hex[DIGEST_HEX], struct err *err)
{
	struct whole w = { .n = 0 };
	int rc = gather(r, act, parcel, who, &w, err);

	if (rc == 1)
		digest_hex(buf_as_view(&w.list), hex);
	buf_release(&w.list);
	return rc;
}

int whole_put(struct route *r, const char *act, int64_t parcel, const char *who, struct json *j, struct err *err)
{
	struct whole w = { .n = 0 };
	struct batch_totals t;
	int rc = gather(r, act, parcel, who, &w, err);

	if (rc == 1)
		json_array(j, "batches");
	for (size_t i = 0; rc == 1 && i < w.n; i++) {
		struct buf b = { 0 };

		if (run_totals(r, w.ids[i], &t, err) != 1)
			rc = -1;
		else if (totals_text(&t, &b))
			json_raw(j, NULL, buf_as_view(&b));
		buf_release(&b);
	}
	if (rc == 1)
		json_array_end(j);
	buf_release(&w.list);
	return rc;
}

/* Before anything changes: he may decide about every one of them. */
static int may_approve(struct route *r, const struct decision *d, const struct whole *w, struct err *err)
{
	char pattern[80], object[24];
	int64_t touched;

	if (d->command->uid == 0)
		return err_set(err, -1, "uid 0 is never a checker; approve as your own user"), 0;
	snprintf(pattern, sizeof(pattern), ",%s,", d->statement->operator_name);
	for (size_t i = 0; i < w->n; i++) {
		if (ledger_int(r->ledger, &touched, err, "SELECT instr(','||maker||',', ?2)>0 FROM batch WHERE id=?1", "it", w->ids[i], pattern) != 1)
			return -1;
		if (touched)
			return err_set(err, -1, "'%s' touched %s of this run; another person must approve it", d->statement->operator_name, id_text('B', w->ids[i], object).p), 0;
	}
	return 1;
}

static int approve_each(struct route *r, const struct decision *d, const struct whole *w, int64_t counts[BATCH_STATES], struct err *err)
{
	char object[24], unused[200];
	int64_t state = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct statement part = *d->statement;
		struct decision one = { .command = d->command, .statement = &part, .letter = 'B', .id = w->ids[i], .done = unused, .done_cap = sizeof(unused) };

		run_list_part(&part, id_text('B', w->ids[i], object).p, w->sha[i], buf_as_view(&w->list));
		if (decision_approve_batch(r, &one, err) != 1 || ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", w->ids[i]) != 1)
			return -1;		/* all or none: the transaction goes back */
		counts[state]++;
	}
	return 0;
}

/* "F3: 4 batches signed: 3 APPROVED, 1 HELD" */
static void say(const struct decision *d, const struct whole *w, const int64_t counts[BATCH_STATES])
{
	const char *between = ": ";
	int n = snprintf(d->done, d->done_cap, "%s: %zu batch%s signed", d->statement->object, w->n, w->n == 1 ? "" : "es");

	for (int i = BATCH_STATES - 1; i > 0; i--) {
		if (counts[i] == 0 || n < 0 || (size_t)n >= d->done_cap)
			continue;
		n += snprintf(d->done + n, d->done_cap - (size_t)n, "%s%lld %s", between, (long long)counts[i], state_name(THING_BATCH, i));
		between = ", ";
	}
}

int whole_approve(struct route *r, const struct decision *d, struct err *err)
{
	struct whole w = { .n = 0 };
	int64_t counts[BATCH_STATES] = { 0 };
	int rc = gather(r, "approve", d->id, d->statement->operator_name, &w, err);

	if (rc == 1)
		rc = may_approve(r, d, &w, err);
	if (rc == 1 && (ledger_do(r->ledger, err, "INSERT INTO run_list(nonce, list) VALUES(?,?)", "tv", d->statement->nonce, buf_as_view(&w.list)) != 1 || approve_each(r, d, &w, counts, err) != 0))
		rc = -1;
	if (rc == 1)
		say(d, &w, counts);
	buf_release(&w.list);
	return rc;
}

int whole_reject(struct route *r, const struct decision *d, struct err *err)
{
	struct whole w = { .n = 0 };
	int64_t state = 0;
	int rc = gather(r, "reject", d->id, d->statement->operator_name, &w, err);

	if (rc == 1 && people_keep(r, d->command, d->statement, err) != 0)
		rc = -1;
	for (size_t i = 0; rc == 1 && i < w.n; i++) {
		if (ledger_int(r->ledger, &state, err, "SELECT state FROM batch WHERE id=?", "i", w.ids[i]) != 1)
			rc = -1;
		else if (state != BATCH_REJECTED && decision_end_batch(r, w.ids[i], err) != 0)	/* a rollover and its money end together */
			rc = -1;
	}
	if (rc == 1)
		snprintf(d->done, d->done_cap, "%s: %zu batch%s REJECTED", d->statement->object, w.n, w.n == 1 ? " is" : "es are");
	buf_release(&w.list);
	return rc;
}
