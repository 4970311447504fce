/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_test - the camt module against the rules: signs, amounts, statuses, batches, versions, proof, damaged and hostile XML
 *
 * The corpus (TALLY_SHARED) is compared statement by statement with expected.tsv: account, id, balances, entries, details,
 * net of what is booked, proof.  Where an expected value contradicts the standard, `argued` says why.
 */
#include "tests/lib/corpus.h"

static const struct tally_format *camt;

static bool has(struct mhost *h, const char *want)
{
	return strstr(buf_cstr(&h->records), want) != NULL || strstr(buf_cstr(&h->findings), want) != NULL;
}

static void run(struct mhost *h, const char *text)
{
	mhost_parse(h, camt, view_of(text));
}

#define OPEN "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>\n"
#define CLOSE "</BkToCstmrStmt></Document>"
#define ACCT "<Acct><Id><IBAN>DE1</IBAN></Id><Ccy>EUR</Ccy></Acct>"
#define BAL(type, amount) "<Bal><Tp><CdOrPrtry><Cd>" type "</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>" amount "</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-05</Dt></Dt></Bal>"
#define DATES "<BookgDt><Dt>2026-01-05</Dt></BookgDt><ValDt><Dt>2026-01-06</Dt></ValDt>"
#define NTRY(amount, sign, rest) "<Ntry><Amt Ccy='EUR'>" amount "</Amt><CdtDbtInd>" sign "</CdtDbtInd>" rest "</Ntry>\n"
#define BOOK "<Sts><Cd>BOOK</Cd></Sts>" DATES
#define TX(text) BOOK "<NtryDtls><TxDtls>" text "</TxDtls></NtryDtls>"

