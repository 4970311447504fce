/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: the table of fields is whole, its names are what the operator's JSON promises, and secrets are marked
 */
#include "formats/core/finding.h"
#include "formats/core/record.h"
#include "tests/lib/tap.h"

static void rows(void)
{
	int bad = 0, twice = 0, money = 0, dates = 0;

	for (int i = 0; i < RECORD_FIELDS; i++) {
		const struct field_row *r = &record_field_rows[i];

		if (r->name == NULL || r->meaning == NULL ||
		    strspn(r->name, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(r->name)) {
			bad++;
			continue;
		}
		for (int k = 0; k < i; k++)
			twice += record_field_rows[k].name != NULL && strcmp(record_field_rows[k].name, r->name) == 0;
		money += (r->type == FIELD_MONEY) != (strstr(r->name, "_minor") != NULL);
		dates += r->type == FIELD_DATE && strstr(r->name, "date") == NULL;
	}
	is_int(bad, 0, "every field has a name of small letters, digits and _, and a meaning");
	is_int(twice, 0, "no two fields have one name");
	is_int(money, 0, "the fields in minor units are those whose name says so");
	is_int(dates, 0, "every date's name says so");
}

int main(void)
{
	struct record r;
	int secret = 0;

	rows();
	is_str(record_field_rows[F_AMOUNT].name, "amount_minor", "the amount's key is amount_minor");
	is_str(record_field_rows[F_BANK_REF].name, "bank_ref", "the bank's reference has the key bank_ref");
	for (int i = 0; i < RECORD_FIELDS; i++)
		secret += record_field_rows[i].secrecy == FIELD_LAST4;
	is_int(secret, 5, "five fields are secret");
	ok(record_field_rows[F_ACCOUNT].secrecy && record_field_rows[F_SSN].secrecy &&
		   record_field_rows[F_CORRECTED].secrecy && record_field_rows[F_PARTY_ACCOUNT].secrecy &&
		   record_field_rows[F_TRUSTEE_ACCOUNT].secrecy,
	   "account numbers, SSN and corrected data are the secret ones");
	for (int k = 0; k < RECORD_KINDS; k++)
		is_int(record_kind_by_name(view_of(record_kind_name((uint32_t)k))), k, "kind %s is found by its name",
		       record_kind_name((uint32_t)k));
	is_str(record_kind_name(RECORD_KINDS), "?", "an unknown kind is a question mark");
	is_int(record_kind_by_name(VIEW("entry")), -1, "a kind's name is not found in lower case");
	record_init(&r, RECORD_ENTRY, 9);
	record_set_text(&r, F_PARTY, VIEW(""));
	ok(!record_has(&r, F_PARTY), "an empty text is not set");
	record_set_num(&r, F_LEG, 0);
	ok(record_has(&r, F_LEG) && record_num(&r, F_LEG, 5) == 0, "a zero is set");
	is_int(record_num(&r, F_COUNT, 5), 5, "an absent number is what the caller says");
	record_set_text(&r, F_NOTE, VIEW("n"));
	is_view(record_text(&r, F_NOTE), VIEW("n"), "the last field of the table can be set");
	ok(record_text(&r, F_TEXT).p == NULL, "an absent text is nothing");
	is_str(severity_name(FINDING_WARNING), "warning", "a warning is called warning");
	is_str(severity_name(77), "error", "an unknown severity is taken as the gravest");
	return done_testing();
}
