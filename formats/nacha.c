/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha - ACH files of the Nacha Operating Rules: forward entries, returns, changes; read, verified and written
 *
 * This file cuts bytes into records, however they come: lines ended by LF, CRLF or CR, 94-byte records without any line
 * end, lines whose trailing blanks were cut or that have more of them.  What they mean stands in
 * formats/lib/nacha_read.c and the files beside it; where fields stand, in nacha_tables.c.
 *
 * What is put up with is told once a file, at its first place (warning, or error when strict=yes); text behind position
 * 94 is an error at each line, since it is not read.  At most 95 bytes are kept between windows, so a line of any
 * length costs nothing.
 */
#include <string.h>

#include "formats/core/buf.h"
#include "formats/core/format.h"
#include "formats/lib/nacha_codes.h"
#include "formats/lib/nacha_read.h"
#include "formats/lib/nacha_write.h"

enum shape { SHAPE_UNKNOWN, SHAPE_LINES, SHAPE_RUN };		/* RUN: records without line ends */

struct reader {
	struct nacha n;
	enum shape shape;
	uint64_t line;
	bool begun, skip_lf;
	/* behind position 94 of a line; something else than blanks stood there */
	bool tail, tail_text;
	bool told_short, told_long, told_blank;
	char padded[NACHA_WIDTH];
};

union state { struct reader reader; struct nacha_writer writer; };

/* True when all 94 bytes are printable ASCII; eight at a time, the last step overlaps. */
static bool all_printable(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t bad = 0, x, y;

	for (size_t at = 0;; at = at + 8 > NACHA_WIDTH - 8 ? NACHA_WIDTH - 8 : at + 8) {
		memcpy(&x, p + at, 8);
		y = x ^ (0x7f * ones);
		bad |= x | ((x - 0x20 * ones) & ~x) | ((y - ones) & ~y);
		if (at == NACHA_WIDTH - 8)
			return (bad & high) == 0;
	}
}

static size_t first_unprintable(struct view v)
{
	size_t i = 0;

	while (i < v.n && v.p[i] >= 0x20 && v.p[i] < 0x7f)
		i++;
	return i;
}

static void tell_characters(struct reader *r, struct view piece)
{
	size_t at = first_unprintable(piece);
	struct layout_row place = { .name = "", .pos = (uint16_t)(at + 1), .len = 1 };

	if (at < piece.n)
		nacha_say(&r->n, NC_CHARACTERS, &place, "the character at position %zu is not printable ASCII", at + 1);
}

static bool is_blank_line(struct view piece)
{
	piece = view_rtrim(piece);
	return piece.n == 0 || (piece.n == 1 && *piece.p == 0x1a);		/* 0x1a: how DOS ended files */
}

static bool all_nines(struct view piece)
{
	for (size_t i = 0; i < piece.n; i++)
		if (piece.p[i] != '9')
			return false;
	return true;
}

/* One record of at most 94 bytes.  A fill record that was cut short is still a fill record. */
static void take_piece(struct reader *r, struct view piece, bool printable)
{
	struct nacha *n = &r->n;

	n->at = (struct nacha_place){ ++r->line, piece };
	if (piece.n == NACHA_WIDTH && printable) {
		nacha_line(n, piece.p);
		return;
	}
	if (is_blank_line(piece)) {
		if (!r->told_blank)
			nacha_say(n, NC_BLANK_LINE, NULL,
				  "the line is blank and skipped, as all blank lines of this file are");
		r->told_blank = true;
		return;
	}
	if (n->phase == PHASE_BATCH && *piece.p == '6')
		nacha_close_entry(n);		/* as a run of plain lines does: what is said of the one before comes first */
	tell_characters(r, piece);
	if (piece.n < NACHA_WIDTH && !r->told_short) {
		nacha_say(n, NC_LINE_SHORT, NULL,
			  "the record has %zu of 94 characters and is read as if filled with blanks, as all such",
			  piece.n);
		r->told_short = true;
	}
	memset(r->padded, all_nines(piece) ? '9' : ' ', NACHA_WIDTH);
	memcpy(r->padded, piece.p, piece.n);
	nacha_line(n, r->padded);
}

static void tell_tail(struct reader *r)
{
	struct nacha *n = &r->n;

	n->at = (struct nacha_place){ r->line, { NULL, 0 } };
	if (r->tail_text)
		nacha_say(n, NC_LINE_OVERFLOW, NULL, "the line goes on behind position 94 with text that is not read");
	else if (!r->told_long)
		nacha_say(n, NC_LINE_LONG, NULL,
			  "the line has blanks behind position 94; they are not read, nor in any other line");
	r->told_long = r->told_long || !r->tail_text;
	r->tail = r->tail_text = false;
}

