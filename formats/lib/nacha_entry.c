/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_entry - entries and their addenda: fields as they come, rules when the entry is complete
 *
 * Whether an entry goes forward or comes back is only known by its addenda, so amounts, directions and mandatory fields
 * are judged when it is closed; the findings still point at the entry's own line.  Nothing is judged twice.
 */
#include <string.h>

#include "formats/lib/nacha_read.h"

#define MICRO_LIMIT ((int64_t)100)		/* a micro-entry's credit is below one dollar */
#define PAYROLL_FROM 20260101			/* the rule is of 2026-03-20; feeds are warned a quarter ahead */

/* --- the entry's own line --- */

static int two_digits(const char *p)
{
	unsigned a = (unsigned char)(p[0] - '0'), b = (unsigned char)(p[1] - '0');

	return a > 9 || b > 9 ? -1 : (int)(a * 10 + b);
}

void nacha_add_up(struct nacha *n, int64_t *batch, int64_t *file, int64_t amount)
{
	if (__builtin_add_overflow(*batch, amount, batch) || __builtin_add_overflow(*file, amount, file))
		nacha_say(n, NC_SUM, &nacha_entry.rows[E_AMOUNT], "the total is too large to be added up");
}

static void count_entry(struct nacha *n, const struct nacha_entry *e)
{
	struct nacha_totals *b = &n->batch.sum, *f = &n->sum;
	int64_t rdfi;

	b->items++;
	f->items++;
	n->batch.entries++;
	if (layout_number(&rdfi, layout_at(&nacha_entry.rows[E_RDFI], e->line))) {
		b->hash = (b->hash + (uint64_t)rdfi) % NACHA_HASH_MOD;
		f->hash = (f->hash + (uint64_t)rdfi) % NACHA_HASH_MOD;
	}
	if (e->amount <= 0)
		return;
	if (nacha_is_credit(e->code))
		nacha_add_up(n, &b->credit, &f->credit, e->amount);
	else
		nacha_add_up(n, &b->debit, &f->debit, e->amount);
}

static void routing_check(struct nacha *n, const char *line)
{
	struct view routing = layout_at(&nacha_entry.rows[E_ROUTING], line);
	int front = two_digits(routing.p);

	if (!layout_is_digits(routing))			/* told by the layout already */
		return;
	if (memcmp(routing.p, "00000000", 8) == 0)
		nacha_say(n, NC_ROUTING, &nacha_entry.rows[E_RDFI], "the routing number is all zeros (R13)");
	if (!(front <= 12 || (front >= 21 && front <= 32) || (front >= 61 && front <= 72) || front == 80))
		nacha_say(n, NC_ROUTING, &nacha_entry.rows[E_RDFI],
			  "no bank has a routing number that begins with %02d (R13)", front);
	if (!nacha_check_digit(routing.p))
		nacha_say(n, NC_CHECK_DIGIT, &nacha_entry.rows[E_CHECK],
			  "the check digit of the routing number is wrong (R28)");
}

static void trace_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_entry.rows[E_TRACE];
	struct view trace = layout_at(row, line);
	struct nacha_batch *b = &n->batch;

	if ((b->sec->flags & SEC_ADV) || !(layout_is_digits(trace) || nacha_trace_cut(trace)))
		return;
	if (memcmp(trace.p, layout_at(&nacha_batch_header.rows[BH_ODFI], b->line).p, 8) != 0)
		nacha_say(n, NC_TRACE_ODFI, row,
			  "the trace number does not begin with the originating bank of its batch");
	if (b->traced && memcmp(trace.p, b->last_trace, 15) <= 0)
		nacha_say(n, NC_TRACE_ORDER, row, "the trace number is not above the one before it");
	memcpy(b->last_trace, trace.p, 15);
	b->traced = true;
}

/* Some write an ENR entry without its number of addenda, with the name from 55 on as in other classes. */
static bool uncounted(const struct nacha *n)
{
	return memcmp(n->batch.sec->code, "ENR", 3) == 0 &&
		!layout_is_digits(layout_at(&nacha_entry_count.rows[X_COUNT], n->entry.line));
}

static const struct layout *entry_layout(const struct nacha *n)
{
	return n->batch.iat ? &nacha_entry_iat : uncounted(n) ? &nacha_entry : n->batch.sec->entry;
}

