/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus_test - the hub and its peers over real ipc: names, restarts, peers that are away, too large, or not ours
 *
 * Hostile peers speak ZMTP 3.0 by hand over a plain socket: what they send, the library would not.  Waiting is always
 * for an event, with a deadline that only a failing test reaches.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channels/bus.h"
#include "tests/lib/tap.h"

#define PATIENCE_MS 20000
#define STEP_MS 20

static char dir[64] = "/tmp/tg-bus-XXXXXX";
static char path[96];
static struct err e;

static int wait_recv(struct bus *b, struct bus_socket *s, char peer[BUS_PEER], struct view *m)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
		struct bus_wait w = { .socket = s };
		int rc = bus_recv(s, peer, m, &e);

		if (rc != 0)
			return rc;
		bus_poll(b, &w, 1, STEP_MS, &e);
	}
	return 0;
}

/* Sends until the answer is `want`; commands of the library's thread are taken in by the sending. */
static bool wait_sent(struct bus *b, struct bus_socket *s, const char *peer, struct view m, enum bus_sent want)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
		enum bus_sent sent;

		if (bus_send(&sent, s, peer, m, &e) == -1)
			return false;
		if (sent == want)
			return true;
		bus_poll(b, NULL, 0, STEP_MS, &e);
	}
	return false;
}

static bool hears(struct bus *b, struct bus_socket *s, const char *peer, struct view want)
{
	char from[BUS_PEER];
	struct view m;

	return wait_recv(b, s, from, &m) == 1 && strcmp(from, peer) == 0 && view_eq(m, want);
}

static void two_ways(struct bus *b, struct bus_socket *hub)
{
	struct bus_socket *w = NULL;
	enum bus_sent sent;
	struct view big;
	char *bytes;

	ok(bus_connect(&w, b, path, "distribute.1", &e) == 0, "a worker connects under its name");
	ok(bus_send(&sent, w, NULL, VIEW("hello"), &e) == 0 && sent == BUS_SENT,
	   "a worker's message is taken before the link stands");
	ok(hears(b, hub, "distribute.1", VIEW("hello")), "the hub hears the worker by its name");
	ok(bus_send(&sent, hub, "distribute.1", VIEW("work\0more"), &e) == 0 && sent == BUS_SENT,
	   "the hub's answer is taken");
	ok(hears(b, w, "", VIEW("work\0more")), "the worker hears the answer, NUL and all");
	ok(bus_send(&sent, hub, "distribute.1", VIEW(""), &e) == 0 && sent == BUS_SENT && hears(b, w, "", VIEW("")),
	   "an empty message arrives as an empty message");
	ok(bus_send(&sent, hub, "nobody.1", VIEW("x"), &e) == 0 && sent == BUS_GONE, "a message to nobody is BUS_GONE");
	bytes = calloc(1, BUS_MESSAGE_MAX + 1);
	big = (struct view){ bytes, BUS_MESSAGE_MAX };
	ok(bus_send(&sent, w, NULL, big, &e) == 0 && hears(b, hub, "distribute.1", big),
	   "a message of the largest size arrives");
	big.n++;
	ok(bus_send(&sent, w, NULL, big, &e) == -1, "one byte more is refused by the sender: %s", e.text);
	free(bytes);
	bus_socket_free(w);
	ok(wait_sent(b, hub, "distribute.1", VIEW("x"), BUS_GONE), "a worker that left becomes BUS_GONE");
}

/* The old holder of the name is still connected when the new one comes: a hung process and its replacement. */
static void restart(struct bus *b, struct bus_socket *hub)
{
	struct bus_socket *old, *new;
	char from[BUS_PEER];
	enum bus_sent sent;
	struct view m;

	bus_connect(&old, b, path, "reconcile.1", &e);
	bus_send(&sent, old, NULL, VIEW("epoch 1"), &e);
	ok(hears(b, hub, "reconcile.1", VIEW("epoch 1")), "the first holder of a name is heard");
	bus_connect(&new, b, path, "reconcile.1", &e);
	bus_send(&sent, new, NULL, VIEW("epoch 2"), &e);
	ok(hears(b, hub, "reconcile.1", VIEW("epoch 2")), "a second process under that name is heard");
	ok(bus_send(&sent, hub, "reconcile.1", VIEW("again"), &e) == 0 && sent == BUS_SENT &&
		   hears(b, new, "", VIEW("again")),
	   "what is sent to the name reaches the new holder");
	ok(bus_recv(old, from, &m, &e) == 0, "and not the old one");
	bus_socket_free(old);
	bus_socket_free(new);
	ok(wait_sent(b, hub, "reconcile.1", VIEW("x"), BUS_GONE), "after both have left the name is nobody's");
}

