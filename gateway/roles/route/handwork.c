/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handwork - see handwork.h.  rules/casebook.h judges, the ledger keeps
 *
 * A decision is a row of `casework`, never changed: who, when, why, which rows, and the words of them that he signed.  One that the rules
 * want two persons for waits and moves nothing until another person's row says `second` of it; then the rows must still be what the first
 * one signed.  What was taken apart by hand is not joined again by the matcher: its line stays with a person.  What a person refused is
 * not proposed again.
 *
 * A match that settled payments of ours is not taken apart here: their way back is a return or a reversal.  Sums must be equal.
 */
#include "gateway/roles/route/handwork.h"
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include <stdlib.h>

#include "channels/digest.h"
#include "formats/core/date.h"
#include "formats/core/money.h"
#include "gateway/ledger_schema.h"
#include "rules/casebook.h"

#define ROWS_MOST 200
#define TEXT_MOST 60000

struct ids { int64_t v[ROWS_MOST]; size_t n; };

struct hand {
	enum case_act act;
	struct ids lines, items;
	int64_t match, about;			/* UNMATCH: the match, 0 = a write-off; SECOND, WITHDRAW, UNMATCH of a write-off: the row */
	char owner[CASE_NAME_MOST + 1], match_text[24], proposal[24];
	struct buf text;			/* the rows as they stand, in words: what is signed */
};

bool handwork_is(struct view act)
{
	enum case_act a;

	return case_act_of(act, &a);
}

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

static int refuse(struct err *err, const char *words)
{
	err_set(err, -1, "%s", words);
	return 0;
}

static bool add_id(struct hand *h, char letter, int64_t id)
{
	struct ids *to = letter == 'L' ? &h->lines : &h->items;

	for (size_t i = 0; i < to->n; i++)
		if (to->v[i] == id)
			return true;
	if ((letter != 'L' && letter != 'E') || to->n == ROWS_MOST)
		return false;
	to->v[to->n++] = id;
	return true;
}

/* "L12 E7,E8": blanks or commas between. */
static bool add_ids(struct hand *h, struct view list)
{
	while (list.n > 0) {
		size_t n = 0;
		int64_t id;
		char letter;

		while (n < list.n && list.p[n] != ' ' && list.p[n] != ',')
			n++;
		if (n > 0 && (!id_parse(view_sub(list, 0, n), &letter, &id) || !add_id(h, letter, id)))
			return false;
		list = view_sub(list, n < list.n ? n + 1 : n, SIZE_MAX);
	}
	return true;
}

/* The rows of a match, of a proposal, of an earlier decision */

static int rows_of_match(struct route *r, struct hand *h, int64_t match, struct err *err)
{
	struct rows rows;
	int rc;

	h->match = match;
	snprintf(h->match_text, sizeof(h->match_text), "M%lld", (long long)match);
	if (ledger_query(&rows, r->ledger, err, "SELECT 0, id FROM bank_line WHERE match=?1 UNION ALL SELECT 1, id FROM expected WHERE match=?1 ORDER BY 1, 2 LIMIT ?2", "ii", match,
			 (int64_t)2 * ROWS_MOST) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1)
		if (!add_id(h, rows_int(&rows, 0) == 0 ? 'L' : 'E', rows_int(&rows, 1))) {
			rows_end(&rows);
			return refuse(err, "a match of so many rows is not taken apart by hand");
		}
	return rc < 0 ? -1 : h->lines.n > 0 ? 1 : refuse(err, "there is no such match, or it was taken apart before");
}

static int rows_of_text(struct route *r, struct hand *h, const char *sql, int64_t a, int64_t b, struct err *err)
{
	struct rows rows;
	bool good = false;
	int rc;

	if (ledger_query(&rows, r->ledger, err, sql, "ii", a, b) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		good = add_ids(h, rows_text(&rows, 0)) && add_ids(h, rows_text(&rows, 1));
		copy(h->owner, sizeof(h->owner), rows_text(&rows, 2));
	}
	rows_end(&rows);
	return rc < 0 ? -1 : good;
}

/* Words of the rows, which are signed; NULL rows do not exist */