/* one Ntry of a statement in EUR: what it must give */
static const struct { const char *what, *entry, *want; } entries[] = {
	{ "CRDT is money in", NTRY("1.50", "CRDT", BOOK), "ENTRY 2 account=DE1 currency=EUR amount_minor=150 value_date=2026-01-06 booking_date=2026-01-05 status=BOOK\n" },
	{ "DBIT is money out", NTRY("1.50", "DBIT", BOOK), "amount_minor=-150 " },
	{ "a reversal does not turn the sign", NTRY("1.50", "DBIT", "<RvslInd>true</RvslInd>" BOOK), "amount_minor=-150 " },
	{ "a reversal is told", NTRY("1.50", "DBIT", "<RvslInd>true</RvslInd>" BOOK), "reversal=1" },
	{ "five decimals that are zeros are none too many", NTRY("5442.09000", "CRDT", BOOK), "amount_minor=544209 " },
	{ "no decimals", NTRY("500000", "CRDT", BOOK), "amount_minor=50000000 " },
	{ "one decimal", NTRY("596.4", "CRDT", BOOK), "amount_minor=59640 " },
	{ "a third decimal of EUR is an error", NTRY("1.005", "CRDT", BOOK), "error CAMT_AMOUNT 2:0 Amt" },
	{ "and the entry has no amount", NTRY("1.005", "CRDT", BOOK), "ENTRY 2 account=DE1 currency=EUR value_date" },
	{ "a comma is an error", NTRY("1,00", "CRDT", BOOK), "error CAMT_AMOUNT" },
	{ "a negative amount is an error", NTRY("-1.00", "CRDT", BOOK), "error CAMT_AMOUNT" },
	{ "an exponent is an error", NTRY("1E2", "CRDT", BOOK), "error CAMT_AMOUNT" },
	{ "blanks around an amount are none of it", NTRY(" 1.00\n", "CRDT", BOOK), "amount_minor=100 " },
	{ "twenty digits are an error", NTRY("99999999999999999999", "CRDT", BOOK), "error CAMT_AMOUNT" },
	{ "a missing indicator is an error", "<Ntry><Amt Ccy='EUR'>1</Amt>" BOOK "</Ntry>", "error CAMT_SIGN 2:0" },
	{ "another indicator is an error", NTRY("1", "CR", BOOK), "error CAMT_SIGN 2:0" },
	{ "a missing amount is an error", "<Ntry><CdtDbtInd>CRDT</CdtDbtInd>" BOOK "</Ntry>", "error CAMT_NO_AMOUNT 2:0" },
	{ "two amounts are an error", "<Ntry><Amt Ccy='EUR'>1</Amt><Amt Ccy='EUR'>2</Amt><CdtDbtInd>CRDT</CdtDbtInd>" BOOK "</Ntry>", "error CAMT_REPEATED_ELEMENT" },
	{ "another currency is an error", "<Ntry><Amt Ccy='USD'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd>" BOOK "</Ntry>", "error CAMT_CURRENCY" },
	{ "no currency is the account's, and told", "<Ntry><Amt>1</Amt><CdtDbtInd>CRDT</CdtDbtInd>" BOOK "</Ntry>", "warning CAMT_NO_CURRENCY" },
	{ "status as text, as until 06", NTRY("1", "CRDT", "<Sts>PDNG</Sts>" DATES), "status=PDNG provisional=1" },
	{ "status in Cd, as from 07", NTRY("1", "CRDT", "<Sts><Cd>INFO</Cd></Sts>" DATES), "status=INFO provisional=1" },
	{ "no status is told", NTRY("1", "CRDT", DATES), "warning CAMT_STATUS" },
	{ "another status is told", NTRY("1", "CRDT", "<Sts>X</Sts>" DATES), "warning CAMT_STATUS" },
	{ "a time counts by its day", NTRY("1", "CRDT", "<Sts>BOOK</Sts><BookgDt><DtTm>2026-01-05T23:59:00+01:00</DtTm></BookgDt>"), "booking_date=2026-01-05 status" },
	{ "a day with a zone", NTRY("1", "CRDT", "<Sts>BOOK</Sts><BookgDt><Dt>2026-01-05Z</Dt></BookgDt>"), "booking_date=2026-01-05 status" },
	{ "30 February is an error", NTRY("1", "CRDT", "<Sts>BOOK</Sts><BookgDt><Dt>2026-02-30</Dt></BookgDt>"), "error CAMT_DATE" },
	{ "neither date is told", NTRY("1", "CRDT", "<Sts>BOOK</Sts>"), "warning CAMT_NO_DATE" },
	{ "the bank's reference", NTRY("1", "CRDT", "<NtryRef>N</NtryRef><AcctSvcrRef>B</AcctSvcrRef>" BOOK), "bank_ref=B " },
	{ "else the entry's", NTRY("1", "CRDT", "<NtryRef>N</NtryRef>" BOOK), "bank_ref=N " },
	{ "domain, family, sub-family", NTRY("1", "CRDT", "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>" BOOK), "type=PMNT-RCDT-ESCT " },
	{ "else the bank's own code", NTRY("1", "CRDT", "<BkTxCd><Prtry><Cd>544</Cd></Prtry></BkTxCd>" BOOK), "type=544 " },
	{ "end-to-end id", NTRY("1", "CRDT", TX("<Refs><EndToEndId>E</EndToEndId></Refs>")), "customer_ref=E status=BOOK end_to_end=E\n" },
	{ "NOTPROVIDED is none", NTRY("1", "CRDT", TX("<Refs><EndToEndId>NOTPROVIDED</EndToEndId><InstrId>I</InstrId></Refs>")), "customer_ref=I " },
	{ "mandate", NTRY("1", "CRDT", TX("<Refs><MndtId>M</MndtId></Refs>")), "mandate=M" },
	{ "check number", NTRY("1", "CRDT", TX("<Refs><ChqNb>42</ChqNb></Refs>")), "check_number=42" },
	{ "several remittance lines", NTRY("1", "CRDT", TX("<RmtInf><Ustrd>A</Ustrd><Ustrd>B</Ustrd></RmtInf>")), "text=A\\x0a" "B " },
	{ "structured remittance", NTRY("1", "CRDT", TX("<RmtInf><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf>")), "reference=RF18" },
	{ "of money in the other side pays", NTRY("1", "CRDT", TX("<RltdPties><Dbtr><Nm>D</Nm></Dbtr><Cdtr><Nm>C</Nm></Cdtr></RltdPties>")), "party=D " },
	{ "of money out it is paid", NTRY("1", "DBIT", TX("<RltdPties><Dbtr><Nm>D</Nm></Dbtr><Cdtr><Nm>C</Nm></Cdtr></RltdPties>")), "party=C " },
	{ "of a reversal it is the other one", NTRY("1", "CRDT", "<RvslInd>1</RvslInd>" TX("<RltdPties><Dbtr><Nm>D</Nm></Dbtr><Cdtr><Nm>C</Nm></Cdtr></RltdPties>")), "party=C " },
	{ "our own account decides", NTRY("1", "CRDT", TX("<RltdPties><Dbtr><Nm>D</Nm></Dbtr><DbtrAcct><Id><IBAN>DE1</IBAN></Id></DbtrAcct><Cdtr><Nm>C</Nm></Cdtr></RltdPties>")), "party=C " },
	{ "a name inside Pty, as from 07", NTRY("1", "CRDT", TX("<RltdPties><Dbtr><Pty><Nm>D</Nm></Pty></Dbtr></RltdPties>")), "party=D " },
	{ "account and bank of the other side", NTRY("1", "CRDT", TX("<RltdPties><DbtrAcct><Id><Othr><Id>77</Id></Othr></Id></DbtrAcct></RltdPties><RltdAgts><DbtrAgt><FinInstnId><BIC>XX</BIC></FinInstnId></DbtrAgt></RltdAgts>")),
		"party_account=77 party_bank=XX" },
	{ "a return's reason", NTRY("1", "DBIT", TX("<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>")), "reason=MD06" },
	{ "amount before exchange", NTRY("1", "DBIT", TX("<AmtDtls><InstdAmt><Amt Ccy='USD'>2</Amt></InstdAmt></AmtDtls>")), "original_amount_minor=200 original_currency=USD" },
	{ "of a return also in the same currency", NTRY("1.50", "DBIT", TX("<AmtDtls><InstdAmt><Amt Ccy='EUR'>1</Amt></InstdAmt></AmtDtls>")), "original_amount_minor=100 original_currency=EUR" },
	{ "the same amount again is none before exchange", NTRY("1", "DBIT", TX("<AmtDtls><InstdAmt><Amt Ccy='EUR'>1</Amt></InstdAmt></AmtDtls>")), "booking_date=2026-01-05 status=BOOK\n" },
	{ "else the counter value", NTRY("1", "DBIT", TX("<AmtDtls><TxAmt><Amt Ccy='EUR'>1</Amt></TxAmt><CntrValAmt><Amt Ccy='CHF'>3</Amt><CcyXchg><XchgRate>1.1</XchgRate></CcyXchg></CntrValAmt></AmtDtls>")),
		"original_amount_minor=300 original_currency=CHF" },
	{ "and its rate", NTRY("1", "DBIT", TX("<AmtDtls><CntrValAmt><Amt Ccy='CHF'>3</Amt><CcyXchg><XchgRate>1.1</XchgRate></CcyXchg></CntrValAmt></AmtDtls>")), "XchgRate=1.1" },
	{ "a reference of the bank's own", NTRY("1", "DBIT", TX("<Refs><Prtry><Tp>X</Tp><Ref>7</Ref></Prtry></Refs>")), "extra=Ref=7" },
	{ "the bank's reference as from 08", NTRY("1", "DBIT", TX("<Refs><AcctSvcrTxId>T</AcctSvcrTxId></Refs>")), "bank_ref=T " },
	{ "charges", NTRY("1", "DBIT", "<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>0.30</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy='EUR'>0.30</Amt></Rcrd></Chrgs>" BOOK), "charges_minor=30" },
	{ "a text behind the details is the entry's", NTRY("1", "DBIT", TX("<RmtInf><Ustrd>A</Ustrd></RmtInf>") "<AddtlNtryInf>B</AddtlNtryInf>"), "text=A\\x0a" "B " },
	{ "CDATA, references and umlauts", NTRY("1", "DBIT", BOOK "<AddtlNtryInf><![CDATA[A&B]]> &amp; &#252; \xc3\xbc</AddtlNtryInf>"), "text=A&B\\x20&\\x20\\xc3\\xbc\\x20\\xc3\\xbc " },
	{ "a transaction is a detail of its entry", NTRY("1", "DBIT", TX("<Amt Ccy='EUR'>1</Amt>")), "DETAIL 2 account=DE1 currency=EUR amount_minor=-100 value_date=2026-01-06 booking_date=2026-01-05 status=BOOK parent=5\n" },
	{ "transactions that do not add up are told", NTRY("1", "DBIT", TX("<Amt Ccy='EUR'>2</Amt>")), "warning CAMT_BATCH_SUM" },
	{ "in another currency they are not compared", NTRY("1", "DBIT", TX("<Amt Ccy='USD'>2</Amt><CdtDbtInd>DBIT</CdtDbtInd>")), "DETAIL 2 account=DE1 currency=USD amount_minor=-200 " },
	{ "an unknown element is passed over with what is in it", NTRY("1", "DBIT", BOOK "<New><Amt Ccy='EUR'>9</Amt><CdtDbtInd>CRDT</CdtDbtInd></New>"), "amount_minor=-100 " },
};

