/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_test - a route that lies: forged people, swapped objects, invented read-backs; each is refused by its sentence
 *
 * Each case starts from one good request (batch B12 of 20,000.00 USD, which the rules give to one person, and batch B13
 * of 100.00 USD, which they give to nobody), spoils one thing, and must be refused with that thing's code; the request
 * itself must be signed.
 */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/digest.h"
#include "channels/spool.h"
#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "gateway/seal.h"
#include "gateway/sign_verify.h"
#include "gateway/statement.h"
#include "tests/lib/run.h"
#include "tests/lib/tap.h"

#define ITEMS "00112233445566778899aabbccddeeff00112233445566778899aabbccddee12"
#define ITEMS13 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee13"
#define SOURCE "99999999999999999999aabbccddeeff00112233445566778899aabbccddeeff"
#define SOURCE13 "99999999999999999999aabbccddeeff00112233445566778899aabbccddee13"
#define ROOT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NOON "2026-11-09T17:00:00Z"		/* noon in New York, a Monday */
#define NOON_S 1794243600

static char dir[64], artifact_sha[65];
static const char payload[] = "101 091000019 ... the bytes of a payment file\n";

/* ---- a gateway's directory ---- */

static const char *at(const char *name)
{
	static char path[4][160];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[0]), "%s/%s", dir, name);
	return path[turn];
}

static void put(const char *name, const char *text)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void put_artifact(void)
{
	struct spool *s;
	struct spool_writer *w;
	uint64_t size;
	struct err e;

	if (spool_open(&s, at("home/spool/out"), true, &e) == -1 || spool_begin(&w, s, &e) == -1 ||
	    spool_write(w, view_of(payload), &e) == -1 || spool_commit(w, artifact_sha, &size, &e) == -1)
		abort();
	spool_free(s);
}

