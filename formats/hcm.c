/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcm - people from an HCM extract, as XML: who they are, where they are paid, from when to when
 *
 * The names of an extract's elements are chosen by whoever defined it, so reading is driven by a mapping: option `record`
 * is the element that is one version of a person, option `map` says which path is which value ("person=Emp/Number").  A path is the
 * end of an element's path, "@name" as its last part is an attribute.  What is not mapped has our standard names.
 *
 * FILE (extract id, sender, date) comes before the first PERSON.  A person with an error becomes findings and no PERSON.
 * Versions of one person must not overlap; TOTAL is given when the extract says how many it holds.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "formats/core/layout.h"
#include "formats/lib/hcm.h"
#include "formats/lib/values.h"

static const struct tally_option options[] = {
	{ "record", "an element's path", "Person", "the element that is one version of a person" },
	{ "map", "KEY=PATH with commas between", "the standard names",
		"extract=ExtractId, sender=Sender, created=ExtractDate, count=RecordCount; person=PersonNumber, hcm_id=PersonId, "
		"badge=BadgeNumber, first_name=FirstName, last_name=LastName, name=FullName, ssn=NationalIdentifierNumber, "
		"birth_date=DateOfBirth, valid_from=EffectiveStartDate, valid_to=EffectiveEndDate, routing=RoutingNumber, "
		"account=AccountNumber, account_type=AccountType, method=PaymentMethod, address1=AddressLine1, address2=AddressLine2, "
		"city=TownOrCity, region=Region2, postal_code=PostalCode, country=Country" },
	{ "dates", "iso|us|compact", "iso", "2026-11-23 (a time may follow), 11/23/2026 or 20261123" },
	STRICT_OPTION("HCM", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

static void emit(struct hcm *h, const struct record *r)
{
	if (!h->stopped && h->host->record(h->host->ctx, r) != 0)
		h->stopped = true;
}

/* The mapping */

static struct view option(const struct hcm *h, const char *name)
{
	return h->host->option == NULL ? (struct view){ NULL, 0 } : h->host->option(h->host->ctx, name);
}

static void map_pair(struct hcm *h, struct view pair)
{
	struct view key;

	view_cut(&pair, '=', &key);
	key = view_trim(key);
	pair = view_trim(pair);
	for (int i = 0; i < HCM_FIELDS && pair.n > 0; i++)
		if (view_eq(key, view_of(hcm_fields[i].key))) {
			h->map[i] = pair;
			return;
		}
	hcm_say(h, HCM_OPTION, HCM_FIELDS, "option map has a pair that is no KEY=PATH, or a key that is not known");
}

static void read_options(struct hcm *h)
{
	static const char *const dates[] = { "iso", "us", "compact", NULL };
	struct view map = option(h, "map"), date = option(h, "dates"), pair;

	h->record = option(h, "record").n > 0 ? option(h, "record") : VIEW("Person");
	for (int i = 0; i < HCM_FIELDS; i++)
		h->map[i] = view_of(hcm_fields[i].standard);
	while (view_cut(&map, ',', &pair))
		if (view_trim(pair).n > 0)
			map_pair(h, pair);
	while (date.n > 0 && dates[h->dates] != NULL && !view_eq(date, view_of(dates[h->dates])))
		h->dates++;
	if (dates[h->dates] == NULL) {
		h->dates = 0;
		hcm_say(h, HCM_OPTION, HCM_FIELDS, "option dates has a value that is not known");
	}
}

/* Whether the path ends so: "Name/FirstName".  attribute: the path's last part is "@attribute". */
static bool ends_so(const struct xml_element *e, struct view attribute, struct view wanted)
{
	unsigned left = e->depth + 1;

	while (wanted.n > 0) {
		size_t n = wanted.n;
		struct view part, have;

		while (n > 0 && wanted.p[n - 1] != '/')
			n--;
		part = view_sub(wanted, n, wanted.n);
		if (attribute.n > 0) {
			if (part.n < 2 || *part.p != '@')
				return false;
			part = view_sub(part, 1, part.n);
			have = attribute;
			attribute.n = 0;
		} else if (left > 0) {
			have = view_of(e->path[--left]);
		} else {
			return false;
		}
		if (!view_eq(part, have))
			return false;
		wanted = view_sub(wanted, 0, n > 0 ? n - 1 : 0);
	}
	return true;
}

/* The field of this path; the longest mapped path wins. */
static enum hcm_field field_of(const struct hcm *h, const struct xml_element *e, struct view attribute)
{
	enum hcm_field best = HCM_FIELDS;
	int from = h->inside ? FILE_FIELDS : 0, until = h->inside ? HCM_FIELDS : FILE_FIELDS;

	for (int i = from; i < until; i++)
		if (ends_so(e, attribute, h->map[i]) && (best == HCM_FIELDS || h->map[i].n > h->map[best].n))
			best = (enum hcm_field)i;
	return best;
}

/* Values */

static void note_unknown(struct hcm *h, struct view name)
{
	h->unknown++;
	name = view_sub(name, 0, sizeof(h->unknown_names[0]) - 1);
	for (unsigned i = 0; i < h->n_unknown_names; i++)
		if (view_eq(name, view_of(h->unknown_names[i])))
			return;
	if (h->n_unknown_names < 3 && !value_has_control(name))
		memcpy(h->unknown_names[h->n_unknown_names++], name.p, name.n);
}

static struct view trim_all(struct view v)
{
	while (v.n > 0 && (*v.p == ' ' || (*v.p >= '\t' && *v.p <= '\r')))
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && (v.p[v.n - 1] == ' ' || (v.p[v.n - 1] >= '\t' && v.p[v.n - 1] <= '\r')))
		v.n--;
	return v;
}

static void take(struct hcm *h, const struct xml_element *e, struct view attribute, struct view text)
{
	enum hcm_field f = field_of(h, e, attribute);

	text = trim_all(text);
	if (text.n == 0)
		return;
	if (f == HCM_FIELDS) {
		if (h->inside || attribute.n == 0)
			note_unknown(h, attribute.n > 0 ? attribute : view_of(e->name));
		return;
	}
	h->at[f] = e->line;
	if (f < FILE_FIELDS && h->told_file && f != FILE_COUNT && !h->told_late) {
		hcm_say(h, HCM_LATE, f, "this stands behind the first person and is not in the FILE record");
		h->told_late = true;
	}
	if (text.n > HCM_VALUE_MAX)
		hcm_say(h, HCM_VALUE_LONG, f, "the value has %zu bytes, %u are allowed", text.n, HCM_VALUE_MAX);
	else if (value_has_control(text))
		hcm_say(h, HCM_CHARACTER, f, "the value holds control characters");
	else if (h->value[f].n > 0 && !view_eq(h->value[f], text))
		hcm_say(h, HCM_TWICE, f, "the value stands twice and differs");
	else {
		memcpy(h->texts[f], text.p, text.n);
		h->value[f] = (struct view){ h->texts[f], text.n };
	}
}

static void tell_file(struct hcm *h)
{
	struct record r;
	date_t created;

	h->told_file = true;
	record_init(&r, RECORD_FILE, h->line);
	record_set_text(&r, F_FILE_ID, h->value[FILE_ID]);
	record_set_text(&r, F_SENDER, h->value[FILE_SENDER]);
	if (h->value[FILE_ID].n == 0)
		hcm_say(h, HCM_NO_FILE_ID, HCM_FIELDS, "no extract id stands before the first person");
	if (hcm_read_date(h, FILE_CREATED, &created) && created != DATE_NONE)
		record_set_num(&r, F_CREATED_DATE, created);
	emit(h, &r);
}

/* Elements */

static int on_start(void *ctx, const struct xml_element *e)
{
	struct hcm *h = ctx;

	if (!h->inside && ends_so(e, (struct view){ NULL, 0 }, h->record)) {
		h->inside = true;
		h->inside_depth = e->depth;
		h->line = e->line;
		for (int i = FILE_FIELDS; i < HCM_FIELDS; i++) {
			h->value[i] = (struct view){ NULL, 0 };
			h->at[i] = 0;
		}
		if (!h->told_file)
			tell_file(h);
		h->bad = false;
	}
	for (unsigned i = 0; i < e->n_attributes; i++)
		take(h, e, e->attributes[i].name, e->attributes[i].value);
	return h->stopped ? -1 : 0;
}

static int on_end(void *ctx, const struct xml_element *e, struct view text)
{
	struct hcm *h = ctx;

	if (h->inside && e->depth == h->inside_depth) {
		h->people++;
		hcm_check_person(h);
		if (h->value[PERSON].n > 0)
			hcm_versions_add(h, h->value[PERSON]);
		if (!h->bad)
			hcm_tell_person(h);
		h->inside = false;
	} else if (e->leaf) {
		take(h, e, (struct view){ NULL, 0 }, text);
	}
	return h->stopped ? -1 : 0;
}

/* The end */

static void tell_total(struct hcm *h)
{
	struct record r;
	int64_t n;

	if (h->value[FILE_COUNT].n == 0)
		return;
	record_init(&r, RECORD_TOTAL, h->at[FILE_COUNT]);
	record_set_text(&r, F_TYPE, VIEW("people"));
	if (!layout_number(&n, h->value[FILE_COUNT])) {
		hcm_say(h, HCM_COUNT, FILE_COUNT, "the count is no number");
	} else {
		record_set_num(&r, F_COUNT, n);
		if (n != h->people)
			hcm_say(h, HCM_COUNT, FILE_COUNT, "the extract says %" PRId64 ", it holds %" PRId64, n, h->people);
	}
	emit(h, &r);
}

static void finish(struct hcm *h, const struct xml_fault *fault)
{
	static const enum hcm_code codes[] = { [XML_EMPTY] = HCM_EMPTY, [XML_BROKEN] = HCM_XML, [XML_DOCTYPE] = HCM_DOCTYPE,
		[XML_LIMIT] = HCM_LIMIT };

	hcm_versions_judge(h);
	h->line = fault->line;
	if (fault->kind != XML_GOOD) {
		hcm_say(h, codes[fault->kind], HCM_FIELDS, "%s", fault->text);
		return;
	}
	tell_total(h);
	if (h->people == 0)
		hcm_say(h, HCM_NO_PEOPLE, HCM_FIELDS, "no element %.*s stands in the extract", (int)(h->record.n < 80 ? h->record.n : 80),
			h->record.p);
	if (h->unknown > 0)
		hcm_say(h, HCM_UNKNOWN, HCM_FIELDS, "%" PRId64 " values are not used (%s%s%s%s%s, ...)", h->unknown, h->unknown_names[0],
			h->n_unknown_names > 1 ? ", " : "", h->unknown_names[1], h->n_unknown_names > 2 ? ", " : "",
			h->unknown_names[2]);
}

static int hcm_parse(const struct tally_host *host, void *state)
{
	static const struct xml_handler handler = { .start = on_start, .end = on_end };
	struct hcm *h = state;
	struct xml_fault fault;
	const char *code;
	int rc;

	h->host = host;
	h->codes = hcm_findings;
	strict_rows(&h->strict, host, hcm_findings);
	h->strict.told = STRICT(HCM_MANY) | STRICT(HCM_NO_PEOPLE);
	for (unsigned at = 0; (code = strict_unknown(&h->strict, &at)) != NULL;)
		hcm_say(h, HCM_OPTION, HCM_FIELDS, "option %s is none of error, warning, note, off", code);
	read_options(h);
	rc = h->stopped ? -1 : xml_parse(host, &handler, h, &fault);
	if (rc >= 0)
		finish(h, &fault);
	free(h->versions.v);
	return rc < 0 || h->stopped ? -1 : 0;
}

static int hcm_probe(struct view head)
{
	static const char *const known[] = { "<Person", "PersonNumber>", "EffectiveStartDate>", "<ExtractId>" };
	char plain[XML_HEAD];
	int points = 0;

	head = xml_narrow(head, plain);
	if (!xml_looks_so(head))
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		points += memmem(head.p, head.n, known[i], strlen(known[i])) != NULL;
	return points >= 2 ? 80 : 0;
}

TALLY_FORMAT(.name = "hcm", .version = "1.0", .state_size = sizeof(struct hcm), .probe = hcm_probe, .parse = hcm_parse,
	.options = options, .findings = hcm_findings);
