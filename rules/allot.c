/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allot - see allot.h
 */
#include "formats/core/utf8.h"
#include "rules/allot.h"
#include "rules/routing.h"

#define ACCOUNT_MAX 17
#define TRUSTEE_ACCOUNT_MAX 30
#define DISTRIBUTION_MAX 2
#define WEIGHTS_MAX 4096		/* shares are ranked pair by pair */

static const struct { const char *code, *words; } reasons[ALLOT_REASONS] = {
	[ALLOT_GOOD] = { "GOOD", "the row can be paid" },
	[ALLOT_NOT_ACH] = { "NOT_ACH", "the method is neither ACH nor check" },
	[ALLOT_NO_AMOUNT] = { "NO_AMOUNT", "the net amount is absent, zero or negative" },
	[ALLOT_AMOUNT_TOO_LARGE] = { "AMOUNT_TOO_LARGE", "an amount has more than ten digits of cents" },
	[ALLOT_NOT_USD] = { "NOT_USD", "US dollars only are paid" },
	[ALLOT_NO_NAME] = { "NO_NAME", "there is no name that a file can hold" },
	[ALLOT_NO_PERSON] = { "NO_PERSON", "the row does not say who is paid" },
	[ALLOT_NO_ACCOUNT] = { "NO_ACCOUNT", "the account number is missing" },
	[ALLOT_BAD_ACCOUNT] = { "BAD_ACCOUNT", "the account number is too long (17 at most) or holds a bad character" },
	[ALLOT_BAD_ACCOUNT_TYPE] = { "BAD_ACCOUNT_TYPE", "the account type is neither checking nor savings" },
	[ALLOT_NO_ROUTING] = { "NO_ROUTING", "the routing number is missing" },
	[ALLOT_BAD_ROUTING] = { "BAD_ROUTING", "the routing number is not that of a bank" },
	[ALLOT_NO_WAY] = { "NO_WAY", "the row asks for a check or a rollover, and its feed has no outbound for it" },
	[ALLOT_BAD_ROLLOVER] = { "BAD_ROLLOVER", "the rollover is more than the net, negative, of an unknown amount, or its code is longer than two characters" },
	[ALLOT_NO_TRUSTEE] = { "NO_TRUSTEE", "the rollover names no account at the trustee that a file can hold" },
	[ALLOT_NO_SSN] = { "NO_SSN", "the rollover names no social security number of nine digits" },
	[ALLOT_NO_PLAN] = { "NO_PLAN", "the rollover does not say out of which plan it is" },
	[ALLOT_OTHER_TRUSTEE] = { "OTHER_TRUSTEE", "the rollover is for another trustee than this feed's" },
	[ALLOT_BAD_ADDRESS] = { "BAD_ADDRESS", "the address does not fit on a check" },
	[ALLOT_TOO_MANY_LEGS] = { "TOO_MANY_LEGS", "the payment would have to be divided into more than four" },
};

/* U+00C0..U+017F as plain letters; NULL-less: what has no letter is "". */
static const char *const plain[] = {
	"A", "A", "A", "A", "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I", "I",	/* C0 */
	"D", "N", "O", "O", "O", "O", "O", "", "O", "U", "U", "U", "U", "Y", "TH", "ss",
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",	/* E0 */
	"d", "n", "o", "o", "o", "o", "o", "", "o", "u", "u", "u", "u", "y", "th", "y",
	"A", "a", "A", "a", "A", "a", "C", "c", "C", "c", "C", "c", "C", "c", "D", "d",		/* 100 */
	"D", "d", "E", "e", "E", "e", "E", "e", "E", "e", "E", "e", "G", "g", "G", "g",
	"G", "g", "G", "g", "H", "h", "H", "h", "I", "i", "I", "i", "I", "i", "I", "i",		/* 120 */
	"I", "i", "IJ", "ij", "J", "j", "K", "k", "k", "L", "l", "L", "l", "L", "l", "L",
	"l", "L", "l", "N", "n", "N", "n", "N", "n", "n", "N", "n", "O", "o", "O", "o",		/* 140 */
	"O", "o", "OE", "oe", "R", "r", "R", "r", "R", "r", "S", "s", "S", "s", "S", "s",
	"S", "s", "T", "t", "T", "t", "T", "t", "U", "u", "U", "u", "U", "u", "U", "u",		/* 160 */
	"U", "u", "U", "u", "W", "w", "Y", "y", "Y", "Z", "z", "Z", "z", "Z", "z", "s",
};

