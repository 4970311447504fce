/* SPDX-License-Identifier: Apache-2.0 */
/*
 * summary - see summary.h
 *
 * The names of balances are those of the bank formats: BAI2's type codes, MT940's tags, camt's codes, and the plain words.
 */
#include "formats/core/mask.h"
#include "gateway/summary.h"

#define LIST_KEPT ((size_t)1 << 20)		/* bytes of a list that stay in memory */
#define TEXT_MOST ((size_t)1 << 16)

void summary_init(struct summary *s, struct view format)
{
	memset(s, 0, sizeof(*s));
	s->format = format;
	s->account.max = s->number.max = TEXT_MOST;
}

static void list_release(struct summary_list *l)
{
	if (l->rest != NULL)
		fclose(l->rest);
	buf_release(&l->text);
	*l = (struct summary_list){ 0 };
}

void summary_release(struct summary *s)
{
	list_release(&s->statements);
	list_release(&s->returns);
	list_release(&s->changes);
	buf_release(&s->account);
	buf_release(&s->number);
	s->open = false;
}

/* One object more: between these two it is written to j. */
static void item_begin(struct summary_list *l, struct json *j)
{
	if (l->some)
		buf_char(&l->text, ',');
	l->some = true;
	json_init(j, &l->text, false);
	json_object(j, NULL);
}

static int item_end(struct summary_list *l, struct json *j)
{
	json_object_end(j);
	l->failed |= l->text.failed;
	if (l->text.n > LIST_KEPT && !l->failed) {
		if (l->rest == NULL)
			l->rest = tmpfile();
		l->failed = l->rest == NULL || fwrite(l->text.p, 1, l->text.n, l->rest) != l->text.n;
		buf_clear(&l->text);
	}
	return l->failed ? -1 : 0;
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

/* Values */

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

static int add_return(struct summary *s, const struct record *r)
{
	struct summary_sum amount = { 0 };
	struct json j;

	add_field(&amount, r, F_AMOUNT);
	item_begin(&s->returns, &j);
	write_text(&j, "code", record_text(r, F_REASON));
	write_text(&j, "original_trace", record_text(r, F_ORIGINAL_TRACE));
	write_text(&j, "trace", record_text(r, F_TRACE));
	write_sum(&j, "amount_minor", &amount, false);
	return item_end(&s->returns, &j);
}

static int add_change(struct summary *s, const struct record *r)
{
	struct json j;

	item_begin(&s->changes, &j);
	write_text(&j, "code", record_text(r, F_REASON));
	write_text(&j, "original_trace", record_text(r, F_ORIGINAL_TRACE));
	write_number(s, &j, "corrected", record_text(r, F_CORRECTED));
	return item_end(&s->changes, &j);
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
		return add_return(s, r);
	if (r->kind == RECORD_CHANGE)
		return add_change(s, r);
	return 0;
}

/* Statements */

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

/* A page of a statement begins, or ends, with a balance between: where the other side of the pair is known. */
static void take_pages(struct summary_statement *st)
{
	bool from = !st->opening.there && st->pages > 0 && (st->closing.there || st->pages > 1);
	bool to = !st->closing.there && st->pages > 0 && (st->opening.there || st->pages > 1);

	if (st->provisional)
		return;
	if (from) {
		st->opening = st->page_from;
		st->opening_date = st->page_from_date;
	}
	if (to) {
		st->closing = st->page_to;
		st->closing_date = st->page_to_date;
	}
}

static int close_statement(struct summary *s)
{
	static const char *const words[] = {
		[PROOF_PROVES] = "proves", [PROOF_OFF] = "off", [PROOF_NO_BALANCES] = "no-balances",
	};
	struct summary_statement *st = &s->statement;
	struct summary_sum difference;
	struct json j;

	if (!s->open)
		return 0;
	s->open = false;
	take_pages(st);
	item_begin(&s->statements, &j);
	write_number(s, &j, "account", buf_as_view(&s->account));
	json_cstr(&j, "currency", st->currency[0] == '\0' ? NULL : st->currency);
	write_text(&j, "number", buf_as_view(&s->number));
	write_sum(&j, "opening_minor", &st->opening, false);
	write_sum(&j, "closing_minor", &st->closing, false);
	write_date(&j, "opening_date", st->opening_date);
	write_date(&j, "closing_date", st->closing_date);
	json_int(&j, "entries", st->entries);
	write_sum(&j, "net_minor", &st->net, true);
	json_cstr(&j, "proof", words[summary_proof(st, &difference)]);
	write_sum(&j, "difference_minor", &difference, false);
	return item_end(&s->statements, &j);
}

static int begin_statement(struct summary *s, const struct record *r)
{
	struct summary_statement *st = &s->statement;
	struct view currency = record_text(r, F_CURRENCY);
	int rc = close_statement(s);

	*st = (struct summary_statement){ 0 };
	s->open = true;
	buf_clear(&s->account);
	buf_clear(&s->number);
	buf_view(&s->account, view_sub(record_text(r, F_ACCOUNT), 0, TEXT_MOST));
	buf_view(&s->number, view_sub(record_text(r, F_STATEMENT), 0, TEXT_MOST));
	if (currency.n == 3)
		memcpy(st->currency, currency.p, 3);
	st->as_of = (date_t)record_num(r, F_AS_OF_DATE, DATE_NONE);
	st->opening_date = st->closing_date = DATE_NONE;
	st->provisional = record_num(r, F_PROVISIONAL, 0) != 0;
	return rc;
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
	} else if (view_eq(type, VIEW("ITBD"))) {
		take_balance(&st->page_from, &st->page_from_date, r, st->as_of);
		st->page_to = (struct summary_sum){ 0 };
		take_balance(&st->page_to, &st->page_to_date, r, st->as_of);
		st->pages += record_has(r, F_AMOUNT);
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
		if (s->open)
			add_balance(&s->statement, r);
		return 0;
	case RECORD_ENTRY:
		if (s->open)
			add_entry(&s->statement, r);
		return 0;
	case RECORD_DETAIL:		/* without a parent: an entry of a notification (camt.054) */
		if (s->open && !record_has(r, F_PARENT))
			add_entry(&s->statement, r);
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
	} else if (sum->kind == RECORD_ENTRY && s->open) {
		grow(&s->statement.entries, sum->records);
		add(&s->statement.net, sum->credit);
		add(&s->statement.net, -sum->debit);
	}
}

