/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distribute - payments to outbound bytes: allots ranges itself, renders files in caged children of its zygote
 *
 * Stateless: what is lost here is asked again by route.  What a message does stands in distribute_allot.c and
 * distribute_render.c; this file is the bus around them.  An answer that finds the bus full is kept, and nothing more
 * is read from route or from a child before it has left: so memory stays bounded when route is slow, and no piece of a
 * file is lost.
 * Failure: the role ends only when the bus or the zygote fails; the supervisor starts it again.
 */
#include <errno.h>

#include "channels/bus.h"
#include "formats/core/wire.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/role.h"
#include "gateway/roles/distribute_allot.h"
#include "gateway/roles/distribute_render.h"
#include "gateway/zygote.h"

#define CREDIT ((int64_t)8 << 20)
#define HELLO_MS 1000
#define TURN_MS 200
#define RETRY_MS 20
#define QUEUE 64			/* what one turn can make: a message, a piece of each child, their ends */

_Static_assert(QUEUE >= (RENDER_TASKS + 3) * RENDER_MESSAGES, "one turn's messages fit the queue");

struct distribute {
	struct role_env *env;
	struct bus *bus;
	struct bus_socket *route;
	struct zygote *zygote;
	struct render *render;
	struct buf queue[QUEUE];		/* answers that have not left yet, the oldest first */
	size_t first, queued;
	int64_t hello_ms;
};

static void enqueue(void *ctx, struct buf *m)
{
	struct distribute *d = ctx;

	if (m->failed || d->queued == QUEUE) {		/* no memory: route asks again when its patience ends */
		log_step(LOG_ERR, "answer.lost", "why", m->failed ? "no memory" : "the queue is full", NULL);
		buf_release(m);
		return;
	}
	d->queue[(d->first + d->queued++) % QUEUE] = *m;
	*m = (struct buf){ 0 };
}

/* Sends until the queue is empty or the bus is full. */
static int drain(struct distribute *d, struct err *err)
{
	enum bus_sent sent;

	while (d->queued > 0) {
		struct buf *m = &d->queue[d->first];

		if (bus_send(&sent, d->route, NULL, buf_as_view(m), err) != 0)
			return -1;
		if (sent == BUS_FULL)
			return 0;
		buf_release(m);
		*m = (struct buf){ 0 };
		d->first = (d->first + 1) % QUEUE;
		d->queued--;
	}
	return 0;
}

static void hello(struct distribute *d)
{
	struct buf m = { 0 };

	if (role_monotonic_ms() < d->hello_ms || d->queued > 0)
		return;
	d->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, d->env->identity);
	wire_num(&m, T_EPOCH, (int64_t)role_epoch());
	wire_num(&m, T_CREDIT, CREDIT);
	enqueue(d, &m);
}

static void refuse_range(struct distribute *d, int64_t job)
{
	struct buf m = { 0 };

	wire_begin(&m, M_JOB_FAILED);
	wire_num(&m, T_JOB, job);
	wire_text(&m, T_REASON, "INPUT");
	wire_text(&m, T_TEXT, "the range does not hold what its message says");
	enqueue(d, &m);
}

static void on_allot(struct distribute *d, const struct msg *m, int64_t job)
{
	struct buf reply = { .max = BUS_MESSAGE_MAX };

	if (distribute_allot(m, &reply)) {
		enqueue(d, &reply);
		return;
	}
	buf_release(&reply);
	refuse_range(d, job);
}

/* One message; 0 when there is none now. */
static int take_message(struct distribute *d, struct err *err)
{
	static struct msg m;
	char peer[BUS_PEER];
	struct view bytes;
	int64_t job;
	int got = bus_recv(d->route, peer, &bytes, err);

	if (got <= 0)
		return got;
	if (!msg_parse(&m, bytes) || !msg_num(&m, T_JOB, &job) || job <= 0)
		log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
	else if (m.type == M_ALLOT)
		on_allot(d, &m, job);
	else
		render_message(d->render, &m, job, role_monotonic_ms());
	return 1;
}

static int work(struct distribute *d, const struct bus_wait *wait, struct err *err)
{
	for (size_t i = 0; i < RENDER_TASKS; i++)
		if (wait[i + 3].readable)
			render_read(d->render, i);
	render_tick(d->render, role_monotonic_ms());
	if (take_message(d, err) < 0)
		return -1;
	return render_reap(d->render, err);
}

static int turn(struct distribute *d, struct err *err)
{
	struct bus_wait wait[RENDER_TASKS + 3];
	bool full;

	for (;;) {
		hello(d);
		if (drain(d, err) != 0)
			return -1;
		full = d->queued > 0;
		wait[0] = (struct bus_wait){ .fd = d->env->stop_fd };
		wait[1] = (struct bus_wait){ .socket = d->route, .fd = -1 };
		wait[2] = (struct bus_wait){ .fd = zygote_fd(d->zygote) };
		for (size_t i = 0; i < RENDER_TASKS; i++)
			wait[i + 3] = (struct bus_wait){ .fd = render_fd(d->render, i) };
		if (bus_poll(d->bus, wait, full ? 1 : RENDER_TASKS + 3, full ? RETRY_MS : TURN_MS, err) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		if (!full && work(d, wait, err) != 0)
			return -1;
	}
}

int role_distribute(struct role_env *env, struct err *err)
{
	struct distribute d = { .env = env };
	int rc = -1;

	if (zygote_start(&d.zygote, env->config->modules, err) == 0 &&
	    render_open(&d.render, d.zygote, enqueue, &d, err) == 0 &&
	    bus_open(&d.bus, err) == 0 && role_bus_connect(&d.route, d.bus, env, "route-distribute", err) == 0 &&
		    role_ready(env, err) == 0)
		rc = turn(&d, err);
	while (d.queued > 0) {
		buf_release(&d.queue[d.first]);
		d.first = (d.first + 1) % QUEUE;
		d.queued--;
	}
	bus_socket_free(d.route);
	bus_free(d.bus);
	render_free(d.render);
	zygote_free(d.zygote);
	return rc;
}
