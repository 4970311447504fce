/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_iat - international entries (IAT): their batch header, the addenda 10 to 18, and whether they are complete
 *
 * Addenda 10 to 16 come once each and in order, then up to two 17 and five 18; a return has its 99 behind them.
 * Required fields that are blank are warnings: the operator lets them pass, the screening of the receiving side may
 * not.
 */
#include <stdio.h>
#include <string.h>

#include "formats/lib/nacha_read.h"

#define REMITTANCES_MAX 2
#define CORRESPONDENTS_MAX 5

static const struct layout *const layouts[] = {
	&nacha_addenda_10, &nacha_addenda_11, &nacha_addenda_12, &nacha_addenda_13, &nacha_addenda_14, &nacha_addenda_15,
	&nacha_addenda_16, &nacha_addenda_17, &nacha_addenda_18,
};

static bool all_capitals(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 'A' || v.p[i] > 'Z')
			return false;
	return true;
}

void nacha_iat_header_check(struct nacha *n, const char *line)
{
	static const struct { unsigned row; enum nacha_code code; } needed[] = {
		{ IH_COUNTRY, NC_IAT_COUNTRY }, { IH_ORIGIN_CURRENCY, NC_IAT_CURRENCY }, { IH_CURRENCY, NC_IAT_CURRENCY },
	};
	const struct layout_row *rows = nacha_iat_header.rows;
	const char *fx = layout_at(&rows[IH_FX], line).p, kind = *layout_at(&rows[IH_FX_REFERENCE_KIND], line).p;
	bool blank = layout_is_blank(layout_at(&rows[IH_FX_REFERENCE], line));

	if (memcmp(fx, "FV", 2) != 0 && memcmp(fx, "VF", 2) != 0 && memcmp(fx, "FF", 2) != 0)
		nacha_say(n, NC_IAT_FX, &rows[IH_FX], "the foreign exchange indicator must be FV, VF or FF");
	if (kind < '1' || kind > '3' || (kind == '3') != blank)
		nacha_say(n, NC_IAT_FX_REFERENCE, &rows[IH_FX_REFERENCE_KIND],
			  "the foreign exchange reference is not what its indicator says");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!all_capitals(layout_at(&rows[needed[i].row], line)))
			nacha_say(n, needed[i].code, &rows[needed[i].row], "the field \"%s\" is not %u capital letters",
				  rows[needed[i].row].name, rows[needed[i].row].len);
}

static void type_check(struct nacha *n, const char *line)
{
	static const char types[] = "ANN BUS DEP LOA MIS MOR PEN REM RLS SAL TAX ARC BOC MTE POP POS RCK SHR TEL WEB";
	const struct layout_row *row = &nacha_addenda_10.rows[A10_KIND];
	struct view type = layout_at(row, line);

	if (!layout_is_blank(type) && !nacha_secs_have(types, type.p))
		nacha_say(n, NC_IAT_TYPE, row, "the transaction type code is not known");
}

static void foreign_amount_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_addenda_10.rows[A10_AMOUNT];
	struct view amount = layout_at(row, line);

	if (!layout_is_blank(amount) && !layout_is_digits(amount))
		nacha_say(n, NC_FIELD_FORM, row, "the foreign payment amount is not 18 digits");
}

