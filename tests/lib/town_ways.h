/* SPDX-License-Identifier: Apache-2.0 */
/*
 * town_ways - the town of town_route.h with everybody whom a run of several ways meets: a bank, a printer, a trustee, and the registers
 *
 * One account "777", checks from 5001, rollovers funded by the bank's ACH outbound.  Each run above nothing needs one person, above
 * `two_above` two.  The bank's verdicts come by bank/acks when `acks` says that it gives any.
 */
#pragma once

#include "tests/lib/town_route.h"

#define PAY_DATE 20767			/* D1, Tuesday 2026-11-10 */

static struct partner partners[4];
static struct inbound bank_in[1], hr_in[1], printer_in[2], trustee_in[2];
static struct outbound bank_out[2], printer_out[1], trustee_out[1];
static struct approval_rule rules[2];

static void town_report(const char *peer, const struct msg *m)
{
	struct buf reply = { 0 };

	if (m->type != M_REPORT)
		return;
	wire_begin(&reply, M_REPORTED);
	wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
	wire_text(&reply, T_NAME, "r");
	town_tell(PAIR_REPORT, peer, &reply);
}

static void make_ways(int64_t two_above, bool acks)
{
	hr_in[0] = (struct inbound){ .name = "register", .purpose = "payroll", .format = "", .pay_by = "bank/ach", .check_by = "printer/checks",
		.rollover_by = "trustee/rollovers", .people = PEOPLE_ROW };
	bank_in[0] = (struct inbound){ .name = "acks", .purpose = "ack", .format = "" };
	printer_in[0] = (struct inbound){ .name = "confirmations", .purpose = "confirmation", .format = "" };
	printer_in[1] = trustee_in[1] = (struct inbound){ .name = "acks", .purpose = "ack", .format = "" };
	trustee_in[0] = (struct inbound){ .name = "confirmations", .purpose = "confirmation", .format = "" };
	bank_out[0] = (struct outbound){ .name = "ach", .path = "inbox", .format = "any", .file_name = "PAY{date}{modifier}.ach", .immediate_destination = "123456780",
		.immediate_origin = "1234567890", .destination_name = "", .origin_name = "", .company_name = "ACME", .company_id = "1234567890", .odfi = "12345678",
		.entry_description = "PAYROLL", .sec = "PPD", .offset_account = "777", .cut_off = "17:00", .lead_days = 1, .coalesce_ms = 20, .coalesce_max_ms = 40 };
	bank_out[1] = (struct outbound){ .name = "pospay", .path = "pp", .format = "any", .file_name = "PP{date}-{modifier}.txt" };
	printer_out[0] = (struct outbound){ .name = "checks", .path = "in", .format = "any", .file_name = "CHK{date}-{modifier}.csv", .check_account = "777",
		.check_routing = "123456780", .first_serial = "5001", .positive_pay = "bank/pospay", .memo = "", .payee_length = 40 };
	trustee_out[0] = (struct outbound){ .name = "rollovers", .path = "in", .format = "any", .file_name = "RO{date}-{modifier}.csv", .funded_by = "bank/ach",
		.trustee = "Summit Trust", .plan = "PSP", .trustee_routing = "231380104", .trustee_account = "998877", .trustee_type = ACCOUNT_SAVINGS };
	partners[0] = (struct partner){ .name = "hr", .timezone = "America/New_York", .calendar = "federal-reserve", .in = hr_in, .n_in = 1 };
	partners[1] = (struct partner){ .name = "bank", .timezone = "America/New_York", .calendar = "federal-reserve", .in = bank_in, .n_in = acks ? 1 : 0, .out = bank_out, .n_out = 2 };
	partners[2] = (struct partner){ .name = "printer", .timezone = "America/New_York", .calendar = "federal-reserve", .in = printer_in, .n_in = 2, .out = printer_out, .n_out = 1 };
	partners[3] = (struct partner){ .name = "trustee", .timezone = "America/New_York", .calendar = "federal-reserve", .in = trustee_in, .n_in = 2, .out = trustee_out, .n_out = 1 };
	rules[0] = (struct approval_rule){ .partner = "", .ccy = "USD", .limit_minor = 0, .persons = 1 };
	rules[1] = (struct approval_rule){ .partner = "bank", .ccy = "USD", .limit_minor = two_above, .persons = 2 };
	t.config = (struct config){ .demo = true, .demo_start = "2026-11-09T13:00:00Z", .return_days = 90, .partners = partners, .n_partners = 4, .rules = rules, .n_rules = 2 };
	town_open();
}

/* ---- runs ---- */

struct row { const char *person, *account, *method; int64_t net, rollover; };

TOWN_UNUSED static struct town_file *register_file(const char *run, const struct row *rows, size_t n)
{
	struct town_file *f = town_file(run);
	struct record r;

	record_init(&r, RECORD_FILE, 1);
	record_set_text(&r, F_COMPANY, VIEW("ACME"));
	record_set_text(&r, F_RUN, view_of(run));
	record_set_num(&r, F_PAY_DATE, PAY_DATE);
	town_put(f, &r);
	for (size_t i = 0; i < n; i++) {
		record_init(&r, RECORD_PAYMENT, 0);
		record_set_text(&r, F_PERSON, view_of(rows[i].person));
		record_set_text(&r, F_PARTY, VIEW("Ada Lovelace"));
		record_set_text(&r, F_ACCOUNT, view_of(rows[i].account));
		record_set_text(&r, F_ROUTING, VIEW("231380104"));
		record_set_text(&r, F_METHOD, view_of(rows[i].method));
		record_set_text(&r, F_SSN, VIEW("900112233"));
		record_set_text(&r, F_CITY, VIEW("Springfield"));
		record_set_num(&r, F_PAY_DATE, PAY_DATE);
		record_set_num(&r, F_NET, rows[i].net);
		record_set_num(&r, F_AMOUNT, rows[i].net);
		if (rows[i].rollover != 0) {
			record_set_num(&r, F_ROLLOVER, rows[i].rollover);
			record_set_text(&r, F_TRUSTEE, VIEW("SUMMIT TRUST"));
			record_set_text(&r, F_TRUSTEE_ACCOUNT, VIEW("IRA-4711"));
		}
		town_put(f, &r);
	}
	return f;
}

