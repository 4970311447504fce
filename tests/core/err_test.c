/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: texts are cut and never overrun, wrapped in the right order, and a NULL err is fine
 */
#include "formats/core/err.h"
#include "tests/lib/tap.h"

int main(void)
{
	struct { struct err e; char guard[8]; } s = { { 0, "" }, "guarded" };
	char big[2 * ERR_TEXT];

	is_int(err_set(&s.e, 2, "cannot open '%s'", "x"), -1, "err_set returns -1");
	is_int(s.e.code, 2, "the code is kept");
	is_str(s.e.text, "cannot open 'x'", "the text is kept");
	is_int(err_wrap(&s.e, "reading %d", 7), -1, "err_wrap returns -1");
	is_str(s.e.text, "reading 7: cannot open 'x'", "the wrapping words stand in front");
	is_int(s.e.code, 2, "wrapping keeps the code");
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	err_set(&s.e, -1, "%s", big);
	is_int(strlen(s.e.text), ERR_TEXT - 1, "a long text is cut at the end of its room");
	err_wrap(&s.e, "%s", big);
	is_int(strlen(s.e.text), ERR_TEXT - 1, "long words in front of a long text are cut too");
	is_str(s.guard, "guarded", "nothing behind the err was touched");
	is_int(err_set(NULL, 1, "x"), -1, "a NULL err is fine to set");
	is_int(err_wrap(NULL, "x"), -1, "a NULL err is fine to wrap");
	return done_testing();
}
