/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handwork_test - what analysts decide: each decision is kept with who and why, moves what it says and nothing else, and can be told apart
 * from what the matcher did; what is undone is as it was
 */
#include "tests/lib/bank_play.h"

static bool says(const char *words)
{
	bool there = strstr(play_answer, words) != NULL;

	if (!there)
		printf("# it says: %s\n", play_answer);
	return there;
}

/* Items 1 and 2 of -100.00, 3 INV-100003 -70.00, 4 a cent; lines 1 of -100.00, 2 INV-100003, 3 a cent, 4 of -200.00. */
static void rows(void)
{
	begin("2026-11-09T08:00:00Z");
	book_item("K1", "DE777", "EUR", -10000, NOV(10), "", "", "");
	book_item("K2", "DE777", "EUR", -10000, NOV(10), "", "", "");
	book_item("K3", "DE777", "EUR", -7000, NOV(10), "INV-100003", "", "");
	book_item("K4", "DE777", "EUR", 1, NOV(1), "", "", "");
	book_done("book.csv");
	sheet("DE777", "EUR", NOV(10), false, "");
	line(-10000, "NTRF", "B1", "");
	line(-7000, "NTRF", "B2", "FOR INV-100003");
	line(2, "NTRF", "B3", "ROUNDING");
	line(-20000, "NTRF", "B4", "TWO AT ONCE");
	sheet_done("eurobank/statements", "d10.sta");
}

static void matched_by_hand(void)
{
	rows();
	is("SELECT count(*) FROM bank_line WHERE id=1 AND state=3 AND reason='AMBIGUOUS'", 1, "two items of one amount are a person's");
	is("SELECT count(*) FROM proposal WHERE line=1", 2, "both are proposed");
	play_decide("match", 'L', 1, 0, "with=E3");
	ok(says("error"), "a line of another amount is not joined");
	is("SELECT count(*) FROM casework", 0, "what is refused is not written down");
	play_decide("match", 'L', 1, 0, "with=E99");
	ok(says("error"), "nor one to an item that is not there");
	play_decide("match", 'L', 2, 0, "with=E1");
	ok(says("not open"), "nor a line that stands in a match");
	play_decide("match", 'L', 1, 0, "with=E2");
	ok(says("C1: match"), "a person joins a line and an item");
	is("SELECT count(*) FROM match WHERE bank_line=1 AND expected=2 AND rule='person' AND explanation LIKE 'matched by bob (C1): looked at it' AND arithmetic='-100.00 = -100.00 EUR'", 1,
	   "the match says who, by which decision and why, and shows the sum");
	is("SELECT count(*) FROM statement WHERE act='match' AND object='L1' AND operator='bob'", 1, "his signature is kept");
	is("SELECT count(*) FROM audit WHERE object='C1'", 1, "the audit names it");
	is("SELECT count(*) FROM proposal WHERE line=1", 0, "nothing is proposed for the line any more");
	play_decide("match", 'L', 4, 0, "with=E1,E3");
	ok(says("error"), "items of which one is in a match already cannot be joined");
	play_decide("unmatch", 'M', 2, 0, NULL);
	ok(says("C2: unmatch"), "he takes it apart again");
	settle_down();
	is("SELECT count(*) FROM bank_line WHERE id=1 AND state=3 AND reason='AMBIGUOUS' AND match IS NULL", 1, "and all is as it was: the line with its reason");
	is("SELECT count(*) FROM proposal WHERE line=1", 2, "its proposals");
	is("SELECT count(*) FROM expected WHERE id=2 AND state=1 AND match IS NULL", 1, "and the item open");
	is("SELECT count(*) FROM match WHERE id=2 AND undone='C2'", 1, "the match stays, with its end");
	play_decide("unmatch", 'M', 2, 0, NULL);
	ok(says("error"), "what was taken apart is not taken apart twice");
	play_decide("match", 'L', 4, 0, "with=E1,E2");
	is("SELECT count(*) FROM match WHERE bank_line=4 AND rule='person' AND arithmetic='-100.00 - 100.00 = -200.00 EUR'", 1, "one line may pay two items");
	play_end();
}

