/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook - see casebook.h.  A decision is judged as a whole before anything is changed
 */
#include <stdlib.h>

#include "rules/casebook_parts.h"

/* The tables: what is not in them is refused. */

static const uint8_t next_state[CASE_STATES][CASE_ACTS] = {	/* GONE is a target by UNMATCH only: 0 elsewhere means refused */
	[CASE_GONE]        = { [CASE_MATCH] = CASE_HAND, [CASE_WRITE_OFF] = CASE_WRITTEN_OFF },
	[CASE_PROPOSED]    = { [CASE_CONFIRM] = CASE_CONFIRMED, [CASE_REFUSE] = CASE_REFUSED },
	[CASE_REFUSED]     = { [CASE_WITHDRAW] = CASE_PROPOSED },
	[CASE_CONFIRMED]   = { [CASE_UNMATCH] = CASE_PROPOSED },
	[CASE_AUTO]        = { [CASE_UNMATCH] = CASE_APART },
	[CASE_APART]       = { [CASE_CONFIRM] = CASE_AUTO },
};

enum case_state casebook_next(enum case_state from, enum case_act act)
{
	if (act == CASE_UNMATCH && (from == CASE_HAND || from == CASE_WRITTEN_OFF))
		return CASE_GONE;
	return next_state[from][act] == CASE_GONE ? CASE_STATES : (enum case_state)next_state[from][act];
}

enum case_stage casebook_next_stage(enum case_stage from, enum case_act event)
{
	if (from == CASE_STAGE_WAITS && event == CASE_SECOND)
		return CASE_STAGE_DONE;
	if ((from == CASE_STAGE_WAITS || from == CASE_STAGE_DONE) && event == CASE_WITHDRAW)
		return CASE_STAGE_BACK;
	return CASE_STAGES;
}

/* What undoes a decision that holds. */
static const enum case_act undone_by[CASE_ACTS] = { [CASE_MATCH] = CASE_UNMATCH, [CASE_UNMATCH] = CASE_CONFIRM, [CASE_CONFIRM] = CASE_UNMATCH,
	[CASE_REFUSE] = CASE_WITHDRAW, [CASE_WRITE_OFF] = CASE_UNMATCH, [CASE_ASSIGN] = CASE_ASSIGN, [CASE_COMMENT] = CASE_WITHDRAW,
	[CASE_SECOND] = CASE_UNMATCH, [CASE_WITHDRAW] = CASE_ACTS };

static bool closes(enum case_state s)
{
	return s == CASE_AUTO || s == CASE_CONFIRMED || s == CASE_HAND || s == CASE_WRITTEN_OFF;
}

/* Which rows a decision speaks of, as numbers, ascending. */

static int by_number(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static bool more_members(struct casebook *c, size_t n)
{
	size_t want = c->n_members + n;
	uint32_t *p;

	if (want <= c->cap_members)
		return true;
	want += want / 2 + 64;
	p = realloc(c->members, want * sizeof(*p));
	if (p == NULL)
		return false;
	c->members = p;
	c->cap_members = want;
	return true;
}

static enum case_verdict find_rows(struct case_work *w, bool book, const struct view *ids, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = casebook_find_row(w->c, book, ids[i]);

		if (row == CASE_NOBODY)
			return case_no(w, CASE_NO_ROW, "there is no %s '%.*s' in these results", book ? "book item" : "bank line", VIEW_FMT(ids[i]));
		w->c->members[w->c->n_members + w->n_rows++] = row;
	}
	return CASE_DONE;
}

/* They stand behind c->n_members until the decision is appended. */
static enum case_verdict collect(struct case_work *w)
{
	const struct case_decision *d = w->d;
	enum case_verdict v;

