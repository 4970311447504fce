/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_fuzz - the check module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
