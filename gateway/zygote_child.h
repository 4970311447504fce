/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zygote_child - the caged child's side of the module ABI: fd 0 is read, frames leave by fd 1
 *
 * zygote_child_run() does one job and ends the process: status 0 behind an END frame, else a status of sysexits.h.  It
 * opens nothing and needs no system call but read, write, exit and what malloc needs.
 */
#pragma once

#include "formats/core/format.h"
#include "gateway/config.h"
#include "gateway/loader.h"
#include "gateway/zygote.h"

struct zygote_task {
	enum zygote_what what;
	bool sums;
	char format[32];
	const struct config_pair *options;
	size_t n_options;
};

__attribute__((noreturn)) void zygote_child_run(const struct loader *, const struct zygote_task *);

extern const struct tally_code zygote_codes[];	/* findings that come from the machinery, not from a module */
