/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_text - what stands in :86: and :NS:, unwrapped before it is looked into
 *
 *   166?00GUTSCHRIFT?20EREF+A-1?21SVWZ+RENT?32MILLER	subfields: the separator is the byte behind the three digits
 *   /EREF/A-1/CNTP/NL..//MILLER//REMI/USTD//RENT/	slashes: only a known code ends a value
 *   anything else					free text
 * Lines are wrapped at 65 bytes in the middle of anything: of a word, a code ("/IS" "DT/"), a subfield ("?2" "0SVWZ+").
 * So subfields and slashes are joined without a gap; free text keeps its line ends but where a line is full.  Nothing is
 * dropped: the text is kept as it came (ADDENDA when TEXT is made of its subfields), and what is known of it goes to
 * fields.  A subfield of 27 bytes is full and goes on in the next one.
 */
#include "formats/lib/mt940.h"
#include "formats/core/money.h"

#define WIDTH 65
#define SUBFIELD 27

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_code(char c)
{
	return (c >= 'A' && c <= 'Z') || is_digit(c);
}

/* Lines */

/*
 * A bank's own separator: a sign that is in no date and no amount, and behind it the number of a first subfield, or any two
 * digits and the same again.
 */
static bool is_own_separator(struct view v)
{
	static const char *const first[] = { "00", "10", "20" };
	unsigned times = 0;

	if (v.n < 3 || *v.p == '\0' || strchr("+>@%$*#=;!\\\"_", *v.p) == NULL || !is_digit(v.p[1]) || !is_digit(v.p[2]))
		return false;
	for (size_t i = 0; i < 3; i++)
		times += memcmp(v.p + 1, first[i], 2) == 0;
	for (size_t i = 0; i + 2 < v.n; i++)
		times += v.p[i] == *v.p && is_digit(v.p[i + 1]) && is_digit(v.p[i + 2]);
	return times > 1;
}

static enum mt940_dialect dialect_of(struct mt940 *m, struct view v)
{
	size_t i = 0;

	while (i < v.n && v.p[i] == ' ')
		i++;
	v = view_sub(v, i, v.n);
	i = v.n >= 3 && is_digit(v.p[0]) && is_digit(v.p[1]) && is_digit(v.p[2]) ? 3 : 0;
	while (i >= 3 && i < 6 && i < v.n && v.p[i] == ' ')
		i++;
	if (i == 3 && is_own_separator(view_sub(v, 3, v.n))) {
		m->separator = v.p[3];
		return DIALECT_SUBFIELDS;
	}
	if (v.n >= i + 2 && v.p[i] != '\0' && strchr("?~^<'|", v.p[i]) != NULL && is_digit(v.p[i + 1]) && (v.n == i + 2 || is_digit(v.p[i + 2]))) {
		m->separator = v.p[i];
		return DIALECT_SUBFIELDS;
	}
	if (v.n >= 4 && v.p[0] == '/' && is_code(v.p[1]) && is_code(v.p[2]))
		return DIALECT_SLASHES;
	return DIALECT_FREE;
}

static void add(struct mt940 *m, struct view v)
{
	if (v.n > MT940_TEXT_MAX - m->text_n) {
		if (!m->said_long)
			mt940_find(m, MT940_TEXT_LONG, v, "Information", "the text is longer than %zu bytes; the rest is left out", MT940_TEXT_MAX);
		m->said_long = true;
		v.n = MT940_TEXT_MAX - m->text_n;
	}
	if (v.n > 0)
		memcpy(m->text + m->text_n, v.p, v.n);
	m->text_n += v.n;
}

/* A new :86: or :NS:; a second one for the same line goes on with the first. */
void mt940_text_begin(struct mt940 *m, struct view first, bool ns)
{
	if (m->text_n == 0)
		m->dialect = ns ? DIALECT_NS : dialect_of(m, first);
	else
		m->glue = false;
	mt940_text_add(m, first);
}

void mt940_text_add(struct mt940 *m, struct view v)
{
	if (m->text_n == 0 && m->dialect == DIALECT_FREE) {
		m->dialect = dialect_of(m, v);		/* the tag may stand in a line of its own */
		m->glue = false;
	}
	if (m->text_n > 0 && !m->glue && (m->dialect == DIALECT_FREE || m->dialect == DIALECT_NS))
		add(m, VIEW("\n"));
	add(m, v);
	/* Of the first line of a text the tag takes a part of the width. */
	m->glue = m->dialect == DIALECT_FREE && v.n > 0 && (v.n >= WIDTH || v.p[v.n - 1] == ' ');
	m->text_high = m->text_high || m->high;
}

