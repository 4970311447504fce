/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus - ZeroMQ ROUTER and DEALER over ipc, one socket per pair of roles
 *
 * A message reaches the caller only when it is one frame from a peer with a proper name; everything else on the socket
 * is drained and dropped, so that one broken peer costs its own messages and nobody else's.
 *
 * Failure: -1 and *err for faults of ours and of the machine; a peer that is away or does not read is an answer
 * (BUS_GONE, BUS_FULL), not an error.
 * Ownership: a socket belongs to its caller; bus_free() wants all of them freed before: ZeroMQ would wait for ever.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zmq.h>

#include "channels/bus.h"

#define BACKLOG 64
#define ENDPOINT (sizeof(((struct sockaddr_un *)0)->sun_path) + 6)	/* "ipc://" and the path */

struct bus { void *zmq; size_t sockets; };

struct bus_socket {
	struct bus *bus;
	void *zmq;
	bool router;
	zmq_msg_t message;		/* always initialised: what the last bus_recv lent */
};

int bus_open(struct bus **out, struct err *e)
{
	struct bus *b = calloc(1, sizeof(*b));

	*out = NULL;
	if (b == NULL)
		return err_set(e, ENOMEM, "cannot open the bus: out of memory");
	b->zmq = zmq_ctx_new();
	if (b->zmq == NULL) {
		free(b);
		return err_set(e, errno, "cannot open the bus: %s", zmq_strerror(errno));
	}
	zmq_ctx_set(b->zmq, ZMQ_IO_THREADS, 1);
	*out = b;
	return 0;
}

void bus_free(struct bus *b)
{
	if (b == NULL)
		return;
	assert(b->sockets == 0);
	while (zmq_ctx_term(b->zmq) == -1 && errno == EINTR)
		;
	free(b);
}

static int socket_name(struct sockaddr_un *name, const char *path, struct err *e)
{
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(name->sun_path) || path[0] == '@' || path[0] == '*')
		return err_set(e, ENAMETOOLONG, "cannot use the socket '%s': a path of 1 to %zu bytes is wanted", path,
			       sizeof(name->sun_path) - 1);
	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	memcpy(name->sun_path, path, n);
	return 0;
}

