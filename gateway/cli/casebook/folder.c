/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/folder - see folder.h
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/core/money.h"
#include "gateway/cli/casebook/folder.h"

enum { M_ID, M_STATUS, M_BANK, M_BOOK, M_COLUMNS };
static const char *const match_names[] = { "match_id", "status", "bank_ids", "book_ids", NULL };
enum { O_SIDE, O_ID, O_ACCOUNT, O_CURRENCY, O_AMOUNT, O_SIGN, O_OWNER, O_COMMENT, O_COLUMNS };
static const char *const open_names[] = { "side", "id", "account", "currency", "amount", "sign", "owner", "comment", NULL };

struct found { struct view v[M_COLUMNS]; };

static int path_in(char out[600], const char *dir, const char *name, struct err *err)
{
	if ((size_t)snprintf(out, 600, "%s/%s", dir, name) >= 600)
		return err_set(err, ENAMETOOLONG, "the name '%s' is too long", dir);
	return 0;
}

static int hash_results(struct folder *f, struct err *err)
{
	static const char *const files[] = { "matches.csv", "exceptions.csv", "open_items.csv", RC_MATCHED };
	struct buf all = { 0 };
	char path[600], hex[DIGEST_HEX];
	int rc = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && rc == 0; i++) {
		int fd = -1;

		rc = path_in(path, f->dir, files[i], err);
		if (rc == 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
			rc = err_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
		else if (rc == 0)
			rc = digest_fd_hex(fd, hex, NULL, err);
		if (fd != -1)
			close(fd);
		buf_fmt(&all, "%s %s\n", files[i], hex);
	}
	if (rc == 0)
		digest_hex(buf_as_view(&all), f->results);
	buf_release(&all);
	return rc;
}

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "memory is short");
}

/* Rows that are open, with their amounts. */
static int open_rows(struct folder *f, struct err *err)
{
	struct view v[O_COLUMNS];
	char path[600], currency[4];
	int got;

	if (path_in(path, f->dir, "open_items.csv", err) != 0 || rc_table_open(&f->open, path, open_names, err) != 0)
		return -1;
	while ((got = rc_table_next(&f->open, v)) == 1) {
		struct case_row r = { .id = v[O_ID], .book = view_eq(v[O_SIDE], VIEW("book")), .known = true, .owner = v[O_OWNER], .comment = v[O_COMMENT] };
		struct money m;

		memset(currency, 0, sizeof(currency));
		memcpy(currency, v[O_CURRENCY].p, v[O_CURRENCY].n < 3 ? v[O_CURRENCY].n : 3);
		if (money_parse_decimal(&m, v[O_AMOUNT], currency) != MONEY_OK || v[O_ID].n == 0)
			break;
		r.amount = view_eq(v[O_SIGN], VIEW("DB")) ? -m.minor : m.minor;
		if (casebook_part(&f->book, v[O_ACCOUNT], currency, &r.part) != 0 || casebook_row(&f->book, &r) != 0)
			return no_memory(err);
	}
	return got == 0 ? 0 : err_set(err, -1, "'%s', line %llu is not what a run wrote", path, f->open.line);
}

static int closed_rows(struct folder *f, bool book, struct view ids, struct err *err)
{
	struct view id;

	while (view_cut(&ids, ' ', &id))
		if (id.n > 0 && casebook_row(&f->book, &(struct case_row){ .id = id, .book = book }) != 0)
			return no_memory(err);
	return 0;
}

/* The ids of automatic matches are rows as well; *all: every match, for groups once the rows are sorted. */
static int read_matches(struct folder *f, struct found **all, uint32_t *n, struct err *err)
{
	char path[600];
	uint32_t cap = 0;
	struct view v[M_COLUMNS];
	int got;

	if (path_in(path, f->dir, "matches.csv", err) != 0 || rc_table_open(&f->matches, path, match_names, err) != 0)
		return -1;
	while ((got = rc_table_next(&f->matches, v)) == 1) {
		if (*n == cap) {
			struct found *p = realloc(*all, (cap * 2 + 256) * sizeof(*p));

			if (p == NULL)
				return no_memory(err);
			*all = p;
			cap = cap * 2 + 256;
		}
		memcpy((*all)[*n].v, v, sizeof(v));
		(*n)++;
		if (view_eq(v[M_STATUS], VIEW("auto")) && (closed_rows(f, false, v[M_BANK], err) != 0 || closed_rows(f, true, v[M_BOOK], err) != 0))
			return -1;
	}
	return got == 0 ? 0 : err_set(err, -1, "'%s', line %llu is not what a run wrote", path, f->matches.line);
}