/* Writing */

/* Where the written list goes: what was put aside first, a piece at a time. */
struct writing { struct json *j; summary_more *more; void *ctx; };

static void pass_on(const struct writing *w)
{
	if (w->more != NULL)
		w->more(w->ctx, w->j->out);
}

static int write_list(const struct writing *w, const char *key, struct summary_list *l)
{
	char piece[16384];
	size_t n;

	json_array(w->j, key);
	if (l->rest != NULL) {
		rewind(l->rest);
		while ((n = fread(piece, 1, sizeof(piece), l->rest)) > 0) {
			buf_put(w->j->out, piece, n);
			pass_on(w);
		}
		l->failed |= ferror(l->rest) != 0;
	}
	buf_view(w->j->out, buf_as_view(&l->text));
	pass_on(w);
	json_array_end(w->j);
	return l->failed || w->j->out->failed ? -1 : 0;
}

static int write_ach(struct summary *s, const struct writing *w)
{
	struct json *j = w->j;
	int rc;

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
	rc = write_list(w, "returns", &s->returns);
	return write_list(w, "changes", &s->changes) == 0 ? rc : -1;
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

int summary_write(struct summary *s, struct json *j, summary_more *more, void *ctx)
{
	const struct writing w = { j, more, ctx };
	int rc = close_statement(s);

	json_object(j, "summary");
	if (view_eq(s->format, VIEW("nacha"))) {
		rc |= write_ach(s, &w);
	} else if (view_eq(s->format, VIEW("bai2"))) {
		json_int(j, "groups", s->groups);
		json_int(j, "accounts", s->kinds[RECORD_STATEMENT].count);
		json_int(j, "transactions", s->kinds[RECORD_ENTRY].count + s->kinds[RECORD_DETAIL].count);
		rc |= write_list(&w, "statements", &s->statements);
	} else if (s->statements.some || view_eq(s->format, VIEW("mt940")) || view_eq(s->format, VIEW("camt"))) {
		rc |= write_list(&w, "statements", &s->statements);
	} else {
		write_kinds(s, j);
	}
	json_object_end(j);
	return rc;
}
