/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_cage - from a row and a configuration to the cage that the role enters: patterns become paths
 *
 * {inbound}, {outbound} and {client_keys} stand for as many paths as the partners have.  {modules} brings the shared
 * libraries with it, `inet` the files that name resolution reads; every role may read the time zones, since banking
 * dates are local.
 *
 * Failure: -1 and *err when a row needs more paths than a cage holds.  Ownership: the arena holds the strings.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/tree.h"

#define R CAGE_READ
#define W CAGE_WRITE
#define O CAGE_OPTIONAL
#define FILES_MAX 4096

static const struct cage_path everywhere[] = {
	{ "/usr/share/zoneinfo", R | O }, { "/etc/localtime", R | O }, { "/etc/ssl/openssl.cnf", R | O },
	{ "/dev/null", W | O }, { "/dev/urandom", R | O },
};

static const struct cage_path for_modules[] = {
	{ "/usr/lib", R | O }, { "/usr/lib64", R | O }, { "/lib", R | O }, { "/lib64", R | O },
	{ "/usr/local/lib", R | O }, { "/etc/ld.so.cache", R | O },
};

static const struct cage_path for_names[] = {
	{ "/etc/resolv.conf", R | O }, { "/etc/hosts", R | O }, { "/etc/nsswitch.conf", R | O },
	{ "/etc/host.conf", R | O }, { "/etc/gai.conf", R | O }, { "/etc/services", R | O }, { "/etc/passwd", R | O },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct builder { struct cage *cage; struct arena *arena; const struct config *config; struct err *err; };

static int put(struct builder *b, const char *path, unsigned access)
{
	struct view kept;

	if (path[0] == '\0')
		return 0;
	if (b->cage->n_paths == CAGE_PATHS)
		return err_set(b->err, ENOSPC, "role '%s' needs more than %d directories: '%s' does not fit",
			b->cage->role, CAGE_PATHS, path);
	if (!arena_copy(b->arena, view_of(path), &kept))
		return err_set(b->err, ENOMEM, "cannot keep the path '%s': out of memory", path);
	b->cage->paths[b->cage->n_paths++] = (struct cage_path){ kept.p, access };
	return 0;
}

static int put_list(struct builder *b, const struct cage_path *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (put(b, list[i].path, list[i].access) == -1)
			return -1;
	return 0;
}

static int put_inbound(struct builder *b, unsigned access)
{
	for (size_t i = 0; i < b->config->n_partners; i++) {
		const struct partner *p = &b->config->partners[i];

		for (size_t k = 0; p->kind == CHANNEL_DIR && k < p->n_in; k++) {
			if (put(b, p->in[k].path, access) == -1)
				return -1;
			if (p->in[k].done_path[0] == '/' && put(b, p->in[k].done_path, access) == -1)
				return -1;
		}
	}
	return 0;
}

static int put_outbound(struct builder *b, unsigned access)
{
	for (size_t i = 0; i < b->config->n_partners; i++) {
		const struct partner *p = &b->config->partners[i];

		for (size_t k = 0; p->kind == CHANNEL_DIR && k < p->n_out; k++) {
			if (put(b, p->out[k].path, access) == -1)
				return -1;
			if (p->out[k].manifest_path[0] == '/' && put(b, p->out[k].manifest_path, access) == -1)
				return -1;
		}
	}
	return 0;
}

static int put_client_keys(struct builder *b, unsigned access)
{
	for (size_t i = 0; i < b->config->n_partners; i++)
		if (b->config->partners[i].kind == CHANNEL_SFTP
				&& put(b, b->config->partners[i].client_key, access) == -1)
			return -1;
	return 0;
}

static int put_modules(struct builder *b, unsigned access)
{
	if (put(b, b->config->modules, access) == -1)
		return -1;
	return put_list(b, for_modules, COUNT(for_modules));
}

static int put_pattern(struct builder *b, const char *pattern, unsigned access)
{
	static const struct { const char *name; int (*put)(struct builder *, unsigned); } many[] = {
		{ "{inbound}", put_inbound }, { "{outbound}", put_outbound }, { "{client_keys}", put_client_keys },
		{ "{modules}", put_modules },
	};
	const struct { const char *name, *path; } one[] = {
		{ "{signer_key}", b->config->signer_key }, { "{signer_cert}", b->config->signer_cert },
		{ "{ca}", b->config->ca },
	};
	char path[4096];

	for (size_t i = 0; i < COUNT(many); i++)
		if (strcmp(pattern, many[i].name) == 0)
			return many[i].put(b, access);
	for (size_t i = 0; i < COUNT(one); i++)
		if (strcmp(pattern, one[i].name) == 0)
			return put(b, one[i].path, access);
	if (!tree_path(b->config, pattern, path, sizeof(path)))
		return err_set(b->err, ENAMETOOLONG, "the path of '%s' is too long", pattern);
	return put(b, path, access);
}

int role_cage(struct cage *c, struct arena *arena, const struct config *config, const struct role *row, struct err *e)
{
	struct builder b = { c, arena, config, e };

	*c = (struct cage){ .role = row->name, .inet = row->inet, .forks = row->forks, .files_max = FILES_MAX };
	c->memory_max = (uint64_t)row->memory_mb << 20;
	c->uid = tree_uid(config, row);
	c->gid = c->uid;
	c->n_groups = tree_groups(config, row, c->groups);
	for (size_t i = 0; i < COUNT(row->paths) && row->paths[i].path != NULL; i++)
		if (put_pattern(&b, row->paths[i].path, row->paths[i].access) == -1)
			return -1;
	if (row->inet && put_list(&b, for_names, COUNT(for_names)) == -1)
		return -1;
	return put_list(&b, everywhere, COUNT(everywhere));
}
