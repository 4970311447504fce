/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validate, parse - the contract's two commands on single files (docs: contracts of the command line)
 *
 * validate: findings as compilers print them, or one JSON object a file; the summary is computed from the records that
 * were read, never copied from a trailer.  parse: every record as it is read.  Exit: 0 valid, 1 held, 2 unreadable or
 * nobody's format; of several files the highest.
 */
#include <stdio.h>
#include <string.h>

#include "formats/core/json.h"
#include "formats/core/mask.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/offline.h"
#include "gateway/cli/record_json.h"
#include "gateway/summary.h"

struct validating {
	const struct offline *o;
	const char *path;
	struct summary summary;
	struct offline_result result;
	bool begun, incomplete;		/* incomplete: a list of the summary could not be kept */
	struct buf findings;		/* JSON, the first OFFLINE_FINDINGS */
	struct json json;
	uint64_t shown, warnings;
};


/* The format is known before the first record.  Without --json nobody asks for the summary. */
static bool summing(struct validating *v)
{
	if (!v->o->json)
		return false;
	if (!v->begun)
		summary_init(&v->summary, view_of(v->result.format));
	v->begun = true;
	v->summary.masked = !v->o->unmask;
	return true;
}

static void add_record(void *ctx, const struct record *rec)
{
	struct validating *v = ctx;

	if (summing(v) && summary_add(&v->summary, rec) != 0)
		v->incomplete = true;
}

static void add_sum(void *ctx, const struct tally_sum *sum)
{
	struct validating *v = ctx;

	if (summing(v))
		summary_add_sum(&v->summary, sum);
}

static void text_shown(struct buf *out, struct view v, bool unmask)
{
	struct buf masked = { 0 };

	if (unmask)
		buf_view(&masked, v);
	else
		mask_digits(&masked, v);
	escape_text(out, buf_as_view(&masked));
	buf_release(&masked);
}

/* Characters, not bytes: what is left of valid UTF-8 takes a column each. */
static size_t columns(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += ((unsigned char)v.p[i] & 0xc0) != 0x80;
	return n;
}

/* The offending line, and a caret under its column. */
static void print_excerpt(const struct finding *f, bool unmask)
{
	struct buf line = { 0 }, before = { 0 };
	struct view excerpt = view_sub(f->excerpt, 0, FINDING_EXCERPT);

	while (excerpt.n > 0 && (excerpt.p[excerpt.n - 1] == '\n' || excerpt.p[excerpt.n - 1] == '\r'))
		excerpt.n--;
	if (excerpt.n == 0)
		return;
	text_shown(&line, excerpt, unmask);
	printf("    %s\n", buf_cstr(&line));
	if (f->column > 0 && f->column <= excerpt.n + 1) {
		text_shown(&before, view_sub(excerpt, 0, f->column - 1), true);
		printf("    %*s^\n", (int)columns(buf_as_view(&before)), "");
	}
	buf_release(&line);
	buf_release(&before);
}

static void print_finding(const char *path, const struct finding *f, bool unmask)
{
	struct buf text = { 0 };

	escape_text(&text, f->text);
	printf("%s:%llu:%u: %s: %s [%s]\n", path, (unsigned long long)f->line, f->column, severity_name(f->severity),
		buf_cstr(&text), f->code);
	print_excerpt(f, unmask);
	buf_release(&text);
}

static void json_finding(struct json *j, const struct finding *f)
{
	json_object(j, NULL);
	json_cstr(j, "severity", severity_name(f->severity));
	json_cstr(j, "code", f->code);
	json_int(j, "line", (int64_t)f->line);
	json_int(j, "column", f->column);
	json_text(j, "field", f->field);
	json_text(j, "text", f->text);
	json_object_end(j);
}

static void add_finding(void *ctx, const struct finding *f)
{
	struct validating *v = ctx;

	v->warnings += f->severity == FINDING_WARNING;
	if (v->shown++ >= OFFLINE_FINDINGS)
		return;
	if (v->o->json)
		json_finding(&v->json, f);
	else
		print_finding(v->path, f, v->o->unmask);
}

/* What the command itself finds: a module that died. */
static void own_finding(struct validating *v, struct offline_result *r, const char *code, const char *text)
{
	struct finding f = { .size = sizeof(f), .severity = FINDING_ERROR, .code = code, .text = view_of(text) };

	r->errors++;
	r->findings++;
	add_finding(v, &f);
}

static const char *verdict(const struct validating *v, const struct offline_result *r)
{
	return r->errors > 0 ? "held" : v->warnings > 0 ? "warnings" : "valid";
}

static void print_bytes(void *ctx, struct buf *out)
{
	struct validating *v = ctx;

	v->incomplete |= fwrite(buf_as_view(out).p, 1, out->n, stdout) != out->n;
	buf_clear(out);
}

static void print_json(struct validating *v, const struct offline_result *r)
{
	struct buf out = { 0 };
	struct json j;

	json_array_end(&v->json);
	json_init(&j, &out, false);
	json_object(&j, NULL);
	json_cstr(&j, "file", v->path);
	if (r->end == OFFLINE_UNKNOWN || r->format[0] == '\0')
		json_null(&j, "format");
	else
		json_cstr(&j, "format", r->format);
	json_cstr(&j, "verdict", verdict(v, r));
	json_int(&j, "records", (int64_t)r->records);
	json_raw(&j, "findings", buf_as_view(&v->findings));
	json_int(&j, "findings_total", (int64_t)r->findings);
	summing(v);
	v->incomplete |= summary_write(&v->summary, &j, print_bytes, v) != 0;
	json_object_end(&j);
	buf_char(&out, '\n');
	v->incomplete |= out.failed;
	print_bytes(v, &out);
	buf_release(&out);
}

