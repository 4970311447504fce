/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - the table of fields and kinds that record.h promises; docs/records.md is generated from it
 *
 * A row's name is the field's key in JSON and in .expect files and never changes once released; its place is its id
 * on the wire.  FIELD_LAST4 fields are shown by their last four everywhere; FIELD_OPEN does not mean public: a name
 * is never shown beside an amount in a log.
 */
#include "formats/core/record.h"

#define TEXT(id, name, meaning)   [id] = { name, FIELD_TEXT, FIELD_OPEN, meaning }
#define SECRET(id, name, meaning) [id] = { name, FIELD_TEXT, FIELD_LAST4, meaning }
#define MONEY(id, name, meaning)  [id] = { name, FIELD_MONEY, FIELD_OPEN, meaning }
#define DATE(id, name, meaning)   [id] = { name, FIELD_DATE, FIELD_OPEN, meaning }
#define NUMBER(id, name, meaning) [id] = { name, FIELD_NUMBER, FIELD_OPEN, meaning }

const struct field_row record_field_rows[RECORD_FIELDS] = {
	SECRET(F_ACCOUNT,         "account",            "account number: ours on a statement, else the payee's"),
	TEXT(F_CURRENCY,          "currency",           "ISO 4217 code, three capitals"),
	MONEY(F_AMOUNT,           "amount_minor",       "amount in minor units; on a statement debits are negative"),
	DATE(F_VALUE_DATE,        "value_date",         "day from which the money counts"),
	DATE(F_BOOKING_DATE,      "booking_date",       "day the bank booked it; of an item of ours: its delivery"),
	TEXT(F_TYPE,              "type",               "the bank's own code; or what a TOTAL is the total of"),
	TEXT(F_BANK_REF,          "bank_ref",           "the bank's reference"),
	TEXT(F_CUSTOMER_REF,      "customer_ref",       "our reference, as the bank gives it back"),
	TEXT(F_TRACE,             "trace",              "trace number of an ACH entry, 15 digits"),
	TEXT(F_CHECK_NUMBER,      "check_number",       "serial number of a paper check, leading zeros kept"),
	TEXT(F_PARTY,             "party",              "name of the other side"),
	TEXT(F_TEXT,              "text",               "free text of the bank or the payer"),
	TEXT(F_SENDER,            "sender",             "who sent the file, as the file says"),
	TEXT(F_RECEIVER,          "receiver",           "for whom the file is, as the file says"),
	TEXT(F_FILE_ID,           "file_id",            "the sender's number of this file (ACH: file id modifier)"),
	DATE(F_CREATED_DATE,      "created_date",       "creation date in the sender's zone"),
	TEXT(F_CREATED_TIME,      "created_time",       "creation time in the sender's zone, as written"),
	TEXT(F_STATEMENT,         "statement",          "the bank's number of the statement (28C, Stmt.Id)"),
	DATE(F_AS_OF_DATE,        "as_of_date",         "day the statement or balance is of"),
	TEXT(F_STATUS,            "status",             "status code of a group, an entry or a check, as written"),
	NUMBER(F_PROVISIONAL,     "provisional",        "1 = informs only: never settles an item, never enters proof"),
	NUMBER(F_COUNT,           "count",              "number of records, entries or pieces"),
	MONEY(F_DEBIT,            "debit_minor",        "sum of debits in minor units"),
	MONEY(F_CREDIT,           "credit_minor",       "sum of credits in minor units"),
	TEXT(F_HASH,              "hash",               "hash total as written, leading zeros kept"),
	TEXT(F_DESTINATION_NAME,  "destination_name",   "ACH immediate destination name"),
	TEXT(F_ORIGIN_NAME,       "origin_name",        "ACH immediate origin name"),
	TEXT(F_REFERENCE,         "reference",          "reference of the file, group or expected item"),
	TEXT(F_COMPANY_NAME,      "company_name",       "ACH company name of the batch"),
	TEXT(F_COMPANY_ID,        "company_id",         "ACH company identification, 10 characters"),
	TEXT(F_DISCRETIONARY,     "discretionary",      "discretionary data of an ACH batch or entry"),
	TEXT(F_SEC,               "sec",                "standard entry class code (PPD, CCD, COR ...)"),
	TEXT(F_DESCRIPTION,       "description",        "ACH entry description (PAYROLL), or what a line is for"),
	TEXT(F_DESCRIPTIVE_DATE,  "descriptive_date",   "ACH company descriptive date, as written"),
	DATE(F_EFFECTIVE_DATE,    "effective_date",     "effective entry date: the banking day meant for settlement"),
	TEXT(F_SETTLEMENT_DAY,    "settlement_day",     "ACH settlement date, day of the year, as written"),
	TEXT(F_SERVICE_CLASS,     "service_class",      "ACH service class code: 200 mixed, 220 credits, 225 debits"),
	TEXT(F_ODFI,              "odfi",               "originating bank's identification, 8 digits"),
	NUMBER(F_BATCH_NUMBER,    "batch_number",       "ACH batch number"),
	TEXT(F_TRANSACTION_CODE,  "transaction_code",   "ACH transaction code, 2 digits"),
	TEXT(F_ROUTING,           "routing",            "routing number of the payee's bank, 9 digits"),
	TEXT(F_INDIVIDUAL_ID,     "individual_id",      "ACH individual identification number, up to 15 characters"),
	NUMBER(F_ADDENDA_COUNT,   "addenda_count",      "number of addenda records of an entry"),
	TEXT(F_ADDENDA,           "addenda",            "payment related information of the addenda"),
	TEXT(F_REASON,            "reason",             "return reason (R01) or change code (C01)"),
	TEXT(F_ORIGINAL_TRACE,    "original_trace",     "trace number of the entry that comes back, 15 digits"),
	TEXT(F_ORIGINAL_RDFI,     "original_rdfi",      "bank that got the original entry, 8 digits"),
	SECRET(F_CORRECTED,       "corrected",          "corrected data of a notification of change"),
	DATE(F_DATE_OF_DEATH,     "date_of_death",      "date of death on returns R14 and R15"),
	TEXT(F_RETURN_TRACE,      "return_trace",       "trace number of the return that is disputed, 15 digits"),
	TEXT(F_COMPANY,           "company",            "the payroll company's code"),
	TEXT(F_RUN,               "run",                "the payroll run's id"),
	TEXT(F_PERSON,            "person",             "the person's id in the source"),
	DATE(F_PAY_DATE,          "pay_date",           "pay date of the run"),
	MONEY(F_GROSS,            "gross_minor",        "gross pay in minor units"),
	MONEY(F_DEDUCTIONS,       "deductions_minor",   "deductions in minor units"),
	MONEY(F_NET,              "net_minor",          "net pay in minor units"),
	TEXT(F_ACCOUNT_TYPE,      "account_type",       "checking or savings"),
	TEXT(F_METHOD,            "method",             "how a person is paid: ach or check"),
	SECRET(F_SSN,             "ssn",                "social security number"),
	NUMBER(F_LEG,             "leg",                "number of the leg of a payment over several accounts, from 1"),
	TEXT(F_PAYEE,             "payee",              "name on a paper check"),
	DATE(F_ISSUE_DATE,        "issue_date",         "issue date of a paper check"),
	TEXT(F_GROUP,             "group",              "key of what settles as one: file, funding and bank line"),
	TEXT(F_NOTE,              "note",               "remark of the feed"),
	SECRET(F_PARTY_ACCOUNT,   "party_account",      "account of the other side"),
	TEXT(F_PARTY_BANK,        "party_bank",         "bank of the other side: BIC or routing number"),
	TEXT(F_END_TO_END,        "end_to_end",         "end-to-end id the payer gave"),
	TEXT(F_MANDATE,           "mandate",            "mandate reference of a direct debit"),
	NUMBER(F_REVERSAL,        "reversal",           "1 = takes back an earlier line; the sign is already the line's own"),
	NUMBER(F_PARENT,          "parent",             "seq of the ENTRY that a DETAIL is a part of"),
	NUMBER(F_PAGE,            "page",               "page or sequence number of a statement"),
	TEXT(F_CODE,              "code",               "transaction code beside the type (SWIFT type, domain and family)"),
	MONEY(F_ORIGINAL_AMOUNT,  "original_amount_minor", "amount before exchange, in minor units of original_currency"),
	TEXT(F_ORIGINAL_CURRENCY, "original_currency",  "currency before exchange"),
	MONEY(F_CHARGES,          "charges_minor",      "charges taken from the amount, in minor units"),
	TEXT(F_HCM_ID,            "hcm_id",             "the person's id in the HCM system"),
	TEXT(F_BADGE,             "badge",              "the person's badge number"),
	TEXT(F_FIRST_NAME,        "first_name",         "given name"),
	TEXT(F_LAST_NAME,         "last_name",          "family name"),
	DATE(F_VALID_FROM,        "valid_from_date",    "first day on which a person's version holds"),
	DATE(F_VALID_TO,          "valid_to_date",      "last day on which it holds"),
	TEXT(F_ADDRESS1,          "address1",           "street address"),
	TEXT(F_ADDRESS2,          "address2",           "street address, second line"),
	TEXT(F_CITY,              "city",               "city"),
	TEXT(F_REGION,            "region",             "state or region"),
	TEXT(F_POSTAL_CODE,       "postal_code",        "postal code"),
	TEXT(F_COUNTRY,           "country",            "ISO 3166 code of the country"),
	DATE(F_BIRTH_DATE,        "birth_date",         "date of birth"),
	MONEY(F_ROLLOVER,         "rollover_minor",     "part of a distribution that goes to another plan's trustee"),
	TEXT(F_TRUSTEE,           "trustee",            "institution that receives a rollover"),
	SECRET(F_TRUSTEE_ACCOUNT, "trustee_account",    "account at that institution"),
	TEXT(F_PLAN,              "plan",               "the distributing plan"),
	TEXT(F_DISTRIBUTION,      "distribution",       "distribution code (1099-R box 7)"),
	MONEY(F_FEDERAL_TAX,      "federal_tax_minor",  "federal tax withheld"),
	MONEY(F_STATE_TAX,        "state_tax_minor",    "state tax withheld"),
	TEXT(F_MEMO,              "memo",               "memo line of a paper check"),
	TEXT(F_NEW_CHECK_NUMBER,  "new_check_number",   "serial number that replaces a spoiled one"),
	TEXT(F_DELIVERY,          "delivery",           "how a paper check travels"),
	TEXT(F_ITEM,              "item",               "unique id of an item, as its system names it"),
	DATE(F_STATUS_DATE,       "status_date",        "day from which status holds"),
	TEXT(F_EXTRA,             "extra",              "columns that no field is for: name=value, one a line"),
	TEXT(F_FILE_NAME,         "file_name",          "name of a file of ours, as the far side gives it back"),
};

