/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile/matched - see matched.h.  Records: 'P' account and currency, 'F' a bank file's base name, 'L' a line, 'K' an item;
 * numbers little endian.  A record that does not fit ends the reading with an error that names the byte.
 */
#include <errno.h>
#include <stdlib.h>

#include "gateway/cli/reconcile/matched.h"
#include "gateway/cli/reconcile/table.h"

#define ROW_BYTES 44u			/* without its kind and texts */

static void store(unsigned char *to, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (unsigned char)(v >> (8 * i));
}

static void put_row(struct buf *b, const struct rc *rc, const struct recon_row *r, bool bank)
{
	unsigned char h[1 + ROW_BYTES];

	h[0] = bank ? 'L' : 'K';
	store(h + 1, (uint64_t)r->amount, 8);
	store(h + 9, (uint32_t)r->date, 4);
	store(h + 13, (uint32_t)r->other, 4);
	store(h + 17, (uint32_t)r->status_date, 4);
	store(h + 21, (uint32_t)(r->first_seen == DATE_NONE ? rc->as_of : r->first_seen), 4);
	store(h + 25, r->n, 4);
	for (int t = 0; t < RECON_TEXTS; t++)
		store(h + 29 + 2 * t, r->end[t], 2);
	h[41] = r->sign;
	h[42] = r->type;
	h[43] = r->status;
	h[44] = 0;
	buf_put(b, h, sizeof(h));
	buf_put(b, r->texts, r->end[RECON_TEXTS - 1]);
}

static void put_name(struct buf *b, char kind, struct view name)
{
	buf_char(b, kind);
	buf_u16(b, (uint16_t)name.n);
	buf_view(b, name);
}

void rc_put_matched(const struct rc_sheet *sheet, const struct rc *rc, const struct rc_span *span, struct csv_out *o, struct buf *s)
{
	const struct rc_part *p = &rc->parts[span->part];
	const struct recon_row *rows = span->side == 0 ? p->recon.lines : p->recon.items;
	uint32_t file = UINT32_MAX;

	(void)sheet;
	(void)s;
	for (uint32_t k = span->from; k < span->to; k++) {
		if (!rows[k].closed)
			continue;
		if (file == UINT32_MAX) {
			put_name(&o->b, 'P', view_sub(p->account, 0, UINT16_MAX));
			buf_put(&o->b, p->currency, 3);
		}
		if (span->side == 0 && rows[k].file != file)
			put_name(&o->b, 'F', view_of(rc->bank[rows[k].file]->base));
		file = span->side == 0 ? rows[k].file : 0;
		put_row(&o->b, rc, &rows[k], span->side == 0);
	}
}

/* Reading */

static uint64_t load(const char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return v;
}

int rc_matched_open(struct rc_matched_file *f, const char *path, struct err *err)
{
	static const char header[] = RC_MATCHED_HEADER "\n";
	struct rc_table t = { 0 };

	*f = (struct rc_matched_file){ .path = path };
	if (rc_table_slurp(&t, path, err) != 0)
		return -1;
	f->p = t.p;
	f->n = t.n;
	f->at = sizeof(header) - 1;
	if (f->n >= f->at && memcmp(f->p, header, f->at) == 0)
		return 0;
	rc_matched_close(f);
	return err_set(err, -1, "'%s' is not what a run wrote", path);
}

static int torn(const struct rc_matched_file *f, struct err *err)
{
	return err_set(err, -1, "'%s' is not what a run wrote, from byte %zu on", f->path, f->at);
}

static bool take_name(struct rc_matched_file *f, struct view *name, size_t more)
{
	size_t n = f->n - f->at < 3 ? SIZE_MAX : (size_t)load(f->p + f->at + 1, 2);

	if (n == SIZE_MAX || f->n - f->at - 3 < n + more)
		return false;
	*name = (struct view){ f->p + f->at + 3, n };
	f->at += 3 + n + more;
	return true;
}

static bool take_row(struct rc_matched_file *f, struct rc_matched *m)
{
	const char *h = f->p + f->at + 1;
	struct recon_row *r = &m->row;

	if (f->n - f->at < 1 + ROW_BYTES)
		return false;
	*m = (struct rc_matched){ .book = f->p[f->at] == 'K', .account = f->account, .base = f->base };
	memcpy(m->currency, f->currency, 4);
	r->amount = (int64_t)load(h, 8);
	r->date = (date_t)(int32_t)load(h + 8, 4);
	r->other = (date_t)(int32_t)load(h + 12, 4);
	r->status_date = (date_t)(int32_t)load(h + 16, 4);
	r->first_seen = (date_t)(int32_t)load(h + 20, 4);
	r->n = (uint32_t)load(h + 24, 4);
	for (int t = 0; t < RECON_TEXTS; t++) {
		r->end[t] = (uint16_t)load(h + 28 + 2 * t, 2);
		if (t > 0 && r->end[t] < r->end[t - 1])
			return false;
	}
	r->sign = (uint8_t)h[40];
	r->type = (uint8_t)h[41];
	r->status = (uint8_t)h[42];
	if (f->n - f->at - 1 - ROW_BYTES < r->end[RECON_TEXTS - 1] || r->amount < 0 || r->sign > RECON_DB || r->type >= RECON_TYPES ||
	    r->status > RECON_STOPPED)
		return false;
	r->texts = h + ROW_BYTES;
	f->at += 1 + ROW_BYTES + r->end[RECON_TEXTS - 1];
	return true;
}

int rc_matched_next(struct rc_matched_file *f, struct rc_matched *m, struct err *err)
{
	while (f->at < f->n) {
		switch (f->p[f->at]) {
		case 'P':
			if (!take_name(f, &f->account, 3))
				return torn(f, err);
			memcpy(f->currency, f->p + f->at - 3, 3);
			break;
		case 'F':
			if (!take_name(f, &f->base, 0))
				return torn(f, err);
			break;
		case 'L':
		case 'K':
			if (!take_row(f, m))
				return torn(f, err);
			m->id = recon_text(&m->row, K_ID);
			if (m->book)
				return 1;
			buf_clear(&f->id);
			buf_view(&f->id, f->base);
			buf_char(&f->id, '#');
			buf_int(&f->id, m->row.n);
			m->id = buf_as_view(&f->id);
			return f->id.failed ? err_set(err, ENOMEM, "memory is short") : 1;
		default:
			return torn(f, err);
		}
	}
	return 0;
}

void rc_matched_close(struct rc_matched_file *f)
{
	free(f->p);
	buf_release(&f->id);
	f->p = NULL;
}
