/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_balance - balanced files: each batch carries the entry that moves the same money on our own account
 *
 * With balance=yes a batch of credits ends with a debit of their sum to balance_account, a batch of debits with a credit,
 * a mixed one with both; the batch's service class is 200 then.  Without it the bank settles as agreed (unbalanced, the
 * standard).  The entries take the trace numbers behind the last one: whoever allots traces leaves room for two a batch,
 * and one more for each 99,999,999.99 dollars.  Returns and changes are never balanced.
 */
#include <string.h>

#include "formats/lib/nacha_write.h"

#define ENTRY_MOST INT64_C(9999999999)		/* ten digits of cents */

void nacha_balance_begin(struct nacha_writer *w)
{
	struct view on = w->host->option(w->host->ctx, "balance"), type = w->host->option(w->host->ctx, "balance_type");

	w->balance.on = on.p != NULL && !view_eq(on, VIEW("no"));
	w->balance.routing = w->host->option(w->host->ctx, "balance_routing");
	w->balance.account = w->host->option(w->host->ctx, "balance_account");
	w->balance.family = view_eq(type, VIEW("savings")) ? '3' : view_eq(type, VIEW("ledger")) ? '4' : '2';
	if (w->balance.on && !view_eq(on, VIEW("yes")))
		nacha_refuse(w, NC_OPTION, NULL, "the option balance is neither yes nor no");
	if (type.p != NULL && w->balance.family == '2' && !view_eq(type, VIEW("checking")))
		nacha_refuse(w, NC_OPTION, NULL, "the option balance_type is none of checking, savings and ledger");
	if (w->balance.on && (w->balance.account.n == 0 || w->balance.routing.n != 9))
		nacha_refuse(w, NC_OPTION, NULL, "balance=yes needs balance_routing, nine digits, and balance_account");
}

static bool next_trace(char trace[15])
{
	for (size_t i = 15; i-- > 8;) {
		if (trace[i] != '9') {
			trace[i]++;
			return true;
		}
		trace[i] = '0';
	}
	return false;
}

static void put_one(struct nacha_writer *w, int64_t amount, bool credit)
{
	char code[2] = { w->balance.family, credit ? '2' : '7' }, line[NACHA_WIDTH], trace[15];
	struct record r;

	memcpy(trace, w->n.batch.last_trace, sizeof(trace));
	if (!next_trace(trace)) {
		nacha_refuse(w, NC_EMIT_VALUE, &nacha_entry.rows[E_TRACE], "has no number left for the balancing entry");
		return;
	}
	record_init(&r, RECORD_PAYMENT, 0);
	record_set_text(&r, F_ROUTING, w->balance.routing);
	record_set_text(&r, F_ACCOUNT, w->balance.account);
	record_set_num(&r, F_AMOUNT, amount);
	record_set_text(&r, F_TRANSACTION_CODE, (struct view){ code, 2 });
	record_set_text(&r, F_TRACE, (struct view){ trace, sizeof(trace) });
	record_set_text(&r, F_INDIVIDUAL_ID, VIEW("OFFSET"));
	record_set_text(&r, F_PARTY, view_rtrim(layout_at(&nacha_batch_header.rows[BH_COMPANY], w->n.batch.line)));
	if (!nacha_fill_line(w, line, w->sec->entry, &r))
		return;
	if (w->sec->flags & SEC_COUNT)
		layout_put_number(line, &nacha_entry_count.rows[X_COUNT], 0);
	nacha_put_line(w, line);
}

static void put_side(struct nacha_writer *w, int64_t sum, bool credit)
{
	for (int64_t left = sum, piece; left > 0 && w->errors == 0; left -= piece) {
		piece = left < ENTRY_MOST ? left : ENTRY_MOST;
		put_one(w, piece, credit);
	}
}

void nacha_balance_batch(struct nacha_writer *w)
{
	struct nacha_totals sum = w->n.batch.sum;	/* before the entries of ours are added to it */

	if (!w->balance.on || !w->n.batch.traced || (w->n.batch.kinds & ~(unsigned)KIND_FORWARD))
		return;
	put_side(w, sum.credit, false);
	put_side(w, sum.debit, true);
	nacha_close_entry(&w->n);
}