_Static_assert(RECORD_FIELDS <= 128, "present[] has 128 bits");

static const struct view kind_names[RECORD_KINDS] = {
	[RECORD_NONE] = VIEW_INIT("NONE"),
	[RECORD_FILE] = VIEW_INIT("FILE"),
	[RECORD_BATCH] = VIEW_INIT("BATCH"),
	[RECORD_STATEMENT] = VIEW_INIT("STATEMENT"),
	[RECORD_BALANCE] = VIEW_INIT("BALANCE"),
	[RECORD_ENTRY] = VIEW_INIT("ENTRY"),
	[RECORD_RETURN] = VIEW_INIT("RETURN"),
	[RECORD_CHANGE] = VIEW_INIT("CHANGE"),
	[RECORD_PAYMENT] = VIEW_INIT("PAYMENT"),
	[RECORD_PERSON] = VIEW_INIT("PERSON"),
	[RECORD_CHECK_ISSUE] = VIEW_INIT("CHECK_ISSUE"),
	[RECORD_CHECK_STATUS] = VIEW_INIT("CHECK_STATUS"),
	[RECORD_ROLLOVER] = VIEW_INIT("ROLLOVER"),
	[RECORD_EXPECTED] = VIEW_INIT("EXPECTED"),
	[RECORD_TOTAL] = VIEW_INIT("TOTAL"),
	[RECORD_ACK] = VIEW_INIT("ACK"),
	[RECORD_DETAIL] = VIEW_INIT("DETAIL"),
};

const char *record_kind_name(uint32_t kind)
{
	return kind < RECORD_KINDS ? kind_names[kind].p : "?";
}

int record_kind_by_name(struct view name)
{
	for (int i = 0; i < RECORD_KINDS; i++)
		if (view_eq(kind_names[i], name))
			return i;
	return -1;
}
