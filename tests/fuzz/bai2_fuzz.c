/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_fuzz - the bai2 module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
