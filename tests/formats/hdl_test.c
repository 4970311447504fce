/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hdl_test - HCM Data Loader files: lines, keys, what a component says, and the versions that rows make
 *
 * All people and accounts are invented.
 */
#include "tests/lib/samples.h"

static const struct tally_format *hdl;

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

#define W "METADATA|Worker|SourceSystemId|PersonNumber|EffectiveStartDate|EffectiveEndDate|DateOfBirth\n"
#define N "METADATA|PersonName|PersonId(SourceSystemId)|FirstName|LastName|NameType\n"
#define ADA W "MERGE|Worker|W1|E1|2026/01/01|4712/12/31|1980/02/01\n" N "MERGE|PersonName|W1|Ada|Lovelace|GLOBAL\n"

/* "!" in front: it must not be there. */
static const struct { const char *what, *text, *want; } cases[] = {
	{ "a person of two components", ADA, "PERSON 2 party=Ada\\x20Lovelace person=E1 hcm_id=W1 first_name=Ada last_name=Lovelace "
		"valid_from_date=2026-01-01 birth_date=1980-02-01\n" },
	{ "a component in front of its Worker", N "MERGE|PersonName|W1|Ada|Lovelace|\n" W "MERGE|Worker|W1|E1|2026/01/01||\n",
		"person=E1 hcm_id=W1 first_name=Ada" },
	{ "columns in another order", "METADATA|Worker|EffectiveStartDate|PersonNumber\nMERGE|Worker|2026/01/01|E1\n"
		"METADATA|PersonName|LastName|PersonNumber|FirstName\nMERGE|PersonName|Lovelace|E1|Ada\n",
		"person=E1 first_name=Ada last_name=Lovelace valid_from_date=2026-01-01" },
	{ "a second METADATA line", ADA "METADATA|PersonName|LastName|FirstName|PersonId(SourceSystemId)\nMERGE|Worker|W2|E2|2026/01/01||\n",
		"!HDL_METADATA" },
	{ "keys of both kinds are one person", "METADATA|PersonName|PersonNumber|FirstName\nMERGE|PersonName|E1|Ada\n"
		"METADATA|PersonAddress|PersonId(SourceSystemId)|TownOrCity\nMERGE|PersonAddress|W1|Springfield\n"
		"METADATA|PersonTitle|PersonNumber|LastName\n" W "MERGE|Worker|W1|E1|2026/01/01||\n", "error HDL_VALUE_MISSING" },
	{ "an escaped bar", W "MERGE|Worker|W1|E1|2026/01/01||\n" N "MERGE|PersonName|W1|Ada|Love\\|lace|GLOBAL\n", "last_name=Love|lace" },
	{ "an escaped escape", W "MERGE|Worker|W1|E1|2026/01/01||\n" N "MERGE|PersonName|W1|Ada|Love\\\\lace|GLOBAL\n", "last_name=Love\\x5clace" },
	{ "a line end in a value", W "MERGE|Worker|W1|E1|2026/01/01||\n" N "MERGE|PersonName|W1|Ada|Love\\nlace|GLOBAL\n", "error HDL_CHARACTER" },
	{ "#NULL is no value", W "MERGE|Worker|W1|E1|2026/01/01||#NULL\n" N "MERGE|PersonName|W1|Ada|Lovelace|\n", "!birth_date" },
	{ "another delimiter", "SET FILE_DELIMITER ;\nMETADATA;Worker;PersonNumber\nMERGE;Worker;E|1\nMETADATA;PersonName;PersonNumber;FullName\n"
		"MERGE;PersonName;E|1;Ada\n", "party=Ada person=E|1" },
	{ "a delimiter that comes too late", ADA "SET FILE_DELIMITER ;\n", "warning HDL_SET 5:0" },
	{ "a delimiter of two characters", "SET FILE_DELIMITER ||\n" ADA, "warning HDL_SET 1:0" },
	{ "other SET lines are let alone", "SET PURGE_FUTURE_CHANGES N\n" ADA, "!HDL_SET" },
	{ "a line with a value too few", ADA "MERGE|Worker|W2|E2|2026/01/01|4712/12/31\n", "error HDL_FIELDS 5:0" },
	{ "a line with a value too many", ADA "MERGE|Worker|W2|E2|2026/01/01|4712/12/31||X\n", "error HDL_FIELDS 5:0" },
	{ "a component that was not described", ADA "MERGE|PersonEmail|W1|a@b\n", "error HDL_METADATA 5:0" },
	{ "names are in capitals as they are", "METADATA|worker|PersonNumber\nMERGE|worker|E1\n", "!PERSON" },
	{ "a person without Worker", ADA "MERGE|PersonName|W2|Bea|Example|GLOBAL\n", "error HDL_NO_WORKER 5:0" },
	{ "and the others are told", ADA "MERGE|PersonName|W2|Bea|Example|GLOBAL\n", "person=E1" },
	{ "another name type is passed over", ADA "MERGE|PersonName|W1|Augusta|King|US\n", "!King" },
	{ "two global names", ADA "MERGE|PersonName|W1|Augusta|King|GLOBAL\n", "error HDL_PERSON_TWICE 5:0" },
	{ "a Worker's row of last year", W "MERGE|Worker|W1|E1|2025/01/01|2025/12/31|\nMERGE|Worker|W1|E1|2026/01/01|4712/12/31|\n" N
		"MERGE|PersonName|W1|Ada|Lovelace|GLOBAL\n", "valid_from_date=2025-01-01\n" },
	{ "rows that say the same are one version", W "MERGE|Worker|W1|E1|2025/01/01|2025/12/31|\nMERGE|Worker|W1|E1|2026/01/01|4712/12/31|\n" N
		"MERGE|PersonName|W1|Ada|Lovelace|GLOBAL\n", "!valid_from_date=2026" },
	{ "no version on days without a Worker row", W "MERGE|Worker|W1|E1|2025/01/01|2025/06/30|\nMERGE|Worker|W1|E1|2026/01/01|4712/12/31|\n" N
		"MERGE|PersonName|W1|Ada|Lovelace|GLOBAL\n", "valid_from_date=2025-01-01 valid_to_date=2025-06-30" },
	{ "and the days are told", W "MERGE|Worker|W1|E1|2025/01/01|2025/06/30|\nMERGE|Worker|W1|E1|2026/01/01|4712/12/31|\n" N
		"MERGE|PersonName|W1|Ada|Lovelace|GLOBAL\n", "warning HDL_GAP 3:0" },
	{ "a date with dashes", W "MERGE|Worker|W1|E1|2026-01-01||\n", "error HDL_DATE 2:0 Effective Start Date" },
	{ "a DELETE line", ADA "DELETE|Worker|W1|E1|2026/01/01|4712/12/31|\n", "warning HDL_DELETE 5:0" },
	{ "does not take the person away", ADA "DELETE|Worker|W1|E1|2026/01/01|4712/12/31|\n", "person=E1" },
	{ "a line of no kind", ADA "hello\n", "error HDL_LINE 5:0" },
	{ "a last line without its end", ADA "COMMENT x", "warning HDL_CUT 5:0" },
	{ "nothing", "", "error HDL_EMPTY" },
	{ "nobody", "METADATA|Job|JobCode\nMERGE|Job|X\n", "warning HDL_NO_PEOPLE" },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool not = cases[i].want[0] == '!';
		struct mhost h = { 0 };

		mhost_parse(&h, hdl, view_of(cases[i].text));
		if (!ok(has(&h, cases[i].want + not) != not, "%s", cases[i].what))
			printf("# want %s\n# records %s# findings %s", cases[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
		mhost_release(&h);
	}
}

static void test_mapping(void)
{
	struct mhost h = { 0 };

	mhost_option(&h, "map", "person=Worker/Badge, name=Call/Name, account=Pay/Acct, routing=Pay/Aba, account_type=Pay/Kind, method=Pay/How");
	mhost_option(&h, "dates", "iso");
	mhost_parse(&h, hdl, VIEW("METADATA|Worker|PersonNumber|Badge|EffectiveStartDate\nMERGE|Worker|E1|B7|2026-01-01\n"
		"METADATA|Call|PersonNumber|Name\nMERGE|Call|E1|Ada\nMETADATA|Pay|PersonNumber|Aba|Acct|Kind|How\nMERGE|Pay|E1|091000019|0012|C|ACH\n"));
	ok(has(&h, "account=0012 party=Ada routing=091000019 person=B7 account_type=C method=ACH valid_from_date=2026-01-01"),
	   "option map names a customer's own columns");
	mhost_option(&h, "map", "shoe=Worker/Size");
	mhost_release(&h);
	h = (struct mhost){ 0 };
	mhost_option(&h, "map", "shoe=Worker/Size");
	mhost_parse(&h, hdl, VIEW(ADA));
	ok(has(&h, "error HDL_OPTION"), "a key that is not known is told");
	mhost_release(&h);
}

static void test_many(void)
{
	struct buf text = { 0 };
	struct mhost h = { .quiet = false };

	buf_text(&text, "METADATA|Worker|PersonNumber|DateOfBirth\n");
	for (int i = 0; i < 400001; i++)
		buf_fmt(&text, "MERGE|Worker|E%d|\n", i);
	mhost_parse(&h, hdl, buf_as_view(&text));
	ok(has(&h, "error HDL_TOO_MANY") && !has(&h, "PERSON"), "a file of more people than are kept is held and nobody of it told");
	buf_release(&text);
	mhost_release(&h);
}

int main(int argc, char **argv)
{
	(void)argc;
	hdl = mhost_module(argv[0], "hdl");
	if (hdl == NULL)
		skip_all("the module hdl is not built");
	test_cases();
	test_mapping();
	test_many();
	samples_run(hdl, "hdl");
	samples_codes(hdl, "hdl", "HDL_", "HDL_TOO_MANY");
	ok(hdl->probe(VIEW("COMMENT x\nMETADATA|Worker|PersonNumber\n")) == 95, "a Worker.dat is known");
	ok(hdl->probe(VIEW("01,BANK,CUSTOMER,261123,0915,1,80,1,2/\n")) == 0, "a BAI2 file is not taken");
	return done_testing();
}
