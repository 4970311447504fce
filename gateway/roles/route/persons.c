/* SPDX-License-Identifier: Apache-2.0 */
/*
 * persons - a people file becomes versions, and a payroll row finds the one in force on its pay date
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
#include "formats/core/mask.h"
#include "gateway/log.h"

/* What a version says; its day (valid_from) stands beside it, so that a feed which moves the day says nothing new. */
static const enum record_field kept[] = {
	F_ACCOUNT, F_PARTY, F_ROUTING, F_PERSON, F_ACCOUNT_TYPE, F_METHOD, F_SSN, F_HCM_ID, F_BADGE, F_FIRST_NAME, F_LAST_NAME, F_VALID_TO,
	F_ADDRESS1, F_ADDRESS2, F_CITY, F_REGION, F_POSTAL_CODE, F_COUNTRY,
};

/* What is laid over a payroll row.  Bank data are the version's or nobody's: a row's own are not believed where a feed knows them. */
static const struct { enum record_field field; bool only; } laid[] = {
	{ F_ROUTING, true }, { F_ACCOUNT, true }, { F_ACCOUNT_TYPE, true }, { F_METHOD, false }, { F_PARTY, false }, { F_ADDRESS1, true }, { F_ADDRESS2, true },
	{ F_CITY, true }, { F_REGION, true }, { F_POSTAL_CODE, true }, { F_COUNTRY, true },
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

struct bank_data { bool known, open; int64_t changed_on; char routing[32], account[64]; };	/* open: a change nobody has cleared */

static bool same_data(const struct bank_data *a, struct view routing, struct view account)
{
	return view_eq(view_of(a->routing), routing) && view_eq(view_of(a->account), account);
}

static void copy_data(struct bank_data *out, struct view routing, struct view account)
{
	out->known = true;
	snprintf(out->routing, sizeof(out->routing), "%.*s", VIEW_FMT(routing));
	snprintf(out->account, sizeof(out->account), "%.*s", VIEW_FMT(account));
}

/*
 * Which of this person's versions of this file change the bank data, and since when.  What was held and cleared by nobody is no
 * measure: going back to the data before it is no change.  A version that only repeats changed data (with another name, say) is as
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
		bool mine = rows_int(&rows, 1) == in->parcel, differs = before.known && !same_data(&before, routing, account);

		if (known > 0 && since < today)
			since = today;		/* what the feed tells late it has changed now */
		if (mine && !differs && before.open)
			since = before.changed_on;
		differs = differs || (mine && before.open);
		if (mine && differs && ledger_do(r->ledger, err, "UPDATE person SET changed_on=?2 WHERE id=?1", "ii", rows_int(&rows, 0), since) < 0) {
			rows_end(&rows);
			return -1;
		}
		if (!rows_int(&rows, 5))
			continue;
		copy_data(&before, routing, account);
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
static int32_t today_at(struct route *r, const char *channel)
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
	if (note_changes(r, &in, today_at(r, in.channel), err) != 0)
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

/* The join */

int persons_of_run(struct route *r, struct persons_of *out, int64_t parcel, const char *channel, int64_t mark, int64_t pay_date, struct err *err)
{
	const struct inbound *in = config_inbound(r->config, view_of(channel), NULL);
	struct rows rows;
	date_t day;
	int rc;

	*out = (struct persons_of){ .parcel = parcel, .mark = mark, .pay_date = (int32_t)pay_date, .last_run = DATE_NONE, .today = today_at(r, channel),
		.quarantine_days = r->config->change_quarantine_days };
	out->joined = in != NULL && in->people == PEOPLE_FEED;
	snprintf(out->channel, sizeof(out->channel), "%s", channel);
	snprintf(out->feed, sizeof(out->feed), "%s", out->joined ? in->people_from : channel);
	if (ledger_query(&rows, r->ledger, err, "SELECT max(p.business_at) FROM parcel p JOIN batch b ON b.parcel=p.id WHERE p.channel=? AND p.id<? AND b.state=3", "ti", channel, parcel) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1 && date_parse_iso(&day, view_sub(rows_text(&rows, 0), 0, 10)))
		out->last_run = day;
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

/* The version of that person in force on the pay date, as the run knows it, its record into *keep: 1, 0 nobody, -1. */
static int in_force(struct route *r, const struct persons_of *p, struct view person, struct buf *keep, struct persons_mark *m, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, record, ifnull(valid_to, ?3), changed_on IS NOT NULL AND cleared_by IS NULL FROM person WHERE feed=?1 AND person=?2 AND valid_from<=?3 AND id<=?4"
			 " AND (superseded_by IS NULL OR superseded_by>?4) ORDER BY valid_from DESC, version DESC LIMIT 1", "tvii", p->feed, person, (int64_t)p->pay_date, p->mark) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1 && rows_int(&rows, 2) >= p->pay_date) {
		m->version = rows_int(&rows, 0);
		m->open = rows_int(&rows, 3) != 0;
		buf_clear(keep);
		buf_view(keep, rows_text(&rows, 1));
	} else if (rc == 1) {
		rc = 0;
	}
	rows_end(&rows);
	return rc;
}

