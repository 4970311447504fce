/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_write_test - what the NACHA module writes, and what it refuses to write
 *
 * Files are made from records that were read (the same bytes must come out) and from records made here: batches of
 * several classes, reversals, prenotes, returns, balanced files.  What is written is read back and must have no fault;
 * tests/scenario/13-readers.py holds it against the readers of tests/bank.  With TALLY_SHARED every valid file of the
 * corpus is written again.
 */
#include <dirent.h>
#include <string.h>

#include "formats/core/layout.h"
#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

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

/* --- what was read --- */

static void test_write(void)
{
	static const char *const files[] = { "ok-payroll.ach", "ok-ctx.ach", "ok-returns.ach", "ok-dishonored.ach",
		"ok-contested.ach", "ok-changes.ach", "ok-mixed.ach", "ok-terminal.ach", "ok-notices.ach", "ok-refused.ach",
		"ok-iat.ach", "ok-iat-full.ach", "ok-iat-back.ach", "ok-adv.ach" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct view in = sample(files[i]);
		struct mhost read = { .step = 0 }, wrote = { .step = 0 }, again = { .step = 0 };

		mhost_parse(&read, nacha, in);
		ok(mhost_emit(&wrote, nacha, buf_as_view(&read.wire)) == 0, "the records of %s can be written",
		   files[i]);
		is_view(buf_as_view(&wrote.out), in, "%s written from its records is the same bytes", files[i]);
		mhost_parse(&read, nacha, buf_as_view(&wrote.out));
		mhost_emit(&again, nacha, buf_as_view(&read.wire));
		is_view(buf_as_view(&again.out), buf_as_view(&wrote.out),
			"%s written, read and written again is the same bytes", files[i]);
		drop(in);
		mhost_release(&read);
		mhost_release(&wrote);
		mhost_release(&again);
	}
}

static void test_line_ends(void)
{
	static const char *const ends[] = { "crlf", "none" };
	static const size_t widths[] = { 96, 94 };
	struct view in = sample("ok-payroll.ach");
	struct mhost read = { .step = 0 };

	mhost_parse(&read, nacha, in);
	for (int i = 0; i < 2; i++) {
		struct mhost wrote = { .step = 0 };

		mhost_option(&wrote, "line_end", ends[i]);
		mhost_emit(&wrote, nacha, buf_as_view(&read.wire));
		is_int(wrote.out.n, 20 * widths[i], "line_end=%s writes records of %zu bytes", ends[i], widths[i]);
		mhost_release(&wrote);
	}
	drop(in);
	mhost_release(&read);
}

enum change { TOO_LONG, NO_TRACE, NO_ROUTING, BAD_DIGIT, BAD_BYTE, WRONG_SIGN, EUROS, NO_ACCOUNT, TRACE_TWICE,
	BIG_AMOUNT, BAD_CODE, CHANGES };

static const struct { const char *what, *want; } emit_cases[CHANGES] = {
	[TOO_LONG] = { "a name of 23 characters is refused and not cut", "error NACHA_EMIT_VALUE 3:55" },
	[NO_TRACE] = { "a payment without a trace number is refused", "error NACHA_EMIT_VALUE 3:80" },
	[NO_ROUTING] = { "a payment without a routing number is refused", "error NACHA_EMIT_VALUE 3:4" },
	[BAD_DIGIT] = { "a routing number with a wrong check digit is refused", "error NACHA_CHECK_DIGIT 3:12" },
	[BAD_BYTE] = { "a name with a line feed is refused", "error NACHA_EMIT_VALUE 3:55" },
	[WRONG_SIGN] = { "a negative amount under a credit code is refused", "error NACHA_EMIT_VALUE 3:30" },
	[EUROS] = { "an amount in euros is refused", "error NACHA_EMIT_VALUE 3:30" },
	[NO_ACCOUNT] = { "a payment without an account is refused", "error NACHA_EMIT_VALUE 3:13" },
	[TRACE_TWICE] = { "a trace number that comes twice is refused", "error NACHA_TRACE_ORDER 4:80" },
	[BIG_AMOUNT] = { "an amount of eleven digits is refused", "error NACHA_EMIT_VALUE 3:30" },
	[BAD_CODE] = { "an unassigned transaction code is refused", "error NACHA_EMIT_VALUE 3:2" },
};

