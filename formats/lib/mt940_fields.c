/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_fields - dates, amounts, balances and statement lines (:61:) of MT940
 *
 *   :61: value date YYMMDD, entry date MMDD or four blanks or nothing, mark, funds code, amount, type, owner's reference,
 *   // and the bank's reference
 * The traps: "DR1,00" is a debit and the R is the third letter of EUR; "RD1,00" is a reversal of a debit, money that comes
 * back; "RDR1,00" is the same with a funds code.  C and RD add to the balance, D and RC take from it.  EC and ED are
 * announced and never booked.  An amount is read by its digits alone: never rounded, never a float.
 */
#include <inttypes.h>
#include "formats/core/money.h"
#include "formats/lib/mt940.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

/* Amounts */

bool mt940_currency(struct view v, char out[4])
{
	if (v.n != 3 || !is_upper(v.p[0]) || !is_upper(v.p[1]) || !is_upper(v.p[2]))
		return false;
	memcpy(out, v.p, 3);
	out[3] = '\0';
	return true;
}

static bool bad_amount(struct mt940 *m, struct view v, const char *name, const char *what)
{
	mt940_find(m, MT940_AMOUNT, v, name, "%s", what);
	return false;
}

static void note_amount(struct mt940 *m, struct view v, const char *name, char sign, bool zeros)
{
	if (!is_digit(*v.p))
		mt940_find(m, MT940_AMOUNT_DIGIT, v, name, "the amount has no digit before its comma; it is read as a part of one");
	if (sign == '.')
		mt940_find(m, MT940_AMOUNT_POINT, v, name, "the amount has a point instead of a comma; it is read as the decimal sign");
	else if (sign == '\0')
		mt940_find(m, MT940_AMOUNT_COMMA, v, name, "the amount has no comma; it is read as a whole number");
	if (zeros)
		mt940_find(m, MT940_AMOUNT_ZEROS, v, name, "the amount has more decimals than its currency; they are zeros");
}

static int digits_of(struct mt940 *m, const char *currency)
{
	if (currency[0] == '\0')
		return 2;
	if (memcmp(m->last_currency, currency, 4) != 0) {
		memcpy(m->last_currency, currency, 4);
		m->last_digits = money_digits(currency);
	}
	return m->last_digits;
}

bool mt940_amount(struct mt940 *m, struct view v, const char *currency, const char *name, int64_t *minor)
{
	int want = digits_of(m, currency), have = 0;
	bool zeros = false, any = false;
	char sign = '\0';
	int64_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (is_digit(c)) {
			any = true;
			if (sign != '\0' && have == want) {
				if (c != '0')
					return bad_amount(m, v, name, "the amount has more decimals than its currency");
				zeros = true;
				continue;
			}
			have += sign != '\0';
			if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, c - '0', &n))
				return bad_amount(m, v, name, "the amount is too large");
		} else if ((c == ',' || c == '.') && sign == '\0') {
			sign = c;
		} else {
			return bad_amount(m, v, name, "the amount holds something that is not a digit, or more than one decimal sign");
		}
	}
	if (!any)
		return bad_amount(m, v, name, "the amount is missing");
	for (; have < want; have++)
		if (__builtin_mul_overflow(n, 10, &n))
			return bad_amount(m, v, name, "the amount is too large");
	if (sign != ',' || zeros || !is_digit(*v.p))
		note_amount(m, v, name, sign, zeros);
	*minor = n;
	return true;
}

/* Dates */

