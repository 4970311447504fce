/* SPDX-License-Identifier: Apache-2.0 */
/*
 * persons_rows - what the rows of one range say of their persons, asked and written by one statement each
 *
 * The same as persons_note() row by row, in the order of the file, and it must stay so: a row is taken here only where no other row of the
 * range can matter to it.  That is a person nobody knew, and a person whose newest version says the same, as long as no row before it
 * changed anything.  From the first row that does, all known persons are left to the caller, one by one.
 * Where a feed sends its persons for the first time nobody is looked for: the unique key says who was there.
 */
#include "gateway/roles/route/persons.h"

#include "formats/core/wire.h"

struct row_set {
	struct view rest;
	struct persons_mark *marks;
	size_t n, at;				/* rec is of marks[at - 1] */
	int64_t next_id;
	struct record rec;
};

static bool next_row(struct row_set *s)
{
	while (s->at < s->n && wire_cut_record(&s->rest, &s->rec) == 1)
		if (s->rec.kind == RECORD_PAYMENT) {
			s->at++;
			return true;
		}
	return false;
}

static int give_person(void *ctx, struct cell *c, struct err *err)
{
	struct row_set *s = ctx;

	(void)err;
	if (!next_row(s))
		return 0;
	c[0] = cell_view(record_text(&s->rec, F_PERSON));
	return 1;
}

/* The newest version of each row's person.  *first: the first row that says something else of a known person; *known: how many are. */
static int look_up(struct route *r, const struct persons_of *p, const struct row_set *all, size_t *first, size_t *known, struct err *err)
{
	struct row_set asked = *all, here = *all;
	struct given given = { give_person, &asked };
	struct rows rows;
	int rc;

	if (ledger_query_given(&rows, r->ledger, err, "SELECT p.id, p.routing, p.account, p.changed_on IS NOT NULL AND p.cleared_by IS NULL FROM given g LEFT JOIN person p"
			       " ON p.id=(SELECT q.id FROM person q WHERE q.feed=?1 AND q.person=g.c0 ORDER BY q.version DESC LIMIT 1)", &given, "t", p->feed) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1 && next_row(&here)) {
		struct persons_mark *m = &here.marks[here.at - 1];
		struct view account = record_text(&here.rec, F_ACCOUNT);

		if (rows_null(&rows, 0))
			continue;
		++*known;
		m->version = rows_int(&rows, 0);
		m->open = rows_int(&rows, 3) != 0;
		m->noted = account.n == 0 || (view_eq(rows_text(&rows, 1), record_text(&here.rec, F_ROUTING)) && view_eq(rows_text(&rows, 2), account));
		if (!m->noted && here.at - 1 < *first)
			*first = here.at - 1;
	}
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

static int give_new(void *ctx, struct cell *c, struct err *err)
{
	struct row_set *s = ctx;
	struct persons_mark *m;

	(void)err;
	do {
		if (!next_row(s))
			return 0;
		m = &s->marks[s->at - 1];
	} while (m->version != 0);
	m->version = s->next_id++;
	m->noted = true;
	c[0] = cell_int(m->version);
	c[1] = cell_view(record_text(&s->rec, F_PERSON));
	c[2] = cell_view(record_text(&s->rec, F_ROUTING));
	c[3] = cell_view(record_text(&s->rec, F_ACCOUNT));
	c[4] = cell_view(record_text(&s->rec, F_ACCOUNT_TYPE));
	return 1;
}

/* Their person was there, or came in an earlier row of this range. */
static int find_refused(struct route *r, const struct row_set *all, int64_t from, size_t *first, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id FROM person WHERE id>=? ORDER BY id", "i", from) != 0)
		return -1;
	rc = rows_next(&rows);
	for (size_t i = 0; i < all->n && rc >= 0; i++) {
		struct persons_mark *m = &all->marks[i];

		if (m->version < from)
			continue;
		if (rc == 1 && rows_int(&rows, 0) == m->version) {
			rc = rows_next(&rows);
			continue;
		}
		m->version = 0;
		m->noted = false;
		*first = i < *first ? i : *first;
	}
	rows_end(&rows);
	return rc < 0 ? -1 : 0;
}

/* How many were not new after all, or -1. */
static int put_new(struct route *r, const struct persons_of *p, const struct row_set *all, int64_t from, size_t *first, struct err *err)
{
	struct row_set some = *all;
	struct given given = { give_new, &some };
	int made;

	some.next_id = from;
	made = ledger_give(r->ledger, err, "INSERT INTO person(id, feed, person, version, routing, account, account_type, parcel, since)"
			   " SELECT c0, ?1, c1, 1, c2, c3, c4, ?2, ?3 FROM given WHERE true ON CONFLICT(feed, person, version) DO NOTHING", &given, "tit", p->feed, p->parcel,
			   ledger_now(r->ledger)->business);
	if (made < 0 || some.next_id - from == made)
		return made < 0 ? -1 : 0;
	return find_refused(r, all, from, first, err) != 0 ? -1 : (int)(some.next_id - from - made);
}

int persons_note_rows(struct route *r, struct persons_of *p, struct view rows, struct persons_mark *marks, size_t n, struct err *err)
{
	struct row_set all = { .rest = rows, .marks = marks, .n = n };
	size_t first = n, known = 0;
	int64_t from = 1;
	int refused;

	if (!p->strangers && look_up(r, p, &all, &first, &known, err) != 0)
		return -1;
	if (ledger_int(r->ledger, &from, err, "SELECT ifnull(max(id),0)+1 FROM person", "") < 0)
		return -1;
	refused = put_new(r, p, &all, from, &first, err);
	if (refused < 0)
		return -1;
	p->strangers = known == 0 && refused == 0;
	for (size_t i = first; i < n; i++)
		if (marks[i].version < from)
			marks[i] = (struct persons_mark){ .seq = marks[i].seq };
	return 0;
}
