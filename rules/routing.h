/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing - is this a routing number of a US bank (ABA)?  Nine digits, a known prefix, a check digit that agrees
 *
 * Weights 3 7 1 over the first eight digits; the ninth fills up to a multiple of ten (Nacha Operating Rules,
 * appendix on records).  Prefixes 00-12, 21-32, 61-72, 80.  All zeros satisfies both and is nobody's number:
 * refused as a prefix.
 */
#pragma once

#include "formats/core/view.h"

enum routing_verdict { ROUTING_GOOD, ROUTING_LENGTH, ROUTING_NOT_DIGIT, ROUTING_PREFIX, ROUTING_CHECK_DIGIT };

enum routing_verdict routing_verify(struct view number);
char routing_check_digit(struct view eight);		/* the ninth digit; '\0' when these are not eight digits */
const char *routing_words(enum routing_verdict);	/* "its check digit is wrong" */