static int groups(struct folder *f, const struct found *all, uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n; i++)
		if (casebook_group(&f->book, all[i].v[M_ID], view_eq(all[i].v[M_STATUS], VIEW("auto")), all[i].v[M_BANK], all[i].v[M_BOOK]) != 0)
			return err_set(err, -1, "the match '%.*s' in '%s/matches.csv' and '%s/open_items.csv' do not belong together",
				VIEW_FMT(all[i].v[M_ID]), f->dir, f->dir);
	return 0;
}

/* Rows of matches taken apart, whole */

static int reopen(struct folder *f, const struct rc_matched *m, uint32_t row, struct err *err)
{
	struct rc_matched *p = realloc(f->reopened, (f->n_reopened + 1) * sizeof(*p));
	struct case_row *r = &f->book.rows[row];

	if (p == NULL)
		return no_memory(err);
	f->reopened = p;
	p = &p[f->n_reopened++];
	*p = *m;
	if (!rc_keep(&f->store, m->id, &p->id) || casebook_part(&f->book, m->account, m->currency, &r->part) != 0)
		return no_memory(err);
	r->amount = m->row.sign == RECON_DB ? -m->row.amount : m->row.amount;
	r->known = true;
	return 0;
}

/* wanted: a mark for each row */
static int whole_rows(struct folder *f, const uint8_t *wanted, uint32_t n, struct err *err)
{
	struct rc_matched m;
	char *path = malloc(600);
	struct view kept;
	int got = -1;

	if (path == NULL || path_in(path, f->dir, RC_MATCHED, err) != 0) {
		free(path);
		return -1;
	}
	if (!rc_keep(&f->store, (struct view){ path, strlen(path) + 1 }, &kept)) {
		free(path);
		return no_memory(err);
	}
	free(path);
	if (access(kept.p, F_OK) != 0)
		return err_set(err, errno, "a match was taken apart and '%s' is gone: its rows cannot be opened again", kept.p);
	if (rc_matched_open(&f->apart, kept.p, err) != 0)
		return -1;
	while (n > 0 && (got = rc_matched_next(&f->apart, &m, err)) == 1) {
		uint32_t row = casebook_find_row(&f->book, m.book, m.id);

		if (row == CASE_NOBODY || !wanted[row])
			continue;
		if (reopen(f, &m, row, err) != 0)
			return -1;
		n--;
	}
	if (got < 0)
		return -1;
	return n == 0 ? 0 : err_set(err, -1, "'%s' lacks rows of a match that was taken apart", kept.p);
}

/* Journal rows as decisions; ids are cut into arrays that live as long as one call. */

struct cut { struct view *ids; uint32_t n, cap; };

static bool cut_ids(struct cut *c, struct view text, uint32_t *n)
{
	struct view id;

	*n = 0;
	while (view_cut(&text, ' ', &id)) {
		if (id.n == 0)
			continue;
		if (c->n == c->cap) {
			struct view *p = realloc(c->ids, (c->cap * 2 + 64) * sizeof(*p));

			if (p == NULL)
				return false;
			c->ids = p;
			c->cap = c->cap * 2 + 64;
		}
		c->ids[c->n++] = id;
		(*n)++;
	}
	return true;
}

static bool number(struct view v, uint32_t *n)
{
	uint64_t x = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || x > UINT32_MAX / 10)
			return false;
		x = x * 10 + (uint64_t)(v.p[i] - '0');
	}
	*n = (uint32_t)x;
	return x <= UINT32_MAX;
}

static int decision_of(const struct view *v, struct cut *c, struct case_decision *d)
{
	enum case_act act;
	uint32_t persons;

	*d = (struct case_decision){ .group = v[J_MATCH], .owner = v[J_OWNER], .by = { v[J_BY], 0 }, .at = v[J_AT], .reason = v[J_REASON],
		.write_off = view_eq(v[J_WRITE_OFF], VIEW("yes")) };
	c->n = 0;
	if (!case_act_of(v[J_ACT], &act) || !number(v[J_ABOUT], &d->about) || !number(v[J_UID], &d->by.uid) || !number(v[J_PERSONS], &persons) ||
	    !number(v[J_AGAINST], &d->against) || persons < 1 || persons > 2)
		return 1;
	d->act = (uint8_t)act;
	d->persons = (uint8_t)persons;
	if (!cut_ids(c, v[J_BANK], &d->n_bank) || !cut_ids(c, v[J_BOOK], &d->n_book))
		return -1;
	d->bank = c->ids;
	d->book = c->ids + d->n_bank;
	return 0;
}

