/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap - the unit tests' few words: a sentence that is true or false, printed for `prove`
 *
 *   ok(cond, "a sentence about %s", what);	"ok 1 - ..." or "not ok 1 - ..." with file and line
 *   is_int(got, want, "...")			the same, and shows both numbers when they differ
 *   is_view(got, want, "...")			the same for bytes, unprintable ones as \xNN
 *   is_str(got, want, "...")			the same for C strings; NULL equals only NULL
 *   skip_all("no corpus here");		before the first ok(): the whole file is skipped, with the reason; ends the process
 *   return done_testing();			the plan, and the exit status: 0 when all held, 1 otherwise
 *
 * Each call is one test, is_* return whether it held, and nothing stops at a failure.  One test file = one process.
 */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "formats/core/view.h"

static unsigned tap_count, tap_failed;

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) tap_int((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, __VA_ARGS__)
#define is_view(got, want, ...) tap_view((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) tap_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 0), unused))
static bool tap_line(bool good, const char *file, int line, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *p = text; *p != '\0'; p++)		/* one line, and no '#': TAP would read a directive there */
		if (*p == '\n' || *p == '\r' || *p == '#')
			*p = ' ';
	printf("%sok %u - %s\n", good ? "" : "not ", ++tap_count, text);
	if (!good) {
		tap_failed++;
		printf("#   failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

__attribute__((format(printf, 4, 5), unused))
static bool tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(good, file, line, fmt, ap);
	va_end(ap);
	return good;
}

__attribute__((format(printf, 5, 6), unused))
static bool tap_int(int64_t got, int64_t want, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!tap_line(got == want, file, line, fmt, ap))
		printf("#   got  %" PRId64 "\n#   want %" PRId64 "\n", got, want);
	va_end(ap);
	return got == want;
}

static inline void tap_show(const char *label, struct view v)
{
	printf("#   %s %s", label, v.p == NULL ? "nothing" : "\"");
	for (size_t i = 0; i < v.n && i < 400; i++) {
		if (v.p[i] >= 0x20 && v.p[i] < 0x7f && v.p[i] != '\\')
			putchar(v.p[i]);
		else
			printf("\\x%02x", (unsigned char)v.p[i]);
	}
	printf("%s (%zu bytes)\n", v.p == NULL ? "" : "\"", v.n);
}

__attribute__((format(printf, 5, 6), unused))
static bool tap_view(struct view got, struct view want, const char *file, int line, const char *fmt, ...)
{
	bool good = view_eq(got, want);
	va_list ap;

	va_start(ap, fmt);
	if (!tap_line(good, file, line, fmt, ap)) {
		tap_show("got ", got);
		tap_show("want", want);
	}
	va_end(ap);
	return good;
}

__attribute__((format(printf, 5, 6), unused))
static bool tap_str(const char *got, const char *want, const char *file, int line, const char *fmt, ...)
{
	bool good = got == NULL || want == NULL ? got == want : strcmp(got, want) == 0;
	va_list ap;

	va_start(ap, fmt);
	if (!tap_line(good, file, line, fmt, ap)) {
		tap_show("got ", view_of(got));
		tap_show("want", view_of(want));
	}
	va_end(ap);
	return good;
}

__attribute__((noreturn, unused))
static void skip_all(const char *reason)
{
	printf("1..0 # SKIP %s\n", reason);
	exit(0);
}

__attribute__((unused))
static int done_testing(void)
{
	printf("1..%u\n", tap_count);
	if (tap_failed > 0)
		printf("# %u of %u failed\n", tap_failed, tap_count);
	return tap_failed == 0 && tap_count > 0 ? 0 : 1;
}
