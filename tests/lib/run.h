/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - a test's call of a real tool, without a shell in between
 *
 *   run_text(out, cap, argv)	runs argv[0] from PATH, keeps the first cap - 1 bytes of what it wrote to both outputs, waits for its end
 *
 * Returns its exit status; 127 when it cannot be started, 128 + N when signal N ended it, -1 when no process could be made.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((unused))
static int run_text(char *out, size_t cap, char *const argv[])
{
	size_t n = 0;
	int end[2], status = 0;
	pid_t pid;

	out[0] = '\0';
	if (pipe(end) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(end[1], 1);
		dup2(end[1], 2);
		close(end[0]);
		close(end[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(end[1]);
	for (;;) {
		char part[4096];
		ssize_t got = pid == -1 ? 0 : read(end[0], part, sizeof(part));

		if (got <= 0)
			break;
		for (ssize_t i = 0; i < got && n + 1 < cap; i++)
			out[n++] = part[i];
	}
	out[n] = '\0';
	close(end[0]);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