void nacha_on_entry(struct nacha *n, const char *line)
{
	struct nacha_entry *e = &n->entry;
	const struct layout_row *amount = &nacha_entry.rows[E_AMOUNT];

	e->open = true;
	e->at = n->at.line;
	e->addenda = e->forward = e->notes = e->wrong = 0;
	e->iat_last = 0;
	e->n_parts = 0;
	memset(e->iat, 0, sizeof(e->iat));
	memcpy(e->line, line, NACHA_WIDTH);
	buf_clear(&n->text);
	layout_verify(entry_layout(n), line, nacha_fault, n);
	e->code = two_digits(line + 1);
	if (e->code >= 0 && !nacha_transaction_code(e->code)) {
		nacha_say(n, NC_TRANSACTION_CODE, &nacha_entry.rows[E_CODE],
			  "the transaction code %02d is not assigned", e->code);
		e->code = -1;
	}
	if (!layout_number(&e->amount, n->batch.sec->flags & SEC_ADV ? (struct view){ line + 27, 12 } :
			   layout_at(amount, line)))
		e->amount = -1;
	count_entry(n, e);
	routing_check(n, line);
	trace_check(n, line);
}

/* --- addenda --- */

/* The entry's trace is named whole (02 98 99) or by its last seven digits (05 10-18). */
static void addenda_trace_check(struct nacha *n, int type, const char *line)
{
	const char *trace = layout_at(&nacha_entry.rows[E_TRACE], n->entry.line).p;

	if (type == 98 || type == 99) {
		if (memcmp(line + 79, trace, 15) != 0)
			nacha_say(n, NC_RETURN_TRACE, &nacha_return.rows[A99_OWN_TRACE],
				  "the addenda's trace number is not its entry's");
	} else if (type == 2) {
		if (memcmp(line + 79, trace, 15) != 0)
			nacha_say(n, NC_ADDENDA_TRACE, &nacha_addenda_02.rows[A02_TRACE],
				  "the addenda names another entry (R27)");
	} else if (memcmp(line + 87, trace + 8, 7) != 0) {
		nacha_say(n, NC_ADDENDA_TRACE, &nacha_addenda_05.rows[A05_ENTRY],
			  "the addenda names another entry (R27)");
	}
}

static void remittance(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_addenda_05.rows[A05_SEQUENCE];
	int64_t sequence;

	n->entry.forward++;
	if (!layout_number(&sequence, layout_at(row, line)) || sequence != n->entry.forward)
		nacha_say(n, NC_ADDENDA_SEQUENCE, row, "the addenda sequence number should be %u", n->entry.forward);
	if (n->entry.forward <= NACHA_ADDENDA_MAX)
		buf_put(&n->text, layout_at(&nacha_addenda_05.rows[A05_TEXT], line).p, NACHA_TEXT_BYTES);
}

static void terminal(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_addenda_02.rows[A02_DATE];
	struct view day = layout_at(row, line);

	layout_verify(&nacha_addenda_02, line, nacha_fault, n);
	if (!layout_is_blank(day) && (!layout_is_digits(day) || memcmp(day.p, "1231", 4) > 0 ||
				      memcmp(day.p, "01", 2) < 0 || memcmp(day.p + 2, "01", 2) < 0 ||
				      memcmp(day.p + 2, "31", 2) > 0))
		nacha_say(n, NC_TRANSACTION_DATE, row, "the transaction date is no month and day");
	if (n->entry.forward++ == 0)
		buf_put(&n->text, line + NACHA_02_AT, NACHA_02_BYTES);
}

static void keep_note(struct nacha *n, const char *line)
{
	struct nacha_entry *e = &n->entry;

	if (e->notes++ > 0) {
		nacha_say(n, NC_ADDENDA_COUNT, NULL,
			  "an entry may have one addenda record of type 98 or 99 only (R25)");
		return;
	}
	memcpy(e->note, line, NACHA_WIDTH);
	e->note_at = n->at.line;
}

static void wrong_type(struct nacha *n)
{
	n->entry.wrong++;
	nacha_say(n, NC_ADDENDA_TYPE, &nacha_addenda_05.rows[A05_CODE],
		  "this addenda type is not allowed in class %s (R25)",
		  n->batch.known ? n->batch.sec->code : "unknown");
}

