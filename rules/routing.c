/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing - see routing.h
 */
#include "rules/routing.h"

static bool digits(struct view v, size_t n)
{
	if (v.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return true;
}

char routing_check_digit(struct view eight)
{
	static const int weight[8] = { 3, 7, 1, 3, 7, 1, 3, 7 };
	int sum = 0;

	if (!digits(eight, 8))
		return '\0';
	for (size_t i = 0; i < 8; i++)
		sum += weight[i] * (eight.p[i] - '0');
	return (char)('0' + (10 - sum % 10) % 10);
}

enum routing_verdict routing_verify(struct view v)
{
	int prefix;

	if (v.n != 9)
		return ROUTING_LENGTH;
	if (!digits(v, 9))
		return ROUTING_NOT_DIGIT;
	prefix = (v.p[0] - '0') * 10 + v.p[1] - '0';
	if (!(prefix <= 12 || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) || prefix == 80) ||
	    view_eq(v, VIEW("000000000")))
		return ROUTING_PREFIX;
	return routing_check_digit(view_sub(v, 0, 8)) == v.p[8] ? ROUTING_GOOD : ROUTING_CHECK_DIGIT;
}

const char *routing_words(enum routing_verdict v)
{
	switch (v) {
	case ROUTING_GOOD:
		return "it is good";
	case ROUTING_LENGTH:
		return "it does not have nine digits";
	case ROUTING_NOT_DIGIT:
		return "it holds something that is not a digit";
	case ROUTING_PREFIX:
		return "no bank's number begins like that";
	case ROUTING_CHECK_DIGIT:
		return "its check digit is wrong";
	}
	return "it is bad";
}
