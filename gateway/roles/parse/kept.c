/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept - see kept.h.  A question that is malformed is dropped; one for an unknown hash is answered KNOWN 0
 */
#include "gateway/roles/parse/kept.h"

#include <stdio.h>

#include "formats/core/wire.h"
#include "gateway/log.h"
#include "gateway/proto.h"

void kept_add(struct kept *k, const char *sha256, const char *format, struct readback *sum)
{
	size_t at = k->next++ % KEPT_READBACKS;

	for (size_t i = 0; i < KEPT_READBACKS; i++)	/* read again: the newer one counts */
		if (strcmp(k->row[i].sha256, sha256) == 0)
			k->row[i].sha256[0] = '\0';
	readback_release(&k->row[at].sum);
	k->row[at].sum = *sum;
	*sum = (struct readback){ 0 };
	snprintf(k->row[at].sha256, sizeof(k->row[at].sha256), "%s", sha256);
	snprintf(k->row[at].format, sizeof(k->row[at].format), "%s", format);
}

static void put_batches(struct buf *m, const struct readback *sum)
{
	struct buf e = { 0 };

	for (size_t i = 0; i < sum->n_batches; i++) {
		const struct readback_batch *b = &sum->batches[i];

		wire_begin(&e, 0);
		wire_num(&e, T_BATCH_NUMBER, b->number);
		wire_num(&e, T_COUNT, b->count);
		wire_num(&e, T_DEBIT, b->debit);
		wire_num(&e, T_CREDIT_SUM, b->credit);
		wire_text(&e, T_ITEMS_SHA256, b->items_sha256);
		wire_num(&e, T_EFFECTIVE, b->effective);
		wire_text(&e, T_NUMBERS_SHA256, b->numbers_sha256[0] != '\0' ? b->numbers_sha256 : NULL);
		wire_view(m, T_BATCH, buf_as_view(&e));
	}
	buf_release(&e);
}

static void put_answer(struct buf *m, const struct kept *k, const struct msg *question, const char *sha256)
{
	size_t i = 0;

	while (i < KEPT_READBACKS && strcmp(k->row[i].sha256, sha256) != 0)
		i++;
	wire_begin(m, M_READBACK);
	wire_num(m, T_JOB, msg_num_or(question, T_JOB, 0));
	wire_text(m, T_SHA256, sha256);
	wire_num(m, T_KNOWN, i < KEPT_READBACKS);
	if (i == KEPT_READBACKS)
		return;
	wire_text(m, T_FORMAT, k->row[i].format);
	wire_num(m, T_COUNT, k->row[i].sum.count);
	wire_num(m, T_DEBIT, k->row[i].sum.debit);
	wire_num(m, T_CREDIT_SUM, k->row[i].sum.credit);
	wire_num(m, T_HASH, k->row[i].sum.entry_hash);
	put_batches(m, &k->row[i].sum);
}

int kept_answer(const struct kept *k, struct bus_socket *sign, struct err *err)
{
	static struct msg m;
	char peer[BUS_PEER], sha256[DIGEST_HEX];
	struct buf reply = { 0 };
	enum bus_sent sent;
	struct view bytes;
	int got;

	while ((got = bus_recv(sign, peer, &bytes, err)) == 1) {
		if (!msg_parse(&m, bytes) || m.type != M_READBACK_ASK ||
			!msg_cstr(&m, T_SHA256, sha256, sizeof(sha256)) || sha256[0] == '\0') {
			log_step(LOG_WARNING, "message.malformed", "peer", "sign", NULL);
			continue;
		}
		put_answer(&reply, k, &m, sha256);
		if (bus_send(&sent, sign, peer, buf_as_view(&reply), err) != 0 || sent != BUS_SENT)
			log_step(LOG_WARNING, "bus.lost", "peer", "sign", NULL);	/* it asks again */
	}
	buf_release(&reply);
	return got;
}

void kept_release(struct kept *k)
{
	for (size_t i = 0; i < KEPT_READBACKS; i++)
		readback_release(&k->row[i].sum);
}
