/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ways_test - a run that leaves by ACH, by check and to a trustee: what is divided, numbered, funded, told to the bank, and in which order
 *
 * Route with everybody around it played (tests/lib/town_ways.h).  D0 is Monday 2026-11-09, day 20766; the runs are paid on D1.
 */
#include "tests/lib/town_ways.h"

#include "gateway/roles/route/funding.h"
#include "gateway/roles/route/ways.h"
#include "gateway/state.h"

static const struct row mixed[] = {
	{ "E1", "1111", "ACH", 100000, 0 }, { "E2", "2222", "ACH", 50000, 0 }, { "E3", "3333", "CHECK", 20000, 0 }, { "E4", "", "", 30000, 0 },
	{ "E5", "5555", "ACH", 80000, 60000 }, { "E6", "6666", "ACH", 40000, 40000 },
};
#define MIXED (sizeof(mixed) / sizeof(mixed[0]))
#define MIXED_NET 320000

static bool today_says(const char *words)
{
	return answer_says("today", words);
}

static void divided(void)
{
	make_ways(1000000, false);
	town_drop(register_file("r1", mixed, MIXED), "hr/register", "r1.csv");
	ok(figure("SELECT count(*) FROM batch WHERE state=2") == 4, "a run with all ways is proposed as four batches");
	ok(of_batch("count", "ach") == 3 && of_batch("credit_minor", "ach") == 170000, "ACH pays two rows and what one rollover left");
	ok(of_batch("count", "check") == 2 && of_batch("credit_minor", "check") == 50000, "checks pay who asked for one and who has no account");
	ok(of_batch("count", "rollover") == 2 && of_batch("credit_minor", "rollover") == 100000, "the trustee is told of two rollovers");
	ok(of_batch("count", "funding") == 1 && of_batch("credit_minor", "funding") == 100000, "and gets their money in one credit");
	is_int(figure("SELECT sum(credit_minor) FROM batch WHERE kind<>'funding'"), MIXED_NET, "the run's batches add up to its net");
	ok(figure("SELECT count(*) FROM batch WHERE whole_minor=320000") == 4, "each knows what the run pays in all");
	ok(figure("SELECT count(*) FROM item WHERE method='check' AND why='NO_ACCOUNT'") == 1, "a check that nobody asked for says why it is one");
	is_str(text_of("SELECT group_concat(kind) FROM (SELECT kind FROM batch ORDER BY id)"), "ach,check,rollover,funding", "the batches are made in one order");
	ok(figure("SELECT count(*) FROM item WHERE serial IS NOT NULL") == 0, "no check has a number before its approval");

	approve("rollover", 0);
	ok(place("RO") == -1 && of_batch("state", "rollover") == BATCH_APPROVED, "an approved rollover waits for its money");
	is_str(text_of("SELECT why FROM batch WHERE kind='rollover'"), "AWAITS_FUNDING", "and says so");
	ok(today_says("\"waits_for\":\"its money, B4: must be approved\""), "today names the batch of the money and what it needs");
	approve("funding", 0);
	ok(today_says("\"waits_for\":\"the rest of its run, B1\""), "today names what the money waits for");
	ok(place("RO") == -1 && place("PAY") == -1, "approved too, the money leaves with the rest of the run that goes by its outbound");
	ok(today_says("\"waits_for\":\"its money, B4: must leave\""), "and the rollover after it");
	approve("ach", 0);
	ok(place("PAY") >= 0 && place("RO") > place("PAY"), "in one file, and only then the rollover's");
	ok(figure("SELECT (SELECT min(n) FROM audit u, delivery d, artifact a WHERE a.outbound='rollovers' AND d.artifact=a.id AND u.object='D'||d.id AND u.text LIKE '%UPLOADING%')"
		  " > (SELECT max(n) FROM audit u, delivery d, artifact a WHERE a.outbound='ach' AND d.artifact=a.id AND u.object='D'||d.id AND u.text LIKE '%DELIVERED%')") == 1,
	   "not a byte of the rollover file leaves before the bank has its money");
	ok(figure("SELECT why IS NULL FROM batch WHERE kind='rollover'") == 1, "and it waits no more");
	is_str(in_file("ach", RECORD_BATCH, 0, F_SEC), "PPD", "that pays people");
	is_str(in_file("ach", RECORD_BATCH, 1, F_SEC), "CCD", "and the trustee, from company to company");
	is_str(in_file("ach", RECORD_PAYMENT, 3, F_INDIVIDUAL_ID), text_of("SELECT reference FROM batch WHERE kind='rollover'"), "with the rollover file's reference");
	is_str(in_file("rollovers", RECORD_FILE, 0, F_REFERENCE), text_of("SELECT reference FROM batch WHERE kind='funding'"), "which stands in that file too");
	is_str(in_file("ach", RECORD_PAYMENT, 3, F_TRANSACTION_CODE), "32", "into the trustee's savings account");
	is_str(in_file("rollovers", RECORD_ROLLOVER, 1, F_PAYEE), "Summit Trust FBO Ada Lovelace", "a rollover is payable to the trustee for the person");
	ok(figure("SELECT count(*) FROM expected WHERE kind='settlement' AND amount_minor=-270000") == 1 && figure("SELECT count(*) FROM expected") == 1,
	   "the bank must show that file, and nothing for the rollover file");

	approve("check", 0);
	ok(place("PP") >= 0 && place("CHK") > place("PP"), "the bank has the positive-pay file before the printer has the checks");
	ok(figure("SELECT (SELECT min(n) FROM audit u, delivery d, artifact a WHERE a.outbound='checks' AND d.artifact=a.id AND u.object='D'||d.id AND u.text LIKE '%UPLOADING%')"
		  " > (SELECT max(n) FROM audit u, delivery d, artifact a WHERE a.outbound='pospay' AND d.artifact=a.id AND u.object='D'||d.id AND u.text LIKE '%DELIVERED%')") == 1,
	   "not a byte of the print file leaves before that");
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 0, F_CHECK_NUMBER), "5001", "the first check has the first number");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 1, F_CHECK_NUMBER), "5002", "the bank is told the same numbers");
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 1, F_PAYEE), in_file("pospay", RECORD_CHECK_ISSUE, 1, F_PAYEE), "and the same payees");
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 0, F_CITY), "Springfield", "the printer has the address");
	ok(figure("SELECT count(*) FROM item i JOIN check_serial s ON s.item=i.id AND s.serial=i.serial WHERE s.account='777' AND s.state=1") == 2, "each number is written down as used");
	ok(figure("SELECT count(*) FROM expected WHERE kind='check' AND partner='bank' AND account='777' AND reference IN ('5001','5002')") == 2, "the bank must show each check by its number");
	is_int(figure("SELECT sum(amount_minor) FROM expected WHERE kind='check'"), -50000, "for its amount");
	ok(of_batch("items_state", "check") == ITEM_DELIVERED, "the checks are DELIVERED with their print file");
	ok(of_batch("items_state", "ach") == ITEM_DELIVERED, "the ACH payments with theirs");
	town_clock(1794488400);				/* 2026-11-12T13:00:00Z */
	ok(of_batch("items_state", "ach") == ITEM_DUE && of_batch("items_state", "check") == ITEM_DELIVERED && of_batch("items_state", "rollover") == ITEM_DELIVERED,
	   "only what the bank books on a day falls due");
	ok(figure("SELECT count(*) FROM artifact WHERE state<>4") == 0 && figure("SELECT count(*) FROM delivery WHERE state<>5") == 0, "all four files are signed and delivered");
}

