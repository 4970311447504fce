/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c - CRC-32 with Castagnoli's polynomial, eight bytes a step by tables
 *
 * The tables are made at the first call; roles are single-threaded.  The processor's own instruction was left out: a segment
 * is written once and read once or twice, and the tables keep up with the disk on every machine.
 */
#include <stdbool.h>

#include "gateway/crc32c.h"

#define POLYNOMIAL 0x82f63b78u		/* reversed */

static uint32_t table[8][256];

static void make_tables(void)
{
	static bool made;

	if (made)
		return;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ POLYNOMIAL : c >> 1;
		table[0][i] = c;
	}
	for (int k = 1; k < 8; k++)
		for (int i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 255];
	made = true;
}

uint32_t crc32c(struct view v)
{
	const unsigned char *p = (const unsigned char *)v.p;
	uint32_t c = ~0u;
	size_t n = v.n;

	make_tables();
	for (; n >= 8; p += 8, n -= 8) {
		c ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
		c = table[7][c & 255] ^ table[6][c >> 8 & 255] ^ table[5][c >> 16 & 255] ^ table[4][c >> 24] ^
		    table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
	}
	while (n-- > 0)
		c = c >> 8 ^ table[0][(c ^ *p++) & 255];
	return ~c;
}
