/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strict - see strict.h
 */
#include "formats/lib/strict.h"

#define OFF (-1)

static const struct { struct view word; int severity; } words[] = {
	{ VIEW_INIT("error"), FINDING_ERROR }, { VIEW_INIT("warning"), FINDING_WARNING }, { VIEW_INIT("note"), FINDING_NOTE },
	{ VIEW_INIT("off"), OFF },
};
#define WORDS (sizeof(words) / sizeof(words[0]))

static struct view option(const struct strict *s, const char *name)
{
	return s->host->option == NULL ? (struct view){ NULL, 0 } : s->host->option(s->host->ctx, name);
}

static size_t word_of(struct view v)
{
	size_t i = 0;

	while (i < WORDS && !view_eq(v, words[i].word))
		i++;
	return i;
}

void strict_init(struct strict *s, const struct tally_host *host, const struct tally_code *codes, uint64_t told, uint64_t stays)
{
	*s = (struct strict){ .host = host, .codes = codes, .told = told, .stays = stays };
	for (; codes->code != NULL && !s->any; codes++)
		s->any = option(s, codes->code).p != NULL;
}

void strict_rows(struct strict *s, const struct tally_host *host, const struct tally_code *codes)
{
	strict_init(s, host, codes, 0, 0);
	for (unsigned i = 0; codes[i].code != NULL; i++)
		if (codes[i].severity == FINDING_ERROR)
			s->stays |= STRICT(i);
}

bool strict_is_set(const struct strict *s, unsigned code)
{
	return s->any && option(s, s->codes[code].code).p != NULL;
}

bool strict_apply(const struct strict *s, unsigned code, uint32_t *severity)
{
	int wanted, least = (s->stays & STRICT(code)) != 0 ? (int)s->codes[code].severity : (s->told & STRICT(code)) != 0 ? FINDING_WARNING : OFF;
	size_t word;

	if (!strict_is_set(s, code))
		return true;
	word = word_of(option(s, s->codes[code].code));
	wanted = word < WORDS ? words[word].severity : FINDING_ERROR;
	if (wanted < least)
		wanted = least;
	if (wanted == OFF)
		return false;
	*severity = (uint32_t)wanted;
	return true;
}

const char *strict_unknown(const struct strict *s, unsigned *at)
{
	while (s->any && s->codes[*at].code != NULL) {
		const char *code = s->codes[(*at)++].code;
		struct view v = option(s, code);

		if (v.p != NULL && word_of(v) == WORDS)
			return code;
	}
	return NULL;
}
