/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank_day_test - the bank's side of whole days: book items, statements that must follow each other, provisional lines, sums for a key
 *
 * What a bank shows settles only what it can be tied to; everything else stands with a reason, once, until a person or the bank itself
 * clears it.
 */
#include "tests/lib/bank_play.h"

static void balance(const char *type, int64_t amount)
{
	struct record r;

	record_init(&r, RECORD_BALANCE, 0);
	record_set_text(&r, F_TYPE, view_of(type));
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_BOOKING_DATE, sheet_day);
	play_record(&file, &r);
}

/* The European account */

static void book(void)
{
	begin("2026-11-09T08:00:00Z");
	book_item("K1", "DE777", "EUR", -12500, NOV(10), "INV-2026-0815", "", "");
	book_item("K2", "DE777", "EUR", 99900, NOV(10), "RF18539007547", "", "");
	book_item("K3", "DE777", "EUR", -5000, NOV(10), "INV-2026-0900", "", "");
	book_item("K4", "DE000", "EUR", -100, NOV(10), "INV-X", "", "");
	book_item("K5", "DE777", "USD", -100, NOV(10), "INV-Y", "", "");
	book_item("K6", "DE777", "EUR", -7777, NOV(10), "INV-2026-0777", "", "");
	book_done("book1.csv");
	is("SELECT count(*) FROM expected WHERE kind='book' AND partner='eurobank' AND state=1", 4, "book items of our account are expected at the bank that keeps it");
	is("SELECT count(*) FROM exception WHERE reason='UNKNOWN_ACCOUNT'", 1, "an item of an account that is nobody's is an exception");
	is("SELECT count(*) FROM exception WHERE reason='CCY_MISMATCH'", 1, "so is one in another currency than the account's");
	book_item("K1", "DE777", "EUR", -12500, NOV(10), "INV-2026-0815", "", "OPEN");
	book_item("K3", "DE777", "EUR", -5000, NOV(10), "INV-2026-0900", "", "VOID");
	book_item("K2", "DE777", "EUR", 99800, NOV(10), "RF18539007547", "", "");
	book_done("book2.csv");
	is("SELECT count(*) FROM expected WHERE kind='book'", 6, "an item that comes again is not there twice");
	is("SELECT count(*) FROM expected WHERE book_item='K3' AND state=4 AND status='VOID'", 1, "one that is voided is not expected any more");
	is("SELECT count(*) FROM exception WHERE reason='BOOK_CHANGED'", 1, "one with another amount is an exception");
	is("SELECT amount_minor FROM expected WHERE book_item='K2'", 99900, "and what came first stands");
	/* Veterans Day is no holiday of TARGET: 2026-11-13 is the third banking day after the 10th there, and the second of the Federal Reserve. */
	sheet("DE777", "EUR", NOV(13), false, "");
	line(-12500, "NTRF", "B1", "SEPA INV-2026-0815 THANKS");
	line(99900, "NTRF", "B2", "GUTSCHRIFT RF18539007547");
	line(-5000, "NTRF", "B3", "INV-2026-0900");
	line(-7777, "NTRF", "B4", "INV-2026-0778");
	line(-350, "NCHG", "B5", "ENTGELT");
	line(-351, "NTRF", "B7", "/PURP/X/REMI/ACCOUNT FEE");
	line(4200, "NMSC", "B6", "WHO IS THIS");
	sheet_done("eurobank/statements", "d13.sta");
	is("SELECT count(*) FROM match", 2, "two lines are tied to their items by reference, amount, account and day");
	is("SELECT count(*) FROM match m JOIN bank_line l ON l.id=m.bank_line WHERE m.rule='reference-text' AND m.version='1'", 2, "the reference is what ties them");
	is("SELECT count(*) FROM bank_line l JOIN exception x ON x.bank_line=l.id WHERE l.reason='VOID_PRESENTED' AND l.state=3 AND x.alarm=1", 1, "a line that pays a voided item says so, and is an alarm");
	is("SELECT count(*) FROM bank_line WHERE reason='REF_CONFLICT' AND state=3", 1, "another reference vetoes, though amount and day agree");
	is("SELECT count(*) FROM bank_line WHERE reason='FEE_UNEXPLAINED' AND state=3", 2, "a fee is called a fee, by its type or by the bank's words");
	is("SELECT count(*) FROM bank_line WHERE reason='NO_COUNTERPART_BOOK' AND state=3", 1, "an unknown deposit is one");
	book_item("K1", "DE777", "EUR", -12500, NOV(10), "INV-2026-0815", "", "STOPPED");
	book_done("book3.csv");
	is("SELECT count(*) FROM exception WHERE reason='BOOK_CHANGED' AND alarm=1", 1, "an item that is stopped after the bank paid it is an alarm");
	is("SELECT state FROM expected WHERE book_item='K1'", 2, "and stays paid");
	play_clock("2026-11-16T12:00:00Z");
	settle_down();
	is("SELECT count(*) FROM expected WHERE reason='NO_COUNTERPART_BANK'", 1, "what the bank does not show in time says so");
	play_decide("resolve", 'X', 1, 0, NULL);
	is("SELECT count(*) FROM exception WHERE id=1 AND state=4 AND closed='resolved by bob'", 1, "a person resolves an exception");
	play_end();
}

