/* SPDX-License-Identifier: Apache-2.0 */
/*
 * far - the far side: a directory on this machine or at a partner's, by the same few verbs
 *
 * dir.c and sftp.c answer the same questions, so that whoever fetches or delivers asks once.  A place is a directory
 * and a name in it.  Functions return -1 and fill *err; err.code is ENOENT, EACCES, EEXIST, ETIMEDOUT ... where the
 * far side said so. far_dead(): the link is gone and the outcome of the last call is uncertain: look again on a new
 * connection.
 *
 * Names from the far side are hostile until far_name() says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

#define FAR_NAME_MAX 200		/* bytes; a longer name is not taken */
#define FAR_PATH_MAX 1024
#define FAR_LIST_MAX 100000		/* names of one directory; more is an error */

enum far_found { FAR_THERE, FAR_NOT_THERE };
enum far_name { FAR_PLAIN, FAR_TEMPORARY, FAR_HOSTILE };

struct far_attrs {
	uint64_t size;
	int64_t mtime;			/* seconds */
	int64_t mtime_ns;		/* the part below a second; 0 where the far side has none */
	bool regular, is_dir;
};

typedef int far_each(void *ctx, struct view name, const struct far_attrs *);	/* not 0 ends the list with -1 */
typedef int far_sink(void *ctx, struct view bytes, struct err *);

/*
 * TEMPORARY: a leading dot, *.part *.partial *.tmp *.temp *.filepart *.swp *.crdownload *~ : somebody still writes it.
 * HOSTILE: empty, over FAR_NAME_MAX, a '/', a control character, bytes that are not UTF-8: never used as a path.
 */
enum far_name far_name(struct view name);

struct far_target {
	bool sftp;			/* else a directory of this machine, and the rest is not read */
	const char *host, *user, *host_key, *client_key;
	int port, timeout_ms;
};

struct far;
int far_open(struct far **out, const struct far_target *, struct err *);
void far_free(struct far *);				/* NULL is fine */
bool far_dead(struct far *);				/* asks the link, never blocks */
const char *far_evidence(const struct far *);
	/* "kex=... cipher=... hostkey=SHA256:..."; "local" for a directory */

int far_list(struct far *, const char *dir, far_each *, void *ctx, struct err *);
int far_stat(struct far *, const char *dir, const char *name, enum far_found *, struct far_attrs *, struct err *);
int far_get(struct far *, const char *dir, const char *name, far_sink *, void *ctx, uint64_t *size, struct err *);
	/* *size: bytes given to the sink */
int far_put(struct far *, const char *dir, const char *name, int fd, uint64_t size, bool *synced, struct err *);
	/* creates it; an existing name is EEXIST */
int far_move(struct far *, const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *);
	/* never replaces: an existing name is EEXIST; EIO where the far side only says "failure" */
int far_move_unsynced(struct far *, const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *);
	/* the same for several moves: they are durable when far_sync() has done both directories */
int far_sync(struct far *, const char *dir, struct err *);	/* nothing to do where the far side keeps its own disk */
int far_remove(struct far *, const char *dir, const char *name, struct err *);
int far_make_dir(struct far *, const char *dir, struct err *);	/* an existing one is fine */
