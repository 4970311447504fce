/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flat_test - the files that go to a printer, a bank's positive-pay desk and a trustee: check, pospay, rollover
 *
 * What is published as an example is written byte for byte; every layout gives back what it was given; what does not fit
 * is refused by the field's name; a file that lost, gained or changed a line is held.  All people and accounts are
 * invented.
 */
#include "tests/lib/samples.h"

static const struct tally_format *check, *pospay, *rollover;

static void put(struct buf *wire, struct record *r)
{
	wire_put_record(wire, r);
}

static void put_heads(struct buf *wire, const char *reference)
{
	struct record r;
	date_t day;

	date_make(&day, 2026, 11, 9);
	record_init(&r, RECORD_FILE, 0);
	record_set_num(&r, F_CREATED_DATE, day);
	record_set_text(&r, F_CREATED_TIME, VIEW("1015"));
	record_set_text(&r, F_REFERENCE, view_of(reference));
	record_set_text(&r, F_SENDER, VIEW("EXAMPLE CORP"));
	put(wire, &r);
	record_init(&r, RECORD_BATCH, 0);
	record_set_num(&r, F_BATCH_NUMBER, 1);
	record_set_text(&r, F_COMPANY_NAME, VIEW("EXAMPLE CORP"));
	put(wire, &r);
}

static void a_check(struct record *r, const char *serial, int64_t amount, const char *payee)
{
	date_t day;

	date_make(&day, 2026, 11, 10);
	record_init(r, RECORD_CHECK_ISSUE, 0);
	record_set_text(r, F_CHECK_NUMBER, view_of(serial));
	record_set_text(r, F_ACCOUNT, VIEW("4455667788"));
	record_set_text(r, F_ROUTING, VIEW("091000019"));
	record_set_num(r, F_AMOUNT, amount);
	record_set_text(r, F_CURRENCY, VIEW("USD"));
	record_set_num(r, F_ISSUE_DATE, day);
	record_set_text(r, F_PAYEE, view_of(payee));
	record_set_text(r, F_STATUS, VIEW("issue"));
}

static void a_rollover(struct record *r, const char *reference, int64_t amount)
{
	record_init(r, RECORD_ROLLOVER, 0);
	record_set_text(r, F_REFERENCE, view_of(reference));
	record_set_num(r, F_AMOUNT, amount);
	record_set_text(r, F_CURRENCY, VIEW("USD"));
	record_set_text(r, F_PARTY, VIEW("Ada Example"));
	record_set_text(r, F_SSN, VIEW("123456789"));
	record_set_text(r, F_PERSON, VIEW("P1"));
	record_set_text(r, F_PLAN, VIEW("PLAN 001"));
	record_set_text(r, F_DISTRIBUTION, VIEW("G"));
	record_set_text(r, F_TRUSTEE, VIEW("Example Trust"));
	record_set_text(r, F_TRUSTEE_ACCOUNT, VIEW("IRA-0001234"));
	record_set_text(r, F_PAYEE, VIEW("Example Trust as trustee FBO Ada Example"));
}

static void two_of(struct buf *wire, bool rollovers)
{
	struct record r;

	buf_clear(wire);
	put_heads(wire, "RUN-77");
	if (rollovers) {
		a_rollover(&r, "RO-1", 250000);
		put(wire, &r);
		a_rollover(&r, "RO-2", 1);
		put(wire, &r);
		return;
	}
	a_check(&r, "1001", 123456, "Ada Example");
	put(wire, &r);
	a_check(&r, "1002", 1, "Bea Example");
	put(wire, &r);
}

/* What is written, for tests/scenario/51-paper.py to read by the bank's own reader. */
static void for_the_reader(const char *format, const char *layout, struct view bytes)
{
	const char *dir = getenv("TALLY_FLAT_OUT");
	char path[600];
	FILE *f;

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s.%s", dir, format, layout);
	f = fopen(path, "wb");
	ok(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n, "%s is written for the reader", path);
	if (f != NULL)
		fclose(f);
}

