/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_paths - the grammar of camt.052, camt.053 and camt.054, versions 01 to 13, as a table of paths
 *
 * The three messages differ in names only, so the names are made one: Rpt and Ntfctn are Stmt, BICFI is BIC and so on
 * (`same`).  An element that stands in no path is passed over with what is in it.  Where versions moved an element, both
 * places are listed: a party's name is Dbtr/Nm until 06 and Dbtr/Pty/Nm from 07.
 */
#include <stdlib.h>
#include "formats/lib/camt.h"

static const char *const same[][2] = {
	{ "Rpt", "Stmt" }, { "Ntfctn", "Stmt" }, { "RptPgntn", "StmtPgntn" }, { "NtfctnPgntn", "StmtPgntn" }, { "AddtlRptInf", "AddtlStmtInf" },
	{ "AddtlNtfctnInf", "AddtlStmtInf" }, { "BICFI", "BIC" }, { "AnyBIC", "BIC" }, { "BICOrBEI", "BIC" }, { "CdtrRef", "Ref" }, { "RfrdDocNb", "Nb" },
};

static const struct camt_row message[] = {
	{ "GrpHdr/MsgId", IS_MESSAGE_ID }, { "GrpHdr/CreDtTm", IS_MESSAGE_TIME }, { "GrpHdr/MsgPgntn/PgNb", IS_MESSAGE_PAGE },
	{ "GrpHdr/MsgPgntn/LastPgInd", IS_MESSAGE_LAST }, { "GrpHdr/MsgRcpt/Nm", IS_RECEIVER }, { "GrpHdr/MsgRcpt/Id/OrgId/BIC", IS_RECEIVER },
	{ "Stmt", IS_STATEMENT }, { "Stmt/Id", IS_STATEMENT_ID }, { "Stmt/ElctrncSeqNb", IS_ELECTRONIC }, { "Stmt/LglSeqNb", IS_LEGAL },
	{ "Stmt/CreDtTm", IS_CREATED }, { "Stmt/FrToDt/ToDtTm", IS_TO }, { "Stmt/CpyDplctInd", IS_COPY }, { "Stmt/StmtPgntn/PgNb", IS_PAGE },
	{ "Stmt/StmtPgntn/LastPgInd", IS_LAST }, { "Stmt/AddtlStmtInf", IS_INFORMATION },
	{ "Stmt/Acct/Id/IBAN", IS_ACCOUNT }, { "Stmt/Acct/Id/Othr/Id", IS_ACCOUNT }, { "Stmt/Acct/Id/PrtryAcct/Id", IS_ACCOUNT },
	{ "Stmt/Acct/Id/BBAN", IS_ACCOUNT }, { "Stmt/Acct/Id/UPIC", IS_ACCOUNT }, { "Stmt/Acct/Ccy", IS_ACCOUNT_CURRENCY },
	{ "Stmt/Acct/Svcr/FinInstnId/BIC", IS_BANK }, { "Stmt/Acct/Svcr/FinInstnId/CmbndId/BIC", IS_BANK },
	{ "Stmt/Bal", IS_BALANCE }, { "Stmt/Bal/Tp/CdOrPrtry/Cd", IS_BALANCE_TYPE }, { "Stmt/Bal/Tp/CdOrPrtry/Prtry", IS_BALANCE_OWN },
	{ "Stmt/Bal/Tp/Cd", IS_BALANCE_TYPE }, { "Stmt/Bal/Tp/Prtry", IS_BALANCE_OWN }, { "Stmt/Bal/Tp/SubTp/Cd", IS_BALANCE_SUBTYPE },
	{ "Stmt/Bal/Tp/SubTp/Prtry", IS_BALANCE_SUBTYPE }, { "Stmt/Bal/Amt", IS_BALANCE_AMOUNT },
	{ "Stmt/Bal/CdtDbtInd", IS_BALANCE_SIGN }, { "Stmt/Bal/Dt/Dt", IS_BALANCE_DATE }, { "Stmt/Bal/Dt/DtTm", IS_BALANCE_DATE },
	{ "Stmt/TxsSummry", IS_TOTALS }, { "Stmt/TxsSummry/TtlNtries/NbOfNtries", IS_TOTAL_COUNT }, { "Stmt/TxsSummry/TtlNtries/Sum", IS_TOTAL_SUM },
	{ "Stmt/TxsSummry/TtlNtries/TtlNetNtryAmt", IS_TOTAL_NET }, { "Stmt/TxsSummry/TtlNtries/CdtDbtInd", IS_TOTAL_NET_SIGN },
	{ "Stmt/TxsSummry/TtlNtries/TtlNetNtry/Amt", IS_TOTAL_NET }, { "Stmt/TxsSummry/TtlNtries/TtlNetNtry/CdtDbtInd", IS_TOTAL_NET_SIGN },
	{ "Stmt/TxsSummry/TtlCdtNtries/NbOfNtries", IS_CREDIT_COUNT }, { "Stmt/TxsSummry/TtlCdtNtries/Sum", IS_CREDIT_SUM },
	{ "Stmt/TxsSummry/TtlDbtNtries/NbOfNtries", IS_DEBIT_COUNT }, { "Stmt/TxsSummry/TtlDbtNtries/Sum", IS_DEBIT_SUM },
	{ "Stmt/Ntry", IS_ENTRY }, { "Stmt/Ntry/NtryDtls", IS_DETAILS },
	{ NULL, 0 },
};

