/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - see tree.h.  One table for the directories that stand, the role table for the sockets', the configuration for
 * the rest
 *
 * With users of their own, a directory that is there already gets owner and mode again; a symbolic link in the place of
 * one is an error.  What lies inside is left alone.  Watched and outgoing directories below {home} are made for intake
 * and deliver; those elsewhere belong to somebody else and are not touched.
 *
 * Failure: -1 and *err at the first directory that cannot be as the table wants it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/tree.h"

#define ROLE_FIRST 1
#define SHARE_FIRST 100

enum share { SHARE_NONE, SHARE_NEW, SHARE_OUT, SHARE_MANIFESTS, SHARE_NOTICES, SHARE_CLIENT_KEYS };

#define READERS 4
static const struct { enum share share; const char *readers[READERS]; } shares[] = {
	{ SHARE_NEW, { "parse", "route" } },
	{ SHARE_OUT, { "parse", "sign", "deliver" } },
	{ SHARE_MANIFESTS, { "deliver", "report" } },
	{ SHARE_NOTICES, { "deliver" } },
	{ SHARE_CLIENT_KEYS, { "intake", "deliver" } },
};

/* A shared directory hands its group on to what is made in it (set-group-ID). */
static const struct { const char *path, *owner; mode_t mode; enum share share; } dirs[] = {
	{ "{home}", NULL, 0755, SHARE_NONE },
	{ "{home}/spool", NULL, 0755, SHARE_NONE },
	{ "{home}/spool/new", "intake", 02750, SHARE_NEW },
	{ "{home}/spool/new/tmp", "intake", 02750, SHARE_NEW },
	{ "{home}/spool/out", "route", 02750, SHARE_OUT },
	{ "{home}/spool/out/tmp", "route", 02750, SHARE_OUT },
	{ "{home}/spool/rec", "route", 0700, SHARE_NONE },
	{ "{home}/ledger", "route", 0700, SHARE_NONE },
	{ "{home}/manifests", "sign", 02750, SHARE_MANIFESTS },
	{ "{home}/reports", "report", 0755, SHARE_NONE },
	{ "{home}/reports/notices", "report", 02750, SHARE_NOTICES },
	{ "{home}/keys", NULL, 0711, SHARE_NONE },
	{ "{run}", NULL, 0755, SHARE_NONE },
	{ "{run}/control", "control", 0755, SHARE_NONE },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct owner { uid_t uid; gid_t gid; };		/* 0:0 = root, or whoever we are */

static bool own_users(const struct config *c)
{
	return c->uid_base != 0 && geteuid() == 0;
}

uid_t tree_uid(const struct config *c, const struct role *row)
{
	for (uid_t i = 0; own_users(c) && roles[i].name != NULL; i++)
		if (strcmp(roles[i].name, row->name) == 0)
			return c->uid_base + ROLE_FIRST + i;
	return 0;
}

static uid_t uid_of(const struct config *c, const char *name)
{
	const struct role *row = name == NULL ? NULL : role_find(view_of(name));

	return row == NULL ? 0 : tree_uid(c, row);
}

static gid_t gid_of_share(const struct config *c, enum share share)
{
	return own_users(c) ? c->uid_base + SHARE_FIRST + (gid_t)share : 0;
}

size_t tree_groups(const struct config *c, const struct role *row, gid_t out[CAGE_GROUPS])
{
	size_t n = 0;

	for (size_t i = 0; own_users(c) && i < COUNT(shares); i++)
		for (size_t k = 0; k < READERS && shares[i].readers[k] != NULL; k++)
			if (strcmp(shares[i].readers[k], row->name) == 0 && n < CAGE_GROUPS)
				out[n++] = gid_of_share(c, shares[i].share);
	return n;
}

bool tree_path(const struct config *c, const char *pattern, char *out, size_t cap)
{
	static const struct view home = VIEW_INIT("{home}"), run = VIEW_INIT("{run}"), modules = VIEW_INIT("{modules}");
	struct view v = view_of(pattern);
	const char *base = "";
	int n;

	if (view_starts(v, home))
		base = c->home, pattern += home.n;
	else if (view_starts(v, run))
		base = c->run, pattern += run.n;
	else if (view_starts(v, modules))
		base = c->modules, pattern += modules.n;
	n = snprintf(out, cap, "%s%s", base, pattern);
	return n >= 0 && (size_t)n < cap;
}

static int make_dir(const char *path, mode_t mode, struct owner o, bool change, struct err *e)
{
	bool made = mkdir(path, 0700) == 0;
	int fd = -1, rc = -1;

	if (!made && errno != EEXIST)
		return err_set(e, errno, "cannot make the directory '%s': %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return err_set(e, errno, "cannot use the directory '%s': %s", path, strerror(errno));
	if (change && fchown(fd, o.uid, o.gid) == -1) {
		err_set(e, errno, "cannot give the directory '%s' to %u:%u: %s", path, o.uid, o.gid, strerror(errno));
		goto out;
	}
	if ((made || change) && fchmod(fd, mode) == -1) {	/* after chown, which clears set-group-ID */
		err_set(e, errno, "cannot set the mode of '%s': %s", path, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	close(fd);
	return rc;
}

/* Every missing parent, as a plain directory. */
static int make_parents(const char *path, struct err *e)
{
	char part[4096];

	for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		if ((size_t)(slash - path) >= sizeof(part))
			return err_set(e, ENAMETOOLONG, "the path '%s' is too long", path);
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
		if (mkdir(part, 0755) == -1 && errno != EEXIST && errno != EROFS)
			return err_set(e, errno, "cannot make the directory '%s': %s", part, strerror(errno));
	}
	return 0;
}

static int make_standing(const struct config *c, struct err *e)
{
	char path[4096];

	if (make_parents(c->home, e) == -1 || make_parents(c->run, e) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(dirs); i++) {
		struct owner o = { uid_of(c, dirs[i].owner), uid_of(c, dirs[i].owner) };

		if (dirs[i].share != SHARE_NONE)
			o.gid = gid_of_share(c, dirs[i].share);
		if (!tree_path(c, dirs[i].path, path, sizeof(path)))
			return err_set(e, ENAMETOOLONG, "the path of '%s' is too long", dirs[i].path);
		if (make_dir(path, dirs[i].mode, o, own_users(c), e) == -1)
			return -1;
	}
	return 0;
}

static const struct role *connector(const char *pair)
{
	for (const struct role *r = roles; r->name != NULL; r++)
		for (size_t i = 0; i < ROLE_PAIRS && r->connects[i] != NULL; i++)
			if (strcmp(r->connects[i], pair) == 0)
				return r;
	return NULL;
}

/* {run}/PAIR: the binder's; the connector's group may pass through it and nobody may list it. */
static int make_pairs(const struct config *c, struct err *e)
{
	char path[4096];

	for (const struct role *r = roles; r->name != NULL; r++) {
		for (size_t i = 0; i < ROLE_PAIRS && r->binds[i] != NULL; i++) {
			const struct role *peer = connector(r->binds[i]);
			struct owner o = { tree_uid(c, r), peer == NULL ? tree_uid(c, r) : tree_uid(c, peer) };
			int n = snprintf(path, sizeof(path), "%s/%s", c->run, r->binds[i]);

			if (n < 0 || (size_t)n >= sizeof(path))
				return err_set(e, ENAMETOOLONG, "the path of '%s' is too long", r->binds[i]);
			if (make_dir(path, 0710, o, own_users(c), e) == -1)
				return -1;
		}
	}
	return 0;
}

static bool below_home(const struct config *c, const char *path)
{
	size_t n = strlen(c->home);

	return strncmp(path, c->home, n) == 0 && path[n] == '/' && strstr(path, "/..") == NULL;
}

static int make_channel_dir(const struct config *c, const char *path, const char *role, struct err *e)
{
	uid_t uid = uid_of(c, role);

	if (path[0] != '/' || !below_home(c, path))
		return 0;
	if (make_parents(path, e) == -1)
		return -1;
	return make_dir(path, 0770, (struct owner){ uid, uid }, own_users(c), e);
}

static int make_channels(const struct config *c, struct err *e)
{
	for (size_t i = 0; i < c->n_partners; i++) {
		const struct partner *p = &c->partners[i];

		for (size_t k = 0; p->kind == CHANNEL_DIR && k < p->n_in; k++)
			if (make_channel_dir(c, p->in[k].path, "intake", e) == -1
					|| make_channel_dir(c, p->in[k].done_path, "intake", e) == -1)
				return -1;
		for (size_t k = 0; p->kind == CHANNEL_DIR && k < p->n_out; k++)
			if (make_channel_dir(c, p->out[k].path, "deliver", e) == -1
					|| make_channel_dir(c, p->out[k].manifest_path, "deliver", e) == -1)
				return -1;
	}
	return 0;
}

bool tree_key_ok(const struct config *c, const char *path)
{
	size_t n = strlen(c->home);

	if (strncmp(path, c->home, n) != 0 || strncmp(path + n, "/keys/", 6) != 0)
		return false;
	path += n + 6;
	return *path != '\0' && *path != '.' && strchr(path, '/') == NULL;
}

static int give_key(const struct config *c, const char *key, const char *path, struct owner o, mode_t mode,
		struct err *e)
{
	struct stat st;
	int fd, rc = -1;

	if (path[0] == '\0')
		return 0;
	if (!tree_key_ok(c, path))
		return err_set(e, EINVAL,
			"%s '%s' must lie in '%s/keys' when uid_base is set: its owner becomes the role that uses it",
			key, path, c->home);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 && errno == ENOENT)
		return 0;			/* the role that needs it says so */
	if (fd == -1)
		return err_set(e, errno, "cannot open %s '%s': %s", key, path, strerror(errno));
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_nlink != 1) {
		err_set(e, EINVAL, "%s '%s' is not a plain file of one name", key, path);
		goto out;
	}
	if (fchown(fd, o.uid, o.gid) == -1 || fchmod(fd, mode) == -1) {
		err_set(e, errno, "cannot give %s '%s' to %u:%u: %s", key, path, o.uid, o.gid, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	close(fd);
	return rc;
}

static int give_keys(const struct config *c, struct err *e)
{
	uid_t sign = uid_of(c, "sign");

	if (!own_users(c))
		return 0;
	if (give_key(c, "signer_key", c->signer_key, (struct owner){ sign, sign }, 0400, e) == -1)
		return -1;
	for (size_t i = 0; i < c->n_partners; i++)
		if (give_key(c, "client_key", c->partners[i].client_key,
				(struct owner){ 0, gid_of_share(c, SHARE_CLIENT_KEYS) }, 0440, e) == -1)
			return -1;
	return 0;
}

int tree_prepare(const struct config *c, struct err *e)
{
	if (make_standing(c, e) == -1 || make_pairs(c, e) == -1 || make_channels(c, e) == -1)
		return -1;
	return give_keys(c, e);
}
