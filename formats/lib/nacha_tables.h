/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_tables - where each field of a NACHA record stands: the rules' Appendix Three as rows for layout.h
 *
 * The enums name rows, so that a position stands in one place only.  Rows that all entry forms share (transaction code,
 * routing, trace ...) are named once: E_* of nacha_entry is right for each form but where the form has its own name.
 */
#pragma once

#include "formats/core/layout.h"

#define NACHA_WIDTH 94u
#define NACHA_BLOCKING 10u
#define NACHA_02_AT 3u			/* what addenda 02 says of a terminal, between type code and trace */
#define NACHA_02_BYTES 76u

enum { FH_TYPE, FH_PRIORITY, FH_DESTINATION, FH_ORIGIN, FH_DATE, FH_TIME, FH_MODIFIER, FH_SIZE, FH_BLOCKING, FH_FORMAT,
	FH_DESTINATION_NAME, FH_ORIGIN_NAME, FH_REFERENCE };
enum { BH_TYPE, BH_CLASS, BH_COMPANY, BH_DISCRETIONARY, BH_COMPANY_ID, BH_SEC, BH_DESCRIPTION, BH_DESCRIPTIVE,
	BH_EFFECTIVE,
	BH_SETTLEMENT, BH_STATUS, BH_ODFI, BH_NUMBER };
enum { IH_TYPE, IH_CLASS, IH_INDICATOR, IH_FX, IH_FX_REFERENCE_KIND, IH_FX_REFERENCE, IH_COUNTRY, IH_ORIGINATOR, IH_SEC,
	IH_DESCRIPTION, IH_ORIGIN_CURRENCY, IH_CURRENCY, IH_EFFECTIVE, IH_SETTLEMENT, IH_STATUS, IH_ODFI, IH_NUMBER };
enum { E_TYPE, E_CODE, E_RDFI, E_CHECK, E_ROUTING, E_ACCOUNT, E_AMOUNT, E_ID, E_NAME, E_DISCRETIONARY, E_INDICATOR,
	E_TRACE };
enum { X_COUNT = E_ID + 1, X_NAME };				/* CTX ENR TRX ATX: after E_ID */
enum { IE_TYPE, IE_CODE, IE_RDFI, IE_CHECK, IE_ROUTING, IE_COUNT, IE_RESERVED, IE_AMOUNT, IE_ACCOUNT };
enum { PE_SERIAL = E_ID, PE_CITY, PE_STATE };			/* POP */
enum { A05_TYPE, A05_CODE, A05_TEXT, A05_SEQUENCE, A05_ENTRY };
enum { A02_TYPE, A02_CODE, A02_REF1, A02_REF2, A02_TERMINAL, A02_SERIAL, A02_DATE, A02_AUTHORIZATION, A02_LOCATION,
	A02_CITY,
	A02_STATE, A02_TRACE };
enum { A10_TYPE, A10_CODE, A10_KIND, A10_AMOUNT, A10_FOREIGN_TRACE, A10_NAME, A10_RESERVED, A10_ENTRY };
enum { A13_QUALIFIER = 3 };					/* also 14 and 18 */
enum { A18_ENTRY = 7 };
enum { A99_TYPE, A99_CODE, A99_REASON, A99_TRACE, A99_DEATH, A99_RDFI, A99_INFO, A99_OWN_TRACE };
enum { D99_RETURN_TRACE = 7, D99_SETTLED, D99_RETURN_REASON, D99_INFO, D99_OWN_TRACE };
enum { C99_RETURNED = 4, C99_SETTLED = 6, C99_RETURN_TRACE, C99_RETURN_SETTLED, C99_RETURN_REASON, C99_DISHONORED_TRACE,
	C99_DISHONORED_SETTLED, C99_DISHONORED_REASON, C99_RESERVED, C99_OWN_TRACE };
enum { A98_TYPE, A98_CODE, A98_REASON, A98_TRACE, A98_RESERVED, A98_RDFI, A98_CORRECTED, A98_BLANK, A98_OWN_TRACE };
enum { R98_CHANGE = 7, R98_SEQUENCE, R98_BLANK, R98_OWN_TRACE };
enum { BC_TYPE, BC_CLASS, BC_COUNT, BC_HASH, BC_DEBIT, BC_CREDIT, BC_COMPANY_ID, BC_MAC, BC_RESERVED, BC_ODFI,
	BC_NUMBER };
enum { FC_TYPE, FC_BATCHES, FC_BLOCKS, FC_COUNT, FC_HASH, FC_DEBIT, FC_CREDIT, FC_RESERVED };

extern const struct layout nacha_file_header, nacha_batch_header, nacha_iat_header;
extern const struct layout nacha_entry, nacha_entry_name_first, nacha_entry_serial, nacha_entry_count, nacha_entry_pop,
	nacha_entry_shr, nacha_entry_trc, nacha_entry_iat, nacha_entry_adv;
extern const struct layout nacha_addenda_05, nacha_addenda_02, nacha_addenda_10, nacha_addenda_11, nacha_addenda_12,
	nacha_addenda_13, nacha_addenda_14, nacha_addenda_15, nacha_addenda_16, nacha_addenda_17, nacha_addenda_18;
extern const struct layout nacha_return, nacha_return_iat, nacha_dishonored, nacha_contested;
extern const struct layout nacha_change, nacha_change_iat, nacha_refused;
extern const struct layout nacha_batch_control, nacha_batch_control_adv, nacha_file_control, nacha_file_control_adv;

extern const struct layout *const nacha_layouts[];		/* all of them, in the order of the rules; NULL ends */