static int put_rows(struct route *r, struct hand *h, bool lines, struct err *err)
{
	const struct ids *ids = lines ? &h->lines : &h->items;
	char day[DATE_TEXT], ccy[4];

	for (size_t i = 0; i < ids->n; i++) {
		struct rows rows;
		int rc = ledger_query(&rows, r->ledger, err, lines ? "SELECT date, amount_minor, ccy, CASE state WHEN 1 THEN 'OPEN' WHEN 2 THEN 'MATCHED' WHEN 3 THEN 'EXCEPTION' ELSE 'CLOSED' END, match"
				      " FROM bank_line WHERE id=? AND provisional=0" : "SELECT effective, amount_minor, ccy, CASE state WHEN 1 THEN 'OPEN' WHEN 2 THEN 'MATCHED' ELSE ifnull(status,'CLOSED') END, match"
				      " FROM expected WHERE id=?", "i", ids->v[i]);

		if (rc != 0 || (rc = rows_next(&rows)) < 0)
			return -1;
		if (rc == 0) {
			err_set(err, -1, "there is no booked %s '%c%lld'", lines ? "line" : "item", lines ? 'L' : 'E', (long long)ids->v[i]);
			return 0;
		}
		buf_fmt(&h->text, "%s %c%lld %s ", lines ? "bank" : "book", lines ? 'L' : 'E', (long long)ids->v[i], rows_null(&rows, 0) ? "-" : date_print((date_t)rows_int(&rows, 0), day));
		copy(ccy, sizeof(ccy), rows_text(&rows, 2));
		money_print_grouped(&h->text, rows_int(&rows, 1), ccy);
		buf_fmt(&h->text, " %s ", ccy);
		buf_view(&h->text, rows_text(&rows, 3));
		if (rows_int(&rows, 4) != 0)
			buf_fmt(&h->text, " in M%lld", (long long)rows_int(&rows, 4));
		buf_char(&h->text, '\n');
		rows_end(&rows);
	}
	return 1;
}

static int put_text(struct route *r, struct hand *h, struct err *err)
{
	int rc;

	buf_fmt(&h->text, "%s%s%s\n", case_act_name(h->act), h->owner[0] ? " to " : h->match ? " " : "", h->owner[0] ? h->owner : h->match ? h->match_text : "");
	rc = put_rows(r, h, true, err);
	return rc == 1 ? put_rows(r, h, false, err) : rc;
}

/* What is asked for, from the command.  1, 0 (words), -1. */
static int read_hand(struct route *r, const struct command *c, const char *act, char letter, int64_t id, struct hand *h, struct err *err)
{
	char with[400] = "", rank[8] = "1";
	int rc = 1;

	*h = (struct hand){ .text = { .max = TEXT_MOST } };
	if (!case_act_of(view_of(act), &h->act))
		return 0;
	command_arg(c, "with", with, sizeof(with));
	command_arg(c, "rank", rank, sizeof(rank));
	switch (h->act) {
	case CASE_UNMATCH:
		rc = letter == 'M' ? rows_of_match(r, h, id, err) : letter == 'C' ? rows_of_text(r, h, "SELECT lines, items, '' FROM casework c WHERE id=? AND act='write-off' AND ?=0"
			" AND (persons=1 OR EXISTS (SELECT 1 FROM casework s WHERE s.about=c.id AND s.act='second')) AND NOT EXISTS (SELECT 1 FROM casework s WHERE s.about=c.id AND s.act='unmatch')", id, 0, err) : 0;
		h->about = letter == 'C' ? id : 0;
		break;
	case CASE_CONFIRM:
	case CASE_REFUSE:
		snprintf(h->proposal, sizeof(h->proposal), "P1");
		rc = letter == 'L' ? rows_of_text(r, h, "SELECT lines, items, '' FROM proposal WHERE line=? AND rank=?", id, atoll(rank), err) : 0;
		break;
	case CASE_SECOND:
	case CASE_WITHDRAW:
		h->about = id;
		rc = letter == 'C' ? rows_of_text(r, h, "SELECT lines, items, owner FROM casework WHERE id=? AND persons=2 AND ?=0 AND NOT EXISTS (SELECT 1 FROM casework s WHERE s.about=casework.id)", id, 0, err)
			: 0;
		break;
	default:
		rc = (letter == 'L' || letter == 'E') && add_id(h, letter, id) && add_ids(h, view_of(with));
		if (h->act == CASE_ASSIGN)
			command_arg(c, "to", h->owner, sizeof(h->owner));
	}
	if (rc == 0 && err->code == 0)
		err_set(err, -1, "'%s' cannot be done to '%c%lld': lines are L1, items E1, matches M1, decisions that wait C1; a line's proposals are numbered from 1", act, letter, (long long)id);
	return rc == 1 ? put_text(r, h, err) : rc;
}