static void make_dir(void)
{
	static const char *const folders[] = { "channels.d", "operators.d", "rules.d", "home", "home/spool",
		"home/spool/out", "home/spool/out/tmp", "home/manifests" };
	struct err e;

	snprintf(dir, sizeof(dir), "/tmp/sign_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		abort();
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		mkdir(at(folders[i]), 0755);
	if (seal_make_ca_and_signer(dir, "gw1", &e) == -1 || seal_make_operator_key(at("alice.key"),
	    at("operators.d/alice.pem"), &e) == -1 || seal_make_operator_key(at("bob.key"), at("operators.d/bob.pem"),
	    &e) == -1)
		abort();
	put("channels.d/firstbank.conf",
	    "partner = \"firstbank\"; kind = \"dir\";\n"
	    "outbound = ( { name = \"ach\"; path = \"in\"; format = \"nacha\"; file_name = \"PAY{artifact}.ach\";\n"
	    "  ach = { immediate_destination = \"091000019\"; immediate_origin = \"1234567890\"; company_name = "
	    "\"ACME\"; company_id = \"1234567890\";\n    odfi = \"09100001\"; entry_description = \"PAYROLL\"; cut_off "
	    "= \"17:00\"; lead_days = 2; }; } );\n");
	put("operators.d/alice.conf", "name = \"alice\"; uid = 2001; public_key = \"operators.d/alice.pem\";\n");
	put("operators.d/bob.conf", "name = \"bob\"; uid = 2002; public_key = \"operators.d/bob.pem\";\n");
	put("rules.d/limits.conf", "approvals = ( { currency = \"USD\"; limit = \"10000.00\"; persons = 1; }, { "
		"currency = \"USD\"; limit = \"50000.00\"; persons = 2; } );\n");
	put_artifact();
}

static struct config *load(const char *more)
{
	struct buf report = { .max = 0 }, text = { .max = 0 };
	struct config *c = NULL;
	struct err e = { 0, "" };

	buf_fmt(&text, "home = \"home\"; run = \"run\"; modules = \"modules\";\n%s\n", more);
	put("tallygate.conf", buf_cstr(&text));
	if (config_load(&c, dir, &report, &e) != 0) {
		printf("Bail out! %s%s\n", buf_cstr(&report), e.text);
		exit(1);
	}
	buf_release(&report);
	buf_release(&text);
	return c;
}

/* ---- what route says ---- */

struct case_batch {
	const char *id, *items, *maker, *persons;
	int64_t number, count, credit;
	date_t effective;
	const char *source, *numbers;		/* NULL: SOURCE; none */
	int64_t debit, whole;
};

static const char *source_of(const struct case_batch *b)
{
	return b->source != NULL ? b->source : SOURCE;
}

struct ask {
	struct case_batch b[2];
	size_t n_batches;
	struct statement st[4];
	size_t n_statements;
	const char *name, *sha, *time, *partner, *outbound, *format, *ccy;
	int64_t job, size, count, credit, hash;
	bool demo;
};

static date_t day(const char *text)
{
	date_t d;

	if (!date_parse_iso(&d, view_of(text)))
		abort();
	return d;
}

static struct batch_totals totals(const struct ask *a, const struct case_batch *b)
{
	struct batch_totals t = { .count = b->count, .credit_minor = b->credit };

	snprintf(t.batch, sizeof(t.batch), "%s", b->id);
	snprintf(t.partner, sizeof(t.partner), "%s", a->partner);
	snprintf(t.outbound, sizeof(t.outbound), "%s", a->outbound);
	snprintf(t.format, sizeof(t.format), "%s", a->format);
	snprintf(t.ccy, sizeof(t.ccy), "%s", a->ccy);
	date_print(b->effective, t.effective_date);
	snprintf(t.items_sha256, sizeof(t.items_sha256), "%s", b->items);
	snprintf(t.source_sha256, sizeof(t.source_sha256), "%s", source_of(b));
	t.debit_minor = b->debit;
	return t;
}

static void sign_with(struct statement *s, const char *key)
{
	struct buf text = { .max = 0 }, hex = { .max = 0 };
	struct err e;

	memset(s->signature, 0, sizeof(s->signature));
	if (!statement_text(s, &text) || seal_sign_statement(&hex, buf_as_view(&text), at(key), &e) == -1 ||
	    hex.n >= sizeof(s->signature))
		abort();
	memcpy(s->signature, hex.p, hex.n);
	buf_release(&text);
	buf_release(&hex);
}

static struct statement approval(const struct ask *a, size_t batch, const char *who, const char *key, const char *nonce)
{
	struct batch_totals t = totals(a, &a->b[batch]);
	struct statement s = { .act = "approve", .reason = "checked", .time = "2026-11-09T16:30:00Z" };

	snprintf(s.object, sizeof(s.object), "%s", a->b[batch].id);
	snprintf(s.operator_name, sizeof(s.operator_name), "%s", who);
	snprintf(s.nonce, sizeof(s.nonce), "%s", nonce);
	totals_sha256(&t, s.sha256);
	sign_with(&s, key);
	return s;
}

/* The statement of a whole run as it stands for one of its batches; what the list says besides is the caller's. */
static struct statement run_approval(const struct ask *a, size_t batch, const char *list, const char *who, const char *key, const char *nonce)
{
	struct batch_totals t = totals(a, &a->b[batch]);
	struct statement s = { .act = "approve", .object = "F7", .reason = "checked", .time = "2026-11-09T16:30:00Z" };
	char sha[65];

	totals_sha256(&t, sha);
	snprintf(s.operator_name, sizeof(s.operator_name), "%s", who);
	snprintf(s.nonce, sizeof(s.nonce), "%s", nonce);
	run_list_part(&s, a->b[batch].id, sha, view_of(list));
	sign_with(&s, key);
	return s;
}

static const char *run_list_of(const struct ask *a, size_t n)
{
	static struct buf list[4];
	static int turn;
	struct buf *to = &list[turn++ % 4];

	buf_clear(to);
	for (size_t i = 0; i < n; i++) {
		struct batch_totals t = totals(a, &a->b[i]);

		run_list_add(to, &t);
	}
	return buf_cstr(to);
}

#define NONCE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NONCE_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct ask good_ask(void)
{
	static int64_t job;
	struct ask a = {
		.b = { { "B12", ITEMS, "hr/register", "1", 1, 2, 2000000, 0 },
		{ "B13", ITEMS13, "hr/register", "0", 2, 1, 10000, 0, .source = SOURCE13 } },
		.n_batches = 2, .name = "PAYA1.ach", .sha = artifact_sha, .time = NOON, .partner = "firstbank",
		.outbound = "ach", .format = "nacha",
		.ccy = "USD", .size = sizeof(payload) - 1, .count = 3, .credit = 2010000, .hash = 777,
	};

	a.job = ++job;
	a.b[0].effective = a.b[1].effective = day("2026-11-12");
	a.st[0] = approval(&a, 0, "alice", "alice.key", NONCE_A);
	a.n_statements = 1;
	return a;
}

static void put_batch(struct buf *m, const struct case_batch *b, bool whole)
{
	struct buf e = { .max = 0 };

	wire_begin(&e, 0);
	if (whole) {
		wire_text(&e, T_ARTIFACT, b->id);
		wire_text(&e, T_SHA256, source_of(b));
		wire_text(&e, T_OPERATOR, b->maker);
		wire_text(&e, T_NAME, b->persons);
		wire_num(&e, T_SUM, b->whole);
	}
	wire_num(&e, T_BATCH_NUMBER, b->number);
	wire_num(&e, T_COUNT, b->count);
	wire_num(&e, T_DEBIT, b->debit);
	wire_num(&e, T_CREDIT_SUM, b->credit);
	wire_num(&e, T_EFFECTIVE, b->effective);
	wire_text(&e, T_ITEMS_SHA256, b->items);
	wire_text(&e, T_NUMBERS_SHA256, b->numbers);
	wire_view(m, T_BATCH, buf_as_view(&e));
	buf_release(&e);
}

static void put_ask(struct buf *m, const struct ask *a)
{
	struct buf source = { .max = 0 };

	wire_begin(m, M_SIGN);
	wire_num(m, T_JOB, a->job);
	wire_text(m, T_ARTIFACT, "A1");
	wire_text(m, T_NAME, a->name);
	wire_text(m, T_PARTNER, a->partner);
	wire_text(m, T_OUTBOUND, a->outbound);
	wire_text(m, T_FORMAT, a->format);
	wire_text(m, T_VERSION, "1.0");
	wire_text(m, T_SHA256, a->sha);
	wire_num(m, T_SIZE, a->size);
	wire_num(m, T_COUNT, a->count);
	wire_num(m, T_DEBIT, 0);
	wire_num(m, T_CREDIT_SUM, a->credit);
	wire_num(m, T_HASH, a->hash);
	wire_text(m, T_CCY, a->ccy);
	wire_num(m, T_EFFECTIVE, a->b[0].effective);
	wire_text(m, T_BUSINESS_KEY, "1234567890-261109-1200-A");
	wire_text(m, T_PREVIOUS, "");
	wire_num(m, T_AUDIT_SIZE, 7);
	wire_text(m, T_AUDIT_ROOT, ROOT);
	wire_text(m, T_CONFIG_SHA256, ROOT);
	wire_text(m, T_RULES_SHA256, ROOT);
	wire_text(m, T_TIME, a->time);
	wire_num(m, T_DEMO, a->demo);
	for (size_t i = 0; i < a->n_batches; i++)
		put_batch(m, &a->b[i], true);
	for (size_t i = 0; i < a->n_statements; i++)
		statement_put(m, T_STATEMENT, &a->st[i]);
	wire_begin(&source, 0);
	wire_text(&source, T_SHA256, SOURCE);
	wire_num(&source, T_FIRST, 1);
	wire_num(&source, T_COUNT, 3);
	wire_view(m, T_SOURCE, buf_as_view(&source));
	buf_release(&source);
}

static void put_readback(struct buf *m, const struct ask *a, bool known)
{
	wire_begin(m, M_READBACK);
	wire_num(m, T_JOB, a->job);
	wire_text(m, T_SHA256, a->sha);
	wire_num(m, T_KNOWN, known);
	wire_text(m, T_FORMAT, a->format);
	wire_num(m, T_COUNT, a->count);
	wire_num(m, T_DEBIT, 0);
	wire_num(m, T_CREDIT_SUM, a->credit);
	wire_num(m, T_HASH, a->hash);
	for (size_t i = 0; i < a->n_batches; i++)
		put_batch(m, &a->b[i], false);
}

/* ---- one round ---- */

static struct answer { uint16_t type; char reason[48], text[400], sha256[65]; } said;

static void take_answer(enum sign_to to, const struct buf *reply)
{
	struct msg m;

	memset(&said, 0, sizeof(said));
	if (to == SIGN_NOBODY || !msg_parse(&m, buf_as_view(reply)))
		return;
	said.type = m.type;
	msg_cstr(&m, T_REASON, said.reason, sizeof(said.reason));
	msg_cstr(&m, T_TEXT, said.text, sizeof(said.text));
	msg_cstr(&m, T_SHA256, said.sha256, sizeof(said.sha256));
}

/* Asks, answers the read-back with `file` (what the bytes really hold), and keeps what sign said in the end. */
static void round_of(struct sign *s, const struct ask *a, const struct ask *file)
{
	struct sign_clock now = { NOON_S, 1000 };
	struct buf m = { .max = 0 }, reply = { .max = 0 };
	enum sign_to to;
	struct err e = { 0, "" };

	put_ask(&m, a);
	if (sign_from_route(s, buf_as_view(&m), &now, &to, &reply, &e) == -1)
		printf("# %s\n", e.text);
	take_answer(to, &reply);
	if (to == SIGN_PARSE && file != NULL) {
		put_readback(&m, file, true);
		if (sign_from_parse(s, buf_as_view(&m), &now, &to, &reply, &e) == -1)
			printf("# %s\n", e.text);
		take_answer(to, &reply);
	}
	buf_release(&m);
	buf_release(&reply);
}

static struct sign *start(const struct config *c)
{
	struct sign *s = NULL;
	struct err e = { 0, "" };

	if (sign_open(&s, c, &e) == -1) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	return s;
}

static void forget(void)
{
	unlink(at("home/manifests/.sums"));
	unlink(at("home/manifests/PAYA1.ach.manifest.json"));
	unlink(at("home/manifests/PAYA1.ach.manifest.p7s"));
}

/* ---- lies ---- */

static void lie_file_forged(struct ask *a)
{
	a->st[0].signature[20] = a->st[0].signature[20] == '0' ? '1' : '0';
}

static void lie_file_key(struct ask *a)
{
	sign_with(&a->st[0], "bob.key");
}

static void lie_reason(struct ask *a)
{
	snprintf(a->st[0].reason, sizeof(a->st[0].reason), "another reason");
}

static void lie_nobody(struct ask *a)
{
	a->st[0] = approval(a, 0, "mallory", "bob.key", NONCE_A);
}

static void lie_object(struct ask *a)
{
	snprintf(a->st[0].object, sizeof(a->st[0].object), "B99");
	sign_with(&a->st[0], "alice.key");
}

static void lie_swapped(struct ask *a)
{
	a->st[0] = approval(a, 1, "alice", "alice.key", NONCE_A);	/* B13's approval ... */
	snprintf(a->st[0].object, sizeof(a->st[0].object), "B12");	/* ... handed in for B12 */
}

static void lie_act(struct ask *a)
{
	snprintf(a->st[0].act, sizeof(a->st[0].act), "reject");
	sign_with(&a->st[0], "alice.key");
}

static void lie_none(struct ask *a)
{
	a->n_statements = 0;
}

static void lie_grown(struct ask *a)
{
	a->b[0].credit += 100;		/* after the approval */
	a->credit += 100;
}

static void lie_payee(struct ask *a)
{
	a->b[0].items = ITEMS13;
}

static void lie_maker(struct ask *a)
{
	a->b[0].maker = "hr/register, alice";
}

static void lie_twice(struct ask *a)
{
	a->b[0].credit = 6000000;	/* two persons */
	a->credit = 6010000;
	a->st[0] = approval(a, 0, "alice", "alice.key", NONCE_A);
	a->st[1] = approval(a, 0, "alice", "alice.key", NONCE_B);
	a->n_statements = 2;
}

static void lie_persons(struct ask *a)
{
	lie_twice(a);
	a->n_statements = 1;
	a->b[0].persons = "0";		/* route believes nobody is needed */
}

/* The run's list names other totals of the batch than the file has. */
static void lie_run_totals(struct ask *a)
{
	struct ask seen = *a;

	seen.b[0].credit = 100;
	a->st[0] = run_approval(&seen, 0, run_list_of(&seen, 2), "alice", "alice.key", NONCE_A);
}

/* The list is not the one that was signed: a batch was put in. */
static void lie_run_list(struct ask *a)
{
	struct ask one = *a;

	a->st[0] = run_approval(&one, 0, run_list_of(&one, 1), "alice", "alice.key", NONCE_A);
	a->st[0].run_list = view_of(run_list_of(a, 2));
}

/* The list does not name the batch at all. */
static void lie_run_other(struct ask *a)
{
	a->st[0] = run_approval(a, 0, "B99 1 0 100 USD " ITEMS ";", "alice", "alice.key", NONCE_A);
}

/* Its nonce is not the one that follows from the run's: it could be used again and again. */
static void lie_run_nonce(struct ask *a)
{
	a->st[0] = run_approval(a, 0, run_list_of(a, 2), "alice", "alice.key", NONCE_A);
	memcpy(a->st[0].nonce, NONCE_B, 33);
}

static void lie_nonce(struct ask *a)
{
	a->st[1] = approval(a, 1, "bob", "bob.key", NONCE_A);
	a->n_statements = 2;
}

static void lie_total(struct ask *a)
{
	a->count = 4;
}

static void lie_hash(struct ask *a)
{
	a->sha = ROOT;
}

static void lie_size(struct ask *a)
{
	a->size++;
}

static void lie_partner(struct ask *a)
{
	a->partner = "secondbank";
}

static void lie_format(struct ask *a)
{
	a->format = "check";
}

static void lie_name(struct ask *a)
{
	a->name = "../../etc/passwd";
}

static void lie_clock(struct ask *a)
{
	a->time = "2026-11-09T17:11:00Z";
}

static void lie_late(struct ask *a)
{
	a->b[0].effective = a->b[1].effective = day("2026-11-10");
	a->st[0] = approval(a, 0, "alice", "alice.key", NONCE_A);
}

/* The bank rejected the file for the 12th; it is sent again for the 13th with what was approved then. */
static void lie_resent(struct ask *a)
{
	a->b[0].effective = a->b[1].effective = day("2026-11-13");
}

static void lie_negative(struct ask *a)
{
	a->b[0].credit = -1;
}

static const struct { const char *what; void (*lie)(struct ask *); const char *reason; } lies[] = {
	{ "a signature with one digit changed", lie_file_forged, "FORGED_STATEMENT" },
	{ "alice's name over bob's key", lie_file_key, "FORGED_STATEMENT" },
	{ "a reason that was exchanged after signing", lie_reason, "FORGED_STATEMENT" },
	{ "an operator that sign does not know", lie_nobody, "UNKNOWN_OPERATOR" },
	{ "an approval about another batch", lie_object, "STATEMENT_OBJECT" },
	{ "an approval moved to another batch", lie_swapped, "FORGED_STATEMENT" },
	{ "a rejection handed in as an approval", lie_act, "STATEMENT_ACT" },
	{ "no approval at all", lie_none, "NO_APPROVAL" },
	{ "a batch that grew by a dollar after its approval", lie_grown, "TOTALS_DIFFER" },
	{ "other payees than were approved", lie_payee, "TOTALS_DIFFER" },
	{ "a maker who approves his own batch", lie_maker, "SELF_APPROVAL" },
	{ "one person twice where two are needed", lie_twice, "NO_APPROVAL" },
	{ "a route that believes nobody is needed", lie_persons, "NO_APPROVAL" },
	{ "one nonce under two approvals", lie_nonce, "REPLAYED_NONCE" },
	{ "a run's approval of other totals of the batch", lie_run_totals, "TOTALS_DIFFER" },
	{ "a batch put into the list of a run after it was signed", lie_run_list, "FORGED_STATEMENT" },
	{ "a run's approval for a batch that its list does not name", lie_run_other, "BAD_REQUEST" },
	{ "a run's approval under a nonce that is not its own", lie_run_nonce, "BAD_REQUEST" },
	{ "totals that its batches do not add up to", lie_total, "TOTALS_DIFFER" },
	{ "a hash that no file has", lie_hash, "HASH_DIFFERS" },
	{ "a size that the file does not have", lie_size, "HASH_DIFFERS" },
	{ "a partner that is not configured", lie_partner, "NOT_CONFIGURED" },
	{ "a format that the outbound does not have", lie_format, "NOT_CONFIGURED" },
	{ "a name that climbs out of the directory", lie_name, "BAD_REQUEST" },
	{ "a clock eleven minutes ahead", lie_clock, "CLOCK_DIFFERS" },
	{ "an effective date that can no longer be made", lie_late, "MISSED_CUTOFF" },
	{ "the approval of a rejected file for the one that is sent again under another date", lie_resent, "TOTALS_DIFFER" },
	{ "a negative amount", lie_negative, "BAD_REQUEST" },
};

static void test_lies(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct ask a = good_ask();

		lies[i].lie(&a);
		round_of(s, &a, &a);
		ok(said.type == M_REFUSED && strcmp(said.reason, lies[i].reason) == 0 && said.text[0] != '\0',
			"%s: %s, \"%s\"", lies[i].what, said.reason, said.text);
		ok(access(at("home/manifests/PAYA1.ach.manifest.json"), F_OK) == -1, "%s: nothing is signed",
			lies[i].what);
	}
	sign_free(s);
	config_free(c);
	forget();
}