	if (d->n_bank > CASE_ROWS_MOST || d->n_book > CASE_ROWS_MOST)
		return case_no(w, CASE_MANY, "more than %d rows in one decision", CASE_ROWS_MOST);
	if (!more_members(w->c, (size_t)d->n_bank + d->n_book))
		return CASE_MEMORY;
	v = find_rows(w, false, d->bank, d->n_bank);
	if (v == CASE_DONE)
		v = find_rows(w, true, d->book, d->n_book);
	w->rows = w->c->members + w->c->n_members;
	if (v != CASE_DONE)
		return v;
	if (w->n_rows > 1)
		qsort(w->rows, w->n_rows, sizeof(*w->rows), by_number);
	for (uint32_t i = 1; i < w->n_rows; i++)
		if (w->rows[i] == w->rows[i - 1])
			return case_no(w, CASE_REPEATED, "the row '%.*s' is named twice", VIEW_FMT(w->c->rows[w->rows[i]].id));
	return w->n_rows > 0 ? CASE_DONE : case_no(w, CASE_FEW, "no row is named");
}

/* Versions */

static enum case_verdict stale(struct case_work *w, struct view what, uint32_t touched)
{
	if (w->replay || w->d->against == CASE_NOW || touched <= w->d->against || (w->d->batch != 0 && touched >= w->d->batch))
		return CASE_DONE;
	return case_no(w, CASE_STALE, "'%.*s' was changed by decision %u since this was made against decision %u; look at it again", VIEW_FMT(what),
		touched, w->d->against);
}

static enum case_verdict rows_fresh(struct case_work *w, const uint32_t *rows, uint32_t n)
{
	enum case_verdict v = CASE_DONE;

	for (uint32_t i = 0; i < n && v == CASE_DONE; i++)
		v = stale(w, w->c->rows[rows[i]].id, w->c->rows[rows[i]].touched);
	return v;
}

static enum case_verdict rows_open(struct case_work *w, const uint32_t *rows, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct case_row *r = &w->c->rows[rows[i]];
		char id[CASE_NAME_MOST + 1];

		if (r->group == CASE_NOBODY)
			continue;
		casebook_group_id(w->c, r->group, id);
		return case_no(w, CASE_CLOSED, "'%.*s' is closed by %s (%s); `unmatch` that first", VIEW_FMT(r->id), id,
			case_state_name((enum case_state)w->c->groups[r->group].state));
	}
	return CASE_DONE;
}

/* Sums */

static enum case_verdict one_account(struct case_work *w, const uint32_t *rows, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct case_row *r = &w->c->rows[rows[i]];

		if (!r->known)
			return case_no(w, CASE_UNKNOWN_AMOUNT, "the amount of '%.*s' is not known here", VIEW_FMT(r->id));
		if (r->part != w->c->rows[rows[0]].part)
			return case_no(w, CASE_ACCOUNTS, "'%.*s' and '%.*s' stand in different accounts or currencies",
				VIEW_FMT(w->c->rows[rows[0]].id), VIEW_FMT(r->id));
	}
	return CASE_DONE;
}

/* bank less book, and the sum of the magnitudes */
static bool sums(const struct casebook *c, const uint32_t *rows, uint32_t n, int64_t *difference, int64_t *size)
{
	bool lost = false;

	*difference = *size = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct case_row *r = &c->rows[rows[i]];

		lost |= r->amount == INT64_MIN || (r->book ? __builtin_sub_overflow(*difference, r->amount, difference) :
			__builtin_add_overflow(*difference, r->amount, difference));
		lost |= lost || __builtin_add_overflow(*size, r->amount < 0 ? -r->amount : r->amount, size);
	}
	return !lost;
}

/* How many persons a write-off of that size needs; w->persons only grows. */
static enum case_verdict within_limit(struct case_work *w, uint32_t part, int64_t size)
{
	const char *currency = w->c->parts[part].currency;

	for (size_t i = 0; w->policy != NULL && i < w->policy->n_limits; i++) {
		const struct case_limit *l = &w->policy->limits[i];

		if (strcmp(l->currency, currency) != 0)
			continue;
		if (size > l->most)
			return case_no(w, CASE_OVER_LIMIT, "a write-off of %s is above the limit of %s; it is no analyst's to write off",
				case_money(w, size, currency, 0), case_money(w, l->most, currency, 1));
		if (size > l->second)
			w->persons = 2;
		return CASE_DONE;
	}
	return w->policy == NULL ? CASE_DONE : case_no(w, CASE_NO_LIMIT, "the rules set no limit for write-offs in %s; without one nothing is written off",
		currency);
}

