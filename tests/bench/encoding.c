/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding - how the form on the wire was chosen: the house's own, MessagePack (msgpack-c), JSON (jansson), in one run
 *
 * Each writes the same payroll rows, ROWS at a time, and reads them back into struct record; the sums of NET must
 * agree. MessagePack writes a record as [kind, seq, line, {id: value ...}], JSON as an object of the fields' names:
 * what one would do. Printed: records/s for writing and reading together, bytes a record, and the ratio to the house's
 * own.
 */
#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>
#include <msgpack.h>

#include "formats/core/wire.h"
#include "tests/bench/payroll.h"

#define ROWS 1000
#define RUN_US 1500000

static struct payroll_row rows[ROWS];

struct result { const char *name; int64_t per_second, sum; size_t bytes; };

/* --- ours --- */

static int64_t wire_round(struct buf *b)
{
	struct record r;
	struct view rest;
	int64_t sum = 0;

	buf_clear(b);
	for (size_t i = 0; i < ROWS; i++)
		wire_put_record(b, &rows[i].r);
	for (rest = buf_as_view(b); wire_cut_record(&rest, &r) == 1;)
		sum += record_num(&r, F_NET, 0);
	return sum;
}

/* --- MessagePack --- */

static void pack(msgpack_packer *p, const struct record *r)
{
	size_t n = (size_t)__builtin_popcountll(r->present[0]) + (size_t)__builtin_popcountll(r->present[1]);

	msgpack_pack_array(p, 4);
	msgpack_pack_uint32(p, r->kind);
	msgpack_pack_uint64(p, r->seq);
	msgpack_pack_uint64(p, r->line);
	msgpack_pack_map(p, n);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(r, (enum record_field)f))
			continue;
		msgpack_pack_uint8(p, (uint8_t)f);
		if (record_field_rows[f].type == FIELD_TEXT) {
			msgpack_pack_str(p, r->v[f].s.n);
			msgpack_pack_str_body(p, r->v[f].s.p, r->v[f].s.n);
		} else {
			msgpack_pack_int64(p, r->v[f].n);
		}
	}
}

static bool unpack_field(struct record *r, const msgpack_object_kv *kv)
{
	uint64_t f = kv->key.via.u64;

	if (kv->key.type != MSGPACK_OBJECT_POSITIVE_INTEGER || f >= RECORD_FIELDS)
		return false;
	if (record_field_rows[f].type == FIELD_TEXT) {
		if (kv->val.type != MSGPACK_OBJECT_STR)
			return false;
		record_set_text(r, (enum record_field)f, (struct view){ kv->val.via.str.ptr, kv->val.via.str.size });
		return true;
	}
	if (kv->val.type != MSGPACK_OBJECT_POSITIVE_INTEGER && kv->val.type != MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return false;
	record_set_num(r, (enum record_field)f, kv->val.via.i64);
	return true;
}

static bool unpack(struct record *r, const msgpack_object *o)
{
	const msgpack_object *p = o->via.array.ptr;

	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != 4 || p[3].type != MSGPACK_OBJECT_MAP ||
	    p[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER || p[0].via.u64 >= RECORD_KINDS)
		return false;
	record_init(r, (enum record_kind)p[0].via.u64, p[2].via.u64);
	r->seq = p[1].via.u64;
	for (uint32_t i = 0; i < p[3].via.map.size; i++)
		if (!unpack_field(r, &p[3].via.map.ptr[i]))
			return false;
	return true;
}

static int64_t msgpack_round(struct buf *b)
{
	static msgpack_sbuffer out;
	static msgpack_unpacked one;
	msgpack_packer p;
	struct record r;
	int64_t sum = 0;
	size_t at = 0;

	msgpack_sbuffer_clear(&out);
	msgpack_packer_init(&p, &out, msgpack_sbuffer_write);
	for (size_t i = 0; i < ROWS; i++)
		pack(&p, &rows[i].r);
	while (msgpack_unpack_next(&one, out.data, out.size, &at) == MSGPACK_UNPACK_SUCCESS && unpack(&r, &one.data))
		sum += record_num(&r, F_NET, 0);
	b->n = out.size;
	return sum;
}

/* --- JSON --- */

static void dump(struct buf *b, const struct record *r)
{
	json_t *o = json_pack("{}");		/* json_object() is also a word of formats/core/json.h */
	char *text;

	json_object_set_new(o, "kind", json_string(record_kind_name(r->kind)));
	json_object_set_new(o, "seq", json_integer((json_int_t)r->seq));
	json_object_set_new(o, "line", json_integer((json_int_t)r->line));
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record_has(r, (enum record_field)f))
			continue;
		json_object_set_new(o, record_field_rows[f].name, record_field_rows[f].type == FIELD_TEXT
				    ? json_stringn(r->v[f].s.p, r->v[f].s.n) : json_integer((json_int_t)r->v[f].n));
	}
	text = json_dumps(o, JSON_COMPACT);
	buf_text(b, text);
	buf_char(b, '\n');
	free(text);
	json_decref(o);
}

