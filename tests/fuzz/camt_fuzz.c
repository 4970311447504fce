/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_fuzz - the camt reader under a fuzzer; see parse_fuzz.h
 *
 * The mutator doubles, drops and moves whole elements, puts in elements and values of the versions and of the banks, and
 * then writes closing balances and summaries that agree with the booked entries, so that batches, pages, chains and proofs are
 * reached; now and then the whole becomes UTF-16.
 */
#include "tests/fuzz/mutate.h"

#ifndef FUZZ_REPLAY
#define MOST ((size_t)64 << 10)

/* Amounts that agree */

struct edit { size_t from, n; char text[40]; };

struct sums {
	int64_t opening, net;
	int64_t minor;				/* of the element that is open */
	bool credit, booked, has_opening;
	size_t amount, amount_n, sign;		/* where they stand */
	struct edit edits[64];
	size_t n_edits, closing, closing_n, closing_sign;
};

/* The text of the element whose tag ends at `at`. */
static struct view text_at(const char *p, size_t n, size_t at)
{
	const char *end = memchr(p + at, '<', n - at);

	return (struct view){ p + at, end == NULL ? 0 : (size_t)(end - p) - at };
}

static int64_t minor_of(struct view v)
{
	int64_t n = 0;
	size_t decimals = 0;
	bool point = false;

	for (size_t i = 0; i < v.n && i < 14; i++) {
		if (v.p[i] == '.') {
			point = true;
		} else if (v.p[i] >= '0' && v.p[i] <= '9' && decimals < 2) {
			n = n * 10 + (v.p[i] - '0');
			decimals += point;
		}
	}
	for (; decimals < 2; decimals++)
		n *= 10;
	return n;
}

static void edit(struct sums *s, size_t from, size_t n, const char *text)
{
	struct edit *e = &s->edits[s->n_edits];

	if (s->n_edits == sizeof(s->edits) / sizeof(s->edits[0]) || from == 0 || (s->n_edits > 0 && from < e[-1].from + e[-1].n))
		return;
	e->from = from;
	e->n = n;
	snprintf(e->text, sizeof(e->text), "%s", text);
	s->n_edits++;
}

static void end_balance(struct sums *s, struct view type)
{
	if (view_eq(type, VIEW("OPBD")) || (view_eq(type, VIEW("PRCD")) && !s->has_opening) || (view_eq(type, VIEW("ITBD")) && !s->has_opening)) {
		s->has_opening = true;
		s->opening = s->credit ? s->minor : -s->minor;
	} else if (view_eq(type, VIEW("CLBD")) || view_eq(type, VIEW("ITBD"))) {
		s->closing = s->amount;
		s->closing_n = s->amount_n;
		s->closing_sign = s->sign;
	}
}

static void end_statement(struct sums *s)
{
	int64_t closing = s->opening + s->net, n = closing < 0 ? -closing : closing;
	char text[40];
	size_t at = s->closing, sign = s->closing_sign, len = s->closing_n;

	snprintf(text, sizeof(text), "%lld.%02lld", (long long)(n / 100), (long long)(n % 100));
	if (at != 0 && sign > at) {
		edit(s, at, len, text);
		edit(s, sign, 4, closing < 0 ? "DBIT" : "CRDT");
	}
	s->opening = s->net = 0;
	s->closing = 0;
	s->has_opening = false;
}

/* One pass over the tags: what is below a Ntry's details is not looked at. */
static void scan(const char *p, size_t n, struct sums *s)
{
	struct view type = { NULL, 0 };
	bool details = false, entry = false;

	for (size_t at = 0; at < n;) {
		const char *open = memchr(p + at, '<', n - at), *close = open == NULL ? NULL : memchr(open, '>', n - (size_t)(open - p));
		struct view tag;

		if (close == NULL)
			return;
		tag = (struct view){ open + 1, (size_t)(close - open) - 1 };
		at = (size_t)(close - p) + 1;
		details = view_starts(tag, VIEW("NtryDtls")) || (details && !view_eq(tag, VIEW("/NtryDtls")));
		if (details)
			continue;
		if (view_eq(tag, VIEW("Bal")) || view_eq(tag, VIEW("Ntry"))) {
			s->amount = s->sign = 0;
			s->minor = 0;
			s->booked = s->credit = true;
			entry = *tag.p == 'N';
		} else if (view_starts(tag, VIEW("Amt")) && s->amount == 0) {
			s->amount = at;
			s->amount_n = text_at(p, n, at).n;
			s->minor = minor_of(text_at(p, n, at));
		} else if (view_eq(tag, VIEW("CdtDbtInd")) && s->sign == 0) {
			s->sign = at;
			s->credit = view_eq(text_at(p, n, at), VIEW("CRDT"));
		} else if (view_eq(tag, VIEW("Cd")) && !entry) {
			type = text_at(p, n, at);
		} else if (entry && (view_eq(text_at(p, n, at), VIEW("PDNG")) || view_eq(text_at(p, n, at), VIEW("INFO")))) {
			s->booked = false;
		} else if (view_eq(tag, VIEW("/Bal"))) {
			end_balance(s, type);
		} else if (view_eq(tag, VIEW("/Ntry"))) {
			s->net += !s->booked ? 0 : s->credit ? s->minor : -s->minor;
			entry = false;
		} else if (view_eq(tag, VIEW("/Stmt")) || view_eq(tag, VIEW("/Rpt"))) {
			end_statement(s);
		}
	}
}

