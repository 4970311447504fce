/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_notice - the columns of what feeds are told: a table like the report's sections, CSV only
 *
 * `csv` is the kind's name here.  No account number stands in any of them; a faulty row comes back masked.
 */
#include "gateway/report_page.h"

#define TEXT(key)   { key, key, REPORT_TEXT }
#define MONEY(key)  { key, key, REPORT_MONEY }
#define NUMBER(key) { key, key, REPORT_NUMBER }

const struct report_section notice_sections[] = {
	{ "notice.rows", "receipt", "Receipt", NULL, NULL, NULL, NULL,
	  { TEXT("file"), TEXT("name"), TEXT("sha256"), TEXT("received"), TEXT("verdict"), TEXT("reason"), TEXT("in_words"), TEXT("detail"), NUMBER("records"),
	    MONEY("amount_minor"), TEXT("currency"), NUMBER("errors"), NUMBER("line"), TEXT("row") } },
	{ "notice.rows", "reject", "Rejected rows", NULL, NULL, NULL, NULL,
	  { TEXT("file"), NUMBER("line"), TEXT("person"), MONEY("net_minor"), TEXT("currency"), TEXT("reason"), TEXT("in_words"), TEXT("row") } },
	{ "notice.rows", "status", "Status", NULL, NULL, NULL, NULL,
	  { TEXT("file"), TEXT("batch"), TEXT("item"), NUMBER("line"), TEXT("person"), NUMBER("leg"), TEXT("method"), MONEY("amount_minor"), TEXT("currency"), TEXT("state"),
	    TEXT("reason"), TEXT("in_words"), TEXT("effective_date") } },
	{ 0 }
};
