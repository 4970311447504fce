/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_test - a good directory loads whole; each fault is said with file, line and what was expected; all of them at
 * once
 *
 * The good tree is made in a temporary directory; a case replaces one piece of text in one of its files.
 */
#include <errno.h>
#include <ftw.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/digest.h"
#include "gateway/config.h"
#include "gateway/seal.h"
#include "rules/calendar.h"
#include "tests/lib/run.h"
#include "tests/lib/tap.h"

#define HOST_KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

#ifdef TALLY_SANITIZED
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append";		/* libconfig 1.5 loses 64 bytes at a syntax error inside a text */
}
#endif

static char dir[64];

struct piece { const char *file, *text; };

static const struct piece good_tree[] = {
	{ "tallygate.conf",
	  "home = \"/var/lib/tallygate\";\n"
	  "run = \"/run/tallygate\";\n"
	  "modules = \"modules\";\n"
	  "unsigned_limit = \"250.00\";\n"
	  "return_days = 60;\n" },
	{ "channels.d/firstbank.conf",
	  "partner = \"firstbank\";\n"
	  "kind = \"sftp\";\n"
	  "host = \"sftp.firstbank.example\";\n"
	  "user = \"acme\";\n"
	  "host_key = \"" HOST_KEY "\";\n"
	  "client_key = \"keys/firstbank\";\n"
	  "timezone = \"America/Chicago\";\n"
	  "accounts = ( { number = \"123456789\"; currency = \"USD\"; } );\n"
	  "inbound = (\n"
	  "  { name = \"bai\"; path = \"out\"; pattern = \"*.bai\"; format = \"bai2\"; purpose = \"statement\"; ready "
	  "= \"rename\";\n    options = { strict = true; window = 3; charset = \"latin1\"; }; }\n"
	  ");\n"
	  "outbound = (\n"
	  "  { name = \"ach\"; path = \"in\"; format = \"nacha\"; file_name = \"PAY{date}{modifier}.ach\"; manifest = "
	  "\"beside\";\n    ach = {\n"
	  "      immediate_destination = \"091000019\";\n"
	  "      immediate_origin = \"1234567890\";\n"
	  "      company_name = \"ACME\";\n"
	  "      company_id = \"1234567890\";\n"
	  "      odfi = \"09100001\";\n"
	  "      entry_description = \"PAYROLL\";\n"
	  "      settles = \"batch\";\n"
	  "      cut_off = \"17:00\";\n"
	  "      lead_days = 2;\n"
	  "    }; },\n"
	  "  { name = \"pospay\"; path = \"pp\"; format = \"pospay\"; file_name = \"PP{date}{modifier}.txt\"; coalesce_ms "
	  "= 0; }\n"
	  ");\n" },
	{ "channels.d/hr.conf",
	  "partner = \"hr\";\n"
	  "kind = \"dir\";\n"
	  "inbound = ( { name = \"register\"; path = \"hr/in\"; purpose = \"payroll\"; pay_by = \"firstbank/ach\";\n"
	  "  check_by = \"printer/checks\"; rollover_by = \"trustee/rollovers\"; } "
	  ");\n" },
	{ "channels.d/printer.conf",
	  "partner = \"printer\";\n"
	  "kind = \"dir\";\n"
	  "outbound = ( { name = \"checks\"; path = \"printer/in\"; format = \"check\"; file_name = \"CHK{date}{modifier}.csv\";\n"
	  "  check = { account = \"4000123456\"; routing = \"091000019\"; first_serial = \"100001\";\n"
	  "    positive_pay = \"firstbank/pospay\"; cut_off = \"16:30\"; lead_days = 2; }; } );\n" },
	{ "channels.d/trustee.conf",
	  "partner = \"trustee\";\n"
	  "kind = \"dir\";\n"
	  "outbound = ( { name = \"rollovers\"; path = \"trustee/in\"; format = \"rollover\"; file_name = \"RO{date}{modifier}.csv\";\n"
	  "  rollover = { funded_by = \"firstbank/ach\"; trustee = \"Summit Trust\"; plan = \"PSP\";\n"
	  "    routing = \"091000019\"; account = \"55501234\"; account_type = \"savings\"; }; } );\n" },
	{ "operators.d/alice.conf", "name = \"alice\";\nuid = 2001;\npublic_key = \"operators.d/alice.pem\";\n" },
	{ "operators.d/bob.conf", "name = \"bob\";\nuid = 2002;\npublic_key = \"operators.d/bob.pem\";\n" },
	{ "rules.d/limits.conf",
	  "approvals = (\n"
	  "  { partner = \"firstbank\"; currency = \"USD\"; limit = \"10000.00\"; persons = 1; },\n"
	  "  { currency = \"USD\"; limit = \"5000000000.00\"; persons = 2; }\n"
	  ");\n"
	  "ways = (\n"
	  "  { ach_most = \"1000000.00\"; },\n"
	  "  { feed = \"hr/register\"; check_most = \"5000.00\"; rollover_percent = 40; }\n"
	  ");\n" },
	{ "rules.d/people.conf",
	  "write_offs = ( { currency = \"USD\"; most = \"100.00\"; second_above = \"25.00\"; }, { currency = \"JPY\"; most = \"500\"; } );\n"
	  "decisions = ( { act = \"unmatch\"; persons = 2; }, { on_behalf = true; } );\n" },
	{ "holidays/firstbank.txt", "# the bank's own\n2026-11-27 # after Thanksgiving\n\n2026-12-24\n" },
};

