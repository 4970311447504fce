/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_words - the engine's decisions in sentences, for files and for the running gateway alike
 */
#pragma once

#include "formats/core/buf.h"
#include "rules/recon.h"

void put_int(struct buf *, int64_t);			/* as buf_int, without stdio */
void put_money(struct buf *, int64_t minor, int digits);

void recon_explain(struct buf *, const struct recon *, const struct recon_match *);	/* why these belong together */
void recon_detail(struct buf *, const struct recon *, const struct recon_row *, bool bank);	/* what the reason means for this row */