/* Skips what stands behind position 94, up to the line's end; false when the window ended before it. */
static bool skip_tail(struct reader *r, struct view *rest)
{
	while (rest->n > 0 && *rest->p != '\n' && *rest->p != '\r') {
		r->tail_text = r->tail_text || *rest->p != ' ';
		*rest = (struct view){ rest->p + 1, rest->n - 1 };
	}
	if (rest->n == 0)
		return false;
	tell_tail(r);
	return true;
}

static void eat_line_end(struct reader *r, struct view *rest)
{
	if (rest->n == 0 || (*rest->p != '\n' && *rest->p != '\r'))
		return;
	r->skip_lf = *rest->p == '\r';
	*rest = (struct view){ rest->p + 1, rest->n - 1 };
}

/* The first record decides: bytes 95 and on are the next record, or the line's end, or blanks before it. */
static void decide_shape(struct reader *r, char next)
{
	if (next != '\0' && strchr("156789", next) != NULL) {
		r->shape = SHAPE_RUN;
		r->n.at = (struct nacha_place){ 1, { NULL, 0 } };
		nacha_say(&r->n, NC_NO_SEPARATORS, NULL, "the records follow each other without line ends");
	} else {
		r->shape = SHAPE_LINES;
	}
}

static size_t line_length(struct view v)
{
	size_t i = 0;

	while (i < v.n && v.p[i] != '\n' && v.p[i] != '\r')
		i++;
	return i;
}

/* Cuts one record off *rest; false when the window holds no whole one.  95 bytes are enough to see one and its end. */
static bool take_record(struct reader *r, struct view *rest, bool last)
{
	bool printable = rest->n > NACHA_WIDTH && all_printable(rest->p);
	size_t len = printable ? NACHA_WIDTH : line_length(view_sub(*rest, 0, NACHA_WIDTH + 1));
	struct view piece;

	if (rest->n == 0 || (len == rest->n && len <= NACHA_WIDTH && !last))
		return false;
	if (len > NACHA_WIDTH)
		len = NACHA_WIDTH;
	piece = view_sub(*rest, 0, len);
	*rest = (struct view){ rest->p + len, rest->n - len };
	if (len == NACHA_WIDTH && rest->n > 0 && *rest->p != '\n' && *rest->p != '\r') {
		if (r->shape == SHAPE_UNKNOWN)
			decide_shape(r, *rest->p);
		r->tail = r->shape == SHAPE_LINES;
	} else if (r->shape == SHAPE_UNKNOWN && rest->n > 0) {
		r->shape = SHAPE_LINES;
	}
	take_piece(r, piece, printable);
	if (!r->tail)
		eat_line_end(r, rest);
	return true;
}

/* Plain entries, many at once (nacha_fast.c).  False: what stands here is not one. */
static bool take_plain(struct reader *r, struct view *rest)
{
	size_t stride = NACHA_WIDTH, used;

	if (r->shape == SHAPE_UNKNOWN || rest->n < 2 * NACHA_WIDTH)
		return false;
	if (r->shape == SHAPE_LINES)
		stride += rest->p[NACHA_WIDTH] == '\n' ? 1 : 2;
	used = nacha_fast_run(&r->n, *rest, stride, r->line + 1);
	if (used == 0)
		return false;
	r->line += used / stride;
	*rest = (struct view){ rest->p + used, rest->n - used };
	return true;
}

static void skip_mark(struct reader *r, struct view *rest)
{
	static const char mark[] = "\xef\xbb\xbf";

	r->begun = true;
	if (rest->n < 3 || memcmp(rest->p, mark, 3) != 0)
		return;
	r->n.at = (struct nacha_place){ 1, { NULL, 0 } };
	nacha_say(&r->n, NC_BOM, NULL, "the file begins with a Unicode byte order mark, which is skipped");
	*rest = (struct view){ rest->p + 3, rest->n - 3 };
}

