/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flat - files of fixed-width lines (or the same fields with commas): a header, details, a trailer; read and written
 *
 * What such a file looks like is data: a flat_layout names the tables of its lines, a flat_format its codes, its kind of
 * record and the rules of one detail.  Written are FILE, BATCH (number 1), then details; header and trailer figures are
 * computed, never passed in, and TOTAL is taken and not believed.  Each detail that is written is read again at once and
 * must give every value back, so what is read later is what was asked for.  Nothing is cut but a payee where the layout
 * says so, and then a warning tells.  Read are FILE, BATCH (number 1), the details without a fault, TOTAL.
 *
 * Memory does not grow with the file, but for the set of keys (32 MiB at most) and, in a layout whose header holds the
 * total, the lines of a file being written (FLAT_HELD_MAX).
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/format.h"
#include "formats/core/layout.h"
#include "formats/lib/lines.h"
#include "formats/lib/seen.h"
#include "formats/lib/strict.h"

#define FLAT_OUT ((size_t)32 << 10)
#define FLAT_HELD_MAX ((size_t)64 << 20)
#define FLAT_POOL 2048
#define FLAT_KEY 3

/* The codes that every flat file has; a module's table begins with them and may go on. */
enum flat_code {
	FLAT_EMPTY, FLAT_BOM, FLAT_LINE, FLAT_LONG, FLAT_SHORT, FLAT_CUT, FLAT_BLANK, FLAT_CHARACTERS, FLAT_NO_HEADER,
	FLAT_NO_TRAILER, FLAT_AFTER_TRAILER, FLAT_FIELD, FLAT_VALUE, FLAT_COUNT, FLAT_AMOUNT, FLAT_OVERFLOW, FLAT_TWICE,
	FLAT_MANY, FLAT_OPTION, FLAT_EMIT_VALUE, FLAT_EMIT_ORDER, FLAT_EMIT_KIND,
	FLAT_CODES
};

#define FLAT_ROW(prefix, id, severity, title, action, source) \
	[FLAT_ ## id] = { prefix "_" #id, FINDING_ ## severity, title, action, source }
#define FLAT_RESEND "have the sender correct the file and send it again"
#define FLAT_OURS "correct the item that is named; nothing was written"
#define FLAT_TABLE(prefix, source) \
	FLAT_ROW(prefix, EMPTY, ERROR, "the file is empty", "ask the sender whether anything was to come", source), \
	FLAT_ROW(prefix, BOM, NOTE, "the file begins with a byte order mark", "nothing, it is skipped", source), \
	FLAT_ROW(prefix, LINE, ERROR, "a line begins like none of the lines that the layout has", \
		"see that the option layout names the form that the bank and you agreed on; " FLAT_RESEND, \
		source), \
	FLAT_ROW(prefix, LONG, ERROR, "a line goes on behind its last field", FLAT_RESEND, source), \
	FLAT_ROW(prefix, SHORT, WARNING, "a line is shorter than the layout's", \
		"nothing when only blanks at its end were cut; else " FLAT_RESEND, source), \
	FLAT_ROW(prefix, CUT, ERROR, "the file ends in the middle of a line", "fetch the file again", source), \
	FLAT_ROW(prefix, BLANK, WARNING, "there are blank lines", "nothing, they are skipped", source), \
	FLAT_ROW(prefix, CHARACTERS, ERROR, "a line holds a character that is not printable ASCII", FLAT_RESEND, source), \
	FLAT_ROW(prefix, NO_HEADER, ERROR, "the header line is missing", "fetch the file again; it may have been cut", source), \
	FLAT_ROW(prefix, NO_TRAILER, ERROR, "the trailer line is missing", "fetch the file again; it was cut short", source), \
	FLAT_ROW(prefix, AFTER_TRAILER, ERROR, "there are lines after the trailer", FLAT_RESEND, source), \
	FLAT_ROW(prefix, FIELD, ERROR, "a field does not hold what it must", FLAT_RESEND, source), \
	FLAT_ROW(prefix, VALUE, ERROR, "a value breaks a rule", FLAT_RESEND, source), \
	FLAT_ROW(prefix, COUNT, ERROR, "the trailer counts other lines than there are", \
		"a line is lost, doubled or changed; " FLAT_RESEND, source), \
	FLAT_ROW(prefix, AMOUNT, ERROR, "a total is not the sum of the amounts", \
		"a line is lost, doubled or changed; " FLAT_RESEND, source), \
	FLAT_ROW(prefix, OVERFLOW, ERROR, "figures are too large to be added up", FLAT_RESEND, "limit of this program: 64 bits"), \
	FLAT_ROW(prefix, TWICE, ERROR, "the same thing stands twice in the file", "find out which line is right; " FLAT_RESEND, \
		source), \
	FLAT_ROW(prefix, MANY, WARNING, "more than 2,000,000 lines: later ones are not compared", "split the file", \
		"limit of this program"), \
	FLAT_ROW(prefix, OPTION, ERROR, "an option has a value that is not known", "correct the configuration", \
		"tallygate formats"), \
	FLAT_ROW(prefix, EMIT_VALUE, ERROR, "a value cannot be written", FLAT_OURS, source), \
	FLAT_ROW(prefix, EMIT_ORDER, ERROR, "records came in an order that makes no file", \
		"tell whoever wrote the worker: FILE, BATCH, then the lines", "docs/records.md"), \
	FLAT_ROW(prefix, EMIT_KIND, ERROR, "a record of this kind cannot be written", \
		"tell whoever wrote the worker", "docs/records.md")
/* Codes that not every format has: rows of its own, behind the common ones. */
#define FLAT_SEQUENCE_ROW(code, source) { code, FINDING_ERROR, "the lines are not numbered 1, 2, 3 ...", \
	"a line is lost, doubled or moved; " FLAT_RESEND, source }
