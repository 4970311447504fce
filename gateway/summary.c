/* SPDX-License-Identifier: Apache-2.0 */
/*
 * summary - see summary.h
 *
 * Statements, returns and changes are lists in one arena, in the order of the file.  The names of balances are those of
 * the bank formats: BAI2's type codes, MT940's tags, camt's codes, and the plain words.
 */
#include "formats/core/mask.h"
#include "gateway/summary.h"

#define SUMMARY_MEMORY ((size_t)1 << 30)

void summary_init(struct summary *s, struct view format)
{
	memset(s, 0, sizeof(*s));
	s->format = format;
	s->memory.max = SUMMARY_MEMORY;
}

void summary_release(struct summary *s)
{
	arena_clear(&s->memory);
	s->statements = s->last_statement = NULL;
	s->returns = s->last_return = s->changes = s->last_change = NULL;
}

static void add(struct summary_sum *sum, int64_t minor)
{
	sum->there = true;
	if (!sum->lost)
		sum->lost = __builtin_add_overflow(sum->minor, minor, &sum->minor);
}

static void add_field(struct summary_sum *sum, const struct record *r, enum record_field f)
{
	if (record_has(r, f))
		add(sum, r->v[f].n);
}

/* The same amount once more, in its currency's sum. */
static void add_currency(struct summary_kind *k, const struct record *r)
{
	struct view code = record_text(r, F_CURRENCY);
	size_t at = 0;

	if (!record_has(r, F_AMOUNT))
		return;
	while (at < k->n_by && !view_eq(view_of(k->by[at].code), code))
		at++;
	if (at == k->n_by && (k->n_by == SUMMARY_CURRENCIES || code.n >= sizeof(k->by[at].code))) {
		k->more = true;
		return;
	}
	if (at == k->n_by) {
		memcpy(k->by[at].code, code.n > 0 ? code.p : "", code.n);
		k->n_by++;
	}
	add(&k->by[at].sum, r->v[F_AMOUNT].n);
}

/* ACH */

static void add_sec(struct summary *s, struct view sec)
{
	size_t at = 0;
	char code[4] = "";

	if (sec.n == 0 || sec.n > 3 || s->n_sec == SUMMARY_SEC)
		return;
	memcpy(code, sec.p, sec.n);
	while (at < s->n_sec && strcmp(s->sec[at], code) < 0)
		at++;
	if (at < s->n_sec && strcmp(s->sec[at], code) == 0)
		return;
	memmove(&s->sec[at + 1], &s->sec[at], (s->n_sec - at) * sizeof(s->sec[0]));
	memcpy(s->sec[at], code, sizeof(code));
	s->n_sec++;
}

/* The first eight digits of the routing number: the check digit is not part of the hash. */
static uint64_t hash_part(struct view routing)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8 && i < routing.n; i++)
		if (routing.p[i] >= '0' && routing.p[i] <= '9')
			n = n * 10 + (uint64_t)(routing.p[i] - '0');
	return n;
}

static int add_note(struct summary *s, const struct record *r, struct summary_note **first, struct summary_note **last)
{
	struct summary_note *n = arena_take(&s->memory, sizeof(*n));

	if (n == NULL || !arena_copy(&s->memory, record_text(r, F_REASON), &n->code) ||
	    !arena_copy(&s->memory, record_text(r, F_ORIGINAL_TRACE), &n->original_trace) ||
	    !arena_copy(&s->memory, record_text(r, F_TRACE), &n->trace) || !arena_copy(&s->memory, record_text(r,
		F_CORRECTED), &n->corrected))
		return -1;
	add_field(&n->amount, r, F_AMOUNT);
	if (*last == NULL)
		*first = n;
	else
		(*last)->next = n;
	*last = n;
	return 0;
}

static int add_ach(struct summary *s, const struct record *r)
{
	int64_t amount = record_num(r, F_AMOUNT, 0);

	add_sec(s, record_text(r, F_SEC));
	if (r->kind == RECORD_BATCH)
		return 0;
	s->addenda += record_num(r, F_ADDENDA_COUNT, 0);
	s->entry_hash = (s->entry_hash + hash_part(record_text(r, F_ROUTING))) % 10000000000u;
	if (amount < 0 && amount != INT64_MIN)
		add(&s->debit, -amount);
	else if (amount > 0)
		add(&s->credit, amount);
	if (r->kind == RECORD_RETURN)
		return add_note(s, r, &s->returns, &s->last_return);
	if (r->kind == RECORD_CHANGE)
		return add_note(s, r, &s->changes, &s->last_change);
	return 0;
}

