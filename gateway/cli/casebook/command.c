/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/command - tallygate match, unmatch, confirm, refuse, write-off, assign, comment, second, withdraw, decisions
 *
 * Each is one decision in a folder of `tallygate reconcile`, appended to its journal.  Exit: 0 it holds or waits for a
 * second person; 1 it was refused, and nothing was written; 2 wrong use, or a folder that cannot be read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "gateway/cli/casebook/act.h"
#include "gateway/cli/cli.h"

struct words {
	const char *in, *reason, *by, *rules, *to;
	bool json, difference, mend;
	struct view *ids;		/* as given; side: 0 either, 'b' a bank line, 'k' a book item */
	char *side;
	uint32_t n;
};

static const struct { const char *name, *usage; } usages[CASE_ACTS] = {
	[CASE_MATCH] = { "match", "match --in DIR ID... --reason TEXT [--write-off-difference]" },
	[CASE_UNMATCH] = { "unmatch", "unmatch --in DIR MATCH --reason TEXT" },
	[CASE_CONFIRM] = { "confirm", "confirm --in DIR MATCH --reason TEXT [--write-off-difference]" },
	[CASE_REFUSE] = { "refuse", "refuse --in DIR MATCH --reason TEXT" },
	[CASE_WRITE_OFF] = { "write-off", "write-off --in DIR ID... --reason TEXT" },
	[CASE_ASSIGN] = { "assign", "assign --in DIR ID... --to NAME --reason TEXT" },
	[CASE_COMMENT] = { "comment", "comment --in DIR ID... --reason TEXT" },
	[CASE_SECOND] = { "second", "second --in DIR NUMBER --reason TEXT" },
	[CASE_WITHDRAW] = { "withdraw", "withdraw --in DIR NUMBER --reason TEXT" },
};

static int wrong(const char *usage, const char *what, const char *arg)
{
	fprintf(stderr, "tallygate: %s '%s'\nusage: tallygate %s   [--by NAME] [--rules DIR] [--json]\n"
		"An ID is a bank line's or a book item's; --bank ID and --book ID tell them apart where one is both.\n", what, arg, usage);
	return 2;
}

static int read_words(struct words *w, int argc, char **argv, const char *usage)
{
	const struct { const char *name; const char **to; } values[] = { { "--in", &w->in }, { "--reason", &w->reason }, { "--by", &w->by },
		{ "--rules", &w->rules }, { "--to", &w->to } };
	char side = 0;

	w->ids = calloc((size_t)argc + 1, sizeof(*w->ids));
	w->side = calloc((size_t)argc + 1, 1);
	if (w->ids == NULL || w->side == NULL)
		return 2;
	for (int i = 1; i < argc; i++) {
		size_t k = 0;

		while (k < sizeof(values) / sizeof(values[0]) && strcmp(argv[i], values[k].name) != 0)
			k++;
		if (k < sizeof(values) / sizeof(values[0])) {
			if (i + 1 >= argc)
				return wrong(usage, "a value is missing after", argv[i]);
			*values[k].to = argv[++i];
			side = 0;
		} else if (strcmp(argv[i], "--json") == 0) {
			w->json = true;
		} else if (strcmp(argv[i], "--write-off-difference") == 0) {
			w->difference = true;
		} else if (strcmp(argv[i], "--mend") == 0) {
			w->mend = true;
		} else if (strcmp(argv[i], "--bank") == 0 || strcmp(argv[i], "--book") == 0) {
			side = argv[i][3] == 'a' ? 'b' : 'k';
			if (i + 1 >= argc)
				return wrong(usage, "an id is missing after", argv[i]);
		} else if (argv[i][0] == '-' && argv[i][1] != '\0') {
			return wrong(usage, "unknown option", argv[i]);
		} else {
			w->side[w->n] = side;
			w->ids[w->n++] = view_of(argv[i]);
		}
	}
	return 0;
}

static void release(struct words *w)
{
	free(w->ids);
	free(w->side);
}

static int fail(const struct err *err)
{
	act_say(2, "tallygate: ", view_of(err->text));
	return 2;
}

/* Bank ids in front, book ids behind; 1: an id that is nowhere, or on both sides. */
static int sort_ids(struct words *w, const struct casebook *c, struct case_decision *d, struct err *err)
{
	struct view *sorted = calloc(w->n + 1, sizeof(*sorted));
	uint32_t back = w->n;

	if (sorted == NULL)
		return err_set(err, -1, "memory is short");
	for (uint32_t i = 0; i < w->n; i++) {
		bool bank = w->side[i] != 'k' && casebook_find_row(c, false, w->ids[i]) != CASE_NOBODY;
		bool book = w->side[i] != 'b' && casebook_find_row(c, true, w->ids[i]) != CASE_NOBODY;

		if (bank == book) {
			free(sorted);
			return err_set(err, 1, bank ? "'%.*s' is a bank line and a book item; say --bank or --book" :
				"there is no bank line and no book item '%.*s' in these results", VIEW_FMT(w->ids[i]));
		}
		if (bank)
			sorted[d->n_bank++] = w->ids[i];
		else
			sorted[--back] = w->ids[i];
	}
	d->n_book = w->n - d->n_bank;
	memcpy(w->ids, sorted, w->n * sizeof(*sorted));
	free(sorted);
	d->bank = w->ids;
	d->book = w->ids + d->n_bank;
	return 0;
}

