/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hdl - the inside of the hdl module: lines of HCM Data Loader become rows, rows of one person become versions
 *
 * formats/hdl.c reads the lines and knows which column of which component is which value; hdl_people.c keeps the rows of
 * every person, whichever key they name him by, and makes the versions at the end; hdl_find.c is the table of findings.
 * A file is about people whose parts stand far apart, so rows are kept: HDL_BYTES of them, then the file is refused.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/lib/hcm.h"

#define HDL_LINE_MAX ((size_t)64 << 10)
#define HDL_BYTES ((size_t)32 << 20)	/* values that are kept */
#define HDL_ROWS_MAX 400000u
#define HDL_COMPONENTS 64u
#define HDL_COLUMNS 256u
#define HDL_NAME_MAX 64u

/* What a column does, whether it is a value of the person or not. */
enum { HDL_PLAIN, HDL_NUMBER, HDL_SOURCE_ID, HDL_PARENT_ID, HDL_SURROGATE, HDL_FROM, HDL_TO, HDL_FILTER };

enum hdl_code {
	HDL_EMPTY, HDL_LINE, HDL_LINE_LONG, HDL_CUT, HDL_METADATA, HDL_FIELDS, HDL_SET, HDL_DELETE, HDL_UNKNOWN, HDL_NO_KEY,
	HDL_NO_WORKER, HDL_TOO_MANY, HDL_NO_PEOPLE, HDL_VALUE_MISSING, HDL_VALUE_LONG, HDL_CHARACTER, HDL_DATE,
	HDL_DATES_ORDER, HDL_SSN, HDL_ROUTING, HDL_ACCOUNT, HDL_ACCOUNT_TYPE, HDL_METHOD, HDL_BANK_DATA, HDL_PERSON_TWICE,
	HDL_OVERLAP, HDL_GAP, HDL_OPTION,
	HDL_CODES
};
extern const struct tally_code hdl_findings[HDL_CODES + 1];
extern const uint8_t hdl_places[HCM_CODES];

struct hdl_component {
	char name[HDL_NAME_MAX];
	size_t n_name, n;
	bool worker;
	uint8_t role[HDL_COLUMNS], value[HDL_COLUMNS];		/* value: enum hcm_field; HCM_FIELDS: none */
	struct view want[HDL_COLUMNS];	/* of a filter: what the value must be for the row to count */
};

struct hdl_row { uint32_t person, value; uint16_t component, n; date_t from, to; uint64_t line; };
struct hdl_person { uint32_t same; uint64_t line; bool worker; };	/* same: the person that this one turned out to be */

struct hdl_people {
	struct hdl_person *person;
	struct hdl_row *row;
	size_t n_person, cap_person, n_row, cap_row;
	uint64_t *key;				/* hashes of what people are called by, open addressing; 0: free */
	uint32_t *of;				/* whose it is */
	size_t n_key, cap_key;
	struct buf values;			/* of all rows: field, length, bytes */
	bool full;
};

/* One of the names of a person: NULL bytes is none.  The keys of one line are one person's. */
struct hdl_keys { struct view number, source, surrogate; };

struct hdl {
	struct hcm hcm;				/* judges and tells */
	char delimiter, escape;
	char newline[11];
	size_t n_newline;
	bool any_metadata, told_set;
	struct hdl_component component[HDL_COMPONENTS];
	size_t n_component;
	struct hdl_people people;
	uint64_t deleted;
	struct view cell[HDL_COLUMNS];		/* of the line that is read */
	char unescaped[HDL_LINE_MAX];
};

void hdl_say(struct hdl *, enum hdl_code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool hdl_person(struct hdl *, const struct hdl_keys *, bool worker, uint32_t *out);	/* false: too many */
/* A row; `cells` are its values by column. */
void hdl_row_add(struct hdl *, uint32_t person, uint16_t component, date_t from, date_t to);
void hdl_people_tell(struct hdl *);
void hdl_people_release(struct hdl *);
