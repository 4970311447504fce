/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_tables - see nacha_tables.h.  Rows after the Nacha Operating Rules, Appendix Three (positions 1-based,
 * inclusive)
 *
 * Hold this beside the manual: name, position, length, type, inclusion, field of the record, constant.  A row whose value the reader judges itself (a code, a class) is TEXT or FILL here,
 * so that one fault is not told twice.
 */
#include "formats/lib/nacha_tables.h"

#define ROW(pos, len, type, inclusion, field, fixed, name) \
	{ name, pos, len, LAYOUT_##type, LAYOUT_##inclusion, field, fixed }
#define NO LAYOUT_NONE

static const struct layout_row file_header[] = {
	[FH_TYPE]             = ROW(1,  1,  CONST,  M, NO,                 "1",   "Record Type"),
	[FH_PRIORITY]         = ROW(2,  2,  FILL,   R, NO,                 "01",  "Priority Code"),
	[FH_DESTINATION]      = ROW(4,  10, RIGHT,  M, F_RECEIVER,         NULL,  "Immediate Destination"),
	[FH_ORIGIN]           = ROW(14, 10, RIGHT,  M, F_SENDER,           NULL,  "Immediate Origin"),
	[FH_DATE]             = ROW(24, 6,  DATE,   M, F_CREATED_DATE,     NULL,  "File Creation Date"),
	[FH_TIME]             = ROW(30, 4,  TEXT,   O, F_CREATED_TIME,     NULL,  "File Creation Time"),
	[FH_MODIFIER]         = ROW(34, 1,  TEXT,   O, F_FILE_ID,          NULL,  "File ID Modifier"),
	[FH_SIZE]             = ROW(35, 3,  FILL,   M, NO,                 "094", "Record Size"),
	[FH_BLOCKING]         = ROW(38, 2,  FILL,   M, NO,                 "10",  "Blocking Factor"),
	[FH_FORMAT]           = ROW(40, 1,  FILL,   M, NO,                 "1",   "Format Code"),
	[FH_DESTINATION_NAME] = ROW(41, 23, TEXT,   O, F_DESTINATION_NAME, NULL,  "Immediate Destination Name"),
	[FH_ORIGIN_NAME]      = ROW(64, 23, TEXT,   O, F_ORIGIN_NAME,      NULL,  "Immediate Origin Name"),
	[FH_REFERENCE]        = ROW(87, 8,  TEXT,   O, F_REFERENCE,        NULL,  "Reference Code"),
};

static const struct layout_row batch_header[] = {
	[BH_TYPE]          = ROW(1,  1,  CONST,  M, NO,                 "5",   "Record Type"),
	[BH_CLASS]         = ROW(2,  3,  TEXT,   O, F_SERVICE_CLASS,    "200", "Service Class Code"),
	[BH_COMPANY]       = ROW(5,  16, TEXT,   O, F_COMPANY_NAME,     NULL,  "Company Name"),
	[BH_DISCRETIONARY] = ROW(21, 20, TEXT,   O, F_DISCRETIONARY,    NULL,  "Company Discretionary Data"),
	[BH_COMPANY_ID]    = ROW(41, 10, TEXT,   O, F_COMPANY_ID,       NULL,  "Company Identification"),
	[BH_SEC]           = ROW(51, 3,  TEXT,   O, F_SEC,              NULL,  "Standard Entry Class Code"),
	[BH_DESCRIPTION]   = ROW(54, 10, TEXT,   O, F_DESCRIPTION,      NULL,  "Company Entry Description"),
	[BH_DESCRIPTIVE]   = ROW(64, 6,  TEXT,   O, F_DESCRIPTIVE_DATE, NULL,  "Company Descriptive Date"),
	[BH_EFFECTIVE]     = ROW(70, 6,  DATE,   R, F_EFFECTIVE_DATE,   NULL,  "Effective Entry Date"),
	[BH_SETTLEMENT]    = ROW(76, 3,  TEXT,   O, F_SETTLEMENT_DAY,   NULL,  "Settlement Date (Julian)"),
	[BH_STATUS]        = ROW(79, 1,  TEXT,   M, F_STATUS,           "1",   "Originator Status Code"),
	[BH_ODFI]          = ROW(80, 8,  DIGITS, M, F_ODFI,             NULL,  "Originating DFI Identification"),
	[BH_NUMBER]        = ROW(88, 7,  NUMBER, M, F_BATCH_NUMBER,     NULL,  "Batch Number"),
};

static const struct layout_row iat_header[] = {
	[IH_TYPE]              = ROW(1,  1,  CONST,  M, NO,               "5",   "Record Type"),
	[IH_CLASS]             = ROW(2,  3,  TEXT,   O, F_SERVICE_CLASS,  "200", "Service Class Code"),
	[IH_INDICATOR]         = ROW(5,  16, TEXT,   O, F_COMPANY_NAME,   NULL,  "IAT Indicator"),
	[IH_FX]                = ROW(21, 2,  TEXT,   O, F_CODE,           NULL,  "Foreign Exchange Indicator"),
	[IH_FX_REFERENCE_KIND] = ROW(23, 1,  TEXT,   O, NO,               "3",
				     "Foreign Exchange Reference Indicator"),
	[IH_FX_REFERENCE]      = ROW(24, 15, TEXT,   O, F_REFERENCE,      NULL,  "Foreign Exchange Reference"),
	[IH_COUNTRY]           = ROW(39, 2,  TEXT,   O, F_COUNTRY,        NULL,  "ISO Destination Country Code"),
	[IH_ORIGINATOR]        = ROW(41, 10, TEXT,   O, F_COMPANY_ID,     NULL,  "Originator Identification"),
	[IH_SEC]               = ROW(51, 3,  TEXT,   O, F_SEC,            NULL,  "Standard Entry Class Code"),
	[IH_DESCRIPTION]       = ROW(54, 10, TEXT,   O, F_DESCRIPTION,    NULL,  "Company Entry Description"),
	[IH_ORIGIN_CURRENCY]   = ROW(64, 3,  TEXT,   O, F_ORIGINAL_CURRENCY, NULL,  "ISO Originating Currency Code"),
	[IH_CURRENCY]          = ROW(67, 3,  TEXT,   O, F_CURRENCY,       NULL,  "ISO Destination Currency Code"),
	[IH_EFFECTIVE]         = ROW(70, 6,  DATE,   R, F_EFFECTIVE_DATE, NULL,  "Effective Entry Date"),
	[IH_SETTLEMENT]        = ROW(76, 3,  TEXT,   O, F_SETTLEMENT_DAY, NULL,  "Settlement Date (Julian)"),
	[IH_STATUS]            = ROW(79, 1,  TEXT,   M, F_STATUS,         "1",   "Originator Status Code"),
	[IH_ODFI]              = ROW(80, 8,  DIGITS, M, F_ODFI,           NULL,
				     "Gateway Operator or Originating DFI Identification"),
	[IH_NUMBER]            = ROW(88, 7,  NUMBER, M, F_BATCH_NUMBER,   NULL,  "Batch Number"),
};

/* The front of every entry but IAT and ADV, and the end of every entry but ADV. */
#define FRONT \
	[E_TYPE]    = ROW(1,  1,  CONST,  M, NO,                 "6",  "Record Type"), \
	[E_CODE]    = ROW(2,  2,  DIGITS, M, F_TRANSACTION_CODE, NULL, "Transaction Code"), \
	[E_RDFI]    = ROW(4,  8,  DIGITS, M, NO,                 "00000000", "Receiving DFI Identification"), \
	[E_CHECK]   = ROW(12, 1,  DIGITS, M, NO,                 "0",  "Check Digit"), \
	[E_ROUTING] = ROW(4,  9,  TEXT,   O, F_ROUTING,          NULL, "Receiving DFI Routing Number"), \
	[E_ACCOUNT] = ROW(13, 17, TEXT,   O, F_ACCOUNT,          NULL, "DFI Account Number"), \
	[E_AMOUNT]  = ROW(30, 10, MONEY,  M, F_AMOUNT,           NULL, "Amount")
#define END \
	ROW(79, 1,  FILL,   M, NO,      "0",  "Addenda Record Indicator"), \
	ROW(80, 15, DIGITS, M, F_TRACE, NULL, "Trace Number")

static const struct layout_row entry[] = {
	FRONT,
	[E_ID]            = ROW(40, 15, TEXT, O, F_INDIVIDUAL_ID, NULL, "Individual Identification Number"),
	[E_NAME]          = ROW(55, 22, TEXT, O, F_PARTY,         NULL, "Individual Name"),
	[E_DISCRETIONARY] = ROW(77, 2,  TEXT, O, F_DISCRETIONARY, NULL, "Discretionary Data"),
	END
};

static const struct layout_row entry_name_first[] = {		/* MTE CIE: the name stands first */
	FRONT,
	ROW(40, 15, TEXT, O, F_PARTY,         NULL, "Individual Name"),
	ROW(55, 22, TEXT, O, F_INDIVIDUAL_ID, NULL, "Individual Identification Number"),
	ROW(77, 2,  TEXT, O, F_DISCRETIONARY, NULL, "Discretionary Data"),
	END
};

static const struct layout_row entry_serial[] = {		/* ARC BOC RCK */
	FRONT,
	ROW(40, 15, TEXT, O, F_CHECK_NUMBER,  NULL, "Check Serial Number"),
	ROW(55, 22, TEXT, O, F_PARTY,         NULL, "Individual Name"),
	ROW(77, 2,  TEXT, O, F_DISCRETIONARY, NULL, "Discretionary Data"),
	END
};

static const struct layout_row entry_count[] = {		/* CTX ENR TRX ATX */
	FRONT,
	[E_ID]    = ROW(40, 15, TEXT,   O, F_INDIVIDUAL_ID, NULL, "Identification Number"),
	[X_COUNT] = ROW(55, 4,  FILL,   M, NO,              NULL, "Number of Addenda Records"),
	[X_NAME]  = ROW(59, 16, TEXT,   O, F_PARTY,         NULL, "Receiving Company Name"),
	ROW(75, 2,  FILL,   O, NO,              NULL, "Reserved"),
	ROW(77, 2,  TEXT,   O, F_DISCRETIONARY, NULL, "Discretionary Data"),
	END
};

static const struct layout_row entry_pop[] = {
	FRONT,
	[PE_SERIAL] = ROW(40, 9,  TEXT, O, F_CHECK_NUMBER,  NULL, "Check Serial Number"),
	[PE_CITY]   = ROW(49, 4,  TEXT, O, F_CITY,          NULL, "Terminal City"),
	[PE_STATE]  = ROW(53, 2,  TEXT, O, F_REGION,        NULL, "Terminal State"),
	ROW(55, 22, TEXT, O, F_PARTY,         NULL, "Individual Name"),
	ROW(77, 2,  TEXT, O, F_DISCRETIONARY, NULL, "Discretionary Data"),
	END
};

static const struct layout_row entry_shr[] = {
	FRONT,
	ROW(40, 4,  TEXT, R, F_REFERENCE,     NULL, "Card Expiration Date"),
	ROW(44, 11, TEXT, R, F_CUSTOMER_REF,  NULL, "Document Reference Number"),
	ROW(55, 22, TEXT, R, F_INDIVIDUAL_ID, NULL, "Individual Card Account Number"),
	ROW(77, 2,  TEXT, O, F_DISCRETIONARY, NULL, "Card Transaction Type Code"),
	END
};

static const struct layout_row entry_trc[] = {			/* TRC XCK */
	FRONT,
	ROW(40, 15, TEXT, O, F_CHECK_NUMBER,  NULL, "Check Serial Number"),
	ROW(55, 6,  TEXT, R, F_REFERENCE,     NULL, "Process Control Field"),
	ROW(61, 16, TEXT, R, F_CUSTOMER_REF,  NULL, "Item Research Number"),
	ROW(77, 2,  TEXT, O, F_DISCRETIONARY, NULL, "Item Type Indicator"),
	END
};

static const struct layout_row entry_iat[] = {
	[IE_TYPE]     = ROW(1,  1,  CONST,  M, NO,                 "6",  "Record Type"),
	[IE_CODE]     = ROW(2,  2,  DIGITS, M, F_TRANSACTION_CODE, NULL, "Transaction Code"),
	[IE_RDFI]     = ROW(4,  8,  DIGITS, M, NO,                 "00000000",
			    "Gateway Operator or Receiving DFI Identification"),
	[IE_CHECK]    = ROW(12, 1,  DIGITS, M, NO,                 "0",  "Check Digit"),
	[IE_ROUTING]  = ROW(4,  9,  TEXT,   O, F_ROUTING,          NULL, "Receiving DFI Routing Number"),
	[IE_COUNT]    = ROW(13, 4,  FILL,   M, NO,                 NULL, "Number of Addenda Records"),
	[IE_RESERVED] = ROW(17, 13, FILL,   O, NO,                 NULL, "Reserved"),
	[IE_AMOUNT]   = ROW(30, 10, MONEY,  M, F_AMOUNT,           NULL, "Amount"),
	[IE_ACCOUNT]  = ROW(40, 35, TEXT,   O, F_ACCOUNT,          NULL, "Foreign Receiver's Account Number"),
	ROW(75, 2,  FILL,   O, NO,                 NULL, "Reserved"),
	ROW(77, 1,  TEXT,   O, NO,                 NULL, "Gateway Operator OFAC Screening Indicator"),
	ROW(78, 1,  TEXT,   O, NO,                 NULL, "Secondary OFAC Screening Indicator"),
	END
};

static const struct layout_row entry_adv[] = {
	ROW(1,  1,  CONST,  M, NO,                 "6",  "Record Type"),
	ROW(2,  2,  DIGITS, M, F_TRANSACTION_CODE, NULL, "Transaction Code"),
	ROW(4,  8,  DIGITS, M, NO,                 "00000000", "Receiving DFI Identification"),
	ROW(12, 1,  DIGITS, M, NO,                 "0",  "Check Digit"),
	ROW(4,  9,  TEXT,   O, F_ROUTING,          NULL, "Receiving DFI Routing Number"),
	ROW(13, 15, TEXT,   O, F_ACCOUNT,          NULL, "DFI Account Number"),
	ROW(28, 12, MONEY,  M, F_AMOUNT,           NULL, "Amount"),
	ROW(40, 9,  TEXT,   O, F_CUSTOMER_REF,     NULL, "Advice Routing Number"),
	ROW(49, 5,  TEXT,   O, F_REFERENCE,        NULL, "File Identification"),
	ROW(54, 1,  TEXT,   O, F_CODE,             NULL, "ACH Operator Data"),
	ROW(55, 22, TEXT,   O, F_PARTY,            NULL, "Individual Name"),
	ROW(77, 2,  TEXT,   O, F_DISCRETIONARY,    NULL, "Discretionary Data"),
	ROW(79, 1,  FILL,   M, NO,                 "0",  "Addenda Record Indicator"),
	ROW(80, 15, DIGITS, M, F_TRACE,            NULL, "Operator Routing Number, Julian Day and Sequence"),
};

static const struct layout_row addenda_05[] = {
	[A05_TYPE]     = ROW(1,  1,  CONST,  M, NO, "7",  "Record Type"),
	[A05_CODE]     = ROW(2,  2,  CONST,  M, NO, "05", "Addenda Type Code"),
	[A05_TEXT]     = ROW(4,  80, FILL,   O, NO, NULL, "Payment Related Information"),
	[A05_SEQUENCE] = ROW(84, 4,  FILL,   M, NO, NULL, "Addenda Sequence Number"),
	[A05_ENTRY]    = ROW(88, 7,  FILL,   M, NO, NULL, "Entry Detail Sequence Number"),
};

static const struct layout_row addenda_02[] = {
	[A02_TYPE]          = ROW(1,  1,  CONST, M, NO, "7",  "Record Type"),
	[A02_CODE]          = ROW(2,  2,  CONST, M, NO, "02", "Addenda Type Code"),
	[A02_REF1]          = ROW(4,  7,  FILL,  O, NO, NULL, "Reference Information 1"),
	[A02_REF2]          = ROW(11, 3,  FILL,  O, NO, NULL, "Reference Information 2"),
	[A02_TERMINAL]      = ROW(14, 6,  TEXT,  R, NO, NULL, "Terminal Identification Code"),
	[A02_SERIAL]        = ROW(20, 6,  TEXT,  R, NO, NULL, "Transaction Serial Number"),
	[A02_DATE]          = ROW(26, 4,  TEXT,  R, NO, NULL, "Transaction Date"),
	[A02_AUTHORIZATION] = ROW(30, 6,  FILL,  O, NO, NULL, "Authorization Code or Transaction Time"),
	[A02_LOCATION]      = ROW(36, 27, TEXT,  R, NO, NULL, "Terminal Location"),
	[A02_CITY]          = ROW(63, 15, TEXT,  R, NO, NULL, "Terminal City"),
	[A02_STATE]         = ROW(78, 2,  TEXT,  R, NO, NULL, "Terminal State"),
	[A02_TRACE]         = ROW(80, 15, FILL,  M, NO, NULL, "Trace Number"),
};

static const struct layout_row addenda_10[] = {
	[A10_TYPE]          = ROW(1,  1,  CONST, M, NO,      "7",  "Record Type"),
	[A10_CODE]          = ROW(2,  2,  CONST, M, NO,      "10", "Addenda Type Code"),
	[A10_KIND]          = ROW(4,  3,  TEXT,  R, NO,      NULL, "Transaction Type Code"),
	[A10_AMOUNT]        = ROW(7,  18, FILL,  R, F_ORIGINAL_AMOUNT, NULL, "Foreign Payment Amount"),
	[A10_FOREIGN_TRACE] = ROW(25, 22, TEXT,  O, F_BANK_REF, NULL, "Foreign Trace Number"),
	[A10_NAME]          = ROW(47, 35, TEXT,  R, F_PARTY, NULL, "Receiving Company Name or Individual Name"),
	[A10_RESERVED]      = ROW(82, 6,  FILL,  O, NO,      NULL, "Reserved"),
	[A10_ENTRY]         = ROW(88, 7,  FILL,  M, NO,      NULL, "Entry Detail Sequence Number"),
};

static const struct layout_row addenda_11[] = {
	ROW(1,  1,  CONST, M, NO,             "7",  "Record Type"),
	ROW(2,  2,  CONST, M, NO,             "11", "Addenda Type Code"),
	ROW(4,  35, TEXT,  R, F_COMPANY_NAME, NULL, "Originator Name"),
	ROW(39, 35, TEXT,  R, NO,             NULL, "Originator Street Address"),
	ROW(74, 14, FILL,  O, NO,             NULL, "Reserved"),
	ROW(88, 7,  FILL,  M, NO,             NULL, "Entry Detail Sequence Number"),
};

#define PLACE(type) \
	ROW(1,  1,  CONST, M, NO,   "7",  "Record Type"), \
	ROW(2,  2,  CONST, M, NO,   type, "Addenda Type Code"), \
	ROW(4,  35, TEXT,  R, NO,   NULL, "City and State or Province"), \
	ROW(39, 35, TEXT,  R, NO,   NULL, "Country and Postal Code"), \
	ROW(74, 14, FILL,  O, NO,   NULL, "Reserved"), \
	ROW(88, 7,  FILL,  M, NO,   NULL, "Entry Detail Sequence Number")

static const struct layout_row addenda_12[] = { PLACE("12") };		/* of the originator */
static const struct layout_row addenda_16[] = { PLACE("16") };		/* of the receiver */

#define BANK(type, id) \
	ROW(1,  1,  CONST, M, NO,   "7",  "Record Type"), \
	ROW(2,  2,  CONST, M, NO,   type, "Addenda Type Code"), \
	ROW(4,  35, TEXT,  R, NO,   NULL, "DFI Name"), \
	[A13_QUALIFIER] = ROW(39, 2, TEXT, R, NO, NULL, "DFI Identification Number Qualifier"), \
	ROW(41, 34, TEXT,  R, id,   NULL, "DFI Identification"), \
	ROW(75, 3,  TEXT,  R, NO,   NULL, "DFI Branch Country Code"), \
	ROW(78, 10, FILL,  O, NO,   NULL, "Reserved"), \
	ROW(88, 7,  FILL,  M, NO,   NULL, "Entry Detail Sequence Number")

static const struct layout_row addenda_13[] = { BANK("13", NO) };			/* the originating bank */
static const struct layout_row addenda_14[] = { BANK("14", F_PARTY_BANK) };		/* the receiving bank */

static const struct layout_row addenda_15[] = {
	ROW(1,  1,  CONST, M, NO,              "7",  "Record Type"),
	ROW(2,  2,  CONST, M, NO,              "15", "Addenda Type Code"),
	ROW(4,  15, TEXT,  O, F_INDIVIDUAL_ID, NULL, "Receiver Identification Number"),
	ROW(19, 35, TEXT,  R, F_ADDRESS1,      NULL, "Receiver Street Address"),
	ROW(54, 34, FILL,  O, NO,              NULL, "Reserved"),
	ROW(88, 7,  FILL,  M, NO,              NULL, "Entry Detail Sequence Number"),
};

static const struct layout_row addenda_17[] = {
	ROW(1,  1,  CONST, M, NO, "7",  "Record Type"),
	ROW(2,  2,  CONST, M, NO, "17", "Addenda Type Code"),
	ROW(4,  80, FILL,  O, NO, NULL, "Payment Related Information"),
	ROW(84, 4,  FILL,  M, NO, NULL, "Addenda Sequence Number"),
	ROW(88, 7,  FILL,  M, NO, NULL, "Entry Detail Sequence Number"),
};

static const struct layout_row addenda_18[] = {
	ROW(1,  1,  CONST, M, NO, "7",  "Record Type"),
	ROW(2,  2,  CONST, M, NO, "18", "Addenda Type Code"),
	ROW(4,  35, TEXT,  R, NO, NULL, "Foreign Correspondent Bank Name"),
	[A13_QUALIFIER] = ROW(39, 2, TEXT, R, NO, NULL, "Foreign Correspondent Bank Identification Qualifier"),
	ROW(41, 34, TEXT,  R, NO, NULL, "Foreign Correspondent Bank Identification"),
	ROW(75, 3,  TEXT,  R, NO, NULL, "Foreign Correspondent Bank Branch Country Code"),
	ROW(78, 6,  FILL,  O, NO, NULL, "Reserved"),
	[A18_ENTRY] = ROW(88, 7, FILL, M, NO, NULL, "Entry Detail Sequence Number"),
};

/* What all returns begin with; 22-27 is the date of death, blank, or the day the original entry came back. */
#define RETURN_FRONT(field22, name22) \
	[A99_TYPE]   = ROW(1,  1,  CONST, M, NO,               "7",  "Record Type"), \
	[A99_CODE]   = ROW(2,  2,  CONST, M, NO,               "99", "Addenda Type Code"), \
	[A99_REASON] = ROW(4,  3,  TEXT,  O, F_REASON,         NULL, "Return Reason Code"), \
	[A99_TRACE]  = ROW(7,  15, TEXT,  O, F_ORIGINAL_TRACE, NULL, "Original Entry Trace Number"), \
	[A99_DEATH]  = ROW(22, 6,  DATE,  O, field22,          NULL, name22), \
	[A99_RDFI]   = ROW(28, 8,  TEXT,  O, F_ORIGINAL_RDFI,  NULL, "Original Receiving DFI Identification")
#define OWN_TRACE ROW(80, 15, FILL, M, NO, NULL, "Trace Number")

static const struct layout_row return_99[] = {
	RETURN_FRONT(F_DATE_OF_DEATH, "Date of Death"),
	[A99_INFO] = ROW(36, 44, TEXT, O, F_TEXT, NULL, "Addenda Information"),
	[A99_OWN_TRACE] = OWN_TRACE,
};

static const struct layout_row return_99_iat[] = {
	RETURN_FRONT(F_DATE_OF_DEATH, "Date of Death"),
	[A99_INFO] = ROW(36, 10, TEXT, R, NO,     NULL, "Original Forward Entry Payment Amount"),
	ROW(46, 34, TEXT, O, F_TEXT, NULL, "Addenda Information"),
	OWN_TRACE,
};

static const struct layout_row dishonored[] = {
	RETURN_FRONT(NO, "Reserved"),
	ROW(36, 3, FILL, O, NO, NULL, "Reserved"),
	[D99_RETURN_TRACE]  = ROW(39, 15, TEXT, O, F_RETURN_TRACE,   NULL, "Return Trace Number"),
	[D99_SETTLED]       = ROW(54, 3,  TEXT, O, F_SETTLEMENT_DAY, NULL, "Return Settlement Date"),
	[D99_RETURN_REASON] = ROW(57, 2,  TEXT, O, F_NOTE,           NULL, "Return Reason Code"),
	[D99_INFO]          = ROW(59, 21, TEXT, O, F_TEXT,           NULL, "Addenda Information"),
	[D99_OWN_TRACE]     = OWN_TRACE,
};

static const struct layout_row contested[] = {
	RETURN_FRONT(F_STATUS_DATE, "Date Original Entry Returned"),
	[C99_SETTLED]            = ROW(36, 3,  TEXT, O, F_REFERENCE,      NULL, "Original Settlement Date"),
	[C99_RETURN_TRACE]       = ROW(39, 15, TEXT, O, F_RETURN_TRACE,   NULL, "Return Trace Number"),
	[C99_RETURN_SETTLED]     = ROW(54, 3,  TEXT, O, F_SETTLEMENT_DAY, NULL, "Return Settlement Date"),
	[C99_RETURN_REASON]      = ROW(57, 2,  TEXT, O, F_NOTE,           NULL, "Return Reason Code"),
	[C99_DISHONORED_TRACE]   = ROW(59, 15, TEXT, O, F_BANK_REF,       NULL, "Dishonored Return Trace Number"),
	[C99_DISHONORED_SETTLED] = ROW(74, 3,  TEXT, O, F_CODE,           NULL, "Dishonored Return Settlement Date"),
	[C99_DISHONORED_REASON]  = ROW(77, 2,  TEXT, O, F_STATUS,         NULL, "Dishonored Return Reason Code"),
	[C99_RESERVED]           = ROW(79, 1,  FILL, O, NO,               NULL, "Reserved"),
	[C99_OWN_TRACE]          = OWN_TRACE,
};

#define CHANGE_FRONT \
	[A98_TYPE]     = ROW(1,  1,  CONST, M, NO,               "7",  "Record Type"), \
	[A98_CODE]     = ROW(2,  2,  CONST, M, NO,               "98", "Addenda Type Code"), \
	[A98_REASON]   = ROW(4,  3,  TEXT,  O, F_REASON,         NULL, "Change Code"), \
	[A98_TRACE]    = ROW(7,  15, TEXT,  O, F_ORIGINAL_TRACE, NULL, "Original Entry Trace Number"), \
	[A98_RESERVED] = ROW(22, 6,  FILL,  O, NO,               NULL, "Reserved"), \
	[A98_RDFI]     = ROW(28, 8,  TEXT,  O, F_ORIGINAL_RDFI,  NULL, "Original Receiving DFI Identification")

static const struct layout_row change[] = {
	CHANGE_FRONT,
	[A98_CORRECTED] = ROW(36, 29, TEXT, O, F_CORRECTED, NULL, "Corrected Data"),
	[A98_BLANK]     = ROW(65, 15, FILL, O, NO,          NULL, "Reserved"),
	[A98_OWN_TRACE] = OWN_TRACE,
};

static const struct layout_row change_iat[] = {
	CHANGE_FRONT,
	[A98_CORRECTED] = ROW(36, 35, TEXT, O, F_CORRECTED, NULL, "Corrected Data"),
	[A98_BLANK]     = ROW(71, 9,  FILL, O, NO,          NULL, "Reserved"),
	[A98_OWN_TRACE] = OWN_TRACE,
};

static const struct layout_row refused[] = {
	CHANGE_FRONT,
	[A98_CORRECTED] = ROW(36, 29, TEXT, O, F_CORRECTED,    NULL, "Corrected Data"),
	[R98_CHANGE]    = ROW(65, 3,  TEXT, O, F_NOTE,         NULL, "Change Code"),
	[R98_SEQUENCE]  = ROW(68, 7,  TEXT, O, F_RETURN_TRACE, NULL, "COR Trace Sequence Number"),
	[R98_BLANK]     = ROW(75, 5,  FILL, O, NO,             NULL, "Reserved"),
	[R98_OWN_TRACE] = OWN_TRACE,
};

#define CONTROL_FRONT \
	[BC_TYPE]  = ROW(1,  1,  CONST,  M, NO,              "8",  "Record Type"), \
	[BC_CLASS] = ROW(2,  3,  TEXT,   O, F_SERVICE_CLASS, NULL, "Service Class Code"), \
	[BC_COUNT] = ROW(5,  6,  NUMBER, M, F_COUNT,         NULL, "Entry/Addenda Count"), \
	[BC_HASH]  = ROW(11, 10, DIGITS, M, F_HASH,          NULL, "Entry Hash")

static const struct layout_row batch_control[] = {
	CONTROL_FRONT,
	[BC_DEBIT]      = ROW(21, 12, MONEY,  M, F_DEBIT,        NULL, "Total Debit Entry Dollar Amount"),
	[BC_CREDIT]     = ROW(33, 12, MONEY,  M, F_CREDIT,       NULL, "Total Credit Entry Dollar Amount"),
	[BC_COMPANY_ID] = ROW(45, 10, TEXT,   O, F_COMPANY_ID,   NULL, "Company Identification"),
	[BC_MAC]        = ROW(55, 19, TEXT,   O, F_CODE,         NULL, "Message Authentication Code"),
	[BC_RESERVED]   = ROW(74, 6,  FILL,   O, NO,             NULL, "Reserved"),
	[BC_ODFI]       = ROW(80, 8,  DIGITS, M, F_ODFI,         NULL, "Originating DFI Identification"),
	[BC_NUMBER]     = ROW(88, 7,  NUMBER, M, F_BATCH_NUMBER, NULL, "Batch Number"),
};

static const struct layout_row batch_control_adv[] = {
	CONTROL_FRONT,
	[BC_DEBIT]      = ROW(21, 20, MONEY,  M, F_DEBIT,        NULL, "Total Debit Entry Dollar Amount"),
	[BC_CREDIT]     = ROW(41, 20, MONEY,  M, F_CREDIT,       NULL, "Total Credit Entry Dollar Amount"),
	[BC_COMPANY_ID] = ROW(61, 19, FILL,   O, NO,             NULL, "ACH Operator Data"),
	[BC_MAC]        = ROW(61, 19, FILL,   O, NO,             NULL, "ACH Operator Data"),
	[BC_RESERVED]   = ROW(61, 19, TEXT,   O, F_CODE,         NULL, "ACH Operator Data"),
	[BC_ODFI]       = ROW(80, 8,  DIGITS, M, F_ODFI,         NULL, "Originating DFI Identification"),
	[BC_NUMBER]     = ROW(88, 7,  NUMBER, M, F_BATCH_NUMBER, NULL, "Batch Number"),
};

#define FILE_CONTROL_FRONT \
	[FC_TYPE]    = ROW(1,  1,  CONST,  M, NO,      "9",      "Record Type"), \
	[FC_BATCHES] = ROW(2,  6,  NUMBER, M, NO,      NULL,     "Batch Count"), \
	[FC_BLOCKS]  = ROW(8,  6,  NUMBER, M, NO,      NULL,     "Block Count"), \
	[FC_COUNT]   = ROW(14, 8,  NUMBER, M, F_COUNT, NULL,     "Entry/Addenda Count"), \
	[FC_HASH]    = ROW(22, 10, DIGITS, M, F_HASH,  NULL,     "Entry Hash")

static const struct layout_row file_control[] = {
	FILE_CONTROL_FRONT,
	[FC_DEBIT]    = ROW(32, 12, MONEY, M, F_DEBIT,  NULL, "Total Debit Entry Dollar Amount in File"),
	[FC_CREDIT]   = ROW(44, 12, MONEY, M, F_CREDIT, NULL, "Total Credit Entry Dollar Amount in File"),
	[FC_RESERVED] = ROW(56, 39, FILL,  O, NO,       NULL, "Reserved"),
};

static const struct layout_row file_control_adv[] = {
	FILE_CONTROL_FRONT,
	[FC_DEBIT]    = ROW(32, 20, MONEY, M, F_DEBIT,  NULL, "Total Debit Entry Dollar Amount in File"),
	[FC_CREDIT]   = ROW(52, 20, MONEY, M, F_CREDIT, NULL, "Total Credit Entry Dollar Amount in File"),
	[FC_RESERVED] = ROW(72, 23, FILL,  O, NO,       NULL, "Reserved"),
};

const struct layout nacha_file_header = LAYOUT("1 File Header", file_header, NACHA_WIDTH);
const struct layout nacha_batch_header = LAYOUT("5 Batch Header", batch_header, NACHA_WIDTH);
const struct layout nacha_iat_header = LAYOUT("5 IAT Batch Header", iat_header, NACHA_WIDTH);
const struct layout nacha_entry = LAYOUT("6 Entry (PPD CCD WEB TEL POS DNE ACK COR)", entry, NACHA_WIDTH);
const struct layout nacha_entry_name_first = LAYOUT("6 Entry (CIE MTE)", entry_name_first, NACHA_WIDTH);
const struct layout nacha_entry_serial = LAYOUT("6 Entry (ARC BOC RCK)", entry_serial, NACHA_WIDTH);
const struct layout nacha_entry_count = LAYOUT("6 Entry (CTX ENR TRX ATX)", entry_count, NACHA_WIDTH);
const struct layout nacha_entry_pop = LAYOUT("6 Entry (POP)", entry_pop, NACHA_WIDTH);
const struct layout nacha_entry_shr = LAYOUT("6 Entry (SHR)", entry_shr, NACHA_WIDTH);
const struct layout nacha_entry_trc = LAYOUT("6 Entry (TRC XCK)", entry_trc, NACHA_WIDTH);
const struct layout nacha_entry_iat = LAYOUT("6 Entry (IAT)", entry_iat, NACHA_WIDTH);
const struct layout nacha_entry_adv = LAYOUT("6 Entry (ADV)", entry_adv, NACHA_WIDTH);
const struct layout nacha_addenda_05 = LAYOUT("7 Addenda 05", addenda_05, NACHA_WIDTH);
const struct layout nacha_addenda_02 = LAYOUT("7 Addenda 02 (POS SHR MTE)", addenda_02, NACHA_WIDTH);
const struct layout nacha_addenda_10 = LAYOUT("7 IAT Addenda 10", addenda_10, NACHA_WIDTH);
const struct layout nacha_addenda_11 = LAYOUT("7 IAT Addenda 11", addenda_11, NACHA_WIDTH);
const struct layout nacha_addenda_12 = LAYOUT("7 IAT Addenda 12", addenda_12, NACHA_WIDTH);
const struct layout nacha_addenda_13 = LAYOUT("7 IAT Addenda 13", addenda_13, NACHA_WIDTH);
const struct layout nacha_addenda_14 = LAYOUT("7 IAT Addenda 14", addenda_14, NACHA_WIDTH);
const struct layout nacha_addenda_15 = LAYOUT("7 IAT Addenda 15", addenda_15, NACHA_WIDTH);
const struct layout nacha_addenda_16 = LAYOUT("7 IAT Addenda 16", addenda_16, NACHA_WIDTH);
const struct layout nacha_addenda_17 = LAYOUT("7 IAT Addenda 17", addenda_17, NACHA_WIDTH);
const struct layout nacha_addenda_18 = LAYOUT("7 IAT Addenda 18", addenda_18, NACHA_WIDTH);
const struct layout nacha_return = LAYOUT("7 Addenda 99, return", return_99, NACHA_WIDTH);
const struct layout nacha_return_iat = LAYOUT("7 Addenda 99, IAT return", return_99_iat, NACHA_WIDTH);
const struct layout nacha_dishonored = LAYOUT("7 Addenda 99, dishonored return", dishonored, NACHA_WIDTH);
const struct layout nacha_contested = LAYOUT("7 Addenda 99, contested dishonored return", contested, NACHA_WIDTH);
const struct layout nacha_change = LAYOUT("7 Addenda 98, notification of change", change, NACHA_WIDTH);
const struct layout nacha_change_iat = LAYOUT("7 Addenda 98, IAT notification of change", change_iat, NACHA_WIDTH);
const struct layout nacha_refused = LAYOUT("7 Addenda 98, refused notification of change", refused, NACHA_WIDTH);
const struct layout nacha_batch_control = LAYOUT("8 Batch Control", batch_control, NACHA_WIDTH);
const struct layout nacha_batch_control_adv = LAYOUT("8 Batch Control (ADV)", batch_control_adv, NACHA_WIDTH);
const struct layout nacha_file_control = LAYOUT("9 File Control", file_control, NACHA_WIDTH);
const struct layout nacha_file_control_adv = LAYOUT("9 File Control (ADV)", file_control_adv, NACHA_WIDTH);

const struct layout *const nacha_layouts[] = {
	&nacha_file_header, &nacha_batch_header, &nacha_iat_header, &nacha_entry, &nacha_entry_name_first,
	&nacha_entry_serial, &nacha_entry_count, &nacha_entry_pop, &nacha_entry_shr, &nacha_entry_trc, &nacha_entry_iat,
	&nacha_entry_adv, &nacha_addenda_05, &nacha_addenda_02, &nacha_addenda_10, &nacha_addenda_11, &nacha_addenda_12,
	&nacha_addenda_13, &nacha_addenda_14, &nacha_addenda_15, &nacha_addenda_16, &nacha_addenda_17, &nacha_addenda_18,
	&nacha_return, &nacha_return_iat, &nacha_dishonored, &nacha_contested, &nacha_change, &nacha_change_iat,
	&nacha_refused, &nacha_batch_control, &nacha_batch_control_adv, &nacha_file_control, &nacha_file_control_adv, NULL
};
