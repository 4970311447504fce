/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcm_values - judges the values of one person and tells it; the tables of fields and findings
 *
 * A bad value that only informs (an SSN) is left out with a warning; one that would move money to the wrong place is an
 * error, and the person is not told at all.
 */
#include <stdarg.h>
#include <stdio.h>
#include "formats/lib/hcm.h"
#include "formats/lib/values.h"

#define END_OF_TIME_YEAR 4712		/* how Oracle writes "until further notice" */

const struct hcm_field_row hcm_fields[HCM_FIELDS] = {
	[FILE_ID] = { "extract", "ExtractId", "Extract Id", F_FILE_ID },
	[FILE_SENDER] = { "sender", "Sender", "Sender", F_SENDER },
	[FILE_CREATED] = { "created", "ExtractDate", "Extract Date", F_CREATED_DATE },
	[FILE_COUNT] = { "count", "RecordCount", "Record Count", F_COUNT },
	[PERSON] = { "person", "PersonNumber", "Person Number", F_PERSON },
	[HCM_ID] = { "hcm_id", "PersonId", "HCM Id", F_HCM_ID },
	[BADGE] = { "badge", "BadgeNumber", "Badge", F_BADGE },
	[FIRST_NAME] = { "first_name", "FirstName", "First Name", F_FIRST_NAME },
	[LAST_NAME] = { "last_name", "LastName", "Last Name", F_LAST_NAME },
	[FULL_NAME] = { "name", "FullName", "Full Name", F_PARTY },
	[SSN] = { "ssn", "NationalIdentifierNumber", "SSN", F_SSN },
	[BIRTH_DATE] = { "birth_date", "DateOfBirth", "Birth Date", F_BIRTH_DATE },
	[VALID_FROM] = { "valid_from", "EffectiveStartDate", "Effective Start Date", F_VALID_FROM },
	[VALID_TO] = { "valid_to", "EffectiveEndDate", "Effective End Date", F_VALID_TO },
	[ROUTING] = { "routing", "RoutingNumber", "Routing Number", F_ROUTING },
	[ACCOUNT] = { "account", "AccountNumber", "Account Number", F_ACCOUNT },
	[ACCOUNT_TYPE] = { "account_type", "AccountType", "Account Type", F_ACCOUNT_TYPE },
	[METHOD] = { "method", "PaymentMethod", "Payment Method", F_METHOD },
	[ADDRESS1] = { "address1", "AddressLine1", "Address Line 1", F_ADDRESS1 },
	[ADDRESS2] = { "address2", "AddressLine2", "Address Line 2", F_ADDRESS2 },
	[CITY] = { "city", "TownOrCity", "City", F_CITY },
	[REGION] = { "region", "Region2", "Region", F_REGION },
	[POSTAL_CODE] = { "postal_code", "PostalCode", "Postal Code", F_POSTAL_CODE },
	[COUNTRY] = { "country", "Country", "Country", F_COUNTRY },
};

#define ROW(id, severity, title, action, source) [HCM_ ## id] = { "HCM_" #id, FINDING_ ## severity, title, action, source }
#define FEED "have HCM correct the data and send the extract again"
#define EXTRACT "the customer's extract definition"

