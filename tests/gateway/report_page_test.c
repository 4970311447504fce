/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_page_test - the report's rows as CSV and the page: escaped, gathered, bounded, and true in its one sentence
 *
 * TALLY_REPORT_OUT=FILE writes a page of invented rows there, to be looked at.
 */
#include "gateway/report_page.h"
#include "tests/lib/tap.h"

static struct report_html html[REPORT_SECTIONS];
static struct buf page;

static void add(enum report_place place, const char *json)
{
	struct doc *doc;
	struct err err;

	if (doc_read(&doc, view_of(json), &err) != 0) {
		ok(false, "%s is JSON: %s", json, err.text);
		return;
	}
	report_html_row(&html[place], &report_sections[place], doc_root(doc));
	doc_free(doc);
}

static const char *made(void)
{
	buf_clear(&page);
	report_page(&page, "reconciliation", "2026-11-09", html);
	for (int i = 0; i < REPORT_SECTIONS; i++)
		report_html_release(&html[i]);
	return page.failed ? "failed" : buf_cstr(&page);
}

static bool holds(const char *text)
{
	return strstr(buf_cstr(&page), text) != NULL;
}

static void csv_is(const char *json, const char *want, const char *what)
{
	struct buf out = { 0 };
	struct doc *doc;
	struct err err;

	if (doc_read(&doc, view_of(json), &err) != 0)
		exit(2);
	report_csv_row(&out, &report_sections[REPORT_EXCEPTIONS], doc_root(doc));
	is_str(buf_cstr(&out), want, "%s", what);
	buf_release(&out);
	doc_free(doc);
}

static void test_csv(void)
{
	struct buf out = { 0 };

	report_csv_head(&out, &report_sections[REPORT_EXCEPTIONS]);
	is_str(buf_cstr(&out), "reason,side,id,account,date,amount,currency,detail,urgency,may_be\r\n",
		"a CSV's header names the columns, amounts in whole units");
	csv_is("{\"reason\":\"AMOUNT_DIFF\",\"side\":\"bank\",\"id\":\"a.bai#3\",\"account\":\"*2333\",\"date\":\"2026-11-06\",\"amount_minor\":-123456,"
		"\"currency\":\"USD\",\"detail\":\"he said \\\"no\\\", twice\"}",
		"AMOUNT_DIFF,bank,a.bai#3,*2333,2026-11-06,-1234.56,USD,\"he said \"\"no\"\", twice\",,\r\n",
			"commas and quotes are quoted, amounts are plain decimals");
	csv_is("{\"detail\":\"=HYPERLINK(1)\",\"amount_minor\":-5,\"currency\":\"JPY\"}",
		",,,,,-5,JPY,\"'=HYPERLINK(1)\",,\r\n", "a formula is made harmless, a negative amount is none");
	csv_is("{\"detail\":null,\"amount_minor\":\"x\",\"other\":1}", ",,,,,x,,,,\r\n",
		"absent and null are empty, unknown keys are not shown");
	buf_release(&out);
}

static void test_sections(void)
{
	static const char *const verbs[REPORT_SECTIONS] = { [REPORT_ACCOUNTS] = "report.accounts",
		[REPORT_PROOF] = "report.proof",
		[REPORT_EXCEPTIONS] = "report.exceptions", [REPORT_OPEN] = "report.open", [REPORT_PROVISIONAL] = "report.provisional",
			[REPORT_MATCHES] = "report.matches", [REPORT_DECISIONS] = "report.decisions", [REPORT_FILES] = "report.files" };

	for (int i = 0; i < REPORT_SECTIONS; i++)
		is_str(report_sections[i].verb, verbs[i], "section %d is %s", i, verbs[i]);
	ok(report_sections[REPORT_SECTIONS].verb == NULL, "and there is no other");
}

