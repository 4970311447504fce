/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_test - the NACHA module through its ABI: every rule by a file that breaks it, and the samples as golden files
 *
 * A case takes a good sample, overwrites some bytes of one record, and names the finding that must come of it (or
 * none).  Totals that no longer prove then are findings too, and not looked at.  TALLY_SHARED gives a corpus of real
 * files and mutants; without it those tests are skipped with the reason.  Run it from the top of the tree:
 * samples/nacha is read from there.
 */
#include <dirent.h>
#include <string.h>

#include "tests/lib/samples.h"

#define SAMPLES "samples/nacha/"

static const struct tally_format *nacha;

static struct view sample(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), SAMPLES "%s", name);
	return mhost_file(path);
}

static void drop(struct view v)
{
	free((char *)v.p);
}

/* --- one changed field, one finding --- */

struct rule_case { const char *file; int line, pos; const char *text, *want, *what; };

static const struct rule_case rule_cases[] = {
	{ "ok-payroll.ach", 1, 2, "02", "warning NACHA_PRIORITY 1:2", "a priority code other than 01 is a warning" },
	{ "ok-payroll.ach", 1, 4, "          ", "error NACHA_DESTINATION 1:4", "a blank destination is an error" },
	{ "ok-payroll.ach", 1, 4, " 091000018", "warning NACHA_DESTINATION_DIGIT 1:4",
		"a wrong check digit of the destination is a warning" },
	{ "ok-payroll.ach", 1, 4, "0091000019", NULL, "a destination of ten digits with a leading zero is good" },
	{ "ok-payroll.ach", 1, 14, "          ", "error NACHA_ORIGIN 1:14", "a blank origin is an error" },
	{ "ok-payroll.ach", 1, 24, "261301", "error NACHA_CREATION_DATE 1:24",
		"a creation date in month 13 is an error" },
	{ "ok-payroll.ach", 1, 24, "260229", "error NACHA_CREATION_DATE 1:24",
		"29 February of a common year is an error" },
	{ "ok-payroll.ach", 1, 30, "2400", "warning NACHA_CREATION_TIME 1:30", "24:00 is no creation time" },
	{ "ok-payroll.ach", 1, 30, "1260", "warning NACHA_CREATION_TIME 1:30", "minute 60 is no creation time" },
	{ "ok-payroll.ach", 1, 30, "    ", NULL, "a blank creation time is good" },
	{ "ok-payroll.ach", 1, 34, "a", "error NACHA_FILE_ID 1:34", "a lower-case modifier is an error" },
	{ "ok-payroll.ach", 1, 34, " ", "error NACHA_FILE_ID 1:34", "a blank modifier is an error" },
	{ "ok-payroll.ach", 1, 35, "095", "error NACHA_RECORD_SIZE 1:35", "a record size of 095 is an error" },
	{ "ok-payroll.ach", 1, 38, "11", "error NACHA_BLOCKING 1:38", "a blocking factor of 11 is an error" },
	{ "ok-payroll.ach", 1, 40, "2", "error NACHA_FORMAT_CODE 1:40", "a format code of 2 is an error" },
	{ "ok-payroll.ach", 2, 2, "210", "error NACHA_SERVICE_CLASS 2:2", "service class 210 does not exist" },
	{ "ok-payroll.ach", 2, 2, "280", "error NACHA_SERVICE_CLASS 2:2", "service class 280 is for ADV only" },
	{ "ok-payroll.ach", 2, 5, "                ", "error NACHA_COMPANY_NAME 2:5",
		"a blank company name is an error" },
	{ "ok-payroll.ach", 2, 5, "0000000000000000", "error NACHA_COMPANY_NAME 2:5",
		"a company name of zeros is an error" },
	{ "ok-payroll.ach", 2, 41, "          ", "error NACHA_COMPANY_ID 2:41",
		"a blank company identification is an error" },
	{ "ok-payroll.ach", 2, 51, "PPX", "error NACHA_SEC 2:51", "an unknown entry class is an error" },
	{ "ok-payroll.ach", 2, 54, "          ", "error NACHA_ENTRY_DESCRIPTION 2:54",
		"a blank entry description is an error" },
	{ "ok-payroll.ach", 2, 54, "Reversal  ", "warning NACHA_DESCRIPTION_CASE 2:54",
		"a reversal not in capitals is a warning" },
	{ "ok-payroll.ach", 2, 54, "SALARY    ", "warning NACHA_PAYROLL_DESCRIPTION 3:54",
		"wages without PAYROLL are a warning" },
	{ "ok-payroll.ach", 2, 70, "      ", "warning NACHA_EFFECTIVE_DATE 2:70",
		"a blank effective date is a warning" },
	{ "ok-payroll.ach", 2, 70, "261332", "warning NACHA_EFFECTIVE_DATE 2:70",
		"an impossible effective date is a warning" },
	{ "ok-payroll.ach", 2, 79, "7", "warning NACHA_ORIGINATOR_STATUS 2:79",
		"an unknown originator status is a warning" },
	{ "ok-payroll.ach", 2, 80, "1210A288", "error NACHA_ODFI 2:80",
		"a letter in the originating bank is an error" },
	{ "ok-payroll.ach", 2, 88, "000000X", "error NACHA_NOT_NUMERIC 2:88",
		"a letter in the batch number is an error" },
	{ "ok-payroll.ach", 2, 88, "0000009", "error NACHA_BATCH_NUMBER 6:88",
		"batch numbers of header and control must agree" },
	{ "ok-payroll.ach", 3, 2, "25", "error NACHA_TRANSACTION_CODE 3:2", "transaction code 25 is not assigned" },
	{ "ok-payroll.ach", 3, 2, "A2", "error NACHA_TRANSACTION_CODE 3:2",
		"a letter in the transaction code is an error" },
	{ "ok-payroll.ach", 3, 2, "27", "error NACHA_CODE_CLASS 3:2", "a debit in a batch of credits is an error" },
	{ "ok-payroll.ach", 3, 2, "24", "error NACHA_CODE_SEC 3:2", "a zero-dollar code in class PPD is an error" },
	{ "ok-payroll.ach", 3, 2, "81", "error NACHA_CODE_SEC 3:2", "an ADV code in class PPD is an error" },
	{ "ok-payroll.ach", 3, 2, "21", "error NACHA_ADDENDA_MISSING 3:2",
		"a return code without its addenda is an error" },
	{ "ok-payroll.ach", 3, 2, "23", "error NACHA_AMOUNT_NOT_ZERO 3:30",
		"a prenote that carries money is an error" },
	{ "ok-payroll.ach", 3, 4, "99", "error NACHA_ROUTING 3:4",
		"a routing number that begins with 99 is an error" },
	{ "ok-payroll.ach", 2, 70, "261127", "note NACHA_EFFECTIVE_RANGE 2:70",
		"credits on the Friday behind Thanksgiving are three banking days from Monday" },
	{ "ok-payroll.ach", 2, 70, "261125", NULL, "credits on the second banking day are good" },
	{ "ok-payroll.ach", 7, 70, "261125", "note NACHA_EFFECTIVE_RANGE 7:70", "debits have one banking day" },
	{ "ok-payroll.ach", 2, 70, "261120", "note NACHA_EFFECTIVE_RANGE 2:70", "a day before the file's is told" },
	{ "ok-payroll.ach", 3, 12, "8", "error NACHA_CHECK_DIGIT 3:12", "a wrong check digit is an error" },
	{ "ok-payroll.ach", 3, 13, "                 ", "warning NACHA_ACCOUNT 3:13",
		"a blank account number is a warning" },
	{ "ok-payroll.ach", 3, 30, "0000000000", "error NACHA_AMOUNT_ZERO 3:30", "a payment of nothing is an error" },
	{ "ok-payroll.ach", 3, 30, "00000 2500", "error NACHA_AMOUNT 3:30", "a blank inside the amount is an error" },
	{ "ok-payroll.ach", 3, 55, "                      ", "warning NACHA_NAME 3:55",
		"a blank name is a warning for PPD" },
	{ "ok-payroll.ach", 3, 79, "2", "error NACHA_ADDENDA_INDICATOR 3:79", "an addenda indicator of 2 is an error" },
	{ "ok-payroll.ach", 3, 79, "1", "error NACHA_ADDENDA_MISSING 3:79",
		"announced addenda that do not come are an error" },
	{ "ok-payroll.ach", 3, 80, "99999999", "error NACHA_TRACE_ODFI 3:80",
		"a trace of another bank than the batch's is an error" },
	{ "ok-payroll.ach", 4, 94, "1", "error NACHA_TRACE_ORDER 4:80", "the same trace twice in a batch is an error" },
	{ "ok-payroll.ach", 3, 80, "12104288000X001", "error NACHA_TRACE 3:80", "a letter in the trace is an error" },
	{ "ok-payroll.ach", 6, 2, "225", "error NACHA_CONTROL_CLASS 6:2",
		"service classes of header and control must agree" },
	{ "ok-payroll.ach", 6, 5, "000004", "error NACHA_ENTRY_COUNT 6:5", "a wrong entry count is an error" },
	{ "ok-payroll.ach", 6, 5, "00000 ", "error NACHA_NOT_NUMERIC 6:5", "a count that is no number is an error" },
	{ "ok-payroll.ach", 6, 11, "0000000001", "error NACHA_ENTRY_HASH 6:11", "a wrong entry hash is an error" },
	{ "ok-payroll.ach", 6, 21, "000000000001", "error NACHA_DEBIT 6:21", "a wrong debit total is an error" },
	{ "ok-payroll.ach", 6, 33, "000000000001", "error NACHA_CREDIT 6:33", "a wrong credit total is an error" },
	{ "ok-payroll.ach", 6, 45, "9999999999", "warning NACHA_CONTROL_COMPANY_ID 6:45",
		"another company in the control is a warning" },
	{ "ok-payroll.ach", 6, 80, "09100001", "error NACHA_CONTROL_ODFI 6:80",
		"another bank in the control is an error" },
	{ "ok-payroll.ach", 8, 79, "0", "error NACHA_ADDENDA_INDICATOR 8:79",
		"addenda that were not announced are an error" },
	{ "ok-payroll.ach", 9, 2, "02", "error NACHA_ADDENDA_TYPE 9:2", "addenda 02 under CCD is an error" },
	{ "ok-payroll.ach", 9, 84, "0002", "error NACHA_ADDENDA_SEQUENCE 9:84",
		"an addenda sequence that begins with 2 is an error" },
	{ "ok-payroll.ach", 9, 88, "0000009", "error NACHA_ADDENDA_TRACE 9:88",
		"addenda of another entry are an error" },
	{ "ok-payroll.ach", 11, 2, "000003", "error NACHA_BATCH_COUNT 11:2", "a wrong batch count is an error" },
	{ "ok-payroll.ach", 11, 8, "000001", "error NACHA_BLOCK_COUNT 11:8", "a wrong block count is an error" },
	{ "ok-payroll.ach", 11, 14, "00000006", "error NACHA_FILE_ENTRY_COUNT 11:14",
		"a wrong entry count of the file is an error" },
	{ "ok-payroll.ach", 11, 22, "0000000001", "error NACHA_FILE_ENTRY_HASH 11:22",
		"a wrong entry hash of the file is an error" },
	{ "ok-payroll.ach", 11, 32, "000000000001", "error NACHA_FILE_DEBIT 11:32",
		"a wrong debit total of the file is an error" },
	{ "ok-payroll.ach", 11, 44, "000000000001", "error NACHA_FILE_CREDIT 11:44",
		"a wrong credit total of the file is an error" },
	{ "ok-payroll.ach", 3, 1, "X", "error NACHA_RECORD_TYPE 3:1", "a record of type X is an error" },
	{ "ok-payroll.ach", 2, 1, "X", "error NACHA_ORDER 3:0", "an entry outside a batch is an error" },
	{ "ok-payroll.ach", 1, 1, "X", "error NACHA_NO_FILE_HEADER 1:0", "a file without its header is an error" },
	{ "ok-payroll.ach", 11, 1, "X", "error NACHA_NO_FILE_CONTROL", "a file without its control is an error" },
	{ "ok-payroll.ach", 6, 1, "X", "error NACHA_NO_BATCH_CONTROL 7:0", "a batch without its control is an error" },
	{ "ok-payroll.ach", 12, 20, "8", "error NACHA_AFTER_TRAILER 12:0",
		"a fill record that is not all nines is an error" },
	{ "ok-payroll.ach", 3, 60, "\t", "error NACHA_CHARACTERS 3:60", "a tab is an error, with its column" },
	{ "ok-payroll.ach", 7, 51, "TEL", "error NACHA_ADDENDA_TYPE 9:2", "class TEL takes no addenda" },
	{ "ok-payroll.ach", 7, 51, "WEB", "warning NACHA_PAYMENT_TYPE 8:77",
		"a WEB debit without payment type is a warning" },
	{ "ok-payroll.ach", 7, 51, "CIE", "error NACHA_DIRECTION 8:2", "class CIE takes no debits" },
	{ "ok-payroll.ach", 2, 51, "TEL", "error NACHA_DIRECTION 3:2", "class TEL takes no credits" },
	{ "ok-payroll.ach", 2, 51, "RCK", "warning NACHA_DESCRIPTION_SEC 2:54", "class RCK must say REDEPCHECK" },
	{ "ok-payroll.ach", 7, 51, "ARC", "error NACHA_ADDENDA_TYPE 9:2", "class ARC takes no addenda" },
	{ "ok-payroll.ach", 7, 51, "RCK", "error NACHA_AMOUNT_LIMIT 8:30",
		"a re-presented check is below 2,500 dollars" },
	{ "ok-payroll.ach", 7, 51, "POP", "error NACHA_TERMINAL 8:49", "class POP needs a terminal city" },
	{ "ok-payroll.ach", 2, 51, "DNE", "error NACHA_CODE_SEC 3:2", "class DNE takes prenote codes only" },
	{ "ok-payroll.ach", 2, 51, "ACK", "error NACHA_CODE_SEC 3:2", "class ACK takes zero-dollar codes only" },
	{ "ok-payroll.ach", 2, 51, "MTE", "error NACHA_ADDENDA_MISSING 3:79", "class MTE needs an addenda 02" },
	{ "ok-payroll.ach", 2, 51, "POS", "error NACHA_CARD_TYPE 3:77", "class POS needs a card transaction type" },
	{ "ok-payroll.ach", 2, 51, "COR", "error NACHA_ADDENDA_MISSING 3:0", "class COR needs an addenda 98" },
	{ "ok-payroll.ach", 2, 54, "ACCTVERIFY", "warning NACHA_MICRO_ENTRY 3:30",
		"a micro-entry of 2,500 dollars is a warning" },
	{ "ok-ctx.ach", 3, 55, "0002", "error NACHA_ADDENDA_COUNT 3:55",
		"a CTX count that is not the addenda is an error" },
	{ "ok-ctx.ach", 5, 84, "0003", "error NACHA_ADDENDA_SEQUENCE 5:84",
		"a gap in the addenda sequence is an error" },
	{ "ok-ctx.ach", 2, 51, "PPD", "error NACHA_ADDENDA_COUNT 3:0", "three addenda under PPD are an error" },
	{ "ok-returns.ach", 4, 4, "R99", "error NACHA_RETURN_REASON 4:4", "R99 does not exist" },
	{ "ok-returns.ach", 4, 4, "R90", "error NACHA_RETURN_REASON 4:4", "R90 is not valid in 2026" },
	{ "ok-returns.ach", 4, 4, "R05", "warning NACHA_RETURN_REASON_SEC 4:4", "R05 on a PPD entry is a warning" },
	{ "ok-returns.ach", 10, 4, "R01", "warning NACHA_RETURN_REASON_SIDE 10:4", "R01 on a credit is a warning" },
	{ "ok-returns.ach", 6, 22, "      ", "warning NACHA_DATE_OF_DEATH 6:22",
		"R14 without a date of death is a warning" },
	{ "ok-returns.ach", 4, 7, "               ", "error NACHA_ORIGINAL_TRACE 4:7",
		"a return without the original trace is an error" },
	{ "ok-returns.ach", 4, 28, "        ", "warning NACHA_ORIGINAL_RDFI 4:28",
		"a return without the original bank is a warning" },
	{ "ok-returns.ach", 4, 94, "9", "warning NACHA_RETURN_TRACE 4:80",
		"a return whose addenda has another trace is a warning" },
	{ "ok-returns.ach", 3, 2, "27", "warning NACHA_RETURN_CODE 3:2", "a return with a forward code is a warning" },
	{ "ok-returns.ach", 4, 4, "R68", "error NACHA_MIXED_BATCH 5:0",
		"returns and dishonored returns in one batch are an error" },
	{ "ok-returns.ach", 4, 2, "98", "error NACHA_ADDENDA_TYPE 4:2", "addenda 98 outside class COR is an error" },
	{ "ok-dishonored.ach", 4, 59, "     ", "error NACHA_FIELD_ERRORS 4:59",
		"R69 without its field codes is an error" },
	{ "ok-dishonored.ach", 4, 59, "09   ", "error NACHA_FIELD_ERRORS 4:59", "R69 with field code 09 is an error" },
	{ "ok-dishonored.ach", 4, 59, "07   ", NULL, "R69 with one field code is good" },
	{ "ok-contested.ach", 4, 36, "   ", "error NACHA_CONTESTED_DATES 4:22",
		"R73 without the settlement day is an error" },
	{ "ok-changes.ach", 4, 4, "C10", "error NACHA_CHANGE_CODE 4:4", "C10 is not assigned" },
	{ "ok-changes.ach", 4, 4, "C04", "error NACHA_CHANGE_CODE 4:4", "C04 ended in 2015" },
	{ "ok-changes.ach", 4, 4, "C08", "warning NACHA_CHANGE_IAT 4:4", "C08 is for international entries" },
	{ "ok-changes.ach", 4, 4, "C02", "warning NACHA_CORRECTED_DATA 4:36",
		"C02 without a routing number is a warning" },
	{ "ok-changes.ach", 4, 36, "              ", "error NACHA_CORRECTED_BLANK 4:36",
		"blank corrected data is an error" },
	{ "ok-changes.ach", 4, 4, "C61", "error NACHA_REFUSED_FIELDS 4:65",
		"a refused change must name the change code" },
	{ "ok-changes.ach", 3, 30, "0000000100", "error NACHA_AMOUNT_NOT_ZERO 3:30",
		"a change that carries money is an error" },
	{ "ok-changes.ach", 3, 2, "22", "error NACHA_CODE_SEC 3:2", "a change with a forward code is an error" },
	{ "ok-changes.ach", 6, 36, "231380105", "warning NACHA_CORRECTED_DATA 6:36",
		"C07 with a wrong check digit is a warning" },
	{ "ok-payroll.ach", 2, 76, "367", "warning NACHA_SETTLEMENT_DATE 2:76", "day 367 is no settlement date" },
	{ "ok-payroll.ach", 2, 76, "366", NULL, "day 366 is a settlement date" },
	{ "ok-payroll.ach", 2, 64, "SD1300", "warning NACHA_SAME_DAY_CLASS 2:70",
		"a same-day mark with a later effective date is a warning" },
	{ "ok-payroll.ach", 2, 64, "SD1300261123", NULL, "a same-day mark with the day of the file is good" },
	{ "ok-payroll.ach", 2, 54, "payroll   ", "warning NACHA_DESCRIPTION_CASE 2:54",
		"payroll in small letters is a warning since March 2026" },
	{ "ok-returns.ach", 4, 7, "12104288000000A", "error NACHA_ORIGINAL_TRACE 4:7",
		"a letter in the original trace is an error" },
	{ "ok-dishonored.ach", 4, 39, "               ", "warning NACHA_DISPUTE_FIELDS 4:39",
		"a dishonored return that does not name the return is a warning" },
	{ "ok-contested.ach", 4, 4, "R71", NULL, "R71 may contest any dishonor: it came to the wrong bank" },
	{ "ok-contested.ach", 4, 4, "R72", NULL, "R72 may contest any dishonor: it came too late" },
	{ "ok-contested.ach", 4, 4, "R75", "warning NACHA_DISPUTE_PAIR 4:77", "R75 does not answer R68" },
	{ "ok-contested.ach", 4, 77, "  ", "warning NACHA_DISPUTE_FIELDS 4:77",
		"a contested return without the dishonor reason is a warning" },
	{ "ok-iat.ach", 2, 23, "1", "warning NACHA_IAT_FX_REFERENCE 2:23",
		"a rate indicator without a rate is a warning" },
	{ "ok-iat.ach", 8, 39, "04", "warning NACHA_IAT_QUALIFIER 8:39", "a bank's qualifier 04 is a warning" },
	{ "ok-iat.ach", 2, 21, "XX", "error NACHA_IAT_FX 2:21", "an unknown foreign exchange indicator is an error" },
	{ "ok-iat.ach", 2, 39, "  ", "error NACHA_IAT_COUNTRY 2:39", "a missing destination country is an error" },
	{ "ok-iat.ach", 2, 67, "   ", "error NACHA_IAT_CURRENCY 2:67", "a missing destination currency is an error" },
	{ "ok-iat.ach", 2, 41, "          ", "error NACHA_COMPANY_ID 2:41", "a missing originator is an error" },
	{ "ok-iat.ach", 3, 13, "0008", "error NACHA_ADDENDA_COUNT 3:13",
		"an IAT count that is not the addenda is an error" },
	{ "ok-iat.ach", 4, 4, "BIL", "error NACHA_IAT_TYPE 4:4", "an unknown IAT transaction type is an error" },
	{ "ok-iat.ach", 5, 2, "12", "error NACHA_IAT_ADDENDA 3:0", "an IAT entry without addenda 11 is an error" },
	{ "ok-iat.ach", 6, 2, "10", "error NACHA_IAT_ADDENDA 6:2", "IAT addenda out of order are an error" },
	{ "ok-iat.ach", 6, 4, "SPRINGFIELD IL ", "warning NACHA_IAT_ADDRESS 6:4",
		"an address without its asterisk is a warning" },
	{ "ok-iat.ach", 7, 4, "                                   ", "warning NACHA_FIELD_MISSING 7:4",
		"a missing bank name is a warning" },
};

