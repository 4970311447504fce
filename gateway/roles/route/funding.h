/* SPDX-License-Identifier: Apache-2.0 */
/*
 * funding - the money of a rollover file, and the rule that the file never leaves before it
 */
#pragma once

#include "gateway/roles/route/people.h"

/*
 * In a query over batches `b`: all the money of the rollover file b is at the bank, and the bank has said that it takes it, where it says
 * such a thing at all (the parameter: 1 it does, 0 not), or has booked it.  Money that came back is not there.
 */
#define FUNDED(acknowledged) \
	"EXISTS (SELECT 1 FROM batch t WHERE t.parcel=b.parcel AND t.kind='funding' AND t.reference=b.reference AND t.state<>5) AND NOT EXISTS (SELECT 1 FROM batch t" \
	" LEFT JOIN artifact m ON m.id=t.artifact LEFT JOIN delivery w ON w.artifact=m.id WHERE t.parcel=b.parcel AND t.kind='funding' AND t.reference=b.reference AND t.state<>5" \
	" AND (t.state<>3 OR ifnull(w.state,0)<>5 OR t.items_state IN (10,13,14,15) OR EXISTS (SELECT 1 FROM item x WHERE x.batch=t.id AND x.state IN (10,13,14,15)) OR (" acknowledged \
	"=1 AND t.items_state<>12 AND NOT EXISTS (SELECT 1 FROM ack k WHERE k.id=m.ack AND k.verdict='accepted'))))"

/* The batch of the money of `rollover`, to its trustee, by the outbound o says. */
int funding_make(struct route *, int64_t rollover, const struct outbound *o, int64_t *id, struct err *);

/* Does the bank by which this outbound's rollovers are funded say what it thinks of a file? */
bool funding_acknowledged(const struct route *, const struct outbound *rollovers);

/* May this file leave, for all that is known of its money?  Of a file that holds no rollovers: yes. */
int funding_there(struct route *, int64_t artifact, bool *there, struct err *);

/* The bank has rejected the money: its rollover file is held, wherever it is; at the trustee already, it is an alarm. */
int funding_failed(struct route *, int64_t funding, struct err *);

int funding_returned(struct route *, int64_t item, struct err *);	/* the same when it came back; nothing for other items */

/* A batch was rejected: of a rollover that has no file its money is too, and of the money its rollover. */
int funding_ended(struct route *, int64_t batch, struct err *);

/* The money is sent again for another day: a rollover file that has not been written is proposed anew, for that day. */
int funding_resent(struct route *, const struct decision *, int64_t funding, int32_t effective, struct err *);