/* Written, read, written: the same values, the same bytes. */
static void round_trip(const struct tally_format *f, const char *layout, struct buf *wire)
{
	struct mhost out = { 0 }, in = { 0 }, again = { 0 };
	struct mhost *all[] = { &out, &in, &again };

	for (size_t i = 0; i < 3 && layout != NULL; i++)
		mhost_option(all[i], "layout", layout);
	ok(mhost_emit(&out, f, buf_as_view(wire)) == 0 && out.n_findings == 0, "%s %s: two are written", f->name,
		layout == NULL ? "" : layout);
	if (out.n_findings > 0)
		printf("# %s", buf_cstr(&out.findings));
	ok(mhost_parse(&in, f, buf_as_view(&out.out)) == 0 && in.n_findings == 0, "%s %s: read without a finding", f->name,
		layout == NULL ? "" : layout);
	if (in.n_findings > 0)
		printf("# %s", buf_cstr(&in.findings));
	for_the_reader(f->name, layout == NULL ? "own" : layout, buf_as_view(&out.out));
	ok(mhost_count(&in.records, "FILE ") == 1 && mhost_count(&in.records, "batch_number=1") == 1 &&
		mhost_count(&in.records, "TOTAL ") == 1 && in.n_records == 5, "%s %s: FILE, BATCH 1, two, TOTAL", f->name,
		layout == NULL ? "" : layout);
	ok(mhost_emit(&again, f, buf_as_view(&in.wire)) == 0, "%s %s: what was read is written", f->name, layout == NULL ? "" : layout);
	is_view(buf_as_view(&again.out), buf_as_view(&out.out), "%s %s: and gives the same bytes", f->name,
		layout == NULL ? "" : layout);
	mhost_release(&out);
	mhost_release(&in);
	mhost_release(&again);
}

static const char *const layouts[] = { "bofa80", "pnc", "jpmorgan", "generic100", "firstamerican79", "firstambank109", "cougar60" };
#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static void test_round_trips(void)
{
	struct buf wire = { 0 };

	two_of(&wire, true);
	round_trip(rollover, NULL, &wire);
	two_of(&wire, false);
	round_trip(check, NULL, &wire);
	for (size_t i = 0; i < LAYOUTS; i++)
		round_trip(pospay, layouts[i], &wire);
	buf_release(&wire);
}

static void one_check(struct buf *wire, struct record *r)
{
	buf_clear(wire);
	put_heads(wire, "RUN-77");
	put(wire, r);
}

