/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcm_versions - from-to of every version in the file, and what is wrong between those of one person
 *
 * Versions of a person may stand anywhere in the file, so they are collected (a hash of the person's number, two dates,
 * a line) and sorted at the end.  A version without a first day holds from ever on, one without a last day for ever.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "formats/lib/hcm.h"

static uint64_t hash_person(struct view v)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < v.n; i++)
		h = (h ^ (unsigned char)v.p[i]) * 1099511628211u;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	return h ^ h >> 33;
}

static bool grow(struct hcm_versions *v)
{
	size_t cap = v->cap == 0 ? 1024 : v->cap * 2;
	struct hcm_version *more = realloc(v->v, cap * sizeof(*more));

	if (more == NULL)
		return false;
	v->v = more;
	v->cap = cap;
	return true;
}

void hcm_versions_add(struct hcm *h, struct view whose)
{
	struct hcm_versions *v = &h->versions;

	if (v->n == HCM_VERSIONS_MAX || (v->n == v->cap && !grow(v))) {
		if (!v->told_many)
			hcm_say(h, HCM_MANY, HCM_FIELDS, "from here on the versions of a person are not compared");
		v->told_many = true;
		return;
	}
	v->v[v->n++] = (struct hcm_version){ hash_person(whose), h->line, h->from,
		h->to == DATE_NONE ? INT32_MAX : h->to };
}

static int by_person(const void *a, const void *b)
{
	const struct hcm_version *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int by_line(const void *a, const void *b)
{
	const struct hcm_version *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

/* What is wrong between two versions of one person that follow each other; HCM_CODES: nothing. */
static enum hcm_code fault_of(const struct hcm_version *one, const struct hcm_version *two)
{
	if (one->person != two->person)
		return HCM_CODES;
	if (one->from == two->from)
		return HCM_PERSON_TWICE;
	if (one->to >= two->from)
		return HCM_OVERLAP;
	return one->to + 1 < two->from ? HCM_GAP : HCM_CODES;
}

static void tell(struct hcm *h, enum hcm_code code, uint64_t line, uint64_t other)
{
	h->line = line;
	if (code == HCM_PERSON_TWICE)
		hcm_say(h, code, HCM_FIELDS, "the person stands twice with the same first day, the other time on line %" PRIu64, other);
	else if (code == HCM_OVERLAP)
		hcm_say(h, code, HCM_FIELDS, "this version begins before the one on line %" PRIu64 " ends", other);
	else
		hcm_say(h, code, HCM_FIELDS, "between the version on line %" PRIu64 " and this one there are days without one", other);
}

/* Faults are told in the order of the file.  They take the place of the versions, which are not needed any more. */
void hcm_versions_judge(struct hcm *h)
{
	struct hcm_version *v = h->versions.v;
	struct hcm_version last = { .to = 0 };
	size_t faults = 0;

	if (h->versions.n > 0)
		qsort(v, h->versions.n, sizeof(*v), by_person);
	for (size_t i = 0; i < h->versions.n; i++) {
		struct hcm_version this = v[i];
		enum hcm_code code = i == 0 ? HCM_CODES : fault_of(&last, &this);

		if (code != HCM_CODES)		/* person: the other one's line; from: the code */
			v[faults++] = (struct hcm_version){ .person = last.line, .line = this.line, .from = (date_t)code };
		last = this;
	}
	if (faults > 0)
		qsort(v, faults, sizeof(*v), by_line);
	for (size_t i = 0; i < faults && !h->stopped; i++)
		tell(h, (enum hcm_code)v[i].from, v[i].line, v[i].person);
	free(v);
	h->versions = (struct hcm_versions){ 0 };
}
