/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - the role: sockets and clocks around the step of gateway/roles/route/
 *
 * Binds one ROUTER a pair, opens the ledger, then turns: every message is an event, every 50 ms a tick.  Ends with -1 when the ledger
 * fails (the supervisor starts it again, and it goes on from what is committed).
 */
#include "gateway/roles/route/route.h"

#include <time.h>
#include "gateway/log.h"
#include "gateway/role.h"

#define TICK_MS 50
#define EVENTS_A_TURN 256
#define GROUP_MS 25			/* nobody waits longer for the commit of what he told */
#define RUN_GROUP_MS 100		/* but a worker of a large run, as long as nobody else says anything: fewer commits of half-filled pages */
#define EVENTS_A_LOOK 4			/* of workers, until the others are looked at again */

static const char *const pair_names[PAIRS] = {
	"route-intake", "route-parse", "route-distribute", "route-reconcile", "route-sign", "route-deliver", "route-report", "route-control",
};

struct sockets { struct bus *bus; struct bus_socket *s[PAIRS]; int turn; };	/* turn: whom the next group hears first */

static int64_t monotonic(void *ctx)
{
	(void)ctx;
	return role_monotonic_ms();
}

static int64_t utc(void *ctx)
{
	(void)ctx;
	return time(NULL);
}

static enum bus_sent send_to(void *ctx, enum route_pair pair, const char *peer, struct view message)
{
	struct sockets *k = ctx;
	enum bus_sent sent = BUS_GONE;
	struct err err;

	if (bus_send(&sent, k->s[pair], peer, message, &err) != 0) {
		log_step(LOG_WARNING, "bus.send-failed", "peer", peer, "why", err.text, NULL);
		return BUS_GONE;
	}
	return sent;
}

/* What one pair has to say now, `most` of it; *n counts. */
static int hear(struct route *r, struct sockets *k, enum route_pair p, int most, int64_t until, int *n, struct err *err)
{
	char peer[BUS_PEER];
	struct view message;
	int got;

	for (*n = 0; *n < most && role_monotonic_ms() <= until; ++*n) {
		got = bus_recv(k->s[p], peer, &message, err);
		if (got <= 0)
			return got;
		if (route_event(r, p, peer, message, err) != 0)
			return -1;
	}
	return 0;
}

/* What has come, as one group: until nothing more is there, or the group has lasted long enough. */
static int take(struct route *r, struct sockets *k, struct err *err)
{
	int64_t began = role_monotonic_ms(), until = began + RUN_GROUP_MS;
	bool others = false;
	int n, workers;

	route_group(r);
	k->turn = (k->turn + 1) % PAIRS;
	do {
		workers = 0;
		for (int i = 0, p = k->turn; i < PAIRS; i++, p = (p + 1) % PAIRS) {
			if (hear(r, k, (enum route_pair)p, p == PAIR_DISTRIBUTE ? EVENTS_A_LOOK : EVENTS_A_TURN, until, &n, err) != 0)
				return -1;
			if (p == PAIR_DISTRIBUTE)
				workers = n;
			if (p == PAIR_DISTRIBUTE || n == 0 || others)
				continue;
			others = true;
			if (until > role_monotonic_ms() + GROUP_MS)
				until = role_monotonic_ms() + GROUP_MS;
		}
	} while (workers > 0 && role_monotonic_ms() <= until);
	return route_commit(r, err);
}

static int turn(struct role_env *env, struct route *r, struct sockets *k, struct err *err)
{
	struct bus_wait wait[PAIRS + 1] = { { .fd = env->stop_fd } };
	int64_t next = 0;

	for (int p = 0; p < PAIRS; p++)
		wait[p + 1] = (struct bus_wait){ .socket = k->s[p], .fd = -1 };
	for (;;) {
		if (bus_poll(k->bus, wait, PAIRS + 1, r->more ? 0 : TICK_MS, err) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		if (take(r, k, err) != 0)
			return -1;
		if (r->more || role_monotonic_ms() >= next) {
			next = role_monotonic_ms() + TICK_MS;
			if (route_tick(r, err) != 0)
				return -1;
		}
		route_flush(r);
	}
}

int role_route(struct role_env *env, struct err *err)
{
	struct sockets k = { 0 };
	struct route_ops ops = { &k, monotonic, utc, send_to };
	struct route *r = NULL;
	int rc = -1;

	if (bus_open(&k.bus, err) != 0)
		return -1;
	for (int p = 0; p < PAIRS; p++)
		if (role_bus_bind(&k.s[p], k.bus, env, pair_names[p], err) != 0)
			goto out;
	if (route_open(&r, env->config, &ops, err) != 0 || role_ready(env, err) != 0)
		goto out;
	rc = turn(env, r, &k, err);
out:
	route_free(r);
	for (int p = 0; p < PAIRS; p++)
		bus_socket_free(k.s[p]);
	bus_free(k.bus);
	return rc;
}
