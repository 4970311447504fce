/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2 - BAI Cash Management Balance Reporting, version 2: reads statements and details, verifies every total and count
 *
 * 01 (02 (03 88* (16 88*)* 49)+ 98)+ 99.  Windows are cut into lines, lines into records (several may stand on one),
 * records into fields.  What real banks do otherwise (envelope lines, text broken without 88, 88:, short records, fill,
 * CR alone) is read with a finding; what makes an amount or the completeness doubtful is an error.  Order of records:
 * FILE, then for each 03 STATEMENT, its BALANCEs, its ENTRYs (every 16 is one), and a TOTAL for each 49, 98, 99.
 * Memory does not grow with the file.
 */
#include <stdio.h>

#include "formats/lib/bai2.h"

/* Lines and records */

static enum bai2_rec record_code(struct view v)
{
	if (v.n < 2)
		return REC_NONE;
	switch ((unsigned char)v.p[0] << 8 | (unsigned char)v.p[1]) {
	case '0' << 8 | '1': return REC_01;
	case '0' << 8 | '2': return REC_02;
	case '0' << 8 | '3': return REC_03;
	case '1' << 8 | '6': return REC_16;
	case '4' << 8 | '9': return REC_49;
	case '8' << 8 | '8': return REC_88;
	case '9' << 8 | '8': return REC_98;
	case '9' << 8 | '9': return REC_99;
	}
	return REC_NONE;
}

static bool two_digits(struct view v)
{
	return v.n >= 3 && v.p[0] >= '0' && v.p[0] <= '9' && v.p[1] >= '0' && v.p[1] <= '9' && v.p[2] == ',';
}

/* A record's code and what follows it; 0 when the bytes begin no record. */
static enum bai2_rec begins_record(struct view v, bool *colon)
{
	enum bai2_rec rec = record_code(v);

	*colon = false;
	if (rec == REC_NONE || v.n == 2)
		return rec;
	if (v.p[2] == ',' || v.p[2] == '/')
		return rec;
	*colon = rec == REC_88 && v.p[2] == ':';
	return *colon ? rec : REC_NONE;
}

static bool digits(struct view v)
{
	if (v.n > 0 && (*v.p == '+' || *v.p == '-'))
		v = view_sub(v, 1, v.n);
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return true;
}

static bool digits_and_slash(struct view v)
{
	const char *slash = v.n == 0 ? NULL : memchr(v.p, '/', v.n);

	return slash != NULL && slash > v.p && digits((struct view){ v.p, (size_t)(slash - v.p) });
}

/*
 * Does a new record begin here, behind a slash in the middle of a line?  A text may hold "4/ 16,000 PIECES": the fields
 * must look like the record's own, not the code alone.
 */
static bool begins_inside(struct view v)
{
	enum bai2_rec rec = record_code(v);
	struct view f[4] = { { NULL, 0 } };
	size_t n = 0;

	if (rec == REC_NONE || !two_digits(v))
		return false;
	v = view_sub(v, 3, v.n);
	while (n < 4 && view_cut(&v, ',', &f[n]))
		n++;
	switch (rec) {
	case REC_16:
		return n >= 4 && f[0].n == 3 && digits(f[0]) && digits(f[1]) && f[2].n <= 1;
	case REC_49:
		return n >= 2 && f[0].n > 0 && digits(f[0]) && digits_and_slash(f[1]);
	case REC_98:
	case REC_99:
		return n >= 3 && f[0].n > 0 && digits(f[0]) && digits(f[1]) && digits_and_slash(f[2]);
	case REC_88:
		return false;
	default:
		return n == 4;
	}
}

/* Cuts the first record off a line: up to the slash behind which another record begins, or all of it. */
static struct view cut_record(struct view *line)
{
	struct view whole = *line, rest = *line;
	const char *slash;

	while (rest.n > 0 && (slash = memchr(rest.p, '/', rest.n)) != NULL) {
		rest = view_sub(rest, (size_t)(slash - rest.p) + 1, rest.n);
		if (rest.n == 0 || *rest.p != ' ')
			continue;
		while (rest.n > 0 && *rest.p == ' ')
			rest = view_sub(rest, 1, rest.n);
		if (!begins_inside(rest))
			continue;
		*line = rest;
		return (struct view){ whole.p, (size_t)(slash - whole.p) + 1 };
	}
	*line = (struct view){ NULL, 0 };
	return whole;
}

