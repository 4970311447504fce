/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zygote - see zygote.h.  Both ends of one SOCK_SEQPACKET pair: the parent that submits, the process that forks
 *
 * The zygote's only input is its parent; a message it cannot read ends it.  It forks, sends exits, kills what is over
 * its deadline, and never reads a byte of a partner.  Everything dies downwards: it ends when the pair closes, its
 * children by PR_SET_PDEATHSIG when it ends.
 *
 * Failure: the parent's functions return -1 and fill *err; a zygote that is gone shows as -1 of zygote_exit_next().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "formats/core/wire.h"
#include "gateway/zygote.h"
#include "gateway/zygote_child.h"

#define READY_MS 150000			/* every module may overrun its trial */
#define OPTIONS_MOST 100u
#define MESSAGE_MOST ((size_t)64 << 10)
#define PIPE_BYTES (256 << 10)

enum { Z_READY = 1, Z_SUBMIT, Z_KILL, Z_EXIT };
enum { ZT_JOB = 1, ZT_WHAT, ZT_FORMAT, ZT_KEY, ZT_VALUE, ZT_MEMORY, ZT_CPU, ZT_DEADLINE, ZT_STATUS, ZT_NAME, ZT_VERSION,
	ZT_REFUSED, ZT_ERR, ZT_SUMS };

struct zygote {
	int sock;
	pid_t pid;
	uint32_t last_job;
	int running;
	struct zygote_module modules[LOADER_MODULES];
	size_t n_modules;
};

struct child { pid_t pid; uint32_t job; int64_t deadline; };	/* pid 0 = free; deadline 0 = none */