static void persons(void)
{
	make_ways(300000, false);
	town_drop(register_file("r2", mixed, MIXED), "hr/register", "r2.csv");
	ok(figure("SELECT count(*) FROM batch WHERE persons=2") == 4, "a run above the bank's limit needs two persons for every part, however small");
	approve("check", 0);
	ok(place("PP") == -1 && place("CHK") == -1 && of_batch("state", "check") == BATCH_PROPOSED, "one is not enough for its checks, nor for telling the bank of them");
	approve("check", 1);
	ok(place("PP") >= 0 && place("CHK") >= 0, "two are");
	town_close();
	make_ways(1000000, false);
	town_drop(register_file("r2", mixed, MIXED), "hr/register", "r2.csv");
	approve("rollover", 0);
	town_decide("reject", 'B', batch_of("funding"), 0);
	ok(of_batch("state", "rollover") == BATCH_REJECTED && of_batch("items_state", "rollover") == ITEM_CANCELLED && place("RO") == -1,
	   "a rollover whose money is rejected is rejected with it");
	town_close();
}

/* The payee's bank sends a payment back, as returns.c does it. */
static void come_back(int64_t item)
{
	struct err e = { 0, "" };

	ledger_begin(t.route->ledger, &e);
	clock_actor(t.route, "test");
	if (ledger_move(t.route->ledger, THING_ITEM, item, ITEM_RETURNED, "R03", &e) != 0 || funding_returned(t.route, item, &e) != 0)
		printf("# %s\n", e.text);
	ledger_commit(t.route->ledger, &e);
	town_settle();
}

