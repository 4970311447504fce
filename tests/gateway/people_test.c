/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_test - who is paid to which account: versions of people, the join of a pay run, changes that must wait
 *
 * Route with everybody around it played (tests/lib/town_route.h).  D0 is Monday 2026-11-09, day 20766; the runs are paid on D1.
 */
#include "tests/lib/town_route.h"

#include "gateway/state.h"

#define D0 20766
#define PAY_DATE 20767

static struct partner partners[4];
static struct inbound hcm_in[1], hr_in[2];
static struct outbound ach, checks, answers_to[2];
static struct approval_rule rule;

/* report writes what it is told: a notice's rows, page by page, as the JSON that route gives */
static struct { int64_t job, question; char id[24], name[80]; struct buf text; } paper;
static struct { char name[80]; struct buf text; } notices[64];
static size_t n_notices;
static const char *refused;			/* the notice that report cannot write, once */
static void (*before_page)(void);		/* something happens while a notice is being written */

static void ask_page(const char *peer, int64_t cursor)
{
	struct buf m = { 0 };
	char arg[40];

	if (before_page != NULL)
		before_page();
	snprintf(arg, sizeof(arg), "id=%s", paper.id);
	wire_begin(&m, M_COMMAND);
	wire_num(&m, T_JOB, ++paper.question);
	wire_text(&m, T_VERB, "notice.rows");
	wire_text(&m, T_ARG, arg);
	wire_num(&m, T_UID, 1);
	wire_num(&m, T_CURSOR, cursor);
	town_tell(PAIR_REPORT, peer, &m);
}

static void keep_notice(const char *peer)
{
	struct buf reply = { 0 };
	char sha[65];

	digest_hex(buf_as_view(&paper.text), sha);
	wire_begin(&reply, M_REPORTED);
	wire_num(&reply, T_JOB, paper.job);
	wire_text(&reply, T_SHA256, sha);
	wire_num(&reply, T_SIZE, (int64_t)paper.text.n);
	town_tell(PAIR_REPORT, peer, &reply);
	snprintf(notices[n_notices].name, sizeof(notices[0].name), "%s", paper.name);
	buf_view(&notices[n_notices++].text, buf_as_view(&paper.text));
	paper.job = 0;
}

static void town_report(const char *peer, const struct msg *m)
{
	struct buf reply = { 0 };

	if (m->type == M_NOTICE) {
		buf_clear(&paper.text);
		paper.job = msg_num_or(m, T_JOB, 0);
		msg_cstr(m, T_ARG, paper.id, sizeof(paper.id));
		msg_cstr(m, T_NAME, paper.name, sizeof(paper.name));
		if (refused != NULL && strcmp(refused, paper.name) == 0) {
			refused = NULL;
			wire_begin(&reply, M_JOB_FAILED);
			wire_num(&reply, T_JOB, paper.job);
			wire_text(&reply, T_TEXT, "the disk is full");
			town_tell(PAIR_REPORT, peer, &reply);
			paper.job = 0;
			return;
		}
		ask_page(peer, 0);
	} else if (m->type == M_ANSWER && paper.job != 0 && msg_num_or(m, T_JOB, -1) == paper.question) {
		buf_view(&paper.text, msg_text(m, T_JSON));
		if (msg_num_or(m, T_CURSOR, 0) > 0)
			ask_page(peer, msg_num_or(m, T_CURSOR, 0));
		else
			keep_notice(peer);
	} else if (m->type == M_REPORT) {
		wire_begin(&reply, M_REPORTED);
		wire_num(&reply, T_JOB, msg_num_or(m, T_JOB, 0));
		wire_text(&reply, T_NAME, "r");
		town_tell(PAIR_REPORT, peer, &reply);
	}
}

static void forget_notices(void)
{
	while (n_notices > 0)
		buf_release(&notices[--n_notices].text);
	buf_release(&paper.text);
	paper.job = 0;
	before_page = NULL;
}

/* What the last notice of that name says; "" = there is none. */
static const char *notice(const char *name)
{
	for (size_t i = n_notices; i-- > 0;)
		if (strcmp(notices[i].name, name) == 0)
			return buf_cstr(&notices[i].text);
	return "";
}

static bool says(const char *name, const char *text)
{
	bool there = strstr(notice(name), text) != NULL;

	if (!there)
		printf("# %s: %.600s\n", name, notice(name));
	return there;
}

