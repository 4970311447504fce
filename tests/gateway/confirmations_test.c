/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirmations_test - what the printer and the trustee say of each item: it moves once, by their word, or a person looks
 *
 * Route with everybody around it played (tests/lib/town_ways.h): one run of four checks and two rollovers is delivered, then answers come.
 */
#include "tests/lib/town_ways.h"

#include "gateway/state.h"

static const struct row rows[] = {
	{ "E1", "1111", "ACH", 100000, 0 }, { "E2", "", "CHECK", 20000, 0 }, { "E3", "", "CHECK", 30000, 0 }, { "E4", "", "CHECK", 40000, 0 },
	{ "E5", "", "CHECK", 50000, 0 }, { "E6", "6666", "ACH", 40000, 40000 }, { "E7", "7777", "ACH", 60000, 60000 },
};

static int64_t item_of(const char *person, const char *kind)
{
	int64_t n = 0;

	ledger_int(t.route->ledger, &n, NULL, "SELECT i.id FROM item i JOIN batch b ON b.id=i.batch WHERE i.person=? AND b.kind=?", "tt", person, kind);
	return n;
}

static int64_t state_of(const char *person, const char *kind)
{
	int state = -1;

	ledger_item_state(t.route->ledger, item_of(person, kind), &state, NULL);
	return state;
}

static int64_t raised(const char *reason)
{
	int64_t n = 0;

	ledger_int(t.route->ledger, &n, NULL, "SELECT count(*) FROM exception WHERE reason=? AND alarm=1", "t", reason);
	return n;
}

static void begin(const char *run, bool acks)
{
	int64_t waits;
	char name[40];

	make_ways(100000000, acks);
	snprintf(name, sizeof(name), "%s.csv", run);
	town_drop(register_file(run, rows, sizeof(rows) / sizeof(rows[0])), "hr/register", name);
	for (int i = 0; i < 4; i++)
		if ((waits = figure("SELECT min(id) FROM batch WHERE state=2")) > 0)
			town_decide("approve", 'B', waits, 0);
	for (int i = 0; i < 40; i++)
		town_settle();
}

/* One answer of the printer: its number, its word, and what it may say besides (0 or NULL: nothing). */
static void printer(const char *name, int64_t serial, const char *verdict, int64_t new_serial, int64_t amount)
{
	struct town_file *f = town_file(name);
	char text[2][24];
	struct record r;

	record_init(&r, RECORD_FILE, 1);
	town_put(f, &r);
	record_init(&r, RECORD_CHECK_STATUS, 2);
	snprintf(text[0], sizeof(text[0]), "%lld", (long long)serial);
	snprintf(text[1], sizeof(text[1]), "%lld", (long long)new_serial);
	record_set_text(&r, F_CHECK_NUMBER, view_of(text[0]));
	record_set_text(&r, F_STATUS, view_of(verdict));
	if (new_serial != 0)
		record_set_text(&r, F_NEW_CHECK_NUMBER, view_of(text[1]));
	if (amount != 0)
		record_set_num(&r, F_AMOUNT, amount);
	town_put(f, &r);
	town_drop(f, "printer/confirmations", name);
}

static void trustee(const char *name, int64_t item, const char *person, const char *verdict, int64_t amount)
{
	struct town_file *f = town_file(name);
	struct record r;
	char text[24];

	record_init(&r, RECORD_ROLLOVER, 1);
	record_set_text(&r, F_REFERENCE, id_text('I', item, text));
	record_set_text(&r, F_PERSON, view_of(person));
	record_set_text(&r, F_STATUS, view_of(verdict));
	record_set_num(&r, F_AMOUNT, amount);
	town_put(f, &r);
	town_drop(f, "trustee/confirmations", name);
}