/* ---- the read-back is not route's ---- */

static void test_readback(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = good_ask(), file = a;

	file.b[0].credit -= 5;
	file.b[1].credit += 5;
	round_of(s, &a, &file);
	is_str(said.reason, "READBACK_DIFFERS", "five cents moved from one batch to another are seen: %s", said.text);
	a = file = good_ask();
	file.b[1].items = ITEMS;
	round_of(s, &a, &file);
	is_str(said.reason, "READBACK_DIFFERS", "another payee with the same amount is seen: %s", said.text);
	a = file = good_ask();
	file.n_batches = 1;
	round_of(s, &a, &file);
	is_str(said.reason, "READBACK_DIFFERS", "a batch that is not in the file is seen: %s", said.text);
	a = file = good_ask();
	file.b[0].effective++;
	round_of(s, &a, &file);
	is_str(said.reason, "READBACK_DIFFERS", "another effective date in the file is seen: %s", said.text);
	a = file = good_ask();
	file.hash++;
	round_of(s, &a, &file);
	is_str(said.reason, "READBACK_DIFFERS", "another entry hash is seen: %s", said.text);
	a = file = good_ask();
	file.job += 1000;
	round_of(s, &a, &file);
	ok(said.type == 0, "a read-back of a job that nobody asked for says nothing");
	file = a;
	file.sha = ROOT;
	round_of(s, &a, &file);
	ok(said.type == 0, "a read-back of another file says nothing");
	sign_free(s);
	config_free(c);
	forget();
}