static int two(const char *p)
{
	return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

/* The day, or the last one of its month when it goes beyond (30 February); false when there is no such month. */
static bool make_date(struct mt940 *m, date_t *out, int year, int month, int day, struct view v, const char *name)
{
	if (date_make(out, year, month, day))
		return true;
	for (int last = 30; day <= 31 && day > 28 && last >= 28; last--) {
		if (!date_make(out, year, month, last))
			continue;
		mt940_find(m, MT940_DATE_CLAMPED, v, name, "the month has no day %d; its last day is taken", day);
		return true;
	}
	return false;
}

/* YY above 79 is of the last century. */
date_t mt940_date(struct mt940 *m, struct view v, const char *name)
{
	date_t d;
	int yy;

	if (v.n == 6 && memcmp(v.p, m->last_date, 6) == 0)
		return m->last_day;
	if (v.n == 6 && (yy = two(v.p)) >= 0) {
		int year = yy > 79 ? 1900 + yy : 2000 + yy;

		if (date_make(&d, year, two(v.p + 2), two(v.p + 4))) {
			memcpy(m->last_date, v.p, 6);
			m->last_day = d;
			return d;
		}
		if (make_date(m, &d, year, two(v.p + 2), two(v.p + 4), v, name))
			return d;
	}
	mt940_find(m, MT940_DATE, v, name, "the date is no date of the form YYMMDD");
	return DATE_NONE;
}

/* Blanks where none may stand: passed over, and told once a file. */
struct view mt940_skip_blanks(struct mt940 *m, struct view v, size_t at, const char *name)
{
	struct view rest = view_sub(v, at, v.n);

	if (rest.n == 0 || *rest.p != ' ')
		return rest;
	if (!m->said_blanks)
		mt940_find(m, MT940_BLANKS, rest, name, "blanks stand between the parts of the field; they are passed over, others like them are not told");
	m->said_blanks = true;
	while (rest.n > 0 && *rest.p == ' ')
		rest = view_sub(rest, 1, rest.n);
	return rest;
}

/* MMDD of the year that puts it nearest to the value date. */
static date_t entry_date(struct mt940 *m, struct view v, date_t value)
{
	int year, month, day, mm = two(v.p), dd = two(v.p + 2);
	date_t best, other;

	if (value == DATE_NONE || mm < 0 || dd < 0)
		return DATE_NONE;
	if (value == m->last_day && memcmp(v.p, m->last_date + 2, 4) == 0)
		return value;
	if (mm == 0 && dd == 0) {
		mt940_find_at(m, MT940_DATE, FINDING_WARNING, m->line, "Entry Date", "the entry date is zeros; the line has none");
		return DATE_NONE;
	}
	date_split(value, &year, &month, &day);
	if (mm - month > 5 && date_make(&best, year - 1, mm, dd) && date_make(&other, year, mm, dd))
		year -= value - best < other - value;
	else if (month - mm > 5 && date_make(&best, year + 1, mm, dd) && date_make(&other, year, mm, dd))
		year += best - value < value - other;
	else
		year += mm - month > 6 ? -1 : month - mm > 6 ? 1 : 0;
	if (make_date(m, &best, year, mm, dd, v, "Entry Date"))
		return best;
	mt940_find(m, MT940_DATE, v, "Entry Date", "the entry date is no date of the form MMDD");
	return DATE_NONE;
}

/* Balances: mark, date, currency, amount. */

static uint64_t hash_of(struct view v)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < v.n; i++)
		h = (h ^ (unsigned char)v.p[i]) * 1099511628211u;
	return h;
}

