/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile: one message in, one out; what is malformed is dropped whole, and no byte of it is believed
 */
#include "channels/bus.h"
#include "formats/core/date.h"
#include "formats/core/wire.h"
#include "gateway/config.h"
#include "gateway/proto.h"
#include "gateway/roles/reconcile_answer.h"
#include "gateway/roles/reconcile_desk.h"
#include "tests/lib/tap.h"

static struct buf reply = { .max = BUS_MESSAGE_MAX };

struct ask { const char *options[8]; struct buf subjects, candidates; };

static void add(struct buf *b, enum record_kind kind, uint64_t seq, int64_t amount, const char *text)
{
	struct record r;
	date_t d;

	record_init(&r, kind, seq);
	r.seq = seq;
	if (!date_make(&d, 2026, 11, 10))
		abort();
	record_set_text(&r, F_ACCOUNT, VIEW("000987654321"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_BOOKING_DATE, d);
	record_set_num(&r, F_EFFECTIVE_DATE, d);
	record_set_text(&r, F_TEXT, view_of(text));
	if (kind == RECORD_EXPECTED)
		record_set_text(&r, F_REFERENCE, VIEW("INV-2026-0815"));
	record_set_text(&r, F_TRACE, VIEW("076401250000001"));
	record_set_text(&r, F_ORIGINAL_TRACE, VIEW("076401250000001"));
	record_set_text(&r, F_ORIGINAL_RDFI, VIEW("02100002"));
	record_set_text(&r, F_ROUTING, VIEW("021000021"));
	record_set_text(&r, F_TRANSACTION_CODE, kind == RECORD_PAYMENT ? VIEW("22") : VIEW("21"));
	if (!wire_put_record(b, &r))
		abort();
}

static void message(struct buf *m, const struct ask *a)
{
	wire_begin(m, M_MATCH);
	wire_num(m, T_JOB, 77);
	wire_view(m, T_BYTES, buf_as_view(&a->subjects));
	wire_view(m, T_CANDIDATES, buf_as_view(&a->candidates));
	for (size_t i = 0; i < 8 && a->options[i] != NULL; i++)
		wire_text(m, T_OPTION, a->options[i]);
}

static int send_it(const struct ask *a)
{
	struct buf m = { 0 };
	int rc;

	message(&m, a);
	rc = reconcile_answer(buf_as_view(&m), &reply);
	buf_release(&m);
	return rc;
}

static void forget(struct ask *a)
{
	buf_release(&a->subjects);
	buf_release(&a->candidates);
}

/* The i-th match of the reply. */
static bool match(struct msg *out, size_t i)
{
	struct msg m;

	if (!msg_parse(&m, buf_as_view(&reply)) || m.type != M_MATCHED || msg_num_or(&m, T_JOB, 0) != 77 ||
	    i + 1 >= m.n)
		return false;
	return m.e[i + 1].tag == T_MATCH && msg_parse(out, m.e[i + 1].v);
}

/* The message of a desk's part; lines and items from a->subjects and a->candidates. */
static void put_part(struct buf *m, int64_t n, bool ready, const struct ask *a)
{
	wire_begin(m, M_SETTLE);
	wire_num(m, T_JOB, 77);
	wire_num(m, T_FIRST, n);
	wire_num(m, T_READY, ready);
	wire_view(m, T_BYTES, buf_as_view(&a->subjects));
	wire_view(m, T_CANDIDATES, buf_as_view(&a->candidates));
	for (size_t i = 0; i < 8 && a->options[i] != NULL; i++)
		wire_text(m, T_OPTION, a->options[i]);
}

static int part(struct desk **d, int64_t n, bool ready, const struct ask *a)
{
	struct buf m = { 0 };
	int rc;

	put_part(&m, n, ready, a);
	rc = desk_answer(d, NULL, buf_as_view(&m), &reply);
	buf_release(&m);
	return rc;
}

static bool settled(struct msg *m, int64_t n, bool last)
{
	return msg_parse(m, buf_as_view(&reply)) && m->type == M_SETTLED && msg_num_or(m, T_FIRST, 0) == n && msg_num_or(m, T_READY, -1) == last;
}

static const struct ask of_usd = { .options = { "currency=USD", "as_of=2026-11-20", "calendar=federal-reserve" } };

static void settle(void)
{
	struct ask a = of_usd;
	struct desk *d = NULL;
	struct msg m, one;

	add(&a.subjects, RECORD_ENTRY, 5, -100, "THANKS FOR INV-2026-0815");
	add(&a.subjects, RECORD_ENTRY, 6, -200, "");
	ok(part(&d, 1, false, &a) == 0 && settled(&m, 1, false) && m.n == 3 && d != NULL, "a part that is not the last is taken, and nothing is decided");
	forget(&a);
	a = (struct ask){ 0 };
	add(&a.candidates, RECORD_EXPECTED, 31, -100, "");
	ok(part(&d, 2, true, &a) == 0 && settled(&m, 2, true) && d == NULL, "the last part is answered with what was decided, and the desk is clear");
	ok(m.n == 5 && m.e[2].tag == T_MATCH && msg_parse(&one, m.e[2].v) && msg_num_or(&one, T_GO, 0) == 1 && view_eq(msg_text(&one, T_RULE), VIEW("reference-text")),
	   "a line that names its item is a match of that rule");
	ok(view_eq(msg_text(&one, T_BYTES), (struct view){ "\5\0\0\0\0\0\0\0", 8 }) && view_eq(msg_text(&one, T_CANDIDATES), (struct view){ "\37\0\0\0\0\0\0\0", 8 }) &&
		   msg_num_or(&one, T_FIELD, -1) == 5 && msg_num_or(&one, T_FIRST, -1) == 11 && msg_num_or(&one, T_SIZE, 0) == 13,
	   "with the ids of both, and the bytes of the text that say so");
	ok(msg_parse(&one, m.e[3].v) && msg_num_or(&one, T_SUBJECT, 0) == 6 && view_eq(msg_text(&one, T_REASON), VIEW("NO_COUNTERPART_BOOK")), "what is left has its reason");
	forget(&a);
	a = of_usd;
	for (uint64_t i = 1; i <= 300; i++)
		add(&a.subjects, RECORD_ENTRY, i, -(int64_t)i, "");
	ok(part(&d, 1, true, &a) == 0 && settled(&m, 1, false) && m.n == 3 + 120, "a message holds 120 decisions");
	forget(&a);
	a = (struct ask){ 0 };
	ok(part(&d, 2, true, &a) == 0 && settled(&m, 2, false) && part(&d, 3, true, &a) == 0 && settled(&m, 3, true) && m.n == 3 + 60, "the rest comes when it is asked for");
	is_int(part(&d, 4, true, &a), -1, "behind the last one nothing is there");
}

static void out_of_order(void)
{
	static const char *const bad[] = { "currency=USD", "as_of=2026-02-29", "as_of=2026-11-20", "calendar=lunar", "late=x", "colour=red", "closed=x" };
	struct ask a = of_usd, row = { 0 };
	struct desk *d = NULL;

	is_int(part(&d, 2, false, &a), -1, "a second part without a first one is dropped");
	ok(part(&d, 1, false, &a) == 0 && part(&d, 3, false, &a) == -1 && part(&d, 2, false, &a) == 0, "so is one that skips another");
	add(&row.subjects, RECORD_PAYMENT, 1, -100, "");
	ok(part(&d, 3, false, &row) == -1 && d == NULL, "a payment is no bank line, and the whole job is dropped with it");
	buf_clear(&row.subjects);
	add(&row.candidates, RECORD_EXPECTED, 0, -100, "");
	ok(part(&d, 1, false, &a) == 0 && part(&d, 2, true, &row) == -1, "an item without an id is refused");
	forget(&row);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ask one = { .options = { bad[i] } };

		is_int(part(&d, 1, false, &one), -1, "'%s' alone begins nothing", bad[i]);
	}
	desk_free(d);
}