static void checks(void)
{
	begin("r1", false);
	is_str(text_of("SELECT group_concat(o) FROM (SELECT DISTINCT a.outbound AS o FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE d.state=5 ORDER BY 1)"), "ach,checks,pospay,rollovers",
	       "ACH, positive pay, print file and rollovers are delivered");
	ok(state_of("E2", "check") == ITEM_DELIVERED && figure("SELECT count(*) FROM check_serial") == 4, "four checks are at the printer");
	printer("p1", 5001, "PRINTED", 0, 20000);
	ok(state_of("E2", "check") == ITEM_PRINTED && state_of("E3", "check") == ITEM_DELIVERED, "a confirmed check is PRINTED, and no other");
	ok(figure("SELECT count(*) FROM audit WHERE object LIKE 'I%' AND text LIKE '%line 2%PRINTED%'") == 1, "the audit names file and line");
	printer("p2", 5001, "MAILED", 0, 0);
	ok(state_of("E2", "check") == ITEM_MAILED, "then MAILED");
	printer("p3", 5001, "PRINTED", 0, 0);
	ok(raised("CONFIRM_AGAIN") == 1 && state_of("E2", "check") == ITEM_MAILED, "an item that comes back a second time is an alarm and does not move");
	printer("p4", 5002, "PRINTED", 0, 30001);
	ok(raised("CONFIRM_AMOUNT_DIFFERS") == 1 && state_of("E3", "check") == ITEM_DELIVERED, "so is one with another amount");
	printer("p5", 9999, "PRINTED", 0, 0);
	ok(raised("UNKNOWN_SERIAL") == 1, "so is a number that was never sent");
	printer("p6", 5002, "SPOILED", 99999, 0);
	ok(raised("NUMBER_OUT_OF_RANGE") == 1 && figure("SELECT serial FROM item WHERE serial=5002") == 5002, "a reprint under a number that is not the printer's to take is an alarm, and nothing is told to the bank");
	printer("p7", 5002, "SPOILED", 5001, 0);
	ok(raised("REISSUE_REFUSED") == 1, "so is one under a number that another check has");
	printer("p8", 5002, "SPOILED", 5010, 30000);
	ok(state_of("E3", "check") == ITEM_PRINTED && figure("SELECT state=2 AND replaced_by=5010 FROM check_serial WHERE serial=5002") == 1, "a spoiled check that is printed anew is PRINTED under its new number; the old one is void");
	ok(figure("SELECT count(*) FROM batch WHERE kind='void' AND state=2 AND count=2") == 1, "the bank will be told both: it waits for a person");
	town_decide("approve", 'B', figure("SELECT id FROM batch WHERE kind='void'"), 0);
	for (int i = 0; i < 20; i++)
		town_settle();
	ok(figure("SELECT count(*) FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE a.outbound='pospay' AND d.state=5") == 2, "and then is told by a second positive-pay file");
	printer("p9", 5002, "SPOILED", 5010, 0);
	ok(raised("CONFIRM_AGAIN") == 2, "said twice, it is an alarm and no third number");
	printer("p10", 5002, "PRINTED", 0, 0);
	ok(raised("CONFIRM_CONTRADICTS") == 1, "a void number that is printed is an alarm");
	printer("p11", 5002, "VOIDED", 0, 0);
	ok(figure("SELECT count(*) FROM exception") == 7, "that a void number is voided is no news");
	printer("p12", 5003, "REJECTED", 0, 0);
	ok(state_of("E4", "check") == ITEM_MANUAL && raised("PRINTER_REJECTED") == 1, "a rejected check waits for a person");
	ok(figure("SELECT state FROM check_serial WHERE serial=5003") == 2 && figure("SELECT count(*) FROM batch WHERE kind='void'") == 2, "and the bank will be told that its number is void");
	printer("p13", 5004, "VOIDED", 0, 0);
	ok(state_of("E5", "check") == ITEM_MANUAL && raised("NOT_PRINTED") == 1, "so does one that is voided and not printed anew");
	town_decide("resolve", 'I', item_of("E4", "check"), 0);
	ok(state_of("E4", "check") == ITEM_CONFIRMED && figure("SELECT count(*) FROM exception WHERE reason='PRINTER_REJECTED' AND state=3") == 0, "a person who paid it in another way resolves it, and its alarm");
	town_decide("reject", 'I', item_of("E5", "check"), 0);
	ok(state_of("E5", "check") == ITEM_CANCELLED, "or ends it");
	town_decide("reject", 'I', item_of("E2", "check"), 0);
	ok(state_of("E2", "check") == ITEM_MAILED, "a check in the mail is not ended by a word");
	town_close();
}

static void reprints(void)
{
	begin("r2", false);
	printer_out[0].reprint_first = "900001";
	printer_out[0].reprint_last = "900999";
	printer("p1", 5001, "SPOILED", 5010, 0);
	ok(raised("NUMBER_OUT_OF_RANGE") == 1, "a printer that has numbers of its own may not take ours");
	printer("p2", 5001, "SPOILED", 900001, 0);
	ok(state_of("E2", "check") == ITEM_PRINTED && figure("SELECT count(*) FROM check_serial WHERE serial=900001") == 1, "its own it may");
	town_drop(register_file("r3", rows, 4), "hr/register", "r3.csv");
	for (int64_t b = figure("SELECT max(id) FROM batch"); b > 4; b--)
		town_decide("approve", 'B', b, 0);
	for (int i = 0; i < 20; i++)
		town_settle();
	ok(figure("SELECT count(*) FROM check_serial WHERE serial BETWEEN 5005 AND 5007") == 3 && figure("SELECT max(serial) FROM check_serial") == 900001, "and our next run goes on with our own");
	town_close();
}