static const char *file_of(const char *text, int64_t *size)
{
	static char sha[8][DIGEST_HEX];
	static int turn;
	struct spool_writer *w;
	struct spool *sp;
	struct err e = { 0, "" };
	uint64_t n;

	turn = (turn + 1) % 8;
	if (spool_open(&sp, at("home/spool/out"), true, &e) == -1 || spool_begin(&w, sp, &e) == -1 ||
	    spool_write(w, view_of(text), &e) == -1 || spool_commit(w, sha[turn], &n, &e) == -1)
		abort();
	spool_free(sp);
	*size = (int64_t)n;
	return sha[turn];
}

/* One signature of a person over all batches of a run stands for each of them, and for one file each. */
static void test_run(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = good_ask();
	char list[1000], manifest[8192] = "";
	FILE *f;

	snprintf(list, sizeof(list), "%s", run_list_of(&a, 2));
	a.st[0] = run_approval(&a, 0, list, "alice", "alice.key", NONCE_A);
	a.st[1] = run_approval(&a, 1, list, "alice", "alice.key", NONCE_A);
	a.n_statements = 2;
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "a person's one signature over a run is his approval of each batch in its list: %s", said.text);
	f = fopen(at("home/manifests/PAYA1.ach.manifest.json"), "r");
	if (f != NULL) {
		manifest[fread(manifest, 1, sizeof(manifest) - 1, f)] = '\0';
		fclose(f);
	}
	ok(strstr(manifest, "\"run\":\"F7\",\"run_list\":\"B12 2 0 2000000 USD ") != NULL && strstr(manifest, "\"run_nonce\":\"" NONCE_A "\"") != NULL, "the manifest shows what was signed, list and nonce");
	a.name = "PAYA2.ach";
	a.job++;
	a.sha = file_of("another file", &a.size);
	round_of(s, &a, &a);
	is_str(said.reason, "REPLAYED_NONCE", "it pays no second file: %s", said.text);
	sign_free(s);
	s = start(c);
	a.job++;
	round_of(s, &a, &a);
	is_str(said.reason, "REPLAYED_NONCE", "nor after a restart of sign: %s", said.text);
	sign_free(s);
	config_free(c);
	forget();
}

