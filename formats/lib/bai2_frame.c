/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_frame - the records that hold others: 01 02 and their trailers 49 98 99
 *
 * Their fields are collected, over 88s too, and read when the record is complete.  A trailer's control total is
 * compared with the sum of what it closes: an account's with its amounts (status amounts with their sign, all others
 * simply added), a group's with its 49s, the file's with its 98s.  Where a lower trailer is wrong, the upper one may
 * agree with what the lower one says or with what was read: only the wrong one is told.
 */
#include <inttypes.h>
#include "formats/lib/bai2.h"

static const struct layout {
	const char *field[BAI2_FRAME_FIELDS];
	unsigned required;		/* bit i: field i may not be empty */
	int fields, least;		/* fewer than `least` fields: the record is short */
} layouts[] = {
	[REC_01] = { { "Sender Identification", "Receiver Identification", "File Creation Date", "File Creation Time",
		"File Identification Number", "Physical Record Length", "Block Size", "Version Number" }, 0x9f, 8, 8 },
	[REC_02] = { { "Ultimate Receiver Identification", "Originator Identification", "Group Status", "As-of-Date",
		"As-of-Time",
		"Currency Code", "As-of-Date Modifier" }, 0x0e, 7, 7 },
	[REC_49] = { { "Account Control Total", "Number of Records" }, 0, 2, 2 },
	[REC_98] = { { "Group Control Total", "Number of Accounts", "Number of Records" }, 0, 3, 3 },
	[REC_99] = { { "File Control Total", "Number of Groups", "Number of Records" }, 0, 3, 3 },
};

static struct view field(const struct bai2 *b, int i)
{
	return (struct view){ b->frame[i].p, b->frame[i].n };
}

static void find(struct bai2 *b, enum bai2_code code, int i, const char *text)
{
	bool there = b->frame[i].there;

	bai2_find_at(b, code, (enum severity)bai2_findings[code].severity, there ? b->frame[i].line : b->rec_line,
		there ? b->frame[i].column : 0, layouts[b->open].field[i], "%s", text);
}

void bai2_frame_begin(struct bai2 *b)
{
	b->field = 0;
	for (int i = 0; i < BAI2_FRAME_FIELDS; i++)
		b->frame[i].n = b->frame[i].there = 0;
}

void bai2_frame_field(struct bai2 *b, struct view v)
{
	struct bai2_field *f;

	v = view_trim(v);
	if (b->field >= layouts[b->open].fields) {
		if (b->field++ == layouts[b->open].fields && v.n > 0)
			bai2_find(b, BAI2_FIELD_EXTRA, v, NULL,
				"the record has more fields than it should; they are not read");
		return;
	}
	f = &b->frame[b->field];
	if (v.n > sizeof(f->p)) {
		bai2_find(b, BAI2_FIELD_LONG, v, layouts[b->open].field[b->field],
			"the field has %zu bytes; it is cut after %zu", v.n, sizeof(f->p));
		v.n = sizeof(f->p);
	}
	if (v.n > 0)
		memcpy(f->p, v.p, v.n);
	f->n = (uint8_t)v.n;
	f->there = true;
	f->line = b->line;
	f->column = v.p == NULL ? 0 : (uint32_t)(v.p - b->raw.p) + 1;
	b->field++;
}

bool bai2_frame_complete(const struct bai2 *b)
{
	return b->field >= layouts[b->open].fields;
}

static void find_missing(struct bai2 *b)
{
	const struct layout *l = &layouts[b->open];

	for (int i = 0; i < l->fields; i++)
		if ((l->required >> i & 1) && b->frame[i].n == 0)
			find(b, BAI2_FIELD_MISSING, i, "the field is empty or missing");
	if (b->field < l->least)
		bai2_find_at(b, BAI2_SHORT_RECORD, FINDING_WARNING, b->rec_line, 0, l->field[b->field],
			"the record ends before this field; it is taken as empty");
}

static date_t date_field(struct bai2 *b, int i)
{
	date_t d;

	if (date_parse_yymmdd(&d, field(b, i)))
		return d;
	if (b->frame[i].n > 0)
		find(b, BAI2_DATE, i, "the date is no date of the form YYMMDD");
	return DATE_NONE;
}