/* A bank that answers our files: the trustee hears of a rollover when its money is accepted, and not when it is rejected. */
static void funded(void)
{
	char file[128];
	int64_t first;

	make_ways(1000000, true);
	town_drop(register_file("r8", mixed, MIXED), "hr/register", "r8.csv");
	approve("rollover", 0);
	approve("funding", 0);
	approve("ach", 0);
	ok(place("PAY") >= 0 && place("RO") == -1 && of_batch("items_state", "funding") == ITEM_DELIVERED, "the bank has the money and has not answered: the rollover waits");
	ok(today_says("\"waits_for\":\"its money, B4: the bank must accept it\""), "and today says for what");
	first = figure("SELECT artifact FROM batch WHERE kind='funding'");
	snprintf(file, sizeof(file), "%s", text_of("SELECT file_name FROM artifact WHERE outbound='ach'"));
	ack("bank/acks", "a1.csv", file, "rejected");
	ok(of_batch("state", "rollover") == BATCH_HELD && of_batch("items_state", "rollover") == ITEM_APPROVED && place("RO") == -1, "money that the bank rejects holds the rollover");
	is_str(text_of("SELECT why FROM batch WHERE kind='rollover'"), "FUNDING_REJECTED", "with a reason of its own");
	town_decide("release", 'B', batch_of("rollover"), 2);
	approve("rollover", 0);
	ok(of_batch("state", "rollover") == BATCH_APPROVED && place("RO") == -1, "a person who releases it does not let it leave without its money");
	resend(first, "2026-11-12", 1);
	ok(figure("SELECT count(*) FROM batch WHERE kind IN ('ach','funding','rollover') AND state=2 AND effective=20769") == 3, "sent again, the money takes the rollover along, to the same day");
	approve("ach", 0);
	approve("funding", 0);
	ok(place("RO") == -1 && figure("SELECT count(*) FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE a.outbound='ach' AND d.state=5") == 1, "neither leaves before both are approved anew");
	approve("rollover", 0);
	ok(figure("SELECT count(*) FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE a.outbound='ach' AND d.state=5") == 2 && place("RO") == -1, "then the money leaves first");
	town_settle();
	snprintf(file, sizeof(file), "%s", text_of("SELECT file_name FROM artifact WHERE outbound='ach' ORDER BY id DESC LIMIT 1"));
	ack("bank/acks", "a2.csv", file, "accepted");
	ok(place("RO") >= 0 && of_batch("items_state", "rollover") == ITEM_DELIVERED, "accepted, the rollover follows");
	is_int(figure("SELECT count(*) FROM artifact WHERE outbound='rollovers'"), 1, "once");
	town_close();

	make_ways(1000000, true);
	town_drop(register_file("r9", mixed, MIXED), "hr/register", "r9.csv");
	approve("rollover", 0);
	approve("funding", 0);
	approve("ach", 0);
	snprintf(file, sizeof(file), "%s", text_of("SELECT file_name FROM artifact WHERE outbound='ach'"));
	ack("bank/acks", "a1.csv", file, "rejected");
	town_decide("reject", 'B', batch_of("funding"), 0);
	ok(of_batch("state", "rollover") == BATCH_REJECTED && of_batch("items_state", "rollover") == ITEM_CANCELLED && place("RO") == -1, "money that is given up ends the rollover that waited for it");
	is_str(text_of("SELECT why FROM batch WHERE kind='rollover'"), "TWIN_REJECTED", "and says why");
	town_close();

	make_ways(1000000, false);
	town_drop(register_file("r10", mixed, MIXED), "hr/register", "r10.csv");
	approve("rollover", 0);
	approve("funding", 0);
	approve("ach", 0);
	ok(place("RO") > place("PAY"), "a bank that never answers has the money when its file is delivered");
	partners[1].n_in = 1;
	snprintf(file, sizeof(file), "%s", text_of("SELECT file_name FROM artifact WHERE outbound='ach'"));
	ack("bank/acks", "a1.csv", file, "rejected");
	ok(figure("SELECT count(*) FROM exception WHERE reason='FUNDING_REJECTED' AND alarm=1 AND state=3") == 1 && of_batch("items_state", "rollover") == ITEM_DELIVERED,
	   "if it answers all the same that it rejects it, the rollover that the trustee has is an alarm");
	town_close();

	make_ways(1000000, false);
	town_drop(register_file("r17", mixed, MIXED), "hr/register", "r17.csv");
	approve("rollover", 0);
	approve("funding", 0);
	t.away = "RO";
	approve("ach", 0);
	for (int i = 0; i < 40 && figure("SELECT state FROM delivery WHERE final_name LIKE 'RO%'") != 7; i++)
		town_settle();
	come_back(figure("SELECT i.id FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind='funding'"));
	ok(figure("SELECT count(*) FROM delivery WHERE state=8 AND why='FUNDING_REJECTED'") == 1, "money that comes back while the trustee is away holds the file");
	town_decide("release", 'D', figure("SELECT id FROM delivery WHERE state=8"), 1);
	t.away = NULL;
	for (int i = 0; i < 4; i++)
		town_settle();
	ok(place("RO") == -1, "and a release alone does not let it leave");
	town_close();
}