/* One judge an act; each only looks. */

static enum case_verdict judge_sum(struct case_work *w, const uint32_t *rows, uint32_t n)
{
	bool book = w->c->rows[rows[0]].book, both = false;
	int64_t difference, size;
	enum case_verdict v = one_account(w, rows, n);
	const char *currency;

	if (v != CASE_DONE)
		return v;
	for (uint32_t i = 0; i < n; i++)
		both |= w->c->rows[rows[i]].book != book;
	currency = w->c->parts[w->c->rows[rows[0]].part].currency;
	if (!sums(w->c, rows, n, &difference, &size))
		return case_no(w, CASE_TOO_BIG, "the sum of these rows does not fit");
	if (!both && difference != 0)
		return case_no(w, CASE_UNEQUAL, "rows of one side match each other only where they add up to zero; these leave %s",
			case_money(w, difference, currency, 0));
	if (difference != 0 && !w->d->write_off)
		return case_no(w, CASE_UNEQUAL, "bank and book differ by %s; match what adds up, or write the difference off",
			case_money(w, difference, currency, 0));
	w->amount = difference;
	return difference == 0 ? CASE_DONE : within_limit(w, w->c->rows[rows[0]].part, difference < 0 ? -difference : difference);
}

static enum case_verdict judge_match(struct case_work *w)
{
	enum case_verdict v = rows_open(w, w->rows, w->n_rows);

	if (v != CASE_DONE)
		return v;
	return w->n_rows > 1 ? judge_sum(w, w->rows, w->n_rows) : case_no(w, CASE_FEW, "a match joins two rows or more");
}

static enum case_verdict judge_write_off(struct case_work *w)
{
	int64_t size;
	enum case_verdict v = rows_open(w, w->rows, w->n_rows);

	if (v == CASE_DONE)
		v = one_account(w, w->rows, w->n_rows);
	if (v != CASE_DONE)
		return v;
	if (!sums(w->c, w->rows, w->n_rows, &w->amount, &size))
		return case_no(w, CASE_TOO_BIG, "the sum of these rows does not fit");
	return within_limit(w, w->c->rows[w->rows[0]].part, size);
}

static enum case_verdict judge_assign(struct case_work *w)
{
	const char *fault = w->d->owner.n == 0 ? NULL : case_name_fault(w->d->owner);
	bool same = true;

	if (fault != NULL)
		return case_no(w, CASE_NAME, "the owner's name %s", fault);
	for (uint32_t i = 0; i < w->n_rows; i++)
		same = same && view_eq(w->c->rows[w->rows[i]].owner, w->d->owner);
	if (same)
		return case_no(w, CASE_SAME, "the owner is '%.*s' already", VIEW_FMT(w->d->owner));
	return rows_open(w, w->rows, w->n_rows);
}

static enum case_verdict find_group(struct case_work *w)
{
	w->group = casebook_find_group(w->c, w->d->group);
	return w->group != CASE_NOBODY ? CASE_DONE : case_no(w, CASE_NO_GROUP, "there is no match '%.*s' in these results", VIEW_FMT(w->d->group));
}

static enum case_verdict judge_group(struct case_work *w)
{
	const struct case_group *g = &w->c->groups[w->group];
	enum case_verdict v;
	char id[CASE_NAME_MOST + 1];

	casebook_group_id(w->c, w->group, id);
	if (casebook_next((enum case_state)g->state, (enum case_act)w->d->act) == CASE_STATES)
		return case_no(w, CASE_STEP, "%s is %s; it cannot be %s", id, case_state_name((enum case_state)g->state),
			case_done_name((enum case_act)w->d->act));
	v = stale(w, view_of(id), g->touched);
	if (v == CASE_DONE)
		v = rows_fresh(w, w->c->members + g->at, g->n_bank + g->n_book);
	if (v == CASE_DONE && w->d->act == CASE_CONFIRM)
		v = rows_open(w, w->c->members + g->at, g->n_bank + g->n_book);
	return v == CASE_DONE && w->d->act == CASE_CONFIRM && g->state == CASE_PROPOSED ? judge_sum(w, w->c->members + g->at, g->n_bank + g->n_book) : v;
}

