/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbers - which approved batches go into one file, and the numbers it gets: date, time, modifier, traces, name
 *
 * Creation date and time, file ID modifier, traces and file name are allotted in business-key order in one transaction before the
 * first byte is rendered; a re-render reads them, so the bytes are the same whenever they are made.  Batches of one partner coalesce
 * for the outbound's quiet time.  At most 36 modifiers a creation date, then HELD(MODIFIERS_USED).
 */
#include "gateway/roles/route/artifact.h"
#include "gateway/roles/route/emit.h"
#include "gateway/roles/route/run.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/log.h"
#include "gateway/roles/route/ways.h"

#define TRACE_LAST ((int64_t)9999999)
#define FILE_LINES_MAX 9999990		/* the counter of traces goes as far, too */
#define TELL_LATER ((int64_t)5000)	/* a batch of more items is told its traces piece by piece */
#define TELL_PIECE ((int64_t)10000)	/* so many in one transaction */
#define LATE_GROUPS 32
#define BATCHES_MAX READBACK_BATCHES

/* "{date}" 20261109, "{time}" 0800, "{modifier}" A, "{partner}". */
void numbers_file_name(const struct outbound *o, const struct artifact_row *a, char *out, size_t cap)
{
	struct buf b = { .max = cap - 1 };
	char day[DATE_TEXT];

	date_print((date_t)a->created_date, day);
	for (const char *p = o->file_name; *p != '\0';) {
		size_t n = strcspn(p, "{");

		buf_put(&b, p, n);
		p += n;
		if (strncmp(p, "{date}", 6) == 0)
			buf_fmt(&b, "%.4s%.2s%.2s", day, day + 5, day + 8);
		else if (strncmp(p, "{time}", 6) == 0)
			buf_fmt(&b, "%04d", (int)a->created_time);
		else if (strncmp(p, "{modifier}", 10) == 0)
			buf_text(&b, a->modifier);
		else if (strncmp(p, "{partner}", 9) == 0)
			buf_text(&b, a->partner);
		else if (strncmp(p, "{artifact}", 10) == 0)
			buf_fmt(&b, "%lld", (long long)a->id);
		else if (*p == '{')
			buf_char(&b, '{');
		p += *p == '{' && strchr(p, '}') != NULL ? (size_t)(strchr(p, '}') - p) + 1 : *p != '\0';
	}
	snprintf(out, cap, "%s", buf_cstr(&b));
	buf_release(&b);
}

static int take_modifier(struct route *r, const struct outbound *o, struct artifact_row *a, bool *used_up, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char name[160];
	int64_t n;

	snprintf(name, sizeof(name), "modifier:%s:%lld", o->immediate_origin, (long long)a->created_date);
	if (counter_take(r, name, 0, 1, &n, err) != 0)
		return -1;
	*used_up = n >= 36;
	snprintf(a->modifier, sizeof(a->modifier), "%c", *used_up ? '?' : letters[n]);
	return 0;
}

/* `count` traces in a row; the counter starts again at 1 when they no longer fit below the last. */
static int take_traces(struct route *r, const struct outbound *o, int64_t count, int64_t *first, struct err *err)
{
	char name[80];
	int64_t n;

	snprintf(name, sizeof(name), "trace:%s", o->odfi);
	if (counter_take(r, name, 1, count, &n, err) != 0)
		return -1;
	if (n + count - 1 > TRACE_LAST) {
		n = 1;
		if (ledger_do(r->ledger, err, "UPDATE counter SET value=? WHERE name=?", "it", n + count, name) < 0)
			return -1;
	}
	*first = n;
	return 0;
}

int64_t numbers_trace_base(const struct outbound *o)
{
	int64_t odfi = 0;

	for (const char *p = o->odfi; *p >= '0' && *p <= '9'; p++)
		odfi = odfi * 10 + (*p - '0');
	return odfi * (TRACE_LAST + 1);
}

/* Most runs have one leg a row and no row left out: then an item's place follows from its id. */
static int evenly_spaced(struct route *r, const struct artifact_batch *b, int64_t *first, struct err *err)
{
	int64_t even = 0;

	if (ledger_int(r->ledger, first, err, "SELECT min(id) FROM item WHERE batch=?", "i", b->id) != 1)
		return -1;
	if (ledger_int(r->ledger, &even, err, "SELECT count(*)=?2 AND max(id)=?3+(?2-1)*?4 AND sum((id-?3)%?4)=0 FROM item WHERE batch=?1", "iiii", b->id, b->count, *first, (int64_t)RUN_LEGS_MAX) != 1)
		return -1;
	return even != 0;
}

