/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline - what the commands on single files share: options, and one file through one caged child
 *
 * Memory does not grow with the file: records and findings are handed on as the child sends them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/err.h"
#include "formats/core/finding.h"
#include "formats/core/format.h"
#include "formats/core/record.h"
#include "gateway/config.h"
#include "gateway/zygote.h"

#define OFFLINE_OPTIONS 64
#define OFFLINE_FINDINGS 1000		/* shown; all are counted */

struct offline {
	const char *format;		/* "" = detect */
	struct config_pair options[OFFLINE_OPTIONS];
	size_t n_options;
	bool json, unmask;
	char **files;
	int n_files;
};

enum offline_end {
	OFFLINE_DONE,
	OFFLINE_UNKNOWN,		/* nobody's format; the child's finding says so */
	OFFLINE_NO_MODULE,		/* --format names none, or one that was refused; a finding says so */
	OFFLINE_GAVE_UP,		/* the module returned -1; a finding says so */
	OFFLINE_FAILED,			/* the child died, used up its limits or sent rubbish; `why` says so */
};

struct offline_result {
	enum offline_end end;
	char format[32], why[300];
	uint64_t records, errors, findings;
};

struct offline_sink {
	void *ctx;
	void (*record)(void *ctx, const struct record *);
	void (*finding)(void *ctx, const struct finding *);
	void (*sum)(void *ctx, const struct tally_sum *);	/* NULL: every record is wanted */
};

/* 0, or the exit status after it said why */
int offline_options(struct offline *, int argc, char **argv, const char *usage);
/* $TALLY_MODULES, ../modules beside the program, /usr/lib/tallygate/modules */
const char *offline_modules(void);
int offline_file(struct zygote *, const struct offline *, const char *path, const struct offline_sink *,
	struct offline_result *, struct err *);
	/* -1: the file cannot be read */