int handwork_digest(struct route *r, const struct command *c, const char *act, char letter, int64_t id, char hex[DIGEST_HEX], struct buf *text, struct err *err)
{
	static struct hand h;			/* too large for the stack */
	int rc = read_hand(r, c, act, letter, id, &h, err);

	if (rc == 1)
		digest_hex(buf_as_view(&h.text), hex);
	if (rc == 1 && text != NULL)
		buf_view(text, buf_as_view(&h.text));
	buf_release(&h.text);
	return rc;
}

/* The casebook of these rows */

struct named { char text[24], account[64]; };		/* what the casebook borrows */

static int add_row(struct route *r, struct casebook *book, struct named *name, int64_t id, bool item, int64_t *state, struct err *err)
{
	struct case_row row = { .id = view_of(name->text), .book = item, .known = true };
	struct rows rows;
	char ccy[4];
	int rc = ledger_query(&rows, r->ledger, err, item ? "SELECT account, ccy, amount_minor, state FROM expected WHERE id=?" : "SELECT account, ccy, amount_minor, state FROM bank_line WHERE id=?", "i", id);

	if (rc != 0 || rows_next(&rows) != 1)
		return -1;
	copy(ccy, sizeof(ccy), rows_text(&rows, 1));
	row.amount = rows_int(&rows, 2);
	*state = rows_int(&rows, 3);
	copy(name->account, sizeof(name->account), rows_text(&rows, 0));
	rc = casebook_part(book, view_of(name->account), ccy, &row.part) != 0 || casebook_row(book, &row) != 0 ? err_set(err, -1, "memory is short") : 0;
	rows_end(&rows);
	return rc;
}

static void list_of(struct buf *b, char letter, const struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		buf_fmt(b, "%s%c%lld", i > 0 ? " " : "", letter, (long long)ids->v[i]);
}

/* The rows, and the groups that close them; 0, -1. */
static int open_book(struct route *r, const struct hand *h, struct casebook *book, struct named *names, struct buf *lines, struct buf *items, struct err *err)
{
	bool closed = false;
	int64_t state;

	list_of(lines, 'L', &h->lines);
	list_of(items, 'E', &h->items);
	for (size_t i = 0; i < h->lines.n + h->items.n; i++) {
		bool item = i >= h->lines.n;
		int64_t id = item ? h->items.v[i - h->lines.n] : h->lines.v[i];

		snprintf(names[i].text, sizeof(names[i].text), "%c%lld", item ? 'E' : 'L', (long long)id);
		if (add_row(r, book, &names[i], id, item, &state, err) != 0)
			return -1;
		closed |= state == OPEN_MATCHED || state == OPEN_SUPERSEDED;
	}
	if (casebook_seal(book) != NULL)
		return err_set(err, -1, "a row stands twice in a decision");
	if (h->proposal[0] != '\0')
		return casebook_group(book, view_of(h->proposal), false, buf_as_view(lines), buf_as_view(items)) != 0 ? err_set(err, -1, "a proposal's rows are not there") : closed;
	if (h->act == CASE_UNMATCH && h->match != 0)
		return casebook_group(book, view_of(h->match_text), true, buf_as_view(lines), buf_as_view(items)) != 0 ? err_set(err, -1, "a match's rows are not there") : 0;
	return closed;
}

static void policy_of(const struct route *r, struct case_policy *p, struct case_limit limits[32])
{
	*p = (struct case_policy){ .limits = limits, .same_uid_ok = r->config->demo && r->config->same_uid_ok };
	for (size_t i = 0; i < r->config->n_write_offs && p->n_limits < 32; i++) {
		struct case_limit *l = &limits[p->n_limits++];

		memcpy(l->currency, r->config->write_offs[i].ccy, 4);
		l->most = r->config->write_offs[i].most_minor;
		l->second = r->config->write_offs[i].second_minor;
	}
	for (int a = 0; a < CASE_SECOND; a++) {
		const struct decision_rule *rule = config_decision_rule(r->config, view_of(case_act_name((enum case_act)a)));

		if (rule != NULL && rule->persons > 1)
			p->second_for |= 1u << a;
	}
}

