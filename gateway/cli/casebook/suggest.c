/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/suggest - `tallygate rules suggest`: what confirmed matches teach, as a diff of the rules for a person to judge
 *
 * Learns from one-to-one groups that people confirmed or made (rules/learn.h), leaves out what the rules have already and
 * what any line that is matched contradicts, and prints the rest as a diff that `patch` applies.  It writes nothing and
 * switches nothing on: the diff goes through `rules simulate` and through a reader.
 *
 * Exit: 0 done, also when nothing was learnt; 2 wrong use, or a folder or rules that cannot be read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/core/json.h"
#include "gateway/cli/casebook/folder.h"
#include "gateway/cli/cli.h"
#include "gateway/extract.h"
#include "gateway/match_rules.h"
#include "rules/learn.h"

#define USAGE "usage: tallygate rules suggest --in DIR... [--rules DIR] [--least N] [--json]\n"
#define FOLDERS 100
#define PATTERNS 50
#define LEAST 3
#define NEW_FILE "90-learnt.conf"

enum { O_SIDE, O_ID, O_REFERENCE, O_TEXT, O_GROUP, O_COLUMNS };
static const char *const open_names[] = { "side", "id", "reference", "text", "group", NULL };

struct page {				/* one folder: its casebook and the texts of its rows */
	struct folder folder;
	struct rc_table open;
	struct { struct view reference, text, group; } *rows;	/* parallel to the casebook's */
	struct rc_matched_file matched;
	char path[600];
	bool opened;
};

struct lesson {				/* a pattern, and what the matched lines say to it */
	const struct learn_pattern *p;
	struct extract *x;
	uint64_t agree, contradict;
	struct buf decisions;
};

struct school {
	const char *dirs[FOLDERS], *rules;
	uint32_t n_dirs, least;
	bool json;
	struct page pages[FOLDERS];
	struct learn_example *examples;
	struct { uint32_t page, decision; } *from;		/* parallel to examples */
	size_t n_examples;
	struct learn_pattern *patterns;
	size_t n_patterns;
	struct lesson lessons[PATTERNS];
	size_t n_lessons;
	struct config *config;
	struct match_rules *taught;	/* of config */
};

/* Reading */

static int open_texts(struct page *p, struct err *err)
{
	struct view v[O_COLUMNS];
	char path[600];
	int got;

	p->rows = calloc(p->folder.book.n_rows + 1, sizeof(*p->rows));
	if (p->rows == NULL)
		return err_set(err, ENOMEM, "memory is short");
	if ((size_t)snprintf(path, sizeof(path), "%s/open_items.csv", p->folder.dir) >= sizeof(path))
		return err_set(err, ENAMETOOLONG, "the name '%s' is too long", p->folder.dir);
	if (rc_table_open(&p->open, path, open_names, err) != 0)
		return -1;
	while ((got = rc_table_next(&p->open, v)) == 1) {
		uint32_t row = casebook_find_row(&p->folder.book, view_eq(v[O_SIDE], VIEW("book")), v[O_ID]);

		if (row == CASE_NOBODY)
			continue;
		p->rows[row].reference = v[O_REFERENCE];
		p->rows[row].text = v[O_TEXT];
		p->rows[row].group = v[O_GROUP];
	}
	return got == 0 ? 0 : err_set(err, -1, "'%s', line %llu is not what a run wrote", path, p->open.line);
}

/* The one line and the one item of a group that a person confirmed or made. */
static bool pair_of(const struct casebook *c, const struct case_group *g, uint32_t *line, uint32_t *item)
{
	if ((g->state != CASE_CONFIRMED && g->state != CASE_HAND) || g->n_bank != 1 || g->n_book != 1)
		return false;
	*line = c->members[g->at];
	*item = c->members[g->at + 1];
	return true;
}

