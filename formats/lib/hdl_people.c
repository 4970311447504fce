/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hdl_people - the rows of every person, and the versions they make
 *
 * A line may name its person by number, by source system id or by surrogate id; a line with two of them says that both are
 * one person, also when rows of both were read before.  At the end the rows of a person are laid over each other: on each
 * day on which one of them begins or has ended a version begins, with what each component says on that day.  There is none
 * on days without a Worker row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/lib/hdl.h"

#define ALWAYS INT32_MIN			/* from ever on: DATE_NONE as a first day */
#define FOR_EVER INT32_MAX
#define NOBODY UINT32_MAX

static bool grow(void **p, size_t *cap, size_t n, size_t size)
{
	size_t more = *cap == 0 ? 1024 : *cap * 2;
	void *q;

	if (n < *cap)
		return true;
	q = realloc(*p, more * size);
	if (q == NULL)
		return false;
	*p = q;
	*cap = more;
	return true;
}

static uint64_t hash_key(char kind, struct view v)
{
	uint64_t h = (14695981039346656037u ^ (unsigned char)kind) * 1099511628211u;

	for (size_t i = 0; i < v.n; i++)
		h = (h ^ (unsigned char)v.p[i]) * 1099511628211u;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	return h == 0 ? 1 : h;
}

static size_t slot_of(const struct hdl_people *p, uint64_t key)
{
	size_t i = key & (p->cap_key - 1);

	while (p->key[i] != 0 && p->key[i] != key)
		i = (i + 1) & (p->cap_key - 1);
	return i;
}

static bool grow_keys(struct hdl_people *p)
{
	struct hdl_people old = *p;

	if (p->n_key * 2 < p->cap_key)
		return true;
	p->cap_key = p->cap_key == 0 ? 2048 : p->cap_key * 2;
	p->key = calloc(p->cap_key, sizeof(*p->key));
	p->of = calloc(p->cap_key, sizeof(*p->of));
	if (p->key == NULL || p->of == NULL) {
		free(p->key);
		free(p->of);
		p->key = old.key;
		p->of = old.of;
		p->cap_key = old.cap_key;
		return false;
	}
	for (size_t i = 0; i < old.cap_key; i++)
		if (old.key[i] != 0) {
			size_t at = slot_of(p, old.key[i]);

			p->key[at] = old.key[i];
			p->of[at] = old.of[i];
		}
	free(old.key);
	free(old.of);
	return true;
}

static uint32_t root(struct hdl_people *p, uint32_t who)
{
	while (p->person[who].same != who)
		who = p->person[who].same = p->person[p->person[who].same].same;
	return who;
}

/* Both are one person: he who came first. */
static uint32_t join(struct hdl_people *p, uint32_t a, uint32_t b)
{
	uint32_t first, second;

	a = root(p, a);
	b = root(p, b);
	first = a < b ? a : b;
	second = a < b ? b : a;
	p->person[second].same = first;
	p->person[first].worker = p->person[first].worker || p->person[second].worker;
	return first;
}

static bool find_or_add(struct hdl *d, char kind, struct view v, uint32_t *who)
{
	struct hdl_people *p = &d->people;
	uint64_t key = hash_key(kind, v);
	size_t at;

	if (v.n == 0)
		return true;
	if (!grow_keys(p))
		return false;
	at = slot_of(p, key);
	if (p->key[at] != 0) {
		*who = *who == NOBODY ? root(p, p->of[at]) : join(p, *who, p->of[at]);
		return true;
	}
	if (*who == NOBODY) {
		if (!grow((void **)&p->person, &p->cap_person, p->n_person, sizeof(*p->person)))
			return false;
		*who = (uint32_t)p->n_person;
		p->person[p->n_person++] = (struct hdl_person){ .same = *who, .line = d->hcm.line };
	}
	p->key[at] = key;
	p->of[at] = *who;
	p->n_key++;
	return true;
}

bool hdl_person(struct hdl *d, const struct hdl_keys *keys, bool worker, uint32_t *out)
{
	struct hdl_people *p = &d->people;

	*out = NOBODY;
	if (p->n_person >= HDL_ROWS_MAX || !find_or_add(d, 'N', keys->number, out) || !find_or_add(d, 'S', keys->source, out) ||
	    !find_or_add(d, 'I', keys->surrogate, out) || *out == NOBODY) {
		p->full = true;
		return false;
	}
	p->person[*out].worker = p->person[*out].worker || worker;
	return true;
}

void hdl_row_add(struct hdl *d, uint32_t person, uint16_t component, date_t from, date_t to)
{
	const struct hdl_component *c = &d->component[component];
	struct hdl_people *p = &d->people;
	struct hdl_row *row;

	if (p->n_row == HDL_ROWS_MAX || !grow((void **)&p->row, &p->cap_row, p->n_row, sizeof(*p->row))) {
		p->full = true;
		return;
	}
	row = &p->row[p->n_row++];
	*row = (struct hdl_row){ .person = person, .value = (uint32_t)p->values.n, .component = component, .from = from,
		.to = to == DATE_NONE ? FOR_EVER : to, .line = d->hcm.line };
	for (size_t i = 0; i < c->n; i++) {
		if (c->value[i] == HCM_FIELDS || d->cell[i].n == 0)
			continue;
		buf_char(&p->values, (char)c->value[i]);
		buf_char(&p->values, (char)d->cell[i].n);	/* at most HCM_VALUE_MAX */
		buf_view(&p->values, d->cell[i]);
		row->n++;
	}
	p->full = p->full || p->values.failed;
}

