/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c - CRC-32 with Castagnoli's polynomial, eight bytes a step by tables
 *
 * The tables are made at the first call; roles are single-threaded.  A processor that has an instruction for it is asked: route reads
 * each range of a run twice, and a million rows are half a gigabyte of it.
 */
#include <stdbool.h>
#include <string.h>

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

static uint32_t by_tables(uint32_t c, const unsigned char *p, size_t n)
{
	make_tables();
	for (; n >= 8; p += 8, n -= 8) {
		c ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
		c = table[7][c & 255] ^ table[6][c >> 8 & 255] ^ table[5][c >> 16 & 255] ^ table[4][c >> 24] ^
		    table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
	}
	while (n-- > 0)
		c = c >> 8 ^ table[0][(c ^ *p++) & 255];
	return c;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static uint32_t by_instruction(uint32_t c, const unsigned char *p, size_t n)
{
	uint64_t wide = c, eight;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&eight, p, sizeof(eight));
		wide = __builtin_ia32_crc32di(wide, eight);
	}
	c = (uint32_t)wide;
	while (n-- > 0)
		c = __builtin_ia32_crc32qi(c, *p++);
	return c;
}
#endif

uint32_t crc32c(struct view v)
{
	const unsigned char *p = (const unsigned char *)v.p;

#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~by_instruction(~0u, p, v.n);
#endif
	return ~by_tables(~0u, p, v.n);
}

uint32_t crc32c_tables(struct view v)
{
	return ~by_tables(~0u, (const unsigned char *)v.p, v.n);
}
