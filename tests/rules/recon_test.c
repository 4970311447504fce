/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon: each rule, veto and reason by an example written as text, then what must hold of any partition: every row in
 * one place, no row in two matches, bounded work where thousands share one amount
 *
 * "L|amount|sign|day|field=text..." is a bank line, "K|..." a book item; days count from a Monday.  The answer is
 * written as "[rule L1=K1,K2] L2:REASON K3:REASON", proposals as "(rule L1=K1)" with the best first.
 */
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/buf.h"
#include "rules/recon.h"
#include "tests/lib/tap.h"

#define ROWS 40

static struct recon_row lines[ROWS], items[ROWS];
static uint32_t n_lines, n_items;
static char store[ROWS * 2][600];
static const date_t monday = 20000 - 20000 % 7 + 4;

static struct view field(const char *spec, const char *name, char *out)
{
	char want[24];
	const char *hit;
	size_t n;

	snprintf(want, sizeof(want), "|%s=", name);
	hit = strstr(spec, want);
	if (hit == NULL)
		return VIEW("");
	hit += strlen(want);
	n = strcspn(hit, "|");
	memcpy(out, hit, n);
	return (struct view){ out, n };
}

static date_t day_or_none(const char *spec, const char *name)
{
	char t[200];
	struct view v = field(spec, name, t);

	t[v.n] = '\0';
	return v.n == 0 ? DATE_NONE : monday + atoi(t);
}

static void pack(struct recon_row *r, char *to, const char *spec, const char *const *names)
{
	size_t at = 0;
	char t[200];

	r->texts = to;
	for (int i = 0; i < RECON_TEXTS; i++) {
		struct view v = field(spec, names[i], t);

		memcpy(to + at, v.p, v.n);
		at += v.n;
		r->end[i] = (uint16_t)at;
	}
}

static void add(const char *spec)
{
	static const char *const bank[] = { "ref", "e2e", "number", "own", "party", "text" }, *const book[] = { "id", "ref", "group", "party", "note", "extra" };
	bool line = spec[0] == 'L';
	struct recon_row *r = line ? &lines[n_lines] : &items[n_items];
	long long amount;
	char sign[4], t[200];
	int days;

	if (sscanf(spec + 2, "%lld|%2[A-Z]|%d", &amount, sign, &days) != 3)
		abort();
	*r = (struct recon_row){ .amount = amount, .sign = strcmp(sign, "DB") == 0, .date = monday + days, .day = days,
		.other = day_or_none(spec, "issued"), .status_date = day_or_none(spec, "since"), .n = line ? n_lines + 1 : 0 };
	for (int i = 0; i < RECON_TYPES; i++)
		if (view_eq(field(spec, "type", t), view_of(recon_type_name((enum recon_type)i))))
			r->type = (uint8_t)i;
	r->status = view_eq(field(spec, "status", t), VIEW("VOID")) ? RECON_VOID : view_eq(field(spec, "status", t), VIEW("STOPPED")) ?
		RECON_STOPPED : RECON_OPEN;
	r->closed = field(spec, "closed", t).n > 0;
	r->whole = field(spec, "whole", t).n > 0;
	pack(r, store[line ? n_lines : ROWS + n_items], spec, line ? bank : book);
	if (line)
		n_lines++;
	else
		n_items++;
}

static void list(struct buf *b, const struct recon *r, const struct recon_match *m)
{
	for (uint32_t i = 0; i < m->n_bank; i++)
		buf_fmt(b, "%sL%u", i > 0 ? "," : "", r->ids[m->bank_at + i] + 1);
	buf_char(b, '=');
	for (uint32_t i = 0; i < m->n_book; i++)
		buf_fmt(b, "%sK%u", i > 0 ? "," : "", r->ids[m->book_at + i] + 1);
}

static void reasons(struct buf *b, const struct recon_row *rows, uint32_t n, char side)
{
	for (uint32_t i = 0; i < n; i++)
		if (!rows[i].closed && rows[i].reason != RECON_NO_REASON)
			buf_fmt(b, "%s%c%u:%s", b->n > 0 ? " " : "", side, i + 1, recon_reason_name((enum recon_reason)rows[i].reason));
}

static const char *answer(struct buf *b, const struct recon *r, bool proposals)
{
	buf_clear(b);
	for (uint32_t i = 0; i < r->n_matches; i++) {
		if (r->matches[i].automatic == proposals)
			continue;
		buf_fmt(b, "%s%c%s ", b->n > 0 ? " " : "", proposals ? '(' : '[', recon_rules[r->matches[i].rule].name);
		list(b, r, &r->matches[i]);
		buf_char(b, proposals ? ')' : ']');
	}
	if (!proposals) {
		reasons(b, r->lines, r->n_lines, 'L');
		reasons(b, r->items, r->n_items, 'K');
	}
	return buf_cstr(b);
}

