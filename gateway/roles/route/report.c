/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - asks the report role for paper when the matching has come to rest
 *
 * One report a business date; asked again whenever something new was matched or came in.  The role asks back page by page
 * (query.c, verbs report.*), so that a long report never stalls the money.
 */
#include "gateway/roles/route/route.h"

#include <stdio.h>
#include "gateway/log.h"
#include "gateway/proto.h"

bool report_at_rest(const struct route *r)
{
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind == JOB_PARSE || r->jobs[i].kind == JOB_SETTLE || r->jobs[i].kind == JOB_LINK || r->jobs[i].kind == JOB_REPORT)
			return false;
	return !r->match_dirty && !r->link_dirty;
}

int report_pump(struct route *r, struct err *err)
{
	int64_t day = clock_utc(r) / 86400;
	struct buf m = { 0 };
	struct job *j;

	(void)err;
	if (!r->report_wanted || !report_at_rest(r))
		return 0;
	for (size_t i = 0; i < ROUTE_JOBS; i++)
		if (r->jobs[i].kind == JOB_NOTICE)	/* report does one thing at a time */
			return 0;
	j = job_start(r, JOB_REPORT, day, route_peer(r, PAIR_REPORT));
	if (j == NULL)
		return 0;
	r->report_wanted = false;
	wire_begin(&m, M_REPORT);
	wire_num(&m, T_JOB, j->id);
	wire_text(&m, T_NAME, "reconciliation");
	wire_num(&m, T_DATE, day);
	route_send(r, PAIR_REPORT, j->peer, &m);
	buf_release(&m);
	return 0;
}

int report_done(struct route *r, struct job *j, const struct msg *m, struct err *err)
{
	int64_t day = j->object;
	int rc;

	if (j->kind != JOB_REPORT)
		return 0;
	rc = ledger_do(r->ledger, err, "INSERT INTO report(name, date, state, path) VALUES('reconciliation', ?1, 2, ?2) ON CONFLICT(name, date) DO UPDATE SET path=?2", "iv", day,
		       msg_text(m, T_NAME));
	log_step(LOG_NOTICE, "report.written", "name", "reconciliation", NULL);
	job_end(r, j);
	return rc < 0 ? -1 : 0;
}
