/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor - see supervisor.h.  One table of children, one poll() over their lines and a signalfd
 *
 * The child is /proc/self/exe with --role NAME.N --config DIR --line 3: the same program under a new address space, so
 * that nothing of the supervisor's memory is a role's.  Every fd but 0, 1, 2 and the line is close-on-exec.
 *
 * Failure: fork or socketpair that fails counts as a death of that child, and the backoff tries again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/core/buf.h"
#include "formats/core/json.h"
#include "gateway/log.h"
#include "gateway/role.h"
#include "gateway/supervisor.h"
#include "gateway/tree.h"

#define CHILDREN_MAX 256
#define BACKOFF_FIRST_MS 50
#define BACKOFF_MAX_MS 5000
#define LIFE_MS 10000
#define STOP_MS 5000
#define LINE_FD 3
#define PATH_BYTES 4096

struct child {
	char name[BUS_PEER];
	pid_t pid;			/* 0 = not running */
	int line;			/* our end, -1 when it has closed */
	bool ready;
	int backoff_ms;
	int64_t started_ms, next_ms;
};

struct supervisor {
	const struct config *config;
	struct child child[CHILDREN_MAX];
	size_t n;
	int signals;
	bool said_ready, stopping;
};

static void exec_role(const struct supervisor *s, const char *name, int line)
{
	char fd[12];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	unsetenv("NOTIFY_SOCKET");		/* systemd waits for the supervisor, not for one of its roles */
	unsetenv("WATCHDOG_USEC");
	if (line == LINE_FD)
		fcntl(line, F_SETFD, 0);
	else
		dup2(line, LINE_FD);
	snprintf(fd, sizeof(fd), "%d", LINE_FD);
	execl("/proc/self/exe", "tallygated", "--role", name, "--config", s->config->dir, "--line", fd, (char *)NULL);
	_exit(127);
}

static void plan_again(struct child *c, int64_t now)
{
	c->backoff_ms = now - c->started_ms >= LIFE_MS ? BACKOFF_FIRST_MS : c->backoff_ms * 2;
	if (c->backoff_ms < BACKOFF_FIRST_MS)
		c->backoff_ms = BACKOFF_FIRST_MS;
	if (c->backoff_ms > BACKOFF_MAX_MS)
		c->backoff_ms = BACKOFF_MAX_MS;
	c->next_ms = now + c->backoff_ms;
}

static void start(struct supervisor *s, struct child *c)
{
	int line[2];

	c->started_ms = role_monotonic_ms();
	c->ready = false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, line) == -1) {
		log_step(LOG_ERR, "role.not_started", "role", c->name, "why", strerror(errno), NULL);
		plan_again(c, c->started_ms);
		return;
	}
	c->pid = fork();
	if (c->pid == 0)
		exec_role(s, c->name, line[1]);
	close(line[1]);
	if (c->pid == -1) {
		log_step(LOG_ERR, "role.not_started", "role", c->name, "why", strerror(errno), NULL);
		close(line[0]);
		c->pid = 0;
		plan_again(c, c->started_ms);
		return;
	}
	c->line = line[0];
}

/* Whole or not at all: a test that reads it never sees half a table. */
static void write_pids(const struct supervisor *s)
{
	char path[PATH_BYTES], tmp[PATH_BYTES];
	struct buf text = { 0 };
	struct json j;
	int fd;

	if (!tree_path(s->config, "{run}/roles.json", path, sizeof(path))
			|| !tree_path(s->config, "{run}/.roles.json.tmp", tmp, sizeof(tmp)))
		return;
	json_init(&j, &text, false);
	json_object(&j, NULL);
	json_int(&j, "supervisor", getpid());
	for (size_t i = 0; i < s->n; i++)
		json_int(&j, s->child[i].name, s->child[i].pid);
	json_object_end(&j);
	buf_char(&text, '\n');
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd == -1 || text.failed || write(fd, text.p, text.n) != (ssize_t)text.n || rename(tmp, path) == -1)
		log_step(LOG_WARNING, "supervisor.no_pids", "file", path, "why", strerror(errno), NULL);
	if (fd != -1)
		close(fd);
	buf_release(&text);
}

static void start_due(struct supervisor *s)
{
	int64_t now = role_monotonic_ms();
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		if (s->child[i].pid == 0 && s->child[i].next_ms <= now) {
			start(s, &s->child[i]);
			any = true;
		}
	}
	if (any)
		write_pids(s);
}

static void describe_end(char out[64], int status)
{
	if (WIFSIGNALED(status))
		snprintf(out, 64, "signal %d%s", WTERMSIG(status),
			WTERMSIG(status) == SIGSYS ? " (a refused system call)" : "");
	else
		snprintf(out, 64, "exit %d", WEXITSTATUS(status));
}

