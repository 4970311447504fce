/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp - an SFTP version 3 client of our own on libssh's channels: pipelined, with deadlines, evidence first
 *
 * Reads and writes keep SFTP_OUTSTANDING requests of SFTP_CHUNK bytes in flight.  Every call has the session's deadline per
 * step; a dead link is an error with `uncertain` set: the caller must look again on a new connection before it decides.
 * The server's host key must equal the configured one.  A hostile server is in the threat model: every length it sends is
 * bounded, names with '/' or control characters are refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/err.h"
#include "formats/core/view.h"

struct sftp_target {
	const char *host, *user, *host_key, *client_key;
	int port, timeout_ms;
};

enum sftp_found { SFTP_THERE, SFTP_NOT_THERE };
struct sftp_attrs { uint64_t size; int64_t mtime; uint32_t mode; bool is_dir; };
struct sftp;

int sftp_connect(struct sftp **out, const struct sftp_target *, struct err *);
const char *sftp_evidence(const struct sftp *);		/* "kex=... cipher=... hostkey=SHA256:..." */
void sftp_close(struct sftp *);				/* NULL is fine */
bool sftp_dead(const struct sftp *);			/* the link is gone: outcome of the last call uncertain */

int sftp_list(struct sftp *, const char *path, int (*each)(void *ctx, const char *name, const struct sftp_attrs *), void *ctx, struct err *);
int sftp_stat_path(struct sftp *, const char *path, enum sftp_found *, struct sftp_attrs *, struct err *);
int sftp_get(struct sftp *, const char *path, int (*sink)(void *ctx, struct view), void *ctx, uint64_t *size, struct err *);
int sftp_put(struct sftp *, const char *path, int fd, uint64_t size, bool *synced, struct err *);	/* O_EXCL create, pipelined writes, fsync@openssh.com when offered, close */
int sftp_move(struct sftp *, const char *from, const char *to, struct err *);	/* plain SSH_FXP_RENAME: refuses an existing name on OpenSSH */
int sftp_remove_path(struct sftp *, const char *path, struct err *);