static const struct { const char *what, *rows[10], *want, *proposals; } cases[] = {
	{ "a reference in the line's field, amount, sign and days join", { "L|100|CR|1|ref=INV-123456", "K|100|CR|0|ref=inv 123456" }, "[reference L1=K1]", "" },
	{ "leading zeros say nothing", { "L|100|DB|1|ref=00123456|type=CHECK", "K|100|DB|0|ref=123456|type=CHECK" }, "[reference L1=K1]", NULL },
	{ "a reference in the text joins", { "L|100|CR|1|text=PAYMENT FOR INV-123456 TODAY", "K|100|CR|0|ref=INV-123456" }, "[reference-text L1=K1]", NULL },
	{ "a reference where the bank puts its number joins", { "L|100|CR|1|own=INV-123456", "K|100|CR|0|ref=INV-123456" }, "[reference-bank-field L1=K1]", NULL },
	{ "what the text names while a field names another is a person's", { "L|100|CR|1|ref=XY-777777|text=INV-123456", "K|100|CR|0|ref=INV-123456" },
		"L1:REF_CONFLICT K1:REF_CONFLICT", "(amount-conflict L1=K1)" },
	{ "a field cut short does not contest the text", { "L|100|CR|1|ref=20250101ABCDEFGH|text=REF 20250101ABCDEFGH123456", "K|100|CR|0|ref=20250101ABCDEFGH123456" },
		"[reference-text L1=K1]", NULL },
	{ "another reference of the same amount and day vetoes", { "L|100|CR|1|ref=INV-999999", "K|100|CR|1|ref=INV-123456" },
		"L1:REF_CONFLICT K1:REF_CONFLICT", "(amount-conflict L1=K1)" },
	{ "two items of one reference and amount are a person's", { "L|100|CR|1|ref=INV-123456", "K|100|CR|1|ref=INV-123456", "K|100|CR|1|ref=INV-123456" },
		"L1:AMBIGUOUS K1:AMBIGUOUS K2:AMBIGUOUS", "(reference L1=K1) (reference L1=K2)" },
	{ "the same reference every month joins within its month", { "L|100|CR|1|ref=RENT-2026", "L|100|CR|22|ref=RENT-2026", "K|100|CR|0|ref=RENT-2026",
		"K|100|CR|21|ref=RENT-2026" }, "[reference L1=K1] [reference L2=K2]", NULL },
	{ "one edit joins when nothing else fits", { "L|100|CR|1|ref=INV-123956", "K|100|CR|1|ref=INV-123456" }, "[reference-near L1=K1]", NULL },
	{ "one edit that is another item's reference does not", { "L|100|CR|1|ref=INV-123956", "K|100|CR|1|ref=INV-123456", "K|700|CR|1|ref=INV-123956" },
		"L1:AMOUNT_DIFF K1:AMBIGUOUS K2:AMOUNT_DIFF", "(reference-near L1=K1) (amount-off L1=K2)" },
	{ "one edit is no join beside an item without a reference", { "L|100|CR|1|ref=INV-123956", "K|100|CR|1|ref=INV-123456", "K|100|CR|2" },
		"L1:AMBIGUOUS K1:AMBIGUOUS K2:AMBIGUOUS", NULL },
	{ "look-alike characters join", { "L|100|CR|1|ref=INV-1O3S56", "K|100|CR|1|ref=INV-103556" }, "[reference-near L1=K1]", NULL },
	{ "a reference cut at sixteen joins", { "L|100|CR|1|ref=20250101ABCDEFGH", "K|100|CR|1|ref=20250101ABCDEFGH123456" }, "[reference-near L1=K1]", NULL },
	{ "two edits are a proposal", { "L|100|CR|1|ref=INV-923956", "K|100|CR|1|ref=INV-123456" }, "L1:REF_CONFLICT K1:REF_CONFLICT", "(reference-near L1=K1)" },
	{ "amount and days alone join where nothing else fits", { "L|100|CR|1|text=DEPOSIT", "K|100|CR|0|ref=INV-123456" }, "[amount-date L1=K1]", NULL },
	{ "but not two items", { "L|100|CR|1", "K|100|CR|0", "K|100|CR|1" }, "L1:AMBIGUOUS K1:AMBIGUOUS K2:AMBIGUOUS", "(amount-date L1=K1) (amount-date L1=K2)" },
	{ "nor two lines", { "L|100|CR|1", "L|100|CR|2", "K|100|CR|1" }, "L1:AMBIGUOUS L2:AMBIGUOUS K1:AMBIGUOUS", NULL },
	{ "nor against a name", { "L|100|CR|1|party=OAK DAIRY LLC", "K|100|CR|1|party=Pine Motors Inc" }, "L1:REF_CONFLICT K1:REF_CONFLICT", "(amount-conflict L1=K1)" },
	{ "a name cut short agrees", { "L|100|CR|1|text=TRANSFER ORIG PINE MOTORS I", "K|100|CR|1|party=Pine Motors Inc" }, "[amount-date L1=K1]", NULL },
	{ "nor with somebody's number in the text", { "L|100|CR|1|text=TRANSFER 55512345", "K|100|CR|1" }, "L1:AMBIGUOUS K1:AMBIGUOUS", "(amount-date L1=K1)" },
	{ "nor a part of something", { "L|100|CR|1|text=PART 1 OF 2", "K|100|CR|1" }, "L1:AMBIGUOUS K1:AMBIGUOUS", NULL },
	{ "nor a paid check and a transfer", { "L|100|DB|1|type=CHECK", "K|100|DB|1|type=WIRE" }, "L1:AMBIGUOUS K1:AMBIGUOUS", NULL },
	{ "nor weeks apart", { "L|100|CR|9", "K|100|CR|1" }, "L1:AMBIGUOUS K1:AMBIGUOUS", NULL },
	{ "an exact join makes room for what it leaves alone", { "L|100|CR|1|ref=INV-1234567", "L|100|CR|1|ref=INV-12345678", "K|100|CR|1|ref=INV-12345678",
		"K|100|CR|1|ref=INV-12345679" }, "[reference-near L1=K2] [reference L2=K1]", NULL },
	{ "a key and its sum close a group, returns taken off", { "L|130|DB|1|ref=ACHB0012345", "K|100|DB|0|group=ACHB0012345", "K|50|DB|0|group=ACHB0012345",
		"K|20|CR|0|group=ACHB0012345" }, "[group-key L1=K1,K2,K3]", NULL },
	{ "several lines of one key close it together", { "L|100|DB|1|ref=ACHB0012345", "L|50|DB|1|ref=ACHB0012345", "K|90|DB|0|group=ACHB0012345",
		"K|60|DB|0|group=ACHB0012345" }, "[group-key L1,L2=K1,K2]", NULL },
	{ "a void member does not count", { "L|100|DB|1|ref=ACHB0012345", "K|100|DB|0|group=ACHB0012345", "K|50|DB|0|group=ACHB0012345|status=VOID|since=0" },
		"[group-key L1=K1]", NULL },
	{ "a sum that is short is told, and the item that is missing proposed", { "L|100|DB|1|ref=ACHB0012345", "K|100|DB|0|group=ACHB0012345",
		"K|50|DB|0|group=ACHB0012345" }, "L1:GROUP_SHORT K1:GROUP_SHORT K2:GROUP_SHORT", "(group-less L1=K1) (amount-date L1=K1)" },
	{ "a short key in a text counts when the sum proves", { "L|150|DB|1|text=BATCH 86779", "K|100|DB|0|group=00086779", "K|50|DB|0|group=00086779" },
		"[group-key L1=K1,K2]", NULL },
	{ "and is nothing when it does not", { "L|150|DB|1|text=BATCH 86779", "K|100|DB|0|group=00086779", "K|60|DB|0|group=00086779" },
		"L1:NO_COUNTERPART_BOOK K1:NO_COUNTERPART_BANK K2:NO_COUNTERPART_BANK", NULL },
	{ "a sum that is over is told", { "L|170|DB|1|ref=ACHB0012345", "K|100|DB|0|group=ACHB0012345", "K|50|DB|0|group=ACHB0012345" },
		"L1:GROUP_OVER K1:GROUP_OVER K2:GROUP_OVER", "" },
	{ "gross and fee that the line states prove a settlement", { "L|145|CR|1|ref=STL0012345|text=GROSS 1.50 FEE 0.05", "K|100|CR|0|group=STL0012345",
		"K|50|CR|0|group=STL0012345" }, "[group-key-fee L1=K1,K2]", NULL },
	{ "a fee alone does not", { "L|145|CR|1|ref=STL0012345|text=FEE 0.05", "K|100|CR|0|group=STL0012345", "K|50|CR|0|group=STL0012345" },
		"L1:GROUP_SHORT K1:GROUP_SHORT K2:GROUP_SHORT", NULL },
	{ "a line without a word takes the one group of its total", { "L|150|CR|1", "K|100|CR|0|group=ACHB0012345", "K|50|CR|0|group=ACHB0012345" },
		"[group-total L1=K1,K2]", NULL },
	{ "but not of two groups", { "L|150|CR|1", "K|100|CR|0|group=ACHB0012345", "K|50|CR|0|group=ACHB0012345", "K|70|CR|0|group=ACHB0077777",
		"K|80|CR|0|group=ACHB0077777" }, "L1:AMBIGUOUS K1:AMBIGUOUS K2:AMBIGUOUS K3:AMBIGUOUS K4:AMBIGUOUS", NULL },
	{ "nor when it counts other items", { "L|150|CR|1|text=DEPOSIT ITEMS 3", "K|100|CR|0|group=ACHB0012345", "K|50|CR|0|group=ACHB0012345" },
		"L1:AMBIGUOUS K1:AMBIGUOUS K2:AMBIGUOUS", "(group-total L1=K1,K2)" },
	{ "another group's key vetoes", { "L|150|CR|1|ref=ACHB0077777", "K|100|CR|0|group=ACHB0012345", "K|50|CR|0|group=ACHB0012345" },
		"L1:REF_CONFLICT K1:REF_CONFLICT K2:REF_CONFLICT", NULL },
	{ "a sum without a key is a proposal only", { "L|150|CR|1|party=PINE MOTORS INC", "K|100|CR|0|party=Pine Motors Inc", "K|50|CR|0|party=Pine Motors Inc" },
		"L1:NO_COUNTERPART_BOOK K1:NO_COUNTERPART_BANK K2:NO_COUNTERPART_BANK", "(lump L1=K1,K2)" },
	{ "parts that all bear the reference close the item", { "L|60|DB|1|ref=INV-123456|text=PART 1 OF 2", "L|40|DB|2|ref=INV-123456|text=PART 2 OF 2",
		"K|100|DB|1|ref=INV-123456" }, "[parts L1,L2=K1]", NULL },
	{ "a part that lost it is proposed", { "L|60|DB|1|ref=INV-123456", "L|40|DB|2|text=PART 2 OF 2", "K|100|DB|1|ref=INV-123456" },
		"L1:AMOUNT_DIFF L2:NO_COUNTERPART_BOOK K1:AMOUNT_DIFF", "(parts-rest L1,L2=K1) (amount-off L1=K1)" },
	{ "the same line twice counts once", { "L|100|DB|1|ref=INV-123456|own=B1", "L|100|DB|1|ref=INV-123456|own=B1", "K|100|DB|1|ref=INV-123456" },
		"[reference L1=K1] L2:DUP_LINE", NULL },
	{ "paid again: the first one is its own", { "L|100|DB|1|ref=INV-123456|own=B1", "L|100|DB|3|ref=INV-123456|own=B2", "K|100|DB|1|ref=INV-123456" },
		"[reference L1=K1] L2:DUP_PAYMENT", NULL },
	{ "two lines alike but for the bank's number are two", { "L|100|DB|1|own=B1", "L|100|DB|1|own=B2" }, "L1:NO_COUNTERPART_BOOK L2:NO_COUNTERPART_BOOK", NULL },
	{ "a void check that is paid is told on both sides", { "L|100|DB|5|ref=123456|type=CHECK", "K|100|DB|1|ref=123456|type=CHECK|status=VOID|since=3" },
		"L1:VOID_PRESENTED K1:VOID_PRESENTED", NULL },
	{ "a stopped one too", { "L|100|DB|5|ref=123456|type=CHECK", "K|100|DB|1|ref=123456|type=CHECK|status=STOPPED|since=3" },
		"L1:STOP_PRESENTED K1:STOP_PRESENTED", NULL },
	{ "paid first and void later is paid", { "L|100|DB|2|ref=123456|type=CHECK", "K|100|DB|1|ref=123456|type=CHECK|status=VOID|since=3" },
		"[reference L1=K1]", NULL },
	{ "a void check asks for nothing", { "K|100|DB|1|ref=123456|type=CHECK|status=VOID|since=3" }, "", NULL },
	{ "a void check is no rival", { "L|100|DB|2|type=CHECK", "K|100|DB|1|ref=123456|type=CHECK|status=VOID|since=3", "K|100|DB|1|ref=123457|type=CHECK" },
		"[amount-date L1=K2]", NULL },
	{ "the sign swapped", { "L|100|DB|1|ref=INV-123456", "K|100|CR|1|ref=INV-123456" }, "L1:SIGN_FLIP K1:SIGN_FLIP", "" },
	{ "two digits swapped", { "L|12435|DB|1|ref=INV-123456", "K|12345|DB|1|ref=INV-123456" }, "L1:TRANSPOSED_AMOUNT K1:TRANSPOSED_AMOUNT", "(amount-off L1=K1)" },
	{ "another amount", { "L|12300|DB|1|ref=INV-123456", "K|12345|DB|1|ref=INV-123456" }, "L1:AMOUNT_DIFF K1:AMOUNT_DIFF", "(amount-off L1=K1)" },
	{ "reference and amount, far too late", { "L|100|DB|60|ref=INV-123456", "K|100|DB|1|ref=INV-123456" }, "L1:DATE_OUT_OF_WINDOW K1:DATE_OUT_OF_WINDOW", NULL },
	{ "a stale check, by its issue", { "K|100|DB|1|ref=123456|type=CHECK|issued=-200" }, "K1:STALE_CHECK", NULL },
	{ "its number under another amount months later: the line says so, the check stays stale",
		{ "L|90|DB|100|ref=123456|type=CHECK", "K|100|DB|1|ref=123456|type=CHECK|issued=-200" }, "L1:AMOUNT_DIFF K1:STALE_CHECK", "(amount-off L1=K1)" },
	{ "and under another amount in time: both say so",
		{ "L|90|DB|20|ref=123456|type=CHECK", "K|100|DB|1|ref=123456|type=CHECK|issued=-200" }, "L1:AMOUNT_DIFF K1:AMOUNT_DIFF", "(amount-off L1=K1)" },
	{ "what is not stale waits", { "K|100|DB|1|ref=123456|type=CHECK|issued=-20" }, "K1:NO_COUNTERPART_BANK", NULL },
	{ "a return that nobody knows", { "L|100|CR|1|ref=021000021234567|type=RETURN" }, "L1:RETURN_UNLINKED", NULL },
	{ "a returned credit pays a return of its amount", { "L|100|CR|1|type=RETURN", "K|100|CR|1|type=RETURN" }, "[amount-date L1=K1]", NULL },
	{ "and nothing else", { "L|100|CR|1|type=RETURN", "K|100|CR|1|type=ACH" }, "L1:AMBIGUOUS K1:AMBIGUOUS", "(amount-date L1=K1)" },
	{ "or a group of returns", { "L|100|CR|1|type=RETURN", "K|60|CR|1|type=RETURN|group=RETURNS F2", "K|40|CR|1|type=RETURN|group=RETURNS F2" },
		"[group-total L1=K1,K2]", NULL },
	{ "a name that is the whole group's speaks for it", { "L|100|DB|1|party=1234567890", "K|60|DB|1|group=ACME DAY|party=1234567890", "K|40|DB|1|group=ACME DAY|party=1234567890" },
		"[group-total L1=K1,K2]", NULL },
	{ "one that is not does not", { "L|100|DB|1|party=1234567890", "K|60|DB|1|group=ACME DAY|party=1234567890", "K|40|DB|1|group=ACME DAY|party=Somebody Else" },
		"L1:AMBIGUOUS K1:AMBIGUOUS K2:AMBIGUOUS", "(group-total L1=K1,K2)" },
	{ "what is paid as a whole only is not paid in part, by amount", { "L|60|DB|1", "K|60|DB|1|group=ACME DAY|whole=1", "K|40|DB|1|group=ACME DAY|whole=1" },
		"L1:NO_COUNTERPART_BOOK K1:NO_COUNTERPART_BANK K2:NO_COUNTERPART_BANK", "" },
	{ "nor by its reference", { "L|60|DB|1|ref=FILE-A.ach", "K|60|DB|1|ref=FILE-A.ach|group=ACME DAY|whole=1", "K|40|DB|1|ref=FILE-B.ach|group=ACME DAY|whole=1" },
		"L1:NO_COUNTERPART_BOOK K1:NO_COUNTERPART_BANK K2:NO_COUNTERPART_BANK", "" },
	{ "but by its sum", { "L|100|DB|1", "L|60|DB|1", "K|60|DB|1|group=ACME DAY|whole=1", "K|40|DB|1|group=ACME DAY|whole=1" },
		"[group-total L1=K1,K2] L2:NO_COUNTERPART_BOOK", NULL },
	{ "each of several lines that name a group says how it differs", { "L|90|CR|1|text=SLIP-2026", "L|110|CR|1|text=SLIP-2026", "K|60|CR|1|group=SLIP-2026", "K|40|CR|1|group=SLIP-2026" },
		"L1:GROUP_SHORT L2:GROUP_OVER K1:GROUP_SHORT K2:GROUP_SHORT", NULL },
	{ "who comes after what is closed pays a second time", { "L|100|DB|1|ref=INV-123456|own=B1|closed=1", "L|100|DB|3|ref=INV-123456|own=B2", "K|100|DB|1|ref=INV-123456|closed=1" },
		"L2:DUP_PAYMENT", NULL },
	{ "and takes no other item of that amount", { "L|100|DB|1|ref=INV-123456|own=B1|closed=1", "L|100|DB|3|ref=INV-123456|own=B2", "K|100|DB|1|ref=INV-123456|closed=1", "K|100|DB|3" },
		"L2:DUP_PAYMENT K2:AMBIGUOUS", NULL },
	{ "a line that stands twice, once closed, is the second", { "L|100|DB|1|own=B1|text=RENT|closed=1", "L|100|DB|1|own=B1|text=RENT", "K|100|DB|1" },
		"L2:DUP_LINE K1:NO_COUNTERPART_BANK", NULL },
	{ "a fee that nobody knows", { "L|100|DB|1|type=FEE" }, "L1:FEE_UNEXPLAINED", NULL },
};