static bool number_of(struct view v, uint32_t *n)
{
	*n = 0;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || *n > 100000000)
			return false;
		*n = *n * 10 + (uint32_t)(v.p[i] - '0');
	}
	return v.n > 0;
}

/* What the words say, as a decision.  0, 1 = refused (*err says why), 2 = wrong use (said). */
static int decision_of(struct words *w, enum case_act act, const struct casebook *c, struct case_decision *d, struct err *err)
{
	*d = (struct case_decision){ .act = (uint8_t)act, .write_off = w->difference, .reason = view_of(w->reason), .against = CASE_NOW,
		.owner = view_of(w->to == NULL ? "" : w->to) };
	switch (act) {
	case CASE_UNMATCH:
	case CASE_CONFIRM:
	case CASE_REFUSE:
		d->group = w->ids[0];
		return w->n == 1 ? 0 : wrong(usages[act].usage, "one match is named, not more:", w->n > 1 ? w->ids[1].p : "");
	case CASE_SECOND:
	case CASE_WITHDRAW:
		return w->n == 1 && number_of(w->ids[0], &d->about) ? 0 : wrong(usages[act].usage, "the number of one decision is needed, not", w->ids[0].p);
	default:
		return sort_ids(w, c, d, err) != 0 ? (err->code == 1 ? 1 : 2) : 0;
	}
}

static void answer_json(const struct folder *f, enum case_verdict v, const struct case_answer *said)
{
	struct buf b = { 0 }, words = { 0 };
	struct json j;

	json_init(&j, &b, false);
	json_object(&j, NULL);
	json_cstr(&j, "answer", v == CASE_DONE ? "done" : v == CASE_PENDING ? "waits" : v == CASE_SAME || v == CASE_TWICE ? "nothing to do" : "refused");
	if (v == CASE_DONE || v == CASE_PENDING) {
		json_int(&j, "decision", said->number);
		act_words(&words, &f->book, said->number);
		json_text(&j, "words", buf_as_view(&words));
	} else {
		json_cstr(&j, "why", said->text);
	}
	json_object_end(&j);
	printf("%s\n", buf_cstr(&b));
	buf_release(&b);
	buf_release(&words);
}

static void answer_words(const struct folder *f, enum case_verdict v, const struct case_answer *said)
{
	struct buf b = { 0 };

	if (v == CASE_DONE || v == CASE_PENDING) {
		act_words(&b, &f->book, said->number);
		printf("decision %u: %s%s\n", said->number, buf_cstr(&b), v == CASE_PENDING ? "; it waits for a second person" : "");
	} else {
		act_say(v == CASE_SAME ? 1 : 2, v == CASE_SAME ? "nothing to do: " : "tallygate: refused: ", view_of(said->text));
	}
	buf_release(&b);
}

static int decide(struct words *w, enum case_act act)
{
	struct err err = { 0 };
	struct actor actor;
	struct folder f;
	struct case_decision d;
	struct case_answer said = { .verdict = CASE_NO_ROW };
	enum case_verdict v = CASE_NO_ROW;
	int status;

	if (actor_init(&actor, w->rules, w->by, &err) != 0)
		return fail(&err);
	if (folder_open(&f, w->in, true, &err) != 0) {
		status = fail(&err);
		goto out;
	}
	status = decision_of(w, act, &f.book, &d, &err);
	if (status == 2) {
		if (err.code != 0)
			fail(&err);
		goto out;
	}
	if (status == 0)
		v = actor_decide(&actor, &f, &d, &said);
	else
		snprintf(said.text, sizeof(said.text), "%s", err.text);
	if ((v == CASE_DONE || v == CASE_PENDING) && folder_save(&f, f.book.n_decisions - 1, &err) != 0) {
		status = fail(&err);
		goto out;
	}
	if (w->json)
		answer_json(&f, v, &said);
	else
		answer_words(&f, v, &said);
	status = v == CASE_DONE || v == CASE_PENDING || v == CASE_SAME ? 0 : 1;
out:
	folder_close(&f);
	actor_release(&actor);
	return status;
}

