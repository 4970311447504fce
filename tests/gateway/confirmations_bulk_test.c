/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirmations_bulk_test - a confirmation file of thousands does what the same rows do in small files, one by one
 *
 * Two towns with the same run of checks and rollovers.  Their printer says the same, drawn by a seed: plain words mostly, and of each fault some,
 * of one item several, in and across pages.  One town hears it in files of 3,000 rows, judged row by row, the other in one file and is killed
 * between two pieces.  Items, numbers, exceptions and what each row came to must be the same.
 */
#include "tests/lib/town_ways.h"

#include "gateway/audit.h"
#include "gateway/state.h"

#define CHECKS 13000
#define ROLLS 6000
#define WORDS (CHECKS + 2000)
#define SMALL 3000

static uint64_t seed;
static int killed;
static int64_t ids[CHECKS];		/* of the items of the kind at hand, in their order */

static unsigned draw(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static void begin(void)
{
	static struct row rows[CHECKS + ROLLS];
	static char names[CHECKS + ROLLS][12];
	int64_t waits;

	make_ways(INT64_C(100000000000), false);
	for (size_t i = 0; i < CHECKS + ROLLS; i++) {
		snprintf(names[i], sizeof(names[i]), "E%zu", i);
		rows[i] = i < CHECKS ? (struct row){ names[i], "", "CHECK", 10000 + (int64_t)i, 0 } : (struct row){ names[i], "1111", "ACH", 20000 + (int64_t)i, 20000 + (int64_t)i };
	}
	town_drop(register_file("r1", rows, CHECKS + ROLLS), "hr/register", "r1.csv");
	for (int i = 0; i < 6; i++) {
		if ((waits = figure("SELECT min(id) FROM batch WHERE state=2")) > 0)
			town_decide("approve", 'B', waits, 0);
		town_settle();
	}
	for (int i = 0; i < 40 && figure("SELECT count(*) FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE d.state=5 AND a.outbound IN ('checks','rollovers')") < 2; i++)
		town_settle();
	ok(figure("SELECT count(*) FROM check_serial") == CHECKS && figure("SELECT count(*) FROM batch WHERE kind IN ('check','rollover') AND items_state=8") == 2, "the printer has its checks and the trustee its rollovers");
}

/* What row n of the printer's day says.  A check is spoken of by its number, by our reference, or by both. */
static void check_word(struct record *r, uint64_t n, char text[3][24])
{
	bool faulty = draw(40) == 0 && n < WORDS - 2;
	int64_t i = n < CHECKS ? (int64_t)n * 7919 % CHECKS : draw(CHECKS);
	unsigned way = draw(8);

	record_init(r, RECORD_CHECK_STATUS, n + 2);
	snprintf(text[0], sizeof(text[0]), "%lld", (long long)(5001 + i));
	snprintf(text[1], sizeof(text[1]), "I%lld", (long long)ids[faulty && way == 7 ? (i + 1) % CHECKS : i]);
	if (way != 6)
		record_set_text(r, F_CHECK_NUMBER, view_of(text[0]));
	if (way >= 6)
		record_set_text(r, F_REFERENCE, view_of(text[1]));
	record_set_text(r, F_STATUS, n % 3 == 0 ? VIEW("MAILED") : VIEW("PRINTED"));
	if (way & 1)
		record_set_num(r, F_AMOUNT, 10000 + i + (faulty && way == 5 ? 1 : 0));
	if (!faulty)
		return;
	snprintf(text[2], sizeof(text[2]), "%d", 5001 + CHECKS + (int)draw(300));
	if (way == 0 || way == 1) {
		record_set_text(r, F_STATUS, VIEW("SPOILED"));
		record_set_text(r, F_NEW_CHECK_NUMBER, view_of(text[2]));
	} else if (way == 2) {
		record_set_text(r, F_STATUS, VIEW("REJECTED"));
	} else if (way == 3) {
		record_set_text(r, F_STATUS, VIEW("VOIDED"));
	} else if (way == 4) {
		record_set_text(r, F_CHECK_NUMBER, view_of(text[2]));
	}
}

static void rollover_word(struct record *r, uint64_t n, char text[3][24])
{
	bool faulty = draw(40) == 0;
	int64_t i = n < ROLLS ? (int64_t)n : draw(ROLLS);

	record_init(r, RECORD_ROLLOVER, n + 1);
	snprintf(text[0], sizeof(text[0]), "I%lld", (long long)ids[i]);
	snprintf(text[1], sizeof(text[1]), "E%d", (int)(CHECKS + i + (faulty && n % 3 == 0 ? 1 : 0)));
	record_set_text(r, F_REFERENCE, view_of(text[0]));
	record_set_text(r, F_PERSON, view_of(text[1]));
	record_set_text(r, F_STATUS, faulty && n % 3 == 1 ? VIEW("REJECTED") : VIEW("CONFIRMED"));
	record_set_num(r, F_AMOUNT, 20000 + CHECKS + i + (faulty && n % 3 == 2 ? 1 : 0));
}

static void again(void)
{
	struct err e = { 0 };

	route_free(t.route);
	if (route_open(&t.route, &t.config, &town_ops, &e) != 0) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	town_settle();
}

/* As town_drop(), but killed when the first piece is stored; everybody but parse is away, so that nothing else gives route a turn. */
static void drop_and_kill(const struct town_file *f, const char *channel, const char *name)
{
	struct buf m = { 0 };
	struct err e = { 0 };

	town_fetch(f, channel, name);
	t.now += 10000;
	route_tick(t.route, &e);
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, "parse.1");
	wire_num(&m, T_EPOCH, 7);
	wire_num(&m, T_CREDIT, (int64_t)4 << 20);
	town_tell(PAIR_PARSE, "parse.1", &m);
	for (int i = 0; i < 500 && figure("SELECT count(*) FROM bulk") == 0; i++) {
		t.now += 50;
		if (route_tick(t.route, &e) != 0)
			break;
		town_letters();
	}
	killed += (int)figure("SELECT count(*) FROM bulk");
	again();
}

