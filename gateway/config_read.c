/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_read - libconfig's text into a tree of our own
 *
 * The only file that knows libconfig 1.5, and what that reader hides is said here: it cuts integers of ten and more
 * digits in silence (so they are refused by looking at the text), it calls every mistake "syntax error" (so the line is
 * shown), and it opens other files at @include (so that is refused: the configuration hash covers the files of the
 * directory and no others).
 *
 * Failure: faults with file and line, and false; *root is then empty.
 */
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "formats/core/mask.h"
#include "gateway/config_schema.h"

#define LINE_SHOWN 60
#define DIGITS_MAX 9

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* One token that begins with a digit, at p; returns its length. */
static size_t scan_number(struct config_load *load, int file, int line, const char *p, const char *end)
{
	size_t n = 0, digits = 0;
	bool hex = end - p > 1 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'), zeros = true, plain = true;

	while (p + n < end && (is_word(p[n]) || p[n] == '.' || p[n] == '*' || p[n] == '-')) {
		if (!(is_digit(p[n]) || (hex && n > 1 && is_word(p[n])) || (hex && n == 1)))
			plain = false;
		if (!(zeros && p[n] == '0') && !(hex && n == 1)) {
			zeros = false;
			digits++;
		}
		n++;
	}
	if (plain && digits > (hex ? 7u : DIGITS_MAX))
		config_fault(load, file, line, "the number %.*s is longer than the reader can hold and would be cut; "
			"expected at most %d digits, or a text in quotes", n > 40 ? 40 : (int)n, p, DIGITS_MAX);
	return n;
}

struct scanner { const char *p, *end; int line; };

/* Over a text in quotes or a remark; true when it moved. */
static bool skip_quiet(struct scanner *s)
{
	char kind = *s->p == '"' ? '"' : *s->p == '#' ? '#' : 0;

	if (*s->p == '/' && s->end - s->p > 1 && (s->p[1] == '/' || s->p[1] == '*'))
		kind = s->p[1];
	if (kind == 0)
		return false;
	s->p += kind == '*' ? 2 : 1;
	for (; s->p < s->end; s->p++) {
		if ((kind == '#' || kind == '/') && *s->p == '\n')
			return true;
		if (*s->p == '\n')
			s->line++;
		if (kind == '"' && *s->p == '\\' && s->end - s->p > 1 && s->p[1] != '\n')
			s->p++;
		else if (kind == '"' && *s->p == '"')
			break;
		else if (kind == '*' && *s->p == '*' && s->end - s->p > 1 && s->p[1] == '/') {
			s->p++;
			break;
		}
	}
	if (s->p < s->end)
		s->p++;
	return true;
}

/* What the reader would take in silence. */
static void scan_text(struct config_load *load, int file, struct view text)
{
	struct scanner s = { text.p, text.p + text.n, 1 };

	while (s.p < s.end) {
		if (skip_quiet(&s))
			continue;
		if (is_digit(*s.p)) {
			s.p += scan_number(load, file, s.line, s.p, s.end);
			continue;
		}
		if (is_word(*s.p)) {
			while (s.p < s.end && (is_word(*s.p) || *s.p == '-' || *s.p == '*'))
				s.p++;
			continue;
		}
		if (*s.p == '\n')
			s.line++;
		s.p++;
	}
}

static bool refuse_include(struct config_load *load, int file, struct view text)
{
	struct view rest = text, line;
	bool found = false;

	for (int n = 1; view_cut(&rest, '\n', &line); n++) {
		while (line.n > 0 && (*line.p == ' ' || *line.p == '\t'))
			line = view_sub(line, 1, line.n);
		if (!view_starts(line, VIEW("@include")))
			continue;
		config_fault(load, file, n, "'@include' is not followed; expected every key in this file, or another "
			"file in the same folder");
		found = true;
	}
	return found;
}

