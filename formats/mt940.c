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
#include "formats/lib/mt940.h"

/* Lines */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_complete(const struct mt940_statement *st)
{
	return !st->open || st->ended || st->closing.there || st->interim;
}

/* Could this be the field, where its tag is not written as it should be?  A text that goes on is never taken for one. */
static bool is_plausible(const struct mt940 *m, enum mt940_tag tag, struct view rest)
{
	const struct mt940_statement *st = &m->st;
	size_t blanks = 0;

	while (blanks < rest.n && rest.p[blanks] == ' ')
		blanks++;
	rest = view_sub(rest, blanks, rest.n);
	switch (tag) {
	case TAG_NONE:
	case TAG_UNKNOWN:
	case TAG_NS:
	case TAG_TYPE:
		return false;
	case TAG_61:
		return rest.n > 6 && is_digit(*rest.p) && is_digit(rest.p[5]);
	case TAG_60F:
	case TAG_60M:
	case TAG_62F:
	case TAG_62M:
	case TAG_64:
	case TAG_65:
		return rest.n > 6 && (*rest.p == 'C' || *rest.p == 'D') && (is_digit(rest.p[1]) || rest.p[1] == ' ');
	case TAG_86:
		return m->wait != WAIT_NOTHING;
	case TAG_90C:
	case TAG_90D:
		return rest.n > 4 && is_digit(*rest.p);
	default:
		return is_complete(st) || (!st->opening.there && !st->has_lines);
	}
}

/* A tag that is indented, or has a small letter; `v` begins with it then. */
static enum mt940_tag odd_tag(struct mt940 *m, struct view *v, size_t *n)
{
	struct view u = *v;
	enum mt940_tag tag;
	bool small;

	while (u.n > 0 && (*u.p == ' ' || *u.p == '\t'))
		u = view_sub(u, 1, u.n);
	tag = mt940_tag_of(u, n);
	small = tag == TAG_NONE && (tag = mt940_small_tag(u)) != TAG_NONE;
	if (tag == TAG_NONE && view_starts(u, VIEW(":13:")) && u.n >= 14 && is_digit(u.p[4]) && is_digit(u.p[13])) {
		tag = TAG_13D;		/* of an older MT942 */
		*n = 4;
	}
	if (!is_plausible(m, tag, view_sub(u, *n, u.n)))
		return TAG_NONE;
	if (u.p != v->p && !m->said_indented)
		mt940_find(m, MT940_INDENTED, *v, NULL, "blanks stand before the field's tag; lines like it are not told");
	if (small && !m->said_case)
		mt940_find(m, MT940_CASE, *v, NULL, "the tag has a small letter; it is read as a capital, others like it are not told");
	m->said_indented = m->said_indented || u.p != v->p;
	m->said_case = m->said_case || small;
	*v = u;
	return tag;
}

/* ":" alone, and the tag in the next line. */
static enum mt940_tag cut_tag(struct mt940 *m, struct view v, size_t *n)
{
	enum mt940_tag tag;
	char with[6] = ":";

	memcpy(with + 1, v.p, v.n < 5 ? v.n : 5);
	tag = mt940_tag_of((struct view){ with, v.n < 5 ? v.n + 1 : 6 }, n);
	*n -= tag != TAG_NONE;
	if (tag != TAG_NONE)
		mt940_find(m, MT940_LINE_BROKEN, v, NULL, "the field's tag is broken over two lines");
	return tag;
}

/* "... 12:11" and ":20:15" in the next line: the text goes on with the rest of a time, the message is not complete. */
static bool goes_on_with_time(const struct mt940 *m, enum mt940_tag tag, struct view rest)
{
	return m->open == OPEN_86 && (tag == TAG_20 || tag == TAG_21 || tag == TAG_25 || tag == TAG_28) && !is_complete(&m->st) &&
		m->text_n > 0 && is_digit(m->text[m->text_n - 1]) && rest.n >= 2 && is_digit(rest.p[0]) && is_digit(rest.p[1]) &&
		(rest.n == 2 || rest.p[2] == ' ' || rest.p[2] == '?' || rest.p[2] == ',' || rest.p[2] == '.');
}

