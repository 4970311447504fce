/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcm - the inside of the hcm module: the fields of a person, what can be wrong, and the versions a file brings
 *
 * hcm.c maps elements to fields; hcm_values.c judges the values of one person and writes the record; hcm_versions.c
 * keeps from-to of every version and says at the end where a person's versions overlap or leave a gap.  Account numbers
 * and SSNs never stand in a finding's text.  The hdl module reads another form of the same data and shares both; its codes
 * stand in a table of its own, `place` says where each of ours is there.
 */
#pragma once

#include "formats/core/date.h"
#include "formats/lib/strict.h"
#include "formats/lib/xml.h"

#define HCM_VALUE_MAX 200u		/* bytes of one value */
#define HCM_VERSIONS_MAX 2000000u	/* versions compared; 24 bytes each */

enum hcm_field {
	/* of the file */
	FILE_ID, FILE_SENDER, FILE_CREATED, FILE_COUNT, FILE_FIELDS,
	/* of a person */
	PERSON = FILE_FIELDS, HCM_ID, BADGE, FIRST_NAME, LAST_NAME, FULL_NAME, SSN, BIRTH_DATE, VALID_FROM, VALID_TO, ROUTING,
	ACCOUNT, ACCOUNT_TYPE, METHOD, ADDRESS1, ADDRESS2, CITY, REGION, POSTAL_CODE, COUNTRY,
	HCM_FIELDS
};

struct hcm_field_row {
	const char *key, *standard, *title;	/* key: what option map calls it */
	int16_t field;				/* enum record_field */
};
extern const struct hcm_field_row hcm_fields[HCM_FIELDS];

enum hcm_code {
	HCM_EMPTY, HCM_XML, HCM_DOCTYPE, HCM_LIMIT, HCM_NO_PEOPLE, HCM_NO_FILE_ID, HCM_LATE, HCM_UNKNOWN, HCM_TWICE,
	HCM_VALUE_MISSING, HCM_VALUE_LONG, HCM_CHARACTER, HCM_DATE, HCM_DATES_ORDER, HCM_SSN, HCM_ROUTING, HCM_ACCOUNT,
	HCM_ACCOUNT_TYPE, HCM_METHOD, HCM_BANK_DATA, HCM_PERSON_TWICE, HCM_OVERLAP, HCM_GAP, HCM_MANY, HCM_COUNT, HCM_OPTION,
	HCM_CODES
};
extern const struct tally_code hcm_findings[HCM_CODES + 1];

struct hcm_version { uint64_t person, line; date_t from, to; };
struct hcm_versions { struct hcm_version *v; size_t n, cap; bool told_many; };

struct hcm {
	const struct tally_host *host;
	struct strict strict;			/* every error stays one */
	const struct tally_code *codes;		/* the module's findings */
	const uint8_t *place;			/* by enum hcm_code: its place among them; NULL: the same */
	bool stopped, bad;			/* bad: the person has an error */
	int dates;
	struct view record;			/* path of the element that is a person */
	struct view map[HCM_FIELDS];
	uint64_t line;
	/* the element that is open */
	bool inside;				/* a person */
	unsigned inside_depth;
	bool told_file, told_late;
	int64_t people, unknown;
	char unknown_names[3][40];
	unsigned n_unknown_names;
	struct view value[HCM_FIELDS];		/* in texts */
	uint64_t at[HCM_FIELDS];		/* its line */
	char texts[HCM_FIELDS][HCM_VALUE_MAX];
	date_t birth, from, to;
	char ssn[9], account_type;
	struct hcm_versions versions;
};

/* About a value of the person (or the file); field HCM_FIELDS: about the whole. */
void hcm_say(struct hcm *, enum hcm_code, enum hcm_field, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool hcm_read_date(struct hcm *, enum hcm_field, date_t *out);	/* DATE_NONE and a finding when it is none */
void hcm_check_person(struct hcm *);
void hcm_check_values(struct hcm *);		/* all but the dates */
void hcm_tell_person(struct hcm *);
void hcm_versions_add(struct hcm *, struct view whose);		/* from h->from, h->to, h->line */
void hcm_versions_judge(struct hcm *);		/* and empties it */