static int replay(struct folder *f, struct err *err)
{
	struct view v[J_COLUMNS];
	struct cut c = { 0 };
	struct case_decision d;
	struct case_answer said;
	int rc = 0;

	while (rc == 0 && journal_next(&f->journal, v) == 1) {
		uint32_t n = f->book.n_decisions + 1;
		enum case_verdict verdict;
		int bad = decision_of(v, &c, &d);

		if (bad < 0) {
			rc = no_memory(err);
			break;
		}
		verdict = bad > 0 ? CASE_STEP : casebook_replay(&f->book, &d, &said);
		if (bad > 0)
			rc = err_set(err, -1, "'%s', decision %u is not what tallygate wrote", f->journal.path, n);
		else if (verdict != CASE_DONE && verdict != CASE_PENDING)
			rc = err_set(err, -1, "'%s', decision %u does not follow from what is before it: %.300s", f->journal.path, n, said.text);
	}
	free(c.ids);
	return rc;
}

/* Which rows a journal's unmatches may have opened: those of automatic matches that it names. */
static int reopened_rows(struct folder *f, struct err *err)
{
	uint8_t *wanted = calloc(f->book.n_rows + 1, 1);
	struct view v[J_COLUMNS];
	uint32_t n = 0;

	if (wanted == NULL)
		return no_memory(err);
	while (journal_next(&f->journal, v) == 1) {
		uint32_t g = view_eq(v[J_ACT], VIEW("unmatch")) ? casebook_find_group(&f->book, v[J_MATCH]) : CASE_NOBODY;

		for (uint32_t i = 0; g != CASE_NOBODY && f->book.groups[g].base == CASE_AUTO && i < f->book.groups[g].n_bank + f->book.groups[g].n_book; i++) {
			uint32_t row = f->book.members[f->book.groups[g].at + i];

			n += !wanted[row];
			wanted[row] = 1;
		}
	}
	n = n > 0 ? (uint32_t)whole_rows(f, wanted, n, err) : 0;
	free(wanted);
	return (int)n;
}

bool folder_decided(const char *dir)
{
	static const char *const files[] = { JOURNAL_NAME, JOURNAL_HEAD };
	char path[4200];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%.4000s/%s", dir, files[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

int folder_open(struct folder *f, const char *dir, bool write, struct err *err)
{
	struct found *all = NULL;
	const struct case_row *twice;
	uint32_t n = 0;
	int rc = -1;

	*f = (struct folder){ .dir = dir, .journal = { .fd = -1, .dir = -1 } };
	if (rc_check_whole(dir, err) != 0 || hash_results(f, err) != 0 || journal_open(&f->journal, dir, f->results, write, err) != 0 ||
	    open_rows(f, err) != 0 || read_matches(f, &all, &n, err) != 0)
		goto out;
	twice = casebook_seal(&f->book);
	if (twice != NULL) {
		err_set(err, -1, "'%.*s' stands twice in the results in '%s'", VIEW_FMT(twice->id), dir);
		goto out;
	}
	if (groups(f, all, n, err) == 0 && reopened_rows(f, err) == 0 && journal_rewind(&f->journal, err) == 0)
		rc = replay(f, err);
	journal_unlock(&f->journal);
out:
	free(all);
	return rc;
}

void folder_close(struct folder *f)
{
	casebook_release(&f->book);
	rc_table_close(&f->matches);
	rc_table_close(&f->open);
	rc_matched_close(&f->apart);
	free(f->reopened);
	rc_store_release(&f->store);
	journal_close(&f->journal);
}

void folder_version(const struct folder *f, const struct case_row *r, uint32_t n, char out[32])
{
	struct buf b = { 0 };
	char hex[DIGEST_HEX];

	buf_fmt(&b, "%s %s %u ", f->results, r->book ? "book" : "bank", n);
	buf_view(&b, r->id);
	digest_hex(buf_as_view(&b), hex);
	buf_release(&b);
	snprintf(out, 32, "v%u-%.12s", n, hex);
}

/* Saving */

void put_ids(struct buf *b, const struct casebook *c, size_t at, uint32_t n, bool book)
{
	bool some = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct case_row *r = &c->rows[c->members[at + i]];

		if (r->book != book)
			continue;
		if (some)
			buf_char(b, ' ');
		some = true;
		buf_view(b, r->id);
	}
}