static int give_traces(struct route *r, const struct outbound *o, const struct artifact_batch *b, int64_t first, struct err *err)
{
	int64_t id;
	int even = evenly_spaced(r, b, &id, err);

	first += numbers_trace_base(o);
	if (even == 1 && b->count > TELL_LATER)
		return ledger_do(r->ledger, err, "UPDATE batch SET trace_first=?2, trace_item=?3, trace_next=?3 WHERE id=?1", "iii", b->id, first, id) == 1 ? 0 : -1;
	if (even == 1)
		return ledger_do(r->ledger, err, "UPDATE item SET trace=?2+(id-?3)/?4, room=NULL WHERE batch=?1 AND state=0", "iiii", b->id, first, id, (int64_t)RUN_LEGS_MAX) < 0 ? -1 : 0;
	return even < 0 || ledger_do(r->ledger, err, "UPDATE item SET trace=s.n, room=NULL FROM (SELECT id AS i, ?2 + row_number() OVER (ORDER BY id) - 1 AS n FROM item WHERE batch=?1"
				     " AND state=0) s WHERE item.id=s.i", "ii", b->id, first) < 0 ? -1 : 0;
}

/* While others have work for route theirs comes first, but not for ever. */
static bool later(struct route *r)
{
	if (r->group_events == 0 || ++r->told_late > LATE_GROUPS) {
		r->told_late = 0;
		return false;
	}
	r->more = true;
	return true;
}

/*
 * One piece a transaction, and none while route has records of a file to send: what is left of the time in which a large file is written,
 * read back and signed.  The batch was evenly spaced when it got its traces, and none of its items leaves it before its file does, which waits for this (delivery.c).
 */
int numbers_pump(struct route *r, struct err *err)
{
	int64_t batch, first, item, from, next = 0;
	struct rows rows;
	int found;

	if (r->told_piece || ledger_query(&rows, r->ledger, err, "SELECT id, trace_first, trace_item, trace_next FROM batch WHERE trace_next IS NOT NULL ORDER BY id LIMIT 1", "") != 0)
		return r->told_piece ? 0 : -1;
	found = rows_next(&rows);
	if (found != 1)
		return found;
	batch = rows_int(&rows, 0);
	first = rows_int(&rows, 1);
	item = rows_int(&rows, 2);
	from = rows_int(&rows, 3);
	rows_end(&rows);
	if (emit_feeding(r) || later(r))
		return 0;
	r->told_piece = r->more = true;
	if (ledger_do(r->ledger, err, "UPDATE item SET trace=?2+(id-?3)/?4, room=NULL WHERE batch=?1 AND id>=?5 AND id<?6", "iiiiii", batch, first, item, (int64_t)RUN_LEGS_MAX, from,
		      from + TELL_PIECE * RUN_LEGS_MAX) < 0)
		return -1;
	found = ledger_int(r->ledger, &next, err, "SELECT min(id) FROM item WHERE batch=? AND id>=?", "ii", batch, from + TELL_PIECE * RUN_LEGS_MAX);
	if (found < 0 || ledger_do(r->ledger, err, "UPDATE batch SET trace_next=CASE ?2 WHEN 0 THEN NULL ELSE ?2 END WHERE id=?1", "ii", batch, next) != 1)
		return -1;
	r->dirty = true;
	return 0;
}

static int insert(struct route *r, const struct outbound *o, struct artifact_row *a, struct err *err)
{
	char object[24];
	int64_t first = a->first_trace;

	if (ledger_do(r->ledger, err, "INSERT INTO artifact(partner, outbound, format, state, business_key, file_name, created_date, created_time, modifier, first_trace,"
		      " effective, ccy, count, debit_minor, credit_minor, business_at, changed_at) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "tttittiitiitiiitt", a->partner,
		      a->outbound, a->format, (int64_t)ARTIFACT_ALLOTTED, a->business_key, a->file_name, a->created_date, a->created_time, a->modifier, a->first_trace,
		      a->effective, a->ccy, a->count, a->debit, a->credit, ledger_now(r->ledger)->business, ledger_now(r->ledger)->utc) < 0)
		return -1;
	a->id = ledger_last_id(r->ledger);
	for (size_t i = 0; i < a->n_batches; i++) {
		if (ledger_do(r->ledger, err, "UPDATE batch SET artifact=?2, number=?3 WHERE id=?1", "iii", a->batches[i].id, a->id, (int64_t)i + 1) < 0
		    || give_traces(r, o, &a->batches[i], first, err) != 0)
			return -1;
		first += a->batches[i].count;
	}
	log_step(LOG_NOTICE, "artifact.allotted", "artifact", id_text('A', a->id, object).p, "partner", a->partner, "file", a->file_name, NULL);
	return route_audit(r, object, "", "ALLOTTED", a->business_key, err);
}

