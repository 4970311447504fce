/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples - the golden files of one format: samples/FORMAT: ok-X, bad-X and those in hostile
 *
 *   samples_run(module, "bai2");
 * ok-X has X.expect beside it: the records as text (module_host.h), and no finding of severity error.  bad-X has
 * X.findings: one line a finding, "severity CODE line:column", and at least one error; warn-X has findings, none of them an
 * error.  What is in hostile must be read
 * to the end and be held. Each is read in one window and in windows of 7 bytes, with equal answers.
 * samples/FORMAT/codes holds a file for each finding of the module, named CODE.ext, that produces it; X.options beside a
 * file gives it options, NAME=VALUE a line.
 * TALLY_GOLDEN_WRITE=1 writes the golden files anew: read the difference before you commit it.  The tests run from the
 * top of the tree, TALLY_SAMPLES names another place.
 */
#pragma once

#include <dirent.h>
#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

static inline void samples_findings(struct mhost *h, struct buf *out)
{
	struct view rest = buf_as_view(&h->findings), line;

	buf_clear(out);
	while (view_cut(&rest, '\n', &line) && line.n > 0) {
		size_t n = 0;

		for (int words = 0; n < line.n; n++)
			if (line.p[n] == ' ' && ++words == 3)
				break;
		buf_put(out, line.p, n);
		buf_char(out, '\n');
	}
}

static inline void samples_golden(const char *path, const char *suffix, struct view got)
{
	char name[700];
	struct view want;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (getenv("TALLY_GOLDEN_WRITE") != NULL && (f = fopen(name, "wb")) != NULL) {
		fwrite(got.p, 1, got.n, f);
		fclose(f);
	}
	want = mhost_file(name);
	is_view(got, want, "%s is what is read", name);
	free((char *)want.p);
}

/* The lines of X.options into h; the bytes stay the caller's and are changed. */
static inline struct view samples_options(struct mhost *h, const char *path)
{
	char name[800];
	struct view text;

	snprintf(name, sizeof(name), "%s.options", path);
	text = mhost_file(name);
	for (char *p = (char *)text.p, *end = p + text.n, *eq, *nl; p != NULL && p < end; p = nl + 1) {
		eq = memchr(p, '=', (size_t)(end - p));
		nl = memchr(p, '\n', (size_t)(end - p));
		if (eq == NULL || nl == NULL || eq > nl)
			break;
		*eq = *nl = '\0';
		mhost_option(h, p, eq + 1);
	}
	return text;
}

static inline void samples_one(const struct tally_format *module, const char *dir, const char *name)
{
	struct mhost h = { 0 }, small = { .step = 7 };
	struct buf found = { 0 };
	char path[600];
	struct view in, options, same;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = mhost_file(path);
	options = samples_options(&h, path);
	same = samples_options(&small, path);
	ok(in.p != NULL && mhost_parse(&h, module, in) == 0, "%s is read to its end", path);
	mhost_parse(&small, module, in);
	ok(view_eq(buf_as_view(&h.records), buf_as_view(&small.records)) &&
	   view_eq(buf_as_view(&h.findings), buf_as_view(&small.findings)), "%s: small windows give the same", path);
	samples_findings(&h, &found);
	if (strncmp(name, "ok-", 3) == 0) {
		ok(h.n_errors == 0, "%s has no error", path);
		samples_golden(path, ".expect", buf_as_view(&h.records));
	} else {
		bool warn = strncmp(name, "warn-", 5) == 0;

		ok((h.n_errors > 0) != warn && h.n_findings > 0, "%s is %s", path, warn ? "read with findings" : "held");
		if (warn || strncmp(name, "bad-", 4) == 0)
			samples_golden(path, ".findings", buf_as_view(&found));
	}
	free((char *)in.p);
	free((char *)options.p);
	free((char *)same.p);
	buf_release(&found);
	mhost_release(&h);
	mhost_release(&small);
}