static void bury(struct supervisor *s, pid_t pid, int status)
{
	char how[64], wait[24];

	for (size_t i = 0; i < s->n; i++) {
		struct child *c = &s->child[i];

		if (c->pid != pid)
			continue;
		if (c->line != -1)
			close(c->line);
		c->line = -1;
		c->pid = 0;
		c->ready = false;
		plan_again(c, role_monotonic_ms());
		describe_end(how, status);
		snprintf(wait, sizeof(wait), "%d", c->backoff_ms);
		if (!s->stopping)
			log_step(LOG_ERR, "role.died", "role", c->name, "how", how, "again_in_ms", wait, NULL);
	}
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		bury(s, pid, status);
}

static void on_line(struct child *c)
{
	char word;
	ssize_t n = read(c->line, &word, 1);

	if (n == 1 && word == 'R')
		c->ready = true;
	if (n == 0) {				/* it closed its end: its death follows as SIGCHLD */
		close(c->line);
		c->line = -1;
	}
}

static void say_ready(struct supervisor *s)
{
	char n[24];

	for (size_t i = 0; i < s->n; i++)
		if (!s->child[i].ready)
			return;
	if (s->said_ready)
		return;
	s->said_ready = true;
	snprintf(n, sizeof(n), "%zu", s->n);
	log_step(LOG_NOTICE, "gateway.ready", "roles", n, "config", s->config->dir,
		"demo", s->config->demo ? "yes" : "no", NULL);
	role_notify("READY=1");
	puts("ready");
	fflush(stdout);
}

static void on_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(s);
		else
			s->stopping = true;
	}
}

static int until_next(const struct supervisor *s)
{
	int64_t now = role_monotonic_ms(), least = -1;

	for (size_t i = 0; i < s->n; i++) {
		int64_t left = s->child[i].next_ms > now ? s->child[i].next_ms - now : 0;

		if (s->child[i].pid == 0 && (least == -1 || left < least))
			least = left;
	}
	return (int)least;
}

/* One turn: signals and lines.  timeout -1 = for ever. */
static void turn(struct supervisor *s, int timeout_ms)
{
	struct pollfd p[CHILDREN_MAX + 1];

	p[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	for (size_t i = 0; i < s->n; i++)
		p[i + 1] = (struct pollfd){ .fd = s->child[i].line, .events = POLLIN };
	if (poll(p, s->n + 1, timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < s->n; i++)
		if (p[i + 1].revents != 0)
			on_line(&s->child[i]);
	if (p[0].revents != 0)
		on_signals(s);
}

static bool any_alive(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->child[i].pid != 0)
			return true;
	return false;
}

static void stop_all(struct supervisor *s)
{
	int64_t deadline = role_monotonic_ms() + STOP_MS;

	role_notify("STOPPING=1");
	log_step(LOG_NOTICE, "gateway.stopping", NULL);
	for (size_t i = 0; i < s->n; i++) {
		if (s->child[i].line != -1)
			close(s->child[i].line);
		s->child[i].line = -1;
	}
	while (any_alive(s) && role_monotonic_ms() < deadline)
		turn(s, (int)(deadline - role_monotonic_ms()));
	for (size_t i = 0; i < s->n; i++) {
		if (s->child[i].pid == 0)
			continue;
		log_step(LOG_WARNING, "role.killed", "role", s->child[i].name, "why", "it did not end in time", NULL);
		kill(s->child[i].pid, SIGKILL);
		waitpid(s->child[i].pid, NULL, 0);
	}
	log_step(LOG_NOTICE, "gateway.stopped", NULL);
}

static int name_children(struct supervisor *s, struct err *e)
{
	for (const struct role *r = roles; r->name != NULL; r++) {
		for (int k = 1; k <= role_count(s->config, r); k++) {
			if (s->n == CHILDREN_MAX)
				return err_set(e, ENOSPC, "more than %d roles are configured", CHILDREN_MAX);
			s->child[s->n] = (struct child){ .line = -1 };
			snprintf(s->child[s->n++].name, BUS_PEER, "%s.%d", r->name, k);
		}
	}
	return 0;
}

static int take_signals(struct supervisor *s, struct err *e)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1
			|| (s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_set(e, errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

int supervisor_run(const struct config *config, struct err *e)
{
	static struct supervisor s;

	s = (struct supervisor){ .config = config, .signals = -1 };
	if (name_children(&s, e) == -1 || take_signals(&s, e) == -1)
		return -1;
	role_warn_weak(config);
	while (!s.stopping) {
		start_due(&s);
		turn(&s, until_next(&s));
		say_ready(&s);
	}
	stop_all(&s);
	close(s.signals);
	return 0;
}
