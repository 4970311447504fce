/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile - the matching worker: answers route's MATCH by MATCHED, and its SETTLE by SETTLED
 *
 * Between two messages it knows nothing but the account that is on its desk.  It holds no file, no secret and no
 * module.  Its answers are proposals: route proves each anew from the ledger.  A worker that dies loses only what
 * route sends again when the next HELLO shows a new epoch.  A malformed
 * message is dropped with a log line; an answer that finds the bus full is kept and tried again, and no further
 * question is taken before it has left.
 */
#include <errno.h>

#include "channels/bus.h"
#include "formats/core/wire.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/role.h"
#include "gateway/roles/reconcile_answer.h"
#include "gateway/roles/reconcile_desk.h"

#define HELLO_MS 1000
#define RETRY_MS 20
#define CREDIT_BYTES ((int64_t)4 * (int64_t)BUS_MESSAGE_MAX)

struct reconcile {
	const struct role_env *env;
	struct bus_socket *route;
	struct buf reply;
	struct desk *desk;
	bool waiting;				/* reply has not left yet */
	int64_t hello_ms;			/* when the next HELLO is due */
};

static int hello(struct reconcile *k, struct err *e)
{
	struct buf m = { 0 };
	enum bus_sent sent;
	int rc;

	if (role_monotonic_ms() < k->hello_ms)
		return 0;
	k->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, k->env->identity);
	wire_num(&m, T_EPOCH, (int64_t)role_epoch());
	wire_num(&m, T_CREDIT, CREDIT_BYTES);
	rc = m.failed ? err_set(e, ENOMEM, "cannot say hello: no memory")
		      : bus_send(&sent, k->route, NULL, buf_as_view(&m), e);
	buf_release(&m);			/* a hello that found the bus full is one of many */
	return rc;
}

static int send_reply(struct reconcile *k, struct err *e)
{
	enum bus_sent sent;

	if (bus_send(&sent, k->route, NULL, buf_as_view(&k->reply), e) != 0)
		return -1;
	k->waiting = sent == BUS_FULL;
	return 0;
}

/* One question and its answer; 0 when there is none now. */
static int answer_next(struct reconcile *k, struct err *e)
{
	char peer[BUS_PEER];
	struct view message, rest;
	uint16_t type = 0;
	int got = bus_recv(k->route, peer, &message, e);

	if (got <= 0)
		return got;
	if (!wire_open(message, &type, &rest) ||
	    (type == M_SETTLE ? desk_answer(&k->desk, k->env->config, message, &k->reply) : reconcile_answer(message, &k->reply)) != 0) {
		log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
		return 1;
	}
	return send_reply(k, e) == 0 ? 1 : -1;
}

static int turn(struct reconcile *k, struct bus *bus, struct err *e)
{
	struct bus_wait wait[2] = { { .fd = k->env->stop_fd }, { .socket = k->route, .fd = -1 } };
	int64_t left;
	int got;

	for (;;) {
		if (hello(k, e) != 0 || (k->waiting && send_reply(k, e) != 0))
			return -1;
		left = k->hello_ms - role_monotonic_ms();
		if (k->waiting)
			left = RETRY_MS;
		if (bus_poll(bus, wait, k->waiting ? 1 : 2, left < 0 ? 0 : (int)left, e) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		if (k->waiting)
			continue;
		got = answer_next(k, e);	/* one at a time: hello and stop come between */
		if (got < 0)
			return -1;
	}
}

int role_reconcile(struct role_env *env, struct err *e)
{
	struct reconcile k = { .env = env, .reply = { .max = BUS_MESSAGE_MAX } };
	struct bus *bus = NULL;
	int rc = -1;

	if (bus_open(&bus, e) == 0 && role_bus_connect(&k.route, bus, env, "route-reconcile", e) == 0 &&
	    role_ready(env, e) == 0)
		rc = turn(&k, bus, e);
	bus_socket_free(k.route);
	bus_free(bus);
	buf_release(&k.reply);
	desk_free(k.desk);
	return rc;
}
