/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_take - what each field of a message does, and what a line without tag goes on with
 */
#include "formats/lib/mt940.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Fields */

static size_t keep(struct mt940 *m, char *to, size_t max, struct view v, const char *name)
{
	if (v.n > max) {
		mt940_find(m, MT940_FIELD_LONG, v, name, "the field has %zu bytes; it is cut after %zu", v.n, max);
		v.n = max;
	}
	if (v.n > 0)
		memcpy(to, v.p, v.n);
	return v.n;
}

static void on_reference(struct mt940 *m, struct view v)
{
	mt940_message_begin(m);
	m->st.has_20 = true;
	m->st.reference_n = keep(m, m->st.reference, sizeof(m->st.reference), view_trim(v), "Transaction Reference");
}

static void on_account(struct mt940 *m, struct view v, bool with_bic)
{
	struct mt940_statement *st = &m->st;

	if (!mt940_need_head(m))
		return;
	if (st->has_25) {
		mt940_find(m, MT940_FIELD_REPEATED, v, "Account", "the account stands twice; the first one is taken");
		m->open = OPEN_SKIP;
		return;
	}
	st->has_25 = true;
	st->account_n = keep(m, st->account, sizeof(st->account), view_trim(v), "Account");
	if (st->account_n == 0) {
		st->has_25 = false;
		return;
	}
	m->open = with_bic ? OPEN_ACCOUNT_BIC : OPEN_ACCOUNT;
}

static void on_number(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;
	int64_t n[2] = { -1, -1 };
	size_t at = 0;

	if (!mt940_need_head(m))
		return;
	v = view_trim(v);
	st->has_28 = true;
	st->number_n = keep(m, st->number, sizeof(st->number), v, "Statement Number");
	for (int i = 0; i < 2; i++) {
		for (size_t digits = 0; at < v.n && is_digit(v.p[at]) && digits < 15; at++, digits++)
			n[i] = (n[i] < 0 ? 0 : n[i] * 10) + v.p[at] - '0';
		if (i == 0 && (at >= v.n || v.p[at] != '/'))
			break;
		at += i == 0;
	}
	if (at < v.n || v.n == 0) {
		n[1] = -1;
		mt940_find(m, MT940_NUMBER, v, "Statement Number", "the number is not of the form 12345/12345");
	}
	st->sequence = n[0];
	st->page = n[1];
}

/* YYMMDDHHMM+HHMM */
static void on_time(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;

	if (!mt940_need_head(m))
		return;
	st->has_13 = true;
	st->as_of = mt940_date(m, view_sub(v, 0, 6), "Date/Time Indication");
	for (size_t i = 0; i < 4 && v.n >= 10; i++)
		if (is_digit(v.p[6 + i]))
			st->time[i] = v.p[6 + i];
}

/* Currency, [D or C], amount: the currency of an interim report; there may be one for debits and one for credits. */
static void on_floor(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;
	char currency[4] = "";

	if (!mt940_need_head(m))
		return;
	st->has_34 = true;
	v = mt940_skip_blanks(m, v, 0, "Floor Limit");
	if (!mt940_read_currency(m, v, currency, "Floor Limit"))
		mt940_find(m, MT940_BALANCE, v, "Floor Limit", "the floor limit has no currency of three capital letters");
	else if (st->currency[0] == '\0')
		memcpy(st->currency, currency, 4);
	else if (memcmp(st->currency, currency, 3) != 0)
		mt940_find(m, MT940_CURRENCY, v, "Floor Limit", "the floor limit is in %s, the one before it in %s", currency, st->currency);
}

static void check_currency(struct mt940 *m, const struct mt940_balance *b, struct view v, const char *name)
{
	struct mt940_statement *st = &m->st;
	char glued[4] = "";

	if (b->currency[0] == '\0')
		return;
	if (st->currency[0] == '\0')
		memcpy(st->currency, b->currency, 4);
	if (memcmp(st->currency, b->currency, 3) != 0)
		mt940_find(m, MT940_CURRENCY, v, name, "the balance is in %s, the statement in %s", b->currency, st->currency);
	else if (mt940_account_currency(st, glued) && memcmp(glued, b->currency, 3) != 0 && !st->said_order)
		mt940_find(m, MT940_CURRENCY, v, name, "the balance is in %s, the account in %s", b->currency, glued);
}

static void wait_for_balance(struct mt940 *m, const struct mt940_balance *b, const char *type)
{
	mt940_wait_for(m, WAIT_BALANCE, RECORD_BALANCE);
	if (b->currency[0] != '\0') {
		memcpy(m->original, b->currency, 3);
		record_set_text(&m->rec, F_CURRENCY, (struct view){ m->original, 3 });
	}
	if (b->readable)
		record_set_num(&m->rec, F_AMOUNT, b->minor);
	if (b->date != DATE_NONE)
		record_set_num(&m->rec, F_AS_OF_DATE, b->date);
	record_set_text(&m->rec, F_TYPE, view_of(type));
}

