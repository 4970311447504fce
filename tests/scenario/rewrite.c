/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rewrite - reads a file by a format module and writes what was read by the same module
 *
 *   rewrite NAME IN OUT [OPTION=VALUE ...]
 *
 * The options are the writer's.  Exit: 0 written; 1 refused, its findings on standard error; 2 no such module or file.
 */
#include <string.h>

#include "tests/lib/module_host.h"

static const struct tally_format *module_of(const char *argv0, const char *name)
{
	return strchr(name, '/') != NULL ? NULL : mhost_module(argv0, name);
}

int main(int argc, char **argv)
{
	struct mhost read = { .step = 0 }, wrote = { .step = 0 };
	const struct tally_format *module = argc < 4 ? NULL : module_of(argv[0], argv[1]);
	struct view in = module == NULL ? (struct view){ NULL, 0 } : mhost_file(argv[2]);
	FILE *out;
	int rc = 1;

	if (in.p == NULL || module->emit_begin == NULL || (out = fopen(argv[3], "wb")) == NULL) {
		fputs("rewrite: no such module, or a file that cannot be opened\n", stderr);
		return 2;
	}
	for (int i = 4; i < argc; i++) {
		char *eq = strchr(argv[i], '=');

		if (eq != NULL) {
			*eq = '\0';
			mhost_option(&wrote, argv[i], eq + 1);
		}
	}
	if (mhost_parse(&read, module, in) == 0 && mhost_emit(&wrote, module, buf_as_view(&read.wire)) == 0)
		rc = fwrite(wrote.out.p, 1, wrote.out.n, out) == wrote.out.n ? 0 : 2;
	else
		fputs(buf_cstr(&wrote.findings), stderr);
	fclose(out);
	free((char *)in.p);
	mhost_release(&read);
	mhost_release(&wrote);
	return rc;
}
