/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide - the engine over all partitions, a thread each; then once over their borders
 */
#include <stdlib.h>

#include "gateway/cli/reconcile/decided.h"
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

/* What is left of each partition and side, counted and then filled in by all threads. */
struct leftover { struct rc *rc; struct recon_left *left[2]; size_t *at; bool filling; };

static int leftover_one(void *ctx, uint32_t i, int worker)
{
	struct leftover *l = ctx;
	struct recon *r = &l->rc->parts[i / 2].recon;
	int side = i % 2;
	struct recon_row *rows = side == 0 ? r->lines : r->items;
	uint32_t account = i / 2, currency;
	size_t n = l->filling ? l->at[i] : 0;

	(void)worker;
	while (account > 0 && view_eq(l->rc->parts[account - 1].account, l->rc->parts[i / 2].account))
		account--;
	memcpy(&currency, l->rc->parts[i / 2].currency, sizeof(currency));
	for (uint32_t k = 0; k < (side == 0 ? r->n_lines : r->n_items); k++) {
		if (!recon_left(&rows[k]))
			continue;
		if (l->filling)
			l->left[side][n] = (struct recon_left){ &rows[k], account, currency };
		n++;
	}
	if (!l->filling)
		l->at[i] = n;
	return 0;
}

/* Counts to places; how many there are of each side. */
static void place(struct leftover *l, size_t n[2])
{
	n[0] = n[1] = 0;
	for (uint32_t i = 0; i < l->rc->n_parts * 2; i++) {
		size_t count = l->at[i];

		l->at[i] = n[i % 2];
		n[i % 2] += count;
	}
}

static int across(struct rc *rc, struct err *err)
{
	struct leftover l = { .rc = rc, .at = malloc(((size_t)rc->n_parts * 2 + 1) * sizeof(*l.at)) };
	size_t n[2];
	int rc_code = -1;

	if (rc->n_parts < 2) {
		free(l.at);
		return 0;
	}
	if (l.at != NULL) {
		rc_each(rc, rc->n_parts * 2, leftover_one, &l);
		place(&l, n);
		l.left[0] = malloc((n[0] + 1) * sizeof(*l.left[0]));
		l.left[1] = malloc((n[1] + 1) * sizeof(*l.left[1]));
	}
	if (l.left[0] != NULL && l.left[1] != NULL) {
		l.filling = true;
		rc_each(rc, rc->n_parts * 2, leftover_one, &l);
		rc_code = n[0] == 0 || n[1] == 0 ? 0 : recon_across(l.left[0], n[0], l.left[1], n[1]);
	}
	free(l.left[0]);
	free(l.left[1]);
	free(l.at);
	return rc_code == 0 ? 0 : err_set(err, -1, "memory is short");
}

int rc_decide(struct rc *rc, struct err *err)
{
	return rc_decided_refusals(rc, err) != 0 || rc_pool_over(rc, decide, err) != 0 ? -1 : across(rc, err);
}