/* Three letters at the beginning; small ones are told. */
bool mt940_read_currency(struct mt940 *m, struct view v, char out[4], const char *name)
{
	bool small = false;

	if (mt940_currency(view_sub(v, 0, 3), out))
		return true;
	if (v.n < 3)
		return false;
	for (int i = 0; i < 3; i++) {
		char c = v.p[i];

		out[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
		small = small || out[i] != c;
		if (!is_upper(out[i]))
			return false;
	}
	out[3] = '\0';
	if (small)
		mt940_find(m, MT940_CASE, view_sub(v, 0, 3), name, "the currency has small letters; they are read as capitals");
	return true;
}

static bool is_balance(struct view v)
{
	return v.n >= 10 && (v.p[0] == 'C' || v.p[0] == 'D');
}

bool mt940_balance(struct mt940 *m, struct view v, struct mt940_balance *b, const char *name)
{
	struct view rest;

	*b = (struct mt940_balance){ .there = true, .date = DATE_NONE, .line = m->line, .hash = hash_of(v) };
	v = view_rtrim(v);
	if (v.n > 0 && *v.p == ' ')
		v = mt940_skip_blanks(m, v, 0, name);
	if (!is_balance(v)) {
		mt940_find(m, MT940_BALANCE, v, name, "the balance is not C or D, a date, a currency and an amount");
		return false;
	}
	rest = mt940_skip_blanks(m, v, 1, name);
	b->date = mt940_date(m, view_sub(rest, 0, 6), name);
	rest = mt940_skip_blanks(m, rest, 6, name);
	if (!mt940_read_currency(m, rest, b->currency, name)) {
		b->currency[0] = '\0';
		mt940_find(m, MT940_BALANCE, view_sub(rest, 0, 3), name, "the balance has no currency of three capital letters");
		return false;
	}
	if (!mt940_amount(m, mt940_skip_blanks(m, rest, 3, name), b->currency, name, &b->minor))
		return false;
	if (v.p[0] == 'D')
		b->minor = -b->minor;
	b->readable = true;
	return true;
}

/* :90D:, :90C: count, currency, sum: a record that waits for a text. */
void mt940_total(struct mt940 *m, struct view v, struct mt940_total *t, enum mt940_tag tag)
{
	struct record *r = &m->rec;
	struct view rest;
	size_t n = 0;
	int64_t count = 0, sum = 0;

	v = mt940_skip_blanks(m, view_rtrim(v), 0, "Number and Sum");
	for (; n < v.n && n < 9 && is_digit(v.p[n]); n++)
		count = count * 10 + v.p[n] - '0';
	rest = mt940_skip_blanks(m, v, n, "Number and Sum");
	if (n == 0 || !mt940_read_currency(m, rest, m->original, "Number and Sum") ||
	    !mt940_amount(m, mt940_skip_blanks(m, rest, 3, "Number and Sum"), m->original, "Number and Sum", &sum)) {
		mt940_find(m, MT940_TOTALS, v, "Number and Sum", "the field is not a count, a currency and an amount");
		return;
	}
	*t = (struct mt940_total){ .there = true, .count = count, .sum = sum, .line = m->line };
	record_set_text(r, F_CURRENCY, (struct view){ m->original, 3 });
	record_set_num(r, F_COUNT, count);
	record_set_num(r, tag == TAG_90D ? F_DEBIT : F_CREDIT, sum);
}

/* Statement lines */

struct mark { char reversal, letter, funds; size_t n; };	/* reversal: 'R', 'E' or 0 */

/* [R|E] C|D [funds letter]; n = 0 when it is none.  The R of "DR" is a funds code, that of "RD" a reversal. */
static struct mark read_mark(struct view v)
{
	struct mark k = { 0 };
	size_t i = 0;

	if (v.n > 1 && (v.p[0] == 'R' || v.p[0] == 'E'))
		k.reversal = v.p[i++];
	if (i >= v.n || (v.p[i] != 'C' && v.p[i] != 'D'))
		return (struct mark){ 0 };
	k.letter = v.p[i++];
	if (i < v.n && is_upper(v.p[i]))
		k.funds = v.p[i++];
	k.n = i;
	return k;
}

static void add_side(struct mt940_side *s, int64_t amount, bool *lost)
{
	s->count++;
	if (__builtin_add_overflow(s->sum, amount, &s->sum))
		*lost = true;
}

static void add_up(struct mt940 *m, const struct mark *k, int64_t amount, bool credit)
{
	struct mt940_statement *st = &m->st;
	bool lost = st->lost;

	add_side(credit ? &st->credit[0] : &st->debit[0], amount, &lost);
	add_side(k->letter == 'C' ? &st->credit[1] : &st->debit[1], amount, &lost);
	if (k->reversal == 'R')
		add_side(&st->reversed[k->letter == 'C'], amount, &lost);
	if (credit ? __builtin_add_overflow(st->net, amount, &st->net) : __builtin_sub_overflow(st->net, amount, &st->net))
		lost = true;
	if (lost && !st->lost)
		mt940_find(m, MT940_OVERFLOW, (struct view){ NULL, 0 }, "Amount", "the amounts of this statement are too large to be added up");
	st->lost = lost;
}

static void read_references(struct mt940 *m, struct view v)
{
	const char *slashes = v.n < 2 ? NULL : memmem(v.p, v.n, "//", 2);
	struct view part[2] = { v, { NULL, 0 } };

	if (slashes != NULL) {
		part[0].n = (size_t)(slashes - v.p);
		part[1] = view_sub(v, part[0].n + 2, v.n);
	}
	for (int i = 0; i < 2; i++) {
		part[i] = view_trim(part[i]);
		if (part[i].n > MT940_REF_MAX) {
			mt940_find(m, MT940_FIELD_LONG, part[i], "Reference", "the reference is cut after %d bytes", MT940_REF_MAX);
			part[i].n = MT940_REF_MAX;
		}
		if (m->summed && !m->line_high)
			continue;
		if (part[i].n == 0 || view_eq(part[i], VIEW("NONREF")))
			continue;
		memcpy(m->ref_store[i], part[i].p, part[i].n);
		mt940_set_text(m, &m->rec, i == 0 ? F_CUSTOMER_REF : F_BANK_REF, (struct view){ m->ref_store[i], part[i].n });
	}
}

static bool is_number(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_digit(v.p[i]))
			return false;
	return v.n > 0;
}

