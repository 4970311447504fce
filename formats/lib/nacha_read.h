/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_read - one NACHA file being read: 94-byte records in, normalised records and findings out
 *
 * nacha_line() takes one record at a time, padded to 94 bytes; who cuts the bytes into records is nacha.c's business
 * (reading) or nacha_write.c's (what is written is read back here, so that nothing leaves that we would not accept).
 *
 * An entry and its addenda are one record: the entry is kept (entry.line) until the next record that is no addenda.
 * Nothing here grows with the file but `text`, the remittance text of one entry (at most 9,999 addenda of 80 bytes).
 * `stopped` is set when the host said stop; then nothing more is said or done.
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/date.h"
#include "formats/core/format.h"
#include "formats/lib/nacha_codes.h"
#include "formats/lib/nacha_tables.h"

#define NACHA_ADDENDA_MAX 9999u
#define NACHA_TEXT_BYTES 80u
#define NACHA_HASH_MOD 10000000000u		/* ten digits */
#define NACHA_SEEN_FILES 64u
#define NACHA_IAT_PARTS 12u			/* 10 to 16, and up to five 18 */

enum nacha_phase { PHASE_START, PHASE_FILE, PHASE_BATCH, PHASE_DONE };
enum { KIND_FORWARD = 1, KIND_RETURN = 2, KIND_DISHONORED = 4, KIND_CONTESTED = 8, KIND_CHANGE = 16 };

struct nacha_place { uint64_t line; struct view raw; };		/* where a finding points */

/* items = entries and addenda */
struct nacha_totals { uint64_t batches, items, hash, records, fills; int64_t debit, credit; };

struct nacha_batch {
	char line[NACHA_WIDTH];			/* the header */
	uint64_t at;
	const struct nacha_sec *sec;		/* never NULL inside a batch */
	bool known;				/* the class is one of the rules' */
	bool iat;				/* entries have the IAT form: class IAT, or COR with IATCOR */
	bool reversal, account_verify, same_day, payroll_told, mixed_told;
	int class;				/* 200, 220, 225, 280; 0 = bad */
	date_t effective;
	int64_t number;
	unsigned kinds;				/* KIND_* seen */
	bool traced;
	char last_trace[15];
	uint64_t entries;
	struct nacha_totals sum;
};

struct nacha_entry {
	bool open;
	char line[NACHA_WIDTH];
	uint64_t at;
	int code;				/* transaction code; -1 = not assigned */
	int64_t amount;				/* -1 = not a number */
	/* all; of the forward types; 98 and 99; of a type that may not be here */
	unsigned addenda, forward, notes, wrong;
	char note[NACHA_WIDTH];			/* the 98 or 99 */
	uint64_t note_at;
	uint8_t iat[19], iat_last;		/* how many of each type 10..18; the last type seen */
	char parts[NACHA_IAT_PARTS][NACHA_WIDTH];	/* the IAT addenda that feed the record (nacha_iat.c) */
	unsigned n_parts;
};

#define NACHA_FAST_MUST 8u

struct nacha_mask { signed char bias[NACHA_WIDTH], top[NACHA_WIDTH]; };

struct nacha_fast {			/* see nacha_fast.c */
	bool on, known, reversal, same_day;	/* known: the class's rules are */
	const struct nacha_sec *sec;		/* what the rest was made for */
	int class, day;
	date_t created, effective;
	int64_t most;
	struct { uint8_t at, n; char zero; } must[NACHA_FAST_MUST];
	unsigned n_must;
	uint8_t code[100], back[100], reason[100];	/* of entries that go forward, that come back, and why */
	struct nacha_mask entry, addenda, note;
};