#define FLAT_HASH_ROW(code, source) { code, FINDING_ERROR, "the trailer's hash is not the sum of the serial numbers", \
	"a line is lost, doubled or changed; " FLAT_RESEND, source }
#define FLAT_CUT_PAYEE_ROW(code, source) { code, FINDING_WARNING, "a payee was cut to its field", \
	"nothing; the bank compares as many characters as its field has", source }

struct flat_layout {
	const char *name, *title;
	const struct layout *header, *detail, *trailer;		/* header and trailer: NULL when there is none */
	struct view header_mark, detail_mark, trailer_mark;	/* how each begins; header without: the first line */
	bool commas;				/* fields with commas between; a row's length is its longest value */
	bool header_total;			/* the header holds the total: the file is held back until its end */
	bool cut_payee;				/* a payee that is too long may be cut */
	bool voids;				/* it has a place for a void */
	bool one_account;			/* all lines are of one account */
	bool void_date;				/* a void says its own date */
};

struct flat;

struct flat_format {
	const struct tally_code *findings;
	unsigned sequence, hash, cut_payee;	/* its own codes for these */
	const struct flat_layout *layouts;	/* the first is the standard; ends with a NULL name */
	enum record_kind kind;
	enum record_field serial;		/* summed up for the hash; RECORD_FIELDS: none */
	const char *unit;			/* "checks" */
	/* Judges one detail, read or to be written; what is wrong is said by flat_bad. */
	void (*judge)(struct flat *, const struct record *);
	size_t (*key)(const struct record *, struct view parts[FLAT_KEY]);	/* what may stand once only; 0: nothing */
};

struct flat_sums { int64_t count, amount, serials; bool lost; };

struct flat {
	const struct flat_format *format;
	const struct flat_layout *layout;
	const struct tally_host *host;
	struct strict strict;			/* every error stays one */
	bool stopped, bad;			/* bad: the detail has a fault */
	uint64_t errors;
	struct line line;
	const struct layout *table;		/* of the line being read */
	struct flat_sums sums;
	struct seen seen;
	bool begun, trailed, told_short, told_blank, told_many, told_after, told_cut;
	int64_t header_total;			/* -1: none */
	int64_t number;				/* of the last line that says one */
	size_t account_digits;			/* option; 0: not set */
	char bank_id[9];			/* option */
	char account[32], plan[64];		/* of the first detail, or the header's */
	bool plan_differs;
	char padded[LAYOUT_WIDTH_MAX];
	/* writing */
	bool writing, batch_seen;
	struct view line_end;
	struct record head;			/* FILE and BATCH together; its texts lie in pool */
	char pool[FLAT_POOL];
	size_t pool_n;
	struct buf out;
};

void flat_init(struct flat *, const struct flat_format *, const struct tally_host *);
int flat_parse(struct flat *);
int flat_document(const struct flat_format *, const struct tally_host *);	/* the tables of every layout */
int flat_emit_begin(struct flat *);
int flat_emit_record(struct flat *, const struct tally_host *, const struct record *);
int flat_emit_end(struct flat *, const struct tally_host *);

/* A module's calls, all alike but for their format. */
#define FLAT_CALLS(format) \
	static int call_parse(const struct tally_host *host, void *state) \
	{ \
		flat_init(state, format, host); \
		return flat_parse(state); \
	} \
	static int call_emit_begin(const struct tally_host *host, void *state) \
	{ \
		flat_init(state, format, host); \
		return flat_emit_begin(state); \
	} \
	static int call_emit_record(const struct tally_host *host, void *state, const struct record *r) \
	{ \
		return flat_emit_record(state, host, r); \
	} \
	static int call_emit_end(const struct tally_host *host, void *state) \
	{ \
		return flat_emit_end(state, host); \
	} \
	static int call_document(const struct tally_host *host) \
	{ \
		return flat_document(format, host); \
	}
#define FLAT_MEMBERS .state_size = sizeof(struct flat), .parse = call_parse, .emit_begin = call_emit_begin, \
	.emit_record = call_emit_record, .emit_end = call_emit_end, .document = call_document

size_t flat_check_key(const struct record *, struct view parts[FLAT_KEY]);	/* a serial once for each account and status */

/* For judge: a detail's fault, with the field's name and column when the layout has the field. */
void flat_bad(struct flat *, unsigned code, enum record_field, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Between flat.c, flat_read.c and flat_write.c. */
void flat_say(struct flat *, unsigned code, const struct layout_row *, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
const struct layout_row *flat_row(const struct layout *, enum record_field);	/* NULL: the layout has none */
const struct layout_row *flat_named(const struct layout *, const char *name);
void flat_judge(struct flat *, const struct record *);		/* the common rules, then the format's */
void flat_account(const struct flat *, struct record *);	/* the account's leading zeros, by option account_digits */
bool flat_add(struct flat *, const struct record *);		/* to the sums */