static json_t *load(struct record *r, struct view line)
{
	json_t *o = json_loadb(line.p, line.n, 0, NULL), *v;

	if (o == NULL)
		return NULL;
	record_init(r, (enum record_kind)record_kind_by_name(view_of(json_string_value(json_object_get(o, "kind")))),
		    (uint64_t)json_integer_value(json_object_get(o, "line")));
	r->seq = (uint64_t)json_integer_value(json_object_get(o, "seq"));
	for (int f = 0; f < RECORD_FIELDS; f++) {
		v = json_object_get(o, record_field_rows[f].name);
		if (v == NULL)
			continue;
		if (record_field_rows[f].type == FIELD_TEXT)
			record_set_text(r, (enum record_field)f,
					(struct view){ json_string_value(v), json_string_length(v) });
		else
			record_set_num(r, (enum record_field)f, json_integer_value(v));
	}
	return o;
}

static int64_t json_round(struct buf *b)
{
	struct view rest, line;
	struct record r;
	int64_t sum = 0;
	json_t *o;

	buf_clear(b);
	for (size_t i = 0; i < ROWS; i++)
		dump(b, &rows[i].r);
	for (rest = buf_as_view(b); view_cut(&rest, '\n', &line) && line.n > 0 && (o = load(&r, line)) != NULL;
	     json_decref(o))
		sum += record_num(&r, F_NET, 0);
	return sum;
}

static struct result measure(const char *name, int64_t (*round)(struct buf *))
{
	struct result r = { .name = name };
	struct buf b = { 0 };
	int64_t start, now, rounds = 0;

	r.sum = round(&b);
	for (start = now = bench_us(); now - start < RUN_US; now = bench_us(), rounds++)
		round(&b);
	r.per_second = rounds * ROWS * 1000000 / (now - start);
	r.bytes = b.n / ROWS;
	if (name[0] != 'M')
		buf_release(&b);
	return r;
}

int main(void)
{
	struct result r[3];

	for (uint64_t i = 0; i < ROWS; i++)
		payroll_row(&rows[i], i);
	r[0] = measure("the house's own", wire_round);
	r[1] = measure("MessagePack (msgpack-c)", msgpack_round);
	r[2] = measure("JSON (jansson)", json_round);
	printf("| form | records/s, written and read | bytes a record | ratio |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < 3; i++) {
		int64_t hundredths = r[0].per_second * 100 / r[i].per_second;

		if (r[i].sum != r[0].sum)
			return fprintf(stderr, "encoding: %s lost money on the way\n", r[i].name), 1;
		printf("| %s | %" PRId64 " | %zu | 1 : %" PRId64 ".%02" PRId64 " |\n", r[i].name, r[i].per_second,
		       r[i].bytes, hundredths / 100, hundredths % 100);
	}
	return 0;
}