/* Structure */

static bool is_frame(enum bai2_rec rec)
{
	return rec != REC_NONE && rec != REC_03 && rec != REC_16 && rec != REC_88;
}

void bai2_finish_open(struct bai2 *b)
{
	if (b->open == REC_03)
		bai2_account_finish(b);
	else if (b->open == REC_16)
		bai2_detail_finish(b);
	else if (is_frame(b->open))
		bai2_frame_finish(b);
	b->open = REC_NONE;
}

static void find_unclosed(struct bai2 *b, enum bai2_level down_to)
{
	struct view start = view_sub(b->raw, 0, 0);

	if (b->level == IN_ACCOUNT && down_to < IN_ACCOUNT) {
		bai2_find(b, BAI2_NO_ACCOUNT_TRAILER, start, "Record Code",
			"the account before this record is not closed by a 49");
		b->sums[RING_ACCOUNT].open = false;
		b->sums[RING_GROUP].children++;
		b->sums[RING_GROUP].lost = true;
		b->level = IN_GROUP;
	}
	if (b->level == IN_GROUP && down_to < IN_GROUP) {
		bai2_find(b, BAI2_NO_GROUP_TRAILER, start, "Record Code",
			"the group before this record is not closed by a 98");
		b->sums[RING_GROUP].open = false;
		b->sums[RING_FILE].children++;
		b->sums[RING_FILE].lost = true;
		b->level = IN_FILE;
	}
}

static void open_ring(struct bai2 *b, enum bai2_ring ring, enum bai2_level level)
{
	b->sums[ring] = (struct bai2_sums){ .open = true };
	b->level = level;
}

/* A header that is missing is told once; the reading goes on as if it had been there, but nothing is added up against it. */
static void need_file(struct bai2 *b)
{
	if (b->level != AT_START)
		return;
	bai2_find(b, BAI2_NO_FILE_HEADER, view_sub(b->raw, 0, 0), "Record Code",
		"the file does not begin with a file header (01)");
	open_ring(b, RING_FILE, IN_FILE);
	b->sums[RING_FILE].lost = true;
}

static void need_group(struct bai2 *b)
{
	need_file(b);
	if (b->level != IN_FILE)
		return;
	bai2_find(b, BAI2_NO_GROUP_HEADER, view_sub(b->raw, 0, 0), "Record Code",
		"this record stands outside a group (02)");
	b->as_of = DATE_NONE;
	b->status = b->modifier = 0;
	memcpy(b->group_currency, "USD", 4);
	open_ring(b, RING_GROUP, IN_GROUP);
	b->sums[RING_GROUP].lost = true;
}

static void need_account(struct bai2 *b)
{
	need_group(b);
	if (b->level != IN_GROUP)
		return;
	bai2_find(b, BAI2_NO_ACCOUNT_HEADER, view_sub(b->raw, 0, 0), "Record Code",
		"this record stands outside an account (03)");
	b->account_n = 0;
	memcpy(b->currency, b->group_currency, 4);
	open_ring(b, RING_ACCOUNT, IN_ACCOUNT);
	b->sums[RING_ACCOUNT].lost = true;
}

static void enter(struct bai2 *b, enum bai2_rec rec)
{
	switch (rec) {
	case REC_01:
		if (b->level != AT_START && b->level != AT_END) {
			find_unclosed(b, IN_FILE);
			bai2_find(b, BAI2_NO_FILE_TRAILER, view_sub(b->raw, 0, 0), "Record Code",
				"the file before this header has no trailer (99)");
		}
		open_ring(b, RING_FILE, IN_FILE);
		b->said_after = false;
		break;
	case REC_02:
		need_file(b);
		find_unclosed(b, IN_FILE);
		open_ring(b, RING_GROUP, IN_GROUP);
		break;
	case REC_03:
		need_group(b);
		find_unclosed(b, IN_GROUP);
		open_ring(b, RING_ACCOUNT, IN_ACCOUNT);
		break;
	case REC_16:
	case REC_49:
		need_account(b);
		break;
	case REC_98:
		need_group(b);
		find_unclosed(b, IN_GROUP);
		break;
	case REC_99:
		need_file(b);
		find_unclosed(b, IN_FILE);
		break;
	default:
		break;
	}
}

