/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tallygated - the gateway: all roles, or one of them
 *
 *   tallygated --config DIR [--pid-file F]	all roles, in the foreground; prints "ready" once every role is
 *   tallygated --config DIR --role R[.N]	one role, as a unit of its own runs it
 *   tallygated --config DIR --prepare		makes the directories and gives them their owners, then ends
 *
 * Exit status: 0 told to stop, or done; 1 it could not; 2 wrong use.  Faults of the configuration go to stderr, a line
 * each.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/core/buf.h"
#include "gateway/log.h"
#include "gateway/role.h"
#include "gateway/supervisor.h"
#include "gateway/tree.h"

struct use { const char *config, *role, *pid_file; int line; bool prepare; };

static const char usage[] =
	"usage: tallygated --config DIR [--pid-file FILE]\n"
	"       tallygated --config DIR --role NAME[.N]\n"
	"       tallygated --config DIR --prepare\n";

static int wrong_use(void)
{
	fputs(usage, stderr);
	return 2;
}

/* An fd number that the supervisor gave us: one or two digits and open. */
static bool parse_line(int *out, const char *text)
{
	struct view v = view_of(text);

	*out = 0;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		*out = *out * 10 + v.p[i] - '0';
	}
	return v.n > 0 && v.n <= 3 && fcntl(*out, F_SETFD, FD_CLOEXEC) == 0;
}

static bool parse_use(struct use *u, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "role", required_argument, NULL, 'r' },
		{ "pid-file", required_argument, NULL, 'p' }, { "prepare", no_argument, NULL, 'P' },
		{ "line", required_argument, NULL, 'l' }, { NULL, 0, NULL, 0 },
	};
	int c;

	*u = (struct use){ .line = -1 };
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c': u->config = optarg; break;
		case 'r': u->role = optarg; break;
		case 'p': u->pid_file = optarg; break;
		case 'P': u->prepare = true; break;
		case 'l':
			if (!parse_line(&u->line, optarg))
				return false;
			break;
		default: return false;
		}
	}
	if (optind != argc || u->config == NULL || (u->role != NULL && (u->prepare || u->pid_file != NULL)))
		return false;
	return u->line == -1 || u->role != NULL;
}

static int write_pid_file(const char *path, struct err *e)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd == -1 || write(fd, text, (size_t)n) != n) {
		err_set(e, errno, "cannot write '%s': %s", path, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int run_all(const struct config *config, const struct use *u, struct err *e)
{
	int rc;

	if (tree_prepare(config, e) == -1)
		return -1;
	if (u->prepare)
		return 0;
	if (u->pid_file != NULL && write_pid_file(u->pid_file, e) == -1)
		return -1;
	rc = supervisor_run(config, e);
	if (u->pid_file != NULL)
		unlink(u->pid_file);
	return rc;
}

int main(int argc, char **argv)
{
	struct config *config = NULL;
	struct buf report = { 0 };
	struct err e = { 0 };
	struct use u;
	int rc;

	if (!parse_use(&u, argc, argv))
		return wrong_use();
	if (u.role != NULL) {
		rc = role_main(u.config, view_of(u.role), u.line);
		if (rc == 2)
			fprintf(stderr, "tallygated: there is no role '%s'\n", u.role);
		if (rc == 2)
			return wrong_use();
#ifdef TALLY_SANITIZED
		_exit(rc);		/* looking for leaks takes ptrace, which no cage allows */
#endif
		return rc;
	}
	log_open("supervisor");
	rc = config_load(&config, u.config, &report, &e);
	if (rc == 1)
		fputs(buf_cstr(&report), stderr);
	else if (rc == -1 || (rc = run_all(config, &u, &e)) == -1)
		fprintf(stderr, "tallygated: %s\n", e.text);
	buf_release(&report);
	config_free(config);
	return rc == 0 ? 0 : 1;
}
