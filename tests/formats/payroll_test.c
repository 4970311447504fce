/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll_test - the payroll register against its rules: each value, the whole file, damage, and what may never be
 * shown
 *
 * All people, companies and accounts are invented; the routing numbers are invented digits with right check digits.
 */
#include "tests/lib/samples.h"

static const struct tally_format *payroll;

#define HEAD "company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method\n"
#define GOOD "ACME,R7,P1,Ada Example,2026-11-25,1000.00,250.50,749.50,021000021,000123456789,C,ACH\n"

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

static void run(struct mhost *h, const char *text)
{
	mhost_parse(h, payroll, view_of(text));
}

/* One row: what it must give.  "!" in front: it must not. */
static const struct { const char *what, *row, *want; } rows[] = {
	{ "a good row is a payment", GOOD, "PAYMENT 2 account=000123456789 currency=USD amount_minor=74950 "
		"party=Ada\\x20" "Example routing=021000021 "
		"company=ACME run=R7 person=P1 pay_date=2026-11-25 gross_minor=100000 deductions_minor=25050 "
			"net_minor=74950 account_type=C method=ACH" },
	{ "the file record comes first", GOOD, "FILE 2 company=ACME run=R7 pay_date=2026-11-25\nPAYMENT" },
	{ "one decimal is enough", "ACME,R7,P1,A,2026-11-25,10.5,0,10.5,021000021,1,C,ACH\n", "amount_minor=1050 " },
	{ "no decimals are enough", "ACME,R7,P1,A,2026-11-25,10,0,10,021000021,1,S,ach\n", "amount_minor=1000 " },
	{ "savings in words", "ACME,R7,P1,A,2026-11-25,10,0,10,021000021,1,Savings,ACH\n",
		"account_type=S method=ACH" },
	{ "negative deductions are legal when they add up", "ACME,R7,P1,A,2026-11-25,10,-5,15,021000021,1,S,ACH\n",
		"amount_minor=1500 " },
	{ "a check needs no account", "ACME,R7,P1,A,2026-11-25,10,0,10,,,,CHECK\n", "method=CHECK" },
	{ "three decimals", "ACME,R7,P1,A,2026-11-25,10.005,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_AMOUNT 2:25 Gross: the amount has more decimals than its currency" },
	{ "a dollar sign", "ACME,R7,P1,A,2026-11-25,$10,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_AMOUNT 2:25 Gross: the amount has a currency sign" },
	{ "a thousands separator", "ACME,R7,P1,A,2026-11-25,\"1,000.00\",0,1000,021000021,1,C,ACH\n",
		"thousands separator" },
	{ "a bookkeeper's minus", "ACME,R7,P1,A,2026-11-25,10-,0,10,021000021,1,C,ACH\n", "error PAYROLL_AMOUNT" },
	{ "brackets for minus", "ACME,R7,P1,A,2026-11-25,(10),0,10,021000021,1,C,ACH\n", "error PAYROLL_AMOUNT" },
	{ "a bare point", "ACME,R7,P1,A,2026-11-25,.5,0,.5,021000021,1,C,ACH\n", "error PAYROLL_AMOUNT" },
	{ "an exponent", "ACME,R7,P1,A,2026-11-25,1E5,0,10,021000021,1,C,ACH\n", "exponent" },
	{ "an amount too large", "ACME,R7,P1,A,2026-11-25,99999999999999999999,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_AMOUNT" },
	{ "an empty amount", "ACME,R7,P1,A,2026-11-25,,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_VALUE_MISSING 2:25 Gross" },
	{ "net that does not add up", "ACME,R7,P1,A,2026-11-25,10,1,10,021000021,1,C,ACH\n",
		"error PAYROLL_NET 2:30 Net: 10.00 gross less 1.00 deductions is not 10.00 net" },
	{ "a row with a fault is no payment", "ACME,R7,P1,A,2026-11-25,10,1,10,021000021,1,C,ACH\n", "!PAYMENT" },
	{ "negative net", "ACME,R7,P1,A,2026-11-25,10,20,-10,021000021,1,C,ACH\n", "error PAYROLL_NET_NEGATIVE" },
	{ "zero net is told", "ACME,R7,P1,A,2026-11-25,10,10,0,021000021,1,C,ACH\n", "warning PAYROLL_NET_ZERO" },
	{ "zero net is no payment", "ACME,R7,P1,A,2026-11-25,10,10,0,021000021,1,C,ACH\n", "!PAYMENT" },
	{ "a wrong check digit", "ACME,R7,P1,A,2026-11-25,10,0,10,021000022,1,C,ACH\n", "error PAYROLL_ROUTING 2:33" },
	{ "a routing number that lost its zero", "ACME,R7,P1,A,2026-11-25,10,0,10,21000021,1,C,ACH\n",
		"a leading zero may have been lost" },
	{ "a routing number of zeros", "ACME,R7,P1,A,2026-11-25,10,0,10,000000000,1,C,ACH\n", "error PAYROLL_ROUTING" },
	{ "a letter in the routing number", "ACME,R7,P1,A,2026-11-25,10,0,10,02100002X,1,C,ACH\n",
		"error PAYROLL_ROUTING" },
	{ "a check's routing number is judged when it is there", "ACME,R7,P1,A,2026-11-25,10,0,10,021000022,,,CHECK\n",
		"error PAYROLL_ROUTING" },
	{ "an account of 17 characters", "ACME,R7,P1,A,2026-11-25,10,0,10,021000021,12345678901234567,C,ACH\n",
		"account=12345678901234567 " },
	{ "an account of 18 characters", "ACME,R7,P1,A,2026-11-25,10,0,10,021000021,123456789012345678,C,ACH\n",
		"error PAYROLL_ACCOUNT" },
	{ "an account's digits are never in a finding",
		"ACME,R7,P1,A,2026-11-25,10,0,10,021000021,123456789012345678,C,ACH\n", "!123456789012345678" },
	{ "no account", "ACME,R7,P1,A,2026-11-25,10,0,10,021000021,,C,ACH\n",
		"error PAYROLL_VALUE_MISSING 2:43 Account Number" },
	{ "an unknown account type", "ACME,R7,P1,A,2026-11-25,10,0,10,021000021,1,X,ACH\n",
		"error PAYROLL_ACCOUNT_TYPE" },
	{ "an unknown method", "ACME,R7,P1,A,2026-11-25,10,0,10,021000021,1,C,WIRE\n", "error PAYROLL_METHOD" },
	{ "a date that is none", "ACME,R7,P1,A,2026-02-30,10,0,10,021000021,1,C,ACH\n", "error PAYROLL_DATE 2:14" },
	{ "a date of another form", "ACME,R7,P1,A,11/25/2026,10,0,10,021000021,1,C,ACH\n", "of the form YYYY-MM-DD" },
	{ "no person", "ACME,R7,,A,2026-11-25,10,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_VALUE_MISSING 2:9 Person Id" },
	{ "no name", "ACME,R7,P1,,2026-11-25,10,0,10,021000021,1,C,ACH\n", "error PAYROLL_VALUE_MISSING 2:12 Name" },
	{ "a control character in a name", "ACME,R7,P1,A\x1b[2J,2026-11-25,10,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_CHARACTER" },
	{ "a row that was cut short", "ACME,R7,P1,A,2026-11-25,10,0\n",
		"error PAYROLL_FIELDS 2:0 : the row has 7 columns, the header has 12" },
	{ "a stray quote", "ACME,R7,P1,A\"B,2026-11-25,10,0,10,021000021,1,C,ACH\n", "error PAYROLL_CSV 2:0" },
	{ "a person twice", GOOD GOOD, "error PAYROLL_PERSON_TWICE 3:9" },
	{ "two faults in a row are both told", "ACME,R7,P1,A,2026-11-25,10,1,10,021000022,1,C,ACH\n",
		"error PAYROLL_ROUTING" },
	{ "another run in the same file", GOOD "ACME,R8,P1,B,2026-11-25,10,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_MIXED 3:0" },
	{ "another pay date in the same file", GOOD "ACME,R7,P2,B,2026-11-26,10,0,10,021000021,1,C,ACH\n",
		"error PAYROLL_MIXED 3:0" },
	{ "a quoted name with a line end is a fault, the next row is line 4",
		"ACME,R7,P1,\"A\nB\",2026-11-25,10,0,10,021000021,1,C,ACH\n"
		"ACME,R7,P2,B,2026-11-25,10,0,10,021000021,1,C,ACH\n", "PAYMENT 4 " },
	{ "a trailer that agrees", GOOD "TRAILER,1,1000.00,250.50,749.50\n",
		"TOTAL 3 type=TRAILER count=1 gross_minor=100000 deductions_minor=25050 net_minor=74950" },
	{ "a trailer with a wrong count", GOOD "TRAILER,2,1000.00,250.50,749.50\n",
		"the trailer counts 2 rows, 1 were read" },
	{ "a trailer with a wrong net", GOOD "TRAILER,1,1000.00,250.50,749.51\n",
		"the trailer's net is 749.51, the rows add up to 749.50" },
	{ "a trailer without numbers", GOOD "TRAILER,,,,\n", "error PAYROLL_TRAILER" },
	{ "a faulty row counts in the "
		"trailer", "ACME,R7,P1,A,2026-11-25,10,0,10,021000022,1,C,ACH\nTRAILER,1,10,0,10\n",
		"!PAYROLL_TRAILER" },
	{ "rows after the trailer", GOOD "TRAILER,1,1000.00,250.50,749.50\n" GOOD, "error PAYROLL_AFTER_TRAILER 4:0" },
	{ "a header alone", "", "warning PAYROLL_NO_ROWS" },
};

