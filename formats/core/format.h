/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format - the module ABI: one exported symbol, `tally_format`, abi and size first.  docs/module.md teaches it
 *
 * A module says what data means.  It reads no clock, no file and no environment: same bytes in, same records out.  It needs no
 * symbol of the daemon: everything it may do stands in struct tally_host.  Both structs grow at their end only; a member
 * beyond `size` counts as NULL.
 *
 * Input is pulled: host->more(ctx, keep, &window) gives the next window with the last `keep` bytes of the previous window in
 * front of it.  1 = there is a window (64 KiB to 1 MiB of new bytes but for the last one, which may be shorter), 0 = the
 * input has ended (window then holds the kept bytes only), -1 = stop and return -1.  `keep` is at most TALLY_KEEP_MAX: a
 * longer line is a finding and is skipped to its end.  Memory does not grow with the file.
 *
 * sum is NULL where every record is wanted.  Where it is not, only counts and sums of PAYMENT and ENTRY records and the
 * count of DETAIL records are, and a module that can add up faster than it can tell may hand over sums in place of such
 * records: those before any other record that follows them, each amount in one of the two, findings as ever.  A module that does not care calls record() as always.
 *
 * record, sum, finding, write: 0 = go on, -1 = stop and return -1.  parse and emit_* return 0, or -1 when told to stop or when the
 * module itself cannot go on.  A fault in the data is a finding and not a -1.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "formats/core/finding.h"
#include "formats/core/record.h"
#include "formats/core/view.h"

#define TALLY_FORMAT_ABI 1u
#define TALLY_KEEP_MAX ((size_t)1 << 20)

/* Records that need not be told one by one.  Debit and credit are not negative; hash and addenda are of ACH. */
struct tally_sum {
	uint32_t size, kind;			/* RECORD_PAYMENT, RECORD_ENTRY or RECORD_DETAIL (with PARENT) */
	uint64_t records, addenda, hash;
	int64_t debit, credit;
};

struct tally_host {
	uint32_t abi, size;
	void *ctx;
	int (*more)(void *ctx, size_t keep, struct view *window);
	int (*record)(void *ctx, const struct record *);
	int (*finding)(void *ctx, const struct finding *);
	int (*write)(void *ctx, struct view bytes);
	struct view (*option)(void *ctx, const char *name);	/* { NULL, 0 } when not set; NUL-terminated */
	/* Behind the first release: */
	int (*sum)(void *ctx, const struct tally_sum *);
};

/* For members behind the first release. */
#define TALLY_HOST_HAS(host, member) \
	((host)->size >= offsetof(struct tally_host, member) + sizeof((host)->member) && (host)->member != NULL)

struct tally_option { const char *name, *values, *standard, *meaning; };	/* table ends with a NULL name */

struct tally_code {		/* what `tallygate explain CODE` says; table ends with a NULL code */
	const char *code;
	uint32_t severity;
	const char *title;	/* one line */
	const char *action;	/* what the operator or analyst does about it */
	const char *source;	/* the rule's source: manual and section */
};

struct tally_format {
	uint32_t abi, size;
	const char *name, *version;	/* name equals the file's: bai2 <-> bai2.so */
	size_t state_size;		/* the loader hands so many zeroed bytes per file */
	int (*probe)(struct view head);	/* 0 = not mine .. 100 = certain; no side effects; head is up to 4 KiB */
	int (*parse)(const struct tally_host *, void *state);
	int (*emit_begin)(const struct tally_host *, void *state);
	int (*emit_record)(const struct tally_host *, void *state, const struct record *);
	int (*emit_end)(const struct tally_host *, void *state);
	const struct tally_option *options;
	const struct tally_code *findings;
	/* Behind the first release: */
	bool (*explain)(struct view code, struct tally_code *out);	/* a code that stands in the data: a type code; out's texts
									 * live until the next call; false: not one of ours */
	int (*document)(const struct tally_host *);	/* the tables of its fields as markdown, by host->write */
};

#define TALLY_FORMAT(...) \
	extern const struct tally_format tally_format; \
	__attribute__((visibility("default"))) const struct tally_format tally_format = { \
		.abi = TALLY_FORMAT_ABI, .size = sizeof(struct tally_format), __VA_ARGS__ }