void nacha_on_addenda(struct nacha *n, const char *line)
{
	int type = two_digits(line + 1);

	if (!n->entry.open) {
		nacha_say(n, NC_ORDER, NULL, "an addenda record without an entry before it");
		return;
	}
	n->entry.addenda++;
	n->batch.sum.items++;
	n->sum.items++;
	if (type == 98 || type == 99) {
		keep_note(n, line);
	} else if (type >= 10 && type <= 18 && n->batch.iat) {
		nacha_iat_addenda(n, type, line);
	} else if (type == 5 && n->batch.sec->addenda == 5) {
		remittance(n, line);
	} else if (type == 2 && n->batch.sec->addenda == 2) {
		terminal(n, line);
	} else {
		wrong_type(n);
		return;
	}
	addenda_trace_check(n, type, line);
}

/* --- the rules for a complete forward entry --- */

static bool class_allows(const struct nacha *n, int code)
{
	bool credit = nacha_is_credit(code);

	return !(n->batch.class == 220 && !credit) && !(n->batch.class == 225 && credit);
}

static bool of_this_sec(const struct nacha *n, int code)
{
	bool adv = code / 10 == 8;

	return !n->batch.known || (n->batch.sec->flags & SEC_ADV ? adv : !adv);
}

static void class_check(struct nacha *n, int code)
{
	const struct layout_row *row = &nacha_entry.rows[E_CODE];

	if (!of_this_sec(n, code))
		nacha_say(n, NC_CODE_SEC, row, "transaction code %02d is not allowed in class %s", code,
			  n->batch.sec->code);
	else if (!class_allows(n, code))
		nacha_say(n, NC_CODE_CLASS, row,
			  "transaction code %02d is a %s, the batch's service class %d allows none", code,
			  nacha_is_credit(code) ? "credit" : "debit", n->batch.class);
}

/* Beyond class_check(): may a forward entry of this class carry the code? */
static enum nacha_code forward_code_fault(const struct nacha *n, int code)
{
	unsigned flags = n->batch.sec->flags, end = (unsigned)code % 10;
	bool good = true;

	if (flags & SEC_ADV)
		return NC_CODES;
	if (flags & SEC_PRENOTE_ONLY)
		good = end == 3 && code < 40;
	else if (flags & SEC_ZERO_ONLY)
		good = end == 4 && code < 40;
	else if (end == 4 || end == 9)
		good = (flags & SEC_ZERO_CODES) != 0;
	if (!good)
		return NC_CODE_SEC;
	if (!n->batch.reversal && (code == 55 || !(flags & (nacha_is_credit(code) ? SEC_CREDIT : SEC_DEBIT))))
		return NC_DIRECTION;
	return NC_CODES;
}

bool nacha_code_in_class(const struct nacha *n, int code)
{
	return of_this_sec(n, code) && class_allows(n, code);
}

enum nacha_code nacha_code_fault(const struct nacha *n, int code)
{
	return !of_this_sec(n, code) ? NC_CODE_SEC : !class_allows(n, code) ? NC_CODE_CLASS : forward_code_fault(n, code);
}

static void forward_code_check(struct nacha *n, int code)
{
	const struct layout_row *row = &nacha_entry.rows[E_CODE];
	enum nacha_code fault = forward_code_fault(n, code);
	bool credit = nacha_is_credit(code);

	if (fault == NC_CODE_SEC)
		nacha_say(n, NC_CODE_SEC, row, "transaction code %02d is not allowed in class %s", code,
			  n->batch.sec->code);
	else if (fault == NC_DIRECTION && code == 55)
		nacha_say(n, NC_DIRECTION, row, "a loan account may be debited by a reversal only (R35)");
	else if (fault == NC_DIRECTION)
		nacha_say(n, NC_DIRECTION, row, "class %s allows no %s (%s)", n->batch.sec->code, credit ? "credits" :
			  "debits", credit ? "R36" : "R35");
}

static bool carries_no_money(int code)
{
	int end = code % 10;

	return code / 10 != 8 && (end == 3 || end == 8 || end == 4 || end == 9);
}

static void forward_amount_check(struct nacha *n, const struct nacha_entry *e)
{
	const struct layout_row *row = &nacha_entry.rows[E_AMOUNT];
	const struct nacha_sec *sec = n->batch.sec;
	int64_t same_day = n->batch.same_day ? nacha_same_day_limit(n->day) : INT64_MAX;

	if (e->amount < 0 || e->code < 0 || (sec->flags & SEC_ADV))
		return;
	if (carries_no_money(e->code)) {
		if (e->amount != 0)
			nacha_say(n, NC_AMOUNT_NOT_ZERO, row, "transaction code %02d must carry no money (R19)",
				  e->code);
		return;
	}
	if (e->amount == 0)
		nacha_say(n, NC_AMOUNT_ZERO, row, "the amount is zero (R19)");
	if (sec->limit > 0 && e->amount > sec->limit)
		nacha_say(n, NC_AMOUNT_LIMIT, row,
			  "the amount is above the limit of class %s, %lld.%02lld dollars (R19)", sec->code,
			  (long long)(sec->limit / 100), (long long)(sec->limit % 100));
	if (e->amount > same_day)
		nacha_say(n, NC_SAME_DAY_LIMIT, row, "the entry is meant for the same day and above %lld dollars",
			  (long long)(same_day / 100));
	if (n->batch.account_verify && nacha_is_credit(e->code) && e->amount >= MICRO_LIMIT)
		nacha_say(n, NC_MICRO_ENTRY, row, "a micro-entry's credit must be below one dollar");
}

