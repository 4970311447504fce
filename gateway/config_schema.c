/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_schema - lays a table of keys over a group of the text, and notes every fault it meets
 *
 * One pass for the keys that should be there, one for those that are there and are not known.  A key with a fault
 * leaves its standard value behind, so that the next check has something to look at; nothing of it is used once a fault
 * was noted.
 *
 * Failure: faults are kept in the load, not returned; memory that is short sets no_memory.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_schema.h"

#define FAULT_TEXT 1024

void *config_take(struct config_load *load, size_t n, size_t size)
{
	void *p = calloc(n == 0 ? 1 : n, size);

	if (p == NULL)
		load->no_memory = true;
	return p;
}

char *config_copy(struct config_load *load, const char *text)
{
	char *p = strdup(text);

	if (p == NULL)
		load->no_memory = true;
	return p;
}

char *config_path(struct config_load *load, const char *relative)
{
	struct buf path = { .max = 8192 };
	char *p;

	if (relative[0] == '\0' || relative[0] == '/')
		return config_copy(load, relative);
	buf_fmt(&path, "%s/%s", load->config->dir, relative);
	p = config_copy(load, buf_cstr(&path));
	buf_release(&path);
	return p;
}

__attribute__((format(printf, 4, 0)))
static void fault_va(struct config_load *load, int file, int line, const char *fmt, va_list ap)
{
	char text[FAULT_TEXT];
	struct config_fault *more;

	if (load->files[file].broken)
		return;
	if (load->n_faults == CONFIG_FAULTS) {
		load->unseen++;
		return;
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	more = realloc(load->faults, (load->n_faults + 1) * sizeof(*more));
	if (more == NULL) {
		load->no_memory = true;
		return;
	}
	load->faults = more;
	more[load->n_faults] = (struct config_fault){ file, line, (int)load->n_faults, config_copy(load, text),
		load->at, load->group, load->missing };
	load->n_faults++;
}

void config_fault(struct config_load *load, int file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fault_va(load, file, line, fmt, ap);
	va_end(ap);
}

void config_origin_add(struct config_load *load, const void *object, int file, const struct config_node *node)
{
	struct config_origin *more = realloc(load->origins, (load->n_origins + 1) * sizeof(*more));

	if (more == NULL) {
		load->no_memory = true;
		return;
	}
	load->origins = more;
	more[load->n_origins++] = (struct config_origin){ object, file, node };
}

/* The group's own line is where its brace opens; for a whole file that says nothing, so line 1 stands for it. */
static int line_of(const struct config_node *group)
{
	return group->line > 0 ? group->line : 1;
}

static const struct config_origin *origin_of(const struct config_load *load, const void *object)
{
	for (size_t i = 0; i < load->n_origins; i++)
		if (load->origins[i].object == object)
			return &load->origins[i];
	return NULL;
}

/* A key of the object, or of one of its groups. */
static const struct config_node *node_of(const struct config_node *object, const char *key)
{
	const struct config_node *node = config_node_find(object, key);

	for (size_t i = 0; node == NULL && i < object->n_kids; i++)
		if (object->kids[i].type == NODE_GROUP)
			node = config_node_find(&object->kids[i], key);
	return node;
}

bool config_faulty(const struct config_load *load, const void *object, const char *key)
{
	const struct config_origin *o = origin_of(load, object);
	const struct config_node *node = o == NULL || key == NULL ? NULL : node_of(o->node, key);

	for (size_t i = 0; o != NULL && key != NULL && i < load->n_faults; i++) {
		const struct config_fault *f = &load->faults[i];

		if ((node != NULL && f->key == node) || (f->missing != NULL && f->group == o->node &&
		    strcmp(f->missing, key) == 0))
			return true;
	}
	return false;
}

void config_fault_at(struct config_load *load, const void *object, const char *key, const char *fmt, ...)
{
	const struct config_origin *o = origin_of(load, object);
	const struct config_node *node;
	va_list ap;

	if (o == NULL || config_faulty(load, object, key))
		return;
	node = key == NULL ? NULL : node_of(o->node, key);
	va_start(ap, fmt);
	fault_va(load, o->file, node == NULL ? line_of(o->node) : node->line, fmt, ap);
	va_end(ap);
}

static const struct config_key *key_find(const struct config_table *t, const char *name)
{
	for (const struct config_key *k = t->keys; k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

static void list_keys(const struct config_table *t, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (const struct config_key *k = t->keys; k->name != NULL && n < cap; k++) {
		int w = snprintf(out + n, cap - n, "%s%s", n == 0 ? "" : ", ", k->name);

		n += w > 0 ? (size_t)w : 0;
	}
}

static void unknown_keys(struct config_load *load, int file, const struct config_node *group,
	const struct config_table *t)
{
	char known[640];

	for (size_t i = 0; i < group->n_kids; i++) {
		if (key_find(t, group->kids[i].name) != NULL)
			continue;
		list_keys(t, known, sizeof(known));
		config_fault(load, file, group->kids[i].line, "unknown key '%s' in %s; expected one of %s",
			group->kids[i].name, t->what, known);
	}
}

static const char *kind_words(const struct config_key *k)
{
	switch (k->kind) {
	case KEY_INT:
	case KEY_UID:
		return "a whole number";
	case KEY_BOOL:
		return "true or false";
	case KEY_PAIRS:
		return "a group { name = \"value\"; }";
	case KEY_LIST:
		return "a list ( { ... }, { ... } )";
	case KEY_GROUP:
		return "a group { ... }";
	default:
		return "a text in quotes";
	}
}

static bool kind_fits(const struct config_key *k, const struct config_node *n)
{
	switch (k->kind) {
	case KEY_INT:
	case KEY_UID:
		return n->type == NODE_INT;
	case KEY_BOOL:
		return n->type == NODE_BOOL;
	case KEY_PAIRS:
	case KEY_GROUP:
		return n->type == NODE_GROUP;
	case KEY_LIST:
		return n->type == NODE_LIST;
	default:
		return n->type == NODE_TEXT;
	}
}

static bool word_index(const struct config_key *k, const char *text, int *index)
{
	for (int i = 0; k->words[i] != NULL; i++) {
		if (strcmp(k->words[i], text) != 0)
			continue;
		*index = i;
		return true;
	}
	return false;
}

static void list_words(const struct config_key *k, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; k->words[i] != NULL && n < cap; i++) {
		int w = snprintf(out + n, cap - n, "%s\"%s\"", i == 0 ? "" : k->words[i + 1] == NULL ? " or " : ", ",
			k->words[i]);

		n += w > 0 ? (size_t)w : 0;
	}
}

/* Empty texts are absent texts: where one is required, "" does not do. */
static bool text_good(const struct config_place *w, const struct config_key *k)
{
	const char *text = w->key->text;
	char words[200];
	int index;

	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x20 && *p != 0x7f)
			continue;
		config_fault(w->load, w->file, w->key->line, "'%s' holds a control character; expected printable text",
			k->name);
		return false;
	}
	if (text[0] == '\0' && k->required) {
		config_fault(w->load, w->file, w->key->line, "'%s' is empty; expected %s", k->name, k->expected == NULL
			? "a text" : k->expected);
		return false;
	}
	if (k->kind == KEY_WORD && !word_index(k, text, &index)) {
		list_words(k, words, sizeof(words));
		config_fault(w->load, w->file, w->key->line, "'%s' is \"%s\"; expected %s", k->name, text, words);
		return false;
	}
	if (text[0] != '\0' && k->good != NULL && !k->good(text)) {
		config_fault(w->load, w->file, w->key->line, "'%s' is \"%s\"; expected %s", k->name, text, k->expected);
		return false;
	}
	return true;
}