/* codes/CODE.ext must produce CODE. */
static inline bool samples_produces(const struct tally_format *module, const char *dir, const char *name, const char *code)
{
	struct mhost h = { .step = 0 };
	char path[780], want[100];
	struct view in, options;
	bool found;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(want, sizeof(want), " %s ", code);
	in = mhost_file(path);
	options = samples_options(&h, path);
	found = in.p != NULL && mhost_parse(&h, module, in) == 0 && mhost_count(&h.findings, want) > 0;
	free((char *)in.p);
	free((char *)options.p);
	mhost_release(&h);
	return found;
}

/* Every finding that reading may give has its file; those that begin with `writing` come of writing only (NULL: none). */
static inline void samples_codes(const struct tally_format *module, const char *format, const char *prefix,
	const char *writing)
{
	const char *top = getenv("TALLY_SAMPLES");
	struct dirent **list = NULL;
	char dir[500];
	int n;

	snprintf(dir, sizeof(dir), "%s/%s/codes", top == NULL ? "samples" : top, format);
	n = scandir(dir, &list, NULL, alphasort);
	ok(n > 0, "%s is there", dir);
	for (const struct tally_code *c = module->findings; c->code != NULL; c++) {
		size_t len = strlen(c->code);
		bool found = false;

		if (strncmp(c->code, prefix, strlen(prefix)) != 0 ||
			(writing != NULL && strncmp(c->code, writing, strlen(writing)) == 0))
			continue;
		for (int i = 0; i < n && !found; i++)
			found = strncmp(list[i]->d_name, c->code, len) == 0 && list[i]->d_name[len] == '.' &&
				strstr(list[i]->d_name, ".options") == NULL &&
				samples_produces(module, dir, list[i]->d_name, c->code);
		ok(found, "%s has a sample in %s that produces it", c->code, dir);
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static inline bool samples_is_golden(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] == '.' || (dot != NULL && (strcmp(dot, ".expect") == 0 || strcmp(dot, ".findings") == 0 ||
		strcmp(dot, ".options") == 0 ||
		strcmp(dot, ".md") == 0));
}

static inline void samples_dir(const struct tally_format *module, const char *dir)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, NULL, alphasort);

	ok(n > 0, "%s is there", dir);
	for (int i = 0; i < n; i++) {
		if (!samples_is_golden(list[i]->d_name) && strcmp(list[i]->d_name, "hostile") != 0 &&
			strcmp(list[i]->d_name, "codes") != 0)
			samples_one(module, dir, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

static inline void samples_collect(const struct tally_format *module, const char *dir, struct buf *found)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		struct mhost h = { .step = 0 };
		char path[780];
		struct view in, options;

		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_type == DT_REG && !samples_is_golden(list[i]->d_name) &&
			(in = mhost_file(path)).p != NULL) {
			options = samples_options(&h, path);
			mhost_parse(&h, module, in);
			buf_view(found, buf_as_view(&h.findings));
			free((char *)options.p);
			free((char *)in.p);
		}
		mhost_release(&h);
		free(list[i]);
	}
	free(list);
}

/* Every finding of the module comes of some sample, but those whose code begins with a word of `exempt`: what only writing
 * gives, and what a file of a sensible size cannot. */
static inline void samples_reach(const struct tally_format *module, const char *format, const char *exempt)
{
	const char *top = getenv("TALLY_SAMPLES");
	struct buf found = { 0 };
	char path[500];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s%s", top == NULL ? "samples" : top, format, i == 0 ? "" : "/hostile");
		samples_collect(module, path, &found);
	}
	for (const struct tally_code *c = module->findings; c->code != NULL; c++) {
		struct view words = view_of(exempt), word;
		bool spared = false;
		char want[100];

		while (view_cut(&words, ' ', &word))
			spared = spared || view_starts(view_of(c->code), word);
		snprintf(want, sizeof(want), " %s ", c->code);
		if (!spared)
			ok(mhost_count(&found, want) > 0, "a sample of %s produces %s", format, c->code);
	}
	buf_release(&found);
}

static inline void samples_run(const struct tally_format *module, const char *format)
{
	const char *top = getenv("TALLY_SAMPLES");
	char dir[500];

	snprintf(dir, sizeof(dir), "%s/%s", top == NULL ? "samples" : top, format);
	samples_dir(module, dir);
	snprintf(dir, sizeof(dir), "%s/%s/hostile", top == NULL ? "samples" : top, format);
	samples_dir(module, dir);
}