static void rollovers(void)
{
	begin("r4", false);
	ok(state_of("E6", "rollover") == ITEM_DELIVERED, "two rollovers are at the trustee");
	trustee("t1", item_of("E6", "rollover"), "E6", "CONFIRMED", 40001);
	ok(raised("CONFIRM_AMOUNT_DIFFERS") == 1 && state_of("E6", "rollover") == ITEM_DELIVERED, "one that is confirmed with another amount is an alarm and does not move");
	trustee("t2", item_of("E6", "rollover"), "E7", "CONFIRMED", 40000);
	ok(raised("CONFIRM_PERSON_DIFFERS") == 1 && state_of("E6", "rollover") == ITEM_DELIVERED, "so is one for another person");
	trustee("t3", item_of("E6", "rollover"), "E6", "CONFIRMED", 40000);
	ok(state_of("E6", "rollover") == ITEM_CONFIRMED, "one that agrees is CONFIRMED");
	trustee("t4", item_of("E6", "rollover"), "E6", "REJECTED", 40000);
	ok(raised("CONFIRM_CONTRADICTS") == 1 && state_of("E6", "rollover") == ITEM_CONFIRMED, "a rejection after it is an alarm");
	trustee("t5", item_of("E7", "rollover"), "E7", "REJECTED", 60000);
	ok(state_of("E7", "rollover") == ITEM_MANUAL && raised("ROLLOVER_REJECTED") == 1, "a rejected rollover is a person's");
	ledger_do(t.route->ledger, NULL, "UPDATE batch SET items_state=12 WHERE kind='funding'", "");
	ledger_do(t.route->ledger, NULL, "UPDATE item SET state=0 WHERE person='E7' AND batch=(SELECT id FROM batch WHERE kind='rollover')", "");
	trustee("t7", item_of("E7", "rollover"), "E7", "CONFIRMED", 60000);
	ok(state_of("E7", "rollover") == ITEM_SETTLED && state_of("E6", "rollover") == ITEM_SETTLED, "confirmed rollovers whose money is charged are SETTLED");
	trustee("t6", item_of("E1", "ach"), "E1", "CONFIRMED", 100000);
	ok(raised("UNKNOWN_ITEM") == 1, "a trustee cannot confirm what was not sent to it");
	printer("p1", 5001, "CONFIRMED", 0, 0);
	ok(raised("CONFIRM_UNREADABLE") == 1, "nor a printer say what it does not do");
	town_close();
}

/* The bank rejects the file that carries the money of the rollovers: wages and funding go out again, the rollover file waits. */
static void rejected_funding(void)
{
	struct town_file *f;
	struct record r;
	int64_t files, waits;

	begin("r5", true);
	files = figure("SELECT count(*) FROM delivery");
	f = town_file("a1");
	for (int64_t a = 1; a <= figure("SELECT max(id) FROM artifact WHERE outbound='ach'"); a++) {
		char name[128];

		snprintf(name, sizeof(name), "%s", text_of("SELECT file_name FROM artifact WHERE outbound='ach' ORDER BY id LIMIT 1"));
		if (a > 1)
			snprintf(name, sizeof(name), "%s", text_of("SELECT file_name FROM artifact WHERE outbound='ach' ORDER BY id DESC LIMIT 1"));
		record_init(&r, RECORD_ACK, 1);
		record_set_text(&r, F_FILE_NAME, view_of(name));
		record_set_text(&r, F_STATUS, VIEW("rejected"));
		record_set_text(&r, F_REASON, VIEW("E014"));
		town_put(f, &r);
	}
	town_drop(f, "bank/acks", "a1.csv");
	ok(figure("SELECT count(*) FROM batch WHERE kind IN ('ach','funding') AND items_state=10 AND why='BANK_REJECTED'") == 2, "wages and funding are BANK_REJECTED");
	ok(of_batch("items_state", "check") == ITEM_DELIVERED, "checks are where they were");
	ok(of_batch("state", "rollover") == BATCH_HELD && figure("SELECT count(*) FROM artifact WHERE outbound='rollovers'") == 0, "the rollovers, which waited for the bank's word, are held");
	town_clock(1794401999 + 3600 * 3);			/* D1 */
	for (int64_t a = figure("SELECT max(id) FROM artifact WHERE outbound='ach'"); a > 0; a--)
		resend(a, "2026-11-13", 1);
	ok(figure("SELECT count(*) FROM batch WHERE kind IN ('ach','funding') AND state=2 AND effective=20770") == 2, "a person sends both again");
	for (int i = 0; i < 4; i++)
		if ((waits = figure("SELECT min(id) FROM batch WHERE state=2")) > 0)
			town_decide("approve", 'B', waits, 0);
	for (int i = 0; i < 40; i++)
		town_settle();
	ok(figure("SELECT count(*) FROM batch WHERE kind IN ('ach','funding') AND items_state=8 AND effective=20770") == 2, "approved anew, both are delivered");
	ok(figure("SELECT count(*) FROM delivery WHERE state=5") > files && figure("SELECT count(*) FROM artifact WHERE outbound='rollovers'") == 0 && figure("SELECT count(*) FROM artifact WHERE outbound='checks'") == 1,
	   "in new files; nothing is printed a second time, and the rollovers wait again");
	town_close();
}

