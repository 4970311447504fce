/* SPDX-License-Identifier: Apache-2.0 */
/*
 * persons_join - a payroll row finds the version of its person in force on the pay date, and changed bank data wait
 *
 * A person is found by id, else by HCM id or badge where one person alone carries it on that day.  A range gives the same rows whenever it
 * is read: only versions up to the run's mark count.  Where each row brings its own bank data, those are the versions.
 * Quarantine: an account that its feed changed shortly before the run, or since its last approved one, is held from then on until
 * a person has let it pass; what the bank itself corrected is no change by the feed.
 */
#include "gateway/roles/route/persons.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "formats/core/mask.h"

/* What is laid over a payroll row.  Bank data are the version's or nobody's: a row's own are not believed where a feed knows them. */
static const struct { enum record_field field; bool only; } laid[] = {
	{ F_ROUTING, true }, { F_ACCOUNT, true }, { F_ACCOUNT_TYPE, true }, { F_METHOD, false }, { F_PARTY, false }, { F_ADDRESS1, true }, { F_ADDRESS2, true },
	{ F_CITY, true }, { F_REGION, true }, { F_POSTAL_CODE, true }, { F_COUNTRY, true },
};

int persons_of_run(struct route *r, struct persons_of *out, int64_t parcel, const char *channel, int64_t mark, int64_t pay_date, struct err *err)
{
	const struct inbound *in = config_inbound(r->config, view_of(channel), NULL);
	struct rows rows;
	int64_t known = 0;
	date_t day;
	int rc;

	*out = (struct persons_of){ .parcel = parcel, .mark = mark, .pay_date = (int32_t)pay_date, .last_run = DATE_NONE, .today = persons_today(r, channel),
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
	if (rc < 0 || ledger_int(r->ledger, &known, err, "SELECT EXISTS(SELECT 1 FROM person WHERE feed=?)", "t", out->feed) < 0)
		return -1;
	out->strangers = known == 0;
	return 0;
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

/* By the row's person id; where nobody has it, by the row's HCM id or badge, or by its id taken for one of them. */
static int find(struct route *r, const struct persons_of *p, const struct record *row, struct buf *keep, struct persons_mark *m, struct err *err)
{
	static const struct alias aliases[] = {
		{ "SELECT DISTINCT person FROM person WHERE feed=? AND hcm_id=? AND id<=? LIMIT 8", F_HCM_ID },
		{ "SELECT DISTINCT person FROM person WHERE feed=? AND badge=? AND id<=? LIMIT 8", F_BADGE },
	};
	struct view id = record_text(row, F_PERSON);
	int64_t there = 0;
	int rc = in_force(r, p, id, keep, m, err);

	set_why(m, rc == 0 ? "NO_PERSON" : "");
	if (rc == 0)
		rc = ledger_int(r->ledger, &there, err, "SELECT count(*) FROM person WHERE feed=? AND person=? AND id<=?", "tvi", p->feed, id, p->mark) < 0 ? -1 : 0;
	if (there > 0)				/* known, but nobody in force: an alias of somebody else is no way out */
		set_why(m, "PERSON_NOT_IN_FORCE");
	for (size_t i = 0; rc == 0 && there == 0 && i < sizeof(aliases) / sizeof(aliases[0]) && strcmp(m->why, "NO_PERSON") == 0; i++)
		rc = by_alias(r, p, &aliases[i], record_has(row, aliases[i].field) ? record_text(row, aliases[i].field) : id, keep, m, err);
	if (rc == 1)
		set_why(m, "");
	return rc;
}

/* The row names its person twice, and not the same. */
static bool contradicts(const struct record *row, const struct record *version, enum record_field f)
{
	return record_has(row, f) && record_has(version, f) && !view_eq(record_text(row, f), record_text(version, f));
}

static void record_clear(struct record *r, enum record_field f)
{
	r->present[f / 64] &= ~((uint64_t)1 << (f % 64));
}

int persons_join(struct route *r, const struct persons_of *p, struct record *row, struct buf *keep, struct persons_mark *m, struct err *err)
{
	struct record v;
	struct view rest;
	int rc = find(r, p, row, keep, m, err);

	if (rc != 1)
		return rc;
	rest = buf_as_view(keep);
	if (keep->failed || wire_cut_record(&rest, &v) != 1)
		return err_set(err, -1, "version %lld of a person is damaged", (long long)m->version);
	if (contradicts(row, &v, F_HCM_ID) || contradicts(row, &v, F_BADGE))
		return set_why(m, "PERSON_DIFFERS"), 0;
	for (size_t i = 0; i < sizeof(laid) / sizeof(laid[0]); i++) {
		if (laid[i].only)
			record_clear(row, laid[i].field);
		record_set_text(row, laid[i].field, record_text(&v, laid[i].field));
	}
	if (!record_has(row, F_SSN))
		record_set_text(row, F_SSN, record_text(&v, F_SSN));
	return 1;
}

/* What counted before this version: the last account of the person that was not held, or that a person let pass. */
static int data_before(struct route *r, const struct persons_of *p, int64_t version, struct bank_data *out, struct err *err)
{
	struct rows rows;
	int rc;

	*out = (struct bank_data){ .known = false };
	if (ledger_query(&rows, r->ledger, err, "SELECT o.routing, o.account FROM person v JOIN person o ON o.feed=v.feed AND o.person=v.person WHERE v.id=? AND v.feed=?"
			 " AND (o.valid_from, o.version)<(v.valid_from, v.version) AND (o.quarantined=0 OR o.cleared_by IS NOT NULL) ORDER BY ifnull(o.account,'')<>'' DESC, o.valid_from DESC,"
			 " o.version DESC LIMIT 1", "it", version, p->feed) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		persons_copy(out, rows_text(&rows, 0), rows_text(&rows, 1));
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
		if (account.n == 0 || (view_eq(rows_text(&rows, 1), routing) && view_eq(rows_text(&rows, 2), account))) {
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
	if (!before.known || persons_same(&before, routing, account))
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
	persons_copy(&now, rows_text(&rows, 1), rows_text(&rows, 2));
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
