/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hdl_fuzz - the hdl module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