static void test_rows(void)
{
	struct mhost h = { 0 };
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool not = rows[i].want[0] == '!';

		buf_clear(&b);
		buf_text(&b, HEAD);
		buf_text(&b, rows[i].row);
		run(&h, buf_cstr(&b));
		if (!ok(has(&h, rows[i].want + not) != not, "%s", rows[i].what))
			printf("# want %s\n# records %s# findings %s", rows[i].want, buf_cstr(&h.records),
				buf_cstr(&h.findings));
	}
	run(&h, HEAD GOOD "TRAILER,1,1000.00,250.50,749.50\n");
	is_int(h.n_findings, 0, "a good file has no finding at all");
	buf_release(&b);
	mhost_release(&h);
}

static void test_header(void)
{
	struct mhost h = { 0 };

	run(&h, "");
	ok(has(&h, "error PAYROLL_EMPTY"), "an empty file is told");
	run(&h,
		"company,run_id,person_id,name,pay_date,gross,deductions,net,account,account_type\nA,B,C,D,2026-11-25,10,1,9,1,C\n");
	ok(mhost_count(&h.findings, "error PAYROLL_COLUMN_MISSING") == 2 && has(&h, "the column routing is not") &&
		has(&h, "the column method is not"),
		"each missing column is an error of its own");
	ok(!has(&h, "PAYMENT"), "without all columns nothing is paid");
	run(&h,
		"net,method,routing,account,account_type,gross,deductions,pay_date,name,person_id,run_id,company,Colour,Shoe\n"
		"10,ACH,021000021,1,C,10,0,2026-11-25,A,P1,R1,ACME,red,44\n");
	ok(h.n_errors == 0 && has(&h, "PAYMENT 2"), "the order of columns is free");
	ok(has(&h, "note PAYROLL_COLUMN_UNKNOWN 1:0 : 2 columns are not used (Colour, Shoe)"),
		"unknown columns are noted once");
	run(&h, "\xef\xbb\xbf" HEAD GOOD);
	ok(h.n_errors == 0 && has(&h, "PAYMENT 2") && has(&h, "note PAYROLL_BOM"),
		"a byte order mark does not hide the first column");
	run(&h,
		"company,company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method\n");
	ok(has(&h, "error PAYROLL_COLUMN_TWICE"), "a column that stands twice is told");
	run(&h, "company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method,ssn\n"
		"A,R,P1,N,2026-11-25,10,0,10,021000021,1,C,ACH,123-45-6789\nA,R,P2,N,2026-11-25,10,0,10,021000021,1,C,ACH,12345678\n"
		"A,R,P3,N,2026-11-25,10,0,10,021000021,1,C,ACH,666121234\n");
	ok(has(&h, "ssn=123456789"), "an SSN is taken without its dashes");
	ok(has(&h, "warning PAYROLL_SSN 3:") && has(&h, "a leading zero may have been lost") && has(&h,
		"warning PAYROLL_SSN 4:"), "impossible SSNs are told");
	ok(!has(&h, "666121234: ") && strstr(buf_cstr(&h.findings), "12345678") == NULL,
		"an SSN's digits are never in a finding");
	mhost_release(&h);
}

