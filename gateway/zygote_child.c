/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zygote_child - see zygote_child.h.  The host that a module talks to: windows in, checked records, findings and bytes
 * out
 *
 * The input window slides in one buffer of constant size.  Records, findings and bytes become frames in one buffer that
 * is written when it holds FLUSH bytes, so memory does not grow with the file.  What a module hands over is checked
 * before it leaves: kind and fields known, texts there, sizes bounded; a module that breaks the ABI ends its job as
 * MODULE_FAILED.  A hostile module can still write frames of its own: the parent takes them as input.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "formats/core/buf.h"
#include "formats/core/wire.h"
#include "gateway/zygote_child.h"

#define NEW_LEAST ((size_t)64 << 10)
#define NEW_MOST ((size_t)256 << 10)
#define FLUSH ((size_t)64 << 10)
#define HEAD ((size_t)4 << 10)
#define FRAME_HEAD 5u
#define TEXT_MOST 1000u
#define FIELD_MOST 100u

const struct tally_code zygote_codes[] = {
	{ "UNKNOWN_FORMAT", FINDING_ERROR, "no module recognises this file",
	  "Look at the first lines: is it the right file, decrypted and unpacked?  If you know its format, name it "
	  "(--format, or the channel's `format`).", "tallygate" },
	{ "MODULE_REFUSED", FINDING_ERROR, "the format's module is not there or was refused when it was loaded",
	  "`tallygate formats` names the reason; repair the module, then release the parcel.", "tallygate" },
	{ "MODULE_FAILED", FINDING_ERROR, "the module stopped before the end of the file",
	  "The file was not read whole and nothing of it may be used.  Keep the file, report it to the module's author.",
	  "tallygate" },
	{ "PARSER_DIED", FINDING_ERROR, "the process that read this file died or used up its limits",
	  "Nothing of the file may be used.  Keep it: it is damaged, built to do harm, or shows a fault of the module.",
	  "tallygate" },
	{ "RECORD_TOO_LARGE", FINDING_ERROR, "one record of the file is larger than 1 MiB",
	  "Ask the sender for a corrected file; the record is not taken over.", "tallygate" },
	{ NULL, 0, NULL, NULL, NULL }
};

struct host {
	struct tally_host api;
	const struct zygote_task *task;
	char *in;			/* TALLY_KEEP_MAX + NEW_MOST bytes */
	size_t n;			/* bytes in the current window, which begins at `in` */
	bool primed;			/* the first window was read for the probe and waits for the first more() */
	struct buf out, scratch;
	uint8_t open_kind;		/* kind of the frame being filled at open_at, 0 = none */
	size_t open_at;
	struct zygote_end end;
	bool broken;			/* the module broke the ABI: its job cannot end well */
};

static void put_le(char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (char)(v >> (8 * i));
}

static void flush(struct host *h)
{
	size_t done = 0;

	if (h->out.failed)
		_exit(EX_OSERR);
	while (done < h->out.n) {
		ssize_t n = write(1, h->out.p + done, h->out.n - done);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(EX_IOERR);
		done += (size_t)n;
	}
	buf_clear(&h->out);
}

static size_t frame_size(const struct host *h)
{
	return h->open_kind == 0 ? 0 : h->out.n - h->open_at - FRAME_HEAD;
}

static void frame_close(struct host *h)
{
	if (h->open_kind == 0)
		return;
	if (h->out.failed)
		_exit(EX_OSERR);
	put_le(h->out.p + h->open_at, frame_size(h), 4);
	h->open_kind = 0;
	if (h->out.n >= FLUSH)
		flush(h);
}

static void frame_open(struct host *h, uint8_t kind)
{
	if (h->open_kind == kind)
		return;
	frame_close(h);
	h->open_at = h->out.n;
	h->open_kind = kind;
	buf_u32(&h->out, 0);
	buf_char(&h->out, (char)kind);
}

static void frame_whole(struct host *h, uint8_t kind, struct view payload)
{
	frame_close(h);
	frame_open(h, kind);
	buf_view(&h->out, payload);
	frame_close(h);
}

