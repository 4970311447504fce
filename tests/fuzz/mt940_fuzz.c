/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_fuzz - the MT940 reader under a fuzzer; see parse_fuzz.h
 *
 * The mutator moves, doubles and drops fields and whole messages, puts in fields, marks, amounts, texts and envelopes of the
 * banks' dialects, and then writes balances (60 62) and sums (90C 90D) that agree, so that pages, chains and proofs are
 * reached.
 */
#include "tests/fuzz/mutate.h"

#ifndef FUZZ_REPLAY
#define MOST ((size_t)64 << 10)

/* Amounts, in as many minor units as the comma says. */

static int64_t amount_of(struct view v, size_t *width)
{
	int64_t n = 0;
	size_t i = 0, decimals = 0;
	bool comma = false;

	for (; i < v.n && i < 15 && ((v.p[i] >= '0' && v.p[i] <= '9') || (v.p[i] == ',' && !comma)); i++) {
		if (v.p[i] == ',') {
			comma = true;
		} else if (decimals < 2) {
			n = n * 10 + (v.p[i] - '0');
			decimals += comma;
		}
	}
	*width = i;
	for (; decimals < 2; decimals++)
		n *= 10;
	return n;
}

struct sums { int64_t net, debit, credit; unsigned debits, credits; int64_t closing; };

static void add_line(struct sums *s, struct view v)
{
	bool reversal, credit;
	size_t i = 6, width;
	int64_t amount;

	if (i < v.n && v.p[i] >= '0' && v.p[i] <= '9')
		i += 4;
	reversal = i < v.n && v.p[i] == 'R';
	i += reversal;
	if (i >= v.n || (v.p[i] != 'C' && v.p[i] != 'D'))
		return;
	credit = (v.p[i++] == 'C') != reversal;
	if (i < v.n && v.p[i] >= 'A' && v.p[i] <= 'Z')
		i++;
	amount = amount_of(view_sub(v, i, v.n), &width);
	s->net += credit ? amount : -amount;
	*(credit ? &s->credit : &s->debit) += amount;
	*(credit ? &s->credits : &s->debits) += 1;
}

static void put_amount(struct buf *out, int64_t minor)
{
	int64_t n = minor < 0 ? -minor : minor;

	buf_fmt(out, "%lld,%02lld", (long long)(n / 100), (long long)(n % 100));
}

/* "C260105EUR1,00" with another amount; what follows it stays. */
static void put_balance(struct buf *out, struct view v, int64_t minor)
{
	size_t width;

	amount_of(view_sub(v, 10, v.n), &width);
	buf_char(out, minor < 0 ? 'D' : 'C');
	buf_view(out, view_sub(v, 1, 9));
	put_amount(out, minor);
	buf_view(out, view_sub(v, 10 + width, v.n));
}

static bool repair_line(struct buf *out, struct view line, struct sums *s)
{
	struct view v = view_sub(line, 5, line.n);
	size_t width;

	if (view_starts(line, VIEW(":61:"))) {
		add_line(s, view_sub(line, 4, line.n));
	} else if (view_starts(line, VIEW(":60")) && v.n > 10) {
		bool follow = draw(3) != 0;
		int64_t opening = follow ? s->closing : amount_of(view_sub(v, 10, v.n), &width) * (*v.p == 'D' ? -1 : 1);

		*s = (struct sums){ .net = opening, .closing = s->closing };
		buf_view(out, view_sub(line, 0, 5));
		put_balance(out, v, opening);
		return true;
	} else if (view_starts(line, VIEW(":62")) && v.n > 10) {
		s->closing = s->net;
		buf_view(out, view_sub(line, 0, 5));
		put_balance(out, v, s->net);
		return true;
	} else if (view_starts(line, VIEW(":90D:")) || view_starts(line, VIEW(":90C:"))) {
		bool debit = line.p[3] == 'D';

		buf_fmt(out, ":90%c:%uEUR", line.p[3], debit ? s->debits : s->credits);
		put_amount(out, debit ? s->debit : s->credit);
		return true;
	}
	return false;
}

