/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_bench - seconds for one put and one get of a file by our SFTP client; tests/bench/sftp_bench.py runs it beside
 * OpenSSH's
 *
 *   sftp_bench PORT USER HOST_KEY CLIENT_KEY put LOCAL REMOTE
 *   sftp_bench PORT USER HOST_KEY CLIENT_KEY get REMOTE LOCAL
 *
 * The connection is part of the time, as it is in the other's.  Without arguments it says who runs it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "channels/sftp.h"

static int write_sink(void *ctx, struct view bytes, struct err *e)
{
	while (bytes.n > 0) {
		ssize_t n = write(*(int *)ctx, bytes.p, bytes.n);

		if (n <= 0)
			return err_set(e, -1, "cannot write");
		bytes = view_sub(bytes, (size_t)n, bytes.n - (size_t)n);
	}
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int transfer(struct sftp *s, char **argv, struct err *e)
{
	bool put = strcmp(argv[5], "put") == 0, synced;
	int fd = open(argv[put ? 6 : 7], put ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC, 0644), rc;
	struct stat st;
	uint64_t size = 0;

	if (fd == -1 || fstat(fd, &st) == -1)
		return err_set(e, -1, "cannot open the local file");
	if (put)
		rc = sftp_put(s, argv[7], fd, (uint64_t)st.st_size, &synced, e);
	else
		rc = sftp_get(s, argv[6], write_sink, &fd, &size, e);
	close(fd);
	return rc;
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	struct sftp *s = NULL;
	double start = now();

	if (argc != 8) {
		puts("sftp: tests/bench/sftp_bench.py starts a server and runs this beside OpenSSH's sftp");
		return 0;
	}
	struct sftp_target t = { .host = "127.0.0.1", .user = argv[2], .host_key = argv[3], .client_key = argv[4],
				 .port = (int)strtol(argv[1], NULL, 10), .timeout_ms = 20000 };
	if (sftp_connect(&s, &t, &e) != 0 || transfer(s, argv, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	sftp_close(s);
	printf("%.6f\n", now() - start);
	return 0;
}
