/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus - ZeroMQ ROUTER and DEALER over ipc, one socket per pair of roles
 *
 * The hub (route; parse for sign) binds a ROUTER on a listening fd that was made before the user was dropped (ZMQ_USE_FD); the
 * others connect a DEALER whose identity is the role's name and number ("distribute.1").  ROUTER_MANDATORY is set: a message
 * to nobody is BUS_GONE, never silence; ROUTER_HANDOVER: a restarted peer takes its name over.  The bus may lose everything in
 * flight: what has no ack is sent again by its sender, and every message is idempotent.
 *
 * One message = one frame of at most BUS_MESSAGE_MAX bytes (ZMQ_MAXMSGSIZE drops a peer that sends more); a message of several
 * frames, or from a peer whose name is not bus_name_ok(), is dropped unseen.  An unread peer can make us hold BUS_UNREAD
 * messages; what we queue towards a peer is bounded by credit (docs/wire.md), at last by BUS_UNSENT messages, then BUS_FULL.
 * A DEALER queues while its hub is away and sends when it is back: what was queued for the old hub reaches the new one.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/err.h"
#include "formats/core/view.h"

#define BUS_MESSAGE_MAX ((size_t)2 << 20)
#define BUS_PEER 32
#define BUS_WAITS 64
#define BUS_UNREAD 64
#define BUS_UNSENT 1000

enum bus_sent { BUS_SENT, BUS_FULL, BUS_GONE };		/* FULL, GONE: nothing was taken; the caller keeps the message or lets it go */

struct bus;
struct bus_socket;

int bus_open(struct bus **out, struct err *);			/* the ZeroMQ context; its threads inherit the cage that is there */
void bus_free(struct bus *);					/* after its sockets; NULL is fine */
int bus_listen_fd(const char *path, int *fd, struct err *);	/* AF_UNIX listening socket at path (an old one is replaced); before the drop */
int bus_bind(struct bus_socket **out, struct bus *, int listen_fd, const char *path, struct err *);	/* the fd is the socket's from here on success */
int bus_connect(struct bus_socket **out, struct bus *, const char *path, const char *identity, struct err *);	/* reconnects by itself */
void bus_socket_free(struct bus_socket *);			/* what is unsent is lost; NULL is fine */
bool bus_name_ok(struct view name);				/* 1 to BUS_PEER - 1 of a-z A-Z 0-9 . _ - */
int bus_send(enum bus_sent *, struct bus_socket *, const char *peer, struct view message, struct err *);	/* never blocks; peer NULL on a DEALER */
int bus_recv(struct bus_socket *, char peer[BUS_PEER], struct view *message, struct err *);
	/* 1 = one message, borrowed until the next bus_recv on this socket; 0 = none now; -1.  peer is "" on a DEALER */

struct bus_wait { struct bus_socket *socket; int fd; bool readable; };	/* socket, or when NULL the fd; fd -1: never readable */
int bus_poll(struct bus *, struct bus_wait *, size_t n, int timeout_ms, struct err *);	/* number ready; EINTR = 0; n <= BUS_WAITS; timeout -1 = for ever */