/* "-" ends a message; where lines have begun and no closing balance is there yet it is a slip of the bank's program. */
static void on_minus(struct mt940 *m, struct view v)
{
	const struct mt940_statement *st = &m->st;

	if (!st->open || st->ended || !st->opening.there || st->closing.there || st->interim) {
		mt940_message_end(m);
		return;
	}
	mt940_flush(m);
	m->open = OPEN_NONE;
	mt940_find(m, MT940_STRAY_LINE, v, NULL, "a minus that ends a message stands inside the statement; it is passed over");
}

/* A line that begins no field. */
static void on_other(struct mt940 *m, struct view v)
{
	struct view bare = view_trim(v);

	if (mt940_is_end(v) || (mt940_is_end(bare) && m->said_indented)) {
		mt940_on_end(m, v);
		return;
	}
	if (view_eq(bare, VIEW("-")) && (m->open != OPEN_86 || m->st.closing.there || m->st.interim)) {
		on_minus(m, v);
		return;
	}
	if (mt940_is_header(v) || mt940_is_national_header(v)) {
		mt940_flush(m);
		m->open = OPEN_NONE;
		m->between = true;
	}
	if (m->between)
		mt940_on_outside(m, v);
	else if (m->open == OPEN_NONE && mt940_tag_shaped(v))
		mt940_on_tag(m, TAG_UNKNOWN, view_sub(v, 4, v.n));
	else
		mt940_on_continuation(m, v);
}

/* "...-}" behind the last field of a block, and what follows it; NULL when the line has none. */
static const char *end_inside(const struct mt940 *m, struct view v)
{
	return m->st.block && !m->st.ended && v.n > 2 && v.p[v.n - 1] == '}' && *v.p != '-' && *v.p != '{' ? memmem(v.p, v.n, "-}", 2) : NULL;
}

static void on_line(struct mt940 *m, struct view v)
{
	enum mt940_tag tag;
	const char *end;
	size_t n;

	m->any = true;
	tag = mt940_tag_of(v, &n);
	if (m->foreign && !mt940_is_header(v) && !mt940_is_end(v))
		return;
	if ((end = end_inside(m, v)) != NULL) {
		on_line(m, view_sub(v, 0, (size_t)(end - v.p)));
		mt940_on_end(m, view_sub(v, (size_t)(end - v.p), v.n));
		return;
	}
	if (m->colon && tag == TAG_NONE && v.n > 3)
		tag = cut_tag(m, v, &n);
	else if (tag == TAG_NONE && (*v.p == ' ' || *v.p == '\t' || *v.p == ':'))
		tag = odd_tag(m, &v, &n);
	m->colon = v.n == 1 && *v.p == ':';
	if (m->colon)
		return;
	if (tag != TAG_NONE && !goes_on_with_time(m, tag, view_sub(v, n, v.n)))
		mt940_on_tag(m, tag, view_sub(v, n, v.n));
	else
		on_other(m, v);
}

