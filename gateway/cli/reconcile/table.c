/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table - see table.h.  Fields are unquoted in place
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/reconcile/table.h"

#define FILE_MOST ((off_t)1 << 32)

int rc_table_slurp(struct rc_table *t, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t got = 1;

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > FILE_MOST) {
		err_set(err, errno, "cannot read '%s': %s", path, fd == -1 ? strerror(errno) : "it is no file of a size that can be read");
		if (fd != -1)
			close(fd);
		return -1;
	}
	t->p = malloc((size_t)st.st_size + 1);
	while (t->p != NULL && t->n < (size_t)st.st_size && (got = read(fd, t->p + t->n, (size_t)st.st_size - t->n)) > 0)
		t->n += (size_t)got;
	close(fd);
	if (t->p == NULL || got < 0)
		return err_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	t->p[t->n] = '\n';
	return 0;
}

/* One field from t->at; *last when it ends its row.  False: not CSV. */
static bool cut_field(struct rc_table *t, struct view *v, bool *last)
{
	char *p = t->p, *to;
	size_t i = t->at;

	*last = true;
	if (i < t->n && p[i] == '"') {
		to = p + ++i;
		*v = (struct view){ to, 0 };
		for (;; i++) {
			if (i >= t->n)
				return false;
			if (p[i] == '"' && (i + 1 == t->n || p[++i] != '"'))
				break;
			t->line += p[i] == '\n';
			*to++ = p[i];
		}
		v->n = (size_t)(to - v->p);
	} else {		/* nearly every byte is above the comma; the newline behind the last one ends the loop */
		*v = (struct view){ p + i, 0 };
		while (t->separator == ',' && ((unsigned char)p[i] > ',' || (p[i] != ',' && p[i] != '\n' && p[i] != '\r')))
			i++;
		while (t->separator != ',' && p[i] != t->separator && p[i] != '\n' && p[i] != '\r')
			i++;
		i = i < t->n ? i : t->n;
		v->n = (size_t)(p + i - v->p);
	}
	if (i + 1 == t->n && p[i] == '"')
		i++;
	if (i < t->n && p[i] == t->separator) {
		*last = false;
		i++;
	} else if (i < t->n) {
		if (p[i] == '\r')
			i++;
		if (i >= t->n || p[i] != '\n')
			return false;
		i++;
	}
	t->at = i;
	return true;
}

static struct view without_guard(struct view v)
{
	return v.n > 1 && v.p[0] == '\'' && memchr("=+-@\t'", v.p[1], 6) != NULL ? view_sub(v, 1, v.n) : v;
}

/* Spreadsheet programs write the separator of their country: the header says which. */
static char separator_of(const struct rc_table *t)
{
	char best = ',';
	size_t most = 0;

	for (const char *c = ",;\t"; *c != '\0'; c++) {
		size_t n = 0;

		for (size_t i = t->at; i < t->n && t->p[i] != '\n' && t->p[i] != '\r'; i++)
			n += t->p[i] == *c;
		if (n > most) {
			most = n;
			best = *c;
		}
	}
	return best;
}

int rc_table_head(struct rc_table *t, const char *path, const char *const *names, struct err *err)
{
	struct view v;
	bool last = false, first = false;
	int n = 0;

	t->line = 1;
	t->stop = t->n;
	t->at = t->n >= 3 && memcmp(t->p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	t->separator = t->foreign ? separator_of(t) : ',';
	while (names[t->wanted] != NULL)
		t->wanted++;
	memset(t->to, -1, sizeof(t->to));
	while (!last && n < RC_TABLE_COLUMNS && cut_field(t, &v, &last)) {
		for (int i = 0; i < t->wanted; i++)
			if (view_eq(v, view_of(names[i])) && memchr(t->to, i, (size_t)n) == NULL) {
				t->to[n] = (int8_t)i;
				first |= i == 0;
			}
		n++;
	}
	t->columns = n;
	return last && first ? 0 : err_set(err, -1, "'%s' has no column '%s'", path, names[0]);
}

int rc_table_open(struct rc_table *t, const char *path, const char *const *names, struct err *err)
{
	*t = (struct rc_table){ .n = 0 };
	if (rc_table_slurp(t, path, err) == 0 && rc_table_head(t, path, names, err) == 0)
		return 0;
	rc_table_close(t);
	return -1;
}

int rc_table_next(struct rc_table *t, struct view *values)
{
	struct view v;
	bool last = false;
	int n = 0;

	while (t->at < t->stop && (t->p[t->at] == '\n' || t->p[t->at] == '\r'))
		t->line += t->p[t->at++] == '\n';
	if (t->at >= t->stop)
		return 0;
	t->line++;
	for (int i = 0; i < t->wanted; i++)
		values[i] = VIEW("");
	while (!last) {
		if ((n == t->columns && !t->foreign) || !cut_field(t, &v, &last))
			return -1;
		if (n < t->columns && t->to[n] >= 0)
			values[t->to[n]] = without_guard(v);
		else if (n >= t->columns && v.n > 0)
			return -1;
		n++;
	}
	return n == t->columns || t->foreign ? 1 : -1;
}

void rc_table_close(struct rc_table *t)
{
	free(t->p);
	t->p = NULL;
}