static void taken_apart(void)
{
	rows();
	is("SELECT count(*) FROM match WHERE bank_line=2 AND rule='reference-text'", 1, "the matcher joined what bears a reference");
	play_decide("unmatch", 'M', 1, 0, NULL);
	settle_down();
	is("SELECT count(*) FROM bank_line WHERE id=2 AND state=3 AND reason='UNMATCHED' AND by_hand=1", 1, "taken apart by hand it stays a person's: the matcher does not join it again");
	is("SELECT count(*) FROM expected WHERE id=3 AND state=1", 1, "the item is open");
	play_restart();
	settle_down();
	is("SELECT count(*) FROM match WHERE undone IS NULL", 0, "nor after a restart");
	play_decide("match", 'L', 2, 0, "with=E3");
	is("SELECT count(*) FROM match WHERE bank_line=2 AND rule='person' AND undone IS NULL", 1, "a person may");
	play_end();
}

static void proposals(void)
{
	rows();
	play_decide("confirm", 'L', 1, 0, "rank=7");
	ok(says("error"), "a proposal that is not there is not confirmed");
	play_decide("refuse", 'L', 1, 0, "rank=1");
	settle_down();
	is("SELECT count(*) FROM proposal WHERE line=1 AND items='E1'", 0, "what was refused is not proposed again");
	is("SELECT count(*) FROM proposal WHERE line=1 AND rank=1 AND items='E2'", 1, "the other one is, as the first now");
	play_decide("confirm", 'L', 1, 0, NULL);
	is("SELECT count(*) FROM match WHERE bank_line=1 AND expected=2 AND rule='person'", 1, "and confirmed it is a match");
	play_end();
}

static void notes(void)
{
	rows();
	play_decide("assign", 'L', 1, 0, "to=carol");
	is("SELECT count(*) FROM bank_line WHERE id=1 AND owner='carol'", 1, "a line has an owner");
	play_decide("comment", 'E', 1, 1, NULL);
	is("SELECT count(*) FROM expected WHERE id=1 AND comment='looked at it'", 1, "an item a comment");
	is("SELECT count(*) FROM bank_line WHERE id=1 AND state=3 AND reason='AMBIGUOUS'", 1, "and nothing else of them changes");
	play_ask("show", "id=L1");
	ok(says("\"decisions\":[{\"id\":\"C1\",\"act\":\"assign\""), "show tells the decisions about a line");
	play_ask("decisions", NULL);
	ok(says("\"C2\"") && says("\"comment\""), "all of them are listed");
	play_end();
}

