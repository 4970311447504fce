/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll_fuzz - the payroll module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
