/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: any bytes give valid JSON, and the canonical form has one spelling
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/core/json.h"
#include "tests/lib/tap.h"

static const struct { const char *what; struct view in, out; } texts[] = {
	{ "plain text", VIEW_INIT("abc/'"), VIEW_INIT("\"abc/'\"") },
	{ "nothing", VIEW_INIT(""), VIEW_INIT("\"\"") },
	{ "quote and backslash", VIEW_INIT("a\"b\\c"), VIEW_INIT("\"a\\\"b\\\\c\"") },
	{ "two-letter escapes", VIEW_INIT("\b\t\n\f\r"), VIEW_INIT("\"\\b\\t\\n\\f\\r\"") },
	{ "other controls", VIEW_INIT("\0\1\x0b\x1f\x7f"), VIEW_INIT("\"\\u0000\\u0001\\u000b\\u001f\x7f\"") },
	{ "UTF-8 of 2, 3 and 4 bytes", VIEW_INIT("\xc3\xbc\xe2\x82\xac\xf0\x9f\x92\xb6"),
	  VIEW_INIT("\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x92\xb6\"") },
	{ "ISO 8859-1", VIEW_INIT("M\xfcller \xdf"), VIEW_INIT("\"M\xc3\xbcller \xc3\x9f\"") },
	{ "UTF-8 cut short", VIEW_INIT("x\xe2\x82"), VIEW_INIT("\"x\xc3\xa2\xc2\x82\"") },
	{ "overlong NUL", VIEW_INIT("\xc0\x80"), VIEW_INIT("\"\xc3\x80\xc2\x80\"") },
	{ "a surrogate", VIEW_INIT("\xed\xa0\x80"), VIEW_INIT("\"\xc3\xad\xc2\xa0\xc2\x80\"") },
	{ "above U+10FFFF", VIEW_INIT("\xf4\x90\x80\x80"), VIEW_INIT("\"\xc3\xb4\xc2\x90\xc2\x80\xc2\x80\"") },
};

static void shapes(struct buf *b)
{
	struct json j;

	json_init(&j, b, true);
	json_object(&j, NULL);
	json_array(&j, "a");
	json_int(&j, NULL, INT64_MIN);
	json_int(&j, NULL, INT64_MAX);
	json_object(&j, NULL);
	json_object_end(&j);
	json_array_end(&j);
	json_bool(&j, "b", true);
	json_cstr(&j, "c", NULL);
	json_object(&j, "d");
	json_text(&j, "a", VIEW("x"));
	json_null(&j, "b");
	json_object_end(&j);
	json_raw(&j, "e", VIEW("[1]"));
	json_object_end(&j);
	is_view(buf_as_view(b),
		VIEW("{\"a\":[-9223372036854775808,9223372036854775807,{}],\"b\":true,\"c\":null,\"d\":{\"a\":\"x\","
		     "\"b\":null},\"e\":[1]}"),
		"nested objects and arrays have their commas and no blanks");
}

/* Runs f in a child; true when it died by an assertion. */
static bool dies(void (*f)(struct json *))
{
	struct rlimit none = { 0, 0 };
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct buf b = { 0 };
		struct json j;

		setrlimit(RLIMIT_CORE, &none);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(0);
		json_init(&j, &b, true);
		json_object(&j, NULL);
		f(&j);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && (WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

static void out_of_order(struct json *j)
{
	json_int(j, "b", 1);
	json_int(j, "a", 1);
}

static void twice(struct json *j)
{
	json_int(j, "a", 1);
	json_int(j, "a", 1);
}

static void too_deep(struct json *j)
{
	for (int i = 0; i < JSON_DEPTH; i++)
		json_array(j, i == 0 ? "a" : NULL);
}

static void in_order(struct json *j)
{
	json_int(j, "a", 1);
	json_object(j, "b");
	json_int(j, "a", 1);
	json_object_end(j);
	json_int(j, "c", 1);
}

int main(void)
{
	struct buf b = { 0 };
	struct json j;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_clear(&b);
		json_init(&j, &b, false);
		json_text(&j, NULL, texts[i].in);
		is_view(buf_as_view(&b), texts[i].out, "%s is written right", texts[i].what);
	}
	buf_clear(&b);
	shapes(&b);
	buf_release(&b);
	ok(dies(out_of_order), "a canonical key out of order is our bug and ends the process");
	ok(dies(twice), "a canonical key twice is our bug and ends the process");
	ok(dies(too_deep), "nesting deeper than the bound ends the process");
	ok(!dies(in_order), "keys in order are written, each level by itself");
	return done_testing();
}
