/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - see json.h.  A writer's wrong use (too deep, a key twice or out of order, an end without a begin) is our
 * own bug and is asserted; a text of any bytes is data and always gives valid JSON.  Keys are the program's own
 * words: short, ASCII.
 */
#include <assert.h>

#include "formats/core/json.h"
#include "formats/core/utf8.h"

void json_init(struct json *j, struct buf *out, bool canonical)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
	j->canonical = canonical;
}

/* RFC 8785: the two-letter escapes where JSON has them, \u00xx (lower case) for other controls, all else as it is. */
static void escape(struct buf *b, unsigned char c)
{
	static const char letters[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r' };
	const char byte = (char)c;

	if (c == '"' || c == '\\') {
		buf_char(b, '\\');
		buf_char(b, byte);
	} else if (c < sizeof(letters) && letters[c] != 0) {
		buf_char(b, '\\');
		buf_char(b, letters[c]);
	} else {
		buf_text(b, "\\u00");
		buf_hex(b, (struct view){ &byte, 1 });
	}
}

static void string(struct buf *b, struct view v)
{
	const unsigned char *p = (const unsigned char *)v.p;
	size_t from = 0, i = 0;

	buf_char(b, '"');
	while (i < v.n) {
		size_t n = p[i] >= 0x80 ? utf8_length(v.p + i, v.n - i) : p[i] >= 0x20 && p[i] != '"' && p[i] != '\\';

		if (n > 0) {
			i += n;
			continue;
		}
		buf_put(b, p + from, i - from);
		if (p[i] < 0x80) {
			escape(b, p[i]);
		} else {			/* not UTF-8: taken as ISO 8859-1 */
			buf_char(b, (char)(0xc0 | p[i] >> 6));
			buf_char(b, (char)(0x80 | (p[i] & 0x3f)));
		}
		from = ++i;
	}
	if (i > from)
		buf_put(b, p + from, i - from);
	buf_char(b, '"');
}

/* Comma and key in front of a value. */
static void member(struct json *j, const char *key)
{
	int d = j->depth;

	if (j->some[d])
		buf_char(j->out, ',');
	j->some[d] = true;
	if (key == NULL)
		return;
	if (j->canonical) {
		size_t n = strlen(key);

		assert(n < JSON_KEY && (j->last[d][0] == '\0' || strcmp(j->last[d], key) < 0));
		memcpy(j->last[d], key, n + 1);
	}
	string(j->out, view_of(key));
	buf_char(j->out, ':');
}

static void begin(struct json *j, const char *key, char open)
{
	member(j, key);
	buf_char(j->out, open);
	assert(j->depth < JSON_DEPTH - 1);
	j->depth++;
	j->some[j->depth] = false;
	j->last[j->depth][0] = '\0';
}

static void end(struct json *j, char close)
{
	assert(j->depth > 0);
	j->depth--;
	buf_char(j->out, close);
}

void json_object(struct json *j, const char *key)
{
	begin(j, key, '{');
}

void json_object_end(struct json *j)
{
	end(j, '}');
}

void json_array(struct json *j, const char *key)
{
	begin(j, key, '[');
}

void json_array_end(struct json *j)
{
	end(j, ']');
}

void json_text(struct json *j, const char *key, struct view v)
{
	member(j, key);
	string(j->out, v);
}

void json_cstr(struct json *j, const char *key, const char *text)
{
	if (text == NULL)
		json_null(j, key);
	else
		json_text(j, key, view_of(text));
}

void json_int(struct json *j, const char *key, int64_t v)
{
	member(j, key);
	buf_int(j->out, v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	member(j, key);
	buf_text(j->out, v ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	member(j, key);
	buf_text(j->out, "null");
}

void json_raw(struct json *j, const char *key, struct view text)
{
	member(j, key);
	buf_view(j->out, text);
}