/* All that is said of checks (or of rollovers), in files of `rows` rows. */
static void say(const char *channel, bool rollovers, uint64_t words, uint64_t rows)
{
	char text[3][24], name[40];
	struct town_file *f = NULL;
	struct record r;
	struct rows items;
	struct err e;

	if (ledger_query(&items, t.route->ledger, &e, "SELECT i.id FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind=? ORDER BY i.id", "t", rollovers ? "rollover" : "check") == 0)
		for (int i = 0; rows_next(&items) == 1; i++)
			ids[i] = rows_int(&items, 0);
	seed = rollovers ? 77 : 4711;
	for (uint64_t n = 0; n < words; n++) {
		if (n % rows == 0) {
			snprintf(name, sizeof(name), "%c%llu", rollovers ? 't' : 'p', (unsigned long long)n);
			f = town_file(name);
		}
		if (rollovers)
			rollover_word(&r, n, text);
		else
			check_word(&r, n, text);
		town_put(f, &r);
		if (words == rows && n + 1 == words)
			drop_and_kill(f, channel, name);
		else if (n + 1 == words || (n + 1) % rows == 0)
			town_drop(f, channel, name);
	}
}

/* One number for each thing that counts, over all rows of it in the order of the file: equal numbers, equal towns. */
static void fingerprint(char out[6][DIGEST_HEX])
{
	static const char *const what[] = {
		"SELECT i.id||' '||CASE i.state WHEN 0 THEN b.items_state ELSE i.state END||' '||ifnull(i.serial,0) FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind<>'void' ORDER BY i.id",
		"SELECT serial||' '||item||' '||state||' '||ifnull(replaced_by,0) FROM check_serial ORDER BY serial",
		"SELECT line||' '||verdict||' '||serial||' '||new_serial||' '||ifnull(item,0)||' '||state FROM confirmation ORDER BY rollover, line",
		"SELECT reason||' '||ifnull(line,0)||' '||ifnull(item,0)||' '||detail FROM exception WHERE source LIKE 'confirmation:%' ORDER BY reason, line, item",
		"SELECT i.serial||' '||i.method||' '||i.amount_minor FROM item i JOIN batch b ON b.id=i.batch WHERE b.kind='void' ORDER BY i.id",
		"SELECT kind||' '||ifnull(reference,'')||' '||state||' '||amount_minor FROM expected ORDER BY kind, item, reference",
	};

	for (size_t i = 0; i < 6; i++) {
		struct digest *d = NULL;
		struct rows rows;
		struct err e;

		digest_open(&d, &e);
		if (ledger_query(&rows, t.route->ledger, &e, what[i], "") == 0)
			while (rows_next(&rows) == 1) {
				digest_update(d, rows_text(&rows, 0));
				digest_update(d, VIEW("\n"));
			}
		digest_final_hex(d, out[i]);
	}
}

static void settle_all(void)
{
	for (int i = 0; i < 60 && (i < 4 || figure("SELECT count(*) FROM confirmation WHERE state=1") > 0 || figure("SELECT count(*) FROM parcel WHERE state=5") > 0); i++)
		town_settle();
}

int main(void)
{
	static const char *const things[] = { "the state and the number of every item", "every number that was ever used", "what became of every row", "every exception",
		"what the bank must be told", "what the bank must show" };
	char small[6][DIGEST_HEX], large[6][DIGEST_HEX];
	struct audit_head head;
	struct err e = { 0 };
	int64_t bad;

	begin();
	say("printer/confirmations", false, WORDS, SMALL);
	say("trustee/confirmations", true, ROLLS + 500, SMALL);
	settle_all();
	ok(figure("SELECT count(*) FROM confirmation WHERE state=1") == 0 && figure("SELECT count(*) FROM confirmation WHERE state=3") > 200 && figure("SELECT count(*) FROM item WHERE state IN (17,18,23)") > CHECKS,
	   "in small files most of the items move and each kind of fault is found");
	fingerprint(small);
	town_close();

	memset(&t, 0, sizeof(t));
	begin();
	say("printer/confirmations", false, WORDS, WORDS);
	say("trustee/confirmations", true, ROLLS + 500, ROLLS + 500);
	settle_all();
	ok(figure("SELECT count(*) FROM bulk") == 0 && figure("SELECT count(*) FROM parcel WHERE purpose='confirmation' AND state=6") == 2, "two large files are through");
	is_int(killed, 2, "and the gateway was killed in the middle of both");
	ok(figure("SELECT count(*) FROM audit WHERE object LIKE 'I%' AND (text LIKE '%\"PRINTED\"%' OR text LIKE '%\"CONFIRMED\"%')") < 2000, "most of their items moved together");
	fingerprint(large);
	for (size_t i = 0; i < 6; i++)
		is_str(large[i], small[i], "%s", things[i]);
	ok(figure("SELECT count(*) FROM batch WHERE kind='void'") == 1, "the bank is told of what one file spoiled by one batch");
	ok(audit_verify(t.route->ledger, &head, &bad, &e) == 1, "and the audit holds");
	town_close();
	return done_testing();
}