static size_t repair(char *p, size_t n, size_t max)
{
	struct sums s = { 0 };

	scan(p, n, &s);
	while (s.n_edits-- > 0)
		n = replace(p, n, max, s.edits[s.n_edits].from, s.edits[s.n_edits].n, view_of(s.edits[s.n_edits].text));
	return n;
}

/* Elements and words */

#define BAL(type) "<Bal><Tp><CdOrPrtry><Cd>" type "</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-05</Dt></Dt></Bal>"
#define NTRY(rest) "<Ntry><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>" rest "</Ntry>"
#define TX(rest) "<TxDtls>" rest "</TxDtls>"

static const struct view pieces[] = {
	VIEW_INIT(BAL("OPBD")), VIEW_INIT(BAL("PRCD")), VIEW_INIT(BAL("CLBD")), VIEW_INIT(BAL("ITBD")), VIEW_INIT(BAL("CLAV")), VIEW_INIT(BAL("OWN")),
	VIEW_INIT(NTRY("<Sts>BOOK</Sts>")), VIEW_INIT(NTRY("<Sts><Cd>PDNG</Cd></Sts>")), VIEW_INIT(NTRY("<Sts><Prtry>x</Prtry></Sts>")), VIEW_INIT(NTRY("<RvslInd>true</RvslInd><Sts>info</Sts>")),
	VIEW_INIT(NTRY("<Sts>BOOK</Sts><NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>" TX("<Amt Ccy=\"EUR\">0.50</Amt>") TX("<Amt Ccy=\"USD\">2</Amt><CdtDbtInd>CRDT</CdtDbtInd>") "</NtryDtls><AddtlNtryInf>A</AddtlNtryInf>")),
	VIEW_INIT("<NtryDtls>"), VIEW_INIT("</NtryDtls>"), VIEW_INIT(TX("<Refs><EndToEndId>E</EndToEndId><Prtry><Ref>P</Ref></Prtry></Refs>")), VIEW_INIT("<RvslInd>true</RvslInd>"),
	VIEW_INIT("<Amt Ccy=\"JPY\">5</Amt>"), VIEW_INIT("<Amt>5</Amt>"), VIEW_INIT("<CdtDbtInd>CRDT</CdtDbtInd>"), VIEW_INIT("<BookgDt><DtTm>2026-01-05T00:00:00Z</DtTm></BookgDt>"),
	VIEW_INIT("<TxsSummry><TtlNtries><NbOfNtries>1</NbOfNtries><Sum>1</Sum><TtlNetNtry><Amt>1</Amt><CdtDbtInd>DBIT</CdtDbtInd></TtlNetNtry></TtlNtries></TxsSummry>"),
	VIEW_INIT("<AmtDtls><InstdAmt><Amt Ccy=\"USD\">1</Amt></InstdAmt><TxAmt><Amt Ccy=\"EUR\">1</Amt></TxAmt><CntrValAmt><Amt Ccy=\"CHF\">1</Amt></CntrValAmt></AmtDtls>"),
	VIEW_INIT("<Chrgs><TtlChrgsAndTaxAmt Ccy=\"EUR\">0.1</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy=\"EUR\">0.1</Amt></Rcrd></Chrgs>"), VIEW_INIT("<SplmtryData><Envlp><Ntry/></Envlp></SplmtryData>"),
	VIEW_INIT("<RltdPties><Dbtr><Pty><Nm>D</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE1</IBAN></Id></DbtrAcct><Cdtr><Nm>C</Nm></Cdtr></RltdPties>"),
	VIEW_INIT("<RmtInf><Ustrd>A</Ustrd><Ustrd>B</Ustrd><Strd><CdtrRefInf><Ref>R</Ref></CdtrRefInf></Strd></RmtInf>"), VIEW_INIT("<StmtPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"),
	VIEW_INIT("</Stmt><Stmt><Id>T</Id>"), VIEW_INIT("<CpyDplctInd>DUPL</CpyDplctInd>"), VIEW_INIT("<![CDATA[<Ntry>]]>"), VIEW_INIT("<!-- - -->"), VIEW_INIT("<?x y?>"),
	VIEW_INIT("<!DOCTYPE a>"), VIEW_INIT("&amp;"), VIEW_INIT("&#252;"), VIEW_INIT("&"), VIEW_INIT("&e;"), VIEW_INIT("\xc3\xbc"), VIEW_INIT("\xfc"), VIEW_INIT("<a:Ntry/>"),
	VIEW_INIT("camt.052.001.02"), VIEW_INIT("camt.054.001.13"), VIEW_INIT("ISO-8859-1"), VIEW_INIT("windows-1251"), VIEW_INIT("UTF-16"), VIEW_INIT("9999999999999999.99"), VIEW_INIT("PDNG"),
};
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static const struct view names[] = {
	VIEW_INIT("Ntry"), VIEW_INIT("Bal"), VIEW_INIT("TxDtls"), VIEW_INIT("Stmt"), VIEW_INIT("NtryDtls"), VIEW_INIT("Sts"), VIEW_INIT("Acct"), VIEW_INIT("Amt"), VIEW_INIT("TxsSummry"),
	VIEW_INIT("Refs"), VIEW_INIT("RltdPties"), VIEW_INIT("CdtDbtInd"),
};