/* Overwrites bytes of one line of a copy; lines are 94 bytes and LF. */
static struct view changed(const struct rule_case *c)
{
	struct view v = sample(c->file);
	size_t at = (size_t)(c->line - 1) * 95 + (size_t)(c->pos - 1), n = strlen(c->text);

	if (v.p != NULL && at + n <= v.n)
		memcpy((char *)v.p + at, c->text, n);
	return v;
}

static void test_rules(void)
{
	struct mhost h = { .step = 0 };

	for (size_t i = 0; i < sizeof(rule_cases) / sizeof(rule_cases[0]); i++) {
		const struct rule_case *c = &rule_cases[i];
		struct view v = changed(c);

		mhost_parse(&h, nacha, v);
		if (c->want == NULL)
			ok(h.n_errors + h.n_warnings == 0, "%s", c->what);
		else
			ok(mhost_count(&h.findings, c->want) > 0, "%s", c->what);
		drop(v);
	}
	mhost_release(&h);
}

/* --- windows --- */

static void test_windows(void)
{
	static const char *const files[] = { "ok-payroll.ach", "ok-crlf-no-fill.ach", "ok-run-together.ach",
		"ok-iat.ach", "bad-many.ach",
		"ok-cr-only.ach", "hostile/long-line.ach", "warn-bom.ach", "ok-dos-end.ach" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct view in = sample(files[i]);
		struct mhost all = { .step = 0 }, some = { .step = 1 };
		bool same = mhost_parse(&all, nacha, in) == 0;

		for (size_t step = 1; step <= 200 && same; step++) {
			some.step = step;
			same = mhost_parse(&some, nacha, in) == 0 &&
				view_eq(buf_as_view(&all.records), buf_as_view(&some.records)) &&
			       view_eq(buf_as_view(&all.findings), buf_as_view(&some.findings));
		}
		ok(same, "%s reads the same in windows of 1 to 200 bytes as at once", files[i]);
		drop(in);
		mhost_release(&all);
		mhost_release(&some);
	}
}