static void on_opening(struct mt940 *m, struct view v, bool final)
{
	struct mt940_statement *st = &m->st;

	mt940_need_opening(m);
	mt940_balance(m, v, &st->opening, "Opening Balance");
	st->opening.final = final;
	check_currency(m, &st->opening, v, "Opening Balance");
	mt940_tell_statement(m, true);
	wait_for_balance(m, &st->opening, final ? "60F" : "60M");
}

static void on_closing(struct mt940 *m, struct view v, bool final)
{
	struct mt940_statement *st = &m->st;
	struct mt940_balance b;

	mt940_need_statement(m);
	mt940_tell_statement(m, true);
	mt940_balance(m, v, &b, "Closing Balance");
	b.final = final;
	check_currency(m, &b, v, "Closing Balance");
	if (st->closing.there)
		mt940_find(m, MT940_FIELD_REPEATED, v, "Closing Balance", "the closing balance stands twice; the first one is taken");
	else
		st->closing = b;
	if (st->opening.there && st->opening.date != DATE_NONE && b.date != DATE_NONE && b.date < st->opening.date)
		mt940_find(m, MT940_BALANCE_DATES, v, "Closing Balance", "the closing balance is older than the opening balance");
	wait_for_balance(m, &b, final ? "62F" : "62M");
}

static void on_available(struct mt940 *m, struct view v, const char *type)
{
	struct mt940_balance b;

	mt940_need_statement(m);
	mt940_tell_statement(m, true);
	mt940_balance(m, v, &b, "Available Balance");
	check_currency(m, &b, v, "Available Balance");
	wait_for_balance(m, &b, type);
}

/* Of a message's last fields; one may have the minus stick to it that ends the message. */
static void on_last(struct mt940 *m, struct view v, enum mt940_tag tag)
{
	bool end;

	v = view_rtrim(v);
	end = v.n > 11 && v.p[v.n - 1] == '-' && (is_digit(v.p[v.n - 2]) || v.p[v.n - 2] == ',');
	if (end) {
		mt940_find(m, MT940_END_STICKS, view_sub(v, v.n - 1, 1), "Closing Balance", "the minus behind the balance is taken for the end of the message");
		v.n--;
	}
	if (tag == TAG_64 || tag == TAG_65)
		on_available(m, v, tag == TAG_64 ? "64" : "65");
	else
		on_closing(m, v, tag == TAG_62F);
	if (end)
		mt940_message_end(m);
}

static void on_total(struct mt940 *m, struct view v, enum mt940_tag tag)
{
	struct mt940_total *t = tag == TAG_90D ? &m->st.total_debit : &m->st.total_credit;

	mt940_need_statement(m);
	mt940_tell_statement(m, false);
	mt940_wait_for(m, WAIT_BALANCE, RECORD_TOTAL);
	record_set_text(&m->rec, F_TYPE, tag == TAG_90D ? VIEW("90D") : VIEW("90C"));
	mt940_total(m, v, t, tag);
	if (t->there && m->st.currency[0] != '\0' && memcmp(m->original, m->st.currency, 3) != 0)
		mt940_find(m, MT940_CURRENCY, v, "Number and Sum", "the sum is in %s, the report in %s", m->original, m->st.currency);
}

static void on_line_61(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;

	mt940_need_statement(m);
	mt940_tell_statement(m, false);
	if ((st->closing.there || st->ended) && !st->interim)
		mt940_find(m, MT940_ORDER, m->raw, "Statement Line", "the line stands behind the closing balance");
	st->has_lines = true;
	m->summed = m->sums && st->currency[0] != '\0';
	mt940_wait_for(m, WAIT_ENTRY, RECORD_ENTRY);
	m->dialect = DIALECT_FREE;
	m->open = OPEN_61;
	m->line_high = m->high;
	if (mt940_line(m, v, false) != LINE_CUT)
		return;
	m->broken_n = v.n < sizeof(m->broken) ? v.n : sizeof(m->broken);
	memcpy(m->broken, v.p, m->broken_n);
}

static void on_text(struct mt940 *m, struct view v, bool ns)
{
	if (m->wait == WAIT_NOTHING) {
		mt940_need_statement(m);
		if (!ns)
			mt940_find(m, MT940_ORDER, m->raw, "Information", "the text belongs to no line and no balance; it is not read");
		m->open = OPEN_SKIP;
		return;
	}
	m->open = ns ? OPEN_NS : OPEN_86;
	mt940_text_begin(m, v, ns);
}

