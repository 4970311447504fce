/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - the business clock: the machine's, or in demo one that stands still until it is told
 *
 * The demo clock lies in the ledger (meta.business_clock), moves only forward and only by command, and every decision records it.
 * Banking dates and cut-offs are in the partner's zone; the zone rules come from the system's tz data (gateway/zone.h).
 */
#include "gateway/roles/route/route.h"

#include <stdio.h>
#include <time.h>
#include "formats/core/date.h"
#include "gateway/zone.h"
#include "rules/calendar.h"
#include "rules/cutoff.h"

void clock_text(int64_t utc, char out[24])
{
	time_t t = (time_t)utc;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static bool clock_parse(struct view text, int64_t *utc)
{
	struct tm tm = { 0 };
	char buf[24];
	const char *end;

	if (text.n != 20)
		return false;
	memcpy(buf, text.p, 20);
	buf[20] = '\0';
	end = strptime(buf, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL || *end != '\0')
		return false;
	*utc = timegm(&tm);
	return true;
}

int64_t clock_utc(struct route *r)
{
	int64_t utc;

	if (!r->config->demo)
		return r->ops->utc_seconds(r->ops->ctx);
	if (ledger_int(r->ledger, &utc, NULL, "SELECT CAST(value AS INTEGER) FROM meta WHERE key='business_clock'", "") == 1)
		return utc;
	if (clock_parse(view_of(r->config->demo_start), &utc))
		return utc;
	return r->ops->utc_seconds(r->ops->ctx);
}

int clock_set(struct route *r, struct view text, struct err *err)
{
	int64_t utc, was = clock_utc(r);
	char number[24], from[24], to[24];

	if (!r->config->demo)
		return err_set(err, -1, "the clock can be set in demo mode only; this gateway follows the machine's clock");
	if (!clock_parse(text, &utc))
		return err_set(err, -1, "'%.*s' is not a time; write 2026-11-09T08:00:00Z", (int)(text.n > 40 ? 40 : text.n), text.p ? text.p : "");
	if (utc < was)
		return err_set(err, -1, "the business clock moves only forward; it stands at a later time than that");
	snprintf(number, sizeof(number), "%lld", (long long)utc);
	if (ledger_do(r->ledger, err, "INSERT INTO meta(key, value) VALUES('business_clock', ?1) ON CONFLICT(key) DO UPDATE SET value=?1", "t", number) < 0)
		return -2;
	clock_text(was, from);
	clock_text(utc, to);
	return route_audit(r, "clock", from, to, NULL, err) == 0 ? 0 : -2;
}

void clock_local(const struct partner *p, int64_t utc, int32_t *date, int *minutes)
{
	int unused;

	if (!zone_local(p->timezone, utc, date, minutes != NULL ? minutes : &unused))
		*date = DATE_NONE;
}

void clock_actor(struct route *r, const char *actor)
{
	struct ledger_now now = { .actor = "" };

	snprintf(now.actor, sizeof(now.actor), "%s", actor);
	clock_text(r->ops->utc_seconds(r->ops->ctx), now.utc);
	clock_text(clock_utc(r), now.business);
	ledger_set_now(r->ledger, &now);
}

void clock_calendar(const struct route *r, const struct partner *p, struct calendar *out)
{
	config_calendar(r->config, p, out);
}

enum cutoff_verdict clock_judge(struct route *r, const struct partner *p, const struct outbound *out, int32_t effective, int32_t *earliest)
{
	struct calendar calendar;
	struct cutoff_ask ask = { .calendar = &calendar, .effective = effective };

	clock_calendar(r, p, &calendar);
	config_cut_off(r->config, out, &ask.cut_off_minutes, &ask.lead_days);
	clock_local(p, clock_utc(r), &ask.today, &ask.minutes);
	return cutoff_verify(&ask, earliest);
}

bool clock_in_time(struct route *r, const struct partner *p, const struct outbound *out, int32_t effective)
{
	enum cutoff_verdict verdict;
	int minutes, days;
	int32_t earliest;

	if (!config_cut_off(r->config, out, &minutes, &days))
		return true;		/* paper without a cut-off: a check is good on and after its date */
	verdict = clock_judge(r, p, out, effective, &earliest);
	return verdict == CUTOFF_OK || (verdict == CUTOFF_CLOSED_DAY && config_way(r->config, out) != WAY_ACH);	/* a check may be dated on any day */
}