static size_t repair(char *p, size_t n, size_t max)
{
	struct view rest = { p, n }, line;
	struct buf out = { .max = MOST };
	struct sums s = { 0 };

	while (view_cut(&rest, '\n', &line)) {
		if (!repair_line(&out, line, &s))
			buf_view(&out, line);
		if (rest.p != NULL)
			buf_char(&out, '\n');
	}
	if (!out.failed && out.n > 0 && out.n <= max) {
		memcpy(p, out.p, out.n);
		n = out.n;
	}
	buf_release(&out);
	return n;
}

/* Words of the dialects */

static const struct view fields[] = {
	VIEW_INIT(":20:X\n"), VIEW_INIT(":21:NONREF\n"), VIEW_INIT(":25:1\n"), VIEW_INIT(":25P:1\nBANKUS33XXX\n"), VIEW_INIT(":28C:2/1\n"), VIEW_INIT(":28:1/2\n"),
	VIEW_INIT(":60F:C260105EUR1,\n"), VIEW_INIT(":60M:D260105EUR1,\n"), VIEW_INIT(":62F:C260105EUR1,\n"), VIEW_INIT(":62M:C260105EUR1,\n"),
	VIEW_INIT(":64:C260105EUR1,\n"), VIEW_INIT(":65:C260106EUR1,\n"), VIEW_INIT(":61:2601050105C1,NTRFA//B\n"), VIEW_INIT(":61:260105RDR2,5S103//\n/OCMT/USD1,/\n"),
	VIEW_INIT(":61:2512310101RC,5F01 X\n"), VIEW_INIT(":61:260105ED7,N\n"), VIEW_INIT(":61: 260230 D 1.00 NTRF\n"), VIEW_INIT(":61:2601050105C12\n3,50NTRFX\n"),
	VIEW_INIT(":86:166?00A?20EREF+1?2\n1SVWZ+2?30B?31C?32D\n"), VIEW_INIT(":86:/EREF/1/CNTP/A/B/C/D/REMI/USTD//E/IS\nDT/F\n"), VIEW_INIT(":86:TEXT 12:11\n:20:15 X\n"),
	VIEW_INIT(":86:020+00A+20B\n"), VIEW_INIT(":86:\n106 ?20EREF: A MREF: B\n"), VIEW_INIT(":86:K\xc3\xb6ln K\xf6ln\n"), VIEW_INIT(":NS:01A\n15B\n33C\n34D\n"),
	VIEW_INIT(":13D:2601051300+0100\n"), VIEW_INIT(":13:2601051300\n"), VIEW_INIT(":34F:EURD1,\n"), VIEW_INIT(":90D:1EUR1,\n"), VIEW_INIT(":90C:1EUR1,\n"),
	VIEW_INIT(":65F:X\n"), VIEW_INIT(":\n20:X\n"), VIEW_INIT("  :61:260105C1,NTRF\n"), VIEW_INIT(":60f:C260105eur1,\n"), VIEW_INIT("-\n"), VIEW_INIT("-}\n"),
	VIEW_INIT("-}{5:{MAC:1}}{1:F01AAAABBCCAXXX0000000000}{2:I942BBBBCCDDXXXXN}{4:\n"), VIEW_INIT("{1:F01AAAABBCCAXXX0000000000}{2:I940BBBBCCDDXXXXN}{4::20:Y\n"),
	VIEW_INIT("{1:F01AAAABBCCAXXX0000000000}{2:O1031200260105BANKDEFFAXXX00000000002601051200N}{4:\n"), VIEW_INIT("$\n"), VIEW_INIT(":940:\n"), VIEW_INIT("ABNANL2A\n940\nABNANL2A\n"),
	VIEW_INIT("\xef\xbb\xbf"), VIEW_INIT("\x01{1:"), VIEW_INIT("\x1a"), VIEW_INIT("\xe4" "4:\n"), VIEW_INIT("PROSE\n"), VIEW_INIT("@@"), VIEW_INIT("\r"),
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct view words[] = {
	VIEW_INIT("RC"), VIEW_INIT("RD"), VIEW_INIT("EC"), VIEW_INIT("DR"), VIEW_INIT("d"), VIEW_INIT(",5"), VIEW_INIT("1.234,5"), VIEW_INIT("99999999999999999999,"),
	VIEW_INIT("JPY"), VIEW_INIT("KWD"), VIEW_INIT("USD"), VIEW_INIT("?20"), VIEW_INIT("?2\n0"), VIEW_INIT("?60"), VIEW_INIT("EREF+"), VIEW_INIT("MREF: "), VIEW_INIT("/REMI/"),
	VIEW_INIT("/CNTP/"), VIEW_INIT("/CHGS/EUR1,/"), VIEW_INIT("//"), VIEW_INIT("    "), VIEW_INIT("-}"), VIEW_INIT("\n"), VIEW_INIT("\r\n"), VIEW_INIT("@@"), VIEW_INIT("\xc3"),
	VIEW_INIT("NCHK1"), VIEW_INIT("0230"), VIEW_INIT("NONREF"), VIEW_INIT("{"), VIEW_INIT(" "),
};
#define WORDS (sizeof(words) / sizeof(words[0]))

/* Every line's end becomes "@@", or is indented. */
static size_t change_all(char *p, size_t n, size_t max)
{
	struct view rest = { p, n }, line, end = draw(2) != 0 ? VIEW("@@") : VIEW("\r\n"), blanks = draw(3) == 0 ? VIEW("  ") : VIEW("");
	struct buf out = { .max = MOST };

	while (view_cut(&rest, '\n', &line)) {
		buf_view(&out, blanks);
		buf_view(&out, line);
		if (rest.p != NULL)
			buf_view(&out, end);
	}
	if (!out.failed && out.n > 0 && out.n <= max) {
		memcpy(p, out.p, out.n);
		n = out.n;
	}
	buf_release(&out);
	return n;
}

static size_t change_fields(char *p, size_t n, size_t max)
{
	size_t at = draw((unsigned)n), from = line_start(p, at), to = line_end(p, n, at), other;

	switch (draw(12)) {
	case 0:
		return copy_piece(p, n, max, from, to, any_line(p, n));
	case 1:
		return drop_piece(p, n, from, to);
	case 2:						/* a message twice */
		from = find_some(p, n, VIEW(":20:"), draw(4));
		other = from < n ? from + 1 + find_some(p + from + 1, n - from - 1, VIEW(":20:"), 0) : n;
		return from < n ? copy_piece(p, n, max, from, other, draw(2) != 0 ? n : from) : n;
	case 3:						/* moved */
		other = any_line(p, n);
		if (other < from)
			return n + (to - from) > max ? n : drop_piece(p, copy_piece(p, n, max, from, to, other), to, to + (to - from));
		return n;
	case 4:
	case 5:
	case 6:
		return insert(p, n, max, any_line(p, n), fields[draw(FIELDS)]);
	case 7:
	case 8:
		return insert(p, n, max, at, words[draw(WORDS)]);
	case 9:
		return replace(p, n, max, at, draw(4) < n - at ? draw(4) % (n - at) : 0, words[draw(WORDS)]);
	case 10:
		return draw(4) == 0 ? change_all(p, n, max) : n;
	default:
		p[at] = "0123456789,,.//-+?:~ CDRENFS\n{}"[draw(31)];
		return n;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	char *p = (char *)data + 1;
	size_t n = size - 1;

	mutate_state = seed;
	if (size < 20 || draw(8) == 0)
		return LLVMFuzzerMutate(data, size, max);
	for (unsigned k = 1 + draw(3); k > 0 && n > 1; k--)
		n = change_fields(p, n, max - 1);
	if (n > 0 && draw(4) != 0)
		n = repair(p, n, max - 1);
	return 1 + n;
}
#endif
