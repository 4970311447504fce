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

void csv_flush(struct csv_out *o)
{
	size_t done = 0;

	while (done < o->b.n && !o->failed) {
		ssize_t n = write(o->fd, o->b.p + done, o->b.n - done);

		if (n < 0 && errno == EINTR)
			continue;
		o->failed |= n <= 0;
		done += n > 0 ? (size_t)n : 0;
	}
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

static void comma(struct csv_out *o)
{
	if (o->some)
		buf_char(&o->b, ',');
	o->some = true;
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

void csv_text(struct csv_out *o, struct view v)
{
	bool quote = false, formula = guarded(v);

	comma(o);
	sheet_text(o->sheet, v);
	for (size_t i = 0; i < v.n && !quote; i++)
		quote = v.p[i] == ',' || v.p[i] == '"' || v.p[i] == '\n' || v.p[i] == '\r';
	if (quote)
		buf_char(&o->b, '"');
	if (formula)
		buf_char(&o->b, '\'');
	if (!quote) {
		buf_view(&o->b, v);
		return;
	}
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"')
			buf_char(&o->b, '"');
		buf_char(&o->b, v.p[i]);
	}
	buf_char(&o->b, '"');
}

void csv_word(struct csv_out *o, const char *text)
{
	comma(o);
	sheet_text(o->sheet, view_of(text));
	buf_text(&o->b, text);
}

void csv_int(struct csv_out *o, int64_t n)
{
	comma(o);
	sheet_int(o->sheet, n);
	put_int(&o->b, n);
}

void csv_money(struct csv_out *o, int64_t minor, int digits)
{
	comma(o);
	sheet_money(o->sheet, minor, digits);
	put_money(&o->b, minor, digits);
}

void csv_date(struct csv_out *o, date_t d)
{
	char text[DATE_TEXT];

	comma(o);
	sheet_date(o->sheet, d);
	buf_text(&o->b, date_print(d, text));
}

void csv_row(struct csv_out *o)
{
	buf_char(&o->b, '\n');
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
