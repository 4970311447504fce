/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_read - see nacha_read.h.  File header and control, batch header and control, and which record may follow which
 *
 * Totals are compared with what was read, never with what another trailer claims; so one wrong batch control gives one
 * finding and not two.  An entry outside a batch, or behind the file control, is a finding and no record: nobody may
 * pay it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "formats/lib/nacha_read.h"

#define CONTROL_MAX INT64_C(999999999999)
#define DAY_UNKNOWN 20260320		/* without a creation date: the rules as of this release */

static const struct nacha_sec any_sec = { "", { 0, 0 }, &nacha_entry, SEC_CREDIT | SEC_DEBIT | SEC_ZERO_CODES, 5, 0,
	NACHA_ADDENDA_MAX, 0, NULL };

static const char nines[NACHA_WIDTH + 1] =
	"9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999";

void nacha_say(struct nacha *n, enum nacha_code code, const struct layout_row *row, const char *fmt, ...)
{
	struct finding f = { .size = sizeof(f), .severity = (uint32_t)n->severity[code], .code = nacha_findings[code].code };
	char text[256];
	va_list ap;
	int len;

	if (n->stopped || n->severity[code] == NACHA_SEVERITY_OFF)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f.line = n->at.line;
	f.column = row == NULL ? 0 : row->pos;
	f.field = view_of(row == NULL ? "" : row->name);
	f.text = (struct view){ text, len < 0 ? 0 : (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1 };
	f.excerpt = view_sub(n->at.raw, 0, FINDING_EXCERPT);
	if (n->host->finding(n->host->ctx, &f) != 0)
		n->stopped = true;
}

void nacha_tell_sum(struct nacha *n)
{
	if (n->pending.records == 0)
		return;
	n->pending.size = sizeof(n->pending);
	n->pending.kind = RECORD_PAYMENT;
	if (!n->stopped && n->host->sum(n->host->ctx, &n->pending) != 0)
		n->stopped = true;
	n->pending = (struct tally_sum){ 0 };
}

void nacha_tell(struct nacha *n)
{
	nacha_tell_sum(n);
	if (!n->stopped && n->host->record(n->host->ctx, &n->record) != 0)
		n->stopped = true;
}

static enum nacha_code fault_code(const struct layout_row *row, enum layout_fault fault)
{
	switch (row->field) {
	case F_AMOUNT:
		return NC_AMOUNT;
	case F_TRANSACTION_CODE:
		return NC_TRANSACTION_CODE;
	case F_TRACE:
		return NC_TRACE;
	case F_ODFI:
		return NC_ODFI;
	case F_RECEIVER:
		return NC_DESTINATION;
	case F_SENDER:
		return NC_ORIGIN;
	case F_CREATED_DATE:
		return NC_CREATION_DATE;
	case F_EFFECTIVE_DATE:
		return NC_EFFECTIVE_DATE;
	case F_DATE_OF_DEATH:
		return NC_DATE_OF_DEATH;
	default:
		if (fault == LAYOUT_BLANK)
			return row->inclusion == LAYOUT_M ? NC_FIELD_MANDATORY : NC_FIELD_MISSING;
		return NC_NOT_NUMERIC;
	}
}

void nacha_fault(void *ctx, const struct layout_row *row, enum layout_fault fault)
{
	struct nacha *n = ctx;

	if (row->field == F_EFFECTIVE_DATE && memcmp(n->batch.sec->code, "ENR", 3) == 0)
		return;					/* the rules want it blank there */
	if (row->field == F_TRACE && nacha_trace_cut(layout_at(row, n->entry.line))) {
		nacha_say(n, NC_TRACE_CUT, row, "the trace number is cut short at the line's end");
		return;
	}
	nacha_say(n, fault_code(row, fault), row, "the field \"%s\" %s", row->name, layout_fault_text(fault));
}

bool nacha_trace_cut(struct view trace)
{
	struct view digits = view_rtrim(trace);

	return digits.n >= 8 && digits.n < trace.n && layout_is_digits(digits);
}

bool nacha_check_digit(const char r[9])
{
	static const int weights[] = { 3, 7, 1, 3, 7, 1, 3, 7, 1 };
	int sum = 0;

	for (int i = 0; i < 9; i++)
		sum += weights[i] * (r[i] - '0');
	return sum % 10 == 0;
}

/* --- file header --- */

static int day_number(date_t day)
{
	int y, m, d;

	date_split(day, &y, &m, &d);
	return y * 10000 + m * 100 + d;
}

static void header_codes(struct nacha *n, const char *line)
{
	static const struct { unsigned row; enum nacha_code code; } fixed[] = {
		{ FH_PRIORITY, NC_PRIORITY }, { FH_SIZE, NC_RECORD_SIZE }, { FH_BLOCKING, NC_BLOCKING },
			{ FH_FORMAT, NC_FORMAT_CODE },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		const struct layout_row *row = &nacha_file_header.rows[fixed[i].row];

		if (!view_eq(layout_at(row, line), view_of(row->fixed)))
			nacha_say(n, fixed[i].code, row, "the field \"%s\" must be %s", row->name, row->fixed);
	}
}

static void partners_check(struct nacha *n, const char *line, struct view to)
{
	const struct layout_row *rows = nacha_file_header.rows;

	if (n->destinations.n > 0 && !nacha_listed(n->destinations, to))
		nacha_say(n, NC_DESTINATION_UNKNOWN, &rows[FH_DESTINATION],
			  "the immediate destination is none of those named for this channel");
	if (n->origins.n > 0 && !nacha_listed(n->origins, view_trim(layout_at(&rows[FH_ORIGIN], line))))
		nacha_say(n, NC_ORIGIN_UNKNOWN, &rows[FH_ORIGIN],
			  "the immediate origin is none of those named for this channel");
}

static void header_check(struct nacha *n, const char *line)
{
	const struct layout_row *rows = nacha_file_header.rows;
	struct view to = view_trim(layout_at(&rows[FH_DESTINATION], line));
	struct view time = layout_at(&rows[FH_TIME], line);
	char modifier = *layout_at(&rows[FH_MODIFIER], line).p;

	layout_verify(&nacha_file_header, line, nacha_fault, n);
	header_codes(n, line);
	if (to.n == 10 && *to.p == '0')			/* ten digits: a zero in front of the routing number */
		to = view_sub(to, 1, 9);
	if (to.n > 0 && (to.n != 9 || !layout_is_digits(to) || !nacha_check_digit(to.p)))
		nacha_say(n, NC_DESTINATION_DIGIT, &rows[FH_DESTINATION],
			  "the immediate destination is not a valid routing number");
	if (!layout_is_blank(time) && (!layout_is_digits(time) || memcmp(time.p, "2359", 4) > 0 || time.p[2] > '5'))
		nacha_say(n, NC_CREATION_TIME, &rows[FH_TIME], "the file creation time is not a time of day");
	if (!((modifier >= 'A' && modifier <= 'Z') || (modifier >= '0' && modifier <= '9')))
		nacha_say(n, NC_FILE_ID, &rows[FH_MODIFIER],
			  "the file ID modifier must be a capital letter or a digit");
	partners_check(n, line, to);
}

/* One input may hold several files: origin, creation date, time and modifier tell them apart. */
static void identity_check(struct nacha *n, const char *line)
{
	const struct layout_row *rows = nacha_file_header.rows;
	struct view who = layout_at(&rows[FH_ORIGIN], line);
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < who.n + 11; i++)		/* date, time and modifier stand behind the origin */
		h = (h ^ (unsigned char)who.p[i]) * 1099511628211u;
	for (size_t i = 0; i < n->n_seen; i++)
		if (n->seen[i] == h) {
			nacha_say(n, NC_DUPLICATE_FILE, &rows[FH_MODIFIER],
				  "a file with this origin, creation date, time and modifier came before in this input");
			return;
		}
	if (n->n_seen < NACHA_SEEN_FILES)
		n->seen[n->n_seen++] = h;
}

