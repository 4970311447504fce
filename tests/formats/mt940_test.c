/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_test - the MT940 module against the rules: signs, funds codes, amounts, dates, texts, pages, proof, damage
 *
 * The corpus (TALLY_SHARED) is compared statement by statement with expected.tsv: account, number, balances, lines, net,
 * reversals, proof.  Where an expected value contradicts the standard, `argued` says why.
 */
#include "tests/lib/corpus.h"

static const struct tally_format *mt940;

#define HEAD ":20:A\n:25:123\n:28C:1/1\n:60F:C260105EUR100,00\n"
#define TAIL ":62F:C260105EUR100,00\n-\n"

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

static void run(struct mhost *h, const char *text)
{
	mhost_parse(h, mt940, view_of(text));
}

/* one :61: (and what follows it) of a statement in EUR: what it must give */
static const struct { const char *what, *line, *want; } lines[] = {
	{ "C is money in", ":61:2601050105C1,50NTRFA//B", "amount_minor=150 value_date=2026-01-05 booking_date=2026-01-05 type=NTRF bank_ref=B customer_ref=A" },
	{ "D is money out", ":61:2601050105D1,50NTRFA", "amount_minor=-150 " },
	{ "RC is a credit taken back", ":61:2601050105RC1,50NTRFA", "amount_minor=-150 " },
	{ "RD is a debit given back", ":61:2601050105RD1,50NTRFA", "amount_minor=150 " },
	{ "RC says that it is a reversal", ":61:2601050105RC1,50NTRFA", "reversal=1" },
	{ "the R of DR is a funds code, not a reversal", ":61:2601050105DR119,35NTRFA", "amount_minor=-11935 value_date=2026-01-05 booking_date=2026-01-05 type=NTRF customer_ref=A\n" },
	{ "the R of CR is a funds code", ":61:2601050105CR119,35NTRFA", "amount_minor=11935 " },
	{ "RDR is a debit given back and a funds code", ":61:2601050105RDR1027,25NTRFA", "amount_minor=102725 " },
	{ "RCR is a credit taken back and a funds code", ":61:2601050105RCR204,88NTRFA", "amount_minor=-20488 " },
	{ "DD is a debit and a funds code", ":61:2601050105DD20000,NTRFA", "amount_minor=-2000000 " },
	{ "CD is a credit and a funds code", ":61:2601050105CD0,07NTRFA", "amount_minor=7 " },
	{ "a funds code of another currency is told", ":61:2601050105DD1,NTRFA", "warning MT940_FUNDS_CODE 5:15" },
	{ "EC is announced: not booked", ":61:2601050105EC1,NTRFA", "status=FUTR provisional=1" },
	{ "EC is told", ":61:2601050105EC1,NTRFA", "note MT940_EXPECTED 5:15" },
	{ "a small d is told, not guessed", ":61:2601050105d1,01NTRFA", "error MT940_MARK 5:15" },
	{ "a small d gives no amount", ":61:2601050105d1,01NTRFA", "ENTRY 5 account=123 currency=EUR value_date=2026-01-05 booking_date=2026-01-05\n" },
	{ "without a comma it is a whole number", ":61:2601050105C500NTRFA", "amount_minor=50000 " },
	{ "a comma without digits is a whole number", ":61:2601050105C500,NTRFA", "amount_minor=50000 " },
	{ "one decimal is ten minor units", ":61:2601050105C0,9NTRFA", "amount_minor=90 " },
	{ "leading zeros are no more than zeros", ":61:2601050105C000000000127,50NTRFA", "amount_minor=12750 " },
	{ "a point is read and told", ":61:2601050105C52.58NTRFA", "warning MT940_AMOUNT_POINT 5:16" },
	{ "a third decimal of EUR is an error", ":61:2601050105C1,005NTRFA", "error MT940_AMOUNT 5:16" },
	{ "a third decimal that is zero is told", ":61:2601050105C1,500NTRFA", "warning MT940_AMOUNT_ZEROS" },
	{ "grouping is not guessed", ":61:2601050105C1.234,56NTRFA", "error MT940_AMOUNT" },
	{ "an amount of twenty digits is an error", ":61:2601050105C99999999999999999999,NTRFA", "error MT940_AMOUNT" },
	{ "the largest amount is read", ":61:2601050105C92233720368547758,07NTRFA", "amount_minor=9223372036854775807 " },
	{ "no entry date", ":61:260105C1,NTRFA", "amount_minor=100 value_date=2026-01-05 type=NTRF" },
	{ "four blanks are no entry date", ":61:260105    C1,NTRFA", "amount_minor=100 value_date=2026-01-05 type=NTRF" },
	{ "an entry date in the next year", ":61:2512310101C1,NTRFA", "value_date=2025-12-31 booking_date=2026-01-01" },
	{ "an entry date in the year before", ":61:2601011231C1,NTRFA", "value_date=2026-01-01 booking_date=2025-12-31" },
	{ "30 February is the month's last day", ":61:2602300301C1,NTRFA", "value_date=2026-02-28 booking_date=2026-03-01" },
	{ "a month 13 costs the date, not the amount", ":61:261305C1,NTRFA", "ENTRY 5 account=123 currency=EUR amount_minor=100 type=NTRF" },
	{ "a year above 79 is of the last century", ":61:991231C1,NTRFA", "value_date=1999-12-31" },
	{ "a blank before the type", ":61:260105C1,00 NTRFNONREF", "type=NTRF" },
	{ "NONREF is no reference", ":61:260105C1,00NTRFNONREF//X", "type=NTRF bank_ref=X\n" },
	{ "a type that is missing is told", ":61:260105CR22,00//19239782213", "warning MT940_TYPE" },
	{ "and its bank reference is read", ":61:260105CR22,00//19239782213", "bank_ref=19239782213" },
	{ "a reference with blanks and slashes", ":61:260105C1,NTRF29-07-2014 10:05 A/B//B4G", "bank_ref=B4G customer_ref=29-07-2014\\x2010:05\\x20A/B" },
	{ "a numeric type", ":61:260105C1,N102REF", "type=N102 customer_ref=REF" },
	{ "a check's number", ":61:260105D1,NCHK16703074", "customer_ref=16703074 check_number=16703074" },
	{ "supplementary details", ":61:260105D1,NTRFA\n/OCMT/USD2853,12//CHGS/EUR3,00/", "note=/OCMT/USD2853,12//CHGS/EUR3,00/" },
	{ "amount before exchange", ":61:260105D1,NTRFA\n/OCMT/USD2853,12/", "original_amount_minor=285312 original_currency=USD" },
	{ "charges", ":61:260105D1,NTRFA\n/CHGS/EUR3,00/", "charges_minor=300" },
	{ "a line broken before its amount is put together", ":61:2601050105CR\n30,00N062NONREF", "amount_minor=3000 value_date=2026-01-05 booking_date=2026-01-05 type=N062" },
	{ "a line that ends before its amount is an error", ":61:2601050105CR", "error MT940_LINE 5:0" },
	{ "and its statement goes on", ":61:2601050105CR\n:61:2601050105C1,NTRFX", "ENTRY 6 account=123 currency=EUR amount_minor=100 " },
	{ "no text is no text", ":61:260105C1,NTRFA", "customer_ref=A\n" },
	{ "free text keeps its lines", ":61:260105C1,NTRFA\n:86:ONE\nTWO", "text=ONE\\x0aTWO" },
	{ "a full line of free text is wrapped in the middle of a word",
		":61:260105C1,NTRFA\n:86:12345678901234567890123456789012345678901234567890123456789012345\n67890", "901234567890\n" },
	{ "two texts of one line are joined in order", ":61:260105C1,NTRFA\n:86:ONE\n:86:TWO", "text=ONE\\x0aTWO" },
	{ "a subfield's mark may be cut by the wrap", ":61:260105C1,NTRFA\n:86:166?00GUT?20EREF+A-1?2\n1SVWZ+RENT", "end_to_end=A-1" },
	{ "a continuation may begin with a colon", ":61:260105C1,NTRFA\n:86:166?20A?21\n:KO:NR:401", "text=A\\x20:KO:NR:401" },
	{ "a wrapped time is no tag", ":61:260105C1,NTRFA\n:86:106?20T13\n:12:11?21X", "text=T13:12:11\\x20X" },
	{ "subfields: the text reads on over a full one", ":61:260105C1,NTRFA\n:86:166?20SVWZ+123456789012345678901?2122", "text=SVWZ+123456789012345678901\\x2022" },
	{ "subfields: 27 bytes are full", ":61:260105C1,NTRFA\n:86:166?20SVWZ+1234567890123456789012?21345", "description=1234567890123456789012345" },
	{ "subfields: the text as it came is kept", ":61:260105C1,NTRFA\n:86:166?20A?21B", "addenda=166?20A?21B" },
	{ "subfields: booking text and code", ":61:260105C1,NTRFA\n:86:166?00GUTSCHRIFT?20A", "code=166 extra=booking=GUTSCHRIFT" },
	{ "subfields: the other side", ":61:260105C1,NTRFA\n:86:166?20A?30COBADEFF?31DE1250010517?32ACME?33 GMBH", "party=ACME\\x20GMBH " },
	{ "subfields: its account and bank", ":61:260105C1,NTRFA\n:86:166?20A?30COBADEFF?31DE1250010517?32ACME", "party_account=DE1250010517 party_bank=COBADEFF" },
	{ "a key in the next subfield ends a full one", ":61:260105C1,NTRFA\n:86:202?20EREF+202507184MJGLAV8781176?21SVWZ+WIRE", "end_to_end=202507184MJGLAV8781176 " },
	{ "subfields with another separator", ":61:260105C1,NTRFA\n:86:020~00WYP~20EREF+X1~32ACME", "party=ACME text=WYP\\x20EREF+X1\\x20ACME" },
	{ "a key in the middle of a subfield", ":61:260105C1,NTRFA\n:86:109?20EREF+A1 KREF+K1 MR\nEF+M1 SVWZ+X Y", "mandate=M1" },
	{ "a plus sign in a text is no key", ":61:260105C1,NTRFA\n:86:166?20SVWZ+1+1=2 XEREF+3", "description=1+1=2\\x20XEREF+3" },
	{ "a question mark in a text is no subfield", ":61:260105C1,NTRFA\n:86:166?20WHO ?KNOWS", "text=WHO\\x20?KNOWS" },
	{ "slashes: end-to-end id", ":61:260105C1,NTRFA\n:86:/EREF/195937094/BENM//NAME/J BOLT/REMI/Factuur 20\n14-002/IS\nDT/2014-03-03", "end_to_end=195937094" },
	{ "slashes: a code cut by the wrap", ":61:260105C1,NTRFA\n:86:/REMI/Factuur/IS\nDT/2014-03-03", "description=Factuur " },
	{ "slashes: the other side", ":61:260105C1,NTRFA\n:86:/CNTP/NL37DEUT0123456789/DEUTNL2A/POWER BV/AMSTERDAM//REMI/USTD//INV 1/",
		"party=POWER\\x20" "BV " },
	{ "slashes: remittance without its kind", ":61:260105C1,NTRFA\n:86:/REMI/USTD//INV 1/", "description=INV\\x201" },
	{ "slashes: a slash in a value ends nothing", ":61:260105C1,NTRFA\n:86:/EREF/A/B/XXXX/C/REMI/X", "end_to_end=A/B/XXXX/C" },
	{ "slashes: NOTPROVIDED is none", ":61:260105C1,NTRFA\n:86:/EREF/NOTPROV\nIDED/REMI/X", "description=X\n" },
	{ "NS lines", ":61:260105C1,NTRFA\n:NS:01RENT\n02FLAT 7\n15MILLER\n16SONS\n33500\n341234", "party=MILLER\\x20SONS " },
	{ "a minus in a text does not end it", ":61:260105C1,NTRFA\n:86:A\n- B", "text=A\\x0a-\\x20" "B" },
	{ "no digit before the comma is read and told", ":61:2601050105C,5NTRFA", "warning MT940_AMOUNT_DIGIT 5:16" },
	{ "and it is a part of one", ":61:2601050105C,5NTRFA", "amount_minor=50 " },
	{ "a comma alone is no amount", ":61:2601050105C,NTRFA", "error MT940_AMOUNT 5:16" },
	{ "blanks between the parts are passed over and told", ":61: 260105 0105 C 1,50 NTRFA", "warning MT940_BLANKS 5:5" },
	{ "and nothing else is other", ":61: 260105 0105 C 1,50 NTRFA", "amount_minor=150 value_date=2026-01-05 booking_date=2026-01-05 type=NTRF customer_ref=A" },
	{ "two blanks are no entry date", ":61:260105  D1,50NTRFA", "amount_minor=-150 value_date=2026-01-05 type=NTRF" },
	{ "a blank inside an amount is not guessed", ":61:2601050105C1 234,50NTRFA", "error MT940_AMOUNT 5:16" },
	{ "nor a minus behind it", ":61:2601050105C234,50-NTRFA", "error MT940_AMOUNT 5:16" },
	{ "a slash in place of the type is none of it", ":61:2601050105C4,50/REF", "amount_minor=450 " },
	{ "nor another sign", ":61:2601050105C1'234,50NTRFA", "error MT940_AMOUNT 5:16" },
	{ "an amount broken over two lines is put together", ":61:2601050105C12\n3,50NTRFA", "amount_minor=12350 " },
	{ "also behind its comma", ":61:2601050105C12,\n50NTRFA", "amount_minor=1250 " },
	{ "a line that ends with its amount is whole", ":61:2601050105C12\nSIX\n", "amount_minor=1200 value_date=2026-01-05 booking_date=2026-01-05 note=SIX\n" },
	{ "also as the last one", ":61:2601050105C12", "warning MT940_TYPE 5:0" },
	{ "an entry date of zeros is none", ":61:2601050000C1,50NTRFA", "warning MT940_DATE 5:0" },
	{ "an entry date half a year away is the nearer one", ":61:2607310101C1,NTRFA", "value_date=2026-07-31 booking_date=2027-01-01" },
	{ "a field that is indented is a field, and told", "  :61:2601050105C1,50NTRFA", "warning MT940_INDENTED 5:1" },
	{ "and its amount counts", "  :61:2601050105C1,50NTRFA", "ENTRY 5 account=123 currency=EUR amount_minor=150 " },
	{ "an indented text is its line's", ":61:260105C1,NTRFA\n :86:RENT", "text=RENT\n" },
	{ "in a text an indented time is no field", ":61:260105C1,NTRFA\n:86:A\n :20:15 B", "text=A\\x0a\\x20:20:15\\x20" "B" },
	{ "a wrapped time with a field's number is no tag", ":61:260105C1,NTRFA\n:86:POS 12:11\n:20:15 UHR\nX", "text=POS\\x2012:11\\x0a:20:15\\x20UHR\\x0aX" },
	{ "and another message does begin", ":61:260105C1,NTRFA\n:86:POS\n:20:15 UHR", "error MT940_NO_CLOSING" },
	{ "a bank reference in the next line", ":61:260105C1,NTRFA\n//B4G", "bank_ref=B4G " },
	{ "a text that begins in the next line", ":61:260105C1,NTRFA\n:86:\n166?00GUT?20EREF+A-1", "end_to_end=A-1" },
	{ "a blank behind the code of a text with subfields", ":61:260105C1,NTRFA\n:86:166 ?00GUT?20EREF+A-1", "end_to_end=A-1" },
	{ "subfields with a separator of the bank's own", ":61:260105C1,NTRFA\n:86:020+00WYP+20RENT+32ACME", "party=ACME text=WYP\\x20RENT\\x20" "ACME" },
	{ "also one whose second subfield stands in the next line", ":61:260105C1,NTRFA\n:86:000>100000000000\n>20RENT FOR MA>21Y>310390123456", "party_account=0390123456 " },
	{ "a date in front of a text is no code", ":61:260105C1,NTRFA\n:86:105-01-2026 A-12 B", "text=105-01-2026\\x20" "A-12\\x20" "B\n" },
	{ "keys with a colon", ":61:260105C1,NTRFA\n:86:166?00GUT?20INVOICE 7 EREF: A-1 MREF: M?211 IBAN: DE12", "description=INVOICE\\x207 " },
	{ "keys with a colon go to fields", ":61:260105C1,NTRFA\n:86:166?00GUT?20INVOICE 7 EREF: A-1 MREF: M?211 IBAN: DE12", "end_to_end=A-1" },
	{ "slashes: a payment's text at Citi", ":61:260105C1,NTRFA\n:86:/PT/FT/PY/INV 1", "description=INV\\x201" },
	{ "a tag of no statement is told", ":61:260105C1,NTRFA\n:65F:Dnullnull7414,3", "warning MT940_TAG_UNKNOWN" },
	{ "bytes that are not UTF-8 are taken as ISO 8859-1", ":61:260105C1,NTRFA\n:86:K\xf6ln", "text=K\\xc3\\xb6ln" },
	{ "UTF-8 stays as it is", ":61:260105C1,NTRFA\n:86:K\xc3\xb6ln", "text=K\\xc3\\xb6ln" },
	{ "UTF-8 may be cut by the wrap", ":61:260105C1,NTRFA\n:86:166?20K\xc3\n\xb6ln", "text=K\\xc3\\xb6ln" },
};