static void count_record(struct bai2 *b, enum bai2_rec rec)
{
	for (int i = 0; i < RINGS; i++) {
		if (!b->sums[i].open)
			continue;
		b->sums[i].records++;
		b->sums[i].continuations += rec == REC_88;
	}
}

/* Fields */

static void give_field(struct bai2 *b, struct view v)
{
	if (b->open == REC_03)
		bai2_account_field(b, v);
	else if (b->open == REC_16)
		bai2_detail_field(b, v);
	else
		bai2_frame_field(b, v);
}

/* The last field of a physical record: a slash ends it. */
static void give_last(struct bai2 *b, struct view v)
{
	v = view_rtrim(v);
	if (v.n > 0 && v.p[v.n - 1] == '/')
		v.n--;
	else if (b->open != REC_16)
		bai2_find(b, BAI2_NO_SLASH, view_sub(v, v.n, 0), NULL, "the record is not ended by a slash");
	give_field(b, v);
}

static void hold_line(struct bai2 *b)
{
	b->held.line = b->line;
	b->held.n = b->raw.n < sizeof(b->held.p) ? b->raw.n : sizeof(b->held.p);
	memcpy(b->held.p, b->raw.p, b->held.n);
}

static void give_fields(struct bai2 *b, struct view body, bool is_88)
{
	const char *comma;

	if (b->open == REC_16 && is_88 && !bai2_detail_in_text(b)) {
		comma = memchr(body.p, ',', body.n);
		struct view first = view_sub(body, 0, comma == NULL ? body.n : (size_t)(comma - body.p));

		if (comma == NULL)
			first = view_rtrim(first);
		if (first.n > 0 && comma == NULL && first.p[first.n - 1] == '/')
			first.n--;
		if (!bai2_detail_takes(b, first))
			bai2_detail_to_text(b);
	}
	for (;;) {
		if (b->open == REC_16 && bai2_detail_in_text(b)) {
			bai2_detail_text(b, body);
			return;
		}
		comma = body.n == 0 ? NULL : memchr(body.p, ',', body.n);
		if (comma == NULL)
			break;
		give_field(b, (struct view){ body.p, (size_t)(comma - body.p) });
		body = view_sub(body, (size_t)(comma - body.p) + 1, body.n);
	}
	give_last(b, body);
	if ((b->open == REC_03 && !bai2_account_whole(b)) || (b->open == REC_16 && !bai2_detail_in_text(b)) ||
	    (is_frame(b->open) && !bai2_frame_complete(b)))
		hold_line(b);
}

static void begin(struct bai2 *b, enum bai2_rec rec)
{
	bai2_finish_open(b);
	enter(b, rec);
	b->open = rec;
	b->rec_line = b->line;
	if (rec == REC_03)
		bai2_account_begin(b);
	else if (rec == REC_16)
		bai2_detail_begin(b);
	else
		bai2_frame_begin(b);
}

static void on_record(struct bai2 *b, enum bai2_rec rec, struct view piece)
{
	/* "99/" holds no field; "99,.../" holds those behind the comma. */
	struct view body = piece.n > 2 && piece.p[2] == '/' ? view_sub(piece, 2, piece.n) : view_sub(piece, 3, piece.n);

	if (rec == REC_88 && b->open == REC_NONE) {
		bai2_find(b, BAI2_CONTINUATION, piece, "Record Code", "this 88 has no record that it could continue");
		count_record(b, rec);
		return;
	}
	if (rec != REC_88)
		begin(b, rec);
	count_record(b, rec);
	give_fields(b, body, rec == REC_88);
	if (is_frame(b->open) && bai2_frame_complete(b))
		bai2_finish_open(b);
}