/* A reference that only a rule finds in the bank's text is told where it stands. */
static void taught(void)
{
	static struct extract_rule rule[1] = { { .account = (char *)(uintptr_t)"", .type = (char *)(uintptr_t)"", .pattern = (char *)(uintptr_t)"NO([0-9]+)X", .valid_from = (char *)(uintptr_t)"",
		.valid_to = (char *)(uintptr_t)"" } };
	static const struct config config = { .extracts = rule, .n_extracts = 1 };
	struct buf m = { 0 };
	struct ask a = of_usd;
	struct desk *d = NULL;
	struct record r;
	struct msg out, one;
	date_t day;

	date_make(&day, 2026, 11, 10);
	add(&a.subjects, RECORD_ENTRY, 5, -100, "PAY NO0815201X");
	record_init(&r, RECORD_EXPECTED, 0);
	r.seq = 31;
	record_set_num(&r, F_AMOUNT, -100);
	record_set_num(&r, F_EFFECTIVE_DATE, day);
	record_set_text(&r, F_REFERENCE, VIEW("0815201"));
	wire_put_record(&a.candidates, &r);
	for (int with = 0; with < 2; with++) {
		put_part(&m, 1, true, &a);
		ok(desk_answer(&d, with ? &config : NULL, buf_as_view(&m), &reply) == 0 && settled(&out, 1, true) && msg_parse(&one, out.e[2].v), "the desk answers");
		if (with)
			ok(view_eq(msg_text(&one, T_RULE), VIEW("reference")) && msg_num_or(&one, T_FIELD, -1) == 5 && msg_num_or(&one, T_FIRST, -1) == 6 && msg_num_or(&one, T_SIZE, 0) == 7,
			   "with the rule it is a reference, and the bytes of the text are told");
		else
			ok(msg_num_or(&one, T_SUBJECT, 0) == 5, "without the rule the line is left");
	}
	buf_release(&m);
	forget(&a);
}

