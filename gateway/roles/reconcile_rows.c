/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_rows - records of the ledger become rows of the engine
 *
 * Our own name at a bank (the ACH company id) is no reference: where a line's text bears it, it is the line's party, and the text is read
 * without it and without the days that such a line bears; other numbers stay, and speak against whatever they do not name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/money.h"
#include "gateway/config.h"
#include "gateway/match_rules.h"
#include "gateway/roles/reconcile_desk.h"
#include "rules/recon_text.h"

#define TEXT_MOST 2000u
#define KEY_LEAST 5u				/* a shorter company id is no name */
#define NEAR_DAYS 20

static void *grown(void *p, uint32_t *cap, uint32_t n, size_t size, void *beside, size_t beside_size, void **beside_out)
{
	uint32_t want = *cap < 256 ? 256 : *cap + *cap / 2;
	void *rows, *more;

	*beside_out = beside;
	if (n < *cap)
		return p;
	rows = realloc(p, want * size);
	if (rows == NULL)
		return NULL;
	more = realloc(beside, want * beside_size);
	if (more == NULL)
		return rows;			/* the caller sees that cap did not grow */
	*beside_out = more;
	*cap = want;
	return rows;
}

static bool pack(struct desk *d, struct recon_row *r, const struct view *t)
{
	size_t all = 0;
	char *p;

	for (int i = 0; i < RECON_TEXTS; i++) {
		all += t[i].n < TEXT_MOST ? t[i].n : TEXT_MOST;
		r->end[i] = (uint16_t)all;
	}
	p = arena_take(&d->texts, all + 1);
	if (p == NULL)
		return false;
	r->texts = p;
	for (int i = 0; i < RECON_TEXTS; i++) {
		size_t n = t[i].n < TEXT_MOST ? t[i].n : TEXT_MOST;

		if (n > 0)
			memcpy(p, t[i].p, n);
		p += n;
	}
	return true;
}

static bool put_amount(struct recon_row *r, const struct record *rec)
{
	int64_t amount = record_num(rec, F_AMOUNT, 0);

	if (!record_has(rec, F_AMOUNT) || amount == INT64_MIN)
		return false;
	r->sign = amount < 0 ? RECON_DB : RECON_CR;
	r->amount = amount < 0 ? -amount : amount;
	return true;
}

static date_t date_in(const struct record *rec, enum record_field f)
{
	int64_t d = record_num(rec, f, DATE_NONE);

	return d < INT32_MIN || d > INT32_MAX ? DATE_NONE : (date_t)d;
}

/* What the rules find in the text goes into the first empty reference. */
static void teach(const struct desk *d, const struct record *rec, date_t day, struct view t[RECON_TEXTS], struct desk_line *more)
{
	struct view found;
	int at = B_REF;

	while (at <= B_NUMBER && t[at].n > 0)
		at++;
	if (at > B_NUMBER || !match_rules_reference(d->taught, record_text(rec, F_ACCOUNT), record_text(rec, F_TYPE), day, t[B_TEXT], &found))
		return;
	t[at] = found;
	more->taught = at;
	more->at = (size_t)(found.p - t[B_TEXT].p);
}

bool desk_take_line(struct desk *d, const struct record *rec)
{
	struct view t[RECON_TEXTS] = { record_text(rec, F_CUSTOMER_REF), record_text(rec, F_END_TO_END), record_text(rec, F_CHECK_NUMBER),
		record_text(rec, F_BANK_REF), record_text(rec, F_PARTY), record_text(rec, F_TEXT) }, status = record_text(rec, F_STATUS);
	struct desk_line more = { .id = (int64_t)rec->seq, .taught = -1 };
	struct recon_row *rows, *r;
	void *ids;

	if (rec->kind != RECORD_ENTRY || rec->seq == 0 || rec->seq > INT64_MAX || d->recon.n_lines >= DESK_ROWS)
		return false;
	rows = grown(d->recon.lines, &d->cap_lines, d->recon.n_lines, sizeof(*r), d->line, sizeof(*d->line), &ids);
	d->recon.lines = rows == NULL ? d->recon.lines : rows;
	d->line = ids;
	if (d->recon.n_lines >= d->cap_lines) {
		d->failed = true;
		return false;
	}
	r = &d->recon.lines[d->recon.n_lines];
	*r = (struct recon_row){ .n = d->recon.n_lines, .status_date = DATE_NONE, .first_seen = DATE_NONE };
	r->date = date_in(rec, F_BOOKING_DATE);
	r->other = date_in(rec, F_VALUE_DATE);
	if (r->date == DATE_NONE)
		r->date = r->other;
	if (!put_amount(r, rec))
		return false;
	teach(d, rec, r->date, t, &more);
	r->type = (uint8_t)recon_bank_type(record_text(rec, F_NOTE), record_text(rec, F_TYPE), t[B_TEXT]);
	r->closed = view_eq(status, VIEW("CLOSED"));
	if (view_eq(status, VIEW("HELD")) || (r->date == DATE_NONE && !r->closed)) {
		r->held = 1;
		r->reason = view_eq(status, VIEW("HELD")) ? DUP_PAYMENT : DATE_OUT_OF_WINDOW;
	}
	d->line[d->recon.n_lines] = more;
	if (!pack(d, r, t)) {
		d->failed = true;
		return false;
	}
	d->recon.n_lines++;
	return true;
}

