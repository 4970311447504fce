/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew - what intake and deliver share: a courier a partner, the socket to route, HELLO once a second, one place to
 * wait
 *
 * crew_open() forks the couriers, then opens the bus, then says READY, in that order.  crew_turn() waits for the first
 * thing to happen and hands it to the role: a message of route, an answer of a courier.  What the bus does not take at
 * once waits in the outbox, bounded: what falls out is sent again by the role's own repetition.
 *
 * Failure: -1 and *err ends the role (a courier died, the bus broke).
 */
#pragma once

#include "gateway/courier.h"
#include "gateway/role.h"

struct crew_member {
	const struct partner *partner;
	struct courier *courier;	/* NULL: this role has nothing to do there */
	bool busy;			/* one job at a time */
	int awaited;			/* intake's: answers of the job under way that are still to come */
	int fetches;			/* intake's: given since the last original was touched */
};

struct crew_plan {
	const char *pair;					/* "route-intake" */
	bool (*wants)(const struct partner *);
	int (*prepare)(void **ctx, const struct config *, struct err *);	/* in each courier */
	courier_work *work;
	int (*on_route)(void *ctx, const struct msg *, struct err *);
	int (*on_courier)(void *ctx, struct crew_member *, const struct msg *, struct err *);
		/* the role clears `busy` at a job's last message */
};

struct crew_letter;
struct crew {
	struct role_env *env;
	const struct crew_plan *plan;
	struct crew_member *members;	/* one a partner of the configuration, same order */
	size_t n;
	struct bus *bus;
	struct bus_socket *route;
	int epoll_fd;
	int64_t hello_at;
	struct crew_letter *first, **last;
	size_t letters;
};

int crew_open(struct crew *, struct role_env *, const struct crew_plan *, struct err *);
void crew_release(struct crew *);
int crew_turn(struct crew *, void *ctx, int timeout_ms, struct err *);
	/* 1 = told to stop, 0 = something or nothing happened, -1 */
int crew_tell(struct crew *, const struct buf *message, struct err *);	/* to route */
int crew_job(struct crew_member *, const struct buf *message, struct err *);	/* sets busy */
struct crew_member *crew_find(struct crew *, struct view partner);	/* NULL: no such partner, or none of ours */
