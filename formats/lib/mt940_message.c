/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_message - the life of a message: it begins, its parts come in order, its records leave, it is proved
 *
 * A message begins with :20:, or with any field when the one before it is complete; several statements may stand under one
 * head.  Its STATEMENT record leaves when the first field that needs it is there; a balance and an entry wait until the
 * next field begins, since a text may follow.
 */
#include "formats/lib/mt940.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Records that wait for their text */

/* An entry that counts and is not told: its text is not looked into. */
static void sum_entry(struct mt940 *m)
{
	int64_t amount = record_num(&m->rec, F_AMOUNT, 0);

	if (m->text_high && !(charset_ascii((struct view){ m->text, m->text_n }) && charset_ascii((struct view){ m->note, m->note_n })))
		mt940_say_charset(m);
	if (amount < 0 ? __builtin_sub_overflow(m->sum.debit, amount, &m->sum.debit) :
	    __builtin_add_overflow(m->sum.credit, amount, &m->sum.credit)) {
		mt940_emit_sum(m);
		*(amount < 0 ? &m->sum.debit : &m->sum.credit) = amount < 0 ? -amount : amount;
	}
	m->sum.records++;
}

/* A :61: that might have gone on in another line, and did not. */
void mt940_line_last(struct mt940 *m)
{
	struct view raw = m->raw, v = { m->broken, m->broken_n };
	uint64_t line = m->line;

	m->raw = (struct view){ NULL, 0 };
	m->line = m->rec.line;
	m->broken_n = 0;
	if (mt940_line(m, v, true) == LINE_CUT) {
		mt940_find(m, MT940_LINE, m->raw, "Statement Line", "the line ends before its amount");
		m->st.unread++;
	}
	m->raw = raw;
	m->line = line;
}

void mt940_flush(struct mt940 *m)
{
	if (m->wait == WAIT_NOTHING)
		return;
	if (m->broken_n > 0)
		mt940_line_last(m);
	if (m->wait == WAIT_ENTRY && m->summed)
		sum_entry(m);
	else if (m->wait == WAIT_ENTRY)
		mt940_text_finish(m, &m->rec);
	else
		mt940_set_text(m, &m->rec, F_TEXT, (struct view){ m->text, m->text_n });
	if (!m->summed)
		mt940_emit(m, &m->rec);
	m->summed = false;
	m->wait = WAIT_NOTHING;
	m->text_n = m->note_n = m->scratch_n = 0;
	m->text_high = m->said_long = m->glue = false;
}

void mt940_wait_for(struct mt940 *m, enum mt940_wait what, enum record_kind kind)
{
	struct mt940_statement *st = &m->st;

	record_init(&m->rec, kind, m->line);
	mt940_set_text(m, &m->rec, F_ACCOUNT, (struct view){ st->account, st->account_n });
	record_set_text(&m->rec, F_CURRENCY, view_of(st->currency));
	if (st->interim)
		record_set_num(&m->rec, F_PROVISIONAL, 1);
	m->wait = what;
}

/* Statements */

const char *mt940_type_text(int type)
{
	return type == 940 ? "940" : type == 941 ? "941" : type == 942 ? "942" : type == 950 ? "950" : "";
}

static void tell_file(struct mt940 *m)
{
	struct record r;

	record_init(&r, RECORD_FILE, m->st.line);
	mt940_set_text(m, &r, F_SENDER, (struct view){ m->sender, m->sender_n });
	mt940_set_text(m, &r, F_RECEIVER, (struct view){ m->receiver, m->receiver_n });
	record_set_text(&r, F_TYPE, view_of(mt940_type_text(m->st.type)));
	mt940_set_text(m, &r, F_REFERENCE, (struct view){ m->st.reference, m->st.reference_n });
	mt940_emit(m, &r);
	m->any_file = true;
	m->scratch_n = 0;
}

/* A currency that is glued to the account: "1291.99.348EUR", "NL50RABO0123456789 EUR". */
bool mt940_account_currency(const struct mt940_statement *st, char out[4])
{
	struct view v = { st->account, st->account_n };

	return v.n > 6 && (is_digit(v.p[v.n - 4]) || v.p[v.n - 4] == ' ') && mt940_currency(view_sub(v, v.n - 3, 3), out);
}

