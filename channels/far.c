/* SPDX-License-Identifier: Apache-2.0 */
/*
 * far - see far.h: one switch between a directory here and a partner's SFTP server
 *
 * Version 3 of SFTP answers "failure" for almost everything, so an existing name is looked for: before a move, since
 * some servers replace, and after a refused put or move, to tell EEXIST from the rest.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/dir.h"
#include "channels/far.h"
#include "channels/sftp.h"
#include "formats/core/utf8.h"

#define PATH_ROOM (FAR_PATH_MAX + 256 + 2)

struct far { struct sftp *sftp; };		/* NULL: a directory of this machine */

static bool ends_with(struct view name, struct view tail)
{
	return name.n >= tail.n && view_eq(view_sub(name, name.n - tail.n, tail.n), tail);
}

static bool printable(struct view name)
{
	for (size_t i = 0, step; i < name.n; i += step) {
		unsigned char c = (unsigned char)name.p[i];

		step = utf8_length(name.p + i, name.n - i);
		if (step == 0 || c < 0x20 || c == 0x7f || c == '/'
		    || (c == 0xc2 && (unsigned char)name.p[i + 1] < 0xa0))
			return false;
	}
	return true;
}

enum far_name far_name(struct view name)
{
	static const struct view tails[] = {
		VIEW_INIT(".part"), VIEW_INIT(".partial"), VIEW_INIT(".tmp"), VIEW_INIT(".temp"), VIEW_INIT(".filepart"),
		VIEW_INIT(".swp"), VIEW_INIT(".crdownload"), VIEW_INIT("~"),
	};

	if (name.n == 0 || name.n > FAR_NAME_MAX || !printable(name))
		return FAR_HOSTILE;
	if (name.p[0] == '.')
		return FAR_TEMPORARY;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		if (ends_with(name, tails[i]))
			return FAR_TEMPORARY;
	return FAR_PLAIN;
}

int far_open(struct far **out, const struct far_target *t, struct err *e)
{
	struct sftp_target s = {
		.host = t->host, .user = t->user, .host_key = t->host_key, .client_key = t->client_key, .port = t->port,
		.timeout_ms = t->timeout_ms,
	};
	struct far *f = calloc(1, sizeof(*f));

	*out = NULL;
	if (f == NULL)
		return err_set(e, ENOMEM, "no memory for a channel");
	if (t->sftp && sftp_connect(&f->sftp, &s, e) != 0) {
		free(f);
		return -1;
	}
	*out = f;
	return 0;
}

void far_free(struct far *f)
{
	if (f == NULL)
		return;
	sftp_close(f->sftp);
	free(f);
}

bool far_dead(struct far *f)
{
	return f->sftp != NULL && sftp_dead(f->sftp);
}

const char *far_evidence(const struct far *f)
{
	return f->sftp != NULL ? sftp_evidence(f->sftp) : "local";
}

