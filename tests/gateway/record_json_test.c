/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json_test - the quick writer of records gives the bytes that json.h's writer gives, whatever stands in the fields
 */
#include <string.h>

#include "formats/core/date.h"
#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "gateway/cli/record_json.h"
#include "tests/lib/tap.h"

static bool masked_as_text(int f)
{
	return f == F_TEXT || f == F_ADDENDA || f == F_NOTE || f == F_INDIVIDUAL_ID || f == F_DISCRETIONARY;
}

static void plain_text(struct json *j, const struct record *r, int f, bool unmask)
{
	struct buf text = { 0 };

	if (unmask)
		buf_view(&text, r->v[f].s);
	else if (record_field_rows[f].secrecy == FIELD_LAST4)
		mask_last4(&text, r->v[f].s);
	else if (masked_as_text(f))
		mask_digits(&text, r->v[f].s);
	else
		buf_view(&text, r->v[f].s);
	json_text(j, record_field_rows[f].name, buf_as_view(&text));
	buf_release(&text);
}

/* The same line by the general writer. */
static void plainly(struct buf *out, const struct record *r, bool unmask)
{
	char day[DATE_TEXT];
	struct json j;

	json_init(&j, out, false);
	json_object(&j, NULL);
	json_int(&j, "seq", (int64_t)r->seq);
	json_cstr(&j, "kind", record_kind_name(r->kind));
	json_int(&j, "line", (int64_t)r->line);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(r, (enum record_field)f))
			continue;
		if (record_field_rows[f].type == FIELD_TEXT)
			plain_text(&j, r, f, unmask);
		else if (record_field_rows[f].type == FIELD_DATE)
			json_cstr(&j, record_field_rows[f].name, date_print((date_t)r->v[f].n, day));
		else
			json_int(&j, record_field_rows[f].name, r->v[f].n);
	}
	json_object_end(&j);
	buf_char(out, '\n');
}

static uint64_t seed = 7;

static uint64_t draw(uint64_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % below;
}

static void draw_record(struct record *r, char *bytes, size_t n)
{
	static const char common[] = "0123456789ABCDEF -\"\\\n\t\x01\x7f\xc3\xa9\xe2\x82\xac\xff";

	record_init(r, (enum record_kind)(1 + draw(RECORD_KINDS - 1)), draw(1000000));
	r->seq = draw(1000000);
	for (size_t i = 0; i < n; i++)
		bytes[i] = draw(3) == 0 ? (char)draw(256) : common[draw(sizeof(common) - 1)];
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (draw(4) != 0)
			continue;
		if (record_field_rows[f].type == FIELD_TEXT)
			record_set_text(r, (enum record_field)f, (struct view){ bytes + draw(n / 2), 1 + draw(n / 2 - 1) });
		else if (record_field_rows[f].type == FIELD_DATE)
			record_set_num(r, (enum record_field)f, (int64_t)draw(40000));
		else
			record_set_num(r, (enum record_field)f, draw(2) ? (int64_t)draw(UINT32_MAX) : INT64_MIN + (int64_t)draw(9));
	}
}

int main(void)
{
	struct buf quick = { 0 }, slow = { 0 };
	uint64_t differ = 0;
	char bytes[200];
	struct record r;

	for (int i = 0; i < 40000; i++) {
		bool unmask = draw(2) == 0;

		draw_record(&r, bytes, sizeof(bytes));
		buf_clear(&quick);
		buf_clear(&slow);
		record_json(&quick, &r, unmask);
		plainly(&slow, &r, unmask);
		if (!view_eq(buf_as_view(&quick), buf_as_view(&slow)) && differ++ == 0)
			printf("# quick %s# plain %s", buf_cstr(&quick), buf_cstr(&slow));
	}
	is_int(differ, 0, "40,000 records of random bytes are written as the general writer writes them");
	buf_release(&quick);
	buf_release(&slow);
	return done_testing();
}
