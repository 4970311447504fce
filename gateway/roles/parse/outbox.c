/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox - see outbox.h
 */
#include "gateway/roles/parse/outbox.h"

#include <stdlib.h>

#include "gateway/log.h"

/* True when it is off our hands: sent, or to a peer that is not there, which says HELLO again and asks anew. */
static bool try_send(struct outbox *o, const struct buf *m)
{
	enum bus_sent sent = BUS_GONE;
	struct err err = { 0 };

	if (bus_send(&sent, o->socket, NULL, buf_as_view(m), &err) != 0)
		log_step(LOG_WARNING, "bus.lost", "why", err.text, NULL);
	return sent != BUS_FULL;
}

void outbox_put(struct outbox *o, struct buf *m)
{
	struct buf *grown;

	if (m->failed)
		log_step(LOG_ERR, "bus.lost", "why", "a message did not fit memory", NULL);
	if (m->failed || (outbox_flush(o) && try_send(o, m))) {
		buf_release(m);
		return;
	}
	if (o->n == o->cap) {
		grown = realloc(o->queue, (o->cap + 64) * sizeof(*grown));
		if (grown == NULL) {
			log_step(LOG_ERR, "bus.lost", "why", "no memory for the queue", NULL);
			buf_release(m);
			return;
		}
		o->queue = grown;
		o->cap += 64;
	}
	o->queue[o->n++] = *m;
	*m = (struct buf){ 0 };
}

bool outbox_flush(struct outbox *o)
{
	size_t done = 0;

	while (done < o->n && try_send(o, &o->queue[done]))
		buf_release(&o->queue[done++]);
	if (done > 0)
		memmove(o->queue, o->queue + done, (o->n - done) * sizeof(*o->queue));
	o->n -= done;
	return o->n == 0;
}

void outbox_release(struct outbox *o)
{
	for (size_t i = 0; i < o->n; i++)
		buf_release(&o->queue[i]);
	free(o->queue);
	*o = (struct outbox){ 0 };
}
