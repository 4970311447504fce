/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control - the operators' door: who asks (SO_PEERCRED), may he, is his signature good; then route answers
 *
 * One request at a time a client, bounded in length; a malformed one closes that client only.  Questions are answered for configured
 * operators, for uid 0 and for the gateway's own user; decisions only for an operator whose statement is signed by the key
 * configured for his name and whose uid is the peer's (same_uid_ok, demo only, lifts the uid but never makes uid 0 a checker).
 * Failure: the client gets words; the role ends only when the bus fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "formats/core/json.h"
#include "formats/core/wire.h"
#include "gateway/ask.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/role.h"
#include "gateway/seal.h"
#include "gateway/statement.h"

#define CLIENTS 32
#define HELLO_MS 1000
#define ANSWER_MS 25000

struct client {
	int fd;				/* -1: free */
	uid_t uid;
	int64_t job;			/* asked of route under this number; 0 = none */
	int64_t asked_ms;
	struct buf in, out;
	size_t sent;
};

struct control {
	struct role_env *env;
	struct bus *bus;
	struct bus_socket *route;
	struct client clients[CLIENTS];
	int64_t jobs, hello_ms;
};

static void drop(struct client *c)
{
	if (c->fd != -1)
		close(c->fd);
	buf_release(&c->in);
	buf_release(&c->out);
	*c = (struct client){ .fd = -1 };
}

static void reply(struct client *c, struct view message)
{
	buf_u32(&c->out, (uint32_t)message.n);
	buf_view(&c->out, message);
}

static void reply_words(struct client *c, int status, const char *words)
{
	struct buf text = { 0 }, m = { 0 };
	struct json j;

	json_init(&j, &text, false);
	json_object(&j, NULL);
	json_cstr(&j, "error", words);
	json_object_end(&j);
	wire_begin(&m, M_ANSWER);
	wire_num(&m, T_STATUS, status);
	wire_view(&m, T_JSON, buf_as_view(&text));
	reply(c, buf_as_view(&m));
	buf_release(&text);
	buf_release(&m);
}

static void take_client(struct control *k)
{
	struct ucred who;
	socklen_t n = sizeof(who);
	int fd = accept4(k->env->operator_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return;
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &k->clients[i];

		if (c->fd != -1)
			continue;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
			break;
		*c = (struct client){ .fd = fd, .uid = who.uid, .in.max = ASK_REQUEST_MAX + 4, .out.max = BUS_MESSAGE_MAX + 4096 };
		return;
	}
	close(fd);
}

static bool may_ask(const struct control *k, const struct client *c)
{
	return c->uid == 0 || c->uid == getuid() || config_operator_by_uid(k->env->config, c->uid) != NULL;
}

/* Whose statement it is, and that he is the one who asks.  NULL: refused, in words. */
static const struct operator *signer(const struct control *k, const struct client *c, struct view bytes, const char **why)
{
	const struct config *config = k->env->config;
	const struct operator *op;
	struct buf text = { 0 };
	struct statement s;
	enum seal_verdict verdict = SEAL_BAD;
	struct err err;

	*why = "the statement is malformed";
	if (!statement_get(bytes, &s))
		return NULL;
	op = config_operator(config, view_of(s.operator_name));
	*why = "no operator of that name is configured";
	if (op == NULL)
		return NULL;
	*why = "that operator has another uid than you";
	if (op->uid != c->uid && !(config->demo && config->same_uid_ok))
		return NULL;
	*why = "the signature is not by that operator's key";
	if (!statement_text(&s, &text) || seal_verify_statement(&verdict, buf_as_view(&text), view_of(s.signature), op->public_key, &err) != 0 || verdict != SEAL_GOOD)
		op = NULL;
	buf_release(&text);
	return op;
}

static void forward(struct control *k, struct client *c, const struct msg *m, const struct operator *op)
{
	const struct operator *self = op ? op : config_operator_by_uid(k->env->config, c->uid);
	struct buf out = { 0 };
	enum bus_sent sent;
	struct err err;

	c->job = ++k->jobs;
	c->asked_ms = role_monotonic_ms();
	wire_begin(&out, M_COMMAND);
	wire_num(&out, T_JOB, c->job);
	wire_num(&out, T_UID, (int64_t)c->uid);
	wire_text(&out, T_OPERATOR, self ? self->name : NULL);
	for (uint16_t i = 0; i < m->n; i++)
		if (m->e[i].tag == T_VERB || m->e[i].tag == T_ARG || m->e[i].tag == T_CURSOR || (op != NULL && m->e[i].tag == T_STATEMENT))
			wire_view(&out, m->e[i].tag, m->e[i].v);
	if (bus_send(&sent, k->route, NULL, buf_as_view(&out), &err) != 0 || sent != BUS_SENT) {
		c->job = 0;
		reply_words(c, 1, "the router is not there now; try again in a moment");
	}
	buf_release(&out);
}

