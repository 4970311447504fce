/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - the engine of record-layout tables: one table of rows reads, writes, validates and documents a fixed-width
 * record
 *
 * A row says where a field stands, what may stand there, whether it must, and which field of the normalised record it
 * is.  The same row gives a finding its column and its name, so that what we say about a field is where we read it.
 * Positions count from 1, as in the banks' manuals.  Rows may overlap: a combined row (routing number with its check
 * digit) comes after its parts.
 *
 * layout_read and layout_verify take a line of at least `width` bytes (the caller pads); views in the record borrow
 * from it.  layout_write never cuts a value: what does not fit is named in *bad and nothing may be sent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/record.h"
#include "formats/core/view.h"

enum layout_type {
	LAYOUT_TEXT,		/* left-justified, blank-filled; read without its trailing blanks */
	LAYOUT_RIGHT,		/* text that is right-justified, blank-filled; read without blanks on both sides */
	LAYOUT_DIGITS,		/* digits that are a name, not a number: routing, trace; exactly as wide as the field */
	LAYOUT_NUMBER,		/* right-justified, zero-filled, unsigned */
	/* the same in minor units; written by its size, the sign stands elsewhere (transaction code) */
	LAYOUT_MONEY,
	LAYOUT_DATE,		/* YYMMDD; blanks and zeros are no date */
	LAYOUT_CONST,		/* always `fixed` */
	LAYOUT_FILL,		/* reserved or the operator's: not looked at; written as `fixed`, or blank */
	LAYOUT_YYYYMMDD, LAYOUT_MMDDYYYY, LAYOUT_MMDDYY,	/* dates of other forms */
	LAYOUT_POINT,		/* money with its point, unsigned, two decimals; right-justified, blank-filled */
	LAYOUT_SERIAL,		/* digits that are a name; right-justified, zero-filled, read without the leading zeros */
	LAYOUT_WORD,		/* `fixed` says which code stands for which word: "I=issue V=void"; an empty code is blank */
};

enum layout_inclusion { LAYOUT_M, LAYOUT_R, LAYOUT_O };		/* mandatory, required, optional */
enum layout_fault { LAYOUT_GOOD, LAYOUT_DIFFERS, LAYOUT_NOT_DIGITS, LAYOUT_NO_DATE, LAYOUT_BLANK, LAYOUT_TOO_LONG,
	LAYOUT_BAD_BYTE };

#define LAYOUT_NONE (-1)		/* a row that is no field of the record */
#define LAYOUT_WIDTH_MAX 512u

struct layout_row {
	const char *name;
	uint16_t pos, len;
	uint8_t type, inclusion;
	int16_t field;			/* enum record_field, or LAYOUT_NONE */
	/* CONST: what must stand there; WORD: its codes; others: written when the record has no value; or NULL */
	const char *fixed;
};

struct layout { const char *name; const struct layout_row *rows; size_t n; uint16_t width; };

#define LAYOUT(title, table, bytes) { title, table, sizeof(table) / sizeof(table[0]), bytes }

typedef void layout_fault_fn(void *ctx, const struct layout_row *, enum layout_fault);

static inline struct view layout_at(const struct layout_row *row, const char *line)
{
	return (struct view){ line + row->pos - 1, row->len };
}

bool layout_is_digits(struct view);				/* false when empty */
bool layout_is_blank(struct view);				/* blanks only */
bool layout_is_nothing(struct view);				/* blanks and zeros only */
bool layout_number(int64_t *out, struct view digits);		/* false: not all digits, or more than an int64 holds */

/* sets what can be read; says nothing of the rest */
void layout_read(struct record *, const struct layout *, const char *line);
void layout_verify(const struct layout *, const char *line, layout_fault_fn *, void *ctx);

/* Fills `width` bytes.  -1: *bad is the row whose value is missing or does not fit, *fault says which. */
int layout_write(char *out, const struct layout *, const struct record *, const struct layout_row **bad,
		 enum layout_fault *fault);
bool layout_put_text(char *out, const struct layout_row *, struct view);	/* one row; false: does not fit */
bool layout_put_number(char *out, const struct layout_row *, int64_t);

const char *layout_fault_text(enum layout_fault);
/* the table as markdown: positions, type, inclusion, record key */
void layout_document(struct buf *, const struct layout *);
