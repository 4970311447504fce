/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ack_fuzz - the ack module's parse under a fuzzer; see parse_fuzz.h
 */
#include "tests/fuzz/parse_fuzz.h"
