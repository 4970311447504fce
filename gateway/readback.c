/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readback - see readback.h
 */
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
	if (r->numbers != NULL)
		digest_final_hex(r->numbers, r->batches[r->n_batches - 1].numbers_sha256);
	if (r->rest != NULL)
		digest_final_hex(r->rest, r->batches[r->n_batches - 1].rest_sha256);
	r->items = r->numbers = r->rest = NULL;
	r->voids = false;
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

static bool is_void(const struct record *rec)
{
	return rec->kind == RECORD_CHECK_ISSUE && view_eq(record_text(rec, F_STATUS), VIEW("void"));
}

static int64_t digits_of(struct view v)
{
	int64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n = (n * 10 + (v.p[i] >= '0' && v.p[i] <= '9' ? v.p[i] - '0' : 0)) % HASH_MODULUS;
	return n;
}

static bool is_debit(const struct record *rec)
{
	struct view code = record_text(rec, F_TRANSACTION_CODE);

	if (rec->kind == RECORD_CHECK_ISSUE)
		return is_void(rec);
	if (code.n == 2)
		return code.p[1] > '4';
	return record_num(rec, F_AMOUNT, 0) < 0;
}

static void put(struct digest *d, struct view v, const char *end)
{
	digest_update(d, v);
	digest_update(d, view_of(end));
}

static void put_number(struct digest *d, int64_t n, const char *end)
{
	char text[24], *last = text + sizeof(text), *p = last;
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (n < 0)
		*--p = '-';
	put(d, (struct view){ p, (size_t)(last - p) }, end);
}

static void payment_line(struct readback *r, const struct record *rec, int64_t amount)
{
	put(r->items, record_text(rec, F_INDIVIDUAL_ID), "|");
	put(r->items, record_text(rec, F_ROUTING), "|");
	put(r->items, record_text(rec, F_ACCOUNT), "|");
	put_number(r->items, amount, "|");
	put(r->items, record_text(rec, F_TRANSACTION_CODE), "|");
	put(r->items, record_text(rec, record_has(rec, F_PARTY) ? F_PARTY : F_PAYEE), "\n");
}

static void check_line(struct digest *d, const struct record *rec, int64_t amount, bool number)
{
	char day[DATE_TEXT];

	put(d, is_void(rec) ? VIEW("void") : VIEW("issue"), "|");
	put(d, record_text(rec, F_ACCOUNT), "|");
	put_number(d, amount, "|");
	put(d, view_of(date_print((date_t)record_num(rec, F_ISSUE_DATE, DATE_NONE), day)), "|");
	put(d, record_text(rec, F_PAYEE), number ? "|" : "\n");
	if (number)
		put(d, record_text(rec, F_CHECK_NUMBER), "\n");
}

static void rollover_line(struct digest *d, const struct record *rec, int64_t amount)
{
	static const enum record_field before[] = { F_PERSON, F_PARTY, F_TRUSTEE, F_TRUSTEE_ACCOUNT };
	static const enum record_field behind[] = { F_PLAN, F_PAYEE, F_SSN, F_DISTRIBUTION, F_REFERENCE };

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		put(d, record_text(rec, before[i]), "|");
	put_number(d, amount, "|");
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++)
		put(d, record_text(rec, behind[i]), i + 1 < sizeof(behind) / sizeof(behind[0]) ? "|" : "\n");
}

/* What the bank is not told and a printer needs. */
static void rest_line(struct digest *d, const struct record *rec)
{
	static const enum record_field rest[] = { F_ROUTING, F_INDIVIDUAL_ID, F_MEMO, F_ADDRESS1, F_ADDRESS2, F_CITY, F_REGION, F_POSTAL_CODE, F_COUNTRY };

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		put(d, record_text(rec, rest[i]), i + 1 < sizeof(rest) / sizeof(rest[0]) ? "|" : "\n");
}

static bool add_check(struct readback *r, struct readback_batch *b, const struct record *rec, int64_t amount)
{
	if ((r->numbers == NULL && digest_open(&r->numbers, NULL) != 0) || (r->rest == NULL && digest_open(&r->rest, NULL) != 0))
		return fail(r);
	if (b->count == 0)
		b->effective = (date_t)record_num(rec, F_ISSUE_DATE, DATE_NONE);
	r->voids |= is_void(rec);
	check_line(r->items, rec, amount, r->voids);
	check_line(r->numbers, rec, amount, true);
	rest_line(r->rest, rec);
	return true;
}

static bool add_line(struct readback *r, struct readback_batch *b, const struct record *rec, int64_t amount)
{
	if (rec->kind == RECORD_CHECK_ISSUE)
		return add_check(r, b, rec, amount);
	if (rec->kind == RECORD_ROLLOVER)
		rollover_line(r->items, rec, amount);
	else
		payment_line(r, rec, amount);
	return true;
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
	if (!add_line(r, b, rec, amount))
		return false;
	b->count++;
	r->count++;
	r->entry_hash = (r->entry_hash + (rec->kind == RECORD_PAYMENT ? hash_of(record_text(rec, F_ROUTING))
		: rec->kind == RECORD_CHECK_ISSUE ? digits_of(record_text(rec, F_CHECK_NUMBER)) : 0)) % HASH_MODULUS;
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
	digest_free(r->numbers);
	digest_free(r->rest);
	free(r->batches);
	*r = (struct readback){ 0 };
}