static void links(void)
{
	struct ask a = { .options = { "kind=return" } };
	struct msg m;

	add(&a.subjects, RECORD_RETURN, 5, 100, "");
	add(&a.candidates, RECORD_PAYMENT, 31, 100, "");
	ok(send_it(&a) == 0 && match(&m, 0) && view_eq(msg_text(&m, T_RULE), VIEW("RETURN_LINKED")),
	   "a return is linked");
	a.options[1] = "return_days=0";
	ok(send_it(&a) == 0 && match(&m, 0) && msg_num_or(&m, T_ITEM, 0) == 31,
	   "on the day of delivery it is within no days");
	forget(&a);
	a = (struct ask){ .options = { "kind=change", "as_of=2026-11-30" } };
	add(&a.subjects, RECORD_CHANGE, 5, 0, "");
	add(&a.candidates, RECORD_PAYMENT, 31, 100, "");
	ok(send_it(&a) == 0 && match(&m, 0) && view_eq(msg_text(&m, T_RULE), VIEW("CHANGE_LINKED")),
	   "a change is linked");
	forget(&a);
}

static void bad_options(void)
{
	static const char *const bad[][2] = {
		{ NULL, NULL },
		{ "return_days=2", NULL },
		{ "kind=guess", NULL },
		{ "kind=return", "kind=return" },
		{ "kind=return", "return_days=-1" },
		{ "kind=return", "return_days=" },
		{ "kind=return", "return_days=1x" },
		{ "kind=return", "return_days=99999" },
		{ "kind=return", "as_of=2026-02-29" },
		{ "kind=return", "colour=red" },
		{ "kind=return", "return_days" },
		{ "kind=return", "" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ask a = { .options = { bad[i][0], bad[i][1] } };

		add(&a.subjects, RECORD_RETURN, 5, -100, "");
		ok(send_it(&a) == -1 && reply.n == 0, "options '%s' '%s' drop the message", bad[i][0] ? bad[i][0] : "",
		   bad[i][1] ? bad[i][1] : "");
		forget(&a);
	}
}

static void bad_records(void)
{
	struct ask a = { .options = { "kind=return" } };
	struct msg m;

	ok(send_it(&a) == 0 && !match(&m, 0), "no return at all gives an empty answer");
	for (int i = 0; i < RECONCILE_SUBJECTS; i++)
		add(&a.subjects, RECORD_RETURN, (uint64_t)i + 1, -100, "");
	ok(send_it(&a) == 0 && match(&m, RECONCILE_SUBJECTS - 1) && msg_num_or(&m, T_SUBJECT, 0) == RECONCILE_SUBJECTS,
	   "as many returns as are allowed are answered");
	add(&a.subjects, RECORD_RETURN, 999, -100, "");
	is_int(send_it(&a), -1, "one more drops the message");
	buf_clear(&a.subjects);
	add(&a.subjects, RECORD_PAYMENT, 1, -100, "");
	is_int(send_it(&a), -1, "a payment is no return");
	buf_clear(&a.subjects);
	add(&a.candidates, RECORD_ENTRY, 1, -100, "");
	is_int(send_it(&a), -1, "a bank line is no payment");
	buf_clear(&a.candidates);
	add(&a.candidates, RECORD_PAYMENT, 0, -100, "");
	is_int(send_it(&a), -1, "an item without an id is refused");
	buf_clear(&a.candidates);
	add(&a.candidates, RECORD_PAYMENT, 1, -100, "");
	a.candidates.n--;
	is_int(send_it(&a), -1, "a candidate cut short is refused");
	forget(&a);
}

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* What is in memory of exactly its size is read by a sanitizer's leave only. */
static int exact(struct view v)
{
	char *p = malloc(v.n + 1);
	int rc;

	if (p == NULL)
		abort();
	memcpy(p + 1, v.p, v.n);
	rc = reconcile_answer((struct view){ p + 1, v.n }, &reply);
	free(p);
	return rc;
}

static void hostile(void)
{
	struct ask a = { .options = { "kind=return", "return_days=9" } };
	struct buf m = { 0 };
	struct msg out;
	int bad = 0, whole = 0;

	add(&a.subjects, RECORD_RETURN, 5, -100, "REF 1234567");
	add(&a.candidates, RECORD_PAYMENT, 31, -100, "");
	message(&m, &a);
	for (size_t n = 0; n < m.n; n++)
		whole += exact((struct view){ m.p, n }) == 0;
	is_int(whole, 1, "of all cuts only the one in front of the last option is a message");
	for (int i = 0; i < 50000; i++) {
		struct buf c = { 0 };

		buf_view(&c, buf_as_view(&m));
		for (uint64_t k = 1 + rnd(4); k > 0; k--)
			c.p[rnd(c.n)] = (char)rnd(256);
		if (exact(buf_as_view(&c)) == 0)
			bad += !msg_parse(&out, buf_as_view(&reply)) || out.type != M_MATCHED;
		else
			bad += reply.n != 0;
		buf_release(&c);
	}
	is_int(bad, 0, "fifty thousand changed messages are dropped or answered in form");
	m.p[0] = M_MATCHED;
	is_int(exact(buf_as_view(&m)), -1, "an answer is no question");
	wire_begin(&m, M_MATCH);
	wire_num(&m, T_JOB, 1);
	wire_text(&m, T_OPTION, "kind=return");
	is_int(exact(buf_as_view(&m)), -1, "a question without returns is malformed");
	buf_release(&m);
	forget(&a);
}

static void hostile_desk(void)
{
	struct ask a = of_usd;
	struct buf m = { 0 };
	struct msg out;
	int bad = 0;

	add(&a.subjects, RECORD_ENTRY, 5, -100, "REF 1234567");
	add(&a.candidates, RECORD_EXPECTED, 31, -100, "");
	put_part(&m, 1, true, &a);
	for (int i = 0; i < 50000; i++) {
		struct desk *d = NULL;
		struct buf c = { 0 };

		buf_view(&c, buf_as_view(&m));
		for (uint64_t k = 1 + rnd(4); k > 0; k--)
			c.p[rnd(c.n)] = (char)rnd(256);
		if (desk_answer(&d, NULL, buf_as_view(&c), &reply) == 0)
			bad += !msg_parse(&out, buf_as_view(&reply)) || (out.type != M_SETTLED && out.type != M_JOB_FAILED);
		else
			bad += reply.n != 0;
		desk_free(d);
		buf_release(&c);
	}
	is_int(bad, 0, "fifty thousand changed parts are dropped or answered in form");
	buf_release(&m);
	forget(&a);
}

static void no_room(void)
{
	struct ask a = { .options = { "kind=return" } };
	struct buf m = { 0 }, small = { .max = 90 };
	struct msg out;

	add(&a.subjects, RECORD_RETURN, 5, -100, "");
	message(&m, &a);
	ok(reconcile_answer(buf_as_view(&m), &small) == 0 && msg_parse(&out, buf_as_view(&small)) &&
		   out.type == M_JOB_FAILED && msg_num_or(&out, T_JOB, 0) == 77,
	   "an answer that finds no room says that the job has failed");
	buf_release(&m);
	buf_release(&small);
	forget(&a);
}

int main(void)
{
	settle();
	out_of_order();
	taught();
	links();
	bad_options();
	bad_records();
	hostile();
	hostile_desk();
	no_room();
	buf_release(&reply);
	return done_testing();
}