/* Blank, 0 (nothing suspected) or 1. */
static void screening_check(struct nacha *n, const char *line)
{
	static const struct layout_row rows[] = {
		{ "Gateway Operator OFAC Screening Indicator", 77, 1, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
		{ "Secondary OFAC Screening Indicator", 78, 1, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
	};

	for (size_t i = 0; i < 2; i++)
		if (memchr(" 01", line[rows[i].pos - 1], 3) == NULL)
			nacha_say(n, NC_FIELD_FORM, &rows[i], "the screening indicator is not blank, 0 or 1");
}

/* "City*State\" and "Country*Postal\": the asterisk divides, the backslash ends. */
static void address_check(struct nacha *n, const char *line)
{
	for (unsigned i = 2; i <= 3; i++) {
		const struct layout_row *row = &nacha_addenda_12.rows[i];
		struct view v = view_rtrim(layout_at(row, line));

		if (v.n > 0 && (memchr(v.p, '*', v.n) == NULL || v.p[v.n - 1] != '\\'))
			nacha_say(n, NC_IAT_ADDRESS, row, "the field \"%s\" is not written as part*part\\", row->name);
	}
}

static void qualifier_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_addenda_13.rows[A13_QUALIFIER];
	const char *q = layout_at(row, line).p;

	if (!layout_is_blank(layout_at(row, line)) && (q[0] != '0' || q[1] < '1' || q[1] > '3'))
		nacha_say(n, NC_IAT_QUALIFIER, row, "the qualifier of the bank's identification is not 01, 02 or 03");
}

static void sequence_check(struct nacha *n, const char *line, unsigned want)
{
	const struct layout_row *row = &nacha_addenda_05.rows[A05_SEQUENCE];
	int64_t sequence;

	if (!layout_number(&sequence, layout_at(row, line)) || sequence != want)
		nacha_say(n, NC_ADDENDA_SEQUENCE, row, "the addenda sequence number should be %u", want);
}

void nacha_iat_addenda(struct nacha *n, int type, const char *line)
{
	struct nacha_entry *e = &n->entry;

	if (e->iat_last > type)
		nacha_say(n, NC_IAT_ADDENDA, &nacha_addenda_05.rows[A05_CODE],
			  "addenda %d stands behind addenda %d (R25)", type, e->iat_last);
	e->iat_last = (uint8_t)type;
	if (e->iat[type] < UINT8_MAX)
		e->iat[type]++;
	if (e->n_parts < NACHA_IAT_PARTS && (type == 18 || (type < 17 && e->iat[type] == 1)))
		memcpy(e->parts[e->n_parts++], line, NACHA_WIDTH);
	layout_verify(layouts[type - 10], line, nacha_fault, n);
	if (type == 10) {
		type_check(n, line);
		foreign_amount_check(n, line);
	}
	if (type == 12 || type == 16)
		address_check(n, line);
	if (type == 13 || type == 14 || type == 18)
		qualifier_check(n, line);
	if (type == 17 || type == 18)
		sequence_check(n, line, e->iat[type]);
	if (type == 17 && n->text.n + NACHA_TEXT_BYTES <= n->text.max)
		buf_put(&n->text, layout_at(&nacha_addenda_17.rows[A05_TEXT], line).p, NACHA_TEXT_BYTES);
}

static void number_check(struct nacha *n, bool forward)
{
	const struct nacha_entry *e = &n->entry;
	const struct layout_row *row = &nacha_entry_iat.rows[IE_COUNT];
	int64_t claimed;

	if (!layout_number(&claimed, layout_at(row, e->line))) {
		nacha_say(n, NC_ADDENDA_COUNT, row, "the number of addenda records is not a number (R25)");
		return;
	}
	/* a return may count its 99 or not */
	if (claimed != e->addenda && (forward || claimed != e->addenda - e->notes))
		nacha_say(n, NC_ADDENDA_COUNT, row,
			  "the entry says another number of addenda records than follow, %u (R25)", e->addenda);
}

void nacha_iat_close(struct nacha *n, bool forward)
{
	const struct nacha_entry *e = &n->entry;

	for (unsigned type = 10; type <= 16; type++)
		if (e->iat[type] != 1)
			nacha_say(n, NC_IAT_ADDENDA, NULL, "addenda %u must be there once, it is there %u times (R25)",
				  type, e->iat[type]);
	if (e->iat[17] > REMITTANCES_MAX || e->iat[18] > CORRESPONDENTS_MAX ||
	    (!forward && (e->iat[17] > 0 || e->iat[18] > 0)))
		nacha_say(n, NC_ADDENDA_COUNT, NULL, "there are too many addenda records 17 or 18 (R25)");
	if (forward && e->addenda > n->batch.sec->most)
		nacha_say(n, NC_ADDENDA_COUNT, NULL, "an international entry has at most 12 addenda records (R25)");
	number_check(n, forward);
	screening_check(n, e->line);
}

void nacha_iat_fill(struct nacha *n)
{
	const struct nacha_entry *e = &n->entry;
	unsigned correspondents = 0;
	char tag[8];

	buf_clear(&n->extra);
	nacha_extra_read(&n->extra, "6", &nacha_entry_iat, e->line);
	for (unsigned i = 0; i < e->n_parts; i++) {
		const char *line = e->parts[i];
		const struct layout *l = layouts[line[2] - '0'];	/* 10 to 18 */

		layout_read(&n->record, l, line);
		memcpy(tag, line + 1, 2);
		tag[2] = '\0';
		if (l == &nacha_addenda_18 && ++correspondents > 1)
			snprintf(tag, sizeof(tag), "18.%u", correspondents % 10);
		nacha_extra_read(&n->extra, tag, l, line);
	}
	if (e->notes > 0 && memcmp(e->note + 1, "99", 2) == 0)
		nacha_extra_read(&n->extra, "99", &nacha_return_iat, e->note);
	record_set_text(&n->record, F_EXTRA, view_sub(buf_as_view(&n->extra), 0, n->extra.n - (n->extra.n > 0)));
}