const struct tally_code hcm_findings[HCM_CODES + 1] = {
	ROW(EMPTY, ERROR, "the extract is empty", "ask HCM whether anything was to come", EXTRACT),
	ROW(XML, ERROR, "the extract is no well-formed XML", "the transmission may have been cut short: fetch it again; else " FEED,
		"XML 1.0"),
	ROW(DOCTYPE, ERROR, "the extract declares a document type", "find out who made this file: no extract needs one, and an attack "
		"does", "XML 1.0; entity expansion"),
	ROW(LIMIT, ERROR, "the extract is deeper or wider than may be read", FEED, "limits of this program"),
	ROW(NO_PEOPLE, WARNING, "the extract holds no person", "check the option map: the element of a person may be called otherwise",
		EXTRACT),
	ROW(NO_FILE_ID, WARNING, "the extract has no id", "name its element in option map (extract=...): without an id a file that is "
		"sent twice is known by its bytes only", EXTRACT),
	ROW(LATE, WARNING, "the extract's own data stands behind its first person", "have the extract put its header first", EXTRACT),
	ROW(UNKNOWN, NOTE, "there are elements that nobody asked for", "nothing, they are not used; or add them to option map", EXTRACT),
	ROW(TWICE, ERROR, "a value stands twice in one person and differs", "name the right element by its longer path in option map; "
		"else " FEED, EXTRACT),
	ROW(VALUE_MISSING, ERROR, "a value is missing", FEED, EXTRACT),
	ROW(VALUE_LONG, ERROR, "a value is longer than 200 bytes", FEED, "limit of this program"),
	ROW(CHARACTER, ERROR, "a value holds characters that cannot be printed, such as a tab or a line end", FEED, EXTRACT),
	ROW(DATE, ERROR, "a date is no date", FEED ", or set the channel's option dates", EXTRACT),
	ROW(DATES_ORDER, ERROR, "a version ends before it begins", FEED, "effective dates"),
	ROW(SSN, WARNING, "an SSN cannot be one", "have HCM correct it at its source; until then the person is known without it", "SSA, number ranges"),
	ROW(ROUTING, ERROR, "a routing number is not nine digits with the right check digit", "ask the person for a void check; " FEED,
		"ABA routing number policy"),
	ROW(ACCOUNT, ERROR, "an account number is not 1 to 17 printable characters", "ask the person for a void check; " FEED,
		"Nacha Operating Rules, entry detail"),
	ROW(ACCOUNT_TYPE, ERROR, "an account type is none of C, S, checking, savings", FEED, EXTRACT),
	ROW(METHOD, ERROR, "a payment method is none of ACH, CHECK", FEED, EXTRACT),
	ROW(BANK_DATA, WARNING, "a person is to be paid by ACH and has no whole bank data",
		"ask the person; until then a run holds the row", EXTRACT),
	ROW(PERSON_TWICE, ERROR, "a person stands twice with the same first day", "find out which one is right; " FEED,
		"one version a day"),
	ROW(OVERLAP, ERROR, "two versions of a person hold on the same day", "find out which one is right; " FEED, "effective dates"),
	ROW(GAP, WARNING, "between two versions of a person there are days without one",
		"right after a leave or a new hire; else " FEED, "effective dates"),
	ROW(MANY, WARNING, "more than 2,000,000 versions: later ones are not compared", "split the extract", "limit of this program"),
	ROW(COUNT, ERROR, "the extract counts other people than it holds", "people are missing or doubled; " FEED, EXTRACT),
	ROW(OPTION, ERROR, "an option of the channel has a value that is not known", "correct the configuration", "tallygate formats"),
	{ NULL, 0, NULL, NULL, NULL },
};

void hcm_say(struct hcm *h, enum hcm_code code, enum hcm_field field, const char *fmt, ...)
{
	unsigned place = h->place == NULL ? (unsigned)code : h->place[code];
	struct finding f = { .size = sizeof(f), .severity = h->codes[place].severity, .code = h->codes[place].code,
		.line = h->line };
	char text[300];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!strict_apply(&h->strict, place, &f.severity))
		return;
	h->bad = h->bad || f.severity == FINDING_ERROR;
	if (h->stopped)
		return;
	f.text = (struct view){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	if (field < HCM_FIELDS) {
		f.field = view_of(hcm_fields[field].title);
		if (h->at[field] > 0)
			f.line = h->at[field];
	}
	if (h->host->finding(h->host->ctx, &f) != 0)
		h->stopped = true;
}

/* 2026/11/23, as HCM Data Loader writes it. */
static bool parse_slashes(date_t *out, struct view v)
{
	char iso[10];

	if (v.n != sizeof(iso) || v.p[4] != '/' || v.p[7] != '/')
		return false;
	memcpy(iso, v.p, sizeof(iso));
	iso[4] = iso[7] = '-';
	return date_parse_iso(out, (struct view){ iso, sizeof(iso) });
}

/* 2026-11-23, or the same with a time behind it, or as option dates says. */
bool hcm_read_date(struct hcm *h, enum hcm_field field, date_t *out)
{
	struct view v = h->value[field];
	int year, month, day;

	*out = DATE_NONE;
	if (v.n == 0)
		return true;
	if (v.n > 10 && v.p[10] == 'T')
		v = view_sub(v, 0, 10);
	if (h->dates == 0 ? !date_parse_iso(out, v) : h->dates == 1 ? !date_parse_us(out, v) : h->dates == 2 ?
	    !date_parse_yyyymmdd(out, v) : !parse_slashes(out, v)) {
		*out = DATE_NONE;
		hcm_say(h, HCM_DATE, field, "the value is no date");
		return false;
	}
	date_split(*out, &year, &month, &day);
	if (field == VALID_TO && year >= END_OF_TIME_YEAR)
		*out = DATE_NONE;
	return true;
}

static void check_dates(struct hcm *h)
{
	bool good = hcm_read_date(h, BIRTH_DATE, &h->birth) & hcm_read_date(h, VALID_FROM, &h->from) &
		hcm_read_date(h, VALID_TO, &h->to);

	if (good && h->from != DATE_NONE && h->to != DATE_NONE && h->to < h->from)
		hcm_say(h, HCM_DATES_ORDER, VALID_TO, "the version ends before it begins");
}