static void make_town(int quarantine_days)
{
	hcm_in[0] = (struct inbound){ .name = "people", .purpose = "people", .format = "", .names = NAMES_REUSED };
	hr_in[0] = (struct inbound){ .name = "register", .purpose = "payroll", .format = "", .pay_by = "bank/ach", .people = PEOPLE_FEED, .people_from = "hcm/people",
		.check_by = "", .rollover_by = "" };
	hr_in[1] = (struct inbound){ .name = "own", .purpose = "payroll", .format = "", .pay_by = "bank/ach", .people = PEOPLE_ROW, .check_by = "", .rollover_by = "" };
	ach = (struct outbound){ .name = "ach", .path = "inbox", .format = "any", .file_name = "PAY{date}{modifier}.ach", .immediate_destination = "123456780",
		.immediate_origin = "1234567890", .destination_name = "", .origin_name = "", .company_name = "ACME", .company_id = "1234567890", .odfi = "12345678",
		.entry_description = "PAYROLL", .sec = "PPD", .offset_account = "777", .cut_off = "17:00", .lead_days = 1, .coalesce_ms = 20, .coalesce_max_ms = 40,
		.check_account = "", .check_routing = "", .first_serial = "", .positive_pay = "", .memo = "", .funded_by = "", .trustee = "", .plan = "",
		.trustee_routing = "", .trustee_account = "" };
	for (int i = 0; i < 2; i++)
		answers_to[i] = (struct outbound){ .name = "answers", .path = "back", .format = "notice", .file_name = "" };
	hcm_in[0].answer_to = "hcm/answers";
	hr_in[0].answer_to = "hr/answers";
	partners[0] = (struct partner){ .name = "hcm", .timezone = "America/New_York", .calendar = "federal-reserve", .in = hcm_in, .n_in = 1, .out = &answers_to[0], .n_out = 1 };
	partners[1] = (struct partner){ .name = "hr", .timezone = "America/New_York", .calendar = "federal-reserve", .in = hr_in, .n_in = 2, .out = &answers_to[1], .n_out = 1 };
	partners[2] = (struct partner){ .name = "bank", .timezone = "America/New_York", .calendar = "federal-reserve", .out = &ach, .n_out = 1 };
	checks = (struct outbound){ .name = "checks", .path = "in", .format = "any", .file_name = "CHK{date}-{modifier}.csv", .check_account = "777", .check_routing = "123456780",
		.first_serial = "5001", .positive_pay = "", .memo = "", .payee_length = 40, .company_name = "", .odfi = "", .immediate_destination = "", .funded_by = "" };
	partners[3] = (struct partner){ .name = "printer", .timezone = "America/New_York", .calendar = "federal-reserve", .out = &checks, .n_out = 1 };
	rule = (struct approval_rule){ .partner = "", .ccy = "USD", .limit_minor = 1000, .persons = 1 };
	t.config = (struct config){ .demo = true, .demo_start = "2026-11-09T13:00:00Z", .return_days = 90, .partners = partners, .n_partners = 4, .rules = &rule, .n_rules = 1,
		.change_quarantine_days = quarantine_days };
	town_open();
}

/* ---- what feeds say ---- */

static struct town_file *people_file(const char *id)
{
	struct town_file *f = town_file(id);
	struct record r;

	record_init(&r, RECORD_FILE, 1);
	record_set_text(&r, F_SENDER, VIEW("HCM"));
	record_set_text(&r, F_FILE_ID, view_of(id));
	record_set_num(&r, F_CREATED_DATE, D0);
	town_put(f, &r);
	return f;
}

struct person { const char *id, *name, *account, *hcm_id, *badge; int from, to; };

static void put_person(struct town_file *f, struct person p)
{
	struct record r;

	record_init(&r, RECORD_PERSON, 0);
	record_set_text(&r, F_PERSON, view_of(p.id));
	record_set_text(&r, F_PARTY, view_of(p.name));
	record_set_text(&r, F_ACCOUNT, view_of(p.account));
	record_set_text(&r, F_ROUTING, p.account != NULL ? VIEW("231380104") : VIEW(""));
	record_set_text(&r, F_ACCOUNT_TYPE, VIEW("C"));
	record_set_text(&r, F_METHOD, VIEW("ACH"));
	record_set_text(&r, F_HCM_ID, view_of(p.hcm_id));
	record_set_text(&r, F_BADGE, view_of(p.badge));
	record_set_text(&r, F_CITY, VIEW("Springfield"));
	record_set_num(&r, F_VALID_FROM, p.from);
	if (p.to != 0)
		record_set_num(&r, F_VALID_TO, p.to);
	town_put(f, &r);
}

static struct town_file *register_file(const char *run)
{
	struct town_file *f = town_file(run);
	struct record r;

	record_init(&r, RECORD_FILE, 1);
	record_set_text(&r, F_COMPANY, VIEW("ACME"));
	record_set_text(&r, F_RUN, view_of(run));
	record_set_num(&r, F_PAY_DATE, PAY_DATE);
	town_put(f, &r);
	return f;
}