static void unset(struct record *r, enum record_field f)
{
	r->present[f / 64] &= ~((uint64_t)1 << (f % 64));
}

static void change_payment(struct record *r, int change, int nth)
{
	if (nth > 1 && change != TRACE_TWICE)
		return;
	switch (change) {
	case TOO_LONG:
		record_set_text(r, F_PARTY, VIEW("12345678901234567890123"));
		break;
	case NO_TRACE:
		unset(r, F_TRACE);
		break;
	case NO_ROUTING:
		unset(r, F_ROUTING);
		break;
	case BAD_DIGIT:
		record_set_text(r, F_ROUTING, VIEW("091000018"));
		break;
	case BAD_BYTE:
		record_set_text(r, F_PARTY, VIEW("ADA\nLOVELACE"));
		break;
	case WRONG_SIGN:
		record_set_num(r, F_AMOUNT, -1);
		break;
	case EUROS:
		record_set_text(r, F_CURRENCY, VIEW("EUR"));
		break;
	case NO_ACCOUNT:
		unset(r, F_ACCOUNT);
		break;
	case TRACE_TWICE:
		record_set_text(r, F_TRACE, VIEW("121042880000001"));
		break;
	case BIG_AMOUNT:
		record_set_num(r, F_AMOUNT, INT64_C(10000000000));
		break;
	case BAD_CODE:
		record_set_text(r, F_TRANSACTION_CODE, VIEW("25"));
		break;
	}
}

static void test_refusals(void)
{
	struct view in = sample("ok-payroll.ach"), rest;
	struct mhost read = { .step = 0 }, wrote = { .step = 0 };
	struct record r;

	mhost_parse(&read, nacha, in);
	for (int c = 0; c < CHANGES; c++) {
		struct buf wire = { .max = 0 };
		int nth = 0;

		for (rest = buf_as_view(&read.wire); wire_cut_record(&rest, &r) == 1;) {
			if (r.kind == RECORD_PAYMENT)
				change_payment(&r, c, ++nth);
			wire_put_record(&wire, &r);
		}
		ok(mhost_emit(&wrote, nacha, buf_as_view(&wire)) == -1 &&
		   mhost_count(&wrote.findings, emit_cases[c].want) > 0, "%s",
		   emit_cases[c].what);
		buf_release(&wire);
	}
	drop(in);
	mhost_release(&read);
	mhost_release(&wrote);
}

static void test_emit_order(void)
{
	struct mhost h = { .step = 0 };
	struct buf wire = { .max = 0 };
	struct record r;

	ok(mhost_emit(&h, nacha, VIEW("")) == -1 && mhost_count(&h.findings, "NACHA_EMIT_ORDER") == 1,
	   "nothing to write is no file");
	record_init(&r, RECORD_PAYMENT, 0);
	wire_put_record(&wire, &r);
	ok(mhost_emit(&h, nacha, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "NACHA_EMIT_ORDER") == 1,
	   "a payment before any header is refused");
	buf_clear(&wire);
	record_init(&r, RECORD_ENTRY, 0);
	wire_put_record(&wire, &r);
	ok(mhost_emit(&h, nacha, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "NACHA_EMIT_KIND") == 1,
	   "a bank statement's line cannot be written");
	buf_release(&wire);
	mhost_release(&h);
}

/* --- files made here --- */

struct payment { const char *code; int64_t amount; const char *sec, *description, *name; };

static void put_file(struct buf *wire)
{
	struct record r;

	record_init(&r, RECORD_FILE, 0);
	record_set_text(&r, F_SENDER, VIEW("1210428820"));
	record_set_text(&r, F_RECEIVER, VIEW("091000019"));
	record_set_num(&r, F_CREATED_DATE, 20780);			/* 2026-11-23 */
	record_set_text(&r, F_CREATED_TIME, VIEW("0915"));
	record_set_text(&r, F_FILE_ID, VIEW("A"));
	wire_put_record(wire, &r);
}

static void put_batch(struct buf *wire, const char *sec, const char *description, const char *class, int64_t number)
{
	struct record r;

	record_init(&r, RECORD_BATCH, 0);
	record_set_text(&r, F_SERVICE_CLASS, view_of(class));
	record_set_text(&r, F_COMPANY_NAME, VIEW("TALLY TEST CO"));
	record_set_text(&r, F_COMPANY_ID, VIEW("1234567890"));
	record_set_text(&r, F_SEC, view_of(sec));
	record_set_text(&r, F_DESCRIPTION, view_of(description));
	record_set_num(&r, F_EFFECTIVE_DATE, 20781);
	record_set_text(&r, F_ODFI, VIEW("12104288"));
	record_set_num(&r, F_BATCH_NUMBER, number);
	wire_put_record(wire, &r);
}