static void test_page(void)
{
	made();
	ok(holds("Nothing has come in yet."), "an empty report says so");
	add(REPORT_PROOF,
		"{\"account\":\"*2333\",\"currency\":\"USD\",\"date\":\"2026-11-06\",\"opening_minor\":100,\"lines_minor\":5,\"closing_minor\":105,\"residual_minor\":0}");
	made();
	ok(holds("✓ Nothing needs a person") && holds("✓ 0.00"), "a day that proves says so");
	add(REPORT_PROOF, "{\"account\":\"*2333\",\"currency\":\"USD\",\"residual_minor\":-7}");
	add(REPORT_PROOF, "{\"account\":\"*2333\",\"currency\":\"USD\",\"residual_minor\":null}");
	add(REPORT_EXCEPTIONS,
		"{\"reason\":\"RETURN_UNLINKED\",\"currency\":\"USD\",\"amount_minor\":100,\"detail\":\"<script>alert('x')</script>&\\u0007\"}");
	add(REPORT_EXCEPTIONS, "{\"reason\":\"RETURN_UNLINKED\",\"currency\":\"USD\",\"amount_minor\":50}");
	add(REPORT_EXCEPTIONS, "{\"reason\":\"SOMETHING_NEW\",\"currency\":\"EUR\",\"amount_minor\":1}");
	add(REPORT_FILES, "{\"id\":\"F1\",\"state\":\"HELD\",\"why\":\"totals\"}");
	made();
	ok(holds("3 exceptions need a person. 1 statement does not prove. 1 file is held"),
		"a day with work says how much");
	ok(holds("off by -0.07") && holds("no balances"), "a residual and a missing balance are told apart");
	ok(!holds("<script") && holds("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp; "),
		"foreign text is escaped");
	ok(holds("A return names no payment of ours") && holds("What to do: Check trace"),
		"a reason is in words and says what to do");
	ok(holds("2 rows, 1.50 USD"), "a reason's rows are counted and added up");
	ok(holds("SOMETHING_NEW"), "an unknown reason is shown as it is");
	ok(!holds("http:") && !holds("https:") && !holds("<link") && !holds("url("),
		"nothing is fetched from anywhere");
	add(REPORT_MATCHES, "{\"account\":\"*1\",\"currency\":\"USD\",\"bank_amount_minor\":9223372036854775807}");
	add(REPORT_MATCHES, "{\"account\":\"*1\",\"currency\":\"USD\",\"bank_amount_minor\":1}");
	add(REPORT_MATCHES, "{\"account\":\"*2\",\"currency\":\"USD\",\"bank_amount_minor\":1}");
	add(REPORT_MATCHES, "{\"account\":\"*2\",\"currency\":\"JPY\",\"bank_amount_minor\":1}");
	made();
	ok(holds("<span class=\"sum\">2 rows</span>"), "a sum that does not fit or mixes currencies is left out");
	add(REPORT_OPEN, "{\"age_days\":40,\"currency\":\"USD\",\"amount_minor\":1}");
	add(REPORT_OPEN, "{\"age_days\":1,\"currency\":\"USD\",\"amount_minor\":1}");
	made();
	ok(holds("More than 30 days") && holds("Today and yesterday") && !holds("2 to 5 days"),
		"open items are gathered by age");
	add(REPORT_EXCEPTIONS, "{\"reason\":\"ACK_CONTRADICTS\",\"id\":\"a#1\",\"urgency\":\"ALARM\"}");
	made();
	ok(holds("<code>ACK_CONTRADICTS</code>") && holds("ALARM"), "a reason of the gateway's own is in words too, an alarm says so");
}

static void test_bounds(void)
{
	struct buf row = { 0 };

	for (int place = 0; place < REPORT_SECTIONS; place++)
		for (int i = 0; i < 700; i++) {
			buf_clear(&row);
			buf_fmt(&row,
				"{\"account\":\"*%d\",\"reason\":\"R%d\",\"currency\":\"USD\",\"amount_minor\":%d,\"bank_amount_minor\":1,\"detail\":\"", i, i, i);
			buf_fill(&row, '\'', 5000);
			buf_text(&row, "\",\"bank_text\":\"");
			buf_fill(&row, '<', 5000);
			buf_text(&row, "\",\"explanation\":\"");
			for (int k = 0; k < 300; k++)
				buf_text(&row, "é€");
			buf_text(&row, "\",\"statement\":\"");
			buf_fill(&row, '&', 3000);
			buf_text(&row, "\"}");
			add((enum report_place)place, buf_cstr(&row));
		}
	made();
	ok(!page.failed && page.n < REPORT_PAGE_MAX, "700 hostile rows a section make a page below 2 MiB (%zu bytes)",
		page.n);
	ok(holds("The first ") && holds(" of 700 rows; <a href=\"matches.csv\">"),
		"the page says that there are more, and where");
	ok(holds("All others"), "more groups than fit share the last one");
	buf_release(&row);
}