static void put_row(struct town_file *f, const char *person, int64_t net, const char *account)
{
	struct record r;

	record_init(&r, RECORD_PAYMENT, 0);
	record_set_text(&r, F_PERSON, view_of(person));
	record_set_text(&r, F_PARTY, VIEW("As Payroll Writes"));
	record_set_text(&r, F_ACCOUNT, view_of(account));
	record_set_text(&r, F_ROUTING, account != NULL ? VIEW("231380104") : VIEW(""));
	record_set_text(&r, F_ACCOUNT_TYPE, account != NULL ? VIEW("C") : VIEW(""));
	record_set_text(&r, F_METHOD, VIEW("ACH"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_PAY_DATE, PAY_DATE);
	record_set_num(&r, F_NET, net);
	record_set_num(&r, F_AMOUNT, net);
	town_put(f, &r);
}

/* ---- versions ---- */

static void versions(void)
{
	struct town_file *f;

	make_town(5);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", "1111", "H1", "B1", 18000, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", "H2", "B2", 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	ok(figure("SELECT state FROM parcel") == PARCEL_DONE && figure("SELECT count(*) FROM person") == 2, "a people file becomes a version a person");
	ok(figure("SELECT count(*) FROM person WHERE feed='hcm/people' AND hcm_id='H1' AND badge='B1' AND valid_from=18000 AND valid_to IS NULL AND changed_on IS NULL") == 1,
	   "a version keeps its aliases and its days, and the first one of a person is no change");
	f = people_file("x2");
	put_person(f, (struct person){ "E1", "Ada", "1111", "H1", "B1", 18000, 0 });
	put_person(f, (struct person){ "E2", "Bob", "9999", "H2", "B2", 18000, 0 });
	put_person(f, (struct person){ "E3", "Cem", "3333", "H3", "B3", 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	ok(figure("SELECT count(*) FROM parcel WHERE state=6") == 2, "the second delivery under the fixed name works");
	ok(figure("SELECT count(*) FROM person") == 4 && figure("SELECT count(*) FROM person WHERE person='E1'") == 1, "an unchanged person makes no new version");
	ok(figure("SELECT superseded_by FROM person WHERE person='E2' AND version=1") == figure("SELECT id FROM person WHERE person='E2' AND version=2"),
	   "other data for the same day supersede what was said of it");
	is_int(figure("SELECT changed_on FROM person WHERE person='E2' AND version=2"), D0, "what the feed tells late of an earlier day is changed on the day it tells it");
	is_str(text_of("SELECT text FROM parcel WHERE id=2"), "1 persons are new, 1 versions are new, 1 are as before", "the file says what was new in it");
	f = people_file("x3");
	put_person(f, (struct person){ "E1", "Ada", "1111", "H1", "B1", 20000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	is_int(figure("SELECT count(*) FROM person WHERE person='E1'"), 1, "the same data from a later day on make no version either");
	f = people_file("x2");
	put_person(f, (struct person){ "E9", "Eve", "9", NULL, NULL, 18000, 0 });
	digest_hex(VIEW("other bytes"), f->sha);
	town_drop(f, "hcm/people", "people.xml");
	ok(figure("SELECT count(*) FROM parcel WHERE why='DUPLICATE_KEY'") == 1 && figure("SELECT count(*) FROM person WHERE person='E9'") == 0,
	   "another file with an extract's id and date is held");
	forget_notices();
	town_close();
}

/* ---- the join ---- */

static const char *why_of(const char *person)
{
	return text_for("SELECT ifnull(why,'') FROM item WHERE person=? ORDER BY id DESC", person);
}

static const char *account_of(const char *person)
{
	return text_for("SELECT ifnull(account,'') FROM item WHERE person=? ORDER BY id DESC", person);
}

static void join(void)
{
	struct town_file *f;

	make_town(0);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", "1111", "H1", "B1", 18000, 20000 });
	put_person(f, (struct person){ "E1", "Ada", "1112", "H1", "B1", 20001, 0 });
	put_person(f, (struct person){ "E1", "Ada", "1113", "H1", "B1", PAY_DATE + 1, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", "H2", "B2", 18000, 0 });
	put_person(f, (struct person){ "E3", "Cem", "3333", "H3", "B7", 18000, 0 });
	put_person(f, (struct person){ "E4", "Dee", "4444", "H4", "B7", 18000, 0 });
	put_person(f, (struct person){ "E5", "Eli", "5555", "H5", "B5", 18000, 0 });
	put_person(f, (struct person){ "E5", "Eli", "5556", "H5", "B5", 19000, 20500 });
	put_person(f, (struct person){ "E6", "Fay", NULL, "H6", "B6", 18000, 0 });
	put_person(f, (struct person){ "E7", "Gus", "7777", "H7", "B7x", PAY_DATE, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = register_file("r1");
	put_row(f, "E1", 10000, NULL);
	put_row(f, "H2", 20000, "666");
	put_row(f, "B7", 30000, NULL);
	put_row(f, "E5", 40000, NULL);
	put_row(f, "E6", 50000, "666");
	put_row(f, "E7", 60000, NULL);
	put_row(f, "E99", 70000, "666");
	town_drop(f, "hr/register", "r1.csv");
	is_int(figure("SELECT count(*) FROM item"), 7, "each row has its item");
	is_str(account_of("E1"), "1112", "a row is paid to the version in force on the pay date, not to an earlier or a later one");
	is_str(text_of("SELECT party FROM item WHERE person='E1'"), "ADA", "the version's name is laid over the row's");
	ok(figure("SELECT person_version=(SELECT id FROM person WHERE account='1112') FROM item WHERE person='E1'") == 1, "the item keeps which version it was");
	is_str(account_of("H2"), "2222", "an HCM id finds its person, and the row's own account is not believed");
	is_str(why_of("B7"), "PERSON_AMBIGUOUS", "a badge that two persons carry finds neither");
	is_str(why_of("E5"), "PERSON_NOT_IN_FORCE", "a person whose last version has ended waits, and no older one is taken");
	is_str(account_of("E7"), "7777", "a version is in force on its first day");
	ok(strcmp(account_of("E6"), "666") != 0 && figure("SELECT state FROM item WHERE person='E6'") == ITEM_HELD, "where HCM knows no account the row's own is not taken");
	is_str(why_of("E99"), "NO_PERSON", "a row without a person waits");
	is_int(figure("SELECT sum(amount_minor) FROM item"), 280000, "no cent of the run is missing");
	is_int(figure("SELECT sum(amount_minor) FROM item WHERE state=0"), 90000, "only rows with a person in force can be paid");
	forget_notices();
	town_close();
}

static void put_named(struct town_file *f, const char *person, const char *hcm_id, const char *badge)
{
	struct record r;

	record_init(&r, RECORD_PAYMENT, 0);
	record_set_text(&r, F_PERSON, view_of(person));
	record_set_text(&r, F_HCM_ID, view_of(hcm_id));
	record_set_text(&r, F_BADGE, view_of(badge));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_NET, 100);
	record_set_num(&r, F_AMOUNT, 100);
	town_put(f, &r);
}

static void join_by_alias(void)
{
	struct town_file *f;

	make_town(0);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", "1111", "H1", "B1", 18000, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", "H2", NULL, 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = register_file("r1");
	put_named(f, "E1", "H1", "B1");
	put_named(f, "E2", NULL, "B9");
	put_named(f, "P7", "H2", NULL);
	put_named(f, "P8", NULL, "B1");
	put_named(f, "P9", "H1", "B2");
	put_named(f, "E1", "H2", NULL);
	town_drop(f, "hr/register", "r1.csv");
	ok(figure("SELECT count(*) FROM item WHERE person='E1' AND account='1111' AND state=0") == 1, "a row may name its person by id, HCM id and badge");
	is_str(account_of("E2"), "2222", "what HCM does not say of the person contradicts nothing");
	is_str(account_of("P7"), "2222", "where the id is payroll's own the HCM id finds the person");
	is_str(account_of("P8"), "1111", "and so does the badge");
	ok(strcmp(why_of("P9"), "PERSON_DIFFERS") == 0 && figure("SELECT count(*) FROM item WHERE person='E1' AND why='PERSON_DIFFERS'") == 1,
	   "a row that names two persons is paid to neither");
	forget_notices();
	town_close();
}

/* ---- quarantine ---- */

static int64_t pay(const char *run, const char *channel, const char *account)
{
	struct town_file *f = register_file(run);

	put_row(f, "E1", 10000, account);
	put_row(f, "E2", 20000, "2222");
	return town_drop(f, channel, run);
}

static void changed_by_feed(void)
{
	struct town_file *f;

	make_town(5);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", "11115678", NULL, NULL, 18000, D0 - 2 });
	put_person(f, (struct person){ "E1", "Ada", "99991234", NULL, NULL, D0 - 1, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, 18000, 20000 });
	put_person(f, (struct person){ "E2", "Bob", "2229", NULL, NULL, 20001, 0 });
	town_drop(f, "hcm/people", "people.xml");
	pay("r1", "hr/register", NULL);
	is_str(why_of("E1"), "BANK_DATA_CHANGED", "bank data that changed yesterday wait for another person");
	is_str(text_of("SELECT detail FROM item WHERE person='E1'"), "account *1234 at 231380104 since 2026-11-08; before: *5678 at 231380104", "the hold shows the last four of old and new");
	is_int(figure("SELECT state FROM item WHERE person='E2'"), ITEM_SHARED, "bank data that changed long ago do not wait");
	ok(figure("SELECT count(*) FROM audit WHERE text LIKE '%99991234%' OR text LIKE '%11115678%'") == 0, "no account stands in the audit");
	forget_notices();
	town_close();

	make_town(0);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", "11115678", NULL, NULL, 18000, D0 - 2 });
	put_person(f, (struct person){ "E1", "Ada", "99991234", NULL, NULL, D0 - 1, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	pay("r1", "hr/register", NULL);
	is_int(figure("SELECT count(*) FROM item WHERE state=4"), 0, "change_quarantine_days = 0 holds nothing");
	forget_notices();
	town_close();
}

/* Nobody had an account before: who gets one is looked at, who comes back to his own is not. */
static void first_account(void)
{
	struct town_file *f;

	make_town(5);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", NULL, NULL, NULL, 18000, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, 18000, 20000 });
	put_person(f, (struct person){ "E2", "Bob", NULL, NULL, NULL, 20001, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = people_file("x2");
	put_person(f, (struct person){ "E1", "Ada", "11115678", NULL, NULL, D0 - 1, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, D0 - 1, 0 });
	put_person(f, (struct person){ "E3", "Cem", "3333", NULL, NULL, D0 - 1, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = register_file("r1");
	put_row(f, "E1", 100000, NULL);
	put_row(f, "E2", 200000, NULL);
	put_row(f, "E3", 300000, NULL);
	town_drop(f, "hr/register", "r1.csv");
	is_str(text_for("SELECT detail FROM item WHERE person=?", "E1"), "account *5678 at 231380104 since 2026-11-09; before: none", "the first account of somebody who had none is a change");
	is_str(why_of("E2"), "", "the account of before a time without one is none");
	is_str(why_of("E3"), "", "nor is the account of somebody who is new");
	forget_notices();
	town_close();
}

/* The change is told again with another badge: that washes nothing. */
static void changed_and_told_again(void)
{
	struct town_file *f;

	make_town(5);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", "11115678", NULL, "B1", 18000, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = people_file("x2");
	put_person(f, (struct person){ "E1", "Ada", "99991234", NULL, "B1", D0 - 1, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = people_file("x3");
	put_person(f, (struct person){ "E1", "Ada", "99991234", NULL, "B2", D0, 0 });
	town_drop(f, "hcm/people", "people.xml");
	is_int(figure("SELECT count(*) FROM person WHERE person='E1'"), 3, "the same account with another badge is a version");
	pay("r1", "hr/register", NULL);
	is_str(why_of("E1"), "BANK_DATA_CHANGED", "and as young as the change of the account");
	f = people_file("x4");
	put_person(f, (struct person){ "E1", "Ada", "99991234", NULL, "B3", D0 + 1, 0 });
	town_drop(f, "hcm/people", "people.xml");
	pay("r2", "hr/register", NULL);
	is_str(why_of("E1"), "BANK_DATA_CHANGED", "after it was held too");
	f = people_file("x5");
	put_person(f, (struct person){ "E1", "Ada", "11115678", NULL, "B3", D0 + 1, 0 });
	town_drop(f, "hcm/people", "people.xml");
	pay("r3", "hr/register", NULL);
	is_str(why_of("E1"), "", "the account of before the change is none");
	forget_notices();
	town_close();
}

static void changed_by_row(void)
{
	struct err e;

	make_town(5);
	pay("r1", "hr/own", "11115678");
	is_int(figure("SELECT count(*) FROM item WHERE state=0 AND person_version IS NOT NULL"), 2, "the first run that brings its own bank data makes versions and holds nothing");
	pay("r2", "hr/own", "99991234");
	ok(strcmp(why_of("E1"), "BANK_DATA_CHANGED") == 0 && strcmp(why_of("E2"), "") == 0, "a row whose bank data differ from the last known ones waits, the others do not");
	pay("r3", "hr/own", "99991234");
	is_str(why_of("E1"), "BANK_DATA_CHANGED", "in the next run the same changed data wait still");
	pay("r4", "hr/own", "11115678");
	is_str(why_of("E1"), "", "a row that goes back to the data before the held change does not wait");
	ledger_begin(t.route->ledger, &e);
	ledger_do(t.route->ledger, &e, "INSERT INTO overlay(feed, person, code, old_routing, old_account, routing, account, source) VALUES('hr/own','E1','C01','231380104','11115678',"
		  "'231380104','77771234',0)", "");
	ledger_commit(t.route->ledger, &e);
	pay("r5", "hr/own", "11115678");
	ok(strcmp(why_of("E1"), "") == 0 && strcmp(account_of("E1"), "77771234") == 0, "a correction by the bank is paid and does not count as a change by the feed");
	is_int(figure("SELECT count(*) FROM person WHERE account='77771234'"), 0, "and makes no version of the feed");
	pay("r6", "hr/own", "77771234");
	is_str(why_of("E1"), "", "a feed that takes over what the bank corrected does not wait");
	pay("r7", "hr/own", "88881234");
	is_str(why_of("E1"), "BANK_DATA_CHANGED", "a feed that sends something third does");
	pay("r8", "hr/own", NULL);
	pay("r9", "hr/own", "77771234");
	is_str(why_of("E1"), "", "a run without an account between two changes nothing");
	forget_notices();
	town_close();
}

/* ---- held rows ---- */

/* E1 is held for his bank data, E3 is not known, E2 can be paid. */
static void held_run(void)
{
	struct town_file *f;

	make_town(5);
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", "11115678", NULL, NULL, 18000, D0 - 2 });
	put_person(f, (struct person){ "E1", "Ada", "99991234", NULL, NULL, D0 - 1, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = register_file("r1");
	put_row(f, "E1", 100000, NULL);
	put_row(f, "E2", 200000, NULL);
	put_row(f, "E3", 300000, NULL);
	town_drop(f, "hr/register", "r1.csv");
}

static int64_t item_of(const char *person)
{
	return atoll(text_for("SELECT id FROM item WHERE person=?", person));
}

static void run_waits(void)
{
	struct town_file *f;

	held_run();
	ok(figure("SELECT state FROM batch") == BATCH_HELD && strcmp(text_of("SELECT why FROM batch"), "HELD_ROWS") == 0, "a run with held rows waits whole");
	ok(town_decide("release", 'B', 1, 0) == 1 && figure("SELECT state FROM batch") == BATCH_HELD, "a plain release does not leave rows out in silence");
	ok(town_decide("approve", 'B', 1, 0) == 1, "it cannot be approved either");
	ok(town_decide("release", 'I', item_of("E3"), 0) == 1 && figure("SELECT count(*) FROM item WHERE state=4") == 2, "a row without a person is not paid by a signature");
	ok(strstr(buf_cstr(&t.answer), "nobody is known") != NULL, "and the refusal says why: %s", buf_cstr(&t.answer));
	f = people_file("x2");
	put_person(f, (struct person){ "E3", "Cem", "3333", NULL, NULL, 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	ok(town_decide("release", 'I', item_of("E3"), 0) == 0 && strcmp(account_of("E3"), "3333") == 0, "once the person is there the item is released and joined");
	ok(figure("SELECT state FROM batch") == BATCH_HELD && figure("SELECT credit_minor FROM batch") == 500000, "the run waits for the other one, its totals are what would be paid");
	ok(town_decide("release", 'I', item_of("E1"), 0) == 1, "who has touched the run cannot let changed bank data pass");
	ok(town_decide("release", 'I', item_of("E1"), 1) == 0 && figure("SELECT count(*) FROM item WHERE state=0") == 3, "another person can");
	ok(figure("SELECT state FROM batch") == BATCH_PROPOSED && figure("SELECT credit_minor FROM batch") == 600000, "and the run goes on, whole");
	ok(town_decide("approve", 'B', 1, 0) == 1 && town_decide("approve", 'B', 1, 1) == 1, "neither of them approves it");
	ok(town_decide("approve", 'B', 1, 2) == 0 && figure("SELECT count(*) FROM delivery WHERE state=5 AND notice IS NULL") == 1, "a third one does, and it is delivered");
	is_int(figure("SELECT sum(amount_minor) FROM item"), 600000, "every cent is paid");
	pay("r2", "hr/register", NULL);
	is_str(why_of("E1"), "", "what a person let pass waits in no later run");
	forget_notices();
	town_close();
}

static void run_without(void)
{
	held_run();
	ok(town_decide("release-rest", 'B', 1, 0) == 0 && figure("SELECT state FROM batch") == BATCH_PROPOSED, "the run is released without its held rows");
	ok(figure("SELECT count(*) FROM item WHERE state=3") == 2 && figure("SELECT count FROM batch") == 1 && figure("SELECT credit_minor FROM batch") == 200000,
	   "they are REJECTED, and the totals to approve are what is paid");
	ok(strcmp(why_of("E1"), "BANK_DATA_CHANGED") == 0 && strcmp(why_of("E3"), "NO_PERSON") == 0, "each keeps its reason");
	ok(town_decide("approve", 'B', 1, 0) == 1, "who released it cannot approve it");
	ok(town_decide("release", 'I', item_of("E1"), 1) == 1, "an item that was left out is not released any more");
	ok(town_decide("approve", 'B', 1, 1) == 0 && figure("SELECT count(*) FROM delivery WHERE state=5 AND notice IS NULL") == 1, "another person approves, and it is delivered");
	is_int(figure("SELECT count(*) FROM item WHERE trace IS NOT NULL"), 1, "only what was approved has left");
	ok(town_decide("release-rest", 'B', 1, 2) == 1, "it cannot be released twice");
	pay("r2", "hr/register", NULL);
	is_str(why_of("E1"), "BANK_DATA_CHANGED", "the person who was left out waits in the next run too");
	forget_notices();
	town_close();

	held_run();
	ok(town_decide("reject", 'B', 1, 0) == 0 && figure("SELECT count(*) FROM item WHERE state=15") == 2 && figure("SELECT items_state FROM batch") == ITEM_CANCELLED,
	   "a rejected run cancels its held rows too");
	forget_notices();
	town_close();
}

static void faulty_file(void)
{
	struct town_file *f;
	int64_t id;

	make_town(5);
	f = register_file("r1");
	put_row(f, "E1", 100000, "1111");
	put_row(f, "E2", 200000, "2222");
	town_find(f, 7, "PAYROLL_NET", "gross less deductions is not net");
	id = town_drop(f, "hr/own", "r1.csv");
	ok(figure("SELECT state FROM parcel") == PARCEL_HELD, "a register with a faulty row is held");
	town_decide("release", 'F', id, 0);
	ok(t.answered == 1 && strstr(buf_cstr(&t.answer), "without-held-rows") != NULL, "a plain release names the way: %s", buf_cstr(&t.answer));
	ok(town_decide("release-rest", 'F', id, 0) == 0 && figure("SELECT state FROM batch") == BATCH_PROPOSED && figure("SELECT count FROM batch") == 2,
	   "without its faulty rows the others are proposed");
	ok(figure("SELECT persons FROM batch") == 1 && town_decide("approve", 'B', 1, 0) == 1 && town_decide("approve", 'B', 1, 1) == 0, "another person than who released it approves");
	forget_notices();
	town_close();
}

/* ---- what feeds hear ---- */

static void told(void)
{
	held_run();
	ok(says("receipt-F1.csv", "\"verdict\":\"accepted\"") && says("receipt-F1.csv", "2 persons are new"), "a people file gets its receipt, with what was new in it");
	ok(says("receipt-F2.csv", "\"verdict\":\"held\",\"reason\":\"HELD_ROWS\""), "a register whose rows wait gets a receipt that says so");
	ok(says("receipt-F2.csv", "\"amount_minor\":600000"), "with its total");
	ok(says("status-F2-1.csv", "\"person\":\"E1\",\"leg\":1,\"method\":\"ACH\",\"amount_minor\":100000,\"currency\":\"USD\",\"state\":\"HELD\",\"reason\":\"BANK_DATA_CHANGED\""),
	   "and a status that says which row waits and why");
	ok(says("status-F2-1.csv", "\"person\":\"E3\",\"leg\":0"), "a row without a leg stands there too");
	is_int(figure("SELECT count(*) FROM notice"), 3, "one file a run and change, not one an item");
	ok(figure("SELECT count(*) FROM delivery WHERE notice IS NOT NULL AND state=5 AND manifest_done=1") == 3 && figure("SELECT count(*) FROM expected") == 0,
	   "notices are delivered, without a manifest, and the bank is expected to show nothing for them");
	is_str(text_of("SELECT d.partner||'/'||d.path||'/'||d.final_name FROM delivery d JOIN notice n ON n.id=d.notice WHERE n.name='receipt-F2.csv'"), "hr/back/receipt-F2.csv",
	       "to where the feed is answered");
	town_decide("release-rest", 'B', 1, 0);
	ok(says("reject-F2.csv", "\"line\":2,\"person\":\"E1\",\"net_minor\":100000,\"currency\":\"USD\",\"reason\":\"BANK_DATA_CHANGED\",\"in_words\":\"the payee's")
	   && says("reject-F2.csv", "\"person\":\"E3\",\"net_minor\":300000"), "rows that are left out come back: line, person, net, reason, in words");
	ok(strstr(notice("reject-F2.csv"), "E2") == NULL && strstr(notice("reject-F2.csv"), "9999") == NULL, "no other row, and no account number");
	ok(says("status-F2-2.csv", "\"state\":\"REJECTED\""), "the next status says that they are rejected");
	town_decide("approve", 'B', 1, 1);
	ok(says("status-F2-3.csv", "\"person\":\"E2\",\"leg\":1,\"method\":\"ACH\",\"amount_minor\":200000,\"currency\":\"USD\",\"state\":\"DELIVERED\""),
	   "and the one after, in one step, that the rest is delivered");
	ok(figure("SELECT count(*) FROM notice WHERE kind='status'") == 3, "what lies between two rests is not told");
	{
		struct err e;

		ledger_begin(t.route->ledger, &e);
		clock_actor(t.route, "test");
		if (ledger_move_items(t.route->ledger, 1, ITEM_SETTLED, NULL, &e) != 0 || ledger_move(t.route->ledger, THING_ITEM, item_of("E2"), ITEM_RETURNED, "R03", &e) != 0)
			printf("# %s\n", e.text);
		ledger_commit(t.route->ledger, &e);
		town_settle();
	}
	ok(says("status-F2-4.csv", "\"person\":\"E2\"") && says("status-F2-4.csv", "\"state\":\"RETURNED\",\"reason\":\"R03\""), "a return is told with its code");
	for (int i = 0; i < 3; i++)
		town_settle();
	ok(figure("SELECT count(*) FROM notice") == 7 && figure("SELECT count(*) FROM notice_due") == 0, "where nothing changes nothing is said");
	forget_notices();
	town_close();
}

static void told_of_files(void)
{
	struct town_file *f;
	int64_t id;

	make_town(5);
	f = register_file("r1");
	put_row(f, "E1", 100000, NULL);
	town_find(f, 7, "PAYROLL_NET", "gross less deductions is not net");
	id = town_drop(f, "hr/register", "r1.csv");
	ok(says("receipt-F1.csv", "\"verdict\":\"held\",\"reason\":\"FINDINGS\"") && says("receipt-F1.csv", "\"reason\":\"PAYROLL_NET\",\"in_words\":\"gross less deductions is not net\",\"line\":7"),
	   "a file that is held gets a receipt with each of its faults");
	town_decide("reject", 'F', id, 0);
	ok(says("receipt-F1-2.csv", "\"verdict\":\"rejected\""), "and another one when a person has rejected it");
	town_drop(f, "hr/own", "r1.csv");
	is_int(figure("SELECT count(*) FROM notice WHERE parcel=2"), 0, "a feed without answer_to hears nothing");
	f = register_file("r2");
	put_row(f, "E1", 100000, NULL);
	town_find(f, 9, "PAYROLL_NET", "gross less deductions is not net");
	id = town_drop(f, "hr/register", "r2.csv");
	town_decide("release-rest", 'F', id, 0);
	ok(says("reject-F3.csv", "\"line\":9") && says("reject-F3.csv", "\"reason\":\"PAYROLL_NET\",\"in_words\":\"gross less deductions is not net\""),
	   "faulty rows of a register come back with their line and fault");
	town_decide("release-rest", 'F', id, 1);
	is_str(notice("reject-F3-2.csv"), "", "a run of which nothing can be paid is not released at all");
	forget_notices();
	town_close();

	make_town(5);
	hr_in[0].answer_to = hcm_in[0].answer_to = "";
	f = people_file("x1");
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, 18000, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = register_file("r1");
	put_row(f, "E2", 100000, NULL);
	town_drop(f, "hr/register", "r1.csv");
	hr_in[0].answer_to = "hr/answers";
	town_settle();
	is_int(figure("SELECT count(*) FROM notice"), 0, "a feed that is answered from today on is not told of yesterday");
	town_decide("approve", 'B', 1, 1);
	ok(says("status-F2-1.csv", "DELIVERED"), "but of what happens from then on");
	forget_notices();
	town_close();
}

/* Settled while a status is being written: the first page says one thing, the second another. */
static int disturbances;

static void disturb(void)
{
	struct err e;

	if (strncmp(paper.name, "status", 6) != 0 || disturbances++ > 0)
		return;
	ledger_begin(t.route->ledger, &e);
	clock_actor(t.route, "test");
	ledger_move(t.route->ledger, THING_ITEM, figure("SELECT id FROM item WHERE person='E1'"), ITEM_REJECTED, "TEST", &e);
	ledger_commit(t.route->ledger, &e);
}

static void told_once(void)
{
	disturbances = 0;
	before_page = disturb;
	held_run();
	ok(disturbances > 1 && says("status-F2-1.csv", "\"state\":\"REJECTED\""), "a status during which the run changed is written anew");
	ok(figure("SELECT count(*) FROM notice WHERE kind='status'") == 1 && figure("SELECT count(*) FROM delivery d JOIN notice n ON n.id=d.notice WHERE n.kind='status'") == 1,
	   "under its name, and delivered once");
	forget_notices();
	town_close();
}

static void told_in_spite(void)
{
	struct buf text = { 0 };
	struct town_file *f;
	int64_t lines = 0;

	refused = "receipt-F2.csv";
	held_run();
	for (int i = 0; i < 3; i++)
		town_settle();
	ok(n_notices == 3 && strcmp(notices[n_notices - 1].name, "receipt-F2.csv") == 0, "a notice that could not be written is written behind the others");
	while (text.n < 490)
		buf_char(&text, '"');
	f = register_file("r2");
	put_row(f, "E1", 100000, NULL);
	for (uint64_t i = 0; i < 900; i++)
		town_find(f, i + 3, "PAYROLL_NET", buf_cstr(&text));
	town_drop(f, "hr/register", "r2.csv");
	for (const char *p = notice("receipt-F3.csv"); (p = strstr(p, "\"line\":")) != NULL; p++)
		lines++;
	is_int(lines, 900, "a file with very many very long faults is answered in pages, and none is left out");
	buf_release(&text);
	forget_notices();
	town_close();
}

/* A run that leaves by two ways is told as one, and a row waits with all of its legs. */
static void told_of_ways(void)
{
	struct town_file *f;

	make_town(5);
	hr_in[0].check_by = "printer/checks";
	f = people_file("x1");
	put_person(f, (struct person){ "E1", "Ada", NULL, NULL, NULL, 18000, 0 });
	put_person(f, (struct person){ "E2", "Bob", "2222", NULL, NULL, 18000, 0 });
	put_person(f, (struct person){ "E3", "Cem", "3333", NULL, NULL, 18000, D0 - 2 });
	put_person(f, (struct person){ "E3", "Cem", "3334", NULL, NULL, D0 - 1, 0 });
	town_drop(f, "hcm/people", "people.xml");
	f = register_file("r1");
	put_row(f, "E1", 100000, NULL);
	put_row(f, "E2", 200000, NULL);
	put_row(f, "E3", 300000, NULL);
	town_drop(f, "hr/register", "r1.csv");
	ok(figure("SELECT count(*) FROM batch") == 1 && strcmp(why_of("E3"), "BANK_DATA_CHANGED") == 0, "a run waits whole before it is divided");
	town_decide("release-rest", 'B', 1, 0);
	ok(figure("SELECT count(*) FROM batch WHERE state=2") == 2, "without its held row it is divided over two ways, and each waits for an approval");
	town_decide("approve", 'B', 1, 1);
	town_decide("approve", 'B', 2, 1);
	is_int(figure("SELECT count(*) FROM batch WHERE items_state=8"), 2, "both are delivered");
	{
		const char *last = text_of("SELECT name FROM notice WHERE kind='status' ORDER BY n DESC LIMIT 1");

		ok(says(last, "\"person\":\"E1\",\"leg\":1,\"method\":\"CHECK\",\"amount_minor\":100000,\"currency\":\"USD\",\"state\":\"DELIVERED\"")
		   && says(last, "\"person\":\"E2\",\"leg\":1,\"method\":\"ACH\"") && says(last, "\"person\":\"E3\",\"leg\":1,\"method\":\"ACH\",\"amount_minor\":300000,\"currency\":\"USD\",\"state\":\"REJECTED\""),
		   "one status file tells of both batches and of the row that was left out");
	}
	ok(says("reject-F2.csv", "\"person\":\"E3\",\"net_minor\":300000") && strstr(notice("reject-F2.csv"), "E1") == NULL, "the reject file has that row alone");
	forget_notices();
	town_close();
}

int main(void)
{
	versions();
	join();
	join_by_alias();
	changed_by_feed();
	changed_and_told_again();
	first_account();
	changed_by_row();
	run_waits();
	run_without();
	faulty_file();
	told();
	told_of_files();
	told_once();
	told_in_spite();
	told_of_ways();
	return done_testing();
}
