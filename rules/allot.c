/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allot - see allot.h
 */
#include "formats/core/utf8.h"
#include "rules/allot.h"
#include "rules/routing.h"

#define ACCOUNT_MAX 17
#define WEIGHTS_MAX 4096		/* shares are ranked pair by pair */

static const struct { const char *code, *words; } reasons[ALLOT_REASONS] = {
	[ALLOT_GOOD] = { "GOOD", "the row can be paid" },
	[ALLOT_NOT_ACH] = { "NOT_ACH", "the row is not to be paid by ACH" },
	[ALLOT_NO_AMOUNT] = { "NO_AMOUNT", "the net amount is absent, zero or negative" },
	[ALLOT_AMOUNT_TOO_LARGE] = { "AMOUNT_TOO_LARGE", "the net amount has more than ten digits of cents" },
	[ALLOT_NOT_USD] = { "NOT_USD", "ACH pays US dollars only" },
	[ALLOT_NO_NAME] = { "NO_NAME", "there is no name that an ACH file can hold" },
	[ALLOT_NO_PERSON] = { "NO_PERSON", "the row does not say who is paid" },
	[ALLOT_NO_ACCOUNT] = { "NO_ACCOUNT", "the account number is missing" },
	[ALLOT_BAD_ACCOUNT] = { "BAD_ACCOUNT", "the account number is too long (17 at most) or holds a bad character" },
	[ALLOT_BAD_ACCOUNT_TYPE] = { "BAD_ACCOUNT_TYPE", "the account type is neither checking nor savings" },
	[ALLOT_NO_ROUTING] = { "NO_ROUTING", "the routing number is missing" },
	[ALLOT_BAD_ROUTING] = { "BAD_ROUTING", "the routing number is not that of a bank" },
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

static bool good_account(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	return v.n <= ACCOUNT_MAX;
}

static enum allot_reason verify(const struct record *row, struct allot_leg *leg)
{
	struct view method = view_trim(record_text(row, F_METHOD)), account = view_trim(record_text(row, F_ACCOUNT));
	struct view routing = view_trim(record_text(row, F_ROUTING)), ccy = view_trim(record_text(row, F_CURRENCY));
	int64_t net = record_num(row, F_NET, 0);

	if (method.n > 0 && !is_word(method, "ach"))
		return ALLOT_NOT_ACH;
	if (net <= 0)
		return ALLOT_NO_AMOUNT;
	if (net > ALLOT_AMOUNT_MAX)
		return ALLOT_AMOUNT_TOO_LARGE;
	if (ccy.n > 0 && !view_eq(ccy, VIEW("USD")))
		return ALLOT_NOT_USD;
	if (allot_ascii(leg->party, sizeof(leg->party), record_text(row, F_PARTY), true) == 0)
		return ALLOT_NO_NAME;
	if (allot_ascii(leg->individual, sizeof(leg->individual), record_text(row, F_PERSON), false) == 0)
		return ALLOT_NO_PERSON;
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

enum allot_reason allot_row(struct allot_leg legs[ALLOT_LEGS], size_t *n, const struct record *row)
{
	struct allot_leg *leg = &legs[0];
	struct record *r = &leg->r;
	enum allot_reason reason;

	*n = 0;
	reason = verify(row, leg);
	if (reason != ALLOT_GOOD)
		return reason;
	record_init(r, RECORD_PAYMENT, row->line);
	r->seq = row->seq;
	record_set_num(r, F_AMOUNT, record_num(row, F_NET, 0));
	record_set_text(r, F_CURRENCY, VIEW("USD"));
	record_set_text(r, F_PARTY, view_of(leg->party));
	record_set_text(r, F_INDIVIDUAL_ID, view_of(leg->individual));
	record_set_text(r, F_ACCOUNT, view_trim(record_text(row, F_ACCOUNT)));
	record_set_text(r, F_ROUTING, view_trim(record_text(row, F_ROUTING)));
	record_set_text(r, F_TRANSACTION_CODE, view_of(transaction_code(record_text(row, F_ACCOUNT_TYPE))));
	record_set_num(r, F_LEG, 1);
	record_set_text(r, F_PERSON, record_text(row, F_PERSON));
	record_set_text(r, F_RUN, record_text(row, F_RUN));
	record_set_text(r, F_COMPANY, record_text(row, F_COMPANY));
	if (record_has(row, F_PAY_DATE))
		record_set_num(r, F_PAY_DATE, record_num(row, F_PAY_DATE, 0));
	*n = 1;
	return ALLOT_GOOD;
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