/* What the printer says of one check, as the room that reads confirmations will ask for it. */
static int reissue(int64_t parcel, int64_t item, int64_t serial)
{
	struct err e = { 0, "" };
	int rc;

	ledger_begin(t.route->ledger, &e);
	clock_actor(t.route, "test");
	rc = ways_reissue(t.route, parcel, item, serial, &e);
	ledger_commit(t.route->ledger, &e);
	town_settle();
	if (rc < 0)
		printf("# %s\n", e.text);
	return rc;
}

static void spoiled(void)
{
	int64_t item = figure("SELECT item FROM check_serial WHERE serial=5001"), parcel = figure("SELECT max(id) FROM parcel");

	ok(reissue(parcel, item, 5002) == 0, "a number that another check has is refused");
	ok(reissue(parcel, figure("SELECT min(i.id) FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind='ach'"), 7001) == 0, "an ACH payment has no number to replace");
	ok(reissue(parcel, item, 7001) == 1, "a spoiled check gets the printer's new number");
	ok(figure("SELECT serial FROM item WHERE id=(SELECT item FROM check_serial WHERE serial=5001)") == 7001, "the payment has the new one");
	ok(figure("SELECT state=2 AND replaced_by=7001 FROM check_serial WHERE serial=5001") == 1, "the old one is void and says by which it was replaced");
	ok(of_batch("state", "void") == BATCH_PROPOSED && of_batch("count", "void") == 2 && of_batch("persons", "void") == 1, "what the bank is told of it waits for a person");
	ok(figure("SELECT count(*) FROM expected WHERE kind='check' AND reference='7001' AND state=1") == 1 && figure("SELECT state FROM expected WHERE reference='5001'") == 4,
	   "the bank must show the new number, and the old one no more");
	ok(figure("SELECT count(*) FROM artifact WHERE outbound='pospay'") == 1, "nothing is sent before the approval");
	approve("void", 0);
	ok(figure("SELECT count(*) FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE a.outbound='pospay' AND d.state=5") == 2, "then the bank has a second file");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 0, F_STATUS), "void", "which takes the old number back");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 0, F_CHECK_NUMBER), "5001", "by its number");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 1, F_CHECK_NUMBER), "7001", "and issues the new one");
	ok(figure("SELECT count(*) FROM artifact WHERE outbound='checks'") == 1, "nothing is printed by us again");
	ok(figure("SELECT sum(amount_minor) FROM item") == MIXED_NET + 100000 + 2 * 20000, "void and issue are items");
	ok(answer_says("status", "\"items\":[{\"state\":\"DELIVERED\",\"count\":4,\"amount_minor\":150000},{\"state\":\"DUE\",\"count\":3,\"amount_minor\":170000}]"),
	   "and no payments: over the states of status lies what the run pays");
	ok(answer_says("status", "{\"kind\":\"void\",\"state\":\"DELIVERED\",\"count\":2,\"amount_minor\":40000}") && answer_says("status", "{\"kind\":\"funding\""), "and what the bank is told besides");
	ok(reissue(parcel, item, 7002) == 0, "that confirmation file's voids are under way: a second one of it is refused");
	town_close();
}

