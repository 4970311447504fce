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
	{ NULL, NULL, NULL, NULL },
};

/* Records */

static void emit(struct payroll *p, const struct record *r)
{
	if (!p->stopped && p->host->record(p->host->ctx, r) != 0)
		p->stopped = true;
}

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
	return view_eq(company_of(p), p->value[COMPANY]) && view_eq(run_of(p), p->value[RUN]) &&
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

	if (!is_word(p->value[COMPANY]) || !is_word(p->value[RUN]) || p->pay_date == DATE_NONE)
		return;
	if (p->file_told && same_run(p))
		return;
	if (p->file_told && !p->many_runs) {
		payroll_find_row(p, PAYROLL_MIXED, "company, run or pay date differ from those of the rows before");
		return;
	}
	memcpy(p->company, p->value[COMPANY].p, p->value[COMPANY].n);
	p->company_n = p->value[COMPANY].n;
	memcpy(p->run, p->value[RUN].p, p->value[RUN].n);
	p->run_n = p->value[RUN].n;
	p->file_date = p->pay_date;
	p->file_told = true;
	record_init(&r, RECORD_FILE, p->row.line);
	record_set_text(&r, F_COMPANY, company_of(p));
	record_set_text(&r, F_RUN, run_of(p));
	record_set_num(&r, F_PAY_DATE, p->file_date);
	emit(p, &r);
}