static void print_words(const struct validating *v, const struct offline_result *r)
{
	if (r->findings > OFFLINE_FINDINGS)
		printf("%s: %llu findings, the first %d are shown\n", v->path, (unsigned long long)r->findings,
			OFFLINE_FINDINGS);
	printf("%s: %s, %s: %llu records, %llu errors, %llu warnings\n", v->path,
		r->format[0] ? r->format : "unknown format", verdict(v, r), (unsigned long long)r->records,
		(unsigned long long)r->errors, (unsigned long long)v->warnings);
}

static int validate_file(struct zygote *z, const struct offline *o, const char *path, struct err *err)
{
	struct validating v = { .o = o, .path = path, .findings.max = (size_t)64 << 20 };
	struct offline_sink sink = { &v, add_record, add_finding, add_sum };
	struct offline_result *r = &v.result;
	char text[400];
	int rc;

	json_init(&v.json, &v.findings, false);
	json_array(&v.json, NULL);
	rc = offline_file(z, o, path, &sink, r, err);
	if (rc == 0 && r->end == OFFLINE_FAILED) {
		snprintf(text, sizeof(text), "the process of module '%s' ended: %s", r->format, r->why);
		own_finding(&v, r, "PARSER_DIED", text);
	}
	if (rc == 0 && r->end == OFFLINE_NO_MODULE)
		rc = err_set(err, -1, "there is no format module '%s'; `tallygate formats` lists them", o->format);
	if (rc == 0 && o->json)
		print_json(&v, r);
	else if (rc == 0)
		print_words(&v, r);
	if (rc == 0 && v.incomplete)
		rc = err_set(err, -1, "the summary of '%s' is not whole: its lists could not be kept or written", path);
	if (rc != 0)
		fprintf(stderr, "tallygate: %s\n", err->text);
	if (v.begun)
		summary_release(&v.summary);
	buf_release(&v.findings);
	return rc != 0 || r->end == OFFLINE_UNKNOWN ? 2 : r->errors > 0;
}

int cli_validate(int argc, char **argv)
{
	struct zygote *z = NULL;
	struct err err = { 0 };
	struct offline o;
	int highest = offline_options(&o, argc, argv,
		"validate [--format F] [--option K=V] [--json] [--unmask] FILE...");

	if (highest != 0)
		return highest;
	if (zygote_start(&z, offline_modules(), &err) != 0) {
		fprintf(stderr, "tallygate: %s\n", err.text);
		return 2;
	}
	for (int i = 0; i < o.n_files; i++) {
		int status = validate_file(z, &o, o.files[i], &err);

		highest = status > highest ? status : highest;
		fflush(stdout);
	}
	zygote_free(z);
	return highest;
}

#define PARSE_USAGE "parse [--format F] [--option K=V] [--json] [--unmask] FILE"

#define PRINT_BLOCK ((size_t)64 << 10)

struct parsing { const struct offline *o; const char *path; struct buf out; };

static void flush_records(struct parsing *p)
{
	if (p->out.n > 0)
		fwrite(p->out.p, 1, p->out.n, stdout);
	buf_clear(&p->out);
}

static void print_record(void *ctx, const struct record *rec)
{
	struct parsing *p = ctx;

	if (p->o->json)
		record_json(&p->out, rec, p->o->unmask);
	else
		record_words(&p->out, rec, p->o->unmask);
	if (p->out.n >= PRINT_BLOCK)
		flush_records(p);
}

static void finding_aside(void *ctx, const struct finding *f)
{
	struct parsing *p = ctx;
	struct buf text = { 0 };

	escape_text(&text, f->text);
	fprintf(stderr, "%s:%llu:%u: %s: %s [%s]\n", p->path, (unsigned long long)f->line, f->column,
		severity_name(f->severity), buf_cstr(&text), f->code);
	buf_release(&text);
}

/* 0: the file was read to its end, whatever was found in it; 1: it could not be; 2: wrong use, unreadable, nobody's. */
static int parse_status(const struct offline_result *r, const char *path, struct err *err)
{
	switch (r->end) {
	case OFFLINE_DONE:
		return 0;
	case OFFLINE_UNKNOWN:
		err_set(err, -1, "no format module knows '%s'; name one with --format, or see `tallygate formats`",
			path);
		return 2;
	case OFFLINE_NO_MODULE:
		err_set(err, -1, "'%s' cannot be read; `tallygate formats` lists the modules", path);
		return 2;
	case OFFLINE_GAVE_UP:
		err_set(err, -1, "the module '%s' stopped before the end of '%s'", r->format, path);
		return 1;
	case OFFLINE_FAILED:
		err_set(err, -1, "the process of module '%s' ended: %s", r->format, r->why);
		return 1;
	}
	return 1;
}

int cli_parse(int argc, char **argv)
{
	struct zygote *z = NULL;
	struct err err = { 0 };
	struct offline o;
	struct offline_result r;
	struct parsing p = { .o = &o };
	struct offline_sink sink = { &p, print_record, finding_aside, NULL };
	int status = offline_options(&o, argc, argv, PARSE_USAGE);

	if (status == 0 && o.n_files > 1) {
		fprintf(stderr, "tallygate: one file at a time\nusage: tallygate %s\n", PARSE_USAGE);
		status = 2;
	}
	if (status != 0)
		return status;
	p.path = o.files[0];
	if (zygote_start(&z, offline_modules(), &err) != 0 || offline_file(z, &o, p.path, &sink, &r, &err) != 0)
		status = 2;
	else
		status = parse_status(&r, p.path, &err);
	flush_records(&p);
	if (err.code != 0)
		fprintf(stderr, "tallygate: %s\n", err.text);
	zygote_free(z);
	buf_release(&p.out);
	return fflush(stdout) == 0 ? status : 2;
}