static bool same_person(const struct case_work *w, const struct case_person *a, const struct case_person *b)
{
	bool uid_ok = w->policy != NULL && w->policy->same_uid_ok;

	return view_eq(a->name, b->name) || (a->uid == b->uid && !uid_ok && !w->replay);
}

static enum case_verdict judge_earlier(struct case_work *w);

/* Each act: does it name rows, and who judges it. */
static const struct { bool rows; enum case_verdict (*judge)(struct case_work *); } acts[CASE_ACTS] = {
	[CASE_MATCH] = { true, judge_match }, [CASE_UNMATCH] = { false, judge_group }, [CASE_CONFIRM] = { false, judge_group },
	[CASE_REFUSE] = { false, judge_group }, [CASE_WRITE_OFF] = { true, judge_write_off }, [CASE_ASSIGN] = { true, judge_assign },
	[CASE_COMMENT] = { true, NULL }, [CASE_SECOND] = { false, judge_earlier }, [CASE_WITHDRAW] = { false, judge_earlier },
};

/* The act itself: its rows (found already) are fresh, and what its judge says. */
static enum case_verdict judge_act(struct case_work *w)
{
	enum case_act act = (enum case_act)w->d->act;
	enum case_verdict v = acts[act].rows ? rows_fresh(w, w->rows, w->n_rows) : CASE_DONE;

	if (v == CASE_DONE && acts[act].judge != NULL)
		v = acts[act].judge(w);
	return v;
}

/* SECOND judges the earlier decision anew: what it speaks of may have moved. */
static enum case_verdict judge_again(struct case_work *w, const struct case_decision *was)
{
	struct case_decision now = *was;
	struct case_work again = { .c = w->c, .d = &now, .answer = w->answer, .replay = w->replay, .rows = w->c->members + was->at_rows,
		.n_rows = was->n_rows, .group = was->made };

	now.against = CASE_NOW;
	return judge_act(&again);
}

static enum case_verdict judge_earlier(struct case_work *w)
{
	enum case_act event = (enum case_act)w->d->act;
	const struct case_decision *was;

	if (w->d->about == 0 || w->d->about > w->c->n_decisions)
		return case_no(w, CASE_NO_DECISION, "there is no decision %u", w->d->about);
	was = &w->c->decisions[w->d->about - 1];
	if (casebook_next_stage((enum case_stage)was->stage, event) == CASE_STAGES)
		return case_no(w, CASE_STEP, "decision %u %s; it cannot be %s", w->d->about, case_stage_name((enum case_stage)was->stage), case_done_name(event));
	if (event == CASE_SECOND) {
		if (same_person(w, &was->by, &w->d->by))
			return case_no(w, CASE_SAME_PERSON, "'%.*s' made decision %u; a second person must be another", VIEW_FMT(was->by.name), w->d->about);
		return judge_again(w, was);
	}
	if (was->stage == CASE_STAGE_DONE && undone_by[was->act] != CASE_WITHDRAW)
		return case_no(w, CASE_STEP, "decision %u, %s, holds; %s%s", w->d->about, case_act_name((enum case_act)was->act),
			undone_by[was->act] == CASE_ACTS ? "it cannot be undone" : "undo it by ",
			undone_by[was->act] == CASE_ACTS ? "" : case_act_name(undone_by[was->act]));
	if (was->stage == CASE_STAGE_DONE && was->act == CASE_REFUSE) {
		const struct case_group *g = &w->c->groups[was->made];

		if (casebook_next((enum case_state)g->state, CASE_WITHDRAW) == CASE_STATES || g->decision != (was->second != 0 ? was->second : w->d->about))
			return case_no(w, CASE_STEP, "decision %u no longer holds", w->d->about);
	}
	return CASE_DONE;
}

/* Carrying it out: nothing here can fail; the room was made before. */

static void touch(struct casebook *c, uint32_t group, uint32_t number)
{
	struct case_group *g = &c->groups[group];

	g->touched = number;
	for (uint32_t i = 0; i < g->n_bank + g->n_book; i++)
		c->rows[c->members[g->at + i]].touched = number;
}