struct nest {				/* the zygote's own side */
	int sock, signals;
	pid_t self;
	struct loader loader;
	struct child child[ZYGOTE_JOBS];
	char in[MESSAGE_MOST];
	struct buf out;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The zygote's side */

static void tell(struct nest *n)
{
	ssize_t sent;

	do
		sent = n->out.failed ? -1 : send(n->sock, n->out.p, n->out.n, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR && !n->out.failed);
	if (sent == -1)
		_exit(EX_IOERR);
}

static void tell_exit(struct nest *n, uint32_t job, int status)
{
	wire_begin(&n->out, Z_EXIT);
	wire_num(&n->out, ZT_JOB, job);
	wire_num(&n->out, ZT_STATUS, status);
	tell(n);
}

static void tell_ready(struct nest *n, const struct err *e)
{
	wire_begin(&n->out, Z_READY);
	if (e->code != 0)
		wire_text(&n->out, ZT_ERR, e->text);
	for (size_t i = 0; e->code == 0 && i < n->loader.n; i++) {
		const struct module *m = &n->loader.m[i];

		wire_text(&n->out, ZT_NAME, m->name);
		wire_view(&n->out, ZT_VERSION,
			m->format == NULL ? VIEW("") : view_sub(view_of(m->format->version), 0, 31));
		wire_text(&n->out, ZT_REFUSED, m->format == NULL ? m->refused : "");
	}
	tell(n);
}

/* The task's texts are copied: they must end with a NUL, and they live as long as the child. */
static char *copy(struct view v)
{
	char *p = malloc(v.n + 1);

	if (p == NULL || (v.n > 0 && memchr(v.p, '\0', v.n) != NULL))
		_exit(EX_OSERR);
	if (v.n > 0)
		memcpy(p, v.p, v.n);
	p[v.n] = '\0';
	return p;
}

static void read_task(struct zygote_task *t, struct config_pair pairs[OPTIONS_MOST], const struct msg *m)
{
	t->what = msg_num_or(m, ZT_WHAT, ZYGOTE_PARSE) == ZYGOTE_EMIT ? ZYGOTE_EMIT : ZYGOTE_PARSE;
	t->sums = msg_num_or(m, ZT_SUMS, 0) != 0;
	msg_cstr(m, ZT_FORMAT, t->format, sizeof(t->format));
	t->options = pairs;
	for (size_t i = 0; i + 1 < m->n; i++) {
		if (m->e[i].tag != ZT_KEY || m->e[i + 1].tag != ZT_VALUE || t->n_options == OPTIONS_MOST)
			continue;
		pairs[t->n_options].name = copy(m->e[i].v);
		pairs[t->n_options++].value = copy(m->e[i + 1].v);
	}
}

/* In the child: fd 0 = input, fd 1 = frames, nothing else; then the cage; then the module. */
__attribute__((noreturn)) static void child_main(struct nest *n, const struct msg *m, int in, int out)
{
	struct config_pair pairs[OPTIONS_MOST];
	struct zygote_task task = { 0 };
	struct cage_limits limits = {
		.memory_bytes = (uint64_t)msg_num_or(m, ZT_MEMORY, 0),
		.cpu_seconds = (uint64_t)msg_num_or(m, ZT_CPU, 0),
	};
	struct err e = { 0 };
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != n->self)
		_exit(EX_UNAVAILABLE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	read_task(&task, pairs, m);
	in = fcntl(in, F_DUPFD, 10);
	out = fcntl(out, F_DUPFD, 10);
	if (in == -1 || out == -1 || dup2(in, 0) == -1 || dup2(out, 1) == -1)
		_exit(EX_OSERR);
#ifdef TALLY_SANITIZED
	close_range(3, ~0u, 0);			/* the sanitizer speaks on 2 */
#else
	close_range(2, ~0u, 0);
#endif
	if (cage_child(&limits, &e) == -1)
		_exit(EX_NOPERM);
	zygote_child_run(&n->loader, &task);
}

static void spawn(struct nest *n, const struct msg *m, const int fds[2])
{
	uint32_t job = (uint32_t)msg_num_or(m, ZT_JOB, 0);
	int64_t deadline_ms = msg_num_or(m, ZT_DEADLINE, 0);
	pid_t pid = -1;

	for (size_t i = 0; i < ZYGOTE_JOBS; i++) {
		if (n->child[i].pid != 0)
			continue;
		pid = fork();
		if (pid == 0)
			child_main(n, m, fds[0], fds[1]);
		if (pid > 0)
			n->child[i] = (struct child){ pid, job, deadline_ms > 0 ? now_ms() + deadline_ms : 0 };
		break;
	}
	if (pid == -1)
		tell_exit(n, job, EX_OSERR << 8);	/* the wait status of exit(EX_OSERR) */
}

static void kill_job(struct nest *n, uint32_t job)
{
	for (size_t i = 0; i < ZYGOTE_JOBS; i++)
		if (n->child[i].pid != 0 && n->child[i].job == job)
			kill(n->child[i].pid, SIGKILL);
}

/* One message and the fds that came with it; 0 = the parent is gone. */
static ssize_t receive(struct nest *n, int fds[2])
{
	union { struct cmsghdr align; char bytes[CMSG_SPACE(2 * sizeof(int))]; } control;
	struct iovec io = { n->in, sizeof(n->in) };
	struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t got;

	fds[0] = fds[1] = -1;
	do
		got = recvmsg(n->sock, &h, MSG_CMSG_CLOEXEC);
	while (got == -1 && errno == EINTR);
	if (got <= 0 || h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return 0;
	c = CMSG_FIRSTHDR(&h);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		c->cmsg_len == CMSG_LEN(2 * sizeof(int)))
		memcpy(fds, CMSG_DATA(c), 2 * sizeof(int));
	return got;
}

static void on_message(struct nest *n)
{
	struct msg m;
	int fds[2];
	ssize_t got = receive(n, fds);

	if (got <= 0 || !msg_parse(&m, (struct view){ n->in, (size_t)got }))
		_exit(got == 0 ? 0 : EX_PROTOCOL);	/* the children follow */
	if (m.type == Z_SUBMIT && fds[1] != -1)
		spawn(n, &m, fds);
	else if (m.type == Z_KILL)
		kill_job(n, (uint32_t)msg_num_or(&m, ZT_JOB, 0));
	else
		_exit(EX_PROTOCOL);
	for (int i = 0; i < 2; i++)
		if (fds[i] != -1)
			close(fds[i]);
}

static void on_child(struct nest *n)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(n->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < ZYGOTE_JOBS; i++) {
			if (n->child[i].pid != pid)
				continue;
			n->child[i].pid = 0;
			tell_exit(n, n->child[i].job, status);
		}
	}
}

/* Kills what is over its deadline; ms until the next one, -1 = none. */
static int deadlines(struct nest *n)
{
	int64_t now = now_ms(), next = -1;

	for (size_t i = 0; i < ZYGOTE_JOBS; i++) {
		struct child *c = &n->child[i];
		int64_t left = c->deadline - now;

		if (c->pid == 0 || c->deadline == 0)
			continue;
		if (left <= 0) {
			kill(c->pid, SIGKILL);
			c->deadline = 0;
		} else if (next == -1 || left < next) {
			next = left;
		}
	}
	return next > 60000 ? 60000 : (int)next;
}