/* NULL: the key is absent or has a fault; its standard value stands there then. */
static void put_text(struct config_load *load, const struct config_key *k, const char *text, void *at)
{
	const char *value = text != NULL ? text : k->standard != NULL ? k->standard : "";
	int index = 0;

	if (k->kind == KEY_WORD) {
		word_index(k, value, &index);
		memcpy(at, &index, sizeof(index));
		return;
	}
	*(char **)at = k->kind == KEY_PATH ? config_path(load, value) : config_copy(load, value);
}

static void put_number(const struct config_place *w, const struct config_key *k, bool given, void *at)
{
	long long v = given ? w->key->n : k->otherwise;

	if (given && k->kind != KEY_BOOL && (v < k->min || v > k->max)) {
		config_fault(w->load, w->file, w->key->line, "'%s' is %lld; expected a whole number from %ld to %ld",
			k->name, v, k->min, k->max);
		v = k->otherwise;
	}
	if (k->kind == KEY_BOOL)
		*(bool *)at = v != 0;
	else if (k->kind == KEY_UID)
		*(uid_t *)at = (uid_t)v;
	else
		*(int *)at = (int)v;
}

static void put_pairs(const struct config_place *w, const struct config_key *k, bool given, void *base)
{
	struct config_pair **pairs = (struct config_pair **)((char *)base + k->at);
	size_t *n = (size_t *)((char *)base + k->count_at);

	*n = 0;
	*pairs = config_take(w->load, given ? w->key->n_kids : 0, sizeof(**pairs));
	for (size_t i = 0; given && *pairs != NULL && i < w->key->n_kids; i++) {
		const struct config_node *kid = &w->key->kids[i];
		char number[32];
		const char *value = kid->text;

		if (kid->type == NODE_INT) {
			snprintf(number, sizeof(number), "%lld", kid->n);
			value = number;
		} else if (kid->type == NODE_BOOL) {
			value = kid->n ? "true" : "false";
		} else if (kid->type != NODE_TEXT) {
			config_fault(w->load, w->file, kid->line, "'%s' is %s; expected a text in quotes", kid->name,
				config_node_words(kid));
			continue;
		}
		(*pairs)[*n].name = config_copy(w->load, kid->name);
		(*pairs)[*n].value = config_copy(w->load, value);
		++*n;
	}
}

