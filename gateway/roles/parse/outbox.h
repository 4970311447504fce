/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox - messages for route that the bus would not take yet, in order
 *
 * While it is not empty the children's pipes are not read, so it holds no more than what one turn made.
 */
#pragma once

#include "channels/bus.h"
#include "formats/core/buf.h"

struct outbox { struct bus_socket *socket; struct buf *queue; size_t n, cap; };

void outbox_put(struct outbox *, struct buf *message);		/* takes the message's memory */
bool outbox_flush(struct outbox *);				/* true: nothing waits */
void outbox_release(struct outbox *);