static void item_state(struct recon_row *r, struct view status)
{
	r->status = view_eq(status, VIEW("VOID")) ? RECON_VOID : view_eq(status, VIEW("STOPPED")) ? RECON_STOPPED : RECON_OPEN;
	r->closed = view_eq(status, VIEW("CLOSED"));
}

bool desk_take_item(struct desk *d, const struct record *rec)
{
	struct view t[RECON_TEXTS] = { [K_REF] = record_text(rec, F_REFERENCE), [K_GROUP] = record_text(rec, F_GROUP), [K_PARTY] = record_text(rec, F_PARTY) };
	struct desk_item more = { .id = (int64_t)rec->seq, .with = record_num(rec, F_PARENT, 0), .group = record_text(rec, F_GROUP) };
	struct recon_row *rows, *r;
	void *beside;

	if (rec->kind != RECORD_EXPECTED || rec->seq == 0 || rec->seq > INT64_MAX || d->recon.n_items >= DESK_ROWS)
		return false;
	rows = grown(d->recon.items, &d->cap_items, d->recon.n_items, sizeof(*r), d->item, sizeof(*d->item), &beside);
	d->recon.items = rows == NULL ? d->recon.items : rows;
	d->item = beside;
	if (d->recon.n_items >= d->cap_items) {
		d->failed = true;
		return false;
	}
	if (t[K_PARTY].n == 0)
		t[K_PARTY] = record_text(rec, F_COMPANY_ID);
	r = &d->recon.items[d->recon.n_items];
	*r = (struct recon_row){ .n = d->recon.n_items, .first_seen = DATE_NONE };
	r->date = date_in(rec, F_EFFECTIVE_DATE);
	r->other = date_in(rec, F_ISSUE_DATE);
	r->status_date = date_in(rec, F_STATUS_DATE);
	r->type = (uint8_t)recon_book_type(record_text(rec, F_TYPE));
	item_state(r, record_text(rec, F_STATUS));
	if (!put_amount(r, rec) || r->date == DATE_NONE)
		return false;
	if (!pack(d, r, t) || !arena_copy(&d->texts, record_text(rec, F_NOTE), &more.other) ||
	    !arena_copy(&d->texts, record_text(rec, F_COMPANY_ID), &more.company)) {
		d->failed = true;
		return false;
	}
	more.group = recon_text(r, K_GROUP);
	d->item[d->recon.n_items++] = more;
	return true;
}

int64_t desk_id(const struct desk *d, const struct recon_row *r, bool line)
{
	return line ? d->line[r->n].id : d->item[r->n].id;
}

/* Order */

static const struct desk *ordering;		/* the worker has one thread */

static int by_date(const void *pa, const void *pb)
{
	const struct recon_row *a = pa, *b = pb;
	int64_t x = ordering->line[a->n].id, y = ordering->line[b->n].id;

	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return (x > y) - (x < y);
}

static int by_id(const void *pa, const void *pb)
{
	int64_t x = ordering->item[((const struct recon_row *)pa)->n].id, y = ordering->item[((const struct recon_row *)pb)->n].id;

	return (x > y) - (x < y);
}

static int by_line_id(const void *pa, const void *pb)
{
	int64_t x = ordering->line[(*(const struct recon_row *const *)pa)->n].id, y = ordering->line[(*(const struct recon_row *const *)pb)->n].id;

	return (x > y) - (x < y);
}

static void sort(void *p, size_t n, size_t size, int (*order)(const void *, const void *))
{
	if (n > 1)
		qsort(p, n, size, order);
}