int cli_casebook(int argc, char **argv)
{
	struct words w = { 0 };
	enum case_act act = CASE_ACTS;
	int status;

	if (!case_act_of(view_of(argv[0]), &act))
		return 2;
	status = read_words(&w, argc, argv, usages[act].usage);
	if (status == 0 && w.in == NULL)
		status = wrong(usages[act].usage, "missing", "--in");
	if (status == 0 && w.reason == NULL)
		status = wrong(usages[act].usage, "every decision has a reason: missing", "--reason");
	if (status == 0 && w.n == 0)
		status = wrong(usages[act].usage, "nothing is named for", argv[0]);
	if (status == 0 && (act == CASE_ASSIGN) != (w.to != NULL))
		status = wrong(usages[act].usage, act == CASE_ASSIGN ? "missing" : "it belongs to assign alone:", "--to");
	if (status == 0 && w.difference && act != CASE_MATCH && act != CASE_CONFIRM)
		status = wrong(usages[act].usage, "it belongs to match and confirm alone:", "--write-off-difference");
	if (status == 0 && w.mend)
		status = wrong(usages[act].usage, "unknown option", "--mend");
	if (status == 0)
		status = decide(&w, act);
	release(&w);
	return status;
}

/* decisions */

static void list_json(const struct folder *f)
{
	struct buf b = { 0 }, words = { 0 };
	struct json j;

	for (uint32_t i = 0; i < f->book.n_decisions; i++) {
		const struct case_decision *d = &f->book.decisions[i];

		buf_clear(&b);
		buf_clear(&words);
		act_words(&words, &f->book, i + 1);
		json_init(&j, &b, false);
		json_object(&j, NULL);
		json_int(&j, "decision", i + 1);
		json_cstr(&j, "act", case_act_name((enum case_act)d->act));
		json_cstr(&j, "stage", d->stage == CASE_STAGE_WAITS ? "waits" : d->stage == CASE_STAGE_BACK ? "taken back" : "holds");
		json_text(&j, "words", buf_as_view(&words));
		json_text(&j, "by", d->by.name);
		json_text(&j, "at", d->at);
		json_text(&j, "reason", d->reason);
		json_int(&j, "against", d->against);
		if (d->second != 0)
			json_int(&j, "seconded_by_decision", d->second);
		json_object_end(&j);
		printf("%s\n", buf_cstr(&b));
	}
	buf_release(&b);
	buf_release(&words);
}

static void list_words(const struct folder *f)
{
	struct buf b = { 0 };

	for (uint32_t i = 0; i < f->book.n_decisions; i++) {
		const struct case_decision *d = &f->book.decisions[i];

		buf_clear(&b);
		buf_fmt(&b, "%4u  ", i + 1);
		escape_text(&b, d->at);
		buf_text(&b, "  ");
		escape_text(&b, d->by.name);
		buf_text(&b, "  ");
		act_words(&b, &f->book, i + 1);
		buf_text(&b, ": ");
		escape_text(&b, d->reason);
		if (d->stage == CASE_STAGE_WAITS || d->stage == CASE_STAGE_BACK)
			buf_fmt(&b, "  [%s]", case_stage_name((enum case_stage)d->stage));
		if (d->second != 0) {
			buf_text(&b, "  [seconded by ");
			escape_text(&b, f->book.decisions[d->second - 1].by.name);
			buf_text(&b, "]");
		}
		printf("%s\n", buf_cstr(&b));
	}
	buf_release(&b);
}

static int mend(struct folder *f, struct err *err)
{
	if (!journal_torn(&f->journal)) {
		fprintf(stderr, "tallygate: '%s' is whole, nothing is to be mended\n", f->journal.path);
		return 0;
	}
	if (journal_mend(&f->journal, err) != 0)
		return fail(err);
	fprintf(stderr, "tallygate: the torn end of '%s' stands in 'decisions.torn' now; %u decisions hold\n", f->journal.path, f->journal.rows);
	return 0;
}

int cli_decisions(int argc, char **argv)
{
	static const char usage[] = "decisions DIR [--mend]";
	struct words w = { 0 };
	struct err err = { 0 };
	struct folder f;
	int status = read_words(&w, argc, argv, usage);

	if (status == 0 && w.n != 1)
		status = wrong(usage, "one folder is named, not", w.n == 0 ? "" : w.ids[1].p);
	if (status == 0 && (w.in != NULL || w.reason != NULL || w.by != NULL || w.to != NULL || w.rules != NULL || w.difference))
		status = wrong(usage, "no other option belongs to", argv[0]);
	if (status != 0) {
		release(&w);
		return status;
	}
	if (folder_open(&f, w.ids[0].p, w.mend, &err) != 0)
		status = fail(&err);
	else if (w.mend)
		status = mend(&f, &err);
	else if (w.json)
		list_json(&f);
	else
		list_words(&f);
	if (status == 0 && !w.mend)
		status = act_torn(&f);
	folder_close(&f);
	release(&w);
	return status;
}