/* The examples that the banks' own pages print. */
static void test_published(void)
{
	struct mhost h = { 0 };
	struct buf wire = { 0 };
	struct record r;
	date_t day;

	a_check(&r, "110870", 152000, "AC PACIFIC CORPORATION");
	record_set_text(&r, F_ACCOUNT, VIEW("1463500422"));
	date_make(&day, 2009, 10, 6);
	record_set_num(&r, F_ISSUE_DATE, day);
	one_check(&wire, &r);
	buf_clear(&wire);
	{
		struct record head;

		record_init(&head, RECORD_FILE, 0);
		record_set_num(&head, F_CREATED_DATE, day);
		put(&wire, &head);
		record_init(&head, RECORD_BATCH, 0);
		put(&wire, &head);
	}
	put(&wire, &r);
	record_set_text(&r, F_CHECK_NUMBER, VIEW("110871"));
	record_set_num(&r, F_AMOUNT, 14819);
	put(&wire, &r);
	mhost_option(&h, "bank_id", "DRS35500");
	mhost_emit(&h, pospay, buf_as_view(&wire));
	is_view(view_sub(buf_as_view(&h.out), 0, 27), VIEW("DRS35500146350042220091006 "),
		"bofa80: the header of the published example");
	is_view(view_sub(buf_as_view(&h.out), 81, 81),
		VIEW("0000110870000015200014635004221006" "09 AC PACIFIC CORPORATION                     \n"),
		"bofa80: the published check");
	is_view(view_sub(buf_as_view(&h.out), 243, 50), VIEW("1EOF 00002                    00002217410000166819"),
		"bofa80: the published trailer, count, sum of serials, sum of amounts");

	h.n_options = 0;
	mhost_option(&h, "layout", "firstambank109");
	a_check(&r, "123456789", 912345678, "this is a test for fixed column lengh400");
	record_set_text(&r, F_ACCOUNT, VIEW("2222222222222222222"));
	record_set_text(&r, F_INDIVIDUAL_ID, VIEW("versio0duedate111502"));
	date_make(&day, 2002, 5, 5);
	record_set_num(&r, F_ISSUE_DATE, day);
	one_check(&wire, &r);
	mhost_emit(&h, pospay, buf_as_view(&wire));
	is_view(buf_as_view(&h.out), VIEW("2222222222222222222" "05052002" "0123456789" "0912345678"
		"this is a test for fixed column lengh400" "versio0duedate111502" "RA\n"),
		"firstambank109: the published sample line, byte for byte");

	h.n_options = 0;
	mhost_option(&h, "layout", "pnc");
	a_check(&r, "123", 22550, "Ada Example");
	record_set_text(&r, F_ACCOUNT, VIEW("9876543210"));
	date_make(&day, 2006, 7, 14);
	record_set_num(&r, F_ISSUE_DATE, day);
	one_check(&wire, &r);
	mhost_emit(&h, pospay, buf_as_view(&wire));
	is_view(view_sub(buf_as_view(&h.out), 0, 50), VIEW("9876543210" "0000000123" "     225.50" "07142006" "Ada Example"),
		"pnc: the published values of account, serial, amount and date");

	h.n_options = 0;
	mhost_option(&h, "layout", "firstamerican79");
	a_check(&r, "7", 100, "Ada Example");
	record_set_text(&r, F_STATUS, VIEW("void"));
	one_check(&wire, &r);
	mhost_emit(&h, pospay, buf_as_view(&wire));
	is_view(buf_as_view(&h.out), VIEW("04455667788" "0000000007" "11102026" "0000000100" "Ada Example                   " " "
		"V" "11092026\n"), "firstamerican79: one dollar is 0000000100; a void has its mark and the file's day");

	h.n_options = 0;
	mhost_option(&h, "layout", "generic100");
	a_check(&r, "12", 56789, "Ada Example");
	record_set_text(&r, F_STATUS, VIEW("void"));
	one_check(&wire, &r);
	mhost_emit(&h, pospay, buf_as_view(&wire));
	is_view(view_sub(buf_as_view(&h.out), 0, 57), VIEW("004455667788" "2" "  " "0000000012" "000000056789" "20261110" " " "Ada Example"),
		"generic100: 567.89 is 000000056789, a void is 2");

	h.n_options = 0;
	mhost_option(&h, "layout", "jpmorgan");
	mhost_option(&h, "line_end", "crlf");
	one_check(&wire, &r);
	mhost_emit(&h, pospay, buf_as_view(&wire));
	is_view(buf_as_view(&h.out), VIEW("C,4455667788,12,111026,567.89,Ada Example\r\n"), "jpmorgan: C is a void; MMDDYY; a point");
	buf_release(&wire);
	mhost_release(&h);
}

