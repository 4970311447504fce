/* SPDX-License-Identifier: Apache-2.0 */
/*
 * summary_test - the summary of each format from records, and of real files read by the modules
 */
#include "gateway/summary.h"
#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

static struct summary s;
static struct buf out;

/* The text of one record: "KIND key=value key=value"; values without blanks. */
static void add(const char *text)
{
	struct view rest = view_of(text), word, key;
	struct record r;
	int64_t n;

	view_cut(&rest, ' ', &word);
	record_init(&r, (enum record_kind)record_kind_by_name(word), 1);
	while (view_cut(&rest, ' ', &word)) {
		view_cut(&word, '=', &key);
		for (int f = 0; f < RECORD_FIELDS; f++) {
			if (!view_eq(key, view_of(record_field_rows[f].name)))
				continue;
			if (record_field_rows[f].type == FIELD_TEXT) {
				record_set_text(&r, (enum record_field)f, word);
			} else if (record_field_rows[f].type == FIELD_DATE) {
				date_t d;

				date_parse_iso(&d, word);
				record_set_num(&r, (enum record_field)f, d);
			} else {
				n = strtoll(word.p, NULL, 10);
				record_set_num(&r, (enum record_field)f, n);
			}
		}
	}
	if (summary_add(&s, &r) != 0)
		ok(false, "%s is added", text);
}

static const char *written(void)
{
	struct json j;

	buf_clear(&out);
	json_init(&j, &out, false);
	json_object(&j, NULL);
	if (summary_write(&s, &j, NULL, NULL) != 0)
		ok(false, "the summary is whole");
	json_object_end(&j);
	summary_release(&s);
	return buf_cstr(&out);
}

static void begin(const char *format)
{
	summary_init(&s, view_of(format));
}

static void test_ach(void)
{
	begin("nacha");
	is_str(written(),
		"{\"summary\":{\"batches\":0,\"entries\":0,\"addenda\":0,\"debit_minor\":0,\"credit_minor\":0,\"entry_hash\":0,"
		"\"sec\":[],\"returns\":[],\"changes\":[]}}", "an ACH file without entries has zeros and empty lists");
	begin("nacha");
	add("BATCH sec=PPD");
	add("PAYMENT sec=PPD amount_minor=100 routing=990000110 addenda_count=1");
	add("PAYMENT sec=PPD amount_minor=-50 routing=990000246");
	add("BATCH sec=CCD");
	add("RETURN sec=CCD amount_minor=-70 routing=990000110 reason=R01 original_trace=1 trace=2 addenda_count=1");
	add("BATCH sec=COR");
	add("CHANGE sec=COR amount_minor=0 routing=990000110 reason=C01 original_trace=3 corrected=777 "
		"addenda_count=1");
	is_str(written(),
		"{\"summary\":{\"batches\":3,\"entries\":4,\"addenda\":3,\"debit_minor\":120,\"credit_minor\":100,"
		"\"entry_hash\":396000057,\"sec\":[\"CCD\",\"COR\",\"PPD\"],"
		"\"returns\":[{\"code\":\"R01\",\"original_trace\":\"1\",\"trace\":\"2\",\"amount_minor\":-70}],"
		"\"changes\":[{\"code\":\"C01\",\"original_trace\":\"3\",\"corrected\":\"777\"}]}}",
			"an ACH file: counts, sums, hash, returns and changes");
	begin("nacha");
	for (int i = 0; i < 200; i++)
		add("PAYMENT amount_minor=1 routing=999999990");
	ok(strstr(written(), "\"entry_hash\":9999999800,") != NULL, "the entry hash keeps its low ten digits");
}

