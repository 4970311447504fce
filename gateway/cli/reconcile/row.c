/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row - rows and their texts: packed one behind the other in blocks that stay until the end
 *
 * A text longer than its bound is cut: what the engine compares lies in front, and a row stays small.
 */
#include <stdlib.h>

#include "gateway/cli/reconcile/reconcile.h"

#define BLOCK ((size_t)1 << 20)
#define TEXT_MOST 2000u

static bool more(struct rc_store *s, size_t n)
{
	char *block = malloc(BLOCK);

	if (block == NULL || n > BLOCK - sizeof(char *)) {
		free(block);
		return false;
	}
	memcpy(block, &s->block, sizeof(char *));
	s->block = block;
	s->p = block + sizeof(char *);
	s->left = BLOCK - sizeof(char *);
	return true;
}

bool rc_keep(struct rc_store *s, struct view from, struct view *to)
{
	if (from.n > s->left && !more(s, from.n))
		return false;
	if (from.n > 0)
		memcpy(s->p, from.p, from.n);
	*to = (struct view){ s->p, from.n };
	s->p += from.n;
	s->left -= from.n;
	return true;
}

bool rc_pack(struct rc_store *s, struct recon_row *r, const struct rc_texts *t)
{
	size_t all = 0;

	for (int i = 0; i < RECON_TEXTS; i++) {
		all += t->t[i].n < TEXT_MOST ? t->t[i].n : TEXT_MOST;
		r->end[i] = (uint16_t)all;
	}
	if (all > s->left && !more(s, all))
		return false;
	r->texts = s->p;
	for (int i = 0; i < RECON_TEXTS; i++) {
		size_t n = t->t[i].n < TEXT_MOST ? t->t[i].n : TEXT_MOST;

		if (n > 0)
			memcpy(s->p, t->t[i].p, n);
		s->p += n;
	}
	s->left -= all;
	return true;
}

void rc_store_release(struct rc_store *s)
{
	while (s->block != NULL) {
		char *next;

		memcpy(&next, s->block, sizeof(next));
		free(s->block);
		s->block = next;
	}
	*s = (struct rc_store){ 0 };
}

struct recon_row *rc_row(struct recon_row **rows, uint32_t *n, uint32_t *cap)
{
	struct recon_row *r;

	if (*n == *cap) {
		uint32_t want = *cap < 64 ? 64 : *cap + *cap / 2;

		r = realloc(*rows, want * sizeof(*r));
		if (r == NULL)
			return NULL;
		*rows = r;
		*cap = want;
	}
	r = &(*rows)[(*n)++];
	memset(r, 0, sizeof(*r));
	r->date = r->other = r->status_date = r->first_seen = DATE_NONE;
	return r;
}

bool rc_account_of(struct rc_file *f, struct rc_store *store, struct view account, struct view currency, uint32_t *n)
{
	struct rc_account *a;

	for (*n = f->n_accounts; (*n)-- > 0;)
		if (view_eq(f->accounts[*n].account, account) && view_eq(view_of(f->accounts[*n].currency), currency))
			return true;
	if (f->n_accounts == f->cap_accounts) {
		a = realloc(f->accounts, (f->cap_accounts * 2 + 8) * sizeof(*a));
		if (a == NULL)
			return false;
		f->accounts = a;
		f->cap_accounts = f->cap_accounts * 2 + 8;
	}
	*n = f->n_accounts;
	a = &f->accounts[f->n_accounts++];
	*a = (struct rc_account){ .currency = "" };
	if (currency.n == 3)
		memcpy(a->currency, currency.p, 3);
	return rc_keep(store, account, &a->account);
}

/* Types */

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

enum recon_type rc_bank_type(struct view format, struct view type, struct view text)
{
	bool camt = view_starts(format, VIEW("camt"));

	if (view_eq(format, VIEW("bai2")))
		return bai2_type(type);
	for (int i = 0; !camt && swift_types[i].word != NULL; i++)
		if (has(type, swift_types[i].word))
			return swift_types[i].type;
	for (int i = 0; camt && camt_types[i].word != NULL; i++)
		if (has(type, camt_types[i].word))
			return camt_types[i].type;
	return return_code(text) ? RECON_RETURN : RECON_OTHER;
}

enum recon_type rc_book_type(struct view v)
{
	for (int i = 0; i < RECON_TYPES; i++)
		if (view_eq(v, view_of(recon_type_name((enum recon_type)i))))
			return (enum recon_type)i;
	return RECON_OTHER;
}