static void test_unknown(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = good_ask();
	struct sign_clock now = { NOON_S, 1000 };
	struct buf m = { .max = 0 }, reply = { .max = 0 };
	enum sign_to to;
	struct err e;

	round_of(s, &a, NULL);
	put_readback(&m, &a, false);
	sign_from_parse(s, buf_as_view(&m), &now, &to, &reply, &e);
	take_answer(to, &reply);
	is_str(said.reason, "READBACK_UNKNOWN", "a parse that was restarted and knows nothing is said so, for route to "
		"have it read again");
	round_of(s, &a, NULL);
	now.monotonic_ms = 1000 + SIGN_ASK_AGAIN_MS;
	sign_overdue(s, &now, &to, &reply);
	take_answer(to, &reply);
	ok(to == SIGN_PARSE && said.type == M_READBACK_ASK, "an answer that does not come is asked for again");
	sign_overdue(s, &now, &to, &reply);
	ok(to == SIGN_NOBODY, "but not twice at once");
	now.monotonic_ms = 1000 + SIGN_GIVE_UP_MS;
	sign_overdue(s, &now, &to, &reply);
	take_answer(to, &reply);
	ok(to == SIGN_ROUTE && strcmp(said.reason, "READBACK_UNKNOWN") == 0, "and given up in the end");
	for (int i = 0; i < SIGN_PENDING + 1; i++) {
		a.job = 5000 + i;
		round_of(s, &a, NULL);
	}
	is_str(said.reason, "BUSY", "more files at once than there are places are refused: %s", said.text);
	sign_free(s);
	config_free(c);
	buf_release(&m);
	buf_release(&reply);
	forget();
}

/* ---- what is right ---- */

static char tool[8192];

static int openssl_verify(void)
{
	return run_text(tool, sizeof(tool), (char *[]){ "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
		(char *)at("home/manifests/PAYA1.ach.manifest.p7s"), "-content",
		(char *)at("home/manifests/PAYA1.ach.manifest.json"), "-CAfile", (char *)at("ca.pem"), "-out",
		"/dev/null", NULL });
}

static void test_signed(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = good_ask();
	char first[65];

	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "the good request is signed: %s", said.text);
	is_int(openssl_verify(), 0, "openssl verifies the manifest: %s", tool);
	snprintf(first, sizeof(first), "%s", said.sha256);
	a = good_ask();
	a.time = "2026-11-09T17:05:00Z";
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED && strcmp(first, said.sha256) == 0, "asked once more, later, it gives what is there");
	unlink(at("home/manifests/PAYA1.ach.manifest.p7s"));
	a = good_ask();
	a.time = "2026-11-09T17:05:00Z";
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED && strcmp(first, said.sha256) != 0, "without its signature beside it, it is signed "
		"anew");
	is_int(openssl_verify(), 0, "and verifies again");
	sign_free(s);
	s = start(c);
	a = good_ask();
	put("home/manifests/PAYA1.ach.manifest.json",
		"{\"artifact\":{\"name\":\"PAYA1.ach\",\"sha256\":\"" ROOT "\",\"size\":1}}");
	round_of(s, &a, &a);
	is_str(said.reason, "NAME_TAKEN", "a name under which another file was signed is taken: %s", said.text);
	sign_free(s);
	config_free(c);
	forget();
}

static void test_two_persons(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = good_ask();

	lie_twice(&a);
	a.st[1] = approval(&a, 0, "bob", "bob.key", NONCE_B);
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "two persons approve what needs two: %s", said.text);
	sign_free(s);
	forget();
	c->operators[1].uid = c->operators[0].uid;
	s = start(c);
	a.job++;
	round_of(s, &a, &a);
	is_str(said.reason, "NO_APPROVAL", "two names with one uid are one person: %s", said.text);
	c->demo = c->same_uid_ok = true;
	a.job++;
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "but in a demo that says so: %s", said.text);
	forget();
	c->operators[0].uid = 0;
	a.job++;
	round_of(s, &a, &a);
	is_str(said.reason, "ROOT_APPROVAL", "where root still never approves: %s", said.text);
	sign_free(s);
	config_free(c);
	forget();
}

static void test_same_key(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s;
	struct ask a = good_ask();

	memcpy(c->operators[1].key_id, c->operators[0].key_id, 65);
	free(c->operators[1].public_key);
	c->operators[1].public_key = strdup(c->operators[0].public_key);
	c->demo = c->same_uid_ok = true;
	s = start(c);
	lie_twice(&a);
	a.st[1] = approval(&a, 0, "bob", "alice.key", NONCE_B);
	round_of(s, &a, &a);
	is_str(said.reason, "NO_APPROVAL", "two names with one key are one person, in a demo too: %s", said.text);
	sign_free(s);
	config_free(c);
	forget();
}

/* ---- what is remembered ---- */

static struct ask unsigned_ask(int64_t cents)
{
	struct ask a = good_ask();

	a.b[0] = a.b[1];
	a.b[0].number = 1;
	a.b[0].credit = cents;
	a.n_batches = 1;
	a.n_statements = 0;
	a.count = 1;
	a.credit = cents;
	return a;
}

static void test_limit(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = unsigned_ask(20000);

	round_of(s, &a, &a);
	is_str(said.reason, "UNSIGNED_LIMIT", "without a person, the limit itself is not below the limit: %s",
		said.text);
	a = unsigned_ask(15000);
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "below it a file leaves without a person: %s", said.text);
	a = unsigned_ask(15000);
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "the same file asked again does not count twice: %s", said.text);
	sign_free(s);
	unlink(at("home/manifests/PAYA1.ach.manifest.json"));
	put("home/spool/out/more", "x");
	s = start(c);
	{	/* another file, after a restart */
		struct spool *sp;
		struct spool_writer *w;
		char sha[65];
		uint64_t size;
		struct err e;

		if (spool_open(&sp, at("home/spool/out"), true, &e) == -1 || spool_begin(&w, sp, &e) == -1 ||
		    spool_write(w, VIEW("other"), &e) == -1 || spool_commit(w, sha, &size, &e) == -1)
			abort();
		spool_free(sp);
		a = unsigned_ask(6000);
		a.sha = sha;
		a.size = 5;
		a.name = "PAYA2.ach";
		round_of(s, &a, &a);
		is_str(said.reason, "UNSIGNED_LIMIT", "what left before the restart still counts: %s", said.text);
		a = unsigned_ask(4000);
		a.sha = sha;
		a.size = 5;
		a.name = "PAYA2.ach";
		round_of(s, &a, &a);
		ok(said.type == M_SIGNED, "what fits below it goes: %s", said.text);
		unlink(at("home/manifests/PAYA2.ach.manifest.json"));
		a = unsigned_ask(4000);
		a.sha = sha;
		a.size = 5;
		a.name = "PAYA2.ach";
		a.ccy = "EUR";
		a.b[0].persons = "0";
		round_of(s, &a, &a);
		is_str(said.reason, "NO_APPROVAL", "a currency that no rule knows needs a person: %s", said.text);
	}
	sign_free(s);
	config_free(c);
	forget();
}