static const struct { const char *what, *records[6], *want; } statements[] = {
	{ "BAI2's 010 and 015 prove", { "STATEMENT account=1 currency=USD as_of_date=2026-11-06",
		"BALANCE type=010 amount_minor=100", "BALANCE type=015 amount_minor=130",
		"ENTRY amount_minor=50", "ENTRY amount_minor=-20" },
			"\"opening_minor\":100,\"closing_minor\":130,\"opening_date\":\"2026-11-06\",\"closing_date\":\"2026-11-06\","
		"\"entries\":2,\"net_minor\":30,\"proof\":\"proves\",\"difference_minor\":0}" },
	{ "the difference is closing less what was expected", { "STATEMENT account=1",
		"BALANCE type=opening amount_minor=1815", "BALANCE type=closing amount_minor=-2700",
		"ENTRY amount_minor=885" }, "\"proof\":\"off\",\"difference_minor\":-5400}" },
	{ "without a closing balance nothing is proven", { "STATEMENT account=1", "BALANCE type=60F amount_minor=1" },
		"\"opening_minor\":1,\"closing_minor\":null,\"opening_date\":null,\"closing_date\":null,\"entries\":0,\"net_minor\":0,\"proof\":\"no-balances\",\"difference_minor\":null}" },
	{ "a balance's own date and number are taken", { "STATEMENT account=1 statement=4/1 currency=EUR",
		"BALANCE type=60M amount_minor=1 as_of_date=2026-11-05",
		"BALANCE type=62M amount_minor=1 as_of_date=2026-11-06" },
			"\"number\":\"4/1\",\"opening_minor\":1,\"closing_minor\":1,\"opening_date\":\"2026-11-05\",\"closing_date\":\"2026-11-06\"" },
	{ "the previous closing balance opens a statement without an opening one", { "STATEMENT account=1",
		"BALANCE type=PRCD amount_minor=7", "BALANCE type=CLBD amount_minor=7" },
		"\"proof\":\"proves\"" },
	{ "an opening balance wins over the previous closing one", { "STATEMENT account=1",
		"BALANCE type=PRCD amount_minor=7", "BALANCE type=OPBD amount_minor=8",
		"BALANCE type=CLBD amount_minor=8" }, "\"opening_minor\":8" },
	{ "a page may begin and end with balances between", { "STATEMENT account=1", "BALANCE type=ITBD amount_minor=7",
		"ENTRY amount_minor=2", "BALANCE type=ITBD amount_minor=9" }, "\"opening_minor\":7,\"closing_minor\":9" },
	{ "a last page begins with one", { "STATEMENT account=1", "BALANCE type=ITBD amount_minor=7", "BALANCE type=CLBD amount_minor=8" },
		"\"opening_minor\":7,\"closing_minor\":8,\"opening_date\":null,\"closing_date\":null,\"entries\":0,\"net_minor\":0,\"proof\":\"off\"" },
	{ "one between beside a pair is not used", { "STATEMENT account=1", "BALANCE type=OPBD amount_minor=7", "BALANCE type=ITBD amount_minor=8",
		"BALANCE type=CLBD amount_minor=7" }, "\"proof\":\"proves\"" },
	{ "one alone is no pair", { "STATEMENT account=1", "BALANCE type=ITBD amount_minor=7" }, "\"proof\":\"no-balances\"" },
	{ "nor is it in a report", { "STATEMENT account=1 provisional=1", "BALANCE type=OPBD amount_minor=7", "BALANCE type=ITBD amount_minor=8" },
		"\"proof\":\"no-balances\"" },
	{ "a pending line is counted and not added", { "STATEMENT account=1", "ENTRY amount_minor=5 status=PDNG",
		"ENTRY amount_minor=6 status=BOOK" }, "\"entries\":2,\"net_minor\":6" },
	{ "a provisional line of a booked statement is not added", { "STATEMENT account=1",
		"ENTRY amount_minor=5 provisional=1" }, "\"entries\":1,\"net_minor\":0" },
	{ "a line of a provisional statement is", { "STATEMENT account=1 provisional=1",
		"ENTRY amount_minor=5 provisional=1" }, "\"entries\":1,\"net_minor\":5" },
	{ "a detail of a batch line is no line", { "STATEMENT account=1", "ENTRY amount_minor=5",
		"ENTRY amount_minor=5 leg=1" }, "\"entries\":1,\"net_minor\":5" },
	{ "the account's currency is its balance's when it has none", { "STATEMENT account=1",
		"BALANCE type=OPBD currency=CHF amount_minor=1" }, "\"currency\":\"CHF\"" },
	{ "a net that does not fit is null, and the statement off", { "STATEMENT account=1",
		"BALANCE type=OPBD amount_minor=1", "BALANCE type=CLBD amount_minor=1",
		"ENTRY amount_minor=9223372036854775807", "ENTRY amount_minor=1" },
			"\"net_minor\":null,\"proof\":\"off\",\"difference_minor\":null" },
};