/* What begins no record: an envelope before the file, text that lost its 88, or a fault. */
static void on_stray(struct bai2 *b, struct view piece)
{
	if (b->open == REC_16 && !two_digits(piece)) {
		bai2_find(b, BAI2_TEXT_BROKEN, piece, "Text", "the text before goes on here without an 88");
		bai2_detail_to_text(b);
		bai2_detail_text(b, piece);
		return;
	}
	if (b->level == AT_START && !two_digits(piece)) {
		if (!b->said_envelope)
			bai2_find(b, BAI2_ENVELOPE, piece, NULL,
				"this line stands before the file header (01); lines like it are not read");
		b->said_envelope = true;
		return;
	}
	bai2_find(b, BAI2_RECORD_CODE, piece, "Record Code",
		"the record code is none of 01 02 03 16 49 88 98 99; the line is not read");
}

static void on_piece(struct bai2 *b, struct view piece)
{
	bool colon;
	enum bai2_rec rec = begins_record(piece, &colon);

	b->any = true;
	if (b->level == AT_END && b->open == REC_NONE && rec != REC_01) {
		if (!b->said_after)
			bai2_find(b, BAI2_AFTER_TRAILER, piece, NULL,
				"this stands after the file trailer (99); nothing is read until a new file header");
		b->said_after = true;
		return;
	}
	if (colon)
		bai2_find(b, BAI2_CODE_COLON, view_sub(piece, 2, 1), "Record Code",
			"the 88 is followed by a colon; it is read as an 88");
	if (rec == REC_NONE)
		on_stray(b, piece);
	else
		on_record(b, rec, piece);
}

static struct view skip_fill(struct view v)
{
	while (v.n > 0 && (*v.p == ' ' || *v.p == '\t' || *v.p == '\x1a'))
		v = view_sub(v, 1, v.n);
	return v;
}

/* Told where the first one stands, so that the size of windows does not show; nul_near: there is one in what was handed over. */
static void tell_nul(struct bai2 *b, struct view line)
{
	if (!b->nul_near || b->said_nul || line.n == 0 || memchr(line.p, '\0', line.n) == NULL)
		return;
	b->said_nul = true;
	bai2_find_at(b, BAI2_NUL, FINDING_ERROR, b->line, 0, NULL, "the file holds NUL bytes, the first one in this line");
}

static void on_line(struct bai2 *b, struct view line)
{
	bool colon, first = true;
	struct view rest, piece;

	tell_nul(b, line);
	b->raw = line;
	if (line.n > b->longest && !b->said_long) {
		bai2_find(b, BAI2_RECORD_LONG, view_sub(line, b->longest, 0), NULL,
			"the line has %zu bytes, the file header declares %zu; lines like it are read whole", line.n, b->longest);
		b->said_long = true;
	}
	rest = skip_fill(line);
	if (rest.n == 0)
		return;
	if (begins_record(rest, &colon) == REC_NONE)
		rest = line;			/* blanks in front of a broken text are its own */
	while (rest.p != NULL && !b->stopped) {
		piece = cut_record(&rest);
		if (!first && !b->said_on_line) {
			bai2_find(b, BAI2_RECORDS_ON_LINE, piece, NULL,
				"several records stand on one line; they are read one by one");
			b->said_on_line = true;
		}
		first = false;
		on_piece(b, piece);
	}
}

/* Windows */

#define FIXED_FIELD 6			/* of a 01: the physical record length */
#define FIXED_MAX ((size_t)1024)

static size_t line_end(const struct bai2 *b, struct view w, bool last)
{
	const char *hit = memchr(w.p, b->eol, w.n);

	return hit != NULL ? (size_t)(hit - w.p) : last ? w.n : SIZE_MAX;
}

static void skip_line(struct bai2 *b)
{
	if (b->skipping)
		return;
	b->line++;
	b->raw = (struct view){ NULL, 0 };
	b->any = b->skipping = true;
	bai2_find_at(b, BAI2_LINE_LONG, FINDING_ERROR, b->line, 0, NULL,
		"the line is longer than 1 MiB; it is not read");
}

/* Records of the length that the header declares, one behind the other; line ends between blocks of them are passed over. */
static size_t read_fixed(struct bai2 *b, struct view w, bool last)
{
	while (w.n > 0 && !b->stopped) {
		if (*w.p == '\n' || *w.p == '\r') {
			w = view_sub(w, 1, w.n);
			continue;
		}
		if (w.n < b->fixed && !last)
			break;
		b->line++;
		on_line(b, view_sub(w, 0, b->fixed));
		w = view_sub(w, b->fixed, w.n);
	}
	return w.n;
}