static void test_nonce(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = good_ask();

	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "a nonce is used for the first time: %s", said.text);
	sign_free(s);
	s = start(c);
	a = good_ask();
	a.b[0].id = "B14";
	a.st[0] = approval(&a, 0, "alice", "alice.key", NONCE_A);
	round_of(s, &a, &a);
	is_str(said.reason, "REPLAYED_NONCE", "after a restart it is still refused for another batch: %s", said.text);
	{
		struct spool_writer *w;
		struct spool *sp;
		struct err e = { 0, "" };
		uint64_t size;
		char sha[DIGEST_HEX];

		if (spool_open(&sp, at("home/spool/out"), true, &e) == -1 || spool_begin(&w, sp, &e) == -1 ||
		    spool_write(w, VIEW("the same batch, written again under another name"), &e) == -1 || spool_commit(w, sha, &size, &e) == -1)
			abort();
		spool_free(sp);
		a = good_ask();
		a.name = "ACH-20261109-B.ach";
		a.sha = sha;
		a.size = (int64_t)size;
		round_of(s, &a, &a);
		is_str(said.reason, "REPLAYED_NONCE", "one approval pays one file, whatever the name of the second: %s", said.text);
	}
	sign_free(s);
	config_free(c);
	forget();
}

static void test_state_file(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = NULL;
	struct err e = { 0, "" };
	struct ask a;

	put("home/manifests/.sums", "sum 2026-11-09 firstbank USD 15000 " ROOT "\nsum 2026-11-09 firstbank USD 900");
	s = start(c);
	a = unsigned_ask(4000);
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "a torn last line was never relied on and is dropped: %s", said.text);
	a = unsigned_ask(5000);
	round_of(s, &a, &a);
	is_str(said.reason, "UNSIGNED_LIMIT", "the whole line before it counts");
	sign_free(s);
	put("home/manifests/.sums", "sum 2026-11-09 firstbank USD 0 " ROOT "\nhello\n");
	s = NULL;
	ok(sign_open(&s, c, &e) == -1 && strcmp(e.text, "line 2 of 'manifests/.sums' is no row of ours: somebody else "
		"wrote there") == 0,
	   "a line that is no row stops the start: %s", e.text);
	config_free(c);
	forget();
}

/* 200 batches with two approvals each: more elements than a struct msg holds. */
static void test_many(void)
{
	static struct case_batch many[200];
	static char ids[200][8], nonces[400][33];
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct ask a = good_ask();
	struct sign_clock now = { NOON_S, 1000 };
	struct buf m = { .max = 0 }, back = { .max = 0 }, reply = { .max = 0 };
	enum sign_to to;
	struct err e;

	a.n_batches = a.n_statements = 0;
	a.count = 200;
	a.credit = 200 * 6000000LL;
	put_ask(&m, &a);
	put_readback(&back, &a, true);
	for (int i = 0; i < 200; i++) {
		snprintf(ids[i], sizeof(ids[i]), "B%d", 100 + i);
		many[i] = (struct case_batch){ .id = ids[i], .items = ITEMS, .maker = "hr/register", .persons = "2", .number = i + 1,
			.count = 1, .credit = 6000000, .effective = day("2026-11-12") };
		put_batch(&m, &many[i], true);
		put_batch(&back, &many[i], false);
		a.b[0] = many[i];
		for (int k = 0; k < 2; k++) {
			struct statement st;

			snprintf(nonces[2 * i + k], sizeof(nonces[0]), "%032x", 2 * i + k + 1);
			st = approval(&a, 0, k == 0 ? "alice" : "bob", k == 0 ? "alice.key" : "bob.key",
				nonces[2 * i + k]);
			statement_put(&m, T_STATEMENT, &st);
		}
	}
	sign_from_route(s, buf_as_view(&m), &now, &to, &reply, &e);
	take_answer(to, &reply);
	if (to == SIGN_PARSE)
		sign_from_parse(s, buf_as_view(&back), &now, &to, &reply, &e);
	take_answer(to, &reply);
	ok(said.type == M_SIGNED, "two hundred batches with two approvals each are signed: %s", said.text);
	is_int(openssl_verify(), 0, "and openssl verifies what was signed: %s", tool);
	sign_free(s);
	config_free(c);
	buf_release(&m);
	buf_release(&back);
	buf_release(&reply);
	forget();
}

/* ---- a run that leaves by several ways ---- */

#define ITEMS20 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee20"
#define ITEMS21 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee21"
#define NUMBERS "00112233445566778899aabbccddeeff00112233445566778899aabbccddff20"
#define NUMBERS2 "00112233445566778899aabbccddeeff00112233445566778899aabbccddff21"
#define NONCE_C "cccccccccccccccccccccccccccccccc"

/* Checks of 20,000.00, as the print file or as the positive-pay file shows them. */
static struct ask check_ask(bool told, const char *bytes)
{
	struct ask a = good_ask();

	a.b[0] = (struct case_batch){ .id = "B20", .items = ITEMS20, .maker = "hr/register", .persons = "1", .number = 1, .count = 3,
		.credit = 2000000, .effective = day("2026-11-09"), .numbers = NUMBERS, .whole = 2000000 };
	a.n_batches = 1;
	a.partner = "printer";
	a.outbound = "checks";
	a.format = "check";
	a.st[0] = approval(&a, 0, "alice", "alice.key", NONCE_A);
	a.count = 3;
	a.credit = 2000000;
	if (told) {
		a.partner = "firstbank";
		a.outbound = "pospay";
		a.format = "pospay";
	}
	a.name = told ? "PP1.txt" : "CHK1.csv";
	a.sha = file_of(bytes, &a.size);
	return a;
}

