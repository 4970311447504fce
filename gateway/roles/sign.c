/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign - the role that holds the signing key, and so is as small as it can be
 *
 * Two sockets: route asks, parse answers for the bytes.  All decisions are in sign_verify.c; here messages are carried.
 * A failure of the machine (a full disk) is logged and tried again by the same clock that asks parse again; the
 * gateway's other roles go on.
 */
#include <errno.h>
#include <time.h>

#include "channels/bus.h"
#include "formats/core/wire.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/role.h"
#include "gateway/sign_verify.h"

#define HELLO_MS 1000
#define MESSAGES_A_TURN 32		/* then hello and stop get their chance */

struct carrier {
	const struct role_env *env;
	struct sign *sign;
	struct bus_socket *route, *parse;
	struct buf reply;
	int64_t hello_ms;
};

static struct sign_clock now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct sign_clock){ t.tv_sec, role_monotonic_ms() };
}

/* What the bus does not take is lost on purpose: parse is asked again, route asks again. */
static int carry(struct carrier *c, enum sign_to to, struct err *e)
{
	enum bus_sent sent;

	if (to == SIGN_NOBODY)
		return 0;
	if (c->reply.failed)
		return err_set(e, ENOMEM, "cannot answer: out of memory");
	return bus_send(&sent, to == SIGN_ROUTE ? c->route : c->parse, NULL, buf_as_view(&c->reply), e);
}

static int hello(struct carrier *c, struct err *e)
{
	enum bus_sent sent;

	if (role_monotonic_ms() < c->hello_ms)
		return 0;
	c->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&c->reply, M_HELLO);
	wire_text(&c->reply, T_ROLE, c->env->identity);
	wire_num(&c->reply, T_EPOCH, (int64_t)role_epoch());
	wire_num(&c->reply, T_CREDIT, (int64_t)BUS_MESSAGE_MAX);
	if (c->reply.failed)
		return err_set(e, ENOMEM, "cannot say hello: out of memory");
	return bus_send(&sent, c->route, NULL, buf_as_view(&c->reply), e);
}

/* 1 = one message was dealt with, 0 = none there, -1 = the bus is broken. */
static int one(struct carrier *c, struct bus_socket *from, struct err *e)
{
	struct sign_clock t = now();
	struct err failed = { 0, "" };
	char peer[BUS_PEER];
	struct view message;
	enum sign_to to;
	int rc, got = bus_recv(from, peer, &message, e);

	if (got <= 0)
		return got;
	rc = from == c->route ? sign_from_route(c->sign, message, &t, &to, &c->reply, &failed)
			      : sign_from_parse(c->sign, message, &t, &to, &c->reply, &failed);
	if (rc == -1) {
		log_step(LOG_ERR, "sign.failed", "why", failed.text, NULL);
		return 1;
	}
	return carry(c, to, e) == -1 ? -1 : 1;
}

static int drain(struct carrier *c, struct bus_socket *from, struct err *e)
{
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		int got = one(c, from, e);

		if (got <= 0)
			return got;
	}
	return 0;
}

static int overdue(struct carrier *c, struct err *e)
{
	enum sign_to to = SIGN_NOBODY;

	do {
		struct sign_clock t = now();

		sign_overdue(c->sign, &t, &to, &c->reply);
		if (carry(c, to, e) == -1)
			return -1;
	} while (to != SIGN_NOBODY);
	return 0;
}

static int turn(struct carrier *c, struct bus *bus, struct err *e)
{
	struct bus_wait wait[3] = {
		{ .fd = c->env->stop_fd }, { .socket = c->route, .fd = -1 }, { .socket = c->parse, .fd = -1 },
	};

	for (;;) {
		int64_t left;

		if (hello(c, e) == -1 || overdue(c, e) == -1)
			return -1;
		left = c->hello_ms - role_monotonic_ms();
		if (bus_poll(bus, wait, 3, left < 0 ? 0 : (int)left, e) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		if (drain(c, c->parse, e) == -1 || drain(c, c->route, e) == -1)
			return -1;
	}
}

int role_sign(struct role_env *env, struct err *e)
{
	struct carrier c = { .env = env, .reply = { .max = BUS_MESSAGE_MAX } };
	struct bus *bus = NULL;
	int rc = -1;

	if (sign_open(&c.sign, env->config, e) == 0 && bus_open(&bus, e) == 0 &&
	    role_bus_connect(&c.route, bus, env, "route-sign", e) == 0 &&
	    role_bus_connect(&c.parse, bus, env, "parse-sign", e) == 0 && role_ready(env, e) == 0)
		rc = turn(&c, bus, e);
	bus_socket_free(c.route);
	bus_socket_free(c.parse);
	bus_free(bus);
	sign_free(c.sign);
	buf_release(&c.reply);
	return rc;
}