/* Reads all whole lines of the window; what is left is kept for the next one. */
static size_t read_lines(struct bai2 *b, struct view w, bool last)
{
	if (b->fixed > 0)
		return read_fixed(b, w, last);
	while (w.n > 0 && !b->stopped) {
		size_t n = b->fast && !b->skipping && b->eol == '\n' && b->nul_near == b->said_nul ? bai2_fast_run(b, w) : 0;
		struct view line;

		if (n > 0) {
			w = view_sub(w, n, w.n);
			continue;
		}
		n = line_end(b, w, last);
		if (n == SIZE_MAX)
			break;
		line = view_sub(w, 0, n);
		w = view_sub(w, n + 1, w.n);
		if (line.n > TALLY_KEEP_MAX)
			skip_line(b);		/* as if it had come in several windows */
		b->line += !b->skipping;
		if (!b->skipping && line.n > 0) {
			if (b->eol == '\n' && line.p[line.n - 1] == '\r')
				line.n--;
			on_line(b, line);
		} else {
			tell_nul(b, line);
		}
		b->skipping = false;
	}
	return w.n;
}

/* The physical record length that a 01 at the window's front declares inside itself; 0 = none, or not yet to be seen. */
static size_t declared_length(struct view w)
{
	struct view field = { NULL, 0 }, head = view_sub(w, 0, FIXED_MAX);
	size_t n = 0;

	for (size_t i = 0; i < head.n; i++)
		if (head.p[i] == '\n' || head.p[i] == '\r')
			head.n = i;
	w = head;
	for (int i = 0; i <= FIXED_FIELD; i++)
		if (!view_cut(&w, ',', &field) || (i == 0 && !view_eq(field, VIEW("01"))))
			return 0;
	for (size_t i = 0; i < field.n; i++) {
		if (field.p[i] < '0' || field.p[i] > '9' || n > FIXED_MAX)
			return 0;
		n = n * 10 + (size_t)(field.p[i] - '0');
	}
	return n <= FIXED_MAX && w.p != NULL && (size_t)(w.p - head.p) <= n ? n : 0;
}

/* Do the records follow each other without line ends?  Then the second one stands right behind the declared length. */
static bool begins_fixed(struct bai2 *b, struct view w)
{
	size_t n = declared_length(w);
	struct view first = view_sub(w, 0, n), second = view_sub(w, n, 3);
	bool colon;

	if (n == 0 || second.n < 3 || memchr(first.p, '\n', first.n) != NULL || memchr(first.p, '\r', first.n) != NULL ||
	    second.p[2] != ',' || begins_record(second, &colon) == REC_NONE)
		return false;
	b->fixed = n;
	return true;
}

/*
 * Looks at the beginning once enough of it is there: a byte order mark, and which byte ends a line (a carriage return
 * only when the first line ends with one that no line feed follows).  False: more bytes are needed.
 */
static bool begin_reading(struct bai2 *b, struct view *w, bool last)
{
	const char *cr, *lf;

	if (w->n < 3 && !last)
		return false;
	if (begins_fixed(b, *w)) {
		b->eol = '\n';
		bai2_find_at(b, BAI2_NO_LINE_ENDS, FINDING_NOTE, 0, 0, NULL,
			"records have no line ends; they are cut at the %zu bytes that the header declares", b->fixed);
		return true;
	}
	cr = w->n == 0 ? NULL : memchr(w->p, '\r', w->n);
	lf = w->n == 0 ? NULL : memchr(w->p, '\n', w->n);
	if (lf != NULL && cr != NULL && cr + 1 < lf)
		lf = NULL;
	if (!last && w->n <= TALLY_KEEP_MAX && lf == NULL && (cr == NULL || cr + 1 == w->p + w->n))
		return false;
	b->eol = cr != NULL && lf == NULL ? '\r' : '\n';
	if (b->eol == '\r')
		bai2_find_at(b, BAI2_CR_ONLY, FINDING_NOTE, 0, 0, NULL, "lines end with a carriage return alone");
	if (view_starts(*w, VIEW("\xef\xbb\xbf"))) {
		*w = view_sub(*w, 3, w->n);
		bai2_find_at(b, BAI2_BOM, FINDING_NOTE, 1, 1, NULL,
			"the file begins with a byte order mark; it is skipped");
	}
	return true;
}

