/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers_test - what comes back on what we sent: verdicts on files (ack), what became of checks and rollovers (confirm)
 *
 * All names are invented.
 */
#include "tests/lib/samples.h"

static const struct tally_format *ack, *confirm;

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

/* "name=value;name=value" */
struct words { char text[400]; };

static void set_options(struct mhost *h, struct words *w, const char *text)
{
	char *p = w->text;

	h->n_options = 0;
	snprintf(w->text, sizeof(w->text), "%s", text == NULL ? "" : text);
	while (*p != '\0') {
		char *value = strchr(p, '='), *end = strchr(p, ';');

		if (end != NULL)
			*end = '\0';
		*value = '\0';
		mhost_option(h, p, value + 1);
		p = end == NULL ? value + 1 + strlen(value + 1) : end + 1;
	}
}

/* "!" in front: it must not be there. */
struct row { const char *what, *options, *text, *want; };

static const struct row acks[] = {
	{ "a yes", NULL, "file,verdict\nA.ach,ACCEPTED\n", "ACK 2 status=accepted file_name=A.ach\n" },
	{ "FILE comes first", NULL, "file,verdict\nA.ach,ACCEPTED\n", "FILE 2\nACK 2" },
	{ "a no with reason, text, count and amount", NULL, "reference,verdict,reason,text,count,amount\nF1,REJECTED,E1,bad,3,10.50\n",
		"ACK 2 currency=USD amount_minor=1050 text=bad status=rejected count=3 reference=F1 reason=E1" },
	{ "capitals do not matter", NULL, "FILE,Verdict\nA.ach,accepted\n", "status=accepted" },
	{ "the bank's own words", "accepted=OK, ACK;rejected=NAK", "file,verdict\nA,ok\nB,nak\nC,ack\n", "ACK 4 status=accepted file_name=C" },
	{ "the bank's own no", "accepted=OK;rejected=NAK", "file,verdict\nB,NAK\n", "status=rejected file_name=B" },
	{ "the standard words are gone then", "accepted=OK;rejected=NAK", "file,verdict\nB,ACCEPTED\n", "error ACK_VERDICT 2:3 Verdict" },
	{ "a word that is unknown", NULL, "file,verdict\nA,PENDING\n", "error ACK_VERDICT 2:3 Verdict: the word is in none" },
	{ "and no record of it", NULL, "file,verdict\nA,PENDING\n", "!ACK 2" },
	{ "part of a word", NULL, "file,verdict\nA,ACCEPTEDX\n", "error ACK_VERDICT" },
	{ "no word at all", NULL, "file,verdict\nA,\n", "error ACK_VALUE_MISSING 2:3 Verdict: there is no verdict" },
	{ "a word in both lists", "accepted=OK;rejected=OK", "file,verdict\nA,OK\n", "the word stands in both lists" },
	{ "neither file nor reference", NULL, "file,verdict\n,ACCEPTED\n", "error ACK_NO_NAME 2" },
	{ "yes and no about one file", NULL, "file,verdict\nA,ACCEPTED\nA,REJECTED\n", "error ACK_CONTRADICTS 3:3" },
	{ "the same verdict twice is only said twice", NULL, "file,verdict\nA,ACCEPTED\nA,ACCEPTED\n", "!error" },
	{ "a count that is none", NULL, "file,verdict,count\nA,ACCEPTED,-1\n", "error ACK_COUNT 2:12 Count" },
	{ "an amount that is none", NULL, "file,verdict,amount\nA,ACCEPTED,\"1,000.00\"\n", "error ACK_AMOUNT 2:12 Amount" },
	{ "cents", "amounts=cents", "file,verdict,amount\nA,ACCEPTED,100050\n", "amount_minor=100050 " },
	{ "cents with a point", "amounts=cents", "file,verdict,amount\nA,ACCEPTED,1000.50\n", "error ACK_AMOUNT" },
	{ "yen have no cents", "currency=JPY", "file,verdict,amount\nA,ACCEPTED,100050\n", "currency=JPY amount_minor=100050 " },
	{ "columns by other names", "column_file=FileName;column_verdict=File Status;column_reason=Code",
		"Code,FileName,File Status\nE1,A.ach,REJECTED\n", "status=rejected reason=E1 file_name=A.ach" },
	{ "a semicolon between", "delimiter=semicolon", "file;verdict\nA;ACCEPTED\n", "status=accepted file_name=A" },
	{ "no verdict column", NULL, "file,state\nA,ACCEPTED\n", "error ACK_COLUMN_MISSING 1:0 Verdict: the column verdict" },
	{ "an option that is unknown", "layout=xml", "file,verdict\nA,ACCEPTED\n", "error ACK_OPTION" },
	{ "a currency that is none", "currency=dollars", "file,verdict\nA,ACCEPTED\n", "error ACK_OPTION" },
	{ "fixed positions", "layout=fixed;column_file=1-12;column_verdict=13-15;column_reason=16-19;accepted=OK;rejected=NAK",
		"A.ach       OK \nB.ach       NAKE014\n", "ACK 2 status=rejected reason=E014 file_name=B.ach" },
	{ "fixed: a line cut before its verdict", "layout=fixed;column_file=1-12;column_verdict=13-15;accepted=OK",
		"A.ach\n", "error ACK_FIELDS 1:13 Verdict: the line ends at position 5" },
	{ "fixed: only lines of a kind", "layout=fixed;lines=D;column_file=2-12;column_verdict=13-15;accepted=OK",
		"H 2026-11-09 BANK\nDA.ach      OK \nT1\n", "FILE 2\nACK 2 status=accepted file_name=A.ach\n" },
	{ "fixed: positions must be said", "layout=fixed", "x\n", "option column_verdict must say the positions" },
	{ "fixed: positions that are none", "layout=fixed;column_verdict=9-3;column_file=a-b", "x\n", "error ACK_OPTION 0:0 : option column_verdict is no positions" },
	{ "an empty file", NULL, "", "error ACK_EMPTY" },
	{ "a header alone", NULL, "file,verdict\n", "warning ACK_NO_ROWS" },
};