static void examples(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recon_options o = recon_defaults;
		struct recon r = { .lines = lines, .items = items, .digits = 2, .options = &o };
		bool good;

		n_lines = n_items = 0;
		for (size_t k = 0; k < 10 && cases[i].rows[k] != NULL; k++)
			add(cases[i].rows[k]);
		r.n_lines = n_lines;
		r.n_items = n_items;
		o.as_of = monday + 61;
		if (recon_run(&r) != 0)
			abort();
		good = strcmp(answer(&b, &r, false), cases[i].want) == 0;
		if (!good)
			printf("# got  %s\n# want %s\n", buf_cstr(&b), cases[i].want);
		if (cases[i].proposals != NULL && strcmp(answer(&b, &r, true), cases[i].proposals) != 0) {
			printf("# got  %s\n# want %s\n", buf_cstr(&b), cases[i].proposals);
			good = false;
		}
		ok(good, "%s", cases[i].what);
		recon_release(&r);
	}
	buf_release(&b);
}

static void borders(void)
{
	struct recon_left l, k;

	n_lines = n_items = 0;
	add("L|100|CR|1|ref=INV-123456");
	add("K|100|CR|1|ref=INV-123456");
	lines[0].reason = NO_COUNTERPART_BOOK;
	items[0].reason = NO_COUNTERPART_BANK;
	l = (struct recon_left){ &lines[0], 1, 1 };
	k = (struct recon_left){ &items[0], 2, 1 };
	ok(recon_across(&l, 1, &k, 1) == 0 && lines[0].reason == WRONG_ACCOUNT && items[0].reason == WRONG_ACCOUNT, "another account is told on both sides");
	lines[0].reason = NO_COUNTERPART_BOOK;
	items[0].reason = NO_COUNTERPART_BANK;
	k = (struct recon_left){ &items[0], 1, 2 };
	ok(recon_across(&l, 1, &k, 1) == 0 && lines[0].reason == CCY_MISMATCH && items[0].with == &lines[0], "another currency of the account is told on both sides");
	lines[0].reason = NO_COUNTERPART_BOOK;
	items[0].reason = NO_COUNTERPART_BANK;
	k = (struct recon_left){ &items[0], 2, 2 };
	ok(recon_across(&l, 1, &k, 1) == 0 && lines[0].reason == NO_COUNTERPART_BOOK, "another account and another currency is nobody's");
}