static void only_checks(void)
{
	static const struct row rows[] = { { "E1", "1", "CHECK", 700, 0 }, { "E2", "1", "CHECK", 800, 0 } };
	int64_t item;

	make_ways(1000000, false);
	town_drop(register_file("r3", rows, 2), "hr/register", "r3.csv");
	ok(figure("SELECT count(*) FROM batch") == 1 && of_batch("state", "check") == BATCH_PROPOSED, "a run of checks alone is one batch of checks");
	approve("check", 0);
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 1, F_CHECK_NUMBER), "5002", "they are numbered");
	item = figure("SELECT item FROM check_serial WHERE serial=5002");
	ok(reissue(figure("SELECT max(id) FROM parcel"), item, 5003) == 1, "a printer takes the next number for a spoiled check");
	town_drop(register_file("r4", rows, 2), "hr/register", "r4.csv");
	approve("check", 1);
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 0, F_CHECK_NUMBER), "5004", "the next run's numbers begin behind it");
	ok(figure("SELECT count(*) FROM check_serial") == 5 && figure("SELECT count(DISTINCT serial) FROM check_serial") == 5, "no number is used twice");
	town_close();
}

static void somebody_holds(void)
{
	t.meanwhile = NULL;
	town_decide("hold", 'B', batch_of("check"), 2);
}

static const char *answer(void)
{
	return buf_cstr(&t.answer);
}

/* One signature for all that a run leaves by; what it names is what the person was shown. */
static void whole(void)
{
	struct row many[40];
	int64_t run;

	for (int i = 0; i < 40; i++)
		many[i] = (struct row){ .person = "E1", .account = "1111", .method = "ACH", .net = 100 + i };
	make_ways(300000, false);
	run = town_drop(register_file("r11", mixed, MIXED), "hr/register", "r11.csv");
	town_decide("approve", 'F', run, 0);
	ok(t.answered == 0 && figure("SELECT count(*) FROM batch WHERE state=2") == 4, "one person of two approves a run by one decision: %s", buf_cstr(&t.answer));
	ok(strstr(answer(), "F1: 4 batches signed: 4 PROPOSED\"") != NULL, "and hears what became of them");
	ok(figure("SELECT count(*) FROM statement WHERE act='approve' AND run='F1' AND operator='bob'") == 4 && figure("SELECT count(DISTINCT run_nonce) FROM statement") == 1
	   && figure("SELECT count(DISTINCT nonce) FROM statement") == 4, "it counts for each of its batches by a nonce of its own");
	ok(figure("SELECT count(*) FROM run_list WHERE list LIKE 'B1 3 0 170000 USD %;B2 2 0 50000 USD %;B3 2 0 100000 USD %;B4 1 0 100000 USD %;'") == 1, "what was signed names each with its count and sums");
	town_decide("approve", 'F', run, 0);
	ok(t.answered == 1 && strstr(buf_cstr(&t.answer), "no batch that waits for your approval") != NULL, "he cannot approve it again");
	t.meanwhile = somebody_holds;
	town_decide("approve", 'F', run, 1);
	ok(t.answered == 1 && strstr(buf_cstr(&t.answer), "has changed since you looked") != NULL && figure("SELECT count(*) FROM batch WHERE state=3") == 0,
	   "a batch that somebody held between the look and the signature: nothing of the run is approved");
	town_decide("approve", 'F', run, 1);
	ok(figure("SELECT count(*) FROM batch WHERE state=3") == 3 && of_batch("state", "check") == BATCH_HELD, "he looks again and approves the others");
	ok(place("PAY") >= 0 && place("RO") > place("PAY"), "which leave, the money first");
	town_decide("release", 'B', batch_of("check"), 2);
	town_decide("approve", 'F', run, 2);
	ok(t.answered == 1 && strstr(buf_cstr(&t.answer), "touched B2") != NULL, "who touched one of the batches approves no run with it");
	town_decide("approve", 'F', run, 1);
	ok(place("CHK") >= 0, "the last one is approved by the same command");
	town_close();

	make_ways(1000000, false);
	run = town_drop(register_file("r12", mixed, MIXED), "hr/register", "r12.csv");
	approve("check", 0);
	town_decide("reject", 'F', run, 0);
	ok(figure("SELECT count(*) FROM batch WHERE state=5 AND items_state=15") == 3 && of_batch("items_state", "check") == ITEM_DELIVERED, "a run is rejected whole but for what has left: %s",
	   buf_cstr(&t.answer));
	ok(figure("SELECT count(*) FROM statement WHERE act='reject' AND object='F1'") == 1, "by one statement");
	ok(town_decide("reject", 'F', run, 0) == 1, "once");
	town_close();

	make_ways(100000000, false);
	bank_out[0].batch_entries = 1;
	run = town_drop(register_file("r18", many, 40), "hr/register", "r18.csv");
	town_decide("approve", 'F', run, 0);
	ok(t.answered == 1 && strstr(answer(), "more than 32 batches") != NULL && figure("SELECT count(*) FROM batch WHERE state=2") == 40, "a run of more batches than a list holds is approved one by one");
	town_close();
}