static void put_payment(struct buf *wire, const struct payment *p, int trace_no)
{
	char trace[24];
	struct record r;

	snprintf(trace, sizeof(trace), "12104288%07d", trace_no);
	record_init(&r, RECORD_PAYMENT, 0);
	record_set_text(&r, F_ACCOUNT, VIEW("1000200030"));
	record_set_num(&r, F_AMOUNT, p->amount);
	record_set_text(&r, F_TRACE, view_of(trace));
	record_set_text(&r, F_PARTY, view_of(p->name == NULL ? "ADA LOVELACE" : p->name));
	record_set_text(&r, F_TRANSACTION_CODE, view_of(p->code));
	record_set_text(&r, F_ROUTING, VIEW("091000019"));
	record_set_text(&r, F_SEC, view_of(p->sec));
	record_set_text(&r, F_DESCRIPTION, view_of(p->description));
	wire_put_record(wire, &r);
}

/* For tests/scenario/15-written.py: the files that were written, in the directory TALLY_NACHA_OUT. */
static void leave(const struct mhost *wrote)
{
	const char *dir = getenv("TALLY_NACHA_OUT");
	static unsigned n;
	char path[600];
	FILE *f;

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%u.ach", dir, ++n);
	f = fopen(path, "wb");
	if (f != NULL) {
		fwrite(wrote->out.p, 1, wrote->out.n, f);
		fclose(f);
	}
}

/* Writes `wire`, reads it back; true when neither has an error.  Lines of the file, counted from 1, may then be looked at. */
static bool writes(struct mhost *wrote, struct mhost *read, struct buf *wire)
{
	if (mhost_emit(wrote, nacha, buf_as_view(wire)) != 0 || mhost_parse(read, nacha, buf_as_view(&wrote->out)) != 0)
		return false;
	leave(wrote);
	return read->n_errors == 0 && wrote->out.n % 950 == 0;
}

static struct view line(const struct mhost *h, size_t n)
{
	return view_sub(buf_as_view(&h->out), (n - 1) * 95, 94);
}

static bool line_starts(const struct mhost *h, size_t n, const char *text)
{
	return view_starts(line(h, n), view_of(text));
}

static void test_several_classes(void)
{
	static const struct payment wages = { "22", 250000, NULL, NULL, NULL }, pre = { "33", 0, NULL, NULL, NULL },
		funding = { "22", 99, NULL, NULL, "FIRST TRUST" }, back = { "27", -250000, NULL, NULL, NULL };
	struct mhost wrote = { .step = 0 }, read = { .step = 0 };
	struct buf wire = { .max = 0 };

	put_file(&wire);
	put_batch(&wire, "PPD", "PAYROLL", "220", 1);
	put_payment(&wire, &wages, 1);
	put_payment(&wire, &pre, 2);
	put_batch(&wire, "CCD", "ROLLOVER", "220", 2);
	put_payment(&wire, &funding, 3);
	put_batch(&wire, "PPD", "REVERSAL", "225", 3);
	put_payment(&wire, &back, 4);
	ok(writes(&wrote, &read, &wire), "PPD credits with a prenote, a CCD credit and a REVERSAL batch make one file");
	ok(line_starts(&wrote, 6, "5220TALLY TEST CO                       1234567890CCDROLLOVER"),
	   "the CCD batch has its own class and description");
	ok(line_starts(&wrote, 9, "5225TALLY TEST CO                       1234567890PPDREVERSAL"),
	   "the reversal's batch says REVERSAL and takes debits");
	ok(line_starts(&wrote, 4, "6330910000191000200030       0000000000"), "a prenote carries no money");
	ok(line_starts(&wrote, 12, "9000003000002000000040036400004000000250000000000250099"),
	   "the file control adds up all three batches");
	is_int(mhost_count(&read.records, "PAYMENT "), 4, "four payments are read back");
	buf_release(&wire);
	mhost_release(&wrote);
	mhost_release(&read);
}