/* Parts */

/* A place to build a text in, which lives as long as the record. */
struct part { char *p; size_t n, max; };

static void append(struct part *to, struct view v)
{
	if (v.n > to->max - to->n)
		v.n = to->max - to->n;
	if (v.n > 0)
		memcpy(to->p + to->n, v.p, v.n);
	to->n += v.n;
}

static struct view part_view(const struct part *p)
{
	return (struct view){ p->p, p->n };
}

static void extra(struct mt940 *m, struct view name, struct view value)
{
	struct part to = { m->extra, m->extra_n, sizeof(m->extra) };

	value = view_trim(value);
	if (value.n == 0 || value.n + name.n + 2 > to.max - to.n)
		return;
	if (to.n > 0)
		append(&to, VIEW("\n"));
	append(&to, name);
	append(&to, VIEW("="));
	append(&to, value);
	m->extra_n = to.n;
}

static void set_once(struct record *r, enum record_field f, struct view v)
{
	v = view_trim(v);
	if (!record_has(r, f) && !view_eq(v, VIEW("NOTPROVIDED")) && !view_eq(v, VIEW("NOT PROVIDED")))
		record_set_text(r, f, v);
}

/* "USD2853,12" or "2853,12": into the amount and currency before exchange, or into the charges. */
static void set_amount(struct mt940 *m, struct record *r, bool charges, struct view v)
{
	char currency[4] = "";
	struct money money;
	char text[32];
	size_t n = 0;

	v = view_trim(v);
	if (mt940_currency(view_sub(v, 0, 3), currency))
		v = view_sub(v, 3, v.n);
	else
		memcpy(currency, m->st.currency, sizeof(currency));
	while (n < v.n && n < sizeof(text) && (is_digit(v.p[n]) || v.p[n] == ',')) {
		text[n] = v.p[n] == ',' ? '.' : v.p[n];
		n++;
	}
	if (n > 0 && text[n - 1] == '.')
		n--;
	if (money_parse_decimal(&money, (struct view){ text, n }, currency) != MONEY_OK)
		return;
	if (charges && memcmp(currency, m->st.currency, 3) == 0) {
		record_set_num(r, F_CHARGES, money.minor);
	} else if (!charges) {
		memcpy(m->original, currency, 3);
		record_set_num(r, F_ORIGINAL_AMOUNT, money.minor);
		record_set_text(r, F_ORIGINAL_CURRENCY, (struct view){ m->original, 3 });
	}
}

/* Keys: "EREF+", "MREF+", of some banks "EREF: ": at the beginning of the remittance or behind a blank. */

static const struct { struct view key; enum record_field field; } sepa[] = {
	{ VIEW_INIT("EREF"), F_END_TO_END }, { VIEW_INIT("MREF"), F_MANDATE }, { VIEW_INIT("SVWZ"), F_DESCRIPTION },
	{ VIEW_INIT("KREF"), F_EXTRA }, { VIEW_INIT("CRED"), F_EXTRA }, { VIEW_INIT("DEBT"), F_EXTRA }, { VIEW_INIT("ABWA"), F_EXTRA },
	{ VIEW_INIT("ABWE"), F_EXTRA }, { VIEW_INIT("PURP"), F_EXTRA }, { VIEW_INIT("RREF"), F_EXTRA }, { VIEW_INIT("IBAN"), F_PARTY_ACCOUNT },
	{ VIEW_INIT("BIC"), F_PARTY_BANK }, { VIEW_INIT("OAMT"), F_ORIGINAL_AMOUNT }, { VIEW_INIT("COAM"), F_CHARGES },
	{ VIEW_INIT("ANAM"), F_PARTY },
};
#define SEPA (sizeof(sepa) / sizeof(sepa[0]))

/* The key that ends at the sign at `plus`, or SEPA; *from is where it begins. */
static size_t sepa_key(struct view v, size_t plus, size_t *from)
{
	for (size_t i = 0; i < SEPA; i++) {
		size_t n = sepa[i].key.n;

		if (plus < n || memcmp(v.p + plus - n, sepa[i].key.p, n) != 0)
			continue;
		*from = plus - n;
		if (*from == 0 || !is_code(v.p[*from - 1]))
			return i;
	}
	return SEPA;
}