/* Type, references; a type may be missing or have a blank in front of it. */
static void read_tail(struct mt940 *m, struct view v)
{
	struct view type;

	while (v.n > 0 && *v.p == ' ')
		v = view_sub(v, 1, v.n);
	type = view_sub(v, 0, 4);
	if (v.n < 4 || view_starts(v, VIEW("//")) || !is_alnum(v.p[0])) {
		mt940_find(m, MT940_TYPE, v, "Transaction Type", "the transaction type is missing");
		read_references(m, v);
		return;
	}
	if ((*v.p != 'N' && *v.p != 'F' && *v.p != 'S') || !(is_alnum(v.p[1]) || v.p[1] == ' ') || !(is_alnum(v.p[2]) || v.p[2] == ' ') ||
	    !(is_alnum(v.p[3]) || v.p[3] == ' '))
		mt940_find(m, MT940_TYPE, v, "Transaction Type", "the transaction type is not N, F or S and three characters");
	type = view_trim(type);
	if (!m->summed || m->line_high) {
		memcpy(m->type, type.p, type.n);
		mt940_set_text(m, &m->rec, F_TYPE, (struct view){ m->type, type.n });
	}
	read_references(m, view_sub(v, 4, v.n));
	if (view_eq(type, VIEW("NCHK")) && is_number(record_text(&m->rec, F_CUSTOMER_REF)))
		record_set_text(&m->rec, F_CHECK_NUMBER, record_text(&m->rec, F_CUSTOMER_REF));
}

static enum mt940_line_end bad_mark(struct mt940 *m, struct view v)
{
	mt940_find(m, MT940_MARK, v, "Debit/Credit Mark", "the mark is none of C, D, RC, RD; the line gets no amount");
	m->st.unread++;
	return LINE_BAD;
}