/* The modules and what they link to may be read, nothing else; no exec, no network. */
int zygote_cage(const char *dir, struct err *e)
{
	struct cage cage = { .role = "zygote", .forks = true };
	static const char *const libraries[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache" };

	cage.paths[cage.n_paths++] = (struct cage_path){ dir, CAGE_READ };
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		cage.paths[cage.n_paths++] = (struct cage_path){ libraries[i], CAGE_READ | CAGE_OPTIONAL };
	return cage_enter(&cage, e);
}

/* All that happens before the first submit: from here on only forks, kills of children, and the parent's socket. */
static int nest_load(struct nest *n, const char *dir, struct err *e)
{
	struct cage cage = { .role = "zygote", .forks = true };

	if (zygote_cage(dir, e) == -1 || loader_open(&n->loader, dir, e) == -1 || cage_child_prepare(e) == -1)
		return -1;
	return cage_seal_forker(&cage, e);
}

static void nest_prepare(struct nest *n, int sock)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), high = fcntl(sock, F_DUPFD_CLOEXEC, 10);
	sigset_t chld;

	/* a unit's stop goes to every process of it: ours comes by the socket */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	for (int fd = 0; null != -1 && fd < 2; fd++)
		dup2(null, fd);
	if (high == -1 || dup2(high, 3) == -1 || close_range(4, ~0u, 0) == -1)
		_exit(EX_OSERR);
	n->sock = 3;
	n->self = getpid();
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_SETMASK, &chld, NULL);
	n->signals = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
	if (n->signals == -1)
		_exit(EX_OSERR);
}

__attribute__((noreturn)) static void nest_main(int sock, const char *dir)
{
	struct nest *n = calloc(1, sizeof(*n));
	struct err e = { 0 };

	if (n == NULL)
		_exit(EX_OSERR);
	nest_prepare(n, sock);
	nest_load(n, dir, &e);
	tell_ready(n, &e);
	while (e.code == 0) {
		struct pollfd p[2] = { { .fd = n->sock, .events = POLLIN }, { .fd = n->signals, .events = POLLIN } };

		if (poll(p, 2, deadlines(n)) == -1 && errno != EINTR)
			break;
		if (p[1].revents != 0)
			on_child(n);
		if (p[0].revents != 0)
			on_message(n);
	}
	_exit(EX_OSERR);
}

/* The parent's side */

/* 1 = one message from the zygote, 0 = none now, -1 = it is gone. */
static int hear(struct zygote *z, char *in, size_t cap, struct msg *m)
{
	ssize_t got;

	do
		got = recv(z->sock, in, cap, MSG_DONTWAIT);
	while (got == -1 && errno == EINTR);
	if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return got > 0 && msg_parse(m, (struct view){ in, (size_t)got }) ? 1 : -1;
}

static void take_text(char *to, size_t cap, struct view from)
{
	snprintf(to, cap, "%.*s", VIEW_FMT(from));
}

static void take_modules(struct zygote *z, const struct msg *m)
{
	for (size_t i = 0; i + 2 < m->n && z->n_modules < LOADER_MODULES; i += 3) {
		struct zygote_module *to = &z->modules[z->n_modules++];

		take_text(to->name, sizeof(to->name), m->e[i].v);
		take_text(to->version, sizeof(to->version), m->e[i + 1].v);
		take_text(to->refused, sizeof(to->refused), m->e[i + 2].v);
	}
}

static int wait_ready(struct zygote *z, struct err *e)
{
	struct pollfd p = { .fd = z->sock, .events = POLLIN };
	int64_t end = now_ms() + READY_MS;
	char *in = malloc(MESSAGE_MOST);
	struct msg m;
	int heard = 0, rc = -1;

	while (in != NULL && heard == 0 && now_ms() < end)
		if (poll(&p, 1, 1000) > 0)
			heard = hear(z, in, MESSAGE_MOST, &m);
	if (heard == 0)
		err_set(e, ETIMEDOUT, "the zygote did not load its modules in time");
	else if (heard == -1 || m.type != Z_READY)
		err_set(e, ECHILD, "the zygote died while it loaded the modules");
	else if (msg_text(&m, ZT_ERR).p != NULL)
		err_set(e, -1, "%.*s", VIEW_FMT(msg_text(&m, ZT_ERR)));
	else
		rc = 0;
	if (rc == 0)
		take_modules(z, &m);
	free(in);
	return rc;
}

