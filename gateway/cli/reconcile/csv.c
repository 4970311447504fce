/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - see csv.h.  A file that could not be written whole stays under its temporary name
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/cli/reconcile/csv.h"

#define FLUSH ((size_t)1 << 20)

int write_whole(int fd, const char *p, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t did = at < 0 ? write(fd, p, n) : pwrite(fd, p, n, at);

		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return -1;
		p += did;
		n -= (size_t)did;
		at += at < 0 ? 0 : did;
	}
	return 0;
}

void csv_flush(struct csv_out *o)
{
	if (!o->failed && write_whole(o->fd, o->b.p, o->b.n, -1) != 0)
		o->failed = true;
	o->failed |= o->b.failed;
	buf_clear(&o->b);
}

int csv_begin(struct csv_out *o, const char *dir, const char *name, const char *heads, struct err *err)
{
	char part[80];

	*o = (struct csv_out){ .fd = -1, .b = { .max = FLUSH * 4 } };
	snprintf(o->name, sizeof(o->name), "%s", name);
	snprintf(part, sizeof(part), ".%s.part", name);
	o->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dir != -1)
		o->fd = openat(o->dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (o->fd == -1) {
		err_set(err, errno, "cannot create '%s/%s': %s", dir, name, strerror(errno));
		if (o->dir != -1)
			close(o->dir);
		o->name[0] = '\0';
		return -1;
	}
	for (const char *p = heads; p != NULL && *p != '\0'; p++)
		if (*p != '#' && *p != '*')
			buf_char(&o->b, *p);
	if (heads != NULL)
		buf_char(&o->b, '\n');
	return 0;
}

/* Room for n bytes behind what is there; o->b.n grows by what was put. */
static inline char *room(struct csv_out *o, size_t n)
{
	if (o->b.p != NULL && o->b.cap - o->b.n >= n && !o->b.failed)
		return o->b.p + o->b.n;
	return buf_reserve(&o->b, n);
}

/* The comma before a field, and room for n bytes of it; NULL: memory is short. */
static char *field_room(struct csv_out *o, size_t n)
{
	char *to = room(o, n + 1);

	if (to == NULL)
		return NULL;
	if (o->some) {
		*to++ = ',';
		o->b.n++;
	}
	o->some = true;
	return to;
}

static bool formula_sign(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t';
}

/* A spreadsheet would run it; or reading it back would take its own apostrophe for ours. */
static bool guarded(struct view v)
{
	return v.n > 0 && (formula_sign(*v.p) || (*v.p == '\'' && v.n > 1 && (formula_sign(v.p[1]) || v.p[1] == '\'')));
}

static size_t put_quoted(char *to, struct view v, bool formula)
{
	char *at = to;

	*at++ = '"';
	if (formula)
		*at++ = '\'';
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"')
			*at++ = '"';
		*at++ = v.p[i];
	}
	*at++ = '"';
	return (size_t)(at - to);
}

void csv_text(struct csv_out *o, struct view v)
{
	bool quote = false, formula = guarded(v);
	char *to;

	if (o->sheet != NULL)
		sheet_text(o->sheet, v);
	if (v.n > SIZE_MAX / 4 || (to = field_room(o, v.n * 2 + 3)) == NULL)
		return;
	to[0] = '\'';
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		to[i + formula] = c;
		quote |= c == ',' || c == '"' || c == '\n' || c == '\r';
	}
	o->b.n += quote ? put_quoted(to, v, formula) : v.n + formula;
}

void csv_word(struct csv_out *o, const char *text)
{
	size_t n = strlen(text);
	char *to = field_room(o, n);

	if (o->sheet != NULL)
		sheet_text(o->sheet, view_of(text));
	if (to == NULL)
		return;
	memcpy(to, text, n);
	o->b.n += n;
}

/* Digits of n backwards from `end`, with `digits` of them behind a point; where they begin. */
static char *digits_before(char *end, int64_t n, int digits)
{
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	for (int i = 0; i < digits; i++, u /= 10)
		*--end = (char)('0' + u % 10);
	if (digits > 0)
		*--end = '.';
	do
		*--end = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (n < 0)
		*--end = '-';
	return end;
}

static void number(struct csv_out *o, int64_t n, int digits)
{
	char t[32], *at = digits_before(t + sizeof(t), n, digits), *to = field_room(o, sizeof(t));

	if (to == NULL)
		return;
	memcpy(to, at, (size_t)(t + sizeof(t) - at));
	o->b.n += (size_t)(t + sizeof(t) - at);
}

void csv_int(struct csv_out *o, int64_t n)
{
	if (o->sheet != NULL)
		sheet_int(o->sheet, n);
	number(o, n, 0);
}

void csv_money(struct csv_out *o, int64_t minor, int digits)
{
	if (o->sheet != NULL)
		sheet_money(o->sheet, minor, digits);
	number(o, minor, digits);
}

/* A run has few days and many rows: each is printed once. */
void csv_date(struct csv_out *o, date_t d)
{
	struct csv_day *day = &o->days[(uint32_t)d % CSV_DAYS];
	char *to = field_room(o, DATE_TEXT);

	if (o->sheet != NULL)
		sheet_date(o->sheet, d);
	if (to == NULL || d == DATE_NONE)
		return;
	if (day->date != d || day->n == 0) {
		date_print(d, day->text);
		day->n = (uint8_t)strlen(day->text);
		day->date = d;
	}
	memcpy(to, day->text, day->n);
	o->b.n += day->n;
}

void csv_row(struct csv_out *o)
{
	char *to = room(o, 1);

	if (to != NULL) {
		*to = '\n';
		o->b.n++;
	}
	if (o->sheet != NULL)
		sheet_row(o->sheet);
	o->some = false;
	if (o->b.n >= FLUSH && o->fd != -1)
		csv_flush(o);
}

int csv_finish(struct csv_out *o, struct err *err)
{
	char part[80];
	int rc = 0;

	csv_flush(o);
	snprintf(part, sizeof(part), ".%s.part", o->name);
	if (o->failed || renameat(o->dir, part, o->dir, o->name) == -1)
		rc = err_set(err, errno, "cannot write '%s': %s", o->name, strerror(errno));
	close(o->fd);
	close(o->dir);
	buf_release(&o->b);
	return rc;
}

void put_bank_id(struct buf *b, const struct rc *rc, const struct recon_row *r)
{
	buf_text(b, rc->bank[r->file]->base);
	buf_char(b, '#');
	put_int(b, r->n);
}

void put_id(struct buf *b, const struct rc *rc, const struct recon_row *r, bool bank)
{
	if (bank)
		put_bank_id(b, rc, r);
	else
		buf_view(b, recon_text(r, K_ID));
}