static void set_why(struct persons_mark *m, const char *why)
{
	snprintf(m->why, sizeof(m->why), "%s", why);
}

struct alias { const char *sql; enum record_field field; };

/* The one person who carries that alias on the pay date: 1, 0 nobody or several (the mark says which), -1. */
static int by_alias(struct route *r, const struct persons_of *p, const struct alias *a, struct view id, struct buf *keep, struct persons_mark *m, struct err *err)
{
	struct buf other = { 0 };
	struct rows rows;
	int rc, found = 0;

	if (ledger_query(&rows, r->ledger, err, a->sql, "tvi", p->feed, id, p->mark) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct persons_mark v = { .seq = m->seq };
		struct view rest;
		struct record rec;
		int got = in_force(r, p, rows_text(&rows, 0), &other, &v, err);

		rest = buf_as_view(&other);
		if (got == 1 && wire_cut_record(&rest, &rec) == 1 && view_eq(record_text(&rec, a->field), id) && ++found == 1) {
			m->version = v.version;
			m->open = v.open;
			buf_clear(keep);
			buf_view(keep, buf_as_view(&other));
		}
		if (got < 0) {
			rc = -1;
			rows_end(&rows);
			break;
		}
	}
	buf_release(&other);
	if (found > 1)
		set_why(m, "PERSON_AMBIGUOUS");
	return rc < 0 ? -1 : found == 1;
}

static int find(struct route *r, const struct persons_of *p, struct view id, struct buf *keep, struct persons_mark *m, struct err *err)
{
	static const struct alias aliases[] = {
		{ "SELECT DISTINCT person FROM person WHERE feed=? AND hcm_id=? AND id<=? LIMIT 8", F_HCM_ID },
		{ "SELECT DISTINCT person FROM person WHERE feed=? AND badge=? AND id<=? LIMIT 8", F_BADGE },
	};
	int64_t there = 0;
	int rc = in_force(r, p, id, keep, m, err);

	set_why(m, rc == 0 ? "NO_PERSON" : "");
	if (rc == 0)
		rc = ledger_int(r->ledger, &there, err, "SELECT count(*) FROM person WHERE feed=? AND person=? AND id<=?", "tvi", p->feed, id, p->mark) < 0 ? -1 : 0;
	if (there > 0)				/* known, but nobody in force: an alias of somebody else is no way out */
		set_why(m, "PERSON_NOT_IN_FORCE");
	for (size_t i = 0; rc == 0 && there == 0 && i < sizeof(aliases) / sizeof(aliases[0]) && strcmp(m->why, "NO_PERSON") == 0; i++)
		rc = by_alias(r, p, &aliases[i], id, keep, m, err);
	if (rc == 1)
		set_why(m, "");
	return rc;
}

static void record_clear(struct record *r, enum record_field f)
{
	r->present[f / 64] &= ~((uint64_t)1 << (f % 64));
}

int persons_join(struct route *r, const struct persons_of *p, struct record *row, struct buf *keep, struct persons_mark *m, struct err *err)
{
	struct record v;
	struct view rest;
	int rc = find(r, p, record_text(row, F_PERSON), keep, m, err);

	if (rc != 1)
		return rc;
	rest = buf_as_view(keep);
	if (keep->failed || wire_cut_record(&rest, &v) != 1)
		return err_set(err, -1, "version %lld of a person is damaged", (long long)m->version);
	for (size_t i = 0; i < sizeof(laid) / sizeof(laid[0]); i++) {
		if (laid[i].only)
			record_clear(row, laid[i].field);
		record_set_text(row, laid[i].field, record_text(&v, laid[i].field));
	}
	if (!record_has(row, F_SSN))
		record_set_text(row, F_SSN, record_text(&v, F_SSN));
	return 1;
}