static void put(const char *file, struct view text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd == -1 || write(fd, text.p, text.n) != (ssize_t)text.n)
		abort();
	close(fd);
}

static void put_tree(void)
{
	for (size_t i = 0; i < sizeof(good_tree) / sizeof(good_tree[0]); i++)
		put(good_tree[i].file, view_of(good_tree[i].text));
}

static void make_dir(void)
{
	static const char *const folders[] = { "channels.d", "operators.d", "rules.d", "holidays", "keys" };
	static const char *const people[] = { "alice", "bob" };
	char path[256], key[256];
	struct err e;

	snprintf(dir, sizeof(dir), "/tmp/config_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		abort();
	for (size_t i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		mkdir(path, 0755);
	}
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/operators.d/%s.pem", dir, people[i]);
		snprintf(key, sizeof(key), "%s/keys/%s.key", dir, people[i]);
		if (seal_make_operator_key(key, path, &e) == -1)
			abort();
	}
	put_tree();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* ---- a good tree ---- */

static void test_decisions(const struct config *c)
{
	ok(c->n_write_offs == 2 && strcmp(c->write_offs[0].ccy, "USD") == 0 && c->write_offs[0].most_minor == 10000 &&
		c->write_offs[0].second_minor == 2500, "a limit of write-offs is read in its currency");
	ok(c->write_offs[1].most_minor == 500 && c->write_offs[1].second_minor == 0, "without 'second_above' every write-off needs two");
	ok(config_decision_rule(c, VIEW("unmatch"))->persons == 2 && !config_decision_rule(c, VIEW("unmatch"))->on_behalf &&
		config_decision_rule(c, VIEW("comment"))->persons == 1 && config_decision_rule(c, VIEW("comment"))->on_behalf,
		"an act's own rule goes before that of every act");
}

static void test_ways(const struct config *c)
{
	const struct outbound *ach = config_outbound(c, VIEW("firstbank/ach"), NULL);
	const struct outbound *checks = config_outbound(c, VIEW("printer/checks"), NULL);
	const struct outbound *pospay = config_outbound(c, VIEW("firstbank/pospay"), NULL);
	const struct outbound *rollovers = config_outbound(c, VIEW("trustee/rollovers"), NULL);
	const struct partner *p = NULL;
	int minutes, days;

	ok(config_way(c, ach) == WAY_ACH && config_way(c, checks) == WAY_CHECK && config_way(c, pospay) == WAY_POSPAY &&
		config_way(c, rollovers) == WAY_ROLLOVER, "an outbound's groups, and who names it, say what it is for");
	ok(config_checks_of(c, pospay, 0, &p) == checks && strcmp(p->name, "printer") == 0 &&
		config_checks_of(c, pospay, 1, &p) == NULL && config_checks_of(c, checks, 0, &p) == NULL,
		"the checks that a positive-pay outbound announces are found from it, and from no other");
	ok(rollovers->trustee_type == ACCOUNT_SAVINGS && strcmp(rollovers->trustee_account, "55501234") == 0 &&
		strcmp(checks->first_serial, "100001") == 0 && checks->memo[0] == '\0', "the groups check and rollover fill the outbound");
	ok(config_cut_off(c, ach, &minutes, &days) && minutes == 17 * 60 && days == 2 && config_cut_off(c, checks, &minutes, &days) && minutes == 16 * 60 + 30 && days == 2,
		"the groups ach and check have a cut-off each");
	ok(!config_cut_off(c, rollovers, &minutes, &days) && !config_cut_off(c, pospay, &minutes, &days) && days == 0, "what says none has none");
	ok(c->n_ways == 2 && config_way_rule(c, VIEW("hr/register"))->check_most_minor == 500000 &&
		config_way_rule(c, VIEW("hr/register"))->rollover_percent == 40 &&
		config_way_rule(c, VIEW("hr/other"))->ach_most_minor == 100000000, "a feed's own way goes before that of every feed");
}

static void test_good(void)
{
	struct buf report = { .max = 0 };
	struct config *c = NULL;
	struct err e = { 0, "" };
	struct calendar cal;
	char path[256];
	int rc = config_load(&c, dir, &report, &e);

	ok(rc == 0 && c != NULL && report.n == 0, "a good directory loads without a word: %s%s", buf_cstr(&report),
		e.text);
	if (c == NULL)
		return;
	snprintf(path, sizeof(path), "%s/modules", dir);
	is_str(c->modules, path, "a relative path is below the configuration directory");
	is_str(c->home, "/var/lib/tallygate", "an absolute path stays as it is");
	ok(c->return_days == 60 && c->reconcilers == 1 && !c->demo && c->change_quarantine_days == 5,
		"given and standard values stand where they belong");
	is_int(c->unsigned_limit_minor, 25000, "the limit without a statement is in minor units");
	is_str(c->unsigned_ccy, "USD", "and in dollars unless said otherwise");
	is_int((int64_t)c->n_partners, 4, "there are four partners");
	is_str(c->partners[0].in[0].path, "out", "a path at an sftp partner stays relative to the login");
	snprintf(path, sizeof(path), "%s/hr/in", dir);
	is_str(c->partners[1].in[0].path, path, "a dir channel's relative path is below the configuration directory");
	ok(c->partners[1].in[0].people == PEOPLE_ROW, "payroll takes the row's bank data unless said otherwise");
	ok(c->partners[0].in[0].ready == READY_RENAME && c->partners[0].in[0].names == NAMES_UNIQUE,
		"words become values");
	ok(c->partners[0].in[0].n_options == 3 && strcmp(c->partners[0].in[0].options[0].value, "true") == 0 &&
	   strcmp(c->partners[0].in[0].options[1].value, "3") == 0, "options become texts");
	ok(c->partners[0].out[0].manifest == MANIFEST_BESIDE && c->partners[0].out[0].settles == SETTLES_BATCH &&
	   c->partners[0].out[0].lead_days == 2, "the group ach fills the outbound");
	is_str(c->partners[0].accounts[0].value, "USD", "an account has its currency");
	ok(c->n_rules == 2 && c->rules[0].limit_minor == 1000000 && c->rules[1].limit_minor == 500000000000,
		"amounts above 32 bits are exact");
	ok(config_operator_by_uid(c, 2002) == config_operator(c, VIEW("bob")) &&
		config_operator(c, VIEW("bob")) != NULL, "an operator is found by uid and by name");
	ok(strlen(c->operators[0].key_id) == 64 && strcmp(c->operators[0].key_id, c->operators[1].key_id) != 0,
		"each operator's key has an id of its own");
	ok(config_outbound(c, VIEW("firstbank/ach"), NULL) != NULL && config_outbound(c, VIEW("firstbank/xyz"),
		NULL) == NULL &&
	   config_outbound(c, VIEW("firstbank"), NULL) == NULL && config_inbound(c, VIEW("hr/register"), NULL) != NULL,
	   "channels are found by partner/name");
	test_ways(c);
	test_decisions(c);
	config_calendar(c, &c->partners[0], &cal);
	ok(!calendar_open(&cal, c->holidays[0].days[0]) && c->holidays[0].n == 2,
		"a partner's own holidays close his calendar");
	config_free(c);
	buf_release(&report);
}

static void hash_now(char hex[65], char rules[65])
{
	struct buf report = { .max = 0 };
	struct config *c = NULL;
	struct err e;

	hex[0] = rules[0] = '\0';
	if (config_load(&c, dir, &report, &e) == 0) {
		memcpy(hex, c->sha256, 65);
		memcpy(rules, c->rules_sha256, 65);
	}
	config_free(c);
	buf_release(&report);
}

static void test_hash(void)
{
	char first[65], again[65], rules[65], rules_again[65], command[256], shell[80] = "";

	hash_now(first, rules);
	hash_now(again, rules_again);
	ok(strlen(first) == 64 && strcmp(first, again) == 0, "the same files have the same configuration hash");
	snprintf(command, sizeof(command), "cd %s && find . -type f ! -path './keys/*' | cut -c3- | LC_ALL=C sort | "
		"xargs sha256sum | sha256sum", dir);
	ok(run_text(shell, sizeof(shell), (char *[]){ "sh", "-c", command, NULL }) == 0,
		"sha256sum runs over the same files");
	shell[64] = '\0';
	is_str(first, shell, "it is what sha256sum of its files, hashed once more, gives");
	put("rules.d/limits.conf", VIEW("approvals = ( { currency = \"USD\"; limit = \"1.00\"; persons = 1; } );\n"));
	hash_now(again, rules_again);
	ok(strcmp(first, again) != 0 && strcmp(rules, rules_again) != 0, "another rule is another configuration hash "
		"and another rules hash");
	put_tree();
	put("holidays/firstbank.txt", VIEW("2026-11-27\n"));
	hash_now(again, rules_again);
	ok(strcmp(first, again) != 0 && strcmp(rules, rules_again) == 0, "another holiday changes the first and not "
		"the second");
	put_tree();
}

/* ---- faults ---- */

struct fault { const char *what, *file, *from, *to, *want; };

static const struct fault faults[] = {
	{ "an unknown key", "operators.d/bob.conf", "uid", "uidd",
	  "operators.d/bob.conf:1: 'uid' is missing in an operator; expected a whole number\n"
	  "@/operators.d/bob.conf:2: unknown key 'uidd' in an operator; expected one of name, uid, public_key" },
	{ "a missing key", "tallygate.conf", "home = \"/var/lib/tallygate\";", "",
	  "tallygate.conf:1: 'home' is missing in tallygate.conf; expected the directory of spool, ledger and manifests" },
	{ "a wrong type", "tallygate.conf", "60", "\"60\"", "tallygate.conf:5: 'return_days' is a text in quotes; "
	  "expected a whole number" },
	{ "a number out of range", "tallygate.conf", "60", "0", "tallygate.conf:5: 'return_days' is 0; expected a "
	  "whole number from 1 to 3650" },
	{ "a number that the reader would cut", "tallygate.conf", "60", "4294967356",
	  "tallygate.conf:5: the number 4294967356 is longer than the reader can hold and would be cut; expected at "
	  "most 9 digits, or a text in quotes" },
	{ "an amount that is a number", "rules.d/limits.conf", "\"10000.00\"", "10000",
	  "rules.d/limits.conf:2: 'limit' is a whole number; expected a text in quotes" },
	{ "an amount with too many decimals", "rules.d/limits.conf", "10000.00", "10000.005",
	  "rules.d/limits.conf:2: 'limit' is \"10000.005\": %s; expected an amount of USD such as \"10000.00\"" },
	{ "a negative amount", "tallygate.conf", "250.00", "-250.00",
	  "tallygate.conf:4: 'unsigned_limit' is \"-250.00\": it is negative; expected an amount of USD such as "
	  "\"10000.00\"" },
	{ "a syntax error", "tallygate.conf", "modules =", "modules",
	  "tallygate.conf:3: the text cannot be read near 'modules \"modules\";'; expected key = value, a text in "
	  "quotes, and ';' at the end of this line or the one before" },
	{ "a key given twice", "tallygate.conf", "return_days = 60;\n", "return_days = 60;\nreturn_days = 61;\n",
	  "tallygate.conf:6: duplicate setting name near 'return_days = 61;'; expected key = value, a text in quotes, "
	  "and ';' at the end of this line or the one before" },
	{ "an @include", "tallygate.conf", "return_days = 60;\n", "@include \"other.conf\"\n",
	  "tallygate.conf:5: '@include' is not followed; expected every key in this file, or another file in the same "
	  "folder" },
	{ "a number with a point", "tallygate.conf", "60", "60.5", "tallygate.conf:5: 'return_days' is a number with a "
	  "point; expected a whole number" },
	{ "same_uid_ok outside of a demo", "tallygate.conf", "return_days", "same_uid_ok = true;\nreturn_days",
	  "tallygate.conf:5: 'same_uid_ok' is set without 'demo'; expected two persons to be two uids outside of a demo" },
	{ "a demo clock outside of a demo", "tallygate.conf", "return_days",
	  "demo_start = \"2026-11-09T08:00:00Z\";\nreturn_days", "tallygate.conf:5: 'demo_start' is set without "
	  "'demo'; expected the business clock to be the machine's outside of a demo" },
	{ "a time that is none", "tallygate.conf", "return_days",
	  "demo = true; demo_start = \"2026-11-09 08:00\";\nreturn_days",
	  "tallygate.conf:5: 'demo_start' is \"2026-11-09 08:00\"; expected a time such as \"2026-11-09T08:00:00Z\"" },
	{ "an operator who is root", "operators.d/bob.conf", "2002", "0",
	  "operators.d/bob.conf:2: operator 'bob' has uid 0; expected a person's own uid, since root never approves" },
	{ "two operators with one uid", "operators.d/bob.conf", "2002", "2001",
	  "operators.d/bob.conf:2: operators 'alice' and 'bob' share uid 2001; expected one uid a person" },
	{ "two operators with one key", "operators.d/bob.conf", "bob.pem", "alice.pem",
	  "operators.d/bob.conf:3: operators 'alice' and 'bob' share one key; expected one key a person" },
	{ "two operators with one name", "operators.d/bob.conf", "\"bob\"", "\"alice\"",
	  "operators.d/bob.conf:1: operator 'alice' stands in two files; expected one" },
	{ "a public key that is none", "operators.d/bob.conf", "operators.d/bob.pem", "tallygate.conf",
	  "operators.d/bob.conf:3: '@/tallygate.conf' holds no public key on curve P-256 in PEM; expected the one that "
	  "`tallygate keygen operator` made" },
	{ "a public key that is not there", "operators.d/bob.conf", "bob.pem", "eve.pem",
	  "operators.d/bob.conf:3: cannot open '@/operators.d/eve.pem': No such file or directory; expected the public "
	  "key that `tallygate keygen operator` made" },
	{ "a rule about nobody", "rules.d/limits.conf", "\"firstbank\"", "\"frstbank\"",
	  "rules.d/limits.conf:2: there is no partner 'frstbank'; expected one of channels.d" },
	{ "more persons than there are", "rules.d/limits.conf", "persons = 2", "persons = 3",
	  "rules.d/limits.conf:3: 3 persons are asked for and there are 2 operators; expected no more than there are" },
	{ "a currency that is none", "rules.d/limits.conf", "currency = \"USD\"; limit = \"5",
	  "currency = \"usd\"; limit = \"5", "rules.d/limits.conf:3: 'currency' is \"usd\"; expected three capital "
	  "letters" },
	{ "an unknown kind", "channels.d/firstbank.conf", "\"sftp\"", "\"ftp\"",
	  "channels.d/firstbank.conf:2: 'kind' is \"ftp\"; expected \"dir\" or \"sftp\"" },
	{ "an sftp channel without a host key", "channels.d/firstbank.conf", "host_key = \"" HOST_KEY "\";", "",
	  "channels.d/firstbank.conf:1: 'host_key' is missing in a channel of kind \"sftp\"; expected the server's "
	  "key, since nothing is sent to an unknown server" },
	{ "a host key under another type", "channels.d/firstbank.conf", "ssh-ed25519 AAAA", "ssh-rsa AAAA",
	  "channels.d/firstbank.conf:5: 'host_key' is \"ssh-rsa "
	  "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\"; expected the server's key as one "
	  "line \"ssh-ed25519 AAAA...\" without a comment" },
	{ "a time zone that is none", "channels.d/firstbank.conf", "America/Chicago", "America/Chcago",
	  "channels.d/firstbank.conf:7: 'timezone' is \"America/Chcago\"; expected a zone under /usr/share/zoneinfo "
	  "such as \"America/New_York\"" },
	{ "a time zone that climbs out", "channels.d/firstbank.conf", "America/Chicago", "../../../etc/passwd",
	  "channels.d/firstbank.conf:7: 'timezone' is \"../../../etc/passwd\"; expected a zone under "
	  "/usr/share/zoneinfo such as \"America/New_York\"" },
	{ "a pattern with a slash", "channels.d/firstbank.conf", "*.bai", "x/*.bai",
	  "channels.d/firstbank.conf:10: 'pattern' is \"x/*.bai\"; expected a file name pattern (* ? [...]) without a "
	  "slash" },
	{ "a purpose that is none", "channels.d/firstbank.conf", "\"statement\"", "\"statements\"",
	  "channels.d/firstbank.conf:10: 'purpose' is \"statements\"; expected \"payroll\", \"people\", "
	  "\"statement\", \"return\", \"expected\", \"ack\" or \"confirmation\"" },
	{ "a file name that never varies", "channels.d/firstbank.conf", "PAY{date}{modifier}.ach", "PAY.ach",
	  "channels.d/firstbank.conf:14: 'file_name' is \"PAY.ach\"; expected a name of letters, digits and . _ - with "
	  "{date}, {modifier} or {artifact} in it, and {partner} if wanted" },
	{ "a word in a file name that is none", "channels.d/firstbank.conf", "{modifier}", "{time}",
	  "channels.d/firstbank.conf:14: 'file_name' is \"PAY{date}{time}.ach\"; expected a name of letters, digits "
	  "and . _ - with {date}, {modifier} or {artifact} in it, and {partner} if wanted" },
	{ "a routing number with a wrong check digit", "channels.d/firstbank.conf", "091000019", "091000018",
	  "channels.d/firstbank.conf:16: 'immediate_destination' is \"091000018\"; expected a routing number: nine "
	  "digits, the last one the check digit" },
	{ "an odfi with nine digits", "channels.d/firstbank.conf", "\"09100001\"", "\"091000019\"",
	  "channels.d/firstbank.conf:20: 'odfi' is \"091000019\"; expected the first eight digits of our bank's "
	  "routing number" },
	{ "a cut-off that is no time", "channels.d/firstbank.conf", "17:00", "24:00",
	  "channels.d/firstbank.conf:23: 'cut_off' is \"24:00\"; expected a time of day such as \"17:00\"" },
	{ "an unknown way of settling", "channels.d/firstbank.conf", "\"batch\"", "\"item\"",
	  "channels.d/firstbank.conf:22: 'settles' is \"item\"; expected \"file\", \"batch\" or \"company-day-net\"" },
	{ "a list that is a group", "channels.d/firstbank.conf", "accounts = ( { number = \"123456789\"; currency = "
	  "\"USD\"; } );", "accounts = { };", "channels.d/firstbank.conf:8: 'accounts' is a group { ... }; expected a "
	  "list ( { ... }, { ... } )" },
	{ "an element that is no group", "channels.d/firstbank.conf", "( { number = \"123456789\"; currency = \"USD\"; "
	  "} )", "( \"123456789\" )", "channels.d/firstbank.conf:8: an element of 'accounts' is a text in quotes; "
	  "expected a group { ... }" },
	{ "a control character", "channels.d/firstbank.conf", "\"acme\"", "\"ac\\x1bme\"",
	  "channels.d/firstbank.conf:4: 'user' holds a control character; expected printable text" },
	{ "payroll that is paid by nobody", "channels.d/hr.conf", "firstbank/ach", "firstbank/wire",
	  "channels.d/hr.conf:3: 'pay_by' is \"firstbank/wire\", and there is no such outbound; expected "
	  "\"partner/name\"" },
	{ "payroll without pay_by", "channels.d/hr.conf", " pay_by = \"firstbank/ach\";", "",
	  "channels.d/hr.conf:3: 'pay_by' is missing in payroll inbound 'register'; expected the outbound its payments "
	  "leave by, \"partner/name\"" },
	{ "payments by an outbound of checks", "channels.d/hr.conf", "firstbank/ach", "printer/checks",
	  "channels.d/hr.conf:3: 'pay_by' is \"printer/checks\", which writes checks or rollovers; expected an outbound of "
	  "payments, and 'check_by' or 'rollover_by' for those" },
	{ "checks by an outbound that writes none", "channels.d/hr.conf", "printer/checks", "firstbank/ach",
	  "channels.d/hr.conf:4: 'check_by' is \"firstbank/ach\", which writes no checks; expected an outbound with a "
	  "group 'check'" },
	{ "rollovers by nobody", "channels.d/hr.conf", "trustee/rollovers", "trustee/paper",
	  "channels.d/hr.conf:4: 'rollover_by' is \"trustee/paper\", and there is no such outbound; expected "
	  "\"partner/name\"" },
	{ "a way of statements", "channels.d/firstbank.conf", "purpose = \"statement\";", "purpose = \"statement\"; check_by = "
	  "\"printer/checks\";", "channels.d/firstbank.conf:10: 'check_by' stands in an inbound of purpose \"statement\"; "
	  "expected it in \"payroll\" only" },
	{ "a check file without its group", "channels.d/trustee.conf", "format = \"rollover\"", "format = \"check\"",
	  "channels.d/trustee.conf:3: 'check' is missing in outbound 'rollovers' of format \"check\"; expected a group { "
	  "account = ... }" },
	{ "a group of another format", "channels.d/printer.conf", "check = {", "rollover = { funded_by = \"firstbank/ach\"; "
	  "trustee = \"T\"; routing = \"091000019\"; account = \"1\"; }; check = {",
	  "channels.d/printer.conf:4: 'rollover' stands beside another group in outbound 'checks'; expected one of 'ach', "
	  "'check' and 'rollover'" },
	{ "positive pay by nobody", "channels.d/printer.conf", "firstbank/pospay", "firstbank/pp",
	  "channels.d/printer.conf:5: 'positive_pay' is \"firstbank/pp\", and there is no such outbound; expected "
	  "\"partner/name\"" },
	{ "positive pay by an outbound that pays", "channels.d/printer.conf", "firstbank/pospay", "trustee/rollovers",
	  "channels.d/printer.conf:5: 'positive_pay' is \"trustee/rollovers\", which pays by itself; expected an outbound "
	  "without 'ach', 'check' and 'rollover'" },
	{ "positive pay by which a feed is paid", "channels.d/hr.conf", "firstbank/ach", "firstbank/pospay",
	  "channels.d/printer.conf:5: 'positive_pay' is \"firstbank/pospay\", by which 'hr/register' is paid; expected an "
	  "outbound that pays nothing" },
	{ "a rollover that nobody funds", "channels.d/trustee.conf", "firstbank/ach", "printer/checks",
	  "channels.d/trustee.conf:4: 'funded_by' is \"printer/checks\", and there is no such ACH outbound; expected "
	  "\"partner/name\" of one with a group 'ach'" },
	{ "a first check that is no number", "channels.d/printer.conf", "\"100001\"", "\"0100\"",
	  "channels.d/printer.conf:4: 'first_serial' is \"0100\"; expected the number of the first check: at most ten "
	  "digits, not beginning with 0" },
	{ "a printer's hour that is none", "channels.d/printer.conf", "\"16:30\"", "\"4 pm\"",
	  "channels.d/printer.conf:5: 'cut_off' is \"4 pm\"; expected a time of day such as \"16:00\"" },
	{ "a printer's numbers without an end", "channels.d/printer.conf", "first_serial = \"100001\";",
	  "first_serial = \"100001\"; reprint_first = \"900001\";",
	  "channels.d/printer.conf:4: 'reprint_first' is \"900001\" and 'reprint_last' is \"\"; expected both, the second no "
	  "less than the first" },
	{ "a first check among the printer's numbers", "channels.d/printer.conf", "first_serial = \"100001\";",
	  "first_serial = \"100001\"; reprint_first = \"99999\"; reprint_last = \"100001\";",
	  "channels.d/printer.conf:4: 'first_serial' is \"100001\", one of the printer's own numbers; expected one outside of "
	  "'reprint_first' to 'reprint_last'" },
	{ "a way of a feed that is none", "rules.d/limits.conf", "hr/register", "hr/paper",
	  "rules.d/limits.conf:7: 'feed' is \"hr/paper\", and there is no such inbound; expected \"partner/name\", or nothing "
	  "for every feed" },
	{ "the ways of one feed twice", "rules.d/limits.conf", "feed = \"hr/register\"; ", "",
	  "rules.d/limits.conf:7: the ways of 'every feed' stand twice; expected each feed once" },
	{ "a bound of nothing", "rules.d/limits.conf", "1000000.00", "0.00",
	  "rules.d/limits.conf:6: 'ach_most' is \"0.00\": it is not above zero; expected an amount of USD such as "
	  "\"1000000.00\"" },
	{ "a limit of write-offs twice", "rules.d/people.conf", "JPY", "USD",
	  "rules.d/people.conf:1: the limit of write-offs in USD stands twice; expected each currency once" },
	{ "a limit in no amount", "rules.d/people.conf", "\"500\"", "\"5.00\"",
	  "rules.d/people.conf:1: 'most' is \"5.00\": the amount has more decimals than its currency; expected an amount of JPY" },
	{ "a second person above the limit", "rules.d/people.conf", "25.00", "100.01",
	  "rules.d/people.conf:1: 'second_above' is above 'most' in USD; expected no more than 'most'" },
	{ "an act that is none", "rules.d/people.conf", "unmatch", "second",
	  "rules.d/people.conf:2: 'act' is \"second\"; expected \"match\", \"unmatch\", \"confirm\", \"refuse\", \"write-off\", "
	  "\"assign\", \"comment\" or nothing for every one" },
	{ "the rule of one act twice", "rules.d/people.conf", "act = \"unmatch\"; ", "",
	  "rules.d/people.conf:2: the rule of 'every act' stands twice; expected each act once" },
	{ "people of a feed that is not named", "channels.d/hr.conf", "pay_by = ", "people = \"feed\"; pay_by = ",
	  "channels.d/hr.conf:3: 'people_from' is missing beside people = \"feed\" in 'register'; expected the inbound of "
	  "purpose \"people\" that knows them, \"partner/name\"" },
	{ "people of a feed that is none", "channels.d/hr.conf", "pay_by = ",
	  "people = \"feed\"; people_from = \"firstbank/statements\"; pay_by = ",
	  "channels.d/hr.conf:3: 'people_from' is \"firstbank/statements\", and there is no such inbound of purpose "
	  "\"people\"; expected \"partner/name\"" },
	{ "a feed of people for rows that bring their own", "channels.d/hr.conf", "pay_by = ",
	  "people_from = \"hcm/people\"; pay_by = ",
	  "channels.d/hr.conf:3: 'people_from' stands in inbound 'register' without people = \"feed\"; expected both or none" },
	{ "answers to an outbound that is no place for them", "channels.d/hr.conf", "pay_by = ",
	  "answer_to = \"firstbank/ach\"; pay_by = ",
	  "channels.d/hr.conf:3: 'answer_to' is \"firstbank/ach\", and there is no such outbound of format \"notice\"; "
	  "expected \"partner/name\"" },
	{ "answers to a bank's statement", "channels.d/firstbank.conf", "\"*.bai\"", "\"*.bai\"; answer_to = \"firstbank/ach\"",
	  "channels.d/firstbank.conf:10: 'answer_to' stands in an inbound of purpose \"statement\"; expected it in "
	  "\"payroll\" and \"people\" only" },
	{ "an outbound without a file name", "channels.d/firstbank.conf", "file_name = \"PAY{date}{modifier}.ach\";", "",
	  "channels.d/firstbank.conf:14: 'file_name' is missing in outbound 'ach'; expected a name of letters, digits and "
	  ". _ - with {date}, {modifier} or {artifact} in it" },
	{ "an sftp key in a dir channel", "channels.d/hr.conf", "kind = \"dir\";", "kind = \"dir\"; host = \"x\";",
	  "channels.d/hr.conf:2: 'host' stands in a channel of kind \"dir\"; expected it in kind \"sftp\" only" },
	{ "a partner in two files", "channels.d/hr.conf", "\"hr\"", "\"firstbank\"",
	  "channels.d/hr.conf:1: partner 'firstbank' stands in two files; expected one\n@/rules.d/limits.conf:7: 'feed' is "
	  "\"hr/register\", and there is no such inbound; expected \"partner/name\", or nothing for every feed" },
	{ "a holiday that is no day", "holidays/firstbank.txt", "2026-11-27", "2026-11-31",
	  "holidays/firstbank.txt:2: this is no day; expected YYYY-MM-DD, or # and a remark" },
};

static struct view tree_text(const char *file)
{
	for (size_t i = 0; i < sizeof(good_tree) / sizeof(good_tree[0]); i++)
		if (strcmp(good_tree[i].file, file) == 0)
			return view_of(good_tree[i].text);
	abort();
}

static void replace(const char *file, const char *from, const char *to)
{
	struct view text = tree_text(file);
	const char *at = strstr(text.p, from);
	struct buf out = { .max = 0 };

	if (at == NULL)
		abort();
	buf_put(&out, text.p, (size_t)(at - text.p));
	buf_text(&out, to);
	buf_text(&out, at + strlen(from));
	put(file, buf_as_view(&out));
	buf_release(&out);
}

/* '@' in the expected text stands for the directory. */
static void expand(struct buf *out, const char *want)
{
	buf_fmt(out, "%s/", dir);
	for (; *want != '\0'; want++) {
		if (*want == '@' && want[1] == '/')
			buf_text(out, dir);
		else if (*want == '%' && want[1] == 's') {
			buf_text(out, money_strerror(MONEY_DECIMALS));
			want++;
		} else
			buf_char(out, *want);
	}
	buf_char(out, '\n');
}

static void test_faults(void)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *f = &faults[i];
		struct buf report = { .max = 0 }, want = { .max = 0 };
		struct config *c = NULL;
		struct err e = { 0, "" };

		replace(f->file, f->from, f->to);
		expand(&want, f->want);
		ok(config_load(&c, dir, &report, &e) == 1 && c == NULL, "%s is a fault", f->what);
		is_str(buf_cstr(&report), buf_cstr(&want), "%s: the one line says file, line and what was expected",
			f->what);
		config_free(c);
		buf_release(&report);
		buf_release(&want);
		put(f->file, tree_text(f->file));
	}
}

