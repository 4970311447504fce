/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_find - what can be wrong in a camt file, and how it is told
 *
 * The table is what `tallygate explain` prints.  ISO = ISO 20022 Bank-to-Customer Cash Management, camt.052, camt.053 and
 * camt.054.  A finding's text never shows an account number.  When the host says stop, nothing more is told.
 */
#include <stdarg.h>
#include <stdio.h>
#include "formats/lib/camt.h"

#define ROW(id, severity, title, action, source) [id] = { #id, FINDING_ ## severity, title, action, source }
#define ASK "ask the bank for a corrected file"

const struct tally_code camt_findings[CAMT_CODES + 1] = {
	ROW(CAMT_EMPTY, ERROR, "the file is empty", ASK, "ISO, message"),
	ROW(CAMT_XML, ERROR, "the XML is broken or ends too early; unless the text says otherwise nothing behind this place is read",
		"the transmission was cut short or damaged; fetch the file again or " ASK, "XML 1.0"),
	ROW(CAMT_DOCTYPE, ERROR, "the file declares a document type", "refuse the file: no bank does so, and it may be an attack", "XML 1.0, 2.8"),
	ROW(CAMT_LIMIT, ERROR, "the XML goes beyond a limit", ASK ", or refuse it: it may be an attack", "limit of this program"),
	ROW(CAMT_ENCODING, WARNING, "the bytes are not of the encoding that the file declares; the text says what they are taken as",
		"look at the names and texts; " ASK, "XML 1.0, 4.3.3"),
	ROW(CAMT_NO_MESSAGE, ERROR, "there is no camt.052, camt.053 or camt.054 message in the file", "find out what the file is", "ISO, message"),
	ROW(CAMT_VERSION, WARNING, "the namespace is none of a known camt version, or of another message than the root",
		"compare some entries with the bank's own list; the file is read by its element names", "ISO, namespaces"),
	ROW(CAMT_NO_STATEMENT, WARNING, "the message has no statement, report or notification in it", "ask the bank whether one is missing", "ISO, Stmt"),
	ROW(CAMT_NO_ID, WARNING, "a statement has no identification (Id)", "a repeated statement cannot be found out", "ISO, Stmt/Id"),
	ROW(CAMT_NO_ACCOUNT, ERROR, "a statement does not say its account", ASK ", its entries belong to no account", "ISO, Stmt/Acct"),
	ROW(CAMT_NO_OPENING, WARNING, "a statement has no opening balance (OPBD or PRCD)", "nothing can be proved; " ASK, "ISO, Stmt/Bal"),
	ROW(CAMT_NO_CLOSING, WARNING, "a statement has no closing balance (CLBD)", "nothing can be proved; " ASK, "ISO, Stmt/Bal"),
	ROW(CAMT_BALANCE, ERROR, "a balance has no amount or type", ASK, "ISO, Stmt/Bal"),
	ROW(CAMT_BALANCE_SIGN, WARNING, "a balance does not say whether it is a credit or a debit", "nothing, when the statement proves: it is read as a credit",
		"ISO, Stmt/Bal/CdtDbtInd"),
	ROW(CAMT_BALANCE_TYPE, WARNING, "a balance's type is none of the code list", "ask the bank what it means; it is not used", "ISO, BalanceType12Code"),
	ROW(CAMT_BALANCE_REPEATED, ERROR, "an opening or closing balance stands twice with different amounts", ASK, "ISO, Stmt/Bal"),
	ROW(CAMT_AMOUNT, ERROR, "an amount is not a decimal number, or has more decimals than its currency", ASK, "ISO, ActiveOrHistoricCurrencyAndAmount; ISO 4217"),
	ROW(CAMT_NO_AMOUNT, ERROR, "an entry has no amount", ASK, "ISO, Ntry/Amt"),
	ROW(CAMT_SIGN, ERROR, "the credit or debit indicator is missing or is none of CRDT and DBIT", ASK "; the line has no amount here", "ISO, CdtDbtInd"),
	ROW(CAMT_NO_CURRENCY, WARNING, "an amount has no currency of three capitals", "nothing, when it is the account's; that one is taken", "ISO, Amt/@Ccy"),
	ROW(CAMT_CURRENCY, ERROR, "an entry or booked balance is in another currency than the account", ASK, "ISO, Ntry/Amt"),
	ROW(CAMT_STATUS, WARNING, "an entry's status is missing or is none of BOOK, PDNG, INFO and FUTR", "ask the bank; the entry is taken as booked", "ISO, Ntry/Sts"),
	ROW(CAMT_REVERSAL, WARNING, "the reversal indicator is neither true nor false", "nothing, it changes no amount", "ISO, Ntry/RvslInd"),
	ROW(CAMT_DATE, ERROR, "a date is no date of the form YYYY-MM-DD", ASK, "XML Schema, date and dateTime"),
	ROW(CAMT_NO_DATE, WARNING, "an entry has neither booking nor value date", "ask the bank", "ISO, Ntry/BookgDt and ValDt"),
	ROW(CAMT_REPEATED_ELEMENT, ERROR, "an element that may stand once in an entry or balance stands twice", ASK, "ISO, Ntry"),
	ROW(CAMT_PROOF, ERROR, "opening balance and booked entries do not add up to the closing balance",
		"an entry is missing, doubled or has a wrong amount; " ASK, "ISO, Stmt/Bal and Ntry"),
	ROW(CAMT_OVERFLOW, ERROR, "amounts are too large to be added up", ASK, "limit of this program: 64 bits"),
	ROW(CAMT_TOTALS, ERROR, "a count or sum of the summary is not what was read", "entries are missing or doubled; " ASK, "ISO, Stmt/TxsSummry"),
	ROW(CAMT_BATCH_COUNT, WARNING, "a batch says another number of transactions than it holds",
		"nothing, when the bank gives details elsewhere; the entry's amount counts", "ISO, Ntry/NtryDtls/Btch"),
	ROW(CAMT_BATCH_SUM, WARNING, "the transactions of an entry do not add up to its amount",
		"the entry's amount counts; ask the bank which part is missing", "ISO, Ntry/NtryDtls/TxDtls"),
	ROW(CAMT_DUPLICATE, WARNING, "the statement says that it is a copy or a duplicate", "see that it is not booked twice", "ISO, Stmt/CpyDplctInd"),
	ROW(CAMT_PAGE, WARNING, "the message or statement is one page of several", "see that the other pages are there", "ISO, MsgPgntn, StmtPgntn"),
	ROW(CAMT_CHAIN, WARNING, "a statement does not begin where the account's statement before it ended",
		"a statement between the two is missing; ask the bank for it", "ISO, Stmt/Bal"),
	ROW(CAMT_REVERSED, NOTE, "the account's statements stand in the file with the newest first", "nothing", "seen in files"),
	ROW(CAMT_REPEATED, ERROR, "a statement stands twice in the file", "take one of them out: its entries would count twice", "ISO, Stmt/Id"),
	ROW(CAMT_ENTRY_REPEATED, WARNING, "an entry with the same bank reference, date and amount stood before", "ask the bank whether it was booked twice",
		"ISO, Ntry/AcctSvcrRef"),
	ROW(CAMT_TEXT_LONG, WARNING, "the texts of an entry are longer than 98,304 bytes and are cut", "read the rest in the file itself", "limit of this program"),
	ROW(CAMT_OPTION, ERROR, "an option of the channel has a value that is not known", "correct the configuration; the strictest value is used",
		"tallygate formats"),
	{ NULL, 0, NULL, NULL, NULL },
};

