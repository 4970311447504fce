/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_words - the reasons of exceptions in an analyst's words, and what to do about each
 *
 * One row a reason of the contract's list; what else the gateway gives as a reason is said as the gateway says it everywhere
 * (reasons.c).
 */
#include <string.h>

#include "gateway/reasons.h"
#include "gateway/report_page.h"

static const struct { const char *reason, *words, *action; } reasons[] = {
	{ "NO_COUNTERPART_BOOK", "The bank has it, the book does not",
		"Find out what the line pays; book it or resolve it with its reason." },
	{ "NO_COUNTERPART_BANK", "The book has it, the bank does not",
		"Ask the bank, with the file's name and the effective date." },
	{ "AMOUNT_DIFF", "The amounts differ", "Compare both amounts with the original; correct the side that is "
		"wrong." },
	{ "DATE_OUT_OF_WINDOW", "The dates lie too far apart",
		"If it is the same payment, resolve it; ask why it took so long." },
	{ "REF_CONFLICT", "The amount fits, the reference contradicts",
		"Do not match by amount alone: ask for the payment's own reference." },
	{ "AMBIGUOUS", "Several items fit equally", "Compare references with the bank, then resolve it to one of "
		"them." },
	{ "DUP_LINE", "The bank shows the same line twice",
		"Ask the bank to reverse one of them; a true second payment has a reference of its own." },
	{ "DUP_PAYMENT", "The same payment went out twice",
		"Stop or recall the second one today; banks take recalls for a few days only." },
	{ "SIGN_FLIP", "Credit and debit are exchanged", "Find the side that has the wrong sign; correct it there." },
	{ "TRANSPOSED_AMOUNT", "Two digits are exchanged", "Correct the amount where it was typed." },
	{ "WRONG_ACCOUNT", "It was booked on another account", "Move the item, or ask the bank to rebook." },
	{ "RETURN_UNLINKED", "A return names no payment of ours",
		"Check trace, amount and account with the bank: the deadline for an answer is two banking days." },
	{ "RETURN_DISPUTED", "Banks dispute an earlier return", "No payment moved by it: ask the bank what became of the money." },
	{ "CHANGE_UNLINKED", "A change names no payment of ours",
		"Check its trace with the bank; nothing was changed." },
	{ "CHANGE_UNREADABLE", "A change cannot be read", "The corrected data does not fit its code: ask the payee." },
	{ "FEE_UNEXPLAINED", "A fee nobody expected", "Compare with the bank's price list; book it or claim it back." },
	{ "GROUP_SHORT", "Less than the sum of its items",
		"Find the item that is missing: a return or a rejected entry, most often." },
	{ "GROUP_OVER", "More than the sum of its items", "Find the item that the book lacks." },
	{ "STALE_CHECK", "A check older than 180 days", "Ask the payee; void it, and watch the escheat rules." },
	{ "VOID_PRESENTED", "A void check was presented",
		"Return it today: the bank's deadline is midnight of the next banking day." },
	{ "STOP_PRESENTED", "A stopped check was presented", "Return it today, with the stop order's number." },
	{ "CCY_MISMATCH", "The currencies differ", "Find the rate that was used, or the wrong currency; amounts were "
		"not compared." },
	{ "BALANCE_BREAK", "A statement does not add up",
		"Ask the bank for the statement again; match nothing of it until it proves." },
};

const char *report_reason(const char *reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].reason, reason) == 0)
			return reasons[i].words;
	return reason_find(reason) != NULL ? reason_find(reason)->title : reason;
}

const char *report_advice(const char *reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].reason, reason) == 0)
			return reasons[i].action;
	return reason_find(reason) != NULL ? reason_find(reason)->action : NULL;
}