static void test_own_batches(void)
{
	static const struct payment list[] = {
		{ "22", 100, "PPD", "PAYROLL", NULL }, { "32", 200, "PPD", "PAYROLL", NULL },
		{ "22", 300, "CCD", "PAYROLL", NULL }, { "22", 400, "CCD", "ROLLOVER", NULL },
	};
	struct mhost wrote = { .step = 0 }, read = { .step = 0 };
	struct buf wire = { .max = 0 };

	put_file(&wire);
	put_batch(&wire, "PPD", "PAYROLL", "220", 7);
	for (int i = 0; i < 4; i++)
		put_payment(&wire, &list[i], i + 1);
	ok(writes(&wrote, &read, &wire), "payments that name class and description make their batches");
	is_int(mhost_count(&read.records, "BATCH "), 3, "each class and description has one batch");
	ok(mhost_count(&read.records, "sec=CCD description=ROLLOVER") == 1 &&
	   mhost_count(&read.records, "batch_number=9") > 0, "with the next batch number each");
	buf_release(&wire);
	mhost_release(&wrote);
	mhost_release(&read);
}

/* Changes one line of an international record's `extra`, reads none of the rest. */
static void test_international(void)
{
	struct mhost read = { .step = 0 }, wrote = { .step = 0 };
	struct view in = sample("ok-iat-full.ach"), rest;
	struct buf wire = { .max = 0 };
	struct record r;

	mhost_parse(&read, nacha, in);
	for (rest = buf_as_view(&read.wire); wire_cut_record(&rest, &r) == 1;) {
		if (r.kind == RECORD_PAYMENT)
			record_set_text(&r, F_EXTRA, VIEW("10 Transaction Type Code=BUS\n12 City and State or Province=WAY TOO LONG FOR A FIELD OF 35 "
							  "CHARACTERS*IL\\"));
		wire_put_record(&wire, &r);
	}
	ok(mhost_emit(&wrote, nacha, buf_as_view(&wire)) == -1 && mhost_count(&wrote.findings, "error NACHA_EMIT_VALUE 6:4") == 1,
	   "a place that does not fit its field is refused and not cut");
	buf_clear(&wire);
	mhost_option(&wrote, "balance", "yes");
	mhost_option(&wrote, "balance_routing", "121042882");
	mhost_option(&wrote, "balance_account", "555000111");
	ok(mhost_emit(&wrote, nacha, buf_as_view(&read.wire)) == -1 && mhost_count(&wrote.findings, "error NACHA_EMIT_KIND") == 1,
	   "an international batch is not balanced, and not written without its balance either");
	drop(in);
	buf_release(&wire);
	mhost_release(&read);
	mhost_release(&wrote);
}

static void balanced(struct mhost *h)
{
	mhost_option(h, "balance", "yes");
	mhost_option(h, "balance_routing", "121042882");
	mhost_option(h, "balance_account", "555000111");
}

static void test_balance(void)
{
	static const struct payment credit = { "22", INT64_C(9999999999), NULL, NULL, NULL },
		debit = { "27", -700, NULL, NULL, NULL };
	struct mhost wrote = { .step = 0 }, read = { .step = 0 };
	struct buf wire = { .max = 0 };

	balanced(&wrote);
	put_file(&wire);
	put_batch(&wire, "CCD", "TRADE", "220", 1);
	put_payment(&wire, &credit, 1);
	put_payment(&wire, &credit, 2);
	put_payment(&wire, &debit, 3);
	ok(writes(&wrote, &read, &wire), "a balanced file has no error");
	ok(line_starts(&wrote, 2, "5200"), "a balanced batch has service class 200");
	ok(line_starts(&wrote, 6, "627121042882555000111        9999999999OFFSET") &&
	   line_starts(&wrote, 7, "627121042882555000111        9999999999OFFSET"),
	   "an offset that does not fit one entry is split");
	ok(line_starts(&wrote, 8, "622121042882555000111        0000000700OFFSET"), "debits are offset by a credit");
	ok(line_starts(&wrote, 9, "8200000006005149717700020000000698000020000000698") ||
	   memcmp(line(&wrote, 9).p + 20, line(&wrote, 9).p + 32, 12) == 0, "debits and credits of the batch are equal");
	mhost_option(&wrote, "balance_type", "gold");
	ok(mhost_emit(&wrote, nacha, buf_as_view(&wire)) == -1 && mhost_count(&wrote.findings, "NACHA_OPTION") == 1,
	   "an unknown kind of account is refused");
	wrote.n_options = 1;
	ok(mhost_emit(&wrote, nacha, buf_as_view(&wire)) == -1 && mhost_count(&wrote.findings, "NACHA_OPTION") == 1,
	   "balance=yes without an account is refused");
	buf_release(&wire);
	mhost_release(&wrote);
	mhost_release(&read);
}