/* A closed item stands with the line that paid it. */
static bool join_closed(struct desk *d)
{
	const struct recon_row **lines = malloc(((size_t)d->recon.n_lines + 1) * sizeof(*lines));

	if (lines == NULL)
		return false;
	for (uint32_t i = 0; i < d->recon.n_lines; i++)
		lines[i] = &d->recon.lines[i];
	sort(lines, d->recon.n_lines, sizeof(*lines), by_line_id);
	for (uint32_t i = 0; i < d->recon.n_items; i++) {
		struct recon_row *k = &d->recon.items[i];
		uint32_t lo = 0, hi = d->recon.n_lines;

		while (k->closed && lo < hi) {
			uint32_t mid = lo + (hi - lo) / 2;

			if (d->line[lines[mid]->n].id < d->item[k->n].with)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (k->closed && lo < d->recon.n_lines && d->line[lines[lo]->n].id == d->item[k->n].with)
			k->with = lines[lo];
	}
	free(lines);
	return true;
}

/* Banking days */

static bool number_days(struct desk *d)
{
	date_t from = d->options.as_of, to = from;
	int32_t *day, n = 0;

	for (int side = 0; side < 2; side++) {
		const struct recon_row *rows = side == 0 ? d->recon.lines : d->recon.items;

		for (uint32_t i = 0; i < (side == 0 ? d->recon.n_lines : d->recon.n_items); i++)
			if (rows[i].date != DATE_NONE) {
				from = rows[i].date < from ? rows[i].date : from;
				to = rows[i].date > to ? rows[i].date : to;
			}
	}
	from = from < d->options.as_of - 7400 ? d->options.as_of - 7400 : from;
	to = to > d->options.as_of + 3700 ? d->options.as_of + 3700 : to;
	day = malloc(((size_t)(to - from) + 1) * sizeof(*day));
	if (day == NULL)
		return false;
	for (date_t i = from; i <= to; i++) {
		day[i - from] = n;
		n += calendar_open(&d->calendar, i);
	}
	for (int side = 0; side < 2; side++) {
		struct recon_row *rows = side == 0 ? d->recon.lines : d->recon.items;

		for (uint32_t i = 0; i < (side == 0 ? d->recon.n_lines : d->recon.n_items); i++) {
			date_t at = rows[i].date == DATE_NONE || rows[i].date < from ? from : rows[i].date > to ? to : rows[i].date;

			rows[i].day = day[at - from];
		}
	}
	free(day);
	return true;
}

/* Our own name at the bank */

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int two(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool near(int year, int month, int day, date_t about)
{
	date_t d;

	return date_make(&d, year, month, day) && d >= about - NEAR_DAYS && d <= about + NEAR_DAYS;
}

/* YYMMDD, MMDDYY, YYYYMMDD or MMDDYYYY of some day about the line's own. */
static bool says_day(const char *p, size_t n, date_t about)
{
	for (size_t i = 0; i < n; i++)
		if (!digit(p[i]))
			return false;
	if (n == 6)
		return near(2000 + two(p), two(p + 2), two(p + 4), about) || near(2000 + two(p + 4), two(p), two(p + 2), about);
	return n == 8 && (near(two(p) * 100 + two(p + 2), two(p + 4), two(p + 6), about) || near(two(p + 4) * 100 + two(p + 6), two(p), two(p + 2), about));
}

static void blank_days(char *p, size_t n, date_t about)
{
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n && letter(p[k]); k++)
			;
		if (k > i && says_day(p + i, k - i, about))
			memset(p + i, ' ', k - i);
		k += k == i;
	}
}

/* The company id as a whole word of the text; banks glue labels to numbers ("ID1234567890"). */
static char *find_word(char *p, size_t n, struct view word)
{
	for (size_t i = 0; i + word.n <= n; i++)
		if (memcmp(p + i, word.p, word.n) == 0 && !(i > 0 && digit(p[i - 1]) && digit(word.p[0])) &&
		    !(i + word.n < n && letter(p[i + word.n])))
			return p + i;
	return NULL;
}

/* The party of a line that bears our name and no other; its text is ours to blank. */
static bool name_line(struct desk *d, struct recon_row *r, struct view company)
{
	struct view t[RECON_TEXTS], text = recon_text(r, B_TEXT);
	char *mine = arena_take(&d->texts, text.n + 1), *at;

	if (mine == NULL)
		return false;
	memcpy(mine, text.p, text.n);
	at = find_word(mine, text.n, company);
	if (at == NULL)
		return true;
	memset(at, ' ', company.n);
	blank_days(mine, text.n, r->date);
	for (int i = 0; i < RECON_TEXTS; i++)
		t[i] = recon_text(r, i);
	t[B_TEXT] = (struct view){ mine, text.n };
	if (t[B_PARTY].n == 0)
		t[B_PARTY] = company;
	return pack(d, r, t);
}

static bool name_lines(struct desk *d)
{
	struct view known[64];
	uint32_t n = 0, k;

	for (uint32_t i = 0; i < d->recon.n_items && n < 64; i++) {
		struct view company = d->item[d->recon.items[i].n].company;

		for (k = 0; k < n && !view_eq(known[k], company); k++)
			;
		if (k == n && company.n >= KEY_LEAST)
			known[n++] = company;
	}
	for (uint32_t i = 0; i < d->recon.n_lines && n > 0; i++)
		for (k = 0; k < n; k++)
			if (!name_line(d, &d->recon.lines[i], known[k]))
				return false;
	return true;
}