static void give_sepa(struct mt940 *m, struct record *r, size_t key, struct view value)
{
	switch (sepa[key].field) {
	case F_EXTRA:
		extra(m, sepa[key].key, value);
		break;
	case F_ORIGINAL_AMOUNT:
	case F_CHARGES:
		set_amount(m, r, sepa[key].field == F_CHARGES, value);
		break;
	default:
		set_once(r, sepa[key].field, value);
	}
}

/* The next "+" or ": ", from `at` on; v.n when there is none. */
static size_t next_sign(struct view v, size_t at)
{
	while (at < v.n && v.p[at] != '+' && !(v.p[at] == ':' && at + 1 < v.n && v.p[at + 1] == ' '))
		at++;
	return at;
}

static void read_sepa(struct mt940 *m, struct record *r, struct view v)
{
	size_t key = SEPA, begin = 0, at = 0, from;

	while ((at = next_sign(v, at)) < v.n) {
		size_t next = sepa_key(v, at++, &from);

		if (next == SEPA)
			continue;
		if (key != SEPA)
			give_sepa(m, r, key, view_sub(v, begin, from - begin));
		else if (v.p[at - 1] == ':')
			set_once(r, F_DESCRIPTION, view_sub(v, 0, from));	/* such banks write the text first */
		key = next;
		begin = at;
	}
	if (key != SEPA)
		give_sepa(m, r, key, view_sub(v, begin, v.n));
	else
		set_once(r, F_DESCRIPTION, v);
}

/* Subfields */

/* A full subfield goes on in the next one, unless that begins with a key of its own. */
static bool begins_key(struct view v)
{
	for (size_t i = 0; i < SEPA; i++)
		if (v.n > sepa[i].key.n && v.p[sepa[i].key.n] == '+' && memcmp(v.p, sepa[i].key.p, sepa[i].key.n) == 0)
			return true;
	return false;
}

static void join(struct part *to, struct view v, size_t last)
{
	if (to->n > 0 && last > 0 && (last < SUBFIELD || begins_key(v)) && to->p[to->n - 1] != ' ' && v.n > 0 && *v.p != ' ')
		append(to, VIEW(" "));
	append(to, v);
}

struct subfields {
	struct part remittance, name;
	size_t last_remittance, last_name;	/* how long the subfield before was */
	struct view booking, bank, account, iban;
};

static void give_subfield(struct mt940 *m, struct subfields *s, int number, struct view v)
{
	if ((number >= 20 && number <= 29) || (number >= 60 && number <= 69)) {
		join(&s->remittance, v, s->last_remittance);
		s->last_remittance = v.n;
	} else if (number == 32 || number == 33) {
		join(&s->name, v, s->last_name);
		s->last_name = v.n;
	} else if (number == 0) {
		s->booking = v;
	} else if (number == 30) {
		s->bank = v;
	} else if (number == 31) {
		s->account = v;
	} else if (number == 38) {
		s->iban = v;
	} else {
		const char name[3] = { m->separator, (char)('0' + number / 10), (char)('0' + number % 10) };

		extra(m, number == 10 ? VIEW("journal") : number == 34 ? VIEW("key") : (struct view){ name, 3 }, v);
	}
}

/* The next separator that two digits follow, from `at`; v.n when there is none. */
static size_t next_subfield(struct view v, char separator, size_t at)
{
	while (at < v.n) {
		const char *hit = memchr(v.p + at, separator, v.n - at);

		if (hit == NULL)
			return v.n;
		at = (size_t)(hit - v.p);
		if (at + 2 < v.n && is_digit(v.p[at + 1]) && is_digit(v.p[at + 2]))
			return at;
		at++;
	}
	return v.n;
}