/* What a rule forbids does not leave, whatever the records say. */
static const struct { struct payment p; const char *sec, *description, *class, *want, *what; } forbidden[] = {
	{ { "27", -1, NULL, NULL, NULL }, "PPD", "PAYROLL", "220", "error NACHA_CODE_CLASS", "a debit in a batch of credits" },
	{ { "23", 1, NULL, NULL, NULL }, "PPD", "PAYROLL", "220", "error NACHA_AMOUNT_NOT_ZERO", "a prenote with money" },
	{ { "22", 0, NULL, NULL, NULL }, "PPD", "PAYROLL", "220", "error NACHA_AMOUNT_ZERO", "a payment of nothing" },
	{ { "24", 0, NULL, NULL, NULL }, "PPD", "PAYROLL", "220", "error NACHA_CODE_SEC", "a zero-dollar PPD entry" },
	{ { "22", 1, NULL, NULL, NULL }, "PPD", "Reversal", "220", "error NACHA_DESCRIPTION_CASE",
		"a reversal in small letters" },
	{ { "22", 1, NULL, NULL, NULL }, "PPD", "", "220", "error NACHA_ENTRY_DESCRIPTION", "no description" },
	{ { "22", 1, NULL, NULL, NULL }, "IAT", "TRADE", "220", "error NACHA_IAT_FX",
		"an international batch that does not say how it is exchanged" },
	{ { "22", 1, NULL, NULL, NULL }, "ADV", "TRADE", "280", "error NACHA_CODE_SEC", "a payment's code in an advice" },
	{ { "22", 1, NULL, NULL, NULL }, "XYZ", "TRADE", "220", "error NACHA_EMIT_KIND", "a class that does not exist" },
	{ { "22", 100, NULL, NULL, NULL }, "PPD", "ACCTVERIFY", "220", "error NACHA_MICRO_ENTRY",
		"a micro-entry of a dollar" },
	{ { "22", 1, NULL, NULL, NULL }, "TEL", "TRADE", "220", "error NACHA_DIRECTION", "a TEL credit" },
};

static void test_forbidden(void)
{
	struct mhost wrote = { .step = 0 };
	struct buf wire = { .max = 0 };

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		buf_clear(&wire);
		put_file(&wire);
		put_batch(&wire, forbidden[i].sec, forbidden[i].description, forbidden[i].class, 1);
		put_payment(&wire, &forbidden[i].p, 1);
		ok(mhost_emit(&wrote, nacha, buf_as_view(&wire)) == -1 &&
		   mhost_count(&wrote.findings, forbidden[i].want) > 0, "%s is refused", forbidden[i].what);
	}
	buf_release(&wire);
	mhost_release(&wrote);
}

static void test_same_day(void)
{
	static const struct payment large = { "22", 100000001, NULL, NULL, NULL };
	struct mhost wrote = { .step = 0 }, read = { .step = 0 };
	struct buf wire = { .max = 0 }, marked = { .max = 0 };
	struct view rest;
	struct record r;

	put_file(&wire);
	put_batch(&wire, "PPD", "PAYROLL", "220", 1);
	put_payment(&wire, &large, 1);
	ok(writes(&wrote, &read, &wire), "a payment above a million dollars is written");
	for (rest = buf_as_view(&wire); wire_cut_record(&rest, &r) == 1;) {
		if (r.kind == RECORD_BATCH) {
			record_set_text(&r, F_DESCRIPTIVE_DATE, VIEW("SD1300"));
			record_set_num(&r, F_EFFECTIVE_DATE, 20780);
		}
		wire_put_record(&marked, &r);
	}
	ok(mhost_emit(&wrote, nacha, buf_as_view(&marked)) == -1 &&
	   mhost_count(&wrote.findings, "error NACHA_SAME_DAY_LIMIT") == 1, "but not for the same day");
	buf_release(&wire);
	buf_release(&marked);
	mhost_release(&wrote);
	mhost_release(&read);
}