struct nacha {
	const struct tally_host *host;
	bool stopped, headed, adv, sums;	/* sums: the host takes them for PAYMENTs */
	int8_t severity[NC_CODES];		/* what each finding is for this partner (nacha_options.c) */
	struct view origins, destinations, odfis;	/* the options' lists; empty = not verified */
	uint64_t seen[NACHA_SEEN_FILES];	/* the identities of this input's files, hashed */
	size_t n_seen;
	enum nacha_phase phase;
	uint64_t files;
	int day;				/* yyyymmdd of the file's creation */
	date_t created;				/* the same; DATE_NONE when the header does not say */
	int64_t last_batch;			/* the highest batch number so far; -1: none */
	struct nacha_place at;
	struct nacha_totals sum;		/* of the current envelope */
	char control[NACHA_WIDTH];		/* its file control record */
	uint64_t control_at;
	struct nacha_batch batch;
	struct nacha_entry entry;
	struct nacha_fast fast;
	struct tally_sum pending;		/* plain entries that were not told one by one */
	struct buf text, extra;
	struct record record;
};

void nacha_begin(struct nacha *, const struct tally_host *);
void nacha_line(struct nacha *, const char line[NACHA_WIDTH]);		/* n->at is set by the caller */
/* the input has ended: what is open is closed and judged */
void nacha_end(struct nacha *);
void nacha_release(struct nacha *);

/* Between the reader's files. */
void nacha_options_read(struct nacha *);
bool nacha_listed(struct view list, struct view number);		/* "1, 2 3" holds 2 */
void nacha_iat_fill(struct nacha *);			/* n->record from the kept addenda */
/* nacha_extra.c: fields without a key, "TAG NAME=VALUE" a line */
void nacha_extra_read(struct buf *out, const char *tag, const struct layout *, const char *line);
bool nacha_extra_has(struct view extra, const char *tag);
bool nacha_extra_write(char *line, const char *tag, const struct layout *, struct view extra, const struct layout_row **bad);
void nacha_say(struct nacha *, enum nacha_code, const struct layout_row *, const char *fmt,
	       ...) __attribute__((format(printf, 4, 5)));
void nacha_fault(void *n, const struct layout_row *, enum layout_fault);	/* for layout_verify */
void nacha_tell(struct nacha *);						/* hands n->record to the host */
void nacha_tell_sum(struct nacha *);			/* what is pending, if anything */
void nacha_fast_begin(struct nacha *);			/* a batch has begun */
size_t nacha_fast_run(struct nacha *, struct view rest, size_t stride, uint64_t line);	/* bytes of plain entries at the front; 0: none */
bool nacha_wages_unmarked(const struct nacha *);	/* a wage credit of this batch would be told (PAYROLL) */
enum nacha_code nacha_code_fault(const struct nacha *, int code);	/* of a forward entry in this batch; NC_CODES: good */
enum nacha_code nacha_back_fault(const struct nacha *, int code);	/* the same of a return's */
void nacha_add_up(struct nacha *, int64_t *batch, int64_t *file, int64_t amount);
void nacha_on_entry(struct nacha *, const char *line);
void nacha_on_addenda(struct nacha *, const char *line);
void nacha_close_entry(struct nacha *);
void nacha_tell_forward(struct nacha *);		/* n->entry, already judged */
void nacha_tell_return(struct nacha *);			/* the same with its addenda 99 */
bool nacha_code_in_class(const struct nacha *, int code);	/* of the batch's entry and service class */
void nacha_iat_header_check(struct nacha *, const char *line);
void nacha_iat_addenda(struct nacha *, int type, const char *line);
void nacha_iat_close(struct nacha *, bool forward);
/* KIND_* of the entry's 98 or 99, and its layout */
unsigned nacha_note_kind(struct nacha *, const struct layout **);
void nacha_note_check(struct nacha *, unsigned kind);
bool nacha_check_digit(const char routing[9]);
bool nacha_day_of_year(int *out, struct view three);	/* 001 to 366 */
/* nacha_days.c: what dates say of the batch that is closed, of the open entry's return, of its dispute */
void nacha_effective_check(struct nacha *);
bool nacha_return_late(const struct nacha *, const struct nacha_reason *);
void nacha_return_days_check(struct nacha *, const struct nacha_reason *);
void nacha_dispute_days_check(struct nacha *, struct view settled, int days);
void nacha_reserved_check(struct nacha *, const struct layout *, const char *line);
bool nacha_trace_cut(struct view trace);		/* digits, but the last ones are missing */
