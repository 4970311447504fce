/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distribute_allot - the allotment rule of rules/allot.h over the records of one message
 *
 * Failure: false, and nothing of *reply is meant to be sent.
 */
#include "gateway/roles/distribute_allot.h"

#include "formats/core/money.h"
#include "gateway/allot_ways.h"
#include "gateway/proto.h"

/* docs/wire.md "a row that cannot be paid": net, the row's own payee and account, leg 0, the reason's code. */
static void unpaid(const struct record *row, enum allot_reason why, struct record *out)
{
	static const enum record_field kept[] = { F_PARTY, F_PERSON, F_ACCOUNT, F_ROUTING };

	record_init(out, RECORD_PAYMENT, row->line);
	out->seq = row->seq;
	record_set_num(out, F_AMOUNT, record_num(row, F_NET, 0));
	record_set_text(out, F_CURRENCY, VIEW("USD"));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		record_set_text(out, kept[i], record_text(row, kept[i]));
	record_set_num(out, F_LEG, 0);
	record_set_text(out, F_REASON, view_of(allot_reason_code(why)));
}

static bool put(struct buf *legs, const struct record *leg, int64_t *count, int64_t *sum)
{
	++*count;
	return wire_put_record(legs, leg) && money_add_minor(sum, record_num(leg, F_AMOUNT, 0));
}

static bool allot(const struct record *row, const struct allot_ways *ways, struct buf *legs, int64_t *count, int64_t *sum)
{
	struct allot_leg leg[ALLOT_LEGS];
	struct record no;
	size_t n = 0;
	enum allot_reason why = allot_row(leg, &n, row, ways);

	if (why != ALLOT_GOOD) {
		unpaid(row, why, &no);
		return put(legs, &no, count, sum);
	}
	for (size_t i = 0; i < n; i++)
		if (!put(legs, &leg[i].r, count, sum))
			return false;
	return true;
}

bool distribute_allot(const struct msg *m, struct buf *reply)
{
	struct view rest = msg_text(m, T_BYTES);
	struct buf legs = { 0 };
	int64_t rows = 0, count = 0, sum = 0;
	struct allot_ways ways;
	struct record row;
	bool good = allot_ways_get(&ways, m);
	int got = 0;

	while (good && (got = wire_cut_record(&rest, &row)) == 1) {
		rows++;
		good = row.kind == RECORD_PAYMENT && allot(&row, &ways, &legs, &count, &sum);
	}
	good = good && got == 0 && rest.n == 0 && rows == msg_num_or(m, T_COUNT, -1);
	if (good) {
		wire_begin(reply, M_ALLOTTED);
		wire_num(reply, T_JOB, msg_num_or(m, T_JOB, 0));
		wire_num(reply, T_COUNT, count);
		wire_num(reply, T_SUM, sum);
		wire_view(reply, T_BYTES, buf_as_view(&legs));
	}
	buf_release(&legs);
	return good && !reply->failed;
}
