/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_options - what one partner's channel says: how severe each finding is, and whom files may be from and for
 *
 * Every code of nacha_rules.h is an option of its own name: NACHA_PADDING=error.  It wins over strict=yes, which wins over
 * the table.  A value that is not known is told, and the strictest one is used.
 */
#include <string.h>

#include "formats/lib/nacha_read.h"

static struct view option(struct nacha *n, const char *name)
{
	return n->host->option == NULL ? (struct view){ NULL, 0 } : n->host->option(n->host->ctx, name);
}

/* In strict mode what we would put up with is told as the fault it is. */
static bool is_put_up_with(enum nacha_code code)
{
	bool physical = code >= NC_BOM && code <= NC_SEVERAL_FILES && code != NC_NO_SEPARATORS && code != NC_BLANK_LINE;

	return physical || code == NC_RETURN_TRACE || code == NC_RETURN_CODE;
}

static int8_t severity_word(struct nacha *n, const char *name, struct view word)
{
	static const struct { struct view word; int8_t severity; } words[] = {
		{ VIEW_INIT("error"), FINDING_ERROR }, { VIEW_INIT("warning"), FINDING_WARNING },
		{ VIEW_INIT("note"), FINDING_NOTE }, { VIEW_INIT("off"), NACHA_SEVERITY_OFF },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_eq(word, words[i].word))
			return words[i].severity;
	nacha_say(n, NC_OPTION, NULL, "the option %s is none of error, warning, note and off", name);
	return FINDING_ERROR;
}

static void read_severities(struct nacha *n)
{
	struct view strict = option(n, "strict");

	for (int i = 0; i < NC_CODES; i++)
		n->severity[i] = (int8_t)nacha_findings[i].severity;
	if (strict.p != NULL && !view_eq(strict, VIEW("yes")) && !view_eq(strict, VIEW("no")))
		nacha_say(n, NC_OPTION, NULL, "the option strict is neither yes nor no");
	for (int i = 0; strict.p != NULL && !view_eq(strict, VIEW("no")) && i < NC_CODES; i++)
		if (is_put_up_with((enum nacha_code)i))
			n->severity[i] = FINDING_ERROR;
	for (int i = 0; i < NC_CODES; i++) {
		struct view word = option(n, nacha_findings[i].code);

		if (word.p == NULL)
			continue;
		n->severity[i] = severity_word(n, nacha_findings[i].code, word);
		if (n->severity[i] < nacha_levels[i].least)
			n->severity[i] = nacha_levels[i].least;
	}
}

void nacha_options_read(struct nacha *n)
{
	read_severities(n);
	n->origins = option(n, "origins");
	n->destinations = option(n, "destinations");
	n->odfis = option(n, "odfis");
}

bool nacha_listed(struct view list, struct view number)
{
	size_t i = 0, end;

	while (i < list.n) {
		for (end = i; end < list.n && list.p[end] != ',' && list.p[end] != ' '; end++)
			;
		if (end > i && view_eq(view_sub(list, i, end - i), number))
			return true;
		i = end + 1;
	}
	return false;
}
