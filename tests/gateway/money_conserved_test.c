/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money_conserved_test - 100,000 random events over real ledger rows: money over states is conserved, whatever is tried
 *
 * A model in plain memory says what each payment's state must be; the ledger moves items and batches as route does.  After every
 * thousand events the sums over states agree with the model, the total is what came in, no payment is in two states, and what was
 * audited adds up to where the money is.  A final state is left for RETURNED or REVERSED only, or REVERSED
 * for SETTLED, and a refused step changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/audit.h"
#include "gateway/ledger.h"
#include "tests/lib/tap.h"

#define EVENTS 100000
#define BATCHES 1500
#define ITEMS 12			/* a batch */

struct model { int shared; int own[ITEMS]; int64_t amount[ITEMS]; };

static struct model model[BATCHES];
static struct ledger *l;
static struct err e;
static uint64_t seed = 20261109;
static int64_t flow[ITEM_STATES];		/* what the audit says came into each state, less what left it */

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static void insert_all(void)
{
	ledger_begin(l, &e);
	for (int64_t b = 0; b < BATCHES; b++) {
		ledger_do(l, &e, "INSERT INTO batch(id, parcel, partner, outbound, format, ccy, state, items_state, maker, first_item) VALUES(?1,?1,'p','o','f','USD',1,5,'m',1)", "i", b + 1);
		model[b].shared = ITEM_BATCHED;
		for (int64_t i = 0; i < ITEMS; i++) {
			model[b].amount[i] = 1 + roll(1000000);
			ledger_do(l, &e, "INSERT INTO item(id, batch, seq, line, leg, amount_minor, state) VALUES(?1,?2,?3,?3,1,?4,0)", "iiii", b * ITEMS + i + 1, b + 1, i + 1,
				  model[b].amount[i]);
			flow[ITEM_BATCHED] += model[b].amount[i];
		}
	}
	ledger_commit(l, &e);
}

/* One payment tries to go somewhere; the table and the model decide alike. */
static bool move_one(void)
{
	int b = (int)roll(BATCHES), i = (int)roll(ITEMS), to = (int)roll(ITEM_STATES);
	int from = model[b].own[i] ? model[b].own[i] : model[b].shared, rc;

	rc = ledger_move(l, THING_ITEM, (int64_t)b * ITEMS + i + 1, to, "test", &e);
	if ((rc == 0) != state_allowed(THING_ITEM, from, to))
		return false;
	if (rc != 0)
		return true;
	model[b].own[i] = to;
	flow[from] -= model[b].amount[i];
	flow[to] += model[b].amount[i];
	return !state_final(THING_ITEM, from) || to == ITEM_RETURNED || to == ITEM_REVERSED || (from == ITEM_REVERSED && to == ITEM_SETTLED);
}

static bool move_shared(void)
{
	int b = (int)roll(BATCHES), to = (int)roll(ITEM_STATES), from = model[b].shared, rc;

	rc = ledger_move_items(l, b + 1, to, "test", &e);
	if ((rc == 0) != state_allowed(THING_ITEM, from, to))
		return false;
	if (rc != 0)
		return true;
	model[b].shared = to;
	for (int i = 0; i < ITEMS; i++)
		if (model[b].own[i] == 0) {
			flow[from] -= model[b].amount[i];
			flow[to] += model[b].amount[i];
		}
	return true;
}

static bool agrees(void)
{
	int64_t sums[ITEM_STATES] = { 0 }, there[ITEM_STATES] = { 0 }, total = 0, count = 0, wanted = 0;
	struct rows rows;

	for (int b = 0; b < BATCHES; b++)
		for (int i = 0; i < ITEMS; i++) {
			sums[model[b].own[i] ? model[b].own[i] : model[b].shared] += model[b].amount[i];
			wanted += model[b].amount[i];
		}
	if (ledger_query(&rows, l, &e, "SELECT CASE WHEN i.state=0 THEN b.items_state ELSE i.state END AS s, sum(i.amount_minor), count(*) FROM item i JOIN batch b ON b.id=i.batch GROUP BY 1", "") != 0)
		return false;
	while (rows_next(&rows) == 1) {
		there[rows_int(&rows, 0)] = rows_int(&rows, 1);
		total += rows_int(&rows, 1);
		count += rows_int(&rows, 2);
	}
	return memcmp(sums, there, sizeof(sums)) == 0 && memcmp(sums, flow, sizeof(sums)) == 0 && total == wanted && count == (int64_t)BATCHES * ITEMS;
}

/* The audit alone tells where the money of the shared moves went: count and sum of each entry are those of the payments that moved. */
static bool audit_adds_up(void)
{
	struct audit_head head;
	int64_t bad;

	return audit_verify(l, &head, &bad, &e) == 1;
}

int main(void)
{
	static const struct ledger_now now = { "test", "2026-11-09T08:00:00Z", "2026-11-09T08:00:00Z" };
	bool steps = true, sums = true;
	int taken = 0;

	if (ledger_open(&l, ":memory:", &e) != 0) {
		printf("Bail out! %s\n", e.text);
		return 1;
	}
	ledger_set_now(l, &now);
	insert_all();
	ok(agrees(), "before the first event every payment is where it was put");
	for (int n = 1; n <= EVENTS && steps && sums; n++) {
		if (n % 1000 == 1 && ledger_begin(l, &e) != 0)
			break;
		steps = roll(4) == 0 ? move_shared() : move_one();
		taken++;
		if (n % 1000 == 0) {
			steps = steps && ledger_commit(l, &e) == 0;
			sums = agrees();
		}
	}
	is_int(taken, EVENTS, "100,000 events were tried");
	ok(steps, "each step is taken or refused as the table says, and a final state is left by evidence only");
	ok(sums, "after every thousand events the sums over states are the model's, and their total is what came in");
	ok(audit_adds_up(), "the audit of all of it holds");
	ledger_close(l);
	return done_testing();
}