/* What counted before this version: the last one of the person that was not held, or that a person let pass. */
static int data_before(struct route *r, const struct persons_of *p, int64_t version, struct bank_data *out, struct err *err)
{
	struct rows rows;
	int rc;

	*out = (struct bank_data){ .known = false };
	if (ledger_query(&rows, r->ledger, err, "SELECT o.routing, o.account FROM person v JOIN person o ON o.feed=v.feed AND o.person=v.person WHERE v.id=? AND v.feed=?"
			 " AND (o.valid_from, o.version)<(v.valid_from, v.version) AND (o.quarantined=0 OR o.cleared_by IS NOT NULL) ORDER BY o.valid_from DESC, o.version DESC LIMIT 1",
			 "it", version, p->feed) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		copy_data(out, rows_text(&rows, 0), rows_text(&rows, 1));
	rows_end(&rows);
	return rc;
}

int persons_note(struct route *r, const struct persons_of *p, const struct record *row, struct persons_mark *m, struct err *err)
{
	struct view person = record_text(row, F_PERSON), routing = record_text(row, F_ROUTING), account = record_text(row, F_ACCOUNT);
	struct bank_data before;
	int64_t n = 0;
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT version, routing, account, id, changed_on IS NOT NULL AND cleared_by IS NULL FROM person WHERE feed=? AND person=? ORDER BY version DESC LIMIT 1", "tv", p->feed, person) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		n = rows_int(&rows, 0);
		m->version = rows_int(&rows, 3);
		m->open = rows_int(&rows, 4) != 0;
		if (view_eq(rows_text(&rows, 1), routing) && view_eq(rows_text(&rows, 2), account)) {
			rows_end(&rows);
			return 0;
		}
	}
	rows_end(&rows);
	if (rc < 0 || ledger_do(r->ledger, err, "INSERT INTO person(feed, person, version, routing, account, account_type, parcel, since) VALUES(?,?,?,?,?,?,?,?)", "tvivvvit",
				p->feed, person, n + 1, routing, account, record_text(row, F_ACCOUNT_TYPE), p->parcel, ledger_now(r->ledger)->business) < 0)
		return -1;
	m->version = ledger_last_id(r->ledger);
	m->open = false;
	if (n == 0)
		return 0;
	if (data_before(r, p, m->version, &before, err) < 0)
		return -1;
	if (!before.known || same_data(&before, routing, account))
		return 0;
	m->open = true;
	return ledger_do(r->ledger, err, "UPDATE person SET changed_on=?2 WHERE id=?1", "ii", m->version, (int64_t)p->today) < 0 ? -1 : 0;
}

/* Quarantine */

/* The versions of that person that say the same changed bank data: they are held, and let pass, together. */
#define SAME_CHANGE "WHERE id IN (SELECT o.id FROM person v JOIN person o ON o.feed=v.feed AND o.person=v.person AND ifnull(o.routing,'')=ifnull(v.routing,'')" \
	" AND ifnull(o.account,'')=ifnull(v.account,'') WHERE v.id=?1) AND changed_on IS NOT NULL AND cleared_by IS NULL"

static void describe(const struct bank_data *now, const struct bank_data *before, int64_t changed_on, char *out, size_t cap)
{
	struct buf text = { .max = cap - 1 };
	char day[DATE_TEXT];

	buf_text(&text, "account ");
	mask_last4(&text, view_of(now->account));
	buf_fmt(&text, " at %s since %s; before: ", now->routing, date_print((date_t)changed_on, day));
	if (before->account[0] != '\0') {
		mask_last4(&text, view_of(before->account));
		buf_fmt(&text, " at %s", before->routing);
	} else {
		buf_text(&text, "none");
	}
	snprintf(out, cap, "%s", buf_cstr(&text));
	buf_release(&text);
}

/* The feed now sends what the bank itself corrected. */
static int bank_said_so(struct route *r, const struct persons_of *p, struct view person, const struct bank_data *now, struct err *err)
{
	int64_t n;

	return ledger_int(r->ledger, &n, err, "SELECT 1 FROM overlay WHERE feed=? AND person=? AND routing=? AND account=? AND superseded=0 LIMIT 1", "tvtt", p->channel, person,
			  now->routing, now->account);
}

static int quarantine(struct route *r, const struct persons_of *p, struct persons_mark *m, const struct bank_data *now, int64_t changed_on, struct err *err)
{
	struct bank_data before;

	if (data_before(r, p, m->version, &before, err) < 0)
		return -1;
	set_why(m, "BANK_DATA_CHANGED");
	describe(now, &before, changed_on, m->detail, sizeof(m->detail));
	return ledger_do(r->ledger, err, "UPDATE person SET quarantined=1 " SAME_CHANGE, "i", m->version) < 0 ? -1 : 0;
}

int persons_judge(struct route *r, const struct persons_of *p, struct persons_mark *m, struct err *err)
{
	struct bank_data now = { .known = false };
	int64_t changed_on = 0;
	bool wait = false;
	struct rows rows;
	int rc, said;

	if (p->quarantine_days == 0 || !m->open)
		return 0;
	if (ledger_query(&rows, r->ledger, err, "SELECT person, routing, account, changed_on, quarantined FROM person WHERE id=? AND changed_on IS NOT NULL AND cleared_by IS NULL", "i",
			 m->version) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc != 1)
		return rc;
	copy_data(&now, rows_text(&rows, 1), rows_text(&rows, 2));
	changed_on = rows_int(&rows, 3);
	wait = rows_int(&rows, 4) || changed_on >= p->today - p->quarantine_days || (p->last_run != DATE_NONE && changed_on >= p->last_run);
	said = wait ? bank_said_so(r, p, rows_text(&rows, 0), &now, err) : 0;
	rows_end(&rows);
	if (said < 0)
		return -1;
	return wait && said == 0 ? quarantine(r, p, m, &now, changed_on, err) : 0;
}

int persons_clear(struct route *r, int64_t version, const char *operator_name, struct err *err)
{
	return ledger_do(r->ledger, err, "UPDATE person SET cleared_by=?2 " SAME_CHANGE, "it", version, operator_name) < 0 ? -1 : 0;
}
