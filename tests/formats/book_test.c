/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book_test - the book file of the reconciliation contract: its columns, its values, what is kept of the rest
 */
#include "tests/lib/samples.h"

static const struct tally_format *book;

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

#define HEAD "id,account,currency,date,amount,sign,type,reference,party,group,note,status,status_date,issued"

/* "!" in front: it must not be there. */
static const struct { const char *what, *row, *want; } rows[] = {
	{ "money in", "B1,44,USD,2026-11-10,12.34,CR,ACH,R1,Ada,G1,N,,,", "EXPECTED 2 account=44 currency=USD amount_minor=1234 type=ACH party=Ada status=OPEN "
		"reference=R1 effective_date=2026-11-10 group=G1 note=N item=B1\n" },
	{ "money out is negative", "B1,44,USD,2026-11-10,12.34,DB,,,,,,,,", "amount_minor=-1234 status=OPEN" },
	{ "FILE comes first", "B1,44,USD,2026-11-10,12.34,DB,,,,,,,,", "FILE 2\nEXPECTED" },
	{ "a void check with its days", "B1,44,USD,2026-11-10,1,DB,CHECK,990,,,,VOID,2026-11-11,2026-10-01", "status=VOID reference=990 effective_date=2026-11-10 issue_date=2026-10-01 item=B1 status_date=2026-11-11" },
	{ "a stopped one", "B1,44,USD,2026-11-10,1,DB,,,,,,STOPPED,,", "status=STOPPED" },
	{ "yen have no decimals", "B1,44,JPY,2026-11-10,1000,CR,,,,,,,,", "currency=JPY amount_minor=1000 " },
	{ "dinars have three", "B1,44,KWD,2026-11-10,1.234,CR,,,,,,,,", "currency=KWD amount_minor=1234 " },
	{ "too many decimals", "B1,44,JPY,2026-11-10,1000.5,CR,,,,,,,,", "error BOOK_AMOUNT 2:22 Amount" },
	{ "a negative amount", "B1,44,USD,2026-11-10,-1,CR,,,,,,,,", "error BOOK_NOT_POSITIVE 2:22" },
	{ "an amount of nothing", "B1,44,USD,2026-11-10,0.00,CR,,,,,,,,", "error BOOK_NOT_POSITIVE" },
	{ "an amount that is too large", "B1,44,USD,2026-11-10,99999999999999999999,CR,,,,,,,,", "error BOOK_AMOUNT" },
	{ "a sign that is none", "B1,44,USD,2026-11-10,1,-,,,,,,,,", "error BOOK_SIGN 2:24" },
	{ "and no record of it", "B1,44,USD,2026-11-10,1,-,,,,,,,,", "!EXPECTED" },
	{ "small letters are no sign", "B1,44,USD,2026-11-10,1,cr,,,,,,,,", "error BOOK_SIGN" },
	{ "a type that is none", "B1,44,USD,2026-11-10,1,CR,ach,,,,,,,", "error BOOK_TYPE" },
	{ "a status that is none", "B1,44,USD,2026-11-10,1,CR,,,,,,PAID,,", "error BOOK_STATUS" },
	{ "a date that is none", "B1,44,USD,2026-02-29,1,CR,,,,,,,,", "error BOOK_DATE 2:11 Date" },
	{ "a currency that is none", "B1,44,US$,2026-11-10,1,CR,,,,,,,,", "error BOOK_CURRENCY 2:7" },
	{ "no account", "B1,,USD,2026-11-10,1,CR,,,,,,,,", "error BOOK_VALUE_MISSING 2:4 Account" },
	{ "no amount", "B1,44,USD,2026-11-10,,CR,,,,,,,,", "error BOOK_VALUE_MISSING 2:22 Amount" },
	{ "no currency", "B1,44,,2026-11-10,1,CR,,,,,,,,", "error BOOK_VALUE_MISSING 2:7 Currency" },
	{ "no id", ",44,USD,2026-11-10,1,CR,,,,,,,,", "error BOOK_VALUE_MISSING 2:1 Id" },
	{ "an id with a blank", "B 1,44,USD,2026-11-10,1,CR,,,,,,,,", "error BOOK_ID 2:1" },
	{ "an id with a comma", "\"B,1\",44,USD,2026-11-10,1,CR,,,,,,,,", "error BOOK_ID 2:1" },
	{ "a row cut short", "B1,44,USD,2026-11-10,1", "error BOOK_FIELDS 2:0 : the row has 5 columns, the header has 14" },
	{ "quotes with a comma and a quote", "B1,44,USD,2026-11-10,1,CR,,,\"Example, \"\"Ada\"\"\",,,,,", "party=Example,\\x20\"Ada\"" },
	{ "an account number is not said", "B1,445566778899,USD,2026-11-10,x,CR,,,,,,,,", "!445566778899" },
};