/* An element of one of the names, its first end tag with it; false: there is none. */
static bool some_element(const char *p, size_t n, size_t *from, size_t *to)
{
	struct view name = names[draw(sizeof(names) / sizeof(names[0]))];
	char open[24], close[24];

	snprintf(open, sizeof(open), "<%.*s", VIEW_FMT(name));
	snprintf(close, sizeof(close), "</%.*s>", VIEW_FMT(name));
	*from = find_some(p, n, view_of(open), draw(5));
	*to = *from + find_some(p + *from, n - *from, view_of(close), 0);
	if (*from == n || *to == n)
		return false;
	*to += name.n + 3;
	return true;
}

/* Behind some tag: where an element may stand. */
static size_t some_gap(const char *p, size_t n)
{
	size_t at = draw((unsigned)n);
	const char *hit = memchr(p + at, '>', n - at);

	return hit == NULL ? n : (size_t)(hit - p) + 1;
}

static size_t to_utf16(char *p, size_t n, size_t max)
{
	bool big = draw(2) != 0;

	if (n * 2 + 2 > max)
		return n;
	for (size_t i = n; i-- > 0;) {
		char c = p[i];

		p[2 + 2 * i + big] = c;
		p[2 + 2 * i + !big] = '\0';
	}
	p[big] = '\xff';
	p[!big] = '\xfe';
	return n * 2 + 2;
}

static size_t change_elements(char *p, size_t n, size_t max)
{
	size_t at = draw((unsigned)n), from, to;

	switch (draw(10)) {
	case 0:
	case 1:
		return some_element(p, n, &from, &to) ? copy_piece(p, n, max, from, to, draw(2) != 0 ? to : some_gap(p, n)) : n;
	case 2:
		return some_element(p, n, &from, &to) ? drop_piece(p, n, from, to) : n;
	case 3:
	case 4:
	case 5:
		return insert(p, n, max, some_gap(p, n), pieces[draw(PIECES)]);
	case 6:
		return some_element(p, n, &from, &to) ? replace(p, n, max, from, to - from, pieces[draw(PIECES)]) : n;
	case 7:
		return insert(p, n, max, at, pieces[draw(PIECES)]);
	default:
		p[at] = "0123456789.,-+CDRBt/<>&;\" \n"[draw(27)];
		return n;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	char *p = (char *)data + 1;
	size_t n = size - 1;

	mutate_state = seed;
	if (size < 40 || draw(10) == 0 || p[0] == '\xff' || p[0] == '\xfe')
		return LLVMFuzzerMutate(data, size, max);
	for (unsigned k = 1 + draw(3); k > 0 && n > 1; k--)
		n = change_elements(p, n, max - 1);
	if (n > 0 && draw(4) != 0)
		n = repair(p, n, max - 1);
	if (draw(24) == 0)
		n = to_utf16(p, n, max - 1);
	return 1 + n;
}
#endif