static void set_state(struct casebook *c, uint32_t group, enum case_state to, uint32_t number)
{
	struct case_group *g = &c->groups[group];

	for (uint32_t i = 0; i < g->n_bank + g->n_book; i++)
		if (closes(to))
			c->rows[c->members[g->at + i]].group = group;
		else if (closes((enum case_state)g->state))
			c->rows[c->members[g->at + i]].group = CASE_NOBODY;
	g->state = (uint8_t)to;
	g->decision = number;
	touch(c, group, number);
}

static void make_group(struct casebook *c, struct case_decision *d, uint32_t number)
{
	struct case_group *g = &c->groups[c->n_groups];
	uint32_t lines = 0;

	while (lines < d->n_rows && !c->rows[c->members[d->at_rows + lines]].book)
		lines++;
	*g = (struct case_group){ .at = d->at_rows, .n_bank = lines, .n_book = d->n_rows - lines };
	g->maker = (uint32_t)(d - c->decisions) + 1;
	d->made = c->n_groups++;
	set_state(c, d->made, casebook_next(CASE_GONE, (enum case_act)d->act), number);
}

/* The latest comment that still holds. */
static void find_comment(struct casebook *c, uint32_t row)
{
	c->rows[row].comment = c->rows[row].base_comment;
	for (uint32_t i = c->n_decisions; i-- > 0;) {
		const struct case_decision *d = &c->decisions[i];

		if (d->act != CASE_COMMENT || d->stage != CASE_STAGE_DONE)
			continue;
		for (uint32_t k = 0; k < d->n_rows; k++)
			if (c->members[d->at_rows + k] == row) {
				c->rows[row].comment = d->reason;
				return;
			}
	}
}

/* `number`: of the decision by which it takes effect, its own or its second's. */
static void carry_out(struct casebook *c, struct case_decision *d, uint32_t number)
{
	d->stage = CASE_STAGE_DONE;
	switch ((enum case_act)d->act) {
	case CASE_MATCH:
	case CASE_WRITE_OFF:
		make_group(c, d, number);
		break;
	case CASE_UNMATCH:
	case CASE_CONFIRM:
	case CASE_REFUSE:
		set_state(c, d->made, casebook_next((enum case_state)c->groups[d->made].state, (enum case_act)d->act), number);
		break;
	case CASE_ASSIGN:
	case CASE_COMMENT:
		for (uint32_t i = 0; i < d->n_rows; i++) {
			struct case_row *r = &c->rows[c->members[d->at_rows + i]];

			*(d->act == CASE_ASSIGN ? &r->owner : &r->comment) = d->act == CASE_ASSIGN ? d->owner : d->reason;
			r->touched = number;
		}
		break;
	default:
		break;
	}
}

static void take_back(struct casebook *c, struct case_decision *was, uint32_t number)
{
	bool held = was->stage == CASE_STAGE_DONE;

	was->stage = CASE_STAGE_BACK;
	if (held && was->act == CASE_REFUSE)
		set_state(c, was->made, CASE_PROPOSED, number);
	for (uint32_t i = 0; held && was->act == CASE_COMMENT && i < was->n_rows; i++) {
		find_comment(c, c->members[was->at_rows + i]);
		c->rows[c->members[was->at_rows + i]].touched = number;
	}
}

static bool more(void **p, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t want = *cap * 2 + 64;
	void *q;

	if (n < *cap)
		return true;
	q = realloc(*p, want * size);
	if (q == NULL)
		return false;
	*p = q;
	*cap = want;
	return true;
}

static enum case_verdict append(struct case_work *w)
{
	struct casebook *c = w->c;
	struct case_decision *d, *was;
	uint32_t number = c->n_decisions + 1;