/* What is wrong with one check, and the words that must be said.  *edit changes a good one. */
static const struct { const char *what, *layout, *want; enum record_field field; const char *text; int64_t number; } refused[] = {
	{ "a serial with letters", "bofa80", "POSPAY_EMIT_VALUE 2:0 Check Number", F_CHECK_NUMBER, "10A1", 0 },
	{ "a serial with a zero in front", "bofa80", "Check Number: the field \"Check Number\" would not read back", F_CHECK_NUMBER, "0101", 0 },
	{ "a serial of eleven digits", "bofa80", "Check Number: the field \"Check Number\" is longer", F_CHECK_NUMBER, "12345678901", 0 },
	{ "an amount of nothing", "bofa80", "Check Amount: the amount is not above zero", F_AMOUNT, NULL, 0 },
	{ "a negative amount", "bofa80", "Check Amount: the amount is not above zero", F_AMOUNT, NULL, -5 },
	{ "an amount that does not fit", "bofa80", "Check Amount: the field \"Check Amount\" is longer", F_AMOUNT, NULL, 10000000000 },
	{ "euros", "bofa80", "the currency is not USD", F_CURRENCY, "EUR", 0 },
	{ "an account of eleven digits", "bofa80", "Account Number", F_ACCOUNT, "12345678901", 0 },
	{ "an account with a zero in front and no account_digits", "generic100", "Account Number: the field \"Account Number\" would not read back", F_ACCOUNT, "0445566778", 0 },
	{ "an account with letters", "cougar60", "Account Number: the field \"Account Number\" holds something that is not a digit", F_ACCOUNT, "44-55", 0 },
	{ "a routing number with a wrong check digit", "bofa80", "the routing number is not nine digits with the right check digit", F_ROUTING, "091000018", 0 },
	{ "a payee with a letter that is not ASCII", "bofa80", "Payee: the field \"Payee\" holds a character", F_PAYEE, "Jos\xc3\xa9", 0 },
	{ "a payee with a line end", "bofa80", "Payee: the field \"Payee\" holds a character", F_PAYEE, "A\nB", 0 },
	{ "a payee with blanks around", "bofa80", "Payee: the field \"Payee\" would not read back", F_PAYEE, "Ada ", 0 },
	{ "a payee with a comma where commas part the fields", "jpmorgan", "Payee Name: the field \"Payee Name\" holds a comma", F_PAYEE, "Example, Ada", 0 },
	{ "a payee longer than the line of a bank that wants it as printed", "pnc", "Payee Line 1: the field \"Payee Line 1\" is longer",
		F_PAYEE, "Maximiliana Theodora von Beispielhausen-Musterstadt III", 0 },
	{ "a void where no mark is published", "bofa80", "the layout bofa80 has no place for a void", F_STATUS, "void", 0 },
	{ "a void where no mark is published", "pnc", "the layout pnc has no place for a void", F_STATUS, "void", 0 },
	{ "a void where no mark is published", "firstambank109", "has no place for a void", F_STATUS, "void", 0 },
	{ "a status that is none", "generic100", "the status is none of issue, void", F_STATUS, "stopped", 0 },
	{ "a day that two digits cannot say", "bofa80", "Check Date: the field \"Check Date\" is not a date", F_ISSUE_DATE, NULL, 40000 },
	{ "an account of 21 characters", "check", "Account Number: the field \"Account Number\" is longer", F_ACCOUNT, "123456789012345678901", 0 },
	{ "a country of three letters", "check", "Country: the field \"Country\" is longer", F_COUNTRY, "USA", 0 },
	{ "a serial with letters", "check", "Serial Number: the serial number is not digits that begin with 1 to 9", F_CHECK_NUMBER, "A1", 0 },
	{ "a payee of 81 characters", "check", "Payee: the field \"Payee\" is longer",
		F_PAYEE, "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 1", 0 },
};

static void test_refused(void)
{
	struct buf wire = { 0 };
	struct record r;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		bool printed = strcmp(refused[i].layout, "check") == 0;
		struct mhost h = { 0 };

		a_check(&r, "1001", 5, "Ada Example");
		if (refused[i].text != NULL)
			record_set_text(&r, refused[i].field, view_of(refused[i].text));
		else
			record_set_num(&r, refused[i].field, refused[i].number);
		one_check(&wire, &r);
		if (!printed)
			mhost_option(&h, "layout", refused[i].layout);
		if (!ok(mhost_emit(&h, printed ? check : pospay, buf_as_view(&wire)) == -1 && h.out.n == 0 &&
			strstr(buf_cstr(&h.findings), refused[i].want) != NULL, "%s: %s is refused", refused[i].layout, refused[i].what))
			printf("# want %s\n# got %s", refused[i].want, buf_cstr(&h.findings));
		mhost_release(&h);
	}
	buf_release(&wire);
}

static void test_missing(void)
{
	static const enum record_field needed[] = { F_CHECK_NUMBER, F_ACCOUNT, F_AMOUNT, F_ISSUE_DATE, F_PAYEE };
	struct buf wire = { 0 };
	struct record r;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		for (int printed = 0; printed < 2; printed++) {
			struct mhost h = { 0 };

			a_check(&r, "1001", 5, "Ada Example");
			r.present[needed[i] / 64] &= ~((uint64_t)1 << (needed[i] % 64));
			one_check(&wire, &r);
			ok(mhost_emit(&h, printed ? check : pospay, buf_as_view(&wire)) == -1 && h.n_errors > 0, "%s: without %s nothing is written",
				printed ? "check" : "pospay", record_field_rows[needed[i]].name);
			mhost_release(&h);
		}
	buf_release(&wire);
}