/* Statements */

static int begin_statement(struct summary *s, const struct record *r)
{
	struct summary_statement *st = arena_take(&s->memory, sizeof(*st));
	struct view currency = record_text(r, F_CURRENCY);

	if (st == NULL || !arena_copy(&s->memory, record_text(r, F_ACCOUNT), &st->account) ||
	    !arena_copy(&s->memory, record_text(r, F_STATEMENT), &st->number))
		return -1;
	if (currency.n == 3)
		memcpy(st->currency, currency.p, 3);
	st->as_of = (date_t)record_num(r, F_AS_OF_DATE, DATE_NONE);
	st->opening_date = st->closing_date = DATE_NONE;
	st->provisional = record_num(r, F_PROVISIONAL, 0) != 0;
	if (s->last_statement == NULL)
		s->statements = st;
	else
		s->last_statement->next = st;
	s->last_statement = st;
	return 0;
}

static bool is_one_of(struct view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (view_eq(v, view_of(*words)))
			return true;
	return false;
}

static void take_balance(struct summary_sum *sum, date_t *date, const struct record *r, date_t otherwise)
{
	if (sum->there || !record_has(r, F_AMOUNT))
		return;
	add_field(sum, r, F_AMOUNT);
	*date = (date_t)record_num(r, F_AS_OF_DATE, otherwise);
}

static void add_balance(struct summary_statement *st, const struct record *r)
{
	static const char *const opening[] = { "opening", "010", "60F", "60M", "OPBD", NULL };
	static const char *const closing[] = { "closing", "015", "62F", "62M", "CLBD", NULL };
	struct view type = record_text(r, F_TYPE), currency = record_text(r, F_CURRENCY);

	if (st->currency[0] == '\0' && currency.n == 3)
		memcpy(st->currency, currency.p, 3);
	if (view_eq(type, VIEW("PRCD")) && !st->opening.there) {
		take_balance(&st->opening, &st->opening_date, r, st->as_of);
		st->opening_is_previous = true;
	} else if (is_one_of(type, opening)) {
		if (st->opening_is_previous)
			st->opening = (struct summary_sum){ 0 };
		st->opening_is_previous = false;
		take_balance(&st->opening, &st->opening_date, r, st->as_of);
	} else if (is_one_of(type, closing)) {
		take_balance(&st->closing, &st->closing_date, r, st->as_of);
	}
}

static bool is_booked(const struct summary_statement *st, const struct record *r)
{
	static const char *const not_booked[] = { "PDNG", "INFO", "FUTR", NULL };

	if (is_one_of(record_text(r, F_STATUS), not_booked))
		return false;
	return st->provisional || record_num(r, F_PROVISIONAL, 0) == 0;
}

static void add_entry(struct summary_statement *st, const struct record *r)
{
	struct view currency = record_text(r, F_CURRENCY);

	if (record_has(r, F_LEG))
		return;
	if (st->currency[0] == '\0' && currency.n == 3)
		memcpy(st->currency, currency.p, 3);
	st->entries++;
	if (is_booked(st, r))
		add_field(&st->net, r, F_AMOUNT);
}

enum summary_proof summary_proof(const struct summary_statement *st, struct summary_sum *difference)
{
	int64_t end;

	*difference = (struct summary_sum){ 0 };
	if (!st->opening.there || !st->closing.there)
		return PROOF_NO_BALANCES;
	difference->there = true;
	difference->lost = st->net.lost || __builtin_add_overflow(st->opening.minor, st->net.minor, &end) ||
		__builtin_sub_overflow(st->closing.minor, end, &difference->minor);
	return !difference->lost && difference->minor == 0 ? PROOF_PROVES : PROOF_OFF;
}

