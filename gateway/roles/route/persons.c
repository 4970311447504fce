/* SPDX-License-Identifier: Apache-2.0 */
/*
 * persons - a people file becomes versions of its persons
 *
 * A person is known by (feed, person id); the HCM id and the badge are aliases.  Each PERSON record is one version from its valid_from
 * on.  The same data again make none; other data for the same day supersede what was said of that day.  The version with the latest
 * valid_from up to a day decides for that day: if it has ended by then, nobody is in force, and no older one is taken instead.
 *
 * The whole file is one transaction (ROUTED -> DONE), so a crash leaves all of its versions or none, and the second delivery of a feed
 * under its fixed name adds only what is new in it.
 */
#include "gateway/roles/route/persons.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/date.h"
#include "gateway/log.h"

/* What a version says; its day (valid_from) stands beside it, so that a feed which moves the day says nothing new. */
static const enum record_field kept[] = {
	F_ACCOUNT, F_PARTY, F_ROUTING, F_PERSON, F_ACCOUNT_TYPE, F_METHOD, F_SSN, F_HCM_ID, F_BADGE, F_FIRST_NAME, F_LAST_NAME, F_VALID_TO,
	F_ADDRESS1, F_ADDRESS2, F_CITY, F_REGION, F_POSTAL_CODE, F_COUNTRY,
};

struct intake {
	int64_t parcel;
	char channel[200];
	int64_t made, changed, unchanged, nameless;	/* nameless: the line of a person without any id, 0 = none */
	struct buf content;
};

static struct view person_id(const struct record *rec)
{
	static const enum record_field ids[] = { F_PERSON, F_HCM_ID, F_BADGE };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (record_text(rec, ids[i]).n > 0)
			return record_text(rec, ids[i]);
	return (struct view){ NULL, 0 };
}

static bool content_of(const struct record *rec, struct buf *out)
{
	struct record c;

	record_init(&c, RECORD_PERSON, 0);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (record_field_rows[kept[i]].type == FIELD_TEXT)
			record_set_text(&c, kept[i], record_text(rec, kept[i]));
		else if (record_has(rec, kept[i]))
			record_set_num(&c, kept[i], record_num(rec, kept[i], 0));
	}
	buf_clear(out);
	return wire_put_record(out, &c);
}

/* The number of that person's newest version, 0 = nobody yet.  -1: the ledger failed. */
static int64_t newest(struct route *r, const struct intake *in, struct view person, struct err *err)
{
	int64_t version = 0;

	return ledger_int(r->ledger, &version, err, "SELECT version FROM person WHERE feed=? AND person=? ORDER BY version DESC LIMIT 1", "tv", in->channel, person) < 0 ? -1 : version;
}

/* 1: the version that is in force on that day says the same; 0: it does not, or there is none; -1. */
static int says_the_same(struct route *r, const struct intake *in, struct view person, int64_t from, struct err *err)
{
	struct rows rows;
	int rc, same = 0;

	if (ledger_query(&rows, r->ledger, err, "SELECT record FROM person WHERE feed=? AND person=? AND superseded_by IS NULL AND valid_from<=?"
			 " ORDER BY valid_from DESC, version DESC LIMIT 1", "tvi", in->channel, person, from) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		same = view_eq(rows_text(&rows, 0), buf_as_view(&in->content));
	rows_end(&rows);
	return rc < 0 ? -1 : same;
}

static int insert(struct route *r, const struct intake *in, const struct record *rec, struct view person, int64_t from, int64_t version, struct err *err)
{
	int64_t id;

	if (ledger_do(r->ledger, err, "INSERT INTO person(feed, person, version, routing, account, account_type, parcel, since, seq, hcm_id, badge, valid_from, valid_to, record)"
		      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,CASE WHEN ?13=0 THEN NULL ELSE ?14 END,?15)", "tvivvvitivviiib", in->channel, person, version,
		      record_text(rec, F_ROUTING), record_text(rec, F_ACCOUNT), record_text(rec, F_ACCOUNT_TYPE), in->parcel, ledger_now(r->ledger)->business,
		      (int64_t)rec->seq, record_text(rec, F_HCM_ID), record_text(rec, F_BADGE), from, (int64_t)record_has(rec, F_VALID_TO),
		      record_num(rec, F_VALID_TO, 0), buf_as_view(&in->content)) < 0)
		return -1;
	if (version == 1)
		return 1;
	id = ledger_last_id(r->ledger);
	return ledger_do(r->ledger, err, "UPDATE person SET superseded_by=?4 WHERE feed=?1 AND person=?2 AND valid_from=?3 AND superseded_by IS NULL AND id<>?4", "tvii",
			 in->channel, person, from, id) < 0 ? -1 : 2;
}

static int take(struct route *r, struct intake *in, const struct record *rec, struct err *err)
{
	struct view person = person_id(rec);
	int64_t from = record_num(rec, F_VALID_FROM, 0), before;	/* a feed without effective dates: from ever on */
	int rc;

	if (person.n == 0) {
		in->nameless = in->nameless == 0 ? (int64_t)rec->line : in->nameless;
		return 0;
	}
	if (!content_of(rec, &in->content))
		return err_set(err, -1, "a person of F%lld is too large", (long long)in->parcel);
	before = newest(r, in, person, err);
	rc = before > 0 ? says_the_same(r, in, person, from, err) : before < 0 ? -1 : 0;
	if (rc != 0) {
		in->unchanged += rc == 1;
		return rc < 0 ? -1 : 0;
	}
	rc = insert(r, in, rec, person, from, before + 1, err);
	in->made += rc == 1;
	in->changed += rc == 2;
	return rc < 0 ? -1 : 0;
}

