/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - the tables of state.h; DESIGN "States" in data
 *
 * Each row lists where one may go from that state.  Row 0 says in which states a thing may be made.  A step that is not here is
 * refused by ledger_move() and logged with both names; tests/gateway/state_test.c walks every pair.
 */
#include "gateway/state.h"

#include <stdint.h>

#define TO(s) ((uint32_t)1 << (s))

static const char *const parcel_names[PARCEL_STATES] = {
	"-", "SEEN", "CLAIMED", "FETCHED", "PARSED", "ROUTED", "DONE", "DUPLICATE", "HELD", "REJECTED",
};
static const uint32_t parcel_to[PARCEL_STATES] = {
	[PARCEL_NONE] = TO(PARCEL_SEEN) | TO(PARCEL_HELD),			/* HELD at once: an object nobody announced */
	[PARCEL_SEEN] = TO(PARCEL_CLAIMED) | TO(PARCEL_HELD),			/* HELD: a hostile name is never claimed */
	[PARCEL_CLAIMED] = TO(PARCEL_FETCHED) | TO(PARCEL_HELD),
	[PARCEL_FETCHED] = TO(PARCEL_PARSED) | TO(PARCEL_DUPLICATE) | TO(PARCEL_HELD),
	[PARCEL_PARSED] = TO(PARCEL_ROUTED) | TO(PARCEL_DUPLICATE) | TO(PARCEL_HELD),
	[PARCEL_ROUTED] = TO(PARCEL_DONE) | TO(PARCEL_HELD),
	[PARCEL_HELD] = TO(PARCEL_FETCHED) | TO(PARCEL_PARSED) | TO(PARCEL_DUPLICATE) | TO(PARCEL_REJECTED),
};

static const char *const batch_names[BATCH_STATES] = { "-", "OPEN", "PROPOSED", "APPROVED", "HELD", "REJECTED" };
static const uint32_t batch_to[BATCH_STATES] = {
	[BATCH_NONE] = TO(BATCH_OPEN),
	[BATCH_OPEN] = TO(BATCH_PROPOSED) | TO(BATCH_HELD) | TO(BATCH_REJECTED),
	[BATCH_PROPOSED] = TO(BATCH_APPROVED) | TO(BATCH_HELD) | TO(BATCH_REJECTED),
	[BATCH_APPROVED] = TO(BATCH_HELD),
	[BATCH_HELD] = TO(BATCH_OPEN) | TO(BATCH_PROPOSED) | TO(BATCH_REJECTED),	/* OPEN: allotted again */
};

static const char *const artifact_names[ARTIFACT_STATES] = { "-", "ALLOTTED", "RENDERED", "VERIFIED", "SIGNED", "HELD" };
static const uint32_t artifact_to[ARTIFACT_STATES] = {
	[ARTIFACT_NONE] = TO(ARTIFACT_ALLOTTED),
	[ARTIFACT_ALLOTTED] = TO(ARTIFACT_RENDERED) | TO(ARTIFACT_HELD),
	[ARTIFACT_RENDERED] = TO(ARTIFACT_VERIFIED) | TO(ARTIFACT_HELD),
	[ARTIFACT_VERIFIED] = TO(ARTIFACT_SIGNED) | TO(ARTIFACT_HELD),
	[ARTIFACT_HELD] = TO(ARTIFACT_ALLOTTED),				/* rendered again from the same numbers */
};

static const char *const delivery_names[DELIVERY_STATES] = {
	"-", "INTENT", "UPLOADING", "UPLOADED", "RENAMING", "DELIVERED", "UNCERTAIN", "FAILED_SAFE", "HELD",
};
static const uint32_t delivery_to[DELIVERY_STATES] = {
	[DELIVERY_NONE] = TO(DELIVERY_INTENT) | TO(DELIVERY_HELD),
	[DELIVERY_INTENT] = TO(DELIVERY_UPLOADING) | TO(DELIVERY_HELD),
	[DELIVERY_UPLOADING] = TO(DELIVERY_UPLOADED) | TO(DELIVERY_FAILED_SAFE) | TO(DELIVERY_HELD),
	[DELIVERY_UPLOADED] = TO(DELIVERY_RENAMING) | TO(DELIVERY_FAILED_SAFE) | TO(DELIVERY_HELD),
	[DELIVERY_RENAMING] = TO(DELIVERY_DELIVERED) | TO(DELIVERY_UNCERTAIN) | TO(DELIVERY_HELD),
	[DELIVERY_UNCERTAIN] = TO(DELIVERY_RENAMING) | TO(DELIVERY_DELIVERED) | TO(DELIVERY_HELD),
	[DELIVERY_FAILED_SAFE] = TO(DELIVERY_INTENT) | TO(DELIVERY_HELD),
	[DELIVERY_HELD] = TO(DELIVERY_INTENT) | TO(DELIVERY_DELIVERED),
};