static int gather(struct school *s, struct err *err)
{
	size_t all = 0;

	for (uint32_t i = 0; i < s->n_dirs; i++)
		all += s->pages[i].folder.book.n_groups;
	s->examples = calloc(all + 1, sizeof(*s->examples));
	s->from = calloc(all + 1, sizeof(*s->from));
	if (s->examples == NULL || s->from == NULL)
		return err_set(err, ENOMEM, "memory is short");
	for (uint32_t i = 0; i < s->n_dirs; i++) {
		const struct page *p = &s->pages[i];
		const struct casebook *c = &p->folder.book;
		uint32_t line, item;

		for (uint32_t g = 0; g < c->n_groups; g++) {
			if (!pair_of(c, &c->groups[g], &line, &item))
				continue;
			s->examples[s->n_examples].text = p->rows[line].text;
			s->examples[s->n_examples].reference = p->rows[item].reference;
			s->from[s->n_examples].page = i;
			s->from[s->n_examples++].decision = c->groups[g].decision;
		}
	}
	return 0;
}

/* Judging: every line that is matched, by the engine or by a person */

static bool same_reference(struct view a, struct view b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.n && !((a.p[i] | 32) >= 'a' && (a.p[i] | 32) <= 'z') && !(a.p[i] >= '0' && a.p[i] <= '9'))
			i++;
		while (j < b.n && !((b.p[j] | 32) >= 'a' && (b.p[j] | 32) <= 'z') && !(b.p[j] >= '0' && b.p[j] <= '9'))
			j++;
		if (i == a.n || j == b.n)
			return i == a.n && j == b.n;
		if ((a.p[i] | 32) != (b.p[j] | 32))
			return false;
		i++;
		j++;
	}
}

static struct view without_zeros(struct view v)
{
	while (v.n > 1 && *v.p == '0')
		v = view_sub(v, 1, v.n - 1);
	return v;
}

static bool group_bears(const struct page *p, const struct case_group *g, struct view found)
{
	const uint32_t *items = p->folder.book.members + g->at + g->n_bank;

	for (uint32_t i = 0; i < g->n_book; i++)
		if (same_reference(without_zeros(p->rows[items[i]].reference), without_zeros(found)) ||
		    same_reference(without_zeros(p->rows[items[i]].group), without_zeros(found)))
			return true;
	return false;
}

static void judge_line(struct school *s, const struct page *p, uint32_t row)
{
	const struct casebook *c = &p->folder.book;
	struct view found;

	if (c->rows[row].group == CASE_NOBODY)
		return;
	for (size_t i = 0; i < s->n_lessons; i++) {
		struct lesson *l = &s->lessons[i];

		if (!extract_first(l->x, p->rows[row].text, &found))
			continue;
		if (group_bears(p, &c->groups[c->rows[row].group], found))
			l->agree++;
		else
			l->contradict++;
	}
}

/* Texts of matched rows borrow from their file, which stays open. */
static int matched_texts(struct page *p, struct err *err)
{
	struct rc_matched m;
	int got;

	if ((size_t)snprintf(p->path, sizeof(p->path), "%s/%s", p->folder.dir, RC_MATCHED) >= sizeof(p->path))
		return err_set(err, ENAMETOOLONG, "the name '%s' is too long", p->folder.dir);
	if (rc_matched_open(&p->matched, p->path, err) != 0)
		return -1;
	while ((got = rc_matched_next(&p->matched, &m, err)) == 1) {
		uint32_t row = casebook_find_row(&p->folder.book, m.book, m.id);

		if (row == CASE_NOBODY)
			continue;
		p->rows[row].reference = recon_text(&m.row, m.book ? K_REF : B_REF);
		p->rows[row].text = m.book ? VIEW("") : recon_text(&m.row, B_TEXT);
		p->rows[row].group = m.book ? recon_text(&m.row, K_GROUP) : VIEW("");
	}
	return got;
}