/* Two keys for one item: the file that it came by, and the company's day.  What the bank posts decides which one it is asked by. */

static bool line_has(const struct desk *d, int64_t sum)
{
	for (uint32_t i = 0; i < d->recon.n_lines; i++) {
		const struct recon_row *l = &d->recon.lines[i];

		if (!l->closed && !l->held && (l->sign == RECON_CR ? l->amount : -l->amount) == sum)
			return true;
	}
	return false;
}

struct sum { struct view key; int64_t net; uint32_t n; struct view first; bool several, day; };

static bool add_sum(struct sum *s, uint32_t n, struct view key, struct view other, const struct recon_row *k)
{
	uint32_t i = n;

	while (i-- > 0)
		if (view_eq(s[i].key, key))
			break;
	if (i == UINT32_MAX) {
		s[n] = (struct sum){ .key = key, .first = other };
		i = n;
	}
	s[i].several |= !view_eq(s[i].first, other);
	s[i].n++;
	return !__builtin_add_overflow(s[i].net, k->sign == RECON_CR ? k->amount : -k->amount, &s[i].net) && i == n;
}

static bool regroup(struct desk *d, struct view key)
{
	for (uint32_t i = 0; i < d->recon.n_items; i++) {
		struct recon_row *k = &d->recon.items[i];
		struct view t[RECON_TEXTS];

		if (!view_eq(d->item[k->n].other, key))
			continue;
		for (int x = 0; x < RECON_TEXTS; x++)
			t[x] = recon_text(k, x);
		t[K_GROUP] = key;
		if (!pack(d, k, t))
			return false;
	}
	return true;
}

#define SUMS_MOST 4000u

static bool choose_keys(struct desk *d)
{
	struct sum *days = NULL, *files = NULL;
	uint32_t n = 0, m = 0;
	bool good = false;

	for (uint32_t i = 0; i < d->recon.n_items; i++)
		n += d->item[d->recon.items[i].n].other.n > 0 && !d->recon.items[i].closed;
	if (n == 0)
		return true;
	days = calloc(SUMS_MOST + 1, sizeof(*days));
	files = calloc(SUMS_MOST + 1, sizeof(*files));
	d->hidden = calloc(2 * SUMS_MOST + 2, sizeof(*d->hidden));
	if (days == NULL || files == NULL || d->hidden == NULL)
		goto out;
	n = 0;
	for (uint32_t i = 0; i < d->recon.n_items && n < SUMS_MOST && m < SUMS_MOST; i++) {
		const struct recon_row *k = &d->recon.items[i];
		const struct desk_item *more = &d->item[k->n];

		if (more->other.n == 0 || k->closed || k->status != RECON_OPEN)
			continue;
		n += add_sum(days, n, more->other, more->group, k);
		m += add_sum(files, m, more->group, more->other, k);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!days[i].several)
			continue;		/* one file: the two keys are one */
		days[i].day = line_has(d, days[i].net);
		if (days[i].day && !regroup(d, days[i].key))
			goto out;
		if (!days[i].day)
			d->hidden[d->n_hidden++] = days[i].net;
	}
	for (uint32_t i = 0; i < m; i++)
		for (uint32_t k = 0; k < n; k++)
			if (days[k].day && view_eq(files[i].first, days[k].key) && files[i].n > 1)
				d->hidden[d->n_hidden++] = files[i].net;
	good = true;
out:
	free(days);
	free(files);
	return good;
}

/* Where the bank books the net of a company's day, one file of several is no line. */
static void net_days(struct desk *d)
{
	for (uint32_t i = 0; i < d->recon.n_items; i++) {
		struct recon_row *k = &d->recon.items[i];
		const struct desk_item *more = &d->item[k->n];

		if (k->type != RECON_ACH || k->closed || more->company.n == 0 || more->group.n == 0)
			continue;
		for (uint32_t x = 0; x < d->recon.n_items && !k->whole; x++) {
			const struct recon_row *o = &d->recon.items[x];

			k->whole = o != k && !o->closed && o->type == RECON_ACH && d->item[o->n].company.n > 0 && view_eq(d->item[o->n].group, more->group);
		}
	}
}

bool desk_lay(struct desk *d)
{
	ordering = d;
	sort(d->recon.lines, d->recon.n_lines, sizeof(*d->recon.lines), by_date);
	sort(d->recon.items, d->recon.n_items, sizeof(*d->recon.items), by_id);
	d->recon.digits = money_digits(d->ccy) < 0 ? 2 : money_digits(d->ccy);
	d->recon.options = &d->options;
	net_days(d);
	return number_days(d) && name_lines(d) && choose_keys(d) && join_closed(d);
}
