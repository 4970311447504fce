/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit - an item's row as the record that is written, read back and compared: one query, one function
 */
#pragma once

#include "formats/core/record.h"
#include "gateway/ledger.h"

#define EMIT_ITEMS "SELECT id, individual_id, party, routing, account, amount_minor, code, trace FROM item WHERE batch=? AND state=0 AND id>? ORDER BY id LIMIT ?"
#define EMIT_TRACE 16

void emit_item(struct rows *, struct record *, char trace[EMIT_TRACE]);	/* texts borrow from the row */
