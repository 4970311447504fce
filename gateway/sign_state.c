/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_state - see sign_state.h
 *
 * A row is read by the same function whether it comes from the file or was just committed, so that what a restart sees
 * is what the running process saw.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/buf.h"
#include "formats/core/money.h"
#include "gateway/sign_request.h"
#include "gateway/sign_state.h"

#define FILE_NAME ".sums"
#define NEW_NAME ".sums.new"
#define FILE_MAX ((size_t)64 << 20)
#define ROWS_KEPT 65536			/* nonces, runs, issues: so many each */
#define DAYS_KEPT 10

struct nonce { char nonce[33], operator_name[64], object[32], artifact[65]; bool told; };
struct issue { char numbers[65]; };

struct sign_state {
	int dirfd, fd;
	off_t size;				/* what is known to be whole */
	struct sign_sum *sums;
	struct nonce *nonces;
	struct sign_run *runs;
	struct issue *issues;
	size_t n_sums, cap_sums, n_nonces, cap_nonces, n_runs, cap_runs, n_issues, cap_issues;
	int64_t head_size;
	char head_root[65];
	struct buf gathered;
};

/* ---- rows ---- */

static void *grow(void *p, size_t *cap, size_t n, size_t size)
{
	void *more;

	if (n < *cap)
		return p;
	more = realloc(p, (*cap * 2 + 64) * size);
	if (more != NULL)
		*cap = *cap * 2 + 64;
	return more;
}

static bool word(struct view *line, char *out, size_t cap)
{
	struct view v;

	if (!view_cut(line, ' ', &v) || v.n == 0 || v.n >= cap)
		return false;
	memcpy(out, v.p, v.n);
	out[v.n] = '\0';
	return true;
}

static bool number(struct view *line, int64_t *out)
{
	char text[24];
	struct view v;
	struct money m;

	if (!word(line, text, sizeof(text)))
		return false;
	v = view_of(text);
	if (money_parse(&m, v, "USD") != MONEY_OK)
		return false;
	*out = m.minor;
	return true;
}

static bool row_sum(struct sign_state *s, struct view line)
{
	struct sign_sum row = { .minor = 0 };
	char text[16];
	struct sign_sum *more;

	if (!word(&line, text, sizeof(text)) || !date_parse_iso(&row.day, view_of(text)) ||
	    !word(&line, row.partner, sizeof(row.partner)) || !word(&line, row.ccy, sizeof(row.ccy)) ||
	    !number(&line, &row.minor) || !word(&line, row.artifact, sizeof(row.artifact)) || line.p != NULL ||
	    !sign_is_sha256(row.artifact))
		return false;
	more = grow(s->sums, &s->cap_sums, s->n_sums, sizeof(*more));
	if (more == NULL)
		return false;
	s->sums = more;
	more[s->n_sums++] = row;
	return true;
}

/* Room for one more; the oldest go when there are twice as many as are kept.  NULL: no memory. */
static void *room(void *rows, size_t *n, size_t *cap, size_t size)
{
	if (*n >= (size_t)2 * ROWS_KEPT) {
		memmove(rows, (char *)rows + ROWS_KEPT * size, (*n - ROWS_KEPT) * size);
		*n -= ROWS_KEPT;
	}
	return grow(rows, cap, *n, size);
}

static bool nonce(struct sign_state *s, struct view line, bool told)
{
	struct nonce row = { .told = told }, *more;

	if (!word(&line, row.nonce, sizeof(row.nonce)) || !word(&line, row.operator_name, sizeof(row.operator_name)) ||
	    !word(&line, row.object, sizeof(row.object)) || !word(&line, row.artifact, sizeof(row.artifact)) || line.p != NULL)
		return false;
	more = room(s->nonces, &s->n_nonces, &s->cap_nonces, sizeof(*more));
	if (more == NULL)
		return false;
	s->nonces = more;
	more[s->n_nonces++] = row;
	return true;
}

static bool row_nonce(struct sign_state *s, struct view line)
{
	return nonce(s, line, false);
}

static bool row_told(struct sign_state *s, struct view line)
{
	return nonce(s, line, true);
}

