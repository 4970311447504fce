/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvstmt_fuzz - the csvstmt module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