/* The trustee rejects its file, the printer its own: each goes out again, the checks under other numbers. */
static void rejected_paper(void)
{
	int64_t print;

	begin("r6", false);
	ack("trustee/acks", "ta.csv", text_of("SELECT file_name FROM artifact WHERE outbound='rollovers'"), "rejected");
	ok(figure("SELECT items_state FROM batch WHERE kind='rollover'") == ITEM_BANK_REJECTED, "a rollover file that the trustee rejects is BANK_REJECTED");
	resend(figure("SELECT id FROM artifact WHERE outbound='rollovers'"), "2026-11-12", 1);
	town_decide("approve", 'B', figure("SELECT id FROM batch WHERE kind='rollover'"), 0);
	for (int i = 0; i < 20; i++)
		town_settle();
	ok(figure("SELECT items_state FROM batch WHERE kind='rollover'") == ITEM_DELIVERED && figure("SELECT count(DISTINCT business_key) FROM artifact WHERE outbound='rollovers'") == 2,
	   "sent again and approved anew it is another file, under another key");
	ok(figure("SELECT count(*) FROM batch WHERE kind='funding'") == 1 && figure("SELECT count(*) FROM artifact WHERE outbound='ach'") == 1, "its money is sent once");
	print = figure("SELECT id FROM artifact WHERE outbound='checks'");
	ack("printer/acks", "pa.csv", text_of("SELECT file_name FROM artifact WHERE outbound='checks'"), "rejected");
	ok(figure("SELECT items_state FROM batch WHERE kind='check'") == ITEM_BANK_REJECTED, "so is a print file that the printer rejects");
	resend(print, "2026-11-12", 1);
	ok(of_batch("state", "check") == BATCH_PROPOSED && of_batch("effective", "check") == 20769 && of_batch("items_state", "check") == ITEM_BATCHED, "sent again, its checks wait for another approval");
	ok(figure("SELECT count(*) FROM check_serial WHERE state=2") == 4 && of_batch("count", "void") == 4 && of_batch("state", "void") == BATCH_PROPOSED, "the bank knows their numbers: they are void, and it will be told");
	ok(figure("SELECT count(*) FROM expected WHERE kind='check' AND state=1") == 0, "nobody expects them to be paid");
	town_decide("approve", 'B', batch_of("check"), 1);
	ok(t.answered == 1 && place("CHK20261109-2") == -1, "who sends them again does not approve them");
	approve("void", 0);
	approve("check", 0);
	ok(of_batch("items_state", "check") == ITEM_DELIVERED && figure("SELECT count(*) FROM artifact WHERE outbound='checks'") == 2, "approved by another, they are printed from another file");
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 0, F_CHECK_NUMBER), "5005", "under numbers that were never used");
	ok(figure("SELECT count(*) FROM check_serial") == 8 && figure("SELECT count(DISTINCT serial) FROM check_serial") == 8, "none is used twice");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 3, F_CHECK_NUMBER), "5008", "the bank is told the new ones");
	ok(figure("SELECT (SELECT min(u.n) FROM audit u, delivery d, artifact a WHERE a.outbound='checks' AND d.artifact=a.id AND a.first_trace=5005 AND u.object='D'||d.id AND u.text LIKE '%UPLOADING%')"
		  " > (SELECT max(u.n) FROM audit u, delivery d, artifact a WHERE a.outbound='pospay' AND d.artifact=a.id AND u.object='D'||d.id AND u.text LIKE '%DELIVERED%')") == 1,
	   "before the printer gets a byte of them");
	is_int(figure("SELECT sum(amount_minor) FROM expected WHERE kind='check' AND state=1"), -140000, "and must show each once");
	ok(figure("SELECT whole_minor=2*140000+(SELECT sum(credit_minor) FROM batch WHERE kind IN ('ach','funding')) FROM batch WHERE kind='check'") == 1, "persons answer for both files");
	ack("printer/acks", "pb.csv", text_of("SELECT file_name FROM artifact WHERE outbound='checks' ORDER BY id DESC LIMIT 1"), "rejected");
	town_decide("reject", 'B', batch_of("check"), 0);
	ok(of_batch("items_state", "check") == ITEM_CANCELLED && figure("SELECT count(*) FROM check_serial WHERE state=2") == 8
	   && of_batch("count", "void") == 4 && figure("SELECT count(*) FROM batch WHERE kind='void'") == 2, "rejected again and given up, the others are void too, and the bank will be told");
	ok(strstr(text_of("SELECT maker FROM batch WHERE kind='void' ORDER BY id DESC LIMIT 1"), ",bob") != NULL, "by another person than who gave them up");
	town_close();
}