static int learn(struct school *s, struct err *err)
{
	if (gather(s, err) != 0)
		return -1;
	for (size_t i = 0; i < s->n_examples; i++)		/* what the rules find already needs no second pattern */
		if (match_rules_know(s->taught, s->examples[i].text, s->examples[i].reference))
			s->examples[i].text = VIEW("");
	if (learn_patterns(&s->patterns, &s->n_patterns, s->examples, s->n_examples, s->least) != 0)
		return err_set(err, ENOMEM, "memory is short");
	for (size_t i = 0; i < s->n_patterns && s->n_lessons < PATTERNS; i++) {
		struct lesson *l = &s->lessons[s->n_lessons];

		l->p = &s->patterns[i];
		if (extract_new(&l->x, l->p->pattern, err) != 0)
			return -1;
		s->n_lessons++;
	}
	for (uint32_t i = 0; i < s->n_dirs; i++)
		for (uint32_t row = 0; row < s->pages[i].folder.book.n_rows; row++)
			if (!s->pages[i].folder.book.rows[row].book)
				judge_line(s, &s->pages[i], row);
	return 0;
}

/* Which decisions taught it: those whose line the pattern reads, and as the item has it. */
static void taught_by(struct school *s, struct lesson *l)
{
	for (size_t i = 0; i < s->n_examples; i++) {
		struct view found;

		if (extract_first(l->x, s->examples[i].text, &found) && same_reference(found, s->examples[i].reference))
			buf_fmt(&l->decisions, "%s%u of '%s'", l->decisions.n > 0 ? ", " : "", s->from[i].decision, s->dirs[s->from[i].page]);
	}
}

/* Saying */

/* In a libconfig string a backslash and a quotation mark are written with a backslash. */
static void quoted(struct buf *b, const char *text)
{
	buf_char(b, '"');
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			buf_char(b, '\\');
		buf_char(b, *text);
	}
	buf_char(b, '"');
}

static void rule(struct buf *b, const struct lesson *l, bool last)
{
	buf_text(b, "+\t{ pattern = ");
	quoted(b, l->p->pattern);
	buf_text(b, "; sample = ");
	quoted(b, l->p->sample);
	buf_text(b, "; gives = ");
	quoted(b, l->p->gives);
	buf_text(b, last ? "; }\n" : "; },\n");
}

static void say(struct buf *b, const struct school *s)
{
	size_t good = 0, n = 0;

	for (size_t i = 0; i < s->n_lessons; i++) {
		const struct lesson *l = &s->lessons[i];

		buf_fmt(b, "# %s\n#   learnt from %u references: decisions %.*s\n", l->p->pattern, l->p->references, VIEW_FMT(buf_as_view(&l->decisions)));
		buf_fmt(b, "#   %llu matched lines agree, %llu contradict%s\n", (unsigned long long)l->agree, (unsigned long long)l->contradict,
			l->contradict > 0 ? ": LEFT OUT" : "");
		good += l->contradict == 0;
	}
	if (good == 0) {
		buf_fmt(b, "# nothing to suggest: a pattern takes %u confirmed one-to-one matches whose texts bear different references behind the same words,\n"
			"# and no matched line that it reads otherwise\n", s->least);
		return;
	}
	buf_text(b, "# Nothing of this holds yet.  Try it, read it, then put it in place:\n"
		"#   cp -r RULES new && patch -d new -p0 < THIS && tallygate rules simulate --rules RULES --with new --as-of ... --book ... --bank ...\n");
	buf_fmt(b, "--- /dev/null\n+++ %s\n@@ -0,0 +1,%zu @@\n+# Learnt from confirmed matches; see docs/matching.md, Changing the rules.\n+extract = (\n", NEW_FILE, good + 3);
	for (size_t i = 0; i < s->n_lessons; i++)
		if (s->lessons[i].contradict == 0)
			rule(b, &s->lessons[i], ++n == good);
	buf_text(b, "+);\n");
}