static void ways_config(bool rule)
{
	put("channels.d/firstbank.conf",
	    "partner = \"firstbank\"; kind = \"dir\";\n"
	    "outbound = ( { name = \"ach\"; path = \"in\"; format = \"nacha\"; file_name = \"PAY{artifact}.ach\";\n"
	    "  ach = { immediate_destination = \"091000019\"; immediate_origin = \"1234567890\"; company_name = "
	    "\"ACME\"; company_id = \"1234567890\";\n    odfi = \"09100001\"; entry_description = \"PAYROLL\"; cut_off "
	    "= \"17:00\"; lead_days = 2; }; },\n"
	    "  { name = \"pospay\"; path = \"pp\"; format = \"pospay\"; file_name = \"PP{artifact}.txt\"; } );\n");
	put("channels.d/printer.conf", "partner = \"printer\"; kind = \"dir\";\noutbound = ( { name = \"checks\"; path = \"chk\"; "
	    "format = \"check\"; file_name = \"CHK{artifact}.csv\";\n check = { account = \"400\"; routing = \"091000019\"; "
	    "first_serial = \"1\"; positive_pay = \"firstbank/pospay\"; }; } );\n");
	put("channels.d/trustee.conf", "partner = \"trustee\"; kind = \"dir\";\noutbound = ( { name = \"rollovers\"; path = \"ro\"; "
	    "format = \"rollover\"; file_name = \"RO{artifact}.csv\";\n rollover = { funded_by = \"firstbank/ach\"; trustee = \"T\"; "
	    "routing = \"091000019\"; account = \"1\"; }; } );\n");
	put("channels.d/hr.conf", "partner = \"hr\"; kind = \"dir\";\ninbound = ( { name = \"register\"; path = \"hr\"; purpose = "
	    "\"payroll\"; pay_by = \"firstbank/ach\"; check_by = \"printer/checks\"; rollover_by = \"trustee/rollovers\"; } );\n");
	put("rules.d/limits.conf", rule ? "approvals = ( { currency = \"USD\"; limit = \"10000.00\"; persons = 1; }, { "
		"partner = \"firstbank\"; currency = \"USD\"; limit = \"50000.00\"; persons = 2; } );\n"
		: "approvals = ( { currency = \"USD\"; limit = \"0.00\"; persons = 1; } );\n");
}

/* A printer with an hour: sign looks at its own clock, too. */
static void test_printer_hour(void)
{
	struct config *c;
	struct sign *s;
	struct ask a;

	ways_config(false);
	put("channels.d/printer.conf", "partner = \"printer\"; kind = \"dir\"; timezone = \"America/New_York\";\noutbound = ( { name = \"checks\"; path = \"chk\"; "
	    "format = \"check\"; file_name = \"CHK{artifact}.csv\";\n check = { account = \"400\"; routing = \"091000019\"; "
	    "first_serial = \"1\"; positive_pay = \"firstbank/pospay\"; cut_off = \"13:00\"; lead_days = 1; }; } );\n");
	c = load("unsigned_limit = \"0.00\";");
	s = start(c);
	a = check_ask(true, "pp 1");
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "the bank's list has no hour: %s", said.text);
	a = check_ask(false, "chk 1");
	round_of(s, &a, &a);
	is_str(said.reason, "MISSED_CUTOFF", "checks of the day are too late for a printer that wants a day: %s", said.text);
	a.b[0].effective = day("2026-11-14");
	a.st[0] = approval(&a, 0, "alice", "alice.key", NONCE_B);
	a.job++;
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "those of Saturday are not, and Saturday is a date that a check may have: %s", said.text);
	sign_free(s);
	config_free(c);
	forget();
}

static void test_checks(void)
{
	struct config *c;
	struct sign *s;
	struct ask a, file;

	ways_config(false);
	c = load("unsigned_limit = \"0.00\";");
	s = start(c);
	a = check_ask(true, "pp 1");
	a.n_statements = 0;
	round_of(s, &a, &a);
	is_str(said.reason, "NO_APPROVAL", "a positive-pay file does not leave without an approval: %s", said.text);
	a = check_ask(false, "chk 1");
	round_of(s, &a, &a);
	is_str(said.reason, "NO_POSITIVE_PAY", "a print file is not signed before the bank's: %s", said.text);
	a = check_ask(true, "pp 1");
	file = a;
	file.b[0].items = ITEMS21;
	round_of(s, &a, &file);
	is_str(said.reason, "READBACK_DIFFERS", "a payee that is swapped in it is seen: %s", said.text);
	a.job++;
	file = a;
	file.b[0].numbers = NUMBERS2;
	round_of(s, &a, &file);
	is_str(said.reason, "READBACK_DIFFERS", "so is a number: %s", said.text);
	a = check_ask(true, "pp 1");
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "the approval of the checks stands for their positive-pay file: %s", said.text);
	sign_free(s);
	s = start(c);
	a = check_ask(true, "pp 2");
	a.name = "PP2.txt";
	round_of(s, &a, &a);
	is_str(said.reason, "REPLAYED_NONCE", "for one, also after a restart: %s", said.text);
	a = check_ask(false, "chk 1");
	a.b[0].numbers = NUMBERS2;
	round_of(s, &a, &a);
	is_str(said.reason, "NO_POSITIVE_PAY", "checks with other numbers than the bank was told are not printed: %s", said.text);
	a = check_ask(false, "chk 1");
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "the same approval pays the print file with the same checks: %s", said.text);
	a = check_ask(false, "chk 1");
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "which is signed again when it is asked for again: %s", said.text);
	a = check_ask(false, "chk 2");
	a.name = "CHK2.csv";
	round_of(s, &a, &a);
	is_str(said.reason, "REPLAYED_NONCE", "but it never pays two print files: %s", said.text);
	a = check_ask(false, "chk 3");
	a.name = "CHK3.csv";
	a.partner = "firstbank";
	a.outbound = "pospay";
	a.format = "pospay";
	a.st[0] = approval(&a, 0, "alice", "alice.key", NONCE_B);
	a.partner = "printer";
	a.outbound = "checks";
	a.format = "check";
	round_of(s, &a, &a);
	is_str(said.reason, "TOTALS_DIFFER", "an approval of a positive-pay file prints no check: %s", said.text);
	a = check_ask(false, "chk 4");
	a.name = "X.ach";
	a.partner = "firstbank";
	a.outbound = "ach";
	a.format = "nacha";
	round_of(s, &a, &a);
	is_str(said.reason, "TOTALS_DIFFER", "an approval of checks pays no ACH file: %s", said.text);
	sign_free(s);
	config_free(c);
	forget();
}

static struct ask part_ask(const char *id, const char *items, int64_t cents, int64_t whole, const char *nonce, const char *bytes)
{
	struct ask a = good_ask();

	a.b[0] = (struct case_batch){ .id = id, .items = items, .maker = "hr/register", .persons = "1", .number = 1, .count = 3,
		.credit = cents, .effective = day("2026-11-12"), .whole = whole };
	a.n_batches = 1;
	a.st[0] = approval(&a, 0, "alice", "alice.key", nonce);
	a.count = 3;
	a.credit = cents;
	a.name = id;
	a.sha = file_of(bytes, &a.size);
	return a;
}