/* The bank rejects its list of checks when they are at the printer already: it gets the same numbers again. */
static void rejected_list(void)
{
	char name[128];
	int64_t list;

	begin("r7", true);
	printer("p1", 5001, "PRINTED", 0, 20000);
	printer("p2", 5002, "SPOILED", 5010, 30000);
	approve("void", 0);
	list = figure("SELECT id FROM artifact WHERE issues IS NOT NULL");
	resend(list, "2026-11-12", 1);
	ok(strstr(buf_cstr(&t.answer), "was not rejected by the bank") != NULL, "a list that the bank has not rejected is not sent again");
	snprintf(name, sizeof(name), "%s", text_of("SELECT file_name FROM artifact WHERE issues IS NOT NULL"));
	ack("bank/acks", "la.csv", name, "rejected");
	ok(raised("BANK_REJECTED") == 1 && of_batch("items_state", "check") == ITEM_DELIVERED, "a list of checks that the bank rejects is an alarm, and the checks stay where they are");
	resend(list, NULL, 1);
	ok(of_batch("state", "void") == BATCH_PROPOSED && of_batch("count", "void") == 4 && of_batch("credit_minor", "void") == 140000 && figure("SELECT count(*) FROM exception WHERE reason='BANK_REJECTED' AND state=3") == 0,
	   "a person sends it again, and another must approve it");
	resend(list, NULL, 2);
	ok(strstr(buf_cstr(&t.answer), "it is sent again by B") != NULL, "once");
	town_decide("approve", 'B', batch_of("void"), 1);
	ok(t.answered == 1, "not the same person");
	approve("void", 0);
	ok(of_batch("items_state", "void") == ITEM_DELIVERED && figure("SELECT count(*) FROM artifact WHERE outbound='pospay'") == 3, "then the bank has another file");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 0, F_CHECK_NUMBER), "5001", "with the numbers that the printer has");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 1, F_CHECK_NUMBER), "5010", "and the one it took for a spoiled check");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 1, F_STATUS), "issue", "as issued");
	ok(figure("SELECT count(*) FROM check_serial") == 5 && figure("SELECT count(*) FROM artifact WHERE outbound='checks'") == 1, "no number is taken and nothing is printed for it");
	town_close();
}

/* A printer that is away when the bank rejects the list: nothing is printed that the bank does not know. */
static void list_first(void)
{
	char name[128];
	int64_t list;

	make_ways(100000000, true);
	t.away = "CHK";
	town_drop(register_file("r8", rows, sizeof(rows) / sizeof(rows[0])), "hr/register", "r8.csv");
	approve("check", 0);
	ok(place("PP") >= 0 && figure("SELECT count(*) FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE a.outbound='checks' AND d.state<>5") == 1, "the bank has its list, the printer is away");
	list = figure("SELECT id FROM artifact WHERE issues IS NOT NULL");
	snprintf(name, sizeof(name), "%s", text_of("SELECT file_name FROM artifact WHERE issues IS NOT NULL"));
	ack("bank/acks", "la.csv", name, "rejected");
	t.away = NULL;
	town_settle();
	ok(answer_says("today", "\"waits_for\":\"the bank must have the list of its checks, PP20261109-1.txt\""), "today says what the print file waits for");
	ok(place("CHK") == -1, "the printer is back, and gets nothing of which the bank has rejected the list");
	resend(list, NULL, 1);
	approve("void", 0);
	for (int i = 0; i < 4; i++)
		town_settle();
	ok(place("CHK") > place("PP20261109-2"), "once the bank has it again the printer has its file");
	town_close();
}

int main(void)
{
	checks();
	reprints();
	rollovers();
	rejected_funding();
	rejected_paper();
	rejected_list();
	list_first();
	return done_testing();
}