static void at_end(struct bai2 *b)
{
	static const char *const missing[] = {
		[IN_FILE] = "the file ends without its trailer (99)",
		[IN_GROUP] = "the file ends inside a group: its 98 and the 99 are missing",
		[IN_ACCOUNT] = "the file ends inside an account: its 49, the 98 and the 99 are missing",
	};

	b->raw = (struct view){ NULL, 0 };
	bai2_finish_open(b);
	bai2_tell_sum(b);
	if (!b->any)
		bai2_find_at(b, BAI2_EMPTY, FINDING_ERROR, 0, 0, NULL, "the file is empty");
	else if (b->level == AT_START)
		bai2_find_at(b, BAI2_NO_FILE_HEADER, FINDING_ERROR, 0, 0, NULL,
			"there is no file header (01) in the file");
	else if (b->level != AT_END)
		bai2_find_at(b, BAI2_NO_FILE_TRAILER, FINDING_ERROR, b->line, 0, NULL, "%s", missing[b->level]);
}

/* Options: bai2_options.c reads them */

static const struct tally_option bai2_options[] = {
	{ "totals", "reject|warn|ignore", "reject", "control totals of 49, 98 and 99 that do not agree" },
	{ "counts", "reject|warn|ignore", "reject", "counts of records, accounts and groups that do not agree" },
	{ "totals_49", "reject|warn|ignore", "as totals", "the account control total alone" },
	{ "totals_98", "reject|warn|ignore", "as totals", "the group control total alone" },
	{ "totals_99", "reject|warn|ignore", "as totals", "the file control total alone" },
	{ "counts_49", "reject|warn|ignore", "as counts", "the counts of account trailers alone" },
	{ "counts_98", "reject|warn|ignore", "as counts", "the counts of group trailers alone" },
	{ "counts_99", "reject|warn|ignore", "as counts", "the counts of the file trailer alone" },
	{ "versions", "2|any", "2", "which version numbers a file header may have" },
	{ "text_slash", "keep|drop", "keep", "a slash that ends a text line: part of the text, or the bank's end mark" },
	{ "codes", "CODE=credit|debit|none[:status|summary|detail],...", "none",
		"type codes of this bank, or other meanings of listed ones; detail where no level is named" },
	{ "items", "entries|details", "entries",
		"lines of the codes 116 136 143 156 345 452: of their own, or parts of the deposit before them" },
	{ "BAI2_<CODE>", "error|warning|note|off", "as `explain` says",
		"how severe one finding is, for each code of this module; what is not read or not proved is never off" },
	{ NULL, NULL, NULL, NULL },
};

/* The module */

static int bai2_parse(const struct tally_host *host, void *state)
{
	struct bai2 *b = state;
	struct view w;
	size_t keep = 0, seen = 0;		/* seen: kept bytes that were searched for NULs already */
	int got = 1;

	b->host = host;
	b->as_of = DATE_NONE;
	b->longest = SIZE_MAX;
	b->text_buf.max = BAI2_TEXT_MAX + 1;
	bai2_options_read(b);
	bai2_fast_begin(b);
	while (!b->stopped && got > 0 && (got = host->more(host->ctx, keep, &w)) >= 0) {
		if (b->eol == 0 && !begin_reading(b, &w, got == 0)) {
			keep = w.n;
			continue;
		}
		if (!b->nul_near && w.n > seen)
			b->nul_near = memchr(w.p + seen, '\0', w.n - seen) != NULL;
		seen = keep = read_lines(b, w, got == 0);
		if (keep > TALLY_KEEP_MAX || (b->skipping && keep > 0)) {
			skip_line(b);
			tell_nul(b, view_sub(w, w.n - keep, keep));
			seen = keep = 0;
		}
		bai2_pin(b);
	}
	if (!b->stopped && got == 0)
		at_end(b);
	buf_release(&b->text_buf);
	return b->stopped || got < 0 ? -1 : 0;
}

