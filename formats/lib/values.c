/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values - see values.h
 */
#include "formats/core/layout.h"
#include "formats/lib/values.h"

bool value_routing(struct view v)
{
	int sum = 0;

	if (v.n != 9 || !layout_is_digits(v))
		return false;
	for (size_t i = 0; i < 9; i++)
		sum += (v.p[i] - '0') * (i % 3 == 0 ? 3 : i % 3 == 1 ? 7 : 1);
	return sum % 10 == 0 && !view_eq(v, VIEW("000000000"));
}

/* The area is not 000, 666 or 9xx, no group is 00, no serial 0000. */
static bool is_impossible(const char ssn[9])
{
	return memcmp(ssn, "000", 3) == 0 || memcmp(ssn, "666", 3) == 0 || *ssn == '9' || memcmp(ssn + 3, "00", 2) == 0 ||
		memcmp(ssn + 5, "0000", 4) == 0;
}

enum value_ssn value_ssn(struct view v, char out[9])
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '-' && v.n == 11 && (i == 3 || i == 6))
			continue;
		if (v.p[i] < '0' || v.p[i] > '9' || n == 9)
			return SSN_NOT_DIGITS;
		out[n++] = v.p[i];
	}
	if (n != 9)
		return n == 8 ? SSN_EIGHT : SSN_NOT_DIGITS;
	return is_impossible(out) ? SSN_IMPOSSIBLE : SSN_GOOD;
}

bool value_is(struct view v, const char *word)
{
	size_t n = strlen(word);

	if (v.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char a = v.p[i], b = word[i];

		if ((a >= 'A' && a <= 'Z' ? a + 32 : a) != (b >= 'A' && b <= 'Z' ? b + 32 : b))
			return false;
	}
	return true;
}

bool value_in(struct view list, struct view word)
{
	struct view piece;
	char text[64];

	if (word.n == 0 || word.n >= sizeof(text))
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	while (view_cut(&list, ',', &piece))
		if (value_is(view_trim(piece), text))
			return true;
	return false;
}

char value_account_type(struct view v)
{
	if (value_is(v, "c") || value_is(v, "checking"))
		return 'C';
	return value_is(v, "s") || value_is(v, "savings") ? 'S' : 0;
}

bool value_has_control(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
			return true;
	return false;
}