/* Texts that are made for a row stand one behind the other in `b`, which moves while it grows: views come last. */
static struct view text_at(const struct buf *b, size_t from, size_t to)
{
	return (struct view){ b->p == NULL ? "" : b->p + from, to - from };
}

static void fill_row(struct journal_row *row, const struct casebook *c, const struct case_decision *d, struct buf *b)
{
	size_t at[7];
	char id[CASE_NAME_MOST + 1] = "";

	at[0] = b->n;
	put_ids(b, c, d->at_rows, d->n_rows, false);
	at[1] = b->n;
	put_ids(b, c, d->at_rows, d->n_rows, true);
	at[2] = b->n;
	if ((d->act == CASE_UNMATCH || d->act == CASE_CONFIRM || d->act == CASE_REFUSE) && d->made != CASE_NOBODY)
		casebook_group_id(c, d->made, id);
	buf_text(b, id);
	at[3] = b->n;
	if (d->about != 0)
		buf_int(b, d->about);
	at[4] = b->n;
	buf_int(b, d->by.uid);
	at[5] = b->n;
	buf_int(b, d->against);
	at[6] = b->n;
	*row = (struct journal_row){ { [J_ACT] = view_of(case_act_name((enum case_act)d->act)), [J_WRITE_OFF] = d->write_off ? VIEW("yes") : VIEW(""),
		[J_OWNER] = d->owner, [J_BY] = d->by.name, [J_AT] = d->at, [J_PERSONS] = d->persons > 1 ? VIEW("2") : VIEW("1"), [J_REASON] = d->reason,
		[J_BANK] = text_at(b, at[0], at[1]), [J_BOOK] = text_at(b, at[1], at[2]), [J_MATCH] = text_at(b, at[2], at[3]),
		[J_ABOUT] = text_at(b, at[3], at[4]), [J_UID] = text_at(b, at[4], at[5]), [J_AGAINST] = text_at(b, at[5], at[6]) } };
}

int folder_save(struct folder *f, uint32_t from, struct err *err)
{
	uint32_t n = f->book.n_decisions - from;
	struct journal_row *rows = calloc(n + 1, sizeof(*rows));
	struct buf *texts = calloc(n + 1, sizeof(*texts));
	int rc = -1;

	for (uint32_t i = 0; rows != NULL && texts != NULL && i < n; i++)
		fill_row(&rows[i], &f->book, &f->book.decisions[from + i], &texts[i]);
	if (rows == NULL || texts == NULL)
		no_memory(err);
	else
		rc = n == 0 ? 0 : journal_append(&f->journal, rows, n, err);
	for (uint32_t i = 0; texts != NULL && i < n; i++)
		buf_release(&texts[i]);
	free(texts);
	free(rows);
	return rc;
}

/* Rules */

int folder_rules(struct config **out, const char *rules, struct err *err)
{
	const char *config = getenv("TALLY_CONFIG");
	struct buf report = { 0 };
	char path[600];
	int code;

	*out = NULL;
	if (rules == NULL) {
		if (path_in(path, config != NULL && *config != '\0' ? config : "/etc/tallygate", "rules.d", err) != 0)
			return -1;
		if (access(path, F_OK) != 0)
			return 0;
		rules = path;
	}
	code = config_rules(out, rules, &report, err);
	if (code == 1)
		err_set(err, -1, "the rules in '%s' have faults: %.*s", rules, (int)strcspn(buf_cstr(&report), "\n"), buf_cstr(&report));
	buf_release(&report);
	return code == 0 ? 0 : -1;
}

void folder_policy(const struct config *c, enum case_act about, struct case_policy *p, struct case_limit **limits)
{
	const struct decision_rule *rule;

	*p = (struct case_policy){ 0 };
	*limits = NULL;
	if (c == NULL)
		return;
	*limits = calloc(c->n_write_offs + 1, sizeof(**limits));
	for (size_t i = 0; *limits != NULL && i < c->n_write_offs; i++) {
		struct case_limit *l = &(*limits)[p->n_limits++];

		memcpy(l->currency, c->write_offs[i].ccy, 4);
		l->most = c->write_offs[i].most_minor;
		l->second = c->write_offs[i].second_minor;
	}
	p->limits = *limits;
	for (int a = 0; a < CASE_SECOND; a++) {
		rule = config_decision_rule(c, view_of(case_act_name((enum case_act)a)));
		if (rule != NULL && rule->persons > 1)
			p->second_for |= 1u << a;
	}
	rule = config_decision_rule(c, view_of(case_act_name(about)));
	p->same_uid_ok = rule != NULL && rule->on_behalf;
}