static struct view cut_to(struct view v, size_t most)
{
	return v.p == NULL ? (struct view){ NULL, 0 } : view_sub(v, 0, most);
}

static int broke_abi(struct host *h, const char *what);

static int host_finding(void *ctx, const struct finding *given)
{
	struct host *h = ctx;
	struct finding f;

	if (given->size < sizeof(f) || given->code == NULL || given->code[0] == '\0')
		return broke_abi(h, "a finding without its size or code");
	f = *given;
	f.size = sizeof(f);
	if (f.severity > FINDING_ERROR)
		f.severity = FINDING_ERROR;
	f.field = cut_to(f.field, FIELD_MOST);
	f.text = cut_to(f.text, TEXT_MOST);
	f.excerpt = cut_to(f.excerpt, FINDING_EXCERPT);
	h->end.errors += f.severity == FINDING_ERROR;
	if (h->end.findings++ >= ZYGOTE_FINDINGS)
		return 0;
	buf_clear(&h->scratch);
	wire_put_finding(&h->scratch, 0, &f);
	if (h->scratch.failed)
		_exit(EX_OSERR);
	frame_whole(h, FRAME_FINDING, view_sub(buf_as_view(&h->scratch), 6, h->scratch.n));
	return 0;
}

static void say(struct host *h, const char *code, uint64_t line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void say(struct host *h, const char *code, uint64_t line, const char *fmt, ...)
{
	struct finding f = { .size = sizeof(f), .severity = FINDING_ERROR, .code = code, .line = line };
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f.text = view_of(text);
	host_finding(h, &f);
}

static int broke_abi(struct host *h, const char *what)
{
	if (!h->broken)
		say(h, "MODULE_FAILED", 0, "the module broke its contract: %s", what);
	h->broken = true;
	return -1;
}

/* Input */

static size_t read_some(char *p, size_t want)
{
	for (;;) {
		ssize_t n = read(0, p, want);

		if (n >= 0)
			return (size_t)n;
		if (errno != EINTR)
			_exit(EX_IOERR);
	}
}

/* Fills behind the h->n bytes that stay: at least NEW_LEAST new bytes unless the input ends.  False: nothing came. */
static bool fill(struct host *h)
{
	size_t got = 0, n;

	while (got < NEW_LEAST && (n = read_some(h->in + h->n + got, NEW_MOST - got)) > 0)
		got += n;
	h->n += got;
	return got > 0;
}

static int host_more(void *ctx, size_t keep, struct view *window)
{
	struct host *h = ctx;
	bool some;

	if (h->primed) {
		h->primed = false;
		some = h->n > 0;
	} else {
		if (keep > h->n || keep > TALLY_KEEP_MAX)
			return broke_abi(h, "it asked to keep more than it was given");
		memmove(h->in, h->in + h->n - keep, keep);
		h->n = keep;
		some = fill(h);
	}
	*window = (struct view){ h->in, h->n };
	return some;
}

static struct view host_option(void *ctx, const char *name)
{
	const struct zygote_task *t = ((struct host *)ctx)->task;

	for (size_t i = 0; i < t->n_options; i++)
		if (strcmp(t->options[i].name, name) == 0)
			return view_of(t->options[i].value);
	return (struct view){ NULL, 0 };
}

/* Output */

static const char *record_fault(const struct record *r, bool *large)
{
	size_t fields, bytes = 0;

	if (r->size < offsetof(struct record, v))
		return "a record without its size";
	fields = (r->size - offsetof(struct record, v)) / sizeof(r->v[0]);
	if (fields > RECORD_FIELDS)
		fields = RECORD_FIELDS;
	if (r->kind == RECORD_NONE || r->kind >= RECORD_KINDS)
		return "a record of an unknown kind";
	for (size_t w = 0; w < 2; w++) {
		for (uint64_t bits = r->present[w]; bits != 0; bits &= bits - 1) {
			size_t f = 64 * w + (size_t)__builtin_ctzll(bits);

			if (f >= fields)
				return "a record with an unknown field";
			if (record_field_rows[f].type != FIELD_TEXT)
				continue;
			if (r->v[f].s.p == NULL || r->v[f].s.n == 0)
				return "a record with an empty text";
			bytes += r->v[f].s.n > WIRE_RECORD_MAX ? WIRE_RECORD_MAX : r->v[f].s.n;
		}
	}
	*large = bytes > WIRE_RECORD_MAX - 4096;
	return NULL;
}

/* The record at `from` does not fit into the open frame: close that in front of it and give it one of its own. */
static void frame_split(struct host *h, size_t from)
{
	size_t n = h->out.n - from;
	char *p = buf_reserve(&h->out, FRAME_HEAD);

	if (p == NULL)
		_exit(EX_OSERR);
	memmove(h->out.p + from + FRAME_HEAD, h->out.p + from, n);
	put_le(h->out.p + h->open_at, from - h->open_at - FRAME_HEAD, 4);
	h->open_at = from;
	h->out.n += FRAME_HEAD;
	h->out.p[from + 4] = FRAME_RECORDS;
}

static int host_record(void *ctx, const struct record *r)
{
	struct host *h = ctx;
	bool large = false;
	const char *fault = record_fault(r, &large);
	size_t from, held;

	if (fault != NULL)
		return broke_abi(h, fault);
	if (large) {
		say(h, "RECORD_TOO_LARGE", r->line, "this record is larger than 1 MiB and is not taken over");
		return 0;
	}
	frame_open(h, FRAME_RECORDS);
	held = frame_size(h);
	from = h->out.n;
	if (!wire_put_record(&h->out, r))
		_exit(EX_OSERR);
	/* seq, whatever the module wrote there (wire.h: behind length, kind, fields) */
	put_le(h->out.p + from + 6, ++h->end.records, 8);
	if (held > 0 && frame_size(h) > ZYGOTE_BATCH)
		frame_split(h, from);
	if (frame_size(h) >= FLUSH)
		frame_close(h);
	return 0;
}

static int host_sum(void *ctx, const struct tally_sum *s)
{
	struct host *h = ctx;
	struct tally_sum checked;
	char payload[ZYGOTE_SUM_BYTES];

	if (s->size < sizeof(*s))
		return broke_abi(h, "a sum without its size");
	zygote_put_sum(payload, s);
	if (!zygote_get_sum((struct view){ payload, sizeof(payload) }, &checked))
		return broke_abi(h, "a sum of another kind, or below zero");
	h->end.records += s->records;
	frame_whole(h, FRAME_SUM, (struct view){ payload, sizeof(payload) });
	return 0;
}

static int host_write(void *ctx, struct view bytes)
{
	struct host *h = ctx;

	while (bytes.n > 0) {
		struct view piece;

		frame_open(h, FRAME_BYTES);
		piece = view_sub(bytes, 0, FLUSH - frame_size(h));
		buf_view(&h->out, piece);
		bytes = (struct view){ bytes.p + piece.n, bytes.n - piece.n };
		if (frame_size(h) >= FLUSH)
			frame_close(h);
	}
	return h->out.failed ? -1 : 0;
}

/* A parse has no bytes to write and an emit has no records: such a call is a fault of the module. */
static int no_write(void *ctx, struct view bytes)
{
	(void)bytes;
	return broke_abi(ctx, "parse wrote bytes");
}

static int no_record(void *ctx, const struct record *r)
{
	(void)r;
	return broke_abi(ctx, "emit made a record");
}

static int no_more(void *ctx, size_t keep, struct view *window)
{
	(void)keep;
	(void)window;
	return broke_abi(ctx, "emit pulled input");
}

/* Jobs */

static uint8_t run_parse(struct host *h, const struct tally_format *f, void *state)
{
	if (f->parse == NULL)
		return ZYGOTE_NO_MODULE;
	return f->parse(&h->api, state) == 0 && !h->broken ? ZYGOTE_GOOD : ZYGOTE_MODULE_FAILED;
}

static uint8_t run_emit(struct host *h, const struct tally_format *f, void *state)
{
	struct view window = { NULL, 0 };
	struct record r;
	int cut = 0;

	if (f->emit_record == NULL)
		return ZYGOTE_NO_MODULE;
	h->api.more = no_more;
	h->api.record = no_record;
	if (f->emit_begin(&h->api, state) != 0)
		return ZYGOTE_MODULE_FAILED;
	while (cut != -1 && host_more(h, window.n, &window) > 0) {
		while ((cut = wire_cut_record(&window, &r)) == 1) {
			h->end.records++;
			if (f->emit_record(&h->api, state, &r) != 0)
				return ZYGOTE_MODULE_FAILED;
		}
	}
	if (cut == -1 || window.n > 0)
		return ZYGOTE_BAD_INPUT;
	return f->emit_end(&h->api, state) == 0 && !h->broken ? ZYGOTE_GOOD : ZYGOTE_MODULE_FAILED;
}

static const struct module *choose(struct host *h, const struct loader *l, const struct zygote_task *t, uint8_t *rc)
{
	const struct module *m;

	if (t->format[0] != '\0' || t->what != ZYGOTE_PARSE) {
		m = loader_find(l, view_of(t->format));
		if (m == NULL)
			say(h, "MODULE_REFUSED", 0, "there is no format module of that name");
		else if (m->format == NULL)
			say(h, "MODULE_REFUSED", 0, "the format's module was refused: %s", m->refused);
		*rc = ZYGOTE_NO_MODULE;
		return m == NULL || m->format == NULL ? NULL : m;
	}
	fill(h);
	h->primed = true;
	m = loader_detect(l, (struct view){ h->in, h->n < HEAD ? h->n : HEAD });
	if (m == NULL)
		say(h, "UNKNOWN_FORMAT", 0, h->n == 0 ? "the file is empty" : "no format module recognises this file");
	*rc = ZYGOTE_NOBODYS;
	return m;
}

static uint8_t run_job(struct host *h, const struct loader *l, const struct zygote_task *t)
{
	uint8_t rc;
	const struct module *m = choose(h, l, t, &rc);
	void *state;
	char chosen[80];

	if (m == NULL)
		return rc;
	snprintf(chosen, sizeof(chosen), "%.31s %.31s", m->name, m->format->version);
	frame_whole(h, FRAME_FORMAT, view_of(chosen));
	flush(h);		/* whatever happens now, the parent knows whose job it was */
	state = calloc(1, m->format->state_size + 1);
	if (state == NULL)
		_exit(EX_OSERR);
	rc = t->what == ZYGOTE_PARSE ? run_parse(h, m->format, state) : run_emit(h, m->format, state);
	if (rc == ZYGOTE_MODULE_FAILED && !h->broken)
		say(h, "MODULE_FAILED", 0, "the module stopped before the end");
	if (rc == ZYGOTE_NO_MODULE)
		say(h, "MODULE_REFUSED", 0, "the format's module does not %s",
			t->what == ZYGOTE_PARSE ? "read files" : "write files");
	return rc;
}

void zygote_child_run(const struct loader *l, const struct zygote_task *t)
{
	struct host h = {
		.api = {
			.abi = TALLY_FORMAT_ABI, .size = sizeof(struct tally_host),
			.more = host_more, .record = host_record,
			.finding = host_finding, .write = t->what == ZYGOTE_PARSE ? no_write : host_write,
			.option = host_option,
			.sum = t->what == ZYGOTE_PARSE && t->sums ? host_sum : NULL,
		},
		.task = t,
		.out = { .max = ZYGOTE_FRAME_MAX * 3 },
	};
	char end[25];

	h.api.ctx = &h;
	h.in = malloc(TALLY_KEEP_MAX + NEW_MOST);
	if (h.in == NULL)
		_exit(EX_OSERR);
	h.end.rc = run_job(&h, l, t);
	end[0] = (char)h.end.rc;
	put_le(end + 1, h.end.records, 8);
	put_le(end + 9, h.end.errors, 8);
	put_le(end + 17, h.end.findings, 8);
	frame_whole(&h, FRAME_END, (struct view){ end, sizeof(end) });
	flush(&h);
	_exit(0);
}
