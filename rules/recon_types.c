/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_types - what kind of line a bank's type code means, and what kind of item the book's word is
 *
 * A code that is not known is RECON_OTHER: it speaks against nothing.
 */
#include "rules/recon.h"

static bool has(struct view text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.n; i++)
		if (memcmp(text.p + i, word, n) == 0)
			return true;
	return false;
}

/* BAI2: ranges of the specification's appendix A; from the lowest. */
static const struct { int from, to; enum recon_type type; } bai2_types[] = {
	{ 142, 142, RECON_ACH }, { 160, 165, RECON_ACH }, { 166, 166, RECON_LUMP }, { 167, 169, RECON_ACH }, { 171, 173, RECON_DEPOSIT },
	{ 195, 195, RECON_WIRE }, { 206, 208, RECON_WIRE }, { 252, 258, RECON_RETURN }, { 301, 306, RECON_DEPOSIT }, { 354, 354, RECON_INTEREST },
	{ 395, 395, RECON_CHECK }, { 398, 398, RECON_FEE }, { 447, 455, RECON_ACH }, { 462, 462, RECON_ACH }, { 466, 466, RECON_LUMP },
	{ 468, 469, RECON_ACH }, { 474, 475, RECON_CHECK }, { 491, 509, RECON_WIRE }, { 552, 558, RECON_RETURN }, { 654, 654, RECON_INTEREST },
	{ 661, 661, RECON_FEE }, { 698, 698, RECON_FEE },
};

static enum recon_type bai2_type(struct view code)
{
	int n = 0;

	if (code.n != 3)
		return RECON_OTHER;
	for (size_t i = 0; i < 3; i++)
		n = n * 10 + code.p[i] - '0';
	for (size_t i = 0; i < sizeof(bai2_types) / sizeof(bai2_types[0]); i++)
		if (n >= bai2_types[i].from && n <= bai2_types[i].to)
			return bai2_types[i].type;
	return RECON_OTHER;
}

/* SWIFT's three letters, and camt's domain, family and sub-family, by what stands in them. */
static const struct { const char *word; enum recon_type type; } swift_types[] = {
	{ "CHK", RECON_CHECK }, { "RTI", RECON_RETURN }, { "CHG", RECON_FEE }, { "COM", RECON_FEE }, { "INT", RECON_INTEREST },
	{ "DDT", RECON_ACH }, { NULL, RECON_OTHER } },
	camt_types[] = {
	{ "CCHQ", RECON_CHECK }, { "ICHQ", RECON_CHECK }, { "UPDD", RECON_RETURN }, { "RRTN", RECON_RETURN }, { "PRDD", RECON_RETURN },
	{ "RPCR", RECON_RETURN }, { "CHRG", RECON_FEE }, { "FEES", RECON_FEE }, { "COMM", RECON_FEE }, { "INTR", RECON_INTEREST },
	{ "CDPT", RECON_DEPOSIT }, { "MCRD", RECON_CARD }, { "ESDD", RECON_ACH }, { NULL, RECON_OTHER } };

/* R01 to R85 as a word of its own: the bank says that it is a return. */
static bool return_code(struct view text)
{
	for (size_t i = 0; i + 3 <= text.n; i++)
		if (text.p[i] == 'R' && text.p[i + 1] >= '0' && text.p[i + 1] <= '8' && text.p[i + 2] >= '0' && text.p[i + 2] <= '9' &&
		    (i == 0 || text.p[i - 1] == ' ' || text.p[i - 1] == '\n') &&
		    (i + 3 == text.n || text.p[i + 3] == ' ' || text.p[i + 3] == '\n'))
			return has(text, "RETURN");
	return false;
}

/* A bank's CSV: the word that its column of types says, as the book would say it, or a BAI2 code. */
static const struct { struct view word; enum recon_type type; } csv_types[] = {
	{ VIEW_INIT("ACH"), RECON_ACH }, { VIEW_INIT("CHECK"), RECON_CHECK }, { VIEW_INIT("CHK"), RECON_CHECK }, { VIEW_INIT("WIRE"), RECON_WIRE },
	{ VIEW_INIT("DEPOSIT"), RECON_DEPOSIT }, { VIEW_INIT("DEP"), RECON_DEPOSIT }, { VIEW_INIT("CARD"), RECON_CARD }, { VIEW_INIT("FEE"), RECON_FEE },
	{ VIEW_INIT("INTEREST"), RECON_INTEREST }, { VIEW_INIT("RETURN"), RECON_RETURN },
};

static enum recon_type csv_type(struct view type, struct view text)
{
	bool code = type.n == 3;

	for (size_t i = 0; i < type.n; i++)
		code &= type.p[i] >= '0' && type.p[i] <= '9';
	if (code)
		return bai2_type(type);
	for (size_t i = 0; i < sizeof(csv_types) / sizeof(csv_types[0]); i++)
		if (view_eq(type, csv_types[i].word))
			return csv_types[i].type;
	return return_code(text) ? RECON_RETURN : RECON_OTHER;
}

enum recon_type recon_bank_type(struct view format, struct view type, struct view text)
{
	bool camt = view_starts(format, VIEW("camt"));

	if (view_eq(format, VIEW("bai2")))
		return bai2_type(type);
	if (view_eq(format, VIEW("csvstmt")))
		return csv_type(type, text);
	for (int i = 0; !camt && swift_types[i].word != NULL; i++)
		if (has(type, swift_types[i].word))
			return swift_types[i].type;
	for (int i = 0; camt && camt_types[i].word != NULL; i++)
		if (has(type, camt_types[i].word))
			return camt_types[i].type;
	return return_code(text) ? RECON_RETURN : RECON_OTHER;
}

enum recon_type recon_book_type(struct view v)
{
	for (int i = 0; i < RECON_TYPES; i++)
		if (view_eq(v, view_of(recon_type_name((enum recon_type)i))))
			return (enum recon_type)i;
	return RECON_OTHER;
}
