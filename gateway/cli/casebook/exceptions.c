/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/exceptions - tallygate exceptions export DIR, import DIR FILE: an analyst's work in a spreadsheet and back
 *
 * The export is exceptions.csv as decisions left it, with columns for the next ones: `decision` (match, confirm, refuse,
 * write-off, assign, comment), `with` (ids, a match, a name) and `why`.  `version` binds each row to these results, to
 * its id and to the last decision that it shows: a row that was shifted against its id, comes from another folder or was
 * decided on since is refused.  All or nothing, unless --good-rows; a file that comes again changes nothing.
 *
 * Exit: 0 done; 1 rows were refused; 2 wrong use, what cannot be read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/core/date.h"
#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "formats/core/money.h"
#include "gateway/cli/casebook/act.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/online.h"
#include "gateway/cli/reconcile/csv.h"

#define PROPOSALS_SHOWN 5
#define FAULTS_SHOWN 200
#define FLUSH ((size_t)1 << 20)

static const char usage[] = "exceptions export DIR | exceptions import DIR FILE [--good-rows] [--by NAME] [--rules DIR] [--json]";

static int fail(const struct err *err)
{
	act_say(2, "tallygate: ", view_of(err->text));
	return 2;
}

static int wrong(const char *what, const char *arg)
{
	fprintf(stderr, "tallygate: %s '%s'\nusage: tallygate %s\n", what, arg, usage);
	return 2;
}

/* Export */

enum { E_SIDE, E_ID, E_ACCOUNT, E_DATE, E_AMOUNT, E_SIGN, E_REASON, E_DETAIL, E_CANDIDATES, E_COLUMNS };
static const char *const exception_names[] = { "side", "id", "account", "date", "amount", "sign", "reason", "detail", "candidates", NULL };

#define EXPORT_HEADER "side,id,account,date,amount,sign,reason,detail,candidates,owner,comment,proposals,waits,version,decision,with,why"

struct about { uint32_t *first, *next, *group, *waits; uint32_t n; };	/* of each row: its open proposals, and what waits */

static bool open_group(const struct casebook *c, const struct case_group *g)
{
	for (uint32_t i = 0; i < g->n_bank + g->n_book; i++)
		if (c->rows[c->members[g->at + i]].group != CASE_NOBODY)
			return false;
	return g->state == CASE_PROPOSED;
}

static void note_waits(const struct casebook *c, struct about *a)
{
	for (uint32_t i = 0; i < c->n_decisions; i++) {
		const struct case_decision *d = &c->decisions[i];
		size_t at = d->at_rows;
		uint32_t n = d->n_rows;

		if (d->stage != CASE_STAGE_WAITS)
			continue;
		if (d->made != CASE_NOBODY) {
			at = c->groups[d->made].at;
			n = c->groups[d->made].n_bank + c->groups[d->made].n_book;
		}
		for (uint32_t k = 0; k < n; k++)
			a->waits[c->members[at + k]] = i + 1;
	}
}

static int about_open(struct about *a, const struct casebook *c)
{
	*a = (struct about){ .first = malloc((c->n_rows + 1) * sizeof(uint32_t)), .next = malloc((c->n_members + 1) * sizeof(uint32_t)),
		.group = malloc((c->n_members + 1) * sizeof(uint32_t)), .waits = calloc(c->n_rows + 1, sizeof(uint32_t)) };
	if (a->first == NULL || a->next == NULL || a->group == NULL || a->waits == NULL)
		return -1;
	memset(a->first, 0xff, (c->n_rows + 1) * sizeof(uint32_t));
	for (uint32_t g = c->n_base; g-- > 0;)
		for (uint32_t i = 0; open_group(c, &c->groups[g]) && i < c->groups[g].n_bank + c->groups[g].n_book; i++) {
			uint32_t row = c->members[c->groups[g].at + i];

			a->group[a->n] = g;
			a->next[a->n] = a->first[row];
			a->first[row] = a->n++;
		}
	note_waits(c, a);
	return 0;
}

static void about_close(struct about *a)
{
	free(a->first);
	free(a->next);
	free(a->group);
	free(a->waits);
}

static void field(struct csv_out *o, struct buf *s)
{
	csv_text(o, buf_as_view(s));
	buf_clear(s);
}

