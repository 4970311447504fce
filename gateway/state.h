/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - the state machines of the house: one table each, every pair that is not in it is refused
 *
 * A state that many items share lives on their batch (`items_state`); an item has a state of its own only where it differs.
 * ITEM_SHARED in an item's row means "what my batch says".  The numbers are stored: add at the end, never renumber.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/view.h"

enum thing { THING_PARCEL, THING_BATCH, THING_ARTIFACT, THING_DELIVERY, THING_ITEM, THINGS };

enum parcel_state {
	PARCEL_NONE, PARCEL_SEEN, PARCEL_CLAIMED, PARCEL_FETCHED, PARCEL_PARSED, PARCEL_ROUTED, PARCEL_DONE,
	PARCEL_DUPLICATE, PARCEL_HELD, PARCEL_REJECTED, PARCEL_STATES
};
enum batch_state { BATCH_NONE, BATCH_OPEN, BATCH_PROPOSED, BATCH_APPROVED, BATCH_HELD, BATCH_REJECTED, BATCH_STATES };
enum artifact_state { ARTIFACT_NONE, ARTIFACT_ALLOTTED, ARTIFACT_RENDERED, ARTIFACT_VERIFIED, ARTIFACT_SIGNED, ARTIFACT_HELD, ARTIFACT_STATES };
enum delivery_state {
	DELIVERY_NONE, DELIVERY_INTENT, DELIVERY_UPLOADING, DELIVERY_UPLOADED, DELIVERY_RENAMING, DELIVERY_DELIVERED,
	DELIVERY_UNCERTAIN, DELIVERY_FAILED_SAFE, DELIVERY_HELD, DELIVERY_STATES
};
enum item_state {
	ITEM_SHARED, ITEM_RECEIVED, ITEM_VALID, ITEM_REJECTED, ITEM_HELD, ITEM_BATCHED, ITEM_APPROVED, ITEM_WRITTEN, ITEM_DELIVERED,
	ITEM_ACKED, ITEM_BANK_REJECTED, ITEM_DUE, ITEM_SETTLED, ITEM_RETURNED, ITEM_REVERSED, ITEM_CANCELLED, ITEM_OVERDUE,
	ITEM_PRINTED, ITEM_MAILED, ITEM_PRESENTED, ITEM_STOPPED, ITEM_STALE, ITEM_VOID, ITEM_CONFIRMED, ITEM_MANUAL, ITEM_STATES
};

int state_count(enum thing);				/* how many states, 0 (none) included */
const char *state_name(enum thing, int state);		/* "HELD"; "?" when out of range */
int state_by_name(enum thing, struct view);		/* -1 when unknown */
bool state_allowed(enum thing, int from, int to);	/* from 0 = being made */
bool state_final(enum thing, int state);		/* left only by evidence or by two persons */
const char *thing_name(enum thing);			/* "parcel" */
char thing_letter(enum thing);				/* F B A D I: the first letter of an id, "F7" */