#define WIDE "company,run_id,person_id,name,pay_date,gross,deductions,net,rollover,trustee,trustee_account,plan,distribution,federal_tax,state_tax,badge,hcm_id," \
	"address1,address2,city,region,postal_code,country\n"

/* A distribution by people whose bank data come from another feed. */
static const struct { const char *what, *row, *want; } distributions[] = {
	{ "a distribution", "ACME,D1,P1,Ada Example,2026-11-25,1000.00,200.00,800.00,300.00,Example Trust,IRA-1,PLAN 001,G,150.00,50.00,B7,30001,1 Main Street,Suite 2,Springfield,IL,62701,US\n",
		"PAYMENT 2 currency=USD amount_minor=80000 party=Ada\\x20" "Example company=ACME run=D1 person=P1 pay_date=2026-11-25 gross_minor=100000 "
		"deductions_minor=20000 net_minor=80000 hcm_id=30001 badge=B7 address1=1\\x20Main\\x20Street address2=Suite\\x202 city=Springfield region=IL "
		"postal_code=62701 country=US rollover_minor=30000 trustee=Example\\x20Trust trustee_account=IRA-1 plan=PLAN\\x20" "001 distribution=G "
		"federal_tax_minor=15000 state_tax_minor=5000\n" },
	{ "without a rollover none is set", "ACME,D1,P1,A,2026-11-25,10,0,10,,,,,,,,,,,,,,,\n", "!rollover_minor" },
	{ "nor a method", "ACME,D1,P1,A,2026-11-25,10,0,10,,,,,,,,,,,,,,,\n", "!method" },
	{ "all of it to the trustee", "ACME,D1,P1,A,2026-11-25,10,0,10,10,T,I1,,G,,,,,,,,,,\n", "rollover_minor=1000 " },
	{ "more than the net", "ACME,D1,P1,A,2026-11-25,10,0,10,10.01,T,I1,,G,,,,,,,,,,\n", "error PAYROLL_ROLLOVER 2:33 Rollover" },
	{ "a negative rollover", "ACME,D1,P1,A,2026-11-25,10,0,10,-1,T,I1,,G,,,,,,,,,,\n", "error PAYROLL_ROLLOVER" },
	{ "a rollover that is no amount", "ACME,D1,P1,A,2026-11-25,10,0,10,half,T,I1,,G,,,,,,,,,,\n", "error PAYROLL_AMOUNT 2:33 Rollover" },
	{ "a rollover to nobody's account", "ACME,D1,P1,A,2026-11-25,10,0,10,5,T,,,G,,,,,,,,,,\n", "error PAYROLL_TRUSTEE 2:37 Trustee Account" },
	{ "a trustee's account that no rollover file holds", "ACME,D1,P1,A,2026-11-25,10,0,10,5,T,1234567890123456789012345678901,,G,,,,,,,,,,\n", "error PAYROLL_VALUE_LONG" },
	{ "its digits are not said", "ACME,D1,P1,A,2026-11-25,10,0,10,5,T,1234567890123456789012345678901,,G,,,,,,,,,,\n", "!1234567890123456789012345678901" },
	{ "taxes above the deductions", "ACME,D1,P1,A,2026-11-25,10,2,8,,,,,,1.50,0.51,,,,,,,,\n", "error PAYROLL_TAX 2:37 Federal Tax" },
	{ "a negative tax", "ACME,D1,P1,A,2026-11-25,10,2,8,,,,,,,-1,,,,,,,,\n", "error PAYROLL_TAX" },
	{ "a distribution code that is none", "ACME,D1,P1,A,2026-11-25,10,2,8,,,,,X,,,,,,,,,,\n", "error PAYROLL_DISTRIBUTION 2:36" },
	{ "three of them", "ACME,D1,P1,A,2026-11-25,10,2,8,,,,,4G1,,,,,,,,,,\n", "error PAYROLL_DISTRIBUTION" },
	{ "two of them", "ACME,D1,P1,A,2026-11-25,10,2,8,,,,,4G,,,,,,,,,,\n", "distribution=4G" },
};