static void written_off(void)
{
	static struct write_off_rule limit[1] = { { .ccy = "EUR", .most_minor = 100, .second_minor = 1 } };

	rows();
	play_decide("write-off", 'L', 3, 0, NULL);
	ok(says("error"), "without a limit in the rules nothing is written off");
	play.config.write_offs = limit;
	play.config.n_write_offs = 1;
	play_decide("write-off", 'L', 4, 0, NULL);
	ok(says("error"), "nor above it");
	play_decide("write-off", 'E', 4, 0, NULL);
	is("SELECT count(*) FROM expected WHERE id=4 AND state=4 AND status='WRITTEN_OFF'", 1, "below it an item is");
	book_item("K4", "DE777", "EUR", 1, NOV(1), "", "", "OPEN");
	book_done("again.csv");
	is("SELECT count(*) FROM expected WHERE id=4 AND state=4 AND status='WRITTEN_OFF'", 1, "the book that says it again does not bring it back");
	play_decide("unmatch", 'C', 1, 0, NULL);
	is("SELECT count(*) FROM expected WHERE id=4 AND state=1 AND status IS NULL", 1, "a person does");
	play_decide("unmatch", 'C', 1, 0, NULL);
	ok(says("error"), "once");
	play_decide("write-off", 'L', 3, 0, NULL);
	ok(says("waits for a second person"), "above the second limit it waits for another person");
	is("SELECT count(*) FROM bank_line WHERE id=3 AND state=3", 1, "and moves nothing until then");
	play_decide("second", 'C', 3, 0, NULL);
	ok(says("error"), "who decided it is not the other one");
	play_decide("withdraw", 'C', 3, 1, NULL);
	ok(says("error"), "another person does not take it back");
	play_decide("second", 'C', 3, 1, NULL);
	ok(says("C3 is carried out"), "another person seconds it");
	is("SELECT count(*) FROM bank_line WHERE id=3 AND state=4 AND reason='WRITTEN_OFF' AND detail LIKE 'written off by bob and % (C3)%'", 1, "and it is done, with both names");
	play_decide("second", 'C', 3, 1, NULL);
	ok(says("error"), "it does not wait any more");
	settle_down();
	is("SELECT count(*) FROM bank_line WHERE id=3 AND state=4", 1, "the matcher leaves it alone");
	play.config.n_write_offs = 0;
	play_end();
}

/* Two persons for each match; meanwhile the row changes. */
static void second_person(void)
{
	static struct decision_rule two[1] = { { .persons = 2, .act = (char *)(uintptr_t)"match" } };

	rows();
	play.config.decisions = two;
	play.config.n_decisions = 1;
	play_decide("match", 'L', 1, 0, "with=E2");
	ok(says("C1 waits"), "where the rules want two persons a match waits");
	is("SELECT count(*) FROM match WHERE bank_line=1", 0, "and is none");
	ledger_do(play.route->ledger, NULL, "UPDATE expected SET state=4, status='VOID' WHERE id=2", "");
	play_decide("second", 'C', 1, 1, NULL);
	ok(says("have changed"), "rows that changed meanwhile are not joined by an old decision");
	play_decide("withdraw", 'C', 1, 0, NULL);
	ok(says("C1 is taken back"), "it is taken back");
	play_decide("second", 'C', 1, 1, NULL);
	ok(says("error"), "and cannot be seconded then");
	play_decide("match", 'L', 1, 0, "with=E1");
	play_decide("second", 'C', 3, 1, NULL);
	is("SELECT count(*) FROM match WHERE bank_line=1 AND expected=1 AND rule='person'", 1, "a new one is, and holds");
	play.config.n_decisions = 0;
	play_end();
}

/* What settled payments of ours is no matter of an analyst. */
static void our_own(void)
{
	begin("2026-11-09T13:00:00Z");
	play_drop("run1", 20, 5000, NOV(10));
	play_until("SELECT count(*) FROM batch WHERE state=2");
	play_decide("approve", 'B', 1, 0, NULL);
	play_until("SELECT count(*) FROM batch WHERE items_state=8");
	play_clock("2026-11-10T14:00:00Z");
	sheet("777", "USD", NOV(10), false, "");
	line(-100000, "455", "B1", "ACH 1234567890 SETTLEMENT 261110");
	sheet_done("bank/statements", "d10.bai");
	is("SELECT count(*) FROM match WHERE rule='amount-date' AND explanation LIKE '%the name agrees%'", 1, "a settlement is known by our company id, which is no reference");
	is("SELECT items_state FROM batch", 12, "and settles the run");
	play_decide("unmatch", 'M', 1, 0, NULL);
	ok(says("return"), "no person takes it apart: its way back is a return or a reversal");
	is("SELECT items_state FROM batch", 12, "the run stays settled");
	play_end();
}

int main(void)
{
	matched_by_hand();
	taken_apart();
	proposals();
	notes();
	written_off();
	second_person();
	our_own();
	return done_testing();
}