static void book(struct mt940 *m, const struct mark *k, struct view at, int64_t amount)
{
	bool credit = (k->letter == 'C') != (k->reversal == 'R');
	const char *currency = m->st.currency;

	record_set_num(&m->rec, F_AMOUNT, credit ? amount : -amount);
	if (k->funds != '\0' && currency[0] != '\0' && k->funds != currency[2])
		mt940_find(m, MT940_FUNDS_CODE, at, "Funds Code", "the funds code %c is not the third letter of %s", k->funds, currency);
	if (k->reversal == 'E') {
		mt940_find(m, MT940_EXPECTED, at, "Debit/Credit Mark", "the line is announced and not booked");
		m->summed = false;
		record_set_text(&m->rec, F_STATUS, VIEW("FUTR"));
		record_set_num(&m->rec, F_PROVISIONAL, 1);
		return;
	}
	if (k->reversal == 'R')
		record_set_num(&m->rec, F_REVERSAL, 1);
	add_up(m, k, amount, credit);
}

/* The entry date, four blanks or nothing, from `at` on; how many bytes.  Other blanks are passed over and told. */
static size_t entry_width(struct view v, size_t at)
{
	struct view rest = view_sub(v, at, v.n);
	bool four = rest.n >= 4 && is_digit(*rest.p);

	if (rest.n > 4 && memcmp(rest.p, "    ", 4) == 0 && rest.p[4] != ' ')
		return 4;
	return four && is_digit(rest.p[1]) && is_digit(rest.p[2]) && is_digit(rest.p[3]) ? 4 : 0;
}

static void set_dates(struct mt940 *m, struct view six, struct view four)
{
	date_t value = mt940_date(m, six, "Value Date"), entry = four.n == 4 && *four.p != ' ' ? entry_date(m, four, value) : DATE_NONE;

	if (value != DATE_NONE)
		record_set_num(&m->rec, F_VALUE_DATE, value);
	if (entry != DATE_NONE)
		record_set_num(&m->rec, F_BOOKING_DATE, entry);
}

/* Behind the amount: nothing, a type, a reference, or a blank and one of them.  Anything else may be a part of the number. */
static bool ends_well(struct view number, struct view v)
{
	bool comma = memchr(number.p, ',', number.n) != NULL;

	if (v.n == 0 || is_alnum(*v.p) || *v.p == '/')
		return true;
	if (*v.p != ' ')
		return false;
	v = view_trim(v);
	return v.n > 0 && (is_digit(*v.p) ? comma : is_alnum(*v.p) || *v.p == '/');
}

enum mt940_line_end mt940_line(struct mt940 *m, struct view v, bool last)
{
	struct view rest, four, mark, number;
	size_t n, end;
	struct mark k;
	int64_t amount;

	v = mt940_skip_blanks(m, view_rtrim(v), 0, "Value Date");
	/* The mark and the amount are looked for first: a line that ends before them may go on in the next one. */
	n = entry_width(v, 6);
	rest = n == 0 ? mt940_skip_blanks(m, v, 6, "Entry Date") : view_sub(v, 6, v.n);
	n = n == 0 ? entry_width(rest, 0) : n;
	four = view_sub(rest, 0, n);
	mark = mt940_skip_blanks(m, rest, n, "Debit/Credit Mark");
	k = read_mark(mark);
	rest = k.n == 0 ? mark : mt940_skip_blanks(m, mark, k.n, "Amount");
	for (end = 0; end < rest.n && (is_digit(rest.p[end]) || rest.p[end] == ',' || rest.p[end] == '.');)
		end++;
	number = view_sub(rest, 0, end);
	if (rest.n == 0 ? k.n > 0 || mark.n == 0 : end == rest.n && k.n > 0 && !last)
		return LINE_CUT;
	set_dates(m, view_sub(v, 0, 6), four);
	if (k.n == 0)
		return bad_mark(m, mark);
	rest = view_sub(rest, end, rest.n);
	if (!ends_well(number, rest) ? !bad_amount(m, number, "Amount", "the amount is followed by something that may be a part of it") :
	    !mt940_amount(m, number, m->st.currency, "Amount", &amount)) {
		m->st.unread++;
		return LINE_BAD;
	}
	book(m, &k, view_sub(mark, 0, k.n), amount);
	read_tail(m, rest);
	return LINE_WHOLE;
}