static bool row_run(struct sign_state *s, struct view line)
{
	struct sign_run row = { .minor = 0 }, *more;

	if (!word(&line, row.source, sizeof(row.source)) || !word(&line, row.batch, sizeof(row.batch)) ||
	    !word(&line, row.items, sizeof(row.items)) || !word(&line, row.ccy, sizeof(row.ccy)) || !number(&line, &row.minor) ||
	    line.p != NULL || !sign_is_sha256(row.source) || !sign_is_sha256(row.items))
		return false;
	more = room(s->runs, &s->n_runs, &s->cap_runs, sizeof(*more));
	if (more == NULL)
		return false;
	s->runs = more;
	more[s->n_runs++] = row;
	return true;
}

static bool row_issue(struct sign_state *s, struct view line)
{
	struct issue row, *more;

	if (!word(&line, row.numbers, sizeof(row.numbers)) || line.p != NULL || !sign_is_sha256(row.numbers))
		return false;
	more = room(s->issues, &s->n_issues, &s->cap_issues, sizeof(*more));
	if (more == NULL)
		return false;
	s->issues = more;
	more[s->n_issues++] = row;
	return true;
}

static bool row_head(struct sign_state *s, struct view line)
{
	int64_t size;
	char root[65];

	if (!number(&line, &size) || !word(&line, root, sizeof(root)) || line.p != NULL || !sign_is_sha256(root))
		return false;
	s->head_size = size;
	memcpy(s->head_root, root, sizeof(root));
	return true;
}

static bool take_row(struct sign_state *s, struct view line)
{
	static const struct { struct view kind; bool (*take)(struct sign_state *, struct view); } kinds[] = {
		{ VIEW_INIT("sum"), row_sum }, { VIEW_INIT("nonce"), row_nonce }, { VIEW_INIT("told"), row_told },
		{ VIEW_INIT("run"), row_run }, { VIEW_INIT("issue"), row_issue }, { VIEW_INIT("head"), row_head },
	};
	struct view kind;

	if (!view_cut(&line, ' ', &kind) || line.p == NULL)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (view_eq(kind, kinds[i].kind))
			return kinds[i].take(s, line);
	return false;
}

static void put_sum(struct buf *b, const struct sign_sum *r)
{
	char day[DATE_TEXT];

	buf_fmt(b, "sum %s %s %s %lld %s\n", date_print(r->day, day), r->partner, r->ccy, (long long)r->minor,
		r->artifact);
}

static void put_run(struct buf *b, const struct sign_run *r)
{
	buf_fmt(b, "run %s %s %s %s %lld\n", r->source, r->batch, r->items, r->ccy, (long long)r->minor);
}

/* ---- the file ---- */

