/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task - one M_PARSE on its way: the child's frames are cut, checked, added up and become messages to route
 *
 * A frame that is not one, records out of order, a sum that overflows, more than the file can mean: the job is
 * JOB_DIED, with the reason in words.  RECORDS never exceed the credit that route gave, but for one record that is
 * larger than a message usually is.  Findings wait for the end, so that a second try does not tell them twice.
 */
#pragma once

#include "channels/digest.h"
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "gateway/readback.h"
#include "gateway/roles/parse/outbox.h"
#include "gateway/zygote.h"

#define TASK_OPTIONS 32

struct task {
	int64_t job;				/* 0: free */
	bool out;				/* from spool/out: a read-back */
	bool abandoned;				/* route asked for it anew: it ends without a word */
	char sha256[DIGEST_HEX], format[32], name[32], version[32], why[200];
	struct config_pair options[TASK_OPTIONS];
	size_t n_options;
	int file, pipe, tries;
	uint64_t size;				/* of the file */
	uint32_t child;
	int64_t credit, records, sum, bytes;
	bool closed, exited, well, ended, broken, starving;
	int64_t moved_ms;			/* when a byte last came, or the credit ended */
	struct zygote_end end;
	struct buf in, findings;		/* findings: u32 length, bytes each */
	int64_t kept;
	struct readback back;
};

void task_init(struct task *);
bool task_take(struct task *, const struct msg *);		/* from M_PARSE; false: it names no object */
int task_start(struct task *, struct zygote *, struct err *);	/* one more try, from the start of the file */
/* what is in the pipe, as far as the credit goes */
void task_read(struct task *, struct zygote *, struct outbox *);
/* ends a child that does not move, or whose route does not */
void task_watch(struct task *, struct zygote *);
void task_exited(struct task *, int wait_status);
enum job_verdict task_verdict(const struct task *);
void task_findings(struct task *, struct outbox *);
void task_parsed(const struct task *, enum job_verdict, struct outbox *);
void task_release(struct task *);
