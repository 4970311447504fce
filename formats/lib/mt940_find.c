/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_find - what can be wrong in an MT940 file, and how it is told
 *
 * The table is what `tallygate explain` prints.  SWIFT = SWIFT Standards MT, Category 9, MT940, MT942 and MT950.  A
 * finding's text never shows an account number.  When the host says stop, nothing more is told.
 */
#include <stdarg.h>
#include <stdio.h>
#include "formats/lib/mt940.h"

#define ROW(id, severity, title, action, source) [id] = { #id, FINDING_ ## severity, title, action, source }
#define ASK "ask the bank for a corrected file"

const struct tally_code mt940_findings[MT940_CODES + 1] = {
	ROW(MT940_EMPTY, ERROR, "the file is empty", ASK, "SWIFT, MT940"),
	ROW(MT940_NO_STATEMENT, ERROR, "there is no field of a statement in the file", ASK ", it may be another format", "SWIFT, MT940"),
	ROW(MT940_ENVELOPE, WARNING, "there are lines between or before the messages that are no known envelope",
		"nothing, when they are a remark of the bank; they are not read", "seen in files"),
	ROW(MT940_MESSAGE_TYPE, ERROR, "the message's header names a type that is no statement",
		"take the message out of the file, or name the right format for it", "SWIFT, block 2"),
	ROW(MT940_TYPE_MIXED, WARNING, "an interim report (MT942) has the balances of a statement (MT940)",
		"ask the bank which of the two it is; its lines are read as provisional", "SWIFT, MT942"),
	ROW(MT940_NO_REFERENCE, WARNING, "a message has no reference (:20:)", "nothing, the lines are read; the beginning may be missing",
		"SWIFT, field 20"),
	ROW(MT940_NO_ACCOUNT, ERROR, "a statement does not say its account (:25:)", ASK ", its lines belong to no account", "SWIFT, field 25"),
	ROW(MT940_NO_NUMBER, WARNING, "a statement has no number (:28C:)", "compare with the statement before it", "SWIFT, field 28C"),
	ROW(MT940_NO_OPENING, ERROR, "a statement has no opening balance (:60F:, :60M:)",
		ASK ", the beginning may be missing and nothing can be proved", "SWIFT, field 60"),
	ROW(MT940_NO_CLOSING, ERROR, "a statement ends without its closing balance (:62F:, :62M:)",
		"the transmission was cut short; fetch the file again or ask the bank to send it again", "SWIFT, field 62"),
	ROW(MT940_NO_END, WARNING, "a message is not ended by -}", "see that the file is whole", "SWIFT, block 4"),
	ROW(MT940_TAG_UNKNOWN, WARNING, "a field's tag is none of a statement's", "look at the line: a known field may be damaged; " ASK, "SWIFT, MT940"),
	ROW(MT940_STRAY_LINE, WARNING, "a line belongs to no field", "look at the line: a field's tag may be damaged; " ASK, "SWIFT, MT940"),
	ROW(MT940_ORDER, ERROR, "a field stands where it may not", "look whether a part is missing before it; " ASK, "SWIFT, MT940"),
	ROW(MT940_FIELD_REPEATED, ERROR, "a field that may stand once stands twice", ASK ", two statements may have been joined", "SWIFT, MT940"),
	ROW(MT940_FIELD_LONG, WARNING, "a field is longer than its format", "nothing, it is read whole unless the text says otherwise", "SWIFT, MT940"),
	ROW(MT940_NUMBER, WARNING, "a statement number is not of the form 12345/12345", "nothing; pages cannot be followed", "SWIFT, field 28C"),
	ROW(MT940_LINE_BROKEN, WARNING, "a field is broken over two lines where it may not be", "nothing, it was put together", "SWIFT, field 61"),
	ROW(MT940_LINE, ERROR, "a statement line (:61:) cannot be read", ASK "; the line has no amount here", "SWIFT, field 61"),
	ROW(MT940_MARK, ERROR, "a debit or credit mark is none of C, D, RC and RD", ASK "; the line has no amount here", "SWIFT, field 61"),
	ROW(MT940_EXPECTED, NOTE, "a line is marked as expected (EC, ED)", "nothing: it is announced, not booked, and is left out of every sum",
		"SWIFT, field 61"),
	ROW(MT940_FUNDS_CODE, WARNING, "the letter behind the mark is not the currency's third", "nothing; the letter is no sign and is not read as one",
		"SWIFT, field 61, subfield 4"),
	ROW(MT940_AMOUNT, ERROR, "an amount cannot be read", ASK, "SWIFT, field 61; ISO 4217"),
	ROW(MT940_AMOUNT_POINT, WARNING, "an amount has a point instead of a comma", "nothing, it is read as the decimal sign", "SWIFT, amounts"),
	ROW(MT940_AMOUNT_COMMA, NOTE, "an amount has no comma", "nothing, it is read as a whole number", "SWIFT, amounts"),
	ROW(MT940_AMOUNT_ZEROS, WARNING, "an amount has more decimals than its currency, all of them zero", "nothing", "ISO 4217"),
	ROW(MT940_TYPE, WARNING, "a transaction type is missing or is not N, F or S and three characters", "nothing, it informs only",
		"SWIFT, field 61, subfield 6"),
	ROW(MT940_DATE, ERROR, "a date is no date of the form YYMMDD", ASK, "SWIFT, dates"),
	ROW(MT940_DATE_CLAMPED, WARNING, "a day does not exist in its month",
		"nothing: banks write 30 February for interest; the month's last day is taken", "seen in files"),
	ROW(MT940_BALANCE, ERROR, "a balance cannot be read", ASK ", nothing can be proved against it", "SWIFT, fields 60, 62, 64, 65"),
	ROW(MT940_BALANCE_DATES, WARNING, "the closing balance is older than the opening balance", "ask the bank", "SWIFT, field 62"),
	ROW(MT940_CURRENCY, ERROR, "the currencies of a statement differ", ASK, "SWIFT, fields 60, 62, 64"),
	ROW(MT940_PROOF, ERROR, "opening balance and lines do not add up to the closing balance",
		"a line is missing, doubled or has a wrong amount; " ASK, "SWIFT, MT940, guidelines"),
	ROW(MT940_OVERFLOW, ERROR, "amounts are too large to be added up", ASK, "limit of this program: 64 bits"),
	ROW(MT940_TOTALS, ERROR, "count or sum of the lines is not what :90D: or :90C: says", "lines are missing or doubled; " ASK, "SWIFT, field 90"),
	ROW(MT940_CHAIN, WARNING, "a statement does not begin where the account's statement before it ended",
		"a statement between the two is missing; ask the bank for it", "SWIFT, MT940, fields 60F and 62F"),
	ROW(MT940_NUMBER_GAP, NOTE, "statement numbers are left out, but the balances agree", "nothing, when the bank numbers by days", "SWIFT, field 28C"),
	ROW(MT940_REVERSED, NOTE, "the account's statements stand in the file with the newest first", "nothing", "seen in files"),
	ROW(MT940_PAGE, ERROR, "a page does not follow the page before it", "a page is missing or doubled; " ASK, "SWIFT, fields 28C, 60M and 62M"),
	ROW(MT940_PAGE_FIRST, WARNING, "a statement begins with an intermediate balance (:60M:) and no page before it",
		"look for the first pages in another file", "SWIFT, field 60M"),
	ROW(MT940_PAGE_LAST, ERROR, "a statement's last page (:62F:) is not in the file", "look for it in another file; " ASK, "SWIFT, field 62M"),
	ROW(MT940_REPEATED, ERROR, "a statement stands twice in the file", "take one of them out: its lines would count twice", "SWIFT, MT940"),
	ROW(MT940_TEXT_LONG, WARNING, "a text is longer than 65,536 bytes and is cut", "read the rest in the file itself", "limit of this program"),
	ROW(MT940_CHARSET, NOTE, "there are characters outside ASCII; they are converted",
		"when letters are wrong in the result, set the channel's option charset", "SWIFT, character set x"),
	ROW(MT940_NUL, ERROR, "there are NUL bytes in the file", "the file is damaged or in another coding; " ASK, "SWIFT, character set x"),
	ROW(MT940_BOM, NOTE, "the file begins with a byte order mark", "nothing", "seen in files"),
	ROW(MT940_CR_ONLY, NOTE, "lines end with a carriage return alone", "nothing", "seen in files"),
	ROW(MT940_AT_SIGNS, NOTE, "lines end with @@ in place of a line end; each counts as a line", "nothing", "DFUe-Abkommen, MT940: @@ stands for CR LF"),
	ROW(MT940_INDENTED, WARNING, "blanks stand before a field's tag", "nothing, when the whole file is so: it is read as a field", "seen in files"),
	ROW(MT940_BLANKS, WARNING, "blanks stand between the parts of a field", "nothing, they are passed over", "SWIFT, fields 60, 61 and 90"),
	ROW(MT940_CASE, WARNING, "small letters stand in a tag or a currency", "nothing, they are read as capitals", "SWIFT, character set x"),
	ROW(MT940_AMOUNT_DIGIT, WARNING, "an amount has no digit before its comma", "nothing, it is read as a part of one", "SWIFT, amounts"),
	ROW(MT940_END_STICKS, WARNING, "the minus that ends a message stands behind its last balance", "nothing, it is no sign: C or D in front of the balance says it",
		"seen in files"),
	ROW(MT940_LINE_LONG, ERROR, "a line is longer than 1 MiB and is skipped", ASK, "limit of this program"),
	ROW(MT940_OPTION, ERROR, "an option of the channel has a value that is not known", "correct the configuration; the strictest value is used",
		"tallygate formats"),
	{ NULL, 0, NULL, NULL, NULL },
};

