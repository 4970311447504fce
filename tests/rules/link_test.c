/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: each part of the key by an example, then random returns against a slow oracle: the links must be the same, whatever the order
 */
#include "rules/link.h"
#include "formats/core/date.h"
#include "tests/lib/tap.h"

#define MANY 64

static struct link_result got[MANY];
static size_t n_got;

static void keep(void *ctx, const struct link_result *r)
{
	(void)ctx;
	if (n_got < MANY)
		got[n_got++] = *r;
}

static date_t day(const char *iso)
{
	date_t d;

	if (!date_parse_iso(&d, view_of(iso)))
		abort();
	return d;
}

static void run(bool change, const struct record *s, size_t n, const struct record *m, size_t k)
{
	static struct link_row sl[MANY], ml[MANY];
	struct link_options o = { .change = change, .return_days = 90, .as_of = day("2026-11-20") };

	for (size_t i = 0; i < n; i++)
		link_row_init(&sl[i], &s[i], &o, true);
	for (size_t i = 0; i < k; i++)
		link_row_init(&ml[i], &m[i], &o, false);
	n_got = 0;
	if (link_run(sl, n, ml, k, &o, keep, NULL) != 0)
		abort();
}

static const char *word(size_t i)
{
	return got[i].rule != NULL ? got[i].rule : got[i].reason;
}

/* No text of an answer holds five digits of the account. */
static bool silent(void)
{
	for (size_t i = 0; i < n_got; i++)
		if (strstr(got[i].text, "54321") != NULL || strstr(got[i].text, "00098") != NULL)
			return false;
	return true;
}

static struct record payment(uint64_t seq)
{
	struct record r;

	record_init(&r, RECORD_PAYMENT, seq);
	r.seq = seq;
	record_set_text(&r, F_TRACE, VIEW("076401250000001"));
	record_set_text(&r, F_ROUTING, VIEW("021000021"));
	record_set_text(&r, F_ACCOUNT, VIEW("000987654321"));
	record_set_num(&r, F_AMOUNT, 12500);
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_text(&r, F_TRANSACTION_CODE, VIEW("22"));
	record_set_num(&r, F_BOOKING_DATE, day("2026-11-09"));
	return r;
}

static struct record returned(uint64_t seq)
{
	struct record r;

	record_init(&r, RECORD_RETURN, seq);
	r.seq = seq;
	record_set_text(&r, F_ORIGINAL_TRACE, VIEW("076401250000001"));
	record_set_text(&r, F_ORIGINAL_RDFI, VIEW("02100002"));
	record_set_text(&r, F_ACCOUNT, VIEW("000987654321"));
	record_set_num(&r, F_AMOUNT, 12500);
	record_set_text(&r, F_TRANSACTION_CODE, VIEW("21"));
	return r;
}

static void returns(void)
{
	static const struct {
		const char *what;
		enum record_field f;
		struct view text;
		int64_t n;
		bool linked;
		const char *says;
	} cases[] = {
		{ "the return as it should be", F_REASON, VIEW_INIT("R01"), 0, true, "125.00" },
		{ "another amount", F_AMOUNT, { NULL, 0 }, 12501, false, "amount differs: 125.01" },
		{ "a negative amount of that size", F_AMOUNT, { NULL, 0 }, -12500, true, "" },
		{ "another account", F_ACCOUNT, VIEW_INIT("000987654320"), 0, false, "the account number differs" },
		{ "another bank", F_ORIGINAL_RDFI, VIEW_INIT("02100003"), 0, false,
		  "original bank differs: '02100003'" },
		{ "another direction", F_TRANSACTION_CODE, VIEW_INIT("26"), 0, false, "direction differs: a debit" },
		{ "an unknown trace", F_ORIGINAL_TRACE, VIEW_INIT("076401250000009"), 0, false,
		  "no payment has the original trace" },
		{ "a transaction code that is no return's", F_TRANSACTION_CODE, VIEW_INIT("22"), 0, false, "lacks" },
		{ "89 days later", F_BOOKING_DATE, { NULL, 0 }, 89, true, "" },
		{ "90 days later", F_BOOKING_DATE, { NULL, 0 }, 90, true, "" },
		{ "91 days later", F_BOOKING_DATE, { NULL, 0 }, 91, false, "91 days before" },
		{ "before it was delivered", F_BOOKING_DATE, { NULL, 0 }, -1, false, "after this came back" },
	};
	struct record item = payment(31), two[2] = { returned(1), returned(2) },
		      items[2] = { payment(31), payment(32) };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record r = returned(1);

		if (cases[i].text.p != NULL)
			record_set_text(&r, cases[i].f, cases[i].text);
		else
			record_set_num(&r, cases[i].f,
				       cases[i].n + (cases[i].f == F_BOOKING_DATE ? day("2026-11-09") : 0));
		run(false, &r, 1, &item, 1);
		is_str(word(0), cases[i].linked ? "RETURN_LINKED" : "RETURN_UNLINKED", "%s: %s", cases[i].what,
		       got[0].text);
		ok(strstr(got[0].text, cases[i].says) != NULL && silent(), "%s says '%s' and no account", cases[i].what,
		   cases[i].says);
	}
	run(false, two, 1, items, 2);
	is_str(word(0), "RETURN_UNLINKED", "two payments alike: %s", got[0].text);
	run(false, two, 2, items, 1);
	ok(got[0].item == 31 && got[1].item == 0, "of two returns of one payment the first is linked: %s", got[1].text);
	two[0].seq = 3;
	run(false, two, 2, items, 1);
	ok(got[0].item == 0 && got[1].item == 31, "the first by id, wherever it stands");
	two[0].seq = 2;
	run(false, two, 2, items, 1);
	ok(got[0].item == 0 && got[1].item == 0, "two returns with one id are no answer");
	two[0].seq = 1;
	item.present[0] &= ~((uint64_t)1 << F_BOOKING_DATE);
	run(false, two, 1, &item, 1);
	ok(got[0].item == 0 && strstr(got[0].text, "not delivered") != NULL,
	   "a payment that was not delivered is not returned: %s", got[0].text);
}