/* Of a Ntry. */
static const struct camt_row entry[] = {
	{ "NtryRef", IS_TEXT + S_ENTRY_REF }, { "AcctSvcrRef", IS_TEXT + S_BANK_REF }, { "Sts", IS_STATUS }, { "Sts/Cd", IS_STATUS },
	{ "Sts/Prtry", IS_STATUS }, { "RvslInd", IS_REVERSAL }, { "BookgDt/Dt", IS_BOOKED }, { "BookgDt/DtTm", IS_BOOKED }, { "ValDt/Dt", IS_VALUE },
	{ "ValDt/DtTm", IS_VALUE }, { "AddtlNtryInf", IS_TEXT + S_INFORMATION }, { "NtryDtls/Btch/NbOfTxs", IS_BATCH_COUNT },
	{ "NtryDtls/Btch/PmtInfId", IS_TEXT + S_PAYMENT }, { "NtryDtls/Btch/MsgId", IS_TEXT + S_MESSAGE }, { "Btch/PmtInfId", IS_TEXT + S_PAYMENT },
	{ "Btch/MsgId", IS_TEXT + S_MESSAGE },
	{ NULL, 0 },
};

/* Of a Ntry and of a TxDtls. */
static const struct camt_row both[] = {
	{ "Amt", IS_AMOUNT }, { "CdtDbtInd", IS_SIGN }, { "AmtDtls/TxAmt/Amt", IS_TX_AMOUNT }, { "AmtDtls/InstdAmt/Amt", IS_ORIGINAL },
	{ "AmtDtls/CntrValAmt/Amt", IS_COUNTER }, { "AmtDtls/InstdAmt/CcyXchg/XchgRate", IS_TEXT + S_RATE },
	{ "AmtDtls/TxAmt/CcyXchg/XchgRate", IS_TEXT + S_RATE }, { "AmtDtls/CntrValAmt/CcyXchg/XchgRate", IS_TEXT + S_RATE },
	{ "Chrgs/TtlChrgsAndTaxAmt", IS_CHARGES }, { "Chrgs/Amt", IS_CHARGE }, { "Chrgs/Rcrd/Amt", IS_CHARGE },
	{ "BkTxCd/Domn/Cd", IS_TEXT + S_DOMAIN }, { "BkTxCd/Domn/Fmly/Cd", IS_TEXT + S_FAMILY }, { "BkTxCd/Domn/Fmly/SubFmlyCd", IS_TEXT + S_SUBFAMILY },
	{ "BkTxCd/Prtry/Cd", IS_TEXT + S_PROPRIETARY },
	{ NULL, 0 },
};