/* --- hostile input --- */

static void test_cuts(const char *name)
{
	struct view in = sample(name);
	struct mhost h = { .step = 61 };
	size_t silent = 0, body = 11 * 95 - 1;

	for (size_t n = 0; n < in.n; n++) {
		char *exact = malloc(n > 0 ? n : 1);

		memcpy(exact, in.p, n);
		mhost_parse(&h, nacha, (struct view){ exact, n });
		silent += n < body - 40 && h.n_errors == 0;		/* the control's last 39 bytes are blank */
		free(exact);
	}
	is_int(silent, 0, "%s cut anywhere before its control's end is held", name);
	drop(in);
	mhost_release(&h);
}

static void test_hostile(void)
{
	static const char *const files[] = { "nul.ach", "utf8-name.ach", "long-line.ach", "only-nines.ach", "only-addenda.ach" };
	struct mhost h = { .step = 4096 };
	size_t n = (size_t)10 << 20;
	char *line = malloc(n), path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct view in;

		snprintf(path, sizeof(path), "hostile/%s", files[i]);
		in = sample(path);
		ok(in.p != NULL && mhost_parse(&h, nacha, in) == 0, "hostile/%s is read to its end", files[i]);
		drop(in);
	}
	memset(line, 'x', n);
	ok(mhost_parse(&h, nacha, (struct view){ line, n }) == 0 && h.n_findings < 10,
	   "a line of 10 MB is skipped with few findings");
	memset(line, '6', n);
	h.quiet = true;
	ok(mhost_parse(&h, nacha, (struct view){ line, n }) == 0, "10 MB of sixes are read to their end");
	memset(line, 0, n);
	ok(mhost_parse(&h, nacha, (struct view){ line, n }) == 0, "10 MB of NULs are read to their end");
	memset(line, '\n', n);
	ok(mhost_parse(&h, nacha, (struct view){ line, n }) == 0 && h.n_findings < 10,
	   "10 MB of line feeds are skipped with few findings");
	free(line);
	mhost_release(&h);
}