static void fill_views(struct view *v, const struct named *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = view_of(names[i].text);
}

static enum case_verdict ask(const struct route *r, struct casebook *book, const struct hand *h, const struct named *names, struct case_decision *d, struct case_answer *a)
{
	static struct view bank[ROWS_MOST], items[ROWS_MOST];
	struct case_limit limits[32];
	struct case_policy policy;
	bool rows = d->act == CASE_MATCH || d->act == CASE_WRITE_OFF || d->act == CASE_ASSIGN || d->act == CASE_COMMENT;

	policy_of(r, &policy, limits);
	fill_views(bank, names, h->lines.n);
	fill_views(items, names + h->lines.n, h->items.n);
	d->bank = rows ? bank : NULL;
	d->n_bank = rows ? (uint32_t)h->lines.n : 0;
	d->book = rows ? items : NULL;
	d->n_book = rows ? (uint32_t)h->items.n : 0;
	d->group = d->act == CASE_UNMATCH ? view_of(h->match_text) : d->act == CASE_CONFIRM || d->act == CASE_REFUSE ? view_of(h->proposal) : (struct view){ 0 };
	d->owner = view_of(d->act == CASE_ASSIGN ? h->owner : "");
	d->against = CASE_NOW;
	return d->persons != 0 ? casebook_replay(book, d, a) : casebook_decide(book, d, &policy, a);
}

/* Carrying out */

struct who { const char *maker, *reason, *second; int64_t row; };

static void put_who(struct buf *b, const struct who *w, const char *words)
{
	buf_fmt(b, "%s by %s%s%s (C%lld): %s", words, w->maker, w->second[0] ? " and " : "", w->second, (long long)w->row, w->reason);
}

static int join(struct route *r, const struct hand *h, const struct who *w, struct err *err)
{
	struct buf why = { .max = 800 };
	int rc;

	put_who(&why, w, "matched");
	rc = bank_match_by_hand(r, h->lines.v, h->lines.n, h->items.v, h->items.n, buf_as_view(&why), w->row, err);
	buf_release(&why);
	return rc;
}

static int ours(struct route *r, const struct ids *items, struct err *err)
{
	for (size_t i = 0; i < items->n; i++) {
		int64_t is = 0;

		if (ledger_int(r->ledger, &is, err, "SELECT kind IN ('settlement','check') FROM expected WHERE id=?", "i", items->v[i]) < 0)
			return -1;
		if (is)
			return 1;
	}
	return 0;
}

static int take_apart(struct route *r, const struct hand *h, const struct who *w, struct err *err)
{
	char undone[24], object[24];
	struct buf why = { .max = 400 };
	int64_t by_hand = 0;
	int rc = -1;

	put_who(&why, w, "taken apart");
	snprintf(undone, sizeof(undone), "C%lld", (long long)w->row);
	if (ledger_int(r->ledger, &by_hand, err, "SELECT rule='person' FROM match WHERE id=?", "i", h->match) < 0
	    || ledger_do(r->ledger, err, "UPDATE match SET undone=?2 WHERE id=?1 AND undone IS NULL", "it", h->match, undone) != 1
	    /* what the matcher joined stays with a person; what a person joined is the matcher's again, as before */
	    || ledger_do(r->ledger, err, "UPDATE bank_line SET state=CASE ?2 WHEN 1 THEN 1 ELSE 3 END, match=NULL, by_hand=CASE ?2 WHEN 1 THEN by_hand ELSE ?4 END, reason=CASE ?2 WHEN 1 THEN NULL"
			 " ELSE 'UNMATCHED' END, detail=CASE ?2 WHEN 1 THEN NULL ELSE ?3 END WHERE match=?1", "iivi", h->match, by_hand, buf_as_view(&why), w->row) < 0
	    || ledger_do(r->ledger, err, "UPDATE expected SET state=1, match=NULL WHERE match=?", "i", h->match) < 0)
		goto out;
	rc = route_audit(r, id_text('M', h->match, object).p, "MATCHED", "UNMATCHED", undone, err);
out:
	buf_release(&why);
	return rc;
}