static void test_entries(void)
{
	struct mhost h = { 0 };
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		buf_clear(&b);
		buf_fmt(&b, OPEN "<Stmt><Id>S</Id>" ACCT BAL("OPBD", "1") BAL("CLBD", "2") "%s</Stmt>" CLOSE, entries[i].entry);
		run(&h, buf_cstr(&b));
		if (!ok(has(&h, entries[i].want), "%s", entries[i].what))
			printf("# want %s\n# records %s# findings %s", entries[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
	}
	buf_release(&b);
	mhost_release(&h);
}

#define STMT(rest) "<Stmt><Id>S</Id>" ACCT rest "</Stmt>\n"
#define ONE(id, from, to) "<Stmt><Id>" id "</Id>" ACCT BAL("OPBD", from) BAL("CLBD", to) NTRY("1", "CRDT", BOOK) "</Stmt>\n"

/* a whole file: what must stand in it; "" = no finding at all */
static const struct { const char *what, *text, *want; } files[] = {
	{ "a plain statement has no finding", OPEN ONE("S", "1", "2") CLOSE, "" },
	{ "a statement without entries is good", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "1")) CLOSE, "" },
	{ "the previous closing balance may open", OPEN STMT(BAL("PRCD", "1") BAL("CLBD", "1")) CLOSE, "" },
	{ "but gives way to an opening one", OPEN STMT(BAL("PRCD", "5") BAL("OPBD", "1") BAL("CLBD", "1")) CLOSE, "" },
	{ "what does not add up is told with its difference", OPEN ONE("S", "1", "2.50") CLOSE,
		"error CAMT_PROOF 2:0 CLBD: opening balance and booked entries do not add up to the closing balance: the entries make 1.00, the difference is 0.50 EUR" },
	{ "pending entries are in no sum", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "1") NTRY("1", "CRDT", "<Sts>PDNG</Sts>" DATES)) CLOSE, "" },
	{ "a batch counts once", OPEN STMT(BAL("OPBD", "3") BAL("CLBD", "1") NTRY("2", "DBIT", BOOK "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch><TxDtls><Amt Ccy='EUR'>1</Amt></TxDtls>"
		"<TxDtls><Amt Ccy='EUR'>1</Amt></TxDtls></NtryDtls>")) CLOSE, "" },
	{ "a page begins and ends with balances between, and proves", OPEN STMT("<StmtPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>" BAL("ITBD", "1") BAL("ITBD", "2") NTRY("1", "CRDT", BOOK)) CLOSE, "warning CAMT_PAGE" },
	{ "or is off by a difference", OPEN STMT(BAL("ITBD", "1") BAL("ITBD", "2.50") NTRY("1", "CRDT", BOOK)) CLOSE, "the difference is 0.50 EUR" },
	{ "a last page begins with one", OPEN STMT(BAL("ITBD", "1") BAL("CLBD", "2") NTRY("1", "CRDT", BOOK)) CLOSE, "" },
	{ "a first page ends with one", OPEN STMT(BAL("OPBD", "1") BAL("ITBD", "3") NTRY("1", "CRDT", BOOK)) CLOSE, "error CAMT_PROOF" },
	{ "pages follow each other", OPEN "<Stmt><Id>S</Id><ElctrncSeqNb>1</ElctrncSeqNb>" ACCT BAL("OPBD", "1") BAL("ITBD", "1") "</Stmt>\n<Stmt><Id>S</Id><ElctrncSeqNb>2</ElctrncSeqNb>"
		ACCT BAL("ITBD", "2") BAL("CLBD", "2") "</Stmt>" CLOSE, "warning CAMT_CHAIN" },
	{ "beside a pair a balance between is passed on only", OPEN STMT(BAL("OPBD", "1") BAL("ITBD", "9") BAL("CLAV", "9") BAL("CLBD", "2") NTRY("1", "CRDT", BOOK)) CLOSE, "" },
	{ "entries that inform are in no sum", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "1") NTRY("1", "CRDT", "<Sts><Cd>INFO</Cd></Sts>" DATES)) CLOSE, "" },
	{ "pending in small letters is pending, and told", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "1") NTRY("1", "CRDT", "<Sts><Cd>pdng</Cd></Sts>" DATES)) CLOSE, "status=PDNG provisional=1" },
	{ "a status of the bank's own is told and taken as booked", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") NTRY("1", "CRDT", "<Sts><Prtry>DONE</Prtry></Sts>" DATES)) CLOSE, "warning CAMT_STATUS" },
	{ "a batch without its transactions is an entry", OPEN STMT(BAL("OPBD", "3") BAL("CLBD", "1") NTRY("2", "DBIT", BOOK "<NtryDtls><Btch><MsgId>B</MsgId><NbOfTxs>20</NbOfTxs>"
		"<TtlAmt Ccy='EUR'>2</TtlAmt><CdtDbtInd>DBIT</CdtDbtInd></Btch></NtryDtls>")) CLOSE, "" },
	{ "a country's namespace has more behind the version", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08.ch.03'><BkToCstmrStmt>" STMT(BAL("OPBD", "1") BAL("CLBD", "1")) CLOSE, "type=camt.053.001.08" },
	{ "version 13 is known", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.13'><BkToCstmrStmt>" STMT(BAL("OPBD", "1") BAL("CLBD", "1")) CLOSE, "" },
	{ "a prefix that nobody declared", "<n:Document><n:BkToCstmrStmt><n:Stmt><n:Id>S</n:Id><n:Acct><n:Id><n:IBAN>Y</n:IBAN></n:Id></n:Acct></n:Stmt></n:BkToCstmrStmt></n:Document>", "STATEMENT 1 account=Y" },
	{ "empty lines before the declaration", "\n \r\n<?xml version='1.0' encoding='UTF-8'?>\n" OPEN ONE("S", "1", "2") CLOSE, "STATEMENT 5 account=DE1" },
	{ "are no finding", "\n \r\n<?xml version='1.0' encoding='UTF-8'?>\n" OPEN ONE("S", "1", "2") CLOSE, "" },
	{ "a byte order mark of UTF-8 wins over another declared set", "\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?>\n" OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2")
		NTRY("1", "CRDT", BOOK "<AddtlNtryInf>\xc3\xbc</AddtlNtryInf>")) CLOSE, "text=\\xc3\\xbc" },
	{ "elements of another kind with our names are passed over", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "1") "<SplmtryData><Envlp>" NTRY("1", "CRDT", BOOK) "</Envlp></SplmtryData>") CLOSE, "" },
	{ "a booked entry that is taken back keeps its sign in the proof", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") NTRY("1", "DBIT", BOOK) NTRY("2", "CRDT", "<RvslInd>true</RvslInd>" BOOK)) CLOSE, "" },
	{ "without balances nothing is proved", OPEN STMT(NTRY("1", "CRDT", BOOK)) CLOSE, "warning CAMT_NO_CLOSING" },
	{ "a balance without indicator is a credit, and told", OPEN STMT(BAL("OPBD", "1") "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>1</Amt></Bal>") CLOSE, "warning CAMT_BALANCE_SIGN" },
	{ "two opening balances that differ are an error", OPEN STMT(BAL("OPBD", "1") BAL("OPBD", "2") BAL("CLBD", "1")) CLOSE, "error CAMT_BALANCE_REPEATED" },
	{ "the bank's own balances are passed on", OPEN STMT(BAL("OPBD", "1") "<Bal><Tp><CdOrPrtry><Prtry>OWN</Prtry></CdOrPrtry></Tp><Amt Ccy='EUR'>9</Amt><CdtDbtInd>DBIT</CdtDbtInd></Bal>" BAL("CLBD", "1")) CLOSE,
		"amount_minor=-900 type=OWN" },
	{ "a summary that agrees", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") "<TxsSummry><TtlNtries><NbOfNtries>1</NbOfNtries><Sum>1.0</Sum></TtlNtries></TxsSummry>" NTRY("1", "CRDT", BOOK)) CLOSE, "" },
	{ "a summary's count is compared", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") "<TxsSummry><TtlCdtNtries><NbOfNtries>2</NbOfNtries></TtlCdtNtries></TxsSummry>" NTRY("1", "CRDT", BOOK)) CLOSE, "error CAMT_TOTALS" },
	{ "a summary's sum is compared", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") "<TxsSummry><TtlDbtNtries><Sum>2</Sum></TtlDbtNtries></TxsSummry>" NTRY("1", "CRDT", BOOK)) CLOSE, "error CAMT_TOTALS" },
	{ "a summary may count booked entries only", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") "<TxsSummry><TtlNtries><NbOfNtries>1</NbOfNtries></TtlNtries></TxsSummry>" NTRY("1", "CRDT", BOOK)
		NTRY("1", "CRDT", "<Sts>PDNG</Sts>" DATES)) CLOSE, "" },
	{ "a gap between statements is told", OPEN ONE("S", "1", "2") ONE("T", "3", "4") CLOSE, "warning CAMT_CHAIN" },
	{ "statements that follow", OPEN ONE("S", "1", "2") ONE("T", "2", "3") CLOSE, "" },
	{ "newest first is no gap", OPEN ONE("S", "2", "3") ONE("T", "1", "2") CLOSE, "note CAMT_REVERSED" },
	{ "a repeated statement is an error", OPEN ONE("S", "1", "2") ONE("S", "1", "2") CLOSE, "error CAMT_REPEATED" },
	{ "two equal entries on one day are legal", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "3") NTRY("1", "CRDT", BOOK) NTRY("1", "CRDT", BOOK)) CLOSE, "" },
	{ "of one bank reference they are told", OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "3") NTRY("1", "CRDT", "<AcctSvcrRef>B</AcctSvcrRef>" BOOK) NTRY("1", "CRDT", "<AcctSvcrRef>B</AcctSvcrRef>" BOOK)) CLOSE, "warning CAMT_ENTRY_REPEATED" },
	{ "without an account its entries belong to nobody", OPEN "<Stmt><Id>S</Id>" BAL("OPBD", "1") BAL("CLBD", "1") "</Stmt>" CLOSE, "error CAMT_NO_ACCOUNT" },
	{ "without Ccy the account has its balance's", OPEN "<Stmt><Id>S</Id><Acct><Id><IBAN>X</IBAN></Id></Acct>" BAL("OPBD", "1") BAL("CLBD", "1") "</Stmt>" CLOSE, "STATEMENT 2 account=X currency=EUR" },
	{ "a report is provisional", "<Document><BkToCstmrAcctRpt><Rpt><Id>R</Id>" ACCT NTRY("1", "CRDT", BOOK) "</Rpt></BkToCstmrAcctRpt></Document>", "status=BOOK provisional=1" },
	{ "a notification's entries are details", "<Document><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>R</Id>" ACCT NTRY("1", "CRDT", BOOK) "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>", "DETAIL 1 account=DE1 currency=EUR amount_minor=100" },
	{ "version 01's root", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.052.001.01'><BkToCstmrAcctRptV01><Rpt><Id>R</Id>" ACCT "</Rpt></BkToCstmrAcctRptV01></Document>", "" },
	{ "no namespace, and a prefix", "<a:D xmlns:a='x:camt.053.001.04'><a:BkToCstmrStmt><a:Stmt><a:Id>S</a:Id><a:Acct><a:Id><a:IBAN>Y</a:IBAN></a:Id></a:Acct></a:Stmt></a:BkToCstmrStmt></a:D>", "STATEMENT 1 account=Y type=camt.053.001.04" },
	{ "another message's namespace is told", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.052.001.08'><BkToCstmrStmt><Stmt><Id>S</Id>" ACCT "</Stmt></BkToCstmrStmt></Document>", "warning CAMT_VERSION" },
	{ "a copy is told", OPEN STMT("<CpyDplctInd>DUPL</CpyDplctInd>" BAL("OPBD", "1") BAL("CLBD", "1")) CLOSE, "warning CAMT_DUPLICATE" },
	{ "one page of several is told", OPEN STMT("<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>" BAL("OPBD", "1") BAL("CLBD", "1")) CLOSE, "warning CAMT_PAGE" },
	{ "a message without statement is told", OPEN CLOSE, "warning CAMT_NO_STATEMENT" },
	{ "a file that ends too early", OPEN "<Stmt><Id>S</Id>" ACCT, "error CAMT_XML" },
	{ "an empty file", "", "error CAMT_EMPTY" },
	{ "another message", "<Document><CstmrCdtTrfInitn/></Document>", "error CAMT_NO_MESSAGE" },
	{ "a document type", "<!DOCTYPE Document [<!ENTITY a 'b'>]>" OPEN CLOSE, "error CAMT_DOCTYPE" },
};

static void test_files(void)
{
	struct mhost h = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		run(&h, files[i].text);
		if (!ok(files[i].want[0] == '\0' ? h.n_findings == 0 : has(&h, files[i].want), "%s", files[i].what))
			printf("# want %s\n# records %s# findings %s", files[i].want, buf_cstr(&h.records), buf_cstr(&h.findings));
	}
	mhost_release(&h);
}