static void open_file(struct nacha *n, bool headed)
{
	n->phase = PHASE_FILE;
	n->headed = headed;
	n->files++;
	n->adv = false;
	n->control_at = 0;
	n->day = DAY_UNKNOWN;
	n->created = DATE_NONE;
	n->last_batch = -1;
	n->sum = (struct nacha_totals){ 0 };
}

static void take_header(struct nacha *n, const char *line)
{
	n->headed = true;
	header_check(n, line);
	identity_check(n, line);
	record_init(&n->record, RECORD_FILE, n->at.line);
	layout_read(&n->record, &nacha_file_header, line);
	n->created = (date_t)record_num(&n->record, F_CREATED_DATE, DATE_NONE);
	if (n->created != DATE_NONE)
		n->day = day_number(n->created);
	nacha_tell(n);
}

/* --- batch header --- */

static int class_number(const char *p)
{
	if (memcmp(p, "200", 3) == 0 || memcmp(p, "220", 3) == 0 || memcmp(p, "225", 3) == 0 ||
	    memcmp(p, "280", 3) == 0)
		return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	return 0;
}

static void must_say_something(struct nacha *n, enum nacha_code code, const struct layout_row *row, const char *line)
{
	if (layout_is_nothing(layout_at(row, line)))
		nacha_say(n, code, row, "the field \"%s\" is all blanks or zeros", row->name);
}