static int close_rows(struct route *r, const struct hand *h, const struct who *w, bool open_again, struct err *err)
{
	struct buf why = { .max = 400 };
	char source[40];
	int rc = 0;

	put_who(&why, w, "written off");
	for (size_t i = 0; rc == 0 && i < h->lines.n; i++) {
		snprintf(source, sizeof(source), "line:L%lld", (long long)h->lines.v[i]);
		rc = ledger_do(r->ledger, err, open_again ? "UPDATE bank_line SET state=1, reason=NULL, detail=NULL WHERE id=?1 AND state=4 AND reason='WRITTEN_OFF' AND ?2 IS NOT NULL"
			       : "UPDATE bank_line SET state=4, reason='WRITTEN_OFF', detail=?2 WHERE id=?1 AND state IN (1,3)", "iv", h->lines.v[i], buf_as_view(&why)) == 1 ? 0 : -1;
		rc = rc == 0 && !open_again && exception_close(r, source, "the line was written off", err) != 0 ? -1 : rc;
	}
	for (size_t i = 0; rc == 0 && i < h->items.n; i++)
		rc = ledger_do(r->ledger, err, open_again ? "UPDATE expected SET state=1, status=NULL, detail=NULL WHERE id=?1 AND state=4 AND status='WRITTEN_OFF' AND ?2 IS NOT NULL"
			       : "UPDATE expected SET state=4, status='WRITTEN_OFF', reason=NULL, detail=?2 WHERE id=?1 AND state=1", "iv", h->items.v[i], buf_as_view(&why)) == 1 ? 0 : -1;
	buf_release(&why);
	return rc == 0 ? 0 : err->code != 0 ? -1 : err_set(err, -1, "a row changed while it was decided");
}

static int note(struct route *r, const struct hand *h, const struct who *w, struct err *err)
{
	bool assign = h->act == CASE_ASSIGN;

	for (size_t i = 0; i < h->lines.n + h->items.n; i++) {
		bool item = i >= h->lines.n;

		if (ledger_do(r->ledger, err, item ? "UPDATE expected SET owner=CASE ?2 WHEN 1 THEN ?3 ELSE owner END, comment=CASE ?2 WHEN 1 THEN comment ELSE ?4 END WHERE id=?1"
			      : "UPDATE bank_line SET owner=CASE ?2 WHEN 1 THEN ?3 ELSE owner END, comment=CASE ?2 WHEN 1 THEN comment ELSE ?4 END WHERE id=?1", "iitt",
			      item ? h->items.v[i - h->lines.n] : h->lines.v[i], (int64_t)assign, h->owner, w->reason) != 1)
			return -1;
	}
	return 0;
}

static int carry_out(struct route *r, const struct hand *h, enum case_act act, const struct who *w, struct err *err)
{
	r->report_wanted = true;
	switch (act) {
	case CASE_MATCH:
	case CASE_CONFIRM:
		return join(r, h, w, err);
	case CASE_UNMATCH:
		bank_from_the_start(r);
		return h->match != 0 ? take_apart(r, h, w, err) : close_rows(r, h, w, true, err);
	case CASE_WRITE_OFF:
		return close_rows(r, h, w, false, err);
	case CASE_ASSIGN:
	case CASE_COMMENT:
		return note(r, h, w, err);
	case CASE_REFUSE:
		bank_from_the_start(r);
		return ledger_do(r->ledger, err, "DELETE FROM proposal WHERE line=?", "i", h->lines.v[0]) < 0 ? -1 : 0;
	default:
		return 0;
	}
}

/* What stands in the way besides the casebook.  1 nothing, 0 and words, -1. */
static int allowed(struct route *r, const struct hand *h, enum case_act act, struct err *err)
{
	int rc = act == CASE_UNMATCH || act == CASE_WRITE_OFF ? ours(r, &h->items, err) : 0;
	int64_t n = 0;

	if (rc < 0)
		return -1;
	if (rc == 1 && act == CASE_UNMATCH)
		return refuse(err, "the match settled payments of ours: their way back is a return or `tallygate reverse`");
	if (rc == 1)
		return refuse(err, "a payment of ours is not written off: it is settled, returned or reversed");
	if (act != CASE_MATCH && act != CASE_CONFIRM)
		return 1;
	for (size_t i = 0; i < h->items.n; i++) {		/* a check of ours is paid by its number, which the matcher reads */
		if (ledger_int(r->ledger, &n, err, "SELECT kind='check' FROM expected WHERE id=?", "i", h->items.v[i]) < 0)
			return -1;
		if (n != 0)
			return refuse(err, "a check of ours is paid by its number alone; ask the bank to correct its line");
	}
	return 1;
}

