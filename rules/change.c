/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change - one row a code: where its parts stand in Corrected Data
 *
 * Failure: false, and *out is empty; nothing is guessed from data that does not fit.
 */
#include "rules/change.h"

#include "rules/routing.h"

struct place { unsigned char from, n; };		/* 1-based; n 0 = not in this code */

static const struct { struct view code; struct place routing, account, transaction; } rows[] = {
	{ VIEW_INIT("C01"), { 0, 0 }, { 1, 17 }, { 0, 0 } },
	{ VIEW_INIT("C02"), { 1, 9 }, { 0, 0 }, { 0, 0 } },
	{ VIEW_INIT("C03"), { 1, 9 }, { 13, 17 }, { 0, 0 } },
	{ VIEW_INIT("C05"), { 0, 0 }, { 0, 0 }, { 1, 2 } },
	{ VIEW_INIT("C06"), { 0, 0 }, { 1, 17 }, { 21, 2 } },
	{ VIEW_INIT("C07"), { 1, 9 }, { 10, 17 }, { 27, 2 } },
};

static struct view last_word(struct view v)
{
	size_t n = 0;

	v = view_rtrim(v);
	while (n < v.n && v.p[v.n - n - 1] != ' ')
		n++;
	return view_sub(v, v.n - n, n);
}

static struct view part(struct view corrected, struct place at, bool last)
{
	struct view v;

	if (at.n == 0)
		return (struct view){ NULL, 0 };
	v = view_trim(view_sub(corrected, at.from - 1u, at.n));
	return v.n == 0 && last ? last_word(corrected) : v;
}

static bool digits(struct view v, size_t n)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return v.n == n;
}

bool change_read(struct change *out, struct view code, struct view corrected)
{
	struct change c;

	*out = (struct change){ 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!view_eq(code, rows[i].code))
			continue;
		c.routing = part(corrected, rows[i].routing, false);
		c.account = part(corrected, rows[i].account, rows[i].transaction.n == 0);
		c.transaction_code = part(corrected, rows[i].transaction, true);
		if ((rows[i].routing.n > 0 && routing_verify(c.routing) != ROUTING_GOOD) || (rows[i].account.n > 0 && c.account.n == 0)
		    || (rows[i].transaction.n > 0 && !digits(c.transaction_code, 2)))
			return false;
		*out = c;
		return true;
	}
	return false;
}
