/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/pool - work on threads: each takes the next piece, so that who did what shows nowhere
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include "gateway/cli/reconcile/reconcile.h"

struct rc_pool {
	struct rc *rc;
	struct err err;
	pthread_mutex_t lock;			/* for err and the counts of rc */
	int (*one)(struct rc_pool *, struct rc_part *);
};

/* `one` for 0 to n - 1; worker is below RC_THREADS and no other thread's at that time.  -1 when one of them said so. */
int rc_each(const struct rc *, uint32_t n, int (*one)(void *ctx, uint32_t i, int worker), void *ctx);

/* Over the partitions.  `one` answers -1 when memory is short, or after it filled pool->err under the lock. */
int rc_pool_over(struct rc *, int (*one)(struct rc_pool *, struct rc_part *), struct err *err);
