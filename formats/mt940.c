/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940 - SWIFT customer statements: MT940, MT950 and the interim reports MT941 and MT942, with or without blocks
 *
 * A message begins with :20: (or a block, or any field when the one before it is complete), never by its end alone: "-}",
 * "-" or nothing may stand there.  A line is a field only when it begins with a known tag; other lines go on with the
 * field before them.  Order of records: FILE once, then for each message STATEMENT, its BALANCEs (60 62 64 65), an ENTRY
 * for every :61: (also for one that cannot be read: it has no amount), a TOTAL for 90C and 90D.  One bad line costs that
 * line only.  Memory does not grow with the file.
 */
#include <inttypes.h>

#include "formats/lib/mt940.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Tags */

static enum mt940_tag two_tag(const char *p)
{
	switch ((unsigned char)p[0] << 8 | (unsigned char)p[1]) {
	case '2' << 8 | '0': return TAG_20;
	case '2' << 8 | '1': return TAG_21;
	case '2' << 8 | '5': return TAG_25;
	case '2' << 8 | '8': return TAG_28;
	case '6' << 8 | '1': return TAG_61;
	case '6' << 8 | '4': return TAG_64;
	case '6' << 8 | '5': return TAG_65;
	case '8' << 8 | '6': return TAG_86;
	case 'N' << 8 | 'S': return TAG_NS;
	}
	return TAG_NONE;
}

