/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay - the main of a fuzz target without its engine: each file, and each file of a directory, through the target once
 */
#include <dirent.h>
#include <sys/stat.h>

#include "tests/lib/module_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	struct dirent **list;
	struct view in;
	struct stat st;
	char name[1200];
	int n, done = 0;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		n = scandir(path, &list, NULL, alphasort);
		for (int i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name);
			done += list[i]->d_name[0] == '.' ? 0 : replay(name);
			free(list[i]);
		}
		free(list);
		return done;
	}
	in = mhost_file(path);
	if (in.p == NULL) {
		fprintf(stderr, "cannot read '%s'\n", path);
		exit(2);
	}
	LLVMFuzzerTestOneInput((const uint8_t *)in.p, in.n);
	free((char *)in.p);
	return 1;
}

int main(int argc, char **argv)
{
	int done = 0;

	for (int i = 1; i < argc; i++)
		done += replay(argv[i]);
	printf("%d inputs replayed\n", done);
	return done > 0 ? 0 : 1;
}
