/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_schema - how the text of a configuration becomes struct config: a neutral tree, tables of keys, faults
 *
 * config_read.c makes the tree (and alone knows libconfig); config_schema.c lays a table over a group of it;
 * config_keys.c holds the tables; config_check.c compares what stands in different places; config.c walks the
 * directory.  Only these files include this header.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "gateway/config.h"

#define CONFIG_FILE_MAX ((size_t)1 << 20)
#define CONFIG_FILES 512			/* in one folder */
#define CONFIG_DEPTH 8
#define CONFIG_FAULTS 200			/* more are counted, not shown */

enum node_type { NODE_GROUP, NODE_LIST, NODE_TEXT, NODE_INT, NODE_BOOL, NODE_OTHER };

struct config_node {
	char *name;				/* "" inside a list */
	int line;
	enum node_type type;
	long long n;				/* INT, BOOL */
	char *text;				/* TEXT */
	struct config_node *kids;		/* GROUP, LIST */
	size_t n_kids;
};

struct config_file {
	char *path;				/* as messages show it: DIR/channels.d/x.conf */
	char *name;				/* below DIR */
	struct config_node root;
	bool broken;				/* no tree: what is missing in it says nothing */
};

struct config_fault { int file, line, order; char *text; const struct config_node *key, *group; const char *missing; };
struct config_hashed { char *name; char sha256[65]; };
struct config_origin { const void *object; int file; const struct config_node *node; };

struct config_load {
	struct config *config;
	struct config_file *files;
	size_t n_files;
	struct config_fault *faults;
	size_t n_faults, unseen;
	struct config_origin *origins;
	size_t n_origins;
	struct config_hashed *hashed;		/* what the configuration hash covers */
	size_t n_hashed;
	const struct config_node *at;		/* the key that is being read */
	const struct config_node *group;	/* and where one is missing: in this group ... */
	const char *missing;			/* ... of this name */
	bool no_memory;
};

/* "FILE:LINE: what; expected ..." */
void config_fault(struct config_load *, int file, int line,
	const char *what_and_expected, ...) __attribute__((format(printf, 4, 5)));

/* The tree of one file's text; faults are noted, false when there is no tree. */
bool config_tree(struct config_load *, int file, struct view text, struct config_node *root);
void config_node_release(struct config_node *);
const struct config_node *config_node_find(const struct config_node *group, const char *name);
const char *config_node_words(const struct config_node *);	/* "a text in quotes", "a whole number", ... */

enum key_kind {
	KEY_TEXT,			/* char * */
	KEY_PATH,			/* char *, made absolute by the configuration directory */
	KEY_WORD,			/* an enum; `words` in its order */
	KEY_INT,			/* int */
	KEY_UID,			/* uid_t */
	KEY_BOOL,			/* bool */
	KEY_PAIRS,			/* struct config_pair *, and the number of them at `count_at` */
	KEY_LIST,			/* an array of `item_size` each, laid out by `sub`, number at `count_at` */
	KEY_GROUP,			/* `sub` fills the same struct */
	KEY_OWN,			/* a text that `own` reads; `at`: a char * of its own to be freed, or 0 */
};

struct config_table;
struct config_place { struct config_load *load; int file; const struct config_node *group, *key; };

struct config_key {
	const char *name;		/* NULL ends a table */
	enum key_kind kind;
	bool required;
	size_t at;
	const char *standard;		/* TEXT, PATH, WORD: value when absent; NULL = "" */
	long min, max, otherwise;	/* INT, UID, BOOL */
	const char *const *words;
	bool (*good)(const char *text);	/* TEXT, PATH */
	const char *expected;		/* what `good` wants, in words */
	const struct config_table *sub;
	size_t count_at, item_size;
	void (*own)(const struct config_place *, void *base);
};

struct config_table { const char *what; const struct config_key *keys; };

extern const struct config_table config_table_main, config_table_channel, config_table_operator, config_table_rules;

/* Fills `base` from `group`: every key present or absent, known or not; strings are never NULL afterwards. */
void config_apply(struct config_load *, int file, const struct config_node *group, const struct config_table *,
	void *base);
void config_unapply(const struct config_table *, void *base);			/* frees what apply took */
/* DIR/relative, or itself when absolute */
char *config_path(struct config_load *, const char *relative);
char *config_copy(struct config_load *, const char *text);
void *config_take(struct config_load *, size_t n, size_t size);

/*
 * Where an object came from, and the line of one of its keys.  A key that has a fault of its own gets no second one
 * from what follows.
 */
void config_origin_add(struct config_load *, const void *object, int file, const struct config_node *);
bool config_faulty(const struct config_load *, const void *object, const char *key);
void config_fault_at(struct config_load *, const void *object, const char *key,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void config_check(struct config_load *);
void config_check_decisions(struct config_load *);
void config_hash_add(struct config_load *, const char *name, struct view bytes);

/* Reads a file of at most CONFIG_FILE_MAX bytes. */
int config_slurp(struct buf *, const char *path, struct err *);