static const struct row confirms[] = {
	{ "a printed check", NULL, "reference,check_number,status,status_date,amount\nI1,1001,PRINTED,2026-11-10,12.50\n",
		"CHECK_STATUS 2 currency=USD amount_minor=1250 check_number=1001 status=PRINTED reference=I1 status_date=2026-11-10" },
	{ "a spoiled one with its new serial", NULL, "reference,check_number,status,new_check_number,reason\nI1,1001,spoiled,1002,torn\n",
		"check_number=1001 status=SPOILED reference=I1 reason=torn new_check_number=1002" },
	{ "a spoiled one that was not printed anew", NULL, "check_number,status\n1001,SPOILED\n", "CHECK_STATUS 2 check_number=1001 status=SPOILED" },
	{ "a new serial beside another status", NULL, "check_number,status,new_check_number\n1001,MAILED,1002\n", "error CONFIRM_NEW_SERIAL 2:13" },
	{ "a new serial that is the old one", NULL, "check_number,status,new_check_number\n1001,SPOILED,1001\n", "the new serial number is the spoiled one" },
	{ "a serial with letters", NULL, "check_number,status\n10x1,MAILED\n", "error CONFIRM_SERIAL 2:1 Check Number" },
	{ "a status of its own", NULL, "check_number,status\n1001,LOST\n", "error CONFIRM_STATUS 2:6" },
	{ "and no record of it", NULL, "check_number,status\n1001,LOST\n", "!CHECK_STATUS" },
	{ "a trustee's word is none of a printer's", NULL, "reference,status\n1001,CONFIRMED\n", "error CONFIRM_STATUS" },
	{ "a confirmed rollover", "of=rollover", "reference,person,amount,status\nR1,P1,2500.00,CONFIRMED\n",
		"ROLLOVER 2 currency=USD amount_minor=250000 status=CONFIRMED reference=R1 person=P1" },
	{ "a rejected rollover", "of=rollover", "reference,status,reason\nR1,REJECTED,no such account\n", "status=REJECTED reference=R1 reason=no\\x20such\\x20account" },
	{ "a rollover without a reference", "of=rollover", "reference,person,status\n,P1,CONFIRMED\n", "error CONFIRM_NO_NAME" },
	{ "a check that nobody knows", NULL, "reference,check_number,status\n,,PRINTED\n", "error CONFIRM_NO_NAME" },
	{ "the same word twice", NULL, "check_number,status\n1,PRINTED\n1,PRINTED\n", "error CONFIRM_TWICE 3" },
	{ "printed, then mailed", NULL, "check_number,status\n1,PRINTED\n1,MAILED\n", "!error" },
	{ "an amount of nothing", NULL, "check_number,status,amount\n1,PRINTED,0.00\n", "error CONFIRM_NOT_POSITIVE" },
	{ "a date that is none", NULL, "check_number,status,status_date\n1,PRINTED,2026-02-30\n", "error CONFIRM_DATE 2:11" },
	{ "American dates", "dates=us", "check_number,status,status_date\n1,PRINTED,11/10/2026\n", "status_date=2026-11-10" },
	{ "a trailer that agrees", NULL, "check_number,status,amount\n1,PRINTED,1.00\nTRAILER,1,1.00\n", "TOTAL 3 amount_minor=100 type=trailer count=1" },
	{ "a trailer with a wrong count", NULL, "check_number,status,amount\n1,PRINTED,1.00\nTRAILER,2,1.00\n", "the trailer counts 2 rows, 1 were read" },
	{ "a trailer with a wrong sum", NULL, "check_number,status,amount\n1,PRINTED,1.00\nTRAILER,1,1.01\n", "error CONFIRM_TRAILER 3" },
	{ "a trailer that is missed", "trailer=required", "check_number,status\n1,PRINTED\n", "error CONFIRM_TRAILER_MISSING" },
	{ "rows after it", NULL, "check_number,status\n1,PRINTED\nTRAILER,1\n2,PRINTED\n", "error CONFIRM_AFTER_TRAILER 4" },
	{ "no status column", NULL, "check_number\n1\n", "error CONFIRM_COLUMN_MISSING 1:0 Status" },
	{ "columns by other names", "column_status=State;column_check_number=Serial", "Serial,State\n1001,MAILED\n", "check_number=1001 status=MAILED" },
};