static void test_stop(void)
{
	struct view in = sample("bad-many.ach");
	struct mhost h = { .step = 50 };
	bool good = true;
	uint64_t calls;

	mhost_parse(&h, nacha, in);
	calls = h.callbacks;
	for (h.stop_after = 1; h.stop_after <= calls; h.stop_after++)
		good = mhost_parse(&h, nacha, in) == -1 && h.callbacks == h.stop_after && good;
	ok(good, "whenever the host says stop, the module stops at once and says so");
	drop(in);
	mhost_release(&h);
}

static void test_probe(void)
{
	struct view v = sample("ok-payroll.ach");

	is_int(nacha->probe(v), 100, "a good file is known for certain");
	is_int(nacha->probe(view_sub(v, 0, 39)), 0, "39 bytes are not enough to be known");
	ok(nacha->probe(view_sub(v, 95, v.n)) > 0, "a file that lost its header is still known");
	is_int(nacha->probe(VIEW("01,BANK,CUSTOMER,261123,0915,1,80,1,2/\n02,X,Y,1,261122,2359,USD,2/\n")), 0,
	       "a BAI2 file is not taken");
	is_int(nacha->probe(VIEW("")), 0, "an empty file is nobody's");
	drop(v);
}

static void test_strict(void)
{
	struct view in = sample("ok-crlf-no-fill.ach");
	struct mhost h = { .step = 0 };

	mhost_parse(&h, nacha, in);
	is_int(h.n_errors, 0, "a file without its fill is put up with");
	mhost_option(&h, "strict", "yes");
	mhost_parse(&h, nacha, in);
	is_int(h.n_errors, 1, "a file without its fill is held when strict=yes");
	mhost_option(&h, "NACHA_PADDING", "off");
	mhost_parse(&h, nacha, in);
	is_int(h.n_findings, 0, "NACHA_PADDING=off says nothing of it, also when strict=yes");
	drop(in);
	mhost_release(&h);
}