static void full(struct bus *b, struct bus_socket *hub)
{
	struct bus_socket *w;
	enum bus_sent sent = BUS_SENT;
	char frame[4096] = { 0 };
	int n = 0;

	bus_connect(&w, b, path, "deliver.1", &e);
	bus_send(&sent, w, NULL, VIEW("hello"), &e);
	ok(hears(b, hub, "deliver.1", VIEW("hello")), "a worker that will not read says hello");
	while (n < 100000 && bus_send(&sent, hub, "deliver.1", (struct view){ frame, sizeof(frame) }, &e) == 0 &&
	       sent == BUS_SENT)
		n++;
	ok(sent == BUS_FULL && n >= BUS_UNSENT,
	   "a worker that does not read is BUS_FULL after %d messages, and nothing blocks", n);
	for (int i = 0; i < n; i++) {
		struct view m = { NULL, 0 };
		char from[BUS_PEER];

		if (wait_recv(b, w, from, &m) != 1 || m.n != sizeof(frame)) {
			n = -1;
			break;
		}
	}
	ok(n > 0, "every message that was taken arrives");
	bus_socket_free(w);
}

/* --- peers that are not ours: ZMTP 3.0 by hand --- */

static int raw_connect(const char *identity)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct timeval patience = { PATIENCE_MS / 1000, 0 };
	char hello[64] = "\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", ready[160], their[64];
	size_t n = strlen(identity), at = 0, got = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == -1 || send(fd, hello, 64, MSG_NOSIGNAL) != 64)
		return -1;
	while (got < sizeof(their)) {
		ssize_t r = recv(fd, their + got, sizeof(their) - got, 0);

		if (r <= 0)
			return -1;
		got += (size_t)r;
	}
	memcpy(ready, "\x04\0\x05READY\x0bSocket-Type\0\0\0\x06" "DEALER\x08Identity\0\0\0", 2 + 6 + 12 + 10 + 9 + 3);
	at = 2 + 6 + 12 + 10 + 9 + 3;
	ready[at++] = (char)n;
	memcpy(ready + at, identity, n);
	at += n;
	ready[1] = (char)(at - 2);
	return send(fd, ready, at, MSG_NOSIGNAL) == (ssize_t)at ? fd : -1;
}