static void changes(void)
{
	struct record item = payment(31), c[2] = { returned(1), returned(2) };

	for (int i = 0; i < 2; i++) {
		c[i].kind = RECORD_CHANGE;
		record_set_num(&c[i], F_AMOUNT, 0);
	}
	run(true, c, 2, &item, 1);
	ok(got[0].item == 31 && got[1].item == 31 && strcmp(got[0].rule, "CHANGE_LINKED") == 0,
	   "two changes name one payment, without its amount: %s", got[0].text);
	record_set_text(&c[0], F_ACCOUNT, VIEW("1"));
	run(true, c, 1, &item, 1);
	is_str(word(0), "CHANGE_UNLINKED", "a change for another account is not linked: %s", got[0].text);
}

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* What the rule says, pair by pair, as plainly as it can be said. */
static bool fits(const struct record *s, const struct record *m)
{
	int64_t days = record_num(s, F_BOOKING_DATE, 0) - record_num(m, F_BOOKING_DATE, 0);

	return view_eq(record_text(s, F_ORIGINAL_TRACE), record_text(m, F_TRACE)) && view_eq(record_text(s, F_ACCOUNT), record_text(m, F_ACCOUNT)) &&
	       record_num(s, F_AMOUNT, 0) == record_num(m, F_AMOUNT, 0) && days >= 0 && days <= 90;
}

static uint64_t oracle(const struct record *s, size_t n, const struct record *m, size_t k, size_t at)
{
	size_t hits = 0, hit = 0;

	for (size_t i = 0; i < k; i++)
		if (fits(&s[at], &m[i])) {
			hits++;
			hit = i;
		}
	for (size_t i = 0; i < n; i++)
		if (i != at && hits == 1 && fits(&s[i], &m[hit]) && s[i].seq < s[at].seq)
			return 0;
	return hits == 1 ? m[hit].seq : 0;
}

static void shuffle(struct record *r, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = rnd(i);
		struct record t = r[i - 1];

		r[i - 1] = r[k];
		r[k] = t;
	}
}

static void random_days(void)
{
	static const char *const traces[] = { "076401250000001", "076401250000002" }, *const accounts[] = { "11112222", "33334444" };
	struct record s[8], m[8];
	int differs = 0, linked = 0;

	for (int round = 0; round < 20000; round++) {
		size_t n = rnd(8), k = rnd(8);

		for (size_t i = 0; i < n + k; i++) {
			struct record *r = i < n ? &s[i] : &m[i - n];

			*r = i < n ? returned(i + 1) : payment(100 + i);
			record_set_text(r, i < n ? F_ORIGINAL_TRACE : F_TRACE, view_of(traces[rnd(2)]));
			record_set_text(r, F_ACCOUNT, view_of(accounts[rnd(2)]));
			record_set_num(r, F_AMOUNT, 1 + (int64_t)rnd(2));
			record_set_num(r, F_BOOKING_DATE, day("2026-11-09") + (int64_t)rnd(120));
		}
		for (int turn = 0; turn < 2; turn++) {
			run(false, s, n, m, k);
			differs += n_got != n;
			for (size_t i = 0; i < n; i++) {
				differs += got[i].subject != s[i].seq || got[i].item != oracle(s, n, m, k, i) || (got[i].rule == NULL) != (got[i].item == 0);
				linked += got[i].item != 0;
			}
			shuffle(s, n);
			shuffle(m, k);
		}
	}
	is_int(differs, 0, "twenty thousand random days are linked as the plain rule says, in any order");
	ok(linked > 10000, "and that were %d links", linked);
}

int main(void)
{
	returns();
	changes();
	random_days();
	return done_testing();
}
