/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_keys - every key of the configuration: its name, its kind, its bounds, its standard value, and where it goes
 *
 * These tables are the reference; docs/configuration.md says the same for people.  A key is added by a row here and a
 * member in config.h, and nowhere else.  What one key says about another stands in config_check.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/config_schema.h"
#include "gateway/extract.h"
#include "gateway/seal.h"
#include "rules/calendar.h"
#include "rules/casebook.h"

#define AT(s, m) .at = offsetof(struct s, m)
#define COUNT(s, m) .count_at = offsetof(struct s, m)

/* ---- what a text may look like ---- */

static bool only(const char *text, const char *allowed)
{
	return text[strspn(text, allowed)] == '\0';
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool good_name(const char *t)
{
	return strlen(t) <= 32 && strchr(LETTERS DIGITS, t[0]) != NULL && only(t, LETTERS DIGITS "._-");
}

static bool good_purpose(const char *t)
{
	static const char *const words[] = { "payroll", "people", "statement", "return", "expected", "ack", "confirmation", NULL };
	int i = 0;

	while (words[i] != NULL && strcmp(t, words[i]) != 0)
		i++;
	return words[i] != NULL;
}

static bool good_calendar(const char *t)
{
	struct calendar c;

	return calendar_init(&c, view_of(t));
}

static bool good_module(const char *t)
{
	return strlen(t) <= 31 && only(t, "abcdefghijklmnopqrstuvwxyz" DIGITS "_");
}

static bool good_pattern(const char *t)
{
	bool open = false;

	if (strlen(t) > 200 || strchr(t, '/') != NULL)
		return false;
	for (; *t != '\0'; t++) {
		if (*t == '\\' && *++t == '\0')
			return false;
		if (*t == '[')
			open = true;
		else if (*t == ']')
			open = false;
	}
	return !open;
}

static bool good_file_name(const char *t)
{
	static const char *const words[] = { "{date}", "{modifier}", "{artifact}", "{partner}", NULL };
	bool varies = false;

	if (strlen(t) > 120 || t[0] == '.')
		return false;
	while (*t != '\0') {
		int i = 0;

		if (*t != '{' && *t != '}') {
			if (strchr(LETTERS DIGITS "._-", *t) == NULL)
				return false;
			t++;
			continue;
		}
		while (words[i] != NULL && strncmp(t, words[i], strlen(words[i])) != 0)
			i++;
		if (words[i] == NULL)
			return false;
		varies |= i != 3;
		t += strlen(words[i]);
	}
	return varies;
}

static bool good_timezone(const char *t)
{
	char path[160] = "/usr/share/zoneinfo/";
	struct stat st;

	if (strlen(t) > 64 || t[0] == '/' || strstr(t, "..") != NULL || !only(t, LETTERS DIGITS "_+-/"))
		return false;
	memcpy(path + strlen(path), t, strlen(t) + 1);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool good_hhmm(const char *t)
{
	return strlen(t) == 5 && t[2] == ':' && strchr("012", t[0]) != NULL && strchr(DIGITS, t[1]) != NULL &&
		strchr("012345", t[3]) != NULL && strchr(DIGITS, t[4]) != NULL && (t[0] < '2' || t[1] < '4');
}

static bool good_instant(const char *t)
{
	date_t day;

	return strlen(t) == 20 && date_parse_iso(&day, (struct view){ t, 10 }) && t[10] == 'T' && t[13] == ':' &&
		t[16] == ':' && t[19] == 'Z' && only((char[]){ t[11], t[12], t[14], t[15], t[17], t[18], 0 }, DIGITS) &&
		(t[11] < '2' || (t[11] == '2' && t[12] < '4')) && t[14] < '6' && t[17] < '6';
}

/*
 * The base64 blob begins with its own type as a length and a text; that catches a key cut at its front or under a wrong
 * name.
 */
static bool good_host_key(const char *t)
{
	static const char *const types[] = { "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521", "ssh-rsa", NULL };
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *blank = strchr(t, ' ');
	unsigned char head[64];
	size_t n = 0, body;
	unsigned bits = 0, have = 0;
	int i = 0;

	while (types[i] != NULL && (blank == NULL || (size_t)(blank - t) != strlen(types[i]) ||
	    strncmp(t, types[i], strlen(types[i])) != 0))
		i++;
	if (types[i] == NULL)
		return false;
	body = strspn(++blank, alphabet);
	if (body < 60 || strlen(blank) > 2000 || !only(blank + body, "=") || strlen(blank + body) > 2 ||
	    strlen(blank) % 4 != 0)
		return false;
	for (size_t k = 0; k < body && n < sizeof(head); k++) {
		bits = bits << 6 | (unsigned)(strchr(alphabet, blank[k]) - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			head[n++] = (unsigned char)(bits >> have);
		}
	}
	return n > 4 + strlen(types[i]) && head[0] == 0 && head[1] == 0 && head[2] == 0 &&
		head[3] == strlen(types[i]) && memcmp(head + 4, types[i], strlen(types[i])) == 0;
}

static bool good_host(const char *t)
{
	return strlen(t) <= 253 && only(t, LETTERS DIGITS ".-:_");
}

static bool good_login(const char *t)
{
	return strlen(t) <= 64 && only(t, LETTERS DIGITS "._-@+$");
}

/* ABA: weights 3 7 1 over nine digits, the sum a multiple of ten. */
static bool good_routing(const char *t)
{
	static const int weight[3] = { 3, 7, 1 };
	int sum = 0;

	if (strlen(t) != 9 || !only(t, DIGITS))
		return false;
	for (int i = 0; i < 9; i++)
		sum += weight[i % 3] * (t[i] - '0');
	return sum % 10 == 0;
}

static bool good_odfi(const char *t)
{
	return strlen(t) == 8 && only(t, DIGITS);
}

static bool good_origin(const char *t)
{
	return (strlen(t) == 9 || strlen(t) == 10) && only(t, LETTERS DIGITS " ");
}

static bool good_account(const char *t)
{
	return strlen(t) <= 35 && only(t, LETTERS DIGITS " -/.");
}

static bool good_serial(const char *t)
{
	return strlen(t) >= 1 && strlen(t) <= 10 && t[0] != '0' && only(t, DIGITS);
}

static bool good_ach_account(const char *t)
{
	return strlen(t) >= 1 && strlen(t) <= 17 && only(t, LETTERS DIGITS " -");
}

static bool good_check_account(const char *t)
{
	return strlen(t) >= 1 && strlen(t) <= 17 && only(t, DIGITS);
}

static bool good_currency(const char *t)
{
	return strlen(t) == 3 && only(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool printable(const char *t, size_t longest)
{
	size_t n = strlen(t);

	for (size_t i = 0; i < n; i++)
		if (t[i] < 0x20 || t[i] > 0x7e)
			return false;
	return n <= longest;
}

static bool good_10(const char *t)
{
	return printable(t, 10);
}

static bool good_16(const char *t)
{
	return printable(t, 16);
}

static bool good_23(const char *t)
{
	return printable(t, 23);
}

static bool good_40(const char *t)
{
	return printable(t, 40);
}

/* ---- keys that need more than a table row ---- */

static void own_manifest(const struct config_place *w, void *base)
{
	struct outbound *o = base;
	const char *text = w->key == NULL ? "none" : w->key->text;
	bool dir = strcmp(text, "none") != 0 && strcmp(text, "beside") != 0;

	o->manifest = dir ? MANIFEST_DIR : strcmp(text, "none") == 0 ? MANIFEST_NONE : MANIFEST_BESIDE;
	o->manifest_path = config_copy(w->load, dir ? text : "");
	if (text[0] == '\0')
		config_fault(w->load, w->file, w->key->line, "'manifest' is empty; expected \"none\", \"beside\" or a "
			"directory");
}

static void own_limit(const struct config_place *w, void *base)
{
	struct approval_rule *r = base;
	const struct config_node *ccy = config_node_find(w->group, "currency");
	struct money m = { 0, "" };
	enum money_err e;

	r->limit_minor = 0;
	if (w->key == NULL || ccy == NULL || ccy->type != NODE_TEXT || !good_currency(ccy->text))
		return;			/* missing or wrong currency: said by its own row */
	memcpy(r->ccy, ccy->text, sizeof(r->ccy));
	e = money_parse_decimal(&m, view_of(w->key->text), ccy->text);
	if (e != MONEY_OK || m.minor < 0)
		config_fault(w->load, w->file, w->key->line, "'limit' is \"%s\": %s; expected an amount of %s such as "
			"\"10000.00\"", w->key->text, e != MONEY_OK ? money_strerror(e) : "it is negative", ccy->text);
	else
		r->limit_minor = m.minor;
}

static void own_most(const struct config_place *w, int64_t *out)
{
	struct money m = { 0, "" };
	enum money_err e = w->key == NULL ? MONEY_OK : money_parse_decimal(&m, view_of(w->key->text), "USD");

	*out = 0;
	if (e != MONEY_OK || m.minor < 0 || (w->key != NULL && m.minor == 0))
		config_fault(w->load, w->file, w->key->line, "'%s' is \"%s\": %s; expected an amount of USD such as "
			"\"1000000.00\"", w->key->name, w->key->text, e != MONEY_OK ? money_strerror(e) : "it is not above zero");
	else
		*out = m.minor;
}

static void own_ach_most(const struct config_place *w, void *base)
{
	own_most(w, &((struct way_rule *)base)->ach_most_minor);
}

static void own_check_most(const struct config_place *w, void *base)
{
	own_most(w, &((struct way_rule *)base)->check_most_minor);
}

static void own_currency(const struct config_place *w, void *base)
{
	(void)base;			/* own_limit takes it: an amount needs it before it can be read */
	if (w->key != NULL && !good_currency(w->key->text))
		config_fault(w->load, w->file, w->key->line, "'currency' is \"%s\"; expected three capital letters",
			w->key->text);
}

/* "" or absent: every currency. */
static void own_days_currency(const struct config_place *w, void *base)
{
	struct match_days *d = base;

	d->currency = config_copy(w->load, w->key == NULL ? "" : w->key->text);
	if (w->key != NULL && *w->key->text != '\0')
		own_currency(w, base);
}

static int64_t write_off_amount(const struct config_place *w, struct write_off_rule *r)
{
	const struct config_node *ccy = config_node_find(w->group, "currency");
	struct money m = { 0, "" };
	enum money_err e;

	if (w->key == NULL || ccy == NULL || ccy->type != NODE_TEXT || !good_currency(ccy->text))
		return 0;
	memcpy(r->ccy, ccy->text, sizeof(r->ccy));
	e = money_parse_decimal(&m, view_of(w->key->text), ccy->text);
	if (e == MONEY_OK && m.minor >= 0)
		return m.minor;
	config_fault(w->load, w->file, w->key->line, "'%s' is \"%s\": %s; expected an amount of %s", w->key->name, w->key->text,
		e != MONEY_OK ? money_strerror(e) : "it is negative", ccy->text);
	return 0;
}

static void own_write_off_most(const struct config_place *w, void *base)
{
	struct write_off_rule *r = base;

	r->most_minor = write_off_amount(w, r);
}

/* Absent: every write-off needs two. */
static void own_write_off_second(const struct config_place *w, void *base)
{
	struct write_off_rule *r = base;

	r->second_minor = write_off_amount(w, r);
}

static bool good_act(const char *t)
{
	enum case_act act;

	return *t == '\0' || (case_act_of(view_of(t), &act) && act != CASE_SECOND && act != CASE_WITHDRAW);
}

static bool good_statement_format(const char *t)
{
	return strcmp(t, "csvstmt") == 0 || strcmp(t, "bai2") == 0 || strcmp(t, "mt940") == 0 || strcmp(t, "camt") == 0;
}

static bool good_day(const char *t)
{
	date_t d;

	return *t == '\0' || date_parse_iso(&d, view_of(t));
}

/* The pattern is tried on its sample when the rules are read: a rule that does not do what it says is a fault. */
static void own_gives(const struct config_place *w, void *base)
{
	const struct config_node *pattern = config_node_find(w->group, "pattern"), *sample = config_node_find(w->group, "sample");
	struct extract_rule *r = base;
	struct extract *x = NULL;
	struct err e = { 0 };
	struct view got = { NULL, 0 };

	r->gives = config_copy(w->load, w->key == NULL ? "" : w->key->text);
	if (w->key == NULL || pattern == NULL || pattern->type != NODE_TEXT || sample == NULL || sample->type != NODE_TEXT)
		return;
	if (extract_new(&x, pattern->text, &e) != 0)
		config_fault(w->load, w->file, pattern->line, "%s; expected a pattern with one capture", e.text);
	else if (!extract_first(x, view_of(sample->text), &got) || !view_eq(got, view_of(w->key->text)))
		config_fault(w->load, w->file, w->key->line, "the pattern gives \"%.*s\" for its sample; expected \"%s\"", VIEW_FMT(got), w->key->text);
	extract_free(x);
}

static void own_unsigned(const struct config_place *w, void *base)
{
	struct config *c = base;
	const struct config_node *ccy = config_node_find(w->group, "unsigned_currency");
	const char *code = ccy != NULL && ccy->type == NODE_TEXT && good_currency(ccy->text) ? ccy->text : "USD";
	struct money m = { 0, "" };
	enum money_err e = w->key == NULL ? MONEY_OK : money_parse_decimal(&m, view_of(w->key->text), code);

	memcpy(c->unsigned_ccy, code, sizeof(c->unsigned_ccy));
	c->unsigned_limit_minor = 0;
	if (e != MONEY_OK || m.minor < 0)
		config_fault(w->load, w->file, w->key->line, "'unsigned_limit' is \"%s\": %s; expected an amount of %s "
			"such as \"10000.00\"", w->key->text, e != MONEY_OK ? money_strerror(e) : "it is negative",
			code);
	else
		c->unsigned_limit_minor = m.minor;
}

static void own_public_key(const struct config_place *w, void *base)
{
	struct operator *o = base;
	struct buf pem = { .max = CONFIG_FILE_MAX };
	enum seal_verdict verdict = SEAL_BAD;
	struct err e = { 0, "" };
	char *path = NULL;

	if (w->key == NULL)
		goto out;
	path = config_path(w->load, w->key->text);
	if (path == NULL)
		goto out;
	if (config_slurp(&pem, path, &e) == -1) {
		config_fault(w->load, w->file, w->key->line, "%s; expected the public key that `tallygate keygen "
			"operator` made", e.text);
		goto out;
	}
	if (memchr(pem.p == NULL ? "" : pem.p, '\0', pem.n) == NULL)
		seal_public_id(&verdict, o->key_id, buf_cstr(&pem), &e);
	if (verdict != SEAL_GOOD)
		config_fault(w->load, w->file, w->key->line, "'%s' holds no public key on curve P-256 in PEM; expected "
			"the one that `tallygate keygen operator` made", path);
	config_hash_add(w->load, w->key->text, buf_as_view(&pem));
out:
	o->public_key = config_copy(w->load, verdict == SEAL_GOOD ? buf_cstr(&pem) : "");
	buf_release(&pem);
	free(path);
}

/* ---- tallygate.conf ---- */

static const struct config_key main_keys[] = {
	{ "home", KEY_PATH, .required = true, AT(config, home), .expected = "the directory of spool, ledger and "
	  "manifests" },
	{ "run", KEY_PATH, .required = true, AT(config, run), .expected = "the directory of the sockets" },
	{ "modules", KEY_PATH, .required = true, AT(config, modules),
	  .expected = "the directory of the format modules" },
	{ "demo", KEY_BOOL, AT(config, demo) },
	{ "same_uid_ok", KEY_BOOL, AT(config, same_uid_ok) },
	{ "demo_start", KEY_TEXT, AT(config, demo_start), .good = good_instant,
	  .expected = "a time such as \"2026-11-09T08:00:00Z\"" },
	{ "uid_base", KEY_UID, AT(config, uid_base), .min = 0, .max = 999999900 },
	{ "reconcilers", KEY_INT, AT(config, reconcilers), .min = 1, .max = 64, .otherwise = 1 },
	{ "distributors", KEY_INT, AT(config, distributors), .min = 1, .max = 64, .otherwise = 1 },
	{ "return_days", KEY_INT, AT(config, return_days), .min = 1, .max = 3650, .otherwise = 90 },
	{ "change_quarantine_days", KEY_INT, AT(config, change_quarantine_days), .min = 0, .max = 365, .otherwise = 5 },
	{ "signer_key", KEY_PATH, AT(config, signer_key), .standard = "signer.key" },
	{ "signer_cert", KEY_PATH, AT(config, signer_cert), .standard = "signer.pem" },
	{ "ca", KEY_PATH, AT(config, ca), .standard = "ca.pem" },
	{ "unsigned_limit", KEY_OWN, .own = own_unsigned },
	{ "unsigned_currency", KEY_OWN, .own = own_currency },
	{ .name = NULL },
};
const struct config_table config_table_main = { "tallygate.conf", main_keys };

/* ---- channels.d ---- */

static const struct config_key account_keys[] = {
	{ "number", KEY_TEXT, .required = true, AT(config_pair, name), .good = good_account,
	  .expected = "an account number of at most 35 characters" },
	{ "currency", KEY_TEXT, .required = true, AT(config_pair, value), .good = good_currency,
	  .expected = "three capital letters" },
	{ .name = NULL },
};
static const struct config_table account_table = { "an account", account_keys };

static const char *const ready_words[] = { "rename", "marker", "stable", NULL };
static const char *const names_words[] = { "unique", "reused", NULL };
static const char *const after_words[] = { "move", "delete", "keep", NULL };
static const char *const people_words[] = { "none", "row", "feed", NULL };

static const struct config_key inbound_keys[] = {
	{ "name", KEY_TEXT, .required = true, AT(inbound, name), .good = good_name,
	  .expected = "letters, digits and . _ - only, at most 32" },
	{ "path", KEY_TEXT, .required = true, AT(inbound, path), .expected = "the directory to watch" },
	{ "pattern", KEY_TEXT, AT(inbound, pattern), .good = good_pattern,
	  .expected = "a file name pattern (* ? [...]) without a slash" },
	{ "format", KEY_TEXT, AT(inbound, format), .good = good_module, .expected = "a module's name such as \"bai2\", "
	  "or \"\" to detect it" },
	{ "purpose", KEY_TEXT, .required = true, AT(inbound, purpose), .good = good_purpose,
	  .expected = "\"payroll\", \"people\", \"statement\", \"return\", \"expected\", \"ack\" or \"confirmation\"" },
	{ "options", KEY_PAIRS, AT(inbound, options), COUNT(inbound, n_options) },
	{ "ready", KEY_WORD, AT(inbound, ready), .standard = "stable", .words = ready_words },
	{ "stable_polls", KEY_INT, AT(inbound, stable_polls), .min = 2, .max = 1000, .otherwise = 3 },
	{ "min_age_ms", KEY_INT, AT(inbound, min_age_ms), .min = 0, .max = 86400000, .otherwise = 2000 },
	{ "names", KEY_WORD, AT(inbound, names), .standard = "unique", .words = names_words },
	{ "after", KEY_WORD, AT(inbound, after), .standard = "move", .words = after_words },
	{ "done_path", KEY_TEXT, AT(inbound, done_path) },
	{ "people", KEY_WORD, AT(inbound, people), .standard = "none", .words = people_words },
	{ "pay_by", KEY_TEXT, AT(inbound, pay_by) },
	{ "check_by", KEY_TEXT, AT(inbound, check_by) },
	{ "rollover_by", KEY_TEXT, AT(inbound, rollover_by) },
	{ "people_from", KEY_TEXT, AT(inbound, people_from) },
	{ "answer_to", KEY_TEXT, AT(inbound, answer_to) },
	{ .name = NULL },
};
static const struct config_table inbound_table = { "an inbound", inbound_keys };

static const char *const settles_words[] = { "file", "batch", "company-day-net", NULL };

static const struct config_key ach_keys[] = {
	{ "immediate_destination", KEY_TEXT, .required = true, AT(outbound, immediate_destination),
	  .good = good_routing,
	  .expected = "a routing number: nine digits, the last one the check digit" },
	{ "immediate_origin", KEY_TEXT, .required = true, AT(outbound, immediate_origin), .good = good_origin,
	  .expected = "the nine or ten characters the bank assigned" },
	{ "destination_name", KEY_TEXT, AT(outbound, destination_name), .good = good_23,
	  .expected = "at most 23 printable characters" },
	{ "origin_name", KEY_TEXT, AT(outbound, origin_name), .good = good_23,
	  .expected = "at most 23 printable characters" },
	{ "company_name", KEY_TEXT, .required = true, AT(outbound, company_name), .good = good_16,
	  .expected = "at most 16 printable characters" },
	{ "company_id", KEY_TEXT, .required = true, AT(outbound, company_id), .good = good_10,
	  .expected = "at most 10 printable characters" },
	{ "odfi", KEY_TEXT, .required = true, AT(outbound, odfi), .good = good_odfi,
	  .expected = "the first eight digits of our bank's routing number" },
	{ "entry_description", KEY_TEXT, .required = true, AT(outbound, entry_description), .good = good_10,
	  .expected = "at most 10 printable characters" },
	{ "sec", KEY_TEXT, AT(outbound, sec), .standard = "PPD", .good = good_currency,
	  .expected = "a standard entry class such as \"PPD\"" },
	{ "offset_account", KEY_TEXT, AT(outbound, offset_account), .good = good_account,
	  .expected = "an account number of at most 35 characters" },
	{ "settles", KEY_WORD, AT(outbound, settles), .standard = "file", .words = settles_words },
	{ "cut_off", KEY_TEXT, AT(outbound, cut_off), .good = good_hhmm,
	  .expected = "a time of day such as \"17:00\"" },
	{ "lead_days", KEY_INT, AT(outbound, lead_days), .min = 0, .max = 30, .otherwise = 1 },
	{ "batch_entries", KEY_INT, AT(outbound, batch_entries), .min = 100, .max = 999999, .otherwise = 999999 },
	{ .name = NULL },
};
static const struct config_table ach_table = { "ach", ach_keys };

static const struct config_key check_keys[] = {
	{ "account", KEY_TEXT, .required = true, AT(outbound, check_account), .good = good_check_account,
	  .expected = "the account the checks are drawn on: at most 17 digits" },
	{ "routing", KEY_TEXT, .required = true, AT(outbound, check_routing), .good = good_routing,
	  .expected = "a routing number: nine digits, the last one the check digit" },
	{ "first_serial", KEY_TEXT, .required = true, AT(outbound, first_serial), .good = good_serial,
	  .expected = "the number of the first check: at most ten digits, not beginning with 0" },
	{ "reprint_first", KEY_TEXT, AT(outbound, reprint_first), .good = good_serial,
	  .expected = "a number of at most ten digits, not beginning with 0" },
	{ "reprint_last", KEY_TEXT, AT(outbound, reprint_last), .good = good_serial,
	  .expected = "a number of at most ten digits, not beginning with 0" },
	{ "positive_pay", KEY_TEXT, AT(outbound, positive_pay) },
	{ "memo", KEY_TEXT, AT(outbound, memo), .good = good_40, .expected = "at most 40 printable characters" },
	{ "payee_length", KEY_INT, AT(outbound, payee_length), .min = 10, .max = 40, .otherwise = 40 },
	{ "cut_off", KEY_TEXT, AT(outbound, check_cut_off), .good = good_hhmm, .expected = "a time of day such as \"16:00\"" },
	{ "lead_days", KEY_INT, AT(outbound, check_lead_days), .min = 0, .max = 30, .otherwise = 0 },
	{ .name = NULL },
};
static const struct config_table check_table = { "check", check_keys };

static const char *const account_type_words[] = { "checking", "savings", NULL };

static const struct config_key rollover_keys[] = {
	{ "funded_by", KEY_TEXT, .required = true, AT(outbound, funded_by),
	  .expected = "the ACH outbound by which the trustee is credited, \"partner/name\"" },
	{ "trustee", KEY_TEXT, .required = true, AT(outbound, trustee), .good = good_40,
	  .expected = "the trustee's name: at most 40 printable characters" },
	{ "plan", KEY_TEXT, AT(outbound, plan), .good = good_40, .expected = "at most 40 printable characters" },
	{ "routing", KEY_TEXT, .required = true, AT(outbound, trustee_routing), .good = good_routing,
	  .expected = "a routing number: nine digits, the last one the check digit" },
	{ "account", KEY_TEXT, .required = true, AT(outbound, trustee_account), .good = good_ach_account,
	  .expected = "the trustee's account: at most 17 characters" },
	{ "account_type", KEY_WORD, AT(outbound, trustee_type), .standard = "checking", .words = account_type_words },
	{ "cut_off", KEY_TEXT, AT(outbound, rollover_cut_off), .good = good_hhmm, .expected = "a time of day such as \"16:00\"" },
	{ "lead_days", KEY_INT, AT(outbound, rollover_lead_days), .min = 0, .max = 30, .otherwise = 0 },
	{ .name = NULL },
};
static const struct config_table rollover_table = { "rollover", rollover_keys };

static const struct config_key outbound_keys[] = {
	{ "name", KEY_TEXT, .required = true, AT(outbound, name), .good = good_name,
	  .expected = "letters, digits and . _ - only, at most 32" },
	{ "path", KEY_TEXT, .required = true, AT(outbound, path), .expected = "the directory files are put into" },
	{ "format", KEY_TEXT, .required = true, AT(outbound, format), .good = good_module,
	  .expected = "a module's name such as \"nacha\"" },
	{ "file_name", KEY_TEXT, AT(outbound, file_name), .good = good_file_name,
	  .expected = "a name of letters, digits and . _ - with {date}, {modifier} or {artifact} in it, and {partner} "
	  "if wanted" },
	{ "manifest", KEY_OWN, AT(outbound, manifest_path), .own = own_manifest },
	{ "ack_within_minutes", KEY_INT, AT(outbound, ack_within_minutes), .min = 0, .max = 10080 },
	{ "coalesce_ms", KEY_INT, AT(outbound, coalesce_ms), .min = 0, .max = 60000, .otherwise = 200 },
	{ "coalesce_max_ms", KEY_INT, AT(outbound, coalesce_max_ms), .min = 0, .max = 60000, .otherwise = 400 },
	{ "options", KEY_PAIRS, AT(outbound, options), COUNT(outbound, n_options) },
	{ "ach", KEY_GROUP, .sub = &ach_table },
	{ "check", KEY_GROUP, .sub = &check_table },
	{ "rollover", KEY_GROUP, .sub = &rollover_table },
	{ .name = NULL },
};
static const struct config_table outbound_table = { "an outbound", outbound_keys };

static const char *const kind_words_of[] = { "dir", "sftp", NULL };

static const struct config_key channel_keys[] = {
	{ "partner", KEY_TEXT, .required = true, AT(partner, name), .good = good_name,
	  .expected = "letters, digits and . _ - only, at most 32" },
	{ "kind", KEY_WORD, .required = true, AT(partner, kind), .standard = "dir", .words = kind_words_of,
	  .expected = "\"dir\" or \"sftp\"" },
	{ "timezone", KEY_TEXT, AT(partner, timezone), .standard = "America/New_York", .good = good_timezone,
	  .expected = "a zone under /usr/share/zoneinfo such as \"America/New_York\"" },
	{ "calendar", KEY_TEXT, AT(partner, calendar), .standard = "federal-reserve", .good = good_calendar,
	  .expected = "\"federal-reserve\", \"target\" or \"weekdays\"" },
	{ "host", KEY_TEXT, AT(partner, host), .good = good_host, .expected = "a host name or address" },
	{ "port", KEY_INT, AT(partner, port), .min = 1, .max = 65535, .otherwise = 22 },
	{ "user", KEY_TEXT, AT(partner, user), .good = good_login, .expected = "a login name" },
	{ "host_key", KEY_TEXT, AT(partner, host_key), .good = good_host_key,
	  .expected = "the server's key as one line \"ssh-ed25519 AAAA...\" without a comment" },
	{ "client_key", KEY_PATH, AT(partner, client_key) },
	{ "poll_ms", KEY_INT, AT(partner, poll_ms), .min = 10, .max = 86400000, .otherwise = 2000 },
	{ "timeout_ms", KEY_INT, AT(partner, timeout_ms), .min = 100, .max = 3600000, .otherwise = 30000 },
	{ "accounts", KEY_LIST, AT(partner, accounts), .sub = &account_table, COUNT(partner, n_accounts),
	  .item_size = sizeof(struct config_pair) },
	{ "inbound", KEY_LIST, AT(partner, in), .sub = &inbound_table, COUNT(partner, n_in),
	  .item_size = sizeof(struct inbound) },
	{ "outbound", KEY_LIST, AT(partner, out), .sub = &outbound_table, COUNT(partner, n_out),
	  .item_size = sizeof(struct outbound) },
	{ .name = NULL },
};
const struct config_table config_table_channel = { "a channel", channel_keys };

/* ---- operators.d, rules.d ---- */

static const struct config_key operator_keys[] = {
	{ "name", KEY_TEXT, .required = true, AT(operator, name), .good = good_name,
	  .expected = "letters, digits and . _ - only, at most 32" },
	{ "uid", KEY_UID, .required = true, AT(operator, uid), .min = 0, .max = 999999999 },
	{ "public_key", KEY_OWN, .required = true, AT(operator, public_key), .own = own_public_key,
	  .expected = "the path of a public key in PEM" },
	{ .name = NULL },
};
const struct config_table config_table_operator = { "an operator", operator_keys };

static const struct config_key approval_keys[] = {
	{ "partner", KEY_TEXT, AT(approval_rule, partner), .good = good_name,
	  .expected = "a partner's name, or nothing for every partner" },
	{ "currency", KEY_OWN, .required = true, .own = own_currency, .expected = "three capital letters" },
	{ "limit", KEY_OWN, .required = true, .own = own_limit, .expected = "an amount such as \"10000.00\"" },
	{ "persons", KEY_INT, .required = true, AT(approval_rule, persons), .min = 1, .max = 9, .otherwise = 1 },
	{ .name = NULL },
};
static const struct config_table approval_table = { "an approval rule", approval_keys };

static const struct config_key way_keys[] = {
	{ "feed", KEY_TEXT, AT(way_rule, feed) },
	{ "ach_most", KEY_OWN, .own = own_ach_most },
	{ "check_most", KEY_OWN, .own = own_check_most },
	{ "rollover_percent", KEY_INT, AT(way_rule, rollover_percent), .min = 0, .max = 100, .otherwise = 0 },
	{ .name = NULL },
};
static const struct config_table way_table = { "a way", way_keys };

static const struct config_key match_days_keys[] = {
	{ "currency", KEY_OWN, AT(match_days, currency), .own = own_days_currency },
	{ "early", KEY_INT, AT(match_days, early), .min = 0, .max = 30, .otherwise = 5 },
	{ "late", KEY_INT, AT(match_days, late), .min = 0, .max = 250, .otherwise = 35 },
	{ "late_check", KEY_INT, AT(match_days, late_check), .min = 0, .max = 500, .otherwise = 135 },
	{ "rivals", KEY_INT, AT(match_days, rivals), .min = 5, .max = 60, .otherwise = 10 },
	{ "rivals_check", KEY_INT, AT(match_days, rivals_check), .min = 10, .max = 130, .otherwise = 45 },
	{ "stale_days", KEY_INT, AT(match_days, stale_days), .min = 1, .max = 3650, .otherwise = 180 },
	{ .name = NULL },
};
static const struct config_table match_days_table = { "a row of days", match_days_keys };

static const struct config_key extract_keys[] = {
	{ "account", KEY_TEXT, AT(extract_rule, account) },
	{ "type", KEY_TEXT, AT(extract_rule, type) },
	{ "pattern", KEY_TEXT, .required = true, AT(extract_rule, pattern) },
	{ "sample", KEY_TEXT, .required = true, AT(extract_rule, sample) },
	{ "gives", KEY_OWN, .required = true, AT(extract_rule, gives), .own = own_gives },
	{ "valid_from", KEY_TEXT, AT(extract_rule, valid_from), .good = good_day, .expected = "YYYY-MM-DD" },
	{ "valid_to", KEY_TEXT, AT(extract_rule, valid_to), .good = good_day, .expected = "YYYY-MM-DD" },
	{ .name = NULL },
};
static const struct config_table extract_table = { "an extraction", extract_keys };

static const struct config_key statement_keys[] = {
	{ "files", KEY_TEXT, .required = true, AT(statement_rule, files), .good = good_pattern, .expected = "a pattern of file names such as \"first-*.csv\"" },
	{ "format", KEY_TEXT, .required = true, AT(statement_rule, format), .good = good_statement_format,
	  .expected = "\"csvstmt\", \"bai2\", \"mt940\" or \"camt\"" },
	{ "options", KEY_PAIRS, AT(statement_rule, options), COUNT(statement_rule, n_options) },
	{ .name = NULL },
};
static const struct config_table statement_table = { "a row of statement files", statement_keys };

static const struct config_key write_off_keys[] = {
	{ "currency", KEY_OWN, .required = true, .own = own_currency, .expected = "three capital letters" },
	{ "most", KEY_OWN, .required = true, .own = own_write_off_most, .expected = "an amount such as \"100.00\"" },
	{ "second_above", KEY_OWN, .own = own_write_off_second, .expected = "an amount such as \"25.00\"" },
	{ .name = NULL },
};
static const struct config_table write_off_table = { "a limit of write-offs", write_off_keys };

static const struct config_key decision_keys[] = {
	{ "act", KEY_TEXT, AT(decision_rule, act), .good = good_act,
	  .expected = "\"match\", \"unmatch\", \"confirm\", \"refuse\", \"write-off\", \"assign\", \"comment\" or nothing for every one" },
	{ "persons", KEY_INT, AT(decision_rule, persons), .min = 1, .max = 2, .otherwise = 1 },
	{ "on_behalf", KEY_BOOL, AT(decision_rule, on_behalf) },
	{ .name = NULL },
};
static const struct config_table decision_table = { "a rule of decisions", decision_keys };

static const struct config_key rules_keys[] = {
	{ "approvals", KEY_LIST, AT(config, rules), .sub = &approval_table, COUNT(config, n_rules),
	  .item_size = sizeof(struct approval_rule) },
	{ "ways", KEY_LIST, AT(config, ways), .sub = &way_table, COUNT(config, n_ways),
	  .item_size = sizeof(struct way_rule) },
	{ "match_days", KEY_LIST, AT(config, match_days), .sub = &match_days_table, COUNT(config, n_match_days),
	  .item_size = sizeof(struct match_days) },
	{ "extract", KEY_LIST, AT(config, extracts), .sub = &extract_table, COUNT(config, n_extracts),
	  .item_size = sizeof(struct extract_rule) },
	{ "statements", KEY_LIST, AT(config, statements), .sub = &statement_table, COUNT(config, n_statements),
	  .item_size = sizeof(struct statement_rule) },
	{ "write_offs", KEY_LIST, AT(config, write_offs), .sub = &write_off_table, COUNT(config, n_write_offs),
	  .item_size = sizeof(struct write_off_rule) },
	{ "decisions", KEY_LIST, AT(config, decisions), .sub = &decision_table, COUNT(config, n_decisions),
	  .item_size = sizeof(struct decision_rule) },
	{ .name = NULL },
};
const struct config_table config_table_rules = { "a rules file", rules_keys };