static bool has_word(struct view text, const char *word)
{
	return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* Wages are known by their usual words only; a description that says nothing of wages is left alone. */
bool nacha_wages_unmarked(const struct nacha *n)
{
	static const char *const wages[] = { "SALARY", "Salary", "salary", "WAGE", "Wage", "PAYROLL", "Payroll",
		"PAYCHECK", "DIR DEP", "DIRECT DEP" };
	struct view text = layout_at(&nacha_batch_header.rows[BH_DESCRIPTION], n->batch.line);

	if (n->day < PAYROLL_FROM || n->batch.payroll_told || memcmp(n->batch.sec->code, "PPD", 3) != 0 ||
	    memcmp(text.p, "PAYROLL", 7) == 0)
		return false;
	for (size_t i = 0; i < sizeof(wages) / sizeof(wages[0]); i++)
		if (has_word(text, wages[i]))
			return true;
	return false;
}

static void payroll_check(struct nacha *n, int code)
{
	if (code < 0 || !nacha_is_credit(code) || !nacha_wages_unmarked(n))
		return;
	n->batch.payroll_told = true;
	nacha_say(n, NC_PAYROLL_DESCRIPTION, &nacha_batch_header.rows[BH_DESCRIPTION],
		  "credits of wages must begin their entry description with PAYROLL");
}

static void card_check(struct nacha *n, const struct layout_row *row, struct view type)
{
	static const int types[] = { 1, 2, 3, 11, 12, 13, 21, 99 };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (two_digits(type.p) == types[i])
			return;
	nacha_say(n, NC_CARD_TYPE, row, "the card transaction type is not known (R26)");
}

/* Finds the row of l that feeds a record field; every form of the entry has its own place for the name. */
static const struct layout_row *row_of(const struct layout *l, enum record_field f)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->rows[i].field == (int)f)
			return &l->rows[i];
	return NULL;
}

static bool empty_at(const struct layout *l, enum record_field f, const char *line, const struct layout_row **row)
{
	*row = row_of(l, f);
	return *row != NULL && layout_is_nothing(layout_at(*row, line));
}

/* SHR: MMYY */
static void expiry_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = row_of(&nacha_entry_shr, F_REFERENCE);
	struct view expiry = layout_at(row, line);
	int month = two_digits(expiry.p);

	if (!layout_is_blank(expiry) && (month < 1 || month > 12 || two_digits(expiry.p + 2) < 0))
		nacha_say(n, NC_FIELD_FORM, row, "the card's expiration date is no month and year");
}

static void mandatory_check(struct nacha *n, const struct nacha_entry *e)
{
	const struct layout *l = entry_layout(n);
	unsigned flags = n->batch.sec->flags;
	const struct layout_row *row;
	char type;

	if (!(flags & SEC_NO_NAME) && empty_at(l, F_PARTY, e->line, &row))
		nacha_say(n, flags & SEC_NAME ? NC_NAME_REQUIRED : NC_NAME, row, "the receiver's name is blank%s",
			  flags & SEC_NAME ? " (R26)" : "");
	if ((flags & SEC_ID) && empty_at(l, F_INDIVIDUAL_ID, e->line, &row))
		nacha_say(n, NC_ID_REQUIRED, row, "the individual identification is blank (R26)");
	if ((flags & SEC_SERIAL) && empty_at(l, F_CHECK_NUMBER, e->line, &row))
		nacha_say(n, NC_CHECK_SERIAL, row, "the check serial number is blank (R26)");
	for (unsigned i = PE_CITY; (flags & SEC_TERMINAL) && i <= PE_STATE; i++)
		if (layout_is_blank(layout_at(&l->rows[i], e->line)))
			nacha_say(n, NC_TERMINAL, &l->rows[i], "the field \"%s\" is blank (R26)", l->rows[i].name);
	row = row_of(l, F_DISCRETIONARY);
	if ((flags & SEC_CARD) && row != NULL)
		card_check(n, row, layout_at(row, e->line));
	if (l == &nacha_entry_shr)
		expiry_check(n, e->line);
	if ((flags & (SEC_PAYMENT_TYPE | SEC_PAYMENT_BLANK)) && row != NULL && e->code >= 0 &&
	    !nacha_is_credit(e->code)) {
		type = *layout_at(row, e->line).p;
		if (type != 'R' && type != 'S' && !(type == ' ' && (flags & SEC_PAYMENT_BLANK)))
			nacha_say(n, NC_PAYMENT_TYPE, row,
				  "the payment type code should be R (recurring) or S (single)");
	}
}

