/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role - the frame every role runs in: see role.h.  From a command line to a caged process, and READY told to whoever
 * waits
 *
 * A line to the supervisor is one end of a socket pair: READY is one byte on it, and its hang-up is the order to
 * stop.  Without one (a unit of its own) SIGTERM and SIGINT arrive on a signalfd, so that run() polls one fd in both
 * cases.
 *
 * Sockets are made as whoever started us, before the user is dropped, and then given to the pair: the binder owns the
 * socket, the connector's group may write to it.
 *
 * Failure: a role that cannot take its place says so in one log line and exits 1; wrong use exits 2.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "formats/core/buf.h"
#include "gateway/log.h"
#include "gateway/tree.h"

#define STRINGS_MAX ((size_t)1 << 20)
#define POOL_MAX 64
#define SOCKET_PATH 108

const struct role *role_find(struct view name)
{
	for (const struct role *r = roles; r->name != NULL; r++)
		if (view_eq(view_of(r->name), name))
			return r;
	return NULL;
}

int role_count(const struct config *c, const struct role *r)
{
	int n = 1;

	if (strcmp(r->name, "reconcile") == 0)
		n = c->reconcilers;
	else if (strcmp(r->name, "distribute") == 0)
		n = c->distributors;
	return n < 1 ? 1 : n > POOL_MAX ? POOL_MAX : n;
}

int64_t role_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t role_epoch(void)
{
	static uint64_t epoch;

	while (epoch == 0)
		if (getrandom(&epoch, sizeof(epoch), 0) != (ssize_t)sizeof(epoch))
			epoch = 0;
	return epoch;
}

static int pair_path(char out[SOCKET_PATH], const struct config *c, const char *pair, struct err *e)
{
	int n = snprintf(out, SOCKET_PATH, "%s/%s/bus", c->run, pair);

	if (n < 0 || n >= SOCKET_PATH)
		return err_set(e, ENAMETOOLONG, "the run directory '%s' is too long for sockets in it", c->run);
	return 0;
}

static size_t find_pair(const char *const pairs[ROLE_PAIRS], const char *pair)
{
	size_t i = 0;

	while (i < ROLE_PAIRS && pairs[i] != NULL && strcmp(pairs[i], pair) != 0)
		i++;
	return i < ROLE_PAIRS && pairs[i] != NULL ? i : ROLE_PAIRS;
}

int role_bus_bind(struct bus_socket **out, struct bus *bus, struct role_env *env, const char *pair, struct err *e)
{
	size_t i = find_pair(env->role->binds, pair);
	char path[SOCKET_PATH];

	*out = NULL;
	if (i == ROLE_PAIRS || env->listen_fd[i] == -1)
		return err_set(e, EINVAL, "role '%s' has no socket for '%s' to bind", env->role->name, pair);
	if (pair_path(path, env->config, pair, e) == -1 || bus_bind(out, bus, env->listen_fd[i], path, e) == -1)
		return -1;
	env->listen_fd[i] = -1;			/* the bus socket's now */
	return 0;
}

int role_bus_connect(struct bus_socket **out, struct bus *bus, struct role_env *env, const char *pair, struct err *e)
{
	char path[SOCKET_PATH];

	*out = NULL;
	if (find_pair(env->role->connects, pair) == ROLE_PAIRS)
		return err_set(e, EINVAL, "role '%s' does not connect to '%s'", env->role->name, pair);
	if (pair_path(path, env->config, pair, e) == -1)
		return -1;
	return bus_connect(out, bus, path, env->identity, e);
}

static int listen_at(int *fd, const char *path, uid_t uid, gid_t gid, mode_t mode, struct err *e)
{
	if (bus_listen_fd(path, fd, e) == -1)
		return -1;
	if (chmod(path, mode) == -1 || (uid != 0 && lchown(path, uid, gid) == -1))
		return err_set(e, errno, "cannot give the socket '%s' to %u:%u: %s", path, uid, gid, strerror(errno));
	return 0;
}

/* The group of a pair's directory is the connector's: tree.c wrote it there. */
static int listen_pairs(struct role_env *env, struct err *e)
{
	const struct role *r = env->role;
	char path[SOCKET_PATH], dir[SOCKET_PATH];
	struct stat st;

	for (size_t i = 0; i < ROLE_PAIRS && r->binds[i] != NULL; i++) {
		if (pair_path(path, env->config, r->binds[i], e) == -1)
			return -1;
		snprintf(dir, sizeof(dir), "%.*s", (int)(strlen(path) - strlen("/bus")), path);
		if (stat(dir, &st) == -1)
			return err_set(e, errno, "cannot use '%s': %s (tallygated --prepare makes it)", dir,
					strerror(errno));
		if (listen_at(&env->listen_fd[i], path, env->cage.uid, st.st_gid, 0660, e) == -1)
			return -1;
	}
	return 0;
}

