/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify-config - every fault of a configuration at once, and every key file that is not what it should be; ExecStartPre of each unit
 *
 * Exit: 0 good, 1 faults (a line each on stdout), 2 unreadable.
 */
#include <stdio.h>
#include <string.h>

#include "formats/core/json.h"
#include "gateway/cli/cli.h"
#include "gateway/config.h"

static void print_json(const char *dir, int rc, const struct buf *faults)
{
	struct view rest = buf_as_view(faults), line;
	struct buf out = { 0 };
	struct json j;

	json_init(&j, &out, false);
	json_object(&j, NULL);
	json_cstr(&j, "configuration", dir);
	json_bool(&j, "good", rc == 0);
	json_array(&j, "faults");
	while (view_cut(&rest, '\n', &line))
		if (line.n > 0)
			json_text(&j, NULL, line);
	json_array_end(&j);
	json_object_end(&j);
	printf("%s\n", buf_cstr(&out));
	buf_release(&out);
}

int cli_verify_config(int argc, char **argv)
{
	const char *dir = "/etc/tallygate";
	struct config *config = NULL;
	struct buf faults = { 0 };
	struct err err = { 0 };
	bool json = false;
	int rc;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			json = true;
		} else if (argv[i][0] == '-') {
			fprintf(stderr, "usage: tallygate verify-config [DIR] [--json]\n");
			return 2;
		} else {
			dir = argv[i];
		}
	}
	rc = config_load(&config, dir, &faults, &err);
	if (rc == 0 && config_keys(config, &faults) > 0)
		rc = 1;
	if (rc < 0)
		fprintf(stderr, "tallygate: %s\n", err.text);
	else if (json)
		print_json(dir, rc, &faults);
	else if (rc == 0)
		printf("%s: good: %zu partners, %zu operators, configuration %.12s\n", dir, config->n_partners, config->n_operators, config->sha256);
	else
		printf("%s", buf_cstr(&faults));
	config_free(config);
	buf_release(&faults);
	return rc < 0 ? 2 : rc;
}
