/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_request - see sign_request.h
 *
 * A request may name more batches, sources and approvals than struct msg holds: the lists are walked apart from the
 * rest.  They are taken by the number of elements that are there, never by a number that is said, and to a bound.
 * Every amount and count is non-negative; every hash is 64 lower-case hex digits; a name is one path component without
 * a leading dot.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "gateway/sign_request.h"

bool sign_is_sha256(const char *t)
{
	return strlen(t) == 64 && t[strspn(t, "0123456789abcdef")] == '\0';
}

static bool two(const char *p, int max, int *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - '0') * 10 + p[1] - '0';
	return *out <= max;
}

bool sign_time(const char *t, int64_t *utc)
{
	int h, m, s;
	date_t day;

	if (strlen(t) != 20 || t[10] != 'T' || t[13] != ':' || t[16] != ':' || t[19] != 'Z' ||
	    !date_parse_iso(&day, (struct view){ t, 10 }) || !two(t + 11, 23, &h) || !two(t + 14, 59, &m) ||
	    !two(t + 17, 59, &s))
		return false;
	*utc = (int64_t)day * 86400 + h * 3600 + m * 60 + s;
	return true;
}

static bool is_name(const char *t)
{
	if (t[0] == '\0' || t[0] == '.')
		return false;
	for (; *t != '\0'; t++)
		if (*t <= ' ' || *t == '/' || *t == '\\' || *t >= 0x7f)
			return false;
	return true;
}

/* "B12": what is written into our own state file holds no blank. */
static bool is_id(const char *t)
{
	return t[0] >= 'A' && t[0] <= 'Z' && t[1] != '\0' && t[1 + strspn(t + 1, "0123456789")] == '\0';
}

static bool amount(const struct msg *m, uint16_t tag, int64_t *out)
{
	return msg_num(m, tag, out) && *out >= 0;
}

static bool day(const struct msg *m, uint16_t tag, date_t *out)
{
	int64_t v = msg_num_or(m, tag, DATE_NONE);

	*out = DATE_NONE;
	if (v == DATE_NONE)
		return true;			/* a file without an effective date: positive pay */
	if (v < -1000000 || v > 3000000)	/* beyond the years 1900 to 9999 */
		return false;
	*out = (date_t)v;
	return true;
}

static bool sha(const struct msg *m, uint16_t tag, char out[65])
{
	return msg_cstr(m, tag, out, 65) && sign_is_sha256(out);
}

/* Route's belief arrives as text ("2"); what it is not, is nothing. */
static int64_t persons(const struct msg *m)
{
	char text[8];

	if (!msg_cstr(m, T_NAME, text, sizeof(text)) || text[0] < '0' || text[0] > '9' || text[1] != '\0')
		return 0;
	return text[0] - '0';
}

static bool read_totals(struct sign_batch *b, const struct msg *m)
{
	struct view numbers;

	return amount(m, T_BATCH_NUMBER, &b->number) && amount(m, T_COUNT, &b->count) &&
		amount(m, T_DEBIT, &b->debit) && amount(m, T_CREDIT_SUM, &b->credit) &&
		day(m, T_EFFECTIVE, &b->effective) && sha(m, T_ITEMS_SHA256, b->items_sha256) &&
		(!msg_view(m, T_NUMBERS_SHA256, &numbers) || sha(m, T_NUMBERS_SHA256, b->numbers_sha256));
}

static bool read_batch(struct sign_batch *b, struct view bytes, bool whole)
{
	struct msg m;

	if (!msg_parse(&m, bytes) || m.type != 0 || !read_totals(b, &m))
		return false;
	b->persons = persons(&m);
	b->whole = msg_num_or(&m, T_SUM, 0);
	return !whole || (msg_cstr(&m, T_ARTIFACT, b->id, sizeof(b->id)) && is_id(b->id) &&
		sha(&m, T_SHA256, b->source_sha256) && msg_cstr(&m, T_OPERATOR, b->makers, sizeof(b->makers)) &&
		b->makers[0] != '\0');
}

