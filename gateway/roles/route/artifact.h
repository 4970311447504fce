/* SPDX-License-Identifier: Apache-2.0 */
/*
 * artifact - an outbound file as the ledger has it, for the rooms that render, sign and deliver it
 */
#pragma once

#include "gateway/roles/route/route.h"

struct artifact_batch { int64_t id, number, count, debit, credit, effective; char items_sha256[DIGEST_HEX], source_sha256[DIGEST_HEX], maker[200]; int64_t persons, whole; };

struct artifact_row {
	int64_t id, state, created_date, created_time, first_trace, effective, count, debit, credit, entry_hash, size;
	int64_t issues, waits_for;			/* the batch whose checks it announces; the file that must be there before it; 0 */
	enum outbound_way way;				/* by its batch */
	char partner[64], outbound[64], format[32], business_key[160], file_name[128], modifier[12], ccy[4], sha256[DIGEST_HEX], version[32];
	char reference[24], numbers_sha256[DIGEST_HEX];
	struct artifact_batch *batches;			/* ours */
	size_t n_batches;
};

/*
 * In a query over batches `b`: what one run sends by one outbound travels together, so an approved batch waits for those of its run that still
 * wait for an approval, and for a rollover whose money is to leave in its file.
 */
#define RUN_WAITS "SELECT w.id FROM batch w WHERE w.parcel=b.parcel AND w.state IN (1,2) AND w.kind<>'reversal' AND b.kind<>'reversal' AND ((w.partner=b.partner AND w.outbound=b.outbound)" \
	" OR EXISTS (SELECT 1 FROM batch m WHERE w.kind='rollover' AND m.kind='funding' AND m.parcel=w.parcel AND m.reference=w.reference AND m.partner=b.partner AND m.outbound=b.outbound))"

int artifact_read(struct route *, int64_t id, struct artifact_row *, struct err *);	/* 1 found, 0 none, -1; release when 1 */
void artifact_release(struct artifact_row *);

int numbers_allot(struct route *, const struct partner *, const struct outbound *, struct err *);	/* ripe batches become a row with all its numbers */

int64_t numbers_trace_base(const struct outbound *);	/* the ODFI's digits, before those that are counted */
void numbers_file_name(const struct outbound *, const struct artifact_row *, char *out, size_t cap);

int artifact_reread(struct route *, int64_t artifact, struct err *);	/* parse reads it back again: its memory of it is gone */
int emit_feed(struct route *, struct job *, struct err *);
struct spool_writer **emit_writer(struct job *, int64_t **written);
