/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutants - one byte of a good file changed, many times: is every change of a covered field told?
 *
 *   struct mutants m = { .format = module, .name = "nacha", .covered = my_covered };
 *   mutants_file(&m, bytes, times);		for each good file
 *   mutants_report(&m);
 *   mutants_blind(&m, bytes, times, codes);	with the findings `codes` not heard, the same test must tell a silent change
 *   mutants_samples(&m, ".ach", files, times, codes);	all three, over samples/NAME/FILE.ach; the first file is the blind one's
 * A mutant counts as told when it has a finding that the file itself has not.  Where it has none, what `covered` writes of
 * its records must be what it writes of the file's: these are the fields that a control of the format proves.  Every other
 * field that changed is noted by kind and key, and mutants_report() holds that list against docs/formats/NAME.md (between
 * "<!-- uncovered -->" and "<!-- end -->"; TALLY_DOCS=write writes it): it is measured, not claimed.
 * Each mutant is also read whole and with sums (host->sum), where findings and figures must be the same.
 */
#pragma once

#include "tests/lib/module_host.h"
#include "tests/lib/tap.h"

#define MUTANTS_KEYS 200
#define MUTANTS_KEY 48

struct mutants {
	const struct tally_format *format;
	const char *name;
	void (*covered)(struct buf *out, const struct mhost *);	/* from h->wire */
	bool (*told_too)(const struct mhost *);		/* or NULL: what else tells than a finding */
	const char *const *off;				/* codes of findings that are not heard; NULL: none, ends with NULL */
	uint64_t seed, mutants, told, unchanged, silent, wrong, differ;
	char keys[MUTANTS_KEYS][MUTANTS_KEY];
	size_t n_keys;
	struct buf example;
};

static inline uint64_t mutants_random(struct mutants *m)
{
	m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
	return m->seed >> 33;
}

/* Digits, letters and what formats live by come more often than other bytes. */
static inline char mutants_byte(struct mutants *m)
{
	static const char likely[] = "00112233445566778899 ,/+-.\n\r:;{}<>ABCDEFGHIJKLMNOPQRSTUVWXYZabcdxyz*\\\"'";
	uint64_t r = mutants_random(m);

	return r % 4 == 0 ? (char)(r >> 8) : likely[(r >> 8) % (sizeof(likely) - 1)];
}

static inline void mutants_note(struct mutants *m, struct view kind, struct view key)
{
	char text[MUTANTS_KEY];

	snprintf(text, sizeof(text), "%.*s %.*s", VIEW_FMT(kind), VIEW_FMT(key));
	for (size_t i = 0; i < m->n_keys; i++)
		if (strcmp(m->keys[i], text) == 0)
			return;
	if (m->n_keys < MUTANTS_KEYS)
		memcpy(m->keys[m->n_keys++], text, sizeof(text));
}

/* Does " key=value" stand in the line? */
static inline bool mutants_has(struct view line, struct view word)
{
	for (const char *p = line.p; p != NULL; p = memmem(p + 1, line.n - (size_t)(p + 1 - line.p), word.p, word.n))
		if (line.n - (size_t)(p - line.p) >= word.n && memcmp(p, word.p, word.n) == 0 && p > line.p && p[-1] == ' ' &&
		    (p + word.n == line.p + line.n || p[word.n] == ' '))
			return true;
	return false;
}

/* The words of `line` that are not in `other`. */
static inline void mutants_words(struct mutants *m, struct view line, struct view other)
{
	struct view kind, word, key;

	if (!view_cut(&line, ' ', &kind))
		return;
	while (view_cut(&line, ' ', &word))
		if (memchr(word.p, '=', word.n) != NULL && !mutants_has(other, word)) {
			view_cut(&word, '=', &key);
			mutants_note(m, kind, key);
		}
}

static inline void mutants_differences(struct mutants *m, struct view was, struct view is)
{
	struct view a, b;

	while (view_cut(&was, '\n', &a) && view_cut(&is, '\n', &b)) {
		if (view_eq(a, b))
			continue;
		mutants_words(m, a, b);
		mutants_words(m, b, a);
	}
}

/* The records that no sum takes, as text. */
static inline void mutants_told(struct buf *out, const struct mhost *h)
{
	struct view rest = buf_as_view(&h->records), line;

	buf_clear(out);
	while (view_cut(&rest, '\n', &line))
		if (!view_starts(line, VIEW("PAYMENT ")) && !view_starts(line, VIEW("ENTRY ")) && !view_starts(line, VIEW("DETAIL ")))
			buf_view(out, line);
}