static int make(struct route *r, const struct partner *p, const struct outbound *o, struct artifact_row *a, struct err *err)
{
	int32_t day;
	int minutes;
	bool used_up;

	clock_local(p, clock_utc(r), &day, &minutes);
	a->created_date = day;
	a->created_time = minutes / 60 * 100 + minutes % 60;
	snprintf(a->partner, sizeof(a->partner), "%s", p->name);
	snprintf(a->outbound, sizeof(a->outbound), "%s", o->name);
	snprintf(a->format, sizeof(a->format), "%s", o->format);
	snprintf(a->ccy, sizeof(a->ccy), "USD");
	if (take_modifier(r, o, a, &used_up, err) != 0)
		return -1;
	if (used_up) {
		for (size_t i = 0; i < a->n_batches; i++)
			if (ledger_move(r->ledger, THING_BATCH, a->batches[i].id, BATCH_HELD, "MODIFIERS_USED", err) != 0)
				return -1;
		return 0;
	}
	if (take_traces(r, o, a->count, &a->first_trace, err) != 0)
		return -1;
	if (ledger_int(r->ledger, &a->id, err, "SELECT ifnull(max(id),0)+1 FROM artifact", "") != 1)
		return -1;
	numbers_file_name(o, a, a->file_name, sizeof(a->file_name));
	snprintf(a->business_key, sizeof(a->business_key), "%s|%s|%lld|%04lld|%s", o->format, o->immediate_origin, (long long)a->created_date, (long long)a->created_time, a->modifier);
	return insert(r, o, a, err);
}

/* A file's control record: twelve digits of cents a side, eight of entries and addenda, six of blocks of ten lines. */
static bool fits(const struct artifact_row *a, const struct artifact_batch *b)
{
	int64_t lines = 2 + a->count + 2 * (int64_t)a->n_batches + b->count + 2;

	return lines <= FILE_LINES_MAX && a->debit <= BATCH_MINOR_MAX - b->debit && a->credit <= BATCH_MINOR_MAX - b->credit;
}

/*
 * The approved batches of one outbound that have waited out their quiet time, in business-key order, and wait for nothing of their run.
 */
static int collect(struct route *r, const struct partner *p, const struct outbound *o, struct artifact_row *a, bool *ripe, struct err *err)
{
	int64_t newest = 0, oldest = INT64_MAX, now = route_ms(r);
	int64_t reversal = 0;
	bool full = false;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT b.id, b.count, b.debit_minor, b.credit_minor, b.effective, b.approved_ms, b.kind='reversal' FROM batch b JOIN parcel f ON f.id=b.parcel"
			 " WHERE b.state=? AND b.artifact IS NULL AND b.partner=? AND b.outbound=? AND (b.kind<>'funding' OR EXISTS (SELECT 1 FROM batch t WHERE t.parcel=b.parcel"
			 " AND t.reference=b.reference AND t.kind='rollover' AND t.state=3)) AND NOT EXISTS (" RUN_WAITS ")"
			 " ORDER BY b.kind='reversal', b.effective, f.business_key, b.id LIMIT ?", "itti",
			 (int64_t)BATCH_APPROVED, p->name, o->name, (int64_t)BATCHES_MAX) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct artifact_batch *b = &a->batches[a->n_batches];
		int64_t at = rows_int(&rows, 5) > now ? 0 : rows_int(&rows, 5);	/* of an earlier boot: long ago */

		*b = (struct artifact_batch){ .id = rows_int(&rows, 0), .count = rows_int(&rows, 1), .debit = rows_int(&rows, 2), .credit = rows_int(&rows, 3),
			.effective = rows_int(&rows, 4) };
		full = a->n_batches > 0 && !fits(a, b);
		reversal = a->n_batches == 0 ? rows_int(&rows, 6) : reversal;
		if (full || rows_int(&rows, 6) != reversal) {		/* reversals leave in a file of their own (reverse.c) */
			rows_end(&rows);
			rc = 0;
			break;
		}
		a->n_batches++;
		a->count += b->count;
		a->debit += b->debit;
		a->credit += b->credit;
		a->effective = a->effective == 0 || b->effective < a->effective ? b->effective : a->effective;
		newest = at > newest ? at : newest;
		oldest = at < oldest ? at : oldest;
	}
	full = full || a->n_batches == BATCHES_MAX;		/* a full file waits for nobody */
	*ripe = a->n_batches > 0 && (full || now - newest >= o->coalesce_ms || now - oldest >= o->coalesce_max_ms);
	return rc;
}

int numbers_allot(struct route *r, const struct partner *p, const struct outbound *o, struct err *err)
{
	struct artifact_row a = { 0 };
	bool ripe;
	int rc;

	if (config_way(r->config, o) != WAY_ACH)
		return ways_allot(r, p, o, err);
	a.batches = calloc(BATCHES_MAX, sizeof(*a.batches));
	if (a.batches == NULL)
		return err_set(err, -1, "no memory to allot a file");
	rc = collect(r, p, o, &a, &ripe, err);
	if (rc == 0 && ripe) {
		rc = make(r, p, o, &a, err);
		r->dirty = true;
	}
	artifact_release(&a);
	return rc;
}