/* Random partitions of few amounts and short references: much that fits twice. */
#define MANY 3000

static bool each_in_one_place(const struct recon *r)
{
	static unsigned char used[2][MANY];

	memset(used, 0, sizeof(used));
	for (uint32_t m = 0; m < r->n_auto; m++) {
		const struct recon_match *x = &r->matches[m];

		if (x->bank_total != x->book_total && x->rule != RULE_GROUP_FEE_TEXT)
			return false;
		for (uint32_t i = 0; i < x->n_bank; i++)
			if (used[0][r->ids[x->bank_at + i]]++ > 0)
				return false;
		for (uint32_t i = 0; i < x->n_book; i++)
			if (used[1][r->ids[x->book_at + i]]++ > 0)
				return false;
	}
	for (uint32_t i = 0; i < r->n_lines; i++)
		if (used[0][i] != r->lines[i].closed || (!r->lines[i].closed && r->lines[i].reason == RECON_NO_REASON))
			return false;
	for (uint32_t i = 0; i < r->n_items; i++)
		if (used[1][i] != r->items[i].closed || (!r->items[i].closed && r->items[i].reason == RECON_NO_REASON && r->items[i].status == RECON_OPEN))
			return false;
	return true;
}

static uint32_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void random_row(struct recon_row *r, char *to, bool line, uint32_t amounts)
{
	int n = snprintf(to, 64, "%s", pick(4) == 0 ? "" : line ? "REF100" : "");

	*r = (struct recon_row){ .texts = to, .amount = 100 + pick(amounts), .sign = (uint8_t)pick(2), .day = (int32_t)pick(40), .date = monday,
		.other = DATE_NONE, .status_date = DATE_NONE, .type = (uint8_t)pick(RECON_TYPES), .status = line || pick(20) > 0 ? RECON_OPEN : RECON_VOID };
	r->date = monday + r->day;
	if (n > 0)
		n += snprintf(to + n, 16, "%u", pick(300));
	for (int i = 0; i < RECON_TEXTS; i++)
		r->end[i] = (uint16_t)n;
	if (!line) {		/* no id, then the reference, then perhaps the same as a group */
		n = snprintf(to, 64, "REF100%u", pick(300));
		r->end[0] = 0;
		for (int i = 1; i < RECON_TEXTS; i++)
			r->end[i] = (uint16_t)n;
		if (pick(3) == 0)
			r->end[1] = 0;
	}
}