/* One whole request.  False: malformed, the client is closed. */
static bool request(struct control *k, struct client *c, struct view bytes)
{
	static struct msg m;
	const struct operator *op = NULL;
	struct view verb, statement;
	const char *why;

	if (!msg_parse(&m, bytes) || m.type != M_COMMAND || !msg_view(&m, T_VERB, &verb))
		return false;
	if (!may_ask(k, c)) {
		log_step(LOG_WARNING, "operator.refused", "why", "not an operator", NULL);
		reply_words(c, 1, "you are not an operator of this gateway");
		return true;
	}
	if (statement_is_act(verb)) {
		if (!msg_view(&m, T_STATEMENT, &statement))
			return false;
		op = signer(k, c, statement, &why);
		if (op == NULL) {
			log_step(LOG_WARNING, "operator.refused", "why", why, NULL);
			reply_words(c, 1, why);
			return true;
		}
	}
	forward(k, c, &m, op);
	return true;
}

static void read_client(struct control *k, struct client *c)
{
	char chunk[4096];
	ssize_t n = read(c->fd, chunk, sizeof(chunk));
	uint32_t want;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		drop(c);
		return;
	}
	if (n > 0)
		buf_put(&c->in, chunk, (size_t)n);
	if (c->in.failed) {
		drop(c);
		return;
	}
	if (c->in.n < 4 || c->job != 0)
		return;
	memcpy(&want, c->in.p, 4);
	if (want > ASK_REQUEST_MAX) {
		drop(c);
		return;
	}
	if (c->in.n - 4 < want)
		return;
	if (!request(k, c, (struct view){ c->in.p + 4, want })) {
		drop(c);
		return;
	}
	memmove(c->in.p, c->in.p + 4 + want, c->in.n - 4 - want);
	c->in.n -= 4 + want;
}

static void write_client(struct client *c)
{
	ssize_t n;

	if (c->fd == -1 || c->out.n == c->sent)
		return;
	n = send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent == c->out.n) {
		buf_clear(&c->out);
		c->sent = 0;
	}
}

static int answers(struct control *k, struct err *err)
{
	static struct msg m;
	char peer[BUS_PEER];
	struct view bytes;
	int got;

	while ((got = bus_recv(k->route, peer, &bytes, err)) == 1) {
		if (!msg_parse(&m, bytes) || m.type != M_ANSWER)
			continue;
		for (size_t i = 0; i < CLIENTS; i++)
			if (k->clients[i].fd != -1 && k->clients[i].job != 0 && k->clients[i].job == msg_num_or(&m, T_JOB, -1)) {
				k->clients[i].job = 0;
				reply(&k->clients[i], bytes);
			}
	}
	return got;
}

static void hello(struct control *k)
{
	struct buf m = { 0 };
	enum bus_sent sent;
	struct err err;

	if (role_monotonic_ms() < k->hello_ms)
		return;
	k->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, k->env->identity);
	wire_num(&m, T_EPOCH, (int64_t)role_epoch());
	bus_send(&sent, k->route, NULL, buf_as_view(&m), &err);
	buf_release(&m);
}

/* Route was restarted under an open question: the operator hears it and asks again. */
static void overdue(struct control *k)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &k->clients[i];

		if (c->fd == -1 || c->job == 0 || role_monotonic_ms() - c->asked_ms < ANSWER_MS)
			continue;
		c->job = 0;
		reply_words(c, 1, "the router did not answer; it may have been restarted: look at the object's state before you repeat a decision");
	}
}

static int turn(struct control *k, struct err *err)
{
	struct bus_wait wait[CLIENTS + 3];
	size_t slot[CLIENTS], n;

	for (;;) {
		hello(k);
		overdue(k);
		wait[0] = (struct bus_wait){ .fd = k->env->stop_fd };
		wait[1] = (struct bus_wait){ .fd = k->env->operator_fd };
		wait[2] = (struct bus_wait){ .socket = k->route, .fd = -1 };
		n = 3;
		for (size_t i = 0; i < CLIENTS; i++)
			if (k->clients[i].fd != -1) {
				slot[n - 3] = i;
				wait[n++] = (struct bus_wait){ .fd = k->clients[i].fd };
			}
		if (bus_poll(k->bus, wait, n, 50, err) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		if (wait[1].readable)
			take_client(k);
		for (size_t w = 3; w < n; w++)
			if (wait[w].readable)
				read_client(k, &k->clients[slot[w - 3]]);
		if (answers(k, err) < 0)
			return -1;
		for (size_t i = 0; i < CLIENTS; i++)
			write_client(&k->clients[i]);
	}
}

int role_control(struct role_env *env, struct err *err)
{
	struct control k = { .env = env };
	int rc = -1;

	for (size_t i = 0; i < CLIENTS; i++)
		k.clients[i].fd = -1;
	fcntl(env->operator_fd, F_SETFL, O_NONBLOCK);
	if (bus_open(&k.bus, err) != 0 || role_bus_connect(&k.route, k.bus, env, "route-control", err) != 0 || role_ready(env, err) != 0)
		goto out;
	rc = turn(&k, err);
out:
	for (size_t i = 0; i < CLIENTS; i++)
		drop(&k.clients[i]);
	bus_socket_free(k.route);
	bus_free(k.bus);
	return rc;
}
