/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile: one message in, one out; what is malformed is dropped whole, and no byte of it is believed
 */
#include "channels/bus.h"
#include "formats/core/date.h"
#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "gateway/roles/reconcile_answer.h"
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

static void settle(void)
{
	struct ask a = { .options = { "kind=settle", "window=2", "return_days=90", "as_of=2026-11-20",
				      "calendar=federal-reserve" } };
	struct msg m;

	add(&a.subjects, RECORD_ENTRY, 5, -100, "");
	add(&a.subjects, RECORD_ENTRY, 6, -200, "");
	add(&a.candidates, RECORD_EXPECTED, 31, -100, "");
	add(&a.candidates, RECORD_EXPECTED, 31, -100, "");
	is_int(send_it(&a), 0, "a question is answered");
	ok(match(&m, 0) && msg_num_or(&m, T_SUBJECT, 0) == 5 && msg_num_or(&m, T_ITEM, 0) == 31,
	   "the first line has its item, which came twice and counts once");
	ok(view_eq(msg_text(&m, T_RULE), VIEW("ONLY_ONE")) && msg_num_or(&m, T_SCORE, 0) == 9000 &&
		   msg_text(&m, T_TEXT).n > 20 && msg_text(&m, T_REASON).p == NULL,
	   "with rule, score and explanation");
	ok(match(&m, 1) && msg_num_or(&m, T_SUBJECT, 0) == 6 && msg_num_or(&m, T_ITEM, -1) == -1 &&
		   view_eq(msg_text(&m, T_REASON), VIEW("NO_COUNTERPART_BOOK")),
	   "the second line has a reason and no item");
	a.options[5] = "closed=2026-11-10";
	is_int(send_it(&a), 0, "a closed day is an option");
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
		{ "window=2", NULL },
		{ "kind=guess", NULL },
		{ "kind=settle", "kind=settle" },
		{ "kind=settle", "window=367" },
		{ "kind=settle", "window=-1" },
		{ "kind=settle", "window=" },
		{ "kind=settle", "window=1x" },
		{ "kind=settle", "window=9999999999" },
		{ "kind=settle", "as_of=2026-02-29" },
		{ "kind=settle", "calendar=lunar" },
		{ "kind=settle", "return_days=99999" },
		{ "kind=settle", "closed=x" },
		{ "kind=settle", "colour=red" },
		{ "kind=settle", "window" },
		{ "kind=settle", "" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ask a = { .options = { bad[i][0], bad[i][1] } };

		add(&a.subjects, RECORD_ENTRY, 5, -100, "");
		ok(send_it(&a) == -1 && reply.n == 0, "options '%s' '%s' drop the message", bad[i][0] ? bad[i][0] : "",
		   bad[i][1] ? bad[i][1] : "");
		forget(&a);
	}
}

static void bad_records(void)
{
	struct ask a = { .options = { "kind=settle" } };
	struct msg m;

	ok(send_it(&a) == 0 && !match(&m, 0), "no line at all gives an empty answer");
	for (int i = 0; i < RECONCILE_SUBJECTS; i++)
		add(&a.subjects, RECORD_ENTRY, (uint64_t)i + 1, -100, "");
	ok(send_it(&a) == 0 && match(&m, RECONCILE_SUBJECTS - 1) && msg_num_or(&m, T_SUBJECT, 0) == RECONCILE_SUBJECTS,
	   "as many lines as are allowed are answered");
	add(&a.subjects, RECORD_ENTRY, 999, -100, "");
	is_int(send_it(&a), -1, "one line more drops the message");
	buf_clear(&a.subjects);
	add(&a.subjects, RECORD_PAYMENT, 1, -100, "");
	is_int(send_it(&a), -1, "a payment is no bank line");
	buf_clear(&a.subjects);
	add(&a.candidates, RECORD_PAYMENT, 1, -100, "");
	is_int(send_it(&a), -1, "a payment is nothing that is expected");
	buf_clear(&a.candidates);
	add(&a.candidates, RECORD_EXPECTED, 0, -100, "");
	is_int(send_it(&a), -1, "an item without an id is refused");
	buf_clear(&a.candidates);
	add(&a.candidates, RECORD_EXPECTED, 1, -100, "");
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
	struct ask a = { .options = { "kind=settle", "window=2" } };
	struct buf m = { 0 };
	struct msg out;
	int bad = 0, whole = 0;

	add(&a.subjects, RECORD_ENTRY, 5, -100, "REF 1234567");
	add(&a.candidates, RECORD_EXPECTED, 31, -100, "");
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
	wire_text(&m, T_OPTION, "kind=settle");
	is_int(exact(buf_as_view(&m)), -1, "a question without lines is malformed");
	buf_release(&m);
	forget(&a);
}

static void no_room(void)
{
	struct ask a = { .options = { "kind=settle" } };
	struct buf m = { 0 }, small = { .max = 90 };
	struct msg out;

	add(&a.subjects, RECORD_ENTRY, 5, -100, "");
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
	links();
	bad_options();
	bad_records();
	hostile();
	no_room();
	buf_release(&reply);
	return done_testing();
}
