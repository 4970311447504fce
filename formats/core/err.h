/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err - what failed, in words, for the operator
 *
 * A fault of ours or of the machine (disk full, peer down, no key).  A fault in a partner's data is a finding, never an
 * err.  The text says what failed first, with the name in quotes, no capital, no full stop: "cannot open 'x': No such file".
 */
#pragma once

#define ERR_TEXT 480

struct err {
	int code;			/* an errno value where one fits, else -1; 0 = no error */
	char text[ERR_TEXT];
};

/* Fills *e (NULL is fine) and returns -1, so that `return err_set(...)` reads well.  The text is cut, never overrun. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "words: " in front of the text that is there; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