/* One option, one file: what must be found then, or nothing. */
static const struct { const char *file, *option, *value, *want, *what; } option_cases[] = {
	{ "ok-crlf-no-fill.ach", "NACHA_PADDING", "error", "error NACHA_PADDING", "a warning can be made an error" },
	{ "ok-crlf-no-fill.ach", "NACHA_PADDING", "note", "note NACHA_PADDING", "a warning can be made a note" },
	{ "codes/NACHA_CHECK_DIGIT.ach", "NACHA_CHECK_DIGIT", "warning", "warning NACHA_CHECK_DIGIT",
		"an error can be made a warning" },
	{ "codes/NACHA_AFTER_TRAILER.ach", "NACHA_AFTER_TRAILER", "off", "warning NACHA_AFTER_TRAILER",
		"what is not read is always told" },
	{ "codes/NACHA_EMPTY.ach", "NACHA_EMPTY", "off", "error NACHA_EMPTY", "an empty file is always an error" },
	{ "ok-payroll.ach", "NACHA_PADDING", "no", "error NACHA_OPTION", "a severity that is none is told" },
	{ "ok-payroll.ach", "strict", "maybe", "error NACHA_OPTION", "strict=maybe is told" },
	{ "ok-payroll.ach", "origins", "1,1210428820", NULL, "an origin of the list is good" },
	{ "ok-payroll.ach", "origins", "121042882", "error NACHA_ORIGIN_UNKNOWN 1:14",
		"an origin that stands in no list is an error" },
	{ "ok-payroll.ach", "destinations", "091000019 231380104", NULL, "a destination of the list is good" },
	{ "ok-payroll.ach", "odfis", "12104288", NULL, "an originating bank of the list is good" },
};

