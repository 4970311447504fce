/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_desk - one account's open lines and items on the worker's table: taken in parts, decided as a whole, told in parts
 *
 * SETTLE brings a part: BYTES are ENTRY records (lines), CANDIDATES are EXPECTED records (items), seq is the ledger's id; FIRST counts the
 * parts from 1, the first one has the options, READY 1 says that it is the last with rows.  Each is answered by one SETTLED: READY 0 and no
 * MATCH means "taken, go on".  After the last part the engine runs once over all of it, so that who is unique is judged over everything
 * that could compete; then each further SETTLE, empty, asks for the next part of the decisions, and the one with READY 1 is the last.
 *
 * Lines: STATUS empty, CLOSED (matched before) or HELD (a duplicate), NOTE the module that read it.  Items: STATUS OPEN, VOID, STOPPED or
 * CLOSED (PARENT is the line that it stands with), GROUP what may be posted as one sum and NOTE another such key, COMPANY_ID our own name
 * at the bank.  What is closed takes no part; it shows who comes a second time.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/view.h"

struct config;
struct desk;

/* 0 = the reply is to be sent; -1 = malformed or out of order: drop it.  *desk is made and ended here; config (extract rules) may be NULL. */
int desk_answer(struct desk **, const struct config *, struct view message, struct buf *reply);
void desk_free(struct desk *);			/* NULL is fine */

/* The rows of a desk (reconcile_rows.c) */
#include "formats/core/arena.h"
#include "formats/core/record.h"
#include "rules/calendar.h"
#include "rules/recon.h"

struct match_rules;

struct desk_line { int64_t id; int taught; size_t at; };	/* taught: the reference that a rule found in the text, at `at`; -1 */
struct desk_item { int64_t id, with; struct view group, other, company; };

struct desk {
	int64_t job, part;
	bool ready, failed;
	char ccy[4];
	struct recon recon;
	struct recon_options options;
	struct calendar calendar;
	struct arena texts;
	uint32_t cap_lines, cap_items;
	struct desk_line *line;			/* by recon_row.n, as they came */
	struct desk_item *item;
	int64_t *hidden;			/* sums of keys that the engine was not shown: nothing of them is anybody's without a reference */
	uint32_t n_hidden;
	struct match_rules *taught;
	uint32_t matches, lines, items;		/* how far it was told */
};

#define DESK_ROWS 4000000u			/* more rows than this in one account are refused */

bool desk_take_line(struct desk *, const struct record *);	/* false: not a line, or no room (desk->failed) */
bool desk_take_item(struct desk *, const struct record *);
bool desk_lay(struct desk *);			/* all rows are there: order, days, keys; false: no memory */
int64_t desk_id(const struct desk *, const struct recon_row *, bool line);