static bool says(struct view text, const char *word)
{
	return memcmp(text.p, word, strlen(word)) == 0;
}

static void description_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_batch_header.rows[BH_DESCRIPTION];
	struct view text = layout_at(row, line);
	const struct nacha_word *word = nacha_word_find(text, n->day);
	const char *must = n->batch.sec->description;

	must_say_something(n, NC_ENTRY_DESCRIPTION, row, line);
	if (word != NULL && !says(text, word->word))
		nacha_say(n, NC_DESCRIPTION_CASE, row, "the word %s must be in upper case", word->word);
	if (must != NULL && !says(text, must))
		nacha_say(n, NC_DESCRIPTION_SEC, row, "batches of class %s must say %s here", n->batch.sec->code, must);
	else if (word != NULL && word->secs != NULL && n->batch.known && !(n->batch.sec->flags & SEC_COR) &&
		 !nacha_secs_have(word->secs, n->batch.sec->code))
		nacha_say(n, NC_DESCRIPTION_SEC, row, "%s is the word of batches of class %s, this one is %s", word->word,
			  word->secs, n->batch.sec->code);
	n->batch.reversal = word != NULL && strcmp(word->word, "REVERSAL") == 0;
	n->batch.account_verify = word != NULL && strcmp(word->word, "ACCTVERIFY") == 0;
}

static void settlement_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_batch_header.rows[BH_SETTLEMENT];
	struct view day = layout_at(row, line);
	int nth;

	if (!layout_is_nothing(day) && !nacha_day_of_year(&nth, day))
		nacha_say(n, NC_SETTLEMENT_DATE, row, "the settlement date is no day of the year");
}

/* SDHHMM in the descriptive date says that the batch is meant for a same-day window. */
static void same_day_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_batch_header.rows[BH_DESCRIPTIVE];
	struct view text = layout_at(row, line);

	n->batch.same_day = !n->batch.iat && memcmp(text.p, "SD", 2) == 0 && layout_is_digits(view_sub(text, 2, 4));
	if (n->batch.same_day && memcmp(n->batch.sec->code, "ENR", 3) == 0)
		nacha_say(n, NC_SAME_DAY_CLASS, row, "the batch is meant for the same day, class %s is not taken there",
			  n->batch.sec->code);
}

static void odfi_check(struct nacha *n, const char *line)
{
	const struct layout_row *row = &nacha_batch_header.rows[BH_ODFI];

	if (n->odfis.n > 0 && !nacha_listed(n->odfis, layout_at(row, line)))
		nacha_say(n, NC_ODFI_UNKNOWN, row, "the originating bank is none of those named for this channel");
}