static void test_many(void)
{
	static const char *const want[] = { "tallygate.conf:4:", "channels.d/firstbank.conf:23:",
		"operators.d/bob.conf:2:", "rules.d/limits.conf:2:" };
	struct buf report = { .max = 0 };
	struct config *c = NULL;
	struct err e;
	struct view rest, line;
	size_t n = 0, hits = 0;
	char start[128];

	replace("tallygate.conf", "250.00", "many");
	replace("channels.d/firstbank.conf", "17:00", "5pm");
	replace("operators.d/bob.conf", "2002", "2001");
	replace("rules.d/limits.conf", "10000.00", "ten");
	ok(config_load(&c, dir, &report, &e) == 1, "four faults in four files are found in one go");
	rest = buf_as_view(&report);
	while (rest.n > 0 && view_cut(&rest, '\n', &line)) {
		snprintf(start, sizeof(start), "%s/%s", dir, n < 4 ? want[n] : "nothing");
		hits += view_starts(line, view_of(start));
		n++;
	}
	ok(n == 4 && hits == 4, "each has its line, in the order of the files: %s", buf_cstr(&report));
	buf_release(&report);
	put_tree();
}

static void test_unreadable(void)
{
	struct buf report = { .max = 0 };
	struct config *c = NULL;
	struct err e = { 0, "" };
	char path[256], want[320];

	snprintf(path, sizeof(path), "%s/tallygate.conf", dir);
	unlink(path);
	snprintf(want, sizeof(want), "cannot open '%s': No such file or directory", path);
	ok(config_load(&c, dir, &report, &e) == -1 && c == NULL, "a directory without tallygate.conf is unreadable, "
		"not faulty");
	is_str(e.text, want, "and says which file");
	put_tree();
	put("tallygate.conf", (struct view){ "home = \"x\0\";", 12 });
	ok(config_load(&c, dir, &report, &e) == 1 && strstr(buf_cstr(&report),
		"tallygate.conf:1: the file holds a NUL byte") != NULL,
	   "a NUL byte is a fault");
	buf_clear(&report);
	put("tallygate.conf", VIEW("home = \"a\";\nrun = \"b\";\nmodules = \"m\"; demo = true; same_uid_ok = true;\n"));
	replace("operators.d/bob.conf", "2002", "2001");
	ok(config_load(&c, dir, &report, &e) == 0, "a demo may let one uid stand for two persons: %s",
		buf_cstr(&report));
	config_free(c);
	replace("operators.d/bob.conf", "2002", "0");
	ok(config_load(&c, dir, &report, &e) == 1, "but never root");
	buf_release(&report);
	put_tree();
}

