/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvstmt_test - bank statements as CSV: the ways to write an amount, days as statements, the chain of running balances
 */
#include "tests/lib/samples.h"

static const struct tally_format *csvstmt;

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

#define A "account=44;currency=USD"

/* options are "name=value;name=value"; "!" in front of want: it must not be there. */
static const struct { const char *what, *options, *text, *want; } cases[] = {
	{ "money in", A, "date,amount\n2026-11-10,1.00\n", "STATEMENT 2 account=44 currency=USD as_of_date=2026-11-10\nENTRY 2 account=44 currency=USD amount_minor=100 booking_date=2026-11-10\n" },
	{ "money out", A, "date,amount\n2026-11-10,-1.00\n", "amount_minor=-100 " },
	{ "a sign of its own", A, "date,amount,sign\n2026-11-10,1.00,DR\n", "amount_minor=-100 " },
	{ "the bank's words for it", A ";credit=Haben;debit=Soll", "date,amount,sign\n2026-11-10,1.00,haben\n", "amount_minor=100 " },
	{ "a sign that is none", A, "date,amount,sign\n2026-11-10,1.00,X\n", "error CSVSTMT_SIDE 2:17 Sign" },
	{ "two signs", A, "date,amount,sign\n2026-11-10,-1.00,CR\n", "error CSVSTMT_SIDE 2:18 Sign: the amount is negative" },
	{ "a column for each side", A, "date,debit,credit\n2026-11-10,,2.00\n2026-11-10,1.00,\n", "amount_minor=200 booking_date=2026-11-10\nENTRY 3 account=44 currency=USD amount_minor=-100 " },
	{ "a debit with its minus", A, "date,debit,credit\n2026-11-10,-1.00,\n", "amount_minor=-100 " },
	{ "both sides", A, "date,debit,credit\n2026-11-10,1.00,2.00\n", "the row has a debit and a credit" },
	{ "neither side", A, "date,debit,credit\n2026-11-10,,\n", "the row has neither" },
	{ "thousands", A, "date,amount\n2026-11-10,\"1,234,567.89\"\n", "amount_minor=123456789 " },
	{ "thousands in the wrong place", A, "date,amount\n2026-11-10,\"12,34.00\"\n", "error CSVSTMT_AMOUNT" },
	{ "a comma for the cents", A ";decimal=comma;delimiter=semicolon", "date;amount\n2026-11-10;-1.234,50\n", "amount_minor=-123450 " },
	{ "a point where a comma is meant", A ";decimal=comma;delimiter=semicolon", "date;amount\n2026-11-10;1234.50\n", "error CSVSTMT_AMOUNT" },
	{ "a comma where a point is meant", A, "date,amount\n2026-11-10,\"1234,50\"\n", "error CSVSTMT_AMOUNT" },
	{ "three decimals", A, "date,amount\n2026-11-10,1.005\n", "error CSVSTMT_AMOUNT" },
	{ "yen", "account=44;currency=JPY", "date,amount\n2026-11-10,1005\n", "currency=JPY amount_minor=1005 " },
	{ "a currency sign", A, "date,amount\n2026-11-10,$1.00\n", "error CSVSTMT_AMOUNT" },
	{ "European days", A ";dates=eu", "date,amount\n10.11.2026,1\n", "booking_date=2026-11-10" },
	{ "a day that is none", A, "date,amount\n2026-13-10,1\n", "error CSVSTMT_DATE 2:1 Date" },
	{ "rows before the header", A ";skip_rows=2", "Example Bank\nAccount,44\ndate,amount\n2026-11-10,1\n", "ENTRY 4 " },
	{ "opening and closing from the running balance", A, "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-10,2.00,13.00\n",
		"BALANCE 2 account=44 currency=USD amount_minor=1000 type=opening as_of_date=2026-11-10\nENTRY 2" },
	{ "and the closing one", A, "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-10,2.00,13.00\n", "amount_minor=1300 type=closing as_of_date=2026-11-10" },
	{ "newest first", A ";order=newest", "date,amount,balance\n2026-11-10,2.00,13.00\n2026-11-10,1.00,11.00\n",
		"amount_minor=1000 type=opening as_of_date=2026-11-10\nBALANCE 3 account=44 currency=USD amount_minor=1300 type=closing" },
	{ "newest first, chain", A ";order=newest", "date,amount,balance\n2026-11-11,2.00,13.00\n2026-11-10,1.00,11.00\n", "!CSVSTMT_BALANCE" },
	{ "a row that is missing", A, "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-10,2.00,13.50\n", "error CSVSTMT_BALANCE 3:17 Balance: the balance is 13.50, it should be 13.00" },
	{ "a chain over days", A, "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-11,2.00,13.50\n", "error CSVSTMT_BALANCE 3" },
	{ "each day is a statement", A, "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-11,2.00,13.00\n", "STATEMENT 3 account=44 currency=USD as_of_date=2026-11-11\nBALANCE 3 account=44 currency=USD amount_minor=1100 type=opening" },
	{ "other accounts have other balances", "currency=USD", "account,date,amount,balance\n1,2026-11-10,1.00,11.00\n2,2026-11-10,2.00,50.00\n", "!CSVSTMT_BALANCE" },
	{ "days the other way round", A, "date,amount\n2026-11-11,1\n2026-11-10,1\n", "warning CSVSTMT_ORDER 3:1" },
	{ "pending rows inform", A, "date,amount,balance,status\n2026-11-10,1.00,11.00,\n2026-11-10,5.00,,Pending\n2026-11-10,1.00,12.00,\n", "amount_minor=500 booking_date=2026-11-10 status=PDNG provisional=1" },
	{ "and are no part of the chain", A, "date,amount,balance,status\n2026-11-10,1.00,11.00,\n2026-11-10,5.00,,Pending\n2026-11-10,1.00,12.00,\n", "!CSVSTMT_BALANCE" },
	{ "no account", "currency=USD", "date,amount\n2026-11-10,1\n", "error CSVSTMT_NO_ACCOUNT" },
	{ "no currency", "account=44", "date,amount\n2026-11-10,1\n", "error CSVSTMT_NO_ACCOUNT" },
	{ "no amount", A, "date,text\n2026-11-10,x\n", "error CSVSTMT_NO_AMOUNT" },
	{ "a running balance may be a warning", A ";CSVSTMT_BALANCE=warning", "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-10,2.00,13.50\n", "warning CSVSTMT_BALANCE 3" },
	{ "and its row is told", A ";CSVSTMT_BALANCE=off", "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-10,2.00,13.50\n", "ENTRY 3 account=44 currency=USD amount_minor=200 " },
	{ "but it is never off", A ";CSVSTMT_BALANCE=off", "date,amount,balance\n2026-11-10,1.00,11.00\n2026-11-10,2.00,13.50\n", "warning CSVSTMT_BALANCE 3" },
	{ "what costs a row stays an error", A ";CSVSTMT_AMOUNT=off", "date,amount\n2026-11-10,1.005\n", "error CSVSTMT_AMOUNT" },
	{ "a note may be off", A ";CSVSTMT_STATUS=off", "date,amount,status\n2026-11-10,5.00,Pending\n", "!CSVSTMT_STATUS" },
	{ "a warning may be an error", A ";CSVSTMT_ORDER=error", "date,amount\n2026-11-11,1\n2026-11-10,1\n", "error CSVSTMT_ORDER 3:1" },
	{ "a severity that is none", A ";CSVSTMT_ORDER=perhaps", "date,amount\n2026-11-10,1\n", "error CSVSTMT_OPTION 0:0 : option CSVSTMT_ORDER is none of error, warning, note, off" },
	{ "a negative skip", A ";skip_rows=-1", "date,amount\n2026-11-10,1\n", "error CSVSTMT_OPTION" },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool not = cases[i].want[0] == '!';
		struct mhost h = { 0 };
		char options[300], *p = options;

		snprintf(options, sizeof(options), "%s", cases[i].options);
		while (p != NULL && *p != '\0') {
			char *value = strchr(p, '='), *end = strchr(p, ';');

			if (end != NULL)
				*end++ = '\0';
			*value = '\0';
			mhost_option(&h, p, value + 1);
			p = end;
		}
		mhost_parse(&h, csvstmt, view_of(cases[i].text));
		if (!ok(has(&h, cases[i].want + not) != not, "%s", cases[i].what))
			printf("# want %s\n# records %s# findings %s", cases[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
		mhost_release(&h);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	csvstmt = mhost_module(argv[0], "csvstmt");
	if (!ok(csvstmt != NULL, "the module is there"))
		return done_testing();
	test_cases();
	samples_run(csvstmt, "csvstmt");
	samples_reach(csvstmt, "csvstmt", "-");
	return done_testing();
}