static void batch_header_check(struct nacha *n, const char *line)
{
	const struct layout_row *rows = nacha_batch_header.rows;
	struct nacha_batch *b = &n->batch;
	char status = *layout_at(&rows[BH_STATUS], line).p;

	if (b->class == 0)
		nacha_say(n, NC_SERVICE_CLASS, &rows[BH_CLASS], "the service class code must be 200, 220, 225 or 280");
	else if (b->known && (b->class == 280) != ((b->sec->flags & SEC_ADV) != 0))
		nacha_say(n, NC_SERVICE_CLASS, &rows[BH_CLASS],
			  "service class 280 belongs to class ADV, and to no other");
	if (!b->known)
		nacha_say(n, NC_SEC, &rows[BH_SEC], "the standard entry class code is not known");
	layout_verify(b->iat ? &nacha_iat_header : &nacha_batch_header, line, nacha_fault, n);
	if (b->iat)
		nacha_iat_header_check(n, line);
	else
		must_say_something(n, NC_COMPANY_NAME, &rows[BH_COMPANY], line);
	must_say_something(n, NC_COMPANY_ID, &rows[BH_COMPANY_ID], line);
	description_check(n, line);
	settlement_check(n, line);
	same_day_check(n, line);
	odfi_check(n, line);
	if (status != ' ' && (b->sec->flags & SEC_ADV ? status != '0' : status != '1' && status != '2'))
		nacha_say(n, NC_ORIGINATOR_STATUS, &rows[BH_STATUS], "the originator status code must be %s",
			  b->sec->flags & SEC_ADV ? "0 for advices" : "1 (a bank) or 2 (a federal agency)");
}

static void batch_dates_check(struct nacha *n)
{
	const struct layout_row *rows = nacha_batch_header.rows;
	struct nacha_batch *b = &n->batch;

	if (b->number >= 0 && b->number <= n->last_batch)
		nacha_say(n, NC_BATCH_ORDER, &rows[BH_NUMBER], "the batch number is not above that of the batch before");
	n->last_batch = b->number > n->last_batch ? b->number : n->last_batch;
	if (b->same_day && b->effective != DATE_NONE && n->headed && day_number(b->effective) > n->day)
		nacha_say(n, NC_SAME_DAY_CLASS, &rows[BH_EFFECTIVE],
			  "the batch is meant for the same day, but its effective entry date is a later one");
	if (memcmp(b->sec->code, "ENR", 3) == 0 && !layout_is_nothing(layout_at(&rows[BH_EFFECTIVE], b->line)))
		nacha_say(n, NC_EFFECTIVE_DATE, &rows[BH_EFFECTIVE], "the effective entry date of enrollments is left blank");
}

static void take_batch(struct nacha *n, const char *line)
{
	const struct layout_row *rows = nacha_batch_header.rows;
	struct nacha_batch *b = &n->batch;

	*b = (struct nacha_batch){ .effective = DATE_NONE, .number = -1, .at = n->at.line };
	memcpy(b->line, line, NACHA_WIDTH);
	b->sec = nacha_sec_find(layout_at(&rows[BH_SEC], line).p);
	b->known = b->sec != NULL && nacha_valid(b->sec->days, n->day);
	if (!b->known)
		b->sec = &any_sec;
	b->iat = (b->sec->flags & SEC_IAT) || ((b->sec->flags & SEC_COR) &&
					       memcmp(line + rows[BH_COMPANY].pos - 1, "IATCOR", 6) == 0);
	b->class = class_number(layout_at(&rows[BH_CLASS], line).p);
	n->adv = n->adv || (b->sec->flags & SEC_ADV);
	n->phase = PHASE_BATCH;
	n->sum.batches++;
	batch_header_check(n, line);
	record_init(&n->record, RECORD_BATCH, n->at.line);
	layout_read(&n->record, b->iat ? &nacha_iat_header : &nacha_batch_header, b->line);
	if (b->iat) {
		buf_clear(&n->extra);
		nacha_extra_read(&n->extra, "5", &nacha_iat_header, b->line);
		record_set_text(&n->record, F_EXTRA, view_sub(buf_as_view(&n->extra), 0, n->extra.n - (n->extra.n > 0)));
	}
	b->effective = (date_t)record_num(&n->record, F_EFFECTIVE_DATE, DATE_NONE);
	b->number = record_num(&n->record, F_BATCH_NUMBER, -1);
	batch_dates_check(n);
	nacha_fast_begin(n);
	nacha_tell(n);
}

