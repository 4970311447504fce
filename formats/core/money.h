/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money - int64 minor units and a currency; checked, never a double
 *
 * 12.34 USD = { 1234, "USD" }.  Minor digits per currency follow ISO 4217 (USD 2, JPY 0, KWD 3).
 */
#pragma once

#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/view.h"

struct money { int64_t minor; char ccy[4]; };

enum money_err { MONEY_OK, MONEY_EMPTY, MONEY_NOT_DIGIT, MONEY_TOO_BIG, MONEY_DECIMALS, MONEY_CCY_DIFFERS, MONEY_CCY_UNKNOWN };

const char *money_strerror(enum money_err);
int money_digits(const char *ccy);			/* minor digits, -1 when the code is not three capitals; unknown codes: 2 */
enum money_err money_parse(struct money *out, struct view digits, const char *ccy);	/* plain digits of minor units: "0000000100" */
enum money_err money_parse_decimal(struct money *out, struct view text, const char *ccy);	/* [-+]digits[.digits], at most the minor digits; exact */
enum money_err money_add(struct money *sum, struct money add);
bool money_add_minor(int64_t *sum, int64_t add);	/* false on overflow, *sum unchanged */
void money_print(struct buf *, int64_t minor, const char *ccy);		/* "1234.50", "-0.05"; no currency, no grouping */
void money_print_grouped(struct buf *, int64_t minor, const char *ccy);	/* "1,234.50" for people */
