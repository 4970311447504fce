/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_move - how a state changes: look, ask the table, write, and record it, in one transaction
 *
 * Nothing else in the tree writes a state column of a parcel, batch, artifact, delivery or item that is already there.
 * Failure: -1; a step the table does not allow names both states and changes nothing.
 */
#include "gateway/ledger.h"

#include <stdio.h>
#include "channels/digest.h"
#include "gateway/audit.h"

/* The literals per thing; ledger statements are cached by their address. */
static const struct { const char *read, *write; } sql[THINGS] = {
	[THING_PARCEL] = { "SELECT state FROM parcel WHERE id=?",
		"UPDATE parcel SET state=?2, why=?3, changed_at=?4 WHERE id=?1" },
	[THING_BATCH] = { "SELECT state FROM batch WHERE id=?",
		"UPDATE batch SET state=?2, why=?3, changed_at=?4 WHERE id=?1" },
	[THING_ARTIFACT] = { "SELECT state FROM artifact WHERE id=?",
		"UPDATE artifact SET state=?2, why=?3, changed_at=?4 WHERE id=?1" },
	[THING_DELIVERY] = { "SELECT state FROM delivery WHERE id=?",
		"UPDATE delivery SET state=?2, why=?3, changed_at=?4 WHERE id=?1" },
	[THING_ITEM] = { "SELECT CASE WHEN i.state=0 THEN b.items_state ELSE i.state END FROM item i JOIN batch b ON b.id=i.batch WHERE i.id=?",
		"UPDATE item SET state=?2, why=?3 WHERE id=?1" },
};

static int refuse(enum thing t, int64_t id, int from, int to, struct err *err)
{
	return err_set(err, -1, "%s %c%lld cannot go from %s to %s", thing_name(t), thing_letter(t), (long long)id,
		       state_name(t, from), state_name(t, to));
}

int ledger_shared_changed(struct ledger *l, int64_t batch, struct err *err)
{
	return ledger_do(l, err, "UPDATE batch SET ids_sha256=NULL WHERE id=? AND ids_sha256 IS NOT NULL", "i", batch) < 0 ? -1 : 0;
}

static int item_leaves(struct ledger *l, int64_t item, struct err *err)
{
	int64_t batch;
	int found = ledger_int(l, &batch, err, "SELECT batch FROM item WHERE id=?", "i", item);

	return found < 0 ? -1 : found == 0 ? 0 : ledger_shared_changed(l, batch, err);
}

int ledger_move(struct ledger *l, enum thing t, int64_t id, int to, const char *why, struct err *err)
{
	struct audit_entry entry = { .count = 1, .detail = why };
	char object[32];
	int64_t from;
	int found;

	found = ledger_int(l, &from, err, sql[t].read, "i", id);
	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, -1, "there is no %s %c%lld", thing_name(t), thing_letter(t), (long long)id);
	if (!state_allowed(t, (int)from, to))
		return refuse(t, id, (int)from, to, err);
	if (t == THING_ITEM) {
		if (ledger_do(l, err, sql[t].write, "iit", id, (int64_t)to, why) != 1 || item_leaves(l, id, err) != 0)
			return -1;
	} else if (ledger_do(l, err, sql[t].write, "iitt", id, (int64_t)to, why, ledger_now(l)->utc) != 1) {
		return -1;
	}
	snprintf(object, sizeof(object), "%c%lld", thing_letter(t), (long long)id);
	entry.object = object;
	entry.from = state_name(t, (int)from);
	entry.to = state_name(t, to);
	return audit_append(l, &entry, err);
}

int shared_ids_begin(struct shared_ids *s, struct err *err)
{
	*s = (struct shared_ids){ .count = 0 };
	return digest_open(&s->digest, err);
}

void shared_ids_add(struct shared_ids *s, int64_t id, int64_t amount_minor)
{
	buf_int(&s->text, id);
	buf_char(&s->text, '\n');
	if (s->text.n > 4000) {
		digest_update(s->digest, buf_as_view(&s->text));
		buf_clear(&s->text);
	}
	s->count++;
	s->sum_minor += amount_minor;
}

int shared_ids_keep(struct shared_ids *s, struct ledger *l, int64_t batch, struct err *err)
{
	bool failed = s->text.failed;

	digest_update(s->digest, buf_as_view(&s->text));
	digest_final_hex(s->digest, s->hex);
	s->digest = NULL;
	shared_ids_free(s);
	if (failed)
		return err_set(err, -1, "no memory for the ids of B%lld", (long long)batch);
	return ledger_do(l, err, "UPDATE batch SET ids_sha256=?2, ids_count=?3, ids_minor=?4 WHERE id=?1", "itii", batch, s->hex, s->count, s->sum_minor) == 1 ? 0 : -1;
}

void shared_ids_free(struct shared_ids *s)
{
	digest_free(s->digest);
	s->digest = NULL;
	buf_release(&s->text);
}

