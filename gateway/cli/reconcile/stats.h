/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats - a run's figures, counted once for summary.json and the report
 */
#pragma once

#include "gateway/cli/reconcile/reconcile.h"
#include "gateway/cli/reconcile/xlsx.h"

#define RC_AGES 7

struct rc_count { uint64_t n; int64_t minor; };

struct rc_part_stats {
	uint64_t lines, lines_auto, lines_proposed, items, items_auto, exceptions, open[2], quiet;
	uint64_t proofs, breaks;
	int64_t matched;			/* what the matched lines moved, magnitudes */
	struct rc_count age[2][RC_AGES];	/* open lines, open items by their age */
};

struct rc_day { uint32_t part; date_t date; uint64_t lines, lines_auto; int64_t moved, matched; };	/* money: magnitudes */

struct rc_stats {
	struct rc_part_stats *parts;		/* parallel to rc->parts */
	uint64_t rule[2][RECON_RULES];		/* proposed, automatic */
	uint64_t reason[2][RECON_REASONS];	/* bank, book */
	struct rc_part_stats all;		/* no sums of money in it: currencies differ */
	uint64_t provisional;
	struct rc_day *days;			/* by account and day of the bank's lines */
	size_t n_days, cap_days;
};

extern const char *const rc_age_names[RC_AGES];
int rc_stats(struct rc_stats *, const struct rc *);	/* -1: memory is short */
void rc_stats_release(struct rc_stats *);
int rc_write_html(const struct rc *, const struct rc_stats *, struct err *);
int rc_write_summary(const struct rc *, const struct rc_stats *, struct err *);
void rc_figures(struct xlsx *, const struct rc *, const struct rc_stats *);	/* the workbook's first two sheets */