static void put_list(const struct config_place *w, const struct config_key *k, bool given, void *base)
{
	char **array = (char **)((char *)base + k->at);
	size_t *n = (size_t *)((char *)base + k->count_at), kids = given ? w->key->n_kids : 0;

	*n = 0;
	*array = config_take(w->load, kids, k->item_size);
	for (size_t i = 0; *array != NULL && i < kids; i++) {
		const struct config_node *kid = &w->key->kids[i];
		void *item = *array + *n * k->item_size;

		if (kid->type != NODE_GROUP) {
			config_fault(w->load, w->file, kid->line, "an element of '%s' is %s; expected a group { ... }",
				k->name, config_node_words(kid));
			continue;
		}
		config_origin_add(w->load, item, w->file, kid);
		config_apply(w->load, w->file, kid, k->sub, item);
		++*n;
	}
}

static void apply_key(const struct config_place *w, const struct config_key *k, const struct config_table *t,
	void *base)
{
	static const struct config_node nothing;
	const struct config_node *before = w->load->at;
	bool given = w->key != NULL;
	void *at = (char *)base + k->at;

	w->load->at = w->key;
	if (given && !kind_fits(k, w->key)) {
		config_fault(w->load, w->file, w->key->line, "'%s' is %s; expected %s", k->name,
			config_node_words(w->key), kind_words(k));
		given = false;
	} else if (!given && k->required) {
		w->load->group = w->group;
		w->load->missing = k->name;
		config_fault(w->load, w->file, line_of(w->group), "'%s' is missing in %s; expected %s", k->name,
			t->what, k->expected != NULL ? k->expected : kind_words(k));
		w->load->missing = NULL;
	}
	switch (k->kind) {
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_WORD:
		put_text(w->load, k, given && text_good(w, k) ? w->key->text : NULL, at);
		break;
	case KEY_INT:
	case KEY_UID:
	case KEY_BOOL:
		put_number(w, k, given, at);
		break;
	case KEY_PAIRS:
		put_pairs(w, k, given, base);
		break;
	case KEY_LIST:
		put_list(w, k, given, base);
		break;
	case KEY_GROUP:			/* its own required keys count only where the group is there */
		if (given)
			config_apply(w->load, w->file, w->key, k->sub, base);
		else
			for (const struct config_key *s = k->sub->keys; s->name != NULL; s++) {
				struct config_key optional = *s;

				optional.required = false;
				apply_key(&(struct config_place){ w->load, w->file, &nothing, NULL }, &optional, k->sub,
					base);
			}
		break;
	case KEY_OWN:
		k->own(&(struct config_place){ w->load, w->file, w->group, given ? w->key : NULL }, base);
		break;
	}
	w->load->at = before;
}

void config_apply(struct config_load *load, int file, const struct config_node *group, const struct config_table *t,
	void *base)
{
	for (const struct config_key *k = t->keys; k->name != NULL; k++)
		apply_key(&(struct config_place){ load, file, group, config_node_find(group, k->name) }, k, t, base);
	unknown_keys(load, file, group, t);
}

static void free_pairs(struct config_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(pairs[i].name);
		free(pairs[i].value);
	}
	free(pairs);
}

void config_unapply(const struct config_table *t, void *base)
{
	for (const struct config_key *k = t->keys; k->name != NULL; k++) {
		void *at = (char *)base + k->at;

		if (k->kind == KEY_TEXT || k->kind == KEY_PATH || (k->kind == KEY_OWN && k->at != 0)) {
			free(*(char **)at);
		} else if (k->kind == KEY_PAIRS) {
			free_pairs(*(struct config_pair **)at, *(size_t *)((char *)base + k->count_at));
		} else if (k->kind == KEY_GROUP) {
			config_unapply(k->sub, base);
		} else if (k->kind == KEY_LIST) {
			for (size_t i = 0; i < *(size_t *)((char *)base + k->count_at); i++)
				config_unapply(k->sub, *(char **)at + i * k->item_size);
			free(*(char **)at);
		}
	}
}