static const char *const item_names[ITEM_STATES] = {
	"SHARED", "RECEIVED", "VALID", "REJECTED", "HELD", "BATCHED", "APPROVED", "WRITTEN", "DELIVERED", "ACKED", "BANK_REJECTED", "DUE",
	"SETTLED", "RETURNED", "REVERSED", "CANCELLED", "OVERDUE", "PRINTED", "MAILED", "PRESENTED", "STOPPED", "STALE", "VOID", "CONFIRMED",
	"MANUAL",
};
#define ITEM_AT_BANK (TO(ITEM_SETTLED) | TO(ITEM_RETURNED) | TO(ITEM_REVERSED))
static const uint32_t item_to[ITEM_STATES] = {
	[ITEM_SHARED] = TO(ITEM_RECEIVED),
	[ITEM_RECEIVED] = TO(ITEM_VALID) | TO(ITEM_REJECTED) | TO(ITEM_HELD),
	[ITEM_VALID] = TO(ITEM_BATCHED) | TO(ITEM_HELD) | TO(ITEM_REJECTED),
	[ITEM_HELD] = TO(ITEM_VALID) | TO(ITEM_REJECTED) | TO(ITEM_CANCELLED),
	[ITEM_BATCHED] = TO(ITEM_APPROVED) | TO(ITEM_HELD) | TO(ITEM_CANCELLED),
	[ITEM_APPROVED] = TO(ITEM_WRITTEN) | TO(ITEM_BATCHED) | TO(ITEM_HELD) | TO(ITEM_CANCELLED),
	[ITEM_WRITTEN] = TO(ITEM_DELIVERED) | TO(ITEM_APPROVED) | TO(ITEM_CANCELLED) | TO(ITEM_PRINTED),
	[ITEM_DELIVERED] = TO(ITEM_ACKED) | TO(ITEM_BANK_REJECTED) | TO(ITEM_DUE) | TO(ITEM_OVERDUE) | TO(ITEM_PRINTED) | TO(ITEM_CONFIRMED)
		| TO(ITEM_MANUAL) | ITEM_AT_BANK,
	[ITEM_ACKED] = TO(ITEM_DUE) | TO(ITEM_OVERDUE) | TO(ITEM_BANK_REJECTED) | ITEM_AT_BANK,
	[ITEM_BANK_REJECTED] = TO(ITEM_BATCHED) | TO(ITEM_CANCELLED),
	[ITEM_DUE] = TO(ITEM_OVERDUE) | TO(ITEM_BANK_REJECTED) | ITEM_AT_BANK,
	[ITEM_OVERDUE] = ITEM_AT_BANK | TO(ITEM_BANK_REJECTED),
	[ITEM_SETTLED] = TO(ITEM_RETURNED) | TO(ITEM_REVERSED),			/* a late return is legal */
	[ITEM_REVERSED] = TO(ITEM_SETTLED),					/* its reversal was returned */
	[ITEM_PRINTED] = TO(ITEM_MAILED) | TO(ITEM_VOID) | TO(ITEM_STOPPED) | TO(ITEM_STALE) | TO(ITEM_PRESENTED)
		| TO(ITEM_MANUAL),
	[ITEM_MAILED] = TO(ITEM_PRESENTED) | TO(ITEM_STOPPED) | TO(ITEM_STALE) | TO(ITEM_VOID),
	[ITEM_PRESENTED] = TO(ITEM_SETTLED) | TO(ITEM_RETURNED),
	[ITEM_STOPPED] = TO(ITEM_VOID) | TO(ITEM_RETURNED),
	[ITEM_STALE] = TO(ITEM_PRESENTED) | TO(ITEM_VOID),
	[ITEM_CONFIRMED] = TO(ITEM_SETTLED) | TO(ITEM_RETURNED),
	[ITEM_MANUAL] = TO(ITEM_CONFIRMED) | TO(ITEM_CANCELLED),
};

static const struct machine {
	const char *name;
	char letter;
	int count;
	const char *const *names;
	const uint32_t *to;
	uint32_t final;
} machines[THINGS] = {
	[THING_PARCEL] = { "parcel", 'F', PARCEL_STATES, parcel_names, parcel_to,
		TO(PARCEL_DONE) | TO(PARCEL_DUPLICATE) | TO(PARCEL_REJECTED) },
	[THING_BATCH] = { "batch", 'B', BATCH_STATES, batch_names, batch_to, TO(BATCH_REJECTED) },
	[THING_ARTIFACT] = { "artifact", 'A', ARTIFACT_STATES, artifact_names, artifact_to, TO(ARTIFACT_SIGNED) },
	[THING_DELIVERY] = { "delivery", 'D', DELIVERY_STATES, delivery_names, delivery_to, TO(DELIVERY_DELIVERED) },
	[THING_ITEM] = { "item", 'I', ITEM_STATES, item_names, item_to,
		TO(ITEM_REJECTED) | TO(ITEM_SETTLED) | TO(ITEM_RETURNED) | TO(ITEM_REVERSED) | TO(ITEM_CANCELLED) | TO(ITEM_VOID) },
};

int state_count(enum thing t)
{
	return (unsigned)t < THINGS ? machines[t].count : 0;
}

const char *state_name(enum thing t, int state)
{
	return state >= 0 && state < state_count(t) ? machines[t].names[state] : "?";
}

int state_by_name(enum thing t, struct view name)
{
	for (int i = 0; i < state_count(t); i++)
		if (view_eq(name, view_of(machines[t].names[i])))
			return i;
	return -1;
}

bool state_allowed(enum thing t, int from, int to)
{
	if (from < 0 || to <= 0 || from >= state_count(t) || to >= state_count(t))
		return false;
	return machines[t].to[from] >> to & 1;
}

bool state_final(enum thing t, int state)
{
	return state > 0 && state < state_count(t) && machines[t].final >> state & 1;
}

const char *thing_name(enum thing t)
{
	return (unsigned)t < THINGS ? machines[t].name : "?";
}

char thing_letter(enum thing t)
{
	return (unsigned)t < THINGS ? machines[t].letter : '?';
}