__attribute__((format(printf, 7, 0)))
static void tell(struct mt940 *m, enum mt940_code code, uint32_t severity, uint64_t line, uint32_t column, const char *name,
	const char *fmt, va_list ap)
{
	char text[300];
	struct finding f = { .size = sizeof(f), .severity = severity, .code = mt940_findings[code].code, .line = line, .column = column };
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (m->stopped || !strict_apply(&m->strict, code, &f.severity))
		return;
	f.field = view_of(name);
	f.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (line != 0 && line == m->line)
		f.excerpt = view_sub(m->raw, 0, FINDING_EXCERPT);
	if (m->host->finding(m->host->ctx, &f) != 0)
		m->stopped = true;
}

void mt940_find(struct mt940 *m, enum mt940_code code, struct view field, const char *name, const char *fmt, ...)
{
	uint32_t column = 0;
	va_list ap;

	if (field.p != NULL && m->raw.p != NULL && field.p >= m->raw.p && field.p <= m->raw.p + m->raw.n)
		column = (uint32_t)(field.p - m->raw.p) + 1;
	va_start(ap, fmt);
	tell(m, code, mt940_findings[code].severity, m->line, column, name, fmt, ap);
	va_end(ap);
}

void mt940_find_at(struct mt940 *m, enum mt940_code code, uint32_t severity, uint64_t line, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(m, code, severity, line, 0, name, fmt, ap);
	va_end(ap);
}

