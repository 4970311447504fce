/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hdl - people from an Oracle HCM Data Loader file (Worker.dat): METADATA names the columns, MERGE lines bring the rows
 *
 * Columns are in any order and a component may be described anew, so a value is known by its component and column alone:
 * option `map` says which is which ("person=Worker/PersonNumber"); what is not mapped has Oracle's names.  Rows that are not
 * the one meant (PrimaryFlag N, another NameType than GLOBAL, another identifier than SSN) are passed over.
 *
 * FILE comes first, then every PERSON, in the order in which they stand first in the file: a version for each time in which
 * nothing we read changes.  Bank data is no part of Worker.dat; a customer's own columns may be mapped.  An empty value or
 * #NULL is none.  A file that holds too many people gives no PERSON at all.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/lib/hdl.h"
#include "formats/lib/lines.h"
#include "formats/lib/values.h"

static const char *const standard[HCM_FIELDS] = {
	[PERSON] = "Worker/PersonNumber", [HCM_ID] = "Worker/SourceSystemId", [BADGE] = "Worker/BadgeNumber",
	[FIRST_NAME] = "PersonName/FirstName", [LAST_NAME] = "PersonName/LastName", [FULL_NAME] = "PersonName/FullName",
	[SSN] = "PersonNationalIdentifier/NationalIdentifierNumber", [BIRTH_DATE] = "Worker/DateOfBirth",
	[ROUTING] = "PersonBank/RoutingNumber", [ACCOUNT] = "PersonBank/AccountNumber", [ACCOUNT_TYPE] = "PersonBank/AccountType",
	[METHOD] = "PersonBank/PaymentMethod", [ADDRESS1] = "PersonAddress/AddressLine1", [ADDRESS2] = "PersonAddress/AddressLine2",
	[CITY] = "PersonAddress/TownOrCity", [REGION] = "PersonAddress/Region2", [POSTAL_CODE] = "PersonAddress/PostalCode",
	[COUNTRY] = "PersonAddress/Country",
};

/* A row counts when its column, where it has one, says so. */
static const struct { struct view column, want; } filters[] = {
	{ VIEW_INIT("PrimaryFlag"), VIEW_INIT("Y") }, { VIEW_INIT("NameType"), VIEW_INIT("GLOBAL") },
	{ VIEW_INIT("NationalIdentifierType"), VIEW_INIT("SSN") },
};

static const struct { struct view column; uint8_t is; } keys[] = {
	{ VIEW_INIT("PersonNumber"), HDL_NUMBER }, { VIEW_INIT("PersonId(SourceSystemId)"), HDL_PARENT_ID },
	{ VIEW_INIT("SourceSystemId"), HDL_SOURCE_ID }, { VIEW_INIT("PersonId"), HDL_SURROGATE },
	{ VIEW_INIT("EffectiveStartDate"), HDL_FROM }, { VIEW_INIT("EffectiveEndDate"), HDL_TO },
};