static void read_subfields(struct mt940 *m, struct record *r, struct view v)
{
	struct subfields s = { .remittance = { m->out, 0, sizeof(m->out) / 2 },
		.name = { m->out + sizeof(m->out) / 2, 0, sizeof(m->out) / 2 } };
	struct part clean = { m->clean, 0, sizeof(m->clean) };
	size_t at = next_subfield(v, m->separator, 0);

	record_set_text(r, F_CODE, view_trim(view_sub(v, 0, at)));
	while (at < v.n) {
		size_t next = next_subfield(v, m->separator, at + 3);

		give_subfield(m, &s, (v.p[at + 1] - '0') * 10 + v.p[at + 2] - '0', view_sub(v, at + 3, next - at - 3));
		at = next;
	}
	set_once(r, F_PARTY, part_view(&s.name));
	set_once(r, F_PARTY_BANK, s.bank);
	set_once(r, F_PARTY_ACCOUNT, s.iban.n > 0 ? s.iban : s.account);
	extra(m, VIEW("booking"), s.booking);
	read_sepa(m, r, part_view(&s.remittance));
	append(&clean, view_trim(s.booking));
	for (int i = 0; i < 2; i++) {
		struct view part = view_trim(part_view(i == 0 ? &s.remittance : &s.name));

		if (clean.n > 0 && part.n > 0)
			append(&clean, VIEW(" "));
		append(&clean, part);
	}
	record_set_text(r, F_TEXT, part_view(&clean));
	record_set_text(r, F_ADDENDA, v);
}

/* Slashes */

static const struct { struct view code; enum record_field field; } slashes[] = {
	{ VIEW_INIT("EREF"), F_END_TO_END }, { VIEW_INIT("ENDT"), F_END_TO_END }, { VIEW_INIT("MARF"), F_MANDATE }, { VIEW_INIT("MREF"), F_MANDATE },
	{ VIEW_INIT("REMI"), F_DESCRIPTION }, { VIEW_INIT("NAME"), F_PARTY }, { VIEW_INIT("IBAN"), F_PARTY_ACCOUNT }, { VIEW_INIT("ACC"), F_PARTY_ACCOUNT },
	{ VIEW_INIT("BIC"), F_PARTY_BANK }, { VIEW_INIT("CNTP"), F_PARTY_ACCOUNT }, { VIEW_INIT("RTRN"), F_REASON },
	{ VIEW_INIT("OCMT"), F_ORIGINAL_AMOUNT }, { VIEW_INIT("CHGS"), F_CHARGES },
	{ VIEW_INIT("KREF"), F_EXTRA }, { VIEW_INIT("PREF"), F_EXTRA }, { VIEW_INIT("IREF"), F_EXTRA }, { VIEW_INIT("RREF"), F_EXTRA },
	{ VIEW_INIT("CSID"), F_EXTRA }, { VIEW_INIT("CRED"), F_EXTRA }, { VIEW_INIT("DEBT"), F_EXTRA }, { VIEW_INIT("TRTP"), F_EXTRA },
	{ VIEW_INIT("TRCD"), F_EXTRA }, { VIEW_INIT("ISDT"), F_EXTRA }, { VIEW_INIT("PURP"), F_EXTRA }, { VIEW_INIT("ULTB"), F_EXTRA },
	{ VIEW_INIT("ULTC"), F_EXTRA }, { VIEW_INIT("ULTD"), F_EXTRA }, { VIEW_INIT("ORDP"), F_EXTRA }, { VIEW_INIT("BENM"), F_EXTRA },
	{ VIEW_INIT("ADDR"), F_EXTRA }, { VIEW_INIT("ID"), F_EXTRA }, { VIEW_INIT("EXCH"), F_EXTRA }, { VIEW_INIT("OGB"), F_EXTRA },
	{ VIEW_INIT("SVCL"), F_EXTRA }, { VIEW_INIT("PINF"), F_EXTRA }, { VIEW_INIT("INIT"), F_EXTRA }, { VIEW_INIT("BUSP"), F_EXTRA },
	{ VIEW_INIT("IACC"), F_EXTRA }, { VIEW_INIT("PT"), F_EXTRA }, { VIEW_INIT("PY"), F_DESCRIPTION }, { VIEW_INIT("SUM"), F_EXTRA }, { VIEW_INIT("INFO"), F_EXTRA },
};
#define SLASHES (sizeof(slashes) / sizeof(slashes[0]))

/* "/CODE/" at `at`: which one, or SLASHES. */
static size_t slash_code(struct view v, size_t at)
{
	size_t n = 0;

	while (n < 5 && at + 1 + n < v.n && is_code(v.p[at + 1 + n]))
		n++;
	if (n < 2 || n > 4 || at + 1 + n >= v.n || v.p[at + 1 + n] != '/')
		return SLASHES;
	for (size_t i = 0; i < SLASHES; i++)
		if (view_eq(slashes[i].code, view_sub(v, at + 1, n)))
			return i;
	return SLASHES;
}

