/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - the directories below {home} and {run}: who owns each, who else reads it
 *
 * tree_prepare() makes them, before any role starts; it is idempotent.  Started as root with a uid_base, role i of
 * roles[] is user and group uid_base + 1 + i, and each shared thing has a group of its own, uid_base + 100 + n, that is
 * given to the roles which may read it: owners and modes alone then hold what Landlock would hold.  Otherwise everybody
 * is who we are, and the tree is only made.
 *
 * Keys: with a uid_base, signer_key becomes readable by sign alone and a client_key by intake and deliver; both must
 * lie in {home}/keys, since no file elsewhere is given to another owner behind its own owner's back.
 */
#pragma once

#include "gateway/role.h"

int tree_prepare(const struct config *, struct err *);

/* The user of a row, 0 = stay who we are; the groups it gets besides its own. */
uid_t tree_uid(const struct config *, const struct role *);
size_t tree_groups(const struct config *, const struct role *, gid_t out[CAGE_GROUPS]);

/* "{home}/spool/new" and the like as it is here; false when it does not fit. */
bool tree_path(const struct config *, const char *pattern, char *out, size_t cap);

/* A key where uid_base wants it: {home}/keys/NAME. */
bool tree_key_ok(const struct config *, const char *path);
