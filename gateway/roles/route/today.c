/* SPDX-License-Identifier: Apache-2.0 */
/*
 * today - what must still go out, by when; what has not come, from whom; what waits for which persons; what is held
 *
 * "By when" is the partner's last cut-off that still makes the effective date: its banking day as many banking days before that date as
 * the partner asks, in its own zone, told there and in minutes from now (negative: it is missed).  A statement is missed on a banking day
 * when the booked one of the banking day before is not here.  Everything else is a query of query_sql.c.
 */
#include "gateway/roles/route/artifact.h"
#include "gateway/roles/route/query.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "gateway/zone.h"
#include "rules/calendar.h"

/* More than five batches alike are one line: so many, with the payments and the sum of all. */
#define ALIKE "(SELECT *, count(*) OVER alike AS gathered, row_number() OVER (alike ORDER BY id) AS place, sum(count) OVER alike AS payments, sum(credit_minor+debit_minor) OVER alike AS minor" \
	" FROM batch WHERE state IN (1,2,3,4) AND items_state IN (5,6,7) WINDOW alike AS (PARTITION BY partner, outbound, kind, state, why, items_state, effective, artifact, maker))"
#define LEAVES "SELECT b.id, b.kind, b.run, b.partner||'/'||b.outbound, b.state, b.why, b.items_state, b.effective, CASE WHEN gathered>5 THEN payments ELSE b.count END," \
	" CASE WHEN gathered>5 THEN minor ELSE b.credit_minor+b.debit_minor END, b.persons," \
	" (SELECT count(DISTINCT s.operator) FROM statement s WHERE s.object='B'||b.id AND s.act='approve' AND s.spent=0), b.maker, ifnull(b.artifact,0), ifnull(a.state,0), a.why," \
	" ifnull(d.id,0), ifnull(d.state,0), d.why, ifnull(m.id,0), m.state, m.items_state, CASE b.kind WHEN 'funding' THEN (SELECT t.id FROM batch t WHERE t.parcel=b.parcel" \
	" AND t.reference=b.reference AND t.kind='rollover' AND t.state NOT IN (3,5)) END, (" RUN_WAITS " ORDER BY w.id LIMIT 1)," \
	" (SELECT p.file_name FROM artifact p WHERE p.id=a.waits_for AND (EXISTS (SELECT 1 FROM ack k WHERE k.id=p.ack AND k.verdict='rejected') OR NOT EXISTS (SELECT 1 FROM delivery w" \
	" WHERE w.artifact=p.id AND w.state=5))), CASE WHEN gathered>5 THEN gathered ELSE 1 END FROM " ALIKE " b LEFT JOIN batch m ON b.kind='rollover' AND m.parcel=b.parcel" \
	" AND m.kind='funding' AND m.reference=b.reference AND m.part=1 AND m.state<>5 LEFT JOIN artifact a ON a.id=b.artifact LEFT JOIN delivery d ON d.artifact=b.artifact" \
	" WHERE gathered<=5 OR place=1 ORDER BY ifnull(b.effective,0), b.id LIMIT 200"

/* The last moment at which a file for that date may be at the bank; false: this way has no cut-off. */
static bool last_moment(struct route *r, const struct partner *p, const struct outbound *o, date_t effective, int64_t *utc, date_t *day, int *minutes)
{
	struct calendar c;
	int days;

	if (!config_cut_off(r->config, o, minutes, &days) || effective == DATE_NONE)
		return false;
	clock_calendar(r, p, &c);
	while (!calendar_open(&c, effective))		/* a check may be dated on any day */
		effective--;
	*day = calendar_add(&c, effective, -days);
	if (*day == DATE_NONE)
		return false;
	*utc = zone_utc(p->timezone, *day, *minutes);
	return true;
}

static void put_by(struct json *j, struct route *r, const struct partner *p, const struct outbound *o, date_t effective)
{
	char day[DATE_TEXT], text[80];
	int64_t utc;
	date_t at;
	int minutes;

	if (o == NULL || !last_moment(r, p, o, effective, &utc, &at, &minutes)) {
		json_null(j, "by");
		json_null(j, "minutes_left");
		return;
	}
	snprintf(text, sizeof(text), "%s %02d:%02d %s", date_print(at, day), minutes / 60, minutes % 60, p->timezone);
	json_cstr(j, "by", text);
	json_int(j, "minutes_left", (utc - clock_utc(r)) / 60);
}

/* The money of a rollover file. */
static const char *how_far(int state, int items)
{
	return state == BATCH_HELD ? "held" : state != BATCH_APPROVED ? "must be approved" : items < ITEM_DELIVERED ? "must leave" : "the bank must accept it";
}