static void forward_addenda_check(struct nacha *n, const struct nacha_entry *e)
{
	const struct nacha_sec *sec = n->batch.sec;
	const struct layout_row *row = &nacha_entry_count.rows[X_COUNT];
	bool remits = e->code >= 0 && (sec->flags & SEC_ZERO_CODES) && (e->code % 10 == 4 || e->code % 10 == 9) &&
		!n->batch.iat;
	unsigned least = remits && sec->least == 0 ? 1 : sec->least;
	int64_t claimed;

	if (n->batch.iat) {
		nacha_iat_close(n, true);
		return;
	}
	if (e->forward > sec->most)
		nacha_say(n, NC_ADDENDA_COUNT, NULL, "class %s allows %u addenda records, the entry has %u (R25)",
			  sec->code, sec->most, e->forward);
	if (e->forward < least && e->line[78] != '1' && e->wrong == 0)
		nacha_say(n, NC_ADDENDA_MISSING, &nacha_entry.rows[E_INDICATOR],
			  "the entry needs an addenda record (R25)");
	if (uncounted(n))
		nacha_say(n, NC_FIELD_MISSING, row, "the entry does not say how many addenda records follow");
	else if ((sec->flags & SEC_COUNT) && (!layout_number(&claimed, layout_at(row, e->line)) ||
					      claimed != e->forward))
		nacha_say(n, NC_ADDENDA_COUNT, row,
			  "the entry says another number of addenda records than follow, %u (R25)", e->forward);
	if (memcmp(sec->code, "DNE", 3) == 0 && *layout_at(&nacha_batch_header.rows[BH_STATUS], n->batch.line).p != '2')
		nacha_say(n, NC_DNE, &nacha_entry.rows[E_CODE],
			  "a death notification needs originator status code 2 in its batch");
}

static void forward_check(struct nacha *n, const struct nacha_entry *e)
{
	if (e->code >= 0 && !(n->batch.sec->flags & SEC_ADV) && (e->code % 10 == 1 || e->code % 10 == 6)) {
		nacha_say(n, NC_ADDENDA_MISSING, &nacha_entry.rows[E_CODE],
			  "transaction code %02d needs an addenda record 98 or 99 (R25)", e->code);
		return;
	}
	if (n->batch.sec->flags & SEC_COR) {
		nacha_say(n, NC_ADDENDA_MISSING, NULL, "an entry of class COR needs an addenda record 98 (R25)");
		return;
	}
	if (e->code >= 0)
		forward_code_check(n, e->code);
	forward_amount_check(n, e);
	mandatory_check(n, e);
	forward_addenda_check(n, e);
	payroll_check(n, e->code);
}

static void indicator_check(struct nacha *n, const struct nacha_entry *e)
{
	const struct layout_row *row = &nacha_entry.rows[E_INDICATOR];
	char indicator = *layout_at(row, e->line).p;

	if (indicator != '0' && indicator != '1')
		nacha_say(n, NC_ADDENDA_INDICATOR, row, "the addenda record indicator must be 0 or 1 (R25)");
	else if (indicator == '0' && e->addenda > 0)
		nacha_say(n, NC_ADDENDA_INDICATOR, row, "the entry says that it has no addenda, but %u follow (R25)",
			  e->addenda);
	else if (indicator == '1' && e->addenda == 0)
		nacha_say(n, NC_ADDENDA_MISSING, row, "the entry says that it has addenda, but none follow (R25)");
}

static void mix_check(struct nacha *n, unsigned kind)
{
	n->batch.kinds |= kind;
	if ((n->batch.kinds & (n->batch.kinds - 1)) == 0 || n->batch.mixed_told)
		return;
	n->batch.mixed_told = true;
	nacha_say(n, NC_MIXED_BATCH, NULL,
		  "this batch mixes forward entries, returns, dishonored or contested returns, or changes");
}

