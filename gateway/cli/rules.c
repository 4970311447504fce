/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules - `tallygate rules simulate|suggest`: what a change of the rules would do, and which change past decisions ask for
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/cli.h"

int cli_rules(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "simulate") == 0)
		return rules_simulate(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "suggest") == 0)
		return rules_suggest(argc - 1, argv + 1);
	fprintf(stderr, "tallygate: rules simulate or rules suggest, not '%s'\n", argc > 1 ? argv[1] : "");
	return 2;
}
