/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask - one message and its answer over the operators' socket: u32 length, then a wire message (M_COMMAND, M_ANSWER)
 *
 * The socket is {run}/control/operator.sock; the kernel tells control who asks (SO_PEERCRED).  Lengths are bounded on both sides:
 * ASK_REQUEST_MAX for what comes from people, BUS_MESSAGE_MAX for answers.
 * Failure: -1 and *err, with what to do when nobody listens.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/view.h"

#define ASK_REQUEST_MAX ((size_t)64 << 10)

int ask_connect(int *fd, const char *run_dir, struct err *);
int ask(int fd, const struct buf *request, struct buf *answer, struct err *);	/* blocks; answer holds one message */