static bool hung_up(int fd)
{
	char junk[256];
	ssize_t n;

	while ((n = recv(fd, junk, sizeof(junk), 0)) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

static void hostile(struct bus *b, struct bus_socket *hub)
{
	static const unsigned char too_large[] = { 0x02, 0, 0, 0, 0, 0, 0x20, 0, 0x01 };		/* 2 MiB + 1 */
	static const unsigned char endless[] = { 0x02, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	int fd;

	fd = raw_connect("liar.1");
	ok(fd != -1 && send(fd, "\0\2hi", 4, MSG_NOSIGNAL) == 4 && hears(b, hub, "liar.1", VIEW("hi")),
	   "a peer that speaks ZMTP by hand is heard");
	ok(send(fd, too_large, 9, MSG_NOSIGNAL) == 9 && hung_up(fd),
	   "a peer that announces one byte too many is hung up on");
	close(fd);
	fd = raw_connect("liar.2");
	ok(send(fd, endless, 9, MSG_NOSIGNAL) == 9 && hung_up(fd), "so is one that announces 2^63 - 1 bytes");
	close(fd);
	fd = raw_connect("liar.3");
	send(fd, "\1\1a\1\1b\0\1c\0\4next", 15, MSG_NOSIGNAL);
	ok(hears(b, hub, "liar.3", VIEW("next")), "a message of three frames is dropped whole, the next one is heard");
	close(fd);
	fd = raw_connect("li\nar");
	send(fd, "\0\4evil", 6, MSG_NOSIGNAL);
	close(fd);
	fd = raw_connect("liar.5");
	send(fd, "\0\4last", 6, MSG_NOSIGNAL);
	ok(hears(b, hub, "liar.5", VIEW("last")),
	   "a peer with a line end in its name is never heard, the one after it is");
	close(fd);
}

static void polls(struct bus *b, struct bus_socket *hub)
{
	struct bus_wait w[3] = { { .socket = hub }, { .fd = -1 }, { .fd = -1 } };
	int p[2];

	if (pipe(p) == -1)
		return;
	w[1].fd = p[0];
	ok(bus_poll(b, w, 3, 0, &e) == 0 && !w[0].readable && !w[1].readable && !w[2].readable,
	   "nothing there: nothing is readable");
	ok(write(p[1], "x", 1) == 1 && bus_poll(b, w, 3, PATIENCE_MS, &e) == 1 && w[1].readable && !w[0].readable,
	   "a byte in a pipe wakes the loop");
	close(p[1]);
	ok(read(p[0], &(char){ 0 }, 1) == 1 && bus_poll(b, w, 3, PATIENCE_MS, &e) == 1 && w[1].readable,
	   "so does the end of the pipe's other side");
	close(p[0]);
	ok(bus_poll(b, w, BUS_WAITS + 1, 0, &e) == -1, "more things than BUS_WAITS are refused");
}

static void names(struct bus *b)
{
	struct bus_socket *s = NULL;
	char long_path[200];
	int fd;

	ok(bus_connect(&s, b, path, "", &e) == -1 && s == NULL, "an empty name cannot connect");
	ok(bus_connect(&s, b, path, "a b", &e) == -1, "a name with a blank cannot connect");
	ok(bus_connect(&s, b, path, "0123456789012345678901234567890", &e) == 0, "a name of 31 bytes connects");
	bus_socket_free(s);
	ok(bus_connect(&s, b, path, "01234567890123456789012345678901", &e) == -1, "a name of 32 bytes cannot");
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ok(bus_listen_fd(long_path, &fd, &e) == -1 && fd == -1, "a path longer than a socket's name may be is refused");
	snprintf(long_path, sizeof(long_path), "%s/file", dir);
	fclose(fopen(long_path, "w"));
	ok(bus_listen_fd(long_path, &fd, &e) == -1 && access(long_path, F_OK) == 0,
	   "a file in the socket's place is not removed");
	unlink(long_path);
}

/* A child dies by SIGKILL in mid-talk; another takes its name over. */
static pid_t child(int go)
{
	pid_t pid = fork();
	char c;

	if (pid == 0) {
		struct bus_socket *s;
		enum bus_sent sent;
		struct bus *b;

		if (read(go, &c, 1) != 1 || bus_open(&b, &e) == -1 || bus_connect(&s, b, path, "parse.1", &e) == -1 ||
		    bus_send(&sent, s, NULL, (struct view){ &c, 1 }, &e) == -1)
			_exit(1);
		for (;;)
			pause();
	}
	return pid;
}

static void killed(struct bus *b, struct bus_socket *hub, pid_t pid[2], int go[2][2])
{
	ok(write(go[0][1], "A", 1) == 1 && hears(b, hub, "parse.1", VIEW("A")), "another process is heard");
	kill(pid[0], SIGKILL);
	waitpid(pid[0], NULL, 0);
	ok(wait_sent(b, hub, "parse.1", VIEW("x"), BUS_GONE), "once it is killed its name is BUS_GONE");
	ok(write(go[1][1], "B", 1) == 1 && hears(b, hub, "parse.1", VIEW("B")), "its successor takes the name over");
	ok(wait_sent(b, hub, "parse.1", VIEW("x"), BUS_SENT), "and can be sent to");
	kill(pid[1], SIGKILL);
	waitpid(pid[1], NULL, 0);
}

/* What is sent in the moment of the cut may be lost: it is said again until it is heard, as HELLO is. */
static bool says_until_heard(struct bus *b, struct bus_socket *hub, struct bus_socket *w, struct view m)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
		struct bus_wait wait = { .socket = hub };
		char from[BUS_PEER];
		enum bus_sent sent;
		struct view got;

		if (bus_send(&sent, w, NULL, m, &e) == -1)
			return false;
		bus_poll(b, &wait, 1, STEP_MS, &e);
		if (bus_recv(hub, from, &got, &e) == 1)
			return view_eq(got, m);
	}
	return false;
}

/* The hub restarts: the peer's socket stays the same and finds the new hub by itself. */
static void hub_restart(struct bus *b, struct bus_socket **hub)
{
	struct bus_socket *w;
	enum bus_sent sent;
	int fd;

	bus_connect(&w, b, path, "sign.1", &e);
	bus_send(&sent, w, NULL, VIEW("one"), &e);
	ok(hears(b, *hub, "sign.1", VIEW("one")), "a peer is heard by the first hub");
	bus_socket_free(*hub);
	*hub = NULL;
	ok(bus_listen_fd(path, &fd, &e) == 0 && bus_bind(hub, b, fd, path, &e) == 0,
	   "a second hub binds the same path");
	ok(says_until_heard(b, *hub, w, VIEW("two")), "the peer finds it by saying again what was lost with the first");
	bus_socket_free(w);
}

int main(void)
{
	struct bus_socket *hub = NULL;
	struct bus *b = NULL;
	int fd = -1, go[2][2];
	struct stat st;
	pid_t pid[2];

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/bus", dir);
	for (int i = 0; i < 2; i++) {
		if (pipe(go[i]) == -1)
			return 1;
		pid[i] = child(go[i][0]);
	}
	ok(bus_listen_fd(path, &fd, &e) == 0 && fd != -1, "a listening socket is made before there is a context");
	ok(stat(path, &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0666,
	   "other users may connect to it");
	ok(bus_open(&b, &e) == 0 && bus_bind(&hub, b, fd, path, &e) == 0, "the hub binds that very socket");
	two_ways(b, hub);
	restart(b, hub);
	full(b, hub);
	hostile(b, hub);
	polls(b, hub);
	names(b);
	killed(b, hub, pid, go);
	hub_restart(b, &hub);
	bus_socket_free(hub);
	bus_free(b);
	ok(access(path, F_OK) == 0, "freeing the hub leaves the path: its starter removes it");
	unlink(path);
	rmdir(dir);
	return done_testing();
}