static bool read_source(struct sign_source *s, struct view bytes)
{
	struct msg m;
	int64_t last;

	return msg_parse(&m, bytes) && m.type == 0 && sha(&m, T_SHA256, s->sha256) && amount(&m, T_FIRST, &s->first) &&
		amount(&m, T_COUNT, &s->count) && s->count > 0 && !__builtin_add_overflow(s->first, s->count, &last);
}

/* Elements of one tag; SIZE_MAX when there are more than the bound. */
static size_t count_of(struct view rest, uint16_t tag)
{
	uint16_t is;
	struct view v;
	size_t n = 0;

	while (wire_cut_element(&rest, &is, &v) == 1)
		n += is == tag;
	return n > SIGN_ROWS ? SIZE_MAX : n;
}

static bool next_of(struct view *rest, uint16_t tag, struct view *v)
{
	uint16_t is;

	while (wire_cut_element(rest, &is, v) == 1)
		if (is == tag)
			return true;
	return false;
}

static void *room_for(struct view elements, uint16_t tag, size_t size)
{
	size_t n = count_of(elements, tag);

	return n == SIZE_MAX ? NULL : calloc(n + 1, size);
}

static bool read_batches(struct sign_batch **out, size_t *n, struct view rest, bool whole)
{
	struct view v;

	*out = room_for(rest, T_BATCH, sizeof(**out));
	while (*out != NULL && next_of(&rest, T_BATCH, &v)) {
		if (!read_batch(&(*out)[*n], v, whole))
			return false;
		for (size_t k = 0; k < *n; k++)
			if ((*out)[k].number == (*out)[*n].number || (whole &&
			    strcmp((*out)[k].id, (*out)[*n].id) == 0))
				return false;
		++*n;
	}
	return *out != NULL;
}

static bool read_lists(struct sign_request *r, struct view elements, const char **why)
{
	struct view rest, v;

	*why = "BATCH";
	if (!read_batches(&r->batches, &r->n_batches, elements, true) || r->n_batches == 0)
		return false;
	*why = "STATEMENT";
	r->statements = room_for(elements, T_STATEMENT, sizeof(*r->statements));
	for (rest = elements; r->statements != NULL && next_of(&rest, T_STATEMENT, &v);)
		if (!statement_get(v, &r->statements[r->n_statements++]))
			return false;
	if (r->statements == NULL)
		return false;
	*why = "SOURCE";
	r->sources = room_for(elements, T_SOURCE, sizeof(*r->sources));
	for (rest = elements; r->sources != NULL && next_of(&rest, T_SOURCE, &v);)
		if (!read_source(&r->sources[r->n_sources++], v))
			return false;
	return r->sources != NULL;
}

/* The elements that stand once. */
static bool read_single(struct msg *m, struct view rest)
{
	struct view v;
	uint16_t tag;
	int got;

	m->n = 0;
	while ((got = wire_cut_element(&rest, &tag, &v)) == 1) {
		if (tag == T_BATCH || tag == T_STATEMENT || tag == T_SOURCE)
			continue;
		if (m->n == MSG_ELEMENTS)
			return false;
		m->e[m->n].tag = tag;
		m->e[m->n++].v = v;
	}
	return got == 0;
}