static void decision_fields(struct csv_out *o, struct buf *s, const struct folder *f, const struct about *a, uint32_t row)
{
	const struct case_row *r = &f->book.rows[row];
	uint32_t shown = 0;
	char version[32];

	csv_text(o, r->owner);
	csv_text(o, r->comment);
	for (uint32_t at = a->first[row]; at != UINT32_MAX && shown < PROPOSALS_SHOWN; at = a->next[at]) {
		buf_text(s, shown++ > 0 ? " " : "");
		buf_view(s, f->book.groups[a->group[at]].id);
	}
	field(o, s);
	if (a->waits[row] != 0) {
		buf_fmt(s, "decision %u by ", a->waits[row]);
		buf_view(s, f->book.decisions[a->waits[row] - 1].by.name);
	}
	field(o, s);
	folder_version(f, r, f->book.n_decisions, version);
	csv_word(o, version);
	csv_word(o, ",,");
	csv_row(o);
}

static int flush(struct csv_out *o, bool end)
{
	if (o->b.failed)
		return -1;
	if (o->b.n < FLUSH && !end)
		return 0;
	if (fwrite(o->b.p, 1, o->b.n, stdout) != o->b.n || (end && fflush(stdout) != 0))
		return -1;
	buf_clear(&o->b);
	return 0;
}

static int exception_rows(struct folder *f, const struct about *a, struct csv_out *o, struct buf *s, struct err *err)
{
	struct view v[E_COLUMNS];
	struct rc_table t;
	char path[4200];
	int got, rc = 0;

	snprintf(path, sizeof(path), "%.4000s/exceptions.csv", f->dir);
	if (rc_table_open(&t, path, exception_names, err) != 0)
		return -1;
	while (rc == 0 && (got = rc_table_next(&t, v)) != 0) {
		uint32_t row = casebook_find_row(&f->book, view_eq(v[E_SIDE], VIEW("book")), v[E_ID]);
		bool statement = view_eq(v[E_REASON], VIEW("BALANCE_BREAK"));

		if (got < 0 || (row == CASE_NOBODY && !statement)) {
			rc = err_set(err, -1, "'%s', line %llu is not what a run wrote", path, t.line);
			break;
		}
		if (!statement && f->book.rows[row].group != CASE_NOBODY)
			continue;
		for (int k = 0; k < E_COLUMNS; k++)
			csv_text(o, v[k]);
		if (statement) {
			csv_word(o, ",,,,,,,");
			csv_row(o);
		} else {
			decision_fields(o, s, f, a, row);
		}
		if (flush(o, false) != 0)
			rc = err_set(err, errno, "cannot write the export: %s", strerror(errno));
	}
	rc_table_close(&t);
	return rc;
}

/* Rows of matches that a person took apart stand in no exceptions.csv. */
static void apart_rows(struct folder *f, const struct about *a, struct csv_out *o, struct buf *s)
{
	for (uint32_t i = 0; i < f->n_reopened; i++) {
		const struct rc_matched *m = &f->reopened[i];
		uint32_t row = casebook_find_row(&f->book, m->book, m->id);

		if (f->book.rows[row].group != CASE_NOBODY)
			continue;
		csv_word(o, m->book ? "book" : "bank");
		csv_text(o, m->id);
		csv_text(o, m->account);
		csv_date(o, m->row.date);
		csv_money(o, m->row.amount, money_digits(m->currency) < 0 ? 2 : money_digits(m->currency));
		csv_word(o, m->row.sign == RECON_DB ? "DB" : "CR");
		csv_word(o, "");
		csv_text(o, VIEW("a person took its match apart"));
		csv_word(o, "");
		decision_fields(o, s, f, a, row);
	}
}

static int export(const char *dir)
{
	struct csv_out o = { .fd = -1 };
	struct buf s = { 0 };
	struct err err = { 0 };
	struct about a = { 0 };
	struct folder f;
	int status = 2;

	if (folder_open(&f, dir, false, &err) != 0)
		goto out;
	if (about_open(&a, &f.book) != 0) {
		err_set(&err, ENOMEM, "memory is short");
		goto out;
	}
	buf_text(&o.b, EXPORT_HEADER "\n");
	if (exception_rows(&f, &a, &o, &s, &err) != 0)
		goto out;
	apart_rows(&f, &a, &o, &s);
	if (s.failed || flush(&o, true) != 0)
		err_set(&err, errno, "cannot write the export: %s", strerror(errno));
	else
		status = act_torn(&f);
out:
	if (status == 2)
		fail(&err);
	about_close(&a);
	buf_release(&o.b);
	buf_release(&s);
	folder_close(&f);
	return status;
}

