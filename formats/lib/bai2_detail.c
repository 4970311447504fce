/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_detail - accounts with their balances (03) and details (16), field by field, over any number of 88s
 *
 * 03: account and currency, then quads of type code, amount, item count and funds type; a quad may go on in an 88.
 * 16: type code, amount, funds type, bank reference, customer reference, then text to the end: what stands in the text
 * is never cut at a comma or slash.  Every 16 becomes an ENTRY (or DETAIL), also one with a fault or without an amount, so that the
 * n-th 16 of a file is always its n-th entry.  Direction comes from the type code, never from a sign.
 */
#include <inttypes.h>
#include "formats/lib/bai2.h"

enum account_phase { ACCOUNT_NUMBER, ACCOUNT_CURRENCY, QUAD_TYPE, QUAD_AMOUNT, QUAD_COUNT, QUAD_FUNDS,
	QUAD_FUNDS_PARTS };
enum detail_phase { DETAIL_TYPE, DETAIL_AMOUNT, DETAIL_FUNDS, DETAIL_FUNDS_PARTS, DETAIL_BANK_REF, DETAIL_CUSTOMER_REF,
	DETAIL_TEXT };

enum { TYPE_MALFORMED = -2, TYPE_NONE = -1 };

/* Three digits, or TYPE_NONE. */
static int type_code(struct view v)
{
	if (v.n != 3)
		return TYPE_NONE;
	for (size_t i = 0; i < 3; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return TYPE_NONE;
	return (v.p[0] - '0') * 100 + (v.p[1] - '0') * 10 + v.p[2] - '0';
}

static void read_type(struct bai2 *b, struct view v)
{
	b->type = type_code(v);
	memset(b->type_text, 0, sizeof(b->type_text));
	if (b->type < 0) {
		if (v.n > 0) {
			b->type = TYPE_MALFORMED;
			bai2_find(b, BAI2_TYPE_CODE, v, "Type Code", "the type code is not three digits");
		}
		return;
	}
	memcpy(b->type_text, v.p, 3);
	if (!bai2_listed(b, b->type))
		bai2_find(b, BAI2_TYPE_UNKNOWN, v, "Type Code", "type code %s stands in no list", b->type_text);
}

/* The amount as it counts in the control total, sign and all; false when there is none. */
static bool read_amount(struct bai2 *b, struct view v, bool may_be_negative)
{
	bool is_signed;

	b->has_amount = false;
	if (v.n == 0)
		return false;
	if (!bai2_integer(&b->amount, v, &is_signed)) {
		bai2_find(b, BAI2_AMOUNT, v, "Amount", "the amount is not a whole number that fits");
		return false;
	}
	if (is_signed && !may_be_negative)
		bai2_find(b, BAI2_AMOUNT_SIGN, v, "Amount",
			"a detail or summary amount is not signed, this one is negative");
	b->has_amount = true;
	bai2_add(b, b->amount);
	return true;
}

static void check_funds(struct bai2 *b, struct view v)
{
	const struct bai2_funds *f = &b->funds;

	if ((f->type == 'S' || f->type == 'D') && f->summed && b->has_amount && f->sum != b->amount)
		bai2_find(b, BAI2_FUNDS_SUM, v, "Funds Type",
			"the parts of the funds type add up to %" PRId64 ", the amount is %" PRId64,
			f->sum, b->amount);
}

static int64_t directed(const struct bai2 *b, char direction)
{
	int64_t n = b->amount;

	return direction == 'D' && n != INT64_MIN ? -n : n;
}

static void set_common(struct bai2 *b, enum record_kind kind)
{
	struct record *r = &b->rec;

	record_init(r, kind, b->rec_line);
	record_set_text(r, F_ACCOUNT, (struct view){ b->account, b->account_n });
	record_set_text(r, F_CURRENCY, (struct view){ b->currency, 3 });
	if (b->status != 0)
		record_set_text(r, F_STATUS, (struct view){ &b->status, 1 });
	if (b->modifier == '1' || b->modifier == '3' || b->status == '4')
		record_set_num(r, F_PROVISIONAL, 1);
}

/* 03 */

static void emit_statement(struct bai2 *b)
{
	set_common(b, RECORD_STATEMENT);
	if (b->as_of != DATE_NONE)
		record_set_num(&b->rec, F_AS_OF_DATE, b->as_of);
	bai2_emit(b);
}

static void emit_balance(struct bai2 *b)
{
	const struct bai2_type *t = bai2_type(b, b->type);

	if (b->type < 0)
		return;
	if (t->level == 'D' || t->level == 'N')
		bai2_find_at(b, BAI2_TYPE_LEVEL, FINDING_WARNING, b->line, 0, "Type Code",
			"type code %s is for details, here it stands in a 03",
			b->type_text);
	set_common(b, RECORD_BALANCE);
	if (b->as_of != DATE_NONE)
		record_set_num(&b->rec, F_AS_OF_DATE, b->as_of);
	record_set_text(&b->rec, F_TYPE, (struct view){ b->type_text, 3 });
	if (b->has_amount)
		record_set_num(&b->rec, F_AMOUNT, directed(b, t->direction));
	if (b->has_count)
		record_set_num(&b->rec, F_COUNT, b->count);
	record_set_text(&b->rec, F_TEXT, view_of(t->title));
	bai2_emit(b);
}

void bai2_account_begin(struct bai2 *b)
{
	b->field = ACCOUNT_NUMBER;
	b->account_n = 0;
	memcpy(b->currency, b->group_currency, 4);
	b->quads = 0;
	b->has_lump = b->said_items = false;
}

static void read_account(struct bai2 *b, struct view v)
{
	if (v.n == 0)
		bai2_find(b, BAI2_FIELD_MISSING, v, "Account Number", "the account number is empty");
	if (v.n > sizeof(b->account)) {
		bai2_find(b, BAI2_FIELD_LONG, v, "Account Number", "the field has %zu bytes; it is cut after %zu", v.n,
			sizeof(b->account));
		v.n = sizeof(b->account);
	}
	if (v.n > 0)
		memcpy(b->account, v.p, v.n);
	b->account_n = v.n;
	b->field = ACCOUNT_CURRENCY;
}

static void begin_quad(struct bai2 *b, struct view v)
{
	b->has_amount = b->has_count = false;
	b->quads++;
	read_type(b, v);
	b->field = QUAD_AMOUNT;
}

static void read_quad_amount(struct bai2 *b, struct view v)
{
	char level = b->type < 0 ? 'S' : bai2_type(b, b->type)->level;

	read_amount(b, v, level == 'S' || level == '?');
	if (b->type == TYPE_NONE && v.n > 0)
		bai2_find(b, BAI2_TYPE_CODE, v, "Amount",
			"an amount stands without a type code; it counts in the control total only");
	b->field = QUAD_COUNT;
}

static void read_count(struct bai2 *b, struct view v)
{
	bool is_signed;

	b->has_count = v.n > 0 && bai2_integer(&b->count, v, &is_signed) && !is_signed;
	if (v.n > 0 && !b->has_count)
		bai2_find(b, BAI2_ITEM_COUNT, v, "Item Count", "the item count is not a number");
	if (b->has_count && b->count > 0 && b->type >= 0 && bai2_type(b, b->type)->level == 'S')
		bai2_find(b, BAI2_COUNT_LEVEL, v, "Item Count", "type code %s is a balance, which counts no items", b->type_text);
	b->field = QUAD_FUNDS;
}

static void account_funds(struct bai2 *b, struct view v, enum funds_answer a)
{
	if (a == FUNDS_MORE) {
		b->field = QUAD_FUNDS_PARTS;
		return;
	}
	if (a == FUNDS_DONE)
		check_funds(b, v);
	emit_balance(b);
	b->field = QUAD_TYPE;
}

void bai2_account_field(struct bai2 *b, struct view v)
{
	v = view_trim(v);
	switch ((enum account_phase)b->field) {
	case ACCOUNT_NUMBER:
		read_account(b, v);
		break;
	case ACCOUNT_CURRENCY:
		if (v.n > 0)
			bai2_currency(b, v, b->line, (uint32_t)(v.p - b->raw.p) + 1, b->currency);
		emit_statement(b);
		b->field = QUAD_TYPE;
		break;
	case QUAD_TYPE:
		begin_quad(b, v);
		break;
	case QUAD_AMOUNT:
		read_quad_amount(b, v);
		break;
	case QUAD_COUNT:
		read_count(b, v);
		break;
	case QUAD_FUNDS:
		account_funds(b, v, bai2_funds_begin(b, v));
		break;
	case QUAD_FUNDS_PARTS:
		account_funds(b, v, bai2_funds_next(b, v));
		break;
	}
}

bool bai2_account_whole(const struct bai2 *b)
{
	return b->field == QUAD_TYPE && (b->quads > 0 || b->status == '2');
}

void bai2_account_finish(struct bai2 *b)
{
	bool deletion = b->status == '2' && b->field <= QUAD_TYPE;

	if (b->field == ACCOUNT_NUMBER)
		bai2_find_at(b, BAI2_FIELD_MISSING, FINDING_ERROR, b->rec_line, 0, "Account Number",
			"the account number is missing");
	if (!bai2_account_whole(b) && !deletion) {
		bool parts = b->field == QUAD_FUNDS_PARTS;

		bai2_find_at(b, parts ? BAI2_FUNDS_TYPE : BAI2_SHORT_RECORD, parts ? FINDING_ERROR : FINDING_WARNING,
			b->rec_line, 0,
			parts ? "Funds Type" : NULL, parts ? "the record ends inside the funds type" :
			"the record ends before its last field; the missing fields are taken as empty");
	}
	if (b->field <= ACCOUNT_CURRENCY)
		emit_statement(b);
	if (b->field > QUAD_TYPE)
		emit_balance(b);
}

/* 16 */

void bai2_detail_begin(struct bai2 *b)
{
	b->field = DETAIL_TYPE;
	b->type = TYPE_NONE;
	b->type_text[0] = '\0';
	b->has_amount = b->text_owned = b->said_short = false;
	b->funds.value = DATE_NONE;
	b->bank_ref = b->customer_ref = b->text = (struct view){ NULL, 0 };
	buf_clear(&b->text_buf);
}

static void detail_type(struct bai2 *b, struct view v)
{
	const struct bai2_type *t;

	read_type(b, v);
	b->field = DETAIL_AMOUNT;
	if (v.n == 0)
		bai2_find(b, BAI2_FIELD_MISSING, v, "Type Code", "the type code is empty");
	if (b->type < 0)
		return;
	t = bai2_type(b, b->type);
	if (t->level == 'S' || t->level == 'T')
		bai2_find(b, BAI2_TYPE_LEVEL, v, "Type Code",
			"type code %s is for balances and sums, here it stands in a detail", b->type_text);
	if (t->direction == '-' && t->level != 'N')
		bai2_find(b, BAI2_NO_DIRECTION, v, "Type Code",
			"type code %s says neither credit nor debit; the line gets no amount", b->type_text);
}

static void detail_amount(struct bai2 *b, struct view v)
{
	bool message = b->type == 890;

	read_amount(b, v, false);
	if (v.n == 0 && !message)
		bai2_find(b, BAI2_AMOUNT_MISSING, v, "Amount", "the detail has no amount");
	if (message && b->has_amount && b->amount != 0)
		bai2_find(b, BAI2_NO_DIRECTION, v, "Amount",
			"type code 890 is a message without money; its amount is not taken");
	b->field = DETAIL_FUNDS;
}

static void detail_funds(struct bai2 *b, struct view v, enum funds_answer a)
{
	if (a == FUNDS_DONE)
		check_funds(b, v);
	b->field = a == FUNDS_MORE ? DETAIL_FUNDS_PARTS : a == FUNDS_DONE ? DETAIL_BANK_REF : DETAIL_TEXT;
}

static struct view read_ref(struct bai2 *b, struct view v, const char *name)
{
	if (v.n > 0 && memchr(v.p, '/', v.n) != NULL)
		bai2_find(b, BAI2_REF_SLASH, v, name, "the reference holds a slash");
	if (v.n > BAI2_REF_MAX) {
		bai2_find(b, BAI2_FIELD_LONG, v, name, "the field has %zu bytes; it is cut after %d", v.n,
			BAI2_REF_MAX);
		v.n = BAI2_REF_MAX;
	}
	return v;
}

void bai2_detail_field(struct bai2 *b, struct view v)
{
	v = view_trim(v);
	switch ((enum detail_phase)b->field) {
	case DETAIL_TYPE:
		detail_type(b, v);
		break;
	case DETAIL_AMOUNT:
		detail_amount(b, v);
		break;
	case DETAIL_FUNDS:
		detail_funds(b, v, bai2_funds_begin(b, v));
		break;
	case DETAIL_FUNDS_PARTS:
		detail_funds(b, v, bai2_funds_next(b, v));
		break;
	case DETAIL_BANK_REF:
		b->bank_ref = read_ref(b, v, "Bank Reference Number");
		b->field = DETAIL_CUSTOMER_REF;
		break;
	case DETAIL_CUSTOMER_REF:
		b->customer_ref = read_ref(b, v, "Customer Reference Number");
		b->field = DETAIL_TEXT;
		break;
	case DETAIL_TEXT:
		break;
	}
}

bool bai2_detail_in_text(const struct bai2 *b)
{
	return b->field == DETAIL_TEXT;
}

bool bai2_detail_takes(const struct bai2 *b, struct view first)
{
	first = view_trim(first);
	return b->field != DETAIL_FUNDS || first.n == 0 ||
		(first.n == 1 && memchr("012SVDZsvdz", *first.p, 11) != NULL);
}

static void find_short(struct bai2 *b)
{
	bool parts = b->field == DETAIL_FUNDS_PARTS;

	if (b->said_short)
		return;
	b->said_short = true;
	bai2_find_at(b, parts ? BAI2_FUNDS_TYPE : BAI2_SHORT_RECORD, parts ? FINDING_ERROR : FINDING_WARNING,
		b->rec_line, 0,
		parts ? "Funds Type" : NULL, parts ? "the record ends inside the funds type" :
		"the record ends before its text field; the missing fields are taken as empty");
}

void bai2_detail_to_text(struct bai2 *b)
{
	if (b->field != DETAIL_TEXT)
		find_short(b);
	b->field = DETAIL_TEXT;
}

static void own_text(struct bai2 *b)
{
	if (b->text_owned)
		return;
	buf_view(&b->text_buf, b->text);
	b->text_owned = true;
}

/* Trailing blanks are fill; a slash alone means "no text". */
void bai2_detail_text(struct bai2 *b, struct view v)
{
	size_t have = b->text_owned ? b->text_buf.n : b->text.n;

	v = view_rtrim(v);
	if (view_eq(v, VIEW("/")))
		return;
	if (b->text_slash_drop && v.n > 0 && v.p[v.n - 1] == '/')
		v = view_rtrim(view_sub(v, 0, v.n - 1));
	if (have == 0 && v.n > 0 && *v.p == '/')
		bai2_find(b, BAI2_TEXT_SLASH, v, "Text", "the text begins with a slash");
	if (v.n == 0)
		return;
	if (have + 1 > BAI2_TEXT_MAX || v.n > BAI2_TEXT_MAX - have - 1) {
		bai2_find(b, BAI2_TEXT_LONG, v, "Text", "the text is longer than %zu bytes; the rest is left out",
			BAI2_TEXT_MAX);
		v.n = have + 1 > BAI2_TEXT_MAX ? 0 : BAI2_TEXT_MAX - have - 1;
	}
	if (have == 0) {
		b->text = v;
		b->text_owned = false;
		return;
	}
	own_text(b);
	buf_char(&b->text_buf, '\n');
	buf_view(&b->text_buf, v);
}

/* A reference is at most BAI2_REF_MAX bytes: read_ref() saw to that. */
static void pin_ref(struct view *ref, char *store)
{
	if (ref->n == 0 || ref->p == store)
		return;
	memcpy(store, ref->p, ref->n);
	ref->p = store;
}

void bai2_pin(struct bai2 *b)
{
	if (b->open != REC_16)
		return;
	own_text(b);
	pin_ref(&b->bank_ref, b->ref_store[0]);
	pin_ref(&b->customer_ref, b->ref_store[1]);
}

static bool is_check(const struct bai2 *b)
{
	if ((b->type != 475 && b->type != 474 && b->type != 395) || b->customer_ref.n == 0)
		return false;
	for (size_t i = 0; i < b->customer_ref.n; i++)
		if (b->customer_ref.p[i] < '0' || b->customer_ref.p[i] > '9')
			return false;
	return true;
}

/*
 * Banks itemise: 115 a lockbox deposit, then its items as 116.  Whether the items are the deposit's money once more, only
 * the bank can say (option `items`).  Without a line that they could be parts of, they are lines of their own.
 */
static enum record_kind kind_of_line(struct bai2 *b)
{
	if (!bai2_is_item(b->type)) {
		b->lump = b->emitted + 1;
		b->has_lump = true;
		return RECORD_ENTRY;
	}
	if (!b->has_lump)
		return RECORD_ENTRY;
	if (b->items_are_details)
		return RECORD_DETAIL;
	if (!b->said_items)
		bai2_find_at(b, BAI2_ITEMS, FINDING_NOTE, b->rec_line, 0, "Type Code",
			"type code %s is an item of a line before it; it counts as a line of its own", b->type_text);
	b->said_items = true;
	return RECORD_ENTRY;
}

void bai2_detail_finish(struct bai2 *b)
{
	const struct bai2_type *t = bai2_type(b, b->type);
	struct record *r = &b->rec;

	if (b->field != DETAIL_TEXT)
		find_short(b);
	set_common(b, kind_of_line(b));
	if (r->kind == RECORD_DETAIL)
		record_set_num(r, F_PARENT, (int64_t)b->lump);
	record_set_text(r, F_TYPE, view_of(b->type_text));
	if (b->has_amount && (t->direction == 'C' || t->direction == 'D'))
		record_set_num(r, F_AMOUNT, directed(b, t->direction));
	if (b->as_of != DATE_NONE) {
		record_set_num(r, F_BOOKING_DATE, b->as_of);
		record_set_num(r, F_VALUE_DATE, b->funds.value != DATE_NONE ? b->funds.value : b->as_of);
	} else if (b->funds.value != DATE_NONE) {
		record_set_num(r, F_VALUE_DATE, b->funds.value);
	}
	record_set_text(r, F_BANK_REF, b->bank_ref);
	record_set_text(r, F_CUSTOMER_REF, b->customer_ref);
	if (is_check(b))
		record_set_text(r, F_CHECK_NUMBER, b->customer_ref);
	if (b->text_buf.failed)
		b->stopped = true;		/* no memory: half a text is not passed on */
	record_set_text(r, F_TEXT, b->text_owned ? buf_as_view(&b->text_buf) : b->text);
	bai2_emit(b);
}
