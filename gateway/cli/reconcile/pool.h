/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - work on threads: each takes the next partition, so that who did what shows nowhere
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include "gateway/cli/reconcile/reconcile.h"

struct rc_pool {
	struct rc *rc;
	atomic_uint next;
	atomic_int failed;
	struct err err;
	pthread_mutex_t lock;			/* for err and the counts of rc */
	int (*one)(struct rc_pool *, struct rc_part *);
};

/* `one` answers -1 when memory is short, or after it filled pool->err under the lock. */
int rc_pool_over(struct rc *, int (*one)(struct rc_pool *, struct rc_part *), struct err *);