static void test(const struct tally_format *f, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool not = rows[i].want[0] == '!';
		struct mhost h = { 0 };
		struct words w;

		set_options(&h, &w, rows[i].options);
		mhost_parse(&h, f, view_of(rows[i].text));
		if (!ok(has(&h, rows[i].want + not) != not, "%s: %s", f->name, rows[i].what))
			printf("# want %s\n# records %s# findings %s", rows[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
		mhost_release(&h);
	}
}

static void test_stops(const struct tally_format *f, const char *text)
{
	struct mhost h = { .step = 5 };
	unsigned wrong = 0;
	uint64_t calls;

	mhost_parse(&h, f, view_of(text));
	calls = h.callbacks;
	for (uint64_t i = 1; i <= calls; i++) {
		h.stop_after = i;
		wrong += mhost_parse(&h, f, view_of(text)) != -1;
	}
	ok(wrong == 0 && calls > 5, "%s stops when the host says so, at each of %u calls", f->name, (unsigned)calls);
	mhost_release(&h);
}

int main(int argc, char **argv)
{
	(void)argc;
	ack = mhost_module(argv[0], "ack");
	confirm = mhost_module(argv[0], "confirm");
	if (!ok(ack != NULL && confirm != NULL, "the modules are there"))
		return done_testing();
	test(ack, acks, sizeof(acks) / sizeof(acks[0]));
	test(confirm, confirms, sizeof(confirms) / sizeof(confirms[0]));
	test_stops(ack, "file,verdict\nA,PENDING\nB,ACCEPTED\n");
	test_stops(confirm, "check_number,status\nA,PENDING\n1,PRINTED\nTRAILER,9\nx,y\n");
	samples_run(ack, "ack");
	samples_reach(ack, "ack", "-");
	samples_run(confirm, "confirm");
	samples_reach(confirm, "confirm", "CONFIRM_MANY");
	return done_testing();
}