static struct view without_slashes(struct view v)
{
	v = view_trim(v);
	while (v.n > 0 && *v.p == '/')
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && v.p[v.n - 1] == '/')
		v.n--;
	return view_trim(v);
}

/* CNTP: account/bank/name/city */
static void give_counterparty(struct record *r, struct view v)
{
	static const enum record_field fields[] = { F_PARTY_ACCOUNT, F_PARTY_BANK, F_PARTY };
	struct view piece;

	for (size_t i = 0; i < 3 && view_cut(&v, '/', &piece); i++)
		set_once(r, fields[i], piece);
}

static void give_slash(struct mt940 *m, struct record *r, size_t code, struct view v)
{
	struct view plain = without_slashes(v);

	if (view_eq(slashes[code].code, VIEW("CNTP"))) {
		give_counterparty(r, v);
		return;
	}
	switch (slashes[code].field) {
	case F_EXTRA:
		extra(m, slashes[code].code, plain);
		break;
	case F_ORIGINAL_AMOUNT:
	case F_CHARGES:
		set_amount(m, r, slashes[code].field == F_CHARGES, plain);
		break;
	case F_DESCRIPTION:
		if (view_starts(plain, VIEW("USTD//")) || view_starts(plain, VIEW("STRD/")))
			plain = without_slashes(view_sub(plain, 4, plain.n));
		set_once(r, F_DESCRIPTION, plain);
		break;
	default:
		set_once(r, slashes[code].field, plain);
	}
}

static void read_slashes(struct mt940 *m, struct record *r, struct view v)
{
	size_t code = SLASHES, begin = 0, at = 0;
	const char *slash;

	while (at < v.n && (slash = memchr(v.p + at, '/', v.n - at)) != NULL) {
		size_t next;

		at = (size_t)(slash - v.p);
		next = slash_code(v, at);
		if (next == SLASHES) {
			at++;
			continue;
		}
		if (code != SLASHES)
			give_slash(m, r, code, view_sub(v, begin, at - begin));
		code = next;
		at = begin = at + slashes[code].code.n + 2;
	}
	if (code != SLASHES)
		give_slash(m, r, code, view_sub(v, begin, v.n));
}

/* :NS: lines of two digits and a text */

static void read_ns(struct mt940 *m, struct record *r, struct view v)
{
	struct part name = { m->out, 0, sizeof(m->out) / 2 }, text = { m->out + sizeof(m->out) / 2, 0, sizeof(m->out) / 2 };
	struct view line;

	while (view_cut(&v, '\n', &line)) {
		int number = line.n > 2 && is_digit(line.p[0]) && is_digit(line.p[1]) ? (line.p[0] - '0') * 10 + line.p[1] - '0' : -1;
		struct view value = view_sub(line, 2, line.n);

		if (number >= 1 && number <= 14)
			join(&text, value, text.n > 0);
		else if (number == 15 || number == 16)
			join(&name, value, name.n > 0);
		else if (number == 33)
			set_once(r, F_PARTY_BANK, value);
		else if (number == 34)
			set_once(r, F_PARTY_ACCOUNT, value);
		else if (number == 17)
			extra(m, VIEW("booking"), value);
		else if (number == 18)
			extra(m, VIEW("journal"), value);
	}
	set_once(r, F_PARTY, part_view(&name));
	read_sepa(m, r, part_view(&text));
}

void mt940_text_finish(struct mt940 *m, struct record *r)
{
	struct view text = { m->text, m->text_n };

	if (m->text_high)
		text = mt940_converted(m, text);
	m->extra_n = 0;
	if (m->note_n > 0) {
		struct view note = mt940_converted(m, (struct view){ m->note, m->note_n });

		record_set_text(r, F_NOTE, note);
		if (view_starts(note, VIEW("//")) && !record_has(r, F_BANK_REF)) {
			struct view ref = view_sub(note, 2, note.n), line = { NULL, 0 };

			view_cut(&ref, '\n', &line);
			set_once(r, F_BANK_REF, line);
		}
		read_slashes(m, r, note);
	}
	record_set_text(r, F_TEXT, text);
	if (m->dialect == DIALECT_SUBFIELDS)
		read_subfields(m, r, text);
	else if (m->dialect == DIALECT_SLASHES)
		read_slashes(m, r, text);
	else if (m->dialect == DIALECT_NS)
		read_ns(m, r, text);
	record_set_text(r, F_EXTRA, (struct view){ m->extra, m->extra_n });
}