int summary_add(struct summary *s, const struct record *r)
{
	struct summary_kind *k;

	if (r->kind >= RECORD_KINDS)
		return 0;
	k = &s->kinds[r->kind];
	k->count++;
	add_field(&k->amount, r, F_AMOUNT);
	add_currency(k, r);
	add_field(&k->gross, r, F_GROSS);
	add_field(&k->deductions, r, F_DEDUCTIONS);
	add_field(&k->net, r, F_NET);
	switch (r->kind) {
	case RECORD_BATCH:
	case RECORD_PAYMENT:
	case RECORD_RETURN:
	case RECORD_CHANGE:
		return view_eq(s->format, VIEW("nacha")) ? add_ach(s, r) : 0;
	case RECORD_STATEMENT:
		return begin_statement(s, r);
	case RECORD_BALANCE:
		if (s->last_statement != NULL)
			add_balance(s->last_statement, r);
		return 0;
	case RECORD_ENTRY:
		if (s->last_statement != NULL)
			add_entry(s->last_statement, r);
		return 0;
	case RECORD_DETAIL:		/* without a parent: an entry of a notification (camt.054) */
		if (s->last_statement != NULL && !record_has(r, F_PARENT))
			add_entry(s->last_statement, r);
		return 0;
	case RECORD_TOTAL:
		s->groups += view_eq(record_text(r, F_TYPE), VIEW("98"));
		return 0;
	default:
		return 0;
	}
}

/* A count that another process gave: it stops at its end. */
static void grow(int64_t *count, uint64_t by)
{
	if (by > (uint64_t)(INT64_MAX - *count))
		*count = INT64_MAX;
	else
		*count += (int64_t)by;
}

void summary_add_sum(struct summary *s, const struct tally_sum *sum)
{
	struct summary_kind *k = &s->kinds[sum->kind];

	grow(&k->count, sum->records);
	add(&k->amount, sum->credit);
	add(&k->amount, -sum->debit);
	if (sum->kind == RECORD_PAYMENT) {
		grow(&s->addenda, sum->addenda);
		s->entry_hash = (s->entry_hash + sum->hash % 10000000000u) % 10000000000u;
		if (sum->debit > 0)
			add(&s->debit, sum->debit);
		if (sum->credit > 0)
			add(&s->credit, sum->credit);
	} else if (sum->kind == RECORD_ENTRY && s->last_statement != NULL) {
		grow(&s->last_statement->entries, sum->records);
		add(&s->last_statement->net, sum->credit);
		add(&s->last_statement->net, -sum->debit);
	}
}

/* Writing */

static void write_sum(struct json *j, const char *key, const struct summary_sum *sum, bool zero_when_none)
{
	if (sum->lost || (!sum->there && !zero_when_none))
		json_null(j, key);
	else
		json_int(j, key, sum->minor);
}

static void write_text(struct json *j, const char *key, struct view v)
{
	if (v.n == 0)
		json_null(j, key);
	else
		json_text(j, key, v);
}

/* Account numbers: by their last four where the summary is masked. */
static void write_number(const struct summary *s, struct json *j, const char *key, struct view v)
{
	struct buf shown = { 0 };

	if (s->masked && v.n > 0)
		mask_last4(&shown, v);
	else
		buf_view(&shown, v);
	write_text(j, key, buf_as_view(&shown));
	buf_release(&shown);
}

static void write_date(struct json *j, const char *key, date_t d)
{
	char text[DATE_TEXT];

	json_cstr(j, key, d == DATE_NONE ? NULL : date_print(d, text));
}