static void random_days(void)
{
	static struct recon_row l[MANY], k[MANY];
	static char text[2 * MANY][64];
	struct recon_options o = recon_defaults;
	bool good = true;

	o.as_of = monday + 60;
	for (int round = 0; round < 60 && good; round++) {
		struct recon r = { .lines = l, .items = k, .digits = 2, .options = &o, .n_lines = 1 + pick(200), .n_items = 1 + pick(200) };

		for (uint32_t i = 0; i < r.n_lines; i++)
			random_row(&l[i], text[i], true, 30);
		for (uint32_t i = 0; i < r.n_items; i++)
			random_row(&k[i], text[MANY + i], false, 30);
		good = recon_run(&r) == 0 && each_in_one_place(&r);
		recon_release(&r);
	}
	ok(good, "sixty random partitions: every row in one place, every sum proves");
}

/* Two runs say the same of every row and make the same matches. */
static bool same_answer(const struct recon *a, const struct recon *b)
{
	if (a->n_matches != b->n_matches || a->n_auto != b->n_auto || a->n_ids != b->n_ids)
		return false;
	for (uint32_t m = 0; m < a->n_matches; m++) {
		const struct recon_match *x = &a->matches[m], *y = &b->matches[m];

		if (x->n_bank != y->n_bank || x->n_book != y->n_book || x->rule != y->rule || x->score != y->score || x->margin != y->margin ||
		    x->extra != y->extra || x->automatic != y->automatic || memcmp(a->ids + x->bank_at, b->ids + y->bank_at, x->n_bank * sizeof(*a->ids)) != 0 ||
		    memcmp(a->ids + x->book_at, b->ids + y->book_at, x->n_book * sizeof(*a->ids)) != 0)
			return false;
	}
	for (uint32_t i = 0; i < a->n_lines; i++)
		if (a->lines[i].reason != b->lines[i].reason || a->lines[i].closed != b->lines[i].closed || a->lines[i].held != b->lines[i].held)
			return false;
	for (uint32_t i = 0; i < a->n_items; i++)
		if (a->items[i].reason != b->items[i].reason || a->items[i].closed != b->items[i].closed || a->items[i].held != b->items[i].held)
			return false;
	return true;
}