static void test_options(void)
{
	for (size_t i = 0; i < sizeof(option_cases) / sizeof(option_cases[0]); i++) {
		struct view in = sample(option_cases[i].file);
		struct mhost h = { .step = 0 };

		mhost_option(&h, option_cases[i].option, option_cases[i].value);
		mhost_parse(&h, nacha, in);
		if (option_cases[i].want == NULL)
			is_int(h.n_findings, 0, "%s", option_cases[i].what);
		else
			ok(mhost_count(&h.findings, option_cases[i].want) > 0, "%s", option_cases[i].what);
		drop(in);
		mhost_release(&h);
	}
}

static bool known_code(const char *code)
{
	for (const struct tally_code *c = nacha->findings; c->code != NULL; c++)
		if (strcmp(c->code, code) == 0)
			return true;
	return false;
}

static void test_codes(void)
{
	static const char *const some[] = { "R01", "R77", "R90", "C01", "C69", "PPD", "IAT", "22", "56",
		"NACHA_ENTRY_HASH" };
	size_t twice = 0, empty = 0;

	for (const struct tally_code *c = nacha->findings; c->code != NULL; c++) {
		for (const struct tally_code *d = c + 1; d->code != NULL; d++)
			twice += strcmp(c->code, d->code) == 0;
		empty += c->title == NULL || c->action == NULL || c->source == NULL;
	}
	is_int(twice, 0, "no code is explained twice");
	is_int(empty, 0, "every code has a title, an action and a source");
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		ok(known_code(some[i]), "%s is explained", some[i]);
}

