/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: each rule by an example, then thousands of random days against a slow oracle that knows nothing of groups
 * or levels' bookkeeping: the pairs must be the same, whatever the order of lines and items
 */
#include "rules/match.h"
#include "tests/lib/tap.h"

#define MANY 1200

static struct calendar fed;
static struct match_result got[MANY];
static size_t n_got;

static void keep(void *ctx, const struct match_result *r)
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

static void run(enum match_kind kind, const struct record *s, size_t n, const struct record *m, size_t k)
{
	static struct match_line sl[MANY], ml[MANY];
	struct match_options o = {
		.kind = kind, .window = 2, .return_days = 90, .as_of = day("2026-11-20"), .calendar = &fed
	};

	for (size_t i = 0; i < n; i++)
		match_line_init(&sl[i], &s[i], &o, true);
	for (size_t i = 0; i < k; i++)
		match_line_init(&ml[i], &m[i], &o, false);
	n_got = 0;
	if (match_run(sl, n, ml, k, &o, keep, NULL) != 0)
		abort();
}

static struct record entry(uint64_t seq, int64_t amount, const char *date, const char *text)
{
	struct record r;

	record_init(&r, RECORD_ENTRY, seq);
	r.seq = seq;
	record_set_text(&r, F_ACCOUNT, VIEW("000987654321"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_BOOKING_DATE, day(date));
	record_set_text(&r, F_TEXT, view_of(text));
	return r;
}

static struct record expected(uint64_t seq, int64_t amount, const char *date, const char *company,
			      const char *reference)
{
	struct record r;

	record_init(&r, RECORD_EXPECTED, seq);
	r.seq = seq;
	record_set_text(&r, F_ACCOUNT, VIEW("000987654321"));
	record_set_text(&r, F_CURRENCY, VIEW("USD"));
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_EFFECTIVE_DATE, day(date));
	record_set_text(&r, F_COMPANY_ID, view_of(company));
	record_set_text(&r, F_REFERENCE, view_of(reference));
	return r;
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

static void settle_one(void)
{
	static const struct {
		const char *what;
		int64_t amount;
		const char *date, *text, *company, *account, *ccy, *want;
	} cases[] = {
		{ "all is equal on the day", -500000, "2026-11-10", "ACH DEBIT", NULL, NULL, NULL, "ONLY_ONE" },
		{ "two banking days later, over Veterans Day", -500000, "2026-11-13", "", NULL, NULL, NULL,
		  "ONLY_ONE" },
		{ "three banking days later", -500000, "2026-11-16", "", NULL, NULL, NULL, "NO_COUNTERPART_BOOK" },
		{ "the day before", -500000, "2026-11-09", "", NULL, NULL, NULL, "NO_COUNTERPART_BOOK" },
		{ "a cent less", -499999, "2026-11-10", "PAY-2026-77", NULL, NULL, NULL, "NO_COUNTERPART_BOOK" },
		{ "the sign flipped", 500000, "2026-11-10", "", NULL, NULL, NULL, "NO_COUNTERPART_BOOK" },
		{ "another account", -500000, "2026-11-10", "", NULL, "000987654320", NULL, "NO_COUNTERPART_BOOK" },
		{ "another currency", -500000, "2026-11-10", "", NULL, NULL, "CAD", "NO_COUNTERPART_BOOK" },
		{ "another company id", -500000, "2026-11-10", "", "9999999999", NULL, NULL, "NO_COUNTERPART_BOOK" },
		{ "the same company id", -500000, "2026-11-10", "", "1234567890", NULL, NULL, "COMPANY_ID" },
		{ "the company id glued to a label", -500000, "2026-11-10", "CO ID1234567890 X", NULL, NULL, NULL,
		  "COMPANY_ID" },
		{ "the company id inside a longer number", -500000, "2026-11-10", "12345678901", NULL, NULL, NULL,
		  "ONLY_ONE" },
		{ "the reference in other letters", -500000, "2026-11-10", "ref pay-2026-77.", NULL, NULL, NULL,
		  "REFERENCE" },
		{ "reference and company id", -500000, "2026-11-10", "PAY-2026-77 1234567890", NULL, NULL, NULL,
		  "COMPANY_REFERENCE" },
		{ "the reference of another item", -500000, "2026-11-10", "PAY-2026-78", NULL, NULL, NULL,
		  "REF_CONFLICT" },
		{ "a reference like its own that nobody has", -500000, "2026-11-10", "PAY-2026-101", NULL, NULL, NULL,
		  "REF_CONFLICT" },
		{ "a number that looks like nothing", -500000, "2026-11-10", "CALL 800-555-1234", NULL, NULL, NULL,
		  "ONLY_ONE" },
		{ "another known company id in the text", -500000, "2026-11-10", "ID:5556667777", NULL, NULL, NULL,
		  "NO_COUNTERPART_BOOK" },
	};
	struct record book[2] = { expected(71, -500000, "2026-11-10", "1234567890", "PAY-2026-77"),
				  expected(72, -800000, "2026-11-10", "5556667777", "PAY-2026-78") };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record e = entry(5, cases[i].amount, cases[i].date, cases[i].text);

		record_set_text(&e, F_COMPANY_ID, view_of(cases[i].company));
		record_set_text(&e, F_ACCOUNT, view_of(cases[i].account));
		record_set_text(&e, F_CURRENCY, view_of(cases[i].ccy));
		run(MATCH_SETTLE, &e, 1, book, 2);
		is_str(word(0), cases[i].want, "%s: %s", cases[i].what, got[0].text);
		ok(got[0].subject == 5 && (got[0].rule != NULL) == (got[0].item == 71) &&
			   (got[0].score > 0) == (got[0].rule != NULL) && silent(),
		   "%s: ids and score fit the answer, and no account is shown", cases[i].what);
	}
}

