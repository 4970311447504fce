/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handwork - decisions, match, unmatch, confirm, refuse, write-off, assign, comment, second, withdraw: with --in in a folder of `tallygate reconcile`
 * (casebook/), else at the running gateway, where each is a statement that its operator signs
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/online.h"

static const char usage[] = "match L1... E1... | unmatch M1|C1 | confirm|refuse L1 [NUMBER] | write-off L1|E1 | assign L1|E1... --to NAME | comment L1|E1... | second|withdraw C1"
	"   --operator NAME --key FILE --reason TEXT   [--json]\n       tallygate ACT --in DIR ...: in the results of `tallygate reconcile`";

static bool is_proposal(const char *act)
{
	return strcmp(act, "confirm") == 0 || strcmp(act, "refuse") == 0;
}

/* Takes "--to NAME" out of the words. */
static const char *take_to(int *argc, char **argv)
{
	const char *to = NULL;
	int n = 0;

	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "--to") == 0 && i + 1 < *argc)
			to = argv[++i];
		else
			argv[n++] = argv[i];
	}
	*argc = n;
	return to;
}

int cli_handwork(int argc, char **argv)
{
	char rest[400] = "with=", who[100];
	struct err err = { 0 };
	struct online o;
	const char *to;
	size_t n = 5;
	int rc;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--in") == 0)
			return cli_casebook(argc, argv);
	to = take_to(&argc, argv);
	rc = online_options(&o, argc, argv, usage);
	if (rc != 0)
		return rc;
	if (o.n_args < 1 || (is_proposal(argv[0]) && o.n_args > 2) || (strcmp(argv[0], "assign") == 0) != (to != NULL) || o.operator_name == NULL || o.key == NULL || o.reason == NULL) {
		fprintf(stderr, "tallygate: a decision is signed by a person: name the rows, the operator, the key and the reason\nusage: tallygate %s\n", usage);
		return 2;
	}
	if (is_proposal(argv[0]))
		n = (size_t)snprintf(rest, sizeof(rest), "rank=%s", o.n_args == 2 ? o.args[1] : "1");
	for (int i = 1; i < o.n_args && !is_proposal(argv[0]) && n < sizeof(rest); i++)
		n += (size_t)snprintf(rest + n, sizeof(rest) - n, "%s%s", i > 1 ? "," : "", o.args[i]);
	if (n >= sizeof(rest)) {
		fprintf(stderr, "tallygate: too many rows for one decision\n");
		return 2;
	}
	if (n > 5)
		o.more[o.n_more++] = rest;
	if (to != NULL) {
		snprintf(who, sizeof(who), "to=%s", to);
		o.more[o.n_more++] = who;
	}
	return online_decide(&o, argv[0], o.args[0], &err);
}

/* A folder is asked when one is named. */
int cli_decided(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 || strcmp(argv[i], "--run") == 0)
			i++;
		else if (argv[i][0] != '-')
			return cli_decisions(argc, argv);
	}
	return cli_list(argc, argv);
}