static void test_statements(void)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		begin("camt");
		for (size_t k = 0; k < 6 && statements[i].records[k] != NULL; k++)
			add(statements[i].records[k]);
		if (!ok(strstr(written(), statements[i].want) != NULL, "%s", statements[i].what))
			printf("# %s\n", buf_cstr(&out));
	}
	begin("mt940");
	is_str(written(), "{\"summary\":{\"statements\":[]}}", "a file without statements has an empty list");
	begin("bai2");
	add("STATEMENT account=1");
	add("TOTAL type=49");
	add("STATEMENT account=2");
	add("ENTRY");
	add("TOTAL type=98");
	ok(strstr(written(), "{\"groups\":1,\"accounts\":2,\"transactions\":1,\"statements\":[{") != NULL,
		"BAI2 counts groups, accounts and transactions");
}

static void test_kinds(void)
{
	begin("payroll");
	add("FILE company=A");
	add("PAYMENT amount_minor=90 gross_minor=100 deductions_minor=10 net_minor=90");
	add("PAYMENT amount_minor=5 gross_minor=5 deductions_minor=0 net_minor=5");
	is_str(written(),
		"{\"summary\":{\"file\":{\"count\":1},\"payment\":{\"count\":2,\"amount_minor\":95,\"gross_minor\":105,\"deductions_minor\":10,\"net_minor\":95}}}",
		"other formats: counts and sums by kind");
	begin("check");
	add("CHECK_ISSUE amount_minor=5");
	is_str(written(), "{\"summary\":{\"check_issue\":{\"count\":1,\"amount_minor\":5}}}",
		"a kind of two words keeps its name");
	begin("book");
	add("EXPECTED amount_minor=5 currency=USD");
	add("EXPECTED amount_minor=1 currency=USD");
	is_str(written(), "{\"summary\":{\"expected\":{\"count\":2,\"amount_minor\":6}}}", "amounts of one currency are one sum");
	add("EXPECTED amount_minor=1000 currency=JPY");
	add("EXPECTED count=1");
	is_str(written(), "{\"summary\":{\"expected\":{\"count\":4,\"amounts\":[{\"currency\":\"USD\",\"amount_minor\":6},"
		"{\"currency\":\"JPY\",\"amount_minor\":1000}]}}}", "amounts of several are a sum each");
	for (char c = 'A'; c <= 'Q'; c++) {
		char text[60];

		snprintf(text, sizeof(text), "EXPECTED amount_minor=1 currency=X%cX", c);
		add(text);
	}
	is_str(written(), "{\"summary\":{\"expected\":{\"count\":21,\"amounts\":null}}}", "more currencies than there is room for are no sum");
}

static void read_file(const struct tally_format *module, const char *path)
{
	struct mhost h = { 0 };
	struct view in = mhost_file(path), wire;
	struct record r;

	if (in.p == NULL)
		return;
	mhost_parse(&h, module, in);
	wire = buf_as_view(&h.wire);
	while (wire_cut_record(&wire, &r) == 1)
		summary_add(&s, &r);
	free((char *)in.p);
	mhost_release(&h);
}