static void test_split(void)
{
	struct config *c;
	struct sign *s;
	struct ask a;

	ways_config(true);
	c = load("unsigned_limit = \"0.00\";");
	s = start(c);
	a = part_ask("B30", ITEMS, 3000000, 6000000, NONCE_A, "ach 1");
	round_of(s, &a, &a);
	is_str(said.reason, "NO_APPROVAL", "a part is judged by the whole that route tells: %s", said.text);
	a = part_ask("B30", ITEMS, 3000000, 0, NONCE_A, "ach 1");
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "a first part is judged as it is shown when route tells no whole: %s", said.text);
	sign_free(s);
	s = start(c);
	a = part_ask("B31", ITEMS13, 3000000, 0, NONCE_B, "ach 2");
	round_of(s, &a, &a);
	is_str(said.reason, "NO_APPROVAL", "the second part of one source is judged with the first, whatever route tells: %s", said.text);
	a = part_ask("B30", ITEMS13, 3000000, 0, NONCE_B, "ach 2");
	a.name = "B31";
	round_of(s, &a, &a);
	is_str(said.reason, "NO_APPROVAL", "under the first one's name too: %s", said.text);
	a = part_ask("B31", ITEMS13, 3000000, 0, NONCE_B, "ach 2");
	a.st[1] = approval(&a, 0, "bob", "bob.key", NONCE_C);
	a.n_statements = 2;
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "with a second person it leaves: %s", said.text);
	a = part_ask("B30", ITEMS, 3000000, 0, "dddddddddddddddddddddddddddddddd", "ach 3");
	a.name = "again.ach";
	a.b[0].source = SOURCE13;
	a.st[0] = approval(&a, 0, "alice", "alice.key", "dddddddddddddddddddddddddddddddd");
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "another source begins anew: %s", said.text);
	a = part_ask("B30", ITEMS, 3000000, 0, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "ach 4");
	a.name = "dated.ach";
	a.b[0].source = SOURCE13;
	a.b[0].effective = day("2026-11-13");
	a.st[0] = approval(&a, 0, "alice", "alice.key", "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
	round_of(s, &a, &a);
	ok(said.type == M_SIGNED, "a run that is dated anew and approved again counts once: %s", said.text);
	a = check_ask(true, "pp 9");
	a.b[0].whole = 6000000;
	a.b[0].source = SOURCE13;
	a.name = "CHK9.csv";
	a.partner = "printer";
	a.outbound = "checks";
	a.format = "check";
	a.st[0] = approval(&a, 0, "alice", "alice.key", "ffffffffffffffffffffffffffffffff");
	round_of(s, &a, &a);
	is_str(said.reason, "NO_APPROVAL", "checks are judged by the rules of the bank that pays the rest of their run: %s", said.text);
	sign_free(s);
	config_free(c);
	forget();
}

/* ---- checkpoints, garbage ---- */

static void checkpoint(struct sign *s, int64_t size, const char *root)
{
	struct sign_clock now = { NOON_S, 1000 };
	struct buf m = { .max = 0 }, reply = { .max = 0 };
	enum sign_to to;
	struct err e;

	wire_begin(&m, M_CHECKPOINT);
	wire_num(&m, T_JOB, 1);
	wire_num(&m, T_SIZE, size);
	wire_text(&m, T_ROOT, root);
	sign_from_route(s, buf_as_view(&m), &now, &to, &reply, &e);
	take_answer(to, &reply);
	buf_release(&m);
	buf_release(&reply);
}

static void test_checkpoint(void)
{
	struct config *c = load("");
	struct sign *s = start(c);
	struct buf why = { .max = 0 };
	enum seal_verdict v = SEAL_BAD;
	struct err e;

	checkpoint(s, 10, ROOT);
	ok(said.type == M_CHECKPOINTED && seal_verify_note(&v, &why, view_of(said.text), at("signer.pem"), &e) == 0 &&
		v == SEAL_GOOD,
	   "an audit head is signed as a note");
	checkpoint(s, 10, ROOT);
	ok(said.type == M_CHECKPOINTED, "the same head may be signed again");
	checkpoint(s, 10, SOURCE);
	is_str(said.reason, "AUDIT_SHRANK", "another root of the same size may not: %s", said.text);
	sign_free(s);
	s = start(c);
	checkpoint(s, 9, ROOT);
	is_str(said.reason, "AUDIT_SHRANK", "nor, after a restart, a smaller tree: %s", said.text);
	checkpoint(s, 11, SOURCE);
	ok(said.type == M_CHECKPOINTED, "a larger one goes on");
	sign_free(s);
	config_free(c);
	buf_release(&why);
	forget();
}

static void test_garbage(void)
{
	struct config *c = load("unsigned_limit = \"200.00\";");
	struct sign *s = start(c);
	struct sign_clock now = { NOON_S, 1000 };
	struct ask a = good_ask();
	struct buf m = { .max = 0 }, reply = { .max = 0 };
	enum sign_to to;
	struct err e;
	unsigned signed_ones = 0, seed = 1;

	put_ask(&m, &a);
	for (size_t n = 0; n < m.n; n += 3) {
		sign_from_route(s, (struct view){ m.p, n }, &now, &to, &reply, &e);
		take_answer(to, &reply);
		signed_ones += to == SIGN_PARSE && said.type != M_READBACK_ASK;
	}
	for (int i = 0; i < 4000; i++) {
		size_t where;
		char was;

		seed = seed * 1103515245 + 12345;
		where = (seed >> 8) % m.n;
		was = m.p[where];
		m.p[where] = (char)(seed >> 3);
		sign_from_route(s, buf_as_view(&m), &now, &to, &reply, &e);
		m.p[where] = was;
	}
	sign_free(s);
	s = start(c);
	round_of(s, &a, NULL);
	put_readback(&m, &a, true);
	for (size_t n = 0; n < m.n; n++) {
		sign_from_parse(s, (struct view){ m.p, n }, &now, &to, &reply, &e);
		take_answer(to, &reply);
		signed_ones += said.type == M_SIGNED;
	}
	is_int(signed_ones, 0, "no message cut short or with a byte changed leads to a signature");
	sign_free(s);
	config_free(c);
	buf_release(&m);
	buf_release(&reply);
	forget();
}

int main(void)
{
	make_dir();
	test_lies();
	test_readback();
	test_unknown();
	test_run();
	test_signed();
	test_two_persons();
	test_same_key();
	test_limit();
	test_nonce();
	test_state_file();
	test_many();
	test_checkpoint();
	test_garbage();
	test_checks();
	test_printer_hour();
	test_split();
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return done_testing();
}