static void test_rows(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool not = rows[i].want[0] == '!';
		struct mhost h = { 0 };

		buf_clear(&b);
		buf_fmt(&b, HEAD "\n%s\n", rows[i].row);
		mhost_parse(&h, book, buf_as_view(&b));
		if (!ok(has(&h, rows[i].want + not) != not, "%s", rows[i].what))
			printf("# want %s\n# records %s# findings %s", rows[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
		mhost_release(&h);
	}
	buf_release(&b);
}

static void test_file(void)
{
	struct mhost h = { 0 };

	mhost_parse(&h, book, VIEW("Owner,id,account,currency,date,amount,sign,cost centre\nbea,B1,44,USD,2026-11-10,1,CR,4711\n,B2,44,USD,2026-11-10,1,CR,\n"));
	ok(has(&h, "extra=Owner=bea\\x0acost\\x20" "centre=4711") && mhost_count(&h.records, "extra=") == 1 && h.n_findings == 0,
		"columns that nobody knows are kept, by name, where they say something");
	mhost_parse(&h, book, VIEW("id,account,currency,date,amount\nB1,44,USD,2026-11-10,1\n"));
	ok(has(&h, "error BOOK_COLUMN_MISSING 1:0 Sign") && !has(&h, "EXPECTED"), "without a sign nothing is expected");
	mhost_parse(&h, book, VIEW("id,account,currency,date,amount,sign\nB1,44,USD,2026-11-10,1,CR\nB2,44,USD,2026-11-10,1,CR\nB1,44,USD,2026-11-10,1,CR\n"));
	ok(has(&h, "error BOOK_TWICE 4:1") && mhost_count(&h.records, "EXPECTED") == 2, "an id that stands twice is told, and counted once");
	mhost_option(&h, "column_id", "Item No");
	mhost_option(&h, "dates", "us");
	mhost_option(&h, "delimiter", "tab");
	mhost_parse(&h, book, VIEW("Item No\taccount\tcurrency\tdate\tamount\tsign\nB1\t44\tUSD\t11/10/2026\t1\tCR\n"));
	ok(h.n_findings == 0 && has(&h, "effective_date=2026-11-10 item=B1"), "columns, dates and delimiter follow the options");
	ok(book->probe(VIEW(HEAD "\n")) > 60 && book->probe(VIEW("company,run_id,person_id,name,pay_date,gross\n")) == 0 && book->probe(VIEW("id,amount\n")) == 0,
		"the probe knows a book and no register");
	mhost_release(&h);
}

/* Quoted or not: the same values by the two ways through the CSV reader. */
static void test_two_ways(void)
{
	const char *plain = HEAD "\nB1,44,USD,2026-11-10,12.34,CR,ACH,R1,Ada,G1,,,,\nB2,44,USD,2026-11-10,1,DB,,,,,,,,\n";
	struct mhost a = { 0 }, b = { 0 };
	struct buf quoted = { 0 };

	buf_char(&quoted, '"');
	for (const char *p = plain; *p != '\0'; p++) {
		if (*p == ',')
			buf_text(&quoted, "\",\"");
		else if (*p == '\n')
			buf_text(&quoted, p[1] == '\0' ? "\"\n" : "\"\n\"");
		else
			buf_char(&quoted, *p);
	}
	mhost_parse(&a, book, view_of(plain));
	mhost_parse(&b, book, buf_as_view(&quoted));
	is_view(buf_as_view(&a.records), buf_as_view(&b.records), "a row with quotes and one without give the same record");
	buf_release(&quoted);
	mhost_release(&a);
	mhost_release(&b);
}

int main(int argc, char **argv)
{
	(void)argc;
	book = mhost_module(argv[0], "book");
	if (!ok(book != NULL, "the module is there"))
		return done_testing();
	test_rows();
	test_file();
	test_two_ways();
	samples_run(book, "book");
	samples_reach(book, "book", "BOOK_MANY");
	return done_testing();
}