_Static_assert(sizeof(plain) / sizeof(plain[0]) == 0x180 - 0xc0, "one row a code point");

const char *allot_reason_code(enum allot_reason r)
{
	return r < ALLOT_REASONS ? reasons[r].code : "?";
}

const char *allot_reason_words(enum allot_reason r)
{
	return r < ALLOT_REASONS ? reasons[r].words : "?";
}

/* The code point at v.p[*i], moving *i on; a byte that is not UTF-8 is taken as ISO 8859-1. */
static uint32_t next_code(struct view v, size_t *i)
{
	const unsigned char *p = (const unsigned char *)v.p + *i;
	size_t n = utf8_length(v.p + *i, v.n - *i);
	uint32_t c;

	*i += n == 0 ? 1 : n;
	if (n <= 1)
		return p[0];
	c = p[0] & (0x7fu >> n);
	for (size_t k = 1; k < n; k++)
		c = c << 6 | (p[k] & 0x3fu);
	return c;
}

size_t allot_ascii(char *out, size_t cap, struct view in, bool upper)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n;) {
		uint32_t c = next_code(in, &i);
		char one[2] = { (char)c, '\0' };
		const char *s = " ";		/* what has no letter parts words */

		if (c > 0x20 && c < 0x7f)
			s = one;
		else if (c >= 0xc0 && c < 0x180)
			s = plain[c - 0xc0];
		else if (c == 0x2019)
			s = "'";
		else if (c >= 0x300 && c < 0x370)
			s = "";			/* a combining accent goes */

		for (; *s != '\0' && n + 1 < cap; s++) {
			if (*s == ' ' && (n == 0 || out[n - 1] == ' '))
				continue;
			out[n++] = upper && *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
		}
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	if (cap > 0)
		out[n] = '\0';
	return n;
}