static void check_ssn(struct hcm *h)
{
	enum value_ssn kind;

	h->ssn[0] = '\0';
	if (h->value[SSN].n == 0)
		return;
	kind = value_ssn(h->value[SSN], h->ssn);
	if (kind == SSN_GOOD)
		return;
	h->ssn[0] = '\0';
	hcm_say(h, HCM_SSN, SSN, kind == SSN_IMPOSSIBLE ? "no such SSN was ever given out; it is left out" : kind == SSN_EIGHT ?
		"the SSN has eight digits, a leading zero may have been lost; it is left out" :
		"the SSN is not nine digits; it is left out");
}

static bool printable(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	return true;
}

static void check_bank(struct hcm *h)
{
	bool ach = value_is(h->value[METHOD], "ach"), check = value_is(h->value[METHOD], "check");

	if (h->value[METHOD].n > 0 && !ach && !check)
		hcm_say(h, HCM_METHOD, METHOD, "the method is none of ACH, CHECK");
	if (h->value[ROUTING].n > 0 && !value_routing(h->value[ROUTING]))
		hcm_say(h, HCM_ROUTING, ROUTING, "the routing number is not nine digits with the right check digit");
	if (h->value[ACCOUNT].n > 17 || !printable(h->value[ACCOUNT]))
		hcm_say(h, HCM_ACCOUNT, ACCOUNT, "the account number is not 1 to 17 printable characters");
	h->account_type = value_account_type(h->value[ACCOUNT_TYPE]);
	if (h->value[ACCOUNT_TYPE].n > 0 && h->account_type == 0)
		hcm_say(h, HCM_ACCOUNT_TYPE, ACCOUNT_TYPE, "the account type is none of C, S, checking, savings");
	if (ach && (h->value[ROUTING].n == 0 || h->value[ACCOUNT].n == 0 || h->value[ACCOUNT_TYPE].n == 0))
		hcm_say(h, HCM_BANK_DATA, METHOD, "the method is ACH, and routing number, account number or account type is missing");
}

void hcm_check_values(struct hcm *h)
{
	if (h->value[PERSON].n == 0)
		hcm_say(h, HCM_VALUE_MISSING, PERSON, "the person has no number");
	if (h->value[FULL_NAME].n == 0 && (h->value[FIRST_NAME].n == 0 || h->value[LAST_NAME].n == 0))
		hcm_say(h, HCM_VALUE_MISSING, FULL_NAME, "the person has neither a full name nor a first and a last name");
	check_ssn(h);
	check_bank(h);
}

void hcm_check_person(struct hcm *h)
{
	check_dates(h);
	hcm_check_values(h);
}

static void set_date(struct record *r, enum record_field field, date_t day)
{
	if (day != DATE_NONE)
		record_set_num(r, field, day);
}

/* "Last, First" is nobody's full name: what the extract calls full, else first and last. */
static struct view full_name(struct hcm *h, char out[2 * HCM_VALUE_MAX + 2])
{
	size_t first = h->value[FIRST_NAME].n, last = h->value[LAST_NAME].n;

	if (h->value[FULL_NAME].n > 0)
		return h->value[FULL_NAME];
	memcpy(out, h->value[FIRST_NAME].p, first);
	out[first] = ' ';
	memcpy(out + first + 1, h->value[LAST_NAME].p, last);
	return (struct view){ out, first + 1 + last };
}

void hcm_tell_person(struct hcm *h)
{
	static const enum hcm_field plain[] = { PERSON, HCM_ID, BADGE, FIRST_NAME, LAST_NAME, ROUTING, ACCOUNT, ADDRESS1, ADDRESS2,
		CITY, REGION, POSTAL_CODE, COUNTRY };
	char name[2 * HCM_VALUE_MAX + 2];
	struct record r;

	record_init(&r, RECORD_PERSON, h->line);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		record_set_text(&r, (enum record_field)hcm_fields[plain[i]].field, h->value[plain[i]]);
	record_set_text(&r, F_PARTY, full_name(h, name));
	if (h->ssn[0] != '\0')
		record_set_text(&r, F_SSN, (struct view){ h->ssn, sizeof(h->ssn) });
	set_date(&r, F_BIRTH_DATE, h->birth);
	set_date(&r, F_VALID_FROM, h->from);
	set_date(&r, F_VALID_TO, h->to);
	if (h->account_type != 0)
		record_set_text(&r, F_ACCOUNT_TYPE, (struct view){ &h->account_type, 1 });
	if (h->value[METHOD].n > 0)
		record_set_text(&r, F_METHOD, value_is(h->value[METHOD], "check") ? VIEW("CHECK") : VIEW("ACH"));
	if (!h->stopped && h->host->record(h->host->ctx, &r) != 0)
		h->stopped = true;
}