/* Its record leaves when the first field that needs it is there: by then account, number and kind are known. */
void mt940_tell_statement(struct mt940 *m, bool balance)
{
	struct mt940_statement *st = &m->st;
	struct record r;

	if (st->told)
		return;
	st->told = true;
	st->interim = st->type == 942 || st->type == 941 || (st->type == 0 && (st->has_34 || (!balance && !st->opening.there && st->has_13)));
	if (st->currency[0] == '\0')
		mt940_account_currency(st, st->currency);
	if (!m->any_file)
		tell_file(m);
	record_init(&r, RECORD_STATEMENT, st->line);
	mt940_set_text(m, &r, F_ACCOUNT, (struct view){ st->account, st->account_n });
	record_set_text(&r, F_CURRENCY, view_of(st->currency));
	mt940_set_text(m, &r, F_STATEMENT, (struct view){ st->number, st->number_n });
	if (st->page >= 0)
		record_set_num(&r, F_PAGE, st->page);
	mt940_set_text(m, &r, F_REFERENCE, (struct view){ st->reference, st->reference_n });
	mt940_set_text(m, &r, F_PARTY_BANK, (struct view){ st->bic, st->bic_n });
	record_set_text(&r, F_TYPE, view_of(mt940_type_text(st->type)));
	if (st->as_of != DATE_NONE)
		record_set_num(&r, F_AS_OF_DATE, st->as_of);
	record_set_text(&r, F_CREATED_TIME, view_of(st->time));
	if (st->interim)
		record_set_num(&r, F_PROVISIONAL, 1);
	mt940_emit(m, &r);
	m->scratch_n = 0;
}

static void missing(struct mt940 *m, enum mt940_code code, const char *name, const char *what)
{
	mt940_find_at(m, code, mt940_findings[code].severity, m->st.line, name, "%s", what);
}

static void find_missing(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;

	if (!st->has_20)
		missing(m, MT940_NO_REFERENCE, "Transaction Reference", "the message has no reference (:20:)");
	if (!st->has_25)
		missing(m, MT940_NO_ACCOUNT, "Account", "the statement does not say its account (:25:)");
	if (!st->has_28)
		missing(m, MT940_NO_NUMBER, "Statement Number", "the statement has no number (:28C:)");
	if (!st->opening.there && !st->interim)
		missing(m, MT940_NO_OPENING, "Opening Balance", "the statement has no opening balance (:60F:)");
	if (!st->closing.there && !st->interim)
		missing(m, MT940_NO_CLOSING, "Closing Balance", "the statement ends without its closing balance (:62F:)");
	if (st->block && !st->ended)
		missing(m, MT940_NO_END, NULL, "the message is not ended by -}");
	if (st->interim && st->type != 941 && st->opening.there && st->closing.there)
		missing(m, MT940_TYPE_MIXED, NULL, "an interim report has the balances of a statement; its lines are provisional");
}

void mt940_message_finish(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;

	mt940_flush(m);
	if (!st->open)
		return;
	mt940_tell_statement(m, false);
	find_missing(m);
	mt940_prove(m);
	mt940_chain(m);
	st->open = false;
}

void mt940_message_begin(struct mt940 *m)
{
	mt940_message_finish(m);
	m->st = (struct mt940_statement){ .open = true, .line = m->line, .type = m->next_type, .block = m->next_block, .sequence = -1,
		.page = -1, .as_of = DATE_NONE };
	m->next_type = 0;
	m->next_block = false;
	m->statements++;
}

/*
 * A field of a message's head: with it a new message begins when the one before it is complete.  Inside a statement it is
 * a damaged field (":25:" for ":86:"): false, and the statement goes on with what its own head said.
 */
bool mt940_need_head(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;

	if (!st->open || st->ended || st->closing.there || (st->interim && st->has_lines)) {
		mt940_message_begin(m);
		return true;
	}
	if (!st->opening.there && !st->has_lines)
		return true;
	mt940_find(m, MT940_ORDER, m->raw, NULL, "a field of a message's head stands inside the statement; it is not read");
	m->open = OPEN_SKIP;
	return false;
}

void mt940_need_statement(struct mt940 *m)
{
	if (!m->st.open)
		mt940_message_begin(m);
}

/* Several statements under one head: the account and the number go on. */
void mt940_need_opening(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;
	struct mt940_statement old;

	if (st->open && !st->ended && !st->opening.there && !st->closing.there) {
		if (st->has_lines)
			mt940_find(m, MT940_ORDER, m->raw, "Opening Balance", "the opening balance stands behind lines of the statement");
		return;
	}
	old = *st;
	mt940_message_begin(m);
	if (!old.open || old.ended)
		return;
	memcpy(st->account, old.account, old.account_n);
	memcpy(st->number, old.number, old.number_n);
	st->account_n = old.account_n;
	st->number_n = old.number_n;
	st->has_25 = old.has_25;
	st->has_28 = old.has_28;
	st->sequence = old.sequence;
	st->page = old.page;
	st->block = old.block;
}

void mt940_message_end(struct mt940 *m)
{
	mt940_flush(m);
	m->open = OPEN_NONE;
	m->st.ended = true;
	m->between = true;
}