static void say_json(struct buf *b, const struct school *s)
{
	struct json j;

	json_init(&j, b, false);
	json_object(&j, NULL);
	json_int(&j, "examples", (int64_t)s->n_examples);
	json_array(&j, "patterns");
	for (size_t i = 0; i < s->n_lessons; i++) {
		const struct lesson *l = &s->lessons[i];

		json_object(&j, NULL);
		json_cstr(&j, "pattern", l->p->pattern);
		json_cstr(&j, "sample", l->p->sample);
		json_cstr(&j, "gives", l->p->gives);
		json_int(&j, "references", l->p->references);
		json_text(&j, "decisions", buf_as_view(&l->decisions));
		json_int(&j, "agree", (int64_t)l->agree);
		json_int(&j, "contradict", (int64_t)l->contradict);
		json_bool(&j, "suggested", l->contradict == 0);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_char(b, '\n');
}

/* The command */

static int wrong(const char *what, const char *arg)
{
	fprintf(stderr, "tallygate: %s '%s'\n%s", what, arg, USAGE);
	return 2;
}

static int options(struct school *s, int argc, char **argv)
{
	bool folders = false;
	char *end;

	s->least = LEAST;
	for (int i = 1; i < argc; i++) {
		bool value = strcmp(argv[i], "--rules") == 0 || strcmp(argv[i], "--least") == 0 || strcmp(argv[i], "--in") == 0;

		if (value && i + 1 >= argc)
			return wrong("a value is missing after", argv[i]);
		if (strcmp(argv[i], "--json") == 0) {
			s->json = true;
		} else if (strcmp(argv[i], "--in") == 0) {
			folders = true;
		} else if (strcmp(argv[i], "--rules") == 0) {
			s->rules = argv[++i];
			folders = false;
		} else if (strcmp(argv[i], "--least") == 0) {
			long n = strtol(argv[++i], &end, 10);

			if (*end != '\0' || n < 2 || n > 1000)
				return wrong("--least is a number from 2 to 1000, not", argv[i]);
			s->least = (uint32_t)n;
			folders = false;
		} else if (!folders || argv[i][0] == '-') {
			return wrong("unknown option", argv[i]);
		} else if (s->n_dirs == FOLDERS) {
			return wrong("more than 100 folders, from", argv[i]);
		} else {
			s->dirs[s->n_dirs++] = argv[i];
		}
	}
	return s->n_dirs > 0 ? 0 : wrong("missing:", "--in DIR");
}

static int read_all(struct school *s, struct err *err)
{
	if (folder_rules(&s->config, s->rules, err) != 0 || match_rules_new(&s->taught, s->config, err) != 0)
		return -1;
	for (uint32_t i = 0; i < s->n_dirs; i++) {
		struct page *p = &s->pages[i];

		if (folder_open(&p->folder, s->dirs[i], false, err) != 0)
			return -1;
		p->opened = true;
		if (open_texts(p, err) != 0 || matched_texts(p, err) != 0)
			return -1;
	}
	return learn(s, err);
}

static void release(struct school *s)
{
	for (size_t i = 0; i < s->n_lessons; i++) {
		extract_free(s->lessons[i].x);
		buf_release(&s->lessons[i].decisions);
	}
	for (uint32_t i = 0; i < s->n_dirs; i++) {
		struct page *p = &s->pages[i];

		rc_matched_close(&p->matched);
		rc_table_close(&p->open);
		free(p->rows);
		if (p->opened)
			folder_close(&p->folder);
	}
	free(s->patterns);
	free(s->examples);
	free(s->from);
	match_rules_free(s->taught);
	config_free(s->config);
	free(s);
}

int rules_suggest(int argc, char **argv)
{
	struct school *s = calloc(1, sizeof(*s));
	struct buf b = { 0 };
	struct err err = { 0 };
	int status = s == NULL ? 2 : options(s, argc, argv);

	if (s == NULL)
		return 2;
	if (status == 0 && read_all(s, &err) != 0) {
		fprintf(stderr, "tallygate: %s\n", err.text);
		status = 2;
	}
	for (size_t i = 0; status == 0 && i < s->n_lessons; i++)
		taught_by(s, &s->lessons[i]);
	if (status == 0) {
		(s->json ? say_json : say)(&b, s);
		fwrite(b.p, 1, b.n, stdout);
	}
	buf_release(&b);
	release(s);
	return status;
}
