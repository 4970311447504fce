/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_days - what the dates of a file say about it, and what stands in fields that should be blank
 *
 * No clock is read: the file's creation date is the day to judge by, and banking days are those of the Federal Reserve.
 * A file may be kept by the bank until its day, and a return's batch need not repeat the effective date of its entries, so
 * nothing here is an error unless the channel says so.
 */
#include <string.h>

#include "formats/core/holiday.h"
#include "formats/lib/nacha_read.h"

#define CREDIT_DAYS 2				/* how far ahead the operator takes an effective entry date (R18) */
#define DEBIT_DAYS 1
#define SOON 31
#define RETURN_DAYS 2
#define RETURN_LONG 60				/* calendar days, for what a consumer disputes */

bool nacha_day_of_year(int *out, struct view three)
{
	int64_t n;

	if (!layout_number(&n, three) || n < 1 || n > 366)
		return false;
	*out = (int)n;
	return true;
}

void nacha_effective_check(struct nacha *n)
{
	const struct layout_row *row = &nacha_batch_header.rows[BH_EFFECTIVE];
	const struct nacha_batch *b = &n->batch;
	struct nacha_place here = n->at;
	int days = b->sum.debit > 0 ? DEBIT_DAYS : CREDIT_DAYS;

	if (n->created == DATE_NONE || b->effective == DATE_NONE || b->kinds != KIND_FORWARD || (b->sec->flags & SEC_ADV))
		return;
	n->at = (struct nacha_place){ b->at, { b->line, NACHA_WIDTH } };
	if (b->effective < n->created)
		nacha_say(n, NC_EFFECTIVE_RANGE, row, "the effective entry date is before the day of the file");
	else if (b->effective > holiday_bank_day(n->created, days))
		nacha_say(n, NC_EFFECTIVE_RANGE, row,
			  "the effective entry date is more than %d banking day%s behind the day of the file (R18)", days,
			  days == 1 ? "" : "s");
	n->at = here;
}

bool nacha_return_late(const struct nacha *n, const struct nacha_reason *reason)
{
	static const char in_two[] = "R01 R02 R03 R04 R08 R09 R12 R14 R15 R16 R17 R20 R21 R22 R24 R29 R39 R50 R80 R81 R82 R83 R84",
		in_sixty[] = "R05 R07 R10 R11 R33 R37 R38 R51 R52 R53";
	date_t from = n->batch.effective, last;

	if (n->created == DATE_NONE || from == DATE_NONE)
		return false;
	if (nacha_secs_have(in_two, reason->code))
		last = holiday_bank_day(from, RETURN_DAYS);
	else if (nacha_secs_have(in_sixty, reason->code))
		last = holiday_bank_day(from + RETURN_LONG, 1);
	else
		return false;
	return n->created > last;
}

void nacha_return_days_check(struct nacha *n, const struct nacha_reason *reason)
{
	if (nacha_return_late(n, reason))
		nacha_say(n, NC_RETURN_LATE, &nacha_return.rows[A99_REASON], "%s came %d days after the effective entry date",
			  reason->code, (int)(n->created - n->batch.effective));
}

/* The last such day of the year that is not behind the file's; false when it is soon after it, which settles nothing. */
static bool day_before(date_t *out, date_t file, int nth)
{
	int year, month, day;
	date_t first;

	date_split(file, &year, &month, &day);
	if (!date_make(&first, year, 1, 1))
		return false;
	if (first + nth - 1 > file && (first + nth - 1 <= file + SOON || !date_make(&first, year - 1, 1, 1)))
		return false;
	*out = first + nth - 1;
	return true;
}

void nacha_dispute_days_check(struct nacha *n, struct view settled, int days)
{
	date_t from;
	int nth;

	if (n->created != DATE_NONE && nacha_day_of_year(&nth, settled) && day_before(&from, n->created, nth) &&
	    n->created > holiday_bank_day(from, days))
		nacha_say(n, NC_DISPUTE_LATE, &nacha_return.rows[A99_REASON],
			  "this came more than %d banking days after day %03d, when what it disputes was settled", days, nth);
}

void nacha_reserved_check(struct nacha *n, const struct layout *l, const char *line)
{
	for (const struct layout_row *row = l->rows; row < l->rows + l->n; row++)
		if (row->type == LAYOUT_FILL && strcmp(row->name, "Reserved") == 0 && !layout_is_blank(layout_at(row, line)))
			nacha_say(n, NC_RESERVED, row, "the reserved positions %u-%u are not blank", row->pos,
				  (unsigned)row->pos + row->len - 1);
}