static void windows(void)
{
	begin("2026-11-09T08:00:00Z");
	book_item("A", "DE777", "EUR", -100, NOV(10), "INV-2026-0001", "", "");
	book_item("B", "777", "USD", -100, NOV(10), "INV-2026-0002", "", "");
	book_done("book1.csv");
	/* four TARGET days, three days of the Federal Reserve (closed on the 11th) */
	static struct match_days three[1] = { { .early = 5, .late = 3, .late_check = 135, .rivals = 10, .rivals_check = 45, .stale_days = 180, .currency = (char *)(uintptr_t)"" } };

	play.config.match_days = three;
	play.config.n_match_days = 1;
	sheet("DE777", "EUR", NOV(16), false, "");
	line(-100, "NTRF", "B1", "INV-2026-0001");
	sheet_done("eurobank/statements", "d16.sta");
	sheet("777", "USD", NOV(16), false, "");
	line(-100, "455", "B1", "INV-2026-0002");
	sheet_done("bank/statements", "d16.bai");
	is("SELECT count(*) FROM match m JOIN expected e ON e.match=m.id WHERE e.book_item='B'", 1, "three banking days of the Federal Reserve, with Veterans Day between, are in the window");
	is("SELECT count(*) FROM bank_line WHERE account='DE777' AND state=3 AND reason='DATE_OUT_OF_WINDOW'", 1, "the same days are four of TARGET: too late there");
	play.config.n_match_days = 0;
	play_end();
}

/* A reference that another item owns vetoes, whatever that item's amount or state. */
static void vetoes(void)
{
	begin("2026-11-09T08:00:00Z");
	book_item("A", "DE777", "EUR", -100, NOV(10), "", "", "");
	book_item("B", "DE777", "EUR", -999, NOV(10), "PO4500017", "", "");
	book_done("book1.csv");
	sheet("DE777", "EUR", NOV(10), false, "");
	line(-100, "NTRF", "B1", "PART OF PO4500017");
	sheet_done("eurobank/statements", "d10.sta");
	is("SELECT count(*) FROM bank_line WHERE reason='AMOUNT_DIFF'", 1, "a line that names an item of another amount does not pay the nameless one");
	play_end();
	begin("2026-11-09T08:00:00Z");
	book_item("A", "DE777", "EUR", -100, NOV(10), "PO4500017", "", "");
	book_item("B", "DE777", "EUR", -100, NOV(10), "", "", "");
	book_done("book1.csv");
	sheet("DE777", "EUR", NOV(10), false, "");
	line(-100, "NTRF", "B1", "PO4500017");
	sheet_done("eurobank/statements", "d10.sta");
	sheet("DE777", "EUR", NOV(11), false, "");
	line(-100, "NTRF", "B2", "PO4500017");
	sheet_done("eurobank/statements", "d11.sta");
	is("SELECT count(*) FROM match", 1, "the item is paid once");
	is("SELECT count(*) FROM bank_line WHERE reason='DUP_PAYMENT' AND bank_ref='B2'", 1, "the second line of its reference does not pay another item of that amount");
	play_end();
}

static void sums(void)
{
	begin("2026-11-09T08:00:00Z");
	book_item("S1", "DE777", "EUR", 1000, NOV(10), "", "SLIP-7", "");
	book_item("S2", "DE777", "EUR", 2000, NOV(10), "", "SLIP-7", "");
	book_item("S3", "DE777", "EUR", 3000, NOV(10), "", "SLIP-8", "");
	book_item("S4", "DE777", "EUR", 500, NOV(10), "", "SLIP-8", "");
	book_item("S5", "DE777", "EUR", 40, NOV(10), "", "", "");
	book_item("S6", "DE777", "EUR", 2, NOV(10), "", "", "");
	book_item("S7", "DE777", "EUR", 30, NOV(10), "", "SLIP-9", "");
	book_item("S8", "DE777", "EUR", 12, NOV(10), "", "SLIP-9", "");
	book_item("S9", "DE777", "EUR", 22, NOV(10), "", "SLIP-10", "");
	book_item("S10", "DE777", "EUR", 20, NOV(10), "", "SLIP-10", "");
	book_done("book1.csv");
	sheet("DE777", "EUR", NOV(10), false, "");
	line(3000, "NDEP", "D1", "DEPOSIT");		/* SLIP-7 by sum, and S3 alone */
	line(3500, "NDEP", "D2", "DEPOSIT");		/* SLIP-8 */
	line(42, "NDEP", "D3", "DEPOSIT");		/* no group; two groups have this sum */
	sheet_done("eurobank/statements", "d10.sta");
	is("SELECT count(*) FROM match WHERE bank_line=1", 0, "an item and a sum of the same amount are nobody's to guess");
	is("SELECT count(*) FROM bank_line WHERE id=1 AND reason='AMBIGUOUS'", 1, "and the line says so");
	is("SELECT count(*) FROM proposal WHERE line=1 AND rank<3", 2, "both are proposed, one behind the other");
	is("SELECT count(*) FROM match WHERE bank_line=3", 0, "two groups of one sum are nobody's to guess");
	play_end();
	begin("2026-11-09T08:00:00Z");
	book_item("S3", "DE777", "EUR", 3000, NOV(10), "", "SLIP-8", "");
	book_item("S4", "DE777", "EUR", 500, NOV(10), "", "SLIP-8", "");
	book_done("book1.csv");
	sheet("DE777", "EUR", NOV(11), false, "");
	line(3500, "NDEP", "D2", "DEPOSIT");
	sheet_done("eurobank/statements", "d11.sta");
	is("SELECT count(*) FROM match WHERE rule='group-total' AND arithmetic='30.00 + 5.00 = 35.00 EUR' AND explanation LIKE '%SLIP-8%'", 1, "a group that is posted as one sum is matched, and the arithmetic shown");
	is("SELECT count(*) FROM expected WHERE state=2 AND match=1", 2, "both items stand in that match");
	book_item("S5", "DE777", "EUR", 3000, NOV(12), "", "SLIP-2026-9", "");
	book_item("S6", "DE777", "EUR", 500, NOV(12), "", "SLIP-2026-9", "");
	book_done("book2.csv");
	sheet("DE777", "EUR", NOV(12), false, "");
	line(3400, "NDEP", "D3", "DEPOSIT SLIP-2026-9");
	line(3600, "NDEP", "D4", "DEPOSIT SLIP-2026-9");
	sheet_done("eurobank/statements", "d12.sta");
	is("SELECT count(*) FROM bank_line WHERE reason='GROUP_SHORT' AND detail LIKE 'the line is less than the sum of its group%'", 1, "a line that names a group and is less says by how much");
	is("SELECT count(*) FROM bank_line WHERE reason='GROUP_OVER'", 1, "so does one that is more");
	play_end();
}