static void test_distributions(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(distributions) / sizeof(distributions[0]); i++) {
		bool not = distributions[i].want[0] == '!';
		struct mhost h = { 0 };

		mhost_option(&h, "bank_data", "none");
		buf_clear(&b);
		buf_text(&b, WIDE);
		buf_text(&b, distributions[i].row);
		run(&h, buf_cstr(&b));
		if (!ok(has(&h, distributions[i].want + not) != not, "distribution: %s", distributions[i].what))
			printf("# want %s\n# records %s# findings %s", distributions[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
		mhost_release(&h);
	}
	{
		struct mhost h = { 0 };

		run(&h, WIDE "ACME,D1,P1,A,2026-11-25,10,0,10,,,,,,,,,,,,,,,\n");
		ok(mhost_count(&h.findings, "error PAYROLL_COLUMN_MISSING") == 4 && !has(&h, "PAYMENT"), "bank_data = row still wants routing, account, type and method");
		mhost_option(&h, "bank_data", "none");
		run(&h, HEAD "ACME,R7,P1,A,2026-11-25,10,0,10,021000022,1,C,ACH\n");
		ok(has(&h, "error PAYROLL_ROUTING"), "bank data that are there are judged all the same");
		mhost_release(&h);
	}
	buf_release(&b);
}

static void test_options(void)
{
	struct mhost h = { 0 };

	mhost_option(&h, "column_person_id", "Badge");
	mhost_option(&h, "dates", "us");
	mhost_option(&h, "delimiter", "semicolon");
	mhost_option(&h, "trailer", "required");
	mhost_option(&h, "runs", "many");
	run(&h, "company;run_id;badge;name;pay_date;gross;deductions;net;routing;account;account_type;method\n"
		"A;R1;P1;N;11/25/2026;10;0;10;021000021;1;C;ACH\nA;R2;P1;N;11/25/2026;10;0;10;021000021;1;C;ACH\nTRAILER;2;20;0;20\n");
	ok(h.n_findings == 0 && mhost_count(&h.records, "FILE ") == 2,
		"columns, dates, delimiter and runs follow the options");
	run(&h, "company;run_id;badge;name;pay_date;gross;deductions;net;routing;account;account_type;method\n"
		"A;R1;P1;N;11/25/2026;10;0;10;021000021;1;C;ACH\n");
	ok(has(&h, "error PAYROLL_TRAILER_MISSING"), "trailer = required misses it");
	h.n_options = 0;
	mhost_option(&h, "dates", "julian");
	run(&h, HEAD GOOD);
	ok(has(&h, "error PAYROLL_OPTION"), "an unknown value of an option is told");
	mhost_release(&h);
}

static void test_hostile(void)
{
	struct mhost h = { 0 }, one = { 0 };
	const char *good = HEAD GOOD "ACME,R7,P2,\"Bea, "
		"Example\",2026-11-25,10,0,10,021000021,\"12\"\"3\",S,CHECK\nTRAILER,2,1010.00,250.50,759.50\n";
	unsigned missed = 0, failed = 0, different = 0;
	struct buf big = { 0 };

	mhost_option(&h, "trailer", "required");
	for (size_t i = 0; i + 2 < strlen(good); i++) {		/* the last digit and the line's end: 759.5 is 759.50 */
		failed += mhost_parse(&h, payroll, (struct view){ good, i }) != 0 || h.broken;
		missed += h.n_errors == 0;
	}
	ok(missed == 0 && failed == 0, "with trailer = required a file cut at any byte is held (%u were not)", missed);
	run(&h, good);
	for (size_t i = 1; i < 60; i++) {
		one.step = i;
		run(&one, good);
		different += !view_eq(buf_as_view(&h.records), buf_as_view(&one.records)) ||
			one.n_findings != h.n_findings;
	}
	ok(different == 0, "windows of 1 to 59 bytes give the same records");
	one.step = 0;
	run(&one, good);
	for (uint64_t i = 1, calls = one.callbacks; i <= calls; i++) {
		one.stop_after = i;
		different += mhost_parse(&one, payroll, view_of(good)) != -1;
	}
	ok(different == 0, "the module stops when the host says stop, at each of its calls");
	mhost_parse(&h, payroll, VIEW(HEAD "ACME,R7,P1,A\0B,2026-11-25,10,0,10,021000021,1,C,ACH\n"));
	ok(has(&h, "error PAYROLL_CSV 2:0") && !has(&h, "PAYMENT"), "a NUL costs the row, and it is told");
	h.n_options = 0;
	run(&h, "company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method\r"
		"ACME,R7,P1,A,2026-11-25,10,0,10,021000021,1,C,ACH\r");
	ok(h.n_errors == 0 && has(&h, "PAYMENT 2"), "lines that end with CR alone are read");
	buf_text(&big, HEAD);
	buf_fill(&big, 'x', (size_t)10 << 20);
	buf_text(&big, "\n" GOOD);
	h.step = 65536;
	mhost_parse(&h, payroll, buf_as_view(&big));
	ok(has(&h, "error PAYROLL_CSV 2:0") && has(&h, "PAYMENT 3"),
		"a line of 10 MB is told and skipped, the next row is read");
	buf_clear(&big);
	buf_text(&big, HEAD);
	for (int i = 0; i < 300000; i++)
		buf_fmt(&big, "ACME,R7,P%d,A,2026-11-25,10,0,10,021000021,%d,C,ACH\n", i, i);
	buf_text(&big, "ACME,R7,P0,A,2026-11-25,10,0,10,021000021,1,C,ACH\n");
	h.quiet = true;
	mhost_parse(&h, payroll, buf_as_view(&big));
	ok(h.n_records == 300001 && h.n_errors == 1, "of 300,001 rows the one that repeats the first is found");
	buf_release(&big);
	mhost_release(&h);
	mhost_release(&one);
}

static void test_probe(void)
{
	ok(payroll->probe(VIEW(HEAD GOOD)) == 90, "a header with our names is ours");
	ok(payroll->probe(VIEW("\xef\xbb\xbfName;Net;Gross;Deductions;Routing;Account;Method\n")) == 50,
		"half of them may be ours");
	ok(payroll->probe(VIEW("id,account,currency,date,amount,sign,type,reference,party\n")) == 0,
		"a book file is not ours");
	ok(payroll->probe(VIEW("01,1,2,260105,0800,1,,,2/\n")) == 0 && payroll->probe(VIEW("")) == 0,
		"a BAI2 file and an empty one are not ours");
	for (const struct tally_code *c = payroll->findings; c->code != NULL; c++)
		if (c->title == NULL || c->action == NULL || c->source == NULL)
			ok(false, "%s has title, action and source", c->code);
}

int main(int argc, char **argv)
{
	(void)argc;
	payroll = mhost_module(argv[0], "payroll");
	if (!ok(payroll != NULL, "the module loads"))
		return done_testing();
	test_rows();
	test_header();
	test_distributions();
	test_options();
	test_hostile();
	test_probe();
	samples_run(payroll, "payroll");
	samples_reach(payroll, "payroll", "PAYROLL_PERSONS_MANY");
	return done_testing();
}
