/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module_host - a host for one format module inside one test process: no daemon, no files, no cage
 *
 *   struct mhost h = { .step = 7 };				feed the input 7 new bytes a window (0 = all at once)
 *   mhost_option(&h, "strict", "yes");			before the run; names and values are borrowed
 *   rc = mhost_parse(&h, module, input);			records and findings as text: h.records, h.findings
 *   rc = mhost_emit(&h, module, buf_as_view(&other.wire));	wire records in, the module's bytes in h.out
 *   mhost_release(&h);					may be run again: each run clears the last one's
 *
 * Every window is a new exact-size allocation and the one before it is freed, so that ASan sees a byte too far and a
 * view kept too long.  A record's text:  PAYMENT 3 account=123 amount_minor=-500 ...  (kind, line, fields in the order
 * of their ids, bytes outside 0x20..0x7e and '\' and blanks as \xNN); a finding's: "error NACHA_X 3:12 Field: text".
 * `random` != 0 makes the windows of random size up to `step`.  stop_after N makes the host answer -1 at its Nth
 * callback.
 */
#pragma once

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "formats/core/buf.h"
#include "formats/core/date.h"
#include "formats/core/format.h"
#include "formats/core/wire.h"

#define MHOST_OPTIONS 16

struct mhost {
	size_t step;
	uint32_t random;
	uint64_t stop_after;
	bool quiet;				/* count only: no texts, no wire copies (for large inputs) */
	bool sums;				/* take PAYMENTs, ENTRYs and DETAILs as sums: they are added up in `sum` */
	struct tally_sum sum;
	const char *const *deaf;		/* codes of findings that are not heard; NULL: none, ends with NULL */
	struct { const char *name, *value; } options[MHOST_OPTIONS];
	size_t n_options;

	struct buf records, findings, wire, out;
	uint64_t n_records, n_findings, n_errors, n_warnings, callbacks;

	struct view input;
	size_t at;				/* input bytes handed out */
	char *window;
	size_t window_n;
	/* the module asked for more bytes to be kept than it was given, or too many */
	bool broken;
};

static inline void mhost_option(struct mhost *h, const char *name, const char *value)
{
	if (h->n_options < MHOST_OPTIONS) {
		h->options[h->n_options].name = name;
		h->options[h->n_options++].value = value;
	}
}

static inline void mhost_text(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c > 0x20 && c < 0x7f && c != '\\')
			buf_char(b, v.p[i]);
		else
			buf_fmt(b, "\\x%02x", c);
	}
}

static inline void mhost_print_record(struct buf *b, const struct record *r)
{
	char date[DATE_TEXT];

	buf_fmt(b, "%s %llu", record_kind_name(r->kind), (unsigned long long)r->line);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(r, (enum record_field)f))
			continue;
		buf_fmt(b, " %s=", record_field_rows[f].name);
		if (record_field_rows[f].type == FIELD_TEXT)
			mhost_text(b, r->v[f].s);
		else if (record_field_rows[f].type == FIELD_DATE)
			buf_text(b, date_print((date_t)r->v[f].n, date));
		else
			buf_int(b, r->v[f].n);
	}
	buf_char(b, '\n');
}

static inline bool mhost_stops(struct mhost *h)
{
	h->callbacks++;
	return h->stop_after != 0 && h->callbacks >= h->stop_after;
}

static inline int mhost_more(void *ctx, size_t keep, struct view *window)
{
	struct mhost *h = ctx;
	size_t step = h->step == 0 ? SIZE_MAX : h->step, left = h->input.n - h->at, n;
	char *next;

	if (keep > h->window_n || keep > TALLY_KEEP_MAX || mhost_stops(h)) {
		h->broken = keep > h->window_n || keep > TALLY_KEEP_MAX;
		return -1;
	}
	if (h->random != 0) {
		h->random = h->random * 1664525u + 1013904223u;
		step = 1 + (h->random >> 8) % (h->step == 0 ? 4096 : h->step);
	}
	n = left < step ? left : step;
	next = malloc(keep + n > 0 ? keep + n : 1);
	if (next == NULL)
		return -1;
	if (keep > 0)
		memcpy(next, h->window + h->window_n - keep, keep);
	if (n > 0)
		memcpy(next + keep, h->input.p + h->at, n);
	free(h->window);
	h->window = next;
	h->window_n = keep + n;
	h->at += n;
	*window = (struct view){ next, keep + n };
	return n > 0 ? 1 : 0;
}

static inline int mhost_record(void *ctx, const struct record *r)
{
	struct mhost *h = ctx;
	struct record numbered;

	h->n_records++;
	if (!h->quiet) {
		numbered = *r;
		numbered.seq = h->n_records;
		mhost_print_record(&h->records, r);
		wire_put_record(&h->wire, &numbered);
	}
	return mhost_stops(h) ? -1 : 0;
}

static inline int mhost_finding(void *ctx, const struct finding *f)
{
	struct mhost *h = ctx;

	for (const char *const *code = h->deaf; code != NULL && *code != NULL; code++)
		if (strcmp(f->code, *code) == 0)
			return 0;
	h->n_findings++;
	h->n_errors += f->severity == FINDING_ERROR;
	h->n_warnings += f->severity == FINDING_WARNING;
	if (!h->quiet)
		buf_fmt(&h->findings, "%s %s %llu:%u %.*s: %.*s\n", severity_name(f->severity), f->code,
			(unsigned long long)f->line,
			(unsigned)f->column, VIEW_FMT(f->field), VIEW_FMT(f->text));
	return mhost_stops(h) ? -1 : 0;
}