/* Import */

enum { I_SIDE, I_ID, I_VERSION, I_DECISION, I_WITH, I_WHY, I_COLUMNS };
static const char *const import_names[] = { "side", "id", "version", "decision", "with", "why", NULL };

static const struct { const char *word; enum case_act act; bool write_off; } words[] = {
	{ "match", CASE_MATCH, false }, { "match-and-write-off", CASE_MATCH, true }, { "confirm", CASE_CONFIRM, false },
	{ "confirm-and-write-off", CASE_CONFIRM, true }, { "refuse", CASE_REFUSE, false }, { "write-off", CASE_WRITE_OFF, false },
	{ "assign", CASE_ASSIGN, false }, { "comment", CASE_COMMENT, false },
};

struct import {
	struct folder *f;
	const struct actor *actor;
	const char *path;
	uint32_t before;		/* decisions there were */
	uint32_t made, waiting, again, refused;
	struct view *ids;
	uint32_t cap;
	bool as_json;
	struct buf answer;		/* --json: the refusals so far */
	struct json json;
};

static void refuse(struct import *im, unsigned long long line, struct view id, const char *why)
{
	struct buf b = { 0 };

	if (++im->refused > FAULTS_SHOWN)
		return;
	if (im->as_json) {
		json_object(&im->json, NULL);
		json_int(&im->json, "line", (int64_t)line);
		json_text(&im->json, "id", id);
		json_cstr(&im->json, "why", why);
		json_object_end(&im->json);
		return;
	}
	buf_fmt(&b, "%s:%llu: '", im->path, line);
	escape_text(&b, id);
	buf_text(&b, "': ");
	escape_text(&b, view_of(why));
	fprintf(stderr, "%s\n", buf_cstr(&b));
	buf_release(&b);
}

static struct view trimmed(struct view v)
{
	return view_trim(v);
}

static bool same_word(struct view v, const char *word)
{
	if (v.n != strlen(word))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if ((v.p[i] >= 'A' && v.p[i] <= 'Z' ? v.p[i] + 32 : v.p[i]) != word[i])
			return false;
	return true;
}

/* The number in a version; -1: it is not this row's. */
static int64_t version_of(const struct folder *f, const struct case_row *r, struct view v)
{
	uint32_t n = 0;
	char is[32];

	for (size_t i = 1; i < v.n && v.p[i] != '-'; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || n > 100000000)
			return -1;
		n = n * 10 + (uint32_t)(v.p[i] - '0');
	}
	folder_version(f, r, n, is);
	return view_eq(v, view_of(is)) ? (int64_t)n : -1;
}

/* The row itself and what `with` names, bank lines in front; NULL: *why says what is wrong. */
static bool rows_with(struct import *im, const struct case_row *self, struct view with, struct case_decision *d, char why[300])
{
	struct view id, rest = with;
	uint32_t n = 1, back;

	while (view_cut(&rest, ' ', &id))
		n += id.n > 0;
	if (n > im->cap) {
		struct view *p = realloc(im->ids, n * sizeof(*p));

		if (p == NULL) {
			snprintf(why, 300, "memory is short");
			return false;
		}
		im->ids = p;
		im->cap = n;
	}
	back = n;
	*(self->book ? &im->ids[--back] : &im->ids[d->n_bank++]) = self->id;
	for (rest = with; view_cut(&rest, ' ', &id);) {
		bool bank = id.n > 0 && casebook_find_row(&im->f->book, false, id) != CASE_NOBODY;
		bool book = id.n > 0 && casebook_find_row(&im->f->book, true, id) != CASE_NOBODY;

		if (id.n == 0)
			continue;
		if (bank && book)		/* of two, the one on the other side is meant */
			*(self->book ? &book : &bank) = false;
		if (!bank && !book) {
			snprintf(why, 300, "there is no bank line and no book item '%.*s' in these results ('with')", VIEW_FMT(view_sub(id, 0, 80)));
			return false;
		}
		*(bank ? &im->ids[d->n_bank++] : &im->ids[--back]) = id;
	}
	d->n_book = n - d->n_bank;
	d->bank = im->ids;
	d->book = im->ids + d->n_bank;
	return true;
}