/* A batch of many transactions: the entry comes first, each detail names it, and nothing of the text is lost. */
static void test_batch(void)
{
	struct mhost h = { 0 };
	struct buf b = { 0 };
	struct record r;
	struct view wire;
	int64_t parent = 0;
	unsigned details = 0, wrong = 0, words = 0;

	buf_text(&b, OPEN "<Stmt><Id>S</Id>" ACCT BAL("OPBD", "40000") BAL("CLBD", "0") "<Ntry><Amt Ccy='EUR'>40000</Amt><CdtDbtInd>DBIT</CdtDbtInd>" BOOK "<NtryDtls>");
	for (int i = 0; i < 40000; i++)
		buf_fmt(&b, "<TxDtls><Refs><EndToEndId>E%d</EndToEndId></Refs><Amt Ccy='EUR'>1</Amt></TxDtls>\n", i);
	buf_text(&b, "</NtryDtls><AddtlNtryInf>SALARIES</AddtlNtryInf></Ntry></Stmt>" CLOSE);
	h.step = 65536;
	mhost_parse(&h, camt, buf_as_view(&b));
	wire = buf_as_view(&h.wire);
	while (wire_cut_record(&wire, &r) == 1) {
		if (r.kind == RECORD_ENTRY)
			parent = (int64_t)r.seq;
		words += view_eq(record_text(&r, F_TEXT), VIEW("SALARIES"));
		if (r.kind != RECORD_DETAIL)
			continue;
		details++;
		wrong += record_num(&r, F_PARENT, -1) != parent || parent == 0;
	}
	ok(details == 40001 && wrong == 0, "40,000 transactions are details of the entry before them");
	ok(words == 1, "what the entry says behind them is not lost");
	is_int(h.n_findings, 0, "they add up");
	buf_release(&b);
	mhost_release(&h);
}

