/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2 - the inside of the BAI2 module: one file's state, and what its parts give each other
 *
 * bai2.c cuts windows into lines and lines into records and keeps the nesting; bai2_frame.c reads the records that hold
 * others (01 02 49 98 99) and adds up; bai2_detail.c reads 03 and 16 field by field, so that a record may go on over
 * any number of 88s; bai2_fields.c reads dates, amounts and funds types; bai2_find.c is the table of findings;
 * bai2_codes.c the type codes.
 *
 * A field is read when its bytes pass, so nothing is kept of a record but what the 88s may add to: references and
 * text.  They borrow from the window and are copied (bai2_pin) before the window moves.  A finding never stops the
 * reading; the host does (`stopped`).
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/date.h"
#include "formats/core/format.h"

#define BAI2_FIELD_MAX 64		/* bytes of a field of 01, 02, 03, 49, 98, 99 */
#define BAI2_REF_MAX 1024		/* bytes of a bank or customer reference */
#define BAI2_TEXT_MAX ((size_t)64 << 10)	/* bytes of one detail's text with its continuations */
#define BAI2_FRAME_FIELDS 8
#define BAI2_SEEN_FILES 64
#define BAI2_CUSTOM_CODES 64		/* that the option `codes` may name */
#define BAI2_SEVERITY_OFF (-1)		/* below FINDING_NOTE: not told at all */
#define BAI2_SEVERITY_UNSET (-2)

struct bai2_type { char direction, level; const char *title; };
const struct bai2_type *bai2_type_of(int code);		/* never NULL; custom and unlisted codes by their range */
bool bai2_type_listed(int code);			/* in the table, or in the custom range */
bool bai2_is_item(int code);				/* a part of a deposit or disbursement that has its own line */

/* Findings: index into bai2_findings[]. */
enum bai2_code {
	BAI2_EMPTY, BAI2_NO_FILE_HEADER, BAI2_NO_GROUP_HEADER, BAI2_NO_ACCOUNT_HEADER, BAI2_NO_ACCOUNT_TRAILER,
	BAI2_NO_GROUP_TRAILER, BAI2_NO_FILE_TRAILER, BAI2_AFTER_TRAILER, BAI2_RECORD_CODE, BAI2_CONTINUATION,
	BAI2_FIELD_MISSING, BAI2_FIELD_EXTRA, BAI2_FIELD_LONG, BAI2_SHORT_RECORD, BAI2_NO_SLASH, BAI2_RECORDS_ON_LINE,
	BAI2_TEXT_BROKEN, BAI2_TEXT_SLASH, BAI2_TEXT_LONG, BAI2_CODE_COLON, BAI2_ENVELOPE, BAI2_BOM, BAI2_CR_ONLY,
		BAI2_NUL,
	BAI2_LINE_LONG, BAI2_VERSION, BAI2_DATE, BAI2_TIME, BAI2_GROUP_STATUS, BAI2_AS_OF_MODIFIER, BAI2_CURRENCY,
	BAI2_CURRENCY_CASE, BAI2_TYPE_CODE, BAI2_TYPE_UNKNOWN, BAI2_TYPE_LEVEL, BAI2_NO_DIRECTION, BAI2_AMOUNT,
		BAI2_AMOUNT_SIGN,
	BAI2_AMOUNT_MISSING, BAI2_ITEM_COUNT, BAI2_FUNDS_TYPE, BAI2_FUNDS_CASE, BAI2_FUNDS_SUM, BAI2_VALUE_DATE,
		BAI2_REF_SLASH,
	BAI2_ACCOUNT_TOTAL, BAI2_GROUP_TOTAL, BAI2_FILE_TOTAL, BAI2_ACCOUNT_COUNT, BAI2_GROUP_COUNT, BAI2_FILE_COUNT,
	BAI2_RECORD_LENGTH, BAI2_RECORD_LONG, BAI2_COUNT_LEVEL, BAI2_OVERFLOW, BAI2_NO_LINE_ENDS, BAI2_ITEMS, BAI2_TEST_GROUP, BAI2_DUPLICATE_FILE_ID, BAI2_OPTION,
	BAI2_CODES
};
extern const struct tally_code bai2_findings[BAI2_CODES + 1];

enum bai2_level { AT_START, IN_FILE, IN_GROUP, IN_ACCOUNT, AT_END };
enum bai2_rec { REC_NONE, REC_01, REC_02, REC_03, REC_16, REC_49, REC_88, REC_98, REC_99 };
enum bai2_policy { POLICY_REJECT, POLICY_WARN, POLICY_IGNORE };
enum bai2_ring { RING_ACCOUNT, RING_GROUP, RING_FILE, RINGS };		/* 49, 98, 99 add up the ring they close */

struct bai2_sums {
	int64_t computed;		/* sum of the amounts below */
	int64_t claimed;		/* sum of the control totals below, as their trailers say */
	int64_t children;		/* accounts in a group, groups in a file */
	int64_t records, continuations;	/* physical records, and how many of them are 88s */
	bool open, lost;		/* lost: a sum did not fit, nothing is compared */
};

