/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_packet - building and cutting of SFTPv3 packets; see sftp_packet.h
 *
 * Every sftp_take_*() moves *rest forward only when the whole value is there; otherwise it returns false and the caller
 * drops the connection.  Nothing is copied and nothing is allocated here but by the caller's buf.
 */
#include "channels/sftp_packet.h"

enum { ATTR_SIZE = 1, ATTR_OWNER = 2, ATTR_MODE = 4, ATTR_TIMES = 8 };
#define ATTR_EXTENDED 0x80000000u
#define NAME_LEAST 12			/* two empty strings and the flags of empty attributes */

static void big32(char out[4], uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (char)(v >> (24 - 8 * i));
}

void sftp_put_u32(struct buf *b, uint32_t v)
{
	char raw[4];

	big32(raw, v);
	buf_put(b, raw, sizeof(raw));
}

void sftp_put_u64(struct buf *b, uint64_t v)
{
	sftp_put_u32(b, (uint32_t)(v >> 32));
	sftp_put_u32(b, (uint32_t)v);
}

void sftp_put_string(struct buf *b, struct view v)
{
	if (v.n > SFTP_PACKET_MAX) {
		b->failed = true;
		return;
	}
	sftp_put_u32(b, (uint32_t)v.n);
	buf_view(b, v);
}

size_t sftp_begin(struct buf *b, enum sftp_type type, uint32_t id)
{
	size_t start = b->n;

	sftp_put_u32(b, 0);
	buf_char(b, (char)type);
	sftp_put_u32(b, id);
	return start;
}

void sftp_end(struct buf *b, size_t start)
{
	if (b->failed || b->n < start + 9)
		return;
	if (b->n - start - 4 > SFTP_PACKET_MAX) {
		b->failed = true;
		return;
	}
	big32(b->p + start, (uint32_t)(b->n - start - 4));
}

bool sftp_take_u32(struct view *rest, uint32_t *out)
{
	const unsigned char *p = (const unsigned char *)rest->p;

	if (rest->n < 4)
		return false;
	*out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	*rest = view_sub(*rest, 4, rest->n - 4);
	return true;
}

bool sftp_take_u64(struct view *rest, uint64_t *out)
{
	uint32_t high = 0, low = 0;
	struct view v = *rest;

	if (!sftp_take_u32(&v, &high) || !sftp_take_u32(&v, &low))
		return false;
	*out = (uint64_t)high << 32 | low;
	*rest = v;
	return true;
}

bool sftp_take_string(struct view *rest, struct view *out)
{
	struct view v = *rest;
	uint32_t n = 0;

	if (!sftp_take_u32(&v, &n) || n > v.n)
		return false;
	*out = view_sub(v, 0, n);
	*rest = view_sub(v, n, v.n - n);
	return true;
}

static bool skip_extended(struct view *v)
{
	struct view name, value;
	uint32_t count = 0;

	if (!sftp_take_u32(v, &count) || count > v->n / 8)
		return false;
	while (count-- > 0)
		if (!sftp_take_string(v, &name) || !sftp_take_string(v, &value))
			return false;
	return true;
}

bool sftp_take_attrs(struct view *rest, struct sftp_wire_attrs *a)
{
	struct view v = *rest;
	uint32_t flags = 0, ignored = 0;

	*a = (struct sftp_wire_attrs){ 0 };
	if (!sftp_take_u32(&v, &flags))
		return false;
	a->has_size = flags & ATTR_SIZE;
	a->has_mode = flags & ATTR_MODE;
	a->has_times = flags & ATTR_TIMES;
	if (a->has_size && !sftp_take_u64(&v, &a->size))
		return false;
	if ((flags & ATTR_OWNER) && (!sftp_take_u32(&v, &ignored) || !sftp_take_u32(&v, &ignored)))
		return false;
	if (a->has_mode && !sftp_take_u32(&v, &a->mode))
		return false;
	if (a->has_times && (!sftp_take_u32(&v, &ignored) || !sftp_take_u32(&v, &a->mtime)))
		return false;
	if ((flags & ATTR_EXTENDED) && !skip_extended(&v))
		return false;
	*rest = v;
	return true;
}

int sftp_cut_packet(struct view *rest, struct sftp_packet *p)
{
	struct view v = *rest;
	uint32_t length = 0;

	if (!sftp_take_u32(&v, &length))
		return 0;
	if (length < 5 || length > SFTP_PACKET_MAX)
		return -1;
	if (v.n < length)
		return 0;
	*rest = view_sub(v, length, v.n - length);
	v = view_sub(v, 0, length);
	p->type = (uint8_t)v.p[0];
	v = view_sub(v, 1, v.n - 1);
	if (!sftp_take_u32(&v, &p->id))
		return -1;
	p->body = v;
	return 1;
}

bool sftp_read_status(const struct sftp_packet *p, uint32_t *status, struct view *message)
{
	struct view v = p->body;

	*message = VIEW("");
	if (p->type != SFTP_STATUS || !sftp_take_u32(&v, status))
		return false;
	return v.n == 0 || sftp_take_string(&v, message);	/* version 3 servers before 2001 send no text */
}

bool sftp_read_handle(const struct sftp_packet *p, struct view *handle)
{
	struct view v = p->body;

	return p->type == SFTP_HANDLE && sftp_take_string(&v, handle) && handle->n > 0 && handle->n <= SFTP_HANDLE_MAX;
}

bool sftp_read_data(const struct sftp_packet *p, struct view *data)
{
	struct view v = p->body;

	return p->type == SFTP_DATA && sftp_take_string(&v, data);
}

bool sftp_read_attrs(const struct sftp_packet *p, struct sftp_wire_attrs *a)
{
	struct view v = p->body;

	return p->type == SFTP_ATTRS && sftp_take_attrs(&v, a);
}

bool sftp_read_names(const struct sftp_packet *p, struct view *rest, uint32_t *count)
{
	*rest = p->body;
	return p->type == SFTP_NAME && sftp_take_u32(rest, count) && *count <= rest->n / NAME_LEAST;
}

bool sftp_take_name(struct view *rest, struct view *name, struct sftp_wire_attrs *a)
{
	struct view v = *rest, line;

	if (!sftp_take_string(&v, name) || !sftp_take_string(&v, &line) || !sftp_take_attrs(&v, a))
		return false;
	*rest = v;
	return true;
}

const char *sftp_status_text(uint32_t status)
{
	static const char *const texts[] = {
		"ok", "end of file", "no such file", "permission denied", "failure", "bad message", "no connection",
		"connection lost", "operation unsupported",
	};

	return status < sizeof(texts) / sizeof(texts[0]) ? texts[status] : "unknown status";
}
