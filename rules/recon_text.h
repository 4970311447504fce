/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_text - what a bank line says about a reference, and whether two names are one
 *
 * A reference is compared by its letters and digits, in capitals, without leading zeros.  Near = one operator away: a
 * prefix of eight or more, the same after O0 I1 S5 B8, one edit or swap of neighbours at six or more characters.
 */
#pragma once

#include "rules/recon.h"

#define NORM_MAX 96
#define WORDS_MAX 96
#define RUN_WORDS 8
#define RUN_MAX 64

struct norm { char p[NORM_MAX]; unsigned n; };

void norm_of(struct norm *, struct view);
void norm_of_first(struct norm *, struct view, unsigned most);	/* at most NORM_MAX */
uint64_t norm_key(const struct norm *);		/* never 0; 0 when it is shorter than three characters */
uint64_t key_of(struct view);			/* the same of a text */
uint64_t key_mix(uint64_t a, uint64_t b);
enum recon_operator norm_compare(const char *a, unsigned na, const char *b, unsigned nb);

/* A text cut into words, each as norm_of() would show it, but with its leading zeros. */
struct words {
	char p[2048];
	uint16_t at[WORDS_MAX + 1];
	uint16_t n;
	bool reference;				/* a word that looks like somebody's reference */
	bool part;				/* "PART 2 OF 3" */
	long items;				/* "ITEMS 12", or 0 */
};

void words_of(struct words *, struct view);
/* Each run of up to RUN_WORDS words as one reference; false from `each` ends it. */
void words_runs(const struct words *, unsigned least, bool (*each)(void *ctx, uint64_t key, const char *p, unsigned n), void *ctx);
/* The first run of words of the raw text that reads as this key: where it stands. */
bool words_find(struct view text, uint64_t key, size_t *from, size_t *n);

/* What a line says, read once. */
struct said {
	struct norm field[3];			/* B_REF, B_E2E, B_NUMBER */
	struct norm own;
	struct norm party;			/* from its field, else from the text */
	struct words words;
	bool has_field, reference;		/* a reference in a field; anywhere */
	const struct recon_row *row;
};

void said_read(struct said *, const struct recon_row *line);

/* How the line reads `ref`; *where = the text that says so, *key = what it reads there. */
enum recon_operator said_relation(const struct said *, struct view ref, int *where, uint64_t *key);
enum recon_party said_party(const struct said *, struct view party);
bool said_amount(const struct said *, const char *word, int digits, int64_t *minor);	/* "FEE 12.34" */