static int read_rows(struct sign_state *s, struct err *e)
{
	struct buf text = { .max = FILE_MAX };
	struct view rest, line;
	int fd = openat(s->dirfd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = -1;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_set(e, errno, "cannot open 'manifests/" FILE_NAME "': %s", strerror(errno));
	for (;;) {
		char *room = buf_reserve(&text, 65536);
		ssize_t n = room == NULL ? -1 : read(fd, room, 65536);

		if (n == -1 && room != NULL && errno == EINTR)
			continue;
		if (n == -1) {
			err_set(e, errno, "cannot read 'manifests/" FILE_NAME "': %s", room == NULL ? "too long"
				: strerror(errno));
			goto out;
		}
		if (n == 0)
			break;
		text.n += (size_t)n;
	}
	while (text.n > 0 && text.p[text.n - 1] != '\n')
		text.n--;			/* a torn last line */
	rest = buf_as_view(&text);
	for (int n = 1; rest.n > 0 && view_cut(&rest, '\n', &line); n++)
		if (!take_row(s, line)) {
			err_set(e, EINVAL, "line %d of 'manifests/" FILE_NAME "' is no row of ours: somebody else "
				"wrote there", n);
			goto out;
		}
	rc = 0;
out:
	close(fd);
	buf_release(&text);
	return rc;
}

static int write_rows(int fd, struct view v, struct err *e)
{
	while (v.n > 0) {
		ssize_t n = write(fd, v.p, v.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_set(e, errno, "cannot write 'manifests/" FILE_NAME "': %s", strerror(errno));
		v = view_sub(v, (size_t)n, v.n);
	}
	return fsync(fd) == -1 ? err_set(e, errno, "cannot write 'manifests/" FILE_NAME "': %s", strerror(errno)) : 0;
}

static void keep_last(void *rows, size_t *n, size_t size)
{
	if (*n <= ROWS_KEPT)
		return;
	memmove(rows, (char *)rows + (*n - ROWS_KEPT) * size, ROWS_KEPT * size);
	*n = ROWS_KEPT;
}

static void drop_old(struct sign_state *s)
{
	date_t newest = DATE_NONE;
	size_t kept = 0;

	for (size_t i = 0; i < s->n_sums; i++)
		if (s->sums[i].day > newest)
			newest = s->sums[i].day;
	for (size_t i = 0; i < s->n_sums; i++)
		if (s->sums[i].day >= newest - DAYS_KEPT)
			s->sums[kept++] = s->sums[i];
	s->n_sums = kept;
	keep_last(s->nonces, &s->n_nonces, sizeof(*s->nonces));
	keep_last(s->runs, &s->n_runs, sizeof(*s->runs));
	keep_last(s->issues, &s->n_issues, sizeof(*s->issues));
}

/* The file anew, without what is old; it stays open for appending. */
static int rewrite(struct sign_state *s, struct err *e)
{
	struct buf text = { .max = FILE_MAX };
	int rc = -1;

	drop_old(s);
	for (size_t i = 0; i < s->n_sums; i++)
		put_sum(&text, &s->sums[i]);
	for (size_t i = 0; i < s->n_nonces; i++)
		buf_fmt(&text, "%s %s %s %s %s\n", s->nonces[i].told ? "told" : "nonce", s->nonces[i].nonce, s->nonces[i].operator_name,
			s->nonces[i].object, s->nonces[i].artifact);
	for (size_t i = 0; i < s->n_runs; i++)
		put_run(&text, &s->runs[i]);
	for (size_t i = 0; i < s->n_issues; i++)
		buf_fmt(&text, "issue %s\n", s->issues[i].numbers);
	if (s->head_root[0] != '\0')
		buf_fmt(&text, "head %lld %s\n", (long long)s->head_size, s->head_root);
	if (text.failed) {
		err_set(e, ENOMEM, "cannot keep 'manifests/" FILE_NAME "': out of memory");
		goto out;
	}
	unlinkat(s->dirfd, NEW_NAME, 0);
	s->fd = openat(s->dirfd, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->fd == -1) {
		err_set(e, errno, "cannot create 'manifests/" NEW_NAME "': %s", strerror(errno));
		goto out;
	}
	if (write_rows(s->fd, buf_as_view(&text), e) == -1)
		goto out;
	if (renameat(s->dirfd, NEW_NAME, s->dirfd, FILE_NAME) == -1 || fsync(s->dirfd) == -1) {
		err_set(e, errno, "cannot publish 'manifests/" FILE_NAME "': %s", strerror(errno));
		goto out;
	}
	s->size = (off_t)text.n;
	rc = 0;
out:
	buf_release(&text);
	return rc;
}

int sign_state_open(struct sign_state **out, int dirfd, struct err *e)
{
	struct sign_state *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return err_set(e, ENOMEM, "out of memory");
	s->dirfd = dirfd;
	s->fd = -1;
	s->gathered.max = (size_t)1 << 20;
	if (read_rows(s, e) == -1 || rewrite(s, e) == -1) {
		sign_state_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void sign_state_free(struct sign_state *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	free(s->sums);
	free(s->nonces);
	free(s->runs);
	free(s->issues);
	buf_release(&s->gathered);
	free(s);
}

/* ---- questions ---- */

static bool same_day(const struct sign_sum *a, const struct sign_sum *b)
{
	return a->day == b->day && strcmp(a->partner, b->partner) == 0 && strcmp(a->ccy, b->ccy) == 0;
}

int64_t sign_state_sum(const struct sign_state *s, const struct sign_sum *like)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->n_sums; i++)
		if (same_day(&s->sums[i], like) && strcmp(s->sums[i].artifact, like->artifact) != 0 &&
		    !money_add_minor(&sum, s->sums[i].minor))
			return INT64_MAX;
	return sum;
}

bool sign_state_nonce_used(const struct sign_state *s, const struct statement *st, const char *artifact, bool told)
{
	for (size_t i = 0; i < s->n_nonces; i++) {
		const struct nonce *n = &s->nonces[i];

		if (strcmp(n->nonce, st->nonce) != 0)
			continue;
		if (strcmp(n->object, st->object) != 0 || strcmp(n->operator_name, st->operator_name) != 0 ||
		    (n->told == told && strcmp(n->artifact, artifact) != 0))
			return true;
	}
	return false;
}

int64_t sign_state_run(const struct sign_state *s, const struct sign_run *like, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->n_runs; i++) {
		const struct sign_run *r = &s->runs[i];
		bool same = false;

		if (n == 0 || strcmp(r->source, like[0].source) != 0 || strcmp(r->ccy, like[0].ccy) != 0)
			continue;
		for (size_t k = 0; k < n && !same; k++)
			same = strcmp(r->batch, like[k].batch) == 0 && strcmp(r->items, like[k].items) == 0;
		if (!same && !money_add_minor(&sum, r->minor))
			return INT64_MAX;
	}
	return sum;
}

bool sign_state_issued(const struct sign_state *s, const char *numbers)
{
	for (size_t i = s->n_issues; i > 0; i--)
		if (strcmp(s->issues[i - 1].numbers, numbers) == 0)
			return true;
	return false;
}

bool sign_state_head_fits(const struct sign_state *s, int64_t size, const char *root)
{
	if (s->head_root[0] == '\0')
		return true;
	return size > s->head_size || (size == s->head_size && strcmp(root, s->head_root) == 0);
}

/* ---- changes ---- */

void sign_state_add_sum(struct sign_state *s, const struct sign_sum *r)
{
	for (size_t i = 0; i < s->n_sums; i++)
		if (same_day(&s->sums[i], r) && strcmp(s->sums[i].artifact, r->artifact) == 0 &&
		    s->sums[i].minor == r->minor)
			return;
	put_sum(&s->gathered, r);
}

void sign_state_add_nonce(struct sign_state *s, const struct statement *st, const char *artifact, bool told)
{
	for (size_t i = 0; i < s->n_nonces; i++)
		if (strcmp(s->nonces[i].nonce, st->nonce) == 0 && s->nonces[i].told == told)
			return;
	buf_fmt(&s->gathered, "%s %s %s %s %s\n", told ? "told" : "nonce", st->nonce, st->operator_name, st->object, artifact);
}

void sign_state_add_run(struct sign_state *s, const struct sign_run *r)
{
	for (size_t i = 0; i < s->n_runs; i++)
		if (strcmp(s->runs[i].source, r->source) == 0 && strcmp(s->runs[i].batch, r->batch) == 0 &&
		    strcmp(s->runs[i].items, r->items) == 0 && strcmp(s->runs[i].ccy, r->ccy) == 0 && s->runs[i].minor == r->minor)
			return;
	put_run(&s->gathered, r);
}

void sign_state_add_issue(struct sign_state *s, const char *numbers)
{
	if (!sign_state_issued(s, numbers))
		buf_fmt(&s->gathered, "issue %s\n", numbers);
}

void sign_state_add_head(struct sign_state *s, int64_t size, const char *root)
{
	if (size != s->head_size || strcmp(root, s->head_root) != 0)
		buf_fmt(&s->gathered, "head %lld %s\n", (long long)size, root);
}

void sign_state_forget(struct sign_state *s)
{
	buf_clear(&s->gathered);
}

int sign_state_commit(struct sign_state *s, struct err *e)
{
	struct view rest = buf_as_view(&s->gathered), line;
	int rc = -1;

	if (s->gathered.failed) {
		err_set(e, ENOMEM, "cannot keep what was approved: out of memory");
		goto out;
	}
	if (rest.n > 0 && write_rows(s->fd, rest, e) == -1) {
		if (ftruncate(s->fd, s->size) == -1)		/* a torn row in the middle would stop the next start */
			err_wrap(e, "and cannot take it back: %s", strerror(errno));
		goto out;
	}
	s->size += (off_t)rest.n;
	while (rest.n > 0 && view_cut(&rest, '\n', &line))
		if (!take_row(s, line)) {
			err_set(e, ENOMEM, "cannot remember what was approved");
			goto out;
		}
	if (s->n_sums > 4096)
		drop_old(s);
	rc = 0;
out:
	buf_clear(&s->gathered);
	return rc;
}