/* What route does after a check batch was rejected, from two places where its files may be then. */
static void cancelled(void)
{
	struct err e = { 0, "" };
	int64_t batch;
	int rc;

	make_ways(1000000, false);
	town_drop(register_file("r6", mixed, MIXED), "hr/register", "r6.csv");
	approve("check", 0);
	batch = batch_of("check");
	ledger_begin(t.route->ledger, &e);
	clock_actor(t.route, "test");
	rc = ways_cancelled(t.route, batch, &e);
	ledger_commit(t.route->ledger, &e);
	town_settle();
	ok(rc == 0 && of_batch("count", "void") == 2 && of_batch("debit_minor", "void") == 50000 && of_batch("credit_minor", "void") == 0, "checks that the bank was told of are taken back, each: %s", e.text);
	ok(figure("SELECT count(*) FROM check_serial WHERE state=2 AND replaced_by IS NULL") == 2 && figure("SELECT count(*) FROM expected WHERE kind='check' AND state=1") == 0,
	   "their numbers are void, and the bank must show none of them");
	approve("void", 0);
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 1, F_STATUS), "void", "the bank is told once a person has approved it");
	town_close();

	make_ways(1000000, false);
	town_drop(register_file("r7", mixed, MIXED), "hr/register", "r7.csv");
	approve("check", 0);
	batch = batch_of("check");
	ledger_begin(t.route->ledger, &e);
	clock_actor(t.route, "test");
	ledger_do(t.route->ledger, &e, "UPDATE artifact SET state=CASE outbound WHEN 'pospay' THEN 5 ELSE 3 END", "");
	rc = ways_cancelled(t.route, batch, &e);
	ledger_commit(t.route->ledger, &e);
	ok(rc == 0 && figure("SELECT count(*) FROM batch WHERE kind='void'") == 0, "of a file that was never signed the bank is told nothing: %s", e.text);
	is_str(text_of("SELECT why FROM artifact WHERE outbound='checks' AND state=5"), "REJECTED", "and the print file that waited for it goes nowhere");
	town_close();
}

