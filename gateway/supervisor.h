/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor - starts every role as a re-executed child, starts a dead one again, stops all
 *
 * It reads no data and has no cage of its own, since its children would inherit one.  Each role holds one end of a
 * socket pair ("line"): the role says READY on it, and ends when the supervisor's end closes, also when the supervisor
 * was killed.
 * A dead role starts again after 50 ms, doubling to 5 s; a life of 10 s resets that.  {run}/roles.json maps
 * names to pids.
 *
 * SIGTERM or SIGINT stops all: lines close, whoever is still there after 5 s is killed. Returns 0 when told to stop, -1
 * and *err when it could not start at all; a role that keeps dying is logged and tried again, never a reason to stop
 * the others.
 */
#pragma once

#include "formats/core/err.h"
#include "gateway/config.h"

int supervisor_run(const struct config *, struct err *);
