/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_link - the encrypted pipe below sftp.c: one SSH session with the sftp subsystem open; the only user of libssh
 *
 * Public key authentication only; no agent, no known_hosts, no configuration file, no command is run.  The session
 * never blocks on its own.  Three deadlines end a call: nothing moved on the socket for timeout_ms; one step
 * (sftp_link_step) took over 10 x timeout_ms; one operation (sftp_link_operation) took over 10 x timeout_ms plus its
 * bytes at 4 KB/s, so that a server that trickles does not hold us for ever.  After -1 the link is dead for good.
 */
#pragma once

#include "channels/sftp.h"

struct sftp_link;

int sftp_link_open(struct sftp_link **out, const struct sftp_target *, struct err *);
void sftp_link_free(struct sftp_link *);		/* NULL is fine; never waits for the server */
const char *sftp_link_evidence(const struct sftp_link *);
bool sftp_link_dead(struct sftp_link *);
	/* looks at the socket once; between questions only: bytes nobody asked for count as dead */
bool sftp_link_failed(const struct sftp_link *);	/* without a look: what the calls so far have shown */
void sftp_link_kill(struct sftp_link *);		/* the protocol above was broken: nothing more goes through */

void sftp_link_operation(struct sftp_link *);
void sftp_link_step(struct sftp_link *);
int sftp_link_send(struct sftp_link *, struct view, struct err *);				/* all of it */
int sftp_link_receive(struct sftp_link *, char *to, size_t room, size_t *got, struct err *);	/* at least one byte */
