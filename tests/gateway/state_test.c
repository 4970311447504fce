/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_test - every pair of every state machine, against the same tables written down a second time as words
 *
 * A pair that is allowed here and refused there, or the other way round, fails by name.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/state.h"
#include "tests/lib/tap.h"

static const struct { enum thing thing; const char *from, *to; } book[] = {
	{ THING_PARCEL, "-", "SEEN HELD" },
	{ THING_PARCEL, "SEEN", "CLAIMED HELD" },
	{ THING_PARCEL, "CLAIMED", "FETCHED HELD" },
	{ THING_PARCEL, "FETCHED", "PARSED DUPLICATE HELD" },
	{ THING_PARCEL, "PARSED", "ROUTED DUPLICATE HELD" },
	{ THING_PARCEL, "ROUTED", "DONE HELD" },
	{ THING_PARCEL, "HELD", "FETCHED PARSED DUPLICATE REJECTED" },
	{ THING_PARCEL, "DONE", "" }, { THING_PARCEL, "DUPLICATE", "" }, { THING_PARCEL, "REJECTED", "" },
	{ THING_BATCH, "-", "OPEN" },
	{ THING_BATCH, "OPEN", "PROPOSED HELD REJECTED" },
	{ THING_BATCH, "PROPOSED", "APPROVED HELD REJECTED" },
	{ THING_BATCH, "APPROVED", "HELD" },
	{ THING_BATCH, "HELD", "OPEN PROPOSED REJECTED" },
	{ THING_BATCH, "REJECTED", "" },
	{ THING_ARTIFACT, "-", "ALLOTTED" },
	{ THING_ARTIFACT, "ALLOTTED", "RENDERED HELD" },
	{ THING_ARTIFACT, "RENDERED", "VERIFIED HELD" },
	{ THING_ARTIFACT, "VERIFIED", "SIGNED HELD" },
	{ THING_ARTIFACT, "SIGNED", "" },
	{ THING_ARTIFACT, "HELD", "ALLOTTED" },
	{ THING_DELIVERY, "-", "INTENT HELD" },
	{ THING_DELIVERY, "INTENT", "UPLOADING HELD" },
	{ THING_DELIVERY, "UPLOADING", "UPLOADED FAILED_SAFE HELD" },
	{ THING_DELIVERY, "UPLOADED", "RENAMING FAILED_SAFE HELD" },
	{ THING_DELIVERY, "RENAMING", "DELIVERED UNCERTAIN HELD" },
	{ THING_DELIVERY, "DELIVERED", "" },
	{ THING_DELIVERY, "UNCERTAIN", "RENAMING DELIVERED HELD" },
	{ THING_DELIVERY, "FAILED_SAFE", "INTENT HELD" },
	{ THING_DELIVERY, "HELD", "INTENT DELIVERED" },
	{ THING_ITEM, "SHARED", "RECEIVED" },
	{ THING_ITEM, "RECEIVED", "VALID REJECTED HELD" },
	{ THING_ITEM, "VALID", "BATCHED HELD REJECTED" },
	{ THING_ITEM, "REJECTED", "" },
	{ THING_ITEM, "HELD", "VALID REJECTED CANCELLED" },
	{ THING_ITEM, "BATCHED", "APPROVED HELD CANCELLED" },
	{ THING_ITEM, "APPROVED", "WRITTEN BATCHED HELD CANCELLED" },
	{ THING_ITEM, "WRITTEN", "DELIVERED APPROVED CANCELLED PRINTED" },
	{ THING_ITEM, "DELIVERED", "ACKED BANK_REJECTED DUE OVERDUE PRINTED CONFIRMED MANUAL SETTLED RETURNED REVERSED" },
	{ THING_ITEM, "ACKED", "DUE OVERDUE BANK_REJECTED SETTLED RETURNED REVERSED" },
	{ THING_ITEM, "BANK_REJECTED", "BATCHED CANCELLED" },
	{ THING_ITEM, "DUE", "OVERDUE BANK_REJECTED SETTLED RETURNED REVERSED" },
	{ THING_ITEM, "SETTLED", "RETURNED REVERSED" },
	{ THING_ITEM, "RETURNED", "" }, { THING_ITEM, "REVERSED", "SETTLED" }, { THING_ITEM, "CANCELLED", "" },
	{ THING_ITEM, "OVERDUE", "SETTLED RETURNED REVERSED BANK_REJECTED" },
	{ THING_ITEM, "PRINTED", "MAILED VOID STOPPED STALE PRESENTED MANUAL" },
	{ THING_ITEM, "MAILED", "PRESENTED STOPPED STALE VOID" },
	{ THING_ITEM, "PRESENTED", "SETTLED RETURNED" },
	{ THING_ITEM, "STOPPED", "VOID RETURNED" },
	{ THING_ITEM, "STALE", "PRESENTED VOID" },
	{ THING_ITEM, "VOID", "" },
	{ THING_ITEM, "CONFIRMED", "SETTLED RETURNED" },
	{ THING_ITEM, "MANUAL", "CONFIRMED CANCELLED" },
};

static bool listed(const char *list, const char *word)
{
	struct view rest = view_of(list), piece;

	while (view_cut(&rest, ' ', &piece))
		if (view_eq(piece, view_of(word)))
			return true;
	return false;
}

static void walk_row(enum thing t, int from, const char *to)
{
	for (int s = 0; s < state_count(t); s++)
		ok(state_allowed(t, from, s) == (s != 0 && listed(to, state_name(t, s))), "a %s goes from %s to %s only if the book says so", thing_name(t),
		   state_name(t, from), state_name(t, s));
}

int main(void)
{
	int rows[THINGS] = { 0 };

	for (size_t i = 0; i < sizeof(book) / sizeof(book[0]); i++) {
		int from = state_by_name(book[i].thing, view_of(book[i].from));

		rows[book[i].thing]++;
		ok(from >= 0, "the %s state %s exists", thing_name(book[i].thing), book[i].from);
		if (from >= 0)
			walk_row(book[i].thing, from, book[i].to);
	}
	for (int t = 0; t < THINGS; t++) {
		ok(rows[t] == state_count((enum thing)t), "the book has a row for every state of a %s", thing_name((enum thing)t));
		ok(!state_allowed((enum thing)t, -1, 1) && !state_allowed((enum thing)t, 1, 99) && !state_allowed((enum thing)t, 99, 1),
		   "a state of a %s that does not exist goes nowhere", thing_name((enum thing)t));
		for (int s = 1; s < state_count((enum thing)t); s++)
			for (int to = 1; state_final((enum thing)t, s) && to < state_count((enum thing)t); to++)
				ok(!state_allowed((enum thing)t, s, to) || (t == THING_ITEM && s == ITEM_SETTLED && (to == ITEM_RETURNED || to == ITEM_REVERSED))
				   || (t == THING_ITEM && s == ITEM_REVERSED && to == ITEM_SETTLED),
				   "the final state %s of a %s is left for %s by evidence only", state_name((enum thing)t, s), thing_name((enum thing)t),
				   state_name((enum thing)t, to));
	}
	ok(strcmp(state_name(THING_ITEM, 99), "?") == 0, "a number that is no state has no name");
	return done_testing();
}
