/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_fuzz - the mt940 module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