static inline int mhost_sum(void *ctx, const struct tally_sum *s)
{
	struct mhost *h = ctx;

	h->n_records += s->records;
	h->sum.records += s->records;
	h->sum.addenda += s->addenda;
	h->sum.hash = (h->sum.hash + s->hash) % 10000000000u;
	h->sum.debit = (int64_t)((uint64_t)h->sum.debit + (uint64_t)s->debit);		/* a hostile file may go round */
	h->sum.credit = (int64_t)((uint64_t)h->sum.credit + (uint64_t)s->credit);
	return mhost_stops(h) ? -1 : 0;
}

static inline int mhost_write(void *ctx, struct view bytes)
{
	struct mhost *h = ctx;

	buf_view(&h->out, bytes);
	return mhost_stops(h) ? -1 : 0;
}

static inline struct view mhost_option_value(void *ctx, const char *name)
{
	struct mhost *h = ctx;

	for (size_t i = 0; i < h->n_options; i++)
		if (strcmp(h->options[i].name, name) == 0)
			return view_of(h->options[i].value);
	return (struct view){ NULL, 0 };
}

static inline void mhost_clear(struct mhost *h)
{
	buf_clear(&h->records);
	buf_clear(&h->findings);
	buf_clear(&h->wire);
	buf_clear(&h->out);
	memset(&h->sum, 0, sizeof(h->sum));
	h->n_records = h->n_findings = h->n_errors = h->n_warnings = h->callbacks = 0;
	h->at = h->window_n = 0;
	h->broken = false;
	free(h->window);
	h->window = NULL;
}

static inline struct tally_host mhost_host(struct mhost *h)
{
	return (struct tally_host){
		.abi = TALLY_FORMAT_ABI, .size = sizeof(struct tally_host), .ctx = h, .more = mhost_more,
			.record = mhost_record,
		.finding = mhost_finding, .write = mhost_write, .option = mhost_option_value,
		.sum = h->sums ? mhost_sum : NULL,
	};
}

static inline int mhost_parse(struct mhost *h, const struct tally_format *f, struct view input)
{
	struct tally_host host = mhost_host(h);
	void *state = calloc(1, f->state_size > 0 ? f->state_size : 1);
	int rc = -1;

	mhost_clear(h);
	h->input = input;
	if (state != NULL)
		rc = f->parse(&host, state);
	free(state);
	free(h->window);
	h->window = NULL;
	return rc;
}

static inline int mhost_emit(struct mhost *h, const struct tally_format *f, struct view wire)
{
	struct tally_host host = mhost_host(h);
	void *state = calloc(1, f->state_size > 0 ? f->state_size : 1);
	struct record r;
	int rc = -1;

	mhost_clear(h);
	if (state != NULL)
		rc = f->emit_begin(&host, state);
	while (rc == 0 && wire_cut_record(&wire, &r) == 1)
		rc = f->emit_record(&host, state, &r);
	if (rc == 0)
		rc = f->emit_end(&host, state);
	free(state);
	return rc;
}

static inline void mhost_release(struct mhost *h)
{
	buf_release(&h->records);
	buf_release(&h->findings);
	buf_release(&h->wire);
	buf_release(&h->out);
	free(h->window);
	h->window = NULL;
}

/* The module `name` of the directory TALLY_MODULES, else of ../../modules beside the test's own directory; NULL when
 * it is not there. */
static inline const struct tally_format *mhost_module(const char *argv0, const char *name)
{
	const char *dir = getenv("TALLY_MODULES"), *slash = strrchr(argv0, '/');
	char path[1024];
	void *dl;

	if (dir != NULL)
		snprintf(path, sizeof(path), "%s/%s.so", dir, name);
	else
		snprintf(path, sizeof(path), "%.*s/../../modules/%s.so", slash == NULL ? 1 : (int)(slash - argv0),
			 slash == NULL ? "." : argv0, name);
	dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (dl == NULL) {
		fprintf(stderr, "# %s\n", dlerror());
		return NULL;
	}
	return dlsym(dl, "tally_format");
}

/* A whole file in an exact-size allocation, or { NULL, 0 }; free((char *)v.p). */
static inline struct view mhost_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = NULL;
	long n = -1;

	if (f == NULL)
		return (struct view){ NULL, 0 };
	if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0)
		p = malloc(n > 0 ? (size_t)n : 1);
	if (p != NULL && fread(p, 1, (size_t)n, f) != (size_t)n) {
		free(p);
		p = NULL;
	}
	fclose(f);
	return (struct view){ p, p == NULL ? 0 : (size_t)n };
}

/* How often `text` stands in b: for counting records or findings of one kind. */
static inline unsigned mhost_count(const struct buf *b, const char *text)
{
	struct view hay = buf_as_view(b);
	size_t n = strlen(text);
	unsigned count = 0;

	for (const char *p = hay.p; n > 0 && (p = memmem(p, hay.n - (size_t)(p - hay.p), text, n)) != NULL; p += n)
		count++;
	return count;
}