/* Findings as text must be equal, and so must the figures; single records are fewer where sums came. */
static inline bool mutants_same(const struct mhost *each, const struct mhost *sums)
{
	static struct buf told[2];
	struct view rest = buf_as_view(&each->wire);
	int64_t debit = 0, credit = 0, more = 0;
	struct record r;

	while (wire_cut_record(&rest, &r) == 1)
		if (r.kind == RECORD_PAYMENT || r.kind == RECORD_ENTRY) {
			int64_t n = record_num(&r, F_AMOUNT, 0);

			debit += n < 0 ? -n : 0;
			credit += n > 0 ? n : 0;
		}
	for (rest = buf_as_view(&sums->wire); wire_cut_record(&rest, &r) == 1;)
		if (r.kind == RECORD_PAYMENT || r.kind == RECORD_ENTRY) {
			more = record_num(&r, F_AMOUNT, 0);
			debit += more < 0 ? more : 0;
			credit -= more > 0 ? more : 0;
		}
	mutants_told(&told[0], each);
	mutants_told(&told[1], sums);
	return each->n_records == sums->n_records && view_eq(buf_as_view(&told[0]), buf_as_view(&told[1])) && debit == sums->sum.debit && credit == sums->sum.credit &&
		view_eq(buf_as_view(&each->findings), buf_as_view(&sums->findings));
}

static inline void mutants_one(struct mutants *m, const struct mhost *good, const struct buf *want, struct view mutant,
	size_t at)
{
	static struct mhost h, sums, whole;
	static struct buf got;

	h.deaf = sums.deaf = whole.deaf = m->off;
	h.step = 60;			/* a record at a time: what is quick on many is not taken */
	sums.sums = true;
	mhost_parse(&h, m->format, mutant);
	mhost_parse(&sums, m->format, mutant);
	mhost_parse(&whole, m->format, mutant);
	m->mutants++;
	if ((!view_eq(buf_as_view(&h.findings), buf_as_view(&whole.findings)) || !view_eq(buf_as_view(&h.records), buf_as_view(&whole.records))) && m->differ++ == 0)
		buf_fmt(&m->example, "# in one window, byte %zu of\n#%.*s\n#each %s%s#whole %s%s", at, (int)mutant.n, mutant.p,
			buf_cstr(&h.findings), buf_cstr(&h.records), buf_cstr(&whole.findings), buf_cstr(&whole.records));
	if (!mutants_same(&h, &sums) && m->differ++ == 0)
		buf_fmt(&m->example, "# with sums, byte %zu of\n#%.*s\n#each %s#sums %s", at, (int)mutant.n, mutant.p,
			buf_cstr(&h.findings), buf_cstr(&sums.findings));
	if (!view_eq(buf_as_view(&h.findings), buf_as_view(&good->findings)) || (m->told_too != NULL && m->told_too(&h))) {
		m->told++;
		return;
	}
	buf_clear(&got);
	m->covered(&got, &h);
	if (!view_eq(buf_as_view(&got), buf_as_view(want))) {
		if (m->wrong++ == 0)
			buf_fmt(&m->example, "# not told, byte %zu of\n#%.*s\n", at, (int)mutant.n, mutant.p);
		return;
	}
	if (view_eq(buf_as_view(&h.records), buf_as_view(&good->records))) {
		m->unchanged++;
		return;
	}
	m->silent++;
	mutants_differences(m, buf_as_view(&good->records), buf_as_view(&h.records));
}

static inline void mutants_file(struct mutants *m, struct view in, unsigned times)
{
	char *copy = malloc(in.n > 0 ? in.n : 1);
	struct mhost good = { 0 };
	struct buf want = { 0 };

	good.deaf = m->off;
	ok(in.p != NULL && in.n > 0 && mhost_parse(&good, m->format, in) == 0 && good.n_errors == 0,
		"the file to be mutated is a good one");
	m->covered(&want, &good);
	for (unsigned i = 0; i < times && in.n > 0 && copy != NULL; i++) {
		size_t at = mutants_random(m) % in.n;
		char byte = mutants_byte(m);

		if (byte == in.p[at])
			byte = (char)(byte + 1);
		memcpy(copy, in.p, in.n);
		copy[at] = byte;
		mutants_one(m, &good, &want, (struct view){ copy, in.n }, at);
	}
	free(copy);
	buf_release(&want);
	mhost_release(&good);
}