static void settle_several(void)
{
	struct record book[3] = { expected(71, -500, "2026-11-10", "1234567890", "PAY-2026-77"),
				  expected(72, -500, "2026-11-10", "1234567890", "PAY-2026-78"),
				  expected(73, -500, "2026-11-10", "5556667777", "PAY-2026-79") };
	struct record e[3] = { entry(1, -500, "2026-11-10", "PAY-2026-77"), entry(2, -500, "2026-11-10", ""),
			       entry(3, -500, "2026-11-10", "") };

	run(MATCH_SETTLE, &e[1], 1, book, 3);
	is_str(word(0), "AMBIGUOUS", "three equal items and a silent line: %s", got[0].text);
	run(MATCH_SETTLE, e, 2, book, 2);
	ok(got[0].item == 71 && got[1].item == 72,
	   "a line that names its item leaves the other item to the other line");
	is_int(got[1].score, 8500, "which scores less than one that was alone from the start");
	run(MATCH_SETTLE, e, 3, book, 2);
	ok(got[0].item == 71 && got[1].item == 0 && got[2].item == 0,
	   "two silent lines for the item that is left are left to a person");
	e[2] = entry(3, -500, "2026-11-10", "PAY-2026-77");
	run(MATCH_SETTLE, e, 3, book, 1);
	ok(got[0].item == 0 && got[1].item == 0 && got[2].item == 0,
	   "two lines that name one item get nothing, and the silent one neither");
	is_str(word(0), "AMBIGUOUS", "and say why: %s", got[0].text);
	e[0] = entry(1, -500, "2026-11-10", "ID 5556667777");
	run(MATCH_SETTLE, e, 1, book, 3);
	ok(got[0].item == 73 && strcmp(got[0].rule, "COMPANY_ID") == 0, "a company id singles out one of three");
	e[0] = entry(1, -500, "2026-11-10", "ID 1234567890");
	run(MATCH_SETTLE, e, 1, book, 3);
	is_str(word(0), "AMBIGUOUS", "a company id of two items singles out none: %s", got[0].text);
	e[0] = entry(1, -500, "2026-11-10", "PAY-2026-77 PAY-2026-78");
	run(MATCH_SETTLE, e, 1, book, 3);
	is_str(word(0), "AMBIGUOUS", "a text that names two items singles out none");
	e[0] = entry(1, -500, "2026-11-10", "");
	run(MATCH_SETTLE, e, 1, book, 1);
	is_int(got[0].item, 71, "a single silent line and a single item are a pair");
	run(MATCH_SETTLE, e, 1, book, 0);
	is_str(word(0), "NO_COUNTERPART_BOOK", "without a book nothing matches: %s", got[0].text);
}

