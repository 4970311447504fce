/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide - the engine over all partitions, a thread each; then once over their borders
 */
#include <stdlib.h>

#include "gateway/cli/reconcile/pool.h"

/* Work on threads: each takes the next piece */

struct each {
	int (*one)(void *ctx, uint32_t i, int worker);
	void *ctx;
	uint32_t n;
	atomic_uint next;
	atomic_int failed, worker;
};

static void *each_run(void *ctx)
{
	struct each *e = ctx;
	int worker = atomic_fetch_add(&e->worker, 1);
	unsigned i;

	while ((i = atomic_fetch_add(&e->next, 1)) < e->n)
		if (e->one(e->ctx, i, worker) != 0)
			atomic_store(&e->failed, 1);
	return NULL;
}

int rc_each(const struct rc *rc, uint32_t n, int (*one)(void *ctx, uint32_t i, int worker), void *ctx)
{
	struct each e = { .one = one, .ctx = ctx, .n = n };
	pthread_t threads[RC_THREADS];
	int started = 0;

	for (; started < rc->threads - 1 && started < RC_THREADS - 1 && (uint32_t)started + 1 < n; started++)
		if (pthread_create(&threads[started], NULL, each_run, &e) != 0)
			break;
	each_run(&e);
	while (started > 0)
		pthread_join(threads[--started], NULL);
	return e.failed ? -1 : 0;
}

static int pool_one(void *ctx, uint32_t i, int worker)
{
	struct rc_pool *p = ctx;

	(void)worker;
	return p->one(p, &p->rc->parts[i]);
}

int rc_pool_over(struct rc *rc, int (*one)(struct rc_pool *, struct rc_part *), struct err *err)
{
	struct rc_pool p = { .rc = rc, .one = one, .lock = PTHREAD_MUTEX_INITIALIZER };

	if (rc_each(rc, rc->n_parts, pool_one, &p) == 0)
		return 0;
	return p.err.code != 0 ? (*err = p.err, -1) : err_set(err, -1, "memory is short");
}

static int decide(struct rc_pool *pool, struct rc_part *p)
{
	(void)pool;
	return recon_run(&p->recon);
}

static int across(struct rc *rc, struct err *err)
{
	struct recon_left *left[2] = { NULL, NULL };
	size_t n[2] = { 0, 0 };
	int rc_code = 0;

	for (int filling = 0; filling < 2 && rc_code == 0; filling++) {
		n[0] = n[1] = 0;
		for (uint32_t i = 0; i < rc->n_parts; i++) {
			struct recon *r = &rc->parts[i].recon;
			uint32_t account = i, currency;

			while (account > 0 && view_eq(rc->parts[account - 1].account, rc->parts[i].account))
				account--;
			memcpy(&currency, rc->parts[i].currency, sizeof(currency));
			for (int side = 0; side < 2; side++) {
				struct recon_row *rows = side == 0 ? r->lines : r->items;

				for (uint32_t k = 0; k < (side == 0 ? r->n_lines : r->n_items); k++) {
					if (rows[k].closed || rows[k].held)
						continue;
					if (filling)
						left[side][n[side]] = (struct recon_left){ &rows[k], account, currency };
					n[side]++;
				}
			}
		}
		for (int side = 0; side < 2 && !filling; side++) {
			left[side] = malloc((n[side] + 1) * sizeof(*left[side]));
			rc_code |= left[side] == NULL ? -1 : 0;
		}
	}
	if (rc_code == 0)
		rc_code = recon_across(left[0], n[0], left[1], n[1]);
	free(left[0]);
	free(left[1]);
	return rc_code == 0 ? 0 : err_set(err, -1, "memory is short");
}

int rc_decide(struct rc *rc, struct err *err)
{
	return rc_pool_over(rc, decide, err) != 0 ? -1 : across(rc, err);
}