static void write_notes(const struct summary *s, struct json *j, const char *key, bool changes)
{
	const struct summary_note *n = changes ? s->changes : s->returns;

	json_array(j, key);
	for (; n != NULL; n = n->next) {
		json_object(j, NULL);
		write_text(j, "code", n->code);
		write_text(j, "original_trace", n->original_trace);
		if (changes) {
			write_number(s, j, "corrected", n->corrected);
		} else {
			write_text(j, "trace", n->trace);
			write_sum(j, "amount_minor", &n->amount, false);
		}
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_ach(const struct summary *s, struct json *j)
{
	json_int(j, "batches", s->kinds[RECORD_BATCH].count);
	json_int(j, "entries",
		s->kinds[RECORD_PAYMENT].count + s->kinds[RECORD_RETURN].count + s->kinds[RECORD_CHANGE].count);
	json_int(j, "addenda", s->addenda);
	write_sum(j, "debit_minor", &s->debit, true);
	write_sum(j, "credit_minor", &s->credit, true);
	json_int(j, "entry_hash", (int64_t)s->entry_hash);
	json_array(j, "sec");
	for (size_t i = 0; i < s->n_sec; i++)
		json_cstr(j, NULL, s->sec[i]);
	json_array_end(j);
	write_notes(s, j, "returns", false);
	write_notes(s, j, "changes", true);
}

static void write_statement(const struct summary *s, const struct summary_statement *st, struct json *j)
{
	static const char *const words[] = {
		[PROOF_PROVES] = "proves", [PROOF_OFF] = "off", [PROOF_NO_BALANCES] = "no-balances",
	};
	struct summary_sum difference;
	enum summary_proof proof = summary_proof(st, &difference);

	json_object(j, NULL);
	write_number(s, j, "account", st->account);
	json_cstr(j, "currency", st->currency[0] == '\0' ? NULL : st->currency);
	write_text(j, "number", st->number);
	write_sum(j, "opening_minor", &st->opening, false);
	write_sum(j, "closing_minor", &st->closing, false);
	write_date(j, "opening_date", st->opening_date);
	write_date(j, "closing_date", st->closing_date);
	json_int(j, "entries", st->entries);
	write_sum(j, "net_minor", &st->net, true);
	json_cstr(j, "proof", words[proof]);
	write_sum(j, "difference_minor", &difference, false);
	json_object_end(j);
}

static void write_statements(const struct summary *s, struct json *j)
{
	json_array(j, "statements");
	for (const struct summary_statement *st = s->statements; st != NULL; st = st->next)
		write_statement(s, st, j);
	json_array_end(j);
}

static void write_amounts(struct json *j, const struct summary_kind *k)
{
	if (k->n_by <= 1 && !k->more) {
		write_sum(j, "amount_minor", &k->amount, false);
		return;
	}
	if (k->more) {
		json_null(j, "amounts");
		return;
	}
	json_array(j, "amounts");
	for (size_t i = 0; i < k->n_by; i++) {
		json_object(j, NULL);
		json_cstr(j, "currency", k->by[i].code[0] == '\0' ? NULL : k->by[i].code);
		write_sum(j, "amount_minor", &k->by[i].sum, false);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_kinds(const struct summary *s, struct json *j)
{
	for (uint32_t i = 0; i < RECORD_KINDS; i++) {
		const struct summary_kind *k = &s->kinds[i];
		const char *name = record_kind_name(i);
		char key[32] = "";

		if (k->count == 0)
			continue;
		for (size_t c = 0; name[c] != '\0' && c + 1 < sizeof(key); c++)
			key[c] = name[c] == '_' ? '_' : (char)(name[c] | 0x20);
		json_object(j, key);
		json_int(j, "count", k->count);
		if (k->amount.there)
			write_amounts(j, k);
		if (k->gross.there)
			write_sum(j, "gross_minor", &k->gross, false);
		if (k->deductions.there)
			write_sum(j, "deductions_minor", &k->deductions, false);
		if (k->net.there)
			write_sum(j, "net_minor", &k->net, false);
		json_object_end(j);
	}
}

void summary_write(const struct summary *s, struct json *j)
{
	json_object(j, "summary");
	if (view_eq(s->format, VIEW("nacha"))) {
		write_ach(s, j);
	} else if (view_eq(s->format, VIEW("bai2"))) {
		json_int(j, "groups", s->groups);
		json_int(j, "accounts", s->kinds[RECORD_STATEMENT].count);
		json_int(j, "transactions", s->kinds[RECORD_ENTRY].count + s->kinds[RECORD_DETAIL].count);
		write_statements(s, j);
	} else if (s->statements != NULL || view_eq(s->format, VIEW("mt940")) || view_eq(s->format, VIEW("camt"))) {
		write_statements(s, j);
	} else {
		write_kinds(s, j);
	}
	json_object_end(j);
}
