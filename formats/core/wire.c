/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire - see wire.h.  Records and messages as bytes, written and read in one pass with no allocation per field
 *
 * The reader trusts nothing: a length is compared with what is left before it is used, ids must ascend (so none comes
 * twice), a text is never empty (the writer leaves empty texts out, and one form per record keeps hashes equal),
 * and the length in front must be used up to the byte.  What the reader takes, the writer writes back
 * unchanged.
 */
#include <assert.h>

#include "formats/core/wire.h"

#define RECORD_HEAD 18u			/* kind, fields, seq, line */
#define RECORD_LEAST 22u		/* with the length in front */

static inline void put32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (8 * i));
}

static inline void put64(char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (char)(v >> (8 * i));
}

static inline uint16_t get16(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint16_t)(u[0] | u[1] << 8);
}

static inline uint32_t get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static inline uint64_t get64(const char *p)
{
	return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* The size of r on the wire and its number of fields; 0 when it is too large. */
static size_t record_size(const struct record *r, unsigned *fields)
{
	size_t n = RECORD_LEAST;
	unsigned count = 0;

	for (int w = 0; w < 2; w++) {
		for (uint64_t bits = r->present[w]; bits != 0; bits &= bits - 1) {
			int f = 64 * w + __builtin_ctzll(bits);

			if (f >= RECORD_FIELDS)
				return 0;
			count++;
			if (record_field_rows[f].type != FIELD_TEXT) {
				n += 9;
				continue;
			}
			if (r->v[f].s.n == 0 || r->v[f].s.n > WIRE_RECORD_MAX)
				return 0;
			n += 5 + r->v[f].s.n;
		}
	}
	*fields = count;
	return n <= WIRE_RECORD_MAX ? n : 0;
}

bool wire_put_record(struct buf *b, const struct record *r)
{
	unsigned fields = 0;
	size_t n = record_size(r, &fields);
	char *p;

	if (n == 0 || r->kind == RECORD_NONE || r->kind >= RECORD_KINDS || (p = buf_reserve(b, n)) == NULL)
		return false;
	put32(p, (uint32_t)(n - 4));
	p[4] = (char)r->kind;
	p[5] = (char)fields;
	put64(p + 6, r->seq);
	put64(p + 14, r->line);
	p += RECORD_LEAST;
	for (int w = 0; w < 2; w++) {
		for (uint64_t bits = r->present[w]; bits != 0; bits &= bits - 1) {
			int f = 64 * w + __builtin_ctzll(bits);

			*p++ = (char)f;
			if (record_field_rows[f].type != FIELD_TEXT) {
				put64(p, (uint64_t)r->v[f].n);
				p += 8;
				continue;
			}
			put32(p, (uint32_t)r->v[f].s.n);
			memcpy(p + 4, r->v[f].s.p, r->v[f].s.n);
			p += 4 + r->v[f].s.n;
		}
	}
	b->n += n;
	return true;
}

/* One field off [p, end) into r; NULL when it is not one. */
static const char *get_field(struct record *r, const char *p, const char *end, int *last)
{
	size_t left = (size_t)(end - p);
	int f;

	if (left < 1)
		return NULL;
	f = (unsigned char)*p++;
	left--;
	if (f <= *last || f >= RECORD_FIELDS)
		return NULL;
	*last = f;
	if (record_field_rows[f].type != FIELD_TEXT) {
		if (left < 8)
			return NULL;
		r->v[f].n = (int64_t)get64(p);
		p += 8;
	} else {
		uint32_t n;

		if (left < 4 || (n = get32(p)) == 0 || n > left - 4)
			return NULL;
		r->v[f].s = (struct view){ p + 4, n };
		p += 4 + n;
	}
	r->present[f / 64] |= (uint64_t)1 << (f % 64);
	return p;
}

int wire_cut_record(struct view *rest, struct record *r)
{
	const char *p = rest->p, *end;
	unsigned fields;
	uint32_t n;
	int last = -1;

	if (rest->n < 4)
		return 0;
	n = get32(p);
	if (n < RECORD_HEAD || n > WIRE_RECORD_MAX - 4)
		return -1;
	if (rest->n >= 5 && (p[4] <= RECORD_NONE || p[4] >= RECORD_KINDS))	/* no use to wait for more rubbish */
		return -1;
	if (rest->n - 4 < n)
		return 0;
	end = p + 4 + n;
	record_init(r, (enum record_kind)p[4], get64(p + 14));
	r->seq = get64(p + 6);
	fields = (unsigned char)p[5];
	p += RECORD_LEAST;
	while (fields-- > 0)
		if ((p = get_field(r, p, end, &last)) == NULL)
			return -1;
	if (p != end)
		return -1;
	*rest = (struct view){ end, rest->n - 4 - n };
	return 1;
}

void wire_begin(struct buf *b, uint16_t type)
{
	buf_clear(b);
	buf_u16(b, type);
	buf_u16(b, 0);
}

static char *element(struct buf *b, uint16_t tag, size_t n)
{
	char *p = n > UINT32_MAX - 6 ? NULL : buf_reserve(b, 6 + n);

	if (p == NULL) {
		b->failed = true;
		return NULL;
	}
	p[0] = (char)tag;
	p[1] = (char)(tag >> 8);
	put32(p + 2, (uint32_t)n);
	b->n += 6 + n;
	return p + 6;
}

void wire_num(struct buf *b, uint16_t tag, int64_t v)
{
	char *p = element(b, tag, 8);

	if (p != NULL)
		put64(p, (uint64_t)v);
}

void wire_view(struct buf *b, uint16_t tag, struct view v)
{
	char *p = element(b, tag, v.n);

	if (p != NULL && v.n > 0)
		memcpy(p, v.p, v.n);
}

void wire_text(struct buf *b, uint16_t tag, const char *text)
{
	if (text != NULL)
		wire_view(b, tag, view_of(text));
}

bool wire_open(struct view bytes, uint16_t *type, struct view *rest)
{
	if (bytes.n < 4 || get16(bytes.p + 2) != 0)
		return false;
	*type = get16(bytes.p);
	*rest = view_sub(bytes, 4, bytes.n);
	return true;
}

int wire_cut_element(struct view *rest, uint16_t *tag, struct view *v)
{
	uint32_t n;

	if (rest->n == 0)
		return 0;
	if (rest->n < 6 || (n = get32(rest->p + 2)) > rest->n - 6)
		return -1;
	*tag = get16(rest->p);
	*v = (struct view){ rest->p + 6, n };
	*rest = view_sub(*rest, 6 + (size_t)n, rest->n);
	return 1;
}

bool msg_parse(struct msg *m, struct view bytes)
{
	const char *p = bytes.p;
	size_t left = bytes.n;

	m->type = m->n = 0;
	if (left < 4 || get16(p + 2) != 0)
		return false;
	m->type = get16(p);
	for (p += 4, left -= 4; left > 0;) {
		uint32_t n;

		if (m->n == MSG_ELEMENTS || left < 6 || (n = get32(p + 2)) > left - 6)
			return false;
		m->e[m->n].tag = get16(p);
		m->e[m->n++].v = (struct view){ p + 6, n };
		p += 6 + (size_t)n;
		left -= 6 + (size_t)n;
	}
	return true;
}

bool msg_view(const struct msg *m, uint16_t tag, struct view *out)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->e[i].tag != tag)
			continue;
		*out = m->e[i].v;
		return true;
	}
	return false;
}