__attribute__((format(printf, 6, 0)))
static void tell(struct camt *c, enum camt_code code, uint32_t severity, uint64_t line, const char *name, const char *fmt, va_list ap)
{
	char text[300];
	struct finding f = { .size = sizeof(f), .severity = severity, .code = camt_findings[code].code, .line = line };
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (c->stopped || !strict_apply(&c->strict, code, &f.severity))
		return;
	f.field = view_of(name);
	f.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (c->host->finding(c->host->ctx, &f) != 0)
		c->stopped = true;
}

void camt_find(struct camt *c, enum camt_code code, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(c, code, camt_findings[code].severity, c->line, name, fmt, ap);
	va_end(ap);
}

void camt_find_at(struct camt *c, enum camt_code code, uint32_t severity, uint64_t line, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(c, code, severity, line, name, fmt, ap);
	va_end(ap);
}

static void emit_sum(struct camt *c, struct tally_sum *sum)
{
	if (sum->records == 0 || c->stopped)
		return;
	if (c->host->sum(c->host->ctx, sum) != 0)
		c->stopped = true;
	*sum = (struct tally_sum){ .size = sizeof(*sum), .kind = sum->kind };
}

void camt_emit_sums(struct camt *c)
{
	emit_sum(c, &c->sum);
	emit_sum(c, &c->details);
}

void camt_emit(struct camt *c, const struct record *r)
{
	camt_emit_sums(c);
	if (c->stopped)
		return;
	c->seq++;
	if (c->host->record(c->host->ctx, r) != 0)
		c->stopped = true;
}