static void test_keys(void)
{
	struct buf report = { .max = 0 };
	struct config *c = NULL;
	struct err e = { 0, "" };
	char path[256], want[400];

	if (config_load(&c, dir, &report, &e) != 0)
		abort();
	is_int(config_keys(c, &report), 4, "four key files are named and none is there: %s", buf_cstr(&report));
	buf_clear(&report);
	if (seal_make_ca_and_signer(dir, "gateway", &e) == -1)
		abort();
	put("keys/firstbank", VIEW("x"));
	snprintf(path, sizeof(path), "%s/keys/firstbank", dir);
	chmod(path, 0644);
	snprintf(want, sizeof(want), "'client_key' names '%s', which is open to others (mode 644); expected 600\n",
		path);
	ok(config_keys(c, &report) == 1 && strstr(buf_cstr(&report), want) != NULL,
		"a private key that others can read is a fault: %s", buf_cstr(&report));
	chmod(path, 0600);
	buf_clear(&report);
	is_int(config_keys(c, &report), 0, "made keys of the right mode leave nothing to say: %s", buf_cstr(&report));
	config_free(c);
	buf_release(&report);
}

int main(void)
{
	make_dir();
	test_good();
	test_hash();
	test_faults();
	test_many();
	test_unreadable();
	test_keys();
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return done_testing();
}