bool msg_num(const struct msg *m, uint16_t tag, int64_t *out)
{
	struct view v;

	if (!msg_view(m, tag, &v) || v.n != 8)
		return false;
	*out = (int64_t)get64(v.p);
	return true;
}

struct view msg_text(const struct msg *m, uint16_t tag)
{
	struct view v;

	return msg_view(m, tag, &v) ? v : (struct view){ NULL, 0 };
}

int64_t msg_num_or(const struct msg *m, uint16_t tag, int64_t otherwise)
{
	int64_t v;

	return msg_num(m, tag, &v) ? v : otherwise;
}

bool msg_cstr(const struct msg *m, uint16_t tag, char *out, size_t cap)
{
	struct view v;

	assert(cap > 0);
	out[0] = '\0';
	if (!msg_view(m, tag, &v) || v.n >= cap || (v.n > 0 && memchr(v.p, '\0', v.n) != NULL))
		return false;
	if (v.n > 0)
		memcpy(out, v.p, v.n);
	out[v.n] = '\0';
	return true;
}

/* finding = u32 severity | u64 line | u32 column | 4 x (u32 length, bytes): code, field, text, excerpt */
#define FINDING_HEAD 16u

void wire_put_finding(struct buf *b, uint16_t tag, const struct finding *f)
{
	struct view part[4] = { view_of(f->code), f->field, f->text, f->excerpt };
	size_t n = FINDING_HEAD;
	char *p;

	if (part[0].n > 63)
		part[0].n = 63;
	if (part[3].n > FINDING_EXCERPT)
		part[3].n = FINDING_EXCERPT;
	for (size_t i = 0; i < 4; i++) {
		if (part[i].n > WIRE_RECORD_MAX)
			part[i].n = WIRE_RECORD_MAX;
		n += 4 + part[i].n;
	}
	p = element(b, tag, n);
	if (p == NULL)
		return;
	put32(p, f->severity);
	put64(p + 4, f->line);
	put32(p + 12, f->column);
	p += FINDING_HEAD;
	for (size_t i = 0; i < 4; i++) {
		put32(p, (uint32_t)part[i].n);
		if (part[i].n > 0)
			memcpy(p + 4, part[i].p, part[i].n);
		p += 4 + part[i].n;
	}
}

bool wire_get_finding(struct view bytes, struct finding *f, char codebuf[64])
{
	struct view part[4];
	const char *p = bytes.p;
	size_t left = bytes.n;

	if (left < FINDING_HEAD)
		return false;
	memset(f, 0, sizeof(*f));
	f->size = sizeof(*f);
	f->severity = get32(p);
	f->line = get64(p + 4);
	f->column = get32(p + 12);
	p += FINDING_HEAD;
	left -= FINDING_HEAD;
	for (size_t i = 0; i < 4; i++) {
		uint32_t n;

		if (left < 4 || (n = get32(p)) > left - 4)
			return false;
		part[i] = (struct view){ p + 4, n };
		p += 4 + (size_t)n;
		left -= 4 + (size_t)n;
	}
	if (left != 0 || f->severity > FINDING_ERROR || part[0].n == 0 || part[0].n > 63 ||
	    part[3].n > FINDING_EXCERPT || memchr(part[0].p, '\0', part[0].n) != NULL)
		return false;
	memcpy(codebuf, part[0].p, part[0].n);
	codebuf[part[0].n] = '\0';
	f->code = codebuf;
	f->field = part[1];
	f->text = part[2];
	f->excerpt = part[3];
	return true;
}