/* Texts of all kinds: near references, group keys, names, runs of words. */
static void random_texts(struct recon_row *r, char *to, bool line)
{
	static const char *const names[] = { "Acme Steel", "Acme Stone", "Birch Paper", "Birch Papers Ltd", "" };
	static const char *const bank[] = { "REF100", "100", "REF1O0", "REF 100", "REF0100" };
	char words[64];
	size_t n = 0;
	unsigned number = pick(300);

	for (int i = 0; i < RECON_TEXTS; i++) {
		*words = '\0';
		if (line && i == B_REF && pick(2) == 0)
			snprintf(words, sizeof(words), "%s%u", bank[pick(5)], number);
		if (line && i == B_OWN && pick(8) == 0)
			snprintf(words, sizeof(words), "REF100%u", pick(300));
		if (line && i == B_TEXT && pick(3) == 0)
			snprintf(words, sizeof(words), "%s%u ITEMS 2", pick(2) == 0 ? "PAY REF 100 " : "BATCH GRP7", number % 40);
		if (line ? i == B_PARTY : i == K_PARTY)
			snprintf(words, sizeof(words), "%s", names[pick(5)]);
		if (!line && i == K_REF && pick(3) > 0)
			snprintf(words, sizeof(words), "REF100%u", number);
		if (!line && i == K_GROUP && pick(6) == 0)
			snprintf(words, sizeof(words), "GRP7%u", number % 40);
		memcpy(to + n, words, strlen(words));
		n += strlen(words);
		r->end[i] = (uint16_t)n;
	}
	r->texts = to;
}