static void test_files(const char *argv0)
{
	const struct tally_format *bai2 = mhost_module(argv0, "bai2");
	const char *top = getenv("TALLY_SAMPLES"), *shared = getenv("TALLY_SHARED");
	char path[600];

	if (bai2 == NULL) {
		printf("# files are skipped: the BAI2 module is not built\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/bai2/ok-two-accounts.bai", top == NULL ? "samples" : top);
	begin("bai2");
	read_file(bai2, path);
	is_str(written(), "{\"summary\":{\"groups\":1,\"accounts\":2,\"transactions\":4,\"statements\":["
		"{\"account\":\"000111222333\",\"currency\":\"USD\",\"number\":null,\"opening_minor\":1250000,\"closing_minor\":1297750,\"opening_date\":\"2026-11-06\","
		"\"closing_date\":\"2026-11-06\",\"entries\":4,\"net_minor\":47750,\"proof\":\"proves\",\"difference_minor\":0},"
		"{\"account\":\"000111222444\",\"currency\":\"USD\",\"number\":null,\"opening_minor\":50000,\"closing_minor\":50000,\"opening_date\":\"2026-11-06\","
		"\"closing_date\":\"2026-11-06\",\"entries\":0,\"net_minor\":0,\"proof\":\"proves\",\"difference_minor\":0}]}}", "a BAI2 file of two accounts proves");
	if (shared == NULL) {
		printf("# the corpus is skipped: TALLY_SHARED is not set\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/corpus/bai2/valid/sample3.txt", shared);
	begin("bai2");
	read_file(bai2, path);
	ok(strstr(written(), "{\"groups\":1,\"accounts\":15,\"transactions\":26,") != NULL,
		"sample3: 15 accounts, 26 transactions");
}

/* What came as sums is what would have come as records. */
static void test_sums(void)
{
	struct tally_sum many = { .size = sizeof(many), .kind = RECORD_PAYMENT, .records = 2, .addenda = 1, .hash = 18200002,
		.debit = 5, .credit = 7 };
	const char *text;

	begin("nacha");
	add("BATCH sec=PPD");
	summary_add_sum(&s, &many);
	is_str(written(),
		"{\"summary\":{\"batches\":1,\"entries\":2,\"addenda\":1,\"debit_minor\":5,\"credit_minor\":7,\"entry_hash\":18200002,"
		"\"sec\":[\"PPD\"],\"returns\":[],\"changes\":[]}}", "a sum of payments counts as its payments");
	begin("nacha");
	many.credit = INT64_MAX;
	summary_add_sum(&s, &many);
	summary_add_sum(&s, &many);
	ok(strstr(written(), "\"credit_minor\":null") != NULL, "sums that do not fit are null");
	many.kind = RECORD_ENTRY;
	many.credit = 7;
	begin("bai2");
	add("STATEMENT account=1 currency=USD");
	summary_add_sum(&s, &many);
	text = written();
	ok(strstr(text, "\"transactions\":2,") != NULL && strstr(text, "\"entries\":2,\"net_minor\":2,") != NULL,
		"a sum of entries belongs to the last statement");
}

static void count_pieces(void *ctx, struct buf *b)
{
	uint64_t *seen = ctx;

	for (size_t i = 0; i < b->n; i++)
		*seen += b->p[i] == '{';
	buf_clear(b);
}

/* Lists of any length: what is more than a MiB lies in a file of its own until it is written. */
static void test_long_lists(void)
{
	uint64_t seen = 0;
	struct json j;

	begin("nacha");
	for (int i = 0; i < 30000; i++)
		add("RETURN sec=PPD amount_minor=-5 trace=091000010000001 reason=R01 original_trace=121042880000001");
	ok(s.returns.text.n < ((size_t)2 << 20) && s.returns.rest != NULL, "30,000 returns do not stay in memory");
	buf_clear(&out);
	json_init(&j, &out, false);
	json_object(&j, NULL);
	ok(summary_write(&s, &j, count_pieces, &seen) == 0, "and are written whole");
	is_int(seen, 30002, "each of them once, in the object and its summary");
	summary_release(&s);
}

int main(int argc, char **argv)
{
	(void)argc;
	test_ach();
	test_sums();
	test_long_lists();
	test_statements();
	test_kinds();
	test_files(argv[0]);
	buf_release(&out);
	return done_testing();
}