/* The bank knows the checks, the printer is away, and somebody finds that they must not be printed. */
static void not_printed(void)
{
	int64_t batch, print;

	make_ways(1000000, false);
	t.away = "CHK";
	town_drop(register_file("r13", mixed, MIXED), "hr/register", "r13.csv");
	batch = batch_of("check");
	town_decide("cancel", 'B', batch, 0);
	ok(t.answered == 1 && strstr(answer(), "has no file that waits") != NULL, "a batch that is not written is rejected, not cancelled");
	approve("check", 0);
	approve("ach", 0);
	print = of_batch("artifact", "check");
	ok(place("PP") >= 0 && place("CHK") == -1 && of_batch("items_state", "check") == ITEM_WRITTEN, "the bank is told and nothing is printed");
	town_decide("cancel", 'B', batch_of("ach"), 0);
	ok(t.answered == 1 && strstr(answer(), "holds no checks") != NULL, "payments by ACH are not cancelled so");
	town_decide("cancel", 'B', batch, 0);
	ok(t.answered == 0 && of_batch("state", "check") == BATCH_REJECTED && of_batch("items_state", "check") == ITEM_CANCELLED, "a person cancels the checks: %s", answer());
	ok(figure("SELECT count(*) FROM check_serial WHERE state=2 AND replaced_by IS NULL") == 2 && of_batch("state", "void") == BATCH_PROPOSED && of_batch("count", "void") == 2, "their numbers are void, and the bank will be told");
	ok(figure("SELECT count(*) FROM expected WHERE kind='check' AND state=1") == 0, "nobody expects them to be paid");
	town_decide("approve", 'B', batch_of("void"), 0);
	ok(t.answered == 1 && strstr(answer(), "touched this run") != NULL, "who cancels does not approve what the bank is told of it");
	approve("void", 1);
	ok(of_batch("items_state", "void") == ITEM_DELIVERED && figure("SELECT count(*) FROM artifact WHERE outbound='pospay'") == 2, "another person does, and the bank has it");
	is_str(in_file("pospay", RECORD_CHECK_ISSUE, 0, F_STATUS), "void", "each number as void");
	t.away = NULL;
	for (int i = 0; i < 4; i++)
		town_settle();
	ok(place("CHK") == -1 && figure("SELECT count(*) FROM delivery d WHERE d.artifact=(SELECT id FROM artifact WHERE outbound='checks') AND d.state=8 AND d.why='REJECTED'") == 1,
	   "the printer is back, and gets nothing");
	town_decide("release", 'D', figure("SELECT id FROM delivery WHERE state=8"), 1);
	ok(t.answered == 1 && place("CHK") == -1 && print > 0, "nor does a release send it: %s", answer());
	ok(!answer_says("today", "\"why\":\"REJECTED\""), "today asks nobody to look at it");
	town_drop(register_file("r14", mixed, MIXED), "hr/register", "r14.csv");
	approve("check", 0);
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 0, F_CHECK_NUMBER), "5003", "the next run's numbers begin behind them");
	town_decide("cancel", 'B', batch_of("check"), 1);
	ok(t.answered == 1 && strstr(answer(), "the printer has the checks") != NULL, "what the printer has is its to void");
	town_close();

	make_ways(1000000, false);
	t.away = "PP";
	town_drop(register_file("r15", mixed, MIXED), "hr/register", "r15.csv");
	approve("check", 0);
	ok(place("PP") == -1 && place("CHK") == -1, "neither the bank nor the printer has anything");
	for (int i = 0; i < 40 && figure("SELECT state FROM delivery WHERE artifact=(SELECT id FROM artifact WHERE outbound='pospay')") != 7; i++)
		town_settle();
	town_decide("cancel", 'B', batch_of("check"), 0);
	ok(strstr(answer(), "was not told") != NULL && figure("SELECT count(*) FROM batch WHERE kind='void'") == 0, "cancelled before the bank has its list: there is nothing to take back: %s", answer());
	t.away = NULL;
	for (int i = 0; i < 4; i++)
		town_settle();
	ok(place("PP") == -1 && place("CHK") == -1 && figure("SELECT count(*) FROM check_serial WHERE state=2") == 2, "neither file ever leaves, and the numbers are used up");
	town_close();
}