/* More lines or items of one amount than a page holds: a reference ties, nothing else does. */
static void crowds(void)
{
	char id[40], text[60];

	begin("2026-11-09T08:00:00Z");
	for (int i = 0; i < 700; i++) {
		snprintf(id, sizeof(id), "K%d", i);
		snprintf(text, sizeof(text), "SUB-2026-%05d", i);
		book_item(id, "DE777", "EUR", 999, NOV(10), text, "", "");
	}
	book_item("L", "DE777", "EUR", 555, NOV(10), "", "", "");
	book_done("book1.csv");
	sheet("DE777", "EUR", NOV(10), false, "");
	for (int i = 0; i < 610; i++) {
		snprintf(text, sizeof(text), i % 61 == 60 ? "SUBSCRIPTION" : "SUBSCRIPTION SUB-2026-%05d", i);
		line(999, "NMSC", "", text);
	}
	for (int i = 0; i < 241; i++)
		line(555, "NMSC", "", "LIKE ALL OTHERS");
	line(-1, "NMSC", "", "LAST");
	sheet_done("eurobank/statements", "d10.sta");
	play_until("SELECT count(*)=0 FROM bank_line WHERE state=1");
	is("SELECT count(*) FROM match WHERE rule='reference-text'", 600, "of 610 lines of one amount the 600 that name an item are tied to it");
	is("SELECT count(*) FROM bank_line WHERE amount_minor=999 AND state=3 AND reason='AMBIGUOUS'", 10, "the others are nobody's to guess");
	is("SELECT count(*) FROM bank_line WHERE amount_minor=555 AND state=3 AND reason='AMBIGUOUS'", 241, "241 lines for one item: the last of them is no single one, though its page is its own");
	is("SELECT count(*) FROM bank_line WHERE amount_minor=-1 AND reason='NO_COUNTERPART_BOOK'", 1, "and what comes behind them has its reason too");
	is("SELECT count(*) FROM match m JOIN bank_line l ON l.id=m.bank_line JOIN expected e ON e.match=m.id WHERE instr(l.text, e.reference)=0", 0, "no line pays what it does not name");
	play_end();
}

/* Statements follow each other */

static void chain(void)
{
	begin("2026-11-09T08:00:00Z");
	sheet("DE777", "EUR", NOV(9), false, "");
	balance("opening", 10000);
	line(500, "NMSC", "C1", "X");
	balance("closing", 10500);
	sheet_done("eurobank/statements", "d9.sta");
	is("SELECT opening_minor FROM bank_statement", 10000, "the words of MT940 and camt are understood: opening");
	is("SELECT closing_minor FROM bank_statement", 10500, "and closing");
	sheet("DE777", "EUR", NOV(11), false, "");
	balance("opening", 10700);
	line(100, "NMSC", "C3", "X");
	balance("closing", 10800);
	sheet_done("eurobank/statements", "d11.sta");
	is("SELECT count(*) FROM exception WHERE reason='BALANCE_BREAK' AND alarm=1 AND amount_minor=200 AND state=3", 1, "a statement that opens with something else than the last closed with is an alarm");
	sheet("DE777", "EUR", NOV(10), false, "");
	balance("60F", 10500);
	line(200, "NMSC", "C2", "X");
	sheet_provisional = true;
	line(7, "NMSC", "C9", "EXPECTED");
	balance("62F", 10700);
	sheet_done("eurobank/statements", "d10.sta");
	is("SELECT count(*) FROM exception WHERE reason='BALANCE_BREAK' AND state=3", 0, "when the missing one comes, the alarm closes by itself, whatever it announces besides");
	sheet("DE777", "EUR", NOV(12), false, "");
	balance("PRCD", 1);
	balance("OPBD", 10800);
	line(1, "NMSC", "C4", "X");
	balance("CLBD", 10802);
	sheet_done("eurobank/statements", "d12.sta");
	is("SELECT count(*) FROM exception WHERE reason='BALANCE_BREAK' AND source LIKE 'proof:%' AND amount_minor=1", 1, "lines that do not make the closing balance are one too");
	sheet("DE777", "EUR", NOV(9), false, "");
	balance("opening", 10000);
	line(500, "NMSC", "C1", "X");
	balance("closing", 10500);
	sheet_done("eurobank/statements", "d9-again.sta");
	is("SELECT count(*) FROM exception WHERE reason='DUPLICATE_STATEMENT'", 1, "a statement that comes again under another name says so");
	is("SELECT count(*) FROM bank_line WHERE bank_ref='C1' AND state<>4", 1, "and its lines are counted once");
	play_end();
}

/* Intraday */