static const struct tally_option options[] = {
	{ "map", "KEY=COMPONENT/COLUMN with commas between", "Oracle's names",
		"person=Worker/PersonNumber, hcm_id=Worker/SourceSystemId, badge=Worker/BadgeNumber, first_name=PersonName/FirstName, "
		"last_name=PersonName/LastName, name=PersonName/FullName, "
		"ssn=PersonNationalIdentifier/NationalIdentifierNumber, birth_date=Worker/DateOfBirth, "
		"routing=PersonBank/RoutingNumber, account=PersonBank/AccountNumber, account_type=PersonBank/AccountType, "
		"method=PersonBank/PaymentMethod, address1=PersonAddress/AddressLine1, address2=PersonAddress/AddressLine2, "
		"city=PersonAddress/TownOrCity, region=PersonAddress/Region2, postal_code=PersonAddress/PostalCode, "
		"country=PersonAddress/Country" },
	{ "dates", "slashes|iso|us|compact", "slashes", "2026/11/23, 2026-11-23, 11/23/2026 or 20261123" },
	STRICT_OPTION("HDL", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

/* --- options --- */

static struct view option(const struct hdl *d, const char *name)
{
	return d->hcm.host->option == NULL ? (struct view){ NULL, 0 } : d->hcm.host->option(d->hcm.host->ctx, name);
}

static void map_pair(struct hdl *d, struct view pair)
{
	struct view key;

	view_cut(&pair, '=', &key);
	key = view_trim(key);
	pair = view_trim(pair);
	for (int i = FILE_FIELDS; i < HCM_FIELDS && pair.n > 0; i++)
		if (i != VALID_FROM && i != VALID_TO && view_eq(key, view_of(hcm_fields[i].key))) {
			d->hcm.map[i] = pair;
			return;
		}
	hdl_say(d, HDL_OPTION, "option map has a pair that is no KEY=COMPONENT/COLUMN, or a key that is not known");
}

static void read_options(struct hdl *d)
{
	static const char *const dates[] = { "iso", "us", "compact", "slashes" };
	struct view map = option(d, "map"), date = option(d, "dates"), pair;

	for (int i = FILE_FIELDS; i < HCM_FIELDS; i++)
		d->hcm.map[i] = view_of(standard[i] == NULL ? "" : standard[i]);
	while (view_cut(&map, ',', &pair))
		if (view_trim(pair).n > 0)
			map_pair(d, pair);
	d->hcm.dates = 3;
	if (date.n == 0)
		return;
	for (d->hcm.dates = 0; d->hcm.dates < 4 && !view_eq(date, view_of(dates[d->hcm.dates])); d->hcm.dates++)
		;
	if (d->hcm.dates == 4) {
		d->hcm.dates = 3;
		hdl_say(d, HDL_OPTION, "option dates has a value that is not known");
	}
}

/* --- a line as cells --- */

/* Cuts one value off *rest, its escapes undone into *out; false when nothing is left. */
static bool cut_value(const struct hdl *d, struct view *rest, char **out, struct view *value)
{
	char *begin = *out;
	size_t i = 0;

	if (rest->p == NULL)
		return false;
	for (; i < rest->n && rest->p[i] != d->delimiter; i++) {
		struct view behind = view_sub(*rest, i + 1, rest->n);

		if (rest->p[i] != d->escape || behind.n == 0) {
			*(*out)++ = rest->p[i];
		} else if (d->n_newline > 0 && view_starts(behind, (struct view){ d->newline, d->n_newline })) {
			*(*out)++ = '\n';
			i += d->n_newline;
		} else {
			*(*out)++ = *behind.p;
			i++;
		}
	}
	*value = (struct view){ begin, (size_t)(*out - begin) };
	*rest = i < rest->n ? view_sub(*rest, i + 1, rest->n) : (struct view){ NULL, 0 };
	return true;
}

/* The cells behind instruction and component; the number of them, or more than HDL_COLUMNS. */
static size_t cut_cells(struct hdl *d, struct view rest, struct view *component)
{
	char *out = d->unescaped;
	struct view value;
	size_t n = 0;

	if (cut_value(d, &rest, &out, &value))		/* the instruction */
		cut_value(d, &rest, &out, component);
	while (cut_value(d, &rest, &out, &value)) {
		value = view_trim(value);
		if (n < HDL_COLUMNS)
			d->cell[n] = view_eq(value, VIEW("#NULL")) ? (struct view){ NULL, 0 } : value;
		n++;
	}
	return n;
}

/* --- METADATA --- */

static struct hdl_component *component_of(struct hdl *d, struct view name)
{
	for (size_t i = 0; i < d->n_component; i++)
		if (view_eq(name, (struct view){ d->component[i].name, d->component[i].n_name }))
			return &d->component[i];
	return NULL;
}

/* "Worker/PersonNumber" of this component and column? */
static bool is_mapped(struct view path, struct view component, struct view column)
{
	return path.n == component.n + 1 + column.n && view_starts(path, component) && path.p[component.n] == '/' &&
		view_eq(view_sub(path, component.n + 1, column.n), column);
}

static void read_column(struct hdl *d, struct hdl_component *c, size_t i)
{
	struct view name = { c->name, c->n_name }, column = d->cell[i];

	c->role[i] = HDL_PLAIN;
	c->value[i] = HCM_FIELDS;
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		if (view_eq(column, keys[k].column))
			c->role[i] = keys[k].is;
	for (size_t k = 0; k < sizeof(filters) / sizeof(filters[0]); k++)
		if (view_eq(column, filters[k].column)) {
			c->role[i] = HDL_FILTER;
			c->want[i] = filters[k].want;
		}
	for (int f = FILE_FIELDS; f < HCM_FIELDS; f++)
		if (is_mapped(d->hcm.map[f], name, column))
			c->value[i] = (uint8_t)f;
}

static void on_metadata(struct hdl *d, struct view line)
{
	struct hdl_component *c;
	struct view name = VIEW("");
	size_t n = cut_cells(d, line, &name);

	d->any_metadata = true;
	c = component_of(d, name);
	if (name.n == 0 || name.n > HDL_NAME_MAX || n > HDL_COLUMNS || (c == NULL && d->n_component == HDL_COMPONENTS)) {
		hdl_say(d, HDL_METADATA, "the component has no name, or there are more components or columns than may be");
		return;
	}
	if (c == NULL)
		c = &d->component[d->n_component++];
	memcpy(c->name, name.p, name.n);
	c->n_name = name.n;
	c->n = n;
	c->worker = view_eq(name, VIEW("Worker"));
	for (size_t i = 0; i < n; i++)
		read_column(d, c, i);
}

/* --- MERGE --- */

static bool value_good(struct hdl *d, struct view v)
{
	if (v.n > HCM_VALUE_MAX)
		hdl_say(d, HDL_VALUE_LONG, "a value has %zu bytes, %u are allowed; the line is not read", v.n, HCM_VALUE_MAX);
	else if (value_has_control(v))
		hdl_say(d, HDL_CHARACTER, "a value holds control characters; the line is not read");
	else
		return true;
	return false;
}

static bool read_date(struct hdl *d, enum hcm_field field, struct view v, date_t *out)
{
	d->hcm.value[field] = v;
	d->hcm.at[field] = d->hcm.line;
	return hcm_read_date(&d->hcm, field, out);
}

struct merge { struct hdl_keys key; date_t from, to; bool counts, good, some; };

static void take_cell(struct hdl *d, const struct hdl_component *c, size_t i, struct merge *m)
{
	struct view v = d->cell[i];

	if (c->value[i] != HCM_FIELDS) {
		m->good = value_good(d, v) && m->good;
		m->some = m->some || v.n > 0;
	}
	switch (c->role[i]) {
	case HDL_NUMBER:
		m->key.number = v;
		break;
	case HDL_SOURCE_ID:
		if (c->worker)
			m->key.source = v;
		break;
	case HDL_PARENT_ID:
		m->key.source = v;
		break;
	case HDL_SURROGATE:
		m->key.surrogate = v;
		break;
	case HDL_FROM:
		m->good = read_date(d, VALID_FROM, v, &m->from) && m->good;
		break;
	case HDL_TO:
		m->good = read_date(d, VALID_TO, v, &m->to) && m->good;
		break;
	case HDL_FILTER:
		m->counts = m->counts && (v.n == 0 || view_eq(v, c->want[i]));
		break;
	default:
		break;
	}
}

static bool in_order(struct hdl *d, const struct merge *m)
{
	if (m->from == DATE_NONE || m->to == DATE_NONE || m->to >= m->from)
		return true;
	hdl_say(d, HDL_DATES_ORDER, "the row ends before it begins");
	return false;
}

static void keep(struct hdl *d, const struct hdl_component *c, const struct merge *m)
{
	uint32_t who;

	if (m->key.number.n == 0 && m->key.source.n == 0 && m->key.surrogate.n == 0) {
		hdl_say(d, HDL_NO_KEY, "the line names its person neither by number nor by an id");
		return;
	}
	if (!in_order(d, m) || !hdl_person(d, &m->key, c->worker, &who))
		return;
	hdl_row_add(d, who, (uint16_t)(c - d->component), m->from, m->to);
}

static void on_merge(struct hdl *d, struct view line)
{
	struct merge m = { .from = DATE_NONE, .to = DATE_NONE, .counts = true, .good = true };
	struct hdl_component *c;
	struct view name = VIEW("");
	size_t n = cut_cells(d, line, &name);

	c = component_of(d, name);
	if (c == NULL) {
		hdl_say(d, HDL_METADATA, "no METADATA line names the columns of this component; the line is not read");
		return;
	}
	if (n != c->n) {
		hdl_say(d, HDL_FIELDS, "the line has %zu values, its METADATA line %zu columns; it is not read", n, c->n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		take_cell(d, c, i, &m);
	if (!c->worker && !m.some)
		d->hcm.unknown++;
	else if (m.good && m.counts)
		keep(d, c, &m);
}

/* --- SET and the others --- */

static void on_set(struct hdl *d, struct view line)
{
	struct view word, name = VIEW(""), value = line;

	view_cut(&value, ' ', &word);
	view_cut(&value, ' ', &name);
	value = value.p == NULL ? VIEW("") : view_rtrim(value);
	if (d->any_metadata && !d->told_set) {
		hdl_say(d, HDL_SET, "this SET line stands behind the first METADATA line; it is not used");
		d->told_set = true;
	}
	if (d->any_metadata)
		return;
	if (view_eq(name, VIEW("FILE_DELIMITER")) && value.n == 1 && *value.p != d->escape)
		d->delimiter = *value.p;
	else if (view_eq(name, VIEW("FILE_ESCAPE")) && value.n == 1 && *value.p != d->delimiter)
		d->escape = *value.p;
	else if (view_eq(name, VIEW("FILE_NEW_LINE")) && value.n > 0 && value.n < sizeof(d->newline)) {
		memcpy(d->newline, value.p, value.n);
		d->n_newline = value.n;
	} else if (view_starts(name, VIEW("FILE_"))) {
		hdl_say(d, HDL_SET, "the value of this SET line cannot be used");
	}
}

static bool begins(const struct hdl *d, struct view line, struct view word)
{
	return view_starts(line, word) && (line.n == word.n || line.p[word.n] == ' ' || line.p[word.n] == d->delimiter);
}

static void on_line(struct hdl *d, struct view line)
{
	line = view_rtrim(line);
	if (line.n == 0 || begins(d, line, VIEW("COMMENT")))
		return;
	if (begins(d, line, VIEW("MERGE"))) {
		on_merge(d, line);
	} else if (begins(d, line, VIEW("METADATA"))) {
		on_metadata(d, line);
	} else if (begins(d, line, VIEW("SET"))) {
		on_set(d, line);
	} else if (begins(d, line, VIEW("DELETE"))) {
		if (d->deleted++ == 0)
			hdl_say(d, HDL_DELETE, "a DELETE line is not taken, nor are others like it");
	} else {
		hdl_say(d, HDL_LINE, "the line begins with none of METADATA, MERGE, DELETE, SET and COMMENT");
	}
}

/* --- the module --- */

static int read_lines(struct hdl *d, bool *any)
{
	struct lines l = { .host = d->hcm.host, .max = HDL_LINE_MAX };
	struct line line;
	int got;

	while (!d->hcm.stopped && (got = lines_next(&l, &line)) == 1) {
		*any = *any || line.text.n > 0;
		d->hcm.line = line.number;
		if (line.cut)
			hdl_say(d, HDL_LINE_LONG, "the line is longer than %zu bytes; it is not read", HDL_LINE_MAX);
		else
			on_line(d, line.text);
		if (line.open && line.text.n > 0)
			hdl_say(d, HDL_CUT, "the last line has no end: the file may have been cut here");
	}
	return d->hcm.stopped ? -1 : got;
}

static void finish(struct hdl *d, bool any)
{
	struct record r;

	record_init(&r, RECORD_FILE, 1);
	if (any && d->hcm.host->record(d->hcm.host->ctx, &r) != 0)
		d->hcm.stopped = true;
	d->hcm.line = 0;
	if (!any)
		hdl_say(d, HDL_EMPTY, "the file is empty");
	else if (d->people.full)
		hdl_say(d, HDL_TOO_MANY, "the file holds more people or values than are kept; none is taken");
	else if (!d->hcm.stopped)
		hdl_people_tell(d);
	d->hcm.line = 0;
	if (any && d->hcm.people == 0)
		hdl_say(d, HDL_NO_PEOPLE, "no line of the file is about a person");
	if (d->hcm.unknown > 0)
		hdl_say(d, HDL_UNKNOWN, "%lld lines hold nothing that is used", (long long)d->hcm.unknown);
}

static int hdl_parse(const struct tally_host *host, void *state)
{
	struct hdl *d = state;
	const char *code;
	bool any = false;
	int rc;

	d->hcm.host = host;
	d->hcm.codes = hdl_findings;
	d->hcm.place = hdl_places;
	d->delimiter = '|';
	d->escape = '\\';
	d->newline[0] = 'n';
	d->n_newline = 1;
	d->people.values.max = HDL_BYTES;
	strict_rows(&d->hcm.strict, host, hdl_findings);
	d->hcm.strict.told = STRICT(HDL_DELETE) | STRICT(HDL_SET) | STRICT(HDL_NO_PEOPLE);
	for (unsigned at = 0; (code = strict_unknown(&d->hcm.strict, &at)) != NULL;)
		hdl_say(d, HDL_OPTION, "option %s is none of error, warning, note, off", code);
	read_options(d);
	rc = read_lines(d, &any);
	if (rc == 0)
		finish(d, any);
	free(d->hcm.versions.v);
	hdl_people_release(d);
	return rc < 0 || d->hcm.stopped ? -1 : 0;
}

static int hdl_probe(struct view head)
{
	struct view line;

	if (view_starts(head, VIEW("\xef\xbb\xbf")))
		head = view_sub(head, 3, head.n);
	for (int i = 0; i < 50 && view_cut(&head, '\n', &line); i++) {
		if (view_starts(line, VIEW("METADATA")) && line.n > 9)
			return memmem(line.p, line.n, "Worker", 6) != NULL ? 95 : 80;
		if (view_trim(line).n > 1 && !view_starts(line, VIEW("SET ")) && !view_starts(line, VIEW("COMMENT")) &&
		    !view_starts(line, VIEW("\r")))
			return 0;
	}
	return 0;
}

TALLY_FORMAT(.name = "hdl", .version = "1.0", .state_size = sizeof(struct hdl), .probe = hdl_probe, .parse = hdl_parse,
	.options = options, .findings = hdl_findings);