static inline int mutants_by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* "PAYMENT: account, party" a line. */
static inline void mutants_list(struct mutants *m, struct buf *out)
{
	struct view kind = { NULL, 0 };

	qsort(m->keys, m->n_keys, sizeof(m->keys[0]), mutants_by_name);
	for (size_t i = 0; i < m->n_keys; i++) {
		struct view key = view_of(m->keys[i]), this;

		view_cut(&key, ' ', &this);
		if (view_eq(this, kind))
			buf_fmt(out, ", `%.*s`", VIEW_FMT(key));
		else
			buf_fmt(out, "%s- %.*s: `%.*s`", kind.p == NULL ? "" : "\n", VIEW_FMT(this), VIEW_FMT(key));
		kind = this;
	}
	buf_char(out, '\n');
}

static inline void mutants_document(struct mutants *m)
{
	static const char begin[] = "<!-- uncovered -->\n", end[] = "<!-- end -->";
	struct buf list = { 0 }, whole = { 0 };
	char path[200];
	struct view doc, written;
	const char *from, *to;
	FILE *f;

	mutants_list(m, &list);
	snprintf(path, sizeof(path), "docs/formats/%s.md", m->name);
	doc = mhost_file(path);
	from = doc.p == NULL ? NULL : memmem(doc.p, doc.n, begin, sizeof(begin) - 1);
	to = from == NULL ? NULL : memmem(from, doc.n - (size_t)(from - doc.p), end, sizeof(end) - 1);
	if (!ok(to != NULL, "%s has a place for the fields that no control covers", path))
		return;
	from += sizeof(begin) - 1;
	if (getenv("TALLY_DOCS") != NULL && strcmp(getenv("TALLY_DOCS"), "write") == 0) {
		buf_put(&whole, doc.p, (size_t)(from - doc.p));
		buf_view(&whole, buf_as_view(&list));
		buf_put(&whole, to, doc.n - (size_t)(to - doc.p));
		f = fopen(path, "wb");
		if (f != NULL) {
			fwrite(whole.p, 1, whole.n, f);
			fclose(f);
		}
	} else {
		written = view_sub(doc, (size_t)(from - doc.p), (size_t)(to - from));
		is_view(written, buf_as_view(&list), "%s names the fields that no control covers", path);
	}
	free((char *)doc.p);
	buf_release(&list);
	buf_release(&whole);
}

static inline void mutants_report(struct mutants *m)
{
	printf("# %llu mutants: %llu told, %llu changed nothing that is read, %llu changed uncovered fields only\n",
		(unsigned long long)m->mutants, (unsigned long long)m->told, (unsigned long long)m->unchanged,
		(unsigned long long)m->silent);
	is_int(m->wrong, 0, "no changed byte changes a covered field in silence");
	is_int(m->differ, 0, "read whole and with sums, every mutant has the same records, findings and figures");
	if (m->example.n > 0)
		printf("%s\n", buf_cstr(&m->example));
	mutants_document(m);
	buf_release(&m->example);
}

/* Can this test fail at all?  Without the findings of the controls, it must report what they would have told. */
static inline void mutants_blind(const struct mutants *m, struct view in, unsigned times, const char *const *codes)
{
	struct mutants blind = { .format = m->format, .name = m->name, .covered = m->covered, .seed = m->seed, .off = codes };

	mutants_file(&blind, in, times);
	ok(blind.wrong > 0 && blind.differ == 0, "with %s and its like not heard, changes of covered fields are silent and this test says so (%llu of %u)",
		codes[0], (unsigned long long)blind.wrong, times);
	buf_release(&blind.example);
}

static inline void mutants_samples(struct mutants *m, const char *ending, const char *const *files, unsigned times, const char *const *codes)
{
	struct view first = { NULL, 0 };
	char path[100];

	if (!ok(m->format != NULL, "the module %s loads", m->name))
		return;
	for (size_t i = 0; files[i] != NULL; i++) {
		struct view in;

		snprintf(path, sizeof(path), "samples/%s/%s%s", m->name, files[i], ending);
		in = mhost_file(path);
		mutants_file(m, in, times);
		if (i == 0)
			first = in;
		else
			free((char *)in.p);
	}
	mutants_report(m);
	mutants_blind(m, first, 2000, codes);
	free((char *)first.p);
}
