/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask - what may be shown: account numbers and SSNs by their last four, foreign bytes escaped
 *
 * mask_last4: "123456789" -> "*6789" (four or fewer characters become "*" alone, so that a short number is not shown whole).
 * mask_digits: inside free text or a raw line, every run of five or more digits (dashes and blanks between digits count
 * as part of the run when it looks like an SSN, ddd-dd-dddd) keeps its last four; the length is kept, so that a caret
 * under the line still points at the right place.
 * escape_text: control characters, DEL and invalid UTF-8 become \xNN, so that a bank's text cannot forge a log line.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/view.h"

void mask_last4(struct buf *, struct view);
void mask_digits(struct buf *, struct view);
void escape_text(struct buf *, struct view);