static void test_order(void)
{
	struct mhost h = { 0 };
	struct buf wire = { 0 };
	struct record r;

	a_check(&r, "1", 5, "A");
	put(&wire, &r);
	ok(mhost_emit(&h, check, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "CHECK_EMIT_ORDER") == 1, "a check before FILE and BATCH is refused");
	buf_clear(&wire);
	put_heads(&wire, "X");
	ok(mhost_emit(&h, check, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "CHECK_EMIT_ORDER") == 1, "a file without checks is refused");
	put(&wire, &r);
	put(&wire, &r);
	ok(mhost_emit(&h, check, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "CHECK_TWICE") == 1, "a serial twice is refused");
	buf_clear(&wire);
	put_heads(&wire, "X");
	put_heads(&wire, "X");
	ok(mhost_emit(&h, check, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "CHECK_EMIT_ORDER") >= 1, "a second FILE is refused");
	buf_clear(&wire);
	put_heads(&wire, "X");
	a_rollover(&r, "R", 5);
	put(&wire, &r);
	ok(mhost_emit(&h, check, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "CHECK_EMIT_KIND") == 1, "a rollover is no check");
	ok(mhost_emit(&h, check, VIEW("")) == -1, "nothing at all is no file");
	two_of(&wire, false);
	for (uint64_t calls = 0, i = 1; i <= 3; i++) {
		h.stop_after = 0;
		mhost_emit(&h, check, buf_as_view(&wire));
		calls = h.callbacks;
		h.stop_after = i;
		if (i <= calls)
			ok(mhost_emit(&h, check, buf_as_view(&wire)) == -1, "a host that stops at call %u is heard", (unsigned)i);
	}
	buf_release(&wire);
	mhost_release(&h);
}

static void test_payee(void)
{
	struct mhost h = { 0 };
	struct buf wire = { 0 };
	struct record r;

	a_check(&r, "1001", 5, "Maximiliana Theodora Example of the Long Names");
	one_check(&wire, &r);
	ok(mhost_emit(&h, pospay, buf_as_view(&wire)) == 0 && mhost_count(&h.findings, "warning POSPAY_PAYEE_CUT") == 1 &&
		strstr(buf_cstr(&h.out), "Maximiliana Theodora Example of the Long Na") != NULL && strstr(buf_cstr(&h.findings), "Maximiliana") == NULL,
		"bofa80: a payee is cut to 43 characters, with a warning that does not say the name");
	h.n_options = 0;
	mhost_option(&h, "POSPAY_PAYEE_CUT", "error");
	ok(mhost_emit(&h, pospay, buf_as_view(&wire)) != 0 || (h.n_errors == 1 && h.out.n == 0), "as an error it refuses the file");
	h.n_options = 0;
	mhost_option(&h, "POSPAY_PAYEE_CUT", "off");
	ok(mhost_emit(&h, pospay, buf_as_view(&wire)) == 0 && mhost_count(&h.findings, "warning POSPAY_PAYEE_CUT") == 1, "and off it never is");
	h.n_options = 0;
	mhost_option(&h, "account_digits", "10");
	mhost_option(&h, "layout", "generic100");
	a_check(&r, "1001", 5, "Ada Example");
	record_set_text(&r, F_ACCOUNT, VIEW("0045566778"));
	one_check(&wire, &r);
	ok(mhost_emit(&h, pospay, buf_as_view(&wire)) == 0 && h.n_findings == 0, "with account_digits an account may begin with zeros");
	buf_clear(&wire);
	buf_view(&wire, buf_as_view(&h.out));
	mhost_parse(&h, pospay, buf_as_view(&wire));
	ok(strstr(buf_cstr(&h.records), "account=0045566778 ") != NULL, "and comes back with them");
	h.n_options = 0;
	mhost_option(&h, "layout", "wellsfargo");
	mhost_parse(&h, pospay, VIEW("x\n"));
	ok(mhost_count(&h.findings, "error POSPAY_OPTION") == 1, "a layout that is not known is told");
	h.n_options = 0;
	mhost_option(&h, "account_digits", "many");
	mhost_option(&h, "bank_id", "123456789");
	mhost_option(&h, "line_end", "cr");
	mhost_parse(&h, pospay, VIEW("x\n"));
	ok(mhost_count(&h.findings, "error POSPAY_OPTION") == 3, "each option with a bad value is told");
	buf_release(&wire);
	mhost_release(&h);
}

