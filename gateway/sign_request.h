/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_request - M_SIGN and M_READBACK as structs: bounded, each member verified for its form before anything is
 * decided
 *
 * Failure: sign_request_read and sign_readback_read return false; *why names the element.
 * Ownership: the lists are ours until sign_request_release, sign_readback_release.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/date.h"
#include "formats/core/view.h"
#include "gateway/statement.h"

#define SIGN_NAME 200
#define SIGN_ROWS 1024		/* batches, sources, statements: so many each at most */

struct sign_batch {
	char id[32];
	/* persons, whole (what all batches of the source pay): as route believes; more than we find counts, less does not */
	int64_t number, count, debit, credit, persons, whole;
	date_t effective;
	char items_sha256[65], source_sha256[65], numbers_sha256[65];	/* numbers: "" but of checks */
	char makers[512];				/* feed or operators, comma separated */
};

struct sign_source { char sha256[65]; int64_t first, count; };

struct sign_request {
	int64_t job;
	char artifact[32], name[SIGN_NAME + 1], partner[64], outbound[64], format[16], version[32], sha256[65], ccy[4];
	char business_key[400], previous[65], audit_root[65], config_sha256[65], rules_sha256[65], time[24];
	int64_t size, count, debit, credit, hash, audit_size;
	date_t effective;
	bool demo;
	struct sign_batch *batches;
	struct statement *statements;
	struct sign_source *sources;
	size_t n_batches, n_statements, n_sources;
	char *bytes;			/* the message: what statements borrow */
};

struct sign_readback {
	int64_t job;
	char sha256[65], format[16];
	bool known;
	int64_t count, debit, credit, hash;
	struct sign_batch *batches;			/* number, count, debit, credit, effective, items_sha256, numbers_sha256 */
	size_t n_batches;
};

/* job and artifact are set as far as they could be read */
bool sign_request_read(struct sign_request *, struct view message, const char **why);
void sign_request_release(struct sign_request *);
bool sign_readback_read(struct sign_readback *, struct view message, const char **why);
void sign_readback_release(struct sign_readback *);

bool sign_is_sha256(const char *);
bool sign_time(const char *text, int64_t *utc_seconds);		/* "2026-11-09T10:00:00Z" */