/* What was lost shows in the proof; an interim report has none, so there it is an error. */
static void find_unread(struct mt940 *m, enum mt940_code code, const char *what)
{
	mt940_find_at(m, code, m->st.interim || !m->st.opening.there ? FINDING_ERROR : FINDING_WARNING, m->line, NULL, "%s", what);
}

void mt940_on_tag(struct mt940 *m, enum mt940_tag tag, struct view v)
{
	if (tag != TAG_86 && tag != TAG_NS)
		mt940_flush(m);
	m->open = OPEN_NONE;
	m->between = false;
	switch (tag) {
	case TAG_20: on_reference(m, v); break;
	case TAG_21: mt940_need_head(m); break;
	case TAG_25: on_account(m, v, false); break;
	case TAG_25P: on_account(m, v, true); break;
	case TAG_28:
	case TAG_28C: on_number(m, v); break;
	case TAG_13D: on_time(m, v); break;
	case TAG_34F: on_floor(m, v); break;
	case TAG_60F:
	case TAG_60M: on_opening(m, v, tag == TAG_60F); break;
	case TAG_61: on_line_61(m, v); break;
	case TAG_62F:
	case TAG_62M:
	case TAG_64:
	case TAG_65: on_last(m, v, tag); break;
	case TAG_86: on_text(m, v, false); break;
	case TAG_NS: on_text(m, v, true); break;
	case TAG_90C:
	case TAG_90D: on_total(m, v, tag); break;
	case TAG_TYPE:
		m->next_type = 900 + (m->raw.p[2] - '0') * 10 + m->raw.p[3] - '0';
		m->between = true;
		break;
	default:
		find_unread(m, MT940_TAG_UNKNOWN, "the field's tag is none of a statement's; it is not read");
		m->open = OPEN_SKIP;
	}
}

static bool is_date_only(const struct mt940 *m)
{
	for (size_t i = 0; i < m->broken_n; i++)
		if (!is_digit(m->broken[i]) && m->broken[i] != ' ')
			return false;
	return true;
}

/* Does a line that was cut go on with this?  One that ends with an amount does with the rest of it and a type. */
static bool is_rest(const struct mt940 *m, struct view v)
{
	size_t digits = 0, n = m->broken_n;

	if (n < 8 || (m->broken[n - 1] != ',' && m->broken[n - 1] != '.' && (!is_digit(m->broken[n - 1]) || is_date_only(m))))
		return true;
	while (digits < v.n && (is_digit(v.p[digits]) || v.p[digits] == ',' || v.p[digits] == '.'))
		digits++;
	return digits > 0 && digits < v.n && (v.p[digits] == 'N' || v.p[digits] == 'F' || v.p[digits] == 'S');
}

static void on_supplement(struct mt940 *m, struct view v)
{
	char joined[sizeof(m->broken) + 256];
	size_t n = m->broken_n;

	m->text_high = m->text_high || m->high;
	if (n > 0 && !is_rest(m, v)) {
		mt940_line_last(m);
		n = 0;
	}
	if (n == 0) {
		if (m->note_n > 0 && m->note_n < sizeof(m->note))
			m->note[m->note_n++] = '\n';
		m->note_n += keep(m, m->note + m->note_n, sizeof(m->note) - m->note_n, v, "Supplementary Details");
		return;
	}
	memcpy(joined, m->broken, n);
	n += keep(m, joined + n, sizeof(joined) - n, v, "Statement Line");
	m->broken_n = 0;
	m->line_high = m->line_high || m->high;
	if (mt940_line(m, (struct view){ joined, n }, false) != LINE_CUT)
		mt940_find(m, MT940_LINE_BROKEN, v, "Statement Line", "the line before goes on here; the two are put together");
	else if ((m->broken_n = n) > sizeof(m->broken))
		m->broken_n = sizeof(m->broken);
	memcpy(m->broken, joined, m->broken_n);
}

void mt940_on_continuation(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;

	if (m->open != OPEN_86 && view_trim(v).n == 0)
		return;
	switch (m->open) {
	case OPEN_ACCOUNT:
		v = view_rtrim(v);
		st->account_n += keep(m, st->account + st->account_n, sizeof(st->account) - st->account_n, v, "Account");
		break;
	case OPEN_ACCOUNT_BIC:
		st->bic_n = keep(m, st->bic, sizeof(st->bic), view_trim(v), "Account");
		m->open = OPEN_SKIP;
		break;
	case OPEN_61:
		on_supplement(m, v);
		break;
	case OPEN_86:
	case OPEN_NS:
		mt940_text_add(m, v);
		break;
	case OPEN_SKIP:
		break;
	case OPEN_NONE:
		find_unread(m, MT940_STRAY_LINE, "the line belongs to no field; it is not read");
		m->open = OPEN_SKIP;
		break;
	}
}