/* --- controls --- */

/* Twenty digits (ADV) may be more than 64 bits hold: no file adds up to that. */
static void too_large(struct nacha *n, enum nacha_code code, const struct layout_row *row, struct view claimed)
{
	if (layout_is_digits(claimed))			/* what is not is told by the layout already */
		nacha_say(n, code, row, "the field \"%s\" says more than any file can add up to", row->name);
}

static void compare_money(struct nacha *n, enum nacha_code code, const struct layout_row *row, const char *line,
			  int64_t read)
{
	int64_t claimed;

	if (!layout_number(&claimed, layout_at(row, line)))
		too_large(n, code, row, layout_at(row, line));
	else if (claimed != read)
		nacha_say(n, code, row, "the field \"%s\" says %lld.%02lld, the entries add up to %lld.%02lld",
			  row->name, (long long)(claimed / 100), (long long)(claimed % 100), (long long)(read / 100),
			  (long long)(read % 100));
}

static void compare_count(struct nacha *n, enum nacha_code code, const struct layout_row *row, const char *line,
			  uint64_t read)
{
	int64_t claimed;

	if (layout_number(&claimed, layout_at(row, line)) && (uint64_t)claimed != read)
		nacha_say(n, code, row, "the field \"%s\" says %lld, but it is %llu as read", row->name,
			  (long long)claimed, (unsigned long long)read);
}

static void compare_header(struct nacha *n, enum nacha_code code, const struct layout_row *mine,
			   const struct layout_row *header, const char *line)
{
	if (!view_eq(layout_at(mine, line), layout_at(header, n->batch.line)))
		nacha_say(n, code, mine, "the field \"%s\" of the batch control differs from the batch header",
			  mine->name);
}

static void tell_total(struct nacha *n, const struct layout *l, const char *line, struct view of)
{
	record_init(&n->record, RECORD_TOTAL, n->at.line);
	layout_read(&n->record, l, line);
	record_set_text(&n->record, F_TYPE, of);
	nacha_tell(n);
}

/* Twelve digits, but twenty in ADV: more does not fit the control records. */
static void width_check(struct nacha *n, const struct nacha_totals *sum, bool adv)
{
	if (!adv && (sum->debit > CONTROL_MAX || sum->credit > CONTROL_MAX))
		nacha_say(n, NC_SUM, &nacha_batch_control.rows[sum->debit > CONTROL_MAX ? BC_DEBIT : BC_CREDIT],
			  "the amounts add up to more than a control record can hold");
}

static void batch_rules_check(struct nacha *n)
{
	const struct nacha_batch *b = &n->batch;

	if (b->entries == 0)
		nacha_say(n, NC_EMPTY_BATCH, NULL, "the batch has no entries");
	if (b->account_verify && b->sum.debit > b->sum.credit)
		nacha_say(n, NC_MICRO_ENTRY, NULL, "the micro-entries' debits are more than their credits");
}