static int take_page(struct route *r, void *ctx, struct view records, struct err *err)
{
	struct record rec;

	while (wire_cut_record(&records, &rec) == 1)
		if (rec.kind == RECORD_PERSON && take(r, ctx, &rec, err) != 0)
			return -1;
	return 0;
}

bool persons_same(const struct bank_data *a, struct view routing, struct view account)
{
	return view_eq(view_of(a->routing), routing) && view_eq(view_of(a->account), account);
}

void persons_copy(struct bank_data *out, struct view routing, struct view account)
{
	out->known = true;
	snprintf(out->routing, sizeof(out->routing), "%.*s", VIEW_FMT(routing));
	snprintf(out->account, sizeof(out->account), "%.*s", VIEW_FMT(account));
}

/*
 * Which of this person's versions of this file change the bank data, and since when.  What was held and cleared by nobody is no
 * measure: going back to the data before it is no change.  Without an account there is nothing to divert, so the account before that
 * counts on; the first account of somebody who had none is a change.  A version that only repeats changed data (with another name, say) is as
 * young as that change.
 */
static int note_changes_of(struct route *r, const struct intake *in, struct view person, int32_t today, struct err *err)
{
	struct bank_data before = { .known = false };
	int64_t known = 0;
	struct rows rows;
	int rc;

	if (ledger_int(r->ledger, &known, err, "SELECT count(*) FROM person WHERE feed=? AND person=? AND parcel<>?", "tvi", in->channel, person, in->parcel) < 0
	    || ledger_query(&rows, r->ledger, err, "SELECT id, parcel, valid_from, routing, account, quarantined=0 OR cleared_by IS NOT NULL, changed_on, cleared_by IS NULL FROM person"
			    " WHERE feed=? AND person=? ORDER BY valid_from, version", "tv", in->channel, person) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct view routing = rows_text(&rows, 3), account = rows_text(&rows, 4);
		int64_t since = rows_int(&rows, 2);
		bool mine = rows_int(&rows, 1) == in->parcel, differs = before.known && account.n > 0 && !persons_same(&before, routing, account);

		if (known > 0 && since < today)
			since = today;		/* what the feed tells late it has changed now */
		if (mine && account.n > 0 && !differs && before.open) {
			since = before.changed_on;
			differs = true;
		}
		if (mine && differs && ledger_do(r->ledger, err, "UPDATE person SET changed_on=?2 WHERE id=?1", "ii", rows_int(&rows, 0), since) < 0) {
			rows_end(&rows);
			return -1;
		}
		if (!rows_int(&rows, 5) || (account.n == 0 && before.known))
			continue;
		persons_copy(&before, routing, account);
		before.changed_on = mine ? since : rows_int(&rows, 6);
		before.open = mine ? differs : !rows_null(&rows, 6) && rows_int(&rows, 7);
	}
	return rc;
}

static int note_changes(struct route *r, const struct intake *in, int32_t today, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT DISTINCT person FROM person WHERE parcel=? AND seq IS NOT NULL AND version>1", "i", in->parcel) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (note_changes_of(r, in, rows_text(&rows, 0), today, err) != 0) {
			rows_end(&rows);
			return -1;
		}
	return rc;
}

/* The day it is where that feed is. */
int32_t persons_today(struct route *r, const char *channel)
{
	const struct partner *partner = NULL;
	int32_t today = (int32_t)(clock_utc(r) / 86400);

	if (config_inbound(r->config, view_of(channel), &partner) != NULL)
		clock_local(partner, clock_utc(r), &today, NULL);
	return today;
}

static int read_channel(struct route *r, int64_t parcel, char out[200], struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT channel FROM parcel WHERE id=?", "i", parcel) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		snprintf(out, 200, "%.*s", VIEW_FMT(rows_text(&rows, 0)));
	rows_end(&rows);
	return rc == 1 ? 0 : -1;
}

int persons_route(struct route *r, int64_t parcel, struct err *err)
{
	struct intake in = { .parcel = parcel };
	char text[160], object[24];
	int rc = -1;

	if (read_channel(r, parcel, in.channel, err) != 0 || segment_walk(r, parcel, take_page, &in, err) != 0)
		goto out;
	if (note_changes(r, &in, persons_today(r, in.channel), err) != 0)
		goto out;
	snprintf(text, sizeof(text), "%lld persons are new, %lld versions are new, %lld are as before", (long long)in.made, (long long)in.changed, (long long)in.unchanged);
	if (in.nameless != 0)			/* the module should have said so; the others of the file are good */
		snprintf(text, sizeof(text), "line %lld and perhaps others: a person without any id is not taken", (long long)in.nameless);
	log_step(LOG_NOTICE, "people.taken", "parcel", id_text('F', parcel, object).p, "text", text, NULL);
	if (ledger_do(r->ledger, err, "UPDATE parcel SET text=?2 WHERE id=?1", "it", parcel, text) < 0)
		goto out;
	rc = ledger_move(r->ledger, THING_PARCEL, parcel, PARCEL_DONE, NULL, err);
	r->dirty = true;
out:
	buf_release(&in.content);
	return rc;
}