/* Reads what the window holds; the number of bytes that are to be seen again. */
static size_t take_window(struct reader *r, struct view rest, bool last)
{
	if (!r->begun) {
		if (rest.n < 3 && !last)
			return rest.n;
		skip_mark(r, &rest);
	}
	while (!r->n.stopped && rest.n > 0) {
		if (r->skip_lf) {
			r->skip_lf = false;
			if (*rest.p == '\n')
				rest = (struct view){ rest.p + 1, rest.n - 1 };
		} else if (r->tail) {
			if (skip_tail(r, &rest))
				eat_line_end(r, &rest);
		} else if (!take_plain(r, &rest) && !take_record(r, &rest, last)) {
			break;
		}
	}
	return rest.n;
}

static int nacha_parse(const struct tally_host *host, void *state)
{
	struct reader *r = &((union state *)state)->reader;
	struct view window = { NULL, 0 };
	size_t keep = 0;
	int more;

	nacha_begin(&r->n, host);
	do {
		more = host->more(host->ctx, keep, &window);
		if (more >= 0)
			keep = take_window(r, window, more == 0);
	} while (more > 0 && !r->n.stopped);
	if (more == 0 && r->tail)
		tell_tail(r);
	if (more == 0)
		nacha_end(&r->n);
	nacha_release(&r->n);
	return more < 0 || r->n.stopped ? -1 : 0;
}

static int nacha_probe(struct view head)
{
	const struct layout_row *rows = nacha_file_header.rows;
	struct view first;
	int points = 0;

	if (view_starts(head, VIEW("\xef\xbb\xbf")))
		head = view_sub(head, 3, head.n);
	first = view_sub(head, 0, line_length(view_sub(head, 0, NACHA_WIDTH)));
	if (first.n < 40)
		return 0;
	if (*first.p == '5' && first.n > 53 && nacha_sec_find(first.p + 50) != NULL &&
	    layout_is_digits(view_sub(first, 1, 3)))
		return 60;				/* a file that lost its header is still one */
	if (*first.p != '1')
		return 0;
	points += view_eq(layout_at(&rows[FH_PRIORITY], first.p), VIEW("01")) ? 25 : 0;
	points += view_eq(layout_at(&rows[FH_SIZE], first.p), VIEW("094")) ? 35 : 0;
	points += view_eq(layout_at(&rows[FH_BLOCKING], first.p), VIEW("10")) ? 20 : 0;
	points += layout_is_digits(layout_at(&rows[FH_DATE], first.p)) ? 20 : 0;
	return points >= 40 ? points : 0;
}

static int nacha_emit_begin(const struct tally_host *host, void *state)
{
	return nacha_write_begin(&((union state *)state)->writer, host);
}

static int nacha_emit_record(const struct tally_host *host, void *state, const struct record *r)
{
	return nacha_write_record(&((union state *)state)->writer, host, r);
}

static int nacha_emit_end(const struct tally_host *host, void *state)
{
	return nacha_write_end(&((union state *)state)->writer, host);
}

static int nacha_document(const struct tally_host *host)
{
	struct buf text = { .max = 0 };
	int rc;

	for (size_t i = 0; nacha_layouts[i] != NULL; i++)
		layout_document(&text, nacha_layouts[i]);
	rc = text.failed ? -1 : host->write(host->ctx, buf_as_view(&text));
	buf_release(&text);
	return rc;
}

static const struct tally_option options[] = {
	{ "strict", "yes|no", "no",
		"what the physical format does not allow but can be read (cut lines, missing fill) is an error" },
	{ "NACHA_<CODE>", "error|warning|note|off", "as `explain` says",
		"how severe one finding is, for each code of this module; what is not read or not proved is never off" },
	{ "origins", "numbers", "any", "the immediate origins that files may have, with commas between" },
	{ "destinations", "numbers", "any", "the immediate destinations that files may have" },
	{ "odfis", "numbers", "any", "the originating banks that batches may have, eight digits each" },
	{ "line_end", "lf|crlf|none", "lf", "what ends a line of a file that is written" },
	{ "balance", "yes|no", "no", "write into each batch the entry that moves the same money on our own account" },
	{ "balance_routing", "nine digits", "none", "the bank of that account" },
	{ "balance_account", "account", "none", "that account" },
	{ "balance_type", "checking|savings|ledger", "checking", "what kind of account it is" },
	{ NULL, NULL, NULL, NULL }
};

TALLY_FORMAT(.name = "nacha", .version = "1.0", .state_size = sizeof(union state), .probe = nacha_probe,
	     .parse = nacha_parse,
	     .emit_begin = nacha_emit_begin, .emit_record = nacha_emit_record, .emit_end = nacha_emit_end,
		     .options = options,
	     .findings = nacha_findings, .document = nacha_document);