enum funds_answer { FUNDS_MORE, FUNDS_DONE, FUNDS_BAD };
struct bai2_funds { char type; int step; int64_t left, sum; bool summed; struct view date; date_t value; };

struct bai2_field { char p[BAI2_FIELD_MAX]; uint8_t n; bool there; uint32_t column; uint64_t line; };

struct bai2 {
	const struct tally_host *host;
	bool stopped;
	/* where we are in the bytes */
	uint64_t line;
	struct view raw;		/* the physical line */
	size_t fixed;			/* length of records that have no line ends; 0 = lines */
	size_t longest;			/* what the header declares a record to be; SIZE_MAX: nothing */
	bool skipping, any, said_on_line, said_envelope, said_after, nul_near, said_nul, said_long;
	char eol;
	/* options */
	enum bai2_policy totals[RINGS], counts[RINGS];
	bool any_version, text_slash_drop, items_are_details;
	int8_t severity[BAI2_CODES];	/* what the channel says of a finding, or BAI2_SEVERITY_UNSET */
	struct { int code; struct bai2_type type; } custom[BAI2_CUSTOM_CODES];
	size_t n_custom;
	/* where we are in the structure */
	enum bai2_level level;
	enum bai2_rec open;		/* the record that an 88 would continue */
	uint64_t rec_line;
	int field;			/* index of its next field, or phase (bai2_detail.c) */
	struct bai2_field frame[BAI2_FRAME_FIELDS];
	struct bai2_sums sums[RINGS];
	struct { uint64_t line; char p[FINDING_EXCERPT]; size_t n; } held;	/* a line that an unfinished record began on */
	uint64_t seen[BAI2_SEEN_FILES];
	size_t n_seen;
	/* group */
	char status, modifier, group_currency[4];
	date_t as_of;
	/* account */
	char account[BAI2_FIELD_MAX], currency[4];
	bool has_lump, said_items;	/* a line was there that items may be parts of; BAI2_ITEMS was told */
	uint64_t lump;			/* the number of its record */
	size_t account_n;
	int quads;
	/* the quad of a 03 or the detail that is being read */
	int type;			/* -1: none or unreadable */
	char type_text[4];
	bool has_amount, has_count, said_short;
	int64_t amount, count;
	struct bai2_funds funds;
	struct view bank_ref, customer_ref, text;
	struct buf text_buf;
	char ref_store[2][BAI2_REF_MAX];
	bool text_owned;
	/* plain details that are not told one by one (bai2_fast.c) */
	bool fast;
	char plain[1000];		/* 'C' or 'D' where a detail code is plain */
	struct tally_sum pending;
	struct record rec;
	uint64_t emitted;		/* records handed over: the next one's number less one */
};

/* `field` gives the column when it lies in the current line. */
void bai2_find(struct bai2 *, enum bai2_code, struct view field, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void bai2_find_at(struct bai2 *, enum bai2_code, enum severity, uint64_t line, uint32_t column, const char *name,
	const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
void bai2_emit(struct bai2 *);			/* b->rec */
void bai2_tell_sum(struct bai2 *);		/* what is pending, if anything */
void bai2_finish_open(struct bai2 *);		/* the record that an 88 would continue is complete */
void bai2_fast_begin(struct bai2 *);
size_t bai2_fast_run(struct bai2 *, struct view w);	/* bytes of plain details at the front; 0: none */

/* Options (bai2_options.c). */
void bai2_options_read(struct bai2 *);
const struct bai2_type *bai2_type(const struct bai2 *, int code);	/* the channel's own codes first; never NULL */
bool bai2_listed(const struct bai2 *, int code);

/* Fields.  False: not such a field. */
bool bai2_integer(int64_t *out, struct view, bool *is_signed);	/* [+-]digits; *out keeps its sign */
bool bai2_time(struct view);
enum funds_answer bai2_funds_begin(struct bai2 *, struct view);
enum funds_answer bai2_funds_next(struct bai2 *, struct view);
bool bai2_currency(struct bai2 *, struct view, uint64_t line, uint32_t column, char out[4]);
void bai2_add(struct bai2 *, int64_t amount);

/* Frame records: fields are collected, then read at once. */
void bai2_frame_begin(struct bai2 *);
void bai2_frame_field(struct bai2 *, struct view);
bool bai2_frame_complete(const struct bai2 *);
void bai2_frame_finish(struct bai2 *);
void bai2_document_frame(struct buf *);			/* their fields as markdown */

/* 03 and 16. */
void bai2_account_begin(struct bai2 *);
void bai2_account_field(struct bai2 *, struct view);
bool bai2_account_whole(const struct bai2 *);		/* between two quads */
void bai2_account_finish(struct bai2 *);
void bai2_detail_begin(struct bai2 *);
void bai2_detail_field(struct bai2 *, struct view);
bool bai2_detail_in_text(const struct bai2 *);
bool bai2_detail_takes(const struct bai2 *, struct view first);	/* may an 88 begin with this field? */
void bai2_detail_to_text(struct bai2 *);		/* what follows is text, whatever was read so far */
void bai2_detail_text(struct bai2 *, struct view);
void bai2_detail_finish(struct bai2 *);
void bai2_pin(struct bai2 *);				/* the window is about to move */