static void say_syntax(struct config_load *load, int file, int line, const char *why, struct view text)
{
	struct view rest = text, at = { NULL, 0 };
	struct buf shown = { .max = 1024 };
	bool generic = why == NULL || strcmp(why, "syntax error") == 0;

	for (int n = 0; n < line && view_cut(&rest, '\n', &at); n++)
		;
	escape_text(&shown, view_sub(view_trim(at), 0, LINE_SHOWN));
	config_fault(load, file, line, "%s near '%s'; expected key = value, a text in quotes, and ';' at the end of "
		"this line or the one before", generic ? "the text cannot be read" : why, buf_cstr(&shown));
	buf_release(&shown);
}

static bool take(struct config_load *load, int file, config_setting_t *from, struct config_node *to, int depth);

static bool take_kids(struct config_load *load, int file, config_setting_t *from, struct config_node *to, int depth)
{
	int n = config_setting_length(from);

	if (depth == CONFIG_DEPTH) {
		config_fault(load, file, to->line, "'%s' is nested too deep; expected at most %d levels", to->name,
			CONFIG_DEPTH);
		return false;
	}
	if (n == 0)
		return true;
	to->kids = config_take(load, (size_t)n, sizeof(*to->kids));
	if (to->kids == NULL)
		return false;
	for (int i = 0; i < n; i++) {
		to->n_kids++;
		if (!take(load, file, config_setting_get_elem(from, (unsigned)i), &to->kids[i], depth + 1))
			return false;
	}
	return true;
}

static bool take(struct config_load *load, int file, config_setting_t *from, struct config_node *to, int depth)
{
	const char *name = config_setting_name(from);

	to->name = config_copy(load, name == NULL ? "" : name);
	to->line = (int)config_setting_source_line(from);
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_GROUP:
		to->type = NODE_GROUP;
		return take_kids(load, file, from, to, depth);
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY:
		to->type = NODE_LIST;
		return take_kids(load, file, from, to, depth);
	case CONFIG_TYPE_STRING:
		to->type = NODE_TEXT;
		to->text = config_copy(load, config_setting_get_string(from));
		return to->text != NULL;
	case CONFIG_TYPE_INT:
		to->type = NODE_INT;
		to->n = config_setting_get_int(from);
		return true;
	case CONFIG_TYPE_INT64:
		to->type = NODE_INT;
		to->n = config_setting_get_int64(from);
		return true;
	case CONFIG_TYPE_BOOL:
		to->type = NODE_BOOL;
		to->n = config_setting_get_bool(from);
		return true;
	default:
		to->type = NODE_OTHER;
		return true;
	}
}

bool config_tree(struct config_load *load, int file, struct view text, struct config_node *root)
{
	struct buf copy = { .max = CONFIG_FILE_MAX + 1 };
	config_t reader;
	bool good = false;

	memset(root, 0, sizeof(*root));
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL) {
		config_fault(load, file, 1, "the file holds a NUL byte; expected text");
		goto out;
	}
	if (refuse_include(load, file, text))
		goto out;
	scan_text(load, file, text);
	buf_view(&copy, text);
	config_init(&reader);
	if (copy.failed)
		load->no_memory = true;
	else if (config_read_string(&reader, buf_cstr(&copy)) != CONFIG_TRUE)
		say_syntax(load, file, config_error_line(&reader), config_error_text(&reader), text);
	else
		good = take(load, file, config_root_setting(&reader), root, 0);
	config_destroy(&reader);
	buf_release(&copy);
out:
	if (!good) {
		config_node_release(root);
		load->files[file].broken = true;
	}
	return good;
}

void config_node_release(struct config_node *n)
{
	for (size_t i = 0; i < n->n_kids; i++)
		config_node_release(&n->kids[i]);
	free(n->kids);
	free(n->name);
	free(n->text);
	memset(n, 0, sizeof(*n));
}

const struct config_node *config_node_find(const struct config_node *group, const char *name)
{
	for (size_t i = 0; i < group->n_kids; i++)
		if (strcmp(group->kids[i].name, name) == 0)
			return &group->kids[i];
	return NULL;
}

const char *config_node_words(const struct config_node *n)
{
	static const char *const words[] = { "a group { ... }", "a list ( ... )", "a text in quotes", "a whole number",
		"true or false", "a number with a point" };

	return words[n->type];
}