/* A file header somewhere in the first lines is nearly certain; a file that lost it is still more ours than anybody's. */
static int bai2_probe(struct view head)
{
	struct view line, rest = head;
	bool colon;
	int lines = 0, commas = 0;

	if (view_starts(rest, VIEW("\xef\xbb\xbf")))
		rest = view_sub(rest, 3, rest.n);
	while (lines < 10 && rest.n > 0) {
		const char *end = memchr(rest.p, '\n', rest.n);

		if (end == NULL)
			end = memchr(rest.p, '\r', rest.n);
		line = view_sub(rest, 0, end == NULL ? rest.n : (size_t)(end - rest.p));
		rest = view_sub(rest, line.n + 1, rest.n);
		line = skip_fill(line);
		if (line.n == 0)
			continue;
		lines++;
		commas = 0;
		for (size_t i = 0; i < line.n; i++)
			commas += line.p[i] == ',';
		if (begins_record(line, &colon) == REC_01 && commas >= 4)
			return commas >= 7 ? 95 : 60;
		if (lines == 1 && begins_record(line, &colon) != REC_NONE && line.n > 2)
			return 30;
		if (lines == 1 && two_digits(line) && commas >= 4 && memchr(line.p, '/', line.n) != NULL)
			return 15;
	}
	return 0;
}

static const char *level_word(const struct bai2_type *t)
{
	return t->level == 'S' ? "status" : t->level == 'T' ? "summary" : t->level == 'D' ? "detail" : "non-monetary";
}

static const char *direction_word(const struct bai2_type *t)
{
	return t->direction == 'C' ? "credit" : t->direction == 'D' ? "debit" : "neither credit nor debit";
}

/* "475": what the bank's type code says, and how it counts. */
static bool bai2_explain(struct view code, struct tally_code *out)
{
	static char digits[4], title[120];
	const struct bai2_type *type;
	const char *level;
	int n = 0;

	if (code.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (code.p[i] < '0' || code.p[i] > '9')
			return false;
		n = n * 10 + code.p[i] - '0';
		digits[i] = code.p[i];
	}
	if (!bai2_type_listed(n))
		return false;
	type = bai2_type_of(n);
	level = level_word(type);
	snprintf(title, sizeof(title), "BAI2 type code: %s (%s, %s)", type->title, level,
		direction_word(type));
	*out = (struct tally_code){ .code = digits, .severity = FINDING_NOTE, .title = title,
		.action = type->level == 'D' ? "nothing: it is a line of the statement and is matched as one" :
			"nothing: it is a figure of the account, not a line of the statement",
		.source = "BAI Cash Management Balance Reporting Specifications, Appendix A" };
	return true;
}

static int bai2_document(const struct tally_host *host)
{
	struct buf text = { .max = 0 };
	int rc;

	bai2_document_frame(&text);
	buf_text(&text, "| 03 | 1 Account Number, 2 Currency Code*, then any number of times: Type Code*, Amount*, Item Count*, "
		"Funds Type* with its parts |\n| 16 | 1 Type Code, 2 Amount*, 3 Funds Type* with its parts, Bank Reference "
		"Number*, Customer Reference Number*, Text* |\n| 88 | what goes on with the record before |\n\n");
	buf_text(&text, "Parts of a funds type: `S` three amounts; `V` value date, time*; `D` a number, then so many pairs of days "
		"and amount; `0`, `1`, `2`, `Z` none.\n\n| type code | direction | level | title |\n| --- | --- | --- | --- |\n");
	for (int code = 0; code < 900; code++)
		if (bai2_type_listed(code))
			buf_fmt(&text, "| %03d | %s | %s | %s |\n", code, direction_word(bai2_type_of(code)),
				level_word(bai2_type_of(code)), bai2_type_of(code)->title);
	buf_text(&text, "| 900-919 | none | status | of one bank |\n| 920-959 | credit | summary in a 03, detail in a 16 | of one "
		"bank |\n| 960-999 | debit | summary in a 03, detail in a 16 | of one bank |\n");
	rc = text.failed ? -1 : host->write(host->ctx, buf_as_view(&text));
	buf_release(&text);
	return rc;
}

TALLY_FORMAT(.name = "bai2", .version = "1.0", .state_size = sizeof(struct bai2), .probe = bai2_probe,
	.parse = bai2_parse, .options = bai2_options, .findings = bai2_findings,
	.explain = bai2_explain, .document = bai2_document);
