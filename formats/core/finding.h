/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding - a fault in a partner's data, for the analyst
 *
 * Parsing goes on after a finding; policy decides what is held.  `text` is one sentence a bank clerk understands; it never
 * holds an account number or SSN (say "the account number", not its digits).  `excerpt` is the offending line, raw, at most
 * FINDING_EXCERPT bytes; whoever prints it escapes it and masks it (mask.h) unless told otherwise.
 *
 * Crosses the module ABI: size first, grows at its end only.  All views are borrowed for the call.
 */
#pragma once

#include <stdint.h>
#include "formats/core/view.h"

#define FINDING_EXCERPT 200

enum severity { FINDING_NOTE, FINDING_WARNING, FINDING_ERROR };		/* error = the file is held unless a person says otherwise */

struct finding {
	uint32_t size;			/* sizeof(struct finding) of the writer */
	uint32_t severity;
	const char *code;		/* stable, upper case: "NACHA_ENTRY_HASH" */
	uint64_t line;			/* physical line from 1; 0 = the whole file */
	uint32_t column;		/* byte in the line from 1; 0 = the whole line */
	uint32_t seq_reserved;
	struct view field;		/* "Entry Hash"; may be empty */
	struct view text;
	struct view excerpt;
};

const char *severity_name(uint32_t severity);		/* "note", "warning", "error" */