static void sieves(void)
{
	static struct recon_row l[2][MANY], k[2][MANY];
	static char text[2 * MANY][320];
	struct recon_options o = recon_defaults;
	bool good = true, some = false;

	o.as_of = monday + 60;
	for (int round = 0; round < 120 && good; round++) {
		struct recon r[2];
		uint32_t n = 1 + pick(60), m = n * 4 + pick(600);

		for (uint32_t i = 0; i < n; i++) {
			random_row(&l[0][i], text[i], true, 40);
			random_texts(&l[0][i], text[i], true);
		}
		for (uint32_t i = 0; i < m; i++) {
			random_row(&k[0][i], text[MANY + i], false, 40);
			random_texts(&k[0][i], text[MANY + i], false);
		}
		memcpy(l[1], l[0], sizeof(l[0]));
		memcpy(k[1], k[0], sizeof(k[0]));
		for (int i = 0; i < 2; i++)
			r[i] = (struct recon){ .lines = l[i], .items = k[i], .digits = 2, .options = &o, .n_lines = n, .n_items = m, .unsieved = i == 1 };
		good = recon_run(&r[0]) == 0 && recon_run(&r[1]) == 0 && same_answer(&r[0], &r[1]);
		some |= r[0].n_auto > 0 && r[0].n_matches > r[0].n_auto;
		recon_release(&r[0]);
		recon_release(&r[1]);
	}
	ok(good && some, "a few lines against many items: what is sieved answers as the whole does, 120 random partitions");
}

/* What a person refused: [what, the rows, which lines and items of them, the answer, the proposals] */
static const struct { const char *what, *rows[6]; uint32_t l[2], n, k[3], m; const char *want, *proposals; } refused_cases[] = {
	{ "a pair that a person took apart is not joined again, nor proposed", { "L|100|CR|1|ref=INV-123456", "K|100|CR|0|ref=INV-123456" }, { 0 }, 1, { 0 }, 1,
		"L1:NO_COUNTERPART_BOOK K1:NO_COUNTERPART_BANK", "" },
	{ "nor by amount and day", { "L|100|CR|1|text=DEPOSIT", "K|100|CR|0|ref=INV-123456" }, { 0 }, 1, { 0 }, 1,
		"L1:NO_COUNTERPART_BOOK K1:NO_COUNTERPART_BANK", "" },
	{ "a no to one makes nobody else right", { "L|100|CR|1", "L|100|CR|2", "K|100|CR|1" }, { 0 }, 1, { 0 }, 1,
		"L1:NO_COUNTERPART_BOOK L2:AMBIGUOUS K1:AMBIGUOUS", "(amount-date L2=K1)" },
	{ "not by its reference either", { "L|100|DB|1|ref=INV-123456|own=B1", "L|100|DB|3|ref=INV-123456|own=B2", "K|100|DB|1|ref=INV-123456" }, { 0 }, 1, { 0 }, 1,
		"L1:NO_COUNTERPART_BOOK L2:AMBIGUOUS K1:AMBIGUOUS", "(reference L2=K1)" },
	{ "a group that was taken apart stays apart", { "L|150|DB|1|ref=ACHB0012345", "K|100|DB|0|group=ACHB0012345", "K|50|DB|0|group=ACHB0012345" }, { 0 }, 1,
		{ 0, 1 }, 2, NULL, NULL },
	{ "a refused sum is not proposed, another one is", { "L|150|CR|1|party=PINE MOTORS INC", "K|100|CR|0|party=Pine Motors Inc", "K|50|CR|0|party=Pine Motors Inc",
		"K|50|CR|1|party=Pine Motors Inc" }, { 0 }, 1, { 0, 1 }, 2, NULL, NULL },
	{ "others are joined as before", { "L|100|CR|1|ref=INV-123456", "L|100|CR|1|ref=INV-123457", "K|100|CR|0|ref=INV-123456", "K|100|CR|0|ref=INV-123457" },
		{ 1 }, 1, { 1 }, 1, "[reference L1=K1] L2:NO_COUNTERPART_BOOK K2:NO_COUNTERPART_BANK", "" },
};

static void refusals(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
		struct recon_options o = recon_defaults;
		struct recon_refusal no = { refused_cases[i].l, refused_cases[i].k, refused_cases[i].n, refused_cases[i].m };
		struct recon r = { .lines = lines, .items = items, .digits = 2, .options = &o, .refusals = &no, .n_refusals = 1 };
		bool good = true;

		n_lines = n_items = 0;
		for (size_t k = 0; k < 6 && refused_cases[i].rows[k] != NULL; k++)
			add(refused_cases[i].rows[k]);
		for (uint32_t k = 0; k < no.n_lines; k++)
			lines[no.lines[k]].refused = 1;
		r.n_lines = n_lines;
		r.n_items = n_items;
		o.as_of = monday + 61;
		if (recon_run(&r) != 0)
			abort();
		if (refused_cases[i].want == NULL)
			good = r.n_auto == 0;
		else if (strcmp(answer(&b, &r, false), refused_cases[i].want) != 0)
			good = false, printf("# got  %s\n", buf_cstr(&b));
		if (refused_cases[i].proposals != NULL && strcmp(answer(&b, &r, true), refused_cases[i].proposals) != 0)
			good = false, printf("# got  %s\n", buf_cstr(&b));
		ok(good, "%s", refused_cases[i].what);
		recon_release(&r);
	}
	buf_release(&b);
}