static void settle_refused(void)
{
	static struct record many[MATCH_CROWD + 1];
	struct record book = expected(71, -500, "2026-11-10", "", ""), e = entry(1, -500, "2026-11-10", "");

	record_set_num(&e, F_PROVISIONAL, 1);
	run(MATCH_SETTLE, &e, 1, &book, 1);
	is_str(word(0), "PROVISIONAL", "a provisional line never matches: %s", got[0].text);
	e = entry(1, -500, "2026-11-10", "");
	e.present[0] &= ~((uint64_t)1 << F_BOOKING_DATE);
	run(MATCH_SETTLE, &e, 1, &book, 1);
	is_str(word(0), "NO_COUNTERPART_BOOK", "a line without a date never matches: %s", got[0].text);
	record_set_num(&e, F_VALUE_DATE, day("2026-11-10"));
	run(MATCH_SETTLE, &e, 1, &book, 1);
	is_int(got[0].item, 71, "its value date stands in for a booking date");
	record_set_num(&e, F_VALUE_DATE, INT64_MAX);
	run(MATCH_SETTLE, &e, 1, &book, 1);
	is_int(got[0].item, 0, "a date that is none never matches");
	book.present[0] &= ~((uint64_t)1 << F_EFFECTIVE_DATE);
	e = entry(1, -500, "2026-11-10", "");
	run(MATCH_SETTLE, &e, 1, &book, 1);
	is_int(got[0].item, 0, "an item without an effective date never matches");
	e = entry(1, INT64_MIN, "2026-11-10", "x");
	book = expected(71, INT64_MIN, "2026-11-10", "", "");
	run(MATCH_SETTLE, &e, 1, &book, 1);
	is_int(got[0].item, 71, "the least amount does no harm");
	for (size_t i = 0; i <= MATCH_CROWD; i++)
		many[i] = expected(100 + i, -500, "2026-11-10", "", "");
	e = entry(1, -500, "2026-11-10", "");
	run(MATCH_SETTLE, &e, 1, many, MATCH_CROWD + 1);
	is_str(word(0), "AMBIGUOUS", "a crowd of equal items is left to a person: %s", got[0].text);
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
		run(MATCH_RETURN, &r, 1, &item, 1);
		is_str(word(0), cases[i].linked ? "RETURN_LINKED" : "RETURN_UNLINKED", "%s: %s", cases[i].what,
		       got[0].text);
		ok(strstr(got[0].text, cases[i].says) != NULL && silent(), "%s says '%s' and no account", cases[i].what,
		   cases[i].says);
	}
	run(MATCH_RETURN, two, 1, items, 2);
	is_str(word(0), "RETURN_UNLINKED", "two payments alike: %s", got[0].text);
	run(MATCH_RETURN, two, 2, items, 1);
	ok(got[0].item == 31 && got[1].item == 0, "of two returns of one payment the first is linked: %s", got[1].text);
	two[0].seq = 3;
	run(MATCH_RETURN, two, 2, items, 1);
	ok(got[0].item == 0 && got[1].item == 31, "the first by id, wherever it stands");
	two[0].seq = 2;
	run(MATCH_RETURN, two, 2, items, 1);
	ok(got[0].item == 0 && got[1].item == 0, "two returns with one id are no answer");
	two[0].seq = 1;
	item.present[0] &= ~((uint64_t)1 << F_BOOKING_DATE);
	run(MATCH_RETURN, two, 1, &item, 1);
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
	run(MATCH_CHANGE, c, 2, &item, 1);
	ok(got[0].item == 31 && got[1].item == 31 && strcmp(got[0].rule, "CHANGE_LINKED") == 0,
	   "two changes name one payment, without its amount: %s", got[0].text);
	record_set_text(&c[0], F_ACCOUNT, VIEW("1"));
	run(MATCH_CHANGE, c, 1, &item, 1);
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

/* One random day: few amounts, dates, references and companies, so that everything collides. */
struct day {
	struct record s[12], m[12];
	size_t n, k;
	char text[12][64], ref[12][16], company[12][16], scompany[12][16];
};