static void test_strict(void)
{
	struct mhost h = { 0 };

	mhost_option(&h, "CAMT_PROOF", "off");
	run(&h, OPEN ONE("S", "1", "3") CLOSE);
	ok(h.n_findings == 0 && has(&h, "amount_minor=300 type=CLBD"), "a finding may be off; the balances are told all the same");
	h.n_options = 0;
	mhost_option(&h, "CAMT_STATUS", "error");
	run(&h, OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") NTRY("1", "CRDT", DATES)) CLOSE);
	ok(has(&h, "error CAMT_STATUS"), "a warning may be an error");
	h.n_options = 0;
	mhost_option(&h, "CAMT_CURRENCY", "off");
	run(&h, OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") "<Ntry><Amt Ccy='USD'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd>" BOOK "</Ntry>") CLOSE);
	ok(has(&h, "warning CAMT_CURRENCY"), "an amount of another currency is never silent");
	h.n_options = 0;
	mhost_option(&h, "CAMT_XML", "warning");
	mhost_option(&h, "CAMT_NO_DATE", "perhaps");
	run(&h, OPEN);
	ok(has(&h, "error CAMT_XML") && has(&h, "error CAMT_OPTION 0:0"), "a file that is cut stays an error, and a severity that is not known is told");
	mhost_release(&h);
}

/* Bytes of UTF-16 for ASCII and, by "~", an umlaut and a character of two units. */
static void put_wide(struct buf *b, struct view text, bool big, bool mark)
{
	static const unsigned odd[] = { 0xfc, 0xd83d, 0xdcb6 };

	if (mark)
		buf_text(b, big ? "\xfe\xff" : "\xff\xfe");
	for (size_t i = 0; i < text.n; i++) {
		size_t units = text.p[i] == '~' ? 3 : 1;

		for (size_t k = 0; k < units; k++) {
			unsigned c = units == 3 ? odd[k] : (unsigned char)text.p[i];

			buf_char(b, (char)(big ? c >> 8 : c & 0xff));
			buf_char(b, (char)(big ? c & 0xff : c >> 8));
		}
	}
}

#define WIDE "<?xml version='1.0' encoding='UTF-16'?>\n"

static void test_utf16(void)
{
	struct mhost plain = { 0 }, h = { 0 };
	struct buf b = { 0 }, wide = { 0 };
	size_t steps[] = { 0, 1, 7, 4096 };
	bool good = true;

	buf_text(&b, WIDE OPEN "<Stmt><Id>S~</Id>" ACCT BAL("OPBD", "1") BAL("CLBD", "5001"));
	for (int i = 0; i < 5000; i++)
		buf_text(&b, NTRY("1", "CRDT", BOOK "<AddtlNtryInf>M~LLER &amp; ~</AddtlNtryInf>"));
	buf_text(&b, "</Stmt>" CLOSE);
	for (size_t i = 0; i < 16; i++) {
		buf_clear(&wide);
		put_wide(&wide, buf_as_view(&b), (i & 1) != 0, (i & 2) != 0);
		h.step = steps[i / 4];
		good = good && mhost_parse(&h, camt, buf_as_view(&wide)) == 0 && h.n_findings == 0 && has(&h, "text=M\\xc3\\xbc\\xf0\\x9f\\x92\\xb6LLER\\x20&\\x20\\xc3\\xbc");
		if (i == 0)
			mhost_parse(&plain, camt, buf_as_view(&wide));
		good = good && view_eq(buf_as_view(&plain.records), buf_as_view(&h.records));
	}
	ok(good, "UTF-16 of both byte orders, with a mark and without, gives the same in windows of every size");
	ok(camt->probe(view_sub(buf_as_view(&wide), 0, 4096)) == 100, "and is known by its first bytes");
	h.step = 0;
	buf_clear(&wide);
	put_wide(&wide, VIEW("\n\n"), false, false);
	put_wide(&wide, buf_as_view(&b), false, false);
	mhost_parse(&h, camt, buf_as_view(&wide));
	ok(has(&h, "error CAMT_XML 1:0"), "UTF-16 that begins with an empty line and no mark is refused, not misread");
	buf_clear(&wide);
	put_wide(&wide, buf_as_view(&b), true, true);
	mhost_parse(&h, camt, view_sub(buf_as_view(&wide), 0, wide.n - 1));
	ok(has(&h, "warning CAMT_ENCODING"), "half a character at the end is told");
	buf_clear(&wide);
	put_wide(&wide, VIEW(WIDE OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") NTRY("1", "CRDT", BOOK "<AddtlNtryInf>A"))), false, true);
	wide.n -= strlen("</Ntry>\n</Stmt>\n") * 2;
	buf_put(&wide, "\x3d\xd8" "B\0", 4);		/* the first half of a pair */
	put_wide(&wide, VIEW("</AddtlNtryInf></Ntry>\n</Stmt>" CLOSE), false, false);
	mhost_parse(&h, camt, buf_as_view(&wide));
	ok(has(&h, "warning CAMT_ENCODING 3:0") && has(&h, "text=A\\xef\\xbf\\xbd" "B"), "half a character inside is told, and the text goes on");
	run(&h, WIDE OPEN ONE("S", "1", "2") CLOSE);
	ok(has(&h, "warning CAMT_ENCODING 1:0") && h.n_errors == 0 && has(&h, "amount_minor=200"), "UTF-8 that says it is UTF-16 is read, and told");
	run(&h, "<?xml version='1.0' encoding='windows-1251'?>\n" OPEN STMT(BAL("OPBD", "1") BAL("CLBD", "2") NTRY("1", "CRDT", BOOK "<AddtlNtryInf>\xcc\xe8\xf0</AddtlNtryInf>")) CLOSE);
	ok(has(&h, "text=\\xd0\\x9c\\xd0\\xb8\\xd1\\x80") && h.n_findings == 0, "a declared windows-1251 is read by its table");
	run(&h, "<?xml version='1.0' encoding='x-own'?>\n" OPEN ONE("S", "1", "2") CLOSE);
	ok(has(&h, "error CAMT_XML 1:0"), "an encoding that is not known is refused");
	mhost_parse(&h, camt, (struct view){ "\xff\xfe\0\0<\0\0\0", 8 });
	ok(has(&h, "error CAMT_XML 1:0"), "four bytes a character are refused");
	buf_release(&b);
	buf_release(&wide);
	mhost_release(&h);
	mhost_release(&plain);
}

static void test_host(void)
{
	struct mhost h = { 0 };
	bool good = true;

	for (uint64_t stop = 1; stop < 9; stop++) {
		h.stop_after = stop;
		good = good && mhost_parse(&h, camt, VIEW(OPEN ONE("S", "1", "2") ONE("S", "1", "3") CLOSE)) == -1;
	}
	ok(good, "the module stops when the host says stop, at each of its calls");
	h.stop_after = 0;
	mhost_option(&h, "proof", "warn");
	run(&h, OPEN ONE("S", "1", "3") CLOSE);
	ok(h.n_errors == 0 && h.n_warnings == 1, "proof = warn leaves a warning");
	h.n_options = 0;
	mhost_option(&h, "proof", "maybe");
	run(&h, OPEN ONE("S", "1", "3") CLOSE);
	ok(has(&h, "error CAMT_OPTION") && has(&h, "error CAMT_PROOF"), "an unknown value is told and the strictest is used");
	mhost_release(&h);
}

static void test_probe(void)
{
	ok(camt->probe(VIEW("<?xml version=\"1.0\"?>\n" OPEN)) == 100, "a statement is certain");
	ok(camt->probe(VIEW("\xef\xbb\xbf<a:Document xmlns:a=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.02\">")) >= 90, "a namespace nearly so");
	ok(camt->probe(VIEW("<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">")) == 0, "a payment order is not ours");
	ok(camt->probe(VIEW(":20:X\n:25:BkToCstmrStmt\n")) == 0, "an MT940 is not ours");
	ok(camt->probe(VIEW("")) == 0, "an empty file is nobody's");
	for (const struct tally_code *c = camt->findings; c->code != NULL; c++)
		if (c->title == NULL || c->action == NULL || c->source == NULL)
			ok(false, "%s has title, action and source", c->code);
}

/* The corpus */

/*
 * camt053.v2.with-account-name has an account whose only balance is in JPY and an entry of 8.85 EUR.  An amount in another
 * currency than the account's is an error (CAMT_CURRENCY); there is no net of it in yen.
 */
static bool argued(struct view file)
{
	return view_eq(file, VIEW("genkgo-camt053.v2.with-account-name.xml"));
}

static void judge(struct mhost *h, const struct corpus_statement *st, struct view row, const char *name)
{
	bool other = argued(corpus_column(row, 0));

	if (!ok(corpus_text(corpus_column(row, 4), st->account) && corpus_text(corpus_column(row, 3), st->number) &&
		corpus_amount(corpus_column(row, 6), st->has_opening, st->opening, st->currency) &&
		corpus_amount(corpus_column(row, 7), st->has_closing, st->closing, st->currency) && st->entries == corpus_count(corpus_column(row, 8)) &&
		st->details == corpus_count(corpus_column(row, 9)) && (other || st->net == corpus_minor(corpus_column(row, 10), st->currency)),
		"%s: account, id, balances, entries, details, net", name))
		corpus_show(st);
	if (other)
		ok(has(h, "error CAMT_CURRENCY"), "%s: the other currency is told", name);
	corpus_proof(h, st, corpus_column(row, 11), "error CAMT_PROOF", name);
}

int main(int argc, char **argv)
{
	(void)argc;
	camt = mhost_module(argv[0], "camt");
	if (!ok(camt != NULL, "the module loads"))
		return done_testing();
	test_entries();
	test_files();
	test_batch();
	test_strict();
	test_utf16();
	test_host();
	test_probe();
	samples_run(camt, "camt");
	samples_codes(camt, "camt", "CAMT_", NULL);
	corpus_run(camt, "camt", judge);
	return done_testing();
}