static const struct { const char *what, *payee, *party; bool good; } payees[] = {
	{ "trustee FBO name", "Trustee of XYZ Corporation Savings Plan FBO Ada Example", "Ada Example", true },
	{ "small letters", "trustee of the plan fbo ada example", "Ada Example", true },
	{ "family name first", "Example Trust FBO Example, Ada", "Ada Example", true },
	{ "a name with an apostrophe", "Example Trust FBO Ada O'Neil-Example", "Ada O'Neil-Example", true },
	{ "the person alone", "Ada Example", "Ada Example", false },
	{ "the trustee alone", "Example Trust", "Ada Example", false },
	{ "FBO and another person", "Example Trust FBO Bea Example", "Ada Example", false },
	{ "FBO inside a word", "Example TrustFBO Ada Example", "Ada Example", false },
	{ "half a name", "Example Trust FBO Ad Example", "Ada Example", false },
};

static void test_rollover(void)
{
	struct mhost h = { 0 };
	struct buf wire = { 0 };
	struct record r;

	for (size_t i = 0; i < sizeof(payees) / sizeof(payees[0]); i++) {
		buf_clear(&wire);
		put_heads(&wire, "X");
		a_rollover(&r, "R1", 5);
		record_set_text(&r, F_PAYEE, view_of(payees[i].payee));
		record_set_text(&r, F_PARTY, view_of(payees[i].party));
		put(&wire, &r);
		ok((mhost_emit(&h, rollover, buf_as_view(&wire)) == 0) == payees[i].good &&
			(mhost_count(&h.findings, "error ROLLOVER_FBO") == 1) != payees[i].good, "%s is %s", payees[i].what,
			payees[i].good ? "a rollover's payee" : "refused");
	}
	two_of(&wire, true);
	mhost_emit(&h, rollover, buf_as_view(&wire));
	is_view(view_sub(buf_as_view(&h.out), 219, 15), VIEW("000000000250001"), "the header holds the total that is to be funded");
	is_view(view_sub(buf_as_view(&h.out), 179, 8), VIEW("PLAN 001"), "and the plan that all lines are of");
	a_rollover(&r, "R3", 5);
	record_set_text(&r, F_PLAN, VIEW("PLAN 002"));
	put(&wire, &r);
	mhost_emit(&h, rollover, buf_as_view(&wire));
	is_view(view_sub(buf_as_view(&h.out), 179, 8), VIEW("        "), "with lines of two plans the header names none");
	a_rollover(&r, "R3", 5);
	put(&wire, &r);
	ok(mhost_emit(&h, rollover, buf_as_view(&wire)) == -1 && mhost_count(&h.findings, "ROLLOVER_TWICE") == 1, "a reference twice is refused");
	ok(strstr(buf_cstr(&h.findings), "123456789") == NULL, "an SSN is never in a finding");
	buf_release(&wire);
	mhost_release(&h);
}

