/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier - one forked helper process per partner: it waits on the far side so that its role never has to
 *
 * Forked after cage_enter and before ZeroMQ; it seals itself and then takes one job at a time from its parent, as wire
 * messages of at most COURIER_MESSAGE bytes on a socket pair.  Its work blocks by the channel's own deadlines; the
 * connection is kept between jobs and made anew, with a growing pause, when it is gone.  The same for a partner that
 * is a directory of this machine: a large copy must not silence a role either.
 *
 * Nobody restarts a courier: when one dies courier_recv() says so, the role ends with an error and is started again
 * whole. A courier ends with its parent (end of file, and PR_SET_PDEATHSIG should it be busy).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include "channels/far.h"
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/wire.h"
#include "gateway/cage.h"
#include "gateway/config.h"

#define COURIER_MESSAGE ((size_t)32 << 10)

struct courier;				/* the parent's side */
struct courier_self;			/* the courier's own side, in its process */

/* Does one job and tells its answer; -1 ends the courier (only for what makes every further job senseless). */
typedef int courier_work(struct courier_self *, void *ctx, const struct msg *job, struct err *);

struct courier_plan {
	const struct partner *partner;
	const struct cage *cage;
	int (*prepare)(void **ctx, const struct config *, struct err *);
		/* in the courier, before it is sealed */
	courier_work *work;
	const struct config *config;
};

int courier_start(struct courier **out, const struct courier_plan *, struct err *);
void courier_free(struct courier *);	/* closes the socket pair, ends the process; NULL is fine */
int courier_fd(const struct courier *);
pid_t courier_pid(const struct courier *);
int courier_send(struct courier *, const struct buf *message, struct err *);
	/* one job; the next when it is answered */
int courier_recv(struct courier *, struct msg *, struct err *);
	/* 1 = one message, borrowed until the next call; 0 = none now; -1 = the courier is dead or talks nonsense */

/* For the work: */
const struct partner *courier_partner(const struct courier_self *);
int courier_far(struct far **out, struct courier_self *, bool fresh, struct err *);
	/* borrowed; `fresh`: on a new connection */
int courier_tell(struct courier_self *, const struct buf *message, struct err *);