static void take_batch_control(struct nacha *n, const char *line)
{
	const struct layout *l = n->batch.sec->flags & SEC_ADV ? &nacha_batch_control_adv : &nacha_batch_control;
	const struct layout_row *rows = l->rows, *header = nacha_batch_header.rows;
	const struct nacha_totals *sum = &n->batch.sum;

	layout_verify(l, line, nacha_fault, n);
	compare_header(n, NC_CONTROL_CLASS, &rows[BC_CLASS], &header[BH_CLASS], line);
	if (l == &nacha_batch_control && !(n->batch.iat && layout_is_blank(layout_at(&rows[BC_COMPANY_ID], line))))
		compare_header(n, NC_CONTROL_COMPANY_ID, &rows[BC_COMPANY_ID], &header[BH_COMPANY_ID], line);
	compare_header(n, NC_CONTROL_ODFI, &rows[BC_ODFI], &header[BH_ODFI], line);
	compare_header(n, NC_BATCH_NUMBER, &rows[BC_NUMBER], &header[BH_NUMBER], line);
	compare_count(n, NC_ENTRY_COUNT, &rows[BC_COUNT], line, sum->items);
	compare_count(n, NC_ENTRY_HASH, &rows[BC_HASH], line, sum->hash);
	compare_money(n, NC_DEBIT, &rows[BC_DEBIT], line, sum->debit);
	compare_money(n, NC_CREDIT, &rows[BC_CREDIT], line, sum->credit);
	nacha_reserved_check(n, l, line);
	width_check(n, sum, l == &nacha_batch_control_adv);
	batch_rules_check(n);
	nacha_effective_check(n);
	n->phase = PHASE_FILE;
	tell_total(n, l, line, VIEW("batch"));
}

static void take_file_control(struct nacha *n, const char *line)
{
	const struct layout *l = n->adv ? &nacha_file_control_adv : &nacha_file_control;
	const struct layout_row *rows = l->rows;

	layout_verify(l, line, nacha_fault, n);
	compare_count(n, NC_BATCH_COUNT, &rows[FC_BATCHES], line, n->sum.batches);
	compare_count(n, NC_FILE_ENTRY_COUNT, &rows[FC_COUNT], line, n->sum.items);
	compare_count(n, NC_FILE_ENTRY_HASH, &rows[FC_HASH], line, n->sum.hash);
	compare_money(n, NC_FILE_DEBIT, &rows[FC_DEBIT], line, n->sum.debit);
	compare_money(n, NC_FILE_CREDIT, &rows[FC_CREDIT], line, n->sum.credit);
	nacha_reserved_check(n, l, line);
	memcpy(n->control, line, NACHA_WIDTH);
	n->control_at = n->at.line;
	n->phase = PHASE_DONE;
	tell_total(n, l, line, VIEW("file"));
}

/* The fill records stand behind the control record, so its block count can only be judged when the envelope is over. */
static void close_file(struct nacha *n)
{
	uint64_t lines = n->sum.records + n->sum.fills;
	struct nacha_place here = n->at;

	nacha_close_entry(n);
	if (n->phase == PHASE_BATCH)
		nacha_say(n, NC_NO_BATCH_CONTROL, NULL, "the batch has no batch control record (type 8)");
	if (n->phase != PHASE_DONE) {
		nacha_say(n, NC_NO_FILE_CONTROL, NULL,
			  "the file has no file control record (type 9): it may be cut short");
		return;
	}
	n->at = (struct nacha_place){ n->control_at, { n->control, NACHA_WIDTH } };
	compare_count(n, NC_BLOCK_COUNT, &nacha_file_control.rows[FC_BLOCKS], n->control,
		      (lines + NACHA_BLOCKING - 1) / NACHA_BLOCKING);
	if (lines % NACHA_BLOCKING != 0)
		nacha_say(n, NC_PADDING, NULL, "the last block of ten records is not filled with nines");
	else if (n->sum.fills >= NACHA_BLOCKING)
		nacha_say(n, NC_PADDING, NULL, "there are more records of nines than fill the last block");
	n->at = here;
}

/* --- which record may follow which --- */

static void on_file_header(struct nacha *n, const char *line)
{
	nacha_close_entry(n);
	if (n->phase == PHASE_DONE) {
		close_file(n);
		nacha_say(n, NC_SEVERAL_FILES, NULL, "another file begins here");
		open_file(n, true);
	} else if (n->phase == PHASE_START) {
		open_file(n, true);
	} else if (n->headed) {
		nacha_say(n, NC_ORDER, NULL, "a file header inside a file");
		close_file(n);
		open_file(n, true);
	} else {
		nacha_say(n, NC_ORDER, NULL, "the file header is not the first record");
	}
	n->sum.records++;
	take_header(n, line);
}

