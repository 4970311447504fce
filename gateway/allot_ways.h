/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allot_ways - what a feed has ways for, from the configuration and over the bus: route and distribute allot by the same
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/wire.h"
#include "gateway/config.h"
#include "rules/allot.h"

void allot_ways_of(struct allot_ways *, const struct config *, struct view feed);	/* texts borrow from the configuration */
void allot_ways_put(struct buf *message, const struct allot_ways *);			/* as OPTIONs of M_ALLOT */
bool allot_ways_get(struct allot_ways *, const struct msg *);				/* false: an option that is none */