static void test_lines(void)
{
	struct mhost h = { 0 };
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_clear(&b);
		buf_fmt(&b, "%s%s\n%s", HEAD, lines[i].line, TAIL);
		run(&h, buf_cstr(&b));
		if (!ok(has(&h, lines[i].want), "%s", lines[i].what))
			printf("# want %s\n# records %s# findings %s", lines[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
	}
	buf_release(&b);
	mhost_release(&h);
}

#define S1 HEAD ":61:260105C1,NTRFA\n:62F:C260105EUR101,00\n-\n"

/* a whole file: what must stand in it; "" = no finding at all */
static const struct { const char *what, *text, *want; } files[] = {
	{ "a plain statement has no finding", S1, "" },
	{ "a statement without lines is good", HEAD ":62F:C260105EUR100,00\n-\n", "" },
	{ "nothing need stand between statements", ":20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n:20:B\n:25:2\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,", "" },
	{ "what does not add up is told with its difference", HEAD ":61:260105C1,NTRFA\n:62F:C260105EUR101,50\n-\n",
		"error MT940_PROOF 6:0 Closing\x20" "Balance: opening balance and lines do not add up to the closing balance: the lines make 1.00, the difference is 0.50 EUR" },
	{ "without a closing balance the file was cut", HEAD ":61:260105C1,NTRFA\n", "error MT940_NO_CLOSING 1:0" },
	{ "without an opening balance nothing is proved", ":20:A\n:25:1\n:28C:1\n:61:260105C1,NTRFA\n:62F:C260105EUR1,\n", "error MT940_NO_OPENING" },
	{ "without an account its lines belong to nobody", ":20:A\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n", "error MT940_NO_ACCOUNT" },
	{ "without a reference it is told", ":25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n", "warning MT940_NO_REFERENCE" },
	{ "without a number it is told", ":20:A\n:25:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n", "warning MT940_NO_NUMBER" },
	{ "currencies that differ are an error", HEAD ":62F:C260105USD100,\n-\n", "error MT940_CURRENCY 5:6" },
	{ "the account's glued currency counts too", ":20:A\n:25:1291.99.348EUR\n:28C:1\n:60F:C260105USD1,\n:62F:C260105USD1,\n", "error MT940_CURRENCY 4:6" },
	{ "a balance that cannot be read is told", HEAD ":62F:X260105EUR100,\n-\n", "error MT940_BALANCE 5:6" },
	{ "two pages follow", ":20:A\n:25:1\n:28C:1/1\n:60F:C260105EUR1,\n:62M:C260105EUR1,\n-\n:20:A\n:25:1\n:28C:1/2\n:60M:C260105EUR1,\n:62F:C260105EUR1,\n-\n", "" },
	{ "a page is missing", ":20:A\n:25:1\n:28C:1/1\n:60F:C260105EUR1,\n:62M:C260105EUR1,\n-\n:20:A\n:25:1\n:28C:1/3\n:60M:C260105EUR1,\n:62F:C260105EUR1,\n-\n",
		"error MT940_PAGE 10:0" },
	{ "a page with another balance", ":20:A\n:25:1\n:28C:1/1\n:60F:C260105EUR1,\n:62M:C260105EUR1,\n-\n:20:A\n:25:1\n:28C:1/2\n:60M:C260105EUR2,\n:62F:C260105EUR2,\n-\n",
		"error MT940_PAGE 10:0" },
	{ "the last page is missing", ":20:A\n:25:1\n:28C:1/1\n:60F:C260105EUR1,\n:62M:C260105EUR1,\n-\n", "error MT940_PAGE_LAST" },
	{ "the first page is missing", ":20:A\n:25:1\n:28C:1/2\n:60M:C260105EUR1,\n:62F:C260105EUR1,\n-\n", "warning MT940_PAGE_FIRST" },
	{ "a repeated statement is an error", S1 S1, "error MT940_REPEATED 8:0" },
	{ "a statement between two is missing", S1 ":20:A\n:25:123\n:28C:3/1\n:60F:C260107EUR90,00\n:62F:C260107EUR90,00\n-\n", "warning MT940_CHAIN 11:0" },
	{ "statements of two accounts do not follow each other", S1 ":20:A\n:25:124\n:28C:1/1\n:60F:C260107EUR90,00\n:62F:C260107EUR90,00\n-\n", "" },
	{ "the next statement follows", S1 ":20:A\n:25:123\n:28C:2/1\n:60F:C260105EUR101,00\n:62F:C260107EUR101,00\n-\n", "" },
	{ "a field of the head inside a statement is told", HEAD ":61:260105C1,NTRFA\n:25:166?20X\n:62F:C260105EUR101,00\n-\n", "error MT940_ORDER 6:1" },
	{ "a line behind the closing balance is told", HEAD ":62F:C260105EUR100,00\n-\n:61:260105C1,NTRFA\n", "error MT940_ORDER 7:1" },
	{ "and is not lost: the statement is off", HEAD ":62F:C260105EUR100,00\n-\n:61:260105C1,NTRFA\n", "error MT940_PROOF" },
	{ "an interim report has no balances", "{1:F01AAAABBCCAXXX0000000000}{2:I942BBBBCCDDXXXXN}{4:\n:20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:13D:2601051300+0100\n"
		":61:260105C1,NTRFA\n:90D:0EUR0,\n:90C:1EUR1,\n-}\n", "" },
	{ "its lines are provisional", ":20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:13D:2601051300+0100\n:61:260105C1,NTRFA\n", "provisional=1" },
	{ "its sums are compared", ":20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:61:260105C1,NTRFA\n:90D:0EUR0,\n:90C:1EUR1,01\n", "error MT940_TOTALS 7:0" },
	{ "its counts are compared", ":20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:61:260105C1,NTRFA\n:90D:0EUR0,\n:90C:2EUR1,\n", "error MT940_TOTALS 7:0" },
	{ "a reversal counts by its direction", ":20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:61:260105RC1,NTRFA\n:90D:1EUR1,\n:90C:0EUR0,\n", "" },
	{ "or by its letter", ":20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:61:260105RC1,NTRFA\n:90D:0EUR0,\n:90C:1EUR1,\n", "" },
	{ "a yen has no decimals", ":20:A\n:25:1\n:28C:1\n:60F:C260105JPY100,\n:61:260105CY5,NTRFA\n:62F:C260105JPY105,\n", "" },
	{ "a yen's decimals are an error", ":20:A\n:25:1\n:28C:1\n:60F:C260105JPY100,\n:61:260105CY5,50NTRFA\n:62F:C260105JPY105,\n", "error MT940_AMOUNT 5:13" },
	{ "a dinar has three", ":20:A\n:25:1\n:28C:1\n:60F:C260105KWD1,005\n:61:260105DD0,005NTRFA\n:62F:C260105KWD1,\n", "" },
	{ "blocks, and marks of the transport", "\x01{1:F01AAAABBCCAXXX0000000000}{2:I940BBBBCCDDXXXXN}{3:{108:X}}{4:\r\n:20:A\r\n:25:1\r\n:28C:1/1\r\n:60F:C260105EUR1,\r\n"
		":62F:C260105EUR1,\r\n-}{5:{MAC:1}}\x03", "" },
	{ "the first field may stand on the block's line", "{1:F01AAAABBCCAXXX0000000000}{2:I940BBBBCCDDXXXXN}{4::20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n-}", "" },
	{ "blocks on lines of their own", "{1:F01INGBNL2ABXXX0000000000}\n{2:I940INGBNL2AXXXN}\n{4:\n:20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n-}", "" },
	{ "a block that is not ended is told", "{1:F01INGBNL2ABXXX0000000000}{2:I940INGBNL2AXXXN}{4:\n:20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n", "warning MT940_NO_END" },
	{ "the sender stands in the block", "{1:F01BANKDEFFAXXX0000000000}{2:I940FIRMUS33AXXXN}{4:\n" S1, "FILE 2 type=940 sender=BANKDEFFAXXX receiver=FIRMUS33AXXX" },
	{ "of a message that was delivered it stands in the second", "{1:F01FIRMUS33AXXX0000000000}{2:O9401200260105BANKDEFFAXXX00000000002601051200N}{4:\n" S1,
		"FILE 2 type=940 sender=BANKDEFFAXXX receiver=FIRMUS33AXXX" },
	{ "another message is not read", "{1:F01AAAABBCCAXXX0000000000}{2:I103BBBBCCDDXXXXN}{4:\n:20:P\n:32A:260105EUR1,\n-}\n", "error MT940_MESSAGE_TYPE" },
	{ "braces of the Swedish set", "\xe4" "1:F01\xe5\xe4" "4:\n" S1, "" },
	{ "ING's envelope", "0000 01INGBNL2AXXXX00001\n0000 01INGBNL2AXXXX00001\n940 00\n" S1 "-XXX\n", "" },
	{ "Rabobank's envelope", ":940:\n" S1, "" },
	{ "control-Z before the next message", S1 "\x1a:20:A\n:25:123\n:28C:2/1\n:60F:C260105EUR101,00\n:62F:C260107EUR101,00\n", "" },
	{ "a byte order mark", "\xef\xbb\xbf" S1, "note MT940_BOM" },
	{ "prose before the first message", "This is an example\n\n--------\n" S1, "warning MT940_ENVELOPE 1:1" },
	{ "prose alone", "Dear Sir,\n", "error MT940_NO_STATEMENT" },
	{ "an empty file", "", "error MT940_EMPTY" },
	{ "carriage returns alone", ":20:A\r:25:1\r:28C:1\r:60F:C260105EUR1,\r:62F:C260105EUR1,\r", "note MT940_CR_ONLY" },
	{ "mixed line ends", ":20:A\r\n:25:1\n:28C:1\r:60F:C260105EUR1,\r\r\n:62F:C260105EUR1,", "note MT940_CR_ONLY 3:0" },
	{ "a text of the statement stands with its balance", HEAD ":62F:C260105EUR100,00\n:64:C260105EUR100,00\n:86:SUM 3\nEND\n-\n", "type=64 text=SUM\\x203\\x0a" "END" },
	{ "a text behind the opening balance too", HEAD ":86:IBAN DK50\n:62F:C260105EUR100,00\n-\n", "type=60F text=IBAN\\x20" "DK50" },
	{ "several statements under one head", HEAD ":62F:C260105EUR100,00\n:60F:C260105EUR100,00\n:61:260106C1,NTRFA\n:62F:C260106EUR101,00\n-\n", "STATEMENT 6 account=123 currency=EUR statement=1/1" },
	{ "@@ ends a line where a file says so", "@@:20:A@@:25:123@@:28C:1/1@@:60F:C260105EUR1,@@:61:260105C1,NTRFA@@:86:ONE@@TWO@@:62F:C260105EUR2,@@-@@", "text=ONE\\x0aTWO" },
	{ "and it is told", "@@:20:A@@:25:123@@:28C:1/1@@:60F:C260105EUR1,@@:62F:C260105EUR1,@@-@@", "note MT940_AT_SIGNS 1:0" },
	{ "@@ and line ends together end one line", "@@:20:A@@\r\n:25:123@@\r\n:28C:1/1@@\r\n:60F:C260105EUR1,@@\r\n:62F:X260105EUR1,@@\r\n-@@\r\n", "error MT940_BALANCE 6:6" },
	{ "three at signs: the first is text", ":20:A@@:25:123@@:28C:1/1@@:60F:C260105EUR1,@@:61:260105C1,NTRFA@@:86:ME@@@:62F:C260105EUR2,", "text=ME@\n" },
	{ "elsewhere @@ is text", HEAD ":61:260105C1,NTRFA\n:86:A@@B\n:62F:C260105EUR101,00\n-\n", "text=A@@B" },
	{ "a file that is indented as a whole", "  :20:A\n  :25:123\n  :28C:1/1\n  :60F:C260105EUR1,\n  :61:260105C1,NTRFA\n  :86:X\n  :62F:C260105EUR2,\n  -\n", "warning MT940_INDENTED 1:1" },
	{ "is read as any other", "  :20:A\n  :25:123\n  :28C:1/1\n  :60F:C260105EUR1,\n  :61:260105C1,NTRFA\n  :86:X\n  :62F:C260105EUR2,\n  -\n", "amount_minor=200 type=62F as_of_date=2026-01-05" },
	{ "a tag's letter may be small, and is told", ":20:A\n:25:123\n:28c:1/1\n:60f:C260105EUR1,\n:62f:C260105EUR1,\n-\n", "warning MT940_CASE 3:1" },
	{ "and the balance is read", ":20:A\n:25:123\n:28c:1/1\n:60f:C260105EUR1,\n:62f:C260105EUR1,\n-\n", "amount_minor=100 type=62F as_of_date=2026-01-05" },
	{ "a currency in small letters is read and told", ":20:A\n:25:123\n:28C:1\n:60F:C260105eur1,\n:62F:C260105EUR1,\n-\n", "warning MT940_CASE 4:13" },
	{ "a balance's mark in small letters is not guessed", HEAD ":62F:c260105EUR100,\n-\n", "error MT940_BALANCE 5:6" },
	{ "blanks inside a balance are told", HEAD ":62F: C 260105 EUR 100,00\n-\n", "warning MT940_BLANKS 5:6" },
	{ "and it is read", HEAD ":62F: C 260105 EUR 100,00\n-\n", "amount_minor=10000 type=62F as_of_date=2026-01-05" },
	{ "a line of blanks is none", HEAD ":62F:C260105EUR100,00\n  \n-\n", "" },
	{ "a closing balance without its currency is not read", HEAD ":62F:C260105100,00\n-\n", "error MT940_BALANCE 5:13" },
	{ "a minus behind the last balance ends the message, and is told", HEAD ":62F:C260105EUR100,00-\n:20:B\n:25:2\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n-\n", "warning MT940_END_STICKS 5:22" },
	{ "and is no sign", HEAD ":62F:C260105EUR100,00-\n", "amount_minor=10000 type=62F" },
	{ "behind an opening balance it is an error", ":20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,00-\n:62F:C260105EUR1,\n-\n", "error MT940_AMOUNT 4:16" },
	{ "a minus alone in the midst of a statement is passed over, and told", HEAD "-\n:61:260105C1,NTRFA\n:62F:C260105EUR101,00\n-\n", "warning MT940_STRAY_LINE 5:1" },
	{ "and the statement goes on", HEAD "-\n:61:260105C1,NTRFA\n:62F:C260105EUR101,00\n-\n", "ENTRY 6 account=123 currency=EUR amount_minor=100 " },
	{ "MultiCash's header", "GIBACZPX 0800\n940 N2\n1234567\n" S1, "FILE 4 type=940" },
	{ "is no finding", "GIBACZPX 0800\n940 N2\n1234567\n" S1, "" },
	{ "a number with a year is no page", ":20:A\n:25:1\n:28C:036/2009/BPL\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n-\n", "statement=036/2009/BPL reference=A\n" },
	{ "floor limits of two currencies are an error", ":20:A\n:25:1\n:28C:1/1\n:34F:EURD0,\n:34F:USDC0,\n:13D:2601051300+0100\n:61:260105C1,NTRFA\n", "error MT940_CURRENCY 5:6" },
	{ "and the first one is taken", ":20:A\n:25:1\n:28C:1/1\n:34F:EURD0,\n:34F:USDC0,\n:13D:2601051300+0100\n:61:260105C1,NTRFA\n", "ENTRY 7 account=1 currency=EUR" },
	{ "a sum in another currency than the report is an error", ":20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:61:260105C1,NTRFA\n:90D:0EUR0,\n:90C:1USD1,\n", "error MT940_CURRENCY 7:6" },
	{ "a floor limit in small letters", ":20:A\n:25:1\n:28C:1/1\n:34F:eur0,\n:61:260105C1,NTRFA\n", "warning MT940_CASE 4:6" },
	{ "MT942's old :13:", ":20:A\n:25:1\n:28C:1/1\n:34F:EUR0,\n:13:2601051300\n:61:260105C1,NTRFA\n", "created_time=1300 statement=1/1 as_of_date=2026-01-05" },
	{ "the end may stand behind the last field", "{1:F01AAAABBCCAXXX0000000000}{2:I940BBBBCCDDXXXXN}{4:\n:20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,-}\n", "" },
	{ "the next message may begin on the line that ends one", "{1:F01AAAABBCCAXXX0000000000}{2:I940BBBBCCDDXXXXN}{4:\n:20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n-}{5:{MAC:1}}"
		"{1:F01AAAABBCCAXXX0000000000}{2:I103BBBBCCDDXXXXN}{4:\n:20:P\n:32A:260105EUR1,\n-}\n", "error MT940_MESSAGE_TYPE 7:46" },
	{ "a dollar sign may stand between messages", "{1:F01AAAABBCCAXXX0000000000}{2:I940BBBBCCDDXXXXN}{4:\n:20:A\n:25:1\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n-}${1:F01AAAABBCCAXXX0000000000}{2:I940BBBBCCDDXXXXN}{4:\n:20:B\n:25:2\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n-}\n$\n", "" },
	{ "a byte order mark before a later message", S1 "\xef\xbb\xbf:20:A\n:25:123\n:28C:2/1\n:60F:C260105EUR101,00\n:62F:C260107EUR101,00\n", "" },
	{ "a balance report has no lines, and its sums prove it", "{1:F01AAAABBCCAXXX0000000000}{2:I941BBBBCCDDXXXXN}{4:\n:20:A\n:25:1\n:28:1\n:60F:C260105EUR1,\n:90D:1EUR1,\n:90C:2EUR3,\n:62F:C260105EUR3,\n-}\n", "" },
	{ "or tell that it is off", "{1:F01AAAABBCCAXXX0000000000}{2:I941BBBBCCDDXXXXN}{4:\n:20:A\n:25:1\n:28:1\n:60F:C260105EUR1,\n:90D:1EUR1,\n:90C:2EUR3,\n:62F:C260105EUR4,\n-}\n", "error MT940_PROOF" },
	{ "without sums it is not proved", "{1:F01AAAABBCCAXXX0000000000}{2:I941BBBBCCDDXXXXN}{4:\n:20:A\n:25:1\n:28:1\n:60F:C260105EUR1,\n:62F:C260105EUR4,\n-}\n", "" },
	{ "the BIC of :25P:", ":20:A\n:25P:123\nBANKUS33XXX\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n", "party_bank=BANKUS33XXX" },
	{ "an account over two lines", ":20:A\n:25:123\n456\n:28C:1\n:60F:C260105EUR1,\n:62F:C260105EUR1,\n", "STATEMENT 1 account=123456" },
};

static void test_files(void)
{
	struct mhost h = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		run(&h, files[i].text);
		if (!ok(files[i].want[0] == '\0' ? h.n_findings == 0 : has(&h, files[i].want), "%s", files[i].what))
			printf("# want %s\n# records %s# findings %s", files[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
	}
	mhost_release(&h);
}

static void test_options(void)
{
	struct mhost h = { 0 };
	const char *off = HEAD ":61:260105C1,NTRFA\n:62F:C260105EUR101,50\n-\n";

	mhost_option(&h, "proof", "warn");
	run(&h, off);
	ok(h.n_errors == 0 && h.n_warnings == 1, "proof = warn leaves a warning");
	mhost_option(&h, "charset", "cp850");
	run(&h, HEAD ":61:260105C1,NTRFA\n:86:K\x94ln\n:62F:C260105EUR101,00\n");
	ok(has(&h, "text=K\\xc3\\xb6ln"), "charset = cp850 converts");
	h.n_options = 0;
	mhost_option(&h, "proof", "maybe");
	run(&h, off);
	ok(has(&h, "error MT940_OPTION") && has(&h, "error MT940_PROOF"), "an unknown value is told and the strictest is used");
	h.n_options = 0;
	mhost_option(&h, "chain", "reject");
	run(&h, S1 ":20:A\n:25:123\n:28C:3/1\n:60F:C260107EUR90,00\n:62F:C260107EUR90,00\n-\n");
	ok(has(&h, "error MT940_CHAIN"), "chain = reject holds a file with a gap");
	h.n_options = 0;
	mhost_option(&h, "pages", "ignore");
	run(&h, ":20:A\n:25:1\n:28C:1/1\n:60F:C260105EUR1,\n:62M:C260105EUR1,\n-\n");
	ok(h.n_findings == 0, "pages = ignore takes single pages");
	mhost_release(&h);
}

static void test_strict(void)
{
	struct mhost h = { 0 };
	const char *off = HEAD ":61:260105C1,NTRFA\n:62F:C260105EUR101,50\n-\n";

	mhost_option(&h, "MT940_PROOF", "off");
	run(&h, off);
	ok(h.n_findings == 0 && has(&h, "amount_minor=10150 type=62F"), "a finding may be off; the balances are told all the same");
	h.n_options = 0;
	mhost_option(&h, "MT940_PROOF", "note");
	mhost_option(&h, "proof", "ignore");
	run(&h, off);
	ok(has(&h, "note MT940_PROOF"), "a finding's own option wins over a policy");
	h.n_options = 0;
	mhost_option(&h, "MT940_AMOUNT_POINT", "error");
	run(&h, HEAD ":61:260105C1.00NTRFA\n:62F:C260105EUR101,00\n-\n");
	ok(has(&h, "error MT940_AMOUNT_POINT") && h.n_errors == 1, "a warning may be an error");
	h.n_options = 0;
	mhost_option(&h, "MT940_AMOUNT", "off");
	run(&h, HEAD ":61:260105C1,005NTRFA\n:62F:C260105EUR100,00\n-\n");
	ok(has(&h, "warning MT940_AMOUNT") && h.n_errors == 0, "a line without its amount is never silent");
	h.n_options = 0;
	mhost_option(&h, "MT940_NO_STATEMENT", "off");
	run(&h, "Dear Sir,\n");
	ok(has(&h, "error MT940_NO_STATEMENT"), "a file that is none stays an error");
	h.n_options = 0;
	mhost_option(&h, "MT940_TYPE", "maybe");
	run(&h, HEAD ":61:260105C1,XTRFA\n:62F:C260105EUR101,00\n-\n");
	ok(has(&h, "error MT940_OPTION 0:0") && has(&h, "error MT940_TYPE"), "a severity that is not known is told, and error is used");
	mhost_release(&h);
}

static void test_host(void)
{
	struct mhost h = { 0 };
	struct buf b = { 0 };
	bool good = true;

	for (uint64_t stop = 1; stop < 11; stop++) {
		h.stop_after = stop;
		good = good && mhost_parse(&h, mt940, VIEW(S1 "PROSE\n" HEAD)) == -1;
	}
	ok(good, "the module stops when the host says stop, at each of its calls");
	h.stop_after = 0;
	buf_text(&b, HEAD ":61:260105C1,NTRFA\n:86:");
	buf_fill(&b, 'x', (size_t)3 << 20);
	buf_text(&b, "\n:61:260105C1,NTRFB\n" TAIL);
	h.step = 65536;
	mhost_parse(&h, mt940, buf_as_view(&b));
	ok(has(&h, "error MT940_LINE_LONG 6:0") && has(&h, "ENTRY 7 "), "a line of 3 MB is told and skipped, the next one is line 7");
	buf_release(&b);
	mhost_release(&h);
}

static void test_probe(void)
{
	ok(mt940->probe(VIEW(S1)) > 95, "a statement is certain");
	ok(mt940->probe(VIEW("ABNANL2A\r\n940\r\nABNANL2A\r\n:20:ABN\r\n:25:1\r\n:28:1/1\r\n:60F:C")) > 95, "also behind an envelope");
	ok(mt940->probe(VIEW("{1:F01AAAABBCCAXXX0000000000}{2:O9421200")) == 100, "a block of our types is certain");
	ok(mt940->probe(VIEW("\xef\xbb\xbf\x01{1:F01AAAABBCCAXXX0000000000}{2:I950BBBB")) == 100, "also behind marks");
	ok(mt940->probe(VIEW("{1:F01AAAABBCCAXXX0000000000}{2:I103BBBB}{4:\n:20:X\n:32A:260105EUR1,\n")) == 0, "an MT103 is not ours");
	ok(mt940->probe(VIEW(":20:X\n:21:Y\n:25:1\n:32A:260105EUR1,\n")) == 0, "an MT910 is not ours");
	ok(mt940->probe(VIEW("01,122099999,123456789,260105,0800,1,,,2/\n")) == 0, "a BAI2 file is not ours");
	ok(mt940->probe(VIEW("<?xml version=\"1.0\"?><Document/>")) == 0, "XML is not ours");
	ok(mt940->probe(VIEW("")) == 0, "an empty file is nobody's");
	for (const struct tally_code *c = mt940->findings; c->code != NULL; c++)
		if (c->title == NULL || c->action == NULL || c->source == NULL)
			ok(false, "%s has title, action and source", c->code);
}

/* The corpus */

/*
 * betterplace-sepa_snippet_broken has ":25:" where ":86:" was meant.  The expected account is the narrative that follows it; a
 * field of the head inside a statement cannot rename the account of the lines before it, so ours is the first one, with a finding.
 */
static bool argued(struct view file)
{
	return view_eq(file, VIEW("betterplace-test_fixtures_sepa_snippet_broken.txt"));
}

static void judge(struct mhost *h, const struct corpus_statement *st, struct view row, const char *name)
{
	if (!ok((corpus_text(corpus_column(row, 3), st->account) || argued(corpus_column(row, 0))) && corpus_text(corpus_column(row, 4), st->number) &&
		corpus_amount(corpus_column(row, 7), st->has_opening, st->opening, st->currency) &&
		corpus_amount(corpus_column(row, 9), st->has_closing, st->closing, st->currency) && st->entries == corpus_count(corpus_column(row, 10)) &&
		st->net == corpus_minor(corpus_column(row, 11), st->currency) && st->reversals == corpus_count(corpus_column(row, 12)),
		"%s: account, number, balances, lines, net, reversals", name))
		corpus_show(st);
	corpus_proof(h, st, corpus_column(row, 13), "error MT940_PROOF", name);
}

int main(int argc, char **argv)
{
	(void)argc;
	mt940 = mhost_module(argv[0], "mt940");
	if (!ok(mt940 != NULL, "the module loads"))
		return done_testing();
	test_lines();
	test_files();
	test_options();
	test_strict();
	test_host();
	test_probe();
	samples_run(mt940, "mt940");
	samples_codes(mt940, "mt940", "MT940_", NULL);
	corpus_run(mt940, "mt940", judge);
	return done_testing();
}