/* True when a record of a batch may be read now. */
static bool in_file(struct nacha *n)
{
	if (n->phase == PHASE_DONE) {
		nacha_say(n, NC_AFTER_TRAILER, NULL,
			  "this record stands behind the file control record and is not read");
		return false;
	}
	if (n->phase == PHASE_START) {
		nacha_say(n, NC_NO_FILE_HEADER, NULL, "the file does not begin with a file header record (type 1)");
		open_file(n, false);
	}
	n->sum.records++;
	return true;
}

static bool in_batch(struct nacha *n, const char *what)
{
	if (!in_file(n))
		return false;
	if (n->phase == PHASE_BATCH)
		return true;
	nacha_say(n, NC_ORDER, NULL, "%s outside a batch: it is not read", what);
	return false;
}

static void on_batch_header(struct nacha *n, const char *line)
{
	nacha_close_entry(n);
	if (!in_file(n))
		return;
	if (n->phase == PHASE_BATCH)
		nacha_say(n, NC_NO_BATCH_CONTROL, NULL,
			  "a batch begins before the last one had its batch control record (type 8)");
	take_batch(n, line);
}

static void on_batch_control(struct nacha *n, const char *line)
{
	nacha_close_entry(n);
	if (in_batch(n, "a batch control record"))
		take_batch_control(n, line);
}

static void on_file_control(struct nacha *n, const char *line)
{
	nacha_close_entry(n);
	if (memcmp(line, nines, NACHA_WIDTH) == 0) {
		if (n->phase != PHASE_DONE && n->sum.fills == 0 && in_file(n)) {
			n->sum.records--;
			nacha_say(n, NC_ORDER, NULL, "fill records of nines stand before the file control record");
		}
		n->sum.fills++;
		return;
	}
	if (!in_file(n))
		return;
	if (n->phase == PHASE_BATCH)
		nacha_say(n, NC_NO_BATCH_CONTROL, NULL,
			  "the file ends before the last batch had its batch control record (type 8)");
	take_file_control(n, line);
}

void nacha_line(struct nacha *n, const char line[NACHA_WIDTH])
{
	switch (line[0]) {
	case '6':
		nacha_close_entry(n);
		if (in_batch(n, "an entry"))
			nacha_on_entry(n, line);
		return;
	case '7':
		if (in_batch(n, "an addenda record"))
			nacha_on_addenda(n, line);
		return;
	case '1':
		on_file_header(n, line);
		return;
	case '5':
		on_batch_header(n, line);
		return;
	case '8':
		on_batch_control(n, line);
		return;
	case '9':
		on_file_control(n, line);
		return;
	default:
		nacha_close_entry(n);
		if (in_file(n))
			nacha_say(n, NC_RECORD_TYPE, &nacha_entry.rows[E_TYPE],
				  "no record of a NACHA file begins like this");
	}
}

void nacha_begin(struct nacha *n, const struct tally_host *host)
{
	n->host = host;
	n->sums = TALLY_HOST_HAS(host, sum);
	n->at = (struct nacha_place){ 0 };
	n->severity[NC_OPTION] = FINDING_ERROR;
	nacha_options_read(n);
	n->batch.sec = &any_sec;
	n->text.max = (size_t)NACHA_ADDENDA_MAX * NACHA_TEXT_BYTES;
}

void nacha_end(struct nacha *n)
{
	n->at.raw = (struct view){ NULL, 0 };
	nacha_tell_sum(n);
	if (n->phase == PHASE_START)
		nacha_say(n, NC_EMPTY, NULL, "the file holds no record");
	else
		close_file(n);
}

void nacha_release(struct nacha *n)
{
	buf_release(&n->text);
	buf_release(&n->extra);
}