static enum mt940_tag three_tag(const char *p)
{
	static const struct { char tag[4]; enum mt940_tag is; } rows[] = {
		{ "25P", TAG_25P }, { "28C", TAG_28C }, { "13D", TAG_13D }, { "34F", TAG_34F }, { "60F", TAG_60F }, { "60M", TAG_60M },
		{ "62F", TAG_62F }, { "62M", TAG_62M }, { "90C", TAG_90C }, { "90D", TAG_90D }, { "940", TAG_TYPE }, { "942", TAG_TYPE },
		{ "950", TAG_TYPE }, { "941", TAG_TYPE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (memcmp(rows[i].tag, p, 3) == 0)
			return rows[i].is;
	return is_digit(p[0]) && is_digit(p[1]) && is_upper(p[2]) ? TAG_UNKNOWN : TAG_NONE;
}

/* The tag that begins the line; *n is its length with both colons. */
static enum mt940_tag tag_of(struct view v, size_t *n)
{
	*n = 4;
	if (v.n < 4 || *v.p != ':')
		return TAG_NONE;
	if (v.p[3] == ':')
		return two_tag(v.p + 1);
	*n = 5;
	return v.n >= 5 && v.p[4] == ':' ? three_tag(v.p + 1) : TAG_NONE;
}

static bool tag_shaped(struct view v)
{
	return v.n >= 4 && v.p[0] == ':' && is_digit(v.p[1]) && is_digit(v.p[2]) && v.p[3] == ':';
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

static void flush(struct mt940 *m)
{
	if (m->wait == WAIT_NOTHING)
		return;
	if (m->broken_n > 0) {
		mt940_find_at(m, MT940_LINE, FINDING_ERROR, m->rec.line, "Statement Line", "the line ends before its amount");
		m->st.unread++;
		m->broken_n = 0;
	}
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

static void wait_for(struct mt940 *m, enum mt940_wait what, enum record_kind kind)
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

static const char *type_text(int type)
{
	return type == 940 ? "940" : type == 941 ? "941" : type == 942 ? "942" : type == 950 ? "950" : "";
}

static void tell_file(struct mt940 *m)
{
	struct record r;

	record_init(&r, RECORD_FILE, m->st.line);
	mt940_set_text(m, &r, F_SENDER, (struct view){ m->sender, m->sender_n });
	mt940_set_text(m, &r, F_RECEIVER, (struct view){ m->receiver, m->receiver_n });
	record_set_text(&r, F_TYPE, view_of(type_text(m->st.type)));
	mt940_set_text(m, &r, F_REFERENCE, (struct view){ m->st.reference, m->st.reference_n });
	mt940_emit(m, &r);
	m->any_file = true;
	m->scratch_n = 0;
}

/* A currency that is glued to the account: "1291.99.348EUR", "NL50RABO0123456789 EUR". */
static bool account_currency(const struct mt940_statement *st, char out[4])
{
	struct view v = { st->account, st->account_n };

	return v.n > 6 && (is_digit(v.p[v.n - 4]) || v.p[v.n - 4] == ' ') && mt940_currency(view_sub(v, v.n - 3, 3), out);
}

/* Its record leaves when the first field that needs it is there: by then account, number and kind are known. */
static void tell_statement(struct mt940 *m, bool balance)
{
	struct mt940_statement *st = &m->st;
	struct record r;

	if (st->told)
		return;
	st->told = true;
	st->interim = st->type == 942 || st->type == 941 || (st->type == 0 && (st->has_34 || (!balance && !st->opening.there && st->has_13)));
	if (st->currency[0] == '\0')
		account_currency(st, st->currency);
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
	record_set_text(&r, F_TYPE, view_of(type_text(st->type)));
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
	if (st->interim && st->opening.there && st->closing.there)
		missing(m, MT940_TYPE_MIXED, NULL, "an interim report has the balances of a statement; its lines are provisional");
}

static void finish_statement(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;

	flush(m);
	if (!st->open)
		return;
	tell_statement(m, false);
	find_missing(m);
	mt940_prove(m);
	mt940_chain(m);
	st->open = false;
}

static void begin_statement(struct mt940 *m)
{
	finish_statement(m);
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
static bool need_head(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;

	if (!st->open || st->ended || st->closing.there || (st->interim && st->has_lines)) {
		begin_statement(m);
		return true;
	}
	if (!st->opening.there && !st->has_lines)
		return true;
	mt940_find(m, MT940_ORDER, m->raw, NULL, "a field of a message's head stands inside the statement; it is not read");
	m->open = OPEN_SKIP;
	return false;
}

static void need_statement(struct mt940 *m)
{
	if (!m->st.open)
		begin_statement(m);
}

/* Several statements under one head: the account and the number go on. */
static void need_opening(struct mt940 *m)
{
	struct mt940_statement *st = &m->st;
	struct mt940_statement old;

	if (st->open && !st->ended && !st->opening.there && !st->closing.there) {
		if (st->has_lines)
			mt940_find(m, MT940_ORDER, m->raw, "Opening Balance", "the opening balance stands behind lines of the statement");
		return;
	}
	old = *st;
	begin_statement(m);
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
	begin_statement(m);
	m->st.has_20 = true;
	m->st.reference_n = keep(m, m->st.reference, sizeof(m->st.reference), view_trim(v), "Transaction Reference");
}

static void on_account(struct mt940 *m, struct view v, bool with_bic)
{
	struct mt940_statement *st = &m->st;

	if (!need_head(m))
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

	if (!need_head(m))
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
	if (at < v.n || v.n == 0)
		mt940_find(m, MT940_NUMBER, v, "Statement Number", "the number is not of the form 12345/12345");
	st->sequence = n[0];
	st->page = n[1];
}

/* YYMMDDHHMM+HHMM */
static void on_time(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;

	if (!need_head(m))
		return;
	st->has_13 = true;
	st->as_of = mt940_date(m, view_sub(v, 0, 6), "Date/Time Indication");
	for (size_t i = 0; i < 4 && v.n >= 10; i++)
		if (is_digit(v.p[6 + i]))
			st->time[i] = v.p[6 + i];
}

/* Currency, [D or C], amount: the currency of an interim report. */
static void on_floor(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;

	if (!need_head(m))
		return;
	st->has_34 = true;
	if (!mt940_currency(view_sub(v, 0, 3), st->currency)) {
		st->currency[0] = '\0';
		mt940_find(m, MT940_BALANCE, v, "Floor Limit", "the floor limit has no currency of three capital letters");
	}
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
	else if (account_currency(st, glued) && memcmp(glued, b->currency, 3) != 0 && !st->said_order)
		mt940_find(m, MT940_CURRENCY, v, name, "the balance is in %s, the account in %s", b->currency, glued);
}

static void wait_for_balance(struct mt940 *m, const struct mt940_balance *b, const char *type)
{
	wait_for(m, WAIT_BALANCE, RECORD_BALANCE);
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

	need_opening(m);
	mt940_balance(m, v, &st->opening, "Opening Balance");
	st->opening.final = final;
	check_currency(m, &st->opening, v, "Opening Balance");
	tell_statement(m, true);
	wait_for_balance(m, &st->opening, final ? "60F" : "60M");
}

static void on_closing(struct mt940 *m, struct view v, bool final)
{
	struct mt940_statement *st = &m->st;
	struct mt940_balance b;

	need_statement(m);
	tell_statement(m, true);
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

	need_statement(m);
	tell_statement(m, true);
	mt940_balance(m, v, &b, "Available Balance");
	check_currency(m, &b, v, "Available Balance");
	wait_for_balance(m, &b, type);
}

static void on_total(struct mt940 *m, struct view v, enum mt940_tag tag)
{
	need_statement(m);
	tell_statement(m, false);
	wait_for(m, WAIT_BALANCE, RECORD_TOTAL);
	record_set_text(&m->rec, F_TYPE, tag == TAG_90D ? VIEW("90D") : VIEW("90C"));
	mt940_total(m, v, tag == TAG_90D ? &m->st.total_debit : &m->st.total_credit, tag);
}

static void on_line_61(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;

	need_statement(m);
	tell_statement(m, false);
	if ((st->closing.there || st->ended) && !st->interim)
		mt940_find(m, MT940_ORDER, m->raw, "Statement Line", "the line stands behind the closing balance");
	st->has_lines = true;
	m->summed = m->sums && st->currency[0] != '\0';
	wait_for(m, WAIT_ENTRY, RECORD_ENTRY);
	m->dialect = DIALECT_FREE;
	m->open = OPEN_61;
	m->line_high = m->high;
	if (mt940_line(m, v) != LINE_CUT)
		return;
	m->broken_n = v.n < sizeof(m->broken) ? v.n : sizeof(m->broken);
	memcpy(m->broken, v.p, m->broken_n);
}

static void on_text(struct mt940 *m, struct view v, bool ns)
{
	if (m->wait == WAIT_NOTHING) {
		need_statement(m);
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

static void on_tag(struct mt940 *m, enum mt940_tag tag, struct view v)
{
	if (tag != TAG_86 && tag != TAG_NS)
		flush(m);
	m->open = OPEN_NONE;
	m->between = false;
	switch (tag) {
	case TAG_20: on_reference(m, v); break;
	case TAG_21: need_head(m); break;
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
	case TAG_62M: on_closing(m, v, tag == TAG_62F); break;
	case TAG_64: on_available(m, v, "64"); break;
	case TAG_65: on_available(m, v, "65"); break;
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

/* Envelopes */

/* "F01BANKDEFFAXXX..." or, for a message that was delivered, behind the time: the sender's address. */
static void take_address(char to[16], size_t *n, struct view v)
{
	v = view_sub(v, 0, 12);
	for (size_t i = 0; i < v.n; i++)
		if (!is_digit(v.p[i]) && !is_upper(v.p[i]))
			v.n = i;
	memcpy(to, v.p, v.n);
	*n = v.n;
}

static struct view block(struct view line, const char *begin)
{
	const char *p = memmem(line.p, line.n, begin, 3);

	return p == NULL ? (struct view){ NULL, 0 } : view_sub(line, (size_t)(p - line.p) + 3, line.n);
}

static void on_header(struct mt940 *m, struct view line)
{
	struct view one = block(line, "{1:"), two = block(line, "{2:"), four = block(line, "{4:");
	bool output = two.n > 0 && *two.p == 'O';

	if (one.p != NULL)
		take_address(m->sender, &m->sender_n, view_sub(one, 3, 12));
	if (two.n >= 4 && (output || *two.p == 'I') && is_digit(two.p[1]) && is_digit(two.p[2]) && is_digit(two.p[3])) {
		m->next_type = (two.p[1] - '0') * 100 + (two.p[2] - '0') * 10 + two.p[3] - '0';
		take_address(m->receiver, &m->receiver_n, view_sub(two, output ? 14 : 4, 12));
		if (output) {
			char other[16];
			size_t n = m->sender_n;

			memcpy(other, m->sender, sizeof(other));
			memcpy(m->sender, m->receiver, sizeof(other));
			memcpy(m->receiver, other, sizeof(other));
			m->sender_n = m->receiver_n;
			m->receiver_n = n;
		}
	}
	m->foreign = m->next_type != 0 && *type_text(m->next_type) == '\0';
	if (m->foreign && four.p != NULL)
		mt940_find(m, MT940_MESSAGE_TYPE, two, "Message Type", "the message is an MT%03d, not a statement; it is not read", m->next_type);
	if (four.p != NULL)
		m->next_block = true;
}

static bool is_header(struct view v)
{
	return v.n >= 3 && v.p[0] == '{' && v.p[2] == ':' && ((v.p[1] >= '1' && v.p[1] <= '5') || v.p[1] == 'S');
}

/* The national 7-bit sets of Sweden and Finland have letters where ASCII has braces: "ä4:" and "-å". */
static bool is_national_header(struct view v)
{
	size_t n = view_starts(v, VIEW("\xe4")) ? 1 : view_starts(v, VIEW("\xc3\xa4")) ? 2 : 0;

	return n > 0 && v.n >= n + 2 && v.p[n] >= '1' && v.p[n] <= '5' && v.p[n + 1] == ':';
}

static bool is_end(struct view v)
{
	return v.n > 1 && v.p[0] == '-' && (v.p[1] == '}' || view_starts(v, VIEW("-\xe5")) || view_starts(v, VIEW("-\xc3\xa5")));
}

/* What banks put around messages: their own code, the message type, dashes. */
static bool is_known_envelope(struct mt940 *m, struct view v)
{
	size_t letters = 0, dashes = 0;

	if (v.n >= 3 && v.p[0] == '9' && is_digit(v.p[1]) && is_digit(v.p[2]) && (v.n == 3 || view_eq(view_sub(v, 3, v.n), VIEW(" 00")))) {
		m->next_type = 900 + (v.p[1] - '0') * 10 + v.p[2] - '0';
		if (*type_text(m->next_type) == '\0')
			m->next_type = 0;
		return true;
	}
	for (size_t i = 0; i < v.n; i++) {
		letters += is_upper(v.p[i]) || is_digit(v.p[i]);
		dashes += v.p[i] == '-' || v.p[i] == ' ';
	}
	return dashes == v.n || view_eq(v, VIEW("-XXX")) || (letters == v.n && (v.n == 8 || v.n == 11 || v.n == 12)) ||
		(v.n > 8 && view_starts(v, VIEW("0000 ")) && is_digit(v.p[5]));
}

static void on_envelope(struct mt940 *m, struct view v)
{
	if (is_known_envelope(m, v) || m->said_envelope)
		return;
	m->said_envelope = true;
	mt940_find(m, MT940_ENVELOPE, v, NULL, "this line stands outside the messages; lines like it are not read");
}

static void end_message(struct mt940 *m)
{
	flush(m);
	m->open = OPEN_NONE;
	m->st.ended = true;
	m->between = true;
}

/* Lines */

static void on_supplement(struct mt940 *m, struct view v)
{
	char joined[sizeof(m->broken) + 256];
	size_t n = m->broken_n;

	m->text_high = m->text_high || m->high;
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
	if (mt940_line(m, (struct view){ joined, n }) != LINE_CUT)
		mt940_find(m, MT940_LINE_BROKEN, v, "Statement Line", "the line before goes on here; the two are put together");
	else if ((m->broken_n = n) > sizeof(m->broken))
		m->broken_n = sizeof(m->broken);
	memcpy(m->broken, joined, m->broken_n);
}

static void on_continuation(struct mt940 *m, struct view v)
{
	struct mt940_statement *st = &m->st;

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

/* Marks of the transport: SOH before and ETX behind a message, control-Z of DOS. */
static struct view without_marks(struct view v)
{
	while (v.n > 0 && (*v.p == '\x01' || *v.p == '\x03' || *v.p == '\x1a'))
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && (v.p[v.n - 1] == '\x01' || v.p[v.n - 1] == '\x03' || v.p[v.n - 1] == '\x1a'))
		v.n--;
	return v;
}

static void on_outside(struct mt940 *m, struct view v)
{
	struct view four;

	if (is_national_header(v)) {
		m->next_block = true;
		return;
	}
	if (!is_header(v)) {
		on_envelope(m, v);
		return;
	}
	on_header(m, v);
	four = block(v, "{4:");
	if (four.n > 0 && *four.p == ':') {
		size_t n;
		enum mt940_tag tag = tag_of(four, &n);

		if (tag != TAG_NONE && !m->foreign)
			on_tag(m, tag, view_sub(four, n, four.n));
	}
}

static void on_line(struct mt940 *m, struct view v)
{
	enum mt940_tag tag;
	size_t n;

	m->any = true;
	tag = tag_of(v, &n);
	if (m->foreign && !is_header(v))
		return;
	if (m->colon && tag == TAG_NONE && v.n > 3) {	/* ":" alone, and the tag in the next line */
		char with[6] = ":";

		memcpy(with + 1, v.p, v.n < 5 ? v.n : 5);
		tag = tag_of((struct view){ with, v.n < 5 ? v.n + 1 : 6 }, &n);
		n -= tag != TAG_NONE;
		if (tag != TAG_NONE)
			mt940_find(m, MT940_LINE_BROKEN, v, NULL, "the field's tag is broken over two lines");
	}
	m->colon = v.n == 1 && *v.p == ':';
	if (m->colon)
		return;
	if (tag != TAG_NONE) {
		on_tag(m, tag, view_sub(v, n, v.n));
		return;
	}
	if (is_end(v)) {
		end_message(m);
		return;
	}
	if (view_eq(view_trim(v), VIEW("-")) && (m->open != OPEN_86 || m->st.closing.there || m->st.interim)) {
		end_message(m);
		return;
	}
	if (is_header(v) || is_national_header(v)) {
		flush(m);
		m->open = OPEN_NONE;
		m->between = true;
	}
	if (m->between)
		on_outside(m, v);
	else if (m->open == OPEN_NONE && tag_shaped(v))
		on_tag(m, TAG_UNKNOWN, view_sub(v, 4, v.n));
	else
		on_continuation(m, v);
}

static void on_odd(struct mt940 *m, struct view v)
{
	if (memchr(v.p, '\0', v.n) != NULL && !m->said_nul) {
		m->said_nul = true;
		mt940_find(m, MT940_NUL, v, NULL, "the file holds NUL bytes, the first one in this line");
	}
	v = without_marks(v);
	if (v.n > 0)
		on_line(m, v);
}

/* Bytes below a blank (bit 0) and above ASCII (bit 1), eight at a time. */
static unsigned oddities(struct view v)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t high = 0, low = 0, w;
	size_t i = 0;

	for (; i + 8 <= v.n; i += 8) {
		memcpy(&w, v.p + i, 8);
		high |= w;
		low |= (w - ones * 0x20) & ~w;
	}
	for (; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		high |= c;
		low |= c < 0x20 ? 0x80 : 0;
	}
	return ((low & ones << 7) != 0) | ((high & ones << 7) != 0) << 1;
}

static void on_piece(struct mt940 *m, struct view v, unsigned odd)
{
	m->line++;
	m->raw = v;
	m->high = (odd & 2) != 0;
	if (v.n == 0)
		return;
	if (odd & 1)
		on_odd(m, v);
	else
		on_line(m, v);
}

static void say_cr(struct mt940 *m)
{
	if (!m->said_cr)
		mt940_find_at(m, MT940_CR_ONLY, FINDING_NOTE, m->line + 1, NULL, "lines end with a carriage return alone");
	m->said_cr = true;
}

/* A physical line without its line feed: cut at carriage returns that stand alone. */
static void on_physical(struct mt940 *m, struct view v)
{
	const char *cr;
	unsigned odd;

	if (v.n > 0 && v.p[v.n - 1] == '\r')
		v.n--;
	odd = oddities(v);
	while ((odd & 1) && (cr = memchr(v.p, '\r', v.n)) != NULL && !m->stopped) {
		say_cr(m);
		on_piece(m, view_sub(v, 0, (size_t)(cr - v.p)), odd);
		v = view_sub(v, (size_t)(cr - v.p) + 1, v.n);
	}
	if (!m->stopped)
		on_piece(m, v, odd);
}

/* Windows */

/* Where the line ends: at a line feed, else at a carriage return of which is known that no line feed follows. */
static const char *line_end(struct view w, bool last)
{
	const char *hit = memchr(w.p, '\n', w.n);

	if (hit != NULL)
		return hit;
	hit = memchr(w.p, '\r', w.n);
	if (hit != NULL && hit + 1 < w.p + w.n)
		return hit;
	return last ? w.p + w.n : NULL;
}

/* A line beyond the limit, whole or up to where the window ends. */
static void pass_over(struct mt940 *m)
{
	m->line++;
	m->raw = (struct view){ NULL, 0 };
	m->any = true;
	flush(m);
	m->open = OPEN_SKIP;
	mt940_find_at(m, MT940_LINE_LONG, FINDING_ERROR, m->line, NULL, "the line is longer than 1 MiB; it is not read");
}

static size_t read_lines(struct mt940 *m, struct view w, bool last)
{
	while (w.n > 0 && !m->stopped) {
		const char *end = line_end(w, last);
		struct view line;
		bool cr;

		if (end == NULL)
			break;
		cr = end < w.p + w.n && *end == '\r';
		line = view_sub(w, 0, (size_t)(end - w.p));
		w = view_sub(w, line.n + 1, w.n);
		if (m->skipping) {
			m->skipping = false;
			continue;
		}
		if (cr)
			say_cr(m);
		if (line.n > TALLY_KEEP_MAX)
			pass_over(m);
		else
			on_physical(m, line);
	}
	return w.n;
}

static void at_end(struct mt940 *m)
{
	m->raw = (struct view){ NULL, 0 };
	finish_statement(m);
	if (!m->any)
		mt940_find_at(m, MT940_EMPTY, FINDING_ERROR, 0, NULL, "the file is empty");
	else if (m->statements == 0)
		mt940_find_at(m, MT940_NO_STATEMENT, FINDING_ERROR, 0, NULL, "there is no field of a statement in the file");
	mt940_chain_end(m);
	mt940_emit_sum(m);
}

/* Options */

static int choose(struct mt940 *m, const char *name, const char *const *words, int otherwise)
{
	struct view v = m->host->option == NULL ? (struct view){ NULL, 0 } : m->host->option(m->host->ctx, name);

	if (v.p == NULL)
		return otherwise;
	for (int i = 0; words[i] != NULL; i++)
		if (view_eq(v, view_of(words[i])))
			return i;
	mt940_find_at(m, MT940_OPTION, FINDING_ERROR, 0, NULL, "option %s has a value that is not known", name);
	return 0;
}

static const struct tally_option mt940_options[] = {
	{ "proof", "reject|warn|ignore", "reject", "statements that do not add up, and sums of interim reports that differ" },
	{ "chain", "reject|warn|ignore", "warn", "a statement that does not begin where the account's last one ended" },
	{ "pages", "reject|warn|ignore", "reject", "pages of a statement that are missing or do not follow" },
	{ "charset", "auto|utf-8|iso-8859-1|iso-8859-2|iso-8859-15|cp1250|cp1252|cp850|cp852", "auto",
		"characters outside ASCII; auto: UTF-8 where well-formed, else ISO 8859-1" },
	{ NULL, NULL, NULL, NULL },
};

static void read_options(struct mt940 *m)
{
	static const char *const policies[] = { "reject", "warn", "ignore", NULL };

	m->proof = (enum mt940_policy)choose(m, "proof", policies, POLICY_REJECT);
	m->chain = (enum mt940_policy)choose(m, "chain", policies, POLICY_WARN);
	m->pages = (enum mt940_policy)choose(m, "pages", policies, POLICY_REJECT);
	m->charset = (enum charset)choose(m, "charset", charset_names, CHARSET_AUTO);
}

/* The module */

static int mt940_parse(const struct tally_host *host, void *state)
{
	struct mt940 *m = state;
	struct view w;
	size_t keep_n = 0;
	int got = 1;
	bool begun = false;

	m->host = host;
	m->between = true;
	m->last_day = DATE_NONE;
	m->sums = TALLY_HOST_HAS(host, sum);
	m->sum = (struct tally_sum){ .size = sizeof(m->sum), .kind = RECORD_ENTRY };
	read_options(m);
	while (!m->stopped && got > 0 && (got = host->more(host->ctx, keep_n, &w)) >= 0) {
		if (!begun && w.n < 3 && got > 0) {
			keep_n = w.n;
			continue;
		}
		if (!begun && view_starts(w, VIEW("\xef\xbb\xbf"))) {
			w = view_sub(w, 3, w.n);
			mt940_find_at(m, MT940_BOM, FINDING_NOTE, 1, NULL, "the file begins with a byte order mark; it is skipped");
		}
		begun = true;
		keep_n = read_lines(m, w, got == 0);
		if (keep_n > TALLY_KEEP_MAX || (m->skipping && keep_n > 0)) {
			if (!m->skipping)
				pass_over(m);
			m->skipping = true;
			keep_n = 0;
		}
	}
	if (!m->stopped && got == 0)
		at_end(m);
	return m->stopped || got < 0 ? -1 : 0;
}

/* A header of one of our types, or :20: with another field of a statement, is certain. */
static int mt940_probe(struct view head)
{
	bool reference = false, account = false, number = false, ours = false, other = false, text = false;
	struct view line, rest = head;
	size_t n;

	while (rest.n > 0) {
		const char *end = line_end(rest, true);

		line = view_sub(rest, 0, (size_t)(end - rest.p));
		rest = view_sub(rest, line.n + 1, rest.n);
		if (view_starts(line, VIEW("\xef\xbb\xbf")))
			line = view_sub(line, 3, line.n);
		line = without_marks(line);
		if (is_header(line)) {
			struct view two = block(line, "{2:"), four = block(line, "{4:");

			if (two.n >= 4 && (*two.p == 'I' || *two.p == 'O') && two.p[1] == '9' && (two.p[2] == '4' || two.p[2] == '5') &&
			    (two.p[2] == '4' ? two.p[3] <= '2' && two.p[3] >= '0' : two.p[3] == '0'))
				return 100;
			if (four.n > 0 && *four.p == ':')
				line = four;
		}
		switch (tag_of(line, &n)) {
		case TAG_20: reference = true; break;
		case TAG_25:
		case TAG_25P: account = true; break;
		case TAG_28:
		case TAG_28C: number = true; break;
		case TAG_60F:
		case TAG_60M:
		case TAG_61:
		case TAG_62F:
		case TAG_62M:
		case TAG_64:
		case TAG_65:
		case TAG_90C:
		case TAG_90D: ours = true; break;
		case TAG_86:
		case TAG_NS: text = true; break;
		case TAG_UNKNOWN: other = true; break;
		default: break;
		}
	}
	if (ours)
		return reference || account ? 98 : other ? 20 : 60;
	return other ? 0 : account && number ? 90 : reference && (account || number) ? 70 : account || reference || text ? 25 : 0;
}

static int mt940_document(const struct tally_host *host)
{
	return host->write(host->ctx, VIEW(
		"| tag | format | becomes |\n| --- | --- | --- |\n"
		"| 20 | 16x | STATEMENT `reference` |\n| 21 | 16x | nothing |\n| 25 | 35x | STATEMENT `account`, of ENTRY and BALANCE too |\n"
		"| 25P | 35x, BIC in the next line | STATEMENT `account`, `party_bank` |\n| 28C, 28 | 5n[/5n] | STATEMENT `statement`, `page` |\n"
		"| 13D | YYMMDDHHMM+HHMM | STATEMENT `as_of_date`, `created_time` |\n| 34F | currency, [D or C], 15d | STATEMENT `currency`, `provisional` |\n"
		"| 60F, 60M | C or D, YYMMDD, currency, 15d | BALANCE: opening, first or of a page |\n"
		"| 61 | YYMMDD, [MMDD], mark, [letter], 15d, type, 16x, [//16x], [next line: 34x] | ENTRY |\n"
		"| 86 | 6*65x | `text` of the ENTRY or BALANCE before it |\n| NS | lines of two digits and a text | the same |\n"
		"| 62F, 62M | as 60F | BALANCE: closing, last or of a page |\n| 64, 65 | as 60F | BALANCE: available, and in days to come |\n"
		"| 90C, 90D | 5n, currency, 15d | TOTAL |\n\n"
		"Mark: `C` and `RD` are money in, `D` and `RC` money out, `EC` and `ED` announced. The letter behind it is the currency's third and never a sign.\n\n"
		"| subfield of :86: | becomes |\n| --- | --- |\n| three digits in front | `code` |\n| ?00 | `extra` booking, and first in `text` |\n| ?10 | `extra` journal |\n"
		"| ?20 to ?29, ?60 to ?69 | `description` and `text`; in it EREF+ `end_to_end`, MREF+ `mandate`, SVWZ+ `description`, IBAN+ `party_account`, BIC+ "
		"`party_bank`, OAMT+ `original_amount_minor`, COAM+ `charges_minor`, others `extra` |\n"
		"| ?30, ?31, ?38 | `party_bank`, `party_account` (?38 first) |\n| ?32, ?33 | `party` |\n| ?34 | `extra` key |\n\n"
		"| code in slashes | becomes |\n| --- | --- |\n| EREF, ENDT | `end_to_end` |\n| MARF, MREF | `mandate` |\n| REMI | `description` |\n| NAME | `party` |\n"
		"| IBAN, ACC | `party_account` |\n| BIC | `party_bank` |\n| CNTP | account, bank, name of the other side |\n| RTRN | `reason` |\n"
		"| OCMT | `original_amount_minor`, `original_currency` |\n| CHGS | `charges_minor` |\n"
		"| KREF, PREF, IREF, RREF, CSID, CRED, DEBT, TRTP, TRCD, ISDT, PURP, ULTB, ULTC, ULTD, ORDP, BENM, ADDR, ID, EXCH, OGB and others | `extra` |\n"));
}

TALLY_FORMAT(.name = "mt940", .version = "1.0", .state_size = sizeof(struct mt940), .probe = mt940_probe, .parse = mt940_parse,
	.options = mt940_options, .findings = mt940_findings, .document = mt940_document);
