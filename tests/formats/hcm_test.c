/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcm_test - people extracts: the mapping, each value, the versions of a person, and what XML may not do here
 *
 * All people and accounts are invented.
 */
#include "tests/lib/samples.h"

static const struct tally_format *hcm;

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

#define P(inside) "<Extract><ExtractId>7</ExtractId><Person><PersonNumber>E1</PersonNumber><FullName>Ada Example</FullName>" inside "</Person></Extract>"

/* "!" in front: it must not be there. */
static const struct { const char *what, *text, *want; } cases[] = {
	{ "a person", P(""), "FILE 1 file_id=7\nPERSON 1 party=Ada\\x20" "Example person=E1\n" },
	{ "bank data", P("<RoutingNumber>091000019</RoutingNumber><AccountNumber>0012</AccountNumber><AccountType>checking</AccountType><PaymentMethod>ach</PaymentMethod>"),
		"account=0012 party=Ada\\x20" "Example routing=091000019 person=E1 account_type=C method=ACH" },
	{ "first and last name make the party", "<X><Person><PersonNumber>E1</PersonNumber><FirstName>Ada</FirstName><LastName>Example</LastName></Person></X>",
		"party=Ada\\x20" "Example person=E1 first_name=Ada last_name=Example" },
	{ "blanks and line ends around a value", P("<TownOrCity>\n  Springfield\n</TownOrCity>"), "city=Springfield" },
	{ "an entity of XML itself", P("<TownOrCity>A &amp; B</TownOrCity>"), "city=A\\x20&\\x20" "B" },
	{ "a CDATA section", P("<TownOrCity><![CDATA[A & B]]></TownOrCity>"), "city=A\\x20&\\x20" "B" },
	{ "the end of time is no end", P("<EffectiveStartDate>2026-01-01</EffectiveStartDate><EffectiveEndDate>4712-12-31</EffectiveEndDate>"), "!valid_to" },
	{ "an end is one", P("<EffectiveEndDate>2026-12-31</EffectiveEndDate>"), "valid_to_date=2026-12-31" },
	{ "a date with a time", P("<DateOfBirth>1980-02-01T00:00:00.000+00:00</DateOfBirth>"), "birth_date=1980-02-01" },
	{ "a routing number with a wrong check digit", P("<RoutingNumber>091000018</RoutingNumber>"), "error HCM_ROUTING 1:0 Routing Number" },
	{ "and no person of it", P("<RoutingNumber>091000018</RoutingNumber>"), "!PERSON" },
	{ "an account number too long", P("<AccountNumber>123456789012345678</AccountNumber>"), "error HCM_ACCOUNT" },
	{ "its digits are not said", P("<AccountNumber>123456789012345678</AccountNumber>"), "!123456789012345678" },
	{ "an impossible SSN is left out", P("<NationalIdentifierNumber>000121234</NationalIdentifierNumber>"), "warning HCM_SSN 1:0 SSN: no such SSN" },
	{ "and the person told", P("<NationalIdentifierNumber>000121234</NationalIdentifierNumber>"), "PERSON 1 party=Ada\\x20" "Example person=E1\n" },
	{ "an SSN with dashes", P("<NationalIdentifierNumber>123-45-6789</NationalIdentifierNumber>"), "ssn=123456789" },
	{ "ACH without an account", P("<PaymentMethod>ACH</PaymentMethod>"), "warning HCM_BANK_DATA" },
	{ "an unknown method", P("<PaymentMethod>PIGEON</PaymentMethod>"), "error HCM_METHOD" },
	{ "no number", "<X><Person><FullName>A</FullName></Person></X>", "error HCM_VALUE_MISSING 1:0 Person Number" },
	{ "no name", "<X><Person><PersonNumber>E1</PersonNumber></Person></X>", "error HCM_VALUE_MISSING 1:0 Full Name" },
	{ "the same value twice is nothing", P("<FullName>Ada Example</FullName>"), "!HCM_TWICE" },
	{ "another value is", P("<FullName>Bea Example</FullName>"), "error HCM_TWICE" },
	{ "unknown elements are counted once", P("<Shoe>44</Shoe><Shoe>45</Shoe><Hat>7</Hat>"), "note HCM_UNKNOWN 0:0 : 3 values are not used (Shoe, Hat, ...)" },
	{ "no extract id", "<X><Person><PersonNumber>E1</PersonNumber><FullName>A</FullName></Person></X>", "warning HCM_NO_FILE_ID" },
	{ "an extract id that comes too late", "<X><Person><PersonNumber>E1</PersonNumber><FullName>A</FullName></Person><ExtractId>1</ExtractId></X>", "warning HCM_LATE" },
	{ "nobody", "<X><ExtractId>1</ExtractId></X>", "warning HCM_NO_PEOPLE" },
	{ "a count that agrees", "<X><RecordCount>0</RecordCount></X>", "TOTAL 1 type=people count=0" },
	{ "a count that does not", P("") "", "!HCM_COUNT" },
	{ "a name that is no element of a person's", "<X><PersonNumber>E1</PersonNumber></X>", "!PERSON" },
	{ "a document type", "<!DOCTYPE X [<!ENTITY a 'b'>]><X/>", "error HCM_DOCTYPE" },
	{ "an entity that nobody defined", "<X><Person><PersonNumber>&evil;</PersonNumber></Person></X>", "error HCM_XML" },
	{ "an encoding that needs the machine's tables", "<?xml version='1.0' encoding='Shift_JIS'?><X/>", "error HCM_XML 1:0 : the file is in an encoding that is not read" },
	{ "an encoding in small letters", "<?xml version='1.0' encoding='utf-8'?><X><ExtractId>1</ExtractId></X>", "!HCM_XML" },
	{ "text behind the root", "<X/>more", "error HCM_XML" },
	{ "two roots", "<X/><X/>", "error HCM_XML" },
	{ "nothing", "", "error HCM_EMPTY" },
	{ "blanks only", " \n", "error HCM_XML" },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool not = cases[i].want[0] == '!';
		struct mhost h = { 0 };

		mhost_parse(&h, hcm, view_of(cases[i].text));
		if (!ok(has(&h, cases[i].want + not) != not, "%s", cases[i].what))
			printf("# want %s\n# records %s# findings %s", cases[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
		mhost_release(&h);
	}
}

static void test_mapping(void)
{
	struct mhost h = { 0 };

	mhost_option(&h, "record", "DATA_DS/G_1");
	mhost_option(&h, "map", "person=@id, name=NAME/FULL, city=HOME/CITY, routing=BANK/@aba, extract=DATA_DS/@run");
	mhost_parse(&h, hcm, VIEW("<DATA_DS run='R9'><G_1 id='E7'><NAME><FULL>Ada</FULL></NAME><HOME><CITY>Aville</CITY></HOME><WORK><CITY>Bville</CITY></WORK>"
		"<BANK aba='091000019'/></G_1><G_2><G_1/></G_2></DATA_DS>"));
	ok(h.n_errors == 0 && has(&h, "FILE 1 file_id=R9") && has(&h, "party=Ada routing=091000019 person=E7 city=Aville") && h.n_records == 2,
		"record and fields follow the mapping; a path tells one CITY from another");
	ok(mhost_count(&h.findings, "1 values are not used (CITY") == 1, "the other CITY is not used, and that is said");
	h.n_options = 0;
	mhost_option(&h, "map", "shoe=Shoe,person");
	mhost_option(&h, "dates", "roman");
	mhost_parse(&h, hcm, VIEW(P("")));
	ok(mhost_count(&h.findings, "error HCM_OPTION") == 3, "a key that is unknown, a pair that is none, dates that are none");
	h.n_options = 0;
	mhost_option(&h, "dates", "us");
	mhost_parse(&h, hcm, VIEW(P("<DateOfBirth>02/01/1980</DateOfBirth>")));
	ok(has(&h, "birth_date=1980-02-01"), "dates follow their option");
	h.n_options = 0;
	mhost_option(&h, "HCM_UNKNOWN", "off");
	mhost_option(&h, "HCM_DATE", "off");
	mhost_option(&h, "HCM_NO_FILE_ID", "error");
	mhost_parse(&h, hcm, VIEW("<X><Person><PersonNumber>E1</PersonNumber><FullName>A</FullName><Shoe>44</Shoe><DateOfBirth>1980-13-01</DateOfBirth></Person></X>"));
	ok(!has(&h, "HCM_UNKNOWN") && has(&h, "error HCM_NO_FILE_ID"), "a finding is as severe as its option says");
	ok(has(&h, "error HCM_DATE"), "what costs a person stays an error");
	mhost_release(&h);
}

#define V(from, to) "<Person><PersonNumber>E1</PersonNumber><FullName>A</FullName><EffectiveStartDate>" from "</EffectiveStartDate><EffectiveEndDate>" to "</EffectiveEndDate></Person>\n"

static void test_versions(void)
{
	static const struct { const char *what, *text, *want; } rows[] = {
		{ "one after the other", "<X>" V("2026-01-01", "2026-03-31") V("2026-04-01", "2026-12-31") "</X>", "!HCM_" "OVERLAP" },
		{ "in any order", "<X>" V("2026-04-01", "2026-12-31") V("2026-01-01", "2026-03-31") "</X>", "!HCM_GAP" },
		{ "a day too many", "<X>" V("2026-01-01", "2026-04-01") V("2026-04-01", "2026-12-31") "</X>", "error HCM_OVERLAP 2:0 : this version begins before the one on line 1 ends" },
		{ "a day too few", "<X>" V("2026-01-01", "2026-03-30") V("2026-04-01", "2026-12-31") "</X>", "warning HCM_GAP 2:0" },
		{ "the same day", "<X>" V("2026-01-01", "2026-03-30") V("2026-01-01", "2026-12-31") "</X>", "error HCM_PERSON_TWICE 2:0" },
		{ "no end, and another", "<X>" V("2026-01-01", "") V("2026-04-01", "") "</X>", "error HCM_OVERLAP 2:0" },
		{ "no dates at all, twice", "<X>" V("", "") V("", "") "</X>", "error HCM_PERSON_TWICE 2:0" },
		{ "an end before the beginning", "<X>" V("2026-04-01", "2026-03-01") "</X>", "error HCM_DATES_ORDER" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool not = rows[i].want[0] == '!';
		struct mhost h = { 0 };

		mhost_parse(&h, hcm, view_of(rows[i].text));
		if (!ok(has(&h, rows[i].want + not) != not, "versions: %s", rows[i].what))
			printf("# findings %s", buf_cstr(&h.findings));
		mhost_release(&h);
	}
}

static void test_damage(void)
{
	struct view good = mhost_file("samples/hcm/ok-people.xml");
	struct mhost h = { 0 }, one = { 0 };
	unsigned missed = 0, different = 0;

	for (size_t n = 0; n + 1 < good.n; n++) {
		mhost_parse(&h, hcm, view_sub(good, 0, n));
		missed += h.n_errors == 0;
	}
	ok(missed == 0 && good.n > 1000, "an extract cut at any byte is held (%u were not)", missed);
	mhost_parse(&h, hcm, good);
	for (size_t step = 1; step < 60; step += 3) {
		one.step = step;
		mhost_parse(&one, hcm, good);
		different += !view_eq(buf_as_view(&h.records), buf_as_view(&one.records));
	}
	ok(different == 0, "windows of any size give the same people");
	one.step = 0;
	for (uint64_t i = 1, calls = h.callbacks; i <= calls; i++) {
		one.stop_after = i;
		different += mhost_parse(&one, hcm, good) != -1;
	}
	ok(different == 0, "the module stops when the host says stop, at each of its calls");
	free((char *)good.p);
	mhost_release(&h);
	mhost_release(&one);
}

int main(int argc, char **argv)
{
	(void)argc;
	hcm = mhost_module(argv[0], "hcm");
	if (!ok(hcm != NULL, "the module is there"))
		return done_testing();
	test_cases();
	test_mapping();
	test_versions();
	test_damage();
	samples_run(hcm, "hcm");
	samples_reach(hcm, "hcm", "HCM_MANY");
	return done_testing();
}
