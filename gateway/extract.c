/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract - see extract.h.  Bytes, not characters: a bank's text may be in any charset
 */
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "gateway/extract.h"

#define STEPS 20000u
#define DEPTH 500u
#define HEAP_KIB 4096u

struct extract { pcre2_code *code; pcre2_match_context *limits; };

int extract_new(struct extract **out, const char *pattern, struct err *err)
{
	struct extract *x = calloc(1, sizeof(*x));
	uint32_t captures = 0;
	PCRE2_SIZE at;
	PCRE2_UCHAR why[200] = "";
	int code;

	*out = NULL;
	if (x == NULL)
		return err_set(err, -1, "memory is short");
	x->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &code, &at, NULL);
	x->limits = pcre2_match_context_create(NULL);
	if (x->code == NULL || x->limits == NULL) {
		pcre2_get_error_message(code, why, sizeof(why));
		extract_free(x);
		return err_set(err, -1, "the pattern is none at its character %zu: %s", (size_t)at + 1, (const char *)why);
	}
	pcre2_pattern_info(x->code, PCRE2_INFO_CAPTURECOUNT, &captures);
	pcre2_set_match_limit(x->limits, STEPS);
	pcre2_set_depth_limit(x->limits, DEPTH);
	pcre2_set_heap_limit(x->limits, HEAP_KIB);
	if (captures != 1) {
		extract_free(x);
		return err_set(err, -1, "the pattern has %u captures; one is the reference", captures);
	}
	*out = x;
	return 0;
}

bool extract_first(const struct extract *x, struct view text, struct view *reference)
{
	pcre2_match_data *data = pcre2_match_data_create(2, NULL);
	PCRE2_SIZE *at;
	bool found = false;

	if (data == NULL)
		return false;
	if (text.n > 0 && pcre2_match(x->code, (PCRE2_SPTR)text.p, text.n, 0, 0, data, x->limits) == 2) {
		at = pcre2_get_ovector_pointer(data);
		*reference = (struct view){ text.p + at[2], at[3] - at[2] };
		found = at[3] > at[2];
	}
	pcre2_match_data_free(data);
	return found;
}

void extract_free(struct extract *x)
{
	if (x == NULL)
		return;
	pcre2_code_free(x->code);
	pcre2_match_context_free(x->limits);
	free(x);
}