	if (!more((void **)&c->decisions, c->n_decisions, &c->cap_decisions, sizeof(*d)) ||
	    !more((void **)&c->groups, c->n_groups, &c->cap_groups, sizeof(*c->groups)))
		return CASE_MEMORY;
	d = &c->decisions[c->n_decisions++];
	*d = *w->d;
	if (d->against == CASE_NOW)
		d->against = number - 1;
	d->persons = (uint8_t)w->persons;
	d->second = 0;
	d->made = w->group;
	d->amount = w->amount;
	d->bank = d->book = NULL;		/* the caller's words for rows and groups may go; these stand in members and groups */
	d->group = VIEW("");
	d->stage = w->persons > 1 ? CASE_STAGE_WAITS : CASE_STAGE_DONE;
	d->at_rows = (uint32_t)c->n_members;
	d->n_rows = acts[d->act].rows ? w->n_rows : 0;
	c->n_members += d->n_rows;
	w->answer->number = number;
	if (d->stage == CASE_STAGE_WAITS)
		return CASE_PENDING;
	if (d->act == CASE_SECOND || d->act == CASE_WITHDRAW) {
		was = &c->decisions[d->about - 1];
		if (d->act == CASE_SECOND) {
			was->second = number;
			carry_out(c, was, number);
		} else {
			take_back(c, was, number);
		}
		return CASE_DONE;
	}
	carry_out(c, d, number);
	return CASE_DONE;
}

/* The same decision against the same book: a file that is read again, or whose rows say it twice.  Why is no part of what it does. */
static bool same_rows(const struct casebook *c, const struct case_decision *a, const uint32_t *rows, uint32_t n)
{
	return a->n_rows == n && (n == 0 || memcmp(c->members + a->at_rows, rows, n * sizeof(*rows)) == 0);
}

static uint32_t there_already(struct case_work *w)
{
	const struct case_decision *d = w->d;

	if (d->against == CASE_NOW)
		return 0;
	for (uint32_t i = d->against; i < w->c->n_decisions; i++) {	/* it stands behind what it was made against */
		const struct case_decision *a = &w->c->decisions[i];

		if (a->act == d->act && a->against == d->against && a->about == d->about && a->write_off == d->write_off && (acts[d->act].rows || a->made == w->group) &&
		    view_eq(a->owner, d->owner) && (d->act != CASE_COMMENT || view_eq(a->reason, d->reason)) && same_rows(w->c, a, w->rows, w->n_rows))
			return i + 1;
	}
	return 0;
}

static enum case_verdict judge(struct case_work *w)
{
	enum case_verdict v;
	const char *fault;

	if (w->d->act >= CASE_ACTS)
		return case_no(w, CASE_STEP, "there is no such act");
	v = acts[w->d->act].rows ? collect(w) : acts[w->d->act].judge == judge_group ? find_group(w) : CASE_DONE;
	if (v != CASE_DONE)
		return v;
	w->answer->number = there_already(w);
	if (w->answer->number != 0)
		return CASE_TWICE;
	fault = casebook_reason_fault(w->c, w->d->reason);
	if (fault != NULL)
		return case_no(w, CASE_REASON, "the reason %s", fault);
	fault = case_name_fault(w->d->by.name);
	if (fault != NULL)
		return case_no(w, CASE_NAME, "the name of who decides %s", fault);
	w->persons = w->policy != NULL && w->policy->second_for >> w->d->act & 1 ? 2 : 1;
	return judge_act(w);
}

static enum case_verdict decide(struct case_work *w)
{
	enum case_verdict v;

	*w->answer = (struct case_answer){ .verdict = CASE_MEMORY };
	v = judge(w);
	if (v == CASE_DONE && (w->d->act == CASE_SECOND || w->d->act == CASE_WITHDRAW))
		w->persons = 1;
	else if (v == CASE_DONE && w->replay)
		w->persons = w->d->persons > 1 ? 2 : 1;
	if (v == CASE_DONE)
		v = append(w);
	if (v == CASE_MEMORY)
		case_no(w, v, "memory is short");
	return w->answer->verdict = v;
}

enum case_verdict casebook_decide(struct casebook *c, const struct case_decision *d, const struct case_policy *policy, struct case_answer *answer)
{
	struct case_work w = { .c = c, .d = d, .policy = policy, .answer = answer, .group = CASE_NOBODY };
	static const struct case_policy none;

	if (policy == NULL)
		w.policy = &none;
	return decide(&w);
}

enum case_verdict casebook_replay(struct casebook *c, const struct case_decision *d, struct case_answer *answer)
{
	struct case_work w = { .c = c, .d = d, .answer = answer, .group = CASE_NOBODY, .replay = true };

	return decide(&w);
}