/* Of a TxDtls. */
static const struct camt_row transaction[] = {
	{ "Refs/MsgId", IS_TEXT + S_MESSAGE }, { "Refs/AcctSvcrRef", IS_TEXT + S_BANK_REF }, { "Refs/PmtInfId", IS_TEXT + S_PAYMENT },
	{ "Refs/InstrId", IS_TEXT + S_INSTRUCTION }, { "Refs/EndToEndId", IS_TEXT + S_END_TO_END }, { "Refs/TxId", IS_TEXT + S_TRANSACTION },
	{ "Refs/UETR", IS_TEXT + S_UETR }, { "Refs/MndtId", IS_TEXT + S_MANDATE }, { "Refs/ChqNb", IS_TEXT + S_CHECK },
	{ "Refs/ClrSysRef", IS_TEXT + S_CLEARING }, { "Refs/AcctOwnrTxId", IS_TEXT + S_INSTRUCTION },
	{ "Refs/AcctSvcrTxId", IS_TEXT + S_BANK_REF }, { "Refs/MktInfrstrctrTxId", IS_TEXT + S_CLEARING }, { "Refs/Prtry/Ref", IS_TEXT + S_OWN_REF },
	{ "RltdAgts/DbtrAgt/FinInstnId/BIC", IS_TEXT + S_DEBTOR_BANK }, { "RltdAgts/CdtrAgt/FinInstnId/BIC", IS_TEXT + S_CREDITOR_BANK },
	{ "RltdAgts/DbtrAgt/FinInstnId/ClrSysMmbId/MmbId", IS_TEXT + S_DEBTOR_BANK },
	{ "RltdAgts/CdtrAgt/FinInstnId/ClrSysMmbId/MmbId", IS_TEXT + S_CREDITOR_BANK },
	{ "RltdAgts/DbtrAgt/FinInstnId/Othr/Id", IS_TEXT + S_DEBTOR_BANK }, { "RltdAgts/CdtrAgt/FinInstnId/Othr/Id", IS_TEXT + S_CREDITOR_BANK },
	{ "RltdAgts/DbtrAgt/FinInstnId/CmbndId/BIC", IS_TEXT + S_DEBTOR_BANK }, { "RltdAgts/CdtrAgt/FinInstnId/CmbndId/BIC", IS_TEXT + S_CREDITOR_BANK },
	{ "RmtInf/Ustrd", IS_TEXT + S_REMITTANCE }, { "RmtInf/Strd/CdtrRefInf/Ref", IS_TEXT + S_REFERENCE },
	{ "RmtInf/Strd/RfrdDocInf/Nb", IS_TEXT + S_DOCUMENT }, { "RmtInf/Strd/AddtlRmtInf", IS_TEXT + S_STRUCTURED },
	{ "RtrInf/Rsn/Cd", IS_TEXT + S_RETURN }, { "RtrInf/Rsn/Prtry", IS_TEXT + S_RETURN }, { "RtrInf/RtrRsn/Cd", IS_TEXT + S_RETURN },
	{ "RtrInf/AddtlInf", IS_TEXT + S_RETURN_TEXT }, { "RtrInf/AddtlRtrRsnInf", IS_TEXT + S_RETURN_TEXT }, { "AddtlTxInf", IS_TEXT + S_INFORMATION },
	{ "Purp/Cd", IS_TEXT + S_PURPOSE }, { "Purp/Prtry", IS_TEXT + S_PURPOSE },
	{ "RltdPties/Cdtr/Id/PrvtId/Othr/Id", IS_TEXT + S_CREDITOR_ID }, { "RltdPties/Cdtr/Pty/Id/PrvtId/Othr/Id", IS_TEXT + S_CREDITOR_ID },
	{ NULL, 0 },
};

/* Of one party: below RltdPties/Dbtr and the like. */
static const char *const party[] = { "Nm", "Pty/Nm", "Agt/FinInstnId/Nm", NULL };
static const char *const account[] = { "Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN", NULL };
static const struct { const char *path; const char *const *below; uint8_t slot; } parties[] = {
	{ "RltdPties/Dbtr", party, S_DEBTOR }, { "RltdPties/Cdtr", party, S_CREDITOR }, { "RltdPties/UltmtDbtr", party, S_ULTIMATE_DEBTOR },
	{ "RltdPties/UltmtCdtr", party, S_ULTIMATE_CREDITOR }, { "RltdPties/DbtrAcct", account, S_DEBTOR_ACCOUNT },
	{ "RltdPties/CdtrAcct", account, S_CREDITOR_ACCOUNT },
};

/* Names */

uint8_t camt_name(const struct camt_grammar *g, struct view name)
{
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (view_eq(name, view_of(same[i][0])))
			name = view_of(same[i][1]);
	for (size_t i = 1; i < g->n_names; i++)
		if (view_eq(g->names[i], name))
			return (uint8_t)i;
	return 0;
}

/* The table is ours: one that does not fit is a fault of the program, and shows in its first test. */
static uint8_t intern(struct camt_grammar *g, struct view name)
{
	uint8_t id = camt_name(g, name);

	if (id != 0)
		return id;
	if (g->n_names == CAMT_NAMES)
		abort();
	id = (uint8_t)g->n_names++;
	g->names[id] = name;
	return id;
}

/* Nodes */