/* What it waits for, in words; the states are those of its file where it has one. */
static void waits_for(struct rows *rows, char out[160])
{
	int64_t state = rows_int(rows, 4), needed = rows_int(rows, 10), have = rows_int(rows, 11), file = rows_int(rows, 14), way = rows_int(rows, 17);
	struct view why = way == DELIVERY_HELD ? rows_text(rows, 18) : file == ARTIFACT_HELD ? rows_text(rows, 15) : rows_text(rows, 5);

	if (state == BATCH_HELD || file == ARTIFACT_HELD || way == DELIVERY_HELD)
		snprintf(out, 160, "a person: held, %.*s", VIEW_FMT(why));
	else if (state == BATCH_OPEN)
		snprintf(out, 160, "its rows to be read");
	else if (state == BATCH_PROPOSED)
		snprintf(out, 160, "%lld more approval%s, not by %.*s", (long long)(needed - have), needed - have == 1 ? "" : "s", (int)(rows_text(rows, 12).n > 90 ? 90 : rows_text(rows, 12).n),
			 rows_text(rows, 12).p);
	else if (rows_int(rows, 13) == 0 && rows_int(rows, 19) != 0)
		snprintf(out, 160, "its money, B%lld: %s", (long long)rows_int(rows, 19), how_far((int)rows_int(rows, 20), (int)rows_int(rows, 21)));
	else if (rows_int(rows, 13) == 0 && (!rows_null(rows, 22) || !rows_null(rows, 23)))
		snprintf(out, 160, "the rest of its run, B%lld", (long long)rows_int(rows, rows_null(rows, 22) ? 23 : 22));
	else if (rows_int(rows, 13) == 0)
		snprintf(out, 160, "company in a file");
	else if (!rows_null(rows, 24))
		snprintf(out, 160, "the bank must have the list of its checks, %.*s", VIEW_FMT(rows_text(rows, 24)));
	else if (way == 0)
		snprintf(out, 160, "its file A%lld, %s", (long long)rows_int(rows, 13), state_name(THING_ARTIFACT, (int)file));
	else
		snprintf(out, 160, "its delivery D%lld, %s", (long long)rows_int(rows, 16), state_name(THING_DELIVERY, (int)way));
}

static int put_leaving(struct route *r, struct json *j, struct err *err)
{
	struct rows rows;
	int rc;

	json_array(j, "to_leave");
	if (ledger_query(&rows, r->ledger, err, LEAVES, "") != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		const struct partner *p = NULL;
		const struct outbound *o = config_outbound(r->config, rows_text(&rows, 3), &p);
		date_t effective = rows_null(&rows, 7) ? DATE_NONE : (date_t)rows_int(&rows, 7);
		char id[24], day[DATE_TEXT], words[160];

		json_object(j, NULL);
		json_text(j, "id", id_text('B', rows_int(&rows, 0), id));
		json_text(j, "kind", rows_text(&rows, 1));
		json_text(j, "run", rows_text(&rows, 2));
		json_text(j, "to", rows_text(&rows, 3));
		json_cstr(j, "state", state_name(THING_BATCH, (int)rows_int(&rows, 4)));
		json_int(j, "count", rows_int(&rows, 8));
		json_int(j, "amount_minor", rows_int(&rows, 9));
		json_cstr(j, "effective_date", date_print(effective, day));
		put_by(j, r, p, o, effective);
		waits_for(&rows, words);
		json_cstr(j, "waits_for", words);
		json_int(j, "batches", rows_int(&rows, 25));
		json_object_end(j);
	}
	json_array_end(j);
	return rc;
}

static bool has_statements(const struct partner *p)
{
	for (size_t i = 0; i < p->n_in; i++)
		if (strcmp(p->in[i].purpose, "statement") == 0)
			return true;
	return false;
}

/* Of each account whose bank sends statements: the booked one of the banking day before, when it is not here. */
static int put_statement(struct route *r, struct json *j, const struct partner *p, const struct config_pair *account, struct err *err)
{
	char day[DATE_TEXT], last[DATE_TEXT];
	int64_t seen = DATE_NONE;
	struct buf shown = { .max = 64 };
	struct calendar c;
	date_t today, want;
	int found;

	clock_local(p, clock_utc(r), &today, NULL);
	clock_calendar(r, p, &c);
	want = calendar_add(&c, today, -1);
	if (!calendar_open(&c, today))
		return 0;
	found = ledger_int(r->ledger, &seen, err, "SELECT max(as_of) FROM bank_statement WHERE partner=? AND account=? AND provisional=0 AND posted=1", "tt", p->name, account->name);
	if (found < 0)
		return -1;
	if (found == 1 && seen >= want)
		return 0;
	mask_last4(&shown, view_of(account->name));
	json_object(j, NULL);
	json_cstr(j, "from", p->name);
	json_text(j, "account", buf_as_view(&shown));
	json_cstr(j, "as_of", date_print(want, day));
	json_cstr(j, "last", found == 1 ? date_print((date_t)seen, last) : NULL);
	json_object_end(j);
	buf_release(&shown);
	return 0;
}

static int put_statements(struct route *r, struct json *j, struct err *err)
{
	json_array(j, "statements_awaited");
	for (size_t i = 0; i < r->config->n_partners; i++) {
		const struct partner *p = &r->config->partners[i];

		for (size_t k = 0; has_statements(p) && k < p->n_accounts; k++)
			if (put_statement(r, j, p, &p->accounts[k], err) != 0)
				return -1;
	}
	json_array_end(j);
	return 0;
}

int today_put(struct route *r, struct json *j, struct err *err)
{
	char when[24];

	clock_text(clock_utc(r), when);
	json_cstr(j, "business_time", when);
	return put_leaving(r, j, err) != 0 || put_statements(r, j, err) != 0 ? -1 : 0;
}
