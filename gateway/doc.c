/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doc - jansson behind a dozen questions
 *
 * Failure: doc_read names the line and what jansson expected.
 */
#include "gateway/doc.h"

#include <jansson.h>
#include <stdlib.h>

struct doc { json_t *root; };

static json_t *node(const struct doc_value *v)
{
	return (json_t *)(uintptr_t)v;
}

static const struct doc_value *value(json_t *j)
{
	return (const struct doc_value *)j;
}

int doc_read(struct doc **out, struct view json, struct err *err)
{
	json_error_t why;
	struct doc *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return err_set(err, -1, "no memory to read JSON");
	d->root = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, &why);
	if (d->root == NULL) {
		free(d);
		return err_set(err, -1, "not JSON: line %d: %s", why.line, why.text);
	}
	*out = d;
	return 0;
}

void doc_free(struct doc *d)
{
	if (d == NULL)
		return;
	json_decref(d->root);
	free(d);
}

const struct doc_value *doc_root(const struct doc *d)
{
	return d ? value(d->root) : NULL;
}

const struct doc_value *doc_member(const struct doc_value *v, const char *key)
{
	return value(json_object_get(node(v), key));
}

const struct doc_value *doc_item(const struct doc_value *v, size_t i)
{
	return value(json_array_get(node(v), i));
}

size_t doc_count(const struct doc_value *v)
{
	return json_is_object(node(v)) ? json_object_size(node(v)) : json_array_size(node(v));
}

const char *doc_key(const struct doc_value *v, size_t i, const struct doc_value **out)
{
	void *at = json_object_iter(node(v));

	while (at != NULL && i-- > 0)
		at = json_object_iter_next(node(v), at);
	*out = at ? value(json_object_iter_value(at)) : NULL;
	return at ? json_object_iter_key(at) : NULL;
}

const char *doc_text(const struct doc_value *v)
{
	return json_string_value(node(v));
}

bool doc_int(const struct doc_value *v, int64_t *out)
{
	if (!json_is_integer(node(v)))
		return false;
	*out = json_integer_value(node(v));
	return true;
}

bool doc_is_true(const struct doc_value *v)
{
	return json_is_true(node(v));
}

bool doc_is_array(const struct doc_value *v)
{
	return json_is_array(node(v));
}

bool doc_is_null(const struct doc_value *v)
{
	return v == NULL || json_is_null(node(v));
}

void doc_print(const struct doc_value *v, struct buf *out)
{
	char *text = json_dumps(node(v), JSON_COMPACT | JSON_ENCODE_ANY);

	buf_text(out, text ? text : "null");
	free(text);
}