int zygote_start(struct zygote **out, const char *modules_dir, struct err *e)
{
	struct zygote *z = calloc(1, sizeof(*z));
	int pair[2] = { -1, -1 };

	*out = NULL;
	if (z == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
		free(z);
		return err_set(e, errno, "cannot make a socket pair: %s", strerror(errno));
	}
	z->sock = pair[0];
	z->pid = fork();
	if (z->pid == 0)
		nest_main(pair[1], modules_dir);
	close(pair[1]);
	if (z->pid == -1) {
		err_set(e, errno, "cannot fork the zygote: %s", strerror(errno));
		close(z->sock);
		free(z);
		return -1;
	}
	if (wait_ready(z, e) == -1) {
		kill(z->pid, SIGKILL);
		zygote_free(z);
		return -1;
	}
	*out = z;
	return 0;
}

static bool put_job(struct buf *b, uint32_t number, const struct zygote_job *job)
{
	wire_begin(b, Z_SUBMIT);
	wire_num(b, ZT_JOB, number);
	wire_num(b, ZT_WHAT, job->what);
	wire_text(b, ZT_FORMAT, job->format);
	wire_num(b, ZT_MEMORY, (int64_t)job->limits.memory_bytes);
	wire_num(b, ZT_CPU, (int64_t)job->limits.cpu_seconds);
	wire_num(b, ZT_DEADLINE, job->deadline_ms);
	wire_num(b, ZT_SUMS, job->sums);
	for (size_t i = 0; i < job->n_options; i++) {
		wire_text(b, ZT_KEY, job->options[i].name);
		wire_text(b, ZT_VALUE, job->options[i].value);
	}
	return !b->failed && b->n <= MESSAGE_MOST && job->n_options <= OPTIONS_MOST;
}

static int send_fds(int sock, struct view bytes, const int fds[2])
{
	union { struct cmsghdr align; char bytes[CMSG_SPACE(2 * sizeof(int))]; } control = { .bytes = { 0 } };
	struct iovec io = { (void *)(uintptr_t)bytes.p, bytes.n };
	struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	ssize_t sent;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
	do
		sent = sendmsg(sock, &h, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}

int zygote_submit(struct zygote *z, int fd_in, const struct zygote_job *job, int *pipe_out, uint32_t *number,
	struct err *e)
{
	struct buf b = { .max = MESSAGE_MOST };
	int fds[2], rc = -1;

	*pipe_out = -1;
	if (z->running >= ZYGOTE_JOBS)
		return err_set(e, EAGAIN, "%d jobs run already", z->running);
	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_set(e, errno, "cannot make a pipe: %s", strerror(errno));
	fcntl(fds[0], F_SETPIPE_SZ, PIPE_BYTES);	/* fewer switches; a refusal changes nothing else */
	if (!put_job(&b, z->last_job + 1, job))
		err_set(e, E2BIG, "the options of the job are larger than %zu bytes", MESSAGE_MOST);
	else if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
		send_fds(z->sock, buf_as_view(&b), (int[]){ fd_in, fds[1] }) == -1)
		err_set(e, errno, "cannot speak to the zygote: %s", strerror(errno));
	else
		rc = 0;
	buf_release(&b);
	close(fds[1]);
	if (rc == -1) {
		close(fds[0]);
		return -1;
	}
	z->running++;
	*number = ++z->last_job;
	*pipe_out = fds[0];
	return 0;
}

int zygote_fd(const struct zygote *z)
{
	return z->sock;
}

int zygote_exit_next(struct zygote *z, uint32_t *job, int *wait_status)
{
	char in[256];
	struct msg m;
	int heard = hear(z, in, sizeof(in), &m);

	if (heard != 1)
		return heard;
	if (m.type != Z_EXIT)
		return -1;
	z->running--;
	*job = (uint32_t)msg_num_or(&m, ZT_JOB, 0);
	*wait_status = (int)msg_num_or(&m, ZT_STATUS, 0);
	return 1;
}

void zygote_kill(struct zygote *z, uint32_t job)
{
	struct buf b = { .max = 256 };

	wire_begin(&b, Z_KILL);
	wire_num(&b, ZT_JOB, job);
	if (!b.failed)
		(void)!send(z->sock, b.p, b.n, MSG_NOSIGNAL);	/* a zygote that is gone took the job along */
	buf_release(&b);
}

void zygote_free(struct zygote *z)
{
	if (z == NULL)
		return;
	close(z->sock);
	while (waitpid(z->pid, NULL, 0) == -1 && errno == EINTR)
		;
	free(z);
}

const struct zygote_module *zygote_module_at(const struct zygote *z, size_t i)
{
	return i < z->n_modules ? &z->modules[i] : NULL;
}