/* Only a socket is replaced: a wrong path in the configuration must not cost somebody a file. */
static int remove_old(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : err_set(e, errno, "cannot look at '%s': %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, EEXIST, "cannot replace '%s': it is not a socket", path);
	if (unlink(path) == -1 && errno != ENOENT)
		return err_set(e, errno, "cannot remove the old socket '%s': %s", path, strerror(errno));
	return 0;
}

/*
 * Mode 0666: connect() needs write permission on the name, and the name belongs to whoever started us (root).  Who may
 * come near is decided by the pair's directory, which only its two users can enter.
 */
int bus_listen_fd(const char *path, int *out, struct err *e)
{
	struct sockaddr_un name;
	int fd;

	*out = -1;
	if (socket_name(&name, path, e) == -1 || remove_old(path, e) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_set(e, errno, "cannot make a socket for '%s': %s", path, strerror(errno));
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) == -1 || chmod(path, 0666) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		err_set(e, errno, "cannot listen on '%s': %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

static int set_int(void *zmq, int option, int value)
{
	return zmq_setsockopt(zmq, option, &value, sizeof(value));
}

/*
 * LINGER 0: closing never waits for a peer.  A short handshake time and MAXMSGSIZE are against broken peers; the small
 * RCVHWM bounds what an unread peer costs (BUS_UNREAD x BUS_MESSAGE_MAX).
 */
static int set_common(void *zmq)
{
	int64_t max = (int64_t)BUS_MESSAGE_MAX;

	if (set_int(zmq, ZMQ_LINGER, 0) == -1 || set_int(zmq, ZMQ_SNDHWM, BUS_UNSENT) == -1 ||
	    set_int(zmq, ZMQ_RCVHWM, BUS_UNREAD) == -1 || set_int(zmq, ZMQ_HANDSHAKE_IVL, 5000) == -1 ||
	    set_int(zmq, ZMQ_RECONNECT_IVL, 20) == -1 || set_int(zmq, ZMQ_RECONNECT_IVL_MAX, 500) == -1)
		return -1;
	return zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &max, sizeof(max));
}

static int socket_new(struct bus_socket **out, struct bus *b, bool router, struct err *e)
{
	struct bus_socket *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return err_set(e, ENOMEM, "cannot make a bus socket: out of memory");
	zmq_msg_init(&s->message);
	s->router = router;
	s->bus = b;
	b->sockets++;
	s->zmq = zmq_socket(b->zmq, router ? ZMQ_ROUTER : ZMQ_DEALER);
	if (s->zmq == NULL || set_common(s->zmq) == -1) {
		err_set(e, errno, "cannot make a bus socket: %s", zmq_strerror(errno));
		bus_socket_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

int bus_bind(struct bus_socket **out, struct bus *b, int listen_fd, const char *path, struct err *e)
{
	struct sockaddr_un name;
	char endpoint[ENDPOINT];
	struct bus_socket *s;

	*out = NULL;
	if (socket_name(&name, path, e) == -1 || socket_new(&s, b, true, e) == -1)
		return -1;
	snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	if (set_int(s->zmq, ZMQ_ROUTER_MANDATORY, 1) == -1 || set_int(s->zmq, ZMQ_ROUTER_HANDOVER, 1) == -1 ||
	    set_int(s->zmq, ZMQ_USE_FD, listen_fd) == -1 || zmq_bind(s->zmq, endpoint) == -1) {
		err_set(e, errno, "cannot bind the bus at '%s': %s", path, zmq_strerror(errno));
		bus_socket_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

int bus_connect(struct bus_socket **out, struct bus *b, const char *path, const char *identity, struct err *e)
{
	struct sockaddr_un name;
	char endpoint[ENDPOINT];
	struct bus_socket *s;

	*out = NULL;
	if (!bus_name_ok(view_of(identity)))
		return err_set(e, EINVAL, "cannot connect to '%s': '%s' is no name for the bus", path, identity);
	if (socket_name(&name, path, e) == -1 || socket_new(&s, b, false, e) == -1)
		return -1;
	snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	if (zmq_setsockopt(s->zmq, ZMQ_ROUTING_ID, identity, strlen(identity)) == -1 ||
	    zmq_connect(s->zmq, endpoint) == -1) {
		err_set(e, errno, "cannot connect to the bus at '%s': %s", path, zmq_strerror(errno));
		bus_socket_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void bus_socket_free(struct bus_socket *s)
{
	if (s == NULL)
		return;
	zmq_msg_close(&s->message);
	if (s->zmq != NULL)
		zmq_close(s->zmq);
	s->bus->sockets--;
	free(s);
}

bool bus_name_ok(struct view name)
{
	if (name.n == 0 || name.n >= BUS_PEER)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
		      c == '_' || c == '-'))
			return false;
	}
	return true;
}

/* The name's frame tells whether the message can go: unknown name or no room, and nothing at all was taken. */
static int send_name(enum bus_sent *sent, struct bus_socket *s, const char *peer, struct err *e)
{
	for (;;) {
		if (zmq_send(s->zmq, peer, strlen(peer), ZMQ_DONTWAIT | ZMQ_SNDMORE) != -1)
			return 0;
		if (errno == EAGAIN || errno == EHOSTUNREACH) {
			*sent = errno == EAGAIN ? BUS_FULL : BUS_GONE;
			return 1;
		}
		if (errno != EINTR)
			return err_set(e, errno, "cannot send to '%s': %s", peer, zmq_strerror(errno));
	}
}

int bus_send(enum bus_sent *sent, struct bus_socket *s, const char *peer, struct view message, struct err *e)
{
	zmq_msg_t body;
	int rc;

	*sent = BUS_FULL;
	assert(s->router == (peer != NULL));
	if (message.n > BUS_MESSAGE_MAX)
		return err_set(e, EMSGSIZE, "cannot send %zu bytes to '%s': %zu at most", message.n,
			       peer == NULL ? "the hub" : peer, BUS_MESSAGE_MAX);
	if (zmq_msg_init_size(&body, message.n) == -1) /* before the name is sent: half a message must not stay */
		return err_set(e, ENOMEM, "cannot send %zu bytes: out of memory", message.n);
	if (message.n > 0)
		memcpy(zmq_msg_data(&body), message.p, message.n);
	rc = peer == NULL ? 0 : send_name(sent, s, peer, e);
	if (rc != 0) {
		zmq_msg_close(&body);
		return rc == 1 ? 0 : -1;
	}
	while ((rc = zmq_msg_send(&body, s->zmq, ZMQ_DONTWAIT)) == -1 && errno == EINTR)
		;
	if (rc != -1) {
		*sent = BUS_SENT;
		return 0;
	}
	rc = errno == EAGAIN ? 0 : err_set(e, errno, "cannot send: %s", zmq_strerror(errno));
	zmq_msg_close(&body);
	return rc;
}

/* 1 = a frame stands in s->message, 0 = none now. */
static int recv_frame(struct bus_socket *s, struct err *e)
{
	while (zmq_msg_recv(&s->message, s->zmq, ZMQ_DONTWAIT) == -1) {
		if (errno == EAGAIN)
			return 0;
		if (errno != EINTR)
			return err_set(e, errno, "cannot receive from the bus: %s", zmq_strerror(errno));
	}
	return 1;
}

static bool read_name(struct bus_socket *s, char peer[BUS_PEER])
{
	struct view name = { zmq_msg_data(&s->message), zmq_msg_size(&s->message) };

	if (!bus_name_ok(name))
		return false;
	memcpy(peer, name.p, name.n);
	peer[name.n] = '\0';
	return true;
}

/* One whole message, whatever it is: 1 = good, 2 = dropped, 0 = none now. */
static int recv_message(struct bus_socket *s, char peer[BUS_PEER], struct err *e)
{
	bool good = true;
	int rc;

	peer[0] = '\0';
	rc = recv_frame(s, e);
	if (rc == 1 && s->router) {
		good = read_name(s, peer) && zmq_msg_more(&s->message);
		if (zmq_msg_more(&s->message))
			rc = recv_frame(s, e);
	}
	while (rc == 1 && zmq_msg_more(&s->message)) {
		good = false;
		rc = recv_frame(s, e);
	}
	return rc == 1 && !good ? 2 : rc;
}

int bus_recv(struct bus_socket *s, char peer[BUS_PEER], struct view *message, struct err *e)
{
	int rc;

	do
		rc = recv_message(s, peer, e);
	while (rc == 2);
	*message = rc == 1 ? (struct view){ zmq_msg_data(&s->message), zmq_msg_size(&s->message) }
			   : (struct view){ NULL, 0 };
	return rc;
}

int bus_poll(struct bus *b, struct bus_wait *w, size_t n, int timeout_ms, struct err *e)
{
	zmq_pollitem_t items[BUS_WAITS];
	int ready;

	(void)b;
	if (n > BUS_WAITS)
		return err_set(e, EINVAL, "cannot wait for %zu things: %d at most", n, BUS_WAITS);
	for (size_t i = 0; i < n; i++) {
		items[i] = (zmq_pollitem_t){ w[i].socket == NULL ? NULL : w[i].socket->zmq, w[i].fd, ZMQ_POLLIN, 0 };
		w[i].readable = false;
	}
	ready = zmq_poll(items, (int)n, timeout_ms);
	if (ready == -1)
		return errno == EINTR ? 0 : err_set(e, errno, "cannot wait: %s", zmq_strerror(errno));
	for (size_t i = 0; i < n; i++)
		w[i].readable = items[i].revents != 0;
	return ready;
}