/* Confirm and refuse name a match, and the row must be one of its own. */
static bool group_with(const struct import *im, uint32_t row, struct view with, struct case_decision *d, char why[300])
{
	uint32_t g = casebook_find_group(&im->f->book, with);

	d->group = with;
	if (g == CASE_NOBODY) {
		snprintf(why, 300, "there is no proposal '%.*s' ('with'); the column 'proposals' names them", VIEW_FMT(view_sub(with, 0, 80)));
		return false;
	}
	for (uint32_t i = 0; i < im->f->book.groups[g].n_bank + im->f->book.groups[g].n_book; i++)
		if (im->f->book.members[im->f->book.groups[g].at + i] == row)
			return true;
	snprintf(why, 300, "the proposal '%.*s' is not about it", VIEW_FMT(view_sub(with, 0, 80)));
	return false;
}

static bool decision_of(struct import *im, uint32_t row, const struct view *v, struct case_decision *d, char why[300])
{
	const struct case_row *self = &im->f->book.rows[row];
	struct view with = trimmed(v[I_WITH]);
	size_t k = 0;

	while (k < sizeof(words) / sizeof(words[0]) && !same_word(trimmed(v[I_DECISION]), words[k].word))
		k++;
	if (k == sizeof(words) / sizeof(words[0])) {
		snprintf(why, 300, "there is no decision '%.*s': match, match-and-write-off, confirm, confirm-and-write-off, refuse, write-off, assign "
			"or comment", VIEW_FMT(view_sub(trimmed(v[I_DECISION]), 0, 40)));
		return false;
	}
	*d = (struct case_decision){ .act = (uint8_t)words[k].act, .write_off = words[k].write_off, .reason = trimmed(v[I_WHY]), .owner = VIEW("") };
	if (d->act == CASE_CONFIRM || d->act == CASE_REFUSE)
		return group_with(im, row, with, d, why);
	if (d->act == CASE_ASSIGN)
		d->owner = with;
	if (d->act == CASE_COMMENT && with.n > 0) {
		snprintf(why, 300, "a comment stands in 'why', not in 'with'");
		return false;
	}
	return rows_with(im, self, d->act == CASE_ASSIGN ? VIEW("") : with, d, why);
}

static void import_row(struct import *im, const struct view *v, unsigned long long line)
{
	struct case_answer said;
	struct case_decision d;
	char why[300] = "";
	int64_t against;
	uint32_t row;

	if (trimmed(v[I_DECISION]).n == 0) {
		if (trimmed(v[I_WITH]).n + trimmed(v[I_WHY]).n > 0)
			refuse(im, line, v[I_ID], "'with' or 'why' is filled and 'decision' is not");
		return;
	}
	row = casebook_find_row(&im->f->book, same_word(trimmed(v[I_SIDE]), "book"), v[I_ID]);
	if (row == CASE_NOBODY) {
		refuse(im, line, v[I_ID], "there is no such row in these results; its id was changed, or it is a statement's balance");
		return;
	}
	against = version_of(im->f, &im->f->book.rows[row], trimmed(v[I_VERSION]));
	if (against < 0 || against > im->before) {
		refuse(im, line, v[I_ID], "its version is not that of this row in these results: rows were shifted against each other, or the export "
			"is another folder's");
		return;
	}
	if (!decision_of(im, row, v, &d, why)) {
		refuse(im, line, v[I_ID], why);
		return;
	}
	d.against = (uint32_t)against;
	d.batch = im->before + 1;
	switch (actor_decide(im->actor, im->f, &d, &said)) {
	case CASE_DONE:
		im->made++;
		break;
	case CASE_PENDING:
		im->made++;
		im->waiting++;
		break;
	case CASE_TWICE:		/* the file again, or the other side of the same match */
	case CASE_SAME:
		im->again++;
		break;
	default:
		refuse(im, line, v[I_ID], said.text);
	}
}

static int import_rows(struct import *im, struct rc_table *t, struct err *err)
{
	struct view v[I_COLUMNS];
	int got;

	for (int k = 0; k < I_COLUMNS; k++)
		if (memchr(t->to, k, (size_t)t->columns) == NULL)
			return err_set(err, -1, "'%s' has no column '%s'; import what `tallygate exceptions export` wrote", im->path, import_names[k]);
	while ((got = rc_table_next(t, v)) == 1)
		import_row(im, v, t->line);
	return got == 0 ? 0 : err_set(err, -1, "'%s', line %llu is not CSV", im->path, t->line);
}