static void provisional(void)
{
	begin("2026-11-09T08:00:00Z");
	book_item("P1", "DE777", "EUR", -100, NOV(10), "INV-2026-0001", "", "");
	book_done("book1.csv");
	sheet_dateless = true;
	sheet("DE777", "EUR", NOV(10), true, "");
	line(-100, "NTRF", "B1", "INV-2026-0001");
	line(900, "NTRF", "B2", "TO COME");
	sheet_done("eurobank/statements", "i1.sta");
	sheet_dateless = false;
	is("SELECT count(*) FROM match", 0, "a provisional line settles nothing");
	is("SELECT count(*) FROM bank_line WHERE provisional=1 AND state=1", 2, "it informs");
	sheet("DE777", "EUR", NOV(10), true, "");
	line(-100, "NTRF", "B1", "INV-2026-0001");
	line(900, "NTRF", "B2", "TO COME");
	line(55, "NTRF", "B3", "NEVER");
	line(70, "NTRF", "B4", "ONE DAY LATER");
	sheet_done("eurobank/statements", "i2.sta");
	is("SELECT count(*) FROM bank_line WHERE provisional=1 AND state=1", 4, "what an intraday report repeats is counted once");
	is("SELECT count(*) FROM exception", 0, "before the day is booked nothing is wrong with it");
	sheet("DE777", "EUR", NOV(10), false, "");
	line(-100, "NTRF", "B1", "INV-2026-0001 AND MORE TEXT");
	line(901, "NTRF", "B2", "TO COME");
	sheet_done("eurobank/statements", "d10.sta");
	is("SELECT count(*) FROM bank_line WHERE provisional=1 AND state=1", 0, "the booked statement of the account and day supersedes them");
	is("SELECT count(*) FROM match m JOIN bank_line l ON l.id=m.bank_line WHERE l.provisional=0", 1, "the booked line settles");
	is("SELECT count(*) FROM exception WHERE reason='PROVISIONAL_DIFFERS' AND detail LIKE '%announced during the day as 9.00%it is 9.01'", 1, "booked with another amount: listed");
	is("SELECT count(*) FROM exception WHERE reason='PROVISIONAL_DIFFERS' AND detail LIKE '%it is not'", 2, "announced and not booked: listed");
	is("SELECT count(*) FROM bank_line p JOIN bank_line b ON b.id=p.superseded_by WHERE b.bank_ref=p.bank_ref", 2, "each knows the booked line that it became");
	sheet("DE777", "EUR", NOV(11), false, "");
	line(70, "NTRF", "B4", "ONE DAY LATER");
	sheet_done("eurobank/statements", "d11.sta");
	is("SELECT count(*) FROM exception WHERE reason='PROVISIONAL_DIFFERS' AND state=3", 2, "one that the next day books closes by itself");
	sheet("DE777", "EUR", NOV(11), true, "");
	line(70, "NTRF", "B4", "ONE DAY LATER");
	line(71, "NTRF", "B7", "LATE NEWS");
	sheet_done("eurobank/statements", "i3.sta");
	is("SELECT count(*) FROM bank_line WHERE provisional=1 AND state=1", 0, "an intraday report that comes after its day was booked supersedes nothing and is superseded");
	is("SELECT count(*) FROM exception WHERE reason='PROVISIONAL_DIFFERS' AND state=3", 3, "what it says more than the booked one is listed");
	play_restart();
	settle_down();
	is("SELECT count(*) FROM exception WHERE reason='PROVISIONAL_DIFFERS'", 4, "a restart raises nothing twice");
	play_end();
}

/* Paid checks */

static void paid_check(int64_t amount, const char *number)
{
	struct record r;

	record_init(&r, RECORD_ENTRY, 0);
	record_set_text(&r, F_ACCOUNT, view_of(sheet_account));
	record_set_text(&r, F_CURRENCY, view_of(sheet_ccy));
	record_set_num(&r, F_BOOKING_DATE, sheet_day);
	record_set_num(&r, F_VALUE_DATE, sheet_day);
	record_set_num(&r, F_AMOUNT, -amount);
	record_set_text(&r, F_TYPE, VIEW("475"));
	record_set_text(&r, F_BANK_REF, view_of(number));
	record_set_text(&r, F_CUSTOMER_REF, view_of(number));
	record_set_text(&r, F_CHECK_NUMBER, view_of(number));
	record_set_text(&r, F_TEXT, VIEW("CHECK PAID"));
	play_record(&file, &r);
}

/* Checks 1001 to 1008 of 100.00 each, whose print file is delivered; the states of some of them. */
static void issued(void)
{
	struct ledger *l;

	begin("2026-11-09T13:00:00Z");
	l = play.route->ledger;
	ledger_do(l, NULL, "INSERT INTO batch(id, parcel, kind, partner, outbound, format, ccy, effective, state, items_state, maker, first_item) VALUES(7,0,'check','printer','checks','check','USD',20767,3,8,'hr',71)", "");
	for (int64_t i = 1; i <= 9; i++) {
		ledger_do(l, NULL, "INSERT INTO item(id, batch, seq, line, leg, amount_minor, state, serial) VALUES(?,7,1,1,1,10000,?,?)", "iii", 70 + i,
			  (int64_t)(i == 2 ? ITEM_MAILED : i == 3 ? ITEM_STOPPED : i == 4 ? ITEM_VOID : i == 5 ? ITEM_HELD : ITEM_SHARED), 1000 + i);
		ledger_do(l, NULL, "INSERT INTO check_serial(account, serial, item, batch, state) VALUES('777',?,?,7,?)", "iii", 1000 + i, 70 + i, (int64_t)(i == 4 ? 2 : 1));
		ledger_do(l, NULL, "INSERT INTO expected(kind, item, partner, account, ccy, amount_minor, effective, issued, type, reference, state, status, first_seen)"
			  " VALUES('check',?1,'bank','777','USD',-10000,20767,20767,'CHECK',?2,?3,?4,20767)", "iiit", 70 + i, 1000 + i, (int64_t)(i == 4 ? 4 : 1), i == 4 ? "VOID" : NULL);
	}
}

#define LINE_IS(number, reason) "SELECT count(*) FROM bank_line l JOIN exception x ON x.bank_line=l.id WHERE l.check_number='" number "' AND l.state=3 AND l.reason='" reason "' AND x.reason='" reason "' AND x.alarm=1 AND x.state=3"

