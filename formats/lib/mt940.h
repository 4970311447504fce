/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940 - the inside of the MT940 module: one file's state, and what its parts give each other
 *
 * mt940.c cuts windows into lines and says what each of them is, by mt940_tags.c (the fields' tags) and mt940_envelope.c
 * (what stands around messages); mt940_message.c keeps the life of a message, mt940_take.c does what each field asks for;
 * mt940_fields.c reads dates, amounts, balances and statement lines (:61:); mt940_text.c what stands in :86: and :NS:;
 * mt940_chain.c proves a statement and follows the chain from one to the next; mt940_find.c is the table of findings.
 *
 * Balances and entries wait until the next field begins, since an :86: may follow: their texts are copied, so that the
 * window may move.  A finding never stops the reading; the host does (`stopped`).
 */
#pragma once

#include "formats/core/date.h"
#include "formats/core/format.h"
#include "formats/lib/chain.h"
#include "formats/lib/charset.h"
#include "formats/lib/strict.h"

#define MT940_ACCOUNT_MAX 512		/* :25: with its continuation lines */
#define MT940_SHORT_MAX 128		/* :20:, :28C: */
#define MT940_REF_MAX 512		/* owner's and bank's reference of a :61: */
#define MT940_NOTE_MAX 2048		/* supplementary details */
#define MT940_TEXT_MAX ((size_t)64 << 10)	/* one :86: with its continuation lines */
#define MT940_SCRATCH ((size_t)256 << 10)

/* Findings: index into mt940_findings[]. */
enum mt940_code {
	MT940_EMPTY, MT940_NO_STATEMENT, MT940_ENVELOPE, MT940_MESSAGE_TYPE, MT940_TYPE_MIXED, MT940_NO_REFERENCE, MT940_NO_ACCOUNT,
	MT940_NO_NUMBER, MT940_NO_OPENING, MT940_NO_CLOSING, MT940_NO_END, MT940_TAG_UNKNOWN, MT940_STRAY_LINE, MT940_ORDER,
	MT940_FIELD_REPEATED, MT940_FIELD_LONG, MT940_NUMBER, MT940_LINE_BROKEN, MT940_LINE, MT940_MARK, MT940_EXPECTED,
	MT940_FUNDS_CODE, MT940_AMOUNT, MT940_AMOUNT_POINT, MT940_AMOUNT_COMMA, MT940_AMOUNT_ZEROS, MT940_TYPE, MT940_DATE,
	MT940_DATE_CLAMPED, MT940_BALANCE, MT940_BALANCE_DATES, MT940_CURRENCY, MT940_PROOF, MT940_OVERFLOW, MT940_TOTALS, MT940_CHAIN,
	MT940_NUMBER_GAP, MT940_REVERSED, MT940_PAGE, MT940_PAGE_FIRST, MT940_PAGE_LAST, MT940_REPEATED, MT940_TEXT_LONG, MT940_CHARSET,
	MT940_NUL, MT940_BOM, MT940_CR_ONLY, MT940_AT_SIGNS, MT940_INDENTED, MT940_BLANKS, MT940_CASE, MT940_AMOUNT_DIGIT, MT940_END_STICKS, MT940_LINE_LONG,
	MT940_OPTION,
	MT940_CODES
};
extern const struct tally_code mt940_findings[MT940_CODES + 1];

enum mt940_tag {
	TAG_NONE, TAG_20, TAG_21, TAG_25, TAG_25P, TAG_28, TAG_28C, TAG_13D, TAG_34F, TAG_60F, TAG_60M, TAG_61, TAG_62F, TAG_62M, TAG_64,
	TAG_65, TAG_86, TAG_90C, TAG_90D, TAG_NS, TAG_TYPE, TAG_UNKNOWN
};
enum mt940_policy { POLICY_REJECT, POLICY_WARN, POLICY_IGNORE };
enum mt940_open { OPEN_NONE, OPEN_ACCOUNT, OPEN_ACCOUNT_BIC, OPEN_61, OPEN_86, OPEN_NS, OPEN_SKIP };	/* what a line without tag continues */
enum mt940_dialect { DIALECT_FREE, DIALECT_SUBFIELDS, DIALECT_SLASHES, DIALECT_NS };
enum mt940_wait { WAIT_NOTHING, WAIT_BALANCE, WAIT_ENTRY };

struct mt940_balance { bool there, readable; bool final; int64_t minor; char currency[4]; date_t date; uint64_t line, hash; };
struct mt940_side { int64_t count, sum; };
struct mt940_total { bool there; int64_t count, sum; uint64_t line; };

/* The statement that is being read. */
struct mt940_statement {
	bool open, told;			/* told: its STATEMENT record is out */
	bool has_20, has_25, has_28, has_34, has_13, has_lines, block, ended, interim, lost, said_order;
	uint64_t line;				/* where it began */
	int type;				/* 940, 941, 942, 950; 0 = nothing says so */
	char account[MT940_ACCOUNT_MAX], reference[MT940_SHORT_MAX], number[MT940_SHORT_MAX], bic[16], currency[4];
	size_t account_n, reference_n, number_n, bic_n;
	int64_t sequence, page;			/* -1: none */
	date_t as_of;				/* of :13D: */
	char time[5];
	struct mt940_balance opening, closing;
	int64_t net, unread;			/* sum of the lines; lines whose amount could not be read */
	struct mt940_side reversed[2];		/* RD, RC */
	struct mt940_side debit[2], credit[2];	/* [0] by direction of the money, [1] by the letter of the mark */
	struct mt940_total total_debit, total_credit;
};

struct mt940 {
	const struct tally_host *host;
	bool stopped;
	/* where we are in the bytes */
	uint64_t line;
	struct view raw;			/* the line as it came */
	bool skipping, any, high;		/* high: the line has bytes above 0x7f */
	bool at_signs;				/* "@@" ends a line */
	bool said_envelope, said_nul, said_cr, said_charset, said_indented, said_case, said_blanks;
	bool colon;				/* a line of one colon went before */
	/* options */
	struct strict strict;
	enum mt940_policy proof, chain, pages;
	enum charset charset;
	/* the message */
	bool between, any_file, foreign;	/* between: the last message has ended */
	int next_type;				/* of the header that was read */
	bool next_block;
	char sender[16], receiver[16];
	size_t sender_n, receiver_n;
	struct mt940_statement st;
	enum mt940_open open;
	uint64_t statements;
	/* entries that need not be told one by one (host->sum); `summed`: the entry that waits is one of them */
	bool sums, summed;
	struct tally_sum sum;
	/* the last ones read: dates and currencies come again and again */
	char last_date[6], last_currency[4];
	date_t last_day;
	int last_digits;
	/* the record that waits for its :86: */
	enum mt940_wait wait;
	struct record rec;
	bool text_high, line_high;		/* the text, the :61: has bytes above 0x7f */
	char broken[160];			/* a :61: that ended before or with its amount */
	size_t broken_n;
	char type[4], original[4], ref_store[2][MT940_REF_MAX];
	char note[MT940_NOTE_MAX];
	size_t note_n;
	enum mt940_dialect dialect;
	char separator;
	bool glue, said_long;			/* glue: the next line of a free text goes on without a line end */
	size_t text_n, scratch_n, out_n, clean_n, extra_n;
	char text[MT940_TEXT_MAX];
	char scratch[MT940_SCRATCH];		/* texts whose charset was converted */
	char out[MT940_TEXT_MAX + 64], clean[MT940_TEXT_MAX + 1024], extra[4096];
	struct chain links;
};

/* `field` gives the column when it lies in the current line. */
void mt940_find(struct mt940 *, enum mt940_code, struct view field, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void mt940_find_at(struct mt940 *, enum mt940_code, uint32_t severity, uint64_t line, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
void mt940_emit(struct mt940 *, const struct record *);		/* and the sum before it */
void mt940_emit_sum(struct mt940 *);
void mt940_set_text(struct mt940 *, struct record *, enum record_field, struct view);	/* converted when it is not ASCII */
struct view mt940_converted(struct mt940 *, struct view);
void mt940_say_charset(struct mt940 *);

/* Tags.  *n is the tag's length with both colons. */
enum mt940_tag mt940_tag_of(struct view line, size_t *n);
enum mt940_tag mt940_small_tag(struct view line);		/* ":60f:" */
bool mt940_tag_shaped(struct view line);

/* Envelopes. */
void mt940_on_outside(struct mt940 *, struct view line);
bool mt940_is_header(struct view line);
bool mt940_is_national_header(struct view line);
bool mt940_is_end(struct view line);
void mt940_on_end(struct mt940 *, struct view line);
struct view mt940_block(struct view line, const char *begin);	/* what follows "{4:"; p is NULL when it is not there */
struct view mt940_without_marks(struct view line);

/* Messages and their records. */
const char *mt940_type_text(int type);			/* "" for what is no statement */
bool mt940_account_currency(const struct mt940_statement *, char out[4]);
void mt940_message_begin(struct mt940 *);
void mt940_message_end(struct mt940 *);			/* a line said so */
void mt940_message_finish(struct mt940 *);		/* nothing of it follows: it is proved */
bool mt940_need_head(struct mt940 *);			/* false: the field is to be passed over */
void mt940_need_statement(struct mt940 *);
void mt940_need_opening(struct mt940 *);
void mt940_tell_statement(struct mt940 *, bool balance);
void mt940_wait_for(struct mt940 *, enum mt940_wait, enum record_kind);
void mt940_line_last(struct mt940 *);			/* a :61: that waited for its rest is read without */
void mt940_flush(struct mt940 *);			/* what waited leaves */

/* What a line does. */
void mt940_on_tag(struct mt940 *, enum mt940_tag, struct view rest);
void mt940_on_continuation(struct mt940 *, struct view line);

/* Fields.  False: not such a field. */
struct view mt940_skip_blanks(struct mt940 *, struct view, size_t at, const char *name);	/* what stands from `at` on */
bool mt940_amount(struct mt940 *, struct view, const char *currency, const char *name, int64_t *minor);
bool mt940_currency(struct view, char out[4]);
bool mt940_read_currency(struct mt940 *, struct view, char out[4], const char *name);	/* at the beginning; small letters are told */
date_t mt940_date(struct mt940 *, struct view six, const char *name);		/* DATE_NONE after a finding */
bool mt940_balance(struct mt940 *, struct view, struct mt940_balance *, const char *name);
/* CUT: it ends before its amount, or with it; with `last` the latter is whole. */
enum mt940_line_end { LINE_WHOLE, LINE_CUT, LINE_BAD } mt940_line(struct mt940 *, struct view, bool last);
void mt940_total(struct mt940 *, struct view, struct mt940_total *, enum mt940_tag);

/* Texts. */
void mt940_text_begin(struct mt940 *, struct view first, bool ns);
void mt940_text_add(struct mt940 *, struct view);
void mt940_text_finish(struct mt940 *, struct record *);	/* what the text says, into the record */

/* Proof and chain.  Ignored: by the policy, and the finding's own option does not say otherwise. */
bool mt940_ignored(const struct mt940 *, enum mt940_policy, enum mt940_code);
void mt940_prove(struct mt940 *);
void mt940_chain(struct mt940 *);
void mt940_chain_end(struct mt940 *);