static void begin_answer(struct import *im)
{
	json_init(&im->json, &im->answer, false);
	json_object(&im->json, NULL);
	json_array(&im->json, "refusals");
}

/* written: the decisions stand in the journal now */
static void end_answer(struct import *im, bool written)
{
	uint32_t made = written ? im->made : 0;

	if (!im->as_json) {
		if (written)
			printf("%u decisions imported, %u of them wait for a second person; %u stood there already; %u refused\n", made, im->waiting, im->again,
				im->refused);
		return;
	}
	json_array_end(&im->json);
	json_int(&im->json, "imported", made);
	json_int(&im->json, "waiting", written ? im->waiting : 0);
	json_int(&im->json, "already_there", im->again);
	json_int(&im->json, "refused", im->refused);
	json_object_end(&im->json);
	printf("%s\n", buf_cstr(&im->answer));
}

static int import(const char *dir, const char *path, bool good_rows, const char *by, const char *rules, bool as_json)
{
	struct rc_table t = { .foreign = true };
	struct err err = { 0 };
	struct actor actor = { .config = NULL };
	struct folder f = { .dir = dir, .journal = { .fd = -1, .dir = -1 } };
	struct import im = { .f = &f, .actor = &actor, .path = path, .as_json = as_json };
	int status = 2;

	begin_answer(&im);
	if (rc_table_slurp(&t, path, &err) != 0 || rc_table_head(&t, path, import_names, &err) != 0 || actor_init(&actor, rules, by, &err) != 0 ||
	    folder_open(&f, dir, true, &err) != 0)
		goto out;
	im.before = f.book.n_decisions;
	if (import_rows(&im, &t, &err) != 0)
		goto out;
	if (im.refused > FAULTS_SHOWN)
		fprintf(stderr, "tallygate: and %u more\n", im.refused - FAULTS_SHOWN);
	if (im.refused > 0 && !good_rows) {
		fprintf(stderr, "tallygate: nothing was imported from '%s': %u row%s refused; mend them, or import the others with --good-rows\n", path,
			im.refused, im.refused == 1 ? " was" : "s were");
		end_answer(&im, false);
		status = 1;
		goto out;
	}
	if (folder_save(&f, im.before, &err) != 0)
		goto out;
	end_answer(&im, true);
	status = im.refused > 0 ? 1 : 0;
out:
	if (status == 2)
		fail(&err);
	free(im.ids);
	buf_release(&im.answer);
	rc_table_close(&t);
	folder_close(&f);
	actor_release(&actor);
	return status;
}

int cli_exceptions(int argc, char **argv)
{
	const char *args[2] = { NULL, NULL }, *by = NULL, *rules = NULL;
	bool good_rows = false, as_json = false, out;
	int n = 0;

	if (argc < 2 || (strcmp(argv[1], "export") != 0 && strcmp(argv[1], "import") != 0))
		return cli_list(argc, argv);
	out = strcmp(argv[1], "export") == 0;
	for (int i = 2; i < argc; i++) {
		const char **to = strcmp(argv[i], "--by") == 0 ? &by : strcmp(argv[i], "--rules") == 0 ? &rules : NULL;

		if (to != NULL && i + 1 >= argc)
			return wrong("a value is missing after", argv[i]);
		if (to != NULL)
			*to = argv[++i];
		else if (strcmp(argv[i], "--good-rows") == 0)
			good_rows = true;
		else if (strcmp(argv[i], "--json") == 0)
			as_json = true;
		else if (argv[i][0] == '-' && argv[i][1] != '\0')
			return wrong("unknown option", argv[i]);
		else if (n == 2)
			return wrong("too many arguments at", argv[i]);
		else
			args[n++] = argv[i];
	}
	if (n != (out ? 1 : 2))
		return wrong(n == 0 ? "a folder is missing after" : "a folder and a file are needed for", argv[1]);
	if (out)
		return by != NULL || rules != NULL || good_rows || as_json ? wrong("no option belongs to", argv[1]) : export(args[0]);
	return import(args[0], args[1], good_rows, by, rules, as_json);
}
