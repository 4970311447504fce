/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dir - a directory of this machine as the far side: the verbs of far.h, by openat and renameat2
 *
 * The directory itself must not be a symbolic link and names in it are never followed, so that who may write into a
 * watched directory cannot point us elsewhere.  Only regular files are read; a file that changes while it is read is
 * an error (EAGAIN).  What is put is fsynced before its name counts; a move never replaces and is fsynced on both
 * sides.
 */
#pragma once

#include "channels/far.h"

#define DIR_CLAIMS ".tallygate"		/* below a watched directory: what is claimed and not yet done with */

int dir_list(const char *dir, far_each *, void *ctx, struct err *);
int dir_stat(const char *dir, const char *name, enum far_found *, struct far_attrs *, struct err *);
int dir_get(const char *dir, const char *name, far_sink *, void *ctx, uint64_t *size, struct err *);
int dir_put(const char *dir, const char *name, int fd, uint64_t size, struct err *);
int dir_move(const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *);
int dir_move_unsynced(const char *from_dir, const char *from, const char *to_dir, const char *to, struct err *);
int dir_sync(const char *dir, struct err *);
int dir_remove(const char *dir, const char *name, struct err *);
int dir_make(const char *dir, struct err *);
