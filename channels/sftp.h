/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp - an SFTP version 3 client of our own on libssh's channels: pipelined, with deadlines, evidence first
 *
 * Reads and writes keep up to 2 MiB in flight (255 KiB x 8 where the server announces such packets, else 32 KiB x
 * 64).  Data reaches the sink strictly in order; a short reply asks for its rest; a file that ends before or after the
 * size it had at the start is an error.  Deadlines are ours: a link on which nothing moves for timeout_ms is dead, and
 * so is one that trickles (sftp_link.h).  A dead link is an error with sftp_dead() set: the caller must look again on
 * a new connection before it decides.  The server's host key must equal the configured one.  A hostile server is in
 * the threat model: every length it sends is bounded, an answer to no question ends the session.
 *
 * Paths are relative to the login directory or absolute, as the server sees them.
 */
#pragma once

#include "channels/far.h"

struct sftp_target {
	const char *host, *user;
	const char *host_key;		/* "ssh-ed25519 AAAA...", what the server must show */
	const char *client_key;		/* path of a private key without a pass phrase */
	int port, timeout_ms;
};

struct sftp;

int sftp_connect(struct sftp **out, const struct sftp_target *, struct err *);
void sftp_close(struct sftp *);				/* NULL is fine */
const char *sftp_evidence(const struct sftp *);		/* "kex=... cipher=... hostkey=SHA256:..." */
bool sftp_dead(struct sftp *);				/* the link is gone; asks the socket, never blocks */

int sftp_list(struct sftp *, const char *path, far_each *, void *ctx, struct err *);
int sftp_stat_path(struct sftp *, const char *path, enum far_found *, struct far_attrs *, struct err *);
	/* of the name itself: links are not followed */
int sftp_get(struct sftp *, const char *path, far_sink *, void *ctx, uint64_t *size, struct err *);
int sftp_put(struct sftp *, const char *path, int fd, uint64_t size, bool *synced, struct err *);
	/* O_EXCL create, reads fd by pread from 0, fsync@openssh.com when offered (*synced), close */
int sftp_move(struct sftp *, const char *from, const char *to, struct err *);
	/* plain RENAME: OpenSSH refuses an existing name, others may not */
int sftp_remove_path(struct sftp *, const char *path, struct err *);
int sftp_make_dir(struct sftp *, const char *path, struct err *);