/* --- the record --- */

static void fill_record(struct nacha *n, const struct nacha_entry *e, unsigned kind, const struct layout *note)
{
	static const enum record_kind kinds[] = {
		[KIND_FORWARD] = RECORD_PAYMENT, [KIND_RETURN] = RECORD_RETURN, [KIND_DISHONORED] = RECORD_RETURN,
		[KIND_CONTESTED] = RECORD_RETURN, [KIND_CHANGE] = RECORD_CHANGE,
	};
	struct record *r = &n->record;

	record_init(r, kinds[kind], e->at);
	layout_read(r, entry_layout(n), e->line);
	if (n->batch.iat)
		nacha_iat_fill(n);
	record_set_text(r, F_CURRENCY, VIEW("USD"));
	if (record_has(r, F_AMOUNT) && e->code >= 0 && !nacha_is_credit(e->code))
		r->v[F_AMOUNT].n = -r->v[F_AMOUNT].n;
	if (e->code < 0)				/* without a direction there is no amount that could be paid */
		r->present[F_AMOUNT / 64] &= ~((uint64_t)1 << (F_AMOUNT % 64));
	record_set_text(r, F_SEC, view_rtrim(layout_at(&nacha_batch_header.rows[BH_SEC], n->batch.line)));
	record_set_text(r, F_COMPANY_ID, view_rtrim(layout_at(&nacha_batch_header.rows[BH_COMPANY_ID], n->batch.line)));
	if (n->batch.effective != DATE_NONE)
		record_set_num(r, F_EFFECTIVE_DATE, n->batch.effective);
	if (n->batch.number >= 0)
		record_set_num(r, F_BATCH_NUMBER, n->batch.number);
	record_set_num(r, F_ADDENDA_COUNT, e->addenda);
	record_set_text(r, F_ADDENDA, view_rtrim(buf_as_view(&n->text)));
	if (note != NULL)
		layout_read(r, note, e->note);
}

static void name_kind(struct record *r, unsigned kind, bool refused)
{
	if (kind == KIND_RETURN)
		record_set_text(r, F_TYPE, VIEW("return"));
	else if (kind == KIND_DISHONORED)
		record_set_text(r, F_TYPE, VIEW("dishonored"));
	else if (kind == KIND_CONTESTED)
		record_set_text(r, F_TYPE, VIEW("contested"));
	else if (kind == KIND_CHANGE)
		record_set_text(r, F_TYPE, refused ? VIEW("refused") : VIEW("change"));
}

void nacha_tell_forward(struct nacha *n)
{
	fill_record(n, &n->entry, KIND_FORWARD, NULL);
	nacha_tell(n);
}

static void account_check(struct nacha *n, const struct nacha_entry *e)
{
	const struct layout_row *row = &entry_layout(n)->rows[n->batch.iat ? IE_ACCOUNT : E_ACCOUNT];

	if (layout_is_blank(layout_at(row, e->line)))
		nacha_say(n, NC_ACCOUNT, row, "the account number is blank");
	else if (e->line[row->pos - 1] == ' ')
		nacha_say(n, NC_JUSTIFIED, row, "the account number begins with blanks");
}

void nacha_tell_return(struct nacha *n)
{
	fill_record(n, &n->entry, KIND_RETURN, &nacha_return);
	name_kind(&n->record, KIND_RETURN, false);
	nacha_tell(n);
}

void nacha_close_entry(struct nacha *n)
{
	struct nacha_entry *e = &n->entry;
	struct nacha_place here = n->at;
	const struct layout *note = NULL;
	unsigned kind = KIND_FORWARD;

	if (!e->open)
		return;
	e->open = false;
	n->at = (struct nacha_place){ e->at, { e->line, NACHA_WIDTH } };
	if (e->notes > 0)
		kind = nacha_note_kind(n, &note);
	if (e->code >= 0)
		class_check(n, e->code);
	account_check(n, e);
	indicator_check(n, e);
	if (kind == KIND_FORWARD)
		forward_check(n, e);
	else
		nacha_note_check(n, kind);
	if (kind != KIND_FORWARD || !(n->batch.sec->flags & SEC_COR))
		mix_check(n, kind);
	fill_record(n, e, kind, note);
	name_kind(&n->record, kind, note == &nacha_refused);
	nacha_tell(n);
	n->at = here;
}
