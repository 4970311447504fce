/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt_fuzz - the camt module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
