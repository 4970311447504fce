/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask - the operator's end of the control socket
 *
 * Blocking, with a receive timeout: a gateway that hangs is told as such and does not hang the operator.
 */
#include "gateway/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "channels/bus.h"

#define ANSWER_SECONDS 30

int ask_connect(int *fd, const char *run_dir, struct err *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };

	if (snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/control/operator.sock", run_dir) >= (int)sizeof(sa.sun_path))
		return err_set(err, ENAMETOOLONG, "the path '%s' is too long for a socket", run_dir);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd == -1)
		return err_set(err, errno, "cannot make a socket: %s", strerror(errno));
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(*fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return 0;
	err_set(err, errno, "cannot reach the gateway at '%s': %s; is tallygated running with this configuration?", sa.sun_path, strerror(errno));
	close(*fd);
	*fd = -1;
	return -1;
}

static int put_all(int fd, const char *p, size_t n, struct err *err)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_set(err, errno, "cannot ask the gateway: %s", strerror(errno));
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static int get_all(int fd, char *p, size_t n, struct err *err)
{
	while (n > 0) {
		ssize_t k = recv(fd, p, n, 0);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == 0)
			return err_set(err, EPIPE, "the gateway closed the connection; its log says why");
		if (k < 0)
			return err_set(err, errno, "the gateway does not answer: %s", errno == EAGAIN ? "no answer within 30 seconds" : strerror(errno));
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

int ask(int fd, const struct buf *request, struct buf *answer, struct err *err)
{
	unsigned char head[4];
	size_t n = request->n;
	char *p;

	if (request->failed || n > ASK_REQUEST_MAX)
		return err_set(err, E2BIG, "the request is too long");
	for (int i = 0; i < 4; i++)
		head[i] = (unsigned char)(n >> 8 * i);
	if (put_all(fd, (char *)head, 4, err) != 0 || put_all(fd, request->p, n, err) != 0 || get_all(fd, (char *)head, 4, err) != 0)
		return -1;
	n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
	if (n > BUS_MESSAGE_MAX)
		return err_set(err, E2BIG, "the gateway's answer is too long");
	buf_clear(answer);
	p = buf_reserve(answer, n);
	if (p == NULL || get_all(fd, p, n, err) != 0)
		return p == NULL ? err_set(err, ENOMEM, "no memory for the answer") : -1;
	answer->n += n;
	return 0;
}
