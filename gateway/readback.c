/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readback - see readback.h
 */
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/money.h"
#include "gateway/readback.h"

#define HASH_MODULUS 10000000000

static bool fail(struct readback *r)
{
	r->failed = true;
	return false;
}

static void close_batch(struct readback *r)
{
	if (r->items != NULL)
		digest_final_hex(r->items, r->batches[r->n_batches - 1].items_sha256);
	r->items = NULL;
}

static bool open_batch(struct readback *r, int64_t number, date_t effective)
{
	struct readback_batch *grown;

	close_batch(r);
	if (r->n_batches == READBACK_BATCHES)
		return fail(r);
	grown = realloc(r->batches, (r->n_batches + 1) * sizeof(*grown));
	if (grown == NULL)
		return fail(r);
	r->batches = grown;
	r->batches[r->n_batches++] = (struct readback_batch){ .number = number, .effective = effective };
	return digest_open(&r->items, NULL) == 0 || fail(r);
}

/* The first eight digits; what is no digit counts 0, as the file's own trailer could not have counted it either. */
static int64_t hash_of(struct view routing)
{
	int64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v * 10 + (i < routing.n && routing.p[i] >= '0' && routing.p[i] <= '9' ? routing.p[i] - '0' : 0);
	return v;
}

static bool is_debit(const struct record *rec)
{
	struct view code = record_text(rec, F_TRANSACTION_CODE);

	if (code.n == 2)
		return code.p[1] > '4';
	return record_num(rec, F_AMOUNT, 0) < 0;
}

static void add_line(struct readback *r, const struct record *rec, int64_t amount)
{
	const struct view part[] = { record_text(rec, F_INDIVIDUAL_ID), record_text(rec, F_ROUTING),
		record_text(rec, F_ACCOUNT) };
	struct view party = record_text(rec, record_has(rec, F_PARTY) ? F_PARTY : F_PAYEE);
	char number[32];

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		digest_update(r->items, part[i]);
		digest_update(r->items, VIEW("|"));
	}
	snprintf(number, sizeof(number), "%lld|", (long long)amount);
	digest_update(r->items, view_of(number));
	digest_update(r->items, record_text(rec, F_TRANSACTION_CODE));
	digest_update(r->items, VIEW("|"));
	digest_update(r->items, party);
	digest_update(r->items, VIEW("\n"));
}

static bool add_item(struct readback *r, const struct record *rec)
{
	int64_t amount = record_num(rec, F_AMOUNT, 0);
	struct readback_batch *b;

	if (r->n_batches == 0 && !open_batch(r, 0, DATE_NONE))
		return false;
	if (amount == INT64_MIN)
		return fail(r);
	if (amount < 0)
		amount = -amount;
	b = &r->batches[r->n_batches - 1];
	if (is_debit(rec) ? !money_add_minor(&b->debit, amount) || !money_add_minor(&r->debit, amount)
			  : !money_add_minor(&b->credit, amount) || !money_add_minor(&r->credit, amount))
		return fail(r);
	b->count++;
	r->count++;
	r->entry_hash = (r->entry_hash + hash_of(record_text(rec, F_ROUTING))) % HASH_MODULUS;
	add_line(r, rec, amount);
	return true;
}

bool readback_add(struct readback *r, const struct record *rec)
{
	if (r->failed)
		return false;
	switch (rec->kind) {
	case RECORD_BATCH:
		return open_batch(r, record_num(rec, F_BATCH_NUMBER, 0),
			(date_t)record_num(rec, F_EFFECTIVE_DATE, DATE_NONE));
	case RECORD_PAYMENT:
	case RECORD_CHECK_ISSUE:
	case RECORD_ROLLOVER:
		return add_item(r, rec);
	default:
		return true;
	}
}

bool readback_end(struct readback *r)
{
	close_batch(r);
	return !r->failed;
}

void readback_release(struct readback *r)
{
	digest_free(r->items);
	free(r->batches);
	*r = (struct readback){ 0 };
}