static void on_odd(struct mt940 *m, struct view v)
{
	if (memchr(v.p, '\0', v.n) != NULL && !m->said_nul) {
		m->said_nul = true;
		mt940_find(m, MT940_NUL, v, NULL, "the file holds NUL bytes, the first one in this line");
	}
	v = mt940_without_marks(v);
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
	if (m->high && (m->between || m->st.closing.there) && view_starts(v, VIEW("\xef\xbb\xbf")))
		v = view_sub(v, 3, v.n);		/* files were joined */
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

/*
 * Where the line ends in a file whose lines end with "@@", with or without a line end behind it; *mark is that end's length.
 * Of three at signs the first one is text.
 */
static const char *at_signs_end(struct view w, bool last, size_t *mark)
{
	const char *stop = w.p + w.n, *nl = memchr(w.p, '\n', w.n), *hit = memmem(w.p, nl == NULL ? w.n : (size_t)(nl - w.p), "@@", 2), *p;

	*mark = 1;
	if (hit == NULL)
		return nl != NULL ? nl : last ? stop : NULL;
	while (hit + 2 < stop && hit[2] == '@')
		hit++;
	p = hit + 2;
	p += p < stop && *p == '\r';
	p += p < stop && *p == '\n';
	*mark = (size_t)(p - hit);
	return p < stop || last ? hit : NULL;
}

/* "@@:" and a tag near the beginning: this file has them at the end of its lines. */
static bool has_at_signs(struct view head)
{
	const char *hit;
	size_t n;

	while ((hit = memmem(head.p, head.n, "@@:", 3)) != NULL) {
		enum mt940_tag tag;

		head = view_sub(head, (size_t)(hit - head.p) + 2, head.n);
		tag = mt940_tag_of(head, &n);
		if (tag != TAG_NONE && tag != TAG_UNKNOWN)
			return true;
	}
	return false;
}

/* A line beyond the limit, whole or up to where the window ends. */
static void pass_over(struct mt940 *m)
{
	m->line++;
	m->raw = (struct view){ NULL, 0 };
	m->any = true;
	mt940_flush(m);
	m->open = OPEN_SKIP;
	mt940_find_at(m, MT940_LINE_LONG, FINDING_ERROR, m->line, NULL, "the line is longer than 1 MiB; it is not read");
}

static size_t read_lines(struct mt940 *m, struct view w, bool last)
{
	while (w.n > 0 && !m->stopped) {
		size_t mark = 1;
		const char *end = m->at_signs ? at_signs_end(w, last, &mark) : line_end(w, last);
		struct view line;
		bool cr;

		if (end == NULL)
			break;
		cr = end < w.p + w.n && *end == '\r';
		line = view_sub(w, 0, (size_t)(end - w.p));
		w = view_sub(w, line.n + mark, w.n);
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
	mt940_message_finish(m);
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
	{ "charset", "auto|utf-8|iso-8859-1|iso-8859-2|iso-8859-15|cp1250|cp1252|cp850|cp852|iso-8859-5|iso-8859-7|iso-8859-9|iso-8859-13|cp1251|cp1253|cp1254|cp1257|koi8-r", "auto",
		"characters outside ASCII; auto: UTF-8 where well-formed, else ISO 8859-1" },
	STRICT_OPTION("MT940", STRICT_OF_STATEMENTS),
	{ NULL, NULL, NULL, NULL },
};

/* Without these nothing was read, or a line not to its end. */
static const uint64_t must_be_errors = STRICT(MT940_EMPTY) | STRICT(MT940_NO_STATEMENT) | STRICT(MT940_OVERFLOW) | STRICT(MT940_LINE_LONG) |
	STRICT(MT940_OPTION);
/* Something is not read, or its meaning is doubtful. */
static const uint64_t must_be_told = STRICT(MT940_ENVELOPE) | STRICT(MT940_MESSAGE_TYPE) | STRICT(MT940_NO_ACCOUNT) | STRICT(MT940_NO_OPENING) |
	STRICT(MT940_NO_CLOSING) | STRICT(MT940_TAG_UNKNOWN) | STRICT(MT940_STRAY_LINE) | STRICT(MT940_ORDER) | STRICT(MT940_FIELD_REPEATED) |
	STRICT(MT940_FIELD_LONG) | STRICT(MT940_LINE_BROKEN) | STRICT(MT940_LINE) | STRICT(MT940_MARK) | STRICT(MT940_AMOUNT) | STRICT(MT940_DATE) |
	STRICT(MT940_BALANCE) | STRICT(MT940_CURRENCY) | STRICT(MT940_REPEATED) | STRICT(MT940_TEXT_LONG) | STRICT(MT940_NUL);
_Static_assert(MT940_CODES <= 64, "strict.h has a bit a code");

static void read_options(struct mt940 *m)
{
	static const char *const policies[] = { "reject", "warn", "ignore", NULL };
	const char *code;

	strict_init(&m->strict, m->host, mt940_findings, must_be_told, must_be_errors);
	for (unsigned at = 0; (code = strict_unknown(&m->strict, &at)) != NULL;)
		mt940_find_at(m, MT940_OPTION, FINDING_ERROR, 0, NULL, "option %s is none of error, warning, note, off", code);

	m->proof = (enum mt940_policy)choose(m, "proof", policies, POLICY_REJECT);
	m->chain = (enum mt940_policy)choose(m, "chain", policies, POLICY_WARN);
	m->pages = (enum mt940_policy)choose(m, "pages", policies, POLICY_REJECT);
	m->charset = (enum charset)choose(m, "charset", charset_names, CHARSET_AUTO);
}

/* The module */

#define HEAD ((size_t)1024)		/* shows how lines end */

static struct view begin(struct mt940 *m, struct view w)
{
	if (view_starts(w, VIEW("\xef\xbb\xbf"))) {
		w = view_sub(w, 3, w.n);
		mt940_find_at(m, MT940_BOM, FINDING_NOTE, 1, NULL, "the file begins with a byte order mark; it is skipped");
	}
	m->at_signs = has_at_signs(view_sub(w, 0, HEAD));
	if (m->at_signs)
		mt940_find_at(m, MT940_AT_SIGNS, FINDING_NOTE, 1, NULL, "the file's lines end with @@; each counts as a line");
	return w;
}

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
		if (!begun && w.n < HEAD + 3 && got > 0) {
			keep_n = w.n;
			continue;
		}
		if (!begun)
			w = begin(m, w);
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
	bool at_signs = has_at_signs(view_sub(head, 0, HEAD));
	struct view line, rest = head;
	size_t n;

	while (rest.n > 0) {
		size_t mark = 1;
		const char *end = at_signs ? at_signs_end(rest, true, &mark) : line_end(rest, true);

		line = view_sub(rest, 0, (size_t)(end - rest.p));
		rest = view_sub(rest, line.n + mark, rest.n);
		while (line.n > 0 && *line.p == ' ')
			line = view_sub(line, 1, line.n);
		if (view_starts(line, VIEW("\xef\xbb\xbf")))
			line = view_sub(line, 3, line.n);
		line = mt940_without_marks(line);
		if (mt940_is_header(line)) {
			struct view two = mt940_block(line, "{2:"), four = mt940_block(line, "{4:");

			if (two.n >= 4 && (*two.p == 'I' || *two.p == 'O') && two.p[1] == '9' && (two.p[2] == '4' || two.p[2] == '5') &&
			    (two.p[2] == '4' ? two.p[3] <= '2' && two.p[3] >= '0' : two.p[3] == '0'))
				return 100;
			if (four.n > 0 && *four.p == ':')
				line = four;
		}
		switch (mt940_tag_of(line, &n)) {
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
		"Lines end with a line feed, a carriage return, both, or `@@`.  A line is a field when it begins with one of these tags; indented ones and small letters are told.\n\n"
		"Mark: `C` and `RD` are money in, `D` and `RC` money out, `EC` and `ED` announced. The letter behind it is the currency's third and never a sign.\n\n"
		"| subfield of :86: | becomes |\n| --- | --- |\n| three digits in front | `code` |\n| ?00 | `extra` booking, and first in `text` |\n| ?10 | `extra` journal |\n"
		"| ?20 to ?29, ?60 to ?69 | `description` and `text`; in it EREF+ (of some banks `EREF: `) `end_to_end`, MREF+ `mandate`, SVWZ+ `description`, IBAN+ `party_account`, BIC+ "
		"`party_bank`, OAMT+ `original_amount_minor`, COAM+ `charges_minor`, others `extra` |\n"
		"| ?30, ?31, ?38 | `party_bank`, `party_account` (?38 first) |\n| ?32, ?33 | `party` |\n| ?34 | `extra` key |\n\n"
		"| code in slashes | becomes |\n| --- | --- |\n| EREF, ENDT | `end_to_end` |\n| MARF, MREF | `mandate` |\n| REMI, PY | `description` |\n| NAME | `party` |\n"
		"| IBAN, ACC | `party_account` |\n| BIC | `party_bank` |\n| CNTP | account, bank, name of the other side |\n| RTRN | `reason` |\n"
		"| OCMT | `original_amount_minor`, `original_currency` |\n| CHGS | `charges_minor` |\n"
		"| KREF, PREF, IREF, RREF, CSID, CRED, DEBT, TRTP, TRCD, ISDT, PURP, ULTB, ULTC, ULTD, ORDP, BENM, ADDR, ID, EXCH, OGB and others | `extra` |\n"));
}

TALLY_FORMAT(.name = "mt940", .version = "1.0", .state_size = sizeof(struct mt940), .probe = mt940_probe, .parse = mt940_parse,
	.options = mt940_options, .findings = mt940_findings, .document = mt940_document);
