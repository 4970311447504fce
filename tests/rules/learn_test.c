/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn: what several confirmed matches teach, and what one or a doubtful one does not
 */
#include <stdlib.h>
#include <string.h>

#include "rules/learn.h"
#include "tests/lib/tap.h"

#define MOST 6

static const struct {
	const char *what;
	struct { const char *text, *reference; } e[MOST];
	const char *pattern, *sample, *gives;		/* NULL: nothing is learnt */
} cases[] = {
	{ "three references behind the same words make a pattern",
		{ { "RENT CUSTOMER NO. 12345 THANKS", "12345" }, { "X CUSTOMER NO. 678901", "678901" }, { "CUSTOMER NO. 55555 A", "55555" } },
		"(?i)\\bCUSTOMER\\s+NO\\.\\s+([0-9]{5,6})(?![0-9])", "CUSTOMER NO. 12345", "12345" },
	{ "two are too few", { { "INVOICE 12345", "12345" }, { "INVOICE 12346", "12346" } }, NULL, NULL, NULL },
	{ "the same reference three times is one", { { "INVOICE 12345", "12345" }, { "INVOICE 12345", "12345" }, { "INVOICE 12345", "12345" } },
		NULL, NULL, NULL },
	{ "letters in front of the digits belong to the shape",
		{ { "FOR inv-1001 x", "INV-1001" }, { "FOR INV-1002", "INV-1002" }, { "FOR INV-1003", "INV-1003" } },
		"(?i)\\bFOR\\s+(INV\\-[0-9]{4,4})(?![0-9])", "FOR INV-1234", "INV-1234" },
	{ "a reference inside a longer word is read behind its letters",
		{ { "OURREF770011ZZ", "770011" }, { "OURREF770022ZZ", "770022" }, { "OURREF770033ZZ", "770033" } },
		"(?i)\\bOURREF([0-9]{6,6})(?![0-9])", "OURREF123456", "123456" },
	{ "line ends between words count as blanks",
		{ { "CUSTOMER\nNUMBER\n1001", "1001" }, { "CUSTOMER  NUMBER 1002", "1002" }, { "CUSTOMER NUMBER\r\n1003", "1003" } },
		"(?i)\\bNUMBER\\s+([0-9]{4,4})(?![0-9])", "NUMBER 1234", "1234" },
	{ "digits that go on are another number", { { "REF 12345678", "1234" }, { "REF 12355678", "1235" }, { "REF 12365678", "1236" } }, NULL, NULL, NULL },
	{ "different words teach nothing together", { { "INVOICE 12345", "12345" }, { "ORDER 12346", "12346" }, { "CUSTOMER 12347", "12347" } },
		NULL, NULL, NULL },
	{ "a reference without words in front teaches nothing", { { "12345", "12345" }, { "12346 A", "12346" }, { "12347 B", "12347" } }, NULL, NULL, NULL },
	{ "a reference that is not in the text teaches nothing", { { "INVOICE 1", "12345" }, { "INVOICE 2", "12346" }, { "INVOICE 3", "12347" } },
		NULL, NULL, NULL },
	{ "an empty reference teaches nothing", { { "INVOICE 1", "" }, { "INVOICE 2", "" }, { "INVOICE 3", "" } }, NULL, NULL, NULL },
	{ "three digits are no reference", { { "INVOICE 123", "123" }, { "INVOICE 124", "124" }, { "INVOICE 125", "125" } }, NULL, NULL, NULL },
	{ "what a pattern means is taken by its letter",
		{ { "A+B (NO 1001", "1001" }, { "A+B (NO 1002", "1002" }, { "A+B (NO 1003", "1003" } },
		"(?i)\\bB\\s+\\(NO\\s+([0-9]{4,4})(?![0-9])", "B (NO 1234", "1234" },
};

static size_t fill(struct learn_example *e, size_t k, bool backwards)
{
	size_t n = 0;

	while (n < MOST && cases[k].e[n].text != NULL)
		n++;
	for (size_t i = 0; i < n; i++) {
		size_t at = backwards ? n - 1 - i : i;

		e[i] = (struct learn_example){ view_of(cases[k].e[at].text), view_of(cases[k].e[at].reference) };
	}
	return n;
}

static void learns(size_t k)
{
	struct learn_example e[MOST];
	struct learn_pattern *p[2] = { NULL, NULL };
	size_t n[2] = { 0, 0 };
	bool good = true;

	for (int way = 0; way < 2; way++)
		good = good && learn_patterns(&p[way], &n[way], e, fill(e, k, way == 1), 3) == 0;
	if (cases[k].pattern == NULL)
		ok(good && n[0] == 0 && n[1] == 0, "%s", cases[k].what);
	else if (!ok(good && n[0] == 1 && n[1] == 1 && strcmp(p[0]->pattern, cases[k].pattern) == 0 && strcmp(p[0]->sample, cases[k].sample) == 0 &&
		strcmp(p[0]->gives, cases[k].gives) == 0 && strcmp(p[0]->pattern, p[1]->pattern) == 0, "%s, in any order", cases[k].what))
		printf("# %zu: %s | %s | %s\n", n[0], n[0] > 0 ? p[0]->pattern : "", n[0] > 0 ? p[0]->sample : "", n[0] > 0 ? p[0]->gives : "");
	free(p[0]);
	free(p[1]);
}

int main(void)
{
	struct learn_pattern *p;
	size_t n = 1;

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
		learns(k);
	ok(learn_patterns(&p, &n, NULL, 0, 3) == 0 && n == 0, "no examples teach nothing");
	free(p);
	return done_testing();
}