static bool is_word(struct view v, const char *word)
{
	size_t n = strlen(word);

	if (v.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((v.p[i] >= 'A' && v.p[i] <= 'Z' ? v.p[i] - 'A' + 'a' : v.p[i]) != word[i])
			return false;
	return true;
}

/* "22", "32", or NULL; an absent type is checking, as feeds that know only one kind leave it out. */
static const char *transaction_code(struct view type)
{
	type = view_trim(type);
	if (type.n == 0 || is_word(type, "checking") || is_word(type, "c"))
		return "22";
	return is_word(type, "savings") || is_word(type, "s") ? "32" : NULL;
}

static bool printable(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	return true;
}

static bool good_account(struct view v)
{
	return v.n <= ACCOUNT_MAX && printable(v);
}

/* ---- what a row must have ---- */

static enum allot_reason whole_row(const struct record *row, const struct allot_ways *ways)
{
	struct view method = view_trim(record_text(row, F_METHOD)), ccy = view_trim(record_text(row, F_CURRENCY));
	int64_t net = record_num(row, F_NET, 0);
	char one[2];

	if (method.n > 0 && !is_word(method, "ach") && !is_word(method, "check"))
		return ALLOT_NOT_ACH;
	if (is_word(method, "check") && !ways->check)
		return ALLOT_NO_WAY;
	if (net <= 0)
		return ALLOT_NO_AMOUNT;
	if (net > ALLOT_AMOUNT_MAX * ALLOT_LEGS || (net > ALLOT_AMOUNT_MAX && ways->ach_most == 0 && ways->check_most == 0 && !ways->rollover))
		return ALLOT_AMOUNT_TOO_LARGE;
	if (ccy.n > 0 && !view_eq(ccy, VIEW("USD")))
		return ALLOT_NOT_USD;
	if (allot_ascii(one, sizeof(one), record_text(row, F_PARTY), true) == 0)
		return ALLOT_NO_NAME;
	return allot_ascii(one, sizeof(one), record_text(row, F_PERSON), false) == 0 ? ALLOT_NO_PERSON : ALLOT_GOOD;
}

static enum allot_reason ach_data(const struct record *row)
{
	struct view account = view_trim(record_text(row, F_ACCOUNT)), routing = view_trim(record_text(row, F_ROUTING));

	if (account.n == 0)
		return ALLOT_NO_ACCOUNT;
	if (!good_account(account))
		return ALLOT_BAD_ACCOUNT;
	if (transaction_code(record_text(row, F_ACCOUNT_TYPE)) == NULL)
		return ALLOT_BAD_ACCOUNT_TYPE;
	if (routing.n == 0)
		return ALLOT_NO_ROUTING;
	return routing_verify(routing) == ROUTING_GOOD ? ALLOT_GOOD : ALLOT_BAD_ROUTING;
}

static bool same_name(struct view a, struct view b)
{
	char one[128], two[128];

	return allot_ascii(one, sizeof(one), a, true) == allot_ascii(two, sizeof(two), b, true) && view_eq(view_of(one), view_of(two));
}

/* The part for the trustee; 0: none. */
static enum allot_reason rollover_part(const struct record *row, const struct allot_ways *ways, int64_t *part)
{
	struct view trustee = view_trim(record_text(row, F_TRUSTEE)), account = view_trim(record_text(row, F_TRUSTEE_ACCOUNT));
	int64_t net = record_num(row, F_NET, 0), weights[2] = { ways->rollover_percent, 100 - ways->rollover_percent }, shares[2];

	*part = record_num(row, F_ROLLOVER, 0);
	if (!record_has(row, F_ROLLOVER) && trustee.n > 0 && ways->rollover_percent > 0 && allot_share(shares, net, weights, 2))
		*part = shares[0];
	else if (!record_has(row, F_ROLLOVER) && trustee.n > 0)
		return ways->rollover ? ALLOT_BAD_ROLLOVER : ALLOT_NO_WAY;
	if (*part == 0)
		return ALLOT_GOOD;
	if (!ways->rollover)
		return ALLOT_NO_WAY;
	if (*part < 0 || *part > net || view_trim(record_text(row, F_DISTRIBUTION)).n > DISTRIBUTION_MAX)
		return ALLOT_BAD_ROLLOVER;
	if (*part > ALLOT_AMOUNT_MAX)
		return ALLOT_AMOUNT_TOO_LARGE;
	if (account.n == 0 || account.n > TRUSTEE_ACCOUNT_MAX || !printable(account))
		return ALLOT_NO_TRUSTEE;
	return trustee.n == 0 || same_name(trustee, ways->trustee) ? ALLOT_GOOD : ALLOT_OTHER_TRUSTEE;
}

/* ---- the legs ---- */

/* What every leg has; its number follows from its place. */
static struct record *begin(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row, int64_t amount)
{
	static const enum record_field kept[] = { F_PERSON, F_RUN, F_COMPANY };
	struct allot_leg *leg = &legs[(*n)++];
	struct record *r = &leg->r;

	record_init(r, RECORD_PAYMENT, row->line);
	r->seq = row->seq;
	record_set_num(r, F_AMOUNT, amount);
	record_set_text(r, F_CURRENCY, VIEW("USD"));
	allot_ascii(leg->individual, sizeof(leg->individual), record_text(row, F_PERSON), false);
	record_set_text(r, F_INDIVIDUAL_ID, view_of(leg->individual));
	record_set_num(r, F_LEG, (int64_t)*n);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		record_set_text(r, kept[i], record_text(row, kept[i]));
	if (record_has(row, F_PAY_DATE))
		record_set_num(r, F_PAY_DATE, record_num(row, F_PAY_DATE, 0));
	return r;
}

/* A name as banks print and compare it: some of their layouts hold neither comma nor quote. */
static void payee_of(char *out, size_t cap, struct view name)
{
	char plain_name[128];
	struct view v;

	allot_ascii(plain_name, sizeof(plain_name), name, false);
	v = view_of(plain_name);
	for (size_t i = 0; i < v.n; i++)
		if (strchr(",\"|;\\", plain_name[i]) != NULL)
			plain_name[i] = ' ';
	allot_ascii(out, cap, v, false);
}

static void put_ach(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row, int64_t amount)
{
	struct record *r = begin(legs, n, row, amount);
	struct allot_leg *leg = &legs[*n - 1];

	allot_ascii(leg->party, 23, record_text(row, F_PARTY), true);
	record_set_text(r, F_PARTY, view_of(leg->party));
	record_set_text(r, F_ACCOUNT, view_trim(record_text(row, F_ACCOUNT)));
	record_set_text(r, F_ROUTING, view_trim(record_text(row, F_ROUTING)));
	record_set_text(r, F_TRANSACTION_CODE, view_of(transaction_code(record_text(row, F_ACCOUNT_TYPE))));
}

/* The address whole or not at all: what a printer's file has no room for goes to somebody else. */
static bool put_address(struct allot_leg *leg, const struct record *row)
{
	static const struct { enum record_field field; size_t most; } parts[] = {
		{ F_ADDRESS1, 50 }, { F_ADDRESS2, 50 }, { F_CITY, 30 }, { F_REGION, 20 }, { F_POSTAL_CODE, 10 }, { F_COUNTRY, 2 },
	};
	char all[128];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct view v = view_trim(record_text(row, parts[i].field));
		size_t n = allot_ascii(all, sizeof(all), v, false);

		if (n > parts[i].most || (n == 0 && v.n > 0))
			return false;
		memcpy(leg->address[i], all, n + 1);
		record_set_text(&leg->r, parts[i].field, view_of(leg->address[i]));
	}
	return true;
}

