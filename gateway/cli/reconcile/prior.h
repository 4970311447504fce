/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/prior - what the readers of an earlier run's results give each other
 */
#pragma once

#include "gateway/cli/reconcile/reconcile.h"
#include "gateway/cli/reconcile/table.h"

int rc_path_in(char out[600], const char *dir, const char *name, struct err *);
int rc_prior_open(struct rc *, struct err *);		/* open_items.csv */
struct rc_file *rc_file_named(struct rc *, struct view base);	/* the bank's, made when there is none; base has a NUL behind it; NULL: memory is short */