static int keep(struct route *r, const struct decision *d, const struct hand *h, int64_t persons, int64_t *row, struct err *err)
{
	struct buf lines = { 0 }, items = { 0 };
	char object[24];
	int rc;

	list_of(&lines, 'L', &h->lines);
	list_of(&items, 'E', &h->items);
	rc = people_keep(r, d->command, d->statement, err);
	if (rc == 0)
		rc = ledger_do(r->ledger, err, "INSERT INTO casework(act, object, match, lines, items, owner, operator, uid, reason, text, persons, about, at) VALUES(?,?,nullif(?,0),?,?,?,?,?,?,?,?,nullif(?,0),?)",
			       "ttivvttitviit", d->statement->act, d->statement->object, h->match, buf_as_view(&lines), buf_as_view(&items), h->owner, d->statement->operator_name, d->command->uid,
			       d->statement->reason, buf_as_view(&h->text), persons, h->about, ledger_now(r->ledger)->business) < 0 ? -1 : 0;
	*row = ledger_last_id(r->ledger);
	buf_release(&lines);
	buf_release(&items);
	return rc == 0 ? route_audit(r, id_text('C', *row, object).p, "", persons == 2 ? "WAITS" : "DONE", d->statement->act, err) : -1;
}

/* A second person, or the first who takes it back. */
struct first { char act[24], maker[64], reason[310], text[4000]; int64_t uid, match; };

static int read_first(struct route *r, int64_t id, struct first *f, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT act, operator, reason, text, uid, ifnull(match,0) FROM casework WHERE id=?", "i", id) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		copy(f->act, sizeof(f->act), rows_text(&rows, 0));
		copy(f->maker, sizeof(f->maker), rows_text(&rows, 1));
		copy(f->reason, sizeof(f->reason), rows_text(&rows, 2));
		copy(f->text, sizeof(f->text), rows_text(&rows, 3));
		f->uid = rows_int(&rows, 4);
		f->match = rows_int(&rows, 5);
	}
	rows_end(&rows);
	return rc;
}