static void note_file_id(struct bai2 *b)
{
	uint64_t h = 14695981039346656037u;

	for (int i = 0; i < 5; i++) {
		if (i == 3)
			continue;
		for (size_t k = 0; k < b->frame[i].n; k++)
			h = (h ^ (unsigned char)b->frame[i].p[k]) * 1099511628211u;
		h = (h ^ 0x100) * 1099511628211u;
	}
	for (size_t i = 0; i < b->n_seen; i++)
		if (b->seen[i] == h) {
			find(b, BAI2_DUPLICATE_FILE_ID, 4,
				"the same sender, receiver, creation date and number were used before in this file");
			return;
		}
	if (b->n_seen < BAI2_SEEN_FILES)
		b->seen[b->n_seen++] = h;
}

/* How long records may be; blanks stand for "as they come". */
static void read_lengths(struct bai2 *b)
{
	bool is_signed;
	int64_t n;

	b->longest = SIZE_MAX;
	b->said_long = false;
	for (int i = 5; i <= 6; i++) {
		if (b->frame[i].n == 0)
			continue;
		if (!bai2_integer(&n, field(b, i), &is_signed) || n <= 0)
			find(b, BAI2_RECORD_LENGTH, i, "this is no number above zero; lines are read as they end");
		else if (i == 5)
			b->longest = (size_t)n;
	}
}

static void file_header(struct bai2 *b)
{
	struct record *r = &b->rec;
	date_t created = date_field(b, 2);

	if (b->frame[3].n > 0 && !bai2_time(field(b, 3)))
		find(b, BAI2_TIME, 3, "the time is no time of the form HHMM");
	if (b->frame[7].n > 0 && !view_eq(field(b, 7), VIEW("2")) && !b->any_version)
		find(b, BAI2_VERSION, 7, "the version is not 2");
	read_lengths(b);
	note_file_id(b);
	record_init(r, RECORD_FILE, b->rec_line);
	record_set_text(r, F_SENDER, field(b, 0));
	record_set_text(r, F_RECEIVER, field(b, 1));
	if (created != DATE_NONE)
		record_set_num(r, F_CREATED_DATE, created);
	record_set_text(r, F_CREATED_TIME, field(b, 3));
	record_set_text(r, F_FILE_ID, field(b, 4));
	bai2_emit(b);
}

static void group_header(struct bai2 *b)
{
	struct view status = field(b, 2), modifier = field(b, 6);

	b->status = status.n == 1 && *status.p >= '1' && *status.p <= '4' ? *status.p : 0;
	if (b->status == 0 && status.n > 0)
		find(b, BAI2_GROUP_STATUS, 2, "the group status is none of 1 update, 2 deletion, 3 correction, 4 test");
	if (b->status == '4')
		find(b, BAI2_TEST_GROUP, 2, "the group is a test; its lines are not posted");
	b->as_of = date_field(b, 3);
	if (b->frame[4].n > 0 && !bai2_time(field(b, 4)))
		find(b, BAI2_TIME, 4, "the time is no time of the form HHMM");
	memcpy(b->group_currency, "USD", 4);
	if (b->frame[5].n > 0)
		bai2_currency(b, field(b, 5), b->frame[5].line, b->frame[5].column, b->group_currency);
	b->modifier = modifier.n == 1 && *modifier.p >= '1' && *modifier.p <= '4' ? *modifier.p : 0;
	if (b->modifier == 0 && modifier.n > 0)
		find(b, BAI2_AS_OF_MODIFIER, 6, "the as-of-date modifier is none of 1, 2, 3, 4");
}

static void check_total(struct bai2 *b, enum bai2_ring ring, int64_t claimed)
{
	struct bai2_sums *s = &b->sums[ring];
	int64_t difference;

	if (b->totals[ring] == POLICY_IGNORE || s->lost || claimed == s->computed || (ring != RING_ACCOUNT &&
		claimed == s->claimed))
		return;
	if (__builtin_sub_overflow(claimed, s->computed, &difference))
		difference = 0;
	bai2_find_at(b, BAI2_ACCOUNT_TOTAL + ring, b->totals[ring] == POLICY_WARN ? FINDING_WARNING : FINDING_ERROR,
		b->frame[0].line,
		b->frame[0].column, layouts[b->open].field[0],
			"the control total is %" PRId64 ", the amounts add up to %" PRId64
		" (difference %" PRId64 ")", claimed, s->computed, difference);
}

static void find_unreadable(struct bai2 *b, enum bai2_ring ring, int i, bool is_total)
{
	enum bai2_policy policy = is_total ? b->totals[ring] : b->counts[ring];
	enum bai2_code code = is_total ? BAI2_ACCOUNT_TOTAL + ring : BAI2_ACCOUNT_COUNT + ring;

	if (policy != POLICY_IGNORE)
		bai2_find_at(b, code, policy == POLICY_WARN ? FINDING_WARNING : FINDING_ERROR, b->frame[i].there ?
			b->frame[i].line : b->rec_line,
			b->frame[i].there ? b->frame[i].column : 0, layouts[b->open].field[i], b->frame[i].n == 0 ?
				"the field is missing" :
			"the field is not a whole number that fits");
}