void mt940_emit_sum(struct mt940 *m)
{
	if (m->sum.records > 0 && !m->stopped && m->host->sum(m->host->ctx, &m->sum) != 0)
		m->stopped = true;
	m->sum = (struct tally_sum){ .size = sizeof(m->sum), .kind = RECORD_ENTRY };
}

void mt940_emit(struct mt940 *m, const struct record *r)
{
	mt940_emit_sum(m);
	if (!m->stopped && m->host->record(m->host->ctx, r) != 0)
		m->stopped = true;
}

void mt940_say_charset(struct mt940 *m)
{
	if (!m->said_charset)
		mt940_find_at(m, MT940_CHARSET, FINDING_NOTE, m->line, NULL, "characters outside ASCII are converted from %s",
			m->charset == CHARSET_AUTO ? "UTF-8 where they are well-formed, else from ISO 8859-1" : charset_names[m->charset]);
	m->said_charset = true;
}

struct view mt940_converted(struct mt940 *m, struct view v)
{
	size_t n;

	if (v.n == 0 || charset_ascii(v))
		return v;
	mt940_say_charset(m);
	n = charset_utf8(m->charset, v, m->scratch + m->scratch_n, sizeof(m->scratch) - m->scratch_n);
	v = (struct view){ m->scratch + m->scratch_n, n };
	m->scratch_n += n;
	return v;
}

void mt940_set_text(struct mt940 *m, struct record *r, enum record_field f, struct view v)
{
	record_set_text(r, f, mt940_converted(m, v));
}