/* --- the corpus --- */

struct sums { int64_t batches, entries, addenda, debit, credit; char returns[4096], changes[4096]; };

static void append(char *list, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void append(char *list, size_t cap, const char *fmt, ...)
{
	size_t n = strlen(list);
	va_list ap;

	if (n > 0 && n + 1 < cap)
		list[n++] = ';';
	va_start(ap, fmt);
	vsnprintf(list + n, cap - n, fmt, ap);
	va_end(ap);
}

static void add_record(struct sums *s, const struct record *r)
{
	struct view type = record_text(r, F_TYPE);
	int64_t amount = record_num(r, F_AMOUNT, 0);

	s->batches += r->kind == RECORD_BATCH;
	if (r->kind != RECORD_PAYMENT && r->kind != RECORD_RETURN && r->kind != RECORD_CHANGE)
		return;
	s->entries++;
	s->addenda += record_num(r, F_ADDENDA_COUNT, 0);
	s->debit += amount < 0 ? -amount : 0;
	s->credit += amount > 0 ? amount : 0;
	if (r->kind == RECORD_RETURN)
		append(s->returns, sizeof(s->returns), "%.*s@%.*s%s", VIEW_FMT(record_text(r, F_REASON)),
		       VIEW_FMT(record_text(r, F_ORIGINAL_TRACE)),
		       view_eq(type, VIEW("dishonored")) ? "(dishonored)" : "");
	if (r->kind == RECORD_CHANGE)
		append(s->changes, sizeof(s->changes), "%.*s@%.*s=%.*s", VIEW_FMT(record_text(r, F_REASON)),
		       VIEW_FMT(record_text(r, F_ORIGINAL_TRACE)), VIEW_FMT(record_text(r, F_CORRECTED)));
}

static void add_up(struct sums *s, const struct mhost *h)
{
	struct view rest = buf_as_view(&h->wire);
	struct record r;

	memset(s, 0, sizeof(*s));
	while (wire_cut_record(&rest, &r) == 1)
		add_record(s, &r);
}

static int64_t number(struct view v)
{
	int64_t n = 0;

	for (size_t i = 0; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		n = n * 10 + (v.p[i] - '0');
	return n;
}

static void judge_folder_row(const char *folder, struct view *f, struct mhost *h)
{
	struct sums s;
	char name[128];

	snprintf(name, sizeof(name), "%s/%.*s", folder, VIEW_FMT(f[0]));
	add_up(&s, h);
	is_int(s.batches, number(f[2]), "%s: batches", name);
	is_int(s.entries, number(f[3]), "%s: entries", name);
	is_int(s.addenda, number(f[4]), "%s: addenda", name);
	/* its code 90 has no direction, so no amount */
	if (!view_eq(f[0], VIEW("iat-invalidEntryDetail.ach"))) {
		is_int(s.debit, number(f[5]), "%s: debits", name);
		is_int(s.credit, number(f[6]), "%s: credits", name);
	}
	if (view_eq(f[1], VIEW("valid"))) {
		is_view(view_of(s.returns), f[8], "%s: returns", name);
		is_view(view_of(s.changes), f[9], "%s: changes", name);
	}
	if (strcmp(folder, "valid") == 0 || ((strcmp(folder, "returns") == 0 || strcmp(folder, "noc") == 0) &&
					     view_eq(f[1], VIEW("valid"))))
		is_int(h->n_errors, 0, "%s: no errors", name);
}

static void judge_mutant(const char *folder, struct view *f, struct mhost *h)
{
	bool good = view_eq(f[2], VIEW("ok")), warn = view_eq(f[2], VIEW("warn")),
		tolerant = view_eq(f[2], VIEW("tolerant"));
	struct sums s;

	(void)folder;
	if (good)
		is_int(h->n_errors + h->n_warnings, 0, "%.*s has no fault", VIEW_FMT(f[0]));
	else if (warn || tolerant)
		ok(h->n_errors == 0 && h->n_warnings > 0, "%.*s has a warning and no error", VIEW_FMT(f[0]));
	else
		ok(h->n_errors > 0, "%.*s has an error", VIEW_FMT(f[0]));
	if (!view_eq(f[1], VIEW("valid")))
		return;
	add_up(&s, h);
	is_int(s.entries, number(f[3]), "%.*s: entries", VIEW_FMT(f[0]));
	is_int(s.debit, number(f[4]), "%.*s: debits", VIEW_FMT(f[0]));
	is_int(s.credit, number(f[5]), "%.*s: credits", VIEW_FMT(f[0]));
	if (!view_eq(f[0], VIEW("62_ret_R90.ach")))
		is_view(view_of(s.returns), f[6], "%.*s: returns", VIEW_FMT(f[0]));
	is_view(view_of(s.changes), f[7], "%.*s: changes", VIEW_FMT(f[0]));
}

static void corpus_folder(const char *shared, const char *folder,
			  void (*judge)(const char *, struct view *, struct mhost *))
{
	char path[1024];
	struct view table, rest, line, f[16];
	struct mhost h = { .step = 777 };

	snprintf(path, sizeof(path), "%s/corpus/nacha/%s/expected.tsv", shared, folder);
	table = rest = mhost_file(path);
	ok(table.p != NULL && view_cut(&rest, '\n', &line), "%s has its table", folder);
	while (table.p != NULL && view_cut(&rest, '\n', &line)) {
		struct view in;

		for (size_t i = 0; i < 16; i++)
			if (!view_cut(&line, '\t', &f[i]))
				f[i] = VIEW("");
		if (f[0].n == 0)
			continue;
		snprintf(path, sizeof(path), "%s/corpus/nacha/%s/%.*s", shared, folder, VIEW_FMT(f[0]));
		in = mhost_file(path);
		if (ok(in.p != NULL && mhost_parse(&h, nacha, in) == 0, "%s/%.*s is read to its end", folder,
		       VIEW_FMT(f[0])))
			judge(folder, f, &h);
		drop(in);
	}
	drop(table);
	mhost_release(&h);
}

static void judge_invalid(const char *folder, struct view *f, struct mhost *h)
{
	ok(h->n_errors > 0, "%s/%.*s has an error", folder, VIEW_FMT(f[0]));
}

static void test_corpus(void)
{
	static const char *const folders[] = { "valid", "returns", "noc", "iat" };
	const char *shared = getenv("TALLY_SHARED");

	if (shared == NULL) {
		ok(true, "the corpus is skipped: TALLY_SHARED is not set");
		return;
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		corpus_folder(shared, folders[i], judge_folder_row);
	corpus_folder(shared, "mutants", judge_mutant);
	corpus_folder(shared, "invalid", judge_invalid);
}

int main(int argc, char **argv)
{
	(void)argc;
	nacha = mhost_module(argv[0], "nacha");
	if (nacha == NULL)
		skip_all("the module nacha is not built");
	test_probe();
	samples_run(nacha, "nacha");
	samples_codes(nacha, "nacha", "NACHA_", "NACHA_EMIT_");
	test_rules();
	test_windows();
	test_cuts("ok-payroll.ach");
	test_hostile();
	test_stop();
	test_strict();
	test_options();
	test_codes();
	test_corpus();
	return done_testing();
}