/* Count, sum and hash over the ids (ascending) of a batch's items without a state of their own; kept on the batch while these stay the same. */
static int shared_items(struct ledger *l, int64_t batch, struct audit_entry *entry, char hex[DIGEST_HEX], struct err *err)
{
	struct shared_ids ids;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, l, err, "SELECT ids_sha256, ids_count, ids_minor FROM batch WHERE id=? AND ids_sha256 IS NOT NULL", "i", batch) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		snprintf(hex, DIGEST_HEX, "%.*s", VIEW_FMT(rows_text(&rows, 0)));
		entry->count = rows_int(&rows, 1);
		entry->sum_minor = rows_int(&rows, 2);
	}
	rows_end(&rows);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (shared_ids_begin(&ids, err) != 0)
		return -1;
	if (ledger_query(&rows, l, err, "SELECT id, amount_minor FROM item WHERE batch=? AND state=0 ORDER BY id", "i", batch) != 0) {
		shared_ids_free(&ids);
		return -1;
	}
	while ((rc = rows_next(&rows)) == 1)
		shared_ids_add(&ids, rows_int(&rows, 0), rows_int(&rows, 1));
	if (rc != 0) {
		shared_ids_free(&ids);
		return -1;
	}
	rc = shared_ids_keep(&ids, l, batch, err);
	snprintf(hex, DIGEST_HEX, "%s", ids.hex);
	entry->count = ids.count;
	entry->sum_minor = ids.sum_minor;
	return rc;
}

/* Count, sum and hash over the ids (ascending) that a query gives as id and amount.  Ends it. */
static int add_up(struct rows *rows, struct audit_entry *entry, char hex[DIGEST_HEX], struct err *err)
{
	struct digest *digest = NULL;
	char id[24];
	int rc;

	if (digest_open(&digest, err) != 0) {
		rows_end(rows);
		return -1;
	}
	while ((rc = rows_next(rows)) == 1) {
		digest_update(digest, (struct view){ id, (size_t)snprintf(id, sizeof(id), "%lld\n", (long long)rows_int(rows, 0)) });
		entry->count++;
		entry->sum_minor += rows_int(rows, 1);
	}
	digest_final_hex(digest, hex);
	return rc;
}

static int audit_items(struct ledger *l, int64_t batch, int from, int to, struct audit_entry *entry, const char *why, const char *hex, struct err *err)
{
	char object[40], detail[160];

	snprintf(object, sizeof(object), "B%lld.items", (long long)batch);
	snprintf(detail, sizeof(detail), "%s%sids %s", why ? why : "", why ? ", " : "", hex);
	entry->object = object;
	entry->from = state_name(THING_ITEM, from);
	entry->to = state_name(THING_ITEM, to);
	entry->detail = detail;
	return audit_append(l, entry, err);
}

int ledger_move_items(struct ledger *l, int64_t batch, int to, const char *why, struct err *err)
{
	struct audit_entry entry = { 0 };
	char hex[DIGEST_HEX];
	int64_t from;
	int found;

	found = ledger_int(l, &from, err, "SELECT items_state FROM batch WHERE id=?", "i", batch);
	if (found <= 0)
		return found < 0 ? -1 : err_set(err, -1, "there is no batch B%lld", (long long)batch);
	if (!state_allowed(THING_ITEM, (int)from, to))
		return err_set(err, -1, "the items of batch B%lld cannot go from %s to %s", (long long)batch,
			       state_name(THING_ITEM, (int)from), state_name(THING_ITEM, to));
	if (shared_items(l, batch, &entry, hex, err) != 0
	    || ledger_do(l, err, "UPDATE batch SET items_state=?2, changed_at=?3 WHERE id=?1", "iit", batch, (int64_t)to, ledger_now(l)->utc) != 1)
		return -1;
	return audit_items(l, batch, (int)from, to, &entry, why, hex, err);
}

int ledger_move_own(struct ledger *l, int64_t batch, int from, int to, const char *why, struct err *err)
{
	struct audit_entry entry = { 0 };
	char hex[DIGEST_HEX];
	struct rows rows;

	if (!state_allowed(THING_ITEM, from, to))
		return err_set(err, -1, "items of batch B%lld cannot go from %s to %s", (long long)batch, state_name(THING_ITEM, from), state_name(THING_ITEM, to));
	if (ledger_query(&rows, l, err, "SELECT id, amount_minor FROM item WHERE batch=? AND state=? ORDER BY id", "ii", batch, (int64_t)from) != 0 || add_up(&rows, &entry, hex, err) != 0)
		return -1;
	if (entry.count == 0)
		return 0;
	if (ledger_do(l, err, "UPDATE item SET state=?3, why=?4 WHERE batch=?1 AND state=?2", "iiit", batch, (int64_t)from, (int64_t)to, why) != entry.count)
		return err->code != 0 ? -1 : err_set(err, -1, "the items of batch B%lld have changed", (long long)batch);
	return audit_items(l, batch, from, to, &entry, why, hex, err);
}

int ledger_item_back(struct ledger *l, int64_t item, const char *why, struct err *err)
{
	int64_t shared;
	int found = ledger_int(l, &shared, err, "SELECT b.items_state FROM batch b JOIN item i ON i.batch=b.id WHERE i.id=?", "i", item);

	if (found <= 0)
		return found < 0 ? -1 : err_set(err, -1, "there is no item I%lld", (long long)item);
	if (shared != ITEM_BATCHED)
		return err_set(err, -1, "item I%lld cannot go back: the items of its batch are %s", (long long)item, state_name(THING_ITEM, (int)shared));
	if (ledger_move(l, THING_ITEM, item, ITEM_VALID, why, err) != 0 || ledger_move(l, THING_ITEM, item, ITEM_BATCHED, why, err) != 0)
		return -1;
	return ledger_do(l, err, "UPDATE item SET state=0, why=NULL WHERE id=?", "i", item) == 1 && item_leaves(l, item, err) == 0 ? 0 : -1;
}

int ledger_item_state(struct ledger *l, int64_t item, int *state, struct err *err)
{
	int64_t n;
	int found = ledger_int(l, &n, err, sql[THING_ITEM].read, "i", item);

	if (found == 1)
		*state = (int)n;
	return found;
}