/* The printer and the trustee have hours too: what cannot be there in time for its date does not leave. */
static void by_when(void)
{
	make_ways(1000000, true);
	printer_out[0].check_cut_off = "16:00";
	printer_out[0].check_lead_days = 1;
	trustee_out[0].rollover_cut_off = "15:30";
	town_drop(register_file("r16", mixed, MIXED), "hr/register", "r16.csv");
	ok(today_says("\"kind\":\"check\",\"run\":\"r16\",\"to\":\"printer/checks\",\"state\":\"PROPOSED\",\"count\":2,\"amount_minor\":50000,\"effective_date\":\"2026-11-10\""
		      ",\"by\":\"2026-11-09 16:00 America/New_York\",\"minutes_left\":480"), "today names the hour of the printer");
	ok(today_says("\"to\":\"trustee/rollovers\",\"state\":\"PROPOSED\",\"count\":2,\"amount_minor\":100000,\"effective_date\":\"2026-11-10\",\"by\":\"2026-11-10 15:30 America/New_York\""),
	   "and the trustee's, on the day itself");
	approve("rollover", 0);
	approve("funding", 0);
	approve("ach", 0);
	town_clock(1794258060);				/* D0 16:01 in New York */
	approve("check", 0);
	ok(of_batch("state", "check") == BATCH_HELD && place("PP") == -1, "checks that are approved too late for the printer are held, and the bank hears nothing");
	is_str(text_of("SELECT why FROM batch WHERE kind='check'"), "MISSED_CUTOFF", "with the reason of every run that is too late");
	redate(batch_of("check"), "2026-11-12", 1);
	ok(of_batch("state", "check") == BATCH_PROPOSED && of_batch("effective", "check") == 20769, "they get another date: %s", answer());
	t.away = "CHK";
	approve("check", 0);
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 0, F_CHECK_NUMBER), "5001", "and are written for it");
	ok(place("PP") >= 0, "the bank is told, the printer is away");
	town_clock(1794344460);				/* D1 16:01: too late for Thursday, Veterans Day is no banking day */
	for (int i = 0; i < 4; i++)
		town_settle();
	ok(figure("SELECT count(*) FROM delivery WHERE state=8 AND why='MISSED_CUTOFF'") == 1, "a print file that could not leave in time is held");
	t.away = NULL;
	redate(batch_of("check"), "2026-11-16", 1);
	ok(of_batch("state", "check") == BATCH_PROPOSED && of_batch("count", "void") == 2 && figure("SELECT count(*) FROM check_serial WHERE state=2") == 2, "another date gives them other numbers: the old ones are void: %s",
	   answer());
	approve("void", 0);
	approve("check", 0);
	ok(place("CHK") >= 0, "approved anew they are printed");
	is_str(in_file("checks", RECORD_CHECK_ISSUE, 1, F_CHECK_NUMBER), "5004", "under these");
	ok(of_batch("state", "rollover") == BATCH_APPROVED && figure("SELECT count(*) FROM artifact WHERE outbound='rollovers'") == 0, "the rollover waits for the bank's word on its money");
	ack("bank/acks", "late.csv", text_of("SELECT file_name FROM artifact WHERE outbound='ach'"), "accepted");
	ok(of_batch("state", "rollover") == BATCH_HELD && place("RO") == -1 && figure("SELECT count(*) FROM artifact WHERE outbound='rollovers'") == 0,
	   "which comes after the trustee's hour: held before it has a file");
	redate(batch_of("rollover"), "2026-11-12", 1);
	approve("rollover", 0);
	ok(place("RO") >= 0 && of_batch("items_state", "rollover") == ITEM_DELIVERED, "with another date it leaves: %s", answer());
	town_close();
}

static void held_first(void)
{
	static const struct row rows[] = { { "E1", "1111", "ACH", 700, 0 }, { "E2", "1111", "CHECK", 800, 0 }, { "E3", "", "WIRE", 900, 0 } };

	make_ways(1000000, false);
	town_drop(register_file("r5", rows, 3), "hr/register", "r5.csv");
	ok(figure("SELECT count(*) FROM batch") == 1 && of_batch("state", "ach") == BATCH_HELD, "a run with a held row waits undivided");
	town_decide("reject", 'B', batch_of("ach"), 0);
	ok(figure("SELECT count(*) FROM batch WHERE state=5") == 1 && t.n_delivered == 0, "and is rejected whole");
	town_close();
}

int main(void)
{
	divided();
	spoiled();
	persons();
	funded();
	only_checks();
	whole();
	cancelled();
	not_printed();
	by_when();
	held_first();
	return done_testing();
}