static void checks(void)
{
	issued();
	sheet("777", "USD", NOV(12), false, "");
	paid_check(10000, "0001001");
	paid_check(10000, "1002");
	paid_check(10000, "1003");
	paid_check(10000, "1004");
	paid_check(10000, "1005");
	paid_check(10001, "1006");
	paid_check(10000, "9999");
	sheet_done("bank/statements", "d12.bai");
	is("SELECT state FROM item WHERE id=71", 12, "a check that is paid with its amount is SETTLED, before the printer's word came, zeros in front or not");
	is("SELECT count(*) FROM audit WHERE object='I71'", 3, "by way of PRINTED and PRESENTED, each with the bank's line as evidence");
	is("SELECT count(*) FROM audit WHERE object='I71' AND text LIKE '%\"detail\":\"L1\"%'", 3, "which the audit names");
	is("SELECT state FROM item WHERE id=72", 12, "so is one that was mailed");
	is(LINE_IS("1003", "STOP_PRESENTED"), 1, "a stopped check that is paid is an alarm");
	is(LINE_IS("1004", "VOID_PRESENTED"), 1, "so is a voided one");
	is(LINE_IS("1005", "NO_COUNTERPART_BOOK"), 1, "so is one that is held and was never printed");
	is(LINE_IS("1006", "AMOUNT_DIFF"), 1, "so is one that is paid with another amount");
	is(LINE_IS("9999", "NO_COUNTERPART_BOOK"), 1, "so is a number that nobody issued");
	is("SELECT count(*) FROM exception WHERE deadline='2026-11-13T17:00:00Z'", 5, "each names noon of the bank's next banking day");
	is("SELECT count(*) FROM bank_line WHERE reason='AMOUNT_DIFF' AND detail LIKE '%paid with 100.01, issued for 100.00%until 2026-11-13 12:00%'", 1, "and says what differs");
	is("SELECT count(*) FROM item WHERE id IN (73,74,75,76) AND state IN (12,18)", 0, "none of those checks moves");
	sheet("777", "USD", NOV(13), false, "");
	paid_check(10000, "1001");
	sheet_done("bank/statements", "d13.bai");
	is(LINE_IS("1001", "DUP_PAYMENT"), 1, "the same check paid again is an alarm");
	is("SELECT count(*) FROM exception WHERE deadline='2026-11-16T17:00:00Z'", 1, "with Monday's noon");
	ledger_do(play.route->ledger, NULL, "INSERT INTO bank_line(parcel, statement, n, seq, line, partner, account, ccy, date, amount_minor, check_number, provisional, state)"
		  " SELECT parcel, statement, 99, 99, 99, partner, account, ccy, date, -10000, '1007', 0, 1 FROM bank_line LIMIT 1", "");
	play_restart();
	settle_down();
	is("SELECT state FROM item WHERE id=77", 12, "a paid check that a crash left unlooked at is looked at after the restart");
	is("SELECT count(*) FROM exception", 6, "a restart raises nothing twice");
	is("SELECT count(*) FROM match WHERE rule='reference'", 3, "and pays nothing twice");
	play_decide("resolve", 'L', 3, 0, NULL);
	is("SELECT count(*) FROM exception WHERE state=4 AND reason='STOP_PRESENTED'", 1, "a person who resolves the line resolves its alarm");
	play_decide("resolve", 'X', play_figure("SELECT id FROM exception WHERE reason='VOID_PRESENTED'"), 0, NULL);
	is("SELECT count(*) FROM bank_line WHERE reason='VOID_PRESENTED' AND state=4", 1, "and the other way round");
	/* printed at last */
	ledger_do(play.route->ledger, NULL, "UPDATE item SET state=17 WHERE id=78", "");
	play_clock("2027-05-08T13:00:00Z");
	settle_down();
	is("SELECT count(*) FROM item WHERE id=78 AND state<>21", 1, "179 days later a printed check is not stale");
	play_clock("2027-05-10T13:00:00Z");
	settle_down();
	is("SELECT count(*) FROM item WHERE id=78 AND state=21", 1, "after 180 days it is STALE");
	sheet("777", "USD", 20757 + 191, false, "");
	paid_check(10000, "1008");
	sheet_done("bank/statements", "late.bai");
	is(LINE_IS("1008", "STALE_CHECK"), 1, "and an alarm when it is paid");
	play_end();
}