/* One byte of a good file, changed at every place: a finding, or nothing that a control covers has changed. */
static void mutate(const struct tally_format *f, const char *layout, struct buf *wire, const char *covered)
{
	static const char other[] = { '0', '9', 'Z', ' ', '\n', '\x01' };
	struct mhost out = { 0 }, in = { 0 }, was = { 0 };
	unsigned silent = 0, tried = 0;

	if (layout != NULL) {
		mhost_option(&out, "layout", layout);
		mhost_option(&in, "layout", layout);
		mhost_option(&was, "layout", layout);
	}
	mhost_emit(&out, f, buf_as_view(wire));
	mhost_parse(&was, f, buf_as_view(&out.out));
	for (size_t at = 0; at < out.out.n; at++) {
		char kept = out.out.p[at];

		for (size_t k = 0; k < sizeof(other); k++) {
			out.out.p[at] = other[k];
			mhost_parse(&in, f, buf_as_view(&out.out));
			tried++;
			/* no finding: then each line's covered field is as it was */
			if (in.n_findings == 0 && (mhost_count(&in.records, covered) != mhost_count(&was.records, covered) ||
				in.n_records != was.n_records))
				silent++;
		}
		out.out.p[at] = kept;
	}
	ok(silent == 0, "%s %s: none of %u changed bytes changes \"%s\" in silence", f->name, layout == NULL ? "" : layout, tried, covered);
	mhost_release(&out);
	mhost_release(&in);
	mhost_release(&was);
}

static void test_damage(void)
{
	struct mhost out = { 0 }, in = { 0 };
	struct buf wire = { 0 };
	unsigned missed = 0;

	two_of(&wire, false);
	mutate(check, NULL, &wire, "amount_minor=123456 ");
	mutate(check, NULL, &wire, "check_number=1001 ");
	mutate(pospay, "bofa80", &wire, "amount_minor=123456 ");
	mutate(pospay, "bofa80", &wire, "check_number=1001 ");
	two_of(&wire, true);
	mutate(rollover, NULL, &wire, "amount_minor=250000 ");
	mhost_emit(&out, rollover, buf_as_view(&wire));
	for (size_t n = 0; n + 2 < out.out.n; n++) {
		mhost_parse(&in, rollover, view_sub(buf_as_view(&out.out), 0, n));
		missed += in.n_errors == 0;
	}
	ok(missed == 0, "a rollover file cut at any byte is held (%u were not)", missed);
	two_of(&wire, false);
	mhost_emit(&out, check, buf_as_view(&wire));
	for (size_t n = 0; n + 2 < out.out.n; n++) {
		mhost_parse(&in, check, view_sub(buf_as_view(&out.out), 0, n));
		missed += in.n_errors == 0;
	}
	ok(missed == 0, "a check file cut at any byte is held (%u were not)", missed);
	buf_clear(&wire);
	buf_put(&wire, out.out.p, 481);			/* the header, the second check, the trailer */
	buf_put(&wire, out.out.p + 962, out.out.n - 962);
	mhost_parse(&in, check, buf_as_view(&wire));
	mhost_option(&in, "CHECK_COUNT", "off");
	mhost_parse(&in, check, buf_as_view(&wire));
	ok(mhost_count(&in.findings, "error CHECK_COUNT") == 1, "a count that differs stays an error, whatever the channel says");
	ok(mhost_count(&in.findings, "CHECK_SEQUENCE") == 1 && mhost_count(&in.findings, "CHECK_COUNT") == 1 && mhost_count(&in.findings, "CHECK_AMOUNT") == 1 &&
		mhost_count(&in.findings, "CHECK_HASH") == 1, "a lost check is told by number, count, amount and hash");
	buf_release(&wire);
	mhost_release(&out);
	mhost_release(&in);
}

int main(int argc, char **argv)
{
	(void)argc;
	check = mhost_module(argv[0], "check");
	pospay = mhost_module(argv[0], "pospay");
	rollover = mhost_module(argv[0], "rollover");
	if (!ok(check != NULL && pospay != NULL && rollover != NULL, "the modules are there"))
		return done_testing();
	test_round_trips();
	test_published();
	test_refused();
	test_missing();
	test_order();
	test_payee();
	test_rollover();
	test_damage();
	samples_run(check, "check");
	samples_reach(check, "check", "CHECK_EMIT CHECK_MANY CHECK_OVERFLOW");
	samples_run(pospay, "pospay");
	samples_reach(pospay, "pospay", "POSPAY_EMIT POSPAY_PAYEE_CUT POSPAY_MANY POSPAY_OVERFLOW");
	samples_run(rollover, "rollover");
	samples_reach(rollover, "rollover", "ROLLOVER_EMIT ROLLOVER_MANY ROLLOVER_OVERFLOW");
	return done_testing();
}