/* --- the corpus --- */

/* A valid file that reads without a finding is written again byte for byte (a missing last line feed is added). */
static void rewrite(const char *path, const char *name)
{
	struct mhost read = { .step = 0 }, wrote = { .step = 0 }, again = { .step = 0 }, last = { .step = 0 };
	struct view in = mhost_file(path), out;

	mhost_parse(&read, nacha, in);
	if (mhost_emit(&wrote, nacha, buf_as_view(&read.wire)) != 0) {
		ok(false, "%s is written", name);
	} else {
		out = buf_as_view(&wrote.out);
		if (read.n_findings == 0)
			ok(view_eq(out, in) || (view_starts(out, in) && out.n == in.n + 1),
			   "%s: what is written are the bytes that were read", name);
		mhost_parse(&again, nacha, out);
		is_int(again.n_errors, 0, "%s: what is written has no errors", name);
		mhost_emit(&last, nacha, buf_as_view(&again.wire));
		is_view(buf_as_view(&last.out), out, "%s: written, read and written again is the same bytes", name);
	}
	drop(in);
	mhost_release(&read);
	mhost_release(&wrote);
	mhost_release(&again);
	mhost_release(&last);
}

/* Is there a finding at that line? */
static bool told_at(const struct mhost *h, size_t line)
{
	struct view rest = buf_as_view(&h->findings), one, word;
	char want[24];

	snprintf(want, sizeof(want), "%zu:", line);
	while (view_cut(&rest, '\n', &one))
		if (view_cut(&one, ' ', &word) && view_cut(&one, ' ', &word) && view_starts(one, view_of(want)))
			return true;
	return false;
}

/* Published files with faults: what is written differs only where a finding names the line. */
static void correct(const char *path, const char *name)
{
	struct mhost read = { .step = 0 }, wrote = { .step = 0 };
	struct view in = mhost_file(path), rest, out, a, b;
	size_t line = 0, untold = 0, same = 0;

	if (in.n < 96 || memchr(in.p, '\n', 96) == NULL) {		/* no lines: rewrite() has it */
		drop(in);
		return;
	}
	mhost_parse(&read, nacha, in);
	if (mhost_emit(&wrote, nacha, buf_as_view(&read.wire)) != 0) {
		ok(wrote.n_errors > 0 && read.n_findings > 0, "%s has faults that must not leave and is not written", name);
	} else {
		for (rest = in, out = buf_as_view(&wrote.out); view_cut(&rest, '\n', &a) && view_cut(&out, '\n', &b);) {
			bool equal = view_eq(view_rtrim(a), view_rtrim(b));

			line++;
			if (*a.p == '8' && layout_is_blank(view_sub(a, 44, 10)))		/* IAT controls may leave out the company */
				continue;
			same += equal && a.n > 0;
			untold += !equal && !told_at(&read, line);
		}
		is_int(untold, 0, "%s is written again but for the lines that have a finding (%zu lines are the same)", name, same);
	}
	drop(in);
	mhost_release(&read);
	mhost_release(&wrote);
}

static void test_folder(const char *shared, const char *folder, void (*test)(const char *path, const char *name))
{
	struct dirent **list = NULL;
	char dir[600], path[900];
	int n;

	snprintf(dir, sizeof(dir), "%s/corpus/nacha/%s", shared, folder);
	n = scandir(dir, &list, NULL, alphasort);
	ok(n > 0, "the corpus has %s files", folder);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (name[0] != '.' && strcmp(name, "expected.tsv") != 0)
			test(path, name);
		free(list[i]);
	}
	free(list);
}

int main(int argc, char **argv)
{
	const char *shared = getenv("TALLY_SHARED");

	(void)argc;
	nacha = mhost_module(argv[0], "nacha");
	if (nacha == NULL)
		skip_all("the module nacha is not built");
	test_write();
	test_line_ends();
	test_refusals();
	test_emit_order();
	test_several_classes();
	test_own_batches();
	test_international();
	test_balance();
	test_forbidden();
	test_same_day();
	if (shared != NULL) {
		test_folder(shared, "valid", rewrite);
		test_folder(shared, "valid", correct);
		test_folder(shared, "returns", correct);
		test_folder(shared, "noc", correct);
		test_folder(shared, "iat", correct);
	}
	return done_testing();
}
