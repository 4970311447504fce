/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place - a temporary directory that other users can pass through, and its end
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* /tmp/WORD.xxxxxx, mode 0755; false when there is none. */
__attribute__((unused)) static bool place_make(char *out, size_t cap, const char *word)
{
	int n = snprintf(out, cap, "/tmp/%s.XXXXXX", word);

	return n > 0 && (size_t)n < cap && mkdtemp(out) != NULL && chmod(out, 0755) == 0;
}

/* Depth first; only what the test made lies there. */
__attribute__((unused)) static void place_remove(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	char below[600];

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) < (int)sizeof(below)
				&& unlink(below) == -1)
			place_remove(below);
	}
	if (d != NULL)
		closedir(d);
	rmdir(path);
}
