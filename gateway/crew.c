/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew - see crew.h
 *
 * All couriers stand in one epoll set, so that bus_poll() waits for three things however many partners there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "gateway/crew.h"
#include "gateway/log.h"
#include "gateway/proto.h"

#define HELLO_MS 1000
#define CREDIT ((int64_t)1 << 20)
#define LETTERS_MAX 4096
#define READY_AT_ONCE 16
#define MESSAGES_A_TURN 64		/* of one sender, so that nobody keeps the others waiting */

struct crew_letter { struct crew_letter *next; struct buf bytes; };

static int start_couriers(struct crew *c, struct err *e)
{
	const struct config *config = c->env->config;

	c->members = calloc(config->n_partners ? config->n_partners : 1, sizeof(*c->members));
	if (c->members == NULL)
		return err_set(e, ENOMEM, "no memory for couriers");
	c->n = config->n_partners;
	for (size_t i = 0; i < c->n; i++) {
		struct courier_plan plan = {
			.partner = &config->partners[i],
			.cage = &c->env->cage,
			.config = config,
			.prepare = c->plan->prepare,
			.work = c->plan->work,
		};

		c->members[i].partner = plan.partner;
		if (c->plan->wants(plan.partner) && courier_start(&c->members[i].courier, &plan, e) != 0)
			return -1;
	}
	return 0;
}

static int watch_couriers(struct crew *c, struct err *e)
{
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll_fd == -1)
		return err_set(e, errno, "cannot make an epoll set: %s", strerror(errno));
	for (size_t i = 0; i < c->n; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u64 = i };

		if (c->members[i].courier != NULL
		    && epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, courier_fd(c->members[i].courier), &ev) == -1)
			return err_set(e, errno, "cannot watch a courier: %s", strerror(errno));
	}
	return 0;
}

int crew_open(struct crew *c, struct role_env *env, const struct crew_plan *plan, struct err *e)
{
	*c = (struct crew){ .env = env, .plan = plan, .epoll_fd = -1 };
	c->last = &c->first;
	if (start_couriers(c, e) != 0 || watch_couriers(c, e) != 0)
		return -1;
	if (bus_open(&c->bus, e) != 0 || role_bus_connect(&c->route, c->bus, env, plan->pair, e) != 0)
		return -1;
	return role_ready(env, e);
}

void crew_release(struct crew *c)
{
	for (size_t i = 0; i < c->n; i++)
		courier_free(c->members[i].courier);
	free(c->members);
	while (c->first != NULL) {
		struct crew_letter *l = c->first;

		c->first = l->next;
		buf_release(&l->bytes);
		free(l);
	}
	bus_socket_free(c->route);
	if (c->bus != NULL)
		bus_free(c->bus);
	if (c->epoll_fd != -1)
		close(c->epoll_fd);
	*c = (struct crew){ .epoll_fd = -1 };
}

struct crew_member *crew_find(struct crew *c, struct view partner)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->members[i].courier != NULL && view_eq(view_of(c->members[i].partner->name), partner))
			return &c->members[i];
	return NULL;
}

int crew_job(struct crew_member *m, const struct buf *message, struct err *e)
{
	if (courier_send(m->courier, message, e) != 0)
		return -1;
	m->busy = true;
	return 0;
}

static int flush(struct crew *c, struct err *e)
{
	enum bus_sent sent = BUS_SENT;

	while (c->first != NULL) {
		struct crew_letter *l = c->first;

		if (bus_send(&sent, c->route, NULL, buf_as_view(&l->bytes), e) != 0)
			return -1;
		if (sent != BUS_SENT)
			return 0;
		c->first = l->next;
		if (c->first == NULL)
			c->last = &c->first;
		c->letters--;
		buf_release(&l->bytes);
		free(l);
	}
	return 0;
}

int crew_tell(struct crew *c, const struct buf *message, struct err *e)
{
	struct crew_letter *l;

	if (message->failed)
		return err_set(e, EMSGSIZE, "a message is too large");
	if (c->letters >= LETTERS_MAX)
		return 0;			/* route is away: the role says it again when it is back */
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return err_set(e, ENOMEM, "no memory for a message");
	buf_view(&l->bytes, buf_as_view(message));
	if (l->bytes.failed) {
		free(l);
		return err_set(e, ENOMEM, "no memory for a message");
	}
	*c->last = l;
	c->last = &l->next;
	c->letters++;
	return flush(c, e);
}

static int say_hello(struct crew *c, struct err *e)
{
	int64_t now = role_monotonic_ms();
	struct buf b = { .max = 1024 };
	int rc;

	if (now < c->hello_at)
		return 0;
	c->hello_at = now + HELLO_MS;
	wire_begin(&b, M_HELLO);
	wire_text(&b, T_ROLE, c->env->identity);
	wire_num(&b, T_EPOCH, (int64_t)role_epoch());
	wire_num(&b, T_CREDIT, CREDIT);
	rc = c->letters >= LETTERS_MAX / 2 ? 0 : crew_tell(c, &b, e);
	buf_release(&b);
	return rc;
}

static int hear_route(struct crew *c, void *ctx, struct err *e)
{
	static struct msg m;
	char peer[BUS_PEER];
	struct view bytes;
	int rc = 0;

	for (int i = 0; i < MESSAGES_A_TURN && (rc = bus_recv(c->route, peer, &bytes, e)) == 1; i++) {
		if (!msg_parse(&m, bytes)) {
			log_step(LOG_WARNING, "message.malformed", "peer", "route", NULL);
			continue;
		}
		if (c->plan->on_route(ctx, &m, e) != 0)
			return -1;
	}
	return rc == -1 ? -1 : 0;
}

static int hear_courier(struct crew *c, struct crew_member *member, void *ctx, struct err *e)
{
	static struct msg m;
	int rc = 0;

	for (int i = 0; i < MESSAGES_A_TURN && (rc = courier_recv(member->courier, &m, e)) == 1; i++)
		if (c->plan->on_courier(ctx, member, &m, e) != 0)
			return -1;
	return rc == -1 ? err_wrap(e, "partner '%s'", member->partner->name) : 0;
}

static int hear_couriers(struct crew *c, void *ctx, struct err *e)
{
	struct epoll_event ready[READY_AT_ONCE];
	int n = epoll_wait(c->epoll_fd, ready, READY_AT_ONCE, 0);

	for (int i = 0; i < n; i++)
		if (ready[i].data.u64 < c->n && hear_courier(c, &c->members[ready[i].data.u64], ctx, e) != 0)
			return -1;
	return 0;
}

int crew_turn(struct crew *c, void *ctx, int timeout_ms, struct err *e)
{
	struct bus_wait waits[] = { { .socket = c->route }, { .fd = c->env->stop_fd }, { .fd = c->epoll_fd } };
	int64_t left;

	if (say_hello(c, e) != 0 || flush(c, e) != 0)
		return -1;
	left = c->hello_at - role_monotonic_ms();
	if (left < timeout_ms)
		timeout_ms = left < 0 ? 0 : (int)left;
	if (bus_poll(c->bus, waits, sizeof(waits) / sizeof(waits[0]), timeout_ms, e) == -1)
		return -1;
	if (waits[1].readable)
		return 1;
	if (waits[0].readable && hear_route(c, ctx, e) != 0)
		return -1;
	return waits[2].readable ? hear_couriers(c, ctx, e) : 0;
}