static enum allot_reason put_check(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row, int64_t amount,
	const struct allot_ways *ways, enum allot_reason why)
{
	struct record *r = begin(legs, n, row, amount);
	struct allot_leg *leg = &legs[*n - 1];
	int most = ways->payee_length > 0 && ways->payee_length < ALLOT_PAYEE ? ways->payee_length : ALLOT_PAYEE;

	payee_of(leg->payee, (size_t)most + 1, record_text(row, F_PARTY));
	if (leg->payee[0] == '\0')
		return ALLOT_NO_NAME;
	record_set_text(r, F_METHOD, VIEW("CHECK"));
	record_set_text(r, F_PAYEE, view_of(leg->payee));
	allot_ascii(leg->memo, sizeof(leg->memo), record_has(row, F_MEMO) ? record_text(row, F_MEMO) : ways->memo, false);
	record_set_text(r, F_MEMO, view_of(leg->memo));
	if (why != ALLOT_GOOD)
		record_set_text(r, F_REASON, view_of(allot_reason_code(why)));
	return put_address(leg, row) ? ALLOT_GOOD : ALLOT_BAD_ADDRESS;
}

/* With or without its dashes. */
static bool nine_digits(char out[10], struct view v)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '-' || v.p[i] == ' ')
			continue;
		if (v.p[i] < '0' || v.p[i] > '9' || n == 9)
			return false;
		out[n++] = v.p[i];
	}
	out[n] = '\0';
	return n == 9;
}

static enum allot_reason put_rollover(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row, int64_t amount,
	const struct allot_ways *ways)
{
	struct record *r = begin(legs, n, row, amount);
	struct allot_leg *leg = &legs[*n - 1];
	bool good_ssn = nine_digits(leg->ssn, record_text(row, F_SSN));
	size_t k;

	payee_of(leg->party, 61, record_text(row, F_PARTY));
	payee_of(leg->trustee, sizeof(leg->trustee), ways->trustee);
	allot_ascii(leg->plan, sizeof(leg->plan), record_has(row, F_PLAN) ? record_text(row, F_PLAN) : ways->plan, false);
	k = strlen(leg->trustee);
	memcpy(leg->payee, leg->trustee, k);		/* a rollover is never payable to the person alone */
	memcpy(leg->payee + k, " FBO ", 5);
	memcpy(leg->payee + k + 5, leg->party, strlen(leg->party) + 1);
	record_set_text(r, F_METHOD, VIEW("ROLLOVER"));
	record_set_text(r, F_PARTY, view_of(leg->party));
	record_set_text(r, F_PAYEE, view_trim(view_of(leg->payee)));
	record_set_text(r, F_SSN, view_of(leg->ssn));
	record_set_text(r, F_TRUSTEE, view_of(leg->trustee));
	record_set_text(r, F_TRUSTEE_ACCOUNT, view_trim(record_text(row, F_TRUSTEE_ACCOUNT)));
	record_set_text(r, F_PLAN, view_of(leg->plan));
	record_set_text(r, F_DISTRIBUTION, view_trim(record_text(row, F_DISTRIBUTION)));
	if (leg->party[0] == '\0')
		return ALLOT_NO_NAME;
	return leg->plan[0] == '\0' ? ALLOT_NO_PLAN : good_ssn ? ALLOT_GOOD : ALLOT_NO_SSN;
}