static void check_count(struct bai2 *b, enum bai2_ring ring, int i, int64_t read, int64_t continuations,
	const char *what)
{
	bool is_signed;
	int64_t n;

	if (b->counts[ring] == POLICY_IGNORE)
		return;
	if (!bai2_integer(&n, field(b, i), &is_signed)) {
		find_unreadable(b, ring, i, false);
		return;
	}
	if (n == read)
		return;
	bai2_find_at(b, BAI2_ACCOUNT_COUNT + ring, b->counts[ring] == POLICY_WARN ? FINDING_WARNING : FINDING_ERROR,
		b->frame[i].line,
		b->frame[i].column, layouts[b->open].field[i],
			"the trailer counts %" PRId64 " %s, %" PRId64 " were read%s", n, what, read,
		continuations > 0 && n == read - continuations ? "; it seems to leave out the 88 records" : "");
}

/* What a ring adds to the one around it; a total that cannot be read counts as what was read. */
static void close_ring(struct bai2 *b, enum bai2_ring ring, int64_t claimed)
{
	struct bai2_sums *s = &b->sums[ring], *up = s + 1;

	s->open = false;
	if (ring == RING_FILE || !up->open)
		return;
	up->children++;
	if (up->lost)
		return;
	up->lost = s->lost || __builtin_add_overflow(up->computed, s->computed, &up->computed) ||
		__builtin_add_overflow(up->claimed, claimed, &up->claimed);
	if (up->lost && !s->lost)
		bai2_find_at(b, BAI2_OVERFLOW, FINDING_ERROR, b->rec_line, 0, layouts[b->open].field[0],
			"the control totals are too large to be added up");
}

static void trailer(struct bai2 *b, enum bai2_ring ring, const char *children)
{
	static const char *const type[RINGS] = { "49", "98", "99" };
	struct bai2_sums *s = &b->sums[ring];
	int last = ring == RING_ACCOUNT ? 1 : 2;
	int64_t claimed, records;
	bool is_signed;

	if (bai2_integer(&claimed, field(b, 0), &is_signed)) {
		check_total(b, ring, claimed);
	} else {
		find_unreadable(b, ring, 0, true);
		claimed = s->computed;
	}
	if (ring != RING_ACCOUNT)
		check_count(b, ring, 1, s->children, 0, children);
	check_count(b, ring, last, s->records, s->continuations, "records");
	record_init(&b->rec, RECORD_TOTAL, b->rec_line);
	record_set_text(&b->rec, F_TYPE, view_of(type[ring]));
	record_set_text(&b->rec, F_HASH, field(b, 0));
	if (bai2_integer(&records, field(b, last), &is_signed))
		record_set_num(&b->rec, F_COUNT, records);
	if (ring == RING_ACCOUNT)
		record_set_text(&b->rec, F_ACCOUNT, (struct view){ b->account, b->account_n });
	bai2_emit(b);
	close_ring(b, ring, claimed);
	b->level = ring == RING_ACCOUNT ? IN_GROUP : ring == RING_GROUP ? IN_FILE : AT_END;
}

void bai2_frame_finish(struct bai2 *b)
{
	find_missing(b);
	switch (b->open) {
	case REC_01:
		file_header(b);
		break;
	case REC_02:
		group_header(b);
		break;
	case REC_49:
		trailer(b, RING_ACCOUNT, "");
		break;
	case REC_98:
		trailer(b, RING_GROUP, "accounts");
		break;
	case REC_99:
		trailer(b, RING_FILE, "groups");
		break;
	default:
		break;
	}
}

void bai2_document_frame(struct buf *out)
{
	static const struct { enum bai2_rec rec; const char *code; } rows[] = {
		{ REC_01, "01" }, { REC_02, "02" }, { REC_49, "49" }, { REC_98, "98" }, { REC_99, "99" },
	};

	buf_text(out, "| record | fields, those with * may be empty |\n| --- | --- |\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct layout *l = &layouts[rows[i].rec];
		bool trailer = l->required == 0;		/* all of it is judged by value */

		buf_fmt(out, "| %s |", rows[i].code);
		for (int k = 0; k < l->fields; k++)
			buf_fmt(out, "%s %d %s%s", k > 0 ? "," : "", k + 1, l->field[k],
				trailer || (l->required >> k & 1) ? "" : "*");
		buf_text(out, " |\n");
	}
}
