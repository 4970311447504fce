/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_fuzz - the NACHA reader and writer under a fuzzer; see parse_fuzz.h
 *
 * The mutator knows records of 94 bytes and a line feed: it overwrites bytes in place, doubles, drops and swaps records, puts
 * entry classes, transaction codes and addenda types where they belong, and then writes controls that agree, so that entries
 * are closed, returned, changed and written again instead of dying at the first total.
 */
#include "tests/fuzz/mutate.h"

#ifndef FUZZ_REPLAY
#define LINE 95u

static void number(char *at, unsigned width, uint64_t n)
{
	for (unsigned i = width; i-- > 0; n /= 10)
		at[i] = (char)('0' + n % 10);
}

static uint64_t digits(const char *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v * 10 + (p[i] >= '0' && p[i] <= '9' ? (uint64_t)(p[i] - '0') : 0);
	return v;
}

struct sums { uint64_t batches, items, hash, debit, credit; };

static void put_sums(char *line, const struct sums *s, bool file)
{
	number(line + (file ? 13 : 4), file ? 8 : 6, s->items);
	number(line + (file ? 21 : 10), 10, s->hash % 10000000000u);
	number(line + (file ? 31 : 20), 12, s->debit);
	number(line + (file ? 43 : 32), 12, s->credit);
}

static void check_digit(char *entry)
{
	static const int weights[] = { 3, 7, 1, 3, 7, 1, 3, 7 };
	int sum = 0;

	for (int i = 0; i < 8; i++)
		sum += weights[i] * (entry[3 + i] - '0');
	entry[11] = (char)('0' + ((10 - sum % 10) % 10 + 10) % 10);
}

/* Controls that say what stands there, traces that ascend, check digits that are right. */
static void repair(char *p, size_t n)
{
	struct sums file = { 0 }, batch = { 0 };
	size_t lines = n / LINE;
	const char *entry = NULL, *header = NULL;
	unsigned trace = 0;

	for (size_t i = 0; i < lines; i++) {
		char *line = p + i * LINE;

		line[94] = '\n';
		if (*line == '5') {
			header = line;
			batch = (struct sums){ 0 };
			file.batches++;
		} else if (*line == '6') {
			bool credit = line[2] >= '1' && line[2] <= '4';
			uint64_t amount = digits(line + 29, 10);

			entry = line;
			check_digit(line);
			if (header != NULL)
				memcpy(line + 79, header + 79, 8);
			number(line + 87, 7, ++trace);
			batch.items++;
			batch.hash += digits(line + 3, 8);
			*(credit ? &batch.credit : &batch.debit) += amount;
		} else if (*line == '7') {
			batch.items++;
			if (entry != NULL)
				memcpy(line + 87, entry + 87, 7);
			if (entry != NULL && line[1] == '9')
				memcpy(line + 79, entry + 79, 15);
		} else if (*line == '8') {
			put_sums(line, &batch, false);
			if (header != NULL) {
				memcpy(line + 1, header + 1, 3);
				memcpy(line + 44, header + 40, 10);
				memcpy(line + 79, header + 79, 15);
			}
			file.items += batch.items;
			file.hash += batch.hash;
			file.debit += batch.debit;
			file.credit += batch.credit;
		} else if (*line == '9' && line[1] != '9') {
			number(line + 1, 6, file.batches);
			number(line + 7, 6, (lines + 9) / 10);
			put_sums(line, &file, true);
		}
	}
}

static void place_word(char *line)
{
	static const char secs[] = "PPDCCDCTXWEBTELARCBOCPOPRCKXCKCIEMTEPOSSHRDNEENRACKATXTRCTRXIATCORADV";
	static const char codes[] = "212223242627282931323334363738395155568182";
	static const char types[] = "050299981011121314151617189805";
	static const char reasons[] = "R01R02R03R14R15R61R68R69R71R73R90C01C02C03C05C06C07C08C14C61";

	if (*line == '5')
		memcpy(line + 50, secs + 3 * draw(sizeof(secs) / 3), 3);
	else if (*line == '6')
		memcpy(line + 1, codes + 2 * draw(sizeof(codes) / 2), 2);
	else if (*line == '7' && draw(2))
		memcpy(line + 1, types + 2 * draw(sizeof(types) / 2), 2);
	else if (*line == '7')
		memcpy(line + 3, reasons + 3 * draw(sizeof(reasons) / 3), 3);
}

static size_t change_records(char *p, size_t n, size_t max)
{
	size_t lines = n / LINE, a = draw((unsigned)lines), b = draw((unsigned)lines);
	char keep[LINE];

	switch (draw(6)) {
	case 0:						/* one record twice */
		if (n + LINE > max)
			return n;
		memmove(p + (b + 1) * LINE, p + b * LINE, n - b * LINE);
		memmove(p + b * LINE, p + (a < b ? a : a + 1) * LINE, LINE);
		return n + LINE;
	case 1:						/* one record less */
		memmove(p + a * LINE, p + (a + 1) * LINE, n - (a + 1) * LINE);
		return n - LINE;
	case 2:
		memcpy(keep, p + a * LINE, LINE);
		memcpy(p + a * LINE, p + b * LINE, LINE);
		memcpy(p + b * LINE, keep, LINE);
		return n;
	case 3:
		place_word(p + a * LINE);
		return n;
	default:
		p[a * LINE + draw(94)] = "0123456789 ABCR*\\\t\xff"[draw(19)];
		return n;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	char *p = (char *)data + 1;

	mutate_state = seed;
	if (size < 1 + 2 * LINE || draw(8) == 0)
		return LLVMFuzzerMutate(data, size, max);
	size = 1 + change_records(p, size - 1, max - 1);
	if (draw(4) != 0)
		repair(p, size - 1);
	return size;
}
#endif