/* In as few equal legs as its bound asks for; left-over cents one each to the first. */
static enum allot_reason put_rest(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row, int64_t amount,
	const struct allot_ways *ways)
{
	static const int64_t equal[ALLOT_LEGS] = { 1, 1, 1, 1 };
	bool asked = is_word(view_trim(record_text(row, F_METHOD)), "check");
	enum allot_reason no_ach = asked ? ALLOT_GOOD : ach_data(row), reason = ALLOT_GOOD;
	bool by_check = asked || no_ach != ALLOT_GOOD;
	int64_t most = by_check ? ways->check_most : ways->ach_most, shares[ALLOT_LEGS], count;

	if (by_check && !ways->check)
		return no_ach;
	count = most > 0 ? (amount - 1) / most + 1 : 1;
	if (count > (int64_t)(ALLOT_LEGS - *n))
		return ALLOT_TOO_MANY_LEGS;
	allot_share(shares, amount, equal, (size_t)count);
	for (int64_t i = 0; i < count && reason == ALLOT_GOOD; i++) {
		if (shares[i] > ALLOT_AMOUNT_MAX)
			reason = ALLOT_AMOUNT_TOO_LARGE;
		else if (by_check)
			reason = put_check(legs, n, row, shares[i], ways, no_ach);
		else
			put_ach(legs, n, row, shares[i]);
	}
	return reason;
}

enum allot_reason allot_row(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row, const struct allot_ways *ways)
{
	static const struct allot_ways ach_only = { .check = false };
	int64_t part = 0, net = record_num(row, F_NET, 0);
	enum allot_reason reason;

	*n = 0;
	if (ways == NULL)
		ways = &ach_only;
	reason = whole_row(row, ways);
	if (reason == ALLOT_GOOD)
		reason = rollover_part(row, ways, &part);
	if (reason == ALLOT_GOOD && part > 0)
		reason = put_rollover(legs, n, row, part, ways);
	if (reason == ALLOT_GOOD && net > part)
		reason = put_rest(legs, n, row, net - part, ways);
	if (reason != ALLOT_GOOD)
		*n = 0;
	return reason;
}

/* Does the remainder of i come before that of k?  Larger first, among equals the lower index. */
static bool before(unsigned __int128 ri, unsigned __int128 rk, size_t i, size_t k)
{
	return ri > rk || (ri == rk && i < k);
}

bool allot_share(int64_t *shares, int64_t total, const int64_t *weights, size_t n)
{
	uint64_t whole = total < 0 ? 0 - (uint64_t)total : (uint64_t)total, left = whole;
	int64_t sum = 0;

	if (n > WEIGHTS_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (weights[i] < 0 || __builtin_add_overflow(sum, weights[i], &sum))
			return false;
	if (sum == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		left -= (uint64_t)((unsigned __int128)whole * (uint64_t)weights[i] / (uint64_t)sum);
	for (size_t i = 0; i < n; i++) {
		unsigned __int128 product = (unsigned __int128)whole * (uint64_t)weights[i];
		unsigned __int128 rest = product % (uint64_t)sum;
		uint64_t share = (uint64_t)(product / (uint64_t)sum), ahead = 0;

		for (size_t k = 0; k < n && rest > 0 && left > 0 && ahead < left; k++)
			ahead += k != i &&
				 before((unsigned __int128)whole * (uint64_t)weights[k] % (uint64_t)sum, rest, k, i);
		if (rest > 0 && ahead < left)
			share++;
		shares[i] = total < 0 ? (int64_t)(0 - share) : (int64_t)share;
	}
	return true;
}