static void put_distribution(const struct payroll *p, struct record *r)
{
	static const struct { enum payroll_column column; enum record_field field; } texts[] = {
		{ BADGE, F_BADGE }, { HCM_ID, F_HCM_ID }, { TRUSTEE, F_TRUSTEE }, { TRUSTEE_ACCOUNT, F_TRUSTEE_ACCOUNT }, { PLAN, F_PLAN },
		{ DISTRIBUTION, F_DISTRIBUTION }, { ADDRESS1, F_ADDRESS1 }, { ADDRESS2, F_ADDRESS2 }, { CITY, F_CITY },
		{ REGION, F_REGION }, { POSTAL_CODE, F_POSTAL_CODE }, { COUNTRY, F_COUNTRY },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		record_set_text(r, texts[i].field, p->value[texts[i].column]);
	if (p->value[ROLLOVER].n > 0)
		record_set_num(r, F_ROLLOVER, p->rollover);
	if (p->value[FEDERAL_TAX].n > 0)
		record_set_num(r, F_FEDERAL_TAX, p->federal);
	if (p->value[STATE_TAX].n > 0)
		record_set_num(r, F_STATE_TAX, p->state);
}

static void emit_payment(struct payroll *p)
{
	struct record r;

	record_init(&r, RECORD_PAYMENT, p->row.line);
	record_set_text(&r, F_COMPANY, p->value[COMPANY]);
	record_set_text(&r, F_RUN, p->value[RUN]);
	record_set_text(&r, F_PERSON, p->value[PERSON]);
	record_set_text(&r, F_PARTY, p->value[NAME]);
	record_set_num(&r, F_PAY_DATE, p->pay_date);
	record_set_num(&r, F_GROSS, p->gross);
	record_set_num(&r, F_DEDUCTIONS, p->deductions);
	record_set_num(&r, F_NET, p->net);
	record_set_num(&r, F_AMOUNT, p->net);
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_text(&r, F_ROUTING, p->value[ROUTING]);
	record_set_text(&r, F_ACCOUNT, p->value[ACCOUNT]);
	if (p->account_type != 0)
		record_set_text(&r, F_ACCOUNT_TYPE, (struct view){ &p->account_type, 1 });
	if (p->value[METHOD].n > 0)
		record_set_text(&r, F_METHOD, p->by_check ? VIEW("CHECK") : VIEW("ACH"));
	if (p->ssn[0] != '\0')
		record_set_text(&r, F_SSN, (struct view){ p->ssn, sizeof(p->ssn) });
	put_distribution(p, &r);
	emit(p, &r);
}

/* Rows */

static void compare(struct payroll *p, const char *what, struct view v, int64_t read)
{
	struct buf b = { .max = 200 };
	int64_t claimed;

	if (!payroll_read_amount(v, &claimed)) {
		payroll_find_row(p, PAYROLL_TRAILER, "the trailer's %s is no amount", what);
	} else if (claimed != read && !p->sums_lost) {
		money_print(&b, claimed, "USD");
		buf_text(&b, ", the rows add up to ");
		money_print(&b, read, "USD");
		payroll_find_row(p, PAYROLL_TRAILER, "the trailer's %s is %s", what, buf_cstr(&b));
	}
	buf_release(&b);
}

static bool small_number(struct view v, int64_t *out)
{
	*out = 0;
	if (v.n == 0 || v.n > 18 || !payroll_all_digits(v))
		return false;
	for (size_t i = 0; i < v.n; i++)
		*out = *out * 10 + (v.p[i] - '0');
	return true;
}

static void on_trailer(struct payroll *p)
{
	struct view f[5] = { { NULL, 0 } };
	struct record r;
	int64_t n;

	p->trailer_seen = true;
	for (size_t i = 0; i < 5 && i < p->row.n; i++)
		f[i] = view_trim(p->row.fields[i]);
	for (size_t i = 5; i < p->row.n; i++)
		if (view_trim(p->row.fields[i]).n > 0) {
			payroll_find_row(p, PAYROLL_TRAILER,
				"the trailer has more than count, gross, deductions and net");
			break;
		}
	record_init(&r, RECORD_TOTAL, p->row.line);
	record_set_text(&r, F_TYPE, VIEW("TRAILER"));
	if (!small_number(f[1], &n))
		payroll_find_row(p, PAYROLL_TRAILER, "the trailer's count is no number");
	else if (n != p->rows)
		payroll_find_row(p, PAYROLL_TRAILER, "the trailer counts %" PRId64 " rows, %" PRId64 " were read", n,
			p->rows);
	if (small_number(f[1], &n))
		record_set_num(&r, F_COUNT, n);
	compare(p, "gross", f[2], p->sums.gross);
	compare(p, "deductions", f[3], p->sums.deductions);
	compare(p, "net", f[4], p->sums.net);
	if (payroll_read_amount(f[2], &n))
		record_set_num(&r, F_GROSS, n);
	if (payroll_read_amount(f[3], &n))
		record_set_num(&r, F_DEDUCTIONS, n);
	if (payroll_read_amount(f[4], &n))
		record_set_num(&r, F_NET, n);
	emit(p, &r);
}

static void take_values(struct payroll *p)
{
	for (int c = 0; c < COLUMNS; c++)
		p->value[c] = p->at[c] >= 0 && (size_t)p->at[c] < p->row.n ? view_trim(p->row.fields[p->at[c]]) :
			(struct view){ NULL, 0 };
}

static bool all_columns(const struct payroll *p)
{
	for (int c = 0; c < COLUMNS; c++)
		if (p->at[c] < 0 && payroll_needs(p, (enum payroll_column)c))
			return false;
	return true;
}

static void on_row(struct payroll *p)
{
	p->rows++;
	p->bad = false;
	if (p->row.n != p->header_n) {
		payroll_find_row(p, PAYROLL_FIELDS, "the row has %zu columns, the header has %zu", p->row.n,
			p->header_n);
		return;
	}
	take_values(p);
	payroll_check_values(p);
	tell_file(p);
	if (!p->bad && all_columns(p) && p->net > 0)
		emit_payment(p);
}

static void on_any_row(struct payroll *p)
{
	if (p->row.fault != ROW_GOOD) {
		p->rows++;
		payroll_find_row(p, PAYROLL_CSV, "%s", csv_fault_text(p->row.fault));
	} else if (p->trailer_seen) {
		if (!p->said_after)
			payroll_find_row(p, PAYROLL_AFTER_TRAILER,
				"this row stands after the trailer; it and those behind it are not read");
		p->said_after = true;
	} else if (value_is(view_trim(p->row.fields[0]), "TRAILER")) {
		on_trailer(p);
	} else {
		on_row(p);
	}
}

/* The header */

static struct view option(struct payroll *p, const char *name)
{
	return p->host->option == NULL ? (struct view){ NULL, 0 } : p->host->option(p->host->ctx, name);
}

static bool is_wanted(const struct payroll *p, size_t i)
{
	for (int c = 0; c < COLUMNS; c++)
		if (p->at[c] == (int)i)
			return true;
	return false;
}

static void find_unknown(struct payroll *p)
{
	struct buf names = { .max = 160 };
	size_t n = 0;

	for (size_t i = 0; i < p->row.n; i++) {
		struct view name = view_sub(view_trim(p->row.fields[i]), 0, 40);

		if (is_wanted(p, i))
			continue;
		if (n++ < 3 && !value_has_control(name)) {
			buf_text(&names, n > 1 ? ", " : "");
			buf_view(&names, name);
		}
	}
	if (n > 0)
		payroll_find_row(p, PAYROLL_COLUMN_UNKNOWN, "%zu columns are not used (%s%s)", n, names.failed ? "" :
			buf_cstr(&names), n > 3 ? ", ..." : "");
	buf_release(&names);
}

static void read_header(struct payroll *p)
{
	for (int c = 0; c < COLUMNS; c++) {
		struct view name = option(p, payroll_columns[c].option);
		struct csv_row rest = p->row;
		int again;

		if (name.n == 0)
			name = view_of(payroll_columns[c].standard);
		p->at[c] = csv_named(&p->row, name);
		if (p->at[c] < 0) {
			if (payroll_needs(p, (enum payroll_column)c))
				payroll_find(p, PAYROLL_COLUMN_MISSING, (enum payroll_column)c,
					"the column %.40s is not in the header", name.p);
			continue;
		}
		rest.fields += p->at[c] + 1;
		rest.n -= (size_t)p->at[c] + 1;
		again = csv_named(&rest, name);
		if (again >= 0)
			payroll_find(p, PAYROLL_COLUMN_TWICE, (enum payroll_column)c,
				"the column %.40s stands twice in the header", name.p);
	}
	p->header_n = p->row.n;
	find_unknown(p);
}

/* Options and the module */

static int choose(struct payroll *p, const char *name, const char *const *words)
{
	struct view v = option(p, name);

	if (v.p == NULL)
		return 0;
	for (int i = 0; words[i] != NULL; i++)
		if (view_eq(v, view_of(words[i])))
			return i;
	payroll_find_file(p, PAYROLL_OPTION, "option %s has a value that is not known", name);
	return 0;
}

static char read_options(struct payroll *p)
{
	static const char *const delimiters[] = { "comma", "semicolon", "tab", "bar", NULL };
	static const char *const dates[] = { "iso", "us", "compact", NULL };
	static const char *const trailer[] = { "optional", "required", NULL };
	static const char *const runs[] = { "one", "many", NULL };
	static const char *const bank_data[] = { "row", "none", NULL };

	p->dates = choose(p, "dates", dates);
	p->trailer_required = choose(p, "trailer", trailer) == 1;
	p->many_runs = choose(p, "runs", runs) == 1;
	p->no_bank_data = choose(p, "bank_data", bank_data) == 1;
	return ",;\t|"[choose(p, "delimiter", delimiters)];
}

static int read_rows(struct payroll *p, struct csv_reader *csv)
{
	bool header = false;
	int got = 0;

	while (!p->stopped && (got = csv_next(csv, &p->row)) == 1) {
		if (header) {
			on_any_row(p);
			continue;
		}
		header = true;
		if (csv_had_bom(csv))
			payroll_find_row(p, PAYROLL_BOM, "the file begins with a byte order mark; it is skipped");
		if (p->row.fault != ROW_GOOD)
			payroll_find_row(p, PAYROLL_CSV, "%s", csv_fault_text(p->row.fault));
		read_header(p);
	}
	if (p->stopped || got < 0)
		return -1;
	if (!header)
		payroll_find_file(p, PAYROLL_EMPTY, "the register is empty");
	else if (p->rows == 0)
		payroll_find_file(p, PAYROLL_NO_ROWS, "the register has a header and no rows");
	if (header && p->trailer_required && !p->trailer_seen)
		payroll_find_file(p, PAYROLL_TRAILER_MISSING, "the register ends without a TRAILER row");
	return p->stopped ? -1 : 0;
}

static int payroll_parse(const struct tally_host *host, void *state)
{
	struct payroll *p = state;
	struct csv_reader *csv = NULL;
	int rc = -1;

	p->host = host;
	for (int c = 0; c < COLUMNS; c++)
		p->at[c] = -1;
	if (csv_open(&csv, host, read_options(p)) == -1)
		goto out;
	rc = read_rows(p, csv);
out:
	csv_close(csv);
	seen_release(&p->persons);
	return rc;
}

/* A header line that names most of our columns, whatever stands between them. */
static int payroll_probe(struct view head)
{
	struct view line, name;
	int known = 0;

	if (view_starts(head, VIEW("\xef\xbb\xbf")))
		head = view_sub(head, 3, head.n);
	if (head.n == 0 || !view_cut(&head, '\n', &line))
		return 0;
	while (line.n > 0) {
		size_t n = 0;

		while (n < line.n && line.p[n] != ',' && line.p[n] != ';' && line.p[n] != '\t' && line.p[n] != '|' &&
			line.p[n] != '\r')
			n++;
		name = view_trim(view_sub(line, 0, n));
		line = view_sub(line, n + 1, line.n);
		if (name.n >= 2 && *name.p == '"' && name.p[name.n - 1] == '"')
			name = view_sub(name, 1, name.n - 2);
		for (int c = 0; c < COLUMNS; c++)
			known += value_is(name, payroll_columns[c].standard);
	}
	return known >= 10 ? 90 : known >= 6 ? 50 : 0;
}

TALLY_FORMAT(.name = "payroll", .version = "1.0", .state_size = sizeof(struct payroll), .probe = payroll_probe,
	.parse = payroll_parse, .options = payroll_options, .findings = payroll_findings);
