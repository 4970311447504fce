/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c - CRC-32 with Castagnoli's polynomial (RFC 3720, B.4): finds torn and damaged blocks, proves nothing against a forger
 */
#pragma once

#include <stdint.h>
#include "formats/core/view.h"

uint32_t crc32c(struct view);
uint32_t crc32c_tables(struct view);	/* the same, on any processor */