static uint16_t add(struct camt_grammar *g, uint16_t from, const char *path, uint8_t is)
{
	struct view rest = view_of(path), name;

	while (view_cut(&rest, '/', &name)) {
		uint16_t *next = &g->next[from][intern(g, name)];

		if (*next == 0 && g->n_nodes == CAMT_NODES)
			abort();
		if (*next == 0)
			*next = (uint16_t)g->n_nodes++;
		from = *next;
	}
	if (is != IS_NOTHING)
		g->is[from] = is;
	return from;
}

static void add_rows(struct camt_grammar *g, uint16_t from, const struct camt_row *rows)
{
	for (; rows->path != NULL; rows++)
		add(g, from, rows->path, rows->is);
}

static void add_transaction(struct camt_grammar *g, uint16_t from)
{
	add_rows(g, from, both);
	add_rows(g, from, transaction);
	for (size_t i = 0; i < sizeof(parties) / sizeof(parties[0]); i++)
		for (size_t k = 0; parties[i].below[k] != NULL; k++)
			add(g, add(g, from, parties[i].path, IS_NOTHING), parties[i].below[k], (uint8_t)(IS_TEXT + parties[i].slot));
}

/* The same for every file: made once a process. */
const struct camt_grammar *camt_grammar(void)
{
	static struct camt_grammar g;
	uint16_t stands, tx;

	if (g.n_nodes > 0)
		return &g;
	g.n_names = 1;
	g.n_nodes = 2;
	g.is[1] = IS_MESSAGE;
	add_rows(&g, 1, message);
	stands = add(&g, 1, "Stmt/Ntry", IS_NOTHING);
	add_rows(&g, stands, entry);
	add_rows(&g, stands, both);
	tx = add(&g, stands, "NtryDtls/TxDtls", IS_TRANSACTION);
	add_transaction(&g, tx);
	g.next[stands][intern(&g, VIEW("TxDtls"))] = tx;		/* version 01 */
	for (size_t i = 0; i < g.n_nodes; i++)
		g.begins[i] = g.is[i] == IS_MESSAGE || g.is[i] == IS_STATEMENT || g.is[i] == IS_BALANCE || g.is[i] == IS_ENTRY || g.is[i] == IS_DETAILS ||
			g.is[i] == IS_TRANSACTION || camt_is_amount((enum camt_is)g.is[i]);
	return &g;
}

/* The table for people. */