static bool read_texts(struct sign_request *r, const struct msg *m, const char **why)
{
	const struct { uint16_t tag; char *to; size_t cap; bool needed; const char *name; } rows[] = {
		{ T_ARTIFACT, r->artifact, sizeof(r->artifact), true, "ARTIFACT" },
		{ T_NAME, r->name, sizeof(r->name), true, "NAME" },
		{ T_PARTNER, r->partner, sizeof(r->partner), true, "PARTNER" },
		{ T_OUTBOUND, r->outbound, sizeof(r->outbound), true, "OUTBOUND" },
		{ T_FORMAT, r->format, sizeof(r->format), true, "FORMAT" },
		{ T_VERSION, r->version, sizeof(r->version), true, "VERSION" },
		{ T_CCY, r->ccy, sizeof(r->ccy), true, "CCY" },
		{ T_BUSINESS_KEY, r->business_key, sizeof(r->business_key), true, "BUSINESS_KEY" },
		{ T_TIME, r->time, sizeof(r->time), true, "TIME" },
		{ T_PREVIOUS, r->previous, sizeof(r->previous), false, "PREVIOUS" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct view v;

		*why = rows[i].name;
		if (!msg_view(m, rows[i].tag, &v) ? rows[i].needed
			: !msg_cstr(m, rows[i].tag, rows[i].to, rows[i].cap) ||
			(rows[i].needed && rows[i].to[0] == '\0'))
			return false;
	}
	return true;
}

bool sign_request_read(struct sign_request *r, struct view message, const char **why)
{
	struct view elements;
	struct msg m;
	int64_t utc;

	memset(r, 0, sizeof(*r));
	r->job = -1;
	*why = "message";
	r->bytes = malloc(message.n + 1);
	if (r->bytes == NULL)
		return false;
	memcpy(r->bytes, message.p, message.n);
	message.p = r->bytes;
	if (!wire_open(message, &m.type, &elements) || m.type != M_SIGN || !read_single(&m, elements))
		return false;
	r->job = msg_num_or(&m, T_JOB, -1);
	if (!read_texts(r, &m, why))
		return false;
	*why = "NAME";
	if (!is_name(r->name))
		return false;
	*why = "CCY";
	if (strlen(r->ccy) != 3 || r->ccy[strspn(r->ccy, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0')
		return false;
	*why = "TIME";
	if (!sign_time(r->time, &utc))
		return false;
	*why = "a hash";
	if (!sha(&m, T_SHA256, r->sha256) || !sha(&m, T_AUDIT_ROOT, r->audit_root) ||
	    !sha(&m, T_CONFIG_SHA256, r->config_sha256) || !sha(&m, T_RULES_SHA256, r->rules_sha256) ||
	    (r->previous[0] != '\0' && !sign_is_sha256(r->previous)))
		return false;
	*why = "a number";
	r->demo = msg_num_or(&m, T_DEMO, 0) != 0;
	if (r->job < 0 || !amount(&m, T_SIZE, &r->size) || !amount(&m, T_COUNT, &r->count) ||
	    !amount(&m, T_DEBIT, &r->debit) || !amount(&m, T_CREDIT_SUM, &r->credit) || !amount(&m, T_HASH, &r->hash) ||
	    !amount(&m, T_AUDIT_SIZE, &r->audit_size) || !day(&m, T_EFFECTIVE, &r->effective))
		return false;
	return read_lists(r, elements, why);
}

void sign_request_release(struct sign_request *r)
{
	free(r->batches);
	free(r->statements);
	free(r->sources);
	free(r->bytes);
	memset(r, 0, sizeof(*r));
}

bool sign_readback_read(struct sign_readback *r, struct view message, const char **why)
{
	struct view format, elements;
	struct msg m;

	memset(r, 0, sizeof(*r));
	*why = "message";
	if (!wire_open(message, &m.type, &elements) || m.type != M_READBACK || !read_single(&m, elements))
		return false;
	*why = "JOB, SHA256 or KNOWN";
	r->known = msg_num_or(&m, T_KNOWN, 0) == 1;
	if (!msg_num(&m, T_JOB, &r->job) || !sha(&m, T_SHA256, r->sha256))
		return false;
	if (!r->known)
		return true;
	*why = "FORMAT";
	if (msg_view(&m, T_FORMAT, &format) && !msg_cstr(&m, T_FORMAT, r->format, sizeof(r->format)))
		return false;
	*why = "a total";
	if (!amount(&m, T_COUNT, &r->count) || !amount(&m, T_DEBIT, &r->debit) ||
	    !amount(&m, T_CREDIT_SUM, &r->credit) || !amount(&m, T_HASH, &r->hash))
		return false;
	*why = "BATCH";
	return read_batches(&r->batches, &r->n_batches, elements, false);
}

void sign_readback_release(struct sign_readback *r)
{
	free(r->batches);
	memset(r, 0, sizeof(*r));
}
