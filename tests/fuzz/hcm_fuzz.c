/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcm_fuzz - the hcm module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
