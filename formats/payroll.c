/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll - a payroll register as CSV: one row a person, what is to be paid to whom
 *
 * Columns are found by their names in the header; their order is free.  A row whose every check holds becomes a
 * PAYMENT; a row with a fault becomes its findings and no PAYMENT, so that a person who releases the file releases no
 * doubtful money.  FILE comes before the first PAYMENT, TOTAL at the end when the file has a TRAILER row
 * (TRAILER,count,gross,deductions,net), which is compared with all rows, the faulty ones included.
 *
 * A person twice in one run is found by a set of 64-bit hashes that grows to 2,000,000 ids (32 MiB); later ids are not
 * compared, with a warning.  Account numbers and SSNs never stand in a finding's text.
 */
#include <inttypes.h>
#include "formats/core/buf.h"
#include "formats/core/layout.h"
#include "formats/core/money.h"
#include "formats/lib/payroll.h"

static const struct tally_option payroll_options[] = {
	{ "column_company", "a column's name", "company", "the company's code" },
	{ "column_run_id", "a column's name", "run_id", "the payroll run's id" },
	{ "column_person_id", "a column's name", "person_id", "the person's id in the source" },
	{ "column_name", "a column's name", "name", "the person's name" },
	{ "column_pay_date", "a column's name", "pay_date", "the day of payment" },
	{ "column_gross", "a column's name", "gross", "gross pay" },
	{ "column_deductions", "a column's name", "deductions", "deductions" },
	{ "column_net", "a column's name", "net", "net pay: what is paid" },
	{ "column_routing", "a column's name", "routing", "routing number of the person's bank" },
	{ "column_account", "a column's name", "account", "the person's account number" },
	{ "column_account_type", "a column's name", "account_type", "C or checking, S or savings" },
	{ "column_method", "a column's name", "method", "ACH or CHECK" },
	{ "column_ssn", "a column's name", "ssn", "social security number; the column may be absent" },
	{ "column_badge", "a column's name", "badge", "the person's badge; this and all columns below may be absent" },
	{ "column_hcm_id", "a column's name", "hcm_id", "the person's id in the HCM system" },
	{ "column_rollover", "a column's name", "rollover", "the part of net that goes to a trustee" },
	{ "column_trustee", "a column's name", "trustee", "the trustee of that part" },
	{ "column_trustee_account", "a column's name", "trustee_account", "the person's account there" },
	{ "column_plan", "a column's name", "plan", "the distributing plan" },
	{ "column_distribution", "a column's name", "distribution", "distribution code, 1099-R box 7" },
	{ "column_federal_tax", "a column's name", "federal_tax", "federal tax, a part of the deductions" },
	{ "column_state_tax", "a column's name", "state_tax", "state tax, a part of the deductions" },
	{ "column_address1", "a column's name", "address1", "street address" },
	{ "column_address2", "a column's name", "address2", "its second line" },
	{ "column_city", "a column's name", "city", "city" },
	{ "column_region", "a column's name", "region", "state or region" },
	{ "column_postal_code", "a column's name", "postal_code", "postal code" },
	{ "column_country", "a column's name", "country", "country" },
	{ "bank_data", "row|none", "row", "none: the people feed has it, and a row needs no routing, account and method" },
	{ "delimiter", "comma|semicolon|tab|bar", "comma", "what stands between two values" },
	{ "dates", "iso|us|compact", "iso", "2026-11-23, 11/23/2026 or 20261123" },
	{ "trailer", "optional|required", "optional", "whether a TRAILER row must end the file" },
	{ "runs", "one|many", "one", "whether a file may hold several companies, runs or pay dates" },
	STRICT_OPTION("PAYROLL", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

/* Records */

static struct view company_of(const struct payroll *p)
{
	return (struct view){ p->company, p->company_n };
}

static struct view run_of(const struct payroll *p)
{
	return (struct view){ p->run, p->run_n };
}

static bool same_run(const struct payroll *p)
{
	return view_eq(company_of(p), p->sheet.value[COMPANY]) && view_eq(run_of(p), p->sheet.value[RUN]) &&
		p->file_date == p->pay_date;
}

static bool is_word(struct view v)
{
	return v.n > 0 && v.n <= PAYROLL_WORD_MAX && !value_has_control(v);
}

/* The file's company, run and pay date are those of the first row that has all three; FILE is written then, and for each new run. */
static void tell_file(struct payroll *p)
{
	struct record r;

	if (!is_word(p->sheet.value[COMPANY]) || !is_word(p->sheet.value[RUN]) || p->pay_date == DATE_NONE)
		return;
	if (p->file_told && same_run(p))
		return;
	if (p->file_told && !p->many_runs) {
		sheet_say(&p->sheet, PAYROLL_MIXED, -1, "company, run or pay date differ from those of the rows before");
		return;
	}
	memcpy(p->company, p->sheet.value[COMPANY].p, p->sheet.value[COMPANY].n);
	p->company_n = p->sheet.value[COMPANY].n;
	memcpy(p->run, p->sheet.value[RUN].p, p->sheet.value[RUN].n);
	p->run_n = p->sheet.value[RUN].n;
	p->file_date = p->pay_date;
	p->file_told = true;
	record_init(&r, RECORD_FILE, p->sheet.row.line);
	record_set_text(&r, F_COMPANY, company_of(p));
	record_set_text(&r, F_RUN, run_of(p));
	record_set_num(&r, F_PAY_DATE, p->file_date);
	sheet_record(&p->sheet, &r);
}

static void put_distribution(const struct payroll *p, struct record *r)
{
	static const struct { enum payroll_column column; enum record_field field; } texts[] = {
		{ BADGE, F_BADGE }, { HCM_ID, F_HCM_ID }, { TRUSTEE, F_TRUSTEE }, { TRUSTEE_ACCOUNT, F_TRUSTEE_ACCOUNT }, { PLAN, F_PLAN },
		{ DISTRIBUTION, F_DISTRIBUTION }, { ADDRESS1, F_ADDRESS1 }, { ADDRESS2, F_ADDRESS2 }, { CITY, F_CITY },
		{ REGION, F_REGION }, { POSTAL_CODE, F_POSTAL_CODE }, { COUNTRY, F_COUNTRY },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		record_set_text(r, texts[i].field, p->sheet.value[texts[i].column]);
	if (p->sheet.value[ROLLOVER].n > 0)
		record_set_num(r, F_ROLLOVER, p->rollover);
	if (p->sheet.value[FEDERAL_TAX].n > 0)
		record_set_num(r, F_FEDERAL_TAX, p->federal);
	if (p->sheet.value[STATE_TAX].n > 0)
		record_set_num(r, F_STATE_TAX, p->state);
}

static void emit_payment(struct payroll *p)
{
	struct record r;

	record_init(&r, RECORD_PAYMENT, p->sheet.row.line);
	record_set_text(&r, F_COMPANY, p->sheet.value[COMPANY]);
	record_set_text(&r, F_RUN, p->sheet.value[RUN]);
	record_set_text(&r, F_PERSON, p->sheet.value[PERSON]);
	record_set_text(&r, F_PARTY, p->sheet.value[NAME]);
	record_set_num(&r, F_PAY_DATE, p->pay_date);
	record_set_num(&r, F_GROSS, p->gross);
	record_set_num(&r, F_DEDUCTIONS, p->deductions);
	record_set_num(&r, F_NET, p->net);
	record_set_num(&r, F_AMOUNT, p->net);
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_text(&r, F_ROUTING, p->sheet.value[ROUTING]);
	record_set_text(&r, F_ACCOUNT, p->sheet.value[ACCOUNT]);
	if (p->account_type != 0)
		record_set_text(&r, F_ACCOUNT_TYPE, (struct view){ &p->account_type, 1 });
	if (p->sheet.value[METHOD].n > 0)
		record_set_text(&r, F_METHOD, p->by_check ? VIEW("CHECK") : VIEW("ACH"));
	if (p->ssn[0] != '\0')
		record_set_text(&r, F_SSN, (struct view){ p->ssn, sizeof(p->ssn) });
	put_distribution(p, &r);
	sheet_record(&p->sheet, &r);
}

/* Rows */

static void compare(struct payroll *p, const char *what, struct view v, int64_t read)
{
	struct buf b = { .max = 200 };
	int64_t claimed;

	if (!sheet_read_amount(v, "USD", &claimed)) {
		sheet_say(&p->sheet, PAYROLL_TRAILER, -1, "the trailer's %s is no amount", what);
	} else if (claimed != read && !p->sums_lost) {
		money_print(&b, claimed, "USD");
		buf_text(&b, ", the rows add up to ");
		money_print(&b, read, "USD");
		sheet_say(&p->sheet, PAYROLL_TRAILER, -1, "the trailer's %s is %s", what, buf_cstr(&b));
	}
	buf_release(&b);
}

static void on_trailer(struct payroll *p)
{
	struct view f[5] = { { NULL, 0 } };
	struct record r;
	int64_t n;

	p->trailer_seen = p->sheet.any = true;
	for (size_t i = 0; i < 5 && i < p->sheet.row.n; i++)
		f[i] = view_trim(p->sheet.row.fields[i]);
	for (size_t i = 5; i < p->sheet.row.n; i++)
		if (view_trim(p->sheet.row.fields[i]).n > 0) {
			sheet_say(&p->sheet, PAYROLL_TRAILER, -1,
				"the trailer has more than count, gross, deductions and net");
			break;
		}
	record_init(&r, RECORD_TOTAL, p->sheet.row.line);
	record_set_text(&r, F_TYPE, VIEW("TRAILER"));
	if (!layout_number(&n, f[1]))
		sheet_say(&p->sheet, PAYROLL_TRAILER, -1, "the trailer's count is no number");
	else if (n != p->sheet.rows)
		sheet_say(&p->sheet, PAYROLL_TRAILER, -1, "the trailer counts %" PRId64 " rows, %" PRId64 " were read", n,
			p->sheet.rows);
	if (layout_number(&n, f[1]))
		record_set_num(&r, F_COUNT, n);
	compare(p, "gross", f[2], p->sums.gross);
	compare(p, "deductions", f[3], p->sums.deductions);
	compare(p, "net", f[4], p->sums.net);
	if (sheet_read_amount(f[2], "USD", &n))
		record_set_num(&r, F_GROSS, n);
	if (sheet_read_amount(f[3], "USD", &n))
		record_set_num(&r, F_DEDUCTIONS, n);
	if (sheet_read_amount(f[4], "USD", &n))
		record_set_num(&r, F_NET, n);
	sheet_record(&p->sheet, &r);
}

static bool all_columns(const struct payroll *p)
{
	for (int c = 0; c < COLUMNS; c++)
		if (p->columns[c].required && !sheet_has(&p->sheet, c))
			return false;
	return true;
}

static void on_row(struct payroll *p)
{
	payroll_check_values(p);
	tell_file(p);
	if (!p->sheet.bad && all_columns(p) && p->net > 0)
		emit_payment(p);
}

static void on_any_row(struct payroll *p)
{
	if (p->trailer_seen) {
		if (!p->said_after)
			sheet_say(&p->sheet, PAYROLL_AFTER_TRAILER, -1,
				"this row stands after the trailer; it and those behind it are not read");
		p->said_after = true;
	} else if (sheet_trailer(&p->sheet)) {
		on_trailer(p);
	} else {
		on_row(p);
	}
}

/* The header */

static void find_unknown(struct payroll *p)
{
	struct buf names = { .max = 160 };
	size_t n = 0;

	for (size_t i = 0; i < p->sheet.row.n; i++) {
		struct view name = view_sub(view_trim(p->sheet.row.fields[i]), 0, 40);

		if (!sheet_is_other(&p->sheet, i))
			continue;
		if (n++ < 3 && !value_has_control(name)) {
			buf_text(&names, n > 1 ? ", " : "");
			buf_view(&names, name);
		}
	}
	if (n > 0)
		sheet_say(&p->sheet, PAYROLL_COLUMN_UNKNOWN, -1, "%zu columns are not used (%s%s)", n, names.failed ? "" :
			buf_cstr(&names), n > 3 ? ", ..." : "");
	buf_release(&names);
}

/* Options and the module */

static void read_options(struct payroll *p)
{
	static const char *const trailer[] = { "optional", "required", NULL };
	static const char *const runs[] = { "one", "many", NULL };
	static const char *const bank_data[] = { "row", "none", NULL };

	p->trailer_required = sheet_choose(&p->sheet, "trailer", trailer) == 1;
	p->many_runs = sheet_choose(&p->sheet, "runs", runs) == 1;
	p->no_bank_data = sheet_choose(&p->sheet, "bank_data", bank_data) == 1;
	for (int c = ROUTING; c <= METHOD; c++)
		p->columns[c].required = !p->no_bank_data;
}

static int payroll_parse(const struct tally_host *host, void *state)
{
	struct payroll *p = state;
	int got = -1;

	memcpy(p->columns, payroll_columns, sizeof(p->columns));
	sheet_init(&p->sheet, host, p->columns, COLUMNS, payroll_findings);
	p->sheet.strict.told = STRICT(PAYROLL_PERSONS_MANY) | STRICT(PAYROLL_NET_ZERO);
	read_options(p);
	if (sheet_open(&p->sheet) == 0 && (got = sheet_header(&p->sheet)) == 1)
		find_unknown(p);
	while (got >= 0 && (got = sheet_next(&p->sheet)) == 1)
		on_any_row(p);
	if (got == 0 && p->sheet.headed && p->trailer_required && !p->trailer_seen)
		sheet_say(&p->sheet, PAYROLL_TRAILER_MISSING, -1, "the register ends without a TRAILER row");
	sheet_close(&p->sheet);
	seen_release(&p->persons);
	return got < 0 || p->sheet.stopped ? -1 : 0;
}

/* A header line that names most of our columns. */
static int payroll_probe(struct view head)
{
	int known = sheet_known(head, payroll_columns, COLUMNS);

	return known >= 10 ? 90 : known >= 6 ? 50 : 0;
}

TALLY_FORMAT(.name = "payroll", .version = "1.0", .state_size = sizeof(struct payroll), .probe = payroll_probe,
	.parse = payroll_parse, .options = payroll_options, .findings = payroll_findings);
