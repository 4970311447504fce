/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier - see courier.h
 *
 * SOCK_SEQPACKET keeps the messages apart and tells the end of the other side as a message of no bytes.  A courier
 * holds no fd of its role but the standard ones and its own socket, so that the supervisor sees its role's death at
 * once.
 *
 * Failure: in the courier, -1 from the work or from the socket ends the process; its parent learns it from
 * courier_recv().
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/courier.h"
#include "gateway/log.h"

#define PAUSE_FIRST_MS 250
#define PAUSE_MOST_MS 30000

struct courier {
	pid_t pid;
	int fd;
	char in[COURIER_MESSAGE];
};

struct courier_self {
	const struct partner *partner;
	int fd;
	struct far *far;
	int64_t not_before;		/* no new connection until then */
	int pause_ms;
	char in[COURIER_MESSAGE];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- in the courier ---- */

const struct partner *courier_partner(const struct courier_self *self)
{
	return self->partner;
}

int courier_far(struct far **out, struct courier_self *self, bool fresh, struct err *e)
{
	const struct partner *p = self->partner;
	struct far_target t = {
		.sftp = p->kind == CHANNEL_SFTP, .host = p->host, .user = p->user, .host_key = p->host_key,
		.client_key = p->client_key, .port = p->port, .timeout_ms = p->timeout_ms,
	};

	if (self->far != NULL && (fresh || far_dead(self->far))) {
		far_free(self->far);
		self->far = NULL;
	}
	*out = self->far;
	if (self->far != NULL)
		return 0;
	if (now_ms() < self->not_before)
		return err_set(e, EAGAIN, "partner '%s' cannot be reached: pausing before the next try", p->name);
	if (far_open(&self->far, &t, e) != 0) {
		self->pause_ms = self->pause_ms == 0 ? PAUSE_FIRST_MS : self->pause_ms * 2;
		if (self->pause_ms > PAUSE_MOST_MS)
			self->pause_ms = PAUSE_MOST_MS;
		self->not_before = now_ms() + self->pause_ms;
		return err_wrap(e, "partner '%s' cannot be reached", p->name);
	}
	self->pause_ms = 0;
	*out = self->far;
	return 0;
}

int courier_tell(struct courier_self *self, const struct buf *message, struct err *e)
{
	ssize_t n;

	if (message->failed || message->n > COURIER_MESSAGE)
		return err_set(e, EMSGSIZE, "an answer is too large");
	do
		n = send(self->fd, message->p, message->n, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)message->n ? 0 : err_set(e, errno, "cannot answer: %s", strerror(errno));
}

static int serve(struct courier_self *self, const struct courier_plan *plan, void *ctx, struct err *e)
{
	static struct msg job;

	for (;;) {
		ssize_t n = recv(self->fd, self->in, sizeof(self->in), 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : err_set(e, errno, "cannot read jobs: %s", strerror(errno));
		if (!msg_parse(&job, (struct view){ self->in, (size_t)n }))
			return err_set(e, EBADMSG, "a malformed job");
		if (plan->work(self, ctx, &job, e) != 0)
			return -1;
	}
}

__attribute__((noreturn))
static void live(const struct courier_plan *plan, int fd, pid_t parent)
{
	static struct courier_self self;
	struct err e = { 0 };
	void *ctx = NULL;
	int rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	if (fd != 3 && dup2(fd, 3) == -1)
		_exit(1);
	close_range(4, ~0U, 0);
	self = (struct courier_self){ .partner = plan->partner, .fd = 3 };
	rc = plan->prepare == NULL ? 0 : plan->prepare(&ctx, plan->config, &e);
	if (rc == 0)
		rc = cage_seal(plan->cage, &e);
	if (rc == 0)
		rc = serve(&self, plan, ctx, &e);
	if (rc != 0)
		log_step(LOG_ERR, "courier.died", "partner", plan->partner->name, "why", e.text, NULL);
	far_free(self.far);
	_exit(rc == 0 ? 0 : 1);
}

/* ---- in the role ---- */

int courier_start(struct courier **out, const struct courier_plan *plan, struct err *e)
{
	struct courier *c = calloc(1, sizeof(*c));
	pid_t parent = getpid();
	int pair[2];

	*out = NULL;
	if (c == NULL)
		return err_set(e, ENOMEM, "no memory for a courier");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
		free(c);
		return err_set(e, errno, "cannot make a socket pair: %s", strerror(errno));
	}
	c->pid = fork();
	if (c->pid == 0)
		live(plan, pair[1], parent);
	close(pair[1]);
	c->fd = pair[0];
	if (c->pid == -1) {
		err_set(e, errno, "cannot fork a courier for '%s': %s", plan->partner->name, strerror(errno));
		close(c->fd);
		free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void courier_free(struct courier *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	/* A sealed role may not signal: then a busy courier ends by PR_SET_PDEATHSIG, an idle one by end of file. */
	if (kill(c->pid, SIGKILL) == 0)
		while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
			;
	free(c);
}

int courier_fd(const struct courier *c)
{
	return c->fd;
}

pid_t courier_pid(const struct courier *c)
{
	return c->pid;
}

int courier_send(struct courier *c, const struct buf *message, struct err *e)
{
	if (message->failed || message->n > COURIER_MESSAGE)
		return err_set(e, EMSGSIZE, "a job for a courier is too large");
	if (send(c->fd, message->p, message->n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)message->n)
		return err_set(e, errno, "cannot reach a courier: %s", strerror(errno));
	return 0;
}

int courier_recv(struct courier *c, struct msg *m, struct err *e)
{
	ssize_t n = recv(c->fd, c->in, sizeof(c->in), MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return err_set(e, ECHILD, "a courier died");
	if (!msg_parse(m, (struct view){ c->in, (size_t)n }))
		return err_set(e, EBADMSG, "a courier sent a malformed message");
	return 1;
}
