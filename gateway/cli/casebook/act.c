/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/act - see act.h
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "formats/core/mask.h"
#include "formats/core/money.h"
#include "gateway/cli/casebook/act.h"

#define IDS_SHOWN 6

int actor_init(struct actor *a, const char *rules, const char *by, struct err *err)
{
	struct passwd *pw = getpwuid(getuid());
	time_t now = time(NULL);
	struct tm tm;

	*a = (struct actor){ .by = by, .uid = getuid() };
	if (pw != NULL)
		snprintf(a->name, sizeof(a->name), "%.*s", CASE_NAME_MOST, pw->pw_name);
	else
		snprintf(a->name, sizeof(a->name), "uid-%u", a->uid);
	if (gmtime_r(&now, &tm) == NULL || strftime(a->at, sizeof(a->at), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return err_set(err, errno, "cannot tell the time");
	return folder_rules(&a->config, rules, err);
}

void actor_release(struct actor *a)
{
	config_free(a->config);
	a->config = NULL;
}

/* Whose rule counts: the act's own; for a second person and a withdrawal that of what they are about. */
static enum case_act rule_of(const struct folder *f, const struct case_decision *d)
{
	if ((d->act == CASE_SECOND || d->act == CASE_WITHDRAW) && d->about > 0 && d->about <= f->book.n_decisions)
		return (enum case_act)f->book.decisions[d->about - 1].act;
	return (enum case_act)d->act;
}

enum case_verdict actor_decide(const struct actor *a, struct folder *f, struct case_decision *d, struct case_answer *said)
{
	struct case_policy policy;
	struct case_limit *limits;
	enum case_verdict v;

	folder_policy(a->config, rule_of(f, d), &policy, &limits);
	*said = (struct case_answer){ .verdict = CASE_NAME };
	if (a->by != NULL && !policy.same_uid_ok) {
		free(limits);
		snprintf(said->text, sizeof(said->text), "the rules do not let '%.64s' decide in another's name ('on_behalf')", a->name);
		return CASE_NAME;
	}
	if (a->uid == 0 && d->act == CASE_SECOND && !policy.same_uid_ok) {
		free(limits);
		snprintf(said->text, sizeof(said->text), "the superuser is nobody's second person");
		return said->verdict = CASE_SAME_PERSON;
	}
	d->by = (struct case_person){ view_of(a->by != NULL ? a->by : a->name), a->uid };
	d->at = view_of(a->at);
	v = casebook_decide(&f->book, d, &policy, said);
	free(limits);
	return v;
}

/* Words */

static void put_text(struct buf *b, struct view v)
{
	buf_char(b, '\'');
	escape_text(b, v);
	buf_char(b, '\'');
}

static void list(struct buf *b, const struct casebook *c, size_t at, uint32_t n, bool book)
{
	uint32_t shown = 0, all = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct case_row *r = &c->rows[c->members[at + i]];

		if (r->book != book)
			continue;
		if (++all > IDS_SHOWN)
			continue;
		buf_text(b, shown++ > 0 ? " " : "");
		put_text(b, r->id);
	}
	if (all > IDS_SHOWN)
		buf_fmt(b, " and %u more", all - IDS_SHOWN);
}

static void both_lists(struct buf *b, const struct casebook *c, size_t at, uint32_t n, const char *between)
{
	uint32_t books = 0;

	for (uint32_t i = 0; i < n; i++)
		books += c->rows[c->members[at + i]].book;
	if (books < n)
		list(b, c, at, n, false);
	if (books > 0 && books < n)
		buf_text(b, between);
	if (books > 0)
		list(b, c, at, n, true);
}

static void of_group(struct buf *b, const struct casebook *c, const struct case_decision *d)
{
	const struct case_group *g = &c->groups[d->made];
	char id[CASE_NAME_MOST + 1];

	casebook_group_id(c, d->made, id);
	buf_char(b, ' ');
	put_text(b, view_of(id));
	buf_text(b, ": ");
	both_lists(b, c, g->at, g->n_bank + g->n_book, " and ");
}

static void amount(struct buf *b, const struct casebook *c, const struct case_decision *d, uint32_t row)
{
	if (d->amount == 0)
		return;
	buf_text(b, d->act == CASE_WRITE_OFF ? ", " : ", and writes off the difference of ");
	money_print_grouped(b, d->amount, c->parts[c->rows[row].part].currency);
	buf_fmt(b, " %s", c->parts[c->rows[row].part].currency);
}

void act_words(struct buf *b, const struct casebook *c, uint32_t number)
{
	const struct case_decision *d = &c->decisions[number - 1];

	buf_text(b, case_act_name((enum case_act)d->act));
	switch ((enum case_act)d->act) {
	case CASE_MATCH:
	case CASE_WRITE_OFF:
	case CASE_ASSIGN:
	case CASE_COMMENT:
		buf_char(b, ' ');
		both_lists(b, c, d->at_rows, d->n_rows, d->act == CASE_MATCH ? " with " : " and ");
		if (d->act == CASE_ASSIGN) {
			buf_text(b, " to ");
			if (d->owner.n > 0)
				put_text(b, d->owner);
			else
				buf_text(b, "nobody");
		}
		if (d->n_rows > 0)
			amount(b, c, d, c->members[d->at_rows]);
		if (d->act == CASE_MATCH || d->act == CASE_WRITE_OFF)
			buf_fmt(b, " (%c%u)", d->act == CASE_MATCH ? 'H' : 'W', number);
		break;
	case CASE_UNMATCH:
	case CASE_CONFIRM:
	case CASE_REFUSE:
		of_group(b, c, d);
		amount(b, c, d, c->members[c->groups[d->made].at]);
		break;
	default:
		buf_fmt(b, " decision %u", d->about);
	}
}

void act_say(int stream, const char *before, struct view text)
{
	struct buf b = { 0 };

	escape_text(&b, text);
	fprintf(stream == 2 ? stderr : stdout, "%s%s\n", before, buf_cstr(&b));
	buf_release(&b);
}

int act_torn(const struct folder *f)
{
	if (!journal_torn(&f->journal))
		return 0;
	fprintf(stderr, "tallygate: '%s' ends in the middle of decision %u, which was never confirmed; `tallygate decisions %s --mend` puts that end aside\n",
		f->journal.path, f->journal.rows + 1, f->dir);
	return 1;
}
