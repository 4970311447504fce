/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/provisional - provisional.csv: written by each run, its waiting rows read by the next
 */
#pragma once

#include "gateway/cli/reconcile/csv.h"

#define RC_PROVISIONAL_HEADER "id,*account,date,#amount,sign,superseded_by,#difference,currency,bank_ref,state"

bool rc_provisional_rows(const struct rc *, struct csv_out *);	/* false: memory is short */
int rc_prior_provisional(struct rc *, struct err *);
