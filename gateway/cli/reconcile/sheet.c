/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/sheet - see sheet.h.  Spans are taken in the order of the file, so the first that is not placed yet is
 * always in somebody's hands: nobody waits for a span that nobody prints.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/cli/reconcile/pool.h"
#include "gateway/cli/reconcile/sheet.h"

int rc_sheet_add(struct rc_sheet *s, struct rc_span rows)
{
	for (uint32_t at = rows.from; at < rows.to; at += RC_SPAN) {
		struct rc_span one = rows;

		if (s->n_spans == s->cap_spans) {
			struct rc_span *p = realloc(s->spans, (s->cap_spans * 2 + 64) * sizeof(*p));

			if (p == NULL)
				return -1;
			s->spans = p;
			s->cap_spans = s->cap_spans * 2 + 64;
		}
		one.from = at;
		one.to = rows.to - at < RC_SPAN ? rows.to : at + RC_SPAN;
		one.number += at - rows.from;
		s->spans[s->n_spans++] = one;
	}
	return 0;
}

void rc_sheet_release(struct rc_sheet *s)
{
	free(s->spans);
	s->spans = NULL;
}

struct place { struct csv_out file; uint32_t turn; off_t at; };	/* of a sheet: whose turn it is, and where it begins */

struct desk {
	const struct rc *rc;
	struct rc_sheet *sheets;
	struct place *places;
	uint32_t n_sheets, n_others;
	const rc_file_writer *others;
	const void *more;
	struct { struct csv_out o; struct buf scratch; } worker[RC_THREADS];
	pthread_mutex_t lock;
	pthread_cond_t placed;
	struct err err;
};

/* The n bytes' place in the file, as soon as all before them have theirs. */
static off_t place_of(struct desk *d, struct place *p, uint32_t span, size_t n)
{
	off_t at;

	pthread_mutex_lock(&d->lock);
	while (p->turn != span)
		pthread_cond_wait(&d->placed, &d->lock);
	at = p->at;
	p->at += (off_t)n;
	p->turn++;
	pthread_cond_broadcast(&d->placed);
	pthread_mutex_unlock(&d->lock);
	return at;
}

static int failed(struct desk *d, const char *name, const char *why)
{
	pthread_mutex_lock(&d->lock);
	if (d->err.code == 0)
		err_set(&d->err, errno == 0 ? -1 : errno, "cannot write '%s': %s", name, why);
	pthread_mutex_unlock(&d->lock);
	return -1;
}

static int print_span(struct desk *d, uint32_t sheet, uint32_t span, int worker)
{
	struct rc_sheet *s = &d->sheets[sheet];
	struct csv_out *o = &d->worker[worker].o;
	struct buf *scratch = &d->worker[worker].scratch;
	off_t at;

	buf_clear(&o->b);
	buf_clear(scratch);
	o->fd = -1;
	s->put(s, d->rc, &s->spans[span], o, scratch);
	at = place_of(d, &d->places[sheet], span, o->b.n);	/* a span that failed takes its turn as well */
	if (o->b.failed || scratch->failed)
		return failed(d, s->name, "memory is short");
	return write_whole(d->places[sheet].file.fd, o->b.p, o->b.n, at) == 0 ? 0 : failed(d, s->name, strerror(errno));
}

static int one(void *ctx, uint32_t i, int worker)
{
	struct desk *d = ctx;
	struct err err = { 0 };

	if (i < d->n_others) {
		if (d->others[i](d->rc, d->more, &err) == 0)
			return 0;
		pthread_mutex_lock(&d->lock);
		d->err = err;
		pthread_mutex_unlock(&d->lock);
		return -1;
	}
	i -= d->n_others;
	for (uint32_t s = 0; s < d->n_sheets; i -= d->sheets[s++].n_spans)
		if (i < d->sheets[s].n_spans)
			return print_span(d, s, i, worker);
	return -1;
}

static int open_all(struct desk *d, struct err *err)
{
	for (uint32_t s = 0; s < d->n_sheets; s++) {
		struct place *p = &d->places[s];

		if (csv_begin(&p->file, d->rc->out, d->sheets[s].name, d->sheets[s].header, err) != 0)
			return -1;
		p->at = (off_t)p->file.b.n;
		csv_flush(&p->file);
	}
	return 0;
}

int rc_sheets_write(const struct rc *rc, struct rc_sheet *sheets, uint32_t n, const rc_file_writer *others, uint32_t n_others, const void *more,
	struct err *err)
{
	struct desk *d = calloc(1, sizeof(*d));
	uint32_t pieces = n_others;
	int rc_code = -1;

	if (d == NULL)
		return err_set(err, -1, "memory is short");
	*d = (struct desk){ .rc = rc, .sheets = sheets, .n_sheets = n, .others = others, .n_others = n_others, .more = more,
		.lock = PTHREAD_MUTEX_INITIALIZER, .placed = PTHREAD_COND_INITIALIZER, .places = calloc(n + 1, sizeof(*d->places)) };
	for (uint32_t s = 0; s < n; s++)
		pieces += sheets[s].n_spans;
	if (d->places == NULL) {
		err_set(err, -1, "memory is short");
	} else if (open_all(d, err) == 0) {
		rc_code = rc_each(rc, pieces, one, d);
		if (rc_code != 0)
			*err = d->err;
	}
	for (uint32_t s = 0; d->places != NULL && s < n; s++) {
		if (d->places[s].file.name[0] == '\0')
			continue;
		d->places[s].file.failed |= rc_code != 0;
		if (csv_finish(&d->places[s].file, rc_code != 0 ? &(struct err){ 0 } : err) != 0)
			rc_code = -1;
	}
	for (int w = 0; w < RC_THREADS; w++) {
		buf_release(&d->worker[w].o.b);
		buf_release(&d->worker[w].scratch);
	}
	free(d->places);
	free(d);
	return rc_code;
}