static void book_checks(void)
{
	struct record r;

	begin("2026-11-09T13:00:00Z");
	for (int i = 0; i < 3; i++) {
		static const char *const numbers[] = { "000501", "502", "503" };

		record_init(&r, RECORD_EXPECTED, 0);
		record_set_text(&r, F_ITEM, view_of(numbers[i]));
		record_set_text(&r, F_ACCOUNT, VIEW("777"));
		record_set_text(&r, F_CURRENCY, VIEW("USD"));
		record_set_num(&r, F_AMOUNT, -2500);
		record_set_num(&r, F_EFFECTIVE_DATE, NOV(2) - 30);
		record_set_text(&r, F_REFERENCE, view_of(numbers[i]));
		record_set_text(&r, F_TYPE, VIEW("CHECK"));
		record_set_text(&r, F_STATUS, i == 1 ? VIEW("VOID") : VIEW("OPEN"));
		play_record(&file, &r);
	}
	book_done("book.csv");
	sheet("777", "USD", NOV(9), false, "");
	paid_check(2500, "501");
	paid_check(2500, "0502");
	paid_check(2600, "503");
	paid_check(2500, "504");
	sheet_done("bank/statements", "d9.bai");
	is("SELECT count(*) FROM match m JOIN expected e ON e.match=m.id WHERE e.book_item='000501'", 1, "a check of the book is paid by number and amount, weeks after its date");
	is(LINE_IS("0502", "VOID_PRESENTED"), 1, "a voided one is an alarm");
	is(LINE_IS("503", "AMOUNT_DIFF"), 1, "so is another amount");
	is(LINE_IS("504", "NO_COUNTERPART_BOOK"), 1, "so is a number that the book does not know");
	play_clock("2026-11-20T13:00:00Z");
	settle_down();
	is("SELECT count(*) FROM expected WHERE reason IN ('NO_COUNTERPART_BANK','STALE_CHECK') AND state=1", 0, "an outstanding check is not late");
	record_init(&r, RECORD_EXPECTED, 0);
	record_set_text(&r, F_ITEM, VIEW("old"));
	record_set_text(&r, F_ACCOUNT, VIEW("777"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_AMOUNT, -300);
	record_set_num(&r, F_EFFECTIVE_DATE, NOV(10) - 181);
	record_set_text(&r, F_REFERENCE, VIEW("77"));
	record_set_text(&r, F_TYPE, VIEW("CHECK"));
	play_record(&file, &r);
	book_done("book2.csv");
	sheet("777", "USD", NOV(10), false, "");
	paid_check(300, "77");
	sheet_done("bank/statements", "d10.bai");
	is(LINE_IS("77", "STALE_CHECK"), 1, "a check that is paid after 180 days is an alarm");
	play_end();
}

/* The bank's verdict on our files */

static void ack(const char *channel, const char *name, const char *file_name, const char *verdict, const char *reason)
{
	struct record r;

	record_init(&r, RECORD_ACK, 0);
	record_set_text(&r, F_FILE_NAME, view_of(file_name));
	record_set_text(&r, F_STATUS, view_of(verdict));
	record_set_text(&r, F_REASON, view_of(reason));
	play_record(&file, &r);
	play_file(channel, name, &file);
	settle_down();
}

static void counted(const char *name, const char *file_name, int64_t count, int64_t amount)
{
	struct record r;

	record_init(&r, RECORD_ACK, 0);
	record_set_text(&r, F_REFERENCE, VIEW("F-1001"));
	record_set_text(&r, F_FILE_NAME, view_of(file_name));
	record_set_text(&r, F_STATUS, VIEW("accepted"));
	record_set_num(&r, F_COUNT, count);
	record_set_num(&r, F_AMOUNT, amount);
	play_record(&file, &r);
	play_file("bank/acks", name, &file);
	settle_down();
}

static void record_reference(const char *reference)
{
	struct record r;

	record_init(&r, RECORD_ACK, 0);
	record_set_text(&r, F_REFERENCE, view_of(reference));
	record_set_text(&r, F_STATUS, VIEW("accepted"));
	play_record(&file, &r);
	play_file("bank/acks", "by-reference.csv", &file);
	settle_down();
}

static bool says(const char *words)
{
	bool there = strstr(play_answer, words) != NULL;

	if (!there)
		printf("# it says: %s\n", play_answer);
	return there;
}

static void send_run(void)
{
	begin("2026-11-09T13:00:00Z");
	play_drop("run1", 20, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play_decide("approve", 'B', 1, 0, NULL);
	play_until("SELECT count(*) FROM batch WHERE items_state=8");
}

/* What comes back, and the one credit that pays for several */

static void returned(int person, const char *trace, int64_t amount)
{
	char account[24], text[24];
	struct record r;

	snprintf(account, sizeof(account), "%d", 40000000 + person);
	snprintf(text, sizeof(text), "%s", trace);
	record_init(&r, RECORD_RETURN, 0);
	record_set_text(&r, F_REASON, VIEW("R03"));
	record_set_text(&r, F_ORIGINAL_TRACE, view_of(text));
	record_set_text(&r, F_ORIGINAL_RDFI, VIEW("23138010"));
	record_set_text(&r, F_TRACE, VIEW("231380100000001"));
	record_set_text(&r, F_ACCOUNT, view_of(account));
	record_set_text(&r, F_TRANSACTION_CODE, VIEW("21"));
	record_set_text(&r, F_COMPANY_ID, VIEW("1234567890"));
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_EFFECTIVE_DATE, NOV(12));
	play_record(&file, &r);
}

static void returns(void)
{
	send_run();
	play_clock("2026-11-12T13:00:00Z");
	returned(0, "123456780000001", 5000);
	returned(1, "123456780000002", 5000);
	returned(2, "123456789999999", 5000);
	play_file("bank/returns", "d12.ret", &file);
	settle_down();
	is("SELECT count(*) FROM item WHERE state=13", 2, "two payments of a return file are RETURNED");
	is("SELECT count(*) FROM ach_return WHERE state=3 AND reason='RETURN_UNLINKED'", 1, "an entry whose trace nobody has is an exception, and the rest goes on");
	sheet("777", "USD", NOV(12), false, "");
	line(-100000, "455", "B1", "PAY20261109A.ach");
	line(10000, "257", "B2", "ACH RETURN ITEMS");
	line(-1500, "698", "B3", "ACH SERVICE FEE");
	line(77700, "301", "B4", "DEPOSIT BRANCH 0042");
	sheet_done("bank/statements", "d12.bai");
	is("SELECT count(*) FROM match WHERE rule='group-total' AND arithmetic='50.00 + 50.00 = 100.00 USD' AND explanation LIKE '%F2%'", 1, "one credit pays for both returns of the file, with its arithmetic");
	is("SELECT count(*) FROM expected WHERE kind='return' AND state=1", 0, "and nothing of them is awaited any more");
	is("SELECT items_state FROM batch", 12, "the run is settled");
	is("SELECT count(*) FROM item WHERE state=13", 2, "and what was returned stays returned");
	is("SELECT count(*) FROM bank_line WHERE state=3 AND reason='FEE_UNEXPLAINED'", 1, "the fee has its reason");
	is("SELECT count(*) FROM bank_line WHERE state=3 AND reason='NO_COUNTERPART_BOOK'", 1, "so has the unknown deposit");
	play_end();
	/* two files of one day, one credit */
	send_run();
	play_clock("2026-11-12T13:00:00Z");
	returned(0, "123456780000001", 5000);
	play_file("bank/returns", "a.ret", &file);
	settle_down();
	returned(1, "123456780000002", 5000);
	play_file("bank/returns", "b.ret", &file);
	settle_down();
	sheet("777", "USD", NOV(12), false, "");
	line(10000, "257", "B2", "ACH RETURN ITEMS");
	sheet_done("bank/statements", "d12.bai");
	is("SELECT count(*) FROM match WHERE rule='group-total' AND explanation LIKE '%1234567890 of 2026-11-12%'", 1, "or for those of one company and day, from two files");
	play_end();
	/* a sum that is short */
	send_run();
	play_clock("2026-11-12T13:00:00Z");
	returned(0, "123456780000001", 5000);
	returned(1, "123456780000002", 5000);
	returned(2, "123456780000003", 5000);
	play_file("bank/returns", "a.ret", &file);
	settle_down();
	sheet("777", "USD", NOV(12), false, "");
	line(10000, "257", "B2", "ACH RETURN ITEMS");
	sheet_done("bank/statements", "d12.bai");
	is("SELECT count(*) FROM match", 0, "a credit for two of three is nobody's to divide");
	is("SELECT count(*) FROM bank_line WHERE state=3", 1, "it waits for a person");
	play_end();
}

static void accepted(void)
{
	send_run();
	counted("a0.csv", "PAY20261109A.ach", 19, 95000);
	is("SELECT count(*) FROM exception WHERE reason='ACK_TOTALS_DIFFER' AND alarm=1", 1, "an acceptance of 19 payments where 20 were sent is an alarm");
	is("SELECT items_state FROM batch", 8, "and accepts nothing");
	play_decide("resolve", 'X', 1, 0, NULL);
	counted("a1.csv", "PAY20261109A.ach", 20, 100000);
	is("SELECT count(*) FROM batch WHERE items_state=9", 1, "an accepted file's payments are ACKED");
	is("SELECT count(*) FROM audit WHERE object='A1' AND text LIKE '%F3 line 1%ACCEPTED%'", 1, "the audit names the line that says so");
	ack("bank/acks", "a2.csv", "PAY20261109A.ach", "accepted", "");
	is("SELECT count(*) FROM exception WHERE state=3", 0, "said twice is said once");
	ack("bank/acks", "a3.csv", "PAY20261109A.ach", "rejected", "R99");
	is("SELECT count(*) FROM exception WHERE reason='ACK_CONTRADICTS' AND alarm=1", 1, "a second verdict that contradicts the first is an alarm");
	is("SELECT count(*) FROM batch WHERE items_state=9 AND state=3", 1, "and nothing moves");
	ack("bank/acks", "a4.csv", "PAY20261109Z.ach", "accepted", "");
	is("SELECT count(*) FROM exception WHERE reason='ACK_UNKNOWN_FILE'", 1, "a file that was never sent is an exception");
	ack("bank/acks", "a6.csv", "PAY20261109A.ach", "perhaps", "");
	is("SELECT count(*) FROM exception WHERE reason='ACK_UNREADABLE'", 1, "a verdict that is none is an exception");
	play_clock("2026-11-10T14:00:00Z");
	settle_down();
	is("SELECT items_state FROM batch", 11, "on its day the accepted run is DUE");
	sheet("777", "USD", NOV(10), false, "");
	line(-100000, "455", "B1", "PAY20261109A.ach");
	sheet_done("bank/statements", "d10.bai");
	is("SELECT items_state FROM batch", 12, "and settled by the bank's line");
	play_end();
}

static void late_rejection(void)
{
	send_run();
	play_clock("2026-11-10T14:00:00Z");
	sheet("777", "USD", NOV(10), false, "");
	line(-100000, "455", "B1", "PAY20261109A.ach");
	sheet_done("bank/statements", "d10.bai");
	is("SELECT items_state FROM batch", 12, "a run is settled without a verdict");
	ack("bank/acks", "a1.csv", "PAY20261109A.ach", "rejected", "R99");
	is("SELECT count(*) FROM exception WHERE reason='ACK_AFTER_SETTLEMENT' AND alarm=1", 1, "a rejection after the settlement is an alarm");
	is("SELECT items_state FROM batch", 12, "and moves nothing");
	play_end();
}

static void rejected(void)
{
	char first[65];

	send_run();
	play_decide("resend", 'A', 1, 1, "effective=2026-11-12");
	ok(says("was not rejected by the bank"), "a file that the bank did not reject is not sent again");
	ack("bank/acks", "a1.csv", "PAY20261109A.ach", "rejected", "company id unknown");
	is("SELECT count(*) FROM batch WHERE items_state=10 AND state=4 AND why='BANK_REJECTED'", 1, "a rejected file's payments are BANK_REJECTED, and its run is held");
	is("SELECT count(*) FROM exception WHERE reason='BANK_REJECTED' AND alarm=1 AND detail LIKE '%company id unknown%'", 1, "it is an alarm with the bank's reason");
	is("SELECT count(*) FROM expected WHERE state=1", 0, "the bank is not expected to book it");
	play_clock("2026-11-12T13:00:00Z");
	settle_down();
	is("SELECT items_state FROM batch", 10, "its day makes it neither DUE nor OVERDUE");
	play_decide("approve", 'B', 1, 1, NULL);
	is("SELECT count(*) FROM batch WHERE state=4", 1, "an approval alone does not send it again");
	play_decide("release", 'B', 1, 1, NULL);
	is("SELECT count(*) FROM batch WHERE state=4", 1, "nor does a release");
	play_decide("resend", 'A', 1, 0, "effective=2026-11-12");
	ok(says("the earliest effective date is 2026-11-13"), "a date that cannot be made is refused");
	play_decide("resend", 'A', 1, 0, NULL);
	ok(says("needs --effective"), "so is none");
	play_decide("resend", 'A', 1, 1, "effective=2026-11-13");
	ok(says("PROPOSED for 2026-11-13"), "a person sends it again with a date of its own");
	is("SELECT count(*) FROM batch WHERE state=2 AND effective=20770 AND artifact IS NULL AND resent_from=1 AND items_state=5", 1, "the run waits again, for its new date");
	is("SELECT count(*) FROM item WHERE trace IS NOT NULL", 0, "its old traces are not used again");
	is("SELECT count(*) FROM statement WHERE act='approve' AND spent=0", 0, "no old approval counts");
	is("SELECT count(*) FROM exception WHERE reason='BANK_REJECTED' AND state=3", 0, "the alarm closes");
	settle_down();
	ok(play.n_sent == 1, "nothing leaves without a new approval");
	play_decide("approve", 'B', 1, 1, NULL);
	ok(says("touched this run"), "who sends it again cannot approve it");
	play_restart();
	settle_down();
	ok(play.n_sent == 1, "nor does a restart send it");
	play_decide("approve", 'B', 1, 0, NULL);
	ok(play_until("SELECT count(*) FROM batch WHERE items_state=8"), "another person approves, though he approved the old file, and it is delivered");
	ok(play.n_sent == 2 && strcmp(play.sent[0].name, play.sent[1].name) != 0, "as a new file under a new name");
	snprintf(first, sizeof(first), "%s", play.sent[0].sha);
	ok(strcmp(first, play.sent[1].sha) != 0, "with other bytes: its own numbers and date");
	is("SELECT count(*) FROM expected WHERE state=1 AND effective=20770 AND artifact=2", 1, "the bank is expected to book the new one");
	ack("bank/acks", "a2.csv", "PAY20261109A.ach", "accepted", "");
	is("SELECT count(*) FROM exception WHERE reason='ACK_CONTRADICTS'", 1, "an acceptance of the rejected file now is an alarm");
	is("SELECT items_state FROM batch", 8, "and does not touch the new one");
	ack("bank/acks", "a3.csv", "PAY20261112A.ach", "accepted", "");
	is("SELECT items_state FROM batch", 9, "the new one is accepted by its own name");
	record_reference("1234567890-261109-0800-A");
	is("SELECT count(*) FROM ack WHERE artifact=1 AND state=3 AND reference='1234567890-261109-0800-A'", 1, "a bank may name a file by what stands in its header");
	play_end();
	send_run();
	ack("bank/acks", "a1.csv", "PAY20261109A.ach", "rejected", "x");
	play_decide("reject", 'B', 1, 1, NULL);
	is("SELECT count(*) FROM batch WHERE state=5 AND items_state=15", 1, "a rejected run may end instead: its payments are CANCELLED");
	play_end();
}

static void missing_ack(void)
{
	begin("2026-11-09T13:00:00Z");
	play.out.ack_within_minutes = 60;
	play_drop("run1", 20, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play_decide("approve", 'B', 1, 0, NULL);
	play_until("SELECT count(*) FROM batch WHERE items_state=8");
	is("SELECT ack_due FROM delivery", 1794232800, "a verdict is awaited until an hour after the delivery");
	is("SELECT count(*) FROM exception", 0, "within the hour nothing is late");
	play_clock("2026-11-09T14:00:01Z");
	settle_down();
	settle_down();
	is("SELECT count(*) FROM exception WHERE reason='ACK_MISSING' AND alarm=1 AND state=3", 1, "after it the silence is an alarm, once");
	ack("bank/acks", "a1.csv", "PAY20261109A.ach", "accepted", "");
	is("SELECT count(*) FROM exception WHERE reason='ACK_MISSING' AND state=3", 0, "which the verdict closes");
	is("SELECT items_state FROM batch", 9, "and it counts, late as it is");
	play_end();
}

/* A bank that answers before our own rename is committed. */
static void fast_bank(void)
{
	begin("2026-11-09T13:00:00Z");
	play_drop("run1", 20, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play.away[PAIR_DELIVER] = true;
	play_decide("approve", 'B', 1, 0, NULL);
	play_until("SELECT count(*) FROM artifact WHERE state=4");
	ledger_do(play.route->ledger, NULL, "UPDATE delivery SET state=4, renamed=1", "");
	ack("bank/acks", "a1.csv", "PAY20261109A.ach", "accepted", "");
	is("SELECT count(*) FROM ack WHERE state=1", 1, "a verdict on a file in its rename waits");
	is("SELECT count(*) FROM exception", 0, "and is no exception");
	play_restart();
	play.away[PAIR_DELIVER] = false;
	ok(play_until("SELECT count(*) FROM batch WHERE items_state=9"), "when the rename is seen to have happened, it counts");
	play_end();
}

/* Neither name was there after the cut; then the bank answers. */
static void uncertain(void)
{
	begin("2026-11-09T13:00:00Z");
	play_drop("run1", 20, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play.away[PAIR_DELIVER] = true;
	play_decide("approve", 'B', 1, 0, NULL);
	play_until("SELECT count(*) FROM artifact WHERE state=4");
	ledger_do(play.route->ledger, NULL, "UPDATE delivery SET state=6, renamed=1, why='NEITHER_NAME'", "");
	ack("bank/acks", "a1.csv", "PAY20261109A.ach", "accepted", "");
	is("SELECT count(*) FROM exception WHERE reason='ACK_FOR_UNCERTAIN' AND detail LIKE '%resolve D1%'", 1, "a verdict on a file of uncertain fate tells the person who must decide");
	is("SELECT state FROM delivery", 6, "and decides nothing");
	play_decide("resolve", 'D', 1, 0, NULL);
	settle_down();
	is("SELECT items_state FROM batch", 9, "when he has, the verdict counts");
	is("SELECT count(*) FROM exception WHERE state=3", 0, "and nothing is left to decide");
	play_end();
}

int main(void)
{
	book();
	windows();
	vetoes();
	sums();
	crowds();
	chain();
	provisional();
	checks();
	book_checks();
	returns();
	accepted();
	late_rejection();
	rejected();
	missing_ack();
	fast_bank();
	uncertain();
	return done_testing();
}
