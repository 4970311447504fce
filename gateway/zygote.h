/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zygote - a single-threaded process with the modules loaded, that forks one caged child per file
 *
 * Started after cage_enter and before ZeroMQ.  The parent passes one open fd per job (SCM_RIGHTS): what to read.  The
 * child pulls from it by host->more and writes frames to its pipe; the parent reads the pipe, hostile input as any
 * other.
 *   parse: in = the file, frames out = RECORD, FINDING, END
 *   emit:  in = a stream of wire records, frames out = BYTES, FINDING, END
 * frame = u32 length | u8 kind | payload.  The exit of the child arrives as ZYGOTE_EXIT with its wait status.
 *
 * Jobs run one or several at a time (ZYGOTE_JOBS); each has its own deadline; a child over it is killed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/format.h"
#include "formats/core/view.h"
#include "gateway/cage.h"
#include "gateway/config.h"

#define ZYGOTE_JOBS 8
#define ZYGOTE_FRAME_MAX ((size_t)1 << 20)

enum zygote_what { ZYGOTE_PARSE, ZYGOTE_EMIT };
enum zygote_frame { FRAME_RECORDS = 1, FRAME_FINDING, FRAME_BYTES, FRAME_FORMAT, FRAME_END, FRAME_SUM };
/*
 * RECORDS: wire records, one after the other, whole, at most ZYGOTE_BATCH bytes or one larger one alone
 * FINDING: one finding: wire_put_finding's element without its tag and length, what wire_get_finding reads
 * BYTES:   at most ZYGOTE_BATCH bytes
 * FORMAT:  "name version" of the module that was chosen, one blank between, first of all (zygote_get_format)
 * SUM:     records that are not sent one by one (job.sums): u8 kind, u64 records, addenda, hash, i64 debit, credit
 * END:     u8 rc, u64 records, u64 findings of severity error, u64 findings (zygote_get_end)
 */

enum zygote_rc {
	ZYGOTE_GOOD,			/* the module came to its end */
	ZYGOTE_MODULE_FAILED,		/* it returned -1 */
	ZYGOTE_NOBODYS,			/* no probe answered */
	ZYGOTE_NO_MODULE,		/* not there, refused at load, or it does not do what was asked (parse, emit) */
	ZYGOTE_BAD_INPUT,		/* emit: the input is not records */
};

struct zygote_end { uint8_t rc; uint64_t records, errors, findings; };

#define ZYGOTE_BATCH ((size_t)128 << 10)
#define ZYGOTE_FINDINGS 100000			/* further ones are only counted */

struct zygote_job {
	enum zygote_what what;
	char format[32];			/* "" = detect (parse only) */
	struct config_pair *options;		/* borrowed for the call */
	size_t n_options;
	bool sums;				/* parse: PAYMENTs and ENTRYs may come as sums */
	struct cage_limits limits;
	/* wall clock, also while the child waits for a slow reader; 0 = only limits.cpu_seconds */
	int deadline_ms;
};

struct zygote;
/*
 * Forks the zygote, which cages itself and loads the modules of `dir` in its own memory; returns when they are loaded.
 */
int zygote_start(struct zygote **out, const char *modules_dir, struct err *);
int zygote_submit(struct zygote *, int fd_in, const struct zygote_job *, int *pipe_out, uint32_t *job, struct err *);
	/* *pipe_out: non-blocking read end, the caller closes it; fd_in stays the caller's and is read from its
	 * offset, which the child moves (rewind before a second try).  err.code EAGAIN: ZYGOTE_JOBS run already */
int zygote_fd(const struct zygote *);				/* poll it: exits arrive there */
/* 1 = one job ended, 0 = none, -1 = the zygote is gone */
int zygote_exit_next(struct zygote *, uint32_t *job, int *wait_status);
void zygote_kill(struct zygote *, uint32_t job);		/* over its deadline or over its bounds */
void zygote_free(struct zygote *);				/* ends it and its children */

/* Cuts one frame off *rest: 1, 0 (not whole yet), -1 (malformed). */
int zygote_cut_frame(struct view *rest, uint8_t *kind, struct view *payload);
bool zygote_get_end(struct view payload, struct zygote_end *);
#define ZYGOTE_SUM_BYTES 41u
void zygote_put_sum(char out[ZYGOTE_SUM_BYTES], const struct tally_sum *);
bool zygote_get_sum(struct view payload, struct tally_sum *);	/* false: no sum that a file can have */
bool zygote_get_format(struct view payload, char name[32], char version[32]);

/*
 * Why a child ended, in words for people: "killed: it tried what a module may not (SIGSYS)".  True when it ended well.
 */
bool zygote_ended_well(int wait_status, char *why, size_t cap);

/* The modules as the zygote found them; NULL behind the last.  `refused` is empty for a good one. */
struct zygote_module { char name[32], version[32], refused[200]; };
const struct zygote_module *zygote_module_at(const struct zygote *, size_t i);

/*
 * The cage that modules are loaded in, for a process that looks at their tables: libraries and `dir` may be read, no
 * more.
 */
int zygote_cage(const char *dir, struct err *);