/* --- the end --- */

static int by_person(const void *a, const void *b)
{
	const struct hdl_row *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static bool holds_on(const struct hdl_row *row, date_t day)
{
	return row->from <= day && day <= row->to;
}

/* The first day behind `day` on which a row begins, or one has ended; FOR_EVER: there is none. */
static date_t next_change(const struct hdl_row *row, size_t n, date_t day)
{
	date_t next = FOR_EVER;

	for (size_t i = 0; i < n; i++) {
		if (row[i].from > day && row[i].from < next)
			next = row[i].from;
		if (row[i].to != FOR_EVER && row[i].to + 1 > day && row[i].to + 1 < next)
			next = row[i].to + 1;
	}
	return next;
}

static void take_values(struct hdl *d, const struct hdl_row *row)
{
	const char *at = d->people.values.p + row->value;

	for (unsigned i = 0; i < row->n; i++) {
		struct view v = { at + 2, (unsigned char)at[1] };

		d->hcm.value[(unsigned char)at[0]] = v;
		d->hcm.at[(unsigned char)at[0]] = row->line;
		at += 2 + v.n;
	}
}

/* What holds on `day`; false: no Worker row does. */
static bool lay_over(struct hdl *d, const struct hdl_row *row, size_t n, date_t day)
{
	struct hcm *h = &d->hcm;
	bool worker = false;

	for (int i = FILE_FIELDS; i < HCM_FIELDS; i++) {
		h->value[i] = (struct view){ NULL, 0 };
		h->at[i] = 0;
	}
	h->line = 0;
	for (size_t i = 0; i < n; i++) {
		if (!holds_on(&row[i], day))
			continue;
		take_values(d, &row[i]);
		if (d->component[row[i].component].worker) {
			worker = true;
			h->line = row[i].line;
		}
	}
	return worker;
}

static void tell_version(struct hdl *d, date_t from, date_t next)
{
	struct hcm *h = &d->hcm;

	h->bad = false;
	h->from = from == ALWAYS ? DATE_NONE : from;
	h->to = next == FOR_EVER ? DATE_NONE : next - 1;
	hcm_read_date(h, BIRTH_DATE, &h->birth);
	hcm_check_values(h);
	if (!h->bad)
		hcm_tell_person(h);
}

static bool same_values(const struct hcm *h, struct view was[HCM_FIELDS])
{
	for (int i = FILE_FIELDS; i < HCM_FIELDS; i++)
		if (!view_eq(h->value[i], was[i]))
			return false;
	return true;
}

/* Versions of one person; days that differ in nothing we read are one version. */
static void tell_person(struct hdl *d, const struct hdl_row *row, size_t n)
{
	struct view was[HCM_FIELDS];
	date_t day = ALWAYS, next, end;

	for (; !d->hcm.stopped; day = next) {
		next = next_change(row, n, day);
		if (lay_over(d, row, n, day)) {
			memcpy(was, d->hcm.value, sizeof(was));
			for (end = next; end != FOR_EVER && lay_over(d, row, n, end) && same_values(&d->hcm, was);)
				end = next_change(row, n, end);
			lay_over(d, row, n, day);
			tell_version(d, day, end);
			next = end;
		}
		if (next == FOR_EVER)
			return;
	}
}

static void no_worker(struct hdl *d, const struct hdl_row *row)
{
	d->hcm.line = row->line;
	hdl_say(d, HDL_NO_WORKER, "the person of this line has no line of component Worker; nothing of him is taken");
}

/* Rows of one component must not overlap for one person. */
static void judge_rows(struct hdl *d)
{
	struct hdl_people *p = &d->people;
	char whose[32];

	for (size_t i = 0; i < p->n_row; i++) {
		struct hdl_row *row = &p->row[i];

		row->person = root(p, row->person);
		d->hcm.line = row->line;
		d->hcm.from = row->from;
		d->hcm.to = row->to == FOR_EVER ? DATE_NONE : row->to;
		snprintf(whose, sizeof(whose), "%u/%u", row->person, row->component);
		hcm_versions_add(&d->hcm, view_of(whose));
	}
	hcm_versions_judge(&d->hcm);
}

void hdl_people_tell(struct hdl *d)
{
	struct hdl_people *p = &d->people;
	size_t n;

	judge_rows(d);
	if (p->n_row > 0)
		qsort(p->row, p->n_row, sizeof(*p->row), by_person);
	for (size_t i = 0; i < p->n_row && !d->hcm.stopped; i += n) {
		for (n = 1; i + n < p->n_row && p->row[i + n].person == p->row[i].person; n++)
			;
		d->hcm.people++;
		if (p->person[p->row[i].person].worker)
			tell_person(d, &p->row[i], n);
		else
			no_worker(d, &p->row[i]);
	}
}

void hdl_people_release(struct hdl *d)
{
	struct hdl_people *p = &d->people;

	free(p->person);
	free(p->row);
	free(p->key);
	free(p->of);
	buf_release(&p->values);
}
