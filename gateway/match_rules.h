/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_rules - what rules.d say of reconciliation, for files and for the running gateway alike: which references stand in
 * a bank's texts, and in which days lines and items may belong together (docs/configuration.md, `extract`, `match_days`)
 *
 * The configuration must outlive them.  They do not change: several threads may ask at once.  NULL rules say nothing.
 */
#pragma once

#include <stdbool.h>
#include "formats/core/date.h"
#include "formats/core/err.h"
#include "gateway/config.h"
#include "rules/recon.h"

struct match_rules;

int match_rules_new(struct match_rules **, const struct config *, struct err *);	/* -1: a pattern is none, or memory is short */
void match_rules_free(struct match_rules *);
/* Rows are tried in their order; the first that is meant for the line and finds something counts.  Borrowed from `text`. */
bool match_rules_reference(const struct match_rules *, struct view account, struct view type, date_t booked, struct view text, struct view *found);
/* Would any row, whatever lines it is meant for, find this reference in the text? */
bool match_rules_know(const struct match_rules *, struct view text, struct view reference);
/* The days of the currency's row, else of the row of every currency; where there is none, or no configuration, they stay. */
void match_rules_days(struct recon_options *, const struct config *, const char *currency);