static void random_day(struct day *d, bool busy)
{
	uint64_t amounts = busy ? 1 : 2 + rnd(3);

	d->n = rnd(busy ? 5 : 12);
	d->k = rnd(busy ? 5 : 12);
	for (size_t i = 0; i < d->k; i++) {
		snprintf(d->ref[i], sizeof(d->ref[i]), "%.0d", rnd(3) ? 1000000 + (int)rnd(busy ? 3 : 6) : 0);
		snprintf(d->company[i], sizeof(d->company[i]), "%.0d", rnd(3) ? 2000000 + (int)rnd(3) : 0);
		d->m[i] = expected(100 + i, -(int64_t)(1 + rnd(amounts)), "2026-11-09", d->company[i], d->ref[i]);
		record_set_num(&d->m[i], F_EFFECTIVE_DATE, day("2026-11-09") + (int)rnd(4));
		if (!rnd(6))
			record_set_text(&d->m[i], F_ACCOUNT, VIEW("77"));
	}
	for (size_t i = 0; i < d->n; i++) {
		snprintf(d->text[i], sizeof(d->text[i]), "ACH %.0d %.0d", rnd(2) ? 1000000 + (int)rnd(busy ? 3 : 6) : 0,
			 rnd(3) ? 0 : 2000000 + (int)rnd(3));
		snprintf(d->scompany[i], sizeof(d->scompany[i]), "%.0d", rnd(4) ? 0 : 2000000 + (int)rnd(3));
		d->s[i] = entry(i + 1, -(int64_t)(1 + rnd(amounts)), "2026-11-09", d->text[i]);
		record_set_num(&d->s[i], F_BOOKING_DATE, day("2026-11-09") + (int)rnd(7));
		record_set_text(&d->s[i], F_COMPANY_ID, view_of(d->scompany[i]));
		record_set_num(&d->s[i], F_PROVISIONAL, !rnd(10));
		if (!rnd(6))
			record_set_text(&d->s[i], F_ACCOUNT, VIEW("77"));
	}
}

static bool in_text(const struct day *d, size_t s, const char *w)
{
	return w[0] != '\0' && strstr(d->text[s], w) != NULL;
}

/* What the rules' page says, pair by pair, as plainly as it can be said. */
static int oracle_level(const struct day *d, size_t s, size_t m)
{
	const struct record *e = &d->s[s], *x = &d->m[m];
	date_t booked = (date_t)record_num(e, F_BOOKING_DATE, 0), due = (date_t)record_num(x, F_EFFECTIVE_DATE, 0);
	bool ref = in_text(d, s, d->ref[m]),
	     company = in_text(d, s, d->company[m]) || (d->company[m][0] && !strcmp(d->company[m], d->scompany[s]));
	bool other_ref = false, other_company = d->scompany[s][0] != '\0';
	int open = 0;

	if (record_num(e, F_PROVISIONAL, 0) || record_num(e, F_AMOUNT, 0) != record_num(x, F_AMOUNT, 0) ||
	    !view_eq(record_text(e, F_ACCOUNT), record_text(x, F_ACCOUNT)) || booked < due)
		return 0;
	for (date_t t = due + 1; t <= booked; t++)
		open += calendar_open(&fed, t);
	if (open > 2 + !calendar_open(&fed, due))
		return 0;
	if (!calendar_open(&fed, booked) && open == 2 + !calendar_open(&fed, due)) /* a closed day after the last one */
		return 0;
	for (size_t k = 0; k < d->k; k++) {
		other_ref = other_ref || in_text(d, s, d->ref[k]);
		other_company = other_company || in_text(d, s, d->company[k]);
	}
	if ((d->company[m][0] && !company && other_company) || (!ref && other_ref))
		return 0;
	return ref ? 3 : company ? 2 : 1;
}