/* A statement is known by its address: one address for ever for one text. */
TOWN_UNUSED static const char *literal(const char *text)
{
	static char all[128][200];
	size_t i = 0;

	while (all[i][0] != '\0' && strcmp(all[i], text) != 0)
		i++;
	snprintf(all[i], sizeof(all[0]), "%s", text);
	return all[i];
}

TOWN_UNUSED static int64_t of_batch(const char *what, const char *kind)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT %s FROM batch WHERE kind='%s' ORDER BY id DESC LIMIT 1", what, kind);
	return figure(literal(sql));
}

TOWN_UNUSED static int64_t batch_of(const char *kind)
{
	return of_batch("id", kind);
}

TOWN_UNUSED static void approve(const char *kind, int who)
{
	town_decide("approve", 'B', batch_of(kind), who);
}

/* The n-th record of a kind in the bytes of the artifact of that outbound, as a text field. */
TOWN_UNUSED static const char *in_file(const char *outbound, uint32_t kind, int n, enum record_field f)
{
	static char out[200];
	struct buf bytes = { 0 };
	struct view rest;
	struct record rec;
	struct err e;
	uint64_t size;
	char chunk[65536], sql[160], sha[65];
	ssize_t got;
	int fd;

	snprintf(sql, sizeof(sql), "SELECT sha256 FROM artifact WHERE outbound='%s' ORDER BY id DESC LIMIT 1", outbound);
	snprintf(sha, sizeof(sha), "%s", text_of(literal(sql)));
	out[0] = '\0';
	if (spool_object(t.route->out, sha, &fd, &size, &e) != 0)
		return out;
	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_put(&bytes, chunk, (size_t)got);
	close(fd);
	for (rest = buf_as_view(&bytes); wire_cut_record(&rest, &rec) == 1;)
		if (rec.kind == kind && n-- == 0)
			snprintf(out, sizeof(out), "%.*s", VIEW_FMT(record_text(&rec, f)));
	buf_release(&bytes);
	return out;
}

TOWN_UNUSED static int place(const char *start)
{
	for (size_t i = 0; i < t.n_delivered; i++)
		if (strncmp(t.delivered[i], start, strlen(start)) == 0)
			return (int)i;
	return -1;
}

/* ---- questions ---- */

TOWN_UNUSED static bool answer_says(const char *verb, const char *words)
{
	struct buf m = { 0 };
	bool there;

	wire_begin(&m, M_COMMAND);
	wire_num(&m, T_JOB, 1);
	wire_text(&m, T_VERB, verb);
	wire_num(&m, T_UID, 1002);
	town_tell(PAIR_CONTROL, "control.1", &m);
	town_letters();
	there = strstr(buf_cstr(&t.answer), words) != NULL;
	if (!there)
		printf("# it says: %.1500s\n", buf_cstr(&t.answer));
	return there;
}

/* ---- answers ---- */

/* The partner's verdict on one file of ours. */
TOWN_UNUSED static void ack(const char *channel, const char *name, const char *file_name, const char *verdict)
{
	struct town_file *f = town_file(name);
	struct record r;

	record_init(&r, RECORD_ACK, 1);
	record_set_text(&r, F_FILE_NAME, view_of(file_name));
	record_set_text(&r, F_STATUS, view_of(verdict));
	town_put(f, &r);
	town_drop(f, channel, name);
}

/* A signed act about an object for a day; NULL: no day is said. */
TOWN_UNUSED static void dated(const char *act, char letter, int64_t id, const char *sha, const char *day, int who)
{
	struct statement s = town_statement(act, letter, id, who);
	char arg[40];

	snprintf(s.reason, sizeof(s.reason), "corrected");
	snprintf(s.sha256, sizeof(s.sha256), "%s", sha);
	snprintf(arg, sizeof(arg), "effective=%s", day != NULL ? day : "");
	town_command(&s, who, day != NULL ? arg : NULL);
}

/* Sends an artifact again for another day; a list of checks has none. */
TOWN_UNUSED static void resend(int64_t artifact, const char *day, int who)
{
	char sha[DIGEST_HEX], both[DIGEST_HEX];
	struct err e = { 0 };

	people_digest(t.route, 'A', artifact, sha, &e);
	resend_sha256(sha, day != NULL ? day : "", both);
	dated("resend", 'A', artifact, both, day, who);
}

TOWN_UNUSED static void redate(int64_t batch, const char *day, int who)
{
	struct batch_totals totals;
	char sha[DIGEST_HEX];
	struct err e = { 0 };

	run_totals(t.route, batch, &totals, &e);
	snprintf(totals.effective_date, sizeof(totals.effective_date), "%s", day);
	totals_sha256(&totals, sha);
	dated("redate", 'B', batch, sha, day, who);
}