/* The rows without the first line of the words: what must not have changed since the first person signed. */
static bool same_rows(const char *a, const char *b)
{
	const char *x = strchr(a, '\n'), *y = strchr(b, '\n');

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static enum case_verdict judge(struct route *r, const struct decision *d, struct hand *h, const struct first *f, struct case_answer *a, int *rc, struct err *err)
{
	static struct named names[2 * ROWS_MOST];
	struct buf lines = { 0 }, items = { 0 };
	struct casebook book = { 0 };
	enum case_act own = h->act;
	struct case_decision one = { .act = (uint8_t)own, .by = { view_of(d->statement->operator_name), (uint32_t)d->command->uid }, .at = view_of(d->statement->time),
		.reason = view_of(d->statement->reason), .about = 1 };
	enum case_verdict v = CASE_MEMORY;

	if (f != NULL)
		case_act_of(view_of(f->act), &h->act);
	*rc = open_book(r, h, &book, names, &lines, &items, err);
	h->act = own;
	if (*rc < 0)
		goto out;
	if (*rc == 1 && own != CASE_ASSIGN && own != CASE_COMMENT) {		/* a row that is closed: the words say by what */
		*a = (struct case_answer){ .verdict = CASE_CLOSED };
		snprintf(a->text, sizeof(a->text), "a row is not open any more; `tallygate show` says why");
		v = CASE_CLOSED;
		goto out;
	}
	if (f != NULL) {
		struct case_decision was = { .persons = 2, .by = { view_of(f->maker), (uint32_t)f->uid }, .at = view_of(d->statement->time), .reason = view_of(f->reason) };
		enum case_act act = CASE_ACTS;

		case_act_of(view_of(f->act), &act);
		was.act = (uint8_t)act;
		v = ask(r, &book, h, names, &was, a);
		if (v != CASE_PENDING)
			goto out;
	}
	v = ask(r, &book, h, names, &one, a);
out:
	casebook_release(&book);
	buf_release(&lines);
	buf_release(&items);
	return v;
}

static int second(struct route *r, const struct decision *d, struct hand *h, struct err *err)
{
	static struct first f;			/* too large for the stack */
	struct who w = { .maker = f.maker, .reason = f.reason, .row = h->about, .second = d->statement->operator_name };
	enum case_act act = CASE_ACTS;
	struct case_answer a = { 0 };
	int64_t row;
	int rc = read_first(r, h->about, &f, err);

	if (rc != 1 || !case_act_of(view_of(f.act), &act))
		return rc < 0 ? -1 : refuse(err, "there is no such decision");
	if (h->act == CASE_WITHDRAW) {
		if (strcmp(f.maker, d->statement->operator_name) != 0)
			return refuse(err, "a decision that waits is taken back by who made it");
		rc = keep(r, d, h, 1, &row, err);
		snprintf(d->done, d->done_cap, "C%lld is taken back", (long long)h->about);
		return rc == 0 ? 1 : -1;
	}
	if (d->command->uid == 0)
		return refuse(err, "uid 0 is nobody's second person");
	if (!same_rows(f.text, buf_cstr(&h->text)))
		return refuse(err, "the rows have changed since it was decided: withdraw it and decide anew");
	h->match = act == CASE_UNMATCH ? f.match : 0;
	snprintf(h->match_text, sizeof(h->match_text), "M%lld", (long long)h->match);
	if (act == CASE_CONFIRM || act == CASE_REFUSE)
		snprintf(h->proposal, sizeof(h->proposal), "P1");
	rc = allowed(r, h, act, err);
	if (rc != 1)
		return rc;
	if (judge(r, d, h, &f, &a, &rc, err) != CASE_DONE)
		return rc < 0 ? -1 : refuse(err, a.text[0] ? a.text : "it cannot be carried out any more");
	if (keep(r, d, h, 1, &row, err) != 0 || carry_out(r, h, act, &w, err) != 0)
		return -1;
	snprintf(d->done, d->done_cap, "C%lld is carried out: %s", (long long)h->about, f.act);
	return 1;
}

static int first(struct route *r, const struct decision *d, struct hand *h, struct err *err)
{
	struct who w = { .maker = d->statement->operator_name, .reason = d->statement->reason, .second = "" };
	struct case_answer a = { 0 };
	enum case_verdict v;
	int rc = allowed(r, h, h->act, err);

	if (rc != 1)
		return rc;
	if (h->act == CASE_UNMATCH && h->match == 0) {		/* a write-off */
		v = CASE_DONE;
		rc = casebook_reason_fault(&(struct casebook){ 0 }, view_of(d->statement->reason)) == NULL ? 0 : refuse(err, "the reason is too short, too long or holds an account number");
		if (err->code != 0)
			return 0;
	} else {
		v = judge(r, d, h, NULL, &a, &rc, err);
	}
	if (rc < 0)
		return -1;
	if (v != CASE_DONE && v != CASE_PENDING)
		return refuse(err, a.text[0] ? a.text : v == CASE_SAME ? "it would change nothing" : "it cannot be done");
	rc = keep(r, d, h, v == CASE_PENDING ? 2 : 1, &w.row, err);
	if (rc == 0 && v == CASE_DONE)
		rc = carry_out(r, h, h->act, &w, err);
	if (v == CASE_PENDING)
		snprintf(d->done, d->done_cap, "C%lld waits for a second person: `tallygate second C%lld`", (long long)w.row, (long long)w.row);
	else
		snprintf(d->done, d->done_cap, "C%lld: %s", (long long)w.row, d->statement->act);
	return rc == 0 ? 1 : -1;
}

int handwork_decide(struct route *r, const struct decision *d, struct err *err)
{
	static struct hand h;			/* too large for the stack */
	int rc = read_hand(r, d->command, d->statement->act, d->letter, d->id, &h, err);

	if (rc == 1)
		rc = h.act == CASE_SECOND || h.act == CASE_WITHDRAW ? second(r, d, &h, err) : first(r, d, &h, err);
	buf_release(&h.text);
	return rc;
}

int handwork_refused(struct route *r, struct view lines, struct view items, struct err *err)
{
	int64_t n = 0;

	return ledger_int(r->ledger, &n, err, "SELECT 1 FROM casework c WHERE act='refuse' AND lines=? AND items=? AND (persons=1 OR EXISTS (SELECT 1 FROM casework s WHERE s.about=c.id AND s.act='second'))"
			  " LIMIT 1", "vv", lines, items) < 0 ? -1 : n != 0;
}
