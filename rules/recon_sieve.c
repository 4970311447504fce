/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_sieve - see recon_sieve.h.  One word for each key that is expected, two bits of it for a key
 */
#include <stdlib.h>

#include "rules/recon_sieve.h"

#define SHORTEST_RUN 4			/* no pass reads a shorter one */

bool sieve_open(struct sieve *s, size_t keys)
{
	unsigned log = 6;

	while (log < 26 && (size_t)1 << log < keys)
		log++;
	*s = (struct sieve){ .bits = calloc((size_t)1 << log, sizeof(*s->bits)), .shift = 64 - log };
	return s->bits != NULL;
}

void sieve_close(struct sieve *s)
{
	free(s->bits);
	s->bits = NULL;
}

static bool add_run(void *ctx, uint64_t key, const char *p, unsigned n)
{
	(void)p;
	(void)n;
	sieve_add(ctx, key);
	return true;
}

/* The fields as they stand, placeholders too: the first pass reads them so. */
void sieve_add_line(struct sieve *s, const struct recon_row *line, struct said *said)
{
	struct norm field;

	said_read(said, line);
	for (int t = 0; t < 3; t++) {
		norm_of(&field, recon_text(line, t));
		sieve_add(s, norm_key(&field));
	}
	sieve_add(s, norm_key(&said->own));
	words_runs(&said->words, SHORTEST_RUN, add_run, s);
}