/* Half of what a random partition joins or proposes is refused: none of it comes again. */
static void random_refusals(void)
{
	static struct recon_row l[MANY], k[MANY], fresh[2][MANY];
	static char text[2 * MANY][400];
	static struct recon_refusal no[MANY * 8];
	struct recon_options o = recon_defaults;
	uint32_t again = 0, refused = 0, places = 0;

	o.as_of = monday + 60;
	for (int round = 0; round < 40; round++) {
		struct recon r = { .lines = l, .items = k, .digits = 2, .options = &o, .n_lines = 1 + pick(200), .n_items = 1 + pick(200) }, then;

		for (uint32_t i = 0; i < r.n_lines; i++) {
			random_row(&l[i], text[i], true, 30);
			random_texts(&l[i], text[i], true);
		}
		for (uint32_t i = 0; i < r.n_items; i++) {
			random_row(&k[i], text[MANY + i], false, 30);
			random_texts(&k[i], text[MANY + i], false);
		}
		memcpy(fresh[0], l, sizeof(l));
		memcpy(fresh[1], k, sizeof(k));
		recon_run(&r);
		then = r;
		then.matches = NULL;
		then.ids = NULL;
		then.n_matches = then.n_auto = then.n_ids = then.cap_matches = then.cap_ids = then.n_refusals = 0;
		memcpy(l, fresh[0], sizeof(l));
		memcpy(k, fresh[1], sizeof(k));
		for (uint32_t m = 0; m < r.n_matches && then.n_refusals < MANY * 8; m++) {
			const struct recon_match *x = &r.matches[m];

			if (pick(2) == 0)
				continue;
			no[then.n_refusals++] = (struct recon_refusal){ r.ids + x->bank_at, r.ids + x->book_at, x->n_bank, x->n_book };
			for (uint32_t i = 0; i < x->n_bank; i++)
				l[r.ids[x->bank_at + i]].refused = 1;
		}
		then.refusals = no;
		refused += then.n_refusals;
		recon_run(&then);
		places += !each_in_one_place(&then);
		for (uint32_t m = 0; m < then.n_matches; m++)
			for (uint32_t f = 0; f < then.n_refusals; f++) {
				const struct recon_match *x = &then.matches[m];

				again += x->n_bank == no[f].n_lines && x->n_book == no[f].n_items &&
					memcmp(then.ids + x->bank_at, no[f].lines, x->n_bank * sizeof(uint32_t)) == 0 &&
					memcmp(then.ids + x->book_at, no[f].items, x->n_book * sizeof(uint32_t)) == 0;
			}
		recon_release(&r);
		recon_release(&then);
	}
	ok(refused > 200 && again == 0 && places == 0, "%u refusals at random: none of them is joined or proposed again, every row in one place", refused);
}

static void crowd(void)
{
	static struct recon_row l[MANY], k[MANY];
	struct recon_options o = recon_defaults;
	struct recon r = { .lines = l, .items = k, .digits = 2, .options = &o, .n_lines = MANY, .n_items = MANY };
	uint32_t ambiguous = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		l[i] = k[i] = (struct recon_row){ .texts = "", .amount = 2500, .date = monday, .other = DATE_NONE, .status_date = DATE_NONE };
		l[i].n = i + 1;
	}
	ok(recon_run(&r) == 0 && r.n_matches == 0, "thousands of one amount without a reference are not tried pair by pair");
	for (uint32_t i = 0; i < MANY; i++)
		ambiguous += (l[i].reason == AMBIGUOUS) + (k[i].reason == AMBIGUOUS);
	ok(ambiguous == 2 * MANY, "and all of them are a person's");
	recon_release(&r);
}

/* One line, one reference, hundreds of items: two fit its day, the second far behind in the order of ids. */
static void long_chain(void)
{
	static struct recon_row l, k[MANY];
	struct recon_options o = recon_defaults;
	struct recon r = { .lines = &l, .items = k, .digits = 2, .options = &o, .n_lines = 1, .n_items = 500 };

	for (uint32_t i = 0; i < 500; i++) {
		k[i] = (struct recon_row){ .texts = "RENT2026", .amount = 2500, .date = monday - 300, .day = -210, .other = DATE_NONE, .status_date = DATE_NONE };
		for (int t = K_REF; t < RECON_TEXTS; t++)
			k[i].end[t] = 8;
	}
	k[10].day = k[490].day = 0;
	k[10].date = k[490].date = monday;
	l = k[10];
	l.end[B_REF] = 8;
	ok(recon_run(&r) == 0 && r.n_auto == 0 && l.reason == AMBIGUOUS && k[10].reason == AMBIGUOUS && k[490].reason == AMBIGUOUS,
		"of hundreds with one reference and amount none is taken, though only one of the first would fit");
	recon_release(&r);
}

/* Thousands on both sides that share everything but the day. */
static void crowd_of_names(void)
{
	static struct recon_row l[MANY], k[MANY];
	struct recon_options o = recon_defaults;
	struct recon r = { .lines = l, .items = k, .digits = 2, .options = &o, .n_lines = MANY, .n_items = MANY };
	uint32_t lumps = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		k[i] = l[i] = (struct recon_row){ .texts = "ACME STEEL", .amount = 1000 + i % 9, .date = monday, .day = (int32_t)(i % 4), .other = DATE_NONE,
			.status_date = DATE_NONE };
		l[i].amount = 20000 + i % 977;
		for (int t = B_PARTY; t < RECON_TEXTS; t++)
			l[i].end[t] = 10;
		for (int t = K_PARTY; t < RECON_TEXTS; t++)
			k[i].end[t] = 10;
	}
	ok(recon_run(&r) == 0 && r.n_auto == 0, "thousands of one name: no sum is taken");
	for (uint32_t m = 0; m < r.n_matches; m++)
		lumps += r.matches[m].rule == RULE_LUMP;
	ok(lumps < 5 * MANY, "and the search for sums ends");
	recon_release(&r);
}

int main(void)
{
	examples();
	borders();
	random_days();
	sieves();
	refusals();
	random_refusals();
	crowd();
	long_chain();
	crowd_of_names();
	return done_testing();
}