/* Invented rows for a look with one's own eyes. */
static void show(const char *path)
{
	static const char *const who[] = { "*2333", "*2444", "*7781" };
	struct buf row = { 0 };
	FILE *f;

	for (int i = 0; i < 3; i++) {
		buf_clear(&row);
		buf_fmt(&row,
			"{\"account\":\"%s\",\"currency\":\"%s\",\"matched_count\":%d,\"matched_minor\":%d,\"exceptions\":%d,\"open_count\":%d,\"open_minor\":%d}",
			who[i], i == 2 ? "EUR" : "USD", 12 + i, 18234551 * (i + 1), i == 0 ? 3 : 0, 4 - i,
				-45012 * (i + 1));
		add(REPORT_ACCOUNTS, buf_cstr(&row));
		for (int d = 5; d < 7; d++) {
			buf_clear(&row);
			buf_fmt(&row,
				"{\"account\":\"%s\",\"currency\":\"%s\",\"date\":\"2026-11-0%d\",\"opening_minor\":125000000,\"lines_minor\":4775012,\"closing_minor\":%d,"
				"\"residual_minor\":%d,\"in_transit_minor\":1250000,\"outstanding_minor\":-8012345,\"statement\":\"firstbank-2026110%d.bai\"}", who[i],
				i == 2 ? "EUR" : "USD", d, 129775012 + (i == 1 && d == 6 ? 1900 : 0), i == 1 && d == 6 ?
					1900 : 0, d);
			add(REPORT_PROOF, buf_cstr(&row));
		}
		for (int k = 0; k < 6; k++) {
			buf_clear(&row);
			buf_fmt(&row,
				"{\"match_id\":\"M%d\",\"status\":\"%s\",\"rule\":\"%s\",\"score\":%d,\"bank_line\":\"firstbank-20261106.bai#%d\",\"bank_date\":\"2026-11-06\","
				"\"bank_amount_minor\":%d,\"bank_text\":\"ORIG CO NAME:HARBOR FREIGHT LINES DESC "
					"DATE:NOV 06 CO ENTRY DESCR:PAYROLL SEC:PPD\",\"item\":\"E%d\","
				"\"item_ref\":\"PAY20261106A batch "
					"3\",\"item_amount_minor\":%d,\"currency\":\"%s\",\"account\":\"%s\",\"explanation\":\"amount, company id and "
				"effective date are equal; the reference stands in the bank's text\"}", i * 10 + k,
					k == 4 ? "proposed" : "auto", k % 2 ? "reference" : "group-sum",
				k == 4 ? 7250 : 10000, k + 1, -1234567 * (k + 1), 100 + k, -1234567 * (k + 1), i == 2 ?
					"EUR" : "USD", who[i]);
			add(REPORT_MATCHES, buf_cstr(&row));
		}
	}
	add(REPORT_EXCEPTIONS,
		"{\"reason\":\"RETURN_UNLINKED\",\"side\":\"bank\",\"id\":\"returns-20261109.ach:14\",\"account\":\"*6789\",\"date\":\"2026-11-09\",\"amount_minor\":-74950,"
		"\"currency\":\"USD\",\"detail\":\"R03; original trace 122099990000417 names no entry of ours within "
			"90 days\"}");
	add(REPORT_EXCEPTIONS,
		"{\"reason\":\"AMOUNT_DIFF\",\"side\":\"bank\",\"id\":\"firstbank-20261106.bai#9\",\"account\":\"*2333\",\"date\":\"2026-11-06\",\"amount_minor\":-1225000,"
		"\"currency\":\"USD\",\"detail\":\"CHECK PAID 10482; the book has 12,205.00 for this check\"}");
	add(REPORT_EXCEPTIONS,
		"{\"reason\":\"AMOUNT_DIFF\",\"side\":\"book\",\"id\":\"I4711\",\"account\":\"*2333\",\"date\":\"2026-11-06\",\"amount_minor\":-1220500,\"currency\":\"USD\","
		"\"detail\":\"the bank paid 12,250.00 under the same check number\"}");
	add(REPORT_OPEN,
		"{\"kind\":\"check\",\"id\":\"E9\",\"account\":\"*2333\",\"date\":\"2026-09-30\",\"amount_minor\":-45012,\"currency\":\"USD\",\"state\":\"OVERDUE\",\"age_days\":40,\"reference\":\"000010377\"}");
	add(REPORT_OPEN,
		"{\"kind\":\"batch\",\"id\":\"E12\",\"account\":\"*2333\",\"date\":\"2026-11-09\",\"amount_minor\":-8012345,\"currency\":\"USD\",\"state\":\"DUE\",\"age_days\":0,\"reference\":\"PAY20261109A\"}");
	add(REPORT_FILES,
		"{\"id\":\"F7\",\"direction\":\"in\",\"partner\":\"firstbank\",\"name\":\"firstbank-20261106.bai\",\"state\":\"DONE\",\"records\":1204,\"why\":\"\"}");
	add(REPORT_FILES,
		"{\"id\":\"F8\",\"direction\":\"in\",\"partner\":\"firstbank\",\"name\":\"firstbank-20261107.bai\",\"state\":\"HELD\",\"records\":311,\"why\":\"the file ends without its trailer (99)\"}");
	made();
	f = fopen(path, "wb");
	if (f != NULL) {
		fwrite(page.p, 1, page.n, f);
		fclose(f);
	}
	buf_release(&row);
}

int main(void)
{
	test_sections();
	test_csv();
	test_page();
	test_bounds();
	if (getenv("TALLY_REPORT_OUT") != NULL)
		show(getenv("TALLY_REPORT_OUT"));
	buf_release(&page);
	return done_testing();
}
