/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keygen - keys for operators and for the signer; existing files are refused, private ones are mode 0600
 *
 * Exit: 0 made, 1 not (the reason on stderr), 2 wrong use.
 */
#include <stdio.h>
#include <string.h>

#include "formats/core/json.h"
#include "gateway/cli/cli.h"
#include "gateway/seal.h"

static int usage(void)
{
	fprintf(stderr, "usage: tallygate keygen operator --key FILE --public FILE   [--json]\n"
			"       tallygate keygen signer DIR --name NAME              [--json]   makes ca.key ca.pem signer.key signer.pem\n");
	return 2;
}

static int report(int rc, bool json, const char *what, const char *where, const struct err *err)
{
	struct buf out = { 0 };
	struct json j;

	if (rc != 0) {
		fprintf(stderr, "tallygate: %s\n", err->text);
		return 1;
	}
	if (!json) {
		printf("made %s in '%s'\n", what, where);
		return 0;
	}
	json_init(&j, &out, false);
	json_object(&j, NULL);
	json_cstr(&j, "made", what);
	json_cstr(&j, "path", where);
	json_object_end(&j);
	printf("%s\n", buf_cstr(&out));
	buf_release(&out);
	return 0;
}

int cli_keygen(int argc, char **argv)
{
	const char *key = NULL, *public = NULL, *name = NULL, *dir = NULL;
	struct err err = { 0 };
	bool json = false;

	if (argc < 2)
		return usage();
	for (int i = 2; i < argc; i++) {
		const char **to = strcmp(argv[i], "--key") == 0 ? &key : strcmp(argv[i], "--public") == 0 ? &public : strcmp(argv[i], "--name") == 0 ? &name : NULL;

		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (to != NULL && i + 1 < argc)
			*to = argv[++i];
		else if (to == NULL && argv[i][0] != '-' && dir == NULL)
			dir = argv[i];
		else
			return usage();
	}
	if (strcmp(argv[1], "operator") == 0 && key != NULL && public != NULL && dir == NULL)
		return report(seal_make_operator_key(key, public, &err), json, "an operator's key", key, &err);
	if (strcmp(argv[1], "signer") == 0 && dir != NULL && name != NULL && key == NULL)
		return report(seal_make_ca_and_signer(dir, name, &err), json, "a certificate authority and a signer", dir, &err);
	return usage();
}