static const char *const becomes[] = {
	[IS_MESSAGE_ID] = "FILE `file_id`", [IS_MESSAGE_TIME] = "FILE `created_date`, `created_time`", [IS_MESSAGE_PAGE] = "FILE `page`",
	[IS_MESSAGE_LAST] = "told when it is not the last", [IS_RECEIVER] = "FILE `receiver`", [IS_STATEMENT] = "STATEMENT",
	[IS_STATEMENT_ID] = "STATEMENT `statement`", [IS_ELECTRONIC] = "STATEMENT `page`", [IS_LEGAL] = "STATEMENT `page`, without ElctrncSeqNb",
	[IS_COPY] = "told", [IS_PAGE] = "told when it is not the first", [IS_LAST] = "told when it is not the last", [IS_TO] = "STATEMENT `as_of_date`",
	[IS_CREATED] = "STATEMENT `created_date`", [IS_ACCOUNT] = "STATEMENT `account`, of all others too", [IS_ACCOUNT_CURRENCY] = "STATEMENT `currency`",
	[IS_BANK] = "STATEMENT `party_bank`", [IS_INFORMATION] = "nothing", [IS_BALANCE] = "BALANCE", [IS_BALANCE_TYPE] = "BALANCE `type`",
	[IS_BALANCE_OWN] = "BALANCE `type`", [IS_BALANCE_SUBTYPE] = "BALANCE `text`", [IS_BALANCE_AMOUNT] = "BALANCE `amount_minor`, `currency`",
	[IS_BALANCE_SIGN] = "its sign", [IS_BALANCE_DATE] = "BALANCE `as_of_date`", [IS_TOTAL_COUNT] = "TOTAL `count`", [IS_TOTAL_SUM] = "TOTAL `amount_minor`",
	[IS_TOTAL_NET] = "TOTAL `amount_minor`", [IS_TOTAL_NET_SIGN] = "its sign", [IS_CREDIT_COUNT] = "TOTAL `count`", [IS_CREDIT_SUM] = "TOTAL `credit_minor`",
	[IS_DEBIT_COUNT] = "TOTAL `count`", [IS_DEBIT_SUM] = "TOTAL `debit_minor`", [IS_TOTALS] = "TOTAL, one a line of it", [IS_ENTRY] = "ENTRY; of a camt.054 DETAIL",
	[IS_DETAILS] = "what is in it", [IS_TRANSACTION] = "DETAIL", [IS_BATCH_COUNT] = "compared", [IS_AMOUNT] = "`amount_minor`, `currency`", [IS_SIGN] = "its sign",
	[IS_REVERSAL] = "`reversal`", [IS_STATUS] = "`status`", [IS_BOOKED] = "`booking_date`", [IS_VALUE] = "`value_date`",
	[IS_COUNTER] = "`original_amount_minor`, `original_currency`, without InstdAmt and TxAmt in another currency",
	[IS_TX_AMOUNT] = "`amount_minor`, without Amt", [IS_ORIGINAL] = "`original_amount_minor`, `original_currency`", [IS_CHARGES] = "`charges_minor`",
	[IS_CHARGE] = "`charges_minor`, added up",
	[IS_TEXT + S_ENTRY_REF] = "`bank_ref`, without AcctSvcrRef", [IS_TEXT + S_BANK_REF] = "`bank_ref`", [IS_TEXT + S_DOMAIN] = "`type`", [IS_TEXT + S_FAMILY] = "`type`",
	[IS_TEXT + S_SUBFAMILY] = "`type`", [IS_TEXT + S_PROPRIETARY] = "`code`", [IS_TEXT + S_END_TO_END] = "`end_to_end`, `customer_ref`", [IS_TEXT + S_MANDATE] = "`mandate`",
	[IS_TEXT + S_INSTRUCTION] = "`customer_ref`, `extra`", [IS_TEXT + S_PAYMENT] = "`group`, `customer_ref`", [IS_TEXT + S_MESSAGE] = "`extra`",
	[IS_TEXT + S_TRANSACTION] = "`extra`", [IS_TEXT + S_UETR] = "`extra`", [IS_TEXT + S_CLEARING] = "`trace`", [IS_TEXT + S_CHECK] = "`check_number`, `customer_ref`",
	[IS_TEXT + S_DEBTOR] = "`party`, when it is the other side", [IS_TEXT + S_CREDITOR] = "`party`, when it is the other side",
	[IS_TEXT + S_DEBTOR_ACCOUNT] = "`party_account`", [IS_TEXT + S_CREDITOR_ACCOUNT] = "`party_account`", [IS_TEXT + S_DEBTOR_BANK] = "`party_bank`",
	[IS_TEXT + S_CREDITOR_BANK] = "`party_bank`", [IS_TEXT + S_ULTIMATE_DEBTOR] = "`party`, without Dbtr", [IS_TEXT + S_ULTIMATE_CREDITOR] = "`party`, without Cdtr",
	[IS_TEXT + S_REMITTANCE] = "`text`, `description`", [IS_TEXT + S_REFERENCE] = "`reference`, `customer_ref`", [IS_TEXT + S_DOCUMENT] = "`reference`",
	[IS_TEXT + S_STRUCTURED] = "`text`", [IS_TEXT + S_INFORMATION] = "`text`", [IS_TEXT + S_RETURN] = "`reason`", [IS_TEXT + S_RETURN_TEXT] = "`text`",
	[IS_TEXT + S_PURPOSE] = "`extra`", [IS_TEXT + S_CREDITOR_ID] = "`extra`", [IS_TEXT + S_OWN_REF] = "`extra`", [IS_TEXT + S_RATE] = "`extra`",
};

static void document_rows(struct buf *out, const char *under, const struct camt_row *rows)
{
	for (; rows->path != NULL; rows++)
		buf_fmt(out, "| %s%s | %s |\n", under, rows->path, becomes[rows->is]);
}

void camt_document_paths(struct buf *out)
{
	buf_text(out, "Rpt and Ntfctn are read as Stmt.\n\n| element | becomes |\n| --- | --- |\n");
	document_rows(out, "", message);
	document_rows(out, "Ntry/", entry);
	document_rows(out, "Ntry/ or TxDtls/", both);
	document_rows(out, "TxDtls/", transaction);
	for (size_t i = 0; i < sizeof(parties) / sizeof(parties[0]); i++)
		for (size_t k = 0; parties[i].below[k] != NULL; k++)
			buf_fmt(out, "| TxDtls/%s/%s | %s |\n", parties[i].path, parties[i].below[k], becomes[IS_TEXT + parties[i].slot]);
}