static int listen_operators(struct role_env *env, struct err *e)
{
	char path[SOCKET_PATH];

	if (!env->role->operators)
		return 0;
	if (!tree_path(env->config, "{run}/control/operator.sock", path, sizeof(path)))
		return err_set(e, ENAMETOOLONG, "the run directory '%s' is too long for sockets in it",
				env->config->run);
	/* SO_PEERCRED decides */
	return listen_at(&env->operator_fd, path, env->cage.uid, env->cage.gid, 0666, e);
}

static int take_signals(struct role_env *env, int line, struct err *e)
{
	sigset_t stop;

	signal(SIGPIPE, SIG_IGN);
	env->supervised = line >= 0;
	env->stop_fd = line;
	if (env->supervised) {
		signal(SIGINT, SIG_IGN);	/* a terminal's ^C is the supervisor's to answer */
		signal(SIGHUP, SIG_IGN);
		return 0;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	if (sigprocmask(SIG_BLOCK, &stop, NULL) == -1
			|| (env->stop_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_set(e, errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

void role_warn_weak(const struct config *config)
{
	if (geteuid() == 0 && config->uid_base == 0)
		log_step(LOG_WARNING, "cage.weak", "why",
				"uid_base is not set: every role stays root, without capabilities", NULL);
	if (cage_landlock_abi() == 0 && config->uid_base == 0)
		log_step(LOG_WARNING, "cage.weak", "why",
				"no Landlock here and no users of their own: roles can read each other's files", NULL);
}

int role_enter(struct role_env *env, const struct config *config, const struct role *row, int number, int line,
		struct err *e)
{
	static struct arena strings = { .max = STRINGS_MAX };

	*env = (struct role_env){ .config = config, .role = row, .number = number, .stop_fd = -1, .operator_fd = -1 };
	for (size_t i = 0; i < ROLE_PAIRS; i++)
		env->listen_fd[i] = -1;
	snprintf(env->identity, sizeof(env->identity), "%s.%d", row->name, number);
	log_open(env->identity);
	umask(027);
	if (role_cage(&env->cage, &strings, config, row, e) == -1)
		return -1;
	if (listen_pairs(env, e) == -1 || listen_operators(env, e) == -1 || take_signals(env, line, e) == -1)
		return -1;
	if (cage_drop(&env->cage, e) == -1 || cage_enter(&env->cage, e) == -1)
		return -1;
	if (!env->supervised)
		role_warn_weak(config);
	return 0;
}

void role_notify(const char *state)
{
	sd_notify(0, state);
}

/* Couriers are forked by now and seal themselves with the network; their parent speaks to the bus alone. */
int role_ready(struct role_env *env, struct err *e)
{
	if (env->cage.forks)
		env->cage.inet = false;
	if (cage_seal(&env->cage, e) == -1)
		return -1;
	if (env->supervised && write(env->stop_fd, "R", 1) != 1)
		return err_set(e, errno, "the supervisor is gone: %s", strerror(errno));
	role_notify("READY=1");
	log_step(LOG_INFO, "role.ready", "cage", cage_describe(), NULL);
	return 0;
}

static int load_config(struct config **out, const char *dir, struct err *e)
{
	struct buf report = { 0 };
	int rc = config_load(out, dir, &report, e);

	if (rc == 1)
		err_set(e, EINVAL, "the configuration has faults; the first: %.*s",
			(int)strcspn(buf_cstr(&report), "\n"), buf_cstr(&report));
	buf_release(&report);
	return rc == 0 ? 0 : -1;
}

/* "parse", "reconcile.2". */
static const struct role *split_name(struct view text, int *number)
{
	struct view rest = text, name;

	*number = 1;
	if (!view_cut(&rest, '.', &name))
		return NULL;
	if (rest.p != NULL) {
		*number = 0;
		for (size_t i = 0; i < rest.n && *number <= POOL_MAX; i++)
			*number = rest.p[i] >= '0' && rest.p[i] <= '9' ? *number * 10 + rest.p[i] - '0' : POOL_MAX + 1;
	}
	return *number >= 1 && *number <= POOL_MAX ? role_find(name) : NULL;
}

int role_main(const char *config_dir, struct view name_and_number, int line)
{
	static struct role_env env;		/* a zygote and couriers keep pointers into it */
	const struct role *row;
	struct config *config = NULL;
	struct err e = { 0 };
	int number, rc = -1;

	row = split_name(name_and_number, &number);
	if (row == NULL)
		return 2;
	log_open(row->name);
	if (load_config(&config, config_dir, &e) == 0 && role_enter(&env, config, row, number, line, &e) == 0)
		rc = row->run(&env, &e);
	if (rc != 0)
		log_step(LOG_ERR, "role.failed", "why", e.text, NULL);
	else
		log_step(LOG_INFO, "role.stopped", NULL);
	config_free(config);
	return rc == 0 ? 0 : 1;
}