static int64_t oracle(const struct day *d, uint64_t pairs[12])
{
	bool s_done[12] = { false }, m_done[12] = { false };
	int64_t made = 0;

	memset(pairs, 0, 12 * sizeof(pairs[0]));
	for (int level = 3; level >= 1; level--) {
		for (size_t s = 0; s < d->n; s++) {
			for (size_t m = 0; m < d->k; m++) {
				bool only = !s_done[s] && !m_done[m] && oracle_level(d, s, m) >= level;

				for (size_t k = 0; k < d->k && only; k++)
					only = k == m || m_done[k] || oracle_level(d, s, k) < level;
				for (size_t k = 0; k < d->n && only; k++)
					only = k == s || s_done[k] || oracle_level(d, k, m) < level;
				if (!only)
					continue;
				s_done[s] = m_done[m] = true;
				pairs[s] = d->m[m].seq;
				made++;
			}
		}
	}
	return made;
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
	static struct day d;
	static struct match_result first[12];
	int differs = 0, moved = 0;
	int64_t made = 0;

	for (int round = 0; round < 20000; round++) {
		uint64_t pairs[12];

		random_day(&d, rnd(3) == 0);
		made += oracle(&d, pairs);
		run(MATCH_SETTLE, d.s, d.n, d.m, d.k);
		differs += n_got != d.n;
		for (size_t i = 0; i < n_got; i++)
			differs += got[i].subject != d.s[i].seq || got[i].item != pairs[i] ||
				   (got[i].rule == NULL) == (got[i].reason == NULL);
		memcpy(first, got, d.n * sizeof(got[0]));
		shuffle(d.s, d.n);
		shuffle(d.m, d.k);
		run(MATCH_SETTLE, d.s, d.n, d.m, d.k);
		for (size_t i = 0; i < n_got; i++) {
			const struct match_result *was = &first[got[i].subject - 1];

			moved += was->item != got[i].item || was->score != got[i].score ||
				 strcmp(was->text, got[i].text) != 0;
		}
	}
	is_int(differs, 0, "twenty thousand random days are paired as the plain rules say");
	ok(made > 10000, "and that were %lld pairs", (long long)made);
	is_int(moved, 0, "another order of lines and items changes no pair, no score and no word");
}

/*
 * Days whose truth is known.  Half the lines name their item, a tenth of lines and items has not come.  A line that
 * names its item must never go to another; a silent one may only where its amount stands once on either side.
 */
static void truth(void)
{
	static struct record s[20], m[20];
	static char ref[20][24];
	int wrong = 0, right = 0, guessed = 0;

	for (int round = 0; round < 2000; round++) {
		size_t n = 0, k = 0;

		for (size_t i = 0; i < 20; i++) {
			int64_t amount = -(int64_t)(1 + rnd(6));
			bool named = rnd(2);

			snprintf(ref[i], sizeof(ref[i]), "RUN-%05d-%zu", round, i);
			if (rnd(10))
				m[k++] = expected(1000 + i, amount, "2026-11-10", "", ref[i]);
			if (rnd(10))
				s[n++] = entry(i + 1, amount, "2026-11-10", named ? ref[i] : "");
		}
		run(MATCH_SETTLE, s, n, m, k);
		for (size_t i = 0; i < n_got; i++) {
			int lines = 0, items = 0;

			if (got[i].item == 0)
				continue;
			if (record_has(&s[i], F_TEXT)) {
				right += got[i].item == 999 + got[i].subject;
				wrong += got[i].item != 999 + got[i].subject;
				continue;
			}
			for (size_t a = 0; a < n; a++)		/* silent lines of this amount, items no line names */
				lines += !record_has(&s[a], F_TEXT) &&
					 record_num(&s[a], F_AMOUNT, 0) == record_num(&s[i], F_AMOUNT, 0);
			for (size_t b = 0; b < k; b++) {
				bool named = false;

				for (size_t a = 0; a < n; a++)
					named = named ||
						view_eq(record_text(&s[a], F_TEXT), record_text(&m[b], F_REFERENCE));
				items += !named && record_num(&m[b], F_AMOUNT, 0) == record_num(&s[i], F_AMOUNT, 0);
			}
			guessed += lines != 1 || items != 1;
		}
	}
	is_int(wrong, 0, "no line that names its item is ever given to another");
	ok(right > 10000, "and %d were given to their own", right);
	is_int(guessed, 0, "no silent line is paired where two lines or two items could be meant");
}

int main(void)
{
	calendar_init(&fed, VIEW("federal-reserve"));
	settle_one();
	settle_several();
	settle_refused();
	returns();
	changes();
	random_days();
	truth();
	return done_testing();
}