/* "dir/name"; an empty dir or "." is the login directory. */
static int join(char out[PATH_ROOM], const char *dir, const char *name, struct err *e)
{
	size_t n = strlen(dir);
	int used;

	if (name[0] == '\0' || strchr(name, '/') != NULL || strlen(name) > 255 || n > FAR_PATH_MAX - 256)
		return err_set(e, EINVAL, "path is too long, or a name is empty or holds a '/'");
	if (n == 0 || strcmp(dir, ".") == 0)
		used = snprintf(out, PATH_ROOM, "%s", name);
	else
		used = snprintf(out, PATH_ROOM, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
	return used > 0 && used < PATH_ROOM ? 0 : err_set(e, ENAMETOOLONG, "path is too long");
}

static const char *sftp_dir(const char *dir)
{
	return dir[0] == '\0' ? "." : dir;
}

int far_list(struct far *f, const char *dir, far_each *each, void *ctx, struct err *e)
{
	return f->sftp != NULL ? sftp_list(f->sftp, sftp_dir(dir), each, ctx, e) : dir_list(dir, each, ctx, e);
}

int far_stat(struct far *f, const char *dir, const char *name, enum far_found *found, struct far_attrs *attrs,
	     struct err *e)
{
	char path[PATH_ROOM];

	if (f->sftp == NULL)
		return dir_stat(dir, name, found, attrs, e);
	return join(path, dir, name, e) != 0 ? -1 : sftp_stat_path(f->sftp, path, found, attrs, e);
}

int far_get(struct far *f, const char *dir, const char *name, far_sink *sink, void *ctx, uint64_t *size, struct err *e)
{
	char path[PATH_ROOM];

	*size = 0;
	if (f->sftp == NULL)
		return dir_get(dir, name, sink, ctx, size, e);
	return join(path, dir, name, e) != 0 ? -1 : sftp_get(f->sftp, path, sink, ctx, size, e);
}

/* After "failure" on a living link: the name is there already.  *e becomes EEXIST. */
static int tell_existing(struct far *f, const char *path, struct err *e)
{
	enum far_found found = FAR_NOT_THERE;
	struct far_attrs attrs;

	if (e != NULL && e->code == EIO && !sftp_dead(f->sftp)
	    && sftp_stat_path(f->sftp, path, &found, &attrs, NULL) == 0 && found == FAR_THERE)
		err_set(e, EEXIST, "'%.200s' exists already", path);
	return -1;
}

int far_put(struct far *f, const char *dir, const char *name, int fd, uint64_t size, bool *synced, struct err *e)
{
	char path[PATH_ROOM];
	struct err own = { 0 };

	if (e == NULL)
		e = &own;
	*synced = false;
	if (f->sftp == NULL) {
		*synced = dir_put(dir, name, fd, size, e) == 0;
		return *synced ? 0 : -1;
	}
	if (join(path, dir, name, e) != 0)
		return -1;
	return sftp_put(f->sftp, path, fd, size, synced, e) == 0 ? 0 : tell_existing(f, path, e);
}

int far_move_unsynced(struct far *f, const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *e)
{
	struct err own = { 0 };

	if (f->sftp != NULL)
		return far_move(f, from_dir, from, to_dir, to, e);
	return dir_move_unsynced(from_dir, from, to_dir, to, e != NULL ? e : &own);
}

int far_sync(struct far *f, const char *dir, struct err *e)
{
	return f->sftp != NULL ? 0 : dir_sync(dir, e);
}

int far_move(struct far *f, const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *e)
{
	char old_path[PATH_ROOM], new_path[PATH_ROOM];
	enum far_found found;
	struct far_attrs attrs;
	struct err own = { 0 };

	if (e == NULL)
		e = &own;
	if (f->sftp == NULL)
		return dir_move(from_dir, from, to_dir, to, e);
	if (join(old_path, from_dir, from, e) != 0 || join(new_path, to_dir, to, e) != 0)
		return -1;
	if (sftp_stat_path(f->sftp, new_path, &found, &attrs, e) != 0)
		return -1;
	if (found == FAR_THERE)
		return err_set(e, EEXIST, "'%.200s' exists already", new_path);
	return sftp_move(f->sftp, old_path, new_path, e) == 0 ? 0 : tell_existing(f, new_path, e);
}

int far_remove(struct far *f, const char *dir, const char *name, struct err *e)
{
	char path[PATH_ROOM];

	if (f->sftp == NULL)
		return dir_remove(dir, name, e);
	return join(path, dir, name, e) != 0 ? -1 : sftp_remove_path(f->sftp, path, e);
}

int far_make_dir(struct far *f, const char *dir, struct err *e)
{
	enum far_found found = FAR_NOT_THERE;
	struct far_attrs attrs;

	if (f->sftp == NULL)
		return dir_make(dir, e);
	if (sftp_make_dir(f->sftp, dir, e) == 0)
		return 0;
	if (!sftp_dead(f->sftp) && sftp_stat_path(f->sftp, dir, &found, &attrs, NULL) == 0 && found == FAR_THERE
	    && attrs.is_dir)
		return 0;
	return -1;
}
